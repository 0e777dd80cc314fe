//! What a command asks for, once all that it needs was found: told by [`super::effect`], carried out by
//! [`crate::staff`].

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;

use super::meaning::{another_year, without_numbers};
use super::more_time;
use super::named::Names;
use super::plain::{besides, holds_nothing_else, is_plain};
use super::said::{
    self, EXCEPTED, NO_DAY, NO_OBLIGATION, NO_REASON, ONE_AT_A_TIME, ORDERED, SETTLED, UNCLEAR,
    UNDONE, USED, asked_back, differs, does_not_fit, not_plain,
};
use super::words::{self, Against};
use crate::config::Config;
use crate::domain::correction::{Assignment, Target};
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::reminder::Nod;
use crate::domain::row::{ChangeId, MessageId, OutboxId};
use crate::domain::submission::Submission;
use crate::domain::unit::UnitId;
use crate::links::token::{Action, Item, Token};
use crate::links::{DAYS, KEEP_ONE, last_day, prepared_line};
use crate::reading::{Reading, Trust};
use crate::standing;
use crate::store::{MessageState, Receipts, Store, Strangers};
use crate::writing::of_a_stranger;

/// No more letters of a text are shown that a mail gives.
const SHOWN: usize = 100;

/// What one of staff asks for.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// A mail is a unit's.
    Assign {
        mail: MessageId,
        assignment: Assignment,
    },
    /// A mail is no report.
    Ignore(MessageId),
    /// The mails of strangers that the digest of a day shows are none.
    PutAside(Date, Strangers),
    Accept(Submission),
    /// New reports that a digest lists are accepted together.
    AcceptAll(Vec<Submission>),
    Return {
        submission: Submission,
        reason: String,
        due: Option<Date>,
    },
    Excuse {
        of: Target,
        reason: String,
    },
    Extend {
        of: Target,
        until: Date,
        /// The mail that asks for it.
        asked_by: Option<MessageId>,
    },
    /// The time for which a mail asks is not given.
    Refuse {
        mail: MessageId,
        reason: String,
    },
    Paper {
        of: Target,
        on: Option<Date>,
        number: Option<String>,
    },
    /// The letter to the leader of the unit leaves, or does not.
    Leader(Target, Nod),
    /// The period of the report is closed, for all units.
    Close(Target),
    /// An address is written to again.
    Reset(String),
    /// A mail of ours, by its row, is sent again, to these.
    Resend(OutboxId, Vec<String>),
    /// A change, by its row, is taken back.
    Undo(ChangeId),
}

/// What a token asks for with the mail that it came in; the inner error says in Vietnamese what is missing or in doubt.
pub(crate) fn order(
    config: &Config,
    store: &Store,
    token: &Token,
    code: &str,
    reading: &Reading,
    today: Date,
) -> Result<Result<Order, String>> {
    let body = reading.body.as_str();
    if store.token_is_used(code)? {
        let why = match token.action {
            Action::Any if reading.tokens.is_empty() => ORDERED,
            Action::Undo => UNDONE,
            _ => USED,
        };
        return Ok(Err(why.into()));
    }
    if let Some(not_there) = not_in_the_digest(store, token, reading)? {
        return Ok(Err(not_there));
    }
    let names = Names::new(config, today);
    let of = target(store, token.item)?;
    if let Some(said) = names_another(&names, store, token, of.as_ref(), body, today)? {
        return Ok(Err(said));
    }
    // In a name no verb asks for anything.
    let said = names.said(body);
    let action = match token.action {
        Action::Any => match words::action(&said) {
            Some(action) => action,
            None if matches!(token.item, Item::Mail(_)) && words::refuses(&said) => Action::Refuse,
            None => return Ok(Err(UNCLEAR.into())),
        },
        ref fixed => {
            if let Some(said) = against(token.item, fixed, &names.without_units(body)) {
                return Ok(Err(asked_back(fixed, &said)));
            }
            fixed.clone()
        }
    };
    let free = names.command(body).filter(|_| !body.contains(KEEP_ONE));
    if reading.tokens.is_empty() {
        if let Some(line) = &free
            && !is_plain(&said_of(&names, of.as_ref(), line), &action)
        {
            return Ok(Err(not_plain(&action)));
        }
        if let Some(more) = words::asks_for_more(&said).and_then(|at| body.lines().nth(at)) {
            return Ok(Err(said::more_is_asked(&of_a_stranger(more, SHOWN))));
        }
    }
    if let Item::Listed(..) = token.item
        && words::excepts(body, &prepared_line(token.item, &Action::Ignore))
    {
        return Ok(Err(EXCEPTED.into()));
    }
    // Words of its own say more than the verb; a prepared mail has its lines for that.
    let free = free.as_deref().filter(|_| token.action == Action::Any);
    resolved(&names, store, (token.item, action), (body, free))
}

