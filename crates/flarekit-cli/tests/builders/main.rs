//! Builders of a site's own: what they get, what is accepted of what they leave, and what is said
//! when they fail. No Python is needed here; the real NVFlare has its turn in `interop/`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

mod native;
mod programs;
mod python;
mod results;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use common::disk::{changes, disk};
use common::{Machine, SITE, Sandbox};

/// The kit that is made.
pub const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";
/// The command that makes it.
pub const PACKAGE: &str = "package hospital-a/hospital-a.signed.zip";

/// A machine whose site is approved, with this `builders:` block in its definition.
pub fn approved(sandbox: &Sandbox, builders: &str) -> Machine {
    let m = sandbox.seeded("m");
    m.write(
        "hospital-a.yaml",
        format!("{SITE}    team: {{blue: [1, 'x']}}\nbuilders:\n{builders}"),
    );
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    m
}

/// Makes a script that can be run.
pub fn script(m: &Machine, relative: &str, text: &str) -> PathBuf {
    m.write(relative, format!("#!/bin/sh\n{text}\n"));
    let path = m.path(relative);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Packages in vain: the refusal, what was printed for people, and that the disk is as it was.
#[track_caller]
pub fn refused(m: &Machine, line: &str) -> (common::Refusal, String) {
    let before = disk(m.cwd.parent().unwrap());
    let refusal = m.refused(line);
    let changed = changes(&before, &disk(m.cwd.parent().unwrap()));
    assert!(changed.is_empty(), "{line}: changed {changed:?}");
    (refusal, errors(&m.run(line)))
}

/// What was printed for people.
pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A refusal with its reason.
pub fn refusal(code: &str, exit: i32, reason: &str) -> common::Refusal {
    (code.to_owned(), exit, Some(reason.to_owned()))
}
