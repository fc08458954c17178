//! What `verify` finds in kits and zips that are good, and in such with one thing changed.

use std::fs::{Permissions, create_dir, remove_dir_all, remove_file, set_permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::common::archives::rezip;
use crate::common::disk::{copy, disk};
use crate::common::{Machine, SERVER_NAME, Sandbox, USER_NAME, by_root, envelope, text_of, words};
use serde_json::Value;

const PROD: &str = "workspace/hospital_federation/prod_00";
const SITE: &str = "workspace/hospital_federation/prod_00/hospital-a";

fn federation(sandbox: &Sandbox) -> (Machine, String) {
    let machine = sandbox.seeded("all");
    let fingerprint = machine.init();
    for (definition, name) in
        [("server.yaml", SERVER_NAME), ("hospital-a.yaml", "hospital-a"), ("alice.yaml", USER_NAME)]
    {
        machine.approve(definition, name);
        machine.ok(&format!("package {name}/{name}.signed.zip"));
    }
    (machine, fingerprint)
}

/// The checks with this outcome: their names and reasons.
fn with(data: &Value, outcome: &str) -> Vec<(String, Option<String>)> {
    let checks = data["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["outcome"] == outcome)
        .map(|check| (text_of(check, "check"), check["reason"].as_str().map(str::to_owned)))
        .collect()
}

/// The envelope of a verification, whether it succeeded or not.
fn verify(m: &Machine, line: &str) -> Value {
    let line = format!("verify {line} --format json");
    let output = m.flarekit().args(words(&line)).output().unwrap();
    let found = envelope(&line, &output);
    assert_eq!(found["exit_code"], output.status.code().unwrap());
    found
}

/// One mistake in copying a kit opens many of its files.
#[test]
fn a_check_that_failed_many_times_is_named_once() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    for path in ["startup/client.key", "startup", "local"] {
        set_permissions(m.path(SITE).join(path), Permissions::from_mode(0o777)).unwrap();
    }
    remove_file(m.path(SITE).join("startup/start.sh")).unwrap();
    let message = text_of(&verify(&m, SITE), "message");
    assert_eq!(message.matches("modes").count(), 1, "{message}");
    assert!(
        message.starts_with("4 checks failed (files, modes 3 times); the first: "),
        "{message}"
    );
}

#[test]
fn good_kits_and_zips_have_nothing_that_failed() {
    let sandbox = Sandbox::new();
    let (m, fingerprint) = federation(&sandbox);
    let before = disk(&m.cwd);
    for name in [SERVER_NAME, "hospital-a", USER_NAME] {
        let data = m.ok(&format!("verify {PROD}/{name} --fingerprint {fingerprint}"));
        assert_eq!(with(&data, "warning"), []);
        assert_eq!(with(&data, "skipped"), [("reach".to_owned(), None)]);
        assert_eq!(data["rootca_fingerprint_sha256"], fingerprint.as_str());
        let zip = format!("{name}/{name}.signed.zip");
        let data = m.ok(&format!("verify {zip} --fingerprint {fingerprint}"));
        assert_eq!(with(&data, "skipped"), [("request".to_owned(), None)]);
        let data = m.ok(&format!("verify {name}/{name}.request.zip"));
        assert_eq!(with(&data, "skipped"), [("sender".to_owned(), None)]);
    }
    let data = m.ok(&format!("verify {SITE}"));
    assert_eq!(with(&data, "skipped").len(), 2, "without a fingerprint the root is not verified");
    assert!(disk(&m.cwd) == before, "verify changed something");
}

/// The limit of values is for what others send.
#[test]
fn a_site_may_have_more_values_in_a_file_than_a_zip() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    let values = format!("{{\"x\": [{}0]}}", "0, ".repeat(flarekit::json::MAX_NODES));
    m.write(&format!("{SITE}/local/own.json"), values);
    let data = m.ok(&format!("verify {SITE}"));
    assert!(with(&data, "ok").contains(&("json".to_owned(), None)));
}

