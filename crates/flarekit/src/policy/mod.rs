//! The policy: what may be approved without a person who looks at it.
//!
//! A policy has a section for each type of participant, `client`, `server` and `user`, and each
//! section has rules. A request is allowed if the section of its type allows everything that would
//! be signed: every rule must match. What no section allows is denied, so an empty policy denies
//! everything. A rule that is left out could be meant either way; therefore none may be, but for
//! `key_bits`, which other checks hold already.
//!
//! A policy denies and never allows more than without it: the ledger and the checks of the request
//! are not its business.

mod judge;
mod pattern;
mod read;
#[cfg(test)]
mod tests;

pub use judge::{Asked, Denial};
pub use pattern::Pattern;

use crate::identity::Kind;
use crate::yaml::Mark;

/// Patterns in one list. A federation has some dozens of organisations; more are told apart by
/// patterns, and a request that matches none costs a look at each.
pub const MOST_PATTERNS: usize = 1_000;

/// What may be approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    place: String,
    client: Option<Section>,
    server: Option<Section>,
    user: Option<Section>,
}

/// The rules for one type of participant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    orgs: Rule<Vec<Pattern>>,
    names: Rule<Vec<Pattern>>,
    /// Of users only: which roles they may have.
    roles: Option<Rule<Vec<&'static str>>>,
    /// Of servers only: everybody else's certificate has the name, and nothing else.
    sans: Option<Rule<Vec<Pattern>>>,
    key_bits: Option<Rule<Vec<u32>>>,
    max_valid_days: Rule<u32>,
}

/// What a rule says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule<T> {
    at: Mark,
    says: T,
}

impl Policy {
    /// For how many days a certificate is valid if nobody says it: as usual, or as long as the
    /// policy allows.
    #[must_use]
    pub fn valid_days(&self, kind: Kind, usual: u32) -> u32 {
        self.section(kind).map_or(usual, |section| usual.min(section.max_valid_days.says))
    }

    /// The file, as messages name it.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    fn section(&self, kind: Kind) -> Option<&Section> {
        match kind {
            Kind::Site => self.client.as_ref(),
            Kind::Server => self.server.as_ref(),
            Kind::User => self.user.as_ref(),
        }
    }
}

/// The name of the section for a kind of participant.
pub(crate) fn section_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Site => "client",
        Kind::Server => "server",
        Kind::User => "user",
    }
}
