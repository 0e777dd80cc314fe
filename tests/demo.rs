//! The demo tells the whole story, and a second run changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::lab::demo::{Demo, sample};
use crate::lab::installation::{json_lines, measured, succeed, thubaocao};

const END: &str = "2026-06-23T18:00:00+07:00";

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn the_demo_runs_in_seconds_and_a_second_run_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let demo = || {
        let mut command = thubaocao(Path::new("nowhere"));
        let (output, used) = measured(command.arg("demo").arg(dir.path()));
        (succeed(output), used.worked)
    };
    let (first, worked) = demo();
    assert!(worked < Duration::from_secs(10), "{worked:?}");
    insta::assert_snapshot!(first.replace(dir.path().to_str().unwrap(), "DIR"));

    let config = dir.path().join("config");
    let status = || {
        let output = thubaocao(&config)
            .args(["status", "--json", "--at", END])
            .output()
            .unwrap();
        succeed(output)
    };
    let seen = |part: &str| files(&dir.path().join(part));
    let parts = ["config", "maildir", "outbox"];
    let before: Vec<_> = parts.iter().map(|p| seen(p)).collect();
    let status_before = status();
    assert_eq!(demo().0, first);
    assert_eq!(status(), status_before);
    for (part, before) in parts.iter().zip(before) {
        assert!(seen(part) == before, "{part} changed");
    }
}

#[test]
fn each_moment_in_the_store_of_the_demo_is_of_one_width() {
    let demo = Demo::new();
    let store = Connection::open(demo.dir().join("data/thubaocao.sqlite")).unwrap();
    let columns = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c
                   WHERE t.schema = 'main' AND t.type = 'table' AND c.type = 'TEXT'";
    let mut columns = store.prepare(columns).unwrap();
    let columns = columns.query_map([], |r| Ok((r.get(0)?, r.get(1)?)));
    let mut met = 0;
    for column in columns.unwrap() {
        let (table, column): (String, String) = column.unwrap();
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut texts = store.prepare(&sql).unwrap();
        let texts = texts.query_map([], |r| r.get::<_, String>(0)).unwrap();
        for text in texts.map(Result::unwrap) {
            if text.parse::<jiff::Timestamp>().is_ok() {
                assert_eq!(
                    text.len(),
                    "2026-06-15T10:00:00.500000000Z".len(),
                    "{table}.{column}: {text}"
                );
                met += 1;
            }
        }
    }
    assert!(met > 100, "{met}");
}

