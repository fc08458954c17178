//! The review of many requests: a table of what would be signed, and one question.

use std::path::Path;

use flarekit::bulk::{Bulk, Looked, Shown, Sources};
use flarekit::ca::ledger::{Ledger, Standing};
use flarekit::error::{Code, Error, WarningCode};

use super::outcome::Warned;
use crate::output::{self, table};
use crate::question;

const HEADS: [&str; 7] =
    ["NAME", "TYPE", "ORG", "DAYS", "SUBJECT ALT NAMES", "REQUEST DIGEST", "BEFORE"];

/// Shows the requests and asks once. While the user thinks, nobody waits for the ledger; what was
/// shown is handed back, to be compared when it is open again.
pub fn ask(bulk: &Bulk<'_>, sources: &Sources, mut ledger: Ledger) -> Result<Shown, Error> {
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let mut warned = Warned::default();
    let shown = bulk.look(sources, &mut ledger, &mut |file, looked| match looked {
        Ok(looked) => {
            rows.push(row(&looked));
            warn(&mut warned, &looked);
        }
        Err(error) => refused.push(refusal(file, error)),
    })?;
    drop(ledger);
    if rows.is_empty() {
        // There is nothing to ask. The run reports each refusal, and signs nothing that was not shown.
        return Ok(shown);
    }
    let mut text = table::text(&HEADS, &rows);
    if !refused.is_empty() {
        text.push_str("\nThese would be refused:\n");
        text.push_str(&table::text(&["REQUEST", "CODE", "REASON"], &refused));
    }
    for warning in warned.list() {
        text.push_str(&format!("\nWarning: {}\n", output::one_line(&warning.message)));
    }
    output::preview(&text);
    let question = match rows.len() {
        1 => "Sign this one?".to_owned(),
        count => format!("Sign these {count}?"),
    };
    if question::yes(&question)? {
        return Ok(shown);
    }
    let message = format!("none of {} requests was approved", sources.count());
    Err(Error::new(Code::ReviewDeclined, message))
}

fn row(looked: &Looked<'_>) -> Vec<String> {
    let Looked { admitted, days, standing } = looked;
    let request = admitted.request();
    let identity = &request.metadata().identity;
    let names: Vec<String> = admitted.alt_names().iter().map(ToString::to_string).collect();
    vec![
        identity.name.as_str().to_owned(),
        identity.cert_type.as_str().to_owned(),
        identity.org.as_str().to_owned(),
        days.to_string(),
        names.join(", "),
        request.zip_sha256().spoken().to_string(),
        before(standing, identity.name.as_str()),
    ]
}

/// Takes down what the row does not say itself.
fn warn(warned: &mut Warned, looked: &Looked<'_>) {
    let Looked { admitted, standing, .. } = looked;
    let name = admitted.request().metadata().identity.name.as_str();
    let in_row = [WarningCode::AlreadyApproved, WarningCode::CertificateReplaced];
    let warnings = admitted.warnings().iter().chain(standing.warnings());
    warnings
        .filter(|warning| !in_row.contains(&warning.code))
        .for_each(|warning| warned.add(name, warning));
}

/// What the name has already, and what becomes of it.
fn before(standing: &Standing, name: &str) -> String {
    if let Some(serial) = standing.sends_again() {
        return format!("sent again: {serial}");
    }
    let renewed = standing.renews().map(|renewed| renewed.serial());
    let mut said: Vec<String> =
        renewed.map(|serial| format!("renews {serial}")).into_iter().collect();
    for entry in standing.replaces() {
        let serial = entry.record.serial.as_deref();
        if renewed.is_some() && serial == renewed {
            continue;
        }
        let whose = match entry.record.name.as_str() {
            other if other != name => format!(" of {other}"),
            _ => String::new(),
        };
        let end = entry.record.not_after.map(|end| format!(", valid until {end}"));
        let serial = serial.unwrap_or("a certificate");
        said.push(format!("replaces {serial}{whose}{}", end.unwrap_or_default()));
    }
    if let (true, Some(latest)) = (said.is_empty(), standing.latest()) {
        let serial = latest.entry.record.serial.as_deref().unwrap_or_default();
        said.push(format!("{} {serial}", latest.state.as_str()));
    }
    if said.is_empty() { "nothing".to_owned() } else { said.join("; ") }
}

fn refusal(file: &Path, error: &Error) -> Vec<String> {
    vec![file.display().to_string(), error.code().as_str().to_owned(), error.message().to_owned()]
}
