//! How much one pass takes on. After it, what is owed is sent, and the next pass goes on with the rest: nobody who sends
//! much keeps others waiting for their answers.

use std::time::{Duration, Instant};

use super::fetch::Backlog;
use crate::config::Limits;

/// So many turns may be for those who write now. The next one is for everybody, whoever goes on writing.
const MOST_HURRIED: u32 = 3;

/// The share of one pass: so many mails are fetched, and so many read, within a time. Half of it is for fetching and half
/// for reading: however slow the one is, the other gets on.
#[derive(Debug)]
pub struct Turn<'b> {
    /// What is left of the turns before it.
    pub(crate) backlog: &'b mut Backlog,
    /// When fetching began, or reading.
    begun: Instant,
    half: Duration,
    most: u32,
    fetched: u32,
    read: u32,
    cut: bool,
    progress: bool,
    may_hurry: bool,
    hurried: bool,
}

impl Turn<'_> {
    /// Begins one.
    pub fn begin<'b>(limits: &Limits, backlog: &'b mut Backlog) -> Turn<'b> {
        let may_hurry = backlog.hurried < MOST_HURRIED;
        if !may_hurry {
            backlog.hurried = 0;
        }
        Turn {
            may_hurry,
            hurried: false,
            backlog,
            begun: Instant::now(),
            half: Duration::from_secs(limits.pass_seconds) / 2,
            most: limits.pass_mails,
            fetched: 0,
            read: 0,
            cut: false,
            progress: false,
        }
    }

    /// How many mails may still be fetched.
    pub(super) fn left_to_fetch(&self) -> usize {
        left(self.begun.elapsed(), self.half, self.most, self.fetched) as usize
    }

    /// Notes that mails were asked for.
    pub(super) fn fetched(&mut self, mails: usize) {
        self.fetched = self.fetched.saturating_add(mails as u32);
    }

    /// Goes over from fetching to reading.
    pub(super) fn begin_reading(&mut self) {
        self.begun = Instant::now();
    }

    /// How many mails may still be read.
    pub(super) fn left_to_read(&self) -> u32 {
        left(self.begun.elapsed(), self.half, self.most, self.read)
    }

    /// Whether one more mail may be read; notes that it is.
    pub(super) fn may_read(&mut self) -> bool {
        let may = self.left_to_read() > 0;
        self.read += u32::from(may);
        self.cut |= !may;
        may
    }

    /// Notes that a mail was stored, or read and decided on.
    pub(super) fn got_on(&mut self) {
        self.progress = true;
    }

    /// Whether those who write now may come first.
    pub(super) fn may_hurry(&self) -> bool {
        self.may_hurry
    }

    /// Notes that this one is for them alone.
    pub(super) fn hurry(&mut self) {
        self.backlog.hurried += u32::from(!self.hurried);
        self.hurried = true;
    }

    /// Notes that something is left for the next one.
    pub(super) fn cut_short(&mut self) {
        self.cut = true;
    }

    /// Whether the next one goes on at once: something was left, and not because nothing can be done.
    pub(crate) fn goes_on(&self) -> bool {
        self.cut && self.progress
    }
}

/// How many more mails a turn has room for.
fn left(elapsed: Duration, patience: Duration, most: u32, done: u32) -> u32 {
    match elapsed < patience {
        true => most.saturating_sub(done),
        false => 0,
    }
}

/// Whether mails that are stored and not read hold the reminders of every unit, as they may be the report that somebody
/// would be reminded of. So many may come that they are never all read: after a working day those of unknown senders
/// hold nobody's any more. Those of units hold their own until they are read. `fails`: mails cannot be read now; `recent`:
/// the oldest that waits was stored within a working day.
pub(super) fn hold_all(unread: bool, fails: bool, recent: bool) -> bool {
    unread && (fails || recent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_goes_on_at_once_only_where_this_one_got_on() {
        for (cut, progress, goes_on) in [
            (true, true, true),
            (true, false, false),
            (false, true, false),
            (false, false, false),
        ] {
            let turn = Turn {
                backlog: &mut Backlog::default(),
                begun: Instant::now(),
                half: Duration::ZERO,
                most: 0,
                fetched: 0,
                read: 0,
                cut,
                progress,
                may_hurry: true,
                hurried: false,
            };
            assert_eq!(turn.goes_on(), goes_on, "{cut} {progress}");
        }
    }

    #[test]
    fn after_three_turns_for_those_who_write_now_one_is_for_everybody() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let limits = crate::config::Config::load(&folder).unwrap();
        let mut backlog = Backlog::default();
        let mut turns = Vec::new();
        for _ in 0..9 {
            let mut turn = Turn::begin(&limits.settings.limits, &mut backlog);
            turns.push(turn.may_hurry());
            if turn.may_hurry() {
                turn.hurry();
                turn.hurry(); // fetching and reading
            }
        }
        let wanted = [true, true, true, false, true, true, true, false, true];
        assert_eq!(turns, wanted);
    }

    #[test]
    fn what_is_not_read_holds_every_reminder_for_a_working_day_and_longer_where_nothing_can_be_read()
     {
        for (unread, fails, recent, hold) in [
            (false, false, false, false),
            (false, true, false, false),
            (true, false, true, true),
            (true, false, false, false),
            (true, true, false, true),
            (true, true, true, true),
        ] {
            assert_eq!(
                hold_all(unread, fails, recent),
                hold,
                "{unread} {fails} {recent}"
            );
        }
    }

    #[test]
    fn a_turn_ends_with_its_time_or_its_mails() {
        let seconds = Duration::from_secs;
        for (elapsed, done, room) in [
            (seconds(0), 0, 500),
            (seconds(119), 499, 1),
            (seconds(0), 500, 0),
            (seconds(0), 501, 0),
            (seconds(120), 0, 0),
        ] {
            assert_eq!(
                left(elapsed, seconds(120), 500, done),
                room,
                "{elapsed:?} {done}"
            );
        }
    }
}
