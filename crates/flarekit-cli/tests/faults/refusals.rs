//! The system refuses one change of the disk: the command fails and leaves everything as it was, or
//! does without.

use std::path::{Path, PathBuf};

use crate::common::disk::{Disk, changes};
use crate::scenarios::{Scenario, outcome};
use crate::{Point, Stage, is_unfinished};

/// What remembers every approval.
const LEDGER: &str = "ledger.db";

/// Refusals, and whether each lasts from there on.
pub const REFUSALS: [&str; 5] = ["ENOSPC", "EROFS", "EACCES", "EIO", "ENOSPC+"];

fn refused(scenario: &Scenario, refusal: &str) -> Vec<String> {
    let stage = Stage::new(scenario);
    let points = stage.points(scenario);
    let mut wrong = Vec::new();
    for point in &points {
        stage.restore();
        let (errno, lasting) = refusal.strip_suffix('+').map_or((refusal, ""), |e| (e, "+"));
        let fault = format!("{errno}:{}{lasting}", point.number);
        let output = stage.run(scenario.line, &[("FLAREKIT_TEST_FAULT", &fault)]);
        let after = stage.now();
        let outcome = outcome(scenario.line, &output);
        let found = match outcome.as_str() {
            "OK" => (scenario.whole)(&stage).err(),
            "OUTPUT_DIR_NOT_WRITABLE" => left(point, &stage.before, &after)
                .or_else(|| remembered(&after, &stage).and_then(|()| again(scenario, &stage))),
            other => Some(format!("says {other}")),
        };
        let Point { number, change, path, .. } = point;
        wrong.extend(found.map(|what| {
            format!("{}, {fault}: {number} ({change} {}): {what}", scenario.name, path.display())
        }));
    }
    wrong
}

/// What has changed although the command failed. If it was removing that failed, what is unfinished
/// may be left; the next run sweeps it.
fn left(point: &Point, before: &Disk, after: &Disk) -> Option<String> {
    let removing = point.change.starts_with("Remove");
    let mut changed: Vec<PathBuf> = changes(before, after);
    changed.retain(|path| !(path.ends_with(LEDGER) || removing && is_unfinished(path)));
    (!changed.is_empty()).then(|| format!("changed {changed:?}"))
}

/// Whether the ledger knows of an approval whose zip could not get its name: an entry is durable
/// before the zip appears (D5).
fn remembered(after: &Disk, stage: &Stage) -> Option<()> {
    let ledger = Path::new("work/ca").join(LEDGER);
    (after.get(&ledger) != stage.before.get(&ledger)).then_some(())
}

/// Then the same command gives the zip.
fn again(scenario: &Scenario, stage: &Stage) -> Option<String> {
    let outcome = outcome(scenario.line, &stage.run(scenario.line, &[]));
    if outcome == "OK" { (scenario.whole)(stage).err() } else { Some(format!("then {outcome}")) }
}

fn every_refusal(scenario: &Scenario) {
    let wrong: Vec<String> =
        REFUSALS.iter().flat_map(|refusal| refused(scenario, refusal)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    interrupted(scenario);
}

/// A signal that interrupts a call is no refusal: the call is made again.
fn interrupted(scenario: &Scenario) {
    let stage = Stage::new(scenario);
    for point in &stage.points(scenario) {
        stage.restore();
        let fault = format!("EINTR:{}", point.number);
        let output = stage.run(scenario.line, &[("FLAREKIT_TEST_FAULT", &fault)]);
        assert_eq!(outcome(scenario.line, &output), "OK", "{}, {fault}", scenario.name);
    }
}

crate::each_scenario!(every_refusal);
