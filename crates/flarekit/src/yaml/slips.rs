//! What the parser says of the slips that people make, in words for them.

use libyaml_safer::Error;

use super::events::{TAB, mark};

/// The message for a text that is not YAML, with its place.
pub(super) fn words(error: &Error, text: &str) -> String {
    let (problem, began) = (error.problem(), error.context().unwrap_or_default());
    let first = error.problem_mark().and_then(|at| {
        let index = usize::try_from(at.index).ok()?;
        text.get(index..)?.chars().next()
    });
    let quotes = |sign: char| format!("a value that begins with '{sign}' needs quotes around it");
    // Of these the parser knows better where they begin than where it stumbled.
    let from_beginning = match (began, problem) {
        ("while scanning an alias", _) => Some(quotes('*')),
        ("while scanning an anchor", _) => Some(quotes('&')),
        ("while scanning a quoted scalar", "found unexpected end of stream") => {
            Some("a quotation mark has no partner".to_owned())
        }
        ("while scanning a simple key", "could not find expected ':'") => {
            Some("this line has no ':' with a space after it".to_owned())
        }
        _ => None,
    };
    if let (Some(words), Some(at)) = (from_beginning, error.context_mark()) {
        return format!("{}: {words}", mark(at));
    }
    let words = match (problem, first) {
        ("found a tab character that violates indentation", _)
        | ("found character that cannot start any token", Some('\t')) => TAB.to_owned(),
        ("found character that cannot start any token", Some(sign)) => quotes(sign),
        ("mapping values are not allowed in this context", _) => {
            "a ':' stands where none is expected: the line is indented too far, a space is missing \
             after a '-' or ':' before it, or a text with ': ' in it needs quotes around it"
                .to_owned()
        }
        ("did not find expected key" | "did not find expected '-' indicator", _) => {
            "this belongs to nothing above it: the line is not indented like the others, or a text \
             with a quotation mark in it needs other quotes around it"
                .to_owned()
        }
        _ => problem.to_owned(),
    };
    let place = error.problem_mark().map(|at| format!("{}: ", mark(at)));
    format!("{}{words}", place.unwrap_or_default())
}
