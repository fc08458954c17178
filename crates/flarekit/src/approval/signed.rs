//! The approval: a signed zip in memory, and what is recorded about it.

use std::path::Path;

use serde::Serialize;

use super::metadata::{CaInfo, Hashes, ROOT_FILE, SignedMetadata};
use crate::archive;
use crate::audit::RecordText;
use crate::ca::ledger::{ClearedRequest, Renewed};
use crate::ca::{CaMetadata, CertAuthority};
use crate::connection::{Connection, Endpoint};
use crate::digest::Digest;
use crate::error::{Code, Error, Warning};
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::names::DeployVersion;
use crate::pki::{AltName, Certificate, encode_base64};
use crate::request::{FileNames, RequestMetadata, SCHEMA_VERSION};
use crate::time::Timestamp;

/// What the CA contributes to an approval.
pub(crate) struct SignedParts {
    pub cleared: ClearedRequest,
    pub certificate: Certificate,
    pub certificate_pem: String,
    pub root_pem: Vec<u8>,
    pub fingerprint: Fingerprint,
    pub deploy_version: DeployVersion,
    pub now: Timestamp,
}

/// A signed approval, complete but not on disk yet. Only
/// [`CertAuthority::sign`](crate::ca::CertAuthority::sign) makes one.
pub struct SignedApproval {
    warnings: Vec<Warning>,
    cleared: ClearedRequest,
    certificate: Certificate,
    metadata: SignedMetadata,
    signed_json: Vec<u8>,
    signature: Vec<u8>,
    as_before: bool,
    fingerprint: Fingerprint,
    zip: Vec<u8>,
    zip_sha256: Digest,
}

impl SignedApproval {
    pub(crate) fn assemble(
        parts: SignedParts,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
    ) -> Result<Self, Error> {
        let admitted = parts.cleared.admitted();
        let request = admitted.request();
        let asked = request.metadata();
        let site_yaml = request.site().to_yaml();
        let names = FileNames::of(&asked.identity.name);
        let mut metadata = SignedMetadata {
            request_id: asked.request_id.clone(),
            approved_at: Some(parts.now),
            identity: asked.identity.clone(),
            serial: Some(parts.certificate.serial()),
            valid_until: Some(parts.certificate.not_after().to_string()),
            cert_file: names.certificate.clone(),
            ca_info: Some(CaInfo {
                provision_version: parts.deploy_version,
                rootca_fingerprint: parts.fingerprint,
            }),
            hashes: Hashes {
                csr: asked.csr_sha256,
                site_yaml: Digest::of(site_yaml.as_bytes()),
                certificate: Digest::of(parts.certificate_pem.as_bytes()),
                rootca: Digest::of(&parts.root_pem),
                public_key: asked.public_key_sha256,
            },
            connection: admitted.connection().clone(),
        };
        let before = said_before(&parts.cleared, &metadata);
        let as_before = before.is_some();
        let (signed_json, signature) = match before {
            Some((before, signed_json, signature)) => {
                metadata = before;
                (signed_json, signature)
            }
            None => {
                let signed_json = json::write(&metadata).into_bytes();
                let signature = sign(&signed_json)?;
                (signed_json, signature)
            }
        };
        let armored =
            encode_base64(&signature).map_err(|defect| defect.code(Code::InternalError))?;
        let zip = archive::write(&[
            ("signed.json", &signed_json),
            ("signed.json.sig", armored.as_bytes()),
            ("site.yaml", site_yaml.as_bytes()),
            (&names.certificate, parts.certificate_pem.as_bytes()),
            (ROOT_FILE, &parts.root_pem),
        ])
        .map_err(|defect| defect.code(Code::InternalError))?;
        let warnings = [admitted.warnings(), parts.cleared.warnings()].concat();
        Ok(Self {
            warnings,
            cleared: parts.cleared,
            certificate: parts.certificate,
            metadata,
            signed_json,
            signature,
            as_before,
            fingerprint: parts.fingerprint,
            zip_sha256: Digest::of(&zip),
            zip,
        })
    }

    /// What the approver should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The request, as the ledger cleared it.
    pub(crate) fn cleared(&self) -> &ClearedRequest {
        &self.cleared
    }

    /// The certificate that is renewed by this one, if the request was signed with its key.
    #[must_use]
    pub fn renews(&self) -> Option<&Renewed> {
        self.cleared.renews()
    }

    /// `signed.json` and the signature over it.
    pub(crate) fn signed(&self) -> (&[u8], &[u8]) {
        (&self.signed_json, &self.signature)
    }