/// A line without what names the item itself: the number of a mail or report; the unit, report and period of what is owed.
fn said_of(names: &Names<'_>, of: Option<&Target>, line: &str) -> String {
    let line = without_numbers(line);
    match of {
        Some(of) => names.rest_of(&line, of),
        None => names.units_in(&line).rest,
    }
}

/// What free words select by the name of a unit, for what they ask for: the one thing of it that fits, or what is asked
/// back; `None` where they name no unit, or ask for what is no matter of a unit's.
pub(super) fn of_unit(
    names: &Names<'_>,
    store: &Store,
    text: &str,
) -> Result<Option<Result<Item, String>>> {
    let (config, day) = (names.config, names.day);
    let (Some(line), Some(action)) = (names.command(text), words::action(&names.said(text))) else {
        return Ok(None);
    };
    let owed = match &action {
        Action::Extend | Action::Excuse | Action::Paper => true,
        Action::Accept | Action::Return => false,
        _ => return Ok(None),
    };
    let asked = words::before_reason(&line, &|l| names.said(l));
    let units = names.units_in(asked).units;
    let unit = match units.as_slice() {
        [] => return Ok(None),
        [unit] => unit,
        _ => return Ok(Some(Err(ONE_AT_A_TIME.into()))),
    };
    let mut fit: Vec<(Item, Target, String)> = Vec::new();
    // No digest that still holds speaks of what is due later, nor of what was due before the installation; and nobody gives
    // more time that ends before the time that there is.
    let until = match action {
        Action::Extend => words::until(text, day),
        _ => None,
    };
    let soon = last_day(day).min(until.unwrap_or(Date::MAX));
    let since = standing::tracked_from(config, store.first_opened()?);
    let speaks_of = |o: &Obligation| date_of(o.due) <= soon && (!owed || o.due >= since);
    let all = store.obligations_of(unit, Receipts::All)?;
    for o in all.into_iter().filter(speaks_of) {
        let what = format!(
            "{}, {}",
            config.report_name(&o.report),
            o.period.in_vietnamese()
        );
        let items: Vec<(Item, String)> = match owed {
            true if o.settled() => vec![],
            true => vec![(Item::Obligation(o.id), what)],
            false => {
                let logged = store.standing_submissions(o.id)?.into_iter();
                let called =
                    logged.map(|s| (Item::Submission(s.id), format!("{} {what}", s.code())));
                called.collect()
            }
        };
        let of = Target {
            unit: o.unit,
            report: o.report,
            period: o.period,
        };
        fit.extend(
            items
                .into_iter()
                .map(|(item, called)| (item, of.clone(), called)),
        );
    }
    // Of a report that is not among them nothing is meant.
    let asked = words::without_days(asked);
    let named: Vec<_> = fit
        .iter()
        .filter(|(_, of, _)| !names.names_another(&asked, &of.report, &of.period))
        .collect();
    let called: Vec<String> = named.iter().map(|(.., called)| called.clone()).collect();
    Ok(Some(match named.as_slice() {
        // A word that is not known may name another report than the only one that fits.
        [(item, of, _)] => {
            let rest = said_of(names, Some(of), &words::without_days(&line));
            match holds_nothing_else(&rest, &action) {
                true => Ok(*item),
                false => Err(not_plain(&action)),
            }
        }
        _ => Err(said::of_unit(&config.unit_name(unit, day), &called)),
    }))
}

