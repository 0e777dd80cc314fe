//! The third pass: outbox → the world, after a last look whether a mail is still owed.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::clock::Clock;
use crate::compose::{self, Composed};
use crate::domain::reminder::in_working_hours;
use crate::mailbox::Mailbox;
use crate::manager;
use crate::reading::BounceKind;
use crate::store::{Outgoing, OutgoingState, Part};
use crate::transport::{NotTaken, Outcome, Parcel, Transport, Verdict};
use crate::writing::{Draft, Kind};

/// A reminder leaves only if the mailbox was looked through so shortly before.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// The longest pause between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A mail that an address's daily cap holds back is looked at again after this.
const CAP_PAUSE: SignedDuration = SignedDuration::from_hours(6);

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
/// When the store or the archive fails; a mail that cannot be sent is an outcome, not an error.
pub async fn pass(
    app: &App,
    transport: &mut Transport,
    mailbox: &mut Option<Mailbox>,
    clock: Clock,
    stop: &dyn Fn() -> bool,
) -> Result<Sent> {
    if let Some(open) = mailbox
        && let Err(e) = settle_doubts(app, open, clock.now()).await
    {
        *mailbox = None; // it may have failed in the middle of an answer
        return Err(e);
    }
    let store = &app.store;
    let limits = &app.config.settings.limits;
    let full = store.health(Part::Disk)?.failing().is_some();
    let doubted = store.clock_is_doubted()?;
    let mut done = Sent::default();
    for mail in store.queue(clock.now())? {
        if stop() {
            break;
        }
        if full && !is_for_staff(&mail) {
            continue;
        }
        let now = clock.now();
        let day_ago = now - SignedDuration::from_hours(24);
        if store.sent_since(day_ago)? >= limits.daily_mails && mail.kind != Kind::Digest {
            tracing::warn!("today's budget of mails is used up; the rest is sent tomorrow");
            store.try_again(
                mail.id,
                now + LONGEST_PAUSE,
                "đã hết hạn mức gửi trong ngày",
            )?;
            continue;
        }
        if doubted && (mail.kind.is_reminder() || mail.kind == Kind::Digest) {
            continue; // they go by a clock that is wrong
        }
        if mail.kind.is_reminder() {
            match may_remind(app, now)? {
                Reminding::Now => {}
                Reminding::LookFirst => {
                    done.look_first = true;
                    continue;
                }
                Reminding::OutOfHours => continue,
            }
        }
        match compose::compose(&app.config, store, &mail, now)? {
            Composed::Hold => {}
            Composed::Dropped(why) => {
                tracing::info!(mail = mail.key, why, "no longer owed");
                store.end_sending(mail.id, OutgoingState::Dropped, Some(&why), now)?;
            }
            Composed::Ready(draft) => {
                let capped = match draft.to.first() {
                    // Staff who decide much in a day get an answer to each command.
                    Some(to) if !app.config.settings.digest_to.contains(to) => {
                        store.sent_to_since(to, day_ago)? >= limits.daily_mails_per_address
                    }
                    _ => false,
                };
                if capped {
                    store.try_again(
                        mail.id,
                        now + CAP_PAUSE,
                        "địa chỉ đã nhận đủ số thư trong ngày",
                    )?;
                } else {
                    done.mails += 1;
                    let copy = !full;
                    manager::step();
                    send_one(app, transport, &mail, &draft, copy, now).await?;
                }
            }
        }
    }
    transport.close().await;
    Ok(done)
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

fn may_remind(app: &App, now: Timestamp) -> Result<Reminding> {
    let config = &app.config;
    let in_hours = in_working_hours(&config.calendar, config.settings.schedule.work_hours, now);
    let looked = app.store.health(Part::Mailbox)?.success_at;
    Ok(reminding(in_hours, looked, now))
}

/// Whether a mail goes to staff, who have to hear of a full disk.
fn is_for_staff(mail: &Outgoing) -> bool {
    match mail.kind {
        Kind::Digest => true,
        Kind::Notice => mail.unit.is_none(),
        Kind::Acknowledgement
        | Kind::Opening
        | Kind::ReminderBefore
        | Kind::ReminderLate
        | Kind::Escalation => false,
    }
}

/// `copy`: whether the archive takes a copy first.
async fn send_one(
    app: &App,
    transport: &mut Transport,
    mail: &Outgoing,
    draft: &Draft,
    copy: bool,
    now: Timestamp,
) -> Result<()> {
    let settings = &app.config.settings;
    let store = &app.store;
    let from = settings.mailbox.address.as_str();
    let domain = from.rsplit_once('@').map_or("localhost", |(_, d)| d);
    let message_id = match &mail.message_id {
        Some(known) => known.clone(),
        None => format!("thubaocao.{}.{}@{domain}", mail.id, now.as_second()),
    };
    let raw = draft.to_bytes(&settings.department, from, &message_id, now)?;
    let name = match &mail.unit {
        Some(unit) => format!("{:05}-{}-{unit}", mail.id, mail.kind.word()),
        None => format!("{:05}-{}", mail.id, mail.kind.word()),
    };
    let parcel = Parcel {
        name: &name,
        from,
        to: &draft.recipients(),
        raw: &raw,
    };
    // Only from here on may it have left: what breaks before leaves it queued.
    let mut begins = |_: &[NotTaken]| {
        let sha256 = copy.then(|| app.archive.put(&raw)).transpose()?;
        store.start_sending(mail.id, draft, &message_id, sha256.as_deref())
    };
    match transport.send(parcel, &mut begins).await? {
        Outcome::Taken(not_taken) => {
            tracing::info!(mail = mail.key, kind = mail.kind.word(), "sent");
            record_refusals(app, mail, &not_taken, now)?;
            let but: Vec<String> = not_taken
                .iter()
                .map(|n| format!("{}: {}", n.address, n.why))
                .collect();
            let but = (!but.is_empty()).then(|| but.join("; "));
            store.end_sending(mail.id, OutgoingState::Sent, but.as_deref(), now)?;
            store.succeeded(Part::Transport, now)?;
        }
        Outcome::Refused(why, not_taken) => {
            tracing::warn!(mail = mail.key, why, "refused for good");
            record_refusals(app, mail, &not_taken, now)?;
            store.end_sending(mail.id, OutgoingState::Failed, Some(&why), now)?;
        }
        Outcome::Deferred(why, not_taken) => {
            tracing::warn!(mail = mail.key, why, "not sent; tried again later");
            record_refusals(app, mail, &not_taken, now)?;
            store.defer(mail.id, now + pause(mail.tries + 1), &why)?;
            store.failed(Part::Transport, now, &why)?;
        }
        Outcome::Halted(halt) => {
            let why = halt.why();
            tracing::warn!(mail = mail.key, why, "nothing can be sent");
            store.defer(mail.id, now + pause(mail.tries + 1), why)?;
            store.failed(Part::Transport, now, why)?;
        }
        Outcome::Unknown(why) => {
            // It stays *sending*: the next pass looks it up.
            tracing::warn!(
                mail = mail.key,
                why,
                "perhaps sent; looked up before it is tried again"
            );
            store.failed(Part::Transport, now, &why)?;
        }
    }
    Ok(())
}

/// Notes which addresses did not take a mail. Staff's own stay what they are: the digest goes to them in any case.
fn record_refusals(
    app: &App,
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
        if !app.config.settings.digest_to.contains(&address) {
            let status = recipient.status.as_deref();
            app.store
                .record_bounce(&address, kind, status, mail.id, now)?;
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

/// Finds out what became of mails that were being handed over when something broke.
async fn settle_doubts(app: &App, mailbox: &mut Mailbox, now: Timestamp) -> Result<()> {
    for mail in app.store.in_doubt()? {
        let Some(message_id) = &mail.message_id else {
            app.store
                .try_again(mail.id, now, "it had no Message-ID yet")?;
            continue;
        };
        match mailbox.was_sent(message_id).await? {
            Some(true) => app
                .store
                .end_sending(mail.id, OutgoingState::Sent, None, now)?,
            Some(false) => app
                .store
                .try_again(mail.id, now, "it is not among the sent mails")?,
            None => app.store.end_sending(
                mail.id,
                OutgoingState::Unknown,
                Some("kết nối bị ngắt khi đang gửi"),
                now,
            )?,
        }
    }
    Ok(())
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
    fn the_pause_between_tries_grows_and_has_a_cap() {
        assert!(pause(1) >= SignedDuration::from_secs(120));
        assert!(pause(2) > pause(1));
        assert!(pause(1000) <= LONGEST_PAUSE + SignedDuration::from_mins(1));
    }
}
