//! An SMTP server on 127.0.0.1 that misbehaves where a test asks it to, since a real one cannot be made to.
//!
//! What it does not misbehave in, it does as RFC 5321 says, over TLS. It keeps the mails that it took, and sees every
//! command.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use base64::Engine as _;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::{Letter, PASSWORD, await_until};

/// What the server answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Connect,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The dot after a mail's last line.
    Dot,
    Rset,
    Quit,
    Unknown,
}

impl Step {
    fn of(line: &str) -> Step {
        let upper = line.to_uppercase();
        match upper.split([' ', ':']).next().unwrap_or("") {
            "EHLO" | "HELO" => Step::Ehlo,
            "STARTTLS" => Step::StartTls,
            "AUTH" => Step::Auth,
            "MAIL" => Step::Mail,
            "RCPT" => Step::Rcpt,
            "DATA" => Step::Data,
            "RSET" => Step::Rset,
            "QUIT" => Step::Quit,
            _ => Step::Unknown,
        }
    }
}

/// What it answers in place of what is right.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// This, without the end of the line. A refusal is one: what is answered so is not done.
    Say(&'static str),
    /// This, and then the AUTH of the client, as it came and out of its base64, on lines of their own.
    Echo(&'static str),
    /// The line is cut. At the dot: the mail is not taken.
    Cut,
    /// The mail is taken, and the line is cut in place of the answer.
    TakeAndCut,
    /// No answer; the client waits.
    Silence,
}

struct Hook {
    step: Step,
    /// Only where the command names this.
    naming: &'static str,
    times: (Bound<usize>, Bound<usize>),
    seen: usize,
    fault: Fault,
}

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Taken {
    pub to: Vec<String>,
    pub raw: String,
}

impl Taken {
    pub fn letter(&self) -> Letter {
        Letter::read(&self.raw)
    }
}

/// What the server knows.
pub struct Known {
    hooks: Vec<Hook>,
    log: Vec<(Step, String)>,
    taken: Vec<Taken>,
    /// The password of every name.
    pub password: String,
    /// Whether STARTTLS is offered.
    pub starttls: bool,
}

impl Known {
    /// The last AUTH, as it came and out of its base64.
    fn echo(&self) -> String {
        let auth = self.log.iter().rev().find(|(s, _)| *s == Step::Auth);
        let auth = auth.map_or("", |(_, line)| line);
        let said = auth.rsplit(' ').next().unwrap_or("");
        let said = base64::engine::general_purpose::STANDARD.decode(said);
        let said = String::from_utf8(said.unwrap_or_default()).unwrap_or_default();
        format!("{auth} is {}", said.replace('\0', " "))
    }
}

/// A running server.
pub struct FakeSmtp {
    dir: TempDir,
    pub port: u16,
    known: Arc<Mutex<Known>>,
}

impl FakeSmtp {
    /// Starts a server that wants STARTTLS.
    pub fn start() -> FakeSmtp {
        let dir = tempfile::tempdir().unwrap();
        super::write_certificates(dir.path());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let known = Arc::new(Mutex::new(Known {
            hooks: Vec::new(),
            log: Vec::new(),
            taken: Vec::new(),
            password: PASSWORD.to_owned(),
            starttls: true,
        }));
        let config = super::imap_fake::tls(dir.path());
        let shared = Arc::clone(&known);
        // It listens until the test's process ends.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (config, known) = (Arc::clone(&config), Arc::clone(&shared));
                // A client may hang up at any moment; that is no fault of the server.
                thread::spawn(move || client.and_then(|c| Session::new(known).serve(c, config)));
            }
        });
        FakeSmtp { dir, port, known }
    }

    /// The private certificate authority.
    pub fn ca_file(&self) -> String {
        self.dir.path().join("ca.pem").to_str().unwrap().to_owned()
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Lets something go wrong at the steps of a kind with these numbers, counted from now and from one.
    pub fn on(&self, step: Step, times: impl RangeBounds<usize>, fault: Fault) {
        self.on_naming(step, "", times, fault);
    }

    /// Likewise, of the commands that name something: an address.
    pub fn on_naming(
        &self,
        step: Step,
        naming: &'static str,
        times: impl RangeBounds<usize>,
        fault: Fault,
    ) {
        let times = (times.start_bound().cloned(), times.end_bound().cloned());
        self.known().hooks.push(Hook {
            step,
            naming,
            times,
            seen: 0,
            fault,
        });
    }

    /// All is well again.
    pub fn mend(&self) {
        self.known().hooks.clear();
    }

    /// How many steps of a kind there were so far.
    pub fn count(&self, step: Step) -> usize {
        let known = self.known();
        known.log.iter().filter(|(s, _)| *s == step).count()
    }

    /// Waits until there were so many steps of a kind.
    pub fn await_step(&self, step: Step, times: usize) {
        await_until(&format!("{step:?}, {times} times"), || {
            self.count(step) >= times
        });
    }

    /// The mails that it took, in their order.
    pub fn taken(&self) -> Vec<Taken> {
        self.known().taken.clone()
    }

    /// The mails that it took for an address.
    pub fn taken_for(&self, address: &str) -> Vec<Letter> {
        let mut taken = self.taken();
        taken.retain(|t| t.to.iter().any(|to| to == address));
        taken.iter().map(Taken::letter).collect()
    }
}

