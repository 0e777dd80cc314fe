//! The page for a browser: it says of each unit what the Excel file of the digest says, nothing in it acts or comes from
//! elsewhere, and the service writes it anew with each digest, whole.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::demo::{Demo, sample};
use crate::lab::installation::{succeed, thubaocao};
use crate::look::look;

#[test]
fn the_page_says_of_each_unit_what_is_known_and_of_what_waits_never_that_it_is_missing() {
    let demo = Demo::new();
    let page = demo.after(&["page"]);
    let (_, rest) = page
        .split_once("công tác chăm sóc, giáo dục và bảo vệ trẻ em</h2>")
        .unwrap();
    let (table, _) = rest.split_once("</table>").unwrap();
    let cell = |unit: &str| {
        let row = table
            .split("<tr>")
            .find(|r| r.contains(&format!(">{unit}</th>")));
        let row = row.unwrap_or_else(|| panic!("no {unit}"));
        let (_, cell) = row.split_once("<td class=\"").unwrap();
        let (tone, rest) = cell.split_once("\">").unwrap();
        let (says, _) = rest.split_once("</td>").unwrap();
        (tone.to_owned(), says.replace("&#x2f;", "/"))
    };
    let stands = |unit: &str| {
        let (tone, says) = cell(unit);
        format!("{tone}: {says}")
    };
    assert_eq!(stands("LĐLĐ huyện Tây Hòa"), "bad: Chưa nộp");
    assert_eq!(stands("LĐLĐ huyện Tuy An"), "good: Đúng hạn 15/6");
    assert_eq!(stands("CĐ ngành Công Thương"), "part: Trễ 17/6");
    assert_eq!(
        stands("CĐ ngành Xây dựng"),
        "part: Đang chờ xử lý (thư số 27)"
    );
    // As many in each state as the status has.
    let of = |state: &str| {
        let all = demo.after(&[
            "status", "--report", "tre-em", "--period", "2026-H1", "--json",
        ]);
        let all = all
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap());
        all.filter(|s| s["state"] == state).count()
    };
    for (state, word) in [
        ("submitted", "\">Đúng hạn "),
        ("late", "\">Trễ "),
        ("overdue", "\">Chưa nộp"),
        ("waiting", "\">Đang chờ xử lý"),
        ("partial", "\">Thiếu "),
    ] {
        assert_eq!(table.matches(word).count(), of(state), "{state}");
    }
    assert!(rest.contains(
        "Đủ 12/28 đơn vị (43%), đúng hạn 10, thiếu một phần 1, đang chờ xử lý 1, chưa nộp 14."
    ));
    // Those who owe something come first.
    let place = |unit: &str| table.find(&format!(">{unit}</th>")).unwrap();
    assert!(place("LĐLĐ huyện Tây Hòa") < place("CĐ ngành Xây dựng"));
    assert!(place("CĐ ngành Xây dựng") < place("LĐLĐ huyện Tuy An"));
    // A year later the periods of then stand beside.
    let later = demo.run(&["--at", "2027-05-24T08:00:00+07:00", "page"]);
    let (_, later) = later.split_once("bảo vệ trẻ em</h2>").unwrap();
    let (later, _) = later.split_once("</table>").unwrap();
    let heads = ["6 tháng cuối năm 2026<br>", "6 tháng đầu năm 2026<br>"];
    let [newer, older] = heads.map(|h| later.find(h).unwrap_or_else(|| panic!("{later}")));
    assert!(newer < older);
}

#[test]
fn nothing_in_the_page_acts_or_comes_from_elsewhere_and_it_is_read_on_phones_and_desks() {
    let demo = Demo::new();
    let page = demo.after(&["page"]);
    for part in [
        "<script",
        "<form",
        "<a ",
        "<link",
        "<img",
        "<iframe",
        "href",
        "src=",
        "url(",
        "@",
        "http://",
        "https://",
        "mailto:",
        "TBC.",
        "BC-2026-",
        "javascript",
        "onclick",
    ] {
        // The styles have rules that begin with @media.
        let rest = page.replace("@media", "");
        assert!(!rest.contains(part), "{part}");
    }
    assert!(page.contains("default-src 'none'"));
    look("the page", &page);
    look(
        "the page with history",
        &demo.run(&["--at", "2027-05-24T08:00:00+07:00", "page"]),
    );
}

