//! Proving that the ledger is what the CA wrote.

use super::checkpoint::{self, Checkpoint, End, following};
use super::database::Database;
use super::entry::Entry;
use super::rows::{self, Found};
use super::view::LedgerView;
use super::withdrawn::{self, Withdrawn};
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
        rows::each(database, |found| {
            chain.follow(&found)?;
            each(&found.entry);
            Ok(())
        })?;
        let End { entries, hash, .. } = chain.finish()?;
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

/// Proves what follows the last checkpoint, that one, and all that was withdrawn: the CA's key must
/// not sign what somebody else put there or changed, nor for whom it said no to. Gives the end of the
/// chain.
pub(super) fn prove_end(
    database: &Database,
    known: &Withdrawn,
    last: Option<&Checkpoint>,
    root: Fingerprint,
    key: &PublicKey,
) -> Result<End, Error> {
    let mut chain = Chain::new(database, last.map_or(&[], std::slice::from_ref));
    let mut signed_last = None;
    if let Some(last) = last {
        let of = |what: &str| broken(database, &format!("checkpoint {}: {what}", last.number));
        last.verify(root, key).map_err(|defect| of(&defect.message))?;
        // Without the digest of what was withdrawn, as up to version 2, the chain tells from its
        // first entry on.
        if let Some(signed) = last.withdrawn {
            let withdrawn = known.until(last.entries);
            if withdrawn != signed {
                return Err(of("a revocation or a denial that the CA signed is missing or hidden"));
            }
            chain = Chain::new(database, &[]);
            chain.end = End { entries: last.entries, hash: last.hash, withdrawn };
            signed_last = Some((last.entries, last.hash));
        }
    }
    let mut is_signed = signed_last.is_none();
    rows::each_from(database, chain.end.entries, |found| {
        if let Some((number, hash)) = signed_last
            && found.entry.number == number
        {
            is_signed = found.hash == hash && found.entry.hash() == hash;
            return Ok(());
        }
        if known.misses(&found.entry) {
            let what = format!("entry {} is missing in an index", found.entry.number);
            return Err(database.invalid(Reason::LedgerDamaged, what));
        }
        chain.follow(&found)
    })?;
    match signed_last {
        Some((number, _)) if !is_signed => {
            Err(broken(database, &format!("entry {number} is not what the CA signed last")))
        }
        _ => chain.finish(),
    }
}

/// The chain, followed from its first entry.
struct Chain<'a> {
    database: &'a Database,
    checkpoints: std::slice::Iter<'a, Checkpoint>,
    /// The checkpoint that comes next.
    next: Option<&'a Checkpoint>,
    end: End,
}

impl<'a> Chain<'a> {
    fn new(database: &'a Database, checkpoints: &'a [Checkpoint]) -> Self {
        let mut checkpoints = checkpoints.iter();
        let next = checkpoints.next();
        let end =
            End { entries: 0, hash: Digest::from_bytes([0; 32]), withdrawn: withdrawn::nothing() };
        Self { database, checkpoints, next, end }
    }

    fn follow(&mut self, found: &Found) -> Result<(), Error> {
        let (entry, before) = (&found.entry, self.end.entries);
        let expected = before + 1;
        let torn = |what: String| Err(self.database.invalid(Reason::LedgerChainBroken, what));
        if entry.number != expected {
            return torn(format!("entry {expected} is missing"));
        }
        if entry.hash() != found.hash {
            return Err(rows::changed(self.database, expected));
        }
        if entry.previous != self.end.hash {
            return torn(format!(
                "entry {expected} does not follow entry {before}: one of the two was changed"
            ));
        }
        (self.end.entries, self.end.hash) = (expected, found.hash);
        if entry.record.kind.withdraws() {
            self.end.withdrawn = withdrawn::with(self.end.withdrawn, found.hash);
        }
        while let Some(checkpoint) = self.next.filter(|next| next.entries <= expected) {
            let withdrawn = checkpoint.withdrawn.unwrap_or(self.end.withdrawn);
            if (checkpoint.entries, checkpoint.hash, withdrawn)
                != (expected, found.hash, self.end.withdrawn)
            {
                return Err(broken(
                    self.database,
                    &format!(
                        "entry {} or one before it is not what the CA signed in checkpoint {}",
                        expected, checkpoint.number
                    ),
                ));
            }
            self.next = self.checkpoints.next();
        }
        Ok(())
    }

    fn finish(self) -> Result<End, Error> {
        match self.next {
            None => Ok(self.end),
            Some(checkpoint) => Err(self.database.invalid(
                Reason::LedgerChainBroken,
                format!(
                    "entry {} is missing: checkpoint {} is over {} entries",
                    self.end.entries + 1,
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

/// No documents that no entry has, and indexes that fit their tables: what is asked of the ledger is
/// answered through them.
fn check_file(database: &Database) -> Result<(), Error> {
    // Neither is under the hash of an entry.
    for (condition, what) in [
        ("entry NOT IN (SELECT number FROM entries)", "which does not exist"),
        (
            "certificate IS NULL AND signed_json IS NULL AND signature IS NULL",
            "and nothing is in them",
        ),
    ] {
        let sql = format!("SELECT min(entry) FROM documents WHERE {condition}");
        let stray: Option<i64> =
            database.run(|connection| connection.query_row(&sql, [], |row| row.get(0)))?;
        if let Some(number) = stray {
            let what = format!("there are documents of entry {number}, {what}");
            return Err(database.invalid(Reason::LedgerChainBroken, what));
        }
    }
    let verdict: String = database.run(|connection| {
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
    })?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(database.invalid(Reason::LedgerDamaged, verdict))
}
