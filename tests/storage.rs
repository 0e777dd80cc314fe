//! What lies on the disk is whole, or it is said what is not; a backup is of use; what a crash leaves goes.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::ToSpan;
use thubaocao::archive::Folder;
use thubaocao::domain::owed::Kind;
use thubaocao::domain::zone;
use thubaocao::store::{Content, OutgoingState, Owner, Store};

use crate::lab::demo::Demo;
use crate::lab::imap_fake::FakeImap;
use crate::lab::installation::{
    Installation, REPORTING, both_forms, json_lines, succeed, thubaocao,
};
use crate::lab::outcome::{acknowledged, ago, reminded, report, round};
use crate::lab::{Lab, Letter, MAILBOX, await_until};

/// Long after the demo: its weekly audit is due.
const LATER: &str = "2026-07-06T08:00:00+07:00";

fn contents(data: &Path) -> Vec<Content> {
    let store = Store::open_read_only(&Store::path(data)).unwrap();
    store.contents(None, usize::MAX).unwrap()
}

/// Where files of the archive lie that only mails as they came need, or only files of mails.
fn archived(data: &Path, wanted: impl Fn(&Owner) -> bool) -> Vec<PathBuf> {
    let archive = Folder::open(data).unwrap();
    contents(data)
        .iter()
        .filter(|c| c.owners.iter().all(&wanted))
        .map(|c| archive.path(c.sha256))
        .collect()
}

fn flip_a_bit(path: &Path) {
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(path, content).unwrap();
}