/// With all that it needs. `free`: the line with the command, where it is in free words.
fn resolved(
    names: &Names<'_>,
    store: &Store,
    (item, action): (Item, Action),
    (body, free): (&str, Option<&str>),
) -> Result<Result<Order, String>> {
    let said = |why: &str| Ok(Err(why.to_owned()));
    Ok(Ok(match (item, action) {
        (Item::Mail(id), Action::Assign(unit)) => {
            if store.message(id)?.is_none() {
                return Ok(Err(said::no_mail(id)));
            }
            let unit = match unit.is_empty() {
                true => match named_unit(names, body) {
                    Ok(unit) => unit,
                    Err(why) => return Ok(Err(why)),
                },
                false => UnitId(unit),
            };
            let hint = words::field(body, "bao cao va ky");
            let all = Action::Assign(String::new());
            Order::Assign {
                mail: id,
                assignment: Assignment {
                    unit,
                    report: None,
                    words: free.map(|line| besides(&said_of(names, None, line), &all)),
                    hint,
                    remember: words::remember(body),
                },
            }
        }
        (Item::Mail(id), Action::Ignore) => Order::Ignore(id),
        (Item::Mail(id), Action::Extend) => match of_request(names, store, id, body)? {
            Ok(order) => order,
            Err(why) => return Ok(Err(why)),
        },
        (Item::Mail(mail), Action::Refuse) => match reason_of(names, body) {
            Some(reason) => Order::Refuse { mail, reason },
            None => return said(NO_REASON),
        },
        (Item::Listed(day, kind), Action::Ignore) => Order::PutAside(day, kind),
        (Item::News(day), Action::Accept) => match all_new(store, day, body)? {
            Ok(order) => order,
            Err(why) => return Ok(Err(why)),
        },
        (Item::Submission(id), action @ (Action::Accept | Action::Return)) => {
            let Some(submission) = store.submission(id)? else {
                return Ok(Err(said::no_submission(&format!("{id:05}"))));
            };
            match of_submission(names, submission, &action, (body, free)) {
                Ok(order) => order,
                Err(why) => return Ok(Err(why)),
            }
        }
        (
            Item::Obligation(id),
            action @ (Action::Excuse
            | Action::Extend
            | Action::Paper
            | Action::Escalate
            | Action::Spare
            | Action::Close),
        ) => {
            let Some(of) = target(store, Item::Obligation(id))? else {
                return said(NO_OBLIGATION);
            };
            match of_obligation(names, of, &action, (body, free)) {
                Ok(order) => order,
                Err(why) => return said(why),
            }
        }
        (Item::Contact(id), Action::Reset) => match store.bounced_address(id)? {
            Some(address) => Order::Reset(address),
            None => return said(said::NOTHING_TO_RESET),
        },
        (Item::Outgoing(id), Action::Resend) => match store.outgoing_mail(id)? {
            Some(mail) => Order::Resend(id, mail.recipients),
            None => return said(said::NOT_IN_THE_QUEUE),
        },
        (Item::Change(id), Action::Undo) => Order::Undo(id),
        (_, Action::Confirm) => return said(SETTLED),
        (item, _) => return Ok(Err(does_not_fit(item))),
    }))
}

/// That more time is given as a mail asks for it; the error says what is missing.
fn of_request(
    names: &Names<'_>,
    store: &Store,
    id: MessageId,
    body: &str,
) -> Result<Result<Order, String>> {
    let config = names.config;
    let Some(message) = store.message(id)? else {
        return Ok(Err(said::no_mail(id)));
    };
    let asked = more_time::asked_by(config, store, &message, names.day)?;
    let Some(asked) = asked.filter(|_| message.state == MessageState::Waiting) else {
        return Ok(Err(said::asks_for_no_time(id)));
    };
    let meant = asked.meant(names, body);
    let [of] = meant.as_slice() else {
        let called = |of: &&Target| more_time::called(config, of);
        let called: Vec<String> = meant.iter().map(called).collect();
        let unit = config.unit_name(&asked.unit, names.day);
        return Ok(Err(said::of_unit(&unit, &called)));
    };
    let until = more_time(names, body).map_err(str::to_owned);
    Ok(until.map(|until| Order::Extend {
        of: (*of).clone(),
        until,
        asked_by: Some(id),
    }))
}

