//! An archive on S3-compatible storage keeps what one on the disk keeps, and outlives the machine.

use std::fs;
use std::process::Output;

use jiff::{SignedDuration, Timestamp};
use thubaocao::archive::Folder;
use thubaocao::store::Store;

use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, both_forms, succeed};
use crate::lab::outcome::{acknowledged, logged, reminded, report};
use crate::lab::s3::{BUCKET, S3};
use crate::lab::{await_until, dns, written};

/// What a trial asks: put, get, list and delete.
const TRIAL: usize = 4;

fn deliver(installation: &Installation, name: &str, raw: &[u8]) {
    fs::write(installation.maildir().join("new").join(name), raw).unwrap();
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

fn fail(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    said(output)
}

/// How many mails wait to be read.
fn unread(installation: &Installation) -> u32 {
    let data = installation.dir.path().join("data");
    let store = Store::open_read_only(&Store::path(&data)).unwrap();
    store.unread_count().unwrap()
}

/// How many contents the store names.
fn contents(installation: &Installation) -> usize {
    let data = installation.dir.path().join("data");
    let store = Store::open_read_only(&Store::path(&data)).unwrap();
    store.contents(None, usize::MAX).unwrap().len()
}

#[test]
fn reports_go_the_whole_circle_on_s3_and_a_lost_machine_loses_none() {
    let Some(mut s3) = S3::start() else { return };
    let installation = s3.installation();
    let dir = installation.dir.path();
    assert!(succeed(installation.run(&["check"])).contains("archive: ok (s3://kho/pho-yen)"));
    deliver(&installation, "1", &report(REPORTING, "1"));
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, LATE), 1);

    // All that is needed lies there under its name, and nothing but that; on the disk lies nothing of it.
    let needed = contents(&installation);
    let objects = s3.objects();
    assert_eq!(objects.len(), needed, "{objects:?}");
    assert!(objects.iter().all(|o| o.starts_with("pho-yen/")));
    let left: Vec<_> = fs::read_dir(dir.join("data/archive")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let incoming = dir.join("data/archive/incoming");
    assert_eq!(fs::read_dir(&incoming).unwrap().count(), 0);
    let verified = succeed(installation.run(&["verify"]));
    assert!(
        verified.contains(&format!("and {needed} files")),
        "{verified}"
    );
    let out = dir.join("out");
    let export = ["export", "--report", "tre-em", "--period", "dot-1"];
    let said = succeed(installation.run(&[&export[..], &[out.to_str().unwrap()]].concat()));
    assert!(said.contains("2 files of 1 units"), "{said}");

    // A backup is the store alone. After it comes another report; then the machine burns.
    let backup = dir.join("a.tar");
    let path = backup.to_str().unwrap();
    let said = succeed(installation.run(&["backup", path]));
    assert!(
        said.contains(&format!("its {needed} files stay in s3://kho/pho-yen")),
        "{said}"
    );
    deliver(&installation, "2", &report(LATE, "2"));
    succeed(installation.run(&["run", "--once"]));
    fs::remove_dir_all(dir.join("data")).unwrap();
    fs::remove_file(installation.config().join(".data-folder")).unwrap();

    // No new store takes the place of the lost one in silence.
    let said = fail(&installation.run(&["run", "--once"]));
    assert!(said.contains("s3://kho/pho-yen holds an archive"), "{said}");
    let said = succeed(installation.run(&["restore", path]));
    assert!(
        said.contains(&format!(
            "the store is back; its {needed} files are in s3://kho/pho-yen"
        )),
        "{said}"
    );
    succeed(installation.run(&["run", "--once"]));
    for unit in ["ldld-dong-hoa", "ldld-tuy-an"] {
        assert!(logged(&installation, unit), "{unit}");
    }
    assert!(succeed(installation.run(&["verify"])).contains("sound: "));
    assert_eq!(
        acknowledged(&installation, REPORTING),
        1,
        "not answered again"
    );
}

