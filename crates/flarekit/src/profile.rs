//! `project_profile.yaml`: what the Project Admin decides once for the federation
//! (seed, "Project Profile").

use crate::connection::{Connection, ConnectionSecurity, Endpoint, Scheme};
use crate::error::{Code, Defect, Error, Reason, Warning};
use crate::fields;
use crate::names::{HostName, Port, ProjectName};
use crate::yaml::{self, Dialect, Node};

/// The profile of a federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectProfile {
    /// The federation's name.
    pub name: ProjectName,
    /// How its participants connect.
    pub connection: Connection,
    /// Fields that mean nothing in a profile.
    pub warnings: Vec<Warning>,
}

/// The fields of a profile. The others are those of a centralized project.yaml, which may serve as
/// a profile too.
const FIELDS: &[&str] = &[
    "name",
    "scheme",
    "connection_security",
    "server",
    "description",
    "api_version",
    "participants",
    "builders",
    "packager",
];
const SERVER_FIELDS: &[&str] = &["host", "fed_learn_port", "admin_port"];

impl ProjectProfile {
    /// Reads a whole profile, as `cert approve` needs it. `place` names the file in messages.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let parse = || {
            let root = read(bytes)?;
            let name = name(&root)?;
            Ok(Self { name, connection: connection(&root)?, warnings: warnings(&root, place) })
        };
        parse().map_err(|defect| code_of(defect, place))
    }

    /// Reads only the federation's name, which is all that `cert init` needs: the server may not
    /// be decided yet.
    pub fn parse_name(bytes: &[u8], place: &str) -> Result<ProjectName, Error> {
        read(bytes).and_then(|root| name(&root)).map_err(|defect| code_of(defect, place))
    }
}

/// Whether a document says who one participant is, and nothing of the federation: a definition.
pub(crate) fn is_definition(document: &Node) -> bool {
    let of_profiles = ["scheme", "connection_security", "server", "api_version"];
    let participants = document.get("participants").and_then(Node::as_sequence);
    participants.is_some_and(|found| found.len() == 1)
        && of_profiles.iter().all(|field| document.get(field).is_none())
}

/// Whether a document says how a federation connects, and nothing of its participants: a profile.
pub(crate) fn is_profile(document: &Node) -> bool {
    let of_profiles = ["scheme", "connection_security", "server"];
    let of_definitions = ["participants", "type", "org"];
    of_definitions.iter().all(|field| document.get(field).is_none())
        && of_profiles.iter().filter(|field| document.get(field).is_some()).count() > 1
}

fn warnings(root: &Node, place: &str) -> Vec<Warning> {
    let server = fields::present(root, "server").into_iter();
    fields::unknown(root, FIELDS)
        .chain(server.flat_map(|server| fields::unknown(server, SERVER_FIELDS)))
        .map(|(node, key, meant)| fields::unknown_warning(node, key, meant).within(place))
        .collect()
}

fn read(bytes: &[u8]) -> Result<Node, Defect> {
    let root = yaml::parse(bytes, Dialect::Local)?;
    fields::mapping(&root, "the profile")?;
    if is_definition(&root) {
        let message = "this is a participant definition, not a project profile";
        return Err(Defect::new(Reason::NotAProfile, message));
    }
    Ok(root)
}

fn name(root: &Node) -> Result<ProjectName, Defect> {
    fields::parsed(fields::required(root, "name")?, "name", ProjectName::parse)
}

fn connection(root: &Node) -> Result<Connection, Defect> {
    let scheme = fields::parsed(fields::required(root, "scheme")?, "scheme", Scheme::parse)?;
    let key = "connection_security";
    let security = fields::parsed(fields::required(root, key)?, key, ConnectionSecurity::parse)?;
    let server = fields::mapping(fields::required(root, "server")?, "server")?;
    Ok(Connection { scheme, security, server: endpoint(server)? })
}

/// The `server:` block; `admin_port` defaults to `fed_learn_port`.
fn endpoint(server: &Node) -> Result<Endpoint, Defect> {
    let host = fields::parsed(fields::required(server, "host")?, "server.host", |text| {
        HostName::parse(text.trim())
    })?;
    let fed_learn_port =
        port(fields::required(server, "fed_learn_port")?, "server.fed_learn_port")?;
    let admin_port = match fields::present(server, "admin_port") {
        Some(node) => port(node, "server.admin_port")?,
        None => fed_learn_port,
    };
    Ok(Endpoint { host, fed_learn_port, admin_port })
}

