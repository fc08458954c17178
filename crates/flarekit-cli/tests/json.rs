//! What each command reports: the same keys in text and in JSON, for scripts of the reference too.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod common;

use std::os::unix::fs::symlink;
use std::process::Output;

use common::{Machine, Sandbox, envelope, succeeded, text_of};
use serde_json::{Value, json};

/// The keys that scripts for the reference read, none of which may go, and those that we add.
const INIT: &[&str] = &[
    "ca_cert",
    "project",
    "provision_version",
    "rootca_fingerprint_sha256",
    "subject_cn",
    "valid_until",
    "project_profile",
    "next_step",
];
const REQUEST: &[&str] = &[
    "name",
    "project",
    "request_zip",
    "request_id",
    "request_zip_sha256",
    "request_digest",
    "audit",
    "next_step",
];
const APPROVE: &[&str] = &[
    "name",
    "project",
    "org",
    "kind",
    "cert_role",
    "cert_type",
    "subject_alt_names",
    "serial",
    "not_before",
    "valid_until",
    "key_type",
    "public_key_sha256",
    "csr_sha256",
    "request_zip_sha256",
    "request_digest",
    "endpoint",
    "admin_port",
    "connection_security",
    "provision_version",
    "signed_zip",
    "request_id",
    "rootca_fingerprint_sha256",
    "audit",
    "next_step",
];
const PACKAGE: &[&str] = &[
    "output_dir",
    "name",
    "type",
    "endpoint",
    "admin_port",
    "cert",
    "key",
    "rootca",
    "transfer_dir",
    "next_step",
    "provision_version",
    "rootca_fingerprint_sha256",
];

/// The four commands, in order, with their keys.
const LINES: [(&str, &[&str]); 4] = [
    ("cert init --profile project_profile.yaml -o ca", INIT),
    ("cert request -p alice.yaml --out a", REQUEST),
    (
        "cert approve a/alice@hospital-alpha.org.request.zip -c ca --profile project_profile.yaml \
         --out a/s.zip",
        APPROVE,
    ),
    ("package a/s.zip", PACKAGE),
];

#[test]
fn json_has_the_keys_of_the_contract_and_always_a_list_of_warnings() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let mut all = Vec::new();
    for (line, keys) in LINES {
        let data = m.ok(line);
        let found: Vec<&String> = data.as_object().unwrap().keys().collect();
        assert_eq!(found, [keys, &["warnings"]].concat(), "{line}");
        for warning in data["warnings"].as_array().unwrap() {
            let keys: Vec<&String> = warning.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["code", "message"], "{line}");
        }
        all.push(data);
    }
    let fingerprint = text_of(&all[0], "rootca_fingerprint_sha256");
    assert_eq!(all[2]["rootca_fingerprint_sha256"], fingerprint.as_str());
    assert_eq!(all[3]["rootca_fingerprint_sha256"], fingerprint.as_str());
    assert_eq!(all[2]["cert_role"], "lead");
    let kit = m.path("workspace/hospital_federation/prod_00/alice@hospital-alpha.org");
    assert_eq!(all[3]["key"], kit.join("startup/client.key").to_str().unwrap());
    assert_eq!(all[3]["cert"], kit.join("startup/client.crt").to_str().unwrap());
    assert_eq!(all[3]["rootca"], kit.join("startup/rootCA.pem").to_str().unwrap());
    assert_eq!(all[3]["transfer_dir"], kit.join("transfer").to_str().unwrap());
    assert_eq!(all[3]["endpoint"], "grpc://server1.hospital-central.org:8002");
}

#[test]
fn text_has_the_same_keys_and_nothing_else_on_standard_output() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    for (line, keys) in LINES {
        let output = m.run(line);
        assert!(output.status.success(), "{line}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let found: Vec<&str> = text.lines().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(found, keys, "{line}");
    }
}

#[test]
fn a_site_has_no_role_in_json_and_an_empty_one_in_text() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    assert_eq!(m.approve("hospital-a.yaml", "hospital-a")["cert_role"], Value::Null);
    let line = "cert approve hospital-a/hospital-a.request.zip -c ca \
                --profile project_profile.yaml --out again.signed.zip";
    let text = String::from_utf8(m.run(line).stdout).unwrap();
    assert!(text.contains("\ncert_role: \n"), "{text}");
}

#[test]
fn refusals_are_an_envelope_on_standard_output_and_words_on_standard_error() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let output = m.run("cert init --profile gone.yaml -o ca --format json");
    let refusal = envelope("gone", &output);
    let keys: Vec<&String> = refusal.as_object().unwrap().keys().collect();
    let expected =
        ["schema_version", "status", "exit_code", "error_code", "message", "hint", "reason"];
    assert_eq!(keys, expected);
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("\nReason: FILE_NOT_FOUND\nCode: INVALID_ARGS (exit 4)\n"), "{err}");

    let output = m.run("cert init --profile gone.yaml -o ca");
    assert_eq!((output.stdout.len(), output.status.code()), (0, Some(4)));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, err);
    assert!(text.contains("gone.yaml") && text.contains("\nHint: "), "{text}");

    m.init();
    let output = m.run("cert init --profile project_profile.yaml -o ca --format json");
    let refusal = envelope("without a reason", &output);
    assert_eq!(refusal.get("reason"), None);
}

