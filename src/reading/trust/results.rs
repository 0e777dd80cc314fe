//! The header Authentication-Results, as RFC 8601 (section 2.2) defines it.
//!
//! Servers copy into it what senders choose: addresses, names of their machines. So nothing is looked for in its text: it
//! is taken apart by the grammar, and a property belongs to the method in whose result it stands.

use super::words::{Kind, Word, words};

pub use super::words::Broken;

/// What one header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// Who says it, as written.
    pub authserv_id: String,
    /// The methods with their results, in their order; none where the header says "none".
    pub methods: Vec<Method>,
    /// Where it is broken within, so that only what stands before is read: why. Its server copied something that its
    /// sender chose, or wrote nonsense.
    pub broken: Option<Broken>,
}

/// The result of one method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// `dkim`, `dmarc`, `spf` …, lower case.
    pub name: String,
    /// `pass`, `fail`, `none` …, lower case; empty where it cannot be told.
    pub result: String,
    /// `header.from` with its value …; names lower case, values as written, without quotes.
    pub properties: Vec<(String, String)>,
    /// Whether it has something that the grammar does not know.
    pub odd: bool,
}

impl Method {
    /// The values of a property.
    pub fn values<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m str> {
        let named = self.properties.iter().filter(move |(n, _)| n == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// Why a header says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It begins with a result instead of the name of a server.
    #[error("it does not begin with the name of the server that wrote it")]
    Nameless,
    /// A version of the format that nobody has defined.
    #[error("it is of a version that is not known")]
    Version,
}

/// Reads the value of a header; folded or not.
///
/// # Errors
/// Where nobody can be told to have written it. What is odd within one result is noted there.
pub fn parse(value: &[u8]) -> Result<Results, Unreadable> {
    let (words, broken) = words(value);
    let mut parts: Vec<&[Word]> = words.split(|w| w.kind == Kind::Semicolon).collect();
    if broken.is_some() {
        parts.pop(); // it may have been meant otherwise
    }
    let mut parts = parts.into_iter();
    let authserv_id = match parts.next().unwrap_or_default() {
        [id] => id,
        [id, version] if version.kind == Kind::Atom && !version.glued => {
            // Of the versions only the first exists; 0 is the same with zeros before it.
            if version.text.trim_start_matches('0') != "1" {
                return Err(Unreadable::Version);
            }
            id
        }
        _ => return Err(Unreadable::Nameless),
    };
    if authserv_id.kind == Kind::Equals || authserv_id.text.is_empty() {
        return Err(Unreadable::Nameless);
    }
    Ok(Results {
        authserv_id: authserv_id.text.clone(),
        methods: parts.filter_map(method).collect(),
        broken,
    })
}

/// Reads one result; `None` where there is none, as after the last semicolon.
fn method(part: &[Word]) -> Option<Method> {
    match part {
        [] => return None,
        [only] if only.kind == Kind::Atom && only.text.eq_ignore_ascii_case("none") => return None,
        _ => {}
    }
    let mut odd = false;
    let (name, rest) = named(part, '/', &mut odd);
    let (name, version) = match name.split_once('/') {
        Some((name, version)) => (name.to_owned(), version),
        None => (name.clone(), "1"),
    };
    odd |= version != "1" || !is_keyword(&name);
    // A result is one word; what hangs on it makes it another one.
    let (result, rest) = value(rest);
    let plain = result.is_some_and(|r| r.len() == 1 && r[0].kind == Kind::Atom);
    odd |= !plain;
    let mut found = Method {
        name,
        result: if plain {
            said(result).to_ascii_lowercase()
        } else {
            String::new()
        },
        properties: Vec::new(),
        odd,
    };
    let mut rest = rest;
    while !rest.is_empty() {
        let (name, after) = named(rest, '.', &mut found.odd);
        let (value, after) = value(after);
        found.odd |= name.is_empty() || value.is_none();
        found.properties.push((name, said(value)));
        rest = after;
    }
    Some(found)
}

/// The name before the next `=`, and what follows that. White space may stand around `sign` within a name; any other word
/// before it is odd and left out.
fn named<'w>(words: &'w [Word], sign: char, odd: &mut bool) -> (String, &'w [Word]) {
    let equals = words.iter().position(|w| w.kind == Kind::Equals);
    let before = &words[..equals.unwrap_or(words.len())];
    let mut name = String::new();
    for word in before {
        let joins = word.glued || name.ends_with(sign) || word.text.starts_with(sign);
        if !name.is_empty() && !joins {
            *odd = true;
            name.clear();
        }
        *odd |= word.kind != Kind::Atom;
        name += &word.text;
    }
    *odd |= equals.is_none();
    let after = equals.map_or(words.len(), |at| at + 1);
    (name.to_ascii_lowercase(), &words[after..])
}

/// The pieces of the value that begins here, which follow each other without white space.
fn value(words: &[Word]) -> (Option<&[Word]>, &[Word]) {
    let Some(more) = words.get(1..) else {
        return (None, words);
    };
    let length = 1 + more.iter().take_while(|w| w.glued).count();
    (Some(&words[..length]), &words[length..])
}

fn said(value: Option<&[Word]>) -> String {
    let words = value.unwrap_or_default().iter();
    words.map(|w| w.text.as_str()).collect()
}

/// RFC 5321, section 4.1.2: letters, digits and hyphens, of which the last is none.
fn is_keyword(text: &str) -> bool {
    let within = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(within) && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Results {
        parse(value.as_bytes()).unwrap_or_else(|e| panic!("{value}: {e}"))
    }

    /// Each method as `name=result property=value …`, with `!` where it is odd.
    fn told(value: &str) -> Vec<String> {
        let methods = read(value).methods.into_iter();
        methods
            .map(|m| {
                let mut told = format!("{}={}", m.name, m.result);
                for (name, value) in &m.properties {
                    told += &format!(" {name}={value}");
                }
                if m.odd {
                    told.push('!');
                }
                told
            })
            .collect()
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 8601, appendix B.
        for (value, methods) in [
            ("example.org 1; none", &[][..]),
            (
                "example.com;\r\n          spf=pass smtp.mailfrom=example.net",
                &["spf=pass smtp.mailfrom=example.net"],
            ),
            (
                "example.com;\r\n   auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n   spf=pass smtp.mailfrom=example.net",
                &[
                    "auth=pass smtp.auth=sender@example.net",
                    "spf=pass smtp.mailfrom=example.net",
                ],
            ),
            (
                "example.com;\r\n dkim=pass reason=\"good signature\"\r\n header.i=@mail-router.example.net;\r\n dkim=fail reason=\"bad signature\"\r\n header.i=@newyork.example.com",
                &[
                    "dkim=pass reason=good signature header.i=@mail-router.example.net",
                    "dkim=fail reason=bad signature header.i=@newyork.example.com",
                ],
            ),
            (
                "foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n      policy (A dot can go here) . (like that) expired\r\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
                &["dkim=fail policy.expired=1362471462"],
            ),
        ] {
            assert_eq!(told(value), methods, "{value}");
        }
        assert_eq!(read("example.org 1; none").authserv_id, "example.org");
        assert_eq!(read("\"an id\" 01; none").authserv_id, "an id");
    }

    #[test]
    fn what_a_sender_chose_stays_where_it_stands() {
        for (value, methods) in [
            (
                r#"mx; spf=pass smtp.mailfrom="a; dmarc=pass header.from=x; b"@evil.example; dmarc=fail header.from=x"#,
                &[
                    r#"spf=pass smtp.mailfrom=a; dmarc=pass header.from=x; b@evil.example"#,
                    "dmarc=fail header.from=x",
                ][..],
            ),
            (
                "mx; dmarc=pass (header.from=x) header.from=y",
                &["dmarc=pass header.from=y"],
            ),
            (
                r#"mx; dmarc=pass reason="header.from=x" header.from=y"#,
                &["dmarc=pass reason=header.from=x header.from=y"],
            ),
            (
                "mx; spf=pass header.from=x; dmarc=pass",
                &["spf=pass header.from=x", "dmarc=pass"],
            ),
            (
                "mx; spf=pass smtp.helo=(;) dmarc=pass",
                &["spf=pass smtp.helo=dmarc=pass"],
            ),
        ] {
            assert_eq!(told(value), methods, "{value}");
        }
    }

    #[test]
    fn what_servers_really_write_is_read() {
        for (value, methods) in [
            // A comment without white space, an empty value, base64 with its padding, a name in brackets.
            (
                "r2.example; spf=pass  (a: b of c)smtp.mailfrom=example.net",
                &["spf=pass smtp.mailfrom=example.net"][..],
            ),
            ("mx; spf=pass smtp.mail=", &["spf=pass smtp.mail=!"]),
            (
                "mx; dkim=pass header.b=aB/+c==; spf=none smtp.mailfrom=<>;",
                &["dkim=pass header.b=aB/+c==", "spf=none smtp.mailfrom=<>"],
            ),
            (
                "mx; dmarc=fail reason=\"SPF not aligned (relaxed)\" header.from=outlook.com (policy=none)",
                &["dmarc=fail reason=SPF not aligned (relaxed) header.from=outlook.com"],
            ),
            ("mx; dmarc=skipped", &["dmarc=skipped"]),
        ] {
            assert_eq!(told(value), methods, "{value}");
        }
    }

    #[test]
    fn what_the_grammar_does_not_know_is_odd_or_says_nothing() {
        for (value, methods) in [
            (
                "mx; dmarc=pass stray header.from=x",
                &["dmarc=pass header.from=x!"][..],
            ),
            (
                "mx; dmarc=pass\"x\" header.from=x",
                &["dmarc= header.from=x!"],
            ),
            (
                "mx; dmarc=\"pass\" header.from=x",
                &["dmarc= header.from=x!"],
            ),
            ("mx; dmarc", &["dmarc=!"]),
            ("mx; dmarc/2=pass", &["dmarc=pass!"]),
            ("mx; =pass", &["=pass!"]),
            ("mx; \"dmarc\"=pass", &["dmarc=pass!"]),
        ] {
            assert_eq!(told(value), methods, "{value}");
        }
        for (value, why) in [
            // Microsoft 365 names no server.
            (
                "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x; dmarc=pass header.from=x",
                Unreadable::Nameless,
            ),
            (
                "mta.example  from=y.example; dkim=pass (ok)",
                Unreadable::Nameless,
            ),
            ("", Unreadable::Nameless),
            ("; dmarc=pass", Unreadable::Nameless),
            ("mx 2; dmarc=pass", Unreadable::Version),
            ("mx (; dmarc=pass", Unreadable::Nameless),
        ] {
            assert_eq!(parse(value.as_bytes()), Err(why), "{value}");
        }
        let broken = read("mx; spf=pass; dmarc=pass header.from=x (");
        assert_eq!(broken.broken, Some(Broken::OpenComment));
        assert_eq!(broken.methods.len(), 1, "{broken:?}");
    }
}
