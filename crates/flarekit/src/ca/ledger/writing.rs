//! Adding to the ledger, all or nothing.

use std::path::Path;

use super::clearance::{ClearedRequest, Replace};
use super::database::Database;
use super::entry::{Documents, Entry, EntryKind, Record};
use super::standing::Standing;
use super::verify::prove_end;
use super::withdrawn::Withdrawn;
use super::{Ledger, checkpoint, rows};
use crate::approval::{AdmittedRequest, SignedApproval};
use crate::ca::CertAuthority;
use crate::error::{Code, Error, Warning, WarningCode};
use crate::fingerprint::Fingerprint;
use crate::pki::Signer;
use crate::time::Timestamp;
use checkpoint::Checkpoint;

/// The only writer of the ledger, until it is committed. Dropped, it leaves the ledger as it was.
#[must_use = "dropping this leaves the ledger as it was"]
pub struct Writing<'a> {
    ledger: &'a mut Ledger,
    approvals: Vec<SignedApproval>,
    withdrawn: Withdrawn,
    open: bool,
}

/// A signed approval whose entry is durable. Only [`Writing::commit`] makes one.
pub struct RecordedApproval(SignedApproval);

impl RecordedApproval {
    /// The approval.
    #[must_use]
    pub fn approval(&self) -> &SignedApproval {
        &self.0
    }
}

impl<'a> Writing<'a> {
    pub(super) fn begin(ledger: &'a mut Ledger) -> Result<Self, Error> {
        // Who waits here is next: a run of many approvals, which begins again at once, would else
        // be faster each time.
        let _turn = ledger.turn()?;
        ledger.reopen()?;
        // IMMEDIATE: what is found from here on cannot change before it is written.
        ledger.database()?.run(|connection| connection.execute_batch("BEGIN IMMEDIATE"))?;
        let withdrawn = Withdrawn::default();
        let mut writing = Self { ledger, approvals: Vec::new(), withdrawn, open: true };
        writing.withdrawn = Withdrawn::load(writing.database()?)?;
        Ok(writing)
    }

    /// Clears a request, or says what was issued that stands against it. With `replace`, earlier
    /// certificates of the same name or key will be replaced by the new one.
    pub fn clear(
        &self,
        admitted: AdmittedRequest,
        replace: bool,
        now: Timestamp,
    ) -> Result<ClearedRequest, Error> {
        ClearedRequest::new(admitted, Replace::of(replace), now, self.database()?, &self.withdrawn)
    }

    /// The same for a run that may be repeated: also with `replace`, a certificate that was issued
    /// for this very request is sent again.
    pub fn clear_once(
        &self,
        admitted: AdmittedRequest,
        replace: bool,
        now: Timestamp,
    ) -> Result<ClearedRequest, Error> {
        ClearedRequest::new(
            admitted,
            Replace::once(replace),
            now,
            self.database()?,
            &self.withdrawn,
        )
    }

    /// What the ledger says about a request, for somebody who decides about it. Drop this then:
    /// other commands must not wait for a person.
    pub fn consider(
        &self,
        admitted: &AdmittedRequest,
        replace: bool,
        now: Timestamp,
    ) -> Result<Standing, Error> {
        Standing::of(admitted, Replace::of(replace), now, self.database()?, &self.withdrawn)
    }

    /// The same for a run that may be repeated, as in [`clear_once`](Self::clear_once).
    pub fn consider_once(
        &self,
        admitted: &AdmittedRequest,
        replace: bool,
        now: Timestamp,
    ) -> Result<Standing, Error> {
        Standing::of(admitted, Replace::once(replace), now, self.database()?, &self.withdrawn)
    }

    /// Refuses if the ledger says something else about the request than when it was considered:
    /// what is signed must be what was shown.
    ///
    /// # Errors
    /// [`Code::ReviewOutdated`].
    pub fn expect_unchanged(
        &self,
        considered: &Standing,
        admitted: &AdmittedRequest,
        replace: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let name = &admitted.request().metadata().identity.name;
        considered.facts().expect(&self.consider(admitted, replace, now)?, name.as_str())
    }

    /// Adds what was signed, has the CA sign how far the chain goes, and commits.
    pub fn commit_one(
        mut self,
        approval: SignedApproval,
        ca: &CertAuthority,
        now: Timestamp,
    ) -> Result<RecordedApproval, Error> {
        self.add(&approval, now)?;
        self.complete(ca, now)?;
        Ok(RecordedApproval(approval))
    }

    /// Adds what was signed, as one of several.
    pub fn record(&mut self, approval: SignedApproval, now: Timestamp) -> Result<(), Error> {
        self.add(&approval, now)?;
        self.approvals.push(approval);
        Ok(())
    }

