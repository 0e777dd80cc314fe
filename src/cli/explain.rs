//! `explain`: what would be done with each mail and why. Writes nothing, contacts nobody.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::{Session, say};
use crate::app;
use crate::collect;
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::report::Forms;
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::expected;
use crate::matching::{Expectation, Item, Known, Match, Matchers, UnitMatch};
use crate::reading::worker::{Outcome, Reader, most_readers, together};
use crate::reading::{Attachment, Bounce, Class, Evidence, Reading, Role, Trust};
use crate::store::{MessageState, Receipts, Store, Verdict};
use crate::verify;
use crate::writing::{because_in_english, doubt_in_vietnamese, whys_in_vietnamese};

/// One line of the JSON interface.
#[derive(Serialize)]
struct Line<'a> {
    file: String,
    /// What would become of it in the inbox.
    state: MessageState,
    class: Class,
    trust: Trust,
    unit: Option<&'a UnitId>,
    unit_certainty: &'static str,
    #[serde(skip_serializing_if = "<[UnitId]>::is_empty")]
    candidates: &'a [UnitId],
    report: Option<&'a str>,
    period: Option<String>,
    forms: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemLine<'a>>,
    attachments: &'a [Attachment],
    bounce: Option<&'a Bounce>,
    /// What a person has to decide, in words for staff.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    open: Vec<String>,
    /// What makes the sender look like somebody else, in words for staff.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    suspicious: Vec<String>,
    reasons: Vec<String>,
    /// What was believed of the sender, what was not, and why.
    chain: &'a [Evidence],
}

/// One line of the JSON interface about a mail that was judged before.
#[derive(Serialize)]
struct KeptLine<'a> {
    mail: MessageId,
    state: MessageState,
    class: Class,
    trust: Trust,
    sender: Option<&'a str>,
    unit: Option<&'a UnitId>,
    why: Vec<String>,
    doubt: Option<String>,
    chain: &'a [Evidence],
}

#[derive(Serialize)]
struct ItemLine<'a> {
    report: &'a str,
    period: String,
    forms: Vec<&'static str>,
}

pub(super) async fn run(session: &Session, paths: &[PathBuf], json: bool) -> Result<()> {
    let config = Arc::new(session.config()?);
    let now = session.now();
    let store = session.snapshot(&config, now)?;
    let history_known = Store::path(&config.settings.data).exists();
    let judge = Judge {
        expected: Default::default(),
        matchers: Matchers::default(),
        config: Arc::clone(&config),
        store,
        history_known,
        now,
    };
    let first = app::reader(&config, app::own_program()?, None);
    let others: Vec<Reader> = (1..most_readers()).map(|_| first.another()).collect();
    let mut readers: Vec<Reader> = others.into_iter().chain([first]).collect();
    for paths in files(paths)?.chunks(readers.len()) {
        let readings = readers.iter_mut().zip(paths);
        let readings = readings.map(|(reader, path)| reading(reader, path));
        for (path, reading) in paths.iter().zip(together(readings).await) {
            let reading = reading?;
            let (found, verdict) = judge.found(&reading)?;
            if json {
                let line = line(path, &reading, &found, &verdict);
                say(serde_json::to_string(&line)?)?;
            } else {
                tell(path, &reading, &found, &verdict)?;
            }
        }
    }
    Ok(())
}

/// What stands in a mail of a file, and what its signatures are.
async fn reading(reader: &mut Reader, path: &Path) -> Result<Reading> {
    let raw = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reading = match reader.read(&raw).await {
        Outcome::Read(reading) => *reading,
        Outcome::MailFails(why) => Reading::unreadable(why),
        Outcome::NoRoom(why) | Outcome::MachineFails(why) => {
            bail!("mails cannot be read: {why}")
        }
    };
    if let Some(sender) = &reading.sender {
        let signatures = verify::signatures(&raw, &sender.address);
        reading.chain.extend(signatures);
    }
    Ok(reading)
}

/// What matches mails as if each had come when its server received it.
struct Judge {
    config: Arc<Config>,
    store: Store,
    history_known: bool,
    matchers: Matchers,
    /// What the configuration expected on the day of the last mail, where there is no history.
    expected: RefCell<Option<(Date, Vec<Obligation>)>>,
    now: Timestamp,
}

