//! Sets of files whose run died, and what somebody did by hand before the next one.

use super::publish::{BACKUP, STAGING, content, expect_new, prepared, refuse, set_mode, with};
use super::{names, scratch, tree};
use crate::files::resume::{settle, unfinished};
use crate::files::{FileErrorKind, OwnFolder, lock_filled, lock_to_look};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const KEPT: &str = ".bak/20261129-interrupted";

/// A folder in which a run died, that had done so many of three steps: the first new file, the
/// second, the removal of `b`.
fn dead(steps: usize) -> TempDir {
    let (dir, old) = prepared();
    with(dir.path(), &old, |publication| publication.prepare().unwrap());
    let second = dir.path().join(STAGING).join("second");
    for name in ["a", "c"].iter().take(steps) {
        fs::rename(second.join(name), dir.path().join(name)).unwrap();
    }
    if steps > 2 {
        fs::remove_file(dir.path().join("b")).unwrap();
    }
    dir
}

/// Writes as an editor does.
fn edit(dir: &Path, name: &str) {
    fs::write(dir.join("draft"), "edited").unwrap();
    fs::rename(dir.join("draft"), dir.join(name)).unwrap();
}

fn shell(dir: &Path, line: &str) {
    let status = Command::new("sh").args(["-c", line]).current_dir(dir).status().unwrap();
    assert!(status.success(), "{line}");
}

/// What is said once, and then no more.
fn told(dir: &Path) -> String {
    let error = settle(dir).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::Unfinished);
    settle(dir).unwrap();
    assert!(unfinished(dir).unwrap().is_empty());
    error.to_string()
}

#[test]
fn what_was_edited_since_stays() {
    for steps in 1..=3 {
        let dir = dead(steps);
        edit(dir.path(), "a");
        let told = told(dir.path());
        assert!(told.contains("in the place of a since"), "{told}");
        assert!(told.contains(KEPT), "{told}");
        assert_eq!(content(dir.path(), "a"), "edited");
        assert_eq!(content(dir.path(), KEPT.to_owned() + "/a"), "new");
        assert_eq!(content(dir.path(), "c"), "new");
        assert!(!dir.path().join("b").exists());
    }
}

#[test]
fn what_came_before_its_successor_stays() {
    let dir = dead(0);
    edit(dir.path(), "a");
    fs::create_dir(dir.path().join("c")).unwrap();
    assert!(told(dir.path()).contains("in the place of a, c since"));
    assert_eq!(content(dir.path(), "a"), "edited");
    for (name, expected) in [("a", "new"), ("c", "new")] {
        assert_eq!(content(dir.path(), format!("{KEPT}/{name}")), expected);
    }
    assert_eq!(content(dir.path(), BACKUP.to_owned() + "/a"), "old");
}

#[test]
fn where_the_old_files_were_brought_back_they_stay() {
    for (steps, by_hand) in [
        (3, "mv .bak/20261129/* ."),
        (3, "cp .bak/20261129/* ."),
        (3, "cp -p .bak/20261129/* ."),
        (3, "rm a c; cp .bak/20261129/* ."),
        // Of b it has two names.
        (2, "mv .bak/20261129/a ."),
        (1, "cp -p .bak/20261129/a a"),
    ] {
        let dir = dead(steps);
        shell(dir.path(), by_hand);
        let told = told(dir.path());
        assert!(told.contains("the old ones are back since"), "{told}");
        let left: Vec<_> =
            names(dir.path()).into_iter().filter(|name| !name.starts_with(".bak")).collect();
        assert_eq!(left, ["a", "b", "mine"], "{by_hand}");
        assert_eq!(
            (content(dir.path(), "a"), content(dir.path(), "b")),
            ("old".into(), "old".into())
        );
        assert_eq!(content(dir.path(), KEPT.to_owned() + "/c"), "new");
        if by_hand.starts_with("mv") {
            assert_eq!(content(dir.path(), KEPT.to_owned() + "/a"), "new");
        }
    }
}

#[test]
fn where_some_were_brought_back_nothing_happens_until_it_is_clear() {
    for (then, new) in [("mv .bak/20261129/b .", false), ("mv a elsewhere", true)] {
        let dir = dead(3);
        shell(dir.path(), "mv .bak/20261129/a .");
        let before = tree(dir.path());
        for _ in 0..2 {
            let error = settle(dir.path()).unwrap_err();
            assert_eq!(error.kind(), FileErrorKind::Unfinished);
            assert!(error.to_string().contains("Bring back b too, from"), "{error}");
            assert!(error.to_string().contains("or move a away"), "{error}");
        }
        assert_eq!(tree(dir.path()), before);
        shell(dir.path(), then);
        assert_eq!(settle(dir.path()).is_ok(), new, "{then}");
        assert_eq!(content(dir.path(), "a"), if new { "new" } else { "old" });
        assert!(unfinished(dir.path()).unwrap().is_empty());
    }
}

