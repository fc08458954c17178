//! The root certificate, altered in the CA directory and in a signed zip. It is signed with its own
//! key again, unless the alteration is the signature, and whatever names it is made to fit.

use flarekit::error::Code::*;
use flarekit::error::Reason::{self, *};

use super::{approve, package_under, signed_case};
use crate::case::{Case, Refusal};
use crate::forge::der::*;
use crate::forge::x509::{self, AKI, BASIC, EXTENSIONS, SKI, USAGE, value};
use crate::forge::{ca_key, fingerprint, pem, replaced, unpem};
use crate::machine::{SITE, valid, valid_text, vector};

/// Name, alteration in words, what `cert approve` and `package` say, alteration.
struct Row(&'static str, &'static str, Refusal, Refusal, fn(&mut Der));

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for Row(name, what, approving, packaging, change) in rows() {
        let signed = !name.starts_with("signature-");
        let alter = |root: &mut Der| {
            change(root);
            if signed {
                x509::sign(root, ca_key());
            }
        };
        cases.push(directory(name, what, approving, alter));
        let altered = format!("the root, and everything that names it: {what}");
        let mut root = Vec::new();
        let case = signed_case(SITE, &format!("root-{name}"), &altered, packaging, |forge| {
            forge.root(alter);
            forge.fit();
            forge.fit_fingerprint();
            forge.sign();
            root = forge.zip.get("rootCA.pem").to_vec();
        });
        cases.push(case.command(&package_under(SITE, &root)));
    }
    cases.extend(alone());
    cases.extend(files());
    cases
}

/// A CA directory whose `ca.json` names the altered root.
fn directory(name: &str, what: &str, refusal: Refusal, alter: impl Fn(&mut Der)) -> Case {
    let mut root = unpem(&valid("ca/rootCA.pem"));
    alter(&mut root);
    let root = pem("CERTIFICATE", &root.encode());
    let metadata = valid_text("ca/ca.json");
    let metadata = replaced(&metadata, &fingerprint(&valid("ca/rootCA.pem")), &fingerprint(&root));
    Case::new("ca-directory", &format!("root-{name}"), &format!("the root: {what}"), refusal)
        .command(&approve(SITE))
        .file("ca/rootCA.pem", root)
        .file("ca/ca.json", metadata)
}

/// A few alterations of the root alone, which other parts of the zip do not expect.
fn alone() -> Vec<Case> {
    type Alteration = (&'static str, &'static str, fn(&mut Der));
    let rows: [Alteration; 3] = [
        ("usage-without-cert-sign", "no keyCertSign", |r| *value(r, USAGE) = vec![3, 2, 7, 0x80]),
        ("not-after-later", "a later end", |r| {
            *r.at(x509::NOT_AFTER) = leaf(UTC_TIME, "461120081043Z");
        }),
        ("serial-other", "another serial number", |r| *r.at(x509::SERIAL).content() = vec![1]),
    ];
    let mut cases = Vec::new();
    for (name, what, change) in rows {
        let hash = (InvalidSignedZip, RootcaHashMismatch);
        let altered = format!("the root, and nothing that names it: {what}");
        cases.push(signed_case(SITE, &format!("root-{name}-alone"), &altered, hash, |forge| {
            forge.root(|root| {
                change(root);
                x509::sign(root, ca_key());
            });
        }));
        let names = (RootcaFingerprintMismatch, SignedFingerprint);
        let altered = format!("the root and its hash, but not its fingerprint: {what}");
        cases.push(signed_case(
            SITE,
            &format!("root-{name}-hash-only"),
            &altered,
            names,
            |forge| {
                forge.root(|root| {
                    change(root);
                    x509::sign(root, ca_key());
                });
                forge.fit();
                forge.sign();
            },
        ));
    }
    let pinned = (RootcaFingerprintMismatch, ExpectedFingerprint);
    let what = "the same CA has issued itself a new root";
    cases.push(signed_case(SITE, "root-renewed", what, pinned, |forge| {
        forge.root(|root| {
            *root.at(x509::SERIAL).content() = vec![1];
            x509::sign(root, ca_key());
        });
        forge.fit();
        forge.fit_fingerprint();
        forge.sign();
    }));
    cases
}

/// Roots with keys that no project may have, made with OpenSSL.
fn files() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, what, reason) in [
        ("ec-p256", "a root with a key of elliptic curves", KeyNotRsa),
        ("rsa-1024", "a root with a key of 1024 bits", KeySize),
    ] {
        let file = vector(&format!("invalid/root/{name}.pem"));
        let refusal = (InvalidSignedZip, reason);
        cases.push(signed_case(SITE, &format!("root-{name}"), what, refusal, |forge| {
            forge.zip.set("rootCA.pem", file);
        }));
    }
    let refusal = (InvalidSignedZip, FileTooLarge);
    let what = "64 KiB of line breaks follow the root, and all that names it fits";
    cases.push(signed_case(SITE, "root-long", what, refusal, |forge| {
        let long = [forge.zip.get("rootCA.pem"), &[b'\n'; 64 * 1024]].concat();
        forge.zip.set("rootCA.pem", long);
        forge.fit();
        forge.sign();
    }));
    cases
}

fn malformed(reason: Reason) -> (Refusal, Refusal) {
    ((CaLoadFailed, reason).into(), (InvalidSignedZip, reason).into())
}

fn unfit(reason: Reason) -> (Refusal, Refusal) {
    ((CertSigningFailed, reason).into(), (CertChainInvalid, reason).into())
}

fn row(
    name: &'static str,
    what: &'static str,
    (approving, packaging): (Refusal, Refusal),
    change: fn(&mut Der),
) -> Row {
    Row(name, what, approving, packaging, change)
}

