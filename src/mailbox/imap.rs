//! An IMAP server (RFC 3501 and extensions) over TLS.
//!
//! async-imap frames the protocol and logs in. Its commands are not used: they take a refusal or a lost connection
//! for an empty answer. [`Connection::command`] gives an answer only after the tagged OK.
//!
//! A connection on which anything failed is thrown away by its owner: what was half read would answer the next command.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, NameAttribute, RequestId, Response, ResponseCode,
    Status,
};
use async_imap::{Client, Session};
use jiff::Timestamp;
use rustls_pki_types::ServerName;
use tokio::io::BufWriter;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Envelope, Listing};
use crate::config::Show;
use crate::store::{MessageState, Place};

/// How long connecting, TLS and the greeting may take, each.
const CONNECT: Duration = Duration::from_secs(30);
/// How long the server may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// How long ending a session may take.
const FAREWELL: Duration = Duration::from_secs(2);

type Stream = Pin<Box<TimeoutStream<BufWriter<TlsStream<TcpStream>>>>>;

/// What can go wrong with a mailbox.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// It cannot be reached.
    #[error("cannot reach {host}:{port}: {why}")]
    Unreachable {
        /// Host.
        host: String,
        /// Port.
        port: u16,
        /// Why.
        why: String,
    },
    /// Its certificate is not to be trusted.
    #[error(
        "the certificate of {host} is not to be trusted: {why}; check mailbox.host, or name a private authority in mailbox.ca_file"
    )]
    Certificate {
        /// Host.
        host: String,
        /// Why.
        why: String,
    },
    /// It refuses the login.
    #[error(
        "{host} refuses the login of {user}: {answer}; check user and password (Gmail needs an app password, and makes a new one necessary when the account's password changes)"
    )]
    Login {
        /// Host.
        host: String,
        /// Login name.
        user: String,
        /// What the server said.
        answer: String,
    },
    /// It refuses a command.
    #[error("the server refuses {command}: {answer}")]
    Refused {
        /// The command, without its arguments.
        command: String,
        /// What the server said.
        answer: String,
    },
    /// The connection is lost.
    #[error("the connection is lost: {0}")]
    Lost(String),
    /// Anything else, said in full.
    #[error("{0:#}")]
    Other(anyhow::Error),
}

type Result<T> = std::result::Result<T, MailboxError>;

/// What the server says of a folder that it opens.
struct Selected {
    validity: u32,
    exists: u32,
    /// 0 where the server does not tell.
    uid_next: u32,
}

/// A session with a server.
pub struct Connection {
    session: Session<Stream>,
    gmail: bool,
    idle: bool,
    /// The folder that is open, and whether it may be changed.
    selected: Option<(String, bool)>,
    sent_folder: Option<Option<String>>,
    /// UIDNEXT of each folder when it was last listed.
    listed: HashMap<String, u32>,
    /// The answer to the last command told of new mail.
    news: bool,
}

fn lost(e: impl std::fmt::Display) -> MailboxError {
    // Errors of the parser carry the whole buffer, with what people wrote.
    let text = e.to_string();
    MailboxError::Lost(crate::reading::text::truncated(&text, 200).to_owned())
}

