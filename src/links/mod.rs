//! The prepared mails behind the links of a digest, and the tokens ([`token`]) that they carry.

pub mod token;

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::domain::period::PeriodId;
use crate::domain::report::Report;
use crate::domain::row::{FailureId, MessageId, ObligationId, OutboxId, SubmissionId};
use crate::domain::unit::UnitId;
use crate::domain::vietnamese_date;
use crate::ground::text::{fold, percent_encoded};
use crate::store::{Store, Strangers};
use token::{Action, Item, Token};

/// How many days a link in a digest holds, and the right of whoever answers it.
pub(crate) const DAYS: i64 = 30;

/// The line of a prepared mail behind which stands until when more time is given.
const UNTIL: &str = "Gia hạn đến hết ngày (ngày/tháng/năm):";

/// The line of a prepared mail that asks to keep one of the lines below it.
pub(crate) const KEEP_ONE: &str = "(Giữ lại một trong các dòng sau, xóa các dòng còn lại)";

/// No more letters of the subject of a mail that is answered.
const LONGEST_SUBJECT: usize = 150;

/// The last day on which what was sent on a day holds.
pub(crate) fn last_day(sent: Date) -> Date {
    sent.saturating_add(DAYS.days())
}

/// A link with a prepared mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    /// What it does, in Vietnamese.
    pub label: String,
    /// `mailto:` with subject and body (RFC 6068).
    pub href: String,
}

/// Makes the links of one day for one of staff.
pub(crate) struct Links {
    pub(crate) key: Vec<u8>,
    pub(crate) mailbox: String,
    pub(crate) address: String,
    pub(crate) expires: Date,
}

impl Links {
    /// The links of a day for an address (lower case), which hold for nobody else; `None` where the store has no key yet.
    pub(crate) fn of(
        store: &Store,
        mailbox: &str,
        day: Date,
        address: &str,
    ) -> Result<Option<Links>> {
        Ok(store.command_key()?.map(|key| Links {
            key,
            mailbox: mailbox.to_owned(),
            address: address.to_lowercase(),
            expires: last_day(day),
        }))
    }

    /// The token of an action.
    pub(crate) fn token(&self, item: Item, action: Action) -> String {
        let token = Token {
            item,
            action,
            expires: self.expires,
        };
        token.signed(&self.key, &self.address)
    }

    /// A link whose mail says what is to be done, has fields to be filled in, and carries the token.
    pub(crate) fn link(
        &self,
        label: &str,
        item: Item,
        action: Action,
        says: &str,
        fields: &[&str],
    ) -> Link {
        self.titled(label, (item, action), (says, says), fields)
    }

    /// The same, under a shorter subject than what it says.
    fn titled(
        &self,
        label: &str,
        (item, action): (Item, Action),
        (subject, says): (&str, &str),
        fields: &[&str],
    ) -> Link {
        let token = self.token(item, action);
        let mut body = format!("{says}\n");
        for field in fields {
            body += &format!("{field}\n");
        }
        body += &format!("\n(Đề nghị giữ nguyên dòng dưới đây)\nMã xử lý: {token}\n");
        Link {
            label: label.to_owned(),
            href: format!(
                "mailto:{}?subject={}&body={}",
                self.mailbox,
                encoded(subject),
                encoded(&body)
            ),
        }
    }

    /// What may be done with a mail that waits. `candidates`: units by id and name, best first; `likely`: the report and
    /// the period that it most likely is, filled in for the first of them.
    pub(crate) fn for_mail(
        &self,
        id: MessageId,
        candidates: &[(UnitId, String)],
        likely: Option<&str>,
    ) -> Vec<Link> {
        let item = Item::Mail(id);
        let optional = [
            "Báo cáo và kỳ (nếu thư chưa nêu rõ):",
            "Ghi nhớ địa chỉ người gửi cho đơn vị này (có/không): không",
        ];
        let mut likely = likely.map(|what| format!("Báo cáo và kỳ: {what}"));
        let mut links: Vec<Link> = candidates
            .iter()
            .take(3)
            .map(|(unit, name)| {
                let action = Action::Assign(unit.0.clone());
                let says = format!("{}{name}", prepared_line(item, &action));
                let filled = likely.take();
                let fields = [filled.as_deref().unwrap_or(optional[0]), optional[1]];
                self.link(
                    &format!("Ghi nhận cho {name}"),
                    item,
                    action,
                    &says,
                    &fields,
                )
            })
            .collect();
        let fields = ["Đơn vị:", optional[0], optional[1]];
        let other = Action::Assign(String::new());
        let says = format!("{}khác", prepared_line(item, &other));
        links.push(self.link("Ghi nhận cho đơn vị khác", item, other, &says, &fields));
        let says = prepared_line(item, &Action::Ignore);
        links.push(self.link("Không phải báo cáo", item, Action::Ignore, &says, &[]));
        links
    }

