//! Units that end, addresses that are replaced, deadlines that change: what was expected and sent before stays whose it
//! was.

use std::fs;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use thubaocao::config::Config;
use thubaocao::domain::period::PeriodId;
use thubaocao::domain::report::{DueRule, Frequency};
use thubaocao::domain::unit::UnitId;
use thubaocao::letters::{self, Composed};
use thubaocao::store::{NewSubmission, Receipts, Store};
use thubaocao::{expected, identity, plan};

use crate::lab::installation::{Installation, LATE, both_forms, succeed};
use crate::lab::outcome::{acknowledged, logged, reminded, report};
use crate::lab::written;
use crate::reminders::at;

const ENDED: &str = "ldld-tuy-an";
const HEIR: &str = "ldld-dong-hoa";

/// The sample configuration with one report of two units; one of them ends on a day and the other takes over.
fn config(ends: Option<Date>) -> Config {
    let mut config = crate::reminders::config();
    let mut heir = config.register.units[1].clone();
    assert_eq!(heir.id.0, ENDED);
    heir.id = UnitId(HEIR.into());
    heir.name = "Liên đoàn Lao động thị xã Đông Hòa".into();
    heir.emails = vec!["dong-hoa@x.example".into()];
    heir.escalate_to = None;
    config.register.units.push(heir);
    config.register.units[1].valid_to = ends;
    config.register.units[1].successors = vec![UnitId(HEIR.into())];
    config
}

fn opened() -> Store {
    Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap()
}

/// The letters that leave at a moment, each with its address and text.
fn letters(config: &Config, store: &Store, now: Timestamp) -> Vec<(String, String)> {
    expected::store_expected(config, store, now).unwrap();
    plan::owe_reminders(config, store, now).unwrap();
    let queue = store.queue(now).unwrap();
    let composed = queue
        .iter()
        .map(|mail| letters::compose(config, store, mail, now).unwrap());
    let letters = composed.filter_map(|composed| match composed {
        Composed::Ready(draft) => Some((draft.to[0].clone(), draft.text)),
        Composed::Hold | Composed::Blocked(_) | Composed::Dropped(_) => None,
    });
    letters.collect()
}

#[test]
fn a_letter_to_a_successor_names_the_unit_that_is_meant() {
    let config = config(Some(date(2026, 6, 20)));
    let letters = letters(&config, &opened(), at("2026-06-23T02:00:00Z"));
    let texts: Vec<&str> = letters.iter().map(|(_, text)| text.as_str()).collect();
    // Who owes a report of its own, too, gets one letter of both.
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(letters.iter().all(|(to, _)| to == "dong-hoa@x.example"));
    for says in [
        "Kính gửi: Liên đoàn Lao động thị xã Đông Hòa\n",
        "  Đơn vị: Liên đoàn Lao động huyện Tuy An (nay do đơn vị kế thừa nhiệm vụ)\n",
        "  Đơn vị: Liên đoàn Lao động thị xã Đông Hòa\n",
    ] {
        assert!(texts[0].contains(says), "{texts:?}");
    }
}

#[test]
fn a_unit_that_ended_within_a_period_does_not_owe_what_its_successor_does() {
    let now = at("2026-06-23T02:00:00Z");
    let ended = config(Some(date(2026, 5, 31)));
    let to_whom = |store: &Store| letters(&ended, store, now).len();
    assert_eq!(to_whom(&opened()), 1, "never expected");

    // It was expected before somebody knew.
    let store = opened();
    expected::store_expected(&config(None), &store, at("2026-03-01T02:00:00Z")).unwrap();
    identity::settle(&ended, &store, now).unwrap();
    assert_eq!(to_whom(&store), 1);
    let of_it = || {
        let all = store.obligations(Receipts::All).unwrap();
        let half = PeriodId::Half(2026, 1);
        all.into_iter()
            .find(|o| o.unit.0 == ENDED && o.period == half)
            .unwrap()
    };
    let why = of_it().excused.unwrap();
    assert!(why.contains("ngày 31/5/2026"), "{why}");
    // Staff who know better are not overruled.
    assert!(store.withdraw_excuse(of_it().id, now).unwrap());
    identity::settle(&ended, &store, now).unwrap();
    assert!(of_it().excused.is_none());
}

#[test]
fn a_report_from_an_address_that_has_just_been_replaced_is_logged_and_acknowledged() {
    let installation = Installation::on_maildir();
    let round = || succeed(installation.run(&["run", "--once"]));
    round();
    installation.edit("units.csv", LATE, "moi@tuyan.example");
    let folder = installation.maildir().join("new");
    fs::write(folder.join("1.report"), report(LATE, "1")).unwrap();
    round();
    assert_eq!(acknowledged(&installation, LATE), 1);
}

