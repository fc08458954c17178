//! Clearing away what killed runs left.

use super::look::{Found, list};
use super::{backup, change, guard, publish, reach, sys};
use std::ffi::OsString;
use std::path::Path;

/// Removes the unfinished files and directories of dead runs from a directory. Only those whose
/// lock is free are taken, and not those that were publishing, which hold what `settle` needs; links
/// are never followed. Where another user could give a directory of this user's such a name, nothing
/// is removed. Whatever cannot be removed stays, since this tidies up and no result depends on it.
pub fn sweep(parent: &Path) {
    for (name, found) in ours(parent) {
        let path = parent.join(&name);
        if !name.to_str().is_some_and(sys::is_random_name) {
            continue;
        }
        if publish::is_publishing(&path) {
            continue;
        }
        let directory = match found {
            Found::Directory => true,
            Found::File => false,
            _ => continue,
        };
        // The lock is held until the removal is done: see `sys::claim`.
        let Ok(leftover) = reach::open(&path, directory) else { continue };
        if leftover.try_lock().is_ok() {
            let _ = if directory { change::remove_tree(&path) } else { change::remove_file(&path) };
        }
    }
}

/// Removes from a directory of backups what was to take the place of something and never did,
/// because its run died: see [`StagedDir::backup_name`](super::StagedDir::backup_name).
pub fn sweep_backups(backups: &Path) {
    for (name, found) in ours(backups) {
        let path = backups.join(&name);
        let Some(name) = name.to_str().filter(|_| found == Found::Directory) else { continue };
        let Ok(leftover) = reach::open_dir(&path) else { continue };
        if leftover.metadata().is_ok_and(|found| backup::is_waiting(name, &found))
            && leftover.try_lock().is_ok()
        {
            let _ = change::remove_tree(&path);
        }
    }
}

/// What a directory holds, if its names are this user's.
fn ours(directory: &Path) -> Vec<(OsString, Found)> {
    let judged = reach::open_dir(directory).and_then(|directory| directory.metadata());
    if judged.is_ok_and(|found| !guard::others_rename(&found)) {
        list(directory).unwrap_or_default()
    } else {
        vec![]
    }
}
