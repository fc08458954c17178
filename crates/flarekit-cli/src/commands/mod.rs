//! The commands: each takes its arguments and the environment, and returns what it has to report.

mod approve;
mod completions;
mod init;
mod package;
mod request;

use flarekit::error::Error;

use crate::cli::{CertCommand, Command};
use crate::environment::Environment;
use crate::output::Answer;

/// Runs the command that was asked for.
pub fn run(command: &Command, environment: &Environment) -> Result<Answer, Error> {
    match command {
        Command::Cert { command: CertCommand::Init(args) } => init::run(args, environment),
        Command::Cert { command: CertCommand::Request(args) } => request::run(args, environment),
        Command::Cert { command: CertCommand::Approve(args) } => approve::run(args, environment),
        Command::Package(args) => package::run(args, environment),
        Command::Completions(args) => return Ok(completions::run(args, environment)),
    }
    .map(Answer::Report)
}
