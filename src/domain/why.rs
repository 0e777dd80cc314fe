//! Why a mail is what it was decided to be: causes as data, so that they can be counted and asserted, and be put into words
//! in one place.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use super::because::{Because, Source};
use super::period::PeriodId;
use crate::domain::row::MessageId;

/// Why a mail was decided as it was. Units and reports go by their short names, files by theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    // ---- whose it is ----
    /// Nobody whom the register knows sent it.
    UnknownSender {
        /// The address.
        address: String,
        /// What else the mail says of its sender.
        says: Says,
    },
    /// The address stands for one unit, and something speaks of another.
    SenderContradicted {
        /// What does.
        by: Contradiction,
    },
    /// A union of a place that is not in the register issued the document.
    StrangeIssuer {
        /// Who.
        issuer: String,
    },
    /// Several units use the address.
    SharedAddress,

    // ---- which report, which period ----
    /// A document of the province, or of a union below the unit.
    OfAnother {
        /// The file.
        file: String,
        /// Who issued it.
        issuer: String,
    },
    /// A document of another unit that reports itself.
    OfAnotherUnit {
        /// The file.
        file: String,
        /// Who issued it.
        issuer: String,
    },
    /// What is written to those below the unit, or to another body, and not to the province.
    WrittenToOthers {
        /// The file; none: the mail itself.
        file: Option<String>,
        /// To whom, as written.
        to: String,
    },
    /// A document of a type that is no report.
    OtherGenre {
        /// The file.
        file: String,
        /// The type, in Vietnamese.
        genre: String,
    },
    /// The mail asks for more time, and the document does not name a report.
    AsksForTime {
        /// The file.
        file: String,
    },
    /// A document is about one report, the subject about another.
    SubjectContradicts {
        /// The file.
        file: String,
        /// What the document is about.
        document: String,
        /// What the subject is about.
        subject: String,
    },
    /// Several reports are named.
    SeveralReports {
        /// Which.
        reports: Vec<String>,
    },
    /// A report is mentioned; whether it is meant is not clear.
    MentionsReport {
        /// The file; none: the mail itself.
        file: Option<String>,
        /// Which.
        report: String,
    },
    /// A file speaks of something else than a report that is asked for.
    SpeaksOf {
        /// The file.
        file: String,
        /// Of what: words of the file, as they were written.
        matter: String,
    },
    /// A word or number is not understood, so that nothing is taken for granted.
    NotUnderstood {
        /// The file; none: the mail itself.
        file: Option<String>,
        /// The word, as it was written, with its neighbours.
        word: String,
    },
    /// Two places name two periods.
    PlacesContradict {
        /// The file; none: the mail itself.
        file: Option<String>,
        /// Which.
        places: [Source; 2],
        /// What each says.
        periods: [PeriodId; 2],
    },
    /// The period that is named is last year's, and this year's is due.
    LastYears {
        /// The report.
        report: String,
        /// The period that is named.
        named: PeriodId,
        /// The one that is due.
        due: PeriodId,
    },
    /// It is not clear which report it is.
    UnclearReport {
        /// The file; none: the mail itself.
        file: Option<String>,
    },
    /// The period named is none of the report's.
    NotItsPeriod {
        /// The report.
        report: String,
    },
    /// It is not clear which period is meant.
    UnclearPeriod {
        /// The report.
        report: String,
    },
    /// It was due before the day from which reports are followed.
    BeforeSince {
        /// The report.
        report: String,
        /// The period.
        period: PeriodId,
        /// That day.
        since: Date,
    },
    /// The unit is not asked for that.
    NotExpected {
        /// The unit.
        unit: String,
        /// The report.
        report: String,
        /// The period.
        period: PeriodId,
    },

    // ---- whom it comes from ----
    /// Something makes the sender suspicious.
    Suspicious {
        /// What.
        sign: Box<Why>,
    },
    /// The display name is an address that we know, and not the sender's.
    AddressInName {
        /// That address.
        shown: String,
        /// The sender's.
        address: String,
    },
    /// The address is nearly one that we know.
    NearlyAnAddress {
        /// The sender's.
        address: String,
        /// The one that we know.
        known: String,
    },
    /// The domain is written in letters of another alphabet.
    StrangeLetters {
        /// The sender's address.
        address: String,
        /// The domain as it is shown.
        shown: String,
    },
    /// The display name is that of the department.
    NameOfTheDepartment {
        /// The name.
        name: String,
        /// The sender's address.
        address: String,
    },
    /// The sender is proven to be another one.
    SenderForged,
    /// Mails of its domain are verified as a rule, and this one says nothing.
    UnusuallyUnverified,
    /// Nobody vouches for it, and no answer would reach anybody.
    NoAnswerPossible,
    /// It is trusted less than the version before it.
    LessTrusted,
    /// Staff accepted what it would replace.
    AcceptedBefore,
    /// The domain name system has not answered yet.
    NotVerifiedYet,

    // ---- what it is ----
    /// It could not be read.
    Unreadable,
    /// Reading it took more time or memory than a mail may take.
    TooMuchToRead,
    /// The process that reads failed on it.
    ReaderFailed,
    /// What read it was made to do something else.
    MadeToHarm,
    /// It is not put together as a mail is.
    BrokenMail,
    /// The disk has lost it.
    LostInTheArchive,
    /// It lies in the mailbox still.
    NotFetched,
    /// The same mail came before.
    Twin {
        /// The number of that mail.
        mail: MessageId,
    },
    /// It looks like a machine's and brings something all the same.
    MachineBringsReport {
        /// The word of its class.
        class: String,
    },
    /// It is of a class that brings no report.
    OfClass {
        /// The word of the class.
        class: String,
    },
    /// Staff passed it on.
    PassedOnByStaff,
    /// It is staff's own.
    OfStaff,
    /// A stranger's without a report.
    Strangers,
    /// Thanks, or that something was seen.
    Courtesy,
    /// A grassroots union writes to the province in place of the unit above it.
    UnitAbove {
        /// That unit.
        above: String,
    },
    /// A link came in place of the file.
    OnlyALink,
    /// The unit's, and without a report.
    NoReportFile,

    // ---- its files ----
    /// An archive could not be opened wholly.
    NotWhollyOpened {
        /// The file.
        file: String,
        /// What kept it closed, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Closed>,
    },
    /// A document came broken.
    Broken {
        /// The file.
        file: String,
    },
    /// A password is needed.
    Locked {
        /// The file.
        file: String,
    },
    /// A program, or a document with macros.
    Program {
        /// The file.
        file: String,
    },
    /// A file could not be opened.
    NotOpened {
        /// The file.
        file: String,
    },
    /// A picture looks like no page, and there is nothing else.
    NoPage {
        /// The file.
        file: String,
    },

    // ---- fetching ----
    /// It is larger than what is fetched.
    TooLarge {
        /// In millions of bytes.
        megabytes: u64,
    },
    /// It came before the mailbox was followed.
    BeforeOurTime,
    /// The server does not give it.
    NotGiven {
        /// How often it was asked for.
        times: u32,
        /// In which folder it lies.
        folder: String,
    },

    // ---- people ----
    /// Somebody of staff logged it.
    LoggedBy {
        /// Who.
        who: String,
    },
    /// Somebody of staff said that it is no report.
    IgnoredBy {
        /// Who.
        who: String,
    },

    /// What speaks for what was decided.
    Decided {
        /// The ground.
        ground: Because,
    },

    /// Somebody of staff gave the unit more time that it asks for.
    GivenTimeBy {
        /// Who.
        who: String,
    },

    /// Somebody of staff refused the time that it asks for.
    RefusedTimeBy {
        /// Who.
        who: String,
    },

    /// Said in words, as what is remembered from before causes were kept as such.
    Said {
        /// In the words of whoever reads it.
        words: String,
    },
}

