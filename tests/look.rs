//! How digests and letters look in headless Chromium, on a phone and on a desk, light and dark: nothing sticks out, and
//! every word can be read (WCAG 2.1, 1.4.3: a contrast of 4.5).

use std::path::PathBuf;

use serde_json::Value;

use crate::lab::demo::{Demo, sample};
use crate::lab::installation::{succeed, thubaocao};
use crate::lab::{browser, written};

/// Gives the width that the page needs, its height, and the words with the least contrast to their ground.
const LOOK: &str = r#"
const doc = page.document;
const rgb = text => text.match(/[\d.]+/g).map(Number);
const over = (top, ground) => {
  const a = top.length > 3 ? top[3] : 1;
  return [0, 1, 2].map(i => top[i] * a + ground[i] * (1 - a));
};
const light = c => {
  const f = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2];
};
const dark = page.matchMedia('(prefers-color-scheme: dark)').matches;
const ground = element => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) layers.unshift(rgb(page.getComputedStyle(e).backgroundColor));
  return layers.reduce((below, layer) => over(layer, below), dark ? [18, 18, 18] : [255, 255, 255]);
};
let worst = 21, where = '', words = 0;
const walker = doc.createTreeWalker(doc.body, page.NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode.textContent.trim();
  if (!text || text === '\u00a0') continue;
  words += text.split(/\s+/).length;
  const element = walker.currentNode.parentElement;
  const below = ground(element);
  const pair = [light(over(rgb(page.getComputedStyle(element).color), below)), light(below)].sort((a, b) => b - a);
  const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
  if (contrast < worst) { worst = contrast; where = text.slice(0, 60); }
}
const taps = [...doc.querySelectorAll('a.tap')].map(a => a.getBoundingClientRect().height);
return { dark, words, worst, where, tap: Math.min(99, ...taps), width: doc.scrollingElement.scrollWidth, height: doc.body.scrollHeight };
"#;

/// Looks at a page in every way that it may be shown; gives its height on a phone.
pub fn look(name: &str, html: &str) -> f64 {
    let mut height = 0.0;
    for width in [375, 1024] {
        for dark in [false, true] {
            let seen: Value = serde_json::from_str(&browser::ask(html, width, dark, LOOK)).unwrap();
            let how = format!("{name} at {width} px, dark: {dark}: {seen}");
            assert_eq!(seen["dark"], dark, "{how}");
            assert!(seen["words"].as_u64().unwrap() > 20, "{how}");
            assert!(seen["width"].as_f64().unwrap() <= f64::from(width), "{how}");
            assert!(seen["worst"].as_f64().unwrap() >= 4.5, "{how}");
            if width == 375 {
                // What a finger hits (WCAG 2.1, 2.5.5).
                assert!(seen["tap"].as_f64().unwrap() >= 44.0, "{how}");
                height = seen["height"].as_f64().unwrap();
            }
        }
    }
    height
}

#[test]
fn every_edition_of_the_digest_is_read_on_phones_and_desks_by_day_and_by_night() {
    let demo = Demo::new();
    look(
        "the daily digest",
        &demo.digest("2026-06-24", "2026-06-24T07:00:00+07:00"),
    );
    let weekly = demo.digest("2026-06-22", "2026-06-22T07:00:00+07:00");
    assert!(
        weekly.contains("Bản tin tuần") && weekly.contains("Đang chờ xử lý:</b> "),
        "{weekly}"
    );
    look("the weekly digest", &weekly);
    let ended = demo.digest("2026-06-16", "2026-06-16T07:00:00+07:00");
    assert!(
        ended.contains("Bản tin cuối kỳ"),
        "the deadline of 15/6 has passed"
    );
    look("the digest at the end of a period", &ended);
    // What Gmail cuts off is larger than 102 kB.
    for page in [weekly, ended] {
        assert!(page.len() < 100_000, "{}", page.len());
    }
}

/// Gives what stands beside each bar of the chart, and how much of the bar is green and how much is amber, in percent.
const BARS: &str = r#"
const title = [...page.document.querySelectorAll('b')].find(b => b.textContent === 'Tỷ lệ báo cáo qua các kỳ');
return [...title.closest('table').rows].filter(row => row.cells.length === 3).map(row => {
  const bar = row.cells[1].querySelector('table');
  const share = color => [...bar.querySelectorAll(`td[bgcolor="${color}"]`)]
    .reduce((sum, cell) => sum + cell.getBoundingClientRect().width, 0) / bar.getBoundingClientRect().width * 100;
  return [row.cells[2].textContent, share('#137333'), share('#f29900'), bar.getBoundingClientRect().width];
});
"#;

