//! Ledgers that cannot be used. Nothing is signed then, and nothing changes.

use std::fs;
use std::os::unix::fs::symlink;

use rusqlite::Connection;

use crate::common::disk::{changes, disk};
use crate::common::{Machine, Sandbox};
use crate::{approve, request, site};

const LEDGER: &str = "ca/ledger.db";

/// A CA with one approval, and a request to be approved.
fn good(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-b"));
    m.ok(&approve("one", "hospital-a"));
    m
}

fn sql(m: &Machine, statements: &str) {
    Connection::open(m.path(LEDGER)).unwrap().execute_batch(statements).unwrap();
}

type Row = (fn(&Machine), (&'static str, i32, &'static str));

const ROWS: &[Row] = &[
    (|m| m.write(LEDGER, "not a database"), ("LEDGER_INVALID", 4, "LEDGER_NOT_A_LEDGER")),
    (|m| m.write(LEDGER, ""), ("LEDGER_INVALID", 4, "LEDGER_NOT_A_LEDGER")),
    (
        |m| {
            fs::remove_file(m.path(LEDGER)).unwrap();
            sql(m, "CREATE TABLE entries (number INTEGER)");
        },
        ("LEDGER_INVALID", 4, "LEDGER_NOT_A_LEDGER"),
    ),
    (|m| sql(m, "PRAGMA user_version = 4"), ("LEDGER_INVALID", 4, "LEDGER_NEWER")),
    (|m| sql(m, "DROP TRIGGER entries_stay"), ("LEDGER_INVALID", 4, "LEDGER_SCHEMA")),
    (
        |m| sql(m, "CREATE TRIGGER more AFTER INSERT ON entries BEGIN SELECT 1; END"),
        ("LEDGER_INVALID", 4, "LEDGER_SCHEMA"),
    ),
    (
        |m| {
            let mut bytes = m.read(LEDGER);
            // Behind the first page, which says what the file is.
            bytes[4096..].fill(0x55);
            m.write(LEDGER, bytes);
        },
        ("LEDGER_INVALID", 4, "LEDGER_DAMAGED"),
    ),
    (
        |m| {
            fs::remove_file(m.path(LEDGER)).unwrap();
            fs::create_dir(m.path(LEDGER)).unwrap();
        },
        ("LEDGER_INVALID", 4, "NOT_A_PLAIN_FILE"),
    ),
    (
        |m| {
            fs::rename(m.path(LEDGER), m.path("moved.db")).unwrap();
            symlink("../moved.db", m.path(LEDGER)).unwrap();
        },
        ("LEDGER_INVALID", 4, "NOT_A_PLAIN_FILE"),
    ),
    // SQLite would wait for somebody to write into it.
    (
        |m| drop(m.program("mkfifo").arg("ca/ledger.db-journal").unwrap()),
        ("LEDGER_INVALID", 4, "NOT_A_PLAIN_FILE"),
    ),
];

#[test]
fn without_a_ledger_that_holds_nothing_is_signed() {
    for (change, expected) in ROWS {
        let sandbox = Sandbox::new();
        let m = good(&sandbox);
        change(&m);
        let before = disk(&m.cwd);
        for line in [approve("two", "hospital-b"), "audit verify -c ca".to_owned()] {
            let (code, status, reason) = m.refused(&line);
            let found = (code.as_str(), status, reason.as_deref().unwrap_or(""));
            assert_eq!(found, *expected, "{line}");
        }
        let changed = changes(&before, &disk(&m.cwd));
        assert!(changed.is_empty(), "{expected:?}: {changed:?}");
    }
}

/// What SQLite had beside a ledger would be written into the next one.
#[test]
fn no_ledger_begins_beside_the_remains_of_another() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    // While somebody has the ledger, the log stays, as after a kill.
    let reader = Connection::open(m.path(LEDGER)).unwrap();
    reader.query_row("SELECT count(*) FROM entries", [], |_| Ok(())).unwrap();
    m.ok(&approve("two", "hospital-b"));
    assert!(m.exists("ca/ledger.db-wal"));
    m.write("wal", m.read("ca/ledger.db-wal"));
    drop(reader);
    fs::remove_file(m.path(LEDGER)).unwrap();
    for remains in ["wal", "shm", "journal"] {
        let path = format!("ca/ledger.db-{remains}");
        m.write(&path, m.read("wal"));
        let before = disk(&m.cwd);
        for line in
            [approve("two", "hospital-b"), "cert revoke a -c ca --reason superseded".to_owned()]
        {
            let (code, status, reason) = m.refused(&line);
            let found = (code.as_str(), status, reason.as_deref());
            assert_eq!(found, ("LEDGER_INVALID", 4, Some("LEDGER_REMAINS")), "{line}");
        }
        assert!(changes(&before, &disk(&m.cwd)).is_empty());
        fs::remove_file(m.path(&path)).unwrap();
    }
    m.ok(&approve("two", "hospital-b"));
    m.ok("audit verify -c ca");
}

/// A full disk, as a process sees it that may write no more than so many blocks of 512 bytes.
#[test]
fn a_full_disk_signs_nothing() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let flarekit = assert_cmd::cargo::cargo_bin("flarekit");
    for first in [true, false] {
        if first {
            fs::rename(m.path(LEDGER), m.path("kept.db")).unwrap();
        } else {
            fs::rename(m.path("kept.db"), m.path(LEDGER)).unwrap();
        }
        let before = disk(&m.cwd);
        let reads =
            ["cert list -c ca", "audit verify -c ca", "cert crl -c ca", "cert expiring -c ca"];
        let reads = reads.iter().filter(|_| !first).map(ToString::to_string);
        for line in reads.chain([approve("two", "hospital-b")]) {
            let mut shell = m.program("/bin/bash");
            shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\" --format json"]);
            let output = shell.arg(&flarekit).args(crate::common::words(&line)).output().unwrap();
            let envelope = crate::common::envelope(&line, &output);
            assert_eq!(envelope["error_code"], "OUTPUT_DIR_NOT_WRITABLE", "{envelope}");
            assert_eq!(envelope["reason"], "LEDGER_NO_ROOM", "{envelope}");
            let message = envelope["message"].as_str().unwrap();
            assert!(message.ends_with("disk I/O error; perhaps the disk is full"), "{message}");
        }
        let mut changed = changes(&before, &disk(&m.cwd));
        // SQLite could not clear these away on a full disk. The next command does.
        changed.retain(|path| !path.to_str().unwrap().starts_with("ca/ledger.db-"));
        assert!(changed.is_empty(), "{changed:?}");
    }
    m.ok(&approve("two", "hospital-b"));
    m.ok("audit verify -c ca");
    assert_eq!(m.names("ca"), ["ca.json", "ledger.db", "rootCA.key", "rootCA.pem"]);
}
