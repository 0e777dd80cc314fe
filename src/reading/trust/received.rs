//! Whose server wrote a Received header (RFC 5321, section 4.4).

use std::net::IpAddr;

use super::words::{Broken, Kind, words};
use crate::ground::domain_name::is_within;

/// Labels under a country's domain below which others register theirs.
const OPEN_TO_ALL: [&str; 13] = [
    "com", "net", "org", "gov", "edu", "ac", "co", "int", "biz", "info", "name", "pro", "health",
];

/// The host that says it received the mail, lower case; `None` where the header names none or cannot be taken apart.
pub(super) fn by(value: &[u8]) -> Option<String> {
    let (words, broken) = words(value);
    // A quote in a comment is somebody's name for its machine.
    if broken.is_some_and(|b| b != Broken::QuoteInComment) {
        return None;
    }
    let mut words = words.into_iter().skip_while(|w| {
        let is_by = w.kind == Kind::Atom && w.text.eq_ignore_ascii_case("by");
        !is_by
    });
    let host = words.nth(1).filter(|w| w.kind == Kind::Atom)?;
    let host = host.text.trim_matches(['[', ']', '.']).to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// Whether a host is one of the server that calls itself `authserv_id`: that name, one beside or below it, an address of
/// no public network, or one of `hosts`, which the administrator named.
pub(super) fn is_own(host: &str, authserv_id: &str, hosts: &[String]) -> bool {
    let id = authserv_id.to_ascii_lowercase();
    host == "localhost"
        || host.starts_with("localhost.")
        || hosts.iter().any(|h| h.eq_ignore_ascii_case(host))
        || host.parse().is_ok_and(is_private)
        || is_within(host, &id)
        || above(&id).is_some_and(|domain| is_within(host, domain))
}

/// The domain above a host, where that is somebody's and not open to all.
fn above(host: &str) -> Option<&str> {
    let (_, domain) = host.split_once('.')?;
    let (first, rest) = domain.split_once('.')?;
    let open = !rest.contains('.') && rest.len() == 2 && OPEN_TO_ALL.contains(&first);
    (!open).then_some(domain)
}

/// Whether an address is of no public network: servers of one house hand mails on by these, and Gmail's write them, also
/// as an IPv6 address that means one (RFC 3056).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => a.is_private() || a.is_loopback(),
        IpAddr::V6(a) => {
            let parts = a.segments();
            let means = [parts[1].to_be_bytes(), parts[2].to_be_bytes()].concat();
            let means: [u8; 4] = means.try_into().expect("two and two");
            a.is_loopback()
                || a.is_unique_local()
                || a.is_unicast_link_local()
                || parts[0] == 0x2002 && is_private(IpAddr::from(means))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_behind_what_the_sender_says() {
        for (value, host) in [
            (
                "from a.example (by evil.example) by MX.Google.com with ESMTPS id 1; Mon",
                Some("mx.google.com"),
            ),
            (
                "by 2002:a05:6a10:1::1 with SMTP id x; Mon",
                Some("2002:a05:6a10:1::1"),
            ),
            (
                "from by (unknown [192.0.2.1]) by mx.example (Postfix)",
                Some("by"),
            ),
            ("from x by [10.0.0.1] with LMTP", Some("10.0.0.1")),
            ("(qmail 21619 invoked from network); 15 Nov 2017", None),
            ("from x (open by mx.example", None),
            ("from x by", None),
        ] {
            assert_eq!(by(value.as_bytes()).as_deref(), host, "{value}");
        }
    }

    #[test]
    fn own_is_what_belongs_to_the_server_and_nobody_elses() {
        let named = ["vps17.nha-cung-cap.example".to_owned()];
        for (host, id, own) in [
            ("mx.google.com", "mx.google.com", true),
            ("mail-sor-f41.google.com", "mx.google.com", true),
            ("2002:a05:6a10:1::1", "mx.google.com", true),
            ("10.202.87.23", "mx.google.com", true),
            ("google.com.evil.example", "mx.google.com", false),
            ("evilgoogle.com", "mx.google.com", false),
            ("203.0.113.7", "mx.google.com", false),
            ("2a00:1450::1", "mx.google.com", false),
            ("lab.example", "mx.lab.example", true),
            ("imap.lab.example", "mx.lab.example", true),
            ("other.example", "mx.lab.example", false),
            ("mail.ldld.com.vn", "ldld.com.vn", true),
            ("evil.com.vn", "ldld.com.vn", false),
            ("evil.example", "lab.example", false),
            ("localhost", "mx.lab.example", true),
            ("vps17.nha-cung-cap.example", "mx.lab.example", true),
            ("vps18.nha-cung-cap.example", "mx.lab.example", false),
        ] {
            assert_eq!(is_own(host, id, &named), own, "{host} of {id}");
        }
    }
}
