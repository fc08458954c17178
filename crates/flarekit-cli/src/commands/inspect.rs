//! `inspect`: what a file or folder is, and what of it is verified.

use flarekit::error::Error;
use flarekit::inspect;
use flarekit::verify::{Check, Checks, Outcome};
use serde_json::Value;

use crate::cli::InspectArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Shows a file or folder.
pub fn run(args: &InspectArgs, env: &Environment) -> Result<Report, Error> {
    let found = inspect::inspect(&args.path, env.now)?;
    let mut report = Report::default();
    report.field("artifact", found.artifact);
    report.fields.extend(found.facts);
    report.list("verified", sentences(&found.checks, &[Outcome::Ok]));
    report.list("not_verified", sentences(&found.checks, &[Outcome::Skipped]));
    report.list("problems", sentences(&found.checks, &[Outcome::Failed, Outcome::Warning]));
    Ok(report)
}

fn sentences(checks: &Checks, outcomes: &[Outcome]) -> Vec<Value> {
    let wanted = |check: &&Check| outcomes.contains(&check.outcome);
    let sentence = |check: &Check| format!("{}: {}", check.name, check.message).into();
    checks.all().iter().filter(wanted).map(sentence).collect()
}
