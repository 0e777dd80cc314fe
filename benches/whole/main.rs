//! The whole, beside mbsync and a bare reader, on real servers: `tests/bench`, or `tests/bench --quick` with fewer mails.
//!
//! Each figure is measured several times, and where two are held against each other their runs take turns: what else the
//! machine does falls on both. One table is printed in the end. The bars are those of two cores without other work.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a measurement: it is printed, and ends where something is not as it must be"
)]
#![allow(
    unreachable_pub,
    reason = "one program: what `pub` opens, it opens to its neighbours"
)]

#[path = "../growth.rs"]
mod growth;

#[path = "../../tests/composed"]
mod composed {
    #![allow(dead_code, reason = "the tests use the rest")]
    pub mod dice;
    pub mod files;
}
#[path = "../../tests/lab/mod.rs"]
#[allow(
    dead_code,
    clippy::too_many_lines,
    reason = "the tests use the rest, and say the same of themselves"
)]
mod lab;

mod costs;
mod figures;
mod ingest;
mod line;
mod mails;
mod others;
mod service;

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use figures::Table;
use ingest::Set;
use mails::Files;

/// How much is measured.
struct Scale {
    /// What is left of the usual numbers: divided by so much.
    less: usize,
    /// How long the runs of one row may take together; there is one at least.
    time: Duration,
    /// And so many at most.
    runs: usize,
}

/// Waits until something holds, and looks whether it does so often that a few milliseconds are seen.
fn await_so_long(what: &str, most: Duration, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < most, "waited in vain for {what}");
        sleep(Duration::from_millis(5));
    }
}

impl Scale {
    /// Runs something as often as there is time.
    fn repeat(&self, mut run: impl FnMut()) {
        let begun = Instant::now();
        for n in 1..=self.runs {
            run();
            // Another one would take as long as those so far did.
            if begun.elapsed() * (n as u32 + 1) / n as u32 > self.time {
                break;
            }
        }
    }
}

/// What is written to disk by what was before is not paid for by what comes.
fn all_written() {
    // SAFETY: sync has no preconditions.
    unsafe { libc::sync() };
}

/// The machine, in words.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|l| l.starts_with(name));
        line.and_then(|l| l.split_once(':'))
            .map_or("?".into(), |(_, v)| v.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let system = read("/proc/sys/kernel/osrelease");
    format!(
        "{cores} cores of {}, {memory}, Linux {}",
        field(&read("/proc/cpuinfo"), "model name"),
        system.trim()
    )
}

fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(1).collect()
}

fn main() {
    let asked = |what: &str| std::env::args().any(|a| a == what);
    if asked(costs::GROWTH) {
        return growth::main();
    }
    let quick = asked("--quick");
    let scale = match quick {
        true => Scale {
            less: 10,
            time: Duration::from_secs(10),
            runs: 3,
        },
        false => Scale {
            less: 1,
            time: Duration::from_secs(180),
            runs: 5,
        },
    };
    // What a command leaves behind is ours to wait for: what it took counts, too.
    // SAFETY: the call takes numbers and changes nothing but whose children orphans become.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    let begun = Instant::now();
    let mut table = Table::default();
    let (before, less) = (load(), scale.less);
    let idle = service::Idle::begin();

    let sets = [
        Set {
            what: "350 KB, PDF and docx",
            files: Files::Both,
            mails: 1_000 / less,
            bars: ["≤ 1.2 × mbsync", "≤ 3 × mbsync", "≤ 64 MB"],
        },
        Set {
            what: "37 KB, docx",
            files: Files::Docx,
            mails: 10_000 / less,
            bars: ["≤ 2 × mbsync", "≤ 4 × mbsync", ""],
        },
    ];
    for set in sets {
        let lab = set.laid_out();
        set.ingest(&mut table, &scale, &lab);
        if set.files == Files::Docx {
            service::backlog(&mut table, &lab, set.mails);
        }
    }
    ingest::a_large_mail(&mut table, &scale);
    service::first_start(&mut table, &scale, 100_000 / less);
    costs::growth(&mut table, 5_000 / less);
    costs::reading(&mut table, &scale, 400 / less.min(4));
    service::acknowledgement(&mut table, 20 / less.min(4));
    idle.end(&mut table);
    println!(
        "{}; load {before} before, {} after; {:.0?} in all\n",
        machine(),
        load(),
        begun.elapsed()
    );
    println!("{}", table.text());
}
