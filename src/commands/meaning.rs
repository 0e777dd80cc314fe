//! What a mail of staff asks for, and by what right. Pure: facts in, a [`Meaning`] out.
//!
//! - A code counts that stands among the sender's own words and was sent to his address, but not in an answer to somebody
//!   else's mail: what is quoted there may look like his words.
//! - Whoever answers a digest that was sent to him needs no code: his words name the item, and the digest is his right to
//!   it. A code that is quoted counts there only where the words ask for something, and name no item.
//! - "Hoàn tác" in answer to what we said of a command takes that command back.
//! - Who asks to be told something answers a letter of ours that was sent to him: the answer goes to him alone, and changes
//!   nothing.
//! - Words that ask for something without any right to it are refused, with the way to it, rather than passed over: who
//!   wrote them believes that it is done; so are words to us alone that ask for nothing known. What brings a document, or
//!   talks with somebody else, asks for nothing.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::consent::{self, Consent};
use super::inquiry::Inquiry;
use super::said::{
    ASK_IN_REPLY, EXPIRED, HOW_TO_SAY, IN_ANOTHER_MAIL, INVALID, LOST, NO_CODE, NO_LONGER,
    NOTHING_DONE, OF_ANOTHER, OF_ANOTHER_DIGEST, QUOTED, SETTLED, TOO_OLD, UNDO_UNCLEAR, WHICH,
    WHICH_TO_UNDO, differs, in_words,
};
pub(crate) use super::said::{ONE_AT_A_TIME, UNCLEAR};
use super::words;
use crate::domain::row::{ChangeId, SubmissionId};
use crate::ground::text::fold;
use crate::links::last_day;
use crate::links::token::{Action, Item, Token};

/// A mail of staff, as far as it says what is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'m> {
    /// The sender's own words.
    pub words: &'m str,
    /// The same without what names the things that they are about.
    pub said: &'m str,
    /// Codes among them.
    pub own: &'m [String],
    /// Codes in what is quoted.
    pub quoted: &'m [String],
    /// What it answers itself.
    pub answers: Answers,
    /// The last digest sent to this address that its thread names.
    pub digest: Option<Digest>,
    /// What its words select by the name of a unit, or what is asked back; `None` where they name no unit.
    pub of_unit: Option<&'m Result<Item, String>>,
    /// The day (Vietnam) on which it was received.
    pub received: Date,
    /// Whether it may be a report or a request of a unit: it brings a file, a link or somebody else's mail, or is from an
    /// address of the register.
    pub may_report: bool,
    /// What its words ask to be told.
    pub inquiry: Option<&'m Inquiry>,
    /// The day (Vietnam) on which the letter of ours to this address left that it answers itself, where that is no older
    /// than the key of the codes.
    pub letter: Option<Date>,
    /// Whether it goes to us alone, tells of no report, and is not from before the installation.
    pub to_us_alone: bool,
}

/// What a mail answers itself (In-Reply-To).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    Nothing,
    /// A mail that we did not send to this address.
    Another,
    /// A mail of ours that the store does not know any more: it was laid out from a backup of before.
    Lost,
    Digest,
    /// A digest that was sent to another of staff.
    DigestOfAnother,
    /// A letter of ours that asked to confirm a command.
    Question,
    /// What we said of a command, by the change that it made, if it made one; and the day of that.
    Command(Option<ChangeId>, Date),
    /// What we said of several commands.
    Commands,
    /// What we told who asked.
    Inquiry,
}

/// A digest that was sent to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Its day (Vietnam).
    pub day: Date,
    /// Whether it is no older than the key of the codes.
    pub holds: bool,
}

/// By what codes are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes<'c> {
    pub key: &'c [u8],
    /// The address of the sender, lower case.
    pub address: &'c str,
    /// The addresses of staff, lower case.
    pub staff: &'c [String],
}

impl Codes<'_> {
    fn read(&self, code: &str) -> Option<Token> {
        Token::verified(code, self.key, self.address)
    }

    fn is_of_another(&self, code: &str) -> bool {
        let mut others = self.staff.iter();
        others.any(|other| Token::verified(code, self.key, other).is_some())
    }
}

