//! `cert request`: participant definition to request folder, for a first certificate or the next.

use std::path::{Path, PathBuf};

use flarekit::audit::{AuditDirectory, AuditOutcome};
use flarekit::definition::Definition;
use flarekit::error::{Code, Defect, Error, Warning, WarningCode};
use flarekit::names::{ParticipantName, RequestId};
use flarekit::pki::{PrivateKey, random_bytes};
use flarekit::request::{self, FileNames, HeldCertificate, HeldDefinition, Request};

use super::{audit_field, read_text_file};
use crate::cli::RequestArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Makes a private key and the request for its certificate.
pub fn run(args: &RequestArgs, env: &Environment) -> Result<Report, Error> {
    let audit = AuditDirectory::in_home(env.home.as_deref());
    let Subject { definition, place, held, found_in, unsaid } = subject(args, &audit, env)?;
    let name = &definition.site.identity.name;
    let folder = folder(args, name);
    if let Some(held) = &held {
        held.refuse_renewed(&folder)?;
    }
    request::refuse_occupied(&folder, name, args.force)?;
    let failed = |defect: Defect| defect.code(Code::CsrGenerationFailed);
    let new_key = || PrivateKey::generate().map_err(failed);
    let request_id = RequestId::from_random(random_bytes().map_err(failed)?);
    let held_warnings = held.as_ref().map(|held| held.warnings().to_vec()).unwrap_or_default();
    let request = match held {
        Some(held) => {
            let new_key = if args.keep_key { None } else { Some(new_key()?) };
            Request::renew(&definition, held, new_key, request_id, env.now)?
        }
        None => Request::create(&definition, new_key()?, request_id, env.now)?,
    };
    let stored = request::store(&request, &folder, args.force, &audit, env.now)?;

    let mut report = Report::default();
    let identity = &request.metadata().identity;
    report.field("name", identity.name.as_str());
    report.field("project", identity.project.as_str());
    if let Some(renewal) = &request.metadata().renewal {
        report.field("renews", renewal.certificate().serial());
        report.field("renews_valid_until", renewal.certificate().not_after().to_string());
    }
    if let Some(place) = &found_in {
        report.field("definition", place.display().to_string());
    }
    report.field("request_zip", stored.request_zip.display().to_string());
    report.field("request_id", request.metadata().request_id.as_str());
    report.field("request_zip_sha256", stored.request_zip_sha256.to_string());
    report.field("request_digest", stored.request_zip_sha256.spoken().to_string());
    report.field("audit", audit_field(&stored.audit));
    report.field("next_step", next_step(&stored.request_zip));
    report.warnings = held_warnings;
    report.warnings.extend(definition.warnings(&place.display().to_string()));
    report.warnings.extend(unsaid);
    report.warnings.extend(stored.warning);
    report.warnings.extend(warnings(&definition, &stored.audit, stored.backup.as_deref()));
    Ok(report)
}

/// What the request is made from.
struct Subject {
    definition: Definition,
    /// The file that the definition is in.
    place: PathBuf,
    /// With `--renew`: the certificate that is in use.
    held: Option<HeldCertificate>,
    /// Where the definition stands, if the user did not name the place.
    found_in: Option<PathBuf>,
    /// The warning that the definition does not say all.
    unsaid: Option<Warning>,
}

fn subject(
    args: &RequestArgs,
    audit: &AuditDirectory,
    env: &Environment,
) -> Result<Subject, Error> {
    let held =
        args.renew.as_deref().map(|path| HeldCertificate::open(path, env.now)).transpose()?;
    let (definition, place, found_in, unsaid) = match (&args.participant, &held) {
        (Some(path), held) => {
            let definition = read_definition(path)?;
            if let Some(held) = held {
                held.expect(&definition, path)?;
            }
            (definition, path.clone(), None, None)
        }
        (None, Some(held)) => {
            let HeldDefinition { definition, found_in, warning } =
                held.definition(audit, env.now)?;
            let in_folder = || args.renew.as_deref().unwrap_or(Path::new("")).join("site.yaml");
            (definition, found_in.clone().unwrap_or_else(in_folder), found_in, warning)
        }
        (None, None) => {
            return Err(Error::new(
                Code::InvalidArgs,
                "neither --participant nor --renew is given",
            ));
        }
    };
    definition
        .refuse_unsupported(Code::InvalidArgs)
        .map_err(|error| error.within(place.display()))?;
    Ok(Subject { definition, place, held, found_in, unsaid })
}

fn read_definition(path: &Path) -> Result<Definition, Error> {
    let bytes = read_text_file(path)?;
    Definition::parse(&bytes).map_err(|defect| {
        let code = Definition::request_code(defect.reason);
        defect.within(path.display()).code(code)
    })
}

fn folder(args: &RequestArgs, name: &ParticipantName) -> PathBuf {
    args.out.clone().unwrap_or_else(|| {
        let renewal = args.renew.is_some().then(|| FileNames::renewal_folder(name));
        PathBuf::from(".").join(renewal.as_deref().unwrap_or(name.as_str()))
    })
}

fn next_step(zip: &Path) -> String {
    let name = zip.file_name().unwrap_or(zip.as_os_str()).display();
    format!(
        "Send {name} to your Project Admin, and nothing else from this folder. Only you can read the \
         file: copy it to a shared drive with 'install -m 644'."
    )
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
