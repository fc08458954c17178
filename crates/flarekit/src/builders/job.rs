//! Running the steps in order, and the JSON that every builder gets.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::program;
use super::python::{self, Python};
use super::steps::{Step, in_order};
use super::{Builders, block};
use crate::connection::Connection;
use crate::error::{Code, Error, Reason, Warning};
use crate::identity::{Identity, Kind};
use crate::json;
use crate::yaml::{self, Node};

/// Where builders find what they need on this machine.
pub(crate) struct Launch {
    /// The Python for classes: a path, or a name that is looked for on the PATH.
    pub python: PathBuf,
    /// The request folder, in which relative programs are looked for.
    pub request_folder: PathBuf,
}

/// A step that this program does itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Native {
    /// Certificate, key and root certificate.
    Certificates,
    /// All other files of the plan.
    StaticFiles,
}

/// What the builders are told about the participant.
pub(crate) struct Participant<'a> {
    /// Who was approved.
    pub identity: &'a Identity,
    /// What was approved about the server.
    pub connection: &'a Connection,
    /// Its definition, as the request folder has it.
    pub definition: &'a Node,
    /// Certificate and key, relative to the kit.
    pub credentials: (&'static str, &'static str),
}

/// The directory in which the builders work.
pub(crate) struct Workplace<'a> {
    /// All of it.
    pub directory: &'a Path,
    /// The kit in it.
    pub kit: &'a Path,
}

/// Builders of the user's own, and what they are told.
pub(crate) struct Job {
    builders: Builders,
    launch: Launch,
    credentials: (&'static str, &'static str),
    facts: Map<String, Value>,
}

impl Job {
    /// The job, unless all builders are native.
    pub fn new(builders: Builders, participant: &Participant<'_>, launch: Launch) -> Option<Self> {
        builders.are_hosted().then(|| Self {
            builders,
            launch,
            credentials: participant.credentials,
            facts: facts(participant),
        })
    }

    /// The builders, as the definition names them.
    pub fn own(&self) -> Vec<String> {
        self.builders.own()
    }

    /// Takes the steps in order. What the builders want to be known comes back.
    pub fn run(
        &self,
        place: &Workplace<'_>,
        native: &mut dyn FnMut(Native) -> Result<(), Error>,
    ) -> Result<Vec<Warning>, Error> {
        let message = self.message(place)?;
        let steps = &self.builders.steps;
        let folder = &self.launch.request_folder;
        for step in steps {
            if let Step::Program { words } = step {
                program::refuse_exposed(words, folder)?;
            }
        }
        if self.builders.need_python() {
            let mut python = Python::start(&self.launch.python, &message)?;
            return python.converse(|wish| match wish {
                python::Wish::Certificates => native(Native::Certificates),
                python::Wish::StaticFiles => native(Native::StaticFiles),
                python::Wish::Program(at) => match steps.get(at) {
                    Some(Step::Program { words }) => {
                        program::run(words, folder, place, self.message(place)?)
                    }
                    _ => Err(python::unexpected("a program that is not listed")),
                },
            });
        }
        for step in in_order(steps.clone()) {
            match step {
                Step::Certificates => native(Native::Certificates)?,
                Step::StaticFiles { .. } => native(Native::StaticFiles)?,
                Step::Program { words } => {
                    program::run(&words, folder, place, self.message(place)?)?;
                }
                // Where one is listed, Python takes the steps.
                Step::Python { .. } => {}
            }
        }
        Ok(Vec::new())
    }

