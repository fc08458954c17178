//! Requests that claim to be signed with the key of a certificate that is in use.

use flarekit::error::Code::*;
use flarekit::error::Reason::{self, *};
use flarekit::pki::{Signer as _, encode_base64, sha256_hex};
use serde_json::{Value, json};

use super::approve;
use crate::case::{Case, Refusal};
use crate::forge::der::Der;
use crate::forge::renewal::{DOMAIN, RenewalForge, certificate_of};
use crate::forge::x509::{self, EKU, EXTENSIONS, SAN, value};
use crate::forge::{ca_key, key_of, other_ca_key, pem, unpem};
use crate::machine::{SERVER, SITE, USER, valid};

pub fn cases() -> Vec<Case> {
    [signatures(), certificates(), blocks()].concat()
}

fn case(
    participant: &'static str,
    name: &str,
    what: &str,
    refusal: impl Into<Refusal>,
    change: impl FnOnce(&mut RenewalForge),
) -> Case {
    let name = format!("renewal-{name}");
    let mut forge = RenewalForge::of(participant, &format!("request-zip/{name}"));
    change(&mut forge);
    Case::new("request-zip", &name, &format!("renewal: {what}"), refusal)
        .command(&approve(participant))
        .file(&format!("{participant}/{participant}.request.zip"), forge.request.zip.encode())
}

/// Who signed, and what.
fn signatures() -> Vec<Case> {
    let not_signed = |participant, name: &str, what: &str, change: &dyn Fn(&mut RenewalForge)| {
        case(participant, name, what, (RenewalInvalid, SignatureInvalid), |forge| change(forge))
    };
    vec![
        not_signed(SITE, "signed-by-another", "another participant's key signed", &|forge| {
            forge.sign(key_of(USER));
        }),
        not_signed(SITE, "signed-by-the-ca", "the CA's key signed", &|forge| {
            forge.sign(ca_key());
        }),
        not_signed(SITE, "of-another-request", "the signature is over another id", &|forge| {
            forge.sign(key_of(SITE));
            forge.request.zip.json("request.json", |json| {
                json["request_id"] = "0123456789abcdef0123456789abcdef".into();
            });
        }),
        not_signed(SITE, "of-another-key", "the signature is over another CSR", &|forge| {
            forge.sign(key_of(SITE));
            other_key(forge);
        }),
        not_signed(SERVER, "of-other-hosts", "the host names were exchanged", &|forge| {
            forge.sign(key_of(SERVER));
            forge.request.zip.edit("site.yaml", "10.0.1.50", "10.0.1.51");
            forge.request.fit();
        }),
        not_signed(SITE, "of-another-certificate", "the certificate was exchanged", &|forge| {
            forge.sign(key_of(SITE));
            let signature = signature(forge);
            // Of the same participant and key, by the same CA.
            forge.leaf_signed(ca_key(), |c| *c.at(x509::SERIAL).content() = vec![9]);
            forge.put(&signature);
        }),
        not_signed(SITE, "of-another-domain", "the message begins with another text", &|forge| {
            let message = forge.message(&DOMAIN.replace('1', "2"));
            let signature = forge.signatures.sign(key_of(SITE), &message);
            forge.put(&signature);
        }),
        not_signed(SITE, "short-salt", "the salt is as long as the digest", &|forge| {
            let message = forge.message(DOMAIN);
            let signature = forge.signatures.sign_with_short_salt(key_of(SITE), &message);
            forge.put(&signature);
        }),
        not_signed(SITE, "old-padding", "it is signed as a certificate is", &|forge| {
            let signature = key_of(SITE).sign_certificate(&forge.message(DOMAIN)).unwrap();
            forge.put(&encode_base64(&signature).unwrap());
        }),
    ]
}

/// A CSR for the same participant with another key, and everything that names it.
fn other_key(forge: &mut RenewalForge) {
    let key = key_of(USER);
    let request = &mut forge.request;
    request.csr(|csr| {
        *csr.at(x509::CSR_SPKI) = Der::parse(key.public_key().spki_der());
        x509::sign(csr, key);
    });
    request.fit();
    let public_key = sha256_hex(key.public_key().spki_der());
    request.zip.json("request.json", |json| json["public_key_sha256"] = public_key.into());
}

fn signature(forge: &RenewalForge) -> String {
    let json: Value = serde_json::from_str(&forge.request.zip.text("request.json")).unwrap();
    json["renewal"]["signature"].as_str().unwrap().to_owned()
}

