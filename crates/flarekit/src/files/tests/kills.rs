//! Processes of their own: other umasks, and a sudden death.

use super::{mode, names, scratch};
use crate::files::{StagedDir, make_dirs, sweep, write_new};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const DIRECTORY: &str = "FLAREKIT_TEST_DIRECTORY";

/// This test program again, running one test under a umask, in a directory of ours.
fn again(test: &str, umask: &str, directory: &Path) -> Command {
    let room = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask \"$1\"; exec \"$0\" --exact \"$2\" --nocapture"])
        .arg(env::current_exe().unwrap())
        .args([umask, &format!("{room}::{test}")])
        .env(DIRECTORY, directory)
        .stdout(Stdio::null());
    command
}

/// Set if this is the test program running again.
fn directory() -> Option<PathBuf> {
    env::var_os(DIRECTORY).map(PathBuf::from)
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    if let Some(dir) = directory() {
        write_new(&dir.join("public"), b"", 0o644).unwrap();
        write_new(&dir.join("secret"), b"", 0o600).unwrap();
        make_dirs(&dir.join("a/b"), 0o755).unwrap().keep();
        let staged = StagedDir::create(&dir, 0o755).unwrap();
        staged.make_dir(Path::new("startup"), 0o755).unwrap();
        staged.write(Path::new("startup/start.sh"), b"", 0o755).unwrap();
        staged.publish(&dir.join("site"), 0o755).unwrap();
        return;
    }
    for umask in ["000", "022", "077", "177"] {
        let dir = scratch();
        let status = again("modes_do_not_depend_on_the_umask", umask, dir.path()).status();
        assert!(status.unwrap().success(), "umask {umask}");
        for (name, expected) in [
            ("public", 0o644),
            ("secret", 0o600),
            ("a", 0o755),
            ("a/b", 0o755),
            ("site", 0o755),
            ("site/startup", 0o755),
            ("site/startup/start.sh", 0o755),
        ] {
            assert_eq!(mode(&dir.path().join(name)), expected, "{name}, umask {umask}");
        }
    }
}

#[test]
fn what_a_killed_run_leaves_is_swept() {
    if let Some(dir) = directory() {
        let staged = StagedDir::create(&dir, 0o755).unwrap();
        staged.write(Path::new("client.key"), b"key", 0o600).unwrap();
        // As if killed: no destructor runs.
        std::process::abort();
    }
    let dir = scratch();
    let status = again("what_a_killed_run_leaves_is_swept", "022", dir.path())
        .stderr(Stdio::null())
        .status();
    assert!(!status.unwrap().success());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    sweep(dir.path());
    assert_eq!(names(dir.path()), [""; 0]);
}
