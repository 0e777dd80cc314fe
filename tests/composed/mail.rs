//! The bytes of a mail, as the programs of clerks write them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use thubaocao::domain::zone;

use super::dice::Dice;

/// The mailbox that collects.
pub const MAILBOX: &str = "bancsplpy@gmail.com";
/// The server whose word on senders counts.
pub const VERIFIER: &str = "mx.google.com";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Gmail,
    Outlook,
    Thunderbird,
    Yahoo,
    Phone,
    Zimbra,
    /// Of a hospital, written long ago.
    Old,
}

impl Program {
    pub fn thrown(dice: &mut Dice) -> Program {
        dice.weighted(&[
            (40, Program::Gmail),
            (22, Program::Outlook),
            (8, Program::Thunderbird),
            (8, Program::Yahoo),
            (10, Program::Phone),
            (7, Program::Zimbra),
            (5, Program::Old),
        ])
    }
}

#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub content: Vec<u8>,
    /// Shown within the text.
    pub inline: bool,
}

/// A mail before it is written.
#[derive(Clone, Debug)]
pub struct Draft {
    pub at: Timestamp,
    pub name: String,
    pub address: String,
    pub subject: String,
    pub text: String,
    /// What it answers or forwards, below the text.
    pub quoted: Option<Quoted>,
    pub parts: Vec<Part>,
    /// Further header fields.
    pub fields: Vec<(&'static str, String)>,
    pub id: String,
}

#[derive(Clone, Debug)]
pub struct Quoted {
    pub from: String,
    pub address: String,
    pub subject: String,
    pub text: String,
    pub forwarded: bool,
    /// The Message-ID that it answers.
    pub id: Option<String>,
}

fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        if piece.len() + c.len_utf8() > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    words.push(piece);
    let words = words
        .iter()
        .map(|w| format!("=?UTF-8?B?{}?=", STANDARD.encode(w)));
    words.collect::<Vec<_>>().join("\r\n ")
}

fn base64_lines(content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut out = String::with_capacity(encoded.len() + encoded.len() / 38);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(76));
        out += line;
        out += "\r\n";
        rest = more;
    }
    out
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for byte in text.replace('\n', "\r\n").bytes() {
        let piece = match byte {
            b'\r' => continue,
            b'\n' => {
                out += "\r\n";
                width = 0;
                continue;
            }
            b'=' | 127.. => format!("={byte:02X}"),
            _ => char::from(byte).to_string(),
        };
        if width + piece.len() > 75 {
            out += "=\r\n";
            width = 0;
        }
        width += piece.len();
        out += &piece;
    }
    out
}

