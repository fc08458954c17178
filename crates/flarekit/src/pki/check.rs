//! What a root and a participant's certificate must be like.

use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_KEY_IDENTIFIER,
};
use x509_cert::ext::pkix::KeyUsage;

use super::certificate::find;
use super::{Certificate, LeafProfile, asn1, extensions, signature};
use crate::error::{Defect, Reason};

/// The encoding of X.509 version 3, the one with extensions (RFC 5280 section 4.1.2.1).
const V3: u8 = 2;

impl Certificate {
    /// Checks that this is a root that may sign: an acceptable key, a CA, signed by itself.
    /// [`names_itself`](Self::names_itself) tells a root that some peers refuse all the same.
    ///
    /// # Errors
    /// [`Reason::RootKeyUnsupported`], [`Reason::RootNotACa`], [`Reason::RootNotSelfSigned`];
    /// [`Reason::CertificateProfile`] for a critical extension that we do not know (RFC 5280
    /// section 4.2 forbids to ignore it), or a key identifier that is not the key's.
    pub fn verify_root(&self) -> Result<(), Defect> {
        self.public_key().require_root_key()?;
        if self.version != V3 {
            return Err(Defect::new(
                Reason::RootNotACa,
                "the root certificate is not of X.509 version 3, so nothing says that it is a CA's",
            ));
        }
        if !self.is_ca() {
            return Err(Defect::new(
                Reason::RootNotACa,
                "the root certificate's basicConstraints do not say CA:TRUE",
            ));
        }
        if let Some(usage) = find(&self.extensions, ID_CE_KEY_USAGE) {
            let usage: KeyUsage = asn1::read(usage.extn_value.as_bytes(), "keyUsage")?;
            if !usage.key_cert_sign() {
                return Err(Defect::new(
                    Reason::RootNotACa,
                    "the root certificate's keyUsage lacks keyCertSign",
                ));
            }
        }
        let known = [ID_CE_BASIC_CONSTRAINTS, ID_CE_KEY_USAGE];
        if let Some(unknown) =
            self.extensions.iter().find(|e| e.critical && !known.contains(&e.extn_id))
        {
            return Err(Defect::new(
                Reason::CertificateProfile,
                format!(
                    "the root certificate has the critical extension {}",
                    extensions::label(unknown.extn_id)
                ),
            ));
        }
        if !self.names_itself() && !self.is_reference_root_with_org()? {
            return Err(Defect::new(
                Reason::RootNotSelfSigned,
                "the root certificate's issuer is not its subject",
            ));
        }
        self.verify_signed_by(self).map_err(|defect| Defect {
            reason: Reason::RootNotSelfSigned,
            message: format!("the root certificate's own signature: {}", defect.message),
        })?;
        self.check_key_identifiers()
    }

    /// Whether the issuer is the subject, as RFC 5280 section 6.1 demands of a self-signed
    /// certificate. Under a root that does not name itself, OpenSSL completes no chain (error 2),
    /// unless the peer sets `X509_V_FLAG_PARTIAL_CHAIN`, as gRPC and Python from 3.13 on do.
    #[must_use]
    pub fn names_itself(&self) -> bool {
        self.issuer_der == self.subject_der
    }

    /// Checks that the root issued this certificate: its subject is the issuer byte for byte, its
    /// key is the one that the authorityKeyIdentifier names, and its key signed.
    ///
    /// # Errors
    /// [`Reason::IssuerMismatch`], [`Reason::SignatureInvalid`].
    pub fn verify_issued_by(&self, root: &Certificate) -> Result<(), Defect> {
        if self.issuer_der != root.subject_der {
            return Err(Defect::new(
                Reason::IssuerMismatch,
                format!("the certificate's issuer is not the root's subject ({})", root.subject()),
            ));
        }
        self.verify_signed_by(root)?;
        let named = find(&self.extensions, ID_CE_AUTHORITY_KEY_IDENTIFIER)
            .and_then(|extension| extensions::authority_key(extension.extn_value.as_bytes()));
        if named.is_some_and(|named| named != root.public_key().key_identifier()) {
            return Err(Defect::new(
                Reason::IssuerMismatch,
                "the certificate's authorityKeyIdentifier is not the root's key",
            ));
        }
        Ok(())
    }

