//! Making many files durable.

use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use super::Bulk;

/// Threads for each processor and batch. Most of the time they wait for the disk, which makes many
/// files durable in hardly more time than one.
const THREADS: usize = 4;
/// Most threads for a batch.
const MOST_THREADS: usize = 16;

/// How many threads wait for the disk.
pub(super) fn threads(bulk: &Bulk<'_>) -> usize {
    bulk.threads(THREADS).min(MOST_THREADS)
}

/// Does the same with each item, in so many threads; the order stays.
pub(super) fn in_parallel<T: Send, U: Send>(
    mut items: Vec<T>,
    threads: usize,
    work: impl Fn(T) -> U + Sync,
) -> Vec<U> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    let mut shares = Vec::new();
    while items.len() > share {
        let rest = items.split_off(share);
        shares.push(std::mem::replace(&mut items, rest));
    }
    let work = |share: Vec<T>| share.into_iter().map(&work).collect::<Vec<U>>();
    thread::scope(|scope| {
        let others: Vec<_> = shares.into_iter().map(|one| scope.spawn(|| work(one))).collect();
        let last = work(items);
        others.into_iter().map(join).chain([last]).flatten().collect()
    })
}

/// What the thread leaves, also if that is its panic.
pub(super) fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|lost| resume_unwind(lost))
}

#[cfg(test)]
mod tests {
    use super::in_parallel;

    #[test]
    fn the_order_stays_however_many_threads_there_are() {
        for threads in 0..6 {
            for count in [0, 1, 2, 5, 6, 7] {
                let doubled = in_parallel((0..count).collect(), threads, |item| 2 * item);
                let expected: Vec<i32> = (0..count).map(|item| 2 * item).collect();
                assert_eq!(doubled, expected, "{count} items, {threads} threads");
            }
        }
    }
}
