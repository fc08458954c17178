//! The valid machine: everything that the commands need, as honest people left it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use flarekit::time::Timestamp;
use tempfile::TempDir;

use crate::case::Case;

pub const SITE: &str = "hospital-a";
pub const SERVER: &str = "server1.hospital-central.org";
pub const USER: &str = "alice@hospital-alpha.org";

/// Each participant and its definition's file.
pub const PARTICIPANTS: [(&str, &str); 3] =
    [(SITE, "hospital-a.yaml"), (SERVER, "server.yaml"), (USER, "alice.yaml")];

/// 2026-11-24T06:00:00Z, a day after the valid artifacts were made.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_795_500_000)
}

/// A file of `tests/vectors`.
pub fn vector(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file of the valid machine, as it is in `tests/vectors` or in `examples/hospital`.
pub fn valid(path: &str) -> Vec<u8> {
    if path.ends_with(".yaml") && !path.contains('/') {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hospital");
        return fs::read(examples.join(path)).unwrap();
    }
    let folder = match path {
        _ if path.starts_with("ca/") => "",
        _ if path.ends_with(".signed.zip") => "signed/",
        _ if path.ends_with(".denied.zip") => "denied/",
        _ => "requests/",
    };
    let answer = ["signed/", "denied/"].contains(&folder);
    let file = if answer { path.split_once('/').unwrap().1 } else { path };
    vector(&format!("valid/flarekit-0.1.0/{folder}{file}"))
}

/// A file of the valid machine that is text.
pub fn valid_text(path: &str) -> String {
    String::from_utf8(valid(path)).unwrap()
}

/// Path and mode of each file; the modes are the artifacts' own.
fn layout() -> BTreeMap<String, u32> {
    let mut files: BTreeMap<String, u32> = [
        ("project_profile.yaml", 0o644),
        ("ca/rootCA.pem", 0o644),
        ("ca/rootCA.key", 0o600),
        ("ca/ca.json", 0o600),
    ]
    .map(|(path, mode)| (path.to_owned(), mode))
    .into();
    for (name, definition) in PARTICIPANTS {
        files.insert(definition.to_owned(), 0o644);
        for (file, mode) in [
            (format!("{name}.key"), 0o600),
            (format!("{name}.csr"), 0o644),
            ("site.yaml".to_owned(), 0o644),
            ("request.json".to_owned(), 0o600),
            (format!("{name}.request.zip"), 0o600),
            (format!("{name}.signed.zip"), 0o600),
        ] {
            files.insert(format!("{name}/{file}"), mode);
        }
    }
    files
}

/// A file or a directory: its mode and, of a file, its content.
pub type Entry = (u32, Option<Vec<u8>>);

/// A machine on disk.
pub struct Machine(TempDir);

impl Machine {
    /// The valid machine.
    pub fn valid() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.directory("home", 0o700);
        for (path, mode) in layout() {
            machine.write(&path, &valid(&path), mode);
        }
        machine
    }

    /// The valid machine with a vector laid over it.
    pub fn altered(case: &Case) -> Self {
        let machine = Self::valid();
        let modes = layout();
        for path in &case.remove {
            fs::remove_file(machine.path(path)).unwrap();
        }
        for (path, bytes) in &case.files {
            machine.write(path, bytes, modes.get(path).copied().unwrap_or(0o644));
        }
        machine
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Everything that is there.
    pub fn tree(&self) -> BTreeMap<PathBuf, Entry> {
        let mut tree = BTreeMap::new();
        collect(self.0.path(), &mut tree);
        tree
    }

    fn directory(&self, path: &str, mode: u32) {
        fs::DirBuilder::new().mode(mode).create(self.path(path)).unwrap();
    }

    fn write(&self, path: &str, bytes: &[u8], mode: u32) {
        if let Some((folder, _)) = path.split_once('/')
            && !self.path(folder).exists()
        {
            self.directory(folder, 0o700);
        }
        fs::write(self.path(path), bytes).unwrap();
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn collect(folder: &Path, tree: &mut BTreeMap<PathBuf, Entry>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let mode = found.permissions().mode();
        if found.is_dir() {
            collect(&path, tree);
            tree.insert(path, (mode, None));
        } else {
            tree.insert(path.clone(), (mode, Some(fs::read(&path).unwrap())));
        }
    }
}
