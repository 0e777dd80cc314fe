//! Mails that every program shows and reads aloud: what the accessibility report of the Email Markup Consortium asks of a
//! mail, words that can be read by day, by night and where a program turns the colours over, and no more bytes than Gmail
//! shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::lab::demo::Demo;

/// What Gmail shows of a page, in bytes.
const GMAIL: usize = 102_000;

/// A part of a page.
#[derive(Debug)]
enum Node {
    Element(Element),
    Text(String),
}

#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

/// Elements that have no end.
const VOID: [&str; 6] = ["meta", "br", "img", "hr", "link", "input"];
/// Elements whose content is text alone.
const RAW: [&str; 3] = ["style", "title", "script"];

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    let text = text
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&nbsp;", "\u{a0}");
    text.replace("&amp;", "&")
}

/// The tree of a page. Ours close what they open, in order: that is part of the test.
fn tree(page: &str) -> Element {
    let mut open = vec![Element {
        name: String::new(),
        attributes: vec![],
        children: vec![],
    }];
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        let last = open.last_mut().unwrap();
        last.children.push(Node::Text(unescaped(text)));
        let (tag, after) = tag[1..].split_once('>').expect("a tag ends");
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let closed = open.pop().unwrap();
            assert_eq!(
                closed.name,
                name,
                "before {}",
                &after[..after.floor_char_boundary(200)]
            );
            open.last_mut()
                .unwrap()
                .children
                .push(Node::Element(closed));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut element = Element {
            name: name.to_owned(),
            attributes: attributes_of(attributes),
            children: vec![],
        };
        if RAW.contains(&name) {
            let (text, after) = rest.split_once(&format!("</{name}>")).expect("it ends");
            element.children.push(Node::Text(unescaped(text)));
            rest = after;
        } else if !VOID.contains(&name) {
            open.push(element);
            continue;
        }
        open.last_mut()
            .unwrap()
            .children
            .push(Node::Element(element));
    }
    assert_eq!(open.len(), 1, "{} is open", open.last().unwrap().name);
    open.pop().unwrap()
}

fn attributes_of(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').expect("a value ends");
        // What stands alone has no value.
        let mut names: Vec<&str> = name.split_whitespace().collect();
        let own = names.pop().unwrap();
        all.extend(names.into_iter().map(|n| (n.to_owned(), String::new())));
        all.push((own.to_owned(), unescaped(value)));
        rest = after.trim();
    }
    all.extend(
        rest.split_whitespace()
            .map(|n| (n.to_owned(), String::new())),
    );
    all
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|n| match n {
            Node::Element(e) => Some(e),
            Node::Text(_) => None,
        })
    }

    /// All below it, in their order; of a table within it nothing, where `whole` says so.
    fn below(&self) -> Vec<&Element> {
        let own = self.elements();
        own.flat_map(|e| std::iter::once(e).chain(e.below()))
            .collect()
    }

    /// The elements of a table itself, without those of tables within it.
    fn of_table(&self) -> Vec<&Element> {
        let own = self.elements().filter(|e| e.name != "table");
        own.flat_map(|e| std::iter::once(e).chain(e.of_table()))
            .collect()
    }

    fn find(&self, name: &str) -> Option<&Element> {
        self.below().into_iter().find(|e| e.name == name)
    }

    fn text(&self) -> String {
        let texts = self.children.iter().map(|n| match n {
            Node::Text(text) => text.clone(),
            Node::Element(e) => e.text(),
        });
        texts.collect()
    }
}

