//! The only door to the disk: no other room of this library uses `std::fs`.
//!
//! Three promises hold for everything here. A symbolic link in the last place of a path is never
//! followed when a file is read or written. A file appears under its name complete and with its
//! exact mode, whatever the umask, or not at all. What fails leaves nothing behind.
//!
//! New content is written under a random name `.flarekit-<16 hex digits>` next to its destination
//! and renamed. Its owner keeps it locked while alive, so that [`sweep`] can tell what a killed run
//! left behind.

mod backup;
mod dirs;
mod error;
mod folder;
mod lock;
mod look;
mod moves;
mod read;
mod replace;
mod staged;
mod sweep;
mod sys;
#[cfg(test)]
mod tests;
mod write;

pub use backup::{backup_name, remove};
pub use dirs::{Created, make_dirs};
pub use error::{FileError, FileErrorKind};
pub use folder::{OwnFolder, backups_of};
pub use lock::{Lock, lock_dir};
pub use look::{Found, absolute, list, look, refuse_link};
pub use read::{FileBytes, read, read_secret};
pub use staged::StagedDir;
pub use sweep::sweep;
pub use write::{write_new, write_replacing};
