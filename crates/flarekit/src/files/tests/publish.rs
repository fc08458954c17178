//! Sets of files: what a run that died in the middle left is finished, and what was refused is
//! undone.

use super::{names, scratch, tree};
use crate::files::publish::{MARK, Publication};
use crate::files::resume::{settle, unfinished};
use crate::files::{OwnFolder, lock_filled, lock_to_look, sweep};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(super) const STAGING: &str = ".flarekit-0123456789abcdef";
pub(super) const BACKUP: &str = ".bak/20261129";

/// A folder with old files `a` and `b`, and new ones `a` and `c` prepared.
pub(super) fn prepared() -> (TempDir, Vec<PathBuf>) {
    let dir = scratch();
    for (path, content) in
        [("a", "old"), ("b", "old"), ("mine", "mine"), (&format!("{STAGING}/a"), "new")]
    {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::write(dir.path().join(STAGING).join("c"), "new").unwrap();
    set_mode(&dir.path().join(STAGING), 0o700);
    fs::create_dir_all(dir.path().join(BACKUP)).unwrap();
    let old = ["a", "b"].map(|name| dir.path().join(name)).to_vec();
    (dir, old)
}

pub(super) fn with<T>(dir: &Path, old: &[PathBuf], work: impl FnOnce(&Publication<'_>) -> T) -> T {
    work(&Publication {
        staging: &dir.join(STAGING),
        names: &["a", "c"].map(OsStr::new),
        into: dir,
        old,
        backup: Some(&dir.join(BACKUP)),
    })
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(super) fn content(dir: &Path, name: impl AsRef<Path>) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

pub(super) fn expect_new(dir: &Path) {
    let old = [".bak/20261129/a", ".bak/20261129/b"];
    assert_eq!(names(dir), [".bak", BACKUP, old[0], old[1], "a", "c", "mine"]);
    assert_eq!((content(dir, "a"), content(dir, "c")), ("new".to_owned(), "new".to_owned()));
    assert_eq!((content(dir, old[0]), content(dir, old[1])), ("old".into(), "old".into()));
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
    refuse(dir.path(), &old);
}

/// Something is in the way of the second new file, and everything is as before.
pub(super) fn refuse(dir: &Path, old: &[PathBuf]) {
    fs::write(dir.join("c"), "in the way").unwrap();
    let mut before = tree(dir);
    let error = with(dir, old, |publication| publication.run().unwrap_err());
    assert!(error.already_exists());
    before.retain(|path, _| !path.starts_with(STAGING) && !path.starts_with(BACKUP));
    assert_eq!(tree(dir), before);
}

#[test]
fn without_links_files_are_moved() {
    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.move_them().unwrap());
    fs::remove_dir(dir.path().join(STAGING)).unwrap();
    expect_new(dir.path());
}

#[test]
fn a_folder_is_finished_after_a_move_and_without_its_backup() {
    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.prepare().unwrap());
    let place = scratch();
    let moved = place.path().join("moved");
    fs::rename(dir.path(), &moved).unwrap();
    drop(lock_filled(&moved).unwrap());
    expect_new(&moved);

    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.prepare().unwrap());
    fs::remove_dir_all(dir.path().join(".bak")).unwrap();
    drop(lock_filled(dir.path()).unwrap());
    // What makes way is put there again: it is nowhere else any more.
    expect_new(dir.path());
}

/// Whoever may write into a directory can plant what looks like a run that died.
#[test]
fn what_others_could_have_planted_is_not_finished() {
    for mode in [0o755, 0o777, 0o701] {
        let (dir, old) = prepared();
        with(dir.path(), &old, |publication| publication.prepare().unwrap());
        set_mode(&dir.path().join(STAGING), mode);
        let before = tree(dir.path());
        drop(lock_filled(dir.path()).unwrap());
        settle(dir.path()).unwrap();
        assert_eq!(tree(dir.path()), before, "{mode:o}");
    }
    if super::is_root() {
        let (dir, old) = prepared();
        with(dir.path(), &old, |publication| publication.prepare().unwrap());
        std::os::unix::fs::chown(dir.path().join(STAGING), Some(1), None).unwrap();
        let before = tree(dir.path());
        drop(lock_filled(dir.path()).unwrap());
        assert_eq!(tree(dir.path()), before);
    } else {
        super::skipped("only root can give folders to somebody else");
    }
}

#[test]
fn a_mark_leads_to_a_backup_and_nowhere_else() {
    let elsewhere = scratch();
    fs::write(elsewhere.path().join("b"), "of somebody").unwrap();
    for mark in [elsewhere.path().to_str().unwrap(), "..", ".", "../x", "x/y", "x/", "/"] {
        let (dir, old) = prepared();
        with(dir.path(), &old, |publication| publication.prepare().unwrap());
        fs::remove_file(dir.path().join("b")).unwrap();
        fs::hard_link(elsewhere.path().join("b"), dir.path().join("b")).unwrap();
        fs::write(dir.path().join(STAGING).join(MARK), mark).unwrap();
        assert!(settle(dir.path()).is_err(), "{mark}");
        assert!(dir.path().join("b").exists(), "{mark}");
    }
}

#[test]
fn a_folder_in_which_everybody_writes_is_neither_filled_nor_used() {
    for mode in [0o777, 0o1777, 0o702] {
        let (dir, old) = prepared();
        with(dir.path(), &old, |publication| publication.prepare().unwrap());
        set_mode(dir.path(), mode);
        let before = tree(dir.path());
        assert!(OwnFolder::open(dir.path(), &["a"]).is_err_and(|error| error.is_exposed()));
        assert!(lock_filled(dir.path()).is_err_and(|error| error.is_exposed()));
        drop(lock_to_look(dir.path()).unwrap());
        sweep(dir.path());
        assert_eq!(tree(dir.path()), before, "{mode:o}");
    }
}

#[test]
fn who_only_looks_finishes_what_a_dead_run_began() {
    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.prepare().unwrap());
    drop(lock_to_look(dir.path()).unwrap());
    expect_new(dir.path());
}