#[test]
fn the_commands_work_on_what_the_demo_laid_out() {
    let dir = tempfile::tempdir().unwrap();
    succeed(
        thubaocao(Path::new("nowhere"))
            .arg("demo")
            .arg(dir.path())
            .output()
            .unwrap(),
    );
    let config = dir.path().join("config");
    let run = |arguments: &[&str]| succeed(thubaocao(&config).args(arguments).output().unwrap());

    let waiting = json_lines(&run(&["inbox", "--json"]));
    assert_eq!(waiting.len(), 4);
    let stranger = waiting
        .iter()
        .find(|w| w["sender"] == "hoanguyen.sh@thudientu.example")
        .unwrap();
    assert_eq!(stranger["candidates"], serde_json::json!(["ldld-son-hoa"]));

    let of = |unit: &str, report: &str| {
        let all = json_lines(&run(&["status", "--json", "--report", report, "--at", END]));
        all.into_iter()
            .find(|l| l["unit"] == unit && l["due"].as_str().unwrap().starts_with("2026-06"))
            .unwrap()
    };
    assert_eq!(of("ldld-dong-hoa", "tre-em")["state"], "submitted");
    assert_eq!(of("ldld-dong-hoa", "tre-em")["versions"], 2);
    assert_eq!(of("ldld-phu-hoa", "tre-em")["state"], "late");
    assert_eq!(of("ldld-dong-xuan", "tre-em")["state"], "submitted");
    assert_eq!(of("cdcs-xskt", "tre-em")["state"], "partial");
    assert_eq!(of("cd-kkt", "tai-nan-lao-dong")["state"], "submitted");
    // What waits for staff is not missing: the reports that the mail names, or all that are open to its unit.
    // A stranger's mail waits so for five working days; then it is told beside.
    let son_hoa = of("ldld-son-hoa", "tre-em");
    assert_eq!(son_hoa["state"], "overdue");
    assert_eq!(son_hoa["unverified"], stranger["message"]);
    assert_eq!(of("ldld-son-hoa", "nu-cong")["state"], "overdue");
    // So does one of a unit's own address that was not verified.
    let song_hinh = |report: &str| of("ldld-song-hinh", report);
    assert_eq!(song_hinh("tre-em")["state"], "overdue");
    let beside = |report: &str| song_hinh(report)["unverified"].clone();
    assert!(beside("tre-em").is_i64());
    assert_eq!(beside("nu-cong"), beside("tre-em"));
    assert_eq!(of("cd-xay-dung", "tre-em")["state"], "waiting");
    assert!(of("cd-xay-dung", "tre-em")["message"].is_i64());
    assert_eq!(of("ldld-tay-hoa", "tre-em")["state"], "overdue");
    assert_eq!(of("ldld-tay-hoa", "tre-em")["closed"], false);
    assert!(of("ldld-tay-hoa", "tre-em").get("message").is_none());

    // Corrections, each with its way back.
    let id = stranger["message"].to_string();
    run(&[
        "assign",
        &id,
        "--unit",
        "ldld-son-hoa",
        "--remember",
        "--at",
        END,
    ]);
    assert_eq!(of("ldld-son-hoa", "tre-em")["state"], "partial");
    run(&[
        "received-paper",
        "ldld-son-hoa",
        "tre-em",
        "2026-H1",
        "--on",
        "2026-06-15",
        "--at",
        END,
    ]);
    assert_eq!(of("ldld-son-hoa", "tre-em")["state"], "submitted");
    run(&[
        "received-paper",
        "ldld-son-hoa",
        "tre-em",
        "2026-H1",
        "--undo",
        "--at",
        END,
    ]);
    run(&["ignore", &id, "--at", END]);
    assert_eq!(
        of("ldld-son-hoa", "tre-em")["state"],
        "overdue",
        "nothing waits any more"
    );
    run(&[
        "excuse",
        "ldld-son-hoa",
        "tre-em",
        "2026-H1",
        "--reason",
        "giải thể",
        "--at",
        END,
    ]);
    assert_eq!(of("ldld-son-hoa", "tre-em")["state"], "excused");
    run(&[
        "excuse",
        "ldld-son-hoa",
        "tre-em",
        "2026-H1",
        "--undo",
        "--at",
        END,
    ]);
    assert_eq!(of("ldld-son-hoa", "tre-em")["state"], "overdue");

    // The demo's own mails are explained one by one, as they were logged.
    let maildir = dir.path().join("maildir/new");
    let explained = json_lines(&run(&["explain", maildir.to_str().unwrap(), "--json"]));
    assert_eq!(explained.len(), 30);
    let zip = explained
        .iter()
        .find(|l| l["unit"] == "ldld-song-cau")
        .unwrap();
    assert_eq!(
        zip["forms"],
        serde_json::json!(["signed_document", "soft_file"])
    );
    assert_eq!(zip["attachments"][1]["from"], "zip/BC tre em 6 thang.zip");
}

