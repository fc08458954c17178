//! D1, D3, D4 and D21 as far as the ledger decides them.

use std::fs;

use serde_json::Value;

use crate::common::archives::request_again;
use crate::common::disk::{changes, disk};
use crate::common::{Machine, PROFILE, SERVER, SERVER_NAME, Sandbox, envelope, text_of, warnings};
use crate::{approve, entries, kinds, request, site};

/// Tries a command that the ledger refuses, and that nothing changes on the disk.
#[track_caller]
fn refused(m: &Machine, line: &str) -> (String, Option<String>) {
    let before = disk(&m.cwd);
    let (code, status, reason) = m.refused(line);
    assert_eq!(status, 4, "{line}");
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<std::path::PathBuf>::new(), "{line}");
    (code, reason)
}

/// D3: one name, two keys.
#[test]
fn a_name_is_issued_once() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-a"));
    let first = m.ok(&approve("one", "hospital-a"));
    let line = approve("two", "hospital-a");
    assert_eq!(refused(&m, &line), ("IDENTITY_ALREADY_ISSUED".into(), None));

    let second = m.ok(&format!("{line} --replace"));
    assert_eq!(warnings(&second), ["CERTIFICATE_REPLACED"]);
    assert_eq!(kinds(&m), ["approval", "approval", "supersession"]);
    let entry = &entries(&m)[2];
    assert_eq!((&entry["refers_to"], &entry["successor"]), (&1.into(), &2.into()));
    assert_eq!(entry["serial"], first["serial"]);
    // The first one is out of the way now: its request does not bring it back.
    assert_eq!(refused(&m, &approve("one", "hospital-a")).0, "REQUEST_ALREADY_REPLACED");
}

/// What becomes of each of many requests: its result, or why it was refused.
fn many_approved(m: &Machine, line: &str) -> Vec<String> {
    let output = m.run(&format!("{line} --format json"));
    let data = &envelope(line, &output)["data"];
    let outcome = |item: &Value| match item.get("error_code") {
        Some(code) => code.as_str().unwrap().to_owned(),
        None => text_of(item, "result"),
    };
    data["items"].as_array().unwrap().iter().map(outcome).collect()
}

/// Somebody kept the request of a certificate that was replaced, and sends it again.
#[test]
fn an_old_request_brings_no_replaced_certificate_back() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    let second = m.ok(&format!("{} --replace", approve("two", "hospital-a")));
    m.ok(&format!("cert revoke {} -c ca --reason unspecified", text_of(&second, "serial")));

    // Nothing that is valid stands against it.
    let line = approve("one", "hospital-a");
    assert_eq!(refused(&m, &line).0, "REQUEST_ALREADY_REPLACED");
    let many = "cert approve one -c ca --profile project_profile.yaml --replace --out-dir out";
    assert_eq!(many_approved(&m, many), ["REQUEST_ALREADY_REPLACED"]);
    // Who means it says so.
    let data = m.ok(&format!("{line} --replace"));
    assert_eq!(warnings(&data), ["ALREADY_APPROVED", "IDENTITY_CHANGED"]);
}

/// The same with another request id, which nobody signs: the key is known.
#[test]
fn another_id_brings_no_replaced_certificate_back() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    m.ok(&format!("{} --replace", approve("two", "hospital-a")));
    request_again(&m, "one/hospital-a.request.zip", |zip| {
        zip.edit_json("request.json", |json| json["request_id"] = "a".repeat(32).into());
    });
    let many = "cert approve one -c ca --profile project_profile.yaml --replace --out-dir out";
    assert_eq!(many_approved(&m, many), ["REQUEST_ALREADY_REPLACED"]);
    let line = approve("one", "hospital-a");
    assert_eq!(refused(&m, &line).0, "REQUEST_ALREADY_REPLACED");
    let meant = m.ok(&format!("{line} --replace"));
    assert_eq!(warnings(&meant), ["ALREADY_APPROVED", "CERTIFICATE_REPLACED"]);
}

