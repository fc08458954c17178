//! Everything below a directory.

use super::error::FileError;
use super::look::{Found, list};
use super::reach;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Every path below a directory, relative to it, with what it is: a directory before its content.
/// Links are named and not followed.
///
/// # Errors
/// If something cannot be listed.
pub fn walk(root: &Path) -> Result<Vec<(PathBuf, Found)>, FileError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(directory) = open.pop() {
        for (name, is) in list(&root.join(&directory))? {
            let path = directory.join(name);
            if is == Found::Directory {
                open.push(path.clone());
            }
            found.push((path, is));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Hands a plain file's content to `each`, a piece at a time: it may be of any size.
///
/// # Errors
/// The system's refusal, or that of `each`.
pub fn read_chunks(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), FileError> {
    let on = || FileError::on("read", path);
    let mut file = reach::open(path, false).map_err(on())?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => each(chunk.get(..length).unwrap_or_default()).map_err(on())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(on()(error)),
        }
    }
}
