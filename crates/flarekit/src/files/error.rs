//! What the disk refused: which path, what was being done, and the system's own reason.

use super::sys;
use crate::error::{Code, Defect, Error, Reason};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileErrorKind {
    /// Nothing is there.
    NotFound,
    /// Something is there already.
    AlreadyExists,
    /// The user may not do this, or the file system is mounted read-only.
    PermissionDenied,
    /// A directory, a device or a pipe where a plain file is expected.
    NotAPlainFile,
    /// Something else where a directory is expected.
    NotADirectory,
    /// A symbolic link where none is followed.
    IsSymlink,
    /// A symbolic link on the way that another user could have put there.
    LinkOfAnother,
    /// It belongs to another user.
    OfAnotherUser,
    /// Other users may write in it.
    OpenToOthers,
    /// A run that was putting files into it died, and somebody must look before it is used.
    Unfinished,
    /// It, or the directory that it is in, is the user's own and has a mode without the right to write.
    NotWritable,
    /// A file exceeds its limit.
    TooLarge,
    /// The file system is full, or the user's quota is used up.
    StorageFull,
    /// Another process has it locked, and kept it so.
    Locked,
    /// It is a mount point, or would go to another file system.
    MountInTheWay,
    /// This process, or the machine, has as many files open as it may.
    TooManyOpen,
    /// The file system cannot do this at all (lock, for instance).
    Unsupported,
    /// Anything else; the message has the system's words.
    Other,
}

/// A failure at one path: `cannot write /a/b: No space left on device (os error 28)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    kind: FileErrorKind,
    detail: String,
}

impl FileError {
    /// The path as the caller gave it; never the name of a temporary file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> FileErrorKind {
        self.kind
    }

    /// Why, without what was being done and the path.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The published reason for it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self.kind {
            FileErrorKind::NotFound => Reason::FileNotFound,
            FileErrorKind::NotAPlainFile | FileErrorKind::IsSymlink => Reason::NotAPlainFile,
            FileErrorKind::NotADirectory => Reason::NotADirectory,
            FileErrorKind::LinkOfAnother => Reason::LinkOfAnotherUser,
            FileErrorKind::OfAnotherUser => Reason::FolderOfAnotherUser,
            FileErrorKind::OpenToOthers => Reason::FolderOpenToOthers,
            FileErrorKind::Unfinished => Reason::FolderUnfinished,
            FileErrorKind::NotWritable => Reason::FolderNotWritable,
            FileErrorKind::TooLarge => Reason::FileTooLarge,
            FileErrorKind::Locked => Reason::Locked,
            FileErrorKind::MountInTheWay => Reason::MountInTheWay,
            FileErrorKind::TooManyOpen => Reason::TooManyOpenFiles,
            _ if matches!(self.doing, "read" | "list" | "look at") => Reason::FileUnreadable,
            _ => Reason::WriteFailed,
        }
    }

    /// Whether somebody else could exchange what is in the directory, or where the path leads.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        matches!(
            self.kind,
            FileErrorKind::OfAnotherUser
                | FileErrorKind::OpenToOthers
                | FileErrorKind::LinkOfAnother
        )
    }

    /// Whether a run died in the directory, and somebody must look.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.kind == FileErrorKind::Unfinished
    }

    /// Whether nothing is there.
    #[must_use]
    pub fn not_found(&self) -> bool {
        self.kind == FileErrorKind::NotFound
    }

    /// Whether something is there already.
    #[must_use]
    pub fn already_exists(&self) -> bool {
        self.kind == FileErrorKind::AlreadyExists
    }

    /// The refusal of an operation that needed the file.
    #[must_use]
    pub fn code(&self, code: Code) -> Error {
        Error::because(code, self.reason(), self.to_string())
    }

    /// The same, with another code where something is there already.
    #[must_use]
    pub fn code_or(&self, exists: Code, otherwise: Code) -> Error {
        self.code(if self.already_exists() { exists } else { otherwise })
    }

    pub(super) fn new(
        doing: &'static str,
        path: &Path,
        kind: FileErrorKind,
        detail: impl Into<String>,
    ) -> Self {
        Self { doing, path: path.to_owned(), kind, detail: detail.into() }
    }

    /// Names the path as the user did.
    pub(super) fn at(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Puts the part of a directory that was to be written before the system's reason.
    pub(super) fn about(mut self, part: &Path) -> Self {
        self.detail = format!("{}: {}", part.display(), self.detail);
        self
    }

    /// For `map_err`: the system's refusal while doing something to a path.
    pub(super) fn on(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| {
            let kind = match error.kind() {
                io::ErrorKind::NotFound => FileErrorKind::NotFound,
                io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => {
                    FileErrorKind::AlreadyExists
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    FileErrorKind::PermissionDenied
                }
                io::ErrorKind::IsADirectory => FileErrorKind::NotAPlainFile,
                io::ErrorKind::NotADirectory => FileErrorKind::NotADirectory,
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    FileErrorKind::StorageFull
                }
                // As `sys::lock` says it. The system's own has a number.
                io::ErrorKind::TimedOut if error.raw_os_error().is_none() => FileErrorKind::Locked,
                io::ErrorKind::CrossesDevices | io::ErrorKind::ResourceBusy => {
                    FileErrorKind::MountInTheWay
                }
                _ if sys::is_exhausted(&error) => FileErrorKind::TooManyOpen,
                _ if sys::is_link(&error) => FileErrorKind::IsSymlink,
                _ if sys::is_unsupported(&error) => FileErrorKind::Unsupported,
                _ => FileErrorKind::Other,
            };
            Self::new(doing, path, kind, error.to_string())
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} ", self.doing)?;
        // A file name may hold anything, even what a terminal would obey.
        for character in self.path.to_string_lossy().chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for FileError {}

impl From<FileError> for Defect {
    fn from(error: FileError) -> Self {
        Defect::new(error.reason(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn what_is_wrong_with_the_machine_is_told_apart() {
        let reason = |error| FileError::on("write", Path::new("/a"))(error).reason();
        let system = |errno: Errno| reason(io::Error::from(errno));
        assert_eq!(reason(io::Error::new(io::ErrorKind::TimedOut, "")), Reason::Locked);
        assert_eq!(system(Errno::TIMEDOUT), Reason::WriteFailed, "a network file system says so");
        assert_eq!(system(Errno::XDEV), Reason::MountInTheWay);
        assert_eq!(system(Errno::BUSY), Reason::MountInTheWay);
        assert_eq!(system(Errno::MFILE), Reason::TooManyOpenFiles);
        assert_eq!(system(Errno::NFILE), Reason::TooManyOpenFiles);
        let list = FileError::on("list", Path::new("/a"))(Errno::MFILE.into());
        assert_eq!(list.reason(), Reason::TooManyOpenFiles);
    }
}
