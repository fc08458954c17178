//! The signed zip's file.

use std::path::{Path, PathBuf};

use super::SignedApproval;
use crate::archive::{self, Limits};
use crate::ca::ledger::RecordedApproval;
use crate::digest::Digest;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::files::{self, Created, FileError, Found, PreparedFile};

/// Mode of the signed zip.
const ZIP_MODE: u32 = 0o600;
/// Mode of directories that have to be made for it.
const DIRECTORY_MODE: u32 = 0o700;

/// Where a signed zip goes: a place that is free, or holds a signed zip that may be replaced.
pub struct SignedZipFile {
    path: PathBuf,
    force: bool,
}

impl SignedZipFile {
    /// Looks at the place. Something there stays, and with `force` gives way only if it is a signed
    /// zip: a slip must not cost the CA's key or a request.
    pub fn open(path: &Path, force: bool) -> Result<Self, Error> {
        let path = files::resolve_parent(path).map_err(unwritable)?;
        let refuse = |reason, what: &str| {
            let message = format!("{} {what}", path.display());
            Err(Error::because(Code::CertAlreadyExists, reason, message))
        };
        match files::look(&path).map_err(unwritable)? {
            Found::Nothing => {}
            Found::File if !force => {
                let message = format!("a file exists already: {}", path.display());
                return Err(Error::new(Code::CertAlreadyExists, message));
            }
            Found::File if is_signed_zip(&path) => {}
            Found::File => {
                return refuse(Reason::NotASignedZip, "is not a signed zip, so it is not replaced");
            }
            Found::Directory | Found::Link | Found::Other => {
                return refuse(Reason::NotAPlainFile, "exists and is not a file");
            }
        }
        Ok(Self { path, force })
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the signed zip without giving it its name, so that a full disk is noticed before
    /// anything is recorded.
    pub fn prepare(&self, approval: &SignedApproval) -> Result<PreparedZip, Error> {
        let parent = self.path.parent().unwrap_or(&self.path);
        let directories = files::make_dirs(parent, DIRECTORY_MODE).map_err(unwritable)?;
        files::sweep(parent);
        let file = files::prepare(&self.path, approval.zip(), ZIP_MODE).map_err(unwritable)?;
        Ok(PreparedZip { file, directories, force: self.force, of: Digest::of(approval.zip()) })
    }

    /// The warning for a name that the reference's `package` would refuse.
    #[must_use]
    pub fn unusual_name(&self) -> Option<Warning> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        (!name.ends_with(".signed.zip")).then(|| {
            Warning::new(
                WarningCode::UnusualFileName,
                format!(
                    "{} does not end in .signed.zip: NVFlare's own package command would refuse it",
                    self.path.display()
                ),
            )
        })
    }
}

/// A signed zip that lacks only its name. Dropped, it is removed.
#[must_use = "dropping this removes the file"]
pub struct PreparedZip {
    file: PreparedFile,
    directories: Created,
    force: bool,
    /// What is in it.
    of: Digest,
}

impl PreparedZip {
    /// Lets the signed zip appear, now that its entry in the ledger is durable.
    pub fn place(self, recorded: &RecordedApproval) -> Result<(), Error> {
        if Digest::of(recorded.approval().zip()) != self.of {
            return Err(Error::new(Code::InternalError, "another approval was recorded"));
        }
        let placed = if self.force { self.file.place_replacing() } else { self.file.place_new() };
        placed.map_err(|e| e.code_or(Code::CertAlreadyExists, Code::OutputDirNotWritable))?;
        self.directories.keep();
        Ok(())
    }
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

fn is_signed_zip(path: &Path) -> bool {
    let bytes = files::read(path, Limits::ARTIFACT.archive_bytes).ok();
    let members = bytes.and_then(|file| archive::read(&file.bytes, &Limits::ARTIFACT).ok());
    members.is_some_and(|members| members.get("signed.json").is_some())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes files of its own")]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_a_signed_zip_gives_way_and_only_to_force() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::write(path("signed"), archive::write(&[("signed.json", b"{}")]).unwrap()).unwrap();
        fs::write(path("request"), archive::write(&[("request.json", b"{}")]).unwrap()).unwrap();
        fs::write(path("key"), "-----BEGIN RSA PRIVATE KEY-----\n").unwrap();
        fs::create_dir(path("folder")).unwrap();
        std::os::unix::fs::symlink(path("signed"), path("link")).unwrap();
        for (name, unforced, forced) in [
            ("new", Ok(()), Ok(())),
            ("signed", Err(None), Ok(())),
            ("request", Err(None), Err(Some(Reason::NotASignedZip))),
            ("key", Err(None), Err(Some(Reason::NotASignedZip))),
            ("folder", Err(Some(Reason::NotAPlainFile)), Err(Some(Reason::NotAPlainFile))),
            ("link", Err(Some(Reason::NotAPlainFile)), Err(Some(Reason::NotAPlainFile))),
        ] {
            for (force, expected) in [(false, unforced), (true, forced)] {
                let opened = SignedZipFile::open(&path(name), force).map(|_| ());
                let refused = opened.map_err(|error| {
                    assert_eq!(error.code(), Code::CertAlreadyExists, "{name}");
                    error.reason()
                });
                assert_eq!(refused, expected, "{name}, force {force}");
            }
        }
    }

    #[test]
    fn a_name_that_the_reference_would_refuse_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let warning = |name: &str| {
            SignedZipFile::open(&place.path().join(name), false).unwrap().unusual_name()
        };
        assert!(warning("hospital-a.signed.zip").is_none());
        let unusual = warning("hospital-a.zip").unwrap();
        assert_eq!(unusual.code, WarningCode::UnusualFileName);
    }
}
