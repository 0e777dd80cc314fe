//! Why a mail came back: whether the address is at fault, by what servers say and by status codes (RFC 3463).

use std::sync::LazyLock;

use regex::Regex;

use super::fields::Block;
use super::notice::{addresses, without_addresses};
use crate::ground::text::fold;
use crate::words::mail;

static STATUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^0-9.])").expect("a valid pattern")
});

/// The ways of naming the command that was answered.
static AT_SENDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:reply to|after|following|during|like our)\s+(?:the\s+)?(?:mail from|helo|ehlo)\b|\bsmtp:(?:mail|helo|ehlo)\b",
    )
    .expect("a valid pattern")
});
static AT_RECIPIENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:reply to|after|following|during|like our)\s+(?:the\s+)?rcpt\b|\[rcpt_to\]|\bsmtp:rcpt\b|\bsent:\s+rcpt to\b|\bdoes not like recipient\b",
    )
    .expect("a valid pattern")
});
static AT_DATA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:reply to|after|following|during|like our)\s+(?:the\s+)?(?:end of\s+)?data\b|smtp command\s+data\b")
        .expect("a valid pattern")
});

/// The first status code in a text.
pub(super) fn status_in(text: &str) -> Option<String> {
    STATUS.captures(text).map(|c| c[1].to_owned())
}

/// The command that a server answered (RFC 5321, 4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// HELO and MAIL: the answer is about us.
    Sender,
    /// RCPT: the answer is about the address.
    Recipient,
    /// DATA and its end: the answer is about the mail, or a filter of the user's hides behind it.
    Data,
    Unknown,
}

/// What a bounce says in words.
pub(super) struct Said<'n> {
    /// The text that people read.
    pub notice: &'n str,
    /// Whether it speaks of one recipient only, so that the whole text is about that one.
    pub alone: bool,
}

impl Said<'_> {
    /// Whether the address of a failure is at fault: by what the far server said, else by the lines about the
    /// address, else by the whole text.
    pub(super) fn blames_the_address(&self, failure: &Block) -> bool {
        let lines = failure
            .recipient
            .as_deref()
            .map(|r| lines_about(self.notice, r))
            .unwrap_or_default();
        let stage = if self.alone {
            stage_of(self.notice)
        } else {
            stage_of(&lines)
        };
        let whole = if self.alone { self.notice } else { "" };
        if mail().of_the_whole.is_part_of(&plain(whole)) {
            return false;
        }
        let status = failure.status.as_deref();
        [failure.diagnosis.as_str(), &lines, whole]
            .into_iter()
            .filter(|text| !text.trim().is_empty())
            .find_map(|text| verdict(text, status, stage, failure.recipient.is_some()))
            .unwrap_or_else(|| status.is_some_and(is_of_address))
    }
}

/// Whether a text blames the address, if it says anything of it. The first line that applies:
///
/// | what is said | is the address at fault? |
/// |---|---|
/// | it was answered to MAIL or HELO, or by 5.1.7 or 5.1.8: we are not liked | no |
/// | there is no such host, or it takes no mail at all (556, RFC 7504), and not for now only | yes |
/// | there is no such user, in words behind which nothing else hides | yes |
/// | the box is full, the way is blocked, too much comes, the mail is not liked | no |
/// | 5.1.1 and its like | yes |
/// | the user is put out of use for now | no |
/// | there is no such user: at RCPT, or where he is named and no 5.7.x speaks of a filter | yes |
/// | the same of a mail that was refused as a whole (DATA): filters say so, too | only with 5.1.1 |
///
/// 521, 5.7.x and the words of a blocked sender say nothing of the address.
fn verdict(text: &str, status: Option<&str>, stage: Stage, named: bool) -> Option<bool> {
    let said = plain(text);
    let in_text = status_in(text);
    let code = in_text.as_deref().or(status).unwrap_or("");
    if stage == Stage::Sender || matches!(code, "5.1.7" | "5.1.8") {
        return Some(false);
    }
    let for_now = mail().for_now.is_part_of(&said);
    if !for_now && (mail().no_host.is_part_of(&said) || said.contains(" 556 ")) {
        return Some(true);
    }
    if mail().surely_no_user.is_part_of(&said) {
        return Some(true);
    }
    if for_now || mail().not_the_address.is_part_of(&said) {
        return Some(false);
    }
    if in_text.as_deref().is_some_and(is_of_address) {
        return Some(true);
    }
    if mail().suspended.is_part_of(&said) {
        return Some(false);
    }
    let believed = match stage {
        Stage::Recipient => true,
        Stage::Unknown => named && !code.starts_with("5.7.") || is_of_address(code),
        Stage::Sender | Stage::Data => is_of_address(code),
    };
    mail().no_user.is_part_of(&said).then_some(believed)
}

