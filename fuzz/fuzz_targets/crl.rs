//! Revocation lists, in PEM and in DER: what is believed is the root's, and says one thing.
#![no_main]

use flarekit::pki::{Certificate, Crl, crl_to_pem};
use flarekit::time::Timestamp;
use flarekit_fuzz::{accepted, der, mutate, pem, vectors};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

const ROOT: &[u8] =
    include_bytes!("../../crates/flarekit/tests/vectors/valid/flarekit-0.1.0/ca/rootCA.pem");

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, |data, dice| {
        if data.starts_with(b"-----BEGIN") {
            return pem::change(data, Some(ROOT), dice);
        }
        let changed = der::change(data, dice);
        let root = Certificate::from_pem(ROOT).ok()?;
        let signer = vectors::signer(&root.public_key().sha256_hex())?;
        if dice.one_in(4) { Some(changed) } else { der::sealed(&changed, signer) }
    })
});

fuzz_target!(|data: &[u8]| {
    let Some(list) = accepted(Crl::read(data), data) else { return };
    if let Some(issuer) = accepted(list.issuer(), data) {
        assert!(!issuer.to_string().contains(char::is_control));
    }
    if let Some(number) = list.number() {
        let digits = number.strip_prefix("0x").unwrap_or(&number);
        assert!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    // It counts from its first second to its last, and at no other time.
    let first = list.this_update();
    if let Some(last) = list.next_update().filter(|last| *last >= first) {
        list.verify_current(last).unwrap();
        let after = Timestamp::from_unix(last.to_unix() + 1);
        assert!(accepted(list.verify_current(after), data).is_none());
    }
    let root = Certificate::from_pem(ROOT).unwrap();
    let signed = accepted(list.verify_issued_by(&root), data).is_some();
    if signed {
        assert_eq!(&list.issuer().unwrap(), root.subject());
    }
    if data.starts_with(b"-----BEGIN") {
        return;
    }
    // The other encoding is the same list.
    let again = Crl::read(crl_to_pem(data).unwrap().as_bytes()).unwrap();
    assert_eq!((again.len(), again.number()), (list.len(), list.number()));
    assert_eq!(again.verify_issued_by(&root).is_ok(), signed);
    // A part of it is none.
    let mut cut = data.to_vec();
    cut.pop();
    assert!(Crl::read(&cut).is_err());
});
