//! A startup kit, ours or NVFlare's: whether the runtime can work with it, and whether its parts
//! belong together.

mod certificates;
mod configuration;
mod folder;
mod holder;
mod revocation;
mod scripts;

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Checks;
use super::connection::{REACH, check_connection};
use crate::approval::RootTrust;
use crate::connection::ConnectionSecurity;
use crate::error::{Defect, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::Kind;
use crate::json::object_of;
use crate::names::{HostName, Port, common_name};
use crate::pki::{AltName, Certificate, PrivateKey};
use crate::time::Timestamp;
use certificates::Credentials;
pub(crate) use configuration::CONFIGURATIONS;
use configuration::Configuration;
use folder::KitFolder;
pub(crate) use holder::KitHolder;
pub use revocation::read_revocation_list;

/// A kit that was looked over.
pub struct CheckedKit {
    /// What the kit says about itself.
    pub facts: Map<String, Value>,
    /// What was checked.
    pub checks: Checks,
    /// What a connection takes, if the kit has all of it.
    dial: Option<Dial>,
    /// The certificates, for what is compared with them.
    root: Option<Certificate>,
    leaf: Option<Certificate>,
}

/// How a kit's participant connects to the server.
pub(super) struct Dial {
    /// NVFlare's driver, as written: "grpc", "agrpc".
    pub driver: String,
    /// The server's host.
    pub host: HostName,
    /// The server's port, for jobs or for users.
    pub port: Port,
    /// How the connection is secured.
    pub security: ConnectionSecurity,
    /// The CN that the runtime demands of the server's certificate.
    pub server_identity: Option<String>,
    /// The root certificate.
    pub root: Certificate,
    /// The participant's certificate.
    pub certificate: Certificate,
    /// The participant's private key.
    pub key: PrivateKey,
}

impl CheckedKit {
    /// Adds the checks of the connection to the server. Without a `timeout` for each of its steps,
    /// nothing is connected to.
    pub fn connect(&mut self, timeout: Option<Duration>, now: Timestamp) {
        match (timeout, self.dial.take()) {
            (None, _) => {
                self.checks.skipped(REACH, "add --connect to see whether the server answers")
            }
            (_, None) => self.checks.skipped(REACH, "the kit lacks what a connection takes"),
            (Some(timeout), Some(dial)) => {
                self.checks.append(check_connection(dial, timeout, now));
            }
        }
    }
}

/// Looks a kit over.
///
/// # Errors
/// When the path holds no kit, or cannot be read at all. What is wrong inside is a check that
/// failed.
pub fn check_kit(path: &Path, trust: RootTrust, now: Timestamp) -> Result<CheckedKit, Error> {
    let folder = KitFolder::read(path)?;
    let mut checks = Checks::default();
    folder.check_files(&mut checks);
    folder.check_modes(&mut checks);
    folder.check_json(&mut checks);
    let configuration = configuration(&mut checks, &folder);
    let credentials = Credentials::read(&mut checks, &folder);
    check_fingerprint(&mut checks, credentials.root.as_ref(), trust);
    credentials.check(&mut checks, folder.kind, now);
    if let Some(configuration) = &configuration {
        credentials.check_identity(&mut checks, folder.kind, configuration);
        check_endpoint(&mut checks, folder.kind, configuration, credentials.leaf.as_ref());
    }
    let subject = credentials.leaf.as_ref().map(Certificate::subject);
    scripts::check(&mut checks, &folder, subject);
    Ok(CheckedKit {
        facts: facts(folder.kind, configuration.as_ref(), &credentials),
        checks,
        root: credentials.root.clone(),
        leaf: credentials.leaf.clone(),
        dial: dial(configuration, credentials),
    })
}

fn configuration(checks: &mut Checks, folder: &KitFolder) -> Option<Configuration> {
    let file = folder.startup(folder.configuration)?;
    match Configuration::parse(&file.bytes, folder.kind) {
        Ok(configuration) => Some(configuration),
        Err(defect) => {
            checks.failed("configuration", defect.within(folder.configuration));
            None
        }
    }
}

fn check_fingerprint(checks: &mut Checks, root: Option<&Certificate>, trust: RootTrust) {
    const NAME: &str = "fingerprint";
    let Some(root) = root else { return };
    let found = Fingerprint::from_digest(root.sha256());
    match trust {
        RootTrust::Unpinned => checks.skipped(NAME, super::zip::unpinned(&found)),
        RootTrust::Pinned(expected) if expected == found => {
            checks.ok(NAME, "the root certificate is the expected one");
        }
        RootTrust::Pinned(expected) => checks.failed(
            NAME,
            Defect::new(
                Reason::ExpectedFingerprint,
                format!("rootCA.pem has {found}, but the expected fingerprint is {expected}"),
            ),
        ),
    }
}

/// A server must be certified for the host that it says it is. Whether a site's or a user's kit
/// names a host of the server's certificate is seen when it connects.
fn check_endpoint(
    checks: &mut Checks,
    kind: Kind,
    configuration: &Configuration,
    leaf: Option<&Certificate>,
) {
    const NAME: &str = "endpoint";
    let host = &configuration.host;
    if kind != Kind::Server {
        let identity = configuration.server_identity.as_deref();
        match identity.filter(|identity| *identity != common_name(host.as_str())) {
            Some(identity) => checks.warning(
                NAME,
                format!(
                    "it connects to '{host}', while the server is '{identity}': this works only \
                     if '{host}' leads there and is in the server's certificate"
                ),
            ),
            None => checks.ok(NAME, format!("it connects to {host}:{}", configuration.port)),
        }
        return;
    }
    let Some(leaf) = leaf else { return };
    let names = leaf.alt_names();
    if names.contains(&AltName::from(host.host())) {
        checks.ok(NAME, format!("the certificate is for {host}"));
        return;
    }
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    checks.failed(
        NAME,
        Defect::new(
            Reason::KitEndpoint,
            format!("the server is '{host}', but its certificate is for {}", names.join(", ")),
        ),
    );
}

fn facts(
    kind: Kind,
    configuration: Option<&Configuration>,
    credentials: &Credentials,
) -> Map<String, Value> {
    let mut facts = object_of(json!({"kind": kind.as_str()}));
    if let Some(configuration) = configuration {
        let Configuration { driver, host, port, .. } = configuration;
        facts.append(&mut object_of(json!({
            "name": configuration.name,
            "project": configuration.project,
            "endpoint": format!("{driver}://{host}:{port}"),
            "connection_security": configuration.security.as_str(),
        })));
    }
    if let Some(leaf) = &credentials.leaf {
        let subject = leaf.subject();
        facts.insert("org".to_owned(), json!(subject.organization));
        facts.insert("cert_type".to_owned(), json!(subject.unstructured_name));
    }
    if let Some(leaf) = &credentials.leaf {
        facts.append(&mut crate::inspect::certificate_facts(leaf));
    }
    if let Some(root) = &credentials.root {
        facts.append(&mut crate::inspect::root_facts(root));
    }
    facts
}

fn dial(configuration: Option<Configuration>, credentials: Credentials) -> Option<Dial> {
    let Configuration { driver, host, port, security, server_identity, .. } = configuration?;
    let Credentials { root, leaf, key } = credentials;
    let (root, certificate, key) = (root?, leaf?, key?);
    Some(Dial { driver, host, port, security, server_identity, root, certificate, key })
}
