//! The request folder as `package` uses it: the private key and what belongs to it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{FileNames, RequestFolder, RequestMetadata, Search};
use crate::archive::contains_private_key;
use crate::definition::Definition;
use crate::digest::Digest;
use crate::error::{Code, Error, Reason, Warning};
use crate::files::{self, FileBytes, FileError, OpenFolder};
use crate::identity::{Identity, Kind};
use crate::pki::{PrivateKey, PublicKey, Signer};

/// Largest private key file.
const KEY_LIMIT: u64 = crate::pki::FILE_LIMIT;
/// Largest further CA certificate file: room for a bundle.
const CUSTOM_CA_LIMIT: u64 = 1024 * 1024;
/// How a certificate in PEM begins (RFC 7468 section 5.1).
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// The participant definition.
const SITE: &str = "site.yaml";
/// Its largest size.
const SITE_LIMIT: u64 = crate::yaml::MAX_BYTES as u64;

/// What an approval says about the request that it answers.
#[derive(Debug)]
pub struct ApprovedRequest<'a> {
    /// Who was approved.
    pub(crate) identity: &'a Identity,
    /// The digest of the approved CSR.
    pub(crate) csr_sha256: Digest,
    /// The digest of the approved key.
    pub(crate) public_key_sha256: Digest,
    /// The key in the certificate.
    pub(crate) public_key: &'a PublicKey,
}

/// A request folder that belongs to the approval at hand: its metadata, its definition and its key
/// all match.
pub struct LocalRequest {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The whole local definition.
    pub(crate) definition: Definition,
    /// The bytes of the key file.
    pub(crate) key_pem: Zeroizing<Vec<u8>>,
    /// The bytes of the file that `custom_ca_cert` names.
    pub(crate) custom_ca: Option<Vec<u8>>,
    /// Why what the definition names is not run: who else could have written it.
    exposed: Option<FileError>,
    /// What the user should know about the folder.
    pub(crate) warnings: Vec<Warning>,
}

impl RequestFolder {
    /// [Finds](Self::find) the folder of an approval, of several with its request id the one that has
    /// its key, and [accepts](Self::accept) what is in it.
    pub fn find_and_accept(
        search: &Search<'_>,
        approved: &ApprovedRequest<'_>,
    ) -> Result<(Self, LocalRequest), Error> {
        let (folder, key) = Self::find_with(search, |folder| key(folder.folder(), approved))?;
        let local = folder.accept_with(approved, key)?;
        Ok((folder, local))
    }

    /// Accepts what is in the folder only if all of it belongs to the approval.
    pub fn accept(&self, approved: &ApprovedRequest<'_>) -> Result<LocalRequest, Error> {
        self.accept_with(approved, key(self.folder(), approved))
    }

    fn accept_with(
        &self,
        approved: &ApprovedRequest<'_>,
        key: Result<ApprovedKey, Error>,
    ) -> Result<LocalRequest, Error> {
        let folder = self.path();
        check_metadata(folder, &self.metadata, approved)?;
        let (definition, written) = definition(self.folder(), approved.identity)?;
        let custom_ca = custom_ca(&definition)?;
        let ApprovedKey { pem: key_pem, mut warnings } = key?;
        let others = self.filled.others();
        warnings.extend(others.map(|who| Warning::writable_folder(folder, who)));
        let exposed = match others {
            Some(others) => Some(others.refused(folder)),
            None => written.refuse_exposed(&folder.join(SITE)).err(),
        };
        let folder = folder.to_owned();
        Ok(LocalRequest { folder, definition, key_pem, custom_ca, exposed, warnings })
    }
}

impl LocalRequest {
    /// Refuses a definition that somebody else could have written: another's word for which programs
    /// run is not taken.
    pub(crate) fn refuse_others(&self) -> Result<(), Error> {
        match &self.exposed {
            Some(error) => Err(error.code(Code::RequestDirMismatch)),
            None => Ok(()),
        }
    }

    /// Refuses a folder that others could exchange for another one: what is started by its path in
    /// the folder would be theirs.
    pub(crate) fn refuse_movable(&self) -> Result<(), Error> {
        files::refuse_movable(&self.folder).map_err(|error| error.code(Code::RequestDirMismatch))
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

fn definition(folder: &OpenFolder, approved: &Identity) -> Result<(Definition, FileBytes), Error> {
    let path = folder.path().join(SITE);
    let file = folder.read(SITE, SITE_LIMIT).map_err(|error| {
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
    Ok((definition, file))
}

/// Servers and clients take a further CA certificate for a proxy in front of the server.
fn custom_ca(definition: &Definition) -> Result<Option<Vec<u8>>, Error> {
    let is_user = definition.site.identity.cert_type.kind() == Kind::User;
    let Some(path) = definition.local.custom_ca_cert.as_deref().filter(|_| !is_user) else {
        return Ok(None);
    };
    let unreadable = |error: FileError| {
        Error::because(
            Code::LocalSiteInvalid,
            Reason::CustomCaCert,
            format!("site.yaml: custom_ca_cert: {error}"),
        )
    };
    let bytes = files::read_named(path, CUSTOM_CA_LIMIT).map_err(unreadable)?.bytes;
    let is_certificate = bytes.windows(CERTIFICATE.len()).any(|part| part == CERTIFICATE);
    if !is_certificate || contains_private_key(&bytes) {
        return Err(Error::because(
            Code::LocalSiteInvalid,
            Reason::CustomCaCert,
            format!("site.yaml: custom_ca_cert: {} holds no certificate, or a key", path.display()),
        ));
    }
    Ok(Some(bytes))
}

/// The key of the signed certificate, and what to know about its file.
struct ApprovedKey {
    pem: Zeroizing<Vec<u8>>,
    warnings: Vec<Warning>,
}

fn key(folder: &OpenFolder, approved: &ApprovedRequest<'_>) -> Result<ApprovedKey, Error> {
    let name = FileNames::of(&approved.identity.name).key;
    let path = folder.path().join(&name);
    let code = |error: FileError| {
        let code = if error.not_found() { Code::KeyNotFound } else { Code::KeyInvalid };
        error.code(code)
    };
    let (pem, mode) = folder.read_secret(&name, KEY_LIMIT).map_err(code)?;
    let key = PrivateKey::from_pem(&pem, None)
        .map_err(|defect| defect.within(path.display()).code(Code::KeyInvalid))?;
    if key.public_key() != approved.public_key {
        return Err(Error::new(
            Code::KeyCertMismatch,
            format!("{} is not the key of the signed certificate", path.display()),
        ));
    }
    let mut warnings = Vec::new();
    if mode & 0o077 != 0 {
        warnings.push(Warning::readable_key(&path, mode));
    }
    Ok(ApprovedKey { pem, warnings })
}
