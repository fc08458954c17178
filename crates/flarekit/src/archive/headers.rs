//! Everything that can be checked without inflating: the headers and the layout.

use super::end::{self, End};
use super::name::{self, Seen, Shown};
use super::{Limits, MAX_RATIO, list};
use crate::error::{Defect, Reason};
use rawzip::extra_fields::{ExtraFieldId, ExtraFields};
use rawzip::{CompressionMethod, EntryFlags, ZipFileHeaderRecord, ZipSliceArchive, ZipSliceEntry};

/// A member whose headers are accepted.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) data: &'a [u8],
    pub(super) deflated: bool,
    pub(super) size: usize,
    pub(super) crc32: u32,
}

/// Checks every header and that the members and the directory fill the archive without a gap.
pub(super) fn check<'a>(
    bytes: &'a [u8],
    archive: &'a ZipSliceArchive<&'a [u8]>,
    end: &End,
    limits: &Limits,
    looked_at: &mut usize,
) -> Result<Vec<Member<'a>>, Defect> {
    const LOCAL_VERSION: u64 = 4;
    let mut members = Vec::new();
    let mut seen = Seen::default();
    let (mut data_end, mut directory_end) = (0, end.directory);
    let mut sizes = Sizes { limits, total: 0, deflated: 0 };
    let mut entries = archive.entries();
    while let Some(record) = entries.next_entry().map_err(unreadable)? {
        if members.len() == end.members {
            return Err(malformed("the central directory lists more members than its end record"));
        }
        *looked_at += 1;
        let path = record.file_path();
        let name = name::check(path.as_bytes())?;
        seen.add(name)?;
        directory_end = check_record(name, &record, directory_end, bytes)?;
        if record.local_header_offset() != data_end {
            let found = record.local_header_offset();
            let message = format!(
                "member {name} starts at byte {found}, where {data_end} was expected: members \
                 must follow one another without a gap"
            );
            return Err(malformed(message));
        }
        sizes.add(name, &record)?;
        let local = archive.get_entry(record.wayfinder()).map_err(unreadable)?;
        check_version(name, record.local_header_offset() + LOCAL_VERSION, bytes)?;
        check_local(name, &record, &local)?;
        data_end = local.compressed_data_range().1;
        members.push(Member {
            name,
            data: local.data(),
            deflated: record.compression_method() == CompressionMethod::DEFLATE,
            size: usize::try_from(record.uncompressed_size_hint()).unwrap_or(usize::MAX),
            crc32: record.crc32(),
        });
    }
    if members.len() != end.members || directory_end != end.offset {
        return Err(malformed("the central directory and its end record disagree"));
    }
    if data_end != end.directory {
        return Err(malformed("bytes that belong to no member precede the central directory"));
    }
    Ok(members)
}

/// Refuses an archive that lists a private key anywhere, before anything else is said about it: a
/// folder zipped by hand is the likeliest way for a key to get out, and its owner must learn that.
/// The archive's size bounds the number of entries.
pub(super) fn refuse_keys(archive: &ZipSliceArchive<&[u8]>) -> Result<(), Defect> {
    let mut entries = archive.entries();
    while let Ok(Some(record)) = entries.next_entry() {
        let path = record.file_path();
        name::refuse_key(path.as_bytes())?;
    }
    Ok(())
}

/// Whether any member says that somebody unpacked the archive and packed it again.
pub(super) fn is_zipped_again(archive: &ZipSliceArchive<&[u8]>) -> bool {
    let mut entries = archive.entries();
    while let Ok(Some(record)) = entries.next_entry() {
        if name::is_of_another_zip(record.file_path().as_bytes()) {
            return true;
        }
    }
    false
}

/// Turns what the zip reader says into a defect.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Defect {
    malformed(format!("the archive is damaged: {error}"))
}

pub(super) fn malformed(message: impl Into<String>) -> Defect {
    Defect::new(Reason::ZipMalformed, message)
}

