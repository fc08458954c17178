//! Making many files durable at once.

use super::{change, faults};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many threads wait for the disk. What is flushed at the same time goes to the disk with one
/// commit of the file system's journal; more threads than these make that no faster.
const THREADS: usize = 4;

/// What takes less than this did not wait for the disk: so little that starting a thread costs more.
const NO_WAIT: Duration = Duration::from_micros(100);

/// Whether this run has waited for a disk before: then it will wait again.
static WAITED: AtomicBool = AtomicBool::new(false);

/// Flushes files and directories, and returns when all of them are on the disk. Their order does not
/// matter: none of them has its name yet.
///
/// # Errors
/// A refusal of the system, that of the earliest in the list.
pub(super) fn all<'a>(
    files: impl IntoIterator<Item = (&'a File, &'a Path)>,
    directories: &[PathBuf],
) -> io::Result<()> {
    let files: Vec<_> = files.into_iter().collect();
    let count = files.len() + directories.len();
    let one = |at: usize| match (files.get(at), directories.get(at.wrapping_sub(files.len()))) {
        (Some((file, path)), _) => change::sync_file(file, path),
        (None, Some(directory)) => change::sync_dir(directory),
        (None, None) => Ok(()),
    };
    // In memory, and on disks that keep what they were given when the power fails, nothing waits.
    // Tests count the changes, which must come in the same order each time.
    let alone = || faults::is_armed() || !WAITED.load(Ordering::Relaxed);
    for at in 0..count {
        if !alone() {
            return rest(at, count, &one);
        }
        let started = Instant::now();
        one(at)?;
        if started.elapsed() > NO_WAIT {
            WAITED.store(true, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Several at once, as each waits.
fn rest(
    from: usize,
    count: usize,
    one: &(impl Fn(usize) -> io::Result<()> + Sync),
) -> io::Result<()> {
    let next = AtomicUsize::new(from);
    let work = || -> Result<(), (usize, io::Error)> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return Ok(());
            }
            one(at).map_err(|error| (at, error))?;
        }
    };
    let outcomes = thread::scope(|scope| {
        // Without further threads, this one does it alone.
        let others: Vec<_> = (1..THREADS.min(count - from))
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mut outcomes = vec![work()];
        let lost = |_| Err((count, io::Error::other("a thread broke off")));
        outcomes.extend(others.into_iter().map(|other| other.join().unwrap_or_else(lost)));
        outcomes
    });
    match outcomes.into_iter().filter_map(Result::err).min_by_key(|(at, _)| *at) {
        None => Ok(()),
        Some((_, error)) => Err(error),
    }
}
