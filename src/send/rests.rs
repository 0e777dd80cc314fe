//! A mail that left goes again to those for whom it was not taken then, and to nobody else.

use anyhow::Result;
use jiff::Timestamp;

use super::said;
use super::{Sent, composed, left, may_remind, pause, record_refusals, takes_no_copies, written};
use crate::clock::Clock;
use crate::config::Config;
use crate::letters::Composed;
use crate::manager;
use crate::store::{DEFERRED_FOR_LONG, Outgoing, OutgoingState, Rest, Store};
use crate::transport::{Halt, NotTaken, Outcome, Parcel, Transport};
use crate::writing::Draft;

/// Hands mails over to those who still wait for them; gives why the rest of the queue waits, if it does.
pub(super) async fn pass(
    config: &Config,
    store: &Store,
    transport: &mut Transport,
    clock: Clock,
    stop: &dyn Fn() -> bool,
    done: &mut Sent,
) -> Result<Option<Halt>> {
    store.end_broken_rests(said::BROKEN, clock.now())?;
    let full = takes_no_copies(store)?;
    for rest in store.rests(clock.now())? {
        if full || stop() {
            break;
        }
        let now = clock.now();
        let Some(mail) = store.outgoing_mail(rest.outbox)? else {
            continue; // the rows stand in one store
        };
        if mail.owed.kind().is_reminder() && !may_remind(config, store, now, done)? {
            continue;
        }
        let Some(draft) = draft_for(config, store, &rest, &mail, now)? else {
            continue;
        };
        let to = [rest.address.clone()];
        manager::step();
        let handed_over = match written(config, &mail, &draft, now) {
            Ok(written) => {
                let parcel = Parcel {
                    name: &written.name,
                    from: &config.settings.mailbox.address,
                    to: &to,
                    raw: &written.raw,
                };
                let mut begins = |_: &[NotTaken]| store.start_rest(&rest);
                transport.send(parcel, &mut begins).await
            }
            Err(e) => Err(e),
        };
        done.mails += 1;
        if let Some(halt) = record(config, store, &rest, &mail, handed_over, now)? {
            return Ok(Some(halt));
        }
    }
    Ok(None)
}

/// What the mail says by now, for what it said then may be false; `None` where it does not go to this address now, which
/// is noted.
fn draft_for(
    config: &Config,
    store: &Store,
    rest: &Rest,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Option<Draft>> {
    match composed(config, store, mail, now) {
        Composed::Ready(draft) if draft.recipients().contains(&rest.address) => {
            return Ok(Some(draft));
        }
        Composed::Ready(_) => {
            let why = "it no longer goes to this address";
            store.end_rest(rest, OutgoingState::Dropped, why, now)?;
        }
        Composed::Dropped(why) => store.end_rest(rest, OutgoingState::Dropped, &why, now)?,
        Composed::Hold => {}
        Composed::Blocked(why) => store.defer_rest(rest, now + pause(rest.tries + 1), &why)?,
    }
    Ok(None)
}

/// Notes how handing it over ended; gives why the rest of the queue waits, if it does.
fn record(
    config: &Config,
    store: &Store,
    rest: &Rest,
    mail: &Outgoing,
    handed_over: Result<Outcome>,
    now: Timestamp,
) -> Result<Option<Halt>> {
    let again_at = now + pause(rest.tries + 1);
    match handed_over {
        Ok(Outcome::Taken(_)) => {
            tracing::info!(
                mail = mail.owed.key(),
                to = rest.address,
                "sent to this one too"
            );
            store.end_rest(rest, OutgoingState::Sent, "", now)?;
            left(store, now)?;
        }
        Ok(Outcome::Refused(why, not_taken)) => {
            tracing::warn!(mail = mail.owed.key(), to = rest.address, %why, "refused for good");
            record_refusals(config, store, mail, &not_taken, now)?;
            store.end_rest(rest, OutgoingState::Failed, &why.in_vietnamese(), now)?;
        }
        Ok(Outcome::Deferred(why, _)) if now.duration_since(rest.since) >= DEFERRED_FOR_LONG => {
            store.end_rest(rest, OutgoingState::Failed, &why.in_vietnamese(), now)?;
        }
        Ok(Outcome::Deferred(why, _)) => {
            store.defer_rest(rest, again_at, &why.in_vietnamese())?;
        }
        Ok(Outcome::Halted(halt)) => {
            store.defer_rest(rest, again_at, &halt.why().in_vietnamese())?;
            return Ok(Some(halt));
        }
        Ok(Outcome::Unknown(why)) => {
            store.end_rest(rest, OutgoingState::Unknown, &why.in_vietnamese(), now)?;
            return Ok(Some(Halt::Line(why)));
        }
        Err(e) => store.defer_rest(rest, again_at, &said::our_error(&e))?,
    }
    Ok(None)
}
