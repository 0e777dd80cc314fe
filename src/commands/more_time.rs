//! A mail by which a unit asks for more time: for which reports, until when, and in which words.

use std::sync::LazyLock;

use anyhow::Result;
use jiff::civil::Date;
use regex::Regex;

use super::named::Names;
use super::words;
use crate::config::Config;
use crate::domain::correction::Target;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::unit::UnitId;
use crate::domain::why::Why;
use crate::ground::text::fold;
use crate::links::{last_day, report_and_period};
use crate::matching::asks_for_time;
use crate::reading::Trust;
use crate::standing;
use crate::store::{Message, Receipts, Store};
use crate::words::Additions;
use crate::writing::of_a_stranger;

/// So many letters of the mail are shown.
const SHOWN: usize = 120;
/// Of more reports none is named in a prepared mail.
const MOST: usize = 5;

/// Numbers of persons and telephones: nine digits or more, with one sign between two of them at most.
static PERSONAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\+?\d(?:[ .-]?\d){8,}").expect("a valid pattern"));

/// What a unit asks more time for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Who.
    pub(crate) unit: UnitId,
    /// For one of these, the one that is due first before the others: what the mail names, else what is late or due soon.
    pub(crate) of: Vec<Target>,
    /// The day that its own words ask for, where that is still to come.
    pub(crate) until: Option<Date>,
    /// Its first words, for staff.
    pub(crate) says: String,
}

/// What more time is asked for by a mail, where it asks for some and may be of one unit only. Nobody gets any by a mail that
/// is forged. `day`: today (Vietnam).
pub(crate) fn asked_by(
    config: &Config,
    store: &Store,
    message: &Message,
    day: Date,
) -> Result<Option<Request>> {
    let Some(reading) = message.reading.as_ref().filter(|r| r.trust != Trust::Fail) else {
        return Ok(None);
    };
    let text = format!("{}\n{}", reading.subject, reading.body);
    let by_file = |why: &Why| matches!(why, Why::AsksForTime { .. });
    let asks =
        message.why.iter().any(by_file) || asks_for_time(&text, &Additions::new(&config.words));
    let Some(unit) = message.only_unit().filter(|_| asks) else {
        return Ok(None);
    };
    let since = standing::tracked_from(config, store.first_opened()?);
    let soon = last_day(day);
    let mut open = store.obligations_of(unit, Receipts::All)?;
    open.retain(|o| !o.settled() && !o.closed && o.due >= since && date_of(o.due) <= soon);
    open.sort_by_key(|o| o.due);
    let names = Names::new(config, day);
    let line = words::without_days(&text.replace('\n', " "));
    let named = names.reports_in(&line);
    open.retain(|o| named.is_empty() || named.iter().any(|r| r.id == o.report));
    let of_period = |o: &Obligation| !names.names_another(&line, &o.report, &o.period);
    if open.iter().any(of_period) {
        open.retain(of_period);
    }
    let written = date_of(message.received_at);
    let until = open.first().and_then(|o| {
        let asked = words::asked_until(&reading.body, written, date_of(o.due), &config.calendar);
        asked.filter(|until| *until >= day)
    });
    Ok(Some(Request {
        unit: unit.clone(),
        of: open.iter().take(MOST).map(Target::of).collect(),
        until,
        says: first_words(&reading.body),
    }))
}

/// What an order gives more time for is called like this in its prepared mail.
pub(crate) fn called(config: &Config, of: &Target) -> String {
    let report = config.report(&of.report);
    report.map_or(of.report.clone(), |r| report_and_period(r, &of.period))
}

impl Request {
    /// Which of it the words of staff mean: what they name as the prepared mail does, else all that they name nothing else
    /// than.
    pub(super) fn meant(&self, names: &Names<'_>, body: &str) -> Vec<&Target> {
        let said = fold(body);
        let of = || self.of.iter();
        let written: Vec<&Target> = of()
            .filter(|of| said.contains(&fold(&called(names.config, of))))
            .collect();
        if !written.is_empty() {
            return written;
        }
        let line = words::field(body, "bao cao va ky").or_else(|| names.command(body));
        let line = words::without_days(&line.unwrap_or_default());
        of().filter(|of| !names.names_another(&line, &of.report, &of.period))
            .collect()
    }
}

/// The first words of a mail on one line, without what greets, and without numbers of persons and telephones.
pub(crate) fn first_words(body: &str) -> String {
    let lines = body.lines().filter(|line| !words::is_greeting(line));
    let said: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    of_a_stranger(&PERSONAL.replace_all(&said.join(" "), "•••"), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use jiff::civil::date;

    #[test]
    fn the_day_that_is_asked_for_is_read_from_the_units_own_words() {
        let due = date(2026, 6, 15);
        let june = |day: i8| Some(date(2026, 6, day));
        for (text, wanted) in [
            ("Đơn vị xin gia hạn đến ngày 25/6/2026", june(25)),
            ("xin lui den 25/6 a", june(25)),
            ("đơn vị xin gửi báo cáo trẻ em vào ngày 22/6", june(22)),
            ("Hạn là 15/6/2026, đơn vị xin nộp ngày 22 tháng 6", june(22)),
            (
                "xin gia hạn báo cáo hạn 15/6 đến hết ngày 30.6.2026",
                june(30),
            ),
            ("Từ 8/6 cán bộ đi công tác, xin nộp chậm", None),
            ("xin gia hạn thêm một tuần", june(22)),
            ("xin nộp chậm 3 ngày ạ", june(18)),
            ("kính đề nghị lùi thời hạn nộp đến hết tháng 6", june(30)),
            ("Xin lùi lại 02 tuần", june(29)),
            ("cho đơn vị thêm 5 ngày làm việc", june(22)),
            ("đơn vị chậm nộp một ngày nữa thôi", june(16)),
            ("3 ngày nay đơn vị mất điện", None),
            ("xin gia hạn đến 31/6", None),
        ] {
            let asked = words::asked_until(text, date(2026, 6, 10), due, &Calendar::default());
            assert_eq!(asked, wanted, "{text}");
        }
    }

    #[test]
    fn the_first_words_of_a_mail_are_shown_without_numbers_of_persons() {
        for (body, wanted) in [
            (
                "Kính gửi Ban,\nDo cán bộ đi công tác,\nxin gửi vào ngày 22/6/2026.",
                "Do cán bộ đi công tác, xin gửi vào ngày 22/6/2026.",
            ),
            (
                "CCCD 079123456789, điện thoại 0912.345.678 hoặc +84 912 345 678",
                "CCCD •••, điện thoại ••• hoặc •••",
            ),
            ("CMND 212345678 xem www.a.vn", "CMND ••• xem www.a[.]vn"),
            (
                "Công văn 57/BC-LĐLĐ ngày 14-06-2026",
                "Công văn 57/BC-LĐLĐ ngày 14-06-2026",
            ),
        ] {
            assert_eq!(first_words(body), wanted);
        }
        let long = first_words(&"dài ".repeat(100));
        assert_eq!(long.chars().count(), SHOWN + 1, "{long}");
    }
}
