//! A disk that is full or read-only: nothing is lost, nobody is told a falsehood, and staff hear of it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::{ToSpan, Zoned};
use thubaocao::domain::zone;

use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, both_forms, succeed};
use crate::lab::{Lab, await_until};

/// A small disk in memory, where the data of an installation lie.
struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts it, where the machine allows that.
    fn mount(path: &Path) -> Option<Disk> {
        fs::create_dir_all(path).unwrap();
        let disk = Disk {
            path: path.to_owned(),
        };
        let output = disk.run(
            "mount",
            &["-t", "tmpfs", "-o", "size=200m,mode=0700", "tmpfs"],
        );
        if output.status.success() {
            return Some(disk);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        eprintln!("skipped: a disk cannot be mounted here: {}", said.trim());
        #[expect(clippy::mem_forget, reason = "there is nothing to unmount")]
        std::mem::forget(disk);
        None
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.path).output().unwrap()
    }

    /// Writes until nothing more goes in.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("filler");
        let mut file = File::create(&path).unwrap();
        for piece in [1_000_000, 1_000, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.run("umount", &["--lazy"]);
    }
}

/// An installation on a small disk, that needs 102 MB and the reserve.
fn on_a_small_disk(lab: &Lab) -> Option<(Installation, Disk)> {
    let installation = Installation::new(lab);
    let settings = installation.config().join("thubaocao.toml");
    let text = fs::read_to_string(&settings).unwrap() + "[limits]\nmessage_mb = 1\n";
    fs::write(&settings, text).unwrap();
    let disk = Disk::mount(&installation.dir.path().join("data"))?;
    Some((installation, disk))
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[test]
fn on_a_full_disk_nothing_is_fetched_nobody_is_reminded_and_the_digest_says_so() {
    let lab = Lab::start();
    let Some((installation, disk)) = on_a_small_disk(&lab) else {
        return;
    };
    // Nobody is due a reminder yet; the digest of the day goes.
    installation.begins_quietly();
    lab.await_mails(STAFF, 1);
    let reserve = disk.path.join("reserve");
    assert_eq!(reserve.metadata().unwrap().len(), 64_000_000);
    assert!(said(&installation.run(&["check"])).contains("disk: ok"));

    let filler = disk.fill();
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    // At noon: an hour later it is the same day still.
    let tomorrow = Zoned::now().with_time_zone(zone()) + 1.day();
    let tomorrow = tomorrow.with().hour(12).build().unwrap().timestamp();
    let at = tomorrow.to_string();
    let output = installation.run(&["--at", &at, "run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("nobody is reminded until there is room"),
        "{}",
        said(&output)
    );
    let digests = lab.await_mails(STAFF, 2);
    assert!(
        digests.iter().any(|d| d.text.contains("ổ đĩa gần đầy")),
        "{digests:?}"
    );
    // The mailbox is not looked into for that reason: it is told first, and as the one fault.
    let told = digests
        .iter()
        .find(|d| d.text.contains("ổ đĩa gần đầy"))
        .unwrap();
    assert!(
        told.subject
            .contains(": đĩa gần đầy hoặc không ghi được từ"),
        "{}",
        told.subject
    );
    assert!(!told.subject.contains("hộp thư"), "{}", told.subject);
    let (cause, effect) = (
        told.text.find("Sự cố: đĩa gần đầy"),
        told.text.find("hộp thư không kiểm tra được"),
    );
    assert!(
        cause.unwrap() < effect.unwrap_or(usize::MAX),
        "{}",
        told.text
    );
    assert!(told.text.contains("vì đĩa gần đầy"), "{}", told.text);
    assert!(!reserve.exists());
    // A second round finds nothing to do, and no second digest leaves.
    let output = installation.run(&["--at", &at, "run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    let output = installation.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("disk: FAILED"), "{}", said(&output));
    let output = installation.run(&["status"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("warning: "));

    fs::remove_file(filler).unwrap();
    let at = (tomorrow + 1.hour()).to_string();
    succeed(installation.run(&["--at", &at, "run", "--once"]));
    let letters = lab.await_mails(REPORTING, 1);
    assert!(letters[0].subject.starts_with("Re: "), "{letters:?}");
    // The unit that has sent nothing is reminded now, for the first time.
    assert_eq!(lab.await_mails(LATE, 1).len(), 1);
    assert_eq!(lab.mails_of(REPORTING).len(), 1);
    assert_eq!(lab.mails_of(STAFF).len(), 2);
    assert!(reserve.exists());
    assert!(succeed(installation.run(&["verify"])).contains("sound: "));
}

#[test]
fn the_service_lives_through_a_full_disk_and_answers_when_there_is_room() {
    let lab = Lab::start();
    let Some((installation, disk)) = on_a_small_disk(&lab) else {
        return;
    };
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    let filler = disk.fill();
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    daemon.await_log("the disk is full", 1);
    daemon.await_log("waiting", 2);
    assert!(!disk.path.join("reserve").exists());
    fs::remove_file(filler).unwrap();
    daemon.signal(libc::SIGHUP);
    await_until("the answer", || {
        lab.letters(REPORTING)
            .iter()
            .any(|l| l.subject.starts_with("Re: "))
    });
    // It did not go round and round meanwhile.
    assert!(
        daemon.log().matches("the disk is full").count() < 5,
        "{}",
        daemon.log()
    );
    daemon.terminate();
}

#[test]
fn a_read_only_disk_is_told_in_clear_words_and_nothing_is_sent() {
    let lab = Lab::start();
    let Some((installation, disk)) = on_a_small_disk(&lab) else {
        return;
    };
    installation.begins_quietly();
    lab.await_mails(STAFF, 1);
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    assert!(disk.run("mount", &["-o", "remount,ro"]).status.success());
    let tomorrow = (Zoned::now().with_time_zone(zone()) + 1.day())
        .timestamp()
        .to_string();
    for arguments in [["run", "--once"].as_slice(), &["run"]] {
        let mut all = arguments.to_vec();
        if arguments.len() == 2 {
            all.extend(["--at", &tomorrow]);
        }
        let output = installation.run(&all);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("its file system is read-only"),
            "{}",
            said(&output)
        );
    }
    let output = installation.run(&["check"]);
    assert!(
        said(&output).contains("mounted read-only"),
        "{}",
        said(&output)
    );
    assert!(disk.run("mount", &["-o", "remount,rw"]).status.success());
    succeed(installation.run(&["run", "--once"]));
    let letters = lab.await_mails(REPORTING, 1);
    assert!(letters[0].subject.starts_with("Re: "), "{letters:?}");
    assert_eq!(lab.mails_of(STAFF).len(), 1);
}
