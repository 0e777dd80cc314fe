//! Reading a whole mail: headers, text, files, class.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use mail_parser::{Address, HeaderName, HeaderValue, Message, MessageParser};
use regex::Regex;

use super::attachment::Collector;
use super::own_words::own_words;
use super::{
    Attachment, Bounce, Class, Doubt, Keep, Person, Reading, ReadingSettings, Reason, Trust,
    Unread, automatic, bounce, class, document, header, trust,
};
use crate::ground::text::{fold, tidy, truncated};
use crate::reading::trust::Judgement;
use crate::words::mail;

/// How much of a text is kept for matching, in bytes.
const TEXT_KEPT: usize = 8_000;

/// How many Message-IDs of a thread are kept.
const THREAD_KEPT: usize = 20;
/// How much of a text the token of a command may stand in, in bytes: a prepared mail is short.
const COMMAND_KEPT: usize = 60_000;

/// How many mails may lie in a mail: its parser descends into them without a limit, and its stack ends.
const MOST_NESTED: usize = 200;

static NESTED_MAIL: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
    regex::bytes::Regex::new(r"(?i-u)message/(?:rfc822|global)").expect("a valid pattern")
});

/// A mail within the mail without a single byte, before the boundary that ends it. The parser loses its place there,
/// and with it every part that follows.
static EMPTY_NESTED_MAIL: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
    regex::bytes::Regex::new(
        r"(?i-u)(\ncontent-type:[ \t]*message/(?:rfc822|global)[^\n]*\n(?:\r?[^\r\n][^\n]*\n)*\r?\n)((?:\r?\n)*--)",
    )
    .expect("a valid pattern")
});
static PART_BEGINS: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
    regex::bytes::Regex::new(
        r"(?i-u)\n--[^\r\n]+\r?\ncontent-(?:type|disposition|transfer-encoding):",
    )
    .expect("a valid pattern")
});
const NEVER_EMPTY: &[u8] = b"${1}Subject:\r\n\r\n${2}";

/// Understands one mail. `keep` takes the content of each file that is found.
///
/// # Errors
/// Only when `keep` fails; a mail that cannot be read is a [`Reading`] of class [`Class::Unreadable`].
pub fn read(
    raw: &[u8],
    settings: &ReadingSettings,
    keep: &mut Keep<'_>,
) -> std::io::Result<Reading> {
    let raw = with_line_feeds(from_the_header(raw));
    let raw = EMPTY_NESTED_MAIL.replace_all(&raw, NEVER_EMPTY);
    let raw = header::with_plain_encodings(&raw);
    let message = match parsed(&raw) {
        Ok(message) => message,
        Err(why) => return Ok(Reading::unreadable(why)),
    };
    let texts = Texts::of(&message);
    let address = texts.address();
    let mut judgement = judge(&message, settings, address);
    let link = texts.link(&message);
    let Found {
        mut class,
        bounce,
        attachments,
        mut reasons,
    } = found(&message, &texts, link.as_deref(), settings, keep)?;
    let (tokens, quoted_tokens) = texts.tokens();
    let references = thread(&message);
    let mut to_others = false;
    if class.is_personal() && settings.staff.iter().any(|s| s == address) {
        let has_token = !tokens.is_empty() || !quoted_tokens.is_empty();
        // An answer may be a command by the mail of ours that it answers; and what brings nothing may ask something.
        if has_token || !references.is_empty() || class == Class::NoAttachment {
            let names = message.headers().iter().map(mail_parser::Header::name);
            if let Some(why) = trust::twice(names) {
                judgement.against(why);
            }
        }
        to_others = goes_to_others(&message, settings);
        if has_token {
            reasons.push(Reason::CarriesAToken);
            class = Class::StaffCommand;
        }
    }
    let return_path = return_path(&message);
    let null_sender = return_path.as_deref() == Some("");
    if let (Some(_), Some(path)) = (&bounce, return_path.as_ref().filter(|p| !p.is_empty())) {
        reasons.push(Reason::NotOfAServer { path: path.clone() });
    }
    let forwarded_from = match class.is_personal() || class == Class::OwnMail {
        true => forwarded_from(&message, &texts.whole_body),
        false => None,
    };
    let Texts {
        sender,
        subject,
        body,
        ..
    } = texts;
    Ok(Reading {
        v: Reading::VERSION,
        unread: None,
        chain: judgement.chain,
        no_answer: !class.is_personal()
            || null_sender
            || sender.is_none()
            || judgement.trust == Trust::Fail,
        class,
        trust: judgement.trust,
        doubt: judgement.doubt,
        reply_to: person(message.reply_to())
            .or_else(|| sender.clone())
            .map(|p| p.address),
        sender,
        subject,
        message_id: message.message_id().map(str::to_owned),
        references,
        received: received(&message),
        body: truncated(&body, TEXT_KEPT).to_owned(),
        forwarded_from,
        tokens,
        quoted_tokens,
        in_reply_to: ids(message.in_reply_to()),
        to_others,
        link,
        attachments,
        bounce,
        return_path,
        reasons,
    })
}

