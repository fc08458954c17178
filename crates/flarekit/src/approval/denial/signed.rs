//! The denial: a denied zip in memory.

use super::super::metadata::{CaInfo, ROOT_FILE};
use super::metadata::DeniedHashes;
use super::{DENIED_JSON, DENIED_SIGNATURE, DeniedMetadata};
use crate::archive;
use crate::ca::ledger::DeniableRequest;
use crate::digest::Digest;
use crate::error::{Code, Error, Warning, WarningCode};
use crate::json;
use crate::names::Remark;
use crate::pki::encode_base64;
use crate::request::RequestMetadata;
use crate::time::Timestamp;

/// What the CA contributes to a denial.
pub(crate) struct DenialParts<'a> {
    pub request: DeniableRequest,
    pub reason: &'a Remark,
    pub root_pem: &'a [u8],
    pub ca_info: CaInfo,
    pub now: Timestamp,
}

/// A signed denial, complete but not on disk yet. Only
/// [`CertAuthority::deny`](crate::ca::CertAuthority::deny) makes one.
pub struct SignedDenial {
    request: DeniableRequest,
    metadata: DeniedMetadata,
    denied_json: Vec<u8>,
    signature: Vec<u8>,
    zip: Vec<u8>,
}

impl SignedDenial {
    pub(crate) fn assemble(
        parts: DenialParts<'_>,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
    ) -> Result<Self, Error> {
        let (metadata, denied_json, signature) = match parts.request.earlier() {
            // The same bytes again, which the CA has verified.
            Some(earlier) => (
                DeniedMetadata::parse(&earlier.denied_json)?,
                earlier.denied_json.clone(),
                earlier.signature.clone(),
            ),
            None => {
                let metadata = metadata(&parts);
                let denied_json = json::write(&metadata.to_map()).into_bytes();
                let signature = sign(&denied_json)?;
                (metadata, denied_json, signature)
            }
        };
        let armored =
            encode_base64(&signature).map_err(|defect| defect.code(Code::InternalError))?;
        let zip = archive::write(&[
            (DENIED_JSON, &denied_json),
            (DENIED_SIGNATURE, armored.as_bytes()),
            (ROOT_FILE, parts.root_pem),
        ])
        .map_err(|defect| defect.code(Code::InternalError))?;
        Ok(Self { request: parts.request, metadata, denied_json, signature, zip })
    }

    /// The bytes of the denied zip.
    #[must_use]
    pub fn zip(&self) -> &[u8] {
        &self.zip
    }

    /// The request that was denied.
    #[must_use]
    pub fn request(&self) -> &RequestMetadata {
        self.request.request().metadata()
    }

    /// SHA-256 of the request zip.
    #[must_use]
    pub fn request_zip_sha256(&self) -> Digest {
        self.request.request().zip_sha256()
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &Remark {
        &self.metadata.reason
    }

    /// When.
    #[must_use]
    pub fn denied_at(&self) -> Timestamp {
        self.metadata.denied_at
    }

    /// The warning that it was denied before.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        self.is_as_before().then(|| {
            Warning::new(
                WarningCode::AlreadyDenied,
                format!(
                    "this request is not new, it was denied on {}: the denied zip is the same \
                     again, with the reason that was given then",
                    self.metadata.denied_at
                ),
            )
        })
    }

    /// The request, as the ledger let it be denied.
    pub(crate) fn deniable(&self) -> &DeniableRequest {
        &self.request
    }

    /// `denied.json` and the signature over it.
    pub(crate) fn signed(&self) -> (&[u8], &[u8]) {
        (&self.denied_json, &self.signature)
    }

    /// Whether all of it was signed before.
    pub(crate) fn is_as_before(&self) -> bool {
        self.request.earlier().is_some()
    }
}

fn metadata(parts: &DenialParts<'_>) -> DeniedMetadata {
    let request = parts.request.request();
    let asked = request.metadata();
    DeniedMetadata {
        request_id: asked.request_id.clone(),
        denied_at: parts.now,
        identity: asked.identity.clone(),
        reason: parts.reason.clone(),
        ca_info: parts.ca_info.clone(),
        hashes: DeniedHashes {
            request_zip: request.zip_sha256(),
            request_json: request.metadata_sha256(),
            csr: asked.csr_sha256,
            site_yaml: asked.site_yaml_sha256,
            public_key: asked.public_key_sha256,
            rootca: Digest::of(parts.root_pem),
        },
    }
}
