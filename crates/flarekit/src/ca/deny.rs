//! Signing a denial.

use super::CertAuthority;
use super::ledger::DeniableRequest;
use crate::approval::{CaInfo, DenialParts, DeniedMetadata, SignedDenial, VerifiedRequest};
use crate::error::{Code, Defect, Error, Reason};
use crate::names::{Remark, shown};
use crate::pki::Signer;
use crate::time::Timestamp;

impl CertAuthority {
    /// Whether a request is this CA's to deny: one federation, and a root that the requester will be
    /// able to verify the denial with.
    pub fn expect_own_request(&self, request: &VerifiedRequest) -> Result<(), Error> {
        let project = &request.metadata().identity.project;
        let (recorded, root) = (&self.metadata.project, &self.certificate.subject().common_name);
        if recorded != project || root != project.as_str() {
            return Err(Error::new(
                Code::ProjectCaMismatch,
                format!(
                    "the request is for project '{project}', but ca.json is of '{recorded}' and \
                     the root certificate's CN is {}",
                    shown(root)
                ),
            ));
        }
        self.certificate
            .verify_root()
            .map_err(|defect| defect.within("rootCA.pem").code(Code::CertSigningFailed))
    }

    /// Signs the denial of a request. For one that was denied before, it is that one.
    pub fn deny(
        &self,
        request: DeniableRequest,
        reason: &Remark,
        now: Timestamp,
    ) -> Result<SignedDenial, Error> {
        self.expect_own_request(request.request())?;
        if let Some(earlier) = request.earlier() {
            // Whoever can write into the ledger cannot sign, but may put another denial there.
            let key = self.certificate.public_key();
            let signed = key.verify_content(&earlier.denied_json, &earlier.signature).is_ok();
            if !signed || !denies(&earlier.denied_json, request.request()) {
                return Err(Error::because(
                    Code::LedgerInvalid,
                    Reason::LedgerEntryChanged,
                    format!(
                        "entry {} of the ledger says that this request was denied, but what it \
                         holds was not signed by this CA for this request",
                        earlier.number
                    ),
                ));
            }
        }
        let failed = |defect: Defect| defect.code(Code::CertSigningFailed);
        let parts = DenialParts {
            request,
            reason,
            root_pem: &self.certificate_pem,
            ca_info: CaInfo {
                provision_version: self.metadata.provision_version.clone(),
                rootca_fingerprint: self.fingerprint(),
            },
            now,
        };
        SignedDenial::assemble(parts, |bytes| self.key.sign_content(bytes).map_err(failed))
    }
}

/// Whether `denied.json` is about this request.
fn denies(denied_json: &[u8], request: &VerifiedRequest) -> bool {
    DeniedMetadata::parse(denied_json)
        .is_ok_and(|denied| denied.hashes.request_json == request.metadata_sha256())
}
