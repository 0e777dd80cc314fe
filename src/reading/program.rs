//! Programs of the system that know formats better than we could: bsdtar, pdftotext, catdoc, tesseract.
//!
//! Each gets its input as standard input and is bounded in time, processor time and output. They inherit the limits of
//! the reading process and die with it. That process may send no signals, so each has a timer of its own. Work of our own
//! that may fail badly is done in a process that is bounded likewise.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
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
        let mut bytes = Vec::new();
        // A broken pipe is the end of the output.
        let failure = self.stream(program, arguments, input, most, |out| {
            let _ = out.read_to_end(&mut bytes);
        })?;
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(Output { bytes, failure })
    }

    /// Runs a program of whose output only the failure matters. `most` bounds that output in bytes all the same.
    ///
    /// # Errors
    /// When there is no room for the input.
    pub fn check(
        &mut self,
        program: &str,
        arguments: &[&str],
        input: &[u8],
        most: u64,
    ) -> std::io::Result<Option<Failure>> {
        self.stream(program, arguments, input, most, |out| {
            let _ = std::io::copy(out, &mut std::io::sink());
        })
    }

    /// Runs a program whose output is taken while it comes; gives why that is not whole. `most` bounds it in bytes. The
    /// program ends, at the latest when it writes on, once `take` has done.
    ///
    /// # Errors
    /// When there is no room for the input.
    pub fn stream(
        &mut self,
        program: &str,
        arguments: &[&str],
        input: &[u8],
        most: u64,
        take: impl FnOnce(&mut dyn Read),
    ) -> std::io::Result<Option<Failure>> {
        if self.left.is_zero() {
            return Ok(Some(Failure::Slow));
        }
        let begun = Instant::now();
        let failure = run(program, arguments, input, most, self.left, take);
        self.left = self.left.saturating_sub(begun.elapsed());
        failure
    }

    /// Does work of our own in a process of its own, as [`apart`] says. `most` bounds what it makes, in bytes.
    ///
    /// # Errors
    /// When the machine gives no pipe.
    pub fn apart(
        &mut self,
        time: Duration,
        input: &[u8],
        work: fn(&'static [u8]) -> Option<String>,
        most: u64,
    ) -> std::io::Result<Output> {
        if self.left.is_zero() {
            return Ok(Output {
                bytes: Vec::new(),
                failure: Some(Failure::Slow),
            });
        }
        let begun = Instant::now();
        let output = apart(input, work, most, self.left.min(time));
        self.left = self.left.saturating_sub(begun.elapsed());
        output
    }

    /// Does work of our own that takes long; `None` where no time is left.
    pub fn own<T>(&mut self, work: impl FnOnce() -> T) -> Option<T> {
        let begun = Instant::now();
        let made = (!self.left.is_zero()).then(work);
        self.left = self.left.saturating_sub(begun.elapsed());
        made
    }
}

/// What reads attachments, with the package of Debian that has it.
const HELPERS: [(&str, &str); 6] = [
    ("bsdtar", "libarchive-tools"),
    ("bsdcat", "libarchive-tools"),
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
    most: u64,
    patience: Duration,
    take: impl FnOnce(&mut dyn Read),
) -> std::io::Result<Option<Failure>> {
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
        return Ok(Some(Failure::Missing));
    };
    let mut too_much = false;
    if let Some(out) = child.stdout.take() {
        let mut bounded = out.take(most.saturating_add(1));
        take(&mut bounded);
        too_much = bounded.limit() == 0;
    } // who writes on is ended by SIGPIPE
    failure(child.wait()?, too_much, || {
        let mut said = Vec::new();
        complaints.rewind()?;
        complaints.take(COMPLAINTS).read_to_end(&mut said)?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    })
}

/// Why what ended so gave not everything.
fn failure(
    status: ExitStatus,
    too_much: bool,
    said: impl FnOnce() -> std::io::Result<String>,
) -> std::io::Result<Option<Failure>> {
    Ok(if status.signal() == Some(libc::SIGALRM) {
        Some(Failure::Slow)
    } else if too_much {
        Some(Failure::TooMuch)
    } else if status.success() {
        None
    } else {
        Some(Failure::Failed(said()?))
    })
}

