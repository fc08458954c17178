//! The commands: each takes its arguments and the environment, and returns what it has to report.

mod approve;
mod audit;
mod completions;
mod crl;
mod denied;
mod deny;
mod expiring;
mod init;
mod inspect;
mod list;
mod package;
mod policy;
mod request;
mod review;
mod revoke;
mod verify;

use std::path::Path;

use flarekit::approval::RootTrust;
use flarekit::audit::AuditOutcome;
use flarekit::error::{Code, Error, Warning, WarningCode};
use flarekit::fingerprint::Fingerprint;
use flarekit::identity::Identity;
use flarekit::pki::{Certificate, FILE_LIMIT};
use flarekit::time::Timestamp;
use flarekit::{files, yaml};

use crate::cli::{AuditCommand, CertCommand, Command, PolicyCommand};
use crate::environment::Environment;
use crate::error::Failure;
use crate::output::{Answer, Format, Report};

/// What stands in the way of an answer on a shared drive: as with the reference, zips have the mode 0600.
const ONLY_YOURS: &str = "Only you can read the file: on a shared drive, run 'chmod 644' on it.";

/// Runs the command that was asked for.
pub fn run(
    command: &Command,
    environment: &Environment,
    format: Format,
) -> Result<Answer, Failure> {
    let report = match command {
        Command::Cert { command: CertCommand::Init(args) } => init::run(args, environment),
        Command::Cert { command: CertCommand::Request(args) } => request::run(args, environment),
        Command::Cert { command: CertCommand::Approve(args) } => {
            return approve::run(args, environment, format).map_err(Failure::from);
        }
        Command::Cert { command: CertCommand::Deny(args) } => deny::run(args, environment),
        Command::Cert { command: CertCommand::Revoke(args) } => {
            return revoke::run(args, environment).map_err(Failure::from);
        }
        Command::Cert { command: CertCommand::Crl(args) } => crl::run(args, environment),
        Command::Cert { command: CertCommand::List(args) } => {
            return list::run(args, environment, format).map_err(Failure::from);
        }
        Command::Cert { command: CertCommand::Expiring(args) } => {
            return expiring::run(args, environment, format).map_err(Failure::from);
        }
        Command::Package(args) => {
            return package::run(args, environment).map(Answer::Report);
        }
        Command::Inspect(args) => inspect::run(args, environment),
        Command::Verify(args) => return verify::run(args, environment).map(Answer::Report),
        Command::Audit { command: AuditCommand::Verify(args) } => audit::verify(args),
        Command::Audit { command: AuditCommand::Export(args) } => {
            return audit::export(args, format).map_err(Failure::from);
        }
        Command::Policy { command: PolicyCommand::Check(args) } => {
            return policy::check(args).map_err(Failure::from);
        }
        Command::Completions(args) => return Ok(completions::run(args, environment)),
    };
    report.map(Answer::Report).map_err(Failure::from)
}

/// Reads a profile or a definition that the user named.
fn read_text_file(path: &Path) -> Result<Vec<u8>, Error> {
    files::read_named(path, yaml::MAX_BYTES as u64)
        .map(|file| file.bytes)
        .map_err(|error| error.code(Code::InvalidArgs))
}

/// Reads a certificate that the user named.
fn read_certificate(path: &Path) -> Result<Certificate, Error> {
    let file = files::read_named(path, FILE_LIMIT).map_err(|e| e.code(Code::InvalidArgs))?;
    let parse = if file.bytes.starts_with(b"-----BEGIN") {
        Certificate::from_pem
    } else {
        Certificate::from_der
    };
    parse(&file.bytes).map_err(|defect| defect.within(path.display()).code(Code::InvalidArgs))
}

/// Reads an archive that the user named.
fn read_archive(path: &Path, limit: u64, missing: Code, unusable: Code) -> Result<Vec<u8>, Error> {
    files::read_named(path, limit).map(|file| file.bytes).map_err(|error| {
        if error.not_found() {
            Error::new(missing, format!("there is no file {}", path.display()))
        } else {
            error.code(unusable)
        }
    })
}

/// How the root certificate is trusted, by the option `--fingerprint`.
fn root_trust(fingerprint: Option<&str>) -> Result<RootTrust, Error> {
    let Some(text) = fingerprint else { return Ok(RootTrust::Unpinned) };
    Fingerprint::parse(text)
        .map(RootTrust::Pinned)
        .map_err(|defect| defect.within("--fingerprint").code(Code::InvalidRootcaFingerprint))
}

/// The warning about a certificate that ends within a month. `whose` names it, `next` is what can be
/// done about it.
fn ends_soon(
    whose: &str,
    certificate: &Certificate,
    now: Timestamp,
    next: &str,
) -> Option<Warning> {
    const DAYS: u32 = 30;
    let end = certificate.not_after();
    now.plus_days(DAYS).is_some_and(|limit| end <= limit).then(|| {
        let message = format!("{whose} ends soon, on {end}{next}");
        Warning::new(WarningCode::CertificateEndsSoon, message)
    })
}

/// Who somebody is.
fn identity_fields(report: &mut Report, identity: &Identity) {
    report.field("name", identity.name.as_str());
    report.field("project", identity.project.as_str());
    report.field("org", identity.org.as_str());
    report.field("kind", identity.cert_type.kind().as_str());
    report.field("cert_role", identity.cert_type.role());
    report.field("cert_type", identity.cert_type.as_str());
}

/// The path of a record, or that there is none.
fn audit_field(outcome: &AuditOutcome) -> String {
    match outcome {
        AuditOutcome::Written(path) => path.display().to_string(),
        AuditOutcome::NotWritten(_) => "(not written)".to_owned(),
    }
}
