//! Whose mail it is, and which report on which period: evidence first, then a decision by few rules. Never a guess.
//!
//! **What there is.** Files are put together to pieces of writing ([`works`]): a scan and its document, a table beside it. For each
//! piece the places speak – its titles, its files' names, the subject, the text – and each place speaks for a report,
//! against it, or is not understood ([`topic`]), and of periods ([`hints`]). Besides: what the unit still owes, the basis
//! that is cited, the head and symbol of the document ([`genre`]), the letter of ours that is answered.
//!
//! **What outweighs what.**
//!
//! | of | the order | and |
//! |---|---|---|
//! | unit ([`whose`]) | the registered address; what staff taught; what the register said then | a document, a forwarded sender or a subject of another unit makes it doubtful; words alone never make it certain |
//! | whether it is one ([`genre`]) | to whom a document is written; what it calls itself: a draft, a letter "V/v lùi thời hạn …"; that the mail speaks of a draft | outweighs every name of a report; the head of another unit that reports is never passed over |
//! | | of pages that nobody read subject and name | where both call them something else, and nothing speaks of a report that is asked for, they are none |
//! | report ([`report`]) | title, file name, subject (of an answer not against the title), text; a title or subject that staff taught is as good as its own words, where those say nothing else | the narrower report wins wherever it stands; two others contradict each other |
//! | | words beside what is not understood | count where the basis is cited, the letter that is answered asks for it, the unit always called this report so before, or it is called a report and the unit owes it on the period named; the words of a report's own title are understood beside its words |
//! | | the only report that is open | where nothing at all is said that may be a subject |
//! | period ([`period`]) | all of title, subject and file names that say anything must agree; the text counts where they say nothing | of several pieces each one's own title suffices |
//! | | the only open period within reach | where nothing is said, or a month without its year; not beside a number that is not understood |
//! | | a longer part of the year beside the report's own kind ("quý II và 6 tháng") | where both end together it adds nothing |
//! | nothing happened | a document's own report; else each sentence of the mail that says it, with the report it mentions | is a report besides those of the files |
//! | form | what the piece's own files are | a list or table that goes with it fulfils none |
//!
//! **What a machine never decides.** A unit by words alone; a report by a word that speaks of something else as well;
//! between two places that contradict each other; last year's number where this year's is due; a period out of several
//! that one place names; anything beside a word of a subject that it does not know. That waits, with the word or the
//! places named.
//!
//! [`items`] puts it together; [`names`] reads names of units out of texts; [`imitation`] sees senders that look like others.

pub(crate) mod figures;
mod genre;
mod hints;
mod imitation;
mod items;
mod names;
mod period;
mod report;
mod topic;
mod whose;
mod works;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

pub(crate) use self::genre::asks_for_time;
use self::items::Owner;
pub(crate) use self::names::Called;
use self::names::Names;
use self::topic::Topics;
use crate::config::Config;
use crate::domain::because::Because;
use crate::domain::correction::Taught;
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::report::{Forms, Report};
use crate::domain::submission::SentBefore;
use crate::domain::unit::{Level, Register, UnitId};
use crate::domain::why::Why;
use crate::reading::{Attachment, Reading, Role};
use crate::words::Additions;

/// Matches mails that were received on one day (Vietnam) against a configuration. To fold the names and words of all units
/// and reports takes longer than to match a mail, so that one serves many.
pub struct Matcher {
    config: Arc<Config>,
    day: Date,
    names: Names,
    topics: Topics,
    /// The words of the office that it knows besides.
    office: Additions,
    /// The same with the words of the office, where there are some.
    with_office: Option<Box<Matcher>>,
}

/// The matcher of the last mail, which mostly serves the next one.
#[derive(Default)]
pub struct Matchers(Mutex<Option<Arc<Matcher>>>);

impl Matchers {
    /// What matches mails that were received on a day (Vietnam).
    pub fn of(&self, config: &Arc<Config>, day: Date) -> Arc<Matcher> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(matcher) if matcher.serves(config, day) => Arc::clone(matcher),
            _ => Arc::clone(last.insert(Arc::new(Matcher::new(Arc::clone(config), day)))),
        }
    }
}

