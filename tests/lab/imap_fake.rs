//! An IMAP server on 127.0.0.1 that misbehaves where a test asks it to, since a real one cannot be made to.
//!
//! What it does not misbehave in, it does as RFC 3501 says. The test holds its folders and mails, and sees every command.

use std::fs;
use std::io::BufReader;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{await_until, utf7};

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Capability,
    Login,
    List,
    Select,
    /// A FETCH of what is known of mails without their text.
    Listing,
    /// A FETCH of the date of a mail alone.
    Date,
    /// A FETCH of whole mails.
    Bodies,
    /// A FETCH of the headers of mails.
    Heads,
    Search,
    Store,
    Copy,
    Create,
    Delete,
    Expunge,
    Append,
    Idle,
    Noop,
    Logout,
    Unknown,
}

impl Step {
    fn of(command: &str) -> Step {
        let upper = command.to_uppercase();
        let mut words = upper.split(' ');
        let verb = match words.next() {
            Some("UID") => words.next(),
            other => other,
        };
        match verb.unwrap_or("") {
            "CAPABILITY" => Step::Capability,
            "LOGIN" => Step::Login,
            "LIST" => Step::List,
            "SELECT" | "EXAMINE" => Step::Select,
            "FETCH" if upper.contains("BODY.PEEK[]") => Step::Bodies,
            "FETCH" if upper.contains("RFC822.SIZE") => Step::Listing,
            "FETCH" if upper.contains("BODY.PEEK[HEADER") => Step::Heads,
            "FETCH" if upper.contains("INTERNALDATE") => Step::Date,
            "SEARCH" => Step::Search,
            "STORE" => Step::Store,
            "COPY" => Step::Copy,
            "CREATE" => Step::Create,
            "DELETE" => Step::Delete,
            "EXPUNGE" => Step::Expunge,
            "APPEND" => Step::Append,
            "IDLE" => Step::Idle,
            "NOOP" => Step::Noop,
            "LOGOUT" => Step::Logout,
            _ => Step::Unknown,
        }
    }
}

type Change = Arc<dyn Fn(&mut Account) + Send + Sync>;

