//! `cert crl`, and OpenSSL's opinion of what it makes. Without the program the tests say so and
//! pass, unless `FLAREKIT_REQUIRE_OPENSSL=1`.

use std::fs;
use std::process::Output;

use crate::common::archives::Members;
use crate::common::disk::{changes, disk};
use crate::common::{Machine, Sandbox, openssl, text_of, warnings};
use crate::{approved, entries};

const CRL: &str = "cert crl -c ca";

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// hospital-a is revoked, alice is not; their certificates are `bad.pem` and `good.pem`.
fn one_revoked(sandbox: &Sandbox) -> Machine {
    let m = approved(sandbox);
    m.approve("alice.yaml", crate::common::USER_NAME);
    for (zip, name, file) in [
        ("hospital-a/hospital-a.signed.zip", "hospital-a.crt", "bad.pem"),
        (
            "alice@hospital-alpha.org/alice@hospital-alpha.org.signed.zip",
            "alice@hospital-alpha.org.crt",
            "good.pem",
        ),
    ] {
        m.write(file, &Members::of(&m.read(zip)).0[name]);
    }
    m.ok("cert revoke hospital-a -c ca --reason key-compromise");
    m
}

#[test]
fn openssl_believes_the_list_and_refuses_who_is_on_it() {
    let sandbox = Sandbox::new();
    let m = one_revoked(&sandbox);
    let data = m.ok(CRL);
    assert_eq!(data["revoked"], 1);
    let Some(output) = openssl(&m, "crl -in crl.pem -noout -text -CAfile ca/rootCA.pem") else {
        return;
    };
    let text = said(&output);
    for part in ["verify OK", "Version 2", "Key Compromise", &text_of(&data, "number")] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let serial = String::from_utf8(m.read("crl.serials.txt")).unwrap();
    assert!(text.contains(&format!("Serial Number: {}", serial.trim())), "{text}");
    // The list begins a little before it was signed, and so does what it speaks of.
    let date = |what: &str| text.split_once(what).unwrap().1.lines().next().unwrap();
    assert_eq!(date("Revocation Date: "), date("Last Update: "));
    // The plain list has the numbers as OpenSSL and the proxies print them.
    let printed = openssl(&m, "x509 -in bad.pem -noout -serial").unwrap();
    assert_eq!(said(&printed), format!("serial={serial}"));

    let check = "verify -x509_strict -crl_check -CAfile ca/rootCA.pem -CRLfile crl.pem";
    let good = openssl(&m, &format!("{check} good.pem")).unwrap();
    assert!(good.status.success(), "{}", said(&good));
    let bad = openssl(&m, &format!("{check} bad.pem")).unwrap();
    assert!(said(&bad).contains("certificate revoked"), "{}", said(&bad));
    // An ended list lets nobody in.
    let later = openssl(
        &m,
        &format!("{} good.pem", check.replace("-crl_check", "-crl_check -attime 1830000000")),
    );
    assert!(said(&later.unwrap()).contains("CRL has expired"));
}

#[test]
fn an_empty_list_and_der_are_lists_too() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let data = m.ok(&format!("{CRL} --der"));
    assert_eq!((&data["revoked"], m.read("crl.serials.txt")), (&0.into(), vec![]));
    let line = "crl -inform DER -in crl.der -noout -text -CAfile ca/rootCA.pem";
    let Some(output) = openssl(&m, line) else { return };
    let text = said(&output);
    assert!(text.contains("verify OK") && text.contains("No Revoked Certificates"), "{text}");
}

#[test]
fn reasons_are_those_of_the_standard() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let reasons = [
        ("unspecified", None),
        ("key-compromise", Some("Key Compromise")),
        ("affiliation-changed", Some("Affiliation Changed")),
        ("superseded", Some("Superseded")),
        ("cessation-of-operation", Some("Cessation Of Operation")),
        ("privilege-withdrawn", Some("Privilege Withdrawn")),
    ];
    for (number, (reason, _)) in reasons.iter().enumerate() {
        let name = format!("site-{number}");
        m.write("site.yaml", crate::common::SITE.replace("hospital-a", &name));
        m.approve("site.yaml", &name);
        m.ok(&format!("cert revoke {name} -c ca --reason {reason}"));
    }
    m.ok(CRL);
    let Some(output) = openssl(&m, "crl -in crl.pem -noout -text") else { return };
    let text = said(&output);
    for (_, printed) in reasons.iter().filter_map(|(r, printed)| printed.map(|p| (r, p))) {
        assert_eq!(text.matches(printed).count(), 1, "{printed}: {text}");
    }
    assert_eq!(text.matches("Serial Number:").count(), 6);
    assert_eq!(text.matches("Reason Code").count(), 5, "{text}");
}

