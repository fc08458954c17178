//! Verifying a denied zip. As with a signed zip, the enclosed root certificate shows that the zip is
//! of one piece; only a fingerprint that came another way shows whose it is.

use super::super::RootTrust;
use super::super::metadata::ROOT_FILE;
use super::{DENIED_JSON, DENIED_SIGNATURE, DeniedMetadata};
use crate::archive::{self, Limits, Members};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::names::{Remark, RequestId, shown};
use crate::pki::{Certificate, decode_base64};
use crate::request::RequestFolder;
use crate::time::Timestamp;

/// Members of a denied zip, safe to look at but not yet believed.
pub struct UnverifiedDenial {
    members: Members,
    place: String,
}

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
        let members = archive::read(zip, &Limits::ARTIFACT)
            .map_err(|defect| defect.within(place).code(Code::InvalidSignedZip))?;
        Ok(Self::of(members, place))
    }

    pub(in super::super) fn of(members: Members, place: &str) -> Self {
        Self { members, place: place.to_owned() }
    }

    /// Believes the denial if the enclosed root, which is of the denied request's project, signed
    /// it.
    pub fn verify(self, trust: RootTrust) -> Result<VerifiedDenial, Error> {
        let root_pem = self.member(ROOT_FILE)?;
        let root = Certificate::from_pem(root_pem).map_err(|e| self.defect(ROOT_FILE, e))?;
        let denied_json = self.member(DENIED_JSON)?;
        self.check_signature(&root, denied_json)?;
        let metadata =
            DeniedMetadata::parse(denied_json).map_err(|error| error.within(&self.place))?;
        self.members
            .expect_exactly(&[DENIED_JSON, DENIED_SIGNATURE, ROOT_FILE])
            .map_err(|defect| defect.within(&self.place).code(Code::InvalidSignedZip))?;
        let (actual, named) = (Digest::of(root_pem), metadata.hashes.rootca);
        if actual != named {
            let what = format!("{ROOT_FILE} has SHA-256 {actual}, but denied.json names {named}");
            return Err(self.invalid(Reason::RootcaHashMismatch, what));
        }
        let (cn, project) = (&root.subject().common_name, &metadata.identity.project);
        if cn != project.as_str() {
            let what = format!("it denies a request for {project}, under a root of {}", shown(cn));
            return Err(self.invalid(Reason::RootProjectMismatch, what));
        }
        self.check_fingerprints(&root, &metadata, trust)?;
        root.verify_root().map_err(|defect| self.defect(ROOT_FILE, defect))?;
        Ok(VerifiedDenial { metadata, root, trust })
    }

    fn check_signature(&self, root: &Certificate, denied_json: &[u8]) -> Result<(), Error> {
        let text = self.member(DENIED_SIGNATURE)?;
        decode_base64(text)
            .and_then(|signature| root.public_key().verify_content(denied_json, &signature))
            .map_err(|defect| self.defect(DENIED_SIGNATURE, defect))
    }

    fn check_fingerprints(
        &self,
        root: &Certificate,
        metadata: &DeniedMetadata,
        trust: RootTrust,
    ) -> Result<(), Error> {
        let actual = Fingerprint::from_digest(root.sha256());
        let refuse = |reason, what: String| {
            let message = format!("{}: {what}, but {ROOT_FILE} has {actual}", self.place);
            Err(Error::because(Code::RootcaFingerprintMismatch, reason, message))
        };
        let named = metadata.ca_info.rootca_fingerprint;
        if named != actual {
            return refuse(Reason::SignedFingerprint, format!("denied.json names {named}"));
        }
        match trust {
            RootTrust::Pinned(told) if told != actual => {
                refuse(Reason::ExpectedFingerprint, format!("{told} was expected"))
            }
            _ => Ok(()),
        }
    }

    fn member(&self, name: &str) -> Result<&[u8], Error> {
        self.members.get(name).ok_or_else(|| {
            self.invalid(Reason::ZipMemberMissing, format!("there is no {name} in it"))
        })
    }

    fn invalid(&self, reason: Reason, what: impl std::fmt::Display) -> Error {
        Error::because(Code::InvalidSignedZip, reason, format!("{}: {what}", self.place))
    }

    fn defect(&self, member: &str, defect: Defect) -> Error {
        defect.within(format!("{member} in {}", self.place)).code(Code::InvalidSignedZip)
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
