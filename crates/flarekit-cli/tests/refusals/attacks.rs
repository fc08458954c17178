//! Slips and attacks that would let somebody in, or cost a key, a request or a kit.

use std::fs;
use std::os::unix::fs::symlink;

use flarekit::ca::CertAuthority;
use flarekit::pki::{AltName, Certificate, LeafProfile, PrivateKey, Serial, Validity, issue_leaf};

use crate::common::archives::{request_again, rezip, sign_again};
use crate::common::{Machine, Sandbox, warnings};
use crate::{Row, try_all};

const REQUEST: &str = "hospital-a/hospital-a.request.zip";
const SIGNED: &str = "hospital-a/hospital-a.signed.zip";
const APPROVE: &str = "cert approve hospital-a/hospital-a.request.zip -c ca \
                       --profile project_profile.yaml --force";
const PACKAGE: &str = "package hospital-a/hospital-a.signed.zip";
const ARGS: &str = "INVALID_ARGS";
const EXISTS: &str = "CERT_ALREADY_EXISTS";
const BAD: &str = "INVALID_SIGNED_ZIP";

/// Packages once, so that there is something to lose.
fn packaged(m: &Machine) {
    m.ok(PACKAGE);
}

/// Has the CA sign a client's certificate for other names.
fn certified_for(m: &Machine, names: &[&str]) {
    let (ca, _) = CertAuthority::open(&m.path("ca"), &mut || Ok(None)).unwrap();
    let key = PrivateKey::from_pem(&m.read("ca/rootCA.key"), None).unwrap();
    sign_again(m, SIGNED, |zip| {
        let old = Certificate::from_pem(zip.text("hospital-a.crt").as_bytes()).unwrap();
        let names: Vec<AltName> = names.iter().map(|n| AltName::Dns((*n).to_owned())).collect();
        let new = issue_leaf(
            ca.certificate(),
            &key,
            old.subject(),
            old.public_key(),
            LeafProfile::ClientServer,
            &names,
            Validity { not_before: old.not_before(), not_after: old.not_after() },
            Serial::random().unwrap(),
        );
        zip.set("hospital-a.crt", new.unwrap().to_pem().unwrap());
    });
}

const ROWS: &[Row] = &[
    (
        "a request into a CA",
        "cert request -p alice.yaml --out ca",
        |_| {},
        (ARGS, 4, "FOLDER_IN_USE"),
    ),
    (
        "a request into a CA, by force",
        "cert request -p alice.yaml --out ca --force",
        |_| {},
        (ARGS, 4, "FOLDER_IN_USE"),
    ),
    (
        "a CA into a request folder",
        "cert init --profile project_profile.yaml -o hospital-a",
        |_| {},
        (ARGS, 4, "FOLDER_IN_USE"),
    ),
    (
        "a CA into a request folder, by force",
        "cert init --profile project_profile.yaml -o hospital-a --force",
        |_| {},
        (ARGS, 4, "FOLDER_IN_USE"),
    ),
    (
        "a request into another's folder, by force",
        "cert request -p alice.yaml --out hospital-a --force",
        |_| {},
        (ARGS, 4, "FOLDER_IN_USE"),
    ),
    (
        "a request that would move a signed zip away",
        "cert request -p hospital-a.yaml --out inbox",
        |m| {
            fs::create_dir(m.path("inbox")).unwrap();
            fs::copy(m.path(SIGNED), m.path("inbox/hospital-a.signed.zip")).unwrap();
        },
        (EXISTS, 1, ""),
    ),
    (
        "a private key as description",
        "cert request -p hospital-a.yaml --out other",
        |m| {
            let text = "description: \"-----BEGIN \\x50RIVATE KEY-----\"";
            m.edit("hospital-a.yaml", "description: Site A - Hospital Alpha", text);
        },
        (ARGS, 4, "FIELD_VALUE"),
    ),
    (
        "a private key as description, sent",
        APPROVE,
        |m| {
            request_again(m, REQUEST, |zip| {
                let site = zip.text("site.yaml");
                let text = "description: \"-----BEGIN \\x50RIVATE KEY-----\"\n";
                zip.set("site.yaml", site.replace("description: Site A - Hospital Alpha\n", text));
            });
        },
        (ARGS, 4, "FIELD_VALUE"),
    ),
    (
        "a whole folder, zipped by hand",
        APPROVE,
        |m| rezip(m, REQUEST, |zip| zip.set("hospital-a/hospital-a.key", "")),
        (ARGS, 4, "KEY_MATERIAL_IN_ARCHIVE"),
    ),
    (
        "the CA's key as output",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --out ca/rootCA.key --force",
        |_| {},
        (EXISTS, 1, "NOT_A_SIGNED_ZIP"),
    ),
    (
        "the request as output",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --out hospital-a/hospital-a.request.zip --force",
        |_| {},
        (EXISTS, 1, "NOT_A_SIGNED_ZIP"),
    ),
    (
        "a client certified as the server",
        PACKAGE,
        |m| certified_for(m, &["hospital-a", "server1.hospital-central.org"]),
        (BAD, 4, "CERTIFICATE_PROFILE"),
    ),
    (
        "a client certified for everything",
        PACKAGE,
        |m| certified_for(m, &["*"]),
        (BAD, 4, "CERTIFICATE_PROFILE"),
    ),
    (
        "a key as further CA certificate",
        PACKAGE,
        |m| {
            let path = m.path("ca/rootCA.key");
            let line = format!("  org: hospital_alpha\n  custom_ca_cert: {}", path.display());
            m.edit("hospital-a/site.yaml", "  org: hospital_alpha", &line);
        },
        ("LOCAL_SITE_INVALID", 4, "CUSTOM_CA_CERT"),
    ),
    (
        "a text as further CA certificate",
        PACKAGE,
        |m| {
            let path = m.path("project_profile.yaml");
            let line = format!("  org: hospital_alpha\n  custom_ca_cert: {}", path.display());
            m.edit("hospital-a/site.yaml", "  org: hospital_alpha", &line);
        },
        ("LOCAL_SITE_INVALID", 4, "CUSTOM_CA_CERT"),
    ),
    (
        "a backup that leads elsewhere",
        "package hospital-a/hospital-a.signed.zip --force",
        |m| {
            packaged(m);
            fs::create_dir(m.path("elsewhere")).unwrap();
            symlink(m.path("elsewhere"), m.path("workspace/hospital_federation/.bak")).unwrap();
        },
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_PLAIN_FILE"),
    ),
    (
        "a request's backup that leads elsewhere",
        "cert request -p hospital-a.yaml --force",
        |m| {
            fs::create_dir(m.path("elsewhere")).unwrap();
            symlink(m.path("elsewhere"), m.path("hospital-a/.bak")).unwrap();
        },
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_PLAIN_FILE"),
    ),
];

