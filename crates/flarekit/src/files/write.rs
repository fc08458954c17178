//! Writing one file: complete, with its mode, or not at all.

use super::error::{FileError, FileErrorKind};
use super::look::{Found, look};
use super::{change, reach, sync, sys};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Writes a file where nothing is. Of several at the same time, exactly one succeeds.
///
/// # Errors
/// [`FileErrorKind::AlreadyExists`] if anything is there, or the system's refusal; nothing is left.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    prepare(path, bytes, mode)?.place_new()
}

/// Writes a file, at once in place of a plain file that may be there.
///
/// # Errors
/// [`FileErrorKind::IsSymlink`] or [`FileErrorKind::NotAPlainFile`] if something else is there, or
/// the system's refusal; what was there is unchanged.
pub fn write_replacing(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    // Looked at first: what will be refused need not be written.
    expect_file_or_nothing(path)?;
    prepare(path, bytes, mode)?.place_replacing()
}

/// A file that is complete and durable, and only lacks its name. Dropped, it is removed.
#[must_use = "dropping this removes the file"]
pub struct PreparedFile {
    draft: Draft,
    path: PathBuf,
}

/// Prepares a file, so that what can fail has happened before something else is done.
///
/// # Errors
/// The system's refusal; nothing is left.
pub fn prepare(path: &Path, bytes: &[u8], mode: u32) -> Result<PreparedFile, FileError> {
    prepare_in(sys::parent_of(path), path, bytes, mode)
}

/// The same, with the unfinished file in another directory of the same file system, which need not
/// be listed to be swept when many files are beside the finished one: see [`staging`].
///
/// # Errors
/// As [`prepare`].
pub fn prepare_in(
    staging: &Path,
    path: &Path,
    bytes: &[u8],
    mode: u32,
) -> Result<PreparedFile, FileError> {
    write_ahead_in(staging, path, bytes, mode)?.sync()
}

/// A file that is complete but not durable, and has no name yet. Dropped, it is removed.
#[must_use = "dropping this removes the file"]
pub struct WrittenFile {
    draft: Draft,
    path: PathBuf,
}

/// Writes a file that is [made durable](WrittenFile::sync) later, with others: once the first of many
/// is durable, the file system has little left to do for the rest.
///
/// # Errors
/// The system's refusal; nothing is left.
pub fn write_ahead(path: &Path, bytes: &[u8], mode: u32) -> Result<WrittenFile, FileError> {
    write_ahead_in(sys::parent_of(path), path, bytes, mode)
}

/// The same, where [`prepare_in`] has it.
///
/// # Errors
/// As [`write_ahead`].
pub fn write_ahead_in(
    staging: &Path,
    path: &Path,
    bytes: &[u8],
    mode: u32,
) -> Result<WrittenFile, FileError> {
    let draft = Draft::write(staging, bytes, mode).map_err(FileError::on("write", path))?;
    Ok(WrittenFile { draft, path: path.to_owned() })
}

impl WrittenFile {
    /// Makes the file durable.
    ///
    /// # Errors
    /// The system's refusal; nothing is left.
    pub fn sync(self) -> Result<PreparedFile, FileError> {
        let Self { draft, path } = self;
        change::sync_file(&draft.file, &draft.path).map_err(FileError::on("write", &path))?;
        Ok(PreparedFile { draft, path })
    }
}

/// Where a file that goes into `directory` may be prepared: in `above`, if that is on the same file
/// system.
#[must_use]
pub fn staging<'a>(above: &'a Path, directory: &'a Path) -> &'a Path {
    if sys::same_file_system(above, directory) { above } else { directory }
}

/// Writes several files into a directory, each at once in place of a plain file that may be there.
///
/// # Errors
/// As [`write_replacing`]; some of the files may be there.
pub fn write_all_replacing(
    directory: &Path,
    files: &[(&str, &[u8])],
    mode: u32,
) -> Result<(), FileError> {
    let mut prepared = Vec::new();
    for (name, bytes) in files {
        let path = directory.join(name);
        expect_file_or_nothing(&path)?;
        let draft = Draft::write(directory, bytes, mode).map_err(FileError::on("write", &path))?;
        prepared.push(PreparedFile { draft, path });
    }
    let drafts = prepared.iter().map(|one| (&one.draft.file, one.draft.path.as_path()));
    sync::all(drafts, &[]).map_err(FileError::on("write", directory))?;
    let placed: Result<Vec<_>, _> =
        prepared.into_iter().map(PreparedFile::name_replacing).collect();
    sync_names(directory, placed?)
}

impl PreparedFile {
    /// Gives the file its name, as [`write_new`] does.
    ///
    /// # Errors
    /// As [`write_new`].
    pub fn place_new(self) -> Result<(), FileError> {
        self.name_new()?.sync()
    }

    /// Gives the file its name, as [`write_replacing`] does.
    ///
    /// # Errors
    /// As [`write_replacing`].
    pub fn place_replacing(self) -> Result<(), FileError> {
        self.name_replacing()?.sync()
    }

    /// Gives the file its name as one of several: [`sync_names`] makes them durable.
    ///
    /// # Errors
    /// As [`write_new`].
    pub fn name_new(self) -> Result<Placed, FileError> {
        self.rename(change::rename_new)
    }

