//! Reading and writing single files, backups and the lock.

use super::{is_root, mode, names, scratch, skipped, tree};
use crate::error::{Defect, Reason};
use crate::files::{
    FileErrorKind, Replace, StagedDir, Tentative, change, lock_dir, prepare, read, read_secret,
    sweep, write_new, write_replacing,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn reads_a_plain_file_within_its_limit() {
    let dir = scratch();
    let path = dir.path().join("a");
    fs::write(&path, b"12345").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let found = read(&path, 5).unwrap();
    assert_eq!((found.bytes.as_slice(), found.mode), (&b"12345"[..], 0o640));
    let (secret, mode) = read_secret(&path, 5).unwrap();
    assert_eq!((secret.as_slice(), mode), (&b"12345"[..], 0o640));
    let error = read(&path, 4).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::TooLarge);
    assert_eq!(error.path(), path);
    assert!(error.to_string().ends_with("a: it has 5 bytes, more than the limit of 4"));
    fs::write(&path, b"").unwrap();
    assert_eq!(read(&path, 0).unwrap().bytes, b"");
}

#[test]
fn reads_nothing_but_plain_files() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("file"), b"x").unwrap();
    symlink("file", at("link")).unwrap();
    symlink("link", at("loop")).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
    assert!(made.success());
    for (name, kind, reason) in [
        ("link", FileErrorKind::IsSymlink, Reason::NotAPlainFile),
        ("loop", FileErrorKind::IsSymlink, Reason::NotAPlainFile),
        (".", FileErrorKind::NotAPlainFile, Reason::NotAPlainFile),
        ("socket", FileErrorKind::NotAPlainFile, Reason::NotAPlainFile),
        ("fifo", FileErrorKind::NotAPlainFile, Reason::NotAPlainFile),
        ("none", FileErrorKind::NotFound, Reason::FileNotFound),
        ("file/x", FileErrorKind::NotADirectory, Reason::NotADirectory),
    ] {
        let error = read(&at(name), 9).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(read_secret(&at(name), 9).unwrap_err(), error);
        assert_eq!(Defect::from(error).reason, reason);
    }
}

#[test]
fn an_unreadable_file_says_so() {
    let dir = scratch();
    let path = dir.path().join("a");
    write_new(&path, b"x", 0o000).unwrap();
    if is_root() {
        return skipped("root may read everything");
    }
    let error = read(&path, 9).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::PermissionDenied);
    assert_eq!(error.reason(), Reason::FileUnreadable);
    assert!(error.to_string().ends_with("/a: Permission denied (os error 13)"), "{error}");
}

#[test]
fn errors_do_not_pass_on_control_characters() {
    let error = read(Path::new("/nowhere/\x1b[2J\n"), 1).unwrap_err();
    let text = r"cannot read /nowhere/\u{1b}[2J\n: No such file or directory (os error 2)";
    assert_eq!(error.to_string(), text);
}

#[test]
fn writes_where_nothing_is() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    for wanted in [0o600, 0o644, 0o755, 0o666] {
        let path = at(&format!("{wanted:o}"));
        write_new(&path, b"new", wanted).unwrap();
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (wanted, b"new".to_vec()));
    }
    fs::create_dir(at("dir")).unwrap();
    symlink("nowhere", at("link")).unwrap();
    let before = tree(dir.path());
    for name in ["600", "dir", "link"] {
        let error = write_new(&at(name), b"other", 0o644).unwrap_err();
        assert_eq!(error.kind(), FileErrorKind::AlreadyExists);
        assert_eq!(error.reason(), Reason::WriteFailed);
        assert_eq!(error.path(), at(name));
    }
    assert_eq!(write_new(&at("no/x"), b"", 0o600).unwrap_err().kind(), FileErrorKind::NotFound);
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn replaces_a_plain_file_only() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    write_replacing(&at("a"), b"1", 0o644).unwrap();
    write_replacing(&at("a"), b"2", 0o600).unwrap();
    assert_eq!((fs::read(at("a")).unwrap(), mode(&at("a"))), (b"2".to_vec(), 0o600));
    fs::create_dir(at("dir")).unwrap();
    symlink("a", at("link")).unwrap();
    let before = tree(dir.path());
    let link = write_replacing(&at("link"), b"3", 0o644).unwrap_err();
    assert_eq!(link.kind(), FileErrorKind::IsSymlink);
    let directory = write_replacing(&at("dir"), b"3", 0o644).unwrap_err();
    assert_eq!(directory.kind(), FileErrorKind::NotAPlainFile);
    assert_eq!(tree(dir.path()), before);
}

