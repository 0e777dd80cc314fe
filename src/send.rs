//! The third pass: outbox → the world, after a last look whether a mail is still owed.

mod budget;
mod doubts;
mod restored;
mod rests;
mod said;

use anyhow::Result;
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, ToSpan};

use self::budget::{Lately, Pot, Turn};
use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::owed::{Kind, OURS};
use crate::domain::reminder::in_working_hours;
use crate::domain::{date_of, instant};
use crate::ground::hex::random_hex;
use crate::health;
use crate::letters::{self, Composed};
use crate::mailbox::Mailbox;
use crate::manager;
use crate::reading::BounceKind;
use crate::store::{Outgoing, OutgoingState, Part, QueuePause, Store};
use crate::transport::{self, Halt, NotTaken, Outcome, Parcel, Transport, Verdict};
use crate::writing::Draft;

/// A reminder leaves only if the mailbox was looked through so shortly before.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// The longest pause between two tries of one mail.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A mail that an address's daily cap holds back is looked at again after this.
const CAP_PAUSE: SignedDuration = SignedDuration::from_hours(6);
/// So many different mails in a row that are not taken, for now or for good: it is not about them.
const IN_A_ROW: u32 = 3;

/// What leaves, and what it is made of.
#[derive(Clone, Copy)]
pub struct Outbox<'a> {
    /// Who is written to, and how much a day.
    pub config: &'a Config,
    /// What is owed, and what became of it.
    pub store: &'a Store,
    /// Where a copy of what leaves is kept.
    pub archive: &'a Archive,
}

/// How a pass ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Mails that were handed over, or tried to be.
    pub mails: u32,
    /// Whether reminders wait because the mailbox was last looked through too long ago.
    pub look_first: bool,
}

/// Sends what is queued and settles what is in doubt. The moment is taken afresh before each mail; `stop` is asked
/// between two. A mailbox that fails is dropped.
///
/// # Errors
/// When the store fails. A mail that cannot be written, sent or looked up is an outcome, not an error.
pub async fn pass(
    outbox: Outbox<'_>,
    transport: &mut Transport,
    mailbox: &mut Option<Mailbox>,
    clock: Clock,
    stop: &dyn Fn() -> bool,
) -> Result<Sent> {
    let Outbox { config, store, .. } = outbox;
    doubts::settle(config, store, mailbox, clock.now()).await?;
    restored::settle(store, mailbox, clock.now()).await?;
    let mut done = Sent::default();
    if paused(config, store, clock.now())?.is_some() {
        return Ok(done);
    }
    let mut halt = queue(outbox, transport, clock, stop, &mut done).await?;
    if halt.is_none() {
        halt = rests::pass(config, store, transport, clock, stop, &mut done).await?;
    }
    if let Some(halt) = halt {
        let now = clock.now();
        let times = store.queue_pause()?.map_or(0, |p| p.times);
        let until = now + queue_pause(&halt, times + 1);
        tracing::warn!(why = %halt.why(), %until, "nothing is sent until then");
        let why = halt.why().in_vietnamese();
        store.pause_queue(now, until, &why, &way(config, store)?)?;
        store.failed(Part::Transport, now, &why)?;
    }
    transport.close().await;
    Ok(done)
}

/// The pause in which nothing is sent at a moment, if there is one.
pub fn paused(config: &Config, store: &Store, now: Timestamp) -> Result<Option<QueuePause>> {
    let way = way(config, store)?;
    let pause = store.queue_pause()?;
    Ok(pause.filter(|pause| holds(pause, &way, now)))
}

/// A trace of how mails leave.
fn way(config: &Config, store: &Store) -> Result<String> {
    let key = store.command_key()?.unwrap_or_default();
    Ok(transport::way(&config.settings.transport, &key))
}

/// Whether a pause holds at a moment: not where server, user or password are others since, nor where the clock was wrong.
fn holds(pause: &QueuePause, way: &str, now: Timestamp) -> bool {
    pause.way == way && pause.began <= now && now < pause.until
}

