//! The only place that prints. Results go to standard output, everything for people to standard
//! error.

pub mod calendar;
mod human;
mod json;
pub mod progress;
mod rows;
pub mod schema;
mod spool;
pub mod table;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use flarekit::error::Warning;
use serde_json::{Map, Value};

use crate::error::{self, Failure};

pub use human::one_line;
pub use rows::Rows;

/// How the result is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

impl Format {
    /// The format with this name, out of those that an option accepts.
    pub fn named(name: &str) -> Self {
        if name.starts_with("json") { Self::Json } else { Self::Text }
    }
}

/// What a successful command has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// The result, in the order in which it is shown.
    pub fields: Map<String, Value>,
    /// The fields whose values are lists for people to read: one item a line.
    pub lists: Vec<&'static str>,
    /// What the user should know although it succeeded.
    pub warnings: Vec<Warning>,
}

impl Report {
    /// Adds a field of the result.
    pub fn field(&mut self, key: &str, value: impl Into<Value>) {
        self.fields.insert(key.to_owned(), value.into());
    }

    /// Adds a field whose items are shown one a line.
    pub fn list(&mut self, key: &'static str, items: Vec<Value>) {
        self.field(key, items);
        self.lists.push(key);
    }
}

/// A list, and what is said about it.
#[derive(Debug)]
pub struct List {
    /// What people read before it.
    pub before: String,
    /// The items.
    pub rows: Rows,
    /// What people read after it.
    pub after: String,
    /// What programs get besides the items.
    pub report: Report,
    /// The exit status, for scripts that only look at that.
    pub status: u8,
}

/// What is printed on success.
#[derive(Debug)]
pub enum Answer {
    /// The result of a command.
    Report(Report),
    /// A command's result that is one text, printed as it is; with its key for JSON.
    Document {
        /// The key in JSON.
        key: &'static str,
        /// The text.
        text: String,
    },
    /// A list that may be very long.
    List(Box<List>),
    /// A text for people, and the same as data for JSON.
    Listing {
        /// The text.
        text: String,
        /// The data.
        report: Report,
        /// The exit status, for scripts that only look at that.
        status: u8,
    },
    /// Help, version or schema, in which only terminals get bold letters. Never in an envelope.
    Text(String),
}

/// Shows something for people while a command runs: what a question is about. Each part stands under
/// its heading. If nobody can read it, the question that follows says so.
pub fn aside(parts: &[(String, Report)]) {
    let mut err = anstream::stderr().lock();
    let _ = parts.iter().try_for_each(|(heading, report)| {
        writeln!(err, "{}", human::one_line(heading))?;
        human::fields(&mut err, report)?;
        human::warnings(&mut err, &report.warnings)?;
        writeln!(err)
    });
}

/// Shows a table that a question is about, and an empty line. As of [`aside`], nothing fails by it.
pub fn preview(table: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{table}");
}

/// Prints the outcome of the program and gives its exit status.
pub fn finish(format: Format, mut outcome: Result<Answer, Failure>) -> ExitCode {
    let status = match &outcome {
        Ok(Answer::Listing { status, .. }) => *status,
        Ok(Answer::List(list)) => list.status,
        Ok(_) => 0,
        Err(failure) => error::exit_status(&failure.error),
    };
    // Only help has colours; they are dropped unless it goes to a terminal, and NO_COLOR is heeded.
    // A result is printed byte for byte.
    let mut out: Box<dyn Write> = match &outcome {
        Ok(Answer::Text(_)) => Box::new(anstream::stdout().lock()),
        // Written at once, not line by line.
        _ => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let mut err = BufWriter::new(anstream::stderr().lock());
    match print(format, &mut outcome, &mut out, &mut err) {
        Ok(()) => ExitCode::from(status),
        // The reader has what it wanted: `flarekit ... | head -1`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(status),
        Err(error) => {
            // If standard error is gone too, the exit status is all that is left to say it with.
            let _ = writeln!(err, "The result could not be printed: {error}");
            ExitCode::from(status.max(1))
        }
    }
}

fn print(
    format: Format,
    outcome: &mut Result<Answer, Failure>,
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<()> {
    match (format, outcome) {
        (_, Ok(Answer::Text(text))) => write!(out, "{text}")?,
        (Format::Text, Ok(Answer::Document { text, .. })) => write!(out, "{text}")?,
        (Format::Text, Ok(Answer::Report(report))) => {
            human::fields(out, report)?;
            out.flush()?;
            human::warnings(err, &report.warnings)?;
        }
        (Format::Text, Ok(Answer::Listing { text, report, .. })) => {
            write!(out, "{text}")?;
            out.flush()?;
            human::warnings(err, &report.warnings)?;
        }
        (Format::Text, Ok(Answer::List(list))) => {
            write!(out, "{}", list.before)?;
            list.rows.print(out)?;
            write!(out, "{}", list.after)?;
            out.flush()?;
            human::warnings(err, &list.report.warnings)?;
        }
        (Format::Text, Err(failure)) => {
            if let Some(report) = &failure.report {
                human::fields(out, report)?;
                out.flush()?;
                human::warnings(err, &report.warnings)?;
            }
            human::failure(err, failure)?;
        }
        (Format::Json, Ok(Answer::Document { key, text })) => {
            let mut report = Report::default();
            report.field(key, text.as_str());
            json::line(out, &json::success(&mut report, 0))?;
        }
        (Format::Json, Ok(Answer::List(list))) => {
            json::list(out, list)?;
            out.flush()?;
            human::warnings(err, &list.report.warnings)?;
        }
        (Format::Json, Ok(Answer::Listing { report, status, .. })) => {
            json::line(out, &json::success(report, *status))?;
            out.flush()?;
            human::warnings(err, &report.warnings)?;
        }
        (Format::Json, Ok(Answer::Report(report))) => {
            json::line(out, &json::success(report, 0))?;
            out.flush()?;
            human::warnings(err, &report.warnings)?;
        }
        (Format::Json, Err(failure)) => {
            json::line(out, &json::failure(failure))?;
            out.flush()?;
            human::failure(err, failure)?;
        }
    }
    out.flush()?;
    err.flush()
}

#[cfg(test)]
mod tests;
