//! `policy check`, and the policy of `cert approve`.

use std::path::Path;

use flarekit::approval::{AdmittedRequest, CandidateRequest, UnverifiedRequest};
use flarekit::bulk::{Source, Sources};
use flarekit::error::{Error, Reason};
use flarekit::policy::{Denial, Policy};
use flarekit::profile::ProjectProfile;
use serde_json::{Value, json};

use super::read_text_file;
use crate::cli::{PolicyCheckArgs, USUAL_DAYS};
use crate::output::{Answer, Report, one_line, table};

const HEADS: [&str; 6] = ["OUTCOME", "NAME", "TYPE", "ORG", "REQUEST DIGEST", "REQUEST"];
/// The exit status when not everything would be signed: neither success nor a failure to look.
const SOMETHING_IS_DENIED: u8 = 2;

/// Reads the policy that the user named.
pub fn read(path: &Path) -> Result<Policy, Error> {
    Policy::parse(&read_text_file(path)?, &path.display().to_string())
}

/// For how many days to sign, if the policy allows the request.
pub fn judge(
    policy: Option<&Policy>,
    admitted: &AdmittedRequest,
    asked_days: Option<u32>,
) -> Result<u32, Error> {
    let Some(policy) = policy else { return Ok(asked_days.unwrap_or(USUAL_DAYS)) };
    let kind = admitted.request().metadata().identity.cert_type.kind();
    let days = asked_days.unwrap_or_else(|| policy.valid_days(kind, USUAL_DAYS));
    policy.judge(admitted, days).map(|()| days)
}

/// Tries a policy on requests.
pub fn check(args: &PolicyCheckArgs) -> Result<Answer, Error> {
    let policy = read(&args.policy)?;
    let profile = read_text_file(&args.profile)?;
    let profile = ProjectProfile::parse(&profile, &args.profile.display().to_string())?;
    let sources = Sources::find(&args.request_zips)?;
    let tried: Vec<Tried> =
        sources.iter().map(|source| Tried::new(&source, &policy, &profile, args)).collect();
    let allowed = tried.iter().filter(|tried| tried.outcome() == ALLOWED).count();
    let mut report = Report::default();
    report.field("policy", policy.place());
    report.field("allowed", allowed);
    report.field("not_allowed", tried.len() - allowed);
    report.field("requests", tried.iter().map(Tried::object).collect::<Vec<_>>());
    report.warnings.extend(profile.warnings);
    report.warnings.extend_from_slice(sources.warnings());
    let status = if allowed == tried.len() { 0 } else { SOMETHING_IS_DENIED };
    Ok(Answer::Listing { text: text(&policy, &tried), report, status })
}

const ALLOWED: &str = "allowed";

/// A request zip, and what became of it.
struct Tried {
    place: String,
    days: u32,
    result: Result<(CandidateRequest, Vec<Denial>), Error>,
}

impl Tried {
    fn new(
        source: &Source,
        policy: &Policy,
        profile: &ProjectProfile,
        args: &PolicyCheckArgs,
    ) -> Self {
        let mut days = args.valid_days.unwrap_or(USUAL_DAYS);
        let result = candidate(source, profile).map(|candidate| {
            let kind = candidate.request().metadata().identity.cert_type.kind();
            days = args.valid_days.unwrap_or_else(|| policy.valid_days(kind, USUAL_DAYS));
            let denials = policy.denials(&candidate, days);
            (candidate, denials)
        });
        Self { place: source.path().display().to_string(), days, result }
    }

    fn outcome(&self) -> &'static str {
        match &self.result {
            Ok((_, denials)) if denials.is_empty() => ALLOWED,
            Ok(_) => "denied",
            // No request that could be approved by anybody.
            Err(_) => "refused",
        }
    }

    fn row(&self) -> Vec<String> {
        let mut row = vec![self.outcome().to_owned()];
        match &self.result {
            Ok((candidate, _)) => {
                let identity = &candidate.request().metadata().identity;
                row.push(identity.name.as_str().to_owned());
                row.push(identity.cert_type.to_string());
                row.push(identity.org.as_str().to_owned());
                row.push(candidate.request().zip_sha256().spoken().to_string());
            }
            Err(_) => row.extend([const { String::new() }; 4]),
        }
        row.push(self.place.clone());
        row
    }

    /// Why it would not be signed, one reason a line.
    fn reasons(&self, policy: &Policy) -> Vec<String> {
        match &self.result {
            Ok((_, denials)) => denials
                .iter()
                .map(|denial| format!("{}: {} says no: {denial}", self.place, policy.place()))
                .collect(),
            Err(error) => vec![self.refusal(error)],
        }
    }

    /// The file once: many a message begins with it, or has it further on.
    fn refusal(&self, error: &Error) -> String {
        let (place, code, message) = (&self.place, error.code(), error.message());
        match message.strip_prefix(place.as_str()).and_then(|rest| rest.strip_prefix(": ")) {
            Some(rest) => format!("{place}: {code}: {rest}"),
            None if message.contains(place.as_str()) => format!("{code}: {message}"),
            None => format!("{place}: {code}: {message}"),
        }
    }

    fn object(&self) -> Value {
        let mut object = json!({"request_zip": self.place, "outcome": self.outcome()});
        let more = match &self.result {
            Ok((candidate, denials)) => {
                let (request, identity) =
                    (candidate.request(), &candidate.request().metadata().identity);
                let names = candidate.alt_names().iter().map(ToString::to_string);
                json!({
                    "name": identity.name.as_str(),
                    "org": identity.org.as_str(),
                    "kind": identity.cert_type.kind().as_str(),
                    "cert_type": identity.cert_type.as_str(),
                    "subject_alt_names": names.collect::<Vec<_>>(),
                    "key_bits": request.public_key().bits(),
                    "valid_days": self.days,
                    "request_zip_sha256": request.zip_sha256().to_string(),
                    "request_digest": request.zip_sha256().spoken().to_string(),
                    "denials": denials.iter().map(denial).collect::<Vec<_>>(),
                })
            }
            Err(error) => json!({
                "error_code": error.code().as_str(),
                "reason": error.reason().map(Reason::as_str),
                "message": error.message(),
            }),
        };
        if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
            object.extend(more);
        }
        object
    }
}

fn candidate(source: &Source, profile: &ProjectProfile) -> Result<CandidateRequest, Error> {
    let place = source.path().display().to_string();
    let request = UnverifiedRequest::read(&source.read()?, &place)?.verify()?;
    CandidateRequest::fit(request, profile)
}

fn denial(denial: &Denial) -> Value {
    json!({"rule": denial.rule, "line": denial.line, "message": denial.why})
}

/// The table, and below it why not everything is allowed.
fn text(policy: &Policy, tried: &[Tried]) -> String {
    if tried.is_empty() {
        let place = one_line(policy.place());
        return format!("{place} is well-formed; no request zip was given to try it on\n");
    }
    let rows: Vec<Vec<String>> = tried.iter().map(Tried::row).collect();
    let mut text = table::text(&HEADS, &rows);
    let reasons: Vec<String> = tried.iter().flat_map(|tried| tried.reasons(policy)).collect();
    if !reasons.is_empty() {
        text.push('\n');
    }
    for reason in reasons {
        text.push_str(&one_line(&reason));
        text.push('\n');
    }
    text
}
