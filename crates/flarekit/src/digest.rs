//! SHA-256 digests as the artifacts write them.

use std::fmt;

use crate::error::{Defect, Reason};
use crate::fingerprint::from_hex;
use crate::names::shown;
use crate::pki::{Sha256, sha256};

/// The SHA-256 of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of the bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256(bytes))
    }

    /// The digest with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 lower-case hexadecimal digits, the only form that `request.json` may have;
    /// [`Reason::DigestFormat`] otherwise.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(refusal(text));
        }
        from_hex(text).map(Self).ok_or_else(|| refusal(text))
    }

    /// Parses the forms that `signed.json` may have: any case, and a `sha256:` prefix.
    pub fn parse_any_case(text: &str) -> Result<Self, Defect> {
        let lower = text.to_ascii_lowercase();
        let digits = lower.strip_prefix("sha256:").unwrap_or(&lower);
        from_hex(digits).map(Self).ok_or_else(|| refusal(text))
    }

    /// The form in which two people compare a request by telephone.
    #[must_use]
    pub fn spoken(&self) -> SpokenDigest {
        let [a, b, c, d, e, f, g, h, i, j, ..] = self.0;
        SpokenDigest([[a, b], [c, d], [e, f], [g, h], [i, j]])
    }
}

/// The beginning of a digest, short enough to be read aloud: `7bf7-12ce-5bd9-651b-5fe0`.
///
/// It has 80 bits. Who wants another request approved in the place of this one needs a request with
/// the same 80 bits: a second preimage, about 2^80 tries at making one, which nobody can afford (64
/// bits would be within reach of a patient state). That two requests can be made to collide in 2^40
/// tries helps nobody: who makes both may send either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpokenDigest([[u8; 2]; 5]);

/// Five groups of four lower-case hexadecimal digits.
impl fmt::Display for SpokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.0.map(|[high, low]| format!("{high:02x}{low:02x}"));
        f.write_str(&groups.join("-"))
    }
}

/// Takes the digest of bytes that come a piece at a time.
#[derive(Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finish())
    }
}

fn refusal(text: &str) -> Defect {
    Defect::new(
        Reason::DigestFormat,
        format!("{} is not a SHA-256 digest of 64 hexadecimal digits", shown(text)),
    )
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut hasher = Hasher::default();
        for piece in [b"a".as_slice(), b"", b"bc"] {
            hasher.update(piece);
        }
        assert_eq!(hasher.finish(), Digest::of(b"abc"));
    }

    #[test]
    fn requests_are_stricter_than_approvals() {
        let digest = Digest::of(b"");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(Digest::parse(text).unwrap(), digest);
        assert!(Digest::parse(&text.to_uppercase()).is_err());
        assert_eq!(Digest::parse_any_case(&text.to_uppercase()).unwrap(), digest);
        assert_eq!(Digest::parse_any_case(&format!("sha256:{text}")).unwrap(), digest);
        assert!(Digest::parse_any_case(&text[1..]).is_err());
        assert!(Digest::parse_any_case(&format!("{text}\n")).is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bytes: Vec<u8>) {
            let digest = Digest::of(&bytes);
            prop_assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
            let prefixed = format!("SHA256:{}", digest.to_string().to_uppercase());
            prop_assert_eq!(Digest::parse_any_case(&prefixed), Ok(digest));
        }

        #[test]
        fn only_what_is_printed_is_a_digest(text in "[0-9a-fA-F:]{63,65}|.{0,70}") {
            if let Ok(digest) = Digest::parse(&text) {
                prop_assert_eq!(digest.to_string(), text.as_str());
            }
            let _ = Digest::parse_any_case(&text);
        }
    }

    #[test]
    fn the_spoken_form_is_the_beginning() {
        assert_eq!(Digest::of(b"").spoken().to_string(), "e3b0-c442-98fc-1c14-9afb");
        let other = "e3b0c44298fc1c149afc4c8996fb92427ae41e4649b934ca495991b7852b855a";
        assert_ne!(Digest::parse(other).unwrap().spoken(), Digest::of(b"").spoken());
    }
}
