//! Why a sender is not trusted.

use serde::{Deserialize, Serialize};

/// Why a sender is not trusted; said in English for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Doubt {
    /// The own server says so.
    #[error("{server} says that it is not from {} (dmarc=fail)", domain_or(.domain.as_deref()))]
    Refused {
        /// The own server.
        server: String,
        /// The domain of the From address.
        domain: Option<String>,
    },
    /// The own server vouches for another one.
    #[error("{server} says that it is from {passed}, not from {}", domain_or(.domain.as_deref()))]
    OfAnother {
        /// The own server.
        server: String,
        /// The domain that it vouches for.
        passed: String,
        /// The domain of the From address.
        domain: Option<String>,
    },
    /// The own server's word cannot be read.
    #[error("what {server} found cannot be read; the sender may have put something into it")]
    Garbled {
        /// The own server.
        server: String,
    },
    /// A header stands there more than once.
    #[error("it has {count} headers {header}, of which there may be one")]
    Repeated {
        /// Which.
        header: String,
        /// How often.
        count: usize,
    },
    /// From names several people.
    #[error("its From has {count} addresses: who sent it is not clear")]
    SeveralSenders {
        /// How many.
        count: usize,
    },
    /// Two readers of From see two senders.
    #[error("its From can be read in several ways")]
    Ambiguous,
    /// It was changed, or is not the domain's.
    #[error("the DKIM signature of {domain} is wrong")]
    BadSignature {
        /// The domain of the From address.
        domain: String,
    },
    /// The domain signs its mails, and this one is not.
    #[error("{domain} asks that nothing is taken without its signature (DMARC), which is missing")]
    Unsigned {
        /// The domain of the From address.
        domain: String,
    },
    /// The domain name system was asked in vain.
    #[error("the domain name system does not answer")]
    NoAnswer,

    /// Said in words for staff, as in readings before version 2.
    #[error("{0}")]
    #[serde(untagged)]
    Said(String),
}

fn domain_or(domain: Option<&str>) -> &str {
    domain.unwrap_or("the From address")
}
