//! Zips that came from somebody else: all checks that can be made without the other half.

use super::{Checks, check_dates};
use crate::approval::{
    RootTrust, UnverifiedApproval, UnverifiedDenial, UnverifiedRequest, VerifiedApproval,
    VerifiedDenial, VerifiedRequest,
};
use crate::error::Error;
use crate::time::Timestamp;

/// The checks of `package` up to the request folder.
///
/// A zip that one of them refuses has this one check that failed, and the error that `package`
/// would give: the checks after it would look at something that cannot be believed.
pub fn check_signed_zip(
    zip: &[u8],
    place: &str,
    trust: RootTrust,
    now: Timestamp,
) -> (Checks, Result<VerifiedApproval, Error>) {
    let mut checks = Checks::default();
    let read = UnverifiedApproval::read(zip, place).and_then(|read| read.verify(trust, now));
    let approval = match read {
        Ok(approval) => approval,
        Err(error) => return (refused(checks, &error), Err(error)),
    };
    checks.ok("archive", "exactly the files of a signed zip, and no private key");
    checks.ok("signature", "signed.json was signed by the root certificate in the zip");
    checks.ok("content", "the other files are the ones that signed.json names");
    let identity = approval.identity();
    checks.ok(
        "identity",
        format!(
            "signed.json, site.yaml and the certificate name one participant: {} ({})",
            identity.name, identity.cert_type
        ),
    );
    match approval.warning() {
        Some(warning) => checks.warning("chain", warning.message),
        None => checks.ok("chain", "the root certificate signed the participant's"),
    }
    let fingerprint = approval.fingerprint();
    match trust {
        RootTrust::Pinned(_) => {
            checks.ok("fingerprint", "the root certificate is the expected one");
        }
        RootTrust::Unpinned => checks.skipped("fingerprint", unpinned(&fingerprint)),
    }
    let certificates =
        [("certificate", approval.certificate()), ("root certificate", approval.root())];
    check_dates(&mut checks, &certificates, now);
    checks.skipped("request", "whether your request folder belongs to it is seen by 'package'");
    (checks, Ok(approval))
}

/// The checks of `package` that a denied zip passes before it is explained.
pub fn check_denied_zip(
    zip: &[u8],
    place: &str,
    trust: RootTrust,
) -> (Checks, Result<VerifiedDenial, Error>) {
    let mut checks = Checks::default();
    let read = UnverifiedDenial::read(zip, place).and_then(|read| read.verify(trust));
    let denial = match read {
        Ok(denial) => denial,
        Err(error) => return (refused(checks, &error), Err(error)),
    };
    checks.ok("archive", "exactly the files of a denied zip, and no private key");
    checks.ok("signature", "denied.json was signed by the root certificate in the zip");
    let fingerprint = denial.fingerprint();
    match trust {
        RootTrust::Pinned(_) => {
            checks.ok("fingerprint", "the root certificate is the expected one");
        }
        RootTrust::Unpinned => checks.skipped(
            "fingerprint",
            format!("anyone could have made this denied zip: {}", unpinned(&fingerprint)),
        ),
    }
    checks.skipped("request", "whether it is your request that was denied is seen by 'package'");
    (checks, Ok(denial))
}

/// The checks of `cert approve` up to the CA directory.
pub fn check_request_zip(zip: &[u8], place: &str) -> (Checks, Result<VerifiedRequest, Error>) {
    let mut checks = Checks::default();
    let read = UnverifiedRequest::read(zip, place).and_then(UnverifiedRequest::verify);
    let request = match read {
        Ok(request) => request,
        Err(error) => return (refused(checks, &error), Err(error)),
    };
    checks.ok("archive", "exactly the files of a request zip, and no private key");
    checks.ok("content", "the other files are the ones that request.json names");
    let identity = &request.metadata().identity;
    checks.ok(
        "identity",
        format!(
            "request.json, site.yaml and the CSR name one participant: {} ({})",
            identity.name, identity.cert_type
        ),
    );
    checks.ok("possession", "whoever made the request has the private key to it");
    if let Some(renewal) = &request.metadata().renewal {
        checks.ok(
            "renewal",
            format!(
                "the key of certificate {} signed the request; whether the CA issued that \
                 certificate, and it still counts, is seen by 'cert approve'",
                renewal.certificate().serial()
            ),
        );
    }
    for warning in request.warnings() {
        checks.warning("content", warning.message.clone());
    }
    checks.skipped(
        "sender",
        format!(
            "whose request this is cannot be seen: compare request_digest {} with the requester \
             by telephone",
            request.zip_sha256().spoken()
        ),
    );
    (checks, Ok(request))
}

/// What to do about a root that nobody vouched for.
pub(super) fn unpinned(fingerprint: &impl std::fmt::Display) -> String {
    format!(
        "whose root certificate this is was not verified: compare {fingerprint} with what the \
         Project Admin tells you, or verify with --fingerprint"
    )
}

fn refused(mut checks: Checks, error: &Error) -> Checks {
    checks.refused("zip", error);
    checks.skipped("the rest", "what follows was not checked, because it could not be believed");
    checks
}
