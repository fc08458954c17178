//! Reading plain files, once and within a limit.

use super::error::{FileError, FileErrorKind};
use super::guard::{self, Others};
use super::look::{Found, kind};
use super::reach;
use super::resolve::resolve_parent;
use rustix::fs::FileType;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use zeroize::Zeroizing;

/// A file's content, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileBytes {
    /// The content.
    pub bytes: Vec<u8>,
    /// The mode, without the file type.
    pub mode: u32,
    owner: u32,
}

impl FileBytes {
    /// Refuses what another user owns, or everybody may change, though its folder is safe: it may be
    /// from a time when the folder was not. That a group may is as common as a umask of 002.
    ///
    /// # Errors
    /// [`FileErrorKind::OfAnotherUser`] or [`FileErrorKind::OpenToOthers`].
    pub fn refuse_exposed(&self, path: &Path) -> Result<(), FileError> {
        match guard::judge_by(self.owner, self.mode, path)? {
            Some(owner @ Others::Owner(_)) => Err(owner.refused(path)),
            _ => Ok(()),
        }
    }
}

/// Reads a plain file of at most `limit` bytes, not following a link anywhere in the path.
///
/// # Errors
/// [`FileErrorKind::IsSymlink`], [`FileErrorKind::NotAPlainFile`], [`FileErrorKind::TooLarge`], or
/// the system's refusal.
pub fn read(path: &Path, limit: u64) -> Result<FileBytes, FileError> {
    Plain::open(path, limit)?.read(path)
}

/// Reads a file that a user named: links above it are followed, one in the last place is not.
///
/// # Errors
/// As [`read()`].
pub fn read_named(path: &Path, limit: u64) -> Result<FileBytes, FileError> {
    let real = resolve_parent(path)?;
    read(&real, limit).map_err(|error| error.at(path))
}

/// Reads a private key or passphrase; returns it with the file's mode.
///
/// # Errors
/// As [`read()`].
pub fn read_secret(path: &Path, limit: u64) -> Result<(Zeroizing<Vec<u8>>, u32), FileError> {
    Plain::open(path, limit)?.read_secret(path)
}

/// Hands a plain file's content to `each`, a piece at a time: it may be of any size.
///
/// # Errors
/// The system's refusal, or that of `each`.
pub fn read_chunks(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), FileError> {
    let on = || FileError::on("read", path);
    let mut file = reach::open(path, false).map_err(on())?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => each(chunk.get(..length).unwrap_or_default()).map_err(on())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(on()(error)),
        }
    }
}

/// An open plain file that is within its limit.
pub(super) struct Plain {
    file: File,
    size: usize,
    mode: u32,
    owner: u32,
}

impl Plain {
    fn open(path: &Path, limit: u64) -> Result<Self, FileError> {
        let found = fs::symlink_metadata(path).map(|found| file_kind(&found));
        Self::take(path, limit, found, || reach::open(path, false))
    }

    /// Looking first spares a device or a pipe from being opened, and gives the better message.
    pub(super) fn take(
        path: &Path,
        limit: u64,
        found: io::Result<Found>,
        open: impl FnOnce() -> io::Result<File>,
    ) -> Result<Self, FileError> {
        let on = || FileError::on("read", path);
        expect_file(path, found.map_err(on())?)?;
        let file = open().map_err(on())?;
        let found = file.metadata().map_err(on())?;
        expect_file(path, file_kind(&found))?;
        let size = found.len();
        let (Ok(buffer), true) = (usize::try_from(size), size <= limit) else {
            let detail = format!("it has {size} bytes, more than the limit of {limit}");
            return Err(FileError::new("read", path, FileErrorKind::TooLarge, detail));
        };
        Ok(Self { file, size: buffer, mode: found.mode() & 0o7777, owner: found.uid() })
    }

    pub(super) fn read(self, path: &Path) -> Result<FileBytes, FileError> {
        let mut bytes = self.buffer();
        let length = self.read_into(&mut bytes, path)?;
        bytes.truncate(length);
        Ok(FileBytes { bytes, mode: self.mode, owner: self.owner })
    }

    /// The buffer has its full size from the start, because a growing one would leave copies in
    /// freed memory; it is cleared when dropped.
    pub(super) fn read_secret(self, path: &Path) -> Result<(Zeroizing<Vec<u8>>, u32), FileError> {
        let mut bytes = Zeroizing::new(self.buffer());
        let length = self.read_into(&mut bytes, path)?;
        bytes.truncate(length);
        Ok((bytes, self.mode))
    }

    /// One byte more than the file, to notice if it grows.
    fn buffer(&self) -> Vec<u8> {
        vec![0; self.size.saturating_add(1)]
    }

    fn read_into(&self, buffer: &mut [u8], path: &Path) -> Result<usize, FileError> {
        read_all(&self.file, buffer).map_err(FileError::on("read", path))?.ok_or_else(|| {
            let detail = "it grew while it was being read";
            FileError::new("read", path, FileErrorKind::Other, detail)
        })
    }
}

/// Reads to the end, and says how much that was; `None` if the buffer was full before.
pub(super) fn read_all(mut file: &File, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => return Ok(Some(length)),
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn file_kind(found: &Metadata) -> Found {
    kind(FileType::from_raw_mode(found.mode()))
}

fn expect_file(path: &Path, found: Found) -> Result<(), FileError> {
    let (kind, detail) = match found {
        Found::File => return Ok(()),
        Found::Link => (FileErrorKind::IsSymlink, "it is a symbolic link"),
        Found::Directory => (FileErrorKind::NotAPlainFile, "it is a directory"),
        Found::Other | Found::Nothing => (FileErrorKind::NotAPlainFile, "it is not a plain file"),
    };
    Err(FileError::new("read", path, kind, detail))
}
