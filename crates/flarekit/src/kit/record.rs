//! `<workspace>/<project>/state/prod_<NN>/<name>.json`: the SHA-256 of each file that `package` wrote
//! into a kit, by which it later knows what the site has changed.
//!
//! The record is written before the kit appears, and also says what the kit before it had: whichever
//! of the two a run that is killed leaves in place, its files are known, however many runs are.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::KitPlan;
use crate::digest::{Digest, Hasher};
use crate::files::{self, FileError, Found, Replace, Tentative, TreeEntry};
use crate::json;
use crate::request::SCHEMA_VERSION;

/// The folder beside the `prod_NN`, which the reference has too, and modes of what is in it.
const FOLDER: &str = "state";
const MODES: (u32, u32) = (0o600, 0o700);
/// The longest record that is read. Builders may make a hundred thousand files, and a record can have
/// those of two kits. One that is longer can be replaced, but tells nothing.
const LIMIT: usize = 256 * 1024 * 1024;

/// Digests of files by their path in the kit.
pub(super) type Digests = BTreeMap<String, Digest>;

/// What was written into a kit.
#[derive(Debug)]
pub(super) struct KitRecord {
    files: Digests,
    before: Digests,
}

impl KitRecord {
    /// Where the record of a kit is.
    pub fn path(project_dir: &Path, deployment: &str, name: &str) -> PathBuf {
        project_dir.join(FOLDER).join(deployment).join(format!("{name}.json"))
    }

    /// Reads a record. One that is not there, or that is none, says nothing: every difference then
    /// counts as the site's own.
    pub fn read(path: &Path) -> Option<Self> {
        let file = files::read(path, LIMIT as u64).ok()?;
        let map = json::parse_own(&file.bytes, LIMIT).ok()?;
        let digests = |key: &str| -> Option<Digests> {
            let entries = json::object(&map, key).ok()?.iter();
            entries
                .map(|(path, digest)| Some((path.clone(), Digest::parse(digest.as_str()?).ok()?)))
                .collect()
        };
        Some(Self { files: digests("files")?, before: digests("before")? })
    }

    /// Whether `package` wrote a file with this content there.
    pub fn wrote(&self, path: &str, digest: Digest) -> bool {
        [&self.files, &self.before].iter().any(|known| known.get(path) == Some(&digest))
    }

    /// What `package` wrote into the kit that is there. The run that wrote the record may have been
    /// killed before its kit appeared: where that kit differs from the one before it, the files
    /// themselves tell which of the two is there.
    pub fn installed(self, kit: &Path) -> Digests {
        let mut installed = self.files;
        for (path, before) in self.before {
            if installed.get(&path) != Some(&before) && is_there(&kit.join(&path), before) {
                installed.insert(path, before);
            }
        }
        installed
    }

    /// Writes the record of the next kit, which stays only if the kit does. `before` is what the kit
    /// has that is replaced.
    pub fn write_next(
        path: &Path,
        files: &Digests,
        before: &Digests,
    ) -> Result<Tentative, FileError> {
        let object = |digests: &Digests| -> Map<String, Value> {
            digests.iter().map(|(path, digest)| (path.clone(), json!(digest.to_string()))).collect()
        };
        let record = json::object_of(json!({
            "schema_version": SCHEMA_VERSION,
            "files": object(files),
            "before": object(before),
        }));
        let replace = Replace { limit: u64::MAX, allowed: &|_| true };
        let record = json::write(&record);
        // There may be a record for each of many kits: prepared a directory above, it need not be
        // looked for among them when a run was killed.
        let above = path.ancestors().nth(2).unwrap_or(path);
        Tentative::write(path, record.as_bytes(), MODES, &replace, above)
    }
}

/// The digests of all files of a plan, but for private keys: what is recorded about a key is its
/// certificate.
pub(super) fn planned(plan: &KitPlan) -> Digests {
    let recorded = plan.files().iter().filter(|file| !is_key(&file.path));
    recorded.map(|file| (name(&file.path), Digest::of(&file.bytes))).collect()
}

/// The same of all plain files below a folder, into which builders wrote.
pub(super) fn digests(folder: &Path) -> Result<Digests, FileError> {
    let mut found = Digests::new();
    for TreeEntry { path, found: is, .. } in files::tree(folder, usize::MAX)? {
        if is == Found::File && !is_key(&path) {
            found.insert(name(&path), digest(&folder.join(&path))?);
        }
    }
    Ok(found)
}

fn is_key(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "key")
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether a plain file with this content is there. One behind a link, as in a moved workspace, or
/// that cannot be read, is not looked at.
fn is_there(path: &Path, expected: Digest) -> bool {
    files::look(path) == Ok(Found::File) && digest(path) == Ok(expected)
}

/// The digest of a file of any size.
pub(super) fn digest(path: &Path) -> Result<Digest, FileError> {
    let mut hasher = Hasher::default();
    files::read_chunks(path, |chunk| {
        hasher.update(chunk);
        io::Result::Ok(())
    })?;
    Ok(hasher.finish())
}
