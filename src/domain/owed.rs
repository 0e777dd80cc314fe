//! What is owed to the world: what each mail of ours is, and what makes it owed once.

use std::str::FromStr;

use jiff::civil::Date;

use super::reminder::Urgency;
use super::unit::UnitId;
use crate::domain::row::{DecisionId, ExtensionId, MessageId, ReturnId};

/// With what the Message-ID of each mail of ours begins.
pub(crate) const OURS: &str = "thubaocao.";

/// What a mail of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The staff's daily digest.
    Digest,
    /// The receipt for reports.
    Acknowledgement,
    /// That a mail has arrived and is looked at.
    Arrived,
    /// That a link came where the file should be.
    LinkOnly,
    /// To which unit a grassroots union reports.
    Grassroots,
    /// That a report is sent back.
    Returned,
    /// That a unit has more time.
    Extended,
    /// That it has not, after all.
    ExtensionWithdrawn,
    /// What else staff decided, or that it does not hold any more.
    Decided,
    /// What became of a command of staff.
    StaffAnswer,
    /// What became of all commands of a day that were not answered one by one.
    StaffAnswers,
    /// That a colleague has changed what one of staff had decided.
    DecidedAnew,
    /// Whether it was one of staff who sent a command, and means it.
    Confirmation,
    /// What one of staff asked to be told.
    InquiryAnswer,
    /// What a unit has to report, and until when; the most urgent of it says what letter it is.
    Reminder(Urgency),
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 18] = [
        Kind::Digest,
        Kind::Acknowledgement,
        Kind::Arrived,
        Kind::LinkOnly,
        Kind::Grassroots,
        Kind::Returned,
        Kind::Extended,
        Kind::ExtensionWithdrawn,
        Kind::Decided,
        Kind::StaffAnswer,
        Kind::StaffAnswers,
        Kind::DecidedAnew,
        Kind::Confirmation,
        Kind::InquiryAnswer,
        Kind::Reminder(Urgency::Escalation),
        Kind::Reminder(Urgency::Late),
        Kind::Reminder(Urgency::Before),
        Kind::Reminder(Urgency::Opening),
    ];

    /// The word in the store, and the name of the template.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Digest => "digest",
            Kind::Acknowledgement => "acknowledgement",
            Kind::Arrived => "arrived",
            Kind::LinkOnly => "link_only",
            Kind::Grassroots => "grassroots",
            Kind::Returned => "returned",
            Kind::Extended => "extended",
            Kind::ExtensionWithdrawn => "extension_withdrawn",
            Kind::Decided => "decided",
            Kind::StaffAnswer => "staff_answer",
            Kind::StaffAnswers => "staff_answers",
            Kind::DecidedAnew => "decided_anew",
            Kind::Confirmation => "confirm",
            Kind::InquiryAnswer => "inquiry_answer",
            Kind::Reminder(Urgency::Escalation) => "escalation",
            Kind::Reminder(Urgency::Late) => "reminder_late",
            Kind::Reminder(Urgency::Before) => "reminder_before",
            Kind::Reminder(Urgency::Opening) => "opening",
        }
    }

    /// Its template, as the program has it: text, the first line the subject.
    pub fn template(self) -> &'static str {
        match self {
            Kind::Digest => include_str!("../../config/templates/digest.txt"),
            Kind::Acknowledgement => include_str!("../../config/templates/acknowledgement.txt"),
            Kind::Arrived => include_str!("../../config/templates/arrived.txt"),
            Kind::LinkOnly => include_str!("../../config/templates/link_only.txt"),
            Kind::Grassroots => include_str!("../../config/templates/grassroots.txt"),
            Kind::Returned => include_str!("../../config/templates/returned.txt"),
            Kind::Extended => include_str!("../../config/templates/extended.txt"),
            Kind::ExtensionWithdrawn => {
                include_str!("../../config/templates/extension_withdrawn.txt")
            }
            Kind::Decided => include_str!("../../config/templates/decided.txt"),
            Kind::StaffAnswer => include_str!("../../config/templates/staff_answer.txt"),
            Kind::StaffAnswers => include_str!("../../config/templates/staff_answers.txt"),
            Kind::DecidedAnew => include_str!("../../config/templates/decided_anew.txt"),
            Kind::Confirmation => include_str!("../../config/templates/confirm.txt"),
            Kind::InquiryAnswer => include_str!("../../config/templates/inquiry_answer.txt"),
            Kind::Reminder(Urgency::Escalation) => {
                include_str!("../../config/templates/escalation.txt")
            }
            Kind::Reminder(Urgency::Late) => {
                include_str!("../../config/templates/reminder_late.txt")
            }
            Kind::Reminder(Urgency::Before) => {
                include_str!("../../config/templates/reminder_before.txt")
            }
            Kind::Reminder(Urgency::Opening) => include_str!("../../config/templates/opening.txt"),
        }
    }

    /// What staff are told of it: what kind of mail it is.
    pub fn in_vietnamese(self) -> &'static str {
        match self {
            Kind::Digest => "Bản tin",
            Kind::Acknowledgement => "Thư xác nhận",
            Kind::Arrived => "Thư báo đã nhận",
            Kind::LinkOnly | Kind::Grassroots => "Thư hướng dẫn",
            Kind::Returned => "Thư trả lại báo cáo",
            Kind::Extended => "Thư báo gia hạn",
            Kind::ExtensionWithdrawn => "Thư báo thôi gia hạn",
            Kind::Decided => "Thư báo quyết định của Ban",
            Kind::StaffAnswer | Kind::StaffAnswers | Kind::InquiryAnswer => "Thư trả lời cán bộ",
            Kind::DecidedAnew => "Thư báo quyết định được thay đổi",
            Kind::Confirmation => "Thư hỏi lại cán bộ",
            Kind::Reminder(Urgency::Opening) => "Thông báo mở kỳ báo cáo",
            Kind::Reminder(Urgency::Before) => "Nhắc trước hạn",
            Kind::Reminder(Urgency::Late) => "Đôn đốc",
            Kind::Reminder(Urgency::Escalation) => "Gửi lãnh đạo đơn vị",
        }
    }

    /// The word in JSON and in names of files, where the letters that answer are one kind.
    pub(crate) fn public_word(self) -> &'static str {
        match self {
            Kind::Arrived
            | Kind::LinkOnly
            | Kind::Grassroots
            | Kind::Returned
            | Kind::Extended
            | Kind::ExtensionWithdrawn
            | Kind::Decided
            | Kind::StaffAnswer
            | Kind::StaffAnswers
            | Kind::DecidedAnew
            | Kind::Confirmation
            | Kind::InquiryAnswer => "notice",
            Kind::Digest | Kind::Acknowledgement | Kind::Reminder(_) => self.word(),
        }
    }

    /// Lower goes first, where a day's budget does not reach for all.
    pub(crate) fn priority(self) -> u8 {
        match self {
            Kind::Digest => 0,
            Kind::Acknowledgement
            | Kind::Arrived
            | Kind::LinkOnly
            | Kind::Grassroots
            | Kind::Returned
            | Kind::Extended
            | Kind::ExtensionWithdrawn
            | Kind::Decided
            | Kind::StaffAnswer
            | Kind::StaffAnswers
            | Kind::DecidedAnew
            | Kind::Confirmation
            | Kind::InquiryAnswer => 1,
            Kind::Reminder(Urgency::Escalation) => 2,
            Kind::Reminder(Urgency::Late) => 3,
            Kind::Reminder(Urgency::Before) => 4,
            Kind::Reminder(Urgency::Opening) => 5,
        }
    }

    /// Whether it answers a mail, or what somebody decided of one (RFC 3834, 5: "auto-replied"); the others leave by
    /// the calendar.
    pub fn is_answer(self) -> bool {
        match self {
            Kind::Digest | Kind::Reminder(_) => false,
            Kind::Acknowledgement
            | Kind::Arrived
            | Kind::LinkOnly
            | Kind::Grassroots
            | Kind::Returned
            | Kind::Extended
            | Kind::ExtensionWithdrawn
            | Kind::Decided
            | Kind::StaffAnswer
            | Kind::StaffAnswers
            | Kind::DecidedAnew
            | Kind::Confirmation
            | Kind::InquiryAnswer => true,
        }
    }

    /// Whether it answers what came, as against what a person asks for: it may have been given before a backup was laid
    /// out, and is not given again blindly.
    pub(crate) fn answers_what_came(self) -> bool {
        match self {
            Kind::Acknowledgement
            | Kind::Arrived
            | Kind::LinkOnly
            | Kind::Grassroots
            | Kind::Confirmation => true,
            Kind::Digest
            | Kind::Returned
            | Kind::Extended
            | Kind::ExtensionWithdrawn
            | Kind::Decided
            | Kind::StaffAnswer
            | Kind::StaffAnswers
            | Kind::DecidedAnew
            | Kind::InquiryAnswer
            | Kind::Reminder(_) => false,
        }
    }

    /// Whether it tells a unit what staff decided.
    pub(crate) fn tells_a_decision(self) -> bool {
        matches!(
            self,
            Kind::Returned | Kind::Extended | Kind::ExtensionWithdrawn | Kind::Decided
        )
    }

    /// Whether it goes to staff, as against units and who else writes.
    pub(crate) fn is_for_staff(self) -> bool {
        match self {
            Kind::Digest
            | Kind::StaffAnswer
            | Kind::StaffAnswers
            | Kind::DecidedAnew
            | Kind::Confirmation
            | Kind::InquiryAnswer => true,
            Kind::Acknowledgement
            | Kind::Arrived
            | Kind::LinkOnly
            | Kind::Grassroots
            | Kind::Returned
            | Kind::Extended
            | Kind::ExtensionWithdrawn
            | Kind::Decided
            | Kind::Reminder(_) => false,
        }
    }

    /// Whether it asks a unit for a report.
    pub(crate) fn is_reminder(self) -> bool {
        matches!(self, Kind::Reminder(_))
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(word: &str) -> Result<Kind, String> {
        Kind::ALL
            .into_iter()
            .find(|k| k.word() == word)
            .ok_or_else(|| format!("{word:?} is no kind of mail"))
    }
}

