//! Whose mail it is: evidence in the order of its weight, then a decision.
//!
//! Only an address makes it certain: one of the register, or one that staff taught. Everything else names candidates,
//! decides between the units of a shared address, or contradicts the address.

use jiff::civil::Date;

use super::names::{is_grassroots, is_union, is_union_of_a_place, shorten};
use super::{Known, Match, Matcher, UnitMatch};
use crate::domain::because::{Because, Source};
use crate::domain::unit::{Level, Register, UnitId};
use crate::domain::why::{Contradiction, Says, Why};
use crate::ground::text::{fold, truncated};
use crate::reading::{Attachment, Reading};
use crate::words::{OpenSet, has_phrase, vi};

/// What a mail says of its sender.
struct Evidence {
    /// Units that the documents name as the body that issued them.
    issuers: Vec<UnitId>,
    /// A union of a place that issued a document and is not in the register.
    outsider: Option<String>,
    /// Units of whoever wrote the mail that was forwarded.
    forwarded: Vec<UnitId>,
    /// Units of the address for answers.
    reply_to: Vec<UnitId>,
    /// The one unit that writes from this domain.
    domain: Vec<UnitId>,
    /// Units named in the subject.
    subject: Vec<UnitId>,
    /// Units named in names of files.
    files: Vec<UnitId>,
    /// Units named in the display name.
    display: Vec<UnitId>,
    /// Units named in the text, such as in a signature.
    body: Vec<UnitId>,
}

impl Evidence {
    /// Each kind of evidence, the weightiest first.
    fn by_weight(&self) -> [(Source, &[UnitId]); 8] {
        [
            (Source::Document, &self.issuers),
            (Source::ForwardedSender, &self.forwarded),
            (Source::ReplyTo, &self.reply_to),
            (Source::Domain, &self.domain),
            (Source::Subject, &self.subject),
            (Source::FileName, &self.files),
            (Source::DisplayName, &self.display),
            (Source::Text, &self.body),
        ]
    }
}

impl Matcher {
    /// Whose mail it is.
    pub(super) fn unit_of(
        &self,
        reading: &Reading,
        known: &Known<'_>,
        found: &mut Match,
    ) -> UnitMatch {
        let Some(sender) = &reading.sender else {
            return UnitMatch::None;
        };
        let holders = match known.said {
            Some(unit) => vec![unit.clone()],
            None => self.holders(&sender.address, known, found),
        };
        let evidence = self.gather(reading, &holders);
        match holders.as_slice() {
            [] => candidates(reading, &evidence, &sender.address, found),
            [one] => confirmed(one, &evidence, self.register(), self.day, found),
            several => the_one_meant(several, &evidence, found),
        }
    }

    /// The units that a sender's address stands for: by the register, else by what staff taught, else by what the
    /// register said when the mail was sent.
    fn holders(&self, address: &str, known: &Known<'_>, found: &mut Match) -> Vec<UnitId> {
        let (register, day) = (self.register(), self.day);
        let mut holders: Vec<UnitId> = Vec::new();
        for bearer in register.bearers(address, day) {
            let (address, unit) = (address.to_owned(), bearer.unit.clone());
            found.reasons.push(match &bearer.inherited_from {
                None => Because::Registered { address, unit },
                Some(old) => Because::TookOver {
                    address,
                    old: old.clone(),
                    unit,
                },
            });
            holders.push(bearer.unit);
        }
        if holders.is_empty() {
            for heir in known.learned.iter().flat_map(|u| register.heirs(u, day)) {
                found.reasons.push(Because::Taught {
                    address: address.to_owned(),
                    unit: heir.clone(),
                });
                holders.push(heir);
            }
        }
        if holders.is_empty() {
            for heir in known.former.iter().flat_map(|u| register.heirs(u, day)) {
                found.reasons.push(Because::WasRegistered {
                    address: address.to_owned(),
                    unit: heir.clone(),
                });
                holders.push(heir);
            }
        }
        holders.dedup();
        holders
    }

