//! What staff write in a command, in Vietnamese with or without diacritics.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::token::Action;
use crate::ground::text::{find_phrase, fold, has_phrase};

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\b(\d{1,2})(?:\s*[/.-]\s*|\s+tháng\s+|\s+thang\s+)(\d{1,2})(?:(?:\s*[/.-]\s*|\s+năm\s+|\s+nam\s+)(\d{4}|\d{2}))?\b";
    Regex::new(pattern).expect("a valid pattern")
});

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(\d{1,5}(?:/(?:19|20)\d{2})?/\p{L}[\p{L}\d]*(?:-\p{L}[\p{L}\d]*){0,3})")
        .expect("a valid pattern")
});

/// The verbs (folded). Where a line has several, the first of this list is meant: "đồng ý gia hạn" extends.
static VERBS: [(&str, Action); 29] = [
    ("khong phai bao cao", Action::Ignore),
    ("khong phai la bao cao", Action::Ignore),
    ("bo qua", Action::Ignore),
    ("thu rac", Action::Ignore),
    ("nhan ban giay", Action::Paper),
    ("nhan duoc ban giay", Action::Paper),
    ("nhan ban cung", Action::Paper),
    ("nhan duoc ban cung", Action::Paper),
    ("nhan van ban giay", Action::Paper),
    ("tra lai", Action::Return),
    ("tra ve", Action::Return),
    ("gui tra", Action::Return),
    ("gia han", Action::Extend),
    ("lui han", Action::Extend),
    ("lui den", Action::Extend),
    ("mien bao cao", Action::Excuse),
    ("mien", Action::Excuse),
    ("hoan tac", Action::Undo),
    ("gan", Action::Assign(String::new())),
    ("ghi cho", Action::Assign(String::new())),
    ("ghi nhan cho", Action::Assign(String::new())),
    ("thuoc ve", Action::Assign(String::new())),
    ("la cua", Action::Assign(String::new())),
    ("duyet", Action::Accept),
    ("chap nhan", Action::Accept),
    ("thong qua", Action::Accept),
    ("nhat tri", Action::Accept),
    ("dong y", Action::Accept),
    ("dat yeu cau", Action::Accept),
];

/// Words before a verb with which a line does not ask for it: "chưa duyệt", "đừng trả lại".
const NOT: [&str; 4] = ["khong", "chua", "dung", "khoan"];

/// The line of a prepared mail that asks to keep one of the lines below it.
pub(super) const KEEP_ONE: &str = "(Giữ lại một trong các dòng sau, xóa các dòng còn lại)";

/// What a text asks for; `None` where it is not clear. In free words the verb stands in the first line that is not a
/// greeting; of the lines of a prepared mail exactly one may be left.
pub(super) fn action(text: &str) -> Option<Action> {
    if let Some((_, below)) = text.split_once(KEEP_ONE) {
        let lines = below.lines().skip(1);
        let lines =
            lines.take_while(|l| !l.trim_start().starts_with(['(', '>']) && !l.contains("TBC."));
        let mut kept = lines.filter_map(verb_of);
        let first = kept.next()?;
        return kept.next().is_none().then_some(first);
    }
    verb_of(first_line(text)?)
}

/// The first line that is no greeting: in free words, the command.
pub(super) fn first_line(text: &str) -> Option<&str> {
    let greetings = ["kinh gui", "kinh chao", "chao ", "gui "];
    text.lines().find(|line| {
        let folded = fold(line);
        !folded.is_empty() && !greetings.iter().any(|g| folded.starts_with(g))
    })
}

