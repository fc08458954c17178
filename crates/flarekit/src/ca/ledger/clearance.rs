//! What stands in the ledger against a request.
//!
//! Only certificates that are valid count: not expired, not replaced, not revoked. A name under which
//! a server is to be reached is the exception: whoever has such a certificate could pose as the server
//! until it ends.

use super::database::Database;
use super::entry::{Entry, EntryKind};
use super::kin::{Kin, is_running};
use super::renewal::Renewed;
use super::rows;
use super::withdrawn::Withdrawn;
use crate::approval::AdmittedRequest;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::pki::Certificate;
use crate::request::RequestMetadata;
use crate::time::Timestamp;

/// A request that the ledger has nothing against. Only [`Writing::clear`](super::Writing::clear)
/// makes one.
pub struct ClearedRequest {
    admitted: AdmittedRequest,
    earlier: Option<Earlier>,
    replaces: Vec<Entry>,
    renews: Option<Renewed>,
    warnings: Vec<Warning>,
}

/// What was issued for the very same request.
pub(crate) struct Earlier {
    /// The entry of the certificate.
    pub number: u64,
    /// The certificate.
    pub certificate: Certificate,
    /// What was signed about it: `signed.json` and its signature, the last one first.
    pub signed: Vec<(Vec<u8>, Vec<u8>)>,
}

impl ClearedRequest {
    /// The request, as it was admitted.
    #[must_use]
    pub fn admitted(&self) -> &AdmittedRequest {
        &self.admitted
    }

    /// What was issued for the very same request: its certificate is sent again.
    pub(crate) fn earlier(&self) -> Option<&Earlier> {
        self.earlier.as_ref()
    }

    /// The entries of the certificates that the new one replaces.
    pub(super) fn replaces(&self) -> &[Entry] {
        &self.replaces
    }

    /// The certificate that the new one comes after, if its key signed the request.
    pub(crate) fn renews(&self) -> Option<&Renewed> {
        self.renews.as_ref()
    }

    /// What the approver should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(super) fn new(
        admitted: AdmittedRequest,
        replace: Replace,
        now: Timestamp,
        database: &Database,
        withdrawn: &Withdrawn,
    ) -> Result<Self, Error> {
        let case = Case::of(&admitted, now, database, withdrawn)?;
        let Verdict { earlier, replaces, renews, warnings } = case.decide(&admitted, replace)?;
        Ok(Self { admitted, earlier, replaces, renews, warnings })
    }
}

/// Which earlier certificates give way to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    /// None: what stands against a request is a refusal.
    Nothing,
    /// Those that were issued for other requests. One that was issued for this very request is sent
    /// again, so that a run that is repeated issues nothing twice.
    OfOthers,
    /// All.
    All,
}

impl Replace {
    /// As `--replace` has it.
    pub fn of(replace: bool) -> Self {
        if replace { Self::All } else { Self::Nothing }
    }

    /// The same in a run that may be repeated.
    pub fn once(replace: bool) -> Self {
        if replace { Self::OfOthers } else { Self::Nothing }
    }
}

/// What follows from the ledger for a request that it has nothing against.
#[derive(Default)]
pub(super) struct Verdict {
    pub earlier: Option<Earlier>,
    pub replaces: Vec<Entry>,
    pub renews: Option<Renewed>,
    pub warnings: Vec<Warning>,
}

/// A request before the ledger.
pub(super) struct Case<'a> {
    pub database: &'a Database,
    pub withdrawn: &'a Withdrawn,
    pub request: &'a RequestMetadata,
    pub now: Timestamp,
    pub kin: Kin,
}

impl<'a> Case<'a> {
    pub fn of(
        admitted: &'a AdmittedRequest,
        now: Timestamp,
        database: &'a Database,
        withdrawn: &'a Withdrawn,
    ) -> Result<Self, Error> {
        let (request, kin) = (admitted.request().metadata(), Kin::of(database, admitted)?);
        Ok(Self { database, withdrawn, request, now, kin })
    }

