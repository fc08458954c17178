//! The participant definition (seed, "Participant Definition Files"): one YAML file in which an
//! identity, which the Project Admin approves, stands beside settings that stay on the machine.
//!
//! The two never mix: a [`Site`] can be written into an archive, [`LocalSettings`] has no such
//! way out.

mod local;
mod site;

pub use local::{Capacity, ConnectTo, LocalSettings};
pub(crate) use site::forbidden_reason;
pub use site::{Site, Unapproved};

use crate::error::{Code, Defect, Error, Reason, Warning, WarningCode};
use crate::fields;
use crate::identity::{Identity, Kind};
use crate::names::{Host, shown};
use crate::profile;
use crate::yaml::{self, Dialect, Node};

/// A whole definition, as its author wrote it.
#[derive(Debug, Clone)]
pub struct Definition {
    /// What is asked to be approved.
    pub site: Site,
    /// What stays on this machine.
    pub local: LocalSettings,
    document: Node,
}

impl Definition {
    /// Reads the author's file. The defect has no code yet: the same file is read by `request`
    /// ([`Definition::request_code`]) and, from the request folder, by `package`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Defect> {
        let document = yaml::parse(bytes, Dialect::Local)?;
        if profile::is_profile(&document) {
            let message = "this is a project profile, not a participant definition";
            return Err(Defect::new(Reason::NotADefinition, message));
        }
        let site = Site::from_document(&document)?;
        let local = LocalSettings::from_document(&document, site.identity.cert_type.kind())?;
        Ok(Self { site, local, document })
    }

    /// The least definition of a participant: who it is, and a server's further hosts.
    pub(crate) fn of(identity: &Identity, host_names: &[Host]) -> Result<Self, Defect> {
        let kind = identity.cert_type.kind();
        let mut entry = Node::mapping(vec![])
            .with("name", Node::text(identity.name.as_str()))
            .with("type", Node::text(kind.participant_type()))
            .with("org", Node::text(identity.org.as_str()));
        if let Some(role) = identity.cert_type.role() {
            entry = entry.with("role", Node::text(role));
        }
        if !host_names.is_empty() {
            let hosts = host_names.iter().map(|host| Node::text(host.to_string())).collect();
            entry = entry.with("host_names", Node::sequence(hosts));
        }
        let document = Node::mapping(vec![])
            .with("name", Node::text(identity.project.as_str()))
            .with("participants", Node::sequence(vec![entry]));
        Self::parse(yaml::write(&document).as_bytes())
    }

    /// The full definition as the request folder keeps it: aliases expanded, the role in its
    /// canonical spelling, everything else as it was.
    #[must_use]
    pub fn to_local_yaml(&self) -> String {
        let mut document = self.document.clone();
        if let Some(role) = self.site.identity.cert_type.role()
            && let Some(participant) = sole_participant(&self.document)
        {
            let participant = participant.clone().with("role", Node::text(role));
            document = document.with("participants", Node::sequence(vec![participant]));
        }
        yaml::write(&document)
    }

    /// The whole of it, for the site's own builders.
    pub(crate) fn document(&self) -> &Node {
        &self.document
    }

    /// Fields that are probably misspelt, and those that only participants of another type have.
    /// Builders of the site may read any field, so one that resembles no known one is not worth a
    /// word. `place` names the file in messages.
    #[must_use]
    pub fn warnings(&self, place: &str) -> Vec<Warning> {
        let kind = self.site.identity.cert_type.kind();
        let of_document = fields::unknown(&self.document, DOCUMENT).filter_map(misplaced);
        let of_participant = sole_participant(&self.document)
            .into_iter()
            .flat_map(|entry| fields::unknown(entry, meaningful(kind)))
            .filter_map(|(node, key, meant)| meaningless(node, key, meant, kind));
        of_document.chain(of_participant).map(|warning| warning.within(place)).collect()
    }

    /// The code that a defect of a definition has at `cert request`.
    #[must_use]
    pub fn request_code(reason: Reason) -> Code {
        match reason {
            Reason::NameEmpty | Reason::NameTooLong | Reason::NameUnsafe | Reason::NameDevice => {
                Code::InvalidName
            }
            Reason::ProjectName => Code::InvalidProjectName,
            _ => Code::InvalidArgs,
        }
    }

    /// Refuses what distributed provisioning cannot do for anybody: listener certificates, relays
    /// and client hierarchies need the certificates or kits of several participants at once.
    pub fn refuse_unsupported(&self, code: Code) -> Result<(), Error> {
        self.local.refuse_unsupported().map_err(|defect| defect.code(code))
    }
}

/// The fields that mean something in a definition.
const DOCUMENT: &[&str] =
    &["name", "description", "participants", "builders", "packager", "api_version"];
