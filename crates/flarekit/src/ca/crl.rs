//! Signing the revocation list.

use super::ledger::LedgerView;
use super::{BACKDATING, CertAuthority};
use crate::error::{Code, Defect, Error, Warning, WarningCode};
use crate::pki::{Certificate, ListContent, Revoked, issue_crl};
use crate::time::Timestamp;

/// Bits of a list's number for the time in seconds, which reach beyond the year 9999.
const TIME_BITS: u32 = 40;

/// A signed revocation list, complete but not on disk yet.
pub struct RevocationList {
    root: Certificate,
    der: Vec<u8>,
    revoked: Vec<Revoked>,
    this_update: Timestamp,
    next_update: Timestamp,
    number: u128,
    warnings: Vec<Warning>,
}

impl CertAuthority {
    /// Signs the list of what the ledger says is revoked, after proving the ledger.
    ///
    /// The list's number is that of the ledger's entries and, below, the time: a later entry makes
    /// it grow, whatever the clock says, and so does a later time with the same entries.
    pub fn revocation_list(
        &self,
        ledger: &LedgerView,
        valid_days: u32,
        now: Timestamp,
    ) -> Result<RevocationList, Error> {
        let failed = |defect: Defect| defect.within("rootCA.pem").code(Code::CertSigningFailed);
        self.certificate.verify_root().map_err(failed)?;
        self.check_root_validity(now)?;
        let verified = ledger.verify()?;
        let this_update = now.minus_seconds(BACKDATING).max(self.certificate.not_before());
        let mut revoked = ledger.revocations()?;
        // The list begins a little earlier, because clocks differ, and speaks of nothing later.
        for entry in &mut revoked {
            entry.at = entry.at.min(this_update);
        }
        let last = self.certificate.not_after();
        let wanted = now.plus_days(valid_days);
        let next_update = wanted.map_or(last, |wanted| wanted.min(last));
        let number = u128::from(verified.entries) << TIME_BITS | u128::from(now.to_unix());
        let content = ListContent { this_update, next_update, number, revoked: &revoked };
        let der = issue_crl(&self.certificate, &self.key, content).map_err(failed)?;
        let clipped = (wanted != Some(next_update)).then(|| {
            Warning::new(
                WarningCode::ValidityClipped,
                format!("the list ends {next_update}, with the root CA"),
            )
        });
        let warnings = verified.warning().into_iter().chain(clipped).collect();
        let root = self.certificate.clone();
        Ok(RevocationList { root, der, revoked, this_update, next_update, number, warnings })
    }
}

impl RevocationList {
    /// Who issued it.
    pub(super) fn root(&self) -> &Certificate {
        &self.root
    }

    /// The DER encoding.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Every certificate that was revoked, also if it has ended.
    #[must_use]
    pub fn revoked(&self) -> &[Revoked] {
        &self.revoked
    }

    /// The serial numbers, one a line, as [`SerialNumber::plain`](crate::pki::SerialNumber::plain)
    /// writes them.
    #[must_use]
    pub fn serials(&self) -> String {
        self.revoked.iter().map(|revoked| format!("{}\n", revoked.serial.plain())).collect()
    }

    /// From when on it counts.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// Until when there must be a newer one.
    #[must_use]
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// Its number, which grows from list to list.
    #[must_use]
    pub fn number(&self) -> u128 {
        self.number
    }

    /// What the user should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
