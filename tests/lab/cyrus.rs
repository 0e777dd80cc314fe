//! A second real IMAP server (Debian's Cyrus) on 127.0.0.1, of another make than Dovecot, in a temporary folder.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{MAILBOX, await_until, command, free_port, write_certificates};

const PROGRAMS: &str = "/usr/lib/cyrus/bin";

/// A running server with an empty mailbox that has a folder Spam (`\Junk`). It takes any password.
pub struct Cyrus {
    dir: TempDir,
    master: Child,
    pub port: u16,
}

impl Cyrus {
    /// Starts the server and waits until it answers.
    pub fn start() -> Cyrus {
        assert!(
            Path::new(PROGRAMS).join("master").exists(),
            "Cyrus is missing; tests/run installs what the tests need"
        );
        let dir = tempfile::Builder::new()
            .prefix("thubaocao-cyrus-")
            .tempdir_in("/tmp") // paths of Unix sockets must be short
            .unwrap();
        let port = free_port();
        let path = dir.path().display();
        write_certificates(dir.path());
        let imapd = format!(
            "configdirectory: {path}/config
defaultpartition: default
partition-default: {path}/spool
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN
virtdomains: userid
unixhierarchysep: yes
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Spam
xlist-junk: Spam
imapidlepoll: 1
lmtpsocket: {path}/lmtp
tls_server_cert: {path}/server.pem
tls_server_key: {path}/server.key
"
        );
        let services = format!(
            "START {{
  recover cmd=\"ctl_cyrusdb -C {path}/imapd.conf -r\"
}}
SERVICES {{
  imaps cmd=\"imapd -s -C {path}/imapd.conf\" listen=\"127.0.0.1:{port}\" prefork=0
  lmtp cmd=\"lmtpd -C {path}/imapd.conf\" listen=\"{path}/lmtp\" prefork=0
}}
EVENTS {{
}}
"
        );
        fs::write(dir.path().join("imapd.conf"), imapd).unwrap();
        fs::write(dir.path().join("cyrus.conf"), services).unwrap();
        for folder in ["config", "spool"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        command("chown", &["-R", "cyrus:mail", dir.path().to_str().unwrap()]);
        let master = Command::new(Path::new(PROGRAMS).join("master"))
            .args(["-C", &format!("{path}/imapd.conf")])
            .args(["-M", &format!("{path}/cyrus.conf")])
            .args(["-p", &format!("{path}/pid")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cyrus = Cyrus { dir, master, port };
        await_until("Cyrus to listen", || {
            cyrus.dir.path().join("lmtp").exists()
                && TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        cyrus
    }

    /// The private certificate authority.
    pub fn ca_file(&self) -> String {
        self.dir.path().join("ca.pem").to_str().unwrap().to_owned()
    }

    /// A mail reaches the mailbox by LMTP; in a folder, where one is named.
    pub fn deliver(&self, folder: Option<&str>, raw: &[u8]) {
        let mut deliver = Command::new(Path::new(PROGRAMS).join("deliver"));
        deliver.arg("-C").arg(self.dir.path().join("imapd.conf"));
        if let Some(folder) = folder {
            deliver.args(["-m", folder]);
        }
        let mut child = deliver.arg(MAILBOX).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(raw).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Cyrus {
    fn drop(&mut self) {
        // SAFETY: kill has no preconditions; the child is ours and not waited for yet.
        unsafe { libc::kill(self.master.id() as i32, libc::SIGTERM) };
        let _ = self.master.wait(); // it ends those that it started
    }
}
