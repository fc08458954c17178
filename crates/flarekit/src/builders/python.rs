//! Classes for NVFlare: the conversation with our script in the user's Python.
//!
//! The script is told the task in one line of JSON. It answers in lines of JSON, each one member:
//! a wish for something that is done here, which it then waits for, or what came of it all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::ChildStdout;

use serde_json::{Map, Value};

use super::block::coordinated;
use super::process::Process;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::json;

/// The script.
const HOST: &str = include_str!("host.py");

/// The longest answer, in bytes. The script keeps its own to a fraction of it.
const ANSWER: u64 = json::MAX_BYTES as u64;

/// What the script wants to be done before it goes on.
pub(super) enum Wish {
    /// The certificates' step.
    Certificates,
    /// The standard files' step.
    StaticFiles,
    /// A program, by its place among the steps.
    Program(usize),
}

/// A running script.
pub(super) struct Python {
    process: Process,
    answers: BufReader<ChildStdout>,
    name: String,
    ready: bool,
}

impl Python {
    /// Starts it and tells it the task.
    pub fn start(python: &Path, task: &str) -> Result<Self, Error> {
        let name = python.display().to_string();
        let cannot = |what: String| {
            let message = format!("site.yaml lists a Python builder, but {name} {what}");
            Error::because(Code::BuildFailed, Reason::PythonNotFound, message)
        };
        let mut process = Process::python(python, HOST)
            .map_err(|error| cannot(format!("cannot be run: {error}")))?;
        let Some(answers) = process.0.stdout.take() else {
            return Err(cannot("has no standard output".to_owned()));
        };
        let mut host = Self { process, answers: BufReader::new(answers), name, ready: false };
        // If it has ended, what it said is more telling than that it does not listen.
        let _ = host.say(task);
        Ok(host)
    }

    /// Grants its wishes until it is done.
    pub fn converse(
        &mut self,
        mut grant: impl FnMut(Wish) -> Result<(), Error>,
    ) -> Result<Vec<Warning>, Error> {
        loop {
            let answer = self.answer()?;
            let (kind, facts) = match answer.iter().next() {
                Some((kind, Value::Object(facts))) => (kind.as_str(), facts),
                _ => return Err(unexpected("something else than an answer")),
            };
            let wish = match kind {
                "ready" => {
                    self.ready = true;
                    continue;
                }
                "done" => return self.end(facts),
                "failed" => return Err(failure(facts, &self.name)),
                "certificates" => Wish::Certificates,
                "static_files" => Wish::StaticFiles,
                "program" => {
                    let at = facts.get("step").and_then(Value::as_u64);
                    Wish::Program(at.and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX))
                }
                _ => return Err(unexpected("an answer of an unknown kind")),
            };
            grant(wish)?;
            self.say("{}\n").map_err(|_| unexpected("nothing: it has ended"))?;
        }
    }

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        match &mut self.process.0.stdin {
            Some(input) => input.write_all(line.as_bytes()).and_then(|()| input.flush()),
            None => Ok(()),
        }
    }

    fn answer(&mut self) -> Result<Map<String, Value>, Error> {
        let mut line = Vec::new();
        let read = (&mut self.answers).take(ANSWER).read_until(b'\n', &mut line);
        match read {
            Ok(0) => Err(self.silence()),
            Ok(_) if line.last() == Some(&b'\n') => json::parse(&line).map_err(|defect| {
                unexpected(&format!("something else than JSON ({})", defect.message))
            }),
            Ok(_) => Err(unexpected("an answer that is too long, or half of one")),
            Err(error) => Err(unexpected(&format!("nothing: {error}"))),
        }
    }

    /// Why there is no answer.
    fn silence(&mut self) -> Error {
        let status = self.process.wait().ok().flatten();
        let status = status.unwrap_or_else(|| "exit status: 0".to_owned());
        if self.ready {
            let message = format!("a Python builder ended the program that runs it ({status})");
            return Error::because(Code::BuildFailed, Reason::BuilderFailed, message);
        }
        let message = format!("{} cannot run builders: it ended at once ({status})", self.name);
        Error::because(Code::BuildFailed, Reason::PythonUnusable, message)
    }

    fn end(&mut self, facts: &Map<String, Value>) -> Result<Vec<Warning>, Error> {
        if let Ok(Some(status)) = self.process.wait() {
            let message = format!("the builders were done, but Python then failed ({status})");
            return Err(Error::because(Code::BuildFailed, Reason::BuilderFailed, message));
        }
        let messages = facts.get("messages").and_then(Value::as_array);
        Ok(messages
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|text| {
                Warning::new(WarningCode::BuilderMessage, format!("a builder says: {text}"))
            })
            .collect())
    }
}

/// The script said something that it never says.
pub(super) fn unexpected(what: &str) -> Error {
    let message = format!("the Python builders answered {what}");
    Error::because(Code::BuildFailed, Reason::BuilderFailed, message)
}

/// The script's own account of a failure.
fn failure(facts: &Map<String, Value>, python: &str) -> Error {
    let text = |key: &str| facts.get(key).and_then(Value::as_str).unwrap_or_default();
    let because = |code, reason, message| Error::because(code, reason, message);
    let (builder, error) = (text("builder"), text("error"));
    match text("why") {
        "no nvflare" => because(
            Code::BuildFailed,
            Reason::NvflareNotFound,
            format!("site.yaml lists a Python builder, but {python} has no NVFlare: {error}"),
        ),
        "other nvflare" => because(
            Code::BuildFailed,
            Reason::NvflareUnsupported,
            format!(
                "site.yaml lists a Python builder, but {python} has NVFlare {error}, and builders \
                 are run with 2.9"
            ),
        ),
        "not found" => because(
            Code::LocalSiteInvalid,
            Reason::BuilderNotFound,
            format!("site.yaml: the builder '{builder}' is not found by {python}: {error}"),
        ),
        "unusable" => because(
            Code::LocalSiteInvalid,
            Reason::BuilderUnusable,
            format!("site.yaml: the builder '{builder}' cannot be used: {error}"),
        ),
        "coordinated" => coordinated(builder),
        _ => because(
            Code::BuildFailed,
            Reason::BuilderFailed,
            format!(
                "the builder '{builder}' failed in {}: {error}{}",
                text("method"),
                shown_trace(facts)
            ),
        ),
    }
}

fn shown_trace(facts: &Map<String, Value>) -> String {
    let lines = facts.get("trace").and_then(Value::as_array);
    let lines: Vec<&str> = lines.into_iter().flatten().filter_map(Value::as_str).collect();
    if lines.is_empty() { String::new() } else { format!(" ({})", lines.join(", called from ")) }
}