/// Checks a record of the central directory (§4.3.12) and returns where the next one starts.
fn check_record(
    name: &str,
    record: &ZipFileHeaderRecord<'_>,
    start: u64,
    bytes: &[u8],
) -> Result<u64, Defect> {
    const FIXED: usize = 46;
    const VERSION: u64 = 6;
    const DISK: usize = 34;
    check_flags(name, record.flags())?;
    let method = record.compression_method();
    if method != CompressionMethod::STORE && method != CompressionMethod::DEFLATE {
        let message = format!("member {name} is compressed with {method}; expected deflate");
        return Err(Defect::new(Reason::ZipCompression, message));
    }
    check_version(name, start + VERSION, bytes)?;
    check_kind(name, record.external_attributes())?;
    let extra = record.extra_fields();
    let variable = name.len() + extra.remaining_bytes().len();
    check_extra(name, extra)?;
    if !record.comment().as_bytes().is_empty() {
        return Err(malformed(format!("member {name} has a comment")));
    }
    let disk = usize::try_from(start).ok().and_then(|start| end::u16_at(bytes, start + DISK));
    if disk != Some(0) || record.central_directory_offset() != start {
        return Err(malformed(format!("member {name} is said to be on another disk")));
    }
    Ok(start + (FIXED + variable) as u64)
}

/// Refuses a member that says that it needs a later version of the format (§4.4.3), in tenths, than
/// zip64 does, the newest thing that writers say of a stored or deflated member. Readers stop at
/// different ones: Info-ZIP's unzip above 4.6, Python above 6.3, others not at all. The two headers
/// need not agree: writers may learn of what needs the later one in between.
fn check_version(name: &str, at: u64, bytes: &[u8]) -> Result<(), Defect> {
    const ZIP64: u16 = 45;
    let version = usize::try_from(at).ok().and_then(|at| end::u16_at(bytes, at));
    match version {
        Some(..=ZIP64) => Ok(()),
        _ => {
            let (major, minor) = version.map_or((0, 0), |version| (version / 10, version % 10));
            let message = format!(
                "member {name} is said to need version {major}.{minor} of the zip format; at most \
                 4.5 is expected"
            );
            Err(malformed(message))
        }
    }
}

/// Of the flags (§4.4.4), accepts those that say how hard deflate tried, and UTF-8, which for a
/// name in ASCII says nothing.
fn check_flags(name: &str, flags: EntryFlags) -> Result<(), Defect> {
    const HARMLESS: u16 = 1 << 1 | 1 << 2 | 1 << 11;
    if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
        return Err(Defect::new(Reason::ZipEncrypted, format!("member {name} is encrypted")));
    }
    if flags.has_data_descriptor() {
        // The sizes then stand after the data, where readers disagree on how to find them.
        let message = format!(
            "member {name} was written as a stream: its header lacks its sizes, as when macOS zips \
             files"
        );
        return Err(malformed(message));
    }
    if flags.bits() & !HARMLESS != 0 {
        let message = format!("member {name} has the unknown flags {:#06x}", flags.bits());
        return Err(malformed(message));
    }
    Ok(())
}

/// Refuses everything but plain files. The upper half of the attributes is a Unix mode, or zero
/// (§4.4.15); Python writes permissions without a file type. The lower half are DOS attributes.
fn check_kind(name: &str, attributes: u32) -> Result<(), Defect> {
    const DOS_LABEL: u32 = 0x08;
    const DOS_DIRECTORY: u32 = 0x10;
    let kind = match attributes >> 16 & 0o170_000 {
        0 | 0o100_000 if attributes & DOS_DIRECTORY != 0 => "directory",
        0 | 0o100_000 if attributes & DOS_LABEL != 0 => "volume label",
        0 | 0o100_000 => return Ok(()),
        0o040_000 => "directory",
        0o120_000 => "symbolic link",
        0o010_000 => "FIFO",
        0o020_000 | 0o060_000 => "device",
        0o140_000 => "socket",
        _ => "file of unknown kind",
    };
    let message = format!("member {name} is a {kind}; expected a plain file");
    Err(Defect::new(Reason::ZipMemberNotAFile, message))
}