    fn message(&self, place: &Workplace<'_>) -> Result<String, Error> {
        let (Some(directory), Some(kit)) = (place.directory.to_str(), place.kit.to_str()) else {
            let shown = place.kit.display();
            let message = format!("builders cannot work in {shown}: its path is not UTF-8");
            return Err(Error::because(Code::BuildFailed, Reason::BuilderFailed, message));
        };
        let path = |relative: &str| format!("{kit}/{relative}");
        let (certificate, key) = self.credentials;
        let mut message = self.facts.clone();
        let kit = json!({
            "directory": kit,
            "startup": path("startup"),
            "local": path("local"),
            "transfer": path("transfer"),
            "certificate": path(certificate),
            "key": path(key),
            "root_certificate": path("startup/rootCA.pem"),
        });
        message.insert("kit".to_owned(), kit);
        message.insert("work_directory".to_owned(), json!(directory));
        message.insert("workspace_builder".to_owned(), json!(self.builders.workspace));
        message.insert("coordinated".to_owned(), json!(block::COORDINATED));
        message.insert("steps".to_owned(), self.builders.steps.iter().map(step).collect());
        Ok(format!("{}\n", Value::Object(message)))
    }
}

fn step(step: &Step) -> Value {
    match step {
        Step::Certificates => json!({"kind": "certificates"}),
        Step::StaticFiles { entry: None } => json!({"kind": "static_files"}),
        Step::StaticFiles { entry } => json!({"kind": "static_files", "entry": entry}),
        Step::Python { entry, path } => json!({"kind": "python", "entry": entry, "path": path}),
        Step::Program { words } => json!({"kind": "program", "exec": words}),
    }
}

fn facts(participant: &Participant<'_>) -> Map<String, Value> {
    let Participant { identity, connection, definition, .. } = participant;
    let kind = identity.cert_type.kind();
    let entry = definition.get("participants").and_then(Node::as_sequence).unwrap_or_default();
    let properties = entry.first().cloned().unwrap_or_else(|| Node::mapping(vec![]));
    let server = &connection.server;
    json::object_of(json!({
        "protocol": 1,
        "project": identity.project.as_str(),
        "participant": {
            "name": identity.name.as_str(),
            "type": kind.participant_type(),
            "org": identity.org.as_str(),
            "role": identity.cert_type.role(),
            "properties": value(&properties.without("name").without("type").without("org")),
        },
        "is_server": kind == Kind::Server,
        "server": {
            "host": server.host.as_str(),
            "fed_learn_port": server.fed_learn_port.get(),
            "admin_port": server.admin_port.get(),
        },
        "scheme": connection.scheme.as_str(),
        "connection_security": connection.security.as_str(),
        "site_yaml": yaml::write(definition),
    }))
}

/// A value of YAML in JSON, where dates and numbers out of its range are text.
fn value(node: &Node) -> Value {
    if let Some(items) = node.as_sequence() {
        return items.iter().map(value).collect();
    }
    if let Some(pairs) = node.as_mapping() {
        let pairs = pairs
            .iter()
            .map(|(key, inner)| (key.plain_text().unwrap_or_default().to_owned(), value(inner)));
        return Value::Object(pairs.collect());
    }
    if node.is_null() {
        return Value::Null;
    }
    let text = node.plain_text().unwrap_or_default();
    if node.as_text().is_some() {
        return text.into();
    }
    let number = || text.replace('_', "").parse::<f64>().ok().filter(|_| node.is_float());
    match (node.as_bool(), node.as_integer()) {
        (Some(truth), _) => truth.into(),
        (_, Some(integer)) => integer.into(),
        _ => number().map_or_else(|| text.into(), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::value;
    use crate::yaml::{self, Dialect};
    use serde_json::json;

    #[test]
    fn values_keep_their_types() {
        let text = "{a: 1, b: yes, c: ~, d: [x, '2', 1.5], e: {f: 2020-01-01, g: .inf}, h: ''}";
        let node = yaml::parse(text.as_bytes(), Dialect::Local).unwrap();
        let expected = json!({
            "a": 1, "b": true, "c": null, "d": ["x", "2", 1.5],
            "e": {"f": "2020-01-01", "g": ".inf"}, "h": "",
        });
        assert_eq!(value(&node), expected);
    }
}
