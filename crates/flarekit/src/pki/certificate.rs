//! X.509 certificates (RFC 5280 section 4.1): reading. What they must be like is in `check`.

use std::collections::HashSet;

use const_oid::db::rfc5280::{ID_CE_BASIC_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::time::Time;

use super::asn1::{self, Signed, Tbs};
use super::signature::{self, Algorithm};
use super::{AltName, DistinguishedName, PublicKey, SerialNumber, armor, extensions};
use crate::error::{Defect, Reason};
use crate::time::Timestamp;

const LABEL: &str = "CERTIFICATE";

/// A certificate that was read. Nothing about it is trusted yet.
#[derive(Debug, Clone)]
pub struct Certificate {
    der: Vec<u8>,
    pub(super) serial: Vec<u8>,
    subject: DistinguishedName,
    not_before: Timestamp,
    not_after: Timestamp,
    public_key: PublicKey,
    alt_names: Vec<AltName>,
    is_ca: bool,
    // What `check` needs.
    pub(super) version: u8,
    pub(super) issuer_der: Vec<u8>,
    pub(super) subject_der: Vec<u8>,
    pub(super) has_unique_ids: bool,
    pub(super) extensions: Vec<Extension>,
    pub(super) tbs: Vec<u8>,
    pub(super) algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
}

impl Certificate {
    /// Reads one PEM certificate and nothing else.
    ///
    /// # Errors
    /// [`Reason::PemMalformed`], [`Reason::PemLabel`], and those of [`from_der`](Self::from_der).
    pub fn from_pem(pem: &[u8]) -> Result<Self, Defect> {
        super::refuse_large(pem)?;
        Self::from_der(&armor::read(pem, LABEL)?)
    }

    /// Reads one DER certificate and nothing else.
    ///
    /// # Errors
    /// [`Reason::FileTooLarge`], [`Reason::DerMalformed`], [`Reason::SubjectMalformed`];
    /// [`Reason::CertificateProfile`] for an extension that stands twice.
    pub fn from_der(der: &[u8]) -> Result<Self, Defect> {
        super::refuse_large(der)?;
        let signed: Signed<'_> = asn1::read(der, "certificate")?;
        let body = asn1::write(&signed.body, "certificate")?;
        let tbs: Tbs<'_> = asn1::read(&body, "certificate")?;
        if tbs.algorithm != signed.algorithm {
            return Err(Defect::new(
                Reason::DerMalformed,
                "the certificate names two different signature algorithms",
            ));
        }
        let subject_der = asn1::write(&tbs.subject, "subject")?;
        let extensions = tbs.extensions.unwrap_or_default();
        refuse_duplicates(&extensions)?;
        Ok(Self {
            der: der.to_vec(),
            serial: positive(tbs.serial.as_bytes())?,
            subject: DistinguishedName::from_der(&subject_der)?,
            not_before: timestamp(tbs.validity.not_before, "certificate")?,
            not_after: timestamp(tbs.validity.not_after, "certificate")?,
            public_key: PublicKey::from_spki(&asn1::write(&tbs.public_key, "public key")?)?,
            alt_names: find(&extensions, ID_CE_SUBJECT_ALT_NAME)
                .map(|extension| extensions::alt_names(extension.extn_value.as_bytes()))
                .transpose()?
                .unwrap_or_default(),
            is_ca: is_ca(&extensions)?,
            version: tbs.version,
            issuer_der: asn1::write(&tbs.issuer, "issuer")?,
            subject_der,
            has_unique_ids: tbs.issuer_id.is_some() || tbs.subject_id.is_some(),
            extensions,
            algorithm: Algorithm::read(&signed.algorithm),
            signature: signature::bytes(&signed.signature)?,
            tbs: body,
        })
    }

    /// The DER encoding.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The PEM encoding: 64 columns, line feeds, as the reference writes it.
    ///
    /// # Errors
    /// [`Reason::PemMalformed`] when the text would exceed the address space.
    pub fn to_pem(&self) -> Result<String, Defect> {
        Ok(std::mem::take(&mut *armor::write(LABEL, &self.der)?))
    }

    /// The SHA-256 digest of the DER encoding: the fingerprint.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        super::sha256(&self.der)
    }

    /// Whom the certificate names.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// Who the certificate says issued it.
    ///
    /// # Errors
    /// [`Reason::SubjectMalformed`] for a name of another shape than those of this workflow.
    pub fn issuer(&self) -> Result<DistinguishedName, Defect> {
        DistinguishedName::from_der(&self.issuer_der)
    }

    /// The serial number as the artifacts write it: `0x…` without padding.
    #[must_use]
    pub fn serial(&self) -> String {
        super::issue::serial_text(&self.serial)
    }

    /// The serial number.
    #[must_use]
    pub fn serial_number(&self) -> SerialNumber {
        SerialNumber::from_bytes(&self.serial)
    }

    /// The first second of validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second of validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The certified key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The DNS names and addresses. Names of other kinds are not here, and
    /// [`verify_leaf_profile`](Self::verify_leaf_profile) refuses them.
    #[must_use]
    pub fn alt_names(&self) -> &[AltName] {
        &self.alt_names
    }

    /// Whether the certificate says that it is a CA's.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }
}

