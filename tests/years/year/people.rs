//! What units and staff do in a year.

use super::*;

impl Year {
    pub(super) fn people_act(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        for k in 0..self.known.len() {
            let o = &self.known[k];
            let unit = o.unit;
            let changing = self.is_unsettled(o);
            let gone = match &self.change {
                Some((_, Unsettled::Renamed { .. }, _)) | None => false,
                Some(_) => changing,
            };
            let (excused, days) = (o.excused, now.duration_since(o.due()).as_hours() / 24);
            // Most send around the deadline, some never do.
            let eager = if (-6..=25).contains(&days) { 18 } else { 600 };
            let sends = self.people[unit].one_in(eager);
            let forms = match self.people[unit].below(4) {
                0 => (true, false),
                1 => (false, true),
                _ => (true, true),
            };
            let how = self.people[unit].below(60);
            if sends && !gone {
                let forms = Forms {
                    signed_document: forms.0,
                    soft_file: forms.1,
                };
                self.report(k, forms, how, now);
            }
            let near = (-10..40).contains(&days);
            let (excuse, extend) = (self.people[unit].one_in(700), self.people[unit].one_in(500));
            if !near || changing {
                continue;
            }
            if excuse || extend {
                self.in_vain.insert((unit, date_of(clock)));
            }
            if excuse {
                self.known[k].excused |=
                    self.app.store.excuse(self.row(k, clock)?, "bão", clock)?;
            } else if extend && !excused {
                let due = now + (24 * self.people[unit].between(2, 13)).hours();
                self.app.store.extend(self.row(k, clock)?, due, clock)?;
                self.known[k].more_time(|o| o.extended = Some(due));
            }
        }
        for unit in self.trial.units.clone() {
            let (writes, suspicious) = (self.people[unit].one_in(150), self.people[unit].one_in(6));
            if writes && self.trial.faults.contains(&Fault::Waiting) {
                let reads = Reads::Doubtfully {
                    names: false,
                    suspicious,
                };
                self.post_to_us(unit, reads, vec![], now);
            }
            if self.strikes(Fault::Bounced, 300) {
                let address = format!("u{unit}@a.example");
                if let Some((mail, late)) = self.sent_to.remove(&address) {
                    self.post_to_us(
                        unit,
                        Reads::CameBack {
                            address,
                            mail,
                            late,
                        },
                        vec![],
                        now,
                    );
                }
            }
        }
        for m in self.open.clone() {
            self.decide(m, clock)?;
        }
        Ok(())
    }

    /// A unit sends a report, in a mail that is read well or, of sixty, some that are not.
    fn report(&mut self, k: usize, forms: Forms, how: u64, now: Timestamp) {
        let has = |fault| self.trial.faults.contains(&fault);
        let reads = match how {
            0..4 if has(Fault::Unreadable) => Reads::Badly,
            4..9 if has(Fault::Waiting) => Reads::Doubtfully {
                names: how < 7,
                suspicious: how == 4,
            },
            _ => Reads::Well,
        };
        let m = self.post_to_us(self.known[k].unit, reads, vec![(k, forms)], now);
        self.known[k].received.push((m, forms));
    }

    fn post_to_us(
        &mut self,
        unit: usize,
        reads: Reads,
        brings: Vec<(usize, Forms)>,
        now: Timestamp,
    ) -> usize {
        let m = self.mails.len();
        self.mails.push(Mail {
            unit,
            received_at: now,
            reads,
            brings,
            uid: self.next_uid,
            row: None,
            state: MessageState::Received,
            decided_at: now,
            stored_at: now,
            waits_since: now,
        });
        self.next_uid += 1;
        self.unseen.push(m);
        self.in_vain.insert((unit, date_of(now + self.clock_error)));
        m
    }

    /// Staff decide on a mail after some days, and what could not be read is read at last.
    pub(super) fn decide(&mut self, m: usize, clock: Timestamp) -> Result<()> {
        let (unit, row) = (
            self.mails[m].unit,
            self.mails[m].row.context("it was stored")?,
        );
        if self.mails[m].state != MessageState::Waiting || !self.people[unit].one_in(5) {
            return Ok(());
        }
        if !self.is_asked_for(m, clock)? {
            return Ok(());
        }
        let mistaken = self.people[unit].one_in(10) && self.mails[m].reads != Reads::Badly;
        self.open.retain(|o| *o != m);
        self.in_vain.insert((unit, date_of(clock)));
        if self.mails[m].brings.is_empty() || mistaken {
            self.say(m, row, MessageState::Ignored, clock)?;
            for (k, _) in self.mails[m].brings.clone() {
                self.known[k].received.retain(|(sent, _)| *sent != m);
            }
            return Ok(());
        }
        self.log(m, row, clock)
    }
}
