//! PEM (RFC 7468) and the base64 inside it.

use der::pem::{self, Decoder, LineEnding};
use zeroize::Zeroizing;

use crate::error::{Defect, Reason};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// White space that may stand at the end of a line.
const BLANK: [char; 2] = [' ', '\t'];

/// Longest line of a block, in bytes and without its end: MIME's (RFC 2045 section 6.8), while
/// PEM's own have 64. BoringSSL, with which gRPC reads a kit, stumbles over some of 252 and more.
const LONGEST_LINE: usize = 76;

const NOT_PEM: &str = "is not PEM: no line begins with \"-----BEGIN\"";
const INDENTED: &str = "a space or tab at the beginning";

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

/// Reads exactly one PEM block, as strictly as the strictest of those who read a kit: OpenSSL,
/// Python's `ssl` and `cryptography`, and gRPC.
///
/// It is RFC 7468's `stricttextualmsg`, but for lines of another length, LF or CRLF, white space at
/// the ends of lines, and blank lines around the block: all of them read those.
pub(super) fn read_any(input: &[u8]) -> Result<Block<'_>, Defect> {
    if input.starts_with(BYTE_ORDER_MARK) {
        return Err(malformed("line 1: a byte order mark, which an editor put there"));
    }
    let text = std::str::from_utf8(input).ok().filter(|text| text.is_ascii());
    let text = text.ok_or_else(|| malformed("is not PEM: it has bytes outside ASCII"))?;
    if let Some((number, _)) = lines(text).find(|(_, line)| line.contains('\r')) {
        return Err(at(number, "it ends with CR without LF, expected LF or CRLF"));
    }
    let mut lines = lines(text).skip_while(|(_, line)| is_blank(line));
    let Some((number, first)) = lines.next() else { return Err(malformed(NOT_PEM)) };
    let Some(rest) = first.strip_prefix(BEGIN) else {
        return Err(without_begin((number, first), lines));
    };
    let label = rest.trim_end_matches(BLANK).strip_suffix(DASHES).filter(|label| {
        let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
        !label.is_empty() && label.len() <= LONGEST_LABEL && plain
    });
    let label = label.ok_or_else(|| at(number, "a damaged PEM BEGIN line"))?;
    refuse_long(number, first)?;
    let end = format!("-----END {label}-----");
    let content = read_body(&mut lines, &end, text.len())?;
    refuse_rest(lines)?;
    Ok(Block { label, content })
}

/// The lines of a text with their numbers, without LF or CRLF at their ends.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let whole = text.split_inclusive('\n');
    (1..).zip(
        whole.map(|line| line.strip_suffix("\r\n").or(line.strip_suffix('\n')).unwrap_or(line)),
    )
}

fn is_blank(line: &str) -> bool {
    line.trim_end_matches(BLANK).is_empty()
}

/// What is wrong with a text whose first line that is not blank does not begin a block.
fn without_begin<'a>(
    (number, first): (usize, &'a str),
    mut rest: impl Iterator<Item = (usize, &'a str)>,
) -> Defect {
    if first.trim_start_matches(BLANK).starts_with(BEGIN) {
        at(number, INDENTED)
    } else if first.contains(BEGIN) || rest.any(|(_, line)| line.contains(BEGIN)) {
        at(number, "text before the PEM block")
    } else {
        malformed(NOT_PEM)
    }
}

/// Reads up to the END line. `longest` is how long the whole can be at most.
fn read_body<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
    end: &str,
    longest: usize,
) -> Result<Content, Defect> {
    let lacking = || malformed(format!("lacks the line \"{end}\""));
    // Reserved at once, so that no growing leaves a copy of a key behind.
    let mut body = Zeroizing::new(String::with_capacity(longest));
    loop {
        let (number, whole) = lines.next().ok_or_else(lacking)?;
        let line = whole.trim_end_matches(BLANK);
        if line == end {
            refuse_long(number, whole)?;
            return decode_body(&body).map(Content::Der).ok_or_else(|| {
                at(number, "the base64 that ends here is damaged or has lost a part")
            });
        }
        if body.is_empty() && line.starts_with("Proc-Type: 4,ENCRYPTED") {
            let ended = lines.any(|(_, line)| line.trim_end_matches(BLANK) == end);
            return ended.then_some(Content::OldEncryption).ok_or_else(lacking);
        }
        if line.is_empty() {
            return Err(at(number, "a blank line inside the PEM block"));
        }
        if line.starts_with(BLANK) {
            return Err(at(number, INDENTED));
        }
        if line.starts_with(DASHES) {
            return Err(at(
                number,
                format!("not the line \"{end}\", which must end the PEM block"),
            ));
        }
        if !line.chars().all(in_alphabet) {
            return Err(at(number, "characters other than base64 inside the PEM block"));
        }
        refuse_long(number, whole)?;
        body.push_str(line);
    }
}

fn refuse_long(number: usize, line: &str) -> Result<(), Defect> {
    if line.len() <= LONGEST_LINE {
        return Ok(());
    }
    Err(at(number, format!("{} characters, expected at most {LONGEST_LINE}", line.len())))
}