/// Sends what is queued; gives why the rest waits, if it does.
async fn queue(
    outbox: Outbox<'_>,
    transport: &mut Transport,
    clock: Clock,
    stop: &dyn Fn() -> bool,
    done: &mut Sent,
) -> Result<Option<Halt>> {
    let Outbox { config, store, .. } = outbox;
    let limits = &config.settings.limits;
    let mut full = takes_no_copies(store)?;
    let doubted = store.clock_is_doubted()?;
    let mut lately: Option<Lately> = None;
    for mail in store.queue(clock.now())? {
        if stop() {
            break;
        }
        let (now, kind) = (clock.now(), mail.owed.kind());
        if full && !kind.is_for_staff() {
            continue; // staff have to hear of that
        }
        let lately = match &mut lately {
            Some(lately) => lately,
            none => none.insert(left_lately(store, now)?),
        };
        lately.forget(now);
        let pot = Pot::of(kind);
        if !lately.spent().has_room(pot, limits.daily_mails) {
            tracing::warn!(
                ?pot,
                "today's budget of mails is used up; the rest is sent tomorrow"
            );
            store.try_again(mail.id, now + LONGEST_PAUSE, said::NO_MORE_TODAY)?;
            continue;
        }
        if doubted && (kind.is_reminder() || kind == Kind::Digest) {
            continue; // they go by a clock that is wrong
        }
        if kind.is_reminder() && !may_remind(config, store, now, done)? {
            continue;
        }
        if is_put_off(config, store, &mail, now)? {
            continue;
        }
        match composed(config, store, &mail, now) {
            Composed::Hold => {}
            Composed::Dropped(why) => {
                tracing::info!(mail = mail.owed.key(), why, "no longer owed");
                store.end_sending(mail.id, OutgoingState::Dropped, Some(&why), now)?;
            }
            // Nothing leaves by trying: it is written as soon as it can be.
            Composed::Blocked(why) => block(store, &mail, &why, now, now)?,
            Composed::Ready(draft) => {
                let capped = match draft.to.first() {
                    // Staff who decide much in a day get an answer to each command.
                    Some(to) if !config.settings.digest_to.contains(to) => {
                        lately.to(to) >= limits.daily_mails_per_address
                    }
                    _ => false,
                };
                if capped {
                    store.try_again(mail.id, now + CAP_PAUSE, said::NO_MORE_TO_IT)?;
                    continue;
                }
                done.mails += 1;
                let copy = !full;
                manager::step();
                let halt = send_one(outbox, transport, &mail, &draft, copy, now).await?;
                if halt.is_some() {
                    return Ok(halt);
                }
                full = takes_no_copies(store)?;
                if let Some(left) = store.left(mail.id)? {
                    lately.add(left.at, Pot::of(left.kind), left.recipients);
                }
            }
        }
    }
    Ok(None)
}

/// Whether the disk is full, or the archive takes nothing: what leaves could not be kept.
fn takes_no_copies(store: &Store) -> Result<bool> {
    let fails = |part| anyhow::Ok(store.health(part)?.failing().is_some());
    Ok(fails(Part::Disk)? || fails(Part::Archive)?)
}

/// What left in the 24 hours before a moment.
fn left_lately(store: &Store, now: Timestamp) -> Result<Lately> {
    let mut lately = Lately::default();
    for left in store.left_since(now - SignedDuration::from_hours(24))? {
        lately.add(left.at, Pot::of(left.kind), left.recipients);
    }
    Ok(lately)
}

/// Whether a mail waits, or does not leave at all, as its unit has got as many answers as it gets in a day. An
/// acknowledgement is put off to the next morning, and takes the others with it then.
fn is_put_off(config: &Config, store: &Store, mail: &Outgoing, now: Timestamp) -> Result<bool> {
    let Some(unit) = mail.unit.as_ref().filter(|_| mail.owed.kind().is_answer()) else {
        return Ok(false);
    };
    let (today, kind) = (date_of(now), mail.owed.kind());
    let is_queued = |m: Outgoing| m.state == OutgoingState::Queued;
    if mail.put_off.is_some() && !store.outgoing_mail(mail.id)?.is_some_and(is_queued) {
        return Ok(true); // another one tells it since
    }
    let told = store.told_since(unit, kind, instant(today, Time::midnight()))?;
    match budget::turn_of(kind, told, mail.put_off.is_some()) {
        Turn::Now => {
            if mail.put_off.is_some() {
                let why = said::together_in(mail.id);
                store.tell_together(mail.id, today, &why, now)?;
            }
            Ok(false)
        }
        Turn::Together => {
            let tomorrow = today.saturating_add(1.day());
            let morning = instant(tomorrow, config.settings.schedule.work_hours.0);
            store.put_off(mail.id, tomorrow, morning, said::TOGETHER)?;
            Ok(true)
        }
        Turn::ToldAlready => {
            let why = "the unit was told the same often enough today";
            store.end_sending(mail.id, OutgoingState::Dropped, Some(why), now)?;
            Ok(true)
        }
    }
}