/// What a mail of staff asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing: a mail like any other.
    Nothing,
    /// Something that is not done; why, in words for staff.
    Refused(String),
    /// What a token allows.
    Command {
        /// What is allowed.
        token: Token,
        /// The code of it, which is used up once.
        code: String,
    },
    /// To be told something.
    Inquiry(Inquiry),
    /// Nothing that is known, of us alone; what whoever surely is one of staff is told.
    Unclear(&'static str),
}

pub(crate) fn meaning(mail: &Facts<'_>, codes: &Codes<'_>) -> Meaning {
    let refused = |why: &str| Meaning::Refused(why.to_owned());
    if !mail.own.is_empty() {
        return by_own_code(mail, codes).unwrap_or_else(Meaning::Refused);
    }
    let action = words::action(mail.said);
    let named = items_in(mail.words);
    if mail.answers == Answers::Question {
        // One that is not settled is looked at before.
        return match (consent::of(mail.words), action) {
            (Consent::Yes, _) => refused(SETTLED),
            (_, Some(_)) => refused(WHICH),
            (_, None) => Meaning::Nothing,
        };
    }
    if let Some(inquiry) = mail.inquiry {
        return inquired(mail, inquiry);
    }
    let is_unclear = !mail.may_report && !words::is_courtesy(mail.said);
    if action.is_none() && named.is_empty() {
        return of_no_action(mail, is_unclear);
    }
    if action == Some(Action::Undo)
        && let Some(undone) = undo(mail, codes)
    {
        return undone;
    }
    let Some(digest) = mail.digest else {
        let has_code = mail.quoted.iter().any(|code| codes.read(code).is_some());
        return match (mail.answers, &action) {
            (Answers::Nothing, Some(_)) if has_code => refused(QUOTED),
            (Answers::Nothing, Some(_))
                if !mail.may_report && (words::asks(mail.said) || !named.is_empty()) =>
            {
                refused(NO_CODE)
            }
            (Answers::Nothing, _) if is_unclear && mail.to_us_alone => Meaning::Unclear(HOW_TO_SAY),
            (Answers::DigestOfAnother, _) if !mail.may_report => refused(OF_ANOTHER_DIGEST),
            (Answers::Lost, _) if !mail.may_report => refused(LOST),
            (Answers::Inquiry, Some(_)) => refused(NO_CODE),
            (Answers::Command(..) | Answers::Commands, Some(_)) => refused(WHICH),
            _ => Meaning::Nothing,
        };
    };
    let directly = match mail.answers {
        Answers::Digest | Answers::Command(..) | Answers::Commands | Answers::Inquiry => true,
        Answers::Nothing
        | Answers::Another
        | Answers::Lost
        | Answers::DigestOfAnother
        | Answers::Question => false,
    };
    if !directly && (named.is_empty() || action.is_none()) {
        return Meaning::Nothing; // a talk that began with the digest
    }
    if !digest.holds {
        return refused(NO_LONGER);
    }
    if mail.received > last_day(digest.day) {
        return refused(TOO_OLD);
    }
    if action.is_none() {
        return refused(UNCLEAR);
    }
    match (named.as_slice(), mail.of_unit) {
        ([item], _) | ([], Some(Ok(item))) => granted(*item, Action::Any, digest.day, codes),
        ([], Some(Err(why))) => Meaning::Refused(why.clone()),
        ([], None) => quoted(mail, codes, digest),
        _ => refused(ONE_AT_A_TIME),
    }
}

/// What becomes of words that ask for no action and name nothing. `is_unclear`: they are no thanks, either.
fn of_no_action(mail: &Facts<'_>, is_unclear: bool) -> Meaning {
    let why = match mail.answers {
        Answers::Digest | Answers::Command(..) | Answers::Commands
            if words::speaks_of(mail.said, &Action::Undo) =>
        {
            UNDO_UNCLEAR
        }
        Answers::Digest | Answers::Command(..) | Answers::Commands | Answers::Inquiry
            if is_unclear =>
        {
            UNCLEAR
        }
        Answers::Nothing if is_unclear && mail.to_us_alone => {
            return Meaning::Unclear(HOW_TO_SAY);
        }
        _ => return Meaning::Nothing,
    };
    Meaning::Refused(why.to_owned())
}

