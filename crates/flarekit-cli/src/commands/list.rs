//! `cert list`: the certificates that were issued, and how they stand.

use std::borrow::Cow;

use flarekit::ca::ledger::{Certificates, IssuedCertificate, LedgerView};
use flarekit::error::{Code, Error, Reason};
use serde_json::{Value, json};

use crate::cli::ListArgs;
use crate::environment::Environment;
use crate::output::{Answer, Format, List, Report, Rows};

const HEADS: [&str; 6] = ["NAME", "TYPE", "ORG", "STATE", "VALID UNTIL", "SERIAL"];
const COLUMNS: [&str; 11] = [
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

/// Lists certificates.
pub fn run(args: &ListArgs, env: &Environment, format: Format) -> Result<Answer, Error> {
    refuse_csv_in_json(args.csv, format)?;
    let view = LedgerView::open(&args.ca_dir)?;
    let wanted = Certificates {
        states: args.state.clone(),
        kind: args.kind,
        org: args.org.clone(),
        end: None,
        order: args.sort,
    };
    let mut rows = match format {
        _ if args.csv => Rows::csv(&COLUMNS),
        format => rows(format),
    };
    let cells = if args.csv { columns } else { cells };
    let report = Report { warnings: view.missing().into_iter().collect(), ..Report::default() };
    view.certificates(&wanted, env.now, &mut |certificate| {
        rows.add(|| cells(certificate), || object(certificate));
    })?;
    let nothing = rows.count() == 0 && !args.csv;
    let after = if nothing { "There is no such certificate.\n".to_owned() } else { String::new() };
    let before = String::new();
    Ok(Answer::List(Box::new(List { before, rows, after, report, status: 0 })))
}

/// A program that asks for JSON and a spreadsheet would find only one of them.
pub fn refuse_csv_in_json(csv: bool, format: Format) -> Result<(), Error> {
    if csv && format == Format::Json {
        let message = "--csv and --format json cannot be given together";
        return Err(Error::because(Code::InvalidArgs, Reason::Usage, message));
    }
    Ok(())
}

/// The list, still without certificates.
pub fn rows(format: Format) -> Rows {
    Rows::of(format, &HEADS, "certificates")
}

/// The row of a certificate in the table for people.
pub fn cells(certificate: &IssuedCertificate) -> Vec<Cow<'_, str>> {
    vec![
        certificate.name.as_str().into(),
        certificate.cert_type.as_str().into(),
        certificate.org.as_str().into(),
        certificate.state.as_str().into(),
        certificate.not_after.to_string().into(),
        certificate.serial.as_str().into(),
    ]
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

/// The same with all that programs get.
fn columns(certificate: &IssuedCertificate) -> Vec<Cow<'_, str>> {
    vec![
        certificate.name.as_str().into(),
        certificate.org.as_str().into(),
        certificate.cert_type.kind().as_str().into(),
        certificate.cert_type.as_str().into(),
        certificate.state.as_str().into(),
        certificate.serial.as_str().into(),
        certificate.not_before.map(|time| time.to_string()).unwrap_or_default().into(),
        certificate.not_after.to_string().into(),
        certificate.alt_names.as_deref().unwrap_or_default().into(),
        certificate.request_id.as_deref().unwrap_or_default().into(),
        certificate.entry.to_string().into(),
    ]
}
