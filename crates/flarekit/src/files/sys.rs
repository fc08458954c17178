//! Locks, names and errors, in which systems need care.

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a random name or a vanished directory is tried again before giving up.
pub(super) const ATTEMPTS: usize = 16;

/// Whether the system or the file system lacks the operation, so that another way must be taken.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    // INVAL is what Linux says to an unknown rename flag; NOLCK is a network file system's answer
    // to a lock, BADF its answer to an exclusive lock on a directory, which is open for reading.
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOLCK, Errno::BADF]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether the file system has no hard links, or no more for this file.
pub(super) fn lacks_links(error: &io::Error) -> bool {
    // PERM is what Linux says where a file system has none (link(2)).
    is_unsupported(error)
        || [Errno::PERM, Errno::MLINK]
            .iter()
            .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether a path was not opened because a symbolic link is in it.
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// Whether this process, or the machine, has as many files open as it may.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// How many files this process may have open.
#[must_use]
pub fn most_open() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Waits for the exclusive lock on an open file or directory, but not for ever: whoever may read a
/// directory can lock it.
pub(super) fn lock(file: &File) -> io::Result<()> {
    wait_for(|| file.try_lock())
}

/// The same for a lock that several can share.
pub(super) fn lock_shared(file: &File) -> io::Result<()> {
    wait_for(|| file.try_lock_shared())
}

fn wait_for(try_lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    /// A minute; a command holds its lock for milliseconds.
    const TRIES: u32 = 3000;
    for _ in 0..TRIES {
        match try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another process has had it locked for a minute"))
}

/// Locks what was just created, and says whether it is still there: between creation and lock,
/// [`sweep`](super::sweep()) of another process may have taken it for a leftover. Without support
/// for locks nobody sweeps.
pub(super) fn claim(file: &File, path: &Path) -> io::Result<bool> {
    match lock(file) {
        Err(error) if !is_unsupported(&error) => Err(error),
        _ => Ok(fs::symlink_metadata(path).is_ok_and(|found| same(file, &found))),
    }
}

/// Whether the open file is what was found under a name.
pub(super) fn same(file: &File, found: &fs::Metadata) -> bool {
    file.metadata().is_ok_and(|open| open.dev() == found.dev() && open.ino() == found.ino())
}

/// Whether both are on one file system, so that a file can be renamed from one into the other.
pub(super) fn same_file_system(one: &Path, other: &Path) -> bool {
    let device = |path| fs::symlink_metadata(path).map(|found| found.dev());
    matches!((device(one), device(other)), (Ok(one), Ok(other)) if one == other)
}

/// The directory that holds a path's last component.
pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

const PREFIX: &str = ".flarekit-";

/// A fresh name for something that is not finished.
pub(super) fn random_name() -> io::Result<String> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(format!("{PREFIX}{:016x}", u64::from_ne_bytes(bytes)))
}

/// Whether a name is one of [`random_name`]'s.
pub(super) fn is_random_name(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.strip_prefix(PREFIX).is_some_and(|hex| hex.len() == 16 && hex.bytes().all(digit))
}
