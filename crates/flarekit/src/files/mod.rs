//! The only door to the disk: no other room of this library uses `std::fs`.
//!
//! Three promises hold for everything here. Where something is read or changed, symbolic links are
//! not followed, neither in the last place of a path nor on the way to it: where a user's word for a
//! place leads is asked once, by [`resolve`], and followed to a passphrase, by
//! [`read_secret_anywhere`]. A file appears under its name complete and with its exact mode, whatever the umask,
//! or not at all. What fails leaves nothing behind.
//!
//! New content is written under a random name `.flarekit-<16 hex digits>` next to its destination
//! and renamed. Its owner keeps it locked while alive, so that [`sweep`] can tell what a killed run
//! left behind.

mod backup;
mod carry;
mod change;
mod dirs;
mod error;
#[cfg(not(feature = "test-hooks"))]
mod faults;
#[cfg(feature = "test-hooks")]
pub mod faults;
mod folder;
mod guard;
mod links;
mod lock;
mod look;
mod mode;
mod moves;
mod open_folder;
mod owner;
mod publish;
mod reach;
mod read;
mod resolve;
mod resume;
mod same;
mod secret;
mod sorted_names;
mod staged;
mod sweep;
mod sync;
mod sys;
mod tentative;
#[cfg(test)]
pub(crate) mod tests;
mod tree;
mod write;

pub use backup::remove;
pub use dirs::{Created, make_dirs};
pub use error::{FileError, FileErrorKind};
pub use folder::{BACKUP, Filled, OwnFolder, backups_of, lock_filled, lock_to_look};
pub use guard::{Others, refuse_movable};
pub use links::further_names;
pub use lock::{Lock, lock_dir, lock_dir_shared, lock_file};
pub use look::{Found, absolute, list, look, mode, refuse_directory_name, refuse_link, visit};
pub use open_folder::OpenFolder;
pub use owner::{exchanged_by_others, foreign, give_to_owner_of, owner, refuse_others};
pub use read::{FileBytes, read, read_chunks, read_named, read_secret};
pub use resolve::{resolve, resolve_parent};
pub use resume::interrupted;
pub use same::{Compared, Comparison};
pub use secret::read_secret_anywhere;
pub use sorted_names::SortedNames;
pub use staged::StagedDir;
pub use sweep::{sweep, sweep_backups};
pub use sys::most_open;
pub use tentative::{Replace, Tentative};
pub use tree::{TreeEntry, move_into_place, tree};
pub use write::{
    Placed, PreparedFile, WrittenFile, prepare, prepare_in, staging, sync_names, write_ahead,
    write_ahead_in, write_all_replacing, write_new, write_replacing,
};
