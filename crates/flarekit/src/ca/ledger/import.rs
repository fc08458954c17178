//! What was approved before there was a ledger: the records in the home directory, which the
//! reference writes as this program does.

use serde_json::{Map, Value};

use super::Ledger;
use super::entry::{Documents, EntryKind, Record};
use crate::approval::ApprovalFacts;
use crate::audit::AuditDirectory;
use crate::digest::Digest;
use crate::error::{Defect, Error, Reason, Warning, WarningCode};
use crate::fingerprint::Fingerprint;
use crate::identity::{CertType, Kind};
use crate::json;
use crate::names::{Org, ParticipantName, common_name, shown};
use crate::pki::{AltName, Certificate, SerialNumber};
use crate::time::Timestamp;

impl Ledger {
    /// Adds an entry for every record of this root, in the order of approval. One that cannot be
    /// understood is left out, with a warning.
    pub(super) fn import(
        &mut self,
        records: &AuditDirectory,
        now: Timestamp,
    ) -> Result<Vec<Warning>, Error> {
        let root = self.root;
        let (mut found, mut warnings) = (Vec::new(), Vec::new());
        for (path, record) in records.approvals() {
            match record.and_then(|record| read(&record, root)) {
                Ok(Some((approved_at, record))) => found.push((approved_at, record)),
                Ok(None) => {}
                Err(defect) => warnings.push(Warning::new(
                    WarningCode::RecordNotImported,
                    format!(
                        "{} could not be taken into the new ledger, which therefore does not know \
                         that certificate: {}",
                        path.display(),
                        defect.message
                    ),
                )),
            }
        }
        found.sort_by(|(one, a), (other, b)| (one, &a.serial).cmp(&(other, &b.serial)));
        let mut writing = self.begin()?;
        for (approved_at, record) in found {
            // The time of an entry is that of its being written; the record's own stands beside it.
            let reason = approved_at.map(|at| format!("approved on {at}"));
            writing.append(Record { at: now, reason, ..record })?;
        }
        writing.finish()?;
        Ok(warnings)
    }
}

/// The entry for a record, and when it was approved; `None` if another root signed it.
fn read(
    record: &Map<String, Value>,
    root: Fingerprint,
) -> Result<Option<(Option<Timestamp>, Record)>, Defect> {
    let facts = ApprovalFacts::read(json::object(record, "approval")?)?;
    if facts.rootca_fingerprint != Some(root) {
        return Ok(None);
    }
    let hashes = json::object(record, "hashes")?;
    let digest = |key: &str| {
        Digest::parse_any_case(json::text(hashes, key)?).map_err(|defect| defect.within(key))
    };
    let serial = SerialNumber::parse(&facts.serial).ok_or_else(|| {
        let found = shown(&facts.serial);
        Defect::new(Reason::FieldValue, format!("serial {found} is not a serial number"))
    })?;
    let identity = facts.identity;
    let record = Record {
        kind: EntryKind::Import,
        at: Timestamp::from_unix(0),
        root,
        name: identity.name.as_str().to_owned(),
        org: identity.org.as_str().to_owned(),
        cert_type: identity.cert_type,
        request_id: Some(facts.request_id.to_plain()),
        request_zip: Some(digest("request_zip_sha256")?),
        request_json: Some(digest("request_json_sha256")?),
        csr: Some(facts.csr),
        public_key: Some(facts.public_key),
        serial: Some(serial.to_string()),
        not_before: None,
        not_after: Some(facts.valid_until),
        alt_names: None,
        refers: None,
        successor: None,
        reason: None,
        documents: Documents::default(),
    };
    Ok(Some((facts.approved_at, record)))
}

/// The entry for a certificate that this root issued and no record tells of: what the certificate
/// itself says.
pub(super) fn of_certificate(
    certificate: &Certificate,
    root: Fingerprint,
) -> Result<Record, Defect> {
    let subject = certificate.subject();
    let cert_type = CertType::parse(subject.unstructured_name.as_deref().unwrap_or_default())
        .map_err(|defect| defect.within("the certificate's unstructuredName"))?;
    let name = ParticipantName::parse(whole_name(certificate, cert_type.kind()), cert_type)?;
    let org = Org::parse(subject.organization.as_deref().unwrap_or_default())?;
    let names: Vec<String> = certificate.alt_names().iter().map(ToString::to_string).collect();
    Ok(Record {
        kind: EntryKind::Import,
        at: Timestamp::from_unix(0),
        root,
        name: name.as_str().to_owned(),
        org: org.as_str().to_owned(),
        cert_type,
        request_id: None,
        request_zip: None,
        request_json: None,
        csr: None,
        public_key: Some(Digest::of(certificate.public_key().spki_der())),
        serial: Some(certificate.serial()),
        not_before: Some(certificate.not_before()),
        not_after: Some(certificate.not_after()),
        alt_names: Some(names.join(", ")),
        refers: None,
        successor: None,
        reason: Some("taken from its certificate".to_owned()),
        documents: Documents {
            certificate: Some(certificate.der().to_vec()),
            ..Documents::default()
        },
    })
}

/// Of a server's long name the subject has the beginning only, and the first alternative name all.
fn whole_name(certificate: &Certificate, kind: Kind) -> &str {
    let short = &certificate.subject().common_name;
    match certificate.alt_names().first() {
        Some(AltName::Dns(long)) if kind == Kind::Server && common_name(long) == short => long,
        _ => short,
    }
}
