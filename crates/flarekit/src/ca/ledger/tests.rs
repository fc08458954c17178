//! The bytes that are hashed and signed, and how questions are answered.

use std::path::Path;

use tempfile::TempDir;

use super::checkpoint::{self, End};
use super::database::Database;
use super::entry::{Documents, Entry, EntryKind, Record};
use super::renewal::Renewed;
use super::rows::{self, IS_CERTIFICATE, IS_WITHDRAWN};
use super::withdrawn::WITHDRAWS;
use super::{Checkpoint, LEDGER, Ledger, LedgerView, with_owners};
use crate::approval::UnverifiedRequest;
use crate::audit::AuditDirectory;
use crate::ca::CertAuthority;
use crate::digest::Digest;
use crate::error::{Code, Error, Reason};
use crate::files::tests::by_root;
use crate::fingerprint::Fingerprint;
use crate::identity::CertType;
use crate::names::{Remark, RequestId};
use crate::pki::{Certificate, PrivateKey, Signer};
use crate::request::RequestMetadata;
use crate::time::Timestamp;

const ROOT: &[u8] = include_bytes!("../../../tests/vectors/valid/flarekit-0.1.0/ca/rootCA.pem");
const KEY: &[u8] = include_bytes!("../../../tests/vectors/valid/flarekit-0.1.0/ca/rootCA.key");
const NOW: u64 = 1_795_500_000;

fn root() -> Certificate {
    Certificate::from_pem(ROOT).unwrap()
}

fn record(number: u64) -> Record {
    let time = |seconds| Timestamp::from_unix(NOW + seconds);
    let digest = |what: &str| Digest::of(format!("{what} {number}").as_bytes());
    Record {
        kind: EntryKind::Approval,
        at: time(0),
        root: Fingerprint::from_digest(root().sha256()),
        name: format!("site-{number}"),
        org: format!("org_{}", number % 100),
        cert_type: CertType::Client,
        request_id: Some(RequestId::parse(&format!("{number:032x}")).unwrap()),
        request_zip: Some(digest("zip")),
        request_json: Some(digest("json")),
        csr: Some(digest("csr")),
        public_key: Some(digest("key")),
        serial: Some(format!("0x{number:x}")),
        not_before: Some(time(0)),
        not_after: Some(time(number * 3600)),
        alt_names: Some(format!("DNS:site-{number}")),
        refers: None,
        successor: None,
        reason: None,
        documents: Documents {
            certificate: Some(vec![1; 1000]),
            signed_json: Some(vec![2; 1400]),
            signature: Some(vec![3; 256]),
        },
    }
}

/// A CA directory whose ledger has so many entries, none of them signed.
fn ledger(entries: u64) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    crate::files::write_new(&place.path().join("rootCA.pem"), ROOT, 0o644).unwrap();
    let nothing = AuditDirectory::in_home(None);
    let root = Fingerprint::from_digest(root().sha256());
    let (mut ledger, _) =
        Ledger::open(place.path(), root, &nothing, Timestamp::from_unix(NOW)).unwrap();
    let writing = ledger.begin().unwrap();
    for number in 1..=entries {
        writing.append(record(number)).unwrap();
    }
    assert!(writing.commit().unwrap().is_empty());
    place
}

/// Other programs can check a ledger only if these bytes never change.
#[test]
fn the_hash_of_an_entry_is_fixed() {
    let mut record = record(1);
    record.root = Fingerprint::from_digest([9; 32]);
    record.documents = Documents { certificate: Some(b"der".to_vec()), ..Documents::default() };
    let entry = Entry { number: 1, previous: Digest::from_bytes([0; 32]), record };
    assert_eq!(
        entry.hash().to_string(),
        "74cd9400978d9f6bb0469d2c0b4a0bc790aad4aa76f3eeb11ddb6e4757e09d2f"
    );
}

/// A value that moves to the next column is another entry.
#[test]
fn values_do_not_run_into_each_other() {
    let hash = |change: fn(&mut Record)| {
        let mut record = record(1);
        record.name = "ab".into();
        record.org = "c".into();
        change(&mut record);
        Entry { number: 1, previous: Digest::from_bytes([0; 32]), record }.hash()
    };
    let same = hash(|_| {});
    assert_eq!(hash(|_| {}), same);
    let moved = hash(|record| {
        record.name = "a".into();
        record.org = "bc".into();
    });
    assert_ne!(moved, same);
    assert_ne!(hash(|record| record.reason = Some(String::new())), same);
    let exchanged = hash(|record| std::mem::swap(&mut record.csr, &mut record.request_zip));
    assert_ne!(exchanged, same);
}

