//! A real DNS server (dnsmasq) on 127.0.0.1 with the records of domains that sign their mails, and the keys to sign.

use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};

use tempfile::TempDir;

use super::installation::STAFF;
use super::{await_until, free_port};

const SELECTOR: &str = "s1";

/// The port that every installation asks for signatures. Nobody answers there until a mail of staff is signed.
pub static PORT: LazyLock<u16> = LazyLock::new(free_port);

/// The server of staff's domain, which runs until the test ends.
static OF_STAFF: LazyLock<Dns> = LazyLock::new(|| Dns::on(*PORT, &[(staff_domain(), None)]));

fn staff_domain() -> &'static str {
    STAFF.rsplit_once('@').unwrap().1
}

/// Lets the server of staff's domain answer.
pub fn answers_for_staff() {
    LazyLock::force(&OF_STAFF);
}

/// A mail of staff as their server sends it: signed.
pub fn signed_by_staff(mail: &[u8]) -> Vec<u8> {
    OF_STAFF.sign(mail, staff_domain())
}

/// The port of a server that says of every name that it cannot tell now (SERVFAIL). It ends with the test.
pub fn failing() -> u16 {
    asked_in_vain().0
}

/// The same, with the names that it was asked about, in their order.
pub fn asked_in_vain() -> (u16, Arc<Mutex<Vec<String>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut packet = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            names.lock().unwrap().push(name_in(&packet[..length]));
            packet[2] |= 0x80; // an answer …
            packet[3] = 2; // … that the server failed
            let _ = socket.send_to(&packet[..length], from); // whoever asked may be gone
        }
    });
    (port, asked)
}

/// The name in the question of a packet (RFC 1035, 4.1.2).
fn name_in(packet: &[u8]) -> String {
    let mut rest = packet.get(12..).unwrap_or_default();
    let mut labels = Vec::new();
    while let Some((length, more)) = rest.split_first().filter(|(n, _)| **n > 0) {
        let (label, more) = more.split_at(usize::from(*length).min(more.len()));
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        rest = more;
    }
    labels.join(".")
}

/// A running server. It ends when dropped.
pub struct Dns {
    dir: TempDir,
    child: Child,
    pub port: u16,
}

impl Dns {
    /// Serves a new key (RSA 2048) for each domain and, where it has one, its DMARC policy.
    pub fn start(domains: &[(&str, Option<&str>)]) -> Dns {
        Dns::on(free_port(), domains)
    }

    fn on(port: u16, domains: &[(&str, Option<&str>)]) -> Dns {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Command::new("dnsmasq");
        server
            .args([
                "--keep-in-foreground",
                "--conf-file=/dev/null",
                "--pid-file=",
            ])
            .args([
                "--no-resolv",
                "--no-hosts",
                "--user=root",
                "--bind-interfaces",
            ])
            .args(["--listen-address=127.0.0.1", "--local=/example/"])
            .arg(format!("--port={port}"));
        for (domain, policy) in domains {
            let key = dir.path().join(domain);
            openssl(&[
                "genrsa",
                "-traditional",
                "-out",
                key.to_str().unwrap(),
                "2048",
            ]);
            let public = openssl(&["rsa", "-in", key.to_str().unwrap(), "-pubout"]);
            let public: String = public.lines().filter(|l| !l.starts_with('-')).collect();
            // One string of a TXT record holds 255 bytes.
            let (first, second) = public.split_at(200);
            server.arg(format!(
                "--txt-record={SELECTOR}._domainkey.{domain},v=DKIM1; k=rsa; p={first},{second}"
            ));
            if let Some(policy) = policy {
                server.arg(format!("--txt-record=_dmarc.{domain},v=DMARC1; p={policy}"));
            }
        }
        // SAFETY: prctl with these arguments touches no memory; one that nobody drops ends with its test.
        unsafe {
            server.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let child = server
            .stdin(Stdio::null())
            .spawn()
            .expect("dnsmasq is missing; tests/run installs what the tests need");
        let dns = Dns { dir, child, port };
        await_until("the DNS server to answer", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        dns
    }

    /// Signs a mail as a domain, by a program that is not ours.
    pub fn sign(&self, mail: &[u8], domain: &str) -> Vec<u8> {
        let mut signer = Command::new("dkimsign")
            .args([SELECTOR, domain])
            .arg(self.dir.path().join(domain))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("dkimsign is missing; tests/run installs what the tests need");
        // Bare line feeds would become CRLF on the way.
        let mail = String::from_utf8(mail.to_vec()).unwrap();
        let mail = mail.replace("\r\n", "\n").replace('\n', "\r\n");
        let mut input = signer.stdin.take().unwrap();
        input.write_all(mail.as_bytes()).unwrap();
        drop(input);
        let output = signer.wait_with_output().unwrap();
        assert!(output.status.success());
        output.stdout
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it ended already
        let _ = self.child.wait();
    }
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
