//! flarekit: NVIDIA FLARE's distributed provisioning as one program.
//!
//! The shell around the library: it reads the command line ([`invocation`], [`cli`]), hands the
//! command what belongs to the machine ([`environment`]), and prints what came of it ([`output`]).
//! [`error`] has the one table of exit statuses and advice.

mod cli;
mod commands;
mod crash;
mod environment;
mod error;
#[cfg(feature = "test-hooks")]
mod hooks;
mod invocation;
mod output;
mod passphrase;
mod question;

use std::process::ExitCode;

use environment::Environment;
use invocation::{Asked, Invocation};
use output::Answer;
use rustix::fs::Mode;
use rustix::process::umask;

fn main() -> ExitCode {
    #[cfg(feature = "test-hooks")]
    hooks::prepare();
    keep_own_rights();
    let mut arguments = std::env::args_os();
    let environment = Environment::of_process(arguments.next());
    let outline = cli::outline(environment.program);
    let invocation = Invocation::read(arguments, &outline);
    let mut format = invocation.format();
    let outcome = crash::contained(|| {
        let (decided, asked) = invocation.understand(outline, environment.program);
        format = decided;
        match asked? {
            Asked::Text(text) => Ok(Answer::Text(text)),
            Asked::Command(command) => commands::run(&command, &environment, format),
        }
    });
    output::finish(format, outcome)
}

/// A umask may take rights from the owner, too. Modes are set in the end, but until then directories
/// that are made must let their owner in.
fn keep_own_rights() {
    let mask = umask(Mode::RWXG | Mode::RWXO);
    umask(mask - Mode::RWXU);
}
