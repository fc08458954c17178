//! What is shown of the parts that several artifacts have.

use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::digest::Digest;
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::json::object_of;
use crate::pki::{AltName, Certificate, PublicKey};
use crate::request::RequestMetadata;

/// Who it is about.
pub(super) fn identity(identity: &Identity) -> Map<String, Value> {
    object_of(json!({
        "name": identity.name.as_str(),
        "project": identity.project.as_str(),
        "org": identity.org.as_str(),
        "kind": identity.cert_type.kind().as_str(),
        "cert_role": identity.cert_type.role(),
        "cert_type": identity.cert_type.as_str(),
    }))
}

/// What a request says of itself.
pub(super) fn request(metadata: &RequestMetadata) -> Map<String, Value> {
    let mut facts = identity(&metadata.identity);
    facts.insert("request_id".to_owned(), json!(metadata.request_id.as_str()));
    facts.insert("created_at".to_owned(), json!(metadata.created_at.map(|at| at.to_string())));
    if let Some(renewal) = &metadata.renewal {
        let certificate = renewal.certificate();
        let end = certificate.not_after().to_string();
        facts.insert("renews".to_owned(), json!(certificate.serial()));
        facts.insert("renews_valid_until".to_owned(), json!(end));
    }
    facts
}

/// The digests of a request zip, in full and to be read aloud.
pub(super) fn request_zip(zip: &[u8]) -> Map<String, Value> {
    let digest = Digest::of(zip);
    object_of(json!({
        "request_zip_sha256": digest.to_string(),
        "request_digest": digest.spoken().to_string(),
    }))
}

/// How to connect.
pub(super) fn connection(connection: &Connection) -> Map<String, Value> {
    object_of(json!({
        "endpoint": connection.endpoint_url(),
        "admin_port": connection.server.admin_port.get(),
        "connection_security": connection.security.as_str(),
    }))
}

/// A key, by its public half.
pub(super) fn key(key: &PublicKey) -> Map<String, Value> {
    object_of(json!({
        "key_type": key.algorithm_name(),
        "public_key_sha256": key.sha256_hex(),
    }))
}

/// A participant's certificate.
pub(crate) fn certificate(certificate: &Certificate) -> Map<String, Value> {
    let names: Vec<String> = certificate.alt_names().iter().map(AltName::listed).collect();
    let mut facts = object_of(json!({
        "subject": certificate.subject().to_string(),
        "subject_alt_names": names,
        "serial": certificate.serial(),
        "not_before": certificate.not_before().to_string(),
        "valid_until": certificate.not_after().to_string(),
    }));
    facts.append(&mut key(certificate.public_key()));
    facts
}

/// A root certificate beside a participant's.
pub(crate) fn root(root: &Certificate) -> Map<String, Value> {
    object_of(json!({
        "rootca_subject": root.subject().to_string(),
        "rootca_valid_until": root.not_after().to_string(),
        "rootca_fingerprint_sha256": Fingerprint::from_digest(root.sha256()).to_string(),
    }))
}
