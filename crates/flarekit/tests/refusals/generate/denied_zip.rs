//! Denied zips: members, signature and root, and what is neither a denial nor an approval.

use flarekit::error::Code::{self, *};
use flarekit::error::Reason::{self, *};
use flarekit::pki::{Signer as _, encode_base64};

use super::{denied_case as case, explain};
use crate::case::Case;
use crate::forge::x509::{self, BASIC, value};
use crate::forge::zip::encode;
use crate::forge::{DeniedForge, SignedForge, ca_key, key_of, other_ca_key, other_root};
use crate::machine::{SITE, valid, vector};

const JSON: &str = "denied.json";
const SIGNATURE: &str = "denied.json.sig";
const ROOT: &str = "rootCA.pem";
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";

pub fn cases() -> Vec<Case> {
    [members(), archives(), signatures(), mixed(), other_roots(), bad_roots()].concat()
}

/// Each member missing, renamed, empty, not UTF-8, with key material; and one more.
fn members() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, short) in [(JSON, "denied-json"), (SIGNATURE, "signature"), (ROOT, "root")] {
        let mut add = |kind: &str, what: &str, reason, change: &dyn Fn(&mut DeniedForge)| {
            let name = format!("member-{short}-{kind}");
            let refusal = (InvalidSignedZip, reason);
            cases.push(case(&name, &format!("{member} {what}"), refusal, change));
        };
        let altered = if member == ROOT { RootcaHashMismatch } else { SignatureInvalid };
        let unreadable = if member == ROOT { PemMalformed } else { altered };
        add("missing", "is not there", ZipMemberMissing, &|forge| forge.zip.remove(member));
        add("renamed", "has another name", ZipMemberMissing, &|forge| {
            forge.zip.rename(member, &format!("other-{member}"));
        });
        add("renamed-in-capitals", "has its name in capitals", ZipMemberMissing, &|forge| {
            forge.zip.rename(member, &member.to_ascii_uppercase());
        });
        add("with-a-key", "holds a private key, too", KeyMaterialInArchive, &|forge| {
            forge.zip.set(member, [forge.zip.get(member), b"\n", KEY.as_bytes()].concat());
        });
        add("empty", "is empty", unreadable, &|forge| forge.zip.set(member, ""));
        add("not-utf-8", "is not UTF-8", unreadable, &|forge| {
            forge.zip.set(member, [forge.zip.get(member), b"\xff"].concat());
        });
        add("byte-order-mark", "begins with a byte order mark", unreadable, &|forge| {
            forge.zip.set(member, ["\u{feff}".as_bytes(), forge.zip.get(member)].concat());
        });
        add("line-break", "has one more line break", altered, &|forge| {
            forge.zip.set(member, [forge.zip.get(member), b"\n"].concat());
        });
    }
    for (name, what, reason, member, content) in [
        ("extra", "there is a fourth member", ZipMemberUnexpected, "notes.txt", "hello"),
        ("extra-key", "a private key is enclosed", KeyMaterialInArchive, "hospital-a.key", KEY),
        ("extra-request", "request.json is enclosed", ZipMemberUnexpected, "request.json", "{}"),
        (
            "extra-certificate",
            "an empty certificate is enclosed",
            ZipMemberUnexpected,
            "hospital-a.crt",
            "",
        ),
    ] {
        let refusal = (InvalidSignedZip, reason);
        cases.push(case(&format!("member-{name}"), what, refusal, |forge| {
            forge.zip.set(member, content);
        }));
    }
    cases
}

/// The archive's reader is that of all zips; here it shows that it is asked.
fn archives() -> Vec<Case> {
    let archive = |name: &str, what: &str, reason: Reason, bytes: Vec<u8>| {
        case(&format!("zip-{name}"), what, (InvalidSignedZip, reason), |_| {})
            .file(super::DENIED_ZIP, bytes)
    };
    let zip = DeniedForge::of("").zip;
    let mut members = zip.members();
    members.push(members[0].clone());
    let mut linked = zip.members();
    linked[0].attributes = 0o120_777 << 16;
    let cut = zip.encode().split_off(1);
    vec![
        archive("member-twice", "denied.json stands twice", ZipDuplicateMember, encode(&members)),
        archive("link", "denied.json is a link", ZipMemberNotAFile, encode(&linked)),
        archive("cut", "the first byte is gone", ZipMalformed, cut),
    ]
}

