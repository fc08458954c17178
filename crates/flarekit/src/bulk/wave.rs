//! The waves: what is done in the order of the input, by one thread.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::thread;

use super::crew::{
    Admission, Candidate, Crew, Done, Durable, Refused, Signed, Waiting, approved, bytes,
};
use super::{Bulk, How, Item, Looked, Shown, Sources, WAVE, sync};
use crate::approval::AdmittedRequest;
use crate::ca::ledger::{Ledger, RecordedApproval};
use crate::digest::Digest;
use crate::error::{Code, Error, Warning};
use crate::files;
use crate::identity::{Identity, Kind};

/// So many requests of a wave have their files made durable together.
const BATCH: usize = 64;

/// A request, and what became of its files.
type Outcome = (usize, Result<Durable, Error>);

/// Approves all, wave by wave.
pub(super) fn run(
    bulk: &Bulk<'_>,
    sources: &Sources,
    ledger: &mut Ledger,
    crew: &Crew<'_>,
    report: &mut dyn FnMut(Item),
) -> Result<Vec<Warning>, Error> {
    let mut run = Run::new(bulk, sources, crew);
    while run.taken < run.requests {
        let wave = run.next_wave()?;
        run.approve(wave, ledger)?.into_iter().for_each(&mut *report);
    }
    Ok(run.warnings)
}

/// Hands on what was admitted, and signs nothing.
pub(super) fn look(
    bulk: &Bulk<'_>,
    sources: &Sources,
    ledger: &mut Ledger,
    crew: &Crew<'_>,
    report: &mut dyn FnMut(&Path, Result<Looked<'_>, &Error>),
) -> Result<Shown, Error> {
    let mut run = Run::new(bulk, sources, crew);
    let mut shown = Shown::default();
    while run.taken < run.requests {
        let wave = run.next_wave()?;
        let writing = ledger.begin()?;
        for (_, Admission { file, outcome }) in wave {
            let Candidate { admitted, days, .. } = match &outcome {
                Ok(candidate) => candidate,
                Err(refused) => {
                    report(&file, Err(&refused.error));
                    continue;
                }
            };
            let standing = writing.consider_once(admitted, bulk.replace, bulk.now)?;
            if let Some(against) = standing.against() {
                report(&file, Err(against));
                continue;
            }
            let looked = Looked { admitted, days: *days, standing: &standing };
            match shown.add(&looked, &file) {
                Ok(()) => report(&file, Ok(looked)),
                Err(error) => report(&file, Err(&error)),
            }
        }
    }
    Ok(shown)
}

struct Run<'a> {
    bulk: &'a Bulk<'a>,
    crew: &'a Crew<'a>,
    requests: usize,
    /// How many are in a wave.
    most: usize,
    /// The first request that was in no wave yet.
    taken: usize,
    /// What was admitted or refused, and was in no wave yet.
    ahead: BTreeMap<usize, Admission>,
    /// How many of these follow each other from `taken` on.
    ready: usize,
    signed: BTreeMap<usize, Result<Signed, Error>>,
    /// The digests of the request zips that were cleared to be signed.
    issued: HashSet<Digest>,
    /// Why the ledger cannot be written any more.
    broken: Option<Error>,
    warnings: Vec<Warning>,
}

/// A request in its wave.
struct Slot {
    request: usize,
    file: PathBuf,
    identity: Option<Identity>,
    outcome: Option<Result<super::Approved, Error>>,
}

impl<'a> Run<'a> {
    fn new(bulk: &'a Bulk<'a>, sources: &Sources, crew: &'a Crew<'a>) -> Self {
        Self {
            bulk,
            crew,
            requests: sources.count(),
            // With room for the files of the ledger and of those who read.
            most: WAVE.min(files::most_open() / 4).max(1),
            taken: 0,
            ahead: BTreeMap::new(),
            ready: 0,
            signed: BTreeMap::new(),
            issued: HashSet::new(),
            broken: None,
            warnings: Vec::new(),
        }
    }

    /// Has the crew look at this wave and the next.
    fn ask(&self) {
        self.crew.admit_until(self.requests.min(self.taken + 2 * self.most));
    }

    /// Waits until something is done.
    fn wait(&mut self) -> Result<(), Error> {
        let lost = || Error::new(Code::InternalError, "a thread broke off");
        match self.crew.next().ok_or_else(lost)? {
            Done::Admitted(request, admission) => {
                self.ahead.insert(request, *admission);
                while self.ahead.contains_key(&(self.taken + self.ready)) {
                    self.ready += 1;
                }
            }
            Done::Signed(request, signed) => drop(self.signed.insert(request, signed)),
            Done::Lost => return Err(lost()),
        }
        Ok(())
    }

