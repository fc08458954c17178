//! Where a user's word for a place leads.

use super::error::{FileError, FileErrorKind};
use super::guard;
use super::look::absolute;
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows in one path (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// The absolute path with all links in it followed, as far as it exists: where a user's word for a
/// place really leads. It is asked once, at the start; from then on no link is followed.
///
/// # Errors
/// [`FileErrorKind::LinkOfAnother`] if a link is on the way that somebody else put there, as
/// [`absolute`], and if the system does not tell.
pub fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    let absolute = absolute(path)?;
    let mut links = MOST_LINKS;
    let mut real = PathBuf::new();
    let mut components = absolute.components();
    while let Some(component) = components.next() {
        match follow(&real, component, &mut links) {
            Ok(next) => real = next,
            Err(Refusal::Planted(detail)) => {
                return Err(FileError::new("use", path, FileErrorKind::LinkOfAnother, detail));
            }
            Err(Refusal::System(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(components.fold(real.join(component), |path, next| path.join(next)));
            }
            Err(Refusal::System(error)) => return Err(FileError::on("look at", path)(error)),
        }
    }
    Ok(real)
}

/// The same for all but the last component, which stays as it is, a link included.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_parent(path: &Path) -> Result<PathBuf, FileError> {
    let absolute = absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => Ok(resolve(parent)?.join(name)),
        _ => Ok(absolute),
    }
}

enum Refusal {
    System(io::Error),
    Planted(String),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Where one more component leads from a path that has no links.
fn follow(real: &Path, component: Component<'_>, links: &mut usize) -> Result<PathBuf, Refusal> {
    match component {
        Component::Normal(name) => follow_name(real, name, links),
        // Only links have it, and there it is meant as the directory above.
        Component::ParentDir => Ok(real.parent().unwrap_or(real).to_owned()),
        Component::CurDir => Ok(real.to_owned()),
        Component::RootDir | Component::Prefix(_) => Ok(component.as_os_str().into()),
    }
}

fn follow_name(real: &Path, name: &OsStr, links: &mut usize) -> Result<PathBuf, Refusal> {
    let at = real.join(name);
    let found = fs::symlink_metadata(&at)?;
    if !found.is_symlink() {
        return Ok(at);
    }
    *links = links.checked_sub(1).ok_or_else(|| io::Error::from(Errno::LOOP))?;
    if let Some(owner) = guard::is_planted(&found, &fs::symlink_metadata(real)?) {
        return Err(Refusal::Planted(format!(
            "{} is a symbolic link that belongs to the user {owner}, in a directory in which \
             everybody may write",
            at.display()
        )));
    }
    let target = fs::read_link(&at)?;
    target.components().try_fold(real.to_owned(), |at, component| follow(&at, component, links))
}
