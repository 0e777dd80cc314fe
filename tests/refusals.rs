//! What is refused, and how it is said.

use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::lab::Lab;
use crate::lab::dns;
use crate::lab::imap_fake::{FakeImap, Fault, Step};
use crate::lab::installation::{Installation, LATE, REPORTING, Wishes, both_forms, succeed};
use crate::lab::outcome::ago;

fn failure(installation: &Installation, arguments: &[&str]) -> String {
    let output = installation.run(arguments);
    assert_eq!(output.status.code(), Some(1));
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_wrong_certificate_is_refused_with_a_clear_message() {
    let lab = Lab::start();
    let unknown = Installation::with(
        &lab,
        &Wishes {
            ca_file: None,
            ..Wishes::of(&lab)
        },
    );
    let said = failure(&unknown, &["check"]);
    assert!(
        said.contains("the certificate of localhost is not to be trusted"),
        "{said}"
    );
    assert!(
        said.contains("transport: FAILED: no TLS with localhost"),
        "{said}"
    );
    let said = failure(&unknown, &["run", "--once"]);
    assert!(
        said.contains("the certificate of localhost is not to be trusted"),
        "{said}"
    );

    let wrong_name = Installation::with(
        &lab,
        &Wishes {
            imap_host: "127.0.0.1",
            ..Wishes::of(&lab)
        },
    );
    let said = failure(&wrong_name, &["check"]);
    assert!(
        said.contains("the certificate of 127.0.0.1 is not to be trusted"),
        "{said}"
    );
}

#[test]
fn a_wrong_password_is_refused_with_a_clear_message() {
    let lab = Lab::start();
    let installation = Installation::with(
        &lab,
        &Wishes {
            password: "sai",
            ..Wishes::of(&lab)
        },
    );
    let said = failure(&installation, &["check"]);
    assert!(
        said.contains("mailbox: FAILED: localhost refuses the login of bancsplpy@gmail.com"),
        "{said}"
    );
    assert!(said.contains("transport: FAILED: localhost:"), "{said}");
    assert!(
        said.contains("refuses the login of bancsplpy@gmail.com"),
        "{said}"
    );
    assert!(!said.contains("sai\n"), "the password is not shown: {said}");
}

#[test]
fn a_check_of_what_works_says_so() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(REPORTING, "x", "x", &[]);
    let output = installation.run(&["check"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("mailbox: ok (INBOX: 1 mails; Spam: 0 mails)"),
        "{said}"
    );
    assert!(said.contains("transport: ok"), "{said}");
    assert!(said.contains("warning: dns: no answer"), "{said}");
    dns::answers_for_staff();
    let said = succeed(installation.run(&["check"]));
    assert!(said.contains("dns: ok (ldldphuyen.example)"), "{said}");
}

#[test]
fn a_faulty_configuration_is_not_reloaded_and_a_good_one_is() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);

    let file = installation.config().join("thubaocao.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, good.replace("[staff]", "[staf]")).unwrap();
    daemon.signal(libc::SIGHUP);
    daemon.await_log("the configuration was not reloaded; the old one stays", 1);
    assert!(
        daemon
            .log()
            .contains("unknown key `staf`; did you mean `staff`?"),
        "{}",
        daemon.log()
    );
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    lab.await_mails(REPORTING, 2); // its reminder, and the answer

    // A kind of unit that the program does not know, of the unit that writes next.
    let kind =
        "\n[[kind]]\nid = \"special_zone\"\nname = \"Công đoàn đặc khu\"\nlevel = \"area\"\n";
    let changed = good.replace("Ban CSPL\"", "Ban Mới\"") + kind;
    std::fs::write(&file, changed).unwrap();
    let row = |kind: &str| format!("{kind},ldld-tinh,{LATE}");
    installation.edit("units.csv", &row("district"), &row("special_zone"));
    installation.edit(
        "reports.toml",
        "\"district\"",
        "\"district\", \"special_zone\"",
    );
    daemon.signal(libc::SIGHUP);
    daemon.await_log("the configuration was reloaded", 1);
    lab.unit_sends(LATE, "Báo cáo trẻ em", "Gửi Ban", &both_forms("2"));
    let letters = lab.await_mails(LATE, 2);
    let answer = letters
        .iter()
        .find(|l| l.subject.starts_with("Re: "))
        .unwrap();
    assert!(answer.text.contains("Ban Mới"), "{}", answer.text);
    assert!(daemon.terminate() < Duration::from_secs(5));
}

#[test]
fn two_collectors_do_not_work_on_one_data_folder() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    let said = failure(&installation, &["run", "--once"]);
    assert!(said.contains("another thubaocao runs on"), "{said}");
    // Looking and correcting work beside the daemon.
    assert!(installation.run(&["status"]).status.success());
    daemon.terminate();
}

#[test]
fn a_refused_login_is_not_tried_again_by_a_restart_or_a_reload_but_at_once_with_another_password() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.on(Step::Login, .., Fault::No("[AUTHENTICATIONFAILED] no"));
    let run = || {
        let output = installation.run(&["run", "--once"]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    run();
    assert_eq!(server.count(Step::Login), 1);
    let said = run();
    assert_eq!(server.count(Step::Login), 1, "{said}");
    assert!(said.contains("it is tried again at"), "{said}");
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    daemon.signal(libc::SIGHUP);
    daemon.await_log("waiting", 2);
    assert_eq!(server.count(Step::Login), 1, "after a reload");
    std::fs::write(
        installation.config().parent().unwrap().join("password"),
        "khac",
    )
    .unwrap();
    daemon.signal(libc::SIGHUP);
    server.await_step(Step::Login, 2);
    daemon.terminate();
    let later = (ago(0) + SignedDuration::from_mins(16)).to_string();
    installation.run(&["--at", &later, "run", "--once"]);
    assert_eq!(server.count(Step::Login), 3, "a quarter of an hour later");
}

#[test]
fn many_reloads_are_one_login() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    for n in 1..=5 {
        daemon.signal(libc::SIGHUP);
        daemon.await_log("the configuration was reloaded", n);
    }
    server.await_step(Step::Login, 2);
    assert_eq!(server.count(Step::Login), 2);
    daemon.terminate();
}

#[test]
fn a_mailbox_that_fails_in_each_round_is_not_logged_into_again_at_once() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.on(Step::Listing, .., Fault::Bad("no"));
    server.deliver("INBOX", ago(60), b"From: a@b.example\r\n\r\n");
    let daemon = installation.start();
    server.await_step(Step::Login, 1);
    let begun = Instant::now();
    server.await_step(Step::Login, 2);
    assert!(
        begun.elapsed() > Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    daemon.terminate();
}
