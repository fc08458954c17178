//! The library's invalid vectors through the real program: each is refused with its code, exit
//! status and reason, and the disk stays as it was.
//!
//! `crates/flarekit/tests/vectors/invalid/README.md` describes the vectors and the machine that they
//! are laid over. The program under test is built with the feature `test-hooks`, because its clock
//! must stand on the day for which the vectors were made.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use common::disk::{changes, copy, disk};
use common::{Machine, Sandbox, envelope, words};
use serde_json::{Value, json};

/// What time it is on the valid machine.
const NOW: &str = "1795500000";
const AREAS: [&str; 7] = [
    "request-zip",
    "signed-zip",
    "denied-zip",
    "ca-directory",
    "request-folder",
    "profile",
    "definition",
];
const PARTICIPANTS: [&str; 3] = ["hospital-a", common::SERVER_NAME, common::USER_NAME];
const DEFINITIONS: [&str; 3] = ["hospital-a.yaml", "server.yaml", "alice.yaml"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A machine that can be made the valid one again.
struct Stage {
    sandbox: Sandbox,
    machine: Machine,
}

impl Stage {
    fn new() -> Self {
        let sandbox = Sandbox::in_memory();
        let mut machine = sandbox.machine("pristine");
        fs::set_permissions(&machine.home, fs::Permissions::from_mode(0o700)).unwrap();
        let artifacts = repository().join("crates/flarekit/tests/vectors/valid/flarekit-0.1.0");
        let examples = repository().join("examples/hospital");
        for file in DEFINITIONS.into_iter().chain(["project_profile.yaml"]) {
            put(&machine, file, &fs::read(examples.join(file)).unwrap());
        }
        for (from, to) in [("ca".to_owned(), "ca")]
            .into_iter()
            .chain(PARTICIPANTS.map(|name| (format!("requests/{name}"), name)))
        {
            for entry in fs::read_dir(artifacts.join(from)).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{to}/{}", entry.file_name().to_str().unwrap());
                put(&machine, &path, &fs::read(entry.path()).unwrap());
            }
        }
        for name in PARTICIPANTS {
            let zip = format!("{name}.signed.zip");
            let bytes = fs::read(artifacts.join("signed").join(&zip)).unwrap();
            put(&machine, &format!("{name}/{zip}"), &bytes);
        }
        let root = sandbox.path().join("m");
        (machine.home, machine.cwd) = (root.join("home"), root.join("work"));
        machine.clock = Some(NOW);
        let stage = Self { sandbox, machine };
        copy(&stage.sandbox.path().join("pristine"), &stage.root());
        stage
    }

    fn root(&self) -> PathBuf {
        self.sandbox.path().join("m")
    }

    fn restore(&self) {
        fs::remove_dir_all(self.root()).unwrap();
        copy(&self.sandbox.path().join("pristine"), &self.root());
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        self.machine.flarekit().args(arguments).args(["--format", "json"]).output().unwrap()
    }

    /// What is wrong with the answer to a vector, if anything.
    fn complaint(&self, vector: &Path) -> Option<String> {
        self.restore();
        let case: Value =
            serde_json::from_slice(&fs::read(vector.join("case.json")).unwrap()).unwrap();
        for path in case["remove"].as_array().into_iter().flatten() {
            fs::remove_file(self.machine.path(path.as_str().unwrap())).unwrap();
        }
        lay_over(vector, Path::new(""), &self.machine);

        let before = disk(&self.root());
        let command = case["command"].as_array().unwrap();
        let command: Vec<&str> = command.iter().map(|word| word.as_str().unwrap()).collect();
        let output = self.run(&command);
        let changed = changes(&before, &disk(&self.root()));
        if json!(changed) != case["written"] {
            return Some(format!("changed {changed:?} instead of {}", case["written"]));
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        if errors.contains("panicked") {
            return Some(format!("panicked: {errors}"));
        }
        let answer = envelope("", &output);
        let code = output.status.code();
        let found = (&answer["error_code"], code.into(), answer.get("reason"));
        let expected = (&case["code"], case["exit"].clone(), case.get("reason"));
        let expected = (expected.0, expected.1, expected.2.filter(|reason| !reason.is_null()));
        (found != expected).then(|| format!("{found:?} instead of {expected:?}: {errors}"))
    }
}

/// Writes a file of the valid machine with the mode that it has there.
fn put(machine: &Machine, path: &str, bytes: &[u8]) {
    let folder = path.split_once('/').map(|(folder, _)| machine.path(folder));
    machine.write(path, bytes);
    if let Some(folder) = folder {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let private = path.ends_with(".zip")
        || [".key", "/ca.json", "/request.json"].iter().any(|ending| path.ends_with(ending));
    let mode = if private { 0o600 } else { 0o644 };
    fs::set_permissions(machine.path(path), fs::Permissions::from_mode(mode)).unwrap();
}

/// Replaces files by those of a vector, and adds those that are not there.
fn lay_over(vector: &Path, relative: &Path, machine: &Machine) {
    for entry in fs::read_dir(vector.join(relative)).unwrap() {
        let entry = entry.unwrap();
        let relative = relative.join(entry.file_name());
        if entry.path().is_dir() {
            lay_over(vector, &relative, machine);
        } else if relative != Path::new("case.json") {
            put(machine, relative.to_str().unwrap(), &fs::read(entry.path()).unwrap());
        }
    }
}

fn vectors() -> Vec<PathBuf> {
    let area = |area| repository().join("crates/flarekit/tests/vectors/invalid").join(area);
    let vectors = AREAS.iter().flat_map(|name| fs::read_dir(area(name)).unwrap());
    vectors.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_vector_is_refused_and_nothing_is_written() {
    let vectors = vectors();
    assert!(vectors.len() >= 300, "{}", vectors.len());
    let check = |vectors: &[PathBuf]| -> Vec<String> {
        let stage = Stage::new();
        let complaint = |path: &PathBuf| Some(format!("{path:?}: {}", stage.complaint(path)?));
        vectors.iter().filter_map(complaint).collect()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let complaints: Vec<String> = thread::scope(|scope| {
        let shares = vectors.chunks(vectors.len().div_ceil(threads));
        let running: Vec<_> = shares.map(|share| scope.spawn(move || check(share))).collect();
        running.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{}\n{} complaints", complaints.join("\n"), complaints.len());
}

/// Without this, a machine on which nothing works would pass every vector.
#[test]
fn the_valid_machine_is_served() {
    let stage = Stage::new();
    for (name, definition) in PARTICIPANTS.into_iter().zip(DEFINITIONS) {
        for line in [
            format!(
                "cert approve {name}/{name}.request.zip --ca-dir ca \
                 --profile project_profile.yaml --out new.signed.zip"
            ),
            format!("package {name}/{name}.signed.zip --request-dir {name}"),
            format!("cert request --participant {definition} --out new"),
        ] {
            stage.restore();
            let output = stage.run(&words(&line).collect::<Vec<_>>());
            common::succeeded(&line, &output);
        }
    }
}

/// Without this, a program that believes no denial would pass every vector of one.
#[test]
fn a_denial_that_is_in_order_is_explained() {
    let stage = Stage::new();
    let zip = "crates/flarekit/tests/vectors/valid/flarekit-0.1.0/denied/hospital-a.denied.zip";
    let zip = fs::read(repository().join(zip)).unwrap();
    put(&stage.machine, "hospital-a/hospital-a.denied.zip", &zip);
    let shown = stage.machine.ok("inspect ca");
    let line = format!(
        "package hospital-a/hospital-a.denied.zip --request-dir hospital-a --fingerprint {}",
        common::text_of(&shown, "rootca_fingerprint_sha256")
    );
    let answer = envelope(&line, &stage.run(&words(&line).collect::<Vec<_>>()));
    assert_eq!(
        (&answer["error_code"], &answer["reason"]),
        (&"REQUEST_DENIED".into(), &Value::Null)
    );
}
