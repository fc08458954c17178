//! The certificate extensions (RFC 5280 section 4.2): written, and compared when read.
//!
//! A participant's certificate must have exactly the extensions that we would write, so checking
//! one is building the expected list and comparing bytes.

use std::fmt;
use std::net::IpAddr;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH,
};
use der::asn1::{AnyRef, OctetString, OctetStringRef};
use der::flagset::FlagSet;
use der::{Decode, Tag, TagNumber, Tagged};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};

use super::asn1;
use crate::error::{Defect, Reason};
use crate::names::escaped;

const WHAT: &str = "extensions";

/// `dNSName` and `iPAddress` of `GeneralName` (RFC 5280 section 4.2.1.6).
const DNS: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(2) };
const IP: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(7) };

/// `AuthorityKeyIdentifier` with nothing but a `keyIdentifier` of 20 bytes (RFC 5280 section
/// 4.2.1.1), before those bytes.
const AUTHORITY_HEAD: [u8; 4] = [0x30, 22, 0x80, 20];

/// A name in a certificate that peers may compare with the host they meant to reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AltName {
    /// A DNS name, or a participant's name in its place.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl AltName {
    /// The name in a list of those that somebody else wrote: a comma in it does not begin the next one.
    /// The ledger and policies have names as they are displayed, without this.
    pub(crate) fn listed(&self) -> String {
        self.to_string().replace(',', "\\,")
    }
}

/// `DNS:example.org`, `IP:192.0.2.1`, safe to show: a certificate may have any ASCII in its names.
impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{}", escaped(name)),
            Self::Ip(address) => write!(f, "IP:{address}"),
        }
    }
}

/// What a participant's certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafProfile {
    /// Sites and servers: TLS client and server; digitalSignature, keyEncipherment.
    ClientServer,
    /// Users: TLS client; digitalSignature, contentCommitment.
    User,
}

/// The extensions of a root, in the reference's order.
pub(super) fn root(key: [u8; 20], name: &AltName) -> Result<Vec<Extension>, Defect> {
    let usage = KeyUsages::DigitalSignature | KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    let names = std::slice::from_ref(name);
    list(key, key, true, usage, None, names)
}

/// The extensions of a participant's certificate, in the reference's order.
pub(super) fn leaf(
    profile: LeafProfile,
    key: [u8; 20],
    authority: [u8; 20],
    names: &[AltName],
) -> Result<Vec<Extension>, Defect> {
    let (usage, purposes) = match profile {
        LeafProfile::ClientServer => (
            KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
            vec![ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH],
        ),
        // contentCommitment is the newer name of nonRepudiation.
        LeafProfile::User => {
            (KeyUsages::DigitalSignature | KeyUsages::NonRepudiation, vec![ID_KP_CLIENT_AUTH])
        }
    };
    list(key, authority, false, usage, Some(purposes), names)
}

/// The DNS names and addresses of a subjectAltName; names of other kinds are left out here and
/// make the comparison with the expected extensions fail.
pub(super) fn alt_names(value: &[u8]) -> Result<Vec<AltName>, Defect> {
    let entries: Vec<AnyRef<'_>> =
        Vec::from_der(value).map_err(|error| asn1::malformed("subjectAltName", error))?;
    let mut names = Vec::new();
    for entry in entries {
        let bytes = entry.value();
        if entry.tag() == DNS {
            let name = std::str::from_utf8(bytes).ok().filter(|name| name.is_ascii());
            names.push(AltName::Dns(name.map(str::to_owned).ok_or_else(|| {
                Defect::new(Reason::DerMalformed, "a DNS name in the subjectAltName is not ASCII")
            })?));
        } else if entry.tag() == IP {
            let address = <[u8; 4]>::try_from(bytes)
                .map(IpAddr::from)
                .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
            names.push(AltName::Ip(address.map_err(|_| {
                Defect::new(Reason::DerMalformed, "an address in the subjectAltName is malformed")
            })?));
        }
    }
    Ok(names)
}

/// The content of a subjectKeyIdentifier.
pub(super) fn key_identifier(key: [u8; 20]) -> Result<Vec<u8>, Defect> {
    let key = OctetStringRef::new(&key).map_err(|error| asn1::malformed(WHAT, error))?;
    asn1::write(&key, WHAT)
}

/// The key identifier of an authorityKeyIdentifier that has nothing else.
pub(super) fn authority_key(value: &[u8]) -> Option<[u8; 20]> {
    value.strip_prefix(&AUTHORITY_HEAD)?.try_into().ok()
}

/// The extension's name as people know it.
pub(super) fn label(oid: ObjectIdentifier) -> String {
    match oid {
        ID_CE_SUBJECT_KEY_IDENTIFIER => "subjectKeyIdentifier".into(),
        ID_CE_AUTHORITY_KEY_IDENTIFIER => "authorityKeyIdentifier".into(),
        ID_CE_BASIC_CONSTRAINTS => "basicConstraints".into(),
        ID_CE_KEY_USAGE => "keyUsage".into(),
        ID_CE_EXT_KEY_USAGE => "extendedKeyUsage".into(),
        ID_CE_SUBJECT_ALT_NAME => "subjectAltName".into(),
        other => other.to_string(),
    }
}

