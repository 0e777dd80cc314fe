//! Mails out of units, reports, periods, ways of writing, habits and mistakes. Each is a function of seed and number.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use thubaocao::config::Config;
use thubaocao::domain::obligation::Obligation;
use thubaocao::domain::period::{Period, PeriodId};
use thubaocao::domain::report::{Forms, Frequency};
use thubaocao::domain::{date_of, instant};
use thubaocao::expected;
use thubaocao::matching::Expectation;
use thubaocao::store::Store;

use super::dice::Dice;
use super::files::{self, Head};
use super::mail::{Draft, Part, Program, Quoted};
use super::register::{self, Row};
use super::reports::{CALLED, Called, FURTHER};
use super::truth::{Brings, Truth};
use super::words::{self, Clear, Habit};

const SIGNED: Forms = Forms {
    signed_document: true,
    soft_file: false,
};
const SOFT: Forms = Forms {
    signed_document: false,
    soft_file: true,
};

/// A province with its register, its reports and what has come so far.
pub struct World {
    pub config: Arc<Config>,
    pub folder: tempfile::TempDir,
    pub units: Vec<Row>,
    /// A store without anything.
    pub empty: Store,
    /// All that is expected until the end.
    owed: Vec<Obligation>,
    of_unit: BTreeMap<String, Vec<usize>>,
    of_report: BTreeMap<&'static str, Vec<usize>>,
    seed: u64,
}

/// A mail with all that is known of it.
pub struct Composed {
    pub number: u64,
    pub scenario: &'static str,
    pub truth: Truth,
    pub draft: Draft,
    pub program: Program,
    pub raw: Vec<u8>,
    /// In words, for whoever looks for the rule that fails.
    pub features: Vec<String>,
    /// Whose it is, or says it is: its history.
    pub unit: String,
    /// What had come of what it brings, where that is not as usual: report, period, whether it had come.
    pub before: Vec<(String, PeriodId, bool)>,
    /// What the letter of ours asked for that it answers.
    pub asked: Vec<(String, PeriodId)>,
}

/// The last day of which mails are.
pub const END: Date = Date::constant(2026, 12, 31);

impl World {
    pub fn new(seed: u64) -> World {
        let folder = tempfile::tempdir().unwrap();
        let units = register::rows();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = folder.path().join("config");
        std::fs::create_dir(&config).unwrap();
        let text = |name: &str| std::fs::read_to_string(sample.join(name)).unwrap();
        let settings = text("thubaocao.toml")
            .replace("tỉnh Phú Yên\"", "tỉnh Đắk Lắk\"")
            .replace("since = \"2026-01-01\"", "since = \"2025-10-01\"");
        std::fs::write(config.join("thubaocao.toml"), settings).unwrap();
        std::fs::write(config.join("reports.toml"), text("reports.toml") + FURTHER).unwrap();
        std::fs::write(config.join("holidays.toml"), text("holidays.toml")).unwrap();
        std::fs::write(config.join("units.csv"), register::csv(&units)).unwrap();
        let config = Config::load(&config).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let owed = expected::obligations(&config, instant(END, Time::MAX));
        let (mut of_unit, mut of_report) = (BTreeMap::new(), BTreeMap::new());
        for (n, o) in owed.iter().enumerate() {
            of_unit
                .entry(o.unit.0.clone())
                .or_insert_with(Vec::new)
                .push(n);
            let called = CALLED.iter().find(|c| c.report == o.report);
            let in_the_year = date_of(o.due).year() == END.year()
                && date_of(o.due) <= Date::constant(2026, 12, 22);
            if let (Some(called), true) = (called, in_the_year) {
                of_report
                    .entry(called.report)
                    .or_insert_with(Vec::new)
                    .push(n);
            }
        }
        World {
            empty: Store::in_memory(Timestamp::UNIX_EPOCH).unwrap(),
            config: Arc::new(config),
            folder,
            units,
            owed,
            of_unit,
            of_report,
            seed,
        }
    }

    pub fn row(&self, id: &str) -> &Row {
        self.units.iter().find(|u| u.id == id).unwrap()
    }

    fn period(&self, o: &Obligation) -> Period {
        expected::period_of(&self.config, o).unwrap().1
    }

    /// When what is expected has come, as chance had it in this province: mostly in time.
    fn came(&self, o: &Obligation) -> Option<Timestamp> {
        let mut hash = self.seed;
        for byte in format!("{}/{}/{}", o.unit, o.report, o.period).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
        let mut dice = Dice::of(hash, 0);
        let early = o.due - jiff::SignedDuration::from_hours(dice.between(12, 150));
        match dice.below(100) {
            0..88 => Some(early),
            88..95 => Some(o.due + jiff::SignedDuration::from_hours(dice.between(20, 200))),
            _ => None,
        }
    }

    fn has_come(&self, o: &Obligation, at: Timestamp) -> bool {
        self.came(o).is_some_and(|came| came <= at)
    }

    /// What is expected of a unit, or of anybody, when a mail comes.
    pub fn expectations(&self, mail: &Composed, unit: Option<&str>) -> Vec<Expectation> {
        let (at, day) = (mail.draft.at, date_of(mail.draft.at));
        let expectation = |o: &Obligation| Expectation {
            report: o.report.clone(),
            period: o.period.clone(),
            due: o.due,
            open: !self.has_come(o, at),
        };
        let Some(unit) = unit else {
            let mut seen = BTreeMap::new();
            for o in self.owed.iter().filter(|o| o.opens <= day) {
                let key = (o.report.as_str(), &o.period);
                seen.entry(key).or_insert_with(|| Expectation {
                    open: true,
                    ..expectation(o)
                });
            }
            return seen.into_values().collect();
        };
        let places = self.of_unit.get(unit).into_iter().flatten();
        let mut all: Vec<Expectation> = places
            .map(|n| &self.owed[*n])
            .filter(|o| o.opens <= day)
            .map(expectation)
            .collect();
        if unit == mail.unit {
            for e in &mut all {
                let told = mail
                    .before
                    .iter()
                    .find(|(r, p, _)| *r == e.report && *p == e.period);
                if let Some((_, _, come)) = told {
                    e.open = !come;
                }
            }
        }
        all
    }

    /// Whether a unit is asked for a report on a period, now or soon.
    pub fn asks(&self, unit: &str, report: &str, period: &PeriodId) -> bool {
        let mut places = self.of_unit.get(unit).into_iter().flatten();
        places.any(|n| self.owed[*n].report == report && self.owed[*n].period == *period)
    }

