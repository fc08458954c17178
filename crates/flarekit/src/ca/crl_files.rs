//! The files of a revocation list: the list, and the serial numbers in it.

use std::path::{Path, PathBuf};

use super::{CertAuthority, ROOT_CERTIFICATE, RevocationList};
use crate::error::{Code, Error, Reason};
use crate::files::{self, FileError, Lock, Replace, Tentative};
use crate::pki::{CRL_LIMIT, Crl, crl_to_pem};

/// Modes of the files, which everybody may read, and of directories that have to be made for them.
const MODES: (u32, u32) = (0o644, 0o755);

impl CertAuthority {
    /// Waits until nobody else makes a list of this CA.
    pub fn lock_lists(&self) -> Result<Lock, Error> {
        // The directory's own lock is shared by everybody who approves; this file nobody replaces
        // meanwhile.
        files::lock_file(&self.directory.join(ROOT_CERTIFICATE))
            .map_err(|error| error.code(Code::CaLoadFailed))
    }
}

impl RevocationList {
    /// Writes both files, or none. What is there already gives way if it is of the same kind: such a
    /// list is made again and again, and a slip must not cost another file. One of this CA with a
    /// greater number stays: who reads the older one would let in whom the newer one kept out.
    pub fn write(&self, list: &Path, der: bool, serials: &Path) -> Result<[PathBuf; 2], Error> {
        let [list, serials] = [resolved(list)?, resolved(serials)?];
        if list == serials {
            return Err(Error::because(
                Code::InvalidArgs,
                Reason::Usage,
                format!("{} cannot be both the list and its serial numbers", list.display()),
            ));
        }
        let pem;
        let bytes = if der {
            self.der()
        } else {
            pem = crl_to_pem(self.der()).map_err(|defect| defect.code(Code::InternalError))?;
            pem.as_bytes()
        };
        self.refuse_newer(&list)?;
        let is_list = |bytes: &[u8]| Crl::read(bytes).is_ok();
        let list = write(&list, bytes, &is_list, "a revocation list")?;
        let serials = write(&serials, self.serials().as_bytes(), &are_serials, "such a list")?;
        Ok([list.keep(), serials.keep()])
    }
}

impl RevocationList {
    fn refuse_newer(&self, list: &Path) -> Result<(), Error> {
        let Ok(Ok(found)) = files::read(list, CRL_LIMIT).map(|file| Crl::read(&file.bytes)) else {
            return Ok(());
        };
        let number = found.small_number().filter(|number| *number > self.number());
        match number {
            Some(number) if found.verify_issued_by(self.root()).is_ok() => Err(Error::because(
                Code::CertAlreadyExists,
                Reason::NewerRevocationList,
                format!(
                    "{} has the number {number}, and the list that the ledger and the clock give \
                     now has {}: it is older",
                    list.display(),
                    self.number()
                ),
            )),
            _ => Ok(()),
        }
    }
}

fn resolved(path: &Path) -> Result<PathBuf, Error> {
    files::refuse_directory_name(path).map_err(|error| error.code(Code::InvalidArgs))?;
    files::resolve_parent(path).map_err(unwritable)
}

fn write(
    path: &Path,
    bytes: &[u8],
    allowed: &dyn Fn(&[u8]) -> bool,
    kind: &str,
) -> Result<Tentative, Error> {
    let replace = Replace { limit: CRL_LIMIT, allowed };
    Tentative::write(path, bytes, MODES, &replace, path.parent().unwrap_or(path)).map_err(|error| {
        if error.already_exists() {
            let what = format!("{} is not {kind}, so it is not replaced", path.display());
            return Error::because(Code::CertAlreadyExists, Reason::NotARevocationList, what);
        }
        unwritable(error)
    })
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

/// Whether a file has nothing but serial numbers, as they are written here.
pub(crate) fn are_serials(bytes: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
    bytes.is_empty()
        || bytes
            .strip_suffix(b"\n")
            .is_some_and(|lines| lines.split(|b| *b == b'\n').all(|l| l.iter().all(is_digit)))
}

#[cfg(test)]
mod tests {
    use super::are_serials;

    #[test]
    fn serial_numbers_are_told_from_other_texts() {
        for (text, are) in [("", true), ("0ABC\n", true), ("0A\n0B\n", true)].into_iter().chain([
            ("0a\n", false),
            ("0A", false),
            ("0A\n# mine\n", false),
            ("key", false),
        ]) {
            assert_eq!(are_serials(text.as_bytes()), are, "{text:?}");
        }
    }
}
