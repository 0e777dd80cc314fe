//! Reports that staff look at before they count, although it is clear whose they are: where it is usual that a server
//! vouches for the sender and nothing does now, and where they would take the place of what stands on firmer ground.

use anyhow::Result;

use crate::app::App;
use crate::domain::report::Forms;
use crate::reading::{Reading, Trust};
use crate::store::{Message, NewSubmission, StandingVersion};

/// So many mails of a domain have to have been verified before it is unusual that one is not.
const FEWEST: usize = 3;

/// Why a report waits for staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// Mails of its domain are verified as a rule, and this one says nothing.
    Unusual,
    /// It has a null return path and nobody vouches for it: neither unit nor sender would hear of it.
    Untold,
    /// It is trusted less than the version before it.
    LessTrusted,
    /// Staff accepted what it would replace.
    Accepted,
}

impl Doubt {
    /// In words for staff.
    fn in_vietnamese(self) -> &'static str {
        match self {
            Doubt::Unusual => {
                "thư từ tên miền này thường được xác thực, riêng thư này thì không; đề nghị xác minh với đơn vị"
            }
            Doubt::Untold => {
                "thư không xác thực được người gửi và không nhận thư trả lời (Return-Path rỗng); đề nghị xác minh với đơn vị"
            }
            Doubt::LessTrusted => {
                "thư này kém tin cậy hơn lần gửi trước nên chưa thay thế lần gửi trước; đề nghị xác minh với đơn vị"
            }
            Doubt::Accepted => {
                "Ban đã duyệt báo cáo trước đó của đơn vị nên thư này chưa thay thế; đề nghị xem và quyết định"
            }
        }
    }
}

/// What is known of the sender of a report.
#[derive(Clone, Copy, Debug)]
struct Sender<'f> {
    trust: Trust,
    /// Whether whoever was asked gave an answer: silence of the domain's servers speaks against nobody.
    answered: bool,
    null_return_path: bool,
    /// Of the last mails of its domain that were logged.
    before: &'f [Trust],
}

/// Why a report of such a sender waits, if it does.
fn doubt_of_sender(s: &Sender<'_>) -> Option<Doubt> {
    if s.trust == Trust::Pass {
        return None;
    }
    let passed = s.before.iter().filter(|t| **t == Trust::Pass).count();
    let usual = passed >= FEWEST && passed * 10 >= s.before.len() * 9;
    match (s.null_return_path, usual && s.answered) {
        (true, _) => Some(Doubt::Untold),
        (false, true) => Some(Doubt::Unusual),
        (false, false) => None,
    }
}

/// Why a version waits that brings some forms, if it does. `standing`: what stands, the newest first.
fn doubt_of_version(trust: Trust, forms: Forms, standing: &[StandingVersion]) -> Option<Doubt> {
    let verified = |t: Trust| t == Trust::Pass;
    let replaces = |s: &StandingVersion| {
        s.forms.soft_file && forms.soft_file || s.forms.signed_document && forms.signed_document
    };
    if standing.iter().any(|s| s.accepted && replaces(s)) {
        return Some(Doubt::Accepted);
    }
    let before = standing.first()?;
    (verified(before.trust) && !verified(trust)).then_some(Doubt::LessTrusted)
}

