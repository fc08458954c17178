//! The program as scripts and people call it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail by panicking, too"
)]

use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// The program in an empty environment: no HOME, no terminal width, no colours.
fn flarekit() -> Command {
    let mut command = Command::cargo_bin("flarekit").unwrap();
    command.env_clear();
    command
}

fn run(line: &str) -> Output {
    flarekit().args(line.split_whitespace()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The envelope on standard output, which is one line.
fn envelope(output: &Output) -> Value {
    let out = text(&output.stdout);
    assert_eq!(out.matches('\n').count(), 1, "{out}");
    serde_json::from_str(out).unwrap()
}

/// Runs a wrong command line in JSON mode and gives the message.
fn refused(line: &str) -> String {
    let output = run(line);
    assert_eq!(output.status.code(), Some(4), "{line}");
    let envelope = envelope(&output);
    assert_eq!(envelope["status"], "error", "{line}");
    assert_eq!(envelope["exit_code"], 4, "{line}");
    assert_eq!(envelope["error_code"], "INVALID_ARGS", "{line}");
    assert_eq!(envelope["reason"], "USAGE", "{line}");
    assert!(envelope["data"]["usage"].as_str().unwrap().starts_with("Usage: flarekit"), "{line}");
    assert!(text(&output.stderr).contains("Code: INVALID_ARGS (exit 4)"), "{line}");
    envelope["message"].as_str().unwrap().to_owned()
}

#[test]
fn the_format_stands_anywhere_and_the_last_one_wins() {
    for line in [
        "--format json cert init",
        "cert --format json init",
        "cert init --format json",
        "cert init --format=json",
        "--format txt cert init --format json",
        "cert init --connect-timeout 5 --format json",
        "--connect-timeout=2.5 cert --format json init",
        "--format txt cert init --output json",
        "--format txt package --output=json",
    ] {
        assert!(refused(line).starts_with("required and not given: "), "{line}");
    }
    for line in [
        "--format json cert init --format txt",
        "cert init",
        "cert init --format json --output txt",
        "cert init --output human --format json",
        "--format json package --output quiet",
        "cert init -- --format json",
    ] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(4), "{line}");
        assert_eq!(text(&output.stdout), "", "{line}");
        assert!(text(&output.stderr).contains("Reason: USAGE\n"), "{line}");
    }
}

#[test]
fn a_wrong_value_of_a_movable_option_is_refused() {
    assert_eq!(
        refused("cert init --format jsonl"),
        "--format cannot be 'jsonl'; it can be: txt, json"
    );
    assert_eq!(
        refused("--format json cert init --format xml"),
        "--format cannot be 'xml'; it can be: txt, json"
    );
    let output = run("cert init --format xml");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(4), ""));
    assert_eq!(
        refused("package --format json --connect-timeout"),
        "--connect-timeout needs a value"
    );
    let slow = refused("package --format json --connect-timeout slow");
    assert_eq!(slow, "--connect-timeout needs a number, not 'slow'");
    let quiet = refused("cert init --format json --output quiet");
    assert_eq!(quiet, "--output cannot be 'quiet'; it can be: json, txt, human");
    assert_eq!(
        refused("package x --format json --output txt"),
        "--output cannot be 'txt'; it can be: json, quiet"
    );
}

