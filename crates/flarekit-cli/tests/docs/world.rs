//! The machines on which the documentation's commands are typed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::page::{Typed, matches, without_chance};

/// The places that the documentation names, each a directory of the sandbox.
const PLACES: [&str; 3] = ["/home", "/media/usb", "/media/safe"];

/// Some machines and a stick that is carried between them.
pub struct World {
    sandbox: TempDir,
    root: String,
    /// The folder with the files that everybody has.
    definitions: PathBuf,
    /// The directory in which each machine's next command is typed.
    at: HashMap<String, PathBuf>,
    /// Each fingerprint and digest that the documentation shows, and the one that is meant.
    learned: Vec<(String, String)>,
    /// How many commands were typed.
    pub commands: usize,
}

impl World {
    pub fn new(definitions: &Path) -> Self {
        let sandbox = tempfile::tempdir().unwrap();
        let root = sandbox.path().canonicalize().unwrap().display().to_string();
        for place in PLACES {
            fs::create_dir_all(format!("{root}{place}")).unwrap();
        }
        Self {
            sandbox,
            root,
            definitions: definitions.to_owned(),
            at: HashMap::new(),
            learned: Vec::new(),
            commands: 0,
        }
    }

    /// Runs a command on a machine. Gives the expected output if that is what was printed, up to
    /// chance, else what was printed.
    pub fn type_in(&mut self, typed: &Typed<'_>) -> String {
        let Typed { machine, command, expected, clock } = *typed;
        self.commands += 1;
        let printed = self.run(typed);
        let lines = |text: &str| -> Vec<_> {
            text.lines().map(|line| without_chance(line, clock)).collect()
        };
        let expected: String = expected.iter().map(|line| format!("{line}\n")).collect();
        self.learn(&expected, &printed);
        let (wanted, found) = (lines(&self.as_meant(&expected)), lines(&printed));
        if matches(&wanted, &found) {
            return expected;
        }
        let printed = self.as_shown(&printed);
        eprintln!("{machine}$ {command}\n--- expected\n{expected}--- printed\n{printed}");
        printed
    }

    /// Standard output and standard error together, with the paths of the documentation.
    fn run(&mut self, typed: &Typed<'_>) -> String {
        let Typed { machine, command, clock, .. } = *typed;
        let name = if machine.is_empty() { "you" } else { machine };
        let home = PathBuf::from(format!("{}/home/{name}", self.root));
        if !self.at.contains_key(name) {
            self.settle(&home);
            self.at.insert(name.to_owned(), home.clone());
        }
        let end = self.sandbox.path().join("pwd");
        let script = format!(
            "{{ {}\n}} 2>&1\nstatus=$?\npwd >'{}'\nexit $status",
            self.in_the_sandbox(&self.as_meant(command)),
            end.display()
        );
        let program = assert_cmd::cargo::cargo_bin("flarekit");
        let output = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("HOME", &home)
            .env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()))
            .envs(clock.map(|clock| ("FLAREKIT_TEST_NOW", seconds(clock))))
            .current_dir(&self.at[name])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let status = text.lines().find_map(|line| {
            line.strip_prefix("Code: ")?.split_once("(exit ")?.1.strip_suffix(')')?.parse().ok()
        });
        assert_eq!(output.status.code(), status.or(Some(0)), "{command}\n{text}");
        let end = fs::read_to_string(end).unwrap();
        self.at.insert(name.to_owned(), PathBuf::from(end.trim_end()));
        let text = text.replace(&self.root, "");
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Everybody has the example's files at home, and where they are in this project.
    fn settle(&self, home: &Path) {
        let examples = home.join("examples/hospital");
        fs::create_dir_all(&examples).unwrap();
        for entry in self.definitions.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && path.extension().is_none_or(|extension| extension != "md") {
                for place in [home, &examples] {
                    fs::copy(&path, place.join(path.file_name().unwrap())).unwrap();
                }
            }
        }
    }

    fn in_the_sandbox(&self, command: &str) -> String {
        PLACES.iter().fold(command.to_owned(), |command, place| {
            command.replace(place, &format!("{}{place}", self.root))
        })
    }

    /// The first time that the documentation shows a fingerprint, a request digest or the hash of a
    /// ledger, it is the one just printed in that place.
    fn learn(&mut self, expected: &str, printed: &str) {
        for kind in [fingerprint, request_digest, ledger_sha256] {
            if let (Some(shown), Some(real)) = (kind(expected), kind(printed))
                && !self.learned.iter().any(|(known, _)| known == shown)
            {
                self.learned.push((shown.to_owned(), real.to_owned()));
            }
        }
    }

    fn as_shown(&self, text: &str) -> String {
        self.learned.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(real, shown))
    }

    fn as_meant(&self, text: &str) -> String {
        self.learned.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }
}

/// The first fingerprint in a text.
fn fingerprint(text: &str) -> Option<&str> {
    let start = text.find("SHA256:")?;
    text.get(start..start + "SHA256:".len() + 32 * 3 - 1)
}

/// The first request digest in a text, as it is read aloud.
fn request_digest(text: &str) -> Option<&str> {
    value(text, "request_digest: ", "1234-1234-1234-1234-1234".len())
}

/// The first hash of a ledger in a text.
fn ledger_sha256(text: &str) -> Option<&str> {
    value(text, "ledger_sha256: ", 64)
}

fn value<'a>(text: &'a str, name: &str, length: usize) -> Option<&'a str> {
    let start = text.find(name)? + name.len();
    text.get(start..start + length)
}

/// The time in seconds since 1970.
fn seconds(clock: &str) -> String {
    let time = flarekit::time::Timestamp::parse(clock).expect("a clock shows a time");
    time.to_unix().to_string()
}
