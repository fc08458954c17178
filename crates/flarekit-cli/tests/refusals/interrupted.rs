//! Folders in which a run died that was putting files there: it is said that they are not finished,
//! and what finishes them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::common::disk::{changes, disk};
use crate::common::user::of_a_user;
use crate::common::{Machine, Sandbox, envelope};

const STAGING: &str = "ca/.flarekit-0123456789abcdef";
const FILES: [&str; 3] = ["rootCA.pem", "rootCA.key", "ca.json"];

/// What `cert init` leaves when it is killed after so many of its files are in their place.
fn half_a_ca(m: &Machine, placed: usize) {
    m.init();
    fs::create_dir_all(m.path(STAGING).join("second")).unwrap();
    for (number, name) in FILES.into_iter().enumerate() {
        let (file, staging) = (m.path("ca").join(name), m.path(STAGING));
        fs::hard_link(&file, staging.join(name)).unwrap();
        if number >= placed {
            fs::rename(&file, staging.join("second").join(name)).unwrap();
        }
    }
    m.write(&format!("{STAGING}/publishing"), "");
    fs::set_permissions(m.path(STAGING), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn inspect_says_that_a_ca_is_unfinished_and_repeating_init_finishes_it() {
    for placed in 0..=3 {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded("m");
        half_a_ca(&m, placed);
        let before = disk(&m.cwd);
        let output = m.flarekit().args(["inspect", "ca", "--format", "json"]).output().unwrap();
        let found = envelope("inspect", &output);
        let said = match found["data"]["problems"].get(0) {
            Some(problem) => problem.to_string(),
            None => format!("{} {}", found["message"], found["hint"]),
        };
        assert!(said.contains("was interrupted: repeat that command"), "{placed}: {found}");
        assert!(changes(&before, &disk(&m.cwd)).is_empty(), "inspect changed something");
        let again = m.refused("cert init --profile project_profile.yaml -o ca");
        assert_eq!(again.0, "CA_ALREADY_EXISTS", "it is finished");
        assert_eq!(m.ok("inspect ca")["problems"].as_array().unwrap().len(), 0, "{placed}");
    }
}

#[test]
fn a_half_ca_that_may_not_be_written_needs_no_backup() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    half_a_ca(&m, 2);
    m.ok("cert request -p hospital-a.yaml");
    fs::set_permissions(m.path("ca"), Permissions::from_mode(0o500)).unwrap();
    let zip = "hospital-a/hospital-a.request.zip";
    for line in [
        &format!("cert approve {zip} -c ca --profile project_profile.yaml"),
        &format!("cert deny {zip} -c ca --reason unknown"),
        "cert revoke hospital-a -c ca --reason superseded",
        "cert crl -c ca",
        "cert list -c ca",
        "cert init --profile project_profile.yaml -o ca",
    ] {
        let output = of_a_user(&sandbox, &m, &format!("{line} --format json")).output().unwrap();
        let found = envelope(line, &output);
        assert_eq!(found["reason"], "FOLDER_UNFINISHED", "{line}: {found}");
        assert!(found["message"].as_str().unwrap().contains("make it writable"), "{line}: {found}");
        assert!(!found["hint"].as_str().unwrap().contains("backup"), "{line}: {found}");
    }
    fs::set_permissions(m.path("ca"), Permissions::from_mode(0o700)).unwrap();
    let line = format!("cert approve {zip} -c ca --profile project_profile.yaml");
    assert!(of_a_user(&sandbox, &m, &line).output().unwrap().status.success());
}

/// Only what a dead run left lies in it, and all of the CA is there.
#[test]
fn what_cannot_be_removed_any_more_is_in_nobodys_way() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    half_a_ca(&m, 3);
    fs::set_permissions(m.path("ca"), Permissions::from_mode(0o500)).unwrap();
    let line = "cert init --profile project_profile.yaml -o ca --format json";
    let found = envelope(line, &of_a_user(&sandbox, &m, line).output().unwrap());
    assert_eq!(found["error_code"], "CA_ALREADY_EXISTS", "{found}");
}
