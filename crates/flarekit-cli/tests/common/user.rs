//! A user without root's rights, for tests that root runs.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{Machine, Sandbox, words};

pub const NOBODY: u32 = 65534;

pub fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0)
}

/// The command of such a user, to whom everything is given.
pub fn of_a_user(sandbox: &Sandbox, m: &Machine, line: &str) -> Command {
    let mut command = Command::new(m.flarekit().get_program());
    command.env_clear().env("HOME", &m.home).current_dir(&m.cwd).args(words(line));
    if is_root() {
        give(sandbox.path());
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn give(path: &Path) {
    lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path()));
    }
}