/// What a mail says at a moment. That one cannot be written is told, and stops no other.
fn composed(config: &Config, store: &Store, mail: &Outgoing, now: Timestamp) -> Composed {
    letters::compose(config, store, mail, now)
        .unwrap_or_else(|e| Composed::Blocked(said::our_error(&e)))
}

/// Notes that a mail cannot be written. `again_at`: when it is looked at again.
fn block(
    store: &Store,
    mail: &Outgoing,
    why: &str,
    again_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    if mail.blocked_since.is_none() {
        tracing::error!(
            mail = mail.owed.key(),
            why,
            "cannot be written; the others are sent"
        );
    }
    store.block(mail.id, again_at, why, now)
}

/// Whether units may be reminded at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reminding {
    Now,
    /// The mailbox has to be looked through before: the report may lie there.
    LookFirst,
    OutOfHours,
}

/// `looked`: when the mailbox was last looked through, wholly and with all that came read.
fn reminding(in_hours: bool, looked: Option<Timestamp>, now: Timestamp) -> Reminding {
    // A look that lies ahead was dated by a clock that was wrong then or is wrong now.
    let fresh = looked.is_some_and(|at| at <= now && now.duration_since(at) <= FRESH);
    match (in_hours, fresh) {
        (false, _) => Reminding::OutOfHours,
        (true, true) => Reminding::Now,
        (true, false) => Reminding::LookFirst,
    }
}

/// Whether units may be reminded now; notes in `done` where they wait for a look into the mailbox.
fn may_remind(config: &Config, store: &Store, now: Timestamp, done: &mut Sent) -> Result<bool> {
    let in_hours = in_working_hours(&config.calendar, config.settings.schedule.work_hours, now);
    let mailbox = store.health(Part::Mailbox)?;
    // A look that failed since may have failed over the very report.
    let looked = mailbox.success_at.filter(|_| mailbox.failing().is_none());
    let reminding = reminding(in_hours, looked, now);
    done.look_first |= reminding == Reminding::LookFirst;
    Ok(reminding == Reminding::Now)
}

/// A mail as it is handed over.
struct Written {
    name: String,
    message_id: String,
    raw: Vec<u8>,
}

fn written(config: &Config, mail: &Outgoing, draft: &Draft, now: Timestamp) -> Result<Written> {
    let settings = &config.settings;
    let from = settings.mailbox.address.as_str();
    let domain = from.rsplit_once('@').map_or("localhost", |(_, d)| d);
    let kind = mail.owed.kind();
    let message_id = match &mail.message_id {
        Some(known) => known.clone(),
        // Who knows it can tell of a bounce, or seem to be answered; so nobody can who did not get the mail.
        None => format!("{OURS}{}.{}@{domain}", mail.id, random_hex::<8>()?),
    };
    Ok(Written {
        name: match &mail.unit {
            Some(unit) => format!("{:05}-{}-{unit}", mail.id, kind.public_word()),
            None => format!("{:05}-{}", mail.id, kind.public_word()),
        },
        raw: draft.to_bytes(&settings.department, from, &message_id, now)?,
        message_id,
    })
}

