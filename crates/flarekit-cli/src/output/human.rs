//! Text for people.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use clap::builder::styling::Style;
use flarekit::error::Warning;
use serde_json::Value;

use super::Report;
use crate::error::{self, Failure};

const STRONG: Style = Style::new().bold();

/// The result, one `key: value` a line; of a list for people, one item a line.
pub fn fields(out: &mut impl Write, report: &Report) -> io::Result<()> {
    report.fields.iter().try_for_each(|(key, value)| match value {
        Value::Array(items) if report.lists.contains(&key.as_str()) => {
            items.iter().try_for_each(|item| self::item(out, key, item))
        }
        _ => writeln!(out, "{key}: {}", one_line(&plain(value))),
    })
}

/// One item of a list: `key: text`, or the outcome of a check, its name and what was found.
fn item(out: &mut impl Write, key: &str, item: &Value) -> io::Result<()> {
    let Value::Object(check) = item else {
        return writeln!(out, "{key}: {}", one_line(&plain(item)));
    };
    let part = |key: &str| check.get(key).map(plain).unwrap_or_default();
    let (outcome, name, message) = (part("outcome"), part("check"), part("message"));
    writeln!(out, "{outcome:<8} {name}: {}", one_line(&message))
}

/// The warnings, one a paragraph.
pub fn warnings(err: &mut impl Write, warnings: &[Warning]) -> io::Result<()> {
    warnings.iter().try_for_each(|warning| {
        writeln!(err, "{STRONG}Warning:{STRONG:#} {}", one_line(&warning.message))
    })
}

/// What went wrong, what to do about it, and its published names.
pub fn failure(err: &mut impl Write, failure: &Failure) -> io::Result<()> {
    if let Some(usage) = &failure.usage {
        writeln!(err, "{}\n", usage.help.as_ref().unwrap_or(&usage.line).trim_end())?;
    }
    let error = &failure.error;
    writeln!(err, "{}", one_line(error.message()))?;
    writeln!(err, "{STRONG}Hint:{STRONG:#} {}", error::hint(error))?;
    if let Some(reason) = error.reason() {
        writeln!(err, "Reason: {reason}")?;
    }
    writeln!(err, "Code: {} (exit {})", error.code(), error::exit_status(error))
}

/// A value without JSON's punctuation.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(items) => Cow::Owned(items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Cow::Owned(value.to_string()),
    }
}

/// Keeps a text on its line, and control characters from the terminal: messages quote names and
/// fields of files that other people made, and a line of ours must not be theirs.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !has_steering(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether any character of a text [steers].
pub fn has_steering(text: &str) -> bool {
    // Nearly always it is plain ASCII, which is quicker to see by bytes.
    text.bytes().any(|byte| !matches!(byte, b' '..=b'~')) && text.contains(steers)
}

/// Characters that a terminal obeys instead of showing them: control characters, and those that
/// reorder the text around them (Unicode TR 36, section 2.5).
pub fn steers(c: char) -> bool {
    let reorders =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || reorders
}
