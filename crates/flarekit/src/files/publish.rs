//! Putting a set of files into a directory that exists: all of them or none, also after a sudden
//! end.
//!
//! A second link to each new file goes into the place of the old one, while the first stays in the
//! staging directory, beside a mark that says where the old files are. Once the mark is there, the
//! set will be there: the next run that opens the directory ([`settle`]) does what is left to do. It
//! never takes back what somebody may have seen and used, such as a request that was sent. Where the
//! file system has no such links, files are moved one after another, and a run that is killed in the
//! middle leaves the old ones in the backup.

use super::error::{FileError, FileErrorKind};
use super::folder::backups_of;
use super::look::{Found, list, look};
use super::moves::Moves;
use super::read::read;
use super::{change, guard, reach, sys};
use rustix::fs::{AtFlags, FileType, statat};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Says that the files beside it are being published. In it is the name of the backup that the
/// replaced ones are in, if there were any: the folder may be moved before a run goes on.
pub(super) const MARK: &str = "publishing";
/// The folder of the second links, and the name of one that is on its way.
const SECOND: &str = "second";
/// The folder of further links to the old files: going back must need no space on the disk.
const SPARE: &str = "spare";
const LINK: &str = "link";
/// The longest name that Linux knows (`NAME_MAX`).
const LONGEST_NAME: u64 = 255;

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
    /// An empty directory for these among the [backups](backups_of) of `into`, if there are any.
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
        if let Some(backup) = self.backup {
            let spare = self.staging.join(SPARE);
            change::make_private_dir(&spare)?;
            for file in self.old {
                let name = file.file_name().unwrap_or_default();
                change::hard_link(file, &backup.join(name))?;
                change::hard_link(file, &spare.join(name))?;
            }
            change::sync_dir(backup)?;
        }
        let second = self.staging.join(SECOND);
        change::make_private_dir(&second)?;
        for name in self.names {
            change::hard_link(&self.staging.join(name), &second.join(name))?;
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
                change::remove_file(file).map_err(|error| (file.clone(), error))?;
            }
        }
        Ok(())
    }

    /// Takes the second links to the old files away again.
    fn forget_old(&self) {
        let Some(backup) = self.backup else { return };
        for file in self.old {
            let _ = change::remove_file(&backup.join(file.file_name().unwrap_or_default()));
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

/// Finishes what killed runs left in the middle. The caller has the directory's exclusive lock.
///
/// # Errors
/// The system's refusal.
pub(super) fn settle(directory: &Path) -> Result<(), FileError> {
    for staging in unfinished(directory)? {
        go_on(&staging, directory).map_err(FileError::on("write", directory))?;
    }
    Ok(())
}

/// The staging directories of dead runs that were publishing. Only those count that are the user's
/// own, and that nobody else can enter: nobody else can have put the mark there, or the files.
pub(super) fn unfinished(directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for (name, is) in list(directory)? {
        let staging = directory.join(&name);
        if is == Found::Directory
            && name.to_str().is_some_and(sys::is_random_name)
            && is_publishing(&staging)
            && reach::open_dir(&staging).is_ok_and(|staging| {
                // Its run holds the lock alone. Those who look do not keep each other from seeing that
                // it is dead.
                staging.metadata().is_ok_and(|found| guard::is_private(&found))
                    && staging.try_lock_shared().is_ok()
            })
        {
            found.push(staging);
        }
    }
    Ok(found)
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
fn commit(staging: &Path) -> io::Result<()> {
    let (mark, done) = (staging.join(MARK), staging.join(SECOND).join(MARK));
    change::rename(&mark, &done)?;
    change::sync_dir(staging).inspect_err(|_| {
        let _ = change::rename(&done, &mark);
    })
}

/// What was being published, and where the old files are, if there were any.
struct Marked {
    new: Vec<OsString>,
    old: Vec<OsString>,
    backup: Option<PathBuf>,
}

impl Marked {
    fn read(staging: &Path, into: &Path) -> io::Result<Self> {
        let refused = |error: FileError| io::Error::other(error.to_string());
        let mark = read(&staging.join(MARK), LONGEST_NAME).map_err(refused)?.bytes;
        let files = |directory: &Path| -> Result<Vec<OsString>, FileError> {
            let found = list(directory)?.into_iter();
            Ok(found.filter(|(_, is)| *is == Found::File).map(|(name, _)| name).collect())
        };
        let mut new = files(staging).map_err(refused)?;
        new.retain(|name| name != MARK);
        let backup = backup_named(&mark, into)?;
        let old = match backup.as_deref().map(files) {
            // Somebody removed it. What would be taken away from here is nowhere else any more.
            Some(Err(error)) if error.kind() == FileErrorKind::NotFound => vec![],
            old => old.transpose().map_err(refused)?.unwrap_or_default(),
        };
        Ok(Self { new, old, backup })
    }
}

fn backup_named(mark: &[u8], into: &Path) -> io::Result<Option<PathBuf>> {
    if mark.is_empty() {
        return Ok(None);
    }
    match Path::new(OsStr::from_bytes(mark)).file_name() {
        Some(name) if name.as_bytes() == mark => Ok(Some(backups_of(into).join(name))),
        _ => Err(io::Error::other("the mark of a run that was publishing names no backup")),
    }
}

/// Does what is left to do. Killed in the middle, it can be done again.
fn go_on(staging: &Path, into: &Path) -> io::Result<()> {
    let marked = Marked::read(staging, into)?;
    for name in &marked.new {
        put(&staging.join(name), &into.join(name), staging)?;
    }
    if let Some(backup) = &marked.backup {
        for name in marked.old.iter().filter(|name| !marked.new.contains(name)) {
            if is_same_file(&backup.join(name), &into.join(name)) {
                change::remove_file(&into.join(name))?;
            }
        }
    }
    change::sync_dir(into)?;
    commit(staging)?;
    change::remove_tree(staging)
}

/// Brings the old files back, for a run that meets a refusal. The disk may refuse to make that
/// durable; then the next run goes on instead.
fn roll_back(staging: &Path, into: &Path) -> io::Result<()> {
    let marked = Marked::read(staging, into)?;
    for name in marked.new.iter().filter(|name| !marked.old.contains(name)) {
        if is_same_file(&staging.join(name), &into.join(name)) {
            change::remove_file(&into.join(name))?;
        }
    }
    for name in &marked.old {
        if !is_same_file(&staging.join(SPARE).join(name), &into.join(name)) {
            change::rename(&staging.join(SPARE).join(name), &into.join(name))?;
        }
    }
    let _ = change::sync_dir(into);
    change::remove_file(&staging.join(MARK))?;
    let _ = change::sync_dir(staging);
    if let Some(backup) = &marked.backup {
        change::remove_tree(backup)?;
    }
    change::remove_tree(staging)
}

/// Gives a file a name in the place of another, by a further link: its first name stays.
fn put(file: &Path, name: &Path, staging: &Path) -> io::Result<()> {
    if is_same_file(file, name) {
        return Ok(());
    }
    let link = staging.join(SECOND).join(LINK);
    let _ = change::remove_file(&link);
    change::hard_link(file, &link)?;
    change::rename(&link, name)
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let Ok(one) = reach::open(one, false) else { return false };
    fs::symlink_metadata(other).is_ok_and(|other| sys::same(&one, &other))
}
