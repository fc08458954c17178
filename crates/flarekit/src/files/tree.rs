//! What somebody else wrote into a directory: looked at, and taken over.

use super::error::{FileError, FileErrorKind};
use super::look::{Found, list, look};
use super::{change, reach, sys};
use rustix::fs::FileType;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its path, relative to the top.
    pub path: PathBuf,
    /// What it is.
    pub found: Found,
    /// Its mode, without the file type.
    pub mode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Where a symbolic link leads.
    pub target: Option<PathBuf>,
}

/// Everything below a directory, sorted, an outer directory before what is in it. No link is
/// followed.
///
/// # Errors
/// [`FileErrorKind::TooLarge`] if there are more than `most` entries, or the system's refusal.
pub fn tree(top: &Path, most: usize) -> Result<Vec<TreeEntry>, FileError> {
    let mut entries: Vec<TreeEntry> = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(directory) = waiting.pop() {
        for (name, _) in list(&top.join(&directory))? {
            if entries.len() >= most {
                let detail = format!("it has more than {most} entries");
                return Err(FileError::new("list", top, FileErrorKind::TooLarge, detail));
            }
            let entry = entry(top, directory.join(name))?;
            if entry.found == Found::Directory {
                waiting.push(entry.path.clone());
            }
            entries.push(entry);
        }
    }
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

fn entry(top: &Path, path: PathBuf) -> Result<TreeEntry, FileError> {
    let full = top.join(&path);
    let on = || FileError::on("look at", &full);
    let data = fs::symlink_metadata(&full).map_err(on())?;
    let found = super::look::kind(FileType::from_raw_mode(data.mode()));
    let target = match found {
        Found::Link => Some(fs::read_link(&full).map_err(on())?),
        _ => None,
    };
    Ok(TreeEntry { path, found, mode: data.mode() & 0o7777, size: data.len(), target })
}

/// Moves a file into a directory that is really one, in the place of a file or link of its name.
///
/// # Errors
/// If the directory is a link or missing, or the system refuses.
pub fn move_into_place(from: &Path, to: &Path) -> Result<(), FileError> {
    let parent = sys::parent_of(to);
    if look(parent)? != Found::Directory {
        let detail = "it is not a directory";
        return Err(FileError::new("write", parent, FileErrorKind::NotADirectory, detail));
    }
    change::rename(from, to).map_err(FileError::on("write", to))
}

/// Makes everything below a directory durable.
pub(super) fn sync_tree(top: &Path, most: usize) -> Result<(), FileError> {
    for entry in tree(top, most)? {
        let path = top.join(&entry.path);
        let on = || FileError::on("write", &path);
        match entry.found {
            Found::Directory => change::sync_dir(&path).map_err(on())?,
            Found::File => {
                reach::open(&path, false)
                    .and_then(|file| change::sync_file(&file, &path))
                    .map_err(on())?;
            }
            Found::Link | Found::Nothing | Found::Other => {}
        }
    }
    Ok(())
}

/// Removes everything in a directory.
pub(super) fn empty(top: &Path) -> Result<(), FileError> {
    for (name, found) in list(top)? {
        let path = top.join(name);
        match found {
            Found::Directory => change::remove_tree(&path),
            _ => change::remove_file(&path),
        }
        .map_err(FileError::on("remove", &path))?;
    }
    Ok(())
}
