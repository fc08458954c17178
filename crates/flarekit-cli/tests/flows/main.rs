//! The whole way from a definition to a kit, as the documentation describes it.

#[path = "../common/mod.rs"]
mod common;

mod again;
mod configuration;
mod definitions;
mod locations;
mod seed;