    fn gather(&self, reading: &Reading, holders: &[UnitId]) -> Evidence {
        let (register, names, day) = (self.register(), &self.names, self.day);
        let asks = |u: &UnitId| {
            register
                .nearest(u, day)
                .is_some_and(|u| u.kind.level == Level::Province)
        };
        // The province is whom reports go to, not who sends them.
        let distinct = |units: Vec<UnitId>| {
            let mut kept: Vec<UnitId> = Vec::new();
            for unit in units {
                if !asks(&unit) && !kept.contains(&unit) {
                    kept.push(unit);
                }
            }
            kept
        };
        let bearers = |address: Option<&String>| -> Vec<UnitId> {
            let of = |a: &String| register.bearers(a, day).into_iter().map(|b| b.unit);
            distinct(address.into_iter().flat_map(of).collect())
        };
        let documents = || reading.attachments.iter().filter(|a| a.is_document());
        let sender = reading.sender.as_ref();
        let unknown = holders.is_empty();
        Evidence {
            issuers: distinct(
                documents()
                    .filter_map(|a| a.issuer.as_deref())
                    .flat_map(|issuer| names.called(issuer))
                    .collect(),
            ),
            // Others are called in too many ways to tell a strange one.
            outsider: documents()
                .filter_map(|a| a.issuer.as_deref())
                .find(|issuer| is_union_of_a_place(issuer) && names.named_in(issuer).is_empty())
                .map(str::to_owned),
            forwarded: bearers(reading.forwarded_from.as_ref()),
            reply_to: bearers(
                reading
                    .reply_to
                    .as_ref()
                    .filter(|r| sender.is_none_or(|s| s.address != **r)),
            ),
            domain: sender.map_or_else(Vec::new, |s| owner_of_domain(register, &s.address, day)),
            subject: distinct(names.named_in(&reading.subject)),
            files: distinct(documents().flat_map(|a| names.named_in(&a.name)).collect()),
            display: distinct(sender.map_or_else(Vec::new, |s| names.named_in(&s.name))),
            // Of a known sender the text tells nothing more: it may speak of anybody.
            body: if unknown || holders.len() > 1 {
                distinct(names.named_in(truncated(&reading.body, 4_000)))
            } else {
                Vec::new()
            },
        }
    }

    /// To whom a document or mail is written, where that is neither the province nor anybody whom it may ask to report: those
    /// below the unit, or bodies that are no unions. Several stand one a line.
    pub(super) fn written_to_others(&self, addressee: Option<&str>) -> Option<String> {
        let addressee = addressee?;
        let mut all = addressee
            .split(['\n', ';', ','])
            .map(fold)
            .filter(|to| !to.is_empty())
            .peekable();
        all.peek()?;
        let mut upper = self.office.both(OpenSet::UpperBodies).collect::<Vec<_>>();
        upper.push(&vi().below);
        let is_other = |to: String| {
            let mut to = to.as_str();
            while let Some(rest) = vi().before_a_body.strip(to) {
                to = rest;
            }
            upper.iter().any(|set| set.begins(to))
        };
        all.all(is_other).then(|| addressee.replace('\n', "; "))
    }

    /// Whether a document has the head of another unit that reports itself, neither above nor below the unit.
    pub(super) fn is_of_another_unit(&self, document: &Attachment, unit: &UnitId) -> bool {
        let called = document
            .issuer
            .as_deref()
            .map_or(vec![], |issuer| self.names.called(issuer));
        let register = self.register();
        let reports = |other: &UnitId| {
            let of_day = register.nearest(other, self.day);
            of_day.is_some_and(|u| u.kind.level != Level::Province)
                && !related(register, unit, other, self.day)
        };
        !called.contains(unit) && called.iter().any(reports)
    }

    /// Whether a document was issued by the province that asks, or a body above all units.
    pub(super) fn is_of_a_body_above(&self, document: &Attachment) -> bool {
        let issuer = document.issuer.as_deref().unwrap_or_default();
        let called = self.names.called(issuer);
        let asks = |unit: &UnitId| {
            let unit = self.register().nearest(unit, self.day);
            unit.is_some_and(|u| u.kind.level == Level::Province)
        };
        called.iter().any(asks) || called.is_empty() && vi().upper_bodies.begins(&fold(issuer))
    }

    /// Whether a document is not the unit's own: issued by the province that asks, or by a grassroots union that reports
    /// to the unit.
    pub(super) fn is_of_another(&self, document: &Attachment, unit: &UnitId) -> bool {
        let Some(issuer) = document.issuer.as_deref() else {
            return false;
        };
        let called = self.names.called(issuer);
        if called.contains(unit) {
            return false;
        }
        let own = self.register().nearest(unit, self.day);
        let upper = own.is_some_and(|u| u.kind.level != Level::Grassroots);
        let mut above = self.office.both(OpenSet::UpperBodies);
        let above = above.any(|bodies| bodies.begins(&fold(issuer)));
        let is_own = || {
            let names = own
                .iter()
                .flat_map(|u| [&u.name, &u.short_name].into_iter().chain(&u.aliases));
            let issuer = fold(issuer);
            names
                .map(|name| fold(name))
                .any(|name| has_phrase(&name, &issuer))
        };
        // A union above the grassroots writes as a union; "Phòng Văn hóa" and "Hội Phụ nữ" are others.
        let strange = upper && !vi().unions.stands_in(&shorten(issuer));
        (upper && is_grassroots(issuer)) || !called.is_empty() || ((above || strange) && !is_own())
    }
}

