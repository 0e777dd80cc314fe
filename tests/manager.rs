//! What systemd hears: ready after the first look, whatever came of it; alive after each step; and what happens.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::lab::Lab;
use crate::lab::installation::{Installation, REPORTING, both_forms};

/// A socket as systemd gives one, and what came through it.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn of(installation: &Installation) -> Manager {
        let socket = UnixDatagram::bind(installation.dir.path().join("notify")).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(40)))
            .unwrap();
        Manager {
            socket,
            heard: Vec::new(),
        }
    }

    /// Listens until something comes that begins so; all that came until then, with it.
    fn until(&mut self, beginning: &str) -> Vec<String> {
        let mut buffer = [0; 4096];
        loop {
            let n = self.socket.recv(&mut buffer).unwrap();
            let text = String::from_utf8_lossy(&buffer[..n]).trim().to_owned();
            self.heard.push(text.clone());
            if text.starts_with(beginning) {
                return std::mem::take(&mut self.heard);
            }
        }
    }
}

#[test]
fn the_service_is_ready_after_the_first_look_and_alive_after_each_step() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    for n in 0..3 {
        lab.unit_sends(
            REPORTING,
            "Báo cáo trẻ em",
            &format!("Gửi Ban, {n}"),
            &both_forms("1"),
        );
    }
    let mut manager = Manager::of(&installation);
    let daemon = installation.start_under_manager();
    let heard = manager.until("READY=1");
    assert!(
        heard
            .iter()
            .any(|h| h == "STATUS=the mailbox was looked through"),
        "{heard:?}"
    );
    // One FETCH, three mails read, and what was sent.
    let alive = heard.iter().filter(|h| *h == "WATCHDOG=1").count();
    assert!(alive >= 4, "{heard:?}");
    // The round that failed is alive as well.
    lab.stop_dovecot();
    let heard = manager.until("STATUS=the mailbox fails: ");
    assert!(!heard.iter().any(|h| h == "READY=1"), "{heard:?}");
    manager.until("WATCHDOG=1");
    daemon.terminate();
    manager.until("STOPPING=1");
}

#[test]
fn the_service_is_ready_where_the_first_look_failed() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.stop_dovecot();
    let mut manager = Manager::of(&installation);
    let _daemon = installation.start_under_manager();
    let heard = manager.until("READY=1");
    assert!(
        heard
            .iter()
            .any(|h| h.starts_with("STATUS=the mailbox fails: cannot reach")),
        "{heard:?}"
    );
}
