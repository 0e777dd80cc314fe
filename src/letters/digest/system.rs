//! How the service fares.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, ToSpan};
use minijinja::context;
use serde::Serialize;

use super::DigestData;
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::ground::files::free_bytes;
use crate::health::Look;
use crate::store::{Part, QueuePause, Store};
use crate::writing::{Sentence, sentence};

/// So many mails that will not be kept are named in one line; each says it itself, too.
const EXPIRING_NAMED: usize = 10;

/// Less than this on the disk is little: a month of large mails.
const DISK_LOW: u64 = 2_000_000_000;

/// A line on the service's health.
#[derive(Debug, Serialize)]
pub(super) struct SystemLine {
    /// What there is to say.
    pub(super) says: Sentence,
    /// Whether somebody should act on it.
    pub(super) bad: bool,
}

/// How the service fares.
pub(super) fn system(
    config: &Config,
    store: &Store,
    looks: &[Look],
    now: Timestamp,
) -> Result<Vec<SystemLine>> {
    let mut lines = Vec::new();
    let mut line = |bad, says| lines.push(SystemLine { says, bad });
    // Of units that are not reminded the first line of all speaks.
    for look in looks.iter().filter(|l| l.part != Part::Holds) {
        if let (Some(fault), Some(ill)) = (look.in_vietnamese(), &look.ill) {
            let why = &ill.why;
            line(true, sentence("fault", context! { fault, why }));
        }
    }
    let mailbox = store.health(Part::Mailbox)?;
    match mailbox.success_at {
        Some(at) => {
            let ill = looks
                .iter()
                .any(|l| l.part == Part::Mailbox && l.ill.is_some());
            let at = vietnamese_moment(at);
            line(ill, sentence("mailbox_seen", context! { at }));
        }
        None => line(true, sentence("mailbox_never_seen", context! {})),
    }
    if config.settings.alarm.is_none() {
        line(false, sentence("no_alarm", context! {}));
    }
    // The digests themselves are among the mails that wait.
    let queued = store.queue_length(Some(Kind::Digest))?;
    let unread = store.unread_count()?;
    line(false, sentence("queue", context! { queued, unread }));
    let mails = store.put_off_count()?;
    if mails > 0 {
        line(false, sentence("put_off", context! { mails }));
    }
    let sent = store.sent_since(now - SignedDuration::from_hours(24))?;
    let to_units = sent.iter().filter(|(kind, _)| !kind.is_for_staff());
    let mails: u32 = to_units.map(|(_, mails)| mails).sum();
    let most = config.settings.limits.daily_mails;
    line(mails >= most, sentence("sent", context! { mails, most }));
    if let Some(free) = free_bytes(&config.settings.data) {
        let gigabytes = free / 1_000_000_000;
        line(free < DISK_LOW, sentence("disk", context! { gigabytes }));
    }
    let today = date_of(now);
    let years = [today.year(), today.saturating_add(60.days()).year()];
    if let Some(year) = years
        .into_iter()
        .find(|year| !config.calendar.covers(*year))
    {
        line(true, sentence("no_holidays", context! { year }));
    }
    Ok(lines)
}

/// When nothing was sent, and why.
pub(super) fn pauses(store: &Store, since: Timestamp, until: Timestamp) -> Result<Vec<SystemLine>> {
    let line = |pause: QueuePause| {
        let ended = pause.ended_at.map(vietnamese_moment);
        let again =
            (ended.is_none() && pause.until > until).then(|| vietnamese_moment(pause.until));
        let (bad, since, why) = (ended.is_none(), vietnamese_moment(pause.since), pause.why);
        SystemLine {
            bad,
            says: sentence("paused", context! { since, ended, again, why }),
        }
    };
    let pauses = store.queue_pauses_between(since, until)?;
    Ok(pauses.into_iter().map(line).collect())
}

/// Says of mails that wait that they will not be kept much longer.
pub(super) fn expiring(config: &Config, store: &Store, data: &mut DigestData) -> Result<()> {
    let Some(years) = config.settings.retention_years else {
        return Ok(());
    };
    let mut mails = Vec::new();
    for mail in store.expiring()? {
        let day = vietnamese_date(mail.ends_on(years)?);
        let strangers = data.strangers.iter_mut().flat_map(|s| &mut s.shown);
        let all = data.waiting.iter_mut().chain(strangers);
        for waiting in all.filter(|w| w.id == mail.message) {
            waiting.expires = Some(day.clone());
        }
        mails.push(context! { number => mail.message, day });
    }
    if mails.is_empty() {
        return Ok(());
    }
    let more = mails.len().saturating_sub(EXPIRING_NAMED);
    mails.truncate(EXPIRING_NAMED);
    data.system.push(SystemLine {
        bad: true,
        says: sentence("expiring", context! { years, mails, more }),
    });
    Ok(())
}
