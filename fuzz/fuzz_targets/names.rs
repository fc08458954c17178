//! Names: an accepted one is kept as it was written and is safe in a path, a certificate and a
//! shell script.
#![no_main]

use std::fmt::Display;

use flarekit::error::Defect;
use flarekit::identity::CertType;
use flarekit::names::{
    DeployVersion, Host, HostName, Org, ParticipantName, ProjectName, RequestId,
};
use flarekit_fuzz::accepted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    safe(ProjectName::parse(text), text, 64);
    safe(Org::parse(text), text, 64);
    safe(DeployVersion::parse(text), text, 2);
    safe(RequestId::parse(text), text, 36);
    safe(HostName::parse(text), text, 253);
    for cert_type in CertType::ALL {
        let name = ParticipantName::parse(text, *cert_type);
        if let Ok(name) = &name {
            assert!(text.starts_with(name.common_name()) && name.common_name().len() <= 64);
            assert!(name.is_same_when_folded(&text.to_ascii_uppercase()));
        }
        safe(name, text, 253);
    }
    if let Some(host) = accepted(Host::parse(text), text.as_bytes()) {
        let again = Host::parse(&host.to_string()).unwrap();
        assert!(again.is_same_host(&host) && again == host);
    }
});

fn safe<T: Display>(name: Result<T, Defect>, text: &str, longest: usize) {
    let Some(name) = accepted(name, text.as_bytes()) else { return };
    assert_eq!(name.to_string(), text);
    assert!(!text.is_empty() && text.len() <= longest);
    assert!(text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_'));
    assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c)));
}
