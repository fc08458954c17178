//! Verifying a request zip: a stranger's bytes, before they come near the CA's key.

use super::denial::DENIED_JSON;
use crate::archive::{self, Limits, Members};
use crate::definition::{Definition, Site, forbidden_reason};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Origin, Reason, Warning, WarningCode};
use crate::identity::Identity;
use crate::pki::{Csr, PublicKey};
use crate::request::{FileNames, RequestMetadata};

/// Members of a request zip, safe to look at but not yet believed.
pub struct UnverifiedRequest {
    members: Members,
    zip_sha256: Digest,
    place: String,
}

/// A request whose parts all name one identity, and whose sender holds the key.
#[derive(Debug)]
pub struct VerifiedRequest {
    metadata: RequestMetadata,
    site: Site,
    public_key: PublicKey,
    zip_sha256: Digest,
    metadata_sha256: Digest,
    warnings: Vec<Warning>,
}

impl UnverifiedRequest {
    /// Opens the archive. `place` names the file in messages.
    pub fn read(zip: &[u8], place: &str) -> Result<Self, Error> {
        let members = archive::read(zip, &Limits::ARTIFACT)
            .map_err(|defect| defect.within(place).code(Code::InvalidArgs))
            .map_err(|error| error.of(Origin::RequestZip))?;
        Ok(Self { members, zip_sha256: Digest::of(zip), place: place.to_owned() })
    }

    /// The size of what the archive holds: what stays in memory is not more.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.members.names().filter_map(|name| self.members.get(name)).map(<[u8]>::len).sum()
    }

    /// Believes the request if its hashes match, its parts agree and its CSR proves possession.
    pub fn verify(self) -> Result<VerifiedRequest, Error> {
        self.believe().map_err(|error| error.of(Origin::RequestZip))
    }

    fn believe(self) -> Result<VerifiedRequest, Error> {
        self.refuse_signed_zip()?;
        let metadata_bytes = self.member("request.json")?;
        let metadata = RequestMetadata::parse(metadata_bytes)
            .map_err(|defect| self.defect("request.json", defect))?;
        let csr_name = FileNames::of(&metadata.identity.name).csr;
        self.members
            .expect_exactly(&["request.json", "site.yaml", &csr_name])
            .map_err(|defect| defect.within(&self.place).code(Code::InvalidArgs))?;

        let site_bytes = self.member("site.yaml")?;
        let csr_bytes = self.member(&csr_name)?;
        self.check_hash(
            "site.yaml",
            site_bytes,
            metadata.site_yaml_sha256,
            Reason::SiteHashMismatch,
        )?;
        self.check_hash(&csr_name, csr_bytes, metadata.csr_sha256, Reason::CsrHashMismatch)?;

        let site =
            Site::parse_archived(site_bytes).map_err(|defect| self.defect("site.yaml", defect))?;
        self.check_site(&site, &metadata.identity)?;
        let public_key = self.check_csr(&csr_name, csr_bytes, &metadata)?;
        if let Some(renewal) = &metadata.renewal {
            renewal.verify(&metadata).map_err(|error| error.within(&self.place))?;
        }
        let warnings = dropped_fields(&site);
        Ok(VerifiedRequest {
            metadata,
            site,
            public_key,
            zip_sha256: self.zip_sha256,
            metadata_sha256: Digest::of(metadata_bytes),
            warnings,
        })
    }

    /// The kinds of zips are easily mixed up.
    fn refuse_signed_zip(&self) -> Result<(), Error> {
        let found = if self.members.get("signed.json").is_some() {
            "a signed zip"
        } else if self.members.get(DENIED_JSON).is_some() {
            "a denied zip"
        } else {
            return Ok(());
        };
        Err(Error::because(
            Code::InvalidArgs,
            Reason::WrongArtifact,
            format!("{} is {found}, not a request zip", self.place),
        ))
    }

    fn member(&self, name: &str) -> Result<&[u8], Error> {
        self.members
            .get(name)
            .ok_or_else(|| self.members.missing(name).within(&self.place).code(Code::InvalidArgs))
    }

    fn defect(&self, member: &str, defect: Defect) -> Error {
        let code = Definition::request_code(defect.reason);
        defect.within(format!("{member} in {}", self.place)).code(code)
    }

    fn check_hash(
        &self,
        member: &str,
        bytes: &[u8],
        expected: Digest,
        reason: Reason,
    ) -> Result<(), Error> {
        let actual = Digest::of(bytes);
        if actual == expected {
            return Ok(());
        }
        Err(Error::because(
            Code::InvalidArgs,
            reason,
            format!(
                "{member} in {} has SHA-256 {actual}, but request.json names {expected}",
                self.place
            ),
        ))
    }

    fn check_site(&self, site: &Site, identity: &Identity) -> Result<(), Error> {
        let refuse = |reason: Reason, what: String| {
            let message = format!("site.yaml in {}: {what}", self.place);
            Err(Error::because(Code::InvalidArgs, reason, message))
        };
        if let Some((field, site, request)) = site.identity.first_difference(identity) {
            return refuse(
                Reason::SiteIdentityMismatch,
                format!("{field} is '{site}', but request.json says '{request}'"),
            );
        }
        let refused = ["connection_security", "listening_host"];
        match site.forbidden_fields().iter().find(|field| refused.contains(field)) {
            Some(field) => refuse(
                forbidden_reason(field),
                format!("'{field}' is not a Project Admin's to approve and may not be there"),
            ),
            None => Ok(()),
        }
    }

    fn check_csr(
        &self,
        name: &str,
        bytes: &[u8],
        metadata: &RequestMetadata,
    ) -> Result<PublicKey, Error> {
        let place = format!("{name} in {}", self.place);
        let invalid = |defect: Defect| defect.within(&place).code(Code::InvalidCsr);
        let csr = Csr::from_pem(bytes).map_err(invalid)?;
        check_key(csr.public_key()).map_err(|(code, defect)| defect.within(&place).code(code))?;
        csr.verify_possession().map_err(invalid)?;
        if let Some((attribute, found, expected)) = metadata.identity.differs_from(csr.subject()) {
            return Err(Error::because(
                Code::InvalidArgs,
                Reason::CsrIdentityMismatch,
                format!("{place}: {attribute} is {found}, but request.json says '{expected}'"),
            ));
        }
        let actual = Digest::of(csr.public_key().spki_der());
        if actual != metadata.public_key_sha256 {
            return Err(Error::because(
                Code::InvalidArgs,
                Reason::PublicKeyHashMismatch,
                format!(
                    "{place}: its public key has SHA-256 {actual}, but request.json names {}",
                    metadata.public_key_sha256
                ),
            ));
        }
        Ok(csr.public_key().clone())
    }
}

