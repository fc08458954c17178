//! What signed and denied zips have in common: a JSON file, a signature over it, and the root
//! certificate that is to have made it.

use super::RootTrust;
use super::metadata::ROOT_FILE;
use crate::archive::{self, Limits, Members};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::pki::{Certificate, decode_base64};

/// The members of a zip that answers a request, not yet believed, and their checks.
pub(super) struct Enclosed {
    pub members: Members,
    pub place: String,
}

impl Enclosed {
    /// Opens the archive. `place` names the file in messages.
    pub fn read(zip: &[u8], place: &str) -> Result<Self, Error> {
        let members = archive::read(zip, &Limits::ARTIFACT)
            .map_err(|defect| defect.within(place).code(Code::InvalidSignedZip))?;
        Ok(Self { members, place: place.to_owned() })
    }

    pub fn member(&self, name: &str) -> Result<&[u8], Error> {
        self.members.get(name).ok_or_else(|| {
            self.members.missing(name).within(&self.place).code(Code::InvalidSignedZip)
        })
    }

    /// The root certificate, and the bytes of its file.
    pub fn root(&self) -> Result<(Certificate, &[u8]), Error> {
        let pem = self.member(ROOT_FILE)?;
        Ok((self.certificate(ROOT_FILE, pem)?, pem))
    }

    pub fn certificate(&self, name: &str, pem: &[u8]) -> Result<Certificate, Error> {
        Certificate::from_pem(pem).map_err(|defect| self.defect(name, defect))
    }

    pub fn expect_exactly(&self, names: &[&str]) -> Result<(), Error> {
        self.members
            .expect_exactly(names)
            .map_err(|defect| defect.within(&self.place).code(Code::InvalidSignedZip))
    }

    /// The root's key signed these bytes.
    pub fn check_signature(
        &self,
        root: &Certificate,
        bytes: &[u8],
        signature: &str,
    ) -> Result<(), Error> {
        let text = self.member(signature)?;
        decode_base64(text)
            .and_then(|made| root.public_key().verify_content(bytes, &made))
            .map_err(|defect| self.defect(signature, defect))
    }

    /// A member is the one that the signed file `json` names.
    pub fn check_hash(
        &self,
        (member, bytes): (&str, &[u8]),
        (json, named): (&str, Digest),
        reason: Reason,
    ) -> Result<(), Error> {
        let actual = Digest::of(bytes);
        if actual == named {
            return Ok(());
        }
        Err(self
            .invalid(reason, format!("{member} has SHA-256 {actual}, but {json} names {named}")))
    }

    /// The root is the one that the signed file `json` names, and the one that the user was told.
    pub fn check_fingerprints(
        &self,
        root: &Certificate,
        (json, named): (&str, Option<Fingerprint>),
        trust: RootTrust,
    ) -> Result<(), Error> {
        let actual = Fingerprint::from_digest(root.sha256());
        let pinned = match trust {
            RootTrust::Pinned(expected) => Some(expected),
            RootTrust::Unpinned => None,
        };
        for (reason, source, expected) in [
            (Reason::SignedFingerprint, format!("{json} names"), named),
            (Reason::ExpectedFingerprint, "the expected fingerprint is".to_owned(), pinned),
        ] {
            if let Some(expected) = expected
                && expected != actual
            {
                return Err(Error::because(
                    Code::RootcaFingerprintMismatch,
                    reason,
                    format!("{}: {ROOT_FILE} has {actual}, but {source} {expected}", self.place),
                ));
            }
        }
        Ok(())
    }

    pub fn invalid(&self, reason: Reason, what: impl std::fmt::Display) -> Error {
        Error::because(Code::InvalidSignedZip, reason, format!("{}: {what}", self.place))
    }

    pub fn defect(&self, member: &str, defect: Defect) -> Error {
        defect.within(format!("{member} in {}", self.place)).code(Code::InvalidSignedZip)
    }
}
