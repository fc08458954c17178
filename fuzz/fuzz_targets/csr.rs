//! Certificate signing requests.
#![no_main]

use flarekit::pki::Csr;
use flarekit_fuzz::{accepted, mutate, pem};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, |data, dice| pem::change(data, None, dice))
});

fuzz_target!(|data: &[u8]| {
    let Some(csr) = accepted(Csr::from_pem(data), data) else { return };
    let subject = csr.subject();
    assert!((1..=64).contains(&subject.common_name.chars().count()));
    assert!(subject.organization.as_ref().is_none_or(|name| name.chars().count() <= 64));
    let key = csr.public_key();
    assert_eq!(key.is_rsa(), key.bits() > 0);
    let usable = accepted(key.require_participant_key(), data).is_some();
    assert!(!usable || key.bits() == 2048 && key.exponent() == Some(65537));
    let _ = accepted(csr.verify_possession(), data);
});
