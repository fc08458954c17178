use std::fs;
use std::os::unix::fs::symlink;

use crate::common::Sandbox;
use crate::common::disk::disk;
use crate::{Row, try_all};

const LINE: &str = "cert init --profile project_profile.yaml -o ca";
const ARGS: &str = "INVALID_ARGS";

const ROWS: &[Row] = &[
    ("no profile", "cert init --profile gone.yaml -o ca", |_| {}, (ARGS, 4, "FILE_NOT_FOUND")),
    (
        "profile is a directory",
        LINE,
        |m| {
            fs::remove_file(m.path("project_profile.yaml")).unwrap();
            fs::create_dir(m.path("project_profile.yaml")).unwrap();
        },
        (ARGS, 4, "NOT_A_PLAIN_FILE"),
    ),
    (
        "profile is a link",
        LINE,
        |m| {
            fs::rename(m.path("project_profile.yaml"), m.path("real.yaml")).unwrap();
            symlink("real.yaml", m.path("project_profile.yaml")).unwrap();
        },
        (ARGS, 4, "NOT_A_PLAIN_FILE"),
    ),
    (
        "profile is below a file",
        "cert init --profile alice.yaml/p -o ca",
        |_| {},
        (ARGS, 4, "NOT_A_DIRECTORY"),
    ),
    (
        "profile is no YAML",
        LINE,
        |m| m.write("project_profile.yaml", "name: [\n"),
        (ARGS, 4, "YAML_SYNTAX"),
    ),
    (
        "profile is empty",
        LINE,
        |m| m.write("project_profile.yaml", ""),
        (ARGS, 4, "YAML_DOCUMENTS"),
    ),
    (
        "profile is a definition",
        "cert init --profile hospital-a.yaml -o ca",
        |_| {},
        (ARGS, 4, "NOT_A_PROFILE"),
    ),
    (
        "profile is a list",
        LINE,
        |m| m.write("project_profile.yaml", "- name: x\n"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    (
        "profile is not UTF-8",
        LINE,
        |m| m.write("project_profile.yaml", b"name: \xff\n"),
        (ARGS, 4, "YAML_NOT_UTF8"),
    ),
    (
        "profile is too large",
        LINE,
        |m| m.write("project_profile.yaml", "#".repeat(2 << 20)),
        (ARGS, 4, "FILE_TOO_LARGE"),
    ),
    (
        "name twice",
        LINE,
        |m| m.edit("project_profile.yaml", "scheme: grpc", "name: other"),
        (ARGS, 4, "YAML_DUPLICATE_KEY"),
    ),
    (
        "no name",
        LINE,
        |m| m.edit("project_profile.yaml", "name:", "nam:"),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "name is a number",
        LINE,
        |m| m.edit("project_profile.yaml", "hospital_federation", "12345"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    (
        "name is false",
        LINE,
        |m| m.edit("project_profile.yaml", "hospital_federation", "no"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    (
        "unsafe name",
        LINE,
        |m| m.edit("project_profile.yaml", "hospital_federation", "../x"),
        ("INVALID_PROJECT_NAME", 4, "PROJECT_NAME"),
    ),
    (
        "name with a newline",
        LINE,
        |m| m.edit("project_profile.yaml", "hospital_federation", "\"hospital_federation\\n\""),
        ("INVALID_PROJECT_NAME", 4, "PROJECT_NAME"),
    ),
    (
        "empty org",
        "cert init --profile project_profile.yaml -o ca --org ''",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "org that a terminal would obey",
        "cert init --profile project_profile.yaml -o ca --org a\u{1b}[2J",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "huge validity",
        "cert init --profile project_profile.yaml -o ca --valid-days 4294967295",
        |_| {},
        (ARGS, 4, "VALID_DAYS"),
    ),
    (
        "no validity",
        "cert init --profile project_profile.yaml -o ca --valid-days 0",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "wrong version",
        "cert init --profile project_profile.yaml -o ca --deploy-version 7",
        |_| {},
        (ARGS, 4, "USAGE"),
    ),
    (
        "only a root certificate",
        LINE,
        |m| m.write("ca/rootCA.pem", "x"),
        ("CA_ALREADY_EXISTS", 1, ""),
    ),
    ("only a root key", LINE, |m| m.write("ca/rootCA.key", "x"), ("CA_ALREADY_EXISTS", 1, "")),
    ("only a ca.json", LINE, |m| m.write("ca/ca.json", "{}"), ("CA_ALREADY_EXISTS", 1, "")),
    (
        "a link in the place of the key",
        LINE,
        |m| {
            m.write("ca/x", "");
            symlink("x", m.path("ca/rootCA.key")).unwrap();
        },
        ("CA_ALREADY_EXISTS", 1, ""),
    ),
    (
        "same version",
        "cert init --profile project_profile.yaml -o ca --force --deploy-version 00",
        |m| m.write("ca/ca.json", r#"{"project": "p", "provision_version": "00"}"#),
        ("CA_VERSION_ALREADY_EXISTS", 4, ""),
    ),
    (
        "same version, unsaid",
        "cert init --profile project_profile.yaml -o ca --force",
        |m| m.write("ca/ca.json", r#"{"project": "p"}"#),
        ("CA_VERSION_ALREADY_EXISTS", 4, ""),
    ),
    (
        "a ca.json that says no version",
        "cert init --profile project_profile.yaml -o ca --force",
        |m| m.write("ca/ca.json", "[]"),
        (ARGS, 4, "FIELD_TYPE"),
    ),
    (
        "output is a file",
        "cert init --profile project_profile.yaml -o alice.yaml",
        |_| {},
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_DIRECTORY"),
    ),
    (
        "output is a link",
        LINE,
        |m| {
            fs::create_dir(m.path("real")).unwrap();
            symlink("real", m.path("ca")).unwrap();
        },
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_DIRECTORY"),
    ),
    (
        "output below a file",
        "cert init --profile project_profile.yaml -o alice.yaml/ca",
        |_| {},
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_DIRECTORY"),
    ),
];

/// Not even root reads or makes a file whose name is longer than 255 bytes.
#[test]
fn init_where_the_system_refuses() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let before = disk(sandbox.path());
    let name = "x".repeat(300);
    let unreadable = m.refused(&format!("cert init --profile {name} -o ca"));
    assert_eq!(unreadable, (ARGS.into(), 4, Some("FILE_UNREADABLE".into())));
    let unwritable = m.refused(&format!("cert init --profile project_profile.yaml -o {name}"));
    assert_eq!((unwritable.0.as_str(), unwritable.1), ("OUTPUT_DIR_NOT_WRITABLE", 1));
    assert_eq!(disk(sandbox.path()), before);
}

#[test]
fn init() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &sandbox.seeded("good"), ROWS);
}

#[test]
fn init_over_a_whole_ca() {
    let sandbox = Sandbox::new();
    let good = sandbox.seeded("good");
    good.init();
    const AGAIN: &[Row] = &[
        ("a CA", LINE, |_| {}, ("CA_ALREADY_EXISTS", 1, "")),
        (
            "a CA of this version",
            "cert init --profile project_profile.yaml -o ca --force",
            |_| {},
            ("CA_VERSION_ALREADY_EXISTS", 4, ""),
        ),
        (
            "a CA without its key",
            LINE,
            |m| fs::remove_file(m.path("ca/rootCA.key")).unwrap(),
            ("CA_ALREADY_EXISTS", 1, ""),
        ),
    ];
    try_all(&sandbox, &good, AGAIN);
}