#[test]
fn the_text_has_a_line_for_each_check() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    let output = m.run(&format!("verify {SITE}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nok       chain: the root certificate signed the participant's\n"));
    assert!(text.contains("\nskipped  reach: "), "{text}");
    remove_file(m.path(format!("{SITE}/startup/client.key"))).unwrap();
    let output = m.run(&format!("verify {SITE}"));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nfailed   files: there is no startup/client.key\n"), "{text}");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("Reason: KIT_FILE_MISSING\nCode: VERIFY_FAILED (exit 1)"), "{errors}");
}

/// What is changed in the site's kit, the check that finds it, its outcome and reason.
type Case = (fn(&Machine), &'static str, &'static str, Option<&'static str>);

fn mode(m: &Machine, path: &str, mode: u32) {
    set_permissions(m.path(format!("{SITE}/{path}")), Permissions::from_mode(mode)).unwrap();
}

fn edit(m: &Machine, path: &str, from: &str, to: &str) {
    let path = format!("{SITE}/{path}");
    let mode = m.mode(&path);
    m.edit(&path, from, to);
    assert_eq!(m.mode(&path), mode);
}

/// Puts a blank line into the middle of a PEM block, which OpenSSL and NVFlare then do not read.
fn blank_line(m: &Machine, path: &str) {
    let text = String::from_utf8(m.read(&format!("{SITE}/{path}"))).unwrap();
    let line = text.lines().nth(9).unwrap();
    edit(m, path, line, &format!("\n{line}"));
}

fn make_folder(m: &Machine, path: &str) {
    let path = m.path(format!("{SITE}/{path}"));
    let _ = remove_file(&path);
    create_dir(path).unwrap();
}

const CASES: &[Case] = &[
    (|m| make_folder(m, "startup/fed_client.json"), "files", "failed", Some("NOT_A_PLAIN_FILE")),
    // The runtime looks for these before those with '.default'.
    (|m| make_folder(m, "local/authorization.json"), "files", "failed", Some("NOT_A_PLAIN_FILE")),
    (
        |m| remove_file(m.path(format!("{SITE}/local/authorization.json.default"))).unwrap(),
        "files",
        "failed",
        Some("KIT_FILE_MISSING"),
    ),
    (
        |m| remove_file(m.path(format!("{SITE}/startup/start.sh"))).unwrap(),
        "files",
        "failed",
        Some("KIT_FILE_MISSING"),
    ),
    (
        |m| remove_file(m.path(format!("{SITE}/startup/sub_start.sh"))).unwrap(),
        "files",
        "failed",
        Some("KIT_FILE_MISSING"),
    ),
    // It runs in a container without them.
    (
        |m| {
            remove_file(m.path(format!("{SITE}/startup/start.sh"))).unwrap();
            m.write(&format!("{SITE}/startup/docker.sh"), "docker run\n");
        },
        "files",
        "warning",
        None,
    ),
    (
        |m| remove_file(m.path(format!("{SITE}/startup/stop_fl.sh"))).unwrap(),
        "files",
        "warning",
        None,
    ),
    (
        |m| {
            let root = m.path(format!("{SITE}/startup/rootCA.pem"));
            remove_file(&root).unwrap();
            std::os::unix::fs::symlink(m.path("ca/rootCA.pem"), root).unwrap();
        },
        "files",
        "failed",
        Some("NOT_A_PLAIN_FILE"),
    ),
    (|m| mode(m, "startup/client.key", 0o640), "modes", "failed", Some("KIT_MODE")),
    (|m| mode(m, "startup/start.sh", 0o644), "modes", "warning", None),
    (|m| mode(m, "startup", 0o777), "modes", "failed", Some("KIT_MODE")),
    (|m| mode(m, "..", 0o777), "modes", "failed", Some("KIT_MODE")),
    (
        |m| m.write(&format!("{SITE}/local/privacy.json"), "{\"a\": 1, \"a\": 2}"),
        "json",
        "failed",
        Some("JSON_DUPLICATE_KEY"),
    ),
    (
        |m| edit(m, "startup/fed_client.json", "client.crt", "other.crt"),
        "configuration",
        "failed",
        Some("FILE_NAME_MISMATCH"),
    ),
    (
        |m| edit(m, "startup/fed_client.json", "\"hospital-a\"", "\"hospital-b\""),
        "identity",
        "failed",
        Some("KIT_IDENTITY"),
    ),
    (
        |m| edit(m, "startup/fed_client.json", "hospital_federation", "another"),
        "identity",
        "failed",
        Some("KIT_IDENTITY"),
    ),
    (
        |m| edit(m, "startup/fed_client.json", "server1.hospital-central.org:", "elsewhere.org:"),
        "endpoint",
        "warning",
        None,
    ),
    (
        |m| {
            let key = m.read(&format!("{USER_NAME}/{USER_NAME}.key"));
            m.write(&format!("{SITE}/startup/client.key"), key);
        },
        "key",
        "failed",
        Some("KEY_MISMATCH"),
    ),
    (
        |m| {
            let user = m.read(&format!("{PROD}/{USER_NAME}/startup/client.crt"));
            m.write(&format!("{SITE}/startup/client.crt"), user);
        },
        "chain",
        "failed",
        Some("CERTIFICATE_PROFILE"),
    ),
    (
        |m| {
            m.ok("cert init --profile project_profile.yaml -o ./other");
            m.write(&format!("{SITE}/startup/rootCA.pem"), m.read("other/rootCA.pem"));
        },
        "chain",
        "failed",
        Some("SIGNATURE_INVALID"),
    ),
    (|m| blank_line(m, "startup/rootCA.pem"), "root", "failed", Some("PEM_MALFORMED")),
    (|m| blank_line(m, "startup/client.crt"), "certificate", "failed", Some("PEM_MALFORMED")),
    (|m| blank_line(m, "startup/client.key"), "key", "failed", Some("PEM_MALFORMED")),
    (|m| edit(m, "startup/start.sh", "set -u", "set -u; id"), "scripts", "warning", None),
    (
        |m| edit(m, "startup/sub_start.sh", "ORG=hospital_alpha", "ORG=$(id)"),
        "scripts",
        "warning",
        None,
    ),
    (
        |m| edit(m, "startup/sub_start.sh", "\nCONFIG_FOLDER=", "\nCONFIG_FOLDER=$(id)"),
        "scripts",
        "warning",
        None,
    ),
    (|m| m.write(&format!("{SITE}/startup/stop_fl.sh"), "id\n"), "scripts", "skipped", None),
];

#[test]
fn one_thing_that_is_changed_is_found() {
    let sandbox = Sandbox::new();
    let (good, _) = federation(&sandbox);
    for (at, (change, check, outcome, reason)) in CASES.iter().enumerate() {
        let m = sandbox.machine("changed");
        copy(&good.cwd, &m.cwd);
        change(&m);
        let found = verify(&m, SITE);
        let expected = ((*check).to_owned(), reason.map(str::to_owned));
        assert!(with(&found["data"], outcome).contains(&expected), "{at}: {found}");
        assert_eq!(found["status"] == "error", *outcome == "failed", "{at}: {found}");
        if *outcome == "failed" {
            assert_eq!(found["error_code"], "VERIFY_FAILED", "{at}");
            assert_eq!(found["exit_code"], 1, "{at}");
        }
        remove_dir_all(m.cwd.parent().unwrap()).unwrap();
    }
}

#[test]
fn a_server_must_be_certified_for_its_host() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    let kit = format!("{PROD}/{SERVER_NAME}");
    m.edit(&format!("{kit}/startup/fed_server.json"), &format!("{SERVER_NAME}:"), "other.org:");
    let found = verify(&m, &kit);
    assert!(
        with(&found["data"], "failed")
            .contains(&("endpoint".to_owned(), Some("KIT_ENDPOINT".to_owned())))
    );
}

