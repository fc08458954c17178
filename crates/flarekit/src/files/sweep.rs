//! Clearing away what killed runs left.
//!
//! A directory is opened once, and what it holds is reached from there: whoever exchanges it for one
//! of their own meanwhile gains nothing. At most an empty directory, or a file that they could remove
//! themselves, goes by its path.

use super::look::{Found, entries};
use super::{backup, change, guard, publish, reach, sys};
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

/// Removes the unfinished files and directories of dead runs from a directory. Only those whose
/// lock is free are taken, and not those that were publishing, which hold what `settle` needs; links
/// are never followed. Whatever cannot be removed stays, since this tidies up and no result depends
/// on it.
///
/// Where another user could give a directory of this user's such a name, those with content go only
/// if they have the [mark](guard::UNFINISHED). Files and empty directories go everywhere: whoever
/// can rename them can remove them, too.
pub fn sweep(parent: &Path) {
    let Ok(held) = reach::open_dir(parent) else { return };
    let trusted = names_are_ours(&held);
    for (name, directory) in held_in(&held) {
        if !name.to_str().is_some_and(sys::is_random_name) {
            continue;
        }
        // The lock is held until the removal is done: see `sys::claim`.
        let Ok(leftover) = reach::open_in(&held, &name, directory) else { continue };
        if (directory && publish::has_mark(&leftover)) || leftover.try_lock().is_err() {
            continue;
        }
        let path = parent.join(&name);
        let _ = if !directory {
            change::remove_file(&path)
        } else if trusted || leftover.metadata().is_ok_and(|found| guard::is_unfinished(&found)) {
            change::remove_open_tree(&leftover, &path)
        } else {
            change::remove_dir(&path)
        };
    }
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
        if leftover.metadata().is_ok_and(|found| backup::is_waiting(shown, &found))
            && leftover.try_lock().is_ok()
        {
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
