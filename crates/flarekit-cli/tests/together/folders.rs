//! Several who make the same folder: one is first, and nothing of the others is in it.

use crate::common::{INIT, Machine, Sandbox};
use crate::{approve, assert_no_leftovers, at_once, count};

/// How many try.
const RIVALS: usize = 20;

#[test]
fn init_against_init() {
    let sandbox = Sandbox::new();
    for existing in [false, true] {
        let m = sandbox.seeded(if existing { "existing" } else { "new" });
        if existing {
            m.write("ca/notes.txt", "mine");
        }
        let outcomes = at_once(&m, &vec![INIT.to_owned(); RIVALS]);
        assert_one_won(&outcomes, "CA_ALREADY_EXISTS");
        let mut expected = vec!["ca.json", "rootCA.key", "rootCA.pem"];
        if existing {
            expected.insert(1, "notes.txt");
        }
        assert_eq!(m.names("ca"), expected);
        // Certificate, key and metadata are of one run.
        m.approve("hospital-a.yaml", "hospital-a");
        assert_no_leftovers(&m);
    }
}

#[test]
fn request_against_request() {
    let sandbox = Sandbox::new();
    for existing in [false, true] {
        let m = sandbox.seeded(if existing { "existing" } else { "new" });
        m.init();
        if existing {
            m.write("hospital-a/notes.txt", "mine");
        }
        let outcomes = at_once(&m, &vec!["cert request -p hospital-a.yaml".to_owned(); RIVALS]);
        assert_one_won(&outcomes, "CERT_ALREADY_EXISTS");
        assert_whole(&m, 1);
    }
}

/// With `--force` the CA of another deploy version is replaced, and kept; one of the same is not.
#[test]
fn init_after_init() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let versions = ["00", "01", "00", "01"];
    let line = |version| {
        format!("cert init --profile project_profile.yaml -o ca --deploy-version {version} --force")
    };
    let outcomes = at_once(&m, &versions.map(line));
    let won = count(&outcomes, "OK");
    assert!(won >= 2, "{outcomes:?}");
    assert_eq!(count(&outcomes, "CA_VERSION_ALREADY_EXISTS"), versions.len() - won, "{outcomes:?}");
    assert_eq!(m.names("ca/.bak").len(), won - 1);
    m.approve("hospital-a.yaml", "hospital-a");
    assert_no_leftovers(&m);
}

/// With `--force` each replaces a whole request, and keeps it.
#[test]
fn request_after_request() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let line = "cert request -p hospital-a.yaml --force";
    let outcomes = at_once(&m, &vec![line.to_owned(); RIVALS]);
    assert_eq!(count(&outcomes, "OK"), RIVALS, "{outcomes:?}");
    assert_eq!(m.names("hospital-a/.bak").len(), RIVALS - 1);
    assert_whole(&m, RIVALS);
}

/// The request leads to a kit, and there are this many records, of whoever was successful.
fn assert_whole(m: &Machine, records: usize) {
    assert_eq!(std::fs::read_dir(m.home.join(".nvflare/cert_requests")).unwrap().count(), records);
    m.ok(&approve("hospital-a"));
    m.ok("package hospital-a/hospital-a.signed.zip");
    assert_no_leftovers(m);
}

fn assert_one_won(outcomes: &[String], others: &str) {
    assert_eq!(count(outcomes, "OK"), 1, "{outcomes:?}");
    assert_eq!(count(outcomes, others), outcomes.len() - 1, "{outcomes:?}");
}
