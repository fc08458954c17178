//! The ledger's SQLite file: a second door to the disk, beside [`files`](crate::files), because
//! SQLite opens, locks and flushes its own files (the database, its write-ahead log and the index
//! of that). What `files` promises holds here, too: no link in the last place is followed, and
//! every file is its owner's only (SQLite gives its side files the mode of the database).

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, APPLICATION_ID, VERSION};
use crate::error::{Code, Error, Reason};
use crate::files::{self, Found};

/// As long as commands wait for the lock on a directory.
const PATIENCE: Duration = Duration::from_secs(60);
/// How the names of the files end that SQLite may have beside the ledger.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// An open ledger file of the current version.
pub(super) struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens an existing ledger to write into it, and brings it up to the current version.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, "")?;
        database.refuse_foreign()?;
        database.durable()?;
        database.migrate()?;
        database.expect_schema()?;
        Ok(database)
    }

    /// Turns an empty file, which nobody else knows yet, into a ledger. Messages name the place
    /// that it is `meant_for`.
    pub fn create(path: &Path, meant_for: &Path) -> Result<Self, Error> {
        let mut database = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, "")?;
        database.path = meant_for.to_owned();
        // With a log, readers and writers do not wait for each other. Where the file system cannot
        // share memory SQLite stays with its rollback journal, and says so instead of failing.
        database.run(|connection| {
            // Nothing need be durable before the file moves to its place: then it is flushed.
            connection.pragma_update(None, "synchronous", "OFF")?;
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)
        })?;
        database.migrate()?;
        Ok(database)
    }

    /// Opens an existing ledger as it is now, and never writes an entry. What others write
    /// meanwhile is not seen.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let open = |access, query| -> Result<Self, Error> {
            let database = Self::connect(path, access, query)?;
            database.run(|connection| {
                connection.pragma_update(None, "query_only", true)?;
                connection.execute_batch("BEGIN")
            })?;
            database.refuse_foreign()?;
            database.expect_schema()?;
            Ok(database)
        };
        // Who may only read the file does so; who may write it clears SQLite's side files away.
        match open(OpenFlags::SQLITE_OPEN_READ_WRITE, "") {
            // A log's index cannot be made in a directory that may not be written. Without a log
            // nobody is writing, and the file alone is the whole ledger.
            Err(error)
                if matches!(
                    error.reason(),
                    Some(Reason::LedgerNotWritable | Reason::LedgerNoRoom)
                ) && files::look(&beside(path, "-wal")) == Ok(Found::Nothing) =>
            {
                open(OpenFlags::SQLITE_OPEN_READ_ONLY, "?immutable=1")
            }
            other => other,
        }
    }

    /// Runs statements; SQLite's refusals become ours.
    pub fn run<'a, T>(
        &'a self,
        work: impl FnOnce(&'a Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        work(&self.connection).map_err(|error| refusal(&self.path, &error))
    }

    /// Closes the file, with everything that was committed in it: it may move without its log.
    pub fn close_alone(self) -> Result<(), Error> {
        // SQLite does the same when a file is closed, but does not say if it fails.
        let (busy, in_log, moved): (i64, i64, i64) = self.run(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
        })?;
        if busy != 0 || in_log != moved {
            let what = "its log could not be written into it";
            return Err(Error::because(
                Code::OutputDirNotWritable,
                Reason::LedgerNotWritable,
                format!("cannot use the ledger {}: {what}", self.path.display()),
            ));
        }
        let path = self.path;
        self.connection.close().map_err(|(_, error)| refusal(&path, &error))
    }

    /// That something in the file is not as this program left it.
    pub fn invalid(&self, reason: Reason, what: impl std::fmt::Display) -> Error {
        invalid(&self.path, reason, what)
    }

    fn connect(path: &Path, access: OpenFlags, query: &str) -> Result<Self, Error> {
        refuse_other_than_file(path)?;
        for ending in SIDE_FILES {
            refuse_other_than_file(&beside(path, ending))?;
        }
        refuse_further_names(path)?;
        let failed = |error: &rusqlite::Error| refusal(path, error);
        // SQLite refuses links anywhere in a path; those above the file are the user's business.
        let real =
            files::resolve_parent(path).map_err(|error| error.code(Code::OutputDirNotWritable))?;
        let flags = access
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = if query.is_empty() {
            Connection::open_with_flags(&real, flags)
        } else {
            Connection::open_with_flags(
                format!("file:{}{query}", escaped(&real)),
                flags | OpenFlags::SQLITE_OPEN_URI,
            )
        };
        let connection = connection.map_err(|error| failed(&error))?;
        let set_up = || {
            connection.busy_timeout(PATIENCE)?;
            // A file made by somebody else must not make SQLite do more than read and write rows.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            // A query is planned once, whatever its parameters are: else it is planned anew for each
            // request of a long run.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.pragma_update(None, "cell_size_check", true)
        };
        set_up().map_err(|error| failed(&error))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// A commit returns when its bytes are on the disk.
    fn durable(&self) -> Result<(), Error> {
        self.run(|connection| connection.pragma_update(None, "synchronous", "FULL"))
    }

    fn refuse_foreign(&self) -> Result<(), Error> {
        let number = |pragma: &str| {
            self.run(|connection| connection.pragma_query_value(None, pragma, |row| row.get(0)))
        };
        let (application, version): (i64, i64) =
            (number("application_id")?, number("user_version")?);
        if application != i64::from(APPLICATION_ID) {
            return Err(self.invalid(Reason::LedgerNotALedger, "it is not a ledger of flarekit"));
        }
        if version > VERSION {
            return Err(self.invalid(
                Reason::LedgerNewer,
                format!("it has version {version}; this program knows up to {VERSION}"),
            ));
        }
        Ok(())
    }

    fn migrate(&self) -> Result<(), Error> {
        self.run(schema::migrate)
    }

    /// Tables, indexes and triggers as this program makes them, or made them in an earlier version:
    /// with others, the answers could be other ones.
    fn expect_schema(&self) -> Result<(), Error> {
        let version = self.run(schema::version_of)?;
        if self.run(schema::describe)? == schema::expected(version) {
            return Ok(());
        }
        Err(self.invalid(Reason::LedgerSchema, "its tables are not those that this program makes"))
    }
}