#[test]
fn the_mails_of_the_demo_read_well() {
    let dir = tempfile::tempdir().unwrap();
    succeed(
        thubaocao(Path::new("nowhere"))
            .arg("demo")
            .arg(dir.path())
            .output()
            .unwrap(),
    );
    let mut told = String::new();
    for (kind, unit) in [
        ("acknowledgement", "ldld-dong-hoa"), // two mails, one form each
        ("acknowledgement", "ldld-tuy-an"),   // two reports in one mail
        ("acknowledgement", "cd-kkt"),        // nothing to report
        ("reminder_before", "cd-kkt"),
        ("reminder_late", "cd-kkt"),
        ("digest", ""),
    ] {
        let mails = files(&dir.path().join("outbox"));
        let suffix = if unit.is_empty() {
            format!("-{kind}.eml")
        } else {
            format!("-{kind}-{unit}.eml")
        };
        let (_, raw) = mails
            .iter()
            .rfind(|(name, _)| name.ends_with(&suffix))
            .unwrap();
        let mail = mail_parser::MessageParser::default().parse(raw).unwrap();
        let to: Vec<&str> = mail
            .to()
            .unwrap()
            .iter()
            .filter_map(|a| a.address())
            .collect();
        told += &format!(
            "=== {kind} {unit}\nTo: {}\nSubject: {}\n\n{}\n",
            to.join(", "),
            mail.subject().unwrap(),
            mail.body_text(0).unwrap().replace("\r\n", "\n")
        );
    }
    // Tokens are signed with a key of the folder's own.
    let tokens = regex::Regex::new(r"[0-9a-f]{32}").unwrap();
    let told = tokens.replace_all(&told, "…");
    // The disk is the machine's own.
    let room = regex::Regex::new("trống: (hơn )?[0-9]+ GB").unwrap();
    let told = room.replace_all(&told, "trống: … GB");
    insta::assert_snapshot!(told);
}

