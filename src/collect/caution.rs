//! Reports that staff look at before they count, although it is clear whose they are: where it is usual that a server
//! vouches for the sender and nothing does now, and where they would take the place of what stands on firmer ground.

use super::decide::Brought;
use crate::domain::report::Forms;
use crate::domain::why::Why;
use crate::reading::{Reading, Trust};
use crate::store::StandingVersion;

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

impl From<Doubt> for Why {
    fn from(doubt: Doubt) -> Why {
        match doubt {
            Doubt::Unusual => Why::UnusuallyUnverified,
            Doubt::Untold => Why::NoAnswerPossible,
            Doubt::LessTrusted => Why::LessTrusted,
            Doubt::Accepted => Why::AcceptedBefore,
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

/// Why a mail waits for staff that would be logged as some reports; nothing where it does not. `before`: how the last mails
/// of its domain were trusted.
pub(super) fn doubts(reading: &Reading, before: &[Trust], logged: &[&Brought]) -> Vec<Why> {
    let of_sender = doubt_of_sender(&Sender {
        trust: reading.trust,
        answered: reading.doubt.is_none(),
        null_return_path: reading.return_path.as_deref() == Some(""),
        before,
    });
    let mut doubts: Vec<Doubt> = of_sender.into_iter().collect();
    for brought in logged {
        let doubt = doubt_of_version(reading.trust, brought.item.forms, &brought.standing);
        doubts.extend(doubt.filter(|d| !doubts.contains(d)));
    }
    doubts.into_iter().map(Why::from).collect()
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
