//! The three passes of the program, with the mailbox of the model.

use super::*;

impl Year {
    pub(super) fn round(&mut self, mut now: Timestamp) -> Result<()> {
        if now >= self.clock_off_until {
            self.clock_error = SignedDuration::ZERO;
        }
        self.faults_strike(now, now + self.clock_error)?;
        let mut clock = now + self.clock_error;
        let doubted = self.clock_is_watched(clock)?;
        self.people_act(now, clock)?;
        let reachable = now >= self.unreachable_until;
        if reachable {
            self.settle_doubts(clock)?;
            self.look(now, clock)?;
        }
        self.plan(clock)?;
        let long = self.strikes(Fault::LongRound, 12);
        let seconds = match long {
            true => self.lasts(Fault::LongRound, 61, 900),
            false => 30,
        };
        now += seconds.seconds();
        clock += seconds.seconds();
        if long {
            self.people_act(now, clock)?;
        }
        let sent = self.send(now, clock)?;
        if sent.look_first && reachable {
            self.look(now, clock)?;
            self.plan(clock)?;
            self.send(now, clock)?;
        }
        let looked = self
            .looked
            .is_some_and(|at| now.duration_since(at) <= FRESH);
        let paused = now < self.post.lock().expect("one thread").halted_at + LONGEST_PAUSE;
        // What was put off by a clock that was ahead waits until that hour has come.
        let put_off = now < self.clock_off_until + SignedDuration::from_hours(24);
        if looked && !paused && !doubted && !put_off {
            self.nobody_is_forgotten(clock)?;
        }
        if date_of(clock).weekday() == Weekday::Thursday && self.clock_error.is_zero() {
            self.what_waits_is_not_late(clock)?;
        }
        Ok(())
    }

    /// The second pass. What is expected takes long to tell, and changes on few days only.
    pub(super) fn plan(&mut self, clock: Timestamp) -> Result<()> {
        let day = date_of(clock);
        if [1, 15, 16].contains(&day.day())
            || day == TRUNG_THU
            || self.app.store.clock_is_doubted()?
        {
            plan::pass(&self.app.config, &self.app.store, clock)?;
            return self.learn(clock);
        }
        plan::owe_reminders(&self.app.config, &self.app.store, clock)
    }

    /// Whether the clock is known to be wrong: where it is more than a day ahead, the mails of the server tell.
    fn clock_is_watched(&mut self, clock: Timestamp) -> Result<bool> {
        let store = &self.app.store;
        let doubted = self.clock_error > SignedDuration::from_hours(24);
        if doubted {
            store.failed(Part::Clock, clock, "ahead")?;
        } else {
            store.succeeded(Part::Clock, clock)?;
            store.undo_moments_ahead(clock)?;
            let day = SignedDuration::from_hours(24);
            // What left by a clock that was ahead left by now.
            let read = std::mem::take(&mut self.read).into_iter();
            let by_now = |at: Date| {
                if at > date_of(clock + day) {
                    date_of(clock)
                } else {
                    at
                }
            };
            self.read = read.map(|(reader, at)| (reader, by_now(at))).collect();
            for mail in &mut self.mails {
                if mail.decided_at > clock + day {
                    mail.decided_at = clock;
                }
                // It is waited for so long from then on, as from when it was stored.
                if mail.row.is_some() && mail.stored_at > clock + day {
                    mail.waits_since += clock.duration_since(mail.stored_at);
                    mail.stored_at = clock;
                }
            }
        }
        Ok(doubted)
    }

    /// Takes what lies in the mailbox, as the first pass does.
    fn look(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        for m in std::mem::take(&mut self.unseen) {
            let mail = &self.mails[m];
            if let Reads::CameBack {
                address,
                mail,
                late,
            } = mail.reads.clone()
            {
                let (hard, at) = (BounceKind::Hard, self.mails[m].received_at);
                let store = &self.app.store;
                store.record_bounce(&address, hard, Some("5.1.1"), mail, at)?;
                let days = self.came_back_on.entry(address.clone()).or_default();
                days.insert(date_of(at));
                if days.len() >= 2 {
                    self.addresses_lost.insert(address);
                }
                for (k, due) in late {
                    let o = &mut self.known[k];
                    // Reminders after a deadline that was changed since do not count any more.
                    if o.due() == due {
                        o.late_mails = o.late_mails.saturating_sub(1);
                    }
                }
                continue;
            }
            let (size, gm) = (100 + m as u64, m as u64);
            let place = Place {
                account: "a".into(),
                folder: "INBOX".into(),
                uidvalidity: self.uidvalidity,
                uid: mail.uid.to_string(),
            };
            // One server tells by a number of its own which mails are the same.
            let known = self
                .app
                .store
                .message_of_gmail(gm, size, mail.received_at)?;
            let row = match known.filter(|_| self.trial.seed.is_multiple_of(2)) {
                Some(row) => {
                    self.app
                        .store
                        .add_location(&place, row, Some(mail.received_at))?;
                    row
                }
                None => {
                    let arrived = Arrived {
                        place,
                        sha256: Some(Sha256::of(format!("content {m}").as_bytes())),
                        size,
                        received_at: mail.received_at,
                        gm_msgid: Some(gm),
                    };
                    self.app.store.record_arrival(&arrived, clock)?
                }
            };
            match mail.row {
                Some(before) => {
                    ensure!(
                        before == row,
                        "mail {m} is another one after the mailbox was restored"
                    );
                    let state = self.app.store.message(row)?.context("it is gone")?.state;
                    ensure!(
                        state == mail.state,
                        "mail {m} was {:?} and is {state:?}",
                        mail.state
                    );
                }
                None => {
                    self.mails[m].row = Some(row);
                    self.mails[m].stored_at = clock;
                    self.open.push(m);
                }
            }
        }
        let whole = now >= self.unreadable_until;
        if whole {
            self.read(clock)?;
            ensure!(self.app.store.unread_count()? == 0, "a mail was not read");
        }
        if self.app.store.unread_count()? == 0 {
            self.app.store.succeeded(Part::Mailbox, clock)?;
            self.looked = Some(now);
        }
        Ok(())
    }

