//! The reading process under the filter of the unit file, and what it says of its confinement.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use thubaocao::reading::ReadingSettings;
use thubaocao::reading::sandbox::Landlock;
use thubaocao::reading::worker::{Outcome, Reader};

use crate::lab::installation::{Installation, LATE, REPORTING, both_forms, succeed};
use crate::lab::{Lab, with_file};

const PROGRAM: &str = env!("CARGO_BIN_EXE_thubaocao");
const UNIT: &str = include_str!("../deploy/thubaocao.service");
/// The same for several installations side by side.
const TEMPLATE: &str = include_str!("../deploy/thubaocao@.service");

/// Runs a program under a filter: the names that may be called on standard input, what else is called fails with EPERM
/// or, as systemd does where the unit names no error, kills.
const FILTER: &str = r#"
import ctypes, os, sys
action, names = int(sys.argv[1]), open(sys.argv[2]).read().split()
lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
lib.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(action)))
for name in names:
    number = lib.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        assert lib.seccomp_rule_add(context, ctypes.c_uint32(0x7fff0000), number, 0) in (0, -17), name
assert lib.seccomp_load(context) == 0
os.execv(sys.argv[3], sys.argv[3:])
"#;
const EPERM: u32 = 0x0005_0001;
const KILL: u32 = 0x8000_0000;

/// The calls of a group, as this machine's systemd knows it; `None` where there is no systemd-analyze.
fn group(name: &str) -> Option<BTreeSet<String>> {
    let output = Command::new("systemd-analyze")
        .args(["syscall-filter", name])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let mut calls = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines().skip(1) {
        let word = line.trim();
        if word.starts_with('@') {
            calls.extend(group(word)?);
        } else if !word.starts_with('#') {
            calls.insert(word.to_owned());
        }
    }
    Some(calls)
}

/// The calls that lines of `SystemCallFilter=` leave, by systemd.exec(5).
fn allowed<'u>(lines: impl Iterator<Item = &'u str>) -> Option<BTreeSet<String>> {
    let mut calls = group("@default")?;
    for line in lines {
        let (denies, words) = match line.strip_prefix('~') {
            Some(words) => (true, words),
            None => (false, line),
        };
        for word in words.split_whitespace() {
            let named = if word.starts_with('@') {
                group(word)?
            } else {
                BTreeSet::from([word.to_owned()])
            };
            if denies {
                calls.retain(|c| !named.contains(c));
            } else {
                calls.extend(named);
            }
        }
    }
    Some(calls)
}

fn filter_lines(unit: &str) -> impl Iterator<Item = &str> {
    unit.lines()
        .filter_map(|l| l.strip_prefix("SystemCallFilter="))
}

