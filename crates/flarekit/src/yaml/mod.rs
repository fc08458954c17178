//! YAML, read strictly and with positions.
//!
//! The peer of every file that is read or written here is PyYAML's `safe_load`. So a scalar means
//! what YAML 1.1 says (`no` is false, `010` is 8), and where our parser and PyYAML could disagree
//! the text is refused. No text is ever read as another value than the peer would read.
//!
//! [`Node`] is the tree, [`parse`] reads one, [`write()`] writes one.

mod compose;
mod contain;
mod events;
mod merge;
mod node;
mod resolve;
mod slips;
#[cfg(test)]
mod tests;
mod write;

pub use node::{Mark, Node, Scalar, ScalarKind, Value};
pub use write::write;

use crate::error::{Defect, Reason};

/// Bytes of one document. A definition has less than 4 KiB; certificates or long texts pasted into
/// one still fit.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Lists and mappings inside one another. A definition needs 4; deeper nesting only serves to
/// exhaust a reader.
pub const MAX_DEPTH: usize = 32;

/// Scalars, lists and mappings together, aliases expanded, so that a few lines of aliases to
/// aliases cannot unfold into gigabytes. A server with a hundred host names needs about 130.
pub const MAX_NODES: usize = 10_000;

/// Whose text it is decides what is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Another party's bytes, out of an archive: no anchors, aliases or merge keys.
    Archive,
    /// The user's own file: aliases and merge keys are expanded as every PyYAML expands them.
    Local,
}

/// Reads the one document in `bytes`.
///
/// # Errors
///
/// A `Yaml…` reason. The message begins with the line and column wherever there is one.
pub fn parse(bytes: &[u8], dialect: Dialect) -> Result<Node, Defect> {
    if bytes.len() > MAX_BYTES {
        let found = bytes.len();
        let message = format!("the YAML has {found} bytes, more than the limit of {MAX_BYTES}");
        return Err(Defect::new(Reason::YamlTooLarge, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    compose::compose(text, dialect)
}

/// The defect that a text ceases to be UTF-8 at this byte.
fn not_utf8(bytes: &[u8], at: usize) -> Defect {
    // As editors on Windows save it when asked for "Unicode".
    let message = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "the YAML is UTF-16, not UTF-8".to_owned()
    } else {
        let breaks = bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
        format!("line {}: byte {} of the YAML is not UTF-8", breaks + 1, at + 1)
    };
    Defect::new(Reason::YamlNotUtf8, message)
}
