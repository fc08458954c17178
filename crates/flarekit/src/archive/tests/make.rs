//! A zip writer that does whatever a test asks.

use crate::archive::end;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// A member as the headers describe it, right or wrong.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) name: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) version: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) packed_size: u32,
    pub(super) size: u32,
    pub(super) attributes: u32,
    pub(super) extra: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) disk: u16,
    /// Where they differ from the central directory.
    pub(super) local_name: Option<Vec<u8>>,
    pub(super) local_version: Option<u16>,
    pub(super) local_flags: Option<u16>,
    pub(super) local_method: Option<u16>,
    pub(super) local_crc32: Option<u32>,
    pub(super) local_packed_size: Option<u32>,
    pub(super) local_size: Option<u32>,
    pub(super) local_extra: Option<Vec<u8>>,
    /// Bytes between this member and the next.
    pub(super) gap: Vec<u8>,
    /// Added to the offset in the central directory.
    pub(super) shift: u32,
}

impl Raw {
    pub(super) fn stored(name: &str, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap();
        Self {
            name: name.as_bytes().to_vec(),
            data: content.to_vec(),
            version: 20,
            flags: 0,
            method: 0,
            crc32: crc.sum(),
            packed_size: size,
            size,
            attributes: 0o100_600 << 16,
            extra: Vec::new(),
            comment: Vec::new(),
            disk: 0,
            local_name: None,
            local_version: None,
            local_flags: None,
            local_method: None,
            local_crc32: None,
            local_packed_size: None,
            local_size: None,
            local_extra: None,
            gap: Vec::new(),
            shift: 0,
        }
    }

    pub(super) fn deflated(name: &str, content: &[u8]) -> Self {
        let mut data = Vec::with_capacity(content.len() + 100);
        let mut deflater = Compress::new(Compression::best(), false);
        deflater.compress_vec(content, &mut data, FlushCompress::Finish).unwrap();
        let packed_size = u32::try_from(data.len()).unwrap();
        Self { data, packed_size, method: 8, ..Self::stored(name, content) }
    }
}

pub(super) fn zip(members: &[Raw]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let put16 = |to: &mut Vec<u8>, value: u16| to.extend_from_slice(&value.to_le_bytes());
    let put32 = |to: &mut Vec<u8>, value: u32| to.extend_from_slice(&value.to_le_bytes());
    let length = |of: &[u8]| u16::try_from(of.len()).unwrap();
    for raw in members {
        let offset = u32::try_from(bytes.len()).unwrap() + raw.shift;
        let local_name = raw.local_name.as_ref().unwrap_or(&raw.name);
        let local_extra = raw.local_extra.as_ref().unwrap_or(&raw.extra);
        bytes.extend_from_slice(b"PK\x03\x04");
        put16(&mut bytes, raw.local_version.unwrap_or(raw.version));
        put16(&mut bytes, raw.local_flags.unwrap_or(raw.flags));
        put16(&mut bytes, raw.local_method.unwrap_or(raw.method));
        put32(&mut bytes, 0x21_0000);
        put32(&mut bytes, raw.local_crc32.unwrap_or(raw.crc32));
        put32(&mut bytes, raw.local_packed_size.unwrap_or(raw.packed_size));
        put32(&mut bytes, raw.local_size.unwrap_or(raw.size));
        put16(&mut bytes, length(local_name));
        put16(&mut bytes, length(local_extra));
        for part in [local_name, local_extra, &raw.data, &raw.gap] {
            bytes.extend_from_slice(part);
        }
        directory.extend_from_slice(b"PK\x01\x02");
        put16(&mut directory, 3 << 8 | 20);
        put16(&mut directory, raw.version);
        put16(&mut directory, raw.flags);
        put16(&mut directory, raw.method);
        put32(&mut directory, 0x21_0000);
        put32(&mut directory, raw.crc32);
        put32(&mut directory, raw.packed_size);
        put32(&mut directory, raw.size);
        put16(&mut directory, length(&raw.name));
        put16(&mut directory, length(&raw.extra));
        put16(&mut directory, length(&raw.comment));
        put16(&mut directory, raw.disk);
        put16(&mut directory, 0);
        put32(&mut directory, raw.attributes);
        put32(&mut directory, offset);
        for part in [&raw.name, &raw.extra, &raw.comment] {
            directory.extend_from_slice(part);
        }
    }
    let count = u16::try_from(members.len()).unwrap();
    let start = u32::try_from(bytes.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    bytes.append(&mut directory);
    bytes.extend_from_slice(end::SIGNATURE);
    put32(&mut bytes, 0);
    put16(&mut bytes, count);
    put16(&mut bytes, count);
    put32(&mut bytes, size);
    put32(&mut bytes, start);
    put16(&mut bytes, 0);
    bytes
}