    /// Whether all of it was signed before.
    pub(crate) fn is_as_before(&self) -> bool {
        self.as_before
    }

    pub(crate) fn warn(&mut self, warning: Option<Warning>) {
        self.warnings.extend(warning);
    }

    /// The bytes of the signed zip.
    #[must_use]
    pub fn zip(&self) -> &[u8] {
        &self.zip
    }

    /// Its SHA-256.
    pub(super) fn zip_sha256(&self) -> Digest {
        self.zip_sha256
    }

    /// The certificate that was issued.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The names in the certificate.
    #[must_use]
    pub fn alt_names(&self) -> &[AltName] {
        self.cleared.admitted().alt_names()
    }

    /// How everybody is to connect.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.cleared.admitted().connection()
    }

    /// The request that was approved.
    #[must_use]
    pub fn request(&self) -> &RequestMetadata {
        self.cleared.admitted().request().metadata()
    }

    /// SHA-256 of the request zip.
    #[must_use]
    pub fn request_zip_sha256(&self) -> Digest {
        self.cleared.admitted().request().zip_sha256()
    }

    /// The root certificate's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The deploy version that was signed.
    #[must_use]
    pub fn deploy_version(&self) -> DeployVersion {
        self.metadata.deploy_version()
    }

    /// The record under `~/.nvflare/cert_approves`.
    #[must_use]
    pub fn audit_record(
        &self,
        request_zip: &Path,
        signed_zip: &Path,
        ca: &CertAuthority,
    ) -> RecordText {
        let request = self.cleared.admitted().request();
        let hashes = &self.metadata.hashes;
        let connection = &self.metadata.connection;
        let mut ca_metadata = ca.metadata().clone();
        ca_metadata.rootca_fingerprint = Some(self.fingerprint);
        let directory = ca.directory();
        let content = ApprovalJson {
            schema_version: SCHEMA_VERSION,
            approval: &self.metadata,
            request: request.metadata(),
            request_zip_path: request_zip.display().to_string(),
            signed_zip_path: signed_zip.display().to_string(),
            ca: CaJson {
                ca_dir: directory.display().to_string(),
                metadata: ca_metadata,
                project_profile: ProfileJson {
                    name: self.metadata.identity.project.as_str(),
                    scheme: connection.scheme.as_str(),
                    default_connection_security: connection.security.as_str(),
                    server: &connection.server,
                },
                rootca_path: directory.join(ROOT_FILE).display().to_string(),
            },
            hashes: HashesJson {
                request_zip_sha256: request.zip_sha256(),
                request_json_sha256: request.metadata_sha256(),
                site_yaml_sha256: request.metadata().site_yaml_sha256,
                csr_sha256: hashes.csr,
                certificate_sha256: hashes.certificate,
                rootca_sha256: hashes.rootca,
                signed_zip_sha256: self.zip_sha256,
                public_key_sha256: hashes.public_key,
            },
        };
        RecordText::new(&content, request.zip_sha256())
    }
}

/// The content of the record, in its order.
#[derive(Serialize)]
struct ApprovalJson<'a> {
    schema_version: &'a str,
    approval: &'a SignedMetadata,
    request: &'a RequestMetadata,
    request_zip_path: String,
    signed_zip_path: String,
    ca: CaJson<'a>,
    hashes: HashesJson,
}

#[derive(Serialize)]
struct CaJson<'a> {
    ca_dir: String,
    metadata: CaMetadata,
    project_profile: ProfileJson<'a>,
    rootca_path: String,
}

#[derive(Serialize)]
struct ProfileJson<'a> {
    name: &'a str,
    scheme: &'a str,
    default_connection_security: &'a str,
    server: &'a Endpoint,
}

#[derive(Serialize)]
struct HashesJson {
    request_zip_sha256: Digest,
    request_json_sha256: Digest,
    site_yaml_sha256: Digest,
    csr_sha256: Digest,
    certificate_sha256: Digest,
    rootca_sha256: Digest,
    signed_zip_sha256: Digest,
    public_key_sha256: Digest,
}

/// What was signed for the same request when it said the same, but for its time. Then the same bytes
/// are sent again.
fn said_before(
    cleared: &ClearedRequest,
    metadata: &SignedMetadata,
) -> Option<(SignedMetadata, Vec<u8>, Vec<u8>)> {
    cleared.earlier()?.signed.iter().find_map(|(signed_json, signature)| {
        let before = SignedMetadata::parse(signed_json).ok()?;
        let now = SignedMetadata { approved_at: before.approved_at, ..metadata.clone() };
        (before == now).then(|| (before, signed_json.clone(), signature.clone()))
    })
}
