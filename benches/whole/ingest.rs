//! A full mailbox, fetched, read and logged, beside a bare reader and mbsync; one large mail.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use thubaocao::store::Store;

use crate::figures::{Figures, Table};
use crate::lab::installation::Installation;
use crate::lab::weight::{weighed, worked};
use crate::lab::{Lab, MAILBOX};
use crate::mails::{self, Files, expects_reports};
use crate::{Scale, all_written, others};

/// What a run over a full mailbox took.
#[derive(Default)]
struct Ingest {
    durable: Figures,
    logged: Figures,
    worked: Figures,
    most: Figures,
    /// Milliseconds of the processor a mail, of the first and of the last tenth.
    first: Figures,
    last: Figures,
}

impl Ingest {
    /// A new installation fetches, reads and answers all mails of the mailbox.
    fn run(&mut self, lab: &Lab, mails: usize) {
        let installation = Installation::on_server(lab.imaps, lab.ca_file());
        expects_reports(&installation);
        let store = Store::path(&installation.dir.path().join("data"));
        let log = installation.dir.path().join("log");
        let mut command = installation.command(&["run", "--once"]);
        command
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap());
        all_written();
        let begun = Instant::now();
        let (mut durable, mut logged) = (None, None);
        let mut looks: Vec<(usize, Duration)> = vec![(0, Duration::ZERO)];
        let took = weighed(&mut command, |process| {
            let Some((there, unread)) = counted(&store) else {
                return; // it is not made yet
            };
            let now = begun.elapsed();
            if there >= mails {
                durable.get_or_insert(now);
                if unread == 0 {
                    logged.get_or_insert(now);
                }
            }
            looks.push((there.saturating_sub(unread), worked(process)));
        });
        let log = fs::read_to_string(&log).unwrap();
        let read = log.matches("state=\"logged\"").count();
        assert_eq!(
            read,
            mails,
            "all are logged: {}",
            log.lines().take(30).collect::<String>()
        );
        self.durable.took(durable.unwrap_or(took.wall));
        self.logged.took(logged.unwrap_or(took.wall));
        self.worked.took(took.worked);
        self.most.add(took.most as f64 / 1_000.0);
        // What the processor had done when so many were read, by the looks before and after that.
        let tenth = mails / 10;
        let at = |count: usize| {
            let after = looks
                .iter()
                .position(|l| l.0 >= count)
                .unwrap_or(looks.len() - 1);
            let ((a, from), (b, to)) = (looks[after.saturating_sub(1)], looks[after]);
            let part = (count - a.min(count)) as f64 / (b - a).max(1) as f64;
            from.as_secs_f64() + (to.saturating_sub(from)).as_secs_f64() * part.min(1.0)
        };
        let a_mail = |from: usize| (at(from + tenth) - at(from)) * 1_000.0 / tenth as f64;
        // What is made once falls on the first tenth, which is left out for that: it begins after so many.
        self.first.add(a_mail(tenth / 2));
        self.last.add(a_mail(mails - tenth));
    }
}

/// How many mails are in the store, and how many of them nobody has read yet.
pub fn counted(store: &Path) -> Option<(usize, usize)> {
    let store = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let count = |sql: &str| store.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    let there = count("SELECT max(id) FROM message").ok()??;
    let unread = count("SELECT count(*) FROM message WHERE state = 'received'").ok()??;
    Some((there as usize, unread as usize))
}

/// A mailbox full of mails of one kind.
pub struct Set {
    pub what: &'static str,
    pub files: Files,
    pub mails: usize,
    /// For what is durable, for what is logged, and for the memory.
    pub bars: [&'static str; 3],
}

impl Set {
    /// The mailbox.
    pub fn laid_out(&self) -> Lab {
        let lab = Lab::start();
        lab.fill(MAILBOX, (0..self.mails).map(|n| mails::mail(n, self.files)));
        lab
    }

    /// A bare reader, mbsync and the program take turns.
    pub fn ingest(&self, table: &mut Table, scale: &Scale, lab: &Lab) {
        let (mails, bars) = (self.mails, self.bars);
        let set = format!("{mails} × {}", self.what);
        let (mut bare, mut copied) = (Figures::default(), Figures::default());
        let mut copying = Figures::default();
        let mut ours = Ingest::default();
        scale.repeat(|| {
            bare.took(others::bare_reading(lab, mails));
            all_written();
            let took = others::mbsync(lab, mails);
            copied.took(took.wall);
            copying.took(took.worked);
            ours.run(lab, mails);
        });
        table.row(&format!("{set}: a bare reader"), &bare.told("s"), "");
        let text = format!("{}, {}", copied.told("s"), copying.told("s CPU"));
        table.row(&format!("{set}: mbsync, each synced"), &text, "");
        for (what, figures, bar) in [
            ("durable in the archive", &ours.durable, bars[0]),
            ("read, matched, logged", &ours.logged, bars[1]),
        ] {
            let text = format!(
                "{}: {}; {} of the bare reader",
                figures.told("s"),
                figures.against(&copied).told("× mbsync"),
                figures.against(&bare).told("×")
            );
            table.row(&format!("{set}: {what}"), &text, bar);
        }
        let text = format!(
            "{}: {}",
            ours.worked.told("s"),
            ours.worked.against(&copying).told("× mbsync")
        );
        table.row(
            &format!("{set}: processor, with all acknowledgements"),
            &text,
            "",
        );
        let text = format!(
            "{}, then {}: {}",
            ours.first.told("ms"),
            ours.last.told("ms"),
            ours.last.against(&ours.first).told("×")
        );
        table.row(
            &format!("{set}: processor a mail, a tenth of them early on and the last tenth"),
            &text,
            "± 10 %",
        );
        table.row(
            &format!("{set}: peak of all processes together (PSS)"),
            &ours.most.told("MB"),
            bars[2],
        );
    }
}

/// One mail, as large as they come.
pub fn a_large_mail(table: &mut Table, scale: &Scale) {
    let lab = Lab::start();
    lab.fill(MAILBOX, [mails::large(45_000_000)]);
    let mut ours = Ingest::default();
    scale.repeat(|| ours.run_one(&lab));
    let text = format!("{}, {} PSS", ours.logged.told("s"), ours.most.told("MB"));
    table.row(
        "a mail of 45 MB with a PDF: logged, peak of all processes",
        &text,
        "≤ 160 MB",
    );
}

impl Ingest {
    fn run_one(&mut self, lab: &Lab) {
        let installation = Installation::on_server(lab.imaps, lab.ca_file());
        expects_reports(&installation);
        let took = weighed(
            installation
                .command(&["run", "--once"])
                .stderr(Stdio::null()),
            |_| (),
        );
        let there = counted(&Store::path(&installation.dir.path().join("data")));
        assert_eq!(there, Some((1, 0)), "it is read");
        self.logged.took(took.wall);
        self.most.add(took.most as f64 / 1_000.0);
    }
}
