//! How all units stand, as tables: totals by report and period, the matrix of units and periods, the annex of each report
//! and period, details.

pub(crate) mod annex;
pub mod year;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;

use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, State, groups};
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, fold_case, vietnamese_date, vietnamese_moment};
use crate::ground::text::fold;
use crate::standing::View;
use crate::store::Store;
use crate::writing::spreadsheet::{self, Cell, Rows, Sheet, Tone};
use annex::Places;
use year::Year;

/// How one report and period ended, as provincial report systems count it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Short name of the report.
    pub report: String,
    /// The period in words.
    pub period: String,
    /// The deadline.
    pub due: String,
    /// Đến hạn: obligations that nobody excused.
    pub expected: u32,
    /// Đúng hạn: complete on time.
    pub on_time: u32,
    /// Trễ: complete after the deadline.
    pub late: u32,
    /// Something is there, not everything.
    pub partial: u32,
    /// Đang chờ xử lý: what is missing may be in a mail on which staff have to decide.
    pub waiting: u32,
    /// Chưa nộp: nothing is there, and the period is not closed.
    pub not_yet: u32,
    /// Không nộp: nothing is there, and the period is closed.
    pub not_at_all: u32,
    /// Complete ÷ expected, in percent.
    pub rate: u32,
    /// Complete on time ÷ expected, in percent.
    pub timeliness: u32,
}

/// A report in the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChartRow {
    /// Its short name.
    pub report: String,
    /// Its periods, the oldest first.
    pub points: Vec<ChartPoint>,
}

/// One bar of the chart: a period of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChartPoint {
    /// Its name, short.
    pub period: String,
    /// Complete ÷ expected, in percent.
    pub rate: u32,
    /// Complete on time ÷ expected, in percent; no more than the rate.
    pub timeliness: u32,
}

/// The total of a group; `None` where nothing is expected that is tracked.
pub fn total(view: &View<'_>, group: &Group<'_>) -> Option<Total> {
    let r = view.rates(group.members.iter().copied());
    Some(Total {
        report: view.config().report_name(group.report),
        period: group.period.in_vietnamese(),
        due: vietnamese_date(date_of(group.due)),
        expected: r.expected,
        on_time: r.on_time,
        late: r.complete - r.on_time,
        partial: r.partial,
        waiting: r.waiting,
        not_yet: r.overdue,
        not_at_all: r.closed,
        rate: r.reporting_rate()?,
        timeliness: r.timeliness()?,
    })
}

/// So many periods of a report the chart has at most.
const MOST_POINTS: usize = 8;

/// The rows of the chart: each report with the last of its periods whose deadline has passed.
pub(crate) fn chart_rows(view: &View<'_>, groups: &[Group<'_>]) -> Vec<ChartRow> {
    let mut rows: BTreeMap<usize, ChartRow> = BTreeMap::new();
    for group in groups.iter().filter(|g| g.due < view.now()) {
        let reports = &view.config().reports;
        let place = reports.iter().position(|r| r.id == group.report);
        let (Some(place), Some(total)) = (place, total(view, group)) else {
            continue;
        };
        let row = rows.entry(place).or_insert_with(|| ChartRow {
            report: total.report.clone(),
            points: vec![],
        });
        row.points.push(ChartPoint {
            period: short_period(group.period),
            rate: total.rate,
            timeliness: total.timeliness,
        });
    }
    for row in rows.values_mut() {
        let surplus = row.points.len().saturating_sub(MOST_POINTS);
        row.points.drain(..surplus);
    }
    rows.into_values().collect()
}

/// A period in few letters.
fn short_period(period: &PeriodId) -> String {
    match period {
        PeriodId::Month(y, m) => format!("{m}/{y}"),
        PeriodId::Quarter(y, q) => format!("Q{q}/{y}"),
        PeriodId::Half(y, 1) => format!("đầu {y}"),
        PeriodId::Half(y, _) => format!("cuối {y}"),
        PeriodId::NineMonths(y) => format!("9T/{y}"),
        PeriodId::Year(y) => y.to_string(),
        PeriodId::SchoolYear(y) => format!("{y}-{}", y + 1),
        PeriodId::Named(name) => name.chars().take(9).collect(),
    }
}

