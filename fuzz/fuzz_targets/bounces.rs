//! Any text as what a mail server writes of a failed delivery.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::{Class, ReadingSettings, read};

fuzz_target!(|body: &[u8]| {
    let mut raw = b"Return-Path: <>\r\nFrom: Mail Delivery Subsystem <mailer-daemon@x.example>\r\nTo: ban@x.example\r\nSubject: Undelivered Mail Returned to Sender\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n".to_vec();
    raw.extend_from_slice(body);
    let reading = read(&raw, &ReadingSettings::default(), &mut |_| Ok(()))
        .expect("keeping files cannot fail here");
    // Whatever it says, it comes from a mail server: it is never a unit's report.
    assert_ne!(reading.class, Class::Report);
});