/// An installation that writes the page to `www/index.html`.
fn with_page() -> TempDir {
    let folder = sample();
    let path = folder.path().join("config/thubaocao.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("report_page = \"www/index.html\"\n{text}")).unwrap();
    folder
}

#[test]
fn the_service_writes_the_page_with_each_digest_for_everybody_to_read() {
    let folder = with_page();
    let www = folder.path().join("www");
    fs::create_dir(&www).unwrap();
    let page = www.join("index.html");
    let run = |at: &str| {
        let mut command = thubaocao(&folder.path().join("config"));
        succeed(
            command
                .args(["--at", at, "run", "--once"])
                .output()
                .unwrap(),
        );
    };
    let says = || fs::read_to_string(&page).unwrap();
    run("2026-06-15T06:00:00+07:00");
    assert!(!page.exists(), "there was no digest");
    run("2026-06-15T07:01:00+07:00");
    assert!(says().contains("Tính đến 7 giờ 01 ngày 15&#x2f;6&#x2f;2026."));
    let seen = fs::metadata(&page).unwrap();
    assert_eq!(seen.permissions().mode() & 0o777, 0o644);
    // Once a digest.
    run("2026-06-15T09:00:00+07:00");
    assert_eq!(fs::metadata(&page).unwrap().ino(), seen.ino());
    // Who reads the old one meanwhile has it whole.
    let mut open = fs::File::open(&page).unwrap();
    run("2026-06-16T07:01:00+07:00");
    let mut before = String::new();
    open.read_to_string(&mut before).unwrap();
    assert!(before.contains("ngày 15&#x2f;6&#x2f;2026.") && before.ends_with("</html>"));
    assert!(says().contains("Tính đến 7 giờ 01 ngày 16&#x2f;6&#x2f;2026."));
    assert_eq!(
        fs::read_dir(&www).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn a_page_that_cannot_be_written_is_told_stops_nothing_and_is_written_as_soon_as_it_can_be() {
    let folder = with_page();
    let config = folder.path().join("config");
    let output = |at: &str, arguments: &[&str]| {
        let mut command = thubaocao(&config);
        command.args(["--at", at]).args(arguments).output().unwrap()
    };
    let at = "2026-06-15T07:01:00+07:00";
    succeed(output(at, &["run", "--once"]));
    let digests = fs::read_dir(folder.path().join("data/outbox"))
        .unwrap()
        .count();
    assert_eq!(digests, 1, "the digest leaves all the same");
    let health = output(at, &["health"]);
    let told = String::from_utf8(health.stdout).unwrap();
    assert!(
        !health.status.success()
            && told.contains("page: FAILS since 2026-06-15T07:01:00+07:00: không ghi được ")
            && told.contains(": thư mục chưa có\n"),
        "{told}"
    );
    let check = String::from_utf8(output(at, &["check"]).stdout).unwrap();
    assert!(
        check.contains("page: FAILED: cannot write into the folder "),
        "{check}"
    );
    fs::create_dir(folder.path().join("www")).unwrap();
    let check = String::from_utf8(output(at, &["check"]).stdout).unwrap();
    assert!(check.contains("page: ok ("), "{check}");
    let page = folder.path().join("www/index.html");
    assert!(!page.exists(), "check leaves nothing");
    // An office's own page that fails only when it is made.
    let own = config.join("templates");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("page.html"), "{{ moment | in_large_letters }}").unwrap();
    succeed(output("2026-06-15T07:20:00+07:00", &["run", "--once"]));
    assert!(!page.exists());
    fs::remove_dir_all(&own).unwrap();
    let at = "2026-06-15T07:30:00+07:00";
    succeed(output(at, &["run", "--once"]));
    assert!(page.exists());
    let told = String::from_utf8(output(at, &["health"]).stdout).unwrap();
    assert!(told.contains("page: ok"), "{told}");
}
