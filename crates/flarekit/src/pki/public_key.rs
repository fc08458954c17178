//! Public keys, of which only RSA is used.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use der::Tag;
use x509_cert::spki::AlgorithmIdentifierRef;

use super::asn1::{self, RsaPublicKey, Spki};
use super::signature;
use crate::error::{Defect, Reason};

/// The size of a participant's key: the runtime's cell cipher has fields of 256 bytes.
const PARTICIPANT_BITS: usize = 2048;

/// The sizes of a root's key.
const ROOT_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// The exponent of every participant's key. With one only, a key's encoding stands for its modulus,
/// so the ledger knows a lost key again by its hash: whoever has the private key for one exponent can
/// make the one for any other.
const PARTICIPANT_EXPONENT: u64 = 65537;

/// The smallest exponent of a root's key (NIST SP 800-89 section 5.3.3).
const MIN_ROOT_EXPONENT: u64 = 65537;

/// The key of a request or a certificate.
///
/// A key of another kind than RSA is read too, so that it can be refused by its name.
#[derive(Debug, Clone)]
pub struct PublicKey {
    spki: Vec<u8>,
    /// The bits that the key identifier is taken of; for RSA, an `RSAPublicKey`.
    key: Vec<u8>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// The exponent is `None` when it takes more than 64 bits.
    Rsa {
        bits: usize,
        exponent: Option<u64>,
    },
    Other(String),
}