/// The Excel file of obligations is written to `to`: for looking at, and the sheets of single reports and periods for
/// printing as the annex of a letter ([`has_own_sheet`] says of which); with a year, where
/// one is given.
///
/// # Errors
/// When the store cannot be read, or nothing can be written.
pub fn workbook(
    view: &View<'_>,
    store: &Store,
    obligations: &[Obligation],
    year: Option<&Year>,
    to: impl Write + Send,
) -> Result<()> {
    let groups = groups(obligations);
    let places = annex::places(view.config());
    let mut sheets = vec![
        totals_sheet(view, &groups),
        matrix_sheet(view, obligations, &groups),
    ];
    let mut tabs: HashSet<String> = sheets.iter().map(|s| fold_case(&s.name)).collect();
    for group in &groups {
        if groups.len() == 1 || has_own_sheet(view, group) {
            let tab = tab(view.config(), group, &mut tabs);
            sheets.push(group_sheet(view, store, group, &places, tab));
        }
    }
    sheets.push(details_sheet(view, store, obligations));
    sheets.extend(year.into_iter().flat_map(|year| year::sheets(view, year)));
    spreadsheet::write(sheets, view.now(), to)
}

/// So long after its deadline a report and period still has a sheet of its own.
const RECENT: SignedDuration = SignedDuration::from_hours(24 * 45);
/// So long before.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 31);

/// Whether a report and period of several has a sheet of its own: something of it was due within 45 days or is due within
/// 31, or is late and not closed. What was due before the installation, with nothing to show, has none.
fn has_own_sheet(view: &View<'_>, group: &Group<'_>) -> bool {
    let now = view.now();
    let near = now - RECENT..=now + SOON;
    group.members.iter().any(|o| match view.state(o) {
        State::Untracked => false,
        State::Overdue | State::Returned | State::Waiting(_) => true,
        State::NotDue
        | State::Pending
        | State::Partial
        | State::Submitted
        | State::Late
        | State::Closed
        | State::Excused => near.contains(&o.due),
    })
}

/// The name of the tab of a report and period, which no other has: at most 31 characters, without what Excel forbids.
fn tab(config: &Config, group: &Group<'_>, taken: &mut HashSet<String>) -> String {
    let period = short_period(group.period);
    let most = 31 - 4 - period.chars().count();
    let report = config.report_name(group.report);
    let report: String = report.chars().take(most).collect();
    let name = format!("{} {period}", report.trim());
    let name = name.replace(['[', ']', ':', '*', '?', '/', '\\', '\''], "-");
    let mut tab = name.clone();
    let mut n = 1;
    while !taken.insert(fold_case(&tab)) {
        n += 1;
        tab = format!("{name} {n}");
    }
    tab
}

/// A row each unit of one report and period, as the annex of a letter.
fn group_sheet<'a>(
    view: &'a View<'_>,
    store: &'a Store,
    group: &'a Group<'a>,
    places: &Places<'_>,
    name: String,
) -> Sheet<'a> {
    let config = view.config();
    let mut members = group.members.clone();
    annex::in_order(&mut members, places);
    let rows = members.into_iter().enumerate().map(move |(n, o)| {
        let line = annex::line(view, store, o, group.due)?;
        Ok(vec![
            Cell::Number(n as i64 + 1),
            line.unit.into(),
            Cell::Day(line.due),
            Cell::State(line.state, line.tone),
            line.sent.map_or(Cell::Empty, Cell::Day),
            line.numbers.into(),
            line.note.into(),
        ])
    });
    let widths = [6.0, 44.0, 13.0, 24.0, 13.0, 20.0, 34.0];
    let names = annex::COLUMNS.map(str::to_owned);
    Sheet {
        name,
        title: vec![
            annex::TITLE.to_owned(),
            annex::of_group(config, group).to_uppercase(),
            annex::goes_with(&config.settings.department.federation),
            annex::due_and_now(view, group),
        ],
        columns: names.into_iter().zip(widths).collect(),
        rows: Box::new(rows),
        charts: vec![],
    }
}

/// The lines above a sheet: whose it is and what it shows, and at which moment.
fn title(view: &View<'_>, what: &str) -> Vec<String> {
    let federation = &view.config().settings.department.federation;
    vec![
        format!("{}: {what}", federation.to_uppercase()),
        format!("Tính đến {}", vietnamese_moment(view.now())),
    ]
}

/// Columns of one width.
fn columns(width: f64, names: &[&str]) -> Vec<(String, f64)> {
    names.iter().map(|n| ((*n).to_owned(), width)).collect()
}

