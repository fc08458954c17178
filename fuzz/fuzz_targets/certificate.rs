//! Certificates, in PEM and in DER: one encoding for one value, and the checks agree.
#![no_main]

use flarekit::pki::{Certificate, LeafProfile, decode_base64, encode_base64};
use flarekit_fuzz::{accepted, mutate, pem};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

const ROOT: &[u8] =
    include_bytes!("../../crates/flarekit/tests/vectors/valid/reference-2.9.0/ca/rootCA.pem");

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, |data, dice| {
        let root = dice.one_in(2).then_some(ROOT);
        pem::change(data, root, dice)
    })
});

fuzz_target!(|data: &[u8]| {
    if let Some(certificate) = accepted(Certificate::from_der(data), data) {
        assert_eq!(certificate.der(), data);
    }
    let Some(certificate) = accepted(Certificate::from_pem(data), data) else { return };
    let line = encode_base64(certificate.der()).unwrap();
    assert_eq!(decode_base64(line.as_bytes()).unwrap(), certificate.der());
    let again = Certificate::from_pem(certificate.to_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(again, certificate);
    assert_eq!(again.subject(), certificate.subject());
    assert_eq!(Certificate::from_der(certificate.der()).unwrap(), certificate);
    assert!(certificate.serial().starts_with("0x"));

    let root = Certificate::from_pem(ROOT).unwrap();
    let _ = accepted(certificate.verify_issued_by(&root), data);
    let site = accepted(certificate.verify_leaf_profile(LeafProfile::ClientServer), data);
    let user = accepted(certificate.verify_leaf_profile(LeafProfile::User), data);
    let is_root = accepted(certificate.verify_root(), data).is_some();
    assert!(u8::from(is_root) + u8::from(site.is_some()) + u8::from(user.is_some()) <= 1);
    assert!(!is_root || certificate.is_ca() && certificate.public_key().bits() >= 2048);
});
