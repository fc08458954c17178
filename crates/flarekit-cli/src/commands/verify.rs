//! `verify`: whether a startup kit will work, or a zip can be believed.

use std::path::Path;
use std::time::Duration;

use flarekit::error::{Code, Error, Reason};
use flarekit::files;
use flarekit::inspect::{Verifiable, inspect_zip};
use flarekit::pki::{CRL_LIMIT, Crl};
use flarekit::verify::{Check, Checks, Outcome, check_kit, read_revocation_list};
use serde_json::{Map, Value, json};

use super::root_trust;
use crate::cli::VerifyArgs;
use crate::environment::Environment;
use crate::error::Failure;
use crate::output::Report;

/// Makes every check that can be made, and fails if one of them did.
pub fn run(args: &VerifyArgs, env: &Environment) -> Result<Report, Failure> {
    match Verifiable::at(&args.path)? {
        Verifiable::Kit => kit(args, env),
        Verifiable::Zip(bytes) => zip(&bytes, args, env),
    }
}

fn kit(args: &VerifyArgs, env: &Environment) -> Result<Report, Failure> {
    let trust = root_trust(args.fingerprint.as_deref())?;
    let list = args.crl.as_deref().map(read_list).transpose()?;
    let mut kit = check_kit(&args.path, trust, env.now)?;
    if let Some(list) = list {
        kit.check_revocation(&list, env.now);
    }
    let timeout = args.connect.then(|| Duration::from_secs(args.timeout.into()));
    kit.connect(timeout, env.now);
    let report = describe("startup kit", kit.facts, &kit.checks);
    match refusal(&kit.checks) {
        Some(error) => Err(Failure { error, usage: None, report: Some(Box::new(report)) }),
        None => Ok(report),
    }
}

fn read_list(path: &Path) -> Result<Crl, Error> {
    let file = files::read_named(path, CRL_LIMIT).map_err(|error| error.code(Code::InvalidArgs));
    let place = path.display().to_string();
    file.and_then(|file| read_revocation_list(&file.bytes, &place))
        .map_err(|error| error.within("--crl"))
}

fn zip(bytes: &[u8], args: &VerifyArgs, env: &Environment) -> Result<Report, Failure> {
    if args.connect {
        let message = "--connect needs a startup kit: a zip holds no private key to connect with";
        return Err(Error::because(Code::InvalidArgs, Reason::Usage, message).into());
    }
    if args.crl.is_some() {
        let message = "--crl needs a startup kit: its certificate is looked for on the list";
        return Err(Error::because(Code::InvalidArgs, Reason::Usage, message).into());
    }
    let trust = root_trust(args.fingerprint.as_deref())?;
    let place = args.path.display().to_string();
    let (found, refused) = inspect_zip(bytes, &place, trust, env.now)?;
    let report = describe(found.artifact, found.facts, &found.checks);
    match refused {
        Some(error) => Err(Failure { error, usage: None, report: Some(Box::new(report)) }),
        None => Ok(report),
    }
}

fn describe(artifact: &str, facts: Map<String, Value>, checks: &Checks) -> Report {
    let mut report = Report::default();
    report.field("artifact", artifact);
    report.fields.extend(facts);
    report.list("checks", checks.all().iter().map(check).collect());
    report
}

fn check(check: &Check) -> Value {
    json!({
        "outcome": check.outcome.as_str(),
        "check": check.name,
        "reason": check.reason.map(Reason::as_str),
        "message": check.message,
    })
}

/// The error for the checks that failed: the first says what to do.
fn refusal(checks: &Checks) -> Option<Error> {
    let first = checks.with(Outcome::Failed).next()?;
    let message = match checks.with(Outcome::Failed).count() {
        1 => format!("the check '{}' failed: {}", first.name, first.message),
        count => {
            format!("{count} checks failed ({}); the first: {}", counted(checks), first.message)
        }
    };
    Some(match first.reason {
        Some(reason) => Error::because(Code::VerifyFailed, reason, message),
        None => Error::new(Code::VerifyFailed, message),
    })
}

/// The names of the checks that failed, each once: `modes 11 times, root`.
fn counted(checks: &Checks) -> String {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for check in checks.with(Outcome::Failed) {
        match names.iter_mut().find(|(name, _)| *name == check.name) {
            Some((_, count)) => *count += 1,
            None => names.push((check.name, 1)),
        }
    }
    let times = |(name, count): &(&str, usize)| match count {
        1 => (*name).to_owned(),
        count => format!("{name} {count} times"),
    };
    names.iter().map(times).collect::<Vec<_>>().join(", ")
}
