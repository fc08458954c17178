//! A project profile: what was read, written as a profile, means the same.
#![no_main]

use flarekit::profile::ProjectProfile;
use flarekit::yaml::{self, Node};
use flarekit_fuzz::{admitted, check_message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let name = admitted(ProjectProfile::parse_name(data, "p.yaml"), data);
    let Some(profile) = admitted(ProjectProfile::parse(data, "p.yaml"), data) else { return };
    assert_eq!(Some(&profile.name), name.as_ref());
    for warning in &profile.warnings {
        check_message(&warning.message, data);
    }
    let connection = &profile.connection;
    let server = Node::mapping(vec![])
        .with("host", Node::text(connection.server.host.as_str()))
        .with("fed_learn_port", Node::integer(connection.server.fed_learn_port.get().into()))
        .with("admin_port", Node::integer(connection.server.admin_port.get().into()));
    let document = Node::mapping(vec![])
        .with("name", Node::text(profile.name.as_str()))
        .with("scheme", Node::text(connection.scheme.as_str()))
        .with("connection_security", Node::text(connection.security.as_str()))
        .with("server", server);
    let again = ProjectProfile::parse(yaml::write(&document).as_bytes(), "p.yaml").unwrap();
    assert_eq!((&again.name, &again.connection), (&profile.name, connection));
    assert!(again.warnings.is_empty());
});