#[test]
fn a_checkpoint_is_of_one_root_and_one_place() {
    let key = PrivateKey::from_pem(KEY, None).unwrap();
    let root = Fingerprint::from_digest(root().sha256());
    let other = Fingerprint::from_digest([1; 32]);
    let at = Timestamp::from_unix(NOW);
    let end = |entries, withdrawn: &[u8]| {
        let hash = Digest::of(&[u8::try_from(entries).unwrap()]);
        End { entries, hash, withdrawn: Digest::of(withdrawn) }
    };
    let first = Checkpoint::sign(None, end(3, b"a"), root, at, &key).unwrap();
    let second = Checkpoint::sign(Some(&first), end(4, b"a"), root, at, &key).unwrap();
    assert_eq!((first.number, second.number), (1, 2));
    first.verify(root, key.public_key()).unwrap();
    assert!(first.verify(other, key.public_key()).is_err());
    assert!(Checkpoint { entries: 4, ..first.clone() }.verify(root, key.public_key()).is_err());
    for withdrawn in [None, Some(Digest::of(b"b"))] {
        let other = Checkpoint { withdrawn, ..first.clone() };
        assert!(other.verify(root, key.public_key()).is_err());
    }
    assert!(
        Checkpoint { previous: first.previous, ..second }.verify(root, key.public_key()).is_err()
    );
}

/// Whoever writes into the ledger cannot sign, and may put what was signed elsewhere.
#[test]
fn the_denial_of_another_request_is_not_sent_again() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/valid/flarekit-0.1.0");
    let ca = CertAuthority::open(&vectors.join("ca"), &mut || Ok(None)).unwrap().0;
    let request = |name: &str| {
        let zip = vectors.join(format!("requests/{name}/{name}.request.zip"));
        let zip = crate::files::read(&zip, 1 << 20).unwrap();
        UnverifiedRequest::read(&zip.bytes, "a.request.zip").unwrap().verify().unwrap()
    };
    let (one, other) = (request("hospital-a"), request("alice@hospital-alpha.org"));
    let (id, digest) = (other.metadata().request_id.to_plain(), other.metadata_sha256());
    let (at, reason) = (Timestamp::from_unix(NOW), Remark::parse("no contract").unwrap());

    let place = ledger(0);
    let nothing = AuditDirectory::in_home(None);
    let (mut ledger, _) = Ledger::open(place.path(), ca.fingerprint(), &nothing, at).unwrap();
    let writing = ledger.begin().unwrap();
    let denial = ca.deny(writing.deniable(one).unwrap(), &reason, at).unwrap();
    writing.commit_denial(denial, &ca, at).unwrap();

    let writing = ledger.begin().unwrap();
    let entry = rows::entries(writing.database().unwrap(), "", ()).unwrap().pop().unwrap();
    let (request_id, request_json) = (Some(id), Some(digest));
    writing.append(Record { request_id, request_json, ..entry.record }).unwrap();
    let error = ca.deny(writing.deniable(other).unwrap(), &reason, at).err().unwrap();
    assert_eq!(error.reason(), Some(Reason::LedgerEntryChanged));
}

/// A hundred thousand names are looked through in the time of a few.
#[test]
fn questions_are_answered_by_indexes() {
    let place = ledger(3);
    let database = Database::open(&place.path().join(LEDGER)).unwrap();
    let valid = format!("{IS_CERTIFICATE} AND e.not_after >= 1 AND NOT {IS_WITHDRAWN}");
    let kin = "e.name = 'x' OR e.name = 'y' OR e.public_key = x'00' OR e.request_id = 'x'";
    for (condition, index) in [
        (kin.to_owned(), "entries_by_name (name=?)"),
        (kin.to_owned(), "entries_by_key (public_key=?)"),
        (kin.to_owned(), "entries_by_request (request_id=?)"),
        (format!("e.cert_type = 'server' AND {valid}"), "entries_of_servers"),
        (WITHDRAWS.replace("WHERE ", ""), "entries_that_withdraw"),
        (
            "e.cert_type <> 'client' AND e.cert_type NOT IN ('client', 'server')".to_owned(),
            "entries_of_users",
        ),
        ("e.request_id = 'x' AND e.request_json IS NOT NULL".to_owned(), "entries_by_request"),
        ("e.number = 1 OR (e.refers = 1 AND e.kind = 'reapproval')".to_owned(), "entries_by_ref"),
        ("e.not_after >= 1 AND e.not_after <= 2".to_owned(), "entries_by_end"),
    ] {
        let plan: Vec<String> = database
            .run(|connection| {
                let sql =
                    format!("EXPLAIN QUERY PLAN SELECT e.hash FROM entries AS e WHERE {condition}");
                let mut statement = connection.prepare(&sql)?;
                statement.query_map([], |row| row.get(3))?.collect()
            })
            .unwrap();
        assert!(plan.iter().any(|step| step.contains(index)), "{condition}: {plan:#?}");
        assert!(!plan.iter().any(|step| step == "SCAN e"), "{condition}: {plan:#?}");
    }
}

