//! The examples of the documentation, run as they stand there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail by panicking, too"
)]

mod page;
mod security;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use world::World;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the console blocks of a page, one after the other, and compares what they print.
fn check(page: &str) {
    check_with(page, "examples/hospital");
}

/// The same, with the files of another example.
fn check_with(page: &str, example: &str) {
    let path = project().join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut world = World::new(&project().join(example));
    let found = page::with_real_output(&text, |typed| world.type_in(typed));
    assert!(world.commands > 0, "{page} has no console block");
    if std::env::var_os("FLAREKIT_REGENERATE").is_some() {
        std::fs::write(&path, &found).unwrap();
        return;
    }
    assert!(
        found == text,
        "{page} shows something else than the program prints: run FLAREKIT_REGENERATE=1 cargo test \
         -p flarekit-cli --test docs, and look at what changed"
    );
}

#[test]
fn the_readme_shows_what_is_printed() {
    check("README.md");
}

#[test]
fn the_guide_shows_what_is_printed() {
    check("docs/guide.md");
}

/// The clocks of this story stand where the page says, which takes a program with hooks.
#[cfg(feature = "test-hooks")]
#[test]
fn the_admin_guide_shows_what_is_printed() {
    check("docs/admin-guide.md");
}

#[test]
fn the_page_for_scripts_shows_what_is_printed() {
    check("docs/scripts.md");
}

#[test]
fn the_page_on_builders_shows_what_is_printed() {
    check_with("docs/builders.md", "examples/builders");
}

#[test]
fn the_example_federations_can_be_provisioned() {
    let place = tempfile::tempdir().unwrap();
    for (example, kits, warning) in [("local", 7, ""), ("hospital", 3, "mtls")] {
        let place = place.path().join(example);
        let output = Command::new(project().join("examples/provision"))
            .arg(example)
            .arg(&place)
            .env("FLAREKIT_BIN", assert_cmd::cargo::cargo_bin("flarekit"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{example}: {errors}");
        assert!(errors.contains(warning), "{example}: {errors}");
        assert_eq!(errors.is_empty(), warning.is_empty(), "{example}: {errors}");
        let found = place.join("workspace/hospital_federation/prod_00").read_dir().unwrap();
        assert_eq!(found.count(), kits, "{example}");
    }
}