/// That the reports are accepted whose codes a mail lists, each of which the digest of a day can have told of; the error
/// says which cannot be.
fn all_new(store: &Store, day: Date, body: &str) -> Result<Result<Order, String>> {
    let until = store.digest_span(day)?.map(|(_, until)| until);
    let mut all: Vec<Submission> = Vec::new();
    for code in Submission::codes_in(body) {
        let submission = match Submission::row_of(code) {
            Some(id) => store.submission(id)?,
            None => None,
        };
        let Some(submission) = submission.filter(|s| s.code() == code) else {
            return Ok(Err(said::no_submission(code)));
        };
        let at = store.submission_logged_at(submission.id)?;
        if until.is_some_and(|until| at.is_none_or(|at| at > until)) {
            return Ok(Err(said::not_in_the_digest(
                &said::submission(submission.id),
                day,
            )));
        }
        let message = match submission.message {
            Some(id) => store.message(id)?,
            None => None,
        };
        let trust = message.and_then(|m| m.reading).map(|r| r.trust);
        if trust != Some(Trust::Pass) {
            return Ok(Err(said::one_by_one(code)));
        }
        if all.iter().all(|other| other.id != submission.id) {
            all.push(submission);
        }
    }
    Ok(match all.is_empty() {
        true => Err(said::NO_CODES.into()),
        false => Ok(Order::AcceptAll(all)),
    })
}

/// What is asked of a report that was logged; the error says what is missing.
fn of_submission(
    names: &Names<'_>,
    submission: Submission,
    action: &Action,
    (body, free): (&str, Option<&str>),
) -> Result<Order, String> {
    let today = names.day;
    if let Some(other) = another_year(body, submission.id, &submission.code()) {
        return Err(said::no_submission(&other));
    }
    if *action == Action::Accept {
        return Ok(Order::Accept(submission));
    }
    let reason = reason_of(names, body).ok_or(NO_REASON)?;
    let due = match words::field(body, "han gui lai") {
        Some(day) => Some(words::day(&day, today)),
        None => free.and_then(|line| words::deadline(line, today)),
    };
    let due = match due {
        None => None,
        Some(Some(day)) if day >= today => Some(day),
        Some(_) => return Err(NO_DAY.into()),
    };
    Ok(Order::Return {
        submission,
        reason,
        due,
    })
}

/// What is asked of what a unit has to send; the error says what is missing.
fn of_obligation(
    names: &Names<'_>,
    of: Target,
    action: &Action,
    (body, free): (&str, Option<&str>),
) -> Result<Order, &'static str> {
    let today = names.day;
    Ok(match action {
        Action::Excuse => Order::Excuse {
            of,
            reason: reason_of(names, body).ok_or(NO_REASON)?,
        },
        Action::Extend => Order::Extend {
            of,
            until: more_time(names, body)?,
            asked_by: None,
        },
        Action::Paper => {
            let said = words::field(body, "nhan ban giay").or_else(|| free.map(str::to_owned));
            let paper = said.unwrap_or_else(|| words::own(body));
            if words::is_nothing(&paper) {
                return Err(said::NOT_RECEIVED);
            }
            let number = words::field(body, "so van ban");
            Order::Paper {
                of,
                on: words::past_day(&paper, today),
                number: words::number(number.as_deref().unwrap_or(&paper)),
            }
        }
        Action::Escalate => Order::Leader(of, Nod::Send),
        Action::Spare => Order::Leader(of, Nod::Stop),
        _ => Order::Close(of),
    })
}

/// The reason that a mail gives, where it says something.
fn reason_of(names: &Names<'_>, body: &str) -> Option<String> {
    words::reason(body, &|l| names.said(l)).filter(|r| !words::is_nothing(r))
}

/// Until when more time is given; the error says what is missing.
fn more_time(names: &Names<'_>, body: &str) -> Result<Date, &'static str> {
    let until = words::until(body, names.day).ok_or(said::NO_NEW_DAY)?;
    if until < names.day {
        return Err(said::PAST);
    }
    match until > names.day.saturating_add(2.years()) {
        true => Err(said::TOO_FAR),
        false => Ok(until),
    }
}

/// What the words of a mail say against the action of its code, if they do.
fn against(item: Item, action: &Action, body: &str) -> Option<Against> {
    words::against(body, action, &prepared_line(item, action), of(item))
}

/// What may be asked of an item.
pub(super) fn of(item: Item) -> &'static [Action] {
    static MAIL: [Action; 4] = [
        Action::Assign(String::new()),
        Action::Ignore,
        Action::Extend,
        Action::Refuse,
    ];
    match item {
        Item::Mail(_) => &MAIL,
        Item::Listed(..) => &[Action::Ignore],
        Item::News(_) => &[Action::Accept],
        Item::Submission(_) => &[Action::Accept, Action::Return],
        Item::Obligation(_) => &[
            Action::Paper,
            Action::Extend,
            Action::Excuse,
            Action::Escalate,
            Action::Spare,
            Action::Close,
        ],
        Item::Contact(_) => &[Action::Reset],
        Item::Outgoing(_) => &[Action::Resend],
        Item::Change(_) => &[Action::Undo],
    }
}