/// What goes wrong in the answer to a command.
#[derive(Clone)]
pub enum Fault {
    /// A tagged OK and nothing else.
    Nothing,
    /// A tagged NO with this text, which may begin with a code in brackets.
    No(&'static str),
    Bad(&'static str),
    /// A tagged NO that says the LOGIN of the client again, as it came and in base64.
    Echo,
    /// The same in an untagged BYE, and the line is cut.
    EchoAndBye,
    /// An untagged BYE, and the line is cut.
    Bye(&'static str),
    /// The line is cut after so many bytes of the answer.
    CutAfter(usize),
    /// These bytes in place of the answer.
    Garbage(&'static [u8]),
    /// The answer comes later.
    Delay(Duration),
    /// An item of a FETCH (`INTERNALDATE`, `RFC822.SIZE` …) of one UID is this text, or missing.
    Item(u32, &'static str, Option<&'static str>),
    /// The literals of a FETCH of one UID are cut to so many bytes, and say so.
    Truncated(u32, usize),
    /// A FETCH passes over one UID.
    Without(u32),
    /// Another fault, where the command names this UID.
    Of(u32, Box<Fault>),
    /// IDLE is answered by EXISTS at once, whether there is news or not.
    ExistsAtOnce,
    /// The account changes before the command is carried out.
    Before(Change),
    /// The account changes when the answer has been given.
    After(Change),
}

impl Fault {
    pub fn before(change: impl Fn(&mut Account) + Send + Sync + 'static) -> Fault {
        Fault::Before(Arc::new(change))
    }

    pub fn after(change: impl Fn(&mut Account) + Send + Sync + 'static) -> Fault {
        Fault::After(Arc::new(change))
    }
}

/// A mail as the server keeps it.
#[derive(Clone)]
pub struct Mail {
    pub uid: u32,
    /// INTERNALDATE.
    pub received_at: Timestamp,
    pub raw: Vec<u8>,
    /// RFC822.SIZE, where it is not the length.
    pub announced: Option<usize>,
    pub gm_msgid: Option<u64>,
}

/// A folder as the server keeps it.
#[derive(Clone)]
pub struct Folder {
    pub name: String,
    /// Its attribute by RFC 6154, such as `\Junk`.
    pub special: Option<&'static str>,
    pub uidvalidity: u32,
    pub uid_next: u32,
    /// HIGHESTMODSEQ (RFC 7162), where the server tells it.
    pub modseq: Option<u64>,
    pub mails: Vec<Mail>,
}

impl Folder {
    pub fn new(name: &str, special: Option<&'static str>) -> Folder {
        Folder {
            name: name.to_owned(),
            special,
            uidvalidity: 7,
            uid_next: 1,
            modseq: None,
            mails: Vec::new(),
        }
    }

    /// Files a mail, and gives its UID.
    pub fn deliver(&mut self, received_at: Timestamp, raw: &[u8]) -> u32 {
        let uid = self.uid_next;
        self.uid_next += 1;
        self.modseq = self.modseq.map(|n| n + 1);
        self.mails.push(Mail {
            uid,
            received_at,
            raw: raw.to_vec(),
            announced: None,
            gm_msgid: None,
        });
        uid
    }

    fn uids(&self) -> Vec<u32> {
        self.mails.iter().map(|m| m.uid).collect()
    }
}

struct Hook {
    step: Step,
    times: (Bound<usize>, Bound<usize>),
    seen: usize,
    fault: Fault,
}

/// All that the server knows.
pub struct Account {
    pub folders: Vec<Folder>,
    /// Whether it says that it has Gmail's extensions.
    pub gmail: bool,
    hooks: Vec<Hook>,
    log: Vec<(Step, String)>,
}

impl Account {
    pub fn folder(&mut self, name: &str) -> &mut Folder {
        let found = self.folders.iter_mut().find(|f| f.name == name);
        found.unwrap_or_else(|| panic!("the server has no folder {name}"))
    }

    /// The last LOGIN, as it came and in base64, the password also as the mechanism LOGIN sends it.
    fn echo(&self) -> String {
        let login = self.log.iter().rev().find(|(s, _)| *s == Step::Login);
        let login = login.map_or("", |(_, text)| text);
        let password = words(login).pop().unwrap_or_default();
        let [all, password] = [login, &password].map(|t| STANDARD.encode(t));
        format!("cannot take {login} ({all}, {password})")
    }

    /// Notes a command and gives what shall go wrong with it.
    fn faults(&mut self, step: Step, text: &str) -> Vec<Fault> {
        self.log.push((step, text.to_owned()));
        let mut faults = Vec::new();
        for hook in self.hooks.iter_mut().filter(|h| h.step == step) {
            hook.seen += 1;
            if !hook.times.contains(&hook.seen) {
                continue;
            }
            match &hook.fault {
                Fault::Of(uid, fault) if names(text, *uid) => faults.push((**fault).clone()),
                Fault::Of(..) => {}
                fault => faults.push(fault.clone()),
            }
        }
        faults
    }
}

/// Whether a command such as `UID FETCH 1,3 (…)` names a UID.
fn names(command: &str, uid: u32) -> bool {
    let set = command.split(' ').nth(2).unwrap_or("");
    set.split(',').any(|one| one.parse() == Ok(uid))
}

/// A running server; it ends when dropped.
pub struct FakeImap {
    dir: TempDir,
    pub port: u16,
    account: Arc<Mutex<Account>>,
    news: watch::Sender<()>,
    _end: oneshot::Sender<()>,
}

impl FakeImap {
    /// Starts a server with an INBOX and a folder Spam (`\Junk`), both empty. It takes any name and password.
    pub fn start() -> FakeImap {
        let dir = tempfile::tempdir().unwrap();
        super::write_certificates(dir.path());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let account = Arc::new(Mutex::new(Account {
            folders: vec![
                Folder::new("INBOX", None),
                Folder::new("Spam", Some("\\Junk")),
            ],
            gmail: false,
            hooks: Vec::new(),
            log: Vec::new(),
        }));
        let (news, _) = watch::channel(());
        let (end, ended) = oneshot::channel::<()>();
        let acceptor = TlsAcceptor::from(tls(dir.path()));
        let shared = (Arc::clone(&account), news.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.spawn(accept(listener, acceptor, shared.0, shared.1));
            let _ = runtime.block_on(ended); // the sender is dropped with the server
        });
        FakeImap {
            dir,
            port,
            account,
            news,
            _end: end,
        }
    }

    /// The private certificate authority.
    pub fn ca_file(&self) -> String {
        self.dir.path().join("ca.pem").to_str().unwrap().to_owned()
    }

    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }

    /// Changes the account and tells those who idle.
    pub fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        let result = change(&mut self.account());
        self.news.send_replace(());
        result
    }

    /// Files a mail in a folder, and gives its UID.
    pub fn deliver(&self, folder: &str, received_at: Timestamp, raw: &[u8]) -> u32 {
        self.change(|a| a.folder(folder).deliver(received_at, raw))
    }

    /// Lets something go wrong at the commands of a kind with these numbers, counted from now and from one.
    pub fn on(&self, step: Step, times: impl RangeBounds<usize>, fault: Fault) {
        let times = (times.start_bound().cloned(), times.end_bound().cloned());
        self.account().hooks.push(Hook {
            step,
            times,
            seen: 0,
            fault,
        });
    }

    /// All is well again.
    pub fn mend(&self) {
        self.account().hooks.clear();
    }

    /// The commands so far, without their tags.
    pub fn log(&self) -> Vec<(Step, String)> {
        self.account().log.clone()
    }

    /// How many commands of a kind there were so far.
    pub fn count(&self, step: Step) -> usize {
        self.account()
            .log
            .iter()
            .filter(|(s, _)| *s == step)
            .count()
    }

    /// Waits until there were so many commands of a kind.
    pub fn await_step(&self, step: Step, times: usize) {
        await_until(&format!("{step:?}, {times} times"), || {
            self.count(step) >= times
        });
    }
}

/// The side of TLS that has the certificate of a folder.
pub(super) fn tls(dir: &std::path::Path) -> Arc<rustls::ServerConfig> {
    let pem = fs::read(dir.join("server.pem")).unwrap();
    let chain = CertificateDer::pem_reader_iter(BufReader::new(pem.as_slice()))
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

async fn accept(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    account: Arc<Mutex<Account>>,
    news: watch::Sender<()>,
) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((tcp, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        let mut session = Session {
            account: Arc::clone(&account),
            news: news.subscribe(),
            open: None,
        };
        tokio::spawn(async move {
            // A client may hang up at any moment; that is no fault of the server.
            if let Ok(tls) = acceptor.accept(tcp).await {
                let _ = session.serve(tokio::io::BufReader::new(tls)).await;
            }
        });
    }
}

/// The folder that a client has open: its name, and the UIDs that the client knows of, in their order.
struct Open {
    folder: String,
    view: Vec<u32>,
}

struct Session {
    account: Arc<Mutex<Account>>,
    news: watch::Receiver<()>,
    open: Option<Open>,
}

/// Whether the line stays open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    Cut,
}

type Stream = tokio::io::BufReader<TlsStream<TcpStream>>;

impl Session {
    async fn serve(&mut self, mut stream: Stream) -> std::io::Result<()> {
        let faults = self.account().faults(Step::Greeting, "");
        let greeting = b"* OK [CAPABILITY IMAP4rev1] ready\r\n".to_vec();
        if send(&mut stream, greeting, &faults, "*", "").await? == Line::Cut {
            return Ok(());
        }
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let (tag, command) = line.trim_end().split_once(' ').unwrap_or(("*", ""));
            let step = Step::of(command);
            let faults = self.account().faults(step, command);
            for fault in &faults {
                if let Fault::Before(change) = fault {
                    change(&mut self.account());
                }
            }
            let literal = match step {
                Step::Append => Some(literal(&mut stream, command).await?),
                _ => None,
            };
            if step == Step::Idle && !refuses(&faults) {
                self.idle(&mut stream, tag, &faults).await?;
                continue;
            }
            let answer = self.answer(step, tag, command, literal, &faults);
            let echo = self.account().echo();
            if send(&mut stream, answer, &faults, tag, &echo).await? == Line::Cut
                || step == Step::Logout
            {
                stream.shutdown().await?;
                return Ok(());
            }
            for fault in &faults {
                if let Fault::After(change) = fault {
                    change(&mut self.account());
                }
            }
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }

