//! Programs of the system that know formats better than we could: bsdtar, pdftotext, catdoc, tesseract.
//!
//! Each gets its input as standard input and is bounded in time, processor time and output. They inherit the limits of
//! the reading process and die with it. That process may send no signals, so each has a timer of its own.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where programs are looked for.
const PATH: &str = "/usr/bin:/bin";

/// The time that all programs together may take for one mail.
///
/// Reading is the same at every run but for this: on a machine that is too slow a document may stay unread.
#[derive(Debug)]
pub struct Budget {
    left: Duration,
}

impl Budget {
    /// So much time.
    pub fn new(left: Duration) -> Budget {
        Budget { left }
    }

    /// Runs a program on an input within what is left of the budget. `most` bounds its output in bytes.
    ///
    /// # Errors
    /// When there is no room for the input; what the program does wrong is part of the output.
    pub fn run(
        &mut self,
        program: &str,
        arguments: &[&str],
        input: &[u8],
        most: u64,
    ) -> std::io::Result<Output> {
        self.spend(|left| run(program, arguments, input, Take::First(most), left))
    }

    /// Runs a program of whose output only the failure matters.
    ///
    /// # Errors
    /// When there is no room for the input.
    pub fn check(
        &mut self,
        program: &str,
        arguments: &[&str],
        input: &[u8],
    ) -> std::io::Result<Option<Failure>> {
        let output = self.spend(|left| run(program, arguments, input, Take::Nothing, left))?;
        Ok(output.failure)
    }

    /// Does work of our own that takes long; `None` where no time is left.
    pub fn own<T>(&mut self, work: impl FnOnce() -> T) -> Option<T> {
        let begun = Instant::now();
        let made = (!self.left.is_zero()).then(work);
        self.left = self.left.saturating_sub(begun.elapsed());
        made
    }

    fn spend(
        &mut self,
        run: impl FnOnce(Duration) -> std::io::Result<Output>,
    ) -> std::io::Result<Output> {
        if self.left.is_zero() {
            return Ok(Output {
                bytes: Vec::new(),
                failure: Some(Failure::Slow),
            });
        }
        let begun = Instant::now();
        let output = run(self.left);
        self.left = self.left.saturating_sub(begun.elapsed());
        output
    }
}

/// What reads attachments, with the package of Debian that has it.
const HELPERS: [(&str, &str); 5] = [
    ("bsdtar", "libarchive-tools"),
    ("pdftotext", "poppler-utils"),
    ("pdfsig", "poppler-utils"),
    ("catdoc", "catdoc"),
    ("xls2csv", "catdoc"),
];

/// What reads pictures of pages.
const FOR_PICTURES: [(&str, &str); 2] = [
    ("tesseract", "tesseract-ocr-vie"),
    ("pdftoppm", "poppler-utils"),
];

/// The programs that are not installed here or may not be run, each with the package of Debian that has it.
pub fn missing(ocr: bool) -> Vec<(&'static str, &'static str)> {
    let ocr = FOR_PICTURES.into_iter().filter(|_| ocr);
    let helpers = HELPERS.into_iter().chain(ocr);
    helpers.filter(|(p, _)| found(p).is_none()).collect()
}

/// The files of all programs that may help, as far as they are installed.
pub fn all() -> impl Iterator<Item = PathBuf> {
    let helpers = HELPERS.into_iter().chain(FOR_PICTURES);
    helpers.filter_map(|(program, _)| found(program))
}

/// Where a program is that may be run.
fn found(program: &str) -> Option<PathBuf> {
    let runs = |m: std::fs::Metadata| m.is_file() && m.permissions().mode() & 0o111 != 0;
    let mut places = PATH.split(':').map(|f| Path::new(f).join(program));
    places.find(|p| p.metadata().is_ok_and(runs))
}

/// Why a program gave nothing, or not everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not installed, or cannot be run.
    Missing,
    /// It took too long.
    Slow,
    /// It wrote more than was allowed.
    TooMuch,
    /// What it said of its failure.
    Failed(String),
}

/// What is taken of the output of a program.
#[derive(Clone, Copy)]
enum Take {
    /// So many bytes; if there are more, it is ended.
    First(u64),
    /// None, whatever there is.
    Nothing,
}

/// How much of what a program complains of is kept, in bytes.
const COMPLAINTS: u64 = 20_000;

/// What a program wrote, with why it stopped where it did not end well.
#[derive(Debug)]
pub struct Output {
    /// Standard output, up to the limit.
    pub bytes: Vec<u8>,
    /// Why it is not whole.
    pub failure: Option<Failure>,
}