/// What a mail of an unknown sender says of him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Says {
    /// Nothing.
    Nothing,
    /// It names a unit.
    NamesAUnit,
    /// The display name is a unit's.
    CalledLikeAUnit,
    /// Its document was issued by a union that the register does not know.
    IssuedBy {
        /// Who.
        issuer: String,
    },
}

/// What keeps an archive closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// A password.
    Password,
    /// Other parts of it are missing.
    OneOfSeveral,
    /// It holds more than a mail may bring.
    TooMuch,
    /// It lies in too many others.
    TooDeep,
    /// Nothing here opens that kind of archive.
    UnknownKind,
    /// It was packed as programs of before 2002 did.
    Old,
    /// Its files were packed as one, which is not unpacked here.
    Solid,
    /// Nothing lies in it.
    Empty,
}

/// What speaks of another unit than the address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contradiction {
    /// Who issued the document.
    Document,
    /// Who wrote the mail that is forwarded.
    ForwardedSender,
    /// The subject.
    Subject,
}

/// What a cause is about, for counting mails by it: of several the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum About {
    /// Whether the sender is who it says, and may replace what came.
    Sender,
    /// The mail itself, which was not fetched or not read.
    Mail,
    /// Its files.
    Files,
    Unit,
    /// Report and period.
    Report,
    Other,
}