/// A later list has a greater number, be it for an entry or for the time.
#[test]
fn numbers_grow() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let number = || text_of(&m.ok(CRL), "number").parse::<u128>().unwrap();
    let first = number();
    assert!(number() >= first);
    m.ok("cert revoke hospital-a -c ca --reason superseded");
    assert!(number() > first + (1 << 39), "an entry counts more than any time");
    assert_eq!(entries(&m).len(), 2, "making a list adds no entry");
}

/// A ledger that was restored has forgotten what the last list says.
#[test]
fn an_older_list_replaces_no_newer_one() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let backup = m.read("ca/ledger.db");
    m.ok("cert revoke hospital-a -c ca --reason superseded");
    m.ok(CRL);
    m.write("ca/ledger.db", backup);
    let before = disk(&m.cwd);
    let (code, _, reason) = m.refused(CRL);
    assert_eq!(
        (code.as_str(), reason.as_deref()),
        ("CERT_ALREADY_EXISTS", Some("NEWER_REVOCATION_LIST"))
    );
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<std::path::PathBuf>::new());
    // One of another CA is no newer one.
    let other = sandbox.seeded("other");
    other.init();
    other.approve("alice.yaml", crate::common::USER_NAME);
    other.write("crl.pem", m.read("crl.pem"));
    other.ok(CRL);
    fs::remove_file(m.path("crl.pem")).unwrap();
    assert_eq!(m.ok(CRL)["revoked"], 0);
}

/// Two lists of one second apart are made in the order of their numbers, whoever began first.
#[test]
fn a_list_that_had_to_wait_is_of_the_time_after() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let (ca, _) = flarekit::ca::CertAuthority::open(&m.path("ca"), &mut || Ok(None)).unwrap();
    let lock = ca.lock_lists().unwrap();
    let mut command = m.flarekit();
    command.args(crate::common::words(CRL)).args(["--format", "json"]);
    let waiting = std::thread::spawn(move || command.output().unwrap());
    std::thread::sleep(std::time::Duration::from_secs(2));
    let until = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    drop(lock);
    let data = crate::common::succeeded(CRL, &waiting.join().unwrap());
    let number: u128 = text_of(&data, "number").parse().unwrap();
    assert!(number % (1 << 40) >= u128::from(until), "{data}");
}

#[test]
fn a_list_takes_the_place_of_a_list_and_of_nothing_else() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    m.ok(CRL);
    assert_eq!((m.mode("crl.pem"), m.mode("crl.serials.txt")), (0o644, 0o644));
    m.ok("cert revoke hospital-a -c ca --reason superseded");
    m.ok(CRL);
    assert_eq!(m.read("crl.serials.txt").iter().filter(|byte| **byte == b'\n').count(), 1);
    m.ok(&format!("{CRL} --der --out crl.pem"));
    m.write("notes.txt", "mine\n");
    for (line, code, reason) in [
        ("--out ca/rootCA.key", "CERT_ALREADY_EXISTS", "NOT_A_REVOCATION_LIST"),
        ("--out ca/rootCA.pem", "CERT_ALREADY_EXISTS", "NOT_A_REVOCATION_LIST"),
        ("--serials notes.txt", "CERT_ALREADY_EXISTS", "NOT_A_REVOCATION_LIST"),
        ("--serials crl.pem", "INVALID_ARGS", "USAGE"),
        ("--out ca", "OUTPUT_DIR_NOT_WRITABLE", "NOT_A_PLAIN_FILE"),
    ] {
        let before = disk(&m.cwd);
        let (found, _, why) = m.refused(&format!("{CRL} {line}"));
        assert_eq!((found.as_str(), why.as_deref()), (code, Some(reason)), "{line}");
        assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<std::path::PathBuf>::new(), "{line}");
    }
}

