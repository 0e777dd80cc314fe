//! What keeps a reading process from everything but its mail: limits, Landlock for files ([`fence`]) and seccomp for
//! calls ([`calls`]), each where the kernel has it. The process says itself what holds, since nobody else can know: a
//! kernel may lack it, a service manager may forbid the calls.

mod calls;
mod fence;

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub use calls::Calls;
pub use fence::Landlock;

/// How many files a reading process, and each program that helps it, may have open.
const OPEN_FILES: u64 = 64;

/// The worst mark for the kernel's choice of whom to end when memory runs out (proc_pid_oom_score_adj(5)).
const FIRST_TO_GO: &str = "1000";

/// What a reading process is for, and so what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'p> {
    /// It reads what mails say, without opening their files: it needs nothing of the system.
    Words,
    /// It opens the files of mails, with the help of programs, and leaves them in a folder, if anywhere.
    Files(Option<&'p Path>),
}

/// What holds of the confinement, as the process found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Bytes of memory that it may use.
    pub memory_bytes: u64,
    /// How many files it may have open.
    pub open_files: u64,
    /// Whether it sees only its own files and no network.
    pub landlock: Landlock,
    /// Whether it makes only the calls that reading needs.
    pub calls: Calls,
}

impl Confinement {
    /// What is missing of what the kernel offers, for the administrator.
    pub fn lack(&self) -> Option<String> {
        let landlock = match &self.landlock {
            Landlock::Full | Landlock::Partial(_) | Landlock::NotOffered => None,
            Landlock::Withheld(why) => Some(format!("by Landlock: {why}")),
        };
        let calls = match &self.calls {
            Calls::Filtered => None,
            Calls::Withheld(why) => Some(format!("by seccomp: {why}")),
        };
        let lacks: Vec<String> = landlock.into_iter().chain(calls).collect();
        (!lacks.is_empty()).then(|| {
            format!(
                "the process that reads mails is not confined {}; compare the unit file with deploy/thubaocao.service",
                lacks.join(", nor ")
            )
        })
    }
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}; {}; memory {} MB; {} open files",
            self.landlock,
            self.calls,
            self.memory_bytes / 1_000_000,
            self.open_files
        )
    }
}

/// Confines this process, and each program that it starts.
///
/// # Errors
/// When a limit cannot be set.
pub(crate) fn confine(memory_bytes: u64, purpose: Purpose<'_>) -> Result<Confinement> {
    // Where the whole service runs out of memory, what reads is ended before what remembers. More is always allowed.
    let _ = std::fs::write("/proc/self/oom_score_adj", FIRST_TO_GO);
    limit(memory_bytes)?;
    refuse_memory_that_becomes_program();
    let landlock = fence::build(purpose);
    Ok(Confinement {
        memory_bytes,
        open_files: OPEN_FILES,
        landlock,
        calls: calls::filter(purpose),
    })
}

