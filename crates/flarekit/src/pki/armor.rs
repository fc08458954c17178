//! PEM (RFC 7468) and the base64 inside it.

use der::pem::{self, Decoder, LineEnding};
use zeroize::Zeroizing;

use crate::error::{Defect, Reason};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// Longest label of a block, in bytes: about twice the longest in use. Messages repeat it.
const LONGEST_LABEL: usize = 48;

/// What one PEM file holds. The buffer is wiped, since it may be a private key.
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    pub(super) content: Content,
}

/// The inside of a PEM block.
pub(super) enum Content {
    Der(Zeroizing<Vec<u8>>),
    /// A private key in OpenSSL's old encryption, marked by the headers of RFC 1421.
    OldEncryption,
}

/// Standard base64 (RFC 4648 section 4) on one line, with padding.
///
/// # Errors
/// [`Reason::PemMalformed`] when the text would exceed the address space.
pub fn encode_base64(bytes: &[u8]) -> Result<String, Defect> {
    // The body of a PEM block is base64, so one encoder serves both.
    let framed = write("DATA", bytes)?;
    Ok(framed.lines().filter(|line| !line.starts_with(DASHES)).collect())
}

/// Reads standard base64 on one line, with padding and nothing around it.
///
/// # Errors
/// [`Reason::SignatureInvalid`] for anything else: a signature is what is written like this.
pub fn decode_base64(text: &[u8]) -> Result<Vec<u8>, Defect> {
    let malformed = || Defect::new(Reason::SignatureInvalid, "is not base64 on one line");
    let text = std::str::from_utf8(text).map_err(|_| malformed())?;
    if text.is_empty() || !text.chars().all(in_alphabet) {
        return Err(malformed());
    }
    let mut bytes = decode_body(text).ok_or_else(malformed)?;
    Ok(std::mem::take(&mut *bytes))
}

/// Writes one PEM block: 64 columns, line feeds, one at the end too.
pub(super) fn write(label: &str, der: &[u8]) -> Result<Zeroizing<String>, Defect> {
    pem::encode_string(label, LineEnding::LF, der)
        .map(Zeroizing::new)
        .map_err(|error| Defect::new(Reason::PemMalformed, format!("{label}: {error}")))
}

/// Reads exactly one PEM block with the given label.
pub(super) fn read(input: &[u8], label: &str) -> Result<Zeroizing<Vec<u8>>, Defect> {
    let block = read_any(input)?;
    if block.label != label {
        return Err(Defect::new(
            Reason::PemLabel,
            format!("is a PEM block \"{}\", expected \"{label}\"", block.label),
        ));
    }
    match block.content {
        Content::Der(der) => Ok(der),
        Content::OldEncryption => Err(malformed("has headers inside the PEM block")),
    }
}

/// Reads exactly one PEM block, with nothing but white space around it.
///
/// Lines may have any length: Python's `cryptography`, which wrote or will read the other copy,
/// does not mind either.
pub(super) fn read_any(input: &[u8]) -> Result<Block<'_>, Defect> {
    if !input.is_ascii() {
        return Err(malformed("is not PEM: it has bytes outside ASCII"));
    }
    let text = std::str::from_utf8(input).map_err(|_| malformed("is not PEM"))?;
    if text.split('\r').skip(1).any(|rest| !rest.starts_with('\n')) {
        return Err(malformed("has line ends that OpenSSL does not read (CR without LF)"));
    }
    let text = text.trim_ascii();
    let Some(rest) = text.strip_prefix(BEGIN) else {
        return Err(if text.contains(BEGIN) {
            malformed("has text before the PEM block")
        } else {
            malformed("is not PEM: no line begins with \"-----BEGIN\"")
        });
    };
    let (label, rest) =
        rest.split_once(DASHES).ok_or_else(|| malformed("has a damaged PEM BEGIN line"))?;
    let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
    if label.is_empty() || label.len() > LONGEST_LABEL || !plain {
        return Err(malformed("has a damaged PEM BEGIN line"));
    }
    let end = format!("-----END {label}-----");
    let (body, after) = rest
        .split_once(&end)
        .ok_or_else(|| malformed(format!("lacks the line \"-----END {label}-----\"")))?;
    if after.contains(BEGIN) {
        return Err(malformed("has more than one PEM block, expected one"));
    }
    if !after.is_empty() {
        return Err(malformed("has text after the PEM block"));
    }
    if !body.starts_with(['\n', '\r']) || !body.ends_with(['\n', '\r']) {
        return Err(malformed("has PEM boundaries that are not on lines of their own"));
    }
    Ok(Block { label, content: read_body(body)? })
}

fn read_body(body: &str) -> Result<Content, Defect> {
    if body.trim_ascii().starts_with("Proc-Type: 4,ENCRYPTED") {
        return Ok(Content::OldEncryption);
    }
    // Reserved at once, so that no growing leaves a copy of a key behind.
    let mut line = Zeroizing::new(String::with_capacity(body.len()));
    line.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
    if !line.chars().all(in_alphabet) {
        return Err(malformed("has characters other than base64 inside the PEM block"));
    }
    decode_body(&line)
        .map(Content::Der)
        .ok_or_else(|| malformed("has damaged base64 inside the PEM block"))
}

