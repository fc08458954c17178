//! Tables as text and as comma-separated values.

use serde_json::Value;

use super::human;

/// Columns below each other, two spaces apart. Nothing for a table without rows.
pub fn text(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let lines = || std::iter::once(&heads).chain(rows);
    let mut widths = vec![0; heads.len()];
    for row in lines() {
        for (cell, wanted) in row.iter().zip(&mut widths) {
            *wanted = width(&human::one_line(cell)).max(*wanted);
        }
    }
    let mut text = String::new();
    for row in lines() {
        for (cell, wanted) in row.iter().zip(&widths) {
            let cell = human::one_line(cell);
            text.push_str(&cell);
            text.extend(std::iter::repeat_n(' ', wanted.saturating_sub(width(&cell)) + 2));
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

/// Comma-separated values (RFC 4180), a line with the names of the columns first.
pub fn csv(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A value as a cell: nothing where there is none.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe before it ("CSV
/// Injection", OWASP): reasons are free text.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::{csv, text};

    fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
        cells.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn columns_stand_below_each_other() {
        let table = text(&["NAME", "ENDS"], &rows(&[&["hospital-a", "soon"], &["b\nc", ""]]));
        assert_eq!(table, "NAME        ENDS\nhospital-a  soon\nb\\u{a}c\n");
        assert_eq!(text(&["NAME"], &[]), "");
    }

    #[test]
    fn cells_keep_their_borders_and_are_no_formulas() {
        let table = csv(&["a", "b"], &rows(&[&["x, \"y\"", "=1+1"], &["@x", "1\n2"]]));
        assert_eq!(table, "a,b\r\n\"x, \"\"y\"\"\",'=1+1\r\n'@x,\"1\n2\"\r\n");
    }
}
