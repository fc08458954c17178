//! Writing: the same members always give the same bytes.

use super::{Limits, end, read};
use crate::error::{Defect, Reason};
use flate2::Crc;

/// Makes an archive of these members, in this order.
///
/// They are stored as they are. What deflate would save is a KiB, as most of it is base64; but what
/// it makes of the same members may change with its version, and it would cost as much as a
/// signature.
///
/// It holds no clock and no trace of the machine: every member is dated 1980-01-01, the first day
/// that the format can express, and has mode 0600, as in the reference's archives.
///
/// # Errors
/// Whatever [`read()`] would refuse within [`Limits::ARTIFACT`] is not written either.
pub fn write(members: &[(&str, &[u8])]) -> Result<Vec<u8>, Defect> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in members {
        let offset = number(archive.len())?;
        let fields = fields(name, bytes, &mut archive)?;
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&(MADE_BY_UNIX | VERSION).to_le_bytes());
        directory.extend_from_slice(&fields);
        // No comment (2 bytes), disk 0 (2), internal attributes "binary" (2).
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(PLAIN_FILE_0600 << 16).to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (start, size) = (number(archive.len())?, number(directory.len())?);
    let count = u16::try_from(members.len()).map_err(|_| too_large("the archive's directory"))?;
    archive.append(&mut directory);
    archive.extend_from_slice(end::SIGNATURE);
    archive.extend_from_slice(&[0; 4]);
    archive.extend_from_slice(&count.to_le_bytes());
    archive.extend_from_slice(&count.to_le_bytes());
    archive.extend_from_slice(&size.to_le_bytes());
    archive.extend_from_slice(&start.to_le_bytes());
    archive.extend_from_slice(&[0; 2]);
    // One set of rules for both directions: what the other site would refuse fails here.
    read(&archive, &Limits::ARTIFACT)?;
    Ok(archive)
}

/// Version 2.0 of the format (§4.4.3.2), as all writers have it.
const VERSION: u16 = 20;
const MADE_BY_UNIX: u16 = 3 << 8;
const PLAIN_FILE_0600: u32 = 0o100_600;
const STORED: u16 = 0;
/// Midnight of 1980-01-01: years since 1980 << 9 | month << 5 | day.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;

/// Appends a local header with the name and the data, and returns the fields that the central
/// directory repeats (§4.3.7, §4.3.12: from "version needed" to "extra field length").
fn fields(name: &str, bytes: &[u8], archive: &mut Vec<u8>) -> Result<Vec<u8>, Defect> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let name_length = u16::try_from(name.len()).map_err(|_| too_large("a member's name"))?;
    let size = number(bytes.len())?;
    let mut fields = Vec::new();
    for value in [VERSION, 0, STORED, TIME, DATE] {
        fields.extend_from_slice(&value.to_le_bytes());
    }
    for value in [crc.sum(), size, size] {
        fields.extend_from_slice(&value.to_le_bytes());
    }
    for value in [name_length, 0] {
        fields.extend_from_slice(&value.to_le_bytes());
    }
    archive.extend_from_slice(b"PK\x03\x04");
    archive.extend_from_slice(&fields);
    archive.extend_from_slice(name.as_bytes());
    archive.extend_from_slice(bytes);
    Ok(fields)
}

fn number(size: usize) -> Result<u32, Defect> {
    u32::try_from(size).map_err(|_| too_large("a member"))
}

fn too_large(what: &str) -> Defect {
    Defect::new(Reason::ZipTooLarge, format!("{what} is too large for a zip archive"))
}
