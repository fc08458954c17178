//! Opening a CA directory.

use std::path::Path;
use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::{
    CaMetadata, CertAuthority, METADATA, ROOT_CERTIFICATE, ROOT_KEY, no_directory, not_a_directory,
};
use crate::error::{Code, Error, Reason, Warning};
use crate::files::{self, FileError, Found, OpenFolder};
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::pki::{Certificate, FILE_LIMIT, PrivateKey, Signer};

/// So often a passphrase is asked for: who types it cannot see it.
const TRIES: usize = 3;

/// What makes a directory that of a CA.
const FILES: [&str; 3] = [ROOT_CERTIFICATE, ROOT_KEY, METADATA];

/// Where the passphrase of an encrypted key comes from, if there is one. It is asked again after a
/// wrong one, until there is no other.
pub type Passphrase<'a> = dyn FnMut() -> Result<Option<Zeroizing<Vec<u8>>>, Error> + 'a;

impl CertAuthority {
    /// Opens a CA directory: each file is read once, and the three must belong together.
    ///
    /// `passphrase` decrypts an encrypted key; it is asked for only when the key is encrypted.
    pub fn open(
        directory: &Path,
        passphrase: &mut Passphrase<'_>,
    ) -> Result<(Self, Vec<Warning>), Error> {
        let directory = files::resolve(directory).map_err(|e| e.code(Code::CaNotFound))?;
        let path = |name: &str| directory.join(name);
        let unusable = |error: FileError| error.code(Code::CaLoadFailed);
        // 'cert init --force' may be replacing the three, and must not move the ledger away from
        // under SQLite, whose side files go by their names.
        let filled = match files::look(&directory).map_err(unusable)? {
            Found::Directory => files::lock_filled(&directory).map_err(unusable)?,
            Found::Nothing => return Err(no_directory(&directory)),
            _ => return Err(not_a_directory(&directory)),
        };
        let folder = filled.folder();
        refuse_incomplete(folder)?;

        let file = folder
            .read(METADATA, json::MAX_BYTES as u64)
            .map_err(|error| error.code(Code::InvalidArgs))?;
        let metadata = CaMetadata::parse(&file.bytes, &path(METADATA).display().to_string())?;

        let root_path = path(ROOT_CERTIFICATE);
        let certificate_pem = folder.read(ROOT_CERTIFICATE, FILE_LIMIT).map_err(unusable)?.bytes;
        let certificate = Certificate::from_pem(&certificate_pem)
            .map_err(|defect| defect.within(root_path.display()).code(Code::CaLoadFailed))?;
        check_fingerprint(&metadata, &certificate, &directory)?;

        let key_path = path(ROOT_KEY);
        let (key_pem, mode) = folder.read_secret(ROOT_KEY, FILE_LIMIT).map_err(unusable)?;
        let key = load_key(&key_pem, &key_path, passphrase)?;
        if key.public_key() != certificate.public_key() {
            return Err(Error::new(
                Code::CaKeyMismatch,
                format!("{} is not the key of {}", key_path.display(), root_path.display()),
            ));
        }
        let mut warnings: Vec<Warning> = filled
            .others()
            .map(|who| Warning::writable_folder(&directory, who))
            .into_iter()
            .collect();
        if mode & 0o077 != 0 {
            warnings.push(Warning::readable_key(&key_path, mode));
        }
        let root = OnceLock::new();
        let ca =
            Self { directory, metadata, certificate, certificate_pem, key, root, _lock: filled };
        Ok((ca, warnings))
    }
}

fn refuse_incomplete(folder: &OpenFolder) -> Result<(), Error> {
    let mut missing = Vec::new();
    for name in FILES {
        let found = folder.look(name).map_err(|error| error.code(Code::CaLoadFailed))?;
        if found == Found::Nothing {
            missing.push(name);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(incomplete(folder.path(), &missing)) }
}

fn incomplete(directory: &Path, missing: &[&str]) -> Error {
    let message = format!("{} has no {}", directory.display(), missing.join(", no "));
    Error::new(Code::CaNotFound, message)
}

/// The fingerprint that `ca.json` records must be that of the certificate beside it.
fn check_fingerprint(
    metadata: &CaMetadata,
    certificate: &Certificate,
    directory: &Path,
) -> Result<(), Error> {
    let actual = Fingerprint::from_digest(certificate.sha256());
    match metadata.rootca_fingerprint {
        Some(recorded) if recorded != actual => Err(Error::because(
            Code::RootcaFingerprintMismatch,
            Reason::RecordedFingerprint,
            format!(
                "{}: ca.json records {recorded}, but rootCA.pem has {actual}",
                directory.display()
            ),
        )),
        _ => Ok(()),
    }
}

fn load_key(pem: &[u8], path: &Path, passphrase: &mut Passphrase<'_>) -> Result<PrivateKey, Error> {
    let mut loaded = PrivateKey::from_pem(pem, None);
    for _ in 0..TRIES {
        match &loaded {
            Err(d) if [Reason::KeyEncrypted, Reason::KeyPassphrase].contains(&d.reason) => {}
            _ => break,
        }
        let Some(secret) = passphrase()? else { break };
        loaded = PrivateKey::from_pem(pem, Some(&secret));
    }
    loaded.map_err(|defect| defect.within(path.display()).code(Code::CaLoadFailed))
}
