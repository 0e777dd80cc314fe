//! What one pass leaves to the next ones: mails that were listed and are not fetched yet, and whose come first.
//!
//! It is no more than remembered. Where it is lost with the process or the connection, all is listed once more.

use std::collections::{HashMap, HashSet};

use crate::domain::row::MessageId;
use crate::mailbox::{Cursor, Envelope};

/// What was listed over one connection and is not taken yet.
#[derive(Debug, Default)]
pub struct Backlog {
    /// By their names in the configuration, the folders that were looked into.
    folders: HashMap<String, Left>,
    /// Registered addresses that have sent since mails were left: who writes now does not wait for what others sent before.
    pub(in crate::collect) lately: HashSet<String>,
    /// Mails that the machine kept from being read.
    pub(in crate::collect) not_now: HashSet<MessageId>,
    /// How many turns were for these senders alone since one was for everybody.
    pub(in crate::collect) hurried: u32,
}

/// What is left of a folder.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Up to where it was listed.
    pub(super) listed: Option<Cursor>,
    /// Mails that were listed and not taken, in the order of their arrival.
    pub(super) mails: Vec<Envelope>,
    /// Which of them, by UID, have come since the others were left.
    pub(super) new: HashSet<String>,
    /// The addresses that their From fields name, by UID, of those that were asked.
    pub(super) named: HashMap<String, Vec<String>>,
}

impl Backlog {
    /// Takes out what is left of a folder; `None` where it was not looked into yet.
    pub(super) fn take(&mut self, folder: &str) -> Option<Left> {
        self.folders.remove(folder)
    }

    pub(super) fn leave(&mut self, folder: &str, left: Left) {
        self.folders.insert(folder.to_owned(), left);
    }
}

impl Left {
    /// All that is to be taken: what was left, where the listing went on from there, and what it found.
    pub(super) fn with(mut self, found: Vec<Envelope>, goes_on: bool) -> Left {
        if !self.mails.is_empty() {
            let left: HashSet<&str> = self.mails.iter().map(|e| e.uid.as_str()).collect();
            let since = found.iter().filter(|e| !left.contains(e.uid.as_str()));
            self.new.extend(since.map(|e| e.uid.clone()));
        }
        match goes_on {
            true => self.mails.extend(found),
            false => self.mails = found,
        }
        self
    }

    /// Keeps what is left of it for the next pass.
    pub(super) fn keep(&mut self, unfinished: &HashSet<String>) {
        self.mails.retain(|e| unfinished.contains(&e.uid));
        self.new.retain(|uid| unfinished.contains(uid));
        self.named.retain(|uid, _| unfinished.contains(uid));
    }
}
