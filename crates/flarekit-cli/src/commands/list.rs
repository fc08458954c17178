//! `cert list`: the certificates that were issued, and how they stand.

use flarekit::ca::ledger::{Certificates, IssuedCertificate, LedgerView};
use flarekit::error::Error;
use serde_json::{Value, json};

use crate::cli::ListArgs;
use crate::environment::Environment;
use crate::output::{Answer, Report, table};

const HEADS: [&str; 6] = ["NAME", "TYPE", "ORG", "STATE", "VALID UNTIL", "SERIAL"];

/// Lists certificates.
pub fn run(args: &ListArgs, env: &Environment) -> Result<Answer, Error> {
    let view = LedgerView::open(&args.ca_dir)?;
    let wanted = Certificates {
        states: args.state.into_iter().collect(),
        kind: args.kind,
        org: args.org.clone(),
        end: None,
        order: args.sort,
    };
    let certificates = view.certificates(&wanted, env.now)?;
    let text = if args.csv { csv(&certificates) } else { text(&certificates) };
    let mut report = Report::default();
    report.field("certificates", certificates.iter().map(object).collect::<Vec<_>>());
    report.warnings.extend(view.missing());
    Ok(Answer::Listing { text, report, status: 0 })
}

/// The table for people.
pub fn text(certificates: &[IssuedCertificate]) -> String {
    let row = |certificate: &IssuedCertificate| {
        vec![
            certificate.name.clone(),
            certificate.cert_type.to_string(),
            certificate.org.clone(),
            certificate.state.as_str().to_owned(),
            certificate.not_after.to_string(),
            certificate.serial.clone(),
        ]
    };
    table::text(&HEADS, &certificates.iter().map(row).collect::<Vec<_>>())
}

/// A certificate for programs.
pub fn object(certificate: &IssuedCertificate) -> Value {
    json!({
        "name": certificate.name,
        "org": certificate.org,
        "kind": certificate.cert_type.kind().as_str(),
        "cert_type": certificate.cert_type.as_str(),
        "state": certificate.state.as_str(),
        "serial": certificate.serial,
        "not_before": certificate.not_before.map(|time| time.to_string()),
        "valid_until": certificate.not_after.to_string(),
        "subject_alt_names": certificate.alt_names.as_deref().map(names),
        "request_id": certificate.request_id,
        "entry": certificate.entry,
    })
}

/// The names in a certificate, as `cert approve` reports them.
pub fn names(joined: &str) -> Vec<&str> {
    joined.split(", ").collect()
}

fn csv(certificates: &[IssuedCertificate]) -> String {
    let heads = [
        "name",
        "org",
        "kind",
        "cert_type",
        "state",
        "serial",
        "not_before",
        "valid_until",
        "subject_alt_names",
        "request_id",
        "entry",
    ];
    let row = |certificate: &IssuedCertificate| {
        let object = object(certificate);
        heads.iter().map(|head| object.get(*head).map(table::cell).unwrap_or_default()).collect()
    };
    table::csv(&heads, &certificates.iter().map(row).collect::<Vec<Vec<String>>>())
}
