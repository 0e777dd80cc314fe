//! What staff decide and a unit is told of in a letter of its own.

use std::str::FromStr;

use super::row::{MessageId, ObligationId, SubmissionId};

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The unit need not send a report.
    Excused,
    /// It has to, after all.
    ExcuseWithdrawn,
    /// A report that was sent back counts again.
    ReturnWithdrawn,
    /// More time, for which the unit asks, is not given.
    TimeRefused,
    /// It is thought about again.
    RefusalWithdrawn,
    /// A mail that was acknowledged is not logged any more.
    ReceiptWithdrawn,
}

impl Decision {
    const ALL: [Decision; 6] = [
        Decision::Excused,
        Decision::ExcuseWithdrawn,
        Decision::ReturnWithdrawn,
        Decision::TimeRefused,
        Decision::RefusalWithdrawn,
        Decision::ReceiptWithdrawn,
    ];

    /// The word in the store and in the template.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Excused => "excused",
            Decision::ExcuseWithdrawn => "excuse_withdrawn",
            Decision::ReturnWithdrawn => "return_withdrawn",
            Decision::TimeRefused => "time_refused",
            Decision::RefusalWithdrawn => "refusal_withdrawn",
            Decision::ReceiptWithdrawn => "receipt_withdrawn",
        }
    }
}

impl FromStr for Decision {
    type Err = String;
    fn from_str(word: &str) -> Result<Decision, String> {
        let mut all = Decision::ALL.into_iter();
        all.find(|d| d.word() == word)
            .ok_or_else(|| format!("{word:?} is nothing that staff decide"))
    }
}

/// What it was decided of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// What is expected of a unit.
    Obligation(ObligationId),
    /// What came of it.
    Submission(SubmissionId),
    /// A mail.
    Mail(MessageId),
}
