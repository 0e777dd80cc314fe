//! The letter that tells the administrator of a fault.

use std::path::Path;

use anyhow::Result;
use minijinja::context;
use serde::Serialize;

use super::environment;

/// One thing that an alarm tells.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmNews {
    /// What has happened, a clause.
    pub what: String,
    /// What was said of it; may be empty.
    pub why: String,
    /// What is to be done; may be empty.
    pub advice: String,
}

/// Subject and text of an alarm. A template of the configuration folder that is broken gives way to the default: the
/// alarm may tell of just that.
///
/// # Errors
/// When the default template is broken.
pub fn alarm(
    folder: &Path,
    headline: &str,
    host: &str,
    news: &[AlarmNews],
) -> Result<(String, String)> {
    let values = context! { headline, host, news };
    let render = |folder: &Path| {
        environment(folder)
            .get_template("alarm.txt")
            .and_then(|t| t.render(&values))
    };
    let text = render(folder).or_else(|_| render(Path::new("")))?;
    let (subject, text) = text.split_once('\n').unwrap_or((text.as_str(), ""));
    Ok((subject.trim().to_owned(), text.trim().to_owned() + "\n"))
}
