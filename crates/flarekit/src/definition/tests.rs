//! Tests of definitions.

use proptest::prelude::*;

use super::*;
use crate::identity::CertType;

const SITE: &str = "name: hospital_federation\ndescription: Site A - Hospital Alpha\n\n\
    participants:\n  - name: hospital-a\n    type: client\n    org: hospital_alpha\n";
const SERVER: &str = "name: hospital_federation\nparticipants:\n\
    - name: server1.hospital-central.org\n  type: server\n  org: hospital_central\n\
    \x20 host_names:\n    - 10.0.1.50\n    - fl-server.internal\n  connection_security: mtls\n";

fn reason(text: &str) -> Reason {
    Definition::parse(text.as_bytes()).unwrap_err().reason
}

#[test]
fn the_approval_copy_looks_like_the_references() {
    let definition = Definition::parse(SITE.as_bytes()).unwrap();
    assert_eq!(definition.site.identity.cert_type, CertType::Client);
    let expected = "name: hospital_federation\ndescription: Site A - Hospital Alpha\n\
        participants:\n- name: hospital-a\n  type: client\n  org: hospital_alpha\n";
    assert_eq!(definition.site.to_yaml(), expected);
    assert_eq!(definition.to_local_yaml(), expected);
}

#[test]
fn the_servers_override_stays_at_home() {
    let definition = Definition::parse(SERVER.as_bytes()).unwrap();
    let copy = definition.site.to_yaml();
    assert!(!copy.contains("mtls") && copy.contains("- 10.0.1.50"), "{copy}");
    assert!(definition.to_local_yaml().contains("connection_security: mtls"));
    assert_eq!(definition.site.forbidden_fields(), ["connection_security"]);
}

#[test]
fn nothing_outside_the_allow_list_leaves() {
    let text = format!("{SITE}    vault_password: hunter2\n    host_names: x.org\nbuilders: []\n");
    let definition = Definition::parse(text.as_bytes()).unwrap();
    let copy = definition.site.to_yaml();
    assert!(!copy.contains("hunter2") && !copy.contains("x.org") && !copy.contains("builders"));
    assert!(definition.to_local_yaml().contains("hunter2"));
    assert_eq!(
        definition.site.unapproved_fields().named,
        ["builders", "participants[0].vault_password", "participants[0].host_names"]
    );
}

#[test]
fn a_servers_address_is_told_to_mean_nothing_wherever_it_stands() {
    let told = |text: &str| {
        let warnings = Definition::parse(text.as_bytes()).unwrap().warnings("x");
        warnings.into_iter().map(|warning| warning.message).collect::<Vec<_>>()
    };
    for field in ["server: {host: x.org}", "fed_learn_port: 1", "admin_port: 2"] {
        let name = field.split(':').next().unwrap();
        let message = format!(
            "x: line 1, column 1: the field '{name}' means nothing here: the server's address comes \
             with the approval"
        );
        assert_eq!(told(&format!("{field}\n{SITE}")), [message]);
    }
    assert_eq!(told(&format!("site_contact: x\n{SITE}")), [""; 0]);
}

#[test]
fn a_field_that_is_not_indented_is_found() {
    let defect = Definition::parse(b"name: p\nparticipants:\n- name: a\ntype: client\norg: o\n");
    let expected = "line 4, column 1: the field 'type' stands outside of 'participants', and must be \
                    indented like the first field in line 3";
    let defect = defect.unwrap_err();
    assert_eq!((defect.reason, defect.message.as_str()), (Reason::FieldMissing, expected));
    let both = format!("org: other\n{SITE}");
    assert!(Definition::parse(both.as_bytes()).is_ok());
}

#[test]
fn a_profile_is_no_definition() {
    let profile = "name: p\nscheme: grpc\nserver: {host: x.org}\n";
    assert_eq!(reason(profile), Reason::NotADefinition);
    for text in ["name: p\n", "name: p\nserver: {host: x.org}\n", &format!("{profile}org: o\n")] {
        assert_eq!(reason(text), Reason::FieldMissing, "{text}");
    }
    let both = format!("{SITE}scheme: grpc\nserver: {{host: x.org}}\n");
    assert!(Definition::parse(both.as_bytes()).is_ok());
}