fn signatures() -> Vec<Case> {
    let signature = |name: &str, what: &str, change: &dyn Fn(&DeniedForge) -> String| {
        let (name, what) = (format!("signature-{name}"), format!("the signature {what}"));
        case(&name, &what, (InvalidSignedZip, SignatureInvalid), |forge| {
            let made = change(forge);
            forge.zip.set(SIGNATURE, made);
        })
    };
    let text = |forge: &DeniedForge| forge.zip.text(SIGNATURE);
    let json = |forge: &DeniedForge| forge.zip.get(JSON).to_vec();
    vec![
        signature("altered", "has another first letter", &|forge| {
            let text = text(forge);
            format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..])
        }),
        signature("cut", "lacks its last four letters", &|forge| text(forge)[..340].to_owned()),
        signature("zeros", "is all zeros", &|_| format!("{}==", "A".repeat(342))),
        signature("twice", "stands twice", &|forge| text(forge).repeat(2)),
        signature("of-the-approval", "is the one over signed.json", &|_| {
            SignedForge::of(SITE, "").zip.text("signed.json.sig")
        }),
        signature("by-the-participant", "is by the participant's key", &|forge| {
            forge.signatures.sign(key_of(SITE), &json(forge))
        }),
        signature("by-another-ca", "is by another CA", &|forge| {
            forge.signatures.sign(other_ca_key(), &json(forge))
        }),
        signature("pkcs1", "is RSASSA-PKCS1-v1_5", &|forge| {
            encode_base64(&ca_key().sign_certificate(&json(forge)).unwrap()).unwrap()
        }),
        signature("short-salt", "has a salt of 32 bytes", &|forge| {
            forge.signatures.sign_with_short_salt(ca_key(), &json(forge))
        }),
        signature("over-other-spacing", "is over the same JSON on one line", &|forge| {
            let value: serde_json::Value = serde_json::from_slice(&json(forge)).unwrap();
            forge.signatures.sign(ca_key(), value.to_string().as_bytes())
        }),
    ]
}

/// A denial in the place of an approval, the other way round, and both in one.
fn mixed() -> Vec<Case> {
    let add = |forge: &mut DeniedForge, names: &[&str]| {
        let approval = SignedForge::of(SITE, "").zip;
        for name in names {
            forge.zip.set(name, approval.get(name));
        }
    };
    let signed = ["signed.json", "signed.json.sig"];
    let rest = ["site.yaml", "hospital-a.crt"];
    let rename = |forge: &mut DeniedForge| {
        forge.zip.rename(JSON, signed[0]);
        forge.zip.rename(SIGNATURE, signed[1]);
    };
    let refused = |reason: Reason| (InvalidSignedZip, reason);
    vec![
        case(
            "renamed-to-an-approval",
            "its files are named like an approval's",
            refused(ArtifactUnsupported),
            rename,
        ),
        case(
            "inside-an-approval",
            "its files stand in the place of signed.json and its signature",
            refused(ArtifactUnsupported),
            |forge| {
                rename(forge);
                add(forge, &rest);
            },
        ),
        case(
            "approval-renamed",
            "it holds signed.json and its signature, renamed",
            refused(ArtifactUnsupported),
            |forge| {
                let approval = SignedForge::of(SITE, "").zip;
                forge.zip.set(JSON, approval.get(signed[0]));
                forge.zip.set(SIGNATURE, approval.get(signed[1]));
            },
        ),
        case(
            "and-approval",
            "it is a denial and an approval",
            refused(ZipMemberUnexpected),
            |forge| {
                add(forge, &[&signed[..], &rest].concat());
            },
        ),
        case("with-signed-json", "signed.json is enclosed", refused(ZipMemberMissing), |forge| {
            add(forge, &signed[..1]);
        }),
        case(
            "with-signed-json-and-signature",
            "signed.json and its signature are enclosed",
            refused(ZipMemberMissing),
            |forge| {
                add(forge, &signed);
            },
        ),
    ]
}