/// What is said where the item of a command was not there yet when the digest was made by which it is asked for.
fn not_in_the_digest(store: &Store, token: &Token, reading: &Reading) -> Result<Option<String>> {
    if !reading.tokens.is_empty() {
        return Ok(None); // a code was sent for what it is of
    }
    let day = token.expires.saturating_sub(DAYS.days());
    let Some((_, until)) = store.digest_span(day)? else {
        return Ok(None);
    };
    let (there, called) = match token.item {
        Item::Mail(id) => {
            let mail = store.message(id)?;
            let there = mail.is_some_and(|m| m.stored_at <= until);
            (there, said::mail(id))
        }
        Item::Submission(id) => {
            let at = store.submission_logged_at(id)?;
            (at.is_some_and(|at| at <= until), said::submission(id))
        }
        Item::Obligation(_)
        | Item::Change(_)
        | Item::Contact(_)
        | Item::Outgoing(_)
        | Item::Listed(..)
        | Item::News(_) => return Ok(None),
    };
    Ok((!there).then(|| said::not_in_the_digest(&called, day)))
}

/// What is asked where the first line of a mail names another unit, report, period or address than its token is of.
fn names_another(
    names: &Names<'_>,
    store: &Store,
    token: &Token,
    of: Option<&Target>,
    body: &str,
    day: Date,
) -> Result<Option<String>> {
    let Some(line) = names.command(body) else {
        return Ok(None);
    };
    let (config, line) = (
        names.config,
        words::before_reason(&line, &|l| names.said(l)),
    );
    let unit = match (&token.item, &token.action) {
        (Item::Mail(_), Action::Assign(unit)) if !unit.is_empty() => UnitId(unit.clone()),
        (Item::Contact(id), _) => {
            let address = store.bounced_address(*id)?.unwrap_or_default();
            let is_address = |word: &&str| word.contains('@');
            let mut words = line.split_whitespace().filter(is_address);
            let other = words.find(|w| !w.to_lowercase().contains(&address));
            let called = said::address(&address);
            return Ok(other.map(|other| differs(&called, &of_a_stranger(other, SHOWN))));
        }
        _ => match of {
            Some(of) => of.unit.clone(),
            None => return Ok(None), // told when it is tried
        },
    };
    let named = names.units_in(line).units;
    if !named.is_empty() && !named.contains(&unit) {
        let called: Vec<String> = named.iter().map(|u| config.unit_name(u, day)).collect();
        return Ok(Some(differs(
            &config.unit_name(&unit, day),
            &called.join(", "),
        )));
    }
    let said = words::without_days(line);
    Ok(of
        .filter(|of| names.names_another(&said, &of.report, &of.period))
        .map(|of| {
            let unit = config.unit_name(&of.unit, day);
            let (report, period) = (config.report_name(&of.report), of.period.in_vietnamese());
            said::another_report(&format!("{unit} ({report}, {period})"))
        }))
}

/// The unit that the text of a command names: after "Đơn vị:", else anywhere, by name or by id.
fn named_unit(names: &Names<'_>, body: &str) -> Result<UnitId, String> {
    let said = words::field(body, "don vi").unwrap_or_else(|| words::own(body));
    let by_id = names.config.register.all_on(names.day).find(|u| {
        said.split_whitespace()
            .any(|w| w.trim_matches(['.', ',', ';']) == u.id.0)
    });
    if let Some(unit) = by_id {
        return Ok(unit.id.clone());
    }
    let mut named: Vec<UnitId> = said.lines().flat_map(|l| names.units_in(l).units).collect();
    named.dedup();
    match <[UnitId; 1]>::try_from(named) {
        Ok([one]) => Ok(one),
        Err(none) if none.is_empty() => Err(said::NO_UNIT.into()),
        Err(_) => Err(said::SEVERAL_UNITS.into()),
    }
}

