//! Why a mail could not be read.

use serde::{Deserialize, Serialize};

/// Why a mail could not be read; said in English for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Unread {
    /// It took too long.
    #[error("reading it took longer than {seconds} s")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// It took too much memory.
    #[error("reading it took more than {megabytes} MB of memory")]
    TooHeavy {
        /// The limit, in millions of bytes.
        megabytes: u64,
    },
    /// The process that reads ended on it, or said nothing of use.
    #[error("{how}")]
    ReaderFailed {
        /// What is known of that.
        how: String,
    },
    /// The process that reads did not do what it said.
    #[error("{how}")]
    NotAsSaid {
        /// What was different.
        how: String,
    },
    /// Too many mails lie within each other.
    #[error("it has more than {most} mails within each other")]
    TooDeep {
        /// The limit.
        most: usize,
    },
    /// It does not begin as a mail does.
    #[error("it has no header of a mail")]
    NoHeader,
    /// Parts of it cannot be told apart.
    #[error("its structure is broken, so that some of its parts cannot be found")]
    BrokenStructure,
    /// The disk has lost it.
    #[error("its file in the archive is damaged")]
    LostInTheArchive,
    /// Neither it nor its header could be had.
    #[error("not even its header can be read")]
    NotEvenItsHeader,
    /// It lies in the mailbox still.
    #[error("it was not fetched")]
    NotFetched,
}