fn list(
    key: [u8; 20],
    authority: [u8; 20],
    ca: bool,
    usage: impl Into<FlagSet<KeyUsages>>,
    purposes: Option<Vec<ObjectIdentifier>>,
    names: &[AltName],
) -> Result<Vec<Extension>, Defect> {
    let constraints = BasicConstraints { ca, path_len_constraint: None };
    let mut list = vec![
        extension(ID_CE_SUBJECT_KEY_IDENTIFIER, false, key_identifier(key)?)?,
        extension(ID_CE_AUTHORITY_KEY_IDENTIFIER, false, self::authority(authority))?,
        extension(ID_CE_BASIC_CONSTRAINTS, true, asn1::write(&constraints, WHAT)?)?,
        extension(ID_CE_KEY_USAGE, true, asn1::write(&KeyUsage(usage.into()), WHAT)?)?,
    ];
    if let Some(purposes) = purposes {
        let value = asn1::write(&ExtendedKeyUsage(purposes), WHAT)?;
        list.push(extension(ID_CE_EXT_KEY_USAGE, false, value)?);
    }
    list.push(extension(ID_CE_SUBJECT_ALT_NAME, false, write_alt_names(names)?)?);
    Ok(list)
}

/// The content of an authorityKeyIdentifier that has nothing but the key identifier.
pub(super) fn authority(key: [u8; 20]) -> Vec<u8> {
    [AUTHORITY_HEAD.as_slice(), &key].concat()
}

/// An extension.
pub(super) fn extension(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: Vec<u8>,
) -> Result<Extension, Defect> {
    let extn_value = OctetString::new(value).map_err(|error| asn1::malformed(WHAT, error))?;
    Ok(Extension { extn_id, critical, extn_value })
}

fn write_alt_names(names: &[AltName]) -> Result<Vec<u8>, Defect> {
    // GeneralNames ::= SEQUENCE SIZE (1..MAX) (RFC 5280 section 4.2.1.6).
    if names.is_empty() {
        return Err(Defect::new(Reason::CertificateProfile, "there is no subjectAltName"));
    }
    let mut content = Vec::new();
    for name in names {
        content.extend(match name {
            AltName::Dns(name) if name.is_ascii() && !name.is_empty() => {
                asn1::wrap(DNS, name.as_bytes(), WHAT)?
            }
            AltName::Dns(name) => {
                return Err(Defect::new(
                    Reason::CertificateProfile,
                    format!("the subjectAltName {name:?} is empty or not ASCII"),
                ));
            }
            AltName::Ip(IpAddr::V4(address)) => asn1::wrap(IP, &address.octets(), WHAT)?,
            AltName::Ip(IpAddr::V6(address)) => asn1::wrap(IP, &address.octets(), WHAT)?,
        });
    }
    asn1::wrap(Tag::Sequence, &content, WHAT)
}

#[cfg(test)]
mod tests {
    use super::{AltName, alt_names, write_alt_names};
    use crate::error::Reason;

    #[test]
    fn alt_names_are_read_as_written() {
        let names = [
            AltName::Dns("server1.hospital-central.org".into()),
            AltName::Ip("192.0.2.1".parse().unwrap()),
            AltName::Ip("2001:db8::1".parse().unwrap()),
        ];
        assert_eq!(alt_names(&write_alt_names(&names).unwrap()).unwrap(), names);
        let shown: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["DNS:server1.hospital-central.org", "IP:192.0.2.1", "IP:2001:db8::1"]);
        assert_eq!(AltName::Dns("a\u{1b}[2J".into()).to_string(), r"DNS:a\u{1b}[2J");
        assert_eq!(AltName::Dns("a, DNS:b".into()).listed(), r"DNS:a\, DNS:b");
        assert_eq!(AltName::Dns(r"a\, DNS:b".into()).listed(), r"DNS:a\\\, DNS:b");
    }

    #[test]
    fn other_kinds_are_left_out_and_damage_is_refused() {
        // An rfc822Name, then a DNS name.
        assert_eq!(
            alt_names(&[0x30, 6, 0x81, 1, b'a', 0x82, 1, b'b']).unwrap(),
            [AltName::Dns("b".into())]
        );
        for damaged in [&[0x30, 3, 0x82, 1, 0xff][..], &[0x30, 3, 0x87, 1, 1], &[0x30, 3, 0x82]] {
            assert_eq!(alt_names(damaged).unwrap_err().reason, Reason::DerMalformed);
        }
    }

    #[test]
    fn names_that_no_certificate_can_carry_are_refused() {
        for names in [&[][..], &[AltName::Dns("\u{e9}".into())], &[AltName::Dns(String::new())]] {
            assert_eq!(write_alt_names(names).unwrap_err().reason, Reason::CertificateProfile);
        }
    }
}
