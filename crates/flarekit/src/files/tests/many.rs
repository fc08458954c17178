//! Many files: made durable together, prepared elsewhere, compared.

use super::{names, scratch, tree};
use crate::files::{
    Compared, Comparison, FileErrorKind, Replace, StagedDir, Tentative, prepare_in, staging, sweep,
    write_all_replacing,
};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

#[test]
fn one_file_joins_a_directory_by_its_rename_alone() {
    let dir = scratch();
    let staged = || {
        let staged = StagedDir::create(dir.path(), 0o700).unwrap();
        staged.write(Path::new("ledger.db"), b"new", 0o600).unwrap();
        staged
    };
    fs::write(dir.path().join("ledger.db"), "old").unwrap();
    let before = tree(dir.path());
    let error = staged().publish_files(dir.path()).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::AlreadyExists);
    assert_eq!(error.path(), dir.path().join("ledger.db"));
    assert_eq!(tree(dir.path()), before);
    fs::remove_file(dir.path().join("ledger.db")).unwrap();
    staged().publish_files(dir.path()).unwrap();
    assert_eq!(names(dir.path()), ["ledger.db"]);
}

#[test]
fn what_is_prepared_above_is_swept_there_and_leaves_nothing() {
    let dir = scratch();
    let folder = dir.path().join("records");
    fs::create_dir(&folder).unwrap();
    assert_eq!(staging(dir.path(), &folder), dir.path());
    assert_eq!(staging(Path::new("/proc"), &folder), folder, "another file system");
    let path = folder.join("a");
    drop(prepare_in(dir.path(), &path, b"1", 0o600).unwrap());
    assert_eq!(names(dir.path()), ["records"]);

    // As a run leaves it that is killed: unfinished, and nobody holds the lock.
    fs::write(dir.path().join(".flarekit-0123456789abcdef"), "").unwrap();
    let replace = Replace { limit: 9, allowed: &|_| true };
    let write = |bytes: &[u8]| {
        Tentative::write(&path, bytes, (0o600, 0o700), &replace, dir.path()).unwrap()
    };
    write(b"1").keep();
    assert_eq!(names(dir.path()), ["records", "records/a"]);
    drop(write(b"2"));
    assert_eq!(fs::read(&path).unwrap(), b"1", "what was replaced is back");
    sweep(dir.path());
    assert_eq!(names(dir.path()), ["records", "records/a"]);
}

#[test]
fn several_files_replace_those_that_are_there() {
    let dir = scratch();
    fs::write(dir.path().join("a"), "old").unwrap();
    write_all_replacing(dir.path(), &[("a", b"1"), ("b", b"2")], 0o644).unwrap();
    assert_eq!(names(dir.path()), ["a", "b"]);
    assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"1");
    symlink("a", dir.path().join("c")).unwrap();
    let error = write_all_replacing(dir.path(), &[("a", b"3"), ("c", b"4")], 0o644).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::IsSymlink);
    assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"1", "refused before anything is named");
    assert_eq!(names(dir.path()), ["a", "b", "c"]);
}

#[test]
fn only_a_plain_file_with_just_these_bytes_is_the_same() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    for (name, bytes) in
        [("folder/same", "abc"), ("longer", "abcd"), ("shorter", "ab"), ("other", "xyz")]
    {
        fs::write(at(name), bytes).unwrap();
    }
    symlink("folder/same", at("link")).unwrap();
    symlink("folder", at("linked")).unwrap();
    let comparison = Comparison::of(dir.path()).unwrap();
    let with = |name: &str| comparison.with(Path::new(name), b"abc");
    if cfg!(target_os = "linux") {
        assert_eq!(with("folder/same"), Compared::Same);
        assert_eq!(with("none"), Compared::Nothing);
        assert_eq!(with("folder/none"), Compared::Nothing);
    }
    let outside = format!("../{}/longer", dir.path().file_name().unwrap().display());
    for name in
        ["longer", "shorter", "other", "link", "linked/same", "folder", "longer/x", &outside]
    {
        assert_eq!(with(name), Compared::Unsure, "{name}");
    }
}
