//! The folders of a server: which one the configuration means, by what it is for (RFC 6154) or by its name, and how
//! the protocol writes names (modified UTF-7, RFC 3501, 5.1.3).

use std::collections::HashMap;

use async_imap::imap_proto::NameAttribute;
use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::config::SpecialUse;

/// A folder as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its name as the protocol writes it.
    pub wire: String,
    /// Its name as people read it.
    pub name: String,
    /// Whether it can be opened: some only hold others.
    pub selectable: bool,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// Whether it keeps what was sent.
    pub sent: bool,
    /// Whether it keeps what was thrown away.
    pub trash: bool,
}

impl Folder {
    pub(super) fn new(wire: &str, attributes: &[NameAttribute<'_>]) -> Folder {
        let special_use = attributes.iter().find_map(|a| match a {
            NameAttribute::All => Some(SpecialUse::All),
            NameAttribute::Archive => Some(SpecialUse::Archive),
            NameAttribute::Junk => Some(SpecialUse::Junk),
            _ => None, // the server's words, of which there are more every year
        });
        let gone = |a: &NameAttribute<'_>| {
            matches!(a, NameAttribute::NoSelect)
                || matches!(a, NameAttribute::Extension(e) if e.eq_ignore_ascii_case("\\NonExistent"))
        };
        Folder {
            wire: wire.to_owned(),
            name: decoded(wire),
            selectable: !attributes.iter().any(gone),
            special_use,
            sent: attributes.contains(&NameAttribute::Sent),
            trash: attributes.contains(&NameAttribute::Trash),
        }
    }
}

/// The folder that the configuration means: the one for a purpose (`\Junk`), the one of that name, or, where the name
/// is gone, the one that now serves the purpose which that name had.
pub(super) fn meant<'f>(
    configured: &str,
    folders: &'f [Folder],
    known: &HashMap<String, SpecialUse>,
) -> Option<&'f Folder> {
    let for_use = |wanted: SpecialUse| {
        let mut there = folders.iter().filter(|f| f.selectable);
        there.find(|f| f.special_use == Some(wanted))
    };
    if let Some(wanted) = SpecialUse::from_word(configured) {
        return for_use(wanted);
    }
    let mut there = folders.iter().filter(|f| f.selectable);
    there
        .find(|f| f.name == configured || f.wire == configured)
        .or_else(|| known.get(configured).and_then(|u| for_use(*u)))
}

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A name as the protocol writes it.
pub(super) fn encoded(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let plain = |c: char| (' '..='~').contains(&c);
        let end = rest.find(|c| !plain(c)).unwrap_or(rest.len());
        out += &rest[..end].replace('&', "&-");
        rest = &rest[end..];
        let end = rest.find(plain).unwrap_or(rest.len());
        if end > 0 {
            let units: Vec<u8> = rest[..end]
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect();
            out += &format!("&{}-", ENGINE.encode(units));
        }
        rest = &rest[end..];
    }
    out
}

/// A name as people read it. What is not well encoded stays as it is.
pub(super) fn decoded(wire: &str) -> String {
    let mut out = String::new();
    let mut rest = wire;
    while let Some((plain, after)) = rest.split_once('&') {
        out += plain;
        let Some((code, after)) = after.split_once('-') else {
            rest = &rest[plain.len()..];
            break;
        };
        match (code, part(code)) {
            ("", _) => out.push('&'),
            (_, Some(text)) => out += &text,
            (_, None) => out += &format!("&{code}-"),
        }
        rest = after;
    }
    out + rest
}

fn part(code: &str) -> Option<String> {
    let bytes = ENGINE.decode(code).ok()?;
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    let units: Vec<u16> = pairs.iter().map(|p| u16::from_be_bytes(*p)).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_protocol_wants_and_read_back() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Thư rác", "Th&AbA- r&AOE-c"),
            ("R&D", "R&-D"),
            ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
            ("a 📎", "a &2D3czg-"),
        ] {
            assert_eq!(encoded(name), wire);
            assert_eq!(decoded(wire), name);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_name_comes_back_and_none_is_too_odd(name in ".*", wire in "[&a-c+,!-]*") {
            assert_eq!(decoded(&encoded(&name)), name);
            assert!(encoded(&name).is_ascii());
            decoded(&wire); // whatever a server writes
        }
    }

    #[test]
    fn names_that_a_server_writes_otherwise_stay_as_they_are() {
        for wire in ["R&D-x", "R&D", "&", "a&!!-b", "&2D0-", "Thư rác"] {
            assert_eq!(decoded(wire), wire);
        }
    }

    #[test]
    fn a_folder_is_found_by_what_it_is_for_by_its_name_and_by_what_its_name_was_for() {
        use NameAttribute::{All, Junk, NoSelect};
        let folders = [
            Folder::new("INBOX", &[]),
            Folder::new("[Gmail]", &[NoSelect]),
            Folder::new("[Gmail]/Th&AbA- r&AOE-c", &[Junk]),
            Folder::new("[Gmail]/All Mail", &[All]),
            Folder::new("Spam 2024", &[]),
        ];
        let known = HashMap::from([
            ("[Gmail]/Spam".to_owned(), SpecialUse::Junk),
            ("Spam 2024".to_owned(), SpecialUse::Junk),
        ]);
        for (configured, found) in [
            ("\\Junk", Some("[Gmail]/Thư rác")),
            ("\\all", Some("[Gmail]/All Mail")),
            ("\\Archive", None),
            ("[Gmail]/Thư rác", Some("[Gmail]/Thư rác")),
            ("[Gmail]/Th&AbA- r&AOE-c", Some("[Gmail]/Thư rác")),
            ("[Gmail]/Spam", Some("[Gmail]/Thư rác")),
            ("Spam 2024", Some("Spam 2024")),
            ("[Gmail]", None),
            ("Spam", None),
        ] {
            let meant = meant(configured, &folders, &known);
            assert_eq!(meant.map(|f| f.name.as_str()), found, "{configured}");
        }
    }
}