/// A mail in its parts, or why it has none that could be told.
fn parsed(raw: &[u8]) -> Result<Message<'_>, Unread> {
    if is_too_deep(raw) {
        return Err(Unread::TooDeep { most: MOST_NESTED });
    }
    let message = MessageParser::default().parse(raw);
    let with_header = message.filter(|m| !m.headers().is_empty());
    let message = with_header.ok_or(Unread::NoHeader)?;
    match parts_are_left(&message, raw) {
        true => Err(Unread::BrokenStructure),
        false => Ok(message),
    }
}

/// What a mail says, and who says it.
struct Texts<'m> {
    sender: Option<Person>,
    subject: String,
    whole_body: Cow<'m, str>,
    /// The sender's own words.
    body: String,
}

impl<'m> Texts<'m> {
    fn of(message: &'m Message<'_>) -> Texts<'m> {
        let subject = header::raw(message, message.root_part(), "Subject");
        let whole_body = message.body_text(0).unwrap_or_default();
        Texts {
            sender: person(message.from()),
            subject: tidy(&header::text(&subject.unwrap_or_default())),
            body: own_words(truncated(&whole_body, TEXT_KEPT)),
            whole_body,
        }
    }

    /// That of the sender; empty where there is none.
    fn address(&self) -> &str {
        self.sender.as_ref().map_or("", |p| p.address.as_str())
    }

    /// A link to a cloud drive.
    fn link(&self, message: &Message<'_>) -> Option<String> {
        class::cloud_link(&self.whole_body).or_else(|| {
            // Where the text shows a name only, the link stands in the HTML.
            let mut pages = message.html_bodies().filter_map(|p| p.text_contents());
            pages.find_map(class::cloud_link)
        })
    }

    /// The tokens of commands in the sender's own words, and those beside them.
    fn tokens(&self) -> (Vec<String>, Vec<String>) {
        let mut quoted = class::tokens(&self.whole_body);
        if quoted.is_empty() {
            return (quoted, Vec::new()); // most mails
        }
        let own = class::tokens(&own_words(truncated(&self.whole_body, COMMAND_KEPT)));
        quoted.retain(|t| !own.contains(t));
        (own, quoted)
    }
}

/// Whether somebody else than the mailbox is written to, too.
fn goes_to_others(message: &Message<'_>, settings: &ReadingSettings) -> bool {
    let to = [message.to(), message.cc()].into_iter().flatten();
    let mut to = to.flat_map(Address::iter).filter_map(|a| a.address());
    to.any(|a| !settings.own_addresses.contains(&a.to_lowercase()))
}

/// What sort of mail one is, and what it encloses.
struct Found {
    class: Class,
    bounce: Option<Bounce>,
    attachments: Vec<Attachment>,
    reasons: Vec<Reason>,
}

