//! Somebody who can write the ledger, but has not the CA's key.

use flarekit::ca::ledger::LedgerView;
use flarekit::digest::Digest;
use flarekit::error::Code;
use rusqlite::Connection;
use rusqlite::types::Value as Cell;

use crate::common::disk::copy;
use crate::common::{Machine, Sandbox};
use crate::{approve, request, site};

/// A CA whose ledger has every kind of thing in it: approvals, a supersession, a second signature.
fn good(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-a"));
    m.ok(&approve("one", "hospital-a"));
    m.ok(&format!("{} --replace", approve("two", "hospital-a")));
    m.edit("project_profile.yaml", "8002", "9002");
    m.ok(&approve("two", "hospital-a"));
    m
}

/// Lets rows be changed and removed, and brings the schema back afterwards.
fn tamper(m: &Machine, work: impl FnOnce(&Connection)) {
    let connection = Connection::open(m.path("copy/ledger.db")).unwrap();
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for table in ["entries", "documents", "checkpoints"] {
        connection
            .execute_batch(&format!("DROP TRIGGER {table}_stay; DROP TRIGGER {table}_remain;"))
            .unwrap();
    }
    work(&connection);
    connection.execute_batch(&triggers.join(";")).unwrap();
}

/// A copy of the ledger, changed, and what a verification says of it.
fn verdict(m: &Machine, work: impl FnOnce(&Connection)) -> String {
    let place = m.path("copy");
    let _ = std::fs::remove_dir_all(&place);
    copy(&m.path("ca"), &place);
    tamper(m, work);
    match LedgerView::open(&place).and_then(|view| view.verify()) {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            assert_eq!(error.code(), Code::LedgerInvalid, "{error}");
            error.message().to_owned()
        }
    }
}

fn columns(m: &Machine, table: &str) -> Vec<String> {
    let connection = Connection::open(m.path("ca/ledger.db")).unwrap();
    let mut statement =
        connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Another value than the one in a cell.
fn other(cell: Cell, may_be_nothing: bool) -> Vec<Cell> {
    let changed = match cell {
        Cell::Null => {
            return vec![Cell::Text("x".into()), Cell::Integer(7), Cell::Blob(vec![1; 32])];
        }
        Cell::Integer(number) => Cell::Integer(number + 100),
        Cell::Real(number) => Cell::Real(number + 1.0),
        Cell::Text(text) => Cell::Text(format!("{text}x")),
        Cell::Blob(mut bytes) => {
            bytes[0] ^= 1;
            Cell::Blob(bytes)
        }
    };
    if may_be_nothing { vec![changed, Cell::Null] } else { vec![changed] }
}

#[test]
fn a_change_of_any_column_of_any_entry_is_found_and_named() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    assert_eq!(verdict(&m, |_| {}), "ok");
    for (table, key) in [("entries", "number"), ("documents", "entry")] {
        for column in columns(&m, table) {
            for number in 1..=4_i64 {
                let mut tried = 0;
                for choice in 0..3 {
                    let mut changed = false;
                    let said = verdict(&m, |connection| {
                        let select = format!("SELECT {column} FROM {table} WHERE {key} = {number}");
                        // The supersession has no documents.
                        let Ok(cell) = connection.query_row(&select, [], |row| row.get(0)) else {
                            return;
                        };
                        let Some(cell) = other(cell, true).into_iter().nth(choice) else { return };
                        let update =
                            format!("UPDATE {table} SET {column} = ?1 WHERE {key} = {number}");
                        // A strict table takes only its own kind of values.
                        changed = connection.execute(&update, [cell]).is_ok();
                    });
                    tried += usize::from(changed);
                    let named = format!("entry {number} ");
                    assert_eq!(changed, said != "ok", "{table}.{column} of {number}: {said}");
                    assert!(
                        !changed || said.contains(&named),
                        "{table}.{column} of {number}: {said}"
                    );
                }
                assert!(tried > 0 || table == "documents", "{table}.{column} of {number}");
            }
        }
    }
}

