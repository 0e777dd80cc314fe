//! The digest of a day: what staff have to know, gathered from the store.

mod tasks;

use anyhow::Result;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::config::{Config, HOURS};
use crate::domain::obligation::{Group, Obligation, Rates, State, groups, percent};
use crate::domain::owed::Kind;
use crate::domain::reminder::Urgency;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment, zone};
use crate::health::{self, Look};
use crate::links::Links;
use crate::reading::Class;
use crate::standing::View;
use crate::store::{
    DEFERRED_FOR_LONG, Message, MessageState, Outgoing, OutgoingState, Part, QueuePause, Receipts,
    Standing, Store,
};
use crate::writing::{
    self, Contact, DigestData, Draft, Enclosure, News, Progress, Reminded, Soon, Straggler,
    SystemLine, Undelivered, unlinked,
};
use crate::{overview, standing};

/// How many days ahead the digest looks.
const SOON_DAYS: i64 = 10;
/// How long a settled report stays in the digest's progress after its deadline.
const SHOWN_AFTER_DUE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// So many mails that will not be kept are named in one line; each says it itself, too.
const EXPIRING_NAMED: usize = 10;
/// Less than this on the disk is little: a month of large mails.
const DISK_LOW: u64 = 2_000_000_000;

/// The digest of a day for one of staff as it stands at a moment; its tokens are for that address (lower case) alone.
/// Without one it is for all, and has no tokens.
///
/// # Errors
/// When the store or a template fails.
pub fn digest(
    config: &Config,
    store: &Store,
    day: Date,
    address: Option<&str>,
    now: Timestamp,
) -> Result<Draft> {
    // Whoever missed a digest is told of its days, too.
    let told_until = store.last_digest_before(day, address)?;
    let (since, until) = match store.digest_span(day)? {
        Some((since, until)) => (told_until.unwrap_or(since).min(until), until),
        None => {
            let yesterday = now - SignedDuration::from_hours(24);
            (told_until.unwrap_or(yesterday).min(now), now)
        }
    };
    let obligations = store.obligations(Receipts::Until(until))?;
    let messages = store.stored_between(since, until)?;
    let links = match address {
        Some(address) => Links::of(store, &config.settings.mailbox.address, day, address)?,
        None => None,
    };
    let mut data = DigestData {
        soon_days: SOON_DAYS,
        ..DigestData::default()
    };
    tasks::tasks(config, store, (day, until), links.as_ref(), &mut data)?;
    tasks::held(config, store, &obligations, until, &mut data)?;
    expiring(config, store, &mut data)?;
    news(
        config,
        store,
        &obligations,
        (since, until),
        links.as_ref(),
        &mut data,
    )?;
    data.others = others(&messages);
    let view = View::at(until, config, store)?;
    progress(&view, &obligations, links.as_ref(), &mut data);
    let unseen = health::unseen(store, &config.settings, until)?;
    data.unseen = unseen.map_or_else(String::new, |u| u.in_vietnamese());
    let span = (since, until);
    sent(config, store, &obligations, span, links.as_ref(), &mut data)?;
    stuck(config, store, span, &mut data)?;
    bounced(config, store, &messages, &mut data)?;
    data.contacts = contacts(config, store, links.as_ref(), until)?;
    let looks = health::look(store, &config.settings, until)?;
    let hours = config.settings.alarm.as_ref().map_or(HOURS, |a| a.hours);
    let is_ill = |part| looks.iter().any(|l| l.part == part && l.ill.is_some());
    data.failing = looks
        .iter()
        .filter(|l| l.lasting(hours, until).is_some())
        .filter(|l| !health::follows(l.part, is_ill))
        .filter_map(Look::in_vietnamese)
        .collect();
    data.system.extend(system(config, store, &looks, until)?);
    data.system.extend(pauses(store, since, until)?);
    let recent = overview::recent(obligations, until);
    let mut enclosures = Vec::new();
    match overview::workbook(&view, store, &recent) {
        Ok(content) => enclosures.push(Enclosure {
            name: format!("tinh-hinh-bao-cao-{day}.xlsx"),
            content,
        }),
        // The digest goes out also where what goes along cannot be made.
        Err(e) => {
            tracing::error!(error = %format!("{e:#}"), "the digest goes without its Excel file");
            data.system.push(SystemLine {
                bad: true,
                text: "Một tệp kèm theo không tạo được; đề nghị báo quản trị viên.".into(),
            });
        }
    }
    if let Some(edition) = edition(config, &recent, (since, until), day) {
        data.edition = edition.into();
        let groups = groups(&recent);
        let ended = groups.iter().filter(|g| g.due <= until);
        data.totals = ended.filter_map(|g| overview::total(&view, g)).collect();
        let untracked = |o: &Obligation| view.state(o) == State::Untracked;
        data.untracked = recent.iter().any(untracked);
        data.chart = overview::chart_rows(&view, &recent);
    }
    let to = match address {
        Some(address) => vec![address.to_owned()],
        None => config.settings.digest_to.clone(),
    };
    writing::digest(config, to, day, &data, enclosures)
}

