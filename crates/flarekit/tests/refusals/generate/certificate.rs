//! The participant's certificate: each field altered. The certificate is signed again by the CA, by
//! another CA or not at all, and likewise `signed.json`, which names its hash.

use flarekit::error::Code::*;
use flarekit::error::Reason::*;

use super::signed_case;
use crate::case::{Case, Refusal};
use crate::forge::der::*;
use crate::forge::x509::{self, AKI, BASIC, EKU, EXTENSIONS, SAN, SKI, USAGE, extension, value};
use crate::forge::{ca_key, other_ca_key, unpem};
use crate::machine::{SITE, USER, valid};

/// Name, alteration in words, refusal when the CA signed it, alteration.
struct Row(&'static str, &'static str, Refusal, fn(&mut Der));

pub fn cases() -> Vec<Case> {
    let rows = [fields(), subject(), extensions(), alternative_names()].into_iter().flatten();
    let mut cases = Vec::new();
    for Row(name, what, refusal, change) in rows {
        let case = |kind: &str, how: &str, refusal: Refusal, both: bool, key| {
            let name = format!("certificate-{name}-{kind}");
            let what = format!("the certificate, {how}: {what}");
            signed_case(SITE, &name, &what, refusal, |forge| {
                match key {
                    Some(key) => forge.leaf_signed(key, change),
                    None => forge.leaf(change),
                }
                if both {
                    forge.fit();
                    if refusal.1 != Some(CertificateFactsMismatch) {
                        forge.fit_facts();
                    }
                    forge.sign();
                }
            })
        };
        cases.push(case("signed", "signed by the CA", refusal, true, Some(ca_key())));
        let altered = (InvalidSignedZip, CertificateHashMismatch).into();
        if REPRESENTATIVES.contains(&name) {
            let chain = Refusal::from((CertChainInvalid, SignatureInvalid));
            cases.push(case("not-signed", "not signed again", altered, false, None));
            let how = "with its old signature, and the approval signed by the CA";
            cases.push(case("old-signature", how, early(name).unwrap_or(chain), true, None));
            let how = "signed by another CA, and the approval by the CA";
            let key = Some(other_ca_key());
            cases.push(case("signed-by-another-ca", how, early(name).unwrap_or(chain), true, key));
        }
    }
    cases
}

/// One alteration of each part of a certificate.
const REPRESENTATIVES: [&str; 9] = [
    "serial-other",
    "not-after-later",
    "cn-other",
    "key-of-another",
    "basic-ca",
    "usage-key-cert-sign",
    "purposes-code-signing",
    "names-server-too",
    "extension-unknown",
];

/// What is found before the issuer's signature is looked at.
fn early(name: &str) -> Option<Refusal> {
    match name {
        "cn-other" => Some((SignedZipIdentityConflict, CertificateIdentityMismatch).into()),
        "key-of-another" => Some((InvalidSignedZip, PublicKeyHashMismatch).into()),
        _ => None,
    }
}

fn malformed() -> Refusal {
    (InvalidSignedZip, DerMalformed).into()
}

fn profile() -> Refusal {
    (InvalidSignedZip, CertificateProfile).into()
}

fn identity() -> Refusal {
    (SignedZipIdentityConflict, CertificateIdentityMismatch).into()
}

fn subject_malformed() -> Refusal {
    (InvalidSignedZip, SubjectMalformed).into()
}

