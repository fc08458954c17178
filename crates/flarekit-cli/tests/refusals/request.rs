use std::fs;
use std::os::unix::fs::symlink;

use crate::common::{Machine, Sandbox};
use crate::{Row, try_all};

const LINE: &str = "cert request -p hospital-a.yaml";
const USER: &str = "cert request -p alice.yaml";
const SERVER: &str = "cert request -p server.yaml";
const ARGS: &str = "INVALID_ARGS";

/// Writes the client's definition with another name.
fn name(m: &Machine, name: &str) {
    m.edit("hospital-a.yaml", "name: hospital-a", &format!("name: {name}"));
}

/// Writes the server's definition with other host names.
fn hosts(m: &Machine, hosts: &str) {
    let listed = "host_names:\n      - 10.0.1.50\n      - fl-server.internal";
    m.edit("server.yaml", listed, hosts);
}

/// Adds a line to the client's entry.
fn add(m: &Machine, line: &str) {
    m.edit("hospital-a.yaml", "org: hospital_alpha", &format!("org: hospital_alpha\n    {line}"));
}

const NAMES: &[Row] = &[
    ("no name", LINE, |m| name(m, "''"), ("INVALID_NAME", 4, "NAME_EMPTY")),
    ("long name", LINE, |m| name(m, &"x".repeat(65)), ("INVALID_NAME", 4, "NAME_TOO_LONG")),
    ("path", LINE, |m| name(m, "../x"), ("INVALID_NAME", 4, "NAME_UNSAFE")),
    ("newline", LINE, |m| name(m, "\"hospital-a\\n\""), ("INVALID_NAME", 4, "NAME_UNSAFE")),
    ("device", LINE, |m| name(m, "CON"), ("INVALID_NAME", 4, "NAME_DEVICE")),
    ("number", LINE, |m| name(m, "12345"), (ARGS, 4, "FIELD_TYPE")),
    ("false", LINE, |m| name(m, "no"), (ARGS, 4, "FIELD_TYPE")),
    ("dot in a client", LINE, |m| name(m, "hospital.a"), (ARGS, 4, "NAME_WRONG_FOR_TYPE")),
    (
        "user without a domain",
        USER,
        |m| m.edit("alice.yaml", "@hospital-alpha.org", ""),
        (ARGS, 4, "NAME_WRONG_FOR_TYPE"),
    ),
    (
        "server that is no host",
        SERVER,
        |m| m.edit("server.yaml", "server1.hospital", "a_b"),
        (ARGS, 4, "NAME_WRONG_FOR_TYPE"),
    ),
    (
        "project",
        LINE,
        |m| m.edit("hospital-a.yaml", "hospital_federation", ".x"),
        ("INVALID_PROJECT_NAME", 4, "PROJECT_NAME"),
    ),
    (
        "project with a newline",
        LINE,
        |m| m.edit("hospital-a.yaml", "hospital_federation", "\"hospital_federation\\n\""),
        ("INVALID_PROJECT_NAME", 4, "PROJECT_NAME"),
    ),
    (
        "org with a space",
        LINE,
        |m| m.edit("hospital-a.yaml", "hospital_alpha", "St. Mary's"),
        (ARGS, 4, "ORG_NAME"),
    ),
    (
        "org with a newline",
        LINE,
        |m| m.edit("hospital-a.yaml", "hospital_alpha", "\"orga\\n\""),
        (ARGS, 4, "ORG_NAME"),
    ),
    (
        "long org",
        LINE,
        |m| m.edit("hospital-a.yaml", "hospital_alpha", &"o".repeat(65)),
        (ARGS, 4, "ORG_NAME"),
    ),
    (
        "empty org",
        LINE,
        |m| m.edit("hospital-a.yaml", "hospital_alpha", "''"),
        (ARGS, 4, "ORG_NAME"),
    ),
];

