//! Who sent a mail, where the mailbox's server does not say: DKIM (RFC 6376) and the sender's DMARC policy (RFC 7489),
//! by DNS.
//!
//! SPF is not asked: it needs the address of the delivering machine, which only the mailbox's server knows. So a domain
//! that asks others to reject its unsigned mail is taken at its word.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use mail_auth::dkim::Signature;
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, MessageAuthenticator, SpfOutput,
};

use crate::ground::domain_name::is_within;
use crate::ground::text::{tidy, truncated};
use crate::reading::{Doubt, Evidence, Trust, trust};

/// How long the domain name servers may take for one mail.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long they may take for all mails of one pass: what a stranger's servers take is taken from everybody.
const PATIENCE_OF_A_PASS: Duration = Duration::from_secs(20);
/// How long `check` waits for a server.
const PATIENCE_OF_A_CHECK: Duration = Duration::from_secs(2);
/// A domain whose servers did not answer is left alone for so long: a thousand mails must not wait one by one. Others
/// are asked about meanwhile, or a sender with slow servers could open the door for somebody else.
const PAUSE: Duration = Duration::from_secs(300);
/// For so long a mail is not judged whose sender the domain name system did not tell.
const PUT_OFF_FOR: SignedDuration = SignedDuration::from_hours(24);
/// More signatures of one mail are not looked at: each costs a question and an exponentiation.
const MOST_SIGNATURES: usize = 10;

/// What the domain name system tells of who sent a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is signed by the domain of its From address.
    Signed,
    /// It is not from there: why.
    Forged(Doubt),
    /// It lacks the signature without which that domain asks others to take nothing for its own, unless the machine that
    /// delivered it is one of that domain's, which only the mailbox's server knows: why.
    Unsigned(Doubt),
    /// Nobody tells: it has no signature of that domain, whose policy does not say that it should.
    Nothing,
    /// The servers of that domain do not answer.
    NoAnswer,
    /// What the pass may wait for servers was used up before.
    NoTurn,
}

/// What was found about a mail, and what was looked at for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The outcome.
    pub finding: Finding,
    /// Signatures and policy, each with what became of it.
    pub chain: Vec<Evidence>,
}

/// What is believed of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// So it is judged, with what tells it.
    Judged(Trust, Option<Doubt>),
    /// It is not judged now: the next pass asks again.
    PutOff,
}

/// What is to be believed of a mail that was stored at a moment and about which the domain name system was asked.
/// `server`: what the head of the mail gives for the word of the mailbox's server, which is no refusal.
///
/// Only a signature makes it pass, whatever the head says: where that server wrote nothing, the sender's own line looks
/// like its word. A report that the server passed is not asked about.
pub(crate) fn belief(
    finding: Finding,
    server: Trust,
    stored_at: Timestamp,
    now: Timestamp,
) -> Belief {
    match finding {
        Finding::Signed => Belief::Judged(Trust::Pass, None),
        Finding::Forged(why) => Belief::Judged(Trust::Fail, Some(why)),
        Finding::Unsigned(why) if server != Trust::Pass => Belief::Judged(Trust::Fail, Some(why)),
        Finding::Nothing | Finding::Unsigned(_) => Belief::Judged(Trust::Unknown, None),
        Finding::NoAnswer | Finding::NoTurn if now.duration_since(stored_at) < PUT_OFF_FOR => {
            Belief::PutOff
        }
        Finding::NoAnswer | Finding::NoTurn => {
            Belief::Judged(Trust::Unknown, Some(Doubt::NoAnswer))
        }
    }
}

/// Asks the domain name system about senders.
pub struct Verifier {
    authenticator: MessageAuthenticator,
    /// The domains that gave no answer, and when.
    silent: RefCell<HashMap<String, Instant>>,
    /// How long this pass has waited for servers.
    waited: Cell<Duration>,
}