/// What a command that must fail said, on both ways.
fn fail(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// A demo of whose archive two mails and a file are damaged: flipped, gone, cut short.
fn damaged_demo() -> (Demo, [PathBuf; 3]) {
    let demo = Demo::new();
    let data = demo.dir().join("data");
    let mails = archived(&data, |o| matches!(o, Owner::Mail(_)));
    let files = archived(&data, |o| matches!(o, Owner::File(_)));
    flip_a_bit(&mails[0]);
    fs::remove_file(&mails[1]).unwrap();
    let file = fs::read(&files[0]).unwrap();
    fs::write(&files[0], &file[..file.len() / 2]).unwrap();
    (demo, [mails[0].clone(), mails[1].clone(), files[0].clone()])
}

#[test]
fn a_damaged_archive_is_told_and_comes_back_from_the_mailbox() {
    let (demo, broken) = damaged_demo();
    let said = fail(demo.output(&["verify"]));
    for (path, what) in broken.iter().zip(["damaged", "missing", "damaged"]) {
        let told = |l: &&str| l.contains(name(path)) && l.ends_with(what);
        assert_eq!(said.lines().filter(told).count(), 1, "{what}: {said}");
    }
    assert!(
        said.contains("3 faults; 2 mails are fetched again"),
        "{said}"
    );
    let lines = demo.output(&["verify", "--json"]);
    let lines = json_lines(&String::from_utf8(lines.stdout).unwrap());
    assert_eq!(lines.len(), 3);
    assert!(
        lines
            .iter()
            .any(|l| l["fault"] == "missing" && l["sha256"] == name(&broken[1]))
    );
    let said = fail(demo.output(&["check", "--deep"]));
    assert!(
        said.contains("archive: FAILED") && said.contains("3 faults"),
        "{said}"
    );

    // The mails are fetched again at the first look, the file is taken out of its mail by the weekly audit.
    demo.run(&["--at", LATER, "run", "--once"]);
    let said = demo.run(&["verify"]);
    assert!(
        said.starts_with("sound: ") || said.contains("\nsound: "),
        "{said}"
    );
    assert!(demo.run(&["check", "--deep"]).contains("archive: ok"));
}

#[test]
fn the_weekly_audit_finds_damage_and_tells_staff() {
    let (demo, [_, missing, _]) = damaged_demo();
    let data = demo.dir().join("data");
    let number = contents(&data)
        .iter()
        .find(|c| c.sha256.to_string() == name(&missing))
        .map(|c| c.owners[0])
        .unwrap();
    let Owner::Mail(number) = number else {
        panic!("{number:?}");
    };
    demo.run(&["--at", LATER, "run", "--once"]);
    let page = demo.digest("2026-07-07", "2026-07-07T07:00:00+07:00");
    assert!(
        page.contains("dữ liệu lưu trữ bị hỏng từ") && page.contains(&format!("thư số {number}")),
        "{page}"
    );
    // A day later it is looked at again, and everything is back by then.
    demo.run(&["--at", "2026-07-07T08:00:00+07:00", "run", "--once"]);
    let page = demo.digest("2026-07-08", "2026-07-08T07:00:00+07:00");
    assert!(!page.contains("dữ liệu lưu trữ bị hỏng từ"), "{page}");
    assert!(demo.run(&["verify"]).contains("sound: "));
}

#[test]
fn a_file_that_comes_again_replaces_its_damaged_copy() {
    let demo = Demo::new();
    let data = demo.dir().join("data");
    let file = archived(&data, |o| matches!(o, Owner::File(_))).remove(0);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let owner = contents(&data)
        .into_iter()
        .find(|c| c.sha256.to_string() == name(&file))
        .map(|c| c.owners[0]);
    let Some(Owner::File(message)) = owner else {
        panic!("{owner:?}");
    };
    let store = Store::open_read_only(&Store::path(&data)).unwrap();
    let raw = store.message(message).unwrap().unwrap().sha256.unwrap();
    let mail = Folder::open(&data).unwrap().get(raw).unwrap();
    // The unit sends it once more.
    let mail = String::from_utf8(mail).unwrap();
    let again = mail.replace("Message-ID: <", "Message-ID: <again.");
    assert_ne!(again, mail);
    fs::write(demo.dir().join("maildir/new/again"), again).unwrap();
    demo.after(&["run", "--once"]);
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn a_backup_of_a_damaged_archive_holds_all_that_is_sound_and_can_be_restored() {
    let (demo, broken) = damaged_demo();
    let (folder, data) = (demo.folder.path(), demo.dir().join("data"));
    let file = folder.join("sao luu.tar");
    let path = file.to_str().unwrap();
    fs::write(&file, "yesterday's").unwrap();
    let said = fail(demo.output(&["backup", path]));
    for path in &broken {
        assert!(said.contains(name(path)), "{said}");
    }
    let earlier = folder.join("sao luu.tar.earlier");
    assert_eq!(fs::read(&earlier).unwrap(), b"yesterday's");
    // A second bad day does not take the good one away.
    fail(demo.output(&["backup", path]));
    assert_eq!(fs::read(&earlier).unwrap(), b"yesterday's");

    let sound = contents(&data).len() - broken.len();
    fs::rename(&data, folder.join("cu")).unwrap();
    let said = fail(demo.output(&["restore", path]));
    assert!(said.contains("--keep-going"), "{said}");
    let said = demo.after(&["restore", "--keep-going", path]);
    assert!(
        said.contains(&format!("the store and {sound} files are back")),
        "{said}"
    );
    assert!(said.contains(name(&broken[0])), "{said}");
    // The mails that were left out are in the mailbox still.
    demo.run(&["--at", LATER, "run", "--once"]);
    assert!(demo.run(&["verify"]).contains("sound: "));
}

#[test]
fn one_flipped_bit_in_a_backup_costs_one_file() {
    let demo = Demo::new();
    let (folder, data) = (demo.folder.path(), demo.dir().join("data"));
    let file = folder.join("sao luu.tar");
    let path = file.to_str().unwrap();
    demo.run(&["backup", path]);
    let mut tar = fs::read(&file).unwrap();
    let at = tar.windows(8).rposition(|w| w == b"Subject:").unwrap();
    tar[at] ^= 1;
    fs::write(&file, tar).unwrap();
    let all = contents(&data).len();
    fs::rename(&data, folder.join("cu")).unwrap();
    let said = fail(demo.output(&["restore", path]));
    assert!(
        said.contains("damaged") && said.contains("--keep-going"),
        "{said}"
    );
    assert!(!Store::path(&data).exists());
    let said = demo.run(&["restore", "--keep-going", path]);
    assert!(
        said.contains(&format!("{} files are back", all - 1)),
        "{said}"
    );
}

/// Texts are compared where moments are meant, and `…:00.5Z` comes before `…:00Z`.
#[test]
fn whoever_writes_a_moment_in_three_weeks_writes_it_in_one_width() {
    let demo = Demo::new();
    let period = ["ldld-tuy-an", "tre-em", "2026-H1"];
    demo.after(&[&["extend"], &period[..], &["--due", "2026-06-30"]].concat());
    demo.after(&[&["excuse"], &period[..], &["--reason", "bão"]].concat());
    demo.after(&["close", "tre-em", "2026-H1"]);
    demo.after(&["clock", "accept"]);
    let conn = rusqlite::Connection::open(Store::path(&demo.dir().join("data"))).unwrap();
    let texts = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c
                 WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.type = 'TEXT'";
    let mut statement = conn.prepare(texts).unwrap();
    let columns = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)));
    let columns: Vec<(String, String)> = columns.unwrap().map(Result::unwrap).collect();
    let mut moments = 0;
    for (table, column) in columns {
        let sql = format!(
            "SELECT {column} FROM {table} WHERE {column} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*'"
        );
        let mut statement = conn.prepare(&sql).unwrap();
        let found = statement.query_map([], |r| r.get::<_, String>(0)).unwrap();
        for moment in found.map(Result::unwrap) {
            let width = "2026-06-15T10:00:00.000000000Z".len();
            assert_eq!(moment.len(), width, "{table}.{column}: {moment}");
            moments += 1;
        }
    }
    assert!(moments > 300, "{moments}");
}

