//! What becomes of a mail: facts in, a decision out. Pure; its table of cases is `tests/decide.jsonl`.

use super::caution;
use crate::domain::because::Because;
use crate::domain::owed::Owed;
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::domain::why::{Closed, Why};
use crate::expected::Place;
use crate::matching::{Item, Match, UnitMatch};
use crate::reading::courtesy::{is_mere_courtesy, is_mere_pictures, is_mere_talk, only_asks};
use crate::reading::{Attachment, Class, FileKind, Reading, Role, Trust, Unread, Warning};
use crate::store::{Awaited, MessageState, StandingVersion, Verdict};
use crate::writing::doubt_in_vietnamese;

/// What is known of a mail that was read.
#[derive(Clone, Debug)]
pub(super) struct Facts<'f> {
    pub(super) reading: &'f Reading,
    /// The mail's row.
    pub(super) message: MessageId,
    /// What matching found.
    pub(super) found: Match,
    /// The mail that it is the same as, if it came before.
    pub(super) twin: Option<MessageId>,
    /// Whether it is a mail of ours that has come back as it was.
    pub(super) ours: bool,
    pub(super) from_staff: bool,
    /// The units that its address may write for.
    pub(super) units_of_sender: Vec<UnitId>,
    /// Whether it answers a letter of ours that asks for reports, or acknowledges some.
    pub(super) answers_a_request: bool,
    /// Whether it lies where new mail arrives.
    pub(super) in_inbox: bool,
    /// The unit above a grassroots union, where that is not the province itself: its short name.
    pub(super) above: Option<String>,
    /// How the last mails of its domain that were logged were trusted.
    pub(super) trust_of_domain: Vec<Trust>,
    /// Whether a machine may answer it.
    pub(super) may_answer: bool,
    /// What it brings, where it is certain whose it is.
    pub(super) brought: Vec<Brought>,
}

/// A report on a period that a mail brings.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    pub(super) item: Item,
    /// Where it belongs.
    pub(super) place: Place,
    /// What stands there, the newest first.
    pub(super) standing: Vec<StandingVersion>,
    /// What is to be said where it belongs nowhere.
    pub(super) not_expected: Why,
}

/// What is decided about a mail, with what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    pub(super) logged: Vec<Brought>,
    /// The letter that answers it.
    pub(super) answer: Option<Owed>,
    /// What it may be, where it waits.
    pub(super) awaited: Awaited,
    /// What matching found, where that mattered.
    pub(super) found: Option<Match>,
}

impl Decision {
    fn only(state: MessageState, found: Option<&Match>, why: Vec<Why>) -> Decision {
        Decision {
            verdict: Verdict {
                state,
                unit: found.and_then(|m| m.unit.certain().cloned()),
                candidates: found.map_or(vec![], |m| m.unit.candidates().to_vec()),
                why,
            },
            logged: vec![],
            answer: None,
            awaited: found.map_or_else(Awaited::default, awaited),
            found: found.cloned(),
        }
    }

    fn noted(why: Why) -> Decision {
        Decision::only(MessageState::Noted, None, vec![why])
    }

    fn waits(found: &Match, why: Vec<Why>) -> Decision {
        Decision::only(MessageState::Waiting, Some(found), why)
    }
}

/// What a mail may be that waits: the reports that it names, or any where one of its documents is not clear.
fn awaited(found: &Match) -> Awaited {
    let named = found.items.iter();
    let named = named.map(|i| (i.report.clone(), i.period.clone()));
    Awaited {
        reports: match found.unclear {
            true => vec![],
            false => named.collect(),
        },
        suspicious: !found.suspicious.is_empty(),
        likely: found.likely.clone().filter(|_| found.suspicious.is_empty()),
    }
}

/// What becomes of a mail, by the first rule that applies.
pub(super) fn decide(f: &Facts<'_>) -> Decision {
    unreadable(f)
        .or_else(|| twin(f))
        .or_else(|| of_a_machine(f))
        .or_else(|| forged(f))
        .or_else(|| suspicious(f))
        .or_else(|| of_staff(f))
        .or_else(|| of_a_stranger(f))
        .unwrap_or_else(|| of_a_unit(f))
}

