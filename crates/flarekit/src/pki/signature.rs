//! The signatures that are verified, and the identifiers that certificates name them by.

use aws_lc_rs::signature::{
    self, RsaParameters, RsaPssSaltLength, UnparsedPublicKey, VerificationAlgorithm,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use der::asn1::{AnyRef, BitStringRef};
use x509_cert::spki::AlgorithmIdentifierRef;

use super::PublicKey;
use super::asn1::{self, Signed};
use crate::error::{Defect, Reason};

/// The longest salt that fits: the reference's verifier insists on it.
static CONTENT: RsaParameters =
    signature::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);

/// How a certificate or a request is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha256WithRsa,
    Sha384WithRsa,
    Sha512WithRsa,
    /// Any other, which is read but never verified.
    Other(ObjectIdentifier),
}

impl Algorithm {
    /// What we sign certificates and requests with.
    pub(super) const OURS: AlgorithmIdentifierRef<'static> = AlgorithmIdentifierRef {
        oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
        // NULL must be there (RFC 4055 section 5).
        parameters: Some(AnyRef::NULL),
    };

    pub(super) fn read(identifier: &AlgorithmIdentifierRef<'_>) -> Self {
        if identifier.parameters != Some(AnyRef::NULL) {
            return Self::Other(identifier.oid);
        }
        match identifier.oid {
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION => Self::Sha256WithRsa,
            rfc5912::SHA_384_WITH_RSA_ENCRYPTION => Self::Sha384WithRsa,
            rfc5912::SHA_512_WITH_RSA_ENCRYPTION => Self::Sha512WithRsa,
            other => Self::Other(other),
        }
    }
}

/// Verifies the signature of a certificate or a request.
pub(super) fn verify(
    key: &PublicKey,
    algorithm: &Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Defect> {
    // First, so that an EC request is refused for its key rather than for its signature.
    require_verifiable(key)?;
    let algorithm = match algorithm {
        Algorithm::Sha256WithRsa => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Sha384WithRsa => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Sha512WithRsa => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Other(oid) => {
            return Err(Defect::new(
                Reason::SignatureInvalid,
                format!("the signature is of the kind {oid}, expected sha256WithRSAEncryption"),
            ));
        }
    };
    verify_with(key, algorithm, message, signature)
}

/// Verifies the signature of a content.
pub(super) fn verify_content(
    key: &PublicKey,
    content: &[u8],
    signature: &[u8],
) -> Result<(), Defect> {
    require_verifiable(key)?;
    verify_with(key, &CONTENT, content, signature)
}

/// Puts a body and its signature together.
pub(super) fn seal(body: &[u8], signature: &[u8]) -> Result<Vec<u8>, Defect> {
    let signed = Signed {
        body: asn1::opaque(body, "signed content")?,
        algorithm: Algorithm::OURS,
        signature: BitStringRef::from_bytes(signature)
            .map_err(|error| asn1::malformed("signature", error))?,
    };
    asn1::write(&signed, "signed content")
}

/// The bytes of a signature.
pub(super) fn bytes(signature: &BitStringRef<'_>) -> Result<Vec<u8>, Defect> {
    signature.as_bytes().map(<[u8]>::to_vec).ok_or_else(|| {
        Defect::new(Reason::DerMalformed, "the signature is not a whole number of bytes")
    })
}

fn require_verifiable(key: &PublicKey) -> Result<(), Defect> {
    let reason = match key.bits() {
        _ if !key.is_rsa() => Reason::KeyNotRsa,
        2048..=8192 => return Ok(()),
        _ => Reason::KeySize,
    };
    Err(Defect::new(
        reason,
        format!("the key is {}, expected RSA of 2048 to 8192 bits", key.algorithm_name()),
    ))
}

fn verify_with(
    key: &PublicKey,
    algorithm: &'static dyn VerificationAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Defect> {
    UnparsedPublicKey::new(algorithm, key.key_bytes()).verify(message, signature).map_err(|_| {
        Defect::new(
            Reason::SignatureInvalid,
            format!("the signature does not verify with the {} key", key.algorithm_name()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, verify};
    use crate::error::Reason;
    use crate::pki::testing::{KEY, REFERENCE_ROOT, vector};
    use crate::pki::{Certificate, Signer, decode_base64};

    #[test]
    fn the_reference_signed_its_metadata() {
        let root = Certificate::from_pem(REFERENCE_ROOT).unwrap();
        let json = vector!("valid/reference-2.9.0/signed.json");
        let signature = decode_base64(vector!("valid/reference-2.9.0/signed.json.sig")).unwrap();
        root.public_key().verify_content(json, &signature).unwrap();
        let altered = root.public_key().verify_content(&json[1..], &signature).unwrap_err();
        assert_eq!(altered.reason, Reason::SignatureInvalid);
    }

    #[test]
    fn the_two_kinds_of_signature_are_not_interchangeable() {
        let key = KEY.public_key();
        let content = KEY.sign_content(b"content").unwrap();
        let certificate = KEY.sign_certificate(b"content").unwrap();
        key.verify_content(b"content", &content).unwrap();
        verify(key, &Algorithm::Sha256WithRsa, b"content", &certificate).unwrap();
        for result in [
            key.verify_content(b"content", &certificate),
            verify(key, &Algorithm::Sha256WithRsa, b"content", &content),
            key.verify_content(b"content", &[]),
            key.verify_content(b"content", &[0xff; 256]),
            key.verify_content(b"Content", &content),
        ] {
            assert_eq!(result.unwrap_err().reason, Reason::SignatureInvalid);
        }
    }

    #[test]
    fn the_salt_has_the_longest_length() {
        use aws_lc_rs::rsa::KeyPair;
        use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};

        let pkcs8 =
            crate::pki::armor::read(vector!("valid/keys/rsa-2048.pkcs8.pem"), "PRIVATE KEY");
        let pair = KeyPair::from_pkcs8(&pkcs8.unwrap()).unwrap();
        let mut short_salt = vec![0; 256];
        let random = aws_lc_rs::rand::SystemRandom::new();
        pair.sign(&RSA_PSS_SHA256, &random, b"content", &mut short_salt).unwrap();
        let key = crate::pki::PublicKey::from_rsa(pair.public_key().as_ref()).unwrap();
        let refused = key.verify_content(b"content", &short_salt).unwrap_err();
        assert_eq!(refused.reason, Reason::SignatureInvalid);
    }
}
