//! Power failures: nothing gets its name before its content is durable, and the names of what was
//! finished are durable before the command says so.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::scenarios::{ALL, Scenario};
use crate::{Point, Stage, is_unfinished};

/// Follows the changes and says what a power failure would tear.
fn torn(points: &[Point]) -> Vec<String> {
    let mut unsynced: BTreeSet<PathBuf> = BTreeSet::new();
    let mut names: BTreeSet<PathBuf> = BTreeSet::new();
    let mut directories: BTreeSet<PathBuf> = BTreeSet::new();
    let mut wrong = Vec::new();
    for point in points {
        let path = point.path.clone();
        match point.change.as_str() {
            "MakeDir" => {
                directories.insert(path.clone());
                names.insert(path);
            }
            // A directory's mode is not content.
            "SetMode" if directories.contains(&path) => {}
            "Create" | "Write" | "SetMode" => drop(unsynced.insert(path)),
            "Sync" => {
                unsynced.remove(&path);
                names.retain(|name| name.parent() != Some(&path));
            }
            "Rename" => {
                let inside = unsynced.iter().filter(|file| file.starts_with(&point.from));
                wrong.extend(inside.map(|file| {
                    format!("{} gets its name before {} is durable", path.display(), file.display())
                }));
                names.insert(path);
            }
            "Link" | "Remove" | "RemoveTree" => {}
            other => panic!("an unknown change: {other}"),
        }
    }
    let visible = names.iter().filter(|name| !is_unfinished(name));
    wrong.extend(visible.map(|name| format!("the name {} is not durable", name.display())));
    wrong
}

fn check(scenario: &Scenario) {
    let stage = Stage::new(scenario);
    let wrong = torn(&stage.points(scenario));
    assert!(wrong.is_empty(), "{}: {}", scenario.name, wrong.join("\n"));
}

#[test]
fn content_before_names_and_names_before_the_answer() {
    ALL.iter().for_each(check);
}

/// A run that was killed may have given a name that is not durable: the next one answers for it.
#[test]
fn a_name_that_was_there_is_durable_before_the_answer() {
    let scenario = ALL.iter().find(|scenario| scenario.name == "approve many").unwrap();
    let stage = Stage::new(scenario);
    assert!(stage.run(scenario.line, &[]).status.success());
    let trace = stage.root.with_file_name("trace");
    let output = stage.run(scenario.line, &[("FLAREKIT_TEST_TRACE", trace.to_str().unwrap())]);
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&trace).unwrap();
    let out = format!("Sync\t{}", stage.root.join("work/out").display());
    assert!(text.lines().any(|line| line == out), "{text}");
}

#[test]
fn a_name_before_its_content_would_be_noticed() {
    let point = |change: &str, from: &str, path: &str| Point {
        number: 1,
        change: change.to_owned(),
        from: from.into(),
        path: path.into(),
    };
    let (draft, file) = ("/w/.flarekit-0000000000000000", "/w/a");
    let written = || point("Write", draft, draft);
    let named = || point("Rename", draft, file);
    assert_eq!(torn(&[written(), named()]).len(), 2);
    let synced = point("Sync", draft, draft);
    let durable = point("Sync", "/w", "/w");
    assert_eq!(torn(&[written(), synced, named(), durable]), [""; 0]);
}
