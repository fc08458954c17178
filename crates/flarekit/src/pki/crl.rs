//! Certificate revocation lists (RFC 5280 section 5): version 2, complete, issued by the root.

use std::collections::HashSet;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS, ID_CE_KEY_USAGE,
};
use der::Tag;
use der::asn1::UintRef;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::KeyUsage;

use super::asn1::{self, RevokedCertificate, Signed, TbsList};
use super::certificate::{find, timestamp};
use super::issue::time;
use super::signature::{self, Algorithm};
use super::{Certificate, DistinguishedName, SerialNumber, Signer, armor, extensions};
use crate::error::{Defect, Reason};
use crate::time::Timestamp;

/// Largest file of a revocation list that is read, in bytes: about 300,000 certificates.
pub const CRL_LIMIT: u64 = 16 * 1024 * 1024;

const WHAT: &str = "revocation list";
/// The label of a revocation list in PEM (RFC 7468 section 6).
const LABEL: &str = "X509 CRL";
/// Version 2 (RFC 5280 section 5.1.2.1).
const V2: u8 = 1;

/// Why a certificate was revoked: those reasons of RFC 5280 section 5.3.1 that a CA of this workflow
/// can have. There is no `certificateHold`, because an entry of the ledger is never taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// Not said.
    Unspecified,
    /// The private key is in somebody else's hands, or may be.
    KeyCompromise,
    /// The holder is of another organisation now.
    AffiliationChanged,
    /// Another certificate has taken its place.
    Superseded,
    /// The holder does not take part any more.
    CessationOfOperation,
    /// The holder must not take part any more.
    PrivilegeWithdrawn,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The name, as users write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key-compromise",
            Self::AffiliationChanged => "affiliation-changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation-of-operation",
            Self::PrivilegeWithdrawn => "privilege-withdrawn",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text)
    }

    /// The number in `CRLReason`.
    fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }
}

/// A certificate that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Which.
    pub serial: SerialNumber,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// What a revocation list says, besides who issues it.
#[derive(Debug, Clone, Copy)]
pub struct ListContent<'a> {
    /// From when on it counts.
    pub this_update: Timestamp,
    /// Until when there will be a newer one: many programs accept nobody after that.
    pub next_update: Timestamp,
    /// `CRLNumber`, which grows from list to list.
    pub number: u128,
    /// Every certificate that was revoked.
    pub revoked: &'a [Revoked],
}

/// Makes a revocation list in DER.
///
/// # Errors
/// [`Reason::RootSignsNoCrl`] if the root may not; [`Reason::SignatureInvalid`] when the signer's
/// key is not the root's; [`Reason::CryptoFailed`].
pub fn issue_crl(
    root: &Certificate,
    signer: &dyn Signer,
    content: ListContent<'_>,
) -> Result<Vec<u8>, Defect> {
    root.verify_signs_crls()?;
    let revoked = content.revoked.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let authority = extensions::authority(root.public_key().key_identifier());
    let number = asn1::write(&content.number, WHAT)?;
    let tbs = TbsList {
        version: V2,
        algorithm: Algorithm::OURS,
        issuer: asn1::opaque(&root.subject_der, "issuer")?,
        this_update: time(content.this_update)?,
        next_update: Some(time(content.next_update)?),
        // An empty list is left out (RFC 5280 section 5.1.2.6).
        revoked: (!revoked.is_empty()).then_some(revoked),
        extensions: Some(vec![
            plain(ID_CE_AUTHORITY_KEY_IDENTIFIER, authority)?,
            plain(ID_CE_CRL_NUMBER, number)?,
        ]),
    };
    let tbs = asn1::write(&tbs, WHAT)?;
    let signature = signer.sign_certificate(&tbs)?;
    signature::verify(root.public_key(), &Algorithm::Sha256WithRsa, &tbs, &signature)?;
    signature::seal(&tbs, &signature)
}

/// A revocation list in PEM.
///
/// # Errors
/// [`Reason::PemMalformed`] when the text would exceed the address space.
pub fn crl_to_pem(der: &[u8]) -> Result<String, Defect> {
    Ok(std::mem::take(&mut *armor::write(LABEL, der)?))
}

impl Certificate {
    /// Checks that this root may sign revocation lists (RFC 5280 section 4.2.1.3).
    fn verify_signs_crls(&self) -> Result<(), Defect> {
        let Some(usage) = find(&self.extensions, ID_CE_KEY_USAGE) else { return Ok(()) };
        let usage: KeyUsage = asn1::read(usage.extn_value.as_bytes(), "keyUsage")?;
        if usage.crl_sign() {
            return Ok(());
        }
        Err(Defect::new(
            Reason::RootSignsNoCrl,
            "the root certificate's keyUsage lacks cRLSign, so no program would accept its list",
        ))
    }
}

fn entry(revoked: &Revoked) -> Result<RevokedCertificate<'_>, Defect> {
    let extensions = match revoked.reason {
        // "SHOULD be absent instead of using the unspecified (0) reasonCode value" (RFC 5280
        // section 5.3.1).
        RevocationReason::Unspecified => None,
        reason => {
            let value = asn1::wrap(Tag::Enumerated, &[reason.number()], WHAT)?;
            Some(vec![plain(ID_CE_CRL_REASONS, value)?])
        }
    };
    Ok(RevokedCertificate {
        serial: UintRef::new(revoked.serial.bytes())
            .map_err(|error| asn1::malformed("serial number", error))?,
        at: time(revoked.at)?,
        extensions,
    })
}

/// The number in the extension `CRLNumber`, of any length here.
fn number(der: &[u8]) -> Result<SerialNumber, Defect> {
    let number: UintRef<'_> = asn1::read(der, "number of the list")?;
    Ok(SerialNumber::from_bytes(number.as_bytes()))
}

