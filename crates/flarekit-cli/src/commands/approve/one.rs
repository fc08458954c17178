//! `cert approve` of one request.

use std::path::Path;

use flarekit::approval::{AdmittedRequest, SignedApproval, SignedZipFile, UnverifiedRequest};
use flarekit::archive::Limits;
use flarekit::audit::AuditDirectory;
use flarekit::ca::ledger::Ledger;
use flarekit::digest::{Digest, ExpectedDigest};
use flarekit::error::{Code, Error};
use flarekit::files;
use flarekit::profile::ProjectProfile;
use flarekit::request::FileNames;

use super::super::review::{self, Matter};
use super::super::{
    ONLY_YOURS, audit_field, ends_soon, identity_fields, policy, read_archive, read_text_file,
};
use crate::cli::ApproveArgs;
use crate::environment::Environment;
use crate::output::Report;
use crate::{passphrase, question};

/// Verifies a request and signs it.
pub fn run(args: &ApproveArgs, request_zip: &Path, env: &Environment) -> Result<Report, Error> {
    if args.review {
        question::need_terminal("--review")?;
    }
    let expected = args.expect_digest.as_deref().map(expected_digest).transpose()?;
    let policy = args.policy.as_deref().map(policy::read).transpose()?;
    let zip = read_archive(
        request_zip,
        Limits::ARTIFACT.archive_bytes,
        Code::RequestZipNotFound,
        Code::InvalidArgs,
    )?;
    let place = request_zip.display().to_string();
    if let Some(expected) = expected {
        expected.expect(Digest::of(&zip), &place)?;
    }
    let request = UnverifiedRequest::read(&zip, &place)?.verify()?;

    let (ca, mut warnings) = passphrase::open_ca(&args.ca_dir, args.passphrase_file.as_deref())?;
    let profile = read_text_file(&args.profile)?;
    let profile = ProjectProfile::parse(&profile, &args.profile.display().to_string())?;
    warnings.extend(profile.warnings.iter().cloned());
    let admitted = AdmittedRequest::admit(request, &ca, &profile)?;
    let valid_days = policy::judge(policy.as_ref(), &admitted, args.valid_days)?;

    let request_zip =
        files::absolute(request_zip).map_err(|error| error.code(Code::OutputDirNotWritable))?;
    let name = &admitted.request().metadata().identity.name;
    let beside = || request_zip.with_file_name(FileNames::of(name).signed_zip);
    let out = SignedZipFile::open(&args.out.clone().unwrap_or_else(beside), args.force)?;
    warnings.extend(out.unusual_name());

    let audit = AuditDirectory::in_home(env.home.as_deref());
    // Somebody may have had to type a passphrase.
    let shown_at = env.clock();
    let reviewed = args.review.then(|| {
        review::ask(&Matter {
            place: &place,
            ca: &ca,
            admitted: &admitted,
            records: &audit,
            valid_days,
            replace: args.replace,
            now: shown_at,
        })
    });
    let reviewed = reviewed.transpose()?;
    // The question may have been open for long. The certificate's dates are those that were shown.
    let now = env.clock();
    let (mut ledger, imported) = Ledger::open(ca.directory(), ca.fingerprint(), &audit, now)?;
    warnings.extend(imported);
    let writing = ledger.begin()?;
    warnings.extend(writing.unsigned()?);
    if let Some(shown) = &reviewed {
        writing.expect_unchanged(shown, &admitted, args.replace, now)?;
    }
    let cleared = writing.clear(admitted, args.replace, now)?;
    let approval = ca.sign(cleared, valid_days, shown_at)?;
    warnings.extend(approval.warnings().iter().cloned());
    warnings.extend(ends_soon(
        "the root certificate, and with it every other one,",
        ca.certificate(),
        env.now,
        "",
    ));

    // What can fail is done before the ledger knows of it; what follows that is a rename.
    let prepared = out.prepare(&approval)?;
    let records = audit.approval_records();
    let record = approval.audit_record(&request_zip, out.path(), &ca);
    let record = records.write_ahead(&approval.request().request_id, &record).sync();
    let recorded = writing.commit_one(approval, &ca, now)?;
    // Not before: a new ledger would take over a record of what was never signed.
    let record = records.name(record);
    prepared.place(&recorded)?;
    let audit = record.keep();
    warnings.extend(audit.warning());

    let mut report = describe(recorded.approval(), out.path());
    report.field("audit", audit_field(&audit));
    report.field("next_step", next_step(out.path()));
    report.warnings = warnings;
    Ok(report)
}

fn expected_digest(text: &str) -> Result<ExpectedDigest, Error> {
    ExpectedDigest::parse(text)
        .map_err(|defect| defect.within("--expect-digest").code(Code::InvalidArgs))
}

fn next_step(out: &Path) -> String {
    let name = out.file_name().unwrap_or(out.as_os_str()).display();
    format!(
        "Return {name} to the requester, and tell them rootca_fingerprint_sha256 in another \
         trusted way. {ONLY_YOURS}"
    )
}

fn describe(approval: &SignedApproval, out: &Path) -> Report {
    let request = approval.request();
    let identity = &request.identity;
    let certificate = approval.certificate();
    let names: Vec<String> = approval.alt_names().iter().map(ToString::to_string).collect();
    let mut report = Report::default();
    identity_fields(&mut report, identity);
    report.field("subject_alt_names", names);
    report.field("serial", certificate.serial());
    if let Some(renewed) = approval.renews() {
        report.field("renews", renewed.serial());
        report.field("renews_valid_until", renewed.not_after().to_string());
    }
    report.field("not_before", certificate.not_before().to_string());
    report.field("valid_until", certificate.not_after().to_string());
    report.field("key_type", certificate.public_key().algorithm_name());
    report.field("public_key_sha256", certificate.public_key().sha256_hex());
    report.field("csr_sha256", request.csr_sha256.to_string());
    report.field("request_zip_sha256", approval.request_zip_sha256().to_string());
    report.field("request_digest", approval.request_zip_sha256().spoken().to_string());
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
