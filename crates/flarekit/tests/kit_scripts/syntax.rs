//! The scripts as text.

use std::io::{self, Write as _};
use std::process::Command;

use flarekit::kit::shell_word;
use proptest::prelude::*;

use crate::bench::{ADMIN, START, STOP, SUB_START, sub_start, write_script};

fn all() -> Vec<(&'static str, String)> {
    vec![
        ("start.sh", START.to_owned()),
        ("stop_fl.sh", STOP.to_owned()),
        ("fl_admin.sh", ADMIN.to_owned()),
        ("sub_start.sh", SUB_START.to_owned()),
        ("sub_start.sh", sub_start(false)),
        ("sub_start.sh", sub_start(true)),
        ("docker.sh", docker(include_str!("../../src/kit/files/docker_server.sh"))),
        ("docker.sh", docker(include_str!("../../src/kit/files/docker_client.sh"))),
        ("docker.sh", docker(include_str!("../../src/kit/files/docker_user.sh"))),
    ]
}

/// As in a kit whose values need quotes.
fn docker(text: &str) -> String {
    ["@IMAGE@", "@NAME@", "@ORG@", "@CONFIG_FOLDER@"]
        .iter()
        .fold(text.to_owned(), |text, place| text.replace(place, "'a b'"))
}

#[test]
fn bash_reads_every_script() {
    for (name, text) in all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write_script(&path, &text);
        assert!(Command::new("bash").arg("-n").arg(&path).status().unwrap().success(), "{name}");
    }
}

#[test]
fn shellcheck_finds_nothing() {
    let required = std::env::var_os("FLAREKIT_REQUIRE_SHELLCHECK").is_some_and(|v| v == "1");
    for (name, text) in all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write_script(&path, &text);
        match Command::new("shellcheck").arg("--norc").arg(&path).status() {
            Ok(status) => assert!(status.success(), "{name}"),
            Err(error) if required => panic!("shellcheck: {error}"),
            Err(error) => {
                // Past the harness, which shows what a test prints only when it fails.
                let _ = writeln!(io::stderr(), "skipped: shellcheck could not be run: {error}");
                return;
            }
        }
    }
}

#[test]
fn every_placeholder_is_filled() {
    for server in [true, false] {
        let text = sub_start(server);
        assert!(!text.lines().any(|line| line.contains("=@")), "{text}");
    }
}

/// `nvflare preflight_check` takes the first match of `uid=([^\s]+)` as the client's name
/// (nvflare/tool/package_checker/client_package_checker.py).
#[test]
fn the_first_uid_is_the_name() {
    let text = sub_start(false);
    let after = text.split_once("uid=").unwrap().1;
    assert_eq!(after.split_whitespace().next(), Some("hospital-a"));
    assert!(!sub_start(true).contains("uid="));
}

proptest! {
    // Each case is a process, so it has many words.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_quoted_word_is_the_same_word_in_a_shell(
        words in prop::collection::vec("[^\0]{0,20}|[ -~\n\t]{0,20}", 1..50)
    ) {
        let quoted: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        let script = format!("printf '%s\\0' {}", quoted.join(" "));
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
        prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
