//! Tables as text and as comma-separated values.

use serde_json::Value;

use super::human;

/// Columns below each other, two spaces apart. Nothing for a table without rows.
pub fn text(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths = Widths::of(heads);
    rows.iter().for_each(|row| widths.widen(row));
    let mut text = widths.line(heads);
    rows.iter().for_each(|row| text.push_str(&widths.line(row)));
    text
}

/// How wide the columns of a table are.
#[derive(Debug)]
pub struct Widths(Vec<usize>);

impl Widths {
    /// Wide enough for the heads.
    pub fn of(heads: &[&str]) -> Self {
        let mut widths = Self(vec![0; heads.len()]);
        widths.widen(heads);
        widths
    }

    /// Makes room for a row.
    pub fn widen(&mut self, row: &[impl AsRef<str>]) {
        for (cell, wanted) in row.iter().zip(&mut self.0) {
            *wanted = width(&human::one_line(cell.as_ref())).max(*wanted);
        }
    }

    /// A row with its line end.
    pub fn line(&self, row: &[impl AsRef<str>]) -> String {
        let mut line =
            String::with_capacity(self.0.iter().map(|wanted| wanted + 2).sum::<usize>() + 1);
        for (cell, wanted) in row.iter().zip(&self.0) {
            let cell = human::one_line(cell.as_ref());
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', wanted.saturating_sub(width(&cell)) + 2));
        }
        line.truncate(line.trim_end_matches(' ').len());
        line.push('\n');
        line
    }
}

/// A line of comma-separated values (RFC 4180).
pub fn csv_line(row: &[impl AsRef<str>]) -> String {
    let cells: Vec<String> = row.iter().map(|cell| quoted(cell.as_ref())).collect();
    cells.join(",") + "\r\n"
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
    if text.is_ascii() { text.len() } else { text.chars().count() }
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
    use super::{csv_line, text};

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
        assert_eq!(csv_line(&["x, \"y\"", "=1+1"]), "\"x, \"\"y\"\"\",'=1+1\r\n");
        assert_eq!(csv_line(&["@x", "1\n2"]), "'@x,\"1\n2\"\r\n");
    }
}
