//! What a command cannot do without, measured in one process: the RSA operations, a durable write,
//! and everything in `cert request` and `cert init` but the generation of their key.
//!
//! `bench/run` runs it and divides by its answer, one JSON object with medians in microseconds.

#![expect(clippy::unwrap_used, reason = "a measurement may stop")]

use std::fs::File;
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
use serde_json::{Map, Value, json};

const DEFINITION: &[u8] = b"name: hospital_federation\nparticipants:\n- name: hospital-a\n  type: \
                            client\n  org: hospital_alpha\n";
/// About the size of a signed zip.
const FILE: [u8; 4096] = [b'x'; 4096];

fn main() {
    let rounds = number_after("--rounds").unwrap_or(200);
    let folder = tempfile::tempdir_in(env::temp_dir()).unwrap();
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
    let mut arguments = env::args().skip_while(|argument| argument != option);
    arguments.nth(1)?.parse().ok()
}
