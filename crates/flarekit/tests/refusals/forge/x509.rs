//! Where the fields of certificates and requests are, and how both are signed.

use flarekit::pki::{PrivateKey, Signer as _};

use super::der::{BITS, BOOLEAN, Der, OCTETS, OID, leaf, sequence};

// A certificate (RFC 5280 section 4.1) as the valid ones are, with a version.
pub const VERSION: &[usize] = &[0, 0];
pub const SERIAL: &[usize] = &[0, 1];
pub const INNER_ALGORITHM: &[usize] = &[0, 2];
pub const ISSUER: &[usize] = &[0, 3];
pub const NOT_BEFORE: &[usize] = &[0, 4, 0];
pub const NOT_AFTER: &[usize] = &[0, 4, 1];
pub const SUBJECT: &[usize] = &[0, 5];
pub const SPKI: &[usize] = &[0, 6];
pub const EXTENSIONS: &[usize] = &[0, 7, 0];

// The extensions, in the order in which they are written.
pub const SKI: usize = 0;
pub const AKI: usize = 1;
pub const BASIC: usize = 2;
pub const USAGE: usize = 3;
/// Participants' certificates only; a root has its names here.
pub const EKU: usize = 4;
pub const SAN: usize = 5;

// A request (RFC 2986 section 4).
pub const CSR_VERSION: &[usize] = &[0, 0];
pub const CSR_SUBJECT: &[usize] = &[0, 1];
pub const CSR_SPKI: &[usize] = &[0, 2];

/// The algorithm and the signature of both.
pub const ALGORITHM: &[usize] = &[1];
pub const SIGNATURE: &[usize] = &[2];

/// An extension of a certificate.
pub fn extension(certificate: &mut Der, index: usize) -> &mut Der {
    certificate.at(&[EXTENSIONS, &[index]].concat())
}

/// The content of an extension, which is DER again.
pub fn value(certificate: &mut Der, index: usize) -> &mut Vec<u8> {
    extension(certificate, index).values().last_mut().unwrap().content()
}

/// Changes whether an extension is critical.
pub fn flip_critical(certificate: &mut Der, index: usize) {
    let fields = extension(certificate, index).values();
    if fields.len() == 3 {
        fields.remove(1);
    } else {
        fields.insert(1, leaf(BOOLEAN, [0xff]));
    }
}

/// A new extension with the object identifier 1.2.3.4 and nothing in it.
pub fn unknown_extension(critical: bool) -> Der {
    let mut fields = vec![leaf(OID, [0x2a, 3, 4]), leaf(OCTETS, [5, 0])];
    if critical {
        fields.insert(1, leaf(BOOLEAN, [0xff]));
    }
    sequence(fields)
}

/// Signs the body as it is now.
pub fn sign(signed: &mut Der, key: &PrivateKey) {
    let signature = key.sign_certificate(&signed.at(&[0]).encode()).unwrap();
    *signed.at(SIGNATURE) = leaf(BITS, [&[0][..], &signature].concat());
}