/// The name of an edition with the table and the chart: weekly, or when a deadline has passed since the last digest.
fn edition(
    config: &Config,
    obligations: &[Obligation],
    (since, until): (Timestamp, Timestamp),
    day: Date,
) -> Option<&'static str> {
    let ended = |g: &Group<'_>| since < g.due && g.due <= until;
    if groups(obligations).iter().any(ended) {
        Some("Bản tin cuối kỳ")
    } else if day.weekday() == config.settings.schedule.weekly_on {
        Some("Bản tin tuần")
    } else {
        None
    }
}

/// Addresses that our mails do not reach, with who is written to instead.
fn contacts(
    config: &Config,
    store: &Store,
    links: Option<&Links>,
    now: Timestamp,
) -> Result<Vec<Contact>> {
    let day = date_of(now);
    let dead = store.dead_contacts(Receipts::Until(now), now)?;
    let mut lines = Vec::new();
    for (address, contact) in &store.failed_contacts(now)? {
        let doubtful = contact.standing == Standing::Doubtful;
        let holders = config.register.bearers(address, day);
        let whose: Vec<String> = holders
            .iter()
            .map(|b| config.unit_name(&b.unit, day))
            .collect();
        let instead = holders.first().filter(|_| !doubtful).map(|b| {
            standing::addressee(config, &dead, &b.unit, day).map_or_else(
                || "đơn vị không còn địa chỉ nào để gửi".to_owned(),
                |to| format!("thư gửi đến {}", to.to),
            )
        });
        let mut text = address.clone();
        if !whose.is_empty() {
            text += &format!(" ({})", whose.join("; "));
        }
        let since = vietnamese_date(date_of(contact.since));
        text += &match doubtful {
            true => format!(" có thư bị trả lại ngày {since}"),
            false => format!(" không nhận được thư từ {since}"),
        };
        if let Some(status) = &contact.status {
            text += &format!(", mã {status}");
        }
        if doubtful {
            text +=
                "; thư vẫn được gửi đến, nếu ngày khác lại bị trả lại thì thôi dùng địa chỉ này";
        }
        if let Some(instead) = instead {
            text += &format!("; {instead}");
        }
        lines.push(Contact {
            doubtful,
            text,
            link: links.map(|l| l.for_contact(contact.id, address)),
        });
    }
    Ok(lines)
}

fn short_moment(at: Timestamp) -> String {
    let z = at.to_zoned(zone());
    format!(
        "{:02}:{:02} {}/{}",
        z.hour(),
        z.minute(),
        z.day(),
        z.month()
    )
}

/// Says of mails that wait that they will not be kept much longer.
fn expiring(config: &Config, store: &Store, data: &mut DigestData) -> Result<()> {
    let Some(years) = config.settings.retention_years else {
        return Ok(());
    };
    let mut days = Vec::new();
    for mail in store.expiring()? {
        let day = vietnamese_date(mail.ends_on(years)?);
        let strangers = data.strangers.iter_mut().flat_map(|s| &mut s.shown);
        let all = data.waiting.iter_mut().chain(strangers);
        for waiting in all.filter(|w| w.id == mail.message) {
            waiting.why.push(format!(
                "nội dung thư sẽ bị xóa ngày {day} theo thời hạn lưu trữ, nếu đến lúc đó chưa được xử lý"
            ));
        }
        days.push(format!("số {} (ngày {day})", mail.message));
    }
    if days.is_empty() {
        return Ok(());
    }
    let more = match days.len().saturating_sub(EXPIRING_NAMED) {
        0 => String::new(),
        n => format!(" và {n} thư khác"),
    };
    data.system.push(SystemLine {
        bad: true,
        text: format!(
            "Thư chờ xử lý quá thời hạn lưu trữ {years} năm sẽ bị xóa nội dung nếu chưa được xử lý: {}{more}.",
            days[..days.len().min(EXPIRING_NAMED)].join(", ")
        ),
    });
    Ok(())
}

