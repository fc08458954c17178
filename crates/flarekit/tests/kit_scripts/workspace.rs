//! Where a site keeps its logs and state.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::bench::{Site, run_with_input, wait_until};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Starts the site with this workspace, and waits until Python runs.
fn start_in(site: &Site, script: &Path, workspace: &Path) {
    let mut command = site.command_at(script, &[]);
    assert!(command.env("NVFL_WORKSPACE", workspace).status().unwrap().success());
    site.wait_for_calls(1);
}

/// What a start in this workspace says when it refuses.
fn refusal(site: &Site, workspace: &Path) -> String {
    let mut command = site.command("sub_start.sh", &[]);
    assert_eq!(command.env("NVFL_WORKSPACE", workspace).status().unwrap().code(), Some(1));
    assert!(site.calls().is_empty());
    site.output()
}

#[test]
fn another_workspace_gets_a_private_copy_of_the_kit() {
    let site = Site::client();
    let workspace = site.path("moved");
    let key = site.kit.join("startup/client.key");
    fs::write(&key, "key").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(site.kit.join("local"), fs::Permissions::from_mode(0o555)).unwrap();
    start_in(&site, &site.kit.join("startup/start.sh"), &workspace);
    let (_, call) = site.only_call();
    assert_eq!(call[4], workspace.to_str().unwrap());
    for name in ["startup", "local"] {
        let target = fs::read_link(workspace.join(name)).unwrap();
        assert_eq!(target, workspace.join("kit").join(name));
    }
    assert_eq!((mode(&workspace), mode(&workspace.join("kit"))), (0o700, 0o700));
    assert_eq!(mode(&workspace.join("kit/startup/client.key")), 0o600);
    // As it was, and removable by the next start.
    assert_eq!(mode(&workspace.join("kit/local")), 0o755);
    wait_until("daemon_pid.fl", || workspace.join("daemon_pid.fl").exists());
    assert!(!site.state("daemon_pid.fl").exists() && !site.state("transfer").exists());
}

#[test]
fn a_relative_workspace_is_made_absolute() {
    let site = Site::client();
    start_in(&site, &site.kit.join("startup/start.sh"), Path::new("moved//"));
    assert_eq!(site.only_call().1[4], site.path("moved").to_str().unwrap());
}

#[test]
fn a_new_start_brings_a_new_copy() {
    let site = Site::client();
    let workspace = site.path("moved");
    fs::create_dir_all(workspace.join("kit/startup")).unwrap();
    fs::write(workspace.join("kit/startup/old"), "").unwrap();
    std::os::unix::fs::symlink(workspace.join("kit/startup"), workspace.join("startup")).unwrap();
    start_in(&site, &site.kit.join("startup/start.sh"), &workspace);
    assert!(workspace.join("startup/start.sh").exists());
    assert!(!workspace.join("startup/old").exists());
}

#[test]
fn the_copy_does_not_replace_itself() {
    let site = Site::client();
    let workspace = site.path("moved");
    fs::create_dir(&workspace).unwrap();
    fs::rename(&site.kit, workspace.join("kit")).unwrap();
    start_in(&site, &workspace.join("kit/startup/start.sh"), &workspace);
    assert!(workspace.join("startup/start.sh").exists());
    assert_eq!(site.only_call().1[4], workspace.to_str().unwrap());
}

#[test]
fn the_kit_by_another_spelling_is_not_copied() {
    let site = Site::client();
    let link = site.path("link");
    std::os::unix::fs::symlink(&site.kit, &link).unwrap();
    start_in(&site, &site.kit.join("startup/start.sh"), &link);
    assert!(!site.kit.join("kit").exists());
    assert!(site.kit.join("startup/start.sh").exists());
}

#[test]
fn another_kit_is_no_workspace() {
    let site = Site::client();
    let other = site.path("other");
    fs::create_dir_all(other.join("startup")).unwrap();
    fs::write(other.join("startup/client.key"), "key").unwrap();
    assert!(refusal(&site, &other).contains("it is another kit"));
    assert!(other.join("startup/client.key").exists());
}

#[test]
fn a_folder_inside_the_kit_is_no_workspace() {
    let site = Site::client();
    assert!(refusal(&site, &site.kit.join("work")).contains("must not lie inside the kit"));
}

#[test]
fn the_root_folder_is_no_workspace() {
    for root in ["/", "//", "/."] {
        let site = Site::client();
        assert!(refusal(&site, Path::new(root)).contains("must be a folder of its own"));
        let mut stop = site.command("stop_fl.sh", &[]);
        assert!(!run_with_input(stop.env("NVFL_WORKSPACE", root), "y"));
    }
    assert!(!Path::new("/shutdown.fl").exists());
}

#[test]
fn an_empty_variable_means_the_kit() {
    let site = Site::client();
    start_in(&site, &site.kit.join("startup/start.sh"), Path::new(""));
    assert_eq!(site.only_call().1[4], site.kit.to_str().unwrap());
}

#[test]
fn stopping_follows_the_workspace() {
    let site = Site::client();
    let workspace = site.path("moved");
    let mut stop = site.command("stop_fl.sh", &[]);
    assert!(run_with_input(stop.env("NVFL_WORKSPACE", &workspace), "Y"));
    assert!(workspace.join("shutdown.fl").exists() && !site.state("shutdown.fl").exists());
    assert!(site.output().contains("nothing that runs is recorded"));
}