fn fields() -> Vec<Row> {
    let chain = Refusal::from((CertChainInvalid, IssuerMismatch));
    vec![
        Row("version-1", "version 1", profile(), |c| {
            c.at(&[0]).values().remove(0);
        }),
        Row("version-2", "version 2", profile(), |c| {
            *c.at(&[x509::VERSION, &[0]].concat()).content() = vec![1]
        }),
        Row("version-4", "version 4", profile(), |c| {
            *c.at(&[x509::VERSION, &[0]].concat()).content() = vec![3]
        }),
        Row("version-1-written", "version 1, written though it is the default", malformed(), |c| {
            *c.at(&[x509::VERSION, &[0]].concat()).content() = vec![0]
        }),
        Row(
            "serial-other",
            "another serial number",
            (InvalidSignedZip, CertificateFactsMismatch).into(),
            |c| *c.at(x509::SERIAL).content() = vec![1],
        ),
        Row("serial-zero", "the serial number zero", profile(), |c| {
            *c.at(x509::SERIAL).content() = vec![0]
        }),
        Row("serial-negative", "a negative serial number", malformed(), |c| {
            c.at(x509::SERIAL).content()[0] |= 0x80
        }),
        Row("serial-long", "a serial number of 21 bytes", profile(), |c| {
            *c.at(x509::SERIAL).content() = vec![1; 21]
        }),
        Row("serial-padded", "a serial number with a needless zero", malformed(), |c| {
            c.at(x509::SERIAL).content().insert(0, 0)
        }),
        Row("algorithms-differ", "another algorithm inside than outside", malformed(), |c| {
            *c.at(&[x509::INNER_ALGORITHM, &[0]].concat()).content().last_mut().unwrap() = 12;
        }),
        Row(
            "algorithm-sha1",
            "a signature said to be with SHA-1",
            (CertChainInvalid, SignatureInvalid).into(),
            |c| {
                for place in [x509::INNER_ALGORITHM, x509::ALGORITHM] {
                    *c.at(&[place, &[0]].concat()).content().last_mut().unwrap() = 5;
                }
            },
        ),
        Row("issuer-other", "another issuer", chain, |c| {
            *c.at(&[x509::ISSUER, &[0, 0, 1]].concat()) = leaf(UTF8, "other_federation");
        }),
        Row(
            "issuer-printable",
            "the issuer in another string type than the root's subject",
            chain,
            |c| {
                *c.at(&[x509::ISSUER, &[0, 0, 1]].concat()) =
                    leaf(PRINTABLE, "hospital-federation");
            },
        ),
        Row("issuer-empty", "no issuer", chain, |c| c.at(x509::ISSUER).values().clear()),
        Row("not-before-later", "valid from tomorrow", CertNotYetValid.into(), |c| {
            *c.at(x509::NOT_BEFORE) = leaf(UTC_TIME, "261125060000Z")
        }),
        Row("not-after-earlier", "valid until yesterday", CertExpired.into(), |c| {
            *c.at(x509::NOT_AFTER) = leaf(UTC_TIME, "261123230000Z")
        }),
        Row(
            "not-after-later",
            "valid a year longer",
            (InvalidSignedZip, CertificateFactsMismatch).into(),
            |c| *c.at(x509::NOT_AFTER) = leaf(UTC_TIME, "301122081043Z"),
        ),
        Row("validity-reversed", "an end before the beginning", CertExpired.into(), |c| {
            c.at(&[0, 4]).values().swap(0, 1);
            *c.at(x509::NOT_BEFORE) = leaf(UTC_TIME, "261123090000Z");
            *c.at(x509::NOT_AFTER) = leaf(UTC_TIME, "261123081043Z");
        }),
        Row("not-after-generalized", "an end before 2050 as GeneralizedTime", malformed(), |c| {
            *c.at(x509::NOT_AFTER) = leaf(GENERALIZED_TIME, "20291122081043Z")
        }),
        Row("not-after-without-seconds", "an end without seconds", malformed(), |c| {
            *c.at(x509::NOT_AFTER) = leaf(UTC_TIME, "2911220810Z")
        }),
        Row("not-after-with-zone", "an end with a time zone", malformed(), |c| {
            *c.at(x509::NOT_AFTER) = leaf(UTC_TIME, "291122081043+0000")
        }),
        Row("not-after-impossible", "an end on the 30th of February", malformed(), |c| {
            *c.at(x509::NOT_AFTER) = leaf(UTC_TIME, "290230081043Z")
        }),
        Row(
            "key-of-another",
            "the key of another participant",
            (InvalidSignedZip, PublicKeyHashMismatch).into(),
            |c| {
                let theirs = valid(&format!("{USER}/{USER}.csr"));
                *c.at(x509::SPKI) = unpem(&theirs).at(x509::CSR_SPKI).clone();
            },
        ),
        Row("key-without-null", "no NULL in the key's algorithm", malformed(), |c| {
            c.at(&[x509::SPKI, &[0]].concat()).values().pop();
        }),
        Row("issuer-unique-id", "a unique identifier of the issuer", profile(), |c| {
            c.at(&[0]).values().insert(7, leaf(0x81, [0, 1]))
        }),
        Row("subject-unique-id", "a unique identifier of the subject", profile(), |c| {
            c.at(&[0]).values().insert(7, leaf(0x82, [0, 1]))
        }),
        Row("field-extra", "a field after the extensions", malformed(), |c| {
            c.at(&[0]).values().push(leaf(NULL, []))
        }),
        Row("extensions-missing", "no extensions", profile(), |c| {
            c.at(&[0]).values().pop();
        }),
        Row("extensions-empty", "an empty list of extensions", profile(), |c| {
            c.at(EXTENSIONS).values().clear()
        }),
        Row(
            "length-long",
            "a length in the long form where the short one is enough",
            malformed(),
            |c| *c.at(x509::SERIAL) = Der::Raw(vec![INTEGER, 0x81, 1, 7]),
        ),
    ]
}

