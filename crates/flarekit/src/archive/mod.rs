//! Zip archives as they travel between sites: a few small files, fully accounted for, or refused.
//!
//! An archive from another party is accepted only if every reader of zip files must see the same
//! thing in it: local headers and data one after the other, the central directory, the end record,
//! and not one byte besides. Everything that the headers declare is checked before the first byte
//! is inflated, so the work to refuse an archive is bounded by [`Limits`].
//!
//! Section numbers (§) are those of PKWARE's APPNOTE.TXT 6.3.10, the description of the format.

mod content;
mod end;
mod headers;
mod name;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use content::contains_private_key;
pub use read::read;
pub use write::write;

use crate::error::{Defect, Reason};
use std::collections::BTreeMap;

/// What an archive may cost its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The archive's own size.
    pub archive_bytes: u64,
    /// The number of members.
    pub members: usize,
    /// The inflated size of one member.
    pub member_bytes: u64,
    /// The inflated size of all members together.
    pub total_bytes: u64,
    /// The deflated size of all members together that are deflated.
    pub deflated_bytes: u64,
}

/// The most bytes that one byte of deflated data stands for. The longest match has 258 bytes and
/// takes two bits at least, one for its length and one for its distance (RFC 1951 section 3.2.5),
/// so a byte holds four. A member that declares more is a lie, and is not inflated.
const MAX_RATIO: u64 = 4 * 258;

impl Limits {
    /// For request zips and signed zips.
    ///
    /// They have three and five members of a few KiB each, so these limits are generous: room for
    /// a member or two that later versions may add, and for a `site.yaml` with a very long list of
    /// host names. (The reference allows 10 MiB a member and any number of members.) Deflated, they
    /// have a tenth of that: inflating costs by what goes in, too, which may be tables for blocks
    /// without content (RFC 1951 section 3.2.7).
    pub const ARTIFACT: Limits = Limits {
        archive_bytes: 2 << 20,
        members: 8,
        member_bytes: 1 << 20,
        total_bytes: 4 << 20,
        deflated_bytes: 256 << 10,
    };
}

/// The members of an accepted archive, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members(BTreeMap<String, Vec<u8>>);

impl Members {
    /// The bytes of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The names of all members, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The defect that a member is not there.
    pub(crate) fn missing(&self, name: &str) -> Defect {
        let mut names = self.names();
        let only = names.next().filter(|only| names.next().is_none() && only.ends_with(".zip"));
        let instead = only.map(|zip| format!(", only {zip}: it is a zip in a zip"));
        let message = format!("there is no {name} in it{}", instead.unwrap_or_default());
        Defect::new(Reason::ZipMemberMissing, message)
    }

    /// Demands these members and no others.
    ///
    /// # Errors
    /// [`Reason::ZipMemberMissing`], else [`Reason::ZipMemberUnexpected`]; the message lists all.
    pub fn expect_exactly(&self, names: &[&str]) -> Result<(), Defect> {
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| !self.0.contains_key(*name)).collect();
        let unexpected: Vec<&str> = self.names().filter(|name| !names.contains(name)).collect();
        let (reason, found) = match (missing.as_slice(), unexpected.as_slice()) {
            ([], []) => return Ok(()),
            ([], _) => (Reason::ZipMemberUnexpected, format!("also holds {}", list(&unexpected))),
            (_, []) => (Reason::ZipMemberMissing, format!("lacks {}", list(&missing))),
            _ => (
                Reason::ZipMemberMissing,
                format!("lacks {} and holds {}", list(&missing), list(&unexpected)),
            ),
        };
        let expected = list(names);
        Err(Defect::new(reason, format!("the archive {found}; expected exactly {expected}")))
    }
}

fn list(names: &[&str]) -> String {
    names.join(", ")
}
