//! What a Project Admin sends back: yes or no.

use super::denial::DENIED_JSON;
use super::enclosed::Enclosed;
use super::{UnverifiedApproval, UnverifiedDenial};
use crate::archive::Members;
use crate::error::Error;

/// A zip that answers a request, safe to look at but not yet believed.
pub enum UnverifiedAnswer {
    /// A signed zip, or what was sent in its place.
    Approval(UnverifiedApproval),
    /// A denied zip.
    Denial(UnverifiedDenial),
}

impl UnverifiedAnswer {
    /// Opens the archive, and sees by its members which of the two it is.
    pub fn read(zip: &[u8], place: &str) -> Result<Self, Error> {
        let zip = Enclosed::read(zip, place)?;
        Ok(if is_denied_zip(&zip.members) {
            Self::Denial(UnverifiedDenial::of(zip))
        } else {
            Self::Approval(UnverifiedApproval::of(zip))
        })
    }
}

/// A zip that has the content of both is no denial, and is refused as an approval.
pub(crate) fn is_denied_zip(members: &Members) -> bool {
    members.get(DENIED_JSON).is_some() && members.get("signed.json").is_none()
}
