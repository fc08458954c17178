//! One process at a time.

use super::error::FileError;
use super::sys;
use std::fs::{self, File};
use std::path::Path;

/// The exclusive lock on a directory, released when dropped or when the process ends.
#[derive(Debug)]
#[must_use = "dropping this releases the lock"]
pub struct Lock {
    /// Open, so that the lock lasts.
    _directory: File,
}

/// Waits up to a minute for the exclusive lock on a directory. It is advisory, and on the directory itself, so no
/// file appears. Where the file system has no such locks, as some network ones, it goes on without:
/// renames that replace nothing still decide who was first.
///
/// # Errors
/// The system's refusal.
pub fn lock_dir(dir: &Path) -> Result<Lock, FileError> {
    let on = || FileError::on("lock", dir);
    loop {
        let directory = File::open(dir.join(".")).map_err(on())?;
        match sys::lock(&directory) {
            Err(error) if sys::is_unsupported(&error) => {}
            locked => locked.map_err(on())?,
        }
        // While waiting, the directory may have been replaced by another of its name.
        if sys::same(&directory, &fs::metadata(dir).map_err(on())?) {
            return Ok(Lock { _directory: directory });
        }
    }
}