/// Of which unit, report and period an item is, where it is of one.
fn target(store: &Store, item: Item) -> Result<Option<Target>> {
    let of = match item {
        Item::Obligation(id) => store.obligation(id)?,
        Item::Submission(id) => store.submission(id)?.map(|s| (s.unit, s.report, s.period)),
        Item::Mail(_)
        | Item::Change(_)
        | Item::Contact(_)
        | Item::Outgoing(_)
        | Item::Listed(..)
        | Item::News(_) => None,
    };
    Ok(of.map(|(unit, report, period)| Target {
        unit,
        report,
        period,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::row::{FailureId, ObligationId, SubmissionId};
    use crate::links::Links;
    use jiff::civil::date;

    fn links() -> Links {
        Links {
            key: b"key".to_vec(),
            mailbox: "hop.thu@x.example".into(),
            address: "a@x.example".into(),
            expires: date(2026, 7, 15),
        }
    }

    /// The body of a prepared mail as a mail program opens it.
    fn opened(href: &str) -> String {
        let (_, body) = href.split_once("&body=").unwrap();
        let bytes: Vec<u8> = {
            let mut rest = body.as_bytes();
            let mut out = Vec::new();
            while let [first, others @ ..] = rest {
                rest = others;
                out.push(match first {
                    b'%' => {
                        let hex = std::str::from_utf8(&rest[..2]).unwrap();
                        rest = &rest[2..];
                        u8::from_str_radix(hex, 16).unwrap()
                    }
                    plain => *plain,
                });
            }
            out
        };
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of prepared mails")]
    fn a_prepared_mail_never_speaks_against_its_own_code() {
        let links = links();
        let unit = |name: &str| vec![(UnitId("x".into()), name.to_owned())];
        let day = date(2026, 6, 15);
        let mut mails = Vec::new();
        // Names and titles hold what would be verbs elsewhere.
        for name in [
            "CĐCS Dược Miền Trung",
            "CĐCS Bệnh viện Đông y",
            "CĐCS Thông qua, trả lại",
            "LĐLĐ huyện Tuy An",
        ] {
            let all = links.for_mail(
                MessageId(9),
                &unit(name),
                Some("Công tác trẻ em, 6 tháng đầu năm 2026"),
            );
            let assigned = |unit: &str| Action::Assign(unit.to_owned());
            mails.push((Item::Mail(MessageId(9)), assigned("x"), all[0].clone()));
            mails.push((Item::Mail(MessageId(9)), assigned(""), all[1].clone()));
            mails.push((Item::Mail(MessageId(9)), Action::Ignore, all[2].clone()));
        }
        let reports = [
            "Nữ công, kỳ quý II năm 2026",
            "Thông qua, miễn duyệt, kỳ năm 2026",
        ];
        for (reports, until) in [
            (&reports[..1], Some(date(2026, 6, 25))),
            (&reports[..], Some(date(2026, 6, 25))),
            (&reports[..], None),
        ] {
            let reports: Vec<String> = reports.iter().map(|r| (*r).to_owned()).collect();
            let both = links.for_more_time(MessageId(9), &reports, until);
            let body = opened(&both[0].href);
            assert_eq!(words::until(&body, date(2026, 6, 10)), until);
            let actions = [Action::Extend, Action::Refuse];
            for (link, action) in both.into_iter().zip(actions) {
                mails.push((Item::Mail(MessageId(9)), action, link));
            }
        }
        assert_eq!(links.for_more_time(MessageId(9), &[], None).len(), 1);
        let both = links.for_submission(SubmissionId(17), "BC-2026-00017");
        mails.push((
            Item::Submission(SubmissionId(17)),
            Action::Accept,
            both[0].clone(),
        ));
        mails.push((
            Item::Submission(SubmissionId(17)),
            Action::Return,
            both[1].clone(),
        ));
        let title = "Kết quả bỏ qua, miễn, duyệt và thông qua, quý I năm 2026";
        let period = links.for_period(ObligationId(3), title);
        mails.push((Item::Obligation(ObligationId(3)), Action::Close, period));
        let news = links.for_news(day, &["BC-2026-00017".into(), "BC-2026-00018".into()]);
        mails.push((Item::News(day), Action::Accept, news));
        let actions = [Action::Extend, Action::Excuse, Action::Paper];
        let three = links.for_obligation(
            ObligationId(3),
            "CĐCS Dược Miền Trung",
            "Trả lại và duyệt, năm 2026",
        );
        for (link, action) in three.into_iter().zip(actions) {
            mails.push((Item::Obligation(ObligationId(3)), action, link));
        }
        for (link, action) in links
            .for_leader(
                ObligationId(3),
                "LĐLĐ huyện Tuy An, Trả lại và duyệt, năm 2026",
            )
            .into_iter()
            .zip([Action::Escalate, Action::Spare])
        {
            mails.push((Item::Obligation(ObligationId(3)), action, link));
        }
        let again = links.for_outgoing(OutboxId(5), "Nhắc: không duyệt");
        mails.push((Item::Outgoing(OutboxId(5)), Action::Resend, again));
        let address = links.for_contact(FailureId(2), "tra.lai@x.example");
        mails.push((Item::Contact(FailureId(2)), Action::Reset, address));
        for kind in [Strangers::WithDocument, Strangers::Others] {
            let aside = links.for_listed(day, kind, 12);
            mails.push((Item::Listed(day, kind), Action::Ignore, aside));
        }
        for (item, action, link) in mails {
            let body = opened(&link.href);
            assert_eq!(against(item, &action, &body), None, "{body}");
            for below in [
                "\nTrân trọng\nLê Văn Duyệt",
                "\n\nLê Văn Duyệt\nPhó trưởng Ban",
            ] {
                let signed = format!("{body}{below}");
                assert_eq!(against(item, &action, &signed), None, "{signed}");
            }
        }
    }

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of codes and the words beside them"
    )]
    fn words_that_ask_for_something_else_than_their_code_are_asked_about() {
        let links = links();
        let of_mail = links.for_mail(
            MessageId(9),
            &[(UnitId("x".into()), "LĐLĐ huyện Tuy An".into())],
            None,
        );
        let of_report = links.for_submission(SubmissionId(17), "BC-2026-00017");
        let period = links.for_period(ObligationId(3), "Công tác trẻ em, 6 tháng đầu năm 2026");
        let mail = Item::Mail(MessageId(9));
        let report = Item::Submission(SubmissionId(17));
        let assign = (mail, Action::Assign("x".into()), opened(&of_mail[0].href));
        let ignore = (mail, Action::Ignore, opened(&of_mail[2].href));
        let accept = (report, Action::Accept, opened(&of_report[0].href));
        let back = (report, Action::Return, opened(&of_report[1].href));
        let close = (
            Item::Obligation(ObligationId(3)),
            Action::Close,
            opened(&period.href),
        );
        let what = "LĐLĐ huyện Tuy An, Công tác trẻ em, 6 tháng đầu năm 2026";
        let letter = links.for_leader(ObligationId(3), what);
        let write = (
            Item::Obligation(ObligationId(3)),
            Action::Escalate,
            opened(&letter[0].href),
        );
        let spare = (
            Item::Obligation(ObligationId(3)),
            Action::Spare,
            opened(&letter[1].href),
        );
        let undo = (
            Item::Change(ChangeId(4)),
            Action::Undo,
            "Mã xử lý: TBC.c4.undo".to_owned(),
        );
        let other = |action: Action| Some(Against::Other(action));
        let to_a_unit = || other(Action::Assign(String::new()));
        let denied = || Some(Against::Denied);
        let question = || Some(Against::Question);
        let condition = || Some(Against::Condition);
        for (prepared, words, expected) in [
            // What is still done.
            (&accept, "đã duyệt, cảm ơn", None),
            (&accept, "Duyệt nhé em", None),
            (&accept, "duyet nhe", None),
            (&accept, "Đồng ý", None),
            (&accept, "Bỏ qua các lỗi nhỏ, duyệt", None),
            (&accept, "Không cần sửa nữa, duyệt", None),
            (&accept, "Kính gửi hệ thống,\nnhất trí", None),
            (&accept, "Đã nhận đủ, cảm ơn đơn vị", None),
            (&accept, "Đã nhận bản giấy, duyệt", None),
            (&accept, "Tôi đã xem. Đạt yêu cầu.", None),
            (&back, "Không duyệt, trả lại vì thiếu số liệu", None),
            (&back, "Chưa đạt yêu cầu nên trả lại", None),
            (&back, "Chưa duyệt", None),
            (&back, "Nhờ em trả về giúp chị, gửi lại trước 25/6", None),
            (&ignore, "Thư rác, xóa giúp chị", None),
            (
                &ignore,
                "Không phải báo cáo, thư này là của báo Phú Yên",
                None,
            ),
            (&ignore, "Không liên quan nên bỏ qua", None),
            (&ignore, "Đồng ý, cảm ơn em", None),
            (&assign, "Đồng ý", None),
            (&assign, "Thư này là của LĐLĐ huyện Tuy An", None),
            (&assign, "gán giúp chị", None),
            (&close, "Nhất trí khóa kỳ", None),
            (&undo, "Hoàn tác, gán nhầm", None),
            (&write, "Gửi giúp chị", None),
            (&write, "Nhất trí gửi", None),
            (&spare, "Không gửi, đơn vị đã báo qua điện thoại", None),
            (&spare, "Dừng lại", None),
            // What is asked back.
            (&write, "Chưa gửi", denied()),
            (&write, "Khoan gửi nhé", denied()),
            (&write, "Dừng gửi", other(Action::Spare)),
            (&write, "Gia hạn đến 30/6", other(Action::Extend)),
            (&write, "Gửi nếu chiều nay vẫn chưa có", condition()),
            (&accept, "Trả lại vì thiếu số liệu", other(Action::Return)),
            (&accept, "tra lai don vi", other(Action::Return)),
            (&accept, "Đã duyệt nhưng nay trả lại", other(Action::Return)),
            (&accept, "Chưa duyệt", denied()),
            (&accept, "Không đồng ý", denied()),
            (&accept, "Khoan duyệt đã, chờ số liệu", denied()),
            (&accept, "Không duyệt, trả lại", other(Action::Return)),
            (&accept, "Duyệt được không em?", question()),
            (&accept, "Duyệt nếu đã có bản ký", condition()),
            (&accept, "duyet sau khi don vi bo sung", condition()),
            (&ignore, "Bỏ qua, riêng tệp thứ hai giữ lại", condition()),
            (&assign, "Gán giúp chị, trừ bảng biểu", condition()),
            (&back, "Duyệt", other(Action::Accept)),
            (&back, "Khoan trả lại đã", denied()),
            (&ignore, "Gán cho LĐLĐ huyện Tuy An", to_a_unit()),
            (&ignore, "gan cho LDLD huyen Tuy An", to_a_unit()),
            (&ignore, "Ghi nhận cho CĐ ngành Y tế", to_a_unit()),
            (&ignore, "Duyệt", other(Action::Accept)),
            (
                &ignore,
                "Gia hạn cho đơn vị đến 30/6",
                other(Action::Extend),
            ),
            (&ignore, "Đừng bỏ qua thư này", denied()),
            (&assign, "Không phải báo cáo", other(Action::Ignore)),
            (&assign, "bỏ qua", other(Action::Ignore)),
            (&assign, "Không phải là của Tuy An", denied()),
            (&assign, "Không đồng ý gán", denied()),
            (&assign, "Có phải gán cho Tuy An không?", question()),
            (&close, "Chưa khóa kỳ này", denied()),
            (&close, "Gia hạn đến 30/6", other(Action::Extend)),
            (&undo, "Gán lại cho CĐ ngành Y tế", to_a_unit()),
            (&undo, "Không hoàn tác nữa", denied()),
        ] {
            let (item, action, body) = prepared;
            let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
            // Where a mail program puts what is written: above, below the first line, in its place, below all.
            for whole in [
                format!("{words}\n\n{body}"),
                format!("{first}\n{words}\n{rest}"),
                format!("{words}\n{rest}"),
                format!("{body}\n{words}\n"),
            ] {
                let found = against(*item, action, &whole);
                assert_eq!(found, expected, "{action:?} {words:?} in {whole:?}");
            }
        }
        // What gives a reason asks for nothing.
        let (item, action, body) = &back;
        for reason in [
            "chưa được Ban Thường vụ duyệt",
            "bản trước đã duyệt, bản này sai\nsố liệu đã thông qua",
            "gửi nhầm, báo cáo này không phải báo cáo trẻ em",
        ] {
            let whole = body.replace("Lý do:", &format!("Lý do: {reason}"));
            assert_eq!(against(*item, action, &whole), None, "{reason}");
        }
    }
}
