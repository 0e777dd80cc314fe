//! Which mails are in a folder: listed from where the last look ended, and counted, so that none is left out unseen.

use std::collections::BTreeMap;

use async_imap::imap_proto::{AttributeValue, Response};
use jiff::Timestamp;

use super::{Connection, MailboxError, Result, Selected};
use crate::mailbox::{Envelope, Listing, Look};

/// How often a folder is listed before it is said that it cannot be: mails may come and go meanwhile.
const LISTINGS: usize = 3;

/// Why a listing is none.
enum Disagrees {
    /// More or fewer mails are there than were listed: some were removed, or the server left some out.
    Before,
    /// Mails came meanwhile.
    Later,
}

/// What a server tells of a mail; some of it may be missing.
#[derive(Default)]
struct Told {
    uid: u32,
    size: Option<u32>,
    received_at: Option<Timestamp>,
    gm_msgid: Option<u64>,
}

impl Connection {
    /// Opens a folder and lists it.
    pub(in crate::mailbox) async fn list(
        &mut self,
        folder: &str,
        look: Look,
        writable: bool,
    ) -> Result<(Selected<'_>, Listing)> {
        let mut open = self.select(folder, writable).await?;
        let mut look = look;
        for left in (0..LISTINGS).rev() {
            match open.list(look).await? {
                Ok(listing) => return Ok((open, listing)),
                Err(Disagrees::Later) => {}
                Err(Disagrees::Before) => look = Look::All,
            }
            if left > 0 {
                open = open.again().await?;
            }
        }
        Err(MailboxError::Incomplete {
            folder: folder.to_owned(),
        })
    }
}

impl Selected<'_> {
    /// The mails of the folder, if what is there and what was listed agree.
    async fn list(&mut self, look: Look) -> Result<std::result::Result<Listing, Disagrees>> {
        let (folder, validity) = (self.opened.folder.clone(), self.opened.validity);
        let state = self.state();
        if self.connection.listed.insert(folder.clone(), state) != Some(state) {
            self.connection.in_vain = 0; // there was something new to wake us for
        }
        let before = look.goes_on_from(&self.opened);
        let (first, known) = before.map_or((1, 0), |b| (b.last_uid.saturating_add(1), b.exist));
        let (exists, modseq) = (self.opened.exists, self.opened.modseq);
        let mut envelopes = match exists {
            0 => Vec::new(),
            _ if before.is_some_and(|b| b.nothing_new) => Vec::new(),
            _ => self.envelopes(&format!("{first}:*")).await?,
        };
        // `n:*` names the last mail even where its UID is below n.
        envelopes.retain(|e| e.uid >= first);
        let agrees = known as usize + envelopes.len() == exists as usize;
        if !agrees {
            return Ok(Err(Disagrees::Before));
        }
        if self.connection.session.news {
            return Ok(Err(Disagrees::Later));
        }
        Ok(Ok(Listing {
            uidvalidity: validity,
            uid_next: self.opened.uid_next,
            counted: Some((exists, modseq)),
            goes_on: before.is_some(),
            special_use: self.connection.special_use_of(&folder),
            envelopes: self.complete(envelopes).await?,
        }))
    }

    /// What the server tells of mails of the open folder, in the order of UIDs.
    async fn envelopes(&mut self, uids: &str) -> Result<Vec<Told>> {
        let gm = if self.connection.able.gmail {
            " X-GM-MSGID"
        } else {
            ""
        };
        let date = if self.connection.without_dates {
            ""
        } else {
            " INTERNALDATE"
        };
        let command = format!("UID FETCH {uids} (UID RFC822.SIZE{date}{gm})");
        let mut found: BTreeMap<u32, Told> = BTreeMap::new();
        self.connection
            .session
            .command(&command, |answer| {
                let Some(told) = told(answer) else { return };
                let before = found.entry(told.uid).or_insert(Told {
                    uid: told.uid,
                    ..Told::default()
                });
                before.size = before.size.or(told.size);
                before.received_at = before.received_at.or(told.received_at);
                before.gm_msgid = before.gm_msgid.or(told.gm_msgid);
            })
            .await?;
        Ok(found.into_values().collect())
    }

    /// Asks again for what the server did not tell of a mail.
    async fn complete(&mut self, told: Vec<Told>) -> Result<Vec<Envelope>> {
        let partial = told.iter().filter(|t| {
            t.size.is_none() || t.received_at.is_none() && !self.connection.without_dates
        });
        let partial: Vec<String> = partial.map(|t| t.uid.to_string()).collect();
        let again = if partial.is_empty() {
            Vec::new()
        } else {
            self.envelopes(&partial.join(",")).await?
        };
        let mut complete = Vec::with_capacity(told.len());
        for mut told in told {
            if let Some(more) = again.iter().find(|m| m.uid == told.uid) {
                told.size = told.size.or(more.size);
                told.received_at = told.received_at.or(more.received_at);
            }
            complete.push(Envelope {
                uid: told.uid.to_string(),
                size: u64::from(told.size.unwrap_or(0)),
                received_at: told.received_at,
                gm_msgid: told.gm_msgid,
            });
        }
        Ok(complete)
    }

    /// The date that the server gives to a mail.
    pub(super) async fn date_of(&mut self, uid: u32) -> Result<Option<Timestamp>> {
        let mut date = None;
        let fetch = format!("UID FETCH {uid} (UID INTERNALDATE)");
        let take = |answer: &Response<'_>| {
            let told = told(answer).filter(|told| told.uid == uid);
            date = told.and_then(|told| told.received_at).or(date);
        };
        self.connection.session.command(&fetch, take).await?;
        Ok(date)
    }
}

/// What an answer tells of a mail. A change of flags that is told meanwhile names a mail too, with nothing else.
fn told(answer: &Response<'_>) -> Option<Told> {
    let Response::Fetch(_, attributes) = answer else {
        return None;
    };
    let mut told = Told::default();
    let mut named = None;
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(n) => named = Some(*n),
            AttributeValue::Rfc822Size(n) => told.size = Some(*n),
            AttributeValue::InternalDate(d) => told.received_at = internal_date(d),
            AttributeValue::GmailMsgId(n) => told.gm_msgid = Some(*n),
            _ => {}
        }
    }
    named.map(|uid| Told { uid, ..told })
}

/// INTERNALDATE (RFC 3501, date-time): ` 7-Jun-2026 08:00:00 +0700`.
fn internal_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .ok()?
        .to_timestamp()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_dates_of_one_and_two_digits_are_read() {
        let at = |t: &str| internal_date(t).map(|x| x.to_string());
        assert_eq!(
            at(" 7-Jun-2026 08:00:00 +0700").as_deref(),
            Some("2026-06-07T01:00:00Z")
        );
        assert_eq!(
            at("17-Jul-1996 02:44:25 -0700").as_deref(),
            Some("1996-07-17T09:44:25Z")
        );
        assert_eq!(at("yesterday"), None);
    }
}
