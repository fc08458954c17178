//! Which requests are expected: their digests, as the requesters sent them another way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::source::ENDING;
use crate::digest::{Digest, ExpectedDigest, SpokenDigest, without_label};
use crate::error::{Code, Defect, Error, Reason, Warning, WarningCode};
use crate::names::{ParticipantName, shown};

/// With this some editors begin a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// So many lines that no request matched are named.
const NAMED: usize = 10;

/// A list of digests and of whose requests they are. A request is expected if its digest stands there
/// and is that of this participant: else whoever may send one digest could ask in another's name.
#[derive(Debug)]
pub struct ExpectedDigests {
    place: String,
    lines: Vec<Line>,
    by_beginning: HashMap<SpokenDigest, Vec<usize>>,
}

#[derive(Debug)]
struct Line {
    number: usize,
    digest: ExpectedDigest,
    name: String,
    /// Whether a request was of this line. Several threads look.
    met: AtomicBool,
}

impl ExpectedDigests {
    /// The longest list: room for 100,000 lines with long paths.
    pub const LIMIT: u64 = 16 << 20;

    /// Reads a list. Each line has a digest, whole or in its spoken form, and the participant's name
    /// or a path that ends in `<name>.request.zip`: what `sha256sum` prints, also with `--tag`. Empty
    /// lines, and those that begin with `#`, do not count.
    ///
    /// # Errors
    /// [`Reason::DigestListLine`], also if there is no line that counts.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let refuse = |number: usize, defect: Defect| {
            Err(defect.within(format!("{place}, line {number}")).code(Code::InvalidArgs))
        };
        let mut list =
            Self { place: place.to_owned(), lines: Vec::new(), by_beginning: HashMap::new() };
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let number = number + 1;
            match Line::parse(line, number) {
                Ok(None) => {}
                Ok(Some(line)) => {
                    let at = list.lines.len();
                    list.by_beginning.entry(line.digest.beginning()).or_default().push(at);
                    list.lines.push(line);
                }
                Err(defect) => return refuse(number, defect),
            }
        }
        if list.lines.is_empty() {
            let message = format!("{place} is empty: no digest is in it");
            return Err(Error::because(Code::InvalidArgs, Reason::DigestListLine, message));
        }
        Ok(list)
    }

    /// Refuses a request zip whose digest does not stand in the list.
    pub(super) fn expect(&self, found: Digest, place: &str) -> Result<(), Error> {
        if self.of(found).next().is_some() {
            return Ok(());
        }
        let digest = found.spoken();
        let message = format!("{place} has the digest {digest}, which is not in {}", self.place);
        Err(Error::new(Code::RequestDigestMismatch, message))
    }

    /// Refuses a request of somebody else than the list says.
    pub(super) fn expect_of(
        &self,
        found: Digest,
        name: &ParticipantName,
        place: &str,
    ) -> Result<(), Error> {
        let (mut met, mut other) = (false, None);
        // What several mails said may stand there several times.
        for line in self.of(found) {
            if line.name == name.as_str() {
                line.met.store(true, Ordering::Relaxed);
                met = true;
            } else {
                other.get_or_insert(line);
            }
        }
        if met {
            return Ok(());
        }
        let said = other.map(|line| {
            format!(
                ", but line {} of {} says that this digest is of {}",
                line.number,
                self.place,
                shown(&line.name)
            )
        });
        let message = format!("{place} is a request of '{name}'{}", said.unwrap_or_default());
        Err(Error::because(Code::RequestDigestMismatch, Reason::DigestOfAnother, message))
    }

    /// The warning that some of the expected requests did not come.
    #[must_use]
    pub fn missing(&self) -> Option<Warning> {
        let missing: Vec<&Line> =
            self.lines.iter().filter(|line| !line.met.load(Ordering::Relaxed)).collect();
        let (count, total) = (missing.len(), self.lines.len());
        let named = |line: &&Line| format!("{} (line {})", shown(&line.name), line.number);
        let mut names = missing.iter().take(NAMED).map(named).collect::<Vec<_>>().join(", ");
        match count {
            0 => return None,
            count if count > NAMED => names.push_str(&format!(" and {} more", count - NAMED)),
            _ => {}
        }
        Some(Warning::new(
            WarningCode::ExpectedRequestMissing,
            format!(
                "no request matches {count} of the {total} digests in {}: of {names}",
                self.place
            ),
        ))
    }

    fn of(&self, found: Digest) -> impl Iterator<Item = &Line> {
        let at = self.by_beginning.get(&found.spoken()).map(Vec::as_slice).unwrap_or_default();
        let lines = at.iter().filter_map(|at| self.lines.get(*at));
        lines.filter(move |line| line.digest.is(found))
    }
}

