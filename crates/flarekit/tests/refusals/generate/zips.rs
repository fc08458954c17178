//! Archives that programs could read in two ways, or that cost too much to read: the same for
//! request zips and signed zips.

use flarekit::error::Code::{self, *};
use flarekit::error::Reason::{self, *};

use super::{approve, package};
use crate::case::Case;
use crate::forge::zip::{Member, encode};
use crate::forge::{RequestForge, SignedForge};
use crate::machine::SITE;

pub fn cases() -> Vec<Case> {
    let request = RequestForge::of(SITE).zip.members();
    let signed = SignedForge::of(SITE, "").zip.members();
    let zips = [
        ("request-zip", "request", InvalidArgs, request),
        ("signed-zip", "signed", InvalidSignedZip, signed),
    ];
    let mut cases = Vec::new();
    for (area, kind, code, members) in zips {
        let command = if kind == "request" { approve(SITE) } else { package(SITE) };
        let file = format!("{SITE}/{SITE}.{kind}.zip");
        for Row(name, what, reason, change) in members_altered() {
            let mut members = members.clone();
            change(&mut members);
            cases.push(Row::case(
                area,
                name,
                what,
                (code, reason),
                &command,
                &file,
                encode(&members),
            ));
        }
        for (name, what, reason, change) in bytes_altered() {
            let bytes = change(encode(&members));
            cases.push(Row::case(area, name, what, (code, reason), &command, &file, bytes));
        }
    }
    cases
}

/// Name, alteration in words, reason, alteration.
struct Row(&'static str, &'static str, Reason, fn(&mut Vec<Member>));

impl Row {
    fn case(
        area: &'static str,
        name: &str,
        what: &str,
        refusal: (Code, Reason),
        command: &[String],
        file: &str,
        bytes: Vec<u8>,
    ) -> Case {
        Case::new(area, &format!("zip-{name}"), what, refusal).command(command).file(file, bytes)
    }
}

/// A field of a zip64 record (§4.5.3), and of a second name (§4.6.9).
const ZIP64: [u8; 12] = [1, 0, 8, 0, 11, 0, 0, 0, 0, 0, 0, 0];
const UNICODE_PATH: [u8; 10] = [0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, b'x'];

