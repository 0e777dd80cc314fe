//! The laboratory: Debian's Dovecot and Postfix on 127.0.0.1 with a private certificate authority, in a temporary
//! folder, and an installation of thubaocao that works with them.
//!
//! Units send by SMTP to Postfix, which delivers by LMTP to Dovecot, where thubaocao reads by IMAPS; it sends by SMTP,
//! and its mails arrive in the units' mailboxes the same way.

pub mod browser;
pub mod cyrus;
pub mod demo;
pub mod dns;
pub mod imap_fake;
pub mod installation;
pub mod outcome;
pub mod proxy;
pub mod s3;
pub mod smtp_fake;
pub mod utf7;
pub mod weight;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use lettre::Transport as _;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use tempfile::TempDir;

/// The mailbox that units write to.
pub const MAILBOX: &str = "bancsplpy@gmail.com";
/// The password of every mailbox.
pub const PASSWORD: &str = "mat-khau-thu";

/// Running servers. They are stopped by the process ids they wrote.
pub struct Lab {
    dir: TempDir,
    pub imaps: u16,
    pub smtp: u16,
    pub smtps: u16,
    lmtp: u16,
    auth: u16,
}

impl Lab {
    /// Starts the servers and waits until they answer.
    pub fn start() -> Lab {
        let needed = ["/usr/sbin/dovecot", "/usr/sbin/postfix"];
        for program in needed {
            assert!(
                Path::new(program).exists(),
                "{program} is missing; tests/run installs what the tests need"
            );
        }
        // SAFETY: geteuid has no preconditions.
        let root = unsafe { libc::geteuid() } == 0;
        assert!(
            root,
            "the mail servers of the tests start as root only; run tests/run as root"
        );
        let dir = tempfile::Builder::new()
            .prefix("thubaocao-lab-")
            .tempdir_in("/tmp") // paths of Unix sockets must be short
            .unwrap();
        let lab = Lab {
            imaps: free_port(),
            smtp: free_port(),
            smtps: free_port(),
            lmtp: free_port(),
            auth: free_port(),
            dir,
        };
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(lab.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        write_certificates(lab.dir.path());
        lab.write_dovecot();
        lab.write_postfix();
        lab.start_dovecot();
        command("postfix", &["-c", &lab.path("postfix"), "start"]);
        lab.await_port(lab.smtp);
        lab
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// The private certificate authority.
    pub fn ca_file(&self) -> String {
        self.path("ca.pem")
    }

    fn write_dovecot(&self) {
        let dir = self.dir.path().display();
        let (imaps, lmtp, auth) = (self.imaps, self.lmtp, self.auth);
        let text = format!(
            "protocols = imap lmtp
hostname = lab.example
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
listen = 127.0.0.1
ssl = required
ssl_cert = <{dir}/server.pem
ssl_key = <{dir}/server.key
mail_location = maildir:{dir}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={dir}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Spam {{
    auto = create
    special_use = \\Junk
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    port = {auth}
  }}
}}
"
        );
        fs::write(self.path("dovecot.conf"), text).unwrap();
        fs::create_dir_all(self.path("mail")).unwrap();
        command("chown", &["-R", "mail:mail", &self.path("mail")]);
    }

