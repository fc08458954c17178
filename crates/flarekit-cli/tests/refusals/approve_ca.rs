//! `cert approve`: what is wrong with the CA, the profile or the place of the signed zip.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use flarekit::ca::CreateCa;
use flarekit::names::{DeployVersion, ProjectName};
use flarekit::time::Timestamp;

use crate::common::{Machine, Sandbox};
use crate::{Row, try_all};

const LINE: &str =
    "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml";
const ARGS: &str = "INVALID_ARGS";
const YEAR: u64 = 365 * 86_400;

const EC_ROOT: &[u8] = vector!("invalid/root/ec-p256.pem");
const WEAK_ROOT: &[u8] = vector!("invalid/root/rsa-1024.pem");
const EC_KEY: &[u8] = vector!("valid/keys/ec-p256.pkcs8.pem");
const ENCRYPTED: &[u8] = vector!("valid/keys/rsa-2048.encrypted.pem");
const OTHER_KEY: &[u8] = vector!("valid/keys/rsa-2048.pkcs1.pem");

/// Puts a CA made at another time, or for another project, in the place of the good one.
fn other_ca(m: &Machine, project: &str, now: u64) {
    fs::remove_dir_all(m.path("ca")).unwrap();
    let request = CreateCa {
        project: ProjectName::parse(project).unwrap(),
        org: None,
        valid_days: 30,
        deploy_version: DeployVersion::default(),
        profile: Path::new("/profile.yaml"),
        directory: &m.path("ca"),
        force: false,
    };
    request.create(Timestamp::from_unix(now)).unwrap();
}

fn remove(m: &Machine, file: &str) {
    fs::remove_file(m.path(file)).unwrap();
}

