//! Private keys never travel: how they are recognised.

use memchr::{memchr2, memmem};

/// Whether the bytes hold the first line of a private key in PEM, of whatever kind (PKCS#1, PKCS#8,
/// encrypted, EC, OpenSSH, PGP): `-----BEGIN`, and `PRIVATE KEY` in the same line.
#[must_use]
pub fn contains_private_key(bytes: &[u8]) -> bool {
    search(bytes, &mut 0)
}

/// Searches, and counts the bytes that were looked at: none more than twice, whatever they are.
pub(super) fn search(bytes: &[u8], looked_at: &mut u64) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let (begin, key) = (memmem::Finder::new(BEGIN), memmem::Finder::new(b"PRIVATE KEY"));
    let mut rest = bytes;
    while let Some(at) = begin.find(rest) {
        let after = rest.get(at + BEGIN.len()..).unwrap_or_default();
        // Another BEGIN in this line has behind it what is behind this one, or less.
        let end = memchr2(b'\n', b'\r', after).unwrap_or(after.len());
        let (line, next) = after.split_at(end);
        *looked_at += (rest.len() - next.len() + line.len()) as u64;
        if key.find(line).is_some() {
            return true;
        }
        rest = next;
    }
    *looked_at += rest.len() as u64;
    false
}

/// Whether a member is named as the workflow names private keys.
pub(super) fn is_key_name(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b".key")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{contains_private_key, search};

    /// The plain definition: some line has `-----BEGIN`, and `PRIVATE KEY` behind it.
    fn defined(text: &str) -> bool {
        text.split(['\n', '\r']).any(|line| {
            let begins = line.match_indices("-----BEGIN ");
            begins.into_iter().any(|(at, begin)| line[at + begin.len()..].contains("PRIVATE KEY"))
        })
    }

    #[test]
    fn a_key_is_its_first_line() {
        for (text, is_key) in [
            ("-----BEGIN PRIVATE KEY-----", true),
            ("x: '-----BEGIN OPENSSH PRIVATE KEY-----'", true),
            ("-----BEGIN -----BEGIN EC PRIVATE KEY-----", true),
            ("-----BEGIN CERTIFICATE-----\r-----BEGIN PRIVATE KEY-----", true),
            ("-----BEGIN CERTIFICATE-----\nPRIVATE KEY", false),
            ("-----BEGIN \rPRIVATE KEY", false),
            ("PRIVATE KEY -----BEGIN X-----", false),
            ("-----BEGIN PRIVATE KE", false),
            ("", false),
        ] {
            assert_eq!(contains_private_key(text.as_bytes()), is_key, "{text}");
            assert_eq!(defined(text), is_key, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_found_wherever_its_first_line_stands(
            parts in prop::collection::vec(
                prop::sample::select(&["-----BEGIN ", "PRIVATE KEY", "-", " ", "x", "\n", "\r"][..]),
                0..30,
            ),
        ) {
            let text = parts.concat();
            let mut looked_at = 0;
            prop_assert_eq!(search(text.as_bytes(), &mut looked_at), defined(&text));
            prop_assert!(looked_at <= 2 * text.len() as u64, "{}", looked_at);
        }
    }
}
