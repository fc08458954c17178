//! A request: key, CSR and metadata, of which only the [archive](Request::archive) travels.

mod folder;
mod held;
mod local;
mod lookup;
mod metadata;
mod renewal;

pub use folder::{FileNames, StoredRequest, refuse_occupied, store};
pub use held::{HeldCertificate, HeldDefinition};
pub use local::{ApprovedRequest, LocalRequest};
pub use lookup::{RequestFolder, Search};
pub use metadata::{REQUEST_ARTIFACT, RequestMetadata, SCHEMA_VERSION};
pub(crate) use metadata::{check_artifact, identity};
pub use renewal::Renewal;
pub(crate) use renewal::refused as renewal_refused;

use zeroize::Zeroizing;

use crate::archive;
use crate::definition::Definition;
use crate::digest::Digest;
use crate::error::{Code, Error, Reason};
use crate::json;
use crate::names::RequestId;
use crate::pki::{Csr, PrivateKey, Signer};
use crate::time::Timestamp;
use crate::yaml;

/// A request that has just been made and is not on disk yet.
pub struct Request {
    metadata: RequestMetadata,
    key: PrivateKey,
    csr: String,
    site_yaml: String,
    local_yaml: String,
}

impl Request {
    /// Makes the CSR and the metadata for a definition and a fresh key.
    pub fn create(
        definition: &Definition,
        key: PrivateKey,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let identity = definition.site.identity.clone();
        let subject = identity.subject();
        let csr =
            Csr::create(&subject, &key).map_err(|defect| defect.code(Code::CsrGenerationFailed))?;
        let site_yaml = definition.site.to_yaml();
        let metadata = RequestMetadata {
            request_id,
            created_at: Some(now),
            identity,
            csr_sha256: Digest::of(csr.as_bytes()),
            public_key_sha256: Digest::of(key.public_key().spki_der()),
            site_yaml_sha256: Digest::of(site_yaml.as_bytes()),
            renewal: None,
        };
        let local_yaml = definition.to_local_yaml();
        if local_yaml.len() > yaml::MAX_BYTES {
            return Err(Error::because(
                Code::InvalidArgs,
                Reason::YamlTooLarge,
                format!(
                    "the definition, written out, has {} bytes; at most {} are accepted",
                    local_yaml.len(),
                    yaml::MAX_BYTES
                ),
            ));
        }
        Ok(Self { metadata, key, csr, site_yaml, local_yaml })
    }

    /// Makes a request for the certificate that comes after the one held, signed with the key of
    /// that one. The next certificate is for the new key, or without one for the same.
    pub fn renew(
        definition: &Definition,
        held: HeldCertificate,
        new_key: Option<PrivateKey>,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (key, vouching) = match new_key {
            Some(key) => (key, Some(held.key)),
            None => (held.key, None),
        };
        let mut request = Self::create(definition, key, request_id, now)?;
        let signer = vouching.as_ref().unwrap_or(&request.key);
        let renewal = Renewal::sign(&request.metadata, held.certificate, signer)
            .map_err(|defect| defect.code(Code::CsrGenerationFailed))?;
        request.metadata.renewal = Some(renewal);
        Ok(request)
    }

    /// What the request says about itself.
    #[must_use]
    pub fn metadata(&self) -> &RequestMetadata {
        &self.metadata
    }

    /// The request zip: `request.json`, the sanitized `site.yaml` and the CSR.
    pub fn archive(&self) -> Result<Vec<u8>, Error> {
        let names = FileNames::of(&self.metadata.identity.name);
        archive::write(&[
            ("request.json", self.metadata_json().as_bytes()),
            ("site.yaml", self.site_yaml.as_bytes()),
            (&names.csr, self.csr.as_bytes()),
        ])
        .map_err(|defect| defect.code(Code::InternalError))
    }

    fn metadata_json(&self) -> String {
        json::write(&self.metadata)
    }

    fn key_pem(&self) -> Result<Zeroizing<String>, Error> {
        self.key.to_pem().map_err(|defect| defect.code(Code::CsrGenerationFailed))
    }
}
