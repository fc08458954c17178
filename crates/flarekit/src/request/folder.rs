//! Putting a request on disk: the request folder (seed, "Artifacts").

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Request, SCHEMA_VERSION};
use crate::audit::{AuditDirectory, AuditOutcome};
use crate::digest::Digest;
use crate::error::{Code, Error, Reason};
use crate::files::{self, FileError, Found, StagedDir};
use crate::json;
use crate::names::ParticipantName;
use crate::time::Timestamp;

/// The folder inside a request folder that keeps what `--force` replaced.
pub(super) const BACKUP: &str = ".bak";

/// Mode of a request folder: it holds a private key.
const FOLDER_MODE: u32 = 0o700;
/// Mode of files that only their owner may read.
const PRIVATE: u32 = 0o600;
/// Mode of files that anybody may read.
const PUBLIC: u32 = 0o644;

/// The names of a participant's files.
#[derive(Debug, Clone)]
pub struct FileNames {
    /// `<name>.key`
    pub key: String,
    /// `<name>.csr`
    pub csr: String,
    /// `<name>.crt`
    pub certificate: String,
    /// `<name>.request.zip`
    pub request_zip: String,
    /// `<name>.signed.zip`
    pub signed_zip: String,
}

impl FileNames {
    /// The names of this participant's files.
    #[must_use]
    pub fn of(name: &ParticipantName) -> Self {
        Self {
            key: format!("{name}.key"),
            csr: format!("{name}.csr"),
            certificate: format!("{name}.crt"),
            request_zip: format!("{name}.request.zip"),
            signed_zip: format!("{name}.signed.zip"),
        }
    }

    /// Every file that this program puts into a request folder, and the signed zip that an
    /// approver may have put beside them.
    fn in_folder(&self) -> [&str; 9] {
        [
            &self.key,
            &self.csr,
            "site.yaml",
            "request.json",
            &self.request_zip,
            "signed.json",
            &self.certificate,
            "rootCA.pem",
            &self.signed_zip,
        ]
    }
}

/// Where a stored request is.
#[derive(Debug)]
pub struct StoredRequest {
    /// The request zip, which goes to the Project Admin.
    pub request_zip: PathBuf,
    /// Of the request zip's bytes: what both ends can compare.
    pub request_zip_sha256: Digest,
    /// The private key.
    pub key: PathBuf,
    /// The record under `~/.nvflare`.
    pub audit: AuditOutcome,
    /// The folder that holds what `--force` replaced.
    pub backup: Option<PathBuf>,
}

/// Refuses early, before a key is made, what [`store`] would refuse: a folder that holds a request
/// already, unless `force`.
pub fn refuse_occupied(folder: &Path, name: &ParticipantName, force: bool) -> Result<(), Error> {
    let folder = files::absolute(folder).map_err(unwritable)?;
    let names = FileNames::of(name);
    if is_occupied(&folder)? && !force {
        refuse_overwriting(&existing_files(&folder, &names)?, &names)?;
    }
    Ok(())
}

