//! Looking, listing, absolute paths and making directories.

use super::{by_root, mode, names, scratch, tree};
use crate::files::{
    FileErrorKind, Found, absolute, list, look, make_dirs, resolve, resolve_parent,
};
use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::thread;

#[test]
fn looks_and_lists_without_following() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("b"), "").unwrap();
    fs::create_dir(at("a")).unwrap();
    symlink("a", at("c")).unwrap();
    symlink("nowhere", at("d")).unwrap();
    std::os::unix::net::UnixListener::bind(at("e")).unwrap();
    let expected = [
        ("a", Found::Directory),
        ("b", Found::File),
        ("c", Found::Link),
        ("d", Found::Link),
        ("e", Found::Other),
    ];
    for (name, found) in expected {
        assert_eq!(look(&at(name)), Ok(found));
    }
    assert_eq!(look(&at("none")), Ok(Found::Nothing));
    assert_eq!(look(&at("b/none")), Ok(Found::Nothing));
    assert_eq!(list(dir.path()).unwrap(), expected.map(|(name, found)| (name.into(), found)));
    assert_eq!(list(&at("b")).unwrap_err().kind(), FileErrorKind::NotADirectory);
}

#[test]
fn absolute_paths_are_made_in_the_text() {
    let is = |path: &str, expected: &str| {
        assert_eq!(absolute(Path::new(path)).unwrap(), PathBuf::from(expected), "{path}");
    };
    is("/a/b", "/a/b");
    is("/a/./b//c/", "/a/b/c");
    is("/a/../b", "/b");
    is("/../../b", "/b");
    is("/", "/");
    let here = absolute(Path::new(".")).unwrap();
    assert!(here.is_absolute());
    assert_eq!(absolute(Path::new("x/../y")).unwrap(), here.join("y"));
    assert!(absolute(Path::new("")).is_err());
}

#[test]
fn makes_what_is_missing_and_can_take_it_back() {
    let dir = scratch();
    let deep = dir.path().join("a/b/c");
    let created = make_dirs(&deep, 0o750).unwrap();
    assert_eq!(created.paths().len(), 3);
    assert_eq!((mode(&deep), mode(&dir.path().join("a"))), (0o750, 0o750));
    fs::write(dir.path().join("a/used"), "").unwrap();
    drop(created);
    assert_eq!(names(dir.path()), ["a", "a/used"]);
    make_dirs(&deep, 0o700).unwrap().keep();
    assert_eq!(mode(&dir.path().join("a")), 0o750, "what exists keeps its mode");
    let created = make_dirs(&deep, 0o700).unwrap();
    assert!(created.paths().is_empty());
    drop(created);
    assert_eq!(names(dir.path()), ["a", "a/b", "a/b/c", "a/used"]);
}

#[test]
fn makes_nothing_behind_a_link() {
    let dir = scratch();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::write(at("file"), "").unwrap();
    symlink("real", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    let before = tree(dir.path());
    for (path, culprit) in [
        ("file", "file"),
        ("file/x/y", "file"),
        ("link", "link"),
        ("link/x", "link"),
        ("dangling", "dangling"),
        ("dangling/x", "dangling"),
    ] {
        let error = make_dirs(&at(path), 0o755).unwrap_err();
        assert_eq!((error.kind(), error.path()), (FileErrorKind::NotADirectory, &*at(culprit)));
    }
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn a_users_links_are_resolved_once() {
    let dir = scratch();
    let at = |name: &str| dir.path().canonicalize().unwrap().join(name);
    fs::create_dir(at("real")).unwrap();
    symlink("real", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("loop", at("loop")).unwrap();
    fs::create_dir(at("real/deep")).unwrap();
    symlink(at("real/deep"), at("far")).unwrap();
    symlink("../../far/../../link/./deep/", at("real/deep/up")).unwrap();
    for (path, leads_to) in [
        ("link", "real"),
        ("link/a/b", "real/a/b"),
        ("link/../link/a", "real/a"),
        ("none/a", "none/a"),
        ("dangling", "dangling"),
        ("dangling/a/b", "dangling/a/b"),
        ("far/a", "real/deep/a"),
        ("far/up/up/a", "real/deep/a"),
    ] {
        assert_eq!(resolve(&at(path)).unwrap(), at(leads_to), "{path}");
    }
    assert_eq!(resolve_parent(&at("link")).unwrap(), at("link"));
    assert_eq!(resolve_parent(&at("link/dangling")).unwrap(), at("real/dangling"));
    assert_eq!(resolve(&at("loop")).unwrap_err().kind(), FileErrorKind::IsSymlink);
}

/// Only root can give links away.
#[test]
fn a_link_that_another_user_put_where_everybody_may_write_is_not_followed() {
    let dir = scratch();
    let at = |name: &str| dir.path().canonicalize().unwrap().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::create_dir(at("all")).unwrap();
    symlink("../real", at("all/link")).unwrap();
    symlink("all/link", at("own")).unwrap();
    if !by_root(lchown(at("all/link"), Some(1), None)) {
        return;
    }
    for (owner, mode, followed) in
        [(0, 0o755, true), (0, 0o1777, false), (1, 0o1777, true), (2, 0o1777, false)]
    {
        fs::set_permissions(at("all"), fs::Permissions::from_mode(mode)).unwrap();
        lchown(at("all"), Some(owner), None).unwrap();
        for path in ["all/link", "all/link/a", "own", "own/a"] {
            match resolve(&at(path)) {
                Ok(real) => assert!(followed && real.starts_with(at("real")), "{path} {mode:o}"),
                Err(error) => {
                    assert_eq!(error.kind(), FileErrorKind::LinkOfAnother);
                    assert!(!followed && error.is_exposed(), "{error}");
                    assert!(error.detail().starts_with(at("all/link").to_str().unwrap()));
                }
            }
        }
        assert_eq!(resolve_parent(&at("all/link")).unwrap(), at("all/link"));
        assert_eq!(resolve_parent(&at("own/a")).is_ok(), followed);
    }
}

#[test]
fn several_may_make_the_same_directories() {
    let dir = scratch();
    let deep = dir.path().join("a/b/c/d");
    thread::scope(|scope| {
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| make_dirs(&deep, 0o700))).collect();
        for maker in makers {
            maker.join().unwrap().unwrap().keep();
        }
    });
    assert_eq!(mode(&deep), 0o700);
}
