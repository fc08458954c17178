//! A signed zip, as a requester gets it by mail.
#![no_main]

use flarekit::approval::{RootTrust, UnverifiedApproval, VerifiedApproval};
use flarekit::error::{Code, Error};
use flarekit::fingerprint::Fingerprint;
use flarekit::pki::Certificate;
use flarekit::time::Timestamp;
use flarekit_fuzz::{admitted, check_message, mutate, zip};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// 2026-11-24T06:00:00Z, when the vectors are valid.
const NOW: u64 = 1_795_500_000;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, zip::change)
});

fuzz_target!(|data: &[u8]| {
    let Some(approval) = admitted(verify(data, RootTrust::Unpinned, NOW), data) else { return };
    if let Some(warning) = approval.warning() {
        check_message(&warning.message, data);
    }
    let root = Certificate::from_pem(approval.root_pem()).unwrap();
    let certificate = approval.certificate();
    certificate.verify_issued_by(&root).unwrap();
    root.verify_root().unwrap();
    assert_eq!(&Certificate::from_pem(approval.certificate_pem()).unwrap(), certificate);
    assert!(!certificate.is_ca());
    assert!(approval.identity().differs_from(certificate.subject()).is_none());
    assert_eq!(root.subject().common_name, approval.identity().project.as_str());

    // With the right fingerprint and only with it; in its time and only then.
    let fingerprint = approval.fingerprint();
    verify(data, RootTrust::Pinned(fingerprint), NOW).unwrap();
    let other = RootTrust::Pinned(Fingerprint::from_digest([0; 32]));
    assert_eq!(code(verify(data, other, NOW)), Code::RootcaFingerprintMismatch);
    let after = certificate.not_after().to_unix() + 1;
    assert_eq!(code(verify(data, RootTrust::Unpinned, after)), Code::CertExpired);
});

fn verify(data: &[u8], trust: RootTrust, now: u64) -> Result<VerifiedApproval, Error> {
    UnverifiedApproval::read(data, "a.signed.zip")?.verify(trust, Timestamp::from_unix(now))
}

fn code(result: Result<VerifiedApproval, Error>) -> Code {
    result.unwrap_err().code()
}