#[test]
fn slips_and_attacks() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    good.approve("hospital-a.yaml", "hospital-a");
    good.ok("package hospital-a/hospital-a.signed.zip --request-dir hospital-a -w proof");
    try_all(&sandbox, &good, ROWS);
}

#[test]
fn a_certificate_for_its_own_name_is_accepted() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    certified_for(&m, &["hospital-a"]);
    m.ok(PACKAGE);
}

#[test]
fn a_requesters_field_names_cannot_forge_lines() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    request_again(&m, REQUEST, |zip| {
        let mut site = zip.text("site.yaml");
        for number in 0..50 {
            site.push_str(&format!("\"x\\nCode: OK (exit 0) {number}\": 1\n"));
        }
        zip.set("site.yaml", site);
    });
    let output = m
        .run("cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml");
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(printed.contains("and 40 more"), "{printed}");
    let again = m.ok(APPROVE);
    assert_eq!(warnings(&again), ["FIELD_DROPPED", "ALREADY_APPROVED"]);
}

/// A link may lead to such a directory.
#[test]
fn a_directorys_name_cannot_forge_lines() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    let out = "out\nrootca_fingerprint_sha256: \u{1b}[1mSHA256:00";
    let line = "cert approve hospital-a -c ca --profile project_profile.yaml";
    let words = line.split(' ').chain(["--out-dir", out]);
    let output = m.flarekit().args(words).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines = printed.lines().filter(|line| line.starts_with("rootca_fingerprint")).count();
    assert_eq!((lines, printed.contains('\u{1b}')), (1, false), "{printed}");
}

#[test]
fn a_misspelt_field_is_noticed_before_it_does_harm() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.edit("project_profile.yaml", "admin_port", "admin_prot");
    assert_eq!(
        warnings(&m.ok("cert init --profile project_profile.yaml -o ca")),
        ["UNKNOWN_FIELD"]
    );
    m.edit("hospital-a.yaml", "org: hospital_alpha", "org: hospital_alpha\n    use_iao: true");
    assert_eq!(warnings(&m.ok("cert request -p hospital-a.yaml")), ["UNKNOWN_FIELD"]);
    m.edit("project_profile.yaml", "  host:", "  hots:");
    let data = m.ok("cert init --profile project_profile.yaml -o other");
    assert_eq!(warnings(&data), ["PROFILE_INCOMPLETE"]);
}
