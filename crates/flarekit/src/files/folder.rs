//! A folder that a command fills with a fixed set of files, all or none.

use super::backup::backup_name;
use super::change;
use super::error::{FileError, FileErrorKind};
use super::guard::{self, Others};
use super::lock::{Lock, hold_shared, lock_dir, lock_dir_shared};
use super::look::{Found, look, refuse_link};
use super::open_folder::OpenFolder;
use super::resolve::resolve_parent;
use super::resume::{refuse_unfinished, settle, unfinished};
use super::staged::StagedDir;
use super::sweep::sweep;
use super::sys;
use crate::error::Warning;
use crate::time::Timestamp;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The folder's mode: what fills such folders includes a private key.
const MODE: u32 = 0o700;
/// Where, inside the folder, replaced files go.
pub const BACKUP: &str = ".bak";

/// A folder to be filled. Where it exists already, it stays locked until it is: two commands that
/// fill one folder wait for each other. One that does not exist is decided by the rename at the end.
pub struct OwnFolder {
    path: PathBuf,
    existing: Vec<PathBuf>,
    /// Before the lock, so that it is dropped first.
    narrowed: Option<Narrowed>,
    others: Option<Others>,
    lock: Option<Lock>,
}

impl OwnFolder {
    /// Looks at the folder and at which of the named files are in it.
    ///
    /// # Errors
    /// [`FileErrorKind::NotADirectory`] if something else is at the path,
    /// [`FileErrorKind::OfAnotherUser`] or [`FileErrorKind::OpenToOthers`] if others could exchange
    /// what is put there, or the system's refusal.
    pub fn open(path: &Path, names: &[&str]) -> Result<Self, FileError> {
        let path = resolve_parent(path)?;
        let mut others = None;
        let lock = match look(&path)? {
            Found::Nothing => None,
            Found::Directory => {
                let lock = lock_dir(&path)?;
                others = guard::judge(&lock.metadata(&path)?, &path)?;
                if let Some(owner @ Others::Owner(_)) = others {
                    return Err(owner.refused(&path));
                }
                settle(&path)?;
                sweep(&path);
                Some(lock)
            }
            found @ (Found::File | Found::Link | Found::Other) => {
                let detail = match found {
                    Found::Link => "it is a symbolic link",
                    _ => "it exists and is not a directory",
                };
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
        Ok(Self { path, existing, narrowed: None, others, lock })
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
    /// swept away. If the folder is the user's own and its group may write in it, the group may do
    /// so no longer, unless nothing comes of it.
    ///
    /// # Errors
    /// [`FileErrorKind::OpenToOthers`] or [`FileErrorKind::OfAnotherUser`] on a file system that does
    /// not keep what it is told about that, or the system's refusal.
    pub fn stage(&mut self) -> Result<StagedDir, FileError> {
        let Some(lock) = &self.lock else {
            let parent = sys::parent_of(&self.path);
            sweep(parent);
            return self.closed(StagedDir::create(parent, MODE)?);
        };
        if let (Some(Others::Group(mode)), Some(held)) = (self.others, lock.held())
            && guard::is_own(&lock.metadata(&self.path)?)
        {
            self.narrowed = Some(Narrowed::new(held, &self.path, mode)?);
        }
        self.closed(StagedDir::create(&self.path, MODE)?)
    }

    /// Refuses a file system that keeps no modes or owners: there a folder is open as soon as it is
    /// made, and would be refused by whoever wants to use what is in it.
    fn closed(&self, staged: StagedDir) -> Result<StagedDir, FileError> {
        guard::judge(&staged.metadata()?, &self.path)?;
        Ok(staged)
    }

    /// What the user should know about the folder, once the files are prepared.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let others = self.others?;
        Some(match &self.narrowed {
            Some(narrowed) => Warning::writable_folder(&self.path, narrowed),
            None => Warning::writable_folder(&self.path, others),
        })
    }

    /// Lets the prepared files appear. Existing ones move into a backup inside the folder, whose
    /// path is returned.
    ///
    /// # Errors
    /// [`FileErrorKind::AlreadyExists`] if another command was faster, or the system's refusal; the
    /// folder is as it was.
    pub fn publish(
        mut self,
        staged: StagedDir,
        now: Timestamp,
    ) -> Result<Option<PathBuf>, FileError> {
        let backup = self.place(staged, now)?;
        if let Some(narrowed) = &mut self.narrowed {
            narrowed.stays = true;
        }
        Ok(backup)
    }

    fn place(&self, staged: StagedDir, now: Timestamp) -> Result<Option<PathBuf>, FileError> {
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

/// A folder in which its group may no longer write. Dropped, it is as it was.
struct Narrowed {
    folder: File,
    path: PathBuf,
    before: u32,
    after: u32,
    stays: bool,
}

impl Narrowed {
    fn new(folder: &File, path: &Path, before: u32) -> Result<Self, FileError> {
        let on = || FileError::on("write", path);
        let folder = folder.try_clone().map_err(on())?;
        let after = before & !guard::GROUP_WRITES;
        change::set_mode(&folder, path, after).map_err(on())?;
        Ok(Self { folder, path: path.to_owned(), before, after, stays: false })
    }
}

impl std::fmt::Display for Narrowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "it had mode {:04o}, with which its group could exchange what is in it, and has mode \
             {:04o} now",
            self.before, self.after
        )
    }
}

impl Drop for Narrowed {
    fn drop(&mut self) {
        if !self.stays {
            let _ = change::set_mode(&self.folder, &self.path, self.before);
        }
    }
}

/// A filled folder that is locked for reading.
#[must_use = "dropping this releases the lock"]
pub struct Filled {
    /// Has the lock, too.
    folder: OpenFolder,
    others: Option<Others>,
}

impl Filled {
    fn lock(folder: &Path) -> Result<Self, FileError> {
        let folder = OpenFolder::of(hold_shared(folder)?, folder);
        let others = guard::judge(&folder.metadata()?, folder.path())?;
        Ok(Self { folder, others })
    }

