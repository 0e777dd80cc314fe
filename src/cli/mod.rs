//! The command line: one file a command. It prints and decides nothing.

mod alarm;
mod annex;
mod backup;
mod check;
mod clock;
mod contacts;
mod corrections;
pub mod demo;
mod digest;
mod explain;
mod export;
mod files;
mod find;
mod health;
mod history;
mod inbox;
mod page;
mod plan;
mod reports;
mod retention;
mod run;
mod status;
mod tokens;
mod units;
mod urge;
mod verify;
mod year;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use tracing_subscriber::EnvFilter;

use crate::clock::Clock;
use crate::config::source::suggestion;
use crate::config::{Config, Fault};
use crate::domain::period::PeriodId;
use crate::domain::report::Report;
use crate::domain::row::MessageId;
use crate::domain::{instant, zone};
use crate::expected;
use crate::reading::sandbox::Purpose;
use crate::reading::worker;
use crate::store::Store;
use crate::writing;

/// Collects reports that units send by email: logs, acknowledges, reminds, and mails staff one digest a day.
#[derive(Debug, Parser)]
#[command(name = "thubaocao", version)]
struct Arguments {
    /// The configuration folder
    #[arg(
        long,
        global = true,
        env = "THUBAOCAO_CONFIG",
        default_value = "config",
        value_name = "DIR"
    )]
    config: PathBuf,
    /// The moment to take for now, such as 2026-06-15T08:00:00+07:00
    #[arg(long, global = true, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// How logs are written to standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole story with sample units and mails, without any account
    Demo {
        /// Where to lay it out (default: a new temporary folder)
        dir: Option<PathBuf>,
    },
    /// Collect, remind and report, for ever
    Run {
        /// One pass, then the end
        #[arg(long)]
        once: bool,
    },
    /// Name every fault of the configuration, then try mailbox, transport and store
    Check {
        /// Look at the configuration only
        #[arg(long)]
        offline: bool,
        /// Look through the whole database and archive too, as `verify` does
        #[arg(long, conflicts_with = "offline")]
        deep: bool,
        /// Send a trial by every way that [alarm] names, and look at nothing else
        #[arg(long, conflicts_with = "offline")]
        alarm: bool,
    },
    /// Say how each part of the service fares, a line each; contacts nobody, fails if one is not well
    Health {
        /// One line of JSON a part
        #[arg(long, conflicts_with = "textfile")]
        json: bool,
        /// Write the metrics of Prometheus' node exporter into a file (its textfile collector)
        #[arg(long, value_name = "FILE")]
        textfile: Option<PathBuf>,
    },
    /// Tell by [alarm] that the service ended badly, as systemd's ExecStopPost= runs it
    #[command(hide = true)]
    Alarm {
        /// By what systemd says of the end
        #[arg(long, required = true)]
        stopped: bool,
    },
    /// Say what would be done with mails and why; writes nothing, contacts nobody
    Explain {
        /// Mail files, or folders of them
        #[arg(required_unless_present = "mail", value_name = "FILE_OR_DIR")]
        paths: Vec<PathBuf>,
        /// A mail that was taken from the mailbox, by its number: why it was believed or not, as it was judged then
        #[arg(long, value_name = "NUMBER", conflicts_with = "paths")]
        mail: Option<MessageId>,
        /// One line of JSON a mail
        #[arg(long)]
        json: bool,
    },
    /// Show who has sent what, and what is late or missing a form
    Status {
        /// Only this report
        #[arg(long, value_name = "ID")]
        report: Option<String>,
        /// Only this period
        #[arg(long)]
        period: Option<PeriodId>,
        /// One line of JSON an obligation
        #[arg(long, conflicts_with = "xlsx")]
        json: bool,
        /// Write an Excel file: totals, the matrix of units and periods, details
        #[arg(long, value_name = "FILE")]
        xlsx: Option<PathBuf>,
    },
    /// Show the mails that a day would bring; nothing is written
    Plan {
        /// The day, such as 2026-06-16
        #[arg(long, value_name = "DATE")]
        on: Date,
        /// One line of JSON a mail
        #[arg(long)]
        json: bool,
    },
    /// Show the digest of a day; nothing is sent
    Digest {
        /// The day, such as 2026-06-16
        #[arg(long, value_name = "DATE")]
        on: Date,
        /// Write the HTML form into a file
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// For whom of staff (default: the first of staff.digest_to)
        #[arg(long = "for", value_name = "ADDRESS")]
        address: Option<String>,
    },
    /// Write the files of one period into tidy folders, with an index in Excel and a consolidation draft
    Export {
        /// The report
        #[arg(long, value_name = "ID")]
        report: String,
        /// The period
        #[arg(long)]
        period: PeriodId,
        /// A new folder
        dir: PathBuf,
    },
    /// Write the annex of figures of a report ([[report.number]]) for a unit to fill in, an Excel file
    Annex(annex::Annex),
    /// Show how each unit did in a year, in figures, points and places, and the receipt codes that they rest on
    Year {
        /// Such as 2026
        #[arg(value_parser = clap::value_parser!(i16).range(2000..=2100))]
        year: i16,
        /// One line of JSON a unit
        #[arg(long, conflicts_with = "xlsx")]
        json: bool,
        /// Write an Excel file: the year, what each figure is made of, and the years before with charts
        #[arg(long, value_name = "FILE")]
        xlsx: Option<PathBuf>,
    },
    /// Write the page for a browser, who has sent what: into a file, or to standard output
    Page {
        /// The file; an earlier one is replaced, and everybody may read it
        file: Option<PathBuf>,
    },
    /// Write the files that stand for a report of a unit into a folder
    Files(files::Files),
    /// Write the letter that asks late units for their reports, with its annex, as a Word document to be signed
    Urge(urge::Urge),
    /// Find mails by words of their subjects, texts, files and documents, with Vietnamese marks or without
    Find(find::Find),
    /// List the mails that wait for a person
    Inbox {
        /// One line of JSON a mail
        #[arg(long)]
        json: bool,
    },
    /// Log a mail for a unit
    Assign(corrections::Assign),
    /// Mark a mail as no report
    Ignore(corrections::Ignore),
    /// Excuse a unit from a report
    Excuse(corrections::Excuse),
    /// Mark the signed paper as received
    ReceivedPaper(corrections::ReceivedPaper),
    /// Give a unit more time for a report
    Extend(corrections::Extend),
    /// Refuse the time for which a mail asks, with a reason
    Refuse(corrections::Refuse),
    /// Let the letter to the leader of a unit that is late leave, or stop it
    Escalate(corrections::Escalate),
    /// Close a period of a report: what is overdue counts as not sent
    Close(corrections::Close),
    /// Send a submission back to its unit, with a reason
    Return(corrections::Return),
    /// Accept submissions; one that was sent back counts again
    Accept(corrections::Accept),
    /// Take a change back
    Undo(corrections::Undo),
    /// Show the changes by people: all, or those of a mail, a submission or a unit
    History {
        /// `17` or `mail 17`, `BC-2026-00017`, `ldld-tuy-an`
        subject: Option<String>,
    },
    /// Show which mails are older than they may be kept
    Retention {
        /// Remove their content now
        #[arg(long)]
        apply: bool,
    },
    /// Take over mails from before: .eml files, a Maildir or an mbox (Google Takeout); nobody is answered
    Import {
        /// A file or folder
        path: PathBuf,
    },
    /// Write a copy of everything that is known, while the service runs
    Backup {
        /// The tar file
        file: PathBuf,
    },
    /// Lay out the data folder from a backup
    Restore {
        /// The tar file
        file: PathBuf,
        /// Bring back what is sound of a damaged one
        #[arg(long)]
        keep_going: bool,
    },
    /// Compare the archive with what the store names, both ways, and look through the database
    Verify {
        /// One line of JSON a fault
        #[arg(long)]
        json: bool,
    },
    /// Look after the addresses that mails do not reach
    #[command(subcommand)]
    Contacts(contacts::Contacts),
    /// Look after the codes by which staff command
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// Look after the machine's clock
    #[command(subcommand)]
    Clock(clock::Clock),
    /// Look after the titles that staff taught
    #[command(subcommand)]
    Reports(reports::Reports),
    /// Look after the register of units
    #[command(subcommand)]
    Units(units::Units),
    /// Read mails as the limited child process
    #[command(name = worker::COMMAND, hide = true)]
    ReadMails {
        #[arg(long)]
        memory: u64,
        #[arg(long, conflicts_with = "words")]
        files: Option<PathBuf>,
        #[arg(long)]
        words: bool,
    },
}

