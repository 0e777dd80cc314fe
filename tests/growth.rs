//! What a round costs grows with what there is to do, not with the years: no statement of a round looks through a table
//! that grows with every mail, unit or day.
//!
//! The statements are those that SQLite itself hears of while the service lives through the demo: what is added later is
//! looked at, too.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::Timestamp;
use rusqlite::{Connection, auto_extension, ffi};
use thubaocao::clock::Clock;
use thubaocao::daemon::Service;
use thubaocao::store::{Part, Store};
use thubaocao::writing;

use crate::lab::demo::Demo;

/// Tables that have a row for each of something that is few, however many years pass.
const FEW: [&str; 9] = [
    "closing",          // periods that staff closed
    "cursor",           // folders
    "health",           // parts of the service
    "learned",          // addresses that staff taught
    "outbox_rest",      // recipients whom the server took later than others
    "queue_pause",      // pauses of the queue
    "register_address", // addresses of the register
    "setting",          // settings
    "taught",           // titles that staff taught
];

/// Indexes of what is still to be done alone: what is done leaves them.
const PENDING: [&str; 12] = [
    "attachment_not_kept", // and what mails bring that bring no report
    "attachment_not_searched",
    "contact_bounce_stands",
    "message_received",
    "message_undecided",
    "message_unshown",
    "message_waiting",
    "obligation_open",
    "outbox_queued",
    "outbox_sending",
    "outbox_sent",    // when the last one left stands at its end
    "outbox_unknown", // and what is unknown for good
];

/// Statements, by their beginnings, that go back from the newest row until one is found.
const UNTIL_FOUND: [&str; 5] = [
    "SELECT coalesce(max(id), 0) FROM message",
    "SELECT max(id) FROM outbox",
    "SELECT id FROM message WHERE abs(julianday(received_at) - julianday(stored_at)) <",
    "SELECT day, coalesce(",
    "WITH RECURSIVE known (report, period) AS",
];

/// Likewise, of texts of people that are past their time: once a day, where anything goes.
const ONCE_A_DAY: [&str; 5] = [
    "UPDATE correction SET before",
    "UPDATE excuse SET reason",
    "UPDATE sent_back SET reason",
    "UPDATE staff_command SET outcome",
    "SELECT count(*) FROM 'main'.'searched_", // SQLite itself, where it looks through the whole database
];

/// Likewise, where no round waits for them: at a start, after a clock that was ahead, where the configuration calls
/// something otherwise than before, and for who asks for the history of all.
const NOT_OF_A_ROUND: [&str; 13] = [
    "SELECT EXISTS (SELECT 1 FROM location WHERE received_at BETWEEN",
    "DELETE FROM digest_day WHERE until >",
    "DELETE FROM digest_mail WHERE day IN (SELECT day FROM digest_day WHERE until >",
    "SELECT h.id, h.until, m.stored_at FROM hold h",
    "DELETE FROM awaited AS a",
    "DELETE FROM hold AS a",
    "SELECT id, inverse FROM correction",
    "SELECT id, subject FROM correction",
    "UPDATE message SET candidates",
    "SELECT DISTINCT report FROM obligation",
    "SELECT unit FROM obligation UNION",
    "SELECT * FROM correction WHERE ?1 = ''",
    "SELECT s.id, o.unit, o.report, o.period, o.due, s.version, s.message,", // and then a condition
];

/// The statements that ran, each with the file of its database.
static HEARD: Mutex<BTreeSet<(PathBuf, String)>> = Mutex::new(BTreeSet::new());

/// Hears of a statement that begins to run.
unsafe extern "C" fn hear(
    _: c_uint,
    _: *mut c_void,
    statement: *mut c_void,
    _: *mut c_void,
) -> c_int {
    let statement = statement.cast::<ffi::sqlite3_stmt>();
    // SAFETY: of this event SQLite gives the statement, which lives as long as this call (sqlite.org/c3ref/c_trace.html);
    // its text and the name of its file are texts that end in zero, and live as long.
    let (sql, file) = unsafe {
        let file = ffi::sqlite3_db_filename(ffi::sqlite3_db_handle(statement), c"main".as_ptr());
        let sql = ffi::sqlite3_sql(statement);
        if sql.is_null() || file.is_null() {
            return 0;
        }
        (CStr::from_ptr(sql), CStr::from_ptr(file))
    };
    let (sql, file) = (sql.to_string_lossy(), file.to_string_lossy());
    let mut heard = HEARD.lock().expect("nobody panics with it");
    heard.insert((file.into_owned().into(), sql.into_owned()));
    0
}

