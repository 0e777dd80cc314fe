//! The daily digest for staff: what needs a person first, then news, progress, what is due, what was sent, health; a file
//! each.

mod delivery;
mod news;
mod page;
mod progress;
mod system;
mod tasks;

use anyhow::Result;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use minijinja::context;
use serde::Serialize;

use super::Composed;
use crate::config::{Config, HOURS};
use crate::domain::obligation::{Group, Obligation, State, groups};
use crate::domain::why::About;
use crate::domain::{date_of, zone};
use crate::health::{self, Look};
use crate::links::{self, Link, Links};
use crate::overview;
use crate::overview::year::Year;
use crate::overview::{ChartRow, Total};
use crate::standing::View;
use crate::store::{Receipts, Store};
use crate::urge;
use crate::writing::{Draft, Enclosure, say, sentence};
use delivery::{Contact, Reminded, Undelivered};
use news::{News, Others};
use progress::{Progress, SOON_DAYS, Soon};
use system::SystemLine;
use tasks::{Held, StrangersData, ToLeader, WaitingMail};

/// The digest of a day, unless its reader is none of staff any more.
///
/// # Errors
/// When the store or a template fails.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    day: Date,
    address: Option<&str>,
    now: Timestamp,
) -> Result<Composed> {
    if address.is_some_and(|a| !config.settings.digest_to.iter().any(|s| s == a)) {
        let why = say(config, "reader_gone", context! {});
        return Ok(Composed::Dropped(why));
    }
    let whole = written(config, store, day, address, now, true)?;
    Ok(Composed::Ready(whole))
}

/// Everything that a digest tells.
#[derive(Debug, Default, Serialize)]
struct DigestData {
    /// What many units that are not reminded mean, empty where it is few.
    many_held: String,
    /// How many mails need a person, without those of strangers that have no unit's document.
    tasks: usize,
    /// Mails that wait for a person, of senders whom we know.
    waiting: Vec<WaitingMail>,
    /// How many of them wait for what, where they are more than a few.
    causes: Vec<(About, usize)>,
    /// Mails of strangers that wait, by kind.
    strangers: Vec<StrangersData>,
    /// How many mails of strangers wait that have no unit's document.
    others_of_strangers: usize,
    /// Units that are not reminded while mails wait.
    held: Vec<Held>,
    /// Letters to leaders that wait for a word of staff.
    to_leaders: Vec<ToLeader>,
    /// Reports that came in.
    news: Vec<News>,
    /// That those whose sender is verified are accepted together, where they are several.
    accept_all: Option<Link>,
    /// The other mails that came in.
    others: Others,
    /// That what has not come may be there, as the mailbox was not looked through; empty where it was.
    unseen: String,
    /// How each running report stands.
    progress: Vec<Progress>,
    /// Whether anything is left out because it was due before the installation; the first digest says so.
    untracked: bool,
    /// What is due soon.
    soon: Vec<Soon>,
    /// How many days "soon" is.
    soon_days: i64,
    /// Which edition it is; nothing on ordinary days.
    edition: Option<Edition>,
    /// How every report ended whose deadline has passed; for the weekly and period-end editions.
    totals: Vec<Total>,
    /// The chart: each report with the last of its periods whose deadline has passed; for the same editions.
    chart: Vec<ChartRow>,
    /// Addresses that our mails do not reach.
    contacts: Vec<Contact>,
    /// How many obligations are overdue.
    late_count: usize,
    /// Units that were reminded.
    reminded: Vec<Reminded>,
    /// Mails that could not be delivered.
    failed: Vec<Undelivered>,
    /// How the service fares.
    system: Vec<SystemLine>,
    /// By which staff ask how to ask and order.
    help: Option<Link>,
    /// The parts of the service that fail, a clause each, for the subject.
    failing: Vec<String>,
}

/// The digest of a day for one of staff as it stands at a moment, without the files that go along; its tokens are
/// for that address (lower case) alone. Without one it is for all, and has no tokens.
///
/// # Errors
/// When the store or a template fails.
pub fn digest(
    config: &Config,
    store: &Store,
    day: Date,
    address: Option<&str>,
    now: Timestamp,
) -> Result<Draft> {
    written(config, store, day, address, now, false)
}

