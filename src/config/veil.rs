//! Passwords within texts that come from outside: an odd server, or a program, says again what it was told, and what it
//! says is logged, stored and mailed.
//!
//! Blanked is a secret as it stands, in whatever case, with the escapes of a quoted string (RFC 3501) or of a URL, and
//! within any base64 (RFC 4648), as LOGIN and PLAIN (RFC 4616) carry it; also its beginning, where the text is cut off
//! there. A text that disguises it otherwise is beyond that: whoever answers so has the password anyway, and could send
//! it anywhere.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::secret::{Password, Secret};
use crate::ground::text::percent_encoded;

/// What stands where a secret stood.
const BLANK: &str = "…";
/// Shorter pieces of base64 stand in too many words.
const LEAST_BASE64: usize = 4;
/// A text that is cut off within a secret gives away no less than so many bytes of it; shorter ends stand in any text.
const LEAST_BEGINNING: usize = 6;
/// Shorter arguments of a program (`-v`, `send`) are no secrets.
const LEAST_ARGUMENT: usize = 8;

/// Secrets that must not stand in a text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Veil {
    known: Vec<String>,
    /// Where others are kept: they are read when a text is looked at, for they may have been renewed.
    kept: Vec<Secret>,
}

impl fmt::Debug for Veil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Veil(…)")
    }
}

impl Veil {
    /// The passwords that are kept in some places, as far as they can be read.
    pub(crate) fn of_places(kept: Vec<Secret>) -> Veil {
        Veil {
            known: Vec::new(),
            kept,
        }
    }

    /// One secret more.
    pub fn add(&mut self, password: &Password) {
        self.add_text(&password.0);
    }

    fn add_text(&mut self, secret: &str) {
        if !secret.is_empty() && !self.known.iter().any(|s| s == secret) {
            self.known.push(secret.to_owned());
        }
    }