    /// Checks that this certificate has exactly the extensions of its participant's type, with
    /// their content and criticality, in any order.
    ///
    /// # Errors
    /// [`Reason::CertificateProfile`].
    pub fn verify_leaf_profile(&self, profile: LeafProfile) -> Result<(), Defect> {
        let wrong = |message: String| Err(Defect::new(Reason::CertificateProfile, message));
        if self.version != V3 || self.has_unique_ids {
            return wrong("the certificate is not a plain X.509 version 3 certificate".into());
        }
        if !self.has_regular_serial() {
            return wrong(
                "the certificate's serial number is not of 1 to 20 bytes, or zero".into(),
            );
        }
        if self.is_ca() {
            return wrong("the certificate is a CA's, expected a participant's".into());
        }
        let authority = find(&self.extensions, ID_CE_AUTHORITY_KEY_IDENTIFIER)
            .and_then(|extension| extensions::authority_key(extension.extn_value.as_bytes()));
        let Some(authority) = authority else {
            return wrong("the certificate's authorityKeyIdentifier names no key".into());
        };
        let key = self.public_key().key_identifier();
        let expected = extensions::leaf(profile, key, authority, self.alt_names())?;
        for wanted in &expected {
            let label = extensions::label(wanted.extn_id);
            match find(&self.extensions, wanted.extn_id) {
                None => return wrong(format!("the certificate lacks the extension {label}")),
                Some(found) if found.critical != wanted.critical => {
                    let which = if wanted.critical { "not critical" } else { "critical" };
                    return wrong(format!("the certificate's extension {label} is {which}"));
                }
                Some(found) if found.extn_value != wanted.extn_value => {
                    return wrong(format!(
                        "the certificate's extension {label} is not that of its type"
                    ));
                }
                Some(_) => {}
            }
        }
        let known =
            |extension: &x509_cert::ext::Extension| find(&expected, extension.extn_id).is_some();
        match self.extensions.iter().find(|extension| !known(extension)) {
            None => Ok(()),
            Some(other) => wrong(format!(
                "the certificate has the extension {}, which its type has not",
                extensions::label(other.extn_id)
            )),
        }
    }

    /// Where a root names its own key, it does so as the certificates that it issues name it: peers
    /// that find another identifier take the root for another CA's (OpenSSL: error 30).
    fn check_key_identifiers(&self) -> Result<(), Defect> {
        let key = self.public_key().key_identifier();
        let value = |kind| find(&self.extensions, kind).map(|found| found.extn_value.as_bytes());
        let named = value(ID_CE_SUBJECT_KEY_IDENTIFIER);
        let authority = value(ID_CE_AUTHORITY_KEY_IDENTIFIER).and_then(extensions::authority_key);
        let own = extensions::key_identifier(key)?;
        let wrong = if named.is_some_and(|named| named != own) {
            ID_CE_SUBJECT_KEY_IDENTIFIER
        } else if authority.is_some_and(|named| named != key) {
            ID_CE_AUTHORITY_KEY_IDENTIFIER
        } else {
            return Ok(());
        };
        let label = extensions::label(wrong);
        Err(Defect::new(
            Reason::CertificateProfile,
            format!("the root certificate's {label} is not the SHA-1 of its key"),
        ))
    }

    /// Positive and of at most 20 bytes (RFC 5280 section 4.1.2.2).
    fn has_regular_serial(&self) -> bool {
        self.serial.len() <= 20 && self.serial.iter().any(|byte| *byte != 0)
    }

    /// `cert init --org` of the reference writes the organisation into the root's subject and not
    /// into its issuer. Such projects exist, so this one difference is let pass.
    fn is_reference_root_with_org(&self) -> Result<bool, Defect> {
        let mut issuer = self.subject().clone();
        let organization = issuer.organization.take();
        Ok(organization.is_some() && issuer.to_der()? == self.issuer_der)
    }

