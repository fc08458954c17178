//! `cert request --renew` with something that cannot vouch for a request.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::{Machine, Sandbox, USER_NAME};
use crate::{Row, try_all};

const KIT: &str = "cert request --renew workspace/hospital_federation/prod_00/hospital-a";
const FOLDER: &str = "cert request --renew hospital-a";
const STARTUP: &str = "workspace/hospital_federation/prod_00/hospital-a/startup";
const ARGS: &str = "INVALID_ARGS";

fn remove(m: &Machine, path: &str) {
    fs::remove_file(m.path(path)).unwrap();
}

fn in_startup(file: &str) -> String {
    format!("{STARTUP}/{file}")
}

const ROWS: &[Row] = &[
    ("neither", "cert request", |_| {}, (ARGS, 4, "USAGE")),
    ("a key to keep", "cert request -p hospital-a.yaml --keep-key", |_| {}, (ARGS, 4, "USAGE")),
    ("nothing there", "cert request --renew gone", |_| {}, (ARGS, 4, "FILE_NOT_FOUND")),
    ("a file", "cert request --renew alice.yaml", |_| {}, (ARGS, 4, "UNKNOWN_ARTIFACT")),
    ("a CA directory", "cert request --renew ca", |_| {}, (ARGS, 4, "UNKNOWN_ARTIFACT")),
    (
        "a request that was never approved",
        "cert request --renew new",
        |m| drop(m.ok("cert request -p hospital-a.yaml --out new")),
        ("REQUEST_DIR_INCOMPLETE", 1, "RENEWAL_WITHOUT_CERTIFICATE"),
    ),
    (
        "no key",
        FOLDER,
        |m| remove(m, "hospital-a/hospital-a.key"),
        ("KEY_NOT_FOUND", 1, "FILE_NOT_FOUND"),
    ),
    (
        "a key that is a link",
        FOLDER,
        |m| {
            fs::rename(m.path("hospital-a/hospital-a.key"), m.path("moved.key")).unwrap();
            symlink("../moved.key", m.path("hospital-a/hospital-a.key")).unwrap();
        },
        ("KEY_INVALID", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "another's key",
        FOLDER,
        |m| m.write("hospital-a/hospital-a.key", m.read(&format!("{USER_NAME}/{USER_NAME}.key"))),
        ("KEY_CERT_MISMATCH", 1, "KEY_MISMATCH"),
    ),
    (
        "a key of something else",
        FOLDER,
        |m| m.write("hospital-a/hospital-a.key", "x"),
        ("KEY_INVALID", 1, "PEM_MALFORMED"),
    ),
    (
        "another's certificate",
        FOLDER,
        |m| m.write("hospital-a/hospital-a.crt", m.read(&format!("{USER_NAME}/{USER_NAME}.crt"))),
        (ARGS, 4, "RENEWAL_IDENTITY"),
    ),
    (
        "no definition",
        FOLDER,
        |m| remove(m, "hospital-a/site.yaml"),
        ("LOCAL_SITE_INVALID", 1, "LOCAL_SITE_MISSING"),
    ),
    (
        "another's definition",
        FOLDER,
        |m| m.edit("hospital-a/site.yaml", "hospital_alpha", "hospital_beta"),
        (ARGS, 4, "RENEWAL_IDENTITY"),
    ),
    (
        "no request.json that can be read",
        FOLDER,
        |m| m.write("hospital-a/request.json", "{}"),
        ("REQUEST_METADATA_INVALID", 4, "FIELD_MISSING"),
    ),
    (
        "a kit without a key",
        KIT,
        |m| remove(m, &in_startup("client.key")),
        ("KEY_NOT_FOUND", 1, ""),
    ),
    (
        "a kit without a certificate",
        KIT,
        |m| remove(m, &in_startup("client.crt")),
        (ARGS, 4, "KIT_FILE_MISSING"),
    ),
    (
        "a kit of another name",
        KIT,
        |m| m.edit(&in_startup("fed_client.json"), "\"hospital-a\"", "\"hospital-b\""),
        (ARGS, 4, "KIT_IDENTITY"),
    ),
    (
        "a kit with another's key",
        KIT,
        |m| m.write(&in_startup("client.key"), m.read(&format!("{USER_NAME}/{USER_NAME}.key"))),
        ("KEY_CERT_MISMATCH", 1, "KEY_MISMATCH"),
    ),
    (
        "a kit with another's certificate",
        KIT,
        |m| m.write(&in_startup("client.crt"), m.read(&format!("{USER_NAME}/{USER_NAME}.crt"))),
        (ARGS, 4, "NAME_WRONG_FOR_TYPE"),
    ),
    ("a renewal there already", KIT, |m| drop(m.ok(KIT)), ("CERT_ALREADY_EXISTS", 1, "")),
    (
        "the request folder itself",
        "cert request --renew hospital-a --out hospital-a",
        |_| {},
        ("CERT_ALREADY_EXISTS", 1, ""),
    ),
    (
        "another's folder",
        "cert request --renew hospital-a --out alice@hospital-alpha.org --force",
        |_| {},
        (ARGS, 4, "FOLDER_IN_USE"),
    ),
];

#[test]
fn renew_with_something_that_cannot_vouch() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.kit("hospital-a.yaml", "hospital-a");
    good.kit("alice.yaml", USER_NAME);
    try_all(&sandbox, &good, ROWS);
}
