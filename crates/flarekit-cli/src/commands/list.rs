//! `cert list`: the certificates that were issued, and how they stand.

use flarekit::ca::ledger::{Certificates, IssuedCertificate, LedgerView};
use flarekit::error::Error;
use serde_json::{Value, json};

use crate::cli::ListArgs;
use crate::environment::Environment;
use crate::output::{Answer, Format, Report, table};

const HEADS: [&str; 6] = ["NAME", "TYPE", "ORG", "STATE", "VALID UNTIL", "SERIAL"];

/// Lists certificates.
pub fn run(args: &ListArgs, env: &Environment, format: Format) -> Result<Answer, Error> {
    let view = LedgerView::open(&args.ca_dir)?;
    let wanted = Certificates {
        states: args.state.into_iter().collect(),
        kind: args.kind,
        org: args.org.clone(),
        end: None,
        order: args.sort,
    };
    let certificates = view.certificates(&wanted, env.now)?;
    // There may be many, so they are put into words for one reader only.
    let mut report = Report { warnings: view.missing().into_iter().collect(), ..Report::default() };
    let text = match format {
        Format::Json => {
            report.field("certificates", certificates.iter().map(object).collect::<Vec<_>>());
            String::new()
        }
        Format::Text if args.csv => csv(&certificates),
        Format::Text => text(&certificates),
    };
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
        vec![
            certificate.name.clone(),
            certificate.org.clone(),
            certificate.cert_type.kind().as_str().to_owned(),
            certificate.cert_type.as_str().to_owned(),
            certificate.state.as_str().to_owned(),
            certificate.serial.clone(),
            certificate.not_before.map(|time| time.to_string()).unwrap_or_default(),
            certificate.not_after.to_string(),
            certificate.alt_names.clone().unwrap_or_default(),
            certificate.request_id.clone().unwrap_or_default(),
            certificate.entry.to_string(),
        ]
    };
    table::csv(&heads, &certificates.iter().map(row).collect::<Vec<_>>())
}
