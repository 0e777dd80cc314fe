//! An installation of thubaocao in a temporary folder, run as the real binary.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use serde_json::Value;
use tempfile::TempDir;
use thubaocao::domain::zone;

use super::imap_fake::FakeImap;
use super::smtp_fake::FakeSmtp;
use super::weight::{children, duration};
use super::{Lab, Letter, MAILBOX, PASSWORD, await_until, dns};

/// Units of the lab's register: one that reports, one that is late, one whose address does not work.
pub const REPORTING: &str = "ldld.donghoa@phuyen.example";
pub const LATE: &str = "ldld.tuyan@phuyen.example";
pub const STAFF: &str = "canbo.cspl@ldldphuyen.example";
/// The server whose Authentication-Results count.
pub const VERIFIER: &str = "mx.lab.example";

/// A configuration folder and what is beside it.
pub struct Installation {
    pub dir: TempDir,
}

/// What of an installation a test wants otherwise.
pub struct Wishes {
    pub imap_host: &'static str,
    pub imap_port: u16,
    pub ca_file: Option<String>,
    pub password: &'static str,
    /// `starttls` or `tls`.
    pub smtp_tls: &'static str,
    pub show: &'static str,
}

impl Wishes {
    pub fn of(lab: &Lab) -> Wishes {
        Wishes {
            imap_host: "localhost",
            imap_port: lab.imaps,
            ca_file: Some(lab.ca_file()),
            password: PASSWORD,
            smtp_tls: "starttls",
            show: "nothing",
        }
    }
}

/// A folder that holds passwords: nobody else comes in.
fn private_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let private = fs::Permissions::from_mode(0o700);
    let mut folder = tempfile::Builder::new();
    folder.permissions(private).tempdir().unwrap()
}

impl Installation {
    /// An installation that goes by the real clock: one report was due ten days ago, working hours are always, the
    /// digest is due at midnight.
    pub fn new(lab: &Lab) -> Installation {
        Installation::with(lab, &Wishes::of(lab))
    }

    pub fn with(lab: &Lab, wishes: &Wishes) -> Installation {
        let installation = Installation {
            dir: private_folder(),
        };
        installation.configure(lab, wishes);
        installation
    }

    /// An installation like the others on a misbehaving server; its mails leave into a folder.
    pub fn against(server: &FakeImap) -> Installation {
        Installation::leaving(server, FOLDER)
    }

    /// An installation between two misbehaving servers.
    pub fn between(imap: &FakeImap, smtp: &FakeSmtp) -> Installation {
        Installation::leaving(imap, &through(smtp))
    }

    /// An installation on a misbehaving server whose mails leave as a section of the configuration says.
    pub fn leaving(server: &FakeImap, transport: &str) -> Installation {
        Installation::between_ends(server.port, server.ca_file(), transport)
    }

    /// An installation on a server on a port of this machine; its mails leave into a folder.
    pub fn on_server(port: u16, ca_file: String) -> Installation {
        Installation::between_ends(port, ca_file, FOLDER)
    }

    fn between_ends(imap_port: u16, ca_file: String, transport: &str) -> Installation {
        let installation = Installation {
            dir: private_folder(),
        };
        let wishes = Wishes {
            imap_host: "localhost",
            imap_port,
            ca_file: Some(ca_file),
            password: PASSWORD,
            smtp_tls: "",
            show: "nothing",
        };
        fs::write(installation.dir.path().join("password"), PASSWORD).unwrap();
        installation.write(&imap(&wishes), transport);
        installation
    }

