//! Where a signed zip appears, once it is recorded.

use std::fs;

use flarekit::approval::SignedZipFile;
use flarekit::archive;
use flarekit::ca::ledger::RecordedApproval;
use flarekit::error::Code;

use crate::ledger::{open, place, sign};
use crate::vectors::now;

/// The approvals of two requests, recorded.
fn recorded() -> [RecordedApproval; 2] {
    let (place, ca) = place();
    let mut ledger = open(&place, &ca);
    ["hospital-a", "alice@hospital-alpha.org"].map(|name| {
        let writing = ledger.begin().unwrap();
        let approval = sign(&writing, &ca, name);
        writing.commit_one(approval, &ca, now()).unwrap()
    })
}

#[test]
fn what_was_recorded_and_nothing_else_appears() {
    let [one, other] = recorded();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new/hospital-a.signed.zip");
    let prepare = || SignedZipFile::open(&path, false).unwrap().prepare(one.approval()).unwrap();
    let refused = prepare().place(&other).unwrap_err();
    assert_eq!(refused.code(), Code::InternalError);
    assert!(!place.path().join("new").exists());
    prepare().place(&one).unwrap();
    assert_eq!(fs::read(&path).unwrap(), one.approval().zip());
}

/// Whoever is faster than the approval keeps the place, unless it may be replaced.
#[test]
fn only_force_replaces_what_came_meanwhile() {
    let [one, _] = recorded();
    let earlier = archive::write(&[("signed.json", b"{}")]).unwrap();
    for force in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("hospital-a.signed.zip");
        let file = SignedZipFile::open(&path, force).unwrap();
        let prepared = file.prepare(one.approval()).unwrap();
        fs::write(&path, &earlier).unwrap();
        let placed = prepared.place(&one).map_err(|error| error.code());
        let (expected, kept) = if force {
            (Ok(()), one.approval().zip())
        } else {
            (Err(Code::CertAlreadyExists), earlier.as_slice())
        };
        assert_eq!(placed, expected);
        assert_eq!(fs::read(&path).unwrap(), kept);
        assert_eq!(place.path().read_dir().unwrap().count(), 1);
    }
}
