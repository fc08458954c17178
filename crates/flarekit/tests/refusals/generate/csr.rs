//! Request zips whose hashes fit, with an altered CSR.

use flarekit::error::Code::{self, *};
use flarekit::error::Reason::{self, *};
use flarekit::pki::sha256_hex;

use super::{armor, request_case};
use crate::case::{Case, Refusal};
use crate::forge::der::*;
use crate::forge::x509::{self, ALGORITHM, CSR_SPKI, CSR_SUBJECT, CSR_VERSION, SIGNATURE};
use crate::forge::{RequestForge, key_of, pem, unpem};
use crate::machine::{SITE, USER, vector};

const CSR: &str = "hospital-a.csr";

pub fn cases() -> Vec<Case> {
    [fields(), subject(), attributes_of_the_subject(), keys(), encodings(), pem_text()].concat()
}

fn case(
    name: &str,
    what: &str,
    refusal: impl Into<Refusal>,
    change: impl FnOnce(&mut RequestForge),
) -> Case {
    request_case(SITE, &format!("csr-{name}"), &format!("the CSR: {what}"), refusal, |forge| {
        change(forge);
        forge.fit();
    })
}

/// Altered, and signed with the participant's key.
fn signed(name: &str, what: &str, refusal: (Code, Reason), change: impl FnOnce(&mut Der)) -> Case {
    case(&format!("{name}-signed"), what, refusal, |forge| forge.csr_signed(change))
}

/// Altered, with the signature that it had.
fn unsigned(
    name: &str,
    what: &str,
    refusal: (Code, Reason),
    change: impl FnOnce(&mut Der),
) -> Case {
    case(&format!("{name}-not-signed"), what, refusal, |forge| forge.csr(change))
}

const MALFORMED: (Code, Reason) = (InvalidCsr, DerMalformed);
const SUBJECT: (Code, Reason) = (InvalidCsr, SubjectMalformed);
const IDENTITY: (Code, Reason) = (InvalidArgs, CsrIdentityMismatch);
const UNSIGNED: (Code, Reason) = (InvalidCsr, SignatureInvalid);

fn fields() -> Vec<Case> {
    vec![
        signed("version-2", "its version is 2", MALFORMED, |csr| {
            *csr.at(CSR_VERSION).content() = vec![1]
        }),
        unsigned("subject-altered", "another name", UNSIGNED, |csr| {
            let name = csr.at(&[CSR_SUBJECT, &[0, 0, 1]].concat()).content();
            *name.last_mut().unwrap() = b'b';
        }),
        unsigned("key-of-another", "the key of another participant", UNSIGNED, |csr| {
            let theirs = RequestForge::of(USER);
            *csr.at(CSR_SPKI) = unpem(theirs.zip.get(&theirs.csr_name())).at(CSR_SPKI).clone();
        }),
        unsigned("attributes-altered", "an attribute", UNSIGNED, |csr| {
            let attribute = sequence([leaf(OID, [0x2a, 3, 4]), set([leaf(NULL, [])])]);
            csr.at(&[0, 3]).values().push(attribute);
        }),
        signed("attributes-missing", "no attributes field", MALFORMED, |csr| {
            csr.at(&[0]).values().pop();
        }),
        signed("field-extra", "a field after the attributes", MALFORMED, |csr| {
            csr.at(&[0]).values().push(leaf(NULL, []));
        }),
        unsigned("algorithm-sha1", "a signature said to be with SHA-1", UNSIGNED, |csr| {
            // sha1WithRSAEncryption, 1.2.840.113549.1.1.5.
            *csr.at(&[ALGORITHM, &[0]].concat()).content().last_mut().unwrap() = 5;
        }),
        unsigned("algorithm-sha512", "a signature said to be with SHA-512", UNSIGNED, |csr| {
            *csr.at(&[ALGORITHM, &[0]].concat()).content().last_mut().unwrap() = 13;
        }),
        unsigned("algorithm-without-null", "no NULL after the algorithm", UNSIGNED, |csr| {
            csr.at(ALGORITHM).values().pop();
        }),
        unsigned("signature-altered", "one bit of the signature", UNSIGNED, |csr| {
            *csr.at(SIGNATURE).content().last_mut().unwrap() ^= 1;
        }),
        unsigned("signature-short", "a signature of 255 bytes", UNSIGNED, |csr| {
            csr.at(SIGNATURE).content().pop();
        }),
        unsigned("signature-empty", "an empty signature", UNSIGNED, |csr| {
            csr.at(SIGNATURE).content().truncate(1);
        }),
        unsigned("signature-unused-bits", "a signature with unused bits", MALFORMED, |csr| {
            let bits = csr.at(SIGNATURE).content();
            bits[0] = 4;
            *bits.last_mut().unwrap() &= 0xf0;
        }),
        case("signature-by-another", "signed with another key", UNSIGNED, |forge| {
            forge.csr(|csr| x509::sign(csr, key_of(USER)));
        }),
    ]
}

/// One value of the subject.
fn text(csr: &mut Der, index: usize) -> &mut Der {
    csr.at(&[CSR_SUBJECT, &[index, 0, 1]].concat())
}

