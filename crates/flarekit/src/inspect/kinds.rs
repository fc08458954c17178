//! What something is, as far as its content tells, before any of it is read; and what to say of
//! what is nothing that can be inspected.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::archive::contains_private_key;
use crate::error::{Code, Error, Reason};
use crate::files::{self, Found};
use crate::identity::Kind;
use crate::json;
use crate::pki::begins_like_der;
use crate::policy::section_name;
use crate::profile;
use crate::verify::CONFIGURATIONS;
use crate::yaml::{self, Dialect};

/// How the files begin (RFC 7468 sections 5.1, 6 and 7).
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
const CSR: &[u8] = b"-----BEGIN CERTIFICATE REQUEST-----";
const CRL: &[u8] = b"-----BEGIN X509 CRL-----";
const ZIP: &[u8] = b"PK";
/// A ledger is a database of SQLite (its documentation, "Database File Format").
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Folders that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FolderKind {
    Ca,
    Kit,
    Request,
}

impl FolderKind {
    /// What the folder is, by the names of what is in it.
    pub fn of(path: &Path) -> Option<Self> {
        let has = |name| is_there(&path.join(name));
        if has("ca.json") || has("rootCA.key") {
            return Some(Self::Ca);
        }
        if has("startup") {
            return Some(Self::Kit);
        }
        has("request.json").then_some(Self::Request)
    }

    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "CA directory",
            Self::Kit => "startup kit",
            Self::Request => "request folder",
        }
    }
}

/// Whether a file is a zip.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP)
}

/// Files with one thing in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SingleKind {
    PrivateKey,
    Csr,
    Certificate,
    Crl,
    /// A certificate or a revocation list.
    Der,
}

impl SingleKind {
    /// What the file is, by how it begins; a key may stand anywhere in it.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if contains_private_key(bytes) {
            return Some(Self::PrivateKey);
        }
        let text = bytes.trim_ascii_start();
        let begins = [(CSR, Self::Csr), (CERTIFICATE, Self::Certificate), (CRL, Self::Crl)];
        let found = begins.iter().find(|(begin, _)| text.starts_with(begin));
        let der = || begins_like_der(bytes).then_some(Self::Der);
        found.map(|(_, kind)| *kind).or_else(der)
    }

    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKey => "private key",
            Self::Csr => "certificate signing request",
            Self::Certificate => "certificate",
            Self::Crl => "revocation list",
            Self::Der => "certificate or a revocation list",
        }
    }
}

/// Refuses a file that is none of those and yet something else that can be told. `but` says why it
/// is refused.
pub(super) fn refuse_recognised(bytes: &[u8], place: &str, but: &str) -> Result<(), Error> {
    let seems = |what: &str| format!("{place} is {what}, {but}");
    let (message, reason) = if bytes.is_empty() {
        (format!("{place} is empty"), Reason::UnknownArtifact)
    } else if bytes.starts_with(SQLITE) {
        return Err(ledger(place));
    } else if json::parse(bytes).is_ok() {
        (seems("a JSON file"), Reason::PartOfAFolder)
    } else if let Some(what) = text_kind(bytes) {
        (seems(what), Reason::UnknownArtifact)
    } else {
        return Ok(());
    };
    Err(Error::because(Code::InvalidArgs, reason, message))
}

/// The refusal of a ledger.
pub(super) fn ledger(place: &str) -> Error {
    let message = format!("{place} is a database, as a CA's ledger is one");
    Error::because(Code::InvalidArgs, Reason::LedgerFile, message)
}

/// Whether a file of any size begins like a ledger.
pub(super) fn is_ledger(path: &Path) -> bool {
    let mut begins = false;
    // The first piece is enough, and the error only ends the reading.
    let _ = files::read_chunks(path, |piece| {
        begins = piece.starts_with(SQLITE);
        Err(io::ErrorKind::FileTooLarge.into())
    });
    begins
}

/// What a text is for.
fn text_kind(bytes: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let Ok(document) = yaml::parse(bytes, Dialect::Archive) else { return Some("a text file") };
    let has = |key: &str| document.get(key).is_some();
    Some(if profile::is_definition(&document) {
        "a participant definition"
    } else if has("scheme") && has("server") {
        "a project profile"
    } else if [Kind::Site, Kind::Server, Kind::User].map(section_name).into_iter().any(has) {
        "a policy"
    } else {
        "a text file"
    })
}

/// The refusal of a folder that is nothing that is expected, with what may have been meant.
pub(super) fn unknown_folder(path: &Path, expected: &str) -> Error {
    let message = format!("{} is not {expected}{}", path.display(), meant(path));
    Error::because(Code::InvalidArgs, Reason::UnknownArtifact, message)
}

fn meant(path: &Path) -> String {
    const NAMED: usize = 3;
    let entries = files::list(path).unwrap_or_default();
    if entries.iter().any(|(name, _)| CONFIGURATIONS.iter().any(|(known, _)| name == known)) {
        return "; it is the startup folder of a kit".to_owned();
    }
    let is_kit = |name: &OsString| FolderKind::of(&path.join(name)) == Some(FolderKind::Kit);
    let kits: Vec<String> = entries
        .iter()
        .filter(|(name, found)| *found == Found::Directory && is_kit(name))
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    let named = kits.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match kits.len() {
        0 => String::new(),
        1..=NAMED => format!("; in it are the kits of {named}"),
        count => format!("; in it are the kits of {named} and {} more", count - NAMED),
    }
}

fn is_there(path: &Path) -> bool {
    matches!(files::look(path), Ok(found) if found != Found::Nothing)
}
