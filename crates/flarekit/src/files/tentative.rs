//! A file that belongs to an operation that may still fail.

use super::backup::remove;
use super::dirs::{Created, make_dirs};
use super::error::{FileError, FileErrorKind};
use super::read::read;
use super::sweep::sweep;
use super::sys::parent_of;
use super::write::{Replaced, prepare_in, staging, write_replacing};
use std::path::{Path, PathBuf};

/// A file that is in place: [kept](Tentative::keep), it stays; dropped, it goes away again, and what
/// it replaced comes back.
#[must_use = "dropping this takes the file back"]
pub struct Tentative {
    path: PathBuf,
    mode: u32,
    before: Before,
    directories: Option<Created>,
}

/// What was there.
enum Before {
    Nothing,
    File(Replaced),
    /// Where two names cannot be exchanged, only the content is kept.
    Content(Vec<u8>),
}

/// What may be done with a file that is there already.
pub struct Replace<'a> {
    /// Its largest size.
    pub limit: u64,
    /// Whether a file with this content may be replaced.
    pub allowed: &'a dyn Fn(&[u8]) -> bool,
}

impl Tentative {
    /// Writes the file, and makes the directories that are missing above it. It is prepared in
    /// `above`, one of these, if that is on the same file system.
    ///
    /// # Errors
    /// [`FileErrorKind::AlreadyExists`] if what is there may not be replaced, or the system's
    /// refusal; nothing has changed.
    pub fn write(
        path: &Path,
        bytes: &[u8],
        (mode, directory_mode): (u32, u32),
        replace: &Replace<'_>,
        above: &Path,
    ) -> Result<Self, FileError> {
        let directories = make_dirs(parent_of(path), directory_mode)?;
        let staging = staging(above, parent_of(path));
        sweep(staging);
        let prepare = || prepare_in(staging, path, bytes, mode);
        let before = match prepare()?.place_new() {
            Ok(()) => Before::Nothing,
            Err(error) if error.already_exists() => {
                let before = read(path, replace.limit)?.bytes;
                if !(replace.allowed)(&before) {
                    let detail = "it is of something else";
                    let kind = FileErrorKind::AlreadyExists;
                    return Err(FileError::new("replace", path, kind, detail));
                }
                match prepare()?.exchange()? {
                    Some(replaced) => Before::File(replaced),
                    None => Before::Content(before),
                }
            }
            Err(error) => return Err(error),
        };
        let directories = Some(directories);
        Ok(Self { path: path.to_owned(), mode, before, directories })
    }

    /// The operation succeeded: the file stays.
    pub fn keep(mut self) -> PathBuf {
        if let Some(directories) = self.directories.take() {
            directories.keep();
        }
        std::mem::take(&mut self.path)
    }
}

impl Drop for Tentative {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        // As far as the system lets it: an operation that failed says so itself.
        match std::mem::replace(&mut self.before, Before::Nothing) {
            Before::Nothing => drop(remove(&self.path)),
            Before::File(replaced) => drop(replaced.put_back()),
            Before::Content(before) => drop(write_replacing(&self.path, &before, self.mode)),
        }
    }
}
