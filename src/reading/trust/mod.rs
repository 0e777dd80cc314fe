//! Whether a mail comes from where it says, by the word of the mailbox's own server (RFC 8601), with all that was looked at.
//!
//! A header proves nothing by being there: whoever sends a mail writes its headers. The own server puts what it says above
//! what came, so its word is the topmost under its name, and stands above every trace of another server. A server that
//! wrote nothing leaves the sender's own line topmost, which nobody can tell: so what only staff may do needs more than
//! that ([`crate::verify`]).

mod received;
pub mod results;
mod words;

use serde::{Deserialize, Serialize};

use super::{Doubt, Trust};
use crate::ground::domain_name::is_within;
use crate::ground::text::{tidy, truncated};
use results::{Method, Results};

/// More pieces of evidence are not kept: a mail may have thousands of headers.
const MOST_EVIDENCE: usize = 30;
/// How much of a header is kept, in bytes.
const HEADER_KEPT: usize = 300;

/// Headers in which others, or the sender, say what they know of the sender.
const OTHERS_WORD: [(&str, &str); 4] = [
    (
        "ARC-Authentication-Results",
        "it says what a server on the way found, for its own use",
    ),
    (
        "Received-SPF",
        "it is about the machine that delivered the mail, not about who wrote it",
    ),
    (
        "X-Original-Authentication-Results",
        "it was kept from what came",
    ),
    (
        "X-Authentication-Results",
        "it is no header of the standard",
    ),
];

/// Headers of which a mail that may be a command has one at most (RFC 5322, section 3.6; RFC 2045, section 3): programs
/// differ in which of two they take.
const ONCE: [&str; 5] = ["From", "Subject", "Date", "Content-Type", "MIME-Version"];

/// One thing that was looked at to tell who sent a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is: a header, shortened; a signature; an answer of the domain name system.
    pub what: String,
    /// Whether trust rests on it.
    pub believed: bool,
    /// Why, or why not; in English, for the administrator.
    pub why: String,
    /// Whether the domain name system was asked for it, and not the mail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_dns: bool,
}

/// One header field of a mail: its name and its raw value, folded or not.
#[derive(Clone, Copy, Debug)]
pub struct Field<'m> {
    /// As written.
    pub name: &'m str,
    /// The bytes after the colon.
    pub value: &'m [u8],
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn shown(&self) -> String {
        let value = String::from_utf8_lossy(&self.value[..self.value.len().min(4 * HEADER_KEPT)]);
        let text = tidy(&format!("{}: {}", self.name, value.trim()));
        truncated(&text, HEADER_KEPT).to_owned()
    }
}

/// What the mailbox's server says of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its verdict on the domain of the From address.
    pub trust: Trust,
    /// Why the sender is not trusted.
    pub doubt: Option<Doubt>,
    /// All that was looked at, from the top.
    pub chain: Vec<Evidence>,
}

impl Judgement {
    /// Notes that the mail contradicts itself, whatever anybody says of it.
    pub fn against(&mut self, why: Doubt) {
        for evidence in &mut self.chain {
            evidence.believed = false;
        }
        self.chain.push(Evidence {
            what: "the header of the mail".to_owned(),
            believed: true,
            why: why.to_string(),
            of_dns: false,
        });
        self.trust = Trust::Fail;
        self.doubt = Some(why);
    }
}

/// Whose word counts.
#[derive(Clone, Copy, Debug)]
pub struct Server<'s> {
    /// The name under which it writes Authentication-Results.
    pub authserv_id: &'s str,
    /// Hosts of it whose names do not show that.
    pub hosts: &'s [String],
}

