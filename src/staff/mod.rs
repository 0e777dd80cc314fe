//! What staff decide from the digest: links with prepared mails, and the commands that come back in them.
//!
//! A command counts only from a registered staff address, verified by the signature of its mail, with a token that was
//! signed here for that address ([`token`]), has not expired and was not used before, or in answer to a digest that was
//! sent there; [`meaning`] tells which. Where nobody tells who sent it, the address is asked ([`confirm`]). [`words`]
//! understands free replies.

mod confirm;
mod effect;
mod meaning;
pub mod token;
mod words;

use anyhow::{Context, Result};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::app::App;
use crate::config::Config;
use crate::correct::{self, Assignment, By, Done, Target};
use crate::domain::owed::Owed;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, instant, vietnamese_date};
use crate::ground::text::percent_encoded;
use crate::matching;
use crate::reading::{Class, Reading, Trust};
use crate::store::{
    Message, MessageState, NewMail, Receipts, StaffCommand, Store, Strangers, Told, Verdict,
};
use confirm::{Answer, Confirmed};
pub use effect::in_words as asked_for;
use meaning::{Answers, Codes, Digest, Facts, Meaning, UNCLEAR, differs, meaning};
use token::{Action, Item, Token};

/// How many days a link in a digest holds, and the right of whoever answers it.
const DAYS: i64 = 30;
/// So many commands of one of staff are answered one by one in a day (Vietnam).
pub const ANSWERS_A_DAY: u32 = 50;

/// A link with a prepared mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it does, in Vietnamese.
    pub label: String,
    /// `mailto:` with subject and body (RFC 6068).
    pub href: String,
}

/// Makes the links of one day for one of staff.
pub struct Links {
    key: Vec<u8>,
    mailbox: String,
    address: String,
    expires: Date,
}

impl Links {
    /// The links of a day for an address (lower case), which hold for nobody else; `None` where the store has no key yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(store: &Store, mailbox: &str, day: Date, address: &str) -> Result<Option<Links>> {
        Ok(store.command_key()?.map(|key| Links {
            key,
            mailbox: mailbox.to_owned(),
            address: address.to_lowercase(),
            expires: meaning::last_day(day),
        }))
    }

    /// The token of an action.
    pub fn token(&self, item: Item, action: Action) -> String {
        let token = Token {
            item,
            action,
            expires: self.expires,
        };
        token.signed(&self.key, &self.address)
    }

    /// A link whose mail says what is to be done, has fields to be filled in, and carries the token.
    pub fn link(
        &self,
        label: &str,
        item: Item,
        action: Action,
        says: &str,
        fields: &[&str],
    ) -> Link {
        let token = self.token(item, action);
        let mut body = format!("{says}\n");
        for field in fields {
            body += &format!("{field}\n");
        }
        body += &format!("\n(Đề nghị giữ nguyên dòng dưới đây)\nMã lệnh: {token}\n");
        Link {
            label: label.to_owned(),
            href: format!(
                "mailto:{}?subject={}&body={}",
                self.mailbox,
                encoded(says),
                encoded(&body)
            ),
        }
    }

    /// What may be done with a mail that waits. `candidates`: units by id and name, best first.
    pub fn for_mail(&self, id: i64, candidates: &[(UnitId, String)]) -> Vec<Link> {
        let item = Item::Mail(id);
        let optional = [
            "Báo cáo và kỳ (nếu thư chưa nêu rõ):",
            "Ghi nhớ địa chỉ người gửi cho đơn vị này (có/không): không",
        ];
        let mut links: Vec<Link> = candidates
            .iter()
            .take(3)
            .map(|(unit, name)| {
                let says = format!("Gán thư số {id} cho đơn vị {name}");
                let label = format!("Gán cho {name}");
                self.link(
                    &label,
                    item,
                    Action::Assign(unit.0.clone()),
                    &says,
                    &optional,
                )
            })
            .collect();
        let says = format!("Gán thư số {id} cho đơn vị khác");
        let fields = ["Đơn vị:", optional[0], optional[1]];
        let other = Action::Assign(String::new());
        links.push(self.link("Gán cho đơn vị khác", item, other, &says, &fields));
        let says = format!("Thư số {id} không phải báo cáo");
        links.push(self.link("Không phải báo cáo", item, Action::Ignore, &says, &[]));
        links
    }

    /// The token of the letter that asks whether staff sent the command in a mail.
    pub fn confirmation(&self, mail: i64) -> String {
        self.token(Item::Mail(mail), Action::Confirm)
    }

    /// What may be done with a submission.
    pub fn for_submission(&self, id: i64, code: &str) -> Vec<Link> {
        let item = Item::Submission(id);
        vec![
            self.link(
                "Duyệt",
                item,
                Action::Accept,
                &format!("Duyệt báo cáo {code}"),
                &[],
            ),
            self.link(
                "Trả lại",
                item,
                Action::Return,
                &format!("Trả lại báo cáo {code}"),
                &[
                    "Lý do:",
                    "Hạn gửi lại (ngày/tháng/năm, để trống là 5 ngày làm việc):",
                ],
            ),
        ]
    }

    /// That a period is to be closed, by one of its obligations; `what`: the report and the period.
    pub fn for_period(&self, obligation: i64, what: &str) -> Link {
        let says = format!("Khóa kỳ báo cáo: {what}");
        let item = Item::Obligation(obligation);
        self.link("Khóa kỳ", item, Action::Close, &says, &[])
    }

    /// That an address is to be written to again.
    pub fn for_contact(&self, id: i64, address: &str) -> Link {
        let says = format!("Dùng lại địa chỉ {address}");
        self.link(
            "Dùng lại địa chỉ này",
            Item::Contact(id),
            Action::Reset,
            &says,
            &[],
        )
    }

    /// That the mails of strangers of a kind which the digest of a day shows are put aside; so many are shown.
    pub fn for_listed(&self, day: Date, kind: Strangers, mails: usize) -> Link {
        let says = format!("Bỏ qua {mails} thư {}", listed_in_words(day, kind));
        let label = format!("Bỏ qua cả {mails} thư đã liệt kê trên");
        self.link(&label, Item::Listed(day, kind), Action::Ignore, &says, &[])
    }

    /// That a mail of ours is to be sent again. `what`: which one it is.
    pub fn for_outgoing(&self, id: i64, what: &str) -> Link {
        let says = format!("Gửi lại: {what}");
        self.link("Gửi lại", Item::Outgoing(id), Action::Resend, &says, &[])
    }

    /// What may be done with what a unit has not sent, or not in every form: one mail, of whose lines one is kept.
    pub fn for_obligation(&self, id: i64, name: &str) -> Link {
        let choices = [
            words::KEEP_ONE,
            "Đã nhận bản giấy ngày:",
            "Gia hạn đến hết ngày (ngày/tháng/năm):",
            "Miễn báo cáo. Lý do:",
        ];
        self.link(name, Item::Obligation(id), Action::Any, name, &choices)
    }
}