fn plain(kind: ObjectIdentifier, value: Vec<u8>) -> Result<Extension, Defect> {
    extensions::extension(kind, false, value)
}

/// A revocation list that was read. Nothing about it is trusted yet.
#[derive(Debug, Clone)]
pub struct Crl {
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<SerialNumber>,
    revoked: HashSet<SerialNumber>,
    issuer_der: Vec<u8>,
    authority: Option<[u8; 20]>,
    tbs: Vec<u8>,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

impl Crl {
    /// Reads one list in PEM or DER, and nothing else.
    ///
    /// # Errors
    /// [`Reason::PemMalformed`], [`Reason::PemLabel`], [`Reason::DerMalformed`];
    /// [`Reason::CrlUnsupported`] for another version, and for a critical extension: each of those
    /// that exist makes it a part of a list only, or the list of another issuer.
    pub fn read(bytes: &[u8]) -> Result<Self, Defect> {
        if bytes.starts_with(b"-----BEGIN") {
            Self::from_der(&armor::read(bytes, LABEL)?)
        } else {
            Self::from_der(bytes)
        }
    }

    fn from_der(der: &[u8]) -> Result<Self, Defect> {
        let signed: Signed<'_> = asn1::read(der, WHAT)?;
        let body = asn1::write(&signed.body, WHAT)?;
        let tbs: TbsList<'_> = asn1::read(&body, WHAT)?;
        if tbs.algorithm != signed.algorithm {
            return Err(Defect::new(
                Reason::DerMalformed,
                "the revocation list names two different signature algorithms",
            ));
        }
        let unsupported =
            |what: &str| Err(Defect::new(Reason::CrlUnsupported, format!("the list {what}")));
        let extensions = tbs.extensions.unwrap_or_default();
        if tbs.version != V2 {
            return unsupported("is not of version 2");
        }
        if extensions.iter().any(|extension| extension.critical) {
            return unsupported("has a critical extension");
        }
        let mut revoked = HashSet::new();
        for entry in tbs.revoked.unwrap_or_default() {
            if entry.extensions.unwrap_or_default().iter().any(|extension| extension.critical) {
                return unsupported("has an entry with a critical extension");
            }
            revoked.insert(SerialNumber::from_bytes(entry.serial.as_bytes()));
        }
        Ok(Self {
            this_update: timestamp(tbs.this_update, WHAT)?,
            next_update: tbs.next_update.map(|time| timestamp(time, WHAT)).transpose()?,
            number: find(&extensions, ID_CE_CRL_NUMBER)
                .map(|extension| number(extension.extn_value.as_bytes()))
                .transpose()?,
            revoked,
            issuer_der: asn1::write(&tbs.issuer, "issuer")?,
            authority: find(&extensions, ID_CE_AUTHORITY_KEY_IDENTIFIER)
                .and_then(|extension| extensions::authority_key(extension.extn_value.as_bytes())),
            algorithm: Algorithm::read(&signed.algorithm),
            signature: signature::bytes(&signed.signature)?,
            tbs: body,
        })
    }

    /// Checks that this root issued the list.
    ///
    /// # Errors
    /// [`Reason::IssuerMismatch`], [`Reason::RootSignsNoCrl`], [`Reason::SignatureInvalid`].
    pub fn verify_issued_by(&self, root: &Certificate) -> Result<(), Defect> {
        let key = root.public_key();
        let another_key = self.authority.is_some_and(|named| named != key.key_identifier());
        if self.issuer_der != root.subject_der || another_key {
            return Err(Defect::new(
                Reason::IssuerMismatch,
                "the revocation list is of another root certificate",
            ));
        }
        root.verify_signs_crls()?;
        signature::verify(key, &self.algorithm, &self.tbs, &self.signature)
    }

    /// Checks that it counts at this time. A list that has ended says nothing about what was revoked
    /// since.
    ///
    /// # Errors
    /// [`Reason::CrlNotCurrent`].
    pub fn verify_current(&self, now: Timestamp) -> Result<(), Defect> {
        let refuse = |what: String| {
            let message = format!("the revocation list {what}; it is {now} here");
            Err(Defect::new(Reason::CrlNotCurrent, message))
        };
        match self.next_update {
            _ if now < self.this_update => refuse(format!("begins only {}", self.this_update)),
            Some(next) if now > next => refuse(format!("was to be replaced by {next}")),
            _ => Ok(()),
        }
    }

    /// Who says to have issued it.
    ///
    /// # Errors
    /// [`Reason::DerMalformed`] and others, if it is no name that the program reads.
    pub fn issuer(&self) -> Result<DistinguishedName, Defect> {
        DistinguishedName::from_der(&self.issuer_der)
    }

    /// Its number, if 128 bits hold it, as they do that of each list that this program makes.
    pub(crate) fn small_number(&self) -> Option<u128> {
        let bytes = self.number.as_ref()?.bytes();
        let fits = bytes.len() <= size_of::<u128>();
        fits.then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
    }

    /// Its number: in decimal as `cert crl` prints it, or in hexadecimal if 128 bits do not hold it.
    #[must_use]
    pub fn number(&self) -> Option<String> {
        let number = self.number.as_ref()?;
        Some(self.small_number().map_or_else(|| number.to_string(), |small| small.to_string()))
    }

    /// From when on it counts.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// Until when there must be a newer one.
    #[must_use]
    pub fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// Whether a certificate with this serial number was revoked.
    #[must_use]
    pub fn has(&self, serial: &SerialNumber) -> bool {
        self.revoked.contains(serial)
    }

    /// How many certificates were revoked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether none was revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }
}

#[cfg(test)]
mod tests;