    /// The mails that brought what a unit had sent of the same reports before a mail: the last of each.
    pub fn history(&self, mail: &Composed) -> Vec<Composed> {
        let at = mail.draft.at;
        let places = self.of_unit.get(&mail.unit).into_iter().flatten();
        let of_it = places.map(|n| &self.owed[*n]).filter(|o| {
            let mut told = mail.before.iter();
            told.any(|(report, ..)| *report == o.report) && o.opens <= date_of(at)
        });
        let sent = of_it.filter_map(|o| {
            let mut told = mail.before.iter();
            let told = told.find(|(r, p, _)| *r == o.report && *p == o.period);
            let yesterday = at - jiff::SignedDuration::from_hours(26);
            let came = self.came(o).filter(|came| *came <= at);
            match told {
                Some((_, _, false)) => None,
                Some((_, _, true)) => Some((o, came.unwrap_or(o.due).min(yesterday))),
                None => Some((o, came?)),
            }
        });
        let mut sent: Vec<_> = sent.collect();
        sent.reverse();
        let mails = sent
            .into_iter()
            .take(3)
            .map(|(o, came)| self.plainest(o, came));
        mails.collect()
    }

    /// A mail that nobody can misunderstand.
    fn plainest(&self, o: &Obligation, at: Timestamp) -> Composed {
        let mut writer = Writer::new(
            self,
            Dice::of(self.seed, o.due.as_second() as u64),
            at,
            &o.unit.0,
        );
        writer.dice = Dice::of(self.seed ^ 7, writer.hash(o));
        let title = self
            .config
            .report(&o.report)
            .unwrap()
            .title
            .replacen("Báo cáo ", "", 1);
        let period = match o.period {
            PeriodId::Named(_) => String::new(),
            _ => o.period.in_vietnamese(),
        };
        let head = writer.head("BÁO CÁO", &format!("{title} {period}"));
        let forms = self.config.report(&o.report).unwrap().forms;
        if forms.soft_file {
            let mark = writer.mark();
            writer.put("Báo cáo.docx", files::docx(&head, true, mark));
        }
        if forms.signed_document {
            let mark = writer.mark();
            writer.put("Báo cáo.pdf", files::text_pdf(&head, mark));
        }
        writer.subject = format!("Báo cáo {title} {period}");
        let brings = vec![Brings {
            report: o.report.clone(),
            period: o.period.clone(),
            forms,
        }];
        let truth = Truth::Reports {
            unit: o.unit.0.clone(),
            brings,
        };
        writer.done(0, "history", truth, vec![])
    }

    /// The mail of a number.
    pub fn mail(&self, number: u64) -> Composed {
        let mut dice = Dice::of(self.seed, number);
        if dice.percent(30) {
            return self.no_report(number, dice);
        }
        let scenario = dice.weighted(&SCENARIOS);
        self.honest(number, scenario, dice)
    }

    /// Something that is expected, each report as often as another.
    fn target(&self, dice: &mut Dice, fits: impl Fn(&Obligation) -> bool) -> Option<&Obligation> {
        let reports: Vec<&Vec<usize>> = self.of_report.values().collect();
        (0..400).find_map(|_| {
            let places = *dice.of_these(&reports);
            let o = &self.owed[*dice.of_these(places)];
            fits(o).then_some(o)
        })
    }

    /// When a report is sent: about its deadline, and after what it tells of.
    fn moment(&self, o: &Obligation, dice: &mut Dice) -> Timestamp {
        let period = self.period(o);
        let due = date_of(o.due);
        let frequency = &self.config.report(&o.report).unwrap().frequency;
        let first = match frequency {
            Frequency::Once { .. } => due.saturating_sub(12.days()).max(period.opens),
            Frequency::Event(_) => period.closes.saturating_add(1.day()).min(due),
            _ => due.saturating_sub(5.days()).max(period.opens),
        };
        let span = first.until(due).unwrap().get_days();
        let late = if dice.percent(15) {
            dice.between(1, 9)
        } else {
            0
        };
        let day = first.saturating_add(dice.between(0, i64::from(span)).days());
        let day = if late > 0 {
            due.saturating_add(late.days())
        } else {
            day
        };
        let time =
            Time::constant(7, 0, 0, 0) + jiff::SignedDuration::from_mins(dice.between(0, 840));
        instant(day.min(END), time)
    }

    /// How many periods of a report a unit still owes at a moment, this one among them.
    fn still_open(&self, o: &Obligation, at: Timestamp) -> usize {
        let places = self.of_unit[&o.unit.0].iter().map(|n| &self.owed[*n]);
        let of_report = places.filter(|p| p.report == o.report && p.opens <= date_of(at));
        of_report
            .filter(|p| p.period == o.period || !self.has_come(p, at))
            .count()
    }
}

/// The honest scenarios, each with its weight.
const SCENARIOS: [(u64, &str); 21] = [
    (34, "plain"),
    (7, "no period"),
    (5, "answer to reminder"),
    (4, "answer to receipt"),
    (5, "correction"),
    (5, "last year's number"),
    (4, "two reports"),
    (4, "two periods"),
    (4, "filled-in form"),
    (5, "event photos"),
    (4, "page photos"),
    (5, "scan beside"),
    (4, "plan beside"),
    (3, "other subject"),
    (2, "shared address"),
    (2, "old address"),
    (2, "private address"),
    (2, "document of another"),
    (2, "of a union below"),
    (5, "nil return"),
    (2, "archive"),
];

/// A mail that is being written.
struct Writer<'w> {
    world: &'w World,
    dice: Dice,
    at: Timestamp,
    unit: Row,
    address: String,
    subject: String,
    text: String,
    quoted: Option<Quoted>,
    parts: Vec<Part>,
    fields: Vec<(&'static str, String)>,
    features: Vec<String>,
    named_report: bool,
    named_period: bool,
    program: Program,
    asked: Vec<(String, PeriodId)>,
    /// The number of the document that was written last.
    number: i64,
}

impl<'w> Writer<'w> {
    fn new(world: &'w World, mut dice: Dice, at: Timestamp, unit: &str) -> Writer<'w> {
        let unit = world.row(unit).clone();
        let address = dice.of_these(&unit.emails).clone();
        let program = Program::thrown(&mut dice);
        Writer {
            world,
            dice,
            at,
            unit,
            address,
            program,
            subject: String::new(),
            text: String::new(),
            quoted: None,
            parts: vec![],
            fields: vec![],
            features: vec![],
            named_report: false,
            named_period: false,
            asked: vec![],
            number: 1,
        }
    }

    fn hash(&self, o: &Obligation) -> u64 {
        let text = format!("{}{}{}", o.unit, o.report, o.period);
        text.bytes()
            .fold(7, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3))
    }

    fn mark(&mut self) -> u64 {
        self.dice.next()
    }

    fn note(&mut self, feature: impl Into<String>) {
        self.features.push(feature.into());
    }

    fn put(&mut self, name: &str, content: Vec<u8>) {
        self.parts.push(Part {
            name: name.to_owned(),
            content,
            inline: false,
        });
    }

