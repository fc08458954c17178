//! What is reported of one request among many.

use flarekit::approval::SignedZipFolder;
use flarekit::bulk::{Approved, How, Item};
use flarekit::error::{Error, Warning};
use serde_json::{Map, Value, json};

use crate::error;

/// So much of a message is kept of each request: what others wrote is quoted in it.
const SHOWN: usize = 500;

/// Its line in the table.
pub fn row(name: String, done: &Item) -> Vec<String> {
    let identity = done.identity.as_ref();
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    let (shown, last) = match &done.outcome {
        Ok(approved) => (result(approved.how).1, approved.serial.clone()),
        Err(error) => (error.code().as_str(), short(error.message())),
    };
    vec![
        name,
        text(identity.map(|identity| identity.cert_type.as_str())),
        text(identity.map(|identity| identity.org.as_str())),
        shown.to_owned(),
        last,
    ]
}

/// The same for programs: the request zip, who asks once that is proven, and what became of it.
pub fn data(done: &Item, folder: &SignedZipFolder) -> Value {
    let identity = done.identity.as_ref();
    let mut data = Map::new();
    data.insert("request_zip".to_owned(), done.file.display().to_string().into());
    if let Some(identity) = identity {
        data.insert("name".to_owned(), identity.name.as_str().into());
        data.insert("org".to_owned(), identity.org.as_str().into());
        data.insert("kind".to_owned(), identity.cert_type.kind().as_str().into());
        data.insert("cert_type".to_owned(), identity.cert_type.as_str().into());
    }
    data.extend(match &done.outcome {
        Ok(approved) => {
            let zip = identity.map(|identity| folder.place(&identity.name));
            approval(approved, zip.map(|place| place.path().display().to_string()))
        }
        Err(error) => refusal(error),
    });
    data.into()
}

/// The result's name in JSON, and in the table.
pub fn result(how: How) -> (&'static str, &'static str) {
    match how {
        How::Now => ("approved", "approved"),
        How::Again => ("sent_again", "sent again"),
        How::Before => ("already_approved", "already approved"),
    }
}

/// The fields of an approval.
fn approval(approved: &Approved, zip: Option<String>) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("result".to_owned(), result(approved.how).0.into());
    data.insert("serial".to_owned(), approved.serial.as_str().into());
    data.insert("valid_until".to_owned(), approved.not_after.to_string().into());
    data.insert("signed_zip".to_owned(), zip.into());
    let warning = |warning: &Warning| json!({"code": warning.code.as_str(), "message": short(&warning.message)});
    data.insert("warnings".to_owned(), approved.warnings.iter().map(warning).collect());
    data
}

/// The fields of a refusal.
fn refusal(error: &Error) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("result".to_owned(), "refused".into());
    data.insert("error_code".to_owned(), error.code().as_str().into());
    if let Some(reason) = error.reason() {
        data.insert("reason".to_owned(), reason.as_str().into());
    }
    data.insert("message".to_owned(), short(error.message()).into());
    data.insert("hint".to_owned(), error::hint(error).into());
    data
}

/// The beginning of a message.
pub fn short(message: &str) -> String {
    match message.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}
