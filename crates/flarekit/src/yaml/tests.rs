//! What is read, what is refused, and that what is written is read back.

use proptest::prelude::*;

use super::compose::{Size, compose_counting};
use super::{Dialect, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, ScalarKind, Value, parse, write};
use crate::error::Reason;

fn local(text: &str) -> Node {
    parse(text.as_bytes(), Dialect::Local).unwrap()
}

fn refused(text: &str, dialect: Dialect) -> (Reason, String) {
    let defect = parse(text.as_bytes(), dialect).unwrap_err();
    (defect.reason, defect.message)
}

#[test]
fn plain_scalars_mean_what_pyyaml_says() {
    for line in include_str!("testdata/scalars.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [text, kind, value] = fields.as_slice() else { panic!("{line}") };
        let parsed = parse(format!("- {text}\n").as_bytes(), Dialect::Archive);
        if *kind == "error" {
            let reason = parsed.unwrap_err().reason;
            assert!(matches!(reason, Reason::YamlScalar | Reason::YamlSyntax), "{text}: {reason}");
            continue;
        }
        let root = parsed.unwrap();
        let node = &root.as_sequence().unwrap()[0];
        let Value::Scalar(scalar) = &node.value else {
            assert_eq!(*kind, "other", "{text}");
            continue;
        };
        let read = match scalar.kind {
            ScalarKind::Null => "null",
            ScalarKind::Bool(_) => "bool",
            ScalarKind::Int => "int",
            ScalarKind::Float => "float",
            ScalarKind::Timestamp => "time",
            ScalarKind::Text => "text",
        };
        assert_eq!(read, *kind, "{text}");
        assert_eq!(
            node.as_bool().map(|v| v.to_string()),
            value.to_lowercase().parse::<bool>().ok().map(|v| v.to_string()),
            "{text}"
        );
        if read == "int" {
            assert_eq!(node.as_integer(), value.parse().ok(), "{text}");
        }
        let quoted = local(&write(&Node::text(*text)));
        assert_eq!(quoted.as_text(), Some(*text), "written as a text");
        assert_eq!(local(&write(node)).type_name(), node.type_name(), "written as it was");
    }
}

#[test]
fn a_definition_is_read_with_positions_and_written_as_pyyaml_would() {
    let text = "name: example_project\nparticipants:\n- name: hospital-a\n  type: client\n  \
                host_names:\n  - 10.0.1.50\n  empty: []\n  port: 8002\n  mtls: 'no'\n";
    let node = local(text);
    assert_eq!(write(&node), text);
    let entry = &node.get("participants").unwrap().as_sequence().unwrap()[0];
    assert_eq!((entry.at.line, entry.at.column), (3, 3));
    let port = entry.get("port").unwrap();
    assert_eq!((port.at.line, port.at.column, port.as_integer()), (8, 9, Some(8002)));
    assert_eq!(entry.get("mtls").unwrap().as_text(), Some("no"));
}

#[test]
fn other_partys_anchors_aliases_and_merge_keys_are_refused() {
    for text in ["a: &x 1\n", "a: *x\n", "<<: {a: 1}\n", "a: {<<: {b: 1}}\n", "&x a: 1\n"] {
        assert_eq!(refused(text, Dialect::Archive).0, Reason::YamlAlias, "{text}");
    }
    assert_eq!(local("'<<': 1\n").get("<<").unwrap().as_integer(), Some(1));
}

#[test]
fn merge_keys_and_aliases_are_expanded_as_pyyaml_expands_them() {
    let text = "x: &x {a: 1, b: 2}\ny: &y {<<: *x, c: 4}\nz:\n  d: 5\n  \
                <<: [*x, *y]\n  a: 6\nw: *x\n";
    let node = local(text);
    let expected = "x:\n  a: 1\n  b: 2\ny:\n  a: 1\n  b: 2\n  c: 4\nz:\n  a: 6\n  b: 2\n  c: 4\n  \
                    d: 5\nw:\n  a: 1\n  b: 2\n";
    assert_eq!(write(&node), expected);
}