/// A participant's key must be one that the runtime works with, and that is known again by its hash:
/// RSA-2048 with the usual exponent.
fn check_key(key: &PublicKey) -> Result<(), (Code, Defect)> {
    key.require_participant_key().map_err(|defect| {
        let weak = match defect.reason {
            Reason::KeySize => key.bits() < 2048,
            Reason::KeyExponent => key.exponent().is_some_and(|e| e < 65537 || e % 2 == 0),
            _ => false,
        };
        (if weak { Code::WeakKey } else { Code::UnsupportedKey }, defect)
    })
}

fn dropped_fields(site: &Site) -> Vec<Warning> {
    let fields = site.unapproved_fields();
    let mut named = fields.named.join(", ");
    match fields.count - fields.named.len() {
        _ if fields.count == 0 => return vec![],
        0 => {}
        more => named.push_str(&format!(" and {more} more")),
    }
    vec![Warning::new(
        WarningCode::FieldDropped,
        format!("the request carries fields that are not approved and were left out: {named}"),
    )]
}

impl VerifiedRequest {
    /// What the request says about itself.
    #[must_use]
    pub fn metadata(&self) -> &RequestMetadata {
        &self.metadata
    }

    /// What is asked to be approved.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The key to be certified, whose possession was proven.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// SHA-256 of the request zip: what both ends can compare.
    #[must_use]
    pub fn zip_sha256(&self) -> Digest {
        self.zip_sha256
    }

    /// SHA-256 of `request.json`.
    #[must_use]
    pub fn metadata_sha256(&self) -> Digest {
        self.metadata_sha256
    }

    /// What the approver should know about the request.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::testing::rsa;

    /// The message about a request with so many fields that are not approved.
    fn dropped(count: usize) -> Option<String> {
        let fields: String = (1..=count).map(|n| format!("    x{n}: 1\n")).collect();
        let text = format!(
            "name: demo\nparticipants:\n  - name: hospital-a\n    type: client\n    org: org\n{fields}"
        );
        let site = Definition::parse(text.as_bytes()).unwrap().site;
        let warnings = dropped_fields(&site);
        assert!(warnings.len() <= 1);
        warnings.into_iter().next().map(|warning| warning.message)
    }

    #[test]
    fn ten_dropped_fields_are_named_and_more_are_counted() {
        assert_eq!(dropped(0), None);
        assert!(dropped(1).unwrap().ends_with("left out: participants[0].x1"));
        assert!(dropped(10).unwrap().ends_with(", participants[0].x10"));
        for (count, more) in [(11, 1), (14, 4)] {
            let end = format!(", participants[0].x10 and {more} more");
            assert!(dropped(count).unwrap().ends_with(&end), "{count}");
        }
    }

    #[test]
    fn a_key_that_is_weaker_than_ours_is_called_weak() {
        let e = [1, 0, 1];
        for (key, code) in [
            (rsa(2047, &e), Code::WeakKey),
            (rsa(2049, &e), Code::UnsupportedKey),
            (rsa(4096, &e), Code::UnsupportedKey),
            (rsa(2048, &[3]), Code::WeakKey),
            (rsa(2048, &[0xff, 0xff]), Code::WeakKey),
            // An even one is none of RSA's.
            (rsa(2048, &[1, 0, 2]), Code::WeakKey),
            (rsa(2048, &[1, 0, 3]), Code::UnsupportedKey),
            (rsa(2048, &[1, 0, 5]), Code::UnsupportedKey),
            // Of more than 64 bits.
            (rsa(2048, &[1; 9]), Code::UnsupportedKey),
        ] {
            assert_eq!(check_key(&key).unwrap_err().0, code, "{key:?}");
        }
        check_key(&rsa(2048, &e)).unwrap();
    }
}
