//! What is prepared appears whole, or not at all.

use super::{mode, names, scratch, tree};
use crate::files::{FileErrorKind, StagedDir, change, sweep, sweep_backups};
use crate::time::Timestamp;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;

fn kit(parent: &Path, content: &str) -> StagedDir {
    let staged = StagedDir::create(parent, 0o755).unwrap();
    staged.make_dir(Path::new("startup"), 0o755).unwrap();
    staged.write(Path::new("startup/client.key"), content.as_bytes(), 0o600).unwrap();
    staged.write(Path::new("readme"), b"", 0o644).unwrap();
    staged
}

#[test]
fn is_private_until_published() {
    let dir = scratch();
    let target = dir.path().join("ws/prod/site");
    let parent = dir.path().join("ws/prod");
    let staged = kit(&parent, "key");
    let name = staged.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.starts_with(".flarekit-") && name.len() == 26, "{name}");
    assert_eq!((mode(staged.path()), mode(&parent)), (0o1700, 0o755));
    staged.publish(&target, 0o755).unwrap();
    assert_eq!(mode(&target), 0o755);
    assert_eq!(mode(&target.join("startup")), 0o755);
    assert_eq!(mode(&target.join("startup/client.key")), 0o600);
    let expected = ["readme", "startup", "startup/client.key"];
    assert_eq!(names(&target), expected);
    assert_eq!(names(&parent).len(), 1 + expected.len(), "nothing else is there");
}

#[test]
fn removes_itself_and_the_directories_it_made() {
    let dir = scratch();
    let staged = kit(&dir.path().join("a/b"), "key");
    assert!(staged.path().exists());
    drop(staged);
    assert_eq!(names(dir.path()), [""; 0]);
    let staged = kit(&dir.path().join("a/b"), "key");
    fs::write(dir.path().join("a/other"), "").unwrap();
    drop(staged);
    assert_eq!(names(dir.path()), ["a", "a/other"]);
}

#[test]
fn publishes_over_nothing_at_all() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("empty")).unwrap();
    fs::write(at("file"), "").unwrap();
    symlink("nowhere", at("link")).unwrap();
    let before = tree(dir.path());
    for name in ["empty", "file", "link"] {
        let error = kit(dir.path(), "new").publish(&at(name), 0o755).unwrap_err();
        assert_eq!((error.kind(), error.path()), (FileErrorKind::AlreadyExists, &*at(name)));
    }
    let error = kit(dir.path(), "new").publish(&at("none/x"), 0o755).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::NotFound);
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn nothing_inside_leads_outside_or_is_written_twice() {
    let dir = scratch();
    let staged = kit(dir.path(), "key");
    for path in ["", "/etc/x", "../x", "startup/../../x", "."] {
        assert!(staged.write(Path::new(path), b"", 0o600).is_err(), "{path}");
        assert!(staged.make_dir(Path::new(path), 0o700).is_err(), "{path}");
    }
    let twice = staged.write(Path::new("readme"), b"2", 0o600).unwrap_err();
    assert_eq!(twice.kind(), FileErrorKind::AlreadyExists);
    let shown = format!("cannot write {}: readme: File exists", dir.path().display());
    assert!(twice.to_string().starts_with(&shown), "{twice}");
    assert!(staged.write(Path::new("none/x"), b"", 0o600).is_err());
    staged.publish(&dir.path().join("site"), 0o755).unwrap();
    assert_eq!(fs::read(dir.path().join("site/readme")).unwrap(), b"");
}

#[test]
fn files_join_a_directory_together_or_not_at_all() {
    let dir = scratch();
    let staged = || {
        let staged = StagedDir::create(dir.path(), 0o700).unwrap();
        staged.write(Path::new("rootCA.key"), b"k", 0o600).unwrap();
        staged.write(Path::new("ca.json"), b"j", 0o600).unwrap();
        staged
    };
    fs::write(dir.path().join("ca.json"), "old").unwrap();
    let before = tree(dir.path());
    let error = staged().publish_files(dir.path()).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::AlreadyExists);
    assert_eq!(error.path(), dir.path().join("ca.json"));
    assert_eq!(tree(dir.path()), before);
    fs::remove_file(dir.path().join("ca.json")).unwrap();
    staged().publish_files(dir.path()).unwrap();
    assert_eq!(names(dir.path()), ["ca.json", "rootCA.key"]);
    assert_eq!(mode(&dir.path().join("rootCA.key")), 0o600);
}

