//! A denied zip, as a requester gets it by mail.
#![no_main]

use flarekit::approval::{RootTrust, UnverifiedAnswer, UnverifiedDenial, VerifiedDenial};
use flarekit::error::{Code, Error};
use flarekit::fingerprint::Fingerprint;
use flarekit::names::Remark;
use flarekit_fuzz::{admitted, check_message, mutate, zip};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, zip::change)
});

fuzz_target!(|data: &[u8]| {
    let Some(denial) = admitted(verify(data, RootTrust::Unpinned), data) else { return };
    // It is taken for a denial, and for nothing else.
    assert!(matches!(UnverifiedAnswer::read(data, "a.zip"), Ok(UnverifiedAnswer::Denial(_))));
    let root = denial.root();
    root.verify_root().unwrap();
    assert_eq!(root.subject().common_name, denial.identity().project.as_str());
    // The reason goes to a terminal.
    check_message(denial.reason().as_str(), data);
    assert_eq!(&Remark::parse(denial.reason().as_str()).unwrap(), denial.reason());

    // With the right fingerprint and only with it.
    let fingerprint = Fingerprint::from_digest(root.sha256());
    assert_eq!(denial.fingerprint(), fingerprint);
    verify(data, RootTrust::Pinned(fingerprint)).unwrap();
    let other = RootTrust::Pinned(Fingerprint::from_digest([0; 32]));
    let refused = verify(data, other).unwrap_err();
    assert_eq!(refused.code(), Code::RootcaFingerprintMismatch);
});

fn verify(data: &[u8], trust: RootTrust) -> Result<VerifiedDenial, Error> {
    UnverifiedDenial::read(data, "a.denied.zip")?.verify(trust)
}