    /// An installation like the others on a Maildir, which is made; its mails leave into a folder.
    pub fn on_maildir() -> Installation {
        let installation = Installation {
            dir: private_folder(),
        };
        installation.write(
            "kind = \"maildir\"\npath = \"maildir\"\ncreate = true",
            FOLDER,
        );
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(installation.maildir().join(part)).unwrap();
        }
        installation
    }

    pub fn maildir(&self) -> PathBuf {
        self.dir.path().join("maildir")
    }

    /// The mails that left into the folder, in their order.
    pub fn outbox(&self) -> Vec<Letter> {
        let Ok(entries) = fs::read_dir(self.dir.path().join("outbox")) else {
            return Vec::new(); // nothing has left yet
        };
        let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "eml"));
        files.sort();
        let read = |f: &PathBuf| Letter::read(&fs::read_to_string(f).unwrap());
        files.iter().map(read).collect()
    }

    /// Writes the configuration (again).
    pub fn configure(&self, lab: &Lab, wishes: &Wishes) {
        fs::write(self.dir.path().join("password"), wishes.password).unwrap();
        let tls = wishes.smtp_tls;
        let smtp = if tls == "starttls" {
            lab.smtp
        } else {
            lab.smtps
        };
        let transport = format!(
            r#"kind = "smtp"
host = "localhost"
port = {smtp}
tls = "{tls}"
user = "{MAILBOX}"
password_file = "password"
{}"#,
            authority(wishes)
        );
        self.write(&imap(wishes), &transport);
    }

    fn write(&self, mailbox: &str, transport: &str) {
        let config = self.config();
        fs::create_dir_all(&config).unwrap();
        let now = Zoned::now().with_time_zone(zone());
        let today = now.date();
        let due = today.saturating_sub(10.days());
        fs::write(
            config.join("thubaocao.toml"),
            format!(
                r#"data = "data"
[department]
name = "Ban CSPL"
federation = "LĐLĐ tỉnh Phú Yên"
contact = "Ban CSPL"
[mailbox]
address = "{MAILBOX}"
{mailbox}
[transport]
{transport}
[schedule]
since = "{since}"
work_starts = "00:00"
work_ends = "23:59"
digest_at = "00:00"
remind_backlog = true
[reminders]
before = []
late_after = 1
late_every = 100
escalate_after = 200
[staff]
digest_to = ["{STAFF}"]
[trust]
authserv_id = "{VERIFIER}"
resolver = "127.0.0.1:{resolver}"
"#,
                resolver = *dns::PORT,
                since = today.saturating_sub(60.days()),
            ),
        )
        .unwrap();
        fs::write(
            config.join("units.csv"),
            format!(
                "id,name,short_name,kind,parent,emails,escalate_to,aliases,valid_from,valid_to,successor
ldld-tinh,Liên đoàn Lao động tỉnh Phú Yên,LĐLĐ tỉnh,provincial,,,,,,,
ldld-dong-hoa,Liên đoàn Lao động thị xã Đông Hòa,LĐLĐ TX Đông Hòa,district,ldld-tinh,{REPORTING},,,,,
ldld-tuy-an,Liên đoàn Lao động huyện Tuy An,LĐLĐ huyện Tuy An,district,ldld-tinh,{LATE},,,,,
"
            ),
        )
        .unwrap();
        fs::write(
            config.join("reports.toml"),
            format!(
                r#"[[report]]
id = "tre-em"
title = "Báo cáo công tác trẻ em"
basis = "Kế hoạch số 40/KH-LĐLĐ"
frequency = "once"
period = "dot-1"
opens = "{opens}"
due = {{ on = "{due}" }}
on_day_off = "keep"
who = ["district"]
forms = ["signed_document", "soft_file"]
words = ["trẻ em"]
"#,
                opens = due.saturating_sub(20.days()),
            ),
        )
        .unwrap();
        // Today and the days that tests go on to are worked, whatever days they are.
        let days = (0..14).map(|n| today.saturating_add(n.days()));
        let days: Vec<_> = days.collect();
        let mut holidays = String::new();
        for year in [today.year(), today.year() + 1] {
            let of_year = days.iter().filter(|d| d.year() == year);
            let worked: Vec<String> = of_year
                .map(|d| format!("\"{}/{}\"", d.day(), d.month()))
                .collect();
            let worked = worked.join(", ");
            holidays += &format!("[[year]]\nyear = {year}\ndays_off = []\nworked = [{worked}]\n");
        }
        fs::write(config.join("holidays.toml"), holidays).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// Replaces text in a file of the configuration; it must be there.
    pub fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.config().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{text}");
        fs::write(&path, text.replace(old, new)).unwrap();
    }

    /// Has one round run in which nobody is due a reminder yet.
    pub fn begins_quietly(&self) {
        let (usual, quiet) = ("remind_backlog = true", "remind_backlog = false");
        self.edit("thubaocao.toml", usual, quiet);
        succeed(self.run(&["run", "--once"]));
        self.edit("thubaocao.toml", quiet, usual);
    }

    /// What came earlier is from before its time.
    pub fn reads_mails_of_the_last_days(&self, days: i64) {
        let since = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let address = "address = \"bancsplpy@gmail.com\"";
        let with_since = format!("{address}\nsince = \"{}\"", &since.to_string()[..10]);
        self.edit("thubaocao.toml", address, &with_since);
    }

    /// A command on it, to be run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = thubaocao(&self.config());
        command.args(arguments);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and gives its lines of JSON.
    pub fn json(&self, arguments: &[&str]) -> Vec<Value> {
        json_lines(&succeed(self.run(arguments)))
    }

    /// Starts the daemon.
    pub fn start(&self) -> Daemon {
        self.start_program(Path::new(env!("CARGO_BIN_EXE_thubaocao")))
    }

    /// Starts the daemon out of a copy of the program.
    pub fn start_program(&self, program: &Path) -> Daemon {
        let mut command = Command::new(program);
        command.arg("--config").arg(self.config());
        self.start_command(command)
    }

    /// Starts the daemon as systemd does, with a socket `notify` in its folder.
    pub fn start_under_manager(&self) -> Daemon {
        let mut command = thubaocao(&self.config());
        command.env("NOTIFY_SOCKET", self.dir.path().join("notify"));
        self.start_command(command)
    }

    fn start_command(&self, mut command: Command) -> Daemon {
        let log = self.dir.path().join("log"); // only the last daemon's log is of interest
        let file = fs::File::create(&log).unwrap();
        let child = command
            .arg("run")
            .env("THUBAOCAO_LOG", "debug")
            .stdin(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        Daemon { child, log }
    }
}

