//! The way to a server: TCP, TLS, its greeting, the login, and what it says it can.

use std::io;
use std::path::Path;
use std::time::Duration;

use async_imap::imap_proto::{Capability, Response};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::session::{Session, lost, quoted};
use super::{Able, MailboxError, Result, tls};

/// How long connecting, TLS, the greeting and the login may take, each.
const CONNECT: Duration = Duration::from_secs(30);

/// A server, and who logs in.
pub(in crate::mailbox) struct Server<'a> {
    pub(in crate::mailbox) host: &'a str,
    pub(in crate::mailbox) port: u16,
    /// A file with the certificates of a private authority.
    pub(in crate::mailbox) ca_file: Option<&'a Path>,
    /// Login name.
    pub(in crate::mailbox) user: &'a str,
    pub(in crate::mailbox) password: &'a str,
}

impl Server<'_> {
    /// Connects, verifies the certificate and logs in.
    pub(super) async fn session(&self) -> Result<(Session, Able)> {
        let tls = self.tls().await?;
        let mut session = Session::new(tls);
        if let Some(why) = self.in_time(session.turned_away()).await?? {
            return Err(self.unreachable(why));
        }
        let login = format!("LOGIN {} {}", string(self.user)?, string(self.password)?);
        self.in_time(session.command(&login, |_| {}))
            .await?
            .map_err(|e| self.refuses(e))?;
        let able = able(&mut session).await?;
        Ok((session, able))
    }

    async fn tls(&self) -> Result<TlsStream<TcpStream>> {
        let config = tls::client(self.ca_file).map_err(MailboxError::Other)?;
        let name = ServerName::try_from(self.host.to_owned())
            .map_err(|e| self.unreachable(format!("{:?} is no host name: {e}", self.host)))?;
        let tcp = self
            .in_time(TcpStream::connect((self.host, self.port)))
            .await?
            .map_err(|e| self.unreachable(e.to_string()))?;
        tcp.set_nodelay(true).map_err(lost)?;
        self.in_time(TlsConnector::from(config).connect(name, tcp))
            .await?
            .map_err(|e| self.no_tls(&e))
    }

    async fn in_time<T>(&self, step: impl Future<Output = T>) -> Result<T> {
        let late = |_| self.unreachable(format!("no answer within {} s", CONNECT.as_secs()));
        timeout(CONNECT, step).await.map_err(late)
    }

    fn unreachable(&self, why: String) -> MailboxError {
        MailboxError::Unreachable {
            host: self.host.to_owned(),
            port: self.port,
            why,
        }
    }

    fn no_tls(&self, e: &io::Error) -> MailboxError {
        let inner = e.get_ref().and_then(|inner| inner.downcast_ref());
        match inner {
            Some(rustls::Error::InvalidCertificate(_)) => MailboxError::Certificate {
                host: self.host.to_owned(),
                why: e.to_string(),
            },
            _ => self.unreachable(format!("no TLS: {e}")),
        }
    }

    /// What became of the login.
    fn refuses(&self, e: MailboxError) -> MailboxError {
        let MailboxError::Refused { answer, .. } = e else {
            return e;
        };
        let (host, user) = (self.host.to_owned(), self.user.to_owned());
        match takes_nobody(&answer) {
            true => MailboxError::Busy { host, user, answer },
            false => MailboxError::Login { host, user, answer },
        }
    }
}

/// Asks a server what it can.
async fn able(session: &mut Session) -> Result<Able> {
    let mut able = Able::default();
    session
        .command("CAPABILITY", |answer| {
            if let Response::Capabilities(list) = answer {
                let is = |c: &Capability<'_>, name: &str| matches!(c, Capability::Atom(a) if a.eq_ignore_ascii_case(name));
                let has = |name: &str| list.iter().any(|c| is(c, name));
                able.gmail |= has("X-GM-EXT-1");
                able.idle |= has("IDLE");
                able.condstore |= has("CONDSTORE");
                able.special_use |= has("SPECIAL-USE") && has("LIST-EXTENDED");
            }
        })
        .await?;
    Ok(able)
}

/// Whether a refused login is not about the password (RFC 5530, and what servers say without its codes).
fn takes_nobody(answer: &str) -> bool {
    const SIGNS: [&str; 9] = [
        "[unavailable]",
        "[inuse]",
        "[limit]",
        "[serverbug]",
        "too many",
        "maximum number of connections",
        "bandwidth limit",
        "temporar",
        "try again later",
    ];
    let answer = answer.to_lowercase();
    !answer.starts_with("[auth") && SIGNS.iter().any(|sign| answer.contains(sign))
}

/// A text that stands in quotes. What ends a line cannot.
fn string(text: &str) -> Result<String> {
    if text.chars().any(char::is_control) {
        let why = anyhow::anyhow!("a user name or password has a control character in it");
        return Err(MailboxError::Other(why));
    }
    Ok(quoted(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_or_password_holds_nothing_that_ends_a_line() {
        assert_eq!(string("a\"b").unwrap(), "\"a\\\"b\"");
        assert!(string("a\r\nb").is_err());
    }

    #[test]
    fn a_login_refused_for_the_moment_is_told_from_a_wrong_password() {
        for (answer, busy) in [
            ("Too many simultaneous connections. (Failure)", true),
            (
                "[UNAVAILABLE] Maximum number of connections from user+IP exceeded",
                true,
            ),
            ("[UNAVAILABLE] Temporary authentication failure.", true),
            ("[INUSE] the mailbox is in use", true),
            ("[LIMIT] Rate exceeded", true),
            (
                "Account exceeded command or bandwidth limits. (Failure)",
                true,
            ),
            (
                "[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
                false,
            ),
            (
                "[AUTHENTICATIONFAILED] Too many failures, try again later",
                false,
            ),
            ("Application-specific password required", false),
            ("LOGIN failed.", false),
        ] {
            assert_eq!(takes_nobody(answer), busy, "{answer}");
        }
    }
}
