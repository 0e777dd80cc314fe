//! What staff say of a mail: whose it is, or that it is no report.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{By, Clerk, Done, Inverse, Refusal, decision, in_words, log, said, title};
use crate::collect::{self, Books};
use crate::commands::named::Names;
use crate::config::Config;
use crate::domain::correction::{Assignment, mail_name};
use crate::domain::date_of;
use crate::domain::decision::{About, Decision};
use crate::domain::owed::Owed;
use crate::domain::period::PeriodId;
use crate::domain::report::Forms;
use crate::domain::row::{ChangeId, MessageId, ObligationId};
use crate::domain::unit::{Unit, UnitId};
use crate::domain::why::Why;
use crate::expected;
use crate::matching::{Expected, Item, Sent, forms_of};
use crate::reading::{Class, Reading, Unread};
use crate::store::{Decided, Message, MessageState, NewSubmission, Store, Strangers, Verdict};
use crate::waiting::Waiting;

/// Logs a mail as staff say. What it was logged as before is withdrawn.
///
/// # Errors
/// When the mail, unit, report or period is not known, or the unit is not expected to send it; says what to do.
pub fn assign(
    books: Books<'_>,
    message: MessageId,
    as_said: &Assignment,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let (message, reading) = known_mail(books.store, message)?;
    let unit = &as_said.unit;
    let row = row_of(books.config, unit, date_of(message.received_at))?;
    expected::expect(books.config, books.store, now)?;
    let items = items_brought(books, &message, &reading, as_said)?;
    let bare = reading.class == Class::NoAttachment && reading.link.is_none();
    let has_nothing = |i: &Item| i.files.is_empty() && !i.nil_return;
    if bare && items.iter().any(has_nothing) {
        bail!(Refusal::BringsNothing(message.id));
    }
    let mut submissions: Vec<NewSubmission> = Vec::new();
    for item in &items {
        let obligation = obligation_of(books.config, books.store, unit, item, now)?;
        submissions.push(collect::submission(&message, &reading, item, obligation));
    }
    let what: Vec<String> = items
        .iter()
        .map(|i| format!("{} {}", i.report, i.period))
        .collect();
    let after = format!("logged for {unit}: {}", what.join(", "));
    let sender = reading.sender.as_ref().filter(|_| as_said.remember);
    let taught = sender.map(|s| (s.address.clone(), unit.clone()));
    let lesson = title::lesson(books, &message, &reading, as_said, &items);
    let (correction, title) = books.store.transaction(|s| {
        let inverse = Inverse::of_mail(s, &message, taught.clone())?;
        s.withdraw_submissions(message.id, now)?;
        let title = title::teach(s, message.id, lesson.as_ref(), now)?;
        for submission in &submissions {
            s.log_submission(submission, now)?;
        }
        s.set_verdict(
            message.id,
            &Verdict {
                state: MessageState::Logged,
                unit: Some(unit.clone()),
                candidates: vec![],
                why: vec![Why::LoggedBy {
                    who: by.who.clone(),
                }],
            },
        )?;
        if let Some((address, unit)) = &taught {
            s.learn(address, unit, now)?;
        }
        if collect::may_acknowledge(&reading, message.received_at, now) {
            s.owe(&collect::acknowledgement(message.id, Some(unit)), now)?;
        }
        let change = (mail_name(message.id), message.state.word(), after.as_str());
        let correction = log(s, by, "assign", change, Some(&inverse), now)?;
        Ok((correction, title))
    })?;
    let reports: Vec<String> = items
        .iter()
        .map(|i| in_words(books.config, &i.report, &i.period))
        .collect();
    Ok(Done {
        said: format!("mail {} is {after}{}", message.id, title.in_english()),
        in_vietnamese: said::logged(
            message.id,
            &row.short_name,
            &reports,
            taught.as_ref().map(|(address, _)| address.as_str()),
        ) + title.in_vietnamese(),
        correction,
    })
}

/// The row of a unit that staff name, as of the day of the mail.
fn row_of<'a>(config: &'a Config, unit: &UnitId, day: Date) -> Result<&'a Unit> {
    let register = &config.register;
    let row = register.nearest(unit, day).ok_or_else(|| {
        let ids = register.units.iter().map(|u| u.id.0.as_str());
        Refusal::NoUnit {
            unit: unit.clone(),
            hint: crate::config::source::suggestion(&unit.0, ids),
        }
    })?;
    Ok(row)
}

/// The row of what is expected of a unit for what a mail brings.
fn obligation_of(
    config: &Config,
    store: &Store,
    unit: &UnitId,
    item: &Item,
    now: Timestamp,
) -> Result<ObligationId> {
    let (report, period) = (&item.report, &item.period);
    let obligation = expected::obligation_for(config, store, unit, report, period, now)?;
    Ok(obligation.ok_or_else(|| Refusal::NotExpected {
        unit: unit.clone(),
        report: report.clone(),
        period: period.clone(),
    })?)
}

