//! Whether a kit's certificate is on a revocation list.

use super::CheckedKit;
use crate::ca::are_serials;
use crate::error::{Code, Defect, Error, Reason};
use crate::pki::Crl;
use crate::time::Timestamp;

const NAME: &str = "revocation";
/// How DER begins.
const SEQUENCE: u8 = 0x30;

impl CheckedKit {
    /// Adds the check of the kit's certificate against a revocation list of its root, which must be
    /// the current one.
    pub fn check_revocation(&mut self, list: &Crl, now: Timestamp) {
        let (Some(root), Some(leaf)) = (&self.root, &self.leaf) else {
            let message = "the kit lacks the certificates that a list is compared with";
            return self.checks.skipped(NAME, message);
        };
        let is_on_it = || {
            let message = format!("the certificate {} was revoked", leaf.serial());
            Err(Defect::new(Reason::CertificateRevoked, message))
        };
        let verified = list
            .verify_issued_by(root)
            .and_then(|()| list.verify_current(now))
            .and_then(|()| if list.has(&leaf.serial_number()) { is_on_it() } else { Ok(()) });
        match verified {
            Err(defect) => self.checks.failed(NAME, defect),
            Ok(()) => self.checks.ok(
                NAME,
                format!("the certificate is not on the list, which is of {}", list.this_update()),
            ),
        }
    }
}

/// Reads the list that a kit is to be compared with. Another file says nothing about the kit.
///
/// # Errors
/// [`Reason::NotARevocationList`], or [`Reason::CrlUnsupported`] as [`Crl::read`].
pub fn read_revocation_list(bytes: &[u8], place: &str) -> Result<Crl, Error> {
    let refuse = |reason, message| Err(Error::because(Code::InvalidArgs, reason, message));
    let seems_a_list = bytes.starts_with(b"-----BEGIN") || bytes.first() == Some(&SEQUENCE);
    let what = match Crl::read(bytes) {
        Ok(list) => return Ok(list),
        Err(defect) if defect.reason == Reason::CrlUnsupported => {
            return refuse(defect.reason, format!("{place}: {defect}"));
        }
        Err(defect) if seems_a_list => format!("is not a revocation list: {defect}"),
        Err(_) if bytes.is_empty() => "is empty, and so is no revocation list".to_owned(),
        Err(_) if are_serials(bytes) => {
            "is a list of serial numbers, not a revocation list".to_owned()
        }
        Err(_) => "is not a revocation list".to_owned(),
    };
    refuse(Reason::NotARevocationList, format!("{place} {what}"))
}