    fn verify_signed_by(&self, root: &Certificate) -> Result<(), Defect> {
        signature::verify(root.public_key(), &self.algorithm, &self.tbs, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use const_oid::ObjectIdentifier;
    use der::asn1::OctetString;
    use x509_cert::ext::Extension;

    use crate::error::{Defect, Reason};
    use crate::pki::issue::{Serial, sign};
    use crate::pki::testing::{KEY, REFERENCE_ROOT, REFERENCE_SITE, ROOT, name, validity, vector};
    use crate::pki::{AltName, Certificate, LeafProfile, PrivateKey, Signer, extensions};

    fn reason(result: Result<(), Defect>) -> Option<Reason> {
        result.err().map(|defect| defect.reason)
    }

    fn reference(pem: &[u8]) -> Certificate {
        Certificate::from_pem(pem).unwrap()
    }

    /// A certificate under our key with the given extensions.
    fn made(subject: &[u8], extensions: Vec<Extension>) -> Result<Certificate, Defect> {
        let serial = Serial::random().unwrap();
        let key = KEY.public_key();
        sign(&*KEY, &ROOT.subject_der, subject, key, validity(), serial, extensions)
    }

    fn leaf(change: impl FnOnce(&mut Vec<Extension>)) -> Result<Certificate, Defect> {
        let key = KEY.public_key().key_identifier();
        let names = [AltName::Dns("hospital-a".into())];
        let mut list = extensions::leaf(LeafProfile::ClientServer, key, key, &names).unwrap();
        change(&mut list);
        made(&name("hospital-a", Some("o"), Some("client")).to_der().unwrap(), list)
    }

    fn root(change: impl FnOnce(&mut Vec<Extension>)) -> Option<Reason> {
        let key = KEY.public_key().key_identifier();
        let mut list = extensions::root(key, &AltName::Dns("p".into())).unwrap();
        change(&mut list);
        reason(made(&ROOT.subject_der, list).unwrap().verify_root())
    }

    fn unknown(critical: bool) -> Extension {
        let extn_id = ObjectIdentifier::new_unwrap("2.5.29.30");
        Extension { extn_id, critical, extn_value: OctetString::new([0x30, 0]).unwrap() }
    }

    #[test]
    fn the_reference_passes() {
        let root = reference(REFERENCE_ROOT);
        root.verify_root().unwrap();
        assert!(root.names_itself());
        let with_org = reference(vector!("valid/reference-2.9.0/rootCA-with-org.pem"));
        with_org.verify_root().unwrap();
        assert!(!with_org.names_itself());
        for (pem, profile) in [
            (REFERENCE_SITE, LeafProfile::ClientServer),
            (vector!("valid/reference-2.9.0/server.crt"), LeafProfile::ClientServer),
            (vector!("valid/reference-2.9.0/alice.crt"), LeafProfile::User),
        ] {
            let leaf = reference(pem);
            leaf.verify_issued_by(&root).unwrap();
            leaf.verify_leaf_profile(profile).unwrap();
        }
    }

    #[test]
    fn a_user_is_not_a_site() {
        let alice = reference(vector!("valid/reference-2.9.0/alice.crt"));
        let as_site = alice.verify_leaf_profile(LeafProfile::ClientServer);
        assert_eq!(reason(as_site), Some(Reason::CertificateProfile));
        let as_user = reference(REFERENCE_SITE).verify_leaf_profile(LeafProfile::User);
        assert_eq!(reason(as_user), Some(Reason::CertificateProfile));
        let as_leaf = reference(REFERENCE_ROOT).verify_leaf_profile(LeafProfile::User);
        assert_eq!(reason(as_leaf), Some(Reason::CertificateProfile));
    }

    #[test]
    fn issuers_are_compared_byte_for_byte_and_by_key() {
        // The reference leaves the root's organisation out of the issuer.
        let leaf = reference(vector!("invalid/certificate/reference-issuer-without-org.crt"));
        let root = reference(vector!("valid/reference-2.9.0/rootCA-with-org.pem"));
        assert_eq!(reason(leaf.verify_issued_by(&root)), Some(Reason::IssuerMismatch));
        // The same name, another key.
        let other = PrivateKey::generate().unwrap();
        let subject = name("hospital_federation", None, None);
        let alt = AltName::Dns("hospital_federation".into());
        let serial = Serial::random().unwrap();
        let other = crate::pki::issue_root(&other, &subject, &alt, validity(), serial).unwrap();
        let forged = reference(REFERENCE_SITE).verify_issued_by(&other);
        assert_eq!(reason(forged), Some(Reason::SignatureInvalid));
    }

    #[test]
    fn leaves_have_exactly_the_extensions_of_their_type() {
        let profile = |change: fn(&mut Vec<Extension>)| {
            let leaf = leaf(change).unwrap();
            leaf.verify_issued_by(&ROOT)?;
            leaf.verify_leaf_profile(LeafProfile::ClientServer)
        };
        assert_eq!(reason(profile(|_| {})), None);
        assert_eq!(reason(profile(|list| list.reverse())), None);
        let changes: [fn(&mut Vec<Extension>); 10] = [
            |list| drop(list.remove(0)),
            |list| drop(list.remove(1)),
            |list| drop(list.remove(2)),
            |list| drop(list.remove(5)),
            |list| list[2].critical = false,
            |list| list[5].critical = true,
            // Another key's identifier; keyUsage with keyCertSign; a SAN with an e-mail address.
            |list| list[0].extn_value = OctetString::new([4, 1, 0]).unwrap(),
            |list| list[3].extn_value = OctetString::new([3, 2, 2, 0xa4]).unwrap(),
            |list| list[5].extn_value = OctetString::new([0x30, 3, 0x81, 1, b'a']).unwrap(),
            |list| list.push(unknown(false)),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert_eq!(reason(profile(change)), Some(Reason::CertificateProfile), "{index}");
        }
        let authority = |list: &mut Vec<Extension>| {
            let value = [&[0x30, 22, 0x80, 20], [7; 20].as_slice()].concat();
            list[1].extn_value = OctetString::new(value).unwrap();
        };
        assert_eq!(reason(profile(authority)), Some(Reason::IssuerMismatch));
    }

    #[test]
    fn an_extension_may_not_stand_twice() {
        let twice = leaf(|list| list.push(list[5].clone())).unwrap_err();
        assert_eq!(twice.reason, Reason::CertificateProfile);
        assert_eq!(twice.message, "the certificate has the extension subjectAltName twice");
    }

    #[test]
    fn extensions_are_called_by_their_names() {
        for (at, label) in [
            (0, "subjectKeyIdentifier"),
            (2, "basicConstraints"),
            (3, "keyUsage"),
            (4, "extendedKeyUsage"),
        ] {
            let lacking = leaf(|list| drop(list.remove(at))).unwrap();
            let defect = lacking.verify_leaf_profile(LeafProfile::ClientServer).unwrap_err();
            let expected = format!("the certificate lacks the extension {label}");
            assert_eq!(defect.message, expected);
        }
        let other = leaf(|list| list.push(unknown(false))).unwrap();
        let defect = other.verify_leaf_profile(LeafProfile::ClientServer).unwrap_err();
        let expected = "the certificate has the extension 2.5.29.30, which its type has not";
        assert_eq!(defect.message, expected);
    }

    #[test]
    fn roots_may_sign() {
        assert_eq!(root(|_| {}), None);
        assert_eq!(root(|list| drop(list.remove(3))), None);
        assert_eq!(root(|list| list.push(unknown(false))), None);
        assert_eq!(root(|list| drop(list.remove(2))), Some(Reason::RootNotACa));
        let no_ca = |list: &mut Vec<Extension>| {
            list[2].extn_value = OctetString::new([0x30, 0]).unwrap();
        };
        assert_eq!(root(no_ca), Some(Reason::RootNotACa));
        let no_sign = |list: &mut Vec<Extension>| {
            list[3].extn_value = OctetString::new([3, 2, 7, 0x80]).unwrap();
        };
        assert_eq!(root(no_sign), Some(Reason::RootNotACa));
        assert_eq!(root(|list| list.push(unknown(true))), Some(Reason::CertificateProfile));
    }

    #[test]
    fn roots_name_their_own_key_or_none() {
        let other = || extensions::root([7; 20], &AltName::Dns("p".into())).unwrap();
        for at in [0, 1] {
            assert_eq!(root(|list| drop(list.remove(at))), None);
            let wrong = root(|list| list[at] = other().swap_remove(at));
            assert_eq!(wrong, Some(Reason::CertificateProfile));
        }
    }

    #[test]
    fn extensions_of_roots_are_in_der() {
        // CA:FALSE and zero bits that DER leaves out (X.690 sections 11.5 and 11.2.2).
        for (at, value) in [(2, [0x30, 3, 1, 1, 0].as_slice()), (3, &[3, 2, 0, 0x86])] {
            let mut list = extensions::root([7; 20], &AltName::Dns("p".into())).unwrap();
            list[at].extn_value = OctetString::new(value).unwrap();
            let subject = name("p", None, None).to_der().unwrap();
            let serial = Serial::random().unwrap();
            let key = KEY.public_key();
            let made = sign(&*KEY, &subject, &subject, key, validity(), serial, list);
            let refused = made.and_then(|root| root.verify_root()).unwrap_err();
            assert_eq!(refused.reason, Reason::DerMalformed, "{refused}");
        }
    }

    #[test]
    fn roots_sign_themselves() {
        let list = extensions::root([0; 20], &AltName::Dns("p".into())).unwrap();
        let subject = name("another", None, None).to_der().unwrap();
        let issued = made(&subject, list.clone()).unwrap();
        assert_eq!(reason(issued.verify_root()), Some(Reason::RootNotSelfSigned));
        // Its own name, but signed with another key.
        let other = PrivateKey::generate().unwrap();
        let serial = Serial::random().unwrap();
        let key = KEY.public_key();
        let forged = sign(&other, &subject, &subject, key, validity(), serial, list).unwrap();
        assert_eq!(reason(forged.verify_root()), Some(Reason::RootNotSelfSigned));
    }

    /// The reference leaves an organisation out of the issuer, and that is all that may differ.
    #[test]
    fn of_the_issuer_only_the_organisation_may_be_missing() {
        let list = extensions::root(KEY.public_key().key_identifier(), &AltName::Dns("p".into()));
        let list = list.unwrap();
        let root = |subject_org, issuer_cn, issuer_org| {
            let subject = name("p", subject_org, None).to_der().unwrap();
            let issuer = name(issuer_cn, issuer_org, None).to_der().unwrap();
            let serial = Serial::random().unwrap();
            let key = KEY.public_key();
            let made = sign(&*KEY, &issuer, &subject, key, validity(), serial, list.clone());
            reason(made.unwrap().verify_root())
        };
        let refused = Some(Reason::RootNotSelfSigned);
        assert_eq!(root(Some("o"), "p", None), None);
        assert_eq!(root(Some("o"), "q", None), refused);
        assert_eq!(root(Some("o"), "p", Some("other")), refused);
        assert_eq!(root(None, "p", Some("o")), refused);
        assert_eq!(root(None, "q", None), refused);
    }

    #[test]
    fn roots_have_a_key_that_everyone_works_with() {
        for (pem, expected) in [
            (vector!("invalid/root/ec-p256.pem").as_slice(), Reason::RootKeyUnsupported),
            (vector!("invalid/root/rsa-1024.pem"), Reason::RootKeyUnsupported),
            (vector!("invalid/root/version-1.pem"), Reason::RootNotACa),
        ] {
            assert_eq!(reason(reference(pem).verify_root()), Some(expected));
        }
    }
}
