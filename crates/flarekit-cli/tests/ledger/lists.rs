//! `cert list`, `cert expiring` and `audit export`.

use crate::common::{
    Machine, SERVER_NAME, Sandbox, USER_NAME, succeeded, text_of, warnings, words,
};
use crate::{approve, request, site};

/// A federation of four, of which one certificate was replaced and one ends tomorrow.
fn federation(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    m.approve("server.yaml", SERVER_NAME);
    m.approve("alice.yaml", USER_NAME);
    request(&m, "b", &site("hospital-b"));
    m.ok(&format!("{} --valid-days 1", approve("b", "hospital-b")));
    request(&m, "a2", &site("hospital-a"));
    m.ok(&format!("{} --replace", approve("a2", "hospital-a")));
    m
}

fn names(m: &Machine, line: &str) -> Vec<String> {
    let data = m.ok(line);
    data["certificates"].as_array().unwrap().iter().map(|one| text_of(one, "name")).collect()
}

#[test]
fn certificates_by_state_kind_and_organisation() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    let list = "cert list -c ca";
    assert_eq!(names(&m, list), [USER_NAME, "hospital-a", "hospital-a", "hospital-b", SERVER_NAME]);
    assert_eq!(names(&m, &format!("{list} --sort end"))[0], "hospital-b");
    assert_eq!(names(&m, &format!("{list} --state replaced")), ["hospital-a"]);
    assert_eq!(names(&m, &format!("{list} --state revoked")), [""; 0]);
    let several = format!("{list} --state replaced --state revoked");
    assert_eq!(names(&m, &several), ["hospital-a"]);
    m.ok("cert revoke alice@hospital-alpha.org -c ca --reason unspecified");
    assert_eq!(names(&m, &several), [USER_NAME, "hospital-a"]);
    assert_eq!(
        names(&m, &format!("{list} --kind site --state valid")),
        ["hospital-a", "hospital-b"]
    );
    assert_eq!(names(&m, &format!("{list} --org hospital_central")), [SERVER_NAME]);
    let server = m.ok(&format!("{list} --kind server"))["certificates"][0].clone();
    assert_eq!(
        server["subject_alt_names"],
        serde_json::json!([
            "DNS:server1.hospital-central.org",
            "IP:10.0.1.50",
            "DNS:fl-server.internal"
        ])
    );

    let text = String::from_utf8(m.run(list).stdout).unwrap();
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(text.starts_with("NAME "), "{text}");
    let csv = String::from_utf8(m.run(&format!("{list} --csv")).stdout).unwrap();
    assert_eq!(csv.matches("\r\n").count(), 6, "{csv}");
    for line in ["cert list -c ca --csv", "audit export -c ca --csv"] {
        assert_eq!(m.refused(line), ("INVALID_ARGS".into(), 4, Some("USAGE".into())));
    }
    assert!(csv.contains("\"DNS:server1.hospital-central.org, IP:10.0.1.50"), "{csv}");
}

#[test]
fn what_ends_soon_is_told_by_the_exit_status_too() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    let look = |line: &str| {
        let output = m.flarekit().args(words(line)).args(["--format", "json"]).output().unwrap();
        let envelope = crate::common::envelope(line, &output);
        assert_eq!(envelope["exit_code"], output.status.code().unwrap());
        (output.status.code().unwrap(), envelope["data"].clone())
    };
    let (status, data) = look("cert expiring -c ca --within 0d");
    assert_eq!((status, data["certificates"].as_array().unwrap().len()), (0, 0));
    let (status, data) = look("cert expiring -c ca");
    assert_eq!(status, 2);
    assert_eq!(data["certificates"][0]["name"], "hospital-b");
    assert_eq!(data["rootca_ends"], false);
    let (status, data) = look("cert expiring -c ca --within 530w");
    assert_eq!(status, 2);
    assert_eq!(data["rootca_ends"], true);
    // Not the certificate that was replaced.
    assert_eq!(data["certificates"].as_array().unwrap().len(), 4);

    let calendar = m.run("cert expiring -c ca --within 530w --ics");
    assert_eq!(calendar.status.code(), Some(2));
    let calendar = String::from_utf8(calendar.stdout).unwrap();
    assert_eq!(calendar.matches("BEGIN:VEVENT\r\n").count(), 5, "{calendar}");
}

/// Nobody looked for a hundred days: what has ended meanwhile is told, if nothing came after it.
#[test]
fn what_has_ended_is_told_until_something_follows() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for name in ["hospital-b", "hospital-c", "hospital-d"] {
        request(&m, name, &site(name));
        let days = if name == "hospital-d" { 110 } else { 1 };
        m.ok(&format!("{} --valid-days {days}", approve(name, name)));
    }
    request(&m, "later", &site("hospital-c"));
    let (ca, _) = flarekit::ca::CertAuthority::open(&m.path("ca"), &mut || Ok(None)).unwrap();
    let later = ca.certificate().not_before().plus_days(100).unwrap();
    approve_at(&m, &ca, "later/hospital-c.request.zip", later);
    let ending = |days: u32| -> Vec<String> {
        let view = flarekit::ca::ledger::LedgerView::open(&m.path("ca")).unwrap();
        let mut names = Vec::new();
        let until = later.plus_days(days).unwrap();
        view.ending(until, later, &mut |found| names.push(found.name.clone())).unwrap();
        names
    };
    assert_eq!(ending(0), ["hospital-b"]);
    assert_eq!(ending(30), ["hospital-b", "hospital-d"]);
    let serial = text_of(&m.ok("cert list -c ca --sort end")["certificates"][0], "serial");
    m.ok(&format!("cert revoke {serial} -c ca --reason cessation-of-operation"));
    assert_eq!(ending(30), ["hospital-d"]);
}

