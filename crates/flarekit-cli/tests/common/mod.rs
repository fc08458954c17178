//! What the tests of the whole program share: machines with a home of their own and an empty
//! environment, the files of the documentation's example, and what is on a disk.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, and no test needs all of them"
)]

pub mod archives;
pub mod disk;
pub mod user;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

pub const PROFILE: &str = "\
name: hospital_federation
scheme: grpc
connection_security: tls
server:
  host: server1.hospital-central.org
  fed_learn_port: 8002
  admin_port: 8003
";

pub const SITE: &str = "\
name: hospital_federation
description: Site A - Hospital Alpha

participants:
  - name: hospital-a
    type: client
    org: hospital_alpha
";

pub const USER: &str = "\
name: hospital_federation

participants:
  - name: alice@hospital-alpha.org
    type: admin
    org: hospital_alpha
    role: lead
";

pub const SERVER: &str = "\
name: hospital_federation
description: Central FL server for hospital network

participants:
  - name: server1.hospital-central.org
    type: server
    org: hospital_central
    host_names:
      - 10.0.1.50
      - fl-server.internal
    connection_security: mtls
";

pub const SERVER_NAME: &str = "server1.hospital-central.org";
pub const USER_NAME: &str = "alice@hospital-alpha.org";

pub const INIT: &str = "cert init --profile project_profile.yaml -o ./ca --deploy-version 00";

/// Somewhere to put machines, removed at the end of the test.
pub struct Sandbox(TempDir);

impl Sandbox {
    pub fn new() -> Self {
        // Paths are compared with those that the program prints, so they must be real ones.
        Self::below(&std::env::temp_dir().canonicalize().unwrap())
    }

    /// The same in memory, where the system has such a place: thousands of runs that make their
    /// files durable wait for a disk.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(base: &Path) -> Self {
        Self(tempfile::Builder::new().prefix("flarekit-test-").tempdir_in(base).unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A machine with an empty home and an empty current directory.
    pub fn machine(&self, name: &str) -> Machine {
        let root = self.path().join(name);
        let machine = Machine { home: root.join("home"), cwd: root.join("work"), clock: None };
        for directory in [&root, &machine.home, &machine.cwd] {
            fs::create_dir(directory).unwrap();
        }
        machine
    }

    /// A machine with the files of the documentation's example.
    pub fn seeded(&self, name: &str) -> Machine {
        let machine = self.machine(name);
        for (file, text) in [
            ("project_profile.yaml", PROFILE),
            ("hospital-a.yaml", SITE),
            ("alice.yaml", USER),
            ("server.yaml", SERVER),
        ] {
            machine.write(file, text);
        }
        machine
    }
}

/// A home and a current directory. Command lines are split at spaces; `''` is an empty argument.
pub struct Machine {
    pub home: PathBuf,
    pub cwd: PathBuf,
    /// Where the clock stands, for a program that is built with test hooks.
    pub clock: Option<&'static str>,
}

/// A refusal as a script sees it: code, exit status and reason.
pub type Refusal = (String, i32, Option<String>);

impl Machine {
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.cwd.join(relative)
    }

    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, relative: &str) -> Vec<u8> {
        fs::read(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub fn json(&self, relative: &str) -> Value {
        serde_json::from_slice(&self.read(relative)).unwrap()
    }

    pub fn exists(&self, relative: &str) -> bool {
        self.path(relative).symlink_metadata().is_ok()
    }

    /// Replaces `from` by `to` in a text file, which must hold it.
    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(relative)).unwrap();
        assert!(text.contains(from), "{relative} holds no {from}");
        self.write(relative, text.replace(from, to));
    }

    pub fn mode(&self, relative: &str) -> u32 {
        self.path(relative).symlink_metadata().unwrap().permissions().mode() & 0o7777
    }

    /// The names in a folder, sorted.
    pub fn names(&self, relative: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(relative)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program under another name, with nothing in its environment but HOME.
    pub fn program(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().env("HOME", &self.home).current_dir(&self.cwd);
        command
    }

    pub fn flarekit(&self) -> Command {
        let mut command = self.program(assert_cmd::cargo::cargo_bin("flarekit"));
        command.envs(self.clock.map(|now| ("FLAREKIT_TEST_NOW", now)));
        command
    }

    pub fn run(&self, line: &str) -> Output {
        self.flarekit().args(words(line)).output().unwrap()
    }

    /// Runs a command that succeeds and gives its data.
    #[track_caller]
    pub fn ok(&self, line: &str) -> Value {
        succeeded(
            line,
            &self.flarekit().args(words(line)).args(["--format", "json"]).output().unwrap(),
        )
    }

    /// Runs a command that is refused.
    #[track_caller]
    pub fn refused(&self, line: &str) -> Refusal {
        let output = self.flarekit().args(words(line)).args(["--format", "json"]).output().unwrap();
        let envelope = envelope(line, &output);
        if envelope["status"] == "ok" {
            return ("OK".to_owned(), 0, None);
        }
        assert_eq!(envelope["exit_code"], output.status.code().unwrap(), "{line}");
        for key in ["message", "hint"] {
            assert!(!envelope[key].as_str().unwrap().is_empty(), "{line}: {envelope}");
        }
        let code = envelope["error_code"].as_str().unwrap().to_owned();
        let reason = envelope.get("reason").map(|reason| reason.as_str().unwrap().to_owned());
        (code, output.status.code().unwrap(), reason)
    }

    /// `cert init`; the fingerprint.
    pub fn init(&self) -> String {
        text_of(&self.ok(INIT), "rootca_fingerprint_sha256")
    }

    /// `cert request` and `cert approve` for a definition, in the current directory.
    pub fn approve(&self, definition: &str, name: &str) -> Value {
        self.ok(&format!("cert request --participant {definition}"));
        self.ok(&format!(
            "cert approve {name}/{name}.request.zip --ca-dir ./ca --profile project_profile.yaml"
        ))
    }

    /// The whole way to a kit; the data of `package`.
    pub fn kit(&self, definition: &str, name: &str) -> Value {
        let approved = self.approve(definition, name);
        let fingerprint = text_of(&approved, "rootca_fingerprint_sha256");
        self.ok(&format!("package {name}/{name}.signed.zip --fingerprint {fingerprint}"))
    }
}

pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace().map(|word| if word == "''" { "" } else { word })
}

/// The one JSON object on standard output.
#[track_caller]
pub fn envelope(line: &str, output: &Output) -> Value {
    let out = std::str::from_utf8(&output.stdout).unwrap();
    assert_eq!(out.matches('\n').count(), 1, "{line}: {out}");
    let envelope: Value = serde_json::from_str(out).unwrap();
    assert_eq!(envelope["schema_version"], "1", "{line}");
    envelope
}

/// The data of a command that succeeded in JSON mode.
#[track_caller]
pub fn succeeded(line: &str, output: &Output) -> Value {
    let envelope = envelope(line, output);
    assert_eq!(output.status.code(), Some(0), "{line}: {envelope}");
    assert_eq!((&envelope["status"], &envelope["exit_code"]), (&"ok".into(), &0.into()), "{line}");
    envelope["data"].clone()
}

#[track_caller]
pub fn text_of(data: &Value, key: &str) -> String {
    data[key].as_str().unwrap_or_else(|| panic!("no {key} in {data}")).to_owned()
}

/// The codes of the warnings.
#[track_caller]
pub fn warnings(data: &Value) -> Vec<&str> {
    let list = data["warnings"].as_array().unwrap();
    list.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// Says that the running test, or the rest of it, is left out. Past the harness, which shows what a
/// test prints only when it fails.
pub fn skipped(why: &str) {
    let test = std::thread::current();
    let _ = writeln!(io::stderr(), "skipped: {}: {why}", test.name().unwrap_or_default());
}

/// Whether something could be done that takes root's rights; if not, the test is reported as skipped.
pub fn by_root(done: io::Result<()>) -> bool {
    let why = |error| skipped(&format!("only root can give files to somebody else: {error}"));
    done.map_err(why).is_ok()
}

/// Runs `openssl` on a machine, or says that there is none.
pub fn openssl(m: &Machine, line: &str) -> Option<Output> {
    match std::process::Command::new("openssl").args(line.split(' ')).current_dir(&m.cwd).output() {
        Ok(output) => Some(output),
        Err(_) if std::env::var_os("FLAREKIT_REQUIRE_OPENSSL").is_none_or(|value| value != "1") => {
            skipped("there is no openssl");
            None
        }
        Err(error) => panic!("FLAREKIT_REQUIRE_OPENSSL=1, but openssl does not run: {error}"),
    }
}