/// A mail that is owed, by what makes it owed once. Mails, decisions and corrections are named by their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owed {
    /// To one of staff, once a day (Vietnam); to all of them where the address is missing, as before each had his own.
    Digest {
        /// The day of which it tells.
        day: Date,
        /// To whom.
        address: Option<String>,
    },
    /// Once for a mail that brought reports.
    Acknowledgement(MessageId),
    /// Once for a mail that waits.
    Arrived(MessageId),
    /// Once for a mail.
    LinkOnly(MessageId),
    /// Once to a unit, whatever it sends.
    Grassroots(UnitId),
    /// Once for the decision.
    Returned(ReturnId),
    /// Once for the decision.
    Extended(ExtensionId),
    /// Once for the decision that is taken back.
    ExtensionWithdrawn(ExtensionId),
    /// Once for the decision.
    Decided(DecisionId),
    /// Once for the mail that carried the command.
    StaffAnswer(MessageId),
    /// To one of staff, once a day (Vietnam).
    StaffAnswers {
        /// The day of the commands.
        day: Date,
        /// To whom.
        address: String,
    },
    /// To one of staff, once for the mail that carried the command of the other.
    DecidedAnew {
        /// The mail with the command.
        message: MessageId,
        /// To whom.
        address: String,
    },
    /// Once for the mail that carried the command.
    Confirmation(MessageId),
    /// Once for the mail that asks, in so many mails as what goes along needs.
    InquiryAnswer {
        /// The mail that asks.
        message: MessageId,
        /// Which mail of the answer, from 1.
        part: u32,
    },
    /// To a unit, once a day (Vietnam).
    Reminder {
        /// Who is reminded.
        unit: UnitId,
        /// The day on which it became owed.
        day: Date,
        /// The most urgent of what it carries.
        urgency: Urgency,
    },
}

