//! Folders in which others have a hand: what they could put there is not used, and no key is put
//! there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};

use crate::common::disk::{changes, disk};
use crate::common::{Machine, Sandbox, by_root, warnings};
use crate::{Row, try_all};

const UNWRITABLE: &str = "OUTPUT_DIR_NOT_WRITABLE";
const OPEN: &str = "FOLDER_OPEN_TO_OTHERS";
const PACKAGE: &str = "package x.signed.zip --request-dir hospital-a";

fn set_mode(m: &Machine, path: &str, mode: u32) {
    fs::set_permissions(m.path(path), Permissions::from_mode(mode)).unwrap();
}

fn open_folder(m: &Machine) {
    fs::create_dir(m.path("open")).unwrap();
    set_mode(m, "open", 0o777);
}

/// A definition that has a program run when the kit is made.
fn name_a_program(m: &Machine) {
    let builders = "\nbuilders:\n  - exec: [/bin/true]\n";
    let site = String::from_utf8(m.read("hospital-a/site.yaml")).unwrap();
    m.write("hospital-a/site.yaml", site + builders);
}

const ROWS: &[Row] = &[
    (
        "a request into a folder in which everybody writes",
        "cert request -p alice.yaml --out open",
        open_folder,
        (UNWRITABLE, 1, OPEN),
    ),
    (
        "the same with the sticky bit",
        "cert request -p alice.yaml --out open",
        |m| {
            open_folder(m);
            set_mode(m, "open", 0o1777);
        },
        (UNWRITABLE, 1, OPEN),
    ),
    (
        "a CA in a folder in which everybody writes",
        "cert init --profile project_profile.yaml -o open",
        open_folder,
        (UNWRITABLE, 1, OPEN),
    ),
    (
        "a request folder in which everybody writes",
        PACKAGE,
        |m| set_mode(m, "hospital-a", 0o777),
        ("REQUEST_DIR_MISMATCH", 4, OPEN),
    ),
    (
        "the same, searched for",
        "package x.signed.zip",
        |m| set_mode(m, "hospital-a", 0o777),
        ("REQUEST_DIR_MISMATCH", 4, OPEN),
    ),
    (
        "the same, for a renewal",
        "cert request --renew hospital-a",
        |m| set_mode(m, "hospital-a", 0o777),
        ("INVALID_ARGS", 4, OPEN),
    ),
    (
        "programs from a folder in which a group writes",
        PACKAGE,
        |m| {
            name_a_program(m);
            set_mode(m, "hospital-a", 0o770);
        },
        ("REQUEST_DIR_MISMATCH", 4, OPEN),
    ),
    (
        "the same, for a renewal",
        "cert request --renew hospital-a",
        |m| {
            name_a_program(m);
            set_mode(m, "hospital-a", 0o770);
        },
        ("INVALID_ARGS", 4, OPEN),
    ),
    (
        "programs from a definition in which everybody writes",
        PACKAGE,
        |m| {
            name_a_program(m);
            set_mode(m, "hospital-a/site.yaml", 0o666);
        },
        ("REQUEST_DIR_MISMATCH", 4, OPEN),
    ),
    (
        "the same, for a renewal",
        "cert request --renew hospital-a",
        |m| {
            name_a_program(m);
            set_mode(m, "hospital-a/site.yaml", 0o666);
        },
        ("INVALID_ARGS", 4, OPEN),
    ),
    (
        "a CA directory in which everybody writes",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --out y.signed.zip",
        |m| set_mode(m, "ca", 0o777),
        ("CA_LOAD_FAILED", 1, OPEN),
    ),
];

fn good(sandbox: &Sandbox) -> Machine {
    let good = sandbox.seeded("good");
    good.init();
    good.approve("hospital-a.yaml", "hospital-a");
    fs::rename(good.path("hospital-a/hospital-a.signed.zip"), good.path("x.signed.zip")).unwrap();
    good.ok("package x.signed.zip -w proof");
    good
}

#[test]
fn where_everybody_writes_no_key_is_put_or_used() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &good(&sandbox), ROWS);
}

