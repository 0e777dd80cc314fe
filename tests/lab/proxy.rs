//! A TCP proxy that cuts the line after so many bytes from the server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// Starts a proxy for one connection to a port of this machine; gives its own port.
pub fn cut_after(bytes: usize, to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        drop(listener); // a second connection is refused
        let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
        let (up_from, up_to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || pass(up_from, up_to, usize::MAX));
        pass(server, client, bytes);
    });
    port
}

/// Passes at most so many bytes on, then cuts both directions.
fn pass(mut from: TcpStream, mut to: TcpStream, at_most: usize) {
    let mut left = at_most;
    let mut buffer = [0; 16_384];
    while left > 0 {
        let n = match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => n.min(left),
        };
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
        left -= n;
    }
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both); // the other thread may have done it
    }
}
