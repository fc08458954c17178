//! Lists of values as the bytes that are hashed or signed.
//!
//! A message begins with a text and a zero byte, which tell it from every other message, and then
//! come its values. A value is its length in bytes as a big-endian number of eight bytes, and the
//! value; text is UTF-8, a number eight big-endian bytes. A value that is not there is eight bytes
//! of `0xff`.

use crate::time::Timestamp;

/// Lower-case hexadecimal digits, two for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    text
}

/// Writes values so that no two sequences of values have the same bytes.
pub(crate) struct Encoding(Vec<u8>);

impl Encoding {
    /// Begins with what tells this message from others.
    pub fn new(domain: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(4096);
        bytes.extend_from_slice(domain);
        Self(bytes)
    }

    pub fn value(&mut self, value: Option<impl AsRef<[u8]>>) {
        let Some(value) = value else {
            self.0.extend_from_slice(&[0xff; 8]);
            return;
        };
        let value = value.as_ref();
        self.0.extend_from_slice(&(value.len() as u64).to_be_bytes());
        self.0.extend_from_slice(value);
    }

    pub fn number(&mut self, number: Option<u64>) {
        self.value(number.map(u64::to_be_bytes));
    }

    pub fn time(&mut self, time: Option<Timestamp>) {
        self.number(time.map(Timestamp::to_unix));
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}