#[test]
fn another_word_for_a_field_is_understood() {
    for (from, to, words) in [
        ("org:", "organization:", "line 7, column 5: the field 'organization' is unknown"),
        ("org:", "Organisation:", "the field 'Organisation' is unknown; did you mean 'org'?"),
        ("org:", "ORG:", "the field 'ORG' is unknown; did you mean 'org'?"),
        ("type:", "kind:", "the field 'kind' is unknown; did you mean 'type'?"),
        ("participants:", "sites:", "the field 'sites' is unknown; did you mean 'participants'?"),
        ("- name:", "- site_name:", "the field 'site_name' is unknown; did you mean 'name'?"),
        ("org:", "owner:", "the field 'org' is missing"),
    ] {
        let defect = Definition::parse(SITE.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(defect.reason, Reason::FieldMissing, "{to}");
        assert!(defect.message.contains(words), "{defect}");
    }
}

/// Many requests wait in memory, each with no more names of unknown fields than anybody reads.
#[test]
fn of_many_unknown_fields_a_few_are_named() {
    let fields: String = (0..4000).map(|number| format!("    field{number}: 1\n")).collect();
    let site = Site::parse_archived(format!("{SITE}{fields}").as_bytes()).unwrap();
    let unapproved = site.unapproved_fields();
    assert_eq!((unapproved.named.len(), unapproved.count), (10, 4000));
    assert_eq!(unapproved.named[9], "participants[0].field9");
}

/// Found by fuzzing: a field without a name was named with nothing.
#[test]
fn a_field_without_a_name_is_seen_in_the_message() {
    let text = format!("'': 1\n{SITE}    '': 1\n");
    let site = Site::parse_archived(text.as_bytes()).unwrap();
    assert_eq!(site.unapproved_fields().named, ["''", "participants[0].''"]);
}

/// Found by fuzzing: a client's copy lost the hosts that its definition was read with.
#[test]
fn only_a_server_has_hosts() {
    let text = format!("{SITE}    host_names: [10.0.1.50]\n    default_host: x.org\n");
    let site = Definition::parse(text.as_bytes()).unwrap().site;
    assert_eq!((site.host_names.as_slice(), site.default_host.as_ref()), ([].as_slice(), None));
    assert_eq!(
        Site::parse_archived(site.to_yaml().as_bytes()).unwrap().host_names,
        site.host_names
    );
    let wrong = format!("{SITE}    host_names: [0.0.0.0]\n");
    assert_eq!(reason(&wrong), Reason::HostAddress);
}

#[test]
fn an_approval_copy_reads_back_equal() {
    for text in [SITE, SERVER] {
        let site = Definition::parse(text.as_bytes()).unwrap().site;
        let read = Site::parse_archived(site.to_yaml().as_bytes()).unwrap();
        assert_eq!(read.identity, site.identity);
        assert_eq!(read.host_names, site.host_names);
        assert!(read.forbidden_fields().is_empty() && read.unapproved_fields().count == 0);
    }
}

#[test]
fn roles_are_written_in_one_spelling() {
    let text = "name: p\nparticipants:\n- {name: a@b.org, type: admin, org: o, role: org-admin}\n";
    let definition = Definition::parse(text.as_bytes()).unwrap();
    assert_eq!(definition.site.identity.cert_type, CertType::OrgAdmin);
    assert!(definition.site.to_yaml().contains("role: org_admin"));
    assert!(definition.to_local_yaml().contains("role: org_admin"));
}

#[test]
fn each_defect_has_its_reason() {
    let with = |from: &str, to: &str| reason(&SITE.replace(from, to));
    assert_eq!(with("type: client", "type: relay"), Reason::UnsupportedParticipant);
    assert_eq!(with("type: client", "type: admin"), Reason::FieldMissing);
    assert_eq!(with("name: hospital-a", "name: hospital.a"), Reason::NameWrongForType);
    assert_eq!(with("name: hospital-a", "name: ../a"), Reason::NameUnsafe);
    assert_eq!(with("name: hospital-a", "name: 12345"), Reason::FieldType);
    assert_eq!(with("name: hospital-a", "name: no"), Reason::FieldType);
    assert_eq!(with("org: hospital_alpha", "org: Hospital Alpha"), Reason::OrgName);
    assert_eq!(with("  - name", "  - x: 1\n  - name"), Reason::NotOneParticipant);
    assert_eq!(reason("name: p\nproject: q\norg: o\ntype: client\n"), Reason::FieldMissing);
    for hosts in ["{a: b}", "null", "[0.0.0.0]", "[a b]", "[[x.org]]"] {
        let text = SERVER.replace("  connection_security: mtls\n", "").replace(
            "  host_names:\n    - 10.0.1.50\n    - fl-server.internal\n",
            &format!("  host_names: {hosts}\n"),
        );
        let found = Definition::parse(text.as_bytes()).unwrap_err();
        assert!(
            [Reason::FieldType, Reason::HostName, Reason::HostAddress].contains(&found.reason),
            "{hosts}: {found}"
        );
    }
}

#[test]
fn an_endpoint_that_is_written_must_make_sense() {
    let with = |extra: &str| format!("{SITE}    server: {extra}\n");
    assert!(Definition::parse(with("null").as_bytes()).is_ok());
    let whole = "{host: a.org, fed_learn_port: 1, admin_port: 2}";
    assert!(Definition::parse(with(whole).as_bytes()).is_ok());
    assert_eq!(reason(&with("a.org")), Reason::FieldType);
    assert_eq!(reason(&with("{host: a.org, fed_learn_port: 1}")), Reason::FieldMissing);
}

/// Of each type of participant: what it has beside name, type and org, and what the warnings say.
#[test]
fn a_field_that_means_nothing_for_the_type_is_noticed() {
    const USER: &str =
        "name: p\nparticipants:\n  - name: a@b.org\n    type: admin\n    org: o\n    role: lead\n";
    const HOST: &str = "name: p\nparticipants:\n  - name: a.b.org\n    type: server\n    org: o\n";
    for (definition, field, expected) in [
        (SITE, "role: lead", Some("line 8, column 5: the field 'role' means nothing for a client")),
        (SITE, "host_names: [foo.org]", Some("'host_names' means nothing for a client")),
        (SITE, "hostnames: [foo.org]", Some("'hostnames' means nothing for a client")),
        (
            SITE,
            "connection_security: tls",
            Some("'connection_security' means nothing for a client"),
        ),
        (SITE, "fed_learn_port: 9", Some("for a client: the server's address comes with")),
        (SITE, "use_iao: true", Some("'use_iao' means nothing here; did you mean 'use_aio'?")),
        (SITE, "use_aio: true", None),
        (SITE, "capacity: {num_of_gpus: 1}", None),
        (SITE, "vault_password: x", None),
        (USER, "host_names: [foo.org]", Some("'host_names' means nothing for an admin")),
        (USER, "connect_to: foo.org", None),
        (HOST, "role: lead", Some("'role' means nothing for a server")),
        (HOST, "admin_port: 9", Some("for a server: the server's address comes with")),
        (HOST, "host_names: [foo.org]", None),
        (HOST, "hostnames: [foo.org]", Some("did you mean 'host_names'?")),
        (HOST, "connection_security: tls", None),
    ] {
        let text = format!("{definition}    {field}\n");
        let warnings = Definition::parse(text.as_bytes()).unwrap().warnings("a.yaml");
        let messages: Vec<&str> = warnings.iter().map(|warning| &*warning.message).collect();
        match (messages.as_slice(), expected) {
            ([], None) => {}
            ([only], Some(expected)) if only.contains(expected) => {
                assert!(only.starts_with("a.yaml: line "), "{only}");
            }
            _ => panic!("{field}: {messages:?}"),
        }
    }
}

#[test]
fn listeners_and_intermediaries_are_recognised() {
    let text = format!("{SITE}    listening_host: localhost\n");
    let definition = Definition::parse(text.as_bytes()).unwrap();
    let error = definition.refuse_unsupported(Code::InvalidArgs).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::ListeningHost));
    let text = format!("{SITE}    connect_to: {{name: relay-1, host: r.org, port: 9}}\n");
    let local = Definition::parse(text.as_bytes()).unwrap().local;
    assert_eq!(local.intermediary("server"), Some(("connect_to.name", "relay-1")));
    assert_eq!(local.intermediary("relay-1"), None);
}

