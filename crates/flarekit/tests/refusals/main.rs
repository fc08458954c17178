//! One defect, one vector, one refusal: every file that somebody else may have touched, altered in
//! one place at a time, is refused with the expected code, and nothing is written.
//!
//! `forge` alters artifacts, `generate` lists the alterations, `replay` does what the commands do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads and writes files of its own"
)]

mod case;
mod committed;
mod forge;
mod generate;
mod machine;
mod replay;
