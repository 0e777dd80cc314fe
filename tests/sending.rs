//! What leaves: every mail once, whatever the mail server says, and what stands in the way is told.

use std::fs;
use std::process::Output;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::lab::imap_fake::FakeImap;
use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, both_forms, succeed};
use crate::lab::smtp_fake::{FakeSmtp, Fault, Step};
use crate::lab::{await_until, written};

/// Two misbehaving servers with an installation between them. Two units have reported: three mails are owed.
struct Between {
    imap: FakeImap,
    smtp: FakeSmtp,
    installation: Installation,
    begun: Timestamp,
}

const THREE: [&str; 3] = [STAFF, REPORTING, LATE];

impl Between {
    fn new() -> Between {
        let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
        let installation = Installation::between(&imap, &smtp);
        let between = Between {
            imap,
            smtp,
            installation,
            begun: Timestamp::now(),
        };
        between.reports(REPORTING);
        between.reports(LATE);
        between
    }

    fn reports(&self, unit: &str) {
        let mail = written(unit, "Báo cáo trẻ em", "Kính gửi Ban", &both_forms(unit));
        let received = self.begun - SignedDuration::from_mins(10);
        self.imap.deliver("INBOX", received, &mail);
    }

    /// All passes once, so many minutes after the beginning.
    fn round(&self, minutes: i64) -> Output {
        let at = self.begun + SignedDuration::from_mins(minutes);
        let at = at.to_string();
        self.installation.run(&["--at", &at, "run", "--once"])
    }

