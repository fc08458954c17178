//! What `inspect` shows of everything that there is, and of what somebody changed.

use crate::common::archives::{rezip, sign_again};
use crate::common::disk::{copy, disk};
use crate::common::{Machine, SERVER_NAME, Sandbox, text_of};
use serde_json::Value;

const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";

fn federation(sandbox: &Sandbox) -> Machine {
    let machine = sandbox.seeded("all");
    machine.init();
    machine.approve("hospital-a.yaml", "hospital-a");
    machine.ok("package hospital-a/hospital-a.signed.zip");
    machine
}

/// The items of one of the three lists.
fn list(data: &Value, key: &str) -> Vec<String> {
    data[key].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_is_recognised_by_its_content() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    let before = disk(&m.cwd);
    for (path, artifact) in [
        ("hospital-a/hospital-a.request.zip", "request zip"),
        ("hospital-a/hospital-a.signed.zip", "signed zip"),
        ("hospital-a/hospital-a.csr", "certificate signing request"),
        ("hospital-a/hospital-a.key", "private key"),
        ("hospital-a/hospital-a.crt", "certificate"),
        ("hospital-a", "request folder"),
        ("ca/rootCA.pem", "CA certificate"),
        ("ca/rootCA.key", "private key"),
        ("ca", "CA directory"),
        (KIT, "startup kit"),
    ] {
        let data = m.ok(&format!("inspect {path}"));
        assert_eq!(data["artifact"], artifact, "{path}");
        assert_eq!(list(&data, "problems"), [""; 0], "{path}");
        assert!(!list(&data, "verified").is_empty(), "{path}");
        // The name tells nothing.
        if m.path(path).is_file() {
            m.write("unnamed", m.read(path));
            assert_eq!(m.ok("inspect unnamed")["artifact"], artifact, "{path}");
            std::fs::remove_file(m.path("unnamed")).unwrap();
        }
    }
    assert!(disk(&m.cwd) == before, "inspect changed something");
}

/// Who is on it is not shown, nor believed: that needs the root.
#[test]
fn a_revocation_list_is_shown_in_both_encodings() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    m.ok("cert crl -c ca --out none.pem");
    m.ok("cert revoke hospital-a -c ca --reason superseded");
    let made = m.ok("cert crl -c ca");
    m.ok("cert crl -c ca --der");
    let none = m.ok("inspect none.pem");
    assert_eq!((&none["artifact"], &none["revoked"]), (&"revocation list".into(), &0.into()));
    for file in ["crl.pem", "crl.der"] {
        let shown = m.ok(&format!("inspect {file}"));
        assert_eq!(shown["artifact"], "revocation list", "{file}");
        assert_eq!(shown["issuer"], "CN=hospital_federation", "{file}");
        assert_eq!(shown["revoked"], 1, "{file}");
        let (number, last) = (text_of(&shown, "number"), text_of(&none, "number"));
        assert!(number.parse::<u128>().unwrap() > last.parse::<u128>().unwrap(), "{file}");
        assert!(list(&shown, "not_verified")[0].contains("signature"), "{file}: {shown}");
        assert_eq!(list(&shown, "problems"), [""; 0], "{file}");
    }
    let shown = m.ok("inspect crl.pem");
    for key in ["number", "this_update", "next_update"] {
        assert_eq!(shown[key], made[key], "{key}");
    }
    // Damaged, it is nothing.
    let mut bytes = m.read("crl.der");
    bytes.truncate(bytes.len() - 1);
    m.write("cut.der", bytes);
    assert_eq!(m.refused("inspect cut.der").0, "INVALID_ARGS");
    m.write("cut.pem", &m.read("crl.pem")[..200]);
    assert_eq!(m.refused("inspect cut.pem").2.unwrap(), "PEM_MALFORMED");
}

#[test]
fn both_ends_see_one_request_digest() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let fingerprint = m.init();
    let request = m.ok("cert request --participant hospital-a.yaml");
    let digest = text_of(&request, "request_digest");
    let whole = text_of(&request, "request_zip_sha256");
    assert_eq!(digest.len(), 24);
    assert!(whole.starts_with(&digest.replace('-', "")), "{digest} {whole}");
    let zip = "hospital-a/hospital-a.request.zip";
    let approval =
        m.ok(&format!("cert approve {zip} --ca-dir ./ca --profile project_profile.yaml"));
    for data in [m.ok(&format!("inspect {zip}")), m.ok("inspect hospital-a"), approval] {
        assert_eq!(data["request_digest"], digest.as_str());
        assert_eq!(data["request_zip_sha256"], whole.as_str());
    }
    let signed = m.ok("inspect hospital-a/hospital-a.signed.zip");
    assert_eq!(signed["rootca_fingerprint_sha256"], fingerprint.as_str());
    assert_eq!(signed["endpoint"], "grpc://server1.hospital-central.org:8002");
    assert_eq!(signed["subject_alt_names"], serde_json::json!(["DNS:hospital-a"]));
}

#[test]
fn names_that_a_server_asks_for_are_shown_before_they_are_signed() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.ok("cert request --participant server.yaml");
    let data = m.ok(&format!("inspect {SERVER_NAME}/{SERVER_NAME}.request.zip"));
    assert_eq!(data["host_names"], serde_json::json!(["10.0.1.50", "fl-server.internal"]));
    assert_eq!((&data["kind"], &data["key_type"]), (&"server".into(), &"RSA-2048".into()));
}

