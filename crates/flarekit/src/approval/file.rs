//! The files of signed zips and of denied zips.

use std::path::{Path, PathBuf};

use super::denial::DENIED_JSON;
use super::{SignedApproval, SignedDenial};
use crate::archive::{self, Limits};
use crate::ca::ledger::{RecordedApproval, RecordedDenial};
use crate::digest::Digest;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::files::{self, Created, FileError, Found, Placed, PreparedFile, WrittenFile};

/// Mode of the zips.
const ZIP_MODE: u32 = 0o600;
/// Mode of directories that have to be made for them.
pub(super) const DIRECTORY_MODE: u32 = 0o700;

/// Where a signed zip goes: a place that is free, or holds a signed zip that may be replaced.
pub struct SignedZipFile(Place);

/// Where a denied zip goes: a place that is free, or holds a denied zip that may be replaced.
pub struct DeniedZipFile(Place);

impl SignedZipFile {
    /// Looks at the place. Something there stays, and with `force` gives way only if it is a signed
    /// zip: a slip must not cost the CA's key or a request.
    pub fn open(path: &Path, force: bool) -> Result<Self, Error> {
        Place::open(path, force, &SIGNED_ZIP).map(Self)
    }

    /// A place in a folder that was opened, which is not looked at yet.
    pub(super) fn within(folder: &Path, name: &str, force: bool) -> Self {
        Self(Place { path: folder.join(name), force, kind: &SIGNED_ZIP })
    }

    /// Refuses what must stay.
    pub(super) fn refuse_taken(&self) -> Result<(), Error> {
        self.0.refuse_taken()
    }

    /// Whether the file is there and has exactly this content.
    pub(super) fn holds(&self, zip: &[u8]) -> bool {
        files::read(self.path(), zip.len() as u64).is_ok_and(|found| found.bytes == zip)
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Writes the signed zip without giving it its name, so that a full disk is noticed before
    /// anything is recorded.
    pub fn prepare(&self, approval: &SignedApproval) -> Result<PreparedZip, Error> {
        self.0.prepare(approval.zip(), approval.zip_sha256()).map(PreparedZip)
    }

    /// Writes it into a folder that is there, to be made durable with others.
    pub(super) fn write_ahead(&self, approval: &SignedApproval) -> Result<WrittenZip, Error> {
        self.0.write_ahead(approval.zip(), approval.zip_sha256()).map(WrittenZip)
    }

    /// The warning for a name that the reference's `package` would refuse.
    #[must_use]
    pub fn unusual_name(&self) -> Option<Warning> {
        let path = self.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (!name.ends_with(".signed.zip")).then(|| {
            Warning::new(
                WarningCode::UnusualFileName,
                format!(
                    "{} does not end in .signed.zip: NVFlare's own package command would refuse it",
                    path.display()
                ),
            )
        })
    }
}

impl DeniedZipFile {
    /// Looks at the place, as [`SignedZipFile::open`] does.
    pub fn open(path: &Path, force: bool) -> Result<Self, Error> {
        Place::open(path, force, &DENIED_ZIP).map(Self)
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Writes the denied zip without giving it its name.
    pub fn prepare(&self, denial: &SignedDenial) -> Result<PreparedDenial, Error> {
        self.0.prepare(denial.zip(), Digest::of(denial.zip())).map(PreparedDenial)
    }
}

/// A signed zip that is not durable yet and has no name. Dropped, it is removed.
#[must_use = "dropping this removes the file"]
pub struct WrittenZip(Written);

impl WrittenZip {
    /// Makes the file durable.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn sync(self) -> Result<PreparedZip, Error> {
        self.0.sync().map(PreparedZip)
    }
}

/// A signed zip that lacks only its name. Dropped, it is removed.
#[must_use = "dropping this removes the file"]
pub struct PreparedZip(Prepared);

impl PreparedZip {
    /// Lets the signed zip appear, now that its entry in the ledger is durable.
    pub fn place(self, recorded: &RecordedApproval) -> Result<(), Error> {
        self.0.place(recorded.approval().zip_sha256())
    }

    /// Lets it appear as one of several.
    pub(super) fn name(self, recorded: &RecordedApproval) -> Result<Placed, Error> {
        self.0.name(recorded.approval().zip_sha256())
    }
}

/// A denied zip that lacks only its name. Dropped, it is removed.
#[must_use = "dropping this removes the file"]
pub struct PreparedDenial(Prepared);

impl PreparedDenial {
    /// Lets the denied zip appear, now that its entry in the ledger is durable.
    pub fn place(self, recorded: &RecordedDenial) -> Result<(), Error> {
        self.0.place(Digest::of(recorded.denial().zip()))
    }
}

/// A kind of zip: what tells it, and how it is spoken of.
struct Kind {
    member: &'static str,
    name: &'static str,
    otherwise: Reason,
}

const SIGNED_ZIP: Kind =
    Kind { member: "signed.json", name: "a signed zip", otherwise: Reason::NotASignedZip };
const DENIED_ZIP: Kind =
    Kind { member: DENIED_JSON, name: "a denied zip", otherwise: Reason::NotADeniedZip };

/// A place for a zip.
#[derive(Clone)]
struct Place {
    path: PathBuf,
    force: bool,
    kind: &'static Kind,
}

impl Place {
    fn open(path: &Path, force: bool, kind: &'static Kind) -> Result<Self, Error> {
        let place = Self { path: files::resolve_parent(path).map_err(unwritable)?, force, kind };
        place.refuse_taken()?;
        files::refuse_directory_name(path).map_err(|error| error.code(Code::InvalidArgs))?;
        Ok(place)
    }