#[test]
fn a_change_of_any_column_of_any_checkpoint_is_found() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    for column in columns(&m, "checkpoints") {
        for number in 1..=3_i64 {
            let said = verdict(&m, |connection| {
                let select = format!("SELECT {column} FROM checkpoints WHERE number = {number}");
                let cell = connection.query_row(&select, [], |row| row.get(0)).unwrap();
                let cell = other(cell, false).remove(0);
                let update = format!("UPDATE checkpoints SET {column} = ?1");
                connection.execute(&format!("{update} WHERE number = {number}"), [cell]).unwrap();
            });
            assert_ne!(said, "ok", "{column} of {number}");
        }
    }
}

#[test]
fn what_is_removed_or_added_is_found() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let said = |statements: &'static str| {
        verdict(&m, |connection| connection.execute_batch(statements).unwrap())
    };
    for (statements, names) in [
        ("DELETE FROM entries WHERE number = 1", "entry 1 is missing"),
        ("DELETE FROM entries WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM entries WHERE number = 4", "entry 4 is missing"),
        ("DELETE FROM entries", "entry 1 is missing"),
        ("DELETE FROM documents WHERE entry = 2", "entry 2 is not as it was written"),
        ("DELETE FROM checkpoints WHERE number = 2", "checkpoint 2 is missing"),
        ("INSERT INTO documents (entry) VALUES (9)", "documents of entry 9, which does not exist"),
        // The supersession has no documents, and a row of nothing is in no hash.
        (
            "INSERT INTO documents (entry) VALUES (3)",
            "documents of entry 3, and nothing is in them",
        ),
    ] {
        let said = said(statements);
        assert!(said.contains(names), "{statements}: {said}");
    }
}

/// With hashes that fit, which anybody can compute, only the signature tells.
#[test]
fn a_chain_that_was_made_anew_is_not_what_the_ca_signed() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let said = verdict(&m, |connection| {
        connection.execute_batch("UPDATE entries SET org = 'evil' WHERE number = 1").unwrap();
        rehash(connection, &m);
    });
    assert!(said.contains("not what the CA signed in checkpoint 1"), "{said}");
}

/// Gives every entry the hash of what it says now.
fn rehash(connection: &Connection, m: &Machine) {
    let view = LedgerView::open(&m.path("ca")).unwrap();
    let mut previous = Digest::from_bytes([0; 32]);
    let mut entries = Vec::new();
    view.verify_each(&mut |entry| entries.push(entry.clone())).unwrap();
    for mut entry in entries {
        if entry.number == 1 {
            entry.record.org = "evil".to_owned();
        }
        entry.previous = previous;
        previous = entry.hash();
        connection
            .execute(
                "UPDATE entries SET previous = ?2, hash = ?3 WHERE number = ?1",
                (entry.number.cast_signed(), entry.previous.as_bytes(), previous.as_bytes()),
            )
            .unwrap();
    }
}

/// What is at the end without a signature is told apart: a killed command may have left it, or
/// somebody without the key.
#[test]
fn entries_after_the_last_checkpoint_are_a_warning() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let place = m.path("copy");
    copy(&m.path("ca"), &place);
    tamper(&m, |connection| {
        connection.execute_batch("DELETE FROM checkpoints WHERE number = 3").unwrap();
    });
    let verified = m.ok("audit verify -c copy");
    assert_eq!(crate::common::warnings(&verified), ["LEDGER_UNSIGNED_ENTRIES"]);
    assert_eq!((&verified["entries"], &verified["signed_entries"]), (&4.into(), &3.into()));
}

/// An approval that is sent again comes from the ledger: it must be the CA's.
#[test]
fn a_certificate_that_the_ca_did_not_sign_is_not_sent() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let place = m.path("copy");
    copy(&m.path("ca"), &place);
    tamper(&m, |connection| {
        connection.execute_batch("UPDATE documents SET signature = x'00' WHERE entry = 2").unwrap();
    });
    let line = approve("two", "hospital-a").replace("-c ca", "-c copy");
    let (code, status, reason) = m.refused(&line);
    assert_eq!((code.as_str(), status), ("LEDGER_INVALID", 4));
    assert_eq!(reason.as_deref(), Some("LEDGER_ENTRY_CHANGED"));
}