    /// What may be done with a mail that waits and by which a unit asks for more time: that is given for one of `reports`, by
    /// report and period, until a day that it names, or refused. Without a report nothing can be given.
    pub(crate) fn for_more_time(
        &self,
        id: MessageId,
        reports: &[String],
        until: Option<Date>,
    ) -> Vec<Link> {
        let item = Item::Mail(id);
        let says = prepared_line(item, &Action::Refuse);
        let no = self.link("Không đồng ý", item, Action::Refuse, &says, &["Lý do:"]);
        let until = until.map(vietnamese_date);
        let day = until.as_deref().unwrap_or_default();
        let mut fields = vec![format!("{UNTIL} {day}")];
        if reports.len() > 1 {
            fields.push(KEEP_ONE.to_owned());
        }
        fields.extend(reports.iter().map(|what| format!("Báo cáo và kỳ: {what}")));
        let fields: Vec<&str> = fields.iter().map(|f| f.trim_end()).collect();
        let label = until
            .as_ref()
            .map_or("Gia hạn".to_owned(), |day| format!("Gia hạn đến {day}"));
        let says = prepared_line(item, &Action::Extend);
        let link = || self.link(&label, item, Action::Extend, &says, &fields);
        let yes = (!reports.is_empty()).then(link);
        yes.into_iter().chain([no]).collect()
    }

    /// The token of the letter that asks whether staff sent the command in a mail.
    pub(crate) fn confirmation(&self, mail: MessageId) -> String {
        self.token(Item::Mail(mail), Action::Confirm)
    }

    /// What may be done with a submission.
    pub(crate) fn for_submission(&self, id: SubmissionId, code: &str) -> Vec<Link> {
        let item = Item::Submission(id);
        vec![
            self.link(
                "Duyệt",
                item,
                Action::Accept,
                &format!("{} {code}", prepared_line(item, &Action::Accept)),
                &[],
            ),
            self.link(
                "Trả lại",
                item,
                Action::Return,
                &format!("{} {code}", prepared_line(item, &Action::Return)),
                &[
                    "Lý do:",
                    "Hạn gửi lại (ngày/tháng/năm, để trống là 5 ngày làm việc):",
                ],
            ),
        ]
    }

    /// That a period is to be closed, by one of its obligations; `what`: the report and the period.
    pub(crate) fn for_period(&self, obligation: ObligationId, what: &str) -> Link {
        let item = Item::Obligation(obligation);
        let says = format!("{}{what}", prepared_line(item, &Action::Close));
        self.link("Khóa kỳ", item, Action::Close, &says, &[])
    }

    /// Whether the letter to a leader leaves. `what`: the unit, the report and the period.
    pub(crate) fn for_leader(&self, obligation: ObligationId, what: &str) -> Vec<Link> {
        let item = Item::Obligation(obligation);
        let link = |label: &str, action: Action| {
            let says = format!("{}{what}", prepared_line(item, &action));
            self.link(label, item, action, &says, &[])
        };
        vec![link("Gửi", Action::Escalate), link("Dừng", Action::Spare)]
    }

    /// That an address is to be written to again.
    pub(crate) fn for_contact(&self, id: FailureId, address: &str) -> Link {
        let item = Item::Contact(id);
        let says = format!("{}{address}", prepared_line(item, &Action::Reset));
        self.link("Dùng lại địa chỉ này", item, Action::Reset, &says, &[])
    }

    /// That the mails of strangers of a kind which the digest of a day shows are put aside; so many are shown.
    pub(crate) fn for_listed(&self, day: Date, kind: Strangers, mails: usize) -> Link {
        let item = Item::Listed(day, kind);
        let begins = prepared_line(item, &Action::Ignore);
        let says = format!("{begins}{mails} thư {}", listed_in_words(day, kind));
        let label = format!("Bỏ qua cả {mails} thư đã liệt kê trên");
        self.link(&label, item, Action::Ignore, &says, &[])
    }

    /// That a mail of ours is to be sent again. `what`: which one it is.
    pub(crate) fn for_outgoing(&self, id: OutboxId, what: &str) -> Link {
        let item = Item::Outgoing(id);
        let says = format!("{}{what}", prepared_line(item, &Action::Resend));
        self.link("Gửi lại", item, Action::Resend, &says, &[])
    }

