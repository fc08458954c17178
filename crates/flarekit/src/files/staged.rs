//! A directory that is prepared out of sight and then appears at once.

use super::dirs::{Created, make_dirs, make_new_dir};
use super::error::{FileError, FileErrorKind};
use super::look::{Found, list, look};
use super::mode::{self, Set};
use super::publish::{Publication, is_publishing};
use super::{backup, change, guard, reach, sync, sys, tree, write};
use crate::time::Timestamp;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

/// How many files wait, open, to be made durable together.
const BATCH: usize = 64;

/// So many descriptors are kept for the removal, which may be for want of any: for the directory above,
/// three below each other, and to list the last.
const RESERVED: usize = 5;

/// A private directory with a random name, whose sticky bit marks it as unfinished. Unless it is
/// published, it is removed with its content when dropped, and so are those directories above it that
/// had to be made and are empty.
#[derive(Debug)]
pub struct StagedDir {
    path: PathBuf,
    /// Holds the lock that tells [`sweep`](super::sweep()) that the owner is alive.
    handle: File,
    /// What stands at the top, in the order of writing.
    top: RefCell<Vec<PathBuf>>,
    /// The files inside that are to be made durable together: a journal that has been flushed for
    /// one of them has the others too.
    files: RefCell<Vec<(File, PathBuf)>>,
    /// The directories inside, to be made durable.
    dirs: RefCell<Vec<PathBuf>>,
    /// Directories whose mode, which may forbid to write in them, is set at the end.
    closing: RefCell<Vec<(PathBuf, Metadata)>>,
    /// What could not be given its group, and is closed to that.
    closed: RefCell<Vec<PathBuf>>,
    published: bool,
    /// Closed before the removal.
    reserve: Vec<OwnedFd>,
    /// Removed, where empty, after the directory itself is gone.
    parents: Created,
}

