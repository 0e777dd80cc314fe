//! Mails that are not fetched: each has a row all the same, with whom its header names.

use anyhow::Result;

use super::Visit;
use super::by_sender::the_one_named;
use crate::collect::read::head_of;
use crate::collect::{facts, holding};
use crate::domain::why::Why;
use crate::mailbox::Envelope;
use crate::reading::{Class, Reading, Unread};
use crate::store::{Arrived, MessageState, Verdict};

impl Visit<'_, '_> {
    /// What the header of a mail says that is not fetched, as the reading process understands it, or its From field
    /// alone. `None` where the server gives neither.
    pub(super) async fn head(&mut self, envelope: &Envelope) -> Result<Option<Reading>> {
        let uid = std::slice::from_ref(&envelope.uid);
        let mut heads = self.open.heads(uid).await?;
        if heads.is_empty() {
            heads = self.open.senders(uid).await?;
        }
        let Some((_, head)) = heads.first() else {
            return Ok(None);
        };
        if let Some(read) = head_of(self.reader, head).await {
            return Ok(Some(read));
        }
        let sender = the_one_named(head, &self.registered);
        Ok(Some(Reading {
            sender,
            ..Reading::unreadable(Unread::NotEvenItsHeader)
        }))
    }

    /// Gives a mail that is not fetched a row of its own, with what its header says.
    pub(super) fn record_unfetched(
        &self,
        envelope: &Envelope,
        state: MessageState,
        why: Why,
        head: Option<Reading>,
    ) -> Result<()> {
        let arrived = self.unfetched(envelope);
        let received_at = arrived.received_at;
        let head = head.map(|head| Reading {
            class: Class::Unreadable,
            ..head
        });
        let now = self.now;
        let (candidates, holds) = match &head {
            Some(head) => {
                let meant = facts::units_meant(self.books, head, received_at)?;
                (
                    facts::units_of_sender(self.books.config, self.books.store, head, received_at)?,
                    holding::of(self.books, head, &meant, None, received_at, now)?,
                )
            }
            None => (vec![], holding::of_nameless(self.books.config, now)),
        };
        let verdict = Verdict {
            state,
            unit: None,
            candidates,
            why: vec![why],
        };
        self.books.store.transaction(|s| {
            let id = s.record_arrival(&arrived, now)?;
            if let Some(head) = &head {
                s.set_reading(id, head)?;
            }
            s.set_holds(id, &holds)?;
            s.set_verdict(id, &verdict)
        })
    }

    /// Gives mails from before our time a row each, all at once.
    pub(super) fn record_old(&self, envelopes: &[&Envelope]) -> Result<()> {
        let verdict = Verdict {
            state: MessageState::Noted,
            unit: None,
            candidates: vec![],
            why: vec![Why::BeforeOurTime],
        };
        self.books.store.transaction(|s| {
            for envelope in envelopes {
                let id = s.record_arrival(&self.unfetched(envelope), self.now)?;
                s.set_verdict(id, &verdict)?;
            }
            Ok(())
        })
    }

    /// A mail that is not fetched, as it arrived.
    fn unfetched(&self, envelope: &Envelope) -> Arrived {
        Arrived {
            place: self.place(&envelope.uid),
            sha256: None,
            size: envelope.size,
            received_at: envelope.received_at.unwrap_or(self.now),
            gm_msgid: envelope.gm_msgid,
        }
    }
}