/// Why a mail waits for staff that would be logged as some submissions; in words for them, none where it does not.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn why(
    app: &App,
    message: &Message,
    reading: &Reading,
    submissions: &[NewSubmission],
) -> Result<Vec<String>> {
    if submissions.is_empty() {
        return Ok(vec![]);
    }
    let sender = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    let before = app.store.trust_of_domain(domain, message.id)?;
    let mut doubts: Vec<Doubt> = doubt_of_sender(&Sender {
        trust: reading.trust,
        answered: reading.doubt.is_none(),
        null_return_path: reading.return_path.as_deref() == Some(""),
        before: &before,
    })
    .into_iter()
    .collect();
    for s in submissions {
        let standing = app.store.standing_versions(s.obligation)?;
        let doubt = doubt_of_version(reading.trust, s.forms, &standing);
        doubts.extend(doubt.filter(|d| !doubts.contains(d)));
    }
    Ok(doubts
        .iter()
        .map(|d| d.in_vietnamese().to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Trust::{Fail, Pass, Unknown};

    #[test]
    fn a_sender_of_whom_nothing_is_said_waits_where_something_usually_is() {
        /// Trust, answered, null return path, before; and what is wanted.
        type Case = (Trust, bool, bool, &'static [Trust], Option<Doubt>);
        const NINE: [Trust; 10] = [
            Pass, Unknown, Pass, Pass, Pass, Pass, Pass, Pass, Pass, Pass,
        ];
        const EIGHT: [Trust; 10] = [
            Pass, Unknown, Unknown, Pass, Pass, Pass, Pass, Pass, Pass, Pass,
        ];
        let cases: [Case; 11] = [
            (Pass, true, false, &[Pass; 10], None),
            (Pass, true, true, &[Pass; 10], None),
            (Unknown, true, false, &[Pass; 10], Some(Doubt::Unusual)),
            (Unknown, true, false, &[Pass; 3], Some(Doubt::Unusual)),
            (Unknown, true, false, &NINE, Some(Doubt::Unusual)),
            (Unknown, true, false, &EIGHT, None),
            (Unknown, true, false, &[Pass, Pass, Unknown], None),
            (Unknown, true, false, &[Pass; 2], None),
            (Unknown, true, false, &[], None),
            (Unknown, false, false, &[Pass; 10], None),
            (Unknown, false, true, &[], Some(Doubt::Untold)),
        ];
        for (trust, answered, null_return_path, before, wanted) in cases {
            let sender = Sender {
                trust,
                answered,
                null_return_path,
                before,
            };
            assert_eq!(doubt_of_sender(&sender), wanted, "{sender:?}");
        }
    }

    #[test]
    fn a_version_waits_that_would_replace_what_stands_on_firmer_ground() {
        let soft = Forms {
            soft_file: true,
            ..Forms::NONE
        };
        let signed = Forms {
            signed_document: true,
            ..Forms::NONE
        };
        let stands = |trust, forms, accepted| StandingVersion {
            trust,
            forms,
            accepted,
        };
        let cases: [(Trust, Forms, &[StandingVersion], Option<Doubt>); 11] = [
            (Unknown, soft, &[], None),
            (Unknown, soft, &[stands(Unknown, soft, false)], None),
            // What staff took over by hand.
            (Unknown, soft, &[stands(Fail, soft, false)], None),
            (Pass, soft, &[stands(Pass, soft, false)], None),
            (Pass, soft, &[stands(Unknown, soft, false)], None),
            (
                Unknown,
                soft,
                &[stands(Pass, soft, false)],
                Some(Doubt::LessTrusted),
            ),
            // It would make the report complete.
            (
                Unknown,
                signed,
                &[stands(Pass, soft, false)],
                Some(Doubt::LessTrusted),
            ),
            // Staff agreed to a version of the same trust since.
            (
                Unknown,
                soft,
                &[stands(Unknown, soft, false), stands(Pass, soft, false)],
                None,
            ),
            (
                Pass,
                soft,
                &[stands(Pass, soft, true)],
                Some(Doubt::Accepted),
            ),
            (
                Pass,
                soft,
                &[stands(Pass, signed, false), stands(Pass, soft, true)],
                Some(Doubt::Accepted),
            ),
            // It adds what was missing.
            (Pass, signed, &[stands(Pass, soft, true)], None),
        ];
        for (trust, forms, standing, wanted) in cases {
            let doubt = doubt_of_version(trust, forms, standing);
            assert_eq!(doubt, wanted, "{trust:?} {forms:?} after {standing:?}");
        }
    }
}
