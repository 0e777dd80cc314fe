//! What is among the sent mails.

use super::session::quoted;
use super::{Connection, Result};

impl Connection {
    /// Whether a mail is among the sent ones; `None` where there is no folder of them.
    pub(in crate::mailbox) async fn was_sent(&mut self, message_id: &str) -> Result<Option<bool>> {
        self.sent_has("Message-ID", message_id).await
    }

    /// Whether an answer to a mail is; `None` where there is no folder of them.
    pub(in crate::mailbox) async fn was_answered(
        &mut self,
        message_id: &str,
    ) -> Result<Option<bool>> {
        self.sent_has("In-Reply-To", message_id).await
    }

    /// Whether a header of a sent mail says something; `None` where there is no folder of them.
    async fn sent_has(&mut self, header: &str, says: &str) -> Result<Option<bool>> {
        self.ask_folders().await?;
        let folders = self.folders.iter().flatten();
        let Some(wire) = folders.into_iter().find(|f| f.sent).map(|f| f.wire.clone()) else {
            return Ok(None);
        };
        let mut open = self.select_by_wire_name(&wire, false).await?;
        let found = open
            .search(&format!("HEADER {header} {}", quoted(says)))
            .await?;
        Ok(Some(!found.is_empty()))
    }
}
