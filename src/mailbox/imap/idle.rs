//! Waiting for news: IDLE (RFC 2177), or a plain wait where the server cannot.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::session::SILENCE;
use super::{Connection, MailboxError, Result};

impl Connection {
    /// Waits until there is news in a folder, at most so long. A server that told of news which there were not is asked
    /// again only after a pause.
    pub(in crate::mailbox) async fn wait(&mut self, folder: &str, at_most: Duration) -> Result<()> {
        let begun = Instant::now();
        sleep(calm(self.in_vain).min(at_most)).await;
        let at_most = at_most.saturating_sub(begun.elapsed());
        self.in_vain = match self.await_news(folder, at_most).await? {
            true => self.in_vain + 1, // until the next listing knows better
            false => 0,
        };
        Ok(())
    }

    /// Whether the server told of news in time.
    async fn await_news(&mut self, folder: &str, at_most: Duration) -> Result<bool> {
        if self.opened.as_ref().is_none_or(|o| o.folder != folder) {
            // Mail that came since the folder was listed would not wake us any more.
            let state = self.select(folder, false).await?.state();
            if self.listed.get(folder) != Some(&state) {
                return Ok(true);
            }
        }
        if std::mem::take(&mut self.session.news) {
            return Ok(true);
        }
        if self.able.idle {
            self.idle(at_most).await
        } else {
            sleep(at_most).await;
            Ok(false)
        }
    }

    async fn idle(&mut self, at_most: Duration) -> Result<bool> {
        // Until the server says that it listens the usual time-outs hold.
        let tag = match self.session.send_first_part("IDLE").await {
            Err(MailboxError::Refused { .. }) => {
                self.able.idle = false; // there is none after all
                sleep(at_most).await;
                return Ok(false);
            }
            other => other?,
        };
        self.session.listen(at_most).await?;
        self.session.send_rest(&tag, "IDLE", b"DONE").await?;
        Ok(std::mem::take(&mut self.session.news))
    }
}

/// How long to leave a server alone that woke us so many times for nothing.
fn calm(in_vain: u32) -> Duration {
    match in_vain {
        0 => Duration::ZERO,
        n => Duration::from_secs(5 << (n - 1).min(3)).min(SILENCE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_wakes_us_for_nothing_is_left_alone_longer_and_longer() {
        let seconds: Vec<u64> = (0..6).map(|n| calm(n).as_secs()).collect();
        assert_eq!(seconds, [0, 5, 10, 20, 40, 40]);
    }
}
