//! Rows of the store, a type for each kind that is spoken of outside it: the number of a mail is none of an obligation.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! rows {
    ($($(#[$doc:meta])* $row:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $row(pub i64);

        impl fmt::Display for $row {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $row {
            type Err = ParseIntError;
            fn from_str(text: &str) -> Result<$row, ParseIntError> {
                text.parse().map($row)
            }
        }
    )+};
}

rows! {
    /// A mail that came in. Staff know it by this number.
    MessageId,
    /// What is expected of one unit for one report and period.
    ObligationId,
    /// What came of it, a version; the receipt code is made of it.
    SubmissionId,
    /// That a submission is sent back.
    ReturnId,
    /// That more time is given.
    ExtensionId,
    /// What staff decided of which a unit is told.
    DecisionId,
    /// A mail of ours.
    OutboxId,
    /// A correction by staff. They know it by this number.
    ChangeId,
    /// A title that staff taught. They know it by this number.
    TitleId,
    /// That an address failed a mail of ours.
    FailureId,
}
