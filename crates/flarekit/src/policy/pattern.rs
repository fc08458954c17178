//! Patterns: text with `*` for any characters and `?` for one.

use std::fmt;

use crate::error::{Defect, Reason};
use crate::names::shown;

/// Characters of a pattern. The longest name that it has to match has 253 (RFC 1035 section 2.3.4),
/// and a server's alternative names have a prefix of 4.
pub const LONGEST: usize = 260;

/// A pattern that a whole text must match. `*` stands for any characters, also none, dots included;
/// `?` for exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Parses a pattern for values that consist of some characters. Anything else could never match,
    /// and is refused: it may be meant for a regular expression.
    ///
    /// # Errors
    /// [`Reason::PolicyPattern`].
    pub fn parse(text: &str, in_values: impl Fn(char) -> bool) -> Result<Self, Defect> {
        let refuse = |what: String| {
            let message = format!("the pattern {} {what}", shown(text));
            Err(Defect::new(Reason::PolicyPattern, message))
        };
        if text.is_empty() {
            return refuse("is empty".to_owned());
        }
        let length = text.chars().count();
        if length > LONGEST {
            return refuse(format!("has {length} characters, more than {LONGEST}"));
        }
        if let Some(other) = text.chars().find(|c| !"*?".contains(*c) && !in_values(*c)) {
            return refuse(format!(
                "has the character {}, which no such value has; '*' stands for any characters, '?' \
                 for one",
                shown(&other.to_string())
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This pattern behind a text without wildcards.
    pub(super) fn behind(self, text: &str) -> Self {
        Self(format!("{text}{}", self.0))
    }

    /// Whether the whole text matches.
    ///
    /// A text that does not fit behind the last `*` is tried one character further, and nothing
    /// before that `*` is tried again: an earlier end of what stands before it leaves most to what
    /// follows. So there are at most as many steps as the two lengths multiplied.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.chars(), text.chars());
        let mut again = None;
        loop {
            let here = rest.clone();
            match (pattern.next(), rest.next()) {
                (None, None) => return true,
                (Some('*'), _) => {
                    again = Some((pattern.clone(), here.clone()));
                    rest = here;
                }
                (Some('?'), Some(_)) => {}
                (Some(wanted), Some(found)) if wanted == found => {}
                _ => {
                    let Some((after_star, mut further)) = again.take() else { return false };
                    if further.next().is_none() {
                        return false;
                    }
                    again = Some((after_star.clone(), further.clone()));
                    (pattern, rest) = (after_star, further);
                }
            }
        }
    }

    /// Whether the whole text matches, in whatever case its letters are.
    #[must_use]
    pub fn matches_in_any_case(&self, text: &str) -> bool {
        Self(self.0.to_ascii_lowercase()).matches(&text.to_ascii_lowercase())
    }
}

/// As messages show it: quoted, and not longer than they can bear.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Pattern};
    use crate::error::Reason;
    use proptest::prelude::*;

    fn known(c: char) -> bool {
        c.is_ascii_alphanumeric() || "._@-:".contains(c)
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, known).unwrap()
    }

    #[test]
    fn stars_and_question_marks() {
        for (text, yes, no) in [
            ("a", "a", &["", "A", "aa", "b"][..]),
            ("*", "", &[]),
            ("*", "any.thing@all", &[]),
            ("?", "x", &["", "xy"]),
            ("hospital-*", "hospital-", &["hospital", "xhospital-a", "Hospital-a"]),
            ("*@hospital-alpha.org", "a.b@hospital-alpha.org", &["a@hospital-alpha.org.evil.org"]),
            ("*a*b", "xaybzb", &["xayb_", "ba"]),
            ("a*b*c", "abbcc", &["acb", "abcd"]),
            ("**a**", "bab", &["b"]),
            ("*?", "xyz", &[""]),
            ("a.c", "a.c", &["abc"]),
            ("*ab", "aab", &["aba"]),
        ] {
            assert!(pattern(text).matches(yes), "{text} {yes}");
            for other in no {
                assert!(!pattern(text).matches(other), "{text} {other}");
            }
        }
        assert!(pattern("DNS:*.Org").matches_in_any_case("DNS:a.ORG"));
        assert!(!pattern("DNS:*.Org").matches("DNS:a.ORG"));
    }

    #[test]
    fn what_could_never_match_is_refused() {
        let long = "a".repeat(LONGEST + 1);
        for text in
            ["", "hospital-[ab]", "^a$", "a|b", "{a,b}", "a b", "a\\*", "ä", "a\u{1b}", &long]
        {
            let defect = Pattern::parse(text, known).unwrap_err();
            assert_eq!(defect.reason, Reason::PolicyPattern, "{text}");
        }
        assert!(Pattern::parse(&long[1..], known).is_ok());
        assert!(Pattern::parse("a-b", |c| c != '-').is_err());
    }

    /// The definition, without a thought of time.
    fn defined(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                defined(rest, text)
                    || text.split_first().is_some_and(|(_, text)| defined(pattern, text))
            }
            ([b'?', pattern @ ..], [_, text @ ..]) => defined(pattern, text),
            ([one, pattern @ ..], [other, text @ ..]) => one == other && defined(pattern, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_is_as_it_is_defined(text in "[ab]{0,8}", wanted in "[ab*?]{1,7}") {
            let found = pattern(&wanted).matches(&text);
            prop_assert_eq!(found, defined(wanted.as_bytes(), text.as_bytes()), "{} {}", wanted, text);
        }

        #[test]
        fn a_pattern_without_wildcards_is_itself(text in "[a-z@._-]{1,20}", other in "[a-z@._-]{1,20}") {
            prop_assert!(pattern(&text).matches(&text));
            prop_assert_eq!(pattern(&text).matches(&other), text == other);
        }

        #[test]
        fn a_text_with_stars_put_in_still_matches(parts in prop::collection::vec("[a-z]{0,4}", 1..6)) {
            let joined = parts.join("*");
            prop_assume!(!joined.is_empty());
            prop_assert!(pattern(&joined).matches(&parts.concat()));
            prop_assert!(pattern(&joined).matches(&parts.join("-x-")));
        }
    }

    /// What makes matchers that try everything again run for years.
    #[test]
    fn many_stars_cost_little() {
        let many = pattern(&format!("{}b", "*a".repeat(LONGEST / 2 - 1)));
        assert!(!many.matches(&"a".repeat(10_000)));
    }
}