/// Which mails of strangers the digest of a day lists.
fn listed_in_words(day: Date, kind: Strangers) -> String {
    let which = match kind {
        Strangers::WithDocument => "có văn bản mang tên đơn vị",
        Strangers::Others => "không có văn bản mang tên đơn vị",
    };
    let day = vietnamese_date(day);
    format!("của người ngoài danh bạ ({which}) đã liệt kê trong bản tin ngày {day}")
}

/// Percent-encoded for a part of a `mailto:` (RFC 6068, section 2); lines end by CRLF.
fn encoded(text: &str) -> String {
    percent_encoded(&text.replace('\n', "\r\n"))
}

/// Looks whether a mail of staff is a command, by its codes and by the mail of ours that it answers, and classes it so.
///
/// # Errors
/// When the store cannot be read.
pub fn classify(app: &App, message: &Message, reading: &mut Reading) -> Result<()> {
    if !reading.class.is_personal() && reading.class != Class::StaffCommand {
        return Ok(());
    }
    let staff = &app.config.settings.digest_to;
    let of_staff = reading
        .sender
        .as_ref()
        .is_some_and(|s| staff.contains(&s.address));
    let is_command = of_staff
        && (meant(&app.config, &app.store, message, reading)? != Meaning::Nothing
            || confirm::confirmed(&app.store, message, reading)?.is_some());
    match (is_command, reading.class == Class::StaffCommand) {
        (true, false) => {
            reading.class = Class::StaffCommand;
            reading.no_answer = true;
            let why = "it answers a mail that staff were sent, with the words of a command";
            reading.reasons.push(why.to_owned());
        }
        (false, true) => {
            reading.is_no_command();
            let why = "its codes stand in a mail that it quotes, or answers, and that is not ours: it is no command";
            reading.reasons.push(why.to_owned());
        }
        (true, true) | (false, false) => {}
    }
    Ok(())
}