fn type_of(name: &str) -> &'static str {
    match name
        .rsplit_once('.')
        .map(|(_, e)| e.to_lowercase())
        .as_deref()
    {
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("pdf") => "application/pdf",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

fn html(text: &str) -> String {
    let lines = text.lines().map(|l| {
        format!(
            "<div>{}</div>",
            l.replace('&', "&amp;").replace('<', "&lt;")
        )
    });
    format!(
        "<html><body dir=\"ltr\">{}</body></html>",
        lines.collect::<String>()
    )
}

/// What stands below the text of an answer.
fn tail(q: &Quoted, at: Timestamp, program: Program) -> String {
    let day = at.to_zoned(zone()).strftime("%d/%m/%Y").to_string();
    let cited = q
        .text
        .lines()
        .map(|l| format!("> {l}\n"))
        .collect::<String>();

    match (q.forwarded, program) {
        (true, _) => format!(
            "\n---------- Forwarded message ---------\nTừ: {} <{}>\nDate: {day}\nSubject: {}\nTo: <x@daklak.example>\n\n{}\n",
            q.from, q.address, q.subject, q.text
        ),
        (false, Program::Outlook) => format!(
            "\n________________________________\nFrom: {} <{}>\nSent: {day} 8:00 AM\nTo: x\nSubject: {}\n\n{}\n",
            q.from, q.address, q.subject, q.text
        ),
        (false, Program::Yahoo) => {
            format!("\nVào {day}, {} <{}> đã viết:\n{cited}", q.from, q.address)
        }
        (false, _) => format!(
            "\nVào Th 2, {day} vào lúc 08:00 {} <{}> đã viết:\n\n{cited}",
            q.from, q.address
        ),
    }
}

/// A field with the name of a file, as the program writes it.
fn named(name: &str, program: Program) -> String {
    match program {
        Program::Thunderbird if !name.is_ascii() => {
            let letters: Vec<char> = name.chars().collect();
            let escaped = |letters: &[char]| {
                let text: String = letters.iter().collect();
                let escape = |b| match b {
                    b if u8::is_ascii_alphanumeric(&b) || b"-._".contains(&b) => {
                        char::from(b).to_string()
                    }
                    b => format!("%{b:02X}"),
                };
                text.bytes().map(escape).collect::<String>()
            };
            let sections = letters.chunks(16).enumerate().map(|(n, c)| {
                format!(
                    " filename*{n}*={}{}",
                    if n == 0 { "UTF-8''" } else { "" },
                    escaped(c)
                )
            });
            let sections: Vec<String> = sections.collect();
            sections.join(";\r\n")
        }
        Program::Old => format!(" filename=\"{name}\""),
        _ => format!(" filename=\"{}\"", encoded(name)),
    }
}

impl Draft {
    /// The bytes of the mail.
    pub fn bytes(&self, program: Program, dice: &mut Dice) -> Vec<u8> {
        let domain = self.address.rsplit_once('@').map_or("", |(_, d)| d);
        let date = self
            .at
            .to_zoned(zone())
            .strftime("%a, %d %b %Y %H:%M:%S %z")
            .to_string();
        let mut head = format!(
            "Received: from mail.{domain} by {VERIFIER} with ESMTPS id {}; {date}\r\nAuthentication-Results: {VERIFIER}; dmarc=pass header.from={domain}\r\n",
            self.id
        );
        let name = if program == Program::Old {
            self.name.clone()
        } else {
            encoded(&self.name)
        };
        let name = match self.name.is_ascii() && !name.is_empty() {
            true => format!("\"{name}\""),
            false => name,
        };
        head += &format!("From: {name} <{}>\r\nTo: <{MAILBOX}>\r\n", self.address);
        let subject = if program == Program::Old {
            self.subject.clone()
        } else {
            encoded(&self.subject)
        };
        head += &format!("Subject: {subject}\r\nDate: {date}\r\nMIME-Version: 1.0\r\n");
        let id = match program {
            Program::Gmail => Some(format!("<CA{}@mail.gmail.com>", self.id)),
            Program::Old => None,
            _ => Some(format!("<{}@{domain}>", self.id)),
        };
        head += &id.map_or(String::new(), |id| format!("Message-ID: {id}\r\n"));
        head += match program {
            Program::Outlook => {
                "X-Mailer: Microsoft Outlook 16.0\r\nThread-Index: AQHb1234\r\nContent-Language: vi\r\n"
            }
            Program::Thunderbird => "User-Agent: Mozilla Thunderbird\r\n",
            Program::Yahoo => "X-Mailer: WebService/1.1.23 YMailNorrin\r\n",
            Program::Phone => "X-Mailer: iPhone Mail (21F90)\r\n",
            Program::Zimbra => "X-Mailer: Zimbra 8.8.15_GA (ZimbraWebClient - GC120)\r\n",
            Program::Old => "X-Mailer: HIS Mail 2.1\r\nX-Priority: 3\r\n",
            Program::Gmail => "",
        };
        if let Some(id) = self.quoted.as_ref().and_then(|q| q.id.as_ref()) {
            head += &format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n");
        }
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        let mut text = self.text.clone();
        text += match program {
            Program::Phone => "\n\nĐã gửi từ iPhone của tôi\n",
            Program::Yahoo => "\n\nĐã gửi từ Yahoo Mail trên Android\n",
            _ => "",
        };
        if let Some(q) = &self.quoted {
            text += &tail(q, self.at, program);
        }
        let mut out = head.into_bytes();
        let boundary = format!("=_{}", self.id);
        let plain = match (program, dice.percent(50)) {
            (Program::Old, _) => format!(
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
                text.replace('\n', "\r\n")
            ),
            (Program::Thunderbird, _) | (_, true) => format!(
                "Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
                base64_lines(text.replace('\n', "\r\n").as_bytes())
            ),
            _ => format!(
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
                quoted_printable(&text)
            ),
        };
        let with_html = matches!(
            program,
            Program::Gmail | Program::Outlook | Program::Yahoo | Program::Zimbra
        );
        let body = if with_html {
            format!(
                "Content-Type: multipart/alternative; boundary=\"a{boundary}\"\r\n\r\n--a{boundary}\r\n{plain}\r\n--a{boundary}\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--a{boundary}--\r\n",
                base64_lines(html(&text).as_bytes())
            )
        } else {
            plain
        };
        if self.parts.is_empty() {
            out.extend(body.bytes());
            return out;
        }
        out.extend(format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{body}").bytes());
        for (n, part) in self.parts.iter().enumerate() {
            let kind = if program == Program::Old {
                "application/octet-stream"
            } else {
                type_of(&part.name)
            };
            let named = named(&part.name, program);
            out.extend(format!("\r\n--{boundary}\r\nContent-Type: {kind}").bytes());
            if program != Program::Thunderbird && program != Program::Old {
                out.extend(format!(";\r\n name=\"{}\"", encoded(&part.name)).bytes());
            }
            let disposition = if part.inline { "inline" } else { "attachment" };
            out.extend(format!("\r\nContent-Disposition: {disposition};{named}\r\nContent-Transfer-Encoding: base64\r\n").bytes());
            if part.inline {
                out.extend(format!("Content-ID: <p{n}@{}>\r\n", self.id).bytes());
            }
            out.extend(b"\r\n");
            out.extend(base64_lines(&part.content).bytes());
        }
        out.extend(format!("\r\n--{boundary}--\r\n").bytes());
        out
    }
}
