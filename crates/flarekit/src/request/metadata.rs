//! `request.json`: what a request says about itself.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::Renewal;
use crate::digest::Digest;
use crate::error::{Defect, Reason};
use crate::identity::{CertType, Identity};
use crate::json;
use crate::names::{Org, ParticipantName, ProjectName, RequestId, shown};
use crate::time::Timestamp;

/// The `artifact_type` of a request.
pub const REQUEST_ARTIFACT: &str = "nvflare.cert.request";
/// The one `schema_version` of requests and approvals.
pub const SCHEMA_VERSION: &str = "1";

/// The content of `request.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestMetadata {
    /// The request's own identifier.
    pub request_id: RequestId,
    /// When it was made, as it says; nothing depends on it.
    pub created_at: Option<Timestamp>,
    /// Who asks.
    pub identity: Identity,
    /// Of the CSR file's bytes.
    pub csr_sha256: Digest,
    /// Of the key's DER SubjectPublicKeyInfo.
    pub public_key_sha256: Digest,
    /// Of the sanitized `site.yaml`'s bytes.
    pub site_yaml_sha256: Digest,
    /// Of a request for the certificate that comes after another: what vouches for it.
    pub renewal: Option<Renewal>,
}

impl RequestMetadata {
    /// The keys that it speaks of: its own, and that of the certificate which it renews.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Digest> {
        let renewed = self.renewal.as_ref().map(|renewal| renewal.certificate().public_key());
        let renewed = renewed.map(|key| Digest::of(key.spki_der()));
        std::iter::once(self.public_key_sha256).chain(renewed)
    }

    /// Reads `request.json`. Unknown keys are ignored, so that later versions can add some; what a
    /// `renewal` says is never passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, Defect> {
        let map = json::parse(bytes)?;
        check_artifact(&map, REQUEST_ARTIFACT)?;
        let digest = |key: &str| {
            Digest::parse(json::text(&map, key)?).map_err(|d| d.within(format!("'{key}'")))
        };
        Ok(Self {
            request_id: RequestId::parse(json::text(&map, "request_id")?)?,
            created_at: json::optional_time(&map, "created_at")?,
            identity: identity(&map)?,
            csr_sha256: digest("csr_sha256")?,
            public_key_sha256: digest("public_key_sha256")?,
            site_yaml_sha256: digest("site_yaml_sha256")?,
            renewal: Renewal::read(&map)?,
        })
    }
}

/// `request.json` in the order of the artifact.
#[derive(Serialize)]
struct RequestJson<'a> {
    artifact_type: &'a str,
    schema_version: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    project: &'a str,
    name: &'a str,
    org: &'a str,
    kind: &'a str,
    cert_type: &'a str,
    cert_role: Option<&'a str>,
    csr_sha256: Digest,
    public_key_sha256: Digest,
    site_yaml_sha256: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewal: Option<&'a Renewal>,
}

impl Serialize for RequestMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let identity = &self.identity;
        RequestJson {
            artifact_type: REQUEST_ARTIFACT,
            schema_version: SCHEMA_VERSION,
            request_id: self.request_id.as_str(),
            created_at: self.created_at.map(|at| at.to_string()),
            project: identity.project.as_str(),
            name: identity.name.as_str(),
            org: identity.org.as_str(),
            kind: identity.cert_type.kind().as_str(),
            cert_type: identity.cert_type.as_str(),
            cert_role: identity.cert_type.role(),
            csr_sha256: self.csr_sha256,
            public_key_sha256: self.public_key_sha256,
            site_yaml_sha256: self.site_yaml_sha256,
            renewal: self.renewal.as_ref(),
        }
        .serialize(serializer)
    }
}

/// Whether the object is an artifact of the given kind in a version that this program knows.
pub(crate) fn check_artifact(map: &Map<String, Value>, expected: &str) -> Result<(), Defect> {
    let kind = json::text(map, "artifact_type")?;
    let version = json::text(map, "schema_version")?;
    if (kind, version) == (expected, SCHEMA_VERSION) {
        return Ok(());
    }
    Err(Defect::new(
        Reason::ArtifactUnsupported,
        format!(
            "artifact_type {} in schema_version {} is not {expected} in version {SCHEMA_VERSION}",
            shown(kind),
            shown(version)
        ),
    ))
}

