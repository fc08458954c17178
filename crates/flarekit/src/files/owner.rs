//! Whose a file is, where root writes into another user's directory, or another user's file is met.

use super::error::{FileError, FileErrorKind};
use super::guard::{Others, judge, strangers_rename};
use super::{change, reach};
use rustix::process::geteuid;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Gives a new file, which is still empty, to the owner of the directory that it is meant for: what
/// root makes there, as under sudo, would else keep the owner out.
///
/// # Errors
/// [`FileErrorKind::OfAnotherUser`] if the file cannot be given away, or the system's refusal.
pub fn give_to_owner_of(directory: &Path, file: &Path) -> Result<(), FileError> {
    let on = || FileError::on("write", directory);
    let found = fs::symlink_metadata(directory).map_err(on())?;
    if !geteuid().is_root() {
        return Ok(());
    }
    let open = reach::open(file, false).map_err(on())?;
    let made = open.metadata().map_err(on())?;
    if made.uid() == found.uid() {
        return Ok(());
    }
    // Who may rename things there could have put another file of root's in its place.
    let is_new = made.is_file() && made.len() == 0 && made.nlink() == 1 && made.uid() == 0;
    let owner = found.uid();
    let kept = |why: &str| {
        let detail = format!(
            "it belongs to the user {owner}, and a new file there cannot be given to them: {why}"
        );
        FileError::new("write", directory, FileErrorKind::OfAnotherUser, detail)
    };
    if !is_new {
        return Err(kept("it is no new file of root's"));
    }
    change::set_owner(&open, file, (owner, found.gid())).map_err(|error| kept(&error.to_string()))
}

/// Whose a file is and what its mode is, if it is not the user's own.
#[must_use]
pub fn foreign(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    (found.uid() != geteuid().as_raw()).then(|| described(path, &found))
}

fn described(path: &Path, found: &Metadata) -> String {
    let (path, mode) = (path.display(), found.mode() & 0o7777);
    format!("{path} belongs to the user {} and has mode {mode:04o}", found.uid())
}

/// Whose a file or a directory is, links followed.
///
/// # Errors
/// If nothing is there, or the system does not tell.
pub fn owner(path: &Path) -> Result<u32, FileError> {
    fs::metadata(path).map(|found| found.uid()).map_err(FileError::on("look at", path))
}

/// Refuses what another user owns, or everybody may change: it may be another's word. Says if its
/// group may. The mode of a link says nothing.
///
/// # Errors
/// [`FileErrorKind::OfAnotherUser`] or [`FileErrorKind::OpenToOthers`], and if the system does not
/// tell.
pub fn refuse_others(path: &Path) -> Result<Option<Others>, FileError> {
    let found = fs::symlink_metadata(path).map_err(FileError::on("look at", path))?;
    if found.is_symlink() {
        let foreign = found.uid() != geteuid().as_raw() && found.uid() != 0;
        return if foreign { Err(Others::Owner(found.uid()).refused(path)) } else { Ok(None) };
    }
    match judge(&found, path)? {
        Some(owner @ Others::Owner(_)) => Err(owner.refused(path)),
        group => Ok(group),
    }
}

/// Says that another user could exchange what is in a directory, whoever it belongs to, if it is so. Of
/// a group that may nothing is said.
#[must_use]
pub fn exchanged_by_others(directory: &Path) -> Option<String> {
    let found = fs::symlink_metadata(directory).ok()?;
    strangers_rename(&found).then(|| described(directory, &found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tests::by_root;
    use std::os::unix::fs::chown;

    /// Only root can give files away.
    #[test]
    fn nothing_but_a_new_file_is_given_away() {
        let place = tempfile::tempdir().unwrap();
        let (new, old) = (place.path().join("new"), place.path().join("old"));
        fs::write(&new, "").unwrap();
        fs::write(&old, "content").unwrap();
        give_to_owner_of(place.path(), &old).unwrap();
        if !by_root(chown(place.path(), Some(1), Some(1))) {
            return;
        }
        give_to_owner_of(place.path(), &new).unwrap();
        assert_eq!(fs::metadata(&new).unwrap().uid(), 1);
        let error = give_to_owner_of(place.path(), &old).unwrap_err();
        assert_eq!(error.kind(), FileErrorKind::OfAnotherUser);
        let two = place.path().join("two");
        fs::write(&two, "").unwrap();
        fs::hard_link(&two, place.path().join("second name")).unwrap();
        assert!(give_to_owner_of(place.path(), &two).is_err());
        assert_eq!(fs::metadata(&two).unwrap().uid(), 0);
    }
}