/// Certificates are equal when their bytes are.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

/// The extension of a kind.
pub(super) fn find(
    extensions: &[Extension],
    kind: const_oid::ObjectIdentifier,
) -> Option<&Extension> {
    extensions.iter().find(|extension| extension.extn_id == kind)
}

fn refuse_duplicates(extensions: &[Extension]) -> Result<(), Defect> {
    let mut seen = HashSet::new();
    match extensions.iter().find(|extension| !seen.insert(extension.extn_id)) {
        None => Ok(()),
        Some(twice) => Err(Defect::new(
            Reason::CertificateProfile,
            format!("the certificate has the extension {} twice", extensions::label(twice.extn_id)),
        )),
    }
}

fn is_ca(extensions: &[Extension]) -> Result<bool, Defect> {
    let Some(extension) = find(extensions, ID_CE_BASIC_CONSTRAINTS) else { return Ok(false) };
    let constraints: BasicConstraints =
        asn1::read(extension.extn_value.as_bytes(), "basicConstraints")?;
    Ok(constraints.ca)
}

/// The digits of a serial number, without the zero byte that keeps an ASN.1 integer positive.
fn positive(bytes: &[u8]) -> Result<Vec<u8>, Defect> {
    match bytes {
        [first, ..] if *first >= 0x80 => {
            Err(Defect::new(Reason::DerMalformed, "the certificate's serial number is negative"))
        }
        [0, rest @ ..] => Ok(rest.to_vec()),
        all => Ok(all.to_vec()),
    }
}

/// A date has one form: GeneralizedTime from 2050 on, UTCTime before (RFC 5280 section 4.1.2.5).
pub(super) fn timestamp(time: Time, what: &str) -> Result<Timestamp, Defect> {
    if matches!(time, Time::GeneralTime(_)) && time.to_date_time().year() < 2050 {
        return Err(Defect::new(
            Reason::DerMalformed,
            format!("the {what} has a date before 2050 as GeneralizedTime"),
        ));
    }
    Ok(Timestamp::from_unix(time.to_unix_duration().as_secs()))
}

#[cfg(test)]
mod tests {
    use super::Certificate;
    use crate::error::Reason;
    use crate::pki::testing::{REFERENCE_ROOT, REFERENCE_SITE, name, vector};
    use crate::pki::{FILE_LIMIT, armor, sha256_hex};