/// Has each database that is opened from now on tell what runs on it.
unsafe extern "C" fn listen(
    db: *mut ffi::sqlite3,
    _: *mut *mut c_char,
    _: *const ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: SQLite gives the database that it has just opened.
    unsafe {
        ffi::sqlite3_trace_v2(
            db,
            ffi::SQLITE_TRACE_STMT as c_uint,
            Some(hear),
            std::ptr::null_mut(),
        )
    }
}

/// The statements that ran on a file since this was last asked.
fn heard(file: &Path) -> BTreeSet<String> {
    let mut all = HEARD.lock().unwrap();
    let (own, others) = std::mem::take(&mut *all)
        .into_iter()
        .partition(|(of, _)| of == file);
    *all = others;
    let own: BTreeSet<(PathBuf, String)> = own;
    own.into_iter().map(|(_, sql)| sql).collect()
}

/// The parts of the plan of a statement that look through a whole table or index, or begin to: the least and the greatest
/// value are looked for from an end.
fn scans(store: &Connection, sql: &str) -> Vec<String> {
    let Ok(mut plan) = store.prepare(&format!("EXPLAIN QUERY PLAN {sql}")) else {
        return vec![]; // it is several statements, or none that reads
    };
    // Values are not needed to make a plan.
    let details = plan
        .raw_query()
        .mapped(|row| row.get::<_, String>("detail"));
    let details = details.map(Result::unwrap);
    // What the index of words is asked for, it looks up; asked for nothing it goes through all.
    let looked_up = |d: &str| d.contains("VIRTUAL TABLE INDEX") && !d.trim_end().ends_with(':');
    let scans: Vec<String> = details
        .filter(|d| !looked_up(d))
        .filter(|d| d.starts_with("SCAN ") || !d.contains('(') && d.starts_with("SEARCH "))
        .collect();
    scans
}

/// The table that a part of a plan means by its name or by another one that the statement gives it; nothing where it is
/// what the statement itself made.
fn table_of(name: &str, sql: &str, tables: &[String]) -> Option<String> {
    let words: Vec<&str> = sql
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| !w.is_empty() && !w.eq_ignore_ascii_case("as"))
        .collect();
    let is_table = |word: &str| tables.iter().any(|t| t == word);
    let begins = |word: &str| ["FROM", "JOIN"].contains(&word);
    let renamed = words
        .windows(3)
        .find(|w| begins(w[0]) && is_table(w[1]) && w[2] == name);
    let own = tables.iter().find(|t| *t == name);
    renamed.map(|w| w[1].to_owned()).or(own.cloned())
}

/// What is wrong with the plans of statements.
fn growing(file: &Path, statements: &BTreeSet<String>) -> Vec<String> {
    let store = Connection::open(file).unwrap();
    let mut tables = store
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap();
    let tables = tables.query_map([], |r| r.get(0)).unwrap();
    let tables: Vec<String> = tables.map(Result::unwrap).collect();
    let mut wrong = Vec::new();
    for sql in statements {
        let begins = |with: &[&str]| with.iter().any(|beginning| sql.starts_with(beginning));
        if begins(&UNTIL_FOUND) || begins(&ONCE_A_DAY) {
            continue;
        }
        for scan in scans(&store, sql) {
            let words: Vec<&str> = scan.split(' ').collect();
            let Some(table) = table_of(words[1], sql, &tables) else {
                continue;
            };
            let index = words.last().copied().unwrap_or_default();
            if !FEW.contains(&table.as_str()) && !PENDING.contains(&index) {
                wrong.push(format!("{scan} ({table}):\n{sql}"));
            }
        }
    }
    wrong
}

/// The demo anew, with its mails to be delivered as time goes on.
struct Lived {
    demo: Demo,
    /// The mails, each with when it was delivered.
    mails: Vec<(Timestamp, PathBuf)>,
}

