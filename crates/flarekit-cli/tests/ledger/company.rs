//! Several commands at once, and commands that were killed.

use std::collections::HashSet;
use std::fs;

use crate::common::{Sandbox, text_of, warnings};
use crate::{approve, entries, kinds, request, site};

/// Two approvers with the same pile of requests, from the moment when there is no ledger on.
#[test]
fn two_approvers_issue_every_serial_once() {
    const SITES: usize = 12;
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let names: Vec<String> = (0..SITES).map(|number| format!("site-{number}")).collect();
    for name in &names {
        request(&m, name, &site(name));
    }
    let approver = |reversed: bool| {
        let mut order: Vec<&String> = names.iter().collect();
        if reversed {
            order.reverse();
        }
        for name in order {
            let out = if reversed { "from-two" } else { "from-one" };
            m.ok(&format!("{} --out {out}/{name}.signed.zip", approve(name, name)));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| approver(false));
        scope.spawn(|| approver(true));
    });
    let entries = entries(&m);
    assert_eq!(entries.len(), SITES);
    let serials: HashSet<String> = entries.iter().map(|entry| text_of(entry, "serial")).collect();
    assert_eq!(serials.len(), SITES);
    for name in &names {
        let zip = |out: &str| m.read(&format!("{out}/{name}.signed.zip"));
        assert_eq!(zip("from-one"), zip("from-two"), "{name}");
    }
    assert_eq!(m.ok("audit verify -c ca")["signed_entries"], SITES);
    assert_eq!(m.names("ca"), ["ca.json", "ledger.db", "rootCA.key", "rootCA.pem"]);
}

/// Killed after the entry was durable and before the signed zip had its name.
#[test]
fn a_signed_zip_that_did_not_appear_is_made_again() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    let first = m.ok(&approve("one", "hospital-a"));
    let zip = m.read("one/hospital-a.signed.zip");
    fs::remove_file(m.path("one/hospital-a.signed.zip")).unwrap();
    fs::remove_dir_all(m.home.join(".nvflare")).unwrap();
    let again = m.ok(&approve("one", "hospital-a"));
    assert_eq!(warnings(&again), ["ALREADY_APPROVED"]);
    assert_eq!(again["serial"], first["serial"]);
    assert_eq!(m.read("one/hospital-a.signed.zip"), zip);
    assert_eq!(kinds(&m), ["approval"]);
}

/// Killed at a random moment, again and again: what is in the ledger holds, and a retry finds
/// nothing in its way.
#[test]
fn killed_approvals_lose_and_double_nothing() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let flarekit = assert_cmd::cargo::cargo_bin("flarekit");
    for number in 0..15_u64 {
        let name = format!("site-{number}");
        request(&m, &name, &site(&name));
        let mut killed = std::process::Command::new(&flarekit)
            .args(crate::common::words(&approve(&name, &name)))
            .env_clear()
            .env("HOME", &m.home)
            .current_dir(&m.cwd)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(number * 3));
        killed.kill().unwrap();
        killed.wait().unwrap();
        m.ok(&approve(&name, &name));
    }
    let entries = entries(&m);
    assert_eq!(entries.len(), 15);
    m.ok("audit verify -c ca");
    assert_eq!(m.names("ca"), ["ca.json", "ledger.db", "rootCA.key", "rootCA.pem"]);
}

/// SQLite's log would be beside one of the names only.
#[test]
fn a_ledger_of_two_names_is_not_used_under_either() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    fs::create_dir(m.path("ca2")).unwrap();
    for name in m.names("ca") {
        fs::hard_link(m.path("ca").join(&name), m.path("ca2").join(&name)).unwrap();
    }
    request(&m, "two", &site("hospital-b"));
    for command in [
        &approve("two", "hospital-b"),
        "cert list -c ca2",
        "cert crl -c ca",
        "audit verify -c ca2",
        "audit export -c ca",
    ] {
        let answer = m.refused(command);
        assert_eq!(answer.2.as_deref(), Some("LEDGER_LINKED"), "{command}");
    }
    fs::copy(m.path("ca2/ledger.db"), m.path("ca2/new")).unwrap();
    fs::rename(m.path("ca2/new"), m.path("ca2/ledger.db")).unwrap();
    m.ok(&approve("two", "hospital-b"));
    assert_eq!(m.ok("audit verify -c ca")["signed_entries"], 2);
    assert_eq!(m.ok("audit verify -c ca2")["signed_entries"], 1);
}
