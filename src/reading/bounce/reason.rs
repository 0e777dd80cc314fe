//! Why a mail came back: whether the address is at fault, by what servers say and by status codes (RFC 3463).

use std::sync::LazyLock;

use regex::Regex;

use super::super::text::fold;

static STATUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^0-9.])").expect("a valid pattern")
});

/// Something else is at fault (folded phrases): the mailbox is full, the mail or its sender is not liked, the way is blocked.
const NOT_THE_ADDRESS: [&str; 66] = [
    "mailbox full",
    "mailbox is full",
    "mailbox was full",
    "mailboxfull",
    "quota",
    "over quota",
    "exceeded storage",
    "exceeds allowed size",
    "insufficient system storage",
    "size limit",
    "too large",
    "too big",
    "message size",
    "exceeds size",
    "maximum message size",
    "message length exceeds",
    "spam",
    "blacklist",
    "blocklist",
    "block list",
    "blocked",
    "banned",
    "reputation",
    "dmarc",
    "dkim",
    "spf",
    "unauthenticated",
    "policy",
    "virus",
    "content",
    "relay",
    "relaying denied",
    "not permitted",
    "access denied",
    "access is denied",
    "denied",
    "not authorized",
    "authentication required",
    "timed out",
    "timeout",
    "time out",
    "expired",
    "in the queue too long",
    "retry time",
    "try again",
    "temporar",
    "deferred",
    "connection refused",
    "not responding",
    "too many",
    "rate limit",
    "receiving mail at a rate",
    "loop",
    "too many hops",
    "hop count",
    "routing",
    "sender rejected",
    "sender address rejected",
    "domain of sender",
    "ptr",
    "reverse dns",
    "suspended",
    "frozen",
    "inactive",
    "system error",
    "insufficient permission",
];

/// There is no such user (folded phrases).
const NO_USER: [&str; 46] = [
    "user unknown",
    "unknown user",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "unknown local",
    "unknown mailbox",
    "unknown account",
    "address unknown",
    "no such user",
    "no such account",
    "no such address",
    "no such mailbox",
    "no such recipient",
    "no such person",
    "no such local user",
    "does not exist",
    "doesn t exist",
    "not exist",
    "not found",
    "no mailbox",
    "mailbox unavailable",
    "mailbox not available",
    "invalid recipient",
    "invalid address",
    "invalid user",
    "invalid mailbox",
    "not a valid",
    "not our customer",
    "no account",
    "not listed in",
    "not listed",
    "recipient name is not recognized",
    "not known",
    "bad destination mailbox",
    "bad address",
    "unrouteable address",
    "no longer available",
    "no longer on server",
    "no user",
    "is not a known user",
    "account disabled",
    "disabled user",
    "deactivated",
    "address error",
    "undeliverable address",
];

/// There is no such host, it takes no mail, or the user has moved (folded phrases).
const NO_HOST: [&str; 22] = [
    "host unknown",
    "unknown host",
    "host not found",
    "domain not found",
    "no such domain",
    "domain does not exist",
    "unknown domain",
    "name or service not known",
    "no mx",
    "bad mx record",
    "nullmx",
    "null mx",
    "does not accept mail",
    "does not accept email",
    "not accept any mail",
    "host or domain name not found",
    "invalid domain",
    "has moved",
    "moved to",
    "dns error",
    "non existent domain",
    "no such host",
];

/// The first status code in a text.
pub(super) fn status_in(text: &str) -> Option<String> {
    STATUS.captures(text).map(|c| c[1].to_owned())
}

/// Whether the address is at fault. `diagnosis` is what the far server said, `notice` the whole text.
pub(super) fn address_is_at_fault(diagnosis: &str, status: Option<&str>, notice: &str) -> bool {
    let has = |text: &str, phrases: &[&str]| phrases.iter().any(|p| text.contains(p));
    let said = fold(diagnosis);
    let whole = fold(notice);
    // What is refused after the mail itself was handed over is refused for its content or by a filter of the user.
    let at_data = whole.contains("in reply to end of data")
        || whole.contains("in reply to data")
        || said.contains("end of data");
    let code = status.map(str::to_owned).or_else(|| status_in(diagnosis));
    let code = code.as_deref().unwrap_or("");
    if has(&said, &NO_HOST) {
        return true;
    }
    if matches!(code, "5.1.2" | "5.1.6" | "5.1.10" | "5.4.4") {
        return true;
    }
    if has(&said, &NOT_THE_ADDRESS) {
        return false;
    }
    if has(&said, &NO_USER) {
        return !at_data;
    }
    if matches!(code, "5.1.1" | "5.1.3" | "5.1.0") {
        return !at_data;
    }
    if said.trim().len() < 12 || code.is_empty() {
        if has(&whole, &NO_HOST) {
            return true;
        }
        if has(&whole, &NOT_THE_ADDRESS) {
            return false;
        }
        return has(&whole, &NO_USER) && !at_data;
    }
    false
}