    #[test]
    fn it_is_not_larger_than_a_file_with_one() {
        let most = usize::try_from(FILE_LIMIT).unwrap();
        let mut pem = REFERENCE_SITE.to_vec();
        pem.resize(most, b'\n');
        assert!(Certificate::from_pem(&pem).is_ok());
        pem.push(b'\n');
        let defect = Certificate::from_pem(&pem).unwrap_err();
        assert_eq!(defect.reason, Reason::FileTooLarge);
        assert_eq!(defect.message, "has 65537 bytes, more than the limit of 65536");
        for (length, reason) in [(most, Reason::DerMalformed), (most + 1, Reason::FileTooLarge)] {
            let defect = Certificate::from_der(&vec![0x30; length]).unwrap_err();
            assert_eq!(defect.reason, reason, "{length}");
        }
    }

    #[test]
    fn reads_the_reference() {
        let site = Certificate::from_pem(REFERENCE_SITE).unwrap();
        let expected = name("hospital-a", Some("hospital_alpha"), Some("client"));
        assert_eq!(site.subject(), &expected);
        assert_eq!(site.serial(), "0x3bf8cd9eb01a3aaea603986ff2af35916e474428");
        assert_eq!(site.not_before().to_string(), "2026-11-23T06:48:53Z");
        assert_eq!(site.not_after().to_string(), "2029-11-22T06:48:53Z");
        assert_eq!(site.alt_names()[0].to_string(), "DNS:hospital-a");
        assert!(!site.is_ca());
        assert_eq!(site.to_pem().unwrap().as_bytes(), REFERENCE_SITE);

        let root = Certificate::from_pem(REFERENCE_ROOT).unwrap();
        assert!(root.is_ca());
        assert_eq!(root.subject(), &name("hospital_federation", None, None));
        assert_eq!(root.to_pem().unwrap().as_bytes(), REFERENCE_ROOT);
        assert_eq!(crate::encoding::hex(&root.sha256()), sha256_hex(root.der()));
        // As signed.json of the reference names it.
        let fingerprint: String =
            root.sha256().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        let signed = std::str::from_utf8(vector!("valid/reference-2.9.0/signed.json")).unwrap();
        assert!(signed.contains(&fingerprint));
        assert!(signed.contains(&site.public_key().sha256_hex()));
        assert_eq!(site.public_key().sha256_hex(), sha256_hex(site.public_key().spki_der()));
        assert_eq!(site, Certificate::from_pem(REFERENCE_SITE).unwrap());
        assert_ne!(site, root);
    }

    #[test]
    fn other_files_are_refused() {
        let key = vector!("valid/keys/rsa-2048.pkcs8.pem");
        assert_eq!(Certificate::from_pem(key).unwrap_err().reason, Reason::PemLabel);
        let two = [REFERENCE_ROOT, REFERENCE_SITE].concat();
        assert_eq!(Certificate::from_pem(&two).unwrap_err().reason, Reason::PemMalformed);
        let mut longer = armor::read(REFERENCE_ROOT, super::LABEL).unwrap().to_vec();
        longer.push(0);
        assert_eq!(Certificate::from_der(&longer).unwrap_err().reason, Reason::DerMalformed);
    }

    #[test]
    fn damage_is_refused_without_panic() {
        let root = Certificate::from_pem(REFERENCE_ROOT).unwrap();
        let der = armor::read(REFERENCE_SITE, super::LABEL).unwrap();
        let read = |der: &[u8]| Certificate::from_der(der).and_then(|c| c.verify_issued_by(&root));
        read(&der).unwrap();
        for length in 0..der.len() {
            assert!(read(&der[..length]).is_err());
        }
        for at in 0..der.len() {
            let mut damaged = der.to_vec();
            damaged[at] ^= 0x20;
            assert!(read(&damaged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn serial_numbers_are_positive() {
        assert_eq!(super::positive(&[0, 0x80]).unwrap(), [0x80]);
        assert_eq!(super::positive(&[0x7f]).unwrap(), [0x7f]);
        assert_eq!(super::positive(&[0x80]).unwrap_err().reason, Reason::DerMalformed);
    }
}