    fn answer(
        &mut self,
        step: Step,
        tag: &str,
        command: &str,
        literal: Option<Vec<u8>>,
        faults: &[Fault],
    ) -> Vec<u8> {
        let account = Arc::clone(&self.account);
        let mut account = account.lock().unwrap();
        let words = words(command);
        let argument = |n: usize| words.get(n).map_or("", String::as_str);
        let ok = format!("{tag} OK done\r\n").into_bytes();
        let no = |why: &str| format!("{tag} NO {why}\r\n").into_bytes();
        let mut out = Vec::new();
        match step {
            Step::Capability => {
                let gmail = if account.gmail { " X-GM-EXT-1" } else { "" };
                let tells = account.folders.iter().any(|f| f.modseq.is_some());
                let condstore = if tells { " CONDSTORE" } else { "" };
                let text = format!(
                    "* CAPABILITY IMAP4rev1 IDLE LIST-EXTENDED SPECIAL-USE UIDPLUS UNSELECT{gmail}{condstore}\r\n"
                );
                out.extend(text.into_bytes());
            }
            Step::Login | Step::Noop | Step::Store => {}
            Step::Logout => out.extend(b"* BYE\r\n"),
            Step::List => {
                for folder in &account.folders {
                    let special = folder.special.map_or(String::new(), |s| format!(" {s}"));
                    let name = encoded(&folder.name);
                    out.extend(
                        format!("* LIST (\\HasNoChildren{special}) \"/\" {name}\r\n").into_bytes(),
                    );
                }
            }
            Step::Select => {
                self.open = None;
                let name = utf7::decoded(argument(1));
                let Some(folder) = account.folders.iter().find(|f| f.name == name) else {
                    return no("[NONEXISTENT] there is no such folder");
                };
                let (exists, validity) = (folder.mails.len(), folder.uidvalidity);
                let text = format!(
                    "* FLAGS (\\Seen)\r\n* {exists} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {validity}] .\r\n* OK [UIDNEXT {}] .\r\n",
                    folder.uid_next
                );
                out.extend(text.into_bytes());
                if command.ends_with("(CONDSTORE)")
                    && let Some(modseq) = folder.modseq
                {
                    out.extend(format!("* OK [HIGHESTMODSEQ {modseq}] .\r\n").into_bytes());
                }
                self.open = Some(Open {
                    folder: name,
                    view: folder.uids(),
                });
            }
            Step::Listing | Step::Date | Step::Bodies | Step::Heads => {
                let Some(open) = &self.open else {
                    return no("no folder is open");
                };
                let folder = account.folder(&open.folder);
                let items = command.split_once('(').map_or("", |(_, items)| items);
                for (uid, number) in chosen(argument(2), &open.view) {
                    if let Some(mail) = folder.mails.iter().find(|m| m.uid == uid)
                        && !faults
                            .iter()
                            .any(|f| matches!(f, Fault::Without(u) if *u == uid))
                    {
                        out.extend(fetched(number, mail, items, faults));
                    }
                }
            }
            Step::Search => {
                let Some(open) = &self.open else {
                    return no("no folder is open");
                };
                let wanted = words.last().cloned().unwrap_or_default();
                let by_header = command.to_uppercase().contains(" HEADER ");
                let folder = account.folder(&open.folder);
                let hits = folder.mails.iter().filter(|m| {
                    !by_header || String::from_utf8_lossy(head(&m.raw)).contains(&wanted)
                });
                let hits: String = hits.map(|m| format!(" {}", m.uid)).collect();
                out.extend(format!("* SEARCH{hits}\r\n").into_bytes());
            }
            Step::Copy => {
                let name = utf7::decoded(argument(3));
                let (Some(open), true) = (
                    &self.open,
                    account.folders.iter().any(|folder| folder.name == name),
                ) else {
                    return no("[TRYCREATE] there is no such folder");
                };
                let chosen = chosen(argument(2), &open.view);
                let mut mails = account.folder(&open.folder).mails.clone();
                mails.retain(|m| chosen.iter().any(|(uid, _)| *uid == m.uid));
                for mail in mails {
                    account.folder(&name).deliver(mail.received_at, &mail.raw);
                }
            }
            Step::Create => {
                let name = utf7::decoded(argument(1));
                account.folders.push(Folder::new(&name, None));
            }
            Step::Delete => {
                let name = utf7::decoded(argument(1));
                account.folders.retain(|folder| folder.name != name);
            }
            Step::Expunge => {
                let Some(open) = &self.open else {
                    return no("no folder is open");
                };
                let chosen = chosen(argument(2), &open.view);
                let folder = account.folder(&open.folder);
                let is_chosen = |m: &Mail| chosen.iter().any(|(uid, _)| *uid == m.uid);
                folder.mails.retain(|m| !is_chosen(m));
            }
            Step::Append => {
                let name = utf7::decoded(argument(1));
                if !account.folders.iter().any(|f| f.name == name) {
                    return no("[TRYCREATE] there is no such folder");
                }
                let folder = account.folder(&name);
                let uid = folder.deliver(Timestamp::now(), &literal.unwrap_or_default());
                let code = format!("[APPENDUID {} {uid}]", folder.uidvalidity);
                return format!("{tag} OK {code} done\r\n").into_bytes();
            }
            Step::Greeting | Step::Idle | Step::Unknown => {
                return format!("{tag} BAD unknown command\r\n").into_bytes();
            }
        }
        out.extend(self.changes(&mut account));
        out.extend(ok);
        out
    }

