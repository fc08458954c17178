//! The options of the scripts, and what they say when something is missing.

use std::fs;
use std::path::Path;

use crate::bench::{Site, read_pid, run_with_input, touch, wait_until, write_script};

#[test]
fn once_becomes_python() {
    let site = Site::client();
    for name in ["daemon_pid.fl", "pid.fl", "shutdown.fl", "restart.fl"] {
        touch(&site.state(name));
    }
    let mut child = site.command("sub_start.sh", &["--once"]).spawn().unwrap();
    site.wait_for_calls(1);
    assert_eq!(site.only_call().0, child.id());
    for name in ["daemon_pid.fl", "pid.fl", "shutdown.fl", "restart.fl"] {
        assert!(!site.state(name).exists(), "{name}");
    }
    touch(&site.fake("exit"));
    child.wait().unwrap();
}

#[test]
fn start_passes_its_arguments_on() {
    let site = Site::client();
    let status = site.command("start.sh", &["--once", "a b"]).status().unwrap();
    assert!(status.success());
    site.wait_for_calls(1);
    assert!(site.output().contains("Ignored an unknown argument: a b"));
    assert!(!site.state("daemon_pid.fl").exists());
}

#[test]
fn a_cloud_has_its_own_script() {
    let site = Site::client();
    let script = r#"printf '%s|' "$@"; exit 9"#;
    write_script(&site.kit.join("startup/azure_start.sh"), script);
    let status = site.command("start.sh", &["--cloud", "azure", "--vm", "a b"]).status().unwrap();
    assert_eq!(status.code(), Some(9));
    assert!(site.output().contains("--cloud|azure|--vm|a b|"));
}

#[test]
fn an_unusable_cloud_is_refused() {
    for (arguments, text) in [
        (["--cloud", "aws"].as_slice(), "This kit has no aws_start.sh"),
        (&["--cloud", "mars"], "--cloud takes 'azure' or 'aws', not 'mars'"),
        (&["--cloud"], "--cloud takes 'azure' or 'aws', not ''"),
    ] {
        let site = Site::client();
        let status = site.command("start.sh", arguments).status().unwrap();
        assert_eq!(status.code(), Some(1));
        assert!(site.output().contains(text), "{}", site.output());
        assert!(site.calls().is_empty());
    }
}

#[test]
fn verify_explains_a_kit_without_signatures() {
    let site = Site::client();
    let status = site.command("sub_start.sh", &["--verify"]).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(site.output().contains("this kit has no signature.json"));
    assert!(site.calls().is_empty());
}

#[test]
fn verify_asks_nvflare_about_a_kit_with_signatures() {
    let site = Site::client();
    touch(&site.kit.join("startup/signature.json"));
    touch(&site.fake("verify-fails"));
    let status = site.command("sub_start.sh", &["--verify"]).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let kit = site.kit.to_str().unwrap();
    let root = format!("{kit}/startup/rootCA.pem");
    let (_, call) = site.only_call();
    assert_eq!(call[..6], ["-m", "nvflare.tool.verify_startup_kits", "-f", kit, "-c", &root]);

    fs::remove_file(site.fake("verify-fails")).unwrap();
    assert!(site.command("start.sh", &["--verify"]).status().unwrap().success());
    site.wait_for_calls(3);
    wait_until("pid.fl", || read_pid(&site.state("pid.fl")).is_some());
}

#[test]
fn stopping_needs_a_yes() {
    for answer in ["n", "x", "\n", ""] {
        let site = Site::client();
        assert!(run_with_input(&mut site.command("stop_fl.sh", &[]), answer));
        assert!(!site.state("shutdown.fl").exists(), "{answer:?}");
        assert!(site.output().contains("Nothing was stopped."));
    }
}

#[test]
fn stopping_reads_one_key() {
    let site = Site::client();
    assert!(run_with_input(&mut site.command("stop_fl.sh", &[]), "yes please"));
    assert!(site.state("shutdown.fl").exists());
}

#[test]
fn the_console_gets_the_kit_and_the_arguments() {
    let site = Site::client();
    let status = site.command("fl_admin.sh", &["--study", "a b"]).status().unwrap();
    assert_eq!(status.code(), Some(7));
    let kit = site.kit.to_str().unwrap();
    let expected =
        ["-m", "nvflare.fuel.hci.tools.admin", "-m", kit, "-s", "fed_admin.json", "--study", "a b"];
    assert_eq!(site.only_call().1[..8], expected);
    assert!(site.kit.join("transfer").is_dir());
}

#[test]
fn a_missing_nvflare_is_named() {
    for script in ["sub_start.sh", "fl_admin.sh"] {
        let site = Site::client();
        touch(&site.fake("no-nvflare"));
        assert_eq!(site.command(script, &[]).status().unwrap().code(), Some(1));
        assert!(site.output().contains("has no NVFlare"));
        assert!(site.calls().is_empty() && !site.state("daemon_pid.fl").exists());
    }
}

#[test]
fn a_missing_python_is_named() {
    for script in ["sub_start.sh", "fl_admin.sh"] {
        let site = Site::client();
        let tools = site.path("tools");
        fs::create_dir(&tools).unwrap();
        for tool in ["bash", "dirname", "mkdir", "rm", "tr"] {
            let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
                .map(|folder| folder.join(tool))
                .find(|path| path.exists());
            std::os::unix::fs::symlink(real.unwrap(), tools.join(tool)).unwrap();
        }
        let mut command = site.command(script, &[]);
        assert_eq!(command.env("PATH", &tools).status().unwrap().code(), Some(1));
        assert!(site.output().contains("python3 was not found"), "{}", site.output());
    }
}

#[test]
fn a_kit_without_the_right_to_execute_still_starts() {
    let site = Site::client();
    for name in ["start.sh", "sub_start.sh"] {
        let path = site.kit.join("startup").join(name);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    }
    site.start(1);
    assert!(Path::new(&site.state("daemon_pid.fl")).exists());
}