/// Refuses what follows the block, unless it is blank.
fn refuse_rest<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Result<(), Defect> {
    let mut lines = lines.skip_while(|(_, line)| is_blank(line)).peekable();
    let Some((number, _)) = lines.peek().copied() else { return Ok(()) };
    Err(match lines.find(|(_, line)| line.contains(BEGIN)) {
        Some((second, _)) => at(second, "a second PEM block, expected one"),
        None => at(number, "text after the PEM block"),
    })
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

/// What is wrong with a line. It may be a key's, and is not shown.
fn at(number: usize, what: impl std::fmt::Display) -> Defect {
    malformed(format!("line {number}: {what}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Content, INDENTED, LONGEST_LINE, NOT_PEM, decode_base64, encode_base64, read, read_any,
        write,
    };
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

    const PLAIN: &str = "-----BEGIN X-----\nAQID\nBAUG\nBw==\n-----END X-----\n";

    /// [`PLAIN`] with one part replaced.
    fn with(part: &str, instead: &str) -> String {
        assert_eq!(PLAIN.matches(part).count(), 1, "{part:?}");
        PLAIN.replace(part, instead)
    }

    /// Each was tried as certificate, request, and key in PKCS#1, PKCS#8 and PKCS#8 encrypted, with
    /// OpenSSL 3.0, the `ssl` of Python 3.11, `cryptography` 50 and gRPC 1.85: all of them read it.
    /// `interop/test_pem.py` tries it again.
    #[test]
    fn what_every_reader_of_a_kit_reads_is_accepted() {
        let spaces = " ".repeat(76 - 17);
        for text in [
            PLAIN.to_owned(),
            PLAIN.trim_end().to_owned(),
            PLAIN.replace('\n', "\r\n"),
            PLAIN.trim_end().replace('\n', "\r\n"),
            with("AQID\n", "AQID\r\n"),
            with("X-----\nAQID", "X-----\r\nAQID"),
            PLAIN.trim_end().to_owned() + "\r\n",
            "\n\n".to_owned() + PLAIN,
            " \t\n\r\n".to_owned() + PLAIN,
            PLAIN.to_owned() + "\n\n\n",
            PLAIN.replace('\n', "\r\n") + "\r\n\r\n",
            PLAIN.to_owned() + "  \n\t\n ",
            PLAIN.trim_end().to_owned() + " ",
            PLAIN.replace('\n', " \t\n"),
            PLAIN.replace('\n', " \r\n"),
            with("-----\nAQID", &format!("-----{spaces}\nAQID")),
            with("AQID\nBAUG\nBw==", "AQIDBAUGBw=="),
            with("AQID\nBAUG\nBw==", "A\nQIDB\nAUGBw\n=\n="),
        ] {
            assert_eq!(*read(text.as_bytes(), "X").unwrap(), [1, 2, 3, 4, 5, 6, 7], "{text:?}");
        }
    }

    fn refused(text: &str) -> String {
        let defect = read(text.as_bytes(), "X").unwrap_err();
        assert_eq!(defect.reason, Reason::PemMalformed, "{text:?}");
        defect.message
    }

    const NOT_BASE64: &str = "characters other than base64 inside the PEM block";
    const DAMAGED: &str = "the base64 that ends here is damaged or has lost a part";

    /// The same trials: at least one of them refuses it, or reads something else.
    #[test]
    fn what_some_reader_does_not_read_is_refused() {
        let ends = "not the line \"-----END X-----\", which must end the PEM block";
        for (text, line, message) in [
            (with("AQID\n", "AQID\n\n"), 3, "a blank line inside the PEM block"),
            (with("AQID\n", "AQID\n \n"), 3, "a blank line inside the PEM block"),
            (with("AQID\n", "AQID\r\n\r\n"), 3, "a blank line inside the PEM block"),
            (with("==\n", "==\n\n"), 5, "a blank line inside the PEM block"),
            (with("==\n", "==\n\t\n"), 5, "a blank line inside the PEM block"),
            (with("AQID", "\n\nAQID"), 2, "a blank line inside the PEM block"),
            (format!(" {PLAIN}"), 1, INDENTED),
            (format!("\n\t{PLAIN}"), 2, INDENTED),
            (with("-----END", " -----END"), 5, INDENTED),
            (PLAIN.replace('\n', "\r"), 1, "it ends with CR without LF, expected LF or CRLF"),
            (with("AQID", "AQID\u{b}"), 2, NOT_BASE64),
            (with("AQID", "AQ\u{c}ID"), 2, NOT_BASE64),
            (with("AQID", "AQID\0"), 2, NOT_BASE64),
            (with("AQID", "A-ID"), 2, NOT_BASE64),
            (with("AQID", "A=ID"), 5, DAMAGED),
            (with("AQID", "AQ=="), 5, DAMAGED),
            (with("AQID", "AQI"), 5, DAMAGED),
            (with("AQID", "Name: value\n\nAQID"), 2, NOT_BASE64),
            (with("AQID", "Name: value\nAQID"), 2, NOT_BASE64),
            (with("==\n", "=="), 4, NOT_BASE64),
            (with("==", "="), 5, DAMAGED),
            (with("==", ""), 5, DAMAGED),
            (with("==", "==="), 5, DAMAGED),
            (with("==", "==\n===="), 6, DAMAGED),
            // Its last bits stand for nothing, and are not zero.
            (with("Bw==", "Bx=="), 5, DAMAGED),
            (with("AQID\nBAUG\nBw==\n", ""), 2, DAMAGED),
            (with("BEGIN X-----\n", "BEGIN X-----"), 1, "a damaged PEM BEGIN line"),
            (with("BEGIN X-----", "BEGIN X------"), 1, "a damaged PEM BEGIN line"),
            (with("BEGIN X-----", "BEGIN X----"), 1, "a damaged PEM BEGIN line"),
            (with("BEGIN X-----", "BEGIN X-----\0"), 1, "a damaged PEM BEGIN line"),
            (PLAIN.replace('\n', ""), 1, "a damaged PEM BEGIN line"),
            (with("END X", "END Y"), 5, ends),
            (with("END X", "end X"), 5, ends),
            (with("END X-----", "END X------"), 5, ends),
            (with("END X-----", "END X-----x"), 5, ends),
            (format!("-{PLAIN}"), 1, "text before the PEM block"),
            (format!("x {PLAIN}"), 1, "text before the PEM block"),
            (format!("\u{feff}{PLAIN}"), 1, "a byte order mark, which an editor put there"),
            (PLAIN.repeat(2), 6, "a second PEM block, expected one"),
        ] {
            assert_eq!(refused(&text), format!("line {line}: {message}"), "{text:?}");
        }
        assert_eq!(refused(&format!("{PLAIN}\u{a0}\n")), "is not PEM: it has bytes outside ASCII");
        assert_eq!(refused(&PLAIN[..28]), "lacks the line \"-----END X-----\"");
        for none in ["", " \n\n", "AQID", &PLAIN[1..], &PLAIN.to_lowercase()] {
            assert_eq!(refused(none), NOT_PEM);
        }
    }

    /// They all read this, but not what stands around it; or it is one step from what they do not
    /// read, and nobody writes it.
    #[test]
    fn what_has_room_for_more_is_refused() {
        let spaces = " ".repeat(76);
        for (text, line, message) in [
            (format!("Certificate:\n{PLAIN}"), 1, "text before the PEM block"),
            (format!("{PLAIN}\nmore"), 7, "text after the PEM block"),
            (format!("{PLAIN}\0"), 6, "text after the PEM block"),
            (format!("{PLAIN}\u{1a}"), 6, "text after the PEM block"),
            (format!("{PLAIN}\u{c}\n"), 6, "text after the PEM block"),
            (format!("{PLAIN}text\n{PLAIN}"), 7, "a second PEM block, expected one"),
            (format!("{PLAIN}\r"), 6, "it ends with CR without LF, expected LF or CRLF"),
            (with("AQID", "AQID\r\r"), 2, "it ends with CR without LF, expected LF or CRLF"),
            (with("AQID", "\nAQID"), 2, "a blank line inside the PEM block"),
            (with("BAUG", " BAUG"), 3, INDENTED),
            (with("BAUG", "BA UG"), 3, NOT_BASE64),
            (with("AQID", &"A".repeat(80)), 2, "80 characters, expected at most 76"),
            (with("AQID", &format!("AQID{spaces}")), 2, "80 characters, expected at most 76"),
            (
                with("N X-----", &format!("N X-----{spaces}")),
                1,
                "93 characters, expected at most 76",
            ),
            (
                with("D X-----", &format!("D X-----{spaces}")),
                5,
                "91 characters, expected at most 76",
            ),
            (PLAIN.replace('X', &"X".repeat(49)), 1, "a damaged PEM BEGIN line"),
            (PLAIN.replace('X', "X\u{1b}[2J"), 1, "a damaged PEM BEGIN line"),
            (PLAIN.replace('X', ""), 1, "a damaged PEM BEGIN line"),
        ] {
            assert_eq!(refused(&text), format!("line {line}: {message}"), "{text:?}");
        }
    }

    #[test]
    fn labels_and_old_encryption() {
        assert_eq!(read(PLAIN.as_bytes(), "Y").unwrap_err().reason, Reason::PemLabel);
        let longest = "X".repeat(48);
        assert!(read(PLAIN.replace('X', &longest).as_bytes(), &longest).is_ok());
        let old = with("AQID", "Proc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\n\nAQID");
        let kind = |text: &str| read_any(text.as_bytes()).map(|block| block.content);
        assert!(matches!(kind(&old), Ok(Content::OldEncryption)));
        assert!(kind(&old[..50]).is_err() && kind(&format!("{old}x")).is_err());
        assert!(read(old.as_bytes(), "X").is_err());
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
        fn lines_of_any_length_up_to_the_longest_are_read(
            bytes in prop::collection::vec(any::<u8>(), 1..300),
            width in 1..=LONGEST_LINE,
        ) {
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
