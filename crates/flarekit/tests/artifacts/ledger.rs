//! The ledger as a library: several approvals in one writing, and what a dropped one leaves.

use flarekit::approval::{AdmittedRequest, SignedApproval, UnverifiedRequest};
use flarekit::audit::AuditDirectory;
use flarekit::ca::CertAuthority;
use flarekit::ca::ledger::{Ledger, LedgerView, Writing};
use flarekit::profile::ProjectProfile;
use tempfile::TempDir;

use crate::vectors::{PARTICIPANTS, PROFILE, ca, now, profile, read, request_zip};

const PROGRAM: &str = "flarekit-0.1.0";

/// A directory with the root certificate of a CA, for a ledger.
pub fn place() -> (TempDir, CertAuthority) {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("rootCA.pem"), read(&format!("{PROGRAM}/ca/rootCA.pem")))
        .unwrap();
    (place, ca(PROGRAM, "ca"))
}

pub fn open(place: &TempDir, ca: &CertAuthority) -> Ledger {
    let nothing = AuditDirectory::in_home(None);
    Ledger::open(place.path(), ca.fingerprint(), &nothing, now()).unwrap().0
}

pub fn sign(writing: &Writing<'_>, ca: &CertAuthority, name: &str) -> SignedApproval {
    sign_for(&profile(), writing, ca, name)
}

fn sign_for(
    profile: &ProjectProfile,
    writing: &Writing<'_>,
    ca: &CertAuthority,
    name: &str,
) -> SignedApproval {
    let zip = request_zip(PROGRAM, name);
    let request = UnverifiedRequest::read(&zip, "the request zip").unwrap().verify().unwrap();
    let admitted = AdmittedRequest::admit(request, ca, profile).unwrap();
    ca.sign(writing.clear(admitted, false, now()).unwrap(), 30, now()).unwrap()
}

#[test]
fn several_approvals_are_under_one_signature() {
    let (place, ca) = place();
    let mut ledger = open(&place, &ca);
    let mut serials = Vec::new();
    for _ in 0..2 {
        let mut writing = ledger.begin().unwrap();
        for (name, _, _) in PARTICIPANTS {
            let approval = sign(&writing, &ca, name);
            writing.record(approval, now()).unwrap();
        }
        writing.checkpoint(&ca, now()).unwrap();
        let recorded = writing.commit().unwrap();
        assert_eq!(recorded.len(), PARTICIPANTS.len());
        serials.extend(recorded.iter().map(|one| one.approval().certificate().serial()));
    }
    // The second time everybody got the same again, and nothing was added.
    let (first, second) = serials.split_at(PARTICIPANTS.len());
    assert_eq!(first, second);
    let verified = LedgerView::open(place.path()).unwrap().verify().unwrap();
    assert_eq!(verified.entries, 5);
    assert_eq!((verified.signed, verified.checkpoints), (5, 1));
    assert_eq!(verified.last_checkpoint, Some(now()));
}

/// Who approves the same request for another way to connect says something else.
#[test]
fn an_approval_that_says_something_else_is_recorded() {
    let (place, ca) = place();
    let mut ledger = open(&place, &ca);
    let other = ProjectProfile::parse(PROFILE.replace("8003", "8004").as_bytes(), "it").unwrap();
    for (profile, entries) in [(profile(), 1), (profile(), 1), (other, 2)] {
        let writing = ledger.begin().unwrap();
        let approval = sign_for(&profile, &writing, &ca, "hospital-a");
        writing.commit_one(approval, &ca, now()).unwrap();
        let verified = LedgerView::open(place.path()).unwrap().verify().unwrap();
        assert_eq!(verified.entries, entries);
    }
}

#[test]
fn a_first_approval_that_fails_leaves_no_ledger() {
    let (place, ca) = place();
    let names = || {
        let entries = place.path().read_dir().unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
    };
    let mut ledger = open(&place, &ca);
    let mut writing = ledger.begin().unwrap();
    let approval = sign(&writing, &ca, "hospital-a");
    writing.record(approval, now()).unwrap();
    drop(writing);
    drop(ledger);
    assert_eq!(names(), ["rootCA.pem"]);
    let mut ledger = open(&place, &ca);
    let writing = ledger.begin().unwrap();
    let approval = sign(&writing, &ca, "hospital-a");
    writing.commit_one(approval, &ca, now()).unwrap();
    assert!(place.path().join("ledger.db").exists());
}
