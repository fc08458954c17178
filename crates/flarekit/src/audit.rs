//! Records of requests and approvals under `~/.nvflare`, where the reference keeps its own. They
//! are written on a best-effort basis and never hold key material; `package` finds a request
//! folder through the first kind.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{Warning, WarningCode};
use crate::files::{self, Created, FileError, Found};
use crate::json;
use crate::names::RequestId;

/// Directories and files here are their owner's only.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Where the records are: `.nvflare` in the home directory that the program handed in.
#[derive(Debug, Clone)]
pub struct AuditDirectory {
    root: Option<PathBuf>,
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

/// A record that is on disk but belongs to an operation that may still fail: dropped, it goes away
/// again; [kept](Record::keep), it stays.
#[must_use]
pub struct Record {
    written: Option<Written>,
    failure: String,
}

struct Written {
    path: PathBuf,
    directories: Created,
    /// The record of the same request that was there before.
    replaced: Option<Vec<u8>>,
}

impl AuditDirectory {
    /// The records below the given home directory, or nowhere.
    #[must_use]
    pub fn in_home(home: Option<&Path>) -> Self {
        Self { root: home.map(|home| home.join(".nvflare")) }
    }

    /// Writes `cert_requests/<request_id>/audit.json`.
    pub fn write_request(&self, id: &RequestId, record: &Map<String, Value>) -> Record {
        self.write(Path::new("cert_requests").join(id.as_str()).join("audit.json"), record)
    }

    /// Writes `cert_approves/<request_id>.json`. A record of another request under the same id is
    /// never overwritten.
    pub fn write_approval(&self, id: &RequestId, record: &Map<String, Value>) -> Record {
        self.write(Path::new("cert_approves").join(format!("{}.json", id.as_str())), record)
    }

    /// The folders that records name for this request. The caller checks what is in them.
    #[must_use]
    pub fn request_folders(&self, id: &RequestId) -> Vec<PathBuf> {
        let Some(root) = &self.root else { return vec![] };
        let path = root.join("cert_requests").join(id.as_str()).join("audit.json");
        let read = files::read(&path, json::MAX_BYTES as u64).ok();
        let Some(record) = read.and_then(|file| json::parse(&file.bytes).ok()) else {
            return vec![];
        };
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

    fn write(&self, relative: PathBuf, record: &Map<String, Value>) -> Record {
        let Some(root) = &self.root else {
            return Record { written: None, failure: "HOME is not set".to_owned() };
        };
        let home = root.parent().unwrap_or(root);
        if !home.is_absolute() || !matches!(files::look(home), Ok(Found::Directory | Found::Link)) {
            let failure = format!("HOME is not a directory: {}", home.display());
            return Record { written: None, failure };
        }
        match write_at(&root.join(relative), record) {
            Ok(written) => Record { written: Some(written), failure: String::new() },
            Err(failure) => Record { written: None, failure },
        }
    }
}

impl Record {
    /// The operation succeeded: the record stays.
    #[must_use]
    pub fn keep(mut self) -> AuditOutcome {
        match self.written.take() {
            Some(written) => {
                written.directories.keep();
                AuditOutcome::Written(written.path)
            }
            None => AuditOutcome::NotWritten(std::mem::take(&mut self.failure)),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let Some(written) = &self.written else { return };
        // Best effort: a record of a request that failed does no harm.
        let _ = match &written.replaced {
            Some(before) => files::write_replacing(&written.path, before, FILE_MODE),
            None => files::remove(&written.path),
        };
    }
}

fn write_at(path: &Path, record: &Map<String, Value>) -> Result<Written, String> {
    let say = |error: FileError| error.to_string();
    let parent = path.parent().unwrap_or(path);
    let directories = files::make_dirs(parent, DIRECTORY_MODE).map_err(say)?;
    let text = json::write(record);
    let replaced = match files::write_new(path, text.as_bytes(), FILE_MODE) {
        Ok(()) => None,
        Err(error) if error.already_exists() => {
            let before = files::read(path, json::MAX_BYTES as u64).map_err(say)?.bytes;
            if !is_same_request(&before, record) {
                return Err(format!("{} is the record of another request", path.display()));
            }
            files::write_replacing(path, text.as_bytes(), FILE_MODE).map_err(say)?;
            Some(before)
        }
        Err(error) => return Err(say(error)),
    };
    Ok(Written { path: path.to_path_buf(), directories, replaced })
}

/// Whether the record on disk is of the very same request: its zip has the same digest.
fn is_same_request(before: &[u8], record: &Map<String, Value>) -> bool {
    let digest = |map: &Map<String, Value>| map.get("hashes")?.get("request_zip_sha256").cloned();
    json::parse(before).is_ok_and(|before| digest(&before) == digest(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "beb8ddfb18454a4294bd0ed60ae2e320";

    fn record(zip: &str) -> Map<String, Value> {
        json::object_of(json!({
            "request_dir": "/requests/hospital-a", "hashes": {"request_zip_sha256": zip}
        }))
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
    fn the_record_of_another_request_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let audit = AuditDirectory::in_home(Some(home.path()));
        let id = RequestId::parse(ID).unwrap();
        let first = audit.write_approval(&id, &record("1")).keep();
        assert_eq!(audit.write_approval(&id, &record("1")).keep(), first);
        let other = audit.write_approval(&id, &record("2")).keep();
        assert!(other.warning().unwrap().message.contains("another request"));
    }

    #[test]
    fn a_record_that_is_not_kept_brings_the_one_before_back() {
        let home = tempfile::tempdir().unwrap();
        let audit = AuditDirectory::in_home(Some(home.path()));
        let id = RequestId::parse(ID).unwrap();
        let AuditOutcome::Written(path) = audit.write_approval(&id, &record("1")).keep() else {
            panic!("not written");
        };
        let before = files::read(&path, 1000).unwrap().bytes;
        let mut changed = record("1");
        changed.insert("signed_zip_path".to_owned(), json!("elsewhere"));
        drop(audit.write_approval(&id, &changed));
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
