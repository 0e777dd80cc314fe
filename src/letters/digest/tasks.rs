//! What needs a person: the mails that wait, and whom they hold.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::context;
use serde::Serialize;

use super::{DigestData, short_moment};
use crate::commands::more_time;
use crate::commands::sent_already::{self, Claim};
use crate::config::Config;
use crate::domain::reminder::Escalation;
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::domain::why::{About, Why};
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::links::token::{Action, Item};
use crate::links::{self, Link, Links, report_and_period};
use crate::matching::forms_of;
use crate::reading::{Attachment, Class, Role, Trust};
use crate::standing::{self, Holds};
use crate::store::{self, Ground, Message, MessageState, Proposal, Receipts, Store, Strangers};
use crate::waiting::{self, Sender, Waiting};
use crate::writing::{Sentence, of_a_stranger, sentence, unlinked, why_in_vietnamese};

/// A mail that waits for a person.
#[derive(Debug, Serialize)]
pub(super) struct WaitingMail {
    /// Its number, as commands take it.
    pub(super) id: MessageId,
    /// When it came.
    pub(super) received: String,
    /// For how many days it has waited.
    pub(super) waited: i32,
    /// From whom, where that is known.
    pub(super) sender: Option<String>,
    pub(super) subject: String,
    /// Why it waits.
    pub(super) why: Vec<String>,
    /// The day on which its content goes, where that is near.
    pub(super) expires: Option<String>,
    /// Name of the unit, where that is certain.
    pub(super) unit: Option<String>,
    /// Names of the units that it may come from, where it is not.
    pub(super) candidates: Option<Names>,
    /// The report and the period that it most likely is, of the unit or the only candidate: the first link says yes to it.
    pub(super) likely: Option<String>,
    /// The first words of a mail by which its unit asks for more time.
    pub(super) says: Option<String>,
    /// The first words of another mail that brings no file.
    pub(super) excerpt: Option<String>,
    /// What a mail says of what its unit sent before.
    pub(super) claims: Option<Claimed>,
    /// Names of its files.
    pub(super) files: Option<Names>,
    /// The numbers of other mails of its sender.
    pub(super) others: Option<Names>,
    /// What may be done, each a prepared mail.
    pub(super) links: Vec<Link>,
    /// The token by which a reply in free words is understood.
    pub(super) token: Option<String>,
    /// The unit that it is most likely of, as commands take it.
    pub(super) suggestion: Option<UnitId>,
}

/// That a unit says that its report was sent already, and what is known of that.
#[derive(Debug, Serialize)]
pub(super) struct Claimed {
    says: String,
    day: Option<String>,
    /// The mails that it may speak of, each with what became of it.
    found: Vec<(MessageId, MessageState)>,
    more: usize,
}

impl Claimed {
    fn of(claim: Claim) -> Claimed {
        let mut found = claim.found;
        let more = found.len().saturating_sub(MOST_NAMES);
        found.truncate(MOST_NAMES);
        Claimed {
            says: claim.says,
            day: claim.day.map(vietnamese_date),
            found,
            more,
        }
    }
}

/// What mails most likely are, as far as that is expected of anybody.
struct Proposals<'s> {
    of: HashMap<MessageId, Proposal>,
    store: &'s Store,
    today: Date,
    /// So many more are shown: a page has an end.
    left: Cell<usize>,
}

/// The first of some names, and how many more there are.
#[derive(Debug, Serialize)]
pub(super) struct Names {
    shown: Vec<String>,
    more: usize,
}

/// The mails of one kind of strangers.
#[derive(Debug, Serialize)]
pub(super) struct StrangersData {
    /// Whether they have a document with the head of a unit.
    pub(super) with_document: bool,
    /// How many mails.
    pub(super) mails: usize,
    /// Of how many senders.
    pub(super) senders: usize,
    /// One mail a sender that is shown.
    pub(super) shown: Vec<WaitingMail>,
    /// How many mails of others there are.
    pub(super) more_mails: usize,
    /// How many others.
    pub(super) more_senders: usize,
    /// By which all mails of the senders shown are put aside.
    pub(super) aside: Option<Link>,
}

