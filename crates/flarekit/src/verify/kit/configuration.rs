//! What a kit's `fed_*.json` says: whose kit it is, and where it connects to.

use serde_json::{Map, Value};

use crate::connection::ConnectionSecurity;
use crate::error::{Defect, Reason};
use crate::identity::Kind;
use crate::json;
use crate::names::{HostName, Port, shown};

/// The configuration of each kind of kit, under `startup`.
pub(crate) const CONFIGURATIONS: [(&str, Kind); 3] = [
    ("fed_server.json", Kind::Server),
    ("fed_client.json", Kind::Site),
    ("fed_admin.json", Kind::User),
];

/// The parts of the configuration that something can be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Configuration {
    pub project: String,
    /// The participant's name; a server is named like the host in its target.
    pub name: String,
    /// The CN that the server's certificate must have.
    pub server_identity: Option<String>,
    /// NVFlare's driver, as written.
    pub driver: String,
    pub host: HostName,
    pub port: Port,
    pub security: ConnectionSecurity,
}

/// The files that the configuration names, which are always these.
struct Credentials {
    certificate: &'static str,
    key: &'static str,
    fields: [&'static str; 3],
}

impl Configuration {
    /// Reads the file of this kind of kit.
    pub fn parse(bytes: &[u8], kind: Kind) -> Result<Self, Defect> {
        let top = json::parse_own(bytes, json::MAX_BYTES)?;
        match kind {
            Kind::Server => Self::of_server(first_server(&top)?),
            Kind::Site => Self::of_client(first_server(&top)?, json::object(&top, "client")?),
            Kind::User => Self::of_user(json::object(&top, "admin")?),
        }
    }

    fn of_server(server: &Map<String, Value>) -> Result<Self, Defect> {
        check_files(server, kit_files(Kind::Server))?;
        let (driver, host, port) = service(server)?;
        Ok(Self {
            project: json::text(server, "name")?.to_owned(),
            name: host.as_str().to_owned(),
            server_identity: None,
            driver,
            host,
            port,
            security: security(server)?,
        })
    }

    fn of_client(server: &Map<String, Value>, client: &Map<String, Value>) -> Result<Self, Defect> {
        check_files(client, kit_files(Kind::Site))?;
        let (driver, host, port) = service(server)?;
        Ok(Self {
            project: json::text(server, "name")?.to_owned(),
            name: json::text(client, "fqsn")?.to_owned(),
            server_identity: json::optional_text(server, "identity")?.map(str::to_owned),
            driver,
            host,
            port,
            security: security(client)?,
        })
    }

