//! The year of each unit: how its reports came, points and places, and for each figure the reports and receipt codes that
//! it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::date;

use super::title;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::domain::year::{Outcome, Place, Points, Tally, places};
use crate::standing::View;
use crate::store::{KnownPeriod, Receipts, Store};
use crate::writing::spreadsheet::{self, Cell, Chart, Sheet, Tone};

/// A year as it stands at a moment: the units by kind, in the order of the configuration, and by place.
pub struct Year {
    /// Which; that of the periods, see [`PeriodId`].
    pub year: i16,
    /// One each of whom anything is expected.
    pub units: Vec<OfUnit>,
}

/// The year of a unit.
pub struct OfUnit {
    /// Which.
    pub unit: UnitId,
    /// Its full name.
    pub name: String,
    /// The id of its kind; empty where the register does not have the unit.
    pub kind: String,
    /// The name of its kind.
    pub kind_name: String,
    /// The year in numbers.
    pub tally: Tally,
    /// Its place among those of its kind; `None` where nothing counts.
    pub place: Option<Place>,
    /// What the numbers are made of, in the order of deadlines.
    pub reports: Vec<OfReport>,
}

/// One report of a unit, and what it earned.
pub struct OfReport {
    /// The id of the report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
    /// The deadline, with more time that was given.
    pub due: Timestamp,
    /// How it counts.
    pub outcome: Outcome,
    /// When everything was there; else when something was, if it was.
    pub received: Option<Timestamp>,
    /// The receipt codes of what came, in the order of receipt, each with whether it is sent back.
    pub codes: Vec<(String, bool)>,
    /// What it earned; `None` where it does not count.
    pub points: Option<i32>,
}

/// So many years a chart goes back at most.
const MOST_YEARS: usize = 10;

/// What is expected of a year and has opened, or come, by the moment of a view.
fn expected_in(view: &View<'_>, store: &Store, year: i16) -> Result<Vec<Obligation>> {
    let periods = store.periods()?;
    let periods = periods.iter().filter(|p| p.year() == year);
    let mut all = store.obligations_of_periods(periods, Receipts::Until(view.now()))?;
    let today = date_of(view.now());
    all.retain(|o| o.opens <= today || !o.receipts.is_empty());
    Ok(all)
}

impl Year {
    /// The latest year of which anything was due by the moment of a view.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn latest(view: &View<'_>, store: &Store) -> Result<Option<Year>> {
        let periods = store.periods()?;
        let past = periods.iter().filter(|p| p.due <= view.now());
        let year = past.map(KnownPeriod::year).max();
        year.map(|year| Year::of(view, store, year)).transpose()
    }

    /// A year as it stands at the moment of a view.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(view: &View<'_>, store: &Store, year: i16) -> Result<Year> {
        let rule = &view.config().settings.points;
        let mut units: BTreeMap<UnitId, OfUnit> = BTreeMap::new();
        for o in expected_in(view, store, year)? {
            let unit = units
                .entry(o.unit.clone())
                .or_insert_with(|| of_unit(view, year, &o.unit));
            let outcome = Outcome::of(&o, view.state(&o), view.now());
            unit.reports.push(OfReport {
                due: o.due,
                outcome,
                received: o.complete_at().or(o.first_received()),
                codes: store.codes_of(o.id, view.now())?,
                points: unit.tally.add(outcome, o.returned.is_some(), rule),
                report: o.report,
                period: o.period,
            });
        }
        let mut units: Vec<OfUnit> = units.into_values().collect();
        let tallies: Vec<(&str, &Tally)> =
            units.iter().map(|u| (u.kind.as_str(), &u.tally)).collect();
        let places = places(&tallies);
        for (unit, place) in units.iter_mut().zip(places) {
            unit.place = place;
        }
        let kinds = &view.config().settings.kinds;
        let kind = |u: &OfUnit| kinds.iter().position(|k| k.id == u.kind);
        units.sort_by_cached_key(|u| {
            let place = u.place.map_or(u32::MAX, |p| p.place);
            (kind(u).unwrap_or(usize::MAX), place, u.name.clone())
        });
        Ok(Year { year, units })
    }
}

/// A unit of whom nothing has been counted yet, as the register has it at the end of the year, or by now.
fn of_unit(view: &View<'_>, year: i16, unit: &UnitId) -> OfUnit {
    let day = date_of(view.now()).min(date(year, 12, 31));
    let row = view.config().register.nearest(unit, day);
    OfUnit {
        unit: unit.clone(),
        name: view.config().official_name(unit, day),
        kind: row.map_or_else(String::new, |u| u.kind.id.clone()),
        kind_name: row.map_or_else(String::new, |u| u.kind.name.clone()),
        tally: Tally::default(),
        place: None,
        reports: Vec::new(),
    }
}

