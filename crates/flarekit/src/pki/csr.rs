//! Certificate signing requests (PKCS#10, RFC 2986).

use der::asn1::AnyRef;
use der::{Tag, TagNumber, Tagged};

use super::asn1::{self, CsrInfo, Signed};
use super::signature::{self, Algorithm};
use super::{DistinguishedName, PrivateKey, PublicKey, Signer, armor};
use crate::error::{Defect, Reason};

const LABEL: &str = "CERTIFICATE REQUEST";

/// `[0] IMPLICIT SET OF Attribute`.
const ATTRIBUTES: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

/// A request for a certificate. Of what it asks for, only the key is ever granted.
#[derive(Debug, Clone)]
pub struct Csr {
    subject: DistinguishedName,
    public_key: PublicKey,
    info: Vec<u8>,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

impl Csr {
    /// Makes a request without extensions and returns its PEM.
    ///
    /// # Errors
    /// [`Reason::SubjectMalformed`] for a subject that no certificate can have,
    /// [`Reason::CryptoFailed`].
    pub fn create(subject: &DistinguishedName, key: &PrivateKey) -> Result<String, Defect> {
        let subject = subject.to_der()?;
        let info = CsrInfo {
            version: 0,
            subject: asn1::opaque(&subject, "subject")?,
            public_key: asn1::opaque(key.public_key().spki_der(), "public key")?,
            attributes: AnyRef::new(ATTRIBUTES, &[])
                .map_err(|error| asn1::malformed("attributes", error))?,
        };
        let info = asn1::write(&info, "request")?;
        let der = signature::seal(&info, &key.sign_certificate(&info)?)?;
        Ok(std::mem::take(&mut *armor::write(LABEL, &der)?))
    }

    /// Reads one request. Whether its sender has the key is for
    /// [`verify_possession`](Self::verify_possession).
    ///
    /// # Errors
    /// [`Reason::FileTooLarge`], [`Reason::PemMalformed`], [`Reason::PemLabel`],
    /// [`Reason::DerMalformed`], [`Reason::SubjectMalformed`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, Defect> {
        super::refuse_large(pem)?;
        let der = armor::read(pem, LABEL)?;
        let signed: Signed<'_> = asn1::read(&der, "request")?;
        let body = asn1::write(&signed.body, "request")?;
        let info: CsrInfo<'_> = asn1::read(&body, "request")?;
        // RFC 2986 section 4.1 knows version 0 only.
        if info.version != 0 || info.attributes.tag() != ATTRIBUTES {
            return Err(Defect::new(Reason::DerMalformed, "the request is not of version 1"));
        }
        Ok(Self {
            subject: DistinguishedName::from_der(&asn1::write(&info.subject, "subject")?)?,
            public_key: PublicKey::from_spki(&asn1::write(&info.public_key, "public key")?)?,
            algorithm: Algorithm::read(&signed.algorithm),
            signature: signature::bytes(&signed.signature)?,
            info: body,
        })
    }

    /// The identity that the sender claims.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The key to be certified.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Verifies that whoever made the request has the private key.
    ///
    /// # Errors
    /// [`Reason::SignatureInvalid`]; [`Reason::KeyNotRsa`] or [`Reason::KeySize`] for a key whose
    /// signatures are not verified here, see
    /// [`require_participant_key`](PublicKey::require_participant_key).
    pub fn verify_possession(&self) -> Result<(), Defect> {
        signature::verify(&self.public_key, &self.algorithm, &self.info, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::Csr;
    use crate::error::Reason;
    use crate::pki::testing::{KEY, name, vector};
    use crate::pki::{Signer, armor};

    const REFERENCE: &[u8] = vector!("valid/reference-2.9.0/hospital-a.csr");

    #[test]
    fn reads_the_reference() {
        let csr = Csr::from_pem(REFERENCE).unwrap();
        let expected = name("hospital-a", Some("hospital_alpha"), Some("client"));
        assert_eq!(csr.subject(), &expected);
        csr.public_key().require_participant_key().unwrap();
        csr.verify_possession().unwrap();
    }

    #[test]
    fn differs_from_the_reference_only_in_key_and_signature() {
        let subject = name("hospital-a", Some("hospital_alpha"), Some("client"));
        let pem = Csr::create(&subject, &KEY).unwrap();
        let ours = armor::read(pem.as_bytes(), super::LABEL).unwrap();
        let theirs = armor::read(REFERENCE, super::LABEL).unwrap();
        assert_eq!(ours.len(), theirs.len());
        // Up to the modulus, and from after it to the signature's bits.
        assert_eq!(ours[..109], theirs[..109]);
        assert_eq!(ours[371..398], theirs[371..398]);
        let csr = Csr::from_pem(pem.as_bytes()).unwrap();
        assert_eq!((csr.subject(), csr.public_key()), (&subject, KEY.public_key()));
        csr.verify_possession().unwrap();
    }

    #[test]
    fn what_a_request_asks_for_is_passed_over() {
        let csr = Csr::from_pem(vector!("valid/csr/asks-for-extensions.csr")).unwrap();
        csr.verify_possession().unwrap();
    }

    #[test]
    fn a_changed_request_proves_nothing() {
        let mut der = armor::read(REFERENCE, super::LABEL).unwrap();
        let at = der.windows(10).position(|w| w == b"hospital-a").unwrap();
        der[at + 9] = b'b';
        let pem = armor::write(super::LABEL, &der).unwrap();
        let csr = Csr::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(csr.subject().common_name, "hospital-b");
        assert_eq!(csr.verify_possession().unwrap_err().reason, Reason::SignatureInvalid);
    }

    #[test]
    fn other_keys_are_read_and_named() {
        for (pem, algorithm, reason) in [
            (vector!("invalid/csr/ec-p256.csr").as_slice(), "EC P-256", Reason::KeyNotRsa),
            (vector!("invalid/csr/ed25519.csr"), "Ed25519", Reason::KeyNotRsa),
            (vector!("invalid/csr/rsa-1024.csr"), "RSA-1024", Reason::KeySize),
        ] {
            let csr = Csr::from_pem(pem).unwrap();
            assert_eq!(csr.public_key().algorithm_name(), algorithm);
            assert_eq!(csr.public_key().require_participant_key().unwrap_err().reason, reason);
            assert_eq!(csr.verify_possession().unwrap_err().reason, reason);
        }
    }

    #[test]
    fn other_signatures_and_subjects_are_refused() {
        for pem in [vector!("invalid/csr/sha1.csr").as_slice(), vector!("invalid/csr/pss.csr")] {
            let csr = Csr::from_pem(pem).unwrap();
            assert_eq!(csr.verify_possession().unwrap_err().reason, Reason::SignatureInvalid);
        }
        let extra = Csr::from_pem(vector!("invalid/csr/extra-attribute.csr")).unwrap_err();
        assert_eq!(extra.reason, Reason::SubjectMalformed);
    }

    #[test]
    fn damage_is_refused_without_panic() {
        let der = armor::read(REFERENCE, super::LABEL).unwrap();
        let read = |der: &[u8]| {
            Csr::from_pem(armor::write(super::LABEL, der).unwrap().as_bytes())
                .and_then(|csr| csr.verify_possession())
        };
        for length in 0..der.len() {
            assert!(read(&der[..length]).is_err());
        }
        assert!(read(&[&der[..], &[0]].concat()).is_err());
        for at in 0..der.len() {
            let mut damaged = der.to_vec();
            damaged[at] ^= 0x20;
            assert!(read(&damaged).is_err(), "byte {at}");
        }
    }
}
