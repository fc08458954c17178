//! Making a CA (`cert init`).

use std::path::{Path, PathBuf};

use super::ledger::LEDGER_FILES;
use super::{BACKDATING, CaMetadata, METADATA, ROOT_CERTIFICATE, ROOT_KEY};
use crate::error::{Code, Defect, Error, Reason, Warning};
use crate::files::{self, FileError, Found, OwnFolder};
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::names::{DeployVersion, ProjectName, RootOrg};
use crate::pki::{
    AltName, Certificate, DistinguishedName, PrivateKey, Serial, Validity, issue_root,
};
use crate::time::Timestamp;

/// What a request folder has, and a CA directory may not.
const REQUEST: &str = "request.json";

/// What a new CA is to be.
#[derive(Debug)]
pub struct CreateCa<'a> {
    /// The federation, which becomes the root's CN.
    pub project: ProjectName,
    /// The root's O, if it is to have one.
    pub org: Option<RootOrg>,
    /// How long the root is valid.
    pub valid_days: u32,
    /// The generation of the deployment.
    pub deploy_version: DeployVersion,
    /// The profile, whose path is recorded.
    pub profile: &'a Path,
    /// The CA directory.
    pub directory: &'a Path,
    /// Whether a CA of another deploy version may be replaced.
    pub force: bool,
}

/// A CA that has been made.
#[derive(Debug)]
pub struct CreatedCa {
    /// The root certificate's file.
    pub certificate_path: PathBuf,
    /// The root certificate.
    pub certificate: Certificate,
    /// What `ca.json` says.
    pub metadata: CaMetadata,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Where the files of the CA before it are.
    pub backup: Option<PathBuf>,
    /// That others can, or could, write in the directory.
    pub warning: Option<Warning>,
}

impl CreateCa<'_> {
    /// Makes the CA with a new key, whole or not at all.
    pub fn create(self, now: Timestamp) -> Result<CreatedCa, Error> {
        self.create_with(PrivateKey::generate, now)
    }

    /// Makes the CA with a key that comes from elsewhere, asked for when nothing stands against it.
    pub fn create_with(
        self,
        key: impl FnOnce() -> Result<PrivateKey, Defect>,
        now: Timestamp,
    ) -> Result<CreatedCa, Error> {
        let profile = files::absolute(self.profile).map_err(unwritable)?;
        let own = self.open()?;
        let directory = own.path().to_path_buf();

        let failed = |defect: Defect| defect.code(Code::CertGenerationFailed);
        let validity = self.validity(now)?;
        let key = key().map_err(failed)?;
        let certificate = self.issue(&key, validity).map_err(failed)?;
        let fingerprint = Fingerprint::from_digest(certificate.sha256());
        let metadata = CaMetadata {
            project: self.project.clone(),
            created_at: Some(now),
            provision_version: self.deploy_version.clone(),
            rootca_fingerprint: Some(fingerprint),
            project_profile: Some(profile.display().to_string()),
        };

        let pem = key.to_pem().map_err(failed)?;
        let certificate_pem = certificate.to_pem().map_err(failed)?;
        let recorded = json::write(&metadata);
        let files = [
            (ROOT_CERTIFICATE, certificate_pem.as_bytes(), 0o644),
            (ROOT_KEY, pem.as_bytes(), 0o600),
            (METADATA, recorded.as_bytes(), 0o600),
        ];
        let (backup, warning) = match fill(own, &files, now) {
            // Another 'cert init' made the directory meanwhile. Now it is there, and can be judged.
            Err(error) if self.force && error.code() == Code::CaAlreadyExists => {
                fill(self.open()?, &files, now)?
            }
            other => other?,
        };
        Ok(CreatedCa {
            certificate_path: directory.join(ROOT_CERTIFICATE),
            certificate,
            metadata,
            fingerprint,
            backup,
            warning,
        })
    }

    /// The CA directory, if a CA may be made there.
    fn open(&self) -> Result<OwnFolder, Error> {
        // The ledger of a CA that is replaced goes with it.
        let files = [&[ROOT_CERTIFICATE, ROOT_KEY, METADATA], LEDGER_FILES.as_slice()].concat();
        let own = OwnFolder::open(self.directory, &files).map_err(unwritable)?;
        refuse_request_folder(own.path())?;
        if !own.existing().is_empty() {
            self.may_replace(own.path(), own.existing())?;
        }
        Ok(own)
    }

    /// `--force` replaces a CA only by one of another deploy version: kits of both would otherwise
    /// claim the same `prod_NN`.
    fn may_replace(&self, directory: &Path, existing: &[PathBuf]) -> Result<(), Error> {
        if !self.force {
            let names: Vec<_> = existing.iter().map(|path| path.display().to_string()).collect();
            return Err(Error::new(
                Code::CaAlreadyExists,
                format!("a CA exists already: {}", names.join(", ")),
            ));
        }
        let path = directory.join(METADATA);
        if !existing.contains(&path) {
            return Ok(());
        }
        let file = files::read(&path, json::MAX_BYTES as u64)
            .map_err(|error| error.code(Code::InvalidArgs))?;
        let old = CaMetadata::parse(&file.bytes, &path.display().to_string())?;
        if old.provision_version != self.deploy_version {
            return Ok(());
        }
        let made = old.created_at.map(|at| format!(", made {at}")).unwrap_or_default();
        Err(Error::new(
            Code::CaVersionAlreadyExists,
            format!(
                "{} already holds a CA of deploy version {}{made}",
                directory.display(),
                old.provision_version
            ),
        ))
    }

    fn validity(&self, now: Timestamp) -> Result<Validity, Error> {
        let not_after = now.plus_days(self.valid_days).ok_or_else(|| {
            Error::because(
                Code::InvalidArgs,
                Reason::ValidDays,
                format!(
                    "{} days from now are beyond the year 9999, the last that a certificate can \
                     name",
                    self.valid_days
                ),
            )
        })?;
        Ok(Validity { not_before: now.minus_seconds(BACKDATING), not_after })
    }

    fn issue(&self, key: &PrivateKey, validity: Validity) -> Result<Certificate, Defect> {
        let subject = DistinguishedName {
            common_name: self.project.as_str().to_owned(),
            organization: self.org.as_ref().map(|org| org.as_str().to_owned()),
            unstructured_name: None,
        };
        let san = AltName::Dns(self.project.as_str().to_owned());
        issue_root(key, &subject, &san, validity, Serial::random()?)
    }
}

/// The answer to a request brings a `rootCA.pem`, too, which would take the place of this CA's.
fn refuse_request_folder(folder: &Path) -> Result<(), Error> {
    if files::look(&folder.join(REQUEST)).map_err(unwritable)? == Found::Nothing {
        return Ok(());
    }
    Err(Error::because(
        Code::InvalidArgs,
        Reason::FolderInUse,
        format!("{} is a request folder: it has {REQUEST}", folder.display()),
    ))
}

/// Lets all files appear; where others were is returned, and what to know about the directory.
fn fill(
    mut own: OwnFolder,
    files: &[(&str, &[u8], u32)],
    now: Timestamp,
) -> Result<(Option<PathBuf>, Option<Warning>), Error> {
    let staged = own.stage().map_err(unwritable)?;
    let warning = own.warning();
    for &(name, bytes, mode) in files {
        staged.write(Path::new(name), bytes, mode).map_err(unwritable)?;
    }
    // "Exists": another 'cert init' into the same directory was faster.
    let backup = own
        .publish(staged, now)
        .map_err(|error| error.code_or(Code::CaAlreadyExists, Code::OutputDirNotWritable))?;
    Ok((backup, warning))
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}
