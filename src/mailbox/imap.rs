//! An IMAP server (RFC 3501 and extensions) over TLS.
//!
//! async-imap frames the protocol. Its commands are not used: they take a refusal or a lost connection for an empty
//! answer. [`Connection::command`] gives an answer only after the tagged OK.
//!
//! A connection on which anything failed is thrown away by its owner: what was half read would answer the next command.

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, Response, ResponseCode, Status,
};
use jiff::Timestamp;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::bounds::{Bounded, Bounds};
use super::folders::{self, Folder};
use super::{Envelope, Listing};
use crate::config::{Show, SpecialUse, Veil};
use crate::ground::text::truncated;
use crate::store::{MessageState, Place};

/// How long connecting, TLS and the greeting may take, each.
const CONNECT: Duration = Duration::from_secs(30);
/// How long the server may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a folder is listed before it is said that it cannot be: mails may come and go meanwhile.
const LISTINGS: usize = 3;
/// More of what the server says of a failure is not kept, in bytes.
const LONGEST_SAYING: usize = 400;
/// More of a header, or of its From field, is not asked for where the mail is not, in bytes.
const LONGEST_HEAD: usize = 64_000;
/// How long ending a session may take.
const FAREWELL: Duration = Duration::from_secs(2);

type Stream = Pin<Box<TimeoutStream<BufWriter<Bounded<TlsStream<TcpStream>>>>>>;

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
    /// It takes no login at this moment, whatever the password.
    #[error(
        "{host} takes no login of {user} at the moment: {answer}; it is tried again; other programs that use this mailbox may have to be closed"
    )]
    Busy {
        /// Host.
        host: String,
        /// Login name.
        user: String,
        /// What the server said.
        answer: String,
    },
    /// A folder of the configuration is not there.
    #[error(
        "there is no folder {folder}; those that are there: {}; correct mailbox.folders, or name the folder by what it is for, such as '\\Junk'",
        there.join(", ")
    )]
    NoFolder {
        /// The folder, as the configuration names it.
        folder: String,
        /// The folders that can be opened.
        there: Vec<String>,
    },
    /// A Maildir that had mails has none.
    #[error(
        "{} had mails and now has none; is its disk mounted, and mailbox.path right? If it was emptied on purpose, deliver any mail into it",
        path.display()
    )]
    Emptied {
        /// The Maildir.
        path: PathBuf,
    },
    /// It refuses a command.
    #[error("the server refuses {command}: {answer}")]
    Refused {
        /// The command, without its arguments.
        command: String,
        /// What the server said.
        answer: String,
    },
    /// What it lists of a folder is not what it says is there.
    #[error(
        "the server does not list all mails of the folder {folder}; units are not reminded until it does"
    )]
    Incomplete {
        /// The folder.
        folder: String,
    },
    /// It answers what the parser cannot take.
    #[error("the server answers what cannot be understood")]
    Unparsable,
    /// The connection is lost.
    #[error("the connection is lost: {0}")]
    Lost(String),
    /// Anything else, said in full.
    #[error("{0:#}")]
    Other(anyhow::Error),
}

impl MailboxError {
    /// The same error, without the secrets that the server was told, and with no more of its words than are read.
    pub(super) fn under(self, veil: &Veil) -> MailboxError {
        let over = |text: String| truncated(&veil.over(&text), LONGEST_SAYING).to_owned();
        match self {
            MailboxError::Unreachable { host, port, why } => MailboxError::Unreachable {
                host,
                port,
                why: over(why),
            },
            MailboxError::Certificate { host, why } => MailboxError::Certificate {
                host,
                why: over(why),
            },
            MailboxError::Login { host, user, answer } => MailboxError::Login {
                host,
                user,
                answer: over(answer),
            },
            MailboxError::Busy { host, user, answer } => MailboxError::Busy {
                host,
                user,
                answer: over(answer),
            },
            MailboxError::NoFolder { folder, there } => MailboxError::NoFolder {
                folder,
                there: there.into_iter().map(over).collect(),
            },
            MailboxError::Refused { command, answer } => MailboxError::Refused {
                command,
                answer: over(answer),
            },
            MailboxError::Lost(why) => MailboxError::Lost(over(why)),
            // In these the server says nothing.
            same @ (MailboxError::Emptied { .. }
            | MailboxError::Incomplete { .. }
            | MailboxError::Unparsable
            | MailboxError::Other(_)) => same,
        }
    }
}

