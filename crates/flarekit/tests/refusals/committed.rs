//! The vectors on disk are the generator's, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::thread;

use flarekit::error::Code;

use crate::case::{AREAS, Case, place};
use crate::generate::ALL;
use crate::replay::complaint;

/// The whole list must be at least this long.
const AT_LEAST: usize = 300;

#[test]
fn vectors_are_those_of_the_generator() {
    let cases = &*ALL;
    let names: BTreeSet<String> = cases.iter().map(Case::id).collect();
    let mut seen = BTreeSet::new();
    let twice: Vec<String> =
        cases.iter().map(Case::id).filter(|id| !seen.insert(id.clone())).collect();
    assert_eq!(twice, [""; 0], "two vectors have one name");
    assert!(cases.len() >= AT_LEAST, "{}", cases.len());
    // One test regenerates, so that no other reads what is half written.
    if std::env::var_os("FLAREKIT_REGENERATE").is_some() {
        cases.iter().for_each(regenerate);
        for id in committed().difference(&names) {
            fs::remove_dir_all(place(id)).unwrap();
        }
    }
    assert_eq!(committed(), names, "run this test with FLAREKIT_REGENERATE=1");
    for case in cases {
        let id = case.id();
        assert!(read(&place(&id)) == case.folder(), "{id}: run with FLAREKIT_REGENERATE=1");
    }
}

#[test]
fn every_vector_is_refused_and_nothing_is_written() {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let check = |cases: &[Case]| -> Vec<String> {
        cases.iter().filter_map(|c| Some(format!("{}: {}", c.id(), complaint(c)?))).collect()
    };
    let complaints: Vec<String> = thread::scope(|scope| {
        let shares = ALL.chunks(ALL.len().div_ceil(threads));
        let running: Vec<_> = shares.map(|share| scope.spawn(move || check(share))).collect();
        running.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{}\n{} complaints", complaints.join("\n"), complaints.len());
}

/// No input may reach the code that means a defect of ours, and each area has its share.
#[test]
fn vectors_are_spread_over_all_areas() {
    let cases = &*ALL;
    for area in AREAS {
        let count = cases.iter().filter(|case| case.area == area).count();
        assert!(count >= 20, "{area} has {count}");
    }
    assert!(cases.iter().all(|case| case.refusal.0 != Code::InternalError));
}

/// Writes a vector whose content has changed.
fn regenerate(case: &Case) {
    let folder = place(&case.id());
    if folder.exists() {
        if read(&folder) == case.folder() {
            return;
        }
        fs::remove_dir_all(&folder).unwrap();
    }
    for (path, bytes) in case.folder() {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

/// The vectors that are on disk, as `<area>/<name>`.
fn committed() -> BTreeSet<String> {
    let folders = AREAS.iter().filter_map(|area| Some((area, fs::read_dir(place(area)).ok()?)));
    folders
        .flat_map(|(area, folder)| {
            folder.map(move |entry| {
                format!("{area}/{}", entry.unwrap().file_name().into_string().unwrap())
            })
        })
        .collect()
}

fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}