/// Certificates that vouch for nobody here, each with a signature by its own key.
fn certificates() -> Vec<Case> {
    let altered = |name: &str, what: &str, reason: Reason, change: fn(&mut Der)| {
        case(SITE, name, what, (RenewalInvalid, reason), |forge| {
            forge.leaf_signed(ca_key(), change);
            forge.sign(key_of(SITE));
        })
    };
    let of = |name: &str, what: &str, reason: Reason, certificate: Vec<u8>, key| {
        case(SITE, name, what, (RenewalInvalid, reason), |forge| {
            forge.certificate = certificate;
            forge.sign(key);
        })
    };
    vec![
        of("of-a-user", "it is a user's", RenewalIdentity, certificate_of(USER), key_of(USER)),
        of(
            "of-the-server",
            "the server's",
            RenewalIdentity,
            certificate_of(SERVER),
            key_of(SERVER),
        ),
        of("of-the-ca", "it is the CA's own", RenewalIdentity, valid("ca/rootCA.pem"), ca_key()),
        case(
            SITE,
            "other-ca",
            "another CA signed it",
            (RenewalInvalid, SignatureInvalid),
            |forge| {
                forge.leaf_signed(other_ca_key(), |_| {});
                forge.sign(key_of(SITE));
            },
        ),
        case(
            SITE,
            "own-ca",
            "its own key signed it",
            (RenewalInvalid, SignatureInvalid),
            |forge| {
                forge.leaf_signed(key_of(SITE), |_| {});
                forge.sign(key_of(SITE));
            },
        ),
        altered("other-issuer", "its issuer has another name", IssuerMismatch, |c| {
            *c.at(&[x509::ISSUER, &[0, 0, 1]].concat()).content() = b"other_federation".to_vec();
        }),
        altered("expired", "it ended yesterday", CertificateExpired, |c| {
            *c.at(x509::NOT_AFTER).content() = b"261123235959Z".to_vec();
        }),
        altered("not-yet-valid", "it begins tomorrow", CertificateNotYetValid, |c| {
            *c.at(x509::NOT_BEFORE).content() = b"261125000000Z".to_vec();
        }),
        altered("other-name", "it is hospital-b's", RenewalIdentity, |c| {
            *c.at(&[x509::SUBJECT, &[0, 0, 1]].concat()).content() = b"hospital-b".to_vec();
        }),
        altered("other-org", "it is of another organisation", RenewalIdentity, |c| {
            *c.at(&[x509::SUBJECT, &[1, 0, 1]].concat()).content() = b"hospital_beta".to_vec();
        }),
        altered("other-type", "it is a server's of the same name", RenewalIdentity, |c| {
            *c.at(&[x509::SUBJECT, &[2, 0, 1]].concat()).content() = b"server".to_vec();
        }),
        altered("other-alternative-name", "it is valid for hospital-b", RenewalIdentity, |c| {
            *value(c, SAN).last_mut().unwrap() = b'b';
        }),
        altered("other-extensions", "it has no extendedKeyUsage", CertificateProfile, |c| {
            c.at(EXTENSIONS).values().remove(EKU);
        }),
    ]
}

/// The block itself, which nothing is signed for.
fn blocks() -> Vec<Case> {
    let with = |name: &str, what: &str, reason: Reason, change: &dyn Fn(&mut Value)| {
        case(SITE, name, what, (InvalidArgs, reason), |forge| {
            forge.sign(key_of(SITE));
            forge.request.zip.json("request.json", |json| change(&mut json["renewal"]));
        })
    };
    let field = |name: &str, what: &str, reason: Reason, field: &'static str, value: Value| {
        with(name, what, reason, &|block| block[field] = value.clone())
    };
    let certificate = String::from_utf8(certificate_of(SITE)).unwrap();
    let csr = valid(&format!("{SITE}/{SITE}.csr"));
    let trailing = [unpem(certificate.as_bytes()).encode(), vec![0]].concat();
    let trailing = String::from_utf8(pem("CERTIFICATE", &trailing)).unwrap();
    let missing = |name: &str, field: &'static str| {
        let what = format!("it has no {field}");
        with(name, &what, FieldMissing, &|block| {
            block.as_object_mut().unwrap().remove(field);
        })
    };
    vec![
        with("null", "it is null", FieldMissing, &|block| *block = Value::Null),
        with("text", "it is a text", FieldType, &|block| *block = "hospital-a".into()),
        with("list", "it is a list", FieldType, &|block| *block = json!([block.clone()])),
        with("empty", "it is empty", FieldMissing, &|block| *block = json!({})),
        missing("without-certificate", "certificate"),
        missing("without-signature", "signature"),
        field("extra-field", "it has a third field", FieldNotAccepted, "name", json!("hospital-b")),
        field(
            "certificate-number",
            "the certificate is a number",
            FieldType,
            "certificate",
            json!(1),
        ),
        field(
            "certificate-twice",
            "there are two certificates",
            PemMalformed,
            "certificate",
            json!(certificate.repeat(2)),
        ),
        field(
            "certificate-csr",
            "the certificate is a CSR",
            PemLabel,
            "certificate",
            json!(String::from_utf8(csr).unwrap()),
        ),
        field(
            "certificate-trailing",
            "a byte follows the certificate",
            DerMalformed,
            "certificate",
            json!(trailing),
        ),
        field(
            "certificate-long",
            "the certificate has 64 KiB and one byte",
            FieldValue,
            "certificate",
            json!("a".repeat(64 * 1024 + 1)),
        ),
        field("signature-number", "the signature is a number", FieldType, "signature", json!(1)),
        field(
            "signature-not-base64",
            "the signature is not base64",
            SignatureInvalid,
            "signature",
            json!("~~~~"),
        ),
        field(
            "signature-long",
            "the signature has 1369 characters",
            FieldValue,
            "signature",
            json!("A".repeat(1369)),
        ),
        with(
            "signature-line-break",
            "a line break ends the signature",
            SignatureInvalid,
            &|block| {
                block["signature"] = format!("{}\n", block["signature"].as_str().unwrap()).into();
            },
        ),
    ]
}
