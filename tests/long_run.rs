//! What runs for months holds no more in the end than after its first hours.
//!
//! `THUBAOCAO_LONG_RUN=20` is the long form: twenty times as many mails and reloads.

use std::fs;
use std::time::Instant;

use crate::lab::imap_fake::{FakeImap, Step};
use crate::lab::installation::{Daemon, Holding, Installation, REPORTING, both_forms};
use crate::lab::outcome::ago;
use crate::lab::weight::{Took, weighed};
use crate::lab::{await_until, written};

/// By so much the caches of the store and of the allocator may grow, in kB.
const CACHES: usize = 2_000;

/// How many times as long as usual.
fn times() -> usize {
    std::env::var("THUBAOCAO_LONG_RUN").map_or(1, |n| n.parse().unwrap())
}

/// What each mail weighs, in kB.
const WEIGHT: usize = 60;

/// A report with a picture that no machine compresses.
fn large(n: usize) -> Vec<u8> {
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut state = n as u64 + 1;
    while picture.len() < WEIGHT * 750 {
        // Knuth's generator; a mail writes three bytes as four letters.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        picture.push((state >> 56) as u8);
    }
    let mut files = both_forms(&n.to_string());
    files.push(("anh.png", picture));
    written(REPORTING, "Báo cáo trẻ em", "Kính gửi Ban", &files)
}

/// Delivers mails one after the other, and waits until they were read.
fn live(server: &FakeImap, daemon: &Daemon, mails: std::ops::Range<usize>) -> Holding {
    let end = mails.end;
    for n in mails {
        server.deliver("INBOX", ago(0), &large(n));
        daemon.await_log("read a mail", (n + 1).saturating_sub(20)); // a few wait at most
    }
    daemon.await_log("read a mail", end);
    // Files that wait for the disk together are open until then.
    await_until("it rests after the last one", || {
        let log = daemon.log();
        log.rsplit("read a mail")
            .next()
            .is_some_and(|rest| rest.contains("waiting"))
    });
    daemon.holding()
}

fn holds_no_more(early: Holding, late: Holding) {
    let told = format!("{early:?} {late:?}");
    // Two fresh readers beside those that end, and a helper, may run just now, with three pipes each; a leak has one a
    // mail or a reload.
    assert!(late.descriptors <= early.descriptors + 12, "{told}");
    assert!(late.threads <= early.threads + 1, "{told}");
    assert!(late.children <= 5, "{told}");
    assert!(late.kilobytes < early.kilobytes + CACHES as u64, "{told}");
}

#[test]
fn many_mails_leave_no_more_behind_in_the_process_than_a_few() {
    let mails = 120 * times();
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    let early = live(&server, &daemon, 0..mails / 3);
    let late = live(&server, &daemon, mails / 3..mails);
    eprintln!("after a third of {mails} mails {early:?}, at the end {late:?}");
    holds_no_more(early, late);
    let came = (mails - mails / 3) * WEIGHT;
    assert!(came > 2 * CACHES, "{came} kB tell nothing");
    let data = installation.dir.path().join("data");
    let log = fs::metadata(data.join("thubaocao.sqlite-wal"))
        .unwrap()
        .len();
    assert!(log < 8_000_000, "{log}");
    daemon.terminate();
}

#[test]
fn many_reloads_while_mails_come_leave_nothing_behind_in_the_process() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    let begun = Instant::now();
    // What is made for the first mail – the words and names that are looked for – is there before anything is measured.
    server.deliver("INBOX", ago(0), &large(0));
    daemon.await_log("read a mail", 1);
    let mut done = 0;
    let mut reload = |times: usize| {
        for _ in 0..times {
            done += 1;
            daemon.signal(libc::SIGHUP);
            daemon.await_log("the configuration was reloaded", done);
        }
        daemon.holding()
    };
    let early = reload(8);
    server.deliver("INBOX", ago(0), &large(1));
    let late = reload(16 * times());
    // Logins are five seconds apart at least, whatever is reloaded.
    daemon.await_log("read a mail", 2);
    eprintln!("after 8 reloads {early:?}, later {late:?}");
    holds_no_more(early, late);
    let logins = server.count(Step::Login) as u64;
    assert!(logins <= 2 + begun.elapsed().as_secs() / 5, "{logins}");
    daemon.terminate();
}

#[test]
fn two_thousand_mails_take_no_more_memory_than_a_small_machine_has_to_spare() {
    const MAILS: usize = 2_000;
    /// In kB: half as much again as was measured, as allocators differ, and with one mail in reading more or less.
    const MOST: u64 = 128_000;
    let installation = Installation::on_maildir();
    // What the disk takes is not asked here.
    let data = tempfile::tempdir_in("/dev/shm").unwrap();
    let in_memory = format!("data = {:?}", data.path());
    installation.edit("thubaocao.toml", "data = \"data\"", &in_memory);
    for n in 0..MAILS {
        let mark = n.to_string();
        let files = if n % 4 == 0 {
            both_forms(&mark)
        } else {
            vec![]
        };
        let raw = written(
            REPORTING,
            &format!("Báo cáo {mark}"),
            "Kính gửi Ban",
            &files,
        );
        let name = format!("cur/{}.{n}.lab:2,S", ago(600).as_second());
        fs::write(installation.maildir().join(name), raw).unwrap();
    }
    let log = installation.dir.path().join("once.log");
    let mut once = installation.command(&["run", "--once"]);
    let Took { wall, worked, most } = weighed(once.stderr(fs::File::create(&log).unwrap()), |_| ());
    let log = fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("read a mail").count(), MAILS);
    eprintln!("at most {most} kB at a time; {worked:.1?} of {wall:.1?}");
    assert!(most > 10_000 && most < MOST, "{most} kB");
}
