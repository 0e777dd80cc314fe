//! Names of domains and hosts.

/// Whether a name is that of a domain or of something in it; both in lower case.
pub(crate) fn is_within(name: &str, domain: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.ends_with('.');
    name.strip_suffix(domain).is_some_and(below)
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn a_domain_holds_itself_and_what_lies_below_it() {
        assert!(is_within("mail.a.vn", "a.vn") && is_within("a.vn", "a.vn"));
        assert!(!is_within("aa.vn", "a.vn"));
    }
}
