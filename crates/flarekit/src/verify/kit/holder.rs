//! Whose kit it is, for the renewal of its certificate.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::configuration::{Configuration, credentials};
use super::folder::KitFolder;
use crate::error::{Code, Error, Reason};

/// What a kit has of its participant, as it was read; nothing of it was compared.
pub(crate) struct KitHolder {
    /// The participant's name in the configuration; a certificate's CN may be the beginning of it.
    pub name: String,
    /// The project in the configuration.
    pub project: String,
    /// The certificate's file.
    pub certificate: (PathBuf, Vec<u8>),
    /// The private key's file, and its mode.
    pub key: (PathBuf, Zeroizing<Vec<u8>>, u32),
}

impl KitHolder {
    /// Reads it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut folder = KitFolder::read(path)?;
        let (certificate, key) = credentials(folder.kind);
        let at = |name: &str| folder.path().join("startup").join(name);
        let (certificate, key) = (at(certificate), at(key));
        let place = at(folder.configuration);
        let missing = |path: &Path| {
            let message = format!("{} is not there, or cannot be read", path.display());
            Error::because(Code::InvalidArgs, Reason::KitFileMissing, message)
        };
        let file = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            folder.startup(name).map(|file| file.bytes.clone()).ok_or_else(|| missing(path))
        };
        let configuration = Configuration::parse(&file(&place)?, folder.kind)
            .map_err(|defect| defect.within(place.display()).code(Code::InvalidArgs))?;
        let bytes = file(&certificate)?;
        let (pem, mode) = folder.key.take().ok_or_else(|| {
            let message = format!("there is no key {} that can be read", key.display());
            Error::new(Code::KeyNotFound, message)
        })?;
        Ok(Self {
            name: configuration.name,
            project: configuration.project,
            certificate: (certificate, bytes),
            key: (key, pem, mode),
        })
    }
}
