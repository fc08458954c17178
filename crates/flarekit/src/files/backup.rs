//! Names for what is put aside, and taking back what was written for nothing.

use super::error::FileError;
use super::{change, sys};
use crate::time::Timestamp;
use std::path::Path;

/// A name for a backup that no other has: the time, and something random for those of one second.
///
/// # Errors
/// If the system gives no random numbers.
pub fn backup_name(now: Timestamp) -> Result<String, FileError> {
    let random = sys::random_name().map_err(FileError::on("create", Path::new(".bak")))?;
    let time: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let unique = random.rsplit('-').next().unwrap_or_default();
    Ok(format!("{time}-{unique}"))
}

/// Removes a file.
///
/// # Errors
/// If the system refuses.
pub fn remove(path: &Path) -> Result<(), FileError> {
    change::remove_file(path).map_err(FileError::on("remove", path))
}
