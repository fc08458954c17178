//! What is on a disk, to be compared before and after.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// One entry: its mode, and its content, or where it links to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Directory(u32),
    File(u32, Vec<u8>),
    Link(PathBuf),
    Other,
}

/// Everything below a directory, by its path relative to it.
pub type Disk = BTreeMap<PathBuf, Entry>;

pub fn disk(root: &Path) -> Disk {
    let mut found = Disk::new();
    look(root, Path::new(""), &mut found);
    found
}

fn look(root: &Path, relative: &Path, found: &mut Disk) {
    for entry in fs::read_dir(root.join(relative)).unwrap() {
        let entry = entry.unwrap();
        let relative = relative.join(entry.file_name());
        let data = entry.path().symlink_metadata().unwrap();
        let mode = data.permissions().mode() & 0o7777;
        let seen = if data.is_dir() {
            look(root, &relative, found);
            Entry::Directory(mode)
        } else if data.is_symlink() {
            Entry::Link(fs::read_link(entry.path()).unwrap())
        } else if data.is_file() {
            Entry::File(mode, fs::read(entry.path()).unwrap())
        } else {
            Entry::Other
        };
        found.insert(relative, seen);
    }
}

/// What differs between two, for a message: the paths.
pub fn changes(before: &Disk, after: &Disk) -> Vec<PathBuf> {
    let paths = before.keys().chain(after.keys());
    let mut changed: Vec<PathBuf> =
        paths.filter(|path| before.get(*path) != after.get(*path)).cloned().collect();
    changed.sort();
    changed.dedup();
    changed
}

/// Copies a directory with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (relative, entry) in disk(from) {
        let to = to.join(relative);
        match entry {
            Entry::Directory(mode) => {
                fs::create_dir(&to).unwrap();
                fs::set_permissions(&to, fs::Permissions::from_mode(mode)).unwrap();
            }
            Entry::File(mode, bytes) => {
                fs::write(&to, bytes).unwrap();
                fs::set_permissions(&to, fs::Permissions::from_mode(mode)).unwrap();
            }
            Entry::Link(target) => std::os::unix::fs::symlink(target, to).unwrap(),
            Entry::Other => panic!("{} cannot be copied", to.display()),
        }
    }
}
