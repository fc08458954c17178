//! The part of a definition that leaves the machine: an allow-list.

use super::{kind_of_type, of_participant, participant};
use crate::archive::contains_private_key;
use crate::error::{Defect, Reason};
use crate::fields;
use crate::identity::{CertType, Identity, Kind};
use crate::names::{Host, HostName, Org, ParticipantName, ProjectName, shown};
use crate::yaml::{self, Dialect, Node, Value};

/// Fields of the document and of the participant that an approval may carry, and nothing else.
const DOCUMENT_FIELDS: &[&str] = &["name", "description", "participants"];
const PARTICIPANT_FIELDS: &[&str] = &["name", "type", "org"];

/// What the Project Admin is asked to approve: the sanitized `site.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Who it is.
    pub identity: Identity,
    /// Further hosts for a server's certificate, in the order given, without repeats. Nobody else
    /// has any.
    pub host_names: Vec<Host>,
    /// A server's default host. The profile's host wins everywhere; it is carried for the record.
    pub default_host: Option<HostName>,
    /// Whether `host_names` was one text and not a list, so that the copy looks like the original.
    one_host_as_text: bool,
    description: Option<Node>,
    unapproved: Unapproved,
    forbidden: Vec<&'static str>,
}

/// Fields outside the allow-list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unapproved {
    /// The first of them.
    pub named: Vec<String>,
    /// How many there are.
    pub count: usize,
}

/// So many are named. A stranger could send thousands, in many requests that wait in memory.
const NAMED: usize = 10;

impl Site {
    /// Reads the `site.yaml` of an archive: another party's bytes.
    pub fn parse_archived(bytes: &[u8]) -> Result<Self, Defect> {
        Self::from_document(&yaml::parse(bytes, Dialect::Archive)?)
    }

    /// Takes the approved fields out of a definition.
    pub(super) fn from_document(document: &Node) -> Result<Self, Defect> {
        let entry = participant(document)?;
        let project =
            fields::parsed(fields::required(document, "name")?, "name", ProjectName::parse)?;
        let field = |key| of_participant(document, entry, key);
        let kind = kind_of_type(field("type")?)?;
        let cert_type = match kind {
            Kind::Site => CertType::Client,
            Kind::Server => CertType::Server,
            Kind::User => fields::parsed(field("role")?, "role", CertType::parse_role)?,
        };
        let name = fields::parsed(fields::required(entry, "name")?, "name", |text| {
            ParticipantName::parse(text, cert_type)
        })?;
        let org = fields::parsed(field("org")?, "org", Org::parse)?;
        let default_host = match fields::present(entry, "default_host") {
            Some(node) => Some(fields::parsed(node, "default_host", HostName::parse)?),
            None => None,
        };
        // Whoever else writes them must write them well, and asks for nothing with them.
        let is_server = kind == Kind::Server;
        let host_names = host_names(entry)?;
        Ok(Self {
            identity: Identity { project, name, org, cert_type },
            host_names: if is_server { host_names } else { vec![] },
            one_host_as_text: entry.get("host_names").is_some_and(|node| node.as_text().is_some()),
            default_host: default_host.filter(|_| is_server),
            description: description(document)?,
            unapproved: unapproved(document, entry, kind),
            forbidden: forbidden(entry),
        })
    }

    /// The sanitized copy: the text of `site.yaml` in an archive.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let identity = &self.identity;
        let kind = identity.cert_type.kind();
        let mut entry = Node::mapping(vec![])
            .with("name", Node::text(identity.name.as_str()))
            .with("type", Node::text(kind.participant_type()))
            .with("org", Node::text(identity.org.as_str()));
        if let Some(role) = identity.cert_type.role() {
            entry = entry.with("role", Node::text(role));
        }
        if kind == Kind::Server {
            if !self.host_names.is_empty() {
                entry = entry.with("host_names", self.host_names_node());
            }
            if let Some(host) = &self.default_host {
                entry = entry.with("default_host", Node::text(host.as_str()));
            }
        }
        let mut document =
            Node::mapping(vec![]).with("name", Node::text(identity.project.as_str()));
        if let Some(description) = &self.description {
            document = document.with("description", description.clone());
        }
        yaml::write(&document.with("participants", Node::sequence(vec![entry])))
    }

    fn host_names_node(&self) -> Node {
        let mut hosts = self.host_names.iter().map(|host| Node::text(host.to_string()));
        match hosts.next() {
            Some(only) if self.one_host_as_text => only,
            first => Node::sequence(first.into_iter().chain(hosts).collect()),
        }
    }

    /// Fields of the document outside the allow-list. They are never copied.
    #[must_use]
    pub fn unapproved_fields(&self) -> &Unapproved {
        &self.unapproved
    }

    /// Fields among those that make an approval copy unacceptable, because an approver could take
    /// them for approved: `connection_security`, `listening_host`, and the endpoint fields that
    /// come from the profile.
    #[must_use]
    pub fn forbidden_fields(&self) -> &[&'static str] {
        &self.forbidden
    }
}