impl Connection {
    /// Connects, verifies the certificate and logs in.
    pub(super) async fn open(
        host: &str,
        port: u16,
        ca_file: Option<&Path>,
        user: &str,
        password: &str,
    ) -> Result<Connection> {
        let unreachable = |why: String| MailboxError::Unreachable {
            host: host.to_owned(),
            port,
            why,
        };
        let late = |_| unreachable(format!("no answer within {} s", CONNECT.as_secs()));
        let config = super::tls::client(ca_file).map_err(MailboxError::Other)?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|e| unreachable(format!("{host:?} is no host name: {e}")))?;
        let tcp = timeout(CONNECT, TcpStream::connect((host, port)))
            .await
            .map_err(late)?
            .map_err(|e| unreachable(e.to_string()))?;
        tcp.set_nodelay(true).map_err(lost)?;
        let tls = timeout(
            CONNECT,
            TlsConnector::from(Arc::clone(&config)).connect(name, tcp),
        )
        .await
        .map_err(late)?
        .map_err(|e| {
            let certificate = e
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>())
                .is_some_and(|r| matches!(r, rustls::Error::InvalidCertificate(_)));
            if certificate {
                MailboxError::Certificate {
                    host: host.to_owned(),
                    why: e.to_string(),
                }
            } else {
                unreachable(format!("no TLS: {e}"))
            }
        })?;
        let mut stream = TimeoutStream::new(BufWriter::new(tls));
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        let mut client = Client::new(Box::pin(stream));
        match timeout(CONNECT, client.read_response())
            .await
            .map_err(late)?
        {
            Ok(Some(greeting)) => {
                if let Response::Data {
                    status: Status::Bye,
                    outcome,
                } = greeting.parsed()
                {
                    let why = outcome.information.as_deref().unwrap_or("").to_owned();
                    return Err(unreachable(format!("the server turns us away: {why}")));
                }
            }
            Ok(None) => return Err(unreachable("the server hung up".into())),
            Err(e) => return Err(lost(e)),
        }
        let session = timeout(CONNECT, client.login(user, password))
            .await
            .map_err(late)?
            .map_err(|(e, _)| match e {
                async_imap::error::Error::No(answer) | async_imap::error::Error::Bad(answer) => {
                    MailboxError::Login {
                        host: host.to_owned(),
                        user: user.to_owned(),
                        answer,
                    }
                }
                other => lost(other),
            })?;
        let mut connection = Connection {
            session,
            gmail: false,
            idle: false,
            selected: None,
            sent_folder: None,
            listed: HashMap::new(),
            news: false,
        };
        let (mut gmail, mut idle) = (false, false);
        connection
            .command("CAPABILITY", |answer| {
                if let Response::Capabilities(list) = answer {
                    let has = |name: &str| {
                        list.iter().any(
                            |c| matches!(c, Capability::Atom(a) if a.eq_ignore_ascii_case(name)),
                        )
                    };
                    gmail |= has("X-GM-EXT-1");
                    idle |= has("IDLE");
                }
            })
            .await?;
        connection.gmail = gmail;
        connection.idle = idle;
        Ok(connection)
    }

    /// Sends a command and shows `take` the untagged answers. They count only if this succeeds: the server said OK.
    async fn command(&mut self, text: &str, take: impl FnMut(&Response<'_>)) -> Result<()> {
        let id = self.session.run_command(text).await.map_err(lost)?;
        self.answers(&id, text, take).await
    }

    async fn answers(
        &mut self,
        id: &RequestId,
        command: &str,
        mut take: impl FnMut(&Response<'_>),
    ) -> Result<()> {
        loop {
            let answer = self
                .session
                .read_response()
                .await
                .map_err(lost)?
                .ok_or_else(|| lost("the server hung up"))?;
            match answer.parsed() {
                Response::Done {
                    tag,
                    status,
                    outcome,
                } if tag == id => {
                    if *status == Status::Ok {
                        return Ok(());
                    }
                    let what = match command.split_whitespace().collect::<Vec<_>>().as_slice() {
                        ["UID", verb, ..] => format!("UID {verb}"),
                        [verb, ..] => (*verb).to_owned(),
                        [] => String::new(),
                    };
                    return Err(MailboxError::Refused {
                        command: what,
                        answer: outcome.information.as_deref().unwrap_or("").to_owned(),
                    });
                }
                Response::Data {
                    status: Status::Bye,
                    outcome,
                } => {
                    let why = outcome
                        .information
                        .as_deref()
                        .unwrap_or("the server said goodbye");
                    return Err(lost(why));
                }
                other => {
                    self.news |= matches!(other, Response::MailboxData(MailboxDatum::Exists(_)));
                    take(other);
                }
            }
        }
    }

    /// Opens a folder.
    async fn select(&mut self, folder: &str, writable: bool) -> Result<Selected> {
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        self.selected = None;
        let (mut validity, mut exists, mut uid_next) = (None, None, 0);
        self.command(
            &format!("{verb} {}", quoted(folder)),
            |answer| match answer {
                Response::Data { outcome, .. } => match outcome.code {
                    Some(ResponseCode::UidValidity(v)) => validity = Some(v),
                    Some(ResponseCode::UidNext(n)) => uid_next = n,
                    _ => {}
                },
                Response::MailboxData(MailboxDatum::Exists(n)) => exists = Some(*n),
                _ => {}
            },
        )
        .await?;
        let (Some(validity), Some(exists)) = (validity, exists) else {
            return Err(lost(
                "the server opened the folder without UIDVALIDITY or EXISTS",
            ));
        };
        self.selected = Some((folder.to_owned(), writable));
        self.news = false; // the EXISTS was that of the selection itself
        Ok(Selected {
            validity,
            exists,
            uid_next,
        })
    }

    pub(super) async fn list(
        &mut self,
        folder: &str,
        after: Option<(u32, u32)>,
        writable: bool,
    ) -> Result<Listing> {
        let Selected {
            validity: uidvalidity,
            exists,
            uid_next,
        } = self.select(folder, writable).await?;
        self.listed.insert(folder.to_owned(), uid_next);
        let mut listing = Listing {
            uidvalidity,
            envelopes: Vec::new(),
        };
        if exists == 0 {
            return Ok(listing);
        }
        let first = match after {
            Some((validity, last)) if validity == uidvalidity => last.saturating_add(1),
            _ => 1,
        };
        let gm = if self.gmail { " X-GM-MSGID" } else { "" };
        let command = format!("UID FETCH {first}:* (UID RFC822.SIZE INTERNALDATE{gm})");
        self.command(&command, |answer| {
            let Response::Fetch(_, attributes) = answer else {
                return;
            };
            let (mut uid, mut size, mut date, mut gm_msgid) = (None, None, None, None);
            for attribute in attributes {
                match attribute {
                    AttributeValue::Uid(n) => uid = Some(*n),
                    AttributeValue::Rfc822Size(n) => size = Some(*n),
                    AttributeValue::InternalDate(d) => date = internal_date(d),
                    AttributeValue::GmailMsgId(n) => gm_msgid = Some(*n),
                    _ => {}
                }
            }
            // `n:*` names the last mail even where its UID is below n; changes of flags come without a size.
            if let (Some(uid), Some(size), Some(received_at)) = (uid, size, date)
                && uid >= first
            {
                listing.envelopes.push(Envelope {
                    uid: uid.to_string(),
                    size: u64::from(size),
                    received_at,
                    gm_msgid,
                });
            }
        })
        .await?;
        listing
            .envelopes
            .sort_by_key(|e| e.uid.parse::<u32>().unwrap_or(0));
        Ok(listing)
    }

    pub(super) async fn fetch(&mut self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
        let mut mails = Vec::new();
        let command = format!("UID FETCH {} (UID BODY.PEEK[])", uids.join(","));
        self.command(&command, |answer| {
            let Response::Fetch(_, attributes) = answer else {
                return;
            };
            let (mut uid, mut body) = (None, None);
            for attribute in attributes {
                match attribute {
                    AttributeValue::Uid(n) => uid = Some(n.to_string()),
                    AttributeValue::BodySection { data: Some(d), .. } => body = Some(d.to_vec()),
                    _ => {}
                }
            }
            if let (Some(uid), Some(body)) = (uid, body)
                && uids.contains(&uid)
            {
                mails.push((uid, body));
            }
        })
        .await?;
        Ok(mails)
    }

    /// IDLE (RFC 2177) until there is news, or a plain wait where the server cannot.
    pub(super) async fn wait(&mut self, folder: &str, at_most: Duration) -> Result<()> {
        if self.selected.as_ref().is_none_or(|(f, _)| f != folder) {
            // Mail that came since the folder was listed would not wake us any more.
            let now = self.select(folder, false).await?.uid_next;
            if self.listed.get(folder) != Some(&now) {
                return Ok(());
            }
        }
        if std::mem::take(&mut self.news) {
            return Ok(());
        }
        if !self.idle {
            tokio::time::sleep(at_most).await;
            return Ok(());
        }
        let id = self.session.run_command("IDLE").await.map_err(lost)?;
        let mut ended = false;
        // Until the continuation the usual time-outs hold; a tagged NO means that there is no IDLE after all.
        loop {
            let answer = self.session.read_response().await.map_err(lost)?;
            match answer.as_ref().map(|a| a.parsed()) {
                None => return Err(lost("the server hung up")),
                Some(Response::Continue(_)) => break,
                Some(Response::Done { tag, .. }) if *tag == id => {
                    self.idle = false;
                    ended = true;
                    break;
                }
                Some(Response::MailboxData(MailboxDatum::Exists(_))) => self.news = true,
                Some(_) => {}
            }
        }
        if ended {
            tokio::time::sleep(at_most).await;
            return Ok(());
        }
        if !std::mem::take(&mut self.news) {
            self.session
                .get_mut()
                .as_mut()
                .set_read_timeout_pinned(None);
            let heard = timeout(at_most, self.news_in_idle()).await;
            self.session
                .get_mut()
                .as_mut()
                .set_read_timeout_pinned(Some(SILENCE));
            if let Ok(result) = heard {
                result?;
            }
        }
        self.session
            .run_command_untagged("DONE")
            .await
            .map_err(lost)?;
        self.answers(&id, "IDLE", |_| {}).await?;
        self.news = false;
        Ok(())
    }

    /// Reads until the server tells of new mail. Keep-alives and changes of flags are passed over.
    async fn news_in_idle(&mut self) -> Result<()> {
        loop {
            let answer = self.session.read_response().await.map_err(lost)?;
            match answer.as_ref().map(|a| a.parsed()) {
                None => return Err(lost("the server hung up")),
                Some(Response::MailboxData(MailboxDatum::Exists(_))) => return Ok(()),
                Some(Response::Data {
                    status: Status::Bye,
                    ..
                }) => return Err(lost("the server said goodbye")),
                Some(_) => {}
            }
        }
    }

    pub(super) async fn show(
        &mut self,
        place: &Place,
        outcome: MessageState,
        how: Show,
    ) -> Result<()> {
        let writable = matches!(how, Show::Keyword | Show::Label);
        if self.selected != Some((place.folder.clone(), writable)) {
            let opened = self.select(&place.folder, writable).await?;
            if opened.validity != place.uidvalidity {
                return Ok(()); // the UIDs mean other mails now
            }
        }
        let uid = &place.uid;
        match how {
            Show::Nothing => {}
            Show::Keyword => {
                for (state, word) in KEYWORDS {
                    let sign = if state == outcome { '+' } else { '-' };
                    self.command(
                        &format!("UID STORE {uid} {sign}FLAGS.SILENT ({word})"),
                        |_| {},
                    )
                    .await?;
                }
            }
            Show::Label => {
                for (state, name) in FOLDERS {
                    let sign = if state == outcome { '+' } else { '-' };
                    let label = quoted(name);
                    let store = format!("UID STORE {uid} {sign}X-GM-LABELS.SILENT ({label})");
                    self.command(&store, |_| {}).await?;
                }
            }
            Show::Folder => {
                if let Some((_, name)) = FOLDERS.iter().find(|(s, _)| *s == outcome) {
                    let copy = format!("UID COPY {uid} {}", quoted(name));
                    if let Err(MailboxError::Refused { .. }) = self.command(&copy, |_| {}).await {
                        self.command(&format!("CREATE {}", quoted(name)), |_| {})
                            .await?;
                        self.command(&copy, |_| {}).await?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) async fn was_sent(&mut self, message_id: &str) -> Result<Option<bool>> {
        let folder = match &self.sent_folder {
            Some(known) => known.clone(),
            None => {
                let found = self.find_sent_folder().await?;
                self.sent_folder = Some(found.clone());
                found
            }
        };
        let Some(folder) = folder else {
            return Ok(None);
        };
        self.select(&folder, false).await?;
        let mut found = false;
        let search = format!("UID SEARCH HEADER Message-ID {}", quoted(message_id));
        self.command(&search, |answer| {
            found |= matches!(answer, Response::MailboxData(MailboxDatum::Search(uids)) if !uids.is_empty());
        })
        .await?;
        Ok(Some(found))
    }

    /// The folder in which the server itself keeps what was sent through it; only Gmail is known to.
    async fn find_sent_folder(&mut self) -> Result<Option<String>> {
        if !self.gmail {
            return Ok(None);
        }
        let mut found = None;
        self.command("LIST \"\" \"*\"", |answer| {
            if let Response::MailboxData(MailboxDatum::List(list)) = answer
                && list.name_attributes.contains(&NameAttribute::Sent)
            {
                found = Some(utf7_imap::decode_utf7_imap(list.name.to_string()));
            }
        })
        .await?;
        Ok(found)
    }

    pub(super) async fn close(mut self) {
        // Whether the server hears it or not, we go.
        let _ = timeout(FAREWELL, self.command("LOGOUT", |_| {})).await;
    }
}

/// The keyword that shows an outcome.
const KEYWORDS: [(MessageState, &str); 2] = [
    (MessageState::Logged, "Thubaocao-Logged"),
    (MessageState::Waiting, "Thubaocao-Waiting"),
];

/// The folder or label that shows an outcome.
const FOLDERS: [(MessageState, &str); 2] = [
    (MessageState::Logged, "Báo cáo đã ghi nhận"),
    (MessageState::Waiting, "Báo cáo chờ xử lý"),
];

/// A folder's name as the protocol wants it: modified UTF-7, quoted.
fn quoted(name: &str) -> String {
    let encoded = if name.is_ascii() {
        name.to_owned()
    } else {
        utf7_imap::encode_utf7_imap(name.to_owned())
    };
    let mut out = String::from("\"");
    for c in encoded.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        let _ = write!(out, "{c}"); // writing to a String cannot fail
    }
    out.push('"');
    out
}

/// INTERNALDATE (RFC 3501, date-time): ` 7-Jun-2026 08:00:00 +0700`.
fn internal_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .ok()?
        .to_timestamp()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_dates_of_one_and_two_digits_are_read() {
        let at = |t: &str| internal_date(t).map(|x| x.to_string());
        assert_eq!(
            at(" 7-Jun-2026 08:00:00 +0700").as_deref(),
            Some("2026-06-07T01:00:00Z")
        );
        assert_eq!(
            at("17-Jul-1996 02:44:25 -0700").as_deref(),
            Some("1996-07-17T09:44:25Z")
        );
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn folder_names_are_encoded_and_quoted() {
        assert_eq!(quoted("INBOX"), "\"INBOX\"");
        assert_eq!(quoted("a\"b\\c\r\n"), "\"a\\\"b\\\\c\"");
        assert_eq!(quoted("Thư rác"), "\"Th&AbA- r&AOE-c\"");
    }
}