/// What a mail of staff asks for, by all that is known of it.
fn meant(config: &Config, store: &Store, message: &Message, reading: &Reading) -> Result<Meaning> {
    let Some(key) = store.command_key()? else {
        return Ok(Meaning::Nothing); // nothing was signed here
    };
    let sender = reading.sender.as_ref();
    let codes = Codes {
        key: &key,
        address: sender.map_or("", |s| s.address.as_str()),
        staff: &config.settings.digest_to,
    };
    let since = store.command_key_since()?;
    let mut answers = match reading.in_reply_to.is_empty() && reading.references.is_empty() {
        true => Answers::Nothing,
        false => Answers::Another,
    };
    let mut digest = None;
    // Oldest first; what it answers itself is asked for last, as it counts most.
    for id in reading.references.iter().chain(&reading.in_reply_to) {
        let Some(mail) = store.sent_as(id)? else {
            continue;
        };
        let to_him = mail
            .recipients
            .iter()
            .any(|a| a.to_lowercase() == codes.address);
        let Some(begun) = mail.begun_at.filter(|_| to_him) else {
            continue;
        };
        let directly = reading.in_reply_to.contains(id);
        let holds = since.is_none_or(|since| begun >= since);
        match mail.owed {
            Owed::Digest { day, .. } => {
                digest = Some(Digest { day, holds });
                if directly {
                    answers = Answers::Digest;
                }
            }
            Owed::StaffAnswer(command) if directly && holds => {
                let change = store.command_in(command)?.and_then(|c| c.correction);
                answers = Answers::Command(change, date_of(begun));
            }
            Owed::StaffAnswer(_)
            | Owed::StaffAnswers { .. }
            | Owed::Confirmation(_)
            | Owed::Acknowledgement(_)
            | Owed::Arrived(_)
            | Owed::LinkOnly(_)
            | Owed::Grassroots(_)
            | Owed::Returned(_)
            | Owed::Reminder { .. } => {}
        }
    }
    Ok(meaning(
        &Facts {
            words: &reading.body,
            own: &reading.tokens,
            quoted: &reading.quoted_tokens,
            answers,
            digest,
            received: date_of(message.received_at),
        },
        &codes,
    ))
}

