//! What time it is: an argument, like every fact that a decision rests on.

use jiff::Timestamp;

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