    fn of_user(admin: &Map<String, Value>) -> Result<Self, Defect> {
        check_files(admin, kit_files(Kind::User))?;
        Ok(Self {
            project: json::text(admin, "project_name")?.to_owned(),
            name: json::text(admin, "username")?.to_owned(),
            server_identity: json::optional_text(admin, "server_identity")?.map(str::to_owned),
            driver: json::text(admin, "scheme")?.to_owned(),
            host: HostName::parse(json::text(admin, "host")?)?,
            port: Port::new(json::integer(admin, "port")?)?,
            security: security(admin)?,
        })
    }
}

/// The certificate and the key of this kind of kit, under `startup`.
pub(super) fn credentials(kind: Kind) -> (&'static str, &'static str) {
    let files = kit_files(kind);
    (files.certificate, files.key)
}

fn kit_files(kind: Kind) -> Credentials {
    let ssl = ["ssl_cert", "ssl_private_key", "ssl_root_cert"];
    let (certificate, key) = ("client.crt", "client.key");
    match kind {
        Kind::Server => Credentials { certificate: "server.crt", key: "server.key", fields: ssl },
        Kind::Site => Credentials { certificate, key, fields: ssl },
        Kind::User => {
            Credentials { certificate, key, fields: ["client_cert", "client_key", "ca_cert"] }
        }
    }
}

/// Other files than those that are checked would be used instead of them.
fn check_files(object: &Map<String, Value>, files: Credentials) -> Result<(), Defect> {
    for (field, expected) in files.fields.iter().zip([files.certificate, files.key, "rootCA.pem"]) {
        let found = json::text(object, field)?;
        if found != expected {
            return Err(Defect::new(
                Reason::FileNameMismatch,
                format!("'{field}' is {}, expected '{expected}'", shown(found)),
            ));
        }
    }
    Ok(())
}

fn first_server(top: &Map<String, Value>) -> Result<&Map<String, Value>, Defect> {
    let servers = top.get("servers").and_then(Value::as_array);
    servers.and_then(|list| list.first()).and_then(Value::as_object).ok_or_else(|| {
        Defect::new(Reason::FieldMissing, "the list 'servers' with an object in it is missing")
    })
}

fn service(server: &Map<String, Value>) -> Result<(String, HostName, Port), Defect> {
    let service = json::object(server, "service")?;
    let target = json::text(service, "target")?;
    let malformed =
        || Defect::new(Reason::FieldValue, format!("'target' {} is not host:port", shown(target)));
    let (host, port) = target.rsplit_once(':').ok_or_else(malformed)?;
    let port = Port::new(port.parse().map_err(|_| malformed())?)?;
    Ok((json::text(service, "scheme")?.to_owned(), HostName::parse(host)?, port))
}

/// What the runtime assumes where nothing is said.
fn security(object: &Map<String, Value>) -> Result<ConnectionSecurity, Defect> {
    match json::optional_text(object, "connection_security")? {
        Some(word) => ConnectionSecurity::parse(word),
        None => Ok(ConnectionSecurity::Mtls),
    }
}

#[cfg(test)]
mod tests {
    use super::{Configuration, Kind};
    use crate::error::Reason;

    const CLIENT: &str = r#"{"format_version": 2,
        "servers": [{"name": "p", "service": {"target": "h.example:8002", "scheme": "grpc"},
                     "identity": "h.example"}],
        "client": {"ssl_private_key": "client.key", "ssl_cert": "client.crt",
                   "ssl_root_cert": "rootCA.pem", "fqsn": "site", "connection_security": "tls"}}"#;

    #[test]
    fn a_client_is_read() {
        let read = Configuration::parse(CLIENT.as_bytes(), Kind::Site).unwrap();
        assert_eq!((read.project.as_str(), read.name.as_str()), ("p", "site"));
        assert_eq!((read.host.as_str(), read.port.get()), ("h.example", 8002));
        assert_eq!(read.server_identity.as_deref(), Some("h.example"));
        let silent = CLIENT.replace(r#", "connection_security": "tls""#, "");
        let read = Configuration::parse(silent.as_bytes(), Kind::Site).unwrap();
        assert_eq!(read.security.as_str(), "mtls");
    }

    #[test]
    fn each_defect_has_its_reason() {
        for (from, to, reason) in [
            ("h.example:8002", "h.example", Reason::FieldValue),
            ("h.example:8002", "h.example:0", Reason::Port),
            ("h.example:8002", "h_x:1", Reason::HostName),
            ("rootCA.pem", "other.pem", Reason::FileNameMismatch),
            ("client.key", "/tmp/other.key", Reason::FileNameMismatch),
            ("\"servers\"", "\"server\"", Reason::FieldMissing),
            ("\"fqsn\"", "\"name\"", Reason::FieldMissing),
            ("\"tls\"", "\"ssl\"", Reason::FieldValue),
            ("\"tls\"", "1", Reason::FieldType),
        ] {
            let text = CLIENT.replacen(from, to, 1);
            assert_ne!(text, CLIENT, "{from}");
            let defect = Configuration::parse(text.as_bytes(), Kind::Site).unwrap_err();
            assert_eq!(defect.reason, reason, "{to}: {defect}");
        }
    }
}
