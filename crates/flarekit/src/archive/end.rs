//! The end of central directory record (§4.3.16), in its one acceptable form and place.

use crate::error::{Defect, Reason};

/// Its size without a comment.
pub(super) const SIZE: usize = 22;
/// Its signature.
pub(super) const SIGNATURE: &[u8; 4] = b"PK\x05\x06";

/// Where the central directory lies and how many members it lists.
pub(super) struct End {
    pub(super) members: usize,
    pub(super) directory: u64,
    /// Where the directory stops and the end record starts.
    pub(super) offset: u64,
}

/// Reads the end record from the last 22 bytes.
///
/// Readers of zip files search backwards for the signature, and differ in which candidate they
/// believe. Without a comment they all start, and stop, at the very last possible place; every byte
/// before it is then accounted for by the headers, so another candidate is only a member's content.
pub(super) fn read(bytes: &[u8]) -> Result<End, Defect> {
    let refuse = |message: &str| Err(Defect::new(Reason::ZipMalformed, message));
    let record = bytes.split_last_chunk::<SIZE>();
    let Some((before, record)) = record.filter(|(_, record)| record.starts_with(SIGNATURE)) else {
        return if bytes.windows(SIGNATURE.len()).any(|window| window == SIGNATURE) {
            refuse("the archive has a comment or other bytes after its end record")
        } else if bytes.starts_with(b"PK") {
            refuse("the archive is cut short: no end record was found")
        } else {
            refuse("this is not a zip archive")
        };
    };
    let (Some(disk), Some(directory_disk), Some(here), Some(members), Some(size), Some(start)) = (
        u16_at(record, 4),
        u16_at(record, 6),
        u16_at(record, 8),
        u16_at(record, 10),
        u32_at(record, 12),
        u32_at(record, 16),
    ) else {
        return refuse("the archive's end record is cut short");
    };
    if u16_at(record, 20) != Some(0) {
        return refuse("the archive's end record announces a comment that is not there");
    }
    // A zip64 locator (§4.3.15), or all ones: the value is in a zip64 record (§4.4.1.4).
    let locator = before.split_last_chunk::<20>().map(|(_, locator)| locator);
    if locator.is_some_and(|locator| locator.starts_with(b"PK\x06\x07"))
        || members == u16::MAX
        || size == u32::MAX
        || start == u32::MAX
    {
        return refuse("the archive uses zip64");
    }
    if disk != 0 || directory_disk != 0 || here != members {
        return refuse("the archive is split over several disks");
    }
    let offset = before.len() as u64;
    if u64::from(start) + u64::from(size) != offset {
        return refuse("the central directory does not end where the archive's end record starts");
    }
    Ok(End { members: usize::from(members), directory: u64::from(start), offset })
}

/// A little-endian number, or `None` beyond the end.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
