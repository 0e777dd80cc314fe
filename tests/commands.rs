//! The commands that users and scripts rely on, on the sample configuration.

use std::fs;
use std::path::Path;

use thubaocao::writing::spreadsheet::{Cell, Sheet, workbook};

use crate::lab::demo::sample;
use crate::lab::installation::{json_lines, succeed, thubaocao};

#[test]
fn the_sample_configuration_works_as_it_stands() {
    let dir = sample();
    let config = dir.path().join("config");
    let said = succeed(
        thubaocao(&config)
            .args(["check", "--at", "2026-06-01T08:00:00+07:00"])
            .output()
            .unwrap(),
    );
    assert!(
        said.contains("configuration: ok (31 units, 8 reports)"),
        "{said}"
    );
    assert!(said.contains("mailbox: ok"), "{said}");
    let once = ["run", "--once", "--at", "2026-06-01T08:00:00+07:00"];
    succeed(thubaocao(&config).args(once).output().unwrap());
    let out = fs::read_dir(dir.path().join("data/outbox")).unwrap();
    assert_eq!(out.count(), 1, "a quiet day has its digest");
}

#[test]
fn the_repositorys_own_configuration_has_no_fault() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    succeed(
        thubaocao(&config)
            .args(["check", "--offline"])
            .output()
            .unwrap(),
    );
}