    /// The requests of the next wave: as many as are ready, up to the first that could stand against
    /// one before it.
    fn next_wave(&mut self) -> Result<Vec<(usize, Admission)>, Error> {
        self.ask();
        while self.ready < self.most
            && self.taken + self.ready < self.requests
            && self.crew.will_admit_more_than(self.taken + self.ahead.len())
        {
            self.wait()?;
        }
        let mut wave = Vec::new();
        let mut seen = Seen::default();
        while wave.len() < self.most {
            let Some(entry) = self.ahead.first_entry().filter(|next| *next.key() == self.taken)
            else {
                break;
            };
            if !seen.has_room_for(entry.get()) {
                break;
            }
            self.crew.took(bytes(entry.get()));
            wave.push(entry.remove_entry());
            self.taken += 1;
            self.ready -= 1;
        }
        self.ask();
        Ok(wave)
    }

    fn approve(
        &mut self,
        wave: Vec<(usize, Admission)>,
        ledger: &mut Ledger,
    ) -> Result<Vec<Item>, Error> {
        let mut slots = BTreeMap::new();
        let mut admitted = Vec::new();
        for (request, Admission { file, outcome }) in wave {
            let (identity, outcome) = match outcome {
                Ok(Candidate { admitted: one, days, .. }) => {
                    let identity = one.request().metadata().identity.clone();
                    admitted.push((request, one, days));
                    (Some(identity), None)
                }
                Err(Refused { identity, error }) => (identity, Some(Err(error))),
            };
            slots.insert(request, Slot { request, file, identity, outcome });
        }
        if !admitted.is_empty() && self.broken.is_none() {
            self.broken = self.write(&mut slots, admitted, ledger).err();
        }
        let lost = || Error::new(Code::InternalError, "a request was lost");
        let item = |slot: Slot| {
            let broken = || self.broken.clone().map(Err);
            let outcome = slot.outcome.or_else(broken).ok_or_else(lost)?;
            let Slot { request, file, identity, .. } = slot;
            Ok(Item { request, file, identity, outcome })
        };
        slots.into_values().map(item).collect()
    }

    /// Clears, has sign and records, all in one transaction. After an error, nothing of it happened.
    fn write(
        &mut self,
        slots: &mut BTreeMap<usize, Slot>,
        admitted: Vec<(usize, AdmittedRequest, u32)>,
        ledger: &mut Ledger,
    ) -> Result<(), Error> {
        let (replace, now) = (self.bulk.replace, self.bulk.now);
        let mut writing = ledger.begin()?;
        let unsigned = writing.unsigned()?;
        let mut expected = Vec::new();
        for (request, admitted, days) in admitted {
            let zip = admitted.request().zip_sha256();
            let later = self.bulk.shown.map_or(Ok(()), |shown| shown.refuse_later(zip));
            let cleared = later.and_then(|()| writing.clear_once(admitted, replace, now));
            let cleared = cleared.and_then(|cleared| {
                match self.bulk.shown {
                    // The same file may be there twice.
                    Some(shown) if !self.issued.contains(&zip) => {
                        shown.expect(&cleared, &writing, replace, now).map(|()| cleared)
                    }
                    _ => Ok(cleared),
                }
            });
            match cleared {
                Ok(cleared) => {
                    if self.bulk.shown.is_some() {
                        self.issued.insert(zip);
                    }
                    let file = slots.get(&request).map(|slot| slot.file.clone());
                    self.crew.sign(request, file.unwrap_or_default(), cleared, days);
                    expected.push(request);
                }
                Err(error) => settle(slots, request, Err(error)),
            }
        }
        let mut waiting = Vec::new();
        for (request, durable) in self.durable(slots, expected)? {
            match durable {
                Ok(Durable { approval, place, zip, record }) => {
                    let again = approval.cleared().earlier().is_some();
                    writing.record(approval, now)?;
                    waiting.push((request, again, place, zip, record));
                }
                Err(error) => settle(slots, request, Err(error)),
            }
        }
        let is_approved = |slot: &&Slot| matches!(slot.outcome, Some(Ok(_)));
        let before: Vec<usize> =
            slots.values().filter(is_approved).map(|slot| slot.request).collect();
        if waiting.is_empty() && before.is_empty() {
            return Ok(());
        }
        // Also of approvals that stand already: entries that a killed run left are signed now.
        writing.checkpoint(self.bulk.ca, now)?;
        let recorded = writing.commit()?;
        self.warnings.extend(unsigned);

        // All is durable: now the files appear, those that are looked for last.
        let mut zips = Vec::new();
        let mut records = Vec::new();
        for ((request, again, place, zip, record), recorded) in waiting.into_iter().zip(recorded) {
            zips.push((request, again, place, zip, recorded));
            records.push(record);
        }
        let mut records = self.bulk.records.place(records).into_iter();
        let mut names = Vec::new();
        // The run that gave those before their names may have been killed before these were durable.
        let mut named = before;
        for (request, again, place, zip, recorded) in zips {
            let record = records.next().and_then(|outcome| outcome.warning());
            let outcome = place.name(zip, &recorded).map(|name| {
                named.push(request);
                let how = match (again, name.is_some()) {
                    (_, false) => How::Before,
                    (true, true) => How::Again,
                    (false, true) => How::Now,
                };
                names.extend(name);
                report_of(&recorded, how, record)
            });
            settle(slots, request, outcome);
        }
        if !named.is_empty()
            && let Err(error) = self.bulk.folder.settle(names)
        {
            named.into_iter().for_each(|request| settle(slots, request, Err(error.clone())));
        }
        Ok(())
    }

