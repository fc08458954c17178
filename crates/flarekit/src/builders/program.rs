//! A builder that is a program (`exec`): JSON on its standard input, the kit as its directory.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use super::Workplace;
use super::process::Process;
use crate::error::{Code, Error, Reason};
use crate::files::{self, FileError};
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

/// Refuses a program in the request folder that another user could have written: it is as good as the
/// definition that names it. So is a folder or a link on the way to it.
pub(super) fn refuse_exposed(words: &[String], request_folder: &Path) -> Result<(), Error> {
    let Some(name) = words.first() else { return Ok(()) };
    let program = find(name, request_folder)?;
    let mut on_the_way = find("./", request_folder)?;
    let Ok(below) = program.strip_prefix(&on_the_way) else { return Ok(()) };
    let mut places: Vec<PathBuf> = below
        .components()
        .map(|part| {
            on_the_way.push(part);
            on_the_way.clone()
        })
        .collect();
    // What is the matter with it otherwise is told when it is to run.
    let exposed = |error: FileError| match error.is_exposed() {
        true => Err(error.code(Code::RequestDirMismatch)),
        false => Ok(()),
    };
    files::resolve(&program).map(|real| places.push(real)).or_else(exposed)?;
    places.iter().try_for_each(|place| files::refuse_others(place).map(drop).or_else(exposed))
}

/// A relative path is meant in the request folder, a bare name on the PATH.
pub(super) fn is_in_folder(name: &str) -> bool {
    name.contains('/') && !name.starts_with('/')
}

fn find(name: &str, request_folder: &Path) -> Result<PathBuf, Error> {
    if !name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    files::absolute(&request_folder.join(name)).map_err(|error| error.code(Code::LocalSiteInvalid))
}