#[test]
fn usage_errors_say_what_is_wrong_and_what_is_possible() {
    for (line, message) in [
        ("", "a command is required: cert, package, inspect, verify, audit, policy, completions"),
        (
            "cert",
            "a command is required: init, request, approve, deny, revoke, crl, list, expiring",
        ),
        ("cert aprove", "unknown command 'aprove'; did you mean 'approve'?"),
        ("cert init", "required and not given: --profile <FILE>, --output-dir <DIR>"),
        ("cert init --profle x -o y", "unknown option '--profle'; did you mean '--profile'?"),
        ("cert request --p p --o o", "'--o' is ambiguous: --out, --output"),
        ("cert request --p p --fo", "'--fo' is ambiguous: --force, --format"),
        (
            "cert approve r --ca-dir c --p p --ou o",
            "'--ou' is ambiguous: --out, --out-dir, --output",
        ),
        ("cert init --profile", "--profile needs a value"),
        ("cert init --profile p -o o --force=1", "--force takes no value, but has '1'"),
        (
            "cert init --profile p -o o --valid-days 0",
            "--valid-days needs a plain number of days, 1 or more, for example 365, not '0'",
        ),
        (
            "cert init --profile p -o o --deploy-version 1",
            "--deploy-version needs exactly two digits, for example 00 or 01, not '1'",
        ),
        (
            "verify kit --timeout 0",
            "--timeout needs a whole number of seconds from 1 to 3600, not '0'",
        ),
        ("package a b", "'b' is one argument too many"),
        ("init", "unknown command 'init'; did you mean 'flarekit cert init'?"),
        ("audit list", "unknown command 'list'; did you mean 'flarekit cert list'?"),
        ("renew x", "unknown command 'renew'; did you mean 'flarekit cert request --renew'?"),
        ("cert renew x", "unknown command 'renew'; did you mean 'flarekit cert request --renew'?"),
        ("cert reject x", "unknown command 'reject'; did you mean 'flarekit cert deny'?"),
        ("version", "unknown command 'version'; did you mean 'flarekit --version'?"),
        ("cert list ca", "'ca' is one argument too many; did you mean '--ca-dir ca'?"),
        ("audit verify ca", "'ca' is one argument too many; did you mean '--ca-dir ca'?"),
        ("cert list -c ca more", "'more' is one argument too many"),
        ("cert list --ca=ca more", "'more' is one argument too many"),
        ("cert request p", "'p' is one argument too many; did you mean '--participant p'?"),
        ("cert request -p p q", "'q' is one argument too many"),
        ("cert init p", "'p' is one argument too many; did you mean '--profile p'?"),
        ("cert init p -c ca", "'p' is one argument too many; did you mean '--profile p'?"),
        ("cert init --pr p ca", "'ca' is one argument too many; did you mean '--output-dir ca'?"),
        ("cert init --profile p -c ca more", "'more' is one argument too many"),
        ("cert int --profile p", "unknown command 'int'; did you mean 'init'?"),
        ("cert list -ca-dir ca", "'-ca-dir' begins with one dash; did you mean '--ca-dir'?"),
        ("cert init -profile=p -o o", "'-profile' begins with one dash; did you mean '--profile'?"),
        ("cert approve r -ca-dir c", "'-ca-dir' begins with one dash; did you mean '--ca-dir'?"),
        (
            "cert approve r -ca-dir c --profile p",
            "'-ca-dir' begins with one dash; did you mean '--ca-dir'?",
        ),
        (
            "cert init --profile p -ca-dir=c",
            "'-ca-dir' begins with one dash; did you mean '--ca-dir'?",
        ),
        (
            "package z -workspace=w",
            "'-workspace' begins with one dash; did you mean '--workspace'?",
        ),
        ("-version", "'-version' begins with one dash; did you mean '--version'?"),
        ("cert list -format json", "'-format' begins with one dash; did you mean '--format'?"),
        (
            "cert crl -c ca --valid-days -5",
            "--valid-days needs a plain number of days, 1 or more, for example 365, not '-5'",
        ),
        (
            "cert approve r -c ca --profile p --valid-days 7d",
            "--valid-days needs a plain number of days, 1 or more, for example 365, not '7d'",
        ),
        (
            "cert expiring -c ca --within -1",
            "--within needs a number of days or weeks, for example 30d or 8w, not '-1'",
        ),
        ("cert crl -c ca --valid-days --der", "--valid-days needs a value"),
        ("help nothing", "unknown command 'nothing'"),
        (
            "cert approve r -c c --profile p --out-dir o --expect-digest d",
            "--out-dir and --expect-digest cannot be given together; for many requests there is \
             --expect-digests",
        ),
        (
            "cert approve r -c c --profile p --out-dir o --out f",
            "--out-dir and --out cannot be given together",
        ),
        (
            "cert deny r -c c --reason not yet",
            "'yet' is one argument too many; if the value of --reason has spaces, put it in quotes",
        ),
        (
            "cert deny r --reason=not at all -c c",
            "'at' is one argument too many; if the value of --reason has spaces, put it in quotes",
        ),
        (
            "cert revoke n -c c --reason superseded --no key lost",
            "'lost' is one argument too many; if the value of --note has spaces, put it in quotes",
        ),
        (
            "cert init --profile p --org St. Mary -o o",
            "'Mary' is one argument too many; if the value of --org has spaces, put it in quotes",
        ),
        ("cert deny r --reason no -c c more", "'more' is one argument too many"),
        ("cert deny r -c c --reason=", "--reason needs a line of plain text: the text is empty"),
        (
            "cert deny r -c c --reason=a\u{7}",
            "--reason needs a line of plain text, not 'a\u{7}': the text has the character '\\u{7}', \
             which is not plain text on one line",
        ),
    ] {
        assert_eq!(refused(&format!("--format json {line}")), message, "{line}");
    }
    let choices = |line: &str| envelope(&run(line))["data"]["choices"].clone();
    let below = ["init", "request", "approve", "deny", "revoke", "crl", "list", "expiring"];
    assert_eq!(choices("cert --format json"), serde_json::json!(below));
    assert_eq!(choices("cert init --format jsonl"), serde_json::json!(["txt", "json"]));
    assert_eq!(choices("cert init --format json"), serde_json::json!([]));
}