impl Judge {
    fn found(&self, reading: &Reading) -> Result<(Match, Verdict)> {
        let store = &self.store;
        let received_at = reading.received.unwrap_or(self.now);
        let day = date_of(received_at);
        let (learned, former) = match &reading.sender {
            Some(s) => (
                store.learned_units(&s.address)?,
                store.former_units(&s.address, received_at)?,
            ),
            None => (vec![], vec![]),
        };
        let matcher = self.matchers.of(&self.config, day);
        let found = matcher.decide(
            reading,
            &Known {
                received_at,
                learned,
                taught: store.taught_titles()?,
                former,
                asked: store.asked(reading)?,
                said: None,
                history_known: self.history_known,
                expected: &|unit| self.expected(unit, received_at),
                sent_before: &|unit| store.sent_before(unit),
            },
        )?;
        let expected = match found.unit.certain() {
            Some(unit) => self.expected(Some(unit), received_at)?,
            None => vec![],
        };
        let expected = |_: &UnitId, item: &Item| {
            let mut expected = expected.iter();
            expected.any(|e| e.report == item.report && e.period == item.period)
        };
        let mail = (reading, received_at);
        let verdict = collect::foreseen(&self.config, store, mail, &found, &expected)?;
        Ok((found, verdict))
    }

    /// What was expected at a moment: of a unit, or of anybody.
    fn expected(&self, unit: Option<&UnitId>, at: Timestamp) -> Result<Vec<Expectation>> {
        if self.history_known {
            let obligations = match unit {
                Some(unit) => self.store.obligations_of(unit, Receipts::Until(at))?,
                None => self.store.obligations(Receipts::Until(at))?,
            };
            return Ok(Expectation::among(&obligations, unit));
        }
        let mut kept = self.expected.borrow_mut();
        let (_, obligations) = match &mut *kept {
            Some(kept) if kept.0 == date_of(at) => kept,
            kept => kept.insert((date_of(at), expected::obligations(&self.config, at))),
        };
        Ok(Expectation::among(obligations, unit))
    }
}

/// Shows of a mail of the store why it was believed or not, as it was judged.
pub(super) fn kept(session: &Session, mail: MessageId, json: bool) -> Result<()> {
    let config = session.config()?;
    let store = session.snapshot(&config, session.now())?;
    let message = store
        .message(mail)?
        .with_context(|| format!("there is no mail {mail}"))?;
    let reading = message
        .reading
        .as_ref()
        .with_context(|| format!("mail {mail} was not read, or its content was removed"))?;
    let l = KeptLine {
        mail,
        state: message.state,
        class: reading.class,
        trust: reading.trust,
        sender: reading.sender.as_ref().map(|s| s.address.as_str()),
        unit: message.unit.as_ref(),
        why: whys_in_vietnamese(&message.why),
        doubt: reading.doubt.as_ref().map(doubt_in_vietnamese),
        chain: &reading.chain,
    };
    if json {
        return Ok(say(serde_json::to_string(&l)?)?);
    }
    say(format!(
        "mail {mail} from {}",
        l.sender.unwrap_or("nobody that can be read")
    ))?;
    say(format!(
        "  class: {}; trust: {}; state: {}",
        l.class.word(),
        l.trust.word(),
        l.state.word()
    ))?;
    if let Some(unit) = l.unit {
        say(format!("  unit: {unit}"))?;
    }
    tell_chain(l.chain)?;
    for why in l.doubt.iter().chain(&l.why) {
        say(format!("  because {why}"))?;
    }
    Ok(())
}

/// What was believed of the sender, what was not, and why.
fn tell_chain(chain: &[Evidence]) -> std::io::Result<()> {
    for evidence in chain {
        let believed = match evidence.believed {
            true => "believed",
            false => "not believed",
        };
        say(format!("  {believed}: {}", evidence.what))?;
        say(format!("    {}", evidence.why))?;
    }
    Ok(())
}