const FIELDS: &[Row] = &[
    ("no definition", "cert request -p gone.yaml", |_| {}, (ARGS, 4, "FILE_NOT_FOUND")),
    ("a directory", "cert request -p .", |_| {}, (ARGS, 4, "NOT_A_PLAIN_FILE")),
    ("no YAML", LINE, |m| m.write("hospital-a.yaml", "a: b: c\n"), (ARGS, 4, "YAML_SYNTAX")),
    ("a tag", LINE, |m| add(m, "x: !!python/object:os.system y"), (ARGS, 4, "YAML_TAG")),
    ("org twice", LINE, |m| add(m, "org: other"), (ARGS, 4, "YAML_DUPLICATE_KEY")),
    (
        "aliases to aliases",
        LINE,
        |m| {
            let line =
                |n: usize| format!("  - &a{} [{}]\n", n + 1, vec![format!("*a{n}"); 9].join(", "));
            let lines: String = (0..9).map(line).collect();
            m.write("hospital-a.yaml", format!("name: x\nbomb:\n  - &a0 x\n{lines}"));
        },
        (ARGS, 4, "YAML_TOO_MANY_NODES"),
    ),
    (
        "deep nesting",
        LINE,
        |m| {
            m.write("hospital-a.yaml", format!("x: {}{}\n", "[".repeat(40), "]".repeat(40)));
        },
        (ARGS, 4, "YAML_TOO_DEEP"),
    ),
    (
        "no participants",
        LINE,
        |m| m.write("hospital-a.yaml", "name: x\n"),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "a flat definition",
        LINE,
        |m| m.write("hospital-a.yaml", "name: hospital-a\ntype: client\norg: x\nproject: y\n"),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "nobody",
        LINE,
        |m| m.write("hospital-a.yaml", "name: x\nparticipants: []\n"),
        (ARGS, 4, "NOT_ONE_PARTICIPANT"),
    ),
    (
        "two participants",
        LINE,
        |m| {
            let text = String::from_utf8(m.read("hospital-a.yaml")).unwrap();
            m.write("hospital-a.yaml", text + "  - {name: b, type: client, org: x}\n");
        },
        (ARGS, 4, "NOT_ONE_PARTICIPANT"),
    ),
    (
        "relay",
        LINE,
        |m| m.edit("hospital-a.yaml", "type: client", "type: relay"),
        (ARGS, 4, "UNSUPPORTED_PARTICIPANT"),
    ),
    ("listener", LINE, |m| add(m, "listening_host: x.org"), (ARGS, 4, "LISTENING_HOST")),
    ("no role", USER, |m| m.edit("alice.yaml", "    role: lead\n", ""), (ARGS, 4, "FIELD_MISSING")),
    (
        "unknown role",
        USER,
        |m| m.edit("alice.yaml", "role: lead", "role: project_admin"),
        (ARGS, 4, "FIELD_VALUE"),
    ),
    ("security", SERVER, |m| m.edit("server.yaml", "mtls", "none"), (ARGS, 4, "FIELD_VALUE")),
    ("hosts are null", SERVER, |m| hosts(m, "host_names:"), (ARGS, 4, "FIELD_TYPE")),
    ("hosts are a mapping", SERVER, |m| hosts(m, "host_names: {a: b}"), (ARGS, 4, "FIELD_TYPE")),
    ("host is a number", SERVER, |m| hosts(m, "host_names: [5]"), (ARGS, 4, "FIELD_TYPE")),
    ("no address", SERVER, |m| hosts(m, "host_names: [999.999.1.1]"), (ARGS, 4, "HOST_NAME")),
    ("wildcard", SERVER, |m| hosts(m, "host_names: ['*.x.org']"), (ARGS, 4, "HOST_NAME")),
    ("every address", SERVER, |m| hosts(m, "host_names: [0.0.0.0]"), (ARGS, 4, "HOST_ADDRESS")),
    ("multicast", SERVER, |m| hosts(m, "host_names: ['ff02::1']"), (ARGS, 4, "HOST_ADDRESS")),
    ("broadcast", SERVER, |m| hosts(m, "host_names: [255.255.255.255]"), (ARGS, 4, "HOST_ADDRESS")),
    ("IPv6 as default host", SERVER, |m| hosts(m, "default_host: '::1'"), (ARGS, 4, "HOST_NAME")),
    ("port of a server", SERVER, |m| hosts(m, "admin_port: 65536"), (ARGS, 4, "PORT")),
    ("port that is true", SERVER, |m| hosts(m, "admin_port: yes"), (ARGS, 4, "FIELD_TYPE")),
    ("endpoint of a client", LINE, |m| add(m, "server: {host: x.org}"), (ARGS, 4, "FIELD_MISSING")),
];

