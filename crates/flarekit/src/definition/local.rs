//! The part of a definition that stays on the machine.

use std::path::PathBuf;

use super::participant;
use crate::connection::ConnectionSecurity;
use crate::error::{Defect, Reason};
use crate::fields;
use crate::identity::Kind;
use crate::names::{HostName, Port};
use crate::profile::port;
use crate::yaml::Node;

/// Settings that `package` applies on the requester's machine. The Project Admin neither sees nor
/// approves them, and this type has no serialization.
#[derive(Debug, Clone, Default)]
pub struct LocalSettings {
    /// A server's own connection security.
    pub connection_security: Option<ConnectionSecurity>,
    /// Where a client or user connects instead of the approved host.
    pub connect_to: Option<ConnectTo>,
    /// What a client's resource manager may hand out.
    pub capacity: Capacity,
    /// Whether a client may stream its logs to the server; unset means yes.
    pub allow_log_streaming: Option<bool>,
    /// Whether to use the asynchronous driver of the scheme.
    pub use_aio: bool,
    /// A further CA certificate to put into the kit, for a proxy in front of the server.
    pub custom_ca_cert: Option<PathBuf>,
    /// The identity that the participant authenticates with, where it is not its name.
    pub auth_identity: Option<String>,
    /// The `builders:` block, untouched.
    pub builders: Option<Node>,
    /// The site above this one in a client hierarchy.
    parent: Option<String>,
    has_listening_host: bool,
}

/// `connect_to`: another way to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    /// The participant to connect to; unset means the server.
    pub name: Option<String>,
    /// The host to connect to; unset means the approved one.
    pub host: Option<HostName>,
    /// The port to connect to; unset means the approved one.
    pub port: Option<Port>,
}

/// A client's GPUs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capacity {
    /// How many GPUs there are.
    pub num_of_gpus: u32,
    /// Memory of each, in GiB.
    pub mem_per_gpu_in_gib: u32,
}

impl LocalSettings {
    pub(super) fn from_document(document: &Node, kind: Kind) -> Result<Self, Defect> {
        let entry = participant(document)?;
        check_endpoint_fields(entry, kind)?;
        Ok(Self {
            connection_security: match fields::present(entry, "connection_security") {
                Some(node) => {
                    Some(fields::parsed(node, "connection_security", ConnectionSecurity::parse)?)
                }
                None => None,
            },
            connect_to: connect_to(entry)?,
            capacity: capacity(entry)?,
            allow_log_streaming: optional_bool(entry, "allow_log_streaming")?,
            use_aio: optional_bool(entry, "use_aio")?.unwrap_or(false),
            custom_ca_cert: optional_text(entry, "custom_ca_cert")?.map(PathBuf::from),
            auth_identity: optional_text(entry, "auth_identity")?,
            builders: fields::present(document, "builders").cloned(),
            parent: optional_text(entry, "parent")?,
            has_listening_host: entry.get("listening_host").is_some(),
        })
    }

    /// A listener's certificate would need the Project Admin's approval.
    pub(super) fn refuse_unsupported(&self) -> Result<(), Defect> {
        if !self.has_listening_host {
            return Ok(());
        }
        Err(Defect::new(
            Reason::ListeningHost,
            "'listening_host' needs a listener certificate, which distributed provisioning does \
             not issue",
        ))
    }

    /// Whoever the participant wants between itself and the server, other than the server: a relay
    /// or a parent site. Neither is known to a kit that is packaged alone.
    #[must_use]
    pub fn intermediary(&self, server: &str) -> Option<(&'static str, &str)> {
        let relay = self.connect_to.as_ref().and_then(|to| to.name.as_deref());
        let named = [("connect_to.name", relay), ("parent", self.parent.as_deref())];
        named
            .into_iter()
            .find_map(|(field, name)| name.filter(|name| *name != server).map(|name| (field, name)))
    }
}

fn optional_text(entry: &Node, key: &str) -> Result<Option<String>, Defect> {
    match fields::present(entry, key) {
        Some(node) => Ok(Some(fields::text(node, key)?.to_owned()).filter(|text| !text.is_empty())),
        None => Ok(None),
    }
}

fn optional_bool(entry: &Node, key: &str) -> Result<Option<bool>, Defect> {
    fields::present(entry, key).map(|node| fields::boolean(node, key)).transpose()
}

/// Endpoint fields are taken from the signed zip, but what is written must make sense.
fn check_endpoint_fields(entry: &Node, kind: Kind) -> Result<(), Defect> {
    if kind == Kind::Server {
        for key in ["fed_learn_port", "admin_port"] {
            if let Some(node) = fields::present(entry, key) {
                port(node, key)?;
            }
        }
        return Ok(());
    }
    let Some(server) = fields::present(entry, "server") else { return Ok(()) };
    fields::mapping(server, "server")?;
    fields::parsed(fields::required(server, "host")?, "server.host", HostName::parse)?;
    port(fields::required(server, "fed_learn_port")?, "server.fed_learn_port")?;
    port(fields::required(server, "admin_port")?, "server.admin_port")?;
    Ok(())
}

/// A host as text, or a mapping of `name`, `host` and `port`.
fn connect_to(entry: &Node) -> Result<Option<ConnectTo>, Defect> {
    let Some(node) = fields::present(entry, "connect_to") else { return Ok(None) };
    if node.as_mapping().is_none() {
        let host = fields::parsed(node, "connect_to", HostName::parse)?;
        return Ok(Some(ConnectTo { name: None, host: Some(host), port: None }));
    }
    let host = match fields::present(node, "host") {
        Some(host) => Some(fields::parsed(host, "connect_to.host", HostName::parse)?),
        None => None,
    };
    let port = match fields::present(node, "port") {
        Some(number) => Some(port(number, "connect_to.port")?),
        None => None,
    };
    Ok(Some(ConnectTo { name: optional_text(node, "name")?, host, port }))
}

fn capacity(entry: &Node) -> Result<Capacity, Defect> {
    let Some(node) = fields::present(entry, "capacity") else { return Ok(Capacity::default()) };
    fields::mapping(node, "capacity")?;
    let count = |key: &str, shown: &str| match fields::present(node, key) {
        Some(number) => u32::try_from(fields::integer(number, shown)?)
            .map_err(|_| fields::wrong(number, shown, "a whole number that is not negative")),
        None => Ok(0),
    };
    Ok(Capacity {
        num_of_gpus: count("num_of_gpus", "capacity.num_of_gpus")?,
        mem_per_gpu_in_gib: count("mem_per_gpu_in_GiB", "capacity.mem_per_gpu_in_GiB")?,
    })
}