    /// Collects what is signed. The files of a batch become durable while the next one is signed.
    fn durable(
        &mut self,
        slots: &mut BTreeMap<usize, Slot>,
        expected: Vec<usize>,
    ) -> Result<Vec<Outcome>, Error> {
        let threads = sync::threads(self.bulk);
        let sync = |batch| {
            sync::in_parallel(batch, threads, |(request, one): (usize, Box<Waiting>)| {
                (request, one.sync())
            })
        };
        thread::scope(|scope| {
            let (mut batch, mut others) = (Vec::new(), Vec::new());
            for request in expected {
                match self.signed(request)? {
                    Ok(Signed::Waiting(one)) => batch.push((request, one)),
                    Ok(Signed::Before(approved)) => settle(slots, request, Ok(approved)),
                    Err(error) => settle(slots, request, Err(error)),
                }
                if batch.len() == BATCH && threads > 1 {
                    let full = std::mem::take(&mut batch);
                    others.push(scope.spawn(move || sync(full)));
                }
            }
            let last = sync(batch);
            let others = others.into_iter().map(sync::join);
            Ok(others.chain([last]).flatten().collect())
        })
    }

    fn signed(&mut self, request: usize) -> Result<Result<Signed, Error>, Error> {
        loop {
            if let Some(signed) = self.signed.remove(&request) {
                return Ok(signed);
            }
            self.wait()?;
        }
    }
}

fn report_of(recorded: &RecordedApproval, how: How, record: Option<Warning>) -> super::Approved {
    let mut approved = approved(recorded.approval(), how);
    approved.warnings.extend(record);
    approved
}

fn settle(
    slots: &mut BTreeMap<usize, Slot>,
    request: usize,
    outcome: Result<super::Approved, Error>,
) {
    if let Some(slot) = slots.get_mut(&request) {
        slot.outcome = Some(outcome);
    }
}

/// What the requests of a wave have that no other one in it may have.
#[derive(Default)]
struct Seen {
    names: HashSet<String>,
    keys: HashSet<Digest>,
    ids: HashSet<String>,
    any: bool,
    server: bool,
}

impl Seen {
    /// Whether a request may be in the same wave as those before it. What the ledger asks about one
    /// ([`ClearedRequest`](crate::ca::ledger::ClearedRequest)) must not depend on another: the name
    /// in any case, the key, that of the certificate which is renewed, the request id, and all names
    /// under which a server is reached.
    fn has_room_for(&mut self, admission: &Admission) -> bool {
        let Ok(candidate) = &admission.outcome else { return true };
        let request = candidate.admitted.request().metadata();
        let server = request.identity.cert_type.kind() == Kind::Server;
        if self.server || (server && self.any) {
            return false;
        }
        let keys = HashSet::from_iter(request.keys());
        let new = self.names.insert(request.identity.name.as_str().to_ascii_lowercase())
            && self.keys.is_disjoint(&keys)
            && self.ids.insert(request.request_id.to_plain().as_str().to_owned());
        self.keys.extend(keys);
        (self.any, self.server) = (true, server);
        new
    }
}
