//! The grammar: clap's commands, completed with what every command has in common.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::{Cli, examples, values};
use crate::environment::ProgramName;

/// Our version, and that of the NVFlare whose artifacts are read and written.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (NVFlare 2.9.0 artifacts)");

/// The width for an example, within the 80 columns of a narrow terminal.
const EXAMPLE_WIDTH: usize = 74;

/// The whole grammar under the name by which the program was called, but for the options that are
/// accepted without a word in the help.
pub fn offered(program: ProgramName) -> Command {
    let mut root = complete(visible(program), program, &[], &Way::Offered);
    root.build();
    root
}

/// The grammar as far as it is needed to find out which command is meant: without what every command
/// has in common.
pub fn outline(program: ProgramName) -> Command {
    visible(program).arg(connect_timeout())
}

fn visible(program: ProgramName) -> Command {
    Cli::command()
        .bin_name(program.as_str())
        .version(VERSION)
        .infer_long_args(true)
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(help_flag())
        .arg(version_flag())
}

/// Completes an outline for the one command that is meant, and those above it. Most of a short
/// command's own time would otherwise go into those that nobody asked for.
pub fn complete_for(outline: Command, program: ProgramName, words: &[String]) -> Command {
    complete(outline, program, &[], &Way::Along(words))
}

/// Walks down the grammar along the words; stops at the first word that is no command.
pub fn find<'a>(grammar: &'a Command, words: &[String]) -> &'a Command {
    let mut at = grammar;
    for word in words {
        match at.find_subcommand(word) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The names of the commands directly below this one.
pub fn commands_of(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect()
}

/// The long options of the command that begin like this, one spelling of each.
pub fn options_from(command: &Command, beginning: &str) -> Vec<String> {
    let spelling = |arg: &Arg| {
        let long = arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten());
        long.map(|long| format!("--{long}")).find(|long| long.starts_with(beginning))
    };
    command.get_arguments().filter_map(spelling).collect()
}

/// Whether the older option `--output` of the command with this path accepts the name.
pub fn names_a_format(path: &[String], name: &str) -> bool {
    formats_of_output(path).contains(&name)
}

/// The values of the reference's older name for `--format`, where it has that.
fn formats_of_output(path: &[String]) -> &'static [&'static str] {
    match path.first().map(String::as_str) {
        Some("cert") => &["json", "txt", "human"],
        Some("package") => &["json", "quiet"],
        _ => &[],
    }
}

/// `-h` and `--help` are the same here: the text that says who does what is never left out.
fn help_flag() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .global(true)
        .action(ArgAction::HelpLong)
        .help("Print this help.")
        .help_heading("Options of every command")
}

fn version_flag() -> Arg {
    Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help("Print the version, and that of the NVFlare whose artifacts are read and written.")
}

/// Accepted for scripts written for nvflare, and ignored: only `verify` connects to anything, and it
/// has --timeout.
fn connect_timeout() -> Arg {
    Arg::new("connect_timeout")
        .long("connect-timeout")
        .value_name("SECONDS")
        .value_parser(values::seconds)
        .global(true)
        .hide(true)
}

/// Which commands are completed.
enum Way<'a> {
    /// All, with what help and completions offer.
    Offered,
    /// Those on the way along these words.
    Along(&'a [String]),
}

/// Adds the examples to every command, and to each that can be run `--schema` and `--output`.
fn complete(command: Command, program: ProgramName, path: &[String], way: &Way<'_>) -> Command {
    let command = command.after_help(example_section(program, path)).mut_args(end_with_period);
    if !command.has_subcommands() {
        return with_machine_options(command, path, way);
    }
    let (below, way) = match way {
        Way::Offered => (commands_of(&command), Way::Offered),
        Way::Along([next, rest @ ..]) => (vec![next.clone()], Way::Along(rest)),
        Way::Along([]) => return command,
    };
    below.into_iter().fold(command, |command, name| {
        let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        command.mut_subcommand(name, |sub| complete(sub, program, &path, &way))
    })
}

/// Gives back the period that clap takes from a doc comment.
fn end_with_period(arg: Arg) -> Arg {
    match arg.get_help().map(ToString::to_string) {
        Some(help) if !help.ends_with('.') => arg.help(format!("{help}.")),
        _ => arg,
    }
}

fn example_section(program: ProgramName, path: &[String]) -> String {
    let mut section = String::from("Examples:");
    for example in examples(program, path) {
        section.push_str("\n  ");
        section.push_str(&folded(&example));
    }
    section
}