    pub fn decide(&self, admitted: &AdmittedRequest, replace: Replace) -> Result<Verdict, Error> {
        rows::refuse_id_of_another(self.kin.all(), admitted.request())?;
        self.withdrawn.refuse(self.database, admitted.request())?;
        let servers = self.servers()?;
        self.refuse_server_names(admitted, &servers)?;
        let name = self.request.identity.name.as_str();
        let mut same_name = self.valid(self.kin.with_name(name))?;
        let is_other = |entry: &&Entry| !entry.record.name.eq_ignore_ascii_case(name);
        let key = self.request.public_key_sha256;
        let same_key = self.valid(self.kin.with_key(key).filter(is_other))?;
        let content = Some(admitted.request().metadata_sha256());
        let mut verdict = Verdict::default();
        verdict.warnings.extend(self.other_server(admitted, &servers));
        let mut renewed_entry = None;
        if let Some(at) = same_name.iter().position(|entry| entry.record.request_json == content) {
            let same = same_name.remove(at);
            match self.earlier(&same)? {
                Some(earlier) if replace != Replace::All => {
                    verdict.warnings.push(sent_again(&same));
                    verdict.earlier = Some(earlier);
                    return Ok(verdict);
                }
                Some(_) => {}
                None => verdict.warnings.push(not_kept(&same)),
            }
            verdict.replaces.push(same);
        } else {
            verdict.warnings.extend(self.issued_long_ago(replace)?);
            if let Some(renewal) = &self.request.renewal {
                let renewed =
                    Renewed::find(self.request, renewal.certificate(), self.database, self.now)?;
                verdict.warnings.extend(renewed.unknown());
                let at = same_name.iter().position(|entry| Some(entry.number) == renewed.entry());
                renewed_entry = at.map(|at| same_name.remove(at));
                verdict.renews = Some(renewed);
            }
        }
        if verdict.renews.is_none() {
            verdict.warnings.extend(self.changed_since());
        }
        if replace == Replace::Nothing {
            same_name.first().map_or(Ok(()), |entry| Err(self.identity_issued(entry)))?;
            same_key.first().map_or(Ok(()), |entry| Err(self.key_issued(entry)))?;
        }
        verdict.replaces.extend(same_name);
        verdict.replaces.extend(same_key);
        verdict.warnings.extend(verdict.replaces.iter().map(replaced));
        // The new certificate is meant to take its place: that is no surprise.
        verdict.replaces.extend(renewed_entry);
        Ok(verdict)
    }

    /// Whether the last certificate of this name was revoked, or was of another organisation or type:
    /// who was put out may come back, and who asks for more may be somebody else.
    fn changed_since(&self) -> Option<Warning> {
        let asked = &self.request.identity;
        let last = self.kin.with_name(asked.name.as_str()).next_back()?;
        let record = &last.record;
        let revoked = self.withdrawn.revocation_of(last);
        if revoked.is_none()
            && record.org == asked.org.as_str()
            && record.cert_type == asked.cert_type
        {
            return None;
        }
        let was = revoked.map_or_else(String::new, |entry| {
            let why = entry.record.reason.as_deref().unwrap_or("unspecified");
            format!(" and was revoked on {} ({why})", entry.record.at)
        });
        Some(Warning::new(
            WarningCode::IdentityChanged,
            format!(
                "the last certificate of '{}' ({}) was of {}, {}{was}; this request asks for {} of {}",
                record.name,
                shown_serial(last),
                record.org,
                record.cert_type,
                asked.cert_type,
                asked.org
            ),
        ))
    }

    /// Whether the last certificate for this very request, which is not valid any more, ended or was
    /// replaced. What was replaced does not come back because somebody kept the request: whoever has
    /// its key may be why. Only who wants just that, with `--replace`, gets it.
    fn issued_long_ago(&self, replace: Replace) -> Result<Option<Warning>, Error> {
        let id = self.request.request_id.to_plain();
        let of_request = self.kin.with_id(id.as_str()).next_back();
        let name = &self.request.identity.name;
        let (last, replaced, whose) = match of_request {
            Some(last) => {
                let replaced = self.supersession(last)?;
                (last, replaced, format!("this request of '{name}' is not new"))
            }
            None => {
                let Some((last, replaced)) = self.earlier_with_key()? else { return Ok(None) };
                let whose = format!(
                    "the key in this request of '{name}' is not new: a request of '{}' had it",
                    last.record.name
                );
                (last, replaced, whose)
            }
        };
        let became = match &replaced {
            Some(entry) => format!("was replaced on {}", entry.record.at),
            None => format!("ended {}", shown_end(last)),
        };
        let message = format!(
            "{whose}, it was {}, and its certificate ({}) {became}",
            approved(last),
            shown_serial(last)
        );
        if replaced.is_some() && replace != Replace::All {
            return Err(Error::new(Code::RequestAlreadyReplaced, message));
        }
        Ok(Some(Warning::new(WarningCode::AlreadyApproved, message)))
    }

    /// A certificate of the same key that was replaced, or else one that has ended. Nobody signs a
    /// request's id, so whoever kept the request can change it. Of a renewal the id is signed: it is
    /// new, also if the key was kept.
    fn earlier_with_key(&self) -> Result<Option<(&Entry, Option<Entry>)>, Error> {
        if self.request.renewal.is_some() {
            return Ok(None);
        }
        let mut found = None;
        for entry in self.kin.with_key(self.request.public_key_sha256) {
            let replaced = self.supersession(entry)?;
            if replaced.is_some() {
                return Ok(Some((entry, replaced)));
            }
            if entry.record.not_after.is_some_and(|end| end < self.now) {
                found = Some((entry, None));
            }
        }
        Ok(found)
    }