/// A row each report and period, with how many units stand how.
fn totals_sheet<'a>(view: &'a View<'_>, groups: &'a [Group<'_>]) -> Sheet<'a> {
    Sheet {
        name: "Tổng hợp".into(),
        title: title(view, "TỔNG HỢP TÌNH HÌNH GỬI BÁO CÁO"),
        columns: [
            columns(6.0, &["STT"]),
            columns(46.0, &["Báo cáo"]),
            columns(20.0, &["Kỳ"]),
            columns(13.0, &["Hạn"]),
            columns(
                8.5,
                &[
                    "Đến hạn",
                    "Đúng hạn",
                    "Trễ",
                    "Thiếu một phần",
                    "Đang chờ xử lý",
                    "Chưa nộp",
                    "Không nộp",
                    "Chưa đến hạn",
                    "Được miễn",
                    "Chưa theo dõi",
                    "Tỷ lệ báo cáo",
                    "Tỷ lệ đúng hạn",
                ],
            ),
        ]
        .concat(),
        rows: Box::new((1..).zip(groups).map(|(n, g)| Ok(total_row(view, g, n)))),
        charts: vec![],
    }
}

/// A row each unit. What is far ahead, or from before the installation with nothing to show, would only widen the page.
fn matrix_sheet<'a>(
    view: &'a View<'_>,
    obligations: &'a [Obligation],
    groups: &[Group<'a>],
) -> Sheet<'a> {
    let soon = view.now() + SOON;
    let untracked = |o: &&Obligation| view.state(o) == State::Untracked && o.receipts.is_empty();
    let near: Vec<Group<'a>> = groups
        .iter()
        .filter(|g| g.due <= soon && !g.members.iter().all(untracked))
        .cloned()
        .collect();
    let (columns, rows) = matrix(view, obligations, &near);
    Sheet {
        name: "Theo đơn vị".into(),
        title: title(view, "TÌNH HÌNH GỬI BÁO CÁO THEO ĐƠN VỊ"),
        columns,
        rows,
        charts: vec![],
    }
}

/// A row each obligation, with all that came of it.
fn details_sheet<'a>(
    view: &'a View<'_>,
    store: &'a Store,
    obligations: &'a [Obligation],
) -> Sheet<'a> {
    Sheet {
        name: "Chi tiết".into(),
        title: title(view, "CHI TIẾT BÁO CÁO ĐÃ NHẬN"),
        columns: [
            columns(7.0, &["STT"]),
            columns(36.0, &["Đơn vị"]),
            columns(18.0, &["Báo cáo"]),
            columns(22.0, &["Kỳ"]),
            columns(13.0, &["Hạn"]),
            columns(20.0, &["Tình trạng"]),
            columns(13.0, &["Nhận lần đầu", "Nhận đủ"]),
            columns(16.0, &["Số, ký hiệu văn bản"]),
            columns(7.0, &["Số lần gửi", "Số lần nhắc"]),
            columns(13.0, &["Nhắc gần nhất"]),
        ]
        .concat(),
        rows: Box::new(
            (1..)
                .zip(obligations)
                .map(|(n, o)| detail_row(view, store, o, n)),
        ),
        charts: vec![],
    }
}

fn total_row(view: &View<'_>, group: &Group<'_>, n: i64) -> Vec<Cell> {
    let r = view.rates(group.members.iter().copied());
    let share = |n: u32| match r.expected {
        0 => Cell::Empty,
        all => Cell::Share(f64::from(n) / f64::from(all)),
    };
    let number = |n: u32| Cell::Number(i64::from(n));
    // What waits for staff before its deadline is not due for that.
    let early = |o: &&&Obligation| o.due > view.now() && matches!(view.state(o), State::Waiting(_));
    let early = group.members.iter().filter(early).count() as u32;
    vec![
        Cell::Number(n),
        view.config().report_title(group.report).into(),
        group.period.in_vietnamese().into(),
        Cell::Day(date_of(group.due)),
        number(r.expected - r.ahead - early),
        number(r.on_time),
        number(r.complete - r.on_time),
        number(r.partial),
        number(r.waiting),
        number(r.overdue),
        number(r.closed),
        number(r.ahead),
        number(r.excused),
        number(r.untracked),
        share(r.complete),
        share(r.on_time),
    ]
}

