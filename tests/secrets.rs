//! What must stay between us and the servers stays there: no log, no row, no letter and no backup holds a password,
//! whatever a server or a program says again; and a password file that others can read is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::{Timestamp, ToSpan};

use crate::lab::imap_fake::{self, FakeImap};
use crate::lab::installation::{Installation, REPORTING, both_forms, succeed, thubaocao};
use crate::lab::smtp_fake::{self, FakeSmtp};
use crate::lab::{Letter, MAILBOX, written};

/// A password that is written in another way wherever it is sent.
const PASSWORD: &str = "mật \"khẩu\\của-ban";
/// What stands at its end in any of them but base64.
const END: &str = "của-ban";

/// What is written and said while something is tried.
struct Heard(Vec<(String, String)>);

impl Heard {
    fn new() -> Heard {
        Heard(Vec::new())
    }

    fn said(&mut self, what: &str, output: &Output) {
        for (stream, said) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let said = String::from_utf8_lossy(said).into_owned();
            self.0.push((format!("{what}, {stream}"), said));
        }
    }

    /// Everything that lies in an installation, but for the password file itself and the reserve on the disk.
    fn files(&mut self, installation: &Installation) {
        let mut folders = vec![installation.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("password") && !path.ends_with("reserve") {
                    let content = fs::read(&path).unwrap();
                    let content = String::from_utf8_lossy(&content).into_owned();
                    self.0.push((path.display().to_string(), content));
                }
            }
        }
    }

    /// Where a text stands.
    fn places(&self, text: &str) -> Vec<&str> {
        let places = self.0.iter().filter(|(_, content)| content.contains(text));
        places.map(|(place, _)| place.as_str()).collect()
    }

    /// That the password stands nowhere, in none of the forms in which it was sent.
    fn hold_no_password(&self) {
        let escaped = PASSWORD.replace('\\', "\\\\").replace('"', "\\\"");
        let bare = STANDARD_NO_PAD.encode(PASSWORD);
        let plain = STANDARD_NO_PAD.encode(format!("\0{MAILBOX}\0{PASSWORD}"));
        let within = STANDARD_NO_PAD.encode(format!("LOGIN \"{MAILBOX}\" \"{escaped}\""));
        for form in [PASSWORD, &escaped, &bare, &plain, &within, END] {
            assert_eq!(self.places(form), [""; 0], "{form}");
        }
    }
}

/// Adds an alarm that writes into a file.
fn with_alarm(installation: &Installation) -> PathBuf {
    let rung = installation.dir.path().join("rung");
    let script = format!("cat >>'{}'", rung.display());
    let file = installation.config().join("thubaocao.toml");
    let text = fs::read_to_string(&file).unwrap()
        + &format!("[alarm]\nhours = 1\ncommand = [\"/bin/sh\", \"-c\", {script:?}]\n");
    fs::write(&file, text).unwrap();
    rung
}

/// An installation's rounds, each some hours after the one before, so that no pause keeps it from trying again.
struct Rounds<'i> {
    installation: &'i Installation,
    at: Timestamp,
    heard: Heard,
}

impl Rounds<'_> {
    fn of(installation: &Installation) -> Rounds<'_> {
        Rounds {
            installation,
            at: Timestamp::now(),
            heard: Heard::new(),
        }
    }

    /// Runs a command that says all that it can.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = thubaocao(&self.installation.config());
        command.env("THUBAOCAO_LOG", "trace").args(arguments);
        command.output().unwrap()
    }

    /// One round; gives what it said.
    fn round(&mut self, what: &str) -> String {
        self.at += 5.hours();
        let at = self.at.to_string();
        let output = self.run(&["--at", &at, "run", "--once"]);
        self.heard.said(what, &output);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Everything that tells people how the service fares, and everything that was written.
    fn tell(mut self) -> Heard {
        let at = self.at.to_string();
        let backup = self.installation.dir.path().join("backup.tar");
        let page = self.installation.dir.path().join("digest.html");
        let day = thubaocao::domain::date_of(self.at).to_string();
        for command in [
            vec!["check"],
            vec!["--at", &at, "status"],
            vec!["--at", &at, "health"],
            vec![
                "--at",
                &at,
                "digest",
                "--on",
                &day,
                "--html",
                page.to_str().unwrap(),
            ],
            vec!["backup", backup.to_str().unwrap()],
        ] {
            let output = self.run(&command);
            self.heard.said(&command.join(" "), &output);
        }
        assert!(backup.exists() && page.exists());
        self.heard.files(self.installation);
        self.heard
    }
}

fn report(mark: &str) -> Vec<u8> {
    written(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms(mark))
}

