//! Sudden deaths and refusals of the system, at every change of the disk that a command makes.
//!
//! The program under test is built with the feature `test-hooks`: its fault points number the
//! changes, and the environment says at which one it is killed, or which error it gets.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

/// A test a scenario, so that they run side by side.
macro_rules! each_scenario {
    ($try:ident) => {
        crate::each_scenario!($try:
            init = 0, init_into_a_folder = 1, init_over_a_ca = 2,
            request = 3, request_into_a_folder = 4, request_over_a_request = 5,
            renewal = 6, approve = 7, approve_over_an_approval = 8, approve_many = 9,
            package = 10, package_beside_a_kit = 11, package_over_a_kit = 12,
            deny = 13, revoke = 14, crl = 15, crl_over_a_list = 16
        );
    };
    ($try:ident: $($name:ident = $index:literal),+) => {
        $(
            #[test]
            fn $name() {
                $try(&crate::scenarios::ALL[$index]);
            }
        )+
        #[test]
        fn every_scenario_is_tried() {
            assert_eq!([$($index),+].len(), crate::scenarios::ALL.len());
        }
    };
}
use each_scenario;

mod kills;
mod order;
mod page;
mod refusals;
mod scenarios;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::disk::{Disk, Entry, copy, disk};
use common::{Machine, Sandbox, words};
use scenarios::Scenario;

/// Where the clock of the program under test stands: 2026-11-24T06:00:00Z.
const NOW: &str = "1795500000";

/// A machine that can be brought back to how a scenario begins. Its path stays the same, because
/// records hold it.
struct Stage {
    _sandbox: Sandbox,
    machine: Machine,
    pristine: PathBuf,
    root: PathBuf,
    before: Disk,
}

impl Stage {
    fn new(scenario: &Scenario) -> Self {
        let sandbox = Sandbox::in_memory();
        let mut machine = sandbox.seeded("m");
        machine.clock = Some(NOW);
        (scenario.prepare)(&machine);
        let root = sandbox.path().join("m");
        let pristine = sandbox.path().join("pristine");
        copy(&root, &pristine);
        let before = disk(&root);
        Self { _sandbox: sandbox, machine, pristine, root, before }
    }

    fn restore(&self) {
        fs::remove_dir_all(&self.root).unwrap();
        copy(&self.pristine, &self.root);
    }

    /// Does something, and then makes everything as it was before.
    fn undone<T>(&self, work: impl FnOnce() -> T) -> T {
        let saved = self.root.with_file_name("saved");
        // With second links as they are: a roll-back goes by them.
        let mut copy = std::process::Command::new("cp");
        assert!(copy.arg("-a").args([&self.root, &saved]).status().unwrap().success());
        let result = work();
        fs::remove_dir_all(&self.root).unwrap();
        fs::rename(saved, &self.root).unwrap();
        result
    }

    /// Runs a command with something set in its environment.
    fn run(&self, line: &str, environment: &[(&str, &str)]) -> Output {
        let mut command = self.machine.flarekit();
        command.envs(environment.iter().copied());
        command.args(words(line)).args(["--format", "json"]).output().unwrap()
    }

    /// The points that the scenario's command passes: number, change and path of each.
    fn points(&self, scenario: &Scenario) -> Vec<Point> {
        self.restore();
        let trace = self.root.with_file_name("trace");
        let output = self.run(scenario.line, &[("FLAREKIT_TEST_TRACE", trace.to_str().unwrap())]);
        assert!(output.status.success(), "{}: {output:?}", scenario.name);
        let text = fs::read_to_string(&trace).unwrap();
        fs::remove_file(&trace).unwrap();
        let points: Vec<Point> = text.lines().zip(1..).map(Point::read).collect();
        assert!(points.len() > 4, "{}: {text}", scenario.name);
        points
    }

    fn now(&self) -> Disk {
        disk(&self.root)
    }
}

/// A change of the disk.
struct Point {
    number: usize,
    change: String,
    /// Of a rename and a link: the old path.
    from: PathBuf,
    path: PathBuf,
}

impl Point {
    fn read((line, number): (&str, usize)) -> Self {
        let mut parts = line.split('\t');
        let (change, from) = (parts.next().unwrap(), parts.next().unwrap());
        let path = parts.next().unwrap_or(from).into();
        Self { number, change: change.to_owned(), from: from.into(), path }
    }
}

/// Whether a path is inside what is not finished: a private directory or file with a random name.
fn is_unfinished(path: &Path) -> bool {
    path.iter().any(|part| part.to_string_lossy().starts_with(".flarekit-"))
}

/// Names what is wrong with the places of private keys.
fn misplaced_keys(disk: &Disk, unfinished_allowed: bool) -> Vec<String> {
    let holds_key = |entry: &Entry| match entry {
        Entry::File(_, bytes) => bytes.windows(11).any(|window| window == b"PRIVATE KEY"),
        _ => false,
    };
    let keys = disk.iter().filter(|(path, entry)| path.is_relative() && holds_key(entry));
    keys.filter_map(|(path, entry)| {
        let Entry::File(mode, _) = entry else { return None };
        let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
        let at_home = match parts.as_slice() {
            _ if is_unfinished(path) => unfinished_allowed,
            ["work", "ca", "rootCA.key"] | ["work", "ca", ".bak", _, "rootCA.key"] => true,
            ["work", "ca", ..] => false,
            ["work", _, key] | ["work", _, ".bak", _, key] => key.ends_with(".key"),
            ["work", _, "hospital_federation", "prod_00", _, "startup", "client.key"] => true,
            ["work", _, "hospital_federation", ".bak", "prod_00", _, "startup", "client.key"] => {
                true
            }
            _ => false,
        };
        let private = *mode == 0o600 && (!is_unfinished(path) || hidden_is_private(disk, path));
        (!at_home || !private).then(|| format!("a key in {} with mode {mode:o}", path.display()))
    })
    .collect()
}

/// Whether the unfinished directory of a path lets nobody else in, or has its final mode already.
fn hidden_is_private(disk: &Disk, path: &Path) -> bool {
    let hidden = path.ancestors().filter(|ancestor| is_unfinished(ancestor)).last();
    hidden.and_then(|path| disk.get(path)).is_some_and(|entry| match entry {
        Entry::Directory(mode) => [0o1700, 0o700, 0o755].contains(mode),
        Entry::File(mode, _) => *mode == 0o600,
        _ => false,
    })
}
