//! `package`: what is wrong with the signed zip or the fingerprint.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use flarekit::approval::{AdmittedRequest, UnverifiedRequest};
use flarekit::audit::AuditDirectory;
use flarekit::ca::ledger::Ledger;
use flarekit::ca::{CertAuthority, CreateCa};
use flarekit::names::{DeployVersion, ProjectName};
use flarekit::profile::ProjectProfile;
use flarekit::time::Timestamp;
use serde_json::Value;

use crate::common::archives::{Members, rezip, sign_again};
use crate::common::{Machine, PROFILE, Sandbox};
use crate::{Row, try_all};

const ZIP: &str = "hospital-a/hospital-a.signed.zip";
const LINE: &str = "package hospital-a/hospital-a.signed.zip";
const CRT: &str = "hospital-a.crt";
const BAD: &str = "INVALID_SIGNED_ZIP";
const YEAR: u64 = 365 * 86_400;

/// Changes `signed.json` as only the CA could.
fn signed(m: &Machine, change: impl FnOnce(&mut Value)) {
    sign_again(m, ZIP, |zip| zip.edit_json("signed.json", change));
}

/// Adds a line to the participant's entry in `site.yaml`, as only the CA could.
fn site(m: &Machine, line: &str) {
    sign_again(m, ZIP, |zip| {
        let text = zip.text("site.yaml");
        zip.set("site.yaml", format!("{text}  {line}\n"));
    });
}

/// Approves the request at another time, by another CA.
fn approve_at(m: &Machine, root_made: u64, days: u32, now: u64, approved_for: u32) {
    fs::remove_dir_all(m.path("ca")).unwrap();
    let request = CreateCa {
        project: ProjectName::parse("hospital_federation").unwrap(),
        org: None,
        valid_days: days,
        deploy_version: DeployVersion::default(),
        profile: Path::new("/profile.yaml"),
        directory: &m.path("ca"),
        force: false,
    };
    request.create(Timestamp::from_unix(root_made)).unwrap();
    let (ca, _) = CertAuthority::open(&m.path("ca"), &mut || Ok(None)).unwrap();
    let zip = m.read("hospital-a/hospital-a.request.zip");
    let request = UnverifiedRequest::read(&zip, "zip").unwrap().verify().unwrap();
    let profile = ProjectProfile::parse(PROFILE.as_bytes(), "profile").unwrap();
    let admitted = AdmittedRequest::admit(request, &ca, &profile).unwrap();
    let now = Timestamp::from_unix(now);
    let nothing = AuditDirectory::in_home(None);
    let (mut ledger, _) = Ledger::open(ca.directory(), ca.fingerprint(), &nothing, now).unwrap();
    let cleared = ledger.begin().unwrap().clear(admitted, false, now).unwrap();
    let approval = ca.sign(cleared, approved_for, now).unwrap();
    m.write(ZIP, approval.zip());
}