    /// The folder that was judged, whatever has its name by now.
    #[must_use]
    pub fn folder(&self) -> &OpenFolder {
        &self.folder
    }

    /// Who else could exchange what is in it.
    #[must_use]
    pub fn others(&self) -> Option<Others> {
        self.others
    }
}

/// Locks a filled folder for reading. What a killed run left in the middle is finished, and what it
/// had only prepared is swept away.
///
/// # Errors
/// [`FileErrorKind::OfAnotherUser`] or [`FileErrorKind::OpenToOthers`] if others could have put
/// there what they like, or the system's refusal.
pub fn lock_filled(folder: &Path) -> Result<Filled, FileError> {
    let filled = Filled::lock(folder)?;
    // Root finishes nothing in the folder of somebody else, and began nothing there.
    if let Some(Others::Owner(owner)) = filled.others {
        refuse_unfinished(folder, owner)?;
        return Ok(filled);
    }
    sweep(folder);
    // Who does not see that does not wait for the others: this process may be one of them.
    if unfinished(folder)?.is_empty() {
        return Ok(filled);
    }
    drop(filled);
    let lock = lock_dir(folder)?;
    settle(folder)?;
    drop(lock);
    Filled::lock(folder)
}

/// The same for those who use no key in it: whatever is there may be looked at, by whoever may.
///
/// # Errors
/// The system's refusal.
pub fn lock_to_look(folder: &Path) -> Result<Lock, FileError> {
    match lock_filled(folder) {
        Ok(filled) => Ok(Lock::of(filled.folder.into_handle())),
        Err(error) if error.is_exposed() || error.kind() == FileErrorKind::PermissionDenied => {
            lock_dir_shared(folder)
        }
        Err(error) => Err(error),
    }
}

/// Where a filled folder keeps what was replaced.
#[must_use]
pub fn backups_of(folder: &Path) -> PathBuf {
    folder.join(BACKUP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WarningCode;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const NOW: u64 = 1_795_416_539;

    fn fill(folder: &Path, content: &str) -> Result<Option<PathBuf>, FileError> {
        let mut own = OwnFolder::open(folder, &["a"])?;
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
    fn the_group_may_no_longer_write_where_a_key_is() {
        let mode = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 0o7777;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("shared");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o775)).unwrap();
        let mut own = OwnFolder::open(&folder, &["a"]).unwrap();
        let staged = own.stage().unwrap();
        assert_eq!(mode(&folder), 0o755);
        staged.write(Path::new("a"), b"1", 0o600).unwrap();
        let warning = own.warning().unwrap();
        assert_eq!(warning.code, WarningCode::FolderWritableByOthers);
        assert!(warning.message.contains("had mode 0775"), "{}", warning.message);
        drop(staged);
        drop(own);
        assert_eq!(mode(&folder), 0o775, "nothing came of it");
        fill(&folder, "1").unwrap();
        assert_eq!(mode(&folder), 0o755);
        let filled = lock_filled(&folder).unwrap();
        assert_eq!(filled.others(), None);
    }

    /// As on a Windows drive under WSL, where every mode is 0777.
    #[test]
    fn a_file_system_without_modes_gets_no_key() {
        let place = tempfile::tempdir().unwrap();
        let own = OwnFolder::open(&place.path().join("new"), &["a"]).unwrap();
        let staged = StagedDir::create(place.path(), MODE).unwrap();
        fs::set_permissions(staged.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(own.closed(staged).unwrap_err().kind(), FileErrorKind::OpenToOthers);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
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
        let mut own = OwnFolder::open(&folder, &["a"]).unwrap();
        let staged = own.stage().unwrap();
        staged.write(Path::new("a"), b"slow", 0o600).unwrap();
        fill(&folder, "fast").unwrap();
        let error = own.publish(staged, Timestamp::from_unix(NOW)).unwrap_err();
        assert!(error.already_exists());
        assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "fast");
    }
}
