//! Revocations: which certificates are meant, and the entries about them.

use std::collections::HashSet;

use rusqlite::Params;

use super::database::Database;
use super::entry::{Documents, Entry, EntryKind, Record};
use super::import;
use super::list::State;
use super::rows::{self, IS_CERTIFICATE};
use super::view::LedgerView;
use super::writing::Writing;
use crate::ca::CertAuthority;
use crate::digest::Digest;
use crate::error::{Code, Error};
use crate::names::{Remark, shown};
use crate::pki::{Certificate, RevocationReason, Revoked, SerialNumber};
use crate::time::Timestamp;

/// What stands between the reason and the note in the ledger.
const BEFORE_NOTE: &str = ": ";
/// Names that differ by no more letters are offered for one that is unknown.
const NEAR: usize = 2;

/// Which certificate is to be revoked.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// That of a participant, or the one with a serial number, as the user wrote it.
    Named(&'a str),
    /// All of a participant that have not ended.
    AllOf(&'a str),
    /// This one, known to the ledger or not.
    Given(&'a Certificate),
}

/// Certificates that may be revoked. Only [`Writing::revocable`] makes one.
pub struct Revocable {
    targets: Vec<Target>,
    same_key: Vec<Entry>,
    reason: RevocationReason,
}

impl Revocable {
    /// Other certificates of the same keys that have not ended and are not revoked. They are
    /// revoked, too, if the key is why: it lets in whoever has it, with each of them.
    #[must_use]
    pub fn same_key(&self) -> &[Entry] {
        &self.same_key
    }
}

enum Target {
    /// It has an entry.
    Known(Entry),
    /// The CA issued it, and the ledger does not know it.
    Unknown(Box<Record>),
    /// It was revoked before.
    Revoked(RevokedCertificate),
}

/// A certificate that is revoked, by a durable entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// What the entry says, which repeats whose and which certificate it was.
    pub record: Record,
    /// Whether it was revoked before this command.
    pub before: bool,
    /// Whether it was not asked for, but has the key of one that was.
    pub same_key: bool,
}

impl Target {
    /// The number of its entry, if it may still be revoked.
    fn number(&self) -> Option<u64> {
        match self {
            Self::Known(entry) => Some(entry.number),
            Self::Unknown(_) | Self::Revoked(_) => None,
        }
    }

    fn key(&self) -> Option<Digest> {
        match self {
            Self::Known(entry) => entry.record.public_key,
            Self::Unknown(record) => record.public_key,
            Self::Revoked(revoked) => revoked.record.public_key,
        }
    }
}

impl Writing<'_> {
    /// Finds the certificates that are meant, or says why it is not clear which.
    pub fn revocable(
        &self,
        which: Which<'_>,
        reason: RevocationReason,
        ca: &CertAuthority,
        now: Timestamp,
    ) -> Result<Revocable, Error> {
        let database = self.database()?;
        if !matches!(which, Which::Given(_)) && self.begins_ledger() && rows::end(database)?.0 == 0
        {
            return Err(super::view::missing(self.path()));
        }
        let (mut entries, mut targets) = (vec![], vec![]);
        match which {
            Which::Given(certificate) => match given(database, certificate, ca)? {
                Ok(entry) => entries.push(entry),
                Err(unknown) => {
                    let record = Record { at: now, root: self.root(), ..unknown };
                    targets.push(Target::Unknown(Box::new(record)));
                }
            },
            Which::Named(text) => {
                entries = match SerialNumber::parse(text) {
                    Some(serial) => with_serial(database, &serial, text)?,
                    None => of_name(database, text, Several::with(reason), now)?,
                }
            }
            Which::AllOf(text) => entries = of_name(database, text, Several::All, now)?,
        }
        for entry in entries {
            targets.push(match revocation_of(database, entry.number)? {
                Some(record) => {
                    Target::Revoked(RevokedCertificate { record, before: true, same_key: false })
                }
                None => Target::Known(entry),
            });
        }
        let same_key = same_key(database, &targets, now)?;
        Ok(Revocable { targets, same_key, reason })
    }

    /// Adds the revocations, has the CA sign how far the chain goes, and commits.
    pub fn commit_revocation(
        mut self,
        revocable: Revocable,
        note: Option<&Remark>,
        ca: &CertAuthority,
        now: Timestamp,
    ) -> Result<Vec<RevokedCertificate>, Error> {
        let reason = written(revocable.reason, note);
        let mut revoked = Vec::new();
        for target in revocable.targets {
            let (number, record) = match target {
                Target::Revoked(before) => {
                    revoked.push(before);
                    continue;
                }
                Target::Known(entry) => (entry.number, entry.record),
                Target::Unknown(record) => (self.append((*record).clone())?, *record),
            };
            let record = self.append_revocation(number, record, &reason, now)?;
            revoked.push(RevokedCertificate { record, before: false, same_key: false });
        }
        if revocable.reason == RevocationReason::KeyCompromise {
            for Entry { number, record, .. } in revocable.same_key {
                let record = self.append_revocation(number, record, &reason, now)?;
                revoked.push(RevokedCertificate { record, before: false, same_key: true });
            }
        }
        self.complete(ca, now)?;
        Ok(revoked)
    }

    /// Adds that the certificate of an entry was revoked.
    fn append_revocation(
        &self,
        number: u64,
        record: Record,
        reason: &str,
        now: Timestamp,
    ) -> Result<Record, Error> {
        let record = Record {
            kind: EntryKind::Revocation,
            at: now,
            refers: Some(number),
            successor: None,
            reason: Some(reason.to_owned()),
            documents: Documents::default(),
            ..record
        };
        self.append(record.clone())?;
        Ok(record)
    }
}

