//! `denied.json`: what the Project Admin denied, and why.

use serde_json::{Map, Value, json};

use super::super::metadata::{CaInfo, ROOT_FILE};
use super::DENIED_JSON;
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::json;
use crate::names::{DeployVersion, Remark, RequestId, shown};
use crate::request::{self, SCHEMA_VERSION};
use crate::time::Timestamp;

/// The `artifact_type` of a denial. The reference has none.
const DENIED_ARTIFACT: &str = "flarekit.cert.denied";

/// The content of `denied.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeniedMetadata {
    pub request_id: RequestId,
    pub denied_at: Timestamp,
    pub identity: Identity,
    pub reason: Remark,
    pub ca_info: CaInfo,
    pub hashes: DeniedHashes,
}

/// The digests that say which request it was, and of the root certificate's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeniedHashes {
    pub request_zip: Digest,
    pub request_json: Digest,
    pub csr: Digest,
    pub site_yaml: Digest,
    pub public_key: Digest,
    pub rootca: Digest,
}

impl DeniedMetadata {
    /// Reads `denied.json`. Unknown keys are ignored, so that later versions can add some.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        json::parse(bytes)
            .and_then(|map| Self::from_map(&map))
            .map_err(|defect| defect.within(DENIED_JSON).code(Code::InvalidSignedZip))
    }

    fn from_map(map: &Map<String, Value>) -> Result<Self, Defect> {
        request::check_artifact(map, DENIED_ARTIFACT)?;
        let root_file = json::text(map, "rootca_file")?;
        if root_file != ROOT_FILE {
            return Err(Defect::new(
                Reason::FileNameMismatch,
                format!("rootca_file must be {ROOT_FILE}"),
            ));
        }
        let denied_at = json::text(map, "denied_at")?;
        let denied_at = Timestamp::parse(denied_at).ok_or_else(|| {
            let message = format!("denied_at {} is not a time", shown(denied_at));
            Defect::new(Reason::FieldValue, message)
        })?;
        let info = json::object(map, "ca_info")?;
        Ok(Self {
            request_id: RequestId::parse(json::text(map, "request_id")?)?,
            denied_at,
            identity: request::identity(map)?,
            reason: Remark::parse(json::text(map, "reason")?)
                .map_err(|defect| defect.within("'reason'"))?,
            ca_info: CaInfo {
                provision_version: DeployVersion::parse(json::text(info, "provision_version")?)?,
                rootca_fingerprint: Fingerprint::parse(json::text(info, "rootCA_fingerprint")?)?,
            },
            hashes: hashes(json::object(map, "hashes")?)?,
        })
    }

    /// The JSON object, in the order of the artifact.
    pub fn to_map(&self) -> Map<String, Value> {
        let (identity, hashes) = (&self.identity, &self.hashes);
        let mut map = json::object_of(json!({
            "artifact_type": DENIED_ARTIFACT,
            "schema_version": SCHEMA_VERSION,
            "request_id": self.request_id.as_str(),
            "denied_at": self.denied_at.to_string(),
            "reason": self.reason.as_str(),
            "project": identity.project.as_str(),
            "name": identity.name.as_str(),
            "org": identity.org.as_str(),
            "kind": identity.cert_type.kind().as_str(),
            "cert_type": identity.cert_type.as_str(),
            "rootca_file": ROOT_FILE,
            "ca_info": {
                "provision_version": self.ca_info.provision_version.as_str(),
                "rootCA_fingerprint": self.ca_info.rootca_fingerprint.to_string(),
            },
            "hashes": {
                "request_zip_sha256": hashes.request_zip.to_string(),
                "request_json_sha256": hashes.request_json.to_string(),
                "csr_sha256": hashes.csr.to_string(),
                "site_yaml_sha256": hashes.site_yaml.to_string(),
                "public_key_sha256": hashes.public_key.to_string(),
                "rootca_sha256": hashes.rootca.to_string(),
            },
            "cert_role": identity.cert_type.role(),
        }));
        map.retain(|_, value| !value.is_null());
        map
    }
}

fn hashes(hashes: &Map<String, Value>) -> Result<DeniedHashes, Defect> {
    let digest =
        |key: &str| Digest::parse(json::text(hashes, key)?).map_err(|defect| defect.within(key));
    Ok(DeniedHashes {
        request_zip: digest("request_zip_sha256")?,
        request_json: digest("request_json_sha256")?,
        csr: digest("csr_sha256")?,
        site_yaml: digest("site_yaml_sha256")?,
        public_key: digest("public_key_sha256")?,
        rootca: digest("rootca_sha256")?,
    })
}
