//! Reaching a directory without following a symbolic link anywhere on the way.

use super::sys::parent_of;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, statat};
use rustix::io::{Errno, Result as SysResult, retry_on_intr};
use rustix::path::Arg;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Component, Path};

/// Enough to look things up in a directory: it need not be readable.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::RDONLY;

/// The directory that holds the last component, and that component.
pub(super) fn parent(path: &Path) -> io::Result<(OwnedFd, &OsStr)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok((reach(parent_of(path))?, name))
}

/// Opens a directory to look things up in.
///
/// # Errors
/// `ELOOP` if a link is on the way or at the end, or the system's refusal.
#[cfg(target_os = "linux")]
pub(super) fn reach(path: &Path) -> io::Result<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match retry_on_intr(|| openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)) {
        // Before Linux 5.6, and in sandboxes that do not know the call.
        Err(Errno::NOSYS | Errno::PERM) => walk(path),
        other => Ok(other?),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn reach(path: &Path) -> io::Result<OwnedFd> {
    walk(path)
}

/// The same, one component after the other.
pub(super) fn walk(path: &Path) -> io::Result<OwnedFd> {
    let start = if path.is_absolute() { "/" } else { "." };
    let mut at = step(&CWD, OsStr::new(start))?;
    for component in path.components() {
        match component {
            Component::Normal(name) => at = step(&at, name)?,
            Component::ParentDir => at = step(&at, OsStr::new(".."))?,
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(at)
}

/// Opens a directory in an open one to look things up in; a link is not followed.
pub(super) fn step(directory: &impl AsFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    match retry_on_intr(|| open_at(directory, name, flags, Mode::empty())) {
        // What a link answers to this combination of flags.
        Err(Errno::NOTDIR) if is_link(directory, name) => Err(Errno::LOOP.into()),
        other => Ok(other?),
    }
}

fn is_link(directory: &impl AsFd, name: &OsStr) -> bool {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink)
}

/// Opens a file or a directory for reading, without waiting for the other end of a pipe.
pub(super) fn open(path: &Path, directory: bool) -> io::Result<File> {
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK;
    flags.set(OFlags::DIRECTORY, directory);
    flags.set(OFlags::NOCTTY, !directory);
    Ok(retry_on_intr(|| open_whole(path, flags, Mode::empty()))?)
}

/// The same of what has this name in an open directory; a link is not followed.
pub(super) fn open_in(
    directory: &impl AsFd,
    name: impl Arg + Copy,
    is_directory: bool,
) -> io::Result<File> {
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW;
    flags.set(OFlags::DIRECTORY, is_directory);
    flags.set(OFlags::NOCTTY, !is_directory);
    Ok(File::from(retry_on_intr(|| open_at(directory, name, flags, Mode::empty()))?))
}

/// Opens a directory to read, lock or sync it.
pub(super) fn open_dir(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    Ok(retry_on_intr(|| open_whole(path, flags, Mode::empty()))?)
}

/// Opens what is at a path, no part of which may be a link, with one call where the system can.
pub(super) fn open_whole(path: &Path, flags: OFlags, mode: Mode) -> SysResult<File> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};
        match openat2(CWD, path, flags | OFlags::CLOEXEC, mode, ResolveFlags::NO_SYMLINKS) {
            // As in `reach`.
            Err(Errno::NOSYS | Errno::PERM) => {}
            other => return other.map(File::from),
        }
    }
    open_step_by_step(path, flags, mode)
}

/// The same where it takes a call for each part.
pub(super) fn open_step_by_step(path: &Path, flags: OFlags, mode: Mode) -> SysResult<File> {
    let known = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::INVAL);
    // The root, and a path that ends with "..", have no last component.
    let (directory, name) = match path.file_name() {
        Some(name) => (walk(parent_of(path)).map_err(known)?, name),
        None => (walk(path).map_err(known)?, OsStr::new(".")),
    };
    open_at(&directory, name, flags | OFlags::NOFOLLOW, mode).map(File::from)
}

/// Opens a file below a directory for reading, following no link on the way, or fails.
#[cfg(target_os = "linux")]
pub(super) fn open_beneath(directory: &impl AsFd, relative: &Path) -> SysResult<File> {
    use rustix::fs::{ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
    retry_on_intr(|| openat2(directory, relative, flags, Mode::empty(), resolve)).map(File::from)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn open_beneath(_: &impl AsFd, _: &Path) -> SysResult<File> {
    Err(Errno::NOSYS)
}

/// Opens a name in a directory.
pub(super) fn open_at(
    directory: &impl AsFd,
    name: impl Arg,
    flags: OFlags,
    mode: Mode,
) -> SysResult<OwnedFd> {
    openat(directory, name, flags | OFlags::CLOEXEC, mode)
}
