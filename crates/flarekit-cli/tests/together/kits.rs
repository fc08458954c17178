//! One workspace, many kits.

use std::path::Path;

use crate::common::Sandbox;
use crate::common::disk::disk;
use crate::{MANY, approve, assert_no_leftovers, at_once, count, names, request_all};

const PROD: &str = "workspace/hospital_federation/prod_00";

#[test]
fn fifty_into_a_new_workspace() {
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    let fingerprint = m.init();
    let names = names(MANY);
    request_all(&m, &names);
    at_once(&m, &names.iter().map(|name| approve(name)).collect::<Vec<_>>());
    let package = |name: &String, more: &str| {
        format!("package {name}/{name}.signed.zip --fingerprint {fingerprint}{more}")
    };
    let lines: Vec<String> = names.iter().map(|name| package(name, "")).collect();
    let outcomes = at_once(&m, &lines);
    assert_eq!(count(&outcomes, "OK"), MANY, "{outcomes:?}");

    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(m.names(PROD), sorted);
    let verify = |name: &String| format!("verify {PROD}/{name} --fingerprint {fingerprint}");
    let outcomes = at_once(&m, &names.iter().map(verify).collect::<Vec<_>>());
    assert_eq!(count(&outcomes, "OK"), MANY, "{outcomes:?}");
    // A kit made alone is the same.
    m.ok(&package(&names[0], " -w alone"));
    let alone = disk(&m.path("alone/hospital_federation/prod_00").join(&names[0]));
    assert_eq!(alone, disk(&m.path(PROD).join(&names[0])));
    assert_no_leftovers(&m);
}

/// Without `--force` one is first; with it each replaces a whole kit, and keeps it.
#[test]
fn twenty_of_one_kit() {
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    let line = "package hospital-a/hospital-a.signed.zip";
    let outcomes = at_once(&m, &vec![line.to_owned(); 20]);
    assert_eq!(count(&outcomes, "OK"), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, "OUTPUT_DIR_EXISTS"), 19, "{outcomes:?}");

    let kit = disk(&m.path(PROD).join("hospital-a"));
    m.write(&format!("{PROD}/hospital-a/local/privacy.json"), "{}");
    let outcomes = at_once(&m, &vec![format!("{line} --force"); 20]);
    assert_eq!(count(&outcomes, "OK"), 20, "{outcomes:?}");
    let without_mine = |folder: &Path| {
        let mut found = disk(folder);
        assert!(found.remove(Path::new("local/privacy.json")).is_some(), "{folder:?}");
        found
    };
    assert_eq!(without_mine(&m.path(PROD).join("hospital-a")), kit);
    let backups = "workspace/hospital_federation/.bak/prod_00";
    assert_eq!(m.names(backups).len(), 20);
    for backup in m.names(backups) {
        assert_eq!(without_mine(&m.path(backups).join(&backup)), kit, "{backup}");
    }
    assert_no_leftovers(&m);
}
