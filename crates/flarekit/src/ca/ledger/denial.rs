//! Denials: what stands in the ledger against saying no, and the entry about it.

use super::entry::{Documents, EntryKind, Record};
use super::rows;
use super::writing::Writing;
use crate::approval::{SignedDenial, VerifiedRequest};
use crate::ca::CertAuthority;
use crate::error::{Code, Error};
use crate::time::Timestamp;

/// A request that may be denied: nothing was issued for it. Only [`Writing::deniable`] makes one.
pub struct DeniableRequest {
    request: VerifiedRequest,
    earlier: Option<EarlierDenial>,
}

/// What was signed when the very same request was denied before.
pub(crate) struct EarlierDenial {
    /// The number of its entry.
    pub number: u64,
    /// `denied.json`.
    pub denied_json: Vec<u8>,
    /// The signature over it.
    pub signature: Vec<u8>,
}

/// A signed denial whose entry is durable. Only [`Writing::commit_denial`] makes one.
pub struct RecordedDenial(SignedDenial);

impl DeniableRequest {
    /// The request.
    #[must_use]
    pub fn request(&self) -> &VerifiedRequest {
        &self.request
    }

    /// What was signed for the very same request: it is sent again.
    pub(crate) fn earlier(&self) -> Option<&EarlierDenial> {
        self.earlier.as_ref()
    }
}

impl RecordedDenial {
    /// The denial.
    #[must_use]
    pub fn denial(&self) -> &SignedDenial {
        &self.0
    }
}

impl Writing<'_> {
    /// Lets a request be denied, or says that it was approved, or that its id is another's.
    pub fn deniable(&self, request: VerifiedRequest) -> Result<DeniableRequest, Error> {
        let database = self.database()?;
        rows::refuse_reused_id(database, &request)?;
        let content = request.metadata_sha256();
        let entries =
            rows::entries(database, "WHERE e.request_json = ?1", [content.as_bytes().as_slice()])?;
        let mut earlier = None;
        for entry in entries {
            let record = entry.record;
            match (record.kind, record.documents.signed_json, record.documents.signature) {
                (EntryKind::Denial, Some(denied_json), Some(signature)) => {
                    earlier = Some(EarlierDenial { number: entry.number, denied_json, signature });
                }
                _ => {
                    return Err(Error::new(
                        Code::RequestAlreadyApproved,
                        format!(
                            "this request of '{}' was approved, with the certificate {} (entry {} \
                             of the ledger)",
                            record.name,
                            record.serial.as_deref().unwrap_or("of an unknown serial number"),
                            entry.number
                        ),
                    ));
                }
            }
        }
        Ok(DeniableRequest { request, earlier })
    }

    /// Adds what was denied, has the CA sign how far the chain goes, and commits. Exactly the same
    /// as before adds nothing.
    pub fn commit_denial(
        mut self,
        denial: SignedDenial,
        ca: &CertAuthority,
        now: Timestamp,
    ) -> Result<RecordedDenial, Error> {
        if !denial.is_as_before() {
            self.append(self.denial_record(&denial, now))?;
        }
        self.complete(ca, now)?;
        Ok(RecordedDenial(denial))
    }

    fn denial_record(&self, denial: &SignedDenial, now: Timestamp) -> Record {
        let request = denial.request();
        let (denied_json, signature) = denial.signed();
        Record {
            kind: EntryKind::Denial,
            at: now,
            root: self.root(),
            name: request.identity.name.as_str().to_owned(),
            org: request.identity.org.as_str().to_owned(),
            cert_type: request.identity.cert_type,
            request_id: Some(request.request_id.to_plain()),
            request_zip: Some(denial.request_zip_sha256()),
            request_json: Some(denial.deniable().request().metadata_sha256()),
            csr: Some(request.csr_sha256),
            public_key: Some(request.public_key_sha256),
            serial: None,
            not_before: None,
            not_after: None,
            alt_names: None,
            refers: None,
            successor: None,
            reason: Some(denial.reason().as_str().to_owned()),
            documents: Documents {
                certificate: None,
                signed_json: Some(denied_json.to_vec()),
                signature: Some(signature.to_vec()),
            },
        }
    }
}
