//! Whose a file is, where root writes into another user's directory, or another user's file is met.

use super::error::{FileError, FileErrorKind};
use super::{change, reach};
use rustix::process::geteuid;
use std::fs;
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
        return Err(kept("it was exchanged meanwhile"));
    }
    change::set_owner(&open, file, (owner, found.gid())).map_err(|error| kept(&error.to_string()))
}

/// Whose a file is and what its mode is, if it is not the user's own.
#[must_use]
pub fn foreign(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    (found.uid() != geteuid().as_raw()).then(|| {
        format!(
            "{} belongs to the user {} and has mode {:04o}",
            path.display(),
            found.uid(),
            found.mode() & 0o7777
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::chown;

    /// Only root can give files away.
    #[test]
    fn nothing_but_a_new_file_is_given_away() {
        let place = tempfile::tempdir().unwrap();
        let (new, old) = (place.path().join("new"), place.path().join("old"));
        fs::write(&new, "").unwrap();
        fs::write(&old, "content").unwrap();
        give_to_owner_of(place.path(), &old).unwrap();
        if chown(place.path(), Some(1), Some(1)).is_err() {
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
