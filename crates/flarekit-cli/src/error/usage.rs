//! A command line that could not be understood, in our words.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use flarekit::error::{Code, Error, Reason};

use super::{Failure, Usage};
use crate::cli;
use crate::environment::ProgramName;

/// What people ask for that is no command, and the words for it.
const WISHES: [(&str, &str); 4] = [
    ("renew", "cert request --renew"),
    ("sign", "cert approve"),
    ("reject", "cert deny"),
    ("version", "--version"),
];

/// Says what is wrong with a command line of which the commands in `path` were recognised. `typed`
/// are all its words.
pub fn failure(
    error: &clap::Error,
    grammar: &Command,
    path: &[String],
    typed: &[OsString],
) -> Failure {
    let here = cli::find(grammar, path);
    let no_command = matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let help = no_command.then(|| here.clone().render_long_help().to_string());
    let message = bounded(&message(error, grammar, here, typed));
    let foreign = error.kind() == ErrorKind::InvalidSubcommand && is_nvflare(here);
    let reason = if foreign { Reason::CommandOfNvflare } else { Reason::Usage };
    refused(here, reason, message, choices(error, here), help)
}

/// Refuses the name of a long option with one dash: clap would read several short ones, or one and
/// its value, `-ca-dir` as `-c a-dir`.
pub fn one_dash(grammar: &mut Command, path: &[String], typed: &[OsString]) -> Option<Failure> {
    let words = typed.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let names: Vec<&str> = words
        .filter_map(|word| word.strip_prefix('-'))
        .map(|word| word.split_once('=').map_or(word, |(name, _)| name))
        // '-help' shows the help.
        .filter(|name| name.len() > 1 && !name.starts_with('-') && *name != "help")
        .collect();
    if names.is_empty() {
        return None;
    }
    grammar.build();
    let here = cli::find(grammar, path);
    let known =
        |name: &&&str| here.get_arguments().any(|arg| longs_of(arg).any(|long| long == **name));
    let name = names.iter().find(known)?;
    let message = format!("'-{name}' begins with one dash; did you mean '--{name}'?");
    Some(refused(here, Reason::Usage, message, Vec::new(), None))
}

fn refused(
    here: &Command,
    reason: Reason,
    message: String,
    choices: Vec<String>,
    help: Option<String>,
) -> Failure {
    Failure {
        error: Error::because(Code::InvalidArgs, reason, message),
        usage: Some(Usage { line: here.clone().render_usage().to_string(), choices, help }),
        report: None,
    }
}

/// All names of an option that are spelled out.
fn longs_of(arg: &clap::Arg) -> impl Iterator<Item = &str> {
    arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten())
}