/// What is known of a mail besides what stands in it.
pub struct Known<'a> {
    /// When the server received it.
    pub received_at: Timestamp,
    /// Units that staff taught for the sender's address.
    pub learned: Vec<UnitId>,
    /// Titles that staff taught.
    pub taught: Taught,
    /// Units that the register had the sender's address for when the mail may have been sent.
    pub former: Vec<UnitId>,
    /// What the letter of ours asks for that it answers, or whose receipt code it names: each report with its period.
    pub asked: Vec<(String, PeriodId)>,
    /// Whose staff say that it is, which stands in the place of the sender's address.
    pub said: Option<&'a UnitId>,
    /// Whether what is expected knows what has come so far.
    pub history_known: bool,
    /// What is expected of a unit; where it is not certain which, of anybody.
    pub expected: &'a Expected<'a>,
    /// What a unit called its reports so far.
    pub sent_before: &'a Sent<'a>,
}

impl Known<'_> {
    /// Whether the letter that is answered asks for that.
    fn asks_for(&self, expected: &Expectation) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|(report, period)| *report == expected.report && *period == expected.period)
    }
}

/// Looks up what is expected of a unit; of anybody, where none is named.
pub(crate) type Expected<'a> = dyn Fn(Option<&UnitId>) -> Result<Vec<Expectation>> + 'a;

/// Looks up what a unit called its reports so far.
pub(crate) type Sent<'a> = dyn Fn(&UnitId) -> Result<Vec<SentBefore>> + 'a;

/// That a report on a period is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
    /// Until when.
    pub due: Timestamp,
    /// Whether something is still to come.
    pub open: bool,
}

impl Expectation {
    /// What some obligations expect of a unit; of anybody, where none is named.
    pub fn among(obligations: &[Obligation], unit: Option<&UnitId>) -> Vec<Expectation> {
        let of_unit = |o: &&Obligation| unit.is_none_or(|u| o.unit == *u);
        let these = obligations.iter().filter(of_unit);
        these.map(Expectation::from).collect()
    }
}

impl From<&Obligation> for Expectation {
    fn from(o: &Obligation) -> Expectation {
        Expectation {
            report: o.report.clone(),
            period: o.period.clone(),
            due: o.due,
            open: !o.settled(),
        }
    }
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
    /// Whether it surely brings none: each of its documents shows by itself that it is something else.
    pub surely_none: bool,
    /// Why something is left for a person to decide.
    pub open: Vec<Why>,
    /// What makes the sender suspicious: nothing of such a mail counts before a person has seen it.
    pub suspicious: Vec<Why>,
    /// Why documents that are no report were passed over, as something else is one.
    pub passed_over: Vec<Why>,
    /// Why what was decided was decided.
    pub reasons: Vec<Because>,
    /// What it most likely brings, for a person to say yes.
    pub likely: Option<(String, PeriodId)>,
}

impl Match {
    /// Of a mail of which nothing is known.
    fn nothing() -> Match {
        Match {
            unit: UnitMatch::None,
            items: Vec::new(),
            unclear: false,
            surely_none: false,
            open: Vec::new(),
            suspicious: Vec::new(),
            passed_over: Vec::new(),
            reasons: Vec::new(),
            likely: None,
        }
    }
}

impl Match {
    /// A match of a mail with what the words of the office say against it. These hold it back and never give, whatever they
    /// are: what they change waits, as what it is without them.
    fn but_for(mut self, office: Match) -> Match {
        let less = self.items.iter().any(|item| !office.items.contains(item));
        let passed_over = office.passed_over.into_iter().filter(|_| less);
        for why in office.open.into_iter().chain(passed_over) {
            if !self.open.contains(&why) {
                self.open.push(why);
            }
        }
        if less && self.open.is_empty() {
            self.open.push(Why::UnclearReport { file: None });
        }
        self.unclear |= office.unclear || less;
        self
    }
}

/// Whether a text speaks of a period of a report; `None` where it speaks of none. `day`: on which it was written (Vietnam).
pub(crate) fn says_period(
    text: &str,
    report: &Report,
    period: &PeriodId,
    day: Date,
) -> Option<bool> {
    let said = hints::dated(text).periods.into_iter();
    let said = said.filter_map(|hint| hints::allows(&hint.on(day), period, report));
    said.reduce(|one, other| one || other)
}

/// The type and title of a document.
fn title_of(file: &Attachment) -> Option<String> {
    let genre = file.genre.as_deref().unwrap_or("");
    file.title.as_ref().map(|title| format!("{genre} {title}"))
}

