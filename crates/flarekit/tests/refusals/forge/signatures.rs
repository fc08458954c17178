//! Signatures that stay as they are.
//!
//! RSASSA-PSS is salted, so a second run of the generator would make other signatures. One that
//! the committed vector already has over the same content, by the same key, is used again.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair, UnparsedPublicKey};
use flarekit::pki::{PrivateKey, Signer as _, decode_base64, encode_base64};

use super::unpem;

/// Base64 of a signature by RSA-2048.
const LENGTH: usize = 344;

/// Signatures that are at hand.
pub struct Signatures(Vec<Vec<u8>>);

impl Signatures {
    /// Those in a valid archive's member and in a committed vector.
    pub fn known(valid: &[u8], committed: &[u8]) -> Self {
        Self([found(valid), found(committed)].concat())
    }

    /// Base64 of a signature over the content, as `signed.json.sig` has it.
    pub fn sign(&self, key: &PrivateKey, content: &[u8]) -> String {
        let known = self.0.iter().find(|s| key.public_key().verify_content(content, s).is_ok());
        let signature = known.cloned().unwrap_or_else(|| key.sign_content(content).unwrap());
        encode_base64(&signature).unwrap()
    }

    /// The same with a salt as long as the digest, as most programs choose it.
    pub fn sign_with_short_salt(&self, key: &PrivateKey, content: &[u8]) -> String {
        let pem = key.to_pem().unwrap();
        let pair = RsaKeyPair::from_der(&unpem(pem.as_bytes()).encode()).unwrap();
        let public = UnparsedPublicKey::new(
            &signature::RSA_PSS_2048_8192_SHA256,
            pair.public_key().as_ref(),
        );
        let known = self.0.iter().find(|signature| public.verify(content, signature).is_ok());
        let signature = known.cloned().unwrap_or_else(|| {
            let mut signature = vec![0; pair.public_modulus_len()];
            let random = SystemRandom::new();
            pair.sign(&signature::RSA_PSS_SHA256, &random, content, &mut signature).unwrap();
            signature
        });
        encode_base64(&signature).unwrap()
    }
}

/// Everything that could be a signature: it is the only base64 that ends in `==` and is so long.
fn found(bytes: &[u8]) -> Vec<Vec<u8>> {
    let runs = bytes.windows(LENGTH).filter(|run| run.ends_with(b"=="));
    runs.filter_map(|run| decode_base64(run).ok()).collect()
}