#[test]
fn the_content_of_old_mails_is_removed_and_what_was_logged_stays() {
    let demo = Demo::new();
    let dir = demo.dir();
    let run = |arguments: &[&str]| demo.run(arguments);
    let settings = dir.join("config/thubaocao.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text + "\n[retention]\nyears = 2\n").unwrap();
    let files = || {
        let folders = fs::read_dir(dir.join("data/archive")).unwrap();
        let inside = folders.flat_map(|f| fs::read_dir(f.unwrap().path()).unwrap());
        inside.count()
    };
    let status = |at: &str| {
        run(&[
            "--at", at, "status", "--report", "tre-em", "--period", "2026-H1", "--json",
        ])
    };
    let (before, all) = (status("2026-06-23T18:00:00+07:00"), files());
    let early = run(&["--at", "2028-05-01T08:00:00+07:00", "retention"]);
    assert!(early.contains(": 0 mails received"), "{early}");
    let late = ["--at", "2028-07-01T08:00:00+07:00", "retention"];
    let told = run(&late);
    assert!(told.contains("nothing was removed"), "{told}");
    assert_eq!(files(), all, "a look removes nothing");
    run(&["--at", "2028-07-01T08:00:00+07:00", "retention", "--apply"]);
    let again = run(&late);
    assert!(
        again.contains(": 0 mails received, 0 mails sent, 0 files"),
        "{again}"
    );
    // The mails that wait for a person are left, with their files.
    assert!(files() > 0 && files() < all / 4, "{} of {all}", files());
    assert_eq!(
        run(&["--at", "2028-07-01T08:00:00+07:00", "inbox", "--json"])
            .lines()
            .count(),
        4
    );
    assert_eq!(status("2026-06-23T18:00:00+07:00"), before);
}

#[test]
fn the_files_of_a_period_come_out_in_tidy_folders_with_an_index_and_a_draft() {
    let demo = Demo::new();
    let out = demo.folder.path().join("xuat");
    let run = |arguments: &[&str]| demo.output(&[&["--at", Demo::AFTER], arguments].concat());
    let export = [
        "export",
        "--report",
        "tre-em",
        "--period",
        "2026-H1",
        out.to_str().unwrap(),
    ];
    let said = succeed(run(&export));
    assert!(said.contains("13 units"), "{said}");
    let names = |path: &Path| -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    // The unit sent its report twice: the latest version stands.
    let own = out.join("01 LĐLĐ TP Tuy Hòa");
    assert_eq!(
        names(&own),
        [
            "102-BC-LĐLĐ trẻ em (sửa lần 2).docx",
            "102-BC-LĐLĐ trẻ em (sửa lần 2).pdf"
        ]
    );
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(out.join("00 Muc luc.xlsx")).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Mục lục").unwrap();
    let cells: Vec<String> = sheet.used_cells().map(|(_, _, c)| c.to_string()).collect();
    for expected in [
        "Liên đoàn Lao động thành phố Tuy Hòa",
        "102/BC-LĐLĐ",
        "102-BC-LĐLĐ trẻ em (sửa lần 2).docx",
        "Chưa nộp",
        "Đang chờ xử lý (thư số 9)",
    ] {
        assert!(cells.iter().any(|c| c == expected), "{expected}: {cells:?}");
    }
    // Every link of the index leads to a file.
    let mut zip =
        zip::ZipArchive::new(fs::File::open(out.join("00 Muc luc.xlsx")).unwrap()).unwrap();
    let mut links = String::new();
    let mut part = zip.by_name("xl/worksheets/_rels/sheet1.xml.rels").unwrap();
    std::io::Read::read_to_string(&mut part, &mut links).unwrap();
    let targets: Vec<&str> = links
        .split("Target=\"")
        .skip(1)
        .map(|t| t.split('"').next().unwrap())
        .collect();
    assert_eq!(targets.len(), 25);
    for target in targets {
        let path = out.join(target.replace("%20", " ").replace("&amp;", "&"));
        assert!(path.is_file(), "{}", path.display());
    }
    let mut zip =
        zip::ZipArchive::new(fs::File::open(out.join("00 Du thao tong hop.docx")).unwrap())
            .unwrap();
    let mut draft = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("word/document.xml").unwrap(), &mut draft)
        .unwrap();
    let at = |text: &str| {
        draft
            .find(text)
            .unwrap_or_else(|| panic!("no {text} in the draft"))
    };
    let heading = at("Công tác quán triệt, lãnh đạo, chỉ đạo");
    assert!(
        heading < at("Đơn vị đã phổ biến kế hoạch")
            && at("Đơn vị đã phổ biến kế hoạch") < at("Nguồn lực thực hiện")
    );
    assert!(at("Nguồn lực thực hiện") < at("Kinh phí thực hiện lấy từ"));
    assert!(
        draft.contains("Chưa có tệp: Liên đoàn Lao động huyện Tây Hòa; ")
            && draft.contains(
                "Chưa có file mềm: Công đoàn cơ sở Công ty TNHH MTV Xổ số kiến thiết Phú Yên"
            )
            && draft.contains("Đang chờ xử lý: Liên đoàn Lao động huyện Sơn Hòa (thư số 9); ")
    );
    // A folder that holds something is left alone.
    let again = run(&export);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
}