/// Stores a request in `folder`, whole or not at all. With `force`, an earlier request moves into a
/// backup inside the folder, in which `package` still finds the key of an approval in flight.
pub fn store(
    request: &Request,
    folder: &Path,
    force: bool,
    audit: &AuditDirectory,
    now: Timestamp,
) -> Result<StoredRequest, Error> {
    let folder = files::absolute(folder).map_err(unwritable)?;
    let names = FileNames::of(&request.metadata.identity.name);
    let occupied = is_occupied(&folder)?;
    // Two requests into one folder wait for each other here; a folder that does not exist yet is
    // decided by the rename at the end.
    let _lock = if occupied { Some(files::lock_dir(&folder).map_err(unwritable)?) } else { None };
    let existing = existing_files(&folder, &names)?;
    if !force {
        refuse_overwriting(&existing, &names)?;
    }

    let parent = if occupied { Some(folder.as_path()) } else { folder.parent() };
    let staged = StagedDir::create(parent.unwrap_or(&folder), FOLDER_MODE).map_err(unwritable)?;
    let zip = request.archive()?;
    write_files(&staged, request, &names, &zip)?;
    let record =
        audit.write_request(&request.metadata.request_id, &record(request, &folder, &names, &zip));
    let backup = publish(staged, &folder, occupied, &existing, now)?;
    Ok(StoredRequest {
        request_zip: folder.join(&names.request_zip),
        request_zip_sha256: Digest::of(&zip),
        key: folder.join(&names.key),
        audit: record.keep(),
        backup,
    })
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

/// Whether the folder exists already.
fn is_occupied(folder: &Path) -> Result<bool, Error> {
    match files::look(folder).map_err(unwritable)? {
        Found::Nothing => Ok(false),
        Found::Directory => Ok(true),
        Found::File | Found::Link | Found::Other => Err(Error::because(
            Code::InvalidArgs,
            Reason::NotADirectory,
            format!("{} exists and is not a directory", folder.display()),
        )),
    }
}

/// The files of an earlier request in the folder.
fn existing_files(folder: &Path, names: &FileNames) -> Result<Vec<PathBuf>, Error> {
    let mut existing = Vec::new();
    for name in names.in_folder() {
        let path = folder.join(name);
        if files::look(&path).map_err(unwritable)? != Found::Nothing {
            existing.push(path);
        }
    }
    Ok(existing)
}

/// Without `--force` nothing that a request would write may be there.
fn refuse_overwriting(existing: &[PathBuf], names: &FileNames) -> Result<(), Error> {
    let found = |name: &str| existing.iter().find(|path| path.ends_with(name));
    if let Some(path) = found(&names.request_zip) {
        return Err(Error::new(
            Code::CertAlreadyExists,
            format!("a request zip exists already: {}", path.display()),
        ));
    }
    if let Some(path) = found(&names.key) {
        return Err(Error::new(
            Code::KeyAlreadyExists,
            format!("a private key exists already: {}", path.display()),
        ));
    }
    match ["request.json", "site.yaml", names.csr.as_str()].into_iter().find_map(found) {
        Some(path) => Err(Error::new(
            Code::CertAlreadyExists,
            format!("a file of another request exists already: {}", path.display()),
        )),
        None => Ok(()),
    }
}

fn write_files(
    staged: &StagedDir,
    request: &Request,
    names: &FileNames,
    zip: &[u8],
) -> Result<(), Error> {
    let key = request.key_pem()?;
    let metadata = request.metadata_json();
    let write = |name: &str, bytes: &[u8], mode: u32| {
        staged.write(Path::new(name), bytes, mode).map_err(unwritable)
    };
    write(&names.key, key.as_bytes(), PRIVATE)?;
    write(&names.csr, request.csr.as_bytes(), PUBLIC)?;
    write("site.yaml", request.local_yaml.as_bytes(), PUBLIC)?;
    write("request.json", metadata.as_bytes(), PRIVATE)?;
    write(&names.request_zip, zip, PRIVATE)
}

/// Makes the staged files visible under their names.
fn publish(
    staged: StagedDir,
    folder: &Path,
    occupied: bool,
    existing: &[PathBuf],
    now: Timestamp,
) -> Result<Option<PathBuf>, Error> {
    if !occupied {
        staged.publish(folder, FOLDER_MODE).map_err(unwritable)?;
        return Ok(None);
    }
    if existing.is_empty() {
        staged.publish_files(folder).map_err(unwritable)?;
        return Ok(None);
    }
    let backup = folder.join(BACKUP).join(files::backup_name(now).map_err(unwritable)?);
    staged.replace_files(folder, existing, &backup).map_err(unwritable)?;
    Ok(Some(backup))
}

/// The record under `~/.nvflare/cert_requests`, by which `package` finds the folder.
fn record(request: &Request, folder: &Path, names: &FileNames, zip: &[u8]) -> Map<String, Value> {
    let path = |name: &str| folder.join(name).display().to_string();
    let metadata = request.metadata_json();
    json::object_of(json!({
        "schema_version": SCHEMA_VERSION,
        "request": request.metadata.to_map(),
        "request_dir": folder.display().to_string(),
        "request_zip_path": path(&names.request_zip),
        "private_key_path": path(&names.key),
        "csr_path": path(&names.csr),
        "site_yaml_path": path("site.yaml"),
        "hashes": {
            "request_json_sha256": Digest::of(metadata.as_bytes()).to_string(),
            "site_yaml_sha256": request.metadata.site_yaml_sha256.to_string(),
            "local_site_yaml_sha256": Digest::of(request.local_yaml.as_bytes()).to_string(),
            "csr_sha256": request.metadata.csr_sha256.to_string(),
            "request_zip_sha256": Digest::of(zip).to_string(),
            "public_key_sha256": request.metadata.public_key_sha256.to_string(),
        },
    }))
}