#[test]
fn what_is_wrong_is_shown_beside_what_it_says() {
    let sandbox = Sandbox::new();
    let good = federation(&sandbox);
    let zip = "hospital-a/hospital-a.signed.zip";
    let changes: [fn(&Machine); 3] = [
        // Not signed again.
        |m| rezip(m, "hospital-a/hospital-a.signed.zip", |z| z.edit("signed.json", "8002", "9999")),
        // Signed by whoever has the CA's key, and yet of two minds.
        |m| {
            sign_again(m, "hospital-a/hospital-a.signed.zip", |z| {
                z.edit("signed.json", "hospital_alpha", "hospital_omega");
            });
        },
        |m| rezip(m, "hospital-a/hospital-a.signed.zip", |z| z.set("signed.json.sig", "!")),
    ];
    for (change, problem) in changes.into_iter().zip(["signature: ", "zip: ", "signature: "]) {
        let m = sandbox.machine("changed");
        copy(&good.cwd, &m.cwd);
        change(&m);
        let data = m.ok(&format!("inspect {zip}"));
        assert_eq!(data["name"], "hospital-a");
        let problems = list(&data, "problems");
        assert!(problems.iter().any(|text| text.starts_with(problem)), "{problems:?}");
        let verified = list(&data, "verified");
        let signed = verified.iter().any(|text| text.starts_with("signature: "));
        assert_eq!(signed, problem == "zip: ", "{verified:?}");
        std::fs::remove_dir_all(m.cwd.parent().unwrap()).unwrap();
    }
}

#[test]
fn folders_whose_parts_do_not_fit_are_shown_with_their_problems() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    m.write("ca/rootCA.key", m.read("hospital-a/hospital-a.key"));
    let data = m.ok("inspect ca");
    assert_eq!(data["project"], "hospital_federation");
    assert_eq!(list(&data, "problems"), ["key: rootCA.key is another key"]);
    m.edit("hospital-a/request.json", "csr_sha256\": \"", "csr_sha256\": \"0");
    // One digit too many.
    assert_eq!(
        m.refused("inspect hospital-a"),
        ("INVALID_ARGS".into(), 4, Some("DIGEST_FORMAT".into()))
    );
}

#[test]
fn an_encrypted_or_open_key_is_told() {
    let sandbox = Sandbox::new();
    let m = sandbox.machine("m");
    m.write(
        "key",
        include_bytes!("../../../flarekit/tests/vectors/valid/keys/rsa-2048.encrypted.pem"),
    );
    let data = m.ok("inspect key");
    assert_eq!(data["encrypted"], true);
    assert_eq!(data.get("public_key_sha256"), None);
    let problems = list(&data, "problems");
    assert!(problems.iter().all(|text| text.starts_with("mode: ")), "{problems:?}");
    assert_eq!(problems.len(), usize::from(m.mode("key") & 0o077 != 0));
}

#[test]
fn what_is_nothing_known_is_refused() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let refused = |reason: &str| ("INVALID_ARGS".to_owned(), 4, Some(reason.to_owned()));
    for (path, reason) in [
        ("nothing", "FILE_NOT_FOUND"),
        ("hospital-a.yaml", "UNKNOWN_ARTIFACT"),
        (".", "UNKNOWN_ARTIFACT"),
        ("/dev/null", "NOT_A_PLAIN_FILE"),
    ] {
        assert_eq!(m.refused(&format!("inspect {path}")), refused(reason), "{path}");
    }
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    assert_eq!(m.refused("inspect ca/ledger.db"), refused("LEDGER_FILE"));
    let mut large = m.read("ca/ledger.db");
    large.resize(3 << 20, 0);
    m.write("large.db", &large);
    assert_eq!(m.refused("inspect large.db"), refused("LEDGER_FILE"));
    m.write("large", vec![0; 3 << 20]);
    assert_eq!(m.refused("inspect large"), refused("FILE_TOO_LARGE"));
    assert_eq!(m.refused("inspect ca/ca.json"), refused("PART_OF_A_FOLDER"));
    m.write("damaged.zip", "PK damaged");
    assert_eq!(m.refused("inspect damaged.zip"), refused("ZIP_MALFORMED"));
    m.write("damaged.crt", "-----BEGIN CERTIFICATE-----\n");
    assert_eq!(m.refused("inspect damaged.crt"), refused("PEM_MALFORMED"));
}

#[test]
fn a_name_in_a_certificate_cannot_pass_for_two() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let init = ["cert", "init", "--profile", "project_profile.yaml", "-o", "ca", "--org"];
    let output = m.flarekit().args(init).arg("a, unstructuredName=server").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        m.ok("inspect ca")["subject"],
        r"CN=hospital_federation, O=a\, unstructuredName=server"
    );
}

#[test]
fn a_file_cannot_steer_the_terminal() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    sign_again(&m, "hospital-a/hospital-a.signed.zip", |zip| {
        zip.edit_json("signed.json", |json| json["approved_at"] = "\u{1b}[2J\nname: evil".into());
    });
    let output = m.run("inspect hospital-a/hospital-a.signed.zip");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}') && !text.contains("\nname: evil"), "{text}");
    assert!(text.contains(r"approved_at '\u{1b}[2J\nname: evil' is not a time"), "{text}");
}