impl PublicKey {
    /// The DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the DER SubjectPublicKeyInfo, as the artifacts write it.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        super::sha256_hex(&self.spki)
    }

    /// SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1). It names a key and protects
    /// nothing.
    #[must_use]
    pub fn key_identifier(&self) -> [u8; 20] {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.key);
        let mut out = [0; 20];
        for (to, from) in out.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        out
    }

    /// The size of an RSA key in bits, 0 for another kind of key.
    #[must_use]
    pub fn bits(&self) -> usize {
        match self.kind {
            Kind::Rsa { bits, .. } => bits,
            Kind::Other(_) => 0,
        }
    }

    /// The public exponent of an RSA key, if it fits into 64 bits.
    #[must_use]
    pub fn exponent(&self) -> Option<u64> {
        match self.kind {
            Kind::Rsa { exponent, .. } => exponent,
            Kind::Other(_) => None,
        }
    }

    /// Whether this is an RSA key.
    #[must_use]
    pub fn is_rsa(&self) -> bool {
        matches!(self.kind, Kind::Rsa { .. })
    }

    /// The kind of key as people say it: "RSA-2048", "EC P-256", "Ed25519".
    #[must_use]
    pub fn algorithm_name(&self) -> String {
        match &self.kind {
            Kind::Rsa { bits, .. } => format!("RSA-{bits}"),
            Kind::Other(name) => name.clone(),
        }
    }

    /// Checks that the runtime can work with a participant's key.
    ///
    /// # Errors
    /// [`Reason::KeyNotRsa`], [`Reason::KeySize`] or [`Reason::KeyExponent`].
    pub fn require_participant_key(&self) -> Result<(), Defect> {
        if !self.is_rsa() {
            return Err(Defect::new(
                Reason::KeyNotRsa,
                format!("the key is {}, expected RSA-{PARTICIPANT_BITS}", self.algorithm_name()),
            ));
        }
        if self.bits() != PARTICIPANT_BITS {
            return Err(Defect::new(
                Reason::KeySize,
                format!("the key is {}, expected RSA-{PARTICIPANT_BITS}", self.algorithm_name()),
            ));
        }
        if self.exponent() != Some(PARTICIPANT_EXPONENT) {
            return Err(Defect::new(
                Reason::KeyExponent,
                format!(
                    "the key's public exponent is {}, expected {PARTICIPANT_EXPONENT}",
                    self.shown_exponent()
                ),
            ));
        }
        Ok(())
    }

    /// Checks that a root's key is of a kind and size that everyone works with.
    ///
    /// # Errors
    /// [`Reason::RootKeyUnsupported`].
    pub fn require_root_key(&self) -> Result<(), Defect> {
        if !ROOT_BITS.contains(&self.bits()) {
            return Err(Defect::new(
                Reason::RootKeyUnsupported,
                format!(
                    "the root's key is {}, expected RSA of {} to {} bits",
                    self.algorithm_name(),
                    ROOT_BITS.start(),
                    ROOT_BITS.end()
                ),
            ));
        }
        if !self.exponent().is_some_and(|e| e >= MIN_ROOT_EXPONENT && e % 2 == 1) {
            return Err(Defect::new(
                Reason::RootKeyUnsupported,
                format!(
                    "the root's public exponent is {}, expected an odd number from \
                     {MIN_ROOT_EXPONENT} up",
                    self.shown_exponent()
                ),
            ));
        }
        Ok(())
    }

    /// Verifies a signature over content, as [`sign_content`](super::Signer::sign_content) makes
    /// it.
    ///
    /// # Errors
    /// [`Reason::SignatureInvalid`].
    pub fn verify_content(&self, bytes: &[u8], signature: &[u8]) -> Result<(), Defect> {
        signature::verify_content(self, bytes, signature)
    }

    /// Reads a DER SubjectPublicKeyInfo.
    pub(super) fn from_spki(der: &[u8]) -> Result<Self, Defect> {
        let spki: Spki<'_> = asn1::read(der, "public key")?;
        let key = spki.key.as_bytes().ok_or_else(|| {
            Defect::new(Reason::DerMalformed, "the public key is not a whole number of bytes")
        })?;
        let kind = if spki.algorithm.oid == rfc5912::RSA_ENCRYPTION {
            rsa(&spki.algorithm, key)?
        } else {
            Kind::Other(other(&spki.algorithm))
        };
        Ok(Self { spki: der.to_vec(), key: key.to_vec(), kind })
    }

    /// Wraps an `RSAPublicKey`.
    pub(super) fn from_rsa(key: &[u8]) -> Result<Self, Defect> {
        let null = der::asn1::AnyRef::NULL;
        let algorithm =
            AlgorithmIdentifierRef { oid: rfc5912::RSA_ENCRYPTION, parameters: Some(null) };
        let key = der::asn1::BitStringRef::from_bytes(key)
            .map_err(|error| asn1::malformed("public key", error))?;
        Self::from_spki(&asn1::write(&Spki { algorithm, key }, "public key")?)
    }

    /// The `RSAPublicKey` of an RSA key; the bits of any other.
    pub(super) fn key_bytes(&self) -> &[u8] {
        &self.key
    }

    fn shown_exponent(&self) -> String {
        self.exponent().map_or_else(|| "of more than 64 bits".to_owned(), |e| e.to_string())
    }
}

/// Keys are equal when their encodings are: the encoding is canonical.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

fn rsa(algorithm: &AlgorithmIdentifierRef<'_>, key: &[u8]) -> Result<Kind, Defect> {
    // The parameters of rsaEncryption are NULL (RFC 3279 section 2.3.1).
    if algorithm.parameters != Some(der::asn1::AnyRef::NULL) {
        return Err(Defect::new(Reason::DerMalformed, "the RSA key's parameters are not NULL"));
    }
    let RsaPublicKey { modulus, exponent } = asn1::read(key, "RSA key")?;
    let modulus = modulus.as_bytes();
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let exponent = exponent
        .as_bytes()
        .iter()
        .try_fold(0_u64, |sum, byte| Some(sum.checked_mul(256)? + u64::from(*byte)));
    Ok(Kind::Rsa { bits: modulus.len() * 8 - unused, exponent })
}

