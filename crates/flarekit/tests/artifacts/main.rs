//! Artifacts of both programs, read and answered by the library at a time that the tests hand in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads and writes files of its own"
)]

mod approvals;
mod bulk;
mod facts;
mod folders;
mod ledger;
mod looks;
mod openssl;
mod requests;
mod signed_zips;
mod validity;
mod vectors;
