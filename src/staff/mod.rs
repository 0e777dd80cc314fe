//! What staff decide from the digest: links with prepared mails, and the commands that come back in them.
//!
//! A command counts only from a registered staff address, verified by the signature of its mail, with a token that was
//! signed here ([`token`]), has not expired and was not used before. Where nobody tells who sent it, the address is asked
//! ([`confirm`]). [`words`] understands free replies.

mod confirm;
pub mod token;
mod words;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::app::App;
use crate::correct::{self, Assignment, By, Done, Target};
use crate::domain::unit::UnitId;
use crate::domain::{date_of, vietnamese_date};
use crate::ground::text::fold;
use crate::reading::{Reading, Trust, matching};
use crate::store::{
    Message, MessageState, NewMail, Receipts, StaffCommand, Store, Strangers, Verdict,
};
use crate::writing::Kind;
use token::{Action, Item, Token};

/// How many days a link in a digest holds.
const DAYS: i64 = 30;

/// A link with a prepared mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it does, in Vietnamese.
    pub label: String,
    /// `mailto:` with subject and body (RFC 6068).
    pub href: String,
}

/// Makes the links of one day.
pub struct Links {
    key: Vec<u8>,
    mailbox: String,
    expires: Date,
}

impl Links {
    /// The links of a day; `None` where the store has no key yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(store: &Store, mailbox: &str, day: Date) -> Result<Option<Links>> {
        Ok(store.command_key()?.map(|key| Links {
            key,
            mailbox: mailbox.to_owned(),
            expires: day.saturating_add(DAYS.days()),
        }))
    }

    /// The token of an action.
    pub fn token(&self, item: Item, action: Action) -> String {
        let token = Token {
            item,
            action,
            expires: self.expires,
        };
        token.signed(&self.key)
    }

    /// A link whose mail says what is to be done, has fields to be filled in, and carries the token.
    pub fn link(
        &self,
        label: &str,
        item: Item,
        action: Action,
        says: &str,
        fields: &[&str],
    ) -> Link {
        let token = self.token(item, action);
        let mut body = format!("{says}\n");
        for field in fields {
            body += &format!("{field}\n");
        }
        body += &format!("\n(Đề nghị giữ nguyên dòng dưới đây)\nMã lệnh: {token}\n");
        Link {
            label: label.to_owned(),
            href: format!(
                "mailto:{}?subject={}&body={}",
                self.mailbox,
                encoded(says),
                encoded(&body)
            ),
        }
    }

    /// What may be done with a mail that waits. `candidates`: units by id and name, best first.
    pub fn for_mail(&self, id: i64, candidates: &[(UnitId, String)]) -> Vec<Link> {
        let item = Item::Mail(id);
        let optional = [
            "Báo cáo và kỳ (nếu thư chưa nêu rõ):",
            "Ghi nhớ địa chỉ người gửi cho đơn vị này (có/không): không",
        ];
        let mut links: Vec<Link> = candidates
            .iter()
            .take(3)
            .map(|(unit, name)| {
                let says = format!("Gán thư số {id} cho đơn vị {name}");
                let label = format!("Gán cho {name}");
                self.link(
                    &label,
                    item,
                    Action::Assign(unit.0.clone()),
                    &says,
                    &optional,
                )
            })
            .collect();
        let says = format!("Gán thư số {id} cho đơn vị khác");
        let fields = ["Đơn vị:", optional[0], optional[1]];
        let other = Action::Assign(String::new());
        links.push(self.link("Gán cho đơn vị khác", item, other, &says, &fields));
        let says = format!("Thư số {id} không phải báo cáo");
        links.push(self.link("Không phải báo cáo", item, Action::Ignore, &says, &[]));
        links
    }

    /// The token of the letter that asks whether staff sent the command in a mail.
    pub fn confirmation(&self, mail: i64) -> String {
        self.token(Item::Mail(mail), Action::Confirm)
    }

    /// What may be done with a submission.
    pub fn for_submission(&self, id: i64, code: &str) -> Vec<Link> {
        let item = Item::Submission(id);
        vec![
            self.link(
                "Duyệt",
                item,
                Action::Accept,
                &format!("Duyệt báo cáo {code}"),
                &[],
            ),
            self.link(
                "Trả lại",
                item,
                Action::Return,
                &format!("Trả lại báo cáo {code}"),
                &[
                    "Lý do:",
                    "Hạn gửi lại (ngày/tháng/năm, để trống là 5 ngày làm việc):",
                ],
            ),
        ]
    }

    /// That a period is to be closed, by one of its obligations; `what`: the report and the period.
    pub fn for_period(&self, obligation: i64, what: &str) -> Link {
        let says = format!("Khóa kỳ báo cáo: {what}");
        let item = Item::Obligation(obligation);
        self.link("Khóa kỳ", item, Action::Close, &says, &[])
    }

    /// That an address is to be written to again.
    pub fn for_contact(&self, id: i64, address: &str) -> Link {
        let says = format!("Dùng lại địa chỉ {address}");
        self.link(
            "Dùng lại địa chỉ này",
            Item::Contact(id),
            Action::Reset,
            &says,
            &[],
        )
    }

    /// That the mails of strangers of a kind which the digest of a day shows are put aside; so many are shown.
    pub fn for_listed(&self, day: Date, kind: Strangers, mails: usize) -> Link {
        let which = match kind {
            Strangers::WithDocument => "có văn bản mang tên đơn vị",
            Strangers::Others => "không có văn bản mang tên đơn vị",
        };
        let says = format!(
            "Bỏ qua {mails} thư của người ngoài danh bạ ({which}) đã liệt kê trong bản tin ngày {}",
            vietnamese_date(day)
        );
        let label = format!("Bỏ qua cả {mails} thư đã liệt kê trên");
        self.link(&label, Item::Listed(day, kind), Action::Ignore, &says, &[])
    }

    /// That a mail of ours is to be sent again. `what`: which one it is.
    pub fn for_outgoing(&self, id: i64, what: &str) -> Link {
        let says = format!("Gửi lại: {what}");
        self.link("Gửi lại", Item::Outgoing(id), Action::Resend, &says, &[])
    }

    /// What may be done with what a unit has not sent, or not in every form: one mail, of whose lines one is kept.
    pub fn for_obligation(&self, id: i64, name: &str) -> Link {
        let choices = [
            words::KEEP_ONE,
            "Đã nhận bản giấy ngày:",
            "Gia hạn đến hết ngày (ngày/tháng/năm):",
            "Miễn báo cáo. Lý do:",
        ];
        self.link(name, Item::Obligation(id), Action::Any, name, &choices)
    }
}

