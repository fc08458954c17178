//! Admitting a verified request to this CA under this profile.

use super::VerifiedRequest;
use crate::ca::{CertAuthority, leaf_profile};
use crate::connection::Connection;
use crate::error::{Code, Error, Origin, Reason, Warning, WarningCode};
use crate::identity::Kind;
use crate::names::{Host, shown};
use crate::pki::{AltName, Certificate};
use crate::profile::ProjectProfile;
use crate::request::renewal_refused;

/// A request that this CA may sign under this profile, and for which hosts.
#[derive(Debug)]
pub struct AdmittedRequest {
    request: VerifiedRequest,
    alt_names: Vec<AltName>,
    connection: Connection,
    warnings: Vec<Warning>,
}

impl AdmittedRequest {
    /// Admits the request, or says what stands against it.
    pub fn admit(
        request: VerifiedRequest,
        ca: &CertAuthority,
        profile: &ProjectProfile,
    ) -> Result<Self, Error> {
        check_project(&request, ca, profile)?;
        ca.verify_root()
            .map_err(|defect| defect.within("rootCA.pem").code(Code::CertSigningFailed))?;
        check_name(&request, &profile.connection)?;
        check_renewal(&request, ca.certificate())?;
        let alt_names = alt_names(&request, &profile.connection);
        let mut warnings = request.warnings().to_vec();
        warnings.extend(root_warning(ca.certificate()));
        warnings.extend(single_labels(&request, &profile.connection));
        Ok(Self { request, alt_names, connection: profile.connection.clone(), warnings })
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &VerifiedRequest {
        &self.request
    }

    /// The hosts and names that the certificate will be valid for.
    #[must_use]
    pub fn alt_names(&self) -> &[AltName] {
        &self.alt_names
    }

    /// The connection parameters of the profile.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What the approver should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// A root whose issuer is not its own subject, as `nvflare cert init --org` makes it, is no trust
/// anchor for every TLS library.
pub(super) fn root_warning(root: &Certificate) -> Option<Warning> {
    (!root.names_itself()).then(|| {
        Warning::new(
            WarningCode::RootNamesAnotherIssuer,
            "the root certificate names another issuer than itself, as 'nvflare cert init --org' \
             makes it: under the tcp and http schemes, connections can fail. Only a new CA mends \
             that",
        )
    })
}

/// One federation: the request's, `ca.json`'s, the root certificate's and the profile's.
fn check_project(
    request: &VerifiedRequest,
    ca: &CertAuthority,
    profile: &ProjectProfile,
) -> Result<(), Error> {
    let project = &request.metadata().identity.project;
    let refuse = |code: Code, what: String| {
        Err(Error::new(code, format!("the request is for project '{project}', {what}")))
    };
    let recorded = &ca.metadata().project;
    if recorded != project {
        return refuse(Code::ProjectCaMismatch, format!("but ca.json is of '{recorded}'"));
    }
    let subject = &ca.certificate().subject().common_name;
    if subject != project.as_str() {
        return refuse(
            Code::ProjectCaMismatch,
            format!("but the root certificate's CN is {}", shown(subject)),
        );
    }
    check_profile(request, profile)
}

/// The request is for the federation of the profile.
pub(super) fn check_profile(
    request: &VerifiedRequest,
    profile: &ProjectProfile,
) -> Result<(), Error> {
    let project = &request.metadata().identity.project;
    if &profile.name == project {
        return Ok(());
    }
    Err(Error::new(
        Code::ProjectProfileMismatch,
        format!("the request is for project '{project}', but the profile is of '{}'", profile.name),
    ))
}

/// The server carries the approved host's name, and nobody else does: a certificate with that name
/// would let its holder pose as the server.
pub(super) fn check_name(request: &VerifiedRequest, connection: &Connection) -> Result<(), Error> {
    let identity = &request.metadata().identity;
    let host = &connection.server.host;
    if identity.cert_type.kind() == Kind::Server {
        if identity.name.as_str() == host.as_str() {
            return Ok(());
        }
        return Err(Error::new(
            Code::ServerNameHostMismatch,
            format!(
                "the server is named '{}', but server.host in the profile is '{host}'",
                identity.name
            ),
        ));
    }
    if identity.name.is_same_when_folded(host.as_str()) {
        return Err(Error::because(
            Code::NameReserved,
            Reason::ServerNameTaken,
            format!(
                "a participant of type {} asks for the name '{}', which is the server's",
                identity.cert_type, identity.name
            ),
        ));
    }
    Ok(())
}

/// The certificate whose key vouches for the request must be one that this CA issued.
fn check_renewal(request: &VerifiedRequest, root: &Certificate) -> Result<(), Error> {
    let Some(renewal) = &request.metadata().renewal else { return Ok(()) };
    let profile = leaf_profile(request.metadata().identity.cert_type);
    let certificate = renewal.certificate();
    certificate
        .verify_issued_by(root)
        .and_then(|()| certificate.verify_leaf_profile(profile))
        .map_err(|defect| {
            let what = format!("this CA did not issue certificate {}", certificate.serial());
            renewal_refused(defect.within(what)).of(Origin::RequestZip)
        })
}

/// The subject alternative names: a server's approved host first, then its further hosts; for
/// anybody else the name, as the reference has it.
pub(super) fn alt_names(request: &VerifiedRequest, connection: &Connection) -> Vec<AltName> {
    let identity = &request.metadata().identity;
    if identity.cert_type.kind() != Kind::Server {
        return vec![AltName::Dns(identity.name.as_str().to_owned())];
    }
    server_hosts(request, connection).map(AltName::from).collect()
}

fn server_hosts<'a>(
    request: &'a VerifiedRequest,
    connection: &'a Connection,
) -> impl Iterator<Item = &'a Host> {
    let approved = connection.server.host.host();
    let further = request.site().host_names.iter().filter(move |host| !host.is_same_host(approved));
    std::iter::once(approved).chain(further)
}

/// Single-label names other than the server's own: they mean different machines in different
/// networks.
fn single_labels(request: &VerifiedRequest, connection: &Connection) -> Option<Warning> {
    if request.metadata().identity.cert_type.kind() != Kind::Server {
        return None;
    }
    let names: Vec<String> = server_hosts(request, connection)
        .skip(1)
        .filter(|host| host.is_single_label())
        .map(ToString::to_string)
        .collect();
    if names.is_empty() {
        return None;
    }
    Some(Warning::new(
        WarningCode::SingleLabelHost,
        format!(
            "the certificate is valid for names without a domain, which mean another machine in \
             another network: {}",
            names.join(", ")
        ),
    ))
}