/// Copies count as the files themselves, also when another old file is not as it was.
#[test]
fn where_some_were_copied_back_nothing_happens_either() {
    for (copy, may_go) in [("cp", false), ("cp -p", false), ("cp --remove-destination", true)] {
        let dir = dead(3);
        shell(dir.path(), &format!("{copy} .bak/20261129/a . && echo repacked > b"));
        let before = tree(dir.path());
        let error = settle(dir.path()).unwrap_err().to_string();
        assert!(error.contains("Bring back b too, from"), "{error}");
        // What was written through the link of the new file is all that is left of that.
        assert_eq!(error.contains("or move a away"), may_go, "{copy}: {error}");
        assert_eq!(tree(dir.path()), before);
        shell(dir.path(), &format!("{copy} .bak/20261129/b ."));
        assert!(told(dir.path()).contains("the old ones are back since"));
        assert_eq!(
            (content(dir.path(), "a"), content(dir.path(), "b")),
            ("old".into(), "old".into())
        );
    }
}

#[test]
fn an_old_file_that_was_taken_out_of_the_backup_is_kept() {
    let dir = dead(3);
    shell(dir.path(), "mv .bak/20261129/a .");
    settle(dir.path()).unwrap_err();
    shell(dir.path(), "rm a");
    settle(dir.path()).unwrap();
    assert_eq!(content(dir.path(), "a"), "new");
    assert_eq!(content(dir.path(), BACKUP.to_owned() + "/a"), "old");
}

/// The backup's names may be in use by now.
#[test]
fn what_makes_way_is_kept_beside_what_took_its_place_in_the_backup() {
    let dir = dead(0);
    edit(&dir.path().join(BACKUP), "a");
    settle(dir.path()).unwrap();
    assert_eq!(content(dir.path(), "a"), "new");
    assert_eq!(content(dir.path(), BACKUP.to_owned() + "/a"), "edited");
    assert_eq!(content(dir.path(), BACKUP.to_owned() + "-/a"), "old");
}

#[test]
fn a_file_that_takes_the_place_of_none_keeps_what_is_there_now() {
    let place = scratch();
    let staging = place.path().join(STAGING);
    fs::create_dir_all(staging.join("second")).unwrap();
    set_mode(&staging, 0o700);
    for (name, content) in [("a", "new"), ("publishing", "")] {
        fs::write(staging.join(name), content).unwrap();
    }
    fs::write(place.path().join("a"), "mine").unwrap();
    assert!(told(place.path()).contains("in the place of a since"));
    assert_eq!(content(place.path(), "a"), "mine");
    assert_eq!(content(place.path(), ".bak/flarekit-0123456789abcdef-interrupted/a"), "new");
}

#[test]
fn links_and_directories_among_the_old_files_are_brought_back() {
    let (dir, mut old) = prepared();
    symlink("../elsewhere", dir.path().join("link")).unwrap();
    fs::create_dir(dir.path().join("directory")).unwrap();
    fs::write(dir.path().join("directory/thesis"), "mine").unwrap();
    old.extend(["link", "directory"].map(|name| dir.path().join(name)));
    refuse(dir.path(), &old);
    assert_eq!(fs::read_link(dir.path().join("link")).unwrap(), Path::new("../elsewhere"));
}

/// As a directory, so what belongs to another user has no second link.
#[test]
fn what_has_no_second_link_does_not_part_the_others() {
    let (dir, mut old) = prepared();
    fs::create_dir(dir.path().join("directory")).unwrap();
    old.push(dir.path().join("directory"));
    with(dir.path(), &old, |publication| publication.prepare().unwrap());
    assert_eq!((content(dir.path(), "a"), content(dir.path(), "b")), ("old".into(), "old".into()));
    settle(dir.path()).unwrap();
    fs::remove_dir(dir.path().join(BACKUP).join("directory")).unwrap();
    expect_new(dir.path());
}

#[test]
fn root_waits_for_the_owner_of_a_folder_in_which_a_run_died() {
    if !super::is_root() {
        return super::skipped("only root can give folders to somebody else");
    }
    let dir = dead(1);
    for path in [dir.path().to_owned(), dir.path().join(STAGING)] {
        std::os::unix::fs::chown(path, Some(1), None).unwrap();
    }
    let before = tree(dir.path());
    for error in [lock_filled(dir.path()).err(), lock_to_look(dir.path()).err()] {
        let error = error.unwrap();
        assert_eq!(error.kind(), FileErrorKind::Unfinished);
        assert!(error.to_string().contains("only the user 1,"), "{error}");
    }
    assert!(OwnFolder::open(dir.path(), &["a"]).is_err_and(|error| error.is_exposed()));
    assert_eq!(tree(dir.path()), before);
}
