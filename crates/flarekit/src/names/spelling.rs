//! Which character of a name is not accepted, and what the name would be without it.

use super::{SHOWN, escaped, shown};

/// The letters that every name accepts, as messages put it.
pub(super) const LETTERS: &str = "the letters A to Z and a to z";

/// The first character that is not accepted, and where it stands: "'ü' as character 2".
pub(super) fn first_refused(text: &str, accepted: impl Fn(char) -> bool) -> Option<String> {
    let (before, found) = text.chars().enumerate().find(|(_, c)| !accepted(*c))?;
    let found = match found {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\'' | '"' => "a quotation mark".to_owned(),
        other => format!("'{}'", escaped(&other.to_string())),
    };
    Some(format!("{found} as character {}", before + 1))
}

/// How the umlauts of German are spelled out, also where a letter and its dots are two characters.
const SPELLED_OUT: [(&str, &str); 13] = [
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("Ä", "Ae"),
    ("Ö", "Oe"),
    ("Ü", "Ue"),
    ("ß", "ss"),
    ("a\u{308}", "ae"),
    ("o\u{308}", "oe"),
    ("u\u{308}", "ue"),
    ("A\u{308}", "Ae"),
    ("O\u{308}", "Oe"),
    ("U\u{308}", "Ue"),
];

/// The nearest form of letters, digits and the characters in `kept`: whatever is between them
/// becomes one `joint`. Letters are not lost: those of German are spelled out, and a name with
/// others gets no suggestion. Nor does a text that messages cut short, since it may be a key.
pub(super) fn nearest(text: &str, kept: &str, joint: &str) -> Option<String> {
    let long = text.chars().nth(SHOWN).is_some();
    if long || shown(text) != format!("'{}'", escaped(text)) {
        return None;
    }
    let mut plain = text.to_owned();
    for (letter, spelled) in SPELLED_OUT {
        plain = plain.replace(letter, spelled);
    }
    let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    if plain.chars().any(|c| !c.is_ascii() && (c.is_alphanumeric() || is_mark(c))) {
        return None;
    }
    let words: Vec<&str> = plain
        .split(|c: char| !c.is_ascii_alphanumeric() && !kept.contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.join(joint);
    let joined = joined.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    (!joined.is_empty()).then(|| joined.to_owned())
}

/// The end of a message: what would be accepted, if anything like it is.
pub(super) fn suggested<T, E>(
    nearest: Option<String>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> String {
    match nearest.filter(|text| parse(text).is_ok()) {
        Some(text) => format!("; '{text}' would be accepted"),
        None => String::new(),
    }
}
