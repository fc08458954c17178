//! What the fuzz targets share: what every refusal owes its reader, and mutations that keep an
//! artifact in one piece so that the deep checks are reached.

pub mod der;
pub mod mutate;
pub mod pem;
pub mod vectors;
pub mod zip;

use flarekit::archive::contains_private_key;
use flarekit::error::{Defect, Error};
use flarekit::yaml::{Node, ScalarKind, Value};

/// A message goes to a terminal and into logs: nothing in it may move a cursor or turn text around,
/// and if the input was a private key, named by mistake, nothing of it may be told.
pub fn check_message(message: &str, input: &[u8]) {
    const LONGEST: usize = 4096;
    assert!(!message.is_empty(), "a refusal says nothing");
    assert!(message.len() <= LONGEST, "a message of {} bytes", message.len());
    let unsafe_to_show = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!message.contains(unsafe_to_show), "{message:?} cannot be shown");
    let input = input.trim_ascii();
    if !input.starts_with(b"-----BEGIN ") || !contains_private_key(input) {
        return;
    }
    let is_base64 = |line: &&str| {
        line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    for line in String::from_utf8_lossy(input).lines().map(str::trim).filter(is_base64) {
        assert!(line.len() < 60 || !message.contains(line), "{message:?} tells of a private key");
    }
}

/// The message of what was refused; what was accepted is handed on.
pub fn accepted<T>(read: Result<T, Defect>, input: &[u8]) -> Option<T> {
    read.map_err(|defect| check_message(&defect.message, input)).ok()
}

/// The same for a stage.
pub fn admitted<T>(read: Result<T, Error>, input: &[u8]) -> Option<T> {
    read.map_err(|error| check_message(error.message(), input)).ok()
}

/// Whether two trees have the same values; `null` may be written in several ways.
#[must_use]
pub fn same(one: &Node, two: &Node) -> bool {
    match (&one.value, &two.value) {
        (Value::Scalar(one), Value::Scalar(two)) => {
            one.kind == two.kind && (one.kind == ScalarKind::Null || one.text == two.text)
        }
        (Value::Sequence(one), Value::Sequence(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Mapping(one), Value::Mapping(two)) => {
            one.len() == two.len()
                && one
                    .iter()
                    .zip(two)
                    .all(|(one, two)| same(&one.0, &two.0) && same(&one.1, &two.1))
        }
        _ => false,
    }
}

/// How many nodes a tree has, and how many collections stand inside one another.
#[must_use]
pub fn size(node: &Node) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match &node.value {
        Value::Scalar(_) => return (1, 0),
        Value::Sequence(items) => items.iter().map(size).collect(),
        Value::Mapping(pairs) => pairs.iter().flat_map(|(k, v)| [size(k), size(v)]).collect(),
    };
    let nodes = inner.iter().map(|(nodes, _)| nodes).sum::<usize>();
    let depth = inner.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
    (nodes + 1, depth + 1)
}
