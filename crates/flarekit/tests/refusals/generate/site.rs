//! Alterations of a participant definition or its copy, the client's `hospital-a`.

use flarekit::error::Reason::{self, *};

use super::edits::{Edit, line};

/// A line that holds some text, and what stands there instead.
fn instead(
    name: &str,
    what: &str,
    reason: Reason,
    holds: &'static str,
    lines: impl Into<String>,
) -> Edit {
    let lines = lines.into();
    Edit::new(name, what, reason, move |text| {
        // The copies indent less than the files that people write.
        let indent = if text.contains("    type:") { "    " } else { "  " };
        line(text, holds, &lines.replace('~', indent))
    })
}

/// What no definition may be like, and no copy of one.
pub fn malformed() -> Vec<Edit> {
    let project = |name: &str, what: &str, reason, value: &str| {
        instead(name, what, reason, "name: hospital_federation", format!("{value}\n"))
    };
    let name = |name: &str, what: &str, reason, value: &str| {
        let lines = format!("- name: {value}\n");
        Edit::new(name, what, reason, move |text| {
            let indent = if text.contains("  - name:") { "  " } else { "" };
            line(text, "- name: hospital-a", &format!("{indent}{lines}"))
        })
    };
    let org = |name: &str, what: &str, reason, value: &str| {
        instead(name, what, reason, "org: hospital_alpha", format!("{value}\n"))
    };
    let kind = |name: &str, what: &str, reason, value: &str| {
        instead(name, what, reason, "type: client", format!("{value}\n"))
    };
    let long = "a".repeat(65);
    vec![
        project("project-missing", "there is no project name", FieldMissing, "x: 1"),
        project("project-null", "the project name is null", FieldMissing, "name:"),
        project("project-number", "the project name is a number", FieldType, "name: 12345"),
        project(
            "project-no",
            "the project name is 'no', which YAML reads as false",
            FieldType,
            "name: no",
        ),
        project(
            "project-sexagesimal",
            "the project name is 1:20, which YAML reads as 80",
            FieldType,
            "name: 1:20",
        ),
        project("project-date", "the project name is a date", FieldType, "name: 2026-11-24"),
        project(
            "project-list",
            "the project name is a list",
            FieldType,
            "name: [hospital_federation]",
        ),
        project("project-path", "the project name is ../x", ProjectName, "name: ../x"),
        project("project-hidden", "the project name begins with a dot", ProjectName, "name: .x"),
        project("project-space", "the project name has a space", ProjectName, "name: a b"),
        project(
            "project-line-break",
            "the project name ends with a line break",
            ProjectName,
            "name: \"hospital_federation\\n\"",
        ),
        project(
            "project-device",
            "the project name is a device of Windows",
            ProjectName,
            "name: CON",
        ),
        project(
            "project-long",
            "the project name has 65 characters",
            ProjectName,
            &format!("name: {long}"),
        ),
        name("name-null", "the name is null", FieldMissing, ""),
        name("name-number", "the name is a number", FieldType, "12345"),
        name("name-on", "the name is 'on', which YAML reads as true", FieldType, "on"),
        name("name-octal", "the name is 0777, which YAML reads as 511", FieldType, "0777"),
        name("name-float", "the name is a number with a point", FieldType, "1.5"),
        name("name-mapping", "the name is a mapping", FieldType, "{a: b}"),
        name("name-empty", "the name is an empty text", NameEmpty, "''"),
        name("name-path", "the name is ../hospital-a", NameUnsafe, "../hospital-a"),
        name("name-hidden", "the name begins with a dot", NameUnsafe, ".hospital-a"),
        name("name-option", "the name looks like an option", NameUnsafe, "-a"),
        name("name-space", "the name has a space", NameUnsafe, "hospital a"),
        name("name-backslash", "the name has a backslash", NameUnsafe, "hospital\\a"),
        name("name-umlaut", "the name has a letter beyond ASCII", NameUnsafe, "hospitäl-a"),
        name(
            "name-right-to-left",
            "the name has a character that turns the writing direction",
            NameUnsafe,
            "\"hospital\\u202ea\"",
        ),
        name("name-nul", "the name has a zero byte", NameUnsafe, "\"hospital\\0a\""),
        name("name-line-break", "the name ends with a line break", NameUnsafe, "\"hospital-a\\n\""),
        name("name-shell", "the name has a command for the shell", NameUnsafe, "a$(id)"),
        name("name-device", "the name is a device of Windows", NameDevice, "nul"),
        name(
            "name-device-with-ending",
            "the name is a device of Windows with an ending",
            NameDevice,
            "COM1.x",
        ),
        name("name-long", "the name has 65 characters", NameTooLong, &long),
        name("name-dot", "a client's name has a dot", NameWrongForType, "hospital.a"),
        kind("type-missing", "there is no type", FieldMissing, "~x: 1"),
        kind("type-boolean", "the type is true", FieldType, "~type: true"),
        kind("type-unknown", "the type is unknown", FieldValue, "~type: site"),
        kind("type-upper-case", "the type is in capitals", FieldValue, "~type: CLIENT"),
        kind("type-relay", "the type is relay", UnsupportedParticipant, "~type: relay"),
        kind("type-admin-without-role", "a user has no role", FieldMissing, "~type: admin"),
        kind(
            "type-admin-with-unknown-role",
            "a user's role is project_admin",
            FieldValue,
            "~type: admin\n~role: project_admin",
        ),
        Edit::new(
            "server-name-underscore",
            "a server's name has an underscore",
            NameWrongForType,
            |text| {
                text.replace("type: client", "type: server")
                    .replace("name: hospital-a", "name: hospital_a")
            },
        ),
        kind(
            "type-admin-with-a-site-s-name",
            "a user's name is no e-mail address",
            NameWrongForType,
            "~type: admin\n~role: lead",
        ),
        org("org-missing", "there is no organisation", FieldMissing, "~x: 1"),
        org("org-number", "the organisation is a number", FieldType, "~org: 007"),
        org(
            "org-yes",
            "the organisation is 'yes', which YAML reads as true",
            FieldType,
            "~org: yes",
        ),
        org("org-empty", "the organisation is an empty text", OrgName, "~org: ''"),
        org("org-space", "the organisation has a space", OrgName, "~org: Hospital Alpha"),
        org("org-dash", "the organisation has a dash", OrgName, "~org: hospital-alpha"),
        org(
            "org-line-break",
            "the organisation ends with a line break",
            OrgName,
            "~org: \"hospital_alpha\\n\"",
        ),
        org("org-long", "the organisation has 65 characters", OrgName, &format!("~org: {long}")),
        org(
            "host-names-mapping",
            "host_names is a mapping",
            FieldType,
            "~org: hospital_alpha\n~host_names: {a: b}",
        ),
        org(
            "host-names-null",
            "host_names is null",
            FieldType,
            "~org: hospital_alpha\n~host_names:",
        ),
        org(
            "host-names-number",
            "host_names has a number",
            FieldType,
            "~org: hospital_alpha\n~host_names: [10]",
        ),
        org(
            "host-names-unspecified",
            "host_names has the address 0.0.0.0",
            HostAddress,
            "~org: hospital_alpha\n~host_names: [0.0.0.0]",
        ),
        org(
            "host-names-mapped",
            "host_names has an IPv4 address written as IPv6",
            HostAddress,
            "~org: hospital_alpha\n~host_names: ['::ffff:10.0.0.1']",
        ),
        org(
            "host-names-wildcard",
            "host_names has a wildcard",
            HostName,
            "~org: hospital_alpha\n~host_names: ['*.example.org']",
        ),
        org(
            "host-names-malformed",
            "host_names has an address of five numbers",
            HostName,
            "~org: hospital_alpha\n~host_names: [10.0.0.1.5]",
        ),
        org(
            "host-names-101",
            "host_names has 101 entries",
            FieldValue,
            &format!("~org: hospital_alpha\n~host_names: [{}]", "a.b, ".repeat(101)),
        ),
        org(
            "default-host-address",
            "default_host is an IPv6 address",
            HostName,
            "~org: hospital_alpha\n~default_host: '::1'",
        ),
        Edit::new("second-participant", "there are two participants", NotOneParticipant, |text| {
            let entry = line(text, "description:", "").replace("name: hospital_federation\n", "");
            let entry = entry.trim_start().strip_prefix("participants:\n").unwrap().to_owned();
            format!("{text}{}", entry.replace("hospital-a", "hospital-b"))
        }),
        instead(
            "participants-empty",
            "there is no participant",
            NotOneParticipant,
            "participants:",
            "participants: []\nx:\n",
        ),
        instead(
            "participants-mapping",
            "participants is a mapping",
            FieldType,
            "participants:",
            "participants: {}\nx:\n",
        ),
        instead(
            "participants-missing",
            "participants is not there",
            FieldMissing,
            "participants:",
            "x:\n",
        ),
        instead(
            "participants-null",
            "participants is null",
            FieldMissing,
            "participants:",
            "participants:\nx:\n",
        ),
        instead(
            "participants-text",
            "the participant is a text",
            FieldType,
            "participants:",
            "participants: [hospital-a]\nx:\n",
        ),
        instead(
            "description-list",
            "the description is a list",
            FieldType,
            "description:",
            "description: [a]\n",
        ),
        instead(
            "description-long",
            "the description has 4097 bytes",
            FieldValue,
            "description:",
            format!("description: {}\n", "a".repeat(4097)),
        ),
    ]
}

/// What is well-formed, and names somebody else.
pub fn other_identity() -> Vec<Edit> {
    let reason = SiteIdentityMismatch;
    vec![
        instead(
            "project-other",
            "the project is another",
            reason,
            "name: hospital_federation",
            "name: other_federation\n",
        ),
        Edit::new("name-other", "the name is another", reason, |text| {
            text.replace("name: hospital-a", "name: hospital-b")
        }),
        Edit::new("name-capital", "the name has a capital letter", reason, |text| {
            text.replace("name: hospital-a", "name: Hospital-a")
        }),
        instead(
            "org-other",
            "the organisation is another",
            reason,
            "org: hospital_alpha",
            "~org: hospital_beta\n",
        ),
        instead("type-other", "the type is another", reason, "type: client", "~type: server\n"),
    ]
}