/// Percent-encoded for a part of a `mailto:` (RFC 6068, section 2); lines end by CRLF.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.replace('\n', "\r\n").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

/// Carries out the command in a mail of staff, or says why not; all in one transaction with the mail's verdict.
///
/// # Errors
/// When the store fails; a command that cannot be carried out is answered.
pub fn obey(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<()> {
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    if reading.trust == Trust::Fail {
        // Not answered, either: it is a forgery.
        let why = "thư mang danh cán bộ, có mã lệnh nhưng không xác thực được người gửi; lệnh không được thực hiện";
        return app.store.transaction(|s| {
            s.set_reading(message.id, reading)?;
            s.set_verdict(message.id, &verdict(MessageState::Waiting, why))
        });
    }
    let confirmed = confirm::confirmed(&app.store, message, reading)?;
    if reading.trust == Trust::Unknown && confirmed.is_none() {
        return confirm::ask(app, message, reading, now);
    }
    app.store.transaction(|s| {
        s.set_reading(message.id, reading)?;
        let by = By {
            who: who.to_owned(),
            way: "mail",
        };
        let before = s.last_owed()?;
        let outcome = match &confirmed {
            None => {
                let outcome = Outcome::of(carry_out(app, message, reading, &by, now));
                outcome.record(s, message, now)?;
                outcome
            }
            Some(c) => {
                let outcome = if c.denied {
                    Outcome::of(Err(confirm::DENIED.to_owned()))
                } else {
                    Outcome::of(carry_out(app, &c.command, &c.reading, &by, now))
                };
                outcome.record(s, &c.command, now)?;
                let outcome = Outcome {
                    token: Some(c.token.clone()),
                    ..outcome
                };
                outcome.record(s, message, now)?;
                outcome
            }
        };
        if s.perhaps_answered(message.received_at)? {
            s.leave_to_staff(before, now)?;
        }
        tracing::info!(
            message = message.id,
            done = outcome.correction.is_some(),
            "a command of staff"
        );
        let answer = NewMail {
            key: format!("command:{}", message.id),
            kind: Kind::Notice,
            unit: None,
            message: Some(message.id),
        };
        s.owe(&answer, now)?;
        Ok(())
    })
}

/// What became of a command.
struct Outcome {
    /// In words for staff.
    said: String,
    /// The token that it used up.
    token: Option<String>,
    /// What it changed.
    correction: Option<i64>,
}

impl Outcome {
    fn of(done: Result<(String, Done), String>) -> Outcome {
        match done {
            Ok((token, done)) => Outcome {
                said: done.in_vietnamese,
                token: Some(token),
                correction: Some(done.correction),
            },
            Err(why) => Outcome {
                said: why,
                token: None,
                correction: None,
            },
        }
    }

    /// Notes it as that of the command in a mail.
    fn record(&self, store: &Store, message: &Message, now: Timestamp) -> Result<()> {
        store.set_verdict(message.id, &verdict(MessageState::Noted, &self.said))?;
        let command = StaffCommand {
            message: message.id,
            token: self.token.clone(),
            outcome: self.said.clone(),
            correction: self.correction,
        };
        store.record_command(&command, now)
    }
}

fn verdict(state: MessageState, why: &str) -> Verdict {
    Verdict {
        state,
        unit: None,
        candidates: vec![],
        why: vec![why.to_owned()],
    }
}

/// Does what the one token that is meant allows; the error says in Vietnamese why not.
fn carry_out(
    app: &App,
    message: &Message,
    reading: &Reading,
    by: &By,
    now: Timestamp,
) -> Result<(String, Done), String> {
    let failed = |e: anyhow::Error| {
        tracing::warn!(error = %format!("{e:#}"), "a command of staff cannot be carried out");
        "Chưa thực hiện được lệnh này. Đề nghị xem lại nội dung hoặc liên hệ quản trị viên"
            .to_owned()
    };
    let key = app.store.command_key().map_err(failed)?.unwrap_or_default();
    let valid: Vec<(&String, Token)> = reading
        .tokens
        .iter()
        .filter_map(|text| Some((text, Token::verified(text, &key)?)))
        .collect();
    let (text, token) = the_one_meant(valid, &reading.body)?;
    // The day on which it was sent counts, not the one on which it is read.
    if date_of(message.received_at) > token.expires {
        return Err("Mã lệnh đã hết hạn. Đề nghị dùng liên kết trong bản tin mới nhất".into());
    }
    if app.store.token_is_used(text).map_err(failed)? {
        return Err("Mã lệnh này đã được sử dụng; lệnh không được thực hiện lần nữa".into());
    }
    let action = match token.action {
        Action::Any => words::action(&reading.body).ok_or(
            "Chưa rõ yêu cầu. Đề nghị viết một trong các lệnh: gán cho đơn vị …, không phải báo cáo, duyệt, trả lại (nêu lý do), gia hạn đến ngày …, miễn (nêu lý do), đã nhận bản giấy, hoàn tác",
        )?,
        ref other => other.clone(),
    };
    // Words of its own say more than the verb; a prepared mail has its lines for that.
    let command = (token.action == Action::Any && !reading.body.contains(words::KEEP_ONE))
        .then(|| words::first_line(&reading.body))
        .flatten();
    let said = Said {
        body: &reading.body,
        command,
    };
    let done = act(app, token.item, action, &said, by, now)?;
    Ok((text.clone(), done.map_err(failed)?))
}

/// The token that a mail means: the only one, or the one whose item its text names by number.
fn the_one_meant<'t>(
    mut valid: Vec<(&'t String, Token)>,
    body: &str,
) -> Result<(&'t String, Token), String> {
    if valid.is_empty() {
        return Err("Mã lệnh không hợp lệ; lệnh không được thực hiện".into());
    }
    if valid.len() > 1 {
        let said = format!(" {} ", fold(body));
        valid.retain(|(_, t)| match t.item {
            Item::Mail(id) => {
                said.contains(&format!(" thu so {id} ")) || said.contains(&format!(" thu {id} "))
            }
            Item::Submission(id) => said.contains(&format!(" {id:05} ")),
            _ => false,
        });
    }
    match <[_; 1]>::try_from(valid) {
        Ok([one]) => Ok(one),
        Err(_) => Err("Thư trích dẫn nhiều mã lệnh nên chưa rõ việc nào. Đề nghị dùng liên kết của từng việc trong bản tin, hoặc ghi rõ “thư số …”".into()),
    }
}

/// What a mail of staff says.
struct Said<'m> {
    body: &'m str,
    /// The line with the command, where it is in free words.
    command: Option<&'m str>,
}

