//! `signed.json`: each field altered, signed again by the CA, by another CA, and not at all.

use flarekit::error::Code::*;
use flarekit::error::Reason::{self, *};
use flarekit::pki::sha256_hex;
use serde_json::json;

use super::edits::{Edit, one_a_reason};
use super::json::{Field, fields, with};
use super::{signed_case, traps};
use crate::case::{Case, Refusal};
use crate::forge::{SignedForge, other_ca_key};
use crate::machine::SITE;

pub fn cases() -> Vec<Case> {
    let mut edits = required();
    edits.extend(optional());
    edits.extend(one_a_reason(traps::json()));
    let signed = edits
        .iter()
        .map(|edit| case(edit, "signed", "signed by the CA", refusal(edit), SignedForge::sign));
    let altered: Vec<Edit> =
        required().into_iter().filter(|edit| edit.name.ends_with("-altered")).collect();
    let invalid = (InvalidSignedZip, SignatureInvalid);
    let unsigned =
        altered.iter().map(|edit| case(edit, "not-signed", "not signed again", invalid, |_| {}));
    let by_another = altered.iter().step_by(4).map(|edit| {
        case(edit, "signed-by-another-ca", "signed by another CA", invalid, |forge| {
            forge.sign_with(other_ca_key());
        })
    });
    signed.chain(unsigned).chain(by_another).collect()
}

fn case(
    edit: &Edit,
    kind: &str,
    how: &str,
    refusal: impl Into<Refusal>,
    sign: impl FnOnce(&mut SignedForge),
) -> Case {
    let name = format!("signed-json-{}-{kind}", edit.name);
    signed_case(SITE, &name, &format!("signed.json, {how}: {}", edit.what), refusal, |forge| {
        let text = edit.apply(&forge.zip.text("signed.json"));
        forge.zip.set("signed.json", text);
        sign(forge);
    })
}

fn refusal(edit: &Edit) -> Refusal {
    match edit.reason {
        FingerprintFormat => (InvalidRootcaFingerprint, FingerprintFormat).into(),
        SignedFingerprint => (RootcaFingerprintMismatch, SignedFingerprint).into(),
        RequestDirOtherRequest => (RequestDirMismatch, RequestDirOtherRequest).into(),
        // The local request is another one than the approved.
        CsrHashMismatch => RequestMetadataMismatch.into(),
        reason => (InvalidSignedZip, reason).into(),
    }
}

fn required() -> Vec<Edit> {
    let other = sha256_hex(b"other bytes");
    let fingerprint = format!("SHA256:{}", vec!["00"; 32].join(":"));
    let list = vec![
        Field("artifact_type", json!("nvflare.cert.request"), ArtifactUnsupported),
        Field("schema_version", json!("2"), ArtifactUnsupported),
        Field("request_id", json!("00000000000040008000000000000000"), RequestDirOtherRequest),
        Field("project", json!("other_federation"), SiteIdentityMismatch),
        Field("name", json!("hospital-b"), ZipMemberMissing),
        Field("org", json!("hospital_beta"), SiteIdentityMismatch),
        Field("kind", json!("user"), KindTypeMismatch),
        Field("cert_type", json!("server"), KindTypeMismatch),
        Field("cert_file", json!("hospital-b.crt"), FileNameMismatch),
        Field("rootca_file", json!("root.pem"), FileNameMismatch),
        Field("ca_info/provision_version", json!("1"), DeployVersion),
        Field("ca_info/rootCA_fingerprint", json!(fingerprint), SignedFingerprint),
        Field("hashes/csr_sha256", json!(other), CsrHashMismatch),
        Field("hashes/site_yaml_sha256", json!(other), SiteHashMismatch),
        Field("hashes/certificate_sha256", json!(other), CertificateHashMismatch),
        Field("hashes/rootca_sha256", json!(other), RootcaHashMismatch),
        Field("hashes/public_key_sha256", json!(other), PublicKeyHashMismatch),
        Field("scheme", json!("uds"), FieldValue),
        Field("default_connection_security", json!("ssl"), FieldValue),
        Field("server/host", json!("a_b"), HostName),
        Field("server/fed_learn_port", json!(0), Port),
        Field("server/admin_port", json!(65536), Port),
    ];
    let line_breaks = [
        ("artifact_type", ArtifactUnsupported),
        ("request_id", RequestId),
        ("project", ProjectName),
        ("name", NameUnsafe),
        ("org", OrgName),
        ("kind", KindTypeMismatch),
        ("cert_type", FieldValue),
        ("cert_file", FileNameMismatch),
        ("rootca_file", FileNameMismatch),
        ("ca_info/provision_version", DeployVersion),
        ("hashes/csr_sha256", DigestFormat),
        ("hashes/certificate_sha256", DigestFormat),
        ("server/host", HostName),
    ];
    fields(list, &line_breaks)
}

