use super::*;

const NO_HOSTS: &[String] = &[];

/// The fields of a raw head, as a mail has them.
fn fields(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\n ", "\u{1} ").replace("\n\t", "\u{1}\t");
    let lines = unfolded.lines().filter(|l| !l.is_empty());
    lines
        .map(|l| {
            let (name, value) = l.split_once(':').unwrap();
            (name.to_owned(), value.replace('\u{1}', "\r\n"))
        })
        .collect()
}

fn judged(head: &str, id: &str, domain: &str) -> Judgement {
    let owned = fields(head);
    let fields: Vec<Field<'_>> = owned
        .iter()
        .map(|(name, value)| Field {
            name,
            value: value.as_bytes(),
        })
        .collect();
    let server = Server {
        authserv_id: id,
        hosts: NO_HOSTS,
    };
    judge(&fields, Some(server), Some(domain))
}

fn trust(header: &str) -> Trust {
    let head = format!("Authentication-Results: {header}");
    judged(&head, "mx.google.com", "phuyen.example").trust
}

#[test]
fn only_the_pinned_servers_verdict_on_the_senders_domain_counts() {
    use Trust::{Fail, Pass, Unknown};
    for (header, expected) in [
        (
            "mx.google.com; spf=pass smtp.mailfrom=x; dmarc=pass (p=NONE) header.from=phuyen.example",
            Pass,
        ),
        (
            "MX.Google.com 1; DMARC=Pass header.from=PhuYen.example;",
            Pass,
        ),
        (
            "evil.example; dmarc=pass header.from=phuyen.example",
            Unknown,
        ),
        (
            "mx.google.com.evil.example; dmarc=pass header.from=phuyen.example",
            Unknown,
        ),
        ("mx.google.com; dmarc=pass header.from=evil.example", Fail),
        ("mx.google.com; dmarc=fail header.from=phuyen.example", Fail),
        // Some servers name the organisation.
        (
            "mx.google.com; dmarc=pass header.from=mail.phuyen.example",
            Unknown,
        ),
        (
            "mx.google.com; dmarc=none header.from=phuyen.example",
            Unknown,
        ),
        (
            "mx.google.com; dmarc=bestguesspass header.from=phuyen.example",
            Unknown,
        ),
        ("mx.google.com; spf=pass", Unknown),
        ("mx.google.com; none", Unknown),
        ("mx.google.com; dmarc=pass", Unknown),
    ] {
        assert_eq!(trust(header), expected, "{header}");
    }
    assert_eq!(judge(&[], None, Some("b")).trust, Unknown);
}

/// What senders can make a genuine header say.
#[test]
fn what_a_sender_puts_into_a_genuine_header_gives_no_pass() {
    for (header, expected) in [
        // A quoted local part, in a comment and as a property.
        (
            r#"mx.google.com; spf=pass (google.com: domain of "a; dmarc=pass header.from=phuyen.example; b"@evil.example designates 192.0.2.1 as permitted sender) smtp.mailfrom="a; dmarc=pass header.from=phuyen.example; b"@evil.example; dmarc=fail (p=REJECT sp=REJECT dis=QUARANTINE) header.from=phuyen.example"#,
            Trust::Fail,
        ),
        (
            r#"mx.google.com; spf=pass smtp.mailfrom="a; dmarc=pass header.from=phuyen.example; b"@evil.example; dmarc=fail (p=REJECT) header.from=phuyen.example"#,
            Trust::Fail,
        ),
        (
            r#"mx.google.com; dkim=pass header.i="x; dmarc=pass header.from=phuyen.example"@evil.example; dmarc=none"#,
            Trust::Unknown,
        ),
        // Without quotes, as a careless server might.
        (
            "mx.google.com; spf=pass smtp.mailfrom=a; dmarc=pass header.from=phuyen.example; b@evil.example; dmarc=fail header.from=phuyen.example",
            Trust::Fail,
        ),
        (
            "mx.google.com; spf=pass smtp.mailfrom=a; dmarc=pass header.from=phuyen.example; b@evil.example; dmarc=none header.from=phuyen.example",
            Trust::Unknown,
        ),
        // Two results that agree: one of them may be the sender's.
        (
            "mx.google.com; spf=pass smtp.mailfrom=a; dmarc=pass header.from=phuyen.example; b@evil.example; dmarc=pass header.from=phuyen.example",
            Trust::Unknown,
        ),
        // One that ends the comment, and one that swallows the rest.
        (
            r#"mx.google.com; spf=pass (domain of "a) ; dmarc=pass header.from=phuyen.example; ("@evil.example) x=y; dmarc=fail"#,
            Trust::Fail,
        ),
        (
            "mx.google.com; spf=pass (domain of a) ; dmarc=pass header.from=phuyen.example; ((@evil.example designates x) smtp.mailfrom=a; dmarc=fail",
            Trust::Fail,
        ),
        // Another one's domain before the real one.
        (
            "mx.google.com; dmarc=pass (header.from=phuyen.example) header.from=evil.example",
            Trust::Fail,
        ),
        (
            r#"mx.google.com; dmarc=pass reason="header.from=phuyen.example" header.from=evil.example"#,
            Trust::Fail,
        ),
        (
            "mx.google.com; spf=pass header.from=phuyen.example; dmarc=pass header.from=evil.example",
            Trust::Fail,
        ),
        (
            "mx.google.com; dmarc=pass header.from=phuyen.example header.from=evil.example",
            Trust::Unknown,
        ),
        (
            "mx.google.com; dmarc=pass header.from=phuyen.example(x)header.from=evil.example",
            Trust::Unknown,
        ),
        (
            "mx.google.com; dmarc=pass header.from=\"phuyen.example\"evil",
            Trust::Fail,
        ),
        (
            "mx.google.com; xdmarc=pass header.from=phuyen.example",
            Trust::Unknown,
        ),
    ] {
        assert_eq!(trust(header), expected, "{header}");
    }
}