/// The digest, with the files that go along or without.
fn written(
    config: &Config,
    store: &Store,
    day: Date,
    address: Option<&str>,
    now: Timestamp,
    with_files: bool,
) -> Result<Draft> {
    // Whoever missed a digest is told of its days, too.
    let told_until = store.last_digest_before(day, address)?;
    let (since, until) = match store.digest_span(day)? {
        Some((since, until)) => (told_until.unwrap_or(since).min(until), until),
        None => {
            let yesterday = now - SignedDuration::from_hours(24);
            (told_until.unwrap_or(yesterday).min(now), now)
        }
    };
    // How older reports stand is no news, and more to tell with every year.
    let year_ago = overview::year_before(until);
    let obligations = store.obligations_due_since(year_ago, Receipts::Until(until))?;
    let messages = store.stored_between(since, until)?;
    let links = match address {
        Some(address) => Links::of(store, &config.settings.mailbox.address, day, address)?,
        None => None,
    };
    let mut data = DigestData {
        soon_days: SOON_DAYS,
        ..DigestData::default()
    };
    data.help = links
        .as_ref()
        .map(|_| links::help(&config.settings.mailbox.address));
    let (links, span) = (links.as_ref(), (since, until));
    let moment = (day, until);
    tasks::tasks(config, store, moment, links, &mut data)?;
    tasks::held(config, store, until, &mut data)?;
    data.to_leaders = tasks::to_leaders(config, store, until, links)?;
    system::expiring(config, store, &mut data)?;
    news::news(config, store, span, &messages, (day, links), &mut data)?;
    data.others = news::others(config, &messages);
    let view = View::at(until, config, store)?;
    let groups = groups(&obligations);
    progress::progress(&view, &groups, links, &mut data);
    let untracked = |o: &Obligation| view.state(o) == State::Untracked;
    data.untracked = told_until.is_none() && obligations.iter().any(untracked);
    let unseen = health::unseen(store, &config.settings, until)?;
    data.unseen = unseen.map_or_else(String::new, |u| u.in_vietnamese());
    delivery::sent(config, store, span, links, &mut data)?;
    delivery::stuck(config, store, span, &mut data)?;
    delivery::bounced(config, store, &messages, &mut data)?;
    data.contacts = delivery::contacts(config, store, links, until)?;
    let looks = health::look(store, config, until)?;
    let hours = config.settings.alarm.as_ref().map_or(HOURS, |a| a.hours);
    let is_ill = |part| looks.iter().any(|l| l.part == part && l.ill.is_some());
    data.failing = looks
        .iter()
        .filter(|l| l.lasting(hours, until).is_some())
        .filter(|l| !health::follows(l.part, is_ill))
        .filter_map(Look::in_vietnamese)
        .collect();
    data.system
        .extend(system::system(config, store, &looks, until)?);
    data.system.extend(system::pauses(store, since, until)?);
    let edition = edition(config, &groups, (since, until), day);
    let mut enclosures = Vec::new();
    if with_files {
        enclosures.extend(book(&view, store, &obligations, edition, day, &mut data));
        enclosures.extend(urging(&view, store, &groups, day, &mut data));
    }
    if let Some(edition) = edition {
        data.edition = Some(edition);
        let ended = groups.iter().filter(|g| g.due <= until);
        data.totals = ended.filter_map(|g| overview::total(&view, g)).collect();
        data.chart = overview::chart_rows(&view, &groups);
    }
    let to = match address {
        Some(address) => vec![address.to_owned()],
        None => config.settings.digest_to.clone(),
    };
    page::draft(config, to, day, &data, enclosures)
}

/// The Excel file that goes along, with the year in an edition that has the table and the chart. The digest goes out also where it cannot be made, and says so.
fn book(
    view: &View<'_>,
    store: &Store,
    obligations: &[Obligation],
    edition: Option<Edition>,
    day: Date,
    data: &mut DigestData,
) -> Option<Enclosure> {
    let mut content = Vec::new();
    let year = match edition {
        Some(_) => Year::latest(view, store),
        None => Ok(None),
    };
    let made = year
        .and_then(|year| overview::workbook(view, store, obligations, year.as_ref(), &mut content));
    if let Err(e) = made {
        goes_without(data, &e, "Excel");
        return None;
    }
    Some(Enclosure {
        name: format!("tinh-hinh-bao-cao-{day}.xlsx"),
        content,
    })
}

/// On the working day after a deadline, the letter to be signed that asks those for their reports who are late. What has not
/// come may be there while the mailbox is not looked through: then there is none.
fn urging(
    view: &View<'_>,
    store: &Store,
    groups: &[Group<'_>],
    day: Date,
    data: &mut DigestData,
) -> Option<Enclosure> {
    let calendar = &view.config().calendar;
    let ended = groups
        .iter()
        .filter(|g| calendar.working_days_after(date_of(g.due), 1) == day);
    if !data.unseen.is_empty() {
        return None;
    }
    let members = ended.flat_map(|g| &g.members).copied();
    match urge::letter_on(view, store, members) {
        Ok(letter) => letter,
        Err(e) => {
            goes_without(data, &e, "Word");
            None
        }
    }
}

/// A file could not be made: the digest says so.
fn goes_without(data: &mut DigestData, error: &anyhow::Error, file: &str) {
    tracing::error!(error = %format!("{error:#}"), "the digest goes without its {file} file");
    data.system.push(SystemLine {
        bad: true,
        says: sentence("no_enclosure", context! {}),
    });
}

/// An edition with the table and the chart.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Edition {
    /// A deadline has passed since the last one.
    PeriodEnd,
    Weekly,
}

