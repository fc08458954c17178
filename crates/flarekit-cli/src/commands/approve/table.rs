//! The review of many requests: a table of what would be signed, and one question.

use std::collections::HashSet;

use flarekit::approval::AdmittedRequest;
use flarekit::bulk::{Bulk, Source};
use flarekit::digest::Digest;
use flarekit::error::{Code, Error};

use crate::output::{self, table};
use crate::question;

const HEADS: [&str; 6] = ["NAME", "TYPE", "ORG", "DAYS", "SUBJECT ALT NAMES", "REQUEST DIGEST"];

/// Shows the requests and asks once. Gives the digests of the request zips that were shown.
pub fn ask(bulk: &Bulk<'_>, sources: &[Source]) -> Result<HashSet<Digest>, Error> {
    let (mut shown, mut rows, mut refused) = (HashSet::new(), Vec::new(), Vec::new());
    bulk.look(sources, &mut |number, looked| {
        let judged = looked.map_err(Clone::clone).and_then(|admitted| {
            (bulk.judge)(admitted)
                .map(|days| (admitted.request().zip_sha256(), row(admitted, days)))
        });
        match judged {
            Ok((digest, row)) => {
                shown.insert(digest);
                rows.push(row);
            }
            Err(error) => refused.push(refusal(sources.get(number), &error)),
        }
    })?;
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&table::text(&HEADS, &rows));
    }
    if !refused.is_empty() {
        text.push_str("\nThese would be refused:\n");
        text.push_str(&table::text(&["REQUEST", "CODE", "REASON"], &refused));
    }
    output::preview(&text);
    let count = rows.len();
    if count > 0 && question::yes(&format!("Sign these {count}?"))? {
        return Ok(shown);
    }
    let why = if count > 0 { "was approved" } else { "could be approved" };
    Err(Error::new(Code::ReviewDeclined, format!("none of {} requests {why}", sources.len())))
}

fn row(admitted: &AdmittedRequest, days: u32) -> Vec<String> {
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
    ]
}

fn refusal(source: Option<&Source>, error: &Error) -> Vec<String> {
    let place = source.map(|source| source.path().display().to_string()).unwrap_or_default();
    vec![place, error.code().as_str().to_owned(), error.message().to_owned()]
}