#[test]
fn without_a_command_the_help_is_on_standard_error() {
    for line in ["", "cert"] {
        let output = run(line);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(4), ""));
        let err = text(&output.stderr);
        assert!(err.contains("Examples:"), "{err}");
        assert!(err.contains("a command is required: "), "{err}");
    }
}

#[test]
fn every_command_has_help_with_examples() {
    let commands = ["", "cert ", "cert init ", "cert request ", "cert approve ", "package "];
    for command in commands.into_iter().chain(["inspect ", "verify ", "completions "]) {
        for flag in ["-h", "--help"] {
            let output = run(&format!("{command}{flag}"));
            assert_eq!(output.status.code(), Some(0), "{command}");
            let out = text(&output.stdout);
            assert!(out.contains("\nExamples:\n  flarekit "), "{out}");
            assert!(!out.contains('\u{1b}'), "colours without a terminal: {out}");
            assert_eq!(text(&output.stderr), "", "{command}");
        }
    }
}

/// Options for older scripts are accepted, and offered nowhere.
#[test]
fn completions_offer_what_the_help_shows() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&format!("completions {shell}")).stdout;
        let script = text(&script);
        assert!(script.contains("expect-digests"), "{shell}");
        for hidden in ["connect-timeout", "human", "quiet"] {
            assert!(!script.contains(hidden), "{shell}: {hidden}");
        }
    }
}

#[test]
fn help_is_a_word_too() {
    for (line, same) in [
        ("help", "--help"),
        ("help cert", "cert --help"),
        ("help cert init", "cert init --help"),
        ("cert help init", "cert init --help"),
        ("--format json help verify", "verify --help"),
    ] {
        let (found, expected) = (run(line), run(same));
        assert_eq!(found.status.code(), Some(0), "{line}");
        assert_eq!(text(&found.stdout), text(&expected.stdout), "{line}");
    }
    // An argument may have this name.
    assert!(text(&run("inspect help").stderr).contains("FILE_NOT_FOUND"));
}

#[test]
fn the_version_names_that_of_the_artifacts() {
    for line in ["--version", "-V", "-V cert"] {
        let output = run(line);
        let expected =
            format!("flarekit {} (NVFlare 2.9.0 artifacts)\n", env!("CARGO_PKG_VERSION"));
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expected.as_str()));
    }
    assert_eq!(refused("cert init -V --format json"), "unknown option '-V'");
}

#[test]
fn the_schema_wins_over_missing_and_unknown_options() {
    for line in [
        "cert approve --schema",
        "--schema cert approve",
        "cert --schema approve --bogus",
        "--format json cert approve --schema",
        "cert approve x -c ca --profile p --sch",
    ] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", text(&output.stderr));
        let out = text(&output.stdout);
        assert!(out.starts_with("{\n  \"schema_version\": \"1\",\n  \"command\""), "{out}");
        let schema: Value = serde_json::from_str(out).unwrap();
        assert_eq!(schema["command"], "flarekit cert approve");
        assert!(!out.contains("\"--p\""), "{out}");
        let names: Vec<_> =
            schema["args"].as_array().unwrap().iter().map(|arg| &arg["name"]).collect();
        let expected = [
            "request_zip",
            "--ca-dir",
            "--profile",
            "--out",
            "--out-dir",
            "--passphrase-file",
            "--valid-days",
            "--policy",
            "--expect-digest",
            "--expect-digests",
            "--review",
            "--replace",
            "--force",
            "--schema",
        ];
        assert_eq!(names, expected);
        let examples = schema["examples"].as_array().unwrap();
        assert!(examples[0].as_str().unwrap().starts_with("flarekit cert approve "));
    }
    let package: Value = serde_json::from_slice(&run("package --schema").stdout).unwrap();
    let fingerprint = &package["args"][3];
    assert_eq!(fingerprint["name"], "--expected-fingerprint");
    assert_eq!(fingerprint["aliases"], serde_json::json!(["--fingerprint"]));
    assert_eq!(fingerprint["required"], false);
    assert_eq!(package["args"][1]["default"], "workspace");
    assert_eq!(package["args"][1]["type"], "path");
    assert_eq!(run("cert --schema").status.code(), Some(4));
    assert_eq!(run("cert approve -- --schema").status.code(), Some(4));
}

