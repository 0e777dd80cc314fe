//! Whose reminders a mail that waits holds, and for how long: a unit that may have reported is not told that it is late,
//! and nobody keeps the reminders of others from leaving.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;

use super::Books;
use super::facts::units_of_sender;
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::unit::UnitId;
use crate::matching::Match;
use crate::reading::{Class, Reading, Trust};
use crate::store::{Ground, Hold};

/// Who wrote a mail, seen from a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// One of its addresses: registered, taught, or registered when the mail was sent.
    Unit,
    /// Staff, or the mailbox itself, which is staff too.
    Staff,
    /// An address of another unit.
    OtherUnit,
    /// Nobody whom we know.
    Stranger,
    /// Nobody knows: neither the mail nor its header could be had.
    Unknown,
}

/// How a mail means a unit, other than by its sender's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// The heads of its documents are of this unit, and of no other.
    HeadAlone,
    /// What somebody whom we know passes on is of this unit, and of no other.
    PassedOnAlone,
    /// What somebody whom we know passes on is of this unit and of others.
    PassedOnAmongOthers,
    /// Its words name this unit, and no other.
    NamedAlone,
    /// It is named among others, if at all.
    Named,
}

/// What decides whether a mail holds the reminders of a unit.
#[derive(Clone, Copy, Debug)]
struct Facts {
    writer: Writer,
    means: Means,
    trust: Trust,
    /// Whether its sender looks like somebody it is not.
    suspicious: bool,
    /// Whether it could be read.
    readable: bool,
}

/// What a mail does to the reminders of a unit while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// It holds them until staff have decided.
    UntilDecided(Ground),
    /// It holds them for so many working days; then the unit is told of the mail.
    For(u16, Ground),
    /// It holds nothing, and the unit is told of the mail.
    Told(Ground),
    Nothing,
}

/// Whether and how long a mail holds the reminders of a unit. What could be forged ends by itself, after `hold_days`
/// working days; so does what was found to be forged, after one, as servers that pass on mails break their signatures.
/// A mail that means one unit and holds nothing may still be what it has sent ("không có gì báo cáo" from a private
/// address): the reminder leaves, without a word of what has not come. One that means several changes nothing.
fn rule(f: &Facts, hold_days: u16) -> Rule {
    use Means::{HeadAlone, Named, NamedAlone, PassedOnAlone, PassedOnAmongOthers};
    use Writer::{OtherUnit, Staff, Stranger, Unit, Unknown};
    let known = f.writer != Stranger;
    // Of an address that is known and verified it does not matter what else it looks like.
    let forged = f.trust == Trust::Fail || f.suspicious && !(known && f.trust == Trust::Pass);
    let own = match f.readable {
        true => Ground::Address,
        false => Ground::Unreadable,
    };
    match (f.writer, f.means) {
        (Unknown, _) => Rule::For(1, Ground::Nameless),
        (_, HeadAlone) if forged => Rule::For(1, Ground::Forged),
        (Unit, _) if forged => Rule::Told(Ground::Forged),
        (_, PassedOnAlone | NamedAlone) if forged => Rule::Told(Ground::Named),
        (_, PassedOnAmongOthers | Named) if forged => Rule::Nothing,
        (Unit, _) if f.trust == Trust::Pass => Rule::UntilDecided(own),
        (Unit, _) => Rule::For(hold_days, own),
        (Stranger, HeadAlone) => Rule::For(hold_days, Ground::Head),
        (_, NamedAlone) => Rule::Told(Ground::Named),
        (Stranger, PassedOnAlone | PassedOnAmongOthers | Named) => Rule::Nothing,
        (Staff, HeadAlone | PassedOnAlone | PassedOnAmongOthers) if f.trust == Trust::Pass => {
            Rule::UntilDecided(Ground::PassedOn)
        }
        (OtherUnit, PassedOnAmongOthers) if f.trust == Trust::Pass => {
            Rule::For(hold_days, Ground::PassedOn)
        }
        (Staff | OtherUnit, HeadAlone | PassedOnAlone) => Rule::For(hold_days, Ground::PassedOn),
        (Staff | OtherUnit, PassedOnAmongOthers | Named) => Rule::Nothing,
    }
}