/// The last lines of each text are a mapping, whose `org` PyYAML 6.0.3 and 6.0.4 read differently,
/// or would if it were named with one letter.
#[test]
fn a_merge_that_versions_of_pyyaml_expand_differently_is_refused() {
    let before = "p: &p {org: a, type: c}\nq: &q {org: b}\nr: &r {<<: *p, org: b}\n\
                  s: &s {<<: *p, org: a}\nt: &t {<<: *r, org: a}\nu: &u {<<: [*p, *q], org: c}\n\
                  v: &v {org: {n: 1}}\nw: &w {org: {n: 2}}\nl: &l [*q, *p]\n";
    let said = "line 10, column 5: what is merged here ('<<') has more than one value for 'org', and \
                programs differ in which of them counts; write 'org' and its value beside the '<<'";
    for merged in [
        "[*p, *q]",
        "[*q, *p]",
        "*l",
        "[*p, *r]",
        "*r",
        "*t",
        "*u",
        "[*v, *w]",
        "{<<: *p, org: b}",
        "[*s, {<<: *p, org: b}]",
        "[{n: x}, {<<: *r, org: b}]",
    ] {
        let text = format!("{before}z: {{<<: {merged}}}\n");
        assert_eq!(
            refused(&text, Dialect::Local),
            (Reason::YamlAlias, said.to_owned()),
            "{merged}"
        );
        // The mapping's own value wins everywhere, wherever it stands.
        for own in [format!("{{<<: {merged}, org: own}}"), format!("{{org: own, <<: {merged}}}")] {
            let node = local(&format!("{before}z: {own}\n"));
            assert_eq!(node.get("z").unwrap().get("org").unwrap().as_text(), Some("own"), "{own}");
        }
    }
    for merged in ["*p", "*s", "[*p, *p]", "[*p, *s]", "[*q, {n: 1}]", "[*q, {org: 'b'}]"] {
        let node = local(&format!("{before}z: {{<<: {merged}}}\n"));
        let expected = if merged.contains('q') { "b" } else { "a" };
        assert_eq!(
            node.get("z").unwrap().get("org").unwrap().as_text(),
            Some(expected),
            "{merged}"
        );
    }
}

#[test]
fn every_defect_has_its_reason_and_place() {
    let archive = |text| refused(text, Dialect::Archive);
    let cases = [
        ("", Reason::YamlDocuments, "the YAML is empty"),
        ("# nothing\n", Reason::YamlDocuments, "the YAML is empty"),
        ("---\n", Reason::YamlDocuments, "the YAML is empty"),
        ("a: 1\n---\nb: 2\n", Reason::YamlDocuments, "line 2, column 1: a second document"),
        (
            "a: 1\nb: 2\na: 3\n",
            Reason::YamlDuplicateKey,
            "line 3, column 1: the key 'a' already stands in line 1",
        ),
        ("a: {b: 1, 'b': 2}\n", Reason::YamlDuplicateKey, "line 1, column 11"),
        (
            "yes: 1\n",
            Reason::YamlKeyNotText,
            "line 1, column 1: a mapping's key must be text, but is 'yes'",
        ),
        ("? [a]\n: 1\n", Reason::YamlKeyNotText, "line 1, column 3"),
        ("a: !!str 1\n", Reason::YamlTag, "line 1, column 4"),
        ("! a\n", Reason::YamlTag, "line 1, column 1"),
        ("%TAG ! !x\n--- a\n", Reason::YamlTag, ""),
        ("[!!str, a]\n", Reason::YamlSyntax, "the text is not YAML"),
        (
            "a: 2020-13-01\n",
            Reason::YamlScalar,
            "line 1, column 4: '2020-13-01' is written like a date",
        ),
        ("a: =\n", Reason::YamlScalar, "line 1, column 4: '=' is reserved"),
        ("a: <<\n", Reason::YamlScalar, "line 1, column 4: '<<' is reserved"),
        ("a:\tb\n", Reason::YamlSyntax, "line 1, column 3: found a tab"),
        ("a#b\tc: 1\n", Reason::YamlSyntax, "line 1, column 4: found a tab"),
        ("- x\n- {a?b: c}\n", Reason::YamlSyntax, "line 2, column 4"),
        ("a: \u{85}b\n", Reason::YamlSyntax, "line 1, column 4: the character U+0085"),
        ("a: |# c\n  b\n", Reason::YamlSyntax, "line 1, column 4: a comment begins"),
        ("a: |\n  b\n  ", Reason::YamlSyntax, "line 1, column 4: the block's last line"),
        ("a: b: c\n", Reason::YamlSyntax, "line 1, column 5: a ':' stands where none is expected"),
    ];
    for (text, reason, message) in cases {
        let found = archive(text);
        assert_eq!(found.0, reason, "{text:?}: {}", found.1);
        assert!(found.1.starts_with(message), "{text:?}: {}", found.1);
    }
    for (bytes, message) in [
        (b"a: \xff".as_slice(), "line 1: byte 4 of the YAML is not UTF-8"),
        (b"a: 1\r\nb: \xfc\n", "line 2: byte 10 of the YAML is not UTF-8"),
        (b"\xff\xfea\0:\0", "the YAML is UTF-16, not UTF-8"),
        (b"\xfe\xff\0a\0:", "the YAML is UTF-16, not UTF-8"),
    ] {
        let defect = parse(bytes, Dialect::Local).unwrap_err();
        assert_eq!((defect.reason, defect.message.as_str()), (Reason::YamlNotUtf8, message));
    }
    for text in ["a: &a [*a]\n", "a: *b\n", "a: &x 1\nb: &x 2\n", "<<: 1\n", "<<: [1]\n"] {
        assert_eq!(refused(text, Dialect::Local).0, Reason::YamlAlias, "{text}");
    }
    let twice = "<<: {a: 1}\n<<: {b: 1}\n";
    assert_eq!(refused(twice, Dialect::Local).0, Reason::YamlDuplicateKey);
}