/// A row each unit, a column each report and period.
fn matrix<'a>(
    view: &'a View<'_>,
    obligations: &'a [Obligation],
    groups: &[Group<'a>],
) -> (Vec<(String, f64)>, Rows<'a>) {
    let (config, now) = (view.config(), view.now());
    let mut columns = vec![("STT".to_owned(), 6.0), ("Đơn vị".to_owned(), 40.0)];
    columns.extend(groups.iter().map(|g| {
        let head = format!(
            "{}\n{}\n(hạn {})",
            config.report_name(g.report),
            g.period.in_vietnamese(),
            vietnamese_date(date_of(g.due))
        );
        (head, 18.0)
    }));
    let expected: BTreeSet<&UnitId> = obligations.iter().map(|o| &o.unit).collect();
    // In the order of the register, as staff know it; then those that it does not have.
    let mut rest: HashSet<&UnitId> = expected.iter().copied().collect();
    let listed = config.register.units.iter().map(|u| &u.id);
    let order: Vec<&UnitId> = listed.chain(expected).filter(|u| rest.remove(u)).collect();
    let of_group = |g: &Group<'a>| g.members.iter().map(|o| (&o.unit, *o)).collect();
    let members: Vec<HashMap<&UnitId, &Obligation>> = groups.iter().map(of_group).collect();
    let rows = order.into_iter().enumerate().map(move |(n, unit)| {
        let mut row = vec![
            Cell::Number(n as i64 + 1),
            config.official_name(unit, date_of(now)).into(),
        ];
        row.extend(members.iter().map(|of| {
            let own = of.get(unit);
            own.map_or(Cell::Empty, |o| state_cell(view, o))
        }));
        Ok(row)
    });
    (columns, Box::new(rows))
}

/// How an obligation stands, in words, with its colour.
pub(crate) fn state_cell(view: &View<'_>, o: &Obligation) -> Cell {
    let day = |at: Option<Timestamp>| {
        at.map_or(String::new(), |at| {
            let day = date_of(at);
            format!(" {}/{}", day.day(), day.month())
        })
    };
    let more = match view.state(o) {
        State::Submitted | State::Late => day(o.complete_at()),
        State::Waiting(mail) => format!(" (thư số {mail})"),
        State::Returned => format!(", hạn{}", day(Some(o.due))),
        State::Untracked if !o.receipts.is_empty() => {
            format!(
                ", đã nhận{}",
                day(o.complete_at().or_else(|| o.first_received()))
            )
        }
        State::Untracked
        | State::Partial
        | State::Overdue
        | State::Closed
        | State::Excused
        | State::NotDue
        | State::Pending => String::new(),
    };
    let (text, tone) = state_words(view, o);
    Cell::State(text + &more + &doubt(o), tone)
}

/// The same in the fewest words.
fn state_words(view: &View<'_>, o: &Obligation) -> (String, Tone) {
    let (text, tone) = match view.state(o) {
        State::Submitted => ("Đúng hạn", Tone::Good),
        State::Late => ("Trễ", Tone::Part),
        State::Partial => {
            let missing = o.missing().in_vietnamese();
            return (format!("Thiếu {missing}"), Tone::Part);
        }
        State::Waiting(_) => ("Đang chờ xử lý", Tone::Part),
        State::Overdue if o.returned.is_some() => ("Trả lại, chưa gửi lại", Tone::Bad),
        State::Overdue => ("Chưa nộp", Tone::Bad),
        State::Closed if o.returned.is_some() => ("Trả lại, không gửi lại", Tone::Bad),
        State::Closed => ("Không nộp", Tone::Bad),
        State::Returned => ("Trả lại", Tone::Part),
        State::Excused => ("Được miễn", Tone::Plain),
        State::NotDue | State::Pending => ("Chưa đến hạn", Tone::Plain),
        State::Untracked => ("Chưa theo dõi", Tone::Plain),
    };
    (text.to_owned(), tone)
}

/// What staff should know of a mail that may be a unit's, behind how it stands; empty where there is none.
pub fn doubt(o: &Obligation) -> String {
    o.unverified.map_or(String::new(), |mail| {
        format!(", có thư số {mail} chưa xác minh")
    })
}

fn detail_row(view: &View<'_>, store: &Store, o: &Obligation, n: i64) -> Result<Vec<Cell>> {
    let config = view.config();
    let day = |at: Option<Timestamp>| at.map_or(Cell::Empty, |at| Cell::Day(date_of(at)));
    let reminded = match o.reminders_sent {
        0 => None,
        _ => store.reminders_of(o.id)?.last().map(|(at, _)| *at),
    };
    let versions = store.numbers_of(o.id, view.now())?;
    Ok(vec![
        Cell::Number(n),
        config.official_name(&o.unit, date_of(o.due)).into(),
        config.report_name(&o.report).into(),
        o.period.in_vietnamese().into(),
        Cell::Day(date_of(o.due)),
        state_cell(view, o),
        day(o.first_received()),
        day(o.complete_at()),
        each_once(&versions).into(),
        Cell::Number(versions.len() as i64),
        Cell::Number(i64::from(o.reminders_sent)),
        day(reminded),
    ])
}

