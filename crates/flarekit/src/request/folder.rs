//! Putting a request on disk: the request folder (seed, "Artifacts").

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Request, RequestMetadata, SCHEMA_VERSION};
use crate::audit::{AuditDirectory, AuditOutcome, RecordText};
use crate::digest::Digest;
use crate::error::{Code, Error, Reason, Warning};
use crate::files::{self, FileError, FileErrorKind, Found, OwnFolder, StagedDir};
use crate::json;
use crate::names::ParticipantName;
use crate::time::Timestamp;

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
    /// `<name>.denied.zip`
    pub denied_zip: String,
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
            denied_zip: format!("{name}.denied.zip"),
        }
    }

    /// The folder that the renewal of this participant's certificate is put into: the one of the
    /// request before is needed for as long as its kit is in use.
    #[must_use]
    pub fn renewal_folder(name: &ParticipantName) -> String {
        format!("{name}-renewal")
    }

    /// Every file that this program puts into a request folder, and the answers that an approver
    /// may have put beside them.
    fn in_folder(&self) -> [&str; 10] {
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
            &self.denied_zip,
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
    /// That others can, or could, write in the folder.
    pub warning: Option<Warning>,
}

/// Refuses early, before a key is made, what [`store`] would refuse: a folder that holds a request
/// already, unless `force`. [`store`] decides again, under the folder's lock, so both look.
pub fn refuse_occupied(folder: &Path, name: &ParticipantName, force: bool) -> Result<(), Error> {
    let names = FileNames::of(name);
    let own = OwnFolder::open(folder, &names.in_folder()).map_err(unusable)?;
    refuse_zip(own.path(), name)?;
    refuse_foreign(own.path(), name)?;
    if force { Ok(()) } else { refuse_overwriting(own.existing(), &names) }
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
    match store_once(request, folder, force, audit, now) {
        // Another request made the folder meanwhile. Now it is there, and what is in it is replaced.
        Err(error) if force && error.code() == Code::CertAlreadyExists => {
            store_once(request, folder, force, audit, now)
        }
        other => other,
    }
}

fn store_once(
    request: &Request,
    folder: &Path,
    force: bool,
    audit: &AuditDirectory,
    now: Timestamp,
) -> Result<StoredRequest, Error> {
    let names = FileNames::of(&request.metadata.identity.name);
    let mut own = OwnFolder::open(folder, &names.in_folder()).map_err(unusable)?;
    refuse_foreign(own.path(), &request.metadata.identity.name)?;
    if !force {
        refuse_overwriting(own.existing(), &names)?;
    }
    let folder = own.path().to_path_buf();
    let staged = own.stage().map_err(unwritable)?;
    let warning = own.warning();
    let zip = request.archive()?;
    write_files(&staged, request, &names, &zip)?;
    let record =
        audit.write_request(&request.metadata.request_id, &record(request, &folder, &names, &zip));
    // "Exists": another request into the same folder was faster.
    let backup = own
        .publish(staged, now)
        .map_err(|error| error.code_or(Code::CertAlreadyExists, Code::OutputDirNotWritable))?;
    Ok(StoredRequest {
        request_zip: folder.join(&names.request_zip),
        request_zip_sha256: Digest::of(&zip),
        key: folder.join(&names.key),
        audit: record.keep(),
        backup,
        warning,
    })
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

/// `--out` that is no directory is wrong usage.
fn unusable(error: FileError) -> Error {
    match error.kind() {
        FileErrorKind::NotADirectory => error.code(Code::InvalidArgs),
        _ => unwritable(error),
    }
}

/// Who names a new folder like a zip means the file that is put into it. A server or a user may be
/// called so.
fn refuse_zip(folder: &Path, name: &ParticipantName) -> Result<(), Error> {
    let last = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_zip = last.to_ascii_lowercase().ends_with(".zip") && last != name.as_str();
    if !is_zip || files::look(folder).map_err(unwritable)? != Found::Nothing {
        return Ok(());
    }
    let message = format!(
        "the request folder, into which {} is put, cannot be named like a zip: {last}",
        FileNames::of(name).request_zip
    );
    Err(Error::because(Code::InvalidArgs, Reason::NotADirectory, message))
}

/// A folder serves one participant: the files of a CA or of somebody else's request in it would be
/// torn apart.
fn refuse_foreign(folder: &Path, name: &ParticipantName) -> Result<(), Error> {
    let in_use = |what: String| Err(Error::because(Code::InvalidArgs, Reason::FolderInUse, what));
    let request = files::read(&folder.join("request.json"), json::MAX_BYTES as u64)
        .ok()
        .and_then(|file| RequestMetadata::parse(&file.bytes).ok());
    for file in ["ca.json", "rootCA.key"] {
        // A participant may be named rootCA.
        let own = request.is_some() && file == FileNames::of(name).key;
        if !own && files::look(&folder.join(file)).map_err(unwritable)? != Found::Nothing {
            return in_use(format!("{} is a CA directory: it has {file}", folder.display()));
        }
    }
    match request {
        Some(other) if other.identity.name != *name => in_use(format!(
            "{} is the request folder of {}, not of {name}",
            folder.display(),
            other.identity.name
        )),
        _ => Ok(()),
    }
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
    match existing.first() {
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

/// The record under `~/.nvflare/cert_requests`, by which `package` finds the folder.
fn record(request: &Request, folder: &Path, names: &FileNames, zip: &[u8]) -> RecordText {
    let request_zip = Digest::of(zip);
    let path = |name: &str| folder.join(name).display().to_string();
    let metadata = request.metadata_json();
    let content = json!({
        "schema_version": SCHEMA_VERSION,
        "request": json::to_map(&request.metadata),
        "request_dir": folder.display().to_string(),
        "request_zip_path": path(&names.request_zip),
        "private_key_path": path(&names.key),
        "csr_path": path(&names.csr),
        "site_yaml_path": path("site.yaml"),
        "hashes": {
            "request_json_sha256": Digest::of(metadata.as_bytes()),
            "site_yaml_sha256": request.metadata.site_yaml_sha256,
            "local_site_yaml_sha256": Digest::of(request.local_yaml.as_bytes()),
            "csr_sha256": request.metadata.csr_sha256,
            "request_zip_sha256": request_zip,
            "public_key_sha256": request.metadata.public_key_sha256,
        },
    });
    RecordText::new(&content, request_zip)
}