    /// What has become otherwise in the open folder since the client last heard of it.
    fn changes(&mut self, account: &mut Account) -> Vec<u8> {
        let mut out = Vec::new();
        let Some(open) = &mut self.open else {
            return out;
        };
        let Some(folder) = account.folders.iter().find(|f| f.name == open.folder) else {
            return out;
        };
        let there = folder.uids();
        while let Some(gone) = open.view.iter().position(|uid| !there.contains(uid)) {
            open.view.remove(gone);
            out.extend(format!("* {} EXPUNGE\r\n", gone + 1).into_bytes());
        }
        if there.len() > open.view.len() {
            out.extend(format!("* {} EXISTS\r\n", there.len()).into_bytes());
            open.view = there;
        }
        out
    }

    async fn idle(
        &mut self,
        stream: &mut Stream,
        tag: &str,
        faults: &[Fault],
    ) -> std::io::Result<()> {
        self.news.mark_unchanged();
        stream.write_all(b"+ idling\r\n").await?;
        if faults.iter().any(|f| matches!(f, Fault::ExistsAtOnce)) {
            let exists = self.open.as_ref().map_or(0, |o| o.view.len());
            let text = format!("* {exists} EXISTS\r\n");
            stream.write_all(text.as_bytes()).await?;
        }
        let mut line = String::new();
        loop {
            let account = Arc::clone(&self.account);
            let changes = self.changes(&mut account.lock().unwrap());
            stream.write_all(&changes).await?;
            stream.flush().await?;
            tokio::select! {
                read = stream.read_line(&mut line) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    break;
                }
                changed = self.news.changed() => {
                    if changed.is_err() {
                        return Ok(()); // the test is over
                    }
                }
            }
        }
        let ended = format!("{tag} OK done\r\n");
        stream.write_all(ended.as_bytes()).await?;
        stream.flush().await
    }
}

