//! What `package` says about a denied zip.

use flarekit::approval::{RootTrust, VerifiedDenial};
use flarekit::audit::AuditDirectory;
use flarekit::error::{Code, Error, Reason};
use flarekit::request::{RequestFolder, Search};

use super::package::about_trust;
use crate::cli::PackageArgs;
use crate::error::Failure;
use crate::output::Report;

/// Who denied which request when and why, and whether it is the one of this machine.
pub fn explain(denial: &VerifiedDenial, args: &PackageArgs, audit: &AuditDirectory) -> Failure {
    let identity = denial.identity();
    let search = Search {
        request_id: denial.request_id(),
        name: &identity.name,
        given: args.request_dir.as_deref(),
        signed_zip: &args.signed_zip,
        audit,
    };
    let folder = RequestFolder::find(&search);
    let mut report = describe(denial);
    let own = folder.as_ref().is_ok_and(|folder| denial.is_of(folder));
    let where_from = match &folder {
        Ok(folder) => folder.path().display().to_string(),
        Err(_) => "(not found)".to_owned(),
    };
    report.field("request_dir", where_from);
    report.field("is_your_request", own);
    report.warnings.extend(about_trust(denial.trust(), denial.fingerprint()));
    let said = format!(
        "on {}, the Project Admin of {} denied the request {} of '{}' with the words '{}'",
        denial.denied_at(),
        identity.project,
        denial.request_id(),
        identity.name,
        denial.reason().as_str()
    );
    let (which, reason) = match folder {
        Ok(folder) if own => (format!("It is the request in {}", folder.path().display()), None),
        Ok(folder) => {
            let folder = folder.path().display();
            let which = format!("The request in {folder} has this id, but another identity or key");
            (which, Some(Reason::RequestDirOtherRequest))
        }
        Err(error) => {
            let reason = match error.reason() {
                Some(Reason::RequestDirOtherRequest) => Reason::RequestDirOtherRequest,
                _ => Reason::RequestDirSearched,
            };
            (error.to_string(), Some(reason))
        }
    };
    let error = match (denial.trust(), reason) {
        (RootTrust::Unpinned, _) => Error::because(
            Code::RequestDenied,
            Reason::DenialNotVerified,
            format!(
                "anyone could have made this zip, because no --fingerprint says whose CA is in it. \
                 {} says: {said}. {which}",
                args.signed_zip.display()
            ),
        ),
        (RootTrust::Pinned(_), Some(reason)) => {
            Error::because(Code::RequestDenied, reason, format!("{said}. {which}"))
        }
        (RootTrust::Pinned(_), None) => Error::new(Code::RequestDenied, format!("{said}. {which}")),
    };
    Failure { error, usage: None, report: Some(Box::new(report)) }
}

fn describe(denial: &VerifiedDenial) -> Report {
    let identity = denial.identity();
    let digest = denial.request_zip_sha256();
    let mut report = Report::default();
    report.field("name", identity.name.as_str());
    report.field("project", identity.project.as_str());
    report.field("org", identity.org.as_str());
    report.field("cert_type", identity.cert_type.as_str());
    report.field("request_id", denial.request_id().as_str());
    report.field("request_zip_sha256", digest.to_string());
    report.field("request_digest", digest.spoken().to_string());
    report.field("denied_at", denial.denied_at().to_string());
    report.field("reason", denial.reason().as_str());
    report.field("rootca_fingerprint_sha256", denial.fingerprint().to_string());
    report
}
