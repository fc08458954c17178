//! The passphrase of the CA's key, typed and told.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use crate::common::{Machine, Sandbox, openssl, succeeded, warnings, words};
use crate::terminal::Session;

/// A key with the passphrase 'correct'. It is not this CA's: whoever gets it open is told so.
const KEY: &[u8] =
    include_bytes!("../../../flarekit/tests/vectors/valid/keys/rsa-2048.encrypted.pem");
const LINE: &str = "cert crl -c ca";
const QUESTION: &str = "Passphrase of the CA key: ";
const OPENED: &str = "Code: CA_KEY_MISMATCH";
const WRONG: &str = "Reason: KEY_PASSPHRASE";

fn machine(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.write("ca/rootCA.key", KEY);
    m
}

/// Waits for the question so many times, and answers each with the next line.
fn answered(m: &Machine, lines: &[&str]) -> (String, Output) {
    let mut session = Session::start(m, LINE);
    for (at, line) in lines.iter().enumerate() {
        assert!(session.wait_for_times(QUESTION, at + 1), "{at}");
        session.type_in(line);
    }
    session.end()
}

#[test]
fn whoever_mistypes_is_asked_again_and_nothing_is_shown() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for (lines, last) in [
        (&["correct\n"][..], OPENED),
        (&["wrong\n", "correct\n"], OPENED),
        // The terminal's own editing works.
        (&["wrong\u{15}corec\u{7f}\u{7f}rect\n"], OPENED),
        (&["wrong\n", "wronger\n", "correct\n"], OPENED),
        (&["wrong\n", "wronger\n", "wrongest\n"], WRONG),
        (&["\n", "correct\n"], OPENED),
        (&["\n", "\n", "\n"], WRONG),
        (&["\u{4}"], "Reason: KEY_ENCRYPTED"),
        (&["wrong\n", "\u{4}"], WRONG),
    ] {
        let (seen, output) = answered(&m, lines);
        assert!(seen.contains(last), "{lines:?}: {seen}");
        assert!(!output.status.success());
        assert!(!seen.contains("correct") && !seen.contains("wrong"), "{seen}");
        assert_eq!(seen.matches("This is not it.").count(), lines.len() - 1, "{seen}");
    }
}

/// The terminal shows again what is typed.
#[test]
fn whoever_interrupts_the_question_gets_the_terminal_back() {
    const SIGINT: i32 = 2;
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    // Behind a shell's '&', for one, and so are the programs that are started from here.
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
    let ignored = u64::from_str_radix(ignored, 16).unwrap() & (1 << (SIGINT - 1)) != 0;
    let mut session = Session::start(&m, LINE);
    assert!(session.wait_for(QUESTION));
    assert!(!session.echoes());
    // The end of the line is for a program that takes the sign for a letter.
    session.type_in("half a pass\u{3}\n");
    let ended = session.wait();
    assert_eq!(ended.signal(), (!ignored).then_some(SIGINT));
    assert!(!ended.success() && session.echoes());
}

#[test]
fn without_a_terminal_a_wrong_passphrase_is_one() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let reason = |text: &str| {
        let mut command = m.flarekit();
        let output = command.env("FLAREKIT_CA_PASSPHRASE", text).args(LINE.split(' ')).output();
        String::from_utf8(output.unwrap().stderr).unwrap()
    };
    assert!(reason("correct").contains(OPENED));
    assert!(reason("wrong").contains(WRONG));
    let empty = reason("");
    assert!(empty.contains("FLAREKIT_CA_PASSPHRASE is empty") && empty.contains(WRONG), "{empty}");
    for (text, expected) in [("correct\r\nmore", OPENED), ("x\n", WRONG), ("\ncorrect\n", WRONG)] {
        m.write("secret", text);
        let output = m.run(&format!("{LINE} --passphrase-file secret"));
        let found = String::from_utf8(output.stderr).unwrap();
        assert!(found.contains(expected), "{text:?}: {found}");
    }
}

/// As Kubernetes mounts a secret, and as shells hand one over.
#[test]
fn the_passphrase_may_be_behind_links_or_in_a_pipe() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    fs::create_dir_all(m.path("secrets/..2026")).unwrap();
    m.write("secrets/..2026/pw", "correct\n");
    symlink("..2026", m.path("secrets/..data")).unwrap();
    symlink("..data/pw", m.path("secrets/pw")).unwrap();
    let output = m.run(&format!("{LINE} --passphrase-file secrets/pw"));
    assert!(String::from_utf8(output.stderr).unwrap().contains(OPENED));
    let piped = |text: &str, length: usize| {
        let text = text.repeat(length);
        let mut command = m.flarekit();
        command.args(LINE.split(' ')).args(["--passphrase-file", "/dev/stdin"]).write_stdin(text);
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    for (text, length, expected) in [
        ("correct\n", 1, OPENED),
        ("correct", 1, OPENED),
        ("wrong\n", 1, WRONG),
        ("", 1, WRONG),
        ("correct\n", 1000, "Reason: FILE_TOO_LARGE"),
    ] {
        let found = piped(text, length);
        assert!(found.contains(expected), "{text:?}: {found}");
    }
}

/// Also where the key needs none: the path may be meant for the day on which it does.
#[test]
fn a_passphrase_file_must_be_there() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    let (code, status, reason) = m.refused(&format!("{LINE} --passphrase-file gone"));
    assert_eq!(
        (code.as_str(), status, reason.as_deref()),
        ("INVALID_ARGS", 4, Some("FILE_NOT_FOUND"))
    );
    assert!(!m.exists("crl.pem"));
}

/// Whoever gives one for a key that is not encrypted believes that it is.
#[test]
fn a_passphrase_that_is_not_needed_gets_a_warning() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.write("secret", "correct\n");
    fs::set_permissions(m.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    m.ok("cert request -p hospital-a.yaml");
    let line = "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
                --passphrase-file secret";
    let data = m.ok(line);
    assert_eq!(warnings(&data), ["PASSPHRASE_NOT_NEEDED"]);
    let message = data["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("is not encrypted") && message.contains("secret"), "{message}");
    // The variable may be set for another CA.
    let mut without = m.flarekit();
    without.env("FLAREKIT_CA_PASSPHRASE", "of another").args(words(LINE));
    let output = without.args(["--format", "json"]).output().unwrap();
    assert_eq!(warnings(&succeeded(LINE, &output)), [""; 0]);
    let encrypt =
        "pkcs8 -topk8 -v2 aes-256-cbc -passout pass:correct -in ca/rootCA.key -out new.key";
    let Some(output) = openssl(&m, encrypt) else { return };
    assert!(output.status.success(), "{output:?}");
    m.write("ca/rootCA.key", m.read("new.key"));
    assert_eq!(warnings(&m.ok(&format!("{LINE} --passphrase-file secret"))), [""; 0]);
}
