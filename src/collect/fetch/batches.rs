//! Fetching: in batches, within the day's budget and the turn; durable before it is recorded.

use std::collections::VecDeque;

use anyhow::Result;

use super::by_sender::senders_in;
use super::{Visit, Wanted};
use crate::collect::purse::Purse;
use crate::collect::said;
use crate::domain::date_of;
use crate::mailbox::{BATCH_BYTES, Envelope};
use crate::manager;
use crate::store::{Arrived, Part};

/// How many mails one FETCH asks for.
const BATCH: usize = 50;

impl Visit<'_, '_> {
    /// Fetches mails in batches, in their order, within the day's budget and the turn; gives whether any FETCH succeeded.
    pub(super) async fn fetch_in_batches(
        &mut self,
        mut rest: VecDeque<Wanted<'_>>,
    ) -> Result<bool> {
        let mut unpaid = Vec::new();
        let (mut fetched, mut hurried) = (false, false);
        while let Some(next) = rest.front() {
            manager::step();
            let most = self.turn.left_to_fetch();
            if most == 0 || hurried && !next.hurries {
                self.leave_for_next_pass(&rest);
                break;
            }
            let hurries = next.hurries;
            let mut purse = self.purse()?;
            // Within a batch in the order of arrival, whichever order it was chosen in.
            let mut batch = next_batch(&mut rest, most, &mut purse, &mut unpaid);
            batch.sort_by_key(|e| e.number());
            if batch.is_empty() {
                continue; // nothing of what was left is paid
            }
            self.turn.fetched(batch.len());
            let uids: Vec<String> = batch.iter().map(|e| e.uid.clone()).collect();
            let bodies = match self.open.fetch(&uids).await {
                Ok(bodies) => bodies,
                Err(e) => {
                    // Which of them it was is found out by asking for each alone.
                    for uid in &uids {
                        let place = self.place(uid);
                        self.books.store.fetch_failed(&place, false, self.now)?;
                    }
                    return Err(e.into());
                }
            };
            fetched = true;
            hurried |= hurries;
            if hurries {
                self.turn.hurry();
            }
            self.take(&batch, bodies, false).await?;
        }
        self.leave_for_tomorrow(&unpaid)?;
        Ok(fetched)
    }

    /// What the next pass fetches may be anybody's report.
    fn leave_for_next_pass(&mut self, rest: &VecDeque<Wanted<'_>>) {
        tracing::info!(
            folder = self.folder,
            left = rest.len(),
            "more is there than one pass fetches; the next one goes on"
        );
        self.turn.cut_short();
        let uids = rest.iter().map(|mail| mail.envelope.uid.clone());
        self.unfinished.extend(uids);
        self.whole = false;
    }

