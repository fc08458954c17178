//! Proving that the ledger is what the CA wrote.

use super::checkpoint::{self, Checkpoint, following};
use super::database::Database;
use super::entry::Entry;
use super::rows::{self, Found};
use super::view::LedgerView;
use crate::digest::Digest;
use crate::error::{Error, Reason, Warning, WarningCode};
use crate::fingerprint::Fingerprint;
use crate::pki::PublicKey;
use crate::time::Timestamp;

/// A ledger whose chain holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// How many of them, from the first on, are under the CA's signature.
    pub signed: u64,
    /// How many checkpoints it has.
    pub checkpoints: u64,
    /// When the last checkpoint was signed.
    pub last_checkpoint: Option<Timestamp>,
    /// The hash of the last entry, which stands for the whole ledger.
    pub hash: Digest,
}

impl Verified {
    /// The warning that entries at the end are not signed.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let unsigned = self.entries - self.signed;
        (unsigned > 0).then(|| {
            Warning::new(
                WarningCode::LedgerUnsignedEntries,
                format!(
                    "the last {unsigned} of {} entries are not under a signature of the CA yet. \
                     That is normal only if a command was killed; the next 'cert approve' signs \
                     them, so look at them first",
                    self.entries
                ),
            )
        })
    }
}

impl LedgerView {
    /// Proves that no entry was changed, removed or exchanged: each hash, the order, the last
    /// signature, which covers the earlier ones, and that the indexes say what the tables say.
    pub fn verify(&self) -> Result<Verified, Error> {
        self.verify_each(&mut |_| ())
    }

    /// The same, and hands on each entry, in the order of the chain: there may be very many. They are
    /// proven only once this returns.
    pub fn verify_each(&self, each: &mut dyn FnMut(&Entry)) -> Result<Verified, Error> {
        let (database, root) = (self.needed()?, self.fingerprint());
        let checkpoints = database
            .run(checkpoint::all)
            .map_err(|_| broken(database, "the checkpoints cannot be read"))?;
        let mut chain = Chain::new(database, &checkpoints);
        rows::each(database, "", [], |found| {
            chain.follow(&found)?;
            each(&found.entry);
            Ok(())
        })?;
        let (entries, hash) = chain.finish()?;
        self.check_signatures(database, &checkpoints, root)?;
        check_file(database)?;
        let last = checkpoints.last();
        Ok(Verified {
            entries,
            signed: last.map_or(0, |last| last.entries),
            checkpoints: last.map_or(0, |last| last.number),
            last_checkpoint: last.map(|last| last.at),
            hash,
        })
    }

    fn check_signatures(
        &self,
        database: &Database,
        checkpoints: &[Checkpoint],
        root: Fingerprint,
    ) -> Result<(), Error> {
        let mut before = None;
        for (checkpoint, number) in checkpoints.iter().zip(1..) {
            if checkpoint.number != number {
                return Err(broken(database, &format!("checkpoint {number} is missing")));
            }
            if checkpoint.previous != following(before, root) {
                let what = "does not follow the one before: one of the two was changed";
                return Err(broken(database, &format!("checkpoint {number} {what}")));
            }
            before = Some(checkpoint);
        }
        let Some(last) = before else { return Ok(()) };
        last.verify(root, self.root().public_key()).map_err(|defect| {
            broken(database, &format!("checkpoint {}: {}", last.number, defect.message))
        })
    }
}

/// Proves what follows the last checkpoint, and that one: the CA's key must not sign what somebody
/// else put there or changed. Gives the end of the chain.
pub(super) fn prove_end(
    database: &Database,
    last: Option<&Checkpoint>,
    root: Fingerprint,
    key: &PublicKey,
) -> Result<(u64, Digest), Error> {
    let mut chain = Chain::new(database, &[]);
    if let Some(last) = last {
        let of = |what: &str| broken(database, &format!("checkpoint {}: {what}", last.number));
        last.verify(root, key).map_err(|defect| of(&defect.message))?;
        let signed = rows::entries(database, "WHERE e.number = ?1", [last.entries.cast_signed()])?;
        if signed.first().is_none_or(|entry| entry.hash() != last.hash) {
            return Err(of(&format!("entry {} is not what the CA signed", last.entries)));
        }
        (chain.number, chain.hash) = (last.entries, last.hash);
    }
    let after = [chain.number.cast_signed()];
    rows::each(database, "WHERE e.number > ?1", after, |found| chain.follow(&found))?;
    chain.finish()
}

/// The chain, followed from its first entry.
struct Chain<'a> {
    database: &'a Database,
    checkpoints: std::slice::Iter<'a, Checkpoint>,
    /// The checkpoint that comes next.
    next: Option<&'a Checkpoint>,
    number: u64,
    hash: Digest,
}

impl<'a> Chain<'a> {
    fn new(database: &'a Database, checkpoints: &'a [Checkpoint]) -> Self {
        let mut checkpoints = checkpoints.iter();
        let next = checkpoints.next();
        Self { database, checkpoints, next, number: 0, hash: Digest::from_bytes([0; 32]) }
    }

    fn follow(&mut self, found: &Found) -> Result<(), Error> {
        let (entry, expected) = (&found.entry, self.number + 1);
        let torn = |what: String| Err(self.database.invalid(Reason::LedgerChainBroken, what));
        if entry.number != expected {
            return torn(format!("entry {expected} is missing"));
        }
        if entry.hash() != found.hash {
            return Err(rows::changed(self.database, expected));
        }
        if entry.previous != self.hash {
            let before = self.number;
            return torn(format!(
                "entry {expected} does not follow entry {before}: one of the two was changed"
            ));
        }
        (self.number, self.hash) = (expected, found.hash);
        while let Some(checkpoint) = self.next.filter(|next| next.entries <= self.number) {
            if checkpoint.entries != self.number || checkpoint.hash != self.hash {
                return Err(broken(
                    self.database,
                    &format!(
                        "entry {} or one before it is not what the CA signed in checkpoint {}",
                        self.number, checkpoint.number
                    ),
                ));
            }
            self.next = self.checkpoints.next();
        }
        Ok(())
    }

    fn finish(self) -> Result<(u64, Digest), Error> {
        match self.next {
            None => Ok((self.number, self.hash)),
            Some(checkpoint) => Err(self.database.invalid(
                Reason::LedgerChainBroken,
                format!(
                    "entry {} is missing: checkpoint {} is over {} entries",
                    self.number + 1,
                    checkpoint.number,
                    checkpoint.entries
                ),
            )),
        }
    }
}

fn broken(database: &Database, what: &str) -> Error {
    database.invalid(Reason::LedgerCheckpoint, what)
}

/// Nothing that no entry names, and indexes that fit their tables: what is asked of the ledger is
/// answered through them.
fn check_file(database: &Database) -> Result<(), Error> {
    let stray: Option<i64> = database.run(|connection| {
        connection.query_row(
            "SELECT min(entry) FROM documents WHERE entry NOT IN (SELECT number FROM entries)",
            [],
            |row| row.get(0),
        )
    })?;
    if let Some(number) = stray {
        let what = format!("there are documents of entry {number}, which does not exist");
        return Err(database.invalid(Reason::LedgerChainBroken, what));
    }
    let verdict: String = database.run(|connection| {
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
    })?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(database.invalid(Reason::LedgerDamaged, verdict))
}
