//! What is refused: with which code, exit status and reason, and that nothing on the disk changes.
//!
//! Each table has one defect a row. Every row starts from a fresh copy of a good machine, on which
//! the same command would succeed.

#[path = "../common/mod.rs"]
mod common;

/// A file of the library's test vectors.
macro_rules! vector {
    ($path:literal) => {
        include_bytes!(concat!("../../../flarekit/tests/vectors/", $path))
    };
}

mod approve_ca;
mod approve_zip;
mod init;
mod package_local;
mod package_zip;
mod request;

use common::disk::{changes, copy};
use common::{Machine, Sandbox, disk};

/// What is wrong, the command, how to make it wrong, and the refusal: code, exit status, reason.
pub type Row = (&'static str, &'static str, fn(&Machine), (&'static str, i32, &'static str));

/// Tries every row on a copy of the machine.
pub fn try_all(sandbox: &Sandbox, good: &Machine, rows: &[Row]) {
    for (number, (what, line, change, (code, exit, reason))) in rows.iter().enumerate() {
        let machine = sandbox.machine(&number.to_string());
        copy(&good.cwd, &machine.cwd);
        change(&machine);
        let root = machine.cwd.parent().unwrap().to_owned();
        let before = disk(&root);
        let (found, status, why) = machine.refused(line);
        assert_eq!(
            (found.as_str(), status, why.as_deref().unwrap_or("")),
            (*code, *exit, *reason),
            "{what}: {line}"
        );
        assert_eq!(changes(&before, &disk(&root)), [""; 0].map(std::path::PathBuf::from), "{what}");
        std::fs::remove_dir_all(root).unwrap();
    }
}
