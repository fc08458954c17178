//! One defect, one refusal.

use super::make::{Raw, zip};
use super::read_artifact;
use crate::archive::{Limits, end, read};
use crate::error::Reason;

fn refused(bytes: &[u8], reason: Reason) {
    assert_eq!(read_artifact(bytes).unwrap_err(), reason);
}

fn base() -> Raw {
    Raw::stored("site.yaml", b"name: demo\n")
}

fn one(raw: Raw, reason: Reason) {
    refused(&zip(&[raw]), reason);
}

fn message(bytes: &[u8]) -> String {
    let defect = read(bytes, &Limits::ARTIFACT).unwrap_err();
    assert_eq!(defect.reason, Reason::ZipMalformed, "{defect}");
    defect.message
}

#[test]
fn names() {
    let long = "a".repeat(256);
    for name in [
        "",
        "../a",
        "/a",
        "a/b",
        "a/",
        "a\\b",
        "C:a",
        ".hidden",
        "..",
        "-a",
        "a\0",
        "a\nb",
        "é",
        "a b",
        "a\u{202e}b",
        &long,
    ] {
        one(Raw::stored(name, b""), Reason::ZipMemberName);
    }
    one(Raw { name: vec![b'a', 0xff], ..base() }, Reason::ZipMemberName);
    assert!(read_artifact(&zip(&[Raw::stored(&"a".repeat(255), b"")])).is_ok());
    assert!(read_artifact(&zip(&[Raw::stored("a+b%c@d-e_f.csr", b"")])).is_ok());
}

