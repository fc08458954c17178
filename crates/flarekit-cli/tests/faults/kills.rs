//! Killed at each change of the disk: what is there afterwards is whole, and a retry succeeds.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use crate::common::disk::{Disk, Entry};
use crate::scenarios::{Scenario, outcome, succeeds};
use crate::{Point, Stage, is_unfinished, misplaced_keys};

/// SIGKILL.
const KILLED: i32 = 9;

fn try_scenario(scenario: &Scenario) {
    let stage = Stage::new(scenario);
    let points = stage.points(scenario);
    let mut wrong = Vec::new();
    for point in &points {
        stage.restore();
        let fault = format!("kill:{}", point.number);
        let output = stage.run(scenario.line, &[("FLAREKIT_TEST_FAULT", &fault)]);
        assert_eq!(output.status.signal(), Some(KILLED), "{output:?}");
        let after = stage.now();
        let mut found = misplaced_keys(&after, true);
        found.extend(lost(&stage, &after));
        found.extend(stage.undone(|| retry(scenario, &stage)));
        found.extend((scenario.whole)(&stage).err());
        wrong.extend(found.into_iter().map(|what| describe(scenario, point, &what)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn describe(scenario: &Scenario, point: &Point, what: &str) -> String {
    let Point { number, change, path, .. } = point;
    format!("{}, killed at {number} ({change} {}): {what}", scenario.name, path.display())
}

/// What was there before is somewhere: in its place, replaced by the new, or in a backup.
fn lost(stage: &Stage, after: &Disk) -> Vec<String> {
    let contents: Vec<_> = after.values().collect();
    let gone = stage.before.iter().filter(|(_, entry)| !contents.contains(entry));
    // The record of an approval, of a kit, the signed zip and lists are replaced without a backup.
    let replaced = |path: &str| {
        let ends = [".signed.zip", "crl.pem", "crl.serials.txt"];
        path.contains("/.nvflare/")
            || path.contains("/state/")
            || ends.iter().any(|end| path.ends_with(end))
    };
    gone.map(|(path, _)| path.to_str().unwrap().to_owned())
        .filter(|path| !replaced(path))
        .map(|path| format!("{path} is lost"))
        .collect()
}

fn retry(scenario: &Scenario, stage: &Stage) -> Vec<String> {
    let output = stage.run(scenario.line, &[]);
    let outcome = outcome(scenario.line, &output);
    let mut found = Vec::new();
    if outcome != "OK" && outcome != scenario.already {
        found.push(format!("the retry says {outcome}"));
    }
    let after = stage.now();
    found.extend(misplaced_keys(&after, false));
    // The records of a request carry its id, so that no later run comes by that folder.
    let swept = |path: &&std::path::PathBuf| {
        is_unfinished(path) && !path.to_string_lossy().contains("/cert_requests/")
    };
    let left = after.keys().filter(swept).map(|path| format!("{} is left", path.display()));
    found.extend(left);
    found.extend(lost(stage, &after));
    found.extend((scenario.whole)(stage).err());
    found.into_iter().map(|what| format!("then, tried again: {what}")).collect()
}

/// Whatever the dead run left, the first command after it finishes it, though it only reads.
#[test]
fn who_only_looks_sees_one_ca() {
    try_scenario(&Scenario {
        name: "init in the place of a CA with a ledger",
        prepare: |m| {
            m.init();
            m.approve("hospital-a.yaml", "hospital-a");
        },
        line: "cert init --profile project_profile.yaml -o ca --deploy-version 01 --force",
        whole: |stage| succeeds(stage, "cert list -c ca"),
        already: "CA_VERSION_ALREADY_EXISTS",
    });
}

/// Killed at each change, and then the old CA is put back by hand: it stays, and the new one is kept.
#[test]
fn a_ca_that_is_put_back_by_hand_stays() {
    let scenario = Scenario {
        name: "init in the place of a CA, which is put back",
        prepare: |m| {
            m.init();
            m.approve("hospital-a.yaml", "hospital-a");
        },
        line: "cert init --profile project_profile.yaml -o ca --deploy-version 01 --force",
        whole: |stage| succeeds(stage, "audit verify -c ca"),
        already: "",
    };
    let stage = Stage::new(&scenario);
    let old = |disk: &Disk| -> Disk {
        let ours = disk.iter().filter(|(path, _)| path.parent() == Some("work/ca".as_ref()));
        ours.filter(|(_, entry)| matches!(entry, Entry::File(..)))
            .map(|(path, entry)| (path.clone(), entry.clone()))
            .collect()
    };
    let (mut unfinished, mut points) = (0, stage.points(&scenario));
    let begins = |point: &Point| point.change == "Rename" && point.path.ends_with("publishing");
    points.drain(..points.iter().position(begins).unwrap());
    for by_hand in ["mv -f", "cp -p", "cp"] {
        for point in &points {
            stage.restore();
            let fault = format!("kill:{}", point.number);
            stage.run(scenario.line, &[("FLAREKIT_TEST_FAULT", &fault)]);
            let now = stage.now();
            // The second one of that name says that all was done.
            let is_mark = |path: &PathBuf| {
                path.ends_with("publishing") && !path.ends_with("second/publishing")
            };
            let marked = now.keys().any(is_mark);
            if !marked || old(&now) == old(&stage.before) {
                continue;
            }
            unfinished += 1;
            let put_back = format!("{by_hand} ca/.bak/*/* ca/ 2> /dev/null");
            let work = stage.machine.path("");
            std::process::Command::new("sh")
                .args(["-c", &put_back])
                .current_dir(work)
                .status()
                .unwrap();
            let told = stage.run("cert list -c ca", &[]);
            let told = String::from_utf8_lossy(&told.stdout).into_owned();
            assert!(told.contains("FOLDER_UNFINISHED"), "{by_hand}, {fault}: {told}");
            (scenario.whole)(&stage).unwrap();
            assert_eq!(old(&stage.now()), old(&stage.before), "{by_hand}, {fault}");
            assert!(misplaced_keys(&stage.now(), false).is_empty(), "{by_hand}, {fault}");
        }
    }
    assert!(unfinished > 9, "{unfinished}");
}

crate::each_scenario!(try_scenario);
