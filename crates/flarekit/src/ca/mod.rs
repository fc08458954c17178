//! The federation's certification authority: a directory with a root certificate, its key and
//! `ca.json`, and the [`ledger`]. [`CertAuthority::sign`] takes nothing but a
//! [`ClearedRequest`](ledger::ClearedRequest).

mod create;
mod crl;
mod crl_files;
mod deny;
pub mod ledger;
mod metadata;
mod open;
mod review;
mod sign;

pub use create::{CreateCa, CreatedCa};
pub use crl::RevocationList;
pub(crate) use crl_files::are_serials;
pub use metadata::CaMetadata;
pub use open::Passphrase;
pub use review::{Difference, Review};
pub(crate) use sign::leaf_profile;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::{Code, Defect, Error, Reason};
use crate::files::Filled;
use crate::fingerprint::Fingerprint;
use crate::pki::{Certificate, PrivateKey};

/// The files of a CA directory.
pub(crate) const ROOT_CERTIFICATE: &str = "rootCA.pem";
pub(crate) const ROOT_KEY: &str = "rootCA.key";
pub(crate) const METADATA: &str = "ca.json";

/// A file where the CA directory should be, one in it perhaps.
fn not_a_directory(path: &Path) -> Error {
    let message = format!("{} is not a directory", path.display());
    Error::because(Code::CaNotFound, Reason::NotADirectory, message)
}

/// Nothing where the CA directory should be: the path is wrong, or the directory it starts in.
fn no_directory(path: &Path) -> Error {
    Error::new(Code::CaNotFound, format!("there is no directory {}", path.display()))
}

/// Certificates start this much before the approval, because clocks differ (in seconds).
const BACKDATING: u64 = 5 * 60;

/// A CA that has been opened: its three files are read, and belong together. As long as it is open,
/// `cert init --force` waits: what is signed with this key goes into this CA's ledger.
pub struct CertAuthority {
    directory: PathBuf,
    metadata: CaMetadata,
    certificate: Certificate,
    certificate_pem: Vec<u8>,
    key: PrivateKey,
    /// Whether the root certificate is a root, once somebody asked.
    root: OnceLock<Result<(), Defect>>,
    _lock: Filled,
}

impl CertAuthority {
    /// The CA directory, as an absolute path.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The content of `ca.json`.
    #[must_use]
    pub fn metadata(&self) -> &CaMetadata {
        &self.metadata
    }

    /// The root certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether the root certificate is one that may sign and has signed itself. It is computed once.
    pub(crate) fn verify_root(&self) -> Result<(), Defect> {
        self.root.get_or_init(|| self.certificate.verify_root()).clone()
    }

    /// The root certificate's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::from_digest(self.certificate.sha256())
    }
}
