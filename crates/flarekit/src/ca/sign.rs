//! Signing an admitted request.

use super::ledger::{ClearedRequest, Earlier};
use super::{BACKDATING, CertAuthority};
use crate::approval::{AdmittedRequest, SignedApproval, SignedParts};
use crate::error::{Code, Defect, Error, Reason, Warning, WarningCode};
use crate::identity::{CertType, Kind};
use crate::pki::{Certificate, LeafProfile, Serial, Signer, Validity, issue_leaf};
use crate::time::Timestamp;

impl CertAuthority {
    /// Issues the certificate and signs the approval. For a request that has a certificate already,
    /// it is that one.
    pub fn sign(
        &self,
        cleared: ClearedRequest,
        valid_days: u32,
        now: Timestamp,
    ) -> Result<SignedApproval, Error> {
        let failed = |defect: Defect| defect.code(Code::CertSigningFailed);
        self.check_root_validity(now)?;
        let (certificate, clipped) = match cleared.earlier() {
            Some(earlier) => (self.issued_before(cleared.admitted(), earlier)?, None),
            None => self.issue(cleared.admitted(), valid_days, now)?,
        };
        let parts = SignedParts {
            cleared,
            certificate_pem: certificate.to_pem().map_err(failed)?,
            certificate,
            root_pem: self.certificate_pem.clone(),
            fingerprint: self.fingerprint(),
            deploy_version: self.metadata.provision_version.clone(),
            now,
        };
        let signature = |bytes: &[u8]| self.key.sign_content(bytes).map_err(failed);
        let mut approval = SignedApproval::assemble(parts, signature)?;
        approval.warn(clipped);
        Ok(approval)
    }

    fn issue(
        &self,
        admitted: &AdmittedRequest,
        valid_days: u32,
        now: Timestamp,
    ) -> Result<(Certificate, Option<Warning>), Error> {
        let failed = |defect: Defect| defect.code(Code::CertSigningFailed);
        let (validity, clipped) = self.leaf_validity(valid_days, now);
        let identity = &admitted.request().metadata().identity;
        let certificate = issue_leaf(
            &self.certificate,
            &self.key,
            &identity.subject(),
            admitted.request().public_key(),
            leaf_profile(identity.cert_type),
            admitted.alt_names(),
            validity,
            Serial::random().map_err(failed)?,
        )
        .map_err(failed)?;
        Ok((certificate, clipped))
    }

    /// The certificate in the ledger, if this CA issued it for what is asked now, and the signatures
    /// beside it are this CA's: whoever can write into the ledger cannot sign.
    pub(super) fn issued_before(
        &self,
        admitted: &AdmittedRequest,
        earlier: &Earlier,
    ) -> Result<Certificate, Error> {
        let certificate = &earlier.certificate;
        let fits = certificate.verify_issued_by(&self.certificate).is_ok()
            && certificate.public_key() == admitted.request().public_key()
            && certificate.alt_names() == admitted.alt_names();
        let signed = |(content, signature): &(Vec<u8>, Vec<u8>)| {
            self.certificate.public_key().verify_content(content, signature).is_ok()
        };
        if fits && earlier.signed.iter().all(signed) {
            return Ok(certificate.clone());
        }
        Err(Error::because(
            Code::LedgerInvalid,
            Reason::LedgerEntryChanged,
            format!(
                "entry {} of the ledger says that this request was approved, but what it holds was \
                 not signed by this CA for this request",
                earlier.number
            ),
        ))
    }

    /// A root outside its validity must not sign: nobody would accept the certificate.
    pub(super) fn check_root_validity(&self, now: Timestamp) -> Result<(), Error> {
        let root = &self.certificate;
        let refuse = |reason: Reason, what: String| {
            Err(Error::because(Code::CertSigningFailed, reason, format!("the root CA {what}")))
        };
        if now < root.not_before() {
            return refuse(
                Reason::RootNotYetValid,
                format!("is valid only from {}; it is {now} here", root.not_before()),
            );
        }
        if now > root.not_after() {
            return refuse(
                Reason::RootExpired,
                format!("was valid until {}; it is {now} here", root.not_after()),
            );
        }
        Ok(())
    }

    /// The certificate's validity inside the root's, and a warning where that cuts it short.
    pub(super) fn leaf_validity(
        &self,
        valid_days: u32,
        now: Timestamp,
    ) -> (Validity, Option<Warning>) {
        let root = &self.certificate;
        let not_before = now.minus_seconds(BACKDATING).max(root.not_before());
        let wanted = now.plus_days(valid_days);
        let not_after = wanted.map_or(root.not_after(), |wanted| wanted.min(root.not_after()));
        let clipped = (wanted != Some(not_after)).then(|| {
            let asked = wanted
                .map_or_else(|| format!("{valid_days} days from now"), |date| date.to_string());
            Warning::new(
                WarningCode::ValidityClipped,
                format!("the certificate ends {not_after}, with the root CA, not {asked} as asked"),
            )
        });
        (Validity { not_before, not_after }, clipped)
    }
}

/// The certificate profile of each participant type.
pub(crate) fn leaf_profile(cert_type: CertType) -> LeafProfile {
    match cert_type.kind() {
        Kind::Site | Kind::Server => LeafProfile::ClientServer,
        Kind::User => LeafProfile::User,
    }
}
