//! What a unit has to report, and until when; the most urgent of it says what letter it is.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use minijinja::context;
use serde::Serialize;

use super::answer::UnitView;
use super::{Composed, TO_SEND, answer};
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::Kind;
use crate::domain::reminder::{Step, Urgency};
use crate::domain::row::ObligationId;
use crate::domain::unit::Addressee;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::standing::{self, Holds};
use crate::store::{Outgoing, Receipts, Store};
use crate::writing::{DepartmentView, Draft, Enclosure, annex, render_text, say};

/// The reminder of what is still missing of what it was owed for.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let unit = mail.unit.as_ref().context("a reminder without a unit")?;
    let steps: BTreeMap<ObligationId, Step> = store.steps_of(mail.id)?.into_iter().collect();
    let unsettled = store.unsettled()?;
    let (mut owed, mut held, mut removed) = (Vec::new(), false, Vec::new());
    let mut missing = "nothing is missing any more";
    let holds = Holds::at(now, config, store)?;
    let decided = store.decided_on(date_of(now))?;
    let rows: Vec<ObligationId> = steps.keys().copied().collect();
    for o in store.obligations_in(&rows, Receipts::All)? {
        let step = steps[&o.id];
        if unsettled.holds(&o.unit, &o.report) {
            held = true;
            continue;
        }
        let report = config.report(&o.report).filter(|r| r.asks_on(o.opens));
        let Some(report) = report else {
            removed.push(o.report);
            continue;
        };
        let ahead = matches!(step, Step::Opening | Step::Before(_));
        if o.settled() || o.closed || ahead != (now <= o.due) {
            continue;
        }
        if holds.hold(&o.unit) || decided.contains(&o.unit) {
            held = true;
            continue;
        }
        // What was not announced long enough ago is not queued.
        match report.steps.may_take(step, store.nod(o.id, o.due)?, true) {
            Some(true) => owed.push((o, step)),
            Some(false) => missing = "staff stopped the letter to the leader",
            None => held = true,
        }
    }
    if owed.is_empty() && held {
        return Ok(Composed::Hold);
    }
    if owed.is_empty() {
        return Ok(Composed::Dropped(if removed.is_empty() {
            missing.into()
        } else {
            say(config, "not_asked_for", context! { reports => removed })
        }));
    }
    if config.register.nearest(unit, date_of(now)).is_none() {
        return Ok(Composed::Dropped(say(config, "unit_gone", context! {})));
    }
    let dead = store.dead_contacts(Receipts::All, now)?;
    let Some(to) = standing::addressee(config, &dead, unit, date_of(now)) else {
        return Ok(Composed::Dropped("the unit has no address any more".into()));
    };
    reminder_of(config, store, &holds, &to, &owed, now).map(Composed::Ready)
}

/// The reminder of what one unit owes, and others whose letters reach the same address.
///
/// # Errors
/// When the store or a template fails.
pub fn reminder_of(
    config: &Config,
    store: &Store,
    holds: &Holds<'_>,
    to: &Addressee<'_>,
    owed: &[(Obligation, Step)],
    now: Timestamp,
) -> Result<Draft> {
    let verifying = owed.iter().any(|(o, _)| holds.tell(&o.unit));
    let mut items = Vec::new();
    let mut enclosures: Vec<Enclosure> = Vec::new();
    for (obligation, step) in owed {
        let reminded = store.reminders_of(obligation.id)?;
        let reminded = reminded
            .into_iter()
            .filter(|(_, step)| *step != Step::Opening);
        items.push(LetterItem {
            obligation,
            step: *step,
            reminded: reminded.map(|(at, _)| at).collect(),
        });
        let Some(report) = config
            .report(&obligation.report)
            .filter(|_| *step == Step::Opening)
        else {
            continue;
        };
        if let Some(path) = &report.basis_file {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // The same plan asks for several reports.
            if !enclosures.iter().any(|e| e.name == name) {
                enclosures.push(Enclosure {
                    name: name.into_owned(),
                    content: std::fs::read(path)
                        .with_context(|| format!("cannot read {}", path.display()))?,
                });
            }
        }
        if !report.figures.is_empty() {
            let asked = config.register.nearest(&obligation.unit, date_of(now));
            let (mark, unit) = (obligation.annex_mark(), asked.unwrap_or(to.unit));
            enclosures.push(annex::blank(report, &mark, unit, now)?);
        }
    }
    let mut draft = draft(config, to, &items, verifying, now)?;
    draft.enclosures = enclosures;
    Ok(draft)
}

/// An obligation as a reminder tells of it.
struct LetterItem<'a> {
    /// What is owed.
    obligation: &'a Obligation,
    /// Which step it has reached.
    step: Step,
    /// When reminders of it went out before.
    reminded: Vec<Timestamp>,
}

/// What the letter says of an obligation.
#[derive(Serialize)]
struct ItemView<'a> {
    #[serde(skip)]
    urgency: Urgency,
    title: &'a str,
    short: &'a str,
    basis: &'a str,
    period: String,
    due: String,
    received: &'static str,
    missing: &'static str,
    figures: bool,
    returned: Option<&'a str>,
    reminded: Vec<String>,
    /// Whose it is, where the letter speaks of several units.
    of: Option<String>,
}