/// Judges a mail by its header fields, from the top. `server`: whose word counts, if anybody's; `from_domain`: the domain
/// of the From address.
///
/// Counted is the topmost Authentication-Results of the server, if no trace of another one stands above it, and of it only
/// the verdict of DMARC (RFC 7489) on that domain.
pub fn judge(
    fields: &[Field<'_>],
    server: Option<Server<'_>>,
    from_domain: Option<&str>,
) -> Judgement {
    let mut found = Judgement {
        trust: Trust::Unknown,
        doubt: None,
        chain: Vec::new(),
    };
    // What ended the part of the header that the own server wrote.
    let mut ended: Option<String> = None;
    for field in fields {
        let told = if field.is("Received") {
            if let Some(server) = server.filter(|_| ended.is_none()) {
                ended = foreign(field, server);
            }
            None
        } else if field.is("Authentication-Results") {
            let (believed, why) = match weighed(field, server, ended.as_deref()) {
                Ok((results, server)) => {
                    let (trust, why) = dmarc(&results, from_domain);
                    found.trust = trust;
                    found.doubt = (trust == Trust::Fail)
                        .then(|| doubt(&results, server.authserv_id, from_domain));
                    ended = Some("another one of that server stands above it".to_owned());
                    (trust != Trust::Unknown, why)
                }
                Err(why) => (false, why),
            };
            Some((believed, why))
        } else {
            let others = OTHERS_WORD.iter().find(|(name, _)| field.is(name));
            others.map(|(_, why)| (false, (*why).to_owned()))
        };
        if let Some((believed, why)) = told
            && (believed || found.chain.len() < MOST_EVIDENCE)
        {
            found.chain.push(Evidence {
                what: field.shown(),
                believed,
                why,
                of_dns: false,
            });
        }
    }
    found
}

/// Why a trace is that of another server, if it is.
fn foreign(field: &Field<'_>, server: Server<'_>) -> Option<String> {
    match received::by(field.value) {
        Some(host) if received::is_own(&host, server.authserv_id, server.hosts) => None,
        Some(host) => Some(format!(
            "a Received of another host, {host}, stands above it"
        )),
        None => Some("a Received without the name of its host stands above it".to_owned()),
    }
}

/// What a header says, if it is the word of the own server.
fn weighed<'s>(
    field: &Field<'_>,
    server: Option<Server<'s>>,
    ended: Option<&str>,
) -> Result<(Results, Server<'s>), String> {
    let server = server.ok_or("no server is named whose word counts (trust.authserv_id)")?;
    let results = results::parse(field.value).map_err(|e| e.to_string())?;
    if !results.authserv_id.eq_ignore_ascii_case(server.authserv_id) {
        return Err(format!(
            "it is of {}, and only {} counts",
            tidy(&results.authserv_id),
            server.authserv_id
        ));
    }
    match ended {
        Some(why) => Err(why.to_owned()),
        None => Ok((results, server)),
    }
}

/// The verdict of DMARC on the sender's domain, with its reason.
fn dmarc(results: &Results, from_domain: Option<&str>) -> (Trust, String) {
    let verdicts: Vec<&Method> = results
        .methods
        .iter()
        .filter(|m| m.name == "dmarc")
        .collect();
    if verdicts.iter().any(|m| m.result == "fail") {
        return (Trust::Fail, "the own server says dmarc=fail".to_owned());
    }
    // Where its text lets itself be read in two ways, the sender may have wanted that, and a refusal may stand there.
    if let Some(why) = results.broken {
        let why = format!("it is the own server's, but cannot be read: {why}");
        return (Trust::Fail, why);
    }
    let unknown = |why: &str| (Trust::Unknown, why.to_owned());
    let [only] = verdicts[..] else {
        return unknown(match verdicts.len() {
            0 => "the own server says nothing of DMARC",
            _ => "it holds more than one result of DMARC",
        });
    };
    if only.odd {
        return unknown("its result of DMARC has something that the standard does not know");
    }
    if only.result != "pass" {
        return (
            Trust::Unknown,
            format!("the own server says dmarc={}", tidy(&only.result)),
        );
    }
    let named: Vec<&str> = only.values("header.from").collect();
    match (&named[..], from_domain) {
        ([named], Some(domain)) if is_same_domain(named, domain) => (
            Trust::Pass,
            format!("the own server says dmarc=pass of {domain}"),
        ),
        // What passed is another sender than the one who is shown: no server and no reader shall be told two of them.
        ([named], domain) => (
            match domain.is_some_and(|domain| are_of_one_house(named, domain)) {
                true => Trust::Unknown,
                false => Trust::Fail,
            },
            format!(
                "it passed {}, and the From address is of {}",
                tidy(named),
                domain.unwrap_or("nobody")
            ),
        ),
        ([], _) => unknown("its result of DMARC names no domain"),
        (_, _) => unknown("its result of DMARC names more than one domain"),
    }
}

/// Why a mail is not trusted.
fn doubt(results: &Results, authserv_id: &str, from_domain: Option<&str>) -> Doubt {
    let (server, domain) = (authserv_id.to_owned(), from_domain.map(str::to_owned));
    if results.broken.is_some() {
        return Doubt::Garbled { server };
    }
    let mut methods = results.methods.iter();
    let passed = methods.find(|m| m.name == "dmarc" && m.result == "pass");
    match passed.and_then(|m| m.values("header.from").next()) {
        Some(of) => Doubt::OfAnother {
            server,
            passed: tidy(of),
            domain,
        },
        None => Doubt::Refused { server, domain },
    }
}

/// Whether one of two domains is within the other.
fn are_of_one_house(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    is_within(&one, &other) || is_within(&other, &one)
}

/// Whether two domains are the same, in letters or as they are sent (RFC 5891).
fn is_same_domain(one: &str, other: &str) -> bool {
    let sent = |d: &str| idna::domain_to_ascii(d).ok();
    one.eq_ignore_ascii_case(other) || sent(one).is_some_and(|d| Some(d) == sent(other))
}

/// What speaks against a mail that may be a command: a header that it has more than once.
pub fn twice<'m>(names: impl Iterator<Item = &'m str> + Clone) -> Option<Doubt> {
    ONCE.iter().find_map(|once| {
        let count = names
            .clone()
            .filter(|n| n.eq_ignore_ascii_case(once))
            .count();
        let header = (*once).to_owned();
        (count > 1).then_some(Doubt::Repeated { header, count })
    })
}

#[cfg(test)]
mod tests;
