//! What a command and all that it starts take: time, the processor's time, and memory.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// Between two looks at what runs: each costs some milliseconds.
const LOOK: Duration = Duration::from_millis(50);

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub wall: Duration,
    /// Time of the processor, of all of its processes. What one that outlives its parent does at its very end is seen only
    /// by a process that inherits such orphans (`PR_SET_CHILD_SUBREAPER`).
    pub worked: Duration,
    /// The most memory that all of them had together, in kB: pages that several share count in parts (PSS).
    pub most: u64,
}

/// Runs a command that must succeed to its end, and looks at its memory every now and then, as `look` does at whatever
/// it wants of the process.
pub fn weighed(command: &mut Command, mut look: impl FnMut(u32)) -> Took {
    let begun = Instant::now();
    let pid = command.spawn().unwrap().id() as i32;
    let (mut most, mut seen) = (0, Duration::ZERO);
    let mut started = BTreeSet::new();
    let (status, own) = loop {
        if let Some(ended) = ended(pid, libc::WNOHANG) {
            break ended;
        }
        started.extend(children(pid as u32));
        most = most.max(proportional(pid as u32));
        seen = seen.max(worked(pid as u32));
        look(pid as u32);
        std::thread::sleep(LOOK);
    };
    let wall = begun.elapsed();
    let orphans = started.into_iter().filter_map(|pid| ended(pid as i32, 0));
    let orphans: Duration = orphans.map(|(_, worked)| worked).sum();
    assert!(status.success(), "{command:?}: {status}");
    Took {
        wall,
        worked: seen.max(own + orphans),
        most,
    }
}

/// How a child of ours ended, and what it had of the processor's time with those that it waited for; `None` where it has not
/// ended (with `WNOHANG`), or is none.
fn ended(pid: i32, options: i32) -> Option<(ExitStatus, Duration)> {
    // SAFETY: a struct of numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let mut status = 0;
    // SAFETY: both outlive the call and are all that it writes to; nobody else waits for that child.
    let ended = unsafe { libc::wait4(pid, &raw mut status, options, &raw mut usage) };
    let worked = duration(usage.ru_utime) + duration(usage.ru_stime);
    (ended == pid).then(|| (ExitStatus::from_raw(status), worked))
}

/// A time of the kernel's.
pub fn duration(time: libc::timeval) -> Duration {
    Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000)
}

/// What a process and those that it started have of the machine's memory, in kB: pages that several share count in parts.
pub fn proportional(process: u32) -> u64 {
    let file = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}"));
    // One that has just ended has none.
    let rollup = file("smaps_rollup").unwrap_or_default();
    let own = rollup.lines().find_map(|l| l.strip_prefix("Pss:"));
    let own = own.map_or(0, |l| l.split_whitespace().next().unwrap().parse().unwrap());
    own + children(process).into_iter().map(proportional).sum::<u64>()
}

/// The processes that a process has started and that have not ended.
pub fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let of = |thread: fs::DirEntry| {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        let ids = children.split_whitespace().map(|id| id.parse().unwrap());
        ids.collect::<Vec<u32>>()
    };
    threads.flat_map(of).collect()
}

/// What a process and those that it started have taken of the processor's time, with those that have ended.
pub fn worked(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name, which may have blanks: user and system time of its own, and of those that it waited for.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(4);
    let ticks: u64 = ticks.map(|n| n.parse::<u64>().unwrap()).sum();
    // SAFETY: sysconf has no preconditions.
    let a_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    let own = Duration::from_secs_f64(ticks as f64 / a_second);
    own + children(process).into_iter().map(worked).sum::<Duration>()
}
