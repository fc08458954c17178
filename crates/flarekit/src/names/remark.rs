//! What an admin says about a decision.

use super::shown;
use crate::error::{Defect, Reason};

/// Most characters of a remark: a few sentences.
const REMARK: usize = 500;

/// What may stand in a remark besides letters, digits, spaces and what ASCII has.
const SIGNS: &str = "–—‘’‚“”„«»…€£§°";

/// A reason or a note, in one line of plain text: it is signed, sent to others and shown by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark(String);

impl Remark {
    /// Parses a remark; spaces around it are dropped. Every defect has [`Reason::Remark`].
    pub fn parse(text: &str) -> Result<Self, Defect> {
        let text = text.trim_matches(' ');
        let refuse = |what: String| Err(Defect::new(Reason::Remark, what));
        if text.is_empty() {
            return refuse("the text is empty".to_owned());
        }
        let length = text.chars().count();
        if length > REMARK {
            return refuse(format!("the text has {length} characters; at most {REMARK} fit"));
        }
        if let Some(other) = text.chars().find(|c| !is_plain(*c)) {
            return refuse(format!(
                "the text has the character {}, which is not plain text on one line",
                shown(&other.to_string())
            ));
        }
        if text.contains("PRIVATE KEY") {
            return refuse("the text is that of a private key".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() || SIGNS.contains(c)
}

#[cfg(test)]
mod tests {
    use super::{REMARK, Remark};
    use crate::error::Reason;

    #[test]
    fn words_are_kept_as_they_are() {
        for text in ["no contract yet", "Vertrag fehlt – Rückfrage bei Dr. Müller", "契約なし", "a"]
        {
            assert_eq!(Remark::parse(&format!(" {text} ")).unwrap().as_str(), text);
        }
        assert!(Remark::parse(&"x".repeat(REMARK)).is_ok());
    }

    #[test]
    fn what_steers_a_terminal_or_is_too_much_is_refused() {
        let long = "x".repeat(REMARK + 1);
        let key = "-----BEGIN RSA PRIVATE KEY-----";
        for text in ["", "  ", "a\nb", "a\tb", "\u{1b}[2J", "a\u{202e}b", "a\u{200b}b", &long, key]
        {
            assert_eq!(Remark::parse(text).unwrap_err().reason, Reason::Remark, "{text:?}");
        }
    }
}