/// Whose reminders a mail holds from now on, while it waits for staff. `meant`: whose report is passed on with it
/// ([`units_meant`](super::facts::units_meant)); `found`: what matching found, where it was read.
pub(super) fn of(
    books: Books<'_>,
    reading: &Reading,
    meant: &[UnitId],
    found: Option<&Match>,
    received_at: Timestamp,
    now: Timestamp,
) -> Result<Vec<Hold>> {
    let (register, day) = (&books.config.register, date_of(received_at));
    let from = reading.sender.as_ref().map(|s| &s.address);
    let mut own: Vec<UnitId> = Vec::new();
    for unit in units_of_sender(books.config, books.store, reading, received_at)? {
        let heirs = register.heirs(&unit, day);
        own.push(unit);
        own.extend(heirs);
    }
    let is_staff = reading.class == Class::OwnMail
        || from.is_some_and(|a| books.config.settings.digest_to.contains(a));
    let heads = books.matcher(day).units_of_heads(reading);
    let mut passed_on = BTreeSet::new();
    if is_staff || !own.is_empty() {
        let named = found.map_or(&[][..], |f| f.unit.candidates());
        passed_on.extend(meant.iter().chain(named).chain(&heads).cloned());
        passed_on.retain(|u| !own.contains(u));
    }
    let named = found.map_or(&[][..], |f| f.unit.candidates());
    let units: BTreeSet<UnitId> = own
        .iter()
        .chain(&heads)
        .chain(&passed_on)
        .chain(named)
        .cloned()
        .collect();
    let holds = units.iter().cloned().filter_map(|unit| {
        let facts = Facts {
            writer: match () {
                () if own.contains(&unit) => Writer::Unit,
                () if is_staff => Writer::Staff,
                () if !own.is_empty() => Writer::OtherUnit,
                () => Writer::Stranger,
            },
            means: match () {
                () if heads == [unit.clone()] => Means::HeadAlone,
                () if passed_on.contains(&unit) && passed_on.len() == 1 => Means::PassedOnAlone,
                () if passed_on.contains(&unit) => Means::PassedOnAmongOthers,
                () if units.len() == 1 => Means::NamedAlone,
                () => Means::Named,
            },
            trust: reading.trust,
            suspicious: found.is_some_and(|f| !f.suspicious.is_empty()),
            readable: reading.class != Class::Unreadable,
        };
        let schedule = &books.config.settings.schedule;
        hold(
            books.config,
            Some(unit),
            rule(&facts, schedule.hold_days),
            now,
        )
    });
    Ok(holds.collect())
}

/// That nobody is reminded for a while, where neither a mail nor its header could be had.
pub(super) fn of_nameless(config: &Config, now: Timestamp) -> Vec<Hold> {
    let facts = Facts {
        writer: Writer::Unknown,
        means: Means::Named,
        trust: Trust::Unknown,
        suspicious: false,
        readable: false,
    };
    let rule = rule(&facts, config.settings.schedule.hold_days);
    hold(config, None, rule, now).into_iter().collect()
}