/// A unit that is not reminded while mails wait.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    /// Its short name; all, where none is named.
    pub(super) unit: Option<String>,
    /// The first of the mails.
    mails: Vec<Holding>,
    /// How many others there are.
    more: usize,
}

/// A letter to a leader that waits for a word of staff.
#[derive(Debug, Serialize)]
pub(super) struct ToLeader {
    /// Short name of the unit, report and period.
    what: String,
    due: String,
    /// Whether it leaves without a word, some time after it was told of.
    announced: bool,
    /// By which it leaves, and by which it does not.
    links: Vec<Link>,
}

/// A mail that holds reminders.
#[derive(Debug, Serialize)]
struct Holding {
    number: MessageId,
    why: Sentence,
    /// Until when; until it is decided, where that is not set.
    until: Option<String>,
}

/// To so many units a mail can be assigned by one click.
const LIKELY: usize = 3;
/// So many mails that wait are taken in at a glance; more are counted by what they wait for.
const FEW: usize = 5;
/// More of a text that a sender chose is not shown.
const LONGEST: usize = 200;
/// Nor more names of files of one mail, or numbers of mails of one sender.
const MOST_NAMES: usize = 8;
/// Nor of more mails what they most likely are.
const MOST_LIKELY: usize = 20;
/// Nor more mails that hold reminders of one unit.
const MOST_HOLDING: usize = 3;

/// What needs a person at a moment.
pub(super) fn tasks(
    config: &Config,
    store: &Store,
    (day, until): (Date, Timestamp),
    links: Option<&Links>,
    data: &mut DigestData,
) -> Result<()> {
    let proposals = Proposals {
        of: store.proposals()?,
        store,
        today: day,
        left: Cell::new(MOST_LIKELY),
    };
    let Waiting { known, strangers } = Waiting::at(until, config, store)?;
    data.tasks = known.len();
    data.waiting = known
        .iter()
        .map(|m| {
            let mut shown = mail(config, m, &proposals, links, LIKELY)?;
            shown.asks_for_time(config, store, m, links, day)?;
            if shown.says.is_none() {
                let claim = sent_already::said_by(config, store, m)?;
                shown.claims = claim.map(Claimed::of);
            }
            if shown.says.is_none() && shown.claims.is_none() && shown.files.is_none() {
                let bare = m
                    .reading
                    .as_ref()
                    .filter(|r| r.class == Class::NoAttachment);
                let body = bare.map(|r| more_time::first_words(&r.body));
                shown.excerpt = body.filter(|words| !words.is_empty());
            }
            Ok(shown)
        })
        .collect::<Result<_>>()?;
    if known.len() > FEW {
        let mut causes = BTreeMap::new();
        for mail in &known {
            let about = mail.why.iter().map(Why::about).min();
            *causes.entry(about.unwrap_or(About::Other)).or_default() += 1;
        }
        data.causes = causes.into_iter().collect();
    }
    for (kind, senders) in strangers {
        let mails: usize = senders.iter().map(|s| s.mails.len()).sum();
        let count = senders.len();
        match kind {
            // Each may be the report of a unit.
            Strangers::WithDocument => data.tasks += count,
            Strangers::Others => data.others_of_strangers += mails,
        }
        let recorded = !store.listed(day, kind)?.is_empty();
        let (shown, more_senders, more_mails) = waiting::shown(store, day, kind, senders)?;
        let listed: usize = shown.iter().map(|s| s.mails.len()).sum();
        let links_together = links.filter(|_| recorded && listed > 1);
        data.strangers.push(StrangersData {
            with_document: kind == Strangers::WithDocument,
            mails,
            senders: count,
            shown: shown
                .iter()
                .map(|s| stranger(config, s, kind, &proposals, links))
                .collect::<Result<_>>()?,
            more_mails,
            more_senders,
            aside: links_together.map(|l| l.for_listed(day, kind, listed)),
        });
    }
    Ok(())
}

