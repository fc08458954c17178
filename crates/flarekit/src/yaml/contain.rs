//! Keeps a panic of the YAML parser from ending the program.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs `work`; a panic inside it becomes `None`, and nothing is printed.
///
/// `libyaml-safer` panics on a few malformed texts (`[!!str, a]`) instead of reporting them.
/// Another party's bytes must not end the program, nor show the user a stack trace. The hook is
/// installed once and passes on every panic that happens elsewhere, so the program's own hook
/// keeps working if it was set before.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let outer = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                outer(info);
            }
        }));
    });
    CONTAINED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::contained;

    #[test]
    fn a_panic_becomes_none() {
        assert_eq!(contained(|| 1), Some(1));
        assert_eq!(contained(|| -> i32 { panic!("contained") }), None);
        assert_eq!(contained(|| 2), Some(2));
    }
}
