//! Which names a member may have.

use super::content::is_key_name;
use crate::error::{Defect, Reason};
use std::collections::BTreeSet;
use std::fmt;

/// The longest file name that common file systems accept.
const MAX_NAME: usize = 255;

/// Accepts a plain file name in ASCII: no folders, no hidden files, nothing that two systems could
/// read differently. Letters, digits and `._@+%-` are what the names of participants are made of.
pub(super) fn check(name: &[u8]) -> Result<&str, Defect> {
    let shown = Shown(name);
    refuse_key(name)?;
    let refuse = |why: &str| {
        let else_said = if is_of_another_zip(name) { AGAIN } else { "expected a plain file name" };
        let message = format!("member {shown} {why}; {else_said}");
        Err(Defect::new(Reason::ZipMemberName, message))
    };
    match name {
        [] => return refuse("has no name"),
        _ if is_in_folder(name) => return refuse("lies in a folder"),
        [first, ..] if !first.is_ascii_alphanumeric() => {
            return refuse("does not start with a letter or digit");
        }
        _ if name.len() > MAX_NAME => {
            return refuse(&format!("has a name of {} bytes, more than {MAX_NAME}", name.len()));
        }
        _ => {}
    }
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"._@+%-".contains(byte);
    match std::str::from_utf8(name) {
        Ok(text) if name.iter().all(safe) => Ok(text),
        _ => refuse("has a character in its name that is not a letter, a digit or one of ._@+%-"),
    }
}

/// What a zip that somebody unpacked and packed again is not.
pub(super) const AGAIN: &str =
    "the zip seems to have been unpacked and zipped again, so it is not the original file";

/// Whether only a program that zips somebody's folder makes such a member: it lies in a folder, or
/// is what macOS adds (`__MACOSX/`, `._site.yaml`, `.DS_Store`).
pub(super) fn is_of_another_zip(name: &[u8]) -> bool {
    is_in_folder(name) || name.starts_with(b"._") || name == b".DS_Store"
}

/// Whether a name begins with that of a folder, and does not lead out of it.
fn is_in_folder(name: &[u8]) -> bool {
    let parts: Vec<&[u8]> = name.split(|byte| b"/\\".contains(byte)).collect();
    parts.len() > 1
        && parts.first().is_some_and(|first| !first.is_empty() && !first.contains(&b':'))
        && parts.iter().all(|part| *part != b"..")
}

/// Refuses the name of a private key, in whatever folder.
pub(super) fn refuse_key(name: &[u8]) -> Result<(), Defect> {
    if !is_key_name(name) {
        return Ok(());
    }
    let message = format!("member {} is named like a private key", Shown(name));
    Err(Defect::new(Reason::KeyMaterialInArchive, message))
}

/// The names seen so far, to refuse a second one that some file system would take for the same.
#[derive(Default)]
pub(super) struct Seen(BTreeSet<String>);

impl Seen {
    pub(super) fn add(&mut self, name: &str) -> Result<(), Defect> {
        if self.0.insert(name.to_ascii_lowercase()) {
            return Ok(());
        }
        let message = format!("member {name} is there twice, in one spelling or two");
        Err(Defect::new(Reason::ZipDuplicateMember, message))
    }
}

/// A name from an untrusted archive, quoted and escaped, and cut if it is very long.
pub(super) struct Shown<'a>(pub(super) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ENOUGH: usize = 80;
        let rest = if self.0.len() > ENOUGH { "..." } else { "" };
        let start = self.0.get(..ENOUGH).unwrap_or(self.0);
        write!(f, "'{}{rest}'", start.escape_ascii())
    }
}
