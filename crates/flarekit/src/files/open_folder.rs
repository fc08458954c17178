//! A directory by what it is, and not by its path: whoever exchanges it for another one, or renames
//! one above it, changes nothing of what is read here.

use super::error::FileError;
use super::look::{Found, entries, kind};
use super::reach;
use super::read::{FileBytes, Plain};
use rustix::fs::{AtFlags, FileType, statat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use zeroize::Zeroizing;

/// An open directory.
#[derive(Debug)]
pub struct OpenFolder {
    handle: File,
    /// Where it was when it was opened, for messages.
    path: PathBuf,
}

impl OpenFolder {
    /// Opens a directory, which need not be readable; no link is followed.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let handle = reach::reach(path).map_err(FileError::on("look at", path))?;
        Ok(Self::of(File::from(handle), path))
    }

    pub(super) fn of(handle: File, path: &Path) -> Self {
        Self { handle, path: path.to_owned() }
    }

    /// A directory in this one.
    ///
    /// # Errors
    /// The system's refusal; a link is not followed.
    pub fn inner(&self, name: impl AsRef<Path>) -> Result<Self, FileError> {
        let name = name.as_ref();
        let path = self.path.join(name);
        let handle = plain(name)
            .and_then(|()| reach::step(&self.handle, name.as_os_str()))
            .map_err(FileError::on("look at", &path))?;
        Ok(Self { handle: File::from(handle), path })
    }

    /// Where it was when it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn metadata(&self) -> Result<Metadata, FileError> {
        self.handle.metadata().map_err(FileError::on("look at", &self.path))
    }

    pub(super) fn into_handle(self) -> File {
        self.handle
    }

    /// What is under a name; a link is not followed.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn look(&self, name: &str) -> Result<Found, FileError> {
        match self.find(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            found => found.map_err(FileError::on("look at", &self.path.join(name))),
        }
    }

    /// What it holds, sorted by name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn list(&self) -> Result<Vec<(OsString, Found)>, FileError> {
        let on = || FileError::on("list", &self.path);
        // A handle that only searches lists nothing.
        let opened = reach::open_in(&self.handle, ".", true).map_err(on())?;
        let mut found = entries(&opened).map_err(on())?;
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    /// Reads a plain file in it of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`read()`](super::read()).
    pub fn read(&self, name: &str, limit: u64) -> Result<FileBytes, FileError> {
        self.plain_file(name, limit)?.read(&self.path.join(name))
    }

    /// Reads a private key in it; returns it with the file's mode.
    ///
    /// # Errors
    /// As [`read()`](super::read()).
    pub fn read_secret(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<(Zeroizing<Vec<u8>>, u32), FileError> {
        self.plain_file(name, limit)?.read_secret(&self.path.join(name))
    }

    fn plain_file(&self, name: &str, limit: u64) -> Result<Plain, FileError> {
        Plain::take(&self.path.join(name), limit, self.find(name), || {
            reach::open_in(&self.handle, name, false)
        })
    }

    fn find(&self, name: &str) -> io::Result<Found> {
        plain(Path::new(name))?;
        let found = statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(kind(FileType::from_raw_mode(found.st_mode)))
    }
}

/// A name leads nowhere else.
fn plain(name: &Path) -> io::Result<()> {
    let mut components = name.components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name.as_os_str() => Ok(()),
        _ => Err(Errno::INVAL.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileErrorKind, lock_filled};
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn folder(path: &Path, content: &str) {
        fs::create_dir_all(path.join(".bak/old")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(path.join("file"), content).unwrap();
        fs::write(path.join(".bak/old/file"), format!("old {content}")).unwrap();
    }

    #[test]
    fn what_takes_the_place_of_a_locked_folder_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        folder(&at("mine"), "mine");
        folder(&at("evil"), "evil");
        fs::write(at("evil/only there"), "").unwrap();
        let filled = lock_filled(&at("mine")).unwrap();
        let aside = filled.folder().inner(".bak").unwrap().inner("old").unwrap();
        fs::rename(at("mine"), at("away")).unwrap();
        fs::rename(at("evil"), at("mine")).unwrap();
        let (held, limit) = (filled.folder(), 100);
        assert_eq!(held.read("file", limit).unwrap().bytes, b"mine");
        assert_eq!(*held.read_secret("file", limit).unwrap().0, b"mine");
        assert_eq!(aside.read("file", limit).unwrap().bytes, b"old mine");
        assert_eq!(held.look("only there").unwrap(), Found::Nothing);
        assert_eq!(held.list().unwrap().len(), 2);
        assert_eq!(held.inner(".bak").unwrap().list().unwrap().len(), 1);
    }

    #[test]
    fn no_name_and_no_link_leads_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let mine = place.path().join("mine");
        folder(&mine, "mine");
        fs::write(place.path().join("file"), "outside").unwrap();
        symlink("../file", mine.join("link")).unwrap();
        symlink("..", mine.join("up")).unwrap();
        let open = OpenFolder::open(&mine).unwrap();
        for name in ["../file", "..", ".", "", "/etc/passwd", ".bak/old", "file/"] {
            assert!(open.read(name, 100).is_err(), "{name}");
            assert!(open.read_secret(name, 100).is_err(), "{name}");
            assert!(open.look(name).is_err(), "{name}");
            assert!(open.inner(name).is_err(), "{name}");
        }
        let kind = |name| open.read(name, 100).unwrap_err().kind();
        assert_eq!(kind("link"), FileErrorKind::IsSymlink);
        assert_eq!(kind(".bak"), FileErrorKind::NotAPlainFile);
        assert_eq!(kind("none"), FileErrorKind::NotFound);
        assert!(open.inner("up").is_err());
        assert_eq!(open.look("link").unwrap(), Found::Link);
        assert_eq!(open.read("file", 3).unwrap_err().kind(), FileErrorKind::TooLarge);
    }
}
