//! Finding the folder that holds the private key of an approval.

use std::path::{Path, PathBuf};

use super::{FileNames, RequestMetadata};
use crate::audit::AuditDirectory;
use crate::error::{Code, Defect, Error, Reason};
use crate::files::{self, FileError, Filled, Found, OpenFolder};
use crate::json;
use crate::names::{ParticipantName, RequestId};

/// What to look for, and where.
#[derive(Debug)]
pub struct Search<'a> {
    /// The request that was approved.
    pub request_id: &'a RequestId,
    /// Its participant.
    pub name: &'a ParticipantName,
    /// `--request-dir`: look here and nowhere else.
    pub given: Option<&'a Path>,
    /// The signed zip, beside which the folder may lie.
    pub signed_zip: &'a Path,
    /// The records of requests made on this machine.
    pub audit: &'a AuditDirectory,
}

/// The folder of the request that was approved. Nobody can exchange what is in it while this lives.
///
/// All of it is read from the folder that was judged: another one may have its name by now.
pub struct RequestFolder {
    pub(super) metadata: RequestMetadata,
    pub(super) filled: Filled,
    /// The folder in it, if what was put aside is meant.
    aside: Option<OpenFolder>,
}

impl RequestFolder {
    /// Finds the folder: the one given; else the one that the audit record names; else one beside
    /// the signed zip or in the current directory. In each, a request that `cert request --force`
    /// put aside counts too.
    pub fn find(search: &Search<'_>) -> Result<Self, Error> {
        match search.given {
            Some(folder) => find_given(search, folder),
            None => find_searched(search, |_| Ok(())).map(|(folder, _)| folder),
        }
    }

