//! `cert revoke`: which certificates are meant, and what follows.

use std::fs;

use crate::common::archives::Members;
use crate::common::disk::{changes, disk};
use crate::common::{Machine, Sandbox, text_of, warnings};
use crate::{APPROVE, approved, asked, entries, kinds};

fn refused(m: &Machine, line: &str) -> String {
    let before = disk(&m.cwd);
    let (code, ..) = m.refused(line);
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<std::path::PathBuf>::new(), "{line}");
    code
}

fn revoke(which: &str) -> String {
    format!("cert revoke {which} -c ca --reason key-compromise")
}

fn state(m: &Machine) -> Vec<String> {
    let list = m.ok("cert list -c ca --sort end");
    let list = list["certificates"].as_array().unwrap();
    list.iter().map(|certificate| text_of(certificate, "state")).collect()
}

#[test]
fn a_certificate_is_revoked_by_its_name() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let data = m.ok(&format!("{} --note stolen", revoke("hospital-a")));
    assert_eq!(warnings(&data), ["REVOCATION_NOT_ENFORCED"]);
    let revoked = &data["certificates"][0];
    assert_eq!(revoked["reason"], "key-compromise: stolen");
    assert_eq!(revoked["revoked_before"], false);
    let entries = entries(&m);
    assert_eq!(kinds(&m), ["approval", "revocation"]);
    assert_eq!(entries[1]["refers_to"], 1);
    assert_eq!(entries[1]["serial"], revoked["serial"]);
    assert_eq!(state(&m), ["revoked"]);
    m.ok("audit verify -c ca");
    // A second time changes nothing, and says so.
    let again = m.ok("cert revoke hospital-a -c ca --reason superseded");
    assert_eq!(warnings(&again), ["ALREADY_REVOKED", "REVOCATION_NOT_ENFORCED"]);
    assert_eq!(again["certificates"][0]["reason"], "key-compromise: stolen");
    assert_eq!(kinds(&m), ["approval", "revocation"]);
}

#[test]
fn a_serial_number_is_read_in_every_notation() {
    for spelled in [
        |hex: &str| format!("0x{hex}"),
        str::to_uppercase,
        |hex: &str| format!("0X{}", hex.to_uppercase()),
        |hex: &str| format!("serial={}", hex.to_uppercase()),
        |hex: &str| {
            let padded = if hex.len() % 2 == 1 { format!("0{hex}") } else { hex.to_owned() };
            let pairs: Vec<&str> =
                (0..padded.len() / 2).map(|n| &padded[2 * n..2 * n + 2]).collect();
            pairs.join(":").to_uppercase()
        },
    ] {
        let sandbox = Sandbox::new();
        let m = approved(&sandbox);
        let serial = text_of(&m.ok("cert list -c ca")["certificates"][0], "serial");
        let which = spelled(serial.trim_start_matches("0x"));
        m.ok(&revoke(&which));
        assert_eq!(state(&m), ["revoked"], "{which}");
    }
}

/// A name comes before a serial number that is written like it.
#[test]
fn digits_alone_are_a_name_first() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let serial = text_of(&m.ok("cert list -c ca")["certificates"][0], "serial");
    let digits = serial.trim_start_matches("0x");
    m.write("other.yaml", crate::common::SITE.replace("hospital-a", digits));
    m.approve("other.yaml", digits);
    assert_eq!(m.ok(&revoke(digits))["certificates"][0]["name"], digits);
    assert_eq!(entries(&m)[2]["refers_to"], 2);
}

#[test]
fn an_unknown_certificate_is_not_revoked() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let serial = text_of(&m.ok("cert list -c ca")["certificates"][0], "serial");
    let message = |which: &str| {
        assert_eq!(refused(&m, &revoke(which)), "CERTIFICATE_NOT_FOUND", "{which}");
        text_of(&crate::refusal(&m, &revoke(which)), "message")
    };
    assert!(message("hospital-b").ends_with("did you mean 'hospital-a'?"));
    assert!(message("Hospital-A").ends_with("did you mean 'hospital-a'?"));
    // Of one certificate there are not all.
    let digits = format!("{} --all", serial.trim_start_matches("0x"));
    assert!(message(&digits).ends_with(&format!("did you mean {serial}?")));
    assert!(message("0x1").ends_with("no certificate of 0x1"));
    assert!(message("elsewhere").ends_with("no certificate of 'elsewhere'"));
}