fn members_altered() -> Vec<Row> {
    fn named(members: &mut Vec<Member>, name: &[u8]) {
        members.push(Member::stored(name, b"x"));
    }
    vec![
        Row(
            "local-name-differs",
            "a member's own header has another name",
            ZipHeaderMismatch,
            |m| m[0].local.name[0] ^= 0x20,
        ),
        Row(
            "local-flags-differ",
            "a member's own header has other flags",
            ZipHeaderMismatch,
            |m| m[0].local.flags = 1 << 11,
        ),
        Row(
            "local-method-differs",
            "a member's own header has another method",
            ZipHeaderMismatch,
            |m| m[0].local.method = 8,
        ),
        Row(
            "local-checksum-differs",
            "a member's own header has another checksum",
            ZipHeaderMismatch,
            |m| m[0].local.crc32 ^= 1,
        ),
        Row(
            "local-packed-size-differs",
            "a member's own header has another compressed size",
            ZipHeaderMismatch,
            |m| m[0].local.packed -= 1,
        ),
        Row(
            "local-size-differs",
            "a member's own header has another size",
            ZipHeaderMismatch,
            |m| m[0].local.size -= 1,
        ),
        Row("data-descriptor", "a member is written as a stream", ZipMalformed, |m| {
            m[0].both(|h| h.flags = 1 << 3)
        }),
        Row("flag-unknown", "a member has a flag that means nothing", ZipMalformed, |m| {
            m[0].both(|h| h.flags = 1 << 7)
        }),
        Row("version", "a member needs version 9.9 of the format", ZipMalformed, |m| {
            m[0].both(|h| h.version = 99)
        }),
        Row(
            "local-version",
            "a member's own header needs version 9.9 of the format",
            ZipMalformed,
            |m| m[0].local.version = 99,
        ),
        Row("encrypted", "a member is encrypted", ZipEncrypted, |m| m[0].both(|h| h.flags = 1)),
        Row("encrypted-strongly", "a member is encrypted strongly", ZipEncrypted, |m| {
            m[0].both(|h| h.flags = 1 << 6)
        }),
        Row("headers-masked", "a member's header is masked", ZipEncrypted, |m| {
            m[0].both(|h| h.flags = 1 << 13)
        }),
        Row("method-bzip2", "a member is compressed with bzip2", ZipCompression, |m| {
            m[0].both(|h| h.method = 12)
        }),
        Row("method-lzma", "a member is compressed with LZMA", ZipCompression, |m| {
            m[0].both(|h| h.method = 14)
        }),
        Row("method-zstandard", "a member is compressed with Zstandard", ZipCompression, |m| {
            m[0].both(|h| h.method = 93)
        }),
        Row(
            "method-unknown",
            "a member is compressed with an unknown method",
            ZipCompression,
            |m| m[0].both(|h| h.method = 0xffff),
        ),
        Row("not-deflate", "a member's data are not what deflate writes", ZipMalformed, |m| {
            m[0] = deflated(&m[0]);
            m[0].data.fill(0xff);
        }),
        Row("zip64-extra", "a member has a zip64 field", ZipMalformed, |m| {
            m[0].central.extra = ZIP64.to_vec()
        }),
        Row("zip64-extra-local", "a member's own header has a zip64 field", ZipMalformed, |m| {
            m[0].local.extra = ZIP64.to_vec()
        }),
        Row("zip64-sizes", "a member's sizes are those of zip64", ZipMemberTooLarge, |m| {
            m[0].both(|h| (h.packed, h.size) = (u32::MAX, u32::MAX))
        }),
        Row("second-name", "a member has a second name in a Unicode field", ZipMalformed, |m| {
            m[0].central.extra = UNICODE_PATH.to_vec()
        }),
        Row("extra-cut", "a member's extra field is cut short", ZipMalformed, |m| {
            m[0].central.extra = vec![0x55, 0x54, 9, 0, 3]
        }),
        Row("member-comment", "a member has a comment", ZipMalformed, |m| {
            m[0].comment = b"hello".to_vec()
        }),
        Row(
            "member-on-another-disk",
            "a member is said to be on another disk",
            ZipMalformed,
            |m| m[0].disk = 1,
        ),
        Row("gap", "bytes stand between two members", ZipMalformed, |m| {
            m[0].gap = b"hidden".to_vec()
        }),
        Row(
            "gap-before-directory",
            "bytes stand before the central directory",
            ZipMalformed,
            |m| m.last_mut().unwrap().gap = b"hidden".to_vec(),
        ),
        Row("overlap", "a member begins inside another", ZipMalformed, |m| m[1].shift = -4),
        Row("same-data", "two members share one place", ZipMalformed, |m| {
            let size = 30 + m[0].local.name.len() + m[0].data.len();
            m[1].shift = -i32::try_from(size).unwrap();
        }),
        Row("offset-beyond-the-end", "a member lies beyond the end", ZipMalformed, |m| {
            m[0].shift = 1 << 20
        }),
        Row("checksum", "a member has another checksum than its content", ZipChecksum, |m| {
            m[0].both(|h| h.crc32 ^= 1)
        }),
        Row("stored-sizes-differ", "a stored member has two sizes", ZipMalformed, |m| {
            m[0].both(|h| h.size += 1)
        }),
        Row("inflates-to-more", "a member inflates to more than it declares", ZipChecksum, |m| {
            m[0] = deflated(&m[0]);
            m[0].both(|h| h.size -= 1);
        }),
        Row("inflates-to-less", "a member inflates to less than it declares", ZipChecksum, |m| {
            m[0] = deflated(&m[0]);
            m[0].both(|h| h.size += 1);
        }),
        Row(
            "deflate-followed-by-bytes",
            "bytes follow the deflated data of a member",
            ZipMalformed,
            |m| {
                m[0] = deflated(&m[0]);
                m[0].data.push(0);
                m[0].both(|h| h.packed += 1);
            },
        ),
        Row("deflate-cut", "the deflated data of a member is cut short", ZipMalformed, |m| {
            m[0] = deflated(&m[0]);
            m[0].data.pop();
            m[0].both(|h| h.packed -= 1);
        }),
        Row("bomb", "a member inflates to 8 MiB", ZipMemberTooLarge, |m| {
            m.push(Member::deflated("zeros", &vec![0; 8 << 20]));
        }),
        Row("bomb-that-lies", "a member inflates to 8 MiB and declares 8 KiB", ZipChecksum, |m| {
            let mut bomb = Member::deflated("zeros", &vec![0; 8 << 20]);
            bomb.both(|h| h.size = 8192);
            m.push(bomb);
        }),
        Row("ratio", "a member declares more than deflate can hold in its data", ZipRatio, |m| {
            m[0] = deflated(&m[0]);
            m[0].both(|h| h.size = 1033 * h.packed);
        }),
        Row("total", "the members have more than 4 MiB together", ZipMemberTooLarge, |m| {
            m.truncate(4);
            for name in ["a", "b", "c", "d"] {
                m.push(Member::deflated(name, &vec![0; 1 << 20]));
            }
        }),
        Row("count", "there are nine members", ZipTooManyMembers, |m| {
            for name in ["a", "b", "c", "d", "e", "f"] {
                named(m, name.as_bytes());
            }
            m.truncate(9);
        }),
        Row("twice", "a member is there twice", ZipDuplicateMember, |m| m.push(m[0].clone())),
        Row("case-twin", "two names differ in case alone", ZipDuplicateMember, |m| {
            named(m, b"SITE.YAML")
        }),
        Row("directory", "a member is a directory", ZipMemberNotAFile, |m| {
            m[0].attributes = 0o040_755 << 16
        }),
        Row("dos-directory", "a member is a directory of DOS", ZipMemberNotAFile, |m| {
            m[0].attributes |= 0x10
        }),
        Row("link", "a member is a symbolic link", ZipMemberNotAFile, |m| {
            m[0].attributes = 0o120_777 << 16
        }),
        Row("device", "a member is a device", ZipMemberNotAFile, |m| {
            m[0].attributes = 0o020_600 << 16
        }),
        Row("name-empty", "a member has no name", ZipMemberName, |m| named(m, b"")),
        Row("name-parent", "a member's name leads out of the folder", ZipMemberName, |m| {
            named(m, b"../x")
        }),
        Row("name-absolute", "a member's name is absolute", ZipMemberName, |m| named(m, b"/etc/x")),
        Row("name-folder", "a member is in a folder", ZipMemberName, |m| named(m, b"x/y")),
        Row("name-backslash", "a member's name has a backslash", ZipMemberName, |m| {
            named(m, b"..\\x")
        }),
        Row("name-drive", "a member's name begins with a drive", ZipMemberName, |m| {
            named(m, b"C:x")
        }),
        Row("name-nul", "a member's name has a zero byte", ZipMemberName, |m| {
            named(m, b"site.yaml\0x")
        }),
        Row("name-line-break", "a member's name has a line break", ZipMemberName, |m| {
            named(m, b"x\ny")
        }),
        Row("name-hidden", "a member's name begins with a dot", ZipMemberName, |m| named(m, b".x")),
        Row("name-cp437", "a member's name is not UTF-8", ZipMemberName, |m| named(m, b"h\x81")),
        Row(
            "name-right-to-left",
            "a member's name turns the writing direction",
            ZipMemberName,
            |m| named(m, "x\u{202e}lmay".as_bytes()),
        ),
        Row("name-full-width", "a member's name has a full-width letter", ZipMemberName, |m| {
            named(m, "\u{ff53}ite.yaml".as_bytes())
        }),
        Row("name-combining", "a member's name has a combining accent", ZipMemberName, |m| {
            named(m, "e\u{301}".as_bytes())
        }),
        Row("name-long", "a member's name has 256 bytes", ZipMemberName, |m| {
            named(m, &[b'a'; 256])
        }),
        Row("name-of-a-key", "a member is named like a key", KeyMaterialInArchive, |m| {
            named(m, b"x.key")
        }),
        Row("name-of-a-key-in-a-folder", "a key lies in a folder", KeyMaterialInArchive, |m| {
            named(m, b"hospital-a/x.KEY")
        }),
    ]
}