/// The numbers of versions, each once: as it is written with its marks, where one version (by the name of a file) has it
/// without.
fn each_once(versions: &[Option<String>]) -> String {
    let mut numbers: Vec<&str> = Vec::new();
    let marks = |number: &str| number.chars().filter(|c| !c.is_ascii()).count();
    for number in versions.iter().flatten() {
        match numbers.iter_mut().find(|n| fold(n) == fold(number)) {
            Some(known) if marks(known) < marks(number) => *known = number,
            Some(_) => {}
            None => numbers.push(number),
        }
    }
    numbers.join("; ")
}

/// The same day of the year before: what was due earlier is of no interest any more.
pub(crate) fn year_before(now: Timestamp) -> Timestamp {
    let now = now.to_zoned(crate::domain::zone());
    now.saturating_sub(1.year()).timestamp()
}

#[cfg(test)]
mod tests {
    use crate::domain::row::MessageId;
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::domain::obligation::Receipt;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;

    #[test]
    fn a_number_stands_once_with_its_marks() {
        let once = |numbers: &[&str]| {
            let versions: Vec<Option<String>> =
                numbers.iter().map(|n| Some((*n).to_owned())).collect();
            each_once(&versions)
        };
        assert_eq!(once(&["57/BC-LDLD", "57/BC-LĐLĐ"]), "57/BC-LĐLĐ");
        assert_eq!(once(&["57/BC-LĐLĐ", "57/BC-LDLD"]), "57/BC-LĐLĐ");
        assert_eq!(
            once(&["57/BC-LĐLĐ", "58/BC-LĐLĐ"]),
            "57/BC-LĐLĐ; 58/BC-LĐLĐ"
        );
        assert_eq!(each_once(&[None]), "");
    }

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of how an obligation may stand, and the word for it"
    )]
    fn no_word_says_more_than_is_known() {
        let config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
        let store = Store::in_memory(at("2026-06-01T00:00:00Z")).unwrap();
        let receipt = |day: &str, soft_file| Receipt {
            at: at(&format!("{day}T02:00:00Z")),
            forms: Forms {
                signed_document: true,
                soft_file,
            },
        };
        type Change<'c> = &'c dyn Fn(&mut Obligation);
        let cases: [(&str, Change<'_>, &str); 15] = [
            ("2026-06-14", &|_| {}, "Chưa đến hạn"),
            ("2026-06-16", &|_| {}, "Chưa nộp"),
            ("2026-06-16", &|o| o.closed = true, "Không nộp"),
            ("2026-07-14", &|_| {}, "Không nộp"),
            (
                "2026-07-14",
                &|o| o.due = at("2026-06-30T10:00:00Z"),
                "Chưa nộp",
            ),
            (
                "2026-07-14",
                &|o| o.waiting = Some(MessageId(9)),
                "Đang chờ xử lý (thư số 9)",
            ),
            (
                "2026-06-16",
                &|o| o.unverified = Some(MessageId(9)),
                "Chưa nộp, có thư số 9 chưa xác minh",
            ),
            (
                "2026-06-16",
                &|o| o.returned = Some("thiếu".into()),
                "Trả lại, chưa gửi lại",
            ),
            (
                "2026-07-14",
                &|o| o.returned = Some("thiếu".into()),
                "Trả lại, không gửi lại",
            ),
            (
                "2026-06-14",
                &|o| o.returned = Some("thiếu".into()),
                "Trả lại, hạn 15/6",
            ),
            (
                "2026-07-14",
                &|o| o.receipts = vec![receipt("2026-06-12", true)],
                "Đúng hạn 12/6",
            ),
            (
                "2026-07-14",
                &|o| o.receipts = vec![receipt("2026-07-13", true)],
                "Trễ 13/7",
            ),
            (
                "2026-07-14",
                &|o| o.receipts = vec![receipt("2026-06-12", false)],
                "Thiếu file mềm",
            ),
            (
                "2026-07-14",
                &|o| o.due = at("2026-05-15T10:00:00Z"),
                "Chưa theo dõi",
            ),
            (
                "2026-07-14",
                &|o| {
                    o.due = at("2026-05-15T10:00:00Z");
                    o.receipts = vec![receipt("2026-05-12", true)];
                },
                "Chưa theo dõi, đã nhận 12/5",
            ),
        ];
        for (day, change, wanted) in cases {
            let view = View::at(at(&format!("{day}T01:00:00Z")), &config, &store).unwrap();
            let mut o = obligation("ldld-tuy-an", "2026-06-15T10:00:00Z");
            change(&mut o);
            let Cell::State(shown, _) = state_cell(&view, &o) else {
                panic!("no state on {day}: {wanted}");
            };
            assert_eq!(shown, wanted, "on {day}");
        }
    }
}
