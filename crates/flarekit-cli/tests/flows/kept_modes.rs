//! `package --force` gives nobody what the old kit did not, and takes over folders of any mode and
//! of any size.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::process::Output;

use crate::common::user::{NOBODY, is_root, of_a_user};
use crate::common::{Machine, Sandbox, envelope, skipped, succeeded};
use serde_json::Value;

const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";
const PROJECT: &str = "workspace/hospital_federation";
const AGAIN: &str = "package hospital-a/hospital-a.signed.zip --force";

fn machine(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    m
}

fn set_mode(m: &Machine, path: &str, mode: u32) {
    fs::set_permissions(m.path(KIT).join(path), fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(m: &Machine, path: &str) -> u32 {
    m.path(KIT).join(path).symlink_metadata().unwrap().mode() & 0o7777
}

fn assert_ok(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn what_a_site_had_closed_stays_closed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write(&format!("{KIT}/local/db.yaml"), "password: x");
    for (path, closed) in [
        ("", 0o700),
        ("startup", 0o711),
        ("local", 0o550),
        ("transfer", 0o777),
        ("startup/fed_client.json", 0o600),
        ("startup/start.sh", 0o500),
        ("local/resources.json.default", 0o640),
    ] {
        set_mode(&m, path, closed);
    }
    for _ in 0..2 {
        m.ok(AGAIN);
        for (path, closed) in [
            ("", 0o700),
            ("startup", 0o711),
            ("local", 0o750),
            ("transfer", 0o755),
            ("startup/client.crt", 0o644),
            ("startup/client.key", 0o600),
            ("startup/fed_client.json", 0o600),
            ("startup/start.sh", 0o700),
            ("local/db.yaml", 0o644),
            ("local/resources.json.default", 0o640),
        ] {
            assert_eq!(mode(&m, path), closed, "{path}: {:o}", mode(&m, path));
        }
    }
}

/// What one group may read, another may not.
#[test]
fn what_was_of_a_group_is_of_that_group_or_of_none() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    if !is_root() {
        return skipped("only root can give files to a group of its choice");
    }
    m.write(&format!("{KIT}/local/db.yaml"), "password: x");
    fs::create_dir(m.path(KIT).join("local/open")).unwrap();
    let all = [("", 0o750), ("local/db.yaml", 0o640), ("local/open", 0o2775)];
    for (path, shared) in all {
        chown(m.path(KIT).join(path), None, Some(7)).unwrap();
        set_mode(&m, path, shared);
    }
    m.ok(AGAIN);
    for (path, shared) in all {
        let group = m.path(KIT).join(path).metadata().unwrap().gid();
        assert_eq!((group, mode(&m, path)), (7, shared), "{path}");
    }
    // A user who is not in it cannot give it anything.
    let mut again = of_a_user(&sandbox, &m, &format!("{AGAIN} --format json"));
    for (path, shared) in all {
        chown(m.path(KIT).join(path), None, Some(7)).unwrap();
        set_mode(&m, path, shared);
    }
    let told = |data: &Value| {
        let all = data["warnings"].as_array().unwrap().iter();
        let told = all.filter(|warning| warning["code"] == "GROUP_NOT_KEPT");
        told.map(|warning| warning["message"].to_string()).collect::<Vec<_>>()
    };
    let message = told(&succeeded(AGAIN, &again.output().unwrap()));
    let [message] = message.as_slice() else { panic!("{message:?}") };
    assert!(message.contains(": local/db.yaml, local/open, the kit's folder. Who"), "{message}");
    for (path, alone) in [("", 0o700), ("local/db.yaml", 0o600), ("local/open", 0o755)] {
        let group = m.path(KIT).join(path).metadata().unwrap().gid();
        assert_eq!((group, mode(&m, path)), (NOBODY, alone), "{path}");
    }
    // Now nothing is lost any more.
    assert!(told(&succeeded(AGAIN, &again.output().unwrap())).is_empty());
}

#[test]
fn folders_that_are_read_only_are_taken_over() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write(&format!("{KIT}/local/policies/inner/a.json"), "{}");
    m.write(&format!("{KIT}/local/policies/b.json"), "{}");
    for (path, closed) in [("local/policies/inner", 0o500), ("local/policies", 0o555)] {
        set_mode(&m, path, closed);
    }
    for _ in 0..2 {
        assert_ok(&of_a_user(&sandbox, &m, AGAIN).output().unwrap());
        assert_eq!((mode(&m, "local/policies"), mode(&m, "local/policies/inner")), (0o555, 0o500));
        assert!(m.exists(&format!("{KIT}/local/policies/inner/a.json")));
    }
}

/// A kit that a site made read-only cannot be moved, nor one out of a folder that is.
#[test]
fn a_kit_that_cannot_be_moved_is_told_with_the_folder_and_its_mode() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for (path, folder) in [("", KIT), ("..", "workspace/hospital_federation/prod_00")] {
        set_mode(&m, path, 0o500);
        let line = format!("{AGAIN} --format json");
        let found = envelope(&line, &of_a_user(&sandbox, &m, &line).output().unwrap());
        set_mode(&m, path, 0o700);
        let expected = format!("{} has mode 0500", m.path(folder).display());
        assert!(found["message"].as_str().unwrap().contains(&expected), "{found}");
        assert_eq!(found["reason"], "FOLDER_NOT_WRITABLE");
        assert!(found["hint"].as_str().unwrap().contains("'chmod u+w'"), "{found}");
        assert_ok(&of_a_user(&sandbox, &m, AGAIN).output().unwrap());
    }
}

/// A process may have so many files open.
fn limited(m: &Machine, most: u32, line: &str) -> Output {
    let flarekit = m.flarekit().get_program().to_owned();
    let mut shell = m.program("sh");
    shell.arg("-c").arg(format!("ulimit -n {most}; exec \"$0\" {line}")).arg(flarekit);
    shell.output().unwrap()
}

#[test]
fn more_own_files_than_can_be_open_are_taken_over() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for number in 0..300 {
        m.write(&format!("{KIT}/local/custom/f{number}.py"), "pass\n");
    }
    assert_ok(&limited(&m, 128, AGAIN));
    assert_eq!(m.names(&format!("{KIT}/local/custom")).len(), 300);
}

#[test]
fn a_run_that_can_open_no_more_leaves_nothing() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for (line, folder) in [
        (AGAIN, PROJECT),
        ("cert request -p alice.yaml", ""),
        ("cert init --profile project_profile.yaml -o other", ""),
    ] {
        let mut refused = 0;
        for most in 4..40 {
            refused += u32::from(!limited(&m, most, line).status.success());
            let left = m.names(folder);
            assert!(!left.iter().any(|name| name.starts_with(".flarekit-")), "{most}: {left:?}");
        }
        assert!(refused > 5, "{line}: {refused}");
    }
}
