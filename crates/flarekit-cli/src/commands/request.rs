//! `cert request`: participant definition to request folder.

use std::path::{Path, PathBuf};

use flarekit::audit::{AuditDirectory, AuditOutcome};
use flarekit::definition::Definition;
use flarekit::error::{Code, Error, Warning, WarningCode};
use flarekit::names::RequestId;
use flarekit::pki::{PrivateKey, random_bytes};
use flarekit::request::{self, Request};

use super::{audit_field, read_text_file};
use crate::cli::RequestArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Makes a private key and the request for its certificate.
pub fn run(args: &RequestArgs, env: &Environment) -> Result<Report, Error> {
    let bytes = read_text_file(&args.participant)?;
    let definition = Definition::parse(&bytes).map_err(|defect| {
        let code = Definition::request_code(defect.reason);
        defect.within(args.participant.display()).code(code)
    })?;
    definition
        .refuse_unsupported(Code::InvalidArgs)
        .map_err(|error| error.within(args.participant.display()))?;

    let name = definition.site.identity.name.clone();
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from(".").join(name.as_str()));
    request::refuse_occupied(&folder, &name, args.force)?;
    let failed = |defect: flarekit::error::Defect| defect.code(Code::CsrGenerationFailed);
    let key = PrivateKey::generate().map_err(failed)?;
    let request_id = RequestId::from_random(random_bytes().map_err(failed)?);
    let request = Request::create(&definition, key, request_id, env.now)?;
    let audit = AuditDirectory::in_home(env.home.as_deref());
    let stored = request::store(&request, &folder, args.force, &audit, env.now)?;

    let mut report = Report::default();
    let identity = &request.metadata().identity;
    report.field("name", identity.name.as_str());
    report.field("project", identity.project.as_str());
    report.field("request_zip", stored.request_zip.display().to_string());
    report.field("request_id", request.metadata().request_id.as_str());
    report.field("request_zip_sha256", stored.request_zip_sha256.to_string());
    report.field("request_digest", stored.request_zip_sha256.spoken().to_string());
    report.field("audit", audit_field(&stored.audit));
    report.field("next_step", next_step(&stored.request_zip));
    report.warnings = definition.warnings();
    report.warnings.extend(warnings(&definition, &stored.audit, stored.backup.as_deref()));
    Ok(report)
}

fn next_step(zip: &Path) -> String {
    let name = zip.file_name().unwrap_or(zip.as_os_str()).display();
    format!("Send {name} to your Project Admin, and nothing else from this folder.")
}

fn warnings(definition: &Definition, audit: &AuditOutcome, backup: Option<&Path>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = audit.warning().into_iter().collect();
    if let Some(backup) = backup {
        warnings.push(Warning::new(
            WarningCode::BackedUp,
            format!(
                "the request that was there before is in {}; an approval of it can still be \
                 packaged",
                backup.display()
            ),
        ));
    }
    if definition.local.builders.is_some() {
        warnings.push(Warning::new(
            WarningCode::BuildersStayLocal,
            "the builders: block stays on this machine: it is not in the request and nobody \
             approves it",
        ));
    }
    warnings
}
