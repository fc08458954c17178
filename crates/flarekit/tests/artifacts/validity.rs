//! When certificates are valid (D17 and D18): backdated five minutes, never outside the root's
//! time, and said when cut short.

use std::path::Path;

use flarekit::ca::{CertAuthority, CreateCa};
use flarekit::error::{Code, Reason};
use flarekit::names::{DeployVersion, ProjectName};
use flarekit::time::Timestamp;
use tempfile::TempDir;

use crate::vectors::{approve, codes, now, request_zip};

const FIVE_MINUTES: u64 = 300;

/// A CA made at [`now`], for so many days.
fn new_ca(days: u32) -> (TempDir, CertAuthority) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("ca");
    let request = CreateCa {
        project: ProjectName::parse("hospital_federation").unwrap(),
        org: None,
        valid_days: days,
        deploy_version: DeployVersion::default(),
        profile: Path::new("/federation/project_profile.yaml"),
        directory: &directory,
        force: false,
    };
    request.create(now()).unwrap();
    let ca = CertAuthority::open(&directory, &mut || Ok(None)).unwrap().0;
    (folder, ca)
}

fn later(seconds: u64) -> Timestamp {
    Timestamp::from_unix(now().to_unix() + seconds)
}

#[test]
fn certificates_are_backdated_but_not_beyond_the_root() {
    let (_folder, ca) = new_ca(3650);
    assert_eq!(ca.certificate().not_before(), now().minus_seconds(FIVE_MINUTES));
    assert_eq!(ca.certificate().not_after(), now().plus_days(3650).unwrap());
    let zip = request_zip("flarekit-0.1.0", "hospital-a");
    for (at, not_before) in [
        (later(3600), later(3600 - FIVE_MINUTES)),
        (now(), now().minus_seconds(FIVE_MINUTES)),
        (now().minus_seconds(60), now().minus_seconds(FIVE_MINUTES)),
    ] {
        let approval = approve(&zip, &ca, 30, at).unwrap();
        assert_eq!(approval.certificate().not_before(), not_before);
        assert_eq!(approval.certificate().not_after(), at.plus_days(30).unwrap());
        assert_eq!(codes(approval.warnings()), [""; 0]);
    }
}

#[test]
fn a_certificate_ends_with_its_root_and_says_so() {
    let (_folder, ca) = new_ca(10);
    let zip = request_zip("flarekit-0.1.0", "hospital-a");
    let end = ca.certificate().not_after();
    for days in [11, 1095, u32::MAX] {
        let approval = approve(&zip, &ca, days, now()).unwrap();
        assert_eq!(approval.certificate().not_after(), end);
        assert_eq!(codes(approval.warnings()), ["VALIDITY_CLIPPED"]);
        assert!(approval.warnings()[0].message.contains(&end.to_string()));
    }
    let asked = now().plus_days(11).unwrap().to_string();
    assert!(approve(&zip, &ca, 11, now()).unwrap().warnings()[0].message.contains(&asked));
    assert_eq!(codes(approve(&zip, &ca, 10, now()).unwrap().warnings()), [""; 0]);
}

#[test]
fn a_root_signs_only_while_it_is_valid() {
    let (_folder, ca) = new_ca(10);
    let zip = request_zip("flarekit-0.1.0", "hospital-a");
    let refused = |at| approve(&zip, &ca, 1, at).err().map(|error| (error.code(), error.reason()));
    let root = ca.certificate();
    assert_eq!(refused(root.not_before()), None);
    assert_eq!(refused(root.not_after()), None);
    let code = Code::CertSigningFailed;
    let early = root.not_before().minus_seconds(1);
    assert_eq!(refused(early), Some((code, Some(Reason::RootNotYetValid))));
    assert_eq!(refused(later(10 * 86_400 + 1)), Some((code, Some(Reason::RootExpired))));
}
