use super::{Crl, ID_CE_KEY_USAGE, ListContent, RevocationReason, Revoked, crl_to_pem, issue_crl};
use crate::error::Reason;
use crate::pki::testing::{KEY, NOW, REFERENCE_ROOT, ROOT, name, validity};
use crate::pki::{AltName, Certificate, PrivateKey, Serial, SerialNumber, Signer, issue_root};
use crate::time::Timestamp;

fn serial(text: &str) -> SerialNumber {
    SerialNumber::parse(text).unwrap()
}

fn list() -> Vec<u8> {
    let at = Timestamp::from_unix(NOW);
    let revoked: Vec<Revoked> = [("0x80", RevocationReason::KeyCompromise)]
        .into_iter()
        .chain([("0x7f00", RevocationReason::Unspecified)])
        .map(|(text, reason)| Revoked { serial: serial(text), at, reason })
        .collect();
    let next_update = at.plus_days(30).unwrap();
    let number = u128::from(u64::MAX) + 1;
    let content = ListContent { this_update: at, next_update, number, revoked: &revoked };
    issue_crl(&ROOT, &*KEY, content).unwrap()
}

#[test]
fn a_list_reads_back() {
    let der = list();
    let pem = crl_to_pem(&der).unwrap();
    for bytes in [der.as_slice(), pem.as_bytes()] {
        let read = Crl::read(bytes).unwrap();
        read.verify_issued_by(&ROOT).unwrap();
        assert_eq!(read.this_update().to_unix(), NOW);
        assert_eq!(read.next_update(), Timestamp::from_unix(NOW).plus_days(30));
        assert!(read.len() == 2 && !read.is_empty());
        assert_eq!(read.number().unwrap(), "18446744073709551616");
        assert_eq!(&read.issuer().unwrap(), ROOT.subject());
        assert!(read.has(&serial("0x80")) && read.has(&serial("0x7f00")));
        assert!(!read.has(&serial("0x7f")));
    }
    // The same content gives the same bytes.
    assert_eq!(list(), der);
}

#[test]
fn a_number_is_decimal_while_it_fits() {
    for (der, text) in [
        ([2, 1, 0].to_vec(), "0"),
        ([2, 2, 1, 0].to_vec(), "256"),
        ([&[2, 17, 0], [0xff; 16].as_slice()].concat(), "340282366920938463463374607431768211455"),
        ([&[2, 17, 1], [0; 16].as_slice()].concat(), "0x100000000000000000000000000000000"),
    ] {
        let mut list = Crl::read(&list()).unwrap();
        list.number = Some(super::number(&der).unwrap());
        assert_eq!(list.number().unwrap(), text);
    }
    for der in [&[2, 1, 0x80][..], &[2, 0], &[2, 2, 0, 1], &[4, 1, 1], &[2, 1, 1, 0]] {
        assert_eq!(super::number(der).unwrap_err().reason, Reason::DerMalformed, "{der:?}");
    }
}

#[test]
fn a_list_counts_from_its_first_to_its_last_second() {
    let list = Crl::read(&list()).unwrap();
    let last = list.next_update().unwrap().to_unix();
    for (now, reason) in [
        (NOW - 1, Some(Reason::CrlNotCurrent)),
        (NOW, None),
        (last, None),
        (last + 1, Some(Reason::CrlNotCurrent)),
    ] {
        let found = list.verify_current(Timestamp::from_unix(now));
        assert_eq!(found.err().map(|defect| defect.reason), reason, "{now}");
    }
}

#[test]
fn another_root_is_not_its_issuer() {
    let root = Certificate::from_pem(REFERENCE_ROOT).unwrap();
    let refused = Crl::read(&list()).unwrap().verify_issued_by(&root).unwrap_err();
    assert_eq!(refused.reason, Reason::IssuerMismatch);
    let at = Timestamp::from_unix(NOW);
    let content = ListContent { this_update: at, next_update: at, number: 1, revoked: &[] };
    let other = PrivateKey::generate().unwrap();
    let refused = issue_crl(&ROOT, &other, content).unwrap_err();
    assert_eq!(refused.reason, Reason::SignatureInvalid);
}

/// Neither the name alone nor the key alone says whose list it is.
#[test]
fn a_root_of_the_same_name_or_key_is_not_its_issuer() {
    let renewed = |key: &dyn Signer, project: &str| {
        let subject = name(project, Some("central"), None);
        let alt_name = AltName::Dns(project.into());
        issue_root(key, &subject, &alt_name, validity(), Serial::random().unwrap()).unwrap()
    };
    let other = PrivateKey::generate().unwrap();
    for (root, reason) in [
        (renewed(&*KEY, "hospital_federation"), None),
        (renewed(&*KEY, "another_federation"), Some(Reason::IssuerMismatch)),
        (renewed(&other, "hospital_federation"), Some(Reason::IssuerMismatch)),
    ] {
        let found = Crl::read(&list()).unwrap().verify_issued_by(&root);
        assert_eq!(found.err().map(|defect| defect.reason), reason, "{:?}", root.subject());
    }
}

#[test]
fn a_root_that_may_sign_no_lists_signs_none() {
    let refused = |root: &Certificate| {
        let at = Timestamp::from_unix(NOW);
        let content = ListContent { this_update: at, next_update: at, number: 1, revoked: &[] };
        let made = issue_crl(root, &*KEY, content).map(|der| Crl::read(&der).unwrap().is_empty());
        let read = Crl::read(&list()).unwrap().verify_issued_by(root);
        (made.map_err(|defect| defect.reason), read.map_err(|defect| defect.reason))
    };
    let mut root = ROOT.clone();
    assert_eq!(refused(&root), (Ok(true), Ok(())));
    let usage = root.extensions.iter_mut().find(|one| one.extn_id == ID_CE_KEY_USAGE).unwrap();
    // keyCertSign alone (RFC 5280 section 4.2.1.3).
    usage.extn_value = der::asn1::OctetString::new([3, 2, 2, 4]).unwrap();
    assert_eq!(refused(&root), (Err(Reason::RootSignsNoCrl), Err(Reason::RootSignsNoCrl)));
    // A root without keyUsage may sign anything.
    root.extensions.retain(|one| one.extn_id != ID_CE_KEY_USAGE);
    assert_eq!(refused(&root), (Ok(true), Ok(())));
}

/// The numbers of RFC 5280 section 5.3.1.
#[test]
fn reasons_have_their_names_and_numbers() {
    let expected = [
        ("unspecified", 0),
        ("key-compromise", 1),
        ("affiliation-changed", 3),
        ("superseded", 4),
        ("cessation-of-operation", 5),
        ("privilege-withdrawn", 9),
    ];
    let all = RevocationReason::ALL.iter().copied();
    let found: Vec<_> = all.clone().map(|reason| (reason.as_str(), reason.number())).collect();
    assert_eq!(found, expected);
    for reason in all {
        assert_eq!(RevocationReason::parse(reason.as_str()), Some(reason));
    }
    assert_eq!(RevocationReason::parse("no-reason"), None);
}

#[test]
fn damage_is_refused_without_panic() {
    let der = list();
    let read = |der: &[u8]| Crl::read(der).and_then(|list| list.verify_issued_by(&ROOT));
    read(&der).unwrap();
    for length in 0..der.len() {
        assert!(read(&der[..length]).is_err());
    }
    for at in 0..der.len() {
        let mut damaged = der.clone();
        damaged[at] ^= 0x20;
        assert!(read(&damaged).is_err(), "byte {at}");
    }
}