/// The parser's own words are for those who know how YAML is parsed.
#[test]
fn slips_are_told_in_plain_words() {
    for (text, message) in [
        ("a:\n\t- b: c\n", "line 2, column 1: found a tab where YAML accepts only spaces"),
        ("a:\n  - b: c\n\td: e\n", "line 3, column 1: found a tab where YAML accepts only spaces"),
        ("a: @b\n", "line 1, column 4: a value that begins with '@' needs quotes around it"),
        ("\u{fc}: x\na: `b\n", "line 2, column 4: a value that begins with '`' needs quotes"),
        ("a: *\n", "line 1, column 4: a value that begins with '*' needs quotes around it"),
        ("a: \"b\nc: d\n", "line 1, column 4: a quotation mark has no partner"),
        ("a: 1\nb:c\nd: e\n", "line 2, column 1: this line has no ':' with a space after it"),
        ("a:b\nc: d\n", "line 2, column 2: a ':' stands where none is expected"),
        ("- a: b\n    c: d\n", "line 2, column 6: a ':' stands where none is expected"),
        ("a: 'Mary's'\nb: c\n", "line 1, column 10: this belongs to nothing above it"),
        ("- a: b\n c: d\n", "line 2, column 2: this belongs to nothing above it"),
        ("[a, b\n", "line 2, column 1: did not find expected ',' or ']'"),
    ] {
        let (reason, found) = refused(text, Dialect::Local);
        assert_eq!(reason, Reason::YamlSyntax, "{text:?}: {found}");
        assert!(found.starts_with(message), "{text:?}: {found}");
    }
}

#[test]
fn limits_hold() {
    let reason = |text: &str| refused(text, Dialect::Local).0;
    assert_eq!(reason(&" ".repeat(MAX_BYTES + 1)), Reason::YamlTooLarge);
    for opening in ["[", "{a: ", "- ", "? ", "[{a: "] {
        assert_eq!(reason(&opening.repeat(100_000)), Reason::YamlTooDeep, "{opening}");
    }
    let deep = |depth| format!("{}{}\n", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(local(&deep(MAX_DEPTH)).type_name(), "a list");
    assert_eq!(reason(&deep(MAX_DEPTH + 1)), Reason::YamlTooDeep);
    assert_eq!(reason(&"- a\n".repeat(10_001)), Reason::YamlTooManyNodes);

    let mut bomb = String::from("a0: &a0 [x, x]\n");
    let mut merges = String::from("a0: &a0 {k: 1}\n");
    let mut tower = String::from("a0: &a0 []\n");
    for n in 1..60 {
        let last = n - 1;
        bomb += &format!("a{n}: &a{n} [*a{last}, *a{last}]\n");
        merges += &format!("a{n}: &a{n} {{<<: [*a{last}, *a{last}, *a{last}]}}\n");
        tower += &format!("a{n}: &a{n} [*a{last}]\n");
    }
    assert_eq!(reason(&bomb), Reason::YamlTooManyNodes);
    assert_eq!(reason(&tower), Reason::YamlTooDeep);
    local(&merges);
    let repeated = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(9));
    assert_eq!(reason(&repeated), Reason::YamlTooLarge);
}

