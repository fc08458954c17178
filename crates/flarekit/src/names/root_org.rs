//! The organisation of a root certificate.

use super::{X520_UPPER_BOUND, escaped, shown};
use crate::error::{Defect, Reason};

/// The O of a root certificate: 1 to 64 characters that can be printed on one line.
///
/// It is only shown, and never compared with a participant's [`Org`](super::Org), which stands in
/// policies and tables, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootOrg(String);

impl RootOrg {
    /// Parses the text as it is; every defect has [`Reason::OrgName`].
    pub fn parse(text: &str) -> Result<Self, Defect> {
        // Quotes and backslashes are escaped in messages, but can be printed.
        let unquoted = text.replace(['\\', '"', '\''], "");
        let printable = escaped(&unquoted) == unquoted;
        let length = text.chars().count();
        if printable && !text.trim().is_empty() && length <= X520_UPPER_BOUND {
            return Ok(Self(text.to_owned()));
        }
        Err(Defect::new(
            Reason::OrgName,
            format!("org {} must be 1 to 64 characters on one line", shown(text)),
        ))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::RootOrg;
    use crate::error::Reason;

    #[test]
    fn any_text_of_one_line_is_kept_as_it_is() {
        let longest = "\u{e9}".repeat(64);
        for text in [
            "Hospital Central",
            "St. Mary's \"A\\B\" & Co.",
            "Klinik S\u{fc}d",
            "\u{5951}\u{7d04}",
            &longest,
        ] {
            assert_eq!(RootOrg::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_steers_a_terminal_or_does_not_fit_is_refused() {
        let long = "x".repeat(65);
        for text in
            ["", "  ", "a\nb", "a\0", "\u{1b}[2J", "a\u{202e}b", "a\u{2028}b", "a\u{200b}", &long]
        {
            assert_eq!(RootOrg::parse(text).unwrap_err().reason, Reason::OrgName, "{text:?}");
        }
    }
}
