//! `signed.json`: what the Project Admin approved.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::connection::{Connection, ConnectionSecurity, Endpoint, Scheme};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::json;
use crate::names::{DeployVersion, HostName, Port, RequestId, shown};
use crate::request::{self, SCHEMA_VERSION};
use crate::time::Timestamp;

/// The `artifact_type` of an approval.
pub(super) const SIGNED_ARTIFACT: &str = "nvflare.cert.signed";
/// The root certificate's name in a signed zip.
pub(super) const ROOT_FILE: &str = "rootCA.pem";

/// The content of `signed.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedMetadata {
    pub request_id: RequestId,
    pub approved_at: Option<Timestamp>,
    pub identity: Identity,
    /// What is said about the certificate, which counts itself.
    pub serial: Option<String>,
    pub valid_until: Option<String>,
    pub cert_file: String,
    pub ca_info: Option<CaInfo>,
    pub hashes: Hashes,
    pub connection: Connection,
}

/// What a record of an approval tells about it.
pub(crate) struct ApprovalFacts {
    pub request_id: RequestId,
    pub approved_at: Option<Timestamp>,
    pub identity: Identity,
    pub serial: String,
    pub valid_until: Timestamp,
    pub rootca_fingerprint: Option<Fingerprint>,
    pub csr: Digest,
    pub public_key: Digest,
}

impl ApprovalFacts {
    /// Reads the content of a `signed.json` in a record.
    pub fn read(map: &Map<String, Value>) -> Result<Self, Defect> {
        let ca_info = ca_info(map).map_err(|error| {
            Defect::new(error.reason().unwrap_or(Reason::FieldValue), error.message())
        })?;
        let metadata = SignedMetadata::from_map(map, ca_info)?;
        let valid_until = metadata.valid_until.unwrap_or_default();
        let valid_until = Timestamp::parse(&valid_until).ok_or_else(|| {
            let found = shown(&valid_until);
            Defect::new(Reason::FieldValue, format!("valid_until {found} is not a time"))
        })?;
        let serial = metadata
            .serial
            .ok_or_else(|| Defect::new(Reason::FieldMissing, "certificate has no serial"))?;
        Ok(Self {
            request_id: metadata.request_id,
            approved_at: metadata.approved_at,
            identity: metadata.identity,
            serial,
            valid_until,
            rootca_fingerprint: metadata.ca_info.map(|info| info.rootca_fingerprint),
            csr: metadata.hashes.csr,
            public_key: metadata.hashes.public_key,
        })
    }
}

/// The signed facts about the CA, which older approvals lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaInfo {
    pub provision_version: DeployVersion,
    pub rootca_fingerprint: Fingerprint,
}

/// The digests of everything else in the zip, of the CSR and of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hashes {
    pub csr: Digest,
    pub site_yaml: Digest,
    pub certificate: Digest,
    pub rootca: Digest,
    pub public_key: Digest,
}

impl SignedMetadata {
    /// Reads `signed.json`. Unknown keys are ignored, so that later versions can add some.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let invalid = |defect: Defect| defect.within("signed.json").code(Code::InvalidSignedZip);
        let map = json::parse(bytes).map_err(invalid)?;
        let ca_info = ca_info(&map)?;
        Self::from_map(&map, ca_info).map_err(invalid)
    }

    fn from_map(map: &Map<String, Value>, ca_info: Option<CaInfo>) -> Result<Self, Defect> {
        request::check_artifact(map, SIGNED_ARTIFACT)?;
        let root_file = json::text(map, "rootca_file")?;
        if root_file != ROOT_FILE {
            return Err(Defect::new(
                Reason::FileNameMismatch,
                format!("rootca_file must be {ROOT_FILE}"),
            ));
        }
        let certificate = match map.get("certificate") {
            None | Some(Value::Null) => &Map::new(),
            Some(_) => json::object(map, "certificate")?,
        };
        let told =
            |key: &str| Ok::<_, Defect>(json::optional_text(certificate, key)?.map(str::to_owned));
        Ok(Self {
            request_id: RequestId::parse(json::text(map, "request_id")?)?,
            approved_at: json::optional_time(map, "approved_at")?,
            identity: request::identity(map)?,
            serial: told("serial")?,
            valid_until: told("valid_until")?,
            cert_file: json::text(map, "cert_file")?.to_owned(),
            ca_info,
            hashes: hashes(map)?,
            connection: connection(map)?,
        })
    }

    /// The deploy version: an approval without `ca_info` means `00`.
    pub fn deploy_version(&self) -> DeployVersion {
        self.ca_info.as_ref().map(|info| info.provision_version.clone()).unwrap_or_default()
    }
}

/// `signed.json` in the order of the artifact.
#[derive(Serialize)]
struct SignedJson<'a> {
    artifact_type: &'a str,
    schema_version: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_at: Option<String>,
    project: &'a str,
    name: &'a str,
    org: &'a str,
    kind: &'a str,
    cert_type: &'a str,
    certificate: CertificateJson<'a>,
    cert_file: &'a str,
    rootca_file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_info: Option<CaInfoJson<'a>>,
    hashes: HashesJson,
    scheme: &'a str,
    default_connection_security: &'a str,
    server: &'a Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    cert_role: Option<&'a str>,
}

#[derive(Serialize)]
struct CertificateJson<'a> {
    serial: Option<&'a str>,
    valid_until: Option<&'a str>,
}

