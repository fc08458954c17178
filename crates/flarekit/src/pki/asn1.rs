//! The ASN.1 structures of X.509 and PKCS#10, for reading and for writing.
//!
//! They borrow and keep names and attributes as opaque values: a name is compared byte for byte
//! and parsed by our own strict reader, so the work to refuse a hostile file stays linear in its
//! size (general readers sort each SET OF).

use der::asn1::{AnyRef, BitStringRef, IntRef, UintRef};
use der::{Decode, Encode, Sequence, Tag};
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierRef;
use x509_cert::time::{Time, Validity};

use crate::error::{Defect, Reason};

/// `SIGNED{}`: a certificate (RFC 5280 section 4.1) or a request (RFC 2986 section 4.2).
#[derive(Sequence)]
pub(super) struct Signed<'a> {
    pub(super) body: AnyRef<'a>,
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) signature: BitStringRef<'a>,
}

/// `TBSCertificate` (RFC 5280 section 4.1).
#[derive(Sequence)]
pub(super) struct Tbs<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", default = "Default::default")]
    pub(super) version: u8,
    pub(super) serial: IntRef<'a>,
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) issuer: AnyRef<'a>,
    pub(super) validity: Validity,
    pub(super) subject: AnyRef<'a>,
    pub(super) public_key: AnyRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) issuer_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) subject_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// `TBSCertList` (RFC 5280 section 5.1).
#[derive(Sequence)]
pub(super) struct TbsList<'a> {
    pub(super) version: u8,
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) issuer: AnyRef<'a>,
    pub(super) this_update: Time,
    #[asn1(optional = "true")]
    pub(super) next_update: Option<Time>,
    #[asn1(optional = "true")]
    pub(super) revoked: Option<Vec<RevokedCertificate<'a>>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// An entry of `revokedCertificates` (RFC 5280 section 5.1).
#[derive(Sequence)]
pub(super) struct RevokedCertificate<'a> {
    pub(super) serial: UintRef<'a>,
    pub(super) at: Time,
    #[asn1(optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// `CertificationRequestInfo` (RFC 2986 section 4.1).
#[derive(Sequence)]
pub(super) struct CsrInfo<'a> {
    pub(super) version: u8,
    pub(super) subject: AnyRef<'a>,
    pub(super) public_key: AnyRef<'a>,
    /// `[0] IMPLICIT SET OF Attribute`: never looked into, since nothing in it is granted.
    pub(super) attributes: AnyRef<'a>,
}

/// `SubjectPublicKeyInfo` (RFC 5280 section 4.1).
#[derive(Sequence)]
pub(super) struct Spki<'a> {
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) key: BitStringRef<'a>,
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
#[derive(Sequence)]
pub(super) struct RsaPublicKey<'a> {
    pub(super) modulus: UintRef<'a>,
    pub(super) exponent: UintRef<'a>,
}

/// Reads a value that fills the bytes and is encoded as DER demands.
pub(super) fn read<'a, T>(bytes: &'a [u8], what: &str) -> Result<T, Defect>
where
    T: Decode<'a, Error = der::Error> + Encode,
{
    let value = T::from_der(bytes).map_err(|error| malformed(what, error))?;
    // The decoder lets a few second spellings pass, such as a default that is written out.
    if value.to_der().map_err(|error| malformed(what, error))? != bytes {
        return Err(Defect::new(Reason::DerMalformed, format!("the {what} is not in DER")));
    }
    Ok(value)
}

/// Encodes a value.
pub(super) fn write(value: &impl Encode, what: &str) -> Result<Vec<u8>, Defect> {
    value.to_der().map_err(|error| malformed(what, error))
}

/// Puts a tag and a length before a content.
pub(super) fn wrap(tag: Tag, content: &[u8], what: &str) -> Result<Vec<u8>, Defect> {
    write(&AnyRef::new(tag, content).map_err(|error| malformed(what, error))?, what)
}

/// A value whose encoding is at hand.
pub(super) fn opaque<'a>(bytes: &'a [u8], what: &str) -> Result<AnyRef<'a>, Defect> {
    AnyRef::from_der(bytes).map_err(|error| malformed(what, error))
}

/// A defect of DER.
pub(super) fn malformed(what: &str, error: impl std::fmt::Display) -> Defect {
    Defect::new(Reason::DerMalformed, format!("the {what} is malformed: {error}"))
}
