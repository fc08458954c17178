//! The threads, and what they do with one request.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Approved, Bulk, How, Source, Sources, WAITING_BYTES};
use crate::approval::{
    AdmittedRequest, PreparedZip, SignedApproval, UnverifiedRequest, WrittenZip, ZipPlace,
};
use crate::audit::{PreparedRecord, WrittenRecord};
use crate::ca::ledger::ClearedRequest;
use crate::digest::Digest;
use crate::error::{Error, Warning, WarningCode};
use crate::files;
use crate::identity::Identity;
use crate::names::ParticipantName;

/// A request that may be signed.
pub(super) struct Candidate {
    pub admitted: AdmittedRequest,
    /// For how many days.
    pub days: u32,
    /// The size of what its zip holds.
    pub bytes: usize,
}

/// A request that may not.
pub(super) struct Refused {
    pub identity: Option<Identity>,
    pub error: Error,
}

/// What was made of a request's file.
pub(super) struct Admission {
    pub file: PathBuf,
    pub outcome: Result<Candidate, Refused>,
}

/// What was signed, or had been before.
pub(super) enum Signed {
    /// Its zip is there already.
    Before(Approved),
    /// It waits for the ledger.
    Waiting(Box<Waiting>),
}

/// An approval that the ledger does not know yet, and its files, without their names.
pub(super) struct Waiting {
    pub approval: SignedApproval,
    pub place: ZipPlace,
    pub zip: WrittenZip,
    pub record: WrittenRecord,
}

/// The same with files that are durable.
pub(super) struct Durable {
    pub approval: SignedApproval,
    pub place: ZipPlace,
    pub zip: PreparedZip,
    pub record: PreparedRecord,
}

impl Waiting {
    pub fn sync(self) -> Result<Durable, Error> {
        let Self { approval, place, zip, record } = self;
        Ok(Durable { approval, place, zip: zip.sync()?, record: record.sync() })
    }
}

/// Something that a thread has done.
pub(super) enum Done {
    Admitted(usize, Box<Admission>),
    Signed(usize, Result<Signed, Error>),
    /// It is not done, and never will be.
    Lost,
}

/// The threads, as their foreman sees them.
pub(super) struct Crew<'a> {
    jobs: &'a Jobs,
    done: Receiver<Done>,
}

impl Crew<'_> {
    /// Has all requests before this one admitted, in their order, as far as there is room for them.
    pub fn admit_until(&self, request: usize) {
        self.jobs.change(|pile| pile.until = request);
        self.jobs.more.notify_all();
    }

    /// Makes room again.
    pub fn took(&self, bytes: usize) {
        self.jobs.change(|pile| pile.bytes -= bytes);
        self.jobs.more.notify_all();
    }

    /// Whether more will be admitted than these first ones, without anything being done about it.
    pub fn will_admit_more_than(&self, requests: usize) -> bool {
        let pile = self.jobs.lock();
        pile.next > requests || pile.may_admit()
    }

    pub fn sign(&self, request: usize, file: PathBuf, cleared: ClearedRequest, days: u32) {
        let order = Order { request, file, cleared, days };
        self.jobs.change(|pile| pile.sign.push_back(Box::new(order)));
        self.jobs.more.notify_one();
    }

    /// Waits for what is done next; `None` if a thread broke off.
    pub fn next(&self) -> Option<Done> {
        self.done.recv().ok().filter(|done| !matches!(done, Done::Lost))
    }
}

/// Does something with a crew, which goes home afterwards.
pub(super) fn with<T>(bulk: &Bulk<'_>, sources: &Sources, work: impl FnOnce(&Crew<'_>) -> T) -> T {
    let jobs = Jobs::default();
    let (send, done) = mpsc::channel();
    thread::scope(|scope| {
        // Also when the foreman gives up.
        let _closed = Closing(&jobs);
        for _ in 0..bulk.threads(1) {
            let (jobs, send) = (&jobs, send.clone());
            scope.spawn(move || Worker { bulk, sources, jobs, send }.run());
        }
        drop(send);
        work(&Crew { jobs: &jobs, done })
    })
}

/// What is to be done.
#[derive(Default)]
struct Jobs {
    waiting: Mutex<Pile>,
    more: Condvar,
}

#[derive(Default)]
struct Pile {
    /// First of all: other commands wait for the ledger meanwhile.
    sign: VecDeque<Box<Order>>,
    /// The next request to admit.
    next: usize,
    /// Where to stop.
    until: usize,
    /// The size of all that was admitted and waits for its wave.
    bytes: usize,
    closed: bool,
}

impl Pile {
    fn may_admit(&self) -> bool {
        self.next < self.until && self.bytes < WAITING_BYTES
    }
}

