//! Any bytes as Authentication-Results, and as what a sender may choose that a server copies into it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::Trust;
use thubaocao::reading::trust::{Field, Server, judge, results};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = results::parse(bytes) {
        assert!(!read.authserv_id.is_empty());
    }
    let value = |parts: &[&[u8]]| parts.concat();
    let copied = [
        value(&[
            b"mx.example; spf=pass (of ",
            bytes,
            b") smtp.mailfrom=a; dmarc=fail (p=reject) header.from=phuyen.example",
        ]),
        value(&[
            b"mx.example; dmarc=fail header.from=phuyen.example; spf=pass smtp.mailfrom=",
            bytes,
        ]),
    ];
    let quoted: Vec<u8> = bytes
        .iter()
        .filter(|b| !b"\"\\".contains(b))
        .copied()
        .collect();
    let quoted = value(&[
        b"mx.example; spf=pass smtp.mailfrom=\"",
        &quoted,
        b"\"@evil.example; dmarc=none header.from=phuyen.example",
    ]);
    let server = Server {
        authserv_id: "mx.example",
        hosts: &[],
    };
    for value in copied.iter().chain([&quoted]) {
        let fields = [
            Field {
                name: "Received",
                value: bytes,
            },
            Field {
                name: "Authentication-Results",
                value,
            },
        ];
        for fields in [&fields[..], &fields[1..]] {
            let found = judge(fields, Some(server), Some("phuyen.example"));
            assert_ne!(found.trust, Trust::Pass);
        }
    }
});