const ARCHIVE: &[Row] = &[
    ("no zip", "package gone.zip", |_| {}, ("SIGNED_ZIP_NOT_FOUND", 1, "")),
    ("a directory", "package hospital-a", |_| {}, (BAD, 4, "NOT_A_PLAIN_FILE")),
    (
        "a link",
        LINE,
        |m| {
            fs::rename(m.path(ZIP), m.path("hospital-a/real.zip")).unwrap();
            symlink("real.zip", m.path(ZIP)).unwrap();
        },
        (BAD, 4, "NOT_A_PLAIN_FILE"),
    ),
    ("no zip file", LINE, |m| m.write(ZIP, "hello"), (BAD, 4, "ZIP_MALFORMED")),
    (
        "a request zip",
        "package hospital-a/hospital-a.request.zip",
        |_| {},
        (BAD, 4, "WRONG_ARTIFACT"),
    ),
    (
        "another member",
        LINE,
        |m| sign_again(m, ZIP, |zip| zip.set("x.txt", "x")),
        (BAD, 4, "ZIP_MEMBER_UNEXPECTED"),
    ),
    (
        "no certificate",
        LINE,
        |m| rezip(m, ZIP, |zip| drop(zip.0.remove(CRT))),
        (BAD, 4, "ZIP_MEMBER_MISSING"),
    ),
    (
        "no signature",
        LINE,
        |m| rezip(m, ZIP, |zip| drop(zip.0.remove("signed.json.sig"))),
        (BAD, 4, "ZIP_MEMBER_MISSING"),
    ),
    (
        "key material",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set("site.yaml", m.read("hospital-a/hospital-a.key"))),
        (BAD, 4, "KEY_MATERIAL_IN_ARCHIVE"),
    ),
    (
        "signature altered",
        LINE,
        |m| {
            rezip(m, ZIP, |zip| {
                let old = zip.text("signed.json.sig");
                let first = if old.starts_with('A') { "B" } else { "A" };
                zip.set("signed.json.sig", format!("{first}{}", &old[1..]));
            })
        },
        (BAD, 4, "SIGNATURE_INVALID"),
    ),
    (
        "signature is no base64",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set("signed.json.sig", "!")),
        (BAD, 4, "SIGNATURE_INVALID"),
    ),
    (
        "port altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.edit("signed.json", "8002", "8004")),
        (BAD, 4, "SIGNATURE_INVALID"),
    ),
    (
        "host altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.edit("signed.json", "hospital-central", "hospital-evil")),
        (BAD, 4, "SIGNATURE_INVALID"),
    ),
    (
        "signed by the participant",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.sign(&m.read("hospital-a/hospital-a.key"))),
        (BAD, 4, "SIGNATURE_INVALID"),
    ),
    (
        "another root",
        LINE,
        |m| {
            let root = m.read("other/rootCA.pem");
            rezip(m, ZIP, |zip| zip.set("rootCA.pem", root));
        },
        (BAD, 4, "SIGNATURE_INVALID"),
    ),
    (
        "site.yaml altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.edit("site.yaml", "Alpha", "Beta")),
        (BAD, 4, "SITE_HASH_MISMATCH"),
    ),
    (
        "certificate altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set(CRT, [&zip.0[CRT][..], b"\n"].concat())),
        (BAD, 4, "CERTIFICATE_HASH_MISMATCH"),
    ),
    (
        "root's text altered",
        LINE,
        |m| rezip(m, ZIP, |zip| zip.set("rootCA.pem", zip.text("rootCA.pem") + "\n")),
        (BAD, 4, "ROOTCA_HASH_MISMATCH"),
    ),
];