/// A port in a YAML file. A YAML boolean is not one.
pub(crate) fn port(node: &Node, key: &str) -> Result<Port, Defect> {
    let number = fields::integer(node, key)?;
    Port::new(number).map_err(|defect| fields::at(node, defect.within(format!("'{key}'"))))
}

fn code_of(defect: Defect, place: &str) -> Error {
    let code = match defect.reason {
        Reason::ProjectName => Code::InvalidProjectName,
        _ => Code::InvalidArgs,
    };
    defect.within(place).code(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: &str = "name: hospital_federation\nscheme: grpc\nconnection_security: tls\n\
        server:\n  host: server1.hospital-central.org\n  fed_learn_port: 8002\n  admin_port: 8003\n";

    fn parse(text: &str) -> Result<ProjectProfile, Error> {
        ProjectProfile::parse(text.as_bytes(), "project_profile.yaml")
    }

    #[test]
    fn reads_the_seeds_profile() {
        let profile = parse(SEED).unwrap();
        assert_eq!(profile.name.as_str(), "hospital_federation");
        assert_eq!(profile.connection.scheme, Scheme::Grpc);
        assert_eq!(profile.connection.security, ConnectionSecurity::Tls);
        assert_eq!(profile.connection.server.host.as_str(), "server1.hospital-central.org");
        assert_eq!(profile.connection.server.admin_port.get(), 8003);
    }

    #[test]
    fn the_admin_port_defaults_and_words_are_folded() {
        let text = SEED.replace("  admin_port: 8003\n", "").replace("grpc", "' GRPC '");
        let profile = parse(&text).unwrap();
        assert_eq!(profile.connection.server.admin_port.get(), 8002);
        assert_eq!(profile.connection.scheme, Scheme::Grpc);
    }

    #[test]
    fn each_defect_has_its_reason_and_place() {
        for (from, to, reason) in [
            ("name: hospital_federation", "name: a b", Reason::ProjectName),
            ("name: hospital_federation", "name: 12345", Reason::FieldType),
            ("name: hospital_federation", "name: no", Reason::FieldType),
            ("name: hospital_federation\n", "", Reason::FieldMissing),
            ("scheme: grpc", "scheme: uds", Reason::FieldValue),
            ("connection_security: tls", "connection_security: on", Reason::FieldType),
            ("fed_learn_port: 8002", "fed_learn_port: true", Reason::FieldType),
            ("fed_learn_port: 8002", "fed_learn_port: '8002'", Reason::FieldType),
            ("fed_learn_port: 8002", "fed_learn_port: 08002", Reason::FieldType),
            ("fed_learn_port: 8002", "fed_learn_port: 017502", Reason::FieldType),
            ("fed_learn_port: 8002", "fed_learn_port: 2:13:22", Reason::FieldType),
            ("fed_learn_port: 8002", "fed_learn_port: 70000", Reason::Port),
            ("host: server1.hospital-central.org", "host: a_b", Reason::HostName),
            ("host: server1.hospital-central.org", "host: '::1'", Reason::HostName),
        ] {
            let error = parse(&SEED.replace(from, to)).unwrap_err();
            assert_eq!(error.reason(), Some(reason), "{to}: {error}");
            assert!(error.message().starts_with("project_profile.yaml: line "), "{error}");
        }
        let quoted = parse(&SEED.replace("8002", "'8002'")).unwrap_err();
        let expected = "project_profile.yaml: line 6, column 19: 'server.fed_learn_port' must be a \
                        whole number, but is '8002', which YAML reads as text; leave out the quotes";
        assert_eq!(quoted.message(), expected);
        assert_eq!(parse("[]").unwrap_err().reason(), Some(Reason::FieldType));
    }

    /// PyYAML reads 8 and 8002 there, and 8002 in each of the others.
    #[test]
    fn a_port_is_the_number_that_a_person_reads() {
        for (written, words) in [
            ("010", "is '010', which YAML reads as 8; write it without the leading 0"),
            ("2:13:22", "is '2:13:22', which YAML reads as 8002; write it without ':'"),
        ] {
            let error = parse(&SEED.replace("8002", written)).unwrap_err();
            let place = "project_profile.yaml: line 6, column 19: 'server.fed_learn_port' must be";
            assert!(error.message().starts_with(place), "{error}");
            assert!(error.message().ends_with(words), "{error}");
        }
        for written in ["8002", "+8002", "8_002", "0x1F42", "0b1111101000010"] {
            let profile = parse(&SEED.replace("8002", written)).unwrap();
            assert_eq!(profile.connection.server.fed_learn_port.get(), 8002, "{written}");
        }
        let zero = parse(&SEED.replace("8002", "0")).unwrap_err();
        assert_eq!(zero.reason(), Some(Reason::Port));
    }

    #[test]
    fn a_misspelt_field_is_noticed() {
        let profile = parse(&SEED.replace("admin_port", "admin_prot")).unwrap();
        assert_eq!(profile.connection.server.admin_port.get(), 8002);
        let message = &profile.warnings.first().unwrap().message;
        assert!(message.contains("line 7") && message.contains("'admin_port'"), "{message}");
        assert!(parse(SEED).unwrap().warnings.is_empty());
    }

    #[test]
    fn a_required_field_that_is_misspelt_is_found() {
        for (from, to, words) in [
            (
                "connection_security",
                "conection_security",
                "line 3, column 1: the field 'conection_",
            ),
            (
                "host:",
                "hots:",
                "line 5, column 3: the field 'hots' is unknown; did you mean 'host'?",
            ),
            (
                "host:",
                "addr:",
                "line 5, column 3: the field 'addr' is unknown; did you mean 'host'?",
            ),
            (
                "fed_learn_port",
                "port",
                "the field 'port' is unknown; did you mean 'fed_learn_port'?",
            ),
            ("scheme", "protocol", "the field 'protocol' is unknown; did you mean 'scheme'?"),
            ("connection_security", "Connection-Security", "did you mean 'connection_security'?"),
            ("host:", "location:", "the field 'host' is missing"),
        ] {
            let error = parse(&SEED.replace(from, to)).unwrap_err();
            assert_eq!(error.reason(), Some(Reason::FieldMissing), "{to}");
            assert!(error.message().contains(words), "{error}");
        }
    }

    #[test]
    fn a_definition_is_no_profile() {
        let definition = "name: demo\nparticipants:\n  - name: a\n    type: client\n    org: o\n";
        for (text, refused) in [
            (definition.to_owned(), true),
            // A centralized project.yaml may serve.
            (format!("api_version: 3\n{definition}"), false),
            (format!("{definition}  - name: b\n"), false),
            (format!("{definition}scheme: grpc\n"), false),
        ] {
            let found =
                ProjectProfile::parse_name(text.as_bytes(), "p.yaml").map_err(|e| e.reason());
            assert_eq!(found.is_err(), refused, "{text}");
            assert!(found.is_ok() || found == Err(Some(Reason::NotAProfile)), "{text}");
        }
    }

    #[test]
    fn init_needs_only_the_name() {
        let name = ProjectProfile::parse_name(b"name: demo\n", "p.yaml").unwrap();
        assert_eq!(name.as_str(), "demo");
        let error = ProjectProfile::parse_name(b"name: .demo\n", "p.yaml").unwrap_err();
        assert_eq!(error.code(), Code::InvalidProjectName);
    }

    proptest! {
        #[test]
        fn what_is_written_into_a_profile_is_read(
            // No first letter of a device of Windows, such as "aux".
            name in "[BD-KMOQ-Zbd-kmoq-z0-9][A-Za-z0-9._-]{0,30}x",
            scheme in prop::sample::select(Scheme::ALL),
            security in prop::sample::select(ConnectionSecurity::ALL),
            host in "([bd-kmoq-z][a-z0-9]{0,9}\\.){0,3}[bd-kmoq-z]{1,9}",
            ports in (1_u16.., 1_u16..),
        ) {
            let server = Node::mapping(vec![])
                .with("host", Node::text(host.as_str()))
                .with("fed_learn_port", Node::integer(ports.0.into()))
                .with("admin_port", Node::integer(ports.1.into()));
            let document = Node::mapping(vec![])
                .with("server", server)
                .with("connection_security", Node::text(security.as_str()))
                .with("scheme", Node::text(scheme.as_str()))
                .with("name", Node::text(name.as_str()));
            let profile = parse(&yaml::write(&document)).unwrap();
            prop_assert_eq!(profile.name.as_str(), name);
            let connection = profile.connection;
            prop_assert_eq!((connection.scheme, connection.security), (scheme, security));
            let server = connection.server;
            prop_assert_eq!(server.host.as_str(), host);
            prop_assert_eq!((server.fed_learn_port.get(), server.admin_port.get()), ports);
        }
    }
}
