//! A kit in a temporary folder, a stand-in for `python3`, and ways to run the one with the other.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub const START: &str = include_str!("../../src/kit/files/start.sh");
pub const SUB_START: &str = include_str!("../../src/kit/files/sub_start.sh");
pub const STOP: &str = include_str!("../../src/kit/files/stop_fl.sh");
pub const ADMIN: &str = include_str!("../../src/kit/files/fl_admin.sh");

/// What a hospital's file server might hold, and more.
const AWKWARD: &str = "Site A's $HOME \"kit\"\n(copy)";

/// Records its command line and environment under $FAKE/calls, then runs until $FAKE/exit appears.
/// With $FAKE/die, $FAKE/no-nvflare or $FAKE/verify-fails it fails in that way.
const PYTHON: &str = r#"#!/usr/bin/env bash
if [ "$1" = -c ]; then [ ! -e "$FAKE/no-nvflare" ]; exit; fi
printf '%s\0' "$@" "PYTHONPATH=$PYTHONPATH" "MALLOC_ARENA_MAX=$MALLOC_ARENA_MAX" >"$FAKE/$$"
mv "$FAKE/$$" "$FAKE/calls/$$"
case "$*" in
  *verify_startup_kits*) [ ! -e "$FAKE/verify-fails" ]; exit ;;
  *hci.tools.admin*) exit 7 ;;
esac
if [ -e "$FAKE/die" ]; then exit 3; fi
while [ -d "$FAKE" ] && [ ! -e "$FAKE/exit" ]; do sleep 0.05; done
"#;

/// The values of a client's or a server's `sub_start.sh`, as they stand in the file.
pub fn sub_start(server: bool) -> String {
    let role = if server { "server" } else { "client" };
    SUB_START
        .replace("@MODULE@", &format!("nvflare.private.fed.app.{role}.{role}_train"))
        .replace("@CONFIG@", &format!("fed_{role}.json"))
        .replace("@UID_ARGUMENT@", if server { "''" } else { "uid=hospital-a" })
        .replace("@ORG@", "hospital_alpha")
        .replace("@CONFIG_FOLDER@", "''")
}

/// One kit, and the processes that its scripts started. They end with it.
pub struct Site {
    home: TempDir,
    pub kit: PathBuf,
}

impl Site {
    pub fn client() -> Self {
        Self::new(false)
    }

    pub fn server() -> Self {
        Self::new(true)
    }

    fn new(server: bool) -> Self {
        let home = TempDir::new().unwrap();
        let site = Self { kit: home.path().join(AWKWARD), home };
        fs::create_dir_all(site.kit.join("startup")).unwrap();
        fs::create_dir_all(site.kit.join("local")).unwrap();
        fs::create_dir_all(site.fake("calls")).unwrap();
        write_script(&site.kit.join("startup/start.sh"), START);
        write_script(&site.kit.join("startup/sub_start.sh"), &sub_start(server));
        write_script(&site.kit.join("startup/stop_fl.sh"), STOP);
        write_script(&site.kit.join("startup/fl_admin.sh"), ADMIN);
        fs::create_dir(site.path("bin")).unwrap();
        write_script(&site.path("bin/python3"), PYTHON);
        site
    }

    /// A path beside the kit.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file by which the stand-in for Python is told something.
    pub fn fake(&self, name: &str) -> PathBuf {
        self.path("fake").join(name)
    }

    /// A state file in the kit.
    pub fn state(&self, name: &str) -> PathBuf {
        self.kit.join(name)
    }

    /// A script of the kit, ready to run. Its output goes to a file, because a process in the
    /// background would keep a pipe open.
    pub fn command(&self, script: &str, arguments: &[&str]) -> Command {
        self.command_at(&self.kit.join("startup").join(script), arguments)
    }

    /// Like [`Site::command`], for a script elsewhere.
    pub fn command_at(&self, script: &Path, arguments: &[&str]) -> Command {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let output =
            || OpenOptions::new().create(true).append(true).open(self.path("output")).unwrap();
        let mut command = Command::new("bash");
        command
            .arg(script)
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("FAKE", self.path("fake"))
            .env("NVFL_POLL_SECONDS", "0.1")
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output());
        command
    }

    /// Starts the site and waits until Python has been started `calls` times in all.
    pub fn start(&self, calls: usize) {
        assert!(self.command("start.sh", &[]).status().unwrap().success());
        self.wait_for_calls(calls);
    }

    /// All that the scripts have printed.
    pub fn output(&self) -> String {
        fs::read_to_string(self.path("output")).unwrap_or_default()
    }

    pub fn wait_for_output(&self, text: &str) {
        wait_until(&format!("{text:?} in the output"), || self.output().contains(text));
    }

    pub fn wait_for_calls(&self, count: usize) {
        wait_until(&format!("{count} calls of Python"), || self.calls().len() >= count);
    }

    /// The calls of Python: its pid, and its arguments with two variables after them.
    pub fn calls(&self) -> Vec<(u32, Vec<String>)> {
        let calls = fs::read_dir(self.fake("calls")).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let pid = entry.file_name().into_string().unwrap().parse().unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (pid, text.split_terminator('\0').map(str::to_owned).collect())
        });
        calls.collect()
    }

    /// The only call of Python.
    pub fn only_call(&self) -> (u32, Vec<String>) {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{}", self.output());
        calls.remove(0)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for workspace in [&self.kit, &self.path("moved")] {
            if let Some(pid) = read_pid(&workspace.join("daemon_pid.fl")) {
                signal("-KILL", pid);
            }
        }
        touch(&self.fake("exit"));
        if std::thread::panicking() {
            eprintln!("The scripts printed:\n{}", self.output());
        }
    }
}

/// A state file's pid: digits and a newline, nothing else.
pub fn read_pid(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.strip_suffix('\n')?.parse().ok().filter(|pid| *pid > 1)
}

/// Sends a signal, and tells whether there was a process to take it.
pub fn signal(name: &str, pid: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.args([name, &pid.to_string()]).stderr(Stdio::null()).status().unwrap().success()
}

pub fn is_alive(pid: u32) -> bool {
    signal("-0", pid)
}

pub fn touch(file: &Path) {
    let _ = File::create(file);
}

pub fn write_script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a command with something on its standard input.
pub fn run_with_input(command: &mut Command, input: &str) -> bool {
    let mut child: Child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A command that refuses ends without reading, perhaps before this is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait().unwrap().success()
}

/// Polls, because the moment isn't known; the deadline is for a broken script on a slow machine.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
