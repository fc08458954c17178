//! What is this? A zip, a certificate, a request for one, a revocation list, a key, a CA directory, a
//! request folder or a kit, recognised by its content and not by its name.
//!
//! Whoever inspects does not trust the thing yet. So what is shown is what the thing *says*, also
//! where something is wrong with it, and beside it stands what was verified, what was not, and what
//! is wrong. Only what cannot be read at all is an error. A private key is never shown.

mod facts;
mod folders;
mod kinds;
mod single;
mod zips;

pub use zips::inspect as inspect_zip;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::approval::RootTrust;
use crate::archive::Limits;
use crate::error::{Code, Error, Reason};
use crate::files::{self, FileError, FileErrorKind, Found};
use crate::time::Timestamp;
use crate::verify::{Checks, check_kit};
pub(crate) use facts::{certificate as certificate_facts, root as root_facts};
use kinds::{FolderKind, SingleKind};

/// What something says about itself, and what there is to say about that.
#[derive(Debug)]
pub struct Inspection {
    /// What it is: "request zip".
    pub artifact: &'static str,
    /// What it says.
    pub facts: Map<String, Value>,
    /// What was verified, what was not, and what is wrong.
    pub checks: Checks,
}

/// Looks at a file or a directory.
///
/// # Errors
/// [`Code::InvalidArgs`] when nothing is there, it cannot be read, or it is nothing that is known.
pub fn inspect(path: &Path, now: Timestamp) -> Result<Inspection, Error> {
    let place = path.display().to_string();
    match Thing::at(path)? {
        Thing::Folder(folder) => directory(&folder, now),
        Thing::File(bytes, mode) => file(&bytes, mode, &place, now),
    }
}

/// What can be verified: whether it is whole and fits together is told check by check.
#[derive(Debug, PartialEq, Eq)]
pub enum Verifiable {
    /// A startup kit.
    Kit,
    /// The bytes of a zip, or of what is nothing else that is known: a zip that was damaged, say.
    Zip(Vec<u8>),
}

impl Verifiable {
    /// Looks which of the two is at a path.
    ///
    /// # Errors
    /// As [`inspect()`], and [`Reason::NotForVerify`] for what can be looked at only.
    pub fn at(path: &Path) -> Result<Self, Error> {
        const EXPECTED: &str = "a startup kit or a zip";
        let place = path.display();
        let refused = |what: &str| {
            let message = format!("{place} is a {what}, not {EXPECTED}");
            Err(Error::because(Code::InvalidArgs, Reason::NotForVerify, message))
        };
        match Thing::at(path)? {
            Thing::Folder(folder) => match FolderKind::of(&folder) {
                Some(FolderKind::Kit) => Ok(Self::Kit),
                Some(other) => refused(other.as_str()),
                None => Err(kinds::unknown_folder(&folder, EXPECTED)),
            },
            Thing::File(bytes, _) if kinds::is_zip(&bytes) => Ok(Self::Zip(bytes.to_vec())),
            Thing::File(bytes, _) => match SingleKind::of(&bytes) {
                Some(other) => refused(other.as_str()),
                None => {
                    let but = format!("not {EXPECTED}");
                    kinds::refuse_recognised(&bytes, &place.to_string(), &but)?;
                    Ok(Self::Zip(bytes.to_vec()))
                }
            },
        }
    }
}

/// What a path leads to.
enum Thing {
    Folder(PathBuf),
    /// A file's content, which may be a key, and its mode.
    File(Zeroizing<Vec<u8>>, u32),
}

impl Thing {
    fn at(path: &Path) -> Result<Self, Error> {
        let unreadable = |error: FileError| error.code(Code::InvalidArgs);
        let target = files::resolve(path).map_err(unreadable)?;
        if files::look(&target).map_err(unreadable)? == Found::Directory {
            return Ok(Self::Folder(target));
        }
        let limit = Limits::ARTIFACT.archive_bytes;
        let file_path = files::resolve_parent(path).map_err(unreadable)?;
        match files::read_secret(&file_path, limit) {
            Ok((bytes, mode)) => Ok(Self::File(bytes, mode)),
            Err(error)
                if error.kind() == FileErrorKind::TooLarge && kinds::is_ledger(&file_path) =>
            {
                Err(kinds::ledger(&path.display().to_string()))
            }
            Err(error) => Err(unreadable(error)),
        }
    }
}

fn file(bytes: &[u8], mode: u32, place: &str, now: Timestamp) -> Result<Inspection, Error> {
    if kinds::is_zip(bytes) {
        return zips::inspect(bytes, place, RootTrust::Unpinned, now).map(|(found, _)| found);
    }
    let Some(kind) = SingleKind::of(bytes) else {
        kinds::refuse_recognised(bytes, place, "which is nothing that 'inspect' shows")?;
        let expected = "a zip, a certificate, a certificate signing request, a revocation list or a \
                        private key";
        return Err(unknown(place, expected));
    };
    single::inspect(kind, bytes, mode, place, now)
}

fn directory(path: &Path, now: Timestamp) -> Result<Inspection, Error> {
    let Some(error) = files::interrupted(path) else { return of_folder(path, now) };
    // Half a folder may be none that is known.
    let mut found = of_folder(path, now).map_err(|_| error.code(Code::InvalidArgs))?;
    let mut checks = Checks::default();
    checks.failed("files", error.into());
    checks.append(found.checks);
    found.checks = checks;
    Ok(found)
}

fn of_folder(path: &Path, now: Timestamp) -> Result<Inspection, Error> {
    match FolderKind::of(path) {
        Some(FolderKind::Ca) => Ok(folders::ca(path, now)),
        Some(FolderKind::Kit) => {
            let kit = check_kit(path, RootTrust::Unpinned, now)?;
            Ok(Inspection { artifact: "startup kit", facts: kit.facts, checks: kit.checks })
        }
        Some(FolderKind::Request) => folders::request(path),
        None => {
            let expected = "a CA directory, a request folder or a startup kit";
            Err(kinds::unknown_folder(path, expected))
        }
    }
}

fn unknown(place: &str, expected: &str) -> Error {
    Error::because(Code::InvalidArgs, Reason::UnknownArtifact, format!("{place} is not {expected}"))
}
