//! A CA directory and a request folder.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::single::check_mode;
use super::{Inspection, facts};
use crate::archive::Limits;
use crate::ca::{CaMetadata, METADATA, ROOT_CERTIFICATE, ROOT_KEY};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason};
use crate::files::{self, FileError};
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::names::shown;
use crate::pki::{Certificate, Csr, FILE_LIMIT, PrivateKey, PublicKey, Signer};
use crate::request::{FileNames, RequestMetadata};
use crate::time::Timestamp;
use crate::verify::{Checks, check_dates, check_request_zip};

/// A CA directory, without its key's passphrase.
pub(super) fn ca(directory: &Path, now: Timestamp) -> Inspection {
    let mut facts = Map::new();
    let mut checks = Checks::default();
    let metadata =
        read(&mut checks, directory, METADATA, json::MAX_BYTES as u64).and_then(|bytes| {
            CaMetadata::parse(&bytes, METADATA)
                .map_err(|error| checks.refused(METADATA, &error))
                .ok()
        });
    if let Some(metadata) = &metadata {
        facts.append(&mut json::to_map(metadata));
        // The certificate's own is shown below.
        facts.remove("rootCA_fingerprint");
    }
    let root = certificate(&mut checks, directory, ROOT_CERTIFICATE);
    if let Some(root) = &root {
        facts.append(&mut facts::certificate(root));
        let fingerprint = Fingerprint::from_digest(root.sha256());
        facts.insert("rootca_fingerprint_sha256".to_owned(), json!(fingerprint.to_string()));
        match root.verify_root() {
            Ok(()) => checks.ok("root", "a CA's certificate, signed by itself"),
            Err(defect) => checks.failed("root", defect),
        }
        check_dates(&mut checks, &[("root certificate", root)], now);
        if let Some(metadata) = &metadata {
            check_record(&mut checks, metadata, root);
        }
    }
    let expected = root.as_ref().map(Certificate::public_key);
    check_key(&mut facts, &mut checks, directory, ROOT_KEY, expected);
    Inspection { artifact: "CA directory", facts, checks }
}

/// `ca.json` is of this root.
fn check_record(checks: &mut Checks, metadata: &CaMetadata, root: &Certificate) {
    let (project, cn) = (metadata.project.as_str(), &root.subject().common_name);
    if project != cn {
        let message = format!("it is of project '{project}', but rootCA.pem of {}", shown(cn));
        checks.failed(METADATA, Defect::new(Reason::RootProjectMismatch, message));
    }
    let found = Fingerprint::from_digest(root.sha256());
    match metadata.rootca_fingerprint {
        Some(recorded) if recorded != found => {
            let message = format!("it records {recorded}, but rootCA.pem has {found}");
            checks.failed(METADATA, Defect::new(Reason::RecordedFingerprint, message));
        }
        Some(_) => checks.ok(METADATA, "it records the fingerprint of rootCA.pem"),
        None => checks.skipped(METADATA, "it records no fingerprint"),
    }
}

/// The folder that `cert request` made.
pub(super) fn request(folder: &Path) -> Result<Inspection, Error> {
    let file = files::read(&folder.join("request.json"), json::MAX_BYTES as u64)
        .map_err(|error| error.code(Code::InvalidArgs))?;
    let metadata = RequestMetadata::parse(&file.bytes).map_err(|defect| {
        defect.within(folder.join("request.json").display()).code(Code::InvalidArgs)
    })?;
    let names = FileNames::of(&metadata.identity.name);
    let mut facts = facts::request(&metadata);
    let mut checks = Checks::default();
    let csr = read(&mut checks, folder, &names.csr, FILE_LIMIT)
        .and_then(|bytes| csr(&mut checks, &bytes, &metadata));
    let public_key = csr.as_ref().map(Csr::public_key);
    check_key(&mut facts, &mut checks, folder, &names.key, public_key);
    if let Some(zip) = read(&mut checks, folder, &names.request_zip, Limits::ARTIFACT.archive_bytes)
    {
        facts.append(&mut facts::request_zip(&zip));
        let (mut found, request) = check_request_zip(&zip, &names.request_zip);
        if request.is_ok_and(|request| request.metadata() != &metadata) {
            let message = format!("{} is of another request", names.request_zip);
            found.failed("zip", Defect::new(Reason::RequestDirOtherRequest, message));
        }
        checks.append(found);
    }
    Ok(Inspection { artifact: "request folder", facts, checks })
}

fn csr(checks: &mut Checks, bytes: &[u8], metadata: &RequestMetadata) -> Option<Csr> {
    let hash = Digest::of(bytes);
    if hash == metadata.csr_sha256 {
        checks.ok("csr", "it is the one that request.json names");
    } else {
        let message =
            format!("it has SHA-256 {hash}, but request.json names {}", metadata.csr_sha256);
        checks.failed("csr", Defect::new(Reason::CsrHashMismatch, message));
    }
    Csr::from_pem(bytes).map_err(|defect| checks.failed("csr", defect)).ok()
}

/// The private key: whose it is, and who can read it.
fn check_key(
    facts: &mut Map<String, Value>,
    checks: &mut Checks,
    folder: &Path,
    name: &str,
    expected: Option<&PublicKey>,
) {
    let (pem, mode) = match files::read_secret(&folder.join(name), FILE_LIMIT) {
        Ok(read) => read,
        Err(error) => return checks.failed("key", defect(&error)),
    };
    let read = PrivateKey::from_pem(&pem, None);
    let encrypted = matches!(&read, Err(defect) if defect.reason == Reason::KeyEncrypted);
    facts.insert("key_encrypted".to_owned(), json!(encrypted));
    match (read, expected) {
        (Ok(key), Some(expected)) if key.public_key() == expected => {
            facts.append(&mut facts::key(key.public_key()));
            checks.ok("key", format!("{name} is the key to it"));
        }
        (Ok(_), Some(_)) => {
            let message = format!("{name} is another key");
            checks.failed("key", Defect::new(Reason::KeyMismatch, message));
        }
        (Ok(_), None) => checks.skipped("key", "there is nothing to compare it with"),
        (Err(_), _) if encrypted => checks.skipped("key", "it is encrypted, and was not opened"),
        (Err(defect), _) => checks.failed("key", defect.within(name)),
    }
    check_mode(checks, mode);
}

fn certificate(checks: &mut Checks, folder: &Path, name: &'static str) -> Option<Certificate> {
    let pem = read(checks, folder, name, FILE_LIMIT)?;
    Certificate::from_pem(&pem).map_err(|defect| checks.failed("root", defect.within(name))).ok()
}

fn read(checks: &mut Checks, folder: &Path, name: &str, limit: u64) -> Option<Vec<u8>> {
    match files::read(&folder.join(name), limit) {
        Ok(file) => Some(file.bytes),
        Err(error) => {
            checks.failed("files", defect(&error));
            None
        }
    }
}

fn defect(error: &FileError) -> Defect {
    Defect::new(error.reason(), error.to_string())
}
