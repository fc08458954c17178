//! Looking without touching.

use super::error::{FileError, FileErrorKind};
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};

/// What a path is, the last component not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A plain file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, to whatever.
    Link,
    /// A device, a pipe or a socket.
    Other,
}

/// Says what is at a path.
///
/// # Errors
/// If the system does not tell, for instance because a directory may not be searched.
pub fn look(path: &Path) -> Result<Found, FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(kind(found.file_type())),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(Found::Nothing)
        }
        Err(error) => Err(FileError::on("look at", path)(error)),
    }
}

/// Refuses a path that is neither a directory nor free to become one: whoever made it a link would
/// decide where things go.
///
/// # Errors
/// [`FileErrorKind::IsSymlink`](super::FileErrorKind::IsSymlink) or
/// [`FileErrorKind::NotADirectory`](super::FileErrorKind::NotADirectory).
pub fn refuse_link(path: &Path) -> Result<(), FileError> {
    let refuse = |kind, detail: &str| Err(FileError::new("use", path, kind, detail));
    match look(path)? {
        Found::Nothing | Found::Directory => Ok(()),
        Found::Link => refuse(FileErrorKind::IsSymlink, "it is a symbolic link"),
        Found::File | Found::Other => {
            refuse(FileErrorKind::NotADirectory, "it exists and is not a directory")
        }
    }
}

/// What a directory holds, sorted by name.
///
/// # Errors
/// If it is no directory or cannot be read.
pub fn list(dir: &Path) -> Result<Vec<(OsString, Found)>, FileError> {
    let entries = fs::read_dir(dir).map_err(FileError::on("list", dir))?;
    let mut found = entries
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), kind(entry.file_type()?)))
        })
        .collect::<io::Result<Vec<_>>>()
        .map_err(FileError::on("list", dir))?;
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// The absolute path, with `.` and `..` resolved in the text alone, as Python's `os.path.abspath`
/// does: links are not followed, nothing need exist.
///
/// # Errors
/// If the path is empty, or relative while the current directory is gone.
pub fn absolute(path: &Path) -> Result<PathBuf, FileError> {
    let absolute = std::path::absolute(path).map_err(FileError::on("resolve", path))?;
    let mut normal = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    Ok(normal)
}

pub(super) fn kind(file_type: FileType) -> Found {
    if file_type.is_symlink() {
        Found::Link
    } else if file_type.is_dir() {
        Found::Directory
    } else if file_type.is_file() {
        Found::File
    } else {
        Found::Other
    }
}
