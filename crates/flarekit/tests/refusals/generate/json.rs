//! Alterations of the fields of a JSON record.

use flarekit::error::Reason;
use serde_json::{Value, json};

use super::edits::Edit;

/// A field that must be there: its path, another value that is well-formed or nearly so, and why
/// that is refused.
pub struct Field(pub &'static str, pub Value, pub Reason);

/// Each field missing, null, of another type, and with another value; each text also empty and
/// followed by a line break, whose refusal the second list names.
pub fn fields(fields: Vec<Field>, line_breaks: &[(&'static str, Reason)]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for Field(path, other, reason) in fields {
        let name = path.replace('/', "-");
        let mut add = |kind: &str, what: &str, reason: Reason, value: Option<Value>| {
            let change = move |text: &str| set(text, path, value.clone());
            edits.push(Edit::new(
                format!("{name}-{kind}"),
                format!("{path} {what}"),
                reason,
                change,
            ));
        };
        add("missing", "is not there", Reason::FieldMissing, None);
        add("null", "is null", Reason::FieldMissing, Some(Value::Null));
        if other.is_string() {
            add("empty", "is an empty text", Reason::FieldMissing, Some(json!("")));
        }
        add("list", "is a list", Reason::FieldType, Some(json!([other.clone()])));
        let what = format!("is {other}");
        add("altered", &what, reason, Some(other));
    }
    for (path, reason) in line_breaks {
        let name = format!("{}-line-break", path.replace('/', "-"));
        let change = |text: &str| {
            let mut value: Value = serde_json::from_str(text).unwrap();
            let field = field(&mut value, path);
            *field = format!("{}\n", field.as_str().unwrap()).into();
            format!("{value:#}")
        };
        edits.push(Edit::new(name, format!("{path} ends with a line break"), *reason, change));
    }
    edits
}

/// One field with one value.
pub fn with(
    name: &str,
    what: &str,
    reason: Reason,
    path: &'static str,
    value: impl Into<Value>,
) -> Edit {
    let value = value.into();
    Edit::new(name, what, reason, move |text| set(text, path, Some(value.clone())))
}

/// The record with another value in a field, or without the field.
fn set(text: &str, path: &str, value: Option<Value>) -> String {
    let mut record: Value = serde_json::from_str(text).unwrap();
    match value {
        Some(value) => *field(&mut record, path) = value,
        None => {
            let (object, key) = split(&mut record, path);
            object.as_object_mut().unwrap().shift_remove(key).unwrap();
        }
    }
    format!("{record:#}")
}

/// A field, which need not be there yet.
fn field<'v>(record: &'v mut Value, path: &str) -> &'v mut Value {
    let (object, key) = split(record, path);
    &mut object[key]
}

fn split<'v, 'p>(record: &'v mut Value, path: &'p str) -> (&'v mut Value, &'p str) {
    match path.split_once('/') {
        Some((outer, inner)) => (&mut record[outer], inner),
        None => (record, path),
    }
}
