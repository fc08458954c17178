//! Everything that a kit depends on.

use std::path::Path;

use zeroize::Zeroizing;

use crate::approval::VerifiedApproval;
use crate::builders::{Builders, Job, Launch, Participant, StaticFileArguments};
use crate::connection::{Connection, ConnectionSecurity};
use crate::definition::{ConnectTo, LocalSettings};
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::identity::{Identity, Kind};
use crate::names::common_name;
use crate::request::LocalRequest;

/// A verified approval and the local request that belongs to it.
pub struct KitInputs {
    pub(super) identity: Identity,
    pub(super) connection: Connection,
    pub(super) security: ConnectionSecurity,
    pub(super) local: LocalSettings,
    pub(super) static_files: StaticFileArguments,
    pub(super) certificate_pem: Vec<u8>,
    pub(super) key_pem: Zeroizing<Vec<u8>>,
    pub(super) root_pem: Vec<u8>,
    pub(super) custom_ca: Option<Vec<u8>>,
    /// The builders of the site's own.
    pub(super) job: Option<Job>,
    warnings: Vec<Warning>,
}

impl KitInputs {
    /// Brings the two together. Refuses settings that need other participants' kits or
    /// certificates. `python` is for Python builders: a path, or a name on the PATH.
    pub fn new(
        approval: &VerifiedApproval,
        request: LocalRequest,
        python: &Path,
    ) -> Result<Self, Error> {
        let identity = approval.identity().clone();
        let connection = approval.connection().clone();
        let launch = Launch { python: python.to_owned(), request_folder: request.folder.clone() };
        let definition = &request.definition;
        refuse_intermediary(&definition.local, connection.server.host.as_str())?;
        let builders = Builders::parse(definition.local.builders.as_ref())?;
        if builders.are_hosted() {
            request.refuse_others()?;
        }
        if builders.start_from_folder() {
            request.refuse_movable()?;
        }
        let static_files = builders.static_files.clone();
        let mut warnings = request.warnings;
        warnings.extend_from_slice(builders.warnings());
        let participant = Participant {
            identity: &identity,
            connection: &connection,
            definition: definition.document(),
            credentials: credentials(identity.cert_type.kind()),
        };
        let job = Job::new(builders, &participant, launch);
        let local = request.definition.local;
        let is_server = identity.cert_type.kind() == Kind::Server;
        let security = if is_server {
            local.connection_security.unwrap_or(connection.security)
        } else {
            connection.security
        };
        warnings.extend(approval.warning());
        if is_server {
            warnings.extend(override_warning(security, connection.security));
        }
        warnings.extend(other_host_warning(&local, &connection, identity.cert_type.kind()));
        Ok(Self {
            certificate_pem: approval.certificate_pem().to_vec(),
            root_pem: approval.root_pem().to_vec(),
            key_pem: request.key_pem,
            identity,
            connection,
            security,
            local,
            static_files,
            custom_ca: request.custom_ca,
            job,
            warnings,
        })
    }

    /// What the user should know about the kit.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The server certificate's CN, which the runtime compares with the peer's: the first 64
    /// characters of the host.
    pub(super) fn server_identity(&self) -> &str {
        common_name(self.connection.server.host.as_str())
    }

    /// The host and port that the participant connects to, given the approved port.
    pub(super) fn target(&self, approved_port: u16) -> (&str, u16) {
        let approved_host = self.connection.server.host.as_str();
        match &self.local.connect_to {
            Some(ConnectTo { host, port, .. }) => (
                host.as_ref().map_or(approved_host, |host| host.as_str()),
                port.map_or(approved_port, |port| port.get()),
            ),
            None => (approved_host, approved_port),
        }
    }

    /// The driver, or its asynchronous form. HTTP's is asynchronous already.
    pub(super) fn driver(&self) -> &'static str {
        use crate::connection::Scheme;
        match (self.connection.scheme, self.local.use_aio) {
            (Scheme::Grpc, true) => "agrpc",
            (Scheme::Tcp, true) => "atcp",
            (scheme, _) => scheme.as_str(),
        }
    }
}

/// A kit's certificate and key, relative to it.
pub(super) fn credentials(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Server => ("startup/server.crt", "startup/server.key"),
        Kind::Site | Kind::User => ("startup/client.crt", "startup/client.key"),
    }
}

fn refuse_intermediary(local: &LocalSettings, server: &str) -> Result<(), Error> {
    let Some((field, name)) = local.intermediary(server) else { return Ok(()) };
    Err(Error::because(
        Code::LocalSiteUnsupportedFeature,
        Reason::UnsupportedParticipant,
        format!(
            "site.yaml: {field} is '{name}', but a kit that is packaged alone can only connect to \
             the server, '{server}'"
        ),
    ))
}

/// The server may demand what its peers, configured with the project's default, do not give. The
/// seed's own example does: project `tls`, server `mtls`.
fn override_warning(server: ConnectionSecurity, peers: ConnectionSecurity) -> Option<Warning> {
    let obstacle = peers.obstacle_at(server)?;
    let mut message = format!(
        "nobody will be able to connect to this server: its connection_security is '{server}', but \
         clients and users have the project's '{peers}' ({obstacle}). Remove connection_security \
         from site.yaml in the request folder and package again with --force"
    );
    if server == ConnectionSecurity::Mtls {
        message.push_str(
            ", or, if the whole project is to use mtls, set it in project_profile.yaml and approve \
             everybody anew",
        );
    }
    Some(Warning::new(WarningCode::ConnectionSecurityMismatch, message))
}

/// A host that the approval does not name may not be in the server's certificate.
fn other_host_warning(
    local: &LocalSettings,
    connection: &Connection,
    kind: Kind,
) -> Option<Warning> {
    let host = local.connect_to.as_ref()?.host.as_ref()?;
    let approved = &connection.server.host;
    if kind == Kind::Server || host.host().is_same_host(approved.host()) {
        return None;
    }
    Some(Warning::new(
        WarningCode::ConnectToUnknownHost,
        format!(
            "connect_to names '{host}', not the approved server '{approved}': the connection works \
             only if '{host}' leads there and is in the server's certificate"
        ),
    ))
}