/// The ledger, and what SQLite opens beside it, must be plain files: it would wait for the other end of
/// a pipe. Whether there is none is the caller's question.
fn refuse_other_than_file(path: &Path) -> Result<(), Error> {
    match files::look(path).map_err(|error| error.code(Code::OutputDirNotWritable))? {
        Found::File | Found::Nothing => Ok(()),
        Found::Link => Err(invalid(path, Reason::NotAPlainFile, "it is a symbolic link")),
        Found::Directory | Found::Other => {
            Err(invalid(path, Reason::NotAPlainFile, "it is not a plain file"))
        }
    }
}

/// SQLite keeps its log beside the name that it was told. Under another name of the same file what is
/// in the log is not seen, and is written over.
fn refuse_further_names(path: &Path) -> Result<(), Error> {
    match files::further_names(path) {
        Ok(0) => Ok(()),
        Ok(further) => {
            let what = format!(
                "the file has {} names, as 'cp -l' and 'ln' give it (hard links): what is approved \
                 under one of them can be lost under another",
                further + 1
            );
            Err(invalid(path, Reason::LedgerLinked, what))
        }
        // Said by whoever opens it.
        Err(error) if error.not_found() => Ok(()),
        Err(error) => Err(error.code(Code::OutputDirNotWritable)),
    }
}

fn invalid(path: &Path, reason: Reason, what: impl std::fmt::Display) -> Error {
    Error::because(Code::LedgerInvalid, reason, format!("{}: {what}", path.display()))
}

/// What SQLite refused, in our codes and with its words.
fn refusal(path: &Path, error: &rusqlite::Error) -> Error {
    let code = error.sqlite_error_code();
    let reason = match code {
        Some(ErrorCode::NotADatabase) => Reason::LedgerNotALedger,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Reason::LedgerBusy,
        Some(ErrorCode::DiskFull) => Reason::LedgerNoRoom,
        Some(ErrorCode::SystemIoFailure) if wrote(error) => Reason::LedgerNoRoom,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::NoLargeFileSupport
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure,
        ) => Reason::LedgerNotWritable,
        _ => Reason::LedgerDamaged,
    };
    match reason {
        Reason::LedgerBusy | Reason::LedgerNotWritable | Reason::LedgerNoRoom => Error::because(
            Code::OutputDirNotWritable,
            reason,
            format!(
                "cannot use the ledger {}: {error}{}",
                path.display(),
                if wrote(error) { "; perhaps the disk is full" } else { "" }
            ),
        ),
        reason => invalid(path, reason, error),
    }
}

/// Whether SQLite had something to write, and gives no reason why it could not.
fn wrote(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{
        SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMMAP, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE,
    };
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            SQLITE_IOERR_FSYNC | SQLITE_IOERR_SHMMAP | SQLITE_IOERR_SHMSIZE | SQLITE_IOERR_WRITE
        )
    })
}

/// A file that SQLite keeps beside the database.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A path as SQLite's URIs have it ("URI Filenames", SQLite documentation): any byte can be in one.
fn escaped(path: &Path) -> String {
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut uri, &byte| {
        match byte {
            b'/' | b'-' | b'.' | b'_' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02x}")),
        }
        uri
    })
}
