//! Project profiles.

use flarekit::error::Code::*;
use flarekit::error::Reason::{self, *};

use super::edits::{Edit, line, one_a_reason};
use super::{approve, traps};
use crate::case::{Case, Refusal};
use crate::machine::{SERVER, SITE, valid, valid_text};

const FILE: &str = "project_profile.yaml";

pub fn cases() -> Vec<Case> {
    let mut edits = fields();
    edits
        .extend(one_a_reason([traps::yaml(), traps::yaml_local()].into_iter().flatten().collect()));
    let of = |edit: &Edit| {
        let code = if edit.reason == ProjectName { InvalidProjectName } else { InvalidArgs };
        case(&edit.name, &edit.what, (code, edit.reason), &edit.apply(&valid_text(FILE)))
    };
    let mut cases: Vec<Case> = edits.iter().map(of).collect();
    cases.extend(others());
    cases
}

fn case(name: &str, what: &str, refusal: impl Into<Refusal>, text: &str) -> Case {
    Case::new("profile", name, &format!("the profile: {what}"), refusal)
        .command(&approve(SITE))
        .file(FILE, text)
}

/// Each field missing, null, of another type, and with values that are wrong.
fn fields() -> Vec<Edit> {
    let mut edits = Vec::new();
    for (key, values) in [
        (
            "name",
            &[
                ("number", FieldType, "12345"),
                ("no", FieldType, "no"),
                ("path", ProjectName, "../x"),
                ("empty", ProjectName, "''"),
                ("line-break", ProjectName, "\"hospital_federation\\n\""),
                ("device", ProjectName, "AUX"),
            ][..],
        ),
        (
            "scheme",
            &[
                ("unknown", FieldValue, "uds"),
                ("list", FieldType, "[grpc]"),
                ("empty", FieldValue, "''"),
                ("number", FieldType, "1"),
            ],
        ),
        (
            "connection_security",
            &[
                ("unknown", FieldValue, "ssl"),
                ("on", FieldType, "on"),
                ("off", FieldType, "off"),
                ("mapping", FieldType, "{tls: 1}"),
            ],
        ),
        (
            "host",
            &[
                ("number", FieldType, "10"),
                ("underscore", HostName, "server_1.example.org"),
                ("ipv6", HostName, "'::1'"),
                ("unspecified", HostAddress, "0.0.0.0"),
                ("with-port", HostName, "'server1.hospital-central.org:8002'"),
                ("url", HostName, "'https://server1.hospital-central.org'"),
                ("empty", HostName, "''"),
                ("dot-at-the-end", HostName, "server1.hospital-central.org."),
                ("cyrillic", HostName, "s\u{435}rver1.hospital-central.org"),
            ],
        ),
        (
            "fed_learn_port",
            &[
                ("zero", Port, "0"),
                ("high", Port, "65536"),
                ("negative", Port, "-1"),
                ("text", FieldType, "'8002'"),
                ("true", FieldType, "true"),
                ("float", FieldType, "8002.0"),
                ("octal", FieldType, "017502"),
                ("octal-of-others", FieldType, "0o17502"),
                ("base-60", FieldType, "2:13:22"),
                ("date", FieldType, "2026-11-24"),
                ("huge", FieldType, "99999999999999999999"),
            ],
        ),
        (
            "admin_port",
            &[
                ("zero", Port, "0"),
                ("high", Port, "70000"),
                ("yes", FieldType, "yes"),
                ("list", FieldType, "[8003]"),
            ],
        ),
    ] {
        let short = key.replace('_', "-");
        let at = |value: String| {
            move |text: &str| {
                let holds = format!("{key}:");
                let inside = text.lines().any(|line| line.starts_with(&format!("  {holds}")));
                line(text, &holds, &format!("{}{value}\n", if inside { "  " } else { "" }))
            }
        };
        if key != "admin_port" {
            edits.push(Edit::new(
                format!("{short}-missing"),
                format!("{key} is not there"),
                FieldMissing,
                at("x: 1".into()),
            ));
            edits.push(Edit::new(
                format!("{short}-null"),
                format!("{key} is null"),
                FieldMissing,
                at(format!("{key}:")),
            ));
        }
        for (kind, reason, value) in values {
            let what = format!("{key} is {value}");
            edits.push(Edit::new(
                format!("{short}-{kind}"),
                what,
                *reason,
                at(format!("{key}: {value}")),
            ));
        }
    }
    let server = |name: &str, what: &str, reason: Reason, lines: &'static str| {
        Edit::new(name, what, reason, move |text| line(text, "server:", lines))
    };
    edits.extend([
        server("server-null", "server is null", FieldMissing, "server:\nx:\n"),
        server("server-list", "server is a list", FieldType, "server: []\nx:\n"),
        server("server-missing", "server is not there", FieldMissing, "x:\n"),
        server(
            "server-text",
            "server is a text",
            FieldType,
            "server: server1.hospital-central.org\nx:\n",
        ),
    ]);
    edits
}

/// Well-formed profiles that do not fit the request.
fn others() -> Vec<Case> {
    let text = valid_text(FILE);
    let host = |name: &str| text.replace("server1.hospital-central.org", name);
    let taken = (NameReserved, ServerNameTaken);
    vec![
        case(
            "of-another-project",
            "it is of another project",
            ProjectProfileMismatch,
            &text.replace("hospital_federation", "other_federation"),
        ),
        case(
            "project-in-capitals",
            "its project is written in capitals",
            ProjectProfileMismatch,
            &text.replace("hospital_federation", "Hospital_Federation"),
        ),
        case(
            "host-is-the-client",
            "its host is the name of a client that asks",
            taken,
            &host(SITE),
        ),
        case(
            "host-is-the-client-in-capitals",
            "its host is that name in capitals",
            taken,
            &host("HOSPITAL-A"),
        ),
        case(
            "host-is-another",
            "its host is not the server that asks",
            ServerNameHostMismatch,
            &host("server2.hospital-central.org"),
        )
        .command(&approve(SERVER)),
        case(
            "host-in-capitals",
            "its host is the server's name in capitals",
            ServerNameHostMismatch,
            &host("SERVER1.hospital-central.org"),
        )
        .command(&approve(SERVER)),
        case(
            "host-is-an-address",
            "its host is the server's address",
            ServerNameHostMismatch,
            &host("10.0.1.50"),
        )
        .command(&approve(SERVER)),
        Case::new(
            "profile",
            "not-utf-8",
            "the profile: it is not UTF-8",
            (InvalidArgs, YamlNotUtf8),
        )
        .command(&approve(SITE))
        .file(FILE, [&valid(FILE)[..], b"\xff"].concat()),
        Case::new("profile", "utf-16", "the profile: it is UTF-16", (InvalidArgs, YamlNotUtf8))
            .command(&approve(SITE))
            .file(FILE, {
                let units = text.encode_utf16().flat_map(u16::to_le_bytes);
                [0xff, 0xfe].into_iter().chain(units).collect::<Vec<_>>()
            }),
        Case::new("profile", "missing", "there is no profile", (InvalidArgs, FileNotFound))
            .command(&approve(SITE))
            .without(FILE),
    ]
}
