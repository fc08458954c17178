//! Taking over what somebody else made into a directory that is being prepared.

use super::error::FileError;
use super::look::{Found, look};
use super::mode::{self, Set};
use super::read::read_chunks;
use super::staged::StagedDir;
use super::tree::{TreeEntry, tree};
use super::{change, reach};
use std::fs;
use std::path::Path;

impl StagedDir {
    /// Copies a file, a link or a directory (without its content) from elsewhere, with its mode and
    /// group, in the place of what may have been prepared there. A link is copied as it is, and a
    /// directory has its mode when all is there.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn carry(&self, relative: &Path, from: &Path) -> Result<(), FileError> {
        let path = self.inside(relative)?;
        let data = fs::symlink_metadata(from).map_err(FileError::on("read", from))?;
        match (look(from)?, look(&path)?) {
            (Found::Directory, Found::Directory) => return Ok(()),
            (_, Found::Nothing) => {}
            (_, Found::Directory) => {
                change::remove_tree(&path).map_err(|error| self.refused(relative, error))?;
            }
            _ => change::remove_file(&path).map_err(|error| self.refused(relative, error))?,
        }
        if data.is_dir() {
            change::make_private_dir(&path).map_err(|error| self.refused(relative, error))?;
            self.close_later(path, data);
            return Ok(());
        }
        if data.is_symlink() {
            let target = fs::read_link(from).map_err(FileError::on("read", from))?;
            return change::symlink(&target, &path).map_err(|error| self.refused(relative, error));
        }
        let file = change::create_private(&path).map_err(|error| self.refused(relative, error))?;
        read_chunks(from, |chunk| change::write_all(&file, &path, chunk))?;
        mode::copy(&file, &path, &data)
            .and_then(|set| {
                self.closed(&path, set);
                self.prepared(file, path)
            })
            .map_err(|error| self.refused(relative, error))
    }

    /// Closes what is inside to those to whom its like in another directory is closed.
    pub(super) fn close_like(&self, old: &Path) -> Result<(), FileError> {
        for TreeEntry { path: relative, found, .. } in tree(self.path(), usize::MAX)? {
            let like = match (found, fs::symlink_metadata(old.join(&relative))) {
                (Found::Directory, Ok(like)) if like.is_dir() => like,
                (Found::File, Ok(like)) if like.is_file() => like,
                _ => continue,
            };
            let path = self.inside(&relative)?;
            let refused = |error| self.refused(&relative, error);
            let open = reach::open(&path, like.is_dir()).map_err(refused)?;
            let set = mode::close(&open, &path, &like).map_err(refused)?;
            if set == Set::Already {
                continue;
            }
            self.closed(&path, set);
            if like.is_dir() {
                self.changed(path);
            } else {
                self.prepared(open, path).map_err(refused)?;
            }
        }
        Ok(())
    }
}