/// A person looks at what could not be read.
fn unreadable(f: &Facts<'_>) -> Option<Decision> {
    if f.reading.class != Class::Unreadable {
        return None;
    }
    let cause = f.reading.unread.as_ref().map(why_unread);
    let why = [Why::Unreadable].into_iter().chain(cause).collect();
    let mut decision = Decision::only(MessageState::Waiting, None, why);
    decision.verdict.candidates = f.units_of_sender.clone();
    Some(decision)
}

fn why_unread(unread: &Unread) -> Why {
    match unread {
        Unread::TooSlow { .. } | Unread::TooHeavy { .. } => Why::TooMuchToRead,
        Unread::ReaderFailed { .. } => Why::ReaderFailed,
        Unread::NotAsSaid { .. } => Why::MadeToHarm,
        Unread::TooDeep { .. } | Unread::NoHeader | Unread::BrokenStructure => Why::BrokenMail,
        Unread::LostInTheArchive => Why::LostInTheArchive,
        Unread::NotEvenItsHeader | Unread::NotFetched => Why::NotFetched,
    }
}

/// The same mail twice counts once.
fn twin(f: &Facts<'_>) -> Option<Decision> {
    let why = Why::Twin { mail: f.twin? };
    Some(Decision::only(MessageState::Duplicate, None, vec![why]))
}

/// What machines and lists send is noted, unless a unit may mean it as a report.
fn of_a_machine(f: &Facts<'_>) -> Option<Decision> {
    let class = f.reading.class;
    if class.is_personal() {
        return None;
    }
    let class = class.word().to_owned();
    Some(match is_meant_as_a_report(f.reading, &f.found) && !f.ours {
        true => Decision::waits(&f.found, vec![Why::MachineBringsReport { class }]),
        false => Decision::noted(Why::OfClass { class }),
    })
}

/// Of a sender who is proven to be another one nothing counts before a person has seen it.
fn forged(f: &Facts<'_>) -> Option<Decision> {
    if f.reading.trust != Trust::Fail {
        return None;
    }
    let brings = f.reading.has_document() || f.reading.doubted_page().is_some();
    let tells = f.found.unit != UnitMatch::None || brings || f.from_staff;
    if !tells {
        return Some(Decision::noted(Why::SenderForged));
    }
    let mut why = vec![Why::SenderForged];
    why.extend(
        f.reading
            .doubt
            .iter()
            .map(|d| Why::said(doubt_in_vietnamese(d))),
    );
    why.extend(f.found.suspicious.iter().cloned());
    Some(Decision::waits(&f.found, why))
}

/// Nor does it of one who looks like somebody he is not.
fn suspicious(f: &Facts<'_>) -> Option<Decision> {
    let (first, rest) = f.found.suspicious.split_first()?;
    let sign = Box::new(first.clone());
    let mut why = vec![Why::Suspicious { sign }];
    why.extend(rest.iter().chain(&f.found.open).cloned());
    Some(Decision::waits(&f.found, why))
}

/// Staff pass on what reached them elsewhere: a report must not be lost for that. Who is staff and writes for a unit, too,
/// reports like any other unit.
fn of_staff(f: &Facts<'_>) -> Option<Decision> {
    if !f.from_staff || !f.units_of_sender.is_empty() {
        return None;
    }
    let passes_on = brings_something(f.reading, &f.found) || f.reading.forwarded_from.is_some();
    Some(match passes_on {
        true => Decision::waits(&f.found, vec![Why::PassedOnByStaff]),
        false => Decision::noted(Why::OfStaff),
    })
}

/// Where it is not certain whose a mail is, a person decides, if it may bring anything.
fn of_a_stranger(f: &Facts<'_>) -> Option<Decision> {
    match &f.found.unit {
        UnitMatch::Certain(_) => None,
        // What shows by itself that it is no report is none, whoever sent it.
        UnitMatch::Ambiguous(_)
            if f.found.surely_none
                && f.found.suspicious.is_empty()
                && nothing_is_hidden(f.reading) =>
        {
            let why = f.found.open.clone();
            Some(Decision::only(MessageState::Noted, Some(&f.found), why))
        }
        UnitMatch::Ambiguous(_) => Some(Decision::waits(&f.found, f.found.open.clone())),
        UnitMatch::None => {
            let names_a_report = !f.found.items.is_empty();
            let may_be_one = f.reading.class != Class::NoAttachment && !f.found.surely_none;
            let brings = may_be_one || f.reading.doubted_page().is_some();
            Some(match brings && f.in_inbox || names_a_report {
                true => Decision::waits(&f.found, f.found.open.clone()),
                false => Decision::noted(Why::Strangers),
            })
        }
    }
}

