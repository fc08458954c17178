//! Whether a kit's certificate is on a revocation list.

use super::CheckedKit;
use crate::error::{Defect, Reason};
use crate::pki::Crl;
use crate::time::Timestamp;

const NAME: &str = "revocation";

impl CheckedKit {
    /// Adds the check of the kit's certificate against a revocation list of its root, which must be
    /// the current one.
    pub fn check_revocation(&mut self, list: &[u8], now: Timestamp) {
        let (Some(root), Some(leaf)) = (&self.root, &self.leaf) else {
            let message = "the kit lacks the certificates that a list is compared with";
            return self.checks.skipped(NAME, message);
        };
        let read = Crl::read(list).and_then(|list| {
            list.verify_issued_by(root)?;
            list.verify_current(now)?;
            if list.has(&leaf.serial_number()) {
                let message = format!("the certificate {} was revoked", leaf.serial());
                return Err(Defect::new(Reason::CertificateRevoked, message));
            }
            Ok(list)
        });
        match read {
            Err(defect) => self.checks.failed(NAME, defect),
            Ok(list) => self.checks.ok(
                NAME,
                format!("the certificate is not on the list, which is of {}", list.this_update()),
            ),
        }
    }
}