/// Tolerates what zip programs add (times, owners), but nothing that gives a member another size,
/// place or name.
fn check_extra(name: &str, mut extra: ExtraFields<'_>) -> Result<(), Defect> {
    for (id, _) in extra.by_ref() {
        let what = match id {
            ExtraFieldId::ZIP64 => "a zip64",
            ExtraFieldId::INFO_ZIP_UNICODE_PATH => "a second name in a Unicode path",
            _ => continue,
        };
        return Err(malformed(format!("member {name} has {what} extra field")));
    }
    if extra.remaining_bytes().is_empty() {
        return Ok(());
    }
    Err(malformed(format!("member {name} has a damaged extra field")))
}

/// What the members take that were listed so far.
struct Sizes<'a> {
    limits: &'a Limits,
    total: u64,
    deflated: u64,
}

impl Sizes<'_> {
    /// Takes one more into account. Nothing has been inflated.
    fn add(&mut self, name: &str, record: &ZipFileHeaderRecord<'_>) -> Result<(), Defect> {
        let Limits { member_bytes, total_bytes, deflated_bytes, .. } = *self.limits;
        let refuse = |message: String| Err(Defect::new(Reason::ZipMemberTooLarge, message));
        let (size, packed) = (record.uncompressed_size_hint(), record.compressed_size_hint());
        let stored = record.compression_method() == CompressionMethod::STORE;
        if size > member_bytes {
            return refuse(format!(
                "member {name} has {size} bytes, more than the limit of {member_bytes}"
            ));
        }
        self.total += size;
        if self.total > total_bytes {
            let total = self.total;
            return refuse(format!(
                "the members have {total} bytes together; the limit is {total_bytes}"
            ));
        }
        if stored && size != packed {
            let message = format!("member {name} is stored, but its two sizes differ");
            return Err(malformed(message));
        }
        self.deflated = self.deflated.saturating_add(if stored { 0 } else { packed });
        if self.deflated > deflated_bytes {
            let deflated = self.deflated;
            return refuse(format!(
                "the members have {deflated} bytes of deflated data together; the limit is \
                 {deflated_bytes}"
            ));
        }
        if size > packed.saturating_mul(MAX_RATIO) {
            let message = format!(
                "member {name} declares {size} bytes, but its {packed} compressed bytes hold at most \
                 {MAX_RATIO} times as many"
            );
            return Err(Defect::new(Reason::ZipRatio, message));
        }
        Ok(())
    }
}

/// Demands that the local header (§4.3.7) repeats the central directory: readers differ in which of
/// the two they believe.
fn check_local(
    name: &str,
    record: &ZipFileHeaderRecord<'_>,
    entry: &ZipSliceEntry<'_>,
) -> Result<(), Defect> {
    let local = entry.local_header();
    check_extra(name, local.extra_fields())?;
    let path = local.file_path();
    let differences: Vec<&str> = [
        ("name", path.as_bytes() == name.as_bytes()),
        ("flags", local.flags() == record.flags()),
        ("compression method", local.compression_method() == record.compression_method()),
        ("checksum", local.crc32() == record.crc32()),
        ("compressed size", local.compressed_size_hint() == record.compressed_size_hint()),
        ("size", local.uncompressed_size_hint() == record.uncompressed_size_hint()),
    ]
    .into_iter()
    .filter_map(|(what, same)| (!same).then_some(what))
    .collect();
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!(
        "member {name}: its own header, which names it {}, and the central directory differ in: {}",
        Shown(path.as_bytes()),
        list(&differences)
    );
    Err(Defect::new(Reason::ZipHeaderMismatch, message))
}