/// The parser would compare each directive with all before it. Inside a text they are none.
#[test]
fn many_directives_for_tags_do_not_come_to_the_parser() {
    let lines = |count: usize| (0..count).map(|n| format!("%TAG !{n}! x\n")).collect::<String>();
    for dialect in [Dialect::Archive, Dialect::Local] {
        let refused = |text: &str| refused(text, dialect);
        assert_eq!(refused(&format!("{}--- a\n", lines(100))).0, Reason::YamlTag);
        for text in [format!("{}--- a\n", lines(101)), format!("# x\n{}", lines(50_000))] {
            let (reason, message) = refused(&text);
            assert_eq!(reason, Reason::YamlTag);
            assert!(message.ends_with("'%TAG' stands here more than 100 times"), "{message}");
        }
        let text = lines(101).replace('\n', "\r");
        assert!(refused(&text).1.ends_with("more than 100 times"));
    }
    let text = |count: usize| format!("- 'a\n{}'\n", lines(count));
    assert_eq!(local(&text(100)).type_name(), "a list");
    assert_eq!(refused(&text(101), Dialect::Local).0, Reason::YamlTag);
}

/// What a refusal costs, counted: never more than is accepted.
#[test]
fn work_is_bounded() {
    let counted = |text: &str| {
        let mut spent = Size::default();
        let read = compose_counting(text, Dialect::Local, &mut spent);
        (read.map_err(|defect| defect.reason), spent)
    };
    let list = |count: usize| format!("[{}]\n", "a,".repeat(count - 1));
    let (read, spent) = counted(&list(MAX_NODES));
    assert!(read.is_ok() && spent.nodes == MAX_NODES && spent.bytes == MAX_NODES - 1, "{spent:?}");
    let (read, spent) = counted(&list(MAX_NODES + 1));
    assert_eq!((read, spent.nodes), (Err(Reason::YamlTooManyNodes), MAX_NODES));

    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for n in 1..60 {
        bomb += &format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1);
    }
    let (read, spent) = counted(&bomb);
    assert_eq!(read, Err(Reason::YamlTooManyNodes));
    assert!(spent.nodes <= MAX_NODES, "{spent:?}");
    let repeated = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(9));
    let (read, spent) = counted(&repeated);
    assert_eq!(read, Err(Reason::YamlTooLarge));
    assert!((500_000..=MAX_BYTES).contains(&spent.bytes), "{spent:?}");
}

#[test]
fn messages_say_what_to_write() {
    for (text, message) in [
        (
            "a: 2020-13-01\n",
            "line 1, column 4: '2020-13-01' is written like a date or a time that does not exist; \
             in quotes it would be text",
        ),
        (
            "a: =\n",
            "line 1, column 4: '=' is reserved in YAML 1.1 and has no value; in quotes it would be text",
        ),
        (
            "no: 1\n",
            "line 1, column 1: a mapping's key must be text, but is 'no', which YAML reads as true \
             or false; in quotes it would be text",
        ),
    ] {
        assert_eq!(refused(text, Dialect::Archive).1, message);
    }
}

#[test]
fn blocks_at_the_end_of_the_text_end_as_the_text_does() {
    for (text, expected) in [
        ("|\n  b", "b"),
        ("|+\n  b", "b"),
        ("|-\n  b", "b"),
        ("|\n  b\n", "b\n"),
        ("|\n  b\n\n", "b\n"),
        ("|+\n  b\n\n", "b\n\n"),
        (">\n  b\n  c", "b c"),
        ("|", ""),
        ("|+\n", ""),
        ("|\n  b\n# end", "b\n"),
    ] {
        assert_eq!(
            local(&format!("a: {text}")).get("a").unwrap().as_text(),
            Some(expected),
            "{text:?}"
        );
    }
}

/// Texts of every kind: ordinary, made of indicators, and arbitrary.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,12}",
        "[-a?:,.#&*!|>'\"%@`{}\\[\\] \t\n\r=<~0-9_ex\u{85}\u{2028}\u{feff}é]{0,8}",
        any::<String>(),
        "[a-z]{120,140}",
    ]
}

fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![any_text().prop_map(Node::text), any::<i64>().prop_map(Node::integer)];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Node::sequence),
            prop::collection::vec((any_text(), inner), 0..5).prop_map(Node::mapping),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(node in any_node()) {
        let text = write(&node);
        prop_assert_eq!(parse(text.as_bytes(), Dialect::Archive), Ok(node), "{}", text);
    }

    #[test]
    fn nothing_makes_it_panic(text in "[-a?:,.#&*!|>'\"%{}\\[\\] \t\n0-9\\\\]{0,40}") {
        let _ = parse(text.as_bytes(), Dialect::Local);
    }
}