/// What the Email Markup Consortium's accessibility report asks for that a page of ours does not do.
fn hard_to_read_aloud(page: &str, subject: &str) -> Vec<String> {
    let tree = tree(page);
    let mut faults = Vec::new();
    let mut fault = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    let html = tree.find("html").expect("html");
    let body = tree.find("body").expect("body");
    // Webmail takes the body's content alone: what surrounds it is lost.
    for e in std::iter::once(html).chain(body.elements()) {
        let spoken = e.get("lang") == Some("vi") && e.get("dir") == Some("ltr");
        fault(spoken, format!("<{}> has neither lang nor dir", e.name));
    }
    let title = html.find("title").map(Element::text).unwrap_or_default();
    fault(
        title.trim() == subject.trim(),
        format!("the title is {title:?}, the subject {subject:?}"),
    );
    let below = body.below();
    // The subject is the first one.
    let mut level = 1;
    for e in &below {
        let heading = e.name.strip_prefix('h').and_then(|n| n.parse::<u32>().ok());
        if let Some(n) = heading {
            fault(
                n <= level + 1,
                format!("{} follows on level {level}", e.name),
            );
            fault(!e.text().trim().is_empty(), format!("an empty {}", e.name));
            level = n;
        }
        if e.name == "img" {
            fault(e.get("alt").is_some(), "an image without alt".into());
        }
        if e.name == "a" {
            let says = e.text();
            fault(
                !says.trim().is_empty(),
                format!("a link without words to {:?}", e.get("href")),
            );
        }
        if e.name == "table" {
            let heads = e.of_table().into_iter().filter(|c| c.name == "th");
            let heads: Vec<&Element> = heads.collect();
            if e.get("role") == Some("presentation") {
                fault(heads.is_empty(), "a table of layout with heads".into());
            } else {
                fault(
                    !heads.is_empty(),
                    format!("a table without heads: {}", e.text()),
                );
            }
            for head in heads {
                let scope = head.get("scope");
                fault(
                    matches!(scope, Some("col" | "row")),
                    format!("no scope: {}", head.text()),
                );
            }
        }
    }
    let headings = below.iter().filter(|e| e.name == "h1").count();
    fault(
        headings <= 1,
        format!("{headings} headings of the first level"),
    );
    for (at, _) in page.match_indices("background") {
        let rest = page[at + "background".len()..].trim_start();
        fault(
            !rest.starts_with(':'),
            "the shorthand background, which some programs drop".into(),
        );
    }
    faults
}

type Rgb = [f64; 3];

fn rgb(text: &str) -> Option<Rgb> {
    let hex = text.trim().strip_prefix('#')?;
    let value = |i: usize| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
    let part = |i| Some(f64::from(value(i)?) / 255.0);
    Some([part(0)?, part(2)?, part(4)?])
}