fn refuses(faults: &[Fault]) -> bool {
    let refuses = |f: &Fault| {
        matches!(
            f,
            Fault::Nothing
                | Fault::No(_)
                | Fault::Bad(_)
                | Fault::Echo
                | Fault::EchoAndBye
                | Fault::Bye(_)
                | Fault::Garbage(_)
        )
    };
    faults.iter().any(refuses)
}

/// Sends an answer, or what is left of it. `echo`: what an echo says.
async fn send(
    stream: &mut Stream,
    answer: Vec<u8>,
    faults: &[Fault],
    tag: &str,
    echo: &str,
) -> std::io::Result<Line> {
    let mut answer = answer;
    let mut line = Line::Open;
    for fault in faults {
        match fault {
            Fault::Nothing => answer = format!("{tag} OK done\r\n").into_bytes(),
            Fault::No(why) => answer = format!("{tag} NO {why}\r\n").into_bytes(),
            Fault::Echo => answer = format!("{tag} NO {echo}\r\n").into_bytes(),
            Fault::EchoAndBye => {
                answer = format!("* BYE {echo}\r\n").into_bytes();
                line = Line::Cut;
            }
            Fault::Bad(why) => answer = format!("{tag} BAD {why}\r\n").into_bytes(),
            Fault::Bye(why) => {
                answer = format!("* BYE {why}\r\n").into_bytes();
                line = Line::Cut;
            }
            Fault::CutAfter(bytes) => {
                answer.truncate(*bytes);
                line = Line::Cut;
            }
            Fault::Garbage(bytes) => answer = bytes.to_vec(),
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            Fault::Item(..)
            | Fault::Truncated(..)
            | Fault::Without(_)
            | Fault::Of(..)
            | Fault::ExistsAtOnce
            | Fault::Before(_)
            | Fault::After(_) => {}
        }
    }
    stream.write_all(&answer).await?;
    stream.flush().await?;
    Ok(line)
}

/// Reads the literal that ends a command.
async fn literal(stream: &mut Stream, command: &str) -> std::io::Result<Vec<u8>> {
    let (_, length) = command.rsplit_once('{').unwrap_or(("", ""));
    let length = length.trim_end_matches('}');
    if !length.ends_with('+') {
        stream.write_all(b"+ go on\r\n").await?;
        stream.flush().await?;
    }
    let mut bytes = vec![0; length.trim_end_matches('+').parse().unwrap_or(0)];
    stream.read_exact(&mut bytes).await?;
    stream.read_line(&mut String::new()).await?;
    Ok(bytes)
}