/// Runs a program over an input until it ends, has written what is taken of it, or its time is over.
fn run(
    program: &str,
    arguments: &[&str],
    input: &[u8],
    take: Take,
    patience: Duration,
) -> std::io::Result<Output> {
    let mut stdin = unnamed_file()?;
    stdin.write_all(input)?;
    stdin.rewind()?;
    let mut complaints = unnamed_file()?;
    let mut command = confined(program, arguments, patience);
    command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(complaints.try_clone()?);
    // Whatever keeps a program from running keeps one kind of file from being read, not every mail.
    let Ok(mut child) = command.spawn() else {
        return Ok(Output {
            bytes: Vec::new(),
            failure: Some(Failure::Missing),
        });
    };
    let mut bytes = Vec::new();
    let mut too_much = false;
    if let Some(mut out) = child.stdout.take() {
        // A broken pipe is the end of the output.
        match take {
            Take::First(most) => {
                let _ = out.by_ref().take(most + 1).read_to_end(&mut bytes);
                too_much = bytes.len() as u64 > most;
                bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            }
            Take::Nothing => {
                let _ = std::io::copy(&mut out, &mut std::io::sink());
            }
        }
    } // who writes on is ended by SIGPIPE
    let status = child.wait()?;
    let failure = if status.signal() == Some(libc::SIGALRM) {
        Some(Failure::Slow)
    } else if too_much {
        Some(Failure::TooMuch)
    } else if status.success() {
        None
    } else {
        let mut said = Vec::new();
        complaints.rewind()?;
        complaints.take(COMPLAINTS).read_to_end(&mut said)?;
        Some(Failure::Failed(
            String::from_utf8_lossy(&said).trim().to_owned(),
        ))
    };
    Ok(Output { bytes, failure })
}

/// A program with nothing of our environment, that ends with us, and by itself when its time is over.
fn confined(program: &str, arguments: &[&str], patience: Duration) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .env("MALLOC_ARENA_MAX", "1")
        .env("OMP_THREAD_LIMIT", "1");
    let seconds = patience.as_secs() + 1;
    let once = libc::itimerval {
        it_interval: libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        },
        it_value: libc::timeval {
            tv_sec: patience.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            // A timer of nothing would never ring.
            tv_usec: patience.subsec_micros().max(1).into(),
        },
    };
    // SAFETY: these calls are async-signal-safe and touch nothing of the parent's memory. The timer survives the exec,
    // and its SIGALRM ends the program.
    unsafe {
        command.pre_exec(move || {
            let limit = libc::rlimit {
                rlim_cur: seconds,
                rlim_max: seconds,
            };
            libc::setrlimit(libc::RLIMIT_CPU, &limit);
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            libc::signal(libc::SIGALRM, libc::SIG_DFL);
            libc::setitimer(libc::ITIMER_REAL, &once, std::ptr::null_mut());
            Ok(())
        });
    }
    command
}

/// A file in memory that only its handle knows.
fn unnamed_file() -> std::io::Result<File> {
    use std::os::fd::FromRawFd;
    // SAFETY: the name is a valid C string; the descriptor that comes back is new and owned by nobody else.
    unsafe {
        let fd = libc::memfd_create(c"input".as_ptr(), libc::MFD_CLOEXEC);
        if fd < 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(File::from_raw_fd(fd))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    #[test]
    fn what_a_program_writes_is_taken_and_its_faults_are_told() {
        let output = run("cat", &[], b"abc", Take::First(10), SHORT).unwrap();
        assert_eq!((output.bytes, output.failure), (b"abc".to_vec(), None));
        let absent = run("no-such-program-here", &[], b"", Take::First(10), SHORT).unwrap();
        assert_eq!(absent.failure, Some(Failure::Missing));
        let no_program = run("/etc/passwd", &[], b"", Take::First(10), SHORT).unwrap();
        assert_eq!(no_program.failure, Some(Failure::Missing));
        let failed = run(
            "sh",
            &["-c", "echo no >&2; exit 3"],
            b"",
            Take::First(10),
            SHORT,
        )
        .unwrap();
        assert_eq!(failed.failure, Some(Failure::Failed("no".into())));
    }

    #[test]
    fn of_a_check_only_the_failure_is_told() {
        let mut budget = Budget::new(Duration::from_secs(5));
        let mut check = |script| budget.check("sh", &["-c", script], b"").unwrap();
        assert_eq!(check("head -c 1000000 /dev/zero"), None);
        let failed = check("head -c 1000000 /dev/zero; echo no >&2; echo more >&2; exit 1");
        assert_eq!(failed, Some(Failure::Failed("no\nmore".into())));
    }

    #[test]
    fn what_is_left_of_the_time_becomes_less() {
        let mut budget = Budget::new(SHORT);
        assert_eq!(budget.run("true", &[], b"", 10).unwrap().failure, None);
        let slow = budget.run("sleep", &["60"], b"", 10).unwrap();
        assert_eq!(slow.failure, Some(Failure::Slow));
        let late = budget.run("true", &[], b"", 10).unwrap();
        assert_eq!(late.failure, Some(Failure::Slow));
    }

    #[test]
    fn a_program_that_hangs_or_floods_is_stopped() {
        let hanging = run("sleep", &["60"], b"", Take::First(10), SHORT).unwrap();
        assert_eq!(hanging.failure, Some(Failure::Slow));
        let flood = run("yes", &[], b"", Take::First(1_000), SHORT).unwrap();
        assert_eq!(flood.failure, Some(Failure::TooMuch));
        assert_eq!(flood.bytes.len(), 1_000);
    }
}
