//! Files with one certificate, one request for a certificate, one revocation list, or one key.

use serde_json::{Map, json};

use super::kinds::SingleKind;
use super::{Inspection, facts};
use crate::ca::leaf_profile;
use crate::error::{Code, Defect, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::CertType;
use crate::json::object_of;
use crate::pki::{Certificate, Crl, Csr, PrivateKey, Signer};
use crate::time::Timestamp;
use crate::verify::{Checks, check_dates};

pub(super) fn inspect(
    kind: SingleKind,
    bytes: &[u8],
    mode: u32,
    place: &str,
    now: Timestamp,
) -> Result<Inspection, Error> {
    let refused = |defect: Defect| defect.within(place).code(Code::InvalidArgs);
    match kind {
        SingleKind::PrivateKey => Ok(private_key(bytes, mode)),
        SingleKind::Csr => Csr::from_pem(bytes).map(|csr| request(&csr)).map_err(refused),
        SingleKind::Crl => {
            Crl::read(bytes).map(|list| revocation_list(&list, now)).map_err(refused)
        }
        SingleKind::Certificate => {
            Certificate::from_pem(bytes).map(|found| certificate(&found, now)).map_err(refused)
        }
        SingleKind::Der => der(bytes, now).map_err(refused),
    }
}

fn der(bytes: &[u8], now: Timestamp) -> Result<Inspection, Defect> {
    match Crl::read(bytes) {
        Ok(list) => Ok(revocation_list(&list, now)),
        Err(defect) if defect.reason == Reason::CrlUnsupported => Err(defect),
        // It is no list at all.
        Err(_) => Certificate::from_der(bytes).map(|found| certificate(&found, now)),
    }
}

fn certificate(certificate: &Certificate, now: Timestamp) -> Inspection {
    let mut facts = facts::certificate(certificate);
    let issuer = certificate.issuer().map_or_else(|defect| defect.message, |name| name.to_string());
    facts.insert("issuer".to_owned(), json!(issuer));
    let fingerprint = Fingerprint::from_digest(certificate.sha256());
    facts.insert("fingerprint_sha256".to_owned(), json!(fingerprint.to_string()));

    let mut checks = Checks::default();
    let artifact = if certificate.is_ca() {
        match certificate.verify_root() {
            Ok(()) => checks.ok("signature", "the certificate signed itself"),
            Err(defect) => checks.failed("signature", defect),
        }
        let message = "whether it is your project's: compare the fingerprint with the Project \
                       Admin by telephone";
        checks.skipped("trust", message);
        "CA certificate"
    } else {
        checks.skipped("signature", "the issuer's certificate is not in this file");
        check_profile(&mut checks, certificate);
        "certificate"
    };
    check_dates(&mut checks, &[("certificate", certificate)], now);
    Inspection { artifact, facts, checks }
}

/// What is not shown, names of other kinds for instance, must not be there.
fn check_profile(checks: &mut Checks, certificate: &Certificate) {
    const NAME: &str = "extensions";
    let cert_type = certificate.subject().unstructured_name.as_deref().map(CertType::parse);
    let Some(Ok(cert_type)) = cert_type else {
        return checks
            .skipped(NAME, "the subject names no participant's type to compare them with");
    };
    match certificate.verify_leaf_profile(leaf_profile(cert_type)) {
        Ok(()) => checks.ok(NAME, format!("those of the type {cert_type}, and no others")),
        Err(defect) => checks.failed(NAME, defect),
    }
}

fn request(csr: &Csr) -> Inspection {
    let mut facts = Map::new();
    facts.insert("subject".to_owned(), json!(csr.subject().to_string()));
    facts.append(&mut facts::key(csr.public_key()));
    let mut checks = Checks::default();
    match csr.verify_possession() {
        Ok(()) => checks.ok("signature", "whoever made the request has the private key to it"),
        Err(defect) => checks.failed("signature", defect),
    }
    checks.skipped("sender", "whose request this is cannot be seen");
    Inspection { artifact: "certificate signing request", facts, checks }
}

/// Who was revoked is told by the number only: a list can be long, and `openssl crl -text` shows it.
fn revocation_list(list: &Crl, now: Timestamp) -> Inspection {
    let issuer = list.issuer().map_or_else(|defect| defect.message, |name| name.to_string());
    let mut facts = object_of(json!({
        "issuer": issuer,
        "this_update": list.this_update().to_string(),
    }));
    if let Some(next) = list.next_update() {
        facts.insert("next_update".to_owned(), json!(next.to_string()));
    }
    if let Some(number) = list.number() {
        facts.insert("number".to_owned(), json!(number));
    }
    facts.insert("revoked".to_owned(), json!(list.len()));
    let mut checks = Checks::default();
    checks.skipped(
        "signature",
        "not verified without the root certificate; 'verify' with a kit and --crl does it",
    );
    match list.verify_current(now) {
        Ok(()) => checks.ok("dates", "it counts today"),
        Err(defect) => checks.failed("dates", defect),
    }
    Inspection { artifact: "revocation list", facts, checks }
}

/// A key is named by its public half, and never shown.
fn private_key(pem: &[u8], mode: u32) -> Inspection {
    let mut facts = Map::new();
    let mut checks = Checks::default();
    let read = PrivateKey::from_pem(pem, None);
    let encrypted = matches!(&read, Err(d) if [Reason::KeyEncrypted, Reason::KeyOldEncryption].contains(&d.reason));
    facts.insert("encrypted".to_owned(), json!(encrypted));
    match read {
        Ok(key) => {
            facts.append(&mut facts::key(key.public_key()));
            checks.ok("key", "its numbers fit together");
            checks
                .skipped("owner", "it belongs to the certificate with the same public_key_sha256");
        }
        Err(_) if encrypted => checks.skipped("key", "it is encrypted, and was not opened"),
        Err(defect) => checks.failed("key", defect),
    }
    check_mode(&mut checks, mode);
    Inspection { artifact: "private key", facts, checks }
}

/// Only its owner may read a private key.
pub(super) fn check_mode(checks: &mut Checks, mode: u32) {
    if mode & 0o077 != 0 {
        let message =
            format!("mode {mode:04o}: other users of this machine can reach the private key");
        checks.warning("mode", message);
    } else {
        checks.ok("mode", "nobody but the owner can read the private key");
    }
}

#[cfg(test)]
mod tests {
    use super::der;
    use crate::connect::testing::{TestCa, here, now};
    use crate::error::Reason;
    use crate::verify::Outcome;

    #[test]
    fn a_certificate_has_the_extensions_of_its_type_and_no_others() {
        let ca = TestCa::ours();
        for (cert_type, outcome, reason) in [
            ("client", Outcome::Ok, None),
            // It was issued with those of a client.
            ("lead", Outcome::Failed, Some(Reason::CertificateProfile)),
            ("gate", Outcome::Skipped, None),
        ] {
            let certificate = ca.certificate("someone", cert_type, &[here()]);
            let found = der(certificate.der(), now()).unwrap();
            let check = found.checks.all().iter().find(|check| check.name == "extensions").unwrap();
            assert_eq!((check.outcome, check.reason), (outcome, reason), "{check:?}");
        }
    }
}
