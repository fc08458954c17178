//! `cert deny`, `cert revoke` and `cert crl`: wrong zips, CA directories and places.

use std::fs;

use crate::common::archives::rezip;
use crate::common::{Machine, Sandbox};
use crate::{Row, try_all};

const DENY: &str = "cert deny hospital-a/hospital-a.request.zip -c ca --reason late";
const REVOKE: &str = "cert revoke hospital-a -c ca --reason superseded";
const CRL: &str = "cert crl -c ca";
const ZIP: &str = "hospital-a/hospital-a.request.zip";
const ARGS: &str = "INVALID_ARGS";

fn remove(m: &Machine, path: &str) {
    fs::remove_file(m.path(path)).unwrap();
}

const DENIALS: &[Row] = &[
    ("no request zip", DENY, |m| remove(m, ZIP), ("REQUEST_ZIP_NOT_FOUND", 1, "")),
    ("a request zip that is none", DENY, |m| m.write(ZIP, "hello"), (ARGS, 4, "ZIP_MALFORMED")),
    (
        "a request that was altered on its way",
        DENY,
        |m| rezip(m, ZIP, |zip| zip.edit("site.yaml", "hospital_alpha", "hospital_beta")),
        (ARGS, 4, "SITE_HASH_MISMATCH"),
    ),
    (
        "a request for another project",
        DENY,
        |m| {
            m.edit("hospital-a.yaml", "hospital_federation", "other_federation");
            m.ok("cert request -p hospital-a.yaml --force");
        },
        ("PROJECT_CA_MISMATCH", 4, ""),
    ),
    (
        "no CA directory",
        DENY,
        |m| fs::remove_dir_all(m.path("ca")).unwrap(),
        ("CA_NOT_FOUND", 1, ""),
    ),
    ("no key of the CA", DENY, |m| remove(m, "ca/rootCA.key"), ("CA_NOT_FOUND", 1, "")),
    (
        "another CA's key",
        DENY,
        |m| m.write("ca/rootCA.key", vector!("valid/flarekit-0.1.0/ca/rootCA.key")),
        ("CA_KEY_MISMATCH", 4, ""),
    ),
    (
        "a reason of two lines",
        "cert deny hospital-a/hospital-a.request.zip -c ca --reason a\nb",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "a denied zip in the CA directory's place",
        "cert deny hospital-a/hospital-a.request.zip -c ca --reason late --out ca",
        |_| {},
        ("CERT_ALREADY_EXISTS", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "the CA's key would be replaced",
        "cert deny hospital-a/hospital-a.request.zip -c ca --reason late --out ca/rootCA.key --force",
        |_| {},
        ("CERT_ALREADY_EXISTS", 1, "NOT_A_DENIED_ZIP"),
    ),
    (
        "a signed zip would be replaced",
        "cert deny hospital-a/hospital-a.request.zip -c ca --reason late --out a.signed.zip --force",
        |m| m.write("a.signed.zip", vector!("valid/flarekit-0.1.0/signed/hospital-a.signed.zip")),
        ("CERT_ALREADY_EXISTS", 1, "NOT_A_DENIED_ZIP"),
    ),
    (
        "a damaged ledger",
        DENY,
        |m| m.write("ca/ledger.db", "hello"),
        ("LEDGER_INVALID", 4, "LEDGER_NOT_A_LEDGER"),
    ),
];

const REVOCATIONS: &[Row] = &[
    (
        "no CA directory",
        REVOKE,
        |m| fs::remove_dir_all(m.path("ca")).unwrap(),
        ("CA_NOT_FOUND", 1, ""),
    ),
    ("no key of the CA", REVOKE, |m| remove(m, "ca/rootCA.key"), ("CA_NOT_FOUND", 1, "")),
    (
        "a damaged ledger",
        REVOKE,
        |m| m.write("ca/ledger.db", "hello"),
        ("LEDGER_INVALID", 4, "LEDGER_NOT_A_LEDGER"),
    ),
    (
        "a ledger of another CA",
        REVOKE,
        |m| {
            m.write("ca/rootCA.pem", vector!("valid/flarekit-0.1.0/ca/rootCA.pem"));
            m.write("ca/rootCA.key", vector!("valid/flarekit-0.1.0/ca/rootCA.key"));
            m.write("ca/ca.json", vector!("valid/flarekit-0.1.0/ca/ca.json"));
        },
        ("LEDGER_INVALID", 4, "LEDGER_OF_ANOTHER_CA"),
    ),
    (
        "a note that steers a terminal",
        "cert revoke hospital-a -c ca --reason superseded --note \u{1b}[2J",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "a certificate that is too large",
        "cert revoke --certificate large.crt -c ca --reason superseded",
        |m| m.write("large.crt", " ".repeat((64 << 10) + 1)),
        (ARGS, 4, "FILE_TOO_LARGE"),
    ),
];

const LISTS: &[Row] = &[
    (
        "no CA directory",
        CRL,
        |m| fs::remove_dir_all(m.path("ca")).unwrap(),
        ("CA_NOT_FOUND", 1, ""),
    ),
    ("no key of the CA", CRL, |m| remove(m, "ca/rootCA.key"), ("CA_NOT_FOUND", 1, "")),
    (
        "a list that is valid for no day",
        "cert crl -c ca --valid-days 0",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "a link in the list's place",
        CRL,
        |m| std::os::unix::fs::symlink("ca/rootCA.key", m.path("crl.pem")).unwrap(),
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "a link in the serial numbers' place",
        CRL,
        |m| std::os::unix::fs::symlink("ca/rootCA.key", m.path("crl.serials.txt")).unwrap(),
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_PLAIN_FILE"),
    ),
];

#[test]
fn deny_with_a_wrong_zip_ca_or_place() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.ok("cert request -p hospital-a.yaml");
    try_all(&sandbox, &good, DENIALS);
    good.ok(DENY);
}

#[test]
fn revoke_and_list_with_a_wrong_ca_or_place() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.approve("hospital-a.yaml", "hospital-a");
    try_all(&sandbox, &good, REVOCATIONS);
    good.ok(REVOKE);
    try_all(&sandbox, &good, LISTS);
    good.ok(CRL);
}
