//! Records of requests and approvals under `~/.nvflare`, where the reference keeps its own. They
//! are written on a best-effort basis and never hold key material; `package` finds a request
//! folder through the first kind.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::error::{Defect, Warning, WarningCode};
use crate::files::{
    self, Created, FileError, Found, Placed, PreparedFile, Replace, Tentative, WrittenFile,
};
use crate::json;
use crate::names::RequestId;

/// The directory in a user's home.
const DIRECTORY: &str = ".nvflare";
/// Where the records of requests are, each in a directory named like the request.
const REQUESTS: &str = "cert_requests";
const REQUEST_RECORD: &str = "audit.json";
/// Directories and files here are their owner's only.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// What a record says, and of which request zip.
pub struct RecordText {
    text: String,
    request_zip: Digest,
}

impl RecordText {
    /// The record with this content, which has the digest of the request zip in its `hashes`.
    pub(crate) fn new(content: &impl Serialize, request_zip: Digest) -> Self {
        Self { text: json::write(content), request_zip }
    }

    /// The record's JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the record on disk is of the very same request: its zip has the same digest.
    fn is_of_request_in(&self, before: &[u8]) -> bool {
        json::parse(before).is_ok_and(|before| {
            let digest = before.get("hashes").and_then(|hashes| hashes.get("request_zip_sha256"));
            digest.and_then(Value::as_str) == Some(self.request_zip.to_string().as_str())
        })
    }
}

/// Where the records are: `.nvflare` in the home directory that the program handed in.
#[derive(Debug, Clone)]
pub struct AuditDirectory {
    home: Option<PathBuf>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It is in this file.
    Written(PathBuf),
    /// It could not be written, for this reason.
    NotWritten(String),
}

impl AuditOutcome {
    /// The warning that belongs to a record that was not written.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        match self {
            Self::Written(_) => None,
            Self::NotWritten(why) => Some(Warning::new(
                WarningCode::AuditNotWritten,
                format!("the audit record could not be written: {why}"),
            )),
        }
    }
}

/// A record of an operation that may still fail: dropped, it goes away again; [kept](Record::keep),
/// it stays.
#[must_use]
pub struct Record(Result<Tentative, String>);

impl AuditDirectory {
    /// The records below the given home directory, or nowhere.
    #[must_use]
    pub fn in_home(home: Option<&Path>) -> Self {
        Self { home: home.map(Path::to_path_buf) }
    }

    /// Writes `cert_requests/<request_id>/audit.json`.
    pub fn write_request(&self, id: &RequestId, record: &RecordText) -> Record {
        self.write(&Path::new(REQUESTS).join(id.as_str()).join(REQUEST_RECORD), record)
    }

    /// The folders that records name for this request. The caller checks what is in them.
    #[must_use]
    pub fn request_folders(&self, id: &RequestId) -> Vec<PathBuf> {
        let folder = self.place(&Path::new(REQUESTS).join(id.as_str())).ok();
        let record = folder.and_then(|folder| request_record(&folder));
        record.map(|record| folders_of(&record)).unwrap_or_default()
    }

    /// The folders that records name for requests with this key, by the SHA-256 of its
    /// SubjectPublicKeyInfo. The caller checks what is in them.
    #[must_use]
    pub fn request_folders_with_key(&self, key: Digest) -> Vec<PathBuf> {
        let Ok(requests) = self.place(Path::new(REQUESTS)) else { return vec![] };
        let key = key.to_string();
        let of_key = |record: &Map<String, Value>| {
            record.get("hashes").and_then(|hashes| hashes.get("public_key_sha256"))
                == Some(&Value::from(key.as_str()))
        };
        let names = files::list(&requests).unwrap_or_default().into_iter();
        names
            .filter_map(|(name, _)| request_record(&requests.join(name)))
            .filter(of_key)
            .flat_map(|record| folders_of(&record))
            .collect()
    }

