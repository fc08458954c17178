//! Many small files that should all be the same, compared with as few system calls as possible.

use super::error::FileError;
use super::reach::{open_beneath, open_dir};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// A directory in which files are compared.
pub struct Comparison(File);

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Nothing is there.
    Nothing,
    /// A file with just these bytes.
    Same,
    /// Something else, or the system does not tell at once: it must be looked at in full.
    Unsure,
}

impl Comparison {
    /// Opens the directory.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn of(directory: &Path) -> Result<Self, FileError> {
        open_dir(directory).map(Self).map_err(FileError::on("list", directory))
    }

    /// Compares the file at a relative path, on the way to which no link is followed.
    #[must_use]
    pub fn with(&self, relative: &Path, bytes: &[u8]) -> Compared {
        match open_beneath(&self.0, relative) {
            Ok(file) => {
                // One byte more, to notice a longer file. What is no plain file reads as another.
                let mut found = vec![0; bytes.len() + 1];
                let read = (&file).read(&mut found);
                let same = read.is_ok_and(|length| found.get(..length) == Some(bytes));
                if same { Compared::Same } else { Compared::Unsure }
            }
            Err(rustix::io::Errno::NOENT) => Compared::Nothing,
            Err(_) => Compared::Unsure,
        }
    }
}
