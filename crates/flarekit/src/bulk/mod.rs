//! Approving many requests in one run.
//!
//! The requests are taken in waves. For the next wave, threads read, verify and admit; for the
//! current one the ledger clears each request in the order of the input, threads sign and write
//! what was cleared, the files of all become durable together, and then the entries with one
//! checkpoint. Then the signed zips appear. The outcome is that of one approval after the other: requests that could stand against
//! each other are never in one wave.
//!
//! A request that is refused does not hold up the others. A run that was killed is begun again with
//! the same command: what was issued is sent again, and what is there already stays untouched.

mod crew;
mod expected;
mod shown;
mod source;
mod sync;
mod wave;

pub use expected::ExpectedDigests;
pub use shown::{Looked, Shown};
pub use source::{Source, Sources};

use std::path::{Path, PathBuf};

use crate::approval::{AdmittedRequest, SignedZipFolder};
use crate::audit::ApprovalRecords;
use crate::ca::CertAuthority;
use crate::ca::ledger::Ledger;
use crate::error::{Error, Warning};
use crate::identity::Identity;
use crate::profile::ProjectProfile;
use crate::time::Timestamp;

/// Most requests in a wave. Other commands wait for the ledger as long as one takes, and each
/// request has two files open until it is over: with twice as many, a wave would come near the 1,024
/// files that a process may usually have open. Where it may have fewer, waves are smaller.
pub const WAVE: usize = 256;

/// Most bytes of verified requests that wait for their wave: room for 512 ordinary ones, and a bound
/// for those that are as large as they may be.
pub const WAITING_BYTES: usize = 16 << 20;

/// What else is asked of a request that could be signed, by a policy for instance: for how many days
/// its certificate is valid, or why there is none.
pub type Judge<'a> = dyn Fn(&AdmittedRequest) -> Result<u32, Error> + Sync + 'a;

/// How requests are approved.
pub struct Bulk<'a> {
    /// Who signs.
    pub ca: &'a CertAuthority,
    /// What is signed beside the certificate.
    pub profile: &'a ProjectProfile,
    /// Where the signed zips go.
    pub folder: &'a SignedZipFolder,
    /// Where the records go.
    pub records: &'a ApprovalRecords,
    /// Who judges each request. It is asked by several threads.
    pub judge: &'a Judge<'a>,
    /// Which requests are expected: then every other is refused.
    pub expected: Option<&'a ExpectedDigests>,
    /// What was shown to somebody who agreed to it: then nothing else is signed.
    pub shown: Option<&'a Shown>,
    /// Whether earlier certificates of the same name or key are replaced. One that was issued for
    /// the very same request is not: it is sent again.
    pub replace: bool,
    /// How many processors there are.
    pub processors: usize,
    /// The time of all approvals.
    pub now: Timestamp,
}

/// What became of a request.
#[derive(Debug)]
pub struct Item {
    /// Its place in the input.
    pub request: usize,
    /// Its file, as it was named.
    pub file: PathBuf,
    /// Who asks, once that is proven.
    pub identity: Option<Identity>,
    /// The approval, or why there is none.
    pub outcome: Result<Approved, Error>,
}

/// A request that is approved.
#[derive(Debug)]
pub struct Approved {
    /// Whether it was already.
    pub how: How,
    /// The certificate's serial number.
    pub serial: String,
    /// The certificate's end.
    pub not_after: Timestamp,
    /// What the approver should know.
    pub warnings: Vec<Warning>,
}

/// How a request came to be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A certificate was issued.
    Now,
    /// It had a certificate, which was sent again.
    Again,
    /// The signed zip was there already, and is untouched.
    Before,
}

impl Bulk<'_> {
    /// So many threads for each processor.
    fn threads(&self, each: usize) -> usize {
        #[cfg(feature = "test-hooks")]
        if crate::files::faults::is_armed() {
            return 1;
        }
        self.processors.max(1) * each
    }

    /// Approves the requests, and reports each in the order of the input. When the ledger cannot be
    /// written, this and all that follow are reported with that error.
    ///
    /// # Errors
    /// If a thread could not do its work.
    pub fn run(
        &self,
        sources: &Sources,
        ledger: &mut Ledger,
        report: &mut dyn FnMut(Item),
    ) -> Result<Vec<Warning>, Error> {
        crew::with(self, sources, |crew| wave::run(self, sources, ledger, crew, report))
    }

    /// Looks the requests over without signing: hands on each file and what could be signed, or why it
    /// cannot, in the order of the input. Of a name and of a key that is the first request: the others are
    /// refused, also when the first is signed later.
    ///
    /// # Errors
    /// If a thread could not do its work, or the ledger could not be read.
    pub fn look(
        &self,
        sources: &Sources,
        ledger: &mut Ledger,
        report: &mut dyn FnMut(&Path, Result<Looked<'_>, &Error>),
    ) -> Result<Shown, Error> {
        crew::with(self, sources, |crew| wave::look(self, sources, ledger, crew, report))
    }
}
