//! Every change of the disk, one system call each.
//!
//! The directory that holds the last component of a path is reached without following a symbolic
//! link anywhere on the way, and the call is made relative to it: whoever exchanges a directory for
//! a link meanwhile gains nothing. Whoever exchanges it for another directory of their own does,
//! where they may rename it: who may is [judged](super::guard) for what holds keys only. Links that a user put above a workspace or a home are resolved
//! once, at the start, by [`resolve`](super::resolve).

use super::faults;
use super::look::{Found, entries};
use super::reach::{open_at, open_dir, open_whole, parent, step};
use super::sys::{is_unsupported, lacks_links};
use rustix::fd::AsFd;
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, RenameFlags, Uid, fchmod, fchown, fsync, linkat, mkdirat,
    renameat, renameat_with, statat, unlinkat,
};
use rustix::io::{Errno, Result as SysResult, retry_on_intr, write};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A file is created.
    Create,
    /// A directory is created.
    MakeDir,
    /// A second link to a file.
    Link,
    /// Bytes are written.
    Write,
    /// A mode, an owner or a time is set.
    SetMode,
    /// A file or directory is made durable.
    Sync,
    /// A name changes, or two are exchanged.
    Rename,
    /// A file or an empty directory is removed.
    Remove,
    /// A directory is removed with its content.
    RemoveTree,
}

#[cfg(feature = "test-hooks")]
impl Change {
    /// Whether a full disk refuses it.
    pub(super) fn takes_space(self) -> bool {
        !matches!(self, Self::SetMode | Self::Rename | Self::Remove | Self::RemoveTree)
    }
}

/// Makes one change, again and again while a signal interrupts it.
fn change<T>(
    kind: Change,
    paths: &[&Path],
    mut call: impl FnMut() -> SysResult<T>,
) -> io::Result<T> {
    Ok(retry_on_intr(|| faults::point(kind, paths).and_then(|()| call()))?)
}

/// Creates a file that nobody else can open yet. It fails on anything there, links included.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    change(Change::Create, &[path], || open_whole(path, flags, Mode::RUSR | Mode::WUSR))
}

/// Creates a directory that nobody else can enter yet, and opens it.
pub(super) fn make_private_dir(path: &Path) -> io::Result<File> {
    make_dir(path, 0o700)
}

/// The same with a mode of which the group and others have nothing.
pub(super) fn make_dir(path: &Path, mode: u32) -> io::Result<File> {
    let (directory, name) = parent(path)?;
    change(Change::MakeDir, &[path], || mkdirat(&directory, name, Mode::RWXU))?;
    open_dir_at(&directory, name)
        // A umask may have taken rights from the owner, too.
        .and_then(|made| set_mode(&made, path, mode).map(|()| made))
        .inspect_err(|_| {
            // By what is open, for it may be that no more can be opened.
            let _ =
                change(Change::Remove, &[path], || unlinkat(&directory, name, AtFlags::REMOVEDIR));
        })
}

fn open_dir_at(directory: &impl AsFd, name: &OsStr) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    Ok(File::from(retry_on_intr(|| open_at(directory, name, flags, Mode::empty()))?))
}

/// Writes all bytes at the end of what was written before.
pub(super) fn write_all(file: &File, path: &Path, mut bytes: &[u8]) -> io::Result<()> {
    let mut portion = faults::first_portion(bytes);
    while !bytes.is_empty() {
        let written = change(Change::Write, &[path], || write(file, portion))?;
        bytes = bytes.get(written..).filter(|_| written > 0).ok_or(io::ErrorKind::WriteZero)?;
        portion = bytes;
    }
    Ok(())
}

/// Sets the exact mode on what is open, so that neither the umask nor a swapped path matters.
pub(super) fn set_mode(file: &File, path: &Path, mode: u32) -> io::Result<()> {
    change(Change::SetMode, &[path], || fchmod(file, Mode::from_raw_mode(mode)))
}

/// Gives what is open to a user and a group.
pub(super) fn set_owner(file: &File, path: &Path, (user, group): (u32, u32)) -> io::Result<()> {
    let (user, group) = (Some(Uid::from_raw(user)), Some(Gid::from_raw(group)));
    change(Change::SetMode, &[path], || fchown(file, user, group))
}

/// Sets the time of the last change of what is open.
pub(super) fn set_modified(file: &File, path: &Path, time: SystemTime) -> io::Result<()> {
    let refused = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    change(Change::SetMode, &[path], || file.set_modified(time).map_err(refused))
}

/// Makes a file's content durable.
pub(super) fn sync_file(file: &File, path: &Path) -> io::Result<()> {
    change(Change::Sync, &[path], || fsync(file))
}

/// Makes the names in a directory durable, as far as the file system knows how.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    let directory = match open_dir(path) {
        // A directory may be writable but not readable.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
        other => other?,
    };
    sync_open_dir(&directory, path)
}

/// The same of one that is open.
pub(super) fn sync_open_dir(directory: &File, path: &Path) -> io::Result<()> {
    match change(Change::Sync, &[path], || fsync(directory)) {
        // Some file systems cannot sync one.
        Err(error) if is_unsupported(&error) => Ok(()),
        other => other,
    }
}

/// Renames, and fails with "already exists" if anything is at the new name.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rename_with(from, to, RenameFlags::NOREPLACE) {
        Err(error) if is_unsupported(&error) => rename_into_free(from, to),
        other => other,
    }
}

/// Exchanges what two names stand for, at once.
pub(super) fn swap(one: &Path, other: &Path) -> io::Result<()> {
    rename_with(one, other, RenameFlags::EXCHANGE)
}