impl Verifier {
    /// A verifier that asks `resolver`, or the machine's own name servers.
    ///
    /// # Errors
    /// When the machine names no server.
    pub fn new(resolver: Option<SocketAddr>) -> Result<Verifier> {
        let authenticator = match resolver {
            None => MessageAuthenticator::new_system_conf()
                .context("the machine names no DNS server; set trust.resolver")?,
            Some(address) => {
                let mut server = NameServerConfig::udp_and_tcp(address.ip());
                for connection in &mut server.connections {
                    connection.port = address.port();
                }
                let config = ResolverConfig::from_parts(None, vec![], vec![server]);
                MessageAuthenticator::new(config, ResolverOpts::default())?
            }
        };
        Ok(Verifier {
            authenticator,
            silent: RefCell::default(),
            waited: Cell::default(),
        })
    }

    /// Whether the domain name system answers at all, be it that a domain has no such record: for `check`.
    pub async fn answers(&self, domain: &str) -> bool {
        let name = format!("_dmarc.{domain}.");
        let asked =
            tokio::time::timeout(PATIENCE_OF_A_CHECK, self.authenticator.txt_raw_lookup(name));
        match asked.await {
            Ok(Ok(_)) => true,
            Ok(Err(e)) => !matches!(e, mail_auth::Error::Dns(mail_auth::DnsError::Resolver(_))),
            Err(_) => false,
        }
    }

    /// Begins a pass, which may wait for servers anew.
    pub(crate) fn begin_pass(&self) {
        self.waited.set(Duration::ZERO);
    }

    /// Whether a mail comes from the domain of its sender's address (lower case), as the reader found it. `command`: it
    /// may be a command, which has every header once that programs may read in two ways, and one sender.
    pub async fn judge(&self, raw: &[u8], sender: &str, command: bool) -> Found {
        let raw = with_crlf(raw);
        let mut chain = Vec::new();
        let finding = match Question::of(&raw, sender, command, &mut chain) {
            Ok(question) => self.ask(&question, &mut chain).await,
            Err(finding) => finding,
        };
        Found { finding, chain }
    }

    /// Asks within what is left of the pass.
    async fn ask(&self, question: &Question<'_>, chain: &mut Vec<Evidence>) -> Finding {
        let domain = question.domain;
        let silent = {
            let mut silent = self.silent.borrow_mut();
            silent.retain(|_, since| since.elapsed() < PAUSE);
            silent.contains_key(domain)
        };
        let left = PATIENCE_OF_A_PASS.saturating_sub(self.waited.get());
        let (finding, why) = if silent {
            (
                Finding::NoAnswer,
                "its servers gave no answer shortly before",
            )
        } else if left.is_zero() {
            (
                Finding::NoTurn,
                "this pass has waited long enough for others",
            )
        } else {
            let begun = Instant::now();
            let asked = tokio::time::timeout(PATIENCE.min(left), self.answer(question)).await;
            self.waited.set(self.waited.get() + begun.elapsed());
            match asked {
                Ok(Some((finding, answers))) => {
                    chain.extend(answers);
                    return finding;
                }
                Err(_) if left < PATIENCE => (
                    Finding::NoTurn,
                    "this pass has waited long enough for others",
                ),
                Ok(None) | Err(_) => {
                    tracing::warn!(domain, "its DNS servers do not answer");
                    let mut silent = self.silent.borrow_mut();
                    silent.insert(domain.to_owned(), Instant::now());
                    (Finding::NoAnswer, "its servers give no answer")
                }
            }
        };
        chain.push(evidence(format!("DNS of {domain}"), false, why));
        finding
    }

