//! The year of each unit: its figures agree with how everything stands, each of them is made of reports with their receipt
//! codes, and the Excel file says the same.

use std::collections::BTreeSet;
use std::io::Read;

use serde_json::Value;

use crate::lab::demo::Demo;

/// What a command says, a value a line.
fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// A sheet of an Excel file, as texts.
fn sheet(path: &std::path::Path, name: &str) -> Vec<Vec<String>> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
    let range = calamine::Reader::worksheet_range(&mut book, name).unwrap();
    let row = |r: &[calamine::Data]| r.iter().map(ToString::to_string).collect();
    range.rows().map(row).collect()
}

#[test]
fn each_figure_of_a_year_is_made_of_reports_with_their_receipt_codes_and_agrees_with_the_status() {
    let demo = Demo::new();
    demo.after(&["return", "BC-2026-00017", "--reason", "thiếu số liệu"]);
    let year = lines(&demo.after(&["year", "2026", "--json"]));
    let status = lines(&demo.after(&["status", "--json"]));
    assert_eq!(year.len(), 28);
    let mut codes = BTreeSet::new();
    for unit in &year {
        let id = &unit["unit"];
        let own = status.iter().filter(|s| s["unit"] == *id);
        let own: Vec<&Value> = own.collect();
        let states = |names: &[&str]| {
            let named = own
                .iter()
                .filter(|s| names.contains(&s["state"].as_str().unwrap()));
            named.count() as u64
        };
        let n = |key: &str| unit[key].as_u64().unwrap();
        assert_eq!(n("on_time"), states(&["submitted"]), "{unit}");
        assert_eq!(n("late"), states(&["late"]), "{unit}");
        assert_eq!(n("partial"), states(&["partial"]), "{unit}");
        assert_eq!(n("not_yet") + n("not_sent"), states(&["overdue"]), "{unit}");
        assert_eq!(n("waiting"), states(&["waiting"]), "{unit}");
        assert_eq!(n("untracked"), states(&["untracked"]), "{unit}");
        let counted = ["on_time", "late", "partial", "not_yet", "not_sent"];
        assert_eq!(
            n("expected"),
            counted.iter().map(|k| n(k)).sum::<u64>(),
            "{unit}"
        );
        // What the figures are made of.
        let reports = unit["reports"].as_array().unwrap();
        assert_eq!(reports.len(), own.len(), "{unit}");
        let points = reports.iter().filter_map(|r| r["points"].as_i64());
        assert_eq!(unit["points"], points.sum::<i64>(), "{unit}");
        for key in counted {
            let of = reports.iter().filter(|r| r["outcome"] == key).count();
            assert_eq!(n(key), of as u64, "{unit}");
        }
        for report in reports {
            let stands = own.iter().find(|s| {
                ["report", "period", "due"]
                    .iter()
                    .all(|k| s[k] == report[k])
            });
            let versions = stands.unwrap()["versions"].as_u64().unwrap();
            let all = report["codes"].as_array().unwrap();
            let back = report["returned"].as_array().unwrap();
            assert_eq!((all.len() - back.len()) as u64, versions, "{report}");
            let whole = ["on_time", "late"].iter().any(|o| report["outcome"] == *o);
            assert!(!whole || versions > 0, "{report}");
            for code in all {
                let code = code.as_str().unwrap().to_owned();
                assert!(code.starts_with("BC-2026-"), "{report}");
                assert!(codes.insert(code), "one report has it: {report}");
            }
        }
    }
    assert!(codes.len() >= 20, "{codes:?}");
    let of = |id: &str| year.iter().find(|u| u["unit"] == id).unwrap();
    let back = of("ldld-tuy-an");
    assert_eq!(
        (&back["returned"], &back["on_time"]),
        (&1.into(), &2.into()),
        "{back}"
    );
    // A mail of the unit waits: that is held against nobody.
    let waits = of("cd-xay-dung");
    assert_eq!(
        (&waits["waiting"], &waits["expected"]),
        (&1.into(), &1.into()),
        "{waits}"
    );
    assert_eq!(waits["attainable"], 10);
    let late = of("cd-cong-thuong");
    assert_eq!(
        (&late["median_days_late"], &late["points"]),
        (&2.0.into(), &8.into()),
        "{late}"
    );
}

