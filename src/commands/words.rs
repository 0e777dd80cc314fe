//! What staff write in a command, in Vietnamese with or without diacritics.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::domain::calendar::Calendar;
use crate::ground::text::fold;
use crate::links::KEEP_ONE;
use crate::links::token::Action;
use crate::words::{Marked, Weight, vi};

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\b(\d{1,2})(?:\s*[/.-]\s*|\s+tháng\s+|\s+thang\s+)(\d{1,2})(?:(?:\s*[/.-]\s*|\s+năm\s+|\s+nam\s+)(\d{4}|\d{2}))?\b";
    Regex::new(pattern).expect("a valid pattern")
});

/// "hết tháng 6", "cuối tháng 7/2026".
static END_OF_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)\b(?:hết|het|cuối|cuoi)\s+(?:tháng|thang)\s+(\d{1,2})\b(?:(?:\s*[/.-]\s*|\s+năm\s+|\s+nam\s+)(\d{4})\b)?";
    Regex::new(pattern).expect("a valid pattern")
});

/// More time, by its length, in folded text.
static LONGER: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"\d{1,2}|mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi";
    let pattern = format!(
        r"\b(?:them|cham|tre|muon|lui|hoan)(?: lai| nop| gui| khoang)* (?:0)?({number}) (ngay|tuan)( lam viec)?\b"
    );
    Regex::new(&pattern).expect("a valid pattern")
});

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(\d{1,5}(?:/(?:19|20)\d{2})?/\p{L}[\p{L}\d]*(?:-\p{L}[\p{L}\d]*){0,3})")
        .expect("a valid pattern")
});

/// With what a line begins under which the code of a prepared mail stands.
const KEEP_CODE: &str = "(Đề nghị giữ nguyên";

/// What a text asks for; `None` where it is not clear. In free words the verb stands in the first line that is not a
/// greeting; of the lines of a prepared mail exactly one may be left.
pub(crate) fn action(text: &str) -> Option<Action> {
    if let Some((_, below)) = text.split_once(KEEP_ONE) {
        return the_one_kept(below.lines().skip(1));
    }
    // Whoever keeps one line may take the one for a line to be deleted that says so.
    match text.split_once(KEEP_CODE) {
        Some((above, _)) => the_one_kept(above.lines()),
        None => verb_of(first_line(text)?),
    }
}

/// What the lines of a prepared mail ask for that were left; where several were, the one that was filled in.
fn the_one_kept<'t>(lines: impl Iterator<Item = &'t str>) -> Option<Action> {
    let lines =
        lines.take_while(|l| !l.trim_start().starts_with(['(', '>']) && !l.contains("TBC."));
    let kept: Vec<(&str, Action)> = lines.filter_map(|l| Some((l, verb_of(l)?))).collect();
    if let [(_, one)] = kept.as_slice() {
        return Some(one.clone());
    }
    let filled = kept
        .into_iter()
        .filter(|(l, _)| !l.trim_end().ends_with(':'));
    <[_; 1]>::try_from(filled.collect::<Vec<_>>())
        .ok()
        .map(|[(_, one)]| one)
}

/// Whether the first line of a text that is no greeting asks for something, rather than to agree or to describe.
pub(crate) fn asks(text: &str) -> bool {
    let line = first_line(text).unwrap_or_default();
    !is_question(line) && verbs_in(line).iter().any(|v| v.asked(Weight::Asks))
}

/// The first line that is no greeting: in free words, the command.
pub(crate) fn first_line(text: &str) -> Option<&str> {
    text.lines().find(|line| !is_greeting(line))
}

/// Whether a text is thanks, says that a mail has arrived, or nothing at all; by its first line that is no greeting.
pub(crate) fn is_courtesy(text: &str) -> bool {
    let line = in_words(first_line(text).unwrap_or_default());
    line.iter().all(|w| vi().thanks.contains(w))
}

