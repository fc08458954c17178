//! `cert approve`: what is wrong with the request zip.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::archives::{request_again, rezip};
use crate::common::{Machine, SERVER_NAME, Sandbox};
use crate::{Row, try_all};

const ZIP: &str = "hospital-a/hospital-a.request.zip";
const LINE: &str =
    "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml";
const SERVER: &str = "cert approve server1.hospital-central.org/server1.hospital-central.org.request.zip \
                      -c ca --profile project_profile.yaml";
const ARGS: &str = "INVALID_ARGS";
const CSR: &str = "hospital-a.csr";
const KEY: &[u8] = vector!("valid/keys/rsa-2048.pkcs8.pem");

/// Puts another CSR into the zip, with fitting hashes.
fn csr(m: &Machine, csr: &[u8]) {
    request_again(m, ZIP, |zip| zip.set(CSR, csr));
}

/// Adds a line to the participant's entry in the approval copy, with fitting hashes.
fn site(m: &Machine, line: &str) {
    request_again(m, ZIP, |zip| {
        let text = zip.text("site.yaml");
        zip.set("site.yaml", format!("{text}  {line}\n"));
    });
}

/// Replaces text in `request.json`.
fn metadata(m: &Machine, from: &str, to: &str) {
    rezip(m, ZIP, |zip| zip.edit("request.json", from, to));
}

/// Makes a request under another name in the place of the first.
fn request_as(m: &Machine, name: &str) {
    m.edit("hospital-a.yaml", "name: hospital-a", &format!("name: {name}"));
    assert!(m.run("cert request -p hospital-a.yaml --out again").status.success());
    fs::rename(m.path(format!("again/{name}.request.zip")), m.path(ZIP)).unwrap();
}

const ARCHIVE: &[Row] = &[
    (
        "no zip",
        "cert approve gone.zip -c ca --profile project_profile.yaml",
        |_| {},
        ("REQUEST_ZIP_NOT_FOUND", 1, ""),
    ),
    (
        "a directory",
        "cert approve hospital-a -c ca --profile project_profile.yaml",
        |_| {},
        (ARGS, 4, "OUT_DIR_NEEDED"),
    ),
    (
        "a link",
        LINE,
        |m| {
            fs::rename(m.path(ZIP), m.path("real.zip")).unwrap();
            symlink("../real.zip", m.path(ZIP)).unwrap();
        },
        (ARGS, 4, "NOT_A_PLAIN_FILE"),
    ),
    ("no zip file", LINE, |m| m.write(ZIP, "hello"), (ARGS, 4, "ZIP_MALFORMED")),
    ("empty", LINE, |m| m.write(ZIP, ""), (ARGS, 4, "ZIP_MALFORMED")),
    (
        "cut short",
        LINE,
        |m| {
            let zip = m.read(ZIP);
            m.write(ZIP, &zip[..zip.len() - 1]);
        },
        (ARGS, 4, "ZIP_MALFORMED"),
    ),
    (
        "something before it",
        LINE,
        |m| {
            let zip = m.read(ZIP);
            m.write(ZIP, [b"x".as_slice(), &zip].concat());
        },
        (ARGS, 4, "ZIP_MALFORMED"),
    ),
    ("too large", LINE, |m| m.write(ZIP, vec![0; (2 << 20) + 1]), (ARGS, 4, "FILE_TOO_LARGE")),
    (
        "no CSR",
        LINE,
        |m| rezip(m, ZIP, |zip| drop(zip.0.remove(CSR))),
        (ARGS, 4, "ZIP_MEMBER_MISSING"),
    ),
    (
        "no request.json",
        LINE,
        |m| rezip(m, ZIP, |zip| drop(zip.0.remove("request.json"))),
        (ARGS, 4, "ZIP_MEMBER_MISSING"),
    ),
    (
        "another member",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set("readme.txt", "hello")),
        (ARGS, 4, "ZIP_MEMBER_UNEXPECTED"),
    ),
    ("a signed zip", LINE, |m| m.write(ZIP, m.read("signed.zip")), (ARGS, 4, "WRONG_ARTIFACT")),
];

