//! A terminal on which the program is run and answered.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::common::{Machine, words};

/// A run of the program. Standard input and standard error are the terminal, as for somebody who
/// sends the result into a file.
pub struct Session {
    terminal: File,
    child: Child,
    seen: String,
}

impl Session {
    pub fn start(m: &Machine, line: &str) -> Self {
        Self::start_late(m, line, "")
    }

    /// The same, on a terminal on which something was typed before.
    pub fn start_late(m: &Machine, line: &str, typed: &str) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        // Not the terminal that controls the tests, should nothing else do so.
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let end =
            || OpenOptions::new().read(true).write(true).custom_flags(flags).open(&name).unwrap();
        let (input, err) = (end(), end());
        let mut terminal = File::from(terminal);
        terminal.write_all(typed.as_bytes()).unwrap();
        let child = Command::new(assert_cmd::cargo::cargo_bin("flarekit"))
            .env_clear()
            .env("HOME", &m.home)
            .current_dir(&m.cwd)
            .args(words(line))
            .stdin(input)
            .stderr(err)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { terminal, child, seen: String::new() }
    }

    /// Reads until the terminal shows this, or the program has ended without it.
    pub fn wait_for(&mut self, text: &str) -> bool {
        self.wait_for_times(text, 1)
    }

    /// The same until it shows it so many times.
    pub fn wait_for_times(&mut self, text: &str, times: usize) -> bool {
        let mut piece = [0; 4096];
        while self.seen.matches(text).count() < times {
            // When nobody has the other end any more, reading is an error.
            match self.terminal.read(&mut piece) {
                Ok(count) if count > 0 => {
                    self.seen.push_str(&String::from_utf8_lossy(&piece[..count]));
                }
                _ => return false,
            }
        }
        true
    }

    pub fn type_in(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).unwrap();
    }

    /// Whether the terminal shows what is typed.
    pub fn echoes(&self) -> bool {
        let modes = rustix::termios::tcgetattr(&self.terminal).unwrap().local_modes;
        modes.contains(rustix::termios::LocalModes::ECHO)
    }

    /// How the program ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// What the terminal showed, and how the program ended.
    pub fn end(mut self) -> (String, Output) {
        self.wait_for("\0");
        let output = self.child.wait_with_output().unwrap();
        (self.seen.replace("\r\n", "\n"), output)
    }
}