/// A value of the subject.
fn text(certificate: &mut Der, index: usize) -> &mut Der {
    certificate.at(&[x509::SUBJECT, &[index, 0, 1]].concat())
}

fn subject() -> Vec<Row> {
    vec![
        Row("cn-missing", "no CN", subject_malformed(), |c| {
            c.at(x509::SUBJECT).values().remove(0);
        }),
        Row("cn-other", "another CN", identity(), |c| *text(c, 0) = leaf(UTF8, "hospital-b")),
        Row("cn-capital", "a CN with a capital letter", identity(), |c| {
            *text(c, 0) = leaf(UTF8, "Hospital-a")
        }),
        Row("cn-twice", "two CNs", subject_malformed(), |c| {
            let again = c.at(x509::SUBJECT).values()[0].clone();
            c.at(x509::SUBJECT).values().push(again);
        }),
        Row("cn-server", "the server's name as a second CN", subject_malformed(), |c| {
            let mut second = c.at(x509::SUBJECT).values()[0].clone();
            *second.at(&[0, 1]) = leaf(UTF8, "server1.hospital-central.org");
            c.at(x509::SUBJECT).values().insert(0, second);
        }),
        Row("cn-nul", "a CN that ends with a zero byte", identity(), |c| {
            text(c, 0).content().push(0)
        }),
        Row("cn-teletex", "a CN as TeletexString", subject_malformed(), |c| {
            text(c, 0).retag(TELETEX)
        }),
        Row("cn-bmp", "a CN as BMPString", subject_malformed(), |c| {
            *text(c, 0) = leaf(BMP, [0, b'a'])
        }),
        Row("o-missing", "no organisation", identity(), |c| {
            c.at(x509::SUBJECT).values().remove(1);
        }),
        Row("o-other", "another organisation", identity(), |c| {
            *text(c, 1) = leaf(UTF8, "hospital_beta")
        }),
        Row("o-twice", "two organisations", subject_malformed(), |c| {
            let again = c.at(x509::SUBJECT).values()[1].clone();
            c.at(x509::SUBJECT).values().push(again);
        }),
        Row("type-missing", "no type", CertTypeUnknown.into(), |c| {
            c.at(x509::SUBJECT).values().remove(2);
        }),
        Row("type-server", "the type server", identity(), |c| *text(c, 2) = leaf(UTF8, "server")),
        Row("type-admin", "the type admin, which is none", CertTypeUnknown.into(), |c| {
            *text(c, 2) = leaf(UTF8, "admin")
        }),
        Row(
            "type-project-admin",
            "the type project_admin, which this workflow does not have",
            CertTypeUnknown.into(),
            |c| *text(c, 2) = leaf(UTF8, "project_admin"),
        ),
        Row("type-twice", "two types", subject_malformed(), |c| {
            let mut again = c.at(x509::SUBJECT).values()[2].clone();
            *again.at(&[0, 1]) = leaf(UTF8, "server");
            c.at(x509::SUBJECT).values().push(again);
        }),
        Row("subject-extra", "an organisational unit", subject_malformed(), |c| {
            c.at(x509::SUBJECT)
                .values()
                .push(set([sequence([leaf(OID, [0x55, 4, 11]), leaf(UTF8, "x")])]));
        }),
        Row("subject-empty", "an empty subject", subject_malformed(), |c| {
            c.at(x509::SUBJECT).values().clear()
        }),
    ]
}

