//! Many at once, and machines that lack something: what comes out is what runs one after another
//! give, or a clear refusal.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

mod approvals;
mod bulk;
mod folders;
mod kits;
mod machine;
mod mounts;
mod withdrawal;

use std::process::{Child, Command, Output, Stdio};

use common::{Machine, envelope, words};

/// How many run at once.
const MANY: usize = 50;

fn approve(name: &str) -> String {
    format!("cert approve {name}/{name}.request.zip -c ca --profile project_profile.yaml")
}

/// Starts all commands before it waits for any; their outcomes: "OK" or the code of the refusal.
fn at_once(m: &Machine, lines: &[String]) -> Vec<String> {
    let running: Vec<Child> = lines.iter().map(|line| start(m, line)).collect();
    let outputs = running.into_iter().map(|child| child.wait_with_output().unwrap());
    lines.iter().zip(outputs).map(|(line, output)| outcome(line, &output)).collect()
}

fn start(m: &Machine, line: &str) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("flarekit"));
    command.env_clear().env("HOME", &m.home).current_dir(&m.cwd);
    command.args(words(line)).args(["--format", "json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn outcome(line: &str, output: &Output) -> String {
    let envelope = envelope(line, output);
    envelope["error_code"].as_str().unwrap_or("OK").to_owned()
}

/// How many have this outcome.
fn count(outcomes: &[String], outcome: &str) -> usize {
    outcomes.iter().filter(|found| *found == outcome).count()
}

/// Writes a definition of each, and requests them all at once.
fn request_all(m: &Machine, names: &[String]) {
    for name in names {
        m.write(&format!("{name}.yaml"), common::SITE.replace("hospital-a", name));
    }
    let lines: Vec<String> =
        names.iter().map(|name| format!("cert request -p {name}.yaml")).collect();
    let outcomes = at_once(m, &lines);
    assert_eq!(count(&outcomes, "OK"), names.len(), "{outcomes:?}");
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("site-{number}")).collect()
}

/// Nothing unfinished is anywhere.
fn assert_no_leftovers(m: &Machine) {
    for root in [&m.cwd, &m.home] {
        let disk = common::disk::disk(root);
        let left = disk.keys().filter(|path| path.to_string_lossy().contains(".flarekit-"));
        assert_eq!(left.collect::<Vec<_>>(), [""; 0], "{root:?}");
    }
}