/// What is replaced was looked at a moment before.
#[test]
fn what_took_the_name_of_a_file_meanwhile_is_not_replaced() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("a")).unwrap();
    fs::write(at("a/thesis"), "mine").unwrap();
    symlink("a/thesis", at("link")).unwrap();
    let before = tree(dir.path());
    for (name, kind) in [("a", FileErrorKind::NotAPlainFile), ("link", FileErrorKind::IsSymlink)] {
        let prepared = prepare(&at(name), b"new", 0o600).unwrap();
        let error = prepared.exchange().err().unwrap();
        assert_eq!((error.kind(), error.path()), (kind, &*at(name)));
    }
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn a_directory_that_may_not_be_written_stays_as_it_was() {
    let dir = scratch();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o555)).unwrap();
    if is_root() {
        skipped("root may write everywhere");
    } else {
        let error = write_new(&dir.path().join("a"), b"", 0o600).unwrap_err();
        assert_eq!(error.kind(), FileErrorKind::PermissionDenied);
    }
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn of_many_writers_one_wins() {
    let dir = scratch();
    let path = dir.path().join("a");
    let won: Vec<u8> = thread::scope(|scope| {
        let path = &path;
        let writers: Vec<_> =
            (0..8).map(|id| scope.spawn(move || write_new(path, &[id; 9], 0o600))).collect();
        let results = writers.into_iter().map(|writer| writer.join().unwrap());
        let won = results.enumerate().filter_map(|(id, result)| match result {
            Ok(()) => Some(u8::try_from(id).unwrap()),
            Err(error) => {
                assert_eq!(error.kind(), FileErrorKind::AlreadyExists);
                None
            }
        });
        won.collect()
    });
    assert_eq!(won.len(), 1);
    assert_eq!(fs::read(&path).unwrap(), [won[0]; 9]);
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn without_the_special_rename_nothing_is_replaced_either() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("file"), b"1").unwrap();
    fs::create_dir(at("dir")).unwrap();
    fs::write(at("dir/inner"), b"2").unwrap();
    change::rename_into_free(&at("file"), &at("file1")).unwrap();
    change::rename_into_reserved(&at("file1"), &at("file2")).unwrap();
    change::rename_into_free(&at("dir"), &at("dir2")).unwrap();
    fs::create_dir(at("empty")).unwrap();
    let after = tree(dir.path());
    assert_eq!(names(dir.path()), ["dir2", "dir2/inner", "empty", "file2"]);
    for (from, to) in [
        ("file2", "dir2"),
        ("dir2", "file2"),
        ("file2", "file2"),
        ("file2", "empty"),
        ("dir2", "empty"),
    ] {
        let error = change::rename_into_free(&at(from), &at(to)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists, "{from} {to}");
    }
    let error = change::rename_into_reserved(&at("file2"), &at("file2")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert!(change::rename_into_free(&at("none"), &at("x")).is_err());
    assert!(change::rename_into_reserved(&at("none"), &at("x")).is_err());
    assert_eq!(tree(dir.path()), after);
}

#[test]
fn files_move_into_a_backup_together_or_stay() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    for name in ["a", "b"] {
        fs::write(at(name), name).unwrap();
    }
    let replace = |existing: &[PathBuf], backup: &str| {
        let staged = StagedDir::create(dir.path(), 0o700).unwrap();
        staged.write(Path::new("a"), b"new", 0o600).unwrap();
        staged.replace_files(dir.path(), existing, &at(backup))
    };
    let before = tree(dir.path());
    let error = replace(&[at("a"), at("none")], ".bak/1").unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::NotFound);
    assert_eq!(tree(dir.path()), before);
    replace(&[at("a"), at("b")], ".bak/1").unwrap();
    assert_eq!(names(dir.path()), [".bak", ".bak/1", ".bak/1/a", ".bak/1/b", "a"]);
    assert_eq!((mode(&at(".bak")), mode(&at(".bak/1"))), (0o700, 0o700));
    assert_eq!(fs::read(at("a")).unwrap(), b"new");
    let before = tree(dir.path());
    let error = replace(&[at("a")], ".bak/1").unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::AlreadyExists);
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn the_lock_excludes_and_is_released() {
    let dir = scratch();
    let released = AtomicBool::new(false);
    let lock = lock_dir(dir.path()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _lock = lock_dir(dir.path()).unwrap();
            assert!(released.load(Ordering::SeqCst), "two held the lock");
        });
        thread::sleep(Duration::from_millis(50));
        released.store(true, Ordering::SeqCst);
        drop(lock);
    });
    assert_eq!(names(dir.path()), [""; 0]);
    let file = dir.path().join("a");
    fs::write(&file, "").unwrap();
    assert_eq!(lock_dir(&file).unwrap_err().kind(), FileErrorKind::NotADirectory);
    let none = dir.path().join("none");
    assert_eq!(lock_dir(&none).unwrap_err().kind(), FileErrorKind::NotFound);
}

#[test]
fn whoever_waited_for_a_directory_that_was_replaced_locks_the_new_one() {
    let dir = scratch();
    let ca = dir.path().join("ca");
    fs::create_dir(&ca).unwrap();
    let old = lock_dir(&ca).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| lock_dir(&ca).unwrap());
        thread::sleep(Duration::from_millis(50));
        fs::rename(&ca, dir.path().join("old")).unwrap();
        fs::create_dir(&ca).unwrap();
        drop(old);
        let _new = waiting.join().unwrap();
        let handle = fs::File::open(&ca).unwrap();
        assert!(handle.try_lock().is_err());
    });
}

/// While the new content may still be taken back, the old one is no leftover of a killed run.
#[test]
fn what_may_come_back_is_not_swept() {
    let dir = scratch();
    let path = dir.path().join("a");
    fs::write(&path, b"old").unwrap();
    let replace = Replace { limit: 10, allowed: &|_| true };
    let tentative = Tentative::write(&path, b"new", (0o600, 0o700), &replace, dir.path()).unwrap();
    sweep(dir.path());
    assert_eq!(fs::read(&path).unwrap(), b"new");
    drop(tentative);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["a"]);
}
