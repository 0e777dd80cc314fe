//! What time it is: an argument, like every fact that a decision rests on.

mod said;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::store::{APART, Part, Store};

/// Where a pass takes the moment from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock, asked anew each time.
    System,
    /// One moment that stands still: `--at`, the demo, tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The moment that it is now.
    #[must_use]
    pub fn now(self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Fixed(moment) => moment,
        }
    }
}

/// By so much the clock may leave the time that has passed: more is a jump.
const JUMP: SignedDuration = SignedDuration::from_hours(1);
/// What was asked so short ago holds for now.
const JUST: SignedDuration = SignedDuration::from_mins(5);

/// What tells whether a clock is right.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What it says.
    pub now: Timestamp,
    /// What it said when it was last trusted, with the time that has passed since (boot time: sleep counts).
    pub expected: Timestamp,
    /// When the mail server received the latest mail but one.
    pub received: Option<Timestamp>,
    /// What the mail server said of the time when it was asked, and what this clock said then.
    pub told: Option<(Timestamp, Timestamp)>,
    /// Of a mail of ours that came back: when it was sent by this clock, and when the server received it.
    pub came_back: Option<(Timestamp, Timestamp)>,
}

/// Why a clock is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It left the time that has passed.
    Jumped {
        /// What it should say.
        expected: Timestamp,
    },
    /// Two mails were received later than it is.
    Behind {
        /// The earlier of them.
        received: Timestamp,
    },
    /// The mail server says another time.
    Apart {
        /// What it said.
        server: Timestamp,
        /// What this clock said then.
        by_us: Timestamp,
    },
    /// A mail came back before it was sent.
    Ahead {
        /// When it came back.
        received: Timestamp,
        /// When it was sent.
        sent: Timestamp,
    },
}

/// The evidence against a clock. A gap while the program did not run is none: `expected` begins with it.
#[must_use]
pub fn evidence(facts: &Facts) -> Option<Evidence> {
    let Facts { now, expected, .. } = *facts;
    if let Some(received) = facts.received.filter(|at| is_behind(*at, now)) {
        return Some(Evidence::Behind { received });
    }
    // Set back since, it is mended.
    let ahead = |(sent, received): &(Timestamp, Timestamp)| {
        sent.duration_since(*received) > APART && *sent <= now
    };
    if let Some((sent, received)) = facts.came_back.filter(ahead) {
        return Some(Evidence::Ahead { received, sent });
    }
    // It says nothing of a clock that was set since.
    let is_set = |by_us: Timestamp| now < by_us || now.duration_since(by_us) > APART;
    let apart = |(server, by_us): &(Timestamp, Timestamp)| {
        by_us.duration_since(*server).abs() > APART && !is_set(*by_us)
    };
    if let Some((server, by_us)) = facts.told.filter(apart) {
        return Some(Evidence::Apart { server, by_us });
    }
    (now.duration_since(expected).abs() > JUMP).then_some(Evidence::Jumped { expected })
}

/// Whether mails that come now may have been received later than the clock says. Whoever gives the moment says that it is
/// right.
pub(crate) fn may_be_behind(store: &Store, clock: Clock) -> Result<bool> {
    Ok(clock == Clock::System
        && (store.clock_is_doubted()?
            || store.latest_receipt_but_one(clock.now() + APART)?.is_some()))
}

/// Whether a mail waits until such a clock is mended or said to be right: by it the mail would have been received, and
/// filed, before it came.
#[must_use]
pub(crate) fn is_behind(received: Timestamp, now: Timestamp) -> bool {
    received.duration_since(now) > APART
}