/// Undoes the last step of a ledger.
const TO_VERSION_2: &str = "DROP INDEX entries_that_withdraw;
    ALTER TABLE checkpoints DROP COLUMN withdrawn; PRAGMA user_version = 2";

/// Up to version 2 checkpoints were not over what was withdrawn: the chain tells from its first entry
/// on, once.
#[test]
fn after_a_checkpoint_of_version_2_the_whole_chain_is_proven() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/valid/flarekit-0.1.0");
    let ca = CertAuthority::open(&vectors.join("ca"), &mut || Ok(None)).unwrap().0;
    let (root, at) = (ca.fingerprint(), Timestamp::from_unix(NOW));
    let revoke = |number| Record { kind: EntryKind::Revocation, ..record(number) };
    let checkpoint = |change: &str| {
        let place = ledger(0);
        let (mut ledger, _) =
            Ledger::open(place.path(), root, &AuditDirectory::in_home(None), at).unwrap();
        let writing = ledger.begin().unwrap();
        for record in [record(1), revoke(1), record(3)] {
            writing.append(record).unwrap();
        }
        let database = writing.database().unwrap();
        let (entries, hash) = rows::end(database).unwrap();
        let end = End { entries, hash, withdrawn: Digest::of(b"") };
        let old = Checkpoint::sign(None, end, root, at, &ca.key).unwrap();
        let old = Checkpoint { withdrawn: None, ..old }.signed(root, &ca.key).unwrap();
        database.run(|connection| checkpoint::insert(connection, &old)).unwrap();
        writing.commit().unwrap();
        drop(ledger);
        let connection = rusqlite::Connection::open(place.path().join(LEDGER)).unwrap();
        connection.execute_batch(TO_VERSION_2).unwrap();
        drop(connection);
        LedgerView::open(place.path()).unwrap().verify().unwrap();

        let (mut ledger, _) =
            Ledger::open(place.path(), root, &AuditDirectory::in_home(None), at).unwrap();
        let writing = ledger.begin().unwrap();
        let database = writing.database().unwrap();
        // As somebody could, who has not the key.
        database.run(|connection| connection.execute_batch(change)).unwrap();
        writing.append(Record { name: "next".to_owned(), ..record(4) }).unwrap();
        writing.checkpoint(&ca, at)?;
        writing.commit()?;
        let view = LedgerView::open(place.path()).unwrap();
        assert_eq!(view.verify().unwrap().checkpoints, 2);
        let last = view.database().unwrap().run(checkpoint::last).unwrap().unwrap();
        assert_ne!(last.withdrawn.unwrap(), super::withdrawn::nothing());
        Ok::<_, Error>(())
    };
    checkpoint("").unwrap();
    let remove = "DROP TRIGGER entries_remain; DELETE FROM entries WHERE number = 2";
    assert_eq!(checkpoint(remove).unwrap_err().reason(), Some(Reason::LedgerChainBroken));
}

/// A ledger of an earlier version is read as it is, and written in the current one.
#[test]
fn an_earlier_version_is_read_and_brought_up_to_date() {
    let place = ledger(3);
    let path = place.path().join(LEDGER);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(TO_VERSION_2).unwrap();
    connection.execute_batch("DROP INDEX entries_of_users; PRAGMA user_version = 1").unwrap();
    drop(connection);
    let version = |database: &Database| database.run(super::schema::version_of).unwrap();

    let database = Database::read(&path).unwrap();
    assert_eq!(version(&database), 1);
    assert_eq!(rows::entries(&database, "", ()).unwrap().len(), 3);
    drop(database);
    let database = Database::open(&path).unwrap();
    assert_eq!(version(&database), super::schema::VERSION);
    assert_eq!(rows::entries(&database, "", ()).unwrap().len(), 3);
    drop(database);

    // What says that it is of this version must be.
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("DROP INDEX entries_of_users").unwrap();
    drop(connection);
    assert_eq!(Database::read(&path).err().unwrap().reason(), Some(Reason::LedgerSchema));
}