    /// `None`: the servers do not answer.
    async fn answer(&self, question: &Question<'_>) -> Option<(Finding, Vec<Evidence>)> {
        let (mail, domain) = (&question.mail, question.domain);
        let signatures = self.authenticator.verify_dkim(mail).await;
        let none = SpfOutput::new(String::new());
        let dmarc = self
            .authenticator
            .verify_dmarc(DmarcParameters::new(mail, &signatures, domain, &none))
            .await;
        let own = |s: &&DkimOutput<'_>| s.signature().is_some_and(|s| speaks_for(&s.d, domain));
        let of_policy = dmarc.dmarc_record().is_some();
        let passed = if of_policy {
            *dmarc.dkim_result() == DmarcResult::Pass
        } else {
            let mut own = signatures.iter().filter(own);
            own.any(|s| *s.result() == DkimResult::Pass)
        };
        let mut chain: Vec<Evidence> = signatures
            .iter()
            .filter_map(|s| Some((s, s.signature()?)))
            .map(|(verified, signature)| {
                let (right, why) = match verified.result() {
                    DkimResult::Pass => (true, "it is right, by the key in DNS".to_owned()),
                    DkimResult::None => (false, "it says nothing".to_owned()),
                    DkimResult::Neutral(e)
                    | DkimResult::Fail(e)
                    | DkimResult::PermError(e)
                    | DkimResult::TempError(e) => (false, tidy(&e.to_string())),
                };
                evidence(shown(signature), right && passed, &why)
            })
            .collect();
        let policy = match dmarc.policy() {
            _ if !of_policy => "it has no record of DMARC",
            Policy::Reject => "it asks that others reject what it has not signed",
            Policy::Quarantine => "it asks that others put away what it has not signed",
            Policy::None | Policy::Unspecified => "it asks nothing of others",
        };
        let finding = if passed {
            Finding::Signed
        } else {
            let silent = |s: &DkimOutput<'_>| matches!(s.result(), DkimResult::TempError(_));
            let no_policy = matches!(dmarc.dkim_result(), DmarcResult::TempError(_));
            if no_policy || signatures.iter().any(silent) {
                return None;
            }
            let broken = signatures.iter().filter(own).any(|s| {
                matches!(
                    s.result(),
                    DkimResult::Fail(_) | DkimResult::PermError(_) | DkimResult::Neutral(_)
                )
            });
            let asks = matches!(dmarc.policy(), Policy::Reject | Policy::Quarantine);
            if broken {
                Finding::Forged(Doubt::BadSignature {
                    domain: domain.to_owned(),
                })
            } else if of_policy && asks {
                Finding::Unsigned(Doubt::Unsigned {
                    domain: domain.to_owned(),
                })
            } else {
                Finding::Nothing
            }
        };
        let decided = matches!(finding, Finding::Unsigned(_));
        chain.push(evidence(format!("DMARC of {domain}"), decided, policy));
        Some((finding, chain))
    }
}

/// What is asked about a mail.
struct Question<'m> {
    mail: AuthenticatedMessage<'m>,
    /// Of the sender's address.
    domain: &'m str,
}

impl<'m> Question<'m> {
    /// Keeps the signatures that speak of the sender; else what is plain without a question. What is left out is noted.
    fn of(
        raw: &'m [u8],
        sender: &'m str,
        command: bool,
        chain: &mut Vec<Evidence>,
    ) -> Result<Question<'m>, Finding> {
        let mail = AuthenticatedMessage::parse(raw);
        let (Some(mut mail), Some((_, domain))) = (mail, sender.rsplit_once('@')) else {
            return Err(Finding::Nothing);
        };
        let mut against = |why: Doubt| {
            let said = why.to_string();
            chain.push(evidence("the header of the mail".to_owned(), true, &said));
            Err(Finding::Forged(why))
        };
        // Two readers that see two senders: one of them may be meant to.
        if tidy(mail.from()).to_lowercase() != sender {
            return against(Doubt::Ambiguous);
        }
        if command {
            let names: Vec<Cow<'_, str>> = mail
                .raw_parsed_headers()
                .iter()
                .map(|(name, _)| String::from_utf8_lossy(name.trim_ascii()))
                .collect();
            if let Some(why) = trust::twice(names.iter().map(|n| &**n)) {
                return against(why);
            }
            let count = mail.froms().len();
            if count != 1 {
                return against(Doubt::SeveralSenders { count });
            }
        }
        keep_what_counts(&mut mail, domain, chain);
        Ok(Question { mail, domain })
    }
}

/// Drops the signatures that say nothing of the sender, so that their servers are not asked: those of others, and those
/// that leave the sender open, which are none (RFC 6376, sections 5.4 and 6.1.1).
fn keep_what_counts(mail: &mut AuthenticatedMessage<'_>, domain: &str, chain: &mut Vec<Evidence>) {
    let mut kept = 0;
    let mut dropped: Vec<Evidence> = Vec::new();
    mail.dkim_headers.retain(|h| {
        let signature = &h.header;
        let why = if !(speaks_for(&signature.d, domain) || speaks_for(domain, &signature.d)) {
            "it is of another domain than the sender's"
        } else if !signature
            .h
            .iter()
            .any(|n| n.trim().eq_ignore_ascii_case("from"))
        {
            "it does not cover From, so anybody's name may stand there"
        } else if kept == MOST_SIGNATURES {
            "so many are not looked at"
        } else {
            kept += 1;
            return true;
        };
        if dropped.len() < MOST_SIGNATURES {
            dropped.push(evidence(shown(signature), false, why));
        }
        false
    });
    chain.append(&mut dropped);
}

