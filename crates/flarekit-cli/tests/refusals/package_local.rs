//! `package`: what is wrong with the request folder or the workspace.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::{Machine, Sandbox};
use crate::{Row, try_all};

const LINE: &str = "package hospital-a/hospital-a.signed.zip";
const GIVEN: &str = "package hospital-a/hospital-a.signed.zip --request-dir given";
const FORCE: &str = "package hospital-a/hospital-a.signed.zip --force";
const SITE: &str = "hospital-a/site.yaml";
const PROD: &str = "workspace/hospital_federation/prod_00";
const UNWRITABLE: &str = "OUTPUT_DIR_NOT_WRITABLE";

fn remove(m: &Machine, file: &str) {
    fs::remove_file(m.path(file)).unwrap();
}

/// Adds a line to the participant's entry of the local definition.
fn add(m: &Machine, line: &str) {
    m.edit(SITE, "org: hospital_alpha", &format!("org: hospital_alpha\n  {line}"));
}

/// Adds a builder to the local definition.
fn builder(m: &Machine, builder: &str) {
    let text = String::from_utf8(m.read(SITE)).unwrap();
    m.write(SITE, format!("{text}builders:\n- {builder}\n"));
}

const FOLDER: &[Row] = &[
    ("given and not there", GIVEN, |_| {}, ("REQUEST_DIR_NOT_FOUND", 4, "REQUEST_DIR_GIVEN")),
    (
        "given and a file",
        GIVEN,
        |m| m.write("given", ""),
        ("REQUEST_DIR_NOT_FOUND", 4, "REQUEST_DIR_GIVEN"),
    ),
    (
        "given and empty",
        GIVEN,
        |m| fs::create_dir(m.path("given")).unwrap(),
        ("REQUEST_DIR_INCOMPLETE", 1, "REQUEST_DIR_FILES_MISSING"),
    ),
    (
        "given and a link",
        GIVEN,
        |m| symlink("hospital-a", m.path("given")).unwrap(),
        ("REQUEST_DIR_MISMATCH", 4, "REQUEST_DIR_LINK"),
    ),
    (
        "another participant's",
        GIVEN,
        |m| fs::rename(m.path("alice@hospital-alpha.org"), m.path("given")).unwrap(),
        ("REQUEST_DIR_INCOMPLETE", 1, "REQUEST_DIR_FILES_MISSING"),
    ),
    (
        "another request's",
        GIVEN,
        |m| assert!(m.run("cert request -p hospital-a.yaml --out given").status.success()),
        ("REQUEST_DIR_MISMATCH", 4, "REQUEST_DIR_OTHER_REQUEST"),
    ),
    (
        "without its key",
        "package hospital-a/hospital-a.signed.zip --request-dir hospital-a",
        |m| remove(m, "hospital-a/hospital-a.key"),
        ("REQUEST_DIR_INCOMPLETE", 1, "REQUEST_DIR_FILES_MISSING"),
    ),
    (
        "without its request.json",
        "package hospital-a/hospital-a.signed.zip --request-dir hospital-a",
        |m| remove(m, "hospital-a/request.json"),
        ("REQUEST_DIR_INCOMPLETE", 1, "REQUEST_DIR_FILES_MISSING"),
    ),
    (
        "request.json is no JSON",
        "package hospital-a/hospital-a.signed.zip --request-dir hospital-a",
        |m| m.write("hospital-a/request.json", "{"),
        ("REQUEST_DIR_MISMATCH", 4, "REQUEST_DIR_MALFORMED"),
    ),
    (
        "searched and not found",
        "package elsewhere/hospital-a.signed.zip",
        |m| {
            m.write("elsewhere/hospital-a.signed.zip", m.read("hospital-a/hospital-a.signed.zip"));
            fs::rename(m.path("hospital-a"), m.path("moved")).unwrap();
        },
        ("REQUEST_DIR_NOT_FOUND", 1, "REQUEST_DIR_SEARCHED"),
    ),
    (
        "searched and incomplete",
        LINE,
        |m| remove(m, "hospital-a/hospital-a.key"),
        ("REQUEST_DIR_NOT_FOUND", 1, "REQUEST_DIR_SEARCHED"),
    ),
    (
        "another org",
        LINE,
        |m| m.edit("hospital-a/request.json", "hospital_alpha", "beta"),
        ("REQUEST_METADATA_MISMATCH", 4, ""),
    ),
    (
        "another key's hash",
        LINE,
        |m| {
            let hash = m.json("hospital-a/request.json")["public_key_sha256"].to_string();
            m.edit("hospital-a/request.json", &hash, &format!("\"{}\"", "0".repeat(64)));
        },
        ("REQUEST_METADATA_MISMATCH", 4, ""),
    ),
    (
        "key is no PEM",
        LINE,
        |m| m.write("hospital-a/hospital-a.key", "x"),
        ("KEY_INVALID", 1, "PEM_MALFORMED"),
    ),
    (
        "key is a link",
        LINE,
        |m| {
            fs::rename(m.path("hospital-a/hospital-a.key"), m.path("real.key")).unwrap();
            symlink("../real.key", m.path("hospital-a/hospital-a.key")).unwrap();
        },
        ("KEY_INVALID", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "key is a directory",
        LINE,
        |m| {
            remove(m, "hospital-a/hospital-a.key");
            fs::create_dir(m.path("hospital-a/hospital-a.key")).unwrap();
        },
        ("KEY_INVALID", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "key is another's",
        LINE,
        |m| {
            let other = m.read("alice@hospital-alpha.org/alice@hospital-alpha.org.key");
            m.write("hospital-a/hospital-a.key", other);
        },
        ("KEY_CERT_MISMATCH", 1, ""),
    ),
];

const DEFINITION: &[Row] = &[
    ("no definition", LINE, |m| remove(m, SITE), ("LOCAL_SITE_INVALID", 1, "LOCAL_SITE_MISSING")),
    (
        "a directory",
        LINE,
        |m| {
            remove(m, SITE);
            fs::create_dir(m.path(SITE)).unwrap();
        },
        ("LOCAL_SITE_INVALID", 4, "FILE_UNREADABLE"),
    ),
    ("no YAML", LINE, |m| m.write(SITE, "["), ("LOCAL_SITE_INVALID", 4, "YAML_SYNTAX")),
    (
        "two participants",
        LINE,
        |m| {
            m.edit(SITE, "participants:", "participants:\n- {name: b, type: client, org: x}");
        },
        ("LOCAL_SITE_INVALID", 4, "NOT_ONE_PARTICIPANT"),
    ),
    (
        "another org",
        LINE,
        |m| m.edit(SITE, "hospital_alpha", "hospital_beta"),
        ("LOCAL_SITE_MISMATCH", 4, ""),
    ),
    (
        "another name",
        LINE,
        |m| m.edit(SITE, "hospital-a", "hospital-b"),
        ("LOCAL_SITE_MISMATCH", 4, ""),
    ),
    (
        "listener",
        LINE,
        |m| add(m, "listening_host: x.org"),
        ("LOCAL_SITE_UNSUPPORTED_FEATURE", 4, "LISTENING_HOST"),
    ),
    (
        "relay",
        LINE,
        |m| add(m, "connect_to: {name: relay-1, host: x.org}"),
        ("LOCAL_SITE_UNSUPPORTED_FEATURE", 4, "UNSUPPORTED_PARTICIPANT"),
    ),
    (
        "parent",
        LINE,
        |m| add(m, "parent: hospital-0"),
        ("LOCAL_SITE_UNSUPPORTED_FEATURE", 4, "UNSUPPORTED_PARTICIPANT"),
    ),
    (
        "host to connect to",
        LINE,
        |m| add(m, "connect_to: a b"),
        ("LOCAL_SITE_INVALID", 4, "HOST_NAME"),
    ),
    (
        "capacity",
        LINE,
        |m| add(m, "capacity: {num_of_gpus: -1}"),
        ("LOCAL_SITE_INVALID", 4, "FIELD_TYPE"),
    ),
    (
        "log streaming",
        LINE,
        |m| add(m, "allow_log_streaming: 'false'"),
        ("LOCAL_SITE_INVALID", 4, "FIELD_TYPE"),
    ),
    (
        "further CA that is not there",
        LINE,
        |m| add(m, "custom_ca_cert: gone.pem"),
        ("LOCAL_SITE_INVALID", 4, "CUSTOM_CA_CERT"),
    ),
    (
        "encryption builder",
        LINE,
        |m| builder(m, "path: nvflare.lighter.impl.he.HEBuilder"),
        ("LOCAL_SITE_UNSUPPORTED_FEATURE", 4, "UNSUPPORTED_BUILDER"),
    ),
    (
        "builder that is none",
        LINE,
        |m| builder(m, "just text"),
        ("LOCAL_SITE_INVALID", 4, "FIELD_TYPE"),
    ),
];

const WORKSPACE: &[Row] = &[
    (
        "a file",
        "package hospital-a/hospital-a.signed.zip -w alice.yaml",
        |_| {},
        (UNWRITABLE, 1, "NOT_A_DIRECTORY"),
    ),
    (
        "below a file",
        "package hospital-a/hospital-a.signed.zip -w alice.yaml/x/y",
        |_| {},
        (UNWRITABLE, 1, "NOT_A_DIRECTORY"),
    ),
    (
        "a loop of links",
        "package hospital-a/hospital-a.signed.zip -w loop",
        |m| symlink("loop", m.path("loop")).unwrap(),
        (UNWRITABLE, 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "no name at all",
        "package hospital-a/hospital-a.signed.zip -w ''",
        |_| {},
        ("INVALID_ARGS", 4, "USAGE"),
    ),
    (
        "project is a link",
        LINE,
        |m| {
            fs::create_dir_all(m.path("real")).unwrap();
            fs::create_dir(m.path("workspace")).unwrap();
            symlink("../real", m.path("workspace/hospital_federation")).unwrap();
        },
        (UNWRITABLE, 1, "NOT_A_DIRECTORY"),
    ),
    (
        "prod_00 is a link",
        FORCE,
        |m| {
            fs::create_dir_all(m.path("workspace/hospital_federation/real")).unwrap();
            symlink("real", m.path(PROD)).unwrap();
        },
        (UNWRITABLE, 1, "NOT_A_DIRECTORY"),
    ),
    (
        "kit is a link, by force",
        FORCE,
        |m| {
            fs::create_dir_all(m.path(PROD)).unwrap();
            fs::create_dir(m.path("real")).unwrap();
            symlink("../../../real", m.path(format!("{PROD}/hospital-a"))).unwrap();
        },
        (UNWRITABLE, 1, "NOT_A_DIRECTORY"),
    ),
    (
        "kit is there",
        LINE,
        |m| fs::create_dir_all(m.path(format!("{PROD}/hospital-a"))).unwrap(),
        ("OUTPUT_DIR_EXISTS", 1, ""),
    ),
    (
        "another root's kits",
        LINE,
        |m| m.write(&format!("{PROD}/b/startup/rootCA.pem"), m.read("other/rootCA.pem")),
        ("ROOTCA_FINGERPRINT_MISMATCH", 4, "PACKAGE_ROOT_FINGERPRINT"),
    ),
    (
        "another root's kits, by force",
        FORCE,
        |m| m.write(&format!("{PROD}/b/startup/rootCA.pem"), m.read("other/rootCA.pem")),
        ("ROOTCA_FINGERPRINT_MISMATCH", 4, "PACKAGE_ROOT_FINGERPRINT"),
    ),
    (
        "another root's kit to be replaced",
        FORCE,
        |m| m.write(&format!("{PROD}/hospital-a/startup/rootCA.pem"), m.read("other/rootCA.pem")),
        ("ROOTCA_FINGERPRINT_MISMATCH", 4, "PACKAGE_ROOT_FINGERPRINT"),
    ),
    (
        "unreadable root in a kit",
        FORCE,
        |m| m.write(&format!("{PROD}/b/startup/rootCA.pem"), "x"),
        ("ROOTCA_LOAD_FAILED", 4, "PEM_MALFORMED"),
    ),
];

#[test]
fn package_with_a_wrong_folder_or_workspace() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.ok("cert init --profile project_profile.yaml -o other");
    good.approve("hospital-a.yaml", "hospital-a");
    good.ok("cert request -p alice.yaml");
    for rows in [FOLDER, DEFINITION, WORKSPACE] {
        try_all(&sandbox, &good, rows);
    }
    good.ok(LINE);
}