fn found(
    message: &Message<'_>,
    texts: &Texts<'_>,
    link: Option<&str>,
    settings: &ReadingSettings,
    keep: &mut Keep<'_>,
) -> std::io::Result<Found> {
    let (address, subject) = (texts.address(), &texts.subject);
    let headers = bounce::Headers {
        sender: address,
        name: texts.sender.as_ref().map_or("", |p| p.name.as_str()),
        subject,
        own: &settings.own_addresses,
    };
    if let Some((class, bounce)) = bounce::detect(message, &headers) {
        return Ok(Found {
            class,
            bounce,
            attachments: Vec::new(),
            reasons: vec![Reason::TellsOfADelivery],
        });
    }
    let own = settings.own_addresses.iter().any(|a| a == address);
    let mut files = Collector::new(keep, settings, own);
    if !settings.without_files {
        files.mail(message)?;
    }
    let (mut attachments, mut reasons) = (files.found, files.notes);
    // A scan has no text: after the document and its name, the subject line says its number.
    let number = document::head::number_in_subject(subject);
    let mut nameless = attachments
        .iter_mut()
        .filter(|a| a.is_document() && a.number.is_none());
    if let (Some(only), None) = (nameless.next(), nameless.next()) {
        only.number = number;
    }
    let class = if own {
        reasons.push(Reason::Own);
        Class::OwnMail
    } else if let Some((class, why)) = class::by_headers(message, address, subject, &texts.body) {
        reasons.push(why);
        class
    } else if !settings.without_files
        && !attachments.iter().any(Attachment::is_document)
        && automatic::by_words(subject, &texts.body)
    {
        reasons.push(Reason::AutomaticWords);
        Class::AutoReply
    } else {
        class::by_content(&attachments, link)
    };
    Ok(Found {
        class,
        bounce: None,
        attachments,
        reasons,
    })
}

/// Whether more mails may lie within each other than the parser's stack holds.
pub(super) fn is_too_deep(raw: &[u8]) -> bool {
    NESTED_MAIL.find_iter(raw).take(MOST_NESTED + 1).count() > MOST_NESTED
}

/// Whether the parser stopped before the last part: a mail must not seem to have no file because of that.
fn parts_are_left(message: &Message<'_>, raw: &[u8]) -> bool {
    // The first part is the whole mail.
    let ends = message.parts.iter().skip(1).map(|p| p.offset_end as usize);
    let Some(end) = ends.max() else {
        return false;
    };
    let rest = raw.get(end..).unwrap_or_default();
    PART_BEGINS.is_match(rest)
}

/// A mail without the blank lines that some programs begin with, and which would end its header before it has begun.
fn from_the_header(raw: &[u8]) -> &[u8] {
    let begins = raw.iter().position(|b| !matches!(b, b'\r' | b'\n'));
    &raw[begins.unwrap_or(raw.len())..]
}

/// A mail that ends its lines by bare CR, as old Macs did, with LF instead.
fn with_line_feeds(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(
        raw.iter()
            .map(|b| if *b == b'\r' { b'\n' } else { *b })
            .collect(),
    )
}

fn person(address: Option<&Address<'_>>) -> Option<Person> {
    let first = address?.iter().find(|a| a.address().is_some())?;
    Some(Person {
        name: tidy(first.name().unwrap_or("")),
        address: tidy(first.address()?).to_lowercase(),
    })
}

