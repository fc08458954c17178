//! `cert init`: project profile to CA directory.

use flarekit::ca::CreateCa;
use flarekit::error::{Error, Warning, WarningCode};
use flarekit::profile::ProjectProfile;

use super::read_text_file;
use crate::cli::InitArgs;
use crate::environment::Environment;
use crate::output::Report;

const NEXT_STEP: &str = "Keep rootCA.key secret, with a backup. Tell each participant the project's name and, by telephone \
     or in another trusted way, rootca_fingerprint_sha256. Approve the request zips that they send you \
     with 'cert approve' and this profile.";

/// Makes a federation's root CA.
pub fn run(args: &InitArgs, env: &Environment) -> Result<Report, Error> {
    let profile = read_text_file(&args.profile)?;
    let project = ProjectProfile::parse_name(&profile, &args.profile.display().to_string())?;
    let ca = CreateCa {
        project,
        org: args.org.clone(),
        valid_days: args.valid_days,
        deploy_version: args.deploy_version.clone(),
        profile: &args.profile,
        directory: &args.output_dir,
        force: args.force,
    }
    .create(env.now)?;

    let mut report = Report::default();
    report.field("ca_cert", ca.certificate_path.display().to_string());
    report.field("project", ca.metadata.project.as_str());
    report.field("provision_version", ca.metadata.provision_version.as_str());
    report.field("rootca_fingerprint_sha256", ca.fingerprint.to_string());
    report.field("subject_cn", ca.certificate.subject().common_name.as_str());
    report.field("valid_until", ca.certificate.not_after().to_string());
    report.field("project_profile", ca.metadata.project_profile.as_deref());
    report.field("next_step", NEXT_STEP);
    // Only the name is needed now, but a slip is cheaper to mend before requests arrive.
    match ProjectProfile::parse(&profile, &args.profile.display().to_string()) {
        Ok(profile) => report.warnings.extend(profile.warnings),
        Err(error) => report.warnings.push(Warning::new(
            WarningCode::ProfileIncomplete,
            format!("'cert approve' will refuse this profile as it is: {error}"),
        )),
    }
    report.warnings.extend(ca.warning);
    if let Some(backup) = ca.backup {
        report.warnings.push(Warning::new(
            WarningCode::BackedUp,
            format!("the CA that was there before is in {}", backup.display()),
        ));
    }
    Ok(report)
}