/// What one process writes another one sees, and a writer that gives up leaves nothing.
#[test]
fn a_writer_that_gives_up_leaves_nothing() {
    let place = ledger(2);
    let root = Fingerprint::from_digest(root().sha256());
    let nothing = AuditDirectory::in_home(None);
    let now = Timestamp::from_unix(NOW);
    let open = |place: &Path| Ledger::open(place, root, &nothing, now).unwrap().0;
    let (mut one, mut two) = (open(place.path()), open(place.path()));
    let writing = one.begin().unwrap();
    writing.append(record(3)).unwrap();
    drop(writing);
    let writing = two.begin().unwrap();
    assert_eq!(writing.append(record(4)).unwrap(), 3);
    writing.commit().unwrap();
    let end = one.begin().unwrap();
    assert_eq!(end.append(record(5)).unwrap(), 4);
    drop(end);
    let entries = rows::entries(one.database().unwrap(), "", []).unwrap();
    assert_eq!(entries.len(), 3);
}

/// What befell a certificate, and the answer to a request that is signed with its key.
#[test]
fn only_a_certificate_that_counts_is_renewed() {
    let pem = include_bytes!("../../../tests/vectors/valid/reference-2.9.0/hospital-a.crt");
    let certificate = Certificate::from_pem(pem).unwrap();
    let request = include_bytes!(
        "../../../tests/vectors/valid/flarekit-0.1.0/requests/hospital-a/request.json"
    );
    let request = RequestMetadata::parse(request).unwrap();
    let issued = || Record {
        name: "hospital-a".into(),
        serial: Some(certificate.serial()),
        public_key: Some(Digest::of(certificate.public_key().spki_der())),
        ..record(1)
    };
    let other_serial = || Record { serial: Some("0x1".into()), ..issued() };
    let later = |kind| Record { kind, refers: Some(1), ..record(2) };
    let now = Timestamp::from_unix(NOW);
    let find = |records: Vec<Record>, now: Timestamp| {
        let place = ledger(0);
        let root = Fingerprint::from_digest(root().sha256());
        let nothing = AuditDirectory::in_home(None);
        let (mut ledger, _) = Ledger::open(place.path(), root, &nothing, now).unwrap();
        let writing = ledger.begin().unwrap();
        for record in records {
            writing.append(record).unwrap();
        }
        let found = Renewed::find(&request, &certificate, writing.database().unwrap(), now);
        found.map(|found| found.entry()).map_err(|error| error.reason().unwrap())
    };
    let (revocation, supersession) = (EntryKind::Revocation, EntryKind::Supersession);
    for (records, expected) in [
        (vec![], Ok(None)),
        (vec![record(1)], Ok(None)),
        (vec![issued()], Ok(Some(1))),
        (vec![Record { kind: EntryKind::Import, ..issued() }], Ok(Some(1))),
        (vec![issued(), later(EntryKind::Reapproval)], Ok(Some(1))),
        (vec![issued(), later(supersession)], Err(Reason::RenewalReplaced)),
        (vec![issued(), later(revocation)], Err(Reason::RenewalRevoked)),
        (vec![issued(), later(supersession), later(revocation)], Err(Reason::RenewalRevoked)),
        // The same key in another certificate: what matters is whether the key was given up.
        (vec![other_serial()], Ok(None)),
        (vec![other_serial(), later(supersession)], Ok(None)),
        (vec![other_serial(), later(revocation)], Err(Reason::RenewalRevoked)),
        (vec![Record { name: "hospital-b".into(), ..issued() }], Err(Reason::RenewalIdentity)),
    ] {
        let kinds: Vec<EntryKind> = records.iter().map(|record| record.kind).collect();
        assert_eq!(find(records, now), expected, "{kinds:?}");
    }
    let (first, last) = (certificate.not_before(), certificate.not_after());
    let after = Timestamp::from_unix(last.to_unix() + 1);
    assert_eq!(find(vec![], first), Ok(None));
    assert_eq!(find(vec![], last), Ok(None));
    assert_eq!(find(vec![], first.minus_seconds(1)), Err(Reason::CertificateNotYetValid));
    assert_eq!(find(vec![], after), Err(Reason::CertificateExpired));
}

/// Whoever is root can give a file to somebody else.
#[test]
fn a_ledger_that_cannot_be_used_is_told_with_its_owner() {
    let place = TempDir::new().unwrap();
    let ledger = place.path().join(LEDGER);
    crate::files::write_new(&ledger, b"", 0o600).unwrap();
    let told = |reason| {
        let refused = Error::because(Code::OutputDirNotWritable, reason, "refused");
        with_owners(refused, &ledger).message().to_owned()
    };
    assert_eq!(told(Reason::LedgerNotWritable), "refused", "it is the user's own");
    if !by_root(std::os::unix::fs::chown(&ledger, Some(1), None)) {
        return;
    }
    assert!(
        told(Reason::LedgerNotWritable).contains("ledger.db belongs to the user 1 and has mode")
    );
    assert_eq!(told(Reason::LedgerBusy), "refused");
}