/// The section of a configuration whose mails leave through a misbehaving server.
fn through(smtp: &FakeSmtp) -> String {
    format!(
        "kind = \"smtp\"\nhost = \"localhost\"\nport = {}\ntls = \"starttls\"\nuser = \"{MAILBOX}\"\npassword_file = \"password\"\nca_file = {:?}",
        smtp.port,
        smtp.ca_file()
    )
}

/// Mails leave into a folder.
const FOLDER: &str = "kind = \"file\"\nfolder = \"outbox\"";

/// A mailbox on a server.
fn imap(wishes: &Wishes) -> String {
    format!(
        r#"kind = "imap"
host = "{}"
port = {}
user = "{MAILBOX}"
password_file = "password"
folders = ["INBOX", "Spam"]
show = "{}"
{}"#,
        wishes.imap_host,
        wishes.imap_port,
        wishes.show,
        authority(wishes)
    )
}

/// The private certificate authority of the servers, as both sections of the configuration name it.
fn authority(wishes: &Wishes) -> String {
    let file = wishes.ca_file.as_ref();
    file.map_or(String::new(), |f| format!("ca_file = {f:?}\n"))
}

/// The real binary with a configuration.
pub fn thubaocao(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thubaocao"));
    command.arg("--config").arg(config);
    command
}

