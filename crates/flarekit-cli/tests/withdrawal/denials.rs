//! `cert deny`, and what becomes of a denied zip.

use serde_json::Value;

use crate::common::archives::{Members, request_again, rezip};
use crate::common::disk::{changes, disk};
use crate::common::{Machine, Sandbox, text_of, warnings};
use crate::{APPROVE, DENY, approved, asked, entries, kinds, refusal};

const ZIP: &str = "hospital-a/hospital-a.denied.zip";

fn refused(m: &Machine, line: &str) -> (String, Option<String>) {
    let before = disk(&m.cwd);
    let (code, _, reason) = m.refused(line);
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<std::path::PathBuf>::new(), "{line}");
    (code, reason)
}

/// Signs a member as only the CA could, under the name of a signature.
fn sign(m: &Machine, zip: &mut Members, content: &str, signature: &str) {
    use flarekit::pki::{PrivateKey, Signer, encode_base64};
    let key = PrivateKey::from_pem(&m.read("ca/rootCA.key"), None).unwrap();
    let bytes = key.sign_content(&zip.0[content]).unwrap();
    zip.set(signature, encode_base64(&bytes).unwrap());
}

#[test]
fn a_denial_is_signed_recorded_and_final() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    let denied = m.ok(DENY);
    assert_eq!(denied["denied_zip"], m.path(ZIP).to_str().unwrap());
    assert_eq!(m.mode(ZIP), 0o600);
    let zip = Members::of(&m.read(ZIP));
    assert_eq!(zip.names(), ["denied.json", "denied.json.sig", "rootCA.pem"]);
    let json = zip.json("denied.json");
    assert_eq!(json["artifact_type"], "flarekit.cert.denied");
    assert_eq!(json["reason"], "no-contract");
    assert_eq!(json["hashes"]["request_zip_sha256"], denied["request_zip_sha256"]);

    let entry = &entries(&m)[0];
    assert_eq!((&entry["kind"], &entry["reason"]), (&"denial".into(), &"no-contract".into()));
    assert_eq!(entry["request_id"], denied["request_id"]);
    assert_eq!(entry["serial"], Value::Null);
    assert_eq!(m.ok("cert list -c ca")["certificates"], Value::Array(vec![]));
    for line in [APPROVE.to_owned(), format!("{APPROVE} --replace")] {
        assert_eq!(refused(&m, &line), ("REQUEST_ALREADY_DENIED".into(), None));
    }
    // Packed again, it is the same request.
    rezip(&m, "hospital-a/hospital-a.request.zip", |_| {});
    assert_eq!(refused(&m, APPROVE).0, "REQUEST_ALREADY_DENIED");
    // A new one is a new one.
    m.ok("cert request -p hospital-a.yaml --force");
    m.ok(APPROVE);
    assert_eq!(kinds(&m), ["denial", "approval"]);
}

#[test]
fn denying_again_gives_the_same_zip() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    m.ok(DENY);
    let first = m.read(ZIP);
    std::fs::remove_file(m.path(ZIP)).unwrap();
    let again = m.ok(&DENY.replace("no-contract", "another"));
    assert_eq!(warnings(&again), ["ALREADY_DENIED"]);
    assert_eq!(again["reason"], "no-contract");
    assert_eq!(m.read(ZIP), first);
    assert_eq!(kinds(&m), ["denial"]);
    assert_eq!(refused(&m, DENY.trim_end_matches(" --force")).0, "CERT_ALREADY_EXISTS");
}

#[test]
fn what_was_approved_is_not_denied() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    assert_eq!(refused(&m, DENY), ("REQUEST_ALREADY_APPROVED".into(), None));
    m.ok("cert revoke hospital-a -c ca --reason unspecified");
    assert_eq!(refused(&m, DENY), ("REQUEST_ALREADY_APPROVED".into(), None));
}

