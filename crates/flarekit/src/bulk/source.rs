//! Which requests are to be approved.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::Limits;
use crate::error::{Code, Error, Warning, WarningCode};
use crate::files::{self, FileError, Found};
use crate::names::shown;

/// How the requests in a directory are recognised.
pub(super) const ENDING: &str = ".request.zip";

/// The requests of one run.
#[derive(Debug)]
pub struct Sources {
    /// The files that were named and, of directories, what is in them and ends in `.request.zip`,
    /// sorted by name. What cannot be one is refused in its turn.
    pub requests: Vec<Source>,
    /// Which zips in the directories were passed over.
    pub warnings: Vec<Warning>,
}

impl Sources {
    /// Looks the paths up.
    ///
    /// # Errors
    /// [`Code::RequestZipNotFound`] if there is nothing at any of the paths.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let requests: Vec<Source> =
            paths.iter().flat_map(|path| Source::of(path, &mut warnings)).collect();
        refuse_nothing(&requests)?;
        Ok(Self { requests, warnings })
    }
}

/// Nothing at all is a slip in the command, and not a run in which everything was refused.
fn refuse_nothing(requests: &[Source]) -> Result<(), Error> {
    const SHOWN: usize = 3;
    let missing = |source: &Source| match &source.real {
        Real::Refused(error) if error.code() == Code::RequestZipNotFound => {
            Some(Error::clone(error))
        }
        _ => None,
    };
    let Some(errors) = requests.iter().map(missing).collect::<Option<Vec<Error>>>() else {
        return Ok(());
    };
    let messages: Vec<&str> = errors.iter().map(Error::message).take(SHOWN).collect();
    if messages.is_empty() {
        return Ok(());
    }
    let more = match errors.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; and {more} more like that"),
    };
    Err(Error::new(Code::RequestZipNotFound, messages.join("; ") + &more))
}

/// A request zip that was named, or found in a directory that was named.
#[derive(Debug)]
pub struct Source {
    path: Box<Path>,
    real: Real,
}

/// Where a request zip really is. There may be very many of one directory.
#[derive(Debug)]
enum Real {
    At(PathBuf),
    /// In this directory, by its own name.
    In(Arc<Path>),
    /// Why it cannot be a request.
    Refused(Box<Error>),
}

impl Source {
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
        let real = match &self.real {
            Real::At(path) => path.clone(),
            Real::In(directory) => directory.join(self.path.file_name().unwrap_or_default()),
            Real::Refused(error) => return Err(Error::clone(error)),
        };
        let read = files::read(&real, Limits::ARTIFACT.archive_bytes);
        read.map(|file| file.bytes).map_err(|error| self.refusal(&error))
    }

    fn refusal(&self, error: &FileError) -> Error {
        if error.not_found() { missing(&self.path) } else { error.code(Code::InvalidArgs) }
    }

    fn of(path: &Path, warnings: &mut Vec<Warning>) -> Vec<Self> {
        let unusable = |error: FileError| error.code(Code::InvalidArgs);
        let one = |real: Result<PathBuf, Error>| {
            let real = real.map_or_else(|error| Real::Refused(Box::new(error)), Real::At);
            vec![Self { path: path.into(), real }]
        };
        let real = match files::resolve(path).map_err(unusable) {
            Ok(real) => real,
            Err(error) => return one(Err(error)),
        };
        match files::look(&real) {
            Ok(Found::Directory) => {}
            Ok(Found::Nothing) => return one(Err(missing(path))),
            // A link to a file is not followed, one to a directory is.
            _ => return one(files::resolve_parent(path).map_err(unusable)),
        }
        let entries = match files::list(&real).map_err(unusable) {
            Ok(entries) => entries,
            Err(error) => return one(Err(error)),
        };
        let passed_over = passed_over(&entries);
        let real: Arc<Path> = real.into();
        let found: Vec<Self> = entries
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| name.as_encoded_bytes().ends_with(ENDING.as_bytes()))
            .map(|name| Self { path: path.join(name).into(), real: Real::In(real.clone()) })
            .collect();
        if found.is_empty() {
            let but = passed_over.map(|why| format!("; {why}")).unwrap_or_default();
            let message = format!("there is no file *{ENDING} in {}{but}", path.display());
            return one(Err(Error::new(Code::RequestZipNotFound, message)));
        }
        warnings.extend(
            passed_over.map(|why| {
                Warning::new(WarningCode::RequestsPassedOver, why).within(path.display())
            }),
        );
        found
    }
}

fn missing(path: &Path) -> Error {
    Error::new(Code::RequestZipNotFound, format!("there is no file {}", path.display()))
}

/// What is said of zips that browsers and mail programs may have renamed, such as
/// `hospital-b.request (2).zip`. The answers to requests may lie beside them.
fn passed_over(entries: &[(OsString, Found)]) -> Option<String> {
    const SHOWN: usize = 5;
    let is_renamed = |name: &str| {
        if name.ends_with(ENDING) {
            return false;
        }
        let folded = name.to_ascii_lowercase();
        let is_answer = [".signed", ".denied"].iter().any(|word| folded.contains(word));
        folded.ends_with(".zip") && (folded.contains(".request") || !is_answer)
    };
    let names: Vec<String> = entries
        .iter()
        .filter(|(_, found)| *found == Found::File)
        .map(|(name, _)| name.to_string_lossy())
        .filter(|name| is_renamed(name))
        .map(|name| shown(&name))
        .collect();
    let first = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| {
        format!(
            "not taken for a request, because the name does not end in {ENDING}: {first}{more}. If \
             it is one, rename it, or name it on the command line"
        )
    })
}
