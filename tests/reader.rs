//! A reading process that dies, hangs or cannot be started: the next one is asked, and a fault of the machine is never
//! taken for one of a mail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thubaocao::archive::Folder;
use thubaocao::ground::Sha256;
use thubaocao::reading::worker::{Outcome, Reader};
use thubaocao::reading::{Class, ReadingSettings};

use crate::lab::installation::{Installation, LATE, REPORTING, both_forms, succeed};
use crate::lab::{Lab, with_file, written};

const PROGRAM: &str = env!("CARGO_BIN_EXE_thubaocao");

/// A reader whose process that opens files is a shell script: `$1` and what follows are the arguments that the real
/// program would get, `real "$@"` becomes the real program, `hello "$@"` says what that says first, `$n` counts the
/// starts.
fn reader(folder: &Path, script: &str) -> Reader {
    reader_of("--words", folder, script)
}

/// The same, but that the process is the real one which has an option among its arguments.
fn reader_of(real: &str, folder: &Path, script: &str) -> Reader {
    let program = folder.join("reader");
    let folder = folder.display();
    let text = format!(
        r#"#!/bin/sh
real() {{ exec '{PROGRAM}' "$@"; }}
hello() {{ '{PROGRAM}' "$@" </dev/null; }}
case " $* " in *" {real} "*) real "$@" ;; esac
echo >>'{folder}/starts'
n=$(wc -l <'{folder}/starts')
{script}
"#
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Reader::new(
        program,
        ReadingSettings::default(),
        Duration::from_secs(3),
        256_000_000,
        None,
        true,
    )
}

/// How a mail with a PDF ends, and how many processes were started for it.
async fn outcome(script: &str) -> (Outcome, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = reader(folder.path(), script);
    let mail = with_file("57.pdf", b"%PDF-1.4 trang 1".to_vec());
    let outcome = reader.read(&mail).await;
    let starts = fs::read_to_string(folder.path().join("starts")).unwrap_or_default();
    (outcome, starts.lines().count())
}

#[tokio::test]
async fn a_mail_whose_reader_died_or_hung_once_is_read_by_a_fresh_one() {
    for fault in [
        "kill -9 $$",
        "exec sleep 60",
        "echo nonsense; cat >/dev/null",
        "hello \"$@\"; kill -9 $$",
        "hello \"$@\"; exec sleep 60",
    ] {
        let script = format!("[ $n = 1 ] && {{ {fault}; }}\nreal \"$@\"");
        let (outcome, starts) = outcome(&script).await;
        let Outcome::Read(reading) = outcome else {
            panic!("{fault}: {outcome:?}");
        };
        assert_eq!((reading.class, starts), (Class::Report, 2), "{fault}");
    }
}

#[tokio::test]
async fn a_mail_that_fails_where_another_is_read_is_at_fault_itself() {
    // The third process is asked to read the built-in mail.
    for fault in ["kill -9 $$", "exec sleep 60"] {
        let fault = format!("hello \"$@\"; {fault}");
        let script = format!("[ $n -le 2 ] && {{ {fault}; }}\nreal \"$@\"");
        let (outcome, starts) = outcome(&script).await;
        assert!(matches!(outcome, Outcome::MailFails(_)), "{outcome:?}");
        assert_eq!(starts, 3);
    }
}

#[tokio::test]
async fn a_process_that_cannot_be_started_is_never_the_mails_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = reader(folder.path(), "real \"$@\"");
    let mode = |mode| {
        fs::set_permissions(
            folder.path().join("reader"),
            fs::Permissions::from_mode(mode),
        )
    };
    let mail = with_file("57.pdf", b"%PDF-1.4 trang 1".to_vec());
    mode(0o644).unwrap();
    let outcome = reader.read(&mail).await;
    assert!(matches!(outcome, Outcome::MachineFails(_)), "{outcome:?}");
    mode(0o755).unwrap();
    let outcome = reader.read(&mail).await;
    assert!(matches!(outcome, Outcome::Read(_)), "{outcome:?}");
}

#[tokio::test]
async fn where_no_mail_is_read_the_machine_is_at_fault() {
    for fault in [
        "kill -9 $$",
        "exec sleep 60",
        "exit 1",
        "hello \"$@\"; kill -9 $$",
    ] {
        let (outcome, _) = outcome(fault).await;
        assert!(matches!(outcome, Outcome::MachineFails(_)), "{outcome:?}");
    }
    let mut reader = Reader::new(
        PathBuf::from("/nowhere/thubaocao"),
        ReadingSettings::default(),
        Duration::from_secs(2),
        256_000_000,
        None,
        true,
    );
    let outcome = reader.read(b"From: a@b.vn\r\n\r\nx").await;
    let Outcome::MachineFails(why) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("/nowhere/thubaocao"), "{why}");
}