/// Type, name, role and host names that fit together. No name begins like a device of Windows, such
/// as "aux".
fn any_participant() -> impl Strategy<Value = Node> {
    let host = || "[a-z][a-z0-9-]{0,9}x(\\.[a-z]{2,9}){0,2}|10\\.0\\.[1-9]\\.[1-9]|2001:db8::[1-9]";
    let text = |text: &str| Node::text(text);
    let new = move |kind: &str, name: &str| {
        Node::mapping(vec![]).with("type", text(kind)).with("name", text(name))
    };
    prop_oneof![
        "[BD-KMOQ-Zbd-kmoq-z0-9][a-z0-9_-]{0,20}x".prop_map(move |name| new("client", &name)),
        ("[a-z][a-z0-9]{0,9}@[a-z]{1,9}\\.org", "org_admin|org-admin|lead|member")
            .prop_map(move |(name, role)| new("admin", &name).with("role", text(&role))),
        ("[bd-kmoq-z][a-z0-9]{0,9}x\\.org", prop::collection::vec(host(), 0..4), any::<bool>())
            .prop_map(move |(name, hosts, one)| {
                let server = new("server", &name);
                match hosts.first() {
                    Some(host) if one => server.with("host_names", text(host)),
                    _ => server.with(
                        "host_names",
                        Node::sequence(hosts.iter().map(|host| text(host)).collect()),
                    ),
                }
            }),
    ]
}

