//! What was said no to stays so: a denied request, and the key of a revoked certificate.
//!
//! Few of many entries say no, and everything hangs on them: each checkpoint is over a digest of all
//! of them. So one that was removed or hidden is found before the CA signs anything, without reading
//! the whole ledger. That digest starts as 32 zero bytes; with each revocation and denial it becomes
//! the SHA-256 of itself and the entry's hash.

use std::collections::HashMap;

use super::database::Database;
use super::entry::{Documents, Entry, EntryKind};
use super::rows::{self, IS_CERTIFICATE};
use crate::approval::VerifiedRequest;
use crate::digest::Digest;
use crate::error::{Code, Error};

/// Selects these entries, in the words of their index.
pub(super) const WITHDRAWS: &str = "WHERE e.kind IN ('revocation', 'denial')";

/// The digest of no such entry.
pub(super) fn nothing() -> Digest {
    Digest::from_bytes([0; 32])
}

/// The digest with one more.
pub(super) fn with(before: Digest, entry: Digest) -> Digest {
    Digest::of(&[*before.as_bytes(), *entry.as_bytes()].concat())
}

/// Everything that was said no to.
#[derive(Default)]
pub(super) struct Withdrawn {
    /// Revocations and denials by the key that they are about, in the order of the chain.
    by_key: HashMap<Digest, Vec<Entry>>,
    /// Denials by the request's id.
    by_id: HashMap<String, Entry>,
    /// The number and the hash of each, in the order of the chain.
    hashes: Vec<(u64, Digest)>,
    /// The number of the last entry that there was of any kind.
    last: u64,
}

impl Withdrawn {
    pub fn load(database: &Database) -> Result<Self, Error> {
        let mut withdrawn = Self { last: rows::end(database)?.0, ..Self::default() };
        for mut entry in rows::entries(database, WITHDRAWS, [])? {
            withdrawn.hashes.push((entry.number, entry.hash()));
            entry.record.documents = Documents::default();
            if let Some(id) = &entry.record.request_id
                && entry.record.kind == EntryKind::Denial
            {
                let id = id.as_str().to_owned();
                withdrawn.by_id.entry(id).or_insert_with(|| entry.clone());
            }
            if let Some(key) = entry.record.public_key {
                withdrawn.by_key.entry(key).or_default().push(entry);
            }
        }
        Ok(withdrawn)
    }

    /// The digest of those up to an entry.
    pub fn until(&self, number: u64) -> Digest {
        let until = self.hashes.iter().take_while(|(at, _)| *at <= number);
        until.fold(nothing(), |digest, (_, hash)| with(digest, *hash))
    }

    /// Whether an entry that says no was there, and was not found: an index led past it.
    pub fn misses(&self, entry: &Entry) -> bool {
        entry.record.kind.withdraws()
            && entry.number <= self.last
            && self.hashes.binary_search_by_key(&entry.number, |(number, _)| *number).is_err()
    }

    /// Refuses a request that was denied, or whose key somebody else may have. Nothing overrides
    /// that: for a new request, `cert request --force` makes a new key.
    pub fn refuse(&self, database: &Database, request: &VerifiedRequest) -> Result<(), Error> {
        self.refuse_denied(database, request)?;
        // A revocation repeats the key of the certificate that it is about.
        match self.of_key(request, EntryKind::Revocation) {
            None => Ok(()),
            Some(revoked) => Err(Error::new(
                Code::KeyRevoked,
                format!(
                    "the key in the request of '{}' is that of the certificate {} of '{}', which \
                     was revoked on {} ({})",
                    request.metadata().identity.name,
                    revoked.record.serial.as_deref().unwrap_or("of an unknown serial number"),
                    revoked.record.name,
                    revoked.record.at,
                    revoked.record.reason.as_deref().unwrap_or("unspecified")
                ),
            )),
        }
    }

    /// A denied request is known by its id and, because nobody signs that, by its key: whoever has
    /// the zip can change the id. Of a renewal the id is signed, so that one with the same key is
    /// another request, and its own.
    fn refuse_denied(&self, database: &Database, request: &VerifiedRequest) -> Result<(), Error> {
        let metadata = request.metadata();
        // What else an id stands for was refused already.
        let id = metadata.request_id.to_plain();
        if let Some(denied) = self.by_id.get(id.as_str()) {
            let whose = format!("this request of '{}'", denied.record.name);
            return Err(denied_before(&whose, denied));
        }
        if metadata.renewal.is_some() {
            return Ok(());
        }
        let Some(denied) = self.of_key(request, EntryKind::Denial) else { return Ok(()) };
        // That a copy with another id was denied takes nothing back from the request that was
        // approved.
        let approved = format!("WHERE e.request_id = ?1 AND {IS_CERTIFICATE}");
        if !rows::entries(database, &approved, [id.as_str()])?.is_empty() {
            return Ok(());
        }
        let whose = format!(
            "the key in this request of '{}' is that of a request of '{}', which",
            metadata.identity.name, denied.record.name
        );
        Err(denied_before(&whose, denied))
    }

    /// The entry about a certificate's being revoked.
    pub fn revocation_of(&self, certificate: &Entry) -> Option<&Entry> {
        let entries = self.by_key.get(&certificate.record.public_key?)?;
        entries.iter().find(|entry| entry.record.refers == Some(certificate.number))
    }

    /// The first entry of a kind with the request's key.
    fn of_key(&self, request: &VerifiedRequest, kind: EntryKind) -> Option<&Entry> {
        let entries = self.by_key.get(&request.metadata().public_key_sha256)?;
        entries.iter().find(|entry| entry.record.kind == kind)
    }
}

fn denied_before(whose: &str, denied: &Entry) -> Error {
    let reason = denied.record.reason.as_deref().unwrap_or("no reason was given");
    let message = format!("{whose} was denied on {}: {reason}", denied.record.at);
    Error::new(Code::RequestAlreadyDenied, message)
}
