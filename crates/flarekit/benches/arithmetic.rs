//! What a command cannot do without, measured in one process: the RSA operations, a durable write,
//! what SQLite takes for an approval and a list, and everything in `cert request` and `cert init` but
//! the generation of their key.
//!
//! `bench/run` and `bench/scale` run it and divide by its answer, one JSON object with medians in
//! microseconds. With `--ledger FILE` it says what SQLite takes with that ledger, and nothing else.

#![expect(clippy::unwrap_used, reason = "a measurement may stop")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, thread};

use flarekit::audit::AuditDirectory;
use flarekit::ca::CreateCa;
use flarekit::definition::Definition;
use flarekit::names::{DeployVersion, ProjectName, RequestId};
use flarekit::pki::{PrivateKey, Signer, random_bytes};
use flarekit::request::{self, Request};
use flarekit::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};

const DEFINITION: &[u8] = b"name: hospital_federation\nparticipants:\n- name: hospital-a\n  type: \
                            client\n  org: hospital_alpha\n";
/// About the size of a signed zip.
const FILE: [u8; 4096] = [b'x'; 4096];

/// A row of each table that an approval writes, with contents as long as its own.
const APPROVAL: [&str; 3] = [
    "INSERT INTO entries (number, previous, hash, kind, at, root, name, org, cert_type, request_id,
         request_zip, request_json, csr, public_key, serial, not_before, not_after, alt_names)
     SELECT coalesce(max(number), 0) + 1, randomblob(32), randomblob(32), 'approval', 1, \
         randomblob(32), hex(randomblob(6)), 'hospital_alpha', 'client', hex(randomblob(16)), \
         randomblob(32), randomblob(32), randomblob(32), randomblob(32), hex(randomblob(20)), 1, 2, \
         'hospital-a' FROM entries",
    "INSERT INTO documents SELECT max(number), randomblob(900), randomblob(1200), randomblob(256)
     FROM entries",
    "INSERT INTO checkpoints SELECT coalesce(max(number), 0) + 1, randomblob(32), 1, \
         randomblob(32), 1, randomblob(256), randomblob(32) FROM checkpoints",
];
/// What a list shows of each certificate, in the order of names.
const LIST: &str = "SELECT name, cert_type, org, not_after, serial FROM entries ORDER BY name";

fn main() {
    let rounds = number_after("--rounds").unwrap_or(200);
    let folder = tempfile::tempdir_in(env::temp_dir()).unwrap();
    if let Some(ledger) = word_after("--ledger") {
        println!("{}", sqlite_alone(Path::new(&ledger), rounds, folder.path()));
        return;
    }
    let key = PrivateKey::generate().unwrap();
    let message = [7; 1024];
    let signature = key.sign_content(&message).unwrap();

    let pem = key.to_pem().unwrap();
    let load = || PrivateKey::from_pem(pem.as_bytes(), None).unwrap();

    let mut medians = Map::new();
    let mut add = |name: &str, micros: f64| medians.insert(name.to_owned(), json!(micros));
    add("sign_certificate", median(rounds, |_| key.sign_certificate(&message).unwrap()));
    add("sign_content", median(rounds, |_| key.sign_content(&message).unwrap()));
    add("verify", median(rounds, |_| key.public_key().verify_content(&message, &signature)));
    // What the library adds once a process: it checks a key that is loaded, and before the first
    // signature makes the number that blinds it.
    add("load_key", median(rounds, |_| load()));
    let first = |_| {
        let key = load();
        timed(|| key.sign_content(&message).unwrap()).0
    };
    add("first_signature", middle((0..rounds).map(first).collect()));
    add("generate", median(rounds.min(50), |_| PrivateKey::generate().unwrap()));
    add("durable_file", median(rounds, |round| durable_file(folder.path(), round)));
    add("request_without_key", request_without_key(rounds, folder.path()));
    add("init_without_key", init_without_key(rounds, folder.path()));
    add("two_signatures_on_all_cores", two_signatures_on_all_cores(&key, rounds));
    println!("{}", Value::Object(medians));
}