/// Does one action; the outer error says in Vietnamese what is missing.
fn act(
    app: &App,
    item: Item,
    action: Action,
    said: &Said<'_>,
    by: &By,
    now: Timestamp,
) -> Result<Result<Done>, String> {
    let (body, command) = (said.body, said.command);
    let today = date_of(now);
    let needs_reason = || {
        words::reason(body).ok_or_else(|| {
            "Chưa có lý do. Đề nghị ghi lý do sau chữ “Lý do:” và gửi lại".to_owned()
        })
    };
    Ok(match (item, action) {
        (Item::Mail(id), Action::Assign(unit)) => {
            let unit = if unit.is_empty() {
                named_unit(app, body, today)?
            } else {
                UnitId(unit)
            };
            let remember =
                words::field(body, "ghi nho").is_some_and(|v| fold(&v).starts_with("co"));
            let assignment = Assignment {
                unit,
                report: None,
                hint: words::field(body, "bao cao va ky"),
                remember,
            };
            if let (None, Some(command)) = (&assignment.hint, command) {
                let named = Assignment {
                    hint: Some(command.to_owned()),
                    ..assignment.clone()
                };
                let done = correct::assign(app, id, &named, by, now);
                if done.is_ok() {
                    return Ok(done);
                }
            }
            let done = correct::assign(app, id, &assignment, by, now);
            if done.is_err() && assignment.hint.is_none() {
                return Err("Chưa rõ thư thuộc báo cáo nào, kỳ nào. Đề nghị bấm lại liên kết và ghi vào dòng “Báo cáo và kỳ”, ví dụ: trẻ em 6 tháng đầu năm 2026".into());
            }
            done
        }
        (Item::Mail(id), Action::Ignore) => correct::ignore(app, id, by, now),
        (Item::Listed(day, kind), Action::Ignore) => correct::put_aside(app, day, kind, by, now),
        (Item::Submission(id), Action::Accept) => correct::accept(app, id, by, now),
        (Item::Submission(id), Action::Return) => {
            let reason = needs_reason()?;
            let due = match words::field(body, "han gui lai") {
                Some(day) => words::day(&day, today),
                None => command.and_then(|c| words::deadline(c, today)),
            };
            correct::send_back(app, id, &reason, due, by, now)
        }
        (Item::Obligation(id), Action::Excuse) => {
            let reason = needs_reason()?;
            target(app, id).and_then(|t| correct::excuse(app, &t, &reason, by, now))
        }
        (Item::Obligation(id), Action::Extend) => {
            let due = words::field(body, "den het ngay").unwrap_or_else(|| body.to_owned());
            let due = words::day(&due, today)
                .ok_or("Chưa có ngày gia hạn. Đề nghị ghi ngày/tháng/năm và gửi lại")?;
            if due < today {
                return Err("Ngày gia hạn đã qua. Đề nghị ghi ngày khác và gửi lại".into());
            }
            target(app, id).and_then(|t| correct::extend(app, &t, due, by, now))
        }
        (Item::Obligation(id), Action::Paper) => {
            let paper = words::field(body, "nhan ban giay");
            let paper = paper.as_deref().or(command).unwrap_or("");
            let on = words::past_day(paper, today);
            let number = words::number(paper);
            target(app, id)
                .and_then(|t| correct::received_paper(app, &t, on, number.as_deref(), by, now))
        }
        (Item::Obligation(id), Action::Close) => {
            target(app, id).and_then(|t| correct::close(app, &t.report, &t.period, by, now))
        }
        (Item::Contact(id), Action::Reset) => {
            let known = app.store.bounced_address(id);
            known.and_then(|address| {
                let address = address.context("there is no such failure")?;
                correct::reset_contact(app, &address, by, now)
            })
        }
        (Item::Outgoing(id), Action::Resend) => correct::resend(app, id, by, now),
        (Item::Change(id), Action::Undo) => correct::undo(app, id, by, now),
        _ => return Err("Lệnh này không áp dụng được cho việc đã chọn".into()),
    })
}

