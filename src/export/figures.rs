//! The figures that a report asks for, of all units: added up, and unit by unit.

use anyhow::Result;
use jiff::Timestamp;

use crate::archive::Archive;
use crate::collect;
use crate::config::Config;
use crate::consolidation::{Arranged, Source, Sum, SumCell, Total, UnitFigures, totals};
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::report::Report;
use crate::letters::figures::odd;
use crate::matching;
use crate::reading::worker::Reader;
use crate::store::{Looked, Receipts, Store};
use crate::writing::spreadsheet::{self, Cell, Sheet, Tone};

/// What stands before the units that sent no figures.
const WITHOUT: &str = "Đơn vị chưa có biểu số liệu";

/// The figures of a period.
pub(super) struct Figures<'c> {
    report: &'c Report,
    /// Those of each unit that sent some.
    units: Vec<UnitFigures>,
    /// The units that reported without them, or with those of another period, with the mark of those.
    without: Vec<String>,
    /// The units of which nothing has come.
    silent: Vec<String>,
}

/// Gathers the figures of the report and period of some obligations, if it asks for any; those of what was logged before
/// they were asked for are read now.
///
/// # Errors
/// When the store or the storage of the archive fails, or no process can read.
pub(super) async fn gathered<'c>(
    (config, store): (&'c Config, &Store),
    archive: &Archive,
    reader: &mut Reader,
    obligations: &[Obligation],
    now: Timestamp,
) -> Result<Option<Figures<'c>>> {
    let report = obligations.first().and_then(|o| config.report(&o.report));
    let Some(report) = report.filter(|r| !r.figures.is_empty()) else {
        return Ok(None);
    };
    let mut figures = Figures {
        report,
        units: Vec::new(),
        without: Vec::new(),
        silent: Vec::new(),
    };
    for o in obligations.iter().filter(|o| o.excused.is_none()) {
        let submissions = store.standing_submissions(o.id)?;
        for submission in &submissions {
            if submission.forms.soft_file && store.annex_of(submission.id)? == Looked::NotYet {
                collect::read_annex((store, archive, reader), report, submission.id, now).await?;
            }
        }
        let unit = config.official_name(&o.unit, date_of(o.due));
        match store.annex_for(o.id)? {
            None if submissions.is_empty() => figures.silent.push(unit),
            None => figures.without.push(unit),
            Some(annex) if annex.is_of_another(&o.annex_mark()) => {
                let mark = annex.mark.unwrap_or_default();
                figures
                    .without
                    .push(format!("{unit} (biểu ghi mã “{mark}”)"));
            }
            Some(annex) => {
                let all = store.obligations_of(&o.unit, Receipts::All)?;
                let odd = odd(config, store, report, &annex, (o, &all))?;
                figures.units.push(UnitFigures { unit, annex, odd });
            }
        }
    }
    Ok(Some(figures))
}

