//! What a site has changed in its kit's `local` folder, and keeps when the kit is replaced.

use std::path::{Path, PathBuf};

use super::record::{Digests, KitRecord, digest};
use crate::error::{Code, Error};
use crate::files::{self, FileError, Found, StagedDir};

/// The folder of a kit that belongs to the site.
const LOCAL: &str = "local";

/// Carries over from the old kit what is the site's own: whatever is not in the new one, and files
/// that differ from what `package` wrote there, or, where nothing is recorded, from the new ones.
/// Says which.
pub(super) fn keep_own_files(
    old: &Path,
    record: Option<&KitRecord>,
    new: &StagedDir,
    planned: &Digests,
) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error: FileError| error.code(Code::OutputDirNotWritable);
    let folder = old.join(LOCAL);
    if files::look(&folder).map_err(unreadable)? != Found::Directory {
        return Ok(vec![]);
    }
    let mut kept = Vec::new();
    // It is the site's own folder, of whatever size.
    for entry in files::tree(&folder, usize::MAX).map_err(unreadable)? {
        let (path, found) = (Path::new(LOCAL).join(entry.path), entry.found);
        if found == Found::Other || !is_own(old, &path, found, record, planned)? {
            continue;
        }
        new.carry(&path, &old.join(&path)).map_err(unreadable)?;
        if found != Found::Directory {
            kept.push(path);
        }
    }
    Ok(kept)
}

fn is_own(
    old: &Path,
    path: &Path,
    found: Found,
    record: Option<&KitRecord>,
    planned: &Digests,
) -> Result<bool, Error> {
    let name = path.to_string_lossy();
    let Some(new) = planned.get(&*name) else { return Ok(true) };
    if found != Found::File {
        return Ok(true);
    }
    let actual = digest(&old.join(path)).map_err(|error| error.code(Code::OutputDirNotWritable))?;
    Ok(match record {
        Some(record) => !record.wrote(&name, actual),
        None => actual != *new,
    })
}