/// Empties the page on which a table begins.
fn damage_table(data: &Path, table: &str) {
    let path = Store::path(data);
    let conn = rusqlite::Connection::open(&path).unwrap();
    let page: u32 = conn
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
            [table],
            |r| r.get(0),
        )
        .unwrap();
    let size: u32 = conn
        .query_row("PRAGMA page_size", [], |r| r.get(0))
        .unwrap();
    drop(conn);
    let (page, size) = (page as usize, size as usize);
    let mut bytes = fs::read(&path).unwrap();
    bytes[(page - 1) * size..page * size].fill(0);
    fs::write(&path, bytes).unwrap();
}

#[test]
fn a_damaged_database_is_told_and_never_takes_the_place_of_a_good_backup() {
    let demo = Demo::new();
    let (folder, data) = (demo.folder.path(), demo.dir().join("data"));
    let file = folder.join("sao luu.tar");
    let path = file.to_str().unwrap();
    demo.run(&["backup", path]);
    let good = fs::read(&file).unwrap();
    damage_table(&data, "attachment");
    let said = fail(demo.output(&["check"]));
    assert!(said.contains("store: FAILED"), "{said}");
    let said = fail(demo.output(&["verify"]));
    assert!(said.contains("the database is damaged"), "{said}");
    let said = fail(demo.output(&["backup", path]));
    assert!(said.contains("sao luu.tar.damaged"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), good);
    fs::rename(&data, folder.join("cu")).unwrap();
    let said = fail(demo.output(&["restore", "--keep-going", &format!("{path}.damaged")]));
    assert!(said.contains("take an earlier backup"), "{said}");
    demo.run(&["restore", path]);
}

#[test]
fn what_killed_processes_left_is_gone_after_the_next_start_and_the_next_backup() {
    let demo = Demo::new();
    let data = demo.dir().join("data");
    let left = data.join("archive/incoming/.tmpKilled");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("file"), "names of children").unwrap();
    let restoring = data.join("restore-Killed");
    fs::create_dir(&restoring).unwrap();
    let said = demo.run(&["verify"]);
    assert!(
        said.contains(".tmpKilled") && said.contains("restore-Killed"),
        "{said}"
    );
    demo.after(&["run", "--once"]);
    assert!(!left.exists() && !restoring.exists());

    let folder = demo.folder.path();
    let stale = folder.join(".tmpKilled.thubaocao-partial");
    fs::write(&stale, "half a backup").unwrap();
    let living = folder.join(".tmpLiving.thubaocao-partial");
    let lock = fs::File::create(&living).unwrap();
    lock.lock().unwrap();
    demo.run(&["backup", folder.join("a.tar").to_str().unwrap()]);
    assert!(!stale.exists() && living.exists());
    let names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}"); // the demo, a.tar, the living one
}

