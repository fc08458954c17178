//! Whether a certificate may vouch for the request of the next one.

use super::database::Database;
use super::entry::{Entry, EntryKind};
use super::rows::{self, IS_CERTIFICATE};
use crate::digest::Digest;
use crate::error::{Defect, Error, Origin, Reason, Warning, WarningCode};
use crate::pki::Certificate;
use crate::request::{RequestMetadata, renewal_refused};
use crate::time::Timestamp;

/// A certificate that a new one comes after.
#[derive(Debug, Clone)]
pub struct Renewed {
    serial: String,
    not_after: Timestamp,
    entry: Option<u64>,
}

impl Renewed {
    /// Its serial number.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Its last second: until then it works.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The number of its entry; `None` if the ledger does not know it.
    pub(super) fn entry(&self) -> Option<u64> {
        self.entry
    }

    /// The warning that only the CA's signature speaks for the certificate.
    pub(super) fn unknown(&self) -> Option<Warning> {
        self.entry.is_none().then(|| {
            Warning::new(
                WarningCode::RenewedUnknown,
                format!(
                    "the certificate that is renewed ({}) was issued by this CA, but the ledger \
                     does not know it, as when it was approved with another program: nobody can \
                     tell whether it was replaced, and it does not count as replaced now",
                    self.serial
                ),
            )
        })
    }

    /// Finds out whether the certificate counts: it is valid now, and was neither replaced nor
    /// revoked. One that the ledger does not know counts, because this CA issued it.
    pub(super) fn find(
        request: &RequestMetadata,
        certificate: &Certificate,
        database: &Database,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let serial = certificate.serial();
        let refuse = |reason, what: String| {
            let defect = Defect::new(reason, format!("certificate {serial} {what}"));
            Err(renewal_refused(defect).of(Origin::RequestZip))
        };
        let (first, last) = (certificate.not_before(), certificate.not_after());
        if now > last {
            let what = format!("was valid until {last}; it is {now} here");
            return refuse(Reason::CertificateExpired, what);
        }
        if now < first {
            let what = format!("is valid only from {first}; it is {now} here");
            return refuse(Reason::CertificateNotYetValid, what);
        }
        let mut number = None;
        for entry in rows::entries(
            database,
            &format!("WHERE (e.serial = ?1 OR e.public_key = ?2) AND {IS_CERTIFICATE}"),
            (serial.as_str(), Digest::of(certificate.public_key().spki_der()).as_bytes()),
        )? {
            // A key that was given up vouches for nothing, whichever of its certificates it is with.
            if let Some(on) = befell(database, &entry, EntryKind::Revocation)? {
                return refuse(Reason::RenewalRevoked, format!("or its key was revoked {on}"));
            }
            if entry.record.serial.as_deref() != Some(serial.as_str()) {
                continue;
            }
            if entry.record.name != request.identity.name.as_str() {
                let what = format!("is that of '{}' in the ledger", entry.record.name);
                return refuse(Reason::RenewalIdentity, what);
            }
            if let Some(on) = befell(database, &entry, EntryKind::Supersession)? {
                return refuse(Reason::RenewalReplaced, format!("was replaced {on}"));
            }
            number = Some(entry.number);
        }
        Ok(Self { not_after: last, entry: number, serial: serial.clone() })
    }
}

/// When a later entry of this kind was made about a certificate, if there is one.
fn befell(database: &Database, entry: &Entry, kind: EntryKind) -> Result<Option<String>, Error> {
    let condition = "WHERE e.refers = ?1 AND e.kind = ?2";
    let parameters = (entry.number.cast_signed(), kind.as_str());
    let later = rows::entries(database, condition, parameters)?;
    let on =
        |entry: &Entry| format!("on {}, entry {} of the ledger", entry.record.at, entry.number);
    Ok(later.first().map(on))
}
