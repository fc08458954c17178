//! The tree that a document is read into.

use std::fmt;

use super::resolve;

/// Where a node begins: line and column, counted from 1 in characters. Both are 0 for a node that
/// was built and not read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value and where it stands. Two nodes are equal when their values are, wherever they stand.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub at: Mark,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in the order of the text. Every key is a text scalar, and none stands twice.
    Mapping(Vec<(Node, Node)>),
}

/// A single value, as it was written and as YAML 1.1 understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, without quotes and with escapes resolved.
    pub text: String,
    /// What YAML 1.1 takes it for.
    pub kind: ScalarKind,
}

/// What YAML 1.1 takes a scalar for. Quoted scalars and blocks are always text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// `null`, `~` or nothing at all.
    Null,
    /// `yes`, `no`, `on`, `off`, `true`, `false`.
    Bool(bool),
    /// A whole number; also octal (`010`), hexadecimal and base 60 (`1:20`).
    Int,
    /// A number with a point.
    Float,
    /// A date, or a date and a time.
    Timestamp,
    /// Text.
    Text,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// A text, whatever it looks like: [`write()`](super::write()) quotes it where it must.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let scalar = Scalar { text: text.into(), kind: ScalarKind::Text };
        Self { at: Mark::default(), value: Value::Scalar(scalar) }
    }

    /// A whole number.
    #[must_use]
    pub fn integer(number: i64) -> Self {
        let scalar = Scalar { text: number.to_string(), kind: ScalarKind::Int };
        Self { at: Mark::default(), value: Value::Scalar(scalar) }
    }

    /// A list.
    #[must_use]
    pub fn sequence(items: Vec<Node>) -> Self {
        Self { at: Mark::default(), value: Value::Sequence(items) }
    }

    /// A mapping. Of two equal keys the first keeps its place and the last its value.
    #[must_use]
    pub fn mapping(pairs: Vec<(String, Node)>) -> Self {
        let empty = Self { at: Mark::default(), value: Value::Mapping(Vec::new()) };
        pairs.into_iter().fold(empty, |node, (key, value)| node.with(key, value))
    }

    /// This mapping with `key` set to `value`: in its place if it was there, else at the end.
    /// Anything but a mapping stays as it is.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: Node) -> Self {
        if let Value::Mapping(pairs) = &mut self.value {
            let key = key.into();
            match pairs.iter_mut().find(|(found, _)| found.as_text() == Some(&key)) {
                Some((_, old)) => *old = value,
                None => pairs.push((Node::text(key), value)),
            }
        }
        self
    }

    /// This mapping without `key`. Anything but a mapping stays as it is.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        if let Value::Mapping(pairs) = &mut self.value {
            pairs.retain(|(found, _)| found.as_text() != Some(key));
        }
        self
    }

    /// The value of `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let (_, value) = self.as_mapping()?.iter().find(|(k, _)| k.as_text() == Some(key))?;
        Some(value)
    }

    /// The keys and values, if this is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Mapping(pairs) => Some(pairs),
            Value::Scalar(_) | Value::Sequence(_) => None,
        }
    }

    /// The items, if this is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            Value::Scalar(_) | Value::Mapping(_) => None,
        }
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        let scalar = self.scalar()?;
        (scalar.kind == ScalarKind::Text).then_some(scalar.text.as_str())
    }

    /// The number, if this is a whole number that fits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        let scalar = self.scalar()?;
        if scalar.kind == ScalarKind::Int { resolve::integer(&scalar.text) } else { None }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar()?.kind {
            ScalarKind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is a number with a point.
    #[must_use]
    pub fn is_float(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind == ScalarKind::Float)
    }

    /// Whether this is `null` or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind == ScalarKind::Null)
    }

    /// What this is, for a message: "text", "a list".
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "nothing (null)",
                ScalarKind::Bool(_) => "true or false",
                ScalarKind::Int => "a whole number",
                ScalarKind::Float => "a number",
                ScalarKind::Timestamp => "a date",
                ScalarKind::Text => "text",
            },
        }
    }

    /// The text of a scalar that is not empty, whatever YAML 1.1 takes it for.
    #[must_use]
    pub fn plain_text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str()).filter(|text| !text.is_empty())
    }

    fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Node;

    fn parse(bytes: &[u8]) -> Node {
        super::super::parse(bytes, super::super::Dialect::Archive).unwrap()
    }

    #[test]
    fn mappings_are_built_and_changed_in_order() {
        let node =
            Node::mapping(vec![("b".to_owned(), Node::text("1"))]).with("a", Node::integer(2));
        let node = node.with("b", Node::text("3")).with("c", Node::sequence(vec![]));
        let keys: Vec<_> = node.as_mapping().unwrap().iter().map(|(k, _)| k.as_text()).collect();
        assert_eq!(keys, [Some("b"), Some("a"), Some("c")]);
        assert_eq!(node.get("b").unwrap().as_text(), Some("3"));
        assert_eq!(node.without("b").get("b"), None);
    }

    #[test]
    fn each_type_has_its_accessor_and_its_name() {
        let node = parse(b"[no, 010, ~, [a], {b: c}, x, 2020-01-01, 1.5, 99999999999999999999, ]");
        let types: Vec<_> = node.as_sequence().unwrap().iter().map(Node::type_name).collect();
        let expected = [
            "true or false",
            "a whole number",
            "nothing (null)",
            "a list",
            "a mapping",
            "text",
            "a date",
            "a number",
            "a whole number",
        ];
        assert_eq!(types, expected);
        let item = |index: usize| &node.as_sequence().unwrap()[index];
        assert_eq!(item(0).as_bool(), Some(false));
        assert_eq!(item(0).as_text(), None);
        assert_eq!(item(0).plain_text(), Some("no"));
        assert_eq!(item(1).as_integer(), Some(8));
        assert_eq!(item(1).as_bool(), None);
        assert!(item(2).is_null());
        assert_eq!(item(3).plain_text(), None);
        assert_eq!(item(5).as_text(), Some("x"));
        assert_eq!(item(5).as_integer(), None);
        assert_eq!(item(8).as_integer(), None, "it does not fit");
        assert_eq!(parse(b"a:").get("a").unwrap().plain_text(), None);
    }
}