/// The action that a line asks for; `None` for a question, and where the verb is denied.
fn verb_of(line: &str) -> Option<Action> {
    if line.trim_end().ends_with('?') {
        return None;
    }
    let clauses: Vec<String> = line.split([',', ';', '.']).map(fold).collect();
    let (verb, action, clause) = VERBS.iter().find_map(|(verb, action)| {
        let clause = clauses.iter().find(|c| has_phrase(c, verb))?;
        Some((verb, action, clause))
    })?;
    let at = find_phrase(clause, verb, 0)?;
    let denied = clause[..at].split(' ').any(|w| NOT.contains(&w));
    (!denied).then(|| action.clone())
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

/// The first day in a text that is to come: 20/6/2026, or 20/6 of the year that comes next.
pub(super) fn day(text: &str, today: Date) -> Option<Date> {
    days(text, today.year()).find_map(|(this, written)| match written {
        false if this < today => with_year(this, this.year() + 1),
        _ => Some(this),
    })
}

/// The first day in a text that is past: 20/6/2026, or the last 20/6.
pub(super) fn past_day(text: &str, today: Date) -> Option<Date> {
    days(text, today.year()).find_map(|(this, written)| match written {
        false if this > today => with_year(this, this.year() - 1),
        _ => Some(this),
    })
}

/// The day until which something is to come: "gửi lại trước ngày 25/6", "hạn 25/6".
pub(super) fn deadline(text: &str, today: Date) -> Option<Date> {
    let lower = text.to_lowercase();
    let after = ["hạn", "trước", "đến"]
        .iter()
        .filter_map(|mark| lower.rsplit_once(mark).map(|(_, rest)| rest))
        .min_by_key(|rest| rest.len())?;
    day(after, today)
}

/// Until when more time is given: after "Gia hạn đến hết ngày", else anywhere in the text.
pub(super) fn until(text: &str, today: Date) -> Option<Date> {
    match field(text, "den het ngay") {
        Some(said) => day(&said, today),
        None => day(text, today),
    }
}

/// Whether the address of a sender is to be remembered: "Ghi nhớ địa chỉ … (có/không): có".
pub(super) fn remember(text: &str) -> bool {
    field(text, "ghi nho").is_some_and(|said| fold(&said).starts_with("co"))
}

/// The number of a document: `57/BC-LĐLĐ`.
pub(super) fn number(text: &str) -> Option<String> {
    NUMBER.captures(text).map(|c| c[1].to_owned())
}

fn with_year(day: Date, year: i16) -> Option<Date> {
    Date::new(year, day.month(), day.day()).ok()
}

/// The days in a text, of a year where they name none, and whether they name it.
fn days(text: &str, year: i16) -> impl Iterator<Item = (Date, bool)> {
    DATE.captures_iter(text).filter_map(move |c| {
        let number = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
        let written = number(3).map(|y| if y < 100 { 2000 + y } else { y });
        let (day, month) = (number(1)? as i8, number(2)? as i8);
        let date = Date::new(written.unwrap_or(year), month, day).ok()?;
        Some((date, written.is_some()))
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
            ("Chào Ban,\nđồng ý", Some(Action::Accept)),
            ("Đồng ý gia hạn đến 20/6", Some(Action::Extend)),
            ("Cho lùi hạn đến ngày 25 tháng 6", Some(Action::Extend)),
            ("Đã nhận được bản cứng hôm qua", Some(Action::Paper)),
            ("Chưa có chữ ký, trả về đơn vị", Some(Action::Return)),
            ("Bỏ qua thư này", Some(Action::Ignore)),
            (
                "Thư này là của CĐ ngành Y tế",
                Some(Action::Assign(String::new())),
            ),
            ("Chưa duyệt", None),
            ("Khoan trả lại đã", None),
            ("Không đồng ý", None),
            ("Chưa nhận bản giấy", None),
            ("Duyệt được không?", None),
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
        assert_eq!(
            day("đến hết ngày 25 tháng 6 năm 2026", today),
            Some(date(2026, 6, 25))
        );
        assert_eq!(day("25.6.26", today), Some(date(2026, 6, 25)));
        assert_eq!(
            deadline("Trả lại vì số liệu ngày 1/5 sai, gửi lại trước 25/6", today),
            Some(date(2026, 6, 25))
        );
        assert_eq!(deadline("Trả lại vì số liệu ngày 1/5 sai", today), None);
        assert_eq!(
            number("Đã nhận bản giấy số 57/BC-LĐLĐ ngày 8/6").as_deref(),
            Some("57/BC-LĐLĐ")
        );
        assert_eq!(past_day("nhận ngày 8/6", today), Some(date(2026, 6, 8)));
        assert_eq!(past_day("28/12", today), Some(date(2025, 12, 28)));
    }
}
