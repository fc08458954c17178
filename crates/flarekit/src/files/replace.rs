//! Replacing the files of a directory so that the old ones are always whole somewhere.

use super::change;
use super::error::FileError;
use super::moves::Moves;
use std::io;
use std::path::{Path, PathBuf};

/// Puts the files `new` into a directory, in the place of its files `old`, which go to `backup`.
///
/// The backup is complete and durable, by further links to the old files, before the first of them
/// is replaced: a run that is killed leaves all of the old files in the backup, or all in their
/// place. Where there are no such links, files are moved one after another.
///
/// # Errors
/// The system's refusal; all files are where they were.
pub(super) fn replace(
    new: &[PathBuf],
    into: &Path,
    old: &[PathBuf],
    backup: &Path,
) -> Result<(), FileError> {
    let Some(copies) = Copies::link(old, backup) else {
        let away = old.iter().map(|file| (file.clone(), backup));
        let moves = away.chain(new.iter().map(|file| (file.clone(), into)));
        return Moves::run(moves, "create")?.sync();
    };
    change::sync_dir(backup).map_err(|error| {
        copies.remove();
        FileError::on("write", backup)(error)
    })?;
    let mut placed = Vec::new();
    place(new, into, old, &mut placed).map_err(|(path, error)| {
        // Those without an old file go first; then the old ones replace the rest.
        for (from, to) in placed.iter().rev() {
            let _ = change::rename_new(to, from).or_else(|_| change::rename(to, from));
        }
        copies.restore();
        FileError::on("create", &path)(error)
    })
}

/// Lets the new files appear and takes away the old ones that none of them replaced.
fn place(
    new: &[PathBuf],
    into: &Path,
    old: &[PathBuf],
    placed: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<(), (PathBuf, io::Error)> {
    for file in new {
        let to = into.join(file.file_name().unwrap_or_default());
        let expected = old.contains(&to);
        let renamed =
            if expected { change::rename(file, &to) } else { change::rename_new(file, &to) };
        renamed.map_err(|error| (to.clone(), error))?;
        placed.push((file.clone(), to));
    }
    for file in old {
        if !placed.iter().any(|(_, to)| to == file) {
            change::remove_file(file).map_err(|error| (file.clone(), error))?;
        }
    }
    change::sync_dir(into).map_err(|error| (into.to_owned(), error))
}

/// Second links to files.
struct Copies(Vec<(PathBuf, PathBuf)>);

impl Copies {
    /// Links every file into the backup, or none.
    fn link(files: &[PathBuf], backup: &Path) -> Option<Self> {
        let mut copies = Self(Vec::new());
        for file in files {
            let copy = backup.join(file.file_name()?);
            if change::hard_link(file, &copy).is_err() {
                copies.remove();
                return None;
            }
            copies.0.push((file.clone(), copy));
        }
        Some(copies)
    }

    fn remove(&self) {
        for (_, copy) in &self.0 {
            let _ = change::remove_file(copy);
        }
    }

    /// Brings the old files back to their names.
    fn restore(&self) {
        for (file, copy) in &self.0 {
            let _ = change::rename(copy, file);
            // Two links to one file: such a rename does nothing, and the copy stays.
            let _ = change::remove_file(copy);
        }
    }
}
