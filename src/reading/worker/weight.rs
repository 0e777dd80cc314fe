//! How much memory a reading process and the programs that it started take together. Each of them has a limit of its own,
//! but a mail may make several of them large at once.

use std::fs;

/// A process and the bytes of memory that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    pid: i32,
    bytes: u64,
}

/// What is to be ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nothing.
    Fine,
    /// The programs that help: the reader tells of the file without what they would have found.
    Helpers(Vec<i32>),
    All,
}

/// Judges processes that may take so many bytes together. `leader`: the reading process itself.
pub(super) fn judge(found: &[Weight], leader: i32, most: u64) -> Judgement {
    if found.iter().map(|w| w.bytes).sum::<u64>() <= most {
        return Judgement::Fine;
    }
    let leads = |w: &&Weight| w.pid == leader;
    if found.iter().find(leads).is_none_or(|w| w.bytes > most) {
        return Judgement::All;
    }
    let helpers = found.iter().filter(|w| !leads(w)).map(|w| w.pid);
    Judgement::Helpers(helpers.collect())
}

/// The processes of a group, in which a reading process keeps all that it starts.
pub(super) fn of_group(group: i32) -> Vec<Weight> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| group_of(*pid) == Some(group))
        .filter_map(|pid| {
            Some(Weight {
                pid,
                bytes: bytes(pid)?,
            })
        })
        .collect()
}

/// The group of a process (proc_pid_stat(5)). Its name stands in brackets and may hold some itself.
fn group_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(2)?.parse().ok()
}

/// The share of memory of a process, in bytes: pages that others use too count in part (PSS). Where that is not told,
/// what is its own alone.
fn bytes(pid: i32) -> Option<u64> {
    let told = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix(name))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    };
    told("smaps_rollup", "Pss:").or_else(|| told("status", "RssAnon:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_help_go_first_and_the_reader_with_them_where_it_is_too_large_itself() {
        let weights = |list: &[(i32, u64)]| -> Vec<Weight> {
            list.iter()
                .map(|&(pid, bytes)| Weight { pid, bytes })
                .collect()
        };
        for (found, judgement) in [
            (weights(&[]), Judgement::Fine),
            (weights(&[(7, 100)]), Judgement::Fine),
            (weights(&[(7, 60), (8, 40)]), Judgement::Fine),
            (weights(&[(7, 60), (8, 41)]), Judgement::Helpers(vec![8])),
            (
                weights(&[(7, 9), (8, 60), (9, 60)]),
                Judgement::Helpers(vec![8, 9]),
            ),
            (weights(&[(7, 101), (8, 1)]), Judgement::All),
            // The reader is gone, what it started is not.
            (weights(&[(8, 101)]), Judgement::All),
        ] {
            assert_eq!(judge(&found, 7, 100), judgement, "{found:?}");
        }
    }

    #[test]
    fn what_a_process_takes_is_seen_in_its_group() {
        // SAFETY: it only tells.
        let group = unsafe { libc::getpgrp() };
        let pid = i32::try_from(std::process::id()).unwrap();
        assert_eq!(group_of(pid), Some(group));
        let before = bytes(pid).unwrap();
        let large = vec![1_u8; 50_000_000];
        let now = of_group(group).into_iter().find(|w| w.pid == pid).unwrap();
        assert!(now.bytes > before + 30_000_000, "{before} {now:?}");
        drop(large);
    }
}