/// A unit's mail is logged where all is clear of it; else a person decides.
fn of_a_unit(f: &Facts<'_>) -> Decision {
    let reading = f.reading;
    let (logged, nowhere): (Vec<&Brought>, Vec<&Brought>) =
        f.brought.iter().partition(|b| b.place.is_somewhere());
    let mut why = f.found.open.clone();
    why.extend(nowhere.iter().map(|b| b.not_expected.clone()));
    if !logged.is_empty() {
        // What is still in an archive, or a file that came broken, may be what would be said to be missing.
        why.extend(not_wholly_opened(reading));
        why.extend(came_broken(reading));
        let doubts = caution::doubts(reading, &f.trust_of_domain, &logged);
        if !doubts.is_empty() {
            why.extend(doubts);
            return Decision::waits(&f.found, why);
        }
    }
    if logged.is_empty() && why.is_empty() {
        let answers_us = !reading.references.is_empty();
        let is_bare = reading.class == Class::NoAttachment && reading.doubted_page().is_none();
        if is_bare && answers_us && is_mere_courtesy(&reading.body) {
            return Decision::only(MessageState::Noted, Some(&f.found), vec![Why::Courtesy]);
        }
        why.push(nothing_to_log(reading));
    }
    // What shows by itself that it is no report holds nothing up, and staff have no work with it: the digest names it.
    // Talk leaves nothing open: "tháng này không có ạ" may be the report, whatever it lacks. Whoever is asked for a report and
    // answers speaks of it, in whatever words: unless he only asks.
    let is_open = !f.found.open.is_empty();
    let talks = is_talk(reading) && (!f.answers_a_request || only_asks(&reading.body));
    let is_none = f.found.surely_none || !is_open && talks;
    let is_none = is_none && nothing_is_hidden(reading) || !is_open && brings_pictures(reading);
    if logged.is_empty() && nowhere.is_empty() && f.above.is_none() && is_none {
        return Decision::only(MessageState::Noted, Some(&f.found), why);
    }
    if !why.is_empty() {
        if let Some(above) = f.above.clone().filter(|_| logged.is_empty()) {
            why.push(Why::UnitAbove { above });
        }
        return Decision {
            answer: letter_of_guidance(f).filter(|_| f.may_answer),
            ..Decision::waits(&f.found, why)
        };
    }
    let decided = |ground: &Because| Why::Decided {
        ground: ground.clone(),
    };
    let reasons = f.found.reasons.iter().map(decided);
    Decision {
        verdict: Verdict {
            state: MessageState::Logged,
            unit: f.found.unit.certain().cloned(),
            candidates: vec![],
            why: reasons.chain(f.found.passed_over.iter().cloned()).collect(),
        },
        logged: logged.into_iter().cloned().collect(),
        answer: f.may_answer.then_some(Owed::Acknowledgement(f.message)),
        awaited: Awaited::default(),
        found: Some(f.found.clone()),
    }
}

/// What a unit is told whose mail cannot be logged as it is. A grassroots union is told once where to report, whatever it
/// sent.
fn letter_of_guidance(f: &Facts<'_>) -> Option<Owed> {
    let unit = f.found.unit.certain()?;
    if f.above.is_some() {
        let brings = f.reading.has_document();
        return brings.then(|| Owed::Grassroots(unit.clone()));
    }
    match f.reading.class {
        Class::LinkOnly => Some(Owed::LinkOnly(f.message)),
        Class::Report
        | Class::NoAttachment
        | Class::AutoReply
        | Class::Bounce
        | Class::DelayNotice
        | Class::DeliveryNotice
        | Class::FeedbackReport
        | Class::ReadReceipt
        | Class::MachineReport
        | Class::Bulk
        | Class::StaffCommand
        | Class::OwnMail
        | Class::Unreadable => None,
    }
}

/// Whether a mail has a document or what may be one, a link to one, or says that nothing happened.
fn brings_something(reading: &Reading, found: &Match) -> bool {
    reading.has_document()
        || reading.doubted_page().is_some()
        || reading.link.is_some()
        || found.items.iter().any(|item| item.nil_return)
}