/// Abbreviations, joined values, repeated options: the command is understood, and another option
/// that is missing is what is complained about.
#[test]
fn options_are_written_as_argparse_allows() {
    for line in [
        "--format json cert init -oca --org=x --force",
        "--format json cert init --output-dir ca --output-d x --valid-d 1 --valid-days 2",
        "--format json cert init -o ca -o other --org a --org b --force --force",
    ] {
        assert_eq!(refused(line), "required and not given: --profile <FILE>", "{line}");
    }
    assert_eq!(
        refused("--format json cert approve --prof p -c ca"),
        "required and not given: <REQUEST_ZIP>..."
    );
    let only_zip = "required and not given: <SIGNED_ZIP>";
    for line in ["--fingerprint a --expected-fingerprint b", "--fing a -w w", "--fingerprint ="] {
        assert_eq!(refused(&format!("package --format json {line}")), only_zip, "{line}");
    }
    let output = flarekit().args(["package", "--format", "json", "--fingerprint", ""]).output();
    assert_eq!(envelope(&output.unwrap())["message"], only_zip);
}

#[cfg(unix)]
#[test]
fn through_a_link_named_nvflare_it_answers_to_that_name() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("nvflare");
    std::os::unix::fs::symlink(flarekit().get_program(), &link).unwrap();
    let nvflare = |line: &str| {
        std::process::Command::new(&link).args(line.split_whitespace()).output().unwrap()
    };

    let schema: Value = serde_json::from_slice(&nvflare("cert request --schema").stdout).unwrap();
    assert_eq!(schema["command"], "nvflare cert request");
    assert!(schema["examples"][0].as_str().unwrap().starts_with("nvflare cert request "));
    assert!(text(&nvflare("cert init -h").stdout).contains("Usage: nvflare cert init "));
    assert!(text(&nvflare("--version").stdout).starts_with("flarekit "));

    for command in ["provision", "poc", "preflight-check", "job list"] {
        let output = nvflare(&format!("--format json {command}"));
        assert_eq!(output.status.code(), Some(4), "{command}");
        let message = envelope(&output)["message"].as_str().unwrap().to_owned();
        assert!(message.contains("flarekit"), "{message}");
        assert!(message.contains("the real nvflare program"), "{message}");
    }
    let message = envelope(&nvflare("cert --format json aprove"))["message"].clone();
    assert_eq!(message, "unknown command 'aprove'; did you mean 'approve'?");
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_away_is_no_panic() {
    for line in ["--help", "completions bash", "cert init --schema", "cert --format json"] {
        let expected = run(line).status.code();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = std::process::Command::new(flarekit().get_program())
            .args(line.split_whitespace())
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), expected, "{line}");
        assert!(!text(&output.stderr).contains("panicked"), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(flarekit().get_program())
        .args(["completions", "bash"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("The result could not be printed: "));
}

#[test]
fn completions_exist_for_the_usual_shells() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = run(&format!("completions {shell}"));
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(text(&output.stdout).contains("approve"), "{shell}");
        let envelope = envelope(&run(&format!("completions {shell} --format json")));
        assert_eq!(envelope["status"], "ok");
        assert_eq!(envelope["data"]["script"], text(&output.stdout));
    }
    let wrong = refused("completions csh --format json");
    assert!(wrong.starts_with("<SHELL> cannot be 'csh'; it can be: bash, "), "{wrong}");
}

#[cfg(unix)]
#[test]
fn arguments_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"h\xf4pital.yaml");
    let output = flarekit().args(["package", "--format", "json", "-w"]).arg(odd).output().unwrap();
    assert_eq!(envelope(&output)["message"], "required and not given: <SIGNED_ZIP>");
    let output = flarekit().args(["cert", "init", "--format"]).arg(odd).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
}