/// Decodes one line of base64. The decoder refuses a wrong length, padding in the middle and bits
/// that stand for nothing.
fn decode_body(line: &str) -> Option<Zeroizing<Vec<u8>>> {
    let framed = Zeroizing::new(format!("-----BEGIN DATA-----\n{line}\n-----END DATA-----\n"));
    let mut decoder = Decoder::new_wrapped(framed.as_bytes(), line.len()).ok()?;
    let mut bytes = Zeroizing::new(vec![0; decoder.remaining_len()]);
    decoder.decode(&mut bytes).ok()?;
    decoder.is_finished().then_some(bytes)
}

fn in_alphabet(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

fn malformed(message: impl Into<String>) -> Defect {
    Defect::new(Reason::PemMalformed, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode_base64, encode_base64, read, read_any, write};
    use crate::error::Reason;

    #[test]
    fn writes_what_it_reads() {
        for length in 1..200_u8 {
            let bytes: Vec<u8> = (0..length).collect();
            let pem = write("CERTIFICATE", &bytes).unwrap();
            assert!(pem.lines().all(|line| line.len() <= 64) && pem.ends_with("-----\n"));
            assert_eq!(*read(pem.as_bytes(), "CERTIFICATE").unwrap(), bytes);
            let text = encode_base64(&bytes).unwrap();
            assert_eq!(decode_base64(text.as_bytes()).unwrap(), bytes);
        }
    }

    #[test]
    fn accepts_white_space_and_other_line_ends() {
        let pem = "\r\n -----BEGIN X-----\r\nAQID\r\n\r\nBA==\r\n-----END X-----\r\n\n\t";
        assert_eq!(*read(pem.as_bytes(), "X").unwrap(), [1, 2, 3, 4]);
    }

    #[test]
    fn refuses_anything_but_one_block() {
        let block = "-----BEGIN X-----\nAQID\n-----END X-----\n";
        let cases = [
            String::new(),
            "AQID".into(),
            format!("Certificate:\n{block}"),
            format!("\u{feff}{block}"),
            format!("{block}{block}"),
            format!("{block}more"),
            block.replace("END X", "END Y"),
            block.replace("AQID", "AQI"),
            block.replace("AQID", "AQ==").replace("AQ==", "AR=="),
            block.replace("AQID", "A-ID"),
            block.replace("AQID", "AQ==AQID"),
            block.replace("AQID", "Name: value\n\nAQID"),
            "-----BEGIN X-----AQID-----END X-----".into(),
            block.replace("BEGIN X-----\n", "BEGIN X-----"),
            block.replace("\n-----END", "-----END"),
            "-----BEGIN X-----\nAQID\n".into(),
            "-----BEGIN -----\nAQID\n-----END -----\n".into(),
            block.replace('X', &"X".repeat(49)),
            block.replace('X', "X\u{1b}[2J"),
        ];
        for case in cases {
            let defect = read(case.as_bytes(), "X").unwrap_err();
            assert_eq!(defect.reason, Reason::PemMalformed, "{case}: {defect}");
        }
        assert_eq!(read(block.as_bytes(), "Y").unwrap_err().reason, Reason::PemLabel);
        let two = read(block.repeat(2).as_bytes(), "X").unwrap_err();
        assert_eq!(two.message, "has more than one PEM block, expected one");
        let longest = "X".repeat(48);
        assert!(read(block.replace('X', &longest).as_bytes(), &longest).is_ok());
    }

    #[test]
    fn signatures_are_one_line_of_base64() {
        for text in ["", "AQID\n", " AQID", "AQI", "AR==", "A_ID", "AQ==AQID", "\u{e9}"] {
            let defect = decode_base64(text.as_bytes()).unwrap_err();
            assert_eq!(defect.reason, Reason::SignatureInvalid, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn lines_of_any_length_are_read(bytes in prop::collection::vec(any::<u8>(), 1..300), width in 1_usize..90) {
            let line = encode_base64(&bytes).unwrap();
            prop_assert_eq!(&decode_base64(line.as_bytes()).unwrap(), &bytes);
            let lines: Vec<String> =
                line.as_bytes().chunks(width).map(|l| String::from_utf8(l.to_vec()).unwrap()).collect();
            let pem = format!("-----BEGIN X-----\r\n{}\r\n-----END X-----\r\n", lines.join("\r\n"));
            prop_assert_eq!(&*read(pem.as_bytes(), "X").unwrap(), &bytes);
        }

        #[test]
        fn any_text_is_read_or_refused(body in "[A-Za-z0-9+/= \r\n-]{0,40}", label in "[A-Z -]{0,9}") {
            let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            let _ = read_any(pem.as_bytes());
            // What is accepted has one spelling.
            if let Ok(bytes) = decode_base64(body.as_bytes()) {
                prop_assert_eq!(encode_base64(&bytes).unwrap(), body);
            }
        }
    }
}