/// Breaks a long example before an option, so that it can still be copied from a narrow terminal.
fn folded(example: &str) -> String {
    let mut folded = String::new();
    let mut width = 0;
    for part in
        example.split_inclusive(' ').collect::<Vec<_>>().chunk_by(|_, next| !is_option(next))
    {
        let part = part.concat();
        if !folded.is_empty() && width + part.len() > EXAMPLE_WIDTH {
            folded.push_str("\\\n      ");
            width = 4;
        }
        width += part.len();
        folded.push_str(&part);
    }
    folded
}

fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

fn with_machine_options(command: Command, path: &[String], way: &Way<'_>) -> Command {
    let schema = Arg::new("schema")
        .long("schema")
        .action(ArgAction::SetTrue)
        .help("Describe this command's arguments as one JSON object, and do nothing else.");
    let command = command.arg(schema);
    let names = formats_of_output(path);
    if names.is_empty() || matches!(way, Way::Offered) {
        return command;
    }
    let output = Arg::new("output").long("output").hide(true).value_parser(values::format(names));
    command.arg(output)
}

#[cfg(test)]
mod tests {
    use clap::parser::ValueSource;

    use super::{commands_of, complete_for, find, folded, offered, outline};
    use crate::environment::ProgramName;

    #[test]
    fn the_grammar_has_no_contradiction() {
        for program in [ProgramName::Flarekit, ProgramName::Nvflare] {
            let grammar = offered(program);
            grammar.clone().debug_assert();
            let cert = "cert".to_owned();
            for name in commands_of(find(&grammar, std::slice::from_ref(&cert))) {
                complete_for(outline(program), program, &[cert.clone(), name]).debug_assert();
            }
            complete_for(outline(program), program, &["package".to_owned()]).debug_assert();
        }
    }

    /// The options of the reference's commands.
    const REFERENCE: [(&str, &[&str]); 4] = [
        ("cert init", &["profile", "output-dir", "org", "valid-days", "deploy-version", "force"]),
        ("cert request", &["participant", "out", "force"]),
        ("cert approve", &["ca-dir", "profile", "out", "valid-days", "force"]),
        ("package", &["workspace", "request-dir", "fingerprint", "expected-fingerprint", "force"]),
    ];
    /// What each of its commands has, too.
    const COMMON: [&str; 5] = ["help", "schema", "output", "format", "connect-timeout"];

    #[test]
    fn a_beginning_that_is_clear_to_nvflare_is_clear_to_us() {
        let program = ProgramName::Flarekit;
        for (line, own) in REFERENCE {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let mut root = complete_for(outline(program), program, &words).ignore_errors(true);
            root.build();
            let grammar = find(&root, &words).clone();
            let known: Vec<&str> = own.iter().copied().chain(COMMON).collect();
            for (option, end) in own.iter().flat_map(|all| (1..=all.len()).map(move |to| (all, to)))
            {
                let beginning = &option[..end];
                let alone = known.iter().filter(|other| other.starts_with(beginning)).count() == 1;
                if !alone && beginning != *option {
                    continue;
                }
                let is_it = |arg: &&clap::Arg| {
                    let mut aliases = arg.get_all_aliases().into_iter().flatten();
                    arg.get_long() == Some(option) || aliases.any(|alias| alias == *option)
                };
                let id = grammar.get_arguments().find(is_it).unwrap().get_id();
                let typed = ["x".to_owned(), format!("--{beginning}"), "10".to_owned()];
                let matches = grammar.clone().try_get_matches_from(typed).unwrap();
                let source = matches.value_source(id.as_str());
                assert_eq!(source, Some(ValueSource::CommandLine), "{line} --{beginning}");
            }
        }
    }

    #[test]
    fn every_command_and_option_is_explained() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Examples:\n  flarekit "), "{help}");
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                assert!(arg.get_help().is_some(), "{} {arg}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&offered(ProgramName::Flarekit));
    }

    #[test]
    fn long_examples_are_folded_before_an_option() {
        let long =
            format!("package x.signed.zip --request-dir ./{} --fingerprint y", "a".repeat(50));
        let (first, second) = long.split_at(long.find("--fing").unwrap());
        let (head, tail) = first.split_at(first.find("--req").unwrap());
        assert_eq!(folded(&long), format!("{head}\\\n      {tail}\\\n      {second}"));
        assert_eq!(folded("cert init -o ./ca"), "cert init -o ./ca");
    }

    #[test]
    fn words_are_followed_as_far_as_they_are_commands() {
        let grammar = offered(ProgramName::Flarekit);
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(find(&grammar, &words("cert init")).get_name(), "init");
        assert_eq!(find(&grammar, &words("cert what init")).get_name(), "cert");
        let below = ["init", "request", "approve", "deny", "revoke", "crl", "list", "expiring"];
        assert_eq!(commands_of(find(&grammar, &words("cert"))), below);
    }
}
