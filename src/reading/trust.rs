//! Whether a mail comes from where it says: the verdict of the mailbox's own server (RFC 8601).

use super::Trust;

/// Reads the topmost Authentication-Results header. Only one written by the pinned server counts, and only its
/// DMARC verdict (RFC 7489) on the domain of the From address.
pub(super) fn judge(
    results: Option<&str>,
    authserv_id: Option<&str>,
    from_domain: Option<&str>,
) -> (Trust, Option<String>) {
    let (Some(pinned), Some(header), Some(domain)) = (authserv_id, results, from_domain) else {
        return (Trust::Unknown, None);
    };
    let mut parts = header.split(';').map(str::trim);
    let id = parts
        .next()
        .and_then(|p| p.split_whitespace().next())
        .unwrap_or("");
    if !id.eq_ignore_ascii_case(pinned) {
        return (Trust::Unknown, None);
    }
    for part in parts {
        let Some(rest) = part.strip_prefix("dmarc=") else {
            continue;
        };
        let verdict = rest
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or("");
        let named = part
            .split_whitespace()
            .find_map(|w| w.strip_prefix("header.from="));
        let same = named.is_some_and(|n| n.eq_ignore_ascii_case(domain));
        return match verdict {
            "pass" if same => (Trust::Pass, None),
            "fail" => (
                Trust::Fail,
                Some(format!(
                    "máy chủ {pinned} cho biết thư không phải do {domain} gửi (dmarc=fail)"
                )),
            ),
            _ => (Trust::Unknown, None),
        };
    }
    (Trust::Unknown, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(header: &str) -> Trust {
        judge(Some(header), Some("mx.google.com"), Some("phuyen.example")).0
    }

    #[test]
    fn only_the_pinned_servers_verdict_on_the_senders_domain_counts() {
        assert_eq!(
            trust(
                "mx.google.com; spf=pass smtp.mailfrom=x; dmarc=pass (p=NONE) header.from=phuyen.example"
            ),
            Trust::Pass
        );
        assert_eq!(
            trust("evil.example; dmarc=pass header.from=phuyen.example"),
            Trust::Unknown
        );
        assert_eq!(
            trust("mx.google.com; dmarc=pass header.from=evil.example"),
            Trust::Unknown
        );
        assert_eq!(
            trust("mx.google.com; dmarc=fail header.from=phuyen.example"),
            Trust::Fail
        );
        assert_eq!(trust("mx.google.com; spf=pass"), Trust::Unknown);
        assert_eq!(judge(None, Some("a"), Some("b")).0, Trust::Unknown);
    }
}