fn rename_with(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    let (from_dir, from_name) = parent(from)?;
    // Nearly always the same directory, which need not be found twice.
    let (to_dir, to_name) = match to.file_name() {
        Some(name) if to.parent() == from.parent() => (None, name),
        _ => parent(to).map(|(directory, name)| (Some(directory), name))?,
    };
    let to_dir = to_dir.as_ref().unwrap_or(&from_dir);
    change(Change::Rename, &[from, to], || {
        renameat_with(&from_dir, from_name, to_dir, to_name, flags)
    })
}

/// The same as [`rename_new`] where the file system has no such rename (NFS). What is killed on the
/// way leaves nothing that is not whole.
pub(super) fn rename_into_free(from: &Path, to: &Path) -> io::Result<()> {
    if is_dir(from)? {
        // A rename replaces no directory but an empty one, and no file by a directory.
        return if is_there(to)? {
            Err(io::ErrorKind::AlreadyExists.into())
        } else {
            rename(from, to)
        };
    }
    // So does a link, which is as exclusive as creating, and has its content from the beginning.
    match hard_link(from, to) {
        Ok(()) => remove_file(from).inspect_err(|_| {
            let _ = remove_file(to);
        }),
        Err(error) if lacks_links(&error) => rename_into_reserved(from, to),
        Err(error) => Err(error),
    }
}

fn is_dir(path: &Path) -> io::Result<bool> {
    let (directory, name) = parent(path)?;
    let found = statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(found.st_mode) == FileType::Directory)
}

fn is_there(path: &Path) -> io::Result<bool> {
    let (directory, name) = parent(path)?;
    match statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(false),
        found => Ok(found.map(|_| true)?),
    }
}

/// The same for a file where there are no links either: creating is exclusive everywhere, so an
/// empty file reserves the name, and the rename replaces only that. What is killed in between leaves
/// the empty file.
pub(super) fn rename_into_reserved(from: &Path, to: &Path) -> io::Result<()> {
    create_private(to)?;
    rename(from, to).inspect_err(|_| {
        let _ = remove_file(to);
    })
}

/// Renames, in the place of a file that may be there.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let ((from_dir, from_name), (to_dir, to_name)) = (parent(from)?, parent(to)?);
    change(Change::Rename, &[from, to], || renameat(&from_dir, from_name, &to_dir, to_name))
}

/// Gives a file a second name.
pub(super) fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    let ((from_dir, from_name), (to_dir, to_name)) = (parent(from)?, parent(to)?);
    change(Change::Link, &[from, to], || {
        linkat(&from_dir, from_name, &to_dir, to_name, AtFlags::empty())
    })
}

/// Makes a symbolic link, which leads wherever it says.
pub(super) fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    let (directory, name) = parent(path)?;
    change(Change::Link, &[path], || rustix::fs::symlinkat(target, &directory, name))
}

/// Removes a file or a link.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    remove(path, AtFlags::empty())
}

/// Removes an empty directory.
pub(super) fn remove_dir(path: &Path) -> io::Result<()> {
    remove(path, AtFlags::REMOVEDIR)
}

fn remove(path: &Path, flags: AtFlags) -> io::Result<()> {
    let (directory, name) = parent(path)?;
    change(Change::Remove, &[path], || unlinkat(&directory, name, flags))
}

/// Removes a directory with everything in it; links in it are removed and not followed.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let (directory, name) = parent(path)?;
    change(Change::RemoveTree, &[path], || Ok(()))?;
    remove_tree_at(&directory, name)
}

/// The same of a directory that is open: of what has taken its name meanwhile nothing is removed
/// but, if it is empty, itself.
pub(super) fn remove_open_tree(tree: &File, path: &Path) -> io::Result<()> {
    let (directory, name) = parent(path)?;
    change(Change::RemoveTree, &[path], || Ok(()))?;
    empty(tree)?;
    Ok(retry_on_intr(|| unlinkat(&directory, name, AtFlags::REMOVEDIR))?)
}

/// Every step goes by the directory that is open, and none by its path.
fn remove_tree_at(directory: &impl AsFd, name: &OsStr) -> io::Result<()> {
    let tree = match open_dir_at(directory, name) {
        Err(error) if is_denied(&error) => {
            make_readable(directory, name)?;
            open_dir_at(directory, name)?
        }
        other => other?,
    };
    empty(&tree)?;
    Ok(retry_on_intr(|| unlinkat(directory, name, AtFlags::REMOVEDIR))?)
}

fn empty(tree: &File) -> io::Result<()> {
    for (inner, is) in entries(tree)? {
        let remove = || match is {
            Found::Directory => remove_tree_at(tree, &inner),
            _ => Ok(retry_on_intr(|| unlinkat(tree, &inner, AtFlags::empty()))?),
        };
        match remove() {
            // Whoever made the directory may have closed it to its owner, too.
            Err(error) if is_denied(&error) && tree.metadata()?.mode() & 0o700 != 0o700 => {
                fchmod(tree, Mode::RWXU)?;
                remove()?;
            }
            other => other?,
        }
    }
    Ok(())
}

/// Whether it is the mode that forbids it.
fn is_denied(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::ACCESS.raw_os_error())
}

/// Lets the owner of a directory read it. It is reached without reading, as what it is: a link in its
/// place leads nowhere.
#[cfg(target_os = "linux")]
fn make_readable(directory: &impl AsFd, name: &OsStr) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let tree = step(directory, name)?;
    Ok(rustix::fs::chmod(format!("/proc/self/fd/{}", tree.as_raw_fd()), Mode::RWXU)?)
}

#[cfg(not(target_os = "linux"))]
fn make_readable(_: &impl AsFd, _: &OsStr) -> io::Result<()> {
    Err(Errno::ACCESS.into())
}
