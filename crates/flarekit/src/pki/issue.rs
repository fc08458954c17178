//! Making certificates. Their fields come from the approved identity; the issuer is the root's
//! subject byte for byte, so chains hold under every root.

use std::fmt;

use der::DateTime;
use der::asn1::IntRef;
use x509_cert::ext::Extension;
use x509_cert::time::{Time, Validity as X509Validity};

use super::asn1::{self, Tbs};
use super::signature::{self, Algorithm};
use super::{AltName, Certificate, DistinguishedName, LeafProfile, PublicKey, Signer, extensions};
use crate::encoding::hex;
use crate::error::{Defect, Reason};
use crate::time::Timestamp;

/// A certificate's serial number: positive and of at most 159 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serial([u8; 20]);

impl Serial {
    /// Draws a serial number: 20 random bytes shifted right by one bit, so that it is positive and
    /// fits into 20 bytes (RFC 5280 section 4.1.2.2).
    ///
    /// # Errors
    /// [`Reason::CryptoFailed`].
    pub fn random() -> Result<Self, Defect> {
        let mut bytes: [u8; 20] = super::random_bytes()?;
        let mut carry = 0;
        for byte in &mut bytes {
            let low = *byte & 1;
            *byte = (*byte >> 1) | (carry << 7);
            carry = low;
        }
        Ok(Self(bytes))
    }

    /// The bytes without those that DER does not write: zeros before a byte that is positive.
    fn shortest(&self) -> &[u8] {
        let mut bytes = self.0.as_slice();
        while let [0, rest @ ..] = bytes
            && rest.first().is_some_and(|next| *next < 0x80)
        {
            bytes = rest;
        }
        bytes
    }
}

/// `0x…` without padding.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serial_text(&self.0))
    }
}

/// The time in which a certificate is valid, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: Timestamp,
    /// The last second.
    pub not_after: Timestamp,
}

/// Makes a root certificate, signed by its own key.
///
/// # Errors
/// [`Reason::SubjectMalformed`], [`Reason::CertificateProfile`], [`Reason::RootKeyUnsupported`],
/// [`Reason::CryptoFailed`].
pub fn issue_root(
    key: &dyn Signer,
    subject: &DistinguishedName,
    alt_name: &AltName,
    validity: Validity,
    serial: Serial,
) -> Result<Certificate, Defect> {
    let subject = subject.to_der()?;
    let extensions = extensions::root(key.public_key().key_identifier(), alt_name)?;
    let root = sign(key, &subject, &subject, key.public_key(), validity, serial, extensions)?;
    root.verify_root()?;
    Ok(root)
}

/// Makes a participant's certificate and verifies it under the root.
///
/// # Errors
/// [`Reason::SubjectMalformed`], [`Reason::CertificateProfile`], [`Reason::CryptoFailed`];
/// [`Reason::SignatureInvalid`] when the signer's key is not the root's.
#[expect(clippy::too_many_arguments, reason = "these are the fields of a certificate")]
pub fn issue_leaf(
    root: &Certificate,
    signer: &dyn Signer,
    subject: &DistinguishedName,
    key: &PublicKey,
    profile: LeafProfile,
    alt_names: &[AltName],
    validity: Validity,
    serial: Serial,
) -> Result<Certificate, Defect> {
    if signer.public_key() != root.public_key() {
        return Err(Defect::new(
            Reason::SignatureInvalid,
            "the signing key does not belong to the root certificate",
        ));
    }
    let subject = subject.to_der()?;
    let authority = root.public_key().key_identifier();
    let extensions = extensions::leaf(profile, key.key_identifier(), authority, alt_names)?;
    let leaf = sign(signer, &root.subject_der, &subject, key, validity, serial, extensions)?;
    leaf.verify_issued_by(root)?;
    leaf.verify_leaf_profile(profile)?;
    Ok(leaf)
}

/// `0x` and the digits of a number without leading zeros.
pub(super) fn serial_text(bytes: &[u8]) -> String {
    let digits = hex(bytes);
    match digits.trim_start_matches('0') {
        "" => "0x0".into(),
        digits => format!("0x{digits}"),
    }
}

