//! The envelope for programs: one JSON object on one line.

use std::fmt::Write as _;
use std::io::{self, Write};

use flarekit::error::Warning;
use serde_json::{Map, Value, json};

use super::{List, Report, human};
use crate::error::{self, Failure};

/// The version of the envelope.
pub const SCHEMA_VERSION: &str = "1";

/// Writes the object on one line.
pub fn line(out: &mut impl Write, value: &Value) -> io::Result<()> {
    writeln!(out, "{}", text(value))
}

/// Writes the envelope of a list.
pub fn list(out: &mut impl Write, list: &mut List) -> io::Result<()> {
    let envelope = text(&success(&mut list.report, list.status));
    // The data are the last field, and have one at least: the warnings.
    let ends = "}}";
    write!(out, "{}", envelope.strip_suffix(ends).unwrap_or(&envelope))?;
    list.rows.print_field(out)?;
    writeln!(out, "{ends}")
}

/// A value as text.
pub fn text(value: &Value) -> String {
    // JSON leaves some characters as they are that a terminal would obey. They stand only in
    // strings, where an escape means the same.
    let text = value.to_string();
    if !human::has_steering(&text) {
        return text;
    }
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        if human::steers(c) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
        escaped
    })
}

/// The envelope of a result, and the exit status that goes with it. The fields move into it.
pub fn success(report: &mut Report, status: u8) -> Value {
    let data = data(report);
    json!({"schema_version": SCHEMA_VERSION, "status": "ok", "exit_code": status, "data": data})
}

fn data(report: &mut Report) -> Map<String, Value> {
    let mut data = std::mem::take(&mut report.fields);
    data.insert("warnings".to_owned(), report.warnings.iter().map(warning).collect());
    data
}

/// The envelope of an error.
pub fn failure(failure: &mut Failure) -> Value {
    let error = &failure.error;
    let mut envelope = Map::new();
    let mut add = |key: &str, value: Value| envelope.insert(key.to_owned(), value);
    add("schema_version", SCHEMA_VERSION.into());
    add("status", "error".into());
    add("exit_code", error::exit_status(error).into());
    add("error_code", error.code().as_str().into());
    add("message", error.message().into());
    add("hint", error::hint(error).into());
    if let Some(reason) = error.reason() {
        add("reason", reason.as_str().into());
    }
    if let Some(usage) = &failure.usage {
        add("data", json!({"usage": usage.line, "choices": usage.choices}));
    }
    if let Some(report) = &mut failure.report {
        add("data", data(report).into());
    }
    Value::Object(envelope)
}

fn warning(warning: &Warning) -> Value {
    json!({"code": warning.code.as_str(), "message": warning.message})
}