/// What a command works with.
struct Session {
    config: PathBuf,
    at: Option<Timestamp>,
}

/// A configuration with faults.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
struct Faulty(Vec<Fault>);

/// Wrong usage that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

impl Session {
    fn clock(&self) -> Clock {
        self.at.map_or(Clock::System, Clock::Fixed)
    }

    fn now(&self) -> Timestamp {
        self.clock().now()
    }

    fn config(&self) -> Result<Config> {
        writing::load(&self.config).map_err(|faults| Faulty(faults).into())
    }

    /// The store as it is: looking changes nothing. Where there is none yet, one that was opened on the first day of the
    /// schedule. What has opened by `until` is expected in it; where it is not in the store, in a copy of it.
    fn snapshot(&self, config: &Config, until: Timestamp) -> Result<Store> {
        let path = Store::path(&config.settings.data);
        let told = || format!("the store {}", path.display());
        let store = if path.exists() {
            let store = Store::as_it_is(&path).with_context(told)?;
            if expected::is_stored(config, &store, until)? {
                return Ok(store);
            }
            Store::copy_of(&path).with_context(told)?
        } else {
            Store::in_memory(instant(
                config.settings.schedule.since,
                jiff::civil::Time::midnight(),
            ))?
        };
        expected::store_expected(config, &store, until)?;
        Ok(store)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    // Mails name children and workers: what is written, here and by the programs that are started, is for its owner alone.
    // SAFETY: umask has no preconditions.
    unsafe { libc::umask(0o077) };
    // What a large mail took goes back to the machine: the allocator would learn to keep it for the next one.
    // SAFETY: nothing else runs yet.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 256 << 10) };
    let arguments = Arguments::parse();
    set_up_logs(&arguments);
    let session = Session {
        config: arguments.config,
        at: arguments.at,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(&session, arguments.command)),
        Err(e) => Err(e.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if broken_pipe(&e) => ExitCode::SUCCESS, // `thubaocao status | head` is no failure
        Err(e) => {
            complain(format_args!("{e:#}"));
            let usage = e.is::<Faulty>() || e.is::<Usage>();
            ExitCode::from(if usage { 2 } else { 1 })
        }
    }
}

fn broken_pipe(e: &anyhow::Error) -> bool {
    e.downcast_ref::<std::io::Error>()
        .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

async fn dispatch(session: &Session, command: Command) -> Result<()> {
    match command {
        Command::Demo { dir } => demo::run(dir).await,
        Command::Run { once } => run::run(session, once).await,
        Command::Check { alarm: true, .. } => alarm::trial(session).await,
        Command::Check { offline, deep, .. } => check::run(session, offline, deep).await,
        Command::Health { json, textfile } => health::run(session, json, textfile.as_deref()),
        Command::Alarm { .. } => alarm::stopped(session).await,
        Command::Explain {
            mail: Some(mail),
            json,
            ..
        } => explain::kept(session, mail, json),
        Command::Explain { paths, json, .. } => explain::run(session, &paths, json).await,
        Command::Status {
            report,
            period,
            json,
            xlsx,
        } => status::run(
            session,
            report.as_deref(),
            period.as_ref(),
            json,
            xlsx.as_deref(),
        ),
        Command::Plan { on, json } => plan::run(session, on, json),
        Command::Digest { on, html, address } => {
            digest::run(session, on, address.as_deref(), html.as_deref())
        }
        Command::Export {
            report,
            period,
            dir,
        } => export::run(session, &report, &period, &dir).await,
        Command::Annex(a) => annex::run(session, &a),
        Command::Year { year, json, xlsx } => year::run(session, year, json, xlsx.as_deref()),
        Command::Page { file } => page::run(session, file.as_deref()),
        Command::Files(a) => files::run(session, &a).await,
        Command::Urge(a) => urge::run(session, &a),
        Command::Find(a) => find::run(session, &a),
        Command::Inbox { json } => inbox::run(session, json),
        Command::Assign(a) => corrections::assign(session, &a).await,
        Command::Ignore(a) => corrections::ignore(session, &a),
        Command::Excuse(a) => corrections::excuse(session, &a),
        Command::ReceivedPaper(a) => corrections::received_paper(session, &a),
        Command::Refuse(a) => corrections::refuse(session, &a),
        Command::Extend(a) => corrections::extend(session, &a),
        Command::Escalate(a) => corrections::escalate(session, &a),
        Command::Close(a) => corrections::close(session, &a),
        Command::Return(a) => corrections::send_back(session, &a),
        Command::Accept(a) => corrections::accept(session, &a),
        Command::Undo(a) => corrections::undo(session, &a),
        Command::History { subject } => history::run(session, subject.as_deref()),
        Command::Retention { apply } => retention::run(session, apply).await,
        Command::Import { path } => backup::import(session, &path).await,
        Command::Backup { file } => backup::write(session, &file).await,
        Command::Restore { file, keep_going } => backup::restore(session, &file, keep_going).await,
        Command::Verify { json } => verify::run(session, json).await,
        Command::Contacts(command) => contacts::run(session, &command),
        Command::Tokens(command) => tokens::run(session, &command),
        Command::Clock(command) => clock::run(session, &command),
        Command::Reports(command) => reports::run(session, &command),
        Command::Units(command) => units::run(session, &command),
        Command::ReadMails {
            memory,
            files,
            words,
        } => {
            let files = Purpose::Files(files.as_deref());
            worker::serve(memory, if words { Purpose::Words } else { files })
        }
    }
}

fn set_up_logs(arguments: &Arguments) {
    let usual = match arguments.command {
        Command::Run { .. } => "info",
        _ => "warn",
    };
    // Records of the `log` crate are not taken: async-imap would write passwords and mails at trace level.
    let filter = EnvFilter::try_from_env("THUBAOCAO_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match arguments.log_format {
        LogFormat::Text => logs.with_ansi(false).init(),
        LogFormat::Json => logs.json().init(),
    }
}

/// The report of an id, which somebody typed.
fn known_report<'c>(config: &'c Config, id: &str) -> Result<&'c Report> {
    let known = config.report(id).ok_or_else(|| {
        let hint = suggestion(id, config.reports.iter().map(|r| r.id.as_str()));
        Usage(format!("there is no report {id} in reports.toml{hint}"))
    })?;
    Ok(known)
}

/// A moment as the JSON interface has it.
fn rfc3339(at: Timestamp) -> String {
    let at = at.to_zoned(zone());
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Makes a file that was asked for, and has it filled.
fn to_file(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let told = || format!("cannot write {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(told)?);
    fill(&mut file).with_context(told)?;
    file.flush().with_context(told)
}

/// Writes a line to standard output.
fn say(line: impl std::fmt::Display) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// Says a line where a person reads it even if the output goes elsewhere. Where nobody listens, it is lost.
fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
