//! Turns a panic, which is always a defect of this program, into a reported error.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use flarekit::error::{Code, Error};

use crate::error::Failure;

thread_local! {
    /// What the last panic said, for the report. The default hook would print it as it happens,
    /// also for panics that the library contains.
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the work; a panic in it becomes an `INTERNAL_ERROR`.
pub fn contained<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panic::set_hook(Box::new(remember));
    // What the closure was changing is not looked at again after a panic, except for the output
    // format, which is a plain value.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let said = LAST.take();
        Err(Error::new(Code::InternalError, format!("flarekit stopped unexpectedly: {said}"))
            .into())
    })
}

fn remember(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
    let said = info.payload_as_str().unwrap_or("no message");
    LAST.set(format!("{said}{}", place.unwrap_or_default()));
}

#[cfg(test)]
mod tests {
    use super::contained;
    use flarekit::error::Code;

    #[test]
    fn a_panic_is_an_internal_error_that_says_where() {
        let failure = contained::<()>(|| panic!("lost the thread")).unwrap_err();
        // The other tests of this process want their own hook.
        drop(std::panic::take_hook());
        assert_eq!(failure.error.code(), Code::InternalError);
        assert!(failure.error.message().contains("lost the thread at "), "{failure:?}");
        assert!(failure.error.message().contains("crash.rs:"), "{failure:?}");
    }
}