    /// What may be done with what a unit has not sent, or not in every form; `what`: the report and the period. A digest has
    /// many of these: the subject names the unit alone.
    pub(crate) fn for_obligation(&self, id: ObligationId, unit: &str, what: &str) -> Vec<Link> {
        let item = Item::Obligation(id);
        let link = |label: &str, action: Action, fields: &[&str]| {
            let subject = format!("{}{unit}", prepared_line(item, &action));
            let says = format!("{subject}, {what}");
            self.titled(label, (item, action), (&subject, &says), fields)
        };
        // The day on which it came is one thing, that of the document another.
        let paper = [
            "Ban nhận bản giấy ngày (để trống là hôm nay):",
            "Số văn bản:",
        ];
        vec![
            link("Gia hạn", Action::Extend, &[UNTIL]),
            link("Miễn", Action::Excuse, &["Lý do:"]),
            link("Bản giấy", Action::Paper, &paper),
        ]
    }

    /// That new reports are accepted together: those of the digest of a day that the mail lists by their codes.
    pub(crate) fn for_news(&self, day: Date, codes: &[String]) -> Link {
        let item = Item::News(day);
        let count = codes.len();
        let says = format!(
            "{}{count} báo cáo mới",
            prepared_line(item, &Action::Accept)
        );
        let listed = codes.join(", ");
        let label = format!("Duyệt tất cả {count} báo cáo mới");
        self.link(&label, item, Action::Accept, &says, &[&listed])
    }
}

/// A mail to somebody by hand, in answer to what he wrote.
pub(crate) fn reply(address: &str, subject: &str) -> Link {
    let words: Vec<&str> = subject.split_whitespace().collect();
    let subject: String = words.join(" ").chars().take(LONGEST_SUBJECT).collect();
    Link {
        label: "Trả lời".to_owned(),
        href: format!(
            "mailto:{}?subject={}",
            percent_encoded(address).replace("%40", "@"),
            encoded(&format!("Re: {subject}"))
        ),
    }
}

/// A mail to a mailbox that asks for help.
pub(crate) fn help(mailbox: &str) -> Link {
    let words = encoded("Trợ giúp");
    Link {
        label: "Trợ giúp".to_owned(),
        href: format!("mailto:{mailbox}?subject={words}&body={words}"),
    }
}

/// How the first line of a prepared mail begins, which says what it asks for; empty where only its other lines do. Where it
/// ends with a space, a name or a title follows.
pub(crate) fn prepared_line(item: Item, action: &Action) -> String {
    match (item, action) {
        (Item::Mail(id), Action::Assign(_)) => format!("Ghi nhận thư số {id} cho đơn vị "),
        (Item::Mail(id), Action::Ignore) => format!("Thư số {id} không phải báo cáo"),
        (Item::Mail(id), Action::Refuse) => format!("Không đồng ý gia hạn theo thư số {id}"),
        (Item::Mail(id), Action::Extend) => format!("Gia hạn theo thư số {id}"),
        (Item::Listed(..), Action::Ignore) => "Bỏ qua ".into(),
        (Item::News(_), Action::Accept) => "Duyệt ".into(),
        (Item::Submission(_), Action::Accept) => "Duyệt báo cáo".into(),
        (Item::Submission(_), Action::Return) => "Trả lại báo cáo".into(),
        (Item::Obligation(_), Action::Extend) => "Gia hạn cho ".into(),
        (Item::Obligation(_), Action::Excuse) => "Miễn báo cáo cho ".into(),
        (Item::Obligation(_), Action::Paper) => "Ghi nhận bản giấy của ".into(),
        (Item::Obligation(_), Action::Close) => "Khóa kỳ báo cáo: ".into(),
        (Item::Obligation(_), Action::Escalate) => "Gửi thư đến lãnh đạo đơn vị: ".into(),
        (Item::Obligation(_), Action::Spare) => "Dừng thư đến lãnh đạo đơn vị: ".into(),
        (Item::Contact(_), Action::Reset) => "Dùng lại địa chỉ ".into(),
        (Item::Outgoing(_), Action::Resend) => "Gửi lại: ".into(),
        _ => String::new(),
    }
}

/// A report and its period in words by which staff name them: by its title, where its short name has none of its words.
pub(crate) fn report_and_period(report: &Report, period: &PeriodId) -> String {
    let short = fold(&report.short);
    let named = report.words.iter().any(|w| short.contains(w.as_str()));
    let name = if named { &report.short } else { &report.title };
    format!("{name}, kỳ {}", period.in_vietnamese())
}

/// Which mails of strangers the digest of a day lists.
pub(crate) fn listed_in_words(day: Date, kind: Strangers) -> String {
    let which = match kind {
        Strangers::WithDocument => "có văn bản mang tên đơn vị",
        Strangers::Others => "không có văn bản mang tên đơn vị",
    };
    let day = vietnamese_date(day);
    format!("của người ngoài danh bạ ({which}) đã liệt kê trong bản tin ngày {day}")
}

/// Percent-encoded for a part of a `mailto:` (RFC 6068, section 2); lines end by CRLF.
fn encoded(text: &str) -> String {
    percent_encoded(&text.replace('\n', "\r\n"))
}
