//! What is known of the folders of the mailbox.

use std::collections::HashMap;

use anyhow::Result;

use super::Store;
use crate::config::SpecialUse;

impl Store {
    /// What the folders of an account were for when they were last seen, by their names in the configuration.
    pub(crate) fn special_uses(&self, account: &str) -> Result<HashMap<String, SpecialUse>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT folder, word FROM special_use WHERE account = ?1")?;
        let rows = statement.query_map([account], |r| {
            Ok((r.get(0)?, SpecialUse::from_word(&r.get::<_, String>(1)?)))
        })?;
        let mut known = HashMap::new();
        for row in rows {
            if let (folder, Some(special_use)) = row? {
                known.insert(folder, special_use);
            }
        }
        Ok(known)
    }

    /// Whether a mail of an account was ever seen in a Maildir.
    pub(crate) fn maildir_had_mails(&self, account: &str) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM location WHERE account = ?1 AND uidvalidity = 0)",
            [account],
            |r| r.get(0),
        )?)
    }

    /// Notes what a folder is for, or that it is for nothing special.
    pub(crate) fn set_special_use(
        &self,
        account: &str,
        folder: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<()> {
        match special_use {
            Some(special_use) => self.conn.execute(
                "INSERT INTO special_use (account, folder, word) VALUES (?1, ?2, ?3)
                 ON CONFLICT (account, folder) DO UPDATE SET word = excluded.word WHERE word IS NOT excluded.word",
                [account, folder, special_use.word()],
            )?,
            None => self.conn.execute(
                "DELETE FROM special_use WHERE account = ?1 AND folder = ?2",
                [account, folder],
            )?,
        };
        Ok(())
    }
}
