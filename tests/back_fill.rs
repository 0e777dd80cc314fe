//! Mails from before the installation are taken over without being answered, and whoever laid out the files gains nothing
//! by what he put there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use thubaocao::archive::Folder;
use thubaocao::domain::row::MessageId;
use thubaocao::ground::Sha256;
use thubaocao::reading::Trust;
use thubaocao::store::{Arrived, Place, Store};

use crate::lab::installation::{Installation, LATE, REPORTING, VERIFIER, both_forms, succeed};
use crate::lab::written;

fn report(from: &str) -> String {
    String::from_utf8(written(
        from,
        "Báo cáo trẻ em",
        "Gửi Ban",
        &both_forms(from),
    ))
    .unwrap()
}

/// A mail as the own server delivers it when it has verified the sender.
fn verified(from: &str) -> String {
    format!(
        "Authentication-Results: {VERIFIER}; dmarc=pass header.from=phuyen.example\r\nReceived: from x by {VERIFIER}; Mon, 15 Jun 2026 08:00:00 +0700\r\n{}",
        report(from)
    )
}

/// Senders of all mails, with what is believed of them.
fn trusted(installation: &Installation) -> Vec<(String, Trust)> {
    let store = Store::copy_of(&Store::path(&installation.dir.path().join("data"))).unwrap();
    let mails = (1..).map_while(|id| store.message(MessageId(id)).unwrap());
    let told = mails.filter_map(|m| Some((m.sender?, m.reading?.trust)));
    told.collect()
}

fn import(installation: &Installation, path: &str) -> String {
    succeed(installation.run(&[
        "import",
        installation.dir.path().join(path).to_str().unwrap(),
    ]))
}

#[test]
fn a_mail_within_a_mail_of_an_mbox_is_not_believed_on_its_own_word() {
    let installation = Installation::on_maildir();
    let dir = installation.dir.path();
    let date = "Mon Jun 15 08:00:00 +0000 2026";
    // The text of the first mail goes on with what looks like a second one.
    let mbox = format!(
        "From 1@xxx {date}\n{}\n\nFrom 2@xxx {date}\n{}\n",
        verified(REPORTING).replace("\r\n", "\n"),
        verified(LATE).replace("\r\n", "\n")
    );
    fs::write(dir.join("all.mbox"), mbox).unwrap();
    let said = import(&installation, "all.mbox");
    assert!(said.starts_with("2 new mails"), "{said}");
    assert_eq!(
        trusted(&installation),
        [
            (REPORTING.to_owned(), Trust::Pass),
            (LATE.to_owned(), Trust::Unknown)
        ]
    );
    // As a file of its own it would be: that its header is its header is certain there.
    let other = Installation::on_maildir();
    fs::write(other.dir.path().join("one.eml"), verified(LATE)).unwrap();
    import(&other, "one.eml");
    assert_eq!(trusted(&other), [(LATE.to_owned(), Trust::Pass)]);
}

#[test]
fn an_import_follows_no_link_opens_no_pipe_and_comes_to_its_end() {
    let installation = Installation::on_maildir();
    let dir = installation.dir.path();
    let mails = dir.join("mails");
    fs::create_dir_all(mails.join("within")).unwrap();
    fs::write(mails.join("within/a.eml"), report(REPORTING)).unwrap();
    fs::write(dir.join("secret"), report(LATE)).unwrap();
    symlink(dir.join("secret"), mails.join("b.eml")).unwrap();
    symlink("..", mails.join("within/back")).unwrap();
    symlink(dir, mails.join("above")).unwrap();
    let pipe = Command::new("mkfifo").arg(mails.join("pipe")).status();
    assert!(pipe.unwrap().success());
    let said = import(&installation, "mails");
    assert!(said.starts_with("1 new mails"), "{said}");
    assert!(said.contains("4 links or special files"), "{said}");
    assert_eq!(trusted(&installation).len(), 1);

    symlink(&mails, dir.join("link")).unwrap();
    for path in ["link", "link/", "mails/b.eml"] {
        let path = dir.join(path);
        let refused = installation.run(&["import", path.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1));
        let says = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(says.contains("is a link"), "{says}");
    }
}

fn letters_to(installation: &Installation, address: &str) -> usize {
    let letters = installation.outbox();
    letters.iter().filter(|l| l.to == address).count()
}

/// Puts a mail into the store that nobody has read yet, as a process leaves it that is killed then.
fn stored(dir: &Path, raw: &[u8], place: impl Fn(Sha256) -> Place) {
    let now = Timestamp::now();
    let store = Store::open(&dir.join("data"), now).unwrap();
    let sha256 = Folder::open(&dir.join("data")).unwrap().put(raw).unwrap();
    let arrived = Arrived {
        place: place(sha256),
        sha256: Some(sha256),
        size: raw.len() as u64,
        received_at: now,
        gm_msgid: None,
    };
    store.record_arrival(&arrived, now).unwrap();
}

#[test]
fn mails_of_an_import_that_was_ended_midway_are_read_by_the_service_and_not_answered() {
    let installation = Installation::on_maildir();
    let dir = installation.dir.path();
    // What an import had stored when it was killed, and what has come since.
    stored(dir, report(REPORTING).as_bytes(), |sha256| {
        Place::imported(&dir.join("a.eml"), 1, sha256)
    });
    fs::write(installation.maildir().join("new/1.b"), report(LATE)).unwrap();
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(trusted(&installation).len(), 2, "both are read");
    assert_eq!(
        [REPORTING, LATE].map(|unit| letters_to(&installation, unit)),
        [0, 1]
    );
}

#[test]
fn an_import_leaves_nobody_without_an_answer_whose_mail_had_come_before() {
    let installation = Installation::on_maildir();
    let dir = installation.dir.path();
    let raw = report(LATE);
    stored(dir, raw.as_bytes(), |_| Place {
        account: "bancsplpy@gmail.com".into(),
        folder: "INBOX".into(),
        uidvalidity: 0,
        uid: "1.b".into(),
    });
    fs::write(installation.maildir().join("new/1.b"), raw).unwrap();
    fs::write(dir.join("a.eml"), report(REPORTING)).unwrap();
    import(&installation, "a.eml");
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(
        [REPORTING, LATE].map(|unit| letters_to(&installation, unit)),
        [0, 1]
    );
}