/// Trust by the server's word, with what speaks against the sender; a mail with several From headers contradicts itself.
fn judge(message: &Message<'_>, settings: &ReadingSettings, address: &str) -> Judgement {
    let fields: Vec<trust::Field<'_>> = message
        .headers()
        .iter()
        .filter_map(|h| {
            let (begins, ends) = (h.offset_start() as usize, h.offset_end() as usize);
            Some(trust::Field {
                name: h.name(),
                value: message.raw_message.get(begins..ends)?,
            })
        })
        .collect();
    let server = settings.authserv_id.as_deref().map(|id| trust::Server {
        authserv_id: id,
        hosts: &settings.own_hosts,
    });
    let domain = address.rsplit_once('@').map(|(_, d)| d);
    let mut judgement = trust::judge(&fields, server, domain);
    let froms = message
        .headers()
        .iter()
        .filter(|h| h.name == HeaderName::From)
        .count();
    if froms > 1 {
        let header = "From".to_owned();
        judgement.against(Doubt::Repeated {
            header,
            count: froms,
        });
    }
    let senders = message.from().into_iter().flat_map(|from| from.iter());
    let senders: BTreeSet<String> = senders
        .filter_map(|a| Some(a.address()?.to_lowercase()))
        .collect();
    if senders.len() > 1 {
        let count = senders.len();
        judgement.against(Doubt::SeveralSenders { count });
    }
    judgement
}

/// The address of the topmost Return-Path, which was written last, lower case; empty for the null path. Postfix may write
/// it as MAILER-DAEMON (`null_sender` of pipe(8)).
fn return_path(message: &Message<'_>) -> Option<String> {
    let mut headers = message.headers().iter();
    let header = headers.find(|h| h.name().eq_ignore_ascii_case("Return-Path"))?;
    let bytes = message
        .raw_message
        .get(header.offset_start() as usize..header.offset_end() as usize)?;
    let path = tidy(&String::from_utf8_lossy(bytes)).to_lowercase();
    Some(match path.trim_matches(['<', '>', ' ']) {
        "mailer-daemon" => String::new(),
        path => path.to_owned(),
    })
}

/// The first Message-IDs of a header; two are more than any mail program writes into In-Reply-To.
fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    let listed: Vec<&str> = match value {
        HeaderValue::Text(one) => vec![one.as_ref()],
        HeaderValue::TextList(many) => many.iter().take(2).map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    let listed = listed.into_iter().filter(|id| id.len() <= 300);
    listed.map(str::to_owned).collect()
}

/// The Message-IDs of References and In-Reply-To, oldest first, each once.
fn thread(message: &Message<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut ids: Vec<&str> = Vec::new();
    for value in [message.references(), message.in_reply_to()] {
        let listed: &[Cow<'_, str>] = match value {
            HeaderValue::Text(one) => std::slice::from_ref(one),
            HeaderValue::TextList(many) => many,
            _ => &[],
        };
        let short = listed.iter().filter(|id| id.len() <= 300);
        ids.extend(short.map(AsRef::as_ref).filter(|id| seen.insert(*id)));
    }
    // The end of a long thread is the part that mail programs look at.
    let surplus = ids.len().saturating_sub(THREAD_KEPT);
    ids.drain(..surplus);
    ids.into_iter().map(str::to_owned).collect()
}

/// Who wrote the mail that another one forwards: attached as a mail, or quoted under a line that says so.
fn forwarded_from(message: &Message<'_>, body: &str) -> Option<String> {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+").expect("a valid pattern"));
    let attached = message.parts.iter().find_map(|p| match &p.body {
        mail_parser::PartType::Message(inner) => person(inner.from()),
        _ => None,
    });
    if let Some(writer) = attached {
        return Some(writer.address);
    }
    let mut lines = body.lines();
    lines.find(|l| mail().forwarded.contains(&fold(l)))?;
    let from = lines.take(6).filter(|l| mail().from.begins(&fold(l)));
    let mut addresses = from.filter_map(|l| ADDRESS.find(l));
    addresses.next().map(|m| m.as_str().to_lowercase())
}

/// Clocks that were never set say 1970.
const FIRST_MAIL: Timestamp = Timestamp::constant(1_000_000_000, 0);

