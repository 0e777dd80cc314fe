//! Why a mail was decided to be of a unit, to be a report, and to be on a period: grounds as data, to be put into words in
//! one place.

use serde::{Deserialize, Serialize};

use super::period::PeriodId;
use super::unit::UnitId;
use crate::domain::row::MessageId;

/// Where in a mail something stands, or what else speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The head of a document.
    Document,
    /// The title of a document.
    Title,
    /// The subject line.
    Subject,
    /// The name of a file.
    FileName,
    /// The text of the mail.
    Text,
    /// Who wrote the mail that is forwarded.
    ForwardedSender,
    /// The address for answers.
    ReplyTo,
    /// The domain of the address.
    Domain,
    /// The display name.
    DisplayName,
}

/// What speaks for a report whose words stand beside others that are not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The document names what asks for it as its basis.
    Basis,
    /// It is called a report, and the unit owes it on the period that is named.
    OwedPeriod,
    /// It answers a letter of ours that asks for it.
    Asked,
    /// What the unit called so before was always this report.
    Habit,
}

/// A ground on which something was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    /// The register has the sender's address for a unit.
    Registered {
        /// The address.
        address: String,
        /// The unit.
        unit: UnitId,
    },
    /// The register had it for a unit that another one took over from.
    TookOver {
        /// The address.
        address: String,
        /// The unit before.
        old: UnitId,
        /// The one now.
        unit: UnitId,
    },
    /// Staff said so.
    Taught {
        /// The address.
        address: String,
        /// The unit.
        unit: UnitId,
    },
    /// The register had it so when the mail was sent.
    WasRegistered {
        /// The address.
        address: String,
        /// The unit.
        unit: UnitId,
    },
    /// Something names a unit.
    NamesUnit {
        /// What.
        source: Source,
        /// The unit.
        unit: UnitId,
    },
    /// Of the units that use an address, something names one.
    NamesOneOfSharers {
        /// What.
        source: Source,
        /// The unit.
        unit: UnitId,
    },
    /// Something names other units than the one of the address.
    NamesOthers {
        /// What.
        source: Source,
        /// The units.
        units: Vec<UnitId>,
    },
    /// The document was issued by somebody else than the unit of the address.
    IssuedBy {
        /// Who.
        issuer: String,
    },
    /// Something names a report.
    NamesReport {
        /// What.
        source: Source,
        /// The file; none: the mail itself.
        file: Option<String>,
        /// The report's id.
        report: String,
    },
    /// Staff assigned a mail with the same title to the report.
    TaughtTitle {
        /// Where the title stands.
        source: Source,
        /// The report's id.
        report: String,
        /// The mail that they assigned.
        mail: MessageId,
    },
    /// A report is meant whose words stand beside others.
    Supported {
        /// The report's id.
        report: String,
        /// By what.
        by: Support,
    },
    /// Only one report that is open to the unit has the period or the basis that is named.
    OnlyOpen {
        /// The report's id.
        report: String,
    },
    /// A file without words of its own belongs to the report that another one is.
    BelongsTo {
        /// The file.
        file: String,
        /// The other one.
        to: String,
    },
    /// The report has one period only.
    OnePeriodOnly {
        /// The report's id.
        report: String,
    },
    /// Something names the period.
    NamesPeriod {
        /// What.
        source: Source,
        /// The period.
        period: PeriodId,
    },
    /// Only one period is within reach.
    OnlyWithinReach {
        /// The period.
        period: PeriodId,
        /// Whether something is said of periods at all.
        said: bool,
    },
    /// The mail's own text says that there is nothing to report.
    NothingToReport,
}