/// Whether a line greets and no more, or has no words.
pub(super) fn is_greeting(line: &str) -> bool {
    let folded = fold(line);
    // "Kính gửi" asks nobody to send anything.
    let asks = || verbs_in(line).iter().any(|v| v.weight != Weight::OfCode);
    folded.is_empty() || vi().greetings.begins(&folded) && !asks() && !is_conditional(line)
}

fn is_conditional(line: &str) -> bool {
    vi().conditions.before(&[in_words(line)]).next().is_some()
}

fn is_question(line: &str) -> bool {
    line.trim_end().ends_with('?')
}

/// The words of a text in lower case, with their marks; what is written short is written out.
pub(crate) fn in_words(text: &str) -> Vec<String> {
    let lower = text.nfc().collect::<String>().to_lowercase();
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    let whole = |word| {
        vi().shorthand
            .iter()
            .find(|s| s.short.iter().any(|w| w == word))
    };
    let written = words.flat_map(|w| whole(w).map_or(w, |s| &s.word).split(' '));
    written.map(str::to_owned).collect()
}

/// A verb in a line.
struct Verb {
    action: Action,
    weight: Weight,
    denied: bool,
}

impl Verb {
    fn asked(&self, weight: Weight) -> bool {
        self.weight == weight && !self.denied
    }
}

fn clauses(line: &str) -> Vec<Vec<String>> {
    line.split([',', ';', '.']).map(in_words).collect()
}

/// Whether the first line of a text that is no greeting has a verb of an action, asked for or not.
pub(crate) fn speaks_of(text: &str, action: &Action) -> bool {
    let verbs = verbs_in(first_line(text).unwrap_or_default());
    verbs.iter().any(|v| same_kind(&v.action, action))
}

/// The place of the line below the command of free words that asks for something more. A name below is none.
pub(crate) fn asks_for_more(text: &str) -> Option<usize> {
    let command = first_line(text)?;
    let own = own_lines(text, "");
    let mut lines = text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| *line != command)
        .skip(1);
    let asks = |line: &str| verbs_in(line).iter().any(|v| v.weight == Weight::Asks);
    let more = lines.find(|(_, line)| own.contains(&line.trim()) && !is_a_name(line) && asks(line));
    more.map(|(at, _)| at)
}

/// Whether words hold a verb that asks for something else than an action does.
pub(super) fn ask_for_another(words: &[String], action: &Action) -> bool {
    let others = vi().verbs.iter().filter(|verbs| {
        let called = action_called(&verbs.action);
        verbs.weight == Weight::Asks && !same_kind(&called, action)
    });
    let mut others = others.map(|verbs| &verbs.words);
    others.any(|verbs| {
        let mut marked = vec![false; words.len()];
        verbs.mark(words, &mut marked);
        marked.contains(&true)
    })
}

/// The verbs of a line, in the order of the list.
fn verbs_in(line: &str) -> Vec<Verb> {
    let clauses = clauses(line);
    let found = vi().verbs.iter().flat_map(|verbs| {
        verbs.words.before(&clauses).map(|before| Verb {
            action: action_called(&verbs.action),
            weight: verbs.weight,
            denied: is_denied(before),
        })
    });
    found.collect()
}

/// The action that verbs ask for. Whose a mail is stands beside the verb.
fn action_called(word: &str) -> Action {
    match word {
        "assign" => Action::Assign(String::new()),
        word => Action::called(word).expect("the verbs are built in and were tested"),
    }
}

/// Whether the words before a verb deny it.
fn is_denied(before: &[String]) -> bool {
    let Some(last) = before.iter().rposition(|word| vi().not.contains(word)) else {
        return false;
    };
    // "không nên duyệt" denies.
    let mut between = before[last + 1..].iter().skip(1);
    !between.any(|word| vi().therefore.contains(word))
}

/// The action that a line asks for; `None` for a question, and where the verb is denied.
fn verb_of(line: &str) -> Option<Action> {
    if is_question(line) {
        return None;
    }
    let verbs = verbs_in(line);
    let first = verbs.iter().find(|v| v.weight != Weight::OfCode)?;
    (!first.denied).then(|| first.action.clone())
}

