//! Digital signatures of a PDF, as pdfsig of poppler reads them: who, and when. Whether the certificate can be trusted
//! is not checked.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::super::program::Budget;
use crate::ground::text::tidy;

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The common name in the signer's certificate.
    pub by: String,
    /// When it says that it was signed, RFC 3339, UTC.
    pub at: Option<String>,
}

/// How much pdfsig may write, in bytes.
const MOST: u64 = 50_000;

/// The signatures of a PDF.
///
/// # Errors
/// When the machine fails.
pub(super) fn read(pdf: &[u8], budget: &mut Budget) -> std::io::Result<Vec<Signature>> {
    // Every signature names the bytes that it covers (ISO 32000-1, 12.8.1).
    if !pdf.windows(10).any(|w| w == b"/ByteRange") {
        return Ok(Vec::new());
    }
    let output = budget.run("pdfsig", &["-nocert", "/proc/self/fd/0"], pdf, MOST)?;
    Ok(parse(&String::from_utf8_lossy(&output.bytes)))
}

/// Reads what pdfsig prints in the C locale; times are in the machine's zone, which is UTC without TZ.
fn parse(listing: &str) -> Vec<Signature> {
    let mut found: Vec<Signature> = Vec::new();
    for line in listing.lines() {
        let line = line.trim().trim_start_matches("- ");
        if let Some(name) = line.strip_prefix("Signer Certificate Common Name: ") {
            found.push(Signature {
                by: tidy(name),
                at: None,
            });
        } else if let Some(time) = line.strip_prefix("Signing Time: ")
            && let Some(last) = found.last_mut()
        {
            last.at = DateTime::strptime("%b %d %Y %H:%M:%S", time.trim())
                .and_then(|t| t.to_zoned(TimeZone::UTC))
                .ok()
                .map(|t| t.timestamp().to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signer_and_time_are_read() {
        let listing = "Digital Signature Info of: /dev/stdin\nSignature #1:\n  - Signature Field Name: Signature1\n  - Signer Certificate Common Name: Nguyễn Văn A\n  - Signing Time: Jun 14 2026 01:02:03\n  - Signature Validation: Signature is Valid.\n";
        assert_eq!(
            parse(listing),
            [Signature {
                by: "Nguyễn Văn A".into(),
                at: Some("2026-06-14T01:02:03Z".into())
            }]
        );
        assert_eq!(
            parse("File '/dev/stdin' does not contain any signatures"),
            []
        );
    }
}
