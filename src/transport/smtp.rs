//! An SMTP server (RFC 5321) over TLS, step by step: so that it is known whether a mail had left when something broke.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::{Fate, Parcel};
use crate::config::{Password, SmtpSettings, Tls};

/// How long one step of the dialogue may take.
const STEP: Duration = Duration::from_secs(60);
/// How long the answer to the last byte may take (RFC 5321, 4.5.3.2.6, says ten minutes; we look it up instead).
const LAST_STEP: Duration = Duration::from_secs(180);

pub struct Smtp {
    settings: SmtpSettings,
    password: Option<Password>,
    tls: TlsParameters,
    connection: Option<AsyncSmtpConnection>,
}

impl Smtp {
    pub(super) fn new(settings: &SmtpSettings) -> Result<Smtp> {
        let mut tls = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path)
                .with_context(|| format!("cannot read the certificates in {}", path.display()))?;
            let certificate = Certificate::from_pem(&pem)
                .with_context(|| format!("there is no certificate in {}", path.display()))?;
            tls = tls.add_root_certificate(certificate);
        }
        let password = match &settings.login {
            Some((_, secret)) => Some(secret.read()?),
            None => None,
        };
        Ok(Smtp {
            tls: tls.build_rustls().context("cannot set up TLS for SMTP")?,
            settings: settings.clone(),
            password,
            connection: None,
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection> {
        let s = &self.settings;
        let place = format!("{}:{}", s.host, s.port);
        let hello = ClientId::default();
        let at_once = (s.tls == Tls::Implicit).then(|| self.tls.clone());
        let open = AsyncSmtpConnection::connect_tokio1(
            (s.host.as_str(), s.port),
            Some(STEP),
            &hello,
            at_once,
            None,
        );
        let mut connection = timeout(STEP, open)
            .await
            .map_err(|_| {
                anyhow!(
                    "cannot reach {place}: no answer within {} s",
                    STEP.as_secs()
                )
            })?
            .map_err(|e| anyhow!("cannot reach {place}: {}", chain(&e)))?;
        if s.tls == Tls::StartTls {
            if !connection.can_starttls() {
                bail!(
                    "{place} does not offer STARTTLS; passwords and reports are not sent in the clear (transport.tls = \"tls\" is the other way)"
                );
            }
            timeout(STEP, connection.starttls(self.tls.clone(), &hello))
                .await
                .map_err(|_| anyhow!("{place} did not finish STARTTLS"))?
                .map_err(|e| anyhow!("no TLS with {place}: {}; check transport.host, or name a private authority in transport.ca_file", chain(&e)))?;
        }
        if let (Some((user, _)), Some(password)) = (&s.login, &self.password) {
            let credentials = Credentials::new(user.clone(), password.0.clone());
            timeout(STEP, connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials))
                .await
                .map_err(|_| anyhow!("{place} did not answer the login"))?
                .map_err(|e| anyhow!("{place} refuses the login of {user}: {}; check user and password (Gmail needs an app password)", chain(&e)))?;
        }
        Ok(connection)
    }

    pub(super) async fn check(&mut self) -> Result<()> {
        let mut connection = self.connect().await?;
        let _ = timeout(STEP, connection.quit()).await; // it answered all that matters
        Ok(())
    }

    pub(super) async fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            let _ = timeout(Duration::from_secs(2), connection.quit()).await; // we go, heard or not
        }
    }

    pub(super) async fn send(&mut self, parcel: Parcel<'_>) -> Fate {
        let mut connection = match self.connection.take() {
            Some(c) => c,
            None => match self.connect().await {
                Ok(c) => c,
                Err(e) => return Fate::Later(format!("{e:#}")),
            },
        };
        let fate = deliver(&mut connection, parcel).await;
        if matches!(fate, Fate::Sent(_)) {
            self.connection = Some(connection);
        } else {
            // Whatever state the dialogue is in, the next mail begins a new one.
            let _ = timeout(Duration::from_secs(2), connection.abort()).await;
        }
        fate
    }
}

async fn deliver(connection: &mut AsyncSmtpConnection, parcel: Parcel<'_>) -> Fate {
    macro_rules! step {
        ($what:expr, $step:expr) => {
            match timeout(STEP, $step).await {
                Ok(Ok(_)) => {}
                Ok(Err(e)) => return before_the_last_byte($what, &e),
                Err(_) => return Fate::Later(format!("no answer to {}", $what)),
            }
        };
    }
    let Ok(from) = parcel.from.parse::<Address>() else {
        return Fate::Refused(format!("{:?} is no mail address", parcel.from));
    };
    step!(
        "MAIL FROM",
        connection.command(Mail::new(Some(from), vec![]))
    );
    let mut refused = Vec::new();
    let mut accepted = 0;
    let mut later = false;
    for to in parcel.to {
        let Ok(address) = to.parse::<Address>() else {
            refused.push(format!("{to}: no mail address"));
            continue;
        };
        match timeout(STEP, connection.command(Rcpt::new(address, vec![]))).await {
            Ok(Ok(_)) => accepted += 1,
            Ok(Err(e)) if e.is_permanent() => refused.push(format!("{to}: {}", chain(&e))),
            Ok(Err(e)) if e.is_transient() => {
                later = true;
                refused.push(format!("{to}: {}", chain(&e)));
            }
            Ok(Err(e)) => return before_the_last_byte("RCPT TO", &e),
            Err(_) => return Fate::Later("no answer to RCPT TO".into()),
        }
    }
    if accepted == 0 {
        let why = refused.join("; ");
        return if later {
            Fate::Later(why)
        } else {
            Fate::Refused(why)
        };
    }
    step!("DATA", connection.command(Data));
    match timeout(LAST_STEP, connection.message(parcel.raw)).await {
        Ok(Ok(_)) => Fate::Sent((!refused.is_empty()).then(|| refused.join("; "))),
        Ok(Err(e)) if e.is_permanent() => Fate::Refused(chain(&e)),
        Ok(Err(e)) if e.is_transient() => Fate::Later(chain(&e)),
        Ok(Err(e)) => Fate::Unknown(chain(&e)),
        Err(_) => Fate::Unknown("no answer after the last byte".into()),
    }
}

/// An error of a step that comes before the mail itself: it has not left.
fn before_the_last_byte(step: &str, e: &lettre::transport::smtp::Error) -> Fate {
    let why = format!("{step}: {}", chain(e));
    if e.is_permanent() {
        Fate::Refused(why)
    } else {
        Fate::Later(why)
    }
}

/// An error with its causes in one line.
fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(c) = cause {
        let next = c.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = c.source();
    }
    text
}
