//! What an order would do, in words of this program: whoever is asked whether he sent it is shown nothing else, as
//! anybody may have written the mail.

use anyhow::Result;
use jiff::civil::Date;

use super::inquiry::{About, Inquiry};
use super::order::Order;
use crate::config::Config;
use crate::domain::correction::{Assignment, Target, action_in_words};
use crate::domain::reminder::Nod;
use crate::domain::row::MessageId;
use crate::domain::submission::Submission;
use crate::domain::vietnamese_date;
use crate::links::listed_in_words;
use crate::store::Store;
use crate::writing::of_a_stranger;

/// No more letters of a text are shown that the mail gives for others to read.
const SHOWN: usize = 300;

/// What would be told whoever asks it, and to whom. `day`: today (Vietnam).
pub(crate) fn told(config: &Config, inquiry: &Inquiry, day: Date) -> String {
    let what = match inquiry {
        Inquiry::Help => "cách ra lệnh và cách hỏi".to_owned(),
        Inquiry::Page => "trang theo dõi tình hình gửi báo cáo".to_owned(),
        Inquiry::Standing(about) => format!("bảng tình hình gửi báo cáo{}", of(config, about, day)),
        Inquiry::Urge(about) => {
            format!("dự thảo công văn đôn đốc{}", of(config, about, day))
        }
        Inquiry::Files(about) => format!("tệp báo cáo{}", of(config, about, day)),
        Inquiry::Export(about) => format!("toàn bộ tệp của kỳ báo cáo{}", of(config, about, day)),
        Inquiry::Find(sought) => format!("kết quả tìm “{}”", of_a_stranger(&sought.words, SHOWN)),
    };
    format!("Gửi đến địa chỉ này {what}")
}

/// What an inquiry names, in brackets.
fn of(config: &Config, about: &About, day: Date) -> String {
    let units = about.units.iter().map(|u| config.unit_name(u, day));
    let reports = about.reports.iter().map(|r| config.report_name(r));
    let named: Vec<String> = units.chain(reports).collect();
    match named.is_empty() {
        true => String::new(),
        false => format!(" ({})", named.join("; ")),
    }
}

/// What an order would do. `day`: today (Vietnam).
pub(crate) fn in_words(config: &Config, store: &Store, order: &Order, day: Date) -> Result<String> {
    let of = |t: &Target| {
        let unit = config.unit_name(&t.unit, day);
        let report = config.report_name(&t.report);
        format!("{unit} ({report}, {})", t.period.in_vietnamese())
    };
    let of_submission = |s: &Submission| {
        let unit = config.unit_name(&s.unit, day);
        let report = config.report_name(&s.report);
        let period = s.period.in_vietnamese();
        format!("báo cáo mã số {:05} của {unit} ({report}, {period})", s.id)
    };
    let quoted = |text: &str| of_a_stranger(text, SHOWN);
    Ok(match order {
        Order::Assign { mail, assignment } => assigned(config, store, *mail, assignment, day)?,
        Order::Ignore(mail) => {
            format!("Thư số {mail} không phải báo cáo; thư không còn nằm trong danh sách chờ")
        }
        Order::PutAside(of, kind) => format!("Bỏ qua các thư {}", listed_in_words(*of, *kind)),
        Order::AcceptAll(all) => {
            let each: Vec<String> = all.iter().map(of_submission).collect();
            format!("Duyệt {} báo cáo: {}", all.len(), each.join("; "))
        }
        Order::Accept(submission) => format!("Duyệt {}", of_submission(submission)),
        Order::Return {
            submission, reason, ..
        } => {
            let what = of_submission(submission);
            format!("Trả lại {what}. Lý do: “{}”", quoted(reason))
        }
        Order::Excuse { of: target, reason } => {
            let what = of(target);
            format!("Miễn báo cáo cho {what}. Lý do: “{}”", quoted(reason))
        }
        Order::Extend {
            of: target,
            until,
            asked_by,
        } => {
            let until = vietnamese_date(*until);
            let by = asked_by.map_or(String::new(), |id| format!(" theo thư số {id}"));
            format!("Gia hạn{by} cho {} đến hết ngày {until}", of(target))
        }
        Order::Refuse { mail, reason } => {
            format!(
                "Trả lời đơn vị là chưa đồng ý gia hạn theo thư số {mail}. Lý do: “{}”",
                quoted(reason)
            )
        }
        Order::Paper {
            of: target,
            on,
            number,
        } => {
            let number = number
                .as_ref()
                .map_or(String::new(), |n| format!(" số {n}"));
            let on = on.map_or(String::new(), |on| format!(" ngày {}", vietnamese_date(on)));
            format!("Ghi nhận đã nhận bản giấy{number}{on} của {}", of(target))
        }
        Order::Leader(target, nod) => letter_to_leader(*nod, &of(target)),
        Order::Close(t) => format!(
            "Khóa kỳ báo cáo của mọi đơn vị: {}, {}; đơn vị chưa nộp được ghi là không nộp",
            config.report_name(&t.report),
            t.period.in_vietnamese()
        ),
        Order::Reset(address) => format!("Dùng lại địa chỉ {address}"),
        Order::Resend(mail, to) => {
            let to = to.join(", ");
            format!("Gửi lại thư số {mail} của hệ thống, gửi đến {to}")
        }
        Order::Undo(change) => match store.correction(*change)? {
            Some(made) => {
                let what = action_in_words(&made.change.command);
                let subject = made.change.subject;
                format!("Hoàn tác thay đổi số {change} ({what}; {subject})")
            }
            None => format!("Hoàn tác thay đổi số {change}"),
        },
    })
}

fn assigned(
    config: &Config,
    store: &Store,
    mail: MessageId,
    assignment: &Assignment,
    day: Date,
) -> Result<String> {
    let reading = store.message(mail)?.and_then(|m| m.reading);
    let sender = reading.and_then(|r| r.sender);
    let from = sender.map_or(String::new(), |s| format!(" (từ {})", s.address));
    let words = assignment.words.as_ref().filter(|w| !w.is_empty());
    let said = assignment.hint.as_ref().or(words);
    let what = said.map_or(String::new(), |hint| {
        let hint = of_a_stranger(hint, SHOWN);
        format!("; báo cáo và kỳ được ghi là “{hint}”")
    });
    let remember = match assignment.remember {
        true => "; ghi nhớ địa chỉ người gửi là của đơn vị này",
        false => "",
    };
    let unit = config.unit_name(&assignment.unit, day);
    Ok(format!(
        "Ghi nhận thư số {mail}{from} cho đơn vị {unit}{what}{remember}"
    ))
}

fn letter_to_leader(nod: Nod, of: &str) -> String {
    match nod {
        Nod::Send => format!("Gửi thư đến lãnh đạo đơn vị: {of}"),
        Nod::Stop => format!("Không gửi thư đến lãnh đạo đơn vị: {of}"),
    }
}

/// Whether the texts of an order are shown whole that others are to read.
pub(crate) fn is_shown_whole(order: &Order) -> bool {
    match order {
        Order::Return { reason, .. }
        | Order::Excuse { reason, .. }
        | Order::Refuse { reason, .. } => reason.chars().count() <= SHOWN,
        Order::Assign { .. }
        | Order::Ignore(_)
        | Order::PutAside(..)
        | Order::Accept(_)
        | Order::AcceptAll(_)
        | Order::Extend { .. }
        | Order::Paper { .. }
        | Order::Leader(..)
        | Order::Close(_)
        | Order::Reset(_)
        | Order::Resend(..)
        | Order::Undo(_) => true,
    }
}
