//! Participant definitions, as their authors could write them.

use flarekit::definition::Definition;
use flarekit::error::Code::*;
use flarekit::error::Reason::*;

use super::edits::{Edit, line};
use super::{request, request_folder, site, traps};
use crate::case::Case;
use crate::machine::{valid, valid_text};

const SITE_FILE: &str = "hospital-a.yaml";
const SERVER_FILE: &str = "server.yaml";
const USER_FILE: &str = "alice.yaml";

pub fn cases() -> Vec<Case> {
    let mut edits = site::malformed();
    edits.extend(request_folder::local_fields());
    edits.extend(traps::yaml());
    edits.extend(traps::yaml_local());
    edits.push(Edit::new(
        "listening-host",
        "a listener's certificate is needed",
        ListeningHost,
        |text| format!("{text}    listening_host: {{}}\n"),
    ));
    let mut cases: Vec<Case> = edits.iter().map(|edit| case(SITE_FILE, "", edit)).collect();
    cases.extend(of_servers().iter().map(|edit| case(SERVER_FILE, "server-", edit)));
    cases.extend(of_users().iter().map(|edit| case(USER_FILE, "user-", edit)));
    cases.push(
        Case::new("definition", "not-utf-8", "it is not UTF-8", (InvalidArgs, YamlNotUtf8))
            .command(&request(SITE_FILE))
            .file(SITE_FILE, [&valid(SITE_FILE)[..], b"\xff"].concat()),
    );
    cases.push(
        Case::new("definition", "missing", "there is no file", (InvalidArgs, FileNotFound))
            .command(&request(SITE_FILE))
            .without(SITE_FILE),
    );
    cases
}

fn case(file: &str, kind: &str, edit: &Edit) -> Case {
    let refusal = (Definition::request_code(edit.reason), edit.reason);
    Case::new("definition", &format!("{kind}{}", edit.name), &edit.what, refusal)
        .command(&request(file))
        .file(file, edit.apply(&valid_text(file)))
}

fn of_servers() -> Vec<Edit> {
    let name = |name: &str, what: &str, reason, value: &str| {
        let lines = format!("  - name: {value}\n");
        Edit::new(name, what, reason, move |text| line(text, "- name:", &lines))
    };
    let host = |name: &str, what: &str, reason, value: &str| {
        let lines = format!("      - {value}\n");
        Edit::new(name, what, reason, move |text| line(text, "- 10.0.1.50", &lines))
    };
    vec![
        name("name-address-malformed", "the name is 999.999.1.1", NameWrongForType, "999.999.1.1"),
        name("name-label-empty", "the name has an empty label", NameWrongForType, "a..b"),
        name(
            "name-label-long",
            "the name has a label of 64 characters",
            NameWrongForType,
            &format!("{}.org", "a".repeat(64)),
        ),
        name("name-long", "the name has 244 characters", NameTooLong, &"a.".repeat(122)),
        name("name-mail", "the name is an e-mail address", NameWrongForType, "a@b.org"),
        name("name-wildcard", "the name is a wildcard", NameUnsafe, "'*.example.org'"),
        host(
            "host-names-multicast",
            "host_names has a multicast address",
            HostAddress,
            "224.0.0.1",
        ),
        host("host-names-empty", "host_names has an empty text", HostName, "''"),
        host("host-names-null", "host_names has a null", FieldType, ""),
        host(
            "host-names-line-break",
            "host_names has a name with a line break",
            HostName,
            "\"a.b\\n\"",
        ),
        Edit::new("admin-port-zero", "admin_port is 0", Port, |text| {
            format!("{text}    admin_port: 0\n")
        }),
    ]
}

fn of_users() -> Vec<Edit> {
    let name = |name: &str, what: &str, reason, value: &str| {
        let lines = format!("  - name: {value}\n");
        Edit::new(name, what, reason, move |text| line(text, "- name:", &lines))
    };
    let role = |name: &str, what: &str, reason, value: &str| {
        let lines = format!("    {value}\n");
        Edit::new(name, what, reason, move |text| line(text, "role:", &lines))
    };
    vec![
        name("name-plain", "the name is no e-mail address", NameWrongForType, "alice"),
        name("name-two-ats", "the name has two @", NameWrongForType, "a@b@c.org"),
        name("name-plus", "the name has a plus", NameUnsafe, "a+b@c.org"),
        name(
            "name-without-top",
            "the name's domain has one letter at its end",
            NameWrongForType,
            "a@b.c",
        ),
        role("role-missing", "there is no role", FieldMissing, "x: 1"),
        role("role-unknown", "the role is project_admin", FieldValue, "role: project_admin"),
        role("role-number", "the role is a number", FieldType, "role: 1"),
    ]
}
