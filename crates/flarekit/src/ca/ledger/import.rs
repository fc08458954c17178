//! What was approved before there was a ledger: the records in the home directory, which the
//! reference writes as this program does.

use serde_json::{Map, Value};

use super::Ledger;
use super::entry::{Documents, EntryKind, Record};
use crate::approval::ApprovalFacts;
use crate::audit::AuditDirectory;
use crate::digest::Digest;
use crate::error::{Defect, Error, Warning, WarningCode};
use crate::fingerprint::Fingerprint;
use crate::json;
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
            let reason = Some(format!("approved on {approved_at}"));
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
) -> Result<Option<(String, Record)>, Defect> {
    let facts = ApprovalFacts::read(json::object(record, "approval")?)?;
    if facts.rootca_fingerprint != Some(root) {
        return Ok(None);
    }
    let hashes = json::object(record, "hashes")?;
    let digest = |key: &str| {
        Digest::parse_any_case(json::text(hashes, key)?).map_err(|defect| defect.within(key))
    };
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
        serial: Some(facts.serial),
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