/// What becomes of words that ask to be told something. How to ask is told to anybody of staff.
fn inquired(mail: &Facts<'_>, inquiry: &Inquiry) -> Meaning {
    let refused = |why: &str| Meaning::Refused(why.to_owned());
    match (mail.answers, mail.letter) {
        (_, Some(day)) if mail.received <= last_day(day) => Meaning::Inquiry(inquiry.clone()),
        (_, Some(_)) => refused(TOO_OLD),
        (_, None) if mail.may_report => Meaning::Nothing,
        (Answers::Nothing, None) if !mail.to_us_alone => Meaning::Nothing,
        (Answers::Nothing, None) if *inquiry == Inquiry::Help => Meaning::Inquiry(Inquiry::Help),
        (Answers::Nothing, None) => Meaning::Unclear(ASK_IN_REPLY),
        (Answers::DigestOfAnother, None) => refused(OF_ANOTHER_DIGEST),
        (Answers::Lost, None) => refused(LOST),
        (Answers::Digest | Answers::Command(..) | Answers::Commands | Answers::Inquiry, None) => {
            refused(NO_LONGER)
        }
        (Answers::Another | Answers::Question, None) => Meaning::Nothing,
    }
}

/// "Hoàn tác" in answer to what was said of commands, or to a digest; `None` where it answers neither.
fn undo(mail: &Facts<'_>, codes: &Codes<'_>) -> Option<Meaning> {
    let why = match mail.answers {
        Answers::Command(Some(row), day) if mail.received <= last_day(day) => {
            return Some(granted(Item::Change(row), Action::Undo, day, codes));
        }
        Answers::Command(Some(_), _) => EXPIRED,
        Answers::Command(None, _) => NOTHING_DONE,
        Answers::Commands => WHICH_TO_UNDO,
        Answers::Inquiry => NOTHING_DONE,
        Answers::Digest => UNDO_UNCLEAR, // it says nothing of what became of an order
        Answers::Nothing
        | Answers::Another
        | Answers::Lost
        | Answers::DigestOfAnother
        | Answers::Question => {
            return None;
        }
    };
    Some(Meaning::Refused(why.to_owned()))
}

/// The only code of a digest that a mail quotes, where its words name nothing.
fn quoted(mail: &Facts<'_>, codes: &Codes<'_>, digest: Digest) -> Meaning {
    let read = |code: &String| Some((code.clone(), codes.read(code)?));
    let of_it = |(_, token): &(String, Token)| {
        token.action == Action::Any && token.expires == last_day(digest.day)
    };
    let quoted: Vec<_> = mail.quoted.iter().filter_map(read).filter(of_it).collect();
    match <[_; 1]>::try_from(quoted) {
        Ok([(code, token)]) => Meaning::Command { token, code },
        Err(_) => Meaning::Refused(WHICH.to_owned()), // none, or several
    }
}

/// What a mail that was sent on a day gives the right to.
fn granted(item: Item, action: Action, day: Date, codes: &Codes<'_>) -> Meaning {
    let token = Token {
        item,
        action,
        expires: last_day(day),
    };
    let code = token.signed(codes.key, codes.address);
    Meaning::Command { token, code }
}

fn by_own_code(mail: &Facts<'_>, codes: &Codes<'_>) -> Result<Meaning, String> {
    let read = |code: &String| Some((code.clone(), codes.read(code)?));
    let valid: Vec<(String, Token)> = mail.own.iter().filter_map(read).collect();
    if matches!(mail.answers, Answers::Another | Answers::DigestOfAnother) {
        return match valid.is_empty() {
            true => Ok(Meaning::Nothing),
            false => Err(IN_ANOTHER_MAIL.into()),
        };
    }
    if valid.is_empty() {
        let of_another = mail.own.iter().any(|code| codes.is_of_another(code));
        return Err(if of_another { OF_ANOTHER } else { INVALID }.into());
    }
    let (code, token) = the_one_meant(valid, mail.words)?;
    // The day on which it was sent counts, not the one on which it is read.
    if mail.received > token.expires {
        return Err(EXPIRED.into());
    }
    if let Some(said) = contradiction(token.item, mail.words) {
        return Err(said);
    }
    Ok(Meaning::Command { token, code })
}

