//! The same promises on a real IMAP server of another make.

use crate::lab::await_until;
use crate::lab::cyrus::Cyrus;
use crate::lab::installation::{Installation, LATE, REPORTING};
use crate::lab::outcome::{acknowledged, logged, reminded, report};
use crate::lab::written;

#[test]
fn cyrus_is_checked_collected_from_shown_outcomes_and_wakes_us() {
    let cyrus = Cyrus::start();
    let installation = Installation::on_server(cyrus.port, cyrus.ca_file());
    installation.edit("thubaocao.toml", "\"Spam\"", "'\\Junk'");
    installation.edit("thubaocao.toml", "\"nothing\"", "\"keyword\"");
    let output = installation.run(&["check"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("mailbox: ok (INBOX: 0 mails; \\Junk: 0 mails)"),
        "{said}"
    );

    cyrus.deliver(None, &written("chao@la.example", "1", "", &[]));
    cyrus.deliver(None, &report(REPORTING, "1"));
    cyrus.deliver(Some("Spam"), &report(LATE, "2"));
    let daemon = installation.start();
    await_until("the acknowledgements", || {
        [REPORTING, LATE]
            .iter()
            .all(|a| acknowledged(&installation, a) == 1)
    });
    for (address, unit) in [(REPORTING, "ldld-dong-hoa"), (LATE, "ldld-tuy-an")] {
        assert!(logged(&installation, unit), "{unit}");
        assert_eq!(reminded(&installation, address), 0, "{address}");
    }

    // A mail wakes the daemon out of IDLE, long before it would look by itself.
    daemon.await_log("waiting", 1);
    cyrus.deliver(None, &report(REPORTING, "3"));
    await_until("the second acknowledgement", || {
        acknowledged(&installation, REPORTING) == 2
    });
    let log = daemon.log();
    assert!(!log.contains("WARN"), "{log}");
    daemon.terminate();
}