    /// All of a URL that may be a key: all but the name of the server.
    pub(crate) fn of_url(url: &str) -> Veil {
        let mut veil = Veil::default();
        let (_, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if let Some((login, _)) = authority.rsplit_once('@') {
            veil.add_text(login);
            let (_, password) = login.split_once(':').unwrap_or(("", ""));
            veil.add_text(password);
        }
        if path.len() > 1 {
            veil.add_text(path);
        }
        for part in path.split(['/', '?', '&', '=', '#']) {
            if part.len() >= LEAST_ARGUMENT {
                veil.add_text(part);
            }
        }
        veil
    }

    /// The arguments of a program that may be keys; paths are none.
    pub(crate) fn of_arguments(arguments: &[String]) -> Veil {
        let mut veil = Veil::default();
        for argument in arguments {
            let value = match argument.split_once('=') {
                Some((name, value)) if name.starts_with('-') => value,
                _ => argument,
            };
            if value.len() >= LEAST_ARGUMENT && !value.starts_with(['/', '-']) {
                veil.add_text(value);
            }
        }
        veil
    }

    /// A text without the secrets.
    pub fn over(&self, text: &str) -> String {
        let kept = self.kept.iter().filter_map(|s| s.read().ok());
        let secrets = kept.map(|p| p.0).chain(self.known.iter().cloned());
        let mut found: Vec<Range<usize>> = secrets.flat_map(|s| places(&s, text)).collect();
        found.sort_by_key(|range| range.start);
        let (mut out, mut end) = (String::with_capacity(text.len()), 0);
        for range in found {
            if range.start >= end {
                out += &text[end..range.start];
                out += BLANK;
            }
            end = end.max(range.end);
        }
        out + &text[end..]
    }
}

/// Where a secret stands in a text. Every range begins and ends between two letters: a secret is whole letters, and
/// base64 is ASCII.
fn places(secret: &str, text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let ends = ends(text);
    let mut found = Vec::new();
    for form in [secret.to_owned(), quoted(secret), percent_encoded(secret)] {
        let form = form.as_bytes();
        let same = |a: &[u8], b: &[u8]| a.eq_ignore_ascii_case(b);
        let windows = bytes.windows(form.len()).enumerate();
        let hits = windows.filter(|(_, window)| same(window, form));
        found.extend(hits.map(|(at, _)| at..at + form.len()));
        found.extend(
            ends.iter()
                .filter_map(|end| cut_off(&bytes[..*end], form, same)),
        );
    }
    let encoded = [secret.to_owned(), quoted(secret)];
    for core in encoded.iter().flat_map(|form| cores(form)) {
        let same = |a: &[u8], b: &[u8]| a.iter().map(|b| standard(*b)).eq(b.iter().copied());
        let windows = bytes.windows(core.len()).enumerate();
        let hits = windows.filter(|(_, window)| same(window, &core));
        let whole = hits.map(|(at, _)| at..at + core.len());
        let cut = ends
            .iter()
            .filter_map(|end| cut_off(&bytes[..*end], &core, same));
        // And what stands there before and after.
        for range in whole.chain(cut).collect::<Vec<_>>() {
            let before = bytes[..range.start].iter().rev();
            let after = bytes[range.end..].iter();
            let before = before.take_while(|b| is_base64(**b)).count();
            let after = after.take_while(|b| is_base64(**b)).count();
            found.push(range.start - before..range.end + after);
        }
    }
    found
}

/// Where lines end, or are cut off with dots.
fn ends(text: &str) -> Vec<usize> {
    let marks = ["\r", "\n", "...", "…"];
    let marks = marks.iter().flat_map(|mark| text.match_indices(mark));
    let mut ends: Vec<usize> = marks.map(|(at, _)| at).collect();
    ends.push(text.len());
    ends
}

/// The longest beginning of a form that a text ends with.
fn cut_off(text: &[u8], form: &[u8], same: impl Fn(&[u8], &[u8]) -> bool) -> Option<Range<usize>> {
    let lengths = (LEAST_BEGINNING..form.len().min(text.len() + 1)).rev();
    let mut starts = lengths.map(|length| (text.len() - length, length));
    let found = starts.find(|(start, length)| same(&text[*start..], &form[..*length]));
    found.map(|(start, _)| start..text.len())
}

/// With the escapes of a quoted string.
fn quoted(secret: &str) -> String {
    secret.replace('\\', "\\\\").replace('"', "\\\"")
}

/// What stands in base64 wherever the secret stands in what is encoded: it may begin at any of three bytes, and the
/// letters at both ends depend on its neighbours.
fn cores(secret: &str) -> Vec<Vec<u8>> {
    let core = |offset: usize| {
        let encoded = STANDARD_NO_PAD.encode([&vec![0; offset], secret.as_bytes()].concat());
        let first = (offset * 8).div_ceil(6);
        let last = (offset + secret.len()) * 8 / 6;
        encoded.as_bytes()[first.min(last)..last].to_vec()
    };
    let mut cores: Vec<Vec<u8>> = (0..3).map(core).collect();
    cores.retain(|core| core.len() >= LEAST_BASE64);
    cores
}

/// A letter of the alphabet for URLs as its counterpart in the usual one.
fn standard(b: u8) -> u8 {
    match b {
        b'-' => b'+',
        b'_' => b'/',
        b => b,
    }
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/-_=".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    fn veil(secret: &str) -> Veil {
        let mut veil = Veil::default();
        veil.add(&Password(secret.to_owned()));
        veil
    }