fn extensions() -> Vec<Row> {
    vec![
        Row("ski-missing", "no subjectKeyIdentifier", profile(), |c| {
            drop(c.at(EXTENSIONS).values().remove(SKI))
        }),
        Row("ski-other", "another subjectKeyIdentifier", profile(), |c| {
            *value(c, SKI).last_mut().unwrap() ^= 1
        }),
        Row("ski-critical", "a critical subjectKeyIdentifier", profile(), |c| {
            x509::flip_critical(c, SKI)
        }),
        Row("aki-missing", "no authorityKeyIdentifier", profile(), |c| {
            drop(c.at(EXTENSIONS).values().remove(AKI))
        }),
        Row(
            "aki-other",
            "another authorityKeyIdentifier",
            (CertChainInvalid, IssuerMismatch).into(),
            |c| *value(c, AKI).last_mut().unwrap() ^= 1,
        ),
        Row("aki-critical", "a critical authorityKeyIdentifier", profile(), |c| {
            x509::flip_critical(c, AKI)
        }),
        Row("aki-empty", "an authorityKeyIdentifier without a key", profile(), |c| {
            *value(c, AKI) = vec![0x30, 0]
        }),
        Row("basic-missing", "no basicConstraints", profile(), |c| {
            drop(c.at(EXTENSIONS).values().remove(BASIC))
        }),
        Row("basic-ca", "CA:TRUE", profile(), |c| *value(c, BASIC) = vec![0x30, 3, 1, 1, 0xff]),
        Row(
            "basic-false-written",
            "CA:FALSE, written though it is the default",
            malformed(),
            |c| *value(c, BASIC) = vec![0x30, 3, 1, 1, 0],
        ),
        Row("basic-true-as-one", "a CA:TRUE that only some read so", malformed(), |c| {
            *value(c, BASIC) = vec![0x30, 3, 1, 1, 1]
        }),
        Row("basic-path-length", "a path length", profile(), |c| {
            *value(c, BASIC) = vec![0x30, 3, 2, 1, 0]
        }),
        Row("basic-not-critical", "basicConstraints that are not critical", profile(), |c| {
            x509::flip_critical(c, BASIC)
        }),
        Row("basic-trailing", "bytes after the basicConstraints", malformed(), |c| {
            value(c, BASIC).extend([5, 0])
        }),
        Row("usage-missing", "no keyUsage", profile(), |c| {
            drop(c.at(EXTENSIONS).values().remove(USAGE))
        }),
        Row("usage-key-cert-sign", "keyCertSign", profile(), |c| {
            *value(c, USAGE) = vec![3, 2, 2, 0xa4]
        }),
        Row("usage-less", "digitalSignature alone", profile(), |c| {
            *value(c, USAGE) = vec![3, 2, 7, 0x80]
        }),
        Row("usage-not-critical", "a keyUsage that is not critical", profile(), |c| {
            x509::flip_critical(c, USAGE)
        }),
        Row("usage-trailing-zeros", "a keyUsage with needless zero bits", profile(), |c| {
            *value(c, USAGE) = vec![3, 2, 0, 0xa0]
        }),
        Row("purposes-missing", "no extendedKeyUsage", profile(), |c| {
            drop(c.at(EXTENSIONS).values().remove(EKU))
        }),
        // clientAuth is 1.3.6.1.5.5.7.3.2, serverAuth ends in 1, codeSigning in 3.
        Row("purposes-client-only", "the extendedKeyUsage of a user", profile(), |c| {
            let both = value(c, EKU);
            let first = both[2..12].to_vec();
            *both = [&[0x30, 10], &first[..]].concat();
        }),
        Row("purposes-code-signing", "code signing in place of serverAuth", profile(), |c| {
            *value(c, EKU).last_mut().unwrap() = 3
        }),
        Row("purposes-any", "any purpose, too", profile(), |c| {
            let list = value(c, EKU);
            list[1] += 6;
            list.extend([6, 4, 0x55, 0x1d, 0x25, 0]);
        }),
        Row("purposes-critical", "a critical extendedKeyUsage", profile(), |c| {
            x509::flip_critical(c, EKU)
        }),
        Row("purposes-swapped", "the purposes in another order", profile(), |c| {
            let list = value(c, EKU);
            let last = list.len() - 1;
            let first = 11;
            list.swap(first, last);
        }),
        Row("extension-unknown", "an unknown extension", profile(), |c| {
            c.at(EXTENSIONS).values().push(x509::unknown_extension(false))
        }),
        Row("extension-unknown-critical", "an unknown critical extension", profile(), |c| {
            c.at(EXTENSIONS).values().push(x509::unknown_extension(true))
        }),
        Row("extension-twice", "keyUsage twice", profile(), |c| {
            let again = extension(c, USAGE).clone();
            c.at(EXTENSIONS).values().push(again);
        }),
        Row(
            "extension-false-written",
            "critical FALSE, written though it is the default",
            malformed(),
            |c| extension(c, SKI).values().insert(1, leaf(BOOLEAN, [0])),
        ),
        Row("extension-without-value", "an extension without a value", malformed(), |c| {
            drop(extension(c, SKI).values().pop())
        }),
    ]
}