proptest! {
    #[test]
    fn both_copies_mean_what_the_original_means(
        participant in any_participant(),
        project in "[BD-KMOQ-Zbd-kmoq-z0-9][A-Za-z0-9._-]{0,30}x",
        org in "[A-Za-z0-9_]{1,30}x",
        description in any::<Option<String>>(),
        secret in "[a-z]{0,9}",
    ) {
        let participant =
            participant.with("org", Node::text(org.as_str())).with("secret", Node::text(secret));
        let mut document = Node::mapping(vec![]).with("name", Node::text(project.as_str()));
        if let Some(description) = &description {
            document = document.with("description", Node::text(description.as_str()));
        }
        let document = document.with("participants", Node::sequence(vec![participant]));
        let definition = Definition::parse(yaml::write(&document).as_bytes()).unwrap();
        prop_assert_eq!(definition.site.identity.project.as_str(), project);
        prop_assert_eq!(definition.site.identity.org.as_str(), org);
        prop_assert_eq!(&definition.site.unapproved_fields().named, &["participants[0].secret"]);

        let copy = Site::parse_archived(definition.site.to_yaml().as_bytes()).unwrap();
        prop_assert_eq!(&copy.identity, &definition.site.identity);
        prop_assert_eq!(&copy.host_names, &definition.site.host_names);
        prop_assert_eq!(copy.unapproved_fields().count, 0);
        prop_assert_eq!(copy.to_yaml(), definition.site.to_yaml());
        let kept = Definition::parse(definition.to_local_yaml().as_bytes()).unwrap();
        prop_assert_eq!(kept.site, definition.site);
    }

    #[test]
    fn any_change_is_read_or_refused(
        at in any::<prop::sample::Index>(),
        text in "[-a?:,.#&*!|>'\"%{}\\[\\] \n0-9]{0,8}",
        cut in 0_usize..8,
    ) {
        let at = at.index(SERVER.len() - cut);
        let changed = format!("{}{text}{}", &SERVER[..at], &SERVER[at + cut..]);
        if let Ok(definition) = Definition::parse(changed.as_bytes()) {
            prop_assert!(Site::parse_archived(definition.site.to_yaml().as_bytes()).is_ok());
        }
    }
}
