//! One process at a time.

use super::error::{FileError, FileErrorKind};
use super::reach::{open, open_dir};
use super::sys;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// A lock on a directory or a file, released when dropped or when the process ends.
#[derive(Debug)]
#[must_use = "dropping this releases the lock"]
pub struct Lock {
    /// Open, so that the lock lasts; `None` where the directory cannot be opened.
    held: Option<File>,
}

impl Lock {
    /// Keeps what [`hold_shared`] locked.
    pub(super) fn of(held: File) -> Self {
        Self { held: Some(held) }
    }

    /// What is locked, if it could be opened.
    pub(super) fn held(&self) -> Option<&File> {
        self.held.as_ref()
    }

    /// The owner and mode of what is locked, and not of what has taken its name meanwhile.
    pub(super) fn metadata(&self, path: &Path) -> Result<Metadata, FileError> {
        match &self.held {
            Some(held) => held.metadata(),
            None => fs::symlink_metadata(path),
        }
        .map_err(FileError::on("look at", path))
    }
}

/// Waits up to a minute for the exclusive lock on a directory. It is advisory, and on the directory
/// itself, so no file appears. Where the file system has no such locks, as some network ones, it
/// goes on without: renames that replace nothing still decide who was first.
///
/// # Errors
/// The system's refusal; a link in the directory's place is not followed.
pub fn lock_dir(dir: &Path) -> Result<Lock, FileError> {
    lock_with(dir, sys::lock).map(Lock::of)
}

/// The same lock for those who only read: several may hold it, while nobody holds the exclusive one.
/// Whoever may search a directory but not list it cannot lock it, and goes on without.
///
/// # Errors
/// As [`lock_dir`].
pub fn lock_dir_shared(dir: &Path) -> Result<Lock, FileError> {
    match hold_shared(dir) {
        Err(error) if error.kind() == FileErrorKind::PermissionDenied => Ok(Lock { held: None }),
        other => other.map(Lock::of),
    }
}

/// The same lock where nothing goes on without: it lasts as long as what is returned is open.
pub(super) fn hold_shared(dir: &Path) -> Result<File, FileError> {
    lock_with(dir, sys::lock_shared)
}

/// The exclusive lock on a file, which nobody replaces meanwhile.
///
/// # Errors
/// As [`lock_dir`].
pub fn lock_file(path: &Path) -> Result<Lock, FileError> {
    let on = || FileError::on("lock", path);
    let file = open(path, false).map_err(on())?;
    match sys::lock(&file) {
        Err(error) if sys::is_unsupported(&error) => {}
        locked => locked.map_err(on())?,
    }
    Ok(Lock::of(file))
}

fn lock_with(dir: &Path, lock: impl Fn(&File) -> io::Result<()>) -> Result<File, FileError> {
    let on = || FileError::on("lock", dir);
    loop {
        let directory = open_dir(dir).map_err(on())?;
        match lock(&directory) {
            Err(error) if sys::is_unsupported(&error) => {}
            locked => locked.map_err(on())?,
        }
        // While waiting, the directory may have been replaced by another of its name.
        if sys::same(&directory, &fs::symlink_metadata(dir).map_err(on())?) {
            return Ok(directory);
        }
    }
}