fn alternative_names() -> Vec<Row> {
    fn names(names: &[(u8, &[u8])]) -> Vec<u8> {
        sequence(names.iter().map(|(tag, name)| leaf(*tag, name)).collect::<Vec<_>>()).encode()
    }
    const SERVER: (u8, &[u8]) = (0x82, b"server1.hospital-central.org");
    const OWN: (u8, &[u8]) = (0x82, b"hospital-a");
    vec![
        Row("names-missing", "no subjectAltName", profile(), |c| {
            drop(c.at(EXTENSIONS).values().remove(SAN))
        }),
        Row("names-empty", "an empty subjectAltName", profile(), |c| {
            *value(c, SAN) = vec![0x30, 0]
        }),
        Row("names-critical", "a critical subjectAltName", profile(), |c| {
            x509::flip_critical(c, SAN)
        }),
        Row("names-server", "the server's name", profile(), |c| *value(c, SAN) = names(&[SERVER])),
        Row("names-server-too", "the server's name, too", profile(), |c| {
            *value(c, SAN) = names(&[OWN, SERVER])
        }),
        Row("names-twice", "its own name twice", profile(), |c| {
            *value(c, SAN) = names(&[OWN, OWN])
        }),
        Row("names-wildcard", "a wildcard", profile(), |c| {
            *value(c, SAN) = names(&[(0x82, b"*.hospital-central.org")])
        }),
        Row("names-address-too", "an address, too", profile(), |c| {
            *value(c, SAN) = names(&[OWN, (0x87, &[10, 0, 1, 50])])
        }),
        Row("names-address-of-five", "an address of five bytes", malformed(), |c| {
            *value(c, SAN) = names(&[OWN, (0x87, &[10, 0, 1, 50, 1])])
        }),
        Row("names-mail-too", "a mail address, too", profile(), |c| {
            *value(c, SAN) = names(&[OWN, (0x81, b"a@b.org")])
        }),
        Row("names-uri-too", "a URI, too", profile(), |c| {
            *value(c, SAN) = names(&[OWN, (0x86, b"https://x")])
        }),
        Row("names-not-ascii", "a name that is not ASCII", malformed(), |c| {
            *value(c, SAN) = names(&[(0x82, b"h\xe4")])
        }),
        Row("names-nul", "its own name and a zero byte", profile(), |c| {
            *value(c, SAN) = names(&[(0x82, b"hospital-a\0")])
        }),
        Row("names-capital", "its own name in capitals", profile(), |c| {
            *value(c, SAN) = names(&[(0x82, b"HOSPITAL-A")])
        }),
        Row("names-trailing", "bytes after the names", malformed(), |c| value(c, SAN).push(0)),
    ]
}
