//! What became of the reports of an installation whose mails leave into a folder.

use jiff::{SignedDuration, Timestamp};

use super::installation::{Installation, both_forms};
use super::written;

/// A report with both forms, as a unit sends it.
pub fn report(from: &str, mark: &str) -> Vec<u8> {
    written(
        from,
        "Báo cáo công tác trẻ em",
        "Kính gửi Ban",
        &both_forms(mark),
    )
}

/// A moment so many seconds ago; negative: ahead.
pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

/// All passes once.
pub fn round(installation: &Installation) {
    // Whether it failed is not asked here: what it sent is.
    installation.run(&["run", "--once"]);
}

fn letters(installation: &Installation, to: &str, subject: &str) -> usize {
    let outbox = installation.outbox();
    let mut letters: Vec<_> = outbox.iter().filter(|l| l.to == to).collect();
    letters.retain(|l| l.subject.starts_with(subject));
    letters.len()
}

/// How many acknowledgements left for an address.
pub fn acknowledged(installation: &Installation, to: &str) -> usize {
    letters(installation, to, "Re: ")
}

/// How many reminders left for an address.
pub fn reminded(installation: &Installation, to: &str) -> usize {
    letters(installation, to, "Đề nghị gửi báo cáo")
}

/// Whether a unit has reported all that it owes.
pub fn logged(installation: &Installation, unit: &str) -> bool {
    let status = installation.json(&["status", "--json"]);
    let line = status.iter().find(|l| l["unit"] == unit).unwrap();
    line["missing"].as_array().is_none_or(Vec::is_empty)
}