/// The name of an algorithm other than RSA, for messages.
pub(super) fn other(algorithm: &AlgorithmIdentifierRef<'_>) -> String {
    let known = match algorithm.oid.to_string().as_str() {
        "1.2.840.10045.2.1" => {
            let curve = algorithm
                .parameters
                .filter(|value| der::Tagged::tag(value) == Tag::ObjectIdentifier)
                .and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
            return match curve.map(|oid| oid.to_string()).as_deref() {
                Some("1.2.840.10045.3.1.7") => "EC P-256".into(),
                Some("1.3.132.0.34") => "EC P-384".into(),
                Some("1.3.132.0.35") => "EC P-521".into(),
                Some(oid) => format!("EC on the curve {oid}"),
                None => "EC".into(),
            };
        }
        "1.3.101.110" => "X25519",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        oid => return format!("of the kind {oid}"),
    };
    known.into()
}

#[cfg(test)]
mod tests {
    use super::PublicKey;
    use crate::error::{Defect, Reason};
    use crate::pki::testing::rsa;

    fn reason(result: Result<(), Defect>) -> Option<Reason> {
        result.err().map(|defect| defect.reason)
    }

    #[test]
    fn participants_have_2048_bits_and_the_usual_exponent() {
        let e = [1, 0, 1];
        for (key, expected) in [
            (rsa(2048, &e), None),
            (rsa(2048, &[1, 0, 0, 0, 1]), Some(Reason::KeyExponent)),
            (rsa(2048, &[1, 0, 3]), Some(Reason::KeyExponent)),
            (rsa(1024, &e), Some(Reason::KeySize)),
            (rsa(2047, &e), Some(Reason::KeySize)),
            (rsa(2056, &e), Some(Reason::KeySize)),
            (rsa(4096, &e), Some(Reason::KeySize)),
            (rsa(2048, &[3]), Some(Reason::KeyExponent)),
            (rsa(2048, &[1, 0, 0]), Some(Reason::KeyExponent)),
            (rsa(2048, &[1, 0, 2]), Some(Reason::KeyExponent)),
            (rsa(2048, &[1; 9]), Some(Reason::KeyExponent)),
        ] {
            assert_eq!(reason(key.require_participant_key()), expected, "{key:?}");
        }
        for (exponent, said) in [(&[3][..], "3"), (&[1; 9], "of more than 64 bits")] {
            let message = rsa(2048, exponent).require_participant_key().unwrap_err().message;
            assert_eq!(message, format!("the key's public exponent is {said}, expected 65537"));
        }
    }

    #[test]
    fn roots_have_2048_to_4096_bits() {
        let e = [1, 0, 1];
        for (bits, expected) in
            [(2048, true), (3072, true), (4096, true), (2047, false), (4097, false)]
        {
            assert_eq!(rsa(bits, &e).require_root_key().is_ok(), expected, "{bits}");
        }
        for (exponent, good) in [
            (&[3_u8] as &[u8], false),
            (&[1, 0, 2], false),
            (&[1, 0, 0, 0, 1], true),
            (&[1; 9], false),
        ] {
            let expected = (!good).then_some(Reason::RootKeyUnsupported);
            assert_eq!(reason(rsa(2048, exponent).require_root_key()), expected, "{exponent:?}");
        }
    }

    #[test]
    fn names_the_kind_of_key() {
        assert_eq!(rsa(1024, &[3]).algorithm_name(), "RSA-1024");
        // Ed25519 (RFC 8410 section 4).
        let mut spki = vec![0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0];
        spki.extend([7; 32]);
        let key = PublicKey::from_spki(&spki).unwrap();
        assert_eq!(
            (key.algorithm_name().as_str(), key.bits(), key.exponent()),
            ("Ed25519", 0, None)
        );
        assert_eq!(reason(key.require_participant_key()), Some(Reason::KeyNotRsa));
        assert_eq!(reason(key.require_root_key()), Some(Reason::RootKeyUnsupported));
        assert_eq!(reason(key.verify_content(b"", b"")), Some(Reason::KeyNotRsa));
    }
}