    /// Number of a document of the unit's.
    fn number(&mut self, genre: &str) -> (i64, String) {
        let n = self.dice.between(1, 240);
        let kind = match genre {
            "BÁO CÁO" => "BC-",
            "KẾ HOẠCH" => "KH-",
            "TỜ TRÌNH" => "TTr-",
            "QUYẾT ĐỊNH" => "QĐ-",
            "GIẤY MỜI" | "THƯ MỜI" => "GM-",
            "BIÊN BẢN" => "BB-",
            "DANH SÁCH" => "DS-",
            _ => "",
        };
        self.number = n;
        let blank = self.dice.percent(6);
        let number = if blank {
            "   ".to_owned()
        } else {
            format!("{n:02}")
        };
        (n, format!("Số: {number}/{kind}{}", self.unit.symbol))
    }

    /// The head of a document of the unit's.
    fn head(&mut self, genre: &str, title: &str) -> Head {
        let unit = self.unit.clone();
        self.head_of(&unit, genre, title)
    }

    fn head_of(&mut self, unit: &Row, genre: &str, title: &str) -> Head {
        let day = date_of(self.at).saturating_sub(self.dice.between(0, 3).days());
        let (_, number) = self.number(genre);
        let superior = match unit.parent.as_str() {
            "ldld-tinh" | "" => "LIÊN ĐOÀN LAO ĐỘNG TỈNH ĐẮK LẮK".to_owned(),
            above => self.world.row(above).name.to_uppercase(),
        };
        let capitals = self.dice.percent(35);
        let issuer = unit.name.to_uppercase();
        let issuer = match self.dice.below(6) {
            0 if unit.kind == "grassroots" => issuer.replacen("CÔNG ĐOÀN CƠ SỞ", "CĐCS", 1),
            1 if unit.kind == "grassroots" => {
                issuer.replacen("CÔNG ĐOÀN CƠ SỞ", "BCH CÔNG ĐOÀN CƠ SỞ", 1)
            }
            2 => format!("BAN CHẤP HÀNH {issuer}"),
            _ => issuer,
        };
        let basis = [
            "Thực hiện chỉ đạo của Liên đoàn Lao động tỉnh",
            "Thực hiện Công văn số 312/LĐLĐ-CSPL ngày 2/3/2026 của LĐLĐ tỉnh",
            "Căn cứ chương trình công tác năm",
        ];
        let body = vec![
            format!(
                "{}, {} báo cáo như sau:",
                self.dice.of_these(&basis),
                unit.name
            ),
            "I. ĐẶC ĐIỂM TÌNH HÌNH".into(),
            format!(
                "Đơn vị có {} đoàn viên, trong đó nữ {} người.",
                self.dice.between(40, 900),
                self.dice.between(10, 300)
            ),
            "II. KẾT QUẢ THỰC HIỆN".into(),
            self.dice
                .of_these(&[
                    "Đã tuyên truyền, vận động đoàn viên, người lao động tham gia đầy đủ.",
                    "Phối hợp tổ chức các hoạt động, kinh phí 25.000.000 đồng.",
                    "Không có đơn thư khiếu nại, tố cáo.",
                    "Các cháu được thăm hỏi, tặng quà kịp thời.",
                    "Tổ chức 02 buổi sinh hoạt chuyên đề.",
                ])
                .to_string(),
            "III. PHƯƠNG HƯỚNG".into(),
        ];
        let mut body = body;
        if genre.is_empty() {
            body.insert(
                0,
                "Kính gửi: Ban Chính sách pháp luật, Quan hệ lao động LĐLĐ tỉnh".into(),
            );
        }
        Head {
            superior,
            issuer,
            number,
            dated: match self.dice.below(4) {
                0 => format!(
                    "{}, ngày {:02}/{:02}/{}",
                    unit.place,
                    day.day(),
                    day.month(),
                    day.year()
                ),
                _ => format!(
                    "{}, ngày {:02} tháng {:02} năm {}",
                    unit.place,
                    day.day(),
                    day.month(),
                    day.year()
                ),
            },
            genre: genre.to_owned(),
            title: if capitals {
                title.to_uppercase()
            } else {
                title.to_owned()
            },
            body,
        }
    }

    /// A way of writing a period; a word of whether it tells.
    fn period(&mut self, period: &Period) -> (String, Clear) {
        let ways = words::ways(period, date_of(self.at));
        if ways.is_empty() {
            (String::new(), Clear::Vague)
        } else {
            self.dice.of_these(&ways).clone()
        }
    }

    /// What a report is called in full, with its period: `Kết quả công tác nữ công 6 tháng đầu năm 2026`.
    fn title(&mut self, called: &Called, period: &str) -> String {
        let topic = *self.dice.of_these(called.topics);
        let begins = [
            "nhanh",
            "tình hình",
            "sơ kết",
            "tổng kết",
            "khảo sát",
            "kết quả",
            "việc",
            "các",
        ];
        let leads: &[&str] = match begins.iter().any(|b| topic.starts_with(b)) {
            true => &[""],
            false => &[
                "Kết quả ",
                "Kết quả ",
                "",
                "Về kết quả ",
                "Tình hình, kết quả ",
                "Kết quả thực hiện ",
            ],
        };
        let lead = self.dice.of_these(leads);
        let text = format!("{lead}{topic} {period}");
        let mut letters = text.trim().chars();
        letters.next().map_or(String::new(), |c| {
            c.to_uppercase().collect::<String>() + letters.as_str()
        })
    }

    /// A text that names the report and perhaps the period, in a place of the mail; whoever reads it knows what it names.
    fn said(&mut self, place: &str, called: &Called, period: &Period, template: &str) -> String {
        let with_period = self.dice.percent(78);
        let (p, clear) = if with_period {
            self.period(period)
        } else {
            (String::new(), Clear::Vague)
        };
        let (title, brief) = (self.title(called, &p), *self.dice.of_these(called.brief));
        let low = title.chars().next().map_or(String::new(), |c| {
            c.to_lowercase().collect::<String>() + &title[c.len_utf8()..]
        });
        let unit = match self.dice.below(3) {
            0 => self.unit.name.clone(),
            _ => self.unit.short.clone(),
        };
        let text = template
            .replace("{title}", &low)
            .replace("{brief}", brief)
            .replace("{p}", &p)
            .replace("{unit}", &unit);
        let habit = Habit::thrown(&mut self.dice);
        let text = habit.on(text.trim(), &mut self.dice);
        if habit.is_readable() && (template.contains("{title}") || template.contains("{brief}")) {
            self.named_report = true;
            self.named_period |=
                clear == Clear::Sure && (template.contains("{p}") || template.contains("{title}"));
        }
        let of_period = match template.contains("{p}") || template.contains("{title}") {
            true => format!(", period {p:?} {clear:?}"),
            false => String::new(),
        };
        self.note(format!("{place}: {text:?} ({habit:?}{of_period})"));
        text
    }

