//! A policy: what is read judges requests, and says why in words that can be shown.
#![no_main]

use std::sync::LazyLock;

use flarekit::approval::{CandidateRequest, UnverifiedRequest};
use flarekit::identity::Kind;
use flarekit::policy::Policy;
use flarekit::profile::ProjectProfile;
use flarekit_fuzz::{admitted, check_message};
use libfuzzer_sys::fuzz_target;

macro_rules! request {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../crates/flarekit/tests/vectors/valid/flarekit-0.1.0/requests/",
            $name,
            "/",
            $name,
            ".request.zip"
        ))
    };
}

const PROFILE: &[u8] = include_bytes!("../../examples/hospital/project_profile.yaml");
const ZIPS: [&[u8]; 3] = [
    request!("hospital-a"),
    request!("server1.hospital-central.org"),
    request!("alice@hospital-alpha.org"),
];

static REQUESTS: LazyLock<Vec<CandidateRequest>> = LazyLock::new(|| {
    let profile = ProjectProfile::parse(PROFILE, "the profile").unwrap();
    let candidate = |zip: &&[u8]| {
        let request = UnverifiedRequest::read(zip, "a.request.zip").unwrap().verify().unwrap();
        CandidateRequest::fit(request, &profile).unwrap()
    };
    ZIPS.iter().map(candidate).collect()
});

fuzz_target!(|data: &[u8]| {
    let Some(policy) = admitted(Policy::parse(data, "policy.yaml"), data) else { return };
    for request in REQUESTS.iter() {
        let kind = request.request().metadata().identity.cert_type.kind();
        let days = policy.valid_days(kind, 1095);
        assert!((1..=1095).contains(&days));
        let denials = policy.denials(request, days);
        assert!(denials.iter().all(|denial| !denial.rule.ends_with(".max_valid_days")));
        match policy.judge(request, days) {
            Ok(()) => assert!(denials.is_empty()),
            Err(error) => {
                assert!(!denials.is_empty());
                check_message(error.message(), data);
            }
        }
        // More days are never allowed where fewer are not.
        assert!(policy.denials(request, u32::MAX).len() >= denials.len());
        if kind == Kind::User {
            assert!(denials.iter().all(|denial| denial.rule.starts_with("user")));
        }
    }
});
