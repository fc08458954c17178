//! Altering artifacts as their maker, the holder of a CA's key, or anybody on the way could.

mod denied;
pub mod der;
mod pem;
pub mod renewal;
mod request;
mod signatures;
mod signed;
pub mod x509;
pub mod zip;

pub use denied::DeniedForge;
pub use pem::{pem, unpem};
pub use request::RequestForge;
pub use signatures::Signatures;
pub use signed::{SignedForge, fingerprint};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use flarekit::pki::PrivateKey;

use crate::machine::{PARTICIPANTS, valid, vector};

/// Replaces text that stands there exactly once.
pub fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replace(from, to)
}

/// The project's CA.
pub fn ca_key() -> &'static PrivateKey {
    static KEY: LazyLock<PrivateKey> = LazyLock::new(|| key(&valid("ca/rootCA.key")));
    &KEY
}

/// Another CA of a project of the same name: the one that NVFlare made for the same example.
pub fn other_ca_key() -> &'static PrivateKey {
    static KEY: LazyLock<PrivateKey> =
        LazyLock::new(|| key(&vector("valid/reference-2.9.0/ca/rootCA.key")));
    &KEY
}

pub fn other_root() -> Vec<u8> {
    vector("valid/reference-2.9.0/ca/rootCA.pem")
}

/// A participant's key.
pub fn key_of(name: &str) -> &'static PrivateKey {
    static KEYS: LazyLock<BTreeMap<&str, PrivateKey>> = LazyLock::new(|| {
        let keys = PARTICIPANTS.map(|(name, _)| (name, key(&valid(&format!("{name}/{name}.key")))));
        keys.into()
    });
    &KEYS[name]
}

/// Reading a key checks it, which takes time.
fn key(pem: &[u8]) -> PrivateKey {
    PrivateKey::from_pem(pem, None).unwrap()
}