/// Whether a status code says that the address is wrong (RFC 3463, 3.2; RFC 7505; 5.1.351 of Exchange).
fn is_of_address(code: &str) -> bool {
    matches!(
        code,
        "5.1.0" | "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.1.351"
    )
}

/// Folded, without addresses, whose words mean nothing; a space at both ends.
fn plain(text: &str) -> String {
    format!(" {} ", fold(&without_addresses(text)))
}

/// The lines that name an address, each with those after it that name no other.
fn lines_about(notice: &str, address: &str) -> String {
    let mut about = String::new();
    let mut open = false;
    for line in notice.lines() {
        let named = addresses(line);
        let answer = line
            .get(..3)
            .is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit()));
        if named.iter().any(|a| a == address) {
            open = true;
        } else if !named.is_empty() || answer || line.trim().is_empty() {
            open = false;
        }
        if open {
            about += line.trim();
            about.push('\n');
        }
    }
    about
}

/// The command whose answer a notice tells, by the ways that servers write it.
fn stage_of(notice: &str) -> Stage {
    // Transcripts: `>>> DATA` and the answers `<<< 550 …` after it.
    let mut last = Stage::Unknown;
    for line in notice.lines().map(|l| l.trim().to_ascii_lowercase()) {
        if let Some(command) = line.strip_prefix(">>>") {
            let command = command.trim_start();
            last = if command.starts_with("mail") {
                Stage::Sender
            } else if command.starts_with("rcpt") {
                Stage::Recipient
            } else if command.starts_with("data") || command == "." {
                Stage::Data
            } else {
                Stage::Unknown
            };
        } else if line.starts_with("<<< 5") && last != Stage::Unknown {
            return last;
        }
    }
    if AT_SENDER.is_match(notice) {
        Stage::Sender
    } else if AT_DATA.is_match(notice) {
        Stage::Data
    } else if AT_RECIPIENT.is_match(notice) {
        Stage::Recipient
    } else {
        Stage::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(notice: &str, recipient: &str, status: Option<&str>) -> bool {
        let said = Said {
            notice,
            alone: true,
        };
        said.blames_the_address(&Block {
            recipient: Some(recipient.into()),
            status: status.map(str::to_owned),
            ..Block::default()
        })
    }

    #[test]
    fn an_unknown_user_is_believed_at_rcpt_and_not_after_the_mail_was_handed_over() {
        let at = |stage: &str| {
            let notice =
                format!("<a@x.example>: host mx said: 550 User unknown (in reply to {stage})");
            blamed(&notice, "a@x.example", None)
        };
        assert!(at("RCPT TO command"));
        assert!(!at("end of DATA command"));
        assert!(blamed(
            "a@x.example\n   hMailServer sent: RCPT TO:<a@x.example>\n   Remote server replied: 550 Unknown user",
            "a@x.example",
            None
        ));
        assert!(blamed(
            "a@x.example: Hộp thư không tồn tại",
            "a@x.example",
            None
        ));
        assert!(!blamed("a@x.example: Hộp thư đã đầy", "a@x.example", None));
        assert!(blamed(
            "<a@x.example>: 550 5.1.1 User unknown",
            "a@x.example",
            None
        ));
    }

    #[test]
    fn words_in_an_address_say_nothing() {
        let notice = "<does-not-exist@quota.example>: 452 try again later";
        assert!(!blamed(
            notice,
            "does-not-exist@quota.example",
            Some("4.2.0")
        ));
    }

    #[test]
    fn each_recipient_has_its_own_reason() {
        let notice = "\"a@x.example\":\nafter RCPT command:\n5.2.2 <a@x.example>... Mailbox Full\n\
                      \"b@x.example\":\nafter RCPT command:\n5.2.1 <b@x.example>... User Unknown\n";
        let said = Said {
            notice,
            alone: false,
        };
        let of = |address: &str| {
            said.blames_the_address(&Block {
                recipient: Some(address.into()),
                ..Block::default()
            })
        };
        assert!(!of("a@x.example"));
        assert!(of("b@x.example"));
    }
}