/// Hands one mail over; gives why the rest of the queue waits, if it does. `copy`: whether the archive takes a copy first.
async fn send_one(
    outbox: Outbox<'_>,
    transport: &mut Transport,
    mail: &Outgoing,
    draft: &Draft,
    copy: bool,
    now: Timestamp,
) -> Result<Option<Halt>> {
    let Outbox {
        config,
        store,
        archive,
    } = outbox;
    let again_at = now + pause(mail.tries + 1);
    let written = match written(config, mail, draft, now) {
        Ok(written) => written,
        Err(e) => return block(store, mail, &said::our_error(&e), again_at, now).map(|()| None),
    };
    let parcel = Parcel {
        name: &written.name,
        from: &config.settings.mailbox.address,
        to: &draft.recipients(),
        raw: &written.raw,
    };
    store.address(mail.id, draft)?;
    let copy = match copy {
        true => archive.put(&written.raw).await.map(Some),
        false => Ok(None),
    };
    let copy = match copy {
        Ok(copy) => copy,
        Err(e) if health::note_unreachable(store, &e, now)? => return Ok(None), // it waits for the archive
        Err(e) => return block(store, mail, &said::our_error(&e), again_at, now).map(|()| None),
    };
    let mut begun = false;
    // Only from here on may it have left: what breaks before leaves it queued.
    let mut begins = |not_taken: &[NotTaken]| {
        store.transaction(|s| {
            s.start_sending(mail.id, &written.message_id, copy, now)?;
            s.drop_rests(mail.id, now)?;
            let later = not_taken.iter().filter(|n| n.verdict == Verdict::Later);
            later.into_iter().try_for_each(|n| {
                let said = format!("“{}”", n.why);
                s.owe_rest(mail.id, &n.address, now + pause(1), &said, now)
            })
        })?;
        begun = true;
        Ok(())
    };
    let sent = transport.send(parcel, &mut begins).await;
    // The copy of a try before this one, or of this one where it did not begin; what stays of it is found by `verify`.
    let needless = match begun {
        true => mail.raw.filter(|before| copy != Some(*before)),
        false => copy.filter(|copy| mail.raw != Some(*copy)),
    };
    if let Some(needless) = needless
        && let Err(e) = archive.remove(needless).await
    {
        tracing::warn!(error = %format!("{e:#}"), "the copy of a try that is over stays");
    }
    let outcome = match sent {
        Ok(outcome) => outcome,
        Err(e) => return block(store, mail, &said::our_error(&e), again_at, now).map(|()| None),
    };
    record(config, store, mail, outcome, now)
}

/// Notes what became of a mail; gives why the rest of the queue waits, if it does.
fn record(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    outcome: Outcome,
    now: Timestamp,
) -> Result<Option<Halt>> {
    match outcome {
        Outcome::Taken(not_taken) => {
            tracing::info!(
                mail = mail.owed.key(),
                kind = mail.owed.kind().word(),
                "sent"
            );
            record_refusals(config, store, mail, &not_taken, now)?;
            let but: Vec<String> = not_taken
                .iter()
                .filter(|n| n.verdict != Verdict::Later)
                .map(|n| format!("{}: “{}”", n.address, n.why))
                .collect();
            let but = (!but.is_empty()).then(|| but.join("; "));
            store.end_sending(mail.id, OutgoingState::Sent, but.as_deref(), now)?;
            left(store, now)?;
        }
        Outcome::Refused(why, not_taken) => {
            tracing::warn!(mail = mail.owed.key(), %why, "refused for good");
            record_refusals(config, store, mail, &not_taken, now)?;
            let told = why.in_vietnamese();
            store.end_sending(mail.id, OutgoingState::Failed, Some(&told), now)?;
            // A relay that has lost its way to everybody says the same of every address.
            if store.refused_in_a_row()? >= IN_A_ROW {
                store.doubt_refusals_in_a_row()?;
                return Ok(Some(Halt::Refusal(why)));
            }
        }
        Outcome::Deferred(why, not_taken) => {
            tracing::warn!(mail = mail.owed.key(), %why, "not sent; tried again later");
            record_refusals(config, store, mail, &not_taken, now)?;
            let (again_at, told) = (now + pause(mail.tries + 1), why.in_vietnamese());
            store.defer(mail.id, again_at, &told, now)?;
            if store.deferred_in_a_row()? >= IN_A_ROW {
                return Ok(Some(Halt::Refusal(why)));
            }
        }
        Outcome::Halted(halt) => {
            tracing::warn!(
                mail = mail.owed.key(),
                why = %halt.why(),
                "not sent, nor would another be"
            );
            store.put_back(mail.id, now)?;
            return Ok(Some(halt));
        }
        Outcome::Unknown(why) => {
            // It stays *sending*: it is looked up.
            tracing::warn!(
                mail = mail.owed.key(),
                %why,
                "perhaps sent; looked up before it is tried again"
            );
            // The line broke: the next one would be in doubt as well.
            return Ok(Some(Halt::Line(why)));
        }
    }
    Ok(None)
}