/// Somebody changed a request on its way: its id is the other's for ever.
#[test]
fn a_request_id_is_one_requests_also_when_it_was_denied() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    m.write("genuine.request.zip", m.read("hospital-a/hospital-a.request.zip"));
    rezip(&m, "hospital-a/hospital-a.request.zip", |zip| {
        zip.edit_json("request.json", |json| json["created_at"] = "2020-01-01T00:00:00Z".into());
    });
    m.ok(DENY);
    let genuine = "cert approve genuine.request.zip -c ca --profile project_profile.yaml";
    assert_eq!(refused(&m, genuine), ("REQUEST_ID_REUSED".into(), None));
    let genuine = "cert deny genuine.request.zip -c ca --reason x";
    assert_eq!(refused(&m, genuine), ("REQUEST_ID_REUSED".into(), None));
}

/// Gives a request another id, as everybody can who has the zip.
fn with_another_id(m: &Machine, path: &str, digit: &str) {
    request_again(m, path, |zip| {
        zip.edit_json("request.json", |json| json["request_id"] = digit.repeat(32).into());
    });
}

/// Nobody signs a request's id: with another one it is the same key that was said no to.
#[test]
fn another_id_does_not_undo_a_denial() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    m.ok(DENY);
    with_another_id(&m, "hospital-a/hospital-a.request.zip", "a");
    for line in [APPROVE.to_owned(), format!("{APPROVE} --replace")] {
        assert_eq!(refused(&m, &line), ("REQUEST_ALREADY_DENIED".into(), None));
    }
    let message = text_of(&refusal(&m, APPROVE), "message");
    assert!(message.contains("the key in this request of 'hospital-a'"), "{message}");
    m.ok("cert request -p hospital-a.yaml --force");
    m.ok(APPROVE);
}

/// Whoever has the key signs the id of a renewal: it is another request, also with the same key.
#[test]
fn a_renewal_that_was_denied_is_asked_for_again() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let renewal = |line: &str| line.replace("hospital-a/", "renewal/");
    let ask = "cert request --renew hospital-a --keep-key --out renewal --force";
    m.ok("package hospital-a/hospital-a.signed.zip --request-dir hospital-a");
    m.ok(ask);
    m.ok(&renewal(DENY));
    assert_eq!(refused(&m, &renewal(APPROVE)).0, "REQUEST_ALREADY_DENIED");
    // Without the signature that it had, it is nobody's renewal.
    m.write("renewal/old.zip", m.read("renewal/hospital-a.request.zip"));
    request_again(&m, "renewal/old.zip", |zip| {
        zip.edit_json("request.json", |json| {
            json["request_id"] = "a".repeat(32).into();
            json.as_object_mut().unwrap().remove("renewal");
        });
    });
    let stripped = "cert approve renewal/old.zip -c ca --profile project_profile.yaml --replace";
    assert_eq!(refused(&m, stripped).0, "REQUEST_ALREADY_DENIED");
    m.ok(ask);
    m.ok(&renewal(APPROVE));
    assert_eq!(kinds(&m), ["approval", "denial", "renewal", "supersession"]);
}

/// A copy of an approved request with another id was denied: the approval stands.
#[test]
fn the_denial_of_a_copy_takes_no_approval_back() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    m.write("copy.zip", m.read("hospital-a/hospital-a.request.zip"));
    with_another_id(&m, "copy.zip", "a");
    m.ok("cert deny copy.zip -c ca --reason copied");
    assert_eq!(warnings(&m.ok(APPROVE)), ["ALREADY_APPROVED"]);
    with_another_id(&m, "copy.zip", "b");
    let line = "cert approve copy.zip -c ca --profile project_profile.yaml --replace";
    assert_eq!(refused(&m, line).0, "REQUEST_ALREADY_DENIED");
}

