//! What the tests of this room share: the reference's own artifacts, and keys and roots of ours.

use std::sync::LazyLock;

use super::{
    AltName, Certificate, DistinguishedName, PrivateKey, PublicKey, Serial, Signer, Validity, asn1,
    issue_root,
};
use crate::time::Timestamp;

macro_rules! vector {
    ($path:literal) => {
        include_bytes!(concat!("../../tests/vectors/", $path))
    };
}
pub(super) use vector;

/// The root of the reference's example project, and what it issued.
pub(super) const REFERENCE_ROOT: &[u8] = vector!("valid/reference-2.9.0/rootCA.pem");
pub(crate) const REFERENCE_SITE: &[u8] = vector!("valid/reference-2.9.0/hospital-a.crt");

/// 2026-11-23T07:00:00Z, when the vectors were made and valid.
pub(super) const NOW: u64 = 1_795_417_200;

/// A key of ours, read once.
pub(super) static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pem(vector!("valid/keys/rsa-2048.pkcs1.pem"), None).unwrap());

/// A root of ours with an organisation, under [`KEY`].
pub(super) static ROOT: LazyLock<Certificate> = LazyLock::new(|| {
    let subject = name("hospital_federation", Some("central"), None);
    let alt_name = AltName::Dns("hospital_federation".into());
    issue_root(&*KEY, &subject, &alt_name, validity(), Serial::random().unwrap()).unwrap()
});

/// A public RSA key with a modulus of so many bits.
pub(crate) fn rsa(bits: usize, exponent: &[u8]) -> PublicKey {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= modulus.len() * 8 - bits;
    modulus.insert(0, 0);
    let modulus = der::asn1::UintRef::new(&modulus).unwrap();
    let exponent = der::asn1::UintRef::new(exponent).unwrap();
    let key = asn1::RsaPublicKey { modulus, exponent };
    PublicKey::from_rsa(&asn1::write(&key, "key").unwrap()).unwrap()
}

/// A year around [`NOW`].
pub(super) fn validity() -> Validity {
    Validity {
        not_before: Timestamp::from_unix(NOW).minus_seconds(300),
        not_after: Timestamp::from_unix(NOW).plus_days(365).unwrap(),
    }
}

pub(super) fn name(cn: &str, o: Option<&str>, unstructured: Option<&str>) -> DistinguishedName {
    DistinguishedName {
        common_name: cn.into(),
        organization: o.map(Into::into),
        unstructured_name: unstructured.map(Into::into),
    }
}

/// A signer that belongs to [`KEY`] but does not sign what it is given.
pub(super) struct Liar;

impl Signer for Liar {
    fn public_key(&self) -> &super::PublicKey {
        KEY.public_key()
    }

    fn sign_certificate(&self, _: &[u8]) -> Result<Vec<u8>, crate::error::Defect> {
        KEY.sign_certificate(b"something else")
    }

    fn sign_content(&self, _: &[u8]) -> Result<Vec<u8>, crate::error::Defect> {
        KEY.sign_content(b"something else")
    }
}