    fn rows<const N: usize>(&self, sql: &str) -> Vec<[String; N]> {
        let data = self.installation.dir.path().join("data");
        let store = Connection::open(data.join("thubaocao.sqlite")).unwrap();
        let mut statement = store.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let mut texts = [const { String::new() }; N];
            for (i, text) in texts.iter_mut().enumerate() {
                *text = row.get(i)?;
            }
            Ok(texts)
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// A mail a line: key, state, error.
    fn outbox(&self) -> Vec<[String; 3]> {
        self.rows("SELECT key, state, coalesce(error, '') FROM outbox ORDER BY key")
    }

    /// The addresses that are noted as having failed, and how.
    fn blamed(&self) -> Vec<[String; 2]> {
        self.rows("SELECT address, kind FROM contact_bounce ORDER BY address")
    }

    /// The state of the mail whose key begins so.
    fn state_of(&self, key: &str) -> String {
        let outbox = self.outbox();
        let found = outbox.iter().find(|[k, ..]| k.starts_with(key));
        found.unwrap_or_else(|| panic!("{key}: {outbox:?}"))[1].clone()
    }

    fn sent_once(&self, address: &str) {
        let taken = self.smtp.taken_for(address);
        let subjects: Vec<_> = taken.iter().map(|l| &l.subject).collect();
        assert_eq!(subjects.len(), 1, "{address}: {subjects:?}");
    }
}

#[test]
fn whatever_step_fails_once_every_mail_leaves_once_afterwards() {
    let steps = [
        (Step::Connect, Fault::Cut),
        (Step::Connect, Fault::Say("554 no service")),
        (Step::Ehlo, Fault::Say("421 4.3.2 shutting down")),
        (Step::StartTls, Fault::Say("454 4.7.0 no TLS today")),
        (Step::Auth, Fault::Say("535 5.7.8 not known")),
        (Step::Auth, Fault::Say("454 4.7.0 temporary failure")),
        (Step::Mail, Fault::Say("451 4.3.0 try later")),
        (Step::Mail, Fault::Say("530 5.7.0 Authentication required")),
        (
            Step::Mail,
            Fault::Say("550 5.4.5 Daily user sending limit exceeded"),
        ),
        (Step::Mail, Fault::Say("what?")),
        (Step::Rcpt, Fault::Cut),
        (Step::Rcpt, Fault::Say("421 4.7.0 closing")),
        (
            Step::Rcpt,
            Fault::Say("550 5.4.5 Daily user sending limit exceeded"),
        ),
        (Step::Data, Fault::Cut),
        (Step::Data, Fault::Say("451 4.3.0 try later")),
        (
            Step::Data,
            Fault::Say("550 5.4.5 Daily user sending limit exceeded"),
        ),
        (Step::Dot, Fault::Say("421 4.3.0 closing")),
        (
            Step::Dot,
            Fault::Say("550 5.4.5 Daily user sending limit exceeded"),
        ),
    ];
    for (step, fault) in steps {
        let b = Between::new();
        b.smtp.on(step, 1..=1, fault);
        succeed(b.round(0));
        let outbox = b.outbox();
        assert!(
            outbox
                .iter()
                .all(|[_, state, _]| ["queued", "sent"].contains(&state.as_str())),
            "{step:?} {fault:?}: {outbox:?}"
        );
        succeed(b.round(65));
        succeed(b.round(130));
        for address in THREE {
            b.sent_once(address);
        }
        assert!(
            b.blamed().is_empty(),
            "{step:?} {fault:?}: {:?}",
            b.blamed()
        );
    }
}

#[test]
fn a_daemon_killed_before_a_mail_itself_leaves_sends_it_at_the_next_start() {
    let b = Between::new();
    b.smtp.on(Step::Rcpt, .., Fault::Silence);
    let daemon = b.installation.start();
    b.smtp.await_step(Step::Rcpt, 1);
    daemon.kill();
    let waits = |[_, state, _]: &[String; 3]| state == "queued";
    assert!(b.outbox().iter().all(waits), "{:?}", b.outbox());
    b.smtp.mend();
    succeed(b.round(1));
    for address in THREE {
        b.sent_once(address);
    }
}

#[test]
fn a_mail_whose_answer_was_lost_is_not_sent_again_blindly() {
    let b = Between::new();
    b.smtp.on(Step::Dot, 1..=1, Fault::TakeAndCut);
    for minutes in [0, 65, 130] {
        succeed(b.round(minutes));
    }
    for address in THREE {
        b.sent_once(address);
    }
}

#[test]
fn a_renewed_password_counts_without_a_reload() {
    let b = Between::new();
    let daemon = b.installation.start();
    b.smtp.await_step(Step::Dot, 3);
    daemon.await_log("waiting", 1);
    b.smtp.known().password = "mat-khau-moi".into();
    fs::write(b.installation.dir.path().join("password"), "mat-khau-moi").unwrap();
    b.reports(LATE);
    await_until("another answer", || b.smtp.taken_for(LATE).len() == 2);
    assert!(
        !daemon.log().contains("refuses the login"),
        "{}",
        daemon.log()
    );
    daemon.terminate();
}

#[test]
fn nothing_leaves_in_the_clear() {
    let b = Between::new();
    b.smtp.known().starttls = false;
    succeed(b.round(0));
    assert_eq!(b.smtp.count(Step::Auth), 0);
    assert_eq!(b.smtp.count(Step::Mail), 0);
    let [_, _, why] = &b.outbox()[0];
    assert!(why.contains("does not offer STARTTLS"), "{why}");
}

#[test]
fn mails_that_are_refused_one_by_one_need_one_login() {
    let b = Between::new();
    b.smtp
        .on(Step::Dot, .., Fault::Say("550 5.7.1 looks like spam"));
    succeed(b.round(0));
    assert_eq!(b.smtp.count(Step::Dot), 3);
    assert_eq!(b.smtp.count(Step::Auth), 1);
    assert!(b.outbox().iter().all(|[_, state, _]| state == "failed"));
    assert!(b.blamed().is_empty(), "{:?}", b.blamed());
}

#[test]
fn what_is_said_of_an_address_counts_against_it_and_never_against_staff() {
    let said = [
        ("550 5.1.1 no such user", Some("hard")),
        ("550 5.2.1 disabled", Some("hard")),
        ("552 5.2.2 mailbox full", Some("soft")),
        ("550 not here", Some("soft")),
        ("550 5.7.1 not liked", Some("soft")),
        ("450 4.2.0 greylisted", None),
    ];
    for (answer, kind) in said {
        let b = Between::new();
        for address in [STAFF, LATE] {
            b.smtp
                .on_naming(Step::Rcpt, address, .., Fault::Say(answer));
        }
        succeed(b.round(0));
        let expected: Vec<[String; 2]> = kind
            .map(|k| [LATE.to_owned(), k.to_owned()])
            .into_iter()
            .collect();
        assert_eq!(b.blamed(), expected, "{answer}");
        b.sent_once(REPORTING);
        let state = if kind.is_some() { "failed" } else { "queued" };
        assert_eq!(b.state_of("digest:"), state, "{answer}");
    }
}