type Result<T> = std::result::Result<T, MailboxError>;

/// What the server says of a folder that it opens.
struct Selected {
    validity: u32,
    exists: u32,
    /// 0 where the server does not tell.
    uid_next: u32,
}

/// An answer of the server. The parser panics on some of what servers write, such as a date that is NIL.
async fn parsed<T>(read: impl Future<Output = std::io::Result<Option<T>>>) -> Result<Option<T>> {
    let mut read = Box::pin(read);
    let answer = poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| read.as_mut().poll(context)));
        poll.map_or(Poll::Ready(None), |poll| poll.map(Some))
    });
    match answer.await {
        Some(answer) => answer.map_err(lost),
        None => Err(MailboxError::Unparsable),
    }
}

/// How many mails of a folder are accounted for.
#[derive(Clone, Copy)]
struct Counted {
    validity: u32,
    exists: u32,
}

/// What a server tells of a mail; some of it may be missing.
#[derive(Default)]
struct Told {
    uid: u32,
    size: Option<u32>,
    received_at: Option<Timestamp>,
    gm_msgid: Option<u64>,
}

/// A session with a server.
pub struct Connection {
    client: Client<Stream>,
    /// How many commands were sent; their tags are counted.
    commands: u32,
    gmail: bool,
    idle: bool,
    /// Whether it is to be asked what its folders are for (RFC 6154, by LIST-EXTENDED).
    special_use: bool,
    /// The folder that is open, as the configuration names it, and whether it may be changed.
    selected: Option<(String, bool)>,
    /// The folders that are there, once they were asked for.
    folders: Option<Vec<Folder>>,
    /// What configured folders were for when they were last seen.
    known: HashMap<String, SpecialUse>,
    /// UIDNEXT and EXISTS of each folder when it was last listed.
    listed: HashMap<String, (u32, u32)>,
    /// Whether the server is not asked for INTERNALDATE, as it answers what the parser cannot take.
    without_dates: bool,
    /// How many mails each folder held when all of them had been listed.
    counted: HashMap<String, Counted>,
    /// The answer to the last command told of new mail.
    news: bool,
    /// How much of the texts of mails is taken.
    of_mails: Bounds,
    /// How often in a row the server told of news and there were none.
    in_vain: u32,
}

fn lost(e: impl std::fmt::Display) -> MailboxError {
    let text = e.to_string();
    // Errors of the parser are its own notes and carry the whole buffer, with what people wrote.
    if text.contains(" during parsing of ") {
        return MailboxError::Lost("the server sent what is no answer of IMAP".into());
    }
    MailboxError::Lost(text)
}

