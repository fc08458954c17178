//! CA directories: files that are missing, and `ca.json` and `rootCA.key`. The root's own fields
//! are in `root`.

use flarekit::error::Code::{self, *};
use flarekit::error::Reason::{self, *};
use serde_json::json;

use super::edits::{Edit, one_a_reason};
use super::json::{Field, fields, with};
use super::{approve, armor, traps};
use crate::case::{Case, Refusal};
use crate::forge::other_root;
use crate::machine::{SITE, USER, valid, valid_text, vector};

pub fn cases() -> Vec<Case> {
    [missing(), metadata(), keys(), roots()].concat()
}

fn case(name: &str, what: &str, refusal: impl Into<Refusal>) -> Case {
    Case::new("ca-directory", name, what, refusal).command(&approve(SITE))
}

fn missing() -> Vec<Case> {
    [("rootCA.pem", "root"), ("rootCA.key", "key"), ("ca.json", "metadata")]
        .into_iter()
        .map(|(file, short)| {
            let what = format!("{file} is not there");
            case(&format!("{short}-missing"), &what, CaNotFound).without(&format!("ca/{file}"))
        })
        .collect()
}

fn metadata() -> Vec<Case> {
    let fingerprint = format!("SHA256:{}", ["00"; 32].join(":"));
    let mut edits: Vec<(Edit, Refusal)> = Vec::new();
    let list = vec![Field("project", json!("other_federation"), ProjectName)];
    for edit in fields(list, &[("project", ProjectName)]) {
        let refusal = match edit.name.as_str() {
            "project-altered" => ProjectCaMismatch.into(),
            _ => (InvalidArgs, edit.reason).into(),
        };
        edits.push((edit, refusal));
    }
    let mut add =
        |name: &str, what: &str, code: Code, reason: Reason, path: &'static str, value| {
            edits.push((with(name, what, reason, path, value), (code, reason).into()));
        };
    let number: serde_json::Value = json!(1);
    add("project-path", "project is ../x", InvalidArgs, ProjectName, "project", json!("../x"));
    add(
        "created-at-number",
        "created_at is a number",
        InvalidArgs,
        FieldType,
        "created_at",
        number.clone(),
    );
    add(
        "created-at-no-time",
        "created_at is no time",
        InvalidArgs,
        FieldValue,
        "created_at",
        json!("yesterday"),
    );
    add(
        "project-profile-number",
        "project_profile is a number",
        InvalidArgs,
        FieldType,
        "project_profile",
        number.clone(),
    );
    add(
        "version-number",
        "provision_version is a number",
        InvalidArgs,
        FieldType,
        "provision_version",
        number.clone(),
    );
    add(
        "version-one-digit",
        "provision_version has one digit",
        InvalidArgs,
        DeployVersion,
        "provision_version",
        json!("0"),
    );
    add(
        "version-path",
        "provision_version is ..",
        InvalidArgs,
        DeployVersion,
        "provision_version",
        json!(".."),
    );
    add(
        "version-other-digits",
        "provision_version has digits beyond ASCII",
        InvalidArgs,
        DeployVersion,
        "provision_version",
        json!("\u{661}\u{662}"),
    );
    add(
        "fingerprint-number",
        "the fingerprint is a number",
        InvalidArgs,
        FieldType,
        "rootCA_fingerprint",
        number,
    );
    add(
        "fingerprint-short",
        "the fingerprint has 63 digits",
        InvalidRootcaFingerprint,
        FingerprintFormat,
        "rootCA_fingerprint",
        json!("a".repeat(63)),
    );
    add(
        "fingerprint-empty",
        "the fingerprint is an empty text",
        InvalidRootcaFingerprint,
        FingerprintFormat,
        "rootCA_fingerprint",
        json!(""),
    );
    add(
        "fingerprint-sha1",
        "the fingerprint is SHA-1",
        InvalidRootcaFingerprint,
        FingerprintFormat,
        "rootCA_fingerprint",
        json!(["00"; 20].join(":")),
    );
    add(
        "fingerprint-other",
        "the fingerprint is another",
        RootcaFingerprintMismatch,
        RecordedFingerprint,
        "rootCA_fingerprint",
        json!(fingerprint),
    );
    for edit in one_a_reason(traps::json()) {
        let refusal = (InvalidArgs, edit.reason).into();
        edits.push((edit, refusal));
    }
    let of = |(edit, refusal): &(Edit, Refusal)| {
        case(&format!("metadata-{}", edit.name), &format!("ca.json: {}", edit.what), *refusal)
            .file("ca/ca.json", edit.apply(&valid_text("ca/ca.json")))
    };
    edits.iter().map(of).collect()
}

