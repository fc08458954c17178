//! Runs over many requests, at once and killed.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

use crate::common::{Machine, Sandbox, envelope, text_of, words};
use crate::{assert_no_leftovers, at_once, names, request_all, start};

/// A directory with many request zips of the project `hospital_federation`, such as
/// `bench/requests.py` makes: then they are taken instead of a few that the test makes itself.
const REQUESTS: &str = "FLAREKIT_TEST_REQUESTS";
const FEW: usize = 24;
/// Requests of each of two approvers who are killed, and how often one of them is.
const EACH: usize = 1000;
const KILLS: usize = 40;
/// The longest time until the next kill, in milliseconds.
const PAUSE: u64 = 500;

/// A machine with a CA and a directory of requests; how many there are.
fn prepare(sandbox: &Sandbox) -> (Machine, usize) {
    let m = sandbox.seeded("m");
    m.init();
    fs::create_dir(m.path("requests")).unwrap();
    let put = |zip: PathBuf| fs::copy(&zip, m.path("requests").join(zip.file_name().unwrap()));
    if let Some(folder) = std::env::var_os(REQUESTS) {
        for zip in fs::read_dir(folder).unwrap() {
            put(zip.unwrap().path()).unwrap();
        }
        let count = m.names("requests").len();
        return (m, count);
    }
    let names = names(FEW);
    request_all(&m, &names);
    for name in &names {
        put(m.path(format!("{name}/{name}.request.zip"))).unwrap();
    }
    (m, FEW)
}

fn approve(out: &str) -> String {
    format!("cert approve requests --out-dir {out} -c ca --profile project_profile.yaml")
}

/// Every request has one entry with a serial of its own, the ledger holds, and nothing is left.
fn assert_issued_once(m: &Machine, count: usize) {
    assert_eq!(m.ok("audit verify -c ca")["signed_entries"], count);
    let data = m.ok("audit export -c ca");
    let entries = data["entries"].as_array().unwrap();
    for key in ["name", "serial"] {
        let found: BTreeSet<String> = entries.iter().map(|entry| text_of(entry, key)).collect();
        assert_eq!((found.len(), entries.len()), (count, count), "{key}");
    }
    assert_eq!(m.names("ca"), ["ca.json", "ledger.db", "rootCA.key", "rootCA.pem"]);
    assert_no_leftovers(m);
}

#[test]
fn two_runs_over_the_same_requests_issue_every_serial_once() {
    let sandbox = Sandbox::in_memory();
    let (m, count) = prepare(&sandbox);
    let outcomes = at_once(&m, &[approve("one"), approve("two")]);
    assert_eq!(outcomes, ["OK", "OK"]);
    assert_issued_once(&m, count);
    for zip in m.names("one") {
        assert_eq!(m.read(&format!("one/{zip}")), m.read(&format!("two/{zip}")), "{zip}");
    }
    assert_eq!((m.names("one").len(), m.names("two").len()), (count, count));
}

#[test]
fn two_runs_into_one_directory_are_both_through() {
    let sandbox = Sandbox::in_memory();
    let (m, count) = prepare(&sandbox);
    let running = [start(&m, &approve("out")), start(&m, &approve("out"))];
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert_eq!(m.names("out").len(), count);
    assert_issued_once(&m, count);
}

/// Killed at some moment, again and again; the last run finds what it needs.
#[test]
fn a_killed_run_is_typed_again() {
    let sandbox = Sandbox::in_memory();
    let (m, count) = prepare(&sandbox);
    for after in [5, 20, 40, 60, 80, 100, 120, 150, 200, 300] {
        let mut run = start(&m, &approve("out"));
        std::thread::sleep(Duration::from_millis(after));
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let done = m.ok(&approve("out"));
    assert_eq!((&done["requests"], &done["refused"]), (&count.into(), &0.into()));
    assert_eq!(m.names("out").len(), count);
    assert_issued_once(&m, count);
    let again = m.ok(&approve("out"));
    assert_eq!(again["already_approved"], count);
}

/// Two approvers with one CA directory: each has its own requests, and some that the other has, too.
/// Now one and now the other is killed at a random moment and begins again.
#[test]
#[ignore = "needs 2,000 request zips, with which scripts/test runs it"]
fn two_approvers_are_killed_at_random_times() {
    let folder = std::env::var_os(REQUESTS).expect("no FLAREKIT_TEST_REQUESTS names a directory");
    let mut zips: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    zips.retain(|path| path.to_string_lossy().ends_with(".request.zip"));
    zips.sort();
    let shared = EACH / 10;
    let total = 2 * EACH - shared;
    assert!(zips.len() >= total, "{total} requests are needed");
    let sandbox = Sandbox::in_memory();
    let m = sandbox.seeded("m");
    m.init();
    let own = [&zips[..EACH], &zips[EACH - shared..total]];
    for (approver, zips) in ["one", "two"].iter().zip(own) {
        let folder = m.path(format!("requests-{approver}"));
        fs::create_dir(&folder).unwrap();
        for zip in zips {
            fs::copy(zip, folder.join(zip.file_name().unwrap())).unwrap();
        }
    }
    let lines = ["one", "two"].map(|approver| {
        format!(
            "cert approve requests-{approver} --out-dir {approver} -c ca \
             --profile project_profile.yaml"
        )
    });
    // Hashers are made with random keys.
    let random = || RandomState::new().build_hasher().finish();

    let mut running = lines.clone().map(|line| start(&m, &line));
    let mut kills = [0; 2];
    for _ in 0..KILLS {
        std::thread::sleep(Duration::from_millis(random() % PAUSE));
        let at = usize::from(random() % 2 == 0);
        // One that is through waits for somebody to read its answer.
        running[at].kill().unwrap();
        running[at].wait().unwrap();
        kills[at] += 1;
        running[at] = start(&m, &lines[at]);
    }
    let mut before = 0;
    for (line, child) in lines.iter().zip(running) {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let data = envelope(line, &output)["data"].clone();
        assert_eq!((&data["requests"], &data["refused"]), (&EACH.into(), &0.into()));
        before += data["already_approved"].as_u64().unwrap();
    }
    println!("killed {kills:?} times; the last runs found {before} of {} done", 2 * EACH);
    assert_issued_once(&m, total);
    for approver in ["one", "two"] {
        assert_eq!(m.names(approver).len(), EACH);
    }
    for zip in &zips[EACH - shared..EACH] {
        let zip = zip.file_name().unwrap().to_str().unwrap().replace(".request.", ".signed.");
        assert_eq!(m.read(&format!("one/{zip}")), m.read(&format!("two/{zip}")), "{zip}");
    }
}

/// A process may often have 256 files open, and here fewer than the files of all requests.
#[test]
fn few_files_may_be_open() {
    let sandbox = Sandbox::in_memory();
    let (m, count) = prepare(&sandbox);
    // On one processor, where that can be said: each has files open, too.
    let shell = r#"
ulimit -n "$0"
one=$(taskset -pc $$ 2>/dev/null | sed 's/.*: *//; s/[-,].*//')
exec ${one:+taskset -c "$one"} "$@" --format json
"#;
    let mut command = m.program("/bin/sh");
    command
        .args(["-c", shell, &(2 * FEW).to_string()])
        .arg(assert_cmd::cargo::cargo_bin("flarekit"));
    let output = command.args(words(&approve("out"))).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_issued_once(&m, count);
}