/// Does work in a process that is forked for it, with the limits of a program: what makes the work fail, loop or overflow
/// its stack does not end the process that reads. The input is not copied. Work that gives nothing has failed.
fn apart(
    input: &[u8],
    work: fn(&'static [u8]) -> Option<String>,
    most: u64,
    patience: Duration,
) -> std::io::Result<Output> {
    let (result, mut answer) = std::io::pipe()?;
    // SAFETY: the child does not return from this block. A reading process has one thread; where there are others (in tests),
    // the child may wait forever for what one of them held, and is ended by its timer.
    let child = unsafe {
        let child = libc::fork();
        if child == 0 {
            drop(result); // or writing to nobody would not fail
            limit(patience);
            std::panic::set_hook(Box::new(|_| {}));
            // It lives as long as the child, in which nothing takes it away.
            let input: &'static [u8] = std::slice::from_raw_parts(input.as_ptr(), input.len());
            let made = std::panic::catch_unwind(|| work(input)).ok().flatten();
            let told = made.is_some_and(|made| answer.write_all(made.as_bytes()).is_ok());
            libc::_exit(i32::from(!told));
        }
        child
    };
    drop(answer);
    let mut bytes = Vec::new();
    let _ = result.take(most + 1).read_to_end(&mut bytes);
    let too_much = bytes.len() as u64 > most;
    bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let mut status = 0;
    // SAFETY: it writes the status, which lives until it returns.
    while child > 0 && unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
        let e = std::io::Error::last_os_error();
        if e.kind() != std::io::ErrorKind::Interrupted {
            return Err(e);
        }
    }
    let failure = match child {
        // As where no program can be started.
        ..0 => Some(Failure::Missing),
        _ => failure(ExitStatus::from_raw(status), too_much, || Ok(String::new()))?,
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
    // SAFETY: these calls are async-signal-safe and touch nothing of the parent's memory. The timer survives the exec.
    unsafe {
        command.pre_exec(move || {
            limit(patience);
            Ok(())
        });
    }
    command
}

/// Ends this process with its parent, and when its time is over: by its timer, or by the processor time that it took.
/// Makes calls only that are safe in a process that was just forked.
fn limit(patience: Duration) {
    let seconds = patience.as_secs() + 1;
    let limit = libc::rlimit {
        rlim_cur: seconds,
        rlim_max: seconds,
    };
    let nothing = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let once = libc::itimerval {
        it_interval: nothing,
        it_value: libc::timeval {
            tv_sec: patience.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            // A timer of nothing would never ring.
            tv_usec: patience.subsec_micros().max(1).into(),
        },
    };
    // SAFETY: the calls take numbers, and read structs that live until they return.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CPU, &limit);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        libc::setitimer(libc::ITIMER_REAL, &once, std::ptr::null_mut());
    }
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

    /// What a program makes of an input, up to ten bytes, in a short time.
    fn shortly(program: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut budget = Budget::new(SHORT);
        budget.run(program, arguments, input, 10).unwrap()
    }

    #[test]
    fn what_a_program_writes_is_taken_and_its_faults_are_told() {
        let output = shortly("cat", &[], b"abc");
        assert_eq!((output.bytes, output.failure), (b"abc".to_vec(), None));
        for program in ["no-such-program-here", "/etc/passwd"] {
            let absent = shortly(program, &[], b"");
            assert_eq!(absent.failure, Some(Failure::Missing), "{program}");
        }
        let failed = shortly("sh", &["-c", "echo no >&2; exit 3"], b"");
        assert_eq!(failed.failure, Some(Failure::Failed("no".into())));
    }

    #[test]
    fn of_a_check_only_the_failure_is_told() {
        let mut budget = Budget::new(Duration::from_secs(5));
        let mut check = |script| budget.check("sh", &["-c", script], b"", 1_000_000).unwrap();
        assert_eq!(check("head -c 1000000 /dev/zero"), None);
        let failed = check("head -c 1000000 /dev/zero; echo no >&2; echo more >&2; exit 1");
        assert_eq!(failed, Some(Failure::Failed("no\nmore".into())));
        assert_eq!(check("cat /dev/zero"), Some(Failure::TooMuch));
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
        assert_eq!(shortly("sleep", &["60"], b"").failure, Some(Failure::Slow));
        let flood = shortly("yes", &[], b"");
        assert_eq!(flood.failure, Some(Failure::TooMuch));
        assert_eq!(flood.bytes, b"y\ny\ny\ny\ny\n");
    }

    #[test]
    fn work_apart_ends_alone_whatever_it_does() {
        fn sinks(bytes: &[u8]) -> usize {
            let more = std::hint::black_box([1_u8; 4_096]);
            match bytes.len() {
                0 => 0,
                some => some + sinks(std::hint::black_box(&more)),
            }
        }
        let apart = |work| {
            let output = apart(b"abc", work, 10, SHORT).unwrap();
            (String::from_utf8(output.bytes).unwrap(), output.failure)
        };
        let failed = || (String::new(), Some(Failure::Failed(String::new())));
        let upper = apart(|bytes| Some(String::from_utf8_lossy(bytes).to_uppercase()));
        assert_eq!(upper, ("ABC".to_owned(), None));
        assert_eq!(apart(|_| None), failed());
        assert_eq!(apart(|_| panic!("as a parser does")), failed());
        assert_eq!(apart(|bytes| Some(sinks(bytes).to_string())), failed());
        let slow = apart(|_| {
            loop {
                std::thread::park();
            }
        });
        assert_eq!(slow, (String::new(), Some(Failure::Slow)));
        let flood = apart(|_| Some("x".repeat(1_000_000)));
        assert_eq!(flood, ("x".repeat(10), Some(Failure::TooMuch)));
    }
}