    fn write_postfix(&self) {
        let dir = self.dir.path().display();
        let (smtp, smtps, lmtp, auth) = (self.smtp, self.smtps, self.lmtp, self.auth);
        for folder in ["postfix", "spool", "postfix-data"] {
            fs::create_dir_all(self.path(folder)).unwrap();
        }
        command("chown", &["postfix", &self.path("postfix-data")]);
        let main = format!(
            "compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/postfix-data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = lab.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
virtual_mailbox_domains = gmail.com, phuyen.example, thudientu.example, ldldphuyen.example
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ {{ noi-nao.example = smtp:[127.0.0.1]:{smtp} }} }}
default_transport = error:5.1.2 there is no such domain in the lab
message_size_limit = 60000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_tls_cert_file = {dir}/server.pem
smtpd_tls_key_file = {dir}/server.key
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
maillog_file = {dir}/postfix.log
maillog_file_prefixes = {dir}
"
        );
        fs::write(self.path("postfix/main.cf"), main).unwrap();
        let mut master = format!(
            "127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
postlog unix-dgram n - n - 1 postlogd
"
        );
        for line in [
            "pickup n 60 1 pickup",
            "cleanup n - 0 cleanup",
            "qmgr n 300 1 qmgr",
            "tlsmgr - 1000 1 tlsmgr",
            "rewrite - - - trivial-rewrite",
            "bounce - - 0 bounce",
            "defer - - 0 bounce",
            "trace - - 0 bounce",
            "verify - - 1 verify",
            "proxymap - - - proxymap",
            "smtp - - - smtp",
            "relay - - - smtp",
            "error - - - error",
            "retry - - - error",
            "discard - - - discard",
            "lmtp - - - lmtp",
            "anvil - - 1 anvil",
            "scache - - 1 scache",
            "showq n - - showq",
            "flush n 1000 0 flush",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let [name, private, wakeup, most, program] = words[..] else {
                panic!("{line}");
            };
            master += &format!("{name} unix {private} - n {wakeup} {most} {program}\n");
        }
        fs::write(self.path("postfix/master.cf"), master).unwrap();
    }

    /// Starts Dovecot (again).
    pub fn start_dovecot(&self) {
        command("dovecot", &["-c", &self.path("dovecot.conf")]);
        self.await_port(self.imaps);
    }

    /// Stops Dovecot by the process id it wrote, and waits until its port is free.
    pub fn stop_dovecot(&self) {
        stop(&self.path("run/master.pid"));
        await_until("Dovecot to stop", || {
            TcpListener::bind(("127.0.0.1", self.imaps)).is_ok()
        });
    }

    fn await_port(&self, port: u16) {
        await_until("a server to listen", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
    }

    /// Does what an administrator does with the mails of an address.
    pub fn doveadm(&self, address: &str, arguments: &[&str]) {
        let config = self.path("dovecot.conf");
        let (verb, rest) = arguments.split_at(match arguments[0] {
            "mailbox" | "flags" => 2,
            _ => 1,
        });
        let before = [&["-c", &config], verb, &["-u", address]].concat();
        command("doveadm", &[&before, rest].concat());
    }

    /// The Maildir in which Dovecot keeps an address's mail.
    pub fn maildir(&self, address: &str) -> PathBuf {
        self.dir.path().join("mail").join(address)
    }

    /// Puts mails into the mailbox of an address that have lain there for long, the first the longest.
    pub fn fill(&self, address: &str, mails: impl IntoIterator<Item = Vec<u8>>) {
        let path = self.maildir(address);
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(path.join(part)).unwrap();
        }
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(5 * 24 * 3600);
        for (n, raw) in (0..).zip(mails) {
            let at = long_ago + Duration::from_secs(n);
            let seconds = at.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let file = path.join(format!("cur/{seconds}.M{n}P1.lab:2,S"));
            fs::write(&file, raw).unwrap();
            let file = fs::File::options().append(true).open(&file).unwrap();
            file.set_modified(at).unwrap();
        }
        command("chown", &["-R", "mail:mail", path.to_str().unwrap()]);
    }

    /// Files a mail in a folder of an address, as a server does with what is sent through it.
    pub fn file_in(&self, address: &str, folder: &str, raw: &[u8]) {
        let path = self.maildir(address).join(format!(".{folder}"));
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(path.join(part)).unwrap();
        }
        fs::write(path.join("new/1.lab"), raw).unwrap();
        command("chown", &["-R", "mail:mail", path.to_str().unwrap()]);
    }

    /// The raw mails that an address has received, in no order.
    pub fn mails_of(&self, address: &str) -> Vec<String> {
        let mut mails = Vec::new();
        for part in ["new", "cur"] {
            let Ok(entries) = fs::read_dir(self.maildir(address).join(part)) else {
                continue;
            };
            for entry in entries {
                let bytes = fs::read(entry.unwrap().path()).unwrap();
                mails.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        mails
    }

    /// Waits until an address has received so many mails, and gives their subjects and texts.
    pub fn await_mails(&self, address: &str, count: usize) -> Vec<Letter> {
        await_until(&format!("{count} mails for {address}"), || {
            self.mails_of(address).len() >= count
        });
        self.letters(address)
    }

    /// The mails of an address, read, in the order of their Message-IDs.
    pub fn letters(&self, address: &str) -> Vec<Letter> {
        let mut letters: Vec<Letter> = self
            .mails_of(address)
            .iter()
            .map(|raw| Letter::read(raw))
            .collect();
        letters.sort_by(|a, b| a.message_id.cmp(&b.message_id));
        letters
    }

    /// A unit sends a mail to the department, by SMTP.
    pub fn unit_sends(&self, from: &str, subject: &str, text: &str, files: &[(&str, Vec<u8>)]) {
        self.deliver(from, &written(from, subject, text, files));
    }

    /// A mail as it stands reaches the department, by SMTP.
    pub fn deliver(&self, from: &str, raw: &[u8]) {
        let before = self.mails_of(MAILBOX).len();
        self.hand_over(from, raw);
        await_until("the mail to be delivered", || {
            self.mails_of(MAILBOX).len() > before
        });
    }

    /// Postfix takes a mail for the department as it stands.
    pub fn hand_over(&self, from: &str, raw: &[u8]) {
        let addresses = (from.parse().unwrap(), MAILBOX.parse().unwrap());
        let envelope = lettre::address::Envelope::new(Some(addresses.0), vec![addresses.1]);
        lettre::SmtpTransport::builder_dangerous("127.0.0.1")
            .port(self.smtp)
            .build()
            .send_raw(&envelope.unwrap(), raw)
            .unwrap();
    }

    /// Whether Postfix has delivered all that it took.
    pub fn queue_is_empty(&self) -> bool {
        ["maildrop", "incoming", "active", "deferred"]
            .iter()
            .all(|queue| is_empty(&Path::new(&self.path("spool")).join(queue)))
    }

    /// Waits until Postfix has delivered all that it took.
    pub fn await_empty_queue(&self) {
        await_until("the queue to be empty", || self.queue_is_empty());
    }

    /// Where Postfix logs.
    pub fn postfix_log(&self) -> PathBuf {
        PathBuf::from(self.path("postfix.log"))
    }

    /// What the servers logged, for a test that failed.
    pub fn logs(&self) -> String {
        ["dovecot.log", "postfix.log"]
            .iter()
            .map(|n| fs::read_to_string(self.path(n)).unwrap_or_default())
            .collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        stop(&self.path("spool/pid/master.pid"));
        stop(&self.path("run/master.pid"));
    }
}

/// A private authority and a leaf of its own for `localhost`: rustls refuses an authority as a server's certificate.
fn write_certificates(dir: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(vec![]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name
        .push(DnType::CommonName, "thubaocao lab");
    fs::write(dir.join("ca.pem"), ca.self_signed(&ca_key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".into()]).unwrap();
    let certificate = leaf.signed_by(&key, &issuer).unwrap();
    fs::write(dir.join("server.pem"), certificate.pem()).unwrap();
    fs::write(dir.join("server.key"), key.serialize_pem()).unwrap();
}

/// A mail as its reader sees it.
#[derive(Debug)]
pub struct Letter {
    /// The first address of To.
    pub to: String,
    pub message_id: String,
    pub in_reply_to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub raw: String,
}

impl Letter {
    fn read(raw: &str) -> Letter {
        let mail = mail_parser::MessageParser::default()
            .parse(raw.as_bytes())
            .unwrap();
        let to = mail.to().and_then(|to| to.first());
        Letter {
            to: to.and_then(|a| a.address()).unwrap_or("").to_owned(),
            message_id: mail.message_id().unwrap_or("").to_owned(),
            in_reply_to: mail.in_reply_to().as_text().unwrap_or("").to_owned(),
            subject: mail.subject().unwrap_or("").to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
            html: mail.body_html(0).unwrap_or_default().into_owned(),
            raw: raw.to_owned(),
        }
    }
}

/// A port that nothing listens on, below those that the system gives to outgoing connections. Tests run side by
/// side, in one process or in several: each begins at a place of its own.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 2_000) as u16 * 10;
    loop {
        let port = 10_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Runs a command that must succeed. Its output goes to a file: daemons would hold a pipe open for ever.
fn command(program: &str, arguments: &[&str]) {
    let said = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(said.reopen().unwrap())
        .stderr(said.reopen().unwrap())
        .status()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let said = fs::read_to_string(said.path()).unwrap_or_default();
    assert!(status.success(), "{program} {arguments:?}: {said}");
}

/// Whether no file lies in a folder, however deep.
fn is_empty(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return true; // it is made when it is needed
    };
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths.all(|path| path.is_dir() && is_empty(&path))
}

fn stop(pid_file: &str) {
    let pid = fs::read_to_string(pid_file)
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok());
    if let Some(pid) = pid {
        // SAFETY: kill has no preconditions; a process that is gone is an error we do not mind.
        unsafe { libc::kill(pid, libc::SIGTERM) };
    }
}

/// Waits until something holds; half a minute is long for everything here.
pub fn await_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "waited in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A part of an address without its percent signs (RFC 3986, 2.1).
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let hex = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A mail to the department, as a unit writes it.
pub fn written(from: &str, subject: &str, text: &str, files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(text.to_owned()));
    for (name, content) in files {
        let kind = ContentType::parse("application/octet-stream").unwrap();
        parts = parts.singlepart(Attachment::new((*name).to_owned()).body(content.clone(), kind));
    }
    lettre::Message::builder()
        .from(from.parse().unwrap())
        .to(MAILBOX.parse().unwrap())
        .subject(subject)
        .multipart(parts)
        .unwrap()
        .formatted()
}

/// A mail with one file.
pub fn with_file(name: &str, content: Vec<u8>) -> Vec<u8> {
    let binary = ContentType::parse("application/octet-stream").unwrap();
    lettre::Message::builder()
        .from("don-vi@example.vn".parse().unwrap())
        .to("ban@example.vn".parse().unwrap())
        .subject("Báo cáo")
        .multipart(
            MultiPart::mixed()
                .singlepart(SinglePart::plain("Kính gửi Ban".to_owned()))
                .singlepart(Attachment::new(name.to_owned()).body(content, binary)),
        )
        .unwrap()
        .formatted()
}
