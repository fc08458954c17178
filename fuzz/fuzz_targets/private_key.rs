//! Private keys: what is read can be written and used, and nothing of it is told.
#![no_main]

use flarekit::pki::{PrivateKey, Signer};
use flarekit_fuzz::{accepted, mutate, pem};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// That of the encrypted keys among the vectors.
const PASSPHRASE: &[u8] = b"correct";

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, |data, dice| pem::change(data, None, dice))
});

fuzz_target!(|data: &[u8]| {
    let Some(key) = accepted(PrivateKey::from_pem(data, Some(PASSPHRASE)), data) else { return };
    if let Some(plain) = accepted(PrivateKey::from_pem(data, None), data) {
        assert_eq!(plain.public_key(), key.public_key());
    }
    assert!((2048..=8192).contains(&key.public_key().bits()));
    let written = key.to_pem().unwrap();
    let again = PrivateKey::from_pem(written.as_bytes(), None).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    let body = written.lines().nth(1).unwrap_or_default();
    assert!(!format!("{key:?}").contains(body));
    let signature = key.sign_content(b"content").unwrap();
    key.public_key().verify_content(b"content", &signature).unwrap();
});
