//! Verifying a signed zip, before it comes near the participant's private key.
//!
//! `signed.json.sig` is checked with the root certificate in the same zip. That shows that the zip
//! is of one piece, not whose it is: only a fingerprint that reached the requester on another way
//! shows that. [`RootTrust`] says whether there was one, and the result remembers it.

mod checks;

use super::admission::root_warning;
use super::enclosed::Enclosed;
use super::metadata::SignedMetadata;
use crate::connection::Connection;
use crate::definition::Site;
use crate::error::{Error, Warning};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::names::{DeployVersion, RequestId};
use crate::pki::Certificate;
use crate::request::{ApprovedRequest, FileNames};
use crate::time::Timestamp;

/// The signed content of a signed zip.
const SIGNED_JSON: &str = "signed.json";
/// The signature over it.
const SIGNATURE: &str = "signed.json.sig";

/// How the root certificate is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootTrust {
    /// It has the fingerprint that the user was told.
    Pinned(Fingerprint),
    /// The user was told nothing.
    Unpinned,
}

/// Members of a signed zip, safe to look at but not yet believed.
pub struct UnverifiedApproval(Enclosed);

/// An approval whose parts belong together and are valid now.
#[derive(Debug)]
pub struct VerifiedApproval {
    metadata: SignedMetadata,
    certificate: Certificate,
    certificate_pem: Vec<u8>,
    root: Certificate,
    root_pem: Vec<u8>,
    signed_json: Vec<u8>,
    trust: RootTrust,
}

impl UnverifiedApproval {
    /// Opens the archive. `place` names the file in messages.
    pub fn read(zip: &[u8], place: &str) -> Result<Self, Error> {
        Enclosed::read(zip, place).map(Self::of)
    }

    pub(super) fn of(zip: Enclosed) -> Self {
        Self(zip)
    }

    /// Believes the approval if the enclosed root signed it, its hashes match, everything in it
    /// names one identity, and the certificates are valid now.
    pub fn verify(self, trust: RootTrust, now: Timestamp) -> Result<VerifiedApproval, Error> {
        self.refuse_request_zip()?;
        let (root, root_pem) = self.0.root()?;
        let signed_json = self.0.member(SIGNED_JSON)?;
        self.0.check_signature(&root, signed_json, SIGNATURE)?;

        let metadata =
            SignedMetadata::parse(signed_json).map_err(|error| error.within(&self.0.place))?;
        let names = FileNames::of(&metadata.identity.name);
        self.check_members(&metadata, &names)?;
        let site_yaml = self.0.member("site.yaml")?;
        let certificate_pem = self.0.member(&names.certificate)?;
        self.check_hashes(&metadata, site_yaml, certificate_pem, root_pem)?;
        let site =
            Site::parse_archived(site_yaml).map_err(|defect| self.0.defect("site.yaml", defect))?;
        self.check_site(&site, &metadata.identity)?;

        let certificate = self.0.certificate(&names.certificate, certificate_pem)?;
        self.check_certificate(&certificate, &metadata)?;
        self.check_project(&root, &metadata.identity)?;
        let named = metadata.ca_info.as_ref().map(|info| info.rootca_fingerprint);
        self.0.check_fingerprints(&root, (SIGNED_JSON, named), trust)?;
        self.check_chain(&certificate, &root, metadata.identity.cert_type)?;
        self.check_alt_names(&certificate, &metadata, &site)?;
        self.check_time(&certificate, &root, now)?;
        self.check_facts(&certificate, &metadata)?;
        self.check_name(&metadata)?;
        Ok(VerifiedApproval {
            certificate,
            certificate_pem: certificate_pem.to_vec(),
            root,
            root_pem: root_pem.to_vec(),
            signed_json: signed_json.to_vec(),
            trust,
            metadata,
        })
    }
}

impl VerifiedApproval {
    /// What the user should know about the root.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        root_warning(&self.root)
    }

    /// Who was approved.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.metadata.identity
    }

    /// Which request was approved.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.metadata.request_id
    }

    /// What the local request must match.
    #[must_use]
    pub fn approved_request(&self) -> ApprovedRequest<'_> {
        ApprovedRequest {
            identity: &self.metadata.identity,
            csr_sha256: self.metadata.hashes.csr,
            public_key_sha256: self.metadata.hashes.public_key,
            public_key: self.certificate.public_key(),
        }
    }

    /// How to connect.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.metadata.connection
    }

    /// The deploy version: an approval without `ca_info` means `00`.
    #[must_use]
    pub fn deploy_version(&self) -> DeployVersion {
        self.metadata.deploy_version()
    }

    /// The root certificate's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::from_digest(self.root.sha256())
    }

    /// Whether the fingerprint was checked against one that the user was told.
    #[must_use]
    pub fn trust(&self) -> RootTrust {
        self.trust
    }

    /// The participant's certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The root certificate in the zip.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The bytes of the participant's certificate file.
    #[must_use]
    pub fn certificate_pem(&self) -> &[u8] {
        &self.certificate_pem
    }

    /// The bytes of the root certificate's file.
    #[must_use]
    pub fn root_pem(&self) -> &[u8] {
        &self.root_pem
    }

    /// The bytes of `signed.json`.
    #[must_use]
    pub fn signed_json(&self) -> &[u8] {
        &self.signed_json
    }
}