#[test]
fn a_backup_brings_everything_back_and_a_damaged_one_brings_nothing() {
    let demo = Demo::new();
    let (folder, dir) = (&demo.folder, demo.dir());
    let data = dir.join("data");
    let run = |arguments: &[&str]| demo.output(&[&["--at", Demo::AFTER], arguments].concat());
    let status = || succeed(run(&["status", "--json"]));
    let before = status();
    let file = folder.path().join("sao luu.tar");
    let name = file.to_str().unwrap();
    succeed(run(&["backup", name]));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let refused = run(&["restore", name]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("holds a store already"));

    fs::rename(&data, folder.path().join("cu")).unwrap();
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let at = damaged.windows(8).rposition(|w| w == b"Subject:").unwrap();
    damaged[at] = b'X';
    for broken in [
        damaged.as_slice(),
        &whole[..whole.len() / 2],
        b"no tar at all",
    ] {
        fs::write(&file, broken).unwrap();
        let output = run(&["restore", name]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("damaged"),
            "{output:?}"
        );
        assert!(!data.join("thubaocao.sqlite").exists() && !data.join("archive").exists());
    }
    fs::write(&file, &whole).unwrap();
    succeed(run(&["restore", name]));
    assert_eq!(status(), before);
    // The service goes on where it was: nothing is fetched or sent again.
    let outbox = || -> BTreeSet<String> {
        let entries = fs::read_dir(dir.join("outbox")).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let sent = outbox();
    succeed(run(&["run", "--once"]));
    let new: Vec<String> = outbox().difference(&sent).cloned().collect();
    // What was put off yesterday, as the same units had been written to just before, leaves today.
    let (digest, late): (Vec<_>, Vec<_>) = new.iter().partition(|n| n.contains("-digest."));
    assert_eq!(digest.len(), 1, "{new:?}");
    assert!(
        late.iter().all(|n| n.contains("-reminder_late-")),
        "{new:?}"
    );
}

#[test]
fn mails_from_before_are_taken_over_from_files_a_maildir_and_an_mbox_and_nobody_is_answered() {
    let demo = Demo::new();
    let (folder, dir) = (&demo.folder, demo.dir());
    let run = |config: &Path, arguments: &[&str]| {
        let mut command = thubaocao(config);
        command.args(["--at", Demo::AFTER]).args(arguments);
        succeed(command.output().unwrap())
    };
    let mut mails: Vec<_> = fs::read_dir(dir.join("maildir/new"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    mails.sort();
    // An mbox as Google Takeout writes it: LF, quoted lines.
    let mut mbox = String::new();
    for path in &mails {
        let raw = String::from_utf8(fs::read(path).unwrap())
            .unwrap()
            .replace("\r\n", "\n");
        let quoted: Vec<String> = raw
            .lines()
            .map(|l| {
                if l.starts_with("From ") {
                    format!(">{l}")
                } else {
                    l.to_owned()
                }
            })
            .collect();
        mbox += &format!(
            "From 1@xxx Mon Jun 15 00:00:00 +0000 2026\n{}\n\n",
            quoted.join("\n")
        );
    }
    let file = folder.path().join("Takeout.mbox");
    fs::write(&file, mbox).unwrap();
    let complete = |config: &Path| {
        let status = json_lines(&run(
            config,
            &[
                "status", "--report", "tre-em", "--period", "2026-H1", "--json",
            ],
        ));
        let done = |l: &&serde_json::Value| !l["complete_at"].is_null();
        status.iter().filter(done).count()
    };
    let expected = complete(&dir.join("config"));
    for source in [file.as_path(), &dir.join("maildir")] {
        let fresh = folder.path().join(format!("moi-{}", source.is_dir()));
        let config = fresh.join("config");
        fs::create_dir_all(&config).unwrap();
        for entry in fs::read_dir(dir.join("config")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, config.join(path.file_name().unwrap())).unwrap();
        }
        // The copy is to begin anew.
        fs::remove_file(config.join(".data-folder")).unwrap();
        let said = run(&config, &["import", source.to_str().unwrap()]);
        assert!(
            said.starts_with(&format!("{} new mails", mails.len() - 1))
                || said.starts_with(&format!("{} new mails", mails.len())),
            "{said}"
        );
        assert_eq!(complete(&config), expected, "{}", source.display());
        let again = run(&config, &["import", source.to_str().unwrap()]);
        assert!(again.starts_with("0 new mails"), "{again}");
        let plan = run(&config, &["plan", "--on", "2026-06-24", "--json"]);
        assert!(!plan.contains("\"acknowledgement\""), "{plan}");
    }
}

#[test]
fn units_are_told_when_a_period_opens_with_the_document_that_asks_for_it() {
    let folder = sample();
    let config = folder.path().join("config");
    fs::write(
        config.join("reports.toml"),
        r#"[[report]]
id = "nu-cong"
title = "Báo cáo công tác nữ công"
short = "Nữ công"
basis = "Công văn số 12/LĐLĐ"
basis_file = "cong-van.pdf"
frequency = "six_months"
first_period = "2026-H2"
due = { day = 10 }
who = ["district", "sector"]
forms = ["soft_file"]
reminders = { opening = true }
"#,
    )
    .unwrap();
    let run = |at: &str, arguments: &[&str]| {
        let mut command = thubaocao(&config);
        command.args(["--at", at]).args(arguments).output().unwrap()
    };
    let missing = run("2026-06-01T08:00:00+07:00", &["check", "--offline"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("cong-van.pdf"),
        "{missing:?}"
    );
    fs::write(config.join("cong-van.pdf"), "%PDF-1.4 công văn").unwrap();

    // The period of the second half of 2026 opens on 15/6, a Monday.
    succeed(run("2026-06-12T06:00:00+07:00", &["run", "--once"]));
    let planned = json_lines(&succeed(run(
        "2026-06-15T07:00:00+07:00",
        &["plan", "--on", "2026-06-15", "--json"],
    )));
    let opening = |l: &&serde_json::Value| l["kind"] == "opening";
    assert!(planned.iter().filter(opening).count() > 0, "{planned:?}");
    succeed(run("2026-06-15T08:00:00+07:00", &["run", "--once"]));
    let outbox = folder.path().join("data/outbox");
    let mails = || -> Vec<String> {
        let entries = fs::read_dir(&outbox).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|n| n.contains("-opening-"));
        names
    };
    let sent = mails();
    assert!(!sent.is_empty());
    let raw = fs::read(outbox.join(&sent[0])).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    assert!(
        mail.subject()
            .unwrap()
            .starts_with("Đề nghị gửi báo cáo: Nữ công, 6 tháng cuối năm 2026"),
        "{:?}",
        mail.subject()
    );
    let file = mail.attachments().next().unwrap();
    assert_eq!(
        mail_parser::MimeHeaders::attachment_name(file),
        Some("cong-van.pdf")
    );
    assert_eq!(file.contents(), "%PDF-1.4 công văn".as_bytes());
    assert!(
        mail.body_text(0).unwrap().contains("Hình thức: file mềm"),
        "{:?}",
        mail.body_text(0)
    );
    // Once, and to nobody twice on a day.
    succeed(run("2026-06-16T08:00:00+07:00", &["run", "--once"]));
    assert_eq!(mails().len(), sent.len());
}

#[test]
fn the_excel_file_holds_totals_the_matrix_of_units_and_periods_and_details() {
    let demo = Demo::new();
    let path = demo.folder.path().join("tinh hinh.xlsx");
    demo.after(&["status", "--xlsx", path.to_str().unwrap()]);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let mut sheet = |name: &str| -> Vec<Vec<String>> {
        let range = calamine::Reader::worksheet_range(&mut book, name).unwrap();
        let row = |r: &[calamine::Data]| r.iter().map(ToString::to_string).collect();
        range.rows().map(row).collect()
    };
    let find = |rows: &[Vec<String>], words: &[&str]| -> Vec<String> {
        let row = rows
            .iter()
            .find(|r| words.iter().all(|w| r.iter().any(|c| c == w)));
        row.unwrap_or_else(|| panic!("no row with {words:?}"))
            .clone()
    };
    let report = "Báo cáo kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em";
    // Of a report: due, on time, late, partial, waiting, not yet, not at all, ahead, excused, not tracked.
    let totals = sheet("Tổng hợp");
    let row = find(&totals, &[report, "6 tháng đầu năm 2026"]);
    assert_eq!(
        row[4..14],
        ["28", "10", "2", "1", "1", "14", "0", "0", "0", "0"]
    );
    // Whoever has time left has not failed to send.
    let ahead = find(&totals, &[report, "6 tháng cuối năm 2026"]);
    assert_eq!(ahead[4..8], ["0", "0", "0", "0"]);
    assert_eq!(ahead[8..12], ["0", "0", "0", "28"], "{ahead:?}");
    let rate = |n: usize| row[n].parse::<f64>().unwrap();
    assert!(
        (rate(14) - 12.0 / 28.0).abs() < 1e-9 && (rate(15) - 10.0 / 28.0).abs() < 1e-9,
        "{row:?}"
    );

    let matrix = sheet("Theo đơn vị");
    let heads = matrix.iter().find(|r| r[1] == "Đơn vị").unwrap();
    let column = heads
        .iter()
        .position(|h| h.starts_with("Công tác trẻ em\n6 tháng đầu năm 2026"))
        .unwrap();
    let cell = |unit: &str| find(&matrix, &[unit])[column].clone();
    assert_eq!(cell("Liên đoàn Lao động huyện Tây Hòa"), "Chưa nộp");
    assert_eq!(
        cell("Liên đoàn Lao động huyện Sơn Hòa"),
        "Chưa nộp, có thư số 9 chưa xác minh"
    );
    assert!(
        !heads.iter().any(|h| h.contains("tháng 3 năm 2026")),
        "before the installation nobody was asked: {heads:?}"
    );
    assert_eq!(cell("Liên đoàn Lao động huyện Phú Hòa"), "Trễ 15/6");
    assert_eq!(
        cell("Công đoàn cơ sở Công ty TNHH MTV Xổ số kiến thiết Phú Yên"),
        "Thiếu file mềm"
    );

    let details = sheet("Chi tiết");
    let row = find(
        &details,
        &[
            "Liên đoàn Lao động thành phố Tuy Hòa",
            "Công tác trẻ em",
            "6 tháng đầu năm 2026",
        ],
    );
    assert!(row.iter().any(|c| c.contains("102/BC-LĐLĐ")), "{row:?}");
    assert_eq!(row[9], "2", "it was sent twice: {row:?}");
}

#[test]
fn the_digest_of_a_flooded_mailbox_is_still_shown_whole() {
    let demo = Demo::new();
    for n in 0..120 {
        let mail = format!(
            "From: Nguoi la {n} <n{n}@la.example>\r\nTo: ban@example\r\nSubject: Bao cao {n}\r\n\
             Message-ID: <{n}@la.example>\r\nDate: Wed, 24 Jun 2026 07:00:00 +0700\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nGui Ban\r\n--b\r\n\
             Content-Type: application/pdf; name=\"bc.pdf\"\r\n\
             Content-Disposition: attachment; filename=\"bc.pdf\"\r\n\r\n%PDF-1.4 {n}\r\n--b--\r\n"
        );
        fs::write(demo.dir().join(format!("maildir/new/la{n}.x")), mail).unwrap();
    }
    demo.after(&["run", "--once"]);
    let waiting = demo.after(&["inbox", "--json"]).lines().count();
    assert!(waiting >= 120, "{waiting}");
    let page = demo.digest("2026-06-24", "2026-06-24T09:00:00+07:00");
    // Gmail cuts off what is larger.
    assert!(page.len() < 102_000, "{}", page.len());
    let shown = page.matches("<b>Thư số ").count();
    let rest = waiting - shown; // of strangers, each of another address
    let rest = format!("Còn {rest} thư của {rest} địa chỉ khác");
    assert!(shown >= 5 && page.contains(&rest), "{shown} of {waiting}");
    assert!(page.contains("Hệ thống"));
}

#[test]
fn thanks_for_an_acknowledgement_are_nothing_to_do() {
    let demo = Demo::new();
    let waiting = || demo.after(&["inbox", "--json"]).lines().count();
    let before = waiting();
    for (n, text) in ["Cảm ơn Ban ạ!", "Đơn vị sẽ gửi bổ sung sau ạ."]
        .iter()
        .enumerate()
    {
        let mail = format!(
            "From: ldld.donghoa@phuyen.example\r\nTo: ban@example\r\nSubject: Re: Bao cao\r\n\
             Message-ID: <thanks{n}@phuyen.example>\r\nIn-Reply-To: <ack@example>\r\n\
             Date: Wed, 24 Jun 2026 07:00:00 +0700\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
        );
        fs::write(demo.dir().join(format!("maildir/new/t{n}.x")), mail).unwrap();
    }
    demo.after(&["run", "--once"]);
    assert_eq!(waiting(), before + 1, "the one that announces something");
}