#[derive(Serialize)]
struct CaInfoJson<'a> {
    provision_version: &'a str,
    #[serde(rename = "rootCA_fingerprint")]
    rootca_fingerprint: Fingerprint,
}

#[derive(Serialize)]
struct HashesJson {
    csr_sha256: Digest,
    site_yaml_sha256: Digest,
    certificate_sha256: Digest,
    rootca_sha256: Digest,
    public_key_sha256: Digest,
}

impl Serialize for SignedMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (identity, hashes) = (&self.identity, &self.hashes);
        SignedJson {
            artifact_type: SIGNED_ARTIFACT,
            schema_version: SCHEMA_VERSION,
            request_id: self.request_id.as_str(),
            approved_at: self.approved_at.map(|at| at.to_string()),
            project: identity.project.as_str(),
            name: identity.name.as_str(),
            org: identity.org.as_str(),
            kind: identity.cert_type.kind().as_str(),
            cert_type: identity.cert_type.as_str(),
            certificate: CertificateJson {
                serial: self.serial.as_deref(),
                valid_until: self.valid_until.as_deref(),
            },
            cert_file: &self.cert_file,
            rootca_file: ROOT_FILE,
            ca_info: self.ca_info.as_ref().map(|info| CaInfoJson {
                provision_version: info.provision_version.as_str(),
                rootca_fingerprint: info.rootca_fingerprint,
            }),
            hashes: HashesJson {
                csr_sha256: hashes.csr,
                site_yaml_sha256: hashes.site_yaml,
                certificate_sha256: hashes.certificate,
                rootca_sha256: hashes.rootca,
                public_key_sha256: hashes.public_key,
            },
            scheme: self.connection.scheme.as_str(),
            default_connection_security: self.connection.security.as_str(),
            server: &self.connection.server,
            cert_role: identity.cert_type.role(),
        }
        .serialize(serializer)
    }
}

/// The optional `ca_info`. A fingerprint that is none has a code of its own.
fn ca_info(map: &Map<String, Value>) -> Result<Option<CaInfo>, Error> {
    if map.get("ca_info").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let invalid =
        |defect: Defect| defect.within("ca_info in signed.json").code(Code::InvalidSignedZip);
    let info = json::object(map, "ca_info").map_err(invalid)?;
    let version = json::text(info, "provision_version").map_err(invalid)?;
    let provision_version = DeployVersion::parse(version).map_err(invalid)?;
    let text = json::text(info, "rootCA_fingerprint").map_err(invalid)?;
    let rootca_fingerprint = Fingerprint::parse(text).map_err(|defect| {
        defect.within("ca_info in signed.json").code(Code::InvalidRootcaFingerprint)
    })?;
    Ok(Some(CaInfo { provision_version, rootca_fingerprint }))
}

fn hashes(map: &Map<String, Value>) -> Result<Hashes, Defect> {
    let hashes = json::object(map, "hashes")?;
    let digest = |key: &str| {
        Digest::parse_any_case(json::text(hashes, key)?).map_err(|defect| defect.within(key))
    };
    Ok(Hashes {
        csr: digest("csr_sha256")?,
        site_yaml: digest("site_yaml_sha256")?,
        certificate: digest("certificate_sha256")?,
        rootca: digest("rootca_sha256")?,
        public_key: digest("public_key_sha256")?,
    })
}

fn connection(map: &Map<String, Value>) -> Result<Connection, Defect> {
    let server = json::object(map, "server")?;
    let port = |key: &str| {
        Port::new(json::integer(server, key)?)
            .map_err(|defect| defect.within(format!("server.{key}")))
    };
    Ok(Connection {
        scheme: Scheme::parse(json::text(map, "scheme")?)?,
        security: ConnectionSecurity::parse(json::text(map, "default_connection_security")?)?,
        server: Endpoint {
            host: HostName::parse(json::text(server, "host")?)
                .map_err(|defect| defect.within("server.host"))?,
            fed_learn_port: port("fed_learn_port")?,
            admin_port: port("admin_port")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = include_str!("../../tests/vectors/valid/reference-2.9.0/signed.json");

    #[test]
    fn reads_the_references_approval_and_writes_the_same() {
        let metadata = SignedMetadata::parse(SIGNED.as_bytes()).unwrap();
        assert_eq!(json::write(&metadata), SIGNED);
    }

    #[test]
    fn each_defect_has_its_reason() {
        let digest = "\"csr_sha256\": \"";
        for (from, to, reason) in [
            ("cert.signed", "cert.request", Reason::ArtifactUnsupported),
            ("\"rootca_file\": \"rootCA.pem\"", "\"rootca_file\": \"r\"", Reason::FileNameMismatch),
            ("\"kind\": \"site\"", "\"kind\": \"user\"", Reason::KindTypeMismatch),
            ("\"scheme\": \"grpc\"", "\"scheme\": \"uds\"", Reason::FieldValue),
            ("\"fed_learn_port\": 8002", "\"fed_learn_port\": \"8002\"", Reason::FieldType),
            ("\"fed_learn_port\": 8002", "\"fed_learn_port\": 0", Reason::Port),
            ("\"provision_version\": \"00\"", "\"provision_version\": 0", Reason::FieldType),
            ("SHA256:", "MD5:", Reason::FingerprintFormat),
            (digest, "\"csr_sha256\": \"x", Reason::DigestFormat),
        ] {
            let text = SIGNED.replacen(from, to, 1);
            assert_ne!(text, SIGNED, "{from}");
            let error = SignedMetadata::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.reason(), Some(reason), "{to}: {error}");
        }
    }
}