/// The token that a mail means: the only one, or the one whose item its text names by number.
fn the_one_meant(mut valid: Vec<(String, Token)>, text: &str) -> Result<(String, Token), String> {
    if valid.len() > 1 {
        let said = format!(" {} ", fold(text));
        valid.retain(|(_, t)| match t.item {
            Item::Mail(id) => {
                said.contains(&format!(" thu so {id} ")) || said.contains(&format!(" thu {id} "))
            }
            Item::Submission(id) => said.contains(&format!(" {id:05} ")),
            Item::Obligation(_)
            | Item::Change(_)
            | Item::Contact(_)
            | Item::Outgoing(_)
            | Item::Listed(..)
            | Item::News(_) => false,
        });
    }
    <[_; 1]>::try_from(valid)
        .map(|[one]| one)
        .map_err(|_| WHICH.to_owned())
}

static MAIL: LazyLock<Regex> = LazyLock::new(|| {
    // Without marks "thu 2" may be Monday.
    Regex::new(r"(?i)\b(?:thư\s+(?:số\s+)?|thu\s+so\s+)(\d{1,9})\b").expect("a valid pattern")
});

static SUBMISSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bBC[- ]?((?:19|20)\d{2})[- ]?(\d{5,9})\b").expect("a valid pattern")
});

