//! Mutations of one member of a request zip, a signed zip or a denied zip. The hashes and the signature
//! are then made anew, so that the checks behind them are reached.

use std::collections::BTreeMap;

use flarekit::archive::{self, Limits};
use flarekit::digest::Digest;
use flarekit::fingerprint::Fingerprint;
use flarekit::json;
use flarekit::pki::{Certificate, Csr, Signer as _, encode_base64};
use serde_json::{Map, Value};

use crate::mutate::{Dice, mutated};
use crate::{pem, vectors};

type Members = BTreeMap<String, Vec<u8>>;

const REQUEST: &str = "request.json";
const SIGNED: &str = "signed.json";
const SIGNATURE: &str = "signed.json.sig";
const DENIED: &str = "denied.json";
const DENIED_SIGNATURE: &str = "denied.json.sig";
const SITE: &str = "site.yaml";
const ROOT: &str = "rootCA.pem";

/// Changes one member of an archive.
#[must_use]
pub fn change(zip: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let members = archive::read(zip, &Limits::ARTIFACT).ok()?;
    let mut members: Members = members
        .names()
        .filter_map(|name| Some((name.to_owned(), members.get(name)?.to_vec())))
        .collect();
    let names: Vec<String> = members.keys().cloned().collect();
    let name = names.get(dice.below(names.len()))?;
    let bytes = members.get(name)?;
    let changed = match name.rsplit('.').next() {
        Some("json") if !dice.one_in(3) => change_field(bytes, dice),
        Some("crt") => pem::change(bytes, members.get(ROOT).map(Vec::as_slice), dice),
        Some("pem" | "csr") => pem::change(bytes, None, dice),
        _ => None,
    };
    let changed = changed.unwrap_or_else(|| mutated(bytes));
    members.insert(name.clone(), changed);
    if !dice.one_in(8) {
        seal_request(&mut members);
        seal_approval(&mut members);
        seal_denial(&mut members);
    }
    let list: Vec<(&str, &[u8])> =
        members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    archive::write(&list).ok()
}

/// Changes the value of one field, in whatever depth, or removes it.
fn change_field(bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let mut object = json::parse(bytes).ok()?;
    change_object(&mut object, dice);
    Some(json::write(&object).into_bytes())
}

fn change_object(object: &mut Map<String, Value>, dice: &mut Dice) {
    let keys: Vec<String> = object.keys().cloned().collect();
    let Some(key) = keys.get(dice.below(keys.len())) else { return };
    if dice.one_in(12) {
        object.remove(key);
        return;
    }
    match object.get_mut(key) {
        Some(Value::Object(inner)) if !dice.one_in(8) => change_object(inner, dice),
        Some(Value::String(text)) => {
            *text = String::from_utf8_lossy(&mutated(text.as_bytes())).into_owned();
        }
        Some(value) => {
            let text = mutated(value.to_string().as_bytes());
            *value = serde_json::from_slice(&text).unwrap_or(Value::Null);
        }
        None => {}
    }
}

/// Puts the hashes of the members into `request.json`.
fn seal_request(members: &mut Members) -> Option<()> {
    let mut object = json::parse(members.get(REQUEST)?).ok()?;
    let csr = members.iter().find(|(name, _)| name.ends_with(".csr")).map(|(_, csr)| csr)?;
    set(&mut object, "csr_sha256", Digest::of(csr));
    set(&mut object, "site_yaml_sha256", Digest::of(members.get(SITE)?));
    if let Ok(csr) = Csr::from_pem(csr) {
        set(&mut object, "public_key_sha256", csr.public_key().sha256_hex());
    }
    members.insert(REQUEST.to_owned(), json::write(&object).into_bytes());
    Some(())
}

/// Puts the hashes of the members into `signed.json` and signs it with the key of the root in the
/// same zip.
fn seal_approval(members: &mut Members) -> Option<()> {
    let root_pem = members.get(ROOT)?;
    let root = Certificate::from_pem(root_pem).ok()?;
    if let Some(mut object) = members.get(SIGNED).and_then(|bytes| json::parse(bytes).ok()) {
        if let Some(Value::Object(hashes)) = object.get_mut("hashes") {
            let leaf = members.iter().find(|(name, _)| name.ends_with(".crt"));
            let leaf = leaf.map(|(_, leaf)| leaf)?;
            set(hashes, "site_yaml_sha256", Digest::of(members.get(SITE)?));
            set(hashes, "certificate_sha256", Digest::of(leaf));
            set(hashes, "rootca_sha256", Digest::of(root_pem));
            if let Ok(leaf) = Certificate::from_pem(leaf) {
                set(hashes, "public_key_sha256", leaf.public_key().sha256_hex());
            }
        }
        if let Some(Value::Object(info)) = object.get_mut("ca_info") {
            set(info, "rootCA_fingerprint", Fingerprint::from_digest(root.sha256()));
        }
        members.insert(SIGNED.to_owned(), json::write(&object).into_bytes());
    }
    sign(members, &root, SIGNED, SIGNATURE)
}

/// The same for `denied.json`, which names the root only.
fn seal_denial(members: &mut Members) -> Option<()> {
    let root_pem = members.get(ROOT)?;
    let root = Certificate::from_pem(root_pem).ok()?;
    if let Some(mut object) = members.get(DENIED).and_then(|bytes| json::parse(bytes).ok()) {
        if let Some(Value::Object(hashes)) = object.get_mut("hashes") {
            set(hashes, "rootca_sha256", Digest::of(root_pem));
        }
        if let Some(Value::Object(info)) = object.get_mut("ca_info") {
            set(info, "rootCA_fingerprint", Fingerprint::from_digest(root.sha256()));
        }
        members.insert(DENIED.to_owned(), json::write(&object).into_bytes());
    }
    sign(members, &root, DENIED, DENIED_SIGNATURE)
}

/// Signs a member with the key of the root.
fn sign(members: &mut Members, root: &Certificate, content: &str, signature: &str) -> Option<()> {
    let signer = vectors::signer(&root.public_key().sha256_hex())?;
    let made = signer.sign_content(members.get(content)?).ok()?;
    members.insert(signature.to_owned(), encode_base64(&made).ok()?.into_bytes());
    Some(())
}

/// A field that is missing stays missing.
fn set(object: &mut Map<String, Value>, key: &str, value: impl ToString) {
    if let Some(old) = object.get_mut(key) {
        *old = Value::String(value.to_string());
    }
}
