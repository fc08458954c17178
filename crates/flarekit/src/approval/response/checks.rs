//! The single checks of a signed zip, in the order in which [`UnverifiedApproval::verify`] makes them.

use super::super::metadata::{ROOT_FILE, SignedMetadata};
use super::{SIGNATURE, SIGNED_JSON, UnverifiedApproval};
use crate::ca::leaf_profile;
use crate::definition::{Site, forbidden_reason};
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason};
use crate::identity::{CertType, Identity, Kind};
use crate::names::shown;
use crate::pki::{AltName, Certificate};
use crate::request::FileNames;
use crate::time::Timestamp;

impl UnverifiedApproval {
    /// The two kinds of zips are easily mixed up.
    pub(super) fn refuse_request_zip(&self) -> Result<(), Error> {
        if self.0.members.get("request.json").is_none() {
            return Ok(());
        }
        Err(self.0.invalid(Reason::WrongArtifact, "this is a request zip, not a signed zip"))
    }

    pub(super) fn check_members(
        &self,
        metadata: &SignedMetadata,
        names: &FileNames,
    ) -> Result<(), Error> {
        let expected = [SIGNED_JSON, SIGNATURE, "site.yaml", &names.certificate, ROOT_FILE];
        self.0.expect_exactly(&expected)?;
        if metadata.cert_file == names.certificate {
            return Ok(());
        }
        Err(self.0.invalid(
            Reason::FileNameMismatch,
            format!("signed.json names another cert_file than {}", names.certificate),
        ))
    }

