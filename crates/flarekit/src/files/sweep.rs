//! Clearing away what killed runs left.
//!
//! A directory is opened once, and what it holds is reached from there: whoever exchanges it for one
//! of their own meanwhile gains nothing. At most an empty directory, or a file that they could remove
//! themselves, goes by its path.

use super::look::{Found, entries};
use super::{backup, change, guard, publish, reach, sys};
use rustix::fs::{AtFlags, fstat, statat};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::Path;

/// Removes the unfinished files and directories of dead runs from a directory. Only those whose
/// lock is free are taken, and not those that were publishing, which hold what `settle` needs; links
/// are never followed. Whatever cannot be removed stays, since this tidies up and no result depends
/// on it.
///
/// Where another user could give a directory of this user's such a name, those with content go only
/// if they have the mark of what is unfinished. Files and empty directories go everywhere: whoever
/// can rename them can remove them, too.
pub fn sweep(parent: &Path) {
    let Ok(held) = reach::open_dir(parent) else { return };
    let trusted = names_are_ours(&held);
    for (name, directory) in held_in(&held) {
        if !name.to_str().is_some_and(sys::is_random_name) {
            continue;
        }
        let Ok(leftover) = reach::open_in(&held, &name, directory) else { continue };
        // Not even for a moment: who looks whether its run is dead would find it alive.
        if directory && publish::has_mark(&leftover) {
            continue;
        }
        let Some(leftover) = abandoned(&held, &name, leftover) else { continue };
        let path = parent.join(&name);
        let _ = if !directory {
            change::remove_file(&path)
        } else if leftover.metadata().is_ok_and(|found| {
            // In a directory for everybody root meets what is others', and is not to remove it.
            trusted && guard::is_own(&found) || guard::is_unfinished(&found)
        }) {
            change::remove_open_tree(&leftover, &path)
        } else {
            change::remove_dir(&path)
        };
    }
}

/// What was opened under a name, if nobody works on it any more. It stays locked until it is removed:
/// see `sys::claim`.
///
/// Until the lock was free, its owner may have finished it and given it the name that it was made
/// for: that must not be emptied. Whoever has the lock finds it under its random name only if nobody
/// did, and nobody will. Or its owner died while it was publishing: that is finished, not removed.
fn abandoned(held: &File, name: &OsStr, leftover: File) -> Option<File> {
    leftover.try_lock().ok()?;
    if publish::has_mark(&leftover) {
        return None;
    }
    let named = statat(held, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let open = fstat(&leftover).ok()?;
    ((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino)).then_some(leftover)
}

/// Removes from a directory of backups what was to take the place of something and never did,
/// because its run died: see [`StagedDir::backup_name`](super::StagedDir::backup_name).
pub fn sweep_backups(backups: &Path) {
    let Ok(held) = reach::open_dir(backups) else { return };
    if !names_are_ours(&held) {
        return;
    }
    for (name, directory) in held_in(&held) {
        let Some(shown) = name.to_str().filter(|_| directory) else { continue };
        let Ok(leftover) = reach::open_in(&held, &name, true) else { continue };
        let Some(leftover) = abandoned(&held, &name, leftover) else { continue };
        if leftover.metadata().is_ok_and(|found| backup::is_waiting(shown, &found)) {
            let _ = change::remove_open_tree(&leftover, &backups.join(&name));
        }
    }
}

/// Whether nobody else can give something in a directory another name.
fn names_are_ours(directory: &File) -> bool {
    directory.metadata().is_ok_and(|found| !guard::others_rename(&found))
}

/// The files and directories in a directory, sorted by name, and which they are.
fn held_in(directory: &File) -> impl Iterator<Item = (OsString, bool)> {
    let mut all = entries(directory).unwrap_or_default();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.into_iter().filter_map(|(name, found)| match found {
        Found::Directory => Some((name, true)),
        Found::File => Some((name, false)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::StagedDir;
    use crate::files::tests::by_root;
    use std::fs;

    /// The sweeper saw a directory while it was prepared, and looks at it when its owner is done.
    #[test]
    fn what_got_its_name_meanwhile_is_not_swept() {
        let place = tempfile::tempdir().unwrap();
        let held = reach::open_dir(place.path()).unwrap();
        let staged = StagedDir::create(place.path(), 0o700).unwrap();
        staged.write(Path::new("file"), b"of the owner", 0o600).unwrap();
        let name = staged.path().file_name().unwrap().to_owned();
        let seen = || reach::open_in(&held, &name, true).unwrap();
        let (early, late, while_alive) = (seen(), seen(), seen());
        assert!(abandoned(&held, &name, while_alive).is_none());
        staged.publish(&place.path().join("done"), 0o755).unwrap();
        assert!(abandoned(&held, &name, early).is_none());
        // Nor if something else has the name by now, which alone may go.
        fs::create_dir(place.path().join(&name)).unwrap();
        assert!(abandoned(&held, &name, late).is_none());
        assert!(place.path().join("done/file").exists());
        assert!(abandoned(&held, &name, seen()).is_some());
        fs::write(place.path().join(&name).join(publish::MARK), "").unwrap();
        assert!(abandoned(&held, &name, seen()).is_none());
    }

    /// Root meets them in `/tmp`, where their owners can give them any name.
    #[test]
    fn root_sweeps_no_directories_of_others() {
        let place = tempfile::tempdir().unwrap();
        let theirs = place.path().join(sys::random_name().unwrap());
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("file"), "theirs").unwrap();
        if !by_root(std::os::unix::fs::chown(&theirs, Some(1), None)) {
            return;
        }
        sweep(place.path());
        assert!(theirs.join("file").exists());
        std::os::unix::fs::chown(&theirs, Some(0), None).unwrap();
        sweep(place.path());
        assert!(!theirs.exists());
    }
}