fn news(
    config: &Config,
    store: &Store,
    obligations: &[Obligation],
    (since, until): (Timestamp, Timestamp),
    links: Option<&Links>,
    data: &mut DigestData,
) -> Result<()> {
    for s in store.logged_between(since, until)? {
        let Some(o) = obligations
            .iter()
            .find(|o| o.unit == s.unit && o.report == s.report && o.period == s.period)
        else {
            continue;
        };
        data.news.push(News {
            unit: config.unit_name(&s.unit, date_of(s.received_at)),
            report: config.report_name(&s.report),
            period: s.period.in_vietnamese(),
            version: s.version,
            received: short_moment(s.received_at),
            on_time: s.received_at <= s.due || o.on_time() == Some(true),
            missing: o.missing().in_vietnamese().to_owned(),
            code: s.code(),
            links: links.map_or(vec![], |l| l.for_submission(s.id, &s.code())),
        });
    }
    Ok(())
}

/// One line on the mails that brought no report.
fn others(messages: &[Message]) -> String {
    let count = |wanted: &dyn Fn(&Message) -> bool| messages.iter().filter(|m| wanted(m)).count();
    let class = |m: &Message| m.reading.as_ref().map(|r| r.class);
    let noted = |m: &Message| m.state == MessageState::Noted;
    let parts = [
        (
            count(&|m| noted(m) && class(m) == Some(Class::AutoReply)),
            "thư trả lời tự động",
        ),
        (
            count(&|m| noted(m) && matches!(class(m), Some(Class::Bulk | Class::MachineReport))),
            "thư quảng bá, thư hệ thống",
        ),
        (count(&|m| m.state == MessageState::Duplicate), "thư trùng"),
        (
            count(&|m| {
                noted(m)
                    && !matches!(
                        class(m),
                        Some(Class::AutoReply | Class::Bulk | Class::MachineReport | Class::Bounce)
                    )
            }),
            "thư khác không có báo cáo",
        ),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    if told.is_empty() {
        String::new()
    } else {
        format!("Ngoài ra: {}.", told.join(", "))
    }
}

/// How every report and period stands that is still of interest.
fn progress(
    view: &View<'_>,
    obligations: &[Obligation],
    links: Option<&Links>,
    data: &mut DigestData,
) {
    let (config, now) = (view.config(), view.now());
    let soon = date_of(now).saturating_add(SOON_DAYS.days());
    for Group {
        report,
        period,
        due,
        members: group,
    } in groups(obligations)
    {
        let states: Vec<(&Obligation, State)> = group.iter().map(|o| (*o, view.state(o))).collect();
        let rates = Rates::of(states.iter().map(|(_, state)| *state));
        let open = rates.expected - rates.complete;
        if due > now && date_of(due) <= soon && open > rates.waiting {
            data.soon.push(Soon {
                due: short_moment(due),
                report: config.report_name(report),
                period: period.in_vietnamese(),
                open: (open - rates.waiting) as usize,
                expected: rates.expected as usize,
            });
        }
        let begun = group.iter().any(|o| !o.receipts.is_empty()) || now >= view.near(group[0]);
        let over = open == 0 && now > due + SHOWN_AFTER_DUE;
        if !begun || over || rates.expected == 0 {
            continue;
        }
        let name = |o: &Obligation| config.unit_name(&o.unit, date_of(o.due));
        // The units in one state, each with what else is to be said of it.
        let those = |also: &dyn Fn(&Obligation, State) -> Option<String>| -> Vec<Straggler> {
            let told = states.iter().filter_map(|(o, state)| {
                let shown = format!("{}{}", name(o), also(o, *state)?);
                let what = format!(
                    "{}, {}, {}",
                    name(o),
                    config.report_name(report),
                    period.in_vietnamese()
                );
                Some(Straggler {
                    name: shown,
                    link: links.map(|l| l.for_obligation(o.id, &what)),
                })
            });
            told.collect()
        };
        let also = |o: &Obligation| {
            let returned = o.returned.as_ref().map(|_| "đã trả lại".to_owned());
            let mail = o.unverified.map(|n| format!("có thư số {n} chưa xác minh"));
            let said: Vec<String> = returned.into_iter().chain(mail).collect();
            match said.is_empty() {
                true => String::new(),
                false => format!(" ({})", said.join(", ")),
            }
        };
        let late = those(&|o, state| (state == State::Overdue).then(|| also(o)));
        let closed = those(&|o, state| (state == State::Closed).then(|| also(o)));
        data.late_count += late.len() + closed.len();
        // Shares of the whole so far: what is rounded neither leaves a sliver nor runs over.
        let mut so_far = 0;
        let mut width = |n: u32| {
            let before = percent(so_far, rates.expected);
            so_far += n;
            percent(so_far, rates.expected) - before
        };
        data.progress.push(Progress {
            report: config.report_name(report),
            period: period.in_vietnamese(),
            due: vietnamese_date(date_of(due)),
            expected: rates.expected,
            complete: rates.complete,
            on_time: rates.on_time,
            partial: rates.partial,
            waiting: rates.waiting,
            overdue: rates.overdue,
            closed: rates.closed,
            rate: percent(rates.complete, rates.expected),
            width_complete: width(rates.complete),
            width_partial: width(rates.partial + rates.waiting),
            width_overdue: width(rates.overdue + rates.closed),
            width_rest: width(rates.ahead),
            close: links.filter(|_| !late.is_empty()).map(|l| {
                let what = format!("{}, {}", config.report_name(report), period.in_vietnamese());
                l.for_period(group[0].id, &what)
            }),
            late_units: late,
            closed_units: closed,
            waiting_units: those(&|_, state| match state {
                State::Waiting(mail) => Some(format!(" (thư số {mail})")),
                _ => None,
            }),
            partial_units: those(&|o, state| {
                let missing =
                    || format!(" ({}{})", o.missing().in_vietnamese(), overview::doubt(o));
                (state == State::Partial).then(missing)
            }),
        });
    }
}

/// A mail of ours and its unit, for staff.
fn mail_in_words(config: &Config, mail: &Outgoing, day: Date) -> String {
    let unit = mail.unit.as_ref().map(|u| config.unit_name(u, day));
    let kind = kind_in_words(mail.owed.kind());
    unit.map_or_else(|| kind.to_owned(), |unit| format!("{kind} gửi {unit}"))
}

/// What was sent, and what could not be.
fn sent(
    config: &Config,
    store: &Store,
    obligations: &[Obligation],
    (since, until): (Timestamp, Timestamp),
    links: Option<&Links>,
    data: &mut DigestData,
) -> Result<()> {
    let day = date_of(until);
    for mail in store.ended_between(since, until)? {
        let failure = match (mail.state, &mail.error) {
            (OutgoingState::Failed, _) => Some("máy chủ từ chối"),
            (OutgoingState::Unknown, _) => Some("không rõ đã gửi được hay chưa"),
            (OutgoingState::Sent, Some(_)) => Some("máy chủ không nhận cho một số người nhận"),
            (OutgoingState::Dropped, _) if no_longer_configured(config, store, &mail, until)? => {
                Some("không gửi")
            }
            (OutgoingState::Sent, None)
            | (OutgoingState::Queued | OutgoingState::Sending | OutgoingState::Dropped, _) => None,
        };
        if let Some(failure) = failure {
            let what = mail_in_words(config, &mail, day);
            let to = match mail.recipients.as_slice() {
                [] => String::new(), // it was never addressed
                some => format!(" ({})", some.join(", ")),
            };
            let again = links.filter(|_| mail.state != OutgoingState::Sent);
            data.failed.push(Undelivered {
                text: match &mail.error {
                    Some(error) => format!("{what}{to}: {failure}: {error}"),
                    None => format!("{what}{to}: {failure}."),
                },
                link: again.map(|l| l.for_outgoing(mail.id, &what)),
            });
        }
        if mail.state == OutgoingState::Sent && mail.owed.kind().is_reminder() {
            let steps = store.steps_of(mail.id)?;
            let what = steps
                .iter()
                .filter_map(|(id, _)| obligations.iter().find(|o| o.id == *id))
                .map(|o| {
                    format!(
                        "{}, {}",
                        config.report_name(&o.report),
                        o.period.in_vietnamese()
                    )
                })
                .collect();
            let unit = mail.unit.as_ref().map(|u| config.unit_name(u, day));
            data.reminded.push(Reminded {
                kind: kind_in_words(mail.owed.kind()).into(),
                unit: unit.unwrap_or_default(),
                what,
            });
        }
    }
    Ok(())
}

/// Whether a mail was a reminder of what the configuration does not ask for any more, or to a unit that it does not have.
fn no_longer_configured(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    day: Timestamp,
) -> Result<bool> {
    let Some(unit) = mail
        .unit
        .as_ref()
        .filter(|_| mail.owed.kind().is_reminder())
    else {
        return Ok(false);
    };
    if config.register.nearest(unit, date_of(day)).is_none() {
        return Ok(true);
    }
    let steps = store.steps_of(mail.id)?;
    let obligations = store.obligations_of(unit, Receipts::All)?;
    let meant = obligations
        .iter()
        .filter(|o| steps.iter().any(|(id, _)| *id == o.id));
    let asked = |o: &Obligation| config.report(&o.report).is_some_and(|r| r.asks_on(o.opens));
    Ok(meant.into_iter().any(|o| !asked(o)))
}

/// Mails that still wait, and why, where somebody should know.
fn stuck(
    config: &Config,
    store: &Store,
    (since, until): (Timestamp, Timestamp),
    data: &mut DigestData,
) -> Result<()> {
    let day = date_of(until);
    let long_ago = until - DEFERRED_FOR_LONG;
    for mail in store.stuck(long_ago)? {
        let what = mail_in_words(config, &mail, day);
        let why = mail.error.as_deref().unwrap_or("");
        let text = match (mail.blocked_since, mail.deferred_since) {
            (Some(at), _) => format!(
                "{what}: không soạn được từ {}, đề nghị báo quản trị viên. {why}",
                vietnamese_moment(at)
            ),
            (None, at) => format!(
                "{what} ({}): máy chủ chưa nhận từ {}, đã thử {} lần, vẫn tiếp tục thử. Chi tiết: {why}",
                mail.recipients.join(", "),
                vietnamese_moment(at.unwrap_or(until)),
                mail.tries
            ),
        };
        data.failed.push(Undelivered { text, link: None });
    }
    for rest in store.rests_to_tell((since, until), long_ago)? {
        let Some(mail) = store.outgoing_mail(rest.outbox)? else {
            continue; // the rows stand in one store
        };
        let what = mail_in_words(config, &mail, day);
        let how = match rest.state {
            OutgoingState::Unknown => "không rõ đã gửi được hay chưa",
            OutgoingState::Failed => "máy chủ từ chối",
            OutgoingState::Queued
            | OutgoingState::Sending
            | OutgoingState::Sent
            | OutgoingState::Dropped => "máy chủ chưa nhận, vẫn tiếp tục thử",
        };
        data.failed.push(Undelivered {
            text: format!("{what} ({}): {how}. Chi tiết: {}", rest.address, rest.error),
            link: None,
        });
    }
    Ok(())
}

/// When nothing was sent, and why.
fn pauses(store: &Store, since: Timestamp, until: Timestamp) -> Result<Vec<SystemLine>> {
    let line = |pause: QueuePause| {
        let began = vietnamese_moment(pause.since);
        let why = pause.why;
        let text = match pause.ended_at {
            Some(at) => format!(
                "Việc gửi thư đã tạm dừng từ {began} đến {}: {why}",
                vietnamese_moment(at)
            ),
            None if pause.until > until => format!(
                "Việc gửi thư đang tạm dừng từ {began}, sẽ thử lại lúc {}: {why}",
                vietnamese_moment(pause.until)
            ),
            None => format!("Việc gửi thư đã tạm dừng từ {began}: {why}"),
        };
        SystemLine {
            bad: pause.ended_at.is_none(),
            text,
        }
    };
    let pauses = store.queue_pauses_between(since, until)?;
    Ok(pauses.into_iter().map(line).collect())
}

fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Digest => "Bản tin",
        Kind::Acknowledgement => "Thư xác nhận",
        Kind::Arrived => "Thư báo đã nhận",
        Kind::LinkOnly | Kind::Grassroots => "Thư hướng dẫn",
        Kind::Returned => "Thư trả lại báo cáo",
        Kind::StaffAnswer | Kind::StaffAnswers => "Thư trả lời cán bộ",
        Kind::DecidedAnew => "Thư báo quyết định được thay đổi",
        Kind::Confirmation => "Thư hỏi lại cán bộ",
        Kind::Reminder(Urgency::Opening) => "Thông báo mở kỳ báo cáo",
        Kind::Reminder(Urgency::Before) => "Nhắc trước hạn",
        Kind::Reminder(Urgency::Late) => "Đôn đốc",
        Kind::Reminder(Urgency::Escalation) => "Gửi lãnh đạo đơn vị",
    }
}

