//! What a unit is told of the figures that its report brought: a courtesy beside the receipt, with a copy of the annex made
//! anew, in which what is odd is marked.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;
use serde::Serialize;

use crate::config::Config;
use crate::domain::date_of;
use crate::domain::figure::{Annex, Figure, Remark, remarks};
use crate::domain::obligation::Obligation;
use crate::domain::report::Report;
use crate::domain::submission::Submission;
use crate::ground::table::number_in_vietnamese;
use crate::store::{Looked, Store};
use crate::writing::annex::{self, Filled};
use crate::writing::{Enclosure, of_a_stranger, say};

/// So many letters of words that stand in the place of a number are quoted.
const QUOTED: usize = 40;

/// What is said of the figures of one submission.
#[derive(Serialize)]
pub(super) struct FiguresTold {
    /// Whether they are whole.
    said: String,
    /// What is odd, a line a figure.
    odd: Vec<String>,
    /// The annex, to be filled in or looked at again.
    #[serde(skip)]
    pub(super) enclosure: Option<Enclosure>,
}

/// What is said of the figures of a submission; nothing where its report asks for none, it brought no file that could have
/// them, or they were not read yet. `all`: the obligations of its unit.
pub(super) fn told(
    config: &Config,
    store: &Store,
    submission: &Submission,
    obligation: &Obligation,
    all: &[Obligation],
    now: Timestamp,
) -> Result<Option<FiguresTold>> {
    let report = config.report(&submission.report);
    let Some(report) = report.filter(|r| !r.figures.is_empty()) else {
        return Ok(None);
    };
    let Some(unit) = config.register.nearest(&obligation.unit, date_of(now)) else {
        return Ok(None);
    };
    let mark = obligation.annex_mark();
    let blank = || annex::blank(report, &mark, unit, now).map(Some);
    let (said, odd, enclosure) = match store.annex_of(submission.id)? {
        Looked::NotYet => return Ok(None),
        // The annex came with another version, or there is nothing to count.
        Looked::None if submission.nil_return || store.annex_for(obligation.id)?.is_some() => {
            return Ok(None);
        }
        Looked::None => (say(config, "annex_missing", context! {}), vec![], blank()?),
        Looked::Found(annex) if annex.is_of_another(&mark) => {
            let mark = of_a_stranger(&annex.mark.unwrap_or_default(), QUOTED);
            let said = say(config, "annex_of_another", context! { mark });
            (said, vec![], blank()?)
        }
        Looked::Found(annex) => {
            let odd = odd(config, store, report, &annex, (obligation, all))?;
            let lines = report.figures.iter().zip(&odd).filter_map(|(f, odd)| {
                let at = annex.entry(f).and_then(|e| e.at.as_deref());
                let (label, odd) = (&f.label, odd.as_ref().map(|(_, said)| said)?);
                Some(say(config, "figure_odd", context! { label, at, odd }))
            });
            let lines: Vec<String> = lines.collect();
            if lines.is_empty() {
                let figures = report.figures.len();
                let said = say(config, "annex_whole", context! { figures });
                (said, lines, None)
            } else {
                let came = report.figures.iter().zip(odd).map(|(f, odd)| Filled {
                    number: annex.number(f),
                    note: odd.map(|(_, said)| said),
                });
                let came: Vec<Filled> = came.collect();
                let copy = annex::filled(report, &mark, unit, &came, now)?;
                (say(config, "annex_odd", context! {}), lines, Some(copy))
            }
        }
    };
    Ok(Some(FiguresTold {
        said,
        odd,
        enclosure,
    }))
}

/// What is odd about each figure of an annex, also beside that of the last period, with the words for it. The obligation
/// is given with all of its unit.
///
/// # Errors
/// When the store fails.
pub(crate) fn odd(
    config: &Config,
    store: &Store,
    report: &Report,
    annex: &Annex,
    (obligation, all): (&Obligation, &[Obligation]),
) -> Result<Vec<Option<(Remark, String)>>> {
    let earlier = all
        .iter()
        .filter(|o| o.report == obligation.report && o.due < obligation.due);
    let last = earlier.max_by_key(|o| o.due);
    let before = last.map(|o| store.annex_for(o.id)).transpose()?.flatten();
    let odd = remarks(&report.figures, annex, before.as_ref());
    let odd = report.figures.iter().zip(odd).map(|(figure, remark)| {
        remark.map(|remark| {
            let said = in_vietnamese(config, figure, annex, &remark);
            (remark, said)
        })
    });
    Ok(odd.collect())
}

/// What is odd about a figure, in words for its unit and for staff.
fn in_vietnamese(config: &Config, figure: &Figure, annex: &Annex, remark: &Remark) -> String {
    let number = annex.number(figure).map(number_in_vietnamese);
    match remark {
        Remark::Missing => say(config, "figure_missing", context! {}),
        Remark::Empty => say(config, "figure_empty", context! {}),
        Remark::NotANumber(text) => {
            let text = of_a_stranger(text, QUOTED);
            say(config, "figure_no_number", context! { text })
        }
        Remark::TooLarge => say(config, "figure_too_large", context! {}),
        Remark::Below(least) => say(config, "figure_below", context! { number, least }),
        Remark::DoesNotAddUp(sum) => {
            let sum = number_in_vietnamese(*sum);
            say(config, "figure_sum", context! { number, sum })
        }
        Remark::Jumped(before) => {
            let before = number_in_vietnamese(*before);
            say(config, "figure_jumped", context! { number, before })
        }
    }
}