/// The mails and submissions that a text names by number, each once.
fn items_in(text: &str) -> Vec<Item> {
    let text: String = text.nfc().collect();
    let mails = MAIL.captures_iter(&text).filter_map(|c| c[1].parse().ok());
    let mails = mails.map(Item::Mail);
    let submissions = SUBMISSION.captures_iter(&text);
    let submissions = submissions.filter_map(|c| c[2].parse().ok());
    let mut items: Vec<Item> = Vec::new();
    for item in mails.chain(submissions.map(Item::Submission)) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// The receipt code by which a text names a submission of a number, where that has another one: it is of another year.
pub(super) fn another_year(text: &str, number: SubmissionId, code: &str) -> Option<String> {
    let text: String = text.nfc().collect();
    let named = SUBMISSION.captures_iter(&text).filter_map(|c| {
        let of_it = c[2].parse() == Ok(number);
        of_it.then(|| format!("BC-{}-{number:05}", &c[1]))
    });
    named.into_iter().find(|named| named != code)
}

/// A line without the numbers of mails and submissions by which it names what it is about.
pub(super) fn without_numbers(line: &str) -> String {
    let line: String = line.nfc().collect();
    let line = MAIL.replace_all(&line, " ");
    SUBMISSION.replace_all(&line, " ").into_owned()
}

/// What is asked where a text names another item than the one of its token. A reason may name others; the first line
/// says what is meant.
fn contradiction(item: Item, text: &str) -> Option<String> {
    let of_token = in_words(item)?;
    let first = words::first_line(text).map(items_in).unwrap_or_default();
    let all = items_in(text);
    let contradicts = match first.as_slice() {
        [] => !all.is_empty() && !all.contains(&item),
        some => some != [item],
    };
    let others: Vec<String> = all
        .into_iter()
        .filter(|other| *other != item)
        .filter_map(in_words)
        .collect();
    contradicts.then(|| differs(&of_token, &others.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::inquiry::Sought;
    use super::*;
    use crate::domain::row::{MessageId, ObligationId};
    use jiff::civil::date;

    const ME: &str = "a@x.example";
    const DAY: Date = date(2026, 6, 15);

    fn codes(staff: &[String]) -> Codes<'_> {
        Codes {
            key: b"key",
            address: ME,
            staff,
        }
    }

    fn token(item: Item, action: Action) -> Token {
        Token {
            item,
            action,
            expires: last_day(DAY),
        }
    }

    fn code(item: Item, action: Action, to: &str) -> String {
        token(item, action).signed(b"key", to)
    }

    /// What a mail means, in short.
    fn short(mail: &Facts<'_>) -> String {
        let staff = [ME.to_owned(), "b@x.example".to_owned()];
        match meaning(mail, &codes(&staff)) {
            Meaning::Nothing => "nothing".into(),
            Meaning::Refused(why) => why,
            Meaning::Command { token, .. } => token.to_string(),
            Meaning::Inquiry(_) => "inquiry".into(),
            Meaning::Unclear(why) => why.into(),
        }
    }

    #[test]
    fn who_asks_is_told_in_answer_to_an_own_letter_of_the_last_month_and_how_to_ask_always() {
        let sought = Inquiry::Find(Sought {
            words: "tai nạn".into(),
            year: None,
        });
        let (no, ours, theirs) = (Answers::Nothing, Answers::Digest, Answers::Another);
        let (his, lost, told) = (Answers::DigestOfAnother, Answers::Lost, Answers::Inquiry);
        let (june, may) = (Some(DAY), Some(date(2026, 5, 1)));
        for (inquiry, answers, letter, expected) in [
            (&sought, ours, june, "inquiry"),
            (&sought, told, june, "inquiry"),
            (&sought, Answers::Commands, june, "inquiry"),
            (&sought, ours, may, TOO_OLD),
            (&sought, ours, None, NO_LONGER),
            (&sought, no, None, ASK_IN_REPLY),
            (&sought, theirs, None, "nothing"),
            (&sought, his, None, OF_ANOTHER_DIGEST),
            (&sought, lost, None, LOST),
            (&Inquiry::Help, no, None, "inquiry"),
            (&Inquiry::Help, ours, june, "inquiry"),
            (&Inquiry::Help, theirs, None, "nothing"),
        ] {
            for (may_report, to_us_alone) in [(false, true), (true, true), (false, false)] {
                let mail = Facts {
                    words: "tìm gì đó",
                    said: "tìm gì đó",
                    own: &[],
                    quoted: &[],
                    answers,
                    digest: None,
                    of_unit: None,
                    received: date(2026, 6, 20),
                    may_report,
                    inquiry: Some(inquiry),
                    letter,
                    to_us_alone,
                };
                let expected = match (letter, answers) {
                    (None, _) if may_report => "nothing",
                    (None, Answers::Nothing) if !to_us_alone => "nothing",
                    _ => expected,
                };
                assert_eq!(short(&mail), expected, "{inquiry:?} {answers:?} {letter:?}");
            }
        }
    }

    #[test]
    fn a_receipt_code_of_another_year_names_another_report() {
        let other = |text| another_year(text, SubmissionId(1), "BC-2026-00001");
        assert_eq!(
            other("BC-2025-00001: duyệt").as_deref(),
            Some("BC-2025-00001")
        );
        assert_eq!(other("bc 2026 00001: duyệt"), None);
        assert_eq!(other("duyệt, giống BC-2025-00002"), None);
    }

    #[test]
    fn an_own_code_is_a_right_unless_the_mail_answers_somebody_else() {
        let ignore = code(Item::Mail(MessageId(9)), Action::Ignore, ME);
        let his = code(Item::Mail(MessageId(9)), Action::Ignore, "b@x.example");
        let forged = ignore.replace("m9", "m8");
        let words = "Thư số 9 không phải báo cáo";
        let change = Answers::Command(Some(ChangeId(3)), DAY);
        let done = "m9.ignore.20260715";
        for (own, words, answers, received, expected) in [
            (&ignore, words, Answers::Nothing, DAY, done),
            (&ignore, "", Answers::Nothing, DAY, done),
            (&ignore, "xong", Answers::Digest, DAY, done),
            (&ignore, "xong", change, DAY, done),
            (&ignore, words, Answers::Another, DAY, IN_ANOTHER_MAIL),
            (&his, words, Answers::Nothing, DAY, OF_ANOTHER),
            (&his, words, Answers::Another, DAY, "nothing"),
            (&forged, words, Answers::Nothing, DAY, INVALID),
            (&ignore, words, Answers::Nothing, date(2026, 7, 15), done),
            (&ignore, words, Answers::Nothing, date(2026, 7, 16), EXPIRED),
        ] {
            let own = [own.clone()];
            let mail = Facts {
                words,
                said: &without_numbers(words),
                own: &own,
                quoted: &[],
                answers,
                digest: None,
                of_unit: None,
                received,
                may_report: false,
                inquiry: None,
                letter: None,
                to_us_alone: false,
            };
            assert_eq!(short(&mail), expected, "{words:?} {answers:?} {received}");
        }
    }

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of words and codes, and what they mean"
    )]
    fn words_in_answer_to_an_own_digest_are_a_right_and_quoted_codes_are_none_of_their_own() {
        let any = |n| code(Item::Mail(n), Action::Any, ME);
        let one = [any(MessageId(9))];
        let two = [any(MessageId(9)), any(MessageId(11))];
        let fixed = [code(Item::Mail(MessageId(9)), Action::Ignore, ME)];
        let none: [String; 0] = [];
        let digest = Some(Digest {
            day: DAY,
            holds: true,
        });
        let lapsed = Some(Digest {
            day: DAY,
            holds: false,
        });
        let old = Some(Digest {
            day: date(2026, 5, 1),
            holds: true,
        });
        let (no, ours, theirs) = (Answers::Nothing, Answers::Digest, Answers::Another);
        let (his, letter) = (Answers::DigestOfAnother, Answers::Question);
        let undone = Answers::Command(Some(ChangeId(3)), DAY);
        let (many, lost, told) = (Answers::Commands, Answers::Lost, Answers::Inquiry);
        let nothing_done = Answers::Command(None, DAY);
        type Case<'c> = (&'c str, &'c [String], Answers, Option<Digest>, &'c str);
        let cases: [Case<'_>; 56] = [
            ("Cảm ơn em", &two, ours, digest, "nothing"),
            ("Cảm ơn anh", &fixed, theirs, None, "nothing"),
            ("Không phải báo cáo", &fixed, theirs, None, "nothing"),
            ("Không phải báo cáo", &fixed, theirs, digest, "nothing"),
            ("Không phải báo cáo", &fixed, no, None, QUOTED),
            ("Không phải báo cáo", &none, no, None, NO_CODE),
            ("Không phải báo cáo", &fixed, ours, digest, WHICH),
            ("Không phải báo cáo", &one, ours, digest, "m9.any.20260715"),
            ("Không phải báo cáo", &two, ours, digest, WHICH),
            ("Không phải báo cáo", &none, ours, digest, WHICH),
            (
                "Thư số 9: không phải báo cáo",
                &none,
                ours,
                digest,
                "m9.any.20260715",
            ),
            (
                "thu so 9 khong phai bao cao",
                &none,
                ours,
                digest,
                "m9.any.20260715",
            ),
            (
                "Thư số 11: không phải báo cáo",
                &one,
                ours,
                digest,
                "m11.any.20260715",
            ),
            (
                "Thư số 9: không phải báo cáo",
                &none,
                theirs,
                digest,
                "m9.any.20260715",
            ),
            (
                "Thư số 9: không phải báo cáo",
                &none,
                theirs,
                None,
                "nothing",
            ),
            ("Thư số 9: không phải báo cáo", &none, no, None, NO_CODE),
            // Whoever writes to us of other things is told how to say what he means.
            ("Đồng ý", &none, no, None, HOW_TO_SAY),
            ("Thư này là của ai", &none, no, None, HOW_TO_SAY),
            ("Thư số 9 là của ai?", &none, no, None, HOW_TO_SAY),
            (
                "Đề nghị gửi cho chị bảng tổng hợp",
                &none,
                no,
                None,
                HOW_TO_SAY,
            ),
            ("Cảm ơn em", &none, no, None, "nothing"),
            ("Thư số 9: bỏ qua", &none, told, None, NO_CODE),
            ("Thư số 9: bỏ qua", &none, told, digest, "m9.any.20260715"),
            ("Chiều nay họp", &none, told, None, UNCLEAR),
            ("Cảm ơn em", &none, told, None, "nothing"),
            ("hoàn tác", &none, told, None, NOTHING_DONE),
            ("Thư số 9: bỏ qua", &none, his, None, OF_ANOTHER_DIGEST),
            ("Thư số 9: bỏ qua", &none, his, digest, "m9.any.20260715"),
            ("Cảm ơn anh", &none, his, None, "nothing"),
            ("Thư số 9: bỏ qua", &none, lost, None, LOST),
            ("hoàn tác", &none, lost, None, LOST),
            ("Cảm ơn anh", &none, lost, None, "nothing"),
            ("Đúng", &none, letter, None, SETTLED),
            ("Cảm ơn em", &none, letter, None, "nothing"),
            ("Duyệt", &none, letter, None, WHICH),
            // What nobody understands is no thanks.
            ("Chưa duyệt", &none, ours, digest, UNCLEAR),
            ("Đơn vị nào chưa nộp?", &none, ours, digest, UNCLEAR),
            (
                "Chào em,\nđã nhận, cảm ơn em nhé!",
                &none,
                ours,
                digest,
                "nothing",
            ),
            ("", &none, ours, digest, "nothing"),
            ("Thư số 9: không phải báo cáo", &none, ours, old, TOO_OLD),
            (
                "Thư số 9: không phải báo cáo",
                &none,
                ours,
                lapsed,
                NO_LONGER,
            ),
            (
                "Thư số 9 và thư số 11 không phải báo cáo",
                &none,
                ours,
                digest,
                ONE_AT_A_TIME,
            ),
            ("Thư số 9 là của ai?", &none, ours, digest, UNCLEAR),
            ("Thư số 9 là của ai?", &none, theirs, digest, "nothing"),
            (
                "Duyệt BC-2026-00017",
                &one,
                ours,
                digest,
                "s17.any.20260715",
            ),
            ("Thứ 2 duyệt", &one, ours, digest, "m9.any.20260715"),
            ("hoàn tác", &none, undone, None, "c3.undo.20260715"),
            ("hoàn tác", &none, many, None, WHICH_TO_UNDO),
            ("hoàn tác", &none, nothing_done, None, NOTHING_DONE),
            ("có hoàn tác được không?", &none, undone, None, UNDO_UNCLEAR),
            ("đừng hoàn tác", &none, undone, None, UNDO_UNCLEAR),
            ("Cảm ơn em", &none, undone, None, "nothing"),
            (
                "ok e, chị nhận được rồi nhé",
                &none,
                ours,
                digest,
                "nothing",
            ),
            ("oki c nha", &none, ours, digest, "nothing"),
            ("duyệt", &none, undone, None, WHICH),
            ("hoàn tác", &fixed, theirs, None, "nothing"),
        ];
        for (words, quoted, answers, digest, expected) in cases {
            let mail = Facts {
                words,
                said: &without_numbers(words),
                own: &[],
                quoted,
                answers,
                digest,
                of_unit: None,
                received: date(2026, 6, 20),
                may_report: false,
                inquiry: None,
                letter: None,
                to_us_alone: true,
            };
            assert_eq!(short(&mail), expected, "{words:?} {answers:?} {digest:?}");
        }
        // A report, or what a unit asks for, is never taken for words without a right.
        for (words, answers, digest) in [
            ("Gửi lại báo cáo đã duyệt", no, None),
            ("Thư số 9: không phải báo cáo", no, None),
            ("Thư số 9: không phải báo cáo", his, None),
            ("Báo cáo của huyện Tuy An", ours, digest),
        ] {
            let mail = Facts {
                words,
                said: &without_numbers(words),
                own: &[],
                quoted: &[],
                answers,
                digest,
                of_unit: None,
                received: date(2026, 6, 20),
                may_report: true,
                inquiry: None,
                letter: None,
                to_us_alone: true,
            };
            assert_eq!(short(&mail), "nothing", "{words:?} {answers:?}");
        }
    }

    #[test]
    fn the_item_of_the_words_is_the_item_of_the_code_or_it_is_asked() {
        for (item, words, agrees) in [
            (
                Item::Mail(MessageId(9)),
                "Thư số 9 không phải báo cáo",
                true,
            ),
            (Item::Mail(MessageId(9)), "Không phải báo cáo", true),
            (Item::Mail(MessageId(9)), "thứ 2 xử lý", true),
            (
                Item::Mail(MessageId(9)),
                "Thư số 11 không phải báo cáo",
                false,
            ),
            (
                Item::Mail(MessageId(9)),
                "Thư số 9 và thư 11 không phải báo cáo",
                false,
            ),
            (
                Item::Mail(MessageId(9)),
                "Kính gửi hệ thống,\nThư số 11 nhé",
                false,
            ),
            (Item::Mail(MessageId(9)), "Xong\nthư số 11", false),
            (Item::Mail(MessageId(9)), "Duyệt BC-2026-00009", false),
            (
                Item::Submission(SubmissionId(17)),
                "Trả lại báo cáo BC-2026-00017\nLý do: trùng BC-2026-00012, xem thư số 5",
                true,
            ),
            (
                Item::Submission(SubmissionId(17)),
                "Trả lại báo cáo BC-2026-00012",
                false,
            ),
            (
                Item::Obligation(ObligationId(3)),
                "Đã nhận bản giấy, xem thư số 5",
                true,
            ),
            (
                Item::Change(ChangeId(3)),
                "Hoàn tác việc gán thư số 5",
                true,
            ),
        ] {
            assert_eq!(contradiction(item, words).is_none(), agrees, "{words}");
        }
        assert!(items_in("Vi\u{323}ệc: thu\u{31b} số 9, gán").contains(&Item::Mail(MessageId(9))));
    }
}