#[test]
fn while_the_storage_is_down_nothing_is_taken_in_nobody_is_reminded_and_staff_are_told() {
    let Some(s3) = S3::start() else { return };
    let installation = s3.installation();
    installation.begins_quietly();
    s3.gate.shut();
    deliver(&installation, "1", &report(REPORTING, "1"));
    let at = |hours| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    for hours in [25, 26] {
        let said = fail(&installation.run(&["--at", &at(hours), "run", "--once"]));
        assert!(said.contains("it does not answer as it should"), "{said}");
    }
    assert_eq!(
        (
            reminded(&installation, REPORTING),
            reminded(&installation, LATE)
        ),
        (0, 0)
    );
    let outbox = installation.outbox();
    let told = |l: &&crate::lab::Letter| {
        l.to == STAFF
            && l.text
                .contains("kho lưu trữ s3://kho/pho-yen không trả lời")
    };
    let digest = outbox.iter().find(told).expect("a digest that tells of it");
    assert!(
        digest.text.contains("kho lưu trữ không dùng được từ"),
        "{}",
        digest.text
    );

    s3.gate.open();
    succeed(installation.run(&["--at", &at(27), "run", "--once"]));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(
        (
            reminded(&installation, REPORTING),
            reminded(&installation, LATE)
        ),
        (0, 1)
    );
    assert!(succeed(installation.run(&["verify"])).contains("sound: "));
}

#[test]
fn what_cannot_be_had_from_a_storage_that_goes_away_in_the_middle_is_not_taken_for_lost() {
    let Some(mut s3) = S3::start() else { return };
    let installation = s3.installation();
    let program = installation.dir.path().join("thubaocao");
    fs::copy(env!("CARGO_BIN_EXE_thubaocao"), &program).unwrap();
    installation.begins_quietly();
    // A mail is stored, and cannot be read: the program's file went away under the running service.
    s3.gate.shut();
    deliver(&installation, "1", &report(REPORTING, "1"));
    let daemon = installation.start_program(&program);
    daemon.await_log("nobody is reminded until it can be used again", 1);
    fs::remove_file(&program).unwrap();
    s3.gate.open();
    daemon.signal(libc::SIGHUP);
    await_until("a mail that is stored", || unread(&installation) == 1);
    daemon.await_log("no mail can be read", 1);
    daemon.kill();
    let objects = s3.objects().len();
    // It goes away again before the mail is had from there: the last trial was a moment ago.
    s3.gate.shut();
    let said = fail(&installation.run(&["run", "--once"]));
    assert!(
        said.contains("it does not answer") && !said.contains("is damaged"),
        "{said}"
    );
    assert_eq!(unread(&installation), 1);
    // Nor does `verify` say anything of what it cannot know.
    let said = fail(&installation.run(&["verify"]));
    assert!(
        said.contains("does not answer") && !said.contains("missing"),
        "{said}"
    );
    // It is read, and its files are not taken: they are in it still, and nobody is told before they are.
    s3.gate.let_through(TRIAL + 1);
    let said = fail(&installation.run(&["run", "--once"]));
    assert_eq!((unread(&installation), s3.objects().len()), (0, objects));
    assert_eq!(acknowledged(&installation, REPORTING), 0, "{said}");

    s3.gate.open();
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
    let said = succeed(installation.run(&["verify"]));
    assert!(
        said.contains(&format!("and {} files", contents(&installation))),
        "{said}"
    );
}

