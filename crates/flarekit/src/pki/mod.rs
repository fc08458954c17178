//! Keys, certificate signing requests, certificates and signatures.
//!
//! The only room that knows the crypto crates. It works on bytes: where they come from and what
//! they are for (archives, definitions, files) is not its business. A defect here states what was
//! found and what was expected; the stage that knows the file puts its name before it.
//!
//! What is read is held to DER (one encoding for one value), so bytes that are hashed, signed and
//! parsed mean one thing. What is issued is built from the approved identity; from a request, only
//! the public key is taken.

mod armor;
mod asn1;
mod certificate;
mod check;
mod crl;
mod csr;
mod extensions;
mod issue;
mod name;
mod private_key;
mod public_key;
mod serial;
mod signature;
#[cfg(test)]
pub(crate) mod testing;

pub use armor::{decode_base64, encode_base64};
pub use certificate::Certificate;
pub use crl::{CRL_LIMIT, Crl, ListContent, RevocationReason, Revoked, crl_to_pem, issue_crl};
pub use csr::Csr;
pub use extensions::{AltName, LeafProfile};
pub use issue::{Serial, Validity, issue_leaf, issue_root};
pub use name::DistinguishedName;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use serial::SerialNumber;

use aws_lc_rs::{digest, rand};

use crate::encoding::hex;
use crate::error::{Defect, Reason};

/// Something that signs with an RSA key: a key in memory, or later one in a security module.
pub trait Signer {
    /// The key that verifies what this signer signs.
    fn public_key(&self) -> &PublicKey;

    /// Signs a certificate or a request: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2).
    ///
    /// # Errors
    /// [`Reason::CryptoFailed`] when the signer refuses.
    fn sign_certificate(&self, tbs: &[u8]) -> Result<Vec<u8>, Defect>;

    /// Signs content: RSASSA-PSS with SHA-256, MGF1 with SHA-256 and the longest salt that fits
    /// (RFC 8017 section 8.1), because some verifiers insist on that length.
    ///
    /// # Errors
    /// [`Reason::CryptoFailed`] when the signer refuses.
    fn sign_content(&self, bytes: &[u8]) -> Result<Vec<u8>, Defect>;
}

/// Largest file with one key or certificate, in bytes. An RSA-4096 key in PEM has about 3,300.
pub const FILE_LIMIT: u64 = 64 * 1024;

/// Refuses a certificate, or a request for one, that is larger than its file may be, wherever it came
/// from: in a zip, a member may be larger.
fn refuse_large(bytes: &[u8]) -> Result<(), Defect> {
    let found = bytes.len() as u64;
    if found <= FILE_LIMIT {
        return Ok(());
    }
    let message = format!("has {found} bytes, more than the limit of {FILE_LIMIT}");
    Err(Defect::new(Reason::FileTooLarge, message))
}

/// Whether a file begins like a certificate or a revocation list in DER: with a SEQUENCE that is too
/// long for a length of one byte (X.690 section 8.1.3). A text may begin with the first of the two
/// bytes, which is the digit 0.
pub(crate) fn begins_like_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x80..=0x84, ..])
}

/// The SHA-256 digest in lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Bytes from the system's source of randomness.
///
/// # Errors
/// [`Reason::CryptoFailed`] when the system gives none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Defect> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes)
        .map_err(|_| Defect::new(Reason::CryptoFailed, "the system gave no random bytes"))?;
    Ok(bytes)
}

/// The SHA-256 digest.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(&digest::digest(&digest::SHA256, bytes))
}

/// The SHA-256 digest of bytes that come a piece at a time.
pub(crate) struct Sha256(digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Sha256 {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        array(&self.0.finish())
    }
}

fn array(digest: &digest::Digest) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Sha256, random_bytes, sha256, sha256_hex};

    #[test]
    fn hashes_in_lower_case_hex() {
        // FIPS 180-2 appendix B.1.
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut digest = Sha256::default();
        for piece in [b"a".as_slice(), b"", b"bc"] {
            digest.update(piece);
        }
        assert_eq!(digest.finish(), sha256(b"abc"));
    }

    #[test]
    fn random_bytes_differ() {
        assert_ne!(random_bytes::<16>().unwrap(), random_bytes::<16>().unwrap());
    }
}
