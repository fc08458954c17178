//! Approvals of both programs, verified and packaged at a time that the tests hand in.

use flarekit::approval::{RootTrust, UnverifiedApproval, VerifiedApproval};
use flarekit::audit::AuditDirectory;
use flarekit::error::{Code, Error, Reason};
use flarekit::kit::{KitInputs, KitPlan, ProdDir};
use flarekit::request::{RequestFolder, Search};
use flarekit::time::Timestamp;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::vectors::{PARTICIPANTS, PROGRAMS, now, path, read, recorded, signed_zip};

fn verify(zip: &[u8], trust: RootTrust, now: Timestamp) -> Result<VerifiedApproval, Error> {
    UnverifiedApproval::read(zip, "the signed zip")?.verify(trust, now)
}

/// Plans the kit of a participant from the program's request folder.
pub fn plan_of(program: &str, name: &str, approval: &VerifiedApproval) -> KitPlan {
    let folder = path(&format!("{program}/requests/{name}"));
    let audit = AuditDirectory::in_home(None);
    let search = Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: Some(&folder),
        signed_zip: &folder,
        audit: &audit,
    };
    let folder = RequestFolder::find(&search).unwrap();
    let local = folder.accept(&approval.approved_request()).unwrap();
    KitPlan::new(KitInputs::new(approval, local, "python3".as_ref()).unwrap()).unwrap()
}

#[test]
fn of_two_roots_that_begin_a_deployment_at_once_one_wins() {
    let place = tempfile::tempdir().unwrap();
    let [(one, _), (other, _)] = PROGRAMS;
    // Both look before either has written anything.
    let [(first, in_first), (second, in_second)] =
        [(one, "hospital-a"), (other, "alice@hospital-alpha.org")].map(|(program, name)| {
            let zip = signed_zip(program, name);
            let approval = verify(&zip, RootTrust::Unpinned, now()).unwrap();
            let project = &approval.identity().project;
            let version = approval.deploy_version();
            let prod =
                ProdDir::open(place.path(), project, &version, approval.fingerprint()).unwrap();
            ((plan_of(program, name, &approval), approval), prod)
        });
    in_first.install(&first.0, &first.1.identity().name, false, now()).unwrap();
    let name = &second.1.identity().name;
    let refused = in_second.install(&second.0, name, false, now()).unwrap_err();
    assert_eq!(refused.code(), Code::RootcaFingerprintMismatch);
    assert_eq!(refused.reason(), Some(Reason::PackageRootFingerprint));
    let prod = place.path().join("hospital_federation/prod_00");
    assert!(prod.join("hospital-a").exists() && !prod.join(name.as_str()).exists());
}

#[test]
fn every_kit_of_a_deployment_is_looked_at() {
    let [(one, _), (other, _)] = PROGRAMS;
    let root = |program: &str| read(&format!("{program}/ca/rootCA.pem"));
    let zip = signed_zip(one, "hospital-a");
    let approval = verify(&zip, RootTrust::Unpinned, now()).unwrap();
    let (project, version) = (&approval.identity().project, approval.deploy_version());
    // What is in the last of several kits, and how the deployment is refused for it.
    type Change = fn(&Path, &[u8]);
    let mismatch = (Code::RootcaFingerprintMismatch, Some(Reason::PackageRootFingerprint));
    let unusable = |reason| (Code::RootcaLoadFailed, Some(reason));
    let changes: [(Change, _); 7] = [
        (|_, _| {}, None),
        (|kit, _| fs::remove_file(kit.join("startup/rootCA.pem")).unwrap(), None),
        (|kit, other| fs::write(kit.join("startup/rootCA.pem"), other).unwrap(), Some(mismatch)),
        (
            |kit, other| {
                fs::create_dir_all(kit.join("kit/startup")).unwrap();
                fs::write(kit.join("kit/startup/rootCA.pem"), other).unwrap();
            },
            Some(mismatch),
        ),
        (
            |kit, _| {
                let file = kit.join("startup/rootCA.pem");
                let longer = [fs::read(&file).unwrap(), b"x".to_vec()].concat();
                fs::write(file, longer).unwrap();
            },
            Some(unusable(Reason::PemMalformed)),
        ),
        (
            |kit, _| {
                fs::rename(kit.join("startup/rootCA.pem"), kit.join("root")).unwrap();
                symlink("../root", kit.join("startup/rootCA.pem")).unwrap();
            },
            Some(unusable(Reason::NotAPlainFile)),
        ),
        (
            |kit, _| {
                fs::rename(kit.join("startup"), kit.join("moved")).unwrap();
                symlink("moved", kit.join("startup")).unwrap();
            },
            Some(unusable(Reason::NotADirectory)),
        ),
    ];
    for (at, (change, refused)) in changes.into_iter().enumerate() {
        let place = tempfile::tempdir().unwrap();
        let prod = place.path().join("hospital_federation/prod_00");
        for kit in ["site-1", "site-2", "site-3"] {
            fs::create_dir_all(prod.join(kit).join("startup")).unwrap();
            fs::write(prod.join(kit).join("startup/rootCA.pem"), root(one)).unwrap();
        }
        change(&prod.join("site-3"), &root(other));
        let opened = ProdDir::open(place.path(), project, &version, approval.fingerprint());
        let found = opened.err().map(|error| (error.code(), error.reason()));
        assert_eq!(found, refused, "change {at}");
    }
}

