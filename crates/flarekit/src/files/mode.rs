//! The modes of what takes the place of something else.

use super::change;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What the group may do, and what others.
const GROUP: u32 = 0o070;
const OTHERS: u32 = 0o007;
/// A program that runs as its owner, and one that runs as its group.
const SET_USER: u32 = 0o4000;
const SET_GROUP: u32 = 0o2000;

/// What became of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// It was as it should be.
    Already,
    /// It is as it should be now.
    Done,
    /// Its group is another one, which may do less.
    WithoutItsGroup,
}

/// Gives what is open the mode and the group of something else.
pub(super) fn copy(file: &File, path: &Path, like: &Metadata) -> io::Result<Set> {
    give(file, path, like, like.mode() & 0o7777)
}

/// Takes from the group and from others what they could not do with something else.
pub(super) fn close(file: &File, path: &Path, like: &Metadata) -> io::Result<Set> {
    let mode = file.metadata()?.mode() & 0o7777;
    let closed = within(mode, like);
    if closed == mode { Ok(Set::Already) } else { give(file, path, like, closed) }
}

/// Sets a mode without what the group and others could not do with something else.
pub(super) fn set_within(file: &File, path: &Path, mode: u32, like: &Metadata) -> io::Result<Set> {
    let closed = within(mode, like);
    if closed != mode {
        return give(file, path, like, closed);
    }
    change::set_mode(file, path, mode).map(|()| Set::Done)
}

fn within(mode: u32, like: &Metadata) -> u32 {
    mode & (like.mode() | !(GROUP | OTHERS))
}

/// Sets a mode that is meant for the group of something else. If the user may not give it that group,
/// the group it has gets what everybody has.
fn give(file: &File, path: &Path, like: &Metadata, mut mode: u32) -> io::Result<Set> {
    let made = file.metadata()?;
    let mut set = Set::Done;
    if made.uid() != like.uid() {
        mode &= !SET_USER;
    }
    if made.gid() != like.gid() && change::set_owner(file, path, (made.uid(), like.gid())).is_err()
    {
        let meant = mode;
        mode &= !(SET_GROUP | GROUP) | ((mode << 3) & GROUP);
        if mode & GROUP != meant & GROUP {
            set = Set::WithoutItsGroup;
        }
    }
    change::set_mode(file, path, mode).map(|()| set)
}