/// Whether a unit may mean a mail as a report although it looks like that of a machine: it may send through a list, from a
/// device that calls itself a machine, and staff put what reached them elsewhere into the mailbox under its own name.
fn is_meant_as_a_report(reading: &Reading, found: &Match) -> bool {
    let known = found.unit != UnitMatch::None;
    match reading.class {
        Class::AutoReply | Class::Bulk | Class::MachineReport => {
            known && brings_something(reading, found)
        }
        Class::OwnMail => brings_something(reading, found) || reading.forwarded_from.is_some(),
        // They carry mails of ours, and those that others sent.
        Class::Bounce
        | Class::DelayNotice
        | Class::DeliveryNotice
        | Class::FeedbackReport
        | Class::ReadReceipt => known && reading.has_document(),
        Class::Report
        | Class::NoAttachment
        | Class::LinkOnly
        | Class::StaffCommand
        | Class::Unreadable => true,
    }
}

/// That an archive was not opened wholly.
fn not_wholly_opened(reading: &Reading) -> Option<Why> {
    let files = reading.attachments.iter();
    let mut archives = files.filter(|a| a.kind.is_archive());
    let (file, warning) = archives.find_map(|a| Some((a.name.clone(), a.warning.as_ref()?)))?;
    let by = closed_by(warning);
    Some(Why::NotWhollyOpened { file, by })
}

/// What keeps an archive closed; `None` where that may be one of several things, or is for the administrator.
fn closed_by(warning: &Warning) -> Option<Closed> {
    match warning {
        Warning::Locked | Warning::LockedDocument => Some(Closed::Password),
        Warning::OneOfSeveral | Warning::PartOfAMail => Some(Closed::OneOfSeveral),
        Warning::TooLarge | Warning::TooMany => Some(Closed::TooMuch),
        Warning::TooDeep => Some(Closed::TooDeep),
        Warning::UnknownArchive => Some(Closed::UnknownKind),
        Warning::OldArchive => Some(Closed::Old),
        Warning::SolidArchive => Some(Closed::Solid),
        Warning::NoFile => Some(Closed::Empty),
        Warning::TooSlow
        | Warning::NoProgram { .. }
        | Warning::FilesNotWhole { .. }
        | Warning::NotWhole
        | Warning::NotWhollyOpened
        | Warning::CannotBeOpened { .. }
        | Warning::NoPage { .. }
        | Warning::Program
        | Warning::Macro
        | Warning::NotWhatItIsCalled
        | Warning::NoText { .. }
        | Warning::NotRead { .. }
        | Warning::SlowToRead
        | Warning::SlowPicture
        | Warning::FromAPicture
        | Warning::OtherNumber { .. }
        | Warning::Said(_) => None,
    }
}

/// That a document came broken.
fn came_broken(reading: &Reading) -> Option<Why> {
    let mut files = reading.attachments.iter();
    let broken = files.find(|a| a.kind == FileKind::Damaged)?;
    let file = broken.name.clone();
    Some(Why::Broken { file })
}

/// Whether a mail brings no file and no link, and its words send nothing.
fn is_talk(reading: &Reading) -> bool {
    let alone = reading.class == Class::NoAttachment && reading.link.is_none();
    alone && is_mere_talk(&reading.subject, &reading.body)
}

/// Whether a mail brings pictures that show no page, and says that these are what it brings.
fn brings_pictures(reading: &Reading) -> bool {
    let shows_no_page = |a: &Attachment| match a.role {
        Role::Ignored => true,
        Role::Supporting => a.kind == FileKind::Jpg,
        Role::SoftFile | Role::SignedDocument => false,
    };
    let files = &reading.attachments;
    let alone = reading.link.is_none() && !files.is_empty() && files.iter().all(shows_no_page);
    alone && is_mere_pictures(&reading.subject, &reading.body)
}

/// Whether all that a mail brings could be looked into.
fn nothing_is_hidden(reading: &Reading) -> bool {
    let opened = not_wholly_opened(reading).is_none() && came_broken(reading).is_none();
    opened && nothing_to_log(reading) == Why::NoReportFile
}