fn answers(lab: &Lab) -> Vec<String> {
    let is_answer = |l: &Letter| l.subject.starts_with("Re: ");
    let letters = lab.letters(REPORTING);
    letters
        .iter()
        .filter(|l| is_answer(l))
        .map(|l| l.subject.clone())
        .collect()
}

#[test]
fn what_may_have_been_answered_before_a_restore_is_logged_and_left_to_staff() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let data = installation.dir.path().join("data");
    let file = installation.dir.path().join("a.tar");
    let once = || succeed(installation.run(&["run", "--once"]));
    lab.unit_sends(REPORTING, "Báo cáo trẻ em 1", "Gửi Ban", &both_forms("1"));
    once();
    succeed(installation.run(&["backup", file.to_str().unwrap()]));
    lab.unit_sends(REPORTING, "Báo cáo trẻ em 2", "Gửi Ban", &both_forms("2"));
    once();
    await_until("two answers", || answers(&lab).len() == 2);

    fs::rename(&data, installation.dir.path().join("lost")).unwrap();
    // The mailbox tells the second only.
    let second = jiff::Timestamp::now().as_second();
    await_until("another second", || {
        jiff::Timestamp::now().as_second() > second
    });
    succeed(installation.run(&["restore", file.to_str().unwrap()]));
    once();
    let status = installation.json(&["status", "--json"]);
    let line = status
        .iter()
        .find(|l| l["unit"] == "ldld-dong-hoa")
        .unwrap();
    assert_eq!(line["versions"], 2, "it is logged");
    lab.unit_sends(REPORTING, "Báo cáo trẻ em 3", "Gửi Ban", &both_forms("3"));
    once();
    await_until("the answer to what came later", || answers(&lab).len() >= 3);
    let answers = answers(&lab);
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert!(answers.iter().any(|a| a.ends_with('3')));
    let tomorrow = jiff::Zoned::now().with_time_zone(zone()) + 1.day();
    let (day, at) = (
        tomorrow.date().to_string(),
        tomorrow.timestamp().to_string(),
    );
    let page = installation.dir.path().join("page.html");
    let html = page.to_str().unwrap();
    let digest = ["--at", &at, "digest", "--on", &day, "--html", html];
    succeed(installation.run(&digest));
    let page = fs::read_to_string(&page).unwrap();
    let told = page.matches("đã được khôi phục từ bản sao lưu").count();
    assert_eq!(told, 1, "only the second is in doubt: {page}");
    assert!(page.contains("Gửi lại"), "{page}");
}

#[test]
fn nobody_is_reminded_after_a_restore_before_the_mailbox_was_read_through() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let data = installation.dir.path().join("data");
    let file = installation.dir.path().join("a.tar");
    let settings = installation.config().join("thubaocao.toml");
    let usual = fs::read_to_string(&settings).unwrap();
    // The mailbox was looked through just before the backup; reminders are due only after it.
    let quiet = usual.replace("remind_backlog = true", "remind_backlog = false");
    fs::write(&settings, quiet).unwrap();
    succeed(installation.run(&["run", "--once"]));
    succeed(installation.run(&["backup", file.to_str().unwrap()]));
    fs::write(&settings, usual).unwrap();
    fs::rename(&data, installation.dir.path().join("lost")).unwrap();
    succeed(installation.run(&["restore", file.to_str().unwrap()]));
    let reminded = || {
        let status = installation.json(&["status", "--json"]);
        status
            .iter()
            .map(|l| l["reminders_sent"].as_u64().unwrap())
            .sum::<u64>()
    };
    lab.stop_dovecot();
    assert_eq!(installation.run(&["run", "--once"]).status.code(), Some(1));
    assert_eq!(reminded(), 0);
    lab.start_dovecot();
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(reminded(), 2);
}

