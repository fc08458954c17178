//! Request zips, signed zips and denied zips. Their parts are shown one by one, because a zip with one bad part
//! is the very one that somebody wants to look into.

use serde_json::{Map, Value, json};

use super::{Inspection, facts, unknown};
use crate::approval::{DeniedMetadata, RootTrust, SignedMetadata, is_denied_zip};
use crate::archive::{self, Limits, Members};
use crate::definition::Site;
use crate::error::{Code, Error, Reason};
use crate::pki::{Certificate, Csr, decode_base64};
use crate::request::{FileNames, RequestMetadata};
use crate::time::Timestamp;
use crate::verify::{Checks, check_denied_zip, check_request_zip, check_signed_zip};

/// Looks at a zip; also gives the error with which `package` or `cert approve` would refuse it.
///
/// # Errors
/// As [`inspect`](super::inspect()); a fingerprint to be compared needs a signed zip.
pub fn inspect(
    zip: &[u8],
    place: &str,
    trust: RootTrust,
    now: Timestamp,
) -> Result<(Inspection, Option<Error>), Error> {
    let members = archive::read(zip, &Limits::ARTIFACT)
        .map_err(|defect| defect.within(place).code(Code::InvalidArgs))?;
    if is_denied_zip(&members) {
        let (checks, verified) = check_denied_zip(zip, place, trust);
        let facts = denied_facts(&members);
        return Ok((Inspection { artifact: "denied zip", facts, checks }, verified.err()));
    }
    if members.get("signed.json").is_some() {
        let (mut checks, verified) = check_signed_zip(zip, place, trust, now);
        if verified.is_err() {
            check_signature(&mut checks, &members);
        }
        let facts = signed_facts(&members);
        return Ok((Inspection { artifact: "signed zip", facts, checks }, verified.err()));
    }
    if members.get("request.json").is_some() {
        if trust != RootTrust::Unpinned {
            return Err(Error::because(
                Code::InvalidArgs,
                Reason::WrongArtifact,
                format!("{place} is a request zip: there is no root certificate in it to compare"),
            ));
        }
        let (checks, verified) = check_request_zip(zip, place);
        let mut facts = request_facts(&members);
        facts.append(&mut facts::request_zip(zip));
        return Ok((Inspection { artifact: "request zip", facts, checks }, verified.err()));
    }
    let names: Vec<&str> = members.names().collect();
    let expected =
        format!("a request zip, a signed zip or a denied zip: it holds {}", names.join(", "));
    Err(unknown(place, &expected))
}

fn request_facts(members: &Members) -> Map<String, Value> {
    let mut facts = Map::new();
    let metadata = members.get("request.json").map(RequestMetadata::parse);
    if let Some(Ok(metadata)) = metadata {
        facts.append(&mut facts::request(&metadata));
        let csr = members.get(&FileNames::of(&metadata.identity.name).csr).map(Csr::from_pem);
        if let Some(Ok(csr)) = csr {
            facts.insert("subject".to_owned(), json!(csr.subject().to_string()));
            facts.append(&mut facts::key(csr.public_key()));
        }
    }
    if let Some(Ok(site)) = members.get("site.yaml").map(Site::parse_archived) {
        let hosts: Vec<String> = site.host_names.iter().map(ToString::to_string).collect();
        if !hosts.is_empty() {
            facts.insert("host_names".to_owned(), json!(hosts));
        }
    }
    facts
}

fn signed_facts(members: &Members) -> Map<String, Value> {
    let mut facts = Map::new();
    if let Some(Ok(metadata)) = members.get("signed.json").map(SignedMetadata::parse) {
        facts.append(&mut facts::identity(&metadata.identity));
        facts.insert("request_id".to_owned(), json!(metadata.request_id.as_str()));
        let approved_at = metadata.approved_at.map(|at| at.to_string());
        facts.insert("approved_at".to_owned(), json!(approved_at));
        facts.append(&mut facts::connection(&metadata.connection));
        facts.insert("provision_version".to_owned(), json!(metadata.deploy_version().as_str()));
        let name = FileNames::of(&metadata.identity.name).certificate;
        if let Some(Ok(certificate)) = members.get(&name).map(Certificate::from_pem) {
            facts.append(&mut facts::certificate(&certificate));
        }
    }
    if let Some(Ok(root)) = members.get("rootCA.pem").map(Certificate::from_pem) {
        facts.append(&mut facts::root(&root));
    }
    facts
}

fn denied_facts(members: &Members) -> Map<String, Value> {
    let mut facts = Map::new();
    if let Some(Ok(metadata)) = members.get("denied.json").map(DeniedMetadata::parse) {
        let digest = metadata.hashes.request_zip;
        facts.append(&mut facts::identity(&metadata.identity));
        facts.insert("request_id".to_owned(), json!(metadata.request_id.as_str()));
        facts.insert("request_zip_sha256".to_owned(), json!(digest.to_string()));
        facts.insert("request_digest".to_owned(), json!(digest.spoken().to_string()));
        facts.insert("denied_at".to_owned(), json!(metadata.denied_at.to_string()));
        facts.insert("reason".to_owned(), json!(metadata.reason.as_str()));
    }
    if let Some(Ok(root)) = members.get("rootCA.pem").map(Certificate::from_pem) {
        facts.append(&mut facts::root(&root));
    }
    facts
}

/// The signature for itself, where something else is wrong.
fn check_signature(checks: &mut Checks, members: &Members) {
    let parts = ["rootCA.pem", "signed.json", "signed.json.sig"].map(|name| members.get(name));
    let [Some(root), Some(signed), Some(signature)] = parts else { return };
    let verified = Certificate::from_pem(root)
        .and_then(|root| root.public_key().verify_content(signed, &decode_base64(signature)?));
    match verified {
        Ok(()) => {
            checks.ok("signature", "signed.json was signed by the root certificate in the zip")
        }
        Err(defect) => checks.failed("signature", defect),
    }
}