const GMAIL: &str = include_str!("fixtures/gmail.head");
const GMAIL_FORGED: &str = include_str!("fixtures/gmail-forged.head");
const GMAIL_PASSED_ON: &str = include_str!("fixtures/gmail-passed-on.head");
const OPENDMARC: &str = include_str!("fixtures/postfix-opendmarc.head");
const MICROSOFT: &str = include_str!("fixtures/microsoft365.head");

/// Which headers are believed, by their first words.
fn believed(found: &Judgement) -> Vec<&str> {
    let believed = found.chain.iter().filter(|e| e.believed);
    believed.map(|e| e.what.as_str()).collect()
}

#[test]
fn gmail_writes_its_word_below_its_own_traces() {
    let found = judged(GMAIL, "mx.google.com", "phuyen.example");
    assert_eq!(found.trust, Trust::Pass, "{found:#?}");
    let believed = believed(&found);
    assert_eq!(believed.len(), 1);
    assert!(
        believed[0].starts_with("Authentication-Results: mx.google.com; dkim=pass"),
        "{believed:?}"
    );
    // The copy for ARC says the same and counts for nothing.
    assert!(
        found.chain[0]
            .what
            .starts_with("ARC-Authentication-Results: i=1; mx.google.com")
            && !found.chain[0].believed
    );
    assert_eq!(
        judged(GMAIL, "mx.google.com", "evil.example").trust,
        Trust::Fail
    );
    assert_eq!(
        judged(GMAIL, "mx.lab.example", "phuyen.example").trust,
        Trust::Unknown
    );
}

#[test]
fn a_line_that_came_with_the_mail_is_below_gmails_own_and_does_not_count() {
    let found = judged(GMAIL_FORGED, "mx.google.com", "phuyen.example");
    assert_eq!(found.trust, Trust::Fail, "{found:#?}");
    let forged = found.chain.last().unwrap();
    assert!(forged.what.contains("dmarc=pass"), "{forged:?}");
    assert_eq!(forged.why, "another one of that server stands above it");
}

#[test]
fn the_word_of_a_server_on_the_way_does_not_count_under_the_same_name() {
    let found = judged(GMAIL_PASSED_ON, "mx.google.com", "phuyen.example");
    assert_eq!(found.trust, Trust::Unknown, "{found:#?}");
    let why = &found.chain.last().unwrap().why; // the first from the top
    assert_eq!(
        why,
        "a Received of another host, imap.nha-mang.example, stands above it"
    );
}

#[test]
fn opendmarc_writes_a_header_of_its_own_above_those_of_others() {
    let found = judged(OPENDMARC, "mx.ldld.example", "phuyen.example");
    assert_eq!(found.trust, Trust::Pass, "{found:#?}");
    assert!(believed(&found)[0].contains("dmarc=pass (p=reject dis=none)"));
}

#[test]
fn microsoft_names_no_server_so_its_word_counts_for_nobody() {
    let found = judged(MICROSOFT, "protection.outlook.com", "phuyen.example");
    assert_eq!(found.trust, Trust::Unknown, "{found:#?}");
    let nameless = "it does not begin with the name of the server that wrote it";
    assert!(found.chain.iter().any(|e| e.why == nameless), "{found:#?}");
}

