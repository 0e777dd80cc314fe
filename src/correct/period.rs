//! What staff decide of a period of a report: closed, open again.

use anyhow::{Result, bail};

use super::{Clerk, Done, Inverse, Refusal, in_words, said};
use crate::domain::correction::period_name;
use crate::domain::period::PeriodId;
use crate::expected;

/// Closes a period of a report: what is overdue now counts as not sent. A report that comes later counts, as late.
///
/// # Errors
/// When nothing is expected for it, or it is closed already.
pub fn close(clerk: Clerk<'_>, report: &str, period: &PeriodId) -> Result<Done> {
    expected::expect(clerk.config, clerk.store, clerk.now)?;
    let known = clerk.store.periods()?;
    if !known
        .iter()
        .any(|k| k.report == report && k.period == *period)
    {
        bail!(Refusal::NothingExpected {
            report: report.to_owned(),
            period: period.clone(),
        });
    }
    let correction = clerk.store.transaction(|s| {
        if !s.close_period(report, period, clerk.now)? {
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
        clerk.log(s, "close", change, Some(&inverse))
    })?;
    Ok(Done {
        said: format!("{report} {period} is closed: what is overdue counts as not sent"),
        in_vietnamese: said::closed(&in_words(clerk.config, report, period)),
        correction,
    })
}

/// Opens a closed period again.
///
/// # Errors
/// When staff have not closed it.
pub fn reopen(clerk: Clerk<'_>, report: &str, period: &PeriodId) -> Result<Done> {
    let correction = clerk.store.transaction(|s| {
        if !s.open_period(report, period, clerk.now)? {
            bail!("{report} {period} was not closed by staff");
        }
        let change = (period_name(report, period), "closed", "open");
        clerk.log(s, "close --undo", change, None)
    })?;
    Ok(Done {
        said: format!("{report} {period} is open again"),
        in_vietnamese: said::open_again(&in_words(clerk.config, report, period)),
        correction,
    })
}