impl Line {
    /// Reads a line; `None` for one that does not count.
    fn parse(line: &[u8], number: usize) -> Result<Option<Self>, Defect> {
        let unclear = |what: &str| Err(Defect::new(Reason::DigestListLine, what));
        let Ok(line) = std::str::from_utf8(line) else {
            return unclear("this is not UTF-8");
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (digest, path) = tagged(line).unwrap_or_else(|| untagged(line));
        let digest = ExpectedDigest::parse(digest)
            .map_err(|defect| Defect::new(Reason::DigestListLine, defect.message))?;
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let name = file.strip_suffix(ENDING).unwrap_or(file).to_owned();
        if name.is_empty() {
            return unclear("the digest stands alone, and nothing says whose request it is of");
        }
        Ok(Some(Self { number, digest, name, met: AtomicBool::new(false) }))
    }
}

/// The digest and the path in a line of `sha256sum --tag`: `SHA256 (path) = digest`.
fn tagged(line: &str) -> Option<(&str, &str)> {
    let (path, digest) = line.strip_prefix("SHA256 (")?.rsplit_once(") = ")?;
    Some((digest, path))
}

/// The same in the usual line, or behind the name of the digest, as answers print it.
fn untagged(line: &str) -> (&str, &str) {
    let line = without_label(line);
    let (digest, path) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    // A star before the path: the file was read as binary.
    let path = path.trim_start();
    (digest, path.strip_prefix('*').unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::CertType;

    fn name(text: &str) -> ParticipantName {
        ParticipantName::parse(text, CertType::Client).unwrap()
    }

    fn reason(text: &[u8]) -> Option<Reason> {
        ExpectedDigests::parse(text, "list").err().map(|error| {
            assert!(error.message().contains("list, line "), "{error}");
            error.reason().unwrap()
        })
    }

    #[test]
    fn what_sha256sum_prints_is_read() {
        let digest = Digest::of(b"zip");
        for line in [
            format!("{digest}  hospital-a.request.zip\n"),
            format!("{digest} *hospital-a.request.zip\r\n"),
            format!("\n{digest}  /media/usb/my files/hospital-a.request.zip"),
            format!("{digest}\thospital-a\n\n"),
            format!("{}  hospital-a", digest.spoken()),
            format!("{}  hospital-b\n{digest}  hospital-a", digest.spoken()),
            format!("{digest}  hospital-a\n{digest} *./x/hospital-a.request.zip\n"),
            format!("\u{feff}{digest}  hospital-a\n"),
            format!("# told by telephone\n{digest}  hospital-a\n#\n"),
            format!("SHA256 (/a (b)/hospital-a.request.zip) = {digest}"),
            format!("request_digest: {} hospital-a", digest.spoken()),
            format!("request_zip_sha256: {digest} hospital-a"),
        ] {
            let list = ExpectedDigests::parse(line.as_bytes(), "list").unwrap();
            assert_eq!(list.expect(digest, "zip"), Ok(()), "{line}");
            assert_eq!(list.expect_of(digest, &name("hospital-a"), "zip"), Ok(()), "{line}");
            let missing = list.missing().map(|warning| warning.message);
            assert_eq!(missing.filter(|message| message.contains("hospital-a")), None, "{line}");
        }
    }

    #[test]
    fn what_is_not_in_the_list_is_not_expected() {
        let (digest, other) = (Digest::of(b"zip"), Digest::of(b"other"));
        let text = format!("{digest}  hospital-a\n{other}  hospital-b\n");
        let list = ExpectedDigests::parse(text.as_bytes(), "list").unwrap();
        let refused = list.expect(Digest::of(b"third"), "zip").unwrap_err();
        assert_eq!((refused.code(), refused.reason()), (Code::RequestDigestMismatch, None));
        // Hospital B's digest, with a request for the name of hospital A.
        let refused = list.expect_of(other, &name("hospital-a"), "zip").unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::DigestOfAnother));
        let told = "line 2 of list says that this digest is of 'hospital-b'";
        assert!(refused.message().contains(told), "{refused}");
        // A whole digest is compared whole.
        let mut alike = *digest.as_bytes();
        alike[31] ^= 1;
        assert!(list.expect(Digest::from_bytes(alike), "zip").is_err());
    }

    #[test]
    fn what_did_not_come_is_told() {
        let text: String =
            (0..12_u8).map(|n| format!("{}  site-{n}\n", Digest::of(&[n]))).collect();
        let list = ExpectedDigests::parse(text.as_bytes(), "list").unwrap();
        list.expect_of(Digest::of(&[1]), &name("site-1"), "zip").unwrap();
        list.expect_of(Digest::of(&[2]), &name("site-3"), "zip").unwrap_err();
        let message = list.missing().unwrap().message;
        assert!(message.contains("11 of the 12"), "{message}");
        assert!(message.contains("'site-2' (line 3)") && message.ends_with("and 1 more"));
        assert!(!message.contains("'site-1'"), "{message}");
        for n in 0..12 {
            list.expect_of(Digest::of(&[n]), &name(&format!("site-{n}")), "zip").unwrap();
        }
        assert_eq!(list.missing(), None);
    }

    #[test]
    fn anything_else_is_refused() {
        let digest = Digest::of(b"zip").to_string();
        assert_eq!(reason(digest.as_bytes()), Some(Reason::DigestListLine));
        assert_eq!(reason(format!("{digest}  *").as_bytes()), Some(Reason::DigestListLine));
        assert_eq!(reason(format!("{digest}  a/").as_bytes()), Some(Reason::DigestListLine));
        assert_eq!(reason(&[digest.as_bytes(), b"  \xff"].concat()), Some(Reason::DigestListLine));
        for text in ["hospital-a  ", &digest[1..], "SHA256 (a.zip) = 00", "SHA256 (a.zip)"] {
            assert_eq!(reason(text.as_bytes()), Some(Reason::DigestListLine), "{text}");
        }
        for text in ["", "\n \n", "# a remark\n"] {
            let error = ExpectedDigests::parse(text.as_bytes(), "list").unwrap_err();
            assert_eq!(error.reason(), Some(Reason::DigestListLine), "{text}");
            assert!(error.message().contains("list is empty"), "{error}");
        }
    }
}