/// Carries out the command in a mail of staff, or says why not; all in one transaction with the mail's verdict. A mail
/// that comes again is not answered again.
///
/// # Errors
/// When the store fails; a command that cannot be carried out is answered.
pub fn obey(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<()> {
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    if reading.trust == Trust::Fail {
        // Not answered, either: it is a forgery.
        let why = "thư mang danh cán bộ, có mã lệnh nhưng không xác thực được người gửi; lệnh không được thực hiện";
        return leave(app, message, reading, MessageState::Waiting, why);
    }
    if let Some(first) = app.store.same_command(message.id, reading)? {
        let why = format!("cùng một thư với thư số {first}");
        return leave(app, message, reading, MessageState::Duplicate, &why);
    }
    let confirmed = confirm::confirmed(&app.store, message, reading)?;
    if reading.trust == Trust::Unknown && confirmed.is_none() {
        return confirm::ask(app, message, reading, now);
    }
    if let Some(Confirmed {
        answer: Answer::Unclear,
        ..
    }) = confirmed
    {
        // Not answered: the letter says what to answer, and an absence note would be answered for ever.
        return leave(
            app,
            message,
            reading,
            MessageState::Waiting,
            confirm::UNCLEAR,
        );
    }
    app.store.transaction(|s| {
        s.set_reading(message.id, reading)?;
        let by = By {
            who: who.to_owned(),
            way: "mail",
        };
        let before = s.last_owed()?;
        let mut outcome = match &confirmed {
            None => carried_out(app, message, reading, &by, now)?,
            Some(c) => {
                let outcome = match c.answer {
                    Answer::Yes => carried_out(app, &c.command, &c.reading, &by, now)?,
                    Answer::No | Answer::Unclear => Outcome::refused(confirm::DENIED.to_owned()),
                };
                outcome.record(s, &c.command, who, Told::Not, now)?;
                Outcome {
                    meant: Some(c.token.clone()),
                    token: Some(c.token.clone()),
                    ..outcome
                }
            }
        };
        if s.perhaps_answered(message.received_at)? {
            s.leave_to_staff(before, now)?;
        }
        if reading.has_document() {
            outcome.said += ". Tệp kèm thư này không được ghi nhận là báo cáo; nếu là báo cáo, đề nghị chuyển tiếp trong thư riêng";
        }
        let told = how_told(s, who, &mut outcome, now)?;
        tracing::info!(
            message = message.id,
            done = outcome.correction.is_some(),
            "a command of staff"
        );
        outcome.record(s, message, who, told, now)?;
        let (owed, answered) = match told {
            Told::Alone => (Owed::StaffAnswer(message.id), Some(message.id)),
            Told::Together => {
                let (day, address) = (date_of(now), who.to_owned());
                (Owed::StaffAnswers { day, address }, None)
            }
            Told::Not => return Ok(()),
        };
        let answer = NewMail {
            owed,
            unit: None,
            message: answered,
        };
        s.owe(&answer, now)?;
        Ok(())
    })
}

/// Leaves a mail of staff as it is, without an answer.
fn leave(
    app: &App,
    message: &Message,
    reading: &Reading,
    state: MessageState,
    why: &str,
) -> Result<()> {
    app.store.transaction(|s| {
        s.set_reading(message.id, reading)?;
        s.set_verdict(message.id, &verdict(state, why))
    })
}

/// How one of staff is told what became of a command; the last one that is answered alone says that it is.
fn how_told(store: &Store, who: &str, outcome: &mut Outcome, now: Timestamp) -> Result<Told> {
    if let (Some(code), None) = (&outcome.meant, &outcome.token)
        && store.told_that_it_is_used(code)?
    {
        return Ok(Told::Not);
    }
    let midnight = instant(date_of(now), Time::midnight());
    let before = store.told_alone_since(who, midnight)?;
    if before + 1 == ANSWERS_A_DAY {
        outcome.said += &format!(
            ". Hôm nay đã có {ANSWERS_A_DAY} thư trả lời; kết quả các lệnh sau thư này được báo chung trong một thư vào sáng mai"
        );
    }
    Ok(match before < ANSWERS_A_DAY {
        true => Told::Alone,
        false => Told::Together,
    })
}

/// What became of a command.
struct Outcome {
    /// In words for staff.
    said: String,
    /// The token that it meant.
    meant: Option<String>,
    /// The token that it used up.
    token: Option<String>,
    /// What it changed.
    correction: Option<i64>,
}

impl Outcome {
    fn refused(why: String) -> Outcome {
        Outcome {
            said: why,
            meant: None,
            token: None,
            correction: None,
        }
    }

    /// Notes it as that of the command in a mail.
    fn record(
        &self,
        store: &Store,
        message: &Message,
        who: &str,
        told: Told,
        now: Timestamp,
    ) -> Result<()> {
        store.set_verdict(message.id, &verdict(MessageState::Noted, &self.said))?;
        let command = StaffCommand {
            message: message.id,
            who: who.to_owned(),
            meant: self.meant.clone(),
            told,
            token: self.token.clone(),
            outcome: self.said.clone(),
            correction: self.correction,
        };
        store.record_command(&command, now)
    }
}

/// Carries out what a mail of staff asks for, or says why not.
fn carried_out(
    app: &App,
    message: &Message,
    reading: &Reading,
    by: &By,
    now: Timestamp,
) -> Result<Outcome> {
    let (token, code) = match meant(&app.config, &app.store, message, reading)? {
        Meaning::Command { token, code } => (token, code),
        Meaning::Refused(why) => return Ok(Outcome::refused(why)),
        Meaning::Nothing => return Ok(Outcome::refused(UNCLEAR.to_owned())), // it was classed by the same facts
    };
    Ok(match carry_out(app, &token, &code, reading, by, now) {
        Ok(done) => Outcome {
            said: done.in_vietnamese,
            meant: Some(code.clone()),
            token: Some(code),
            correction: Some(done.correction),
        },
        Err(why) => Outcome {
            meant: Some(code),
            ..Outcome::refused(why)
        },
    })
}

fn verdict(state: MessageState, why: &str) -> Verdict {
    Verdict {
        state,
        unit: None,
        candidates: vec![],
        why: vec![why.to_owned()],
    }
}

/// Does what a token allows; the error says in Vietnamese why not.
fn carry_out(
    app: &App,
    token: &Token,
    code: &str,
    reading: &Reading,
    by: &By,
    now: Timestamp,
) -> Result<Done, String> {
    let failed = |e: anyhow::Error| {
        tracing::warn!(error = %format!("{e:#}"), "a command of staff cannot be carried out");
        "Chưa thực hiện được lệnh này. Đề nghị xem lại nội dung hoặc liên hệ quản trị viên"
            .to_owned()
    };
    if app.store.token_is_used(code).map_err(failed)? {
        return Err("Mã lệnh này đã được sử dụng; lệnh không được thực hiện lần nữa".into());
    }
    if let Some(not_there) = not_in_the_digest(app, token, reading).map_err(failed)? {
        return Err(not_there);
    }
    if let Some(said) = names_another(&app.config, &app.store, token, &reading.body, date_of(now))
        .map_err(failed)?
    {
        return Err(said);
    }
    let action = match token.action {
        Action::Any => words::action(&reading.body).ok_or(UNCLEAR)?,
        ref other => other.clone(),
    };
    // Words of its own say more than the verb; a prepared mail has its lines for that.
    let command = (token.action == Action::Any && !reading.body.contains(words::KEEP_ONE))
        .then(|| words::first_line(&reading.body))
        .flatten();
    let said = Said {
        body: &reading.body,
        command,
    };
    act(app, token.item, action, &said, by, now)?.map_err(failed)
}

/// What is said where the item of a command was not there yet when the digest was made by which it is asked for.
fn not_in_the_digest(app: &App, token: &Token, reading: &Reading) -> Result<Option<String>> {
    if !reading.tokens.is_empty() {
        return Ok(None); // a code was sent for what it is of
    }
    let day = token.expires.saturating_sub(DAYS.days());
    let Some((_, until)) = app.store.digest_span(day)? else {
        return Ok(None);
    };
    let (there, called) = match token.item {
        Item::Mail(id) => {
            let mail = app.store.message(id)?;
            let there = mail.is_some_and(|m| m.stored_at <= until);
            (there, format!("Thư số {id}"))
        }
        Item::Submission(id) => {
            let at = app.store.submission_logged_at(id)?;
            (
                at.is_some_and(|at| at <= until),
                format!("Báo cáo mã số {id:05}"),
            )
        }
        Item::Obligation(_)
        | Item::Change(_)
        | Item::Contact(_)
        | Item::Outgoing(_)
        | Item::Listed(..) => return Ok(None),
    };
    let day = vietnamese_date(day);
    Ok((!there).then(|| {
        format!("{called} không có trong bản tin ngày {day}; chưa thực hiện lệnh nào. Đề nghị trả lời bản tin có việc này")
    }))
}

/// What is asked where the first line of a mail names another unit or address than the one of its token.
fn names_another(
    config: &Config,
    store: &Store,
    token: &Token,
    body: &str,
    day: Date,
) -> Result<Option<String>> {
    let Some(line) = words::first_line(body) else {
        return Ok(None);
    };
    let register = &config.register;
    let unit = match (&token.item, &token.action) {
        (Item::Mail(_), Action::Assign(unit)) if !unit.is_empty() => UnitId(unit.clone()),
        (Item::Obligation(id), _) => match target(store, *id) {
            Ok(target) => target.unit,
            Err(_) => return Ok(None), // told when it is tried
        },
        (Item::Contact(id), _) => {
            let address = store.bounced_address(*id)?.unwrap_or_default();
            let is_address = |word: &&str| word.contains('@');
            let mut words = line.split_whitespace().filter(is_address);
            let other = words.find(|w| !w.to_lowercase().contains(&address));
            return Ok(other.map(|other| differs(&format!("địa chỉ {address}"), other)));
        }
        _ => return Ok(None),
    };
    let named = matching::units_named(register, day, line);
    if named.is_empty() || named.contains(&unit) {
        return Ok(None);
    }
    let names: Vec<String> = named.iter().map(|u| config.unit_name(u, day)).collect();
    let of_token = config.unit_name(&unit, day);
    Ok(Some(differs(&of_token, &names.join(", "))))
}

/// What a mail of staff says.
struct Said<'m> {
    body: &'m str,
    /// The line with the command, where it is in free words.
    command: Option<&'m str>,
}