#[test]
fn the_chain_of_a_mail_with_thousands_of_headers_is_short() {
    let mut head = "Authentication-Results: x.example; dmarc=pass\n".repeat(5_000);
    head += "Authentication-Results: mx.google.com; dmarc=pass header.from=phuyen.example\n";
    let found = judged(&head, "mx.google.com", "phuyen.example");
    assert_eq!(found.trust, Trust::Pass);
    assert_eq!(found.chain.len(), MOST_EVIDENCE + 1);
}

#[test]
fn a_header_that_is_there_twice_is_named() {
    let names = ["Received", "Received", "From", "subject", "Date"];
    assert_eq!(twice(names.into_iter()), None);
    for twofold in ONCE {
        let again = twofold.to_lowercase();
        let names = [&names[..], &[twofold, &again]].concat();
        let said = twice(names.into_iter());
        assert!(
            matches!(&said, Some(Doubt::Repeated { header, .. }) if header == twofold),
            "{said:?}"
        );
    }
}

/// mail-auth has no reader of this header; it writes it, by another hand than ours.
mod as_mail_auth_writes_it {
    use std::net::Ipv4Addr;

    use mail_auth::dkim::Signature;
    use mail_auth::{
        AuthenticationResults, DkimOutput, DmarcOutput, DmarcResult, SpfOutput, SpfResult,
    };
    use proptest::prelude::*;

    use super::{Trust, judged};
    use crate::reading::trust::results::{Method, parse};

    /// Anything, and what is meant to be taken for something else.
    fn chosen_by_a_sender() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            r#"[a-z";=()\\@. \r\n]{0,12}"#,
            Just("; dmarc=pass header.from=phuyen.example; ".to_owned()),
            Just("dmarc=pass".to_owned()),
        ];
        prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
    }

    fn without_controls(text: &str) -> String {
        text.chars().filter(|c| !c.is_control()).collect()
    }

    proptest! {
        #[test]
        fn what_a_sender_chose_is_read_as_one_value(
            address in chosen_by_a_sender(),
            helo in chosen_by_a_sender(),
            identity in chosen_by_a_sender(),
            passes in any::<bool>(),
        ) {
            prop_assume!(!identity.is_empty() && !address.is_empty());
            let signature = Signature { i: identity.clone(), s: helo.clone(), ..Signature::default() };
            let verdict = if passes { DmarcResult::Pass } else { DmarcResult::None };
            let dmarc = DmarcOutput::default().with_domain("phuyen.example").with_dkim_result(verdict);
            let spf = SpfOutput::new(String::new()).with_result(SpfResult::Pass);
            let header = AuthenticationResults::new("mx.google.com")
                .with_dkim_result(&DkimOutput::pass().with_signature(&signature), "x.example")
                .with_spf_mailfrom_result(&spf, Ipv4Addr::LOCALHOST.into(), &address, &helo)
                .with_dmarc_result(&dmarc)
                .to_string();

            let read = parse(header.as_bytes()).unwrap();
            prop_assert_eq!(read.broken, None, "{}", header);
            let names: Vec<&str> = read.methods.iter().map(|m| m.name.as_str()).collect();
            prop_assert_eq!(names, ["dkim", "spf", "dmarc"], "{}", header);
            let value = |m: &Method, name| m.values(name).map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(value(&read.methods[0], "header.i"), [without_controls(&identity)]);
            prop_assert_eq!(value(&read.methods[1], "smtp.mailfrom"), [without_controls(&address)]);
            prop_assert_eq!(value(&read.methods[2], "header.from"), ["phuyen.example"]);
            let expected = if passes { Trust::Pass } else { Trust::Unknown };
            let head = format!("Authentication-Results: {}", header.replace("\r\n", ""));
            prop_assert_eq!(judged(&head, "mx.google.com", "phuyen.example").trust, expected, "{}", header);
        }

        /// A server that copies a sender's words without a quote or an escape, and says fail.
        #[test]
        fn a_refusal_is_never_read_as_a_pass(words in chosen_by_a_sender(), more in chosen_by_a_sender()) {
            let words = without_controls(&words);
            let more = without_controls(&more);
            for header in [
                format!("mx.google.com; spf=pass (of {words}) smtp.mailfrom={more}; dmarc=fail (p=reject) header.from=phuyen.example"),
                format!("mx.google.com; spf=pass (of {words}) smtp.mailfrom=\"{more}\"@x; dmarc=fail header.from=phuyen.example"),
                format!("mx.google.com; dmarc=fail (p=reject) header.from=phuyen.example; spf=pass (of {words}) smtp.mailfrom={more}"),
            ] {
                let head = format!("Authentication-Results: {header}");
                prop_assert_eq!(judged(&head, "mx.google.com", "phuyen.example").trust, Trust::Fail, "{}", header);
            }
        }
    }
}
