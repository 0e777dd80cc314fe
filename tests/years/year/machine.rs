//! What befalls the machine, the mailbox and the configuration.

use super::*;
use std::sync::Arc;

impl Year {
    pub(super) fn faults_strike(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        if self.strikes(Fault::Unreachable, 40) {
            let hours = self.lasts(Fault::Unreachable, 1, 120);
            self.unreachable_until = now + hours.hours();
        }
        if self.strikes(Fault::ReadingFails, 60) {
            let hours = self.lasts(Fault::ReadingFails, 1, 72);
            self.unreadable_until = now + hours.hours();
        }
        if self.strikes(Fault::Paused, 50) {
            let hours = self.lasts(Fault::Paused, 1, 120);
            self.post.lock().expect("one thread").closed_until = now + hours.hours();
        }
        if self.strikes(Fault::Clock, 40) {
            let hours = self.lasts(Fault::Clock, 1, 72);
            self.clock_off_until = now + hours.hours();
            let minutes = match self.lasts(Fault::Clock, 0, 2) {
                0 => self.lasts(Fault::Clock, 60 * 25, 60 * 24 * 400),
                1 => self.lasts(Fault::Clock, -60 * 20, 60 * 20),
                _ => self.lasts(Fault::Clock, -50, 50),
            };
            self.clock_error = SignedDuration::from_mins(minutes);
            if self.lasts(Fault::Clock, 0, 1) == 0
                && self.trial.faults.contains(&Fault::Unreachable)
            {
                // The look that was dated ahead is the last one for a while.
                self.unreachable_until = now + 1.minute();
                let hours = self.lasts(Fault::Unreachable, 24, 120);
                self.unreachable_until =
                    self.unreachable_until.max(self.clock_off_until) + hours.hours();
            }
        }
        if self.strikes(Fault::Rewound, 60) {
            self.rewind();
        }
        if self.change.is_none() {
            self.configuration_changes(now, clock)?;
        } else if self
            .change
            .as_ref()
            .is_some_and(|(.., until)| now >= *until)
        {
            self.configuration_is_mended(clock)?;
        }
        Ok(())
    }

    /// The mailbox is restored from a copy: what came last is not there any more, everything else lies under other UIDs
    /// (or under those that others had), and so will what comes.
    fn rewind(&mut self) {
        if self.lasts(Fault::Rewound, 0, 1) == 0 {
            self.uidvalidity += 1;
        }
        let recent = self.mails.len().saturating_sub(30);
        self.next_uid = self.next_uid.saturating_sub(20).max(1);
        for m in recent..self.mails.len() {
            let bounce = matches!(self.mails[m].reads, Reads::CameBack { .. });
            if bounce || self.lasts(Fault::Rewound, 0, 4) == 0 && self.mails[m].row.is_some() {
                continue;
            }
            self.mails[m].uid = self.next_uid;
            self.next_uid += 1;
            if !self.unseen.contains(&m) {
                self.unseen.push(m);
            }
        }
    }

    fn configuration_changes(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        for fault in [Fault::Renamed, Fault::Removed] {
            if !self.strikes(fault, 60) {
                continue;
            }
            let until = now + self.lasts(fault, 10, 400).hours();
            let subject = match self.lasts(fault, 0, 2) {
                0 => Subject::Report(self.lasts(fault, 0, 2) as usize),
                _ => {
                    let units: Vec<usize> = self
                        .trial
                        .units
                        .iter()
                        .copied()
                        .filter(|u| *u > 0)
                        .collect();
                    if units.is_empty() {
                        continue;
                    }
                    Subject::Unit(units[self.lasts(fault, 0, units.len() as i64 - 1) as usize])
                }
            };
            // Nothing is known yet of a report that was never asked for.
            if let Subject::Report(r) = subject
                && !self.known.iter().any(|o| o.report == r)
            {
                continue;
            }
            let change = match (fault, subject) {
                (Fault::Removed, Subject::Unit(u)) => {
                    let units = &mut Arc::make_mut(&mut self.app.config).register.units;
                    let at = units.iter().position(|x| x.id.0 == self.unit_ids[u]);
                    Unsettled::RemovedUnit(Box::new(units.remove(at.context("it is there")?)))
                }
                (Fault::Removed, Subject::Report(r)) => {
                    let reports = &mut Arc::make_mut(&mut self.app.config).reports;
                    let at = reports.iter().position(|x| x.id == self.report_ids[r]);
                    Unsettled::RemovedReport(Box::new(reports.remove(at.context("it is there")?)))
                }
                _ => Unsettled::Renamed {
                    from: self.rename(subject),
                },
            };
            let at_once =
                matches!(change, Unsettled::Renamed { .. }) && self.lasts(fault, 0, 1) == 0;
            if matches!(subject, Subject::Report(_)) && !at_once {
                self.held_reports = (0..REPORTS.len())
                    .filter(|r| !self.known.iter().any(|o| o.report == *r))
                    .collect();
            }
            self.change = Some((subject, change, until));
            if at_once {
                return self.configuration_is_mended(clock);
            }
            identity::settle(&self.app.config, &self.app.store, clock)?;
            return self.learn(clock);
        }
        Ok(())
    }

    /// Gives a unit or a report a new id; gives the old one.
    fn rename(&mut self, subject: Subject) -> String {
        let config = Arc::make_mut(&mut self.app.config);
        let id = match subject {
            Subject::Unit(u) => &mut self.unit_ids[u],
            Subject::Report(r) => &mut self.report_ids[r],
        };
        let old = std::mem::replace(id, format!("{id}x"));
        let units = config.register.units.iter_mut().map(|u| &mut u.id.0);
        let reports = config.reports.iter_mut().map(|r| &mut r.id);
        let configured = match subject {
            Subject::Unit(_) => units.filter(|id| **id == old).last(),
            Subject::Report(_) => reports.filter(|id| **id == old).last(),
        };
        if let Some(configured) = configured {
            configured.clone_from(id);
        }
        old
    }

    fn configuration_is_mended(&mut self, clock: Timestamp) -> Result<()> {
        let Some((subject, change, _)) = self.change.take() else {
            return Ok(());
        };
        self.held_reports.clear();
        let config = Arc::make_mut(&mut self.app.config);
        match (change, subject) {
            (Unsettled::RemovedUnit(unit), _) => config.register.units.push(*unit),
            (Unsettled::RemovedReport(report), _) => config.reports.push(*report),
            (Unsettled::Renamed { from }, Subject::Unit(u)) => {
                let mut units = config.register.units.iter_mut();
                let unit = units.find(|x| x.id.0 == self.unit_ids[u]);
                unit.context("it is there")?.renamed.push(UnitId(from));
            }
            (Unsettled::Renamed { from }, Subject::Report(r)) => {
                let mut reports = config.reports.iter_mut();
                let report = reports.find(|x| x.id == self.report_ids[r]);
                report.context("it is there")?.renamed.push(from);
            }
        }
        identity::settle(&self.app.config, &self.app.store, clock)?;
        self.learn(clock)
    }
}