/// Roots that are in order, and not the project's.
fn other_roots() -> Vec<Case> {
    let told: (Code, Reason) = (RootcaFingerprintMismatch, ExpectedFingerprint);
    let named = (RootcaFingerprintMismatch, SignedFingerprint);
    let exchanged = |forge: &mut DeniedForge| forge.zip.set(ROOT, other_root());
    let renewed = |forge: &mut DeniedForge| {
        forge.root(|root| {
            *root.at(x509::SERIAL).content() = vec![1];
            x509::sign(root, ca_key());
        });
    };
    vec![
        case("expected-fingerprint-other", "another fingerprint was told", told, |_| {})
            .command(&explain(&other_root())),
        case(
            "root-of-another",
            "rootCA.pem is another CA's",
            (InvalidSignedZip, SignatureInvalid),
            exchanged,
        ),
        case(
            "other-ca-made-everything",
            "another CA of the same name made the whole denial",
            told,
            |forge| {
                exchanged(forge);
                forge.fit();
                forge.fit_fingerprint();
                forge.sign_with(other_ca_key());
            },
        ),
        case(
            "other-ca-names-the-project-s-root",
            "another CA made the whole denial and names the project's fingerprint",
            named,
            |forge| {
                exchanged(forge);
                forge.fit();
                forge.sign_with(other_ca_key());
            },
        ),
        case(
            "other-ca-names-the-project-s-hash",
            "another CA made the whole denial and names the hash of the project's root",
            (InvalidSignedZip, RootcaHashMismatch),
            |forge| {
                exchanged(forge);
                forge.sign_with(other_ca_key());
            },
        ),
        case("root-renewed", "the same CA has issued itself a new root", told, |forge| {
            renewed(forge);
            forge.fit();
            forge.fit_fingerprint();
            forge.sign();
        }),
        case(
            "root-renewed-alone",
            "the root is renewed, and nothing names it",
            (InvalidSignedZip, RootcaHashMismatch),
            renewed,
        ),
        case(
            "root-renewed-but-not-its-fingerprint",
            "the root is renewed, and its hash only is named",
            named,
            |forge| {
                renewed(forge);
                forge.fit();
                forge.sign();
            },
        ),
    ]
}

/// Roots that no project may have. What names them fits, and their fingerprint was told.
fn bad_roots() -> Vec<Case> {
    let fitted = |name: &str,
                  what: &str,
                  (code, reason): (Code, Reason),
                  change: &dyn Fn(&mut DeniedForge)| {
        let mut root = Vec::new();
        let case = case(&format!("root-{name}"), what, (code, reason), |forge| {
            change(forge);
            forge.fit();
            forge.fit_fingerprint();
            forge.sign();
            root = forge.zip.get(ROOT).to_vec();
        });
        case.command(&explain(&root))
    };
    let unreadable = |name: &str, what: &str, reason: Reason| {
        let file = vector(&format!("invalid/root/{name}.pem"));
        case(&format!("root-{name}"), what, (InvalidSignedZip, reason), |forge| {
            forge.zip.set(ROOT, file);
        })
    };
    vec![
        fitted("basic-not-a-ca", "the root: CA:FALSE", (InvalidSignedZip, RootNotACa), &|forge| {
            forge.root(|root| {
                *value(root, BASIC) = vec![0x30, 0];
                x509::sign(root, ca_key());
            });
        }),
        fitted(
            "signature-altered",
            "one bit of the root's signature",
            (InvalidSignedZip, RootNotSelfSigned),
            &|forge| {
                forge.root(|root| *root.at(x509::SIGNATURE).content().last_mut().unwrap() ^= 1);
            },
        ),
        case(
            "root-with-text-around",
            "text stands before the root",
            (InvalidSignedZip, PemMalformed),
            |forge| {
                let root = valid("ca/rootCA.pem");
                forge.zip.set(ROOT, [b"text\n", root.as_slice()].concat());
            },
        ),
        case(
            "root-is-the-participant-s",
            "the participant signed, with its own certificate as the root",
            (InvalidSignedZip, RootProjectMismatch),
            |forge| {
                forge.zip.set(ROOT, SignedForge::of(SITE, "").zip.get("hospital-a.crt"));
                forge.fit();
                forge.fit_fingerprint();
                forge.sign_with(key_of(SITE));
            },
        ),
        unreadable("ec-p256", "a root with a key of elliptic curves", KeyNotRsa),
        unreadable("rsa-1024", "a root with a key of 1024 bits", KeySize),
    ]
}