/// The Excel file of a year, with how it went through the years before, is written to `to`.
///
/// # Errors
/// When the store cannot be read, or nothing can be written.
pub(crate) fn workbook(
    view: &View<'_>,
    store: &Store,
    year: &Year,
    to: impl Write + Send,
) -> Result<()> {
    let through_the_years = years_sheet(view, store, year.year)?;
    let sheets = sheets(view, year).into_iter().chain([through_the_years]);
    spreadsheet::write(sheets, view.now(), to)
}

/// The sheets of a year: the table of units, and what each figure of it is made of.
pub(crate) fn sheets<'a>(view: &'a View<'_>, year: &'a Year) -> [Sheet<'a>; 2] {
    [units_sheet(view, year), reports_sheet(view, year)]
}

/// The rule of points in words.
fn rule(points: &Points) -> String {
    format!(
        "Điểm mỗi báo cáo: đúng hạn {}; trễ thì trừ {} điểm mỗi ngày, ít nhất còn {}; không nộp {}; chưa nộp hoặc còn thiếu tạm tính 0.",
        points.on_time, points.late_per_day, points.late_least, points.not_sent
    )
}

/// What the rule leaves out.
const NOT_COUNTED: &str = "Báo cáo chưa đến hạn, đang chờ xử lý, được miễn, chưa theo dõi không tính điểm và không tính vào mẫu số. Xếp hạng theo tỷ lệ điểm trong từng loại đơn vị.";

fn units_sheet<'a>(view: &'a View<'_>, year: &'a Year) -> Sheet<'a> {
    let head = |width: f64, names: &[&str]| super::columns(width, names);
    let mut lines = title(view, &format!("THEO DÕI THI ĐUA NĂM {}", year.year));
    lines.push(rule(&view.config().settings.points));
    lines.push(NOT_COUNTED.to_owned());
    Sheet {
        name: "Theo dõi thi đua".into(),
        title: lines,
        columns: [
            head(5.0, &["STT"]),
            head(44.0, &["Đơn vị"]),
            head(20.0, &["Loại đơn vị"]),
            head(
                8.0,
                &[
                    "Đến hạn",
                    "Đúng hạn",
                    "Trễ",
                    "Còn thiếu",
                    "Chưa nộp",
                    "Không nộp",
                    "Bị trả lại",
                    "Chờ xử lý",
                    "Được miễn",
                    "Trung vị số ngày trễ",
                    "Điểm",
                    "Điểm tối đa",
                    "Tỷ lệ điểm",
                    "Xếp hạng",
                    "Số đơn vị cùng loại",
                ],
            ),
        ]
        .concat(),
        rows: Box::new((1..).zip(&year.units).map(|(n, u)| Ok(unit_row(n, u)))),
        charts: vec![],
    }
}

fn unit_row(n: i64, unit: &OfUnit) -> Vec<Cell> {
    let t = &unit.tally;
    let number = |n: u32| Cell::Number(i64::from(n));
    let place = |of: fn(Place) -> u32| unit.place.map_or(Cell::Empty, |p| number(of(p)));
    vec![
        Cell::Number(n),
        unit.name.as_str().into(),
        unit.kind_name.as_str().into(),
        number(t.expected),
        number(t.on_time),
        number(t.late),
        number(t.partial),
        number(t.not_yet),
        number(t.not_sent),
        number(t.returned),
        number(t.waiting),
        number(t.excused),
        t.median_days_late().map_or(Cell::Empty, Cell::Decimal),
        Cell::Number(i64::from(t.points)),
        Cell::Number(i64::from(t.attainable)),
        t.share().map_or(Cell::Empty, Cell::Share),
        place(|p| p.place),
        place(|p| p.of),
    ]
}

fn reports_sheet<'a>(view: &'a View<'_>, year: &'a Year) -> Sheet<'a> {
    let of_unit = |u: &'a OfUnit| u.reports.iter().map(move |r| (u, r));
    let rows = (1..).zip(year.units.iter().flat_map(of_unit));
    let head = |width: f64, names: &[&str]| super::columns(width, names);
    Sheet {
        name: "Căn cứ tính điểm".into(),
        title: title(view, &format!("CĂN CỨ TÍNH ĐIỂM NĂM {}", year.year)),
        columns: [
            head(7.0, &["STT"]),
            head(44.0, &["Đơn vị"]),
            head(24.0, &["Báo cáo", "Kỳ"]),
            head(13.0, &["Hạn", "Ngày nhận"]),
            head(18.0, &["Kết quả"]),
            head(28.0, &["Mã tiếp nhận"]),
            head(8.0, &["Điểm"]),
        ]
        .concat(),
        rows: Box::new(rows.map(|(n, (u, r))| Ok(report_row(view, n, u, r)))),
        charts: vec![],
    }
}

