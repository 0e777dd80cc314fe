//! Where it is looked up what a mail is.

use std::sync::Arc;

use jiff::civil::Date;

use crate::config::Config;
use crate::matching::{Matcher, Matchers};
use crate::store::Store;

/// What a mail is matched with.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    /// Who there is, and what is asked of them.
    pub config: &'a Arc<Config>,
    /// What came before, and what is expected.
    pub store: &'a Store,
    /// What matched the mails before.
    pub matchers: &'a Matchers,
}

impl Books<'_> {
    /// What matches mails that were received on a day (Vietnam).
    pub fn matcher(&self, day: Date) -> Arc<Matcher> {
        self.matchers.of(self.config, day)
    }
}