/// What can be said of the signatures of a mail without asking anybody: for `explain`. `sender`: its address, lower case.
pub fn signatures(raw: &[u8], sender: &str) -> Vec<Evidence> {
    let raw = with_crlf(raw);
    let mut chain = Vec::new();
    if let Ok(question) = Question::of(&raw, sender, false, &mut chain) {
        for header in &question.mail.dkim_headers {
            let why = "nobody was asked whether it is right";
            chain.push(evidence(shown(&header.header), false, why));
        }
    }
    chain
}

fn shown(signature: &Signature) -> String {
    let domain = tidy(truncated(&signature.d, 100));
    let selector = tidy(truncated(&signature.s, 100));
    format!("DKIM-Signature of {domain}, key {selector}")
}

fn evidence(what: String, believed: bool, why: &str) -> Evidence {
    Evidence {
        what,
        believed,
        why: why.to_owned(),
        of_dns: true,
    }
}

/// Whether a signature of `signer` speaks for mails from `domain`, where no policy says how: its own, or that of the
/// domain above it.
fn speaks_for(signer: &str, domain: &str) -> bool {
    let (signer, domain) = (signer.to_lowercase(), domain.to_lowercase());
    signer == domain || signer.contains('.') && is_within(&domain, &signer)
}

/// Signatures are made over lines that end by CRLF; a Maildir keeps LF.
fn with_crlf(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.windows(2).any(|w| w == b"\r\n") {
        return Cow::Borrowed(raw);
    }
    let lines: Vec<&[u8]> = raw.split(|b| *b == b'\n').collect();
    Cow::Owned(lines.join(&b"\r\n"[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_speaks_for_its_own_domain_and_those_below_it() {
        assert!(speaks_for("phuyen.example", "phuyen.example"));
        assert!(speaks_for("phuyen.example", "LDLD.phuyen.example"));
        assert!(!speaks_for("ldld.phuyen.example", "phuyen.example"));
        assert!(!speaks_for("yen.example", "phuyen.example"));
        assert!(!speaks_for("example", "phuyen.example"));
    }

    #[test]
    fn a_mail_is_put_off_for_a_day_where_nobody_tells_and_judged_else() {
        let stored: Timestamp = "2026-06-15T01:00:00Z".parse().unwrap();
        let judged = |finding: Finding, hours: i64| match belief(
            finding,
            Trust::Unknown,
            stored,
            stored + SignedDuration::from_hours(hours),
        ) {
            Belief::Judged(trust, why) => Some((trust, why.is_some())),
            Belief::PutOff => None,
        };
        for (finding, hours, expected) in [
            (Finding::Signed, 0, Some((Trust::Pass, false))),
            (Finding::Signed, 30, Some((Trust::Pass, false))),
            (
                Finding::Forged(Doubt::Ambiguous),
                0,
                Some((Trust::Fail, true)),
            ),
            (Finding::Nothing, 0, Some((Trust::Unknown, false))),
            (Finding::NoAnswer, 0, None),
            (Finding::NoAnswer, 23, None),
            (Finding::NoAnswer, 24, Some((Trust::Unknown, true))),
            (Finding::NoTurn, 23, None),
            (Finding::NoTurn, 24, Some((Trust::Unknown, true))),
        ] {
            assert_eq!(
                judged(finding.clone(), hours),
                expected,
                "{finding:?} {hours}"
            );
        }
        // The word of the mailbox's server is not enough, but it tells that the delivering machine is the domain's own.
        let unsigned = |server| belief(Finding::Unsigned(Doubt::NoAnswer), server, stored, stored);
        assert_eq!(unsigned(Trust::Pass), Belief::Judged(Trust::Unknown, None));
        assert!(matches!(
            unsigned(Trust::Unknown),
            Belief::Judged(Trust::Fail, Some(_))
        ));
    }

    /// A server that says of every name that it cannot tell now (SERVFAIL). It ends with the process.
    fn failing() -> SocketAddr {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut packet = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                packet[2] |= 0x80; // an answer …
                packet[3] = 2; // … that the server failed
                let _ = socket.send_to(&packet[..length], from); // whoever asked may be gone
            }
        });
        address
    }

    #[test]
    fn a_pass_waits_for_servers_so_long_and_the_next_one_goes_on() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let verifier = Verifier::new(Some(failing())).unwrap();
            let finding = async |domain: &str| {
                let sender = format!("a@{domain}");
                let raw = format!("From: {sender}\r\n\r\nx\r\n");
                let found = verifier.judge(raw.as_bytes(), &sender, false).await;
                found.finding
            };
            assert!(!verifier.answers("phuyen.example").await);
            verifier.waited.set(PATIENCE_OF_A_PASS);
            assert_eq!(finding("phuyen.example").await, Finding::NoTurn);
            // Whoever had no turn is not taken for silent.
            assert!(verifier.silent.borrow().is_empty());
            verifier.begin_pass();
            assert_eq!(finding("phuyen.example").await, Finding::NoAnswer);
            assert!(!verifier.waited.get().is_zero());
            // The silent one costs nothing more for a while.
            let waited = verifier.waited.get();
            assert_eq!(finding("phuyen.example").await, Finding::NoAnswer);
            assert_eq!(verifier.waited.get(), waited);
        });
    }

    /// What is left of a mail's signatures to be asked about, and why others are not.
    fn kept(head: &str, command: bool) -> (Result<usize, Finding>, Vec<String>) {
        let raw = format!("{head}\r\n\r\nx\r\n");
        let mut chain = Vec::new();
        let question = Question::of(raw.as_bytes(), "a@phuyen.example", command, &mut chain);
        let left = question.map(|q| q.mail.dkim_headers.len());
        (left, chain.into_iter().map(|e| e.why).collect())
    }

    fn signature(domain: &str, covers: &str) -> String {
        format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s; h={covers}; bh=AAAA; b=AAAA\r\n"
        )
    }

    #[test]
    fn ten_signatures_are_looked_at_that_cover_the_sender_and_are_of_his_domain() {
        let from = "From: a@phuyen.example";
        let head = signature("phuyen.example", "date:subject")
            + &signature("evil.example", "from")
            + &signature("phuyen.example", "Date : FROM")
            + from;
        let (left, why) = kept(&head, true);
        assert_eq!(left, Ok(1));
        assert_eq!(
            why,
            [
                "it does not cover From, so anybody's name may stand there",
                "it is of another domain than the sender's"
            ]
        );
        let head = signature("phuyen.example", "from").repeat(5_000) + from;
        let (left, why) = kept(&head, true);
        assert_eq!((left, why.len()), (Ok(MOST_SIGNATURES), MOST_SIGNATURES));
    }

    #[test]
    fn what_may_be_a_command_has_one_sender_and_no_header_twice() {
        let from = "From: a@phuyen.example\r\nSubject: x\r\nDate: x\r\nContent-Type: text/plain\r\nMIME-Version: 1.0";
        assert_eq!(kept(from, true).0, Ok(0));
        for more in [
            "Subject: y",
            "Date: y",
            "content-type: text/html",
            "MIME-Version: 1.0",
            "From: a@phuyen.example",
        ] {
            let twofold = format!("{more}\r\n{from}");
            assert!(
                matches!(kept(&twofold, true).0, Err(Finding::Forged(_))),
                "{more}"
            );
        }
        let list = "From: a@phuyen.example, b@evil.example";
        assert!(matches!(kept(list, true).0, Err(Finding::Forged(_))));
        assert_eq!(kept(list, false).0, Ok(0));
        // The reader saw another sender.
        let other = "From: b@evil.example";
        assert!(matches!(kept(other, false).0, Err(Finding::Forged(_))));
        // A report may have a subject twice.
        assert_eq!(kept(&format!("Subject: y\r\n{from}"), false).0, Ok(0));
    }
}
