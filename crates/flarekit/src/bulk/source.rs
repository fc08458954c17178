//! Which requests are to be approved.

use std::path::{Path, PathBuf};

use crate::archive::Limits;
use crate::error::{Code, Error};
use crate::files::{self, FileError, Found};

/// How the requests in a directory are recognised.
pub(super) const ENDING: &str = ".request.zip";

/// A request zip that was named, or found in a directory that was named.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    /// Where that really is, or why it cannot be a request.
    real: Result<PathBuf, Error>,
}

impl Source {
    /// The files that were named and, of directories, what is in them and ends in `.request.zip`,
    /// sorted by name. What cannot be one is refused in its turn.
    #[must_use]
    pub fn all_of(paths: &[PathBuf]) -> Vec<Self> {
        paths.iter().flat_map(|path| Self::of(path)).collect()
    }

    /// The path, as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the request zip.
    ///
    /// # Errors
    /// [`Code::RequestZipNotFound`], or [`Code::InvalidArgs`] for what is there and cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        let real = self.real.as_ref().map_err(Clone::clone)?;
        let read = files::read(real, Limits::ARTIFACT.archive_bytes);
        read.map(|file| file.bytes).map_err(|error| self.refusal(&error))
    }

    fn refusal(&self, error: &FileError) -> Error {
        if error.not_found() {
            let message = format!("there is no file {}", self.path.display());
            Error::new(Code::RequestZipNotFound, message)
        } else {
            error.code(Code::InvalidArgs)
        }
    }

    fn of(path: &Path) -> Vec<Self> {
        let unusable = |error: FileError| error.code(Code::InvalidArgs);
        let one = |real| vec![Self { path: path.to_owned(), real }];
        let real = match files::resolve(path).map_err(unusable) {
            Ok(real) => real,
            Err(error) => return one(Err(error)),
        };
        if files::look(&real) != Ok(Found::Directory) {
            // A link to a file is not followed, one to a directory is.
            return one(files::resolve_parent(path).map_err(unusable));
        }
        let names = match files::list(&real).map_err(unusable) {
            Ok(names) => names.into_iter().map(|(name, _)| name),
            Err(error) => return one(Err(error)),
        };
        let found: Vec<Self> = names
            .filter(|name| name.as_encoded_bytes().ends_with(ENDING.as_bytes()))
            .map(|name| Self { path: path.join(&name), real: Ok(real.join(name)) })
            .collect();
        if found.is_empty() {
            let message = format!("there is no file *{ENDING} in {}", path.display());
            return one(Err(Error::new(Code::RequestZipNotFound, message)));
        }
        found
    }
}
