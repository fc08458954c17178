//! What an entry says, and its hash.
//!
//! An entry's hash is the SHA-256 of these bytes: the text `flarekit ledger entry 1` and a zero
//! byte, then, in the order of the table's columns, the entry's number, the hash of the entry
//! before (of the first: 32 zero bytes), every other column but `hash`, and the three documents. A
//! value is its length in bytes as a big-endian number of eight bytes, and the value; text is UTF-8,
//! a number eight big-endian bytes. A value that is not there is eight bytes of `0xff`. So no two
//! entries have the same bytes, and those of an entry are no other message that the CA's key signs.

use crate::digest::Digest;
use crate::encoding::Encoding;
use crate::fingerprint::Fingerprint;
use crate::identity::CertType;
use crate::names::RequestId;
use crate::time::Timestamp;

/// What separates the hash of an entry from every other hash.
const DOMAIN: &[u8] = b"flarekit ledger entry 1\0";

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A certificate was issued for a request.
    Approval,
    /// A certificate that was issued before was sent again, with other connection details signed.
    Reapproval,
    /// A certificate was issued for a request that its holder's earlier key signed.
    Renewal,
    /// A certificate that was issued before there was a ledger.
    Import,
    /// A certificate was replaced by another.
    Supersession,
    /// A certificate was revoked.
    Revocation,
    /// A request was denied.
    Denial,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Approval,
        Self::Reapproval,
        Self::Renewal,
        Self::Import,
        Self::Supersession,
        Self::Revocation,
        Self::Denial,
    ];

    /// The name in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Reapproval => "reapproval",
            Self::Renewal => "renewal",
            Self::Import => "import",
            Self::Supersession => "supersession",
            Self::Revocation => "revocation",
            Self::Denial => "denial",
        }
    }

    /// Whether a certificate was issued, by this program or another.
    pub(super) fn is_of_certificate(self) -> bool {
        matches!(self, Self::Approval | Self::Renewal | Self::Import)
    }

    /// Whether something was said no to for good: what the CA must never forget.
    pub(super) fn withdraws(self) -> bool {
        matches!(self, Self::Revocation | Self::Denial)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is about.
    pub kind: EntryKind,
    /// When.
    pub at: Timestamp,
    /// The root certificate's fingerprint.
    pub root: Fingerprint,
    /// The participant's name.
    pub name: String,
    /// The participant's organisation.
    pub org: String,
    /// What the participant may be.
    pub cert_type: CertType,
    /// The request's identifier.
    pub request_id: Option<RequestId>,
    /// SHA-256 of the request zip.
    pub request_zip: Option<Digest>,
    /// SHA-256 of `request.json`, which names the digests of everything else in the zip: requests
    /// are the same when these are.
    pub request_json: Option<Digest>,
    /// SHA-256 of the CSR.
    pub csr: Option<Digest>,
    /// SHA-256 of the key's DER SubjectPublicKeyInfo.
    pub public_key: Option<Digest>,
    /// The certificate's serial number, `0x…`.
    pub serial: Option<String>,
    /// The certificate's first second.
    pub not_before: Option<Timestamp>,
    /// The certificate's last second.
    pub not_after: Option<Timestamp>,
    /// The names in the certificate, as `DNS:…` and `IP:…`, joined by `, `. Not known of imports.
    pub alt_names: Option<String>,
    /// The number of the entry that this one is about: of the certificate that was superseded,
    /// revoked, renewed or sent again.
    pub refers: Option<u64>,
    /// Of a supersession: the number of the entry that replaces the other.
    pub successor: Option<u64>,
    /// Why, in the approver's words.
    pub reason: Option<String>,
    /// What was handed out.
    pub documents: Documents,
}

/// The bytes that were handed out: enough to make the same signed zip again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    /// The certificate's DER.
    pub certificate: Option<Vec<u8>>,
    /// `signed.json`.
    pub signed_json: Option<Vec<u8>>,
    /// The signature over it.
    pub signature: Option<Vec<u8>>,
}

impl Documents {
    /// Whether nothing was handed out.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A record in its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3, … without a gap.
    pub number: u64,
    /// The hash of the entry before.
    pub previous: Digest,
    /// What it says.
    pub record: Record,
}

impl Entry {
    /// The hash.
    #[must_use]
    pub fn hash(&self) -> Digest {
        let record = &self.record;
        let mut bytes = Encoding::new(DOMAIN);
        bytes.number(Some(self.number));
        bytes.value(Some(self.previous.as_bytes()));
        bytes.value(Some(record.kind.as_str().as_bytes()));
        bytes.time(Some(record.at));
        bytes.value(Some(record.root.as_bytes()));
        bytes.value(Some(record.name.as_bytes()));
        bytes.value(Some(record.org.as_bytes()));
        bytes.value(Some(record.cert_type.as_str().as_bytes()));
        bytes.value(record.request_id.as_ref().map(|id| id.as_str().as_bytes()));
        for digest in [record.request_zip, record.request_json, record.csr, record.public_key] {
            bytes.value(digest.as_ref().map(|digest| digest.as_bytes().as_slice()));
        }
        bytes.value(record.serial.as_deref().map(str::as_bytes));
        bytes.time(record.not_before);
        bytes.time(record.not_after);
        bytes.value(record.alt_names.as_deref().map(str::as_bytes));
        bytes.number(record.refers);
        bytes.number(record.successor);
        bytes.value(record.reason.as_deref().map(str::as_bytes));
        bytes.value(record.documents.certificate.as_deref());
        bytes.value(record.documents.signed_json.as_deref());
        bytes.value(record.documents.signature.as_deref());
        Digest::of(&bytes.finish())
    }
}
