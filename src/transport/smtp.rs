//! An SMTP server (RFC 5321) over TLS, step by step: so that it is known whether a mail had left when something broke.

use std::error::Error as _;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{About, Answer, Step, classify};
use super::{Begins, Halt, NotTaken, Outcome, Parcel, Trouble, Verdict, saying};
use crate::config::{SmtpSettings, Tls, Veil};

/// How long one step of the dialogue may take.
const STEP: Duration = Duration::from_secs(60);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the answer to the last byte may take (RFC 5321, 4.5.3.2.6, says ten minutes; we look it up instead).
const LAST_STEP: Duration = Duration::from_secs(180);

pub struct Smtp {
    settings: SmtpSettings,
    tls: TlsParameters,
    connection: Option<AsyncSmtpConnection>,
    /// What the server has been told that no text of it may say again.
    veil: Veil,
}

impl Smtp {
    pub(super) fn new(settings: &SmtpSettings, veil: Veil) -> Result<Smtp> {
        let mut tls = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path)
                .with_context(|| format!("cannot read the certificates in {}", path.display()))?;
            let certificate = Certificate::from_pem(&pem)
                .with_context(|| format!("there is no certificate in {}", path.display()))?;
            tls = tls.add_root_certificate(certificate);
        }
        Ok(Smtp {
            tls: tls.build_rustls().context("cannot set up TLS for SMTP")?,
            settings: settings.clone(),
            connection: None,
            veil,
        })
    }

    /// A connection on which the server has said what it can; with TLS where that comes at once.
    async fn open(
        &self,
        hello: &ClientId,
        unreachable: impl Fn(String) -> Trouble,
    ) -> Result<AsyncSmtpConnection, Halt> {
        let server = (self.settings.host.as_str(), self.settings.port);
        let opened = match self.settings.tls {
            Tls::Implicit => {
                let tls = Some(self.tls.clone());
                AsyncSmtpConnection::connect_tokio1(server, Some(STEP), hello, tls, None).await
            }
            Tls::StartTls => {
                let to_server = TcpStream::connect(server).await;
                // The end of a mail is a small packet, which would wait until the server has acknowledged what came before.
                let to_server = to_server.and_then(|s| s.set_nodelay(true).map(|()| s));
                let to_server =
                    to_server.map_err(|e| Halt::Line(unreachable(chain(&self.veil, &e))))?;
                AsyncSmtpConnection::connect_with_transport(Box::new(to_server), hello).await
            }
        };
        opened.map_err(|e| halt(&e, unreachable(chain(&self.veil, &e))))
    }

    async fn connect(&mut self) -> Result<AsyncSmtpConnection, Halt> {
        let s = &self.settings;
        let place = format!("{}:{}", s.host, s.port);
        // Read anew each time: the administrator may have renewed it.
        let credentials = match &s.login {
            Some((user, secret)) => {
                let unread = |e| Halt::Refusal(Trouble::Password(format!("{e:#}")));
                let password = secret.read().map_err(unread)?;
                self.veil.add(&password);
                Some(Credentials::new(user.clone(), password.0))
            }
            None => None,
        };
        let veil = &self.veil;
        let hello = ClientId::default();
        let silent = || {
            Halt::Line(Trouble::Silent {
                place: place.clone(),
                seconds: STEP.as_secs(),
            })
        };
        let (place, why) = (&place, |e: &Error| chain(veil, e));
        let open = self.open(&hello, |why| {
            let place = place.clone();
            Trouble::Unreachable { place, why }
        });
        let mut connection = timeout(STEP, open).await.map_err(|_| silent())??;
        if s.tls == Tls::StartTls {
            if !connection.can_starttls() {
                let place = place.clone();
                return Err(Halt::Refusal(Trouble::NoStartTls { place }));
            }
            timeout(STEP, connection.starttls(self.tls.clone(), &hello))
                .await
                .map_err(|_| silent())?
                .map_err(|e| {
                    let (place, why) = (place.clone(), why(&e));
                    halt(&e, Trouble::Tls { place, why })
                })?;
        }
        if let Some(credentials) = credentials {
            let user = s.login.as_ref().map_or("", |(user, _)| user);
            timeout(
                STEP,
                connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials),
            )
            .await
            .map_err(|_| silent())?
            .map_err(|e| {
                let refused = Trouble::Login {
                    place: place.clone(),
                    user: user.to_owned(),
                    why: why(&e),
                    permanent: e.is_permanent(),
                };
                halt(&e, refused)
            })?;
        }
        Ok(connection)
    }

    pub(super) async fn check(&mut self) -> Result<()> {
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(halt) => bail!("{}", halt.why()),
        };
        let _ = timeout(STEP, connection.quit()).await; // it answered all that matters
        Ok(())
    }

    pub(super) async fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            let _ = timeout(FAREWELL, connection.quit()).await; // we go, heard or not
        }
    }

    pub(super) async fn send(&mut self, parcel: Parcel<'_>, begins: Begins<'_>) -> Result<Outcome> {
        let mut connection = match self.still_open().await {
            Some(open) => open,
            None => match self.connect().await {
                Ok(new) => new,
                Err(halt) => return Ok(Outcome::Halted(halt)),
            },
        };
        let outcome = deliver(&mut connection, &self.veil, parcel, begins).await?;
        match outcome {
            // The server answered to the end: no second login for the next mail.
            Outcome::Taken(_) | Outcome::Refused(..) | Outcome::Deferred(..) => {
                self.connection = Some(connection);
            }
            // Whatever state the dialogue is in, the next mail begins a new one.
            Outcome::Halted(_) | Outcome::Unknown(_) => {
                let _ = timeout(FAREWELL, connection.abort()).await;
            }
        }
        Ok(outcome)
    }

    /// The connection of the mail before, if the server still takes mails on it.
    async fn still_open(&mut self) -> Option<AsyncSmtpConnection> {
        let mut connection = self.connection.take()?;
        match timeout(STEP, connection.command(Rset)).await {
            Ok(Ok(_)) => Some(connection),
            Ok(Err(_)) | Err(_) => {
                let _ = timeout(FAREWELL, connection.abort()).await;
                None
            }
        }
    }
}