fn report_row(view: &View<'_>, n: i64, unit: &OfUnit, report: &OfReport) -> Vec<Cell> {
    let (says, tone) = match report.outcome {
        Outcome::OnTime => ("Đúng hạn".to_owned(), Tone::Good),
        Outcome::Late(days) => (format!("Trễ {days} ngày"), Tone::Part),
        Outcome::Partial => ("Còn thiếu".to_owned(), Tone::Part),
        Outcome::NotYet => ("Chưa nộp".to_owned(), Tone::Bad),
        Outcome::NotSent => ("Không nộp".to_owned(), Tone::Bad),
        Outcome::Ahead => ("Chưa đến hạn".to_owned(), Tone::Plain),
        Outcome::Waiting => ("Đang chờ xử lý".to_owned(), Tone::Part),
        Outcome::Excused => ("Được miễn".to_owned(), Tone::Plain),
        Outcome::Untracked => ("Chưa theo dõi".to_owned(), Tone::Plain),
    };
    let codes = report.codes.iter().map(|(code, back)| match back {
        true => format!("{code} (đã trả lại)"),
        false => code.clone(),
    });
    let codes: Vec<String> = codes.collect();
    vec![
        Cell::Number(n),
        unit.name.as_str().into(),
        view.config().report_name(&report.report).into(),
        report.period.in_vietnamese().into(),
        Cell::Day(date_of(report.due)),
        report
            .received
            .map_or(Cell::Empty, |at| Cell::Day(date_of(at))),
        Cell::State(says, tone),
        codes.join("; ").into(),
        report
            .points
            .map_or(Cell::Empty, |p| Cell::Number(i64::from(p))),
    ]
}

/// How all units did in a year, and those of each kind.
struct Total {
    year: i16,
    all: Tally,
    kinds: BTreeMap<String, Tally>,
}

/// How it went through the years up to one, a row each, with charts.
///
/// # Errors
/// When the store cannot be read.
fn years_sheet<'a>(view: &View<'_>, store: &Store, last: i16) -> Result<Sheet<'a>> {
    let known: BTreeSet<i16> = store.periods()?.iter().map(KnownPeriod::year).collect();
    let mut totals = Vec::new();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for year in known.range(..=last).rev().take(MOST_YEARS) {
        let total = total(view, store, *year)?;
        if total.all.expected > 0 {
            kinds.extend(total.kinds.keys().cloned());
            totals.push(total);
        }
    }
    totals.reverse();
    let order = &view.config().settings.kinds;
    let kinds = order.iter().map(|k| &k.name).filter(|n| kinds.contains(*n));
    let kinds: Vec<String> = kinds.cloned().collect();
    let shares = 7;
    let of_kinds = shares + 2..shares + 2 + kinds.len() as u16;
    let names = kinds.iter().map(|kind| (format!("Đúng hạn: {kind}"), 14.0));
    Ok(Sheet {
        name: "Qua các năm".into(),
        title: title(view, "TÌNH HÌNH GỬI BÁO CÁO QUA CÁC NĂM"),
        columns: super::columns(
            11.0,
            &[
                "Năm",
                "Đến hạn",
                "Đúng hạn",
                "Trễ",
                "Còn thiếu",
                "Chưa nộp",
                "Không nộp",
                "Tỷ lệ báo cáo",
                "Tỷ lệ đúng hạn",
            ],
        )
        .into_iter()
        .chain(names)
        .collect(),
        charts: vec![
            Chart {
                title: "Tỷ lệ báo cáo và tỷ lệ đúng hạn".into(),
                shares: shares..shares + 2,
            },
            Chart {
                title: "Tỷ lệ đúng hạn theo loại đơn vị".into(),
                shares: of_kinds,
            },
        ],
        rows: Box::new(totals.into_iter().map(move |t| Ok(total_row(&t, &kinds)))),
    })
}

fn total(view: &View<'_>, store: &Store, year: i16) -> Result<Total> {
    let rule = &view.config().settings.points;
    let mut all = Tally::default();
    let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
    let mut names: BTreeMap<UnitId, String> = BTreeMap::new();
    for o in expected_in(view, store, year)? {
        let outcome = Outcome::of(&o, view.state(&o), view.now());
        all.add(outcome, false, rule);
        let kind = names
            .entry(o.unit)
            .or_insert_with_key(|unit| of_unit(view, year, unit).kind_name);
        let of_kind = kinds.entry(kind.clone()).or_default();
        of_kind.add(outcome, false, rule);
    }
    Ok(Total { year, all, kinds })
}

fn total_row(total: &Total, kinds: &[String]) -> Vec<Cell> {
    let t = &total.all;
    let share = |of: u32, t: &Tally| match t.expected {
        0 => Cell::Empty,
        all => Cell::Share(f64::from(of) / f64::from(all)),
    };
    let numbers = [
        t.expected, t.on_time, t.late, t.partial, t.not_yet, t.not_sent,
    ];
    let of_kind = |kind: &String| {
        let tally = total.kinds.get(kind);
        tally.map_or(Cell::Empty, |t| share(t.on_time, t))
    };
    // A year is a name: the charts have it below their columns.
    [Cell::Text(total.year.to_string())]
        .into_iter()
        .chain(numbers.map(|n| Cell::Number(i64::from(n))))
        .chain([share(t.on_time + t.late, t), share(t.on_time, t)])
        .chain(kinds.iter().map(of_kind))
        .collect()
}