impl<'a> ItemView<'a> {
    fn of(config: &'a Config, item: &LetterItem<'a>, several: bool, now: Timestamp) -> Self {
        let o = item.obligation;
        let report = config.report(&o.report);
        let row = || config.register.nearest(&o.unit, date_of(now));
        let is_there = config.register.on(&o.unit, date_of(now)).is_some();
        let whose = || {
            let name = row().map_or(o.unit.0.as_str(), |row| row.name.as_str());
            say(config, "whose", context! { name, is_there })
        };
        let reminded = item.reminded.iter();
        ItemView {
            urgency: item.step.urgency(),
            title: report.map_or(o.report.as_str(), |r| r.title.as_str()),
            short: report.map_or(o.report.as_str(), |r| r.short.as_str()),
            basis: report.map_or("", |r| r.basis.as_str()),
            period: o.period.in_vietnamese(),
            due: vietnamese_moment(o.due),
            received: o.received().in_vietnamese(),
            missing: o.missing().in_vietnamese(),
            figures: report.is_some_and(|r| !r.figures.is_empty()),
            returned: o.returned.as_deref(),
            reminded: reminded.map(|at| vietnamese_date(date_of(*at))).collect(),
            of: several.then(whose),
        }
    }
}

/// A reminder of everything that one unit owes; the most urgent of it says what letter it is, and to whom. `verifying`: a
/// mail in its name is being looked into, so that nothing is said of what has not come.
///
/// # Errors
/// When the template fails, or there is nothing to remind of.
fn draft(
    config: &Config,
    to: &Addressee<'_>,
    items: &[LetterItem<'_>],
    verifying: bool,
    now: Timestamp,
) -> Result<Draft> {
    let several = items
        .iter()
        .any(|i| i.obligation.unit != items[0].obligation.unit);
    let views: Vec<ItemView<'_>> = items
        .iter()
        .map(|i| ItemView::of(config, i, several, now))
        .collect();
    let urgency = items.iter().map(|i| i.step.urgency()).min();
    let urgency = urgency.context("a reminder of nothing")?;
    let kind = Kind::Reminder(urgency);
    let new_due = config.calendar.working_days_after(date_of(now), TO_SEND);
    // Who took over is written to in the name of the unit that was asked.
    let day = date_of(now);
    let meant = items.first().map(|i| &i.obligation.unit);
    let heir_of = meant
        .filter(|unit| **unit != to.unit.id && !several)
        .and_then(|unit| config.register.nearest(unit, day));
    let (own, others): (Vec<&ItemView<'_>>, Vec<&ItemView<'_>>) =
        views.iter().partition(|v| v.urgency == urgency);
    let of = |urgency: Urgency| -> Vec<&ItemView<'_>> {
        let same = others.iter().copied().filter(|v| v.urgency == urgency);
        same.collect()
    };
    let (subject, text) = render_text(
        config,
        kind,
        context! {
            department => DepartmentView::from(&config.settings.department),
            unit => UnitView::from(to.unit),
            heir_of => heir_of.map(UnitView::from),
            items => &own,
            late => of(Urgency::Late),
            soon => of(Urgency::Before),
            opened => of(Urgency::Opening),
            more => views.len() - 1,
            one => own.len() == 1,
            in_part => own.iter().any(|v| !v.received.is_empty()),
            verifying,
            now => vietnamese_date(date_of(now)),
            new_due => vietnamese_date(new_due),
            address => config.settings.mailbox.address,
        },
    )?;
    let own = vec![to.to.to_owned()];
    let (to, cc) = match (to.leader, urgency) {
        (Some(leader), Urgency::Escalation) if leader != to.to => (vec![leader.to_owned()], own),
        _ => (own, vec![]),
    };
    answer::draft(config, kind, to, cc, subject, text, vec![])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::unit::Unit;

    fn addressee(unit: &Unit) -> Addressee<'_> {
        Addressee {
            unit,
            to: &unit.emails[0],
            leader: unit.escalate_to.as_deref(),
        }
    }

    #[test]
    fn the_letter_to_a_leader_names_the_basis_the_dates_of_the_reminders_and_what_is_missing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let obligation = obligation("ldld-dong-hoa", "2026-06-15T10:00:00Z");
        let unit = config
            .register
            .on(&obligation.unit, jiff::civil::date(2026, 7, 1))
            .unwrap();
        let items = [LetterItem {
            step: Step::Escalation,
            obligation: &obligation,
            reminded: vec![at("2026-06-16T01:00:00Z"), at("2026-06-23T01:00:00Z")],
        }];
        let draft = draft(
            &config,
            &addressee(unit),
            &items,
            false,
            at("2026-07-01T01:00:00Z"),
        )
        .unwrap();
        insta::assert_snapshot!(format!(
            "To: {:?}\nCc: {:?}\n{}\n\n{}",
            draft.to, draft.cc, draft.subject, draft.text
        ));
    }

    #[test]
    fn names_cannot_bring_markup_or_headers_into_a_mail() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let obligation = obligation("x", "2026-06-15T10:00:00Z");
        let unit = Unit {
            name: "<script>alert(1)</script>".into(),
            short_name: "A\r\nBcc: x@y.example".into(),
            ..config.register.units[1].clone()
        };
        let items = [LetterItem {
            step: Step::Escalation,
            obligation: &obligation,
            reminded: vec![],
        }];
        let draft = draft(
            &config,
            &addressee(&unit),
            &items,
            false,
            at("2026-07-01T01:00:00Z"),
        )
        .unwrap();
        assert!(!draft.html.contains("<script>"));
        let department = &config.settings.department;
        let raw = draft.to_bytes(
            department,
            "a@b.example",
            "id@b.example",
            at("2026-07-01T01:00:00Z"),
        );
        let raw = String::from_utf8(raw.unwrap()).unwrap();
        assert!(!raw.lines().any(|l| l.starts_with("Bcc:")), "{raw}");
    }
}
