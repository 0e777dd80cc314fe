//! The digest as a mail: as much of it as a page holds.

use anyhow::Result;
use jiff::civil::Date;
use minijinja::context;

use super::DigestData;
use super::progress::{Progress, Straggler};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::vietnamese_date;
use crate::writing::{DepartmentView, Draft, Enclosure, render, render_text};

/// Gmail cuts off pages of more than 102 kB; of the plain text nobody reads more, either.
const LARGEST_PAGE: usize = 100_000;

/// So large a page grows by the links of units that are late; the others are named without.
const WITH_LINKS: usize = 90_000;

/// What a link takes beside its address.
const AROUND_A_LINK: usize = 90;

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
    let sizes = sizes_of_links(&data.progress);
    let values = context! { linkable => sizes.len(), ..values };
    // After an installation hundreds of mails may wait: the first ones, then, and how many more there are.
    let (mut subject, mut text, mut html) = (String::new(), String::new(), String::new());
    for shown in SHOWN.map(|n| n.min(usize::from(u16::MAX))) {
        let values = context! { shown, ..values.clone() };
        if text.is_empty() || text.len() > LARGEST_PAGE {
            (subject, text) = render_text(config, Kind::Digest, &values)?;
        }
        let values = context! { linked => 0, subject, ..values };
        if html.is_empty() || html.len() > LARGEST_PAGE {
            html = render(config, "digest.html", &values)?;
            let linked = fitting(&sizes, WITH_LINKS.saturating_sub(html.len()));
            html = render(config, "digest.html", context! { linked, ..values })?;
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

/// How much room the links of each unit take that is late, those late longest first.
fn sizes_of_links(progress: &[Progress]) -> Vec<usize> {
    let size = |u: &Straggler| u.links.iter().map(|l| l.href.len() + AROUND_A_LINK).sum();
    let units = progress.iter().flat_map(Progress::with_links);
    let mut sizes: Vec<(u32, usize)> = units.map(|u| (u.place, size(u))).collect();
    sizes.sort_unstable();
    sizes.into_iter().map(|(_, size)| size).collect()
}

/// How many of the first sizes have room.
fn fitting(sizes: &[usize], mut room: usize) -> usize {
    let fits = |size: &&usize| {
        let left = room.checked_sub(**size);
        room = left.unwrap_or_default();
        left.is_some()
    };
    sizes.iter().take_while(fits).count()
}
