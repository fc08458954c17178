//! Lists of any length.

use std::io::{self, BufRead, BufReader, Read, Write};

use serde_json::Value;

use super::spool::Spool;
use super::table::{self, Widths};
use super::{Format, human, json};

/// The items of a list in the form in which they will be printed: no more is kept of each.
#[derive(Debug)]
pub struct Rows {
    form: Form,
    spool: Spool,
    count: usize,
}

#[derive(Debug)]
enum Form {
    /// The first line and the widths; cells end with a tab, which is in none of them.
    Table(Vec<&'static str>, Widths),
    Csv,
    /// A value on each line.
    Lines,
    /// Values of a field.
    Json(&'static str),
}

impl Rows {
    /// In this format: a table with these heads, or the items of this field.
    pub fn of(format: Format, heads: &[&'static str], key: &'static str) -> Self {
        match format {
            Format::Text => Self::new(Form::Table(heads.to_vec(), Widths::of(heads))),
            Format::Json => Self::new(Form::Json(key)),
        }
    }

    /// Comma-separated values.
    pub fn csv(heads: &[&str]) -> Self {
        let mut rows = Self::new(Form::Csv);
        rows.spool.push(&table::csv_line(heads));
        rows
    }

    /// JSON, one value on each line.
    pub fn lines() -> Self {
        Self::new(Form::Lines)
    }

    fn new(form: Form) -> Self {
        Self { form, spool: Spool::default(), count: 0 }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds an item: its cells, or what programs get of it. Only what will be printed is asked for.
    pub fn add<Cell: AsRef<str>>(
        &mut self,
        cells: impl FnOnce() -> Vec<Cell>,
        value: impl FnOnce() -> Value,
    ) {
        match &mut self.form {
            Form::Table(_, widths) => {
                let cells = cells();
                widths.widen(&cells);
                for cell in &cells {
                    self.spool.push(&human::one_line(cell.as_ref()));
                    self.spool.push("\t");
                }
                self.spool.push("\n");
            }
            Form::Csv => self.spool.push(&table::csv_line(&cells())),
            Form::Lines => {
                self.spool.push(&json::text(&value()));
                self.spool.push("\n");
            }
            Form::Json(_) => {
                if self.count > 0 {
                    self.spool.push(",");
                }
                self.spool.push(&json::text(&value()));
            }
        }
        self.count += 1;
    }

    /// For people: a table without rows is nothing.
    pub(super) fn print(&mut self, out: &mut impl Write) -> io::Result<()> {
        let spool = std::mem::take(&mut self.spool);
        match &self.form {
            Form::Table(heads, widths) if self.count > 0 => {
                out.write_all(widths.line(heads).as_bytes())?;
                let mut lines = BufReader::new(spool.read()?);
                let mut line = String::new();
                while lines.read_line(&mut line)? > 0 {
                    let cells: Vec<&str> =
                        line.trim_end_matches(['\t', '\n']).split('\t').collect();
                    out.write_all(widths.line(&cells).as_bytes())?;
                    line.clear();
                }
                Ok(())
            }
            Form::Table(..) | Form::Json(_) => Ok(()),
            Form::Csv | Form::Lines => copy(spool, out),
        }
    }

    /// For programs: the field at the end of an object that has others.
    pub(super) fn print_field(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Form::Json(key) = self.form else { return Ok(()) };
        write!(out, ",\"{key}\":[")?;
        copy(std::mem::take(&mut self.spool), out)?;
        write!(out, "]")
    }
}

fn copy(spool: Spool, out: &mut impl Write) -> io::Result<()> {
    let mut from = spool.read()?;
    let mut piece = vec![0; 64 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => out.write_all(piece.get(..length).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