#[test]
fn an_archive_moves_to_s3_by_backup_and_restore_and_what_is_lost_there_comes_back_from_the_mailbox()
{
    let Some(mut s3) = S3::start() else { return };
    let installation = s3.installation();
    let dir = installation.dir.path();
    let config = installation.config().join("thubaocao.toml");
    let remote = fs::read_to_string(&config).unwrap();
    let begin = remote.find("archive = ").unwrap();
    let end = remote.find("[department]").unwrap();
    fs::write(&config, format!("{}{}", &remote[..begin], &remote[end..])).unwrap();
    deliver(&installation, "1", &report(REPORTING, "1"));
    succeed(installation.run(&["run", "--once"]));
    let needed = contents(&installation);
    let path = dir.join("a.tar").to_str().unwrap().to_owned();
    succeed(installation.run(&["backup", &path]));
    fs::rename(dir.join("data"), dir.join("cu")).unwrap();
    fs::write(&config, remote).unwrap();
    succeed(installation.run(&["restore", &path]));
    assert_eq!(s3.objects().len(), needed);
    assert!(succeed(installation.run(&["verify"])).contains("sound: "));

    // A copy of the store alone is a backup, too.
    let copy = dir.join("ban-sao.sqlite");
    let conn = rusqlite::Connection::open(Store::path(&dir.join("data"))).unwrap();
    conn.execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    drop(conn);
    fs::rename(dir.join("data"), dir.join("cu-2")).unwrap();
    succeed(installation.run(&["restore", copy.to_str().unwrap()]));

    // The mail is damaged, a file is gone: both come back.
    let raw = Folder::open(&dir.join("cu")).unwrap();
    let mail = fs::read(installation.maildir().join("new/1")).unwrap();
    let mail = raw.put(&mail).unwrap().to_string();
    s3.damage(&format!("pho-yen/{mail}"));
    let damage = fail(&installation.run(&["verify"]));
    assert!(damage.contains(&format!("{mail} is damaged")), "{damage}");
    let others = s3.objects();
    let other = others.iter().find(|o| !o.ends_with(&mail)).unwrap();
    s3.delete(other);
    let later = (Timestamp::now() + SignedDuration::from_hours(8 * 24)).to_string();
    installation.run(&["--at", &later, "run", "--once"]);
    installation.run(&["--at", &later, "run", "--once"]);
    let told = said(&installation.run(&["verify"]));
    assert!(!told.contains(&mail), "{told}");
}

#[test]
fn what_is_past_its_time_goes_from_s3() {
    let Some(mut s3) = S3::start() else { return };
    let installation = s3.installation();
    installation.edit(
        "thubaocao.toml",
        "[trust]",
        "[retention]\nyears = 1\n[trust]",
    );
    let mail = written("chao@la.example", "Thư mời", "Kính mời", &both_forms("1"));
    deliver(&installation, "1", &mail);
    succeed(installation.run(&["run", "--once"]));
    assert!(!s3.objects().is_empty());
    let years = Timestamp::now() + SignedDuration::from_hours(24 * 366 * 2);
    let later = years.to_string();
    // A month of notice, where nobody has decided.
    succeed(installation.run(&["--at", &later, "retention", "--apply"]));
    let after = (years + SignedDuration::from_hours(24 * 40)).to_string();
    installation.run(&["--at", &after, "retention", "--apply"]);
    let left = s3.objects();
    let log = installation.dir.path().join("data/thubaocao.sqlite-wal");
    assert_eq!(log.metadata().map_or(0, |m| m.len()), 0);
    assert!(succeed(installation.run(&["verify"])).contains(&format!("and {} files", left.len())));
    assert!(left.len() <= 1, "{left:?}");
}

#[test]
fn check_tells_what_is_wrong_with_the_storage_and_what_to_do() {
    let Some(s3) = S3::start() else { return };
    let installation = s3.installation();
    dns::answers_for_staff();
    let secret = installation.dir.path().join("s3");
    let config = installation.config().join("thubaocao.toml");
    let sound = fs::read_to_string(&config).unwrap();
    let check = || fail(&installation.run(&["check"]));
    fs::write(&secret, "not-the-secret-of-this-key").unwrap();
    let said = check();
    assert!(
        said.contains(
            "archive: FAILED: the archive s3://kho/pho-yen: it refuses the key; see access_key"
        ),
        "{said}"
    );
    assert!(!said.contains("not-the-secret"), "{said}");
    fs::remove_file(&secret).unwrap();
    assert!(
        check().contains("there is no key to it; name access_key"),
        "{}",
        check()
    );
    fs::write(&secret, &s3.secret).unwrap();
    fs::write(
        &config,
        sound.replace(&format!("s3://{BUCKET}/"), "s3://khong-co/"),
    )
    .unwrap();
    assert!(
        check().contains("there is no such bucket; make it"),
        "{}",
        check()
    );
    fs::write(&config, sound.replace(&format!(":{}", s3.gate.port), ":9")).unwrap();
    let said = check();
    assert!(
        said.contains("it does not answer as it should; see endpoint") && said.contains("refused"),
        "{said}"
    );
    // Others can read the secret.
    fs::write(&config, sound).unwrap();
    let private = installation.dir.path();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(private, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let said = check();
    assert!(
        said.contains("every user of this machine can read") && said.contains("chmod 600"),
        "{said}"
    );
}
