//! What is refused: with which code, exit status and reason, and that nothing on the disk changes.
//!
//! Each table has one defect a row. Every row starts from a fresh copy of a good machine, on which
//! the same command would succeed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

/// A file of the library's test vectors.
macro_rules! vector {
    ($path:literal) => {
        include_bytes!(concat!("../../../flarekit/tests/vectors/", $path))
    };
}

mod approve_ca;
mod approve_options;
mod approve_zip;
mod attacks;
mod folders;
mod hints;
mod init;
mod interrupted;
mod package_local;
mod package_zip;
mod renew;
mod request;
mod withdraw;

use common::disk::{changes, copy, disk};
use common::{Machine, Sandbox};

/// What is wrong, the command, how to make it wrong, and the refusal: code, exit status, reason.
pub type Row = (&'static str, &'static str, fn(&Machine), (&'static str, i32, &'static str));

/// Tries every row on a copy of the machine, and reports all that went otherwise.
#[track_caller]
pub fn try_all(sandbox: &Sandbox, good: &Machine, rows: &[Row]) {
    let otherwise: Vec<String> =
        rows.iter().filter_map(|row| attempt(sandbox, good, row)).collect();
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

fn attempt(sandbox: &Sandbox, good: &Machine, row: &Row) -> Option<String> {
    let (what, line, change, (code, exit, reason)) = row;
    let machine = sandbox.machine("bad");
    copy(&good.cwd, &machine.cwd);
    change(&machine);
    let root = machine.cwd.parent()?.to_owned();
    let before = disk(&root);
    let (found, status, why) = machine.refused(line);
    let changed = changes(&before, &disk(&root));
    std::fs::remove_dir_all(root).unwrap();
    let seen = (found.as_str(), status, why.as_deref().unwrap_or(""));
    if seen != (*code, *exit, *reason) {
        return Some(format!("{what}: {line}: {seen:?}, not {:?}", (code, exit, reason)));
    }
    (!changed.is_empty()).then(|| format!("{what}: {line}: changed {changed:?}"))
}