#[test]
fn units_of_a_kind_that_only_the_configuration_knows_are_matched_and_reminded() {
    const SHARED: &str = "dackhu@phuyen.example";
    let installation = Installation::on_maildir();
    let append = |file: &str, more: &str| {
        let path = installation.config().join(file);
        let text = fs::read_to_string(&path).unwrap() + more;
        fs::write(path, text).unwrap();
    };
    append(
        "units.csv",
        &["Phú Quý", "Côn Đảo"]
            .map(|place| {
                let id = if place == "Phú Quý" {
                    "phu-quy"
                } else {
                    "con-dao"
                };
                format!(
                    "{id},Công đoàn đặc khu {place},Đặc khu {place},special_zone,ldld-tinh,{SHARED},,,,,\n"
                )
            })
            .concat(),
    );
    let refused = installation.run(&["check", "--offline"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(
        told.contains("the kind \"special_zone\" of phu-quy must be one of"),
        "{told}"
    );
    append(
        "thubaocao.toml",
        "\n[[kind]]\nid = \"special_zone\"\nname = \"Công đoàn đặc khu\"\nlevel = \"area\"\nshort = [\"CĐ ĐK\", \"CĐĐK\"]\n",
    );
    installation.edit(
        "reports.toml",
        "\"district\"",
        "\"district\", \"special_zone\"",
    );
    // The address is that of both: which one is meant is told by its short form alone.
    let subject = "CĐ ĐK Phú Quý: Báo cáo công tác trẻ em";
    let mail = written(SHARED, subject, "Kính gửi Ban", &both_forms("1"));
    fs::write(installation.maildir().join("new").join("1.report"), mail).unwrap();
    succeed(installation.run(&["run", "--once"]));
    assert!(logged(&installation, "phu-quy"));
    assert!(!logged(&installation, "con-dao"));
    assert_eq!(acknowledged(&installation, SHARED), 1);
    assert_eq!(reminded(&installation, SHARED), 1);
}

#[test]
fn a_deadline_that_changes_asks_whether_it_is_meant_for_open_periods() {
    let now = at("2026-06-01T02:00:00Z");
    let store = opened();
    let mut config = config(None);
    expected::store_expected(&config, &store, now).unwrap();
    let dues = || {
        let all = store.obligations(Receipts::All).unwrap().into_iter();
        let half = PeriodId::Half(2026, 1);
        let dues = all.filter(|o| o.period == half).map(|o| o.due.to_string());
        dues.collect::<Vec<_>>()
    };
    let frozen = dues();
    let questions = |config: &Config| identity::deadline_questions(config, &store, now).unwrap();
    assert!(questions(&config).is_empty());
    config.reports[0].due = DueRule::DayOfLastMonth(25);
    let asked = questions(&config);
    assert_eq!(asked.len(), 1, "{asked:?}");
    for word in [
        "2026-H1",
        "2026-06-25",
        "of 2 open obligations is 2026-06-15",
    ] {
        assert!(asked[0].contains(word), "{asked:?}");
    }
    for (applies, wanted) in [(None, 1), (Some(false), 0)] {
        config.reports[0].applies_to_open = applies;
        identity::settle(&config, &store, now).unwrap();
        assert_eq!(dues(), frozen);
        assert_eq!(questions(&config).len(), wanted);
    }
    config.reports[0].applies_to_open = Some(true);
    identity::settle(&config, &store, now).unwrap();
    assert_eq!(dues(), ["2026-06-25T10:00:00Z", "2026-06-25T10:00:00Z"]);
    assert_eq!(store.history(ENDED).unwrap().len(), 1);
}

#[test]
fn what_was_expected_stays_when_a_report_is_due_in_other_periods() {
    let mut config = config(None);
    let report = &mut config.reports[0];
    report.frequency = Frequency::Monthly;
    report.first_period = None;
    report.due = DueRule::DayOfLastMonth(10);
    let store = opened();
    let before = at("2026-06-19T02:00:00Z");
    expected::store_expected(&config, &store, before).unwrap();
    let months = store.obligations(Receipts::All).unwrap();
    assert!(months.len() > 8, "{}", months.len());
    // One unit has sent them all.
    for month in months.iter().filter(|o| o.unit.0 == ENDED) {
        let submission = NewSubmission {
            obligation: month.id,
            message: None,
            received_at: month.due,
            forms: month.forms,
            nil_return: false,
            number: None,
            files: vec![],
        };
        store.log_submission(&submission, month.due).unwrap();
    }

    config.reports[0].frequency = Frequency::Quarterly;
    let letters = letters(&config, &store, at("2026-06-22T02:00:00Z"));
    let told: Vec<_> = letters.iter().map(|(to, _)| to).collect();
    assert_eq!(told, ["dong-hoa@x.example"], "{letters:#?}");
    let after = store.obligations(Receipts::All).unwrap();
    for month in &months {
        let same = after.iter().find(|o| o.id == month.id).unwrap();
        assert_eq!((&same.period, same.due), (&month.period, month.due));
    }
}