    pub(super) fn check_hashes(
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
            self.0.check_hash((member, bytes), (SIGNED_JSON, expected), reason)?;
        }
        Ok(())
    }

    pub(super) fn check_site(&self, site: &Site, identity: &Identity) -> Result<(), Error> {
        if let Some((field, site, signed)) = site.identity.first_difference(identity) {
            return Err(self.0.invalid(
                Reason::SiteIdentityMismatch,
                format!("site.yaml: {field} is '{site}', but signed.json says '{signed}'"),
            ));
        }
        match site.forbidden_fields().first() {
            Some(field) => Err(self.0.invalid(
                forbidden_reason(field),
                format!("site.yaml holds '{field}', which no approval may carry there"),
            )),
            None => Ok(()),
        }
    }

    /// The certificate names the approved identity and holds the approved key.
    pub(super) fn check_certificate(
        &self,
        certificate: &Certificate,
        metadata: &SignedMetadata,
    ) -> Result<(), Error> {
        let subject = certificate.subject();
        let cert_type = subject.unstructured_name.as_deref();
        if cert_type.is_none_or(|text| CertType::parse(text).is_err()) {
            return Err(Error::new(
                Code::CertTypeUnknown,
                format!(
                    "{}: the certificate's unstructuredName is {}, which is no participant type",
                    self.0.place,
                    cert_type.map_or_else(|| "missing".to_owned(), shown)
                ),
            ));
        }
        if let Some((attribute, found, expected)) = metadata.identity.differs_from(subject) {
            return Err(Error::because(
                Code::SignedZipIdentityConflict,
                Reason::CertificateIdentityMismatch,
                format!(
                    "{}: the certificate's {attribute} is {found}, but signed.json says \
                     '{expected}'",
                    self.0.place
                ),
            ));
        }
        let actual = Digest::of(certificate.public_key().spki_der());
        if actual == metadata.hashes.public_key {
            return Ok(());
        }
        Err(self.0.invalid(
            Reason::PublicKeyHashMismatch,
            format!(
                "the certificate's key has SHA-256 {actual}, but signed.json names {}",
                metadata.hashes.public_key
            ),
        ))
    }

    /// A client or user is certified for its name alone; a server for the approved host, and beyond
    /// it only for hosts that the approval lists.
    pub(super) fn check_alt_names(
        &self,
        certificate: &Certificate,
        metadata: &SignedMetadata,
        site: &Site,
    ) -> Result<(), Error> {
        let names = certificate.alt_names();
        let identity = &metadata.identity;
        let host = AltName::from(metadata.connection.server.host.host());
        let good = if identity.cert_type.kind() == Kind::Server {
            let approved: Vec<AltName> = site.host_names.iter().map(AltName::from).collect();
            names.contains(&host)
                && names.iter().all(|name| *name == host || approved.contains(name))
        } else {
            names == [AltName::Dns(identity.name.as_str().to_owned())]
        };
        if good {
            return Ok(());
        }
        Err(self.0.invalid(
            Reason::CertificateProfile,
            format!("the certificate is for other names than the approved: {}", listed(names)),
        ))
    }

    pub(super) fn check_project(
        &self,
        root: &Certificate,
        identity: &Identity,
    ) -> Result<(), Error> {
        let subject = &root.subject().common_name;
        if subject == identity.project.as_str() {
            return Ok(());
        }
        Err(Error::because(
            Code::SignedZipIdentityConflict,
            Reason::RootProjectMismatch,
            format!(
                "{}: the root certificate's CN is {}, but signed.json is of project '{}'",
                self.0.place,
                shown(subject),
                identity.project
            ),
        ))
    }

    pub(super) fn check_chain(
        &self,
        certificate: &Certificate,
        root: &Certificate,
        cert_type: CertType,
    ) -> Result<(), Error> {
        let broken = |defect: Defect| defect.within(&self.0.place).code(Code::CertChainInvalid);
        root.verify_root().map_err(broken)?;
        certificate.verify_issued_by(root).map_err(broken)?;
        certificate
            .verify_leaf_profile(leaf_profile(cert_type))
            .map_err(|defect| self.0.defect("the certificate", defect))
    }

    pub(super) fn check_time(
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
            let message = format!("{}: the {what} {bound}; it is {now} here", self.0.place);
            return Err(match reason {
                Some(reason) => Error::because(code, reason, message),
                None => Error::new(code, message),
            });
        }
        Ok(())
    }

    /// What the approval says about its certificate is true, where it says something.
    pub(super) fn check_facts(
        &self,
        certificate: &Certificate,
        metadata: &SignedMetadata,
    ) -> Result<(), Error> {
        let end = certificate.not_after().to_string();
        for (field, signed, actual) in [
            ("serial", &metadata.serial, certificate.serial()),
            ("valid_until", &metadata.valid_until, end),
        ] {
            if signed.as_ref().is_some_and(|signed| *signed != actual) {
                return Err(self.0.invalid(
                    Reason::CertificateFactsMismatch,
                    format!(
                        "signed.json says that the certificate's {field} is {}, but it is {actual}",
                        shown(signed.as_deref().unwrap_or_default())
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Nobody but the server may carry the server's name.
    pub(super) fn check_name(&self, metadata: &SignedMetadata) -> Result<(), Error> {
        let identity = &metadata.identity;
        let host = metadata.connection.server.host.as_str();
        if identity.cert_type.kind() == Kind::Server || !identity.name.is_same_when_folded(host) {
            return Ok(());
        }
        Err(Error::because(
            Code::InvalidArgs,
            Reason::ServerNameTaken,
            format!(
                "{}: a participant of type {} carries the server's name '{host}'",
                self.0.place, identity.cert_type
            ),
        ))
    }
}

/// The names, as far as a message should go: a certificate may have thousands.
fn listed(names: &[AltName]) -> String {
    const SHOWN: usize = 300;
    let list = names.iter().map(AltName::listed).collect::<Vec<_>>().join(", ");
    match list.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", list.get(..end).unwrap_or_default()),
        None => list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut() {
        let name = |text: &str| AltName::Dns(text.to_owned());
        assert_eq!(listed(&[name("a"), name("b\n")]), r"DNS:a, DNS:b\n");
        assert_eq!(listed(&[name("a, DNS:b")]), r"DNS:a\, DNS:b");
        let long = listed(&vec![name("hospital-a"); 1000]);
        assert!(long.ends_with('…') && long.chars().count() == 301, "{long}");
    }
}