    fn subject(&mut self, called: &Called, period: &Period) {
        const NAMING: &[&str] = &[
            "Báo cáo {title}",
            "BC {title}",
            "Gửi báo cáo {title}",
            "V/v báo cáo {title}",
            "Nộp báo cáo {title}",
            "{unit} - Báo cáo {title}",
            "{unit} gửi BC {brief} {p}",
            "BC {brief} {p}",
            "[{unit}] Báo cáo {title}",
            "báo cáo {brief}",
            "{unit}: Báo cáo {brief} {p}",
            "Báo cáo {brief} {p} - {unit}",
            "Báo cáo {title} của {unit}",
            "gui bc {brief} {p}",
            "{unit} báo cáo {title}",
            "Thống kê, báo cáo {brief} {p}",
            "Re: Báo cáo {title}",
            "Fwd: Báo cáo {title}",
            "Báo cáo {title} (bản ký)",
            "Về việc nộp báo cáo {title}",
            "{brief} {p}",
        ];
        const OTHER: &[&str] = &[
            "",
            "Gửi báo cáo",
            "BC",
            "Báo cáo",
            "gửi chị",
            "(không có tiêu đề)",
            "{unit}",
            "Báo cáo của {unit}",
            "bao cao",
            "Gửi Ban CSPL",
            "Fwd:",
            "Báo cáo gửi LĐLĐ tỉnh",
        ];
        let naming = self.dice.percent(74);
        let template = *self.dice.of_these(if naming { NAMING } else { OTHER });
        self.subject = self.said("subject", called, period, template);
    }

    fn body(&mut self, called: &Called, period: &Period) {
        const WHAT: &[&str] = &[
            "báo cáo {title}",
            "BC {brief} {p}",
            "báo cáo",
            "bc",
            "file",
            "báo cáo {brief}",
            "báo cáo của đơn vị",
            "2 file báo cáo",
        ];
        let what = *self.dice.of_these(WHAT);
        let sending = *self.dice.of_these(words::SENDING);
        let sent = match sending.contains("{what}") {
            true => {
                let template = sending.replace("{what}", what);
                self.said("text", called, period, &template)
            }
            false => sending.replace("{unit}", &self.unit.short),
        };
        self.around(&sent);
    }

    /// A text between greeting and signature.
    fn around(&mut self, text: &str) {
        let greeting = *self.dice.of_these(words::GREETINGS);
        let closing = *self.dice.of_these(words::CLOSINGS);
        let name = *self.dice.of_these(words::NAMES);
        self.text = [greeting, text, closing]
            .iter()
            .filter(|l| !l.is_empty())
            .map(|l| format!("{l}\n"))
            .collect();
        if self.dice.percent(45) {
            self.text += &format!(
                "--\n{name}\n{}\nĐT: 09{}\n",
                self.unit.name,
                self.dice.between(10_000_000, 99_999_999)
            );
        }
        if self.program == Program::Outlook && self.dice.percent(40) {
            self.parts.push(Part {
                name: "image001.jpg".into(),
                content: files::logo(),
                inline: true,
            });
        }
    }

    /// The stem of a file's name.
    fn stem(&mut self, called: &Called, period: &Period, naming: u64) -> String {
        const NAMING: &[&str] = &[
            "BC {brief} {p}",
            "Báo cáo {brief} {p}",
            "Bao cao {brief}",
            "{unit} - BC {brief} {p}",
            "BC {brief} ({p})",
            "Báo cáo {title}",
            "{brief} {p}",
            "BC {brief} {p} (sửa)",
            "BC {brief} {p} chinh thuc",
            "{unit}_BC {brief}",
        ];
        const OTHER: &[&str] = &[
            "BC (1) (2)",
            "Document1",
            "bao cao",
            "BC gui tinh",
            "ban chinh thuc",
            "BAO CAO",
            "Untitled",
            "New Microsoft Word Document",
            "Báo cáo (2)",
            "BC LDLD tinh",
            "Copy of bao cao",
            "BC moi nhat",
            "bc final",
        ];
        if !self.dice.percent(naming) {
            let n = self.number;
            let numbered = [
                format!("{n}-BC-{}", self.unit.symbol),
                format!("{n} BC {}", self.unit.symbol),
                format!("BC so {n}"),
            ];
            return match self.dice.percent(40) {
                true => self.dice.of_these(&numbered).clone(),
                false => (*self.dice.of_these(OTHER)).to_owned(),
            };
        }
        let template = *self.dice.of_these(NAMING);
        let text = self.said("file", called, period, template);
        let text = text.replace(['/', ':'], if self.dice.percent(50) { "-" } else { "." });
        match self.dice.below(4) {
            0 => text.replace(' ', "_"),
            1 => words::without_marks(&text),
            _ => text,
        }
    }

    /// The name of a page that came from a scanner or a telephone.
    fn scanned_name(&mut self, extension: &str) -> String {
        let day = date_of(self.at);
        let n = self.mark();
        let name = match self.dice.below(6) {
            0 => format!("Scan_{:04}", n % 40),
            1 => format!("z{}_{:x}", 5_550_000_000_000 + n % 900_000_000, n),
            2 => format!(
                "CamScanner {:02}-{:02}-{} 09.{:02}",
                day.day(),
                day.month(),
                day.year(),
                n % 60
            ),
            3 => format!(
                "IMG_{}{:02}{:02}_{:06}",
                day.year(),
                day.month(),
                day.day(),
                n % 240_000
            ),
            4 => format!(
                "img{}{:02}{:02}_{:08}",
                day.year(),
                day.month(),
                day.day(),
                n % 20_000_000
            ),
            _ => format!(
                "SKM_C250i{:02}{:02}{:02}{:05}",
                day.year() % 100,
                day.month(),
                day.day(),
                n % 99_999
            ),
        };
        format!("{name}.{extension}")
    }

    /// The name of a picture that a telephone took, or that Zalo handed on.
    fn photo_name(&mut self) -> String {
        let (day, n) = (date_of(self.at), self.mark());
        match self.dice.below(3) {
            0 => format!("z{}_{n:x}.jpg", 5_550_000_000_000 + n % 900_000_000),
            1 => format!(
                "IMG_{}{:02}{:02}_{:06}.jpg",
                day.year(),
                day.month(),
                day.day(),
                n % 240_000
            ),
            _ => format!("IMG_{:04}.JPG", n % 9_999),
        }
    }

