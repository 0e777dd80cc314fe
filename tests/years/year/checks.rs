//! What has to hold.

use super::*;
use thubaocao::domain::row::OutboxId;

impl Year {
    /// A mail was handed over.
    pub(super) fn look_at(
        &mut self,
        letter: &Letter,
        now: Timestamp,
        clock: Timestamp,
    ) -> Result<()> {
        let (unit, day) = (letter.unit, date_of(clock));
        ensure!(self.in_working_hours(clock), "a mail at {clock}");
        let fresh = self
            .looked
            .is_some_and(|at| now.duration_since(at) <= FRESH);
        ensure!(
            fresh,
            "u{unit} is reminded at {now}; the mailbox was last looked through at {:?}",
            self.looked
        );
        let reader = reader(unit, day);
        // A letter to whoever reads for several says whose each report is.
        let together = letter.text.contains("Đơn vị: Đơn vị ") || letter.text.contains("(Đơn vị ");
        let is_named = |o: &Known| {
            let (head, mut whose) = (o.called.trim_end(), name(o.unit));
            if ends(o.unit) && day > LAST_DAY {
                whose += " (nay do đơn vị kế thừa nhiệm vụ)";
            }
            match together {
                true => [
                    format!("{head}\n  Đơn vị: {whose}\n"),
                    format!("{head} ({whose})\n"),
                ]
                .iter()
                .any(|called| letter.text.contains(called)),
                false => o.unit == unit && letter.text.contains(&o.called),
            }
        };
        let of: BTreeSet<usize> = self
            .known
            .iter()
            .filter(|o| is_named(o))
            .map(|o| o.unit)
            .collect();
        for unit in &of {
            ensure!(
                super::reader(*unit, day) == reader,
                "a letter to u{reader} speaks of u{unit}"
            );
            ensure!(
                !self.is_heard(*unit, clock),
                "u{unit} is reminded while a mail of it waits"
            );
        }
        let mut speak = of.iter().flat_map(|unit| speakers(*unit, clock));
        let verifying = speak.any(|u| self.is_doubted(u));
        let told = letter.text.contains("đang xác minh");
        let opens = letter.text.contains("trân trọng đề nghị đơn vị xây dựng");
        ensure!(
            told == (verifying && !opens),
            "u{unit} at {now}: whether a suspicious mail waits is {verifying}, and it is told:\n{}",
            letter.text
        );
        ensure!(
            !verifying || !letter.text.contains("chưa ghi nhận"),
            "u{unit} at {now} has perhaps sent it"
        );
        for address in &letter.to {
            ensure!(
                !self.addresses_lost.contains(address),
                "u{unit}: {address} does not work"
            );
        }
        let mut late = Vec::new();
        for (k, o) in self.known.iter().enumerate() {
            if !is_named(o) {
                continue;
            }
            let (unit, called) = (o.unit, o.called.trim());
            ensure!(
                !self.settled(o),
                "u{unit} is asked for what it sent: {called}"
            );
            ensure!(o.opens <= day, "u{unit}: not open yet: {called}");
            ensure!(!self.is_unsettled(o), "u{unit}: not configured: {called}");
            if clock > o.due() {
                late.push((k, o.due()));
            }
        }
        ensure!(
            !of.is_empty(),
            "a mail to u{unit} about nothing:\n{}",
            letter.text
        );
        match letter.end {
            End::Arrived => {
                for unit in of {
                    ensure!(
                        self.mailed.insert((unit, day)),
                        "u{unit} got two mails on {day}"
                    );
                }
                if letter.text.contains("Đồng chí Chủ tịch") {
                    self.read.insert((reader, day)); // by whom it goes in copy
                } else {
                    let own = format!("u{reader}@");
                    let came_back = self.came_back_on.keys().any(|a| a.starts_with(&own));
                    // What waited while one unit took over from another leaves by itself.
                    let taken_over = LAST_DAY.saturating_add(jiff::Span::new().days(14));
                    let takes_over = reader == 0 && LAST_DAY < day && day <= taken_over;
                    ensure!(
                        came_back
                            || takes_over
                            || !self.was_read_the_working_day_before(reader, day),
                        "u{reader} is reminded day by day, on {day}"
                    );
                    ensure!(
                        self.read.insert((reader, day)) || came_back || takes_over,
                        "u{reader} got two letters on {day}"
                    );
                }
                self.letters += 1;
                for (k, _) in &late {
                    self.known[*k].late_mails += 1;
                }
                if let [only] = letter.to.as_slice() {
                    self.sent_to.insert(only.clone(), (letter.mail, late));
                }
            }
            End::NotTaken => self.in_vain.extend(of.iter().map(|unit| (*unit, day))),
            End::NoSuchAddress => {
                self.in_vain.extend(of.iter().map(|unit| (*unit, day)));
                self.addresses_lost.extend(letter.to.first().cloned());
            }
        }
        Ok(())
    }

    /// After a round in which nothing stood in the way nobody is late and was not told, who could be.
    pub(super) fn nobody_is_forgotten(&self, clock: Timestamp) -> Result<()> {
        if !self.in_working_hours(clock) {
            return Ok(());
        }
        let day = date_of(clock);
        for o in &self.known {
            let unit = o.unit;
            let gone = ends(unit) && day > LAST_DAY && unit % 20 != 9;
            let today = (unit, day);
            let told = self.mailed.contains(&today) || self.in_vain.contains(&today);
            let excused = self.settled(o) || self.is_heard(unit, clock) || self.is_unsettled(o);
            if excused || gone || told || self.in_peace(unit, day) {
                continue;
            }
            let late = self.working_day_between(date_of(o.due()), day);
            ensure!(
                !late || o.late_mails > 0,
                "u{unit} is late and was not reminded: {}, due {}; {}",
                o.called.trim(),
                o.due(),
                self.last_letter(unit)?
            );
        }
        Ok(())
    }