/// The program, wrapped so that it runs under a filter. `None` where a tool for that is absent.
fn filtered(folder: &Path, calls: &BTreeSet<String>, action: u32) -> Option<std::path::PathBuf> {
    let (script, names) = (folder.join("filter.py"), folder.join("calls"));
    fs::write(&script, FILTER).unwrap();
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    fs::write(&names, calls.join("\n")).unwrap();
    let program = folder.join("reader");
    let (script, names) = (script.display(), names.display());
    fs::write(
        &program,
        format!("#!/bin/sh\nexec /usr/bin/python3 {script} {action} {names} {PROGRAM} \"$@\"\n"),
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("/usr/bin/python3")
        .args(["-c", "import ctypes; ctypes.CDLL('libseccomp.so.2')"])
        .output()
        .ok()?;
    output.status.success().then_some(program)
}

fn reader(program: &Path, require_sandbox: bool) -> Reader {
    Reader::new(
        program.to_owned(),
        ReadingSettings::default(),
        Duration::from_secs(10),
        256_000_000,
        None,
        require_sandbox,
    )
}

#[tokio::test]
async fn under_the_filter_of_the_unit_file_mails_are_read_and_the_confinement_holds() {
    let folder = tempfile::tempdir().unwrap();
    let Some(calls) = allowed(filter_lines(UNIT)) else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    assert!(UNIT.contains("\nSystemCallErrorNumber=EPERM\n"));
    let Some(program) = filtered(folder.path(), &calls, EPERM) else {
        eprintln!("skipped: there is no python3 with libseccomp");
        return;
    };
    let mut free = reader(Path::new(PROGRAM), true);
    free.trial().await.unwrap();
    let mut bound = reader(&program, true);
    assert!(bound.trial().await.unwrap(), "the PDF was not read");
    assert_eq!(bound.confinement(), free.confinement());

    // Without the calls by name, as it was: nothing is read, and it is said why.
    let lines = filter_lines(UNIT).filter(|l| !l.contains("landlock"));
    let calls = allowed(lines).unwrap();
    let before = filtered(folder.path(), &calls, EPERM).unwrap();
    if free.confinement().unwrap().landlock == Landlock::NotOffered {
        eprintln!("skipped in part: this kernel has no Landlock");
        return;
    }
    let mail = with_file("57.pdf", b"%PDF-1.4 trang 1".to_vec());
    let mut strict = reader(&before, true);
    let outcome = strict.read(&mail).await;
    let Outcome::MachineFails(why) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(
        why.contains("Landlock") && why.contains("require_sandbox"),
        "{why}"
    );
    let mut lenient = reader(&before, false);
    assert!(matches!(lenient.read(&mail).await, Outcome::Read(_)));
    assert!(lenient.confinement().unwrap().lack().is_some());
    // A filter that kills: the process does not even say that it is there.
    let killed = filtered(folder.path(), &calls, KILL).unwrap();
    let outcome = reader(&killed, false).read(&mail).await;
    assert!(matches!(outcome, Outcome::MachineFails(_)), "{outcome:?}");
}

#[test]
fn installations_side_by_side_have_the_same_unit_with_names_of_their_own() {
    let mut unit = UNIT.to_owned();
    for (one, of_several) in [
        ("Thubaocao:", "Thubaocao %i:"),
        ("/etc/thubaocao/", "/etc/thubaocao/%i/"),
        ("User=thubaocao\n", "User=thubaocao-%i\n"),
        ("Group=thubaocao\n", "Group=thubaocao-%i\n"),
        ("/var/lib/thubaocao\"", "/var/lib/thubaocao-NAME\""),
        (
            "\nStateDirectory=thubaocao\n",
            "\nStateDirectory=thubaocao-%i\n",
        ),
        (
            "\nRuntimeDirectory=thubaocao\n",
            "\nRuntimeDirectory=thubaocao-%i\n",
        ),
        (
            "\nConfigurationDirectory=thubaocao\n",
            "\nConfigurationDirectory=thubaocao/%i\n",
        ),
    ] {
        assert!(unit.contains(one), "{one}");
        unit = unit.replace(one, of_several);
    }
    assert_eq!(unit, TEMPLATE);
}

#[test]
fn systemd_has_nothing_to_say_of_the_unit_file() {
    let folder = tempfile::tempdir().unwrap();
    let units = [
        ("thubaocao.service", UNIT),
        ("thubaocao@a.service", TEMPLATE),
    ];
    let units = units.map(|(name, text)| {
        let unit = folder.path().join(name);
        fs::write(&unit, text.replace("/usr/local/bin/thubaocao", "/bin/true")).unwrap();
        unit
    });
    let verify = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .args(units)
        .output();
    let Ok(output) = verify else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    // It gives up never, and tells a bad end.
    for line in ["StartLimitIntervalSec=0", "Restart=on-failure"] {
        assert!(UNIT.lines().any(|l| l == line), "{line}");
    }
    assert!(UNIT.contains(
        "ExecStopPost=-/usr/local/bin/thubaocao --config /etc/thubaocao/config alarm --stopped"
    ));
}

/// Also where there is no systemd that looks at it.
#[test]
fn the_unit_file_bounds_what_the_service_and_its_readers_take() {
    for line in [
        "MemoryMax=1G",
        "MemorySwapMax=0",
        "OOMPolicy=continue",
        "TasksMax=64",
        "PrivateUsers=yes",
        "PrivateMounts=yes",
        "DevicePolicy=closed",
        "SystemCallFilter=~@privileged @resources",
        "SystemCallErrorNumber=EPERM",
    ] {
        assert!(UNIT.lines().any(|l| l == line), "{line} is missing");
    }
    // Addresses of mail providers and of an alarm change.
    assert!(!UNIT.contains("\nIPAddressDeny"));
}

#[test]
fn the_unit_file_exposes_no_more_than_the_service_needs() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("thubaocao.service");
    fs::write(&unit, UNIT).unwrap();
    let security = |form: &[&str]| {
        let output = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager"])
            .args(form)
            .arg(&unit)
            .output()
            .ok()?;
        // Older ones cannot look at a unit that is not loaded.
        let said = String::from_utf8(output.stdout).unwrap();
        (!said.is_empty()).then_some(said)
    };
    let (Some(said), Some(list)) = (security(&[]), security(&["--json=short"])) else {
        eprintln!("skipped: there is no systemd-analyze that looks at files");
        return;
    };
    let line = said.lines().find(|l| l.contains("Overall exposure level"));
    let level = line.and_then(|l| l.rsplit_once(": ")?.1.split(' ').next());
    let level: f32 = level.unwrap().parse().unwrap();
    assert!(level <= 1.1, "{said}");
    // What remains is what a service needs that speaks to mail servers and is not shipped as an image.
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
    let remaining: BTreeSet<&str> = list
        .iter()
        .filter(|entry| !entry["exposure"].is_null())
        .map(|entry| entry["json_field"].as_str().unwrap())
        .collect();
    let named = BTreeSet::from([
        "PrivateNetwork",
        "RestrictAddressFamilies_AF_INET_INET6",
        "RestrictAddressFamilies_AF_UNIX",
        "IPAddressDeny",
        "RootDirectoryOrRootImage",
        "DeviceAllow", // the clock, which ProtectClock= lets be read
    ]);
    assert!(remaining.is_subset(&named), "{remaining:?}");
}

