//! A line to a server of this machine on which it is seen how much passes, and when the server says something unasked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

/// What nobody said anything before for so long is said unasked.
const SILENCE: Duration = Duration::from_millis(200);

/// What passed on a line.
#[derive(Default)]
struct Passed {
    bytes: AtomicU64,
    moments: Mutex<Moments>,
}

#[derive(Default)]
struct Moments {
    /// When something passed last.
    last: Option<SystemTime>,
    /// When the server said something unasked.
    unasked: Vec<SystemTime>,
}

impl Passed {
    fn saw(&self, bytes: usize, of_the_server: bool) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let now = SystemTime::now();
        let mut moments = self.moments.lock().unwrap();
        let since = moments.last.and_then(|last| now.duration_since(last).ok());
        if of_the_server && since.is_none_or(|since| since > SILENCE) {
            moments.unasked.push(now);
        }
        moments.last = Some(now);
    }
}

/// A line that is watched.
pub struct Line {
    pub port: u16,
    passed: Arc<Passed>,
}

impl Line {
    /// A line to a port.
    pub fn to(port: u16) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Line {
            port: listener.local_addr().unwrap().port(),
            passed: Arc::default(),
        };
        let passed = Arc::clone(&line.passed);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                for (from, to, of_the_server) in
                    [(&client, &server, false), (&server, &client, true)]
                {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let passed = Arc::clone(&passed);
                    thread::spawn(move || pass(from, to, &|n| passed.saw(n, of_the_server)));
                }
            }
        });
        line
    }

    /// How many bytes have passed, in both directions.
    pub fn bytes(&self) -> u64 {
        self.passed.bytes.load(Ordering::Relaxed)
    }

    /// When the server first said something unasked after a moment.
    pub fn first_unasked_after(&self, moment: SystemTime) -> Option<SystemTime> {
        let moments = self.passed.moments.lock().unwrap();
        moments.unasked.iter().copied().find(|m| *m >= moment)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, saw: &dyn Fn(usize)) {
    let _ = to.set_nodelay(true); // what is late then is late by itself
    let mut buffer = [0; 65_536];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || to.write_all(&buffer[..n]).is_err() {
            break;
        }
        saw(n);
    }
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both); // the other thread may have done it
    }
}