/// Those that are read into the server's address, which comes with the approval.
const ENDPOINT: &[&str] = &["server", "fed_learn_port", "admin_port"];
/// Why these mean nothing.
const COMES: &str = ": the server's address comes with the approval";

/// The fields that mean something for a participant of this kind, to `request` or to `package`. Some
/// are there to be refused with a reason.
fn meaningful(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Site => &[
            "name",
            "type",
            "org",
            "auth_identity",
            "connect_to",
            "capacity",
            "allow_log_streaming",
            "use_aio",
            "custom_ca_cert",
            "listening_host",
            "parent",
        ],
        Kind::Server => &[
            "name",
            "type",
            "org",
            "host_names",
            "default_host",
            "connection_security",
            "auth_identity",
            "use_aio",
            "custom_ca_cert",
            "listening_host",
            "parent",
        ],
        Kind::User => &["name", "type", "org", "role", "connect_to", "listening_host", "parent"],
    }
}

/// The warning for a field of the document that is probably misspelt, or is the server's address.
fn misplaced((node, key, meant): (&Node, &str, Option<&str>)) -> Option<Warning> {
    if ENDPOINT.contains(&key) {
        let message = format!("{}: the field {} means nothing here{COMES}", node.at, shown(key));
        return Some(Warning::new(WarningCode::UnknownField, message));
    }
    meant.map(|meant| fields::unknown_warning(node, key, Some(meant)))
}

/// The warning for a field that means nothing for this kind: it is another's, resembles another's, or
/// is probably a misspelt one of its own.
fn meaningless(node: &Node, key: &str, meant: Option<&str>, kind: Kind) -> Option<Warning> {
    let kinds = [Kind::Site, Kind::Server, Kind::User].into_iter();
    let all: Vec<&str> = kinds.flat_map(meaningful).chain(ENDPOINT).copied().collect();
    let is_anothers = all.contains(&key);
    if !is_anothers && meant.is_some() {
        return Some(fields::unknown_warning(node, key, meant));
    }
    if !is_anothers && fields::meant(key, &all).is_none() {
        return None;
    }
    let whose = match kind {
        Kind::Site => "a client",
        Kind::Server => "a server",
        Kind::User => "an admin",
    };
    let why = match ENDPOINT.contains(&key) {
        true => COMES,
        false => "",
    };
    let message = format!("{}: the field {} means nothing for {whose}{why}", node.at, shown(key));
    Some(Warning::new(WarningCode::UnknownField, message))
}

/// The one entry of `participants`, where there is exactly one.
fn sole_participant(document: &Node) -> Option<&Node> {
    match document.get("participants")?.as_sequence()? {
        [one] => Some(one),
        _ => None,
    }
}

/// The one entry of `participants`, which must be a mapping.
fn participant(document: &Node) -> Result<&Node, Defect> {
    fields::mapping(document, "the definition")?;
    let list = fields::required(document, "participants")?;
    let entries = list.as_sequence().ok_or_else(|| {
        fields::wrong(list, "participants", "a list with one entry, which begins with '- '")
    })?;
    match entries {
        [one] => fields::mapping(one, "participants[0]"),
        _ => Err(fields::at(
            list,
            Defect::new(
                Reason::NotOneParticipant,
                format!("'participants' has {} entries, but must have exactly one", entries.len()),
            ),
        )),
    }
}

/// A field that the participant must have, and the document has not. One that the document has all
/// the same lacks its indentation.
fn of_participant<'n>(document: &Node, entry: &'n Node, key: &str) -> Result<&'n Node, Defect> {
    let mut outside = document.as_mapping().unwrap_or_default().iter().map(|(key, _)| key);
    match outside.find(|node| node.as_text() == Some(key)) {
        Some(node) if entry.get(key).is_none() => {
            let message = format!(
                "the field '{key}' stands outside of 'participants', and must be indented like the \
                 first field in line {}",
                entry.at.line
            );
            Err(fields::at(node, Defect::new(Reason::FieldMissing, message)))
        }
        _ => fields::required(entry, key),
    }
}

/// The kind that a definition's `type` means.
fn kind_of_type(node: &Node) -> Result<Kind, Defect> {
    match fields::text(node, "type")? {
        "client" => Ok(Kind::Site),
        "server" => Ok(Kind::Server),
        "admin" => Ok(Kind::User),
        "relay" => Err(fields::at(
            node,
            Defect::new(
                Reason::UnsupportedParticipant,
                "a relay needs a listener certificate, which distributed provisioning does not \
                 issue",
            ),
        )),
        other => Err(fields::at(
            node,
            Defect::new(
                Reason::FieldValue,
                format!(
                    "'type' is {}, but must be client (a site), server, or admin (a user)",
                    shown(other)
                ),
            ),
        )),
    }
}

#[cfg(test)]
mod tests;
