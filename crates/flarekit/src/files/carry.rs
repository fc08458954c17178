//! Taking over what somebody else made into a directory that is being prepared.

use super::change;
use super::error::FileError;
use super::look::{Found, look};
use super::read::read_chunks;
use super::staged::StagedDir;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

impl StagedDir {
    /// Copies a file, a link or a directory (without its content) from elsewhere, with its mode, in
    /// the place of what may have been prepared there. A link is copied as it is.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn carry(&self, relative: &Path, from: &Path) -> Result<(), FileError> {
        let path = self.inside(relative)?;
        let data = fs::symlink_metadata(from).map_err(FileError::on("read", from))?;
        let mode = data.mode() & 0o7777;
        match (look(from)?, look(&path)?) {
            (Found::Directory, Found::Directory) => return Ok(()),
            (_, Found::Nothing) => {}
            (_, Found::Directory) => {
                change::remove_tree(&path).map_err(|error| self.refused(relative, error))?;
            }
            _ => change::remove_file(&path).map_err(|error| self.refused(relative, error))?,
        }
        if data.is_dir() {
            return self.make_dir(relative, mode);
        }
        if data.is_symlink() {
            let target = fs::read_link(from).map_err(FileError::on("read", from))?;
            return change::symlink(&target, &path).map_err(|error| self.refused(relative, error));
        }
        let file = change::create_private(&path).map_err(|error| self.refused(relative, error))?;
        read_chunks(from, |chunk| change::write_all(&file, &path, chunk))?;
        change::set_mode(&file, &path, mode).map_err(|error| self.refused(relative, error))?;
        self.prepared(file, path);
        Ok(())
    }
}