    fn refuse_taken(&self) -> Result<(), Error> {
        let Self { path, kind, .. } = self;
        let refuse = |reason, what: String| {
            let message = format!("{} {what}", path.display());
            Err(Error::because(Code::CertAlreadyExists, reason, message))
        };
        match files::look(path).map_err(unwritable)? {
            Found::Nothing => Ok(()),
            Found::File if !self.force => {
                let message = format!("a file exists already: {}", path.display());
                Err(Error::new(Code::CertAlreadyExists, message))
            }
            Found::File if is_zip_with(path, kind.member) => Ok(()),
            Found::File => {
                refuse(kind.otherwise, format!("is not {}, so it is not replaced", kind.name))
            }
            Found::Directory | Found::Link | Found::Other => {
                refuse(Reason::NotAPlainFile, "exists and is not a file".to_owned())
            }
        }
    }

    fn prepare(&self, zip: &[u8], of: Digest) -> Result<Prepared, Error> {
        // A person may have been asked since somebody looked.
        self.refuse_taken()?;
        let parent = self.path.parent().unwrap_or(&self.path);
        let directories = files::make_dirs(parent, DIRECTORY_MODE).map_err(unwritable)?;
        files::sweep(parent);
        Ok(Prepared { directories: Some(directories), ..self.write_ahead(zip, of)?.sync()? })
    }

    fn write_ahead(&self, zip: &[u8], of: Digest) -> Result<Written, Error> {
        let file = files::write_ahead(&self.path, zip, ZIP_MODE).map_err(unwritable)?;
        Ok(Written { file, place: self.clone(), of })
    }
}

/// A zip that is not durable yet.
struct Written {
    file: WrittenFile,
    place: Place,
    of: Digest,
}

impl Written {
    fn sync(self) -> Result<Prepared, Error> {
        let file = self.file.sync().map_err(unwritable)?;
        Ok(Prepared { file, directories: None, place: self.place, of: self.of })
    }
}

/// A zip that lacks only its name.
struct Prepared {
    file: PreparedFile,
    directories: Option<Created>,
    place: Place,
    /// What is in it.
    of: Digest,
}

impl Prepared {
    /// Gives the zip its name, if it is the one that was recorded.
    fn place(self, recorded: Digest) -> Result<(), Error> {
        self.expect(recorded)?;
        let placed =
            if self.place.force { self.file.place_replacing() } else { self.file.place_new() };
        placed.map_err(unplaceable)?;
        if let Some(directories) = self.directories {
            directories.keep();
        }
        Ok(())
    }

    /// The same; that the name lasts is for the caller to see to.
    fn name(self, recorded: Digest) -> Result<Placed, Error> {
        self.expect(recorded)?;
        let named =
            if self.place.force { self.file.name_replacing() } else { self.file.name_new() };
        named.map_err(unplaceable)
    }

    /// Also that what is there now may give way.
    fn expect(&self, recorded: Digest) -> Result<(), Error> {
        if recorded != self.of {
            return Err(Error::new(Code::InternalError, "another answer was recorded"));
        }
        if self.place.force { self.place.refuse_taken() } else { Ok(()) }
    }
}

fn unplaceable(error: FileError) -> Error {
    error.code_or(Code::CertAlreadyExists, Code::OutputDirNotWritable)
}

pub(super) fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

fn is_zip_with(path: &Path, member: &str) -> bool {
    let bytes = files::read(path, Limits::ARTIFACT.archive_bytes).ok();
    let members = bytes.and_then(|file| archive::read(&file.bytes, &Limits::ARTIFACT).ok());
    members.is_some_and(|members| members.get(member).is_some())
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
        fs::write(path("denied"), archive::write(&[("denied.json", b"{}")]).unwrap()).unwrap();
        fs::write(path("request"), archive::write(&[("request.json", b"{}")]).unwrap()).unwrap();
        fs::write(path("key"), "-----BEGIN RSA PRIVATE KEY-----\n").unwrap();
        fs::create_dir(path("folder")).unwrap();
        std::os::unix::fs::symlink(path("signed"), path("link")).unwrap();
        for (name, unforced, forced) in [
            ("new", Ok(()), Ok(())),
            ("signed", Err(None), Ok(())),
            ("denied", Err(None), Err(Some(Reason::NotASignedZip))),
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
        let denied = |name: &str| DeniedZipFile::open(&path(name), true).map(|_| ());
        assert_eq!(denied("denied"), Ok(()));
        assert_eq!(denied("signed").unwrap_err().reason(), Some(Reason::NotADeniedZip));
    }

    #[test]
    fn a_zip_gets_no_directorys_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["none/", "none/."] {
            let refused = Place::open(&folder.path().join(name), true, &SIGNED_ZIP).err().unwrap();
            let found = (refused.code(), refused.reason());
            assert_eq!(found, (Code::InvalidArgs, Some(Reason::NotAPlainFile)), "{name}");
        }
        let refused = Place::open(&folder.path().join("."), true, &SIGNED_ZIP).err().unwrap();
        assert_eq!(refused.code(), Code::CertAlreadyExists);
    }

    #[test]
    fn what_came_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zip");
        let place = Place::open(&path, true, &SIGNED_ZIP).unwrap();
        let of = Digest::of(b"new");
        let prepared = || place.prepare(b"new", of).unwrap();
        let (one, other) = (prepared(), prepared());
        fs::write(&path, "mine").unwrap();
        for refused in [one.place(of).err(), other.name(of).err(), place.prepare(b"new", of).err()]
        {
            assert_eq!(refused.unwrap().reason(), Some(Reason::NotASignedZip));
            assert_eq!(fs::read(&path).unwrap(), b"mine");
        }
        fs::write(&path, archive::write(&[("signed.json", b"{}")]).unwrap()).unwrap();
        prepared().place(of).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
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
