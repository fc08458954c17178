//! A vector: what is altered, in which files, and what the answer must be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use flarekit::error::{Code, Reason};
use serde_json::{Value, json};

/// The areas, which are the folders below `tests/vectors/invalid`.
pub const AREAS: [&str; 7] = [
    "request-zip",
    "signed-zip",
    "denied-zip",
    "ca-directory",
    "request-folder",
    "profile",
    "definition",
];

/// What is created, changed or removed, wherever: a refusal leaves everything as it was.
const WRITTEN: [&str; 0] = [];

/// The expected answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub Code, pub Option<Reason>);

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(code, None)
    }
}

impl From<(Code, Reason)> for Refusal {
    fn from((code, reason): (Code, Reason)) -> Self {
        Self(code, Some(reason))
    }
}

/// One altered machine, and the command that must refuse it.
#[derive(Debug, Clone)]
pub struct Case {
    pub area: &'static str,
    pub name: String,
    /// The alteration, in words.
    pub what: String,
    /// The command line after the program's name.
    pub command: Vec<String>,
    pub refusal: Refusal,
    /// What replaces the files of the valid machine, or stands beside them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What is taken away from the valid machine.
    pub remove: BTreeSet<String>,
}

impl Case {
    pub fn new(area: &'static str, name: &str, what: &str, refusal: impl Into<Refusal>) -> Self {
        assert!(AREAS.contains(&area), "{area}");
        Self {
            area,
            name: name.to_owned(),
            what: what.to_owned(),
            command: vec![],
            refusal: refusal.into(),
            files: BTreeMap::new(),
            remove: BTreeSet::new(),
        }
    }

    pub fn command(mut self, command: &[String]) -> Self {
        self.command = command.to_vec();
        self
    }

    pub fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), bytes.as_ref().to_vec());
        self
    }

    pub fn without(mut self, path: &str) -> Self {
        self.remove.insert(path.to_owned());
        self
    }

    /// `<area>/<name>`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.area, self.name)
    }

    /// What the vector's `case.json` says.
    pub fn stated(&self) -> Value {
        serde_json::from_slice(&self.folder()["case.json"]).unwrap()
    }

    /// The files of the vector's folder.
    pub fn folder(&self) -> BTreeMap<String, Vec<u8>> {
        let Refusal(code, reason) = self.refusal;
        let mut json = json!({
            "what": self.what,
            "command": self.command,
            "code": code.as_str(),
            "exit": exit(self.refusal),
            "reason": reason.map(Reason::as_str),
            "written": WRITTEN,
        });
        if !self.remove.is_empty() {
            json["remove"] = self.remove.iter().cloned().collect::<Vec<_>>().into();
        }
        let mut folder = self.files.clone();
        folder.insert("case.json".to_owned(), format!("{json:#}\n").into_bytes());
        folder
    }
}

/// Where a vector, or with `""` all of them, is kept.
pub fn place(id: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/invalid").join(id)
}

/// The exit status that `docs/errors.md` publishes for the codes that occur here. The program has
/// the table; what is recorded here is for replaying the vectors with it.
fn exit(Refusal(code, reason): Refusal) -> u8 {
    match code {
        Code::LocalSiteInvalid if reason == Some(Reason::LocalSiteMissing) => 1,
        Code::CaNotFound
        | Code::CaLoadFailed
        | Code::CertSigningFailed
        | Code::InvalidCsr
        | Code::CertTypeUnknown
        | Code::CertChainInvalid
        | Code::CertExpired
        | Code::CertNotYetValid
        | Code::RequestDenied
        | Code::RequestDirIncomplete
        | Code::KeyNotFound
        | Code::KeyInvalid
        | Code::KeyCertMismatch => 1,
        Code::InvalidArgs
        | Code::InvalidName
        | Code::InvalidProjectName
        | Code::CaKeyMismatch
        | Code::InvalidRootcaFingerprint
        | Code::InvalidSignedZip
        | Code::LocalSiteInvalid
        | Code::LocalSiteMismatch
        | Code::LocalSiteUnsupportedFeature
        | Code::NameReserved
        | Code::ProjectCaMismatch
        | Code::ProjectProfileMismatch
        | Code::RenewalInvalid
        | Code::RequestDirMismatch
        | Code::RequestDirNotFound
        | Code::RequestMetadataMismatch
        | Code::RootcaFingerprintMismatch
        | Code::ServerNameHostMismatch
        | Code::SignedZipIdentityConflict
        | Code::UnsupportedKey
        | Code::WeakKey => 4,
        other => panic!("no vector has ended in {other} so far; what is its exit status?"),
    }
}