/// How long the machine has been up, sleep included.
fn up() -> SignedDuration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` outlives the call and is all that it writes to. The clock exists since Linux 2.6.39.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
    SignedDuration::new(time.tv_sec, time.tv_nsec as i32)
}

/// A mail for a server that is asked for the time: it is removed at once.
#[must_use]
pub fn question(address: &str, now: Timestamp) -> Vec<u8> {
    let domain = address.rsplit_once('@').map_or("localhost", |(_, d)| d);
    format!(
        "From: <{address}>\r\nMessage-ID: <thubaocao.time.{}@{domain}>\r\nSubject: Thubaocao\r\n\r\n\
         This mail asks the server for the time. It may be deleted.\r\n",
        now.as_nanosecond()
    )
    .into_bytes()
}

/// Keeps an eye on the machine's clock while the program runs.
#[derive(Debug)]
pub(crate) struct Watch {
    /// How long the machine was up when the clock was last trusted, and what the clock said.
    trusted: (SignedDuration, Timestamp),
    /// Whether it has left that since.
    jumped: bool,
}

impl Watch {
    /// Begins with what the clock says, unless it was found to have jumped before and was not set right since.
    pub(crate) fn begin(store: &Store, now: Timestamp) -> Result<Watch> {
        let doubt = store.clock_doubt()?;
        let off = doubt.map_or(SignedDuration::ZERO, |d| d.said.duration_since(d.expected));
        let stands = doubt.is_some_and(|d| {
            now.duration_since(d.said).abs() <= now.duration_since(d.expected).abs()
        });
        let expected = if stands { now - off } else { now };
        Ok(Watch {
            trusted: (up(), expected),
            jumped: stands,
        })
    }

    /// Looks at the clock beside what the store knows, and notes how it stands.
    pub(crate) fn look(&mut self, store: &Store, now: Timestamp) -> Result<Option<Evidence>> {
        self.look_when_up(store, now, up())
    }

    fn look_when_up(
        &mut self,
        store: &Store,
        now: Timestamp,
        up: SignedDuration,
    ) -> Result<Option<Evidence>> {
        let doubt = store.clock_doubt()?;
        let told = store.server_time()?;
        // The server has just said the same.
        let said = told.is_some_and(|t| {
            now.duration_since(t.by_us).abs() < JUST && t.by_us.duration_since(t.said).abs() < JUMP
        });
        // Somebody said that it is right, or a mail that has just come has just been received.
        let settled = match doubt {
            Some(doubt) => said || store.mail_proves_clock(doubt.after_mail)?,
            None => self.jumped,
        };
        if settled {
            self.trusted = (up, now);
        }
        let facts = Facts {
            now,
            expected: self.trusted.1 + (up - self.trusted.0),
            received: store.latest_receipt_but_one(now + APART)?,
            told: told.filter(|t| !t.accepted).map(|t| (t.said, t.by_us)),
            came_back: store.came_back_too_early()?,
        };
        let found = evidence(&facts);
        self.jumped = now.duration_since(facts.expected).abs() > JUMP;
        if !self.jumped {
            self.trusted = (up, now);
            store.set_clock_doubt(None)?;
        } else if doubt.is_none() || settled {
            store.set_clock_doubt(Some((now, facts.expected)))?;
        }
        match &found {
            Some(evidence) => store.failed(Part::Clock, now, &evidence.in_vietnamese(now))?,
            None => store.succeeded(Part::Clock, now)?,
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::at;

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of what may tell against a clock"
    )]
    fn the_evidence_against_a_clock() {
        let now = at("2026-06-15T08:00:00Z");
        let hours = |n| SignedDuration::from_hours(n);
        let facts = Facts {
            now,
            expected: now,
            received: None,
            told: None,
            came_back: None,
        };
        type Case = (&'static str, Facts, Option<Evidence>);
        let jumped = |expected| Some(Evidence::Jumped { expected });
        let (soon, late) = (now + hours(23), now + hours(25));
        let (sent, received) = (now - hours(2), now - hours(27));
        let cases: [Case; 12] = [
            ("nothing tells against it", facts, None),
            (
                "it was set by minutes",
                Facts {
                    expected: now + SignedDuration::from_mins(59),
                    ..facts
                },
                None,
            ),
            (
                "it ran ahead of the time that has passed",
                Facts {
                    expected: now - hours(2),
                    ..facts
                },
                jumped(now - hours(2)),
            ),
            (
                "it fell behind it",
                Facts {
                    expected: now + hours(2),
                    ..facts
                },
                jumped(now + hours(2)),
            ),
            (
                "the server is some hours ahead",
                Facts {
                    received: Some(soon),
                    ..facts
                },
                None,
            ),
            (
                "two mails were received tomorrow",
                Facts {
                    received: Some(late),
                    ..facts
                },
                Some(Evidence::Behind { received: late }),
            ),
            (
                "the server says that it is two days earlier",
                Facts {
                    told: Some((now - hours(48), now)),
                    ..facts
                },
                Some(Evidence::Apart {
                    server: now - hours(48),
                    by_us: now,
                }),
            ),
            (
                "the server is some hours behind",
                Facts {
                    told: Some((now - hours(23), now)),
                    ..facts
                },
                None,
            ),
            (
                "the clock was set right since the server was asked",
                Facts {
                    told: Some((now, now + hours(24 * 365))),
                    ..facts
                },
                None,
            ),
            (
                "a mail came back a day before it was sent",
                Facts {
                    came_back: Some((sent, received)),
                    ..facts
                },
                Some(Evidence::Ahead { received, sent }),
            ),
            (
                "a mail came back after two days",
                Facts {
                    came_back: Some((received, sent)),
                    ..facts
                },
                None,
            ),
            (
                "the clock was set right since it was sent",
                Facts {
                    came_back: Some((now + hours(24 * 365), now)),
                    ..facts
                },
                None,
            ),
        ];
        for (what, facts, wanted) in cases {
            assert_eq!(evidence(&facts), wanted, "{what}");
        }
    }

    #[test]
    fn a_clock_that_jumped_is_trusted_again_when_it_is_mended_or_somebody_says_so() {
        let now = at("2026-06-15T08:00:00Z");
        let year = SignedDuration::from_hours(24 * 365);
        let minute = SignedDuration::from_mins(1);
        let store = Store::in_memory(now).unwrap();
        let begin = |now| {
            let mut watch = Watch::begin(&store, now).unwrap();
            watch.trusted.0 = SignedDuration::ZERO;
            watch
        };
        let mut watch = begin(now);
        let look =
            |watch: &mut Watch, now, up| watch.look_when_up(&store, now, up).unwrap().is_some();
        assert!(!look(&mut watch, now + minute, minute));
        assert!(look(&mut watch, now + year, minute * 2));
        assert!(store.clock_is_doubted().unwrap());
        // A restart does not forget it, and mending is seen, running or not.
        let mut again = begin(now + year + minute * 3);
        assert!(look(&mut again, now + year + minute * 4, minute));
        let mut mended = begin(now + minute * 5);
        assert!(!look(&mut mended, now + minute * 6, minute));
        assert!(!look(&mut watch, now + minute * 5, minute * 5));
        assert!(!store.clock_is_doubted().unwrap());
        // A machine that was off over Tết tells nothing.
        let mut after = begin(now + SignedDuration::from_hours(240));
        assert!(!look(
            &mut after,
            now + SignedDuration::from_hours(240),
            minute
        ));
        // Somebody says that it is right.
        assert!(look(&mut watch, now + year, minute * 6));
        store.accept_clock().unwrap();
        assert!(!look(&mut watch, now + year + minute, minute * 7));
        assert!(!look(&mut watch, now + year + minute * 2, minute * 8));
    }
}