    /// Exactly the same as before adds nothing.
    fn add(&self, approval: &SignedApproval, now: Timestamp) -> Result<(), Error> {
        let cleared = approval.cleared();
        let record = self.approval_record(approval, now);
        match cleared.earlier() {
            Some(_) if approval.is_as_before() => {}
            Some(earlier) => {
                let (kind, refers) = (EntryKind::Reapproval, Some(earlier.number));
                let documents = Documents { certificate: None, ..record.documents.clone() };
                self.append(Record { kind, refers, documents, ..record })?;
            }
            None => {
                let record = match cleared.renews() {
                    Some(renewed) => {
                        Record { kind: EntryKind::Renewal, refers: renewed.entry(), ..record }
                    }
                    None => record,
                };
                let number = self.append(record)?;
                for entry in cleared.replaces() {
                    // Of many, one before may have replaced it after this one was cleared.
                    if !rows::is_withdrawn(self.database()?, entry.number)? {
                        self.append(supersession(entry, number, now))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Has the CA sign how far the chain goes, once for all that was added.
    pub fn checkpoint(&self, ca: &CertAuthority, now: Timestamp) -> Result<(), Error> {
        let (database, root) = (self.database()?, self.ledger.root);
        let last = database.run(checkpoint::last)?;
        let key = ca.certificate().public_key();
        let end = prove_end(database, &self.withdrawn, last.as_ref(), root, key)?;
        if last.as_ref().map_or(0, |last| last.entries) == end.entries {
            return Ok(());
        }
        let signer: &dyn Signer = &ca.key;
        let checkpoint = Checkpoint::sign(last.as_ref(), end, root, now, signer)
            .map_err(|defect| defect.code(Code::CertSigningFailed))?;
        database.run(|connection| checkpoint::insert(connection, &checkpoint))
    }

    /// The warning that entries at the end are not under a signature, and that the next checkpoint
    /// will be over them, too. Those of a new ledger are its own.
    pub fn unsigned(&self) -> Result<Option<Warning>, Error> {
        if self.begins_ledger() {
            return Ok(None);
        }
        let database = self.database()?;
        let signed = database.run(checkpoint::last)?.map_or(0, |last| last.entries);
        let unsigned = rows::end(database)?.0.saturating_sub(signed);
        Ok((unsigned > 0).then(|| {
            Warning::new(
                WarningCode::LedgerUnsignedEntries,
                format!(
                    "the last {unsigned} entries of the ledger were not under a signature of the \
                     CA, as after a command that was killed. They are now: look at them with \
                     'audit export'"
                ),
            )
        }))
    }

    /// Makes everything durable. Only now may the signed zips appear.
    pub fn commit(mut self) -> Result<Vec<RecordedApproval>, Error> {
        self.finish()?;
        self.ledger.settle()?;
        Ok(std::mem::take(&mut self.approvals).into_iter().map(RecordedApproval).collect())
    }

    /// Has the CA sign how far the chain goes, and makes everything durable, in its place.
    pub(super) fn complete(&mut self, ca: &CertAuthority, now: Timestamp) -> Result<(), Error> {
        self.checkpoint(ca, now)?;
        self.finish()?;
        self.ledger.settle()
    }

    /// Makes everything durable, where the ledger is for now.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.database()?.run(|connection| connection.execute_batch("COMMIT"))?;
        self.open = false;
        Ok(())
    }

    /// Adds an entry, and gives its number.
    pub(super) fn append(&self, record: Record) -> Result<u64, Error> {
        let database = self.database()?;
        let (last, previous) = rows::end(database)?;
        let entry = Entry { number: last + 1, previous, record };
        database.run(|connection| rows::insert(connection, &entry))?;
        Ok(entry.number)
    }

    pub(super) fn database(&self) -> Result<&Database, Error> {
        self.ledger.database()
    }

    /// Whether there is no ledger yet, and what is written begins one.
    pub(super) fn begins_ledger(&self) -> bool {
        self.ledger.unborn.is_some()
    }

    /// The ledger's file, whether or not it is there.
    pub(super) fn path(&self) -> &Path {
        &self.ledger.path
    }

    /// The root's fingerprint, which every entry names.
    pub(super) fn root(&self) -> Fingerprint {
        self.ledger.root
    }

    fn approval_record(&self, approval: &SignedApproval, now: Timestamp) -> Record {
        let (request, certificate) = (approval.request(), approval.certificate());
        let names: Vec<String> = approval.alt_names().iter().map(ToString::to_string).collect();
        let (signed_json, signature) = approval.signed();
        Record {
            kind: EntryKind::Approval,
            at: now,
            root: self.ledger.root,
            name: request.identity.name.as_str().to_owned(),
            org: request.identity.org.as_str().to_owned(),
            cert_type: request.identity.cert_type,
            request_id: Some(request.request_id.to_plain()),
            request_zip: Some(approval.request_zip_sha256()),
            request_json: Some(approval.cleared().admitted().request().metadata_sha256()),
            csr: Some(request.csr_sha256),
            public_key: Some(request.public_key_sha256),
            serial: Some(certificate.serial()),
            not_before: Some(certificate.not_before()),
            not_after: Some(certificate.not_after()),
            alt_names: Some(names.join(", ")),
            refers: None,
            successor: None,
            reason: None,
            documents: Documents {
                certificate: Some(certificate.der().to_vec()),
                signed_json: Some(signed_json.to_vec()),
                signature: Some(signature.to_vec()),
            },
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if self.open
            && let Ok(database) = self.database()
        {
            // What was not committed is gone when the file is closed, too.
            let _ = database.run(|connection| connection.execute_batch("ROLLBACK"));
        }
    }
}

/// That a certificate was replaced. It repeats whose and which it was, for whoever reads it.
fn supersession(replaced: &Entry, successor: u64, now: Timestamp) -> Record {
    Record {
        kind: EntryKind::Supersession,
        at: now,
        refers: Some(replaced.number),
        successor: Some(successor),
        reason: None,
        documents: Documents::default(),
        ..replaced.record.clone()
    }
}
