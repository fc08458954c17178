//! A CA as those see it who only read: its root certificate and its ledger, without its key.

use std::path::{Path, PathBuf};

use super::database::Database;
use super::{LEDGER, expect_root, with_owners};
use crate::ca::{METADATA, ROOT_CERTIFICATE, ROOT_KEY, no_directory, not_a_directory};
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::files::{self, Found, Lock};
use crate::fingerprint::Fingerprint;
use crate::pki::{Certificate, FILE_LIMIT};

/// The ledger of a CA, open for reading. A CA that has approved nothing has none.
pub struct LedgerView {
    root: Certificate,
    path: PathBuf,
    // Closed before the lock is released.
    database: Option<Database>,
    _lock: Lock,
}

impl LedgerView {
    /// Opens the ledger in a CA directory.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let directory = files::resolve(directory).map_err(|e| e.code(Code::CaNotFound))?;
        let invalid = |error: files::FileError| error.code(Code::LedgerInvalid);
        // 'cert init --force' waits: root and ledger are of one CA, and stay where they are. One
        // that was killed is finished, by whoever may write here.
        let lock = match files::look(&directory).map_err(invalid)? {
            Found::Directory => files::lock_to_look(&directory).map_err(invalid)?,
            Found::Nothing => return Err(no_directory(&directory)),
            _ => return Err(not_a_directory(&directory)),
        };
        let root_path = directory.join(ROOT_CERTIFICATE);
        let file = files::read(&root_path, FILE_LIMIT).map_err(|error| {
            error.code(if error.not_found() { Code::CaNotFound } else { Code::CaLoadFailed })
        })?;
        let root = Certificate::from_pem(&file.bytes)
            .map_err(|defect| defect.within(root_path.display()).code(Code::CaLoadFailed))?;
        let path = directory.join(LEDGER);
        let database = match files::look(&path).map_err(invalid)? {
            Found::Nothing => {
                expect_ca(&directory)?;
                None
            }
            _ => Some(Database::read(&path).map_err(|error| unreadable(error, &path))?),
        };
        let view = Self { root, path, database, _lock: lock };
        if let Some(database) = &view.database {
            expect_root(database, view.fingerprint())?;
        }
        Ok(view)
    }

    /// The root certificate.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The ledger's file, whether or not it is there.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The warning that there is no ledger.
    #[must_use]
    pub fn missing(&self) -> Option<Warning> {
        self.database.is_none().then(|| {
            Warning::new(
                WarningCode::LedgerMissing,
                format!(
                    "there is no ledger {}: with this CA nothing was approved yet, or somebody \
                     removed it",
                    self.path.display()
                ),
            )
        })
    }

    /// The root certificate's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::from_digest(self.root.sha256())
    }

    pub(super) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// The ledger, where there must be one.
    pub(super) fn needed(&self) -> Result<&Database, Error> {
        self.database.as_ref().ok_or_else(|| missing(&self.path))
    }
}

/// That a ledger is needed and not there.
pub(super) fn missing(ledger: &Path) -> Error {
    Error::new(Code::LedgerNotFound, format!("there is no ledger {}", ledger.display()))
}

/// A root certificate alone is in every request folder and startup kit, too. A CA that has approved
/// nothing has another file beside it.
fn expect_ca(directory: &Path) -> Result<(), Error> {
    for name in [ROOT_KEY, METADATA] {
        let found = files::look(&directory.join(name)).map_err(|e| e.code(Code::CaLoadFailed))?;
        if found != Found::Nothing {
            return Ok(());
        }
    }
    let message = format!(
        "{} has a {ROOT_CERTIFICATE}, but no {ROOT_KEY}, no {METADATA} and no {LEDGER}, as a \
         request folder or a startup kit has",
        directory.display()
    );
    Err(Error::new(Code::CaNotFound, message))
}

/// Who only reads is not told about writing.
fn unreadable(error: Error, ledger: &Path) -> Error {
    match error.reason() {
        Some(Reason::LedgerNotWritable) => {
            let error = with_owners(error, ledger);
            Error::because(Code::LedgerInvalid, Reason::FileUnreadable, error.message())
        }
        _ => error,
    }
}