/// The identity in `request.json` or `signed.json`: the same six keys, which must fit together.
pub(crate) fn identity(map: &Map<String, Value>) -> Result<Identity, Defect> {
    let cert_type = CertType::parse(json::text(map, "cert_type")?)?;
    let identity = Identity {
        project: ProjectName::parse(json::text(map, "project")?)?,
        name: ParticipantName::parse(json::text(map, "name")?, cert_type)?,
        org: Org::parse(json::text(map, "org")?)?,
        cert_type,
    };
    let kind = json::text(map, "kind")?;
    let role = json::optional_text(map, "cert_role")?;
    if kind != cert_type.kind().as_str() || role != cert_type.role() {
        return Err(Defect::new(
            Reason::KindTypeMismatch,
            format!(
                "kind {}, cert_type '{cert_type}' and cert_role {} do not fit together",
                shown(kind),
                role.map_or_else(|| "null".to_owned(), shown),
            ),
        ));
    }
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: &str = r#"{"artifact_type": "nvflare.cert.request", "schema_version": "1",
        "request_id": "258c2e63c3204950a104a6e3c42300b7", "created_at": "2026-11-23T06:48:51Z",
        "project": "hospital_federation", "name": "alice@hospital-alpha.org",
        "org": "hospital_alpha", "kind": "user", "cert_type": "lead", "cert_role": "lead",
        "csr_sha256": "1155cc6a9033eae295007387b2662a687d0127ae5277cc4b4ded1cf483a7f003",
        "public_key_sha256": "6838bdc6c197ca46117d1d230c377bba7a17de61b3449e92111f03b62a19993b",
        "site_yaml_sha256": "9c37ba2af3211de9b7df82b576c8905291011c92fc7e6a69e06921cbb999b131",
        "later": {"versions": ["may", "add"]}}"#;

    #[test]
    fn reads_the_references_metadata_and_writes_the_same_keys() {
        let metadata = RequestMetadata::parse(LEAD.as_bytes()).unwrap();
        let mut expected = json::parse(LEAD.as_bytes()).unwrap();
        expected.remove("later");
        assert_eq!(json::to_map(&metadata), expected);
        let written = json::write(&metadata);
        assert_eq!(RequestMetadata::parse(written.as_bytes()).unwrap(), metadata);
        expected.remove("created_at");
        let text = serde_json::Value::from(expected.clone()).to_string();
        let timeless = RequestMetadata::parse(text.as_bytes()).unwrap();
        assert_eq!((timeless.created_at, json::to_map(&timeless)), (None, expected));
    }

    #[test]
    fn each_defect_has_its_reason() {
        for (from, to, reason) in [
            ("\"schema_version\": \"1\"", "\"schema_version\": \"2\"", Reason::ArtifactUnsupported),
            ("cert.request", "cert.signed", Reason::ArtifactUnsupported),
            ("258c2e63", "xxxx2e63", Reason::RequestId),
            ("\"kind\": \"user\"", "\"kind\": \"site\"", Reason::KindTypeMismatch),
            ("\"kind\": \"user\"", "\"kind\": [\"user\"]", Reason::FieldType),
            ("\"cert_role\": \"lead\"", "\"cert_role\": null", Reason::KindTypeMismatch),
            ("\"cert_role\": \"lead\"", "\"cert_role\": \"member\"", Reason::KindTypeMismatch),
            ("\"cert_type\": \"lead\"", "\"cert_type\": \"admin\"", Reason::FieldValue),
            ("alice@hospital-alpha.org", "alice", Reason::NameWrongForType),
            ("\"org\": \"hospital_alpha\"", "\"org\": \"a\\n\"", Reason::OrgName),
            ("1155cc6a", "1155CC6A", Reason::DigestFormat),
            ("\"name\"", "\"nam\"", Reason::FieldMissing),
            ("2026-11-23T06:48:51Z", "yesterday", Reason::FieldValue),
        ] {
            let text = LEAD.replacen(from, to, 1);
            assert_ne!(text, LEAD, "{from}");
            let defect = RequestMetadata::parse(text.as_bytes()).unwrap_err();
            assert_eq!(defect.reason, reason, "{to}: {defect}");
        }
    }
}