/// The files named, and those in the folders named, in order.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let meta = path
            .metadata()
            .with_context(|| format!("cannot read {}", path.display()))?;
        if meta.is_dir() {
            let mut inside = std::fs::read_dir(path)?
                .map(|e| Ok(e?.path()))
                .collect::<Result<Vec<PathBuf>>>()?;
            inside.sort();
            // No links: one may lead back to where it lies.
            let is_one = |m: std::fs::Metadata| m.is_dir() || m.is_file();
            inside.retain(|p| p.symlink_metadata().is_ok_and(is_one));
            found.extend(files(&inside)?);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn line<'a>(path: &Path, reading: &'a Reading, found: &'a Match, verdict: &Verdict) -> Line<'a> {
    let waits = verdict.state == MessageState::Waiting;
    let personal = reading.class.is_personal();
    let items: &[Item] = if personal { &found.items } else { &[] };
    let forms = if items.is_empty() && personal {
        reading.attachments.iter().fold(Forms::NONE, |all, a| {
            all.and(Forms {
                signed_document: a.role == Role::SignedDocument,
                soft_file: a.role == Role::SoftFile,
            })
        })
    } else {
        items.iter().fold(Forms::NONE, |all, i| all.and(i.forms))
    };
    let known = reading.reasons.iter().map(ToString::to_string);
    let doubt = reading.doubt.iter().map(doubt_in_vietnamese);
    let mut reasons: Vec<String> = doubt.chain(known).collect();
    if personal {
        reasons.extend(found.reasons.iter().map(because_in_english));
        reasons.extend(whys_in_vietnamese(&found.passed_over));
    }
    if !waits && verdict.state != MessageState::Logged {
        reasons.extend(whys_in_vietnamese(&verdict.why));
    }
    Line {
        file: path.display().to_string(),
        state: verdict.state,
        class: reading.class,
        trust: reading.trust,
        unit: found.unit.certain(),
        unit_certainty: found.unit.word(),
        candidates: found.unit.candidates(),
        report: items.first().map(|i| i.report.as_str()),
        period: items.first().map(|i| i.period.to_string()),
        forms: forms.names(),
        items: if items.len() > 1 {
            items
                .iter()
                .map(|i| ItemLine {
                    report: &i.report,
                    period: i.period.to_string(),
                    forms: i.forms.names(),
                })
                .collect()
        } else {
            vec![]
        },
        attachments: &reading.attachments,
        bounce: reading.bounce.as_ref(),
        open: if waits {
            whys_in_vietnamese(&verdict.why)
        } else {
            vec![]
        },
        suspicious: if personal {
            whys_in_vietnamese(&found.suspicious)
        } else {
            vec![]
        },
        reasons,
        chain: &reading.chain,
    }
}

fn tell(path: &Path, reading: &Reading, found: &Match, verdict: &Verdict) -> std::io::Result<()> {
    say(path.display())?;
    say(format!(
        "  class: {}; trust: {}; state: {}",
        reading.class.word(),
        reading.trust.word(),
        verdict.state.word()
    ))?;
    tell_chain(&reading.chain)?;
    match &found.unit {
        UnitMatch::Certain(unit) => say(format!("  unit: {unit}"))?,
        UnitMatch::Ambiguous(list) => {
            let names: Vec<&str> = list.iter().map(|u| u.0.as_str()).collect();
            say(format!("  unit: one of {}", names.join(", ")))?;
        }
        UnitMatch::None => say("  unit: unknown")?,
    }
    let l = line(path, reading, found, verdict);
    if reading.class.is_personal() {
        for item in &found.items {
            say(format!(
                "  report: {} {} ({})",
                item.report,
                item.period,
                item.forms.names().join(", ")
            ))?;
        }
    }
    for a in &reading.attachments {
        let from = a
            .from
            .as_deref()
            .map_or(String::new(), |f| format!(" in {f}"));
        say(format!(
            "  file: {}{from}: {}, {}, {} bytes",
            a.name,
            a.kind,
            a.role.word(),
            a.size
        ))?;
        if let Some(warning) = &a.warning {
            say(format!("    {warning}"))?;
        }
    }
    if let Some(b) = l.bounce {
        say(format!(
            "  could not be delivered to {}",
            b.recipients.join(", ")
        ))?;
    }
    for reason in &l.reasons {
        say(format!("  because {reason}"))?;
    }
    for sign in &l.suspicious {
        say(format!("  suspicious: {sign}"))?;
    }
    for open in &l.open {
        say(format!("  left to staff: {open}"))?;
    }
    Ok(())
}