/// What follows a command.
enum Next {
    GoOn,
    StartTls,
}

struct Session {
    known: Arc<Mutex<Known>>,
    to: Vec<String>,
}

fn cut() -> io::Error {
    ErrorKind::ConnectionAborted.into()
}

impl Session {
    fn new(known: Arc<Mutex<Known>>) -> Session {
        Session {
            known,
            to: Vec::new(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    fn serve(&mut self, client: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
        let mut plain = BufReader::new(client);
        say(&mut plain, self.fault(Step::Connect, ""), "220 lab", "")?;
        if let Next::StartTls = self.commands(&mut plain, false)? {
            let tls = ServerConnection::new(config).map_err(io::Error::other)?;
            let mut secret = BufReader::new(StreamOwned::new(tls, plain.into_inner()));
            self.commands(&mut secret, true)?;
        }
        Ok(())
    }

    fn commands<S: Read + Write>(
        &mut self,
        stream: &mut BufReader<S>,
        secret: bool,
    ) -> io::Result<Next> {
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Ok(Next::GoOn);
            }
            let line = line.trim_end();
            let step = Step::of(line);
            let right = match step {
                Step::Ehlo if !secret && self.known().starttls => "250-lab\r\n250 STARTTLS",
                Step::Ehlo => "250-lab\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN",
                Step::StartTls => "220 2.0.0 go on",
                Step::Auth if self.is_right(line) => "235 2.7.0 welcome",
                Step::Auth => "535 5.7.8 user and password are not known",
                Step::Mail | Step::Rcpt | Step::Rset => "250 2.0.0 well",
                Step::Data => "354 go on",
                Step::Quit => "221 2.0.0 farewell",
                Step::Dot | Step::Connect | Step::Unknown => "500 5.5.1 what?",
            };
            let fault = self.fault(step, line);
            let done = say(stream, fault, right, &self.known().echo())?;
            match step {
                Step::StartTls if done => return Ok(Next::StartTls),
                Step::Mail | Step::Rset => self.to.clear(),
                Step::Rcpt if done => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or("");
                    self.to.push(address.to_owned());
                }
                Step::Data if done => self.take(stream)?,
                Step::Quit => return Ok(Next::GoOn),
                _ => {}
            }
        }
    }

    /// Whether an `AUTH PLAIN` carries the password.
    fn is_right(&self, line: &str) -> bool {
        let said = line.rsplit(' ').next().unwrap_or("");
        let said = base64::engine::general_purpose::STANDARD.decode(said);
        said.is_ok_and(|s| s.ends_with(format!("\0{}", self.known().password).as_bytes()))
    }

    /// Reads a mail to its dot.
    fn take<S: Read + Write>(&mut self, stream: &mut BufReader<S>) -> io::Result<()> {
        let mut raw = Vec::new();
        loop {
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line)? == 0 {
                return Err(cut());
            }
            if line == b".\r\n" {
                break;
            }
            raw.extend(line.strip_prefix(b".").unwrap_or(&line));
        }
        let fault = self.fault(Step::Dot, &self.to.join(" "));
        if matches!(fault, None | Some(Fault::TakeAndCut)) {
            self.known().taken.push(Taken {
                to: self.to.clone(),
                raw: String::from_utf8_lossy(&raw).into_owned(),
            });
        }
        say(stream, fault, "250 2.0.0 taken", &self.known().echo())?;
        Ok(())
    }

    /// What goes wrong in a step.
    fn fault(&self, step: Step, line: &str) -> Option<Fault> {
        let mut known = self.known();
        known.log.push((step, line.to_owned()));
        let mut fault = None;
        for hook in &mut known.hooks {
            if hook.step == step && line.contains(hook.naming) {
                hook.seen += 1;
                if fault.is_none() && hook.times.contains(&hook.seen) {
                    fault = Some(hook.fault);
                }
            }
        }
        fault
    }
}

/// Answers; gives whether as is right, and that was a yes. `echo`: what an echo says.
fn say<S: Read + Write>(
    stream: &mut BufReader<S>,
    fault: Option<Fault>,
    right: &str,
    echo: &str,
) -> io::Result<bool> {
    let echoed;
    let said = match fault {
        None => right,
        Some(Fault::Say(said)) => said,
        Some(Fault::Echo(said)) => {
            let (code, text) = said.split_once(' ').unwrap_or((said, ""));
            echoed = format!("{code}-{text}\r\n{code} {echo}");
            &echoed
        }
        Some(Fault::Cut | Fault::TakeAndCut) => return Err(cut()),
        Some(Fault::Silence) => {
            io::copy(stream, &mut io::sink())?;
            return Err(cut());
        }
    };
    let stream = stream.get_mut();
    stream.write_all(format!("{said}\r\n").as_bytes())?;
    stream.flush()?;
    Ok(fault.is_none() && !right.starts_with(['4', '5']))
}