const PLACES: &[Row] = &[
    ("a key", LINE, |m| m.write("hospital-a/hospital-a.key", "x"), ("KEY_ALREADY_EXISTS", 1, "")),
    (
        "a dangling link in the place of the key",
        LINE,
        |m| {
            fs::create_dir(m.path("hospital-a")).unwrap();
            symlink("gone", m.path("hospital-a/hospital-a.key")).unwrap();
        },
        ("KEY_ALREADY_EXISTS", 1, ""),
    ),
    (
        "a request zip",
        LINE,
        |m| m.write("hospital-a/hospital-a.request.zip", "x"),
        ("CERT_ALREADY_EXISTS", 1, ""),
    ),
    ("a CSR", LINE, |m| m.write("hospital-a/hospital-a.csr", "x"), ("CERT_ALREADY_EXISTS", 1, "")),
    ("folder is a file", LINE, |m| m.write("hospital-a", "x"), (ARGS, 4, "NOT_A_DIRECTORY")),
    (
        "folder is a link",
        LINE,
        |m| symlink(".", m.path("hospital-a")).unwrap(),
        (ARGS, 4, "NOT_A_DIRECTORY"),
    ),
    (
        "folder is a link, by force",
        "cert request -p hospital-a.yaml --force",
        |m| symlink(".", m.path("hospital-a")).unwrap(),
        (ARGS, 4, "NOT_A_DIRECTORY"),
    ),
    (
        "folder below a file",
        "cert request -p hospital-a.yaml --out alice.yaml/x",
        |_| {},
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_DIRECTORY"),
    ),
    (
        "folder that is named like the zip",
        "cert request -p hospital-a.yaml --out hospital-a.request.ZIP",
        |_| {},
        (ARGS, 4, "NOT_A_DIRECTORY"),
    ),
    (
        "folder below a loop of links",
        "cert request -p hospital-a.yaml --out loop/x",
        |m| symlink("loop", m.path("loop")).unwrap(),
        ("OUTPUT_DIR_NOT_WRITABLE", 1, "NOT_A_PLAIN_FILE"),
    ),
];

#[test]
fn names() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &sandbox.seeded("good"), NAMES);
}

#[test]
fn fields() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &sandbox.seeded("good"), FIELDS);
}

#[test]
fn places() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &sandbox.seeded("good"), PLACES);
}

#[test]
fn an_org_gets_a_suggestion_and_a_scalar_its_place() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let message = |line: &str| String::from_utf8(m.run(line).stderr).unwrap();
    m.edit("hospital-a.yaml", "hospital_alpha", "St. Mary's Hospital");
    assert!(message(LINE).contains("'St_Mary_s_Hospital'"), "{}", message(LINE));
    m.edit("alice.yaml", "hospital_alpha", "no");
    let text = message(USER);
    assert!(text.contains("alice.yaml: line 6, column 10") && text.contains("false"), "{text}");
}

#[test]
fn a_folder_that_is_there_or_a_participant_may_be_named_like_a_zip() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    fs::create_dir(m.path("my.zip")).unwrap();
    m.ok("cert request -p hospital-a.yaml --out my.zip");
    m.edit("alice.yaml", "hospital-alpha.org", "hospital.zip");
    m.ok("cert request -p alice.yaml");
    m.ok("cert request -p alice.yaml --out other/alice@hospital.zip");
}
