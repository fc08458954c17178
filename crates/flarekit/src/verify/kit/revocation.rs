//! Whether a kit's certificate is on a revocation list.

use super::CheckedKit;
use crate::ca::are_serials;
use crate::error::{Code, Defect, Error, Reason};
use crate::pki::{Crl, begins_like_der};
use crate::time::Timestamp;

const NAME: &str = "revocation";

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
            .map_err(|defect| match defect.reason {
                Reason::IssuerMismatch | Reason::SignatureInvalid => {
                    Defect { reason: Reason::CrlOfAnotherCa, ..defect }
                }
                _ => defect,
            })
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
    let seems_a_list = bytes.starts_with(b"-----BEGIN") || begins_like_der(bytes);
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

#[cfg(test)]
mod tests {
    use super::read_revocation_list;
    use crate::error::Reason;

    /// The digit 0 is the first byte of DER, too.
    #[test]
    fn what_is_no_list_is_told_what_it_is() {
        for (bytes, words) in [
            (&b"0A1B\n1C2D\n"[..], "x is a list of serial numbers, not"),
            (b"0 is a digit\n", "x is not a revocation list"),
            (b"", "x is empty"),
            (b"0\x82\x01", "x is not a revocation list: "),
            (b"-----BEGIN X509 CRL-----\n", "x is not a revocation list: "),
        ] {
            let error = read_revocation_list(bytes, "x").unwrap_err();
            assert_eq!(error.reason(), Some(Reason::NotARevocationList));
            assert!(error.message().starts_with(words), "{error}");
        }
    }
}