/// Longest description, in bytes: room for a page of text, which is all that anybody would read.
const DESCRIPTION: usize = 4096;
/// Most further hosts of a server. Certificates are sent at every connection.
const HOSTS: usize = 100;

/// Free text for people; any scalar is carried as it stands.
fn description(document: &Node) -> Result<Option<Node>, Defect> {
    let Some(node) = fields::present(document, "description") else { return Ok(None) };
    if !matches!(node.value, Value::Scalar(_)) {
        return Err(fields::wrong(node, "description", "text"));
    }
    let text = node.plain_text().unwrap_or_default();
    let refuse = |what: &str| {
        let defect = Defect::new(Reason::FieldValue, format!("'description' {what}"));
        Err(fields::at(node, defect))
    };
    if text.len() > DESCRIPTION {
        return refuse("is longer than 4096 bytes");
    }
    if contains_private_key(text.as_bytes()) {
        return refuse("holds a private key, which must never be sent");
    }
    Ok(Some(node.clone()))
}

/// `host_names`: a list of hosts, or one as text.
fn host_names(entry: &Node) -> Result<Vec<Host>, Defect> {
    let Some(node) = entry.get("host_names") else { return Ok(vec![]) };
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        Value::Scalar(_) if !node.is_null() => std::slice::from_ref(node),
        _ => return Err(fields::wrong(node, "host_names", "a list of host names")),
    };
    if items.len() > HOSTS {
        let message =
            format!("'host_names' has {} entries, at most {HOSTS} are accepted", items.len());
        return Err(fields::at(node, Defect::new(Reason::FieldValue, message)));
    }
    let mut hosts: Vec<Host> = Vec::new();
    for item in items {
        let host = fields::parsed(item, "host_names", Host::parse)?;
        if !hosts.iter().any(|known| known.is_same_host(&host)) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

fn unapproved(document: &Node, entry: &Node, kind: Kind) -> Unapproved {
    let extra: &[&str] = match kind {
        Kind::Site => &[],
        Kind::Server => &["host_names", "default_host"],
        Kind::User => &["role"],
    };
    let mut fields = Unapproved::default();
    let mut outside = |node: &Node, allowed: &[&str], prefix: &str| {
        let keys = node.as_mapping().unwrap_or_default().iter();
        for key in keys.filter_map(|(key, _)| key.as_text()).filter(|key| !allowed.contains(key)) {
            fields.count += 1;
            if fields.named.len() < NAMED {
                fields.named.push(format!("{prefix}{}", plain_key(key)));
            }
        }
    };
    outside(document, DOCUMENT_FIELDS, "");
    let allowed: Vec<&str> = PARTICIPANT_FIELDS.iter().chain(extra).copied().collect();
    outside(entry, &allowed, "participants[0].");
    fields
}

/// A key as messages show it: as it is where it looks like one, else quoted and escaped.
fn plain_key(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain && !key.is_empty() && key.len() <= 80 { key.to_owned() } else { shown(key) }
}

fn forbidden(entry: &Node) -> Vec<&'static str> {
    ["connection_security", "listening_host", "server", "fed_learn_port", "admin_port"]
        .into_iter()
        .filter(|key| entry.get(key).is_some())
        .collect()
}

/// The reasons for which a forbidden field is refused.
pub(crate) fn forbidden_reason(field: &str) -> Reason {
    match field {
        "listening_host" => Reason::ListeningHost,
        _ => Reason::FieldNotAccepted,
    }
}
