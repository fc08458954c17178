//! Reads the command line: first what may stand anywhere on it, then the rest through the grammar.
//!
//! Scripts for the reference put `--format`, `--connect-timeout` and `--schema` before, between or
//! after the commands. The output format must also be known when the rest is wrong, so that a
//! program that asked for JSON gets its error as JSON.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches};

use crate::cli::{self, Cli, Command};
use crate::environment::ProgramName;
use crate::error::{Failure, usage};
use crate::output::{Format, schema};

/// The options that may stand anywhere and have a value.
const ANYWHERE: [&str; 2] = ["--format", "--connect-timeout"];

/// What the user asked for.
#[derive(Debug)]
pub enum Asked {
    /// A text: help, version or schema.
    Text(String),
    /// A command to run.
    Command(Box<Command>),
}

/// A command line of which only the movable parts are understood.
#[derive(Debug)]
pub struct Invocation {
    /// The arguments, with the options that may stand anywhere in front.
    arguments: Vec<OsString>,
    format: Format,
    /// The commands named: `["cert", "init"]`.
    path: Vec<String>,
    schema: bool,
}

impl Invocation {
    /// Looks through the arguments after the program's name.
    pub fn read(arguments: impl Iterator<Item = OsString>, outline: &clap::Command) -> Self {
        let (moved, mut rest) = part(arguments);
        help_as_a_word(&mut rest, outline);
        let mut read =
            Self { arguments: Vec::new(), format: Format::Text, path: Vec::new(), schema: false };
        for value in moved.iter().filter_map(|option| value_of(option, "--format")) {
            // A wrong value is refused by the grammar, in the format of the last right one. Who
            // asks for jsonl can read JSON.
            if matches!(value, "txt" | "json" | "jsonl") {
                read.format = Format::named(value);
            }
        }
        read.look_ahead(&rest, outline);
        read.arguments = moved.into_iter().chain(rest).collect();
        read
    }

    /// The format as far as it is known before the rest is understood.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Understands the rest: the format to answer in, and what was asked for.
    pub fn understand(
        self,
        outline: clap::Command,
        program: ProgramName,
    ) -> (Format, Result<Asked, Failure>) {
        let mut whole = cli::complete_for(outline, program, &self.path);
        let grammar = &mut whole;
        if self.schema && !cli::find(grammar, &self.path).has_subcommands() {
            return (self.format, Ok(Asked::Text(described(grammar, &self.path))));
        }
        if let Some(failure) = usage::one_dash(grammar, &self.path, &self.arguments) {
            return (self.format, Err(failure));
        }
        let program = OsString::from(grammar.get_name());
        let arguments = std::iter::once(program).chain(self.arguments.iter().cloned());
        let matches = match grammar.try_get_matches_from_mut(arguments) {
            Ok(matches) => matches,
            Err(error) => {
                return (self.format, refused(&error, grammar, &self.path, &self.arguments));
            }
        };
        let leaf = leaf_of(&matches);
        let format = leaf.try_get_one::<Format>("output").ok().flatten();
        let format = format.or_else(|| matches.get_one("format")).copied().unwrap_or_default();
        // An abbreviated `--schema` is known only now.
        if matches!(leaf.try_get_one("schema"), Ok(Some(true))) {
            return (format, Ok(Asked::Text(described(grammar, &self.path))));
        }
        match Cli::from_arg_matches(&matches) {
            Ok(cli) => (format, Ok(Asked::Command(Box::new(cli.command)))),
            Err(error) => (format, refused(&error, grammar, &self.path, &self.arguments)),
        }
    }

    /// Finds the commands named, `--schema`, and the older `--output` after a command.
    fn look_ahead(&mut self, rest: &[OsString], outline: &clap::Command) {
        let mut here = outline;
        let mut tokens = rest.iter().take_while(|token| *token != "--").peekable();
        while let Some(token) = tokens.next() {
            let Some(text) = token.to_str() else { continue };
            if text == "--schema" {
                self.schema = true;
            } else if let Some(next) = here.find_subcommand(text) {
                self.path.push(next.get_name().to_owned());
                here = next;
            } else if !here.has_subcommands() {
                let value = match text {
                    "--output" => tokens.peek().and_then(|next| next.to_str()),
                    _ => value_of(token, "--output"),
                };
                if let Some(value) = value.filter(|value| cli::names_a_format(&self.path, value)) {
                    self.format = Format::named(value);
                }
            }
        }
    }
}

/// `help`, before or after a command's words, is `--help` for it.
fn help_as_a_word(rest: &mut Vec<OsString>, outline: &clap::Command) {
    let mut here = outline;
    for at in 0..rest.len() {
        let Some(word) = rest.get(at).and_then(|token| token.to_str()) else { return };
        match here.find_subcommand(word) {
            Some(next) => here = next,
            None if word == "help" && here.has_subcommands() => {
                rest.remove(at);
                rest.push("--help".into());
                return;
            }
            None => return,
        }
    }
}

/// Parts the options that may stand anywhere, each joined to its value, from the rest. What follows
/// `--` is left alone.
fn part(mut arguments: impl Iterator<Item = OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let (mut moved, mut rest) = (Vec::new(), Vec::new());
    while let Some(token) = arguments.next() {
        if token == "--" {
            rest.push(token);
            rest.extend(arguments);
            break;
        }
        if ANYWHERE.iter().any(|name| value_of(&token, name).is_some()) {
            moved.push(token);
        } else if ANYWHERE.iter().any(|name| token == *name) {
            match arguments.next() {
                Some(value) => moved.push([token, value].join("=".as_ref())),
                None => rest.push(token),
            }
        } else {
            rest.push(token);
        }
    }
    (moved, rest)
}

/// The value in `--name=value`.
fn value_of<'a>(token: &'a OsString, name: &str) -> Option<&'a str> {
    token.to_str()?.strip_prefix(name)?.strip_prefix('=')
}

fn leaf_of(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, below)) => leaf_of(below),
        None => matches,
    }
}

fn described(grammar: &mut clap::Command, path: &[String]) -> String {
    grammar.build();
    schema::render(cli::find(grammar, path), path)
}

fn refused(
    error: &clap::Error,
    grammar: &mut clap::Command,
    path: &[String],
    typed: &[OsString],
) -> Result<Asked, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Ok(Asked::Text(error.render().ansi().to_string()))
        }
        _ => {
            // As far as it was not done on the way.
            grammar.build();
            Err(usage::failure(error, grammar, path, typed))
        }
    }
}
