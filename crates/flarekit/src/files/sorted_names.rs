//! The names in a directory, sorted, and not in memory: there may be very many.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::error::FileError;
use super::look::visit;

/// An SQLite database that waits in memory, and beyond its cache in a file that has no name.
const TEMPORARY: &str = "";
const CACHE_KIB: i64 = 256;
/// Bytes of a page. It sorts in memory as long as that takes fewer than 250.
const PAGE: i64 = 1024;
const IN_MEMORY: &str = ":memory:";

/// Names in a directory as they were when it was listed, sorted, and counted from 0.
#[derive(Debug)]
pub struct SortedNames {
    directory: PathBuf,
    sorted: Mutex<Connection>,
    count: usize,
}

impl SortedNames {
    /// Lists a directory, and keeps the names that are `wanted`: in a temporary file or, where there
    /// is no room for one, in memory.
    ///
    /// # Errors
    /// If it is no directory or cannot be read.
    pub fn list(directory: &Path, wanted: impl Fn(&OsStr) -> bool) -> Result<Self, FileError> {
        match Self::list_into(TEMPORARY, directory, &wanted)? {
            Ok(names) => Ok(names),
            Err(_) => Self::list_into(IN_MEMORY, directory, &wanted)?
                .map_err(|error| FileError::on("list", directory)(io::Error::other(error))),
        }
    }

    fn list_into(
        place: &str,
        directory: &Path,
        wanted: &dyn Fn(&OsStr) -> bool,
    ) -> Result<rusqlite::Result<Self>, FileError> {
        let connection = match open(place) {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let mut kept = Ok(0);
        visit(directory, |name, _| {
            if kept.is_ok() && wanted(name) {
                let add = connection.prepare_cached("INSERT INTO listed VALUES (?1)");
                kept = add.and_then(|mut add| add.execute([name.as_bytes()]));
            }
        })?;
        Ok(kept.and_then(|_| {
            let count = sort(&connection)?;
            Ok(Self { directory: directory.to_owned(), sorted: Mutex::new(connection), count })
        }))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// A name.
    ///
    /// # Errors
    /// If it cannot be read back.
    pub fn get(&self, number: usize) -> Result<OsString, FileError> {
        let row = i64::try_from(number).unwrap_or(i64::MAX).saturating_add(1);
        let connection = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("SELECT name FROM sorted WHERE number = ?1")
            .and_then(|mut select| select.query_row([row], |row| row.get(0)))
            .map(OsString::from_vec)
            .map_err(|error| FileError::on("list", &self.directory)(io::Error::other(error)))
    }
}

fn open(place: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(place)?;
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.execute_batch("BEGIN; CREATE TABLE listed (name BLOB)")?;
    Ok(connection)
}

/// Sorts what was listed, and says how much it is.
fn sort(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute_batch(
        "CREATE TABLE sorted (number INTEGER PRIMARY KEY, name BLOB);
         INSERT INTO sorted SELECT NULL, name FROM listed ORDER BY name;
         DROP TABLE listed; COMMIT",
    )?;
    let count: i64 =
        connection
            .query_row("SELECT coalesce(max(number), 0) FROM sorted", [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{CACHE_KIB, IN_MEMORY, SortedNames, TEMPORARY};
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn names_come_back_sorted_wherever_they_wait() {
        let directory = tempfile::tempdir().unwrap();
        for name in [&b"b"[..], b"a", b"\xff", b"c.no", b"B", "\u{e9}".as_bytes()] {
            fs::write(directory.path().join(OsStr::from_bytes(name)), "").unwrap();
        }
        let wanted = |name: &OsStr| !name.as_bytes().ends_with(b".no");
        for place in [TEMPORARY, IN_MEMORY] {
            let names = SortedNames::list_into(place, directory.path(), &wanted).unwrap().unwrap();
            let found: Vec<_> = (0..names.count()).map(|n| names.get(n).unwrap()).collect();
            let expected = [&b"B"[..], b"a", b"b", "\u{e9}".as_bytes(), b"\xff"];
            assert_eq!(found, expected.map(OsStr::from_bytes));
            assert!(names.get(names.count()).is_err());
        }
    }

    #[test]
    fn more_than_fits_into_the_cache_comes_back_too() {
        const MANY: usize = 5_000;
        let directory = tempfile::tempdir().unwrap();
        let name = |number: usize| format!("{number:04}{}", "x".repeat(240));
        for number in (0..MANY).rev() {
            fs::File::create(directory.path().join(name(number))).unwrap();
        }
        let names = SortedNames::list(directory.path(), |_| true).unwrap();
        assert!(MANY * name(0).len() > usize::try_from(CACHE_KIB).unwrap() << 10);
        assert_eq!(names.count(), MANY);
        for number in [0, 1, 2_500, MANY - 1] {
            assert_eq!(names.get(number).unwrap(), *name(number));
        }
    }

    #[test]
    fn an_empty_directory_and_none() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(SortedNames::list(directory.path(), |_| true).unwrap().count(), 0);
        let gone = directory.path().join("gone");
        assert!(SortedNames::list(&gone, |_| true).unwrap_err().not_found());
    }
}