    /// The records of approvals, with their paths; of one that cannot be read, why.
    pub fn approvals(
        &self,
    ) -> impl Iterator<Item = (PathBuf, Result<Map<String, Value>, Defect>)> + use<> {
        let folder = self.place(Path::new("cert_approves")).ok();
        // None were written, or this account may not see them.
        let names = folder.as_ref().and_then(|folder| files::list(folder).ok()).unwrap_or_default();
        names.into_iter().filter_map(move |(name, _)| {
            let path = folder.as_ref()?.join(name);
            if path.extension()? != "json" {
                return None;
            }
            let read = files::read(&path, json::MAX_BYTES as u64).map_err(Defect::from);
            Some((path, read.and_then(|file| json::parse(&file.bytes))))
        })
    }

    /// Opens `cert_approves` for the records of approvals.
    #[must_use]
    pub fn approval_records(&self) -> ApprovalRecords {
        let open = |path: PathBuf| {
            let made =
                files::make_dirs(&path, DIRECTORY_MODE).map_err(|error| error.to_string())?;
            let above = path.parent().unwrap_or(&path);
            let staging = files::staging(above, &path).to_owned();
            files::sweep(&staging);
            Ok(ApprovalFolder { path, staging, made: Mutex::new(Some(made)) })
        };
        ApprovalRecords(self.place(Path::new("cert_approves")).and_then(open))
    }

    fn write(&self, relative: &Path, record: &RecordText) -> Record {
        Record(self.folder().and_then(|all| write_at(&all.join(relative), record, &all)))
    }

    /// Where a record is.
    fn place(&self, relative: &Path) -> Result<PathBuf, String> {
        self.folder().map(|all| all.join(relative))
    }

    /// The folder of all records, once the links above the home directory are followed.
    fn folder(&self) -> Result<PathBuf, String> {
        let home = self.home.as_ref().ok_or("HOME is not set")?;
        let real = files::resolve(home).map_err(|error| error.to_string())?;
        if home.is_absolute() && matches!(files::look(&real), Ok(Found::Directory)) {
            return Ok(real.join(DIRECTORY));
        }
        Err(format!("HOME is not a directory: {}", home.display()))
    }
}

impl Record {
    /// The operation succeeded: the record stays.
    #[must_use]
    pub fn keep(self) -> AuditOutcome {
        match self.0 {
            Ok(written) => AuditOutcome::Written(written.keep()),
            Err(failure) => AuditOutcome::NotWritten(failure),
        }
    }
}

/// The folder of the records of approvals. If it had to be made and nothing came of it, it goes away
/// again.
pub struct ApprovalRecords(Result<ApprovalFolder, String>);

struct ApprovalFolder {
    path: PathBuf,
    /// Where records are prepared.
    staging: PathBuf,
    made: Mutex<Option<Created>>,
}

/// A record that is not durable yet and has no name. Dropped, it is removed.
#[must_use = "dropping this removes the record"]
pub struct WrittenRecord(Result<(WrittenFile, PathBuf, bool), String>);

/// A record that lacks only its name. Dropped, it is removed.
#[must_use = "dropping this removes the record"]
pub struct PreparedRecord(Result<(PreparedFile, PathBuf, bool), String>);

impl ApprovalRecords {
    /// Writes `<request_id>.json` without giving it its name. A record of another request under the
    /// same id is never overwritten.
    pub fn write_ahead(&self, id: &RequestId, record: &RecordText) -> WrittenRecord {
        let write = || {
            let folder = self.0.as_ref().map_err(Clone::clone)?;
            let path = folder.path.join(format!("{}.json", id.as_str()));
            let failed = |error: FileError| error.to_string();
            let there = files::look(&path).map_err(failed)? != Found::Nothing;
            if there && !is_of_same_request(&path, record) {
                return Err(of_another_request(&path));
            }
            let text = record.text.as_bytes();
            let file = files::write_ahead_in(&folder.staging, &path, text, FILE_MODE);
            let file = file.map_err(failed)?;
            Ok((file, path, there))
        };
        WrittenRecord(write())
    }

