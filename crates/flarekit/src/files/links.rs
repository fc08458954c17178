//! Files that have several names, as `cp -l` and `ln` make them.

use super::error::FileError;
use super::look::{Found, list};
use super::publish::SECOND;
use super::sys;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How many further names a file has. Those do not count that a run which puts it into its place has
/// for it in a hidden directory beside it: they go away, and nobody uses them.
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
        let further = further.saturating_sub(unfinished_names(path, &found));
        // Meanwhile the run may have come to its end.
        if further == 0 || names()?.nlink() == found.nlink() {
            return Ok(further);
        }
    }
}

fn unfinished_names(path: &Path, file: &fs::Metadata) -> u64 {
    let (beside, name) = (sys::parent_of(path), path.file_name().unwrap_or_default());
    let is_it = |name: &Path| {
        fs::symlink_metadata(name)
            .is_ok_and(|found| (found.dev(), found.ino()) == (file.dev(), file.ino()))
    };
    list(beside)
        .unwrap_or_default()
        .iter()
        .filter(|(name, is)| {
            *is == Found::Directory && name.to_str().is_some_and(sys::is_random_name)
        })
        .map(|(staging, _)| beside.join(staging))
        .flat_map(|staging| [staging.join(name), staging.join(SECOND).join(name)])
        .filter(|name| is_it(name))
        .fold(0, |names, _| names + 1)
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
        fs::create_dir_all(at(&staging).join(SECOND)).unwrap();
        hard_link(at("file"), at(&staging).join("file")).unwrap();
        hard_link(at("file"), at(&staging).join(SECOND).join("file")).unwrap();
        assert_eq!(further_names(&at("file")).unwrap(), 0);
        hard_link(at("file"), at("other")).unwrap();
        assert_eq!(further_names(&at("file")).unwrap(), 1);
        assert!(further_names(&at("none")).unwrap_err().not_found());
    }
}