const METADATA: &[Row] = &[
    (
        "no JSON",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set("request.json", "[")),
        (ARGS, 4, "JSON_SYNTAX"),
    ),
    (
        "NaN",
        LINE,
        |m| metadata(m, "\"cert_role\": null", "\"cert_role\": NaN"),
        (ARGS, 4, "JSON_SYNTAX"),
    ),
    (
        "name twice",
        LINE,
        |m| metadata(m, "\"cert_role\": null", "\"name\": \"b\""),
        (ARGS, 4, "JSON_DUPLICATE_KEY"),
    ),
    (
        "kind is a list",
        LINE,
        |m| metadata(m, "\"kind\": \"site\"", "\"kind\": [\"site\"]"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    (
        "cert_type is a list",
        LINE,
        |m| metadata(m, "\"client\"", "[\"client\"]"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    (
        "kind is another's",
        LINE,
        |m| metadata(m, "\"site\"", "\"user\""),
        (ARGS, 4, "KIND_TYPE_MISMATCH"),
    ),
    (
        "schema",
        LINE,
        |m| metadata(m, "\"schema_version\": \"1\"", "\"schema_version\": \"2\""),
        (ARGS, 4, "ARTIFACT_UNSUPPORTED"),
    ),
    (
        "id",
        LINE,
        |m| {
            rezip(m, ZIP, |zip| {
                zip.edit_json("request.json", |json| json["request_id"] = "../../etc".into());
            })
        },
        (ARGS, 4, "REQUEST_ID"),
    ),
    (
        "org with a newline",
        LINE,
        |m| metadata(m, "hospital_alpha", "hospital_alpha\\n"),
        (ARGS, 4, "ORG_NAME"),
    ),
    (
        "unsafe name",
        LINE,
        |m| metadata(m, "\"hospital-a\"", "\"../x\""),
        ("INVALID_NAME", 4, "NAME_UNSAFE"),
    ),
    (
        "project",
        LINE,
        |m| metadata(m, "hospital_federation", "a b"),
        ("INVALID_PROJECT_NAME", 4, "PROJECT_NAME"),
    ),
    (
        "another name than the CSR's file",
        LINE,
        |m| metadata(m, "\"hospital-a\"", "\"hospital-b\""),
        (ARGS, 4, "ZIP_MEMBER_MISSING"),
    ),
    (
        "CSR altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set(CSR, [&zip.0[CSR][..], b"\n"].concat())),
        (ARGS, 4, "CSR_HASH_MISMATCH"),
    ),
    (
        "site.yaml altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.edit("site.yaml", "Alpha", "Beta")),
        (ARGS, 4, "SITE_HASH_MISMATCH"),
    ),
    (
        "another key's hash",
        LINE,
        |m| {
            rezip(m, ZIP, |zip| {
                zip.edit_json("request.json", |json| {
                    json["public_key_sha256"] = "0".repeat(64).into()
                });
            })
        },
        (ARGS, 4, "PUBLIC_KEY_HASH_MISMATCH"),
    ),
    (
        "another org in request.json",
        LINE,
        |m| metadata(m, "hospital_alpha", "hospital_beta"),
        (ARGS, 4, "SITE_IDENTITY_MISMATCH"),
    ),
    (
        "another org in both",
        LINE,
        |m| {
            request_again(m, ZIP, |zip| {
                zip.edit("request.json", "hospital_alpha", "hospital_beta");
                zip.edit("site.yaml", "hospital_alpha", "hospital_beta");
            })
        },
        (ARGS, 4, "CSR_IDENTITY_MISMATCH"),
    ),
];

const SITE: &[Row] = &[
    ("security", LINE, |m| site(m, "connection_security: clear"), (ARGS, 4, "FIELD_NOT_ACCEPTED")),
    ("listener", LINE, |m| site(m, "listening_host: x.org"), (ARGS, 4, "LISTENING_HOST")),
    (
        "key material",
        LINE,
        |m| site(m, &format!("note: {:?}", String::from_utf8_lossy(KEY))),
        (ARGS, 4, "KEY_MATERIAL_IN_ARCHIVE"),
    ),
    (
        "an alias",
        LINE,
        |m| {
            request_again(m, ZIP, |zip| {
                zip.edit("site.yaml", "name: hospital-a", "name: &a hospital-a");
            })
        },
        (ARGS, 4, "YAML_ALIAS"),
    ),
    ("merge keys", LINE, |m| site(m, "<<: {description: x}"), (ARGS, 4, "YAML_ALIAS")),
    ("a key twice", LINE, |m| site(m, "org: other"), (ARGS, 4, "YAML_DUPLICATE_KEY")),
    (
        "flat",
        LINE,
        |m| {
            request_again(m, ZIP, |zip| {
                zip.set("site.yaml", "name: hospital-a\ntype: client\norg: hospital_alpha\n");
            })
        },
        (ARGS, 4, "FIELD_MISSING"),
    ),
];

const CSRS: &[Row] = &[
    ("no PEM", LINE, |m| csr(m, b"hello"), ("INVALID_CSR", 1, "PEM_MALFORMED")),
    ("a certificate", LINE, |m| csr(m, &m.read("ca/rootCA.pem")), ("INVALID_CSR", 1, "PEM_LABEL")),
    (
        "two CSRs",
        LINE,
        |m| csr(m, &m.read("hospital-a/hospital-a.csr").repeat(2)),
        ("INVALID_CSR", 1, "PEM_MALFORMED"),
    ),
    (
        "text around it",
        LINE,
        |m| csr(m, &[b"hello\n", &m.read("hospital-a/hospital-a.csr")[..]].concat()),
        ("INVALID_CSR", 1, "PEM_MALFORMED"),
    ),
    (
        "weak key",
        LINE,
        |m| csr(m, vector!("invalid/csr/rsa-1024.csr")),
        ("WEAK_KEY", 4, "KEY_SIZE"),
    ),
    (
        "EC key",
        LINE,
        |m| csr(m, vector!("invalid/csr/ec-p256.csr")),
        ("UNSUPPORTED_KEY", 4, "KEY_NOT_RSA"),
    ),
    (
        "Ed25519 key",
        LINE,
        |m| csr(m, vector!("invalid/csr/ed25519.csr")),
        ("UNSUPPORTED_KEY", 4, "KEY_NOT_RSA"),
    ),
    (
        "another's CSR",
        LINE,
        |m| csr(m, &m.read("alice@hospital-alpha.org/alice@hospital-alpha.org.csr")),
        (ARGS, 4, "CSR_IDENTITY_MISMATCH"),
    ),
    (
        "its signature is another's",
        LINE,
        |m| {
            let mut csr_bytes = decode(&m.read("hospital-a/hospital-a.csr"));
            *csr_bytes.last_mut().unwrap() ^= 1;
            csr(m, encode(&csr_bytes).as_bytes());
        },
        ("INVALID_CSR", 1, "SIGNATURE_INVALID"),
    ),
];

const POLICY: &[Row] = &[
    (
        "server not at the host",
        SERVER,
        |m| m.edit("project_profile.yaml", SERVER_NAME, "other.org"),
        ("SERVER_NAME_HOST_MISMATCH", 4, ""),
    ),
    (
        "client with the server's name",
        LINE,
        |m| {
            m.edit("project_profile.yaml", SERVER_NAME, "fl-server");
            request_as(m, "fl-server");
        },
        ("NAME_RESERVED", 4, "SERVER_NAME_TAKEN"),
    ),
    (
        "client with the server's name in capitals",
        LINE,
        |m| {
            m.edit("project_profile.yaml", SERVER_NAME, "fl-server");
            request_as(m, "FL-Server");
        },
        ("NAME_RESERVED", 4, "SERVER_NAME_TAKEN"),
    ),
];

#[test]
fn approve_a_wrong_request() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.approve("hospital-a.yaml", "hospital-a");
    good.ok("cert request -p alice.yaml");
    good.ok("cert request -p server.yaml");
    fs::rename(good.path("hospital-a/hospital-a.signed.zip"), good.path("signed.zip")).unwrap();
    try_all(&sandbox, &good, ARCHIVE);
    try_all(&sandbox, &good, METADATA);
    try_all(&sandbox, &good, SITE);
    try_all(&sandbox, &good, CSRS);
    try_all(&sandbox, &good, POLICY);
}

/// What the reference lets travel and sign is left out, and said.
#[test]
fn fields_that_are_not_approved_are_dropped() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    site(&m, "vault_password: top-secret");
    let data = m.ok(LINE);
    assert_eq!(crate::common::warnings(&data), ["FIELD_DROPPED"]);
    let signed = crate::common::archives::Members::of(&m.read("hospital-a/hospital-a.signed.zip"));
    assert!(!signed.text("site.yaml").contains("vault"));
}

/// The DER inside the PEM.
fn decode(pem: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(pem).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    flarekit::pki::decode_base64(body.as_bytes()).unwrap()
}

fn encode(der: &[u8]) -> String {
    let text = flarekit::pki::encode_base64(der).unwrap();
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let kind = "CERTIFICATE REQUEST";
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}