/// Does one action; the outer error says in Vietnamese what is missing.
fn act(
    app: &App,
    item: Item,
    action: Action,
    said: &Said<'_>,
    by: &By,
    now: Timestamp,
) -> Result<Result<Done>, String> {
    let (body, command) = (said.body, said.command);
    let today = date_of(now);
    let needs_reason = || {
        words::reason(body).ok_or_else(|| {
            "Chưa có lý do. Đề nghị ghi lý do sau chữ “Lý do:” và gửi lại".to_owned()
        })
    };
    Ok(match (item, action) {
        (Item::Mail(id), Action::Assign(unit)) => {
            let unit = if unit.is_empty() {
                named_unit(&app.config, body, today)?
            } else {
                UnitId(unit)
            };
            let assignment = Assignment {
                unit,
                report: None,
                hint: words::field(body, "bao cao va ky"),
                remember: words::remember(body),
            };
            if let (None, Some(command)) = (&assignment.hint, command) {
                let named = Assignment {
                    hint: Some(command.to_owned()),
                    ..assignment.clone()
                };
                let done = correct::assign(app, id, &named, by, now);
                if done.is_ok() {
                    return Ok(done);
                }
            }
            let done = correct::assign(app, id, &assignment, by, now);
            if done.is_err() && assignment.hint.is_none() {
                return Err("Chưa rõ thư thuộc báo cáo nào, kỳ nào. Đề nghị bấm lại liên kết và ghi vào dòng “Báo cáo và kỳ”, ví dụ: trẻ em 6 tháng đầu năm 2026".into());
            }
            done
        }
        (Item::Mail(id), Action::Ignore) => correct::ignore(app, id, by, now),
        (Item::Listed(day, kind), Action::Ignore) => correct::put_aside(app, day, kind, by, now),
        (Item::Submission(id), Action::Accept) => correct::accept(app, id, by, now),
        (Item::Submission(id), Action::Return) => {
            let reason = needs_reason()?;
            let due = match words::field(body, "han gui lai") {
                Some(day) => words::day(&day, today),
                None => command.and_then(|c| words::deadline(c, today)),
            };
            correct::send_back(app, id, &reason, due, by, now)
        }
        (Item::Obligation(id), Action::Excuse) => {
            let reason = needs_reason()?;
            target(&app.store, id).and_then(|t| correct::excuse(app, &t, &reason, by, now))
        }
        (Item::Obligation(id), Action::Extend) => {
            let due = words::until(body, today)
                .ok_or("Chưa có ngày gia hạn. Đề nghị ghi ngày/tháng/năm và gửi lại")?;
            if due < today {
                return Err("Ngày gia hạn đã qua. Đề nghị ghi ngày khác và gửi lại".into());
            }
            target(&app.store, id).and_then(|t| correct::extend(app, &t, due, by, now))
        }
        (Item::Obligation(id), Action::Paper) => {
            let paper = words::field(body, "nhan ban giay");
            let paper = paper.as_deref().or(command).unwrap_or("");
            let on = words::past_day(paper, today);
            let number = words::number(paper);
            target(&app.store, id)
                .and_then(|t| correct::received_paper(app, &t, on, number.as_deref(), by, now))
        }
        (Item::Obligation(id), Action::Close) => {
            target(&app.store, id).and_then(|t| correct::close(app, &t.report, &t.period, by, now))
        }
        (Item::Contact(id), Action::Reset) => {
            let known = app.store.bounced_address(id);
            known.and_then(|address| {
                let address = address.context("there is no such failure")?;
                correct::reset_contact(app, &address, by, now)
            })
        }
        (Item::Outgoing(id), Action::Resend) => correct::resend(app, id, by, now),
        (Item::Change(id), Action::Undo) => correct::undo(app, id, by, now),
        _ => return Err("Lệnh này không áp dụng được cho việc đã chọn".into()),
    })
}