/// The oldest mail of a stranger, and how many more there are.
fn stranger(
    config: &Config,
    sender: &Sender,
    kind: Strangers,
    proposals: &Proposals<'_>,
    links: Option<&Links>,
) -> Result<WaitingMail> {
    let (first, rest) = sender.mails.split_first().expect("a sender has a mail");
    let likely = match kind {
        Strangers::WithDocument => LIKELY,
        Strangers::Others => 1, // it is only named
    };
    let mut shown = mail(config, first, proposals, links, likely)?;
    let numbers: Vec<String> = rest.iter().map(|m| m.id.to_string()).collect();
    shown.others = Names::of(numbers);
    Ok(shown)
}

impl WaitingMail {
    /// What a mail by which its unit asks for more time says, and what may be done: time is given, or the unit is answered by
    /// hand. To which unit it is assigned is of no use, unless it brings something. `day`: today (Vietnam).
    fn asks_for_time(
        &mut self,
        config: &Config,
        store: &Store,
        message: &Message,
        links: Option<&Links>,
        day: Date,
    ) -> Result<()> {
        let Some(asked) = more_time::asked_by(config, store, message, day)? else {
            return Ok(());
        };
        self.says = Some(asked.says);
        let Some(links) = links else {
            return Ok(());
        };
        let reports: Vec<String> = asked
            .of
            .iter()
            .map(|of| more_time::called(config, of))
            .collect();
        let files = message.reading.iter().flat_map(|r| &r.attachments);
        let no_report = self.links.pop();
        if files.into_iter().all(|a| forms_of(a.role).is_empty()) {
            self.links.clear();
            self.likely = None;
        }
        self.links
            .extend(links.for_more_time(message.id, &reports, asked.until));
        if let Some(sender) = message.sender.as_deref().filter(|s| is_plain(s)) {
            let subject = message.subject.as_deref().unwrap_or_default();
            self.links.push(links::reply(sender, subject));
        }
        self.links.extend(no_report);
        Ok(())
    }
}

impl Names {
    /// Nothing of none.
    pub(super) fn of(mut shown: Vec<String>) -> Option<Names> {
        let more = shown.len().saturating_sub(MOST_NAMES);
        shown.truncate(MOST_NAMES);
        (!shown.is_empty()).then_some(Names { shown, more })
    }
}

/// A text of a sender's choice: no link, and not longer than anybody reads.
fn chosen(text: &str) -> String {
    of_a_stranger(text, LONGEST)
}

/// A mail that waits. `likely`: to so many units that it may be of, it can be assigned by one click.
fn mail(
    config: &Config,
    message: &Message,
    proposals: &Proposals<'_>,
    links: Option<&Links>,
    likely: usize,
) -> Result<WaitingMail> {
    let day = date_of(message.received_at);
    let id = message.id;
    let unit = message.unit.as_ref().map(|u| config.unit_name(u, day));
    let candidates: Vec<String> = message
        .candidates
        .iter()
        .map(|u| config.unit_name(u, day))
        .collect();
    let assignable: Vec<(UnitId, String)> = message
        .unit
        .iter()
        .chain(&message.candidates)
        .take(likely)
        .map(|u| (u.clone(), config.unit_name(u, day)))
        .collect();
    let best = message.unit.as_ref().or(message.candidates.first());
    let sender = message.sender.as_deref();
    let shown_sender = sender.map(address);
    // The address itself may be named; what else stands there, a sender may have chosen.
    let whys = message.why.iter().map(why_in_vietnamese);
    let why: Vec<String> = whys
        .map(|why| match (sender, &shown_sender) {
            (Some(sender), Some(shown)) => chosen(&why).replace(&unlinked(sender), shown),
            _ => chosen(&why),
        })
        .collect();
    let files: Vec<String> = message
        .reading
        .iter()
        .flat_map(|r| &r.attachments)
        .filter(|a| a.role != Role::Ignored)
        .map(|a| chosen(&a.name))
        .collect();
    let likely = proposals.of_mail(config, message)?;
    // What a mail says clearly is understood by itself, with what it brings.
    let filled = likely.as_ref().filter(|(_, clear)| !clear);
    let filled = filled.map(|(what, _)| what.as_str());
    Ok(WaitingMail {
        id,
        received: short_moment(message.received_at),
        waited: (proposals.today - day).get_days(),
        sender: shown_sender,
        subject: chosen(message.subject.as_deref().unwrap_or_default()),
        why,
        expires: None,
        unit,
        candidates: Names::of(candidates),
        likely: likely.as_ref().map(|(what, _)| what.clone()),
        says: None,
        claims: None,
        excerpt: None,
        files: Names::of(files),
        others: None,
        links: links.map_or(vec![], |l| l.for_mail(id, &assignable, filled)),
        token: links.map(|l| l.token(Item::Mail(id), Action::Any)),
        suggestion: best.cloned(),
    })
}

