//! What a command would do, in words of this program: whoever is asked whether he sent it is shown nothing else, as
//! anybody may have written the mail.

use anyhow::Result;
use jiff::civil::Date;

use super::meaning::Meaning;
use super::token::{Action, Item, Token};
use super::{Target, listed_in_words, meant, named_unit, names_another, target, words};
use crate::config::Config;
use crate::correct::action_in_words;
use crate::domain::unit::UnitId;
use crate::domain::vietnamese_date;
use crate::reading::Reading;
use crate::store::{Message, Store};
use crate::writing::of_a_stranger;

/// No more letters of a text are shown that the mail gives for others to read.
const SHOWN: usize = 300;

/// What the command in a mail would do; `None` where it would do nothing. `day`: today (Vietnam).
///
/// # Errors
/// When the store cannot be read.
pub fn in_words(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &Reading,
    day: Date,
) -> Result<Option<String>> {
    match meant(config, store, message, reading)? {
        Meaning::Command { token, .. } => of(config, store, &token, &reading.body, day),
        Meaning::Refused(_) | Meaning::Nothing => Ok(None),
    }
}

/// What a token would do with the text of its mail; `None` where that lacks something, or names another thing than the token
/// is of.
pub(super) fn of(
    config: &Config,
    store: &Store,
    token: &Token,
    body: &str,
    day: Date,
) -> Result<Option<String>> {
    if names_another(config, store, token, body, day)?.is_some() {
        return Ok(None);
    }
    let action = match &token.action {
        Action::Any => words::action(body),
        fixed => Some(fixed.clone()),
    };
    let Some(action) = action else {
        return Ok(None);
    };
    let of_obligation = |id| {
        let t: Option<Target> = target(store, id).ok();
        t.map(|t| {
            let unit = config.unit_name(&t.unit, day);
            let period = t.period.in_vietnamese();
            (unit, format!("{}, {period}", config.report_name(&t.report)))
        })
    };
    let reason = || words::reason(body).filter(|r| r.chars().count() <= SHOWN);
    Ok(match (token.item, action) {
        (Item::Mail(id), Action::Assign(unit)) => {
            let unit = match unit.is_empty() {
                true => named_unit(config, body, day).ok(),
                false => Some(UnitId(unit)),
            };
            let Some(mail) = store.message(id)? else {
                return Ok(None);
            };
            let sender = mail.reading.and_then(|r| r.sender);
            let from = sender.map_or(String::new(), |s| format!(" (từ {})", s.address));
            let what = words::field(body, "bao cao va ky");
            let what =
                what.map(|w| format!("; báo cáo và kỳ được ghi là “{}”", of_a_stranger(&w, SHOWN)));
            let remember = match words::remember(body) {
                true => "; ghi nhớ địa chỉ người gửi là của đơn vị này",
                false => "",
            };
            unit.map(|unit| {
                format!(
                    "Gán thư số {id}{from} cho đơn vị {}{}{remember}",
                    config.unit_name(&unit, day),
                    what.unwrap_or_default()
                )
            })
        }
        (Item::Mail(id), Action::Ignore) => Some(format!(
            "Thư số {id} không phải báo cáo; thư không còn nằm trong danh sách chờ"
        )),
        (Item::Listed(of, kind), Action::Ignore) => {
            Some(format!("Bỏ qua các thư {}", listed_in_words(of, kind)))
        }
        (Item::Submission(id), action @ (Action::Accept | Action::Return)) => {
            let Some(submission) = store.submission(id)? else {
                return Ok(None);
            };
            let what = format!(
                "báo cáo mã số {id:05} của {} ({}, {})",
                config.unit_name(&submission.unit, day),
                config.report_name(&submission.report),
                submission.period.in_vietnamese()
            );
            match action {
                Action::Accept => Some(format!("Duyệt {what}")),
                _ => reason()
                    .map(|why| format!("Trả lại {what}. Lý do: “{}”", of_a_stranger(&why, SHOWN))),
            }
        }
        (Item::Obligation(id), action) => {
            let Some((unit, what)) = of_obligation(id) else {
                return Ok(None);
            };
            match action {
                Action::Excuse => reason().map(|why| {
                    format!(
                        "Miễn báo cáo cho {unit} ({what}). Lý do: “{}”",
                        of_a_stranger(&why, SHOWN)
                    )
                }),
                Action::Extend => {
                    let until = words::until(body, day).filter(|until| *until >= day);
                    until.map(|until| {
                        let until = vietnamese_date(until);
                        format!("Gia hạn cho {unit} ({what}) đến hết ngày {until}")
                    })
                }
                Action::Paper => Some(format!("Ghi nhận đã nhận bản giấy của {unit} ({what})")),
                Action::Close => Some(format!(
                    "Khóa kỳ báo cáo của mọi đơn vị: {what}; đơn vị chưa nộp được ghi là không nộp"
                )),
                _ => None,
            }
        }
        (Item::Contact(id), Action::Reset) => store
            .bounced_address(id)?
            .map(|address| format!("Dùng lại địa chỉ {address}")),
        (Item::Outgoing(id), Action::Resend) => store.outgoing_mail(id)?.map(|mail| {
            let to = mail.recipients.join(", ");
            format!("Gửi lại thư số {id} của hệ thống, gửi đến {to}")
        }),
        (Item::Change(id), Action::Undo) => store.correction(id)?.map(|made| {
            let what = action_in_words(&made.change.command);
            format!(
                "Hoàn tác thay đổi số {id} ({what}; {})",
                made.change.subject
            )
        }),
        _ => None,
    })
}