async fn deliver(
    connection: &mut AsyncSmtpConnection,
    veil: &Veil,
    parcel: Parcel<'_>,
    begins: Begins<'_>,
) -> Result<Outcome> {
    let Ok(from) = parcel.from.parse::<Address>() else {
        let why = Trouble::Sender(parcel.from.to_owned());
        return Ok(Outcome::Halted(Halt::Refusal(why)));
    };
    let mail = connection.command(Mail::new(Some(from), vec![]));
    if let Err(no) = answered(Step::Mail, STEP, veil, mail).await {
        return Ok(no.of_the_mail(vec![]));
    }
    let mut not_taken = Vec::new();
    for to in parcel.to {
        let Ok(address) = to.parse::<Address>() else {
            not_taken.push(NotTaken {
                address: to.clone(),
                verdict: Verdict::Dead,
                status: None,
                why: super::trouble::NO_ADDRESS.into(),
            });
            continue;
        };
        let rcpt = connection.command(Rcpt::new(address, vec![]));
        match answered(Step::Rcpt, STEP, veil, rcpt).await {
            Ok(()) => {}
            Err(No::Answer(about, answer)) => match verdict(about) {
                Some(verdict) => not_taken.push(NotTaken {
                    address: to.clone(),
                    verdict,
                    status: answer.status.map(|s| s.to_string()),
                    why: answer.to_string(),
                }),
                None => return Ok(No::Answer(about, answer).of_the_mail(vec![])),
            },
            Err(no) => return Ok(no.of_the_mail(vec![])),
        }
    }
    if not_taken.len() == parcel.to.len() {
        let why = Trouble::NotTaken(not_taken.clone());
        let later = not_taken.iter().any(|n| n.verdict == Verdict::Later);
        return Ok(if later {
            Outcome::Deferred(why, not_taken)
        } else {
            Outcome::Refused(why, not_taken)
        });
    }
    if let Err(no) = answered(Step::Data, STEP, veil, connection.command(Data)).await {
        return Ok(no.of_the_mail(not_taken));
    }
    begins(&not_taken)?;
    Ok(
        match answered(Step::Dot, LAST_STEP, veil, connection.message(parcel.raw)).await {
            Ok(()) => Outcome::Taken(not_taken),
            Err(No::Line(why)) => Outcome::Unknown(why),
            Err(no) => no.of_the_mail(not_taken),
        },
    )
}

/// Why a step did not succeed.
enum No {
    /// The server said no, which speaks of something.
    Answer(About, Answer),
    /// It said nothing that is understood.
    Line(Trouble),
}

impl No {
    /// What becomes of the mail.
    fn of_the_mail(self, not_taken: Vec<NotTaken>) -> Outcome {
        match self {
            No::Line(why) => Outcome::Halted(Halt::Line(why)),
            No::Answer(about, answer) => {
                let why = Trouble::Says(answer.to_string());
                match about {
                    About::Us => Outcome::Halted(Halt::Refusal(why)),
                    About::ThisForNow => Outcome::Deferred(why, not_taken),
                    About::ThisMail | About::DeadAddress | About::DoubtfulAddress => {
                        Outcome::Refused(why, not_taken)
                    }
                }
            }
        }
    }
}

/// What a refusal of a recipient means for the address; `None` where it is not about the recipient.
fn verdict(about: About) -> Option<Verdict> {
    match about {
        About::Us | About::ThisMail => None,
        About::ThisForNow => Some(Verdict::Later),
        About::DeadAddress => Some(Verdict::Dead),
        About::DoubtfulAddress => Some(Verdict::Doubtful),
    }
}

/// Waits for the answer to a step.
async fn answered(
    step: Step,
    patience: Duration,
    veil: &Veil,
    asked: impl Future<Output = Result<Response, Error>>,
) -> Result<(), No> {
    match timeout(patience, asked).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(match refusal(veil, &e) {
            Some(answer) => No::Answer(classify(step, &answer), answer),
            None => No::Line(Trouble::Broken {
                step,
                why: chain(veil, &e),
            }),
        }),
        Err(_) => Err(No::Line(Trouble::Unanswered(step))),
    }
}

/// What a server refused with, if it is an answer that failed and not the line.
fn refusal(veil: &Veil, e: &Error) -> Option<Answer> {
    let text = e.source().map_or(String::new(), ToString::to_string);
    let mut answer = Answer::new(e.status()?.into(), &text);
    answer.text = saying(veil, &text);
    Some(answer)
}

fn halt(e: &Error, why: Trouble) -> Halt {
    match e.status() {
        Some(_) => Halt::Refusal(why),
        None => Halt::Line(why),
    }
}

/// An error with its causes in one line, as [`saying`].
fn chain(veil: &Veil, e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(c) = cause {
        let next = c.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = c.source();
    }
    saying(veil, &text)
}