/// Whoever is root can give a folder to somebody else; elsewhere the rule is tested without one.
#[test]
fn what_belongs_to_another_user_is_not_filled_and_runs_nothing() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    fs::create_dir(m.path("foreign")).unwrap();
    if !by_root(chown(m.path("foreign"), Some(1), None)) {
        return;
    }
    let foreign = Some("FOLDER_OF_ANOTHER_USER".to_owned());
    for line in [
        "cert request -p alice.yaml --out foreign",
        "cert init --profile project_profile.yaml -o foreign",
    ] {
        assert_eq!(m.refused(line), (UNWRITABLE.to_owned(), 1, foreign.clone()));
    }
    assert!(m.names("foreign").is_empty());
    chown(m.path("hospital-a"), Some(1), None).unwrap();
    let data = m.ok(&format!("{PACKAGE} -w by-root"));
    assert_eq!(warnings(&data), ["FINGERPRINT_NOT_VERIFIED", "FOLDER_WRITABLE_BY_OTHERS"]);
    name_a_program(&m);
    let refused = ("REQUEST_DIR_MISMATCH".to_owned(), 4, foreign);
    assert_eq!(m.refused(&format!("{PACKAGE} -w others")), refused);
    // The folder is mine again, but what was put into it meanwhile is not.
    chown(m.path("hospital-a"), Some(0), None).unwrap();
    m.ok(&format!("{PACKAGE} -w mine"));
    chown(m.path("hospital-a/site.yaml"), Some(1), None).unwrap();
    assert_eq!(m.refused(&format!("{PACKAGE} -w others")), refused);
}

/// As above. As in `/tmp`, where everybody can put a link of a likely name.
#[test]
fn links_of_another_user_where_everybody_writes_lead_nowhere() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    fs::create_dir(m.path("tmp")).unwrap();
    set_mode(&m, "tmp", 0o1777);
    symlink("..", m.path("tmp/link")).unwrap();
    let approve = "cert approve hospital-a/hospital-a.request.zip --profile project_profile.yaml";
    let lines = [
        "cert init --profile project_profile.yaml -o tmp/link/new".to_owned(),
        "cert request -p alice.yaml --out tmp/link/new".to_owned(),
        "cert request --renew tmp/link/hospital-a".to_owned(),
        format!("{approve} -c tmp/link/ca --out y.signed.zip"),
        format!("{approve} -c ca --out tmp/link/y.signed.zip"),
        format!("{approve} -c ca --out-dir tmp/link"),
        "cert list -c tmp/link/ca".to_owned(),
        "cert crl -c ca --out tmp/link/crl.pem".to_owned(),
        "package x.signed.zip --request-dir tmp/link/hospital-a".to_owned(),
        "package tmp/link/x.signed.zip".to_owned(),
        format!("{PACKAGE} -w tmp/link"),
        "verify tmp/link/x.signed.zip".to_owned(),
        "inspect tmp/link/ca".to_owned(),
    ];
    if !by_root(lchown(m.path("tmp/link"), Some(1), None)) {
        return;
    }
    let before = disk(&m.cwd);
    for line in &lines {
        let (_, _, reason) = m.refused(line);
        assert_eq!(reason.as_deref(), Some("LINK_OF_ANOTHER_USER"), "{line}");
    }
    let changed = changes(&before, &disk(&m.cwd));
    assert!(changed.is_empty(), "{changed:?}");
    lchown(m.path("tmp/link"), Some(0), None).unwrap();
    m.ok(&format!("{PACKAGE} -w tmp/link"));
}

/// As above. The ledger that root begins in a user's CA directory is the user's, who could not use
/// it otherwise.
#[test]
fn the_ledger_that_root_begins_is_the_owners_of_the_directory() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    if !by_root(chown(m.path("ca"), Some(1), Some(1))) {
        return;
    }
    m.ok("cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml");
    let ledger = m.path("ca/ledger.db").metadata().unwrap();
    assert_eq!((ledger.uid(), ledger.gid(), ledger.mode() & 0o777), (1, 1, 0o600));
}

#[test]
fn what_a_group_could_exchange_is_told_and_its_right_ends_when_a_key_comes() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let told = "FOLDER_WRITABLE_BY_OTHERS";
    for (folder, line) in [
        ("alice", "cert request -p alice.yaml --out alice"),
        ("other", "cert init --profile project_profile.yaml -o other"),
    ] {
        fs::create_dir(m.path(folder)).unwrap();
        set_mode(&m, folder, 0o775);
        assert_eq!(warnings(&m.ok(line)), [told]);
        assert_eq!(m.mode(folder), 0o755);
    }
    set_mode(&m, "hospital-a", 0o770);
    assert_eq!(warnings(&m.ok(&format!("{PACKAGE} -w w"))), ["FINGERPRINT_NOT_VERIFIED", told]);
    assert_eq!(warnings(&m.ok("cert request --renew hospital-a")), [told]);
    set_mode(&m, "ca", 0o770);
    let approve = "cert approve alice/alice@hospital-alpha.org.request.zip -c ca \
                   --profile project_profile.yaml --out y.signed.zip";
    assert_eq!(warnings(&m.ok(approve)), [told]);
    assert_eq!((m.mode("hospital-a"), m.mode("ca")), (0o770, 0o770));
}