    /// Gives a record its name, once the ledger knows of the approval, which may still fail.
    pub fn name(&self, record: PreparedRecord) -> NamedRecord<'_> {
        let mut placed = Vec::new();
        let outcome = record.name(&mut placed);
        NamedRecord { records: self, placed, outcome }
    }

    /// Gives many records their names, and makes these durable, all at once.
    pub fn place(&self, records: Vec<PreparedRecord>) -> Vec<AuditOutcome> {
        let mut placed = Vec::new();
        let mut outcomes: Vec<_> = records.into_iter().map(|one| one.name(&mut placed)).collect();
        self.settle(placed, &mut outcomes);
        outcomes
    }

    /// Makes the names durable.
    fn settle(&self, placed: Vec<Placed>, outcomes: &mut [AuditOutcome]) {
        let (Ok(folder), false) = (&self.0, placed.is_empty()) else { return };
        match files::sync_names(&folder.path, placed) {
            Ok(()) => {
                if let Some(made) = folder.made.lock().ok().and_then(|mut made| made.take()) {
                    made.keep();
                }
            }
            Err(error) => {
                let written = |outcome: &&mut _| matches!(outcome, AuditOutcome::Written(_));
                for outcome in outcomes.iter_mut().filter(written) {
                    *outcome = AuditOutcome::NotWritten(error.to_string());
                }
            }
        }
    }
}

/// A record with its name: dropped, it goes away again; [kept](NamedRecord::keep), it stays.
#[must_use = "dropping this takes the record back"]
pub struct NamedRecord<'a> {
    records: &'a ApprovalRecords,
    placed: Vec<Placed>,
    outcome: AuditOutcome,
}

impl NamedRecord<'_> {
    /// The approval succeeded: the record stays.
    #[must_use]
    pub fn keep(mut self) -> AuditOutcome {
        let placed = std::mem::take(&mut self.placed);
        self.records.settle(placed, std::slice::from_mut(&mut self.outcome));
        self.outcome.clone()
    }
}

impl Drop for NamedRecord<'_> {
    fn drop(&mut self) {
        self.placed.drain(..).for_each(Placed::take_back);
    }
}

impl WrittenRecord {
    /// Makes the record durable.
    pub fn sync(self) -> PreparedRecord {
        PreparedRecord(self.0.and_then(|(file, path, there)| {
            let file = file.sync().map_err(|error| error.to_string())?;
            Ok((file, path, there))
        }))
    }
}

impl PreparedRecord {
    fn name(self, placed: &mut Vec<Placed>) -> AuditOutcome {
        let named = self.0.and_then(|(file, path, replacing)| {
            let named = if replacing { file.name_replacing() } else { file.name_new() };
            named.map(|done| (done, path)).map_err(|error| error.to_string())
        });
        match named {
            Ok((done, path)) => {
                placed.push(done);
                AuditOutcome::Written(path)
            }
            Err(why) => AuditOutcome::NotWritten(why),
        }
    }
}

/// The record in the directory of a request, if there is one that can be read.
fn request_record(folder: &Path) -> Option<Map<String, Value>> {
    let file = files::read(&folder.join(REQUEST_RECORD), json::MAX_BYTES as u64).ok()?;
    json::parse(&file.bytes).ok()
}

fn folders_of(record: &Map<String, Value>) -> Vec<PathBuf> {
    ["request_dir", "private_key_path"]
        .into_iter()
        .filter_map(|key| record.get(key)?.as_str().map(|text| (key, PathBuf::from(text))))
        .filter_map(|(key, path)| match key {
            "private_key_path" => path.parent().map(Path::to_path_buf),
            _ => Some(path),
        })
        .filter(|path| path.is_absolute())
        .collect()
}

/// Writes a record. It is prepared in the folder of all `records`: there a killed run's leftovers
/// are found without a look at every record there is.
fn write_at(path: &Path, record: &RecordText, records: &Path) -> Result<Tentative, String> {
    let same = |before: &[u8]| record.is_of_request_in(before);
    let replace = Replace { limit: json::MAX_BYTES as u64, allowed: &same };
    let modes = (FILE_MODE, DIRECTORY_MODE);
    Tentative::write(path, record.text.as_bytes(), modes, &replace, records).map_err(|error| {
        if error.already_exists() { of_another_request(path) } else { error.to_string() }
    })
}

fn of_another_request(path: &Path) -> String {
    format!("{} is the record of another request", path.display())
}