const METADATA: &[Row] = &[
    (
        "schema",
        LINE,
        |m| signed(m, |j| j["schema_version"] = "2".into()),
        (BAD, 4, "ARTIFACT_UNSUPPORTED"),
    ),
    (
        "kind",
        LINE,
        |m| signed(m, |j| j["artifact_type"] = "nvflare.cert.request".into()),
        (BAD, 4, "ARTIFACT_UNSUPPORTED"),
    ),
    ("no id", LINE, |m| signed(m, |j| j["request_id"] = Value::Null), (BAD, 4, "FIELD_MISSING")),
    (
        "kind is a list",
        LINE,
        |m| signed(m, |j| j["kind"] = serde_json::json!(["site"])),
        (BAD, 4, "FIELD_TYPE"),
    ),
    (
        "role of a site",
        LINE,
        |m| signed(m, |j| j["cert_role"] = "lead".into()),
        (BAD, 4, "KIND_TYPE_MISMATCH"),
    ),
    (
        "file's name",
        LINE,
        |m| signed(m, |j| j["cert_file"] = "../x.crt".into()),
        (BAD, 4, "FILE_NAME_MISMATCH"),
    ),
    (
        "root's name",
        LINE,
        |m| signed(m, |j| j["rootca_file"] = "x.pem".into()),
        (BAD, 4, "FILE_NAME_MISMATCH"),
    ),
    ("port", LINE, |m| signed(m, |j| j["server"]["admin_port"] = 0.into()), (BAD, 4, "PORT")),
    (
        "port is true",
        LINE,
        |m| signed(m, |j| j["server"]["admin_port"] = true.into()),
        (BAD, 4, "FIELD_TYPE"),
    ),
    ("host", LINE, |m| signed(m, |j| j["server"]["host"] = "a b".into()), (BAD, 4, "HOST_NAME")),
    ("scheme", LINE, |m| signed(m, |j| j["scheme"] = "uds".into()), (BAD, 4, "FIELD_VALUE")),
    (
        "security",
        LINE,
        |m| signed(m, |j| j["default_connection_security"] = "ssl".into()),
        (BAD, 4, "FIELD_VALUE"),
    ),
    (
        "version",
        LINE,
        |m| signed(m, |j| j["ca_info"]["provision_version"] = "../00".into()),
        (BAD, 4, "DEPLOY_VERSION"),
    ),
    (
        "hash",
        LINE,
        |m| signed(m, |j| j["hashes"]["csr_sha256"] = "0".into()),
        (BAD, 4, "DIGEST_FORMAT"),
    ),
    (
        "fingerprint",
        LINE,
        |m| signed(m, |j| j["ca_info"]["rootCA_fingerprint"] = "0".into()),
        ("INVALID_ROOTCA_FINGERPRINT", 4, "FINGERPRINT_FORMAT"),
    ),
    (
        "another fingerprint",
        LINE,
        |m| signed(m, |j| j["ca_info"]["rootCA_fingerprint"] = "0".repeat(64).into()),
        ("ROOTCA_FINGERPRINT_MISMATCH", 4, "SIGNED_FINGERPRINT"),
    ),
    (
        "another key",
        LINE,
        |m| signed(m, |j| j["hashes"]["public_key_sha256"] = "0".repeat(64).into()),
        (BAD, 4, "PUBLIC_KEY_HASH_MISMATCH"),
    ),
    (
        "another CSR",
        LINE,
        |m| signed(m, |j| j["hashes"]["csr_sha256"] = "0".repeat(64).into()),
        ("REQUEST_METADATA_MISMATCH", 4, ""),
    ),
    (
        "the name is the server's",
        LINE,
        |m| signed(m, |j| j["server"]["host"] = "HOSPITAL-A".into()),
        ("INVALID_ARGS", 4, "SERVER_NAME_TAKEN"),
    ),
    (
        "security in site.yaml",
        LINE,
        |m| site(m, "connection_security: clear"),
        (BAD, 4, "FIELD_NOT_ACCEPTED"),
    ),
    (
        "listener in site.yaml",
        LINE,
        |m| site(m, "listening_host: x.org"),
        (BAD, 4, "LISTENING_HOST"),
    ),
    (
        "server in site.yaml",
        LINE,
        |m| site(m, "server: {host: x.org, fed_learn_port: 1, admin_port: 2}"),
        (BAD, 4, "FIELD_NOT_ACCEPTED"),
    ),
    (
        "port in site.yaml",
        LINE,
        |m| site(m, "fed_learn_port: 8002"),
        (BAD, 4, "FIELD_NOT_ACCEPTED"),
    ),
    (
        "alias in site.yaml",
        LINE,
        |m| {
            sign_again(m, ZIP, |zip| {
                zip.edit("site.yaml", "name: hospital-a", "name: &a hospital-a");
            })
        },
        (BAD, 4, "YAML_ALIAS"),
    ),
];