/// Relative luminance (WCAG 2.1).
fn luminance(c: Rgb) -> f64 {
    let [r, g, b] = c.map(|v| match v <= 0.03928 {
        true => v / 12.92,
        false => ((v + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Lightness (HSL).
fn lightness(c: Rgb) -> f64 {
    let (most, least) = (c[0].max(c[1]).max(c[2]), c[0].min(c[1]).min(c[2]));
    f64::midpoint(most, least)
}

/// The same hue with the lightness turned over: what is light becomes dark.
fn turned(c: Rgb) -> Rgb {
    let by = 1.0 - 2.0 * lightness(c);
    c.map(|v| v + by)
}

/// How a program shows a page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    Light,
    /// By the page's own styles for the dark.
    Dark,
    /// Every colour turned over, as Outlook for Windows and Gmail for iOS do.
    Inverted,
    /// Light grounds and dark letters turned over, the others left, as Outlook.com and Gmail for Android do.
    PartlyInverted,
}

const SHOWN: [Shown; 4] = [
    Shown::Light,
    Shown::Dark,
    Shown::Inverted,
    Shown::PartlyInverted,
];

/// A declaration of a list of them, the last one of its name.
fn declared<'a>(style: &'a str, property: &str) -> Option<&'a str> {
    let each = style.split(';').filter_map(|d| d.split_once(':'));
    let mut own = each.filter(|(name, _)| name.trim() == property);
    own.next_back()
        .map(|(_, value)| value.trim().trim_end_matches("!important").trim())
}

/// The rules of a page for the dark: a class and its declarations.
fn dark_rules(page: &str) -> Vec<(String, String)> {
    let Some((_, rest)) = page.split_once("prefers-color-scheme: dark) {") else {
        return vec![];
    };
    let rules = rest.lines().map(str::trim).take_while(|l| *l != "}");
    let rule = |line: &str| {
        let (class, declarations) = line.strip_prefix('.')?.split_once('{')?;
        Some((
            class.trim().to_owned(),
            declarations.trim_end_matches('}').to_owned(),
        ))
    };
    rules.filter_map(rule).collect()
}

/// The least contrast of the words of a page, and the words.
fn least_contrast(page: &str, shown: Shown) -> (f64, String) {
    let tree = tree(page);
    let rules = match shown {
        Shown::Dark => dark_rules(page),
        Shown::Light | Shown::Inverted | Shown::PartlyInverted => vec![],
    };
    let (color, ground) = match shown {
        Shown::Dark => ([1.0; 3], rgb("#121212").unwrap()),
        Shown::Light | Shown::Inverted | Shown::PartlyInverted => ([0.0; 3], [1.0; 3]),
    };
    let mut least = (22.0, String::new());
    let body = tree.find("body").unwrap();
    words_of(body, color, ground, shown, &rules, &mut least);
    assert!(!least.1.is_empty(), "no word was found");
    least
}

fn words_of(
    e: &Element,
    color: Rgb,
    ground: Rgb,
    shown: Shown,
    rules: &[(String, String)],
    least: &mut (f64, String),
) {
    let classes: BTreeSet<&str> = e.get("class").unwrap_or("").split_whitespace().collect();
    let ruled = |property: &str| {
        let own = rules
            .iter()
            .filter(|(class, _)| classes.contains(class.as_str()));
        own.filter_map(|(_, d)| declared(d, property)).next_back()
    };
    let style = e.get("style").unwrap_or("");
    let of = |property: &str| ruled(property).or(declared(style, property)).and_then(rgb);
    let link = (e.name == "a" && shown != Shown::Dark).then(|| rgb("#0000ee").unwrap());
    let color = of("color").or(link).unwrap_or(color);
    let ground = of("background-color")
        .or(e.get("bgcolor").and_then(rgb))
        .unwrap_or(ground);
    let (seen, below) = match shown {
        Shown::Light | Shown::Dark => (color, ground),
        Shown::Inverted => (turned(color), turned(ground)),
        Shown::PartlyInverted => (
            if lightness(color) < 0.5 {
                turned(color)
            } else {
                color
            },
            if lightness(ground) > 0.5 {
                turned(ground)
            } else {
                ground
            },
        ),
    };
    for node in &e.children {
        match node {
            Node::Element(e) => words_of(e, color, ground, shown, rules, least),
            Node::Text(text) => {
                let text = text.trim().trim_matches('\u{a0}');
                let found = contrast(seen, below);
                if !text.is_empty() && found < least.0 {
                    *least = (found, text.chars().take(60).collect());
                }
            }
        }
    }
}

/// What is wrong with a page, by any of these.
pub fn faults(name: &str, page: &str, subject: &str) -> Vec<String> {
    let mut all = hard_to_read_aloud(page, subject);
    for shown in SHOWN {
        let (found, words) = least_contrast(page, shown);
        if found < 4.5 {
            all.push(format!("{shown:?}: a contrast of {found:.2}: {words}"));
        }
    }
    if page.len() > GMAIL {
        all.push(format!("{} bytes", page.len()));
    }
    all.into_iter()
        .map(|fault| format!("{name}: {fault}"))
        .collect()
}

/// The mails of a demo in which staff decided this and that, and which went on for some weeks: kind, subject and page.
fn mails() -> Vec<(String, String, String)> {
    let demo = Demo::new();
    demo.after(&["return", "BC-2026-00017", "--reason", "thiếu số liệu"]);
    demo.after(&[
        "extend",
        "ldld-tay-hoa",
        "tre-em",
        "2026-H1",
        "--due",
        "2026-07-03",
    ]);
    for day in ["2026-06-24T08:05", "2026-06-29T08:05"] {
        demo.run(&["--at", &format!("{day}:00+07:00"), "run", "--once"]);
    }
    let mut all = Vec::new();
    for entry in fs::read_dir(demo.dir().join("outbox")).unwrap() {
        let path = entry.unwrap().path();
        let raw = fs::read(&path).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let kind = name.split('-').nth(1).unwrap().to_owned();
        let subject = mail.subject().unwrap().to_owned();
        all.push((kind, subject, mail.body_html(0).unwrap().into_owned()));
    }
    all
}

#[test]
fn every_mail_is_read_aloud_as_it_is_meant_and_its_words_can_be_seen_whatever_a_program_does_to_colours()
 {
    let mails = mails();
    let kinds: BTreeSet<&str> = mails.iter().map(|(kind, _, _)| kind.as_str()).collect();
    for kind in [
        "acknowledgement",
        "digest",
        "notice",
        "reminder_before",
        "reminder_late",
    ] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    for subject in ["Đề nghị hoàn chỉnh báo cáo: ", "Đồng ý gia hạn"] {
        assert!(
            mails.iter().any(|(_, s, _)| s.starts_with(subject)),
            "{subject}"
        );
    }
    let wrong = mails
        .iter()
        .flat_map(|(kind, subject, page)| faults(kind, page, subject));
    let wrong: BTreeSet<String> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (_, _, page) in mails.iter().filter(|(kind, _, _)| kind == "digest") {
        let tree = tree(page);
        let headings = |name: &str| tree.below().into_iter().filter(|e| e.name == name).count();
        assert!(headings("h1") == 1 && headings("h2") >= 2, "{page}");
    }
}

#[test]
fn what_would_not_be_read_or_seen_is_found() {
    let page = |body: &str| {
        format!(
            "<!DOCTYPE html>\n<html lang=\"vi\" dir=\"ltr\">\n<head><title>A</title><style>\n@media (prefers-color-scheme: dark) {{\n  .x {{ color: #444444 !important; }}\n}}\n</style></head>\n<body>{body}</body></html>"
        )
    };
    let good = "<div lang=\"vi\" dir=\"ltr\"><h1>Một</h1><p>hai &amp; ba</p></div>";
    assert_eq!(faults("x", &page(good), "A"), [""; 0]);
    let rows = [
        ("<p>x</p>", "neither lang nor dir"),
        (
            "<div lang=\"vi\" dir=\"ltr\">x<h3>Ba</h3></div>",
            "h3 follows on level 1",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\">x<img src=\"a\"></div>",
            "without alt",
        ),
        (
            "<table lang=\"vi\" dir=\"ltr\"><tr><td>x</td></tr></table>",
            "a table without heads",
        ),
        (
            "<table lang=\"vi\" dir=\"ltr\"><tr><th>x</th></tr></table>",
            "no scope",
        ),
        (
            "<table role=\"presentation\" lang=\"vi\" dir=\"ltr\"><tr><th scope=\"col\">x</th></tr></table>",
            "of layout with heads",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\" style=\"background:#ffffff\">x</div>",
            "shorthand",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\"><a href=\"x\"> </a>x</div>",
            "a link without words",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\" style=\"color:#999999\">x</div>",
            "Light: a contrast",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\" class=\"x\">x</div>",
            "Dark: a contrast",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\" style=\"color:#111111;background-color:#7e7e7e\">x</div>",
            "PartlyInverted",
        ),
        (
            "<div lang=\"vi\" dir=\"ltr\" style=\"color:#00007f;background-color:#7f7f7f\">x</div>",
            "nverted: a contrast",
        ),
    ];
    for (body, wanted) in rows {
        let found = faults("x", &page(body), "A");
        assert!(
            found.iter().any(|f| f.contains(wanted)),
            "{wanted}: {found:?}"
        );
    }
    assert!(faults("x", &page(good), "B")[0].contains("the title"));
}

/// Runs over the pages of a folder and says each error: client, property, page.
const ENGINE: &str = r#"
const { auditEmail } = require(process.argv[1]);
const fs = require('fs');
let clients = new Set();
for (const name of fs.readdirSync(process.argv[2])) {
  const report = auditEmail(fs.readFileSync(`${process.argv[2]}/${name}`, 'utf8'));
  for (const client of Object.keys(report.compatibility.scores)) clients.add(client);
  for (const w of report.compatibility.warnings)
    if (w.severity === 'error') console.log(name, w.client, w.property, w.message);
  for (const issue of report.accessibility.issues)
    if (issue.severity === 'error') console.log(name, issue.rule, issue.message);
}
console.log('clients', clients.size);
"#;

/// The linter of `@emailens/engine` knows what fifteen programs show. It is asked where it lies already; nothing is
/// fetched.
#[test]
fn no_program_that_the_linter_of_mails_knows_drops_anything_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/emailens");
    let engine = folder.join("node_modules/@emailens/engine/dist/index.cjs");
    if !engine.exists() {
        eprintln!("skipped: npm install --prefix target/emailens @emailens/engine");
        return;
    }
    let pages = tempfile::tempdir().unwrap();
    for (n, (kind, _, page)) in mails().iter().enumerate() {
        fs::write(pages.path().join(format!("{kind}-{n}.html")), page).unwrap();
    }
    let mut node = Command::new("node");
    let node = node.arg("-e").arg(ENGINE).arg(engine).arg(pages.path());
    let output = node.output().expect("node runs what npm installed");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(told, "clients 15\n");
}
