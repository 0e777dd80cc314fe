//! Landlock (landlock(7)): which files a reading process may read, run and make, and that it reaches no other process.

use std::path::{Path, PathBuf};

use anyhow::Result;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};
use serde::{Deserialize, Serialize};

use super::super::program;
use super::Purpose;

/// How far Landlock holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Landlock {
    /// All that this program asks for.
    Full,
    /// What the kernel's version (its ABI) has of it.
    Partial(i64),
    /// The kernel has none.
    NotOffered,
    /// The kernel has it, or may have it, and it does not hold: why.
    Withheld(String),
}

impl std::fmt::Display for Landlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Landlock::Full => write!(f, "Landlock holds fully"),
            Landlock::Partial(abi) => {
                write!(f, "Landlock holds as far as this kernel has it (ABI {abi})")
            }
            Landlock::NotOffered => write!(f, "this kernel has no Landlock"),
            Landlock::Withheld(why) => write!(f, "Landlock does NOT hold: {why}"),
        }
    }
}

/// The version of Landlock whose rules are asked for: the first with scopes, so that no signal and no abstract socket
/// leads out. Rules on TCP came with 4.
const ASKED: ABI = ABI::V6;

/// What the programs that help read to work: their libraries and data, and of /etc what is theirs. Whatever else lies
/// in /etc, such as password files, stays closed.
const READ: [&str; 12] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/fonts",
    "/etc/catdocrc",
    "/etc/locale.alias",
    "/dev/null",
];

/// What starts a program of the system before itself (ld.so(8)), by the machine.
const LOADERS: [&str; 3] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-riscv64-lp64d.so.1",
];

/// Shuts this thread, and what it starts, out of everything but what its purpose needs.
pub(super) fn build(purpose: Purpose<'_>) -> Landlock {
    let abi = match offered() {
        Ok(Some(abi)) => abi,
        Ok(None) => return Landlock::NotOffered,
        Err(e) => return Landlock::Withheld(format!("landlock_create_ruleset: {e}")),
    };
    let status = match purpose {
        Purpose::Words => restrict(&[], &[], None),
        Purpose::Files(folder) => restrict(&READ, &run(), folder),
    };
    match status {
        Ok(RulesetStatus::FullyEnforced) => Landlock::Full,
        // An older kernel has no rules for everything that is asked for.
        Ok(RulesetStatus::PartiallyEnforced) if abi < i64::from(ASKED as i32) => {
            Landlock::Partial(abi)
        }
        Ok(status) => Landlock::Withheld(format!("{status:?} with ABI {abi}")),
        Err(e) => Landlock::Withheld(format!("{e:#}")),
    }
}

/// The version that the kernel has. `None`: it has none, or it was left out at boot.
fn offered() -> std::io::Result<Option<i64>> {
    const VERSION: u32 = 1; // LANDLOCK_CREATE_RULESET_VERSION
    // SAFETY: with this flag the call takes no attributes and only answers a number (landlock_create_ruleset(2)).
    let abi = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            VERSION,
        )
    };
    if abi >= 0 {
        return Ok(Some(abi));
    }
    let e = std::io::Error::last_os_error();
    // A filter may answer that there is no such call where the kernel names Landlock among what it has.
    let listed = std::fs::read_to_string("/sys/kernel/security/lsm")
        .is_ok_and(|lsm| lsm.trim().split(',').any(|name| name == "landlock"));
    match e.raw_os_error() {
        Some(libc::ENOSYS | libc::EOPNOTSUPP) if !listed => Ok(None),
        _ => Err(e),
    }
}

/// The programs that may be run, and what loads them. Where the loader may run, it runs whatever may be read: so
/// programs that do not help may not even be read.
fn run() -> Vec<PathBuf> {
    let loaders = LOADERS.iter().map(PathBuf::from);
    program::all().chain(loaders).collect()
}

/// What is not named may be neither read, written nor run. Into `folder` files may be written: no link, no fifo and no
/// folder is made there, nothing is read or removed.
fn restrict(read: &[&str], run: &[PathBuf], folder: Option<&Path>) -> Result<RulesetStatus> {
    let readable = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let runnable = make_bitflags!(AccessFs::{ReadFile | Execute});
    let writable = make_bitflags!(AccessFs::{WriteFile | MakeReg});
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ASKED))?
        .handle_access(AccessNet::from_all(ASKED))?
        .scope(Scope::from_all(ASKED))?
        .create()?
        .add_rules(path_beneath_rules(read, readable))?
        .add_rules(path_beneath_rules(run, runnable))?
        .add_rules(path_beneath_rules(folder, writable))?
        .restrict_self()?;
    Ok(status.ruleset)
}
