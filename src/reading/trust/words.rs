//! A structured header field (RFC 5322, section 3.2) taken apart: words, quoted strings, `=` and `;`. Comments are passed
//! over, however deep they nest; whatever stands in a comment or a quoted string separates nothing.

/// More of one field is not looked at: no server writes that much.
const LONGEST: usize = 32_000;

/// One piece of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters and signs between white space, comments, quotes, `=` and `;`.
    Atom,
    /// What stands between two quotes, without its escapes.
    Quoted,
    /// `=`
    Equals,
    /// `;`
    Semicolon,
}

/// A piece of a field with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub kind: Kind,
    /// What it says.
    pub text: String,
    /// Whether it follows the piece before it without white space or comment.
    pub glued: bool,
}

/// Why a field cannot be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A comment that does not end.
    #[error("a comment does not end")]
    OpenComment,
    /// A quoted string that does not end.
    #[error("a quoted string does not end")]
    OpenQuote,
    /// A closing parenthesis without a comment.
    #[error("a comment ends that never began")]
    StrayParenthesis,
    /// A quote within a comment: whoever copies an address there may have let its writer end the comment.
    #[error("a comment holds a quote, so where it ends is in doubt")]
    QuoteInComment,
    /// More than any server writes.
    #[error("it is too long")]
    TooLong,
}

/// Takes the value of a field apart, folded or not: its pieces up to where it is broken, if it is.
pub(super) fn words(value: &[u8]) -> (Vec<Word>, Option<Broken>) {
    let mut found = Vec::new();
    let within = value.get(..LONGEST).unwrap_or(value);
    let broken = take_apart(within, &mut found).err();
    let too_long = (value.len() > LONGEST).then_some(Broken::TooLong);
    (found, too_long.or(broken))
}

fn take_apart(value: &[u8], found: &mut Vec<Word>) -> Result<(), Broken> {
    let mut glued = false;
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                glued = false;
                at += 1;
                continue;
            }
            b'(' => {
                at = after_comment(value, at)?;
                glued = false;
                continue;
            }
            b')' => return Err(Broken::StrayParenthesis),
            b'"' => {
                let (text, end) = quoted(value, at)?;
                push(found, Kind::Quoted, &text, glued);
                at = end;
            }
            b'=' | b';' => {
                let kind = if *byte == b'=' {
                    Kind::Equals
                } else {
                    Kind::Semicolon
                };
                push(found, kind, &[*byte], glued);
                at += 1;
            }
            _ => {
                let rest = &value[at..];
                let length = rest
                    .iter()
                    .position(|b| b" \t\r\n()\"=;".contains(b))
                    .unwrap_or(rest.len());
                push(found, Kind::Atom, &rest[..length], glued);
                at += length;
            }
        }
        glued = true;
    }
    Ok(())
}

fn push(found: &mut Vec<Word>, kind: Kind, text: &[u8], glued: bool) {
    found.push(Word {
        kind,
        text: String::from_utf8_lossy(text).into_owned(),
        glued,
    });
}

/// The place after a comment that begins here.
fn after_comment(value: &[u8], begins: usize) -> Result<usize, Broken> {
    let mut depth = 0_usize;
    let mut at = begins;
    while let Some(byte) = value.get(at) {
        match byte {
            b'\\' => at += 1, // what follows means itself
            b'"' => return Err(Broken::QuoteInComment),
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    Err(Broken::OpenComment)
}

/// What a quoted string says that begins here, and the place after it.
fn quoted(value: &[u8], begins: usize) -> Result<(Vec<u8>, usize), Broken> {
    let mut text = Vec::new();
    let mut at = begins + 1;
    while let Some(byte) = value.get(at) {
        match byte {
            b'"' => return Ok((text, at + 1)),
            b'\\' => {
                at += 1;
                text.extend(value.get(at));
            }
            b'\r' | b'\n' => {} // folded
            _ => text.push(*byte),
        }
        at += 1;
    }
    Err(Broken::OpenQuote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &str) -> Vec<String> {
        let (found, broken) = words(value.as_bytes());
        assert_eq!(broken, None, "{value}");
        found.into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn comments_and_quotes_separate_nothing() {
        assert_eq!(said("a (b; (c=d) e) f;g=h"), ["a", "f", ";", "g", "=", "h"]);
        assert_eq!(
            said(r#"a="b; c=\"d\" (e"@f;"#),
            ["a", "=", "b; c=\"d\" (e", "@f", ";"]
        );
        assert_eq!(said("a\r\n\t(\\) ;) b"), ["a", "b"]);
        let (found, _) = words(b"a=b c (d)e");
        let glued: Vec<bool> = found.into_iter().map(|w| w.glued).collect();
        assert_eq!(glued, [false, true, true, false, false]);
    }

    #[test]
    fn what_has_no_end_or_no_beginning_is_broken_from_there() {
        for (value, why) in [
            ("a; (b (c) d", Broken::OpenComment),
            ("a; (b\\)", Broken::OpenComment),
            ("a; \"b", Broken::OpenQuote),
            ("a; \"b\\\"", Broken::OpenQuote),
            ("a; ) b", Broken::StrayParenthesis),
            ("a; (of \"b\"@c) d", Broken::QuoteInComment),
        ] {
            let (found, broken) = words(value.as_bytes());
            assert_eq!((found.len(), broken), (2, Some(why)), "{value}");
        }
        let (found, broken) = words(&[b';'; LONGEST + 1]);
        assert_eq!((found.len(), broken), (LONGEST, Some(Broken::TooLong)));
    }
}