    /// The same in place of a plain file that may be there.
    ///
    /// # Errors
    /// As [`write_replacing`].
    pub fn name_replacing(self) -> Result<Placed, FileError> {
        match expect_file_or_nothing(&self.path)? {
            Found::File => self.swap(),
            // Should a link or a directory have appeared meanwhile: the link itself is replaced,
            // not what it points to, and a directory is refused by the system.
            _ => self.rename(change::rename),
        }
    }

    /// Changes places with the file that is there, which is returned, where the file system can
    /// exchange two names.
    pub(super) fn exchange(self) -> Result<Option<Replaced>, FileError> {
        let placed = self.swap()?;
        match change::sync_dir(sys::parent_of(&placed.path)) {
            Ok(()) => Ok(placed.replaced),
            Err(error) => {
                let refusal = FileError::on("write", &placed.path)(error);
                placed.take_back();
                Err(refusal)
            }
        }
    }

    fn rename(self, rename: fn(&Path, &Path) -> io::Result<()>) -> Result<Placed, FileError> {
        let Self { draft, path } = self;
        rename(&draft.path, &path).map_err(FileError::on("write", &path))?;
        draft.done();
        Ok(Placed { path, new: true, replaced: None })
    }

    fn swap(self) -> Result<Placed, FileError> {
        let Self { draft, path } = self;
        let on = || FileError::on("write", &path);
        // Locked as the draft is: under its other name, `sweep` must not take it for a leftover.
        let before = reach::open(&path, false).ok().filter(|file| file.try_lock().is_ok());
        let replaced = match change::swap(&draft.path, &path) {
            Ok(()) => Some(Replaced { draft, path: path.clone(), _before: before }.expect_file()?),
            Err(error) if sys::is_unsupported(&error) => {
                change::rename(&draft.path, &path).map_err(on())?;
                draft.done();
                None
            }
            Err(error) => return Err(on()(error)),
        };
        Ok(Placed { path, new: false, replaced })
    }
}

/// A file that has its name, which is not durable yet.
#[must_use = "the name is not durable before sync_names"]
pub struct Placed {
    path: PathBuf,
    /// Nothing was there before.
    new: bool,
    replaced: Option<Replaced>,
}

impl Placed {
    fn sync(self) -> Result<(), FileError> {
        let path = self.path.clone();
        sync_names(sys::parent_of(&path), vec![self]).map_err(|error| error.at(&path))
    }

    /// Takes the name away again, and brings back what had it. As far as the system lets it: whoever
    /// calls this reports a refusal already.
    pub fn take_back(self) {
        match self.replaced {
            Some(replaced) => drop(replaced.put_back()),
            None if self.new => drop(change::remove_file(&self.path)),
            None => {}
        }
    }
}

/// Makes the names of files in one directory durable, all at once.
///
/// # Errors
/// The system's refusal; the names are taken back.
pub fn sync_names(directory: &Path, placed: Vec<Placed>) -> Result<(), FileError> {
    change::sync_dir(directory).map_err(|error| {
        placed.into_iter().for_each(Placed::take_back);
        FileError::on("write", directory)(error)
    })
}

/// What was in a file's place, under a name that goes away with this.
pub(super) struct Replaced {
    draft: Draft,
    path: PathBuf,
    /// Holds the lock.
    _before: Option<File>,
}

impl Replaced {
    /// Something else may have taken the name since it was looked at. That goes back to its place:
    /// it is not what was to be replaced, and a directory would be swept with all that is in it.
    fn expect_file(self) -> Result<Self, FileError> {
        match expect_file_or_nothing(&self.draft.path) {
            Ok(_) => Ok(self),
            Err(refusal) => {
                let path = self.path.clone();
                self.put_back().map_err(FileError::on("put back", &path))?;
                Err(refusal.at(&path))
            }
        }
    }

    /// Puts it back. That needs no space on the disk.
    pub(super) fn put_back(self) -> io::Result<()> {
        change::swap(&self.draft.path, &self.path)
    }
}

fn expect_file_or_nothing(path: &Path) -> Result<Found, FileError> {
    let refuse = |kind, detail: &str| Err(FileError::new("replace", path, kind, detail));
    match look(path)? {
        found @ (Found::Nothing | Found::File) => Ok(found),
        Found::Link => refuse(FileErrorKind::IsSymlink, "it is a symbolic link"),
        Found::Directory => refuse(FileErrorKind::NotAPlainFile, "it is a directory"),
        Found::Other => refuse(FileErrorKind::NotAPlainFile, "it is not a plain file"),
    }
}

/// Writes and sets the mode.
pub(super) fn fill(file: &File, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    change::write_all(file, path, bytes)?;
    change::set_mode(file, path, mode)
}

/// A complete file under a random name, locked, and removed unless it gets its own name.
struct Draft {
    path: PathBuf,
    /// Holds the lock, too.
    file: File,
    renamed: bool,
}

impl Draft {
    /// Writes one, which is not durable yet.
    fn write(parent: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        for _ in 0..sys::ATTEMPTS {
            let path = parent.join(sys::random_name()?);
            let file = match change::create_private(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                other => other?,
            };
            let draft = Self { path, file, renamed: false };
            if sys::claim(&draft.file, &draft.path)? {
                fill(&draft.file, &draft.path, bytes, mode)?;
                return Ok(draft);
            }
        }
        Err(io::Error::other("no free temporary name was found"))
    }

    fn done(mut self) {
        self.renamed = true;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = change::remove_file(&self.path);
        }
    }
}
