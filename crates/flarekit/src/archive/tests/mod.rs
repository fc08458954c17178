//! Archives made by hand, by other programs and by [`super::write`].

mod make;
mod refusals;
mod work;

use super::{Limits, Members, contains_private_key, read, write};
use crate::error::Reason;
use make::{Raw, zip};
use proptest::prelude::*;

fn read_artifact(bytes: &[u8]) -> Result<Members, Reason> {
    read(bytes, &Limits::ARTIFACT).map_err(|defect| {
        assert!(!defect.message.chars().any(char::is_control), "{:?}", defect.message);
        defect.reason
    })
}

#[test]
fn reads_what_python_writes() {
    // Made as the reference does: `writestr` with deflate, a wall-clock time and mode 0600.
    let members = read_artifact(include_bytes!("../testdata/python.zip")).unwrap();
    members.expect_exactly(&["request.json", "site.yaml", "hospital-a.csr"]).unwrap();
    assert_eq!(members.get("site.yaml"), Some("name: demo\n".repeat(4).as_bytes()));
    assert_eq!(members.get("request.json"), Some(&b"{\n  \"kind\": \"site\"\n}\n"[..]));
}

#[test]
fn reads_what_other_zip_programs_write() {
    // Info-ZIP: extended times (longer in the local header) and owners; a 0644 plain file.
    let central = [0x55, 0x54, 5, 0, 3, 1, 2, 3, 4, 0x75, 0x78, 4, 0, 1, 0, 1, 0];
    let local = [0x55, 0x54, 9, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0x75, 0x78, 4, 0, 1, 0, 1, 0];
    let info_zip = Raw {
        extra: central.to_vec(),
        local_extra: Some(local.to_vec()),
        attributes: 0o100_644 << 16,
        ..Raw::stored("site.yaml", b"a")
    };
    // 7-Zip: its own bit in the DOS attributes. Windows: the archive bit only, maybe UTF-8.
    let seven_zip = Raw { attributes: 0x81a4_8020, ..Raw::stored("ca.json", b"b") };
    let windows = Raw { attributes: 0x20, flags: 1 << 11, ..Raw::stored("x.csr", b"") };
    let members = read_artifact(&zip(&[info_zip, seven_zip, windows])).unwrap();
    assert_eq!(members.names().collect::<Vec<_>>(), ["ca.json", "site.yaml", "x.csr"]);
    assert_eq!(members.get("x.csr"), Some(&b""[..]));
    assert_eq!(members.get("y.csr"), None);
}

#[test]
fn an_empty_archive_has_no_members() {
    let members = read_artifact(&zip(&[])).unwrap();
    assert_eq!(members.names().count(), 0);
    assert_eq!(members.expect_exactly(&["a"]).unwrap_err().reason, Reason::ZipMemberMissing);
}

#[test]
fn the_set_of_members_is_exact() {
    let members = read_artifact(&zip(&[Raw::stored("a", b""), Raw::stored("b", b"")])).unwrap();
    assert!(members.expect_exactly(&["b", "a"]).is_ok());
    let unexpected = members.expect_exactly(&["a"]).unwrap_err();
    assert_eq!(unexpected.reason, Reason::ZipMemberUnexpected);
    assert_eq!(unexpected.message, "the archive also holds b; expected exactly a");
    let missing = members.expect_exactly(&["a", "b", "c"]).unwrap_err();
    assert_eq!(missing.message, "the archive lacks c; expected exactly a, b, c");
    let both = members.expect_exactly(&["a", "c", "d"]).unwrap_err();
    assert_eq!(both.reason, Reason::ZipMemberMissing);
    assert_eq!(both.message, "the archive lacks c, d and holds b; expected exactly a, c, d");
}

#[test]
fn writing_is_deterministic_and_has_no_clock() {
    let yaml = "name: demo\n".repeat(50);
    let members: [(&str, &[u8]); 2] = [("site.yaml", yaml.as_bytes()), ("x.csr", b"short")];
    let archive = write(&members).unwrap();
    assert_eq!(archive, write(&members).unwrap());
    assert!(archive.windows(yaml.len()).any(|window| window == yaml.as_bytes()), "stored");
    assert_eq!(archive.get(10..14), Some(&[0, 0, 0x21, 0][..]), "1980-01-01 00:00:00");
}

#[test]
fn members_are_written_as_files_of_their_owner_only() {
    let archive = write(&[("site.yaml", b"a")]).unwrap();
    let at = archive.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let record = archive.get(at..).unwrap();
    assert_eq!(record.get(4..6), Some(&[20, 3][..]), "version 2.0, made by Unix");
    let mode = (0o100_600_u32 << 16).to_le_bytes();
    assert_eq!(record.get(38..42), Some(mode.as_slice()), "-rw-------");
}

#[test]
fn what_would_be_refused_is_not_written() {
    let big = vec![7; (1 << 20) + 1];
    type Case<'a> = (&'a [(&'a str, &'a [u8])], Reason);
    let cases: [Case<'_>; 5] = [
        (&[("../a", b"")], Reason::ZipMemberName),
        (&[("a", b""), ("A", b"")], Reason::ZipDuplicateMember),
        (&[("a.key", b"")], Reason::KeyMaterialInArchive),
        (&[("a", b"-----BEGIN PRIVATE KEY-----")], Reason::KeyMaterialInArchive),
        (&[("a", &big)], Reason::ZipMemberTooLarge),
    ];
    for (members, reason) in cases {
        assert_eq!(write(members).unwrap_err().reason, reason);
    }
}

#[test]
fn private_keys_are_recognised() {
    for key in [
        "-----BEGIN PRIVATE KEY-----",
        "text\r\n-----BEGIN RSA PRIVATE KEY-----\r\nMII",
        "x: -----BEGIN ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN x-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    ] {
        assert!(contains_private_key(key.as_bytes()), "{key}");
    }
    for other in [
        "",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nPRIVATE KEY-----",
        "PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE REQUEST-----",
    ] {
        assert!(!contains_private_key(other.as_bytes()), "{other}");
    }
}

fn member() -> impl Strategy<Value = (String, Vec<u8>)> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        "[a-z: \n]{0,40}".prop_map(|text| text.repeat(40).into_bytes()),
    ];
    ("[a-z0-9][a-z0-9._@+%-]{0,20}x", bytes)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        members in proptest::collection::btree_map(
            member().prop_map(|(name, _)| name),
            member().prop_map(|(_, bytes)| bytes),
            0..8,
        )
    ) {
        let list: Vec<(&str, &[u8])> =
            members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let read = read_artifact(&write(&list).unwrap()).unwrap();
        prop_assert_eq!(read, Members(members));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_artifact(&bytes);
    }

    #[test]
    fn damage_is_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        shorten in any::<bool>(),
    ) {
        let mut bytes = include_bytes!("../testdata/python.zip").to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read_artifact(&bytes);
    }
}

/// One changed byte leaves the members as they were (it was a time, a permission, a version) or
/// makes the archive unacceptable. It never gives other content.
#[test]
fn one_changed_byte_never_changes_content() {
    let original = include_bytes!("../testdata/python.zip");
    let expected = read_artifact(original).unwrap();
    for at in 0..original.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut bytes = original.to_vec();
            bytes[at] ^= flip;
            if let Ok(members) = read_artifact(&bytes) {
                assert_eq!(members, expected, "byte {at}, flip {flip:#x}");
            }
        }
    }
}
