//! What speaks for and against a mail being a report of delivery, added up. Nothing decides alone but a document that a
//! person sends.

use mail_parser::{Message, MimeHeaders};

use super::notice::Notice;
use super::{Headers, How, Original, subtype_is};
use crate::ground::text::{fold, truncated};
use crate::reading::class;
use crate::words::mail;

/// One sign of a report of delivery, or against it.
///
/// | sign | weight |
/// |---|---|
/// | fields of delivery (RFC 3464) with an action or a status; X-Failed-Recipients | 8, 6 |
/// | a `multipart/report`, or a header that only such mails have | 4 |
/// | a server as the sender: MAILER-DAEMON, postmaster, `From: <>` | 4 |
/// | a gateway, filter or virus scanner, or who takes no answers | 1 |
/// | no sender's name at all | 0 |
/// | anybody else: a person | −4 |
/// | the null return path, where the sender is no server | 2 |
/// | it says that a machine wrote it | 1 |
/// | subject or text says what servers say of a failure or delay | 2 each |
/// | subject or text says what people say, too ("không gửi được") | 1 each |
/// | it quotes what a server answered (`550 5.1.1`, `RCPT TO`) | 2 |
/// | it names, on a line of its own, an address that is not ours | 1 |
/// | it encloses a mail that is no bounce itself | 4 |
/// | it repeats the raw head of a mail | 2 |
/// | that mail is ours | 1 more |
/// | a person's answer (`Re:`) or forward (`Fwd:`) | −4 |
/// | words of absence | −4 |
/// | a report on the mail of a domain (RFC 7489), a complaint | −8 |
/// | a document of its own, not within the mail that came back: of a server with the null path | −2 |
/// | of one without it, or of who is none but has it | −6 |
/// | of a person | −30 |
///
/// At [`ENOUGH`] it is one. So a server or the null path with a mail that came back needs no word that is known here; a
/// person needs more than he can have without a returned mail of ours; words alone, without a sender like a server's,
/// never suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Fields,
    FailedHeader,
    Declared,
    Server,
    Gateway,
    Person,
    NullPath,
    Automatic,
    Subject,
    SubjectOfPeople,
    Text,
    TextOfPeople,
    Answer,
    NamesAddress,
    Encloses,
    Repeats,
    Ours,
    Reacts,
    Absence,
    OnMail,
    MachinesDocument,
    SomebodysDocument,
    PersonsDocument,
}

/// The weight from which on a mail is a report of delivery.
const ENOUGH: i32 = 6;

impl Sign {
    fn weight(self) -> i32 {
        match self {
            Sign::Fields => 8,
            Sign::FailedHeader => 6,
            Sign::Declared | Sign::Server | Sign::Encloses => 4,
            Sign::NullPath | Sign::Subject | Sign::Text | Sign::Answer | Sign::Repeats => 2,
            Sign::Gateway
            | Sign::Automatic
            | Sign::SubjectOfPeople
            | Sign::TextOfPeople
            | Sign::NamesAddress
            | Sign::Ours => 1,
            Sign::Person | Sign::Reacts | Sign::Absence => -4,
            Sign::MachinesDocument => -2,
            Sign::SomebodysDocument => -6,
            Sign::OnMail => -8,
            Sign::PersonsDocument => -30,
        }
    }
}

/// Whether signs, each counted once, add up to a report of delivery.
pub(super) fn suffices(signs: &[Sign]) -> bool {
    signs.iter().map(|s| s.weight()).sum::<i32>() >= ENOUGH
}

/// Whether any of them speaks for a report of delivery at all.
pub(super) fn speak_for(signs: &[Sign]) -> bool {
    signs.iter().any(|s| s.weight() > 0)
}

/// The signs of sender, subject, text and files of a mail.
pub(super) fn signs(message: &Message<'_>, headers: &Headers<'_>, notice: &Notice) -> Vec<Sign> {
    let header = |name: &'static str| message.header_raw(name).map(str::trim);
    let subject = fold(headers.subject);
    let server = is_server(message, headers);
    let null_path = header("Return-Path").is_some_and(|p| p == "<>" || is_daemon(p));
    let gateway = is_gateway(headers);
    let machine = server || null_path;
    let person = !machine && !gateway && !headers.sender.is_empty();
    let mut signs = Vec::new();
    let mut met = |is: bool, sign: Sign| {
        if is {
            signs.push(sign);
        }
    };
    met(
        is_declared(message) || header("X-MS-Exchange-Message-Is-Ndr").is_some(),
        Sign::Declared,
    );
    met(server, Sign::Server);
    met(gateway && !server, Sign::Gateway);
    met(person, Sign::Person);
    met(null_path && !server, Sign::NullPath);
    met(
        header("Auto-Submitted").is_some_and(|a| !a.eq_ignore_ascii_case("no")),
        Sign::Automatic,
    );
    let by_server = mail().failure_subjects.is_part_of(&subject)
        || mail().late_subjects.is_part_of(&subject)
        || mail().failure.is_part_of(&subject);
    met(by_server, Sign::Subject);
    met(
        !by_server && mail().failure_of_people.is_part_of(&subject),
        Sign::SubjectOfPeople,
    );
    let begins = truncated(&notice.folded, 3_000);
    let by_server = mail().failure.is_part_of(begins) || mail().late.is_part_of(begins);
    met(by_server, Sign::Text);
    met(
        !by_server && mail().failure_of_people.is_part_of(begins),
        Sign::TextOfPeople,
    );
    met(notice.quotes_an_answer(), Sign::Answer);
    let reacts = mail().reply.begins(&subject) || mail().forward.begins(&subject);
    met(reacts && !machine, Sign::Reacts);
    met(
        mail().auto_subjects.begins(&subject) || mail().absent.stands_in(begins),
        Sign::Absence,
    );
    met(mail().reports_on_mail.stands_in(&subject), Sign::OnMail);
    let document = class::brings_a_document(message);
    if document {
        met(
            true,
            match (server, null_path) {
                (true, true) => Sign::MachinesDocument,
                (false, false) => Sign::PersonsDocument,
                _ => Sign::SomebodysDocument,
            },
        );
    }
    signs
}