impl Why {
    /// What it is about.
    pub(crate) fn about(&self) -> About {
        use Why::*;
        match self {
            Suspicious { .. } | AddressInName { .. } | NearlyAnAddress { .. } => About::Sender,
            StrangeLetters { .. } | NameOfTheDepartment { .. } | SenderForged => About::Sender,
            UnusuallyUnverified | NoAnswerPossible | LessTrusted | AcceptedBefore => About::Sender,
            NotVerifiedYet => About::Sender,
            Unreadable | TooMuchToRead | ReaderFailed | MadeToHarm | BrokenMail => About::Mail,
            LostInTheArchive | NotFetched | TooLarge { .. } | NotGiven { .. } => About::Mail,
            NotWhollyOpened { .. } | Broken { .. } | Locked { .. } | Program { .. } => About::Files,
            NotOpened { .. } | NoPage { .. } | OnlyALink | NoReportFile => About::Files,
            UnknownSender { .. } | SenderContradicted { .. } | StrangeIssuer { .. } => About::Unit,
            SharedAddress | UnitAbove { .. } | OfAnotherUnit { .. } => About::Unit,
            OfAnother { .. } | OtherGenre { .. } | AsksForTime { .. } => About::Report,
            SubjectContradicts { .. } | SeveralReports { .. } | MentionsReport { .. } => {
                About::Report
            }
            SpeaksOf { .. } | NotUnderstood { .. } | PlacesContradict { .. } => About::Report,
            LastYears { .. } | UnclearReport { .. } | NotItsPeriod { .. } => About::Report,
            UnclearPeriod { .. } | NotExpected { .. } | WrittenToOthers { .. } => About::Report,
            BeforeSince { .. } => About::Report,
            Twin { .. } | MachineBringsReport { .. } | OfClass { .. } | Courtesy => About::Other,
            PassedOnByStaff | OfStaff | Strangers | BeforeOurTime | Said { .. } => About::Other,
            LoggedBy { .. } | IgnoredBy { .. } | GivenTimeBy { .. } | RefusedTimeBy { .. } => {
                About::Other
            }
            Decided { .. } => About::Other,
        }
    }

    /// Said in words.
    pub fn said(words: impl Into<String>) -> Why {
        Why::Said {
            words: words.into(),
        }
    }
}

/// Causes as they are kept; before causes were data, their words were.
pub(crate) struct Kept(pub(crate) Vec<Why>);

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Kept, D::Error> {
        kept(from).map(Kept)
    }
}

/// Reads causes as they are kept.
pub(crate) fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Why>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum One {
        Words(String),
        Why(Why),
    }
    let all = Vec::<One>::deserialize(from)?.into_iter();
    let whys = all.map(|one| match one {
        One::Words(words) => Why::Said { words },
        One::Why(why) => why,
    });
    Ok(whys.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_kept_as_data_and_words_from_before_are_still_read() {
        let whys = vec![
            Why::SharedAddress,
            Why::Suspicious {
                sign: Box::new(Why::Twin { mail: MessageId(7) }),
            },
            Why::UnknownSender {
                address: "a@b".into(),
                says: Says::IssuedBy { issuer: "x".into() },
            },
            Why::UnclearReport { file: None },
            Why::said("thư cũ"),
        ];
        let json = serde_json::to_string(&whys).unwrap();
        let kept: Kept = serde_json::from_str(&json).unwrap();
        assert_eq!(kept.0, whys);
        let file = "a".to_owned();
        for (old, now) in [
            (r#"["thư cũ"]"#, Why::said("thư cũ")),
            (
                r#"[{"why": "not_wholly_opened", "file": "a"}]"#,
                Why::NotWhollyOpened { file, by: None },
            ),
        ] {
            let old: Kept = serde_json::from_str(old).unwrap();
            assert_eq!(old.0, [now]);
        }
    }
}
