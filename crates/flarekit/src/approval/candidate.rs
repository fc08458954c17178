//! A request that fits a profile, before a CA is asked.

use super::VerifiedRequest;
use super::admission::{alt_names, check_name, check_profile};
use crate::error::Error;
use crate::pki::AltName;
use crate::profile::ProjectProfile;

/// A request that fits a profile: what can be said about it without the CA and its key. It cannot be
/// signed; that takes an [`AdmittedRequest`](super::AdmittedRequest).
#[derive(Debug)]
pub struct CandidateRequest {
    request: VerifiedRequest,
    alt_names: Vec<AltName>,
}

impl CandidateRequest {
    /// Fits the request to the profile, or says what stands against it.
    pub fn fit(request: VerifiedRequest, profile: &ProjectProfile) -> Result<Self, Error> {
        check_profile(&request, profile)?;
        check_name(&request, &profile.connection)?;
        let alt_names = alt_names(&request, &profile.connection);
        Ok(Self { request, alt_names })
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &VerifiedRequest {
        &self.request
    }

    /// The hosts and names that a certificate would be valid for.
    #[must_use]
    pub fn alt_names(&self) -> &[AltName] {
        &self.alt_names
    }
}
