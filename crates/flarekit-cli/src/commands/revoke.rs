//! `cert revoke`: taking certificates back.

use flarekit::audit::AuditDirectory;
use flarekit::ca::ledger::{Ledger, Record, RevokedCertificate, Which};
use flarekit::error::{Error, Warning, WarningCode};
use flarekit::time::Timestamp;
use serde_json::{Value, json};

use super::read_certificate;
use crate::cli::RevokeArgs;
use crate::environment::Environment;
use crate::output::{Answer, Report, table};
use crate::passphrase;

const HEADS: [&str; 6] = ["NAME", "TYPE", "SERIAL", "VALID UNTIL", "REVOKED", "REASON"];

/// Finds the certificates that are meant and revokes them.
pub fn run(args: &RevokeArgs, env: &Environment) -> Result<Answer, Error> {
    let given = args.certificate.as_deref().map(read_certificate).transpose()?;
    let which = match (&given, args.which.as_deref().unwrap_or_default()) {
        (Some(certificate), _) => Which::Given(certificate),
        (None, name) if args.all => Which::AllOf(name),
        (None, text) => Which::Named(text),
    };
    let (ca, mut warnings) = passphrase::open_ca(&args.ca_dir, args.passphrase_file.as_deref())?;
    let audit = AuditDirectory::in_home(env.home.as_deref());
    let (mut ledger, imported) = Ledger::open(ca.directory(), ca.fingerprint(), &audit, env.now)?;
    warnings.extend(imported);
    let writing = ledger.begin()?;
    warnings.extend(writing.unsigned()?);
    let revocable = writing.revocable(which, args.reason, &ca, env.now)?;
    let same_key: Vec<Record> =
        revocable.same_key().iter().map(|entry| entry.record.clone()).collect();
    let revoked = writing.commit_revocation(revocable, args.note.as_ref(), &ca, env.now)?;

    warnings.extend(revoked.iter().filter(|certificate| certificate.before).map(already));
    let too = revoked.iter().any(|certificate| certificate.same_key);
    warnings.extend(same_key.iter().map(|record| has_same_key(record, too)));
    warnings.extend(not_enforced(&revoked, env.now));
    let rows: Vec<Vec<String>> = revoked.iter().map(row).collect();
    let mut report = Report::default();
    report.field("certificates", revoked.iter().map(object).collect::<Vec<_>>());
    report.warnings = warnings;
    Ok(Answer::Listing { text: table::text(&HEADS, &rows), report, status: 0 })
}

fn row(certificate: &RevokedCertificate) -> Vec<String> {
    let record = &certificate.record;
    vec![
        record.name.clone(),
        record.cert_type.to_string(),
        record.serial.clone().unwrap_or_default(),
        time(record.not_after),
        record.at.to_string(),
        record.reason.clone().unwrap_or_default(),
    ]
}

fn object(certificate: &RevokedCertificate) -> Value {
    let record = &certificate.record;
    json!({
        "name": record.name,
        "org": record.org,
        "cert_type": record.cert_type.as_str(),
        "serial": record.serial,
        "valid_until": time(record.not_after),
        "revoked_at": record.at.to_string(),
        "reason": record.reason,
        "revoked_before": certificate.before,
        "same_key": certificate.same_key,
    })
}

fn time(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

fn already(certificate: &RevokedCertificate) -> Warning {
    let record = &certificate.record;
    Warning::new(
        WarningCode::AlreadyRevoked,
        format!(
            "the certificate {} of '{}' was revoked before, on {}: its entry stays as it is",
            record.serial.as_deref().unwrap_or_default(),
            record.name,
            record.at
        ),
    )
}

/// The warning about another certificate of the same key, which was revoked, too, or was not.
fn has_same_key(record: &Record, revoked: bool) -> Warning {
    let serial = record.serial.as_deref().unwrap_or_default();
    let whose = format!("the certificate {serial} of '{}' has the same key", record.name);
    if revoked {
        let message = format!("{whose}, which somebody else may have: it was revoked, too");
        return Warning::new(WarningCode::SameKeyRevoked, message);
    }
    let message = format!(
        "{whose} and is not revoked: it works until {}. Revoke it by its serial number, too, unless \
         it is to go on",
        time(record.not_after)
    );
    Warning::new(WarningCode::SameKeyInUse, message)
}

/// The warning that nothing happens by itself.
fn not_enforced(revoked: &[RevokedCertificate], now: Timestamp) -> Option<Warning> {
    let last = revoked.iter().filter_map(|certificate| certificate.record.not_after).max()?;
    (last >= now).then(|| {
        Warning::new(
            WarningCode::RevocationNotEnforced,
            format!(
                "NVFlare does not ask whether a certificate was revoked: it works until {last}, \
                 unless something in front of the server refuses it. Make the list for that with \
                 'cert crl'"
            ),
        )
    })
}