impl Figures<'_> {
    /// The workbook of them: a sheet of sums, and one of the units. `lines`: what stands above.
    ///
    /// # Errors
    /// When it is larger than Excel allows.
    pub(super) fn book(&self, lines: &[String], now: Timestamp) -> Result<Vec<u8>> {
        let heads = |columns: &[(&str, f64)]| -> Vec<(String, f64)> {
            let columns = columns.iter();
            columns
                .map(|(name, width)| ((*name).to_owned(), *width))
                .collect()
        };
        let sums = Sheet {
            name: "Tổng hợp".into(),
            title: lines.to_vec(),
            columns: heads(&[
                ("STT", 6.0),
                ("Chỉ tiêu", 40.0),
                ("Đơn vị tính", 13.0),
                ("Tổng cộng", 15.0),
                ("Số đơn vị", 9.0),
                ("Chưa cộng", 60.0),
            ]),
            rows: Box::new(self.sums().into_iter().map(Ok)),
            charts: vec![],
        };
        let mut columns = heads(&[("STT", 6.0), ("Đơn vị", 44.0)]);
        let of_figures = self.report.figures.iter().map(|figure| {
            let unit = Some(&figure.unit).filter(|unit| !unit.is_empty());
            let unit = unit.map_or_else(String::new, |unit| format!(" ({unit})"));
            (format!("{}{unit}", figure.label), 18.0)
        });
        columns.extend(of_figures);
        let units = (1..).zip(&self.units).map(|(n, unit)| {
            let row = [Cell::Number(n), unit.unit.as_str().into()].into_iter();
            let cells = self
                .report
                .figures
                .iter()
                .enumerate()
                .map(|(place, figure)| match unit.sound(place, figure) {
                    Ok(number) => Cell::Figure(number),
                    Err(why) => Cell::State(why.to_owned(), Tone::Part),
                });
            Ok(row.chain(cells).collect())
        });
        let units = Sheet {
            name: "Theo đơn vị".into(),
            title: lines.to_vec(),
            columns,
            rows: Box::new(units),
            charts: vec![],
        };
        spreadsheet::workbook([sums, units], now)
    }

    /// Takes the tables of figures out of what units wrote: they are added up by their labels, and only where they are
    /// sound.
    pub(super) fn take_out_of(&self, sources: &mut [Source]) {
        for source in sources {
            let tables = &mut source.contents.tables;
            tables.retain(|table| !matching::figures::is_annex(&self.report.figures, table));
        }
    }

    /// Puts the sums into the consolidation, before other tables, and what is not in them among what is left; of which units
    /// nothing has come is told there anyway.
    pub(super) fn put_into(&self, arranged: &mut Arranged) {
        let label = |text: &str| SumCell::Label(text.to_owned());
        let head = ["STT", "Chỉ tiêu", "Đơn vị tính", "Tổng cộng"];
        let mut rows = vec![head.map(label).to_vec()];
        let totals = totals(&self.report.figures, &self.units);
        for (n, (figure, total)) in (1..).zip(self.report.figures.iter().zip(totals)) {
            let sum = total.sum.map_or(SumCell::Empty, SumCell::Number);
            let number = SumCell::Label(n.to_string());
            rows.push(vec![number, label(&figure.label), label(&figure.unit), sum]);
            if !total.left.is_empty() {
                let left = total.left.join("; ");
                arranged
                    .left
                    .push(format!("Số liệu “{}”: {left}", figure.label));
            }
        }
        if !self.without.is_empty() {
            let units = self.without.join("; ");
            arranged.left.push(format!("{WITHOUT}: {units}"));
        }
        if self.units.is_empty() {
            return;
        }
        let sum = Sum {
            name: "Số liệu".into(),
            sources: self.units.iter().map(|u| u.unit.clone()).collect(),
            rows,
        };
        arranged.sums.insert(0, sum);
    }

    /// The rows of the sums, and below them the units whose figures are not there.
    fn sums(&self) -> Vec<Vec<Cell>> {
        let totals = totals(&self.report.figures, &self.units);
        let rows = (1..).zip(self.report.figures.iter().zip(totals));
        let rows = rows.map(|(n, (figure, Total { sum, units, left }))| {
            vec![
                Cell::Number(n),
                figure.label.as_str().into(),
                figure.unit.as_str().into(),
                sum.map_or(Cell::Empty, Cell::Figure),
                Cell::Number(units as i64),
                left.join("; ").into(),
            ]
        });
        let all: Vec<&str> = self
            .without
            .iter()
            .chain(&self.silent)
            .map(String::as_str)
            .collect();
        let without = (!all.is_empty()).then(|| {
            vec![
                Cell::Empty,
                WITHOUT.into(),
                Cell::Empty,
                Cell::Empty,
                Cell::Number(all.len() as i64),
                all.join("; ").into(),
            ]
        });
        rows.chain(without).collect()
    }
}
