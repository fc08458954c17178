//! `completions`: a shell's script that completes flarekit's commands and options.

use crate::cli::{self, CompletionsArgs};
use crate::environment::Environment;
use crate::output::Answer;

/// Writes the script for the shell, under the name by which the program was called.
pub fn run(args: &CompletionsArgs, env: &Environment) -> Answer {
    let mut script = Vec::new();
    let mut grammar = cli::offered(env.program);
    clap_complete::generate(args.shell, &mut grammar, env.program.as_str(), &mut script);
    Answer::Document { key: "script", text: String::from_utf8_lossy(&script).into_owned() }
}
