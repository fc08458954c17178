//! A secret from wherever the user says it is: a file, behind links or not, or a pipe.

use super::error::{FileError, FileErrorKind};
use super::look::{Found, kind};
use super::read::read_all;
use rustix::fs::FileType;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use zeroize::Zeroizing;

/// Reads a secret of at most `limit` bytes, following links: those of a mounted secret are the
/// machine's own, and `/dev/stdin` and a shell's `<(…)` are links to pipes. It is read once, into a
/// buffer of its full size, which is cleared when dropped.
///
/// # Errors
/// [`FileErrorKind::NotAPlainFile`] for a directory or a device, [`FileErrorKind::TooLarge`], or the
/// system's refusal.
pub fn read_secret_anywhere(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let on = || FileError::on("read", path);
    // Looking first spares a device from being opened.
    expect_readable(&fs::metadata(path).map_err(on())?, path)?;
    let file = File::open(path).map_err(on())?;
    expect_readable(&file.metadata().map_err(on())?, path)?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let mut bytes = Zeroizing::new(vec![0; size]);
    let length = read_all(&file, &mut bytes).map_err(on())?.ok_or_else(|| {
        let detail = format!("it has more than {limit} bytes");
        FileError::new("read", path, FileErrorKind::TooLarge, detail)
    })?;
    bytes.truncate(length);
    Ok(bytes)
}

fn expect_readable(found: &Metadata, path: &Path) -> Result<(), FileError> {
    let file_type = FileType::from_raw_mode(found.mode());
    let detail = match kind(file_type) {
        Found::File => return Ok(()),
        _ if file_type == FileType::Fifo => return Ok(()),
        Found::Directory => "it is a directory",
        _ => "it is neither a file nor a pipe",
    };
    Err(FileError::new("read", path, FileErrorKind::NotAPlainFile, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_behind_links_and_nothing_but_files_and_pipes() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir(at("..data")).unwrap();
        fs::write(at("..data/pw"), "1234").unwrap();
        symlink("..data/pw", at("pw")).unwrap();
        assert_eq!(**read_secret_anywhere(&at("pw"), 4).unwrap(), *b"1234");
        for (path, expected) in [
            (at("pw"), FileErrorKind::TooLarge),
            (at("..data"), FileErrorKind::NotAPlainFile),
            ("/dev/zero".into(), FileErrorKind::NotAPlainFile),
            (at("none"), FileErrorKind::NotFound),
        ] {
            let error = read_secret_anywhere(&path, 3).unwrap_err();
            assert_eq!(error.kind(), expected, "{}", path.display());
        }
    }
}