    /// The entry about a certificate's being replaced.
    fn supersession(&self, entry: &Entry) -> Result<Option<Entry>, Error> {
        let condition = "WHERE e.refers = ?1 AND e.kind = ?2";
        let parameters = (entry.number.cast_signed(), EntryKind::Supersession.as_str());
        Ok(rows::entries(self.database, condition, parameters)?.into_iter().next())
    }

    /// Those that have not ended, and were not replaced or revoked.
    fn valid<'e>(
        &self,
        certificates: impl Iterator<Item = &'e Entry>,
    ) -> Result<Vec<Entry>, Error> {
        let mut valid = Vec::new();
        for entry in certificates.filter(|entry| is_running(entry, self.now)) {
            if !rows::is_withdrawn(self.database, entry.number)? {
                valid.push(entry.clone());
            }
        }
        Ok(valid)
    }

    pub(super) fn now(&self) -> i64 {
        self.now.to_unix().cast_signed()
    }

    /// What was handed out for an entry, or `None` where another program has it.
    fn earlier(&self, entry: &Entry) -> Result<Option<Earlier>, Error> {
        let Some(der) = &entry.record.documents.certificate else { return Ok(None) };
        let certificate = Certificate::from_der(der).map_err(|defect| {
            let what = format!("the certificate in entry {}: {}", entry.number, defect.message);
            self.database.invalid(Reason::LedgerEntryChanged, what)
        })?;
        let condition = "WHERE e.number = ?1 OR (e.refers = ?1 AND e.kind = ?2)";
        let again = EntryKind::Reapproval.as_str();
        let parameters = (entry.number.cast_signed(), again);
        let mut signed: Vec<_> = rows::entries(self.database, condition, parameters)?
            .into_iter()
            .filter_map(|entry| {
                entry.record.documents.signed_json.zip(entry.record.documents.signature)
            })
            .collect();
        signed.reverse();
        Ok(Some(Earlier { number: entry.number, certificate, signed }))
    }

    fn identity_issued(&self, entry: &Entry) -> Error {
        let (record, asked) = (&entry.record, &self.request.identity);
        let has = format!(
            "'{}' ({}, of {}) has a certificate already: {}, valid until {}, {}",
            record.name,
            record.cert_type,
            record.org,
            shown_serial(entry),
            shown_end(entry),
            approved(entry)
        );
        let same_key = record.public_key == Some(self.request.public_key_sha256);
        let key = if same_key { "the same key" } else { "another key" };
        let differs = match (record.org == asked.org.as_str(), record.cert_type == asked.cert_type)
        {
            (true, true) => String::new(),
            _ => format!(" and asks for {} of {}", asked.cert_type, asked.org),
        };
        let has = format!("{has}; this request has {key}{differs}");
        if record.name != asked.name.as_str() {
            return Error::because(
                Code::IdentityAlreadyIssued,
                Reason::CaseClash,
                format!("the name '{}' differs only in case from one in use: {has}", asked.name),
            );
        }
        Error::new(Code::IdentityAlreadyIssued, has)
    }

    fn key_issued(&self, entry: &Entry) -> Error {
        Error::new(
            Code::KeyAlreadyIssued,
            format!(
                "the key in the request of '{}' is that of '{}', which has a certificate: {}, \
                 valid until {}, {}",
                self.request.identity.name,
                entry.record.name,
                shown_serial(entry),
                shown_end(entry),
                approved(entry)
            ),
        )
    }
}

pub(super) fn shown_serial(entry: &Entry) -> String {
    format!("serial {}", entry.record.serial.as_deref().unwrap_or("unknown"))
}

pub(super) fn shown_end(entry: &Entry) -> String {
    entry.record.not_after.map_or_else(|| "an unknown time".to_owned(), |end| end.to_string())
}

/// When it was approved. Of an import, the record in the home directory said so.
pub(super) fn approved(entry: &Entry) -> String {
    match (entry.record.kind, &entry.record.reason) {
        (EntryKind::Import, Some(approved)) => approved.clone(),
        _ => format!("approved on {}", entry.record.at),
    }
}

fn sent_again(entry: &Entry) -> Warning {
    Warning::new(
        WarningCode::AlreadyApproved,
        format!(
            "this request is not new, it was {}: the signed zip has the same certificate, valid \
             until {}. --replace would issue a new one",
            approved(entry),
            shown_end(entry)
        ),
    )
}

fn not_kept(entry: &Entry) -> Warning {
    Warning::new(
        WarningCode::AlreadyApproved,
        format!(
            "this request is not new, it was {}, before there was a ledger. That certificate was \
             not kept, so a new one was issued",
            approved(entry)
        ),
    )
}

fn replaced(entry: &Entry) -> Warning {
    Warning::new(
        WarningCode::CertificateReplaced,
        format!(
            "the earlier certificate of '{}' ({}) counts as replaced, but works until it ends, {}",
            entry.record.name,
            shown_serial(entry),
            shown_end(entry)
        ),
    )
}
