//! Looking at what others wrote, and taking it over.

use crate::files::{FileErrorKind, Found, StagedDir, move_into_place, tree};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

#[test]
fn a_tree_is_told_without_following_links() {
    let place = tempfile::tempdir().unwrap();
    let top = place.path().join("top");
    fs::create_dir_all(top.join("a/b")).unwrap();
    fs::write(top.join("a/b/file"), "12345").unwrap();
    fs::set_permissions(top.join("a/b/file"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("..", top.join("a/up")).unwrap();
    let entries = tree(&top, 4).unwrap();
    let seen: Vec<_> =
        entries.iter().map(|entry| (entry.path.to_str().unwrap(), entry.found)).collect();
    let expected = [
        ("a", Found::Directory),
        ("a/b", Found::Directory),
        ("a/b/file", Found::File),
        ("a/up", Found::Link),
    ];
    assert_eq!(seen, expected);
    assert_eq!((entries[2].mode, entries[2].size), (0o640, 5));
    assert_eq!(entries[3].target.as_deref(), Some(Path::new("..")));
    assert_eq!(tree(&top, 3).unwrap_err().kind(), FileErrorKind::TooLarge);
}

#[test]
fn a_file_is_moved_into_a_real_directory_only() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for folder in ["real", "elsewhere"] {
        fs::create_dir(at(folder)).unwrap();
    }
    symlink("elsewhere", at("link")).unwrap();
    symlink("../new", at("real/file")).unwrap();
    fs::write(at("new"), "new").unwrap();
    for folder in ["link", "missing"] {
        let error = move_into_place(&at("new"), &at(folder).join("file")).unwrap_err();
        assert_eq!(error.kind(), FileErrorKind::NotADirectory, "{folder}");
    }
    move_into_place(&at("new"), &at("real/file")).unwrap();
    assert!(!at("real/file").is_symlink() && !at("new").exists());
    assert_eq!(fs::read_to_string(at("real/file")).unwrap(), "new");
}

#[test]
fn what_is_adopted_replaces_everything() {
    let place = tempfile::tempdir().unwrap();
    let other = place.path().join("other");
    fs::create_dir_all(other.join("a/new")).unwrap();
    fs::write(other.join("a/file"), "new").unwrap();
    symlink("file", other.join("a/link")).unwrap();
    let staged = StagedDir::create(place.path(), 0o755).unwrap();
    staged.make_dir(Path::new("a"), 0o755).unwrap();
    staged.write(Path::new("a/file"), b"old", 0o644).unwrap();
    staged.write(Path::new("old"), b"old", 0o644).unwrap();
    staged.adopt(&other, 10).unwrap();
    let target = place.path().join("target");
    staged.publish(&target, 0o755).unwrap();
    assert_eq!(fs::read_to_string(target.join("a/link")).unwrap(), "new");
    assert!(target.join("a/new").is_dir() && !target.join("old").exists());
    assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
}
