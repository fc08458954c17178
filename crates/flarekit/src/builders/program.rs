//! A builder that is a program (`exec`): JSON on its standard input, the kit as its directory.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use super::Workplace;
use super::process::Process;
use crate::error::{Code, Error, Reason};
use crate::files;
use crate::names::shown;

/// Runs it to its end.
pub(super) fn run(
    words: &[String],
    request_folder: &Path,
    place: &Workplace<'_>,
    message: String,
) -> Result<(), Error> {
    let Some((name, arguments)) = words.split_first() else { return Ok(()) };
    let program = find(name, request_folder)?;
    let failed = |what: String| {
        let message = format!("the builder {} {what}", shown(name));
        Error::because(Code::BuildFailed, Reason::BuilderFailed, message)
    };
    let mut process = Process::program(&program, arguments, place.kit).map_err(|error| {
        Error::because(
            Code::LocalSiteInvalid,
            Reason::BuilderNotFound,
            format!("site.yaml: the program {} cannot be run: {error}", program.display()),
        )
    })?;
    if let Some(mut input) = process.0.stdin.take() {
        // It need not read, and may end or print before it does.
        thread::spawn(move || input.write_all(message.as_bytes()));
    }
    match process.wait() {
        Ok(None) => Ok(()),
        Ok(Some(status)) => Err(failed(format!("failed ({status})"))),
        Err(error) => Err(failed(format!("got lost: {error}"))),
    }
}

/// A path is meant in the request folder, a bare name on the PATH.
fn find(name: &str, request_folder: &Path) -> Result<PathBuf, Error> {
    if !name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    files::absolute(&request_folder.join(name)).map_err(|error| error.code(Code::LocalSiteInvalid))
}