/// A command that runs by a clock of its own, such as `+400d` or `+0 x30` (the words of libfaketime).
pub fn by_clock<'c>(command: &'c mut Command, clock: &str) -> &'c mut Command {
    let library = fs::read_dir("/usr/lib")
        .unwrap()
        .map(|e| e.unwrap().path().join("faketime/libfaketime.so.1"))
        .find(|library| library.exists())
        .expect("libfaketime; tests/run installs what the tests need");
    command.env("LD_PRELOAD", library).env("FAKETIME", clock)
}

/// What a command and its own child processes used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Time of the processor, whatever the machine did beside.
    pub worked: Duration,
    /// The most memory that one of them had.
    pub kilobytes: u64,
}

/// Runs a command to its end, and measures it.
pub fn measured(command: &mut Command) -> (Output, Used) {
    let said = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
    let [out, err] = [0, 1].map(|n: usize| said[n].reopen().unwrap());
    let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
    let pid = child.unwrap().id() as i32;
    let mut status = 0;
    // SAFETY: a struct of numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both outlive the call and are all that it writes to; the child is ours and nobody else waits for it.
    let ended = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    assert_eq!(ended, pid);
    let [stdout, stderr] = said.map(|file| fs::read(file.path()).unwrap());
    let output = Output {
        status: ExitStatus::from_raw(status),
        stdout,
        stderr,
    };
    let used = Used {
        worked: duration(usage.ru_utime) + duration(usage.ru_stime),
        kilobytes: usage.ru_maxrss as u64,
    };
    (output, used)
}

/// What a command that must succeed printed.
pub fn succeed(output: Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Lines of JSON.
pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// What a process holds of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    pub descriptors: usize,
    pub threads: usize,
    /// Processes, also those that have ended and were not waited for.
    pub children: usize,
    /// Memory of its own, in kB.
    pub kilobytes: u64,
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it logged a text so many times.
    pub fn await_log(&self, text: &str, times: usize) {
        await_until(&format!("{text:?} in the log, {times} times"), || {
            self.log().matches(text).count() >= times
        });
    }

    /// The processes that it has started and not ended.
    fn children(&self) -> Vec<i32> {
        let children = children(self.id()).into_iter();
        children.map(|pid| pid as i32).collect()
    }

    /// The processes that read mails for it.
    pub fn reading_processes(&self) -> Vec<i32> {
        let reads = |pid: &i32| {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline"));
            line.is_ok_and(|line| line.contains("read-mails"))
        };
        self.children().into_iter().filter(reads).collect()
    }

    /// What it holds of the machine.
    pub fn holding(&self) -> Holding {
        let proc = format!("/proc/{}", self.id());
        let entries = |folder: &str| fs::read_dir(format!("{proc}/{folder}")).unwrap().count();
        let status = fs::read_to_string(format!("{proc}/status")).unwrap();
        let memory = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
        let memory = memory.unwrap().split_whitespace().next().unwrap();
        Holding {
            descriptors: entries("fd"),
            threads: entries("task"),
            children: self.children().len(),
            kilobytes: memory.parse().unwrap(),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: kill has no preconditions; the child is ours and not waited for yet.
        let result = unsafe { libc::kill(self.id() as i32, signal) };
        assert_eq!(result, 0);
    }

    /// Ends it as systemd does, and says how long that took. It must end well.
    pub fn terminate(mut self) -> Duration {
        let begun = Instant::now();
        self.signal(libc::SIGTERM);
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        begun.elapsed()
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        let _ = self.child.kill(); // ended already, as a rule
        let _ = self.child.wait();
    }
}

/// A Word file and a scanned PDF.
pub fn both_forms(mark: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("BC tre em.docx", word(mark)),
        ("BC tre em.pdf", scan(mark)),
    ]
}

/// Bytes that are a Word file to everybody who looks at their beginning and their entries.
pub fn word(mark: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer
        .start_file(
            "word/document.xml",
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
    writer.write_all(mark.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Bytes that begin as a PDF does.
pub fn scan(mark: &str) -> Vec<u8> {
    format!("%PDF-1.4\n% {mark}\n%%EOF\n").into_bytes()
}
