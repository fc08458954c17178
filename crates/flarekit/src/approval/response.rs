//! Verifying a signed zip, before it comes near the participant's private key.
//!
//! `signed.json.sig` is checked with the root certificate in the same zip. That shows that the zip
//! is of one piece, not whose it is: only a fingerprint that reached the requester on another way
//! shows that. [`RootTrust`] says whether there was one, and the result remembers it.

use super::admission::root_warning;
use super::metadata::{ROOT_FILE, SignedMetadata};
use crate::archive::{self, Limits, Members};
use crate::ca::leaf_profile;
use crate::connection::Connection;
use crate::definition::{Site, forbidden_reason};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason, Warning};
use crate::fingerprint::Fingerprint;
use crate::identity::{CertType, Identity, Kind};
use crate::names::{DeployVersion, RequestId};
use crate::pki::{Certificate, decode_base64};
use crate::request::{ApprovedRequest, FileNames};
use crate::time::Timestamp;

/// How the root certificate is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootTrust {
    /// It has the fingerprint that the user was told.
    Pinned(Fingerprint),
    /// The user was told nothing.
    Unpinned,
}

/// Members of a signed zip, safe to look at but not yet believed.
pub struct UnverifiedApproval {
    members: Members,
    place: String,
}

/// An approval whose parts belong together and are valid now.
#[derive(Debug)]
pub struct VerifiedApproval {
    metadata: SignedMetadata,
    site: Site,
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
        let members = archive::read(zip, &Limits::ARTIFACT)
            .map_err(|defect| defect.within(place).code(Code::InvalidSignedZip))?;
        Ok(Self { members, place: place.to_owned() })
    }

    /// Believes the approval if the enclosed root signed it, its hashes match, everything in it
    /// names one identity, and the certificates are valid now.
    pub fn verify(self, trust: RootTrust, now: Timestamp) -> Result<VerifiedApproval, Error> {
        let root_pem = self.member(ROOT_FILE)?;
        let root = self.certificate(ROOT_FILE, root_pem)?;
        let signed_json = self.member("signed.json")?;
        self.check_signature(&root, signed_json)?;

        let metadata = SignedMetadata::parse(signed_json).map_err(|error| self.located(error))?;
        let names = FileNames::of(&metadata.identity.name);
        self.check_members(&metadata, &names)?;
        let site_yaml = self.member("site.yaml")?;
        let certificate_pem = self.member(&names.certificate)?;
        self.check_hashes(&metadata, site_yaml, certificate_pem, root_pem)?;
        let site =
            Site::parse_archived(site_yaml).map_err(|defect| self.defect("site.yaml", defect))?;
        self.check_site(&site, &metadata.identity)?;

        let certificate = self.certificate(&names.certificate, certificate_pem)?;
        self.check_certificate(&certificate, &metadata)?;
        self.check_project(&root, &metadata.identity)?;
        self.check_fingerprints(&root, &metadata, trust)?;
        self.check_chain(&certificate, &root, metadata.identity.cert_type)?;
        self.check_time(&certificate, &root, now)?;
        self.check_name(&metadata)?;
        Ok(VerifiedApproval {
            site,
            certificate,
            certificate_pem: certificate_pem.to_vec(),
            root,
            root_pem: root_pem.to_vec(),
            signed_json: signed_json.to_vec(),
            trust,
            metadata,
        })
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

    fn located(&self, error: Error) -> Error {
        error.within(&self.place)
    }

    fn certificate(&self, name: &str, pem: &[u8]) -> Result<Certificate, Error> {
        Certificate::from_pem(pem).map_err(|defect| self.defect(name, defect))
    }

    fn check_signature(&self, root: &Certificate, signed_json: &[u8]) -> Result<(), Error> {
        let text = self.member("signed.json.sig")?;
        let signature =
            decode_base64(text).map_err(|defect| self.defect("signed.json.sig", defect))?;
        root.public_key()
            .verify_content(signed_json, &signature)
            .map_err(|defect| self.defect("signed.json.sig", defect))
    }

    fn check_members(&self, metadata: &SignedMetadata, names: &FileNames) -> Result<(), Error> {
        let expected =
            ["signed.json", "signed.json.sig", "site.yaml", &names.certificate, ROOT_FILE];
        self.members
            .expect_exactly(&expected)
            .map_err(|defect| defect.within(&self.place).code(Code::InvalidSignedZip))?;
        if metadata.cert_file == names.certificate {
            return Ok(());
        }
        Err(self.invalid(
            Reason::FileNameMismatch,
            format!("signed.json names another cert_file than {}", names.certificate),
        ))
    }

    fn check_hashes(
        &self,
        metadata: &SignedMetadata,
        site_yaml: &[u8],
        certificate: &[u8],
        root: &[u8],
    ) -> Result<(), Error> {
        let hashes = &metadata.hashes;
        for (member, bytes, expected, reason) in [
            ("site.yaml", site_yaml, hashes.site_yaml, Reason::SiteHashMismatch),
            ("the certificate", certificate, hashes.certificate, Reason::CertificateHashMismatch),
            (ROOT_FILE, root, hashes.rootca, Reason::RootcaHashMismatch),
        ] {
            let actual = Digest::of(bytes);
            if actual != expected {
                return Err(self.invalid(
                    reason,
                    format!("{member} has SHA-256 {actual}, but signed.json names {expected}"),
                ));
            }
        }
        Ok(())
    }

    fn check_site(&self, site: &Site, identity: &Identity) -> Result<(), Error> {
        if let Some((field, site, signed)) = site.identity.first_difference(identity) {
            return Err(self.invalid(
                Reason::SiteIdentityMismatch,
                format!("site.yaml: {field} is '{site}', but signed.json says '{signed}'"),
            ));
        }
        match site.forbidden_fields().first() {
            Some(field) => Err(self.invalid(
                forbidden_reason(field),
                format!("site.yaml holds '{field}', which no approval may carry there"),
            )),
            None => Ok(()),
        }
    }

    /// The certificate names the approved identity and holds the approved key.
    fn check_certificate(
        &self,
        certificate: &Certificate,
        metadata: &SignedMetadata,
    ) -> Result<(), Error> {
        let identity = &metadata.identity;
        let subject = certificate.subject();
        let cert_type = subject.unstructured_name.as_deref();
        if cert_type.is_none_or(|text| CertType::parse(text).is_err()) {
            return Err(Error::new(
                Code::CertTypeUnknown,
                format!(
                    "{}: the certificate's unstructuredName is {}, which is no participant type",
                    self.place,
                    cert_type.map_or_else(|| "missing".to_owned(), crate::names::shown)
                ),
            ));
        }
        for (field, found, expected) in [
            ("unstructuredName", cert_type, identity.cert_type.as_str()),
            ("CN", Some(subject.common_name.as_str()), identity.name.common_name()),
            ("O", subject.organization.as_deref(), identity.org.as_str()),
        ] {
            if found != Some(expected) {
                return Err(Error::because(
                    Code::SignedZipIdentityConflict,
                    Reason::CertificateIdentityMismatch,
                    format!(
                        "{}: the certificate's {field} is {}, but signed.json says '{expected}'",
                        self.place,
                        found.map_or_else(|| "missing".to_owned(), crate::names::shown)
                    ),
                ));
            }
        }
        let actual = Digest::of(certificate.public_key().spki_der());
        if actual == metadata.hashes.public_key {
            return Ok(());
        }
        Err(self.invalid(
            Reason::PublicKeyHashMismatch,
            format!(
                "the certificate's key has SHA-256 {actual}, but signed.json names {}",
                metadata.hashes.public_key
            ),
        ))
    }

    fn check_project(&self, root: &Certificate, identity: &Identity) -> Result<(), Error> {
        let subject = &root.subject().common_name;
        if subject == identity.project.as_str() {
            return Ok(());
        }
        Err(Error::because(
            Code::SignedZipIdentityConflict,
            Reason::RootProjectMismatch,
            format!(
                "{}: the root certificate's CN is '{subject}', but signed.json is of project '{}'",
                self.place, identity.project
            ),
        ))
    }

    fn check_fingerprints(
        &self,
        root: &Certificate,
        metadata: &SignedMetadata,
        trust: RootTrust,
    ) -> Result<(), Error> {
        let actual = Fingerprint::from_digest(root.sha256());
        let signed = metadata.ca_info.as_ref().map(|info| info.rootca_fingerprint);
        let pinned = match trust {
            RootTrust::Pinned(expected) => Some(expected),
            RootTrust::Unpinned => None,
        };
        for (reason, source, expected) in [
            (Reason::SignedFingerprint, "signed.json names", signed),
            (Reason::ExpectedFingerprint, "the expected fingerprint is", pinned),
        ] {
            if let Some(expected) = expected
                && expected != actual
            {
                return Err(Error::because(
                    Code::RootcaFingerprintMismatch,
                    reason,
                    format!("{}: rootCA.pem has {actual}, but {source} {expected}", self.place),
                ));
            }
        }
        Ok(())
    }

    fn check_chain(
        &self,
        certificate: &Certificate,
        root: &Certificate,
        cert_type: CertType,
    ) -> Result<(), Error> {
        let broken = |defect: Defect| defect.within(&self.place).code(Code::CertChainInvalid);
        root.verify_root().map_err(broken)?;
        certificate.verify_issued_by(root).map_err(broken)?;
        certificate
            .verify_leaf_profile(leaf_profile(cert_type))
            .map_err(|defect| self.defect("the certificate", defect))
    }

    fn check_time(
        &self,
        certificate: &Certificate,
        root: &Certificate,
        now: Timestamp,
    ) -> Result<(), Error> {
        for (what, cert, early, late) in [
            ("root certificate", root, Some(Reason::RootNotYetValid), Some(Reason::RootExpired)),
            ("certificate", certificate, None, None),
        ] {
            let (code, reason, bound) = if now < cert.not_before() {
                (Code::CertNotYetValid, early, format!("is valid from {}", cert.not_before()))
            } else if now > cert.not_after() {
                (Code::CertExpired, late, format!("was valid until {}", cert.not_after()))
            } else {
                continue;
            };
            let message = format!("{}: the {what} {bound}; it is {now} here", self.place);
            return Err(match reason {
                Some(reason) => Error::because(code, reason, message),
                None => Error::new(code, message),
            });
        }
        Ok(())
    }

    /// Nobody but the server may carry the server's name.
    fn check_name(&self, metadata: &SignedMetadata) -> Result<(), Error> {
        let identity = &metadata.identity;
        let host = metadata.connection.server.host.as_str();
        if identity.cert_type.kind() == Kind::Server || !identity.name.is_same_when_folded(host) {
            return Ok(());
        }
        Err(Error::because(
            Code::InvalidArgs,
            Reason::ServerNameTaken,
            format!("{}: a {} carries the server's name '{host}'", self.place, identity.cert_type),
        ))
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
        self.metadata
            .ca_info
            .as_ref()
            .map_or_else(DeployVersion::default, |info| info.provision_version.clone())
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

    /// The approved part of the definition.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }
}
