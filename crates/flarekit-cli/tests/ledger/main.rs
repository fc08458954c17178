//! The CA's ledger: what it refuses, that it survives kills and company, and that a change in it is
//! found.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

mod company;
mod lists;
mod records;
mod refused;
mod rules;
mod tampering;

use common::Machine;
use serde_json::Value;

/// A definition of a site.
pub fn site(name: &str) -> String {
    common::SITE.replace("hospital-a", name)
}

/// Makes a request in a folder of its own.
pub fn request(m: &Machine, folder: &str, definition: &str) {
    m.write("definition.yaml", definition);
    m.ok(&format!("cert request -p definition.yaml --out {folder}"));
}

/// The command that approves the request of a participant in a folder.
pub fn approve(folder: &str, name: &str) -> String {
    format!("cert approve {folder}/{name}.request.zip -c ca --profile project_profile.yaml --force")
}

/// The entries of the ledger.
pub fn entries(m: &Machine) -> Vec<Value> {
    m.ok("audit export -c ca")["entries"].as_array().unwrap().clone()
}

/// What kinds of entries there are, in their order.
pub fn kinds(m: &Machine) -> Vec<String> {
    entries(m).iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}
