//! `package`: signed zip and request folder to startup kit.

use flarekit::approval::{RootTrust, UnverifiedAnswer, VerifiedApproval, keep_approval};
use flarekit::archive::Limits;
use flarekit::audit::AuditDirectory;
use flarekit::error::{Code, Warning, WarningCode};
use flarekit::fingerprint::Fingerprint;
use flarekit::kit::{KitInputs, KitPlan, ProdDir, StartupKit, shell_word};
use flarekit::request::{RequestFolder, Search};

use super::{denied, ends_soon, read_archive, root_trust};
use crate::cli::PackageArgs;
use crate::environment::Environment;
use crate::error::Failure;
use crate::output::Report;

/// Verifies an approval and builds the kit, or explains a denial.
pub fn run(args: &PackageArgs, env: &Environment) -> Result<Report, Failure> {
    let trust = root_trust(args.fingerprint.as_deref())?;
    let zip = read_archive(
        &args.signed_zip,
        Limits::ARTIFACT.archive_bytes,
        Code::SignedZipNotFound,
        Code::InvalidSignedZip,
    )?;
    let place = args.signed_zip.display().to_string();
    let audit = AuditDirectory::in_home(env.home.as_deref());
    let approval = match UnverifiedAnswer::read(&zip, &place)? {
        UnverifiedAnswer::Approval(approval) => approval.verify(trust, env.now)?,
        UnverifiedAnswer::Denial(denial) => {
            return Err(denied::explain(&denial.verify(trust)?, args, &audit));
        }
    };
    let search = Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: args.request_dir.as_deref(),
        signed_zip: &args.signed_zip,
        audit: &audit,
    };
    let approved = approval.approved_request();
    let (folder, local) = RequestFolder::find_and_accept(&search, &approved)?;
    let inputs = KitInputs::new(&approval, local, &args.python)?;
    let mut warnings = inputs.warnings().to_vec();
    let plan = KitPlan::new(inputs)?;

    let identity = approval.identity();
    let prod = ProdDir::open(
        &args.workspace,
        &identity.project,
        &approval.deploy_version(),
        approval.fingerprint(),
    )?;
    let kit = prod.install(&plan, &identity.name, args.force, env.now)?;
    warnings.extend_from_slice(&kit.warnings);
    warnings.extend(keep_approval(&folder, &approval));
    warnings.extend(ends_soon(
        "the certificate in this kit",
        approval.certificate(),
        env.now,
        ". 'cert request --renew' with this kit asks for the next one",
    ));

    let mut report = describe(&approval, &plan, &kit);
    let unpinned = about_trust(approval.trust(), approval.fingerprint());
    report.warnings = unpinned.into_iter().chain(warnings).collect();
    report.warnings.extend(about_kept_files(&kit));
    if let Some(backup) = kit.backup {
        let kept = kit.kept.iter().map(|path| path.display().to_string().into());
        report.list("kept_local_files", kept.collect());
        report.warnings.push(Warning::new(
            WarningCode::BackedUp,
            format!(
                "the kit that was there before, its private key included, is in {}",
                backup.display()
            ),
        ));
    }
    Ok(report)
}

/// The warning that nobody has vouched for the root.
pub fn about_trust(trust: RootTrust, fingerprint: Fingerprint) -> Option<Warning> {
    (trust == RootTrust::Unpinned).then(|| {
        Warning::new(
            WarningCode::FingerprintNotVerified,
            format!(
                "the root CA was not verified: compare {fingerprint} with what the Project Admin \
                 tells you, or package with --fingerprint"
            ),
        )
    })
}

fn about_kept_files(kit: &StartupKit) -> Option<Warning> {
    let kept: Vec<String> = kit.kept.iter().map(|path| path.display().to_string()).collect();
    (!kept.is_empty()).then(|| {
        let message =
            format!("your own files of the old kit are in the new one: {}", kept.join(", "));
        Warning::new(WarningCode::LocalFilesKept, message)
    })
}

fn describe(approval: &VerifiedApproval, plan: &KitPlan, kit: &StartupKit) -> Report {
    let identity = approval.identity();
    let connection = approval.connection();
    let (certificate, key) = plan.credentials();
    let path = |relative: &str| kit.path.join(relative).display().to_string();
    let mut report = Report::default();
    report.field("output_dir", kit.path.display().to_string());
    report.field("name", identity.name.as_str());
    report.field("type", identity.cert_type.as_str());
    report.field("endpoint", connection.endpoint_url());
    report.field("admin_port", connection.server.admin_port.get());
    report.field("cert", path(certificate));
    report.field("key", path(key));
    report.field("rootca", path("startup/rootCA.pem"));
    report.field("transfer_dir", path("transfer"));
    let builders = plan.builders();
    if !builders.is_empty() {
        report.field("builders", builders);
    }
    report.field(
        "next_step",
        format!(
            "cd {} && ./startup/{}",
            shell_word(&kit.path.display().to_string()),
            plan.start_script()
        ),
    );
    report.field("provision_version", approval.deploy_version().as_str());
    report.field("rootca_fingerprint_sha256", approval.fingerprint().to_string());
    report
}
