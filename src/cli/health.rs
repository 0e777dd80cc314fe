//! `health`: how each part of the service fares, for people, scripts and Prometheus.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::Serialize;

use super::{Session, say};
use crate::domain::zone;
use crate::health::{self, Look};
use crate::store::Store;

/// One line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    part: &'static str,
    ok: bool,
    last_success: Option<String>,
    failing_since: Option<String>,
    failure: Option<&'a str>,
}

pub(super) fn run(session: &Session, json: bool, textfile: Option<&Path>) -> Result<()> {
    let config = session.config()?;
    let path = Store::path(&config.settings.data);
    if !path.exists() {
        bail!(
            "there is no store {} yet; the service has never run",
            path.display()
        );
    }
    let store = Store::as_it_is(&path).with_context(|| format!("the store {}", path.display()))?;
    let now = session.now();
    let looks = health::look(&store, &config, now)?;
    if let Some(file) = textfile {
        // As a whole or not at all: the exporter may read at any moment.
        let folder = file.parent().filter(|f| !f.as_os_str().is_empty());
        let mut whole = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        std::io::Write::write_all(&mut whole, metrics(&store, &looks, now)?.as_bytes())?;
        whole
            .persist(file)
            .with_context(|| format!("cannot write {}", file.display()))?;
    } else {
        for look in &looks {
            if json {
                let ill = look.ill.as_ref();
                say(serde_json::to_string(&Line {
                    part: look.part.word(),
                    ok: ill.is_none(),
                    last_success: look.success_at.map(moment),
                    failing_since: ill.map(|i| moment(i.since)),
                    failure: ill.map(|i| i.why.as_str()),
                })?)?;
            } else {
                say(line(look))?;
            }
        }
    }
    let ill: Vec<&str> = looks
        .iter()
        .filter(|l| l.ill.is_some())
        .map(|l| l.part.word())
        .collect();
    if !ill.is_empty() {
        bail!("not well: {}", ill.join(", "));
    }
    Ok(())
}

fn line(look: &Look) -> String {
    let part = look.part.word();
    match (&look.ill, look.success_at) {
        (Some(ill), _) => format!("{part}: FAILS since {}: {}", moment(ill.since), ill.why),
        (None, Some(at)) => format!("{part}: ok ({})", moment(at)),
        (None, None) => format!("{part}: ok"),
    }
}

/// The text format of Prometheus.
fn metrics(store: &Store, looks: &[Look], now: Timestamp) -> Result<String> {
    let mut text = String::new();
    let head = |name: &str, what: &str| {
        format!("# HELP thubaocao_{name} {what}\n# TYPE thubaocao_{name} gauge\n")
    };
    text += &head("part_failing", "Whether a part of the service fails.");
    for look in looks {
        let (part, failing) = (look.part.word(), u8::from(look.ill.is_some()));
        writeln!(text, "thubaocao_part_failing{{part=\"{part}\"}} {failing}")?;
    }
    text += &head(
        "part_last_success_timestamp_seconds",
        "When a part of the service last worked.",
    );
    for look in looks {
        if let Some(at) = look.success_at {
            let (part, at) = (look.part.word(), at.as_second());
            writeln!(
                text,
                "thubaocao_part_last_success_timestamp_seconds{{part=\"{part}\"}} {at}"
            )?;
        }
    }
    for (name, what, value) in [
        (
            "mails_queued",
            "Mails of ours that wait to leave.",
            u64::from(store.queue_length(None)?),
        ),
        (
            "mails_unread",
            "Mails that are stored and not read yet.",
            u64::from(store.unread_count()?),
        ),
        (
            "mails_waiting",
            "Mails that wait for a person.",
            store.waiting()?.len() as u64,
        ),
        (
            "looked_at_timestamp_seconds",
            "When this was written.",
            u64::try_from(now.as_second())?,
        ),
    ] {
        text += &head(name, what);
        writeln!(text, "thubaocao_{name} {value}")?;
    }
    Ok(text)
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(zone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}