impl Proposals<'_> {
    /// What a mail most likely is, and whether it says so clearly, where one unit alone may have sent it and it is expected
    /// of that. Of a forged one, and of what nobody has opened, nothing is made easy.
    fn of_mail(&self, config: &Config, message: &Message) -> Result<Option<(String, bool)>> {
        let Some((unit, proposal)) = self.easy(message) else {
            return Ok(None);
        };
        let Proposal {
            report,
            period,
            clear,
        } = proposal;
        let Some(left) = self.left.get().checked_sub(1) else {
            return Ok(None);
        };
        let expected = self.store.obligation_id(unit, report, period)?;
        let Some(report) = config.report(report).filter(|_| expected.is_some()) else {
            return Ok(None);
        };
        self.left.set(left);
        Ok(Some((report_and_period(report, period), *clear)))
    }

    /// Of which unit a mail most likely is what, where that may be made easy.
    fn easy<'m>(&'m self, message: &'m Message) -> Option<(&'m UnitId, &'m Proposal)> {
        let proposal = self.of.get(&message.id)?;
        let reading = message
            .reading
            .as_ref()
            .filter(|r| r.trust != Trust::Fail)?;
        let is_read = |a: &Attachment| !forms_of(a.role).is_empty();
        if !proposal.clear && !reading.attachments.iter().any(is_read) {
            return None;
        }
        Some((message.only_unit()?, proposal))
    }
}

/// An address as it is, unless it is more than one.
fn address(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => chosen(text),
    }
}

/// Whether a text has no sign that an ordinary address has not.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._%+-@".contains(c);
    text.chars().all(plain)
}

/// Whom mails that wait keep from being reminded, and why.
pub(super) fn held(
    config: &Config,
    store: &Store,
    until: Timestamp,
    data: &mut DigestData,
) -> Result<()> {
    data.many_held = standing::many_held(config, store, until)?.unwrap_or_default();
    let holds = Holds::at(until, config, store)?;
    if holds.are_none() {
        return Ok(());
    }
    let obligations = store.obligations_unsettled(Receipts::Until(until))?;
    let since = standing::tracked_from(config, store.first_opened()?);
    let day = date_of(until);
    let mut of_all: Vec<store::Claim> = Vec::new();
    for held in holds.held(&obligations, since) {
        let (anybody, own): (Vec<store::Claim>, Vec<store::Claim>) =
            held.by.into_iter().partition(|c| c.hold.unit.is_none());
        of_all = anybody;
        if !own.is_empty() {
            let unit = config.unit_name(&held.unit, day);
            data.held.push(Held::by(&own, Some(unit)));
        }
    }
    if !of_all.is_empty() {
        data.held.insert(0, Held::by(&of_all, None));
    }
    Ok(())
}