#[test]
fn data_outbox_and_exports_are_private_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let open = |arguments: &[&str]| {
        let mut command = thubaocao(&dir.join("config"));
        // SAFETY: umask is async-signal-safe and touches no memory.
        unsafe {
            command.args(arguments).pre_exec(|| {
                libc::umask(0);
                Ok(())
            });
        }
        succeed(command.output().unwrap())
    };
    open(&["demo", dir.to_str().unwrap()]);
    let (export, backup) = (folder.path().join("xuat"), folder.path().join("a.tar"));
    let export_to = export.to_str().unwrap();
    open(&[
        "--at",
        Demo::AFTER,
        "export",
        "--report",
        "tre-em",
        "--period",
        "2026-H1",
        export_to,
    ]);
    open(&["backup", backup.to_str().unwrap()]);
    let table = folder.path().join("bang.xlsx");
    open(&[
        "--at",
        Demo::AFTER,
        "status",
        "--xlsx",
        table.to_str().unwrap(),
    ]);
    let mut paths = vec![dir.join("data"), dir.join("outbox"), export, backup, table];
    let mut seen = 0;
    while let Some(path) = paths.pop() {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", path.display());
        seen += 1;
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn an_empty_store_never_takes_the_place_of_another_in_silence() {
    let demo = Demo::new();
    let (folder, dir) = (demo.folder.path(), demo.dir());
    let (data, outbox) = (dir.join("data"), dir.join("outbox"));
    let sent = || fs::read_dir(&outbox).unwrap().count();
    let before = sent();
    let refused = |config: &Path, says: &str| {
        for arguments in [["run", "--once"].as_slice(), &["check"]] {
            let mut command = thubaocao(config);
            command.args(["--at", Demo::AFTER]).args(arguments);
            let said = fail(command.output().unwrap());
            assert!(said.contains(says), "{said}");
        }
    };
    // The folder was moved, or `data` changed.
    let moved = folder.join("moved");
    fs::rename(&data, &moved).unwrap();
    let used = "this configuration was used before";
    refused(&dir.join("config"), used);
    // A copy of the configuration elsewhere.
    let copy = folder.join("second/config");
    fs::create_dir_all(&copy).unwrap();
    for entry in fs::read_dir(dir.join("config")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    refused(&copy, used);
    // The store alone is gone.
    fs::rename(&moved, &data).unwrap();
    let store = Store::path(&data);
    let aside = folder.join("aside");
    fs::rename(&store, &aside).unwrap();
    fs::remove_file(dir.join("config/.data-folder")).unwrap();
    refused(&dir.join("config"), "its store");
    assert!(!store.exists());
    assert_eq!(sent(), before);
    // Back in its place it goes on; a folder that nobody used begins anew.
    fs::rename(&aside, &store).unwrap();
    let names = || -> BTreeSet<String> {
        let entries = fs::read_dir(&outbox).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let there = names();
    demo.after(&["run", "--once"]);
    let new: Vec<String> = names().difference(&there).cloned().collect();
    // What was put off yesterday, as the same units had been written to just before, leaves today.
    let (digest, late): (Vec<_>, Vec<_>) = new.iter().partition(|n| n.contains("-digest."));
    assert_eq!(digest.len(), 1, "{new:?}");
    assert!(
        late.iter().all(|n| n.contains("-reminder_late-")),
        "{new:?}"
    );
    fs::remove_file(copy.join(".data-folder")).unwrap();
    let mut command = thubaocao(&copy);
    command.args(["--at", Demo::AFTER, "run", "--once"]);
    fs::create_dir_all(folder.join("second/maildir/new")).unwrap();
    fs::create_dir_all(folder.join("second/maildir/cur")).unwrap();
    fs::create_dir_all(folder.join("second/maildir/tmp")).unwrap();
    succeed(command.output().unwrap());
}

#[test]
fn an_answer_among_the_sent_mails_settles_what_a_restore_left_in_doubt() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let data = installation.dir.path().join("data");
    let file = installation.dir.path().join("a.tar");
    let once = || succeed(installation.run(&["run", "--once"]));
    once();
    succeed(installation.run(&["backup", file.to_str().unwrap()]));
    for n in ["1", "2"] {
        let subject = format!("Báo cáo trẻ em {n}");
        lab.unit_sends(REPORTING, &subject, "Gửi Ban", &both_forms(n));
    }
    once();
    await_until("two answers", || answers(&lab).len() == 2);
    // The server files what is sent, of which it has the first so far.
    let sent = lab.letters(REPORTING);
    let first = sent
        .iter()
        .find(|l| l.subject == "Re: Báo cáo trẻ em 1")
        .unwrap();
    lab.file_in(MAILBOX, "Sent", first.raw.as_bytes());

    fs::rename(&data, installation.dir.path().join("lost")).unwrap();
    let second = jiff::Timestamp::now().as_second();
    await_until("another second", || {
        jiff::Timestamp::now().as_second() > second
    });
    succeed(installation.run(&["restore", file.to_str().unwrap()]));
    once();
    let store = Store::open_read_only(&Store::path(&data)).unwrap();
    let ends = store
        .ended_between(jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX)
        .unwrap();
    let states: Vec<OutgoingState> = ends
        .iter()
        .filter(|m| m.owed.kind() == Kind::Acknowledgement)
        .map(|m| m.state)
        .collect();
    assert_eq!(states, [OutgoingState::Dropped, OutgoingState::Unknown]);
    assert_eq!(answers(&lab).len(), 2);
}

/// A backup of one entry, whose header claims so much; of the content only the beginning is there.
fn claiming(path: &Path, name: &str, kind: tar::EntryType, size: u64) {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(kind);
    header.set_mode(0o600);
    if kind == tar::EntryType::GNUSparse {
        header.set_size(0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(size);
        gnu.sparse[0].set_offset(size);
        gnu.sparse[0].set_length(0);
    } else {
        header.set_size(size);
    }
    header.set_cksum();
    let mut file = fs::File::create(path).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    let there = match kind {
        tar::EntryType::GNUSparse => 0,
        _ => size.next_multiple_of(512).min(1 << 32),
    };
    file.set_len(512 + there + 1024).unwrap(); // zeros that take no room
}

#[test]
fn a_backup_that_claims_more_than_there_is_room_for_is_refused_at_once() {
    let installation = Installation::on_maildir();
    let data = installation.dir.path().join("data");
    let file = installation.dir.path().join("backup.tar");
    let inside = format!("archive/ab/ab{}", "0".repeat(62));
    for (name, kind, size, says) in [
        (
            &*inside,
            tar::EntryType::GNUSparse,
            1 << 50,
            "MB that are free",
        ),
        (
            "thubaocao.sqlite",
            tar::EntryType::Regular,
            1 << 50,
            "MB that are free",
        ),
        (
            "././@LongLink",
            tar::EntryType::GNULongName,
            1 << 32,
            "has no end",
        ),
        (
            "././@PaxHeader",
            tar::EntryType::XHeader,
            1 << 32,
            "has no end",
        ),
    ] {
        claiming(&file, name, kind, size);
        let mut restore = thubaocao(&installation.config());
        let said = fail(
            confined(restore.arg("restore").arg(&file))
                .output()
                .unwrap(),
        );
        assert!(said.contains(says), "{kind:?}: {said}");
        assert!(!data.join("thubaocao.sqlite").exists());
    }
}

#[test]
fn a_large_file_of_a_backup_is_unpacked_a_piece_at_a_time() {
    const LARGE: u64 = 80_000_000;
    let installation = Installation::on_maildir();
    let dir = installation.dir.path();
    let (data, file) = (dir.join("data"), dir.join("backup.tar"));
    succeed(installation.run(&["run", "--once"]));
    succeed(installation.run(&["backup", file.to_str().unwrap()]));
    fs::rename(&data, dir.join("before")).unwrap();
    // The header of one more file takes the place of the end; that content is not what its name says.
    let damaged = dir.join("damaged.tar");
    let name = format!("archive/ab/ab{}", "0".repeat(62));
    claiming(&damaged, &name, tar::EntryType::Regular, LARGE);
    let end = fs::metadata(&file).unwrap().len() - 1024;
    let mut both = fs::OpenOptions::new().write(true).open(&file).unwrap();
    both.seek(SeekFrom::Start(end)).unwrap();
    both.write_all(&fs::read(&damaged).unwrap()[..512]).unwrap();
    both.set_len(end + 1536 + LARGE).unwrap();
    let mut restore = thubaocao(&installation.config());
    restore.args(["restore", "--keep-going"]).arg(&file);
    let said = succeed(confined(&mut restore).output().unwrap());
    assert!(said.contains(&name[11..]), "{said}");
    assert!(data.join("thubaocao.sqlite").exists());
}

/// A command that may not take more memory than a small machine has to spare.
fn confined(command: &mut Command) -> &mut Command {
    let limit = libc::rlimit {
        rlim_cur: 120_000_000,
        rlim_max: 120_000_000,
    };
    // SAFETY: between fork and exec only setrlimit is called, which takes no lock.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_AS, &limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    }
}

/// A second installation with the same configuration and a data folder of its own.
fn second(installation: &Installation, name: &str) -> PathBuf {
    let config = installation.dir.path().join(name).join("config");
    fs::create_dir_all(&config).unwrap();
    for entry in fs::read_dir(installation.config()).unwrap() {
        let entry = entry.unwrap();
        // The note of where this configuration was used first stays behind.
        if !entry.file_name().to_str().unwrap().starts_with('.') {
            fs::copy(entry.path(), config.join(entry.file_name())).unwrap();
        }
    }
    config
}

#[test]
fn backups_made_while_mails_come_are_whole_and_can_be_restored() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let logged = |config: &Path| {
        let status = thubaocao(config).args(["status", "--json"]).output();
        let lines = json_lines(&succeed(status.unwrap()));
        let line = lines.iter().find(|l| l["unit"] == "ldld-dong-hoa");
        line.unwrap()["versions"].as_u64().unwrap() as usize
    };
    let daemon = installation.start();
    let mut backups = Vec::new();
    let mails = 40_usize;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=mails {
                server.deliver("INBOX", ago(0), &report(REPORTING, &n.to_string()));
                daemon.await_log("read a mail", n.saturating_sub(3)); // some come at once
            }
        });
        for n in 0..5 {
            daemon.await_log("read a mail", 2 + n * 7);
            let file = installation.dir.path().join(format!("{n}.tar"));
            let known = logged(&installation.config());
            succeed(installation.run(&["backup", file.to_str().unwrap()]));
            backups.push((file, known));
        }
    });
    daemon.await_log("read a mail", mails);
    daemon.terminate();
    assert!(succeed(installation.run(&["verify"])).contains("sound: "));
    assert_eq!(logged(&installation.config()), mails);
    for (n, (file, known)) in backups.iter().enumerate() {
        let config = second(&installation, &format!("second-{n}"));
        let run = |arguments: &[&str]| thubaocao(&config).args(arguments).output().unwrap();
        succeed(run(&["restore", file.to_str().unwrap()]));
        assert!(succeed(run(&["verify"])).contains("sound: "));
        let back = logged(&config);
        assert!((*known..=mails).contains(&back), "{back} of {known}");
    }

    // Half of one is refused, and leaves nothing behind.
    let half = installation.dir.path().join("half.tar");
    let whole = fs::read(&backups[4].0).unwrap();
    fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let config = second(&installation, "half");
    let mut restore = thubaocao(&config);
    fail(
        restore
            .args(["restore", half.to_str().unwrap()])
            .output()
            .unwrap(),
    );
    let data = config.parent().unwrap().join("data");
    let left: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "lock")
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_store_whose_write_ahead_log_was_removed_has_lost_no_report() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let data = installation.dir.path().join("data");
    server.deliver("INBOX", ago(700), &report(REPORTING, "1"));
    round(&installation);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    server.deliver("INBOX", ago(0), &report(REPORTING, "2"));
    await_until("the second answer", || {
        acknowledged(&installation, REPORTING) == 2
    });
    daemon.kill();
    for ending in ["-wal", "-shm"] {
        fs::remove_file(data.join(format!("thubaocao.sqlite{ending}"))).unwrap();
    }
    succeed(installation.run(&["run", "--once"]));
    let status = installation.json(&["status", "--json"]);
    let line = status.iter().find(|l| l["unit"] == "ldld-dong-hoa");
    assert_eq!(line.unwrap()["versions"], 2);
    assert_eq!(reminded(&installation, REPORTING), 0);
    // What it does not know to have sent is sent again, as INSTALL.md says.
    assert!(acknowledged(&installation, REPORTING) >= 2);
    let said = succeed(installation.run(&["verify"]));
    assert!(said.contains("sound: "), "{said}");
}
