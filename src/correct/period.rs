//! What staff decide of a period of a report: closed, open again.

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{By, Done, Inverse, Refusal, in_words, log};
use crate::config::Config;
use crate::domain::correction::period_name;
use crate::domain::period::PeriodId;
use crate::expected;
use crate::store::{Receipts, Store};

/// Closes a period of a report: what is overdue now counts as not sent. A report that comes later counts, as late.
///
/// # Errors
/// When nothing is expected for it, or it is closed already.
pub fn close(
    config: &Config,
    store: &Store,
    report: &str,
    period: &PeriodId,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    expected::expect(config, store, now)?;
    let all = store.obligations(Receipts::All)?;
    if !all
        .iter()
        .any(|o| o.report == report && o.period == *period)
    {
        bail!(Refusal::NothingExpected {
            report: report.to_owned(),
            period: period.clone(),
        });
    }
    let correction = store.transaction(|s| {
        if !s.close_period(report, period, now)? {
            bail!(Refusal::Closed {
                report: report.to_owned(),
                period: period.clone(),
            });
        }
        let inverse = Inverse::Closing {
            report: report.to_owned(),
            period: period.clone(),
        };
        let change = (period_name(report, period), "open", "closed");
        log(s, by, "close", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!("{report} {period} is closed: what is overdue counts as not sent"),
        in_vietnamese: format!(
            "Đã khóa kỳ {}: đơn vị quá hạn chưa nộp được tính là không nộp",
            in_words(config, report, period)
        ),
        correction,
    })
}

/// Opens a closed period again.
///
/// # Errors
/// When staff have not closed it.
pub fn reopen(
    config: &Config,
    store: &Store,
    report: &str,
    period: &PeriodId,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let correction = store.transaction(|s| {
        if !s.open_period(report, period, now)? {
            bail!("{report} {period} was not closed by staff");
        }
        let change = (period_name(report, period), "closed", "open");
        log(s, by, "close --undo", change, None, now)
    })?;
    Ok(Done {
        said: format!("{report} {period} is open again"),
        in_vietnamese: format!("Đã mở lại kỳ {}", in_words(config, report, period)),
        correction,
    })
}