/// A script written for the reference: the program has the reference's name, and `--format json`
/// stands where such scripts put it.
#[test]
fn scripts_of_the_reference_work_through_a_link() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let nvflare = sandbox.path().join("nvflare");
    symlink(assert_cmd::cargo::cargo_bin("flarekit"), &nvflare).unwrap();
    let run = |line: &str| m.program(&nvflare).args(common::words(line)).output().unwrap();
    let data = |line: &str| succeeded(line, &run(line));

    let ca = data("--format json cert init --profile project_profile.yaml -o ./ca");
    let told = text_of(&ca, "rootca_fingerprint_sha256");
    let request = data("cert --format json request --participant hospital-a.yaml");
    let zip = text_of(&request, "request_zip");
    let approved = data(&format!(
        "cert approve {zip} --ca-dir ./ca --profile project_profile.yaml --format json"
    ));
    let signed = text_of(&approved, "signed_zip");
    let kit = data(&format!(
        "package {signed} --expected-fingerprint {told} --format=json --connect-timeout 5"
    ));
    assert!(std::path::Path::new(&text_of(&kit, "output_dir")).join("startup/start.sh").exists());

    let refused = envelope("job", &run("--format json job list"));
    assert_eq!(refused["error_code"], "INVALID_ARGS");
    let version = String::from_utf8(run("--version").stdout).unwrap();
    assert!(version.starts_with("flarekit ") && version.contains("(NVFlare 2.9.0 artifacts)"));
}

/// What the artifacts say, key by key and in their order.
#[test]
fn artifacts_have_the_keys_of_the_contract() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let request = m.ok("cert request -p alice.yaml --out a");
    let approval = m.ok("cert approve a/alice@hospital-alpha.org.request.zip -c ca \
                         --profile project_profile.yaml --out a/s.signed.zip");
    m.ok("package a/s.signed.zip");
    let request_keys = json!([
        "artifact_type",
        "schema_version",
        "request_id",
        "created_at",
        "project",
        "name",
        "org",
        "kind",
        "cert_type",
        "cert_role",
        "csr_sha256",
        "public_key_sha256",
        "site_yaml_sha256"
    ]);
    let signed_keys = json!([
        "artifact_type",
        "schema_version",
        "request_id",
        "approved_at",
        "project",
        "name",
        "org",
        "kind",
        "cert_type",
        "certificate",
        "cert_file",
        "rootca_file",
        "ca_info",
        "hashes",
        "scheme",
        "default_connection_security",
        "server",
        "cert_role"
    ]);
    let ca_keys = json!([
        "project",
        "created_at",
        "provision_version",
        "rootCA_fingerprint",
        "project_profile"
    ]);
    assert_eq!(keys(&m.json("ca/ca.json")), ca_keys);
    assert_eq!(keys(&m.json("a/request.json")), request_keys);
    let signed = m.json("a/signed.json");
    assert_eq!(keys(&signed), signed_keys);
    assert_eq!(keys(&signed["ca_info"]), json!(["provision_version", "rootCA_fingerprint"]));
    assert_eq!(
        keys(&signed["hashes"]),
        json!([
            "csr_sha256",
            "site_yaml_sha256",
            "certificate_sha256",
            "rootca_sha256",
            "public_key_sha256"
        ])
    );

    let record = read(&m, &text_of(&request, "audit"));
    assert_eq!(
        keys(&record),
        json!([
            "schema_version",
            "request",
            "request_dir",
            "request_zip_path",
            "private_key_path",
            "csr_path",
            "site_yaml_path",
            "hashes"
        ])
    );
    assert_eq!(record["request"], m.json("a/request.json"));
    assert_eq!(
        record["private_key_path"],
        m.path("a/alice@hospital-alpha.org.key").to_str().unwrap()
    );
    let record = read(&m, &text_of(&approval, "audit"));
    assert_eq!(
        keys(&record),
        json!([
            "schema_version",
            "approval",
            "request",
            "request_zip_path",
            "signed_zip_path",
            "ca",
            "hashes"
        ])
    );
    assert_eq!(record["approval"], signed);
    let zip = flarekit::pki::sha256_hex(&m.read("a/s.signed.zip"));
    assert_eq!(record["hashes"]["signed_zip_sha256"], zip);
}

fn keys(value: &Value) -> Value {
    value.as_object().unwrap().keys().cloned().collect()
}

fn read(m: &Machine, path: &str) -> Value {
    assert!(path.starts_with(m.home.to_str().unwrap()), "{path}");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// `--output` of the reference after the leaf wins over `--format`.
#[test]
fn the_older_output_option() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let is_json = |output: &Output| output.stdout.starts_with(b"{\"schema_version\"");
    let line = "cert init --profile project_profile.yaml -o";
    assert!(is_json(&m.run(&format!("--format txt {line} a --output json"))));
    assert!(!is_json(&m.run(&format!("--format json {line} b --output txt"))));
}
