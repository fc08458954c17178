//! The approval: a signed zip in memory, and what is recorded about it.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::AdmittedRequest;
use super::metadata::{CaInfo, Hashes, ROOT_FILE, SignedMetadata};
use crate::archive;
use crate::ca::CertAuthority;
use crate::connection::Connection;
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
    pub admitted: AdmittedRequest,
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
    admitted: AdmittedRequest,
    certificate: Certificate,
    metadata: SignedMetadata,
    fingerprint: Fingerprint,
    zip: Vec<u8>,
}

impl SignedApproval {
    pub(crate) fn assemble(
        parts: SignedParts,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
    ) -> Result<Self, Error> {
        let request = parts.admitted.request();
        let asked = request.metadata();
        let site_yaml = request.site().to_yaml();
        let names = FileNames::of(&asked.identity.name);
        let metadata = SignedMetadata {
            request_id: asked.request_id.clone(),
            approved_at: parts.now.to_string(),
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
            connection: parts.admitted.connection().clone(),
        };
        let signed_json = json::write(&metadata.to_map());
        let signature = encode_base64(&sign(signed_json.as_bytes())?)
            .map_err(|defect| defect.code(Code::InternalError))?;
        let zip = archive::write(&[
            ("signed.json", signed_json.as_bytes()),
            ("signed.json.sig", signature.as_bytes()),
            ("site.yaml", site_yaml.as_bytes()),
            (&names.certificate, parts.certificate_pem.as_bytes()),
            (ROOT_FILE, &parts.root_pem),
        ])
        .map_err(|defect| defect.code(Code::InternalError))?;
        let warnings = parts.admitted.warnings().to_vec();
        Ok(Self {
            warnings,
            admitted: parts.admitted,
            certificate: parts.certificate,
            metadata,
            fingerprint: parts.fingerprint,
            zip,
        })
    }

    /// What the approver should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(crate) fn warn(&mut self, warning: Option<Warning>) {
        self.warnings.extend(warning);
    }

    /// The bytes of the signed zip.
    #[must_use]
    pub fn zip(&self) -> &[u8] {
        &self.zip
    }

    /// The certificate that was issued.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The names in the certificate.
    #[must_use]
    pub fn alt_names(&self) -> &[AltName] {
        self.admitted.alt_names()
    }

    /// How everybody is to connect.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.admitted.connection()
    }

    /// The request that was approved.
    #[must_use]
    pub fn request(&self) -> &RequestMetadata {
        self.admitted.request().metadata()
    }

    /// SHA-256 of the request zip.
    #[must_use]
    pub fn request_zip_sha256(&self) -> Digest {
        self.admitted.request().zip_sha256()
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
    ) -> Map<String, Value> {
        let request = self.admitted.request();
        let hashes = &self.metadata.hashes;
        let connection = &self.metadata.connection;
        let mut ca_metadata = ca.metadata().clone();
        ca_metadata.rootca_fingerprint = Some(self.fingerprint);
        let directory = ca.directory();
        json::object_of(json!({
            "schema_version": SCHEMA_VERSION,
            "approval": self.metadata.to_map(),
            "request": request.metadata().to_map(),
            "request_zip_path": request_zip.display().to_string(),
            "signed_zip_path": signed_zip.display().to_string(),
            "ca": {
                "ca_dir": directory.display().to_string(),
                "metadata": ca_metadata.to_map(),
                "project_profile": {
                    "name": self.metadata.identity.project.as_str(),
                    "scheme": connection.scheme.as_str(),
                    "default_connection_security": connection.security.as_str(),
                    "server": connection.server.to_json(),
                },
                "rootca_path": directory.join(ROOT_FILE).display().to_string(),
            },
            "hashes": {
                "request_zip_sha256": request.zip_sha256().to_string(),
                "request_json_sha256": request.metadata_sha256().to_string(),
                "site_yaml_sha256": request.metadata().site_yaml_sha256.to_string(),
                "csr_sha256": hashes.csr.to_string(),
                "certificate_sha256": hashes.certificate.to_string(),
                "rootca_sha256": hashes.rootca.to_string(),
                "signed_zip_sha256": Digest::of(&self.zip).to_string(),
                "public_key_sha256": hashes.public_key.to_string(),
            },
        }))
    }
}
