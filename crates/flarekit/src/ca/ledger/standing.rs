//! What the ledger says about a request, for whoever decides about it.

use super::clearance::{self, Case, Earlier, Replace, Verdict};
use super::database::Database;
use super::entry::{Entry, EntryKind};
use super::list::State;
use super::renewal::Renewed;
use super::rows;
use super::withdrawn::Withdrawn;
use crate::approval::{AdmittedRequest, SignedMetadata};
use crate::connection::Connection;
use crate::digest::Digest;
use crate::error::{Code, Error, Warning};
use crate::time::Timestamp;

/// How a request stands in the ledger. Only [`Writing::consider`](super::Writing::consider) makes
/// one, and nothing can be signed with it: between looking and signing the ledger may change, which
/// [`Writing::expect_unchanged`](super::Writing::expect_unchanged) finds out.
pub struct Standing {
    latest: Option<LatestCertificate>,
    again: Option<Earlier>,
    replaces: Vec<Entry>,
    renews: Option<Renewed>,
    warnings: Vec<Warning>,
    against: Option<Error>,
}

/// The certificate that a name got last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestCertificate {
    /// Its entry.
    pub entry: Entry,
    /// How it stands.
    pub state: State,
    /// The connection details that were signed with it last, where the ledger has them.
    pub connection: Option<Connection>,
}

impl LatestCertificate {
    /// When it was approved: "approved on …".
    #[must_use]
    pub fn approved(&self) -> String {
        clearance::approved(&self.entry)
    }
}

impl Standing {
    /// The certificate that this name got last, whatever became of it.
    #[must_use]
    pub fn latest(&self) -> Option<&LatestCertificate> {
        self.latest.as_ref()
    }

    /// What stands in the ledger against the request.
    #[must_use]
    pub fn against(&self) -> Option<&Error> {
        self.against.as_ref()
    }

    /// The certificate whose holder asks for the next one.
    #[must_use]
    pub fn renews(&self) -> Option<&Renewed> {
        self.renews.as_ref()
    }

    /// The serial number of the certificate that was issued for the very same request, and would be
    /// sent again.
    #[must_use]
    pub fn sends_again(&self) -> Option<String> {
        self.again.as_ref().map(|again| again.certificate.serial())
    }

    /// The valid certificates that the new one would replace; also the one that it would renew.
    #[must_use]
    pub fn replaces(&self) -> &[Entry] {
        &self.replaces
    }

    /// What the approver should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What was issued for the very same request and would be sent again.
    pub(crate) fn again(&self) -> Option<&Earlier> {
        self.again.as_ref()
    }

    pub(super) fn of(
        admitted: &AdmittedRequest,
        replace: Replace,
        now: Timestamp,
        database: &Database,
        withdrawn: &Withdrawn,
    ) -> Result<Self, Error> {
        let case = Case::of(admitted, now, database, withdrawn)?;
        let latest = latest(&case)?;
        let (verdict, against) = match case.decide(admitted, replace) {
            Ok(verdict) => (verdict, None),
            Err(error) => (Verdict::default(), Some(error)),
        };
        let Verdict { earlier: again, replaces, renews, warnings } = verdict;
        Ok(Self { latest, again, replaces, renews, warnings, against })
    }

    /// What of this must not change before the request is signed. Certificates are told apart by
    /// their serial numbers: the entries of a ledger that has not begun yet have no place for good.
    pub(crate) fn facts(&self) -> StandingFacts {
        let signed = |again: &Earlier| {
            let digests =
                |(json, signature): &(Vec<u8>, Vec<u8>)| (Digest::of(json), Digest::of(signature));
            again.signed.iter().map(digests).collect()
        };
        StandingFacts {
            latest: self
                .latest
                .as_ref()
                .map(|latest| (serial(&latest.entry), latest.state, latest.connection.clone())),
            again: self.again.as_ref().map(|again| Digest::of(again.certificate.der())),
            signed: self.again.as_ref().map(signed).unwrap_or_default(),
            replaces: self.replaces.iter().map(serial).collect(),
            renews: self.renews.as_ref().map(|renewed| renewed.serial().to_owned()),
            against: self.against.clone(),
        }
    }
}

fn serial(entry: &Entry) -> Option<String> {
    entry.record.serial.clone()
}

/// What must not change between a look and the signature. It is small: of many requests, it is kept
/// for each while the question is open.
#[derive(PartialEq)]
pub(crate) struct StandingFacts {
    latest: Option<(Option<String>, State, Option<Connection>)>,
    again: Option<Digest>,
    signed: Vec<(Digest, Digest)>,
    replaces: Vec<Option<String>>,
    renews: Option<String>,
    against: Option<Error>,
}

impl StandingFacts {
    /// Refuses a ledger that says something else now.
    pub(crate) fn expect(&self, now: &Standing, name: &str) -> Result<(), Error> {
        if *self == now.facts() {
            return Ok(());
        }
        let message = format!(
            "what the ledger says about '{name}' changed while the question was open: it is not \
             what was shown"
        );
        Err(Error::new(Code::ReviewOutdated, message))
    }
}

fn latest(case: &Case<'_>) -> Result<Option<LatestCertificate>, Error> {
    let mut issued = case.kin.with_name(case.request.identity.name.as_str());
    let Some(entry) = issued.next_back().cloned() else { return Ok(None) };
    let number = entry.number.cast_signed();
    let later = rows::entries(case.database, "WHERE e.refers = ?1", [number])?;
    let is = |kind: EntryKind| later.iter().any(|entry| entry.record.kind == kind);
    let state = if is(EntryKind::Revocation) {
        State::Revoked
    } else if is(EntryKind::Supersession) {
        State::Replaced
    } else if entry.record.not_after.is_some_and(|end| end < case.now) {
        State::Expired
    } else {
        State::Valid
    };
    let signed = std::iter::once(&entry).chain(&later);
    let signed =
        signed.filter_map(|entry| entry.record.documents.signed_json.as_deref()).next_back();
    let connection = signed
        .and_then(|signed| SignedMetadata::parse(signed).ok())
        .map(|metadata| metadata.connection);
    Ok(Some(LatestCertificate { entry, state, connection }))
}