fn subject() -> Vec<Case> {
    let (cn, o, kind) = (0, 1, 2);
    let mut cases = Vec::new();
    for (index, short, other) in
        [(cn, "cn", "hospital-b"), (o, "o", "hospital_beta"), (kind, "type", "server")]
    {
        let missing = if index == cn { SUBJECT } else { IDENTITY };
        cases.extend([
            signed(
                &format!("{short}-missing"),
                &format!("no {short} in the subject"),
                missing,
                |csr| {
                    csr.at(CSR_SUBJECT).values().remove(index);
                },
            ),
            signed(
                &format!("{short}-other"),
                &format!("the {short} of another"),
                IDENTITY,
                |csr| {
                    *text(csr, index) = leaf(UTF8, other);
                },
            ),
            signed(&format!("{short}-empty"), &format!("an empty {short}"), SUBJECT, |csr| {
                *text(csr, index) = leaf(UTF8, "");
            }),
            signed(&format!("{short}-twice"), &format!("two times {short}"), SUBJECT, |csr| {
                let again = csr.at(CSR_SUBJECT).values()[index].clone();
                csr.at(CSR_SUBJECT).values().push(again);
            }),
            signed(
                &format!("{short}-teletex"),
                &format!("{short} as TeletexString"),
                SUBJECT,
                |csr| {
                    text(csr, index).retag(TELETEX);
                },
            ),
            signed(&format!("{short}-bmp"), &format!("{short} as BMPString"), SUBJECT, |csr| {
                let wide =
                    text(csr, index).content().iter().flat_map(|b| [0, *b]).collect::<Vec<_>>();
                *text(csr, index) = leaf(BMP, wide);
            }),
            signed(
                &format!("{short}-line-break"),
                &format!("{short} ends with a line break"),
                IDENTITY,
                |csr| {
                    text(csr, index).content().push(b'\n');
                },
            ),
            signed(
                &format!("{short}-nul"),
                &format!("{short} ends with a zero byte"),
                IDENTITY,
                |csr| {
                    text(csr, index).content().push(0);
                },
            ),
            signed(
                &format!("{short}-not-utf-8"),
                &format!("{short} is not UTF-8"),
                MALFORMED,
                |csr| {
                    text(csr, index).content().push(0xff);
                },
            ),
        ]);
    }
    cases
}

fn attributes_of_the_subject() -> Vec<Case> {
    vec![
        signed("subject-extra", "an organisational unit in the subject", SUBJECT, |csr| {
            let unit = sequence([leaf(OID, [0x55, 4, 11]), leaf(UTF8, "x")]);
            csr.at(CSR_SUBJECT).values().push(set([unit]));
        }),
        signed("subject-set-of-two", "two attributes in one set", SUBJECT, |csr| {
            let second = csr.at(CSR_SUBJECT).values().remove(1);
            let Der::Tree(_, values) = second else { panic!("a set") };
            csr.at(&[CSR_SUBJECT, &[0]].concat()).values().extend(values);
        }),
        signed("subject-set-empty", "an empty set in the subject", SUBJECT, |csr| {
            csr.at(CSR_SUBJECT).values().push(set([]));
        }),
        signed("subject-empty", "an empty subject", SUBJECT, |csr| {
            csr.at(CSR_SUBJECT).values().clear()
        }),
        signed("subject-sequence", "a sequence in place of a set", MALFORMED, |csr| {
            csr.at(&[CSR_SUBJECT, &[0]].concat()).retag(SEQUENCE);
        }),
        signed("cn-long", "a CN of 65 characters", SUBJECT, |csr| {
            *text(csr, 0) = leaf(UTF8, "a".repeat(65));
        }),
        signed(
            "cn-printable-star",
            "a CN with a character that PrintableString has not",
            MALFORMED,
            |csr| {
                *text(csr, 0) = leaf(PRINTABLE, "hospital*a");
            },
        ),
    ]
}

/// Keys of other kinds and sizes, and other signatures: requests made with OpenSSL.
fn keys() -> Vec<Case> {
    let file = |name: &str, what: &str, refusal: (Code, Reason)| {
        case(name, what, refusal, |forge| {
            forge.zip.set(CSR, vector(&format!("invalid/csr/{name}.csr")));
            let key = sha256_hex(&unpem(forge.zip.get(CSR)).at(CSR_SPKI).encode());
            forge.zip.json("request.json", |json| json["public_key_sha256"] = key.into());
        })
    };
    vec![
        file("ec-p256", "a key of elliptic curves", (UnsupportedKey, KeyNotRsa)),
        file("ed25519", "an Ed25519 key", (UnsupportedKey, KeyNotRsa)),
        file("rsa-1024", "a key of 1024 bits", (WeakKey, KeySize)),
        file("rsa-3072", "a key of 3072 bits", (UnsupportedKey, KeySize)),
        file("rsa-2048-exponent-3", "the public exponent 3", (WeakKey, KeyExponent)),
        file("rsa-2048-exponent-65539", "the public exponent 65539", (UnsupportedKey, KeyExponent)),
        file("sha1", "a signature with SHA-1", UNSIGNED),
        file("pss", "a signature with PSS", UNSIGNED),
        file("extra-attribute", "an organisational unit", SUBJECT),
        signed("key-without-null", "no NULL in the key's algorithm", MALFORMED, |csr| {
            csr.at(&[CSR_SPKI, &[0]].concat()).values().pop();
        }),
        signed("key-unused-bits", "unused bits in the key", MALFORMED, |csr| {
            csr.at(&[CSR_SPKI, &[1]].concat()).content()[0] = 1;
        }),
        signed("key-trailing", "a byte after the key's numbers", MALFORMED, |csr| {
            csr.at(&[CSR_SPKI, &[1]].concat()).content().push(0);
        }),
    ]
}