/// The words of a command; those in quotes without them.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut letters = command.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => words.last_mut().unwrap().extend(letters.next()),
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// A folder's name as a quoted string in modified UTF-7.
fn encoded(name: &str) -> String {
    let name = utf7::encoded(name);
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The UIDs of a set such as `3:*,1`, with their sequence numbers.
fn chosen(set: &str, view: &[u32]) -> Vec<(u32, usize)> {
    let last = view.iter().copied().max().unwrap_or(0);
    let number = |text: &str| match text {
        "*" => last,
        n => n.parse().unwrap_or(0),
    };
    let ranges: Vec<(u32, u32)> = set
        .split(',')
        .map(|part| {
            let (a, b) = part.split_once(':').unwrap_or((part, part));
            let (a, b) = (number(a), number(b));
            (a.min(b), a.max(b)) // `9:*` names the last mail where 9 is beyond it
        })
        .collect();
    let within = |uid: u32| ranges.iter().any(|(a, b)| (*a..=*b).contains(&uid));
    (1..)
        .zip(view)
        .filter(|(_, uid)| within(**uid))
        .map(|(number, uid)| (*uid, number))
        .collect()
}

/// The header of a mail, with the empty line after it.
fn head(raw: &[u8]) -> &[u8] {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n");
    &raw[..end.map_or(raw.len(), |n| n + 4)]
}

/// Some fields of a header, with their continuations and the empty line.
fn fields(raw: &[u8], wanted: &str) -> Vec<u8> {
    let wanted: Vec<String> = wanted
        .split(' ')
        .map(|name| format!("{}:", name.to_lowercase()))
        .collect();
    let head = String::from_utf8_lossy(head(raw)).into_owned();
    let mut out = String::new();
    let mut taken = false;
    for line in head.split_inclusive('\n') {
        if !line.starts_with([' ', '\t']) {
            let name = line.to_lowercase();
            taken = wanted.iter().any(|w| name.starts_with(w));
        }
        if taken {
            out += line;
        }
    }
    (out + "\r\n").into_bytes()
}

/// The answer of a FETCH for one mail.
fn fetched(number: usize, mail: &Mail, items: &str, faults: &[Fault]) -> Vec<u8> {
    let upper = items.to_uppercase();
    let asked = |name: &str| {
        let mut words = upper.split([' ', '(', ')']);
        words.any(|w| w == name)
    };
    let mut parts: Vec<Vec<u8>> = vec![format!("UID {}", mail.uid).into_bytes()];
    let mut item = |name: &str, value: Option<String>| {
        let spoilt = faults.iter().find_map(|f| match f {
            Fault::Item(uid, item, with) if *uid == mail.uid && *item == name => Some(with),
            _ => None,
        });
        let value = match spoilt {
            Some(with) => with.map(str::to_owned),
            None => value,
        };
        if let (true, Some(value)) = (asked(name), value) {
            parts.push(format!("{name} {value}").into_bytes());
        }
    };
    let size = mail.announced.unwrap_or(mail.raw.len());
    item("RFC822.SIZE", Some(size.to_string()));
    let date = mail
        .received_at
        .to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("\"%e-%b-%Y %H:%M:%S +0000\"");
    item("INTERNALDATE", Some(date.to_string()));
    item("FLAGS", Some("()".to_owned()));
    item("X-GM-MSGID", mail.gm_msgid.map(|n| n.to_string()));
    if let Some((_, section)) = upper.split_once("BODY.PEEK[") {
        let section = section.split_once(']').map_or("", |(s, _)| s);
        let mut bytes = match section {
            "" => mail.raw.clone(),
            "HEADER" => head(&mail.raw).to_vec(),
            named => {
                let names = named.split_once('(').map_or("", |(_, n)| n);
                fields(&mail.raw, names.trim_end_matches(')'))
            }
        };
        for fault in faults {
            if let Fault::Truncated(uid, length) = fault
                && *uid == mail.uid
            {
                bytes.truncate(*length);
            }
        }
        let mut part = format!("BODY[{section}] {{{}}}\r\n", bytes.len()).into_bytes();
        part.extend(bytes);
        parts.push(part);
    }
    let mut out = format!("* {number} FETCH (").into_bytes();
    out.extend(parts.join(&b' '));
    out.extend(b")\r\n");
    out
}
