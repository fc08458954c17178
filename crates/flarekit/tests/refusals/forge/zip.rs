//! Archives that our own writer would refuse to make (PKWARE's APPNOTE.TXT 6.3.10).

use flarekit::archive::{self, Limits};
use flate2::{Compress, Compression, Crc, FlushCompress};
use serde_json::Value;

/// What both headers of a member say about it (§4.3.7 and §4.3.12).
#[derive(Clone)]
pub struct Header {
    pub name: Vec<u8>,
    /// The version of the format that a reader needs, in tenths.
    pub version: u16,
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub packed: u32,
    pub size: u32,
    pub extra: Vec<u8>,
}

/// A member as the archive has it, right or wrong.
#[derive(Clone)]
pub struct Member {
    pub local: Header,
    pub central: Header,
    pub data: Vec<u8>,
    pub attributes: u32,
    pub comment: Vec<u8>,
    pub disk: u16,
    /// Added to the offset that the central directory names.
    pub shift: i32,
    /// Bytes after the data.
    pub gap: Vec<u8>,
}

impl Member {
    pub fn stored(name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap();
        let header = Header {
            name: name.as_ref().to_vec(),
            version: 20,
            flags: 0,
            method: 0,
            crc32: crc.sum(),
            packed: size,
            size,
            extra: vec![],
        };
        Self {
            local: header.clone(),
            central: header,
            data: content.to_vec(),
            attributes: 0o100_600 << 16,
            comment: vec![],
            disk: 0,
            shift: 0,
            gap: vec![],
        }
    }

    pub fn deflated(name: &str, content: &[u8]) -> Self {
        let mut data = Vec::with_capacity(content.len() + 100);
        let mut deflater = Compress::new(Compression::best(), false);
        deflater.compress_vec(content, &mut data, FlushCompress::Finish).unwrap();
        let mut member = Self::stored(name, content);
        let packed = u32::try_from(data.len()).unwrap();
        member.both(|header| (header.method, header.packed) = (8, packed));
        member.data = data;
        member
    }

    /// Changes both headers alike.
    pub fn both(&mut self, change: impl Fn(&mut Header)) {
        change(&mut self.local);
        change(&mut self.central);
    }
}

/// The bytes of an archive of these members.
pub fn encode(members: &[Member]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let offset = u32::try_from(zip.len()).unwrap().checked_add_signed(member.shift).unwrap();
        zip.extend([b"PK\x03\x04".as_slice(), &common(&member.local)].concat());
        zip.extend([&member.local.name[..], &member.local.extra].concat());
        zip.extend([&member.data[..], &member.gap].concat());
        let central = &member.central;
        directory.extend([b"PK\x01\x02".as_slice(), &[20, 3], &common(central)].concat());
        directory.extend(u16::try_from(member.comment.len()).unwrap().to_le_bytes());
        directory.extend([&member.disk.to_le_bytes()[..], &[0, 0]].concat());
        directory.extend([member.attributes.to_le_bytes(), offset.to_le_bytes()].concat());
        directory.extend([&central.name[..], &central.extra, &member.comment].concat());
    }
    let start = u32::try_from(zip.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let sizes = [size.to_le_bytes(), start.to_le_bytes()].concat();
    let end = [b"PK\x05\x06".as_slice(), &[0; 4], &count, &count, &sizes, &[0, 0]].concat();
    [zip, directory, end].concat()
}

/// From "version needed" to "extra field length".
fn common(header: &Header) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [header.version, header.flags, header.method] {
        bytes.extend(number.to_le_bytes());
    }
    // Midnight of 1980-01-01.
    bytes.extend([0, 0, 0x21, 0]);
    for number in [header.crc32, header.packed, header.size] {
        bytes.extend(number.to_le_bytes());
    }
    for text in [&header.name, &header.extra] {
        bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    }
    bytes
}

/// The members of an archive that is well-formed, in their order.
#[derive(Clone)]
pub struct Zip(pub Vec<(String, Vec<u8>)>);

impl Zip {
    /// Those of a valid archive, which has them in the given order.
    pub fn open(bytes: &[u8], names: &[&str]) -> Self {
        let members = archive::read(bytes, &Limits::ARTIFACT).unwrap();
        Self(names.iter().map(|n| ((*n).to_owned(), members.get(n).unwrap().to_vec())).collect())
    }

    /// An archive of stored members.
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.members())
    }

    pub fn members(&self) -> Vec<Member> {
        self.0.iter().map(|(name, bytes)| Member::stored(name, bytes)).collect()
    }

    pub fn get(&self, name: &str) -> &[u8] {
        let member = self.0.iter().find(|(known, _)| known == name);
        member.map(|(_, bytes)| bytes).unwrap_or_else(|| panic!("no member {name}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.get(name).to_vec()).unwrap()
    }

    /// Replaces a member's content, or adds a member.
    pub fn set(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref().to_vec();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = bytes,
            None => self.0.push((name.to_owned(), bytes)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub fn rename(&mut self, from: &str, to: &str) {
        let member = self.0.iter_mut().find(|(known, _)| known == from).unwrap();
        to.clone_into(&mut member.0);
    }

    /// Replaces text in a member, which must hold it once.
    pub fn edit(&mut self, name: &str, from: &str, to: &str) {
        self.set(name, super::replaced(&self.text(name), from, to));
    }

    /// Changes a JSON member.
    pub fn json(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_slice(self.get(name)).unwrap();
        change(&mut value);
        self.set(name, serde_json::to_vec_pretty(&value).unwrap());
    }
}
