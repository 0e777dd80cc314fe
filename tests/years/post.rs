//! The post office of the model: takes letters, or does not, and remembers what it was handed.

use jiff::Timestamp;
use thubaocao::domain::row::OutboxId;
use thubaocao::transport::{Begins, Halt, NotTaken, Outcome, Parcel, Verdict};

use super::chance::Chance;
use super::trial::{Fault, Trial};

/// What became of a letter, whatever the program was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Arrived,
    NotTaken,
    NoSuchAddress,
}

/// A letter that was handed over.
pub struct Letter {
    /// Its row in the outbox.
    pub mail: OutboxId,
    pub unit: usize,
    pub to: Vec<String>,
    pub text: String,
    pub end: End,
}

pub struct Post {
    chance: Chance,
    refuses: bool,
    pub now: Timestamp,
    pub closed_until: Timestamp,
    /// When it last took nothing at all.
    pub halted_at: Timestamp,
    deferred: u32,
    /// Addresses that were refused in a row, and those that are forgiven, as three in a row are trouble of our own.
    refused: Vec<String>,
    pub forgiven: Vec<String>,
    pub letters: Vec<Letter>,
    /// Whose answer was lost, and whether they arrived.
    pub in_doubt: Vec<(OutboxId, bool)>,
}

impl Post {
    pub fn new(trial: &Trial) -> Post {
        Post {
            chance: Chance::of(trial.seed, 2000),
            refuses: trial.faults.contains(&Fault::Refused),
            now: Timestamp::UNIX_EPOCH,
            closed_until: Timestamp::UNIX_EPOCH,
            halted_at: Timestamp::UNIX_EPOCH,
            deferred: 0,
            refused: Vec::new(),
            forgiven: Vec::new(),
            letters: Vec::new(),
            in_doubt: Vec::new(),
        }
    }

    pub fn take(&mut self, parcel: Parcel<'_>, begins: Begins<'_>) -> anyhow::Result<Outcome> {
        if self.now < self.closed_until {
            self.halted_at = self.now;
            self.refused.clear();
            let halt = match self.chance.one_in(2) {
                true => Halt::Line("no connection".into()),
                false => Halt::Refusal("daily limit exceeded".into()),
            };
            return Ok(Outcome::Halted(halt));
        }
        let number: String = parcel
            .name
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let mail = number.parse()?;
        let (outcome, end) = match self.chance.below(25) {
            0 if self.refuses => {
                let why = "refused for what it says".to_owned();
                (Outcome::Refused(why.into(), vec![]), End::NotTaken)
            }
            1 if self.refuses => {
                self.deferred += 1;
                if self.deferred >= 3 {
                    self.halted_at = self.now; // so many in a row are taken for trouble of our own
                }
                let why = "later".to_owned();
                (Outcome::Deferred(why.into(), vec![]), End::NotTaken)
            }
            2 if self.refuses => {
                begins(&[])?;
                let arrived = self.chance.one_in(2);
                self.in_doubt.push((mail, arrived));
                self.halted_at = self.now; // the next one would be in doubt as well
                let end = if arrived { End::Arrived } else { End::NotTaken };
                (Outcome::Unknown("the line broke".into()), end)
            }
            3 if self.refuses && parcel.to[0].ends_with("@a.example") && parcel.to.len() == 1 => {
                let none = NotTaken {
                    address: parcel.to[0].clone(),
                    verdict: Verdict::Dead,
                    status: Some("5.1.1".into()),
                    why: "no such user".into(),
                };
                (
                    Outcome::Refused("no such user".into(), vec![none]),
                    End::NoSuchAddress,
                )
            }
            _ => {
                begins(&[])?;
                self.deferred = 0;
                (Outcome::Taken(vec![]), End::Arrived)
            }
        };
        match &outcome {
            Outcome::Refused(..) => self.refused.extend(parcel.to.first().cloned()),
            Outcome::Taken(_) | Outcome::Unknown(_) => self.refused.clear(),
            Outcome::Deferred(..) | Outcome::Halted(_) => {}
        }
        if self.refused.len() >= 3 {
            self.halted_at = self.now;
            self.forgiven.append(&mut self.refused);
        }
        let (_, unit) = parcel.name.rsplit_once("-u").unwrap_or_default();
        let unit: String = unit.chars().take_while(char::is_ascii_digit).collect();
        let read = mail_parser::MessageParser::default().parse(parcel.raw);
        let text = read
            .as_ref()
            .and_then(|m| m.body_text(0))
            .unwrap_or_default();
        self.letters.push(Letter {
            mail,
            unit: unit.parse()?,
            to: parcel.to.to_vec(),
            text: text.replace("\r\n", "\n"),
            end,
        });
        Ok(outcome)
    }
}