impl Connection {
    /// Connects, verifies the certificate and logs in. `longest`: the most bytes of a mail that is asked for.
    pub(super) async fn open(
        host: &str,
        port: u16,
        ca_file: Option<&Path>,
        user: &str,
        password: &str,
        known: HashMap<String, SpecialUse>,
        longest: u64,
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
        let mut stream = TimeoutStream::new(BufWriter::new(Bounded::new(tls)));
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
        let mut connection = Connection {
            client,
            commands: 0,
            gmail: false,
            idle: false,
            special_use: false,
            selected: None,
            folders: None,
            known,
            listed: HashMap::new(),
            without_dates: false,
            counted: HashMap::new(),
            news: false,
            of_mails: Bounds::of_mails(longest, super::BATCH_BYTES),
            in_vain: 0,
        };
        let login = format!("LOGIN {} {}", string(user)?, string(password)?);
        timeout(CONNECT, connection.command(&login, |_| {}))
            .await
            .map_err(late)?
            .map_err(|e| match e {
                MailboxError::Refused { answer, .. } => {
                    let (host, user) = (host.to_owned(), user.to_owned());
                    if takes_nobody(&answer) {
                        MailboxError::Busy { host, user, answer }
                    } else {
                        MailboxError::Login { host, user, answer }
                    }
                }
                other => other,
            })?;
        let (mut gmail, mut idle, mut special_use) = (false, false, false);
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
                    special_use |= has("SPECIAL-USE") && has("LIST-EXTENDED");
                }
            })
            .await?;
        connection.gmail = gmail;
        connection.idle = idle;
        connection.special_use = special_use;
        Ok(connection)
    }

    /// Sends a command and shows `take` the untagged answers. They count only if this succeeds: the server said OK.
    async fn command(&mut self, text: &str, take: impl FnMut(&Response<'_>)) -> Result<()> {
        let tag = self.send(text).await?;
        self.answers(&tag, text, take).await
    }

    /// Sends a command, and gives its tag.
    async fn send(&mut self, command: &str) -> Result<String> {
        self.commands += 1;
        self.bound(Bounds::USUAL);
        let tag = format!("T{}", self.commands);
        self.send_line(&format!("{tag} {command}")).await?;
        Ok(tag)
    }

    /// Sets how much of the next answers is taken.
    fn bound(&mut self, bounds: Bounds) {
        let line = self.client.get_mut().as_mut().get_pin_mut();
        line.get_pin_mut().get_mut().bound(bounds);
    }

    async fn send_line(&mut self, line: &str) -> Result<()> {
        let stream = self.client.get_mut();
        stream
            .write_all(format!("{line}\r\n").as_bytes())
            .await
            .map_err(lost)?;
        stream.flush().await.map_err(lost)
    }

    async fn answers(
        &mut self,
        own_tag: &str,
        command: &str,
        mut take: impl FnMut(&Response<'_>),
    ) -> Result<()> {
        loop {
            let answer = parsed(self.client.read_response())
                .await?
                .ok_or_else(|| lost("the server hung up"))?;
            match answer.parsed() {
                Response::Done {
                    tag,
                    status,
                    outcome,
                } if tag.0 == own_tag => {
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

    /// Opens a folder of the configuration. One that was renamed meanwhile is looked for once more.
    async fn select(&mut self, folder: &str, writable: bool) -> Result<Selected> {
        let asked_before = self.folders.is_some();
        let wire = match self.wire_name(folder).await {
            Err(MailboxError::NoFolder { .. }) if asked_before => {
                self.folders = None;
                self.wire_name(folder).await?
            }
            other => other?,
        };
        match self.open_folder(folder, &wire, writable).await {
            Err(refused @ MailboxError::Refused { .. }) if asked_before => {
                self.folders = None;
                let now = self.wire_name(folder).await?;
                if now == wire {
                    return Err(refused);
                }
                self.open_folder(folder, &now, writable).await
            }
            other => other,
        }
    }

    /// What the server calls a folder of the configuration.
    async fn wire_name(&mut self, folder: &str) -> Result<String> {
        if folder.eq_ignore_ascii_case("INBOX") {
            return Ok("INBOX".to_owned()); // always there (RFC 3501, 5.1)
        }
        self.ask_folders().await?;
        let folders = self.folders.as_deref().unwrap_or_default();
        match folders::meant(folder, folders, &self.known) {
            Some(found) => Ok(found.wire.clone()),
            None => Err(MailboxError::NoFolder {
                folder: folder.to_owned(),
                there: folders
                    .iter()
                    .filter(|f| f.selectable)
                    .map(|f| f.name.clone())
                    .collect(),
            }),
        }
    }

    /// Asks for the folders that are there, unless that was done.
    async fn ask_folders(&mut self) -> Result<()> {
        if self.folders.is_some() {
            return Ok(());
        }
        let plain = "LIST \"\" \"*\"";
        let mut folders = Vec::new();
        // Some servers that know special uses tell them to a client that does not ask, too, some do not (RFC 6154, 2).
        if self.special_use {
            match self
                .list_folders(&format!("{plain} RETURN (SPECIAL-USE)"))
                .await
            {
                // It says that it can, and cannot.
                Err(MailboxError::Refused { .. }) => self.special_use = false,
                other => folders = other?,
            }
        }
        if !self.special_use {
            folders = self.list_folders(plain).await?;
        }
        self.folders = Some(folders);
        Ok(())
    }

    async fn list_folders(&mut self, command: &str) -> Result<Vec<Folder>> {
        let mut folders = Vec::new();
        self.command(command, |answer| {
            if let Response::MailboxData(MailboxDatum::List(list)) = answer {
                folders.push(Folder::new(&list.name, &list.name_attributes));
            }
        })
        .await?;
        Ok(folders)
    }

    async fn open_folder(&mut self, folder: &str, wire: &str, writable: bool) -> Result<Selected> {
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        self.selected = None;
        let (mut validity, mut exists, mut uid_next) = (None, None, 0);
        self.command(&format!("{verb} {}", quoted(wire)), |answer| match answer {
            Response::Data { outcome, .. } => match outcome.code {
                Some(ResponseCode::UidValidity(v)) => validity = Some(v),
                Some(ResponseCode::UidNext(n)) => uid_next = n,
                _ => {}
            },
            Response::MailboxData(MailboxDatum::Exists(n)) => exists = Some(*n),
            _ => {}
        })
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
        for _ in 0..LISTINGS {
            let selected = self.select(folder, writable).await?;
            let state = (selected.uid_next, selected.exists);
            if self.listed.insert(folder.to_owned(), state) != Some(state) {
                self.in_vain = 0; // there was something new to wake us for
            }
            let seen = self.counted.get(folder).copied();
            let first = match (after, seen) {
                (Some((validity, last)), Some(seen))
                    if validity == selected.validity
                        && seen.validity == validity
                        && selected.uid_next > last =>
                {
                    last.saturating_add(1)
                }
                _ => 1,
            };
            let mut envelopes = if selected.exists == 0 {
                Vec::new()
            } else {
                self.envelopes(&format!("{first}:*")).await?
            };
            // `n:*` names the last mail even where its UID is below n.
            envelopes.retain(|e| e.uid >= first);
            let known = seen.filter(|_| first > 1).map_or(0, |s| s.exists as usize);
            // What is there and what was listed agree, or mails were removed or came meanwhile, or the server left
            // some out: then all are listed again.
            if known + envelopes.len() != selected.exists as usize || self.news {
                self.counted.remove(folder);
                continue;
            }
            self.counted.insert(
                folder.to_owned(),
                Counted {
                    validity: selected.validity,
                    exists: selected.exists,
                },
            );
            return Ok(Listing {
                uidvalidity: selected.validity,
                uid_next: selected.uid_next,
                special_use: self.special_use_of(folder),
                envelopes: self.complete(envelopes).await?,
            });
        }
        Err(MailboxError::Incomplete {
            folder: folder.to_owned(),
        })
    }

    /// What the server tells of mails of the open folder, in the order of UIDs.
    async fn envelopes(&mut self, uids: &str) -> Result<Vec<Told>> {
        let gm = if self.gmail { " X-GM-MSGID" } else { "" };
        let date = if self.without_dates {
            ""
        } else {
            " INTERNALDATE"
        };
        let command = format!("UID FETCH {uids} (UID RFC822.SIZE{date}{gm})");
        let mut found: BTreeMap<u32, Told> = BTreeMap::new();
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
            // A change of flags that is told meanwhile names a mail too, with nothing else.
            if let Some(uid) = uid {
                let told = found.entry(uid).or_insert(Told {
                    uid,
                    ..Told::default()
                });
                told.size = told.size.or(size);
                told.received_at = told.received_at.or(date);
                told.gm_msgid = told.gm_msgid.or(gm_msgid);
            }
        })
        .await?;
        Ok(found.into_values().collect())
    }

    /// Asks again for what the server did not tell of a mail.
    async fn complete(&mut self, told: Vec<Told>) -> Result<Vec<Envelope>> {
        let partial = told
            .iter()
            .filter(|t| t.size.is_none() || t.received_at.is_none() && !self.without_dates);
        let partial: Vec<String> = partial.map(|t| t.uid.to_string()).collect();
        let again = if partial.is_empty() {
            Vec::new()
        } else {
            self.envelopes(&partial.join(",")).await?
        };
        let mut complete = Vec::with_capacity(told.len());
        for mut told in told {
            if let Some(more) = again.iter().find(|m| m.uid == told.uid) {
                told.size = told.size.or(more.size);
                told.received_at = told.received_at.or(more.received_at);
            }
            complete.push(Envelope {
                uid: told.uid.to_string(),
                size: u64::from(told.size.unwrap_or(0)),
                received_at: told.received_at,
                gm_msgid: told.gm_msgid,
            });
        }
        Ok(complete)
    }

    fn special_use_of(&self, folder: &str) -> Option<SpecialUse> {
        let folders = self.folders.as_deref().unwrap_or_default();
        folders::meant(folder, folders, &self.known)?.special_use
    }

    pub(super) async fn fetch(&mut self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
        self.sections(uids, "BODY.PEEK[]").await
    }

    pub(super) async fn heads(&mut self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
        let head = format!("BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>");
        self.sections(uids, &head).await
    }

    pub(super) async fn senders(&mut self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
        let from = format!("BODY.PEEK[HEADER.FIELDS (FROM)]<0.{LONGEST_HEAD}>");
        self.sections(uids, &from).await
    }

    async fn sections(&mut self, uids: &[String], section: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let mut mails: Vec<(String, Vec<u8>)> = Vec::new();
        let command = format!("UID FETCH {} (UID {section})", uids.join(","));
        let tag = self.send(&command).await?;
        self.bound(self.of_mails);
        self.answers(&tag, &command, |answer| {
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

    /// IDLE (RFC 2177) until there is news, or a plain wait where the server cannot. A server that told of news which
    /// there were not is asked again only after a pause.
    pub(super) async fn wait(&mut self, folder: &str, at_most: Duration) -> Result<()> {
        let begun = Instant::now();
        sleep(calm(self.in_vain).min(at_most)).await;
        let at_most = at_most.saturating_sub(begun.elapsed());
        self.in_vain = match self.await_news(folder, at_most).await? {
            true => self.in_vain + 1, // until the next listing knows better
            false => 0,
        };
        Ok(())
    }

    /// Whether the server told of news in time.
    async fn await_news(&mut self, folder: &str, at_most: Duration) -> Result<bool> {
        if self.selected.as_ref().is_none_or(|(f, _)| f != folder) {
            // Mail that came since the folder was listed would not wake us any more.
            let opened = self.select(folder, false).await?;
            if self.listed.get(folder) != Some(&(opened.uid_next, opened.exists)) {
                return Ok(true);
            }
        }
        if std::mem::take(&mut self.news) {
            return Ok(true);
        }
        if !self.idle {
            sleep(at_most).await;
            return Ok(false);
        }
        let own_tag = self.send("IDLE").await?;
        // Until the continuation the usual time-outs hold; a tagged NO means that there is no IDLE after all.
        loop {
            let answer = parsed(self.client.read_response()).await?;
            match answer.as_ref().map(|a| a.parsed()) {
                None => return Err(lost("the server hung up")),
                Some(Response::Continue(_)) => break,
                Some(Response::Done { tag, .. }) if tag.0 == own_tag => {
                    self.idle = false;
                    sleep(at_most).await;
                    return Ok(false);
                }
                Some(Response::MailboxData(MailboxDatum::Exists(_))) => self.news = true,
                Some(_) => {}
            }
        }
        if !self.news {
            self.client.get_mut().as_mut().set_read_timeout_pinned(None);
            let heard = timeout(at_most, self.news_in_idle()).await;
            self.client
                .get_mut()
                .as_mut()
                .set_read_timeout_pinned(Some(SILENCE));
            if let Ok(result) = heard {
                result?;
                self.news = true;
            }
        }
        self.send_line("DONE").await?;
        self.answers(&own_tag, "IDLE", |_| {}).await?;
        Ok(std::mem::take(&mut self.news))
    }

    /// Reads until the server tells of new mail. Keep-alives and changes of flags are passed over.
    async fn news_in_idle(&mut self) -> Result<()> {
        loop {
            let answer = parsed(self.client.read_response()).await?;
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
                    let label = quoted(&folders::encoded(name));
                    let store = format!("UID STORE {uid} {sign}X-GM-LABELS.SILENT ({label})");
                    self.command(&store, |_| {}).await?;
                }
            }
            Show::Folder => {
                if let Some((_, name)) = FOLDERS.iter().find(|(s, _)| *s == outcome) {
                    let name = quoted(&folders::encoded(name));
                    let copy = format!("UID COPY {uid} {name}");
                    if let Err(MailboxError::Refused { .. }) = self.command(&copy, |_| {}).await {
                        self.command(&format!("CREATE {name}"), |_| {}).await?;
                        self.command(&copy, |_| {}).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether it is Gmail.
    pub(super) fn is_gmail(&self) -> bool {
        self.gmail
    }

    pub(super) async fn was_sent(&mut self, message_id: &str) -> Result<Option<bool>> {
        self.sent_has("Message-ID", message_id).await
    }

    pub(super) async fn was_answered(&mut self, message_id: &str) -> Result<Option<bool>> {
        self.sent_has("In-Reply-To", message_id).await
    }

    /// Whether a header of a sent mail says something; `None` where there is no folder of them.
    async fn sent_has(&mut self, header: &str, says: &str) -> Result<Option<bool>> {
        self.ask_folders().await?;
        let folders = self.folders.iter().flatten();
        let Some(wire) = folders.into_iter().find(|f| f.sent).map(|f| f.wire.clone()) else {
            return Ok(None);
        };
        self.open_folder(&wire, &wire, false).await?;
        let mut found = false;
        let search = format!("UID SEARCH HEADER {header} {}", quoted(says));
        self.command(&search, |answer| {
            found |= matches!(answer, Response::MailboxData(MailboxDatum::Search(uids)) if !uids.is_empty());
        })
        .await?;
        Ok(Some(found))
    }

    /// What time the server says it is: the INTERNALDATE that it gives to a mail which comes without one (RFC 3501, 6.3.11).
    /// The mail is put where nobody looks, and removed at once: into the trash of Gmail, where deleting a folder keeps
    /// its mails, else into a folder of its own. `None` where the server does not let us.
    pub(super) async fn time(&mut self, mail: &[u8]) -> Result<Option<Timestamp>> {
        let own = quoted(OWN_FOLDER);
        let folder = if self.gmail {
            self.ask_folders().await?;
            let mut folders = self.folders.iter().flatten();
            folders.find(|f| f.trash).map(|f| quoted(&f.wire))
        } else {
            // One that a broken connection left behind will do.
            permitted(self.command(&format!("CREATE {own}"), |_| {}).await)?;
            Some(own.clone())
        };
        let Some(folder) = folder else {
            return Ok(None);
        };
        self.selected = None;
        let at = match self.dated_on_arrival(&folder, mail).await {
            Err(MailboxError::Refused { .. }) => None,
            other => other?,
        };
        if !self.gmail {
            permitted(self.command(&format!("DELETE {own}"), |_| {}).await)?;
        }
        Ok(at)
    }

    /// Puts a mail into a folder, and gives the date that it got; removes it where it lies in the trash.
    async fn dated_on_arrival(&mut self, folder: &str, mail: &[u8]) -> Result<Option<Timestamp>> {
        let append = format!("APPEND {folder} (\\Seen) {{{}}}", mail.len());
        let own_tag = self.send(&append).await?;
        loop {
            let answer = parsed(self.client.read_response()).await?;
            match answer.as_ref().map(|a| a.parsed()) {
                None => return Err(lost("the server hung up")),
                Some(Response::Continue(_)) => break,
                Some(Response::Done { tag, outcome, .. }) if tag.0 == own_tag => {
                    return Err(MailboxError::Refused {
                        command: "APPEND".to_owned(),
                        answer: outcome.information.as_deref().unwrap_or("").to_owned(),
                    });
                }
                Some(_) => {}
            }
        }
        let stream = self.client.get_mut();
        stream.write_all(mail).await.map_err(lost)?;
        self.send_line("").await?;
        self.answers(&own_tag, "APPEND", |_| {}).await?;
        let (verb, key) = if self.gmail {
            (
                "SELECT",
                format!("HEADER Message-ID {}", quoted(message_id(mail))),
            )
        } else {
            ("EXAMINE", "ALL".to_owned())
        };
        self.command(&format!("{verb} {folder}"), |_| {}).await?;
        let mut last = None;
        self.command(&format!("UID SEARCH {key}"), |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                last = uids.iter().max().copied().or(last);
            }
        })
        .await?;
        let Some(uid) = last else {
            return Ok(None);
        };
        let mut at = None;
        let fetch = format!("UID FETCH {uid} (UID INTERNALDATE)");
        self.command(&fetch, |answer| {
            if let Response::Fetch(_, attributes) = answer {
                at = attributes.iter().find_map(|a| match a {
                    AttributeValue::InternalDate(date) => internal_date(date),
                    _ => None,
                });
            }
        })
        .await?;
        if self.gmail {
            let flag = format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)");
            self.command(&flag, |_| {}).await?;
            self.command(&format!("UID EXPUNGE {uid}"), |_| {}).await?;
        }
        // Lets go of the folder: a read-only one is not expunged by that.
        self.command("EXAMINE INBOX", |_| {}).await?;
        Ok(at)
    }

    pub(super) fn ask_for_no_dates(&mut self) {
        self.without_dates = true;
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

/// The folder that is made, and removed at once, to learn what time the server says it is.
const OWN_FOLDER: &str = "Thubaocao-gio";

/// A command of which nothing depends: refused is as good as done.
fn permitted(result: Result<()>) -> Result<()> {
    match result {
        Err(MailboxError::Refused { .. }) => Ok(()),
        other => other,
    }
}

/// The Message-ID of a mail of ours, without its brackets.
fn message_id(mail: &[u8]) -> &str {
    let text = std::str::from_utf8(mail).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("Message-ID: <"));
    line.map_or("", |id| id.trim_end_matches('>'))
}

/// How long to leave a server alone that woke us so many times for nothing.
fn calm(in_vain: u32) -> Duration {
    match in_vain {
        0 => Duration::ZERO,
        n => Duration::from_secs(5 << (n - 1).min(3)).min(SILENCE),
    }
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

/// A text in quotes, without what cannot stand in them.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
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
    fn texts_in_quotes_hold_nothing_that_ends_them() {
        assert_eq!(quoted("INBOX"), "\"INBOX\"");
        assert_eq!(quoted("a\"b\\c\r\n"), "\"a\\\"b\\\\c\"");
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

    #[test]
    fn a_server_that_wakes_us_for_nothing_is_left_alone_longer_and_longer() {
        let seconds: Vec<u64> = (0..6).map(|n| calm(n).as_secs()).collect();
        assert_eq!(seconds, [0, 5, 10, 20, 40, 40]);
    }
}