/// The CA does not sign for what somebody else made of the end of the chain, and says so when it
/// signs for entries that it had not signed before.
#[test]
fn the_ca_does_not_sign_what_was_changed() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    request(&m, "three", &site("hospital-c"));
    let line = approve("three", "hospital-c").replace("-c ca", "-c copy");
    let attempt = |statements: &str| {
        let _ = std::fs::remove_dir_all(m.path("copy"));
        copy(&m.path("ca"), &m.path("copy"));
        tamper(&m, |connection| connection.execute_batch(statements).unwrap());
        crate::common::envelope(&line, &m.run(&format!("{line} --format json")))
    };
    for change in [
        "UPDATE entries SET org = 'evil' WHERE number = 4",
        "DELETE FROM checkpoints WHERE number > 1; DELETE FROM entries WHERE number = 3",
        "UPDATE checkpoints SET signature = zeroblob(256) WHERE number = 3",
    ] {
        let envelope = attempt(change);
        assert_eq!(envelope["error_code"], "LEDGER_INVALID", "{change}: {envelope}");
        assert!(!m.exists("three/hospital-c.signed.zip"), "{change}");
    }
    let envelope = attempt("DELETE FROM checkpoints WHERE number = 3");
    assert_eq!(crate::common::warnings(&envelope["data"]), ["LEDGER_UNSIGNED_ENTRIES"]);
    assert_eq!(m.ok("audit verify -c copy")["signed_entries"], 5);
}

/// The same of a run over many that finds its approvals there already.
#[test]
fn approvals_that_stand_already_are_signed_for() {
    let sandbox = Sandbox::new();
    let m = good(&sandbox);
    let many = "cert approve two -c ca --profile project_profile.yaml --out-dir out";
    assert_eq!(m.ok(many)["sent_again"], 1);
    let entries = m.ok("audit verify -c ca")["entries"].as_u64().unwrap();
    copy(&m.path("ca"), &m.path("copy"));
    tamper(&m, |connection| {
        let last = "DELETE FROM checkpoints WHERE number = (SELECT max(number) FROM checkpoints)";
        connection.execute_batch(last).unwrap();
    });
    let many = many.replace("-c ca", "-c copy");
    let signed = || m.ok("audit verify -c copy")["signed_entries"].as_u64().unwrap();
    assert!(signed() < entries);
    // Nothing is signed for those who are refused, and nothing is said of it.
    request(&m, "other", &site("hospital-a"));
    let refused = format!("{} --format json", many.replace("approve two", "approve other"));
    let envelope = crate::common::envelope(&refused, &m.run(&refused));
    assert_eq!(envelope["data"]["items"][0]["error_code"], "IDENTITY_ALREADY_ISSUED");
    assert_eq!(crate::common::warnings(&envelope["data"]), [""; 0], "{envelope}");
    assert!(signed() < entries);

    let data = m.ok(&many);
    assert_eq!(data["already_approved"], 1, "{data}");
    assert_eq!(crate::common::warnings(&data), ["LEDGER_UNSIGNED_ENTRIES"]);
    assert_eq!(signed(), entries);
    assert_eq!(crate::common::warnings(&m.ok(&many)), [""; 0]);
}

/// Takes rows out of an index, and leaves the statement that made it as it was.
const HIDE: &str = "DROP INDEX entries_that_withdraw;
    CREATE INDEX entries_that_withdraw ON entries (number)
        WHERE kind IN ('revocation', 'denial') AND number > 9;
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema
        SET sql = replace(sql, char(10) || '        WHERE', ' WHERE') WHERE name = 'entries_that_withdraw';
    UPDATE sqlite_schema
        SET sql = replace(sql, ' AND number > 9', '') WHERE name = 'entries_that_withdraw'";