impl LedgerView {
    /// Every certificate that was revoked, in the order of the ledger, each once.
    pub fn revocations(&self) -> Result<Vec<Revoked>, Error> {
        let database = self.needed()?;
        let revocation = [EntryKind::Revocation.as_str()];
        let (mut seen, mut revoked) = (HashSet::new(), Vec::new());
        for entry in rows::entries(database, "WHERE e.kind = ?1", revocation)? {
            let record = &entry.record;
            let serial = record.serial.as_deref().and_then(SerialNumber::parse);
            let reason = record.reason.as_deref().and_then(reason_of);
            let (Some(serial), Some(reason)) = (serial, reason) else {
                return Err(rows::changed(database, entry.number));
            };
            if seen.insert(serial.clone()) {
                revoked.push(Revoked { serial, at: record.at, reason });
            }
        }
        Ok(revoked)
    }
}

/// The reason as the ledger has it: its name, and what the approver says about it.
fn written(reason: RevocationReason, note: Option<&Remark>) -> String {
    match note {
        None => reason.as_str().to_owned(),
        Some(note) => format!("{}{BEFORE_NOTE}{}", reason.as_str(), note.as_str()),
    }
}

fn reason_of(written: &str) -> Option<RevocationReason> {
    RevocationReason::parse(written.split_once(BEFORE_NOTE).map_or(written, |(name, _)| name))
}

/// The entry of the certificate, or what one would say.
fn given(
    database: &Database,
    certificate: &Certificate,
    ca: &CertAuthority,
) -> Result<Result<Entry, Record>, Error> {
    certificate
        .verify_issued_by(ca.certificate())
        .map_err(|defect| defect.code(Code::CertificateNotFound))?;
    let record = import::of_certificate(certificate, ca.fingerprint())
        .map_err(|defect| defect.code(Code::CertificateNotFound))?;
    let known = certificates(database, "e.serial = ?1", [certificate.serial()])?;
    let is_it = |entry: &Entry| entry.record.public_key == record.public_key;
    Ok(known.into_iter().find(is_it).ok_or(record))
}

fn with_serial(
    database: &Database,
    serial: &SerialNumber,
    text: &str,
) -> Result<Vec<Entry>, Error> {
    let found = certificates(database, "e.serial = ?1", [serial.to_string()])?;
    if found.is_empty() {
        // A site may have such a name, too.
        let named = certificates(database, "e.name = ?1", [text])?;
        return if named.is_empty() { Err(unknown(serial.to_string(), None)) } else { Ok(named) };
    }
    Ok(found)
}

/// What becomes of several certificates of one name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Several {
    /// Which of them is meant is not clear.
    Refused,
    /// They are all meant if they have one key, because it is why.
    OfOneKey,
    /// They are all meant.
    All,
}

impl Several {
    fn with(reason: RevocationReason) -> Self {
        if reason == RevocationReason::KeyCompromise { Self::OfOneKey } else { Self::Refused }
    }

    fn are_meant(self, open: &[Entry]) -> bool {
        match self {
            Self::Refused => false,
            Self::OfOneKey => {
                let mut keys = open.iter().map(|entry| entry.record.public_key);
                keys.next().is_some_and(|first| keys.all(|key| key == first))
            }
            Self::All => true,
        }
    }
}