/// A replaced certificate works until it ends: the name alone would leave one of the two.
#[test]
fn of_several_certificates_the_user_says_which() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    m.ok("cert request -p hospital-a.yaml --force");
    m.ok(&format!("{APPROVE} --replace"));
    assert_eq!(refused(&m, &revoke("hospital-a")), "CERTIFICATE_AMBIGUOUS");
    let replaced = text_of(&entries(&m)[0], "serial");
    m.ok(&revoke(&replaced));
    assert_eq!(kinds(&m), ["approval", "approval", "supersession", "revocation"]);
    assert_eq!(entries(&m)[3]["refers_to"], 1);
    // Now the name is clear.
    m.ok(&revoke("hospital-a"));
    assert_eq!(state(&m), ["revoked", "revoked"]);
}

#[test]
fn all_certificates_of_a_name_are_revoked_at_once() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    m.ok("cert request -p hospital-a.yaml --force");
    m.ok(&format!("{APPROVE} --replace"));
    let data = m.ok(&format!("{} --all", revoke("hospital-a")));
    assert_eq!(data["certificates"].as_array().unwrap().len(), 2);
    assert_eq!(state(&m), ["revoked", "revoked"]);
    assert_eq!(m.ok("audit verify -c ca")["checkpoints"], 3);
}

/// One key with two certificates, the second in the place of the first, lets in whoever has it with
/// either.
fn with_two_certificates(sandbox: &Sandbox) -> (Machine, [String; 2]) {
    let m = approved(sandbox);
    m.ok(&format!("{APPROVE} --replace"));
    let serials = [0, 1].map(|entry| text_of(&entries(&m)[entry], "serial"));
    (m, serials)
}

#[test]
fn a_stolen_key_is_revoked_with_all_its_certificates() {
    for by_name in [false, true] {
        let sandbox = Sandbox::new();
        let (m, [first, second]) = with_two_certificates(&sandbox);
        let which = if by_name { "hospital-a" } else { &first };
        let data = m.ok(&format!("{} --note stolen", revoke(which)));
        let codes = warnings(&data);
        // Named, they are all asked for.
        assert_eq!(codes.contains(&"SAME_KEY_REVOKED"), !by_name, "{codes:?}");
        let revoked = data["certificates"].as_array().unwrap();
        assert_eq!((&revoked[0]["serial"], &revoked[1]["serial"]), (&first.into(), &second.into()));
        assert_eq!(revoked[1]["same_key"], !by_name);
        assert_eq!(revoked[1]["reason"], "key-compromise: stolen");
        assert_eq!(kinds(&m)[3..], ["revocation", "revocation"]);
        assert_eq!(state(&m), ["revoked", "revoked"]);
        assert_eq!(m.ok("cert crl -c ca")["revoked"], 2);
        m.ok("audit verify -c ca");
    }
}

/// Found out later, or for another reason: what goes on with the key is told.
#[test]
fn other_certificates_of_a_revoked_key_are_named() {
    let sandbox = Sandbox::new();
    let (m, [first, second]) = with_two_certificates(&sandbox);
    assert_eq!(
        refused(&m, "cert revoke hospital-a -c ca --reason superseded"),
        "CERTIFICATE_AMBIGUOUS"
    );
    let data = m.ok(&format!("cert revoke {first} -c ca --reason superseded"));
    assert_eq!(warnings(&data), ["SAME_KEY_IN_USE", "REVOCATION_NOT_ENFORCED"]);
    let message = text_of(&data["warnings"][0], "message");
    assert!(message.contains(&second), "{message}");
    assert_eq!(kinds(&m)[3..], ["revocation"]);
    let data = m.ok(&revoke(&first));
    assert_eq!(warnings(&data), ["ALREADY_REVOKED", "SAME_KEY_REVOKED", "REVOCATION_NOT_ENFORCED"]);
    let message = text_of(&data["warnings"][0], "message");
    assert!(message.ends_with(": its entry stays as it is"), "{message}");
    assert_eq!(state(&m), ["revoked", "revoked"]);
    assert_eq!(warnings(&m.ok(&revoke(&first))), ["ALREADY_REVOKED", "REVOCATION_NOT_ENFORCED"]);
}