/// Of two requests of one participant the second counts, however often the run is repeated.
#[test]
fn a_run_that_replaces_is_repeated_and_issues_nothing_twice() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    fs::create_dir(m.path("inbox")).unwrap();
    for folder in ["one", "two"] {
        request(&m, folder, &site("hospital-a"));
        let zip = m.read(&format!("{folder}/hospital-a.request.zip"));
        m.write(&format!("inbox/{folder}.request.zip"), zip);
    }
    let run =
        "cert approve inbox -c ca --profile project_profile.yaml --replace --force --out-dir out";
    assert_eq!(many_approved(&m, run), ["approved", "approved"]);
    let zip = m.read("out/hospital-a.signed.zip");
    for _ in 0..2 {
        assert_eq!(many_approved(&m, run), ["REQUEST_ALREADY_REPLACED", "already_approved"]);
        assert_eq!(m.read("out/hospital-a.signed.zip"), zip);
    }
    assert_eq!(kinds(&m), ["approval", "approval", "supersession"]);
}

/// D3: one key, two names.
#[test]
fn a_key_is_one_participants() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    with_key_of_another(&m);

    let line = approve("two", "hospital-b");
    assert_eq!(refused(&m, &line), ("KEY_ALREADY_ISSUED".into(), None));
    assert_eq!(warnings(&m.ok(&format!("{line} --replace"))), ["CERTIFICATE_REPLACED"]);
    let list = m.ok("cert list -c ca --state replaced");
    assert_eq!(list["certificates"][0]["name"], "hospital-a");
}

/// The key of `hospital-a` in `one` asks for another name, in `two`.
fn with_key_of_another(m: &Machine) {
    let key = flarekit::pki::PrivateKey::from_pem(&m.read("one/hospital-a.key"), None).unwrap();
    let definition =
        flarekit::definition::Definition::parse(site("hospital-b").as_bytes()).unwrap();
    let id = flarekit::names::RequestId::from_random([7; 16]);
    let now = flarekit::time::Timestamp::from_unix(1_795_500_000);
    let made = flarekit::request::Request::create(&definition, key, id, now).unwrap();
    m.write("two/hospital-b.request.zip", made.archive().unwrap());
}

/// What one request of a run does to a certificate, the next one finds done.
#[test]
fn requests_of_one_run_find_the_same_certificate_replaced() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    m.ok("package one/hospital-a.signed.zip --request-dir one");
    with_key_of_another(&m);
    m.ok("cert request --renew one --out renewal");
    request(&m, "three", &site("hospital-a"));
    let run = "cert approve two renewal three -c ca --profile project_profile.yaml --replace \
               --out-dir out";
    assert_eq!(many_approved(&m, run), ["approved", "RENEWAL_INVALID", "approved"]);
    assert_eq!(kinds(&m), ["approval", "approval", "supersession", "approval"]);
}

/// D4: a request id names one request for ever.
#[test]
fn a_request_id_is_one_requests() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-b"));
    let id = text_of(&m.json("one/request.json"), "request_id");
    m.ok(&approve("one", "hospital-a"));
    request_again(&m, "two/hospital-b.request.zip", |zip| {
        let mut metadata = zip.json("request.json");
        // The same id in the notation with dashes and capitals.
        let upper = id.to_uppercase();
        let dashed: Vec<&str> =
            [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map(|(a, b)| &upper[a..b]).into();
        metadata["request_id"] = dashed.join("-").into();
        zip.set("request.json", metadata.to_string());
    });
    let line = approve("two", "hospital-b");
    for line in [line.clone(), format!("{line} --replace")] {
        assert_eq!(refused(&m, &line), ("REQUEST_ID_REUSED".into(), None));
    }
}

/// A zip that was unpacked and packed again is the same request: its content counts.
#[test]
fn a_request_that_was_packed_again_is_the_same() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    let first = m.ok(&approve("one", "hospital-a"));
    crate::common::archives::rezip(&m, "one/hospital-a.request.zip", |_| {});
    let again = m.ok(&approve("one", "hospital-a"));
    assert_ne!(first["request_zip_sha256"], again["request_zip_sha256"]);
    assert_eq!(first["serial"], again["serial"]);
    // Nobody has spoken of days.
    assert!(!text_of(&again["warnings"][0], "message").contains("--valid-days"));
}