#[tokio::test]
async fn the_built_in_mail_is_read_by_the_real_process_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = Reader::new(
        PathBuf::from(PROGRAM),
        ReadingSettings::default(),
        Duration::from_secs(10),
        256_000_000,
        Some(folder.path().to_owned()),
        true,
    );
    assert!(reader.trial().await.unwrap(), "the PDF was not read");
    assert_eq!(reader.confinement().unwrap().lack(), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_report_whose_reader_was_killed_is_logged_and_its_unit_not_reminded() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    // The first mail starts the process that is killed before the second one.
    lab.unit_sends(LATE, "Hỏi", "Kính gửi Ban, xin hỏi mẫu báo cáo?", &[]);
    daemon.await_log("read a mail", 1);
    let reading = daemon.reading_processes();
    assert_eq!(reading.len(), 2);
    for process in reading {
        // SAFETY: kill has no preconditions.
        assert_eq!(unsafe { libc::kill(process, libc::SIGKILL) }, 0);
        let score = fs::read_to_string(format!("/proc/{process}/oom_score_adj")).unwrap();
        assert_eq!(score.trim(), "1000"); // the kernel would choose it, too
    }
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    daemon.await_log("read a mail", 2);
    let letters = lab.await_mails(REPORTING, 2);
    assert_eq!(versions(&installation), Some(1));
    assert!(letters.iter().any(|l| l.subject == "Re: Báo cáo trẻ em"));
}

/// How many versions of its report the unit has sent.
fn versions(installation: &Installation) -> Option<u64> {
    let status = installation.json(&["status", "--json"]);
    let mut lines = status.iter();
    lines.find(|l| l["unit"] == "ldld-dong-hoa")?["versions"].as_u64()
}

#[test]
fn mails_that_the_machine_cannot_read_stay_unread_hold_reminders_and_are_read_after_the_repair() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    // Nothing is sent while Dovecot, which knows the password for Postfix too, is away: the queue would pause.
    installation.edit(
        "thubaocao.toml",
        "digest_at = \"00:00\"",
        "digest_at = \"23:59\"",
    );
    // A program file that goes away under the running service, as in an upgrade that failed in the middle.
    let program = installation.dir.path().join("thubaocao");
    fs::copy(PROGRAM, &program).unwrap();
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    lab.stop_dovecot();
    let daemon = installation.start_program(&program);
    daemon.await_log("the mailbox failed", 1);
    fs::remove_file(&program).unwrap();
    lab.start_dovecot();
    daemon.await_log("no mail can be read", 1);
    daemon.await_log("the mailbox answers again", 1);
    daemon.signal(libc::SIGHUP);
    daemon.await_log("no mail can be read", 2);
    assert_eq!(versions(&installation), Some(0));
    assert!(lab.mails_of(REPORTING).is_empty() && lab.mails_of(LATE).is_empty());
    let repaired = installation.dir.path().join("repaired");
    fs::copy(PROGRAM, &repaired).unwrap();
    fs::rename(&repaired, &program).unwrap();
    daemon.signal(libc::SIGHUP);
    daemon.await_log("read a mail", 1);
    // The unit that has sent nothing is reminded now: its reminder was held, not lost.
    lab.await_mails(LATE, 1);
    let letters = lab.await_mails(REPORTING, 1);
    assert_eq!(letters[0].subject, "Re: Báo cáo trẻ em");
    assert_eq!(lab.mails_of(REPORTING).len(), 1);
}

#[test]
fn files_that_cannot_be_stored_stay_in_their_mail_until_they_can_be() {
    let installation = Installation::on_maildir();
    let deliver = |name: &str, unit: &str| {
        let mail = written(unit, "Báo cáo trẻ em", "Gửi Ban", &both_forms(unit));
        fs::write(installation.maildir().join("new").join(name), mail).unwrap();
    };
    deliver("1.eml", LATE);
    deliver("2.eml", REPORTING);
    succeed(installation.run(&["clock", "accept"])); // makes the store
    // A folder stands where one attachment would: whatever else is stored, under names that nobody knows before, is not in
    // its way.
    let (_, word) = &both_forms(LATE)[0];
    let data = installation.dir.path().join("data");
    let obstacle = Folder::open(&data).unwrap().path(Sha256::of(word));
    fs::create_dir_all(&obstacle).unwrap();
    let output = installation.run(&["run", "--once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("files stay in their mails"), "{said}");
    assert_eq!(versions(&installation), Some(1), "{said}");
    let health = installation.run(&["health"]);
    assert!(String::from_utf8_lossy(&health.stdout).contains("reading: FAILS"));
    let sent = |unit: &str| {
        let mails = fs::read_dir(installation.dir.path().join("outbox")).unwrap();
        let texts = mails.map(|m| fs::read_to_string(m.unwrap().path()).unwrap());
        texts.filter(|t| t.contains(&format!("To: {unit}"))).count()
    };
    fs::remove_dir(&obstacle).unwrap();
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(fs::read(&obstacle).unwrap(), *word);
    // An acknowledgement, no reminder: the report is there, whatever the disk takes of its files.
    assert_eq!(sent(LATE), 1);
    succeed(installation.run(&["health"]));
}

#[tokio::test]
async fn the_process_that_reads_mails_gets_nothing_of_the_service_s_environment() {
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join("env");
    let script = format!("env >'{}'\nreal \"$@\"", env.display());
    let mut reader = reader(folder.path(), &script);
    let mail = with_file("a.docx", b"x".to_vec());
    let read = reader.read(&mail).await;
    assert!(matches!(read, Outcome::Read(_)), "{read:?}");
    let env = fs::read_to_string(env).unwrap();
    let names: Vec<&str> = env
        .lines()
        .filter_map(|l| Some(l.split_once('=')?.0))
        .collect();
    // What a shell adds by itself, and how much memory threads may keep.
    let harmless = [
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "LANG",
        "PATH",
        "MALLOC_ARENA_MAX",
    ];
    let others: Vec<_> = names.iter().filter(|n| !harmless.contains(n)).collect();
    assert!(names.len() > 1 && others.is_empty(), "{others:?}");
}