/// What was typed may be anything, such as a private key from `$(cat ...)`: messages end up in logs.
fn bounded(message: &str) -> String {
    const SHOWN: usize = 400;
    if let Some((before, _)) = message.split_once("-----BEGIN") {
        return format!("{before}...': this is the content of a file, not its name");
    }
    match message.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

fn message(error: &clap::Error, grammar: &Command, here: &Command, typed: &[OsString]) -> String {
    let argument = argument_of(error);
    let value = text_of(error, ContextKind::InvalidValue).unwrap_or_default();
    let suggestion = suggestion(error);
    match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("a command is required: {}", cli::commands_of(here).join(", "))
        }
        ErrorKind::InvalidSubcommand => {
            let word = text_of(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let wish = WISHES.iter().find(|(wish, _)| *wish == word);
            let wish = wish.map(|(_, answer)| (*answer).to_owned());
            let elsewhere = wish.or_else(|| command_named(grammar, &word));
            let program = grammar.get_bin_name().unwrap_or_default();
            let elsewhere = elsewhere.map(|path| format!("; did you mean '{program} {path}'?"));
            unknown_command(&word, here, &elsewhere.unwrap_or(suggestion))
        }
        ErrorKind::UnknownArgument => {
            let several = cli::options_from(here, &argument);
            if argument.starts_with('-') && several.len() > 1 {
                format!("'{argument}' is ambiguous: {}", several.join(", "))
            } else if argument.starts_with('-') {
                format!("unknown option '{argument}'{suggestion}")
            } else if let Some(option) = unquoted(here, typed, &argument) {
                format!(
                    "'{argument}' is one argument too many; if the value of {option} has spaces, put it \
                     in quotes"
                )
            } else if let Some(option) = lacking(here, typed) {
                let meant = format!("{option} {argument}");
                format!("'{argument}' is one argument too many; did you mean '{meant}'?")
            } else {
                format!("'{argument}' is one argument too many{suggestion}")
            }
        }
        ErrorKind::MissingRequiredArgument => format!("required and not given: {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} needs a value"),
        ErrorKind::InvalidValue => {
            let choices = choices(error, here).join(", ");
            format!("{argument} cannot be '{value}'; it can be: {choices}")
        }
        ErrorKind::ValueValidation => {
            let wanted = std::error::Error::source(error).map(ToString::to_string);
            let wanted = wanted.unwrap_or_else(|| "has a value of the wrong form".to_owned());
            let (wanted, why) = wanted.split_once(": ").unwrap_or((&wanted, ""));
            let found = if value.is_empty() { String::new() } else { format!(", not '{value}'") };
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            format!("{argument} {wanted}{found}{why}")
        }
        ErrorKind::ArgumentConflict => conflict(&argument, error),
        ErrorKind::TooManyValues => format!("{argument} takes no value, but has '{value}'"),
        ErrorKind::InvalidUtf8 => "an option's name or value is not UTF-8 text".to_owned(),
        // The grammar has no arguments that can lead to another kind; clap's own words serve.
        _ => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

/// Whether these are the commands of the program itself, called under the reference's name.
fn is_nvflare(here: &Command) -> bool {
    here.get_bin_name() == Some(ProgramName::Nvflare.as_str())
}

/// The option before which a word too many probably belongs: of a command that takes none without,
/// the first that it needs and has not.
fn lacking(here: &Command, typed: &[OsString]) -> Option<String> {
    const NEEDED: [&str; 4] = ["participant", "profile", "ca-dir", "output-dir"];
    if here.get_positionals().next().is_some() {
        return None;
    }
    NEEDED.into_iter().find_map(|long| {
        let arg = here.get_arguments().find(|arg| arg.get_long() == Some(long))?;
        (!typed.iter().any(|word| is_option(word, arg))).then(|| format!("--{long}"))
    })
}

/// The option with a free text that stands before a word too many, which may be part of that text.
fn unquoted(here: &Command, typed: &[OsString], extra: &str) -> Option<String> {
    const TEXTS: [&str; 2] = ["TEXT", "ORG"];
    let before = typed.split(|word| word == extra).next().filter(|all| all.len() < typed.len())?;
    let option = before.iter().rfind(|word| word.to_string_lossy().starts_with('-'))?;
    let arg = here.get_arguments().find(|arg| is_option(option, arg))?;
    let is_text =
        arg.get_value_names().is_some_and(|all| all.iter().any(|of| TEXTS.contains(&of.as_str())));
    arg.get_long().filter(|_| is_text).map(|long| format!("--{long}"))
}

/// Whether a word is this option by any of its names, perhaps cut short.
fn is_option(word: &OsString, arg: &clap::Arg) -> bool {
    let Some(word) = word.to_str() else { return false };
    if let Some(name) = word.strip_prefix("--") {
        let name = name.split_once('=').map_or(name, |(name, _)| name);
        let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
        return !name.is_empty() && longs.iter().any(|long| long.starts_with(name));
    }
    let shorts = arg.get_short_and_visible_aliases().unwrap_or_default();
    word.strip_prefix('-').is_some_and(|letters| letters.starts_with(shorts.as_slice()))
}

/// Two options of which only one can be given.
fn conflict(argument: &str, error: &clap::Error) -> String {
    let other = text_of(error, ContextKind::PriorArg).unwrap_or_default();
    let other = other.split_once(" <").map_or(other.as_str(), |(name, _)| name);
    let both = [argument, other];
    let instead = if both.contains(&"--expect-digest") && both.contains(&"--out-dir") {
        "; for many requests there is --expect-digests"
    } else {
        ""
    };
    format!("{argument} and {other} cannot be given together{instead}")
}

/// The words of the first command below with this name: many leave out the first word.
fn command_named(above: &Command, name: &str) -> Option<String> {
    above.get_subcommands().find_map(|command| {
        let own = command.get_name();
        if own == name {
            return Some(own.to_owned());
        }
        command_named(command, name).map(|below| format!("{own} {below}"))
    })
}

fn unknown_command(word: &str, here: &Command, suggestion: &str) -> String {
    if is_nvflare(here) {
        format!(
            "'{word}' is not a command of flarekit, which runs here under the name nvflare and \
             replaces only 'nvflare cert' and 'nvflare package'; '{word}' needs the real nvflare \
             program of NVIDIA FLARE"
        )
    } else {
        format!("unknown command '{word}'{suggestion}")
    }
}

/// The argument that the error is about, as the user types it. Several, if several are missing.
fn argument_of(error: &clap::Error) -> String {
    let missing = error.kind() == ErrorKind::MissingRequiredArgument;
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(arguments)) => arguments.join(", "),
        // Without the placeholder of its value: "--profile", not "--profile <FILE>".
        Some(ContextValue::String(argument)) if !missing => {
            argument.split_once(" <").map_or(argument.as_str(), |(name, _)| name).to_owned()
        }
        Some(other) => other.to_string(),
        None => "an argument".to_owned(),
    }
}

fn suggestion(error: &clap::Error) -> String {
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .find_map(|kind| match error.get(kind)? {
            // clap puts the likeliest one last.
            ContextValue::Strings(names) => names.last(),
            ContextValue::String(name) => Some(name),
            _ => None,
        })
        .map(|name| format!("; did you mean '{name}'?"))
        .unwrap_or_default()
}

/// What can stand in the wrong place: the values of the option, else the commands.
fn choices(error: &clap::Error, here: &Command) -> Vec<String> {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.clone(),
        _ => cli::commands_of(here),
    }
}

fn text_of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}
