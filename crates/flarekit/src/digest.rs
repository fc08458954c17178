//! SHA-256 digests as the artifacts write them.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::encoding::hex;
use crate::error::{Code, Defect, Error, Reason};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpokenDigest([[u8; 2]; 5]);

impl SpokenDigest {
    /// Reads twenty hexadecimal digits.
    fn parse(digits: &str) -> Option<Self> {
        let mut groups = [[0; 2]; 5];
        let mut rest = digits;
        for group in &mut groups {
            let (part, after) = rest.split_at_checked(4)?;
            let plain = part.bytes().all(|digit| digit.is_ascii_hexdigit());
            *group = plain.then(|| u16::from_str_radix(part, 16).ok())??.to_be_bytes();
            rest = after;
        }
        rest.is_empty().then_some(Self(groups))
    }
}

/// Five groups of four lower-case hexadecimal digits.
impl fmt::Display for SpokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.0.map(|[high, low]| format!("{high:02x}{low:02x}"));
        f.write_str(&groups.join("-"))
    }
}

/// The digest that somebody was told to expect of a request zip: all of it, or its spoken form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedDigest {
    /// All 256 bits.
    Whole(Digest),
    /// The first 80 bits.
    Spoken(SpokenDigest),
}

impl ExpectedDigest {
    /// Parses `request_zip_sha256` or `request_digest` as somebody types or pastes it: in any case of
    /// letters and any grouping, also with its name before it. Fewer digits than those of the spoken
    /// form are never enough, and no others are guessed.
    ///
    /// # Errors
    /// [`Reason::DigestFormat`].
    pub fn parse(text: &str) -> Result<Self, Defect> {
        let is_between = |c: char| c.is_whitespace() || "-:".contains(c);
        let lower = text.trim().to_ascii_lowercase();
        let digits: String = without_label(&lower).chars().filter(|c| !is_between(*c)).collect();
        let whole = || from_hex(&digits).map(|bytes| Self::Whole(Digest(bytes)));
        SpokenDigest::parse(&digits).map(Self::Spoken).or_else(whole).ok_or_else(|| {
            Defect::new(
                Reason::DigestFormat,
                format!(
                    "{} is neither a request_digest of 20 hexadecimal digits nor a SHA-256 digest \
                     of 64",
                    shown(text)
                ),
            )
        })
    }

    /// Whether it is this digest.
    pub(crate) fn is(&self, found: Digest) -> bool {
        match self {
            Self::Whole(digest) => *digest == found,
            Self::Spoken(spoken) => *spoken == found.spoken(),
        }
    }

    /// The first 80 bits.
    pub(crate) fn beginning(&self) -> SpokenDigest {
        match self {
            Self::Whole(digest) => digest.spoken(),
            Self::Spoken(spoken) => *spoken,
        }
    }

    /// Refuses a request zip with another digest. `place` names it in the message.
    ///
    /// # Errors
    /// [`Code::RequestDigestMismatch`].
    pub fn expect(&self, found: Digest, place: &str) -> Result<(), Error> {
        if self.is(found) {
            return Ok(());
        }
        let (expected, found) = match self {
            Self::Whole(digest) => (digest.to_string(), found.to_string()),
            Self::Spoken(spoken) => (spoken.to_string(), found.spoken().to_string()),
        };
        Err(Error::new(
            Code::RequestDigestMismatch,
            format!("{place} has the digest {found}, but {expected} was expected"),
        ))
    }
}

/// What stands behind the name of a digest, as answers print it, or the text itself.
pub(crate) fn without_label(text: &str) -> &str {
    let labels = ["request_digest:", "request_zip_sha256:", "sha256:"];
    labels.iter().find_map(|label| text.strip_prefix(label)).map_or(text, str::trim_start)
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
        f.write_str(&hex(&self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
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

    #[test]
    fn a_digest_is_expected_whole_or_spoken() {
        let (found, other) = (Digest::of(b""), Digest::of(b"other"));
        let (whole, spoken) = (found.to_string(), found.spoken().to_string());
        for text in [
            &whole,
            &whole.to_uppercase(),
            &format!("sha256:{whole}"),
            &format!("request_zip_sha256: {whole}"),
            &spoken,
            // As it is typed while somebody reads it out, and as it is pasted.
            &spoken.replace('-', ""),
            &spoken.replace('-', " ").to_uppercase(),
            &spoken.replace('-', ":"),
            &format!(" request_digest: {spoken}\n"),
        ] {
            let expected = ExpectedDigest::parse(text).unwrap();
            assert_eq!(expected.expect(found, "a.zip"), Ok(()), "{text}");
            let error = expected.expect(other, "a.zip").unwrap_err();
            assert_eq!(error.code(), Code::RequestDigestMismatch);
        }
        // The spoken form compares the first 80 bits and says nothing of the others.
        let mut bytes = *found.as_bytes();
        bytes[10] ^= 1;
        let alike = Digest::from_bytes(bytes);
        assert!(ExpectedDigest::parse(&spoken).unwrap().expect(alike, "").is_ok());
        assert!(ExpectedDigest::parse(&whole).unwrap().expect(alike, "").is_err());
        bytes[9] ^= 1;
        let other = Digest::from_bytes(bytes);
        assert!(ExpectedDigest::parse(&spoken).unwrap().expect(other, "").is_err());
    }

    #[test]
    fn nothing_shorter_is_a_digest() {
        let spoken = Digest::of(b"").spoken().to_string();
        for text in [
            "",
            "e3b0",
            &spoken[..19],
            &spoken[..20],
            &spoken.replace('-', "")[..19],
            &format!("{spoken}-0000"),
            &format!("{spoken}0"),
            &format!("digest: {spoken}"),
            &spoken.replace('-', "_"),
            &spoken.replacen("e3b0", "+3b0", 1),
            &spoken.replacen("e3b0", "e3\u{e9}", 1),
            &spoken.replacen("e3b0", "e3bg", 1),
            &Digest::of(b"").to_string()[1..],
        ] {
            let defect = ExpectedDigest::parse(text).unwrap_err();
            assert_eq!(defect.reason, Reason::DigestFormat, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_spoken_form_is_read_back(bytes: [u8; 32]) {
            let spoken = Digest::from_bytes(bytes).spoken();
            let expected = Ok(ExpectedDigest::Spoken(spoken));
            prop_assert_eq!(ExpectedDigest::parse(&spoken.to_string().to_uppercase()), expected);
        }

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