/// The letters to leaders of which staff are asked, the longest due first.
pub(super) fn to_leaders(
    config: &Config,
    store: &Store,
    until: Timestamp,
    links: Option<&Links>,
) -> Result<Vec<ToLeader>> {
    let planned = standing::reminded_now(config, store, until)?;
    let asked = planned.into_iter().filter(|p| p.asks);
    let mut asked: Vec<_> = asked.flat_map(|p| p.items).map(|(o, _)| o).collect();
    asked.sort_by_key(|o| o.due);
    let letters = asked.into_iter().map(|o| {
        let unit = config.unit_name(&o.unit, date_of(until));
        let (report, period) = (config.report_name(&o.report), o.period.in_vietnamese());
        let what = format!("{unit}, {report}, {period}");
        let steps = config.report(&o.report).map(|r| &r.steps);
        ToLeader {
            announced: steps.is_some_and(|s| s.escalation == Escalation::Announce),
            due: vietnamese_date(date_of(o.due)),
            links: links.map_or(vec![], |l| l.for_leader(o.id, &what)),
            what,
        }
    });
    Ok(letters.collect())
}

impl Held {
    /// The mail that is shown first among those that wait is named first here, too.
    fn by(claims: &[store::Claim], unit: Option<String>) -> Held {
        let mut claims: Vec<&store::Claim> = claims.iter().collect();
        claims.sort_by_key(|c| (!c.read, c.place()));
        Held {
            unit,
            mails: claims
                .iter()
                .take(MOST_HOLDING)
                .map(|c| holding(c))
                .collect(),
            more: claims.len().saturating_sub(MOST_HOLDING),
        }
    }
}

/// Why a mail holds reminders, and until when.
fn holding(claim: &store::Claim) -> Holding {
    let none = context! {};
    let why = match (claim.read, claim.hold.ground) {
        (false, _) => sentence("held_unread", none),
        (true, Ground::Address) => sentence("held_by_address", none),
        (true, Ground::Unreadable) => sentence("held_unreadable", none),
        (true, Ground::PassedOn) => sentence("held_passed_on", none),
        (true, Ground::Head) => sentence("held_by_head", none),
        (true, Ground::Forged) => sentence("held_forged", none),
        (true, Ground::Nameless) => sentence("held_nameless", none),
        (true, Ground::Named) => sentence("held_named", none),
    };
    Holding {
        number: claim.message,
        why,
        until: claim
            .hold
            .until
            .filter(|_| claim.read)
            .map(vietnamese_moment),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::expected;
    use crate::matching::{Expectation, Known, Matcher};

    #[test]
    fn what_a_proposal_says_is_understood_as_it_is_meant() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Arc::new(Config::load(&folder).unwrap());
        for at in ["2026-06-24T08:00:00+07:00", "2026-12-01T08:00:00+07:00"] {
            let received_at: Timestamp = at.parse().unwrap();
            let obligations = expected::obligations(&config, received_at);
            let matcher = Matcher::new(Arc::clone(&config), date_of(received_at));
            let known = Known {
                received_at,
                learned: vec![],
                taught: BTreeMap::new(),
                former: vec![],
                asked: vec![],
                said: None,
                history_known: true,
                expected: &|unit| Ok(Expectation::among(&obligations, unit)),
                sent_before: &|_| Ok(vec![]),
            };
            let mut seen = std::collections::BTreeSet::new();
            for o in &obligations {
                let report = config.report(&o.report).unwrap();
                if o.due < received_at || !seen.insert((&o.report, &o.period)) {
                    continue;
                }
                let words = report_and_period(report, &o.period);
                let understood = matcher.said_by_staff(&words, &o.unit, &known).unwrap();
                assert_eq!(
                    understood,
                    Some((o.report.clone(), o.period.clone())),
                    "{words}"
                );
            }
            assert!(seen.len() > 3, "{seen:?}");
        }
    }
}
