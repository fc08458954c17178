//! Looking without touching.

use super::error::{FileError, FileErrorKind};
use super::reach::open_dir;
use rustix::fs::{AtFlags, Dir, FileType, statat};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
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

/// Says what is at a path. Links above it are followed: it only tells. Whatever is read or changed
/// is reached anew, and without them.
///
/// # Errors
/// If the system does not tell, for instance because a directory may not be searched.
pub fn look(path: &Path) -> Result<Found, FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(kind(FileType::from_raw_mode(found.mode()))),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(Found::Nothing)
        }
        Err(error) => Err(FileError::on("look at", path)(error)),
    }
}

/// The permissions of what is at a path, links followed.
///
/// # Errors
/// If nothing is there, or the system does not tell.
pub fn mode(path: &Path) -> Result<u32, FileError> {
    let found = fs::metadata(path).map_err(FileError::on("look at", path))?;
    Ok(found.mode() & 0o7777)
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

/// Refuses a path that only a directory can have: a file would get the directory's name.
///
/// # Errors
/// [`FileErrorKind::NotAPlainFile`](super::FileErrorKind::NotAPlainFile).
pub fn refuse_directory_name(path: &Path) -> Result<(), FileError> {
    let text = path.as_os_str().as_bytes();
    if text.ends_with(b"/") || text.ends_with(b"/.") {
        let kind = FileErrorKind::NotAPlainFile;
        return Err(FileError::new("write", path, kind, "it is the name of a directory"));
    }
    Ok(())
}

/// What a directory holds, sorted by name.
///
/// # Errors
/// If it is no directory or cannot be read.
pub fn list(dir: &Path) -> Result<Vec<(OsString, Found)>, FileError> {
    let on = || FileError::on("list", dir);
    let mut found = entries(&open_dir(dir).map_err(on())?).map_err(on())?;
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// The same, one after the other and in the directory's own order: there may be very many.
///
/// # Errors
/// If it is no directory or cannot be read.
pub fn visit(dir: &Path, each: impl FnMut(&OsStr, Found)) -> Result<(), FileError> {
    let on = || FileError::on("list", dir);
    visit_open(&open_dir(dir).map_err(on())?, each).map_err(on())
}

/// What an open directory holds, in the directory's own order.
pub(super) fn entries(dir: &File) -> io::Result<Vec<(OsString, Found)>> {
    let mut found = Vec::new();
    visit_open(dir, |name, is| found.push((name.to_owned(), is)))?;
    Ok(found)
}

fn visit_open(dir: &File, mut each: impl FnMut(&OsStr, Found)) -> io::Result<()> {
    let mut directory = Dir::read_from(dir)?;
    while let Some(entry) = directory.read() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let is = match entry.file_type() {
            // Some file systems do not tell here.
            FileType::Unknown => {
                let data = statat(directory.fd()?, name, AtFlags::SYMLINK_NOFOLLOW)?;
                kind(FileType::from_raw_mode(data.st_mode))
            }
            told => kind(told),
        };
        each(name, is);
    }
    Ok(())
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
    match file_type {
        FileType::RegularFile => Found::File,
        FileType::Directory => Found::Directory,
        FileType::Symlink => Found::Link,
        _ => Found::Other,
    }
}