fn keys() -> Vec<Case> {
    let key = |name: &str, what: &str, refusal: Refusal, bytes: Vec<u8>| {
        case(&format!("key-{name}"), what, refusal).file("ca/rootCA.key", bytes)
    };
    let unusable = |reason| Refusal::from((CaLoadFailed, reason));
    let valid_key = valid_text("ca/rootCA.key");
    vec![
        key(
            "of-another-ca",
            "the key is another CA's",
            CaKeyMismatch.into(),
            vector("valid/reference-2.9.0/ca/rootCA.key"),
        ),
        key(
            "of-a-participant",
            "the key is a participant's",
            CaKeyMismatch.into(),
            valid(&format!("{USER}/{USER}.key")),
        ),
        key("empty", "the key file is empty", unusable(PemMalformed), vec![]),
        key(
            "certificate",
            "the key file holds a certificate",
            unusable(PemLabel),
            valid("ca/rootCA.pem"),
        ),
        key(
            "twice",
            "the key file holds the key twice",
            unusable(PemMalformed),
            valid_key.repeat(2).into(),
        ),
        key(
            "and-certificate",
            "the key file holds the certificate, too",
            unusable(PemMalformed),
            [valid("ca/rootCA.key"), valid("ca/rootCA.pem")].concat(),
        ),
        key("cut", "the key lacks its last lines", unusable(PemMalformed), valid_key[..800].into()),
        key(
            "damaged",
            "the key has a letter less",
            unusable(PemMalformed),
            valid_key.replacen("\nM", "\n", 1).into(),
        ),
        key(
            "encrypted",
            "the key is encrypted and nobody gives the passphrase",
            unusable(KeyEncrypted),
            vector("valid/keys/rsa-2048.encrypted.pem"),
        ),
        key(
            "old-encryption",
            "the key is encrypted in OpenSSL's old way",
            unusable(KeyOldEncryption),
            vector("valid/keys/rsa-2048.old-encryption.pem"),
        ),
        key(
            "ec",
            "the key is of elliptic curves",
            unusable(KeyNotRsa),
            vector("valid/keys/ec-p256.pkcs8.pem"),
        ),
        key(
            "rsa-1024",
            "the key has 1024 bits",
            unusable(KeySize),
            vector("valid/keys/rsa-1024.pkcs8.pem"),
        ),
        key(
            "label",
            "the key's PEM label is that of PKCS#8",
            unusable(DerMalformed),
            valid_key.replace("RSA PRIVATE", "PRIVATE").into(),
        ),
        key("numbers-altered", "the key's numbers do not fit together", unusable(DerMalformed), {
            let mut key = crate::forge::unpem(&valid("ca/rootCA.key"));
            *key.at(&[8]).content().last_mut().unwrap() ^= 1;
            crate::forge::pem("RSA PRIVATE KEY", &key.encode())
        }),
        key("number-extra", "a number follows those of the key", unusable(DerMalformed), {
            let mut key = crate::forge::unpem(&valid("ca/rootCA.key"));
            let one = key.at(&[0]).clone();
            key.values().push(one);
            crate::forge::pem("RSA PRIVATE KEY", &key.encode())
        }),
        key(
            "blank-line",
            "the key has a blank line inside the PEM block",
            unusable(PemMalformed),
            armor::blank_line().apply(&valid_key).into(),
        ),
    ]
}

fn roots() -> Vec<Case> {
    let root = |name: &str, what: &str, refusal: Refusal, bytes: Vec<u8>| {
        case(&format!("root-file-{name}"), what, refusal).file("ca/rootCA.pem", bytes)
    };
    let unusable = |reason| Refusal::from((CaLoadFailed, reason));
    let mismatch = Refusal::from((RootcaFingerprintMismatch, RecordedFingerprint));
    let pem = valid_text("ca/rootCA.pem");
    vec![
        root("of-another-ca", "rootCA.pem is another CA's", mismatch, other_root()),
        root("empty", "rootCA.pem is empty", unusable(PemMalformed), vec![]),
        root(
            "twice",
            "rootCA.pem holds the certificate twice",
            unusable(PemMalformed),
            pem.repeat(2).into(),
        ),
        root(
            "bundle",
            "rootCA.pem holds another CA's certificate, too",
            unusable(PemMalformed),
            [valid("ca/rootCA.pem"), other_root()].concat(),
        ),
        root(
            "text-before",
            "rootCA.pem begins with text, as 'openssl x509 -text' writes it",
            unusable(PemMalformed),
            format!("Certificate:\n{pem}").into(),
        ),
        root("key", "rootCA.pem holds the key", unusable(PemLabel), valid("ca/rootCA.key")),
        root(
            "trusted-label",
            "rootCA.pem is a TRUSTED CERTIFICATE",
            unusable(PemLabel),
            pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE").into(),
        ),
        root(
            "der",
            "rootCA.pem is DER",
            unusable(PemMalformed),
            crate::forge::unpem(&valid("ca/rootCA.pem")).encode(),
        ),
        root(
            "blank-line",
            "rootCA.pem has a blank line inside the PEM block",
            unusable(PemMalformed),
            armor::blank_line().apply(&pem).into(),
        ),
    ]
}
