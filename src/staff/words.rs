//! What staff write in a command, in Vietnamese with or without diacritics.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::token::Action;
use crate::reading::text::fold;

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?\b").expect("a valid pattern")
});

/// The verbs (folded), the longer ones first: "không duyệt" is not "duyệt".
static VERBS: [(&str, Option<Action>); 17] = [
    ("khong duyet", None),
    ("chua duyet", None),
    ("khong tra lai", None),
    ("khong mien", None),
    ("khong gia han", None),
    ("khong phai bao cao", Some(Action::Ignore)),
    ("bo qua thu", Some(Action::Ignore)),
    ("da nhan ban giay", Some(Action::Paper)),
    ("nhan duoc ban giay", Some(Action::Paper)),
    ("tra lai", Some(Action::Return)),
    ("gia han", Some(Action::Extend)),
    ("mien bao cao", Some(Action::Excuse)),
    ("mien", Some(Action::Excuse)),
    ("hoan tac", Some(Action::Undo)),
    ("gan", Some(Action::Assign(String::new()))),
    ("duyet", Some(Action::Accept)),
    ("chap nhan", Some(Action::Accept)),
];

/// The line of a prepared mail that asks to keep one of the lines below it.
pub(super) const KEEP_ONE: &str = "(Giữ lại một trong các dòng sau, xóa các dòng còn lại)";

/// What a text asks for; `None` where it is not clear. In free words the verb stands in the first line that is not a
/// greeting; of the lines of a prepared mail exactly one may be left.
pub(super) fn action(text: &str) -> Option<Action> {
    let verb_of = |line: &str| {
        let line = format!(" {} ", fold(line));
        VERBS
            .iter()
            .find(|(verb, _)| line.contains(&format!(" {verb} ")))
            .map(|(_, action)| action.clone())
    };
    if let Some((_, below)) = text.split_once(KEEP_ONE) {
        let lines = below.lines().skip(1);
        let lines =
            lines.take_while(|l| !l.trim_start().starts_with(['(', '>']) && !l.contains("TBC."));
        let mut kept = lines.filter_map(verb_of);
        let first = kept.next()?;
        return kept.next().is_none().then_some(first).flatten();
    }
    let greeting = |line: &&str| {
        let folded = fold(line);
        folded.is_empty() || folded.starts_with("kinh gui") || folded.starts_with("kinh chao")
    };
    verb_of(text.lines().find(|l| !greeting(l))?)?
}

/// What stands after a label: `Lý do: thiếu số liệu`. Following lines belong to it up to the next label or empty line.
pub(super) fn field(text: &str, label: &str) -> Option<String> {
    let mut lines = text.lines();
    let first = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        fold(name).contains(label).then(|| value.trim().to_owned())
    })?;
    let rest = lines
        .take_while(|l| !l.trim().is_empty() && !l.contains(':'))
        .map(str::trim);
    let mut parts = vec![first];
    parts.extend(rest.map(str::to_owned));
    let value = parts.join(" ").trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// The reason that a text gives: after "Lý do:", else after "vì", "do" or the colon behind the verb.
pub(super) fn reason(text: &str) -> Option<String> {
    let has_field = |line: &str| {
        line.split_once(':')
            .is_some_and(|(n, _)| fold(n).contains("ly do"))
    };
    if text.lines().any(has_field) {
        return field(text, "ly do");
    }
    let line = text.lines().find(|l| !l.trim().is_empty())?;
    let after = [" vì ", " do ", ": ", " vi "]
        .iter()
        .filter_map(|mark| line.split_once(mark).map(|(_, rest)| rest))
        .max_by_key(|rest| rest.len())?;
    let reason = after.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// The first day in a text: 20/6/2026, or 20/6 of the year that comes next.
pub(super) fn day(text: &str, today: Date) -> Option<Date> {
    DATE.captures_iter(text).find_map(|c| {
        let number = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
        let (day, month) = (number(1)? as i8, number(2)? as i8);
        match number(3) {
            Some(year) => Date::new(year, month, day).ok(),
            None => {
                let this = Date::new(today.year(), month, day).ok()?;
                if this < today {
                    Date::new(today.year() + 1, month, day).ok()
                } else {
                    Some(this)
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn verbs_are_understood_with_and_without_diacritics() {
        for (text, wanted) in [
            ("Duyệt", Some(Action::Accept)),
            ("duyet nhe", Some(Action::Accept)),
            (
                "Kính gửi hệ thống,\nTrả lại vì thiếu số liệu",
                Some(Action::Return),
            ),
            ("tra lai: chua ky", Some(Action::Return)),
            ("Không phải báo cáo", Some(Action::Ignore)),
            (
                "gán cho LĐLĐ huyện Tuy An",
                Some(Action::Assign(String::new())),
            ),
            ("Gia hạn đến 20/6", Some(Action::Extend)),
            ("Miễn báo cáo kỳ này", Some(Action::Excuse)),
            ("Đã nhận bản giấy", Some(Action::Paper)),
            ("hoan tac", Some(Action::Undo)),
            ("Chưa duyệt", None),
            ("Cảm ơn", None),
            ("", None),
        ] {
            assert_eq!(action(text), wanted, "{text}");
        }
    }

    #[test]
    fn of_the_lines_of_a_prepared_mail_one_has_to_be_left() {
        let all = format!(
            "LĐLĐ huyện Tuy An: Nữ công\n{KEEP_ONE}\nĐã nhận bản giấy ngày:\nGia hạn đến hết ngày: 20/6/2026\nMiễn báo cáo. Lý do:\n\n(Đề nghị giữ nguyên dòng dưới đây)\nMã lệnh: TBC.x"
        );
        assert_eq!(action(&all), None);
        let one = all
            .replace("Đã nhận bản giấy ngày:\n", "")
            .replace("Miễn báo cáo. Lý do:\n", "");
        assert_eq!(action(&one), Some(Action::Extend));
        assert_eq!(field(&one, "den het ngay").as_deref(), Some("20/6/2026"));
    }

    #[test]
    fn reasons_and_days_are_found() {
        assert_eq!(
            reason("Trả lại\nLý do: thiếu bản ký\ncủa đơn vị").as_deref(),
            Some("thiếu bản ký của đơn vị")
        );
        assert_eq!(
            reason("Trả lại vì chưa có số liệu").as_deref(),
            Some("chưa có số liệu")
        );
        assert_eq!(reason("tra lai: sai ky").as_deref(), Some("sai ky"));
        assert_eq!(reason("Trả lại"), None);
        assert_eq!(reason("Trả lại\nLý do: \n\nMã lệnh: x"), None);
        assert_eq!(reason("LĐLĐ Tuy An: Nữ công\nMiễn báo cáo. Lý do:"), None);
        let today = date(2026, 6, 10);
        assert_eq!(day("Gia hạn đến 20/6", today), Some(date(2026, 6, 20)));
        assert_eq!(day("đến ngày 05-01", today), Some(date(2027, 1, 5)));
        assert_eq!(day("đến 31/2/2026", today), None);
    }
}
