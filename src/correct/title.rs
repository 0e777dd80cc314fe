//! What staff teach of titles by what they decide on mails: a title that they assigned once is for that report from then
//! on, of all units; a second, different decision ends that.

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{By, Done, Inverse, log, said};
use crate::collect::Books;
use crate::domain::because::Because;
use crate::domain::correction::{Assignment, title_name};
use crate::domain::date_of;
use crate::domain::row::{MessageId, TitleId};
use crate::domain::why::Why;
use crate::matching::Item;
use crate::reading::Reading;
use crate::store::{Message, Store};

/// What an assignment changed of what a title stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Title {
    Learned,
    /// What was said of it before is contradicted.
    Ended,
    SaysNothingNew,
}

impl Title {
    /// After what was done.
    pub(super) fn in_english(self) -> &'static str {
        match self {
            Title::Learned => "; what has its title is that report from now on",
            Title::Ended => "; its title stood for another report and stands for none from now on",
            Title::SaysNothingNew => "",
        }
    }

    /// After what was done, for staff.
    pub(super) fn in_vietnamese(self) -> &'static str {
        match self {
            Title::Learned => said::TITLE_LEARNED,
            Title::Ended => said::TITLE_ENDED,
            Title::SaysNothingNew => "",
        }
    }
}

/// What an assignment teaches of the mail's title: which report it is that staff named themselves.
pub(super) fn lesson(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    as_said: &Assignment,
    items: &[Item],
) -> Option<(String, String)> {
    let named = as_said.report.is_some() || as_said.hint.is_some();
    let [item] = items else { return None };
    let report = books.config.report(&item.report).filter(|_| named)?;
    let matcher = books.matcher(date_of(message.received_at));
    let title = matcher.lesson(reading, &as_said.unit, report)?;
    Some((title, report.id.clone()))
}

/// Remembers what an assignment teaches, in the place of what was said of the same mail before.
pub(super) fn teach(
    s: &Store,
    message: MessageId,
    lesson: Option<&(String, String)>,
    now: Timestamp,
) -> Result<Title> {
    s.unteach(message, now)?;
    let Some((title, report)) = lesson else {
        return Ok(Title::SaysNothingNew);
    };
    let stands = |s: &Store| Ok::<bool, anyhow::Error>(s.taught_titles()?.contains_key(title));
    let before = stands(s)?;
    s.teach_title(title, Some(report), message, now)?;
    Ok(match (before, stands(s)?) {
        (false, true) => Title::Learned,
        (true, false) => Title::Ended,
        (true, true) | (false, false) => Title::SaysNothingNew,
    })
}

/// Withdraws what was said of a mail that is no report; where a title that was taught brought it here, that stands for
/// nothing any more.
pub(super) fn unteach(s: &Store, message: &Message, now: Timestamp) -> Result<()> {
    s.unteach(message.id, now)?;
    let taught_by = message.why.iter().find_map(|why| match why {
        Why::Decided {
            ground: Because::TaughtTitle { mail, .. },
        } => Some(*mail),
        _ => None,
    });
    match taught_by {
        Some(mail) => s.contradict_title(mail, message.id, now),
        None => Ok(()),
    }
}

/// Forgets a title that staff taught, by its number; it is not learned again unless that is taken back.
///
/// # Errors
/// When none of that number stands for anything.
pub fn forget_title(store: &Store, id: TitleId, by: &By, now: Timestamp) -> Result<Done> {
    store.transaction(|s| {
        let Some(learned) = s.forget_title(id, now)? else {
            bail!("there is no learned title {id}; see `thubaocao reports learned`");
        };
        let (title, report) = (&learned.title, &learned.lesson.report);
        let change = (title_name(id), report.as_str(), "forgotten");
        let inverse = Inverse::Title { title: id };
        let correction = log(s, by, "reports forget", change, Some(&inverse), now)?;
        Ok(Done {
            said: format!("the title {title:?} does not stand for {report} any more"),
            in_vietnamese: said::title_forgotten(id, report),
            correction,
        })
    })
}