impl StagedDir {
    /// Makes one inside `parent`, which is made with `parent_mode` if it is missing, as is what is
    /// missing above it.
    ///
    /// # Errors
    /// If the system refuses; nothing is left.
    pub fn create(parent: &Path, parent_mode: u32) -> Result<Self, FileError> {
        let on = || FileError::on("write", parent);
        for _ in 0..sys::ATTEMPTS {
            let parents = make_dirs(parent, parent_mode)?;
            let path = parent.join(sys::random_name().map_err(on())?);
            let made = reserve(parent)
                .and_then(|reserve| Ok((reserve, change::make_dir(&path, guard::UNFINISHED)?)));
            let (reserve, handle) = match made {
                // The name is taken, or another process that failed removed the parent again.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
                    ) =>
                {
                    continue;
                }
                other => other.map_err(on())?,
            };
            let staged = Self {
                path,
                handle,
                top: RefCell::default(),
                files: RefCell::default(),
                dirs: RefCell::default(),
                closing: RefCell::default(),
                closed: RefCell::default(),
                published: false,
                reserve,
                parents,
            };
            if sys::claim(&staged.handle, &staged.path).map_err(on())? {
                return Ok(staged);
            }
        }
        let detail = "no free temporary name was found";
        Err(FileError::new("write", parent, FileErrorKind::Other, detail))
    }

    /// Where it is for now.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the system says about it.
    pub(super) fn metadata(&self) -> Result<Metadata, FileError> {
        self.handle.metadata().map_err(FileError::on("look at", sys::parent_of(&self.path)))
    }

    /// Writes a new file with its exact mode. Directories above it come from
    /// [`make_dir`](Self::make_dir).
    ///
    /// # Errors
    /// If something of this name is there, the path leads outside, or the system refuses.
    pub fn write(&self, relative: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
        let path = self.inside(relative)?;
        change::create_private(&path)
            .and_then(|file| {
                write::fill(&file, &path, bytes, mode)?;
                self.prepared(file, path.clone())
            })
            .map_err(|error| self.refused(relative, error))?;
        self.remember(relative, path);
        Ok(())
    }

    /// Makes a directory with its exact mode.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn make_dir(&self, relative: &Path, mode: u32) -> Result<(), FileError> {
        let path = self.inside(relative)?;
        change::make_private_dir(&path)
            .and_then(|directory| change::set_mode(&directory, &path, mode))
            .map_err(|error| self.refused(relative, error))?;
        self.dirs.borrow_mut().push(path.clone());
        self.remember(relative, path);
        Ok(())
    }

    /// Puts the content of another directory of this file system in the place of its own. There
    /// may be at most `most` entries.
    ///
    /// # Errors
    /// The system's refusal; then neither may be used any more.
    pub fn adopt(&self, other: &Path, most: usize) -> Result<(), FileError> {
        tree::empty(&self.path)?;
        for (name, _) in list(other)? {
            let to = self.path.join(&name);
            change::rename_new(&other.join(name), &to).map_err(FileError::on("write", &to))?;
        }
        tree::sync_tree(&self.path, most)
    }

    /// Gives it its name and mode. Nothing may be there.
    ///
    /// # Errors
    /// [`FileErrorKind::AlreadyExists`], or the system's refusal; the target is as it was, and what
    /// was prepared is removed.
    pub fn publish(mut self, target: &Path, mode: u32) -> Result<(), FileError> {
        let on = || FileError::on("create", target);
        self.seal(mode, None).map_err(on())?;
        change::rename_new(&self.path, target).map_err(on())?;
        self.published = true;
        if let Err(error) = self.sync_parents(target) {
            self.published = change::rename_new(target, &self.path).is_err();
            return Err(on()(error));
        }
        Ok(())
    }

    /// Lets the files inside appear in the directory that this one is in, all or none, even if the
    /// run is killed: see [`OwnFolder`](super::OwnFolder).
    ///
    /// # Errors
    /// [`FileErrorKind::AlreadyExists`] if anything of one of the names is there, or the system's
    /// refusal; the directory is as it was, and what was prepared is removed.
    pub fn publish_files(self, into: &Path) -> Result<(), FileError> {
        self.place_files(into, &[], None)
    }

    /// The same in the place of the files `existing`, which go into `backup_dir`. That is made with
    /// mode 0700 and must not be there yet.
    ///
    /// # Errors
    /// As [`publish_files`](Self::publish_files); all files are where they were.
    pub(super) fn replace_files(
        self,
        into: &Path,
        existing: &[PathBuf],
        backup_dir: &Path,
    ) -> Result<(), FileError> {
        let created = make_new_dir(backup_dir, 0o700)?;
        self.place_files(into, existing, Some(backup_dir))?;
        created.keep();
        Ok(())
    }

    fn place_files(
        self,
        into: &Path,
        old: &[PathBuf],
        backup: Option<&Path>,
    ) -> Result<(), FileError> {
        let top = self.top.borrow();
        let names: Vec<&OsStr> = top.iter().filter_map(|path| path.file_name()).collect();
        if let ([name], []) = (names.as_slice(), old) {
            return self.place_one(name, into);
        }
        self.sync().map_err(FileError::on("write", into))?;
        Publication { staging: &self.path, names: &names, into, old, backup }.run()
    }

    /// One file needs no more than its rename, which is done or not.
    fn place_one(&self, name: &OsStr, into: &Path) -> Result<(), FileError> {
        let (from, to) = (self.path.join(name), into.join(name));
        let on = || FileError::on("create", &to);
        self.sync_with(&[]).map_err(on())?;
        change::rename_new(&from, &to).map_err(on())?;
        change::sync_dir(into).map_err(|error| {
            let _ = change::rename_new(&to, &from);
            on()(error)
        })
    }

    /// A name for the backup that this goes to on its way, before it changes places with what is to
    /// be there: it tells whether they have, so that [`sweep_backups`](super::sweep_backups) can.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn backup_name(&self, now: Timestamp) -> Result<String, FileError> {
        let found = self.handle.metadata().map_err(FileError::on("look at", &self.path))?;
        Ok(backup::name_by(now, &backup::mark_of(&found)))
    }

    /// Puts it in the place of the directory `target`, which moves to `backup`. The directory of
    /// `backup` is made with mode 0700 if it is missing. What the group or others could not do with
    /// the old directory, or with a file or directory in it, they cannot with the new one. Returned is
    /// what their group could do more with before, because the user may not give it that group.
    ///
    /// # Errors
    /// If `target` is not a directory, something is at `backup`, or the system refuses; the target
    /// is as it was, and what was prepared is removed.
    pub fn exchange(
        mut self,
        target: &Path,
        mode: u32,
        backup: &Path,
    ) -> Result<Vec<PathBuf>, FileError> {
        let on = || replacing(target);
        let refuse = |kind, detail: &str| Err(FileError::new("replace", target, kind, detail));
        match look(target)? {
            Found::Directory => {}
            Found::Nothing => return refuse(FileErrorKind::NotFound, "nothing is there"),
            Found::Link => return refuse(FileErrorKind::IsSymlink, "it is a symbolic link"),
            _ => return refuse(FileErrorKind::NotADirectory, "it is not a directory"),
        }
        let old = fs::symlink_metadata(target).map_err(on())?;
        self.close_like(target)?;
        self.seal(mode, Some(&old)).map_err(on())?;
        let relative = |path: &PathBuf| path.strip_prefix(&self.path).map(Path::to_owned).ok();
        let closed = self.closed.borrow().iter().filter_map(relative).collect();
        self.parents.absorb(make_dirs(sys::parent_of(backup), 0o700)?);
        // The new directory waits where the old one will be. So the exchange is the only step that
        // counts: a run killed at any moment leaves the old one in place or in the backup, and
        // never under a name that a sweep removes. The new one, if it still waits there, is told
        // apart by its [name](Self::backup_name).
        let staging = self.path.clone();
        change::rename_new(&staging, backup).map_err(FileError::on("create", backup))?;
        self.path = backup.to_owned();
        match change::swap(backup, target) {
            Ok(()) => self.published = true,
            Err(error) if sys::is_unsupported(&error) => {
                change::rename_new(backup, &staging).map_err(on())?;
                self.path = staging;
                self.replace_by_renames(target, backup).map_err(on())?;
            }
            Err(error) => return Err(on()(error)),
        }
        if let Err(error) = self.renew_mark(target).and_then(|()| self.sync_parents(target)) {
            self.published = self.take_back(target, backup).is_err();
            return Err(on()(error));
        }
        Ok(closed)
    }

    /// From here on the name of the backup says nothing of this directory any more: who puts the old
    /// one in its place again, and this one into the backup, means to keep it.
    fn renew_mark(&self, target: &Path) -> io::Result<()> {
        let time = self.handle.metadata()?.modified()?;
        // An earlier time, because some file systems know no finer ones, and none is in the future.
        change::set_modified(&self.handle, target, time - backup::APART)
    }

    /// Puts the old directory in its place again, and the new one where it was prepared.
    pub(super) fn take_back(&self, target: &Path, backup: &Path) -> io::Result<()> {
        match change::swap(backup, target) {
            Err(error) if sys::is_unsupported(&error) => self.take_back_by_renames(target, backup),
            other => other,
        }
    }

    /// The same where the file system cannot exchange.
    pub(super) fn take_back_by_renames(&self, target: &Path, backup: &Path) -> io::Result<()> {
        change::rename_new(target, &self.path)?;
        change::rename_new(backup, target).inspect_err(|_| {
            let _ = change::rename_new(&self.path, target);
        })
    }

    /// Two renames, where the file system cannot exchange. A run killed between them leaves the
    /// old directory in the backup and none in its place.
    pub(super) fn replace_by_renames(&mut self, target: &Path, backup: &Path) -> io::Result<()> {
        change::rename_new(target, backup)?;
        change::rename_new(&self.path, target).inspect_err(|_| {
            let _ = change::rename_new(backup, target);
        })?;
        self.published = true;
        Ok(())
    }

    /// The full path of something inside.
    pub(super) fn inside(&self, relative: &Path) -> Result<PathBuf, FileError> {
        let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
        if relative.as_os_str().is_empty() || !relative.components().all(plain) {
            let outside = io::Error::other("the path leads outside what is being prepared");
            return Err(self.refused(relative, outside));
        }
        Ok(self.path.join(relative))
    }

    /// Names the directory that the caller knows, and what was to be written there.
    pub(super) fn refused(&self, relative: &Path, error: io::Error) -> FileError {
        FileError::on("write", sys::parent_of(&self.path))(error).about(relative)
    }

    /// Remembers a file that must be made durable. When there are many, they are, and closed: a
    /// process may have a thousand open.
    pub(super) fn prepared(&self, file: File, path: PathBuf) -> io::Result<()> {
        self.files.borrow_mut().push((file, path));
        if self.files.borrow().len() < BATCH {
            return Ok(());
        }
        self.sync_with(&[])?;
        self.files.borrow_mut().clear();
        Ok(())
    }

    /// Remembers a directory that gets the mode of another one at the end.
    pub(super) fn close_later(&self, path: PathBuf, like: Metadata) {
        self.closing.borrow_mut().push((path, like));
    }

    /// Remembers what is closed to the group that it should have.
    pub(super) fn closed(&self, path: &Path, set: Set) {
        if set == Set::WithoutItsGroup {
            self.closed.borrow_mut().push(path.to_owned());
        }
    }

    /// Remembers a directory that must be made durable.
    pub(super) fn changed(&self, directory: PathBuf) {
        self.dirs.borrow_mut().push(directory);
    }

    fn remember(&self, relative: &Path, path: PathBuf) {
        if relative.components().count() == 1 {
            self.top.borrow_mut().push(path);
        }
    }

    /// Makes the content durable, and then the final mode. From there to the rename the directory
    /// has no mark that it is unfinished, so that is as short as can be.
    fn seal(&self, mode: u32, old: Option<&Metadata>) -> io::Result<()> {
        self.sync_with(&self.dirs.borrow())?;
        // The inner ones first: an outer one may not even be entered afterwards.
        for (path, like) in self.closing.borrow().iter().rev() {
            let directory = reach::open_dir(path)?;
            self.closed(path, mode::copy(&directory, path, like)?);
            change::sync_open_dir(&directory, path)?;
        }
        match old {
            Some(old) => {
                self.closed(&self.path, mode::set_within(&self.handle, &self.path, mode, old)?);
            }
            None => change::set_mode(&self.handle, &self.path, mode)?,
        }
        change::sync_dir(&self.path)
    }

    fn sync(&self) -> io::Result<()> {
        let mut directories = self.dirs.borrow().clone();
        directories.push(self.path.clone());
        self.sync_with(&directories)
    }

    /// Makes the files durable, and these directories.
    fn sync_with(&self, directories: &[PathBuf]) -> io::Result<()> {
        let files = self.files.borrow();
        sync::all(files.iter().map(|(file, path)| (file, path.as_path())), directories)
    }

    /// Makes the renames durable, on both sides.
    fn sync_parents(&self, target: &Path) -> io::Result<()> {
        let (to, from) = (sys::parent_of(target), sys::parent_of(&self.path));
        change::sync_dir(to)?;
        if from == to { Ok(()) } else { change::sync_dir(from) }
    }
}

