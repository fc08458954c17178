//! Saying no: a request zip to a denied zip, and what the requester makes of that.
//!
//! A denied zip holds `denied.json`, the CA's signature over it, and the root certificate. It is
//! signed as an approval is, and named as another artifact, so that neither can pass for the other.
//! The stages: [`VerifiedRequest`](super::VerifiedRequest) →
//! [`DeniableRequest`](crate::ca::ledger::DeniableRequest) → [`SignedDenial`] →
//! [`RecordedDenial`](crate::ca::ledger::RecordedDenial); [`UnverifiedDenial`] → [`VerifiedDenial`].

mod metadata;
mod response;
mod signed;

pub(crate) use metadata::DeniedMetadata;
pub use response::{UnverifiedDenial, VerifiedDenial};
pub(crate) use signed::DenialParts;
pub use signed::SignedDenial;

/// The signed content of a denied zip.
pub(crate) const DENIED_JSON: &str = "denied.json";
/// The signature over it.
pub(crate) const DENIED_SIGNATURE: &str = "denied.json.sig";