/// Without its ledger a CA would forget whom it revoked, and say so under its signature.
#[test]
fn without_a_ledger_that_holds_there_is_no_list() {
    let sandbox = Sandbox::new();
    let m = one_revoked(&sandbox);
    fs::rename(m.path("ca/ledger.db"), m.path("kept.db")).unwrap();
    assert_eq!(m.refused(CRL).0, "LEDGER_NOT_FOUND");
    fs::rename(m.path("kept.db"), m.path("ca/ledger.db")).unwrap();
    let database = rusqlite::Connection::open(m.path("ca/ledger.db")).unwrap();
    let trigger: String = database
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'entries_remain'", [], |r| r.get(0))
        .unwrap();
    let forget = "DROP TRIGGER entries_remain; DELETE FROM entries WHERE kind = 'revocation'";
    database.execute_batch(&format!("{forget}; {trigger}")).unwrap();
    drop(database);
    assert_eq!(m.refused(CRL).0, "LEDGER_INVALID");
    assert!(!m.exists("crl.pem"));
}

#[test]
fn a_list_ends_with_the_root() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let data = m.ok(&format!("{CRL} --valid-days 9999999"));
    assert_eq!(warnings(&data), ["VALIDITY_CLIPPED"]);
    assert_eq!(data["next_update"], m.ok("inspect ca/rootCA.pem")["valid_until"]);
}

#[test]
fn a_kit_is_compared_with_a_list() {
    let sandbox = Sandbox::new();
    let m = one_revoked(&sandbox);
    m.ok("package hospital-a/hospital-a.signed.zip");
    m.ok(&format!("package {0}/{0}.signed.zip", crate::common::USER_NAME));
    m.ok(CRL);
    m.ok(&format!("{CRL} --der"));
    let kit = |name: &str| format!("verify workspace/hospital_federation/prod_00/{name}");
    let good = kit(crate::common::USER_NAME);
    for list in ["crl.pem", "crl.der"] {
        m.ok(&format!("{good} --crl {list}"));
        let (code, _, reason) = m.refused(&format!("{} --crl {list}", kit("hospital-a")));
        assert_eq!(
            (code.as_str(), reason.as_deref()),
            ("VERIFY_FAILED", Some("CERTIFICATE_REVOKED"))
        );
    }
    let other = sandbox.seeded("other");
    other.init();
    other.approve("alice.yaml", crate::common::USER_NAME);
    other.ok(CRL);
    m.write("other.pem", other.read("crl.pem"));
    let mut altered = m.read("crl.der");
    *altered.last_mut().unwrap() ^= 1;
    m.write("altered.der", altered);
    for (list, code, reason) in [
        ("other.pem", "VERIFY_FAILED", "CRL_OF_ANOTHER_CA"),
        ("altered.der", "VERIFY_FAILED", "CRL_OF_ANOTHER_CA"),
        ("good.pem", "INVALID_ARGS", "NOT_A_REVOCATION_LIST"),
        ("gone.pem", "INVALID_ARGS", "FILE_NOT_FOUND"),
    ] {
        let found = m.refused(&format!("{good} --crl {list}"));
        assert_eq!((found.0.as_str(), found.2.as_deref()), (code, Some(reason)), "{list}");
    }
    let zip = "verify hospital-a/hospital-a.signed.zip --crl crl.pem";
    assert_eq!(m.refused(zip).2.unwrap(), "USAGE");
}

#[test]
fn a_list_is_not_called_like_a_directory() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox);
    let before = disk(&m.cwd);
    for option in ["--out lists/", "--serials lists/", "--out lists/."] {
        let (code, status, reason) = m.refused(&format!("{CRL} {option}"));
        let found = (code.as_str(), status, reason.as_deref());
        assert_eq!(found, ("INVALID_ARGS", 4, Some("NOT_A_PLAIN_FILE")), "{option}");
    }
    assert!(changes(&before, &disk(&m.cwd)).is_empty());
}