/// Also where other entries follow that the CA signed: it forgets nobody that it said no to.
#[test]
fn what_was_withdrawn_is_not_forgotten() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for (folder, name) in [("one", "hospital-a"), ("two", "hospital-b"), ("three", "hospital-c")] {
        request(&m, folder, &site(name));
    }
    m.ok(&approve("one", "hospital-a"));
    m.ok("cert revoke hospital-a -c ca --reason key-compromise");
    m.ok("cert deny two/hospital-b.request.zip -c ca --reason stranger");
    m.ok(&approve("three", "hospital-c"));
    request(&m, "four", &site("hospital-d"));
    for change in [
        "DELETE FROM entries WHERE number = 2",
        "DELETE FROM entries WHERE number = 3; DELETE FROM documents WHERE entry = 3",
        "UPDATE entries SET kind = 'reapproval' WHERE number = 2",
        HIDE,
    ] {
        for line in [
            approve("one", "hospital-a"),
            format!("{} --replace", approve("one", "hospital-a")),
            format!("{} --replace", approve("two", "hospital-b")),
            approve("four", "hospital-d"),
            "cert approve one two four -c ca --profile project_profile.yaml --out-dir out".into(),
            "cert deny four/hospital-d.request.zip -c ca --reason stranger".into(),
            "cert revoke hospital-c -c ca --reason superseded".into(),
        ] {
            let _ = std::fs::remove_dir_all(m.path("copy"));
            copy(&m.path("ca"), &m.path("copy"));
            tamper(&m, |connection| connection.execute_batch(change).unwrap());
            let line = line.replace("-c ca", "-c copy");
            let envelope = crate::common::envelope(&line, &m.run(&format!("{line} --format json")));
            if line.contains("--out-dir") {
                let last = &envelope["data"]["items"][2];
                assert_eq!(last["error_code"], "LEDGER_INVALID", "{change}, {line}: {envelope}");
                assert_eq!(envelope["data"]["approved"], 0);
                continue;
            }
            // What is still found speaks first.
            let found = ["KEY_REVOKED", "REQUEST_ALREADY_DENIED"].map(Into::into);
            let of_withdrawn = line.contains("approve one/") || line.contains("approve two/");
            assert!(
                envelope["error_code"] == "LEDGER_INVALID"
                    || of_withdrawn && found.contains(&envelope["error_code"]),
                "{change}, {line}: {envelope}"
            );
        }
    }
    for zip in ["two/hospital-b.signed.zip", "four/hospital-d.signed.zip"] {
        assert!(!m.exists(zip), "{zip}");
    }
    assert!(!m.exists("out") || m.names("out").is_empty());
}

/// What a killed command left is not signed yet, and counts all the same.
#[test]
fn what_was_withdrawn_and_not_signed_yet_is_not_hidden() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    request(&m, "one", &site("hospital-a"));
    request(&m, "two", &site("hospital-b"));
    m.ok(&approve("one", "hospital-a"));
    m.ok("cert revoke hospital-a -c ca --reason key-compromise");
    let unsigned = "DELETE FROM checkpoints WHERE number = 2";
    for hidden in [true, false] {
        for line in [
            format!("{} --replace", approve("one", "hospital-a")),
            approve("two", "hospital-b"),
            "cert deny two/hospital-b.request.zip -c ca --reason stranger".into(),
        ] {
            let _ = std::fs::remove_dir_all(m.path("copy"));
            copy(&m.path("ca"), &m.path("copy"));
            tamper(&m, |connection| {
                connection.execute_batch(unsigned).unwrap();
                if hidden {
                    connection.execute_batch(HIDE).unwrap();
                }
            });
            let line = line.replace("-c ca", "-c copy");
            let envelope = crate::common::envelope(&line, &m.run(&format!("{line} --format json")));
            if hidden {
                assert_eq!(envelope["reason"], "LEDGER_DAMAGED", "{line}: {envelope}");
            } else if line.contains("one/") {
                assert_eq!(envelope["error_code"], "KEY_REVOKED", "{envelope}");
            } else {
                assert_eq!(envelope["status"], "ok", "{line}: {envelope}");
                let _ = std::fs::remove_file(m.path("two/hospital-b.signed.zip"));
            }
        }
    }
}
