//! DER as a tree that can be altered anywhere (X.690).

/// A value: of other values, of bytes, or any bytes in place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Der {
    Tree(u8, Vec<Der>),
    Leaf(u8, Vec<u8>),
    Raw(Vec<u8>),
}

/// The bit of a tag that says that the content is made of values (X.690 section 8.1.2.5).
const CONSTRUCTED: u8 = 0x20;

impl Der {
    /// Reads the one value that the bytes hold.
    pub fn parse(bytes: &[u8]) -> Self {
        let (value, rest) = Self::first(bytes);
        assert!(rest.is_empty());
        value
    }

    pub fn encode(&self) -> Vec<u8> {
        let (tag, content) = match self {
            Self::Raw(bytes) => return bytes.clone(),
            Self::Leaf(tag, content) => (*tag, content.clone()),
            Self::Tree(tag, values) => (*tag, values.iter().flat_map(Self::encode).collect()),
        };
        let length = content.len();
        let mut bytes = vec![tag];
        match length {
            0..0x80 => bytes.push(u8::try_from(length).unwrap()),
            0x80..0x100 => bytes.extend([0x81, u8::try_from(length).unwrap()]),
            _ => {
                bytes.push(0x82);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        bytes.extend(content);
        bytes
    }

    /// The value that the indices lead to.
    pub fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |value, index| &mut value.values()[*index])
    }

    pub fn values(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Tree(_, values) => values,
            other => panic!("no values in {other:?}"),
        }
    }

    pub fn content(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Leaf(_, content) => content,
            other => panic!("no content in {other:?}"),
        }
    }

    /// Gives the value another tag.
    pub fn retag(&mut self, new: u8) {
        match self {
            Self::Tree(tag, _) | Self::Leaf(tag, _) => *tag = new,
            Self::Raw(_) => panic!("no tag"),
        }
    }

    fn first(bytes: &[u8]) -> (Self, &[u8]) {
        let (tag, length, start) = match bytes {
            [tag, 0x82, high, low, ..] => (*tag, usize::from(*high) << 8 | usize::from(*low), 4),
            [tag, 0x81, length, ..] => (*tag, usize::from(*length), 3),
            [tag, length, ..] => (*tag, usize::from(*length), 2),
            _ => panic!("no value"),
        };
        let (value, rest) = bytes[start..].split_at(length);
        if tag & CONSTRUCTED == 0 {
            return (Self::Leaf(tag, value.to_vec()), rest);
        }
        let (mut values, mut left) = (Vec::new(), value);
        while !left.is_empty() {
            let (next, after) = Self::first(left);
            values.push(next);
            left = after;
        }
        (Self::Tree(tag, values), rest)
    }
}

/// Tags (X.680 section 8.4).
pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BITS: u8 = 0x03;
pub const OCTETS: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const UTF8: u8 = 0x0c;
pub const PRINTABLE: u8 = 0x13;
pub const TELETEX: u8 = 0x14;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const BMP: u8 = 0x1e;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

pub fn leaf(tag: u8, content: impl AsRef<[u8]>) -> Der {
    Der::Leaf(tag, content.as_ref().to_vec())
}

pub fn sequence(values: impl Into<Vec<Der>>) -> Der {
    Der::Tree(SEQUENCE, values.into())
}

pub fn set(values: impl Into<Vec<Der>>) -> Der {
    Der::Tree(SET, values.into())
}