/// The unit whose registered addresses are the only ones of their domain.
fn owner_of_domain(register: &Register, address: &str, day: Date) -> Vec<UnitId> {
    let Some((_, domain)) = address.rsplit_once('@') else {
        return Vec::new();
    };
    let of_domain = |e: &String| e.rsplit_once('@').is_some_and(|(_, d)| d == domain);
    let mut owners: Vec<UnitId> = register
        .all_on(day)
        .filter(|u| u.emails.iter().any(of_domain))
        .map(|u| u.id.clone())
        .collect();
    owners.dedup();
    if owners.len() > 1 {
        owners.clear();
    }
    owners
}

/// Nobody registered sent it: whoever is named is a candidate.
fn candidates(
    reading: &Reading,
    evidence: &Evidence,
    address: &str,
    found: &mut Match,
) -> UnitMatch {
    let mut candidates: Vec<UnitId> = Vec::new();
    for (source, units) in evidence.by_weight() {
        for unit in units
            .iter()
            .filter(|u| !candidates.contains(u))
            .cloned()
            .collect::<Vec<_>>()
        {
            found.reasons.push(Because::NamesUnit {
                source,
                unit: unit.clone(),
            });
            candidates.push(unit);
        }
    }
    let (says, unit) = match (
        candidates.is_empty(),
        documents_issuer(&reading.attachments),
    ) {
        (false, _) if evidence.display.is_empty() => {
            (Says::NamesAUnit, UnitMatch::Ambiguous(candidates))
        }
        (false, _) => (Says::CalledLikeAUnit, UnitMatch::Ambiguous(candidates)),
        (true, Some(issuer)) if is_union(issuer) => {
            let issuer = issuer.to_owned();
            (Says::IssuedBy { issuer }, UnitMatch::None)
        }
        (true, _) => (Says::Nothing, UnitMatch::None),
    };
    let address = address.to_owned();
    found.open.push(Why::UnknownSender { address, says });
    unit
}

fn documents_issuer(attachments: &[Attachment]) -> Option<&str> {
    let mut documents = attachments.iter().filter(|a| a.is_document());
    documents.find_map(|a| a.issuer.as_deref())
}

/// The address stands for one unit: it is that one, unless a document, a forwarded mail or the subject is of another.
fn confirmed(
    one: &UnitId,
    evidence: &Evidence,
    register: &Register,
    day: Date,
    found: &mut Match,
) -> UnitMatch {
    let strangers = |units: &[UnitId]| -> Vec<UnitId> {
        let strange = |u: &&UnitId| *u != one && !related(register, one, u, day);
        units.iter().filter(strange).cloned().collect()
    };
    let own_document = evidence.issuers.contains(one);
    for (source, units, by) in [
        (Source::Document, &evidence.issuers, Contradiction::Document),
        (
            Source::ForwardedSender,
            &evidence.forwarded,
            Contradiction::ForwardedSender,
        ),
        (Source::Subject, &evidence.subject, Contradiction::Subject),
    ] {
        let others = strangers(units);
        // A unit that names itself beside another speaks of both.
        if others.is_empty() || units.contains(one) || own_document {
            continue;
        }
        found.reasons.push(Because::NamesOthers {
            source,
            units: others.clone(),
        });
        found.open.push(Why::SenderContradicted { by });
        let mut both = vec![one.clone()];
        both.extend(others);
        return UnitMatch::Ambiguous(both);
    }
    if let Some(issuer) = &evidence.outsider
        && !own_document
    {
        let issuer = issuer.clone();
        found.reasons.push(Because::IssuedBy {
            issuer: issuer.clone(),
        });
        found.open.push(Why::StrangeIssuer { issuer });
        return UnitMatch::Ambiguous(vec![one.clone()]);
    }
    UnitMatch::Certain(one.clone())
}

/// The address stands for several units: the weightiest evidence that names exactly one of them decides.
fn the_one_meant(several: &[UnitId], evidence: &Evidence, found: &mut Match) -> UnitMatch {
    for (source, units) in evidence.by_weight() {
        let meant: Vec<&UnitId> = several.iter().filter(|u| units.contains(u)).collect();
        match meant.as_slice() {
            [] => {}
            [one] => {
                let one = (*one).clone();
                let subject_of_other = source == Source::Document
                    && several
                        .iter()
                        .any(|u| *u != one && evidence.subject.contains(u))
                    && !evidence.subject.contains(&one);
                if subject_of_other {
                    break;
                }
                found.reasons.push(Because::NamesOneOfSharers {
                    source,
                    unit: one.clone(),
                });
                return UnitMatch::Certain(one);
            }
            _ => break,
        }
    }
    found.open.push(Why::SharedAddress);
    UnitMatch::Ambiguous(several.to_vec())
}

/// Whether one unit stands under the other: a district may well name its own unions, and they it.
fn related(register: &Register, a: &UnitId, b: &UnitId, day: Date) -> bool {
    let parent = |u: &UnitId| register.nearest(u, day).and_then(|u| u.parent.clone());
    parent(a).as_ref() == Some(b) || parent(b).as_ref() == Some(a)
}
