//! Taking back and saying no, while others do the same or approve.

use crate::common::{Machine, Sandbox, text_of};
use crate::{approve, assert_no_leftovers, at_once, count};

const REVOKE: &str = "cert revoke hospital-a -c ca --reason key-compromise";

fn asked(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    m
}

/// The kinds of the ledger's entries, which holds.
fn kinds(m: &Machine) -> Vec<String> {
    m.ok("audit verify -c ca");
    let data = m.ok("audit export -c ca");
    data["entries"].as_array().unwrap().iter().map(|entry| text_of(entry, "kind")).collect()
}

/// The first takes it back, and the others find that it was.
#[test]
fn one_certificate_is_revoked_by_twenty() {
    let sandbox = Sandbox::in_memory();
    let m = asked(&sandbox);
    m.ok(&approve("hospital-a"));
    let outcomes = at_once(&m, &vec![REVOKE.to_owned(); 20]);
    assert_eq!(count(&outcomes, "OK"), 20, "{outcomes:?}");
    assert_eq!(kinds(&m), ["approval", "revocation"]);
    assert_no_leftovers(&m);
}

/// A new key is approved for the name while the name's certificates are taken back. Before the
/// approval there is one of them, after it there are two; a name that is taken is refused.
#[test]
fn revoke_against_approve() {
    let sandbox = Sandbox::in_memory();
    for round in 0..6 {
        let m = sandbox.seeded(&format!("m{round}"));
        m.init();
        m.ok("cert request -p hospital-a.yaml");
        m.ok(&approve("hospital-a"));
        m.ok("cert request -p hospital-a.yaml --force");
        let lines = [format!("{REVOKE} --all"), format!("{} --force", approve("hospital-a"))];
        let order: Vec<String> = lines.iter().cycle().skip(round % 2).take(2).cloned().collect();
        let mut outcomes = at_once(&m, &order);
        outcomes.rotate_left(round % 2);
        let kinds = kinds(&m);
        match outcomes[1].as_str() {
            "OK" => assert_eq!(kinds, ["approval", "revocation", "approval"], "{round}"),
            "IDENTITY_ALREADY_ISSUED" => assert_eq!(kinds, ["approval", "revocation"], "{round}"),
            other => panic!("{round}: {other}"),
        }
        assert_eq!(outcomes[0], "OK", "{round}");
        assert_no_leftovers(&m);
    }
}

/// The revoked key itself is never approved, whoever is first.
#[test]
fn revoke_against_approving_the_same_request_again() {
    let sandbox = Sandbox::in_memory();
    let m = asked(&sandbox);
    m.ok(&approve("hospital-a"));
    let again = format!("{} --force --replace", approve("hospital-a"));
    let lines = [&again, &format!("{REVOKE} --all"), &again].map(Clone::clone);
    let outcomes = at_once(&m, &lines);
    assert_eq!(outcomes[1], "OK", "{outcomes:?}");
    assert_eq!(m.refused(&again).0, "KEY_REVOKED");
    let kinds = kinds(&m);
    let end = kinds.iter().rposition(|kind| kind != "revocation").unwrap();
    let first = kinds.iter().position(|kind| kind == "revocation").unwrap();
    assert!(end < first, "something was approved after the revocation: {kinds:?}");
    for outcome in [&outcomes[0], &outcomes[2]] {
        assert!(["OK", "KEY_REVOKED"].contains(&outcome.as_str()), "{outcomes:?}");
    }
    assert_no_leftovers(&m);
}

/// One request is approved or denied, and never both.
#[test]
fn deny_against_approve() {
    let sandbox = Sandbox::in_memory();
    let m = asked(&sandbox);
    let deny = "cert deny hospital-a/hospital-a.request.zip -c ca --reason late";
    let lines = [deny.to_owned(), approve("hospital-a"), deny.to_owned(), approve("hospital-a")];
    let outcomes = at_once(&m, &lines);
    match kinds(&m)[..] {
        [ref only] if only == "denial" => {
            assert_eq!([&outcomes[1], &outcomes[3]], ["REQUEST_ALREADY_DENIED"; 2], "{outcomes:?}");
        }
        [ref only] if only == "approval" => {
            assert_eq!(
                [&outcomes[0], &outcomes[2]],
                ["REQUEST_ALREADY_APPROVED"; 2],
                "{outcomes:?}"
            );
        }
        ref kinds => panic!("{kinds:?} {outcomes:?}"),
    }
    assert_eq!(count(&outcomes, "OK"), 1, "{outcomes:?}");
    assert_no_leftovers(&m);
}
