//! The scripts of a startup kit, run with a stand-in for Python in folders with awkward names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod bench;
mod options;
mod supervision;
mod syntax;
mod workspace;