/// A mail left: nothing is in the way.
fn left(store: &Store, now: Timestamp) -> Result<()> {
    store.resume_queue(now)?;
    store.succeeded(Part::Transport, now)?;
    Ok(())
}

/// Notes which addresses did not take a mail. Staff's own stay what they are: the digest goes to them in any case.
fn record_refusals(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    not_taken: &[NotTaken],
    now: Timestamp,
) -> Result<()> {
    for recipient in not_taken {
        let kind = match recipient.verdict {
            Verdict::Dead => BounceKind::Hard,
            Verdict::Doubtful => BounceKind::Soft,
            Verdict::Later => continue,
        };
        let address = recipient.address.to_lowercase();
        if !config.settings.digest_to.contains(&address) {
            let status = recipient.status.as_deref();
            store.record_refusal(&address, kind, status, mail.id, now)?;
        }
    }
    Ok(())
}

/// Doubling from a minute to an hour, spread by the number of tries so that mails do not come in waves.
fn pause(tries: u32) -> SignedDuration {
    let doubled = SignedDuration::from_secs(60 << tries.min(6));
    let spread = SignedDuration::from_secs(i64::from(tries * 17 % 60));
    doubled.min(LONGEST_PAUSE) + spread
}

/// How long the queue waits when something was in its way so many times in a row. A line that broke may be there again
/// in minutes; a server that refuses us locks those who insist.
fn queue_pause(halt: &Halt, times: u32) -> SignedDuration {
    match halt {
        Halt::Line(_) => pause(times),
        Halt::Refusal(_) => SignedDuration::from_hours(1 << (times.max(1) - 1).min(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_reminded_in_working_hours_and_shortly_after_a_look_into_the_mailbox() {
        let at = |t: &str| format!("2026-06-16T{t}Z").parse::<Timestamp>().unwrap();
        let now = at("02:00:00");
        for (in_hours, looked, expected) in [
            (true, Some(at("01:59:00")), Reminding::Now),
            (true, Some(now), Reminding::Now),
            (true, Some(at("01:58:59")), Reminding::LookFirst),
            (true, None, Reminding::LookFirst),
            // The clock ran ahead when the mailbox was looked at.
            (true, Some(at("02:00:01")), Reminding::LookFirst),
            (false, Some(now), Reminding::OutOfHours),
            (false, None, Reminding::OutOfHours),
        ] {
            assert_eq!(reminding(in_hours, looked, now), expected, "{looked:?}");
        }
    }

    #[test]
    fn a_pause_of_the_queue_grows_and_ends_with_another_password() {
        let line = Halt::Line("".into());
        let refusal = Halt::Refusal("".into());
        let hours = |n| SignedDuration::from_hours(n);
        assert!(queue_pause(&line, 1) < queue_pause(&line, 2));
        assert!(queue_pause(&line, 1000) < hours(1) + SignedDuration::from_mins(1));
        for (times, expected) in [(1, 1), (2, 2), (3, 4), (1000, 4)] {
            assert_eq!(queue_pause(&refusal, times), hours(expected), "{times}");
        }
        let at = |t: &str| format!("2026-06-16T{t}Z").parse::<Timestamp>().unwrap();
        let pause = QueuePause {
            since: at("01:00:00"),
            began: at("02:00:00"),
            until: at("03:00:00"),
            times: 2,
            why: String::new(),
            way: "a".into(),
            ended_at: None,
        };
        assert!(holds(&pause, "a", at("02:00:00")));
        assert!(holds(&pause, "a", at("02:59:59")));
        assert!(!holds(&pause, "a", at("03:00:00")), "it is over");
        assert!(!holds(&pause, "b", at("02:30:00")), "another password");
        assert!(!holds(&pause, "a", at("01:59:59")), "the clock was wrong");
    }

    #[test]
    fn the_pause_between_tries_grows_and_has_a_cap() {
        assert!(pause(1) >= SignedDuration::from_secs(120));
        assert!(pause(2) > pause(1));
        assert!(pause(1000) <= LONGEST_PAUSE + SignedDuration::from_mins(1));
    }
}
