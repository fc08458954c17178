//! The request folder as `package` uses it: the private key and what belongs to it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{FileNames, RequestMetadata, Search, find};
use crate::approval::VerifiedApproval;
use crate::definition::Definition;
use crate::digest::Digest;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::files::{self, FileError};
use crate::identity::Identity;
use crate::pki::{PrivateKey, PublicKey, Signer};

/// Largest private key file: an RSA-4096 key in PEM has about 3.3 KiB.
const KEY_LIMIT: u64 = 64 * 1024;
/// Largest participant definition.
const SITE_LIMIT: u64 = crate::yaml::MAX_BYTES as u64;

/// What an approval says about the request that it answers.
#[derive(Debug)]
pub struct ApprovedRequest<'a> {
    /// Who was approved.
    pub identity: &'a Identity,
    /// The digest of the approved CSR.
    pub csr_sha256: Digest,
    /// The digest of the approved key.
    pub public_key_sha256: Digest,
}

/// A request folder that belongs to the approval at hand: its metadata, its definition and its key
/// all match.
pub struct LocalRequest {
    /// The folder.
    pub folder: PathBuf,
    /// The whole local definition.
    pub definition: Definition,
    /// The bytes of the key file.
    pub key_pem: Zeroizing<Vec<u8>>,
    /// What the user should know about the folder.
    pub warnings: Vec<Warning>,
}

impl LocalRequest {
    /// Finds the folder and accepts it only if everything in it belongs to the approval.
    pub fn open(
        search: &Search<'_>,
        approved: &ApprovedRequest<'_>,
        certificate_key: &PublicKey,
    ) -> Result<Self, Error> {
        let (folder, metadata) = find(search)?;
        check_metadata(&folder, &metadata, approved)?;
        let definition = definition(&folder, approved.identity)?;
        let (key_pem, warnings) = key(&folder, approved.identity, certificate_key)?;
        Ok(Self { folder, definition, key_pem, warnings })
    }
}

fn check_metadata(
    folder: &Path,
    metadata: &RequestMetadata,
    approved: &ApprovedRequest<'_>,
) -> Result<(), Error> {
    let refuse = |what: String| {
        Err(Error::new(
            Code::RequestMetadataMismatch,
            format!(
                "{} does not fit the signed zip: {what}",
                folder.join("request.json").display()
            ),
        ))
    };
    if let Some((field, local, signed)) = metadata.identity.first_difference(approved.identity) {
        return refuse(format!("{field} is '{local}' there and '{signed}' in the approval"));
    }
    if metadata.public_key_sha256 != approved.public_key_sha256 {
        return refuse("the approved public key is another one".to_owned());
    }
    if metadata.csr_sha256 != approved.csr_sha256 {
        return refuse("the approved CSR is another one".to_owned());
    }
    Ok(())
}

fn definition(folder: &Path, approved: &Identity) -> Result<Definition, Error> {
    let path = folder.join("site.yaml");
    let file = files::read(&path, SITE_LIMIT).map_err(|error| {
        let reason =
            if error.not_found() { Reason::LocalSiteMissing } else { Reason::FileUnreadable };
        Error::because(Code::LocalSiteInvalid, reason, error.to_string())
    })?;
    let definition = Definition::parse(&file.bytes)
        .map_err(|defect| defect.within(path.display()).code(Code::LocalSiteInvalid))?;
    if let Some((field, local, signed)) = definition.site.identity.first_difference(approved) {
        return Err(Error::new(
            Code::LocalSiteMismatch,
            format!("{}: {field} is '{local}', but '{signed}' was approved", path.display()),
        ));
    }
    definition.refuse_unsupported(Code::LocalSiteUnsupportedFeature)?;
    Ok(definition)
}

fn key(
    folder: &Path,
    identity: &Identity,
    certificate_key: &PublicKey,
) -> Result<(Zeroizing<Vec<u8>>, Vec<Warning>), Error> {
    let path = folder.join(FileNames::of(&identity.name).key);
    let code = |error: FileError| {
        let code = if error.not_found() { Code::KeyNotFound } else { Code::KeyInvalid };
        error.code(code)
    };
    let (pem, mode) = files::read_secret(&path, KEY_LIMIT).map_err(code)?;
    let key = PrivateKey::from_pem(&pem, None)
        .map_err(|defect| defect.within(path.display()).code(Code::KeyInvalid))?;
    if key.public_key() != certificate_key {
        return Err(Error::new(
            Code::KeyCertMismatch,
            format!("{} is not the key of the signed certificate", path.display()),
        ));
    }
    let mut warnings = Vec::new();
    if mode & 0o077 != 0 {
        warnings.push(readable_key(&path, mode));
    }
    Ok((pem, warnings))
}

/// Puts copies of what was approved into the request folder, for its owner to look at. Nothing reads
/// them back, so a folder that cannot be written is worth a warning only.
#[must_use]
pub fn keep_approval(folder: &Path, approval: &VerifiedApproval) -> Option<Warning> {
    let certificate = FileNames::of(&approval.identity().name).certificate;
    let copies = [
        ("signed.json", approval.signed_json()),
        (certificate.as_str(), approval.certificate_pem()),
        ("rootCA.pem", approval.root_pem()),
    ];
    copies.into_iter().find_map(|(name, bytes)| {
        let error = files::write_replacing(&folder.join(name), bytes, 0o644).err()?;
        Some(Warning::new(
            WarningCode::RequestFolderNotUpdated,
            format!("the kit is complete, but the request folder got no copy: {error}"),
        ))
    })
}

/// The warning for a private key that its file mode shares with other users.
pub(crate) fn readable_key(path: &Path, mode: u32) -> Warning {
    Warning::new(
        WarningCode::KeyReadableByOthers,
        format!(
            "{} has mode {:04o}: other users of this machine can reach the private key",
            path.display(),
            mode & 0o7777
        ),
    )
}