/// What a mail brings: all of it the report that staff name, else what can be told with their word of whose it is.
fn items_brought(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    as_said: &Assignment,
) -> Result<Vec<Item>> {
    if let Some((report, period)) = &as_said.report {
        return Ok(vec![whole_mail(books.config, reading, report, period)?]);
    }
    let items = items_as_said(books, message, reading, as_said)?;
    if items.is_empty() {
        bail!(Refusal::Uncertain {
            mail: message.id,
            reports: report_ids(books.config),
        });
    }
    Ok(items)
}

/// What a mail brings, where staff say whose it is: what it says itself, or what their own words name in its place.
fn items_as_said(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    as_said: &Assignment,
) -> Result<Vec<Item>> {
    let (unit, received_at) = (&as_said.unit, message.received_at);
    let day = date_of(received_at);
    let named = |words: &str| -> Result<Option<Item>> {
        let expected = |unit: Option<&UnitId>| expected::to_come(books.store, unit);
        // Their words stand in the place of what the unit is used to write.
        let asked: (&Expected<'_>, &Sent<'_>) = (&expected, &|_| Ok(vec![]));
        let known = collect::known(books.store, reading, received_at, Some(unit), asked)?;
        let named = books.matcher(day).said_by_staff(words, unit, &known)?;
        let whole =
            named.map(|(report, period)| whole_mail(books.config, reading, &report, &period));
        whole.transpose()
    };
    if let Some(hint) = &as_said.hint {
        return Ok(named(hint)?.into_iter().collect());
    }
    let names = Names::new(books.config, day);
    let words = as_said.words.as_deref().unwrap_or_default();
    if !names.reports_in(words).is_empty()
        && let Some(item) = named(words)?
    {
        return Ok(vec![item]);
    }
    let found = collect::match_mail(books, reading, received_at, Some(unit))?;
    let is_sure = found.unit.certain() == Some(unit);
    let items = if is_sure { found.items } else { vec![] };
    let another = |i: &Item| names.names_another(words, &i.report, &i.period);
    if items.iter().any(another) {
        let brings = items.into_iter().map(|i| (i.report, i.period));
        bail!(Refusal::BringsAnother(brings.collect()));
    }
    Ok(items)
}

/// All documents of a mail as one report.
fn whole_mail(config: &Config, reading: &Reading, report: &str, period: &PeriodId) -> Result<Item> {
    let known = config.report(report).with_context(|| {
        let ids = config.reports.iter().map(|r| r.id.as_str());
        let hint = crate::config::source::suggestion(report, ids);
        format!("there is no report {report} in reports.toml{hint}")
    })?;
    let files: Vec<usize> = (0..reading.attachments.len())
        .filter(|i| reading.attachments[*i].is_document())
        .collect();
    let mut forms = files.iter().fold(Forms::NONE, |all, i| {
        all.and(forms_of(reading.attachments[*i].role))
    });
    if forms.is_empty() {
        // Staff looked into what we could not open.
        forms = known.forms;
    }
    Ok(Item {
        report: known.id.clone(),
        period: period.clone(),
        forms,
        nil_return: known.nil_return && reading.class == Class::NoAttachment,
        files,
    })
}

fn report_ids(config: &Config) -> String {
    let ids: Vec<&str> = config.reports.iter().map(|r| r.id.as_str()).collect();
    ids.join(", ")
}

fn known_mail(store: &Store, id: MessageId) -> Result<(Message, Reading)> {
    let message = store.message(id)?.ok_or(Refusal::NoMail(id))?;
    if message.state == MessageState::Received {
        bail!(Refusal::NotRead(id));
    }
    // A mail that could not be fetched or read can still be assigned: staff saw it in the mailbox.
    let reading = message
        .reading
        .clone()
        .unwrap_or_else(|| Reading::unreadable(Unread::NotFetched));
    Ok((message, reading))
}

/// Marks a mail as no report. What it was logged as is withdrawn.
///
/// # Errors
/// When there is no such mail.
pub fn ignore(store: &Store, message: MessageId, by: &By, now: Timestamp) -> Result<Done> {
    let (message, _) = known_mail(store, message)?;
    let (withdrawn, correction) = store.transaction(|s| mark_ignored(s, &message, by, now))?;
    let also = match withdrawn {
        0 => String::new(),
        n => format!("; {n} submissions were withdrawn"),
    };
    Ok(Done {
        said: format!("mail {} is no report{also}", message.id),
        in_vietnamese: said::no_report(message.id, withdrawn > 0),
        correction,
    })
}

/// Puts a mail aside by which a unit asked for more time that it has now; gives the row of the change.
pub(super) fn answered_by_time(clerk: Clerk<'_>, s: &Store, mail: MessageId) -> Result<ChangeId> {
    let (message, _) = known_mail(s, mail)?;
    let why = Why::GivenTimeBy {
        who: clerk.by.who.clone(),
    };
    Ok(set_aside(s, &message, why, clerk.by, clerk.now)?.1)
}

