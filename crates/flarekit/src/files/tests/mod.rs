//! The promises of this room, each tried on a real directory.

mod kills;
mod look;
mod many;
mod one_file;
mod publish;
mod resume;
mod staged;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// Every path below a directory with its content (`None`: not a file).
fn tree(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap();
            if kind.is_dir() {
                open.push(path.clone());
            }
            let content = kind.is_file().then(|| fs::read(&path).unwrap());
            found.insert(path.strip_prefix(dir).unwrap().to_owned(), content);
        }
    }
    found
}

fn names(dir: &Path) -> Vec<String> {
    tree(dir).into_keys().map(|path| path.to_str().unwrap().to_owned()).collect()
}

/// Says that the running test, or the rest of it, is left out. Past the harness, which shows what a
/// test prints only when it fails.
fn skipped(why: &str) {
    let test = std::thread::current();
    let _ = writeln!(io::stderr(), "skipped: {}: {why}", test.name().unwrap_or_default());
}

/// Whether something could be done that takes root's rights; if not, the test is reported as skipped.
pub(crate) fn by_root(done: io::Result<()>) -> bool {
    let why = |error| skipped(&format!("only root can give files to somebody else: {error}"));
    done.map_err(why).is_ok()
}

/// Permissions do not bind root.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
