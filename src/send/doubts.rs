//! What became of mails that were being handed over when something broke: the sent mails of the mailbox tell.
//!
//! That a mail is there is certain. That it is not there counts only where the server itself files what goes through it,
//! which Gmail does, and which of others is learnt from mails whose answer we had; and only after a while.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::said;
use crate::config::{Config, TransportKind};
use crate::mailbox::{Mailbox, MailboxError};
use crate::store::{Outgoing, OutgoingState, Store};

/// When a mail is looked for, in minutes after its first byte. Gmail may file it minutes later.
const LOOKS: [i64; 4] = [0, 2, 10, 30];
/// Whether the server files what goes through it is learnt from a mail that left so long ago,
const LEARNT_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// and not longer ago than this,
const LEARNT_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// from so many mails in that time.
const LEARNT_FROM: u32 = 3;
/// Where it is remembered.
const LEARNT: &str = "sent_is_filed";

/// Looks up what is in doubt. A mailbox that fails is dropped; the mails wait for it.
pub(super) async fn settle(
    config: &Config,
    store: &Store,
    mailbox: &mut Option<Mailbox>,
    now: Timestamp,
) -> Result<()> {
    for mail in store.in_doubt()? {
        let Some(message_id) = &mail.message_id else {
            store.try_again(mail.id, now, said::NEVER_LEFT)?;
            continue;
        };
        if !due(&mail, now) {
            continue;
        }
        let Some(open) = mailbox else {
            return Ok(()); // when the mailbox is back
        };
        let last = mail.looks as usize + 1 >= LOOKS.len();
        let filed = is_filed(config, store, open)?;
        let end = |state, why| store.end_sending(mail.id, state, why, now);
        match open.was_sent(message_id).await {
            Ok(Some(true)) => end(OutgoingState::Sent, None)?,
            Ok(None) => end(OutgoingState::Unknown, Some(said::BROKEN))?,
            Ok(Some(false)) if !last => store.looked(mail.id)?,
            Ok(Some(false)) if filed => {
                tracing::warn!(mail = mail.owed.key(), "it is not among the sent mails");
                store.try_again(mail.id, now, said::NOT_FILED)?;
            }
            Ok(Some(false)) => end(OutgoingState::Unknown, Some(said::BROKEN))?,
            Err(e) => {
                tracing::warn!(mail = mail.owed.key(), error = %e, "cannot be looked up");
                *mailbox = None; // it may have failed in the middle of an answer
                // A mail is looked up so many times, whatever the server answers; one that is gone answers nothing.
                if !matches!(e, MailboxError::Refused { .. }) {
                    return Ok(());
                }
                if last {
                    end(OutgoingState::Unknown, Some(said::UNSEARCHED))?;
                } else {
                    store.looked(mail.id)?;
                }
            }
        }
    }
    if let Some(open) = mailbox
        && let Err(e) = learn(config, store, open, now).await
    {
        tracing::warn!(error = %format!("{e:#}"), "the sent mails cannot be looked through");
        *mailbox = None;
    }
    Ok(())
}

/// Whether it is time to look for a mail again.
fn due(mail: &Outgoing, now: Timestamp) -> bool {
    let minutes = LOOKS[(mail.looks as usize).min(LOOKS.len() - 1)];
    mail.begun_at
        .is_none_or(|at| now >= at + SignedDuration::from_mins(minutes))
}

/// The pair of servers of which it is known or learnt.
fn way(config: &Config) -> String {
    let settings = &config.settings;
    let through = match &settings.transport {
        TransportKind::Smtp(s) => {
            let user = s.login.as_ref().map_or("", |(user, _)| user);
            format!("{user} {}:{}", s.host, s.port)
        }
        TransportKind::Sendmail { program } => program.display().to_string(),
        TransportKind::File { folder } => folder.display().to_string(),
    };
    format!("{through} → {}", settings.mailbox.address)
}

/// Whether what leaves is filed among the sent mails by the server itself.
fn is_filed(config: &Config, store: &Store, mailbox: &Mailbox) -> Result<bool> {
    let gmail = matches!(&config.settings.transport, TransportKind::Smtp(s)
        if ["smtp.gmail.com", "smtp.googlemail.com"].contains(&s.host.as_str()));
    Ok(gmail && mailbox.is_gmail() || store.setting(LEARNT)? == Some(way(config)))
}

/// Learns whether the server files what leaves, from a mail that is known to have left.
async fn learn(
    config: &Config,
    store: &Store,
    mailbox: &mut Mailbox,
    now: Timestamp,
) -> Result<()> {
    let from = now - LEARNT_WITHIN;
    if is_filed(config, store, mailbox)? || store.looked_for_since(from)? >= LEARNT_FROM {
        return Ok(());
    }
    let Some(mail) = store.left_between(from, now - LEARNT_AFTER)? else {
        return Ok(());
    };
    let Some(message_id) = &mail.message_id else {
        return Ok(());
    };
    store.looked(mail.id)?;
    if mailbox.was_sent(message_id).await? == Some(true) {
        tracing::info!("the server files what is sent through it");
        store.set_setting(LEARNT, &way(config))?;
    }
    Ok(())
}