/// The unit that the text of a command names: after "Đơn vị:", else anywhere, by name or by id.
fn named_unit(app: &App, body: &str, day: Date) -> Result<UnitId, String> {
    let said = words::field(body, "don vi").unwrap_or_else(|| body.to_owned());
    let by_id = app.config.register.all_on(day).find(|u| {
        said.split_whitespace()
            .any(|w| w.trim_matches(['.', ',', ';']) == u.id.0)
    });
    if let Some(unit) = by_id {
        return Ok(unit.id.clone());
    }
    let named = matching::units_named(&app.config.register, day, &said);
    match <[UnitId; 1]>::try_from(named) {
        Ok([one]) => Ok(one),
        Err(none) if none.is_empty() => Err(
            "Chưa rõ tên đơn vị. Đề nghị ghi đủ tên, ví dụ: LĐLĐ huyện Tuy An, CĐ ngành Giáo dục"
                .into(),
        ),
        Err(_) => Err("Tên ghi trong thư ứng với nhiều đơn vị. Đề nghị ghi rõ một đơn vị".into()),
    }
}

fn target(app: &App, obligation: i64) -> Result<Target> {
    let all = app.store.obligations(Receipts::All)?;
    let o = all
        .into_iter()
        .find(|o| o.id == obligation)
        .with_context(|| format!("there is no obligation {obligation}"))?;
    Ok(Target {
        unit: o.unit,
        report: o.report,
        period: o.period,
    })
}
