//! Private keys never travel: how they are recognised.

use memchr::memmem;

/// Whether the bytes hold the first line of a private key in PEM, of whatever kind (PKCS#1, PKCS#8,
/// encrypted, EC, OpenSSH, PGP): `-----BEGIN`, and `PRIVATE KEY` in the same line.
#[must_use]
pub fn contains_private_key(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const KEY: &[u8] = b"PRIVATE KEY";
    memmem::find_iter(bytes, BEGIN).any(|at| {
        let rest = bytes.get(at + BEGIN.len()..).unwrap_or_default();
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        memmem::find(rest.get(..end).unwrap_or_default(), KEY).is_some()
    })
}

/// Whether a member is named as the workflow names private keys.
pub(super) fn is_key_name(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b".key")
}
