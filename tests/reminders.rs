//! When a unit counts as reminded, and of what.

use std::path::Path;

use jiff::Timestamp;
use thubaocao::config::Config;
use thubaocao::domain::unit::UnitId;
use thubaocao::plan;
use thubaocao::store::{OutgoingState, Store};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The sample configuration with one report of one unit.
pub fn config() -> Config {
    let mut config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
    config.reports.retain(|r| r.id == "tre-em");
    let kept = |id: &UnitId| id.0 == "ldld-tinh" || id.0 == "ldld-tuy-an";
    config.register.units.retain(|u| kept(&u.id));
    config
}

#[test]
fn a_reminder_that_was_not_sent_was_not_given() {
    for end in [OutgoingState::Failed, OutgoingState::Dropped] {
        let config = config();
        let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
        let owed = |now: Timestamp| {
            plan::store_expected(&config, &store, now).unwrap();
            plan::owe_reminders(&config, &store, now).unwrap();
            store.queue(now).unwrap()
        };
        let late = at("2026-06-17T02:00:00Z");
        let first = owed(late);
        assert_eq!(first.len(), 1, "the deadline has passed");
        assert_eq!(owed(late + jiff::SignedDuration::from_mins(5)).len(), 1);
        store
            .end_sending(first[0].id, end, Some("550 refused"), late)
            .unwrap();
        let next_day = owed(at("2026-06-18T02:00:00Z"));
        assert_eq!(next_day.len(), 1, "{end:?}: nobody was reminded yet");
        let sent = OutgoingState::Sent;
        let now = at("2026-06-18T02:01:00Z");
        store.end_sending(next_day[0].id, sent, None, now).unwrap();
        assert!(owed(at("2026-06-19T02:00:00Z")).is_empty());
    }
}