#[test]
fn every_fault_of_every_file_is_named_at_once() {
    let dir = sample();
    let config = dir.path().join("config");
    let change = |name: &str, from: &str, to: &str| {
        let path = config.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    };
    change(
        "thubaocao.toml",
        "digest_at = \"07:00\"",
        "digest_at = \"7 giờ\"",
    );
    change("thubaocao.toml", "poll_minutes", "pol_minutes");
    change(
        "units.csv",
        "ldld.songcau@phuyen.example",
        "ldld.songcau(at)phuyen.example",
    );
    change(
        "units.csv",
        "ldld-dong-hoa,mnhoavinh",
        "ldld-dong-hao,mnhoavinh",
    );
    change(
        "reports.toml",
        "frequency = \"six_months\"",
        "frequency = \"6 tháng\"",
    );
    change(
        "reports.toml",
        "due = { days_after_event = 10 }",
        "due = { days_after = 10 }",
    );
    change("holidays.toml", "\"8/2-9/2\"", "\"9/2-8/2\"");
    fs::create_dir(config.join("templates")).unwrap();
    fs::write(config.join("templates/digest.txt"), "a\n{% if %}\n").unwrap();
    fs::write(config.join("templates/acknowledgment.txt"), "").unwrap();
    let misspelt = "Kính gửi\n{{ unit.nam }}";
    fs::write(config.join("templates/link_only.txt"), misspelt).unwrap();
    let output = thubaocao(&config)
        .args(["check", "--offline"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n").replace(config.to_str().unwrap(), "config"));
}

#[test]
fn an_event_whose_day_some_year_lacks_or_nobody_knows_is_refused() {
    let dir = sample();
    let config = dir.path().join("config");
    let said = |file: &str, from: &str, to: &str, at: &str| {
        let path = config.join(file);
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{file} has no {from}");
        fs::write(&path, before.replacen(from, to, 1)).unwrap();
        let arguments = ["--at", at, "check", "--offline"];
        let output = thubaocao(&config).args(arguments).output().unwrap();
        fs::write(&path, before).unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let today = "2026-06-16T08:00:00+07:00";
    let lunar = "lunar = \"15/8\"";
    for (file, from, to, at, code, fault) in [
        ("reports.toml", lunar, "lunar = \"29/12\"", today, 0, ""),
        ("reports.toml", lunar, "lunar = \"29/2\"", today, 0, ""),
        (
            "reports.toml",
            lunar,
            "lunar = \"30/12\"",
            today,
            2,
            "the day up to 29",
        ),
        (
            "reports.toml",
            lunar,
            "lunar = \"1/13\"",
            today,
            2,
            "day/month of the lunar year",
        ),
        (
            "reports.toml",
            lunar,
            "lunar = \"rằm\"",
            today,
            2,
            "day/month of the lunar year",
        ),
        (
            "reports.toml",
            lunar,
            "solar = \"1/2-29/2\"",
            today,
            2,
            "that every year has",
        ),
        (
            "thubaocao.toml",
            "since = \"2026-01-01\"    #",
            "since = \"2101-01-01\"    #",
            today,
            2,
            "the lunar years from 1900 to 2100 are known, and `schedule.since` is 2101-01-01",
        ),
        (
            "reports.toml",
            lunar,
            lunar,
            "2099-06-16T08:00:00+07:00",
            0,
            "",
        ),
        (
            "reports.toml",
            lunar,
            lunar,
            "2100-06-16T08:00:00+07:00",
            1,
            "the lunar years from 1900 to 2100 are known; in 2101 nobody is asked for ",
        ),
        (
            "reports.toml",
            lunar,
            "solar = \"1/6\"",
            "2100-06-16T08:00:00+07:00",
            0,
            "",
        ),
    ] {
        let (ended, words) = said(file, from, to, at);
        assert_eq!(ended, Some(code), "{to} at {at}: {words}");
        assert!(words.contains(fault), "{to} at {at}: {words}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_right() {
    let dir = sample();
    let config = dir.path().join("config");
    let refused = |arguments: &[&str]| {
        let output = thubaocao(&config).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["status", "--report", "treem"]).contains("did you mean `tre-em`?"));
    assert!(
        refused(&["run", "--at", "2026-06-01T08:00:00+07:00"])
            .contains("--at works with `run --once` only")
    );
    assert!(refused(&["status", "--period", "2026-13"]).contains("2026-Q1"));
    assert!(refused(&["plan", "--on", "hôm nay"]).contains("--on"));
    let output = thubaocao(&dir.path().join("nowhere"))
        .arg("status")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_status_of_an_empty_store_lists_what_is_expected() {
    let dir = sample();
    let config = dir.path().join("config");
    let arguments = ["status", "--json", "--at", "2026-06-16T08:00:00+07:00"];
    let text = succeed(thubaocao(&config).args(arguments).output().unwrap());
    let all = json_lines(&text);
    let count = |report: &str, period: &str| {
        all.iter()
            .filter(|l| l["report"] == report && l["period"] == period)
            .count()
    };
    assert_eq!(count("tre-em", "2026-H1"), 28);
    assert_eq!(count("tre-em", "2025-H2"), 0, "due before `since`");
    assert_eq!(count("quan-he-lao-dong", "2026-Q2"), 10);
    assert_eq!(count("nu-cong", "2026-H1"), 16);
    assert_eq!(count("tai-nan-lao-dong", "2026-06"), 13);
    assert_eq!(count("ke-hoach-tre-em", "2024"), 0);
    let one = text
        .lines()
        .find(|l| l.starts_with(r#"{"unit":"ldld-dong-hoa","report":"tre-em","period":"2026-H1""#));
    insta::assert_snapshot!(one.unwrap(), @r#"{"unit":"ldld-dong-hoa","report":"tre-em","period":"2026-H1","due":"2026-06-15T17:00:00+07:00","state":"overdue","closed":false,"missing":["signed_document","soft_file"],"first_received":null,"complete_at":null,"on_time":null,"versions":0,"reminders_sent":0}"#);
    assert!(!dir.path().join("data").exists(), "looking writes nothing");
}

#[test]
fn what_is_taken_back_leaves_what_stood_before_it() {
    let dir = sample();
    let config = dir.path().join("config");
    let run = |arguments: &[&str]| {
        let mut command = thubaocao(&config);
        command.args(["--at", "2026-06-12T08:00:00+07:00"]);
        succeed(command.args(arguments).output().unwrap())
    };
    let of = || {
        let all = json_lines(&run(&["status", "--json", "--report", "nu-cong"]));
        let line = all.into_iter().find(|l| l["unit"] == "ldld-tuy-hoa");
        line.unwrap()
    };
    let what = ["ldld-tuy-hoa", "nu-cong", "2026-H1"];
    for (change, due) in ["2026-06-22", "2026-06-26"].into_iter().enumerate() {
        run(&[&["extend"], &what[..], &["--due", due, "--by", "Lan"]].concat());
        let day = of()["due"].as_str().unwrap()[..10].to_owned();
        assert_eq!(day, due, "{change}");
    }
    let history = run(&["history"]);
    assert!(
        history.contains("due on 2026-06-22 → due on 2026-06-26"),
        "{history}"
    );
    run(&["undo", "2", "--by", "Hoa"]);
    assert!(
        of()["due"].as_str().unwrap().starts_with("2026-06-22"),
        "the first extension holds"
    );
    assert_ne!(of()["state"], "overdue");
    run(&["undo", "1", "--by", "Hoa"]);
    assert!(of()["due"].as_str().unwrap().starts_with("2026-06-10"));

    // Paper that was marked twice, and once too often.
    for day in ["2026-06-09", "2026-06-11"] {
        run(&[
            &["received-paper"],
            &what[..],
            &["--on", day, "--by", "Lan"],
        ]
        .concat());
    }
    let missing = of()["missing"].clone();
    assert_eq!(missing, serde_json::json!(["soft_file"]));
    // Two extensions, two changes that took them back, two papers.
    run(&["undo", "6", "--by", "Hoa"]);
    assert_eq!(of()["missing"], missing, "the first paper is there");
}

#[test]
fn the_plan_of_a_day_names_its_mails_and_writes_nothing() {
    let dir = sample();
    let config = dir.path().join("config");
    let plan = |day: &str| {
        let arguments = [
            "plan",
            "--on",
            day,
            "--json",
            "--at",
            "2026-06-01T08:00:00+07:00",
        ];
        json_lines(&succeed(
            thubaocao(&config).args(arguments).output().unwrap(),
        ))
    };
    let kinds = |lines: &[serde_json::Value], kind: &str| {
        lines.iter().filter(|l| l["kind"] == kind).count()
    };
    let before = plan("2026-06-08");
    assert_eq!(kinds(&before, "reminder_before"), 28);
    assert_eq!(kinds(&before, "digest"), 1);
    let late = plan("2026-06-16");
    assert_eq!(kinds(&late, "reminder_late"), 28);
    let sunday = plan("2026-06-14");
    assert_eq!(sunday.len(), 1, "a day off has its digest and no reminders");
    // 15/6 + 12 working days
    let escalation = plan("2026-07-01");
    let line = escalation
        .iter()
        .find(|l| l["kind"] == "escalation" && l["unit"] == "ldld-dong-hoa")
        .unwrap();
    assert_eq!(
        line["to"],
        serde_json::json!(["chutich.donghoa@phuyen.example"])
    );
    assert_eq!(
        line["cc"],
        serde_json::json!(["ldld.donghoa@phuyen.example"])
    );
    assert!(!dir.path().join("data").exists(), "looking writes nothing");
}

#[test]
fn the_digest_of_a_quiet_day_is_short() {
    let dir = sample();
    let config = dir.path().join("config");
    let html = dir.path().join("digest.html");
    let arguments = [
        "digest",
        "--on",
        "2026-02-18",
        "--html",
        html.to_str().unwrap(),
        "--at",
        "2026-02-18T07:00:00+07:00",
    ];
    let text = succeed(thubaocao(&config).args(arguments).output().unwrap());
    insta::assert_snapshot!(text);
    assert!(
        fs::read_to_string(html)
            .unwrap()
            .contains("Bản tin tiếp nhận báo cáo")
    );
}

/// A workbook as staff keep it: a title above, Vietnamese headings.
fn register_sheet(rows: &[[&str; 11]]) -> Vec<u8> {
    let headings = thubaocao::config::sheet::HEADINGS;
    let rows = rows.iter();
    let sheet = Sheet {
        name: "Danh bạ".into(),
        title: vec!["DANH BẠ CÔNG ĐOÀN".into()],
        columns: headings.iter().map(|h| ((*h).to_owned(), 20.0)).collect(),
        rows: Box::new(rows.map(|r| Ok(r.iter().map(|c| Cell::from(*c)).collect()))),
        charts: vec![],
    };
    workbook([sheet], jiff::Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn the_register_goes_out_as_a_spreadsheet_and_comes_back_wholly_or_not_at_all() {
    let dir = sample();
    let config = dir.path().join("config");
    let file = dir.path().join("danh ba.xlsx");
    let units = |what: &str| {
        let mut command = thubaocao(&config);
        command.args(["units", what]).arg(&file).output().unwrap()
    };
    let register = || fs::read_to_string(config.join("units.csv")).unwrap();
    let before = register();
    succeed(units("export"));
    succeed(units("check"));
    succeed(units("import"));
    assert_eq!(register(), before, "what comes back is what went out");

    // Wrong rows are named by sheet row; nothing of the file is taken over.
    let tinh = [
        "ldld-tinh",
        "LĐLĐ tỉnh",
        "",
        "Cấp tỉnh",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ];
    let wrong = [
        tinh,
        [
            "a",
            "",
            "",
            "Cấp huyen",
            "ldld-tinh",
            "khong phai",
            "",
            "",
            "",
            "",
            "",
        ],
        [
            "b",
            "B",
            "",
            "Cấp huyện",
            "ldld-tinh",
            "b@b.example",
            "",
            "",
            "31/2/2026",
            "",
            "",
        ],
        [
            "c",
            "C",
            "",
            "Cấp huyện",
            "ldld-tin",
            "c@c.example",
            "",
            "",
            "",
            "",
            "",
        ],
    ];
    fs::write(&file, register_sheet(&wrong)).unwrap();
    for what in ["check", "import"] {
        let output = units(what);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        let named = |row: &str, fault: &str| {
            let found = said.lines().any(|l| l.contains(row) && l.contains(fault));
            assert!(found, "{row} {fault}: {said}");
        };
        named("xlsx:5:", "has no name");
        named("xlsx:5:", "\"Cấp huyen\"");
        named("xlsx:5:", "is no mail address");
        named("xlsx:6:", "31/2/2026");
        named("xlsx:7:", "ldld-tin");
    }
    assert_eq!(register(), before);

    // A unit of which something is expected does not vanish.
    let once = ["run", "--once", "--at", "2026-06-01T08:00:00+07:00"];
    succeed(thubaocao(&config).args(once).output().unwrap());
    fs::write(&file, register_sheet(&[tinh])).unwrap();
    let output = units("import");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("ldld-tuy-an") && said.contains("valid_to"),
        "{said}"
    );
    assert_eq!(register(), before);

    // One more unit, with a date and a list as people type them.
    let mut rows = csv_rows(&before);
    let new = [
        "cdcs-moi",
        "Công đoàn cơ sở Mới",
        "CĐCS Mới",
        "công đoàn cơ sở",
        "ldld-tinh",
        "moi@moi.example\nmoi2@moi.example",
        "",
        "=HYPERLINK(\"x\")",
        "1/7/2025",
        "",
        "",
    ];
    rows.push(new.iter().map(ToString::to_string).collect());
    let rows: Vec<[&str; 11]> = rows
        .iter()
        .map(|r| std::array::from_fn(|i| r[i].as_str()))
        .collect();
    fs::write(&file, register_sheet(&rows)).unwrap();
    let said = succeed(units("import"));
    assert!(said.contains("new cdcs-moi"), "{said}");
    let row = "cdcs-moi,Công đoàn cơ sở Mới,CĐCS Mới,grassroots,ldld-tinh,moi@moi.example;moi2@moi.example,,\"=HYPERLINK(\"\"x\"\")\",2025-07-01,,";
    assert!(register().contains(row), "{}", register());
    let history = succeed(
        thubaocao(&config)
            .args(["history", "units"])
            .output()
            .unwrap(),
    );
    assert!(history.contains("units import"), "{history}");
    // No formula in what goes out.
    succeed(units("export"));
    let mut zip = zip::ZipArchive::new(fs::File::open(&file).unwrap()).unwrap();
    let mut page = String::new();
    std::io::Read::read_to_string(
        &mut zip.by_name("xl/worksheets/sheet1.xml").unwrap(),
        &mut page,
    )
    .unwrap();
    assert!(page.contains("<sheetData>") && !page.contains("<f>"));
    let mut styles = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("xl/styles.xml").unwrap(), &mut styles).unwrap();
    assert!(styles.contains("quotePrefix=\"1\""));
}

/// The rows of a register without its heading.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip(1);
    lines
        .map(|l| l.split(',').map(str::to_owned).collect())
        .collect()
}

#[test]
fn limits_below_what_reading_needs_are_refused_and_what_is_allowed_suffices() {
    let dir = sample();
    let config = dir.path().join("config");
    let settings = config.join("thubaocao.toml");
    let usual = fs::read_to_string(&settings).unwrap();
    let with = |key: &str, value: u32| {
        let lines = usual.lines().map(|l| match l.starts_with(key) {
            true => format!("{key} = {value}\n"),
            false => format!("{l}\n"),
        });
        lines.collect::<String>()
    };
    let check = || {
        thubaocao(&config)
            .args(["check", "--offline"])
            .output()
            .unwrap()
    };
    for (key, value) in [
        ("reading_mb", 209),
        ("reading_seconds", 7),
        ("daily_download_mb", 59),
        ("message_mb", 84),
    ] {
        fs::write(&settings, with(key, value)).unwrap();
        let output = check();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{key}: {said}");
        assert!(
            said.lines().count() == 1 && said.contains("thubaocao.toml:"),
            "{said}"
        );
    }
    fs::write(&settings, with("reading_mb", 210)).unwrap();
    succeed(check());

    // A mail as large as may be is read in as little memory as may be.
    let text = with("message_mb", 20).replace("reading_mb = 256", "reading_mb = 130");
    fs::write(&settings, text).unwrap();
    let scan: Vec<u8> = b"%PDF-1.4\n"
        .iter()
        .copied()
        .chain((0..14_600_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8))
        .collect();
    let mail = lettre::Message::builder()
        .from("ldld.donghoa@phuyen.example".parse().unwrap())
        .to("bancsplpy@gmail.com".parse().unwrap())
        .subject("Báo cáo trẻ em")
        .singlepart(
            lettre::message::Attachment::new("bc.pdf".into())
                .body(scan, "application/pdf".parse().unwrap()),
        )
        .unwrap()
        .formatted();
    assert!(
        mail.len() > 19_500_000 && mail.len() <= 20_000_000,
        "{}",
        mail.len()
    );
    let file = dir.path().join("large.eml");
    fs::write(&file, mail).unwrap();
    let file = file.to_str().unwrap();
    let read = json_lines(&succeed(
        thubaocao(&config)
            .args(["explain", "--json", file])
            .output()
            .unwrap(),
    ));
    assert_eq!(read[0]["class"], "report", "{read:?}");
}