/// Mails that came back.
fn bounced(
    config: &Config,
    store: &Store,
    messages: &[Message],
    data: &mut DigestData,
) -> Result<()> {
    for message in messages {
        let Some(bounce) = message.reading.as_ref().and_then(|r| r.bounce.as_ref()) else {
            continue;
        };
        // Only mails of ours; what others forged or misdirected is noise.
        let Some(original) = bounce.original_message_id.as_deref() else {
            continue;
        };
        if let Some(mail) = store.sent_as(original)? {
            let what = mail_in_words(config, &mail, date_of(message.received_at));
            let status = bounce.status.as_deref();
            // What we wrote to is of our register; anything else may be a stranger's link.
            let shown = bounce.recipients.iter();
            let shown =
                shown.map(
                    |a| match mail.recipients.iter().any(|r| r.eq_ignore_ascii_case(a)) {
                        true => a.clone(),
                        false => unlinked(a),
                    },
                );
            let shown: Vec<String> = shown.collect();
            let believed = message
                .reading
                .as_ref()
                .is_some_and(|r| r.believed_bounce().is_some());
            data.failed.push(Undelivered {
                text: format!(
                    "{what}: địa chỉ {}{}{}",
                    shown.join(", "),
                    status.map_or(String::new(), |s| format!(" (mã {s})")),
                    match believed {
                        true => "",
                        false => "; thông báo này không chắc do máy chủ thư gửi nên không tính vào địa chỉ",
                    }
                ),
                link: None,
            });
        }
    }
    Ok(())
}

