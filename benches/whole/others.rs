//! What the program is held against: mbsync, which only copies, and a reader that only asks and throws away.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::lab::weight::{Took, weighed};
use crate::lab::{Lab, MAILBOX, PASSWORD};

/// So many mails in one FETCH.
const BATCH: usize = 50;

/// Fetches the mailbox into a Maildir, each mail and folder synced to disk.
pub fn mbsync(lab: &Lab, mails: usize) -> Took {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    fs::write(
        folder.path().join("rc"),
        format!(
            "FSync yes\n\nIMAPAccount a\nHost localhost\nPort {}\nUser {MAILBOX}\nPass {PASSWORD}\nSSLType IMAPS\nCertificateFile {}\n\n\
             IMAPStore far\nAccount a\n\nMaildirStore near\nPath {path}/\nInbox {path}/inbox\nSubFolders Verbatim\n\n\
             Channel c\nFar :far:\nNear :near:\nCreate Near\nSync Pull\nSyncState *\n",
            lab.imaps,
            lab.ca_file()
        ),
    )
    .unwrap();
    let mut command = Command::new("mbsync");
    command
        .arg("-q")
        .arg("-c")
        .arg(folder.path().join("rc"))
        .arg("c");
    let took = weighed(command.stdout(Stdio::null()).stderr(Stdio::null()), |_| ());
    let came = ["cur", "new"].map(|part| {
        fs::read_dir(folder.path().join("inbox").join(part))
            .unwrap()
            .count()
    });
    assert_eq!(came.iter().sum::<usize>(), mails, "mbsync fetched");
    took
}

/// A connection that is logged in and has the mailbox open.
struct Bare {
    stream: StreamOwned<ClientConnection, TcpStream>,
    tag: usize,
}

impl Bare {
    fn open(lab: &Lab) -> Bare {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(lab.ca_file()).unwrap();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(("127.0.0.1", lab.imaps)).unwrap();
        let mut bare = Bare {
            stream: StreamOwned::new(client, socket),
            tag: 0,
        };
        bare.command(&format!("LOGIN {MAILBOX} {PASSWORD}"));
        bare.command("EXAMINE INBOX");
        bare
    }

    /// Gives a command and takes its answer; gives how many bytes that had.
    fn command(&mut self, command: &str) -> usize {
        self.tag += 1;
        let begins = format!("A{} ", self.tag);
        write!(self.stream, "{begins}{command}\r\n").unwrap();
        self.stream.flush().unwrap();
        let ends = format!("\r\n{begins}OK ").into_bytes();
        let mut buffer = vec![0; 65_536];
        let (mut bytes, mut tail) = (0, vec![b'\r', b'\n']);
        // The tagged line is the last: where it begins is looked for in what came last.
        loop {
            let n = self.stream.read(&mut buffer).unwrap();
            assert!(n > 0, "{command}: the server hung up");
            bytes += n;
            tail.extend_from_slice(&buffer[..n]);
            tail.drain(..tail.len().saturating_sub(4_096));
            if tail.ends_with(b"\r\n") && tail.windows(ends.len()).any(|w| w == ends) {
                return bytes;
            }
        }
    }
}

/// Reads all mails and throws them away.
pub fn bare_reading(lab: &Lab, mails: usize) -> Duration {
    let begun = Instant::now();
    let mut bare = Bare::open(lab);
    for first in (1..=mails).step_by(BATCH) {
        let last = mails.min(first + BATCH - 1);
        let bytes = bare.command(&format!("FETCH {first}:{last} (UID BODY.PEEK[])"));
        assert!(bytes > (last + 1 - first) * 100, "the mails came");
    }
    begun.elapsed()
}

/// Asks what mails there are, and throws the answer away.
pub fn bare_listing(lab: &Lab, mails: usize) -> Duration {
    let begun = Instant::now();
    let bytes = Bare::open(lab).command("UID FETCH 1:* (UID RFC822.SIZE INTERNALDATE)");
    assert!(bytes > mails * 50, "all are listed");
    begun.elapsed()
}
