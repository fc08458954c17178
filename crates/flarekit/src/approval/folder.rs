//! A folder for many signed zips.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::file::{DIRECTORY_MODE, SignedZipFile, unwritable};
use super::{PreparedZip, SignedApproval, WrittenZip};
use crate::ca::ledger::RecordedApproval;
use crate::error::{Code, Error};
use crate::files::{self, Created, Found, Placed};
use crate::names::ParticipantName;
use crate::request::FileNames;

/// So often a folder that somebody removed is made again.
const ATTEMPTS: usize = 8;

/// A folder that signed zips go into, each under its participant's name. If it had to be made and
/// nothing came of it, it goes away again.
pub struct SignedZipFolder {
    path: PathBuf,
    force: bool,
    made: Mutex<Option<Created>>,
}

impl SignedZipFolder {
    /// Opens the folder, or makes it. With `force`, signed zips that are in the way give way.
    pub fn open(path: &Path, force: bool) -> Result<Self, Error> {
        let path = files::resolve(path).map_err(unwritable)?;
        let made = files::make_dirs(&path, DIRECTORY_MODE).map_err(unwritable)?;
        files::sweep(&path);
        Ok(Self { path, force, made: Mutex::new(Some(made)) })
    }

    /// The folder, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place of a participant's zip.
    #[must_use]
    pub fn place(&self, name: &ParticipantName) -> ZipPlace {
        let name = FileNames::of(name).signed_zip;
        ZipPlace(SignedZipFile::within(&self.path, &name, self.force))
    }

    /// Writes a zip without giving it its name. Should somebody have removed the folder meanwhile, as
    /// another run does that made it and had no use for it, it is made again.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn write_ahead(
        &self,
        place: &ZipPlace,
        approval: &SignedApproval,
    ) -> Result<WrittenZip, Error> {
        let mut written = place.0.write_ahead(approval);
        for _ in 0..ATTEMPTS {
            if written.is_ok() || files::look(&self.path) != Ok(Found::Nothing) {
                break;
            }
            let again = files::make_dirs(&self.path, DIRECTORY_MODE).map_err(unwritable)?;
            if let Ok(mut made) = self.made.lock() {
                made.get_or_insert_default().absorb(again);
            }
            written = place.0.write_ahead(approval);
        }
        written
    }

    /// Makes the names of zips durable, all at once, also of those that are there already.
    ///
    /// # Errors
    /// The system's refusal; the names are taken back.
    pub fn settle(&self, placed: Vec<Placed>) -> Result<(), Error> {
        files::sync_names(&self.path, placed).map_err(unwritable)?;
        if let Some(made) = self.made.lock().ok().and_then(|mut made| made.take()) {
            made.keep();
        }
        Ok(())
    }
}

/// The place of one zip in the folder.
pub struct ZipPlace(SignedZipFile);

impl ZipPlace {
    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Refuses to put something in the place of what is there, as [`SignedZipFile::open`] does.
    ///
    /// # Errors
    /// [`Code::CertAlreadyExists`].
    pub fn refuse_taken(&self) -> Result<(), Error> {
        self.0.refuse_taken()
    }

    /// Whether the zip of this approval is there already.
    #[must_use]
    pub fn holds(&self, approval: &SignedApproval) -> bool {
        self.0.holds(approval.zip())
    }

    /// Gives the zip its name, which is durable after [`SignedZipFolder::settle`]. `None` if
    /// somebody else put the very same zip there meanwhile.
    ///
    /// # Errors
    /// [`Code::CertAlreadyExists`] if it was another one, or the system's refusal.
    pub fn name(
        &self,
        zip: PreparedZip,
        recorded: &RecordedApproval,
    ) -> Result<Option<Placed>, Error> {
        match zip.name(recorded) {
            Ok(placed) => Ok(Some(placed)),
            Err(error)
                if error.code() == Code::CertAlreadyExists && self.holds(recorded.approval()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
