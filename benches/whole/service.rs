//! The service as it runs: on a full mailbox, on an old one, with nothing to do, and when a report comes.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use thubaocao::store::Store;

use crate::figures::{Figures, Table};
use crate::ingest::counted;
use crate::lab::installation::{Daemon, Installation, Wishes};
use crate::lab::weight::{proportional, weighed, worked};
use crate::lab::{Lab, MAILBOX};
use crate::line::Line;
use crate::mails::{self, Files, SILENT, UNITS, expects_reports};
use crate::{Scale, all_written, await_so_long, others};

/// An installation whose mails go through the servers of the lab.
fn in_the_lab(lab: &Lab, imap_port: u16) -> Installation {
    let installation = Installation::with(
        lab,
        &Wishes {
            imap_port,
            ..Wishes::of(lab)
        },
    );
    expects_reports(&installation);
    installation
}

/// A full mailbox at the first start, and reports that come while it is read.
pub fn backlog(table: &mut Table, lab: &Lab, mails: usize) {
    let installation = in_the_lab(lab, lab.imaps);
    let daemon = installation.start();
    daemon.await_log("read a mail", 1);
    let mut answered = Figures::default();
    for unit in UNITS..UNITS + SILENT {
        if daemon.log().matches("read a mail").count() + 10 >= mails && unit > UNITS {
            break; // what comes now waits for nobody
        }
        let address = mails::address(unit);
        lab.hand_over(&address, &mails::new_report(unit, unit));
        let begun = Instant::now();
        await_so_long("an acknowledgement", Duration::from_secs(300), || {
            delivered(lab, &address) > 0
        });
        answered.took(begun.elapsed());
    }
    daemon.kill();
    let text = answered.told("s");
    table.row(
        &format!("{mails} unread mails and a new report: its acknowledgement arrived"),
        &text,
        "≤ 10 s",
    );
}

/// A mailbox full of what came before the installation.
pub fn first_start(table: &mut Table, scale: &Scale, mails: usize) {
    let lab = Lab::start();
    lab.fill(MAILBOX, (0..mails).map(mails::old));
    others::bare_listing(&lab, mails); // the server's own first look
    let [mut listed, mut first, mut later] = [(); 3].map(|()| Figures::default());
    scale.repeat(|| {
        let installation = Installation::on_server(lab.imaps, lab.ca_file());
        installation.reads_mails_of_the_last_days(2);
        listed.took(others::bare_listing(&lab, mails));
        for figures in [&mut first, &mut later] {
            all_written();
            let mut once = installation.command(&["run", "--once"]);
            figures.took(weighed(once.stderr(Stdio::null()), |_| ()).wall);
        }
        let store = Store::path(&installation.dir.path().join("data"));
        assert_eq!(counted(&store), Some((mails, 0)), "each has its row");
    });
    let what = |w: &str| format!("{mails} mails from before `since`: {w}");
    table.row(&what("bare listing"), &listed.told("s"), "");
    let text = format!(
        "{}: {} beyond the listing",
        first.told("s"),
        first.beyond(&listed).told("s")
    );
    table.row(&what("first start"), &text, "≤ 4 s beyond");
    table.row(&what("a later start"), &later.told("s"), "≤ 1.8 s");
}

/// A service that has nothing to do, while all else is measured.
pub struct Idle {
    lab: Lab,
    line: Line,
    daemon: Daemon,
    _installation: Installation,
    since: (Instant, Duration, u64),
}

impl Idle {
    pub fn begin() -> Idle {
        let lab = Lab::start();
        lab.fill(MAILBOX, (0..20).map(|n| mails::mail(n, Files::Docx)));
        let line = Line::to(lab.imaps);
        let installation = in_the_lab(&lab, line.port);
        let daemon = installation.start();
        daemon.await_log("read a mail", 20);
        lab.await_mails(&mails::address(19), 1);
        daemon.await_log("waiting", 1);
        sleep(Duration::from_secs(3)); // the last words of both
        let since = (Instant::now(), worked(daemon.id()), line.bytes());
        Idle {
            lab,
            line,
            daemon,
            _installation: installation,
            since,
        }
    }

    pub fn end(self, table: &mut Table) {
        let (begun, before, bytes) = self.since;
        let time = begun.elapsed().as_secs_f64();
        let share = worked(self.daemon.id())
            .saturating_sub(before)
            .as_secs_f64()
            / time
            * 100.0;
        let an_hour = (self.line.bytes() - bytes) as f64 / 1e3 * 3_600.0 / time;
        let memory = proportional(self.daemon.id()) as f64 / 1e3;
        let text = format!(
            "{share:.3} % of a core, {an_hour:.1} KB an hour, {memory:.0} MB (over {time:.0} s)"
        );
        table.row("idle", &text, "< 0.1 %, < 100 KB");
        drop((self.daemon, self.lab));
    }
}

/// From the delivery of a report to the hand-over of its acknowledgement.
pub fn acknowledgement(table: &mut Table, reports: usize) {
    let lab = Lab::start();
    let line = Line::to(lab.imaps);
    let installation = in_the_lab(&lab, line.port);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    let [mut whole, mut ours] = [(); 2].map(|()| Figures::default());
    for n in 0..reports {
        let unit = UNITS + n % SILENT;
        let address = mails::address(unit);
        let (came, answered) = (delivered(&lab, MAILBOX), delivered(&lab, &address));
        let waits = daemon.log().matches("waiting").count();
        let sent = SystemTime::now();
        lab.hand_over(&address, &mails::new_report(unit, n));
        await_so_long("the delivery", Duration::from_secs(30), || {
            delivered(&lab, MAILBOX) > came
        });
        let arrived = SystemTime::now();
        await_so_long("an acknowledgement", Duration::from_secs(30), || {
            delivered(&lab, &address) > answered
        });
        let handed_over = acknowledged(&daemon.log())[n];
        let told = line.first_unasked_after(sent).unwrap();
        let since = |moment: SystemTime| handed_over.duration_since(moment).unwrap_or_default();
        whole.took(since(arrived));
        // The first is the service's first mail of all: its readers start for it.
        if n > 0 {
            ours.add(since(told).as_secs_f64() * 1e3);
        }
        daemon.await_log("waiting", waits + 1);
        sleep(Duration::from_millis(300)); // so that the server's next word is unasked
    }
    daemon.kill();
    table.row(
        "a report is delivered: its acknowledgement is handed over to SMTP",
        &whole.told("s"),
        "≤ 1 s",
    );
    table.row(
        "of that, since the server said that something came",
        &ours.told("ms"),
        "≤ 150 ms",
    );
}

/// How many mails lie in a mailbox.
fn delivered(lab: &Lab, address: &str) -> usize {
    let count =
        |part: &str| fs::read_dir(lab.maildir(address).join(part)).map_or(0, Iterator::count);
    ["new", "cur"].map(count).iter().sum()
}

/// When acknowledgements were handed over, by the log.
fn acknowledged(log: &str) -> Vec<SystemTime> {
    let lines = log
        .lines()
        .filter(|l| l.contains(" sent mail=") && l.contains("ack:"));
    let moment = |line: &str| {
        line.split_whitespace()
            .next()?
            .parse::<jiff::Timestamp>()
            .ok()
    };
    lines.filter_map(moment).map(SystemTime::from).collect()
}
