//! Sets of files: what a run that died in the middle left is finished, and what was refused is
//! undone.

use super::{names, scratch, tree};
use crate::files::publish::{MARK, Publication, settle, unfinished};
use crate::files::{lock_filled, sweep};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const STAGING: &str = ".flarekit-0123456789abcdef";

/// A folder with old files `a` and `b`, and new ones `a` and `c` prepared.
fn prepared() -> (TempDir, Vec<PathBuf>) {
    let dir = scratch();
    for (path, content) in
        [("a", "old"), ("b", "old"), ("mine", "mine"), (&format!("{STAGING}/a"), "new")]
    {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::write(dir.path().join(STAGING).join("c"), "new").unwrap();
    fs::create_dir(dir.path().join("backup")).unwrap();
    let old = ["a", "b"].map(|name| dir.path().join(name)).to_vec();
    (dir, old)
}

fn with<T>(dir: &Path, old: &[PathBuf], work: impl FnOnce(&Publication<'_>) -> T) -> T {
    work(&Publication {
        staging: &dir.join(STAGING),
        names: &["a", "c"].map(OsStr::new),
        into: dir,
        old,
        backup: Some(&dir.join("backup")),
    })
}

fn content(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

fn expect_new(dir: &Path) {
    assert_eq!(names(dir), ["a", "backup", "backup/a", "backup/b", "c", "mine"]);
    assert_eq!((content(dir, "a"), content(dir, "c")), ("new".to_owned(), "new".to_owned()));
    assert_eq!((content(dir, "backup/a"), content(dir, "backup/b")), ("old".into(), "old".into()));
}

#[test]
fn what_a_dead_run_began_is_finished_wherever_it_died() {
    // So many of the steps were done: the first new file, the second, the removal of `b`.
    for steps in 0..=3 {
        let (dir, old) = prepared();
        with(dir.path(), &old, |publication| publication.prepare().unwrap());
        let second = dir.path().join(STAGING).join("second");
        if steps > 0 {
            fs::rename(second.join("a"), dir.path().join("a")).unwrap();
        }
        if steps > 1 {
            fs::rename(second.join("c"), dir.path().join("c")).unwrap();
        }
        if steps > 2 {
            fs::remove_file(dir.path().join("b")).unwrap();
        }
        sweep(dir.path());
        assert_eq!(unfinished(dir.path()).unwrap().len(), 1, "a sweep leaves it alone");
        drop(lock_filled(dir.path()).unwrap());
        expect_new(dir.path());
        assert!(unfinished(dir.path()).unwrap().is_empty());
    }
}

#[test]
fn a_run_that_is_alive_is_left_alone() {
    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.prepare().unwrap());
    let owner = fs::File::open(dir.path().join(STAGING)).unwrap();
    owner.lock().unwrap();
    settle(dir.path()).unwrap();
    assert!(dir.path().join(STAGING).join(MARK).exists());
}

#[test]
fn a_refusal_brings_the_old_files_back() {
    let (dir, old) = prepared();
    // Something in the way of the second new file.
    fs::write(dir.path().join("c"), "in the way").unwrap();
    let mut before = tree(dir.path());
    let error = with(dir.path(), &old, |publication| publication.run().unwrap_err());
    assert!(error.already_exists());
    before.retain(|path, _| !path.starts_with(STAGING) && !path.starts_with("backup"));
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn without_links_files_are_moved() {
    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.move_them().unwrap());
    fs::remove_dir(dir.path().join(STAGING)).unwrap();
    expect_new(dir.path());
}