#[test]
fn exchanges_old_and_new() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    kit(dir.path(), "old").publish(&at("site"), 0o755).unwrap();
    kit(dir.path(), "new").exchange(&at("site"), 0o750, &at(".bak/prod/site-1")).unwrap();
    assert_eq!(fs::read(at("site/startup/client.key")).unwrap(), b"new");
    assert_eq!(fs::read(at(".bak/prod/site-1/startup/client.key")).unwrap(), b"old");
    assert_eq!(mode(&at("site")), 0o750);
    assert_eq!((mode(&at(".bak")), mode(&at(".bak/prod"))), (0o700, 0o700));
    assert_eq!(names(dir.path()).iter().filter(|name| !name.contains('/')).count(), 2);
}

#[test]
fn exchanges_nothing_but_a_directory_into_a_free_backup() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    kit(dir.path(), "old").publish(&at("site"), 0o755).unwrap();
    fs::write(at("file"), "").unwrap();
    symlink("site", at("link")).unwrap();
    fs::create_dir(at("taken")).unwrap();
    let before = tree(dir.path());
    for (target, backup, kind) in [
        ("none", ".bak/x", FileErrorKind::NotFound),
        ("file", ".bak/x", FileErrorKind::NotADirectory),
        ("link", ".bak/x", FileErrorKind::IsSymlink),
        ("site", "taken", FileErrorKind::AlreadyExists),
        ("site", "file/x", FileErrorKind::NotADirectory),
    ] {
        let error = kit(dir.path(), "new").exchange(&at(target), 0o755, &at(backup)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(tree(dir.path()), before, "{target}");
    }
}

#[test]
fn what_never_took_its_place_is_swept_from_the_backups() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    kit(dir.path(), "old").publish(&at("site"), 0o755).unwrap();
    let new = kit(dir.path(), "new");
    let name = new.backup_name(Timestamp::from_unix(0)).unwrap();
    new.exchange(&at("site"), 0o755, &at(".bak").join(&name)).unwrap();
    let exchanged = tree(dir.path());
    sweep_backups(&at(".bak"));
    assert_eq!(tree(dir.path()), exchanged, "the old one is kept");

    let newer = kit(dir.path(), "newer");
    let name = newer.backup_name(Timestamp::from_unix(0)).unwrap();
    let waiting = at(".bak").join(name);
    fs::set_permissions(newer.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(newer.path(), &waiting).unwrap();
    sweep_backups(&at(".bak"));
    assert!(waiting.exists(), "its run is alive");
    drop(newer);
    sweep_backups(&at(".bak"));
    assert_eq!(tree(dir.path()), exchanged, "its run is dead");
}

/// Who undoes an exchange by hand gives the new directory the name of the old one's backup.
#[test]
fn what_was_in_its_place_is_never_swept_from_the_backups() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    kit(dir.path(), "old").publish(&at("site"), 0o755).unwrap();
    let new = kit(dir.path(), "new");
    let backup = at(".bak").join(new.backup_name(Timestamp::from_unix(0)).unwrap());
    new.exchange(&at("site"), 0o755, &backup).unwrap();
    fs::write(at("site/startup/own"), "").unwrap();
    change::swap(&at("site"), &backup).unwrap();
    sweep_backups(&at(".bak"));
    assert_eq!(fs::read(backup.join("startup/client.key")).unwrap(), b"new");
    assert_eq!(fs::read(at("site/startup/client.key")).unwrap(), b"old");
}

#[test]
fn two_renames_serve_where_there_is_no_exchange() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    kit(dir.path(), "old").publish(&at("site"), 0o755).unwrap();
    let before = tree(dir.path());
    let mut staged = kit(dir.path(), "new");
    fs::create_dir(at("taken")).unwrap();
    assert!(staged.replace_by_renames(&at("site"), &at("taken")).is_err());
    fs::remove_dir(at("taken")).unwrap();
    // The second rename fails because what was staged is gone: the first is undone.
    fs::remove_dir_all(staged.path()).unwrap();
    assert!(staged.replace_by_renames(&at("site"), &at("backup")).is_err());
    drop(staged);
    assert_eq!(tree(dir.path()), before);
    // A failure after both is undone as well.
    let mut staged = kit(dir.path(), "new");
    staged.replace_by_renames(&at("site"), &at("backup")).unwrap();
    staged.take_back_by_renames(&at("site"), &at("backup")).unwrap();
    fs::remove_dir_all(staged.path()).unwrap();
    assert_eq!(tree(dir.path()), before);
    kit(dir.path(), "new").replace_by_renames(&at("site"), &at("backup")).unwrap();
    assert_eq!(fs::read(at("site/startup/client.key")).unwrap(), b"new");
    assert_eq!(fs::read(at("backup/startup/client.key")).unwrap(), b"old");
}