    /// Whether whoever reads for a unit was written to so lately that the next letter waits.
    fn in_peace(&self, unit: usize, day: Date) -> bool {
        let reader = reader(unit, day);
        let week = day.saturating_sub(jiff::Span::new().days(6));
        let of_week = self
            .read
            .iter()
            .filter(|(r, at)| *r == reader && (week..=day).contains(at));
        of_week.count() >= 2
            || self.read.contains(&(reader, day))
            || self.was_read_the_working_day_before(reader, day)
    }

    /// Whether a letter left to a reader since the last working day before a day.
    fn was_read_the_working_day_before(&self, reader: usize, day: Date) -> bool {
        let yesterday = day.yesterday().unwrap();
        let mut of_reader = self.read.iter().filter(|(r, at)| *r == reader && *at < day);
        of_reader.any(|(_, at)| !self.working_day_between(*at, yesterday))
    }

    /// Whether everything has come, as far as it is believed: what comes by a suspicious mail is so once staff say it.
    fn settled(&self, o: &Known) -> bool {
        let believed = |(m, _): &&(usize, Forms)| !self.mails[*m].is_suspicious_and_waits();
        let sent = o.received.iter().filter(believed);
        let sent = sent.fold(Forms::NONE, |all, (_, forms)| all.and(*forms));
        o.excused || o.wanted.without(sent).is_empty()
    }

    /// What the store knows of the last letter to a unit.
    fn last_letter(&self, unit: usize) -> Result<String> {
        let store = &self.app.store;
        let mut last = "no letter was owed".to_owned();
        let mut mail = 1;
        while let Some(letter) = store.outgoing_mail(OutboxId(mail))? {
            if letter.unit.is_some_and(|u| u.0 == self.unit_ids[unit]) {
                let (state, steps) = (letter.state, store.steps_of(OutboxId(mail))?);
                let why = letter.error.unwrap_or_default();
                last = format!("{} is {state:?} ({why}) with {steps:?}", letter.owed.key());
            }
            mail += 1;
        }
        let pause = store.queue_pause()?.map(|p| p.until);
        Ok(format!("{last}; the queue waits until {pause:?}"))
    }

    /// What waits for staff is shown so, and nothing else is; nor is anybody late before his time is over.
    pub(super) fn what_waits_is_not_late(&self, clock: Timestamp) -> Result<()> {
        let view = View::at(clock, &self.app.config, &self.app.store)?;
        for o in self.app.store.obligations(Receipts::All)? {
            let Some(k) = self.known_as(&o) else {
                continue;
            };
            let known = &self.known[k];
            if self.is_unsettled(known) {
                continue; // what came under one id is not yet known under the other
            }
            let counts = |m: &&(usize, Forms)| self.mails[m.0].state == MessageState::Logged;
            let logged = known.received.iter().filter(counts);
            let logged = logged.fold(Forms::NONE, |all, (_, forms)| all.and(*forms));
            let settled = known.excused || known.wanted.without(logged).is_empty();
            let waits = self.open.iter().map(|m| &self.mails[*m]).any(|m| {
                let speaks = match m.reads {
                    Reads::Badly => true,
                    Reads::Doubtfully { names, .. } => {
                        !names || m.brings.iter().any(|(of, _)| *of == k)
                    }
                    Reads::Well | Reads::CameBack { .. } => false,
                };
                let verified = !matches!(
                    m.reads,
                    Reads::Doubtfully {
                        suspicious: true,
                        ..
                    }
                );
                m.unit == known.unit && m.state == MessageState::Waiting && speaks && verified
            });
            let (state, called) = (view.state(&o), known.called.trim());
            ensure!(
                matches!(state, State::Waiting(_)) == (waits && !settled),
                "u{} is shown as {state:?} at {clock}: {called}",
                known.unit
            );
            let after = matches!(state, State::Overdue | State::Closed);
            ensure!(
                !after || clock > known.due(),
                "{called} has time until {}",
                known.due()
            );
        }
        Ok(())
    }

    /// What the model calls an obligation of the store.
    fn known_as(&self, o: &Obligation) -> Option<usize> {
        let unit = self.unit_ids.iter().position(|id| *id == o.unit.0)?;
        let report = self.report_ids.iter().position(|id| *id == o.report)?;
        self.places
            .get(&(unit, report, o.period.to_string()))
            .copied()
    }

    /// At the end the store knows what was sent, each mail once.
    pub(super) fn nothing_is_lost(&self) -> Result<()> {
        let store = &self.app.store;
        let came = self.mails.iter().filter(|m| m.row.is_some()).count();
        let stored = store.stored_between(Timestamp::MIN, Timestamp::MAX)?.len();
        ensure!(came == stored, "{came} mails came, {stored} are stored");
        for o in store.obligations(Receipts::All)? {
            let Some(k) = self.known_as(&o) else {
                continue; // under an id that has vanished
            };
            let known = &self.known[k];
            let logged = |m: usize| self.mails[m].state == MessageState::Logged;
            let counted = known.received.iter().filter(|(m, _)| logged(*m));
            let counted = counted.fold(Forms::NONE, |all, (_, f)| all.and(*f));
            let renamed = self.change.is_some();
            ensure!(
                o.received() == counted || renamed,
                "u{}: {} is {:?} in the store and was {counted:?}",
                known.unit,
                known.called.trim(),
                o.received()
            );
        }
        Ok(())
    }
}
