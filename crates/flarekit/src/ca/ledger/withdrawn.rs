//! What was said no to stays so: a denied request, and the key of a revoked certificate.

use super::database::Database;
use super::entry::EntryKind;
use super::rows;
use crate::approval::VerifiedRequest;
use crate::error::{Code, Error};

/// Refuses a request that was denied, or whose key somebody else may have. Nothing overrides that:
/// for a new request, `cert request --force` makes a new key.
pub(super) fn refuse(database: &Database, request: &VerifiedRequest) -> Result<(), Error> {
    // The id is in the index; what else an id stands for was refused already.
    let denial = "WHERE e.request_id = ?1 AND e.kind = ?2";
    let id = request.metadata().request_id.to_plain();
    let parameters = (id.as_str(), EntryKind::Denial.as_str());
    if let Some(denied) = rows::entries(database, denial, parameters)?.first() {
        return Err(Error::new(
            Code::RequestAlreadyDenied,
            format!(
                "this request of '{}' was denied on {}: {}",
                denied.record.name,
                denied.record.at,
                denied.record.reason.as_deref().unwrap_or("no reason was given")
            ),
        ));
    }
    // A revocation repeats the key of the certificate that it is about.
    let revocation = "WHERE e.kind = ?1 AND e.public_key = ?2";
    let key = request.metadata().public_key_sha256;
    let parameters = (EntryKind::Revocation.as_str(), key.as_bytes().as_slice());
    match rows::entries(database, revocation, parameters)?.first() {
        None => Ok(()),
        Some(revoked) => Err(Error::new(
            Code::KeyRevoked,
            format!(
                "the key in the request of '{}' is that of the certificate {} of '{}', which was \
                 revoked on {} ({})",
                request.metadata().identity.name,
                revoked.record.serial.as_deref().unwrap_or("of an unknown serial number"),
                revoked.record.name,
                revoked.record.at,
                revoked.record.reason.as_deref().unwrap_or("unspecified")
            ),
        )),
    }
}