    /// A Word file and what else it takes, of one report; gives the forms.
    fn documents(
        &mut self,
        called: &Called,
        period: &Period,
        wanted: Forms,
        title: Option<String>,
    ) -> Forms {
        // What a scan says is not read; where only the title tells, there is one that can be.
        let must_be_read = title.is_some();
        let mut said_when = false;
        let title = title.unwrap_or_else(|| {
            let (p, clear) = if self.dice.percent(85) {
                self.period(period)
            } else {
                (String::new(), Clear::Vague)
            };
            let title = self.title(called, &p);
            said_when = clear == Clear::Sure;
            self.note(format!("title: {title:?} (period {clear:?})"));
            title
        });
        let head = self.head("BÁO CÁO", &title);
        let named = (self.named_report, self.named_period);
        let stem = self.stem(called, period, 60);
        let table = self.dice.percent(70);
        let mark = self.mark();
        let both = wanted.signed_document && self.dice.percent(80) || self.dice.percent(25);
        let way = match (both, wanted.signed_document) {
            (true, _) => *self.dice.of_these(&[
                "docx+scan",
                "docx+scan",
                "docx+pdf",
                "xlsx+scan",
                "docx+pages",
                "docx+numbered scan",
            ]),
            (false, true) if must_be_read => *self.dice.of_these(&["pdf", "docx"]),
            (false, true) => *self.dice.of_these(&["scan", "scan", "pdf", "docx"]),
            (false, false) => *self.dice.of_these(&["docx", "docx", "docx", "xlsx"]),
        };
        self.note(format!("files: {way}"));
        if way != "scan" {
            self.named_report = true;
            self.named_period |= said_when;
        }
        let soft_name = format!(
            "{stem}.{}",
            if way.starts_with("xlsx") {
                "xlsx"
            } else {
                "docx"
            }
        );
        if way.starts_with("docx") || way.starts_with("xlsx") {
            let content = if way.starts_with("xlsx") {
                files::xlsx(&head, mark)
            } else {
                files::docx(&head, table, mark)
            };
            self.put(&soft_name, content);
        }
        match way.split_once('+').map_or(way, |(_, second)| second) {
            "scan" if way == "scan" => {
                let poor = self.dice.percent(40);
                let name = if poor {
                    (self.named_report, self.named_period) = named;
                    self.scanned_name("pdf")
                } else {
                    format!("{stem}.signed.pdf")
                };
                self.put(&name, files::scan(mark));
            }
            "scan" => {
                let name = match self.dice.below(3) {
                    0 => format!("{stem}.pdf"),
                    1 => format!("{stem} (ký).pdf"),
                    _ => self.scanned_name("pdf"),
                };
                self.put(&name, files::scan(mark));
            }
            "numbered scan" => {
                let n = self.number;
                let name = format!("{n}-BC-{}.pdf", self.unit.symbol);
                self.put(&name, files::scan(mark));
            }
            "pdf" => {
                let name = format!("{stem}.pdf");
                self.put(&name, files::text_pdf(&head, mark));
            }
            "pages" => {
                for n in 1..=self.dice.between(1, 3) {
                    let name = format!("{stem} trang {n}.jpg");
                    let mark = self.mark();
                    self.put(&name, files::page_photo(mark));
                }
            }
            _ => {}
        }
        match way {
            "scan" | "pdf" => SIGNED,
            "docx" | "xlsx" => SOFT,
            _ => SIGNED.and(SOFT),
        }
    }

    /// Our own reminder, which this mail answers.
    fn reminder(&mut self, reports: &[(String, String)]) -> Quoted {
        let items: String = reports.iter().map(|(title, period)| {
            format!("- {title}, {period}\n  Căn cứ: Công văn của Liên đoàn Lao động tỉnh\n  Còn thiếu: bản ký, đóng dấu và file mềm\n")
        }).collect();
        Quoted {
            from: "Ban Chính sách pháp luật".into(),
            address: super::mail::MAILBOX.into(),
            subject: format!("Đề nghị gửi báo cáo: {}, {}", reports[0].0, reports[0].1),
            text: format!(
                "Kính gửi: {}\nTuy nhiên, đến nay Ban chưa ghi nhận đủ báo cáo của đơn vị:\n{items}Trân trọng./.",
                self.unit.name
            ),
            forwarded: false,
            id: Some(format!("nhac.{}@thubaocao.example", self.dice.below(9_999))),
        }
    }

    fn done(
        mut self,
        number: u64,
        scenario: &'static str,
        truth: Truth,
        before: Vec<(String, PeriodId, bool)>,
    ) -> Composed {
        let id = format!("{:x}{:016x}", number, self.mark());
        let name = match self.dice.below(4) {
            0 => (*self.dice.of_these(words::NAMES)).to_owned(),
            1 => String::new(),
            2 => words::without_marks(&self.unit.short),
            _ => self.unit.short.clone(),
        };
        let draft = Draft {
            at: self.at,
            name,
            address: self.address,
            subject: self.subject,
            text: self.text,
            quoted: self.quoted,
            parts: self.parts,
            fields: self.fields,
            id,
        };
        let raw = draft.bytes(self.program, &mut self.dice);
        Composed {
            number,
            scenario,
            truth,
            draft,
            program: self.program,
            raw,
            features: self.features,
            unit: self.unit.id,
            before,
            asked: self.asked,
        }
    }
}

fn called(report: &str) -> &'static Called {
    CALLED.iter().find(|c| c.report == report).unwrap()
}