#[test]
fn the_excel_file_of_a_year_has_the_units_what_they_rest_on_and_the_years_with_charts_that_hold_their_numbers()
 {
    let demo = Demo::new();
    let path = demo.folder.path().join("nam.xlsx");
    let file = path.to_str().unwrap();
    let at = "2027-05-24T08:00:00+07:00";
    demo.run(&["--at", at, "year", "2027", "--xlsx", file]);
    let years = sheet(&path, "Qua các năm");
    let row = |of: &str| years.iter().find(|r| r[0] == of).unwrap().clone();
    // Of 2026: what counts, in time, late, incomplete, not yet, not sent.
    let told = lines(&demo.run(&["--at", at, "year", "2026", "--json"]));
    let sum = |key: &str| told.iter().map(|u| u[key].as_u64().unwrap()).sum::<u64>();
    let keys = [
        "expected", "on_time", "late", "partial", "not_yet", "not_sent",
    ];
    let wanted: Vec<String> = keys.iter().map(|k| sum(k).to_string()).collect();
    assert_eq!(row("2026")[1..7], wanted[..]);
    let rate = row("2026")[8].parse::<f64>().unwrap();
    assert!((rate - sum("on_time") as f64 / sum("expected") as f64).abs() < 1e-9);
    assert_eq!(row("2027")[2], "0");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    for (chart, series) in [("xl/charts/chart1.xml", 2), ("xl/charts/chart2.xml", 4)] {
        let mut text = String::new();
        zip.by_name(chart)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text.matches("<c:ser>").count(), series, "{text}");
        // Also who does not calculate sees the columns.
        assert_eq!(text.matches("<c:numCache>").count(), series, "{text}");
        assert!(
            text.contains("<c:v>2026</c:v>") && text.contains("<c:v>2027</c:v>"),
            "{text}"
        );
    }

    demo.after(&["year", "2026", "--xlsx", file]);
    let units = sheet(&path, "Theo dõi thi đua");
    let reports = sheet(&path, "Căn cứ tính điểm");
    let told = lines(&demo.after(&["year", "2026", "--json"]));
    let table = units.iter().skip_while(|r| r[0] != "STT").skip(1);
    let table: Vec<&Vec<String>> = table.collect();
    assert_eq!(table.len(), told.len());
    for (row, unit) in table.iter().zip(&told) {
        let keys = [
            (3, "expected"),
            (4, "on_time"),
            (5, "late"),
            (13, "points"),
            (16, "rank"),
        ];
        for (column, key) in keys {
            assert_eq!(row[column], unit[key].to_string(), "{key}: {row:?}");
        }
        // The list that each figure rests on names the unit as often.
        let own = reports.iter().filter(|r| r[1] == row[1]);
        let own: Vec<&Vec<String>> = own.collect();
        assert_eq!(
            own.len(),
            unit["reports"].as_array().unwrap().len(),
            "{row:?}"
        );
        let in_time = own
            .iter()
            .filter(|r| r[6] == "Đúng hạn" && r[7].contains("BC-2026-"));
        assert_eq!(
            in_time.count() as u64,
            unit["on_time"].as_u64().unwrap(),
            "{row:?}"
        );
    }
    assert!(
        units[2][0].starts_with("Điểm mỗi báo cáo: đúng hạn 10; "),
        "{:?}",
        units[2]
    );
}

#[test]
fn an_office_sets_its_own_points() {
    let demo = Demo::new();
    let path = demo.dir().join("config/thubaocao.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let own = |points: &str| std::fs::write(&path, format!("{text}\n[points]\n{points}")).unwrap();
    own("on_time = 4\nlate_per_day = 3\nlate_least = 2\nnot_sent = -1\n");
    let at = "2026-08-24T08:00:00+07:00";
    let told = lines(&demo.run(&["--at", at, "year", "2026", "--json"]));
    let late = told.iter().find(|u| u["unit"] == "cd-cong-thuong").unwrap();
    let n = |key: &str| late[key].as_i64().unwrap();
    assert!(n("not_sent") > 0, "{late}");
    assert_eq!(n("points"), 2 - n("not_sent"), "{late}");
    assert_eq!(n("attainable"), 4 * n("expected"), "{late}");
    own("late_least = 11\n");
    let output = demo.output(&["check", "--offline"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("`points.late_least` must be no more than `points.on_time`"),
        "{told}"
    );
}

#[test]
fn the_excel_file_of_the_weekly_digest_has_the_year_and_that_of_other_days_has_not() {
    let demo = Demo::new();
    let mut with = BTreeSet::new();
    let mut without = BTreeSet::new();
    for entry in std::fs::read_dir(demo.dir().join("outbox")).unwrap() {
        let raw = std::fs::read(entry.unwrap().path()).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
        for file in mail.attachments() {
            let name = mail_parser::MimeHeaders::attachment_name(file).unwrap();
            let Some(day) = name.strip_prefix("tinh-hinh-bao-cao-") else {
                continue;
            };
            let day: jiff::civil::Date = day.strip_suffix(".xlsx").unwrap().parse().unwrap();
            let book = std::io::Cursor::new(file.contents());
            let mut book = <calamine::Xlsx<_> as calamine::Reader<_>>::new(book).unwrap();
            let names = calamine::Reader::sheet_names(&book);
            let has = |name: &str| names.iter().any(|n| n == name);
            assert_eq!(
                has("Theo dõi thi đua"),
                has("Căn cứ tính điểm"),
                "{names:?}"
            );
            if has("Theo dõi thi đua") {
                let year =
                    calamine::Reader::worksheet_range(&mut book, "Theo dõi thi đua").unwrap();
                let first = year.rows().next().unwrap()[0].to_string();
                assert!(first.ends_with(": THEO DÕI THI ĐUA NĂM 2026"), "{first}");
                with.insert(day);
            } else {
                without.insert(day);
            }
        }
    }
    let monday = |day: &jiff::civil::Date| day.weekday() == jiff::civil::Weekday::Monday;
    assert!(
        without.len() > 10 && !without.iter().any(monday),
        "{without:?}"
    );
    // And the days after a deadline.
    assert!(
        with.iter().any(monday) && with.contains(&jiff::civil::date(2026, 6, 16)),
        "{with:?}"
    );
}
