//! A folder that a command fills with a fixed set of files, all or none.

use super::backup::backup_name;
use super::error::{FileError, FileErrorKind};
use super::lock::{Lock, lock_dir, lock_dir_shared};
use super::look::{Found, look, refuse_link, resolve_parent};
use super::publish::{settle, unfinished};
use super::staged::StagedDir;
use super::sweep::sweep;
use super::sys;
use crate::time::Timestamp;
use std::path::{Path, PathBuf};

/// The folder's mode: what fills such folders includes a private key.
const MODE: u32 = 0o700;
/// Where, inside the folder, replaced files go.
const BACKUP: &str = ".bak";

/// A folder to be filled. Where it exists already, it stays locked until it is: two commands that
/// fill one folder wait for each other. One that does not exist is decided by the rename at the end.
pub struct OwnFolder {
    path: PathBuf,
    existing: Vec<PathBuf>,
    lock: Option<Lock>,
}

impl OwnFolder {
    /// Looks at the folder and at which of the named files are in it.
    ///
    /// # Errors
    /// [`FileErrorKind::NotADirectory`] if something else is at the path, or the system's refusal.
    pub fn open(path: &Path, names: &[&str]) -> Result<Self, FileError> {
        let path = resolve_parent(path)?;
        let lock = match look(&path)? {
            Found::Nothing => None,
            Found::Directory => {
                let lock = lock_dir(&path)?;
                settle(&path)?;
                sweep(&path);
                Some(lock)
            }
            Found::File | Found::Link | Found::Other => {
                let detail = "it exists and is not a directory";
                return Err(FileError::new("use", &path, FileErrorKind::NotADirectory, detail));
            }
        };
        let mut existing = Vec::new();
        for name in names {
            let file = path.join(name);
            if look(&file)? != Found::Nothing {
                existing.push(file);
            }
        }
        Ok(Self { path, existing, lock })
    }

    /// The folder, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Those of the named files that are there, whatever they are.
    #[must_use]
    pub fn existing(&self) -> &[PathBuf] {
        &self.existing
    }

    /// A directory to prepare the files in, on the same file system. What killed runs left there is
    /// swept away.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn stage(&self) -> Result<StagedDir, FileError> {
        if self.lock.is_some() {
            return StagedDir::create(&self.path, MODE);
        }
        let parent = sys::parent_of(&self.path);
        sweep(parent);
        StagedDir::create(parent, MODE)
    }

    /// Lets the prepared files appear. Existing ones move into a backup inside the folder, whose
    /// path is returned.
    ///
    /// # Errors
    /// [`FileErrorKind::AlreadyExists`] if another command was faster, or the system's refusal; the
    /// folder is as it was.
    pub fn publish(self, staged: StagedDir, now: Timestamp) -> Result<Option<PathBuf>, FileError> {
        if self.lock.is_none() {
            staged.publish(&self.path, MODE)?;
            return Ok(None);
        }
        if self.existing.is_empty() {
            staged.publish_files(&self.path)?;
            return Ok(None);
        }
        let backups = backups_of(&self.path);
        refuse_link(&backups)?;
        let backup = backups.join(backup_name(now)?);
        staged.replace_files(&self.path, &self.existing, &backup)?;
        Ok(Some(backup))
    }
}

/// Locks a filled folder for reading. What a killed run left in the middle is finished, and what it
/// had only prepared is swept away.
///
/// # Errors
/// The system's refusal.
pub fn lock_filled(folder: &Path) -> Result<Lock, FileError> {
    let lock = lock_dir_shared(folder)?;
    sweep(folder);
    if unfinished(folder).is_ok_and(|unfinished| unfinished.is_empty()) {
        return Ok(lock);
    }
    drop(lock);
    let lock = lock_dir(folder)?;
    settle(folder)?;
    drop(lock);
    lock_dir_shared(folder)
}

/// Where a filled folder keeps what was replaced.
#[must_use]
pub fn backups_of(folder: &Path) -> PathBuf {
    folder.join(BACKUP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NOW: u64 = 1_795_416_539;

    fn fill(folder: &Path, content: &str) -> Result<Option<PathBuf>, FileError> {
        let own = OwnFolder::open(folder, &["a"])?;
        let staged = own.stage()?;
        staged.write(Path::new("a"), content.as_bytes(), 0o600)?;
        own.publish(staged, Timestamp::from_unix(NOW))
    }

    #[test]
    fn a_new_an_existing_and_a_filled_folder() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new");
        assert_eq!(fill(&folder, "1").unwrap(), None);
        let backup = fill(&folder, "2").unwrap().unwrap();
        assert!(backup.starts_with(backups_of(&folder)));
        assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "2");
        assert_eq!(fs::read_to_string(backup.join("a")).unwrap(), "1");
        let other = place.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("of the user"), "").unwrap();
        assert_eq!(fill(&other, "3").unwrap(), None);
        assert!(other.join("of the user").exists());
    }

    #[test]
    fn a_file_or_a_link_is_no_folder() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        std::os::unix::fs::symlink(place.path(), place.path().join("link")).unwrap();
        for name in ["file", "link"] {
            let error = fill(&place.path().join(name), "1").unwrap_err();
            assert_eq!(error.kind(), FileErrorKind::NotADirectory);
        }
    }

    #[test]
    fn of_two_that_make_one_folder_the_slower_is_told() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new");
        let own = OwnFolder::open(&folder, &["a"]).unwrap();
        let staged = own.stage().unwrap();
        staged.write(Path::new("a"), b"slow", 0o600).unwrap();
        fill(&folder, "fast").unwrap();
        let error = own.publish(staged, Timestamp::from_unix(NOW)).unwrap_err();
        assert!(error.already_exists());
        assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "fast");
    }
}