#[test]
fn package_explains_a_denial_and_whose_it_is() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    let fingerprint = text_of(&m.ok(DENY), "rootca_fingerprint_sha256");
    let line = format!("package {ZIP} --fingerprint {fingerprint}");
    let before = disk(&m.cwd);
    let answer = refusal(&m, &line);
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<std::path::PathBuf>::new());
    assert_eq!(
        (&answer["error_code"], &answer["exit_code"]),
        (&"REQUEST_DENIED".into(), &1.into())
    );
    let data = &answer["data"];
    assert_eq!((&data["reason"], &data["is_your_request"]), (&"no-contract".into(), &true.into()));
    assert_eq!(data["request_dir"], m.path("hospital-a").to_str().unwrap());
    assert_eq!(warnings(data), Vec::<&str>::new());
    // A request made meanwhile is another one; the denied one is in the backup.
    m.write("in-flight.zip", m.read(ZIP));
    m.ok("cert request -p hospital-a.yaml --force");
    let line =
        format!("package in-flight.zip --request-dir hospital-a --fingerprint {fingerprint}");
    let data = refusal(&m, &line)["data"].clone();
    assert_eq!(data["is_your_request"], true);
    assert!(text_of(&data, "request_dir").contains("/.bak/"), "{data}");

    // On another machine nobody made it.
    let other = sandbox.seeded("other");
    other.write("denied.zip", m.read("in-flight.zip"));
    let line = format!("package denied.zip --fingerprint {fingerprint}");
    let answer = refusal(&other, &line);
    assert_eq!(answer["reason"], "REQUEST_DIR_SEARCHED");
    assert_eq!(answer["data"]["is_your_request"], false);
    // Nor does another request of the same name count.
    other.ok("cert request -p hospital-a.yaml");
    let answer = refusal(&other, &format!("{line} --request-dir hospital-a"));
    assert_eq!(answer["reason"], "REQUEST_DIR_OTHER_REQUEST");
    // The same id, and another key: somebody asked in this participant's name.
    let id = text_of(&data, "request_id");
    let own = text_of(&other.json("hospital-a/request.json"), "request_id");
    other.edit("hospital-a/request.json", &own, &id);
    let answer = refusal(&other, &format!("{line} --request-dir hospital-a"));
    assert_eq!(answer["reason"], "REQUEST_DIR_OTHER_REQUEST");
    assert_eq!(answer["data"]["is_your_request"], false);
}

/// A CA of the same name, made by anybody who saw the request on its way.
#[test]
fn without_a_fingerprint_a_denial_is_not_told_as_a_fact() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    let genuine = text_of(&m.ok("inspect ca"), "rootca_fingerprint_sha256");
    let impostor = sandbox.seeded("impostor");
    impostor.init();
    impostor
        .write("hospital-a/hospital-a.request.zip", m.read("hospital-a/hospital-a.request.zip"));
    impostor.ok(DENY);
    m.write("denied.zip", impostor.read(ZIP));

    let answer = refusal(&m, "package denied.zip");
    assert_eq!(
        (&answer["error_code"], &answer["reason"]),
        (&"REQUEST_DENIED".into(), &"DENIAL_NOT_VERIFIED".into())
    );
    assert_eq!(answer["data"]["is_your_request"], true);
    assert_eq!(warnings(&answer["data"]), ["FINGERPRINT_NOT_VERIFIED"]);
    let (message, hint) = (text_of(&answer, "message"), text_of(&answer, "hint"));
    assert!(message.starts_with("anyone could have made this zip"), "{message}");
    assert!(message.contains("denied.zip says: on 20"), "{message}");
    assert!(hint.contains("--fingerprint") && !hint.contains("new request"), "{hint}");
    let shown = m.ok("inspect denied.zip")["not_verified"].to_string();
    assert!(shown.contains("anyone could have made this denied zip"), "{shown}");
    let checks = m.ok("verify denied.zip")["checks"].to_string();
    assert!(checks.contains("anyone could have made this denied zip"), "{checks}");

    // With one it is nothing at all, and no signed zip either.
    for command in ["package", "verify"] {
        let line = format!("{command} denied.zip --fingerprint {genuine}");
        let answer = refusal(&m, &line);
        assert_eq!(
            (&answer["error_code"], &answer["reason"]),
            (&"ROOTCA_FINGERPRINT_MISMATCH".into(), &"EXPECTED_FINGERPRINT".into())
        );
        let hint = text_of(&answer, "hint");
        assert!(hint.starts_with("Do not act on this denied zip"), "{hint}");
    }
    // Nor one that was torn on its way.
    rezip(&m, "denied.zip", |zip| zip.edit("denied.json", "no-contract", "no contract"));
    let hint = text_of(&refusal(&m, "package denied.zip"), "hint");
    assert!(hint.contains("denied zip") && !hint.contains("signed zip"), "{hint}");
}

