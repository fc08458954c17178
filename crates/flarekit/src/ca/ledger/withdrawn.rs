//! What was said no to stays so: a denied request, and the key of a revoked certificate.

use super::database::Database;
use super::entry::{Entry, EntryKind};
use super::rows::{self, IS_CERTIFICATE};
use crate::approval::VerifiedRequest;
use crate::error::{Code, Error};

/// Refuses a request that was denied, or whose key somebody else may have. Nothing overrides that:
/// for a new request, `cert request --force` makes a new key.
pub(super) fn refuse(database: &Database, request: &VerifiedRequest) -> Result<(), Error> {
    refuse_denied(database, request)?;
    // A revocation repeats the key of the certificate that it is about.
    match of_key(database, request, EntryKind::Revocation)?.first() {
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

/// A denied request is known by its id and, because nobody signs that, by its key: whoever has the
/// zip can change the id. Of a renewal the id is signed, so that one with the same key is another
/// request, and its own.
fn refuse_denied(database: &Database, request: &VerifiedRequest) -> Result<(), Error> {
    let metadata = request.metadata();
    // What else an id stands for was refused already.
    let id = metadata.request_id.to_plain();
    let denial = "WHERE e.request_id = ?1 AND e.kind = ?2";
    let parameters = (id.as_str(), EntryKind::Denial.as_str());
    if let Some(denied) = rows::entries(database, denial, parameters)?.first() {
        let whose = format!("this request of '{}'", denied.record.name);
        return Err(denied_before(&whose, denied));
    }
    if metadata.renewal.is_some() {
        return Ok(());
    }
    let denials = of_key(database, request, EntryKind::Denial)?;
    let Some(denied) = denials.first() else { return Ok(()) };
    // That a copy with another id was denied takes nothing back from the request that was approved.
    let approved = format!("WHERE e.request_id = ?1 AND {IS_CERTIFICATE}");
    if !rows::entries(database, &approved, [id.as_str()])?.is_empty() {
        return Ok(());
    }
    let whose = format!(
        "the key in this request of '{}' is that of a request of '{}', which",
        metadata.identity.name, denied.record.name
    );
    Err(denied_before(&whose, denied))
}

fn denied_before(whose: &str, denied: &Entry) -> Error {
    let reason = denied.record.reason.as_deref().unwrap_or("no reason was given");
    let message = format!("{whose} was denied on {}: {reason}", denied.record.at);
    Error::new(Code::RequestAlreadyDenied, message)
}

/// The entries of a kind with the request's key.
fn of_key(
    database: &Database,
    request: &VerifiedRequest,
    kind: EntryKind,
) -> Result<Vec<Entry>, Error> {
    let key = request.metadata().public_key_sha256;
    let parameters = (kind.as_str(), key.as_bytes().as_slice());
    rows::entries(database, "WHERE e.kind = ?1 AND e.public_key = ?2", parameters)
}