/// Which edition with the table and the chart: weekly, or when a deadline has passed since the last digest.
fn edition(
    config: &Config,
    groups: &[Group<'_>],
    (since, until): (Timestamp, Timestamp),
    day: Date,
) -> Option<Edition> {
    let ended = |g: &Group<'_>| since < g.due && g.due <= until;
    // The day of the week may have had no digest.
    let first = date_of(since).saturating_add(1.day()).min(day);
    let mut days = first.series(1.day()).take_while(|d| *d <= day);
    if groups.iter().any(ended) {
        Some(Edition::PeriodEnd)
    } else if days.any(|d| d.weekday() == config.settings.schedule.weekly_on) {
        Some(Edition::Weekly)
    } else {
        None
    }
}

fn short_moment(at: Timestamp) -> String {
    let z = at.to_zoned(zone());
    format!(
        "{:02}:{:02} {}/{}",
        z.hour(),
        z.minute(),
        z.day(),
        z.month()
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::date_of;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;
    use crate::domain::row::ObligationId;
    use crate::domain::unit::UnitId;
    use crate::store::NewSubmission;

    /// A store in which the report on children is expected: by unit, period and deadline.
    fn expecting(rows: impl IntoIterator<Item = (String, &'static str, &'static str)>) -> Store {
        let store = Store::in_memory(at("2024-01-01T00:00:00Z")).unwrap();
        store.renew_command_key(at("2024-01-01T00:00:00Z")).unwrap();
        store
            .transaction(|s| {
                rows.into_iter().try_for_each(|(unit, period, due)| {
                    let mut o = obligation(&unit, due);
                    o.period = period.parse()?;
                    s.expect(&o)
                })
            })
            .unwrap();
        store
    }

    fn digest_of(config: &Config, store: &Store, now: &str) -> Draft {
        let staff = config.settings.digest_to.first().map(String::as_str);
        digest(config, store, date_of(at(now)), staff, at(now)).unwrap()
    }

    fn sample() -> Config {
        Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap()
    }

    #[test]
    fn of_thousands_of_units_that_are_late_as_many_are_named_as_a_page_holds_and_all_are_counted() {
        let mut config = sample();
        let day = "2026-06-15".parse().unwrap();
        let example = config.register.on(&UnitId("ldld-tuy-an".into()), day);
        let example = example.unwrap().clone();
        let ids: Vec<String> = (0..2_000).map(|n| format!("don-vi-{n}")).collect();
        for id in &ids {
            let mut unit = example.clone();
            unit.id = UnitId(id.clone());
            config.register.units.push(unit);
        }
        let rows = ids
            .into_iter()
            .map(|id| (id, "2026-H1", "2026-06-15T10:00:00Z"));
        let draft = digest_of(&config, &expecting(rows), "2026-06-17T01:00:00Z");
        for page in [&draft.html, &draft.text] {
            let (lines, size) = (page.matches("LĐLĐ huyện Tuy An").count(), page.len());
            assert!(size <= 100_000, "{size} bytes, {lines} units");
            assert!(lines >= 10, "{lines} units:\n{page}");
            let rest = format!("và {} đơn vị khác, xem tệp Excel kèm theo", 2_000 - lines);
            assert!(page.contains(&rest), "{lines} units:\n{page}");
            assert!(page.contains("chưa nộp 2000"));
        }
    }

    #[test]
    fn what_was_due_more_than_a_year_ago_is_told_of_where_something_happens_alone() {
        let config = sample();
        let unit = "ldld-tuy-an".to_owned();
        let store = expecting([
            (unit.clone(), "2024-H1", "2024-06-15T10:00:00Z"),
            (unit, "2026-H1", "2026-06-15T10:00:00Z"),
        ]);
        let old = "6 tháng đầu năm 2024";
        let draft = digest_of(&config, &store, "2026-06-17T01:00:00Z");
        assert!(draft.text.contains("6 tháng đầu năm 2026"));
        assert!(!draft.text.contains(old), "{}", draft.text);
        let comes = NewSubmission {
            obligation: ObligationId(1),
            message: None,
            received_at: at("2026-06-16T09:00:00Z"),
            forms: Forms {
                signed_document: true,
                soft_file: true,
            },
            nil_return: false,
            number: None,
            files: vec![],
        };
        store.log_submission(&comes, comes.received_at).unwrap();
        let draft = digest_of(&config, &store, "2026-06-17T01:00:00Z");
        assert!(draft.text.contains(old), "{}", draft.text);
    }
}
