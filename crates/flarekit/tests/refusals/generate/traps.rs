//! What another reader of YAML or JSON could take for something else.

use flarekit::error::Reason::{self, *};
use flarekit::json;
use flarekit::yaml;

use super::edits::Edit;

/// A record that begins with `{` and a line break, spoiled as JSON.
pub fn json() -> Vec<Edit> {
    let after_brace = |member: String| {
        move |text: &str| format!("{{\n{member},{}", text.strip_prefix('{').unwrap())
    };
    let first = |name: &str, what: &str, reason: Reason, member: &str| {
        Edit::new(name, what, reason, after_brace(member.to_owned()))
    };
    let deep = |count: usize| format!("\"x\": {}{}", "[".repeat(count), "]".repeat(count));
    vec![
        first(
            "json-key-twice",
            "an unknown key stands twice",
            JsonDuplicateKey,
            r#""x": 1, "x": 1"#,
        ),
        first(
            "json-key-twice-escaped",
            "a key stands twice, once with an escape",
            JsonDuplicateKey,
            r#""x": 1, "\u0078": 2"#,
        ),
        first(
            "json-key-twice-inside",
            "a key stands twice in an object inside an unknown field",
            JsonDuplicateKey,
            r#""x": [{"y": 1, "y": 2}]"#,
        ),
        first("json-nan", "an unknown field is NaN", JsonSyntax, r#""x": NaN"#),
        first("json-infinity", "an unknown field is -Infinity", JsonSyntax, r#""x": -Infinity"#),
        first(
            "json-number-of-65-bits",
            "an unknown field is a whole number of 65 bits",
            JsonNumber,
            r#""x": 18446744073709551616"#,
        ),
        first(
            "json-number-of-65-bits-negative",
            "an unknown field is a negative number that 64 bits do not hold",
            JsonNumber,
            r#""x": -9223372036854775809"#,
        ),
        first("json-number-huge", "an unknown field is 1e999", JsonSyntax, r#""x": 1e999"#),
        first("json-number-octal", "an unknown field is 010", JsonSyntax, r#""x": 010"#),
        first(
            "json-lone-surrogate",
            "an unknown field has half a surrogate pair",
            JsonSyntax,
            r#""x": "\ud800""#,
        ),
        first(
            "json-too-deep",
            "lists stand too deep in one another",
            JsonTooDeep,
            &deep(json::MAX_DEPTH),
        ),
        first(
            "json-too-many-values",
            "an unknown field has more values than are read",
            JsonTooLarge,
            &format!("\"x\": [{}0]", "0,".repeat(json::MAX_NODES)),
        ),
        first("json-comment", "there is a comment", JsonSyntax, "/* x */ \"x\": 1"),
        Edit::new(
            "json-trailing-comma",
            "a comma stands before the last brace",
            JsonSyntax,
            |text| format!("{},}}", text.strip_suffix('}').unwrap()),
        ),
        Edit::new("json-followed-by-text", "text follows the object", JsonSyntax, |text| {
            format!("{text} x")
        }),
        Edit::new("json-twice", "a second object follows", JsonSyntax, |text| {
            format!("{text}{text}")
        }),
        Edit::new("json-byte-order-mark", "it begins with a byte order mark", JsonSyntax, |text| {
            format!("\u{feff}{text}")
        }),
        Edit::new("json-in-a-list", "the object stands in a list", FieldType, |text| {
            format!("[{text}]")
        }),
        Edit::new("json-empty", "it is empty", JsonSyntax, |_| String::new()),
        Edit::new("json-null", "it is null", FieldType, |_| "null".to_owned()),
    ]
}

/// A mapping that begins with `name: hospital_federation`, spoiled as YAML.
pub fn yaml() -> Vec<Edit> {
    let add = |name: &str, what: &str, reason: Reason, line: &str| {
        let line = line.to_owned();
        Edit::new(name, what, reason, move |text| format!("{text}{line}\n"))
    };
    let deep = |count: usize| format!("x: {}{}", "[".repeat(count), "]".repeat(count));
    vec![
        add("yaml-key-twice", "a key stands twice", YamlDuplicateKey, "name: hospital_federation"),
        add(
            "yaml-key-twice-quoted",
            "a key stands twice, once in quotes",
            YamlDuplicateKey,
            "\"name\": x",
        ),
        add("yaml-key-number", "a key is a number", YamlKeyNotText, "12345: x"),
        add(
            "yaml-key-boolean",
            "a key is 'no', which YAML reads as false",
            YamlKeyNotText,
            "no: x",
        ),
        add("yaml-key-list", "a key is a list", YamlKeyNotText, "? [x]\n: y"),
        add("yaml-tag", "a value has a tag", YamlTag, "x: !!str 1"),
        add(
            "yaml-tag-python",
            "a value asks Python for an object",
            YamlTag,
            "x: !!python/name:os.system",
        ),
        add("yaml-tag-binary", "a value is !!binary", YamlTag, "x: !!binary aGk="),
        add(
            "yaml-date-impossible",
            "a value is a date that does not exist",
            YamlScalar,
            "x: 2026-13-01",
        ),
        add("yaml-reserved", "a value is '=', which YAML 1.1 reserves", YamlScalar, "x: ="),
        add("yaml-number-without-digits", "a value is 0x_", YamlScalar, "x: 0x_"),
        add(
            "yaml-number-long",
            "a value is a number of 700 digits",
            YamlScalar,
            &format!("x: {}", "1".repeat(700)),
        ),
        add("yaml-second-document", "a second document follows", YamlDocuments, "---\nx: 1"),
        add("yaml-tab", "a tab stands between key and value", YamlSyntax, "x:\t1"),
        add("yaml-unclosed", "a list does not end", YamlSyntax, "x: [1, 2"),
        add(
            "yaml-question-mark",
            "a question mark stands in a list without quotes",
            YamlSyntax,
            "x: [a?b]",
        ),
        add("yaml-control-character", "there is a control character", YamlSyntax, "x: \u{1}"),
        add(
            "yaml-next-line",
            "there is a line break that editors do not show",
            YamlSyntax,
            "x: a\u{85}b",
        ),
        add(
            "yaml-byte-order-mark-inside",
            "there is a byte order mark inside",
            YamlSyntax,
            "x: \u{feff}a",
        ),
        add(
            "yaml-too-deep",
            "lists stand too deep in one another",
            YamlTooDeep,
            &deep(yaml::MAX_DEPTH),
        ),
        add(
            "yaml-too-many-nodes",
            "it has too many nodes",
            YamlTooManyNodes,
            &format!("x: [{}]", "1,".repeat(yaml::MAX_NODES)),
        ),
        Edit::new("yaml-empty", "it is empty", YamlDocuments, |_| String::new()),
        Edit::new("yaml-comment-only", "it holds only a comment", YamlDocuments, |_| {
            "# x\n".to_owned()
        }),
        Edit::new("yaml-list", "it is a list", FieldType, |_| "- x\n".to_owned()),
    ]
}

/// In what another party sent, not even honest shorthands are accepted.
pub fn yaml_archived() -> Vec<Edit> {
    let add = |name: &str, what: &str, line: &str| {
        let line = line.to_owned();
        Edit::new(name, what, YamlAlias, move |text| format!("{text}{line}\n"))
    };
    vec![
        add("yaml-anchor", "a value has an anchor", "x: &x 1"),
        add("yaml-alias", "a value is an alias", "x: *x"),
        add("yaml-merge-key", "there is a merge key", "<<: {x: 1}"),
    ]
}

/// In the user's own file, shorthands must mean something and stay small.
pub fn yaml_local() -> Vec<Edit> {
    let add = |name: &str, what: &str, reason: Reason, line: String| {
        Edit::new(name, what, reason, move |text| format!("{text}{line}\n"))
    };
    let doubled: String =
        (1..20).map(|n| format!("x{n}: &x{n} [*x{}, *x{}]\n", n - 1, n - 1)).collect();
    vec![
        add("yaml-alias-undefined", "an alias has no anchor", YamlAlias, "x: *x".to_owned()),
        add(
            "yaml-alias-inside-itself",
            "an alias stands inside itself",
            YamlAlias,
            "x: &x [*x]".to_owned(),
        ),
        add("yaml-anchor-twice", "an anchor is set twice", YamlAlias, "x: [&x 1, &x 2]".to_owned()),
        add("yaml-merge-of-text", "a merge key takes a text", YamlAlias, "<<: x".to_owned()),
        add(
            "yaml-merge-list",
            "two mappings of a merge key's list have different values for one key",
            YamlAlias,
            "x: {<<: [{org: a}, {org: b}]}".to_owned(),
        ),
        add(
            "yaml-merge-of-overriding",
            "what is merged overrides what was merged into it",
            YamlAlias,
            "x: {<<: {<<: {org: a}, org: b}}".to_owned(),
        ),
        add(
            "yaml-alias-bomb",
            "aliases of aliases unfold into millions",
            YamlTooManyNodes,
            format!("x0: &x0 [1, 1]\n{doubled}"),
        ),
    ]
}
