//! The description of a command for programs, with the keys that the reference uses.

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value, json};

use super::json::SCHEMA_VERSION;
use crate::cli;
use crate::environment::ProgramName;

/// Describes the command with this path ("cert", "init") as indented JSON.
pub fn render(command: &Command, path: &[String]) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let program = ProgramName::from_argument(name.split(' ').next().map(AsRef::as_ref));
    let arguments =
        command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_global_set());
    let schema = json!({
        "schema_version": SCHEMA_VERSION,
        "command": name,
        "description": command.get_about().map(ToString::to_string).unwrap_or_default(),
        "args": arguments.map(argument).collect::<Vec<_>>(),
        "examples": cli::examples(program, path),
    });
    format!("{schema:#}\n")
}

fn argument(arg: &Arg) -> Value {
    let mut spellings = spellings(arg);
    let mut described = Map::new();
    let mut add = |key: &str, value: Value| described.insert(key.to_owned(), value);
    // The longest spelling is the name, as in the reference.
    let longest =
        spellings.iter().enumerate().max_by_key(|(at, name)| (name.len(), usize::MAX - at));
    let name = match longest.map(|(at, _)| at) {
        Some(at) => spellings.remove(at),
        None => arg.get_id().as_str().to_owned(),
    };
    add("name", name.into());
    add("type", kind(arg).into());
    add("required", arg.is_required_set().into());
    add("description", arg.get_help().map(ToString::to_string).unwrap_or_default().into());
    add("default", default(arg));
    let choices: Vec<Value> = arg
        .get_possible_values()
        .iter()
        .filter(|_| kind(arg) != "boolean")
        .map(|choice| choice.get_name().into())
        .collect();
    if !choices.is_empty() {
        add("choices", choices.into());
    }
    if !spellings.is_empty() {
        add("aliases", spellings.into());
    }
    Value::Object(described)
}

/// Every way to write the option that the help shows; none for a positional argument.
fn spellings(arg: &Arg) -> Vec<String> {
    let short =
        arg.get_short().into_iter().chain(arg.get_visible_short_aliases().into_iter().flatten());
    let short = short.map(|short| format!("-{short}"));
    let long = arg.get_long().into_iter().chain(arg.get_visible_aliases().into_iter().flatten());
    short.chain(long.map(|long| format!("--{long}"))).collect()
}

fn kind(arg: &Arg) -> &'static str {
    let is = |parser: ValueParser| arg.get_value_parser().type_id() == parser.type_id();
    if matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::SetFalse) {
        "boolean"
    } else if is(clap::value_parser!(PathBuf)) {
        "path"
    } else if is(clap::value_parser!(u32).into()) {
        "integer"
    } else {
        "string"
    }
}

fn default(arg: &Arg) -> Value {
    let text = arg.get_default_values().first().and_then(|value| value.to_str());
    match (kind(arg), text) {
        ("boolean", _) => false.into(),
        ("integer", Some(number)) => number.parse::<u32>().map_or(Value::Null, Value::from),
        (_, Some(text)) => text.into(),
        (_, None) => Value::Null,
    }
}