pub(super) fn sign(
    signer: &dyn Signer,
    issuer: &[u8],
    subject: &[u8],
    key: &PublicKey,
    validity: Validity,
    serial: Serial,
    extensions: Vec<Extension>,
) -> Result<Certificate, Defect> {
    let tbs = Tbs {
        version: 2,
        serial: IntRef::new(serial.shortest()).map_err(|e| asn1::malformed("serial number", e))?,
        algorithm: Algorithm::OURS,
        issuer: asn1::opaque(issuer, "issuer")?,
        validity: X509Validity::new(time(validity.not_before)?, time(validity.not_after)?),
        subject: asn1::opaque(subject, "subject")?,
        public_key: asn1::opaque(key.spki_der(), "public key")?,
        issuer_id: None,
        subject_id: None,
        extensions: Some(extensions),
    };
    let tbs = asn1::write(&tbs, "certificate")?;
    Certificate::from_der(&signature::seal(&tbs, &signer.sign_certificate(&tbs)?)?)
}

/// UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5).
pub(super) fn time(timestamp: Timestamp) -> Result<Time, Defect> {
    let date: DateTime = timestamp.to_der().map_err(|e| asn1::malformed("validity", e))?;
    Ok(Time::from(date))
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
    use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

    use super::{Serial, Validity, issue_leaf, issue_root, serial_text};
    use crate::error::Reason;
    use crate::pki::testing::{
        KEY, Liar, NOW, REFERENCE_ROOT, REFERENCE_SITE, ROOT, name, validity,
    };
    use crate::pki::{AltName, Certificate, LeafProfile, PrivateKey, Signer};
    use crate::time::Timestamp;

    fn dns(name: &str) -> AltName {
        AltName::Dns(name.into())
    }

    fn issue(profile: LeafProfile, names: &[AltName], validity: Validity) -> Certificate {
        let key = PrivateKey::generate().unwrap();
        let subject = name("server1.example.org", Some("o"), Some("server"));
        let serial = Serial::random().unwrap();
        let key = key.public_key();
        issue_leaf(&ROOT, &*KEY, &subject, key, profile, names, validity, serial).unwrap()
    }

    /// Judges a chain with the library that TLS peers written in Rust use.
    fn judge(root: &Certificate, leaf: &Certificate, usage: KeyUsage) -> Result<(), webpki::Error> {
        let root = CertificateDer::from(root.der());
        let leaf = CertificateDer::from(leaf.der());
        let anchors = [anchor_from_trusted_cert(&root)?];
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(NOW));
        let algorithms = [webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256];
        EndEntityCert::try_from(&leaf)?
            .verify_for_usage(&algorithms, &anchors, &[], now, usage, None, None)
            .map(|_| ())
    }

    #[test]
    fn others_accept_what_we_issue_and_what_the_reference_issued() {
        let names = [dns("server1.example.org"), AltName::Ip("192.0.2.1".parse().unwrap())];
        let site = issue(LeafProfile::ClientServer, &names, validity());
        let user = issue(LeafProfile::User, &[dns("alice@example.org")], validity());
        judge(&ROOT, &site, KeyUsage::server_auth()).unwrap();
        judge(&ROOT, &site, KeyUsage::client_auth()).unwrap();
        judge(&ROOT, &user, KeyUsage::client_auth()).unwrap();
        judge(&ROOT, &user, KeyUsage::server_auth()).unwrap_err();

        let der = CertificateDer::from(site.der());
        let end = EndEntityCert::try_from(&der).unwrap();
        for host in ["server1.example.org", "192.0.2.1"] {
            end.verify_is_valid_for_subject_name(&ServerName::try_from(host).unwrap()).unwrap();
        }
        let other = ServerName::try_from("server2.example.org").unwrap();
        end.verify_is_valid_for_subject_name(&other).unwrap_err();

        let root = Certificate::from_pem(REFERENCE_ROOT).unwrap();
        let site = Certificate::from_pem(REFERENCE_SITE).unwrap();
        judge(&root, &site, KeyUsage::server_auth()).unwrap();
    }

    /// The same fields give the same bytes as the reference, but for serial, key and times.
    #[test]
    fn differs_from_the_reference_only_where_it_must() {
        let reference = Certificate::from_pem(REFERENCE_ROOT).unwrap();
        let subject = name("hospital_federation", None, None);
        let validity =
            Validity { not_before: reference.not_before(), not_after: reference.not_after() };
        let mut serial = [0; 20];
        serial.copy_from_slice(&reference.der()[15..35]);
        let alt_name = dns("hospital_federation");
        let ours = issue_root(&*KEY, &subject, &alt_name, validity, Serial(serial)).unwrap();
        let blank = |certificate: &Certificate| {
            let mut bytes = certificate.der().to_vec();
            let key = certificate.public_key();
            for hidden in [key.spki_der(), &key.key_identifier(), &certificate.signature] {
                while let Some(at) = bytes.windows(hidden.len()).position(|window| window == hidden)
                {
                    bytes[at..at + hidden.len()].fill(0);
                }
            }
            bytes
        };
        assert_eq!(blank(&ours), blank(&reference));
    }

    #[test]
    fn the_issuer_is_the_subject_of_the_root() {
        let leaf = issue(LeafProfile::User, &[dns("a")], validity());
        assert_eq!(leaf.issuer_der, ROOT.subject_der);
        assert_eq!(ROOT.subject().organization.as_deref(), Some("central"));
    }

    #[test]
    fn times_from_2050_on_are_generalized() {
        let late = Timestamp::from_unix(2_524_607_999);
        for (not_after, tag) in [(late, 0x17), (late.plus_days(1).unwrap(), 0x18)] {
            let validity = Validity { not_before: Timestamp::from_unix(NOW), not_after };
            let leaf = issue(LeafProfile::User, &[dns("a")], validity);
            let text = not_after.to_string().replace(['-', ':', 'T'], "");
            let text = if tag == 0x17 { &text[2..] } else { &text };
            let mut expected = vec![tag, u8::try_from(text.len()).unwrap()];
            expected.extend(text.as_bytes());
            assert!(leaf.der().windows(expected.len()).any(|window| window == expected));
            assert_eq!((leaf.not_before(), leaf.not_after()), (validity.not_before, not_after));
        }
        let last = Timestamp::from_unix(u64::MAX);
        let validity = Validity { not_before: last, not_after: last };
        assert_eq!(issue(LeafProfile::User, &[dns("a")], validity).not_after(), last);
    }

    #[test]
    fn the_signer_must_be_the_root() {
        let subject = name("a", None, None);
        let other = PrivateKey::generate().unwrap();
        for signer in [&other as &dyn Signer, &Liar] {
            let refused = issue_leaf(
                &ROOT,
                signer,
                &subject,
                other.public_key(),
                LeafProfile::User,
                &[dns("a")],
                validity(),
                Serial::random().unwrap(),
            );
            assert_eq!(refused.unwrap_err().reason, Reason::SignatureInvalid);
        }
    }

    #[test]
    fn serial_numbers_have_no_padding() {
        assert_eq!(serial_text(&[0, 0x0a, 0xbc]), "0xabc");
        assert_eq!(serial_text(&[0, 0]), "0x0");
        for head in [[0, 0, 0x12], [0, 0, 0x92], [0, 0x80, 1], [0x7f, 0xff, 1]] {
            let mut bytes = [7; 20];
            bytes[..3].copy_from_slice(&head);
            let serial = Serial(bytes);
            let subject = name("a", None, None);
            let root = issue_root(&*KEY, &subject, &dns("a"), validity(), serial).unwrap();
            assert_eq!(root.serial(), serial.to_string());
        }
    }

    /// In a hundred numbers every bit but the first is set once and not set once: the chance that one
    /// is not is below 2^-90.
    #[test]
    fn serial_numbers_have_159_random_bits() {
        let (mut ever, mut always) = ([0; 20], [0xff; 20]);
        for _ in 0..100 {
            for (at, byte) in Serial::random().unwrap().0.into_iter().enumerate() {
                ever[at] |= byte;
                always[at] &= byte;
            }
        }
        let mut all = [0xff; 20];
        all[0] = 0x7f;
        assert_eq!((ever, always), (all, [0; 20]));
    }
}