const IDENTITY: &[Row] = &[
    (
        "org in signed.json",
        LINE,
        |m| signed(m, |j| j["org"] = "hospital_beta".into()),
        (BAD, 4, "SITE_IDENTITY_MISMATCH"),
    ),
    (
        "org in signed.json and site.yaml",
        LINE,
        |m| {
            sign_again(m, ZIP, |zip| {
                zip.edit("signed.json", "hospital_alpha", "hospital_beta");
                zip.edit("site.yaml", "hospital_alpha", "hospital_beta");
            })
        },
        ("SIGNED_ZIP_IDENTITY_CONFLICT", 4, "CERTIFICATE_IDENTITY_MISMATCH"),
    ),
    (
        "another's certificate",
        LINE,
        |m| {
            let other = Members::of(
                &m.read("alice@hospital-alpha.org/alice@hospital-alpha.org.signed.zip"),
            );
            let certificate = &other.0["alice@hospital-alpha.org.crt"];
            sign_again(m, ZIP, |zip| zip.set(CRT, certificate));
        },
        ("SIGNED_ZIP_IDENTITY_CONFLICT", 4, "CERTIFICATE_IDENTITY_MISMATCH"),
    ),
    (
        "the root as certificate",
        LINE,
        |m| sign_again(m, ZIP, |zip| zip.set(CRT, zip.0["rootCA.pem"].clone())),
        ("CERT_TYPE_UNKNOWN", 1, ""),
    ),
    (
        "another project's root",
        LINE,
        |m| {
            sign_again(m, ZIP, |zip| {
                for member in ["signed.json", "site.yaml"] {
                    zip.edit(member, "hospital_federation", "other");
                }
            })
        },
        ("SIGNED_ZIP_IDENTITY_CONFLICT", 4, "ROOT_PROJECT_MISMATCH"),
    ),
    (
        "certificate by another root",
        LINE,
        |m| {
            let other = Members::of(&m.read("hospital-a/other.zip"));
            sign_again(m, ZIP, |zip| zip.set(CRT, &other.0[CRT]));
        },
        ("CERT_CHAIN_INVALID", 1, "SIGNATURE_INVALID"),
    ),
];

const TIME: &[Row] = &[
    (
        "certificate expired",
        LINE,
        |m| approve_at(m, YEAR, 365 * 200, 2 * YEAR, 30),
        ("CERT_EXPIRED", 1, ""),
    ),
    (
        "root expired",
        LINE,
        |m| approve_at(m, YEAR, 30, YEAR, 30),
        ("CERT_EXPIRED", 1, "ROOT_EXPIRED"),
    ),
    (
        "certificate not valid yet",
        LINE,
        |m| approve_at(m, YEAR, 365 * 8000, 7_000 * YEAR, 30),
        ("CERT_NOT_YET_VALID", 1, ""),
    ),
    (
        "root not valid yet",
        LINE,
        |m| approve_at(m, 7_000 * YEAR, 30, 7_000 * YEAR, 30),
        ("CERT_NOT_YET_VALID", 1, "ROOT_NOT_YET_VALID"),
    ),
];

const FINGERPRINT: &[Row] = &[
    (
        "an unset variable",
        "package hospital-a/hospital-a.signed.zip --fingerprint ''",
        |_| {},
        ("INVALID_ROOTCA_FINGERPRINT", 4, "FINGERPRINT_FORMAT"),
    ),
    (
        "an unset variable, older name",
        "package hospital-a/hospital-a.signed.zip --expected-fingerprint ''",
        |_| {},
        ("INVALID_ROOTCA_FINGERPRINT", 4, "FINGERPRINT_FORMAT"),
    ),
    (
        "MD5",
        "package hospital-a/hospital-a.signed.zip --fingerprint d41d8cd98f00b204e9800998ecf8427e",
        |_| {},
        ("INVALID_ROOTCA_FINGERPRINT", 4, "FINGERPRINT_FORMAT"),
    ),
    (
        "another",
        "package hospital-a/hospital-a.signed.zip --fingerprint \
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        |_| {},
        ("ROOTCA_FINGERPRINT_MISMATCH", 4, "EXPECTED_FINGERPRINT"),
    ),
];

#[test]
fn package_a_wrong_approval() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.approve("hospital-a.yaml", "hospital-a");
    good.approve("alice.yaml", "alice@hospital-alpha.org");
    good.ok("cert init --profile project_profile.yaml -o other");
    good.ok("cert approve hospital-a/hospital-a.request.zip -c other \
             --profile project_profile.yaml --out hospital-a/other.zip");
    for rows in [ARCHIVE, METADATA, IDENTITY, TIME, FINGERPRINT] {
        try_all(&sandbox, &good, rows);
    }
    good.ok(LINE);
}

/// What may differ without harm: later versions' keys, and hashes as older tools wrote them.
#[test]
fn what_an_approval_may_say_besides() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    site(&m, "properties: {of: later versions}");
    signed(&m, |json| {
        json["later"] = "version".into();
        let csr = json["hashes"]["csr_sha256"].as_str().unwrap().to_uppercase();
        json["hashes"]["csr_sha256"] = format!("SHA256:{csr}").into();
    });
    m.ok(LINE);
}
