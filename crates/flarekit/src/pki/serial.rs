//! Serial numbers as they are written and typed.

use std::fmt;

use crate::encoding::hex;

/// Most bytes of a serial number (RFC 5280 section 4.1.2.2).
const MOST: usize = 20;

/// The serial number of a certificate that exists: a number, however it was spelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(Vec<u8>);

impl SerialNumber {
    /// Reads `0x3bf8…` as the artifacts have it, `3B:F8:…` as OpenSSL's text and browsers show it,
    /// and `serial=3BF8…` as `openssl x509 -serial` prints it; letters in any case. Digits alone are
    /// none: a participant may be named like that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let body = lower.strip_prefix("serial=").or_else(|| lower.strip_prefix("0x"));
        let digits = match body {
            Some(digits) => digits,
            None if lower.contains(':') => &lower,
            None => return None,
        };
        let digits: Vec<u8> = digits
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        let first = digits.iter().position(|digit| *digit != 0)?;
        let digits = digits.get(first..)?;
        // The digits come in pairs from the right.
        let bytes: Vec<u8> = digits
            .rchunks(2)
            .rev()
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect();
        (bytes.len() <= MOST).then_some(Self(bytes))
    }

    /// The number of these big-endian bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        Self(bytes.get(first..).unwrap_or_default().to_vec())
    }

    /// The number, without zeros before it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Two capital digits a byte and nothing else, as `openssl x509 -serial` and the variables of
    /// TLS proxies have it (nginx: `$ssl_client_serial`; HAProxy: `ssl_c_serial,hex`).
    #[must_use]
    pub fn plain(&self) -> String {
        hex(&self.0).to_ascii_uppercase()
    }
}

/// `0x…` without padding, as the artifacts have it.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::issue::serial_text(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::SerialNumber;

    #[test]
    fn every_usual_notation_is_one_number() {
        for text in
            ["0x3bf8cd", "0X3BF8CD", "3B:F8:CD", "0x003bf8cd", "serial=3BF8CD", " 0x3b:f8:cd"]
        {
            let serial = SerialNumber::parse(text).unwrap();
            assert_eq!(serial.to_string(), "0x3bf8cd", "{text}");
            assert_eq!(serial.bytes(), [0x3b, 0xf8, 0xcd], "{text}");
        }
        let odd = SerialNumber::parse("0xabc").unwrap();
        assert_eq!((odd.to_string(), odd.plain()), ("0xabc".to_owned(), "0ABC".to_owned()));
    }

    #[test]
    fn nothing_else_is_a_number() {
        let long = format!("0x{}", "f".repeat(41));
        for text in ["", "0x", "0x0", ":", "3bf8cd", "hospital-a", "0xhospital", "a:b-c", &long] {
            assert_eq!(SerialNumber::parse(text), None, "{text}");
        }
        assert!(SerialNumber::parse(&long[..42]).is_some());
    }
}
