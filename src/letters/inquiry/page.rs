//! The page for a browser, as the service writes it with each digest.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::{Told, said};
use crate::config::Config;
use crate::domain::{date_of, vietnamese_moment};
use crate::page;
use crate::standing::View;
use crate::store::Store;
use crate::writing::{Enclosure, say};

pub(super) fn told(config: &Config, store: &Store, now: Timestamp) -> Result<Told> {
    let moment = vietnamese_moment(now);
    let content = page::html(&View::at(now, config, store)?, store)?.into_bytes();
    Ok(Told {
        before: vec![say(config, "page_goes_along", context! { moment })],
        enclosures: vec![Enclosure {
            name: format!("{}-{}.html", said::PAGE, date_of(now)),
            content,
        }],
        ..Told::default()
    })
}
