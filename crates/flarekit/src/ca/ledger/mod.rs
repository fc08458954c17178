//! The ledger: what the CA issued, in one file of its directory.
//!
//! Every approval is an entry, and so is everything that befalls a certificate later. Entries are
//! only added; each holds the hash of the one before, and each command that adds some has the CA's
//! key sign how far the chain goes ([`Checkpoint`]). [`LedgerView::verify`] proves it.
//!
//! What is to be signed must be [cleared](Writing::clear) by the ledger, and a signed zip can only
//! be written once its entry is [durable](Writing::commit). Between the two, other commands wait.
//!
//! A CA directory without a ledger gets one with its first approval. It is prepared out of sight,
//! with what a program without a ledger recorded in the home directory, and appears complete with
//! that approval, or not at all.

mod checkpoint;
mod clearance;
mod database;
mod denial;
mod ending;
mod entry;
mod import;
mod kin;
mod list;
mod renewal;
mod revocation;
mod rows;
mod schema;
mod servers;
mod standing;
#[cfg(test)]
mod tests;
mod verify;
mod view;
mod withdrawn;
mod writing;

pub use checkpoint::Checkpoint;
pub use clearance::ClearedRequest;
pub(crate) use clearance::Earlier;
pub use denial::{DeniableRequest, RecordedDenial};
pub use entry::{Documents, Entry, EntryKind, Record};
pub use list::{Certificates, IssuedCertificate, Order, State};
pub use renewal::Renewed;
pub use revocation::{Revocable, RevokedCertificate, Which};
pub(crate) use standing::StandingFacts;
pub use standing::{LatestCertificate, Standing};
pub use verify::Verified;
pub use view::LedgerView;
pub use writing::{RecordedApproval, Writing};

use std::path::{Path, PathBuf};

use super::ROOT_CERTIFICATE;
use crate::audit::AuditDirectory;
use crate::error::{Code, Error, Reason, Warning};
use crate::files::{self, FileError, Found, Lock, StagedDir};
use crate::fingerprint::Fingerprint;
use crate::time::Timestamp;
use database::Database;

/// The ledger's file in the CA directory.
pub(super) const LEDGER: &str = "ledger.db";
/// All files that SQLite may have there: the ledger, its log, the index of the log, and the journal
/// that it has instead where the file system shares no memory.
pub(super) const LEDGER_FILES: [&str; 4] =
    [LEDGER, "ledger.db-wal", "ledger.db-shm", "ledger.db-journal"];

/// The ledger of one CA, open to be written into.
pub struct Ledger {
    /// `None` once a new file has moved to its place, until it is written into again.
    database: Option<Database>,
    path: PathBuf,
    root: Fingerprint,
    unborn: Option<Unborn>,
}

/// A ledger that is not in its place yet. Who else would begin one waits for the lock, which is on
/// the root certificate's file: the directory's is shared by everybody who approves.
struct Unborn {
    staged: StagedDir,
    _lock: Lock,
}

impl Ledger {
    /// Opens the ledger in the directory of a CA, which must be [open](super::CertAuthority), or
    /// prepares one. `records` has what was approved
    /// before there was a ledger.
    pub fn open(
        directory: &Path,
        root: Fingerprint,
        records: &AuditDirectory,
        now: Timestamp,
    ) -> Result<(Self, Vec<Warning>), Error> {
        let path = directory.join(LEDGER);
        if files::look(&path).map_err(unusable)? != Found::Nothing {
            return Ok((Self::existing(path, root)?, vec![]));
        }
        let lock = files::lock_file(&directory.join(ROOT_CERTIFICATE)).map_err(unusable)?;
        // Somebody else may have been faster.
        if files::look(&path).map_err(unusable)? != Found::Nothing {
            return Ok((Self::existing(path, root)?, vec![]));
        }
        refuse_remains(directory)?;
        files::sweep(directory);
        let staged = StagedDir::create(directory, 0o700).map_err(unusable)?;
        staged.write(Path::new(LEDGER), b"", 0o600).map_err(unusable)?;
        // SQLite gives its side files to whom the file belongs to, also when root writes.
        files::give_to_owner_of(directory, &staged.path().join(LEDGER)).map_err(unusable)?;
        let database = Database::create(&staged.path().join(LEDGER), &path)?;
        let unborn = Some(Unborn { staged, _lock: lock });
        let mut ledger = Self { database: Some(database), path, root, unborn };
        let warnings = ledger.import(records, now)?;
        Ok((ledger, warnings))
    }