/// By Finder or Explorer: in a folder, and with what macOS adds, which may be too many members.
#[test]
fn a_zip_that_was_made_again_is_told_as_one() {
    let said = |names: &[&str]| {
        let members: Vec<Raw> = names.iter().map(|name| Raw::stored(name, b"")).collect();
        let defect = read(&zip(&members), &Limits::ARTIFACT).unwrap_err();
        (defect.reason, defect.message)
    };
    let again = "; the zip seems to have been unpacked and zipped again, so it is not the original \
                 file";
    for (names, reason, words) in [
        (&["fx/", "fx/site.yaml"][..], Reason::ZipMemberName, "member 'fx/' lies in a folder"),
        (&["fx/site.yaml"], Reason::ZipMemberName, "lies in a folder"),
        (&["fx\\site.yaml"], Reason::ZipMemberName, "lies in a folder"),
        (&["a", "__MACOSX/._a"], Reason::ZipMemberName, "lies in a folder"),
        (&["a", ".DS_Store"], Reason::ZipMemberName, "does not start with a letter"),
        (&["a", "._a"], Reason::ZipMemberName, "does not start with a letter"),
        (
            &["a", "b", "c", "d", "e", "f", "g", "h", "__MACOSX/._a"],
            Reason::ZipTooManyMembers,
            "the archive has 9 members",
        ),
    ] {
        let (found, message) = said(names);
        assert_eq!(found, reason, "{names:?}");
        assert!(message.contains(words) && message.ends_with(again), "{message}");
    }
    for names in [&["../a"][..], &["/a"], &["a/../../b"], &["C:\\a"], &["a b"], &[".a"]] {
        let (_, message) = said(names);
        assert!(message.ends_with("; expected a plain file name"), "{message}");
    }
    let (_, message) = said(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    assert!(message.ends_with("more than the limit of 8"), "{message}");
}

#[test]
fn a_zip_in_a_zip_is_told_as_one() {
    let missing = |names: &[&str]| {
        let members: Vec<Raw> = names.iter().map(|name| Raw::stored(name, b"")).collect();
        read(&zip(&members), &Limits::ARTIFACT).unwrap().missing("signed.json").message
    };
    for others in [&["a", "b.zip"][..], &["b.zip", "c"], &["b.zip", "c.zip"], &["a"], &[]] {
        assert_eq!(missing(others), "there is no signed.json in it", "{others:?}");
    }
    let only = "there is no signed.json in it, only b.zip: it is a zip in a zip";
    assert_eq!(missing(&["b.zip"]), only);
}

#[test]
fn a_name_in_a_message_is_escaped_and_cut() {
    let said = |name: &str| {
        let bytes = zip(&[Raw::stored(name, b"")]);
        let defect = read(&bytes, &Limits::ARTIFACT).unwrap_err();
        assert_eq!(defect.reason, Reason::KeyMaterialInArchive);
        defect.message
    };
    assert_eq!(said("\u{1b}.key"), r"member '\x1b.key' is named like a private key");
    let (whole, cut) = ("a".repeat(76), "a".repeat(80));
    assert_eq!(
        said(&format!("{whole}.key")),
        format!("member '{whole}.key' is named like a private key")
    );
    assert_eq!(
        said(&format!("{cut}.key")),
        format!("member '{cut}...' is named like a private key")
    );
}

#[test]
fn duplicates() {
    for twin in ["site.yaml", "SITE.yaml"] {
        refused(&zip(&[base(), Raw::stored(twin, b"")]), Reason::ZipDuplicateMember);
    }
}

#[test]
fn keys() {
    for name in ["hospital-a.key", "x.KEY", "../x.Key"] {
        one(Raw::stored(name, b""), Reason::KeyMaterialInArchive);
    }
    // A key is what is said, whatever else is wrong before it.
    let worse = [Raw::stored("../a", b""), Raw::stored("a.key", b"")];
    refused(&zip(&worse), Reason::KeyMaterialInArchive);
    let pem = b"# site\n-----BEGIN RSA PRIVATE KEY-----\n";
    one(Raw::stored("site.yaml", pem), Reason::KeyMaterialInArchive);
    one(Raw::deflated("site.yaml", pem), Reason::KeyMaterialInArchive);
}

#[test]
fn kinds() {
    for (attributes, kind) in [
        (0o040_755 << 16, "directory"),
        (0o120_777 << 16, "symbolic link"),
        (0o010_600 << 16, "FIFO"),
        (0o020_600 << 16, "device"),
        (0o060_600 << 16, "device"),
        (0o140_600 << 16, "socket"),
        (0o150_000 << 16, "file of unknown kind"),
        (0x10, "directory"),
        (0x08, "volume label"),
        ((0o100_600 << 16) | 0x10, "directory"),
    ] {
        let defect = read(&zip(&[Raw { attributes, ..base() }]), &Limits::ARTIFACT).unwrap_err();
        assert_eq!(defect.reason, Reason::ZipMemberNotAFile);
        let message = format!("member site.yaml is a {kind}; expected a plain file");
        assert_eq!(defect.message, message, "{attributes:#x}");
    }
}

#[test]
fn flags() {
    // How hard deflate tried, and UTF-8.
    for bit in [1, 2, 11] {
        let raw = Raw { flags: 1 << bit, ..Raw::deflated("site.yaml", b"name: demo\n") };
        assert!(read_artifact(&zip(&[raw])).is_ok(), "{bit}");
    }
    for bit in [0, 6, 13] {
        one(Raw { flags: 1 << bit, ..base() }, Reason::ZipEncrypted);
    }
    for bit in [3, 4, 5, 7, 12, 15] {
        one(Raw { flags: 1 << bit, ..base() }, Reason::ZipMalformed);
    }
}

#[test]
fn versions() {
    // Of DOS, of a folder or deflate, of zip64; the two headers may differ.
    for version in [0, 10, 20, 45] {
        let local_version = Some(20);
        assert!(read_artifact(&zip(&[Raw { version, local_version, ..base() }])).is_ok());
    }
    for version in [46, 63, 99, 1 << 8 | 20] {
        one(Raw { version, local_version: Some(20), ..base() }, Reason::ZipMalformed);
        one(Raw { local_version: Some(version), ..base() }, Reason::ZipMalformed);
    }
    assert_eq!(
        message(&zip(&[Raw { version: 99, ..base() }])),
        "member site.yaml is said to need version 9.9 of the zip format; at most 4.5 is expected"
    );
    // What makes a later version necessary is what is said.
    one(Raw { version: 51, flags: 1, ..base() }, Reason::ZipEncrypted);
    one(Raw { version: 63, method: 14, ..base() }, Reason::ZipCompression);
}

#[test]
fn methods() {
    for method in [1, 9, 12, 14, 93, 95, 99] {
        one(Raw { method, ..base() }, Reason::ZipCompression);
    }
}

#[test]
fn limits() {
    let limits = Limits {
        archive_bytes: 400,
        members: 2,
        member_bytes: 20,
        total_bytes: 30,
        deflated_bytes: 99,
    };
    let refuse = |members: &[Raw], reason| {
        assert_eq!(read(&zip(members), &limits).unwrap_err().reason, reason);
    };
    let sized = |name, size| Raw::deflated(name, &vec![b'a'; size]);
    assert!(read(&zip(&[sized("a", 20), sized("b", 10)]), &limits).is_ok());
    refuse(&[sized("a", 21)], Reason::ZipMemberTooLarge);
    refuse(&[sized("a", 20), sized("b", 11)], Reason::ZipMemberTooLarge);
    refuse(&[base(), sized("a", 1), sized("b", 1)], Reason::ZipTooManyMembers);
    refuse(&[Raw::stored("a", &[0; 400])], Reason::ZipTooLarge);
    let bytes = zip(&[sized("a", 20)]);
    let size = |archive_bytes| Limits { archive_bytes, ..limits };
    assert!(read(&bytes, &size(bytes.len() as u64)).is_ok());
    let refused = read(&bytes, &size(bytes.len() as u64 - 1)).unwrap_err();
    assert_eq!(refused.reason, Reason::ZipTooLarge);

    // Both that are deflated count, and the stored one does not.
    let all = [sized("a", 20), Raw::stored("b", &[b'b'; 9]), sized("c", 1)];
    let deflated_bytes = u64::from(all[0].packed_size + all[2].packed_size);
    let with = |deflated_bytes| Limits { deflated_bytes, members: 3, ..limits };
    assert!(read(&zip(&all), &with(deflated_bytes)).is_ok());
    let refused = read(&zip(&all), &with(deflated_bytes - 1)).unwrap_err();
    assert_eq!(refused.reason, Reason::ZipMemberTooLarge);
}

#[test]
fn a_bomb_is_refused_by_what_it_declares_or_stopped_there() {
    let bomb = Raw::deflated("site.yaml", &vec![0; 64 << 20]);
    one(bomb.clone(), Reason::ZipMemberTooLarge);
    one(Raw { size: 1 << 20, ..bomb.clone() }, Reason::ZipChecksum);
    one(Raw { size: u32::MAX, ..bomb }, Reason::ZipMemberTooLarge);
}

#[test]
fn content_that_does_not_match() {
    let deflated = Raw::deflated("site.yaml", &[b'a'; 100]);
    assert!(read_artifact(&zip(std::slice::from_ref(&deflated))).is_ok());
    one(Raw { crc32: 1, ..base() }, Reason::ZipChecksum);
    one(Raw { crc32: 1, ..deflated.clone() }, Reason::ZipChecksum);
    for (size, found) in [(0, "more"), (99, "more"), (101, "100")] {
        let bytes = zip(&[Raw { size, ..deflated.clone() }]);
        let defect = read(&bytes, &Limits::ARTIFACT).unwrap_err();
        assert_eq!(defect.reason, Reason::ZipChecksum);
        let message = format!("member site.yaml declares {size} bytes but inflates to {found}");
        assert_eq!(defect.message, message);
    }
    one(Raw { size: 12, ..base() }, Reason::ZipMalformed);
    // Not deflate at all; cut short; followed by hidden bytes.
    one(Raw { data: vec![0xff; 8], packed_size: 8, ..deflated.clone() }, Reason::ZipMalformed);
    let short = deflated.data.split_last().unwrap().1.to_vec();
    let packed_size = deflated.packed_size - 1;
    one(Raw { data: short, packed_size, ..deflated.clone() }, Reason::ZipMalformed);
    let mut long = deflated.data.clone();
    long.push(0);
    let packed_size = deflated.packed_size + 1;
    one(Raw { data: long, packed_size, ..deflated }, Reason::ZipMalformed);
}

#[test]
fn local_headers_that_differ() {
    let deflated = || Raw::deflated("site.yaml", b"a");
    let cases = [
        Raw { local_name: Some(b"site.yamL".to_vec()), ..base() },
        Raw { local_name: Some(b"../site.yaml\x1b[2J".to_vec()), ..base() },
        Raw { local_flags: Some(1 << 11), ..base() },
        Raw { local_flags: Some(1 << 3), ..base() },
        Raw { local_method: Some(0), ..deflated() },
        Raw { local_crc32: Some(1), ..base() },
        Raw { local_packed_size: Some(0), ..base() },
        Raw { local_size: Some(0), ..base() },
    ];
    for raw in cases {
        one(raw, Reason::ZipHeaderMismatch);
    }
}

#[test]
fn extra_fields() {
    let zip64 = [1, 0, 8, 0, 11, 0, 0, 0, 0, 0, 0, 0].to_vec();
    let unicode_path = [0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, b'x'].to_vec();
    let cut = [0x55, 0x54, 9, 0, 3].to_vec();
    for extra in [zip64, unicode_path, cut, vec![0; 3]] {
        one(Raw { extra: extra.clone(), ..base() }, Reason::ZipMalformed);
        one(Raw { local_extra: Some(extra), ..base() }, Reason::ZipMalformed);
    }
}

#[test]
fn layout() {
    one(Raw { gap: b"hidden".to_vec(), ..base() }, Reason::ZipMalformed);
    let gap = Raw { gap: b"hidden".to_vec(), ..Raw::stored("a", b"") };
    refused(&zip(&[gap, base()]), Reason::ZipMalformed);
    one(Raw { shift: 1, ..base() }, Reason::ZipMalformed);
    one(Raw { comment: b"hello".to_vec(), ..base() }, Reason::ZipMalformed);
    let bytes = zip(&[Raw { disk: 1, ..base() }]);
    assert_eq!(message(&bytes), "member site.yaml is said to be on another disk");
    // The second member's header lies inside the first one's data, which covers both.
    let inner = zip(&[Raw::stored("b", b"x")]);
    let inner = inner.get(..32).unwrap();
    let outer = Raw::stored("a", inner);
    let overlapping = Raw { shift: 0, ..Raw::stored("b", b"x") };
    let mut bytes = zip(&[outer, overlapping]);
    let second = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[second + 42..second + 46].copy_from_slice(&31_u32.to_le_bytes());
    refused(&bytes, Reason::ZipMalformed);
}

#[test]
fn bytes_around_the_archive() {
    let good = zip(&[base()]);
    let with = |before: &[u8], after: &[u8]| [before, &good, after].concat();
    assert_eq!(message(b""), "this is not a zip archive");
    assert_eq!(message(b"not a zip"), "this is not a zip archive");
    let cut = "the archive is cut short: no end record was found";
    assert_eq!(message(good.get(..good.len() - end::SIZE).unwrap()), cut);
    let after = "the archive has a comment or other bytes after its end record";
    assert_eq!(message(&with(b"", b"\n")), after);
    refused(&with(b"#!/bin/sh\n", b""), Reason::ZipMalformed);
    refused(&with(&good, b""), Reason::ZipMalformed);
    let end = good.last_chunk::<{ end::SIZE }>().unwrap();
    refused(&with(b"", end), Reason::ZipMalformed);
    for length in 0..good.len() {
        refused(good.get(..length).unwrap(), Reason::ZipMalformed);
    }
}

#[test]
fn end_records() {
    let good = zip(&[base(), Raw::stored("b", b"")]);
    let start = good.len() - end::SIZE;
    let patched = |at: usize, value: &[u8]| {
        let mut bytes = good.clone();
        bytes[start + at..start + at + value.len()].copy_from_slice(value);
        bytes
    };
    let disks = "the archive is split over several disks";
    let place = "the central directory does not end where the archive's end record starts";
    for (at, value, said) in [
        (4, &[1, 0][..], disks), // this disk
        (6, &[1, 0], disks),     // the directory's disk
        (8, &[1, 0], disks),     // members on this disk
        (8, &[1, 0, 1, 0], "the central directory lists more members than its end record"),
        (8, &[3, 0, 3, 0], "the central directory and its end record disagree"),
        (8, &[0xff; 4], "the archive uses zip64"),
        (12, &[0xff; 4], "the archive uses zip64"),
        (16, &[0xff; 4], "the archive uses zip64"),
        (12, &[1], place), // the directory's size
        (16, &[1], place), // its start
        (20, &[1], "the archive's end record announces a comment that is not there"),
    ] {
        assert_eq!(message(&patched(at, value)), said, "{at}");
    }
    // A zip64 locator (§4.3.15) before it.
    let mut bytes = good.clone();
    let locator = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
    bytes.splice(start..start, locator);
    assert_eq!(message(&bytes), "the archive uses zip64");
    // A comment, even one that is announced correctly.
    let mut bytes = patched(20, &[5]);
    bytes.extend_from_slice(b"hello");
    refused(&bytes, Reason::ZipMalformed);
    // A digital signature record (§4.3.13) after the last entry of the directory.
    let mut bytes = good.clone();
    let size = u32::from_le_bytes(*good.get(start + 12..).unwrap().first_chunk().unwrap());
    bytes.splice(start..start, *b"PK\x05\x05\0\0");
    bytes[start + 18..start + 22].copy_from_slice(&(size + 6).to_le_bytes());
    assert_eq!(message(&bytes), "the central directory and its end record disagree");
}