/// Who can rename the folder could put another one with such a program there, after all was judged.
#[test]
fn what_others_could_put_in_the_place_of_the_folder_is_not_started() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    fs::create_dir(m.path("shared")).unwrap();
    fs::rename(m.path("hospital-a"), m.path("shared/hospital-a")).unwrap();
    let site = String::from_utf8(m.read("shared/hospital-a/site.yaml")).unwrap();
    m.write("shared/hospital-a/build", "#!/bin/sh\n");
    set_mode(&m, "shared/hospital-a/build", 0o755);
    let line = "package x.signed.zip --request-dir shared/hospital-a";
    for (at, (mode, program, runs)) in [
        (0o777, "./build", false),
        (0o2777, "./build", false),
        (0o1777, "./build", true),
        (0o775, "./build", true),
        (0o777, "/bin/true", true),
        (0o777, "env", true),
    ]
    .into_iter()
    .enumerate()
    {
        let builders = format!("\nbuilders:\n  - exec: [{program}]\n");
        m.write("shared/hospital-a/site.yaml", site.clone() + &builders);
        set_mode(&m, "shared", mode);
        let line = format!("{line} -w w{at}");
        if runs {
            m.ok(&line);
        } else {
            let expected = ("REQUEST_DIR_MISMATCH".to_owned(), 4, Some(OPEN.to_owned()));
            assert_eq!(m.refused(&line), expected, "{mode:o} {program}");
        }
    }
}

/// What looks like a run that died is planted beside a signed zip, and in a request's new folder.
#[test]
fn a_planted_run_replaces_and_removes_nothing() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let staging = "inbox/.flarekit-0123456789abcdef";
    m.write(&format!("{staging}/second/x"), "");
    m.write(&format!("{staging}/notes"), "planted");
    m.write(&format!("{staging}/publishing"), "");
    m.write("inbox/notes", "mine");
    m.write("inbox/more", "mine");
    fs::copy(m.path("x.signed.zip"), m.path("inbox/x.signed.zip")).unwrap();
    // Without a record, the zip's own folder is looked at first.
    fs::remove_dir_all(&m.home).unwrap();
    for mode in [0o777, 0o700] {
        set_mode(&m, staging, mode);
        let before = disk(&m.path("inbox"));
        m.ok("package inbox/x.signed.zip --force");
        let changed = changes(&before, &disk(&m.path("inbox")));
        assert!(changed.is_empty(), "{mode:o}: {changed:?}");
    }
    set_mode(&m, staging, 0o777);
    m.ok("cert request -p alice.yaml --out inbox");
    assert_eq!((m.read("inbox/notes"), m.read("inbox/more")), (b"mine".into(), b"mine".into()));
}

/// Of two folders with the right request, the one that has the key counts.
#[test]
fn a_planted_request_folder_does_not_end_the_search() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    m.write("inbox/hospital-a.key", "planted");
    for file in ["request.json", "site.yaml"] {
        fs::copy(m.path(format!("hospital-a/{file}")), m.path(format!("inbox/{file}"))).unwrap();
    }
    fs::copy(m.path("x.signed.zip"), m.path("inbox/x.signed.zip")).unwrap();
    fs::remove_dir_all(&m.home).unwrap();
    m.ok("package inbox/x.signed.zip -w w");
    fs::remove_dir_all(m.path("hospital-a")).unwrap();
    let (code, ..) = m.refused("package inbox/x.signed.zip -w v");
    assert_eq!(code, "KEY_INVALID", "what is wrong with the only one is said");
}

#[test]
fn a_participant_may_be_named_like_the_cas_key() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.edit("hospital-a.yaml", "name: hospital-a\n", "name: rootCA\n");
    m.ok("cert request -p hospital-a.yaml");
    assert_eq!(warnings(&m.ok("cert request -p hospital-a.yaml --force")), ["BACKED_UP"]);
    // Where there is no request, the key is a CA's.
    fs::remove_file(m.path("rootCA/request.json")).unwrap();
    let (code, _, reason) = m.refused("cert request -p hospital-a.yaml --force");
    assert_eq!((code.as_str(), reason.as_deref()), ("INVALID_ARGS", Some("FOLDER_IN_USE")));
}
