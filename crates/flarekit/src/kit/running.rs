//! Whether a kit's site is running, as `sub_start.sh` itself finds out.

use std::path::Path;

use crate::error::{Code, Error, Reason};
use crate::files;

/// Where the loop of `sub_start.sh` leaves its pid.
const DAEMON_FILE: &str = "daemon_pid.fl";
/// Longest such file: a pid has seven digits at most (Linux: `PID_MAX_LIMIT` is 2^22).
const LIMIT: u64 = 32;
/// What the loop has in its command line.
const LOOP: &[u8] = b"sub_start.sh";

/// Refuses a kit that is running: its loop would go on in the new kit's place, with the old kit's
/// credentials, and would share the new kit's files.
pub(super) fn refuse(kit: &Path) -> Result<(), Error> {
    let Some(pid) = recorded(&kit.join(DAEMON_FILE)).filter(|pid| is_loop(*pid)) else {
        return Ok(());
    };
    let message = format!(
        "{} is running: process {pid}, named in its {DAEMON_FILE}, is a sub_start.sh",
        kit.display()
    );
    Err(Error::because(Code::OutputDirExists, Reason::KitRunning, message))
}

fn recorded(file: &Path) -> Option<u32> {
    let text = files::read(file, LIMIT).ok()?.bytes;
    std::str::from_utf8(&text).ok()?.lines().next()?.parse().ok()
}

/// The pid in a file left by a crash or a reboot may belong to another program now.
fn is_loop(pid: u32) -> bool {
    let mut command = Vec::new();
    let place = format!("/proc/{pid}/cmdline");
    let read = files::read_chunks(Path::new(&place), |chunk| {
        command.extend_from_slice(chunk);
        Ok(())
    });
    read.is_ok() && command.windows(LOOP.len()).any(|part| part == LOOP)
}
