//! `ca.json`: what a CA directory says about its CA.

use serde::{Serialize, Serializer};

use crate::error::{Code, Defect, Error, Origin};
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::names::{DeployVersion, ProjectName};
use crate::time::Timestamp;

/// The content of `ca.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaMetadata {
    /// The federation.
    pub project: ProjectName,
    /// When the CA was made, as it says; nothing depends on it.
    pub created_at: Option<Timestamp>,
    /// The deploy version; `00` where none is recorded.
    pub provision_version: DeployVersion,
    /// The root certificate's fingerprint, where it is recorded.
    pub rootca_fingerprint: Option<Fingerprint>,
    /// The profile that the CA was made from, as an absolute path.
    pub project_profile: Option<String>,
}

impl CaMetadata {
    /// Reads `ca.json`. `place` names the file in messages.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        Self::read(bytes, place).map_err(|error| error.of(Origin::CaDirectory))
    }

    fn read(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let invalid = |defect: Defect| defect.within(place).code(Code::InvalidArgs);
        let map = json::parse(bytes).map_err(invalid)?;
        let optional = |key: &str| json::optional_text(&map, key).map_err(invalid);
        let project = json::text(&map, "project").and_then(ProjectName::parse).map_err(invalid)?;
        let provision_version = match optional("provision_version")? {
            Some(text) => DeployVersion::parse(text).map_err(invalid)?,
            None => DeployVersion::default(),
        };
        let rootca_fingerprint = match optional("rootCA_fingerprint")? {
            Some(text) => Some(
                Fingerprint::parse(text)
                    .map_err(|defect| defect.within(place).code(Code::InvalidRootcaFingerprint))?,
            ),
            None => None,
        };
        Ok(Self {
            project,
            created_at: json::optional_time(&map, "created_at").map_err(invalid)?,
            provision_version,
            rootca_fingerprint,
            project_profile: optional("project_profile")?.map(str::to_owned),
        })
    }
}

/// `ca.json` in the order of the artifact; what is not recorded is left out.
#[derive(Serialize)]
struct CaJson<'a> {
    project: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    provision_version: &'a str,
    #[serde(rename = "rootCA_fingerprint", skip_serializing_if = "Option::is_none")]
    rootca_fingerprint: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_profile: Option<&'a str>,
}

impl Serialize for CaMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CaJson {
            project: self.project.as_str(),
            created_at: self.created_at.map(|at| at.to_string()),
            provision_version: self.provision_version.as_str(),
            rootca_fingerprint: self.rootca_fingerprint,
            project_profile: self.project_profile.as_deref(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;

    #[test]
    fn an_older_ca_means_version_00() {
        let metadata = CaMetadata::parse(br#"{"project": "demo", "x": 1}"#, "ca.json").unwrap();
        assert_eq!(metadata.provision_version, DeployVersion::default());
        assert_eq!(metadata.rootca_fingerprint, None);
        let written = json::write(&metadata);
        assert_eq!(CaMetadata::parse(written.as_bytes(), "ca.json").unwrap(), metadata);
    }

    #[test]
    fn each_defect_has_its_code_and_reason() {
        for (text, code, reason) in [
            (r#"{"project": "a b"}"#, Code::InvalidArgs, Reason::ProjectName),
            (r#"{"project": 1}"#, Code::InvalidArgs, Reason::FieldType),
            ("{}", Code::InvalidArgs, Reason::FieldMissing),
            (
                r#"{"project": "p", "created_at": "yesterday"}"#,
                Code::InvalidArgs,
                Reason::FieldValue,
            ),
            (r#"{"project": "p", "project": "q"}"#, Code::InvalidArgs, Reason::JsonDuplicateKey),
            (
                r#"{"project": "p", "provision_version": "1"}"#,
                Code::InvalidArgs,
                Reason::DeployVersion,
            ),
            (
                r#"{"project": "p", "rootCA_fingerprint": "1"}"#,
                Code::InvalidRootcaFingerprint,
                Reason::FingerprintFormat,
            ),
        ] {
            let error = CaMetadata::parse(text.as_bytes(), "ca.json").unwrap_err();
            assert_eq!((error.code(), error.reason()), (code, Some(reason)), "{text}");
        }
    }
}
