//! What keeps the reading process from everything but its mail: limits, and Landlock where the kernel has it. The process
//! says itself what holds, since nobody else can know: a kernel may lack it, a service manager may forbid the calls.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What holds of the confinement, as the process found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Bytes of memory that it may use.
    pub memory_bytes: u64,
    /// Whether it sees only its own files and no network.
    pub landlock: Landlock,
}

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

impl Confinement {
    /// What is missing of what the kernel offers, for the administrator.
    pub fn lack(&self) -> Option<String> {
        match &self.landlock {
            Landlock::Full | Landlock::Partial(_) | Landlock::NotOffered => None,
            Landlock::Withheld(why) => Some(format!(
                "the process that reads mails is not confined by Landlock: {why}; compare the unit file with deploy/thubaocao.service"
            )),
        }
    }
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.landlock {
            Landlock::Full => write!(f, "Landlock holds fully")?,
            Landlock::Partial(abi) => {
                write!(f, "Landlock holds as far as this kernel has it (ABI {abi})")?;
            }
            Landlock::NotOffered => write!(f, "this kernel has no Landlock")?,
            Landlock::Withheld(why) => write!(f, "Landlock does NOT hold: {why}")?,
        }
        write!(f, "; memory {} MB", self.memory_bytes / 1_000_000)
    }
}

/// Confines this process, and each program that it starts. Files go into `files`, if anywhere.
///
/// # Errors
/// When a limit cannot be set.
pub fn confine(memory_bytes: u64, files: Option<&Path>) -> Result<Confinement> {
    limit(memory_bytes)?;
    Ok(Confinement {
        memory_bytes,
        landlock: landlock(files),
    })
}

fn limit(memory_bytes: u64) -> Result<()> {
    let set = |what, bytes: u64| {
        let limit = libc::rlimit {
            rlim_cur: bytes,
            rlim_max: bytes,
        };
        // SAFETY: setrlimit only reads the struct, which lives until it returns.
        let result = unsafe { libc::setrlimit(what, &limit) };
        if result == 0 {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error()).context("cannot limit the reading process")
        }
    };
    set(libc::RLIMIT_AS, memory_bytes)?;
    set(libc::RLIMIT_FSIZE, 1_000_000_000)?;
    set(libc::RLIMIT_CORE, 0)
}

/// Leaves to this process the programs of the system to run, the folder of its files to write, and no network.
fn landlock(files: Option<&Path>) -> Landlock {
    let abi = match offered() {
        Ok(Some(abi)) => abi,
        Ok(None) => return Landlock::NotOffered,
        Err(e) => return Landlock::Withheld(format!("landlock_create_ruleset: {e}")),
    };
    match restrict(files) {
        Ok(landlock::RulesetStatus::FullyEnforced) => Landlock::Full,
        // An older kernel has no rules for everything that is asked for.
        Ok(landlock::RulesetStatus::PartiallyEnforced) if abi < i64::from(ASKED as i32) => {
            Landlock::Partial(abi)
        }
        Ok(status) => Landlock::Withheld(format!("{status:?} with ABI {abi}")),
        Err(e) => Landlock::Withheld(format!("{e:#}")),
    }
}

/// The version of Landlock whose rules are asked for: the first with rules on TCP.
const ASKED: landlock::ABI = landlock::ABI::V4;

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

fn restrict(files: Option<&Path>) -> Result<landlock::RulesetStatus> {
    use landlock::{
        Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreatedAttr, path_beneath_rules,
    };
    let system = ["/usr", "/bin", "/lib", "/lib64", "/etc", "/dev/null"];
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ASKED))?
        .handle_access(AccessNet::from_all(ASKED))?
        .create()?
        .add_rules(path_beneath_rules(system, AccessFs::from_read(ASKED)))?
        .add_rules(path_beneath_rules(files, AccessFs::from_all(ASKED)))?
        .restrict_self()?;
    Ok(status.ruleset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confined_process_opens_no_other_file_and_no_connection() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "x").unwrap();
        let files = folder.path().join("files");
        std::fs::create_dir(&files).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Landlock holds for the thread that asks for it.
        let (holds, read, written, connected, program) = std::thread::spawn(move || {
            (
                landlock(Some(&files)),
                std::fs::read(&secret).is_ok(),
                std::fs::write(files.join("a"), "x").is_ok(),
                std::net::TcpStream::connect(address).is_ok(),
                std::process::Command::new("true").status().is_ok(),
            )
        })
        .join()
        .unwrap();
        assert!(written, "its own folder is closed");
        assert!(program, "programs of the system cannot run");
        match holds {
            Landlock::Full => assert!(!read && !connected, "another file or the network is open"),
            Landlock::Partial(_) => assert!(!read, "another file is open"),
            Landlock::NotOffered => eprintln!("skipped: this kernel has no Landlock"),
            Landlock::Withheld(why) => panic!("{why}"),
        }
    }

    #[test]
    fn less_than_the_kernel_offers_is_a_lack() {
        let lack = |landlock| {
            let confinement = Confinement {
                memory_bytes: 256_000_000,
                landlock,
            };
            confinement.lack().is_some()
        };
        assert!(!lack(Landlock::Full));
        assert!(!lack(Landlock::Partial(1)));
        assert!(!lack(Landlock::NotOffered));
        assert!(lack(Landlock::Withheld("forbidden".into())));
    }
}