/// What the words beside a code say against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// They ask for something else.
    Other(Action),
    /// They say not to do it.
    Denied,
    /// They ask whether to do it.
    Question,
    /// They say when to do it, or to what not.
    Condition,
}

/// What staff's own words say against the action of a code, if they do. `own_of`: how the line begins that stands in the
/// prepared mail; `beside`: the other actions that may be asked of the same item.
///
/// The first line counts that says anything of what is to be done: what follows gives reasons. Lines of the prepared mail
/// are nobody's words, and who signs may be called Duyệt.
pub(crate) fn against(
    text: &str,
    action: &Action,
    own_of: &str,
    beside: &[Action],
) -> Option<Against> {
    let lines = own_lines(text, own_of);
    let said = lines.iter().find_map(|line| says_of(line, action, beside));
    let on_condition = lines.iter().any(|line| is_conditional(line));
    let condition = || on_condition.then_some(Against::Condition);
    said.flatten().or_else(condition)
}

/// `None` where a line says nothing of what is to be done; else what it says against the action.
fn says_of(line: &str, action: &Action, beside: &[Action]) -> Option<Option<Against>> {
    let verbs = verbs_in(line);
    let of_code = |v: &&Verb| same_kind(&v.action, action);
    let counts = |v: &&Verb| v.weight != Weight::OfCode || of_code(v);
    if !verbs.iter().any(|v| counts(&v)) {
        return None;
    }
    if is_question(line) {
        return Some(Some(Against::Question));
    }
    let asked = |v: &&Verb| v.asked(Weight::Asks) && !of_code(v);
    let wanted = verbs.iter().filter(of_code).any(|v| !v.denied);
    let other = match wanted {
        // Reasons hold verbs that nobody could mean of this item.
        true => verbs
            .iter()
            .filter(asked)
            .find(|v| beside.iter().any(|b| same_kind(b, &v.action))),
        false => verbs.iter().find(asked),
    };
    if let Some(other) = other {
        return Some(Some(Against::Other(other.action.clone())));
    }
    let denied = |v: &Verb| v.denied && (of_code(&v) || v.weight == Weight::Agrees);
    Some((!wanted && verbs.iter().any(denied)).then_some(Against::Denied))
}

/// Whether a text says no, by the words of a refusal: they deny what other words ask for.
pub(super) fn refuses(text: &str) -> bool {
    let refused = |line: &str| {
        let mut verbs = verbs_in(line).into_iter();
        verbs.any(|v| v.action == Action::Refuse) && !is_question(line)
    };
    own_lines(text, "").into_iter().any(refused)
}

/// The verbs by which an action is asked for.
pub(super) fn verbs_of(action: &Action) -> impl Iterator<Item = &'static Marked> {
    let own = vi()
        .verbs
        .iter()
        .filter(move |verbs| same_kind(&action_called(&verbs.action), action));
    own.map(|verbs| &verbs.words)
}

fn same_kind(a: &Action, b: &Action) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// The lines of a mail with a code that its sender wrote himself: not those of the prepared mail, what stands behind its
/// labels, greetings, or the name below.
fn own_lines<'t>(text: &'t str, own_of: &str) -> Vec<&'t str> {
    let mut own = Vec::new();
    let (mut in_reason, mut below_the_code) = (false, false);
    for line in text.lines().map(str::trim) {
        let label = line.split_once(':').map(|(name, _)| fold(name));
        let label = label.filter(|name| vi().labels.begins(name));
        in_reason = match &label {
            Some(label) => label.starts_with("ly do"),
            None => in_reason && !line.is_empty(),
        };
        if line == "--" || vi().farewells.begins(&fold(line)) {
            break;
        }
        below_the_code |= line.contains("TBC.");
        let code = line.contains("TBC.") || line.starts_with(KEEP_CODE);
        if label.is_some() || in_reason || code || is_greeting(line) {
            continue;
        }
        if below_the_code && is_a_name(line) {
            break;
        }
        match line.strip_prefix(own_of) {
            // The name or title that it goes on with is nobody's word, either.
            Some(_) if own_of.ends_with(' ') => {}
            Some(rest) => own.push(rest),
            None => own.push(line),
        }
    }
    own
}

