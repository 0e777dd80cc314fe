//! What staff decided of a unit, or that it does not hold any more.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::{Value, context};

use super::answer::{UnitView, also_told, answer};
use super::{Composed, answered_of, new_due, registered, reply_or_own};
use crate::config::Config;
use crate::domain::decision::{About, Decision};
use crate::domain::obligation::Obligation;
use crate::domain::row::{DecisionId, MessageId};
use crate::domain::unit::UnitId;
use crate::domain::{date_of, vietnamese_moment};
use crate::standing;
use crate::store::{Decided, MessageState, Outgoing, Receipts, Store};
use crate::writing::DepartmentView;

/// What a decision is of, as the letter tells it.
struct Matter {
    unit: UnitId,
    obligation: Option<Obligation>,
    /// The receipt code of the submission.
    code: Option<String>,
    /// Whether the decision is still the last word.
    holds: bool,
}

/// What was decided: to whoever wrote in the unit's name, where that is certain, and to its own address.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    row: DecisionId,
    now: Timestamp,
) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let Some(decided) = store.decision(row)? else {
        return dropped("the decision is gone");
    };
    let Some(matter) = matter(store, mail, &decided)? else {
        return dropped("it is of nothing that there is any more");
    };
    if !matter.holds {
        return dropped("it was decided anew");
    }
    let report = matter.obligation.as_ref().map(|o| o.report.as_str());
    let unit = match registered(config, &matter.unit, report, date_of(now)) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let message = match (decided.what, mail.message) {
        // Whoever had the receipt, whose mail it may not be.
        (Decision::ReceiptWithdrawn, Some(id)) => store.message(id)?,
        _ => answered_of(store, mail, &matter.unit)?,
    };
    let dead = store.dead_contacts(Receipts::All, now)?;
    let own = standing::addressee(config, &dead, &matter.unit, date_of(now));
    let Some(reply) = reply_or_own(message.as_ref(), own.map(|own| own.to)) else {
        return dropped("the unit has no address");
    };
    let values = context! {
        what => decided.what.word(),
        reason => decided.words.trim_end_matches('.'),
        department => DepartmentView::from(&config.settings.department),
        unit => UnitView::from(unit),
        code => matter.code,
        ..matter.obligation.map_or(Value::UNDEFINED, |o| of_report(config, &o, now))
    };
    let mut draft = answer(config, mail.owed.kind(), reply, values)?;
    draft.cc = also_told(config, store, unit, &draft.to, now)?;
    Ok(Composed::Ready(draft))
}

fn of_report(config: &Config, o: &Obligation, now: Timestamp) -> Value {
    let report = config.report(&o.report);
    context! {
        title => report.map_or(o.report.as_str(), |r| r.title.as_str()),
        period => o.period.in_vietnamese(),
        missing => o.missing().in_vietnamese(),
        due => vietnamese_moment(o.due),
        new_due => new_due(config, o, now),
    }
}

/// What a decision is of; `None` where that is gone.
fn matter(store: &Store, mail: &Outgoing, decided: &Decided) -> Result<Option<Matter>> {
    match decided.of {
        About::Obligation(id) => {
            let o = store.obligation_of_row(id)?;
            Ok(o.map(|o| Matter {
                unit: o.unit.clone(),
                code: None,
                holds: o.excused.is_some() == (decided.what == Decision::Excused),
                obligation: Some(o),
            }))
        }
        About::Submission(id) => {
            let Some(submission) = store.submission(id)? else {
                return Ok(None);
            };
            let (unit, report, period) = (&submission.unit, &submission.report, &submission.period);
            let row = store.obligation_id(unit, report, period)?;
            let obligation = match row {
                Some(row) => store.obligation_of_row(row)?,
                None => None,
            };
            Ok(Some(Matter {
                unit: unit.clone(),
                obligation,
                code: Some(submission.code()),
                holds: store.stands(id)?,
            }))
        }
        About::Mail(id) => of_mail(store, mail, decided.what, id),
    }
}

fn of_mail(
    store: &Store,
    mail: &Outgoing,
    what: Decision,
    id: MessageId,
) -> Result<Option<Matter>> {
    let (Some(message), Some(unit)) = (store.message(id)?, mail.unit.clone()) else {
        return Ok(None);
    };
    let waits = message.state == MessageState::Waiting;
    Ok(Some(Matter {
        unit,
        obligation: None,
        code: None,
        holds: match what {
            Decision::ReceiptWithdrawn => message.state != MessageState::Logged,
            what => waits == (what == Decision::RefusalWithdrawn),
        },
    }))
}
