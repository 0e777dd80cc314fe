//! A title that staff assigned once is known from then on, of all units, until they say otherwise.

use std::fs;

use rusqlite::Connection;
use thubaocao::domain::row::MessageId;
use thubaocao::store::Store;

use crate::lab::demo::Demo;
use crate::lab::installation::{json_lines, word};
use crate::lab::written;

const TITLE: &str = "Báo cáo phong trào “Giỏi việc nước, đảm việc nhà” 6 tháng đầu năm 2026";

/// The last row of a table.
fn last(demo: &Demo, table: &str) -> i64 {
    let store = Connection::open(demo.dir().join("data/thubaocao.sqlite")).unwrap();
    let sql = format!("SELECT max(id) FROM {table}");
    store.query_row(&sql, [], |r| r.get(0)).unwrap()
}

/// A mail of a unit with this subject; gives its number.
fn sends(demo: &Demo, unit: &str, subject: &str, mark: &str) -> i64 {
    let from = format!("{unit}@phuyen.example");
    let mail = written(&from, subject, "Kính gửi Ban", &[("BC.docx", word(mark))]);
    let head = "Authentication-Results: mx.google.com; dmarc=pass header.from=phuyen.example\r\n";
    let path = demo.dir().join("maildir/new").join(format!("{mark}.1.x"));
    fs::write(&path, [head.as_bytes(), &mail].concat()).unwrap();
    let received: jiff::Timestamp = Demo::AFTER.parse().unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(received.into()).unwrap();
    demo.after(&["run", "--once"]);
    last(demo, "message")
}

fn waits(demo: &Demo, mail: i64) -> bool {
    let inbox = json_lines(&demo.after(&["inbox", "--json"]));
    inbox.iter().any(|l| l["message"] == mail)
}

fn says(demo: &Demo, mail: i64, unit: &str, report: &str, period: &str) -> String {
    let mail = mail.to_string();
    demo.after(&[
        "assign", &mail, "--unit", unit, "--report", report, "--period", period,
    ])
}

/// The number of the last change.
fn last_change(demo: &Demo) -> String {
    last(demo, "correction").to_string()
}

#[test]
fn a_title_that_staff_assigned_once_is_known_of_all_units_until_they_revoke_or_contradict_it() {
    let demo = Demo::new();
    let store = demo.dir().join("data/thubaocao.sqlite");
    let learned = || Store::copy_of(&store).unwrap().learned_titles().unwrap();
    let first = sends(&demo, "ldld.tayhoa", TITLE, "a");
    assert!(waits(&demo, first));
    let said = says(&demo, first, "ldld-tay-hoa", "nu-cong", "2026-H1");
    assert!(said.contains("from now on"), "{said}");
    let taught = learned();
    let shown = demo.after(&["reports", "learned"]);
    let mail = format!("(mail {first})");
    for part in ["nu-cong", &mail, "phong trao gioi viec nuoc dam viec nha"] {
        assert!(shown.contains(part), "{shown}");
    }

    // Another unit's next one is logged.
    let second = sends(&demo, "ldld.dongxuan", TITLE, "b");
    assert!(!waits(&demo, second));
    let history = demo.after(&[
        "status", "--json", "--report", "nu-cong", "--period", "2026-H1",
    ]);
    let of_unit = json_lines(&history).into_iter();
    let mut of_unit = of_unit.filter(|l| l["unit"] == "ldld-dong-xuan");
    assert_eq!(of_unit.next().unwrap()["missing"], serde_json::json!([]));

    // That it is no report contradicts what was taught, and taking that back ends the contradiction.
    demo.after(&["ignore", &second.to_string()]);
    assert_eq!(learned(), []);
    demo.after(&["undo", &last_change(&demo)]);
    assert_eq!(learned(), taught);

    // A different assignment ends it.
    let third = sends(
        &demo,
        "ldld.songhinh",
        &TITLE.replace("2026", "2026 (bổ sung)"),
        "c",
    );
    assert!(waits(&demo, third), "other words are another title");
    let said = says(&demo, second, "ldld-dong-xuan", "tre-em", "2026-H1");
    assert!(said.contains("none from now on"), "{said}");
    assert_eq!(learned(), []);
    let fourth = sends(&demo, "ldld.phuhoa", TITLE, "d");
    assert!(waits(&demo, fourth));
    demo.after(&["undo", &last_change(&demo)]);
    assert_eq!(learned(), taught);

    // Revoked, it is not learned again by itself.
    demo.after(&["reports", "forget", &taught[0].id.to_string()]);
    assert_eq!(learned(), []);
    let forgotten = last_change(&demo);
    says(&demo, fourth, "ldld-phu-hoa", "nu-cong", "2026-H1");
    assert_eq!(learned(), []);
    demo.after(&["undo", &forgotten]);
    assert_eq!(learned(), taught);

    // Taken back where it was taught first, it rests on what was said since.
    demo.after(&["ignore", &first.to_string()]);
    assert_eq!(learned()[0].lesson.mail, MessageId(fourth));
}
