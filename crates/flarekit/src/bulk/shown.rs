//! What was shown of many requests, so that nothing else is signed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::approval::AdmittedRequest;
use crate::ca::ledger::{ClearedRequest, Standing, StandingFacts, Writing};
use crate::digest::Digest;
use crate::error::{Code, Error, Reason};
use crate::time::Timestamp;

/// A request as it is shown.
pub struct Looked<'a> {
    /// The request.
    pub admitted: &'a AdmittedRequest,
    /// For how many days its certificate would be valid.
    pub days: u32,
    /// What the ledger says about it.
    pub standing: &'a Standing,
}

/// The requests that could have been signed when they were shown, and what the ledger said about
/// each. Only [`Bulk::look`](super::Bulk::look) makes one.
#[derive(Default)]
pub struct Shown {
    facts: HashMap<Digest, StandingFacts>,
    /// The requests of names and keys that another one before them has, and why they are refused.
    later: HashMap<Digest, Error>,
    /// Which file asks for a name, in small letters.
    names: HashMap<String, PathBuf>,
    /// Which file has a key, or renews a certificate of it.
    keys: HashMap<Digest, PathBuf>,
}

impl Shown {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.facts.len()
    }

    /// Takes down what is shown. Of a name and of a key only the first request can be signed: what
    /// the ledger says about the next one is something else then, and nobody has seen it.
    pub(super) fn add(&mut self, looked: &Looked<'_>, file: &Path) -> Result<(), Error> {
        let request = looked.admitted.request();
        let zip = request.zip_sha256();
        if self.facts.contains_key(&zip) {
            return Ok(());
        }
        let metadata = request.metadata();
        let name = metadata.identity.name.as_str();
        let refused = |code, first: &Path, what: &str| {
            let message = format!(
                "{} is of the same {what}, and comes first: after a review of both, this request \
                 of '{name}' is not signed",
                first.display()
            );
            Err(Error::because(code, Reason::LaterRequest, message))
        };
        let folded = name.to_ascii_lowercase();
        let by_key = metadata.keys().find_map(|key| self.keys.get(&key));
        let clear = match (self.names.get(&folded), by_key) {
            (Some(first), _) => refused(Code::IdentityAlreadyIssued, first, "name"),
            (None, Some(first)) => refused(Code::KeyAlreadyIssued, first, "key"),
            (None, None) => Ok(()),
        };
        match &clear {
            Ok(()) => {
                self.names.insert(folded, file.to_owned());
                self.keys.extend(metadata.keys().map(|key| (key, file.to_owned())));
                self.facts.insert(zip, looked.standing.facts());
            }
            Err(error) => drop(self.later.insert(zip, error.clone())),
        }
        clear
    }

    /// Refuses what was shown as refused because of another request.
    pub(super) fn refuse_later(&self, zip: Digest) -> Result<(), Error> {
        self.later.get(&zip).map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Refuses a request that was not shown, as when its file was exchanged meanwhile, and one about
    /// which the ledger says something else now.
    pub(super) fn expect(
        &self,
        cleared: &ClearedRequest,
        writing: &Writing<'_>,
        replace: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let request = cleared.admitted().request();
        let name = request.metadata().identity.name.as_str();
        let Some(shown) = self.facts.get(&request.zip_sha256()) else {
            let message = format!("the request of '{name}' is not one that was shown");
            return Err(Error::new(Code::ReviewOutdated, message));
        };
        shown.expect(&writing.consider_once(cleared.admitted(), replace, now)?, name)
    }
}
