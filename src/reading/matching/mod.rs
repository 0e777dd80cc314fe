//! Whose mail it is, and which report on which period: evidence first, then a decision by few rules. Never a guess.
//!
//! [`whose`] weighs what tells the unit, [`what`] which reports on which periods; [`names`] and [`hints`] read names of
//! units and of periods out of texts, [`topic`] what a text is about, [`genre`] what kind of document something is;
//! [`imitation`] sees senders that look like others.

mod genre;
mod hints;
mod imitation;
mod names;
mod topic;
mod what;
mod whose;

use jiff::Timestamp;

use super::Reading;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::report::{Forms, Report};
use crate::domain::unit::{Kind, Register, UnitId};

/// What a mail is matched against.
pub struct Context<'a> {
    /// The register of units.
    pub register: &'a Register,
    /// The reports that are asked for.
    pub reports: &'a [Report],
    /// What is expected, of all units.
    pub obligations: &'a [Obligation],
    /// Whether the obligations know what has come so far.
    pub history_known: bool,
    /// Units that staff taught for the sender's address.
    pub learned: &'a [UnitId],
    /// Units that the register had the sender's address for when the mail may have been sent.
    pub former: &'a [UnitId],
    /// The addresses of staff, lower case.
    pub staff: &'a [String],
    /// Who asks for the reports.
    pub department: Asking<'a>,
    /// When the server received the mail.
    pub received_at: Timestamp,
}

/// Who asks for the reports, as somebody could imitate it.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The department's name.
    pub name: &'a str,
    /// The federation's name.
    pub federation: &'a str,
    /// The mailbox's address, lower case.
    pub mailbox: &'a String,
}

/// How sure the unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitMatch {
    /// It is this one.
    Certain(UnitId),
    /// It may be one of these, best first; a person decides.
    Ambiguous(Vec<UnitId>),
    /// Nothing tells.
    None,
}

impl UnitMatch {
    /// The word of the JSON interface.
    pub fn word(&self) -> &'static str {
        match self {
            UnitMatch::Certain(_) => "certain",
            UnitMatch::Ambiguous(_) => "ambiguous",
            UnitMatch::None => "none",
        }
    }

    /// The unit, where it is certain.
    pub fn certain(&self) -> Option<&UnitId> {
        match self {
            UnitMatch::Certain(unit) => Some(unit),
            _ => None,
        }
    }

    /// The units that it may be, best first, where it is not certain.
    pub fn candidates(&self) -> &[UnitId] {
        match self {
            UnitMatch::Ambiguous(list) => list,
            _ => &[],
        }
    }
}

/// One report that a mail brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
    /// In which forms.
    pub forms: Forms,
    /// Whether it says that there is nothing to report.
    pub nil_return: bool,
    /// Positions of its files among the mail's attachments.
    pub files: Vec<usize>,
}

/// What matching found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Whose mail it is.
    pub unit: UnitMatch,
    /// What it brings, where that is certain.
    pub items: Vec<Item>,
    /// Whether it may bring more: a document of it may be a report and is not clear.
    pub unclear: bool,
    /// Why something is left for a person to decide, in words for staff.
    pub open: Vec<String>,
    /// What makes the sender suspicious, in words for staff: nothing of such a mail counts before a person has seen it.
    pub suspicious: Vec<String>,
    /// Why what was decided was decided, in words for operators.
    pub reasons: Vec<String>,
}

/// The units of a day that a text names, in the order of their place.
pub fn units_named(register: &Register, day: jiff::civil::Date, text: &str) -> Vec<UnitId> {
    names::Names::new(register, day).named_in(text)
}

/// The units of a day whose heads the documents of a mail have, other than the province, who asks; each once.
pub fn units_of_heads(
    register: &Register,
    day: jiff::civil::Date,
    reading: &Reading,
) -> Vec<UnitId> {
    let issuers = reading
        .attachments
        .iter()
        .filter(|a| a.is_document())
        .filter_map(|a| a.issuer.as_deref());
    let issuers: Vec<&str> = issuers.collect();
    if issuers.is_empty() {
        return Vec::new(); // the names of a whole register are not for nothing
    }
    let names = names::Names::new(register, day);
    let reports = |unit: &UnitId| {
        let unit = register.nearest(unit, day);
        unit.is_some_and(|u| u.kind != Kind::Provincial)
    };
    let called = issuers.iter().flat_map(|issuer| names.called(issuer));
    let mut units: Vec<UnitId> = called.filter(reports).collect();
    units.sort();
    units.dedup();
    units
}

/// Matches a mail.
pub fn decide(reading: &Reading, context: &Context<'_>) -> Match {
    let mut found = Match {
        unit: UnitMatch::None,
        items: Vec::new(),
        unclear: false,
        open: Vec::new(),
        suspicious: imitation::signs(reading, context),
        reasons: Vec::new(),
    };
    let names = names::Names::new(context.register, date_of(context.received_at));
    found.unit = whose::unit_of(reading, context, &names, &mut found);
    let unit = found.unit.certain().cloned();
    what::items_of(reading, context, &names, unit.as_ref(), &mut found);
    found
}