impl World {
    fn honest(&self, number: u64, scenario: &'static str, mut dice: Dice) -> Composed {
        let config = &self.config;
        let report_of = |o: &Obligation| config.report(&o.report).unwrap();
        let numbered = |o: &Obligation| !matches!(o.period, PeriodId::Named(_));
        let fits = |o: &Obligation| match scenario {
            "nil return" => report_of(o).nil_return,
            "last year's number" => {
                numbered(o) && !matches!(report_of(o).frequency, Frequency::Event(_))
            }
            // Of two years at once nobody reports.
            "two periods" => {
                let frequency = &report_of(o).frequency;
                numbered(o) && !matches!(frequency, Frequency::Event(_) | Frequency::Yearly)
            }
            "event photos" => [
                "trung-thu",
                "thang-tre-em",
                "thang-cong-nhan",
                "tet",
                "phu-nu",
                "thang-an-toan",
            ]
            .contains(&&*o.report),
            "old address" => self.row(&o.unit.0).old_address.is_some(),
            "shared address" => self.row(&o.unit.0).emails[0] == register::SHARED,
            "page photos" => report_of(o).forms.signed_document,
            "of a union below" => ["cd-giao-duc", "cd-y-te", "cd-kkt"].contains(&&*o.unit.0),
            _ => true,
        };
        let o = self.target(&mut dice, fits).unwrap();
        let mut at = self.moment(o, &mut dice);
        let late = scenario == "correction" || scenario == "answer to receipt";
        if late {
            at = (o.due + jiff::SignedDuration::from_hours(dice.between(30, 500)))
                .min(instant(END, Time::constant(20, 0, 0, 0)));
        }
        let (period, report) = (self.period(o), report_of(o));
        let called_so = called(&o.report);
        let mut w = Writer::new(self, dice, at, &o.unit.0);
        let mut brings = Vec::new();
        let mut before = vec![(o.report.clone(), o.period.clone(), late)];
        // Whoever signs for several has to say for whom.
        let mut doubtful = self.row(&o.unit.0).emails[0] == register::SHARED;
        let wanted = report.forms;
        let push = |brings: &mut Vec<Brings>, o: &Obligation, forms: Forms| {
            brings.push(Brings {
                report: o.report.clone(),
                period: o.period.clone(),
                forms,
            });
        };
        match scenario {
            "no period" => {
                // Nothing anywhere says when.
                let never = Period {
                    id: PeriodId::Named("x".into()),
                    ..period.clone()
                };
                w.subject(called_so, &never);
                w.body(called_so, &never);
                let title = w.title(called_so, "");
                let forms = w.documents(called_so, &never, wanted, Some(title));
                push(&mut brings, o, forms);
            }
            "answer to reminder" => {
                let others: Vec<&Obligation> = self.of_unit[&o.unit.0]
                    .iter()
                    .map(|n| &self.owed[*n])
                    .filter(|p| {
                        p.opens <= date_of(at)
                            && p.due <= at
                            && !self.has_come(p, at)
                            && (&p.report, &p.period) != (&o.report, &o.period)
                    })
                    .collect();
                let mut items = vec![o];
                items.extend(others.into_iter().take(2));
                let asked = items.iter().map(|p| (p.report.clone(), p.period.clone()));
                w.asked = asked.collect();
                let items: Vec<(String, String)> = items
                    .iter()
                    .map(|p| (report_of(p).short.clone(), p.period.in_vietnamese()))
                    .collect();
                let quoted = w.reminder(&items);
                w.subject = format!("Re: {}", quoted.subject);
                w.quoted = Some(quoted);
                w.body(called_so, &period);
                let forms = w.documents(called_so, &period, wanted, None);
                push(&mut brings, o, forms);
                w.note(format!("reminder of {items:?}"));
            }
            "answer to receipt" | "correction" => {
                w.subject(called_so, &period);
                let text = *w.dice.of_these(&[
                    "Em gửi lại báo cáo đã sửa số liệu ạ",
                    "Đơn vị gửi lại bản chỉnh sửa, thay cho bản trước.",
                    "Gửi bổ sung bản ký",
                    "bc sua lan 2 a",
                    "Chị ơi em gửi nhầm file hôm trước, em gửi lại ạ",
                ]);
                w.around(text);
                if scenario == "answer to receipt" {
                    w.asked = vec![(o.report.clone(), o.period.clone())];
                    w.subject = format!("Re: Đã tiếp nhận báo cáo của {}", w.unit.short);
                    w.quoted = Some(Quoted {
                        from: "Ban Chính sách pháp luật".into(),
                        address: super::mail::MAILBOX.into(),
                        subject: w.subject[4..].to_owned(),
                        text: format!(
                            "Ban đã nhận được báo cáo của đơn vị:\n- {}, {}\n  Mã tiếp nhận: BC-2026-{:05}\n  Tình trạng: đã đủ.",
                            report.title,
                            o.period.in_vietnamese(),
                            w.dice.below(900)
                        ),
                        forwarded: false,
                        id: Some(format!("nhan.{}@thubaocao.example", w.dice.below(9_999))),
                    });
                }
                let (p, _) = loop {
                    let way = w.period(&period);
                    if way.1 == Clear::Sure || !numbered(o) {
                        break way;
                    }
                };
                w.named_period = true;
                let title = w.title(called_so, &p);
                w.note(format!("title: {title:?}"));
                let forms = w.documents(called_so, &period, wanted, Some(title));
                push(&mut brings, o, forms);
            }
            "last year's number" => {
                let this = period.closes.year().to_string();
                let last = (period.closes.year() - 1).to_string();
                let way = loop {
                    let (way, clear) = w.period(&period);
                    if clear == Clear::Sure && way.contains(&this) {
                        break way;
                    }
                };
                doubtful = true;
                let in_subject = w.dice.percent(25);
                if in_subject {
                    w.subject = format!(
                        "Báo cáo {} {}",
                        w.dice.of_these(called_so.brief),
                        way.replace(&this, &last)
                    );
                    w.note(format!("subject with last year: {}", w.subject));
                } else {
                    w.subject(called_so, &period);
                }
                w.body(called_so, &period);
                let written = if in_subject {
                    way.clone()
                } else {
                    way.replace(&this, &last)
                };
                let title = w.title(called_so, &written);
                w.note(format!("title: {title:?}"));
                let forms = w.documents(called_so, &period, wanted, Some(title));
                push(&mut brings, o, forms);
            }
            "two reports" => {
                let at_hand = self.of_unit[&o.unit.0]
                    .iter()
                    .map(|n| &self.owed[*n])
                    .filter(|p| {
                        p.report != o.report
                            && CALLED.iter().any(|c| c.report == p.report)
                            && self.period(p).opens <= date_of(at)
                            && (date_of(p.due).duration_until(date_of(at)).as_hours()).abs()
                                < 24 * 40
                    });
                let at_hand: Vec<&Obligation> = at_hand.collect();
                w.subject = (*w.dice.of_these(&[
                    "Gửi 02 báo cáo",
                    "Báo cáo",
                    "2 bao cao",
                    "Gửi các báo cáo của đơn vị",
                    "",
                ]))
                .to_owned();
                w.around("Em gửi các báo cáo ạ");
                let second = if at_hand.is_empty() {
                    None
                } else {
                    Some(*w.dice.of_these(&at_hand))
                };
                for o in [Some(o), second].into_iter().flatten() {
                    let (period, called_so) = (self.period(o), called(&o.report));
                    let p = loop {
                        let way = w.period(&period);
                        if way.1 == Clear::Sure || !numbered(o) {
                            break way.0;
                        }
                    };
                    w.named_period = true;
                    let title = w.title(called_so, &p);
                    w.note(format!("title: {title:?}"));
                    let head = w.head("BÁO CÁO", &title);
                    let stem = w.stem(called_so, &period, 100);
                    let mark = w.mark();
                    w.put(&format!("{stem}.docx"), files::docx(&head, true, mark));
                    let scan = w.dice.percent(50);
                    if scan {
                        w.put(&format!("{stem}.pdf"), files::scan(mark));
                    }
                    push(&mut brings, o, if scan { SIGNED.and(SOFT) } else { SOFT });
                    before.push((o.report.clone(), o.period.clone(), false));
                }
                w.named_report = true;
            }
            "two periods" => {
                let earlier = self.of_unit[&o.unit.0]
                    .iter()
                    .map(|n| &self.owed[*n])
                    .rfind(|p| p.report == o.report && p.due < o.due);
                w.subject = format!("Báo cáo {}", w.dice.of_these(called_so.brief));
                w.around("Em gửi báo cáo của hai kỳ ạ");
                for o in earlier.into_iter().chain([o]) {
                    let period = self.period(o);
                    let p = loop {
                        let way = w.period(&period);
                        if way.1 == Clear::Sure {
                            break way.0;
                        }
                    };
                    let title = w.title(called_so, &p);
                    w.note(format!("title: {title:?}"));
                    let head = w.head("BÁO CÁO", &title);
                    let mark = w.mark();
                    let name = format!(
                        "BC {} {}.docx",
                        w.dice.of_these(called_so.brief),
                        p.replace('/', "-")
                    );
                    w.put(&name, files::docx(&head, true, mark));
                    push(&mut brings, o, SOFT);
                    before.push((o.report.clone(), o.period.clone(), false));
                }
                w.named_report = true;
                w.named_period = true;
            }
            "filled-in form" => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let (p, clear) = w.period(&period);
                let title = w.title(called_so, &p);
                w.named_period |= clear == Clear::Sure;
                w.note(format!("title: {title:?} ({clear:?})"));
                let head = w.head("BÁO CÁO", &title);
                let brief = w.dice.of_these(called_so.brief).replace('/', "-");
                let name = w
                    .dice
                    .of_these(&[
                        format!("Mẫu báo cáo {brief}.xlsx"),
                        "Mẫu báo cáo.xlsx".to_owned(),
                        format!("Mau bieu {brief} (da dien).xlsx"),
                        format!("Biểu mẫu BC {brief}.xlsx"),
                        format!("Phụ lục 1 - mẫu {brief}.xlsx"),
                    ])
                    .clone();
                w.note(format!("file: {name}"));
                let mark = w.mark();
                w.put(&name, files::xlsx(&head, mark));
                w.named_report = true;
                push(&mut brings, o, SOFT);
            }
            "event photos" => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let forms = w.documents(called_so, &period, wanted, None);
                let brief = w.dice.of_these(called_so.brief).replace('/', "-");
                for n in 1..=w.dice.between(1, 4) {
                    let event = w.dice.percent(50);
                    doubtful |= !event;
                    let name = if event {
                        w.dice
                            .of_these(&[
                                format!("Hình ảnh {brief} {n}.jpg"),
                                format!("anh trao qua {n}.jpg"),
                                format!("hinh {n}.jpg"),
                                format!("Ảnh hoạt động {n}.jpg"),
                            ])
                            .clone()
                    } else {
                        w.photo_name()
                    };
                    w.note(format!("photo: {name}"));
                    let mark = w.mark();
                    let content = files::event_photo(mark, &mut w.dice);
                    w.put(&name, content);
                }
                push(&mut brings, o, forms);
            }
            "page photos" => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let (p, clear) = w.period(&period);

