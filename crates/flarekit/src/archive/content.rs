//! Private keys never travel: how they are recognised.

/// Whether the bytes hold the first line of a private key in PEM, of whatever kind (PKCS#1, PKCS#8,
/// encrypted, EC, OpenSSH, PGP): `-----BEGIN`, and `PRIVATE KEY` in the same line.
#[must_use]
pub fn contains_private_key(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const KEY: &[u8] = b"PRIVATE KEY";
    bytes.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| {
        let begin = line.windows(BEGIN.len()).position(|window| window == BEGIN);
        let label = begin.and_then(|at| line.get(at + BEGIN.len()..));
        label.is_some_and(|label| label.windows(KEY.len()).any(|window| window == KEY))
    })
}

/// Whether a member is named as the workflow names private keys.
pub(super) fn is_key_name(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b".key")
}
