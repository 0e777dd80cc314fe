//! What the service manager (systemd) is told: that the service is ready, that it does not hang, and what it does.

use sd_notify::NotifyState;

/// The service is up: the store is open, and the first look has ended, whatever came of it, or takes long.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// A step that has a bound ended, well or not. It proves that nothing hangs; whether work gets done is the alarm's matter.
pub fn step() {
    tell(&[NotifyState::Watchdog]);
}

/// What there is to say of the service in one line, for `systemctl status`.
pub fn status(text: &str) {
    let line = text.replace('\n', " ");
    tell(&[NotifyState::Status(&line)]);
}

/// The service is about to end.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    // Without systemd there is nobody to tell.
    if let Err(e) = sd_notify::notify(states) {
        tracing::debug!(error = %e, "systemd was not told");
    }
}
