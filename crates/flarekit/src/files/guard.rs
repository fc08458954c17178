//! Who could exchange what is in a directory: a private key, or a definition that names programs.
//!
//! Only the directory itself is judged, and what is read in it is read by its handle. Who can rename
//! it, or one above it, is the business of whoever chose the place, unless something is started by
//! its path there.

use super::error::{FileError, FileErrorKind};
use rustix::process::geteuid;
use std::fmt;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const ROOT: u32 = 0;
pub(super) const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;
/// The mode of a directory that is being prepared. It is a mark, because only the owner of a
/// directory can set its mode, and nobody sets the sticky bit where nobody else may write: whoever
/// gives a private directory of the user's the name of an unfinished one cannot give it this.
pub(super) const UNFINISHED: u32 = STICKY | 0o700;

/// Somebody who could exchange what is in a directory, and is not refused for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// The owner of what root uses, as under sudo.
    Owner(u32),
    /// The directory's group; the directory has this mode. Often the group is the user's alone.
    Group(u32),
}

impl Others {
    /// What kind of refusal it is where nobody else may have a hand in it.
    fn kind(self) -> FileErrorKind {
        match self {
            Self::Owner(_) => FileErrorKind::OfAnotherUser,
            Self::Group(_) => FileErrorKind::OpenToOthers,
        }
    }

    /// The refusal.
    #[must_use]
    pub fn refused(self, path: &Path) -> FileError {
        FileError::new("use", path, self.kind(), self.to_string())
    }
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(owner) => {
                write!(f, "it belongs to the user {owner}, who can exchange what is in it")
            }
            Self::Group(mode) => {
                write!(f, "it has mode {mode:04o}: its group can exchange what is in it")
            }
        }
    }
}

/// Refuses what another ordinary user owns, or in which everybody may write.
///
/// # Errors
/// [`FileErrorKind::OfAnotherUser`] or [`FileErrorKind::OpenToOthers`].
pub(super) fn judge(found: &Metadata, path: &Path) -> Result<Option<Others>, FileError> {
    judge_by(found.uid(), found.mode(), path)
}

/// The same of something with this owner and mode.
pub(super) fn judge_by(owner: u32, mode: u32, path: &Path) -> Result<Option<Others>, FileError> {
    judge_for(geteuid().as_raw(), owner, mode)
        .map_err(|(kind, detail)| FileError::new("use", path, kind, detail))
}

/// Refuses a directory in whose place others could put another one: each that is above it belongs to
/// the user or to root, and not everybody may rename in it. What a group may is left out: many
/// systems give each user a group of their own and a umask of 002.
///
/// # Errors
/// [`FileErrorKind::OfAnotherUser`] or [`FileErrorKind::OpenToOthers`] of the one above it, and if the
/// system does not tell.
pub fn refuse_movable(path: &Path) -> Result<(), FileError> {
    for above in path.ancestors().skip(1) {
        let found = fs::symlink_metadata(above).map_err(FileError::on("look at", above))?;
        // With the sticky bit nobody renames what belongs to somebody else.
        let safe = if found.mode() & STICKY == 0 { 0 } else { OTHERS_WRITE };
        if let Some(owner @ Others::Owner(_)) = judge_by(found.uid(), found.mode() & !safe, above)?
        {
            return Err(owner.refused(above));
        }
    }
    Ok(())
}

/// What root owns is safe: root can do everything anyway. Root itself may use what others own, since
/// that is what sudo is for, but is told.
fn judge_for(user: u32, owner: u32, mode: u32) -> Result<Option<Others>, (FileErrorKind, String)> {
    let mode = mode & 0o7777;
    let foreign = (owner != user && owner != ROOT).then_some(Others::Owner(owner));
    if let Some(owner) = foreign.filter(|_| user != ROOT) {
        return Err((owner.kind(), owner.to_string()));
    }
    if mode & OTHERS_WRITE != 0 {
        let detail = format!("it has mode {mode:04o}: every user can exchange what is in it");
        return Err((FileErrorKind::OpenToOthers, detail));
    }
    Ok(foreign.or((mode & GROUP_WRITES != 0).then_some(Others::Group(mode))))
}

/// Whether what was found is the user's own and nobody else can enter it.
pub(super) fn is_private(found: &Metadata) -> bool {
    is_own(found) && found.mode() & 0o077 == 0
}

/// Whether what was found is the user's own.
pub(super) fn is_own(found: &Metadata) -> bool {
    found.uid() == geteuid().as_raw()
}

