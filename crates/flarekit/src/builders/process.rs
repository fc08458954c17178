//! The only place of this library that starts processes.
//!
//! They stay in the process group, so that Ctrl-C reaches them, and inherit the environment, from
//! which builders may read what they need. What they print goes to standard error: standard output
//! carries the result.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Holds the passphrase of a CA's key, which is no builder's business.
const PASSPHRASE: &str = "FLAREKIT_CA_PASSPHRASE";

/// A process that does not outlive its owner.
#[derive(Debug)]
pub(super) struct Process(pub Child);

impl Process {
    /// Starts a program in a directory, which reads its input from a pipe.
    pub fn program(program: &Path, arguments: &[String], directory: &Path) -> io::Result<Self> {
        Self::start(
            Command::new(program).args(arguments).current_dir(directory).stdout(io::stderr()),
        )
    }

    /// Starts Python with a script. Its standard output is a pipe, too; the script keeps it for its
    /// answers.
    pub fn python(python: &Path, script: &str) -> io::Result<Self> {
        Self::start(Command::new(python).arg("-c").arg(script).stdout(Stdio::piped()))
    }

    fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).env_remove(PASSPHRASE).spawn().map(Self)
    }

    /// Waits for its end. Says how it failed, if it did.
    pub fn wait(&mut self) -> io::Result<Option<String>> {
        drop(self.0.stdin.take());
        let status = self.0.wait()?;
        Ok((!status.success()).then(|| status.to_string()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail, as they should, where it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