#[test]
fn six_at_once_into_one_new_workspace_all_succeed() {
    let dir = scratch();
    let project = dir.path().join("ws/project");
    thread::scope(|scope| {
        for id in 0..6 {
            let project = &project;
            scope.spawn(move || {
                sweep(project);
                kit(project, &id.to_string())
                    .publish(&project.join(format!("site-{id}")), 0o755)
                    .unwrap();
                sweep(project);
            });
        }
    });
    for id in 0..6 {
        let key = project.join(format!("site-{id}/startup/client.key"));
        assert_eq!(fs::read(key).unwrap(), id.to_string().as_bytes());
    }
    assert_eq!(fs::read_dir(&project).unwrap().count(), 6);
}

#[test]
fn sweeps_what_the_dead_left_and_only_that() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    let alive = kit(dir.path(), "alive");
    fs::create_dir_all(at(".flarekit-0123456789abcdef/startup")).unwrap();
    fs::write(at(".flarekit-0123456789abcdef/startup/client.key"), "").unwrap();
    fs::write(at(".flarekit-00000000000000ff"), "").unwrap();
    fs::create_dir(at("precious")).unwrap();
    let kept =
        [".flarekit-0123456789ABCDEF", ".flarekit-1", ".flarekit", "x.flarekit-00000000000000ff"];
    for name in kept {
        fs::write(at(name), "").unwrap();
    }
    symlink("precious", at(".flarekit-1111111111111111")).unwrap();
    sweep(dir.path());
    sweep(&at("none"));
    assert!(alive.path().join("startup/client.key").exists());
    alive.publish(&at("site"), 0o755).unwrap();
    let mut expected = kept.to_vec();
    expected.extend([".flarekit-1111111111111111", "precious", "site"]);
    expected.sort_unstable();
    let mut found = names(dir.path());
    found.retain(|name| !name.contains('/'));
    assert_eq!(found, expected);
}

/// In the place of a leftover may be a directory of the user's that another user gave such a name.
#[test]
fn only_what_is_marked_is_swept_where_others_could_rename() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    let set_mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let thesis = at(".flarekit-0123456789abcdef");
    fs::create_dir(&thesis).unwrap();
    fs::write(thesis.join("chapter"), "").unwrap();
    for mode in [0o777, 0o775, 0o2775] {
        set_mode(dir.path(), mode);
        for private in [0o700, 0o755, 0o1755, 0o2700] {
            set_mode(&thesis, private);
            sweep(dir.path());
            assert!(thesis.join("chapter").exists(), "{private:o} in {mode:o}");
        }
        let key = kit(dir.path(), "key");
        fs::create_dir(at(".flarekit-00000000000000ee")).unwrap();
        fs::write(at(".flarekit-00000000000000ff"), "").unwrap();
        let dead = at(".flarekit-00000000000000aa");
        fs::rename(key.path(), &dead).unwrap();
        sweep(dir.path());
        assert!(dead.exists(), "its run is alive");
        drop(key);
        sweep(dir.path());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{mode:o}");
    }
    set_mode(dir.path(), 0o1777);
    sweep(dir.path());
    assert!(!thesis.exists());
}

/// Between the look at a leftover and its removal, something else may get its name.
#[test]
fn what_takes_a_name_meanwhile_is_not_swept() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    for name in ["leftover", "thesis"] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("chapter"), "").unwrap();
    }
    let leftover = fs::File::open(at("leftover")).unwrap();
    fs::rename(at("leftover"), at("away")).unwrap();
    fs::rename(at("thesis"), at("leftover")).unwrap();
    assert!(change::remove_open_tree(&leftover, &at("leftover")).is_err());
    assert_eq!(names(dir.path()), ["away", "leftover", "leftover/chapter"]);
}