#[test]
fn another_fingerprint_fails_in_kits_and_zips() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    let other = format!("--fingerprint {}", "ab".repeat(32));
    let refused = m.refused(&format!("verify {SITE} {other}"));
    assert_eq!(refused, ("VERIFY_FAILED".into(), 1, Some("EXPECTED_FINGERPRINT".into())));
    let zip = "hospital-a/hospital-a.signed.zip";
    let refused = m.refused(&format!("verify {zip} {other}"));
    assert_eq!(
        refused,
        ("ROOTCA_FINGERPRINT_MISMATCH".into(), 4, Some("EXPECTED_FINGERPRINT".into()))
    );
    let refused = m.refused(&format!("verify {zip} --fingerprint ''"));
    assert_eq!(refused.0, "INVALID_ROOTCA_FINGERPRINT");
    // A request has no root to compare, so the check that was asked for cannot be made.
    let refused = m.refused(&format!("verify hospital-a/hospital-a.request.zip {other}"));
    assert_eq!(refused, ("INVALID_ARGS".into(), 4, Some("WRONG_ARTIFACT".into())));
}

#[test]
fn a_changed_zip_is_refused_as_the_next_command_would() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    let zip = "hospital-a/hospital-a.signed.zip";
    rezip(&m, zip, |members| members.edit("signed.json", "8002", "9999"));
    let found = verify(&m, zip);
    assert_eq!(found["error_code"], "INVALID_SIGNED_ZIP");
    assert_eq!(found["reason"], "SIGNATURE_INVALID");
    assert_eq!(m.refused(&format!("package {zip} --force")).2, Some("SIGNATURE_INVALID".into()));
    assert!(!with(&found["data"], "failed").is_empty());
    let zip = "hospital-a/hospital-a.request.zip";
    rezip(&m, zip, |members| members.edit("site.yaml", "hospital_alpha", "hospital_omega"));
    assert_eq!(verify(&m, zip)["reason"], "SITE_HASH_MISMATCH");
}

