//! `docs/security.md` names tests, limits and numbers; they are those of the source.

use std::fs;

use crate::project;

fn page() -> String {
    fs::read_to_string(project().join("docs/security.md")).unwrap()
}

/// The parts of a text that stand between back-ticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Everything of the form `file::name` on the page, with the file's text.
fn references(page: &str) -> Vec<(String, &str, &str)> {
    let named = quoted(page).filter_map(|quote| quote.split_once("::"));
    named
        .map(|(file, name)| {
            let text = fs::read_to_string(project().join("crates").join(file));
            (text.unwrap_or_else(|error| panic!("{file}: {error}")), file, name)
        })
        .collect()
}

/// The rows of all tables that have this head.
fn table<'a>(page: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let blocks = page.split("\n\n").filter(|block| block.starts_with(head));
    let rows = blocks.flat_map(|block| block.lines().skip(2));
    let cells = |line: &'a str| line.split('|').map(str::trim).skip(1).collect::<Vec<&str>>();
    let found: Vec<_> = rows.map(cells).collect();
    assert!(!found.is_empty(), "no table begins with {head}");
    found
}

/// A number as the page writes it: "10,000", "1 MiB".
fn number(text: &str) -> u64 {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let digits: u64 = digits.replace(',', "").parse().unwrap_or_else(|_| panic!("{text}"));
    digits
        * [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
            .iter()
            .find_map(|(name, size)| (*name == unit).then_some(*size))
            .unwrap_or(1)
}

/// The value of a constant, or of a field of one, from its source.
fn value(source: &str, name: &str) -> u64 {
    let constant = source.lines().find(|line| line.contains(&format!("const {name}:")));
    let expression = match constant {
        Some(line) => line.split_once(" = ").unwrap().1.trim_end_matches(';'),
        None => {
            let (_, rest) = source.split_once("= Limits {").unwrap();
            let (_, rest) = rest.split_once(&format!("{name}: ")).unwrap();
            rest.split([',', '}']).next().unwrap().trim()
        }
    };
    let expression = expression.trim_start_matches("Duration::from_secs(").trim_end_matches(')');
    let plain = |text: &str| text.trim().replace('_', "").parse::<u64>().unwrap();
    match expression.split_once(" << ") {
        Some((digits, by)) => plain(digits) << plain(by),
        None => expression.split('*').map(plain).product(),
    }
}

#[test]
fn tests_that_are_named_exist() {
    let page = page();
    let limits: Vec<&str> = table(&page, "| what | limit |").iter().map(|row| row[2]).collect();
    let mut found = 0;
    for (text, file, name) in references(&page) {
        if !limits.contains(&format!("`{file}::{name}`").as_str()) {
            assert!(text.contains(&format!("fn {name}(")), "{file} has no {name}");
            found += 1;
        }
    }
    assert!(found > 80, "{found}");
    for (head, column) in [("| promise |", 1), ("| | seen in NVFlare |", 2)] {
        for row in table(&page, head) {
            assert!(row[column].contains("::"), "no test shows this: {row:?}");
        }
    }
}

#[test]
fn limits_are_those_of_the_source() {
    let page = page();
    for row in table(&page, "| what | limit |") {
        let (text, file, name) = references(row[2]).remove(0);
        assert_eq!(number(row[1]), value(&text, name), "{file}::{name}");
    }
}

#[test]
fn attacks_are_counted() {
    let page = page();
    let said = table(&page, "| attack |");
    let vectors = project().join("crates/flarekit/tests/vectors/invalid");
    let areas = [
        "request-zip",
        "signed-zip",
        "denied-zip",
        "ca-directory",
        "request-folder",
        "profile",
        "definition",
    ];
    for (row, area) in said.iter().zip(areas) {
        let count = fs::read_dir(vectors.join(area)).unwrap().count();
        assert_eq!(row[2], count.to_string(), "{area}");
    }
    // A row of a table begins with what is wrong, in words.
    let sources = fs::read_dir(project().join("crates/flarekit-cli/tests/refusals")).unwrap();
    let rows: usize = sources
        .map(|source| fs::read_to_string(source.unwrap().path()).unwrap())
        .map(|text| text.matches("\n    (\n        \"").count() + text.matches("\n    (\"").count())
        .sum();
    assert_eq!(said[areas.len()][2], rows.to_string());
    let targets = fs::read_dir(project().join("fuzz/fuzz_targets")).unwrap().count();
    assert!(page.contains(&format!(" has {targets} targets")), "{targets}");
}

#[test]
fn every_defect_of_robustness_has_its_row() {
    let page = page();
    let rows: Vec<&str> = table(&page, "| | seen in NVFlare |").iter().map(|row| row[0]).collect();
    for defect in [7, 8, 11, 13, 14, 15, 16, 20, 21, 22, 23, 24] {
        assert!(rows.contains(&format!("D{defect}").as_str()), "D{defect}");
    }
    let without_number = rows.iter().filter(|row| **row == "–").count();
    assert_eq!(without_number, 13, "a row was added or is gone");
}