fn rows() -> Vec<Row> {
    let other_project =
        (ProjectCaMismatch.into(), (SignedZipIdentityConflict, RootProjectMismatch).into());
    let early =
        ((CertSigningFailed, RootNotYetValid).into(), (CertNotYetValid, RootNotYetValid).into());
    let late = ((CertSigningFailed, RootExpired).into(), (CertExpired, RootExpired).into());
    let key = (CaKeyMismatch.into(), (InvalidSignedZip, SignatureInvalid).into());
    vec![
        row("version-1", "version 1", unfit(RootNotACa), |r| drop(r.at(&[0]).values().remove(0))),
        row("basic-missing", "no basicConstraints", unfit(RootNotACa), |r| {
            drop(r.at(EXTENSIONS).values().remove(BASIC))
        }),
        row("basic-not-a-ca", "CA:FALSE", unfit(RootNotACa), |r| *value(r, BASIC) = vec![0x30, 0]),
        row(
            "basic-false-written",
            "CA:FALSE, written though it is the default",
            malformed(DerMalformed),
            |r| *value(r, BASIC) = vec![0x30, 3, 1, 1, 0],
        ),
        row(
            "basic-true-as-one",
            "a CA:TRUE that only some read so",
            malformed(DerMalformed),
            |r| *value(r, BASIC) = vec![0x30, 3, 1, 1, 1],
        ),
        row("usage-without-cert-sign", "no keyCertSign", unfit(RootNotACa), |r| {
            *value(r, USAGE) = vec![3, 2, 7, 0x80]
        }),
        row("usage-empty", "an empty keyUsage", unfit(RootNotACa), |r| {
            *value(r, USAGE) = vec![3, 1, 0]
        }),
        row(
            "usage-trailing-zeros",
            "a keyUsage with needless zero bits",
            unfit(DerMalformed),
            |r| *value(r, USAGE) = vec![3, 2, 0, 0x86],
        ),
        row(
            "ski-other",
            "a subjectKeyIdentifier that is not its key's",
            unfit(CertificateProfile),
            |r| *value(r, SKI).last_mut().unwrap() ^= 1,
        ),
        row(
            "aki-other",
            "an authorityKeyIdentifier that is not its key's",
            unfit(CertificateProfile),
            |r| *value(r, AKI).last_mut().unwrap() ^= 1,
        ),
        row(
            "extension-unknown-critical",
            "an unknown critical extension",
            unfit(CertificateProfile),
            |r| r.at(EXTENSIONS).values().push(x509::unknown_extension(true)),
        ),
        row("names-critical", "a critical subjectAltName", unfit(CertificateProfile), |r| {
            x509::flip_critical(r, 4)
        }),
        row("extension-twice", "basicConstraints twice", malformed(CertificateProfile), |r| {
            let again = x509::extension(r, BASIC).clone();
            r.at(EXTENSIONS).values().push(again);
        }),
        row("issuer-other", "another issuer", unfit(RootNotSelfSigned), |r| {
            *r.at(&[x509::ISSUER, &[0, 0, 1]].concat()) = leaf(UTF8, "other")
        }),
        row("signature-altered", "one bit of the signature", unfit(RootNotSelfSigned), |r| {
            *r.at(x509::SIGNATURE).content().last_mut().unwrap() ^= 1
        }),
        row(
            "signature-of-the-leaf",
            "the signature of the participant's certificate",
            unfit(RootNotSelfSigned),
            |r| {
                let zip = crate::forge::SignedForge::of(SITE, "").zip;
                *r.at(x509::SIGNATURE) =
                    unpem(zip.get("hospital-a.crt")).at(x509::SIGNATURE).clone();
            },
        ),
        row(
            "signature-unused-bits",
            "a signature with unused bits",
            malformed(DerMalformed),
            |r| r.at(x509::SIGNATURE).content()[0] = 1,
        ),
        row(
            "algorithms-differ",
            "another algorithm inside than outside",
            malformed(DerMalformed),
            |r| {
                *r.at(&[x509::INNER_ALGORITHM, &[0]].concat()).content().last_mut().unwrap() = 12;
            },
        ),
        row("project-other", "the CN of another project", other_project, |r| {
            let name = leaf(UTF8, "other_federation");
            *r.at(&[x509::SUBJECT, &[0, 0, 1]].concat()) = name.clone();
            *r.at(&[x509::ISSUER, &[0, 0, 1]].concat()) = name;
        }),
        row(
            "subject-extra",
            "an organisational unit in the subject",
            malformed(SubjectMalformed),
            |r| {
                let unit = set([sequence([leaf(OID, [0x55, 4, 11]), leaf(UTF8, "x")])]);
                r.at(x509::SUBJECT).values().push(unit.clone());
                r.at(x509::ISSUER).values().push(unit);
            },
        ),
        row("not-yet-valid", "valid from tomorrow", early, |r| {
            *r.at(x509::NOT_BEFORE) = leaf(UTC_TIME, "261125060000Z")
        }),
        row("expired", "valid until yesterday", late, |r| {
            *r.at(x509::NOT_AFTER) = leaf(UTC_TIME, "261123230000Z")
        }),
        row(
            "not-after-generalized",
            "an end before 2050 as GeneralizedTime",
            malformed(DerMalformed),
            |r| *r.at(x509::NOT_AFTER) = leaf(GENERALIZED_TIME, "20361120081043Z"),
        ),
        row("key-of-another", "the key of another CA", key, |r| {
            *r.at(x509::SPKI) = unpem(&crate::forge::other_root()).at(x509::SPKI).clone();
        }),
        row("serial-negative", "a negative serial number", malformed(DerMalformed), |r| {
            r.at(x509::SERIAL).content()[0] |= 0x80
        }),
    ]
}
