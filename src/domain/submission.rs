//! A logged submission, and the receipt code that the unit is told.

use jiff::Timestamp;

use super::period::PeriodId;
use super::report::Forms;
use super::unit::UnitId;
use crate::domain::row::{MessageId, SubmissionId};

/// A logged submission.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Row; the receipt code is made of it.
    pub id: SubmissionId,
    /// Whose.
    pub unit: UnitId,
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
    /// Its deadline.
    pub due: Timestamp,
    /// 1 for the first of this obligation.
    pub version: u32,
    /// The mail that brought it.
    pub message: Option<MessageId>,
    /// When it was received.
    pub received_at: Timestamp,
    /// Which forms it brought.
    pub forms: Forms,
    /// Whether it says that there is nothing to report.
    pub nil_return: bool,
    /// Number and symbol of the document.
    pub number: Option<String>,
    /// Names of its files.
    pub files: Vec<String>,
}

/// The receipt code of a submission: year of receipt and row.
pub(crate) fn code_of(id: SubmissionId, received_at: Timestamp) -> String {
    let year = super::date_of(received_at).year();
    format!("BC-{year}-{id:05}")
}

impl Submission {
    /// The receipt code that the unit is told.
    pub fn code(&self) -> String {
        code_of(self.id, self.received_at)
    }

    /// The row that a receipt code, or its last number alone, is made of.
    pub(crate) fn row_of(code: &str) -> Option<SubmissionId> {
        code.rsplit('-').next()?.parse().ok()
    }

    /// What has the form of a receipt code in a text: `BC-2026-00015`.
    pub(crate) fn codes_in(text: &str) -> impl Iterator<Item = &str> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
        let digits = |part: Option<&str>, n: usize| {
            part.is_some_and(|p| p.len() >= n && p.bytes().all(|b| b.is_ascii_digit()))
        };
        words.filter(move |word| {
            let mut parts = word.split('-');
            parts.next() == Some("BC") && digits(parts.next(), 4) && digits(parts.next(), 5)
        })
    }
}

/// What an earlier submission of a unit was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBefore {
    /// Which report it was.
    pub report: String,
    /// The names of its files, and the subject of its mail where that brought nothing else.
    pub called: Vec<String>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::obligation::Obligation;
    use crate::domain::obligation::tests::at;

    /// What a first mail brought for an obligation.
    pub(crate) fn submission(obligation: &Obligation) -> Submission {
        Submission {
            id: SubmissionId(1),
            unit: obligation.unit.clone(),
            report: obligation.report.clone(),
            period: obligation.period.clone(),
            due: obligation.due,
            version: 1,
            message: Some(MessageId(1)),
            received_at: at("2026-06-12T02:00:00Z"),
            forms: Forms::NONE,
            nil_return: false,
            number: None,
            files: vec![],
        }
    }
}
