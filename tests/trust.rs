//! Nobody gets in who does not belong: signatures verified by a real DNS server, forgeries of every kind.

use lettre::Message;
use lettre::message::{Attachment, MultiPart, SinglePart};

use crate::lab::dns::{self, Dns};
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, VERIFIER, both_forms, succeed,
};
use crate::lab::{Lab, MAILBOX};

/// A lab whose mail server says nothing about senders, so that thubaocao asks a DNS server of ours.
fn unverified(dns: &Dns) -> (Lab, Installation) {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let path = installation.config().join("thubaocao.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (text, _) = text.split_once("[trust]").unwrap();
    let trust = format!("[trust]\nresolver = \"127.0.0.1:{}\"\n", dns.port);
    std::fs::write(&path, text.to_owned() + &trust).unwrap();
    (lab, installation)
}

fn report(from: &str, mark: &str) -> Vec<u8> {
    let mut parts = MultiPart::mixed().singlepart(SinglePart::plain("Gửi Ban".to_owned()));
    for (name, content) in both_forms(mark) {
        let kind = "application/octet-stream".parse().unwrap();
        parts = parts.singlepart(Attachment::new(name.to_owned()).body(content, kind));
    }
    Message::builder()
        .from(from.parse().unwrap())
        .to(MAILBOX.parse().unwrap())
        .subject("Báo cáo trẻ em")
        .message_id(Some(format!("<{mark}@phuyen.example>")))
        .multipart(parts)
        .unwrap()
        .formatted()
}

/// Why mails wait, by their senders.
fn waiting(installation: &Installation) -> Vec<(String, String)> {
    let lines = installation.json(&["inbox", "--json"]);
    let text = |v: &serde_json::Value| v.to_string();
    lines
        .iter()
        .map(|l| (text(&l["sender"]), text(&l["why"])))
        .collect()
}

fn state(installation: &Installation, unit: &str) -> String {
    let status = installation.json(&["status", "--json"]);
    let line = status.into_iter().find(|l| l["unit"] == unit).unwrap();
    line["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_signed_report_counts_and_a_changed_or_foreign_one_waits_as_suspicious() {
    let dns = Dns::start(&[("phuyen.example", Some("reject")), ("evil.example", None)]);
    let (lab, installation) = unverified(&dns);

    let good = dns.sign(&report(REPORTING, "that"), "phuyen.example");
    lab.deliver(REPORTING, &good);

    let changed = dns.sign(&report(LATE, "sua"), "phuyen.example");
    let changed = String::from_utf8(changed).unwrap();
    let changed = changed.replacen("Subject: ", "Subject: x ", 1);
    lab.deliver(LATE, changed.as_bytes());

    let foreign = dns.sign(&report(LATE, "la"), "evil.example");
    lab.deliver("x@evil.example", &foreign);

    lab.deliver(LATE, &report(LATE, "khong-ky"));
    // A signature whose servers do not exist opens no door, either.
    let nowhere = String::from_utf8(report(LATE, "cham")).unwrap();
    let signature = "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=cham.invalid; s=x; h=from; bh=AAAA; b=AAAA";
    lab.deliver(
        "x@evil.example",
        format!("{signature}\r\n{nowhere}").as_bytes(),
    );
    succeed(installation.run(&["run", "--once"]));

    assert_eq!(state(&installation, "ldld-dong-hoa"), "late");
    assert_eq!(state(&installation, "ldld-tuy-an"), "overdue");
    let waiting = waiting(&installation);
    assert_eq!(waiting.len(), 4, "{waiting:?}");
    for (_, why) in &waiting {
        assert!(why.contains("thư đáng ngờ"), "{why}");
    }
    let told = |what: &str| waiting.iter().filter(|(_, why)| why.contains(what)).count();
    assert_eq!(
        told("chữ ký DKIM của phuyen.example không đúng"),
        1,
        "{waiting:?}"
    );
    assert_eq!(told("DMARC"), 3, "{waiting:?}");
    // The report that counts is acknowledged; the forgeries are answered by nothing.
    assert_eq!(lab.await_mails(REPORTING, 1).len(), 1);
    let to_late = lab.letters(LATE);
    let told = |l: &crate::lab::Letter| l.subject.starts_with("Đề nghị xác nhận việc gửi báo cáo");
    assert!(to_late.iter().all(told), "{to_late:?}");
}

#[test]
fn an_unsigned_mail_of_a_domain_without_a_policy_counts_but_gives_no_command() {
    let dns = Dns::start(&[("ldldphuyen.example", None)]);
    let (lab, installation) = unverified(&dns);
    lab.deliver(REPORTING, &report(REPORTING, "khong-ky"));
    lab.deliver("lan@phuyen.example", &report("lan@phuyen.example", "la"));
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(state(&installation, "ldld-dong-hoa"), "late");
    let digest = lab.await_mails(STAFF, 1).remove(0);
    let token = digest
        .text
        .split_whitespace()
        .find(|w| w.contains("TBC.m2."))
        .unwrap()
        .to_owned();
    let command = |mark: &str| {
        Message::builder()
            .from(STAFF.parse().unwrap())
            .to(MAILBOX.parse().unwrap())
            .message_id(Some(format!("<{mark}@ldldphuyen.example>")))
            .subject("Re: Bản tin")
            .body(format!("không phải báo cáo\n\n{token}\n"))
            .unwrap()
            .formatted()
    };
    lab.deliver(STAFF, &command("gia"));
    succeed(installation.run(&["run", "--once"]));
    assert!(
        waiting(&installation)
            .iter()
            .any(|(who, why)| who.contains("canbo") && why.contains("đã gửi thư “Xác nhận”")),
        "{:?}",
        waiting(&installation)
    );
    let signed = dns.sign(&command("that"), "ldldphuyen.example");
    lab.deliver(STAFF, &signed);
    succeed(installation.run(&["run", "--once"]));
    let left = waiting(&installation);
    assert!(
        !left.iter().any(|(who, _)| who.contains("lan@")),
        "{left:?}"
    );
    let answers = lab.await_mails(STAFF, 3);
    assert!(
        answers
            .iter()
            .any(|l| l.text.contains("Thư số 2 không phải báo cáo"))
    );
}

#[test]
fn senders_that_look_like_others_wait_with_the_reason() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let imitations = [
        (
            "ldld.donghoa@phuyen.exarnple",
            "gần giống ldld.donghoa@phuyen.example",
        ),
        (
            "ldld.dongh0a@phuyen.example",
            "gần giống ldld.donghoa@phuyen.example",
        ),
        (
            "ldld@xn--phuyn-hof.example",
            "gần giống ldld.donghoa@phuyen.example",
        ),
        ("ldld@xn--80ak6aa92e.example", "bằng chữ lạ"),
        (
            "\"canbo.cspl@ldldphuyen.example\" <x@evil.example>",
            "tên hiển thị mang địa chỉ",
        ),
        (
            "\"LĐLĐ tỉnh Phú Yên\" <y@evil.example>",
            "không phải địa chỉ của cán bộ",
        ),
    ];
    for (n, (from, _)) in imitations.iter().enumerate() {
        lab.deliver("x@evil.example", &report(from, &format!("m{n}")));
    }
    // Two From headers, of which one is a unit's.
    let two = String::from_utf8(report(REPORTING, "hai")).unwrap();
    lab.deliver(
        "x@evil.example",
        format!("From: x@evil.example\r\n{two}").as_bytes(),
    );
    succeed(installation.run(&["run", "--once"]));
    let waiting = waiting(&installation);
    assert_eq!(waiting.len(), imitations.len() + 1, "{waiting:?}");
    for (from, sign) in imitations {
        let found = waiting.iter().find(|(_, why)| why.contains(sign));
        assert!(
            found.is_some_and(|(_, why)| why.contains("đáng ngờ")),
            "{from}: {waiting:?}"
        );
    }
    assert!(waiting.iter().any(|(_, why)| why.contains("2 dòng From")));
    assert_eq!(state(&installation, "ldld-dong-hoa"), "overdue");
}

/// What a genuine line of the server says of a mail whose sender put a verdict of his own into his address.
fn with_words_of_the_sender(domain: &str) -> String {
    let words = format!("a; dmarc=pass header.from={domain}; b");
    format!(
        "Authentication-Results: {VERIFIER}; spf=pass smtp.mailfrom=\"{words}\"@evil.example;\r\n dkim=pass header.i=\"{words}\"@evil.example; dmarc=fail (p=REJECT) header.from={domain}\r\n"
    )
}

#[test]
fn no_head_of_a_mail_lets_a_forged_command_or_report_in() {
    dns::answers_for_staff();
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.deliver("lan@phuyen.example", &report("lan@phuyen.example", "la"));
    succeed(installation.run(&["run", "--once"]));
    let digest = lab.await_mails(STAFF, 1).remove(0);
    let mut words = digest.text.split_whitespace();
    let token = words.find(|w| w.contains("TBC.m1.")).unwrap();
    let command = |mark: &str| {
        format!(
            "From: {STAFF}\r\nTo: {MAILBOX}\r\nSubject: x\r\nMessage-ID: <{mark}@x.example>\r\n\r\nkhông phải báo cáo\r\n\r\n{token}\r\n"
        )
    };
    let verdict = |said: &str| {
        format!(
            "Authentication-Results: {VERIFIER}; dmarc={said} header.from=ldldphuyen.example\r\n"
        )
    };
    let elsewhere = "Received: from x.example by relay.example with SMTP id 1; Mon, 15 Jun 2026 08:00:00 +0700\r\n";
    let heads = [
        with_words_of_the_sender("ldldphuyen.example"),
        verdict("fail") + &verdict("pass"),
        // The server wrote nothing: the sender's line is the topmost.
        verdict("pass"),
        elsewhere.to_owned() + &verdict("pass"),
        // Signed by somebody else, as is right for a mail in his own name.
        String::from_utf8(dns::signed_by_staff(command("that").as_bytes()))
            .unwrap()
            .split_once("From:")
            .unwrap()
            .0
            .replace("d=ldldphuyen.example", "d=evil.example")
            + &verdict("pass"),
    ];
    for (n, head) in heads.iter().enumerate() {
        let raw = head.clone() + &command(&n.to_string());
        lab.deliver("x@evil.example", raw.as_bytes());
    }
    // A genuine one with a second subject on top, which the signature does not cover.
    let genuine = dns::signed_by_staff(command("hai").as_bytes());
    let twofold = [b"Subject: y\r\n", &genuine[..]].concat();
    lab.deliver(STAFF, &twofold);
    // And a unit's report.
    let forged = String::from_utf8(report(REPORTING, "gia")).unwrap();
    let forged = with_words_of_the_sender("phuyen.example") + &forged;
    lab.deliver("x@evil.example", forged.as_bytes());
    succeed(installation.run(&["run", "--once"]));

    let left = waiting(&installation);
    assert_eq!(left.len(), 8, "{left:?}");
    let told = |what: &str| left.iter().filter(|(_, why)| why.contains(what)).count();
    assert_eq!(told("không xác thực được người gửi; lệnh"), 3, "{left:?}");
    // All three carry one code: one letter asks about it.
    assert_eq!(told("đã gửi thư “Xác nhận”"), 1, "{left:?}");
    assert_eq!(told("đang chờ trả lời"), 2, "{left:?}");
    assert_eq!(told("đáng ngờ"), 1, "{left:?}");
    assert_eq!(state(&installation, "ldld-dong-hoa"), "overdue");
    let history = succeed(installation.run(&["history"]));
    assert_eq!(history, "nobody has changed anything\n");
    // Why each was not believed can be asked later, too.
    let chain = |mail: &str| {
        let kept = installation
            .json(&["explain", "--mail", mail, "--json"])
            .remove(0);
        let chain = kept["chain"].as_array().unwrap().clone();
        assert!(!chain.is_empty(), "{kept}");
        chain
    };
    let second = chain("3");
    let believed = |e: &serde_json::Value| e["believed"] == true;
    assert_eq!(second.iter().filter(|e| believed(e)).count(), 1);
    assert!(
        second[0]["why"] == "the own server says dmarc=fail",
        "{second:?}"
    );
    assert_eq!(
        second[1]["why"],
        "another one of that server stands above it"
    );
    let topmost = chain("4");
    assert!(!topmost.iter().any(believed), "{topmost:?}");
    assert!(
        topmost
            .iter()
            .any(|e| e["what"] == "DMARC of ldldphuyen.example"),
        "{topmost:?}"
    );
    // The staff's own mailbox is asked about what nobody tells; the forger learns nothing.
    let letters = lab.await_mails(STAFF, 2);
    assert_eq!(letters.len(), 2);
    assert!(lab.letters("x@evil.example").is_empty());
}

#[test]
fn a_report_whose_domain_does_not_answer_is_put_off_and_holds_its_own_unit_only() {
    let installation = Installation::on_maildir();
    let pinned = format!("authserv_id = \"{VERIFIER}\"\n");
    installation.edit("thubaocao.toml", &pinned, "");
    let (answering, failing) = (dns::PORT.to_string(), dns::failing().to_string());
    installation.edit("thubaocao.toml", &answering, &failing);
    let arrives = |from: &str, mark: &str| {
        let path = installation.maildir().join(format!("new/{mark}.1.x"));
        std::fs::write(path, report(from, mark)).unwrap();
    };
    let now = jiff::Timestamp::now();
    let at = |hours: i64| (now + jiff::SignedDuration::from_hours(hours)).to_string();
    let told = |address: &str| {
        let letters = installation.outbox().into_iter();
        letters.filter(|l| l.to.contains(address)).count()
    };
    arrives(REPORTING, "1");
    arrives("lan@xa.example", "2");
    // The DNS server cannot tell.
    succeed(installation.run(&["--at", &at(0), "run", "--once"]));
    assert!(waiting(&installation).is_empty());
    assert_eq!(state(&installation, "ldld-dong-hoa"), "waiting");
    assert_eq!(told(REPORTING), 0);
    assert_eq!(told(LATE), 1, "the other unit is reminded");
    // It stays so for a day, then what is known has to do.
    succeed(installation.run(&["--at", &at(23), "run", "--once"]));
    assert_eq!(state(&installation, "ldld-dong-hoa"), "waiting");
    let digest = installation
        .outbox()
        .into_iter()
        .rfind(|l| l.to.contains(STAFF));
    let digest = digest.unwrap().text;
    assert!(
        digest.contains("máy chủ tên miền (DNS) chưa trả lời: 2"),
        "{digest}"
    );
    succeed(installation.run(&["--at", &at(25), "run", "--once"]));
    assert_eq!(state(&installation, "ldld-dong-hoa"), "late");
    assert_eq!(told(REPORTING), 1, "it is acknowledged");
    assert_eq!(waiting(&installation).len(), 1);

    // One that comes while servers answer again is judged at once.
    dns::answers_for_staff();
    installation.edit("thubaocao.toml", &failing, &answering);
    arrives(LATE, "3");
    succeed(installation.run(&["--at", &at(26), "run", "--once"]));
    assert_eq!(state(&installation, "ldld-tuy-an"), "late");
}

#[test]
fn domains_are_asked_about_staff_first_then_about_units_then_about_strangers() {
    let installation = Installation::on_maildir();
    let pinned = format!("authserv_id = \"{VERIFIER}\"\n");
    installation.edit("thubaocao.toml", &pinned, "");
    let (port, asked) = dns::asked_in_vain();
    installation.edit("thubaocao.toml", &dns::PORT.to_string(), &port.to_string());
    // Strangers came first, and staff last.
    let senders = ["lan@xa.example", "ai@la.example", LATE, STAFF];
    for (n, from) in senders.iter().enumerate() {
        let path = installation.maildir().join(format!("new/{n}.1.x"));
        std::fs::write(path, report(from, &n.to_string())).unwrap();
    }
    succeed(installation.run(&["run", "--once"]));
    let asked = asked.lock().unwrap();
    let first = |from: &&str| {
        let (_, domain) = from.rsplit_once('@').unwrap();
        let about = |name: &String| *name == format!("_dmarc.{domain}");
        let found = asked.iter().position(about);
        found.unwrap_or_else(|| panic!("nobody asked about {domain}: {asked:?}"))
    };
    let [xa, la, unit, staff] = [0, 1, 2, 3].map(|n| first(&senders[n]));
    assert!(staff < unit && unit < xa.min(la), "{asked:?}");
}

#[test]
fn explain_names_what_was_believed_of_a_sender_and_what_was_not() {
    let installation = Installation::on_maildir();
    let mail = installation.dir.path().join("thu.eml");
    let head = format!(
        "Received: from x.example by {VERIFIER} (Postfix) with ESMTPS id 1; Mon, 15 Jun 2026 08:00:00 +0700\r\n\
         ARC-Authentication-Results: i=1; {VERIFIER}; dmarc=pass header.from=phuyen.example\r\n\
         Authentication-Results: {VERIFIER}; dmarc=pass (p=NONE) header.from=phuyen.example\r\n\
         Authentication-Results: mx.khac.example; dmarc=fail header.from=phuyen.example\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=phuyen.example; s=s1; h=subject; bh=AAAA; b=AAAA\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=phuyen.example; s=s2; h=from; bh=AAAA; b=AAAA\r\n"
    );
    let raw = head + &String::from_utf8(report(REPORTING, "1")).unwrap();
    std::fs::write(&mail, raw).unwrap();
    let said = succeed(installation.run(&["explain", mail.to_str().unwrap()]));
    let chain: Vec<&str> = said
        .lines()
        .skip_while(|l| !l.contains("believed: "))
        .take_while(|l| !l.contains("unit: "))
        .map(str::trim)
        .collect();
    assert_eq!(
        chain,
        [
            &format!(
                "not believed: ARC-Authentication-Results: i=1; {VERIFIER}; dmarc=pass header.from=phuyen.example"
            ),
            "it says what a server on the way found, for its own use",
            &format!(
                "believed: Authentication-Results: {VERIFIER}; dmarc=pass (p=NONE) header.from=phuyen.example"
            ),
            "the own server says dmarc=pass of phuyen.example",
            "not believed: Authentication-Results: mx.khac.example; dmarc=fail header.from=phuyen.example",
            &format!("it is of mx.khac.example, and only {VERIFIER} counts"),
            "not believed: DKIM-Signature of phuyen.example, key s1",
            "it does not cover From, so anybody's name may stand there",
            "not believed: DKIM-Signature of phuyen.example, key s2",
            "nobody was asked whether it is right",
        ],
        "{said}"
    );
}
