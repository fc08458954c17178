//! The whole way from a definition to a kit, as the documentation describes it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

mod again;
mod bulk_text;
mod configuration;
mod definitions;
mod kept_modes;
mod local_files;
mod locations;
mod passphrase;
mod policy;
mod renewal;
mod review;
mod review_many;
mod seed;
mod terminal;