#[test]
fn the_chart_is_drawn_to_scale_and_says_its_numbers() {
    let demo = Demo::new();
    let at = "2026-06-22T07:00:00+07:00";
    let page = demo.digest("2026-06-22", at);
    assert!(!page.contains("<img") && !page.contains("cid:"), "{page}");
    for width in [375, 1024] {
        let bars = browser::ask(&page, width, false, BARS);
        let bars: Vec<(String, f64, f64, f64)> = serde_json::from_str(&bars).unwrap();
        assert_eq!(bars.len(), 3, "{bars:?}");
        for (says, green, amber, wide) in &bars {
            let numbers: Vec<f64> = says
                .split(['%', ' ', '('])
                .filter_map(|n| n.parse().ok())
                .collect();
            let [rate, timeliness] = numbers[..] else {
                panic!("{bars:?}")
            };
            assert!((green - timeliness).abs() < 2.0, "at {width}: {bars:?}");
            assert!((green + amber - rate).abs() < 2.0, "at {width}: {bars:?}");
            assert!(*wide > 120.0, "at {width}: {bars:?}");
        }
    }
    // Whoever reads plain text is told the same.
    let text = demo.run(&["--at", at, "digest", "--on", "2026-06-22"]);
    assert!(
        text.contains("- Công tác trẻ em: đầu 2026 43% (36%)\n"),
        "{text}"
    );
}

#[test]
fn on_a_quiet_day_there_is_nothing_to_scroll_for() {
    let folder = sample();
    let config = folder.path().join("config");
    let settings = std::fs::read_to_string(config.join("thubaocao.toml")).unwrap();
    let settings = settings.replace("since = \"2026-01-01\"    #", "since = \"2026-08-01\" #");
    std::fs::write(config.join("thubaocao.toml"), settings).unwrap();
    let run = |at: &str, arguments: &[&str]| {
        let mut command = thubaocao(&config);
        succeed(command.args(["--at", at]).args(arguments).output().unwrap())
    };
    run("2026-07-07T06:00:00+07:00", &["run", "--once"]);
    run("2026-07-08T06:55:00+07:00", &["run", "--once"]);
    let page = folder.path().join("page.html");
    let at = "2026-07-08T07:00:00+07:00";
    run(
        at,
        &[
            "digest",
            "--on",
            "2026-07-08",
            "--html",
            page.to_str().unwrap(),
        ],
    );
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("Không có việc cần xử lý") && !html.contains(">Cần xử lý"));
    let height = look("the quiet digest", &html);
    assert!(height <= 667.0, "{height} pixels on a phone of 375 × 667");
    // Somebody unknown writes for a unit: who reads the subject only must not believe that there is nothing.
    let from = "nguoi.la@example.org";
    let words = "CĐCS Trường Đại học Phú Yên kỳ này không phát sinh.";
    let raw = written(from, "Không phát sinh", words, &[]);
    std::fs::write(folder.path().join("data/maildir/new/la.1.x"), raw).unwrap();
    run("2026-07-09T06:55:00+07:00", &["run", "--once"]);
    let at = "2026-07-09T07:00:00+07:00";
    let text = run(at, &["digest", "--on", "2026-07-09"]);
    assert!(
        text.contains("1 thư của người ngoài danh bạ cần xem")
            && !text.contains("ông có việc cần xử lý"),
        "{text}"
    );
}

#[test]
fn letters_are_read_on_phones_and_desks_by_day_and_by_night() {
    let demo = Demo::new();
    let mut letters: Vec<PathBuf> = std::fs::read_dir(demo.dir().join("outbox"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    letters.sort();
    for kind in [
        "acknowledgement",
        "notice",
        "reminder_before",
        "reminder_late",
    ] {
        let path = letters
            .iter()
            .find(|p| p.to_string_lossy().contains(&format!("-{kind}-")))
            .unwrap_or_else(|| panic!("no {kind}"));
        let raw = std::fs::read(path).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
        look(kind, &mail.body_html(0).unwrap());
    }
}
