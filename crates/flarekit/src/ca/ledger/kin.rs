//! What the ledger has of a request's name, key and id, and of the server that its kit will look for.

use rusqlite::named_params;

use super::database::Database;
use super::entry::Entry;
use super::rows;
use crate::approval::AdmittedRequest;
use crate::digest::Digest;
use crate::error::Error;
use crate::time::Timestamp;

/// Entries of any kind, in the order of the chain. One question fetches them all: of a new request
/// there are none, and to plan a statement takes SQLite longer than to answer it.
pub(super) struct Kin(Vec<Entry>);

impl Kin {
    pub fn of(database: &Database, admitted: &AdmittedRequest) -> Result<Self, Error> {
        let request = admitted.request().metadata();
        let id = request.request_id.to_plain();
        let condition = "WHERE e.name = :name OR e.name = :host OR e.public_key = :key \
                         OR e.request_id = :id";
        let parameters = named_params! {
            ":name": request.identity.name.as_str(),
            ":host": admitted.connection().server.host.as_str(),
            ":key": request.public_key_sha256.as_bytes(),
            ":id": id.as_str(),
        };
        rows::entries(database, condition, parameters).map(Self)
    }

    pub fn all(&self) -> &[Entry] {
        &self.0
    }

    /// The certificates for a name, in whatever case its letters are: the request's, or the server's.
    pub fn with_name(&self, name: &str) -> impl DoubleEndedIterator<Item = &Entry> {
        self.certificates().filter(move |entry| entry.record.name.eq_ignore_ascii_case(name))
    }

    /// The certificates of the request's key.
    pub fn with_key(&self, key: Digest) -> impl DoubleEndedIterator<Item = &Entry> {
        self.certificates().filter(move |entry| entry.record.public_key == Some(key))
    }

    /// The certificates for the request's id.
    pub fn with_id(&self, id: &str) -> impl DoubleEndedIterator<Item = &Entry> {
        self.certificates().filter(move |entry| is_of_id(entry, id))
    }

    fn certificates(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.0.iter().filter(|entry| entry.record.kind.is_of_certificate())
    }
}

pub(super) fn is_of_id(entry: &Entry, id: &str) -> bool {
    entry.record.request_id.as_ref().is_some_and(|of| of.as_str() == id)
}

/// Whether a certificate has not ended; of one whose end is not known nobody can say so.
pub(super) fn is_running(entry: &Entry, now: Timestamp) -> bool {
    entry.record.not_after.is_some_and(|end| end >= now)
}