#[test]
fn a_connection_is_made_only_when_asked_for() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    m.edit("project_profile.yaml", "server1.hospital-central.org", "127.0.0.1");
    m.edit("project_profile.yaml", "8002", &port);
    m.edit("project_profile.yaml", ": tls", ": clear");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    m.ok("package hospital-a/hospital-a.signed.zip");
    listener.set_nonblocking(true).unwrap();
    m.ok(&format!("verify {SITE}"));
    assert!(listener.accept().is_err(), "nobody asked for a connection");
    let data = m.ok(&format!("verify {SITE} --connect --timeout 30"));
    assert!(listener.accept().is_ok());
    assert!(with(&data, "ok").contains(&("reach".to_owned(), None)), "{data}");
    assert!(with(&data, "skipped").contains(&("tls".to_owned(), None)), "{data}");
    let refused = m.refused("verify hospital-a/hospital-a.signed.zip --connect");
    assert_eq!(refused, ("INVALID_ARGS".into(), 4, Some("USAGE".into())));
    let kit = format!("{SITE}/startup/fed_client.json");
    m.edit(&kit, &format!(":{port}"), ":1");
    let refused = m.refused(&format!("verify {SITE} --connect"));
    assert_eq!(refused, ("VERIFY_FAILED".into(), 1, Some("SERVER_REFUSED".into())));
}

#[test]
fn a_user_needs_a_script_to_start_with() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    remove_file(m.path(format!("{PROD}/{USER_NAME}/startup/fl_admin.sh"))).unwrap();
    m.write(&format!("{PROD}/{USER_NAME}/startup/docker.sh"), "docker run\n");
    let refused = m.refused(&format!("verify {PROD}/{USER_NAME}"));
    assert_eq!(refused, ("VERIFY_FAILED".into(), 1, Some("KIT_FILE_MISSING".into())));
}

