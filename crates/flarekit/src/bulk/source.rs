//! Which requests are to be approved.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::archive::Limits;
use crate::error::{Code, Error, Warning, WarningCode};
use crate::files::{self, FileError, Found, SortedNames};
use crate::names::shown;

/// How the requests in a directory are recognised.
pub(super) const ENDING: &str = ".request.zip";

/// The requests of one run: the files that were named and, of directories, what is in them and ends
/// in `.request.zip`, sorted by name. What cannot be one is refused in its turn.
#[derive(Debug)]
pub struct Sources {
    /// Each with the number of its first request: there may be many of both kinds.
    named: Vec<(usize, Named)>,
    count: usize,
    warnings: Vec<Warning>,
}

/// What was named.
#[derive(Debug)]
enum Named {
    One(Source),
    Directory(Directory),
}

/// A directory with requests.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
    real: PathBuf,
    names: SortedNames,
}

impl Sources {
    /// Looks the paths up.
    ///
    /// # Errors
    /// [`Code::RequestZipNotFound`] if there is nothing at any of the paths.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let named: Vec<Named> = paths.iter().map(|path| Named::of(path, &mut warnings)).collect();
        refuse_nothing(&named)?;
        let mut count = 0;
        let numbered = |named: Named| {
            let first = count;
            count += named.count();
            (first, named)
        };
        let named = named.into_iter().map(numbered).collect();
        Ok(Self { named, count, warnings })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Which zips in the directories were passed over.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// A request, counted from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Source> {
        // The last that begins at this number or before it.
        let after = self.named.partition_point(|(first, _)| *first <= number);
        let (first, named) = self.named.get(after.checked_sub(1)?)?;
        (number < self.count).then(|| named.get(number - first))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Source> {
        (0..self.count).filter_map(|number| self.get(number))
    }
}

/// Nothing at all is a slip in the command, and not a run in which everything was refused.
fn refuse_nothing(named: &[Named]) -> Result<(), Error> {
    const SHOWN: usize = 3;
    let missing = |named: &Named| match named {
        Named::One(Source { real: Err(error), .. }) if error.code() == Code::RequestZipNotFound => {
            Some(Error::clone(error))
        }
        _ => None,
    };
    let Some(errors) = named.iter().map(missing).collect::<Option<Vec<Error>>>() else {
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
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    /// Where it really is, or why it cannot be a request.
    real: Result<PathBuf, Box<Error>>,
}

impl Source {
    /// The path, as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same, for itself.
    #[must_use]
    pub fn into_path(self) -> PathBuf {
        self.path
    }

    /// The bytes of the request zip.
    ///
    /// # Errors
    /// [`Code::RequestZipNotFound`], or [`Code::InvalidArgs`] for what is there and cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        let real = self.real.as_ref().map_err(|error| Error::clone(error))?;
        let read = files::read(real, Limits::ARTIFACT.archive_bytes);
        read.map(|file| file.bytes).map_err(|error| self.refusal(&error))
    }

    fn refusal(&self, error: &FileError) -> Error {
        if error.not_found() { missing(&self.path) } else { unusable(error) }
    }
}

impl Named {
    fn of(path: &Path, warnings: &mut Vec<Warning>) -> Self {
        let one = |real: Result<PathBuf, Error>| {
            Self::One(Source { path: path.to_owned(), real: real.map_err(Box::new) })
        };
        let real = match files::resolve(path) {
            Ok(real) => real,
            Err(error) => return one(Err(unusable(&error))),
        };
        match files::look(&real) {
            Ok(Found::Directory) => {}
            Ok(Found::Nothing) => return one(Err(missing(path))),
            // A link to a file is not followed, one to a directory is.
            _ => return one(files::resolve_parent(path).map_err(|error| unusable(&error))),
        }
        let is_request = |name: &OsStr| name.as_encoded_bytes().ends_with(ENDING.as_bytes());
        let mut passed_over = PassedOver::default();
        let looked = files::visit(&real, |name, found| {
            if found == Found::File && !is_request(name) {
                passed_over.look(&name.to_string_lossy());
            }
        });
        let names = match looked.and_then(|()| SortedNames::list(&real, is_request)) {
            Ok(names) => names,
            Err(error) => return one(Err(unusable(&error))),
        };
        let passed_over = passed_over.told();
        if names.count() == 0 {
            let but = passed_over.map(|why| format!("; {why}")).unwrap_or_default();
            let message = format!("there is no file *{ENDING} in {}{but}", path.display());
            return one(Err(Error::new(Code::RequestZipNotFound, message)));
        }
        warnings.extend(
            passed_over.map(|why| {
                Warning::new(WarningCode::RequestsPassedOver, why).within(path.display())
            }),
        );
        Self::Directory(Directory { path: path.to_owned(), real, names })
    }

    fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Directory(directory) => directory.names.count(),
        }
    }

    fn get(&self, number: usize) -> Source {
        let Directory { path, real, names } = match self {
            Self::One(source) => return source.clone(),
            Self::Directory(directory) => directory,
        };
        match names.get(number) {
            Ok(name) => Source { path: path.join(&name), real: Ok(real.join(name)) },
            Err(error) => Source { path: path.clone(), real: Err(Box::new(unusable(&error))) },
        }
    }
}

fn unusable(error: &FileError) -> Error {
    error.code(Code::InvalidArgs)
}

fn missing(path: &Path) -> Error {
    Error::new(Code::RequestZipNotFound, format!("there is no file {}", path.display()))
}

/// Zips that browsers and mail programs may have renamed, such as `hospital-b.request (2).zip`. The
/// answers to requests may lie beside them.
#[derive(Default)]
struct PassedOver {
    count: usize,
    /// The first of them.
    names: BTreeSet<String>,
}

impl PassedOver {
    const SHOWN: usize = 5;

    fn look(&mut self, name: &str) {
        let folded = name.to_ascii_lowercase();
        let is_answer = [".signed", ".denied"].iter().any(|word| folded.contains(word));
        if folded.ends_with(".zip") && (folded.contains(".request") || !is_answer) {
            self.count += 1;
            self.names.insert(name.to_owned());
            if self.names.len() > Self::SHOWN {
                self.names.pop_last();
            }
        }
    }

    fn told(self) -> Option<String> {
        let names: Vec<String> = self.names.iter().map(|name| shown(name)).collect();
        let more = match self.count - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (self.count > 0).then(|| {
            format!(
                "not taken for a request, because the name does not end in {ENDING}: {}{more}. If \
                 it is one, rename it, or name it on the command line",
                names.join(", ")
            )
        })
    }
}