/// What one of staff speaks of who replies to a mail of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The digest of a day.
    Digest(Date),
    /// What became of the command in a mail, by its row.
    Command(MessageId),
    /// What became of several commands.
    Commands,
    /// Whether a command is meant.
    Question,
    /// What was asked.
    Inquiry,
}

impl Owed {
    /// What a reply of staff to it speaks of; `None` for what goes to units.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Owed::Digest { day, .. } => Some(Subject::Digest(*day)),
            // Also that a colleague's command changed his own decision: he may take that back.
            Owed::StaffAnswer(message) | Owed::DecidedAnew { message, .. } => {
                Some(Subject::Command(*message))
            }
            Owed::StaffAnswers { .. } => Some(Subject::Commands),
            Owed::Confirmation(_) => Some(Subject::Question),
            Owed::InquiryAnswer { .. } => Some(Subject::Inquiry),
            Owed::Acknowledgement(_)
            | Owed::Arrived(_)
            | Owed::LinkOnly(_)
            | Owed::Grassroots(_)
            | Owed::Returned(_)
            | Owed::Extended(_)
            | Owed::ExtensionWithdrawn(_)
            | Owed::Decided(_)
            | Owed::Reminder { .. } => None,
        }
    }

    /// What mail it is.
    pub fn kind(&self) -> Kind {
        match self {
            Owed::Digest { .. } => Kind::Digest,
            Owed::Acknowledgement(_) => Kind::Acknowledgement,
            Owed::Arrived(_) => Kind::Arrived,
            Owed::LinkOnly(_) => Kind::LinkOnly,
            Owed::Grassroots(_) => Kind::Grassroots,
            Owed::Returned(_) => Kind::Returned,
            Owed::Extended(_) => Kind::Extended,
            Owed::ExtensionWithdrawn(_) => Kind::ExtensionWithdrawn,
            Owed::Decided(_) => Kind::Decided,
            Owed::StaffAnswer(_) => Kind::StaffAnswer,
            Owed::StaffAnswers { .. } => Kind::StaffAnswers,
            Owed::DecidedAnew { .. } => Kind::DecidedAnew,
            Owed::Confirmation(_) => Kind::Confirmation,
            Owed::InquiryAnswer { .. } => Kind::InquiryAnswer,
            Owed::Reminder { urgency, .. } => Kind::Reminder(*urgency),
        }
    }

    /// What stands in the store under a unique index. How urgent a reminder is is no part of it: a unit is reminded once
    /// a day.
    pub fn key(&self) -> String {
        match self {
            Owed::Digest { day, address } => match address {
                Some(address) => format!("digest:{day}:{address}"),
                None => format!("digest:{day}"),
            },
            Owed::Acknowledgement(message) => format!("ack:{message}"),
            Owed::Arrived(message) => format!("arrived:{message}"),
            Owed::LinkOnly(message) => format!("link:{message}"),
            Owed::Grassroots(unit) => format!("parent:{unit}"),
            Owed::Returned(row) => format!("return:{row}"),
            Owed::Extended(row) => format!("extend:{row}"),
            Owed::ExtensionWithdrawn(row) => format!("extend-undone:{row}"),
            Owed::Decided(row) => format!("decided:{row}"),
            Owed::StaffAnswer(message) => format!("command:{message}"),
            Owed::StaffAnswers { day, address } => format!("command:together:{day}:{address}"),
            Owed::DecidedAnew { message, address } => format!("anew:{message}:{address}"),
            Owed::Confirmation(message) => format!("confirm:{message}"),
            Owed::InquiryAnswer { message, part } => format!("inquiry:{message}:{part}"),
            Owed::Reminder { unit, day, .. } => format!("remind:{unit}:{day}"),
        }
    }

    /// What a kind and a key of the store stand for; a key may have been given up ("~17"), so that it is free for
    /// another mail.
    ///
    /// # Errors
    /// When the key is none of that kind.
    pub fn parse(kind: Kind, key: &str) -> Result<Owed, String> {
        let wrong = || format!("{key:?} is no key of {}", kind.word());
        let kept = key.split_once('~').map_or(key, |(kept, _)| kept);
        let after = |prefix: &str| kept.strip_prefix(prefix).ok_or_else(wrong);
        let mail = |prefix: &str| after(prefix)?.parse::<MessageId>().map_err(|_| wrong());
        let day = |text: &str| text.parse::<Date>().map_err(|_| wrong());
        Ok(match kind {
            Kind::Digest => {
                let of = after("digest:")?;
                let (at, address) = match of.split_once(':') {
                    Some((at, address)) => (at, Some(address.to_owned())),
                    None => (of, None),
                };
                Owed::Digest {
                    day: day(at)?,
                    address,
                }
            }
            Kind::Acknowledgement => Owed::Acknowledgement(mail("ack:")?),
            Kind::Arrived => Owed::Arrived(mail("arrived:")?),
            Kind::LinkOnly => Owed::LinkOnly(mail("link:")?),
            Kind::Grassroots => Owed::Grassroots(UnitId(after("parent:")?.to_owned())),
            Kind::Returned => Owed::Returned(after("return:")?.parse().map_err(|_| wrong())?),
            Kind::Extended => Owed::Extended(after("extend:")?.parse().map_err(|_| wrong())?),
            Kind::ExtensionWithdrawn => {
                let row = after("extend-undone:")?.parse();
                Owed::ExtensionWithdrawn(row.map_err(|_| wrong())?)
            }
            Kind::Decided => Owed::Decided(after("decided:")?.parse().map_err(|_| wrong())?),
            Kind::StaffAnswer => Owed::StaffAnswer(mail("command:")?),
            Kind::StaffAnswers => {
                let of = after("command:together:")?;
                let (at, address) = of.split_once(':').ok_or_else(wrong)?;
                Owed::StaffAnswers {
                    day: day(at)?,
                    address: address.to_owned(),
                }
            }
            Kind::DecidedAnew => {
                let (message, address) = after("anew:")?.split_once(':').ok_or_else(wrong)?;
                Owed::DecidedAnew {
                    message: message.parse().map_err(|_| wrong())?,
                    address: address.to_owned(),
                }
            }
            Kind::Confirmation => Owed::Confirmation(mail("confirm:")?),
            Kind::InquiryAnswer => {
                let (message, part) = after("inquiry:")?.split_once(':').ok_or_else(wrong)?;
                Owed::InquiryAnswer {
                    message: message.parse().map_err(|_| wrong())?,
                    part: part.parse().map_err(|_| wrong())?,
                }
            }
            Kind::Reminder(urgency) => {
                let (unit, at) = after("remind:")?.rsplit_once(':').ok_or_else(wrong)?;
                Owed::Reminder {
                    unit: UnitId(unit.to_owned()),
                    day: day(at)?,
                    urgency,
                }
            }
        })
    }

    /// The same, owed to a unit under another id; `None` where no unit is named.
    pub fn renamed(&self, to: &UnitId) -> Option<Owed> {
        match self {
            Owed::Grassroots(_) => Some(Owed::Grassroots(to.clone())),
            Owed::Reminder { day, urgency, .. } => Some(Owed::Reminder {
                unit: to.clone(),
                day: *day,
                urgency: *urgency,
            }),
            Owed::Digest { .. }
            | Owed::Acknowledgement(_)
            | Owed::Arrived(_)
            | Owed::LinkOnly(_)
            | Owed::Returned(_)
            | Owed::Extended(_)
            | Owed::ExtensionWithdrawn(_)
            | Owed::Decided(_)
            | Owed::StaffAnswer(_)
            | Owed::StaffAnswers { .. }
            | Owed::DecidedAnew { .. }
            | Owed::Confirmation(_)
            | Owed::InquiryAnswer { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_key_says_what_is_owed_and_is_read_back() {
        let day = date(2026, 6, 15);
        let unit = || UnitId("cdcs-a".into());
        let address = || "ban@phuyen.example".to_owned();
        let all = [
            Owed::Digest { day, address: None },
            Owed::Digest {
                day,
                address: Some(address()),
            },
            Owed::Acknowledgement(MessageId(1)),
            Owed::Arrived(MessageId(2)),
            Owed::LinkOnly(MessageId(3)),
            Owed::Grassroots(unit()),
            Owed::Returned(ReturnId(4)),
            Owed::Extended(ExtensionId(8)),
            Owed::ExtensionWithdrawn(ExtensionId(8)),
            Owed::Decided(DecisionId(10)),
            Owed::StaffAnswer(MessageId(5)),
            Owed::StaffAnswers {
                day,
                address: address(),
            },
            Owed::DecidedAnew {
                message: MessageId(7),
                address: address(),
            },
            Owed::Confirmation(MessageId(6)),
            Owed::InquiryAnswer {
                message: MessageId(9),
                part: 2,
            },
        ];
        let reminders = [
            Urgency::Escalation,
            Urgency::Late,
            Urgency::Before,
            Urgency::Opening,
        ]
        .map(|urgency| Owed::Reminder {
            unit: unit(),
            day,
            urgency,
        });
        let mut kinds = Vec::new();
        for owed in all.into_iter().chain(reminders) {
            let (kind, key) = (owed.kind(), owed.key());
            assert_eq!(Owed::parse(kind, &key), Ok(owed.clone()), "{key}");
            let given_up = format!("{key}~17");
            assert_eq!(Owed::parse(kind, &given_up), Ok(owed), "{given_up}");
            assert_eq!(kind.word().parse(), Ok(kind));
            kinds.push(kind);
        }
        kinds.dedup();
        assert_eq!(kinds, Kind::ALL);
    }

    #[test]
    fn a_key_of_another_kind_is_none() {
        for (kind, key) in [
            (Kind::Acknowledgement, "link:7"),
            (Kind::LinkOnly, "something:7"),
            (Kind::StaffAnswer, "command:together:2026-06-15:a@b"),
            (Kind::Digest, "digest:today"),
            (Kind::Reminder(Urgency::Late), "remind:a"),
        ] {
            assert!(Owed::parse(kind, key).is_err(), "{key}");
        }
        assert!("notice".parse::<Kind>().is_err());
    }
}
