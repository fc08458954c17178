//! `cert crl`: the list of what was revoked.

use std::path::PathBuf;

use flarekit::ca::ledger::LedgerView;
use flarekit::error::Error;

use crate::cli::CrlArgs;
use crate::environment::Environment;
use crate::output::Report;
use crate::passphrase;

/// Signs the list and writes it.
pub fn run(args: &CrlArgs, env: &Environment) -> Result<Report, Error> {
    let (ca, mut warnings) = passphrase::open_ca(&args.ca_dir, args.passphrase_file.as_deref())?;
    // From here on no other list is made: an older one cannot take the place of a newer one.
    let _alone = ca.lock_lists()?;
    let view = LedgerView::open(ca.directory())?;
    let list = ca.revocation_list(&view, args.valid_days, env.clock())?;
    warnings.extend(list.warnings().iter().cloned());
    let name = if args.der { "crl.der" } else { "crl.pem" };
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(name));
    let serials = args.serials.clone().unwrap_or_else(|| out.with_extension("serials.txt"));
    let [out, serials] = list.write(&out, args.der, &serials)?;

    let mut report = Report::default();
    report.field("crl", out.display().to_string());
    report.field("serials", serials.display().to_string());
    report.field("revoked", list.revoked().len());
    report.field("number", list.number().to_string());
    report.field("this_update", list.this_update().to_string());
    report.field("next_update", list.next_update().to_string());
    report.field("rootca_fingerprint_sha256", ca.fingerprint().to_string());
    report.warnings = warnings;
    Ok(report)
}