/// Keeps descriptors, all of one directory.
fn reserve(directory: &Path) -> io::Result<Vec<OwnedFd>> {
    let first = reach::reach(directory)?;
    let mut all = (1..RESERVED).map(|_| first.try_clone()).collect::<io::Result<Vec<_>>>()?;
    all.push(first);
    Ok(all)
}

/// The system's refusal to replace a directory. Moving it changes what it is in, and itself: `..` is
/// another directory then.
fn replacing(target: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |error| {
        let refused = FileError::on("replace", target)(error);
        if refused.kind() != FileErrorKind::PermissionDenied {
            return refused;
        }
        let mode = |directory| guard::own_read_only(directory).map(|mode| (directory, mode));
        let Some((directory, mode)) = [target, sys::parent_of(target)].into_iter().find_map(mode)
        else {
            return refused;
        };
        let detail =
            format!("{} has mode {mode:04o}, and must be writable for that", directory.display());
        FileError::new("replace", target, FileErrorKind::NotWritable, detail)
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        // Removing takes a few, and they may be what the run failed for.
        self.files.borrow_mut().clear();
        self.reserve.clear();
        // What could not be brought back now is brought back by the next run.
        if !self.published && !is_publishing(&self.path) {
            let _ = change::remove_tree(&self.path);
        }
    }
}
