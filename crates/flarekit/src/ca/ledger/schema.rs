//! The tables of the ledger, and how a file comes to have them.

use rusqlite::Connection;

/// Tells a ledger from other SQLite files: `flkl`.
pub(super) const APPLICATION_ID: i32 = 0x666c_6b6c;

/// The version that this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The steps from an empty file to the current version, statement by statement. What was released is
/// never changed; a new version adds a step.
const MIGRATIONS: [&[&str]; 3] = [TABLES, USERS, WITHDRAWALS];

const TABLES: &[&str] = &[
    "CREATE TABLE entries (
    number       INTEGER PRIMARY KEY,
    previous     BLOB NOT NULL,
    hash         BLOB NOT NULL,
    kind         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    root         BLOB NOT NULL,
    name         TEXT NOT NULL COLLATE NOCASE,
    org          TEXT NOT NULL,
    cert_type    TEXT NOT NULL,
    request_id   TEXT,
    request_zip  BLOB,
    request_json BLOB,
    csr          BLOB,
    public_key   BLOB,
    serial       TEXT,
    not_before   INTEGER,
    not_after    INTEGER,
    alt_names    TEXT,
    refers       INTEGER,
    successor    INTEGER,
    reason       TEXT
) STRICT",
    // Apart, so that lists need not read past these.
    "CREATE TABLE documents (
    entry       INTEGER PRIMARY KEY,
    certificate BLOB,
    signed_json BLOB,
    signature   BLOB
) STRICT",
    CHECKPOINTS,
    "CREATE INDEX entries_by_name ON entries (name)",
    "CREATE INDEX entries_by_request ON entries (request_id) WHERE request_id IS NOT NULL",
    "CREATE INDEX entries_by_key ON entries (public_key) WHERE public_key IS NOT NULL",
    "CREATE INDEX entries_by_serial ON entries (serial) WHERE serial IS NOT NULL",
    "CREATE INDEX entries_by_end ON entries (not_after) WHERE not_after IS NOT NULL",
    "CREATE INDEX entries_by_org ON entries (org)",
    "CREATE INDEX entries_by_reference ON entries (refers, kind) WHERE refers IS NOT NULL",
    "CREATE INDEX entries_of_servers ON entries (not_after) WHERE cert_type = 'server'",
    "CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    "CREATE TRIGGER entries_remain BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END",
    "CREATE TRIGGER documents_stay BEFORE UPDATE ON documents
    BEGIN SELECT RAISE(ABORT, 'documents are never changed'); END",
    "CREATE TRIGGER documents_remain BEFORE DELETE ON documents
    BEGIN SELECT RAISE(ABORT, 'documents are never removed'); END",
    "CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END",
    "CREATE TRIGGER checkpoints_remain BEFORE DELETE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are never removed'); END",
];

/// The statement that makes the table, with further columns as SQLite writes them into it.
macro_rules! checkpoints {
    ($more:literal) => {
        concat!(
            "CREATE TABLE checkpoints (
    number    INTEGER PRIMARY KEY,
    previous  BLOB NOT NULL,
    entries   INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    at        INTEGER NOT NULL,
    signature BLOB NOT NULL
",
            $more,
            ") STRICT"
        )
    };
}

const CHECKPOINTS: &str = checkpoints!("");

/// The few among many sites.
const USERS: &[&str] = &[
    "CREATE INDEX entries_of_users ON entries (name) WHERE cert_type NOT IN ('client', 'server')",
];

/// Each checkpoint is over what was withdrawn, too, and that is found without the rest.
const WITHDRAWALS: &[&str] = &[
    "CREATE INDEX entries_that_withdraw ON entries (number) WHERE kind IN ('revocation', 'denial')",
    ADD_WITHDRAWN,
];

const ADD_WITHDRAWN: &str = "ALTER TABLE checkpoints ADD COLUMN withdrawn BLOB";

const CHECKPOINTS_WITH_WITHDRAWN: &str = checkpoints!(", withdrawn BLOB");

/// Takes the steps that a file lacks, all or none. Of two that try at once the second finds nothing
/// left to do.
pub(super) fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    migrate_to(connection, VERSION)
}

/// The same up to an earlier version, as an earlier program left it.
pub(super) fn migrate_to(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    if version_of(connection)? >= version {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let steps = || {
        let until = usize::try_from(version).unwrap_or_default();
        let taken = usize::try_from(version_of(connection)?).unwrap_or_default();
        for statement in MIGRATIONS.iter().take(until).skip(taken).copied().flatten() {
            connection.execute_batch(statement)?;
        }
        // Another process may have gone further meanwhile.
        connection.pragma_update(None, "user_version", version_of(connection)?.max(version))?;
        connection.execute_batch("COMMIT")
    };
    steps().inspect_err(|_| {
        // The file is as it was, whether or not this succeeds.
        let _ = connection.execute_batch("ROLLBACK");
    })
}

/// Everything in a file's schema, sorted.
pub(super) fn describe(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT coalesce(sql, name) FROM sqlite_schema")?;
    let mut found: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    found.sort_unstable();
    Ok(found)
}

/// The schema of a ledger of a version that this program knows, sorted: SQLite keeps each statement as
/// it was written, but for a table that a later step changed.
pub(super) fn expected(version: i64) -> Vec<&'static str> {
    // No ledger is without tables.
    let steps = usize::try_from(version).unwrap_or_default().max(1);
    let mut statements: Vec<&str> = MIGRATIONS.into_iter().take(steps).flatten().copied().collect();
    if statements.contains(&ADD_WITHDRAWN) {
        statements.retain(|statement| ![CHECKPOINTS, ADD_WITHDRAWN].contains(statement));
        statements.push(CHECKPOINTS_WITH_WITHDRAWN);
    }
    statements.sort_unstable();
    statements
}

/// How many steps a file has taken.
pub(super) fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::{VERSION, describe, expected, migrate, migrate_to, version_of};
    use rusqlite::Connection;

    #[test]
    fn every_version_has_its_schema_and_comes_to_the_newest() {
        for version in 1..=VERSION {
            let connection = Connection::open_in_memory().unwrap();
            migrate_to(&connection, version).unwrap();
            assert_eq!(version_of(&connection).unwrap(), version);
            assert_eq!(describe(&connection).unwrap(), expected(version));
            migrate(&connection).unwrap();
            assert_eq!(version_of(&connection).unwrap(), VERSION);
            assert_eq!(describe(&connection).unwrap(), expected(VERSION));
        }
    }
}