/// D21: names that differ only in case.
#[test]
fn names_that_differ_in_case_clash() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("Hospital-A"));
    m.ok(&approve("one", "hospital-a"));
    let clash = ("IDENTITY_ALREADY_ISSUED".into(), Some("CASE_CLASH".into()));
    assert_eq!(refused(&m, &approve("two", "Hospital-A")), clash);
    m.ok(&format!("{} --replace", approve("two", "Hospital-A")));
}

/// Who was put out may come back, and who asks for more may be somebody else: the approver is told.
#[test]
fn a_name_that_comes_back_as_another_is_told() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let told = |data: &Value| {
        let warnings = data["warnings"].as_array().unwrap().iter();
        let of = warnings.filter(|warning| warning["code"] == "IDENTITY_CHANGED");
        of.map(|warning| text_of(warning, "message")).collect::<Vec<_>>()
    };
    request(&m, "one", &site("hospital-a"));
    assert_eq!(told(&m.ok(&approve("one", "hospital-a"))), [""; 0]);
    request(&m, "two", &site("hospital-a"));
    assert_eq!(told(&m.ok(&format!("{} --replace", approve("two", "hospital-a")))), [""; 0]);
    m.ok("cert revoke hospital-a --all -c ca --reason privilege-withdrawn --note gone");

    request(&m, "three", &site("hospital-a"));
    let message = told(&m.ok(&approve("three", "hospital-a"))).remove(0);
    assert!(message.contains("was revoked on 20"), "{message}");
    assert!(message.contains("(privilege-withdrawn: gone)"), "{message}");
    request(&m, "four", &site("hospital-a").replace("hospital_alpha", "other"));
    let many = "cert approve four -c ca --profile project_profile.yaml --out-dir out --replace";
    let data = m.ok(many);
    let message = told(&data["items"][0]).remove(0);
    assert!(message.contains("was of hospital_alpha, client; this request"), "{message}");
    assert!(message.ends_with("asks for client of other"), "{message}");
}

/// D1: a name under which the server is reached is nobody else's.
#[test]
fn host_names_of_the_server_are_reserved() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "server", &SERVER.replace("fl-server.internal", "flserver"));
    request(&m, "client", &site("FLServer"));
    m.ok(&approve("server", SERVER_NAME));
    let taken = ("NAME_RESERVED".into(), Some("SERVER_NAME_TAKEN".into()));
    let line = approve("client", "FLServer");
    for line in [line.clone(), format!("{line} --replace")] {
        assert_eq!(refused(&m, &line), taken);
    }
}

/// D1 the other way round: a client that has the name already could pose as the server.
#[test]
fn a_server_is_not_reached_under_a_clients_name() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "client", &site("flserver"));
    request(&m, "server", &SERVER.replace("fl-server.internal", "FLSERVER"));
    request(&m, "other", &site("hospital-b"));
    m.ok(&approve("client", "flserver"));
    let issued = ("NAME_RESERVED".into(), Some("HOST_NAME_ISSUED".into()));
    assert_eq!(refused(&m, &approve("server", SERVER_NAME)), issued);
    // Nor does anybody get an address at which that client could answer.
    m.write("project_profile.yaml", PROFILE.replace(SERVER_NAME, "flserver"));
    assert_eq!(refused(&m, &approve("other", "hospital-b")), issued);
}

