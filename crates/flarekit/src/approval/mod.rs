//! From a request to an approval and back: what the Project Admin's side makes of a request zip,
//! and what the requester's side makes of a signed zip.
//!
//! Each stage is a type without another constructor: [`UnverifiedRequest`] → [`VerifiedRequest`] →
//! [`AdmittedRequest`] → [`ClearedRequest`](crate::ca::ledger::ClearedRequest) → [`SignedApproval`]
//! → [`RecordedApproval`](crate::ca::ledger::RecordedApproval); [`UnverifiedApproval`] → [`VerifiedApproval`].
//! A request can be denied instead: [`denial`].

mod admission;
mod answer;
mod candidate;
mod copies;
pub mod denial;
mod enclosed;
mod file;
mod folder;
mod metadata;
mod request;
mod response;
mod signed;

pub use admission::AdmittedRequest;
pub use answer::UnverifiedAnswer;
pub(crate) use answer::is_denied_zip;
pub use candidate::CandidateRequest;
pub use copies::keep_approval;
pub(crate) use denial::{DenialParts, DeniedMetadata};
pub use denial::{SignedDenial, UnverifiedDenial, VerifiedDenial};
pub use file::{DeniedZipFile, PreparedDenial, PreparedZip, SignedZipFile, WrittenZip};
pub use folder::{SignedZipFolder, ZipPlace};
pub(crate) use metadata::SignedMetadata;
pub(crate) use metadata::{ApprovalFacts, CaInfo};
pub use request::{UnverifiedRequest, VerifiedRequest};
pub use response::{RootTrust, UnverifiedApproval, VerifiedApproval};
pub use signed::SignedApproval;
pub(crate) use signed::SignedParts;