fn deflated(member: &Member) -> Member {
    Member::deflated(std::str::from_utf8(&member.local.name).unwrap(), &member.data)
}

type Bytes = (&'static str, &'static str, Reason, fn(Vec<u8>) -> Vec<u8>);

/// Bytes around the archive, and its end record (§4.3.16).
fn bytes_altered() -> Vec<Bytes> {
    fn at_end(mut zip: Vec<u8>, at: usize, value: &[u8]) -> Vec<u8> {
        let start = zip.len() - 22 + at;
        zip[start..start + value.len()].copy_from_slice(value);
        zip
    }
    vec![
        ("empty", "the file is empty", ZipMalformed, |_| vec![]),
        ("not-a-zip", "the file is a text", ZipMalformed, |_| b"hello\n".to_vec()),
        ("cut", "the last byte is missing", ZipMalformed, |zip| zip[..zip.len() - 1].to_vec()),
        ("half", "the second half is missing", ZipMalformed, |zip| zip[..zip.len() / 2].to_vec()),
        ("prefix", "bytes stand before the archive", ZipMalformed, |zip| {
            [b"#!/bin/sh\n", &zip[..]].concat()
        }),
        ("suffix", "a line break follows the archive", ZipMalformed, |zip| {
            [&zip[..], b"\n"].concat()
        }),
        ("two-archives", "another archive follows", ZipMalformed, |zip| [&zip[..], &zip].concat()),
        ("two-end-records", "a second end record follows", ZipMalformed, |zip| {
            [&zip[..], &zip[zip.len() - 22..]].concat()
        }),
        ("comment", "the archive has a comment", ZipMalformed, |zip| {
            [&at_end(zip, 20, &[5, 0])[..], b"hello"].concat()
        }),
        ("comment-announced", "a comment is announced and not there", ZipMalformed, |zip| {
            at_end(zip, 20, &[1, 0])
        }),
        ("end-in-comment", "the comment is an end record", ZipMalformed, |zip| {
            let end = zip[zip.len() - 22..].to_vec();
            [&at_end(zip, 20, &[22, 0])[..], &end].concat()
        }),
        ("disk", "the archive is said to be the second disk", ZipMalformed, |zip| {
            at_end(zip, 4, &[1, 0])
        }),
        (
            "directory-on-another-disk",
            "the directory is said to be on another disk",
            ZipMalformed,
            |zip| at_end(zip, 6, &[1, 0]),
        ),
        ("count-low", "the end record counts one member", ZipMalformed, |zip| {
            at_end(zip, 8, &[1, 0, 1, 0])
        }),
        ("count-high", "the end record counts seven members", ZipMalformed, |zip| {
            at_end(zip, 8, &[7, 0, 7, 0])
        }),
        ("counts-differ", "the end record has two counts", ZipMalformed, |zip| {
            at_end(zip, 8, &[1, 0])
        }),
        ("zip64-count", "the count is that of zip64", ZipMalformed, |zip| {
            at_end(zip, 8, &[0xff; 4])
        }),
        ("zip64-start", "the directory's place is that of zip64", ZipMalformed, |zip| {
            at_end(zip, 16, &[0xff; 4])
        }),
        ("zip64-locator", "a zip64 locator precedes the end record", ZipMalformed, |zip| {
            let (before, end) = zip.split_at(zip.len() - 22);
            [before, b"PK\x06\x07", &[0; 16], end].concat()
        }),
        ("directory-size", "the directory has another size", ZipMalformed, |zip| {
            at_end(zip, 12, &[1])
        }),
        ("directory-start", "the directory begins elsewhere", ZipMalformed, |zip| {
            at_end(zip, 16, &[1])
        }),
    ]
}
