//! Checkpoints: the CA's signature over how far the chain goes.
//!
//! The signature (RSASSA-PSS, like that of `signed.json`) is over the text
//! `flarekit ledger checkpoint 2`, a zero byte, and these values, written as those of an entry: the
//! checkpoint's number, the digest of the checkpoint before (of the first: 32 zero bytes), the
//! root's fingerprint, the number of entries, the last entry's hash, the time, and the
//! [digest of all that was withdrawn](super::withdrawn). A checkpoint's digest is the SHA-256 of that
//! message and its signature, so the last signature covers the earlier checkpoints, too.
//!
//! Up to version 2 of the ledger the text was `flarekit ledger checkpoint 1`, without the last value.

use rusqlite::{Connection, OptionalExtension, Row};

use super::rows::{digest, optional_digest, time};
use super::schema;
use crate::digest::Digest;
use crate::encoding::Encoding;
use crate::error::Defect;
use crate::fingerprint::Fingerprint;
use crate::pki::{PublicKey, Signer};
use crate::time::Timestamp;

/// What separates this message from all others that the CA's key signs.
const DOMAIN: &[u8] = b"flarekit ledger checkpoint 2\0";
/// The same of those without the digest of what was withdrawn.
const DOMAIN_1: &[u8] = b"flarekit ledger checkpoint 1\0";
/// The version of the ledger that brought that digest.
const WITHDRAWN_SINCE: i64 = 3;

/// How far the chain goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last of them; of none, 32 zero bytes.
    pub hash: Digest,
    /// The digest of those that withdraw something.
    pub withdrawn: Digest,
}

/// That the chain had so many entries, the last of them with this hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// 1, 2, 3, … without a gap.
    pub number: u64,
    /// The digest of the checkpoint before.
    pub previous: Digest,
    /// How many entries there were.
    pub entries: u64,
    /// The hash of the last of them.
    pub hash: Digest,
    /// When.
    pub at: Timestamp,
    /// The digest of all revocations and denials until then; `None` up to version 2 of the ledger.
    pub withdrawn: Option<Digest>,
    /// The CA's signature over all of it.
    pub signature: Vec<u8>,
}

impl Checkpoint {
    /// Signs how far the chain goes now. `last` is the checkpoint before.
    pub(super) fn sign(
        last: Option<&Self>,
        end: End,
        root: Fingerprint,
        at: Timestamp,
        signer: &dyn Signer,
    ) -> Result<Self, Defect> {
        let checkpoint = Self {
            number: last.map_or(0, |last| last.number) + 1,
            previous: following(last, root),
            entries: end.entries,
            hash: end.hash,
            at,
            withdrawn: Some(end.withdrawn),
            signature: Vec::new(),
        };
        checkpoint.signed(root, signer)
    }

    /// The same with a signature.
    pub(super) fn signed(mut self, root: Fingerprint, signer: &dyn Signer) -> Result<Self, Defect> {
        self.signature = signer.sign_content(&self.message(root))?;
        Ok(self)
    }

    /// Whether the signature is the root's.
    pub(super) fn verify(&self, root: Fingerprint, key: &PublicKey) -> Result<(), Defect> {
        key.verify_content(&self.message(root), &self.signature)
    }

    /// What was signed.
    fn message(&self, root: Fingerprint) -> Vec<u8> {
        let domain = if self.withdrawn.is_some() { DOMAIN } else { DOMAIN_1 };
        let mut bytes = Encoding::new(domain);
        bytes.number(Some(self.number));
        bytes.value(Some(self.previous.as_bytes()));
        bytes.value(Some(root.as_bytes()));
        bytes.number(Some(self.entries));
        bytes.value(Some(self.hash.as_bytes()));
        bytes.time(Some(self.at));
        if let Some(withdrawn) = &self.withdrawn {
            bytes.value(Some(withdrawn.as_bytes()));
        }
        bytes.finish()
    }
}

/// What the checkpoint after this one says about the one before.
pub(super) fn following(last: Option<&Checkpoint>, root: Fingerprint) -> Digest {
    match last {
        None => Digest::from_bytes([0; 32]),
        Some(last) => Digest::of(&[last.message(root), last.signature.clone()].concat()),
    }
}

/// The last checkpoint.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Checkpoint>> {
    connection.query_row(&format!("{} DESC LIMIT 1", select(connection)?), [], read).optional()
}

/// All checkpoints, in their order; at most as many as fit into memory, one a command.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Checkpoint>> {
    connection.prepare(&select(connection)?)?.query_map([], read)?.collect()
}

/// Adds a checkpoint.
pub(super) fn insert(connection: &Connection, checkpoint: &Checkpoint) -> rusqlite::Result<()> {
    let values = (
        checkpoint.number.cast_signed(),
        checkpoint.previous.as_bytes(),
        checkpoint.entries.cast_signed(),
        checkpoint.hash.as_bytes(),
        checkpoint.at.to_unix().cast_signed(),
        &checkpoint.signature,
        checkpoint.withdrawn.as_ref().map(Digest::as_bytes),
    );
    connection.execute("INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", values)?;
    Ok(())
}

/// Selects all checkpoints, also those of a ledger that is only read and lacks a column.
fn select(connection: &Connection) -> rusqlite::Result<String> {
    let has = schema::version_of(connection)? >= WITHDRAWN_SINCE;
    let withdrawn = if has { "withdrawn" } else { "NULL" };
    Ok(format!(
        "SELECT number, previous, entries, hash, at, signature, {withdrawn} FROM checkpoints \
         ORDER BY number"
    ))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        previous: digest(row, 1)?,
        entries: row.get::<_, i64>(2)?.cast_unsigned(),
        hash: digest(row, 3)?,
        at: time(row, 4)?,
        signature: row.get(5)?,
        withdrawn: optional_digest(row, 6)?,
    })
}
