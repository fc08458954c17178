//! The machines on which the documentation's commands are typed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::page::{matches, without_chance};

/// The places that the documentation names, each a directory of the sandbox.
const PLACES: [&str; 2] = ["/home", "/media/usb"];

/// Some machines and a stick that is carried between them.
pub struct World {
    sandbox: TempDir,
    root: String,
    /// The folder with the files that everybody has.
    definitions: PathBuf,
    /// The directory in which each machine's next command is typed.
    at: HashMap<String, PathBuf>,
    /// The fingerprint that the documentation shows, and the one that is meant.
    fingerprints: Vec<(String, String)>,
    /// How many commands were typed.
    pub commands: usize,
}

impl World {
    pub fn new(definitions: &Path) -> Self {
        let sandbox = tempfile::tempdir().unwrap();
        let root = sandbox.path().canonicalize().unwrap().display().to_string();
        fs::create_dir_all(Path::new(&format!("{root}/media/usb"))).unwrap();
        Self {
            sandbox,
            root,
            definitions: definitions.to_owned(),
            at: HashMap::new(),
            fingerprints: Vec::new(),
            commands: 0,
        }
    }

    /// Runs a command on a machine. Gives the expected output if that is what was printed, up to
    /// chance, else what was printed.
    pub fn type_in(&mut self, machine: &str, command: &str, expected: &[&str]) -> String {
        self.commands += 1;
        let printed = self.run(machine, command);
        let lines = |text: &str| text.lines().map(without_chance).collect::<Vec<_>>();
        let expected: String = expected.iter().map(|line| format!("{line}\n")).collect();
        self.learn_fingerprint(&expected, &printed);
        let (wanted, found) = (lines(&self.with_real_fingerprints(&expected)), lines(&printed));
        if matches(&wanted, &found) {
            return expected;
        }
        let printed = self.with_shown_fingerprints(&printed);
        eprintln!("{machine}$ {command}\n--- expected\n{expected}--- printed\n{printed}");
        printed
    }

    /// Standard output and standard error together, with the paths of the documentation.
    fn run(&mut self, machine: &str, command: &str) -> String {
        let name = if machine.is_empty() { "you" } else { machine };
        let home = PathBuf::from(format!("{}/home/{name}", self.root));
        if !self.at.contains_key(name) {
            self.settle(&home);
            self.at.insert(name.to_owned(), home.clone());
        }
        let end = self.sandbox.path().join("pwd");
        let script = format!(
            "{{ {}\n}} 2>&1\nstatus=$?\npwd >'{}'\nexit $status",
            self.in_the_sandbox(&self.with_real_fingerprints(command)),
            end.display()
        );
        let program = assert_cmd::cargo::cargo_bin("flarekit");
        let output = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("HOME", &home)
            .env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()))
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

    /// The first time that the documentation shows a fingerprint, it is the one just printed.
    fn learn_fingerprint(&mut self, expected: &str, printed: &str) {
        let known = |shown: &str| self.fingerprints.iter().any(|(known, _)| known == shown);
        if let (Some(shown), Some(real)) = (fingerprint(expected), fingerprint(printed))
            && !known(shown)
        {
            self.fingerprints.push((shown.to_owned(), real.to_owned()));
        }
    }

    fn with_shown_fingerprints(&self, text: &str) -> String {
        self.fingerprints
            .iter()
            .fold(text.to_owned(), |text, (shown, real)| text.replace(real, shown))
    }

    fn with_real_fingerprints(&self, text: &str) -> String {
        self.fingerprints
            .iter()
            .fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }
}

/// The first fingerprint in a text.
fn fingerprint(text: &str) -> Option<&str> {
    let start = text.find("SHA256:")?;
    text.get(start..start + "SHA256:".len() + 32 * 3 - 1)
}
