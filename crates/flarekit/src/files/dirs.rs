//! Making directories with exact modes.

use super::error::{FileError, FileErrorKind};
use super::look::{Found, look};
use super::{change, sync, sys};
use std::io;
use std::path::{Path, PathBuf};

/// The directories that [`make_dirs`] had to make. Those still empty are removed again when this is
/// dropped, unless [`Created::keep`] was called.
#[derive(Debug, Default)]
#[must_use = "dropping this removes the new directories again if they are empty"]
pub struct Created(Vec<PathBuf>);

impl Created {
    /// The directories made, outermost first.
    #[must_use]
    #[cfg(test)]
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.0
    }

    /// Takes over the care for what was made later, perhaps inside these.
    pub fn absorb(&mut self, mut later: Created) {
        self.0.append(&mut later.0);
    }

    /// Leaves them in place, empty or not.
    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            // Fails, as it should, if someone has put something into it.
            let _ = change::remove_dir(path);
        }
    }
}

/// Makes a directory and whatever is missing above it, all with this mode. Directories that exist
/// keep their mode. Links are not followed: what a user named was [resolved](super::resolve) before.
///
/// # Errors
/// [`FileErrorKind::NotADirectory`] if a file or a link is in the way, or the system's refusal;
/// nothing is left.
pub fn make_dirs(path: &Path, mode: u32) -> Result<Created, FileError> {
    let mut result = try_make_dirs(path, mode);
    for _ in 1..sys::ATTEMPTS {
        // Another process may have made one of them, failed, and removed it again.
        if !result.as_ref().is_err_and(|error| error.kind() == FileErrorKind::NotFound) {
            break;
        }
        result = try_make_dirs(path, mode);
    }
    result
}

/// Makes a directory that must not be there yet, and whatever is missing above it.
///
/// # Errors
/// [`FileErrorKind::AlreadyExists`], and those of [`make_dirs`].
pub(super) fn make_new_dir(path: &Path, mode: u32) -> Result<Created, FileError> {
    let mut created = make_dirs(sys::parent_of(path), mode)?;
    let on = || FileError::on("create", path);
    let directory = change::make_private_dir(path).map_err(on())?;
    created.0.push(path.to_owned());
    change::set_mode(&directory, path, mode).map_err(on())?;
    change::sync_dir(sys::parent_of(path)).map_err(on())?;
    Ok(created)
}

fn try_make_dirs(path: &Path, mode: u32) -> Result<Created, FileError> {
    let mut missing = Vec::new();
    for ancestor in path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        if is_dir(ancestor)? {
            break;
        }
        missing.push(ancestor);
    }
    let mut created = Created(Vec::new());
    for path in missing.into_iter().rev() {
        let on = || FileError::on("create", path);
        match change::make_private_dir(path) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_dir(path)? => {}
            Err(error) => return Err(on()(error)),
            Ok(directory) => {
                created.0.push(path.to_owned());
                change::set_mode(&directory, path, mode).map_err(on())?;
            }
        }
    }
    let parents: Vec<PathBuf> =
        created.0.iter().map(|made| sys::parent_of(made).to_owned()).collect();
    sync::all([], &parents).map_err(FileError::on("create", path))?;
    Ok(created)
}

/// Whether a directory is there (`false`: nothing is); anything else is in the way.
fn is_dir(path: &Path) -> Result<bool, FileError> {
    let in_the_way =
        |detail| Err(FileError::new("create", path, FileErrorKind::NotADirectory, detail));
    match look(path)? {
        Found::Directory => Ok(true),
        Found::Nothing => Ok(false),
        Found::Link => in_the_way("it is a symbolic link"),
        Found::File | Found::Other => in_the_way("it exists and is not a directory"),
    }
}