/// A profile that names another server than the one that was approved: every kit would look for a
/// server that is not there.
#[test]
fn a_profile_with_another_server_is_noticed() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "server", SERVER);
    request(&m, "one", &site("hospital-a"));
    m.write("other.yaml", PROFILE.replace(SERVER_NAME, "serverx.example.org"));
    let other = approve("one", "hospital-a").replace("project_profile", "other");
    // No server has a certificate yet: any may be the one.
    assert_eq!(warnings(&m.ok(&other)), Vec::<&str>::new());
    m.ok(&approve("server", SERVER_NAME));
    for (line, expected) in [
        (approve("one", "hospital-a"), &["ALREADY_APPROVED"][..]),
        (other.clone(), &["OTHER_SERVER", "ALREADY_APPROVED"]),
        (format!("{other} --replace"), &["OTHER_SERVER", "CERTIFICATE_REPLACED"]),
    ] {
        let data = m.ok(&line);
        assert_eq!(warnings(&data), expected, "{line}");
        let message = text_of(&data["warnings"][0], "message");
        let both = message.contains("'serverx.example.org'") && message.contains(SERVER_NAME);
        assert_eq!(both, expected[0] == "OTHER_SERVER", "{message}");
    }
    let many = "cert approve one -c ca --profile other.yaml --out-dir out";
    assert_eq!(warnings(&m.ok(many)), ["OTHER_SERVER"]);
    // The other server itself, and from then on its clients.
    request(&m, "serverx", &SERVER.replace(SERVER_NAME, "serverx.example.org"));
    let line = approve("serverx", "serverx.example.org").replace("project_profile", "other");
    assert_eq!(warnings(&m.ok(&line)), Vec::<&str>::new());
    request(&m, "two", &site("hospital-b"));
    let line = approve("two", "hospital-b").replace("project_profile", "other");
    assert_eq!(warnings(&m.ok(&line)), Vec::<&str>::new());
}

/// Certificates that have ended stand in nobody's way.
#[test]
fn an_expired_certificate_does_not_count() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-a"));
    m.ok(&format!("{} --valid-days 1", approve("one", "hospital-a")));
    // It is two days later now.
    let (ca, _) = flarekit::ca::CertAuthority::open(&m.path("ca"), &mut || Ok(None)).unwrap();
    let later = ca.certificate().not_before().plus_days(2).unwrap();
    let zip = m.read("two/hospital-a.request.zip");
    let request = flarekit::approval::UnverifiedRequest::read(&zip, "").unwrap().verify().unwrap();
    let profile =
        flarekit::profile::ProjectProfile::parse(PROFILE.as_bytes(), "the profile").unwrap();
    let admitted = flarekit::approval::AdmittedRequest::admit(request, &ca, &profile).unwrap();
    let records = flarekit::audit::AuditDirectory::in_home(None);
    let (mut ledger, _) =
        flarekit::ca::ledger::Ledger::open(&m.path("ca"), ca.fingerprint(), &records, later)
            .unwrap();
    let cleared = ledger.begin().unwrap().clear(admitted, false, later).unwrap();
    assert!(cleared.warnings().is_empty());
    drop(ledger);
    let states = |m: &Machine| m.ok("cert list -c ca")["certificates"][0]["state"].clone();
    assert_eq!(states(&m), "valid");
}

/// `init --force` makes another CA, with a ledger of its own.
#[test]
fn a_new_ca_begins_a_new_ledger() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    m.ok("cert init --profile project_profile.yaml -o ca --deploy-version 01 --force");
    assert!(!m.exists("ca/ledger.db"));
    let backup = m.names("ca/.bak").remove(0);
    assert!(m.exists(&format!("ca/.bak/{backup}/ledger.db")));
    m.ok(&approve("two", "hospital-a"));
    assert_eq!(kinds(&m), ["approval"]);
    // The old one still proves what the old CA issued.
    m.ok(&format!("audit verify -c ca/.bak/{backup}"));
    fs::remove_file(m.path("ca/ledger.db")).unwrap();
    fs::copy(m.path(format!("ca/.bak/{backup}/ledger.db")), m.path("ca/ledger.db")).unwrap();
    let other = ("LEDGER_INVALID".into(), Some("LEDGER_OF_ANOTHER_CA".into()));
    assert_eq!(refused(&m, &approve("two", "hospital-a")), other);
}