/// Other certificates of the targets' keys that have not ended and are not revoked.
fn same_key(database: &Database, targets: &[Target], now: Timestamp) -> Result<Vec<Entry>, Error> {
    let mut seen: HashSet<u64> = targets.iter().filter_map(Target::number).collect();
    let keys: HashSet<_> = targets.iter().filter_map(Target::key).collect();
    let mut found = Vec::new();
    for key in keys {
        for entry in certificates(database, "e.public_key = ?1", [key.as_bytes().as_slice()])? {
            let runs = entry.record.not_after.is_none_or(|end| end >= now);
            if runs && seen.insert(entry.number) && revocation_of(database, entry.number)?.is_none()
            {
                found.push(entry);
            }
        }
    }
    found.sort_by_key(|entry| entry.number);
    Ok(found)
}

/// The certificates of a participant that have not ended. Several must be meant.
fn of_name(
    database: &Database,
    name: &str,
    several: Several,
    now: Timestamp,
) -> Result<Vec<Entry>, Error> {
    let mut found = certificates(database, "e.name = ?1", [name])?;
    // The column passes over the case of letters.
    found.retain(|entry| entry.record.name == name);
    if found.is_empty() {
        // Nobody has such a name: digits alone are a serial number, as in crl.serials.txt.
        let plain = SerialNumber::parse(&format!("0x{name}")).filter(|_| several != Several::All);
        if let Some(serial) = plain {
            found = certificates(database, "e.serial = ?1", [serial.to_string()])?;
        }
        return if found.is_empty() {
            Err(unknown(shown(name), meant(database, name)?))
        } else {
            Ok(found)
        };
    }
    let (running, ended): (Vec<Entry>, Vec<Entry>) =
        found.into_iter().partition(|entry| entry.record.not_after.is_none_or(|end| end >= now));
    if running.is_empty() {
        return Err(Error::new(
            Code::CertificateNotFound,
            format!("every certificate of '{name}' has ended: {}", listed(database, &ended)?),
        ));
    }
    let mut open = Vec::new();
    for entry in &running {
        if revocation_of(database, entry.number)?.is_none() {
            open.push(entry.clone());
        }
    }
    match open.len() {
        // What was revoked is revoked.
        0 => Ok(running),
        1 => Ok(open),
        _ if several.are_meant(&open) => Ok(open),
        count => Err(Error::new(
            Code::CertificateAmbiguous,
            format!(
                "'{name}' has {count} certificates that have not ended: {}",
                listed(database, &open)?
            ),
        )),
    }
}

fn certificates(
    database: &Database,
    condition: &str,
    parameters: impl Params,
) -> Result<Vec<Entry>, Error> {
    rows::entries(database, &format!("WHERE {condition} AND {IS_CERTIFICATE}"), parameters)
}

fn revocation_of(database: &Database, number: u64) -> Result<Option<Record>, Error> {
    about(database, number, EntryKind::Revocation)
}

fn about(database: &Database, number: u64, kind: EntryKind) -> Result<Option<Record>, Error> {
    let condition = "WHERE e.refers = ?1 AND e.kind = ?2";
    let found = rows::entries(database, condition, (number.cast_signed(), kind.as_str()))?;
    Ok(found.into_iter().next().map(|entry| entry.record))
}

/// Serial number, state and end of each.
fn listed(database: &Database, entries: &[Entry]) -> Result<String, Error> {
    let mut list = Vec::new();
    for entry in entries {
        let replaced = about(database, entry.number, EntryKind::Supersession)?.is_some();
        let state = if replaced { State::Replaced } else { State::Valid };
        let serial = entry.record.serial.as_deref().unwrap_or("unknown");
        let end = entry.record.not_after.map(|end| end.to_string()).unwrap_or_default();
        list.push(format!("{serial} ({}, until {end})", state.as_str()));
    }
    Ok(list.join(", "))
}

fn unknown(what: String, meant: Option<String>) -> Error {
    let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
    Error::new(Code::CertificateNotFound, format!("the ledger has no certificate of {what}{meant}"))
}

/// What was probably meant: digits that are a serial number, or a name that differs little.
fn meant(database: &Database, text: &str) -> Result<Option<String>, Error> {
    if let Some(serial) = SerialNumber::parse(&format!("0x{text}")) {
        let serial = serial.to_string();
        if !certificates(database, "e.serial = ?1", [&serial])?.is_empty() {
            return Ok(Some(serial));
        }
    }
    let sql = format!("SELECT DISTINCT e.name FROM entries AS e WHERE {IS_CERTIFICATE}");
    let names: Vec<String> = database
        .run(|connection| connection.prepare(&sql)?.query_map([], |row| row.get(0))?.collect())?;
    let lower = text.to_lowercase();
    let near = names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= NEAR)
        .min();
    Ok(near.map(|(_, name)| format!("'{name}'")))
}
