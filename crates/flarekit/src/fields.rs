//! Typed access to the fields of a YAML mapping, with messages that say where the value stands.

use crate::error::{Defect, Reason, Warning, WarningCode};
use crate::names::shown;
use crate::yaml::Node;

/// The keys of a mapping that are not among the known ones, each with its place and the known key
/// that was probably meant.
pub(crate) fn unknown<'n>(
    mapping: &'n Node,
    known: &'n [&'static str],
) -> impl Iterator<Item = (&'n Node, &'n str, Option<&'static str>)> {
    mapping
        .as_mapping()
        .unwrap_or_default()
        .iter()
        .filter_map(|(node, _)| Some((node, node.as_text()?)))
        .filter(|(_, key)| !known.contains(key))
        .map(|(node, key)| (node, key, meant(key, known)))
}

/// The known key that differs least, where it differs by no more than two letters.
pub(crate) fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .filter_map(|candidate| Some((difference(key, candidate, 2)?, *candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// By how many letters a key differs from a known one, if by no more than so many. What is longer or
/// shorter by more is not compared: that takes as many steps as the two lengths multiplied, and a key
/// of another party may have a megabyte.
fn difference(key: &str, known: &str, most: usize) -> Option<usize> {
    if key.chars().count().abs_diff(known.len()) > most {
        return None;
    }
    Some(strsim::damerau_levenshtein(key, known)).filter(|distance| *distance <= most)
}

/// The warning for such a key.
pub(crate) fn unknown_warning(node: &Node, key: &str, meant: Option<&str>) -> Warning {
    let meant = meant.map(|key| format!("; did you mean '{key}'?")).unwrap_or_default();
    let message = format!("{}: the field {} means nothing here{meant}", node.at, shown(key));
    Warning::new(WarningCode::UnknownField, message)
}

/// A defect of the value at `node`: "line 4, column 11: …".
pub(crate) fn at(node: &Node, defect: Defect) -> Defect {
    defect.within(node.at)
}

/// Other words for fields, which people write from memory. None of them is a field of its own where
/// the first one is required.
const SYNONYMS: [(&str, &[&str]); 9] = [
    ("org", &["organization", "organisation", "organizations", "company", "institution"]),
    ("type", &["kind", "participant_type", "cert_type"]),
    ("role", &["cert_role", "admin_role", "user_role"]),
    ("participants", &["sites", "clients", "members"]),
    ("name", &["project", "project_name", "participant_name", "site_name"]),
    ("scheme", &["protocol"]),
    ("connection_security", &["security", "tls"]),
    ("host", &["hostname", "host_name", "address", "addr", "fqdn"]),
    ("fed_learn_port", &["port", "fl_port", "server_port", "fed_port"]),
];

/// A key of the mapping that is probably this one, misspelt (of short names, one letter may differ)
/// or another word for it.
fn misspelt<'n>(mapping: &'n Node, key: &str) -> Option<(&'n Node, &'n str)> {
    let others = SYNONYMS.iter().find(|(field, _)| *field == key).map_or(&[][..], |(_, all)| all);
    let is_meant = |found: &str| {
        let found = found.to_lowercase().replace(['-', ' '], "_");
        let most = (key.len() / 3).min(2);
        difference(&found, key, most).is_some() || others.contains(&found.as_str())
    };
    let keys = mapping.as_mapping().unwrap_or_default().iter();
    keys.filter_map(|(node, _)| Some((node, node.as_text()?))).find(|(_, found)| is_meant(found))
}

/// The value must be there and not be null.
pub(crate) fn required<'n>(mapping: &'n Node, key: &str) -> Result<&'n Node, Defect> {
    match mapping.get(key) {
        Some(node) if !node.is_null() => Ok(node),
        Some(empty) => Err(at(
            empty,
            Defect::new(
                Reason::FieldMissing,
                format!("the field '{key}' is empty; what belongs to it must be indented"),
            ),
        )),
        None => {
            let (place, message) = match misspelt(mapping, key) {
                Some((node, found)) => {
                    let found = shown(found);
                    (node, format!("the field {found} is unknown; did you mean '{key}'?"))
                }
                None => (mapping, format!("the field '{key}' is missing")),
            };
            Err(at(place, Defect::new(Reason::FieldMissing, message)))
        }
    }
}

