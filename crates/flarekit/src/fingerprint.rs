//! The fingerprint of a root certificate, which people compare.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::{Defect, Reason};
use crate::names::shown;

/// The SHA-256 of a certificate's DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint with the given digest.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses every notation in use, in any case and with surrounding space: `SHA256:AA:BB:…`,
    /// `SHA256=…`, OpenSSL's `sha256 Fingerprint=AA:BB:…`, `AA:BB:…`, and 64 hexadecimal digits.
    /// [`Reason::FingerprintFormat`] otherwise.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        let lower = text.trim().to_ascii_lowercase();
        let refuse = || {
            Defect::new(
                Reason::FingerprintFormat,
                format!(
                    "{} is not a SHA-256 fingerprint: 32 pairs of hexadecimal digits, as in \
                     SHA256:AA:BB:…",
                    shown(text)
                ),
            )
        };
        let digits = without_label(&lower);
        let compact = if digits.contains(':') {
            let pairs: Vec<&str> = digits.split(':').collect();
            if pairs.iter().any(|pair| pair.len() != 2) {
                return Err(refuse());
            }
            pairs.concat()
        } else {
            digits.to_owned()
        };
        from_hex(&compact).map(Self).ok_or_else(refuse)
    }
}

/// What follows `sha256 fingerprint =`, `sha256 :` or `sha256 =`, or the text itself.
fn without_label(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("sha256").map(str::trim_start) else { return text };
    if let Some(value) = rest.strip_prefix("fingerprint").map(str::trim_start) {
        return value.strip_prefix('=').map_or(text, str::trim_start);
    }
    rest.strip_prefix([':', '=']).map_or(text, str::trim_start)
}

/// 32 bytes from 64 hexadecimal digits.
pub(crate) fn from_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        // from_str_radix alone would also take a sign
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// `SHA256:AA:BB:…`, the one notation that this program prints.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHA256")?;
        self.0.iter().try_for_each(|byte| write!(f, ":{byte:02X}"))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_notation_in_use_is_accepted() {
        let pairs = vec!["0a"; 32].join(":");
        let digits = "0a".repeat(32);
        for text in [
            format!("SHA256:{pairs}"),
            format!("sha256:{}", pairs.to_uppercase()),
            format!("SHA256={digits}"),
            format!("sha256 Fingerprint={pairs}"),
            format!("SHA256 Fingerprint = {pairs}\n"),
            format!("  {pairs} "),
            digits.to_uppercase(),
        ] {
            let parsed = Fingerprint::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(parsed, Fingerprint([0x0a; 32]), "{text}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let digits = "0a".repeat(32);
        for text in [
            "",
            "SHA256:",
            "sha1 Fingerprint=AA",
            &digits[1..],
            &format!("{digits}0a"),
            &format!("0a:{}", &digits[2..]),
            &format!("{}+a", &digits[2..]),
            &format!("MD5:{digits}"),
            &format!("sha256 fingerprint {digits}"),
        ] {
            let defect = Fingerprint::parse(text).unwrap_err();
            assert_eq!(defect.reason, Reason::FingerprintFormat, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(digest: [u8; 32]) {
            let fingerprint = Fingerprint::from_digest(digest);
            prop_assert_eq!(Fingerprint::parse(&fingerprint.to_string()).unwrap(), fingerprint);
        }

        #[test]
        fn every_notation_means_the_same(digest: [u8; 32], lower: bool, label in 0_usize..6, colons: bool) {
            let fingerprint = Fingerprint::from_digest(digest);
            let pairs = fingerprint.to_string().trim_start_matches("SHA256:").to_owned();
            let digits = if colons { pairs } else { pairs.replace(':', "") };
            let label = ["", "SHA256:", "SHA256=", "sha256 Fingerprint=", " Sha256 : ", "\n"][label];
            let text = format!("{label}{digits} ");
            let text = if lower { text.to_lowercase() } else { text };
            prop_assert_eq!(Fingerprint::parse(&text), Ok(fingerprint), "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,120}") {
            let _ = Fingerprint::parse(&text);
        }
    }
}
