//! Putting a set of files into a directory that exists: all of them or none, also after a sudden
//! end.
//!
//! A second link to each new file goes into the place of the old one, while the first stays in the
//! staging directory, beside a mark that says where the old files are. Once the mark is there, the
//! set will be there: the next run that opens the directory ([`settle`](super::resume::settle)) does
//! what is left to do. Where the file system has no such links, files are moved one after another, and
//! a run that is killed in the middle leaves the old ones in the backup.

use super::error::FileError;
use super::look::{Found, look};
use super::moves::Moves;
use super::resume::{identity, roll_back};
use super::{change, sys};
use rustix::fs::{AtFlags, FileType, statat};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Says that the files beside it are being published. In it is the name of the backup that the
/// replaced ones are in, if there were any: the folder may be moved before a run goes on.
pub(super) const MARK: &str = "publishing";
/// The folder of the second links. One that is gone was put into its place.
pub(super) const SECOND: &str = "second";
/// The folder of further links to the old files: going back must need no space on the disk.
pub(super) const SPARE: &str = "spare";

/// A set of files on its way.
pub(super) struct Publication<'a> {
    /// The staging directory, inside `into`.
    pub staging: &'a Path,
    /// The names of the new files in it.
    pub names: &'a [&'a OsStr],
    /// Where they go.
    pub into: &'a Path,
    /// Files there that must make way.
    pub old: &'a [PathBuf],
    /// An empty directory for these among the [backups](super::backups_of) of `into`, if there are any.
    pub backup: Option<&'a Path>,
}

impl Publication<'_> {
    /// Lets the files appear.
    ///
    /// # Errors
    /// The system's refusal; all files are where they were.
    pub(super) fn run(&self) -> Result<(), FileError> {
        let on = || FileError::on("create", self.into);
        if let Err(error) = self.prepare() {
            let _ = change::remove_file(&self.staging.join(MARK));
            self.forget_old();
            return if sys::lacks_links(&error) { self.move_them() } else { Err(on()(error)) };
        }
        let placed = self.place().and_then(|()| {
            change::sync_dir(self.into).map_err(|error| (self.into.to_owned(), error))
        });
        if let Err((path, error)) = placed {
            roll_back(self.staging, self.into).map_err(on())?;
            return Err(FileError::on("create", &path)(error));
        }
        commit(self.staging).or_else(|error| {
            roll_back(self.staging, self.into).map_err(on())?;
            Err(on()(error))
        })
    }

    /// Everything that is needed to go on, or back.
    pub(super) fn prepare(&self) -> io::Result<()> {
        // First what fails where the file system has no links, when nothing has moved yet.
        let second = self.staging.join(SECOND);
        change::make_private_dir(&second)?;
        for name in self.names {
            change::hard_link(&self.staging.join(name), &second.join(name))?;
        }
        if let Some(backup) = self.backup {
            let spare = self.staging.join(SPARE);
            change::make_private_dir(&spare)?;
            for file in self.old {
                let name = file.file_name().unwrap_or_default();
                match change::hard_link(file, &backup.join(name)) {
                    // A directory, or what another user owns (`protected_hardlinks`). Without it the
                    // others are still together.
                    Err(error) if sys::lacks_links(&error) => {
                        change::rename_new(file, &backup.join(name))?;
                        change::sync_dir(self.into)?;
                    }
                    linked => {
                        linked?;
                        change::hard_link(file, &spare.join(name))?;
                    }
                }
            }
            change::sync_dir(backup)?;
        }
        // Whoever sees the mark sees all of it.
        let (draft, mark) = (second.join(MARK), self.staging.join(MARK));
        let file = change::create_private(&draft)?;
        let backup = self.backup.and_then(Path::file_name).unwrap_or_default().as_bytes();
        change::write_all(&file, &draft, backup)?;
        change::sync_file(&file, &draft)?;
        change::rename(&draft, &mark)?;
        change::sync_dir(self.staging)
    }

    fn place(&self) -> Result<(), (PathBuf, io::Error)> {
        for name in self.names {
            let (from, to) = (self.staging.join(SECOND).join(name), self.into.join(name));
            let expected = self.old.contains(&to);
            let rename = if expected { change::rename } else { change::rename_new };
            rename(&from, &to).map_err(|error| (to, error))?;
        }
        for file in self.old {
            if !self.names.iter().any(|name| file.ends_with(name)) {
                match change::remove_file(file) {
                    // It had no second link, and has moved.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    removed => removed.map_err(|error| (file.clone(), error))?,
                }
            }
        }
        Ok(())
    }

    /// Takes the second links to the old files away again, and moves back what has none.
    fn forget_old(&self) {
        let Some(backup) = self.backup else { return };
        for file in self.old {
            let aside = backup.join(file.file_name().unwrap_or_default());
            let _ = match identity(file) {
                None => change::rename_new(&aside, file),
                same if same == identity(&aside) => change::remove_file(&aside),
                _ => continue,
            };
        }
    }

    /// Without links: one file after the other.
    pub(super) fn move_them(&self) -> Result<(), FileError> {
        let away = self
            .backup
            .into_iter()
            .flat_map(|backup| self.old.iter().map(move |file| (file.clone(), backup)));
        let new = self.names.iter().map(|name| (self.staging.join(name), self.into));
        Moves::run(away.chain(new), "create")?.sync()
    }
}

/// Whether a staging directory has the mark.
pub(super) fn is_publishing(staging: &Path) -> bool {
    matches!(look(&staging.join(MARK)), Ok(Found::File))
}

/// The same of one that is open.
pub(super) fn has_mark(staging: &File) -> bool {
    statat(staging, MARK, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
}

/// From here on nothing is left to do.
pub(super) fn commit(staging: &Path) -> io::Result<()> {
    let (mark, done) = (staging.join(MARK), staging.join(SECOND).join(MARK));
    change::rename(&mark, &done)?;
    change::sync_dir(staging).inspect_err(|_| {
        let _ = change::rename(&done, &mark);
    })
}