impl Lived {
    fn new() -> Lived {
        let demo = Demo::new();
        let mut mails = Vec::new();
        let later = demo.dir().join("later");
        fs::create_dir(&later).unwrap();
        for folder in ["new", "cur"] {
            for mail in fs::read_dir(demo.dir().join("maildir").join(folder)).unwrap() {
                let mail = mail.unwrap();
                let at = mail.metadata().unwrap().modified().unwrap();
                let to = later.join(mail.file_name());
                fs::rename(mail.path(), &to).unwrap();
                mails.push((Timestamp::try_from(at).unwrap(), to));
            }
        }
        fs::remove_dir_all(demo.dir().join("data")).unwrap();
        fs::remove_file(demo.dir().join("config/.data-folder")).unwrap();
        let settings = demo.dir().join("config/thubaocao.toml");
        let text = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, text + "\n[retention]\nyears = 1\n").unwrap();
        Lived { demo, mails }
    }

    fn deliver(&mut self, until: Timestamp) {
        let new = self.demo.dir().join("maildir/new");
        self.mails.retain(|(at, from)| {
            let comes = *at <= until;
            if comes {
                fs::rename(from, new.join(from.file_name().unwrap())).unwrap();
            }
            !comes
        });
    }
}

#[test]
fn no_statement_of_a_round_looks_through_what_grows_with_the_years() {
    // SAFETY: what is registered opens and closes no database, and registers nothing.
    unsafe { auto_extension::register_auto_extension(listen).unwrap() };
    let mut lived = Lived::new();
    let config = lived.demo.dir().join("config");
    let load = || writing::load(&config).unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let file = Store::path(&load().settings.data);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_thubaocao"));
    let begins = at("2026-06-01T00:00:00+07:00");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    runtime.block_on(async {
        let mut service = Service::open(load(), program, begins).unwrap();
        heard(&file); // a start may look at all
        for (day, hour, clock) in [
            ("2026-06-01", 8, None),
            ("2026-06-08", 7, None),
            ("2026-06-08", 8, None),
            ("2026-06-15", 8, None),
            ("2026-06-15", 18, None),
            ("2026-06-16", 7, None),
            ("2026-06-16", 8, None),
            ("2026-06-23", 8, None),
            ("2026-06-23", 9, None),
            // As the clock of the machine goes: that it jumped is looked at, too.
            ("2026-06-24", 8, Some(Clock::System)),
        ] {
            let now = at(&format!("{day}T{hour:02}:00:00+07:00"));
            lived.deliver(now);
            let clock = clock.unwrap_or(Clock::Fixed(now));
            let failure = service.round(clock, &Cell::new(false)).await.unwrap();
            assert!(failure.is_none(), "{failure:?}");
            let statements = heard(&file);
            count += statements.len();
            wrong.extend(growing(&file, &statements));
        }
    });
    assert!(lived.mails.is_empty(), "all mails came");
    let store = Store::open(file.parent().unwrap(), begins).unwrap();
    assert!(store.health(Part::Digest).unwrap().failing().is_none());
    let answered = store.left_since(Timestamp::MIN).unwrap();
    assert!(
        answered.len() > 20,
        "{} letters: nothing was tried",
        answered.len()
    );
    assert!(count > 300, "only {count} statements were heard");
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The statements that stand in a file of the store, whole or as far as one does before what is put into it.
fn written(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let begins = |text: &str| {
        let first = text.split_whitespace().next().unwrap_or_default();
        ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(&first)
    };
    let quoted = code.match_indices('"').map(|(at, _)| &code[at + 1..]);
    let quoted = quoted.filter(|text| begins(text));
    let ended = quoted.filter_map(|text| text.split('"').next());
    ended.map(str::to_owned).collect()
}

#[test]
fn no_statement_of_the_store_looks_through_what_grows_with_the_years() {
    let folder = tempfile::tempdir().unwrap();
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    drop(Store::open(folder.path(), now).unwrap());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in fs::read_dir(source).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let mut statements = written(&fs::read_to_string(file.path()).unwrap());
        count += statements.len();
        statements.retain(|sql| {
            let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            !NOT_OF_A_ROUND.iter().any(|b| sql.starts_with(b))
        });
        let of_file = growing(&Store::path(folder.path()), &statements);
        wrong.extend(of_file.iter().map(|w| format!("{name}: {w}")));
    }
    assert!(count > 200, "only {count} statements were found");
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