    /// What the day does not pay is fetched on the next one.
    pub(super) fn leave_for_tomorrow(&mut self, unpaid: &[Wanted<'_>]) -> Result<()> {
        if unpaid.is_empty() {
            return Ok(());
        }
        let mut of: Vec<&str> = unpaid
            .iter()
            .filter_map(|mail| mail.registered.as_deref())
            .collect();
        of.sort_unstable();
        of.dedup();
        tracing::warn!(
            folder = self.folder,
            mails = unpaid.len(),
            registered = ?of,
            "today's download budget is used up for these; they are fetched tomorrow"
        );
        let limits = &self.books.config.settings.limits;
        let bytes = match of.is_empty() {
            true => limits.strangers_download_bytes(),
            false => limits.daily_download_bytes,
        };
        let left = said::used_up(&of, bytes);
        self.books.store.failed(Part::Download, self.now, &left)?;
        let uids = unpaid.iter().map(|mail| mail.envelope.uid.clone());
        self.unfinished.extend(uids);
        // Mails of strangers that are left hold nobody's reminder.
        self.whole &= of.is_empty();
        Ok(())
    }

    /// Makes the bodies of a batch durable and records them. `again`: they were asked for in a round before.
    pub(super) async fn take(
        &mut self,
        batch: &[&Envelope],
        mut bodies: Vec<(String, Vec<u8>)>,
        again: bool,
    ) -> Result<()> {
        // UIDs ascend in the order of arrival: where the server does not tell a date, that of the mail before holds, and
        // no unit counts as late for the server's fault.
        let mut last = None;
        let mut came = Vec::new();
        for envelope in batch {
            last = envelope.received_at.or(last);
            let found = bodies.iter().position(|(uid, _)| *uid == envelope.uid);
            let mut raw = found.map(|at| bodies.swap_remove(at).1);
            if let Some(short) = raw.take_if(|raw| (raw.len() as u64) < envelope.size) {
                raw = self.whole_body(envelope, short, again).await?;
            }
            match raw {
                Some(raw) => came.push((*envelope, raw, last.unwrap_or(self.now))),
                // Deleted since it was listed, or a server that says OK and gives nothing, or not all.
                None => self.missed(envelope, false)?,
            }
        }
        let raws: Vec<&[u8]> = came.iter().map(|(_, raw, _)| raw.as_slice()).collect();
        let names = self.archive.put_all(&raws).await?;
        let mut arrived = Vec::new();
        let mut of_registered = Vec::new();
        for ((envelope, raw, received_at), sha256) in came.iter().zip(names) {
            let mail = Arrived {
                place: self.place(&envelope.uid),
                sha256: Some(sha256),
                size: raw.len() as u64,
                received_at: *received_at,
                gm_msgid: envelope.gm_msgid,
            };
            let senders = senders_in(raw);
            let units = self.units_of(&senders, *received_at)?;
            if let Some(address) = self.registered_of(&senders) {
                of_registered.push((address.to_owned(), envelope.size));
                if self.new.contains(&envelope.uid) {
                    self.turn.backlog.lately.extend(senders.first().cloned());
                }
            }
            let sender = senders.into_iter().next();
            arrived.push((mail, envelope.received_at, sender, units));
        }
        if !arrived.is_empty() {
            self.turn.got_on();
        }
        let bytes: u64 = batch.iter().map(|e| e.size).sum();
        let now = self.now;
        self.books.store.transaction(|s| {
            for (mail, told, sender, units) in &arrived {
                let id = s.record_arrival(mail, now)?;
                s.add_location(&mail.place, id, *told)?;
                s.note_sender(id, sender.as_deref(), units)?;
            }
            for (address, bytes) in &of_registered {
                s.add_fetched_of(date_of(now), address, *bytes)?;
            }
            s.add_fetched(date_of(now), bytes)
        })
    }

    /// A body that was shorter than announced, fetched once more. The same in two rounds is taken: some servers announce
    /// the room that a mail takes in their storage.
    async fn whole_body(
        &mut self,
        envelope: &Envelope,
        short: Vec<u8>,
        again: bool,
    ) -> Result<Option<Vec<u8>>> {
        let uid = std::slice::from_ref(&envelope.uid);
        let once_more = self.open.fetch(uid).await?.pop().map(|(_, raw)| raw);
        let sound =
            once_more.filter(|raw| again && *raw == short || raw.len() as u64 >= envelope.size);
        if sound.as_ref() == Some(&short) {
            tracing::warn!(
                uid = envelope.uid,
                announced = envelope.size,
                bytes = short.len(),
                "the server announces another size than it gives"
            );
        }
        Ok(sound)
    }

    /// A mail that did not come is asked for alone in the next round; until then it may be anybody's report.
    pub(super) fn missed(&mut self, envelope: &Envelope, counts: bool) -> Result<()> {
        let place = self.place(&envelope.uid);
        self.books.store.fetch_failed(&place, counts, self.now)?;
        self.unfinished.insert(envelope.uid.clone());
        self.whole = false;
        Ok(())
    }
}

/// Takes the first mails that one FETCH asks for off a list: so many at most, one at least, and more within
/// [`BATCH_BYTES`], none that waits after those that hurry. What the day does not pay goes to `unpaid`, and stands in nobody's way.
fn next_batch<'l>(
    rest: &mut VecDeque<Wanted<'l>>,
    most: usize,
    purse: &mut Purse,
    unpaid: &mut Vec<Wanted<'l>>,
) -> Vec<&'l Envelope> {
    let mut batch: Vec<&Envelope> = Vec::new();
    let mut bytes = 0;
    let hurries = rest.front().is_some_and(|mail| mail.hurries);
    while let Some(mail) = rest.pop_front() {
        let size = mail.envelope.size;
        let full =
            batch.len() == most.min(BATCH) || bytes + size > BATCH_BYTES || mail.hurries != hurries;
        if full && !batch.is_empty() {
            rest.push_front(mail);
            break;
        }
        if purse.pays(mail.registered.as_deref(), size) {
            bytes += size;
            batch.push(mail.envelope);
        } else {
            unpaid.push(mail);
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_batch_is_bounded_in_number_and_bytes_and_what_is_not_paid_stops_nothing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let limits = crate::config::Config::load(&folder).unwrap();
        let limits = limits.settings.limits;
        let common = limits.strangers_download_bytes();
        /// Sizes, what is left of the common part of the day, how many may be fetched; how many are in the batch, unpaid,
        /// and left.
        type Case<'a> = (&'a [u64], u64, usize, [usize; 3]);
        let cases: [Case<'_>; 7] = [
            (&[20_000_000, 1], common, 500, [1, 0, 1]),
            (&[8_000_000, 8_000_000, 1], common, 500, [2, 0, 1]),
            (&[1_900_000; 5], 5_000_000, 500, [2, 3, 0]),
            (&[1_900_000, 9_000_000, 1], 5_000_000, 500, [2, 1, 0]),
            (&[1_900_000; 5], 0, 500, [0, 5, 0]),
            (&[1; 80], common, 500, [BATCH, 0, 30]),
            (&[1; 80], common, 3, [3, 0, 77]),
        ];
        for (sizes, left, most, wanted) in cases {
            let envelopes: Vec<Envelope> = sizes
                .iter()
                .map(|size| Envelope {
                    uid: "1".into(),
                    size: *size,
                    received_at: None,
                    gm_msgid: None,
                })
                .collect();
            let mut rest: VecDeque<Wanted<'_>> = envelopes
                .iter()
                .map(|envelope| Wanted {
                    envelope,
                    registered: None,
                    hurries: false,
                })
                .collect();
            let mut purse = Purse::of(&limits, 0, common - left, HashMap::new());
            let mut unpaid = Vec::new();
            let batch = next_batch(&mut rest, most, &mut purse, &mut unpaid);
            assert_eq!([batch.len(), unpaid.len(), rest.len()], wanted, "{left}");
        }
    }

    #[test]
    fn what_waits_is_not_asked_for_together_with_what_hurries() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let limits = crate::config::Config::load(&folder)
            .unwrap()
            .settings
            .limits;
        let envelope = Envelope {
            uid: "1".into(),
            size: 1,
            received_at: None,
            gm_msgid: None,
        };
        let mails = [true, true, false, false].map(|hurries| Wanted {
            envelope: &envelope,
            registered: None,
            hurries,
        });
        let mut rest = VecDeque::from(mails);
        let mut purse = Purse::of(&limits, 0, 0, HashMap::new());
        for left in [2, 0] {
            let batch = next_batch(&mut rest, 50, &mut purse, &mut Vec::new());
            assert_eq!((batch.len(), rest.len()), (2, left));
        }
    }
}