#[test]
fn inspect_and_verify_show_a_denial() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    let fingerprint = text_of(&m.ok(DENY), "rootca_fingerprint_sha256");
    let shown = m.ok(&format!("inspect {ZIP}"));
    assert_eq!(
        (&shown["artifact"], &shown["reason"]),
        (&"denied zip".into(), &"no-contract".into())
    );
    assert_eq!(shown["problems"], Value::Array(vec![]));
    assert_eq!(shown["verified"].as_array().unwrap().len(), 2);
    let verified = m.ok(&format!("verify {ZIP} --fingerprint {fingerprint}"));
    assert_eq!(verified["request_digest"], shown["request_digest"]);
    let other = format!("verify {ZIP} --fingerprint {}", "00".repeat(32));
    assert_eq!(m.refused(&other).2.unwrap(), "EXPECTED_FINGERPRINT");
    // Altered, it still says what it says, and what is wrong.
    rezip(&m, ZIP, |zip| zip.edit("denied.json", "no-contract", "no contract"));
    let shown = m.ok(&format!("inspect {ZIP}"));
    assert_eq!(shown["reason"], "no contract");
    assert!(shown["problems"].to_string().contains("does not verify"), "{shown}");
}

/// What the CA signed as a denial is no approval, and the other way round.
#[test]
fn a_denial_and_an_approval_are_not_mistaken_for_each_other() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    m.ok(DENY);
    let approving = sandbox.seeded("approving");
    for file in ["ca.json", "rootCA.pem", "rootCA.key"] {
        approving.write(&format!("ca/{file}"), m.read(&format!("ca/{file}")));
    }
    let zip = m.read("hospital-a/hospital-a.request.zip");
    approving.write("hospital-a/hospital-a.request.zip", zip);
    approving.ok(APPROVE);
    let signed = Members::of(&approving.read("hospital-a/hospital-a.signed.zip"));
    let denied = Members::of(&m.read(ZIP));

    let mut as_approval = Members(signed.0.clone());
    as_approval.set("signed.json", &denied.0["denied.json"]);
    as_approval.set("signed.json.sig", &denied.0["denied.json.sig"]);
    let mut as_denial = Members(denied.0.clone());
    as_denial.set("denied.json", &signed.0["signed.json"]);
    as_denial.set("denied.json.sig", &signed.0["signed.json.sig"]);
    for zip in [as_approval, as_denial] {
        m.write("mixed.zip", zip.zip());
        let expected = ("INVALID_SIGNED_ZIP".into(), Some("ARTIFACT_UNSUPPORTED".into()));
        assert_eq!(refused(&m, "package mixed.zip --request-dir hospital-a"), expected);
    }
    // Both in one are neither.
    let mut both = Members(signed.0.clone());
    both.0.extend(denied.0.clone());
    m.write("both.zip", both.zip());
    let expected = ("INVALID_SIGNED_ZIP".into(), Some("ZIP_MEMBER_UNEXPECTED".into()));
    assert_eq!(refused(&m, "package both.zip --request-dir hospital-a"), expected);
}

/// Only the CA can say no in its name; and not for what would steer a terminal.
#[test]
fn a_forged_denial_is_refused() {
    let sandbox = Sandbox::new();
    let m = asked(&sandbox);
    m.ok(DENY);
    let genuine = m.read(ZIP);
    for (from, to, signed, code, reason) in [
        ("no-contract", "other", false, "INVALID_SIGNED_ZIP", "SIGNATURE_INVALID"),
        ("no-contract", "\\u001b[2J", true, "INVALID_SIGNED_ZIP", "REMARK"),
        ("hospital_federation", "other", true, "INVALID_SIGNED_ZIP", "ROOT_PROJECT_MISMATCH"),
        ("SHA256:", "MD5:", true, "INVALID_SIGNED_ZIP", "FINGERPRINT_FORMAT"),
    ] {
        m.write(ZIP, &genuine);
        rezip(&m, ZIP, |zip| {
            zip.edit("denied.json", from, to);
            if signed {
                sign(&m, zip, "denied.json", "denied.json.sig");
            }
        });
        let found = refused(&m, &format!("package {ZIP}"));
        assert_eq!(found, (code.to_owned(), Some(reason.to_owned())), "{to}");
    }
}
