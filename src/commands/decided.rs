//! What a colleague has decided on the same thing before.
//!
//! Two of one office who do not know of each other must not undo each other's work in silence. Whoever comes second is
//! asked first, told who decided what and when; only his yes carries the order out, and then the first one is told. To ask
//! surprises nobody: the one who has not seen it learns of it before anything changes, and the one who has answers by one
//! word. Whoever changes his own mind is not asked.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::order::Order;
use crate::config::Config;
use crate::domain::correction::{Target, mail_name, nod_command, period_name, submission_name};
use crate::domain::vietnamese_moment;
use crate::store::{Made, Store};

/// A decision of a colleague that an order would change.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// Who, what and when, for staff; a sentence without its stop.
    pub said: String,
    /// Whose it is: an address, or a login name.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Whether the order asks for what holds already.
    pub same: bool,
}

/// The last decision on the thing of an order, where it is somebody else's than `who`'s. `day`: today (Vietnam).
pub(crate) fn by_a_colleague(
    config: &Config,
    store: &Store,
    order: &Order,
    who: &str,
    day: Date,
) -> Result<Option<Decided>> {
    let last = match (order, changes(store, order)?) {
        // Of somebody else's change one hears only by the word that it replaced his own.
        (Order::Undo(change), _) => store.correction(*change)?.filter(|c| c.undone_by.is_none()),
        (_, Some((subjects, kinds))) => store.last_change(&subjects, kinds)?,
        (_, None) => None,
    };
    let Some(made) = last.filter(|made| made.change.who != who) else {
        return Ok(None);
    };
    Ok(Some(Decided {
        said: in_words(config, store, order, &made, day)?,
        same: is_same(order, &made.change.command),
        who: made.change.who,
        at: made.at,
    }))
}

/// The things that an order changes, and the commands whose effect it would change there.
fn changes(store: &Store, order: &Order) -> Result<Option<(Vec<String>, &'static [&'static str])>> {
    Ok(match order {
        Order::Assign { mail, .. } | Order::Ignore(mail) | Order::Refuse { mail, .. } => {
            // What the mail was logged as is withdrawn by it.
            let logged = store.submissions_of(*mail)?;
            let mut subjects = vec![mail_name(*mail)];
            subjects.extend(logged.iter().map(|s| submission_name(s.id)));
            Some((subjects, &["assign", "ignore", "accept", "return"]))
        }
        Order::Accept(submission) | Order::Return { submission, .. } => {
            Some((vec![submission_name(submission.id)], &["accept", "return"]))
        }
        Order::Excuse { of, .. } => {
            Some((vec![of.subject()], &["excuse", "extend", "received-paper"]))
        }
        Order::Extend { of, .. } => Some((vec![of.subject()], &["excuse", "extend"])),
        // Paper that came is a fact beside what was decided; twice it would count twice.
        Order::Paper { of, .. } => Some((vec![of.subject()], &["received-paper"])),
        Order::Leader(of, _) => Some((
            vec![of.subject()],
            &["excuse", "extend", "escalate", "escalate --stop"],
        )),
        Order::Close(of) => Some((vec![period_name(&of.report, &of.period)], &["close"])),
        // What still waits or nobody has decided on, what failed, and a change, which is known by its row.
        Order::PutAside(..)
        | Order::AcceptAll(_)
        | Order::Reset(_)
        | Order::Resend(..)
        | Order::Undo(_) => None,
    })
}

fn is_same(order: &Order, command: &str) -> bool {
    match order {
        Order::Ignore(_) => command == "ignore",
        Order::Accept(_) => command == "accept",
        Order::Return { .. } => command == "return",
        Order::Excuse { .. } => command == "excuse",
        Order::Leader(_, nod) => command == nod_command(*nod),
        Order::Close(_) => command == "close",
        Order::Assign { .. }
        | Order::Refuse { .. }
        | Order::Extend { .. }
        | Order::Paper { .. }
        | Order::PutAside(..)
        | Order::AcceptAll(_)
        | Order::Reset(_)
        | Order::Resend(..)
        | Order::Undo(_) => false,
    }
}

fn in_words(
    config: &Config,
    store: &Store,
    order: &Order,
    made: &Made,
    day: Date,
) -> Result<String> {
    let of = |t: &Target| {
        let unit = config.unit_name(&t.unit, day);
        let report = config.report_name(&t.report);
        format!("{unit} ({report}, {})", t.period.in_vietnamese())
    };
    let mut unit = None;
    let what = match order {
        Order::Assign { mail, .. } | Order::Ignore(mail) | Order::Refuse { mail, .. } => {
            unit = store.message(*mail)?.and_then(|m| m.unit);
            match made.change.subject == mail_name(*mail) {
                true => format!("Thư số {mail}"),
                false => format!("Báo cáo gửi trong thư số {mail}"),
            }
        }
        Order::Accept(submission) | Order::Return { submission, .. } => {
            format!("Báo cáo mã số {:05}", submission.id)
        }
        Order::Excuse { of: target, .. }
        | Order::Extend { of: target, .. }
        | Order::Paper { of: target, .. }
        | Order::Leader(target, _) => of(target),
        Order::Close(t) => {
            let report = config.report_name(&t.report);
            format!("{report}, {}", t.period.in_vietnamese())
        }
        Order::Undo(change) => format!("Thay đổi số {change}: việc này"),
        Order::PutAside(..) | Order::AcceptAll(_) | Order::Reset(_) | Order::Resend(..) => {
            made.change.subject.clone()
        }
    };
    let done = match (made.change.command.as_str(), unit) {
        ("assign", Some(unit)) => format!("ghi nhận cho {}", config.unit_name(&unit, day)),
        ("assign", None) => "ghi nhận cho một đơn vị".to_owned(),
        ("ignore", _) => "đánh dấu không phải báo cáo".to_owned(),
        ("accept", _) => "duyệt".to_owned(),
        ("return", _) => "trả lại".to_owned(),
        ("excuse", _) => "miễn báo cáo".to_owned(),
        ("extend", _) => "gia hạn".to_owned(),
        ("received-paper", _) => "ghi nhận đã nộp bản giấy".to_owned(),
        ("close", _) => "khóa kỳ".to_owned(),
        ("escalate", _) => "cho gửi thư đến lãnh đạo".to_owned(),
        ("escalate --stop", _) => "dừng thư đến lãnh đạo".to_owned(),
        (other, _) => other.to_owned(),
    };
    let way = match made.change.way.as_str() {
        "command" => " (dùng lệnh trên máy chủ)",
        _ => "",
    };
    let (who, at) = (&made.change.who, vietnamese_moment(made.at));
    Ok(format!("{what} đã được {who}{way} {done} lúc {at}"))
}
