//! The bytes of mails of the open folder; nothing is marked as read by it.

use async_imap::imap_proto::{AttributeValue, Response};

use super::{Result, Selected};

/// More of a header, or of its From field, is not asked for where the mail is not, in bytes.
const LONGEST_HEAD: usize = 64_000;

/// Bytes of mails, by UID.
type Sections = Vec<(String, Vec<u8>)>;

impl Selected<'_> {
    /// Whole mails.
    pub(in crate::mailbox) async fn fetch(&mut self, uids: &[String]) -> Result<Sections> {
        self.sections(uids, "BODY.PEEK[]").await
    }

    /// Headers.
    pub(in crate::mailbox) async fn heads(&mut self, uids: &[String]) -> Result<Sections> {
        let head = format!("BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>");
        self.sections(uids, &head).await
    }

    /// From fields.
    pub(in crate::mailbox) async fn senders(&mut self, uids: &[String]) -> Result<Sections> {
        let from = format!("BODY.PEEK[HEADER.FIELDS (FROM)]<0.{LONGEST_HEAD}>");
        self.sections(uids, &from).await
    }

    async fn sections(&mut self, uids: &[String], section: &str) -> Result<Sections> {
        let mut mails = Vec::new();
        let command = format!("UID FETCH {} (UID {section})", uids.join(","));
        let take = |answer: &Response<'_>| {
            mails.extend(body(answer).filter(|(uid, _)| uids.contains(uid)));
        };
        let bounds = self.connection.of_mails;
        let session = &mut self.connection.session;
        session.command_within(bounds, &command, take).await?;
        Ok(mails)
    }
}

/// The bytes of a mail in an answer, and its UID.
fn body(answer: &Response<'_>) -> Option<(String, Vec<u8>)> {
    let Response::Fetch(_, attributes) = answer else {
        return None;
    };
    let (mut uid, mut body) = (None, None);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(n) => uid = Some(n.to_string()),
            AttributeValue::BodySection { data: Some(d), .. } => body = Some(d.to_vec()),
            _ => {}
        }
    }
    uid.zip(body)
}