/// Other encodings of the same (BER), and bytes that belong to nothing.
fn encodings() -> Vec<Case> {
    let bytes = |name: &str, what: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        case(name, what, MALFORMED, |forge| {
            let der = change(unpem(forge.zip.get(CSR)).encode());
            forge.zip.set(CSR, pem("CERTIFICATE REQUEST", &der));
        })
    };
    vec![
        bytes("trailing-byte", "a byte after the end", &|der| [&der[..], &[0]].concat()),
        bytes("cut-short", "cut short", &|der| der[..der.len() - 1].to_vec()),
        bytes("length-with-zeros", "a length written with a leading zero", &|der| {
            [&[0x30, 0x83, 0], &der[2..]].concat()
        }),
        bytes("length-indefinite", "an indefinite length", &|der| {
            [&[0x30, 0x80], &der[4..], &[0, 0]].concat()
        }),
        bytes("length-too-large", "a length beyond the end", &|der| {
            [&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], &der[4..]].concat()
        }),
        bytes("not-a-sequence", "a set in place of a sequence", &|der| {
            [&[SET], &der[1..]].concat()
        }),
        signed("version-with-zeros", "a version written with a leading zero", MALFORMED, |csr| {
            *csr.at(CSR_VERSION).content() = vec![0, 0];
        }),
        signed(
            "version-length-long",
            "a length in the long form where the short one is enough",
            MALFORMED,
            |csr| {
                *csr.at(CSR_VERSION) = Der::Raw(vec![INTEGER, 0x81, 1, 0]);
            },
        ),
    ]
}

fn pem_text() -> Vec<Case> {
    let text = |name: &str, what: &str, reason, change: &dyn Fn(&str) -> String| {
        case(&format!("pem-{name}"), what, (InvalidCsr, reason), |forge| {
            let altered = change(&forge.zip.text(CSR));
            forge.zip.set(CSR, altered);
        })
    };
    let mut cases = vec![
        text("twice", "two PEM blocks", PemMalformed, &|pem| format!("{pem}{pem}")),
        text("text-before", "text before the PEM block", PemMalformed, &|pem| {
            format!("Request:\n{pem}")
        }),
        text("text-after", "text after the PEM block", PemMalformed, &|pem| format!("{pem}bye\n")),
        text("byte-order-mark", "a byte order mark", PemMalformed, &|pem| format!("\u{feff}{pem}")),
        text("old-label", "the label NEW CERTIFICATE REQUEST", PemLabel, &|pem| {
            pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
        }),
        text("certificate-label", "the label CERTIFICATE", PemLabel, &|pem| {
            pem.replace("CERTIFICATE REQUEST", "CERTIFICATE")
        }),
        text("long", "64 KiB of line breaks after the PEM block", FileTooLarge, &|pem| {
            format!("{pem}{}", "\n".repeat(64 * 1024))
        }),
        text("labels-differ", "two different labels", PemMalformed, &|pem| {
            pem.replace("END CERTIFICATE REQUEST", "END CERTIFICATE")
        }),
        text("without-end", "no END line", PemMalformed, &|pem| {
            pem.lines()
                .filter(|line| !line.contains("END"))
                .map(|line| format!("{line}\n"))
                .collect()
        }),
        text("empty", "an empty PEM block", PemMalformed, &|_| {
            "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n".to_owned()
        }),
        text("headers", "headers inside the PEM block", PemMalformed, &|pem| {
            pem.replacen("-----\n", "-----\nX: y\n\n", 1)
        }),
        text("carriage-returns", "lines that end with CR alone", PemMalformed, &|pem| {
            pem.replace('\n', "\r")
        }),
        text("base64-of-urls", "base64 with '-' and '_'", PemMalformed, &|pem| {
            let (begin, rest) = pem.split_once('\n').unwrap();
            format!("{begin}\n{}", rest.replacen('+', "-", 1).replacen('/', "_", 1))
        }),
        text("padding-inside", "padding inside", PemMalformed, &|pem| {
            pem.replacen("\nMII", "\nM=I", 1)
        }),
    ];
    for edit in armor::unreadable() {
        cases.push(text(&edit.name, &edit.what, edit.reason, &|pem| edit.apply(pem)));
    }
    cases
}