/// Forgets the fingerprint in `ca.json`, so that the certificate's own defects show.
fn unpin(m: &Machine) {
    m.write("ca/ca.json", r#"{"project": "hospital_federation"}"#);
}

const ROWS: &[Row] = &[
    (
        "two requests and no directory for their zips",
        "cert approve hospital-a/hospital-a.request.zip gone.zip -c ca \
         --profile project_profile.yaml",
        |_| {},
        (ARGS, 4, "OUT_DIR_NEEDED"),
    ),
    (
        "a file and a directory for the zips",
        "cert approve hospital-a --out a.signed.zip --out-dir out -c ca \
         --profile project_profile.yaml",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "one digest for many requests",
        "cert approve hospital-a --out-dir out -c ca --profile project_profile.yaml \
         --expect-digest e3b0-c442-98fc-1c14-9afb",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "a review of many without a terminal",
        "cert approve hospital-a --out-dir out -c ca --profile project_profile.yaml --review",
        |_| {},
        (ARGS, 4, "NO_TERMINAL"),
    ),
    (
        "many with no CA",
        "cert approve hospital-a --out-dir out -c gone --profile project_profile.yaml",
        |_| {},
        ("CA_NOT_FOUND", 1, ""),
    ),
    (
        "the directory for the zips is a file",
        "cert approve hospital-a --out-dir alice.yaml -c ca --profile project_profile.yaml",
        |_| {},
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_DIRECTORY"),
    ),
    (
        "no CA",
        "cert approve hospital-a/hospital-a.request.zip -c gone --profile project_profile.yaml",
        |_| {},
        ("CA_NOT_FOUND", 1, ""),
    ),
    (
        "CA is a file",
        "cert approve hospital-a/hospital-a.request.zip -c alice.yaml --profile project_profile.yaml",
        |_| {},
        ("CA_NOT_FOUND", 1, "NOT_A_DIRECTORY"),
    ),
    ("no key", LINE, |m| remove(m, "ca/rootCA.key"), ("CA_NOT_FOUND", 1, "")),
    ("no root", LINE, |m| remove(m, "ca/rootCA.pem"), ("CA_NOT_FOUND", 1, "")),
    ("no ca.json", LINE, |m| remove(m, "ca/ca.json"), ("CA_NOT_FOUND", 1, "")),
    ("ca.json is no JSON", LINE, |m| m.write("ca/ca.json", "{"), (ARGS, 4, "JSON_SYNTAX")),
    (
        "ca.json says it twice",
        LINE,
        |m| m.write("ca/ca.json", r#"{"project": "a", "project": "hospital_federation"}"#),
        (ARGS, 4, "JSON_DUPLICATE_KEY"),
    ),
    (
        "ca.json has a wrong version",
        LINE,
        |m| m.edit("ca/ca.json", "\"00\"", "\"../00\""),
        (ARGS, 4, "DEPLOY_VERSION"),
    ),
    (
        "ca.json has no fingerprint",
        LINE,
        |m| m.edit("ca/ca.json", "SHA256:", "MD5:"),
        ("INVALID_ROOTCA_FINGERPRINT", 4, "FINGERPRINT_FORMAT"),
    ),
    (
        "ca.json has another fingerprint",
        LINE,
        |m| {
            let other = format!("\"{}\"", "0".repeat(64));
            let ours = m.json("ca/ca.json")["rootCA_fingerprint"].to_string();
            m.edit("ca/ca.json", &ours, &other);
        },
        ("ROOTCA_FINGERPRINT_MISMATCH", 4, "RECORDED_FINGERPRINT"),
    ),
    (
        "ca.json is of another project",
        LINE,
        |m| m.edit("ca/ca.json", "hospital_federation", "other"),
        ("PROJECT_CA_MISMATCH", 4, ""),
    ),
    (
        "root is of another project",
        LINE,
        |m| {
            other_ca(m, "other", Timestamp::from_unix(u64::MAX).to_unix() / 2);
            m.edit("ca/ca.json", "other", "hospital_federation");
        },
        ("PROJECT_CA_MISMATCH", 4, ""),
    ),
    (
        "root is no PEM",
        LINE,
        |m| m.write("ca/rootCA.pem", "x"),
        ("CA_LOAD_FAILED", 1, "PEM_MALFORMED"),
    ),
    (
        "two roots",
        LINE,
        |m| {
            let root = m.read("ca/rootCA.pem");
            m.write("ca/rootCA.pem", root.repeat(2));
        },
        ("CA_LOAD_FAILED", 1, "PEM_MALFORMED"),
    ),
    (
        "root is a key",
        LINE,
        |m| m.write("ca/rootCA.pem", OTHER_KEY),
        ("CA_LOAD_FAILED", 1, "PEM_LABEL"),
    ),
    (
        "root is EC",
        LINE,
        |m| {
            m.write("ca/rootCA.pem", EC_ROOT);
            m.write("ca/rootCA.key", EC_KEY);
            unpin(m);
        },
        ("CA_LOAD_FAILED", 1, "KEY_NOT_RSA"),
    ),
    (
        "root is RSA-1024",
        LINE,
        |m| {
            m.write("ca/rootCA.pem", WEAK_ROOT);
            unpin(m);
        },
        ("CA_KEY_MISMATCH", 4, ""),
    ),
    (
        "key is no PEM",
        LINE,
        |m| m.write("ca/rootCA.key", "x"),
        ("CA_LOAD_FAILED", 1, "PEM_MALFORMED"),
    ),
    ("key is EC", LINE, |m| m.write("ca/rootCA.key", EC_KEY), ("CA_LOAD_FAILED", 1, "KEY_NOT_RSA")),
    (
        "key is encrypted, no passphrase",
        LINE,
        |m| m.write("ca/rootCA.key", ENCRYPTED),
        ("CA_LOAD_FAILED", 1, "KEY_ENCRYPTED"),
    ),
    (
        "key is encrypted, a passphrase from standard input",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --passphrase-file -",
        |m| m.write("ca/rootCA.key", ENCRYPTED),
        (ARGS, 4, "USAGE"),
    ),
    (
        "key is a link",
        LINE,
        |m| {
            fs::rename(m.path("ca/rootCA.key"), m.path("real.key")).unwrap();
            symlink("../real.key", m.path("ca/rootCA.key")).unwrap();
        },
        ("CA_LOAD_FAILED", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "key of another root",
        LINE,
        |m| m.write("ca/rootCA.key", OTHER_KEY),
        ("CA_KEY_MISMATCH", 4, ""),
    ),
    (
        "root has expired",
        LINE,
        |m| other_ca(m, "hospital_federation", 2 * YEAR),
        ("CERT_SIGNING_FAILED", 1, "ROOT_EXPIRED"),
    ),
    (
        "root is not valid yet",
        LINE,
        |m| other_ca(m, "hospital_federation", 7_000 * YEAR),
        ("CERT_SIGNING_FAILED", 1, "ROOT_NOT_YET_VALID"),
    ),
    (
        "root is a participant's",
        LINE,
        |m| {
            m.write("ca/rootCA.pem", m.read("hospital-a/hospital-a.crt"));
            m.write("ca/rootCA.key", m.read("hospital-a/hospital-a.key"));
            m.write("ca/ca.json", r#"{"project": "hospital-a"}"#);
            m.edit("project_profile.yaml", "hospital_federation", "hospital-a");
            m.edit("hospital-a.yaml", "hospital_federation", "hospital-a");
            let line = "cert request -p hospital-a.yaml --force";
            assert!(m.run(line).status.success());
        },
        ("CERT_SIGNING_FAILED", 1, "ROOT_NOT_A_CA"),
    ),
    (
        "no profile",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile gone.yaml",
        |_| {},
        (ARGS, 4, "FILE_NOT_FOUND"),
    ),
    (
        "profile of another project",
        LINE,
        |m| m.edit("project_profile.yaml", "hospital_federation", "other"),
        ("PROJECT_PROFILE_MISMATCH", 4, ""),
    ),
    ("scheme", LINE, |m| m.edit("project_profile.yaml", "grpc", "uds"), (ARGS, 4, "FIELD_VALUE")),
    ("security", LINE, |m| m.edit("project_profile.yaml", "tls", "ssl"), (ARGS, 4, "FIELD_VALUE")),
    (
        "no server",
        LINE,
        |m| m.edit("project_profile.yaml", "server:", "servers:"),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "no host",
        LINE,
        |m| m.edit("project_profile.yaml", "host:", "hosts:"),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "port is true",
        LINE,
        |m| m.edit("project_profile.yaml", "8002", "true"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    ("port is 0", LINE, |m| m.edit("project_profile.yaml", "8003", "0"), (ARGS, 4, "PORT")),
    (
        "host is IPv6",
        LINE,
        |m| m.edit("project_profile.yaml", "server1.hospital-central.org", "'::1'"),
        (ARGS, 4, "HOST_NAME"),
    ),
    (
        "signed zip exists",
        LINE,
        |m| m.write("hospital-a/hospital-a.signed.zip", "x"),
        ("CERT_ALREADY_EXISTS", 1, ""),
    ),
    (
        "a dangling link in its place",
        LINE,
        |m| symlink("gone", m.path("hospital-a/hospital-a.signed.zip")).unwrap(),
        ("CERT_ALREADY_EXISTS", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "a folder in its place, by force",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml --force",
        |m| fs::create_dir(m.path("hospital-a/hospital-a.signed.zip")).unwrap(),
        ("CERT_ALREADY_EXISTS", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "out below a file",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --out alice.yaml/deep/x.signed.zip",
        |_| {},
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_DIRECTORY"),
    ),
];

#[test]
fn approve_with_a_wrong_ca_profile_or_place() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.approve("hospital-a.yaml", "hospital-a");
    good.ok("package hospital-a/hospital-a.signed.zip");
    remove(&good, "hospital-a/hospital-a.signed.zip");
    try_all(&sandbox, &good, ROWS);
}