#[test]
fn approvals_of_both_programs_become_kits() {
    for (program, _) in PROGRAMS {
        for (name, _, cert_type) in PARTICIPANTS {
            let trust = RootTrust::Pinned(recorded(program));
            let approval = verify(&signed_zip(program, name), trust, now()).unwrap();
            assert_eq!(approval.identity().cert_type.as_str(), cert_type);
            assert_eq!(approval.deploy_version().as_str(), "00");
            assert_eq!(approval.connection().server.host.as_str(), "server1.hospital-central.org");

            let plan = plan_of(program, name, &approval);
            let (certificate, key) = plan.credentials();
            let planned = |path: &str| {
                let file = plan.files().iter().find(|file| file.path.ends_with(path)).unwrap();
                (file.bytes.to_vec(), file.mode)
            };
            assert_eq!(planned(certificate), (approval.certificate_pem().to_vec(), 0o644));
            let key_file = read(&format!("{program}/requests/{name}/{name}.key"));
            assert_eq!(planned(key), (key_file, 0o600));
            let root = read(&format!("{program}/ca/rootCA.pem"));
            assert_eq!(planned("startup/rootCA.pem"), (root, 0o644));
        }
    }
}

#[test]
fn an_approval_is_valid_from_its_first_to_its_last_second() {
    for (program, _) in PROGRAMS {
        let zip = signed_zip(program, "hospital-a");
        let refused = |at| {
            verify(&zip, RootTrust::Unpinned, at).err().map(|error| (error.code(), error.reason()))
        };
        let approval = verify(&zip, RootTrust::Unpinned, now()).unwrap();
        let certificate = approval.certificate();
        let (first, last) = (certificate.not_before(), certificate.not_after());
        let second = |at: Timestamp, more: u64| Timestamp::from_unix(at.to_unix() + more);
        assert_eq!(refused(first), None, "{program}");
        assert_eq!(refused(last), None, "{program}");
        assert_eq!(refused(second(last, 1)), Some((Code::CertExpired, None)), "{program}");
        let before_root = first.minus_seconds(3600);
        let too_early = Some((Code::CertNotYetValid, Some(Reason::RootNotYetValid)));
        assert_eq!(refused(before_root), too_early, "{program}");
        let after_root = second(last, 8 * 365 * 86_400);
        let too_late = Some((Code::CertExpired, Some(Reason::RootExpired)));
        assert_eq!(refused(after_root), too_late, "{program}");
    }
}

#[test]
fn a_root_is_pinned_to_its_own_fingerprint() {
    let [(one, _), (other, _)] = PROGRAMS;
    for (zip, pin) in [(one, other), (other, one)] {
        let trust = RootTrust::Pinned(recorded(pin));
        let error = verify(&signed_zip(zip, "hospital-a"), trust, now()).unwrap_err();
        assert_eq!(error.code(), Code::RootcaFingerprintMismatch);
        assert_eq!(error.reason(), Some(Reason::ExpectedFingerprint));
    }
}

/// One program's approval does not fit the other's request folder.
#[test]
fn a_request_folder_fits_its_own_approval_only() {
    let approval = verify(
        &signed_zip("reference-2.9.0", "hospital-a"),
        RootTrust::Pinned(recorded("reference-2.9.0")),
        now(),
    )
    .unwrap();
    let folder = path("flarekit-0.1.0/requests/hospital-a");
    let audit = AuditDirectory::in_home(None);
    let search = Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: Some(&folder),
        signed_zip: &folder,
        audit: &audit,
    };
    let refused = RequestFolder::find(&search).err().unwrap();
    assert_eq!(refused.code(), Code::RequestDirMismatch);
}
