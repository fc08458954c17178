//! Verifying a denied zip. As with a signed zip, the enclosed root certificate shows that the zip is
//! of one piece; only a fingerprint that came another way shows whose it is.

use super::super::RootTrust;
use super::super::enclosed::Enclosed;
use super::super::metadata::ROOT_FILE;
use super::{DENIED_JSON, DENIED_SIGNATURE, DeniedMetadata};
use crate::digest::Digest;
use crate::error::{Error, Origin, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::names::{Remark, RequestId, shown};
use crate::pki::Certificate;
use crate::request::RequestFolder;
use crate::time::Timestamp;

/// Members of a denied zip, safe to look at but not yet believed.
pub struct UnverifiedDenial(Enclosed);

/// A denial whose parts belong together. It says no, so it does not matter whether its root is valid
/// today.
#[derive(Debug)]
pub struct VerifiedDenial {
    metadata: DeniedMetadata,
    root: Certificate,
    trust: RootTrust,
}

impl UnverifiedDenial {
    /// Opens the archive. `place` names the file in messages.
    pub fn read(zip: &[u8], place: &str) -> Result<Self, Error> {
        Enclosed::read(zip, place).map(Self::of)
    }

    pub(in super::super) fn of(zip: Enclosed) -> Self {
        Self(zip)
    }

    /// Believes the denial if the enclosed root, which is of the denied request's project, signed
    /// it.
    pub fn verify(self, trust: RootTrust) -> Result<VerifiedDenial, Error> {
        self.check(trust).map_err(|error| error.of(Origin::DeniedZip))
    }

    fn check(self, trust: RootTrust) -> Result<VerifiedDenial, Error> {
        let Self(zip) = self;
        let (root, root_pem) = zip.root()?;
        let denied_json = zip.member(DENIED_JSON)?;
        zip.check_signature(&root, denied_json, DENIED_SIGNATURE)?;
        let metadata =
            DeniedMetadata::parse(denied_json).map_err(|error| error.within(&zip.place))?;
        zip.expect_exactly(&[DENIED_JSON, DENIED_SIGNATURE, ROOT_FILE])?;
        zip.check_hash(
            (ROOT_FILE, root_pem),
            (DENIED_JSON, metadata.hashes.rootca),
            Reason::RootcaHashMismatch,
        )?;
        let (cn, project) = (&root.subject().common_name, &metadata.identity.project);
        if cn != project.as_str() {
            let what = format!("it denies a request for {project}, under a root of {}", shown(cn));
            return Err(zip.invalid(Reason::RootProjectMismatch, what));
        }
        let named = (DENIED_JSON, Some(metadata.ca_info.rootca_fingerprint));
        zip.check_fingerprints(&root, named, trust)?;
        root.verify_root().map_err(|defect| zip.defect(ROOT_FILE, defect))?;
        Ok(VerifiedDenial { metadata, root, trust })
    }
}

impl VerifiedDenial {
    /// Whose request was denied.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.metadata.identity
    }

    /// Which request was denied.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.metadata.request_id
    }

    /// SHA-256 of the request zip that was denied.
    #[must_use]
    pub fn request_zip_sha256(&self) -> Digest {
        self.metadata.hashes.request_zip
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &Remark {
        &self.metadata.reason
    }

    /// When.
    #[must_use]
    pub fn denied_at(&self) -> Timestamp {
        self.metadata.denied_at
    }

    /// The root certificate in the zip.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The root certificate's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.metadata.ca_info.rootca_fingerprint
    }

    /// Whether the fingerprint was checked against one that the user was told.
    #[must_use]
    pub fn trust(&self) -> RootTrust {
        self.trust
    }

    /// Whether it is the request in this folder that was denied, with its identity and its key.
    #[must_use]
    pub fn is_of(&self, folder: &RequestFolder) -> bool {
        let (local, denied) = (folder.metadata(), &self.metadata);
        local.request_id == denied.request_id
            && local.identity == denied.identity
            && local.csr_sha256 == denied.hashes.csr
            && local.site_yaml_sha256 == denied.hashes.site_yaml
            && local.public_key_sha256 == denied.hashes.public_key
    }
}