/// Refuses the time for which a unit asks by a mail, on which nothing more is to be decided; the unit is told why.
///
/// # Errors
/// When there is no such mail, it is not certain whose it is, or it does not wait.
pub fn refuse_time(clerk: Clerk<'_>, mail: MessageId, reason: &str) -> Result<Done> {
    let (message, _) = known_mail(clerk.store, mail)?;
    if reason.trim().is_empty() {
        bail!("a reason is needed: the unit is told why");
    }
    let waits = message.state == MessageState::Waiting;
    let Some(unit) = message.only_unit().filter(|_| waits) else {
        bail!(Refusal::AsksForNoTime(mail));
    };
    let correction = clerk.store.transaction(|s| {
        let why = Why::RefusedTimeBy {
            who: clerk.by.who.clone(),
        };
        let (_, aside) = set_aside(s, &message, why, clerk.by, clerk.now)?;
        let decided = Decided {
            what: Decision::TimeRefused,
            of: About::Mail(mail),
            words: reason.trim().to_owned(),
        };
        decision::tell(s, &decided, Some(unit), Some(mail), clerk.now)?;
        let inverse = Inverse::Refusal { aside };
        let after = format!("no more time: {reason}");
        let subject = format!("request in mail {mail}");
        let change = (subject, "waiting", after.as_str());
        clerk.log(s, "refuse", change, Some(&inverse))
    })?;
    let name = clerk.config.unit_name(unit, date_of(clerk.now));
    Ok(Done {
        said: format!("{unit} gets no more time; it is told why"),
        in_vietnamese: said::time_refused(mail, &name, reason.trim()),
        correction,
    })
}

/// What was decided of a mail is taken back, and it stands as said: whoever was refused more time by it, or told that it had
/// been received, is told so. It may be acknowledged anew.
pub(super) fn tell_what_holds_no_more(
    s: &Store,
    mail: MessageId,
    becomes: MessageState,
    now: Timestamp,
) -> Result<()> {
    let Some(message) = s.message(mail)? else {
        return Ok(());
    };
    let of = About::Mail(mail);
    let refused = |why: &Why| matches!(why, Why::RefusedTimeBy { .. });
    if message.why.iter().any(refused) {
        decision::take_back(
            s,
            Decision::TimeRefused,
            of,
            Decision::RefusalWithdrawn,
            now,
        )?;
    }
    if message.state == MessageState::Logged && becomes != MessageState::Logged {
        let receipt = Owed::Acknowledgement(mail);
        decision::correct_what_left(s, &receipt, Decision::ReceiptWithdrawn, of, now)?;
        s.free_key(&receipt)?;
    }
    Ok(())
}

fn mark_ignored(
    s: &Store,
    message: &Message,
    by: &By,
    now: Timestamp,
) -> Result<(usize, ChangeId)> {
    let why = Why::IgnoredBy {
        who: by.who.clone(),
    };
    set_aside(s, message, why, by, now)
}

/// Gives how many submissions were withdrawn, and the row of the change.
fn set_aside(
    s: &Store,
    message: &Message,
    why: Why,
    by: &By,
    now: Timestamp,
) -> Result<(usize, ChangeId)> {
    let inverse = Inverse::of_mail(s, message, None)?;
    let withdrawn = s.withdraw_submissions(message.id, now)?;
    title::unteach(s, message, now)?;
    s.set_verdict(
        message.id,
        &Verdict {
            state: MessageState::Ignored,
            unit: message.unit.clone(),
            candidates: vec![],
            why: vec![why],
        },
    )?;
    let change = (mail_name(message.id), message.state.word(), "ignored");
    let correction = log(s, by, "ignore", change, Some(&inverse), now)?;
    Ok((withdrawn, correction))
}

/// Marks the mails of strangers of a kind that the digest of a day shows as no reports, those that still wait and whose
/// sender is still nobody whom we know. What the same senders sent since is not among them.
///
/// # Errors
/// When that digest showed none, or none of them waits any more.
pub fn put_aside(clerk: Clerk<'_>, day: Date, kind: Strangers) -> Result<Done> {
    let listed = clerk.store.listed(day, kind)?;
    let waiting = Waiting::at(clerk.now, clerk.config, clerk.store)?;
    let strangers = waiting.strangers.values().flatten();
    let mails = strangers.flat_map(|s| &s.mails);
    let aside: Vec<&Message> = mails.filter(|m| listed.contains(&m.id)).collect();
    if aside.is_empty() {
        bail!(Refusal::NoneWaits(day));
    }
    let correction = clerk.store.transaction(|s| {
        let mut changes = Vec::new();
        for message in &aside {
            changes.push(mark_ignored(s, message, clerk.by, clerk.now)?.1);
        }
        let inverse = Inverse::Aside { changes };
        let subject = format!("strangers in the digest of {day}");
        let after = format!("{} mails ignored", aside.len());
        let change = (subject, "waiting", after.as_str());
        clerk.log(s, "put aside", change, Some(&inverse))
    })?;
    Ok(Done {
        said: format!("{} mails are no reports", aside.len()),
        in_vietnamese: said::put_aside(aside.len(), day),
        correction,
    })
}
