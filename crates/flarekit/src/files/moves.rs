//! Moving what must make room.

use super::error::{FileError, FileErrorKind};
use super::{change, sys};
use std::path::{Path, PathBuf};

/// Renames that are undone unless all succeed.
pub(super) struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    /// Moves every path into its directory, replacing nothing. An error names the path that was to
    /// appear, or the one that was to be moved, according to what the caller was doing.
    pub(super) fn run<'a>(
        moves: impl Iterator<Item = (PathBuf, &'a Path)>,
        doing: &'static str,
    ) -> Result<Self, FileError> {
        let mut done = Self(Vec::new());
        for (from, into) in moves {
            let name = from.file_name().ok_or_else(|| {
                FileError::new(doing, &from, FileErrorKind::Other, "it has no name of its own")
            })?;
            let to = into.join(name);
            if let Err(error) = change::rename_new(&from, &to) {
                let named = if doing == "move" { &from } else { &to };
                let error = FileError::on(doing, named)(error);
                done.undo();
                return Err(error);
            }
            done.0.push((from, to));
        }
        Ok(done)
    }

    /// Makes the moves durable, or undoes them.
    pub(super) fn sync(self) -> Result<(), FileError> {
        let mut directories: Vec<PathBuf> = self
            .0
            .iter()
            .flat_map(|(from, to)| [from, to])
            .map(|path| sys::parent_of(path).to_owned())
            .collect();
        directories.sort();
        directories.dedup();
        for directory in directories {
            if let Err(error) = change::sync_dir(&directory) {
                self.undo();
                return Err(FileError::on("write", &directory)(error));
            }
        }
        Ok(())
    }

    fn undo(&self) {
        for (from, to) in self.0.iter().rev() {
            let _ = change::rename_new(to, from);
        }
    }
}