fn optional() -> Vec<Edit> {
    let one =
        |name: &str, what: &str, reason: Reason, path: &'static str, value: serde_json::Value| {
            with(name, what, reason, path, value)
        };
    vec![
        one("hashes-null", "hashes is null", FieldMissing, "hashes", json!(null)),
        one("hashes-list", "hashes is a list", FieldType, "hashes", json!([])),
        one(
            "hashes-short",
            "a hash has 63 digits",
            DigestFormat,
            "hashes/csr_sha256",
            json!("a".repeat(63)),
        ),
        one(
            "hashes-sha512",
            "a hash is said to be SHA-512",
            DigestFormat,
            "hashes/csr_sha256",
            json!(format!("sha512:{}", "a".repeat(64))),
        ),
        one("server-null", "server is null", FieldMissing, "server", json!(null)),
        one(
            "server-text",
            "server is a text",
            FieldType,
            "server",
            json!("server1.hospital-central.org:8002"),
        ),
        one(
            "server-host-ipv6",
            "the host is an IPv6 address",
            HostName,
            "server/host",
            json!("::1"),
        ),
        one(
            "server-host-unspecified",
            "the host is 0.0.0.0",
            HostAddress,
            "server/host",
            json!("0.0.0.0"),
        ),
        one(
            "server-host-with-port",
            "the host has a port",
            HostName,
            "server/host",
            json!("server1.hospital-central.org:8002"),
        ),
        one(
            "server-host-shell",
            "the host has a command for the shell",
            HostName,
            "server/host",
            json!("$(id)"),
        ),
        one(
            "server-host-line-break-inside",
            "the host has a line break inside",
            HostName,
            "server/host",
            json!("a\nb"),
        ),
        one(
            "server-port-text",
            "a port is a text",
            FieldType,
            "server/fed_learn_port",
            json!("8002"),
        ),
        one(
            "server-port-float",
            "a port is a number with a point",
            FieldType,
            "server/fed_learn_port",
            json!(8002.0),
        ),
        one("server-port-negative", "a port is negative", Port, "server/admin_port", json!(-1)),
        one("server-port-true", "a port is true", FieldType, "server/admin_port", json!(true)),
        one("ca-info-list", "ca_info is a list", FieldType, "ca_info", json!([])),
        one(
            "ca-info-fingerprint-short",
            "the fingerprint has 31 bytes",
            FingerprintFormat,
            "ca_info/rootCA_fingerprint",
            json!(format!("SHA256:{}", vec!["00"; 31].join(":"))),
        ),
        one(
            "ca-info-fingerprint-md5",
            "the fingerprint is MD5",
            FingerprintFormat,
            "ca_info/rootCA_fingerprint",
            json!("MD5:00"),
        ),
        one(
            "ca-info-version-path",
            "the deploy version is ..",
            DeployVersion,
            "ca_info/provision_version",
            json!(".."),
        ),
        one("approved-at-number", "approved_at is a number", FieldType, "approved_at", json!(1)),
        one(
            "approved-at-no-time",
            "approved_at is no time",
            FieldValue,
            "approved_at",
            json!("yesterday"),
        ),
        one("approved-at-empty", "approved_at is empty", FieldValue, "approved_at", json!("")),
        one("certificate-list", "certificate is a list", FieldType, "certificate", json!([])),
        one(
            "certificate-serial-number",
            "the serial is a number",
            FieldType,
            "certificate/serial",
            json!(1),
        ),
        one(
            "certificate-serial-other",
            "the serial is another",
            CertificateFactsMismatch,
            "certificate/serial",
            json!("0x1"),
        ),
        one(
            "certificate-end-other",
            "valid_until is another",
            CertificateFactsMismatch,
            "certificate/valid_until",
            json!("2036-01-01T00:00:00Z"),
        ),
        one(
            "cert-role-of-a-client",
            "a client has a role",
            KindTypeMismatch,
            "cert_role",
            json!("lead"),
        ),
        one(
            "cert-type-user",
            "cert_type is a user's",
            NameWrongForType,
            "cert_type",
            json!("lead"),
        ),
        one("name-path", "name is ../hospital-a", NameUnsafe, "name", json!("../hospital-a")),
        one("name-device", "name is a device of Windows", NameDevice, "name", json!("CON")),
        one("name-long", "name has 65 characters", NameTooLong, "name", json!("a".repeat(65))),
        one("project-path", "project is ../x", ProjectName, "project", json!("../x")),
        one(
            "cert-file-path",
            "cert_file is ../hospital-a.crt",
            FileNameMismatch,
            "cert_file",
            json!("../hospital-a.crt"),
        ),
        one("request-id-path", "request_id is ../x", RequestId, "request_id", json!("../x")),
    ]
}