/// The unit that the text of a command names: after "Đơn vị:", else anywhere, by name or by id.
fn named_unit(config: &Config, body: &str, day: Date) -> Result<UnitId, String> {
    let said = words::field(body, "don vi").unwrap_or_else(|| body.to_owned());
    let by_id = config.register.all_on(day).find(|u| {
        said.split_whitespace()
            .any(|w| w.trim_matches(['.', ',', ';']) == u.id.0)
    });
    if let Some(unit) = by_id {
        return Ok(unit.id.clone());
    }
    let named = matching::units_named(&config.register, day, &said);
    match <[UnitId; 1]>::try_from(named) {
        Ok([one]) => Ok(one),
        Err(none) if none.is_empty() => Err(
            "Chưa rõ tên đơn vị. Đề nghị ghi đủ tên, ví dụ: LĐLĐ huyện Tuy An, CĐ ngành Giáo dục"
                .into(),
        ),
        Err(_) => Err("Tên ghi trong thư ứng với nhiều đơn vị. Đề nghị ghi rõ một đơn vị".into()),
    }
}

fn target(store: &Store, obligation: i64) -> Result<Target> {
    let all = store.obligations(Receipts::All)?;
    let o = all
        .into_iter()
        .find(|o| o.id == obligation)
        .with_context(|| format!("there is no obligation {obligation}"))?;
    Ok(Target {
        unit: o.unit,
        report: o.report,
        period: o.period,
    })
}