/// The value, unless it is absent or null.
pub(crate) fn present<'n>(mapping: &'n Node, key: &str) -> Option<&'n Node> {
    mapping.get(key).filter(|node| !node.is_null())
}

/// The value is text. YAML reads many a bare word as something else; the message says as what.
pub(crate) fn text<'n>(node: &'n Node, key: &str) -> Result<&'n str, Defect> {
    node.as_text().ok_or_else(|| {
        let mut defect = wrong(node, key, "text");
        if node.plain_text().is_some() {
            defect.message.push_str("; in quotes it would be text");
        }
        defect
    })
}

/// The text must be there.
pub(crate) fn required_text<'n>(mapping: &'n Node, key: &str) -> Result<&'n str, Defect> {
    text(required(mapping, key)?, key)
}

/// The value is a mapping.
pub(crate) fn mapping<'n>(node: &'n Node, key: &str) -> Result<&'n Node, Defect> {
    if node.as_mapping().is_some() {
        return Ok(node);
    }
    Err(wrong(node, key, "a mapping of fields"))
}

/// The value is a whole number, and the one that a person reads there.
pub(crate) fn integer(node: &Node, key: &str) -> Result<i64, Defect> {
    let number = node.as_integer().ok_or_else(|| {
        let digits = node.as_text().filter(|text| text.parse::<i64>().is_ok());
        let mut defect = wrong(node, key, "a whole number");
        // With a 0 before it YAML takes a number for an octal one, or for text.
        if digits.is_some_and(|text| text.starts_with('0')) {
            defect.message.push_str("; write it without the leading 0");
            return defect;
        }
        unquoted(defect, digits.is_some())
    })?;
    let written = node.plain_text().unwrap_or_default();
    match instead(written) {
        Some(instead) => {
            let message = format!(
                "'{key}' must be an ordinary whole number, but is {}, which YAML reads as {number}; \
                 {instead}",
                shown(written)
            );
            Err(at(node, Defect::new(Reason::FieldType, message)))
        }
        None => Ok(number),
    }
}

/// What to write in the place of an octal number or one in base 60, which nobody means who writes
/// one here.
fn instead(written: &str) -> Option<&'static str> {
    let digits = written.strip_prefix(['+', '-']).unwrap_or(written);
    if digits.contains(':') {
        return Some("write it without ':'");
    }
    let octal = digits
        .strip_prefix('0')
        .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit() || next == '_'));
    octal.then_some("write it without the leading 0")
}

/// The value is true or false.
pub(crate) fn boolean(node: &Node, key: &str) -> Result<bool, Defect> {
    node.as_bool().ok_or_else(|| {
        let quoted = node.as_text().is_some_and(|text| matches!(text, "true" | "false"));
        unquoted(wrong(node, key, "true or false"), quoted)
    })
}

/// Says what to write where only the quotes are too much.
fn unquoted(mut defect: Defect, quoted: bool) -> Defect {
    if quoted {
        defect.message.push_str("; leave out the quotes");
    }
    defect
}

/// The value is of another type than expected.
pub(crate) fn wrong(node: &Node, key: &str, expected: &str) -> Defect {
    let found = match node.plain_text() {
        Some(plain) => format!("{}, which YAML reads as {}", shown(plain), node.type_name()),
        None => node.type_name().to_owned(),
    };
    let message = format!("'{key}' must be {expected}, but is {found}");
    at(node, Defect::new(Reason::FieldType, message))
}

/// Parses the value at `node` with a parser of text; a defect says where it stands.
pub(crate) fn parsed<T>(
    node: &Node,
    key: &str,
    parse: impl FnOnce(&str) -> Result<T, Defect>,
) -> Result<T, Defect> {
    parse(text(node, key)?).map_err(|defect| at(node, defect.within(format!("'{key}'"))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::difference;

    proptest! {
        #[test]
        fn keys_that_differ_by_few_letters_are_found(key in "[a-c\u{e9}]{0,6}", known in "[a-c]{0,6}", most in 0_usize..3) {
            let distance = strsim::damerau_levenshtein(&key, &known);
            prop_assert_eq!(difference(&key, &known, most), Some(distance).filter(|d| *d <= most));
        }
    }
}