    /// The same for an approval, with the key that is in it: of several folders with its request id,
    /// the one whose key `read` accepts.
    pub(super) fn find_with<Key>(
        search: &Search<'_>,
        read: impl Fn(&Self) -> Result<Key, Error>,
    ) -> Result<(Self, Result<Key, Error>), Error> {
        match search.given {
            Some(folder) => {
                let found = find_given(search, folder)?;
                let key = read(&found);
                Ok((found, key))
            }
            None => find_searched(search, read),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder().path()
    }

    pub(super) fn folder(&self) -> &OpenFolder {
        self.aside.as_ref().unwrap_or(self.filled.folder())
    }

    /// The request's own `request.json`.
    #[must_use]
    pub fn metadata(&self) -> &RequestMetadata {
        &self.metadata
    }

    /// Takes the folder, or what was put aside in it, if it is of the request.
    fn take(folder: &Path, search: &Search<'_>) -> Result<Self, Candidate> {
        match files::look(folder) {
            Ok(Found::Directory) => {}
            Ok(Found::Link) => return Err(Candidate::Link),
            Ok(_) => return Err(Candidate::NotADirectory),
            Err(error) => return Err(Candidate::Unreadable(error)),
        }
        // Searched folders may be anybody's: what is in those of another kind is left alone.
        if !may_hold_request(folder) {
            examine(&open(folder)?, search)?;
        }
        // 'cert request --force' may be replacing what is in it.
        let filled = match files::lock_filled(folder) {
            Err(error) if error.is_exposed() => {
                examine(&open(folder)?, search)?;
                return Err(Candidate::Exposed(error));
            }
            Err(error) if error.is_unfinished() => return Err(Candidate::Unfinished(error)),
            other => other.map_err(Candidate::Unreadable)?,
        };
        let (aside, metadata) = match examine(filled.folder(), search) {
            Ok(metadata) => (None, metadata),
            Err(otherwise) => {
                let (aside, metadata) = put_aside(filled.folder(), search).ok_or(otherwise)?;
                (Some(aside), metadata)
            }
        };
        Ok(Self { metadata, filled, aside })
    }
}

/// Why a folder is not the one.
enum Candidate {
    NotADirectory,
    Link,
    Incomplete(Vec<String>),
    OfAnotherRequest(RequestId),
    Malformed(Defect),
    /// It is the one, but others could have put there what they like.
    Exposed(FileError),
    /// It may be the one, but a run died in it, and somebody must look.
    Unfinished(FileError),
    Unreadable(FileError),
}

fn find_given(search: &Search<'_>, folder: &Path) -> Result<RequestFolder, Error> {
    let folder = files::resolve_parent(folder).map_err(|e| e.code(Code::RequestDirNotFound))?;
    let refuse = |code: Code, reason: Reason, what: String| Err(Error::because(code, reason, what));
    let at = folder.display();
    let otherwise = match RequestFolder::take(&folder, search) {
        Ok(found) => return Ok(found),
        Err(otherwise) => otherwise,
    };
    match otherwise {
        Candidate::NotADirectory => {
            let what = format!("{at} is not a directory");
            refuse(Code::RequestDirNotFound, Reason::RequestDirGiven, what)
        }
        Candidate::Link => {
            let what = format!("{at} is a symbolic link, not a folder");
            refuse(Code::RequestDirMismatch, Reason::RequestDirLink, what)
        }
        Candidate::Incomplete(missing) => {
            let what = format!("{at} has no {}", missing.join(" and no "));
            refuse(Code::RequestDirIncomplete, Reason::RequestDirFilesMissing, what)
        }
        Candidate::OfAnotherRequest(id) => {
            let what = format!("{at} is of request {id}, the approval of {}", search.request_id);
            refuse(Code::RequestDirMismatch, Reason::RequestDirOtherRequest, what)
        }
        Candidate::Malformed(defect) => {
            let what = format!("request.json in {at}: {defect}");
            refuse(Code::RequestDirMismatch, Reason::RequestDirMalformed, what)
        }
        Candidate::Exposed(error) | Candidate::Unfinished(error) => {
            Err(error.code(Code::RequestDirMismatch))
        }
        Candidate::Unreadable(error) => Err(error.code(Code::RequestMetadataInvalid)),
    }
}

/// The first folder whose key is accepted; else the first that is of the request, so that it can be
/// said what is wrong with it.
fn find_searched<Key>(
    search: &Search<'_>,
    read: impl Fn(&RequestFolder) -> Result<Key, Error>,
) -> Result<(RequestFolder, Result<Key, Error>), Error> {
    let recorded = search.audit.request_folders(search.request_id);
    let record = if recorded.is_empty() { ", and no record of it" } else { "" };
    let mut folders: Vec<PathBuf> = Vec::new();
    let recorded = recorded.iter().filter_map(|folder| files::resolve_parent(folder).ok());
    for folder in recorded.chain(nearby(search)?) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let (mut unfit, mut unusable) = (None, None);
    for folder in &folders {
        match RequestFolder::take(folder, search) {
            Ok(found) => match read(&found) {
                Ok(key) => return Ok((found, Ok(key))),
                Err(error) => unfit = unfit.or(Some((found, Err(error)))),
            },
            Err(Candidate::Exposed(error) | Candidate::Unfinished(error)) => {
                unusable = unusable.or(Some(error));
            }
            Err(_) => {}
        }
    }
    if let Some(found) = unfit {
        return Ok(found);
    }
    if let Some(error) = unusable {
        return Err(error.code(Code::RequestDirMismatch));
    }
    let looked: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    Err(Error::because(
        Code::RequestDirNotFound,
        Reason::RequestDirSearched,
        format!(
            "the request folder of {} (request {}) was not found on this machine{record}; it was \
             looked for in {}",
            search.name,
            search.request_id,
            looked.join(", "),
        ),
    ))
}

/// The signed zip's own folder; folders of the participant's name in it and beside it, and in the
/// current directory, where `cert request` puts it if nothing else is said; and what `--renew` made
/// beside these.
fn nearby(search: &Search<'_>) -> Result<Vec<PathBuf>, Error> {
    let zip =
        files::resolve_parent(search.signed_zip).map_err(|e| e.code(Code::RequestDirNotFound))?;
    let name = search.name.as_str();
    let own = zip.parent();
    let above = own.and_then(Path::parent);
    let here = files::resolve_parent(Path::new(name)).ok();
    let own_folder = own.map(Path::to_path_buf);
    let named = [own, above].into_iter().flatten().map(|folder| folder.join(name));
    let mut folders: Vec<PathBuf> = own_folder.into_iter().chain(named).chain(here).collect();
    let renewals: Vec<PathBuf> = folders
        .iter()
        .map(|folder| folder.with_file_name(FileNames::renewal_folder(search.name)))
        .filter(|folder| matches!(files::look(folder), Ok(Found::Directory)))
        .collect();
    folders.extend(renewals);
    Ok(folders)
}

/// Looks through what `--force` put aside in this folder.
fn put_aside(folder: &OpenFolder, search: &Search<'_>) -> Option<(OpenFolder, RequestMetadata)> {
    let backups = folder.inner(files::BACKUP).ok()?;
    let entries = backups.list().ok()?;
    entries.into_iter().filter(|(_, found)| *found == Found::Directory).find_map(|(name, _)| {
        let aside = backups.inner(name).ok()?;
        examine(&aside, search).ok().map(|metadata| (aside, metadata))
    })
}

fn open(folder: &Path) -> Result<OpenFolder, Candidate> {
    OpenFolder::open(folder).map_err(Candidate::Unreadable)
}

/// Whether it looks like a request folder: it has a request, or what was put aside.
fn may_hold_request(folder: &Path) -> bool {
    let is = |path: &Path, expected| files::look(path).is_ok_and(|found| found == expected);
    is(&folder.join("request.json"), Found::File)
        || is(&files::backups_of(folder), Found::Directory)
}

fn examine(folder: &OpenFolder, search: &Search<'_>) -> Result<RequestMetadata, Candidate> {
    let key = FileNames::of(search.name).key;
    let mut missing = Vec::new();
    for name in [key.as_str(), "request.json"] {
        if folder.look(name).map_err(Candidate::Unreadable)? == Found::Nothing {
            missing.push(name.to_owned());
        }
    }
    if !missing.is_empty() {
        return Err(Candidate::Incomplete(missing));
    }
    let file =
        folder.read("request.json", json::MAX_BYTES as u64).map_err(Candidate::Unreadable)?;
    match RequestMetadata::parse(&file.bytes) {
        Ok(metadata) if metadata.request_id == *search.request_id => Ok(metadata),
        Ok(metadata) => Err(Candidate::OfAnotherRequest(metadata.request_id)),
        Err(defect) => Err(Candidate::Malformed(defect)),
    }
}
