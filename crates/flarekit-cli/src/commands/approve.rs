//! `cert approve`: request zip to signed zip.

use std::path::{Path, PathBuf};

use flarekit::approval::{AdmittedRequest, SignedApproval, UnverifiedRequest};
use flarekit::archive::{self, Limits};
use flarekit::audit::AuditDirectory;
use flarekit::ca::CertAuthority;
use flarekit::error::{Code, Error, Reason, Warning, WarningCode};
use flarekit::files;
use flarekit::profile::ProjectProfile;

use super::{audit_field, read_archive, read_text_file};
use crate::cli::ApproveArgs;
use crate::environment::Environment;
use crate::output::Report;
use crate::passphrase;

/// Mode of the signed zip.
const ZIP_MODE: u32 = 0o600;
/// Mode of directories that `--out` needs.
const DIRECTORY_MODE: u32 = 0o700;

/// Verifies a request and signs it.
pub fn run(args: &ApproveArgs, env: &Environment) -> Result<Report, Error> {
    let zip = read_archive(
        &args.request_zip,
        Limits::ARTIFACT.archive_bytes,
        Code::RequestZipNotFound,
        Code::InvalidArgs,
    )?;
    let place = args.request_zip.display().to_string();
    let request = UnverifiedRequest::read(&zip, &place)?.verify()?;

    let mut passphrase = passphrase::source(args.passphrase_file.as_deref());
    let (ca, mut warnings) = CertAuthority::open(&args.ca_dir, &mut passphrase)?;
    let profile = read_text_file(&args.profile)?;
    let profile = ProjectProfile::parse(&profile, &args.profile.display().to_string())?;
    warnings.extend(profile.warnings.iter().cloned());
    let admitted = AdmittedRequest::admit(request, &ca, &profile)?;

    let request_zip = absolute(&args.request_zip)?;
    let out = output_path(args, &request_zip, &admitted)?;
    refuse_existing(&out, args.force)?;
    let approval = ca.sign(admitted, args.valid_days, env.now)?;
    warnings.extend(approval.warnings().iter().cloned());
    warnings.extend(unusual_name(&out));

    let audit = AuditDirectory::in_home(env.home.as_deref());
    let record = audit.write_approval(
        &approval.request().request_id,
        &approval.audit_record(&request_zip, &out, &ca),
    );
    write(&out, approval.zip(), args.force)?;
    let audit = record.keep();
    warnings.extend(audit.warning());

    let mut report = describe(&approval, &out);
    report.field("audit", audit_field(&audit));
    report.field("next_step", next_step(&out));
    report.warnings = warnings;
    Ok(report)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    files::absolute(path).map_err(|error| error.code(Code::OutputDirNotWritable))
}

/// `--out`, else `<name>.signed.zip` beside the request zip.
fn output_path(
    args: &ApproveArgs,
    request_zip: &Path,
    admitted: &AdmittedRequest,
) -> Result<PathBuf, Error> {
    if let Some(out) = &args.out {
        return absolute(out);
    }
    let name = &admitted.request().metadata().identity.name;
    Ok(request_zip.with_file_name(flarekit::request::FileNames::of(name).signed_zip))
}

/// Something in the place of the signed zip stays, and with `--force` gives way only if it is a
/// signed zip: a slip must not cost the CA's key or a request.
fn refuse_existing(out: &Path, force: bool) -> Result<(), Error> {
    let found = files::look(out).map_err(|error| error.code(Code::OutputDirNotWritable))?;
    let refuse = |reason, what: &str| {
        Err(Error::because(Code::CertAlreadyExists, reason, format!("{} {what}", out.display())))
    };
    match found {
        files::Found::Nothing => Ok(()),
        files::Found::File if !force => Err(Error::new(
            Code::CertAlreadyExists,
            format!("a file exists already: {}", out.display()),
        )),
        files::Found::File if is_signed_zip(out) => Ok(()),
        files::Found::File => {
            refuse(Reason::NotASignedZip, "is not a signed zip, so it is not replaced")
        }
        _ => refuse(Reason::NotAPlainFile, "exists and is not a file"),
    }
}

fn is_signed_zip(path: &Path) -> bool {
    let bytes = files::read(path, Limits::ARTIFACT.archive_bytes).ok();
    let members = bytes.and_then(|file| archive::read(&file.bytes, &Limits::ARTIFACT).ok());
    members.is_some_and(|members| members.get("signed.json").is_some())
}

fn write(out: &Path, zip: &[u8], force: bool) -> Result<(), Error> {
    let unwritable = |error: files::FileError| error.code(Code::OutputDirNotWritable);
    let parent = out.parent().unwrap_or(out);
    let created = files::make_dirs(parent, DIRECTORY_MODE).map_err(unwritable)?;
    let written = if force {
        files::write_replacing(out, zip, ZIP_MODE)
    } else {
        files::write_new(out, zip, ZIP_MODE)
    };
    written.map_err(|error| error.code_or(Code::CertAlreadyExists, Code::OutputDirNotWritable))?;
    created.keep();
    Ok(())
}

fn unusual_name(out: &Path) -> Option<Warning> {
    let usual = out.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".signed.zip"));
    (!usual).then(|| {
        Warning::new(
            WarningCode::UnusualFileName,
            format!(
                "{} does not end in .signed.zip: NVFlare's own package command would refuse it",
                out.display()
            ),
        )
    })
}

fn next_step(out: &Path) -> String {
    let name = out.file_name().unwrap_or(out.as_os_str()).display();
    format!(
        "Return {name} to the requester, and tell them rootca_fingerprint_sha256 in another \
         trusted way."
    )
}

fn describe(approval: &SignedApproval, out: &Path) -> Report {
    let request = approval.request();
    let identity = &request.identity;
    let certificate = approval.certificate();
    let names: Vec<String> = approval.alt_names().iter().map(ToString::to_string).collect();
    let mut report = Report::default();
    report.field("name", identity.name.as_str());
    report.field("project", identity.project.as_str());
    report.field("org", identity.org.as_str());
    report.field("kind", identity.cert_type.kind().as_str());
    report.field("cert_role", identity.cert_type.role());
    report.field("cert_type", identity.cert_type.as_str());
    report.field("subject_alt_names", names);
    report.field("serial", certificate.serial());
    report.field("not_before", certificate.not_before().to_string());
    report.field("valid_until", certificate.not_after().to_string());
    report.field("key_type", certificate.public_key().algorithm_name());
    report.field("csr_sha256", request.csr_sha256.to_string());
    report.field("request_zip_sha256", approval.request_zip_sha256().to_string());
    let connection = approval.connection();
    report.field("endpoint", connection.endpoint_url());
    report.field("admin_port", connection.server.admin_port.get());
    report.field("connection_security", connection.security.as_str());
    report.field("provision_version", approval.deploy_version().as_str());
    report.field("signed_zip", out.display().to_string());
    report.field("request_id", request.request_id.as_str());
    report.field("rootca_fingerprint_sha256", approval.fingerprint().to_string());
    report
}