/// The mode of a directory of the user's own in which its owner may not write.
pub(super) fn own_read_only(directory: &Path) -> Option<u32> {
    let found = fs::symlink_metadata(directory).ok().filter(is_own)?;
    Some(found.mode() & 0o7777).filter(|mode| mode & 0o200 == 0)
}

/// Whether another user could give something in this directory the name of something else: what
/// goes by its name there may be anything of the user's.
pub(super) fn others_rename(found: &Metadata) -> bool {
    others_rename_for(geteuid().as_raw(), found.uid(), found.mode())
}

/// The same, but for what a group may: many systems give each user a group of their own and a umask of
/// 002, so that would be said of many a folder, and mostly for nothing.
pub(super) fn strangers_rename(found: &Metadata) -> bool {
    others_rename_for(geteuid().as_raw(), found.uid(), found.mode() & !GROUP_WRITES)
}

fn others_rename_for(user: u32, owner: u32, mode: u32) -> bool {
    (owner != user && owner != ROOT)
        || (mode & (OTHERS_WRITE | GROUP_WRITES) != 0 && mode & STICKY == 0)
}

/// Whose a link is that decides where this user's path leads, if somebody else could have put it
/// there: in a directory for everybody, as `/tmp`, and of neither the user nor the directory's owner.
/// Linux itself follows none of these where `fs.protected_symlinks` is set, as it mostly is.
pub(super) fn is_planted(link: &Metadata, directory: &Metadata) -> Option<u32> {
    let directory = (directory.uid(), directory.mode());
    is_planted_for(geteuid().as_raw(), link.uid(), directory).then_some(link.uid())
}

fn is_planted_for(user: u32, owner: u32, (above, mode): (u32, u32)) -> bool {
    mode & STICKY != 0 && mode & OTHERS_WRITE != 0 && ![user, above, ROOT].contains(&owner)
}

/// Whether a directory has the mark of one that is being prepared, which nobody else can have made.
pub(super) fn is_unfinished(found: &Metadata) -> bool {
    is_own(found) && found.mode() & 0o7777 == UNFINISHED
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: u32 = 1000;
    const SHE: u32 = 1001;

    #[test]
    fn only_ones_own_and_roots_directories_are_used_and_none_in_which_everybody_writes() {
        use FileErrorKind::{OfAnotherUser, OpenToOthers};
        for (user, owner, mode, expected) in [
            (ME, ME, 0o700, Ok(None)),
            (ME, ME, 0o755, Ok(None)),
            (ME, ME, 0o775, Ok(Some(Others::Group(0o775)))),
            (ME, ME, 0o777, Err(OpenToOthers)),
            (ME, ME, 0o1777, Err(OpenToOthers)),
            (ME, ROOT, 0o755, Ok(None)),
            (ME, ROOT, 0o2770, Ok(Some(Others::Group(0o2770)))),
            (ME, ROOT, 0o1777, Err(OpenToOthers)),
            (ME, SHE, 0o755, Err(OfAnotherUser)),
            (ME, SHE, 0o777, Err(OfAnotherUser)),
            (ROOT, ROOT, 0o700, Ok(None)),
            (ROOT, ROOT, 0o777, Err(OpenToOthers)),
            (ROOT, SHE, 0o755, Ok(Some(Others::Owner(SHE)))),
            (ROOT, SHE, 0o777, Err(OpenToOthers)),
        ] {
            let judged = judge_for(user, owner, 0o040_000 | mode).map_err(|(kind, _)| kind);
            assert_eq!(judged, expected, "{user} {owner} {mode:o}");
        }
    }

    #[test]
    fn who_can_rename() {
        for (user, owner, mode, expected) in [
            (ME, ME, 0o755, false),
            (ME, ME, 0o775, true),
            (ME, ME, 0o1775, false),
            (ME, ROOT, 0o1777, false),
            (ME, ROOT, 0o777, true),
            (ME, SHE, 0o1777, true),
            (ROOT, SHE, 0o755, true),
        ] {
            assert_eq!(others_rename_for(user, owner, mode), expected, "{user} {owner} {mode:o}");
        }
    }

    #[test]
    fn whose_links_lead_where_they_like() {
        for (user, owner, directory, expected) in [
            (ME, SHE, (ROOT, 0o1777), true),
            (ROOT, SHE, (ROOT, 0o1777), true),
            (ME, ME, (ROOT, 0o1777), false),
            (ME, ROOT, (ROOT, 0o1777), false),
            (ME, SHE, (SHE, 0o1777), false),
            (ME, SHE, (SHE, 0o755), false),
            (ROOT, SHE, (SHE, 0o755), false),
        ] {
            assert_eq!(is_planted_for(user, owner, directory), expected, "{user} {owner}");
        }
    }
}