/// The signs of the mail that another brings back.
pub(super) fn of_original(original: &Original, own: &[String]) -> Vec<Sign> {
    let sign = match original.how {
        How::Enclosed => Sign::Encloses,
        How::RawHead => Sign::Repeats,
        How::Quoted => return vec![],
    };
    // Who passes on a bounce encloses that one.
    if original.from.iter().any(|f| is_server_name(f)) {
        return vec![];
    }
    let ours = original.from.iter().any(|f| own.contains(f));
    [sign]
        .into_iter()
        .chain(ours.then_some(Sign::Ours))
        .collect()
}

/// Whether the whole is a report by its type; a person's program passes on parts of one, never the whole.
fn is_declared(message: &Message<'_>) -> bool {
    message.root_part().content_type().is_some_and(|t| {
        let is = |value: Option<&str>, word: &str| {
            value.is_none_or(|value| value.eq_ignore_ascii_case(word))
        };
        t.subtype().is_some()
            && is(t.subtype(), "report")
            && is(t.attribute("report-type"), "delivery-status")
    }) || subtype_is(message.root_part(), "delivery-status")
}

/// Whether the sender is a server.
fn is_server(message: &Message<'_>, headers: &Headers<'_>) -> bool {
    let nobody = headers.sender.is_empty()
        && message
            .header_raw("From")
            .is_some_and(|from| from.contains("<>") || is_daemon(from));
    nobody || is_server_name(headers.sender) || mail().mailer_names.is_part_of(&fold(headers.name))
}

/// Whether an address is one of a server's.
fn is_server_name(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or("");
    mail().mailers.iter().any(|m| m == local)
        || is_daemon(local)
        || local.starts_with("microsoftexchange")
}

fn is_daemon(name: &str) -> bool {
    fold(name).starts_with("mailer daemon")
}

/// Whether the sender looks like a program between servers, or one that takes no answers.
fn is_gateway(headers: &Headers<'_>) -> bool {
    let local = headers
        .sender
        .rsplit_once('@')
        .map_or("", |(local, _)| local);
    let called = [fold(local), fold(headers.name)];
    let known = |name: &String| mail().gateways.is_part_of(name);
    class::takes_no_answers(headers.sender) || called.iter().any(known)
}

#[cfg(test)]
mod tests {
    use super::Sign::*;
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn what_adds_up_to_a_report_of_delivery_is_one() {
        for (signs, is) in [
            // Servers, by their word or by what they bring back in any language
            (&[Server, Text][..], true),
            (&[Server, Subject], true),
            (&[Server, Encloses], true),
            (&[Server, Repeats], true),
            (&[NullPath, Encloses], true),
            (&[NullPath, Text, Answer], true),
            (&[NullPath, Text, NamesAddress, Automatic], true),
            (&[Declared, Person, Fields], true),
            (&[Gateway, Subject, Text, NamesAddress], true),
            (&[Gateway, Text, Encloses], true),
            (&[Gateway, Encloses, Ours], true),
            (&[FailedHeader, NullPath], true),
            (&[Person, Subject, Text, Answer, Encloses], true),
            (&[Person, Text, NamesAddress, Encloses, Ours, Subject], true),
            (&[Subject, Text, Answer], true),
            (
                &[Server, Subject, Text, NamesAddress, MachinesDocument],
                true,
            ),
            // One phrase is none
            (&[Text], false),
            (&[NullPath, Text], false),
            (
                &[NullPath, SubjectOfPeople, TextOfPeople, NamesAddress],
                false,
            ),
            (&[Gateway, Subject, Text], false),
            (&[Gateway, Encloses], false),
            (&[Server, Automatic], false),
            (
                &[
                    Server,
                    Subject,
                    Text,
                    Answer,
                    NamesAddress,
                    SomebodysDocument,
                ],
                false,
            ),
            (
                &[
                    NullPath,
                    Subject,
                    Text,
                    Answer,
                    NamesAddress,
                    SomebodysDocument,
                ],
                false,
            ),
            // Who talks of it, passes it on or is away
            (&[Person, Subject, Text, Answer, NamesAddress], false),
            (
                &[
                    Person,
                    Reacts,
                    Subject,
                    Text,
                    Answer,
                    NamesAddress,
                    Repeats,
                    Ours,
                ],
                false,
            ),
            (&[Person, Reacts, TextOfPeople, Encloses, Ours], false),
            (&[Person, Reacts, Fields, Subject, Text], false),
            (&[NullPath, Absence, Encloses, Automatic], false),
            (&[Declared, Gateway, Automatic, Repeats, OnMail], false),
            // A report is one whatever is said around it
            (
                &[
                    Gateway,
                    Fields,
                    FailedHeader,
                    Declared,
                    Automatic,
                    Subject,
                    Text,
                    Answer,
                    NamesAddress,
                    Encloses,
                    Ours,
                    PersonsDocument,
                ],
                false,
            ),
        ] {
            assert_eq!(suffices(signs), is, "{signs:?}");
        }
    }
}
