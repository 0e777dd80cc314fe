//! Who sent a mail, where the mailbox's server does not say: DKIM (RFC 6376) and the sender's DMARC policy (RFC 7489),
//! by DNS.
//!
//! SPF is not asked: it needs the address of the delivering machine, which only the mailbox's server knows. So a domain
//! that asks others to reject its unsigned mail is taken at its word.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, MessageAuthenticator, SpfOutput,
};

use crate::reading::Trust;

/// How long the domain name servers may take for one mail.
const PATIENCE: Duration = Duration::from_secs(6);
/// A domain whose servers did not answer is left alone for so long: a thousand mails must not wait one by one. Others
/// are asked about meanwhile, or a sender with slow servers could open the door for somebody else.
const PAUSE: Duration = Duration::from_secs(300);

/// Asks the domain name system about senders.
pub struct Verifier {
    authenticator: MessageAuthenticator,
    /// The domains that gave no answer, and when.
    silent: RefCell<HashMap<String, Instant>>,
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
        })
    }

    /// Whether a mail comes from the domain of its From address, with what tells it, in words for staff.
    pub async fn judge(&self, raw: &[u8]) -> (Trust, Option<String>) {
        let raw = with_crlf(raw);
        let mail = AuthenticatedMessage::parse(&raw);
        let from = mail.as_ref().map_or("", |m| m.from()).to_owned();
        let (Some(mut mail), Some((_, domain))) = (mail, from.rsplit_once('@')) else {
            return (Trust::Unknown, None);
        };
        // Signatures of others say nothing of the sender, and their servers are not asked.
        mail.dkim_headers
            .retain(|h| speaks_for(&h.header.d, domain) || speaks_for(domain, &h.header.d));
        let silent = {
            let mut silent = self.silent.borrow_mut();
            silent.retain(|_, since| since.elapsed() < PAUSE);
            silent.contains_key(domain)
        };
        let answer = if silent {
            None
        } else {
            let asked = tokio::time::timeout(PATIENCE, self.ask(&mail, domain)).await;
            asked.ok().flatten()
        };
        answer.unwrap_or_else(|| {
            tracing::warn!(
                domain,
                "its DNS servers do not answer; the sender is not verified"
            );
            let mut silent = self.silent.borrow_mut();
            silent.entry(domain.to_owned()).or_insert_with(Instant::now);
            let why = "máy chủ tên miền (DNS) không trả lời nên chưa xác thực được người gửi";
            (Trust::Unknown, Some(why.into()))
        })
    }

    /// `None`: the servers do not answer.
    async fn ask(
        &self,
        mail: &AuthenticatedMessage<'_>,
        domain: &str,
    ) -> Option<(Trust, Option<String>)> {
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
        if passed {
            return Some((Trust::Pass, None));
        }
        let silent = |s: &DkimOutput<'_>| matches!(s.result(), DkimResult::TempError(_));
        if matches!(dmarc.dkim_result(), DmarcResult::TempError(_)) || signatures.iter().any(silent)
        {
            return None;
        }
        let broken = signatures.iter().filter(own).find(|s| {
            matches!(
                s.result(),
                DkimResult::Fail(_) | DkimResult::PermError(_) | DkimResult::Neutral(_)
            )
        });
        if broken.is_some() {
            let why = format!(
                "chữ ký DKIM của {domain} không đúng: thư đã bị sửa hoặc không phải do {domain} gửi"
            );
            return Some((Trust::Fail, Some(why)));
        }
        if of_policy && matches!(dmarc.policy(), Policy::Reject | Policy::Quarantine) {
            let why = format!(
                "{domain} yêu cầu không nhận thư thiếu chữ ký của mình (DMARC), và thư này không có chữ ký đó"
            );
            return Some((Trust::Fail, Some(why)));
        }
        Some((Trust::Unknown, None))
    }
}

/// Whether a signature of `signer` speaks for mails from `domain`, where no policy says how: its own, or that of the
/// domain above it.
fn speaks_for(signer: &str, domain: &str) -> bool {
    let (signer, domain) = (signer.to_lowercase(), domain.to_lowercase());
    let above = domain
        .strip_suffix(&signer)
        .is_some_and(|rest| rest.ends_with('.') && signer.contains('.'));
    signer == domain || above
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
}
