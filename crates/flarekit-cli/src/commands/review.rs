//! `cert approve --review`: shows what would be signed, and asks.

use flarekit::approval::AdmittedRequest;
use flarekit::audit::AuditDirectory;
use flarekit::ca::ledger::{LatestCertificate, Ledger, Standing};
use flarekit::ca::{CertAuthority, Difference, Review};
use flarekit::error::{Code, Error};
use flarekit::time::Timestamp;

use super::identity_fields;
use crate::output::{self, Report};
use crate::question;

/// What is to be decided about.
pub struct Matter<'a> {
    /// The request zip, as it is shown.
    pub place: &'a str,
    pub ca: &'a CertAuthority,
    pub admitted: &'a AdmittedRequest,
    pub records: &'a AuditDirectory,
    pub valid_days: u32,
    pub replace: bool,
    /// The time at which it would be signed.
    pub now: Timestamp,
}

/// Shows the request and asks whether to sign it. While the user thinks, nobody waits for the
/// ledger; what it said is handed back, to be compared when it is open again.
pub fn ask(matter: &Matter<'_>) -> Result<Standing, Error> {
    let Matter { ca, admitted, now, .. } = *matter;
    let standing = {
        let (mut ledger, _) = Ledger::open(ca.directory(), ca.fingerprint(), matter.records, now)?;
        ledger.begin()?.consider(admitted, matter.replace, now)?
    };
    let review = ca.review(admitted, &standing, matter.valid_days, now)?;
    output::aside(&sections(matter, &standing, &review));
    if let Some(against) = standing.against() {
        return Err(against.clone());
    }
    if question::yes("Sign this?")? {
        return Ok(standing);
    }
    let name = &admitted.request().metadata().identity.name;
    Err(Error::new(Code::ReviewDeclined, format!("the request of '{name}' was not approved")))
}

/// What there is to know, under headings.
fn sections(matter: &Matter<'_>, standing: &Standing, review: &Review) -> Vec<(String, Report)> {
    let mut sections = vec![
        (format!("What {} asks for:", matter.place), request(matter.admitted)),
        ("What would be signed:".to_owned(), approval(matter, standing, review)),
    ];
    if let (Some(latest), Some(differences)) = (standing.latest(), &review.differences) {
        let heading = "What this name got before, and what differs:".to_owned();
        sections.push((heading, before(latest, differences)));
    }
    sections
}

fn request(admitted: &AdmittedRequest) -> Report {
    let request = admitted.request();
    let (metadata, key) = (request.metadata(), request.public_key());
    let identity = &metadata.identity;
    let mut report = Report::default();
    identity_fields(&mut report, identity);
    report.field("request_id", metadata.request_id.as_str());
    report.field("created_at", metadata.created_at.map(|at| at.to_string()));
    report.field("key_type", key.algorithm_name());
    report.field("public_key_sha256", key.sha256_hex());
    report.field("request_zip_sha256", request.zip_sha256().to_string());
    report.field("request_digest", request.zip_sha256().spoken().to_string());
    report
}

fn approval(matter: &Matter<'_>, standing: &Standing, review: &Review) -> Report {
    let (admitted, connection) = (matter.admitted, matter.admitted.connection());
    let names: Vec<String> = admitted.alt_names().iter().map(ToString::to_string).collect();
    let mut report = Report::default();
    report.field("subject_alt_names", names);
    report.field("serial", review.serial.as_deref().unwrap_or("a new one"));
    if let Some(renewed) = standing.renews() {
        report.field("renews", renewed.serial());
        report.field("renews_valid_until", renewed.not_after().to_string());
    }
    report.field("not_before", review.not_before.to_string());
    report.field("valid_until", review.not_after.to_string());
    report.field("endpoint", connection.endpoint_url());
    report.field("admin_port", connection.server.admin_port.get());
    report.field("connection_security", connection.security.as_str());
    report.field("provision_version", matter.ca.metadata().provision_version.as_str());
    report.field("rootca_fingerprint_sha256", matter.ca.fingerprint().to_string());
    report.warnings.clone_from(&review.warnings);
    report
}

fn before(latest: &LatestCertificate, differences: &[Difference]) -> Report {
    let record = &latest.entry.record;
    let mut report = Report::default();
    report.field("entry", format!("{}, {}", latest.entry.number, latest.approved()));
    report.field("serial", record.serial.as_deref());
    report.field("state", latest.state.as_str());
    let differs = |difference: &Difference| {
        let before = difference.before.as_deref().unwrap_or("(not known)");
        format!("{}: {before} before, {} now", difference.what, difference.now).into()
    };
    report.list("differs", differences.iter().map(differs).collect());
    if differences.is_empty() {
        report.field("differs", "nothing");
    }
    report
}
