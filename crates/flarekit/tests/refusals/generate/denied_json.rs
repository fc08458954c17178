//! `denied.json`: each field altered, signed again by the CA, by another CA, and not at all.

use flarekit::error::Code::*;
use flarekit::error::Reason::*;
use flarekit::pki::sha256_hex;
use serde_json::json;

use super::edits::{Edit, one_a_reason};
use super::json::{Field, fields, with};
use super::{denied_case, traps};
use crate::case::{Case, Refusal};
use crate::forge::{DeniedForge, other_ca_key};

pub fn cases() -> Vec<Case> {
    let mut edits = required();
    edits.extend(one_a_reason(traps::json()));
    let signed = edits
        .iter()
        .chain(&others())
        .map(|edit| case(edit, "signed", "signed by the CA", refusal(edit), DeniedForge::sign))
        .collect::<Vec<_>>();
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
    signed.into_iter().chain(unsigned).chain(by_another).collect()
}

fn case(
    edit: &Edit,
    kind: &str,
    how: &str,
    refusal: impl Into<Refusal>,
    sign: impl FnOnce(&mut DeniedForge),
) -> Case {
    let name = format!("denied-json-{}-{kind}", edit.name);
    denied_case(&name, &format!("denied.json, {how}: {}", edit.what), refusal, |forge| {
        let text = edit.apply(&forge.zip.text("denied.json"));
        forge.zip.set("denied.json", text);
        sign(forge);
    })
}

fn refusal(edit: &Edit) -> Refusal {
    match edit.reason {
        SignedFingerprint => (RootcaFingerprintMismatch, SignedFingerprint).into(),
        // The CA denied a request, and not the one of this folder.
        reason @ (RequestDirOtherRequest | RequestDirSearched) => (RequestDenied, reason).into(),
        reason => (InvalidSignedZip, reason).into(),
    }
}

/// The digests of the request zip and of `request.json` say which file was denied. The folder has
/// neither for certain, so another one is no contradiction.
fn required() -> Vec<Edit> {
    let other = sha256_hex(b"other bytes");
    let fingerprint = format!("SHA256:{}", vec!["00"; 32].join(":"));
    let list = vec![
        Field("artifact_type", json!("nvflare.cert.signed"), ArtifactUnsupported),
        Field("schema_version", json!("2"), ArtifactUnsupported),
        Field("request_id", json!("00000000000040008000000000000000"), RequestDirOtherRequest),
        Field("denied_at", json!("yesterday"), FieldValue),
        Field("reason", json!("no\ncontract"), Remark),
        Field("project", json!("other_federation"), RootProjectMismatch),
        Field("name", json!("hospital-b"), RequestDirSearched),
        Field("org", json!("hospital_beta"), RequestDirOtherRequest),
        Field("kind", json!("user"), KindTypeMismatch),
        Field("cert_type", json!("server"), KindTypeMismatch),
        Field("rootca_file", json!("root.pem"), FileNameMismatch),
        Field("ca_info/provision_version", json!("1"), DeployVersion),
        Field("ca_info/rootCA_fingerprint", json!(fingerprint), SignedFingerprint),
        Field("hashes/request_zip_sha256", json!("none"), DigestFormat),
        Field("hashes/request_json_sha256", json!("none"), DigestFormat),
        Field("hashes/csr_sha256", json!(other), RequestDirOtherRequest),
        Field("hashes/site_yaml_sha256", json!(other), RequestDirOtherRequest),
        Field("hashes/public_key_sha256", json!(other), RequestDirOtherRequest),
        Field("hashes/rootca_sha256", json!(other), RootcaHashMismatch),
    ];
    let line_breaks = [
        ("artifact_type", ArtifactUnsupported),
        ("request_id", RequestId),
        ("denied_at", FieldValue),
        ("reason", Remark),
        ("project", ProjectName),
        ("name", NameUnsafe),
        ("org", OrgName),
        ("kind", KindTypeMismatch),
        ("cert_type", FieldValue),
        ("rootca_file", FileNameMismatch),
        ("ca_info/provision_version", DeployVersion),
        ("hashes/csr_sha256", DigestFormat),
    ];
    fields(list, &line_breaks)
}

fn others() -> Vec<Edit> {
    let reason = |name: &str, what: &str, value: String| {
        with(&format!("reason-{name}"), &format!("the reason {what}"), Remark, "reason", value)
    };
    let fingerprint = "ca_info/rootCA_fingerprint";
    let short = format!("SHA256:{}", vec!["00"; 31].join(":"));
    let digits = "A".repeat(64);
    vec![
        reason("spaces", "is nothing but spaces", "   ".to_owned()),
        reason("long", "has 501 characters", "x".repeat(501)),
        reason("escape-sequence", "clears the screen", "no\u{1b}[2J".to_owned()),
        reason("carriage-return", "goes back to the line's beginning", "no\rok".to_owned()),
        reason("tab", "has a tab", "no\tcontract".to_owned()),
        reason("nul", "has a NUL", "no\0".to_owned()),
        reason("c1-control", "has a control sequence of one character", "\u{9b}2J".to_owned()),
        reason("turned-around", "is turned around", "no \u{202e}tcartnoc".to_owned()),
        reason("zero-width", "has a space without width", "no\u{200b}contract".to_owned()),
        reason("line-separator", "has another line break", "no\u{2028}contract".to_owned()),
        reason("private-key", "speaks of a PRIVATE KEY", "send your PRIVATE KEY".to_owned()),
        with("hashes-null", "hashes is null", FieldMissing, "hashes", json!(null)),
        with("hashes-list", "hashes is a list", FieldType, "hashes", json!([])),
        with("hashes-capitals", "a hash is in capitals", DigestFormat, HASH, json!(digits)),
        with("ca-info-null", "ca_info is null", FieldMissing, "ca_info", json!(null)),
        with("ca-info-list", "ca_info is a list", FieldType, "ca_info", json!([])),
        with(
            "fingerprint-short",
            "the fingerprint has 31 bytes",
            FingerprintFormat,
            fingerprint,
            short,
        ),
        with("fingerprint-md5", "the fingerprint is MD5", FingerprintFormat, fingerprint, "MD5:00"),
        with("cert-role-of-a-client", "a client has a role", KindTypeMismatch, "cert_role", "lead"),
        with("cert-type-user", "cert_type is a user's", NameWrongForType, "cert_type", "lead"),
        with("name-path", "name is ../hospital-a", NameUnsafe, "name", "../hospital-a"),
        with("name-device", "name is a device of Windows", NameDevice, "name", "CON"),
        with("request-id-path", "request_id is ../x", RequestId, "request_id", "../x"),
        with("denied-at-local", "denied_at has no zone", FieldValue, AT, "2026-11-23T09:00:00"),
        with("denied-at-number", "denied_at is a number", FieldType, AT, json!(1_795_500_000)),
    ]
}

const AT: &str = "denied_at";
const HASH: &str = "hashes/request_zip_sha256";
