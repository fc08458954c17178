//! What was approved before there was a ledger.

use std::fs;

use crate::common::{Machine, Sandbox, text_of, warnings};
use crate::{approve, entries, request, site};

/// A CA that approved one site when there was no ledger.
fn before_the_ledger(m: &Machine) -> String {
    m.init();
    request(m, "one", &site("hospital-a"));
    request(m, "two", &site("hospital-a"));
    request(m, "three", &site("hospital-c"));
    let approved = m.ok(&approve("one", "hospital-a"));
    fs::remove_file(m.path("ca/ledger.db")).unwrap();
    text_of(&approved, "audit")
}

#[test]
fn records_in_the_home_directory_are_taken_over() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let record = before_the_ledger(&m);
    let first = m.json(&record);
    let refused = m.refused(&approve("two", "hospital-a")).0;
    assert_eq!(refused, "IDENTITY_ALREADY_ISSUED");
    assert!(!m.exists("ca/ledger.db"), "it appears with the first approval");
    m.ok(&approve("three", "hospital-c"));
    let all = entries(&m);
    assert_eq!((&all[0]["kind"], &all[1]["kind"]), (&"import".into(), &"approval".into()));
    assert_eq!(all[0]["name"], "hospital-a");
    assert_eq!(all[0]["serial"], first["approval"]["certificate"]["serial"]);
    let refused = m.refused(&approve("two", "hospital-a")).0;
    assert_eq!(refused, "IDENTITY_ALREADY_ISSUED");

    // The same request again: that certificate is not there to be sent again.
    let again = m.ok(&approve("one", "hospital-a"));
    assert_eq!(warnings(&again), ["ALREADY_APPROVED", "CERTIFICATE_REPLACED"]);
    assert_ne!(again["serial"], all[0]["serial"]);
}

#[test]
fn records_of_other_cas_and_damaged_ones_are_left_out() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let record = before_the_ledger(&m);
    let fingerprint = text_of(&m.json("ca/ca.json"), "rootCA_fingerprint");
    let last = if fingerprint.ends_with('0') { "1" } else { "0" };
    let other = format!("{}{last}", &fingerprint[..fingerprint.len() - 1]);
    m.edit(&record, &fingerprint, &other);
    m.write(&record.replace(".json", "-damaged.json"), "{");
    m.write(&record.replace(".json", ".txt"), "not a record");
    let approved = m.ok(&approve("two", "hospital-a"));
    assert_eq!(warnings(&approved), ["RECORD_NOT_IMPORTED"]);
    assert_eq!(entries(&m).len(), 1);
}