/// How the service fares.
fn system(
    config: &Config,
    store: &Store,
    looks: &[Look],
    now: Timestamp,
) -> Result<Vec<SystemLine>> {
    let mut lines = Vec::new();
    let mut line = |bad, text: String| lines.push(SystemLine { bad, text });
    // Of units that are not reminded the first line of all speaks.
    for look in looks.iter().filter(|l| l.part != Part::Holds) {
        if let (Some(fault), Some(ill)) = (look.in_vietnamese(), &look.ill) {
            line(true, format!("Sự cố: {fault}. Chi tiết: {}", ill.why));
        }
    }
    let mailbox = store.health(Part::Mailbox)?;
    match mailbox.success_at {
        Some(at) => {
            let ill = looks
                .iter()
                .any(|l| l.part == Part::Mailbox && l.ill.is_some());
            line(
                ill,
                format!("Lần kiểm tra hộp thư gần nhất: {}.", vietnamese_moment(at)),
            );
        }
        None => line(true, "Chưa kiểm tra được hộp thư lần nào.".into()),
    }
    if config.settings.alarm.is_none() {
        line(
            false,
            "Chưa có kênh cảnh báo thứ hai (mục [alarm]): khi hộp thư hỏng, không ai được báo."
                .into(),
        );
    }
    // The digests themselves are among the mails that wait.
    let queued = store.queue_length(Some(Kind::Digest))?;
    line(
        false,
        format!(
            "Thư chờ gửi: {queued}; thư chờ đọc: {}.",
            store.unread_count()?
        ),
    );
    let put_off = store.put_off_count()?;
    if put_off > 0 {
        line(
            false,
            format!(
                "Thư chưa xác thực được người gửi vì máy chủ tên miền (DNS) chưa trả lời: {put_off}; sẽ xử lý chậm nhất sau 24 giờ, chưa nhắc các đơn vị liên quan."
            ),
        );
    }
    let limits = &config.settings.limits;
    let sent = store.sent_since(now - SignedDuration::from_hours(24))?;
    let to_units = sent.iter().filter(|(kind, _)| !kind.is_for_staff());
    let sent: u32 = to_units.map(|(_, mails)| mails).sum();
    let full = sent >= limits.daily_mails;
    line(
        full,
        format!(
            "Đã gửi các đơn vị trong 24 giờ qua: {sent}/{} thư.",
            limits.daily_mails
        ),
    );
    if let Some(free) = crate::ground::files::free_bytes(&config.settings.data) {
        let gigabytes = match free / 1_000_000_000 {
            n @ 0..10 => format!("{n} GB"),
            _ => "hơn 10 GB".into(), // nobody needs to watch it more closely
        };
        line(
            free < DISK_LOW,
            format!("Dung lượng đĩa còn trống: {gigabytes}."),
        );
    }
    let today = date_of(now);
    for year in [today.year(), today.saturating_add(60.days()).year()] {
        if !config.calendar.covers(year) {
            line(
                true,
                format!(
                    "Lịch nghỉ lễ năm {year} chưa có trong holidays.toml; hạn nộp và ngày nhắc có thể rơi vào ngày nghỉ."
                ),
            );
            break;
        }
    }
    Ok(lines)
}