#[test]
fn a_password_that_the_mailbox_says_again_stands_in_no_log_store_letter_or_backup() {
    use imap_fake::{Fault, Step};
    let imap = FakeImap::start();
    let installation = Installation::against(&imap);
    fs::write(installation.dir.path().join("password"), PASSWORD).unwrap();
    let rung = with_alarm(&installation);
    imap.deliver("INBOX", Timestamp::now(), &report("a"));
    let mut rounds = Rounds::of(&installation);
    for (step, fault) in [
        (Step::Login, Fault::Echo),
        (Step::Login, Fault::EchoAndBye),
        (Step::Select, Fault::Echo),
        (Step::Listing, Fault::EchoAndBye),
        (Step::Bodies, Fault::Echo),
        (Step::Bodies, Fault::EchoAndBye),
    ] {
        imap.mend();
        imap.on(step, .., fault);
        let said = rounds.round(&format!("{step:?}"));
        assert!(said.contains("cannot take LOGIN"), "{step:?}: {said}");
    }
    let heard = rounds.tell();
    heard.hold_no_password();
    let told = heard.places("cannot take LOGIN");
    for name in ["rung", "thubaocao.sqlite", "backup.tar"] {
        assert!(told.iter().any(|p| p.ends_with(name)), "{told:?}");
    }
    assert!(fs::read_to_string(&rung).unwrap().contains('…'));
}

#[test]
fn a_password_that_the_sending_server_says_again_stands_in_no_log_store_letter_or_backup() {
    use smtp_fake::{Fault, Step};
    let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
    let installation = Installation::between(&imap, &smtp);
    fs::write(installation.dir.path().join("password"), PASSWORD).unwrap();
    smtp.known().password = PASSWORD.to_owned();
    with_alarm(&installation);
    let mut rounds = Rounds::of(&installation);
    for (step, answer) in [
        (Step::Auth, "535 5.7.8 no"),
        (Step::Auth, "454 4.7.0 later"),
        (Step::Mail, "550 5.4.5 too many"),
        (Step::Rcpt, "450 4.7.1 later"),
        (Step::Rcpt, "550 5.1.1 no"),
        (Step::Data, "554 5.5.1 no"),
        (Step::Dot, "451 4.3.0 later"),
        (Step::Dot, "550 5.7.1 no"),
    ] {
        smtp.mend();
        smtp.on(step, .., Fault::Echo(answer));
        // There is always one more mail to send.
        imap.deliver("INBOX", rounds.at, &report(answer));
        let said = rounds.round(answer);
        assert!(said.contains("AUTH PLAIN … is "), "{answer}: {said}");
    }
    let heard = rounds.tell();
    heard.hold_no_password();
    let told = heard.places("AUTH PLAIN … is ");
    for name in ["rung", "thubaocao.sqlite", "digest.html"] {
        assert!(told.iter().any(|p| p.ends_with(name)), "{told:?}");
    }
}

#[test]
fn a_password_that_a_sending_program_says_again_stands_in_no_log_store_letter_or_backup() {
    let imap = FakeImap::start();
    let installation = Installation::leaving(&imap, "kind = \"sendmail\"\nprogram = \"/tmp\"");
    let dir = installation.dir.path();
    let password = dir.join("password");
    fs::write(&password, PASSWORD).unwrap();
    let line = format!(
        "cat >/dev/null; printf 'told ' >&2; cat '{}' >&2; exit 75",
        password.display()
    );
    let program = script(dir, &line);
    installation.edit("thubaocao.toml", "\"/tmp\"", &format!("{program:?}"));
    imap.deliver("INBOX", Timestamp::now(), &report("a"));
    let mut rounds = Rounds::of(&installation);
    let said = rounds.round("sendmail");
    assert!(said.contains("told …"), "{said}");
    let heard = rounds.tell();
    heard.hold_no_password();
    let told = heard.places("told …");
    assert!(
        told.iter().any(|p| p.ends_with("thubaocao.sqlite")),
        "{told:?}"
    );
}

/// A program of one line.
fn script(dir: &Path, line: &str) -> PathBuf {
    let path = dir.join("program");
    fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
    set_mode(&path, 0o700);
    path
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_password_file_that_others_can_read_is_told_with_the_command_that_mends_it_and_the_service_goes_on()
 {
    let imap = FakeImap::start();
    let installation = Installation::against(&imap);
    let rung = with_alarm(&installation);
    let dir = installation.dir.path();
    let check = || {
        let output = installation.run(&["check", "--offline"]);
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), said)
    };
    // The folder keeps everybody out.
    set_mode(&dir.join("password"), 0o644);
    assert!(check().0, "{}", check().1);
    set_mode(dir, 0o755);
    let (well, said) = check();
    let (_, command) = said.split_once("; run: ").expect(&said);
    assert!(
        !well && said.contains("password: FAILED: every user"),
        "{said}"
    );

    imap.deliver("INBOX", Timestamp::now(), &report("a"));
    let begin = Timestamp::now();
    let round = |minutes: i64| {
        let at = (begin + minutes.minutes()).to_string();
        succeed(installation.run(&["--at", &at, "run", "--once"]));
        fs::read_to_string(&rung).unwrap_or_default()
    };
    let told = round(1);
    assert!(told.starts_with("Thu báo cáo: tệp chứa mật khẩu"), "{told}");
    assert!(told.contains(command.trim()), "{told}");
    let thanks = |l: &Letter| l.to.contains(REPORTING);
    assert!(
        installation.outbox().iter().any(thanks),
        "the service goes on"
    );

    let mended = Command::new("/bin/sh").args(["-c", command]).status();
    assert!(mended.unwrap().success());
    assert!(check().0, "{}", check().1);
    round(2);
    let told = round(40);
    assert!(told.contains("đã khắc phục: tệp chứa mật khẩu"), "{told}");
}
