//! What was shown of many requests, so that nothing else is signed.

use std::collections::HashMap;

use crate::approval::AdmittedRequest;
use crate::ca::ledger::{ClearedRequest, Standing, StandingFacts, Writing};
use crate::digest::Digest;
use crate::error::{Code, Error};
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
pub struct Shown(HashMap<Digest, StandingFacts>);

impl Shown {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, looked: &Looked<'_>) {
        self.0.insert(looked.admitted.request().zip_sha256(), looked.standing.facts());
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
        let Some(shown) = self.0.get(&request.zip_sha256()) else {
            let message = format!("the request of '{name}' is not one that was shown");
            return Err(Error::new(Code::ReviewOutdated, message));
        };
        shown.expect(&writing.consider_once(cleared.admitted(), replace, now)?, name)
    }
}
