//! `audit verify` and `audit export`: whether the ledger is as the CA wrote it, and what it says.

use flarekit::ca::ledger::{Entry, LedgerView};
use flarekit::digest::Digest;
use flarekit::error::Error;
use flarekit::json;
use flarekit::time::Timestamp;
use serde_json::{Map, Value, json};

use super::list;
use crate::cli::{AuditExportArgs, AuditVerifyArgs};
use crate::output::{Answer, Format, List, Report, Rows, table};

/// Proves the ledger.
pub fn verify(args: &AuditVerifyArgs) -> Result<Report, Error> {
    let view = LedgerView::open(&args.ca_dir)?;
    let verified = view.verify()?;
    let mut report = Report::default();
    report.field("ledger", view.path().display().to_string());
    report.field("entries", verified.entries);
    report.field("signed_entries", verified.signed);
    report.field("checkpoints", verified.checkpoints);
    report.field("last_checkpoint", verified.last_checkpoint.map(|at| at.to_string()));
    report.field("ledger_sha256", verified.hash.to_string());
    report.field("rootca_fingerprint_sha256", view.fingerprint().to_string());
    report.warnings.extend(verified.warning());
    Ok(report)
}

/// Prints the entries of a ledger that was proved.
pub fn export(args: &AuditExportArgs, format: Format) -> Result<Answer, Error> {
    list::refuse_csv_in_json(args.csv, format)?;
    let view = LedgerView::open(&args.ca_dir)?;
    let mut rows = None;
    let verified = view.verify_each(&mut |entry| {
        let fields = fields(entry);
        let rows = rows.get_or_insert_with(|| {
            let heads: Vec<&str> = fields.keys().map(String::as_str).collect();
            empty(args, format, &heads)
        });
        rows.add(|| fields.values().map(table::cell).collect::<Vec<_>>(), || json!(&fields));
    })?;
    let rows = rows.unwrap_or_else(|| empty(args, format, &[]));
    let report = Report { warnings: verified.warning().into_iter().collect(), ..Report::default() };
    let (before, after) = Default::default();
    Ok(Answer::List(Box::new(List { before, rows, after, report, status: 0 })))
}

fn empty(args: &AuditExportArgs, format: Format, heads: &[&str]) -> Rows {
    match format {
        _ if args.csv => Rows::csv(heads),
        Format::Text => Rows::lines(),
        Format::Json => Rows::of(format, &[], "entries"),
    }
}

/// An entry as an object. Every entry has the same keys, in the order of the ledger.
fn fields(entry: &Entry) -> Map<String, Value> {
    let record = &entry.record;
    let digest = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let of = |bytes: &Option<Vec<u8>>| digest(bytes.as_deref().map(Digest::of));
    json::object_of(json!({
        "number": entry.number,
        "kind": record.kind.as_str(),
        "at": record.at.to_string(),
        "name": record.name,
        "org": record.org,
        "cert_type": record.cert_type.as_str(),
        "request_id": record.request_id.as_ref().map(|id| id.as_str()),
        "request_zip_sha256": digest(record.request_zip),
        "request_json_sha256": digest(record.request_json),
        "csr_sha256": digest(record.csr),
        "public_key_sha256": digest(record.public_key),
        "serial": record.serial,
        "not_before": time(record.not_before),
        "valid_until": time(record.not_after),
        "subject_alt_names": record.alt_names.as_deref().map(list::names),
        "refers_to": record.refers,
        "successor": record.successor,
        "reason": record.reason,
        "certificate_der_sha256": of(&record.documents.certificate),
        "signed_json_sha256": of(&record.documents.signed_json),
        "rootca_fingerprint_sha256": record.root.to_string(),
        "previous_sha256": entry.previous.to_string(),
        "entry_sha256": entry.hash().to_string(),
    }))
}