    #[test]
    fn a_password_is_blanked_in_every_form_in_which_it_was_sent() {
        let plain = STANDARD.encode("\0ban@x.example\0mật \"khẩu\\1");
        let login = STANDARD.encode("mật \"khẩu\\1");
        for (text, expected) in [
            ("nothing of it", "nothing of it"),
            ("bad mật \"khẩu\\1!", "bad …!"),
            (r#"LOGIN "a" "mật \"khẩu\\1" x"#, r#"LOGIN "a" "…" x"#),
            ("twice mật \"khẩu\\1mật \"khẩu\\1", "twice ……"),
            ("m%E1%BA%ADt%20%22kh%E1%BA%A9u%5C1@host", "…@host"),
            (&format!("AUTH PLAIN {plain}"), "AUTH PLAIN …"),
            (&format!("334 {login}, no"), "334 …, no"),
        ] {
            assert_eq!(veil("mật \"khẩu\\1").over(text), expected);
        }
        assert_eq!(veil("Secret-1").over("LOGIN A SECRET-1"), "LOGIN A …");
        assert_eq!(veil("").over("a"), "a");
    }

    #[test]
    fn a_text_that_is_cut_off_gives_no_beginning_of_a_password_away() {
        let plain = STANDARD.encode("\0ban@x.example\0secret-of-mine");
        for (text, expected) in [
            ("LOGIN ban secret-o", "LOGIN ban …"),
            ("LOGIN ban SECRET-of-m...", "LOGIN ban ……"),
            ("no: secret-\r\nmore", "no: …\r\nmore"),
            ("it is no secret to us", "it is no secret to us"),
            (&format!("AUTH {}…", &plain[..plain.len() - 6]), "AUTH ……"),
        ] {
            let said = veil("secret-of-mine").over(text);
            assert_eq!(said.replace("...", "…"), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_server_says_can_be_looked_through(
            secret in "[a-cđạ\"\\\\+/ ]{6,20}",
            before in ".{0,20}",
            after in ".{0,20}",
        ) {
            let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
            for said in [secret.clone(), quoted(&secret), encoded] {
                let end = said.char_indices().nth(said.chars().count() / 2).map_or(0, |(at, _)| at);
                veil(&secret).over(&format!("{before}{}", &said[..end]));
                let told = veil(&secret).over(&format!("{before}{said}{after}"));
                proptest::prop_assert!(!told.contains(&said), "{told}");
            }
        }
    }

    #[test]
    fn a_password_that_was_renewed_is_blanked_as_well() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        let veil = Veil::of_places(vec![Secret::File(path.clone())]);
        assert_eq!(veil.over("no secret-1"), "no secret-1");
        for password in ["secret-1", "secret-2"] {
            std::fs::write(&path, password).unwrap();
            assert_eq!(veil.over(&format!("no {password}")), "no …");
        }
    }

    #[test]
    fn a_password_is_found_in_base64_wherever_it_stands_there() {
        let secret = "?>s3cr3t?>";
        for before in 0..9 {
            for after in 0..4 {
                let sent = format!("{}{secret}{}", "u".repeat(before), "w".repeat(after));
                for encoded in [STANDARD.encode(&sent), URL_SAFE.encode(&sent)] {
                    let text = format!("no: <{encoded}>");
                    assert_eq!(veil(secret).over(&text), "no: <…>", "{sent}");
                }
            }
        }
    }

    #[test]
    fn of_a_url_only_the_server_is_told() {
        let url = "https://ban:pass@sms.example:8443/bot123456789:AbCdEf/send?key=0123456789";
        let veil = Veil::of_url(url);
        for (text, expected) in [
            (
                format!("curl: (6) cannot resolve {url}"),
                "curl: (6) cannot resolve https://…@sms.example:8443…",
            ),
            ("401 for bot123456789:AbCdEf".into(), "401 for …"),
            ("key 0123456789 is not known".into(), "key … is not known"),
            ("404 Not Found".into(), "404 Not Found"),
        ] {
            assert_eq!(veil.over(&text), expected);
        }
        assert_eq!(Veil::of_url("https://sms.example/").over("/ or"), "/ or");
    }

    #[test]
    fn arguments_of_a_program_that_may_be_keys_are_blanked_and_paths_stay() {
        let arguments = ["-v", "--token=abcdefgh", "/opt/sms/send", "0900000000", "x"];
        let veil = Veil::of_arguments(&arguments.map(str::to_owned));
        let said = "/opt/sms/send -v: abcdefgh is no token for 0900000000, x";
        assert_eq!(veil.over(said), "/opt/sms/send -v: … is no token for …, x");
    }
}