fn limit(memory_bytes: u64) -> Result<()> {
    let set = |what, most: u64| {
        let limit = libc::rlimit {
            rlim_cur: most,
            rlim_max: most,
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
    set(libc::RLIMIT_FSIZE, memory_bytes)?; // no file of a mail is larger than the memory that it was in
    set(libc::RLIMIT_NOFILE, OPEN_FILES)?;
    set(libc::RLIMIT_CORE, 0)
}

/// Memory that was written never becomes executable, in this process and in those that it starts. Linux 6.3; before
/// that, `MemoryDenyWriteExecute=` of the unit file does it.
fn refuse_memory_that_becomes_program() {
    const PR_SET_MDWE: libc::c_int = 65;
    const REFUSE_EXEC_GAIN: libc::c_ulong = 1;
    const NONE: libc::c_ulong = 0;
    // SAFETY: it takes numbers only, and concerns only what is mapped from now on.
    let _ = unsafe { libc::prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, NONE, NONE, NONE) };
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::fs;
    use std::io::{Error, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;

    use super::*;

    /// Runs something in a thread that is confined for a purpose; both hold for the thread that asks for them.
    fn confined<T: Send + 'static>(
        purpose: Purpose<'static>,
        attempt: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let thread = std::thread::spawn(move || {
            let landlock = fence::build(purpose);
            assert_eq!(calls::filter(purpose), Calls::Filtered);
            (landlock, attempt())
        });
        match thread.join().unwrap() {
            (Landlock::Full | Landlock::Partial(_), result) => Some(result),
            (Landlock::NotOffered, _) => {
                eprintln!("skipped: this kernel has no Landlock");
                None
            }
            (Landlock::Withheld(why), _) => panic!("{why}"),
        }
    }

    /// A folder with a secret, and beside it one for files; it stays for the threads of the test.
    fn place() -> (&'static Path, &'static Path) {
        let folder: &'static Path =
            Box::leak(tempfile::tempdir().unwrap().keep().into_boxed_path());
        let files: &'static Path = Box::leak(folder.join("files").into_boxed_path());
        fs::create_dir(files).unwrap();
        fs::write(folder.join("secret"), "secret").unwrap();
        fs::write(files.join("left"), "left").unwrap();
        (folder, files)
    }

    /// Calls the kernel; the error that it gives.
    fn errno(call: libc::c_long, arguments: [usize; 4]) -> i32 {
        let [a, b, c, d] = arguments;
        // SAFETY: only calls that must fail are made here, with arguments that live as long as they do.
        let result = unsafe { libc::syscall(call, a, b, c, d) };
        if result < 0 {
            Error::last_os_error().raw_os_error().unwrap_or(0)
        } else {
            0
        }
    }

    #[test]
    fn who_opens_files_writes_into_its_folder_and_reaches_no_other_file() {
        let (folder, files) = place();
        let done = confined(Purpose::Files(Some(files)), move || {
            let new = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(files.join("new"))
                .and_then(|mut f| f.write_all(b"x"));
            assert!(new.is_ok(), "{new:?}");
            let secret = folder.join("secret");
            for closed in [
                &secret,
                &files.join("left"),
                Path::new("/etc/passwd"),
                Path::new("/bin/true"),
            ] {
                assert!(fs::read(closed).is_err(), "{}", closed.display());
            }
            assert!(fs::read_dir(folder).is_err() && fs::read_dir("/proc").is_err());
            assert!(fs::write(folder.join("other"), "x").is_err());
            let link = files.join("link");
            assert!(std::os::unix::fs::symlink(&secret, &link).is_err());
            assert!(fs::hard_link(files.join("left"), &link).is_err());
            assert!(fs::create_dir(&link).is_err());
            assert!(fs::remove_file(files.join("left")).is_err());
            assert!(fs::rename(files.join("left"), &link).is_err());
            let path = CString::new(link.to_str().unwrap()).unwrap();
            // SAFETY: the path ends by NUL and lives as long as the call.
            assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, -1);
            // What Landlock alone lets pass.
            assert!(
                fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o666))
                    .is_err()
            );
            let secret = CString::new(secret.to_str().unwrap()).unwrap();
            // SAFETY: as above.
            assert_eq!(unsafe { libc::truncate(secret.as_ptr(), 0) }, -1);
        });
        if done.is_some() {
            assert_eq!(fs::read_to_string(folder.join("secret")).unwrap(), "secret");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_connection_no_signal_and_no_other_right() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pid = std::process::id() as usize;
        confined(Purpose::Files(None), move || {
            assert!(TcpStream::connect(address).is_err());
            assert!(UdpSocket::bind("127.0.0.1:0").is_err());
            assert!(UnixDatagram::unbound().is_err());
            let new_user = libc::CLONE_NEWUSER as usize;
            for (call, arguments) in [
                (libc::SYS_kill, [pid, 0, 0, 0]),
                (libc::SYS_tgkill, [pid, pid, 0, 0]),
                (libc::SYS_pidfd_open, [pid, 0, 0, 0]),
                (libc::SYS_ptrace, [libc::PTRACE_ATTACH as usize, pid, 0, 0]),
                (
                    libc::SYS_prlimit64,
                    [pid, libc::RLIMIT_NOFILE as usize, 0, 0],
                ),
                (libc::SYS_setpriority, [0, pid, 19, 0]),
                (libc::SYS_setsid, [0; 4]),
                (libc::SYS_setpgid, [0; 4]),
                (libc::SYS_unshare, [new_user, 0, 0, 0]),
                (
                    libc::SYS_clone,
                    [new_user | libc::SIGCHLD as usize, 0, 0, 0],
                ),
                (libc::SYS_mount, [0; 4]),
                (libc::SYS_bpf, [0; 4]),
                (libc::SYS_io_uring_setup, [1, 0, 0, 0]),
                (libc::SYS_keyctl, [0; 4]),
                (libc::SYS_perf_event_open, [0; 4]),
                (
                    libc::SYS_socketpair,
                    [libc::AF_INET as usize, libc::SOCK_STREAM as usize, 0, 0],
                ),
            ] {
                assert_eq!(errno(call, arguments), libc::EPERM, "call {call}");
            }
            // What an older kernel does not know either, and the numbers of another ABI.
            for call in [libc::SYS_clone3, 463, 0x4000_0000 + libc::SYS_getpid] {
                assert_eq!(errno(call, [0; 4]), libc::ENOSYS, "call {call}");
            }
        });
    }

    #[test]
    fn only_programs_that_help_can_be_run() {
        let run = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output();
            output.is_ok_and(|o| o.status.success())
        };
        confined(Purpose::Files(None), move || {
            if crate::reading::program::missing(false).is_empty() {
                assert!(run("/usr/bin/pdftotext", &["-v"]), "no helper can be run");
                assert!(
                    run("/usr/bin/bsdtar", &["--version"]),
                    "no helper can be run"
                );
            }
            for program in ["/bin/true", "/bin/sh", "/usr/bin/env"] {
                assert!(!run(program, &[]), "{program}");
            }
            for loader in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"] {
                assert!(!run(loader, &["/bin/true"]), "{loader}");
            }
        });
        confined(Purpose::Words, move || {
            for program in ["/bin/true", "/usr/bin/pdftotext"] {
                assert!(!run(program, &["-v"]), "{program}");
            }
            assert!(fs::read("/usr/share/common-licenses/GPL-3").is_err());
            assert_eq!(errno(libc::SYS_memfd_create, [0; 4]), libc::EPERM);
        });
    }

    #[test]
    fn less_than_the_kernel_offers_is_a_lack() {
        let lack = |landlock, calls| {
            let confinement = Confinement {
                memory_bytes: 256_000_000,
                open_files: 64,
                landlock,
                calls,
            };
            confinement.lack()
        };
        for enough in [Landlock::Full, Landlock::Partial(1), Landlock::NotOffered] {
            assert_eq!(lack(enough, Calls::Filtered), None);
        }
        let forbidden = || "forbidden".to_owned();
        let no_landlock = lack(Landlock::Withheld(forbidden()), Calls::Filtered).unwrap();
        assert!(no_landlock.contains("not confined by Landlock: forbidden;"));
        let no_filter = lack(Landlock::Full, Calls::Withheld(forbidden())).unwrap();
        assert!(no_filter.contains("not confined by seccomp: forbidden;"));
    }
}
