//! The demo in a temporary folder: three weeks of June 2026 as files, without any server.

use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use super::dns;
use super::installation::{succeed, thubaocao};

/// The demo as `thubaocao demo` lays it out.
pub struct Demo {
    pub folder: TempDir,
}

impl Demo {
    /// The morning after its last day.
    pub const AFTER: &str = "2026-06-24T08:00:00+07:00";

    pub fn new() -> Demo {
        let demo = Demo {
            folder: tempfile::tempdir().unwrap(),
        };
        demo.run(&["demo", demo.dir().to_str().unwrap()]);
        let path = demo.dir().join("config/thubaocao.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let resolver = format!("[trust]\nresolver = \"127.0.0.1:{}\"\n", *dns::PORT);
        assert!(text.contains("[trust]\n"), "{text}");
        std::fs::write(&path, text.replace("[trust]\n", &resolver)).unwrap();
        demo
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("demo")
    }

    /// Runs a command to its end.
    pub fn output(&self, arguments: &[&str]) -> Output {
        let mut command = thubaocao(&self.dir().join("config"));
        command.args(arguments).output().unwrap()
    }

    /// What a command that must succeed prints.
    pub fn run(&self, arguments: &[&str]) -> String {
        succeed(self.output(arguments))
    }

    /// Likewise, on the morning after.
    pub fn after(&self, arguments: &[&str]) -> String {
        self.run(&[&["--at", Demo::AFTER], arguments].concat())
    }

    /// The digest of a day as it would be made at a moment.
    pub fn digest(&self, day: &str, at: &str) -> String {
        let page = self.dir().join("page.html");
        let page = page.to_str().unwrap();
        self.run(&["--at", at, "digest", "--on", day, "--html", page]);
        std::fs::read_to_string(page).unwrap()
    }
}

/// A copy of the sample configuration, so that its data lies in a folder of its own.
pub fn sample() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    std::fs::create_dir(&config).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for name in [
        "thubaocao.toml",
        "units.csv",
        "reports.toml",
        "holidays.toml",
    ] {
        std::fs::copy(source.join(name), config.join(name)).unwrap();
    }
    dir
}
