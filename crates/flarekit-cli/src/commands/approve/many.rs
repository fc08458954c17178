//! `cert approve --out-dir`: many requests in one run.

use std::path::Path;

use flarekit::approval::SignedZipFolder;
use flarekit::audit::AuditDirectory;
use flarekit::bulk::{Bulk, ExpectedDigests, Sources};
use flarekit::ca::ledger::Ledger;
use flarekit::error::{Code, Error};
use flarekit::files;
use flarekit::profile::ProjectProfile;

use super::super::{ends_soon, policy, read_text_file};
use super::outcome::Outcome;
use super::table;
use crate::cli::ApproveArgs;
use crate::environment::Environment;
use crate::output::progress::Progress;
use crate::output::{Answer, Format};
use crate::{passphrase, question};

/// Approves the requests, one as the other.
pub fn run(
    args: &ApproveArgs,
    out_dir: &Path,
    env: &Environment,
    format: Format,
) -> Result<Answer, Error> {
    if args.review {
        question::need_terminal("--review")?;
    }
    let sources = Sources::find(&args.requests)?;
    let policy = args.policy.as_deref().map(policy::read).transpose()?;
    let expected = args.expect_digests.as_deref().map(expected_digests).transpose()?;
    let (ca, mut warnings) = passphrase::open_ca(&args.ca_dir, args.passphrase_file.as_deref())?;
    let profile = read_text_file(&args.profile)?;
    let profile = ProjectProfile::parse(&profile, &args.profile.display().to_string())?;
    warnings.extend(profile.warnings.iter().cloned());
    warnings.extend_from_slice(sources.warnings());
    let folder = SignedZipFolder::open(out_dir, args.force)?;
    let audit = AuditDirectory::in_home(env.home.as_deref());
    warnings.extend(ends_soon(
        "the root certificate, and with it every other one,",
        ca.certificate(),
        env.now,
        "",
    ));

    let bulk = Bulk {
        ca: &ca,
        profile: &profile,
        folder: &folder,
        records: &audit.approval_records(),
        judge: &|admitted| policy::judge(policy.as_ref(), admitted, args.valid_days),
        expected: expected.as_ref(),
        shown: None,
        replace: args.replace,
        processors: env.processors(),
        // Somebody may have had to type a passphrase.
        now: env.clock(),
    };
    let open = || Ledger::open(ca.directory(), ca.fingerprint(), &audit, env.clock());
    let shown = args.review.then(|| table::ask(&bulk, &sources, open()?.0)).transpose()?;
    // Anew: nobody waits for the ledger while a question is open.
    let (mut ledger, imported) = open()?;
    warnings.extend(imported);
    // The question may have been open for long.
    let bulk = Bulk { shown: shown.as_ref(), now: env.clock(), ..bulk };
    let mut outcome = Outcome::new(format);
    let progress = Progress::of(sources.count(), format);
    let said = bulk.run(&sources, &mut ledger, &mut |item| {
        progress.step();
        outcome.add(&item, &folder);
    });
    drop(progress);
    warnings.extend(said?);
    warnings.extend(outcome.warnings());
    warnings.extend(expected.as_ref().and_then(ExpectedDigests::missing));
    Ok(outcome.answer(&folder, &ca, warnings))
}

fn expected_digests(path: &Path) -> Result<ExpectedDigests, Error> {
    let file = files::read_named(path, ExpectedDigests::LIMIT);
    let bytes = file.map_err(|error| error.code(Code::InvalidArgs))?.bytes;
    ExpectedDigests::parse(&bytes, &path.display().to_string())
}