/// The forms of a report that a file of a role is.
pub(crate) fn forms_of(role: Role) -> Forms {
    Forms {
        signed_document: role == Role::SignedDocument,
        soft_file: role == Role::SoftFile,
    }
}

impl Matcher {
    /// For mails of a day (Vietnam).
    pub fn new(config: Arc<Config>, day: Date) -> Matcher {
        let added = config.words.as_slice();
        let with_office = (!added.is_empty()).then(|| {
            let office = Additions::new(added);
            Box::new(Matcher::with(Arc::clone(&config), day, office, None))
        });
        Matcher::with(config, day, Additions::default(), with_office)
    }

    fn with(
        config: Arc<Config>,
        day: Date,
        office: Additions,
        with_office: Option<Box<Matcher>>,
    ) -> Matcher {
        Matcher {
            names: Names::new(&config.register, day),
            topics: Topics::new(Arc::clone(&config), day, &office),
            config,
            day,
            office,
            with_office,
        }
    }

    /// Whether it is of this very configuration, for this day.
    pub fn serves(&self, config: &Arc<Config>, day: Date) -> bool {
        self.day == day && Arc::ptr_eq(&self.config, config)
    }

    /// Matches a mail.
    ///
    /// # Errors
    /// When what is expected cannot be looked up.
    pub fn decide(&self, reading: &Reading, known: &Known<'_>) -> Result<Match> {
        let found = self.decided(reading, known)?;
        match &self.with_office {
            // Of whom it is not certain whose it is a person sees all that may be a report.
            Some(office) if found.unit.certain().is_some() => {
                Ok(found.but_for(office.decided(reading, known)?))
            }
            _ => Ok(found),
        }
    }

    fn decided(&self, reading: &Reading, known: &Known<'_>) -> Result<Match> {
        let mut found = Match {
            suspicious: self.signs_of_imitation(reading, known),
            ..Match::nothing()
        };
        found.unit = self.unit_of(reading, known, &mut found);
        let unit = found.unit.certain().cloned();
        let expected = (known.expected)(unit.as_ref())?;
        let sent = unit.as_ref().map(known.sent_before).transpose()?;
        let owner = Owner {
            sent: &sent.unwrap_or_default(),
            unit: unit.as_ref(),
            expected: &expected,
        };
        self.items_of(reading, known, owner, &mut found);
        Ok(found)
    }

    /// The report and the period that staff name of a mail of a unit in their own words, which stand in the place of all
    /// that the mail says; `None` where they name none, or several.
    ///
    /// # Errors
    /// When what is expected cannot be looked up.
    pub(crate) fn said_by_staff(
        &self,
        words: &str,
        unit: &UnitId,
        known: &Known<'_>,
    ) -> Result<Option<(String, PeriodId)>> {
        let expected = (known.expected)(Some(unit))?;
        Ok(self.named_in_words(words, unit, &expected, known))
    }

    /// What staff teach of the title of a mail's documents, or of its subject where none has a title, by saying that it is
    /// this report of this unit; `None` where that says nothing of mails to come.
    pub fn lesson(&self, reading: &Reading, unit: &UnitId, report: &Report) -> Option<String> {
        let files = reading.attachments.iter().filter(|a| a.is_document());
        let mut titles: Vec<String> = files.clone().filter_map(title_of).collect();
        titles.dedup();
        let title = match titles.as_slice() {
            [] => &reading.subject,
            [one] => one,
            _ => return None,
        };
        self.topics.lesson(title, unit, report)
    }

    /// The units that a text names, in the order of their place.
    pub(crate) fn units_named(&self, text: &str) -> Vec<UnitId> {
        self.names.named_in(text)
    }

    /// The units whose heads the documents of a mail have, other than the province, who asks; each once.
    pub(crate) fn units_of_heads(&self, reading: &Reading) -> Vec<UnitId> {
        let documents = reading.attachments.iter().filter(|a| a.is_document());
        let issuers = documents.filter_map(|a| a.issuer.as_deref());
        let reports = |unit: &UnitId| {
            let unit = self.register().nearest(unit, self.day);
            unit.is_some_and(|u| u.kind.level != Level::Province)
        };
        let called = issuers.flat_map(|issuer| self.names.called(issuer));
        let mut units: Vec<UnitId> = called.filter(reports).collect();
        units.sort();
        units.dedup();
        units
    }

    fn reports(&self) -> &[Report] {
        &self.config.reports
    }

    fn register(&self) -> &Register {
        &self.config.register
    }
}