    /// Begins to write. Other commands that want to write wait until this is
    /// [committed](Writing::commit) or dropped.
    pub fn begin(&mut self) -> Result<Writing<'_>, Error> {
        Writing::begin(self)
    }

    /// The right to begin next. A ledger that is not in its place has nobody else waiting, and holds
    /// this very lock.
    fn turn(&self) -> Result<Option<Lock>, Error> {
        if self.unborn.is_some() {
            return Ok(None);
        }
        let directory = self.path.parent().unwrap_or(&self.path);
        files::lock_file(&directory.join(ROOT_CERTIFICATE)).map(Some).map_err(unusable)
    }

    fn existing(path: PathBuf, root: Fingerprint) -> Result<Self, Error> {
        let database = Database::open(&path).map_err(|error| with_owners(error, &path))?;
        expect_root(&database, root)?;
        Ok(Self { database: Some(database), path, root, unborn: None })
    }

    fn database(&self) -> Result<&Database, Error> {
        self.database
            .as_ref()
            .ok_or_else(|| Error::new(Code::InternalError, "the ledger is not open"))
    }

    /// Moves a new ledger to its place.
    fn settle(&mut self) -> Result<(), Error> {
        let Some(unborn) = self.unborn.take() else { return Ok(()) };
        if let Some(database) = self.database.take() {
            // The log is written into the file now: the file alone moves, once it is durable.
            database.close_alone()?;
        }
        let directory = self.path.parent().unwrap_or(&self.path);
        unborn.staged.publish_files(directory).map_err(unusable)
    }

    /// Opens a ledger again that has moved to its place.
    fn reopen(&mut self) -> Result<(), Error> {
        if self.database.is_none() {
            let database = Database::open(&self.path)?;
            expect_root(&database, self.root)?;
            self.database = Some(database);
        }
        Ok(())
    }
}

/// Refuses to begin a ledger where another one was: SQLite would write what its log has into the new
/// one, or into one that is restored.
fn refuse_remains(directory: &Path) -> Result<(), Error> {
    for name in LEDGER_FILES {
        let path = directory.join(name);
        if files::look(&path).map_err(unusable)? != Found::Nothing {
            let message = format!(
                "{} is there, and no {LEDGER}: it belongs to a ledger that was removed or moved",
                path.display()
            );
            return Err(Error::because(Code::LedgerInvalid, Reason::LedgerRemains, message));
        }
    }
    Ok(())
}

/// A ledger belongs to one root. Every entry names it; the first stands for all, because the chain
/// has been written by one CA.
fn expect_root(database: &Database, root: Fingerprint) -> Result<(), Error> {
    let first = rows::entries(database, "WHERE e.number = 1", [])?;
    match first.first() {
        Some(entry) if entry.record.root != root => Err(database.invalid(
            Reason::LedgerOfAnotherCa,
            format!(
                "it is the ledger of the root {}, but rootCA.pem has {root}",
                entry.record.root
            ),
        )),
        _ => Ok(()),
    }
}

/// Says whose the files of a ledger are that could not be used, where they are somebody else's.
fn with_owners(error: Error, ledger: &Path) -> Error {
    if error.reason() != Some(Reason::LedgerNotWritable) {
        return error;
    }
    let directory = ledger.parent().unwrap_or(ledger);
    LEDGER_FILES
        .iter()
        .filter_map(|name| files::foreign(&directory.join(name)))
        .fold(error, Error::with)
}

fn unusable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}
