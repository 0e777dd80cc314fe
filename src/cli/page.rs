//! `page`: the page for a browser, as the service writes it with each digest.

use std::path::Path;

use anyhow::Result;

use super::{Session, say};
use crate::page;
use crate::standing::View;

pub(super) fn run(session: &Session, file: Option<&Path>) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    let store = session.snapshot(&config, now)?;
    let html = page::html(&View::at(now, &config, &store)?, &store)?;
    match file {
        Some(path) => page::write(path, &html),
        None => Ok(say(html.trim_end())?),
    }
}
