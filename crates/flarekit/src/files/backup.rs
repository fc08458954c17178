//! Names for what is put aside, and taking back what was written for nothing.

use super::error::FileError;
use super::{change, sys};
use crate::digest::Digest;
use crate::time::Timestamp;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// Digits of a name that are not the time's.
const MARK: usize = 16;

/// Times that every file system tells apart: that of FAT counts in twos.
pub(super) const APART: Duration = Duration::from_secs(2);

/// A name for a backup that no other has: the time, and something random for those of one second.
///
/// # Errors
/// If the system gives no random numbers.
pub(super) fn backup_name(now: Timestamp) -> Result<String, FileError> {
    let random = sys::random_name().map_err(FileError::on("create", Path::new(".bak")))?;
    Ok(name_by(now, random.rsplit('-').next().unwrap_or_default()))
}

/// A name with the time and something else.
pub(super) fn name_by(now: Timestamp, mark: &str) -> String {
    let time: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{time}-{mark}")
}

/// What tells a directory from every other, at whatever path: its inode, and when something was last
/// put into it, which tells it from a later one with the same inode. Not its device, whose number can
/// be another one after the machine was started again.
pub(super) fn mark_of(found: &Metadata) -> String {
    let time = [found.mtime(), found.mtime_nsec()].map(i64::to_be_bytes).concat();
    let facts = [found.ino().to_be_bytes().as_slice(), &time].concat();
    Digest::of(&facts).to_string().chars().take(MARK).collect()
}

/// Whether a directory has the name that it was to leave to what it replaces.
pub(super) fn is_waiting(name: &str, found: &Metadata) -> bool {
    name.rsplit_once('-').is_some_and(|(_, mark)| mark == mark_of(found))
}

/// Removes a file.
///
/// # Errors
/// If the system refuses.
pub fn remove(path: &Path) -> Result<(), FileError> {
    change::remove_file(path).map_err(FileError::on("remove", path))
}