fn received(message: &Message<'_>) -> Option<Timestamp> {
    let date = message
        .received()
        .and_then(mail_parser::Received::date)
        .or_else(|| message.date().copied())?;
    let at = Timestamp::from_second(date.to_timestamp()).ok()?;
    (at >= FIRST_MAIL).then_some(at)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::BounceKind;
    use super::*;

    const OWN: &str = "bancspl@ldldtinh.example.vn";

    /// A mail of `tests/told.jsonl` and what it is to be taken for.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        case: String,
        class: Class,
        #[serde(default)]
        kind: Option<BounceKind>,
        from: Option<String>,
        /// The return path; none where the server wrote none.
        #[serde(default)]
        path: Option<String>,
        subject: String,
        /// Further fields of its head.
        #[serde(default)]
        head: Vec<String>,
        text: String,
        #[serde(default)]
        html: bool,
        /// Whether it is a `multipart/report`.
        #[serde(default)]
        report: bool,
        /// Recipient, action, status and diagnosis.
        #[serde(default)]
        status: Option<[String; 4]>,
        /// Of whom it is a receipt.
        #[serde(default)]
        receipt: Option<String>,
        /// `ours`: the head of a mail of ours; `our form`: with a file; `bounce`: a report of delivery.
        #[serde(default)]
        encloses: Option<String>,
        /// The name of a file.
        #[serde(default)]
        file: Option<String>,
    }

    impl Case {
        fn mail(&self) -> String {
            let text = if self.html { "html" } else { "plain" };
            let mut parts = vec![format!(
                "Content-Type: text/{text}; charset=utf-8\n\n{}\n",
                self.text
            )];
            parts.extend(self.status.as_ref().map(|[to, action, status, said]| {
                format!(
                    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; \
                     {to}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n"
                )
            }));
            parts.extend(self.receipt.as_ref().map(|to| {
                format!(
                    "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; {to}\nDisposition: \
                     automatic-action/MDN-sent-automatically; deleted\n"
                )
            }));
            let form = file("mau bao cao.docx");
            parts.extend(self.encloses.as_deref().map(|what| match what {
                "ours" => format!(
                    "Content-Type: message/rfc822\n\nMessage-ID: <thubaocao.1.a@ldldtinh.example.vn>\nFrom: {OWN}\nTo: \
                     a@b.example\nSubject: x\n\nx\n"
                ),
                "our form" => format!(
                    "Content-Type: message/rfc822\n\nFrom: {OWN}\nSubject: x\nMIME-Version: 1.0\nContent-Type: \
                     multipart/mixed; boundary=w\n\n--w\n{form}\n--w--\n"
                ),
                "bounce" => format!(
                    "Content-Type: message/rfc822\n\nFrom: MAILER-DAEMON@x.example\nSubject: Undelivered\n\n<{OWN}>: 550 \
                     5.1.1 User unknown\n"
                ),
                other => panic!("{other}: nothing of that name"),
            }));
            parts.extend(self.file.as_deref().map(file));
            let from = self.from.as_ref().map(|f| format!("From: {f}\n"));
            let path = self.path.as_ref().map(|p| format!("Return-Path: <{p}>\n"));
            let kind = match (self.report, &self.receipt) {
                (false, _) => "mixed",
                (true, None) => "report; report-type=delivery-status",
                (true, Some(_)) => "report; report-type=disposition-notification",
            };
            format!(
                "{}{}To: {OWN}\nSubject: {}\n{}MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary=q\n\n--q\n{}\n\
                 --q--\n",
                path.unwrap_or_default(),
                from.unwrap_or_default(),
                self.subject,
                self.head
                    .iter()
                    .map(|h| format!("{h}\n"))
                    .collect::<String>(),
                parts.join("\n--q\n"),
            )
        }
    }

    fn file(name: &str) -> String {
        format!(
            "Content-Type: application/octet-stream; name=\"{name}\"\nContent-Disposition: attachment; \
             filename=\"{name}\"\n\n%PDF-1.4\n"
        )
    }

    fn read_alone(raw: &[u8]) -> Reading {
        let settings = ReadingSettings {
            without_programs: true,
            ..ReadingSettings::default()
        };
        read(raw, &settings, &mut |_| Ok(())).unwrap()
    }

    #[test]
    fn lines_before_the_header_and_after_the_last_part_change_nothing() {
        let mail = format!(
            "From: <don.vi@example.vn>\nSubject: Bao cao\nMIME-Version: 1.0\nContent-Type: multipart/mixed; \
             boundary=q\n\n--q\n\nKinh gui Ban.\n--q\n{}\n--q--\n",
            file("57.pdf")
        );
        let plain = read_alone(mail.as_bytes());
        assert_eq!(plain.class, Class::Report);
        assert_eq!(plain.attachments.len(), 1);
        let after = "\nThis mail was scanned.\n-- \nhttps://example.vn\n";
        for (before, end, after) in [
            ("\n", "\n", ""),
            ("\r\n\r\n", "\r\n", ""),
            ("\r", "\r", ""),
            ("", "\n", after),
            ("\n\n", "\r\n", after),
        ] {
            let odd = format!("{before}{}", format!("{mail}{after}").replace('\n', end));
            let odd = read_alone(odd.as_bytes());
            assert_eq!(odd.class, plain.class, "{before:?}, {after:?}");
            assert_eq!(odd.sender, plain.sender, "{before:?}, {after:?}");
            assert_eq!(odd.body, plain.body, "{before:?}, {after:?}");
            let names = |reading: &Reading| {
                reading
                    .attachments
                    .iter()
                    .map(|a| a.name.clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(names(&odd), names(&plain), "{before:?}, {after:?}");
        }
        let nothing = read_alone(b"\n\r\n");
        assert_eq!(nothing.unread, Some(Unread::NoHeader));
    }

    #[test]
    fn a_text_with_the_name_of_a_file_is_a_file_wherever_it_stands() {
        let table = "STT;Ten\n1;An\n";
        let named = |kind: &str, disposition: &str| {
            format!("Content-Type: text/{kind}; name=\"bc 57.csv\"\n{disposition}\n{table}")
        };
        let inline = "Content-Disposition: inline; filename=\"bc 57.csv\"\n";
        let words = "Content-Type: text/plain\n\nKinh gui Ban.\n".to_owned();
        for parts in [
            vec![named("plain", inline)],
            vec![named("plain", inline), words.clone()],
            vec![words.clone(), named("plain", inline)],
            vec![named("html", inline), words.clone()],
            vec![named("plain", ""), words.clone()],
            vec![words, named("csv", inline)],
        ] {
            let mail = format!(
                "From: <don.vi@example.vn>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n--q\n{}\n\
                 --q--\n",
                parts.join("\n--q\n")
            );
            let reading = read_alone(mail.as_bytes());
            let files: Vec<_> = reading
                .attachments
                .iter()
                .map(|a| (a.name.as_str(), a.size))
                .collect();
            assert_eq!(files, [("bc 57.csv", table.len() as u64)], "{mail}");
            assert_eq!(reading.class, Class::Report, "{mail}");
        }
    }

    #[test]
    fn reports_of_delivery_automatic_answers_and_mails_of_people_are_told_apart() {
        let settings = ReadingSettings {
            own_addresses: vec![OWN.to_owned()],
            without_programs: true,
            ..ReadingSettings::default()
        };
        let mut wrong = Vec::new();
        let mut count = 0;
        for row in include_str!("../../tests/told.jsonl").lines() {
            let case: Case = serde_json::from_str(row).unwrap_or_else(|e| panic!("{row}: {e}"));
            let reading = read(case.mail().as_bytes(), &settings, &mut |_| Ok(())).unwrap();
            let kind = reading.bounce.map(|b| b.kind);
            if (reading.class, kind) != (case.class, case.kind) {
                wrong.push(format!("{}: {:?}, {kind:?}", case.case, reading.class));
            }
            count += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count >= 70, "only {count} cases");
    }
}
