//! What is found in the artifacts of both programs at a time that the tests hand in.

use std::path::Path;

use flarekit::approval::{RootTrust, UnverifiedApproval};
use flarekit::inspect::inspect;
use flarekit::kit::ProdDir;
use flarekit::time::Timestamp;
use flarekit::verify::{CheckedKit, Checks, Outcome, check_kit};

use crate::approvals::plan_of;
use crate::vectors::{PARTICIPANTS, PROGRAMS, now, path, recorded, signed_zip};

/// The kit that a program's approval becomes.
fn kit_of(place: &Path, program: &str, name: &str, looked_at: Timestamp) -> CheckedKit {
    let trust = RootTrust::Pinned(recorded(program));
    let zip = signed_zip(program, name);
    let approval =
        UnverifiedApproval::read(&zip, "the signed zip").unwrap().verify(trust, now()).unwrap();
    let identity = approval.identity();
    let version = approval.deploy_version();
    let prod = ProdDir::open(place, &identity.project, &version, approval.fingerprint()).unwrap();
    let plan = plan_of(program, name, &approval);
    let kit = prod.install(&plan, &identity.name, true, now()).unwrap();
    check_kit(&kit.path, trust, looked_at).unwrap()
}

fn names(checks: &Checks, outcome: Outcome) -> Vec<&'static str> {
    checks.with(outcome).map(|check| check.name).collect()
}

#[test]
fn kits_for_the_approvals_of_both_programs_are_good() {
    for (program, _) in PROGRAMS {
        let place = tempfile::tempdir().unwrap();
        for (name, org, cert_type) in PARTICIPANTS {
            let kit = kit_of(place.path(), program, name, now());
            assert_eq!(names(&kit.checks, Outcome::Failed), [""; 0], "{program} {name}");
            assert_eq!(names(&kit.checks, Outcome::Warning), [""; 0], "{program} {name}");
            assert_eq!(kit.facts["name"], name);
            assert_eq!(
                (&kit.facts["org"], &kit.facts["cert_type"]),
                (&org.into(), &cert_type.into())
            );
        }
    }
}

#[test]
fn a_kit_that_is_good_today_ends_with_its_certificate() {
    let day = 24 * 60 * 60;
    let place = tempfile::tempdir().unwrap();
    for (days, outcome) in [(0, Outcome::Ok), (1080, Outcome::Warning), (1096, Outcome::Failed)] {
        let later = Timestamp::from_unix(now().to_unix() + days * day);
        let kit = kit_of(place.path(), "reference-2.9.0", "hospital-a", later);
        assert!(names(&kit.checks, outcome).contains(&"dates"), "{days}: {:?}", kit.checks);
    }
}

#[test]
fn folders_and_zips_of_both_programs_are_shown_without_a_problem() {
    for (program, _) in PROGRAMS {
        for (name, _, _) in PARTICIPANTS {
            for (file, artifact) in [
                (format!("requests/{name}"), "request folder"),
                (format!("requests/{name}/{name}.request.zip"), "request zip"),
                (format!("signed/{name}.signed.zip"), "signed zip"),
                ("ca".to_owned(), "CA directory"),
            ] {
                let found = inspect(&path(&format!("{program}/{file}")), now()).unwrap();
                assert_eq!(found.artifact, artifact, "{program} {file}");
                assert_eq!(names(&found.checks, Outcome::Failed), [""; 0], "{program} {file}");
            }
        }
    }
}
