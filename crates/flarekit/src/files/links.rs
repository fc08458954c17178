//! Files that have several names, as `cp -l` and `ln` make them.

use super::error::FileError;
use super::folder::backups_of;
use super::look::{Found, list};
use super::publish::{SECOND, SPARE};
use super::sys;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many further names a file has. Those do not count that a run gives it which puts it into its
/// place or replaces it, in a hidden directory or a backup beside it: nobody uses the file by them.
///
/// # Errors
/// If nothing is there, or the system does not tell.
pub fn further_names(path: &Path) -> Result<u64, FileError> {
    let names = || fs::symlink_metadata(path).map_err(FileError::on("look at", path));
    loop {
        let found = names()?;
        let further = found.nlink().saturating_sub(1);
        if further == 0 {
            return Ok(0);
        }
        let further = further.saturating_sub(own_names(path, &found));
        // Meanwhile the run may have come to its end.
        if further == 0 || names()?.nlink() == found.nlink() {
            return Ok(further);
        }
    }
}

fn own_names(path: &Path, file: &fs::Metadata) -> u64 {
    let (beside, name) = (sys::parent_of(path), path.file_name().unwrap_or_default());
    let directories = |of: &Path| {
        let all = list(of).unwrap_or_default().into_iter();
        all.filter(|(_, is)| *is == Found::Directory).map(|(name, _)| name)
    };
    let staging = directories(beside)
        .filter(|name| name.to_str().is_some_and(sys::is_random_name))
        .map(|name| beside.join(name))
        .flat_map(|staging| [staging.join(SECOND), staging.join(SPARE), staging]);
    let backups = backups_of(beside);
    let backups = directories(&backups).map(|name| backups.join(name));
    let is_it = |place: PathBuf| {
        fs::symlink_metadata(place.join(name))
            .is_ok_and(|found| (found.dev(), found.ino()) == (file.dev(), file.ino()))
    };
    staging.chain(backups).fold(0, |names, place| names + u64::from(is_it(place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::hard_link;

    #[test]
    fn names_that_others_know_count_and_those_of_a_run_do_not() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("file"), "").unwrap();
        assert_eq!(further_names(&at("file")).unwrap(), 0);
        let staging = sys::random_name().unwrap();
        let backup = backups_of(place.path()).join("2026");
        for own in [at(&staging), at(&staging).join(SECOND), at(&staging).join(SPARE), backup] {
            fs::create_dir_all(&own).unwrap();
            hard_link(at("file"), own.join("file")).unwrap();
            assert_eq!(further_names(&at("file")).unwrap(), 0);
        }
        hard_link(at("file"), at("other")).unwrap();
        assert_eq!(further_names(&at("file")).unwrap(), 1);
        assert!(further_names(&at("none")).unwrap_err().not_found());
    }
}
