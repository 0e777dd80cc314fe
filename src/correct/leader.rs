//! What staff say of the letter to a leader.

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::obligation::{target_id, target_in_words};
use super::{Clerk, Done, Inverse, Refusal, said};
use crate::domain::correction::{Target, nod_command};
use crate::domain::obligation::Obligation;
use crate::domain::reminder::{Escalation, Nod, Step};
use crate::domain::row::ObligationId;
use crate::store::Store;

/// Says that the letter to the leader on what a unit has not sent may leave, on the day that the ladder has for it, or that
/// it must not.
///
/// # Errors
/// When nothing is late, no such letter is written, or it has left.
pub fn escalate(clerk: Clerk<'_>, target: &Target, nod: Nod) -> Result<Done> {
    let id = target_id(clerk, target)?;
    let Some(o) = clerk.store.obligation_of_row(id)? else {
        bail!("an obligation without a row");
    };
    let report = clerk.config.report(&o.report);
    if report.is_none_or(|r| r.steps.escalation == Escalation::Never) {
        bail!(Refusal::NoLetterToLeader(target.report.clone()));
    }
    if o.settled() || o.closed || clerk.now <= o.due {
        bail!(Refusal::NotLate(target.unit.clone()));
    }
    if has_left(clerk.store, &o)? {
        bail!(Refusal::LeaderToldAlready(target.unit.clone()));
    }
    let correction = clerk.store.transaction(|s| {
        let before = s.nod(id, o.due)?;
        s.set_nod(id, o.due, nod, clerk.now)?;
        let inverse = Inverse::Nod {
            obligation: id,
            sends_before: before.map(|nod| nod == Nod::Send),
        };
        let word = |nod| match nod {
            None => "",
            Some(Nod::Send) => "the letter may leave",
            Some(Nod::Stop) => "no letter",
        };
        let change = (target.subject(), word(before), word(Some(nod)));
        clerk.log(s, nod_command(nod), change, Some(&inverse))
    })?;
    let what = target_in_words(clerk, target);
    let (unit, report, period) = (&target.unit, &target.report, &target.period);
    Ok(match nod {
        Nod::Send => Done {
            said: format!("the leader of {unit} is written to about {report} {period}"),
            in_vietnamese: said::leader_is_written_to(&what),
            correction,
        },
        Nod::Stop => Done {
            said: format!("the leader of {unit} is not written to about {report} {period}"),
            in_vietnamese: said::leader_is_not_written_to(&what),
            correction,
        },
    })
}

/// Whether the letter on an obligation has left, or may have.
fn has_left(store: &Store, o: &Obligation) -> Result<bool> {
    let left = store.steps_left(o.id, o.due)?;
    Ok(left
        .iter()
        .any(|s| s.step == Step::Escalation && !s.came_back))
}

/// Takes a word of staff back, unless the letter has left since; `false` where there is nothing left to take back.
pub(super) fn take_back(
    store: &Store,
    id: ObligationId,
    before: Option<bool>,
    now: Timestamp,
) -> Result<bool> {
    let Some(o) = store.obligation_of_row(id)? else {
        return Ok(false);
    };
    if has_left(store, &o)? || !store.withdraw_nod(id, now)? {
        return Ok(false);
    }
    if let Some(sends) = before {
        let nod = if sends { Nod::Send } else { Nod::Stop };
        store.set_nod(id, o.due, nod, now)?;
    }
    Ok(true)
}