fn hold(config: &Config, unit: Option<UnitId>, rule: Rule, now: Timestamp) -> Option<Hold> {
    let (until, ground) = match rule {
        Rule::UntilDecided(ground) => (None, ground),
        Rule::For(days, ground) => (Some(config.calendar.later(now, days)), ground),
        Rule::Told(ground) => (Some(now), ground),
        Rule::Nothing => return None,
    };
    Some(Hold {
        unit,
        ground,
        until,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of who writes what, and what that holds"
    )]
    fn who_is_known_and_verified_holds_until_decided_what_may_be_forged_for_days_and_names_alone_nothing()
     {
        use Ground::{Address, Forged, Head, Nameless, PassedOn, Unreadable};
        // Of this ground there is a way of meaning by the same name.
        const TOLD: Rule = Told(Ground::Named);
        use Means::{HeadAlone, Named, NamedAlone, PassedOnAlone, PassedOnAmongOthers};
        use Rule::{For, Nothing, Told, UntilDecided};
        use Trust::{Fail, Pass, Unknown};
        use Writer::{OtherUnit, Staff, Stranger, Unit};
        /// Suspicious, unreadable, or neither.
        const PLAIN: (bool, bool) = (false, true);
        const IMITATION: (bool, bool) = (true, true);
        const UNREAD: (bool, bool) = (false, false);
        type Case = (Writer, Trust, Means, (bool, bool), Rule);
        let every = [
            HeadAlone,
            PassedOnAlone,
            PassedOnAmongOthers,
            NamedAlone,
            Named,
        ];
        let mut cases: Vec<Case> = vec![
            // A document of the unit in its own mail that fails: a server that passes mails on breaks signatures.
            (Unit, Fail, HeadAlone, PLAIN, For(1, Forged)),
            (Unit, Fail, PassedOnAlone, PLAIN, Told(Forged)),
            (Unit, Fail, Named, PLAIN, Told(Forged)),
            (Unit, Fail, Named, UNREAD, Told(Forged)),
            (Unit, Unknown, HeadAlone, IMITATION, For(1, Forged)),
            (Unit, Unknown, Named, IMITATION, Told(Forged)),
            // A private address with the unit's own document.
            (Stranger, Pass, HeadAlone, PLAIN, For(5, Head)),
            (Stranger, Unknown, HeadAlone, PLAIN, For(5, Head)),
            (Stranger, Fail, HeadAlone, PLAIN, For(1, Forged)),
            (Stranger, Pass, HeadAlone, IMITATION, For(1, Forged)),
            (Staff, Pass, HeadAlone, PLAIN, UntilDecided(PassedOn)),
            (Staff, Pass, PassedOnAlone, PLAIN, UntilDecided(PassedOn)),
            (
                Staff,
                Pass,
                PassedOnAmongOthers,
                IMITATION,
                UntilDecided(PassedOn),
            ),
            (Staff, Pass, Named, PLAIN, Nothing),
            (Staff, Unknown, HeadAlone, PLAIN, For(5, PassedOn)),
            (Staff, Unknown, PassedOnAlone, PLAIN, For(5, PassedOn)),
            (Staff, Unknown, PassedOnAmongOthers, PLAIN, Nothing),
            (Staff, Unknown, PassedOnAlone, IMITATION, TOLD),
            (Staff, Fail, PassedOnAlone, PLAIN, TOLD),
            (Staff, Fail, PassedOnAmongOthers, PLAIN, Nothing),
            (Staff, Pass, NamedAlone, PLAIN, TOLD),
            (OtherUnit, Unknown, NamedAlone, PLAIN, TOLD),
            (OtherUnit, Pass, HeadAlone, PLAIN, For(5, PassedOn)),
            (OtherUnit, Pass, PassedOnAlone, PLAIN, For(5, PassedOn)),
            (
                OtherUnit,
                Pass,
                PassedOnAmongOthers,
                PLAIN,
                For(5, PassedOn),
            ),
            (OtherUnit, Pass, Named, PLAIN, Nothing),
            (OtherUnit, Unknown, HeadAlone, PLAIN, For(5, PassedOn)),
            (OtherUnit, Unknown, PassedOnAlone, PLAIN, For(5, PassedOn)),
            (OtherUnit, Unknown, PassedOnAmongOthers, PLAIN, Nothing),
            (OtherUnit, Fail, HeadAlone, PLAIN, For(1, Forged)),
            (OtherUnit, Fail, PassedOnAlone, PLAIN, TOLD),
            (OtherUnit, Fail, PassedOnAmongOthers, PLAIN, Nothing),
        ];
        for means in every {
            cases.push((Unit, Pass, means, PLAIN, UntilDecided(Address)));
            cases.push((Unit, Pass, means, IMITATION, UntilDecided(Address)));
            cases.push((Unit, Pass, means, UNREAD, UntilDecided(Unreadable)));
            cases.push((Unit, Unknown, means, PLAIN, For(5, Address)));
            cases.push((Unit, Unknown, means, UNREAD, For(5, Unreadable)));
            for trust in [Pass, Unknown, Fail] {
                let nobody = (Writer::Unknown, trust, means, UNREAD, For(1, Nameless));
                cases.push(nobody);
                // A stranger passes nothing on.
                let wanted = match means {
                    HeadAlone | PassedOnAlone => continue,
                    NamedAlone => TOLD,
                    PassedOnAmongOthers | Named => Nothing,
                };
                for how in [PLAIN, IMITATION, UNREAD] {
                    cases.push((Stranger, trust, means, how, wanted));
                }
            }
        }
        for (writer, trust, means, (suspicious, readable), wanted) in cases {
            let facts = Facts {
                writer,
                means,
                trust,
                suspicious,
                readable,
            };
            assert_eq!(rule(&facts, 5), wanted, "{facts:?}");
        }
    }
}
