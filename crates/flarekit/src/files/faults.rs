//! Fault points: where a test lets a run die, or a system call fail.
//!
//! Every call that changes the disk passes one. They exist only in builds with the feature
//! `test-hooks`, which no released program has; otherwise [`point`] is nothing at all.

use super::change::Change;
use rustix::io::Result;
use std::path::Path;

#[cfg(feature = "test-hooks")]
pub(crate) use armed::is_armed;
#[cfg(feature = "test-hooks")]
pub use armed::{Fault, Plan, arm};

/// Before the change is made.
#[cfg(not(feature = "test-hooks"))]
pub(super) fn point(_: Change, _: &[&Path]) -> Result<()> {
    Ok(())
}

/// Whether points are counted.
#[cfg(not(feature = "test-hooks"))]
pub(super) fn is_armed() -> bool {
    false
}

/// What to write first: everything.
#[cfg(not(feature = "test-hooks"))]
pub(super) fn first_portion(bytes: &[u8]) -> &[u8] {
    bytes
}

#[cfg(feature = "test-hooks")]
pub(super) use armed::{first_portion, point};

#[cfg(feature = "test-hooks")]
mod armed {
    use super::{Change, Path, Result};
    use rustix::io::Errno;
    use rustix::process::{Signal, getpid, kill_process};
    use std::fs::File;
    use std::io::Write as _;
    use std::sync::Mutex;

    /// What goes wrong.
    #[derive(Debug, Clone, Copy)]
    pub enum Fault {
        /// The process is killed, as by SIGKILL or a power failure.
        Kill,
        /// The system refuses.
        Error(Errno),
        /// The system refuses from here on whatever takes up space; removing still works.
        ErrorFromHereOn(Errno),
    }

    /// When it goes wrong, and where each point is noted.
    #[derive(Debug, Default)]
    pub struct Plan {
        /// The fault, and the number of the point, counted from 1.
        pub fault: Option<(Fault, u64)>,
        /// Gets one line a point: the change, the path, and for a rename the new path.
        pub trace: Option<File>,
    }

    struct Armed {
        plan: Plan,
        passed: u64,
    }

    static ARMED: Mutex<Option<Armed>> = Mutex::new(None);

    /// Makes the plan that of this process.
    pub fn arm(plan: Plan) {
        if let Ok(mut armed) = ARMED.lock() {
            *armed = Some(Armed { plan, passed: 0 });
        }
    }

    /// Whether points are counted: then they must come in the same order each time.
    pub(crate) fn is_armed() -> bool {
        ARMED.lock().is_ok_and(|armed| armed.is_some())
    }

    /// Before the change is made.
    pub(crate) fn point(change: Change, paths: &[&Path]) -> Result<()> {
        let Ok(mut guard) = ARMED.lock() else { return Ok(()) };
        let Some(armed) = guard.as_mut() else { return Ok(()) };
        armed.passed += 1;
        if let Some(trace) = &mut armed.plan.trace {
            let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            let line = format!("{change:?}\t{}\n", paths.join("\t"));
            // A test that misses its trace fails by itself.
            let _ = trace.write_all(line.as_bytes());
        }
        match armed.plan.fault {
            Some((Fault::Kill, at)) if at == armed.passed => loop {
                let _ = kill_process(getpid(), Signal::KILL);
            },
            Some((Fault::Error(errno), at)) if at == armed.passed => Err(errno),
            Some((Fault::ErrorFromHereOn(errno), at))
                if at <= armed.passed && change.takes_space() =>
            {
                Err(errno)
            }
            _ => Ok(()),
        }
    }

    /// What to write first: half, so that a run can die with a file that is half written.
    pub(crate) fn first_portion(bytes: &[u8]) -> &[u8] {
        bytes.get(..bytes.len().div_ceil(2)).unwrap_or(bytes)
    }
}
