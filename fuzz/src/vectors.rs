//! The keys among the test vectors, so that what was mutated can be signed anew.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use flarekit::pki::{PrivateKey, Signer as _};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/flarekit/tests/vectors");

static KEYS: LazyLock<HashMap<String, PrivateKey>> = LazyLock::new(|| {
    let mut keys = HashMap::new();
    collect(Path::new(VECTORS), &mut keys);
    assert!(!keys.is_empty(), "there are no keys in {VECTORS}");
    keys
});

/// The private key whose public half has this SHA-256.
#[must_use]
pub fn signer(public_key_sha256: &str) -> Option<&'static PrivateKey> {
    KEYS.get(public_key_sha256)
}

fn collect(directory: &Path, keys: &mut HashMap<String, PrivateKey>) {
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, keys);
        } else if path.extension().is_some_and(|suffix| suffix == "key")
            && let Ok(key) = PrivateKey::from_pem(&fs::read(&path).unwrap(), None)
        {
            keys.insert(key.public_key().sha256_hex(), key);
        }
    }
}
