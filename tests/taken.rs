//! A reading process that a mail has taken over: it may say and leave what it likes, and gains nothing by it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thubaocao::ground::Sha256;
use thubaocao::reading::Unread;
use thubaocao::reading::worker::{Outcome, Reader};
use thubaocao::reading::{Class, Reading, ReadingSettings, Trust};

use crate::lab::{await_until, with_file};

const PROGRAM: &str = env!("CARGO_BIN_EXE_thubaocao");
const MEMORY: u64 = 256_000_000;
const SECRET: &[u8] = b"a password";
const PDF: &[u8] = b"%PDF-1.4 trang 1";

/// A reader whose process that opens files is a shell script, and what lies around it.
struct Taken {
    folder: TempDir,
    reader: Reader,
}

impl Taken {
    /// `$files` is the folder for files, `$n` counts the starts, `real` becomes the real program, `hello` says what that
    /// says first, `says` the answer that was prepared.
    fn by(script: &str, answer: &Value) -> Taken {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("answer"), format!("{answer}\n")).unwrap();
        fs::write(path.join("secret"), SECRET).unwrap();
        fs::create_dir(path.join("incoming")).unwrap();
        let program = path.join("reader");
        let text = format!(
            r#"#!/bin/sh
cd '{}'
arguments="$*"
real() {{ exec '{PROGRAM}' $arguments; }}
hello() {{ '{PROGRAM}' $arguments </dev/null; }}
says() {{ hello; cat answer; exec cat >/dev/null; }}
[ "$4" = --words ] && {{ echo >>words; real; }}
files=$5
echo >>starts
n=$(wc -l <starts)
{script}
"#,
            path.display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let settings = ReadingSettings {
            staff: vec!["can.bo@example.vn".into()],
            ..ReadingSettings::default()
        };
        let incoming = Some(path.join("incoming"));
        let patience = Duration::from_secs(20);
        Taken {
            reader: Reader::new(program, settings, patience, MEMORY, incoming, true),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many processes were started to open files.
    fn starts(&self) -> usize {
        self.lines("starts")
    }

    fn lines(&self, file: &str) -> usize {
        fs::read_to_string(self.path(file)).unwrap().lines().count()
    }

    async fn read(&mut self) -> Reading {
        let mail = with_file("57.pdf", PDF.to_vec());
        match self.reader.read(&mail).await {
            Outcome::Read(reading) => *reading,
            other => panic!("{other:?}"),
        }
    }
}

/// The answer that a mail brings one file with a name as its hash.
fn announces(name: &str, size: usize) -> Value {
    let mut reading = serde_json::to_value(Reading::unreadable(Unread::NotFetched)).unwrap();
    reading["class"] = json!("report");
    reading["attachments"] = json!([{
        "name": "57.pdf", "size": size, "sha256": name, "kind": "pdf", "role": "signed_document",
        "number": null, "dated": null, "title": null,
    }]);
    json!({ "Read": reading })
}

fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // One that has ended and was not waited for yet is a zombie.
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test]
async fn what_it_leaves_is_taken_only_where_it_is_the_file_that_it_named() {
    let secret = Sha256::of(SECRET).to_string();
    let named = |name: &str| announces(name, SECRET.len());
    let honest = named(&secret);
    let mut many = honest.clone();
    let one = many["Read"]["attachments"][0].clone();
    many["Read"]["attachments"] = json!(vec![one; 501]);
    let mut misnamed = honest.clone();
    misnamed["Read"]["attachments"][0]["name"] = json!("../57.pdf");
    let copy = format!("cp secret $files/{secret}; says");
    let cases: Vec<(&str, String, Value)> = vec![
        (
            "a link",
            format!("ln -s $PWD/secret $files/{secret}; says"),
            honest.clone(),
        ),
        (
            "a fifo",
            format!("mkfifo $files/{secret}; says"),
            honest.clone(),
        ),
        (
            "a folder",
            format!("mkdir $files/{secret}; says"),
            honest.clone(),
        ),
        (
            "another content",
            format!("echo a passwore >$files/{secret}; says"),
            honest.clone(),
        ),
        (
            "another length",
            copy.clone(),
            announces(&secret, SECRET.len() + 1),
        ),
        ("nothing", "says".into(), honest.clone()),
        (
            "closed",
            format!("cp secret $files/{secret}; chmod 0 $files/{secret}; says"),
            announces(&secret, 1),
        ),
        ("a path", "says".into(), named("../../secret")),
        ("a whole path", "says".into(), named("/etc/passwd")),
        ("501 files", copy.clone(), many),
        ("a name that is a path", copy.clone(), misnamed),
        (
            "more than a mail can bring",
            copy,
            announces(&secret, usize::MAX / 2),
        ),
    ];
    for (what, script, answer) in cases {
        let begun = Instant::now();
        // The second process is a real one: the mail is read all the same.
        let mut taken = Taken::by(&format!("[ $n = 1 ] || real\n{script}"), &answer);
        let reading = taken.read().await;
        assert_eq!(reading.attachments[0].sha256, Sha256::of(PDF), "{what}");
        let kept = taken.reader.file(&reading.attachments[0]).unwrap();
        assert_eq!(kept.as_deref(), Some(PDF), "{what}");
        assert_eq!(taken.starts(), 2, "{what}");
        assert_eq!(fs::read(taken.path("secret")).unwrap(), SECRET, "{what}");
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{what} was waited for"
        );
    }
    // One that lies each time is at fault: the third process reads the built-in mail.
    let mut taken = Taken::by(
        &format!("[ $n -gt 2 ] && real\nln -s $PWD/secret $files/{secret}; says"),
        &honest,
    );
    let outcome = taken.reader.read(&with_file("57.pdf", PDF.to_vec())).await;
    let Outcome::MailFails(why) = outcome else {
        panic!("{outcome:?}");
    };
    let why = why.to_string();
    assert!(why.contains("is a link"), "{why}");
}