    fn read(&mut self, clock: Timestamp) -> Result<()> {
        for m in self.open.clone() {
            let mail = &self.mails[m];
            if mail.state != MessageState::Received {
                continue;
            }
            let row = mail.row.context("it was stored")?;
            if mail.reads == Reads::Well && !self.is_asked_for(m, clock)? {
                self.mails[m].reads = Reads::Doubtfully {
                    names: false,
                    suspicious: false,
                };
            }
            match self.mails[m].reads.clone() {
                Reads::Well => {
                    self.open.retain(|o| *o != m);
                    self.log(m, row, clock)?;
                }
                Reads::Badly | Reads::CameBack { .. } => {
                    self.say(m, row, MessageState::Waiting, clock)?;
                }
                Reads::Doubtfully { names, suspicious } => {
                    let brings = self.mails[m].brings.iter().map(|(k, _)| &self.known[*k]);
                    let reports =
                        brings.map(|o| (self.report_ids[o.report].clone(), o.period.clone()));
                    let reports = if names { reports.collect() } else { vec![] };
                    let awaited = Awaited {
                        reports,
                        suspicious,
                        likely: None,
                    };
                    self.say(m, row, MessageState::Waiting, clock)?;
                    self.app.store.set_awaited(row, &awaited)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn say(
        &mut self,
        m: usize,
        row: MessageId,
        state: MessageState,
        clock: Timestamp,
    ) -> Result<()> {
        self.mails[m].state = state;
        self.mails[m].decided_at = clock;
        let unit = UnitId(self.unit_ids[self.mails[m].unit].clone());
        let certain = state == MessageState::Logged;
        let verdict = Verdict {
            state,
            unit: certain.then(|| unit.clone()),
            candidates: if certain { vec![] } else { vec![unit] },
            why: vec![],
        };
        if state == MessageState::Waiting {
            self.mails[m].waits_since = clock;
            let (ground, until) = match self.mails[m].is_suspicious() {
                true => (Ground::Forged, Some(clock + PATIENCE)),
                // Of the unit's own address, and verified.
                false => (Ground::Address, None),
            };
            let hold = Hold {
                unit: Some(UnitId(self.unit_ids[self.mails[m].unit].clone())),
                ground,
                until,
            };
            self.app.store.set_holds(row, &[hold])?;
        }
        self.app.store.set_verdict(row, &verdict)
    }

    pub(super) fn log(&mut self, m: usize, row: MessageId, clock: Timestamp) -> Result<()> {
        self.say(m, row, MessageState::Logged, clock)?;
        for (k, forms) in self.mails[m].brings.clone() {
            let submission = NewSubmission {
                obligation: self.row(k, clock)?,
                message: Some(row),
                received_at: self.mails[m].received_at,
                forms,
                nil_return: false,
                number: None,
                files: vec![],
            };
            let submission = self.app.store.log_submission(&submission, clock)?;
            let unit = self.known[k].unit;
            // Sent back at once: it does not count, and there is a new deadline.
            let first = self.known[k].received.iter().all(|(sent, _)| *sent == m);
            if self.people[unit].one_in(12) && first {
                let due = clock + (24 * 7).hours();
                let store = &self.app.store;
                store.send_back(submission, "thiếu số liệu", due, clock)?;
                self.known[k].received.clear();
                self.known[k].more_time(|o| o.again_until = o.again_until.max(Some(due)));
            }
        }
        Ok(())
    }

    /// What became of mails whose answer was lost is found among the sent ones.
    fn settle_doubts(&mut self, clock: Timestamp) -> Result<()> {
        let doubts = std::mem::take(&mut self.post.lock().expect("one thread").in_doubt);
        for (mail, arrived) in doubts {
            let store = &self.app.store;
            match arrived {
                true => store.end_sending(mail, OutgoingState::Sent, None, clock)?,
                false => store.try_again(mail, clock, "it is not among the sent mails")?,
            }
        }
        Ok(())
    }

    fn send(&mut self, now: Timestamp, clock: Timestamp) -> Result<send::Sent> {
        self.post.lock().expect("one thread").now = now;
        let mut mailbox = None;
        let pass = send::pass(
            self.app.outbox(),
            &mut self.transport,
            &mut mailbox,
            Clock::Fixed(clock),
            &|| false,
        );
        let sent = self.runtime.block_on(pass)?;
        let letters = std::mem::take(&mut self.post.lock().expect("one thread").letters);
        for letter in letters {
            self.look_at(&letter, now, clock)?;
        }
        for address in std::mem::take(&mut self.post.lock().expect("one thread").forgiven) {
            self.addresses_lost.remove(&address);
        }
        Ok(sent)
    }
}