/// Why a unit's mail brings nothing that could be logged.
fn nothing_to_log(reading: &Reading) -> Why {
    let of_kind = |is: fn(FileKind) -> bool| {
        let mut files = reading.attachments.iter();
        files.find(|a| is(a.kind)).map(|a| a.name.clone())
    };
    if let Some(file) = of_kind(|kind| kind == FileKind::Encrypted) {
        return Why::Locked { file };
    }
    if let Some(file) = of_kind(FileKind::is_harmful) {
        return Why::Program { file };
    }
    if let Some(file) = of_kind(FileKind::stays_closed) {
        return Why::NotOpened { file };
    }
    if let Some(file) = reading.doubted_page().map(|a| a.name.clone()) {
        return Why::NoPage { file };
    }
    match reading.class {
        Class::LinkOnly => Why::OnlyALink,
        Class::Report
        | Class::NoAttachment
        | Class::AutoReply
        | Class::Bounce
        | Class::DelayNotice
        | Class::DeliveryNotice
        | Class::FeedbackReport
        | Class::ReadReceipt
        | Class::MachineReport
        | Class::Bulk
        | Class::StaffCommand
        | Class::OwnMail
        | Class::Unreadable => Why::NoReportFile,
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::row::ObligationId;
    use serde::Deserialize;

    use super::*;
    use crate::domain::report::Forms;
    use crate::domain::why::Says;
    use crate::reading::tests::attachment;
    use crate::reading::{Doubt, Person};

    /// A mail and what becomes of it. What is not said is that of an ordinary report: verified, of one unit, in the
    /// inbox, with a document that is clear and expected.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        case: String,
        #[serde(default = "report")]
        class: Class,
        #[serde(default = "pass")]
        trust: Trust,
        /// `certain`, `several` or `none`.
        #[serde(default = "certain")]
        unit: String,
        /// What it brings, each `open`, `early` or `nowhere`; `nil`: that there is nothing to report; `after …`: what stands
        /// there.
        #[serde(default = "open")]
        brings: Vec<String>,
        /// Whether a document of it is not clear.
        #[serde(default)]
        unclear: bool,
        /// Whether all that it brings is surely none.
        #[serde(default)]
        surely_none: bool,
        #[serde(default)]
        suspicious: bool,
        #[serde(default)]
        from_staff: bool,
        #[serde(default)]
        twin: Option<MessageId>,
        #[serde(default)]
        ours: bool,
        #[serde(default = "yes")]
        in_inbox: bool,
        /// Kinds of its files; `!`: something is wrong with it; `?`: a picture that was taken for none of a page.
        #[serde(default = "docx")]
        files: Vec<String>,
        /// Whether it answers a mail.
        #[serde(default)]
        answers: bool,
        /// Whether that mail is ours and asks for a report.
        #[serde(default)]
        asked: bool,
        #[serde(default)]
        text: String,
        #[serde(default)]
        above: bool,
        #[serde(default)]
        trust_of_domain: Vec<Trust>,
        #[serde(default)]
        null_return_path: bool,
        /// Whether it is said why the sender is not trusted.
        #[serde(default)]
        doubt: bool,
        #[serde(default)]
        forwarded: bool,
        #[serde(default)]
        link: bool,
        #[serde(default = "yes")]
        may_answer: bool,

        state: MessageState,
        /// Kinds of causes, where it is not logged.
        #[serde(default)]
        why: Vec<String>,
        /// How many reports are logged.
        #[serde(default)]
        logged: usize,
        /// The letter that answers it.
        #[serde(default)]
        answer: Option<String>,
    }

    fn report() -> Class {
        Class::Report
    }
    fn pass() -> Trust {
        Trust::Pass
    }
    fn certain() -> String {
        "certain".into()
    }
    fn open() -> Vec<String> {
        vec!["open".into()]
    }
    fn docx() -> Vec<String> {
        vec!["docx".into()]
    }
    fn yes() -> bool {
        true
    }

    fn unit() -> UnitId {
        UnitId("a".into())
    }

    impl Case {
        fn reading(&self) -> Reading {
            let files = self.files.iter().map(|kind| {
                let sound = kind.trim_end_matches(['!', '?']);
                let mut file = attachment("x", FileKind::of_word(sound), 1);
                if sound != "docx" {
                    file.role = Role::Supporting;
                }
                file.warning = match kind.strip_prefix(sound) {
                    Some("!") => Some(Warning::Locked),
                    Some("?") => Some(Warning::NoPage {
                        paper: 0,
                        writing: 0,
                    }),
                    _ => None,
                };
                file
            });
            Reading {
                class: self.class,
                trust: self.trust,
                doubt: self.doubt.then_some(Doubt::Ambiguous),
                sender: Some(Person::default()),
                body: self.text.clone(),
                references: self.answers.then(|| "x".into()).into_iter().collect(),
                return_path: self.null_return_path.then(String::new),
                forwarded_from: self.forwarded.then(|| "a@b".into()),
                link: self.link.then(|| "drive.example".into()),
                attachments: files.collect(),
                ..Reading::unreadable(Unread::BrokenStructure)
            }
        }

        fn brought(&self) -> Vec<Brought> {
            let all = self.brings.iter().map(|what| {
                let (place, after) = what.split_once(" after ").unwrap_or((what, ""));
                let forms = Forms {
                    soft_file: true,
                    ..Forms::NONE
                };
                let period = "2026-H1".parse().unwrap();
                Brought {
                    item: Item {
                        report: "r".into(),
                        period,
                        forms,
                        nil_return: place == "nil",
                        files: vec![],
                    },
                    place: match place {
                        "open" | "nil" => Place::Open(ObligationId(1)),
                        "early" => {
                            Place::Early(Box::new(crate::domain::obligation::tests::obligation(
                                "a",
                                "2026-06-15T10:00:00Z",
                            )))
                        }
                        "nowhere" => Place::Nowhere,
                        other => panic!("{other}: no place"),
                    },
                    standing: match after {
                        "" => vec![],
                        _ => vec![StandingVersion {
                            forms,
                            trust: match after {
                                "unverified" => Trust::Unknown,
                                _ => Trust::Pass,
                            },
                            accepted: after == "accepted",
                        }],
                    },
                    not_expected: Why::NotExpected {
                        unit: "a".into(),
                        report: "r".into(),
                        period: "2026-H1".parse().unwrap(),
                    },
                }
            });
            all.collect()
        }

        fn found(&self, brought: &[Brought]) -> Match {
            let mut open = vec![];
            let unit = match self.unit.as_str() {
                "certain" => UnitMatch::Certain(unit()),
                "several" => {
                    open.push(Why::SharedAddress);
                    UnitMatch::Ambiguous(vec![unit(), UnitId("b".into())])
                }
                _ => {
                    open.push(Why::UnknownSender {
                        address: "x@y".into(),
                        says: Says::Nothing,
                    });
                    UnitMatch::None
                }
            };
            if self.unclear {
                open.push(Why::UnclearReport { file: None });
            }
            let sign = Why::NearlyAnAddress {
                address: "x@y".into(),
                known: "x@z".into(),
            };
            Match {
                unit,
                items: brought.iter().map(|b| b.item.clone()).collect(),
                unclear: self.unclear,
                surely_none: self.surely_none,
                open,
                suspicious: self.suspicious.then_some(sign).into_iter().collect(),
                passed_over: vec![],
                reasons: vec![],
                likely: None,
            }
        }
    }

    #[test]
    fn each_kind_of_mail_goes_where_the_table_says() {
        let rows = include_str!("../../tests/decide.jsonl");
        let mut wrong = Vec::new();
        let mut count = 0;
        for row in rows.lines() {
            let case: Case = serde_json::from_str(row).unwrap_or_else(|e| panic!("{row}: {e}"));
            let (reading, brought) = (case.reading(), case.brought());
            let is_certain = case.unit == "certain";
            let facts = Facts {
                reading: &reading,
                message: MessageId(1),
                found: case.found(&brought),
                twin: case.twin,
                ours: case.ours,
                from_staff: case.from_staff,
                units_of_sender: is_certain.then(unit).into_iter().collect(),
                answers_a_request: case.asked,
                in_inbox: case.in_inbox,
                above: case.above.then(|| "the district".into()),
                trust_of_domain: case.trust_of_domain.clone(),
                may_answer: case.may_answer,
                brought: if is_certain { brought } else { vec![] },
            };
            let d = decide(&facts);
            let tag = |why: &Why| serde_json::to_value(why).unwrap()["why"].clone();
            let why: Vec<_> = d.verdict.why.iter().map(tag).collect();
            let answer = d.answer.as_ref().map(|owed| owed.kind().word());
            let is_right = d.verdict.state == case.state
                && why == case.why
                && d.logged.len() == case.logged
                && answer == case.answer.as_deref();
            if !is_right {
                let got = (d.verdict.state, why, d.logged.len(), answer);
                wrong.push(format!("{}: {got:?}", case.case));
            }
            count += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count >= 60, "only {count} cases");
    }
}