#[tokio::test]
async fn a_file_that_it_replaces_after_its_answer_is_not_taken() {
    let secret = Sha256::of(SECRET).to_string();
    let script = format!(
        "cp secret $files/{secret}; hello; cat answer; cat go; ln -sf $PWD/secret $files/{secret}; exec cat >/dev/null"
    );
    let mut taken = Taken::by(&script, &announces(&secret, SECRET.len()));
    let go = std::ffi::CString::new(taken.path("go").to_str().unwrap()).unwrap();
    // SAFETY: the path ends by NUL and lives as long as the call.
    assert_eq!(unsafe { libc::mkfifo(go.as_ptr(), 0o600) }, 0);
    let reading = taken.read().await;
    let file = &reading.attachments[0];
    assert_eq!(taken.reader.file(file).unwrap().as_deref(), Some(SECRET));
    fs::write(taken.path("go"), "").unwrap();
    let folder = fs::read_dir(taken.path("incoming"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let left = folder.path().join(secret);
    await_until("the link", || {
        left.symlink_metadata().is_ok_and(|m| m.is_symlink())
    });
    let error = taken.reader.file(file).unwrap_err().to_string();
    assert!(error.contains("is a link"), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_awaited() {
    let mut taken = Taken::by(
        "[ $n -le 2 ] && { hello; exec cat /dev/zero; }\nreal",
        &json!(null),
    );
    let outcome = taken.reader.read(&with_file("57.pdf", PDF.to_vec())).await;
    let Outcome::MailFails(why) = outcome else {
        panic!("{outcome:?}");
    };
    let why = why.to_string();
    assert!(why.contains("no end"), "{why}");
}

#[tokio::test]
async fn it_neither_says_who_wrote_a_mail_nor_gives_an_order() {
    let mut lies = announces(&Sha256::of(SECRET).to_string(), SECRET.len());
    for (key, value) in [
        ("class", json!("staff_command")),
        ("trust", json!("pass")),
        (
            "sender",
            json!({ "name": "Cán bộ", "address": "can.bo@example.vn" }),
        ),
        ("reply_to", json!("can.bo@example.vn")),
        (
            "tokens",
            json!(["TBC.m1.ignore.20261231.00000000000000000000000000000000"]),
        ),
        ("message_id", json!("x@example.vn")),
        ("subject", json!("Lệnh")),
    ] {
        lies["Read"][key] = value;
    }
    let script = format!("cp secret $files/{}; says", Sha256::of(SECRET));
    let reading = Taken::by(&script, &lies).read().await;
    assert_eq!(reading.class, Class::NoAttachment);
    assert_eq!(reading.trust, Trust::Unknown);
    assert_eq!(reading.sender.unwrap().address, "don-vi@example.vn");
    assert_eq!(reading.reply_to.as_deref(), Some("don-vi@example.vn"));
    assert_eq!(reading.subject, "Báo cáo");
    assert!(reading.tokens.is_empty() && reading.message_id.is_none());
    assert_eq!(reading.attachments[0].sha256, Sha256::of(SECRET));
}

/// A program that takes 400 MB and lets nobody forget it: `tail` keeps what it may have to print.
const HEAVY: &str = "(head -c 400000000 /dev/zero; exec sleep 60) | tail -c 400000000 >/dev/null";

#[tokio::test]
async fn what_it_starts_takes_no_more_memory_than_it_may_together_with_it() {
    // A helper that is too large is ended, and the mail is read without what it would have found.
    let mut taken = Taken::by(&format!("{HEAVY}\necho ended >ended\nreal"), &json!(null));
    // The first answer tells of the confinement: the memory is looked at then, too.
    assert_eq!(taken.read().await.class, Class::Report);
    assert!(taken.path("ended").exists());
    assert_eq!(taken.starts(), 1);

    // One that is too large itself is ended as a whole; what it reads comes from elsewhere.
    let script = "[ $n -le 2 ] || real\nhello\nmkfifo $n\nsetsid head -c 1000000000000 /dev/zero >$n &\nexec tail -c 400000000 <$n 3>&1 >/dev/null";
    let mut taken = Taken::by(script, &json!(null));
    let outcome = taken.reader.read(&with_file("57.pdf", PDF.to_vec())).await;
    let Outcome::MailFails(why) = outcome else {
        panic!("{outcome:?}");
    };
    let why = why.to_string();
    assert!(why.contains("256 MB"), "{why}");
}

#[tokio::test]
async fn what_it_started_ends_with_it() {
    let script = "sleep 300 & echo $! >pid\n(sleep 300 & echo $! >orphan)\nhello; cat answer; exec cat >/dev/null";
    let honest = announces(&Sha256::of(SECRET).to_string(), SECRET.len());
    let script = format!("cp secret $files/{}\n{script}", Sha256::of(SECRET));
    let mut taken = Taken::by(&script, &honest);
    let reading = taken.read().await;
    let pids = ["pid", "orphan"].map(|name| {
        let pid = fs::read_to_string(taken.path(name)).unwrap();
        pid.trim().parse::<i32>().unwrap()
    });
    assert!(pids.into_iter().all(is_alive));
    taken.reader.distrust();
    await_until("the end of what it started", || {
        !pids.into_iter().any(is_alive)
    });
    // What it left for the mail can still be taken.
    let file = &reading.attachments[0];
    assert_eq!(taken.reader.file(file).unwrap().as_deref(), Some(SECRET));
}

#[tokio::test]
async fn a_fresh_one_reads_after_fifty_mails_and_after_a_suspicious_one() {
    let mut taken = Taken::by("real", &json!(null));
    for n in 1..=51 {
        taken.read().await;
        assert_eq!(taken.starts(), if n <= 50 { 1 } else { 2 });
    }
    let mut forged = b"From: can.bo@example.vn\r\n".to_vec();
    forged.extend(with_file("57.pdf", PDF.to_vec()));
    let program = with_file("57.exe", b"MZ\x90".to_vec());
    for (n, suspicious) in [(3, forged), (4, program)] {
        let read = taken.reader.read(&suspicious).await;
        assert!(matches!(read, Outcome::Read(_)), "{read:?}");
        assert_eq!(taken.starts(), n - 1);
        taken.read().await;
        assert_eq!(taken.starts(), n);
    }
    let left = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!(left(&taken.path("incoming")), 1);
}

#[tokio::test]
async fn an_order_is_read_by_a_process_that_has_read_nothing_else() {
    let mut taken = Taken::by("real", &json!(null));
    let token = "TBC.m1.ignore.20261231.00000000000000000000000000000000";
    let order = format!("From: can.bo@example.vn\r\nSubject: x\r\n\r\nMã xử lý: {token}\r\n");
    for (mail, class, words) in [
        (order.clone(), Class::StaffCommand, 1),
        // Without a code, too, staff may order by what they answer, or ask something.
        (order.replace("TBC", "tbc"), Class::NoAttachment, 2),
        (order.clone(), Class::StaffCommand, 3),
        (order.replace("can.bo", "don.vi"), Class::NoAttachment, 3),
        (order, Class::StaffCommand, 4),
    ] {
        let Outcome::Read(reading) = taken.reader.read(mail.as_bytes()).await else {
            panic!("{mail}");
        };
        assert_eq!((reading.class, taken.lines("words")), (class, words));
    }
    assert_eq!(taken.starts(), 1);
}