fn is_of_same_request(path: &Path, record: &RecordText) -> bool {
    let before = files::read(path, json::MAX_BYTES as u64);
    before.is_ok_and(|before| record.is_of_request_in(&before.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "beb8ddfb18454a4294bd0ed60ae2e320";

    fn record_in(folder: &str, zip: &[u8]) -> RecordText {
        let zip = Digest::of(zip);
        let content = json!({"request_dir": folder, "hashes": {"request_zip_sha256": zip}});
        RecordText::new(&content, zip)
    }

    fn record(zip: &str) -> RecordText {
        record_in("/requests/hospital-a", zip.as_bytes())
    }

    #[test]
    fn a_record_that_is_not_kept_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let audit = AuditDirectory::in_home(Some(home.path()));
        let id = RequestId::parse(ID).unwrap();
        drop(audit.write_request(&id, &record("1")));
        assert_eq!(files::look(&home.path().join(".nvflare")).unwrap(), files::Found::Nothing);
        let outcome = audit.write_request(&id, &record("1")).keep();
        assert!(matches!(outcome, AuditOutcome::Written(_)));
        assert_eq!(audit.request_folders(&id), [PathBuf::from("/requests/hospital-a")]);
    }

    #[test]
    fn folders_are_found_by_their_key() {
        let home = tempfile::tempdir().unwrap();
        let audit = AuditDirectory::in_home(Some(home.path()));
        let key = Digest::of(b"key");
        assert!(audit.request_folders_with_key(key).is_empty());
        for (id, folder, key) in [
            ("beb8ddfb18454a4294bd0ed60ae2e320", "/requests/one", key),
            ("a5b803b084e0452d985f406adf1b9f1e", "/requests/two", Digest::of(b"other")),
            ("b90404951cb0415a895cb660dbb5609c", "relative", key),
        ] {
            let content = json!({"request_dir": folder, "hashes": {"public_key_sha256": key}});
            let record = RecordText::new(&content, Digest::of(b"zip"));
            let _ = audit.write_request(&RequestId::parse(id).unwrap(), &record).keep();
        }
        let broken = home.path().join(".nvflare/cert_requests/broken");
        files::make_dirs(&broken, 0o700).unwrap().keep();
        assert_eq!(audit.request_folders_with_key(key), [PathBuf::from("/requests/one")]);
    }

    #[test]
    fn the_record_of_another_request_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let audit = AuditDirectory::in_home(Some(home.path()));
        let id = RequestId::parse(ID).unwrap();
        let records = audit.approval_records();
        let write = |zip: &str| records.name(records.write_ahead(&id, &record(zip)).sync()).keep();
        let first = write("1");
        assert!(matches!(first, AuditOutcome::Written(_)));
        assert_eq!(write("1"), first);
        assert!(write("2").warning().unwrap().message.contains("another request"));
        let id = RequestId::parse("a5b803b084e0452d985f406adf1b9f1e").unwrap();
        drop(records.name(records.write_ahead(&id, &record("1")).sync()));
        assert_eq!(audit.approvals().count(), 1);
    }

    #[test]
    fn a_record_that_is_not_kept_brings_the_one_before_back() {
        let home = tempfile::tempdir().unwrap();
        let audit = AuditDirectory::in_home(Some(home.path()));
        let id = RequestId::parse(ID).unwrap();
        let AuditOutcome::Written(path) = audit.write_request(&id, &record("1")).keep() else {
            panic!("not written");
        };
        let before = files::read(&path, 1000).unwrap().bytes;
        let changed = record_in("/elsewhere", b"1");
        drop(audit.write_request(&id, &changed));
        assert_eq!(files::read(&path, 1000).unwrap().bytes, before);
    }

    #[test]
    fn without_a_home_nothing_is_written() {
        let audit = AuditDirectory::in_home(None);
        let id = RequestId::parse(ID).unwrap();
        let outcome = audit.write_request(&id, &record("1")).keep();
        assert_eq!(outcome, AuditOutcome::NotWritten("HOME is not set".to_owned()));
        assert!(audit.request_folders(&id).is_empty());
    }
}
