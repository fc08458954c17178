//! Many requests in one run, as a library.

use std::fs;
use std::path::{Path, PathBuf};

use flarekit::approval::{AdmittedRequest, SignedZipFolder};
use flarekit::audit::AuditDirectory;
use flarekit::bulk::{Bulk, How, Item, Looked, Sources};
use flarekit::ca::CertAuthority;
use flarekit::ca::ledger::{Ledger, LedgerView};
use flarekit::error::{Code, Error};
use tempfile::TempDir;

use crate::vectors::{PARTICIPANTS, ca, now, profile, read, request_zip};

const PROGRAM: &str = "flarekit-0.1.0";

/// What a run needs, and where it leaves something.
struct Place {
    directory: TempDir,
    ca: CertAuthority,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = read(&format!("{PROGRAM}/ca/rootCA.pem"));
        for folder in ["ca", "home", "in"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        fs::write(directory.path().join("ca/rootCA.pem"), root).unwrap();
        Self { directory, ca: ca(PROGRAM, "ca") }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// Puts a participant's request into a file.
    fn put(&self, file: &str, name: &str) {
        fs::write(self.path("in").join(file), request_zip(PROGRAM, name)).unwrap();
    }

    /// Looks the requests over: the names of those that could be signed, and why others could not.
    fn look(&self, paths: &[&str]) -> Vec<Result<String, Code>> {
        let mut seen = Vec::new();
        self.with(paths, |bulk, sources, ledger| {
            let mut report = |file: &Path, one: Result<Looked<'_>, &Error>| {
                assert_eq!(file, sources.get(seen.len()).unwrap().path());
                let name = |one: Looked<'_>| {
                    one.admitted.request().metadata().identity.name.as_str().to_owned()
                };
                seen.push(one.map(name).map_err(Error::code));
            };
            bulk.look(sources, ledger, &mut report).unwrap();
        });
        seen
    }

    fn run(
        &self,
        paths: &[&str],
        change: impl FnOnce(&mut Bulk<'_>),
    ) -> Vec<Result<(How, String), Code>> {
        let mut items: Vec<Item> = Vec::new();
        self.with(paths, |bulk, sources, ledger| {
            change(bulk);
            bulk.run(sources, ledger, &mut |item| items.push(item)).unwrap();
            let order: Vec<usize> = items.iter().map(|item| item.request).collect();
            assert_eq!(order, (0..sources.count()).collect::<Vec<_>>());
        });
        let short = |item: Item| {
            item.outcome.map(|done| (done.how, done.serial)).map_err(|error| error.code())
        };
        items.into_iter().map(short).collect()
    }

    fn with(&self, paths: &[&str], work: impl FnOnce(&mut Bulk<'_>, &Sources, &mut Ledger)) {
        let folder = SignedZipFolder::open(&self.path("out"), false).unwrap();
        let audit = AuditDirectory::in_home(Some(&self.path("home")));
        let opened = Ledger::open(&self.path("ca"), self.ca.fingerprint(), &audit, now());
        let profile = profile();
        let mut bulk = Bulk {
            ca: &self.ca,
            profile: &profile,
            folder: &folder,
            records: &audit.approval_records(),
            judge: &|_| Ok(30),
            expected: None,
            shown: None,
            replace: false,
            processors: 2,
            now: now(),
        };
        let paths: Vec<PathBuf> = paths.iter().map(|path| self.path(path)).collect();
        work(&mut bulk, &Sources::find(&paths).unwrap(), &mut opened.unwrap().0);
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn hows(outcomes: &[Result<(How, String), Code>]) -> Vec<Result<How, Code>> {
    outcomes.iter().map(|one| one.as_ref().map(|(how, _)| *how).map_err(|code| *code)).collect()
}

#[test]
fn a_file_whose_name_is_no_text_is_not_passed_over() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff.request.zip");
    fs::write(place.path("in").join(name), request_zip(PROGRAM, "hospital-a")).unwrap();
    assert_eq!(hows(&place.run(&["in"], |_| {})), [Ok(How::Now)]);
}

#[test]
fn a_bad_request_holds_nobody_up_and_a_second_run_issues_nothing() {
    let place = Place::new();
    for (name, _, _) in PARTICIPANTS {
        place.put(&format!("{name}.request.zip"), name);
    }
    fs::write(place.path("in/b.request.zip"), "no zip").unwrap();
    fs::write(place.path("in/notes.txt"), "no request").unwrap();
    let inputs = ["in", "in/hospital-a.request.zip", "in/gone.zip", "home"];
    let seen = place.look(&inputs);
    assert_eq!(seen.iter().filter(|one| one.is_ok()).count(), 6, "{seen:?}");
    assert_eq!((&seen[1], place.names("out").len()), (&Err(Code::InvalidArgs), 0));

    let first = place.run(&inputs, |_| {});
    // Sorted: alice, the one that is no zip, bob, carol, hospital-a, server1.
    let now = Ok(How::Now);
    let bad = Err(Code::InvalidArgs);
    let missing = Err(Code::RequestZipNotFound);
    let expected = [now, bad, now, now, now, now, Ok(How::Before), missing, missing];
    assert_eq!(hows(&first), expected);
    assert_eq!(place.names("out").len(), PARTICIPANTS.len());
    assert_eq!(place.names("home/.nvflare/cert_approves").len(), PARTICIPANTS.len());

    // One zip did not appear, as after a kill.
    fs::remove_file(place.path("out/hospital-a.signed.zip")).unwrap();
    let second = place.run(&inputs, |bulk| bulk.replace = true);
    let before = Ok(How::Before);
    let expected = [before, bad, before, before, Ok(How::Again), before, before, missing, missing];
    assert_eq!(hows(&second), expected);
    let serials = |outcomes: &[Result<(How, String), Code>]| -> Vec<String> {
        outcomes.iter().flatten().map(|(_, serial)| serial.clone()).collect()
    };
    assert_eq!(serials(&first), serials(&second));
    let verified = LedgerView::open(&place.path("ca")).unwrap().verify().unwrap();
    assert_eq!((verified.entries, verified.signed), (5, 5));
    // The server is alone in its wave, and the request that stands twice is not in one with itself.
    assert_eq!(verified.checkpoints, 2);
}

fn denied(_: &AdmittedRequest) -> Result<u32, Error> {
    Err(Error::new(Code::NameReserved, "not this one"))
}

#[test]
fn nothing_is_made_where_nothing_is_approved() {
    let place = Place::new();
    place.put("a.request.zip", "hospital-a");
    let outcomes = place.run(&["in"], |bulk| bulk.judge = &denied);
    assert_eq!(hows(&outcomes), [Err(Code::NameReserved)]);
    assert_eq!(place.names("ca"), ["rootCA.pem"]);
    assert_eq!(place.names("home"), [""; 0]);
    assert!(!place.path("out").exists());
}

#[test]
fn another_file_in_the_place_of_a_zip_stays() {
    let place = Place::new();
    place.put("a.request.zip", "hospital-a");
    fs::create_dir(place.path("out")).unwrap();
    fs::write(place.path("out/hospital-a.signed.zip"), "mine").unwrap();
    assert_eq!(hows(&place.run(&["in"], |_| {})), [Err(Code::CertAlreadyExists)]);
    assert_eq!(fs::read(place.path("out/hospital-a.signed.zip")).unwrap(), b"mine");
    // It was refused before anything was issued.
    assert_eq!(place.names("ca"), ["rootCA.pem"]);
}