/// The name is free again, the key is not: not for this name, nor for another, nor with `--replace`.
#[test]
fn a_revoked_key_is_never_approved_again() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    m.ok("cert revoke hospital-a -c ca --reason cessation-of-operation");
    let key = flarekit::pki::PrivateKey::from_pem(&m.read("hospital-a/hospital-a.key"), None);
    let text = crate::common::SITE.replace("hospital-a", "hospital-b");
    let definition = flarekit::definition::Definition::parse(text.as_bytes()).unwrap();
    let id = flarekit::names::RequestId::from_random([7; 16]);
    let now = flarekit::time::Timestamp::from_unix(1_795_500_000);
    let made = flarekit::request::Request::create(&definition, key.unwrap(), id, now).unwrap();
    m.write("two/hospital-b.request.zip", made.archive().unwrap());
    let other = APPROVE.replace("hospital-a", "two").replace("two.request", "hospital-b.request");
    for line in [APPROVE, &other] {
        for line in [line.to_owned(), format!("{line} --replace")] {
            assert_eq!(refused(&m, &line), "KEY_REVOKED", "{line}");
        }
    }
    m.ok("cert request -p hospital-a.yaml --force");
    assert_eq!(warnings(&m.ok(APPROVE)), ["IDENTITY_CHANGED"]);
}

/// A revoked client could still pose as a server that took its name.
#[test]
fn a_server_does_not_take_the_name_of_a_revoked_client() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    m.ok(&revoke("hospital-a"));
    m.edit("server.yaml", "fl-server.internal", "hospital-a");
    m.ok("cert request -p server.yaml");
    let name = crate::common::SERVER_NAME;
    let zip = format!("{name}/{name}.request.zip");
    let line = format!("cert approve {zip} -c ca --profile project_profile.yaml");
    assert_eq!(refused(&m, &line), "NAME_RESERVED");
}

/// What NVFlare approved before there was a ledger has a record, or at least a certificate.
#[test]
fn certificates_from_before_the_ledger_are_revoked() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let serial = text_of(&entries(&m)[0], "serial");
    let signed = Members::of(&m.read("hospital-a/hospital-a.signed.zip"));
    m.write("hospital-a.crt", &signed.0["hospital-a.crt"]);

    // With the record under ~/.nvflare.
    fs::remove_file(m.path("ca/ledger.db")).unwrap();
    m.ok(&revoke(&serial));
    assert_eq!(kinds(&m), ["import", "revocation"]);

    // With nothing but the certificate, which the ledger then knows.
    fs::remove_file(m.path("ca/ledger.db")).unwrap();
    fs::remove_dir_all(m.home.join(".nvflare")).unwrap();
    for which in [&serial, "hospital-a", "hospital-a --all"] {
        assert_eq!(refused(&m, &revoke(which)), "LEDGER_NOT_FOUND", "{which}");
    }
    assert!(!m.exists("ca/ledger.db"));
    let line = revoke("--certificate hospital-a.crt");
    m.ok(&line);
    assert_eq!(kinds(&m), ["import", "revocation"]);
    assert_eq!(entries(&m)[0]["name"], "hospital-a");
    assert_eq!(warnings(&m.ok(&line))[0], "ALREADY_REVOKED");
    assert_eq!(kinds(&m), ["import", "revocation"]);
    assert_eq!(refused(&m, APPROVE), "KEY_REVOKED");
}

#[test]
fn only_a_certificate_of_this_ca_is_taken_from_a_file() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let signed = Members::of(&m.read("hospital-a/hospital-a.signed.zip"));
    let other = sandbox.seeded("other");
    other.init();
    other.write("hospital-a.crt", &signed.0["hospital-a.crt"]);
    for (file, code) in [
        ("hospital-a.crt", "CERTIFICATE_NOT_FOUND"),
        ("ca/rootCA.pem", "CERTIFICATE_NOT_FOUND"),
        ("ca/rootCA.key", "INVALID_ARGS"),
        ("gone.crt", "INVALID_ARGS"),
    ] {
        assert_eq!(refused(&other, &revoke(&format!("--certificate {file}"))), code, "{file}");
    }
}

#[test]
fn the_command_line_says_what_is_meant() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    for line in [
        "cert revoke -c ca --reason superseded",
        "cert revoke hospital-a --certificate x.crt -c ca --reason superseded",
        "cert revoke --certificate x.crt --all -c ca --reason superseded",
        "cert revoke hospital-a -c ca",
        "cert revoke hospital-a -c ca --reason stolen",
        "cert revoke hospital-a -c ca --reason superseded --note ''",
        "cert deny hospital-a/hospital-a.request.zip -c ca",
        "cert deny hospital-a/hospital-a.request.zip -c ca --reason ''",
    ] {
        assert_eq!(refused(&m, line), "INVALID_ARGS", "{line}");
    }
}