/// What somebody wrote himself, without the name below it.
pub(crate) fn own(text: &str) -> String {
    own_lines(text, "").join("\n")
}

/// Whether somebody's own words in a mail that speaks of several things except one, or name one.
pub(crate) fn excepts(text: &str, own_of: &str) -> bool {
    own_lines(text, own_of).into_iter().any(|line| {
        let words = in_words(line);
        let but = |w: &String| vi().excepts.contains(w) || w.bytes().all(|b| b.is_ascii_digit());
        words.iter().any(but)
    })
}

/// Whether a line may be somebody's name: each word begins with a capital, and no more is.
fn is_a_name(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let capital = |w: &str| {
        let mut letters = w.chars().filter(|c| c.is_alphabetic());
        letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase)
    };
    words.clone().count() > 1 && words.all(capital)
}

/// What stands after a label: `Lý do: thiếu số liệu`. Following lines belong to it up to the next label or empty line.
pub(crate) fn field(text: &str, label: &str) -> Option<String> {
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

/// What leaves the names out of words, in which no verb asks for anything.
pub(super) type Bare<'b> = &'b dyn Fn(&str) -> String;

/// The reason that a text gives: after "Lý do:", else after "vì", "do" or the colon behind the verb.
pub(super) fn reason(text: &str, bare: Bare<'_>) -> Option<String> {
    let has_field = |line: &str| {
        line.split_once(':')
            .is_some_and(|(n, _)| fold(n).contains("ly do"))
    };
    if text.lines().any(has_field) {
        return field(text, "ly do");
    }
    let (_, reason) = text.lines().find_map(|line| at_reason(line, bare))?;
    let reason = reason.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// What stands before the reason that a line gives; the line where it gives none.
pub(super) fn before_reason<'l>(line: &'l str, bare: Bare<'_>) -> &'l str {
    at_reason(line, bare).map_or(line, |(before, _)| before)
}

/// A line that asks for something, parted where its reason begins.
fn at_reason<'l>(line: &'l str, bare: Bare<'_>) -> Option<(&'l str, &'l str)> {
    let parted = [" vì ", " do ", ": ", " vi "]
        .iter()
        .filter_map(|mark| line.split_once(mark));
    // Before the verb a colon stands behind what it is about.
    let behind = parted.filter(|(before, _)| verb_of(&bare(before)).is_some());
    behind.max_by_key(|(_, rest)| rest.len())
}

/// Whether what stands behind a label says that there is nothing to say: "Lý do: không", "ngày: chưa".
pub(crate) fn is_nothing(said: &str) -> bool {
    let words = in_words(said);
    words.len() <= 2 && words.first().is_some_and(|w| vi().not.contains(w))
}

/// The first day in a text that is to come: 20/6/2026, or 20/6 of the year that comes next. A day that has just passed is
/// none that is to come: nobody means one in eleven months.
pub(crate) fn day(text: &str, today: Date) -> Option<Date> {
    days_to_come(text, today).next()
}

/// The days in a text, those of no year as days that are to come.
fn days_to_come(text: &str, today: Date) -> impl Iterator<Item = Date> {
    let soon = today.saturating_add(250.days());
    days(text, today.year()).filter_map(move |(this, written)| match written {
        false if this < today => with_year(this, this.year() + 1).filter(|next| *next <= soon),
        _ => Some(this),
    })
}

/// Until when whoever asks for more time asks for it: a day after `due`, which may stand there, too, or so many days or
/// weeks more. `today`: the day on which the text was written.
pub(super) fn asked_until(text: &str, today: Date, due: Date, calendar: &Calendar) -> Option<Date> {
    let later = |day: &Date| *day > due;
    let marked = deadline(text, today).flatten().filter(later);
    let named = marked.or_else(|| days_to_come(text, today).find(later));
    named.or_else(|| longer(text, due, calendar))
}

/// So many days or weeks after a day: "thêm một tuần", "chậm 3 ngày", "thêm 5 ngày làm việc".
fn longer(text: &str, due: Date, calendar: &Calendar) -> Option<Date> {
    const NUMBERS: [&str; 10] = [
        "mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi",
    ];
    let text = fold(text);
    let said = LONGER.captures(&text)?;
    let in_letters = || u16::try_from(NUMBERS.iter().position(|n| *n == &said[1])? + 1).ok();
    let number: u16 = said[1].parse().ok().or_else(in_letters)?;
    match (&said[2], said.get(3)) {
        ("tuan", _) => Some(due.saturating_add(i64::from(number).weeks())),
        (_, Some(_)) => Some(calendar.working_days_after(due, number)),
        (_, None) => Some(due.saturating_add(i64::from(number).days())),
    }
}

/// The first day in a text that is past: 20/6/2026, or the last 20/6.
pub(crate) fn past_day(text: &str, today: Date) -> Option<Date> {
    days(text, today.year()).find_map(|(this, written)| match written {
        false if this > today => with_year(this, this.year() - 1),
        _ => Some(this),
    })
}

/// A line without its days and the number of a document.
pub(super) fn without_days(line: &str) -> String {
    let line = NUMBER.replace_all(line, " ");
    DATE.replace_all(&line, " ").into_owned()
}

/// The day until which something is to come: "gửi lại trước ngày 25/6", "hạn 25/6"; the inner one is missing where what
/// stands there is no day that is to come.
pub(crate) fn deadline(text: &str, today: Date) -> Option<Option<Date>> {
    let lower = text.to_lowercase();
    let after = ["hạn", "trước", "đến"]
        .iter()
        .filter_map(|mark| lower.rsplit_once(mark).map(|(_, rest)| rest))
        .min_by_key(|rest| rest.len())?;
    DATE.is_match(after).then(|| day(after, today))
}

/// Until when more time is given: after "Gia hạn đến hết ngày", else anywhere in the text.
pub(crate) fn until(text: &str, today: Date) -> Option<Date> {
    match field(text, "den het ngay") {
        Some(said) => day(&said, today),
        None => day(text, today),
    }
}

/// Whether the address of a sender is to be remembered: "Ghi nhớ địa chỉ … (có/không): có".
/// In free words, by a line that says so and does not deny it.
pub(crate) fn remember(text: &str) -> bool {
    if let Some(said) = field(text, "ghi nho") {
        return fold(&said).starts_with("co");
    }
    own_lines(text, "").into_iter().any(|line| {
        let clauses = clauses(line);
        let mut before = vi().remember.before(&clauses);
        !is_question(line) && before.any(|before| !is_denied(before))
    })
}

/// The number of a document: `57/BC-LĐLĐ`.
pub(crate) fn number(text: &str) -> Option<String> {
    NUMBER.captures(text).map(|c| c[1].to_owned())
}

fn with_year(day: Date, year: i16) -> Option<Date> {
    Date::new(year, day.month(), day.day()).ok()
}

/// The days in a text, of a year where they name none, and whether they name it.
fn days(text: &str, year: i16) -> impl Iterator<Item = (Date, bool)> {
    let ends = END_OF_MONTH.captures_iter(text).filter_map(move |c| {
        let written = c.get(2).and_then(|y| y.as_str().parse::<i16>().ok());
        let first = Date::new(written.unwrap_or(year), c[1].parse().ok()?, 1).ok()?;
        Some((first.last_of_month(), written.is_some()))
    });
    let days = DATE.captures_iter(text).filter_map(move |c| {
        let number = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
        let written = number(3).map(|y| if y < 100 { 2000 + y } else { y });
        let (day, month) = (number(1)? as i8, number(2)? as i8);
        let date = Date::new(written.unwrap_or(year), month, day).ok()?;
        Some((date, written.is_some()))
    });
    days.chain(ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn reason_in(text: &str) -> Option<String> {
        reason(text, &str::to_owned)
    }

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
            ("Không liên quan nên bỏ qua", Some(Action::Ignore)),
            // Names are no verbs.
            ("CĐCS Dược Miền Trung, Công tác trẻ em", None),
            ("CĐCS Bệnh viện Đông y đã gửi", None),
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
            "LĐLĐ huyện Tuy An: Nữ công\n{KEEP_ONE}\nĐã nhận bản giấy ngày:\nGia hạn đến hết ngày: 20/6/2026\nMiễn báo cáo. Lý do:\n\n(Đề nghị giữ nguyên dòng dưới đây)\nMã xử lý: TBC.x"
        );
        // The one that was filled in.
        assert_eq!(action(&all), Some(Action::Extend));
        let none = all.replace("20/6/2026", "");
        assert_eq!(action(&none), None);
        let one = all
            .replace("Đã nhận bản giấy ngày:\n", "")
            .replace("Miễn báo cáo. Lý do:\n", "");
        assert_eq!(action(&one), Some(Action::Extend));
        assert_eq!(field(&one, "den het ngay").as_deref(), Some("20/6/2026"));
        let without_the_hint = one.replace(&format!("{KEEP_ONE}\n"), "");
        assert_eq!(action(&without_the_hint), Some(Action::Extend));
        let several = "LĐLĐ Tuy An: Nữ công\nGia hạn đến hết ngày: 20/6\nMiễn báo cáo. Lý do: mới\n\n(Đề nghị giữ nguyên dòng dưới đây)\nMã xử lý: TBC.x";
        assert_eq!(action(several), None);
    }

    #[test]
    fn reasons_and_days_are_found() {
        assert_eq!(
            reason_in("Trả lại\nLý do: thiếu bản ký\ncủa đơn vị").as_deref(),
            Some("thiếu bản ký của đơn vị")
        );
        assert_eq!(
            reason_in("Trả lại vì chưa có số liệu").as_deref(),
            Some("chưa có số liệu")
        );
        assert_eq!(reason_in("tra lai: sai ky").as_deref(), Some("sai ky"));
        assert_eq!(reason_in("Trả lại"), None);
        assert_eq!(reason_in("Trả lại\nLý do: \n\nMã xử lý: x"), None);
        assert_eq!(
            reason_in("LĐLĐ Tuy An: Nữ công\nMiễn báo cáo. Lý do:"),
            None
        );
        let today = date(2026, 6, 10);
        assert_eq!(day("Gia hạn đến 20/6", today), Some(date(2026, 6, 20)));
        assert_eq!(day("đến ngày 05-01", today), Some(date(2027, 1, 5)));
        assert_eq!(day("đến 31/2/2026", today), None);
        assert_eq!(
            day("đến hết ngày 25 tháng 6 năm 2026", today),
            Some(date(2026, 6, 25))
        );
        assert_eq!(day("25.6.26", today), Some(date(2026, 6, 25)));
        assert_eq!(day("đến hết tháng 6", today), Some(date(2026, 6, 30)));
        assert_eq!(day("cuoi thang 2/2027", today), Some(date(2027, 2, 28)));
        assert_eq!(
            deadline("Trả lại vì số liệu ngày 1/5 sai, gửi lại trước 25/6", today),
            Some(Some(date(2026, 6, 25)))
        );
        assert_eq!(deadline("Trả lại vì số liệu ngày 1/5 sai", today), None);
        // One that has just passed, and one that there is not.
        let past = "Trả lại vì thiếu bảng, gửi lại trước ngày 1/6";
        assert_eq!(deadline(past, today), Some(None));
        assert_eq!(deadline("Trả lại, hạn 31/6", today), Some(None));
        for (said, nothing) in [
            ("không", true),
            ("chưa có", true),
            ("không đủ người để làm", false),
            ("mới", false),
        ] {
            assert_eq!(is_nothing(said), nothing, "{said}");
        }
        assert_eq!(
            number("Đã nhận bản giấy số 57/BC-LĐLĐ ngày 8/6").as_deref(),
            Some("57/BC-LĐLĐ")
        );
        assert_eq!(past_day("nhận ngày 8/6", today), Some(date(2026, 6, 8)));
        assert_eq!(past_day("28/12", today), Some(date(2025, 12, 28)));
    }
}
