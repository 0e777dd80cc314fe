//! The connection to SQLite, which keeps what it has parsed: the same statements run for every mail, and to parse and plan
//! one takes longer than to run it.

use std::ops::{Deref, DerefMut};

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, Params, Result, Row};

/// How many statements are kept: about as many as there are.
const STATEMENTS: usize = 256;

/// A connection whose statements are kept prepared, whichever way they are run.
pub(super) struct Database(Connection);

impl From<Connection> for Database {
    fn from(connection: Connection) -> Database {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Else SQLite plans many a statement anew for each value. Without, what runs is what EXPLAIN QUERY PLAN tells.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .expect("the SQLite that is built in knows it");
        Database(connection)
    }
}

impl Database {
    /// See [`Connection::execute`].
    pub(super) fn execute(&self, sql: &str, values: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(values)
    }

    /// See [`Connection::query_row`].
    pub(super) fn query_row<T>(
        &self,
        sql: &str,
        values: impl Params,
        row: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare_cached(sql)?.query_row(values, row)
    }

    /// See [`Connection::prepare`].
    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.prepare_cached(sql)
    }
}

impl Deref for Database {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Database {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{StatementStatus, params};

    #[test]
    fn a_statement_that_is_kept_runs_by_the_schema_of_the_moment() {
        let base = Database::from(Connection::open_in_memory().unwrap());
        base.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
            .unwrap();
        let all = |column: &str| -> Vec<i64> {
            let mut statement = base.prepare("SELECT * FROM t ORDER BY a").unwrap();
            let rows = statement.query_map([], |r| r.get(column)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        assert_eq!(all("a"), [1]);
        let add = "INSERT INTO t (a) VALUES (?1)";
        assert_eq!(base.execute(add, params![2]).unwrap(), 1);
        assert_eq!(base.execute(add, params![3]).unwrap(), 1);
        assert_eq!(all("a"), [1, 2, 3]);
        base.execute_batch("ALTER TABLE t ADD b NOT NULL DEFAULT 7")
            .unwrap();
        assert_eq!(all("b"), [7, 7, 7]);
        let count = base.query_row("SELECT count(*) FROM t", [], |r| r.get(0));
        assert_eq!(count, Ok(3));
    }

    #[test]
    fn a_statement_is_not_planned_anew_for_another_value() {
        let base = Database::from(Connection::open_in_memory().unwrap());
        base.execute_batch("CREATE TABLE t (a); CREATE INDEX few ON t (a) WHERE a > 5")
            .unwrap();
        let mut statement = base.prepare("SELECT a FROM t WHERE a > ?1").unwrap();
        for n in 0..9 {
            assert!(!statement.exists([n]).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