/// The median time of one call, in microseconds.
fn median<T>(rounds: u32, mut work: impl FnMut(u32) -> T) -> f64 {
    middle((0..rounds).map(|round| timed(|| black_box(work(round))).0).collect())
}

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// A new file, its content and its name on the disk: what each file of a result costs at least.
fn durable_file(folder: &Path, round: u32) {
    let mut file = File::create(folder.join(format!("file-{round}"))).unwrap();
    file.write_all(&FILE).unwrap();
    file.sync_all().unwrap();
    File::open(folder).unwrap().sync_all().unwrap();
}

/// What SQLite takes for a list of a ledger, and for the rows of an approval in a copy of it.
fn sqlite_alone(ledger: &Path, rounds: u32, folder: &Path) -> Value {
    let copy = folder.join("ledger.db");
    fs::copy(ledger, &copy).unwrap();
    let tables = tables_of(&copy);
    let first = |round| first_alone(&tables, &folder.join(format!("{round}.db")));
    json!({
        "list_alone": median(rounds, |_| list_alone(&copy)),
        "approval_alone": median(rounds, |_| approval_alone(&copy)),
        "first_alone": median(rounds, first),
    })
}

/// SQLite opens a ledger, adds the rows of an approval and closes it, without waiting for the disk.
fn approval_alone(file: &Path) {
    let connection = connect(file);
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    for statement in APPROVAL {
        assert_eq!(connection.execute(statement, []).unwrap(), 1);
    }
    connection.execute_batch("COMMIT").unwrap();
    connection.close().unwrap();
}

/// SQLite makes a ledger with these tables and indexes, and adds the rows of an approval.
fn first_alone(tables: &str, file: &Path) {
    File::create(file).unwrap();
    let connection = connect(file);
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    connection.execute_batch(tables).unwrap();
    connection.close().unwrap();
    approval_alone(file);
}

/// The statements that made a ledger.
fn tables_of(ledger: &Path) -> String {
    let connection = connect(ledger);
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let tables: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
    format!("BEGIN; {}; COMMIT", tables.join("; "))
}

/// The bytes of a list, which SQLite hands out row by row.
fn list_alone(file: &Path) -> usize {
    let connection = connect(file);
    let mut statement = connection.prepare(LIST).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut bytes = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            bytes += match row.get_ref(column).unwrap() {
                ValueRef::Text(text) | ValueRef::Blob(text) => text.len(),
                ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 8,
            };
        }
    }
    bytes
}

fn connect(file: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(file, flags).unwrap()
}

fn request_without_key(rounds: u32, folder: &Path) -> f64 {
    let audit = AuditDirectory::in_home(Some(folder));
    let times = (0..rounds.min(50)).map(|round| {
        let key = PrivateKey::generate().unwrap();
        let out = folder.join(format!("request-{round}"));
        let (time, ()) = timed(|| {
            let definition = Definition::parse(DEFINITION).unwrap();
            let id = RequestId::from_random(random_bytes().unwrap());
            let request = Request::create(&definition, key, id, now()).unwrap();
            request::store(&request, &out, false, &audit, now()).unwrap();
        });
        time
    });
    middle(times.collect())
}

fn init_without_key(rounds: u32, folder: &Path) -> f64 {
    let times = (0..rounds.min(50)).map(|round| {
        let key = PrivateKey::generate().unwrap();
        let directory: PathBuf = folder.join(format!("ca-{round}"));
        let ca = CreateCa {
            project: ProjectName::parse("hospital_federation").unwrap(),
            org: None,
            valid_days: 3650,
            deploy_version: DeployVersion::parse("00").unwrap(),
            profile: Path::new("project_profile.yaml"),
            directory: &directory,
            force: false,
        };
        timed(|| ca.create_with(|| Ok(key), now()).unwrap()).0
    });
    middle(times.collect())
}

/// The time for two signatures when every core makes them, over all cores.
fn two_signatures_on_all_cores(key: &PrivateKey, rounds: u32) -> f64 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let each = rounds * 5;
    let (time, ()) = timed(|| {
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    for _ in 0..each {
                        black_box(key.sign_certificate(&FILE).unwrap());
                        black_box(key.sign_content(&FILE).unwrap());
                    }
                });
            }
        });
    });
    time.as_secs_f64() * 1e6 / f64::from(each) / u32::try_from(cores).map_or(1.0, f64::from)
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T00:00:00Z").unwrap()
}

fn number_after(option: &str) -> Option<u32> {
    word_after(option)?.parse().ok()
}

fn word_after(option: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != option).nth(1)
}
