//! The list of vectors.

mod armor;
mod ca_directory;
mod certificate;
mod csr;
mod definition;
mod denied_json;
mod denied_zip;
mod edits;
mod json;
mod profile;
mod renewal;
mod request_folder;
mod request_zip;
mod root;
mod signature;
mod signed_json;
mod signed_zip;
mod site;
mod traps;
mod zips;

use std::sync::LazyLock;

use crate::case::{Case, Refusal};
use crate::forge::{DeniedForge, RequestForge, SignedForge, fingerprint};
use crate::machine::{SITE, valid};

/// Where the site's denied zip is put.
pub const DENIED_ZIP: &str = "hospital-a/hospital-a.denied.zip";

/// Every vector.
pub static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| {
    [
        request_zip::cases(),
        csr::cases(),
        renewal::cases(),
        zips::cases(),
        signed_zip::cases(),
        signature::cases(),
        signed_json::cases(),
        denied_zip::cases(),
        denied_json::cases(),
        certificate::cases(),
        root::cases(),
        ca_directory::cases(),
        request_folder::cases(),
        profile::cases(),
        definition::cases(),
    ]
    .concat()
});

/// The Project Admin approves a participant's request.
pub fn approve(name: &str) -> Vec<String> {
    let zip = format!("{name}/{name}.request.zip");
    let profile = "project_profile.yaml";
    let out = "new.signed.zip";
    words(&["cert", "approve", &zip, "--ca-dir", "ca", "--profile", profile, "--out", out])
}

/// A participant makes the kit, having been told the fingerprint.
pub fn package(name: &str) -> Vec<String> {
    package_under(name, &valid("ca/rootCA.pem"))
}

/// The same under another root, whose fingerprint the participant was told.
fn package_under(name: &str, root: &[u8]) -> Vec<String> {
    let zip = format!("{name}/{name}.signed.zip");
    let told = fingerprint(root);
    words(&["package", &zip, "--request-dir", name, "--fingerprint", &told])
}

/// The site has a denial explained, having been told this root's fingerprint.
pub fn explain(root: &[u8]) -> Vec<String> {
    words(&["package", DENIED_ZIP, "--request-dir", SITE, "--fingerprint", &fingerprint(root)])
}

/// A participant makes a request.
pub fn request(definition: &str) -> Vec<String> {
    words(&["cert", "request", "--participant", definition, "--out", "new"])
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// A vector of a request zip that its requester, or somebody on the way, altered.
fn request_case(
    participant: &'static str,
    name: &str,
    what: &str,
    refusal: impl Into<Refusal>,
    change: impl FnOnce(&mut RequestForge),
) -> Case {
    let mut forge = RequestForge::of(participant);
    change(&mut forge);
    Case::new("request-zip", name, what, refusal)
        .command(&approve(participant))
        .file(&format!("{participant}/{participant}.request.zip"), forge.zip.encode())
}

/// A vector of a signed zip that a CA, or somebody on the way, altered.
fn signed_case(
    participant: &'static str,
    name: &str,
    what: &str,
    refusal: impl Into<Refusal>,
    change: impl FnOnce(&mut SignedForge),
) -> Case {
    let mut forge = SignedForge::of(participant, &format!("signed-zip/{name}"));
    change(&mut forge);
    Case::new("signed-zip", name, what, refusal)
        .command(&package(participant))
        .file(&format!("{participant}/{participant}.signed.zip"), forge.zip.encode())
}

/// A vector of a denied zip that a CA, or somebody on the way, altered.
fn denied_case(
    name: &str,
    what: &str,
    refusal: impl Into<Refusal>,
    change: impl FnOnce(&mut DeniedForge),
) -> Case {
    let mut forge = DeniedForge::of(&format!("denied-zip/{name}"));
    change(&mut forge);
    Case::new("denied-zip", name, what, refusal)
        .command(&explain(&valid("ca/rootCA.pem")))
        .file(DENIED_ZIP, forge.zip.encode())
}
