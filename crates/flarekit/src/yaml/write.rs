//! Writes a tree as block YAML, in the style of PyYAML's `safe_dump(sort_keys=False)`.

use std::fmt::Write as _;

use super::node::{Node, Scalar, ScalarKind, Value};
use super::resolve::resolve;

/// Bytes of a key that is written before its colon. A parser looks 1024 characters ahead for the
/// colon; PyYAML's own writer stops at 128.
const MAX_SIMPLE_KEY: usize = 128;

/// Writes `node` so that PyYAML and [`parse`](super::parse) read the same values back. Aliases and
/// merge keys were expanded on reading, so there are none.
#[must_use]
pub fn write(node: &Node) -> String {
    let mut writer = Writer(String::new());
    match inline(node) {
        Some(text) => writer.line(&text),
        None => writer.block(node, 0, false),
    }
    writer.0
}

/// The text of a node that fits on the line of its key or dash.
fn inline(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar(scalar) => Some(written(scalar)),
        Value::Sequence(items) => items.is_empty().then(|| "[]".to_owned()),
        Value::Mapping(pairs) => pairs.is_empty().then(|| "{}".to_owned()),
    }
}

struct Writer(String);

impl Writer {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A list or mapping that is not empty. `begun` says that its first line already stands at
    /// `indent`, after a dash.
    fn block(&mut self, node: &Node, indent: usize, mut begun: bool) {
        let mut start = |writer: &mut Self| {
            if !std::mem::take(&mut begun) {
                writer.0.extend(std::iter::repeat_n(' ', indent));
            }
        };
        match &node.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => {
                for item in items {
                    start(self);
                    self.0.push_str("- ");
                    match inline(item) {
                        Some(text) => self.line(&text),
                        None => self.block(item, indent + 2, true),
                    }
                }
            }
            Value::Mapping(pairs) => {
                for (key, value) in pairs {
                    start(self);
                    self.pair(&inline(key).unwrap_or_default(), value, indent);
                }
            }
        }
    }

    fn pair(&mut self, key: &str, value: &Node, indent: usize) {
        if key.len() > MAX_SIMPLE_KEY {
            self.line(&format!("? {key}"));
            self.0.extend(std::iter::repeat_n(' ', indent));
        } else {
            self.0.push_str(key);
        }
        self.0.push(':');
        match (inline(value), &value.value) {
            (Some(text), _) => self.line(&format!(" {text}")),
            (None, Value::Sequence(_)) => {
                self.0.push('\n');
                self.block(value, indent, false);
            }
            (None, _) => {
                self.0.push('\n');
                self.block(value, indent + 2, false);
            }
        }
    }
}

fn written(scalar: &Scalar) -> String {
    let text = scalar.text.as_str();
    match scalar.kind {
        ScalarKind::Text if may_be_plain(text) => text.to_owned(),
        ScalarKind::Text if text.chars().all(is_printable) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        ScalarKind::Text => escaped(text),
        ScalarKind::Null if text.is_empty() => "null".to_owned(),
        _ => text.to_owned(),
    }
}

/// Whether a text stays the same text without quotes: it resolves to text, and nothing in it is an
/// indicator where it stands.
fn may_be_plain(text: &str) -> bool {
    let first_is_safe = match text.chars().next() {
        None => false,
        Some('-' | '?' | ':') => text.chars().nth(1).is_some_and(|next| next != ' '),
        Some(first) => !"#,[]{}&*!|>'\"%@`".contains(first),
    };
    first_is_safe
        && text == text.trim_matches(' ')
        && text.chars().all(is_printable)
        && !(text.contains(": ") || text.ends_with(':') || text.contains(" #"))
        && !(text.starts_with("---") || text.starts_with("..."))
        && resolve(text) == Ok(ScalarKind::Text)
}

/// Whether a character may stand as it is on a line of YAML.
fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= '\u{a0}',
    }
}

fn escaped(text: &str) -> String {
    let mut result = String::from('"');
    for character in text.chars() {
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            _ if is_printable(character) => result.push(character),
            _ => {
                // Writing into a `String` cannot fail. Every character that is not printable lies
                // in the first 16 bits.
                let _ = write!(result, "\\u{:04X}", u32::from(character));
            }
        }
    }
    result.push('"');
    result
}