                let title = w.title(called_so, &p);
                w.note(format!("title: {title:?} ({clear:?})"));
                let head = w.head("BÁO CÁO", &title);
                let stem = w.stem(called_so, &period, 60);
                let with_word = w.dice.percent(60);
                let mark = w.mark();
                if with_word {
                    w.put(&format!("{stem}.docx"), files::docx(&head, true, mark));
                    w.named_report = true;
                }
                for _ in 0..w.dice.between(1, 4) {
                    let name = w.scanned_name("jpg");
                    w.note(format!("page: {name}"));
                    let mark = w.mark();
                    w.put(&name, files::page_photo(mark));
                }
                doubtful = true;
                push(
                    &mut brings,
                    o,
                    if with_word { SIGNED.and(SOFT) } else { SIGNED },
                );
            }
            "scan beside" => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let (p, clear) = w.period(&period);
                w.named_period |= clear == Clear::Sure;
                let title = w.title(called_so, &p);
                w.note(format!("title: {title:?} ({clear:?})"));
                let head = w.head("BÁO CÁO", &title);
                let stem = w.stem(called_so, &period, 40);
                let mark = w.mark();
                w.put(&format!("{stem}.docx"), files::docx(&head, true, mark));
                let name = w.scanned_name("pdf");
                w.note(format!("scan: {name}"));
                w.put(&name, files::scan(mark));
                w.named_report = true;
                push(&mut brings, o, SIGNED.and(SOFT));
            }
            "plan beside" => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let forms = w.documents(called_so, &period, wanted, None);
                let topic = *w.dice.of_these(called_so.topics);
                let head = w.head(
                    "KẾ HOẠCH",
                    &format!("Tổ chức thực hiện {topic} {}", period.closes.year()),
                );
                let name = format!(
                    "KH {}.docx",
                    w.dice.of_these(called_so.brief).replace('/', "-")
                );
                w.note(format!("plan: {name} {:?}", head.title));
                let mark = w.mark();
                w.put(&name, files::docx(&head, true, mark));
                push(&mut brings, o, forms);
            }
            "other subject" => {
                w.body(called_so, &period);
                let other = w.dice.of_these(&CALLED);
                let contradicts = w.dice.percent(40);
                w.subject = match contradicts && other.report != o.report {
                    true => {
                        doubtful = true;
                        format!("Re: Báo cáo {}", w.dice.of_these(other.topics))
                    }
                    false => (*w.dice.of_these(&[
                        "Re: Lịch họp giao ban tháng",
                        "Re: Danh bạ điện thoại",
                        "Fwd: Thông báo nghỉ lễ",
                        "Re: Góp ý quy chế chi tiêu",
                        "Re: Chúc mừng năm mới",
                    ]))
                    .to_owned(),
                };
                w.note(format!("subject: {:?}", w.subject));
                let (p, clear) = w.period(&period);
                w.named_period |= clear == Clear::Sure;
                let title = w.title(called_so, &p);
                w.note(format!("title: {title:?} ({clear:?})"));
                let forms = w.documents(called_so, &period, wanted, Some(title));
                push(&mut brings, o, forms);
            }
            "shared address" | "old address" | "private address" => {
                doubtful = true;
                if scenario == "old address" {
                    w.address = w.unit.old_address.clone().unwrap();
                } else if scenario == "private address" {
                    let name = *w.dice.of_these(words::NAMES);
                    w.address = format!(
                        "{}{}@thudientu.example",
                        words::without_marks(name)
                            .to_lowercase()
                            .replace([' ', '\''], ""),
                        w.dice.between(70, 99)
                    );
                }
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let forms = w.documents(called_so, &period, wanted, None);
                push(&mut brings, o, forms);
            }
            "document of another" => {
                // One clerk writes for two: the address is of one, the document of the other.
                doubtful = true;
                let other = loop {
                    let other = w.dice.of_these(&self.units).clone();
                    if other.to.is_empty() && other.kind != "provincial" && other.id != w.unit.id {
                        break other;
                    }
                };
                w.address.clone_from(&other.emails[0]);
                w.note(format!("the address is of {}", other.id));
                w.subject = format!("Báo cáo {}", w.dice.of_these(called_so.topics));
                w.around("Em gửi báo cáo ạ");
                let (p, _) = w.period(&period);
                let title = w.title(called_so, &p);
                let head = w.head("BÁO CÁO", &title);
                w.note(format!("{}: {title:?}", head.issuer));
                let mark = w.mark();
                w.put("BC.docx", files::docx(&head, true, mark));
                push(&mut brings, o, SOFT);
            }
            "of a union below" => {
                let below = self.units.iter().filter(|u| u.parent == w.unit.id);
                let below = below.max_by_key(|u| u.id.clone()).unwrap().clone();
                w.subject(called_so, &period);
                w.around("Chuyển Ban báo cáo của cơ sở");
                let (p, _) = w.period(&period);
                let title = w.title(called_so, &p);
                let head = w.head_of(&below, "BÁO CÁO", &title);
                w.note(format!("{}: {title:?}", head.issuer));
                let mark = w.mark();
                w.put("BC co so.docx", files::docx(&head, true, mark));
                return w.done(number, scenario, Truth::Waits, before);
            }
            "nil return" => {
                let (p, clear) = w.period(&period);
                w.named_period |= clear == Clear::Sure;
                w.named_report = true;
                let text = w.dice.of_these(words::NIL);
                let mut letters = p.chars();
                let capital = letters.next().map_or(String::new(), |c| {
                    c.to_uppercase().collect::<String>() + letters.as_str()
                });
                let text = text.replace("{p}", &p).replace("{P}", &capital);
                let habit = *w.dice.of_these(&[
                    Habit::AsItIs,
                    Habit::AsItIs,
                    Habit::NoMarks,
                    Habit::Decomposed,
                ]);
                let text = habit.on(&text, &mut w.dice);
                w.subject(called_so, &period);
                w.around(&text);
                w.note(format!("text: {text:?} ({habit:?}, period {clear:?})"));
                push(&mut brings, o, Forms::NONE);
            }
            "archive" => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let forms = w.documents(called_so, &period, wanted, None);
                let (inline, parts): (Vec<Part>, Vec<Part>) = std::mem::take(&mut w.parts)
                    .into_iter()
                    .partition(|p| p.inline);
                let files: Vec<(String, Vec<u8>)> =
                    parts.into_iter().map(|p| (p.name, p.content)).collect();
                w.parts = inline;
                w.put("bao cao.zip", files::zip(&files));
                push(&mut brings, o, forms);
            }
            _ => {
                w.subject(called_so, &period);
                w.body(called_so, &period);
                let forms = w.documents(called_so, &period, wanted, None);
                push(&mut brings, o, forms);
            }
        }
        let only = self.still_open(o, at) == 1 && !late;
        let clear = w.named_report && (w.named_period || only || !numbered(o));
        let unit = o.unit.0.clone();
        let truth = match clear && !doubtful {
            true => Truth::Reports { unit, brings },
            false => Truth::Doubtful { unit, brings },
        };
        w.done(number, scenario, truth, before)
    }

    fn no_report(&self, number: u64, mut dice: Dice) -> Composed {
        let what = dice.of_these(words::NONE);
        let o = self.target(&mut dice, |_| true).unwrap();
        let at = self.moment(o, &mut dice);
        let (period, called_so) = (self.period(o), called(&o.report));
        let mut w = Writer::new(self, dice, at, &o.unit.0);
        let (p, _) = w.period(&period);
        let topic = *w.dice.of_these(called_so.topics);
        let brief = *w.dice.of_these(called_so.brief);
        let other = *w.dice.of_these(w.dice.clone().of_these(&CALLED).topics);
        let name = *w.dice.of_these(words::NAMES);
        let unit = w.unit.short.clone();
        let fill = |text: &str| {
            let text = text
                .replace("{topic2}", other)
                .replace("{topic}", topic)
                .replace("{brief}", brief);
            text.replace("{p}", &p)
                .replace("{unit}", &unit)
                .replace("{name}", name)
        };
        let habit = Habit::thrown(&mut w.dice);
        w.subject = habit.on(&fill(what.subject), &mut w.dice);
        w.around(&fill(what.text));
        w.note(format!(
            "{}: {:?}, {:?}",
            what.kind,
            w.subject,
            fill(what.text)
        ));
        if !what.of_unit {
            w.address = match what.kind {
                "guidance of above" => (*w.dice.of_these(&[
                    "vanphong@ldlddaklak.example",
                    "vanthu@congdoan.example",
                    "vanthu@ubnd-daklak.example",
                ]))
                .to_owned(),
                _ => format!("lienhe{}@banhang.example", w.dice.below(40)),
            };
            if what.kind == "newsletter" {
                w.fields.push(("List-Id", "<bantin.tintuc.example>".into()));
                w.fields
                    .push(("List-Unsubscribe", "<mailto:huy@tintuc.example>".into()));
            }
        }
        if w.subject.starts_with("Re: Đã tiếp nhận") || w.subject.starts_with("Re: Đề nghị")
        {
            w.asked = vec![(o.report.clone(), o.period.clone())];
            let quoted =
                w.reminder(&[(self.config.report_name(&o.report), o.period.in_vietnamese())]);
            w.quoted = Some(Quoted {
                subject: w.subject[4..].to_owned(),
                ..quoted
            });
        }
        if let Some((stem, genre, title)) = what.file {
            let title = fill(title);
            let head = match what.kind {
                "guidance of above" => {
                    let above = *w.dice.of_these(&[
                        "TỔNG LIÊN ĐOÀN LAO ĐỘNG VIỆT NAM",
                        "LIÊN ĐOÀN LAO ĐỘNG TỈNH ĐẮK LẮK",
                        "ỦY BAN NHÂN DÂN TỈNH ĐẮK LẮK",
                    ]);
                    let symbol = match above.chars().next() {
                        Some('T') => "TLĐ",
                        Some('L') => "LĐLĐ",
                        _ => "UBND-KGVX",
                    };
                    Head {
                        superior: String::new(),
                        issuer: above.into(),
                        number: format!(
                            "Số: {}/{}{symbol}",
                            w.dice.between(10, 4_000),
                            if genre.is_empty() { "" } else { "BC-" }
                        ),
                        ..w.head(genre, &title)
                    }
                }
                _ => w.head(genre, &title),
            };
            let name = fill(stem).replace('/', "-");
            let mark = w.mark();
            let way = if title.is_empty() { 2 } else { w.dice.below(6) };
            w.note(format!("file: {name:?} {genre} {title:?} way {way}"));
            match way {
                0 => w.put(&format!("{name}.pdf"), files::scan(mark)),
                1 => w.put(&format!("{name}.pdf"), files::text_pdf(&head, mark)),
                2 if title.is_empty() => {
                    w.put(&format!("{name}.xlsx"), files::xlsx(&Head::default(), mark));
                }
                _ => w.put(&format!("{name}.docx"), files::docx(&head, true, mark)),
            }
        }
        if what.kind == "event photos" {
            for n in 1..=w.dice.between(1, 4) {
                let mark = w.mark();
                let content = files::event_photo(mark, &mut w.dice);
                w.put(&format!("Hình ảnh {n}.jpg"), content);
            }
        }
        w.done(
            number,
            what.kind,
            // Whether a unit is given more time nobody but a person decides.
            match what.kind {
                "more time" => Truth::Waits,
                _ => Truth::Nothing,
            },
            vec![(o.report.clone(), o.period.clone(), false)],
        )
    }
}
