//! Saying no, and taking back: denials, revocations and revocation lists.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../common/mod.rs"]
mod common;

mod denials;
mod lists;
mod revocations;

use common::{Machine, Sandbox};
use serde_json::Value;

/// A machine with a CA and a request of hospital-a.
pub fn asked(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    m
}

/// The same, with the request approved.
pub fn approved(sandbox: &Sandbox) -> Machine {
    let m = asked(sandbox);
    m.ok(APPROVE);
    m
}

/// Approves the request.
pub const APPROVE: &str =
    "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml --force";
/// Denies it.
pub const DENY: &str =
    "cert deny hospital-a/hospital-a.request.zip -c ca --reason no-contract --force";

/// The entries of the ledger, which must hold.
pub fn entries(m: &Machine) -> Vec<Value> {
    m.ok("audit export -c ca")["entries"].as_array().unwrap().clone()
}

/// What kinds of entries there are, in their order.
pub fn kinds(m: &Machine) -> Vec<String> {
    entries(m).iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

/// The answer of a command that is refused with data.
pub fn refusal(m: &Machine, line: &str) -> Value {
    let output =
        m.flarekit().args(common::words(line)).args(["--format", "json"]).output().unwrap();
    let envelope = common::envelope(line, &output);
    assert_eq!(envelope["status"], "error", "{line}: {envelope}");
    envelope
}
