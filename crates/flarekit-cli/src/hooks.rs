//! What tests can do to the program, in builds with the feature `test-hooks` only: stop its clock, let
//! it die or a system call fail at one of the library's fault points, and note which it passes.

use std::fs::OpenOptions;

use flarekit::files::faults::{Fault, Plan, arm};
use rustix::io::Errno;

/// Seconds since 1970, at which the clock stands.
const NOW: &str = "FLAREKIT_TEST_NOW";
/// `kill:7`: killed at the seventh point. `ENOSPC:7`: the system refuses there. `ENOSPC:7+`: and
/// from there on whatever takes up space.
const FAULT: &str = "FLAREKIT_TEST_FAULT";
/// A file that gets one line a point.
const TRACE: &str = "FLAREKIT_TEST_TRACE";

/// The time at which the clock stands.
pub fn now() -> Option<u64> {
    std::env::var(NOW).ok()?.parse().ok()
}

/// Arms the fault points.
pub fn prepare() {
    let trace = std::env::var_os(TRACE)
        .and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok());
    let fault = std::env::var(FAULT).ok().and_then(|text| parse(&text));
    if trace.is_some() || fault.is_some() {
        arm(Plan { fault, trace });
    }
}

fn parse(text: &str) -> Option<(Fault, u64)> {
    let (what, at) = text.split_once(':')?;
    let (at, lasting) = at.strip_suffix('+').map_or((at, false), |at| (at, true));
    let errno = match what {
        "kill" => return Some((Fault::Kill, at.parse().ok()?)),
        "ENOSPC" => Errno::NOSPC,
        "EROFS" => Errno::ROFS,
        "EACCES" => Errno::ACCESS,
        "EINTR" => Errno::INTR,
        "EIO" => Errno::IO,
        _ => return None,
    };
    let fault = if lasting { Fault::ErrorFromHereOn(errno) } else { Fault::Error(errno) };
    Some((fault, at.parse().ok()?))
}
