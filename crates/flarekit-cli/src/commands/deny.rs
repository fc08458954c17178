//! `cert deny`: request zip to denied zip.

use std::path::Path;

use flarekit::approval::{DeniedZipFile, SignedDenial, UnverifiedRequest};
use flarekit::archive::Limits;
use flarekit::audit::AuditDirectory;
use flarekit::ca::ledger::Ledger;
use flarekit::error::{Code, Error};
use flarekit::files;
use flarekit::request::FileNames;

use super::{ONLY_YOURS, read_archive};
use crate::cli::DenyArgs;
use crate::environment::Environment;
use crate::output::Report;
use crate::passphrase;

/// Verifies a request and signs that it is denied.
pub fn run(args: &DenyArgs, env: &Environment) -> Result<Report, Error> {
    let zip = read_archive(
        &args.request_zip,
        Limits::ARTIFACT.archive_bytes,
        Code::RequestZipNotFound,
        Code::InvalidArgs,
    )?;
    let place = args.request_zip.display().to_string();
    // What does not verify is nobody's request, so there is nobody to say no to.
    let request = UnverifiedRequest::read(&zip, &place)?.verify()?;

    let (ca, mut warnings) = passphrase::open_ca(&args.ca_dir, args.passphrase_file.as_deref())?;
    ca.expect_own_request(&request)?;
    let request_zip = files::absolute(&args.request_zip)
        .map_err(|error| error.code(Code::OutputDirNotWritable))?;
    let name = &request.metadata().identity.name;
    let beside = || request_zip.with_file_name(FileNames::of(name).denied_zip);
    let out = DeniedZipFile::open(&args.out.clone().unwrap_or_else(beside), args.force)?;

    let audit = AuditDirectory::in_home(env.home.as_deref());
    let (mut ledger, imported) = Ledger::open(ca.directory(), ca.fingerprint(), &audit, env.now)?;
    warnings.extend(imported);
    let writing = ledger.begin()?;
    warnings.extend(writing.unsigned()?);
    let deniable = writing.deniable(request)?;
    let denial = ca.deny(deniable, &args.reason, env.now)?;
    warnings.extend(denial.warning());

    // What can fail is done before the ledger knows of it; what follows that is a rename.
    let prepared = out.prepare(&denial)?;
    let recorded = writing.commit_denial(denial, &ca, env.now)?;
    prepared.place(&recorded)?;

    let mut report = describe(recorded.denial(), out.path());
    report.field("rootca_fingerprint_sha256", ca.fingerprint().to_string());
    report.field("next_step", next_step(out.path()));
    report.warnings = warnings;
    Ok(report)
}

fn describe(denial: &SignedDenial, out: &Path) -> Report {
    let request = denial.request();
    let identity = &request.identity;
    let mut report = Report::default();
    report.field("name", identity.name.as_str());
    report.field("project", identity.project.as_str());
    report.field("org", identity.org.as_str());
    report.field("kind", identity.cert_type.kind().as_str());
    report.field("cert_type", identity.cert_type.as_str());
    report.field("request_id", request.request_id.as_str());
    report.field("request_zip_sha256", denial.request_zip_sha256().to_string());
    report.field("request_digest", denial.request_zip_sha256().spoken().to_string());
    report.field("denied_at", denial.denied_at().to_string());
    report.field("reason", denial.reason().as_str());
    report.field("denied_zip", out.display().to_string());
    report
}

fn next_step(out: &Path) -> String {
    let name = out.file_name().unwrap_or(out.as_os_str()).display();
    format!(
        "Return {name} to the requester, whose 'package' explains it, and tell them \
         rootca_fingerprint_sha256 in another trusted way. {ONLY_YOURS}"
    )
}