enum Job {
    Admit(usize),
    Sign(Box<Order>),
}

/// What is to be signed.
struct Order {
    request: usize,
    file: PathBuf,
    cleared: ClearedRequest,
    days: u32,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, Pile> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Pile)) {
        change(&mut self.lock());
    }

    /// The next job, or `None` when there will be none.
    fn next(&self) -> Option<Job> {
        let mut pile = self.lock();
        loop {
            if pile.closed {
                return None;
            }
            if let Some(order) = pile.sign.pop_front() {
                return Some(Job::Sign(order));
            }
            if pile.may_admit() {
                pile.next += 1;
                return Some(Job::Admit(pile.next - 1));
            }
            pile = self.more.wait(pile).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Closing<'a>(&'a Jobs);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.change(|pile| pile.closed = true);
        self.0.more.notify_all();
    }
}

struct Worker<'a> {
    bulk: &'a Bulk<'a>,
    sources: &'a Sources,
    jobs: &'a Jobs,
    send: Sender<Done>,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.send.send(Done::Lost);
        }
    }
}

impl Worker<'_> {
    fn run(&self) {
        while let Some(job) = self.jobs.next() {
            let done = match job {
                Job::Admit(request) => {
                    let admission = self.sources.get(request).map(|source| Admission {
                        outcome: self.admit(&source),
                        file: source.into_path(),
                    });
                    match admission {
                        Some(admission) => {
                            self.jobs.change(|pile| pile.bytes += bytes(&admission));
                            Done::Admitted(request, Box::new(admission))
                        }
                        None => Done::Lost,
                    }
                }
                Job::Sign(order) => Done::Signed(order.request, self.sign(*order)),
            };
            if self.send.send(done).is_err() {
                return;
            }
        }
    }

    fn admit(&self, source: &Source) -> Result<Candidate, Refused> {
        let unproven = |error| Refused { identity: None, error };
        let zip = source.read().map_err(unproven)?;
        let place = source.path().display().to_string();
        if let Some(expected) = self.bulk.expected {
            expected.expect(Digest::of(&zip), &place).map_err(unproven)?;
        }
        let request = UnverifiedRequest::read(&zip, &place).map_err(unproven)?;
        let bytes = request.bytes();
        let request = request.verify().map_err(unproven)?;
        let identity = request.metadata().identity.clone();
        let expected = match self.bulk.expected {
            Some(expected) => expected.expect_of(request.zip_sha256(), &identity.name, &place),
            None => Ok(()),
        };
        expected
            .and_then(|()| AdmittedRequest::admit(request, self.bulk.ca, self.bulk.profile))
            .and_then(|admitted| {
                let days = (self.bulk.judge)(&admitted)?;
                Ok(Candidate { admitted, days, bytes })
            })
            .map_err(|error| Refused { identity: Some(identity), error })
    }

    /// Signs, and writes everything but the names: what can fail fails before the ledger knows.
    fn sign(&self, order: Order) -> Result<Signed, Error> {
        let Order { file, cleared, days, .. } = order;
        let bulk = self.bulk;
        let name: &ParticipantName = &cleared.admitted().request().metadata().identity.name;
        let place = bulk.folder.place(name);
        let again = cleared.earlier().is_some();
        if !again {
            place.refuse_taken()?;
        }
        let approval = bulk.ca.sign(cleared, days, bulk.now)?;
        if approval.is_as_before() && place.holds(&approval) {
            return Ok(Signed::Before(approved(&approval, How::Before)));
        }
        if again {
            place.refuse_taken()?;
        }
        let zip = bulk.folder.write_ahead(&place, &approval)?;
        let source = files::absolute(&file).unwrap_or(file);
        let record = approval.audit_record(&source, place.path(), bulk.ca);
        let record = bulk.records.write_ahead(&approval.request().request_id, &record);
        Ok(Signed::Waiting(Box::new(Waiting { approval, place, zip, record })))
    }
}

/// What an admission takes up of the room for those that wait.
pub(super) fn bytes(admission: &Admission) -> usize {
    admission.outcome.as_ref().map_or(0, |candidate| candidate.bytes)
}

/// What is reported of an approval.
pub(super) fn approved(approval: &SignedApproval, how: How) -> Approved {
    // That a certificate is sent again is what is reported anyway.
    let said = |warning: &&Warning| how == How::Now || warning.code != WarningCode::AlreadyApproved;
    Approved {
        how,
        serial: approval.certificate().serial(),
        not_after: approval.certificate().not_after(),
        warnings: approval.warnings().iter().filter(said).cloned().collect(),
    }
}
