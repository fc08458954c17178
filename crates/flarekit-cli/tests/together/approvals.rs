//! One CA, many approvals.

use std::collections::BTreeSet;
use std::fs;

use crate::common::archives::Members;
use crate::common::{Machine, Sandbox, text_of};
use crate::{MANY, approve, assert_no_leftovers, at_once, count, names, request_all};

/// The serial in a signed zip.
fn serial(m: &Machine, zip: &str) -> String {
    let signed = Members::of(&m.read(zip)).json("signed.json");
    text_of(&signed["certificate"], "serial")
}

/// Name and serial of each entry.
fn entries(m: &Machine) -> Vec<(String, String)> {
    let data = m.ok("audit export -c ca");
    let entries = data["entries"].as_array().unwrap().iter();
    entries.map(|entry| (text_of(entry, "name"), text_of(entry, "serial"))).collect()
}

#[test]
fn fifty_requests_with_one_ca() {
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    m.init();
    let names = names(MANY);
    request_all(&m, &names);
    let lines: Vec<String> = names.iter().map(|name| approve(name)).collect();
    let outcomes = at_once(&m, &lines);
    assert_eq!(count(&outcomes, "OK"), MANY, "{outcomes:?}");

    m.ok("audit verify -c ca");
    let issued: BTreeSet<(String, String)> = names
        .iter()
        .map(|name| (name.clone(), serial(&m, &format!("{name}/{name}.signed.zip"))))
        .collect();
    let serials: BTreeSet<&String> = issued.iter().map(|(_, serial)| serial).collect();
    assert_eq!(serials.len(), MANY);
    let entries = entries(&m);
    assert_eq!(entries.len(), MANY);
    assert_eq!(entries.into_iter().collect::<BTreeSet<_>>(), issued);
    assert_eq!(m.names("ca"), ["ca.json", "ledger.db", "rootCA.key", "rootCA.pem"]);
    assert_no_leftovers(&m);
}

/// Into a place each, so that all succeed; the first is signed, the others are that one again.
#[test]
fn one_request_by_twenty() {
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    let lines: Vec<String> =
        (0..20).map(|n| format!("{} --out {n}.signed.zip", approve("hospital-a"))).collect();
    let outcomes = at_once(&m, &lines);
    assert_eq!(count(&outcomes, "OK"), 20, "{outcomes:?}");
    let serials: BTreeSet<String> =
        (0..20).map(|n| serial(&m, &format!("{n}.signed.zip"))).collect();
    assert_eq!(serials.len(), 1);
    assert_eq!(entries(&m).len(), 1);
    m.ok("audit verify -c ca");
    assert_no_leftovers(&m);
}

/// Into one place: one is first, and its zip stays.
#[test]
fn one_request_by_twenty_into_one_place() {
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    let outcomes = at_once(&m, &vec![approve("hospital-a"); 20]);
    assert_eq!(count(&outcomes, "OK"), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, "CERT_ALREADY_EXISTS"), 19, "{outcomes:?}");
    assert_eq!(
        entries(&m),
        [("hospital-a".into(), serial(&m, "hospital-a/hospital-a.signed.zip"))]
    );
    m.ok("package hospital-a/hospital-a.signed.zip");
    assert_no_leftovers(&m);
}

/// An approval is by the old CA or by the new one, and each ledger has those of its own CA.
#[test]
fn a_new_ca_while_the_old_one_approves() {
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    m.init();
    let old = m.read("ca/rootCA.pem");
    let names = names(20);
    request_all(&m, &names);
    let mut lines: Vec<String> = names.iter().map(|name| approve(name)).collect();
    let renew = "cert init --profile project_profile.yaml -o ca --deploy-version 01 --force";
    lines.insert(10, renew.to_owned());
    let outcomes = at_once(&m, &lines);
    assert_eq!(count(&outcomes, "OK"), 21, "{outcomes:?}");

    let new = m.read("ca/rootCA.pem");
    assert_ne!(old, new);
    let backup = format!("ca/.bak/{}", m.names("ca/.bak")[0]);
    assert_eq!(m.read(&format!("{backup}/rootCA.pem")), old);
    let mut entries = 0;
    for (ca, root, version) in [("ca", new, "01"), (backup.as_str(), old, "00")] {
        let of_this = |name: &&String| {
            let zip = m.read(&format!("{name}/{name}.signed.zip"));
            Members::of(&zip).0["rootCA.pem"] == root
        };
        let approved: BTreeSet<String> = names.iter().filter(of_this).cloned().collect();
        entries += approved.len();
        for name in &approved {
            m.ok(&format!("package {name}/{name}.signed.zip"));
            assert!(m.exists(&format!("workspace/hospital_federation/prod_{version}/{name}")));
        }
        if approved.is_empty() {
            continue;
        }
        m.ok(&format!("audit verify -c {ca}"));
        let data = m.ok(&format!("audit export -c {ca}"));
        let listed = data["entries"].as_array().unwrap().iter();
        let listed: BTreeSet<String> = listed.map(|entry| text_of(entry, "name")).collect();
        assert_eq!(listed, approved, "{ca}");
    }
    assert_eq!(entries, names.len());
    // The new CA goes on.
    fs::remove_file(m.path("site-1/site-1.signed.zip")).unwrap();
    m.ok("cert request -p alice.yaml");
    m.ok(&approve(crate::common::USER_NAME));
    assert_no_leftovers(&m);
}
