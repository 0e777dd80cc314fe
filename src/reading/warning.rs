//! What is to be known of a file beside its content: why it was not opened, or not read as one would think.

use serde::{Deserialize, Serialize};

/// What is to be known of a file; said in English for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Warning {
    // ---- what it is ----
    /// A program or script.
    #[error("a program or script: kept apart, never opened or forwarded")]
    Program,
    /// A document with macros.
    #[error("a document with macros: kept apart, never opened or forwarded")]
    Macro,
    /// Bytes of another kind than its name says.
    #[error("its content is not what its name says; ask the unit to send it again")]
    NotWhatItIsCalled,
    /// A piece of a mail that was split.
    #[error("one part of a mail that the sender's program split; ask for it in one piece")]
    PartOfAMail,
    /// A document with a password.
    #[error("a document with a password; ask the unit to send it without")]
    LockedDocument,
    /// An archive of a kind that is not opened.
    #[error("an archive of this kind is not opened here; open it by hand")]
    UnknownArchive,

    /// A photograph of something else than a page, by its looks.
    #[error("a photograph and no page: {paper} % of it is like paper, {writing} % like writing")]
    NoPage {
        /// How much of it is like paper, in percent.
        paper: u8,
        /// How much is like writing on paper, in percent.
        writing: u8,
    },

    // ---- why an archive is not wholly opened ----
    /// A password is needed.
    #[error("encrypted: it needs a password")]
    Locked,
    /// One volume.
    #[error("one part of several; ask the unit for all of it in one file")]
    OneOfSeveral,
    /// A rar of before 2002.
    #[error(
        "a rar of a version before 2.9, which is not unpacked here; open it by hand, or ask for a zip"
    )]
    OldArchive,
    /// A rar whose files were packed as one.
    #[error("a solid rar, which is not unpacked here; open it by hand, or ask for a zip")]
    SolidArchive,
    /// More bytes than a mail may bring.
    #[error("unpacks to more than a mail may bring; not opened wholly")]
    TooLarge,
    /// More files than a mail may bring.
    #[error("holds more files than a mail may bring; not opened wholly")]
    TooMany,
    /// Too many archives within each other.
    #[error("nested too deep; not opened")]
    TooDeep,
    /// It takes too long.
    #[error("takes too long to open; open it by hand")]
    TooSlow,
    /// There is no program that opens it.
    #[error("{program} cannot be run here, so it was not opened; open it by hand")]
    NoProgram {
        /// Which.
        program: String,
    },
    /// Some of its files are not whole.
    #[error("{file}{} cannot be unpacked whole: damaged, one part of several, or packed in a way that is not known here; open it by hand", others(*.more))]
    FilesNotWhole {
        /// The first of them.
        file: String,
        /// How many there are beside it.
        more: usize,
    },
    /// Damaged, or one volume.
    #[error("cannot be opened wholly: damaged, or one part of several")]
    NotWhole,
    /// What opens it says no more.
    #[error("cannot be opened wholly; open it by hand")]
    NotWhollyOpened,
    /// What opens it complains.
    #[error("cannot be opened: {why}")]
    CannotBeOpened {
        /// In its words.
        why: String,
    },
    /// Nothing lies in it.
    #[error("holds no file")]
    NoFile,

    // ---- how a document was read ----
    /// Its text cannot be had.
    #[error("its text cannot be read: damaged{}", if *.locked { ", or protected by a password" } else { "" })]
    NoText {
        /// Whether it may be for a password.
        locked: bool,
    },
    /// There is no program that reads it.
    #[error("{program} cannot be run here, so its head was not read")]
    NotRead {
        /// Which.
        program: String,
    },
    /// It takes too long.
    #[error("reading it took too long")]
    SlowToRead,
    /// The time for reading pictures is over.
    #[error(
        "not read, or not wholly: the time for reading pictures (limits.ocr_seconds) was over; look at it yourself"
    )]
    SlowPicture,
    /// By looking at a picture of it.
    #[error("read from a picture, so it may have errors")]
    FromAPicture,
    /// Its name and what stands in it differ.
    #[error("the document says {document}, its name {name}")]
    OtherNumber {
        /// The number that it bears.
        document: String,
        /// The number in its name.
        name: String,
    },

    /// Said in words, as in readings before version 2.
    #[error("{0}")]
    #[serde(untagged)]
    Said(String),
}

impl Warning {
    /// Whether what kept an archive closed is a bound of ours, whatever it holds.
    pub(super) fn is_a_bound(&self) -> bool {
        matches!(
            self,
            Warning::TooLarge | Warning::TooMany | Warning::TooSlow | Warning::NoProgram { .. }
        )
    }
}

fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        n => format!(" and {n} more"),
    }
}
