//! An S3 server of its own for a test: moto, which compares signatures as Amazon does, behind a gate that can be shut.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use super::installation::Installation;

/// The bucket that is there.
pub const BUCKET: &str = "kho";

/// The server; then what is asked of it from behind, a line each: it answers by a line.
const SERVER: &str = r#"
import json, sys, boto3
from moto.iam.access_control import S3IAMRequest
from moto.server import ThreadedMotoServer
# A signature is of the query as it was sent; moto holds it against one whose slashes are decoded.
signed = S3IAMRequest._create_aws_request
def as_it_was_sent(request):
    path, mark, query = request._path.partition("?")
    request._path = path + mark + query.replace("/", "%2F")
    return signed(request)
S3IAMRequest._create_aws_request = as_it_was_sent
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
def client(what, key, secret):
    return boto3.client(what, endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
                        aws_access_key_id=key, aws_secret_access_key=secret)
iam = client("iam", "x", "x")
iam.create_user(UserName="thubaocao")
key = iam.create_access_key(UserName="thubaocao")["AccessKey"]
key = (key["AccessKeyId"], key["SecretAccessKey"])
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}]}
iam.put_user_policy(UserName="thubaocao", PolicyName="all", PolicyDocument=json.dumps(policy))
client("s3", "x", "x").create_bucket(Bucket="kho")
print(port, *key, flush=True)
s3 = client("s3", *key)
for line in sys.stdin:
    what, *name = line.split()
    if what == "list":
        found = s3.list_objects_v2(Bucket="kho").get("Contents", [])
        print(*[o["Key"] for o in found], flush=True)
        continue
    if what == "delete":
        s3.delete_object(Bucket="kho", Key=name[0])
    if what == "damage":
        s3.put_object(Bucket="kho", Key=name[0], Body=b"damaged")
    print("done", flush=True)
"#;

/// A running server; it ends with its standard input.
pub struct S3 {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub gate: Gate,
    pub access_key: String,
    pub secret: String,
}

impl S3 {
    /// Starts it; `None`, and said, where there is no moto. tests/run installs it.
    pub fn start() -> Option<S3> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/moto/bin/python");
        let python = if own.exists() { own } else { "python3".into() };
        let mut child = Command::new(python)
            .args(["-c", SERVER])
            // What makes user and bucket is asked without a right to it; from then on, signatures count.
            .env("INITIAL_NO_AUTH_ACTION_COUNT", "4")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let mut errors = child.stderr.take().unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [port, access_key, secret] = words[..] else {
            let mut said = String::new();
            errors.read_to_string(&mut said).unwrap();
            child.wait().unwrap();
            eprintln!("SKIPPED: there is no S3 server here (tests/run installs moto): {said}");
            return None;
        };
        let (access_key, secret) = (access_key.to_owned(), secret.to_owned());
        thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink())); // it logs each request
        Some(S3 {
            gate: Gate::before(port.parse().unwrap()),
            ask: child.stdin.take().unwrap(),
            child,
            answers,
            access_key,
            secret,
        })
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.ask, "{what}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line
    }

    /// The names of all objects.
    pub fn objects(&mut self) -> Vec<String> {
        let line = self.ask("list");
        line.split_whitespace().map(str::to_owned).collect()
    }

    pub fn delete(&mut self, object: &str) {
        assert_eq!(self.ask(&format!("delete {object}")), "done\n");
    }

    /// Replaces the content of an object.
    pub fn damage(&mut self, object: &str) {
        assert_eq!(self.ask(&format!("damage {object}")), "done\n");
    }

    /// An installation on a Maildir whose archive lies here.
    pub fn installation(&self) -> Installation {
        let installation = Installation::on_maildir();
        fs::write(installation.dir.path().join("s3"), &self.secret).unwrap();
        let storage = format!(
            "data = \"data\"\narchive = \"s3://{BUCKET}/pho-yen\"\n[s3]\nendpoint = \"http://127.0.0.1:{}\"\naccess_key = {:?}\npassword_file = \"s3\"\n",
            self.gate.port, self.access_key
        );
        installation.edit("thubaocao.toml", "data = \"data\"\n", &storage);
        installation
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill(); // ended already, or ends now
        let _ = self.child.wait();
    }
}

/// What lets requests through to a port of this machine: all, none, or so many.
pub struct Gate {
    pub port: u16,
    left: Arc<AtomicUsize>,
}

impl Gate {
    fn before(to: u16) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let gate = Gate {
            port,
            left: Arc::clone(&left),
        };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
                let left = Arc::clone(&left);
                thread::spawn(move || pass(client, server, &left));
            }
        });
        gate
    }

    pub fn open(&self) {
        self.left.store(usize::MAX, Ordering::SeqCst);
    }

    pub fn shut(&self) {
        self.let_through(0);
    }

    /// Lets so many requests through, and shuts.
    pub fn let_through(&self, requests: usize) {
        self.left.store(requests, Ordering::SeqCst);
    }
}

/// Passes on what a client asks, as long as it may.
fn pass(mut client: TcpStream, mut server: TcpStream, left: &AtomicUsize) {
    let (mut back_from, mut back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut back_from, &mut back_to); // whoever ends it, it is over
    });
    let mut buffer = [0; 16_384];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        let asks = |bytes: &[u8]| bytes.ends_with(b" HTTP/1.1\r");
        let requests = buffer[..n]
            .split(|b| *b == b'\n')
            .filter(|l| asks(l))
            .count();
        let may = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            usize::MAX => Some(left),
            _ => left.checked_sub(requests),
        });
        if may.is_err() || server.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    for end in [client, server] {
        let _ = end.shutdown(Shutdown::Both); // the other end may have done it
    }
}
