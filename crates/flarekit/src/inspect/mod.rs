//! What is this? A zip, a certificate, a request for one, a revocation list, a key, a CA directory, a
//! request folder or a kit, recognised by its content and not by its name.
//!
//! Whoever inspects does not trust the thing yet. So what is shown is what the thing *says*, also
//! where something is wrong with it, and beside it stands what was verified, what was not, and what
//! is wrong. Only what cannot be read at all is an error. A private key is never shown.

mod facts;
mod folders;
mod single;
mod zips;

pub use zips::inspect as inspect_zip;

use std::path::Path;

use serde_json::{Map, Value};

use crate::approval::RootTrust;
use crate::archive::Limits;
use crate::error::{Code, Error, Reason};
use crate::files::{self, FileError, Found};
use crate::time::Timestamp;
use crate::verify::{Checks, check_kit};
pub(crate) use facts::{certificate as certificate_facts, root as root_facts};

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
    let unreadable = |error: FileError| error.code(Code::InvalidArgs);
    let target = files::resolve(path).map_err(unreadable)?;
    match files::look(&target).map_err(unreadable)? {
        Found::Directory => directory(&target, now),
        // The file may be a key, so it is read as one.
        _ => {
            let limit = Limits::ARTIFACT.archive_bytes;
            let file_path = files::resolve_parent(path).map_err(unreadable)?;
            let (bytes, mode) = files::read_secret(&file_path, limit).map_err(unreadable)?;
            file(&bytes, mode, &path.display().to_string(), now)
        }
    }
}

fn file(bytes: &[u8], mode: u32, place: &str, now: Timestamp) -> Result<Inspection, Error> {
    if bytes.starts_with(b"PK") {
        return zips::inspect(bytes, place, RootTrust::Unpinned, now).map(|(found, _)| found);
    }
    single::inspect(bytes, mode, place, now)
}

fn directory(path: &Path, now: Timestamp) -> Result<Inspection, Error> {
    let has =
        |name: &str| matches!(files::look(&path.join(name)), Ok(found) if found != Found::Nothing);
    if has("ca.json") || has("rootCA.key") {
        return Ok(folders::ca(path, now));
    }
    if has("startup") {
        let kit = check_kit(path, RootTrust::Unpinned, now)?;
        return Ok(Inspection { artifact: "startup kit", facts: kit.facts, checks: kit.checks });
    }
    if has("request.json") {
        return folders::request(path);
    }
    Err(unknown(&path.display().to_string(), "a CA directory, a request folder or a startup kit"))
}

fn unknown(place: &str, expected: &str) -> Error {
    Error::because(Code::InvalidArgs, Reason::UnknownArtifact, format!("{place} is not {expected}"))
}
