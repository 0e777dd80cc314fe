//! Headless Chromium: what a page or a mail looks like, and what a click in it brings about.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";
/// What Chromium needs so as to run as root and to leave the network alone.
const QUIET: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

fn chromium(profile: &TempDir) -> Command {
    assert!(
        Path::new(CHROMIUM).exists(),
        "{CHROMIUM} is missing; tests/run installs what the tests need"
    );
    let mut command = Command::new(CHROMIUM);
    command
        .args(QUIET)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--virtual-time-budget=5000")
        .stderr(Stdio::null());
    command
}

/// Runs a script in a page as wide as a device shows it, and gives what it leaves in the title.
pub fn ask(html: &str, width: u32, dark: bool, script: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let page = profile.path().join("page.html");
    // Chromium makes no window narrower than 500 pixels; a frame may be.
    let inner = html.replace('&', "&amp;").replace('"', "&quot;");
    let scheme = if dark { "dark" } else { "light" };
    let text = format!(
        "<!DOCTYPE html><meta charset=utf-8><meta name=color-scheme content={scheme}>\
         <iframe id=f style='width:{width}px;height:3000px;border:0;color-scheme:{scheme}' srcdoc=\"{inner}\"></iframe>\
         <script>onload = () => {{ const page = document.getElementById('f').contentWindow; \
         const answer = (() => {{ {script} }})(); document.title = JSON.stringify(answer); }}</script>"
    );
    fs::write(&page, text).unwrap();
    let mut command = chromium(&profile);
    if dark {
        command.arg("--blink-settings=preferredColorScheme=0");
    }
    let output = command
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = dom.split_once("<title>").expect("an answer of the page");
    let answer = rest.split_once("</title>").unwrap().0;
    answer
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Clicks the first link with a label in a page whose reader has a web mail as mail program; gives the `mailto:` that
/// the web mail is opened with.
pub fn click(html: &str, label: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "<script>onload = () => [...document.links].find(a => a.textContent === {}).click()</script>",
        serde_json::to_string(label).unwrap()
    );
    let page = format!("{html}{script}");
    let (opened, composed) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if let Some(mailto) = answer(stream.unwrap(), &page) {
                let _ = opened.send(mailto); // asked for twice: the first one counts
            }
        }
    });
    let profile = tempfile::tempdir().unwrap();
    fs::create_dir(profile.path().join("Default")).unwrap();
    let handlers = serde_json::json!({"custom_handlers": {"enabled": true, "registered_protocol_handlers": [{
        "protocol": "mailto", "url": format!("http://127.0.0.1:{port}/compose?u=%s"), "default": true, "title": "mail",
    }]}});
    let preferences = profile.path().join("Default/Preferences");
    fs::write(preferences, handlers.to_string()).unwrap();
    let status = chromium(&profile)
        .stdout(Stdio::null())
        .arg("--dump-dom")
        .arg(format!("http://127.0.0.1:{port}/"))
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    let mailto = composed.try_recv();
    mailto.expect("the click opened no mail")
}

/// Answers one request; gives the `mailto:` where it asks for a new mail.
fn answer(mut stream: TcpStream, page: &str) -> Option<String> {
    let mut line = String::new();
    let mut request = BufReader::new(stream.try_clone().unwrap());
    request.read_line(&mut line).unwrap();
    let mut header = line.clone();
    while !header.trim().is_empty() {
        header.clear();
        request.read_line(&mut header).unwrap();
    }
    let path = line.split(' ').nth(1)?;
    let body = if path == "/" { page } else { "" };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
    let length = body.len();
    let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}"); // it may have gone away
    let mailto = path.strip_prefix("/compose?u=")?;
    Some(super::percent_decoded(mailto))
}