#[test]
fn the_check_says_whether_mails_are_read_and_how_the_reader_is_confined() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let said = succeed(installation.run(&["check"]));
    let line = said.lines().find(|l| l.starts_with("reading: ok")).unwrap();
    assert!(line.contains("a Word file and a PDF"), "{line}");
    for holds in [
        "Landlock",
        "seccomp refuses",
        "memory 256 MB",
        "64 open files",
    ] {
        assert!(line.contains(holds), "{line}");
    }
}

#[test]
fn a_reader_that_is_not_confined_leaves_mails_unread_and_reminders_waiting_until_it_is() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let lines = filter_lines(UNIT).filter(|l| !l.contains("landlock"));
    let Some(calls) = allowed(lines) else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    let Some(program) = filtered(installation.dir.path(), &calls, EPERM) else {
        eprintln!("skipped: there is no python3 with libseccomp");
        return;
    };
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    let output = Command::new(program)
        .arg("--config")
        .arg(installation.config())
        .args(["run", "--once"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !said.contains("is not confined by Landlock") {
        assert!(said.contains("read a mail"), "{said}");
        eprintln!("skipped: this kernel has no Landlock");
        return;
    }
    assert!(!said.contains("read a mail"), "{said}");
    assert!(lab.mails_of(REPORTING).is_empty() && lab.mails_of(LATE).is_empty());
    let health = installation.run(&["health"]);
    let health = String::from_utf8_lossy(&health.stdout).into_owned();
    for part in ["reading: FAILS", "confinement: FAILS"] {
        assert!(health.contains(part), "{health}");
    }
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(
        lab.await_mails(REPORTING, 1)[0].subject,
        "Re: Báo cáo trẻ em"
    );
    lab.await_mails(LATE, 1);
    succeed(installation.run(&["health"]));
}