/// What it is and what to do with it is told, and nobody is sent for a new file.
#[test]
fn what_is_neither_a_kit_nor_a_zip_is_told_what_it_is() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    m.ok("cert crl -c ca");
    m.write("policy.yaml", "client:\n  orgs: [a]\n");
    m.write("page.zip", "<html>");
    m.write("empty.zip", "");
    m.write("garbage.zip", [0, 1, 2]);
    for (path, reason, words) in [
        ("gone.zip", "FILE_NOT_FOUND", "gone.zip: No such file"),
        ("ca", "NOT_FOR_VERIFY", "ca is a CA directory"),
        ("hospital-a", "NOT_FOR_VERIFY", "hospital-a is a request folder"),
        (PROD, "UNKNOWN_ARTIFACT", "in it are the kits of alice@hospital-alpha.org, hospital-a, s"),
        (&format!("{SITE}/startup"), "UNKNOWN_ARTIFACT", "it is the startup folder of a kit"),
        ("ca/rootCA.pem", "NOT_FOR_VERIFY", "is a certificate"),
        ("ca/rootCA.key", "NOT_FOR_VERIFY", "is a private key"),
        ("crl.pem", "NOT_FOR_VERIFY", "is a revocation list"),
        ("hospital-a/hospital-a.csr", "NOT_FOR_VERIFY", "is a certificate signing request"),
        ("hospital-a.yaml", "UNKNOWN_ARTIFACT", "is a participant definition"),
        ("project_profile.yaml", "UNKNOWN_ARTIFACT", "is a project profile"),
        ("policy.yaml", "UNKNOWN_ARTIFACT", "is a policy"),
        ("page.zip", "UNKNOWN_ARTIFACT", "page.zip is a text file"),
        ("empty.zip", "UNKNOWN_ARTIFACT", "empty.zip is empty"),
        ("ca/ledger.db", "LEDGER_FILE", "is a database"),
        ("ca/ca.json", "PART_OF_A_FOLDER", "is a JSON file"),
        ("garbage.zip", "ZIP_MALFORMED", "not a zip archive"),
    ] {
        let found = verify(&m, path);
        assert_eq!(
            (&found["error_code"], &found["reason"]),
            (&"INVALID_ARGS".into(), &reason.into())
        );
        let message = text_of(&found, "message");
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[test]
fn another_file_in_the_place_of_a_list_does_not_condemn_a_kit() {
    let sandbox = Sandbox::new();
    let (m, _) = federation(&sandbox);
    m.ok("cert revoke alice@hospital-alpha.org -c ca --reason superseded");
    m.ok("cert crl -c ca");
    m.write("empty", "");
    m.write("cut.pem", &m.read("crl.pem")[..100]);
    for (file, words) in [
        ("crl.serials.txt", "is a list of serial numbers"),
        ("ca/rootCA.pem", "CERTIFICATE"),
        ("hospital-a.yaml", "hospital-a.yaml is not a revocation list"),
        ("empty", "is empty"),
        ("cut.pem", "is not a revocation list: "),
    ] {
        let found = verify(&m, &format!("{SITE} --crl {file}"));
        assert_eq!(found["error_code"], "INVALID_ARGS", "{file}: {found}");
        assert_eq!(found["reason"], "NOT_A_REVOCATION_LIST", "{file}: {found}");
        assert!(text_of(&found, "message").contains(words), "{found}");
        assert!(!text_of(&found, "hint").contains("Do not start"), "{found}");
    }
}

/// Often the group is the user's alone, so that it is no defect.
#[test]
fn what_a_group_may_change_is_told() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    for (name, told) in [
        (".", "the kit's folder has mode 0770: its group"),
        ("local", "local has mode 0770: its group"),
        ("startup/start.sh", "startup/start.sh has mode 0770: its group"),
    ] {
        let before = m.mode(&format!("{SITE}/{name}"));
        mode(&m, name, 0o770);
        let printed = String::from_utf8(m.run(&format!("verify {SITE}")).stdout).unwrap();
        assert!(printed.contains(told), "{name}: {printed}");
        assert!(!printed.contains("nobody else can change the kit"), "{name}: {printed}");
        mode(&m, name, before);
    }
    let printed = String::from_utf8(m.run(&format!("verify {SITE}")).stdout).unwrap();
    assert!(printed.contains("nobody else can change the kit"), "{printed}");
}

/// Whoever is root can give files to somebody else.
#[test]
fn other_owners_are_told() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    for (owned, told) in [
        (PROD.to_owned(), "who can exchange the kit"),
        (format!("{SITE}/local"), "local belongs to the user 1"),
        (format!("{SITE}/startup/start.sh"), "startup/start.sh belongs to the user 1"),
    ] {
        if !by_root(std::os::unix::fs::chown(m.path(&owned), Some(1), None)) {
            return;
        }
        let printed = m.run(&format!("verify {SITE}")).stdout;
        let printed = String::from_utf8(printed).unwrap();
        assert!(printed.contains(told), "{owned}: {printed}");
        assert!(!printed.contains("nobody else can change the kit"), "{owned}: {printed}");
        std::os::unix::fs::chown(m.path(&owned), Some(0), None).unwrap();
    }
}
