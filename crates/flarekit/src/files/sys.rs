//! The few calls in which Linux and macOS need care.

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, open, renameat_with};
use rustix::io::{Errno, retry_on_intr};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a random name or a vanished directory is tried again before giving up.
pub(super) const ATTEMPTS: usize = 16;

/// Opens for reading without following a symbolic link in the last place, and without waiting for
/// the other end of a pipe.
pub(super) fn open_no_follow(path: &Path, directory: bool) -> io::Result<File> {
    let mut flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    flags.set(OFlags::DIRECTORY, directory);
    flags.set(OFlags::NOCTTY, !directory);
    Ok(File::from(retry_on_intr(|| open(path, flags, Mode::empty()))?))
}

/// Creates a file that nobody else can open yet. It fails on anything there, links included.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Creates a directory that nobody else can enter yet, and opens it.
pub(super) fn make_private_dir(path: &Path) -> io::Result<File> {
    DirBuilder::new().mode(0o700).create(path)?;
    open_no_follow(path, true)
        // A umask may have taken rights from the owner, too.
        .and_then(|directory| set_mode(&directory, 0o700).map(|()| directory))
        .inspect_err(|_| {
            let _ = fs::remove_dir(path);
        })
}

/// Sets the exact mode on what is open, so that neither the umask nor a swapped path matters.
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// Renames, and fails with "already exists" if anything is at the new name.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match retry_on_intr(|| renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)) {
        Err(error) if is_unsupported(&error.into()) => rename_into_reserved(from, to),
        other => Ok(other?),
    }
}

/// The same where the file system has no such rename (NFS): creating is exclusive everywhere, so an
/// empty file or directory reserves the name, and the rename replaces only that.
pub(super) fn rename_into_reserved(from: &Path, to: &Path) -> io::Result<()> {
    let directory = fs::symlink_metadata(from)?.is_dir();
    if directory {
        make_private_dir(to)?
    } else {
        create_private(to)?
    };
    fs::rename(from, to).inspect_err(|_| {
        let _ = if directory { fs::remove_dir(to) } else { fs::remove_file(to) };
    })
}

/// Exchanges what two names stand for, at once.
pub(super) fn swap(one: &Path, other: &Path) -> io::Result<()> {
    Ok(retry_on_intr(|| renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE))?)
}

/// Whether the system or the file system lacks the operation, so that another way must be taken.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    // INVAL is what Linux says to an unknown rename flag; NOLCK is a network file system's answer
    // to a lock, BADF its answer to an exclusive lock on a directory, which is open for reading.
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOLCK, Errno::BADF]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether a path was not opened because it is a symbolic link.
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// Makes the names in a directory durable, as far as the file system knows how.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    match File::open(path).and_then(|directory| directory.sync_all()) {
        // A directory may be writable but not readable; some file systems cannot sync one.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) if is_unsupported(&error) => Ok(()),
        other => other,
    }
}

/// Waits for the exclusive lock on an open file or directory, but not for ever: whoever may read a
/// directory can lock it.
pub(super) fn lock(file: &File) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    /// A minute; a command holds its lock for milliseconds.
    const TRIES: u32 = 3000;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another process has it locked"))
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