/// Approves a request as `cert approve` would then.
fn approve_at(
    m: &Machine,
    ca: &flarekit::ca::CertAuthority,
    zip: &str,
    now: flarekit::time::Timestamp,
) {
    use flarekit::approval::{AdmittedRequest, UnverifiedRequest};
    let request = UnverifiedRequest::read(&m.read(zip), "").unwrap().verify().unwrap();
    let profile = crate::common::PROFILE.as_bytes();
    let profile = flarekit::profile::ProjectProfile::parse(profile, "the profile").unwrap();
    let admitted = AdmittedRequest::admit(request, ca, &profile).unwrap();
    let records = flarekit::audit::AuditDirectory::in_home(None);
    let ledger = flarekit::ca::ledger::Ledger::open(&m.path("ca"), ca.fingerprint(), &records, now);
    let mut ledger = ledger.unwrap().0;
    let writing = ledger.begin().unwrap();
    let cleared = writing.clear(admitted, false, now).unwrap();
    let approval = ca.sign(cleared, 400, now).unwrap();
    writing.commit_one(approval, ca, now).unwrap();
}

#[test]
fn a_ca_without_a_ledger_has_an_empty_one() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for line in ["cert list -c ca", "cert expiring -c ca"] {
        let data = m.ok(line);
        assert_eq!(warnings(&data), ["LEDGER_MISSING"]);
        assert_eq!(data["certificates"], serde_json::json!([]));
    }
    for line in ["audit verify -c ca", "audit export -c ca"] {
        assert_eq!(m.refused(line), ("LEDGER_NOT_FOUND".into(), 1, None));
    }
    assert_eq!(m.refused("cert list -c gone").0, "CA_NOT_FOUND");
    assert_eq!(m.names("ca"), ["ca.json", "rootCA.key", "rootCA.pem"]);
}

/// A request folder and a kit have the root certificate, too: an empty list of theirs would be taken
/// for that of the CA.
#[test]
fn a_folder_with_nothing_but_a_root_certificate_is_no_ca() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    let root = m.read("ca/rootCA.pem");
    m.write("copy/rootCA.pem", &root);
    for line in ["cert list", "cert expiring", "audit verify", "audit export"] {
        assert_eq!(m.refused(&format!("{line} -c copy")), ("CA_NOT_FOUND".into(), 1, None));
    }
    // What an auditor gets may be the ledger and the root alone; NVFlare's CA has no ledger.
    m.write("auditor/rootCA.pem", &root);
    m.write("auditor/ledger.db", m.read("ca/ledger.db"));
    m.ok("audit verify -c auditor");
    for other in ["rootCA.key", "ca.json"] {
        m.write(&format!("{other}-only/rootCA.pem"), &root);
        m.write(&format!("{other}-only/{other}"), "");
        assert_eq!(warnings(&m.ok(&format!("cert list -c {other}-only"))), ["LEDGER_MISSING"]);
    }
}

/// Reading needs no key, and leaves nothing.
#[test]
fn an_export_has_one_line_an_entry() {
    let sandbox = Sandbox::new();
    let m = federation(&sandbox);
    std::fs::remove_file(m.path("ca/rootCA.key")).unwrap();
    let before = crate::common::disk::disk(&m.cwd);
    let lines = m.run("audit export -c ca");
    assert!(lines.status.success(), "{lines:?}");
    let lines = String::from_utf8(lines.stdout).unwrap();
    let entries: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 6);
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(entry["number"], number + 1);
        let before = number.checked_sub(1).map(|at| &entries[at]["entry_sha256"]);
        assert!(before.is_none_or(|before| *before == entry["previous_sha256"]));
    }
    let csv = m.run("audit export -c ca --csv");
    assert_eq!(String::from_utf8(csv.stdout).unwrap().matches("\r\n").count(), 7);
    let line = "audit verify -c ca";
    let verified = succeeded(line, &m.run(&format!("{line} --format json")));
    assert_eq!(verified["ledger_sha256"], entries[5]["entry_sha256"]);
    assert_eq!(crate::common::disk::disk(&m.cwd), before);
}

/// Definitions say `client` and `admin` where the ledger says `site` and `user`.
#[test]
fn kinds_are_understood_as_definitions_name_them() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.ok("cert init --profile project_profile.yaml --ca-dir ca");
    m.approve("hospital-a.yaml", "hospital-a");
    m.approve("alice.yaml", USER_NAME);
    for (kind, name) in [("client", "hospital-a"), ("site", "hospital-a"), ("admin", USER_NAME)] {
        let listed = m.ok(&format!("cert list -c ca --kind {kind}"));
        let names = listed["certificates"].as_array().unwrap();
        assert_eq!((names.len(), &names[0]["name"]), (1, &name.into()), "{kind}");
    }
    assert_eq!(m.refused("cert list -c ca --kind lead").0, "INVALID_ARGS");
}

/// As a key that others can read.
#[test]
fn a_passphrase_that_others_can_read_gets_a_warning() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    m.write("secret", "x\n");
    let needless = "PASSPHRASE_NOT_NEEDED";
    for (mode, expected) in
        [(0o644, ["KEY_READABLE_BY_OTHERS", needless].as_slice()), (0o600, &[needless])]
    {
        set_permissions(m.path("secret"), Permissions::from_mode(mode)).unwrap();
        let data = m.ok("cert crl -c ca --passphrase-file secret");
        assert_eq!(warnings(&data), expected, "{mode:o}");
    }
}
