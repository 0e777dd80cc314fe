//! The digest as a mail: as much of it as a page holds.

use anyhow::Result;
use jiff::civil::Date;
use minijinja::context;

use super::DigestData;
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::vietnamese_date;
use crate::writing::{DepartmentView, Draft, Enclosure, render, render_text};

/// Gmail cuts off pages of more than 102 kB; of the plain text nobody reads more, either.
const LARGEST_PAGE: usize = 100_000;

/// So many lines of a kind are shown at first; fewer, where the page would be too large.
const SHOWN: [usize; 5] = [usize::MAX, 40, 20, 10, 5];

/// The digest of a day; `to`: for whom of staff.
///
/// # Errors
/// When a template fails.
pub(super) fn draft(
    config: &Config,
    to: Vec<String>,
    day: Date,
    data: &DigestData,
    enclosures: Vec<Enclosure>,
) -> Result<Draft> {
    let values = context! {
        day => vietnamese_date(day),
        department => DepartmentView::from(&config.settings.department),
        ..minijinja::Value::from_serialize(data)
    };
    // After an installation hundreds of mails may wait: the first ones, then, and how many more there are.
    let (mut subject, mut text, mut html) = (String::new(), String::new(), String::new());
    for shown in SHOWN.map(|n| n.min(usize::from(u16::MAX))) {
        let values = context! { shown, ..values.clone() };
        if html.is_empty() || html.len() > LARGEST_PAGE {
            html = render(config, "digest.html", &values)?;
        }
        if text.is_empty() || text.len() > LARGEST_PAGE {
            (subject, text) = render_text(config, Kind::Digest, &values)?;
        }
        if html.len().max(text.len()) <= LARGEST_PAGE {
            break;
        }
    }
    Ok(Draft {
        kind: Kind::Digest,
        to,
        cc: vec![],
        subject,
        text,
        html,
        thread: vec![],
        enclosures,
    })
}
