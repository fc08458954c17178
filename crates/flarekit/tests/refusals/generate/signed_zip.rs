//! Signed zips: members, signature and `site.yaml`.

use flarekit::error::Code::{self, *};
use flarekit::error::Reason::{self, *};

use super::edits::{Edit, one_a_reason};
use super::{armor, signed_case, site, traps};
use crate::case::Case;
use crate::forge::zip::Zip;
use crate::forge::{SignedForge, ca_key, key_of, other_ca_key, other_root, pem, x509};
use crate::machine::{SERVER, SITE, USER, valid};

pub fn cases() -> Vec<Case> {
    [members(), swapped(), pem_files(), other_cas(), definition(), servers_and_users()].concat()
}

const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";

fn case(
    name: &str,
    what: &str,
    refusal: (Code, Reason),
    change: impl FnOnce(&mut SignedForge),
) -> Case {
    signed_case(SITE, name, what, refusal, change)
}

/// Altered, with hashes that fit and the CA's signature.
fn signed_again(
    name: &str,
    what: &str,
    refusal: (Code, Reason),
    change: impl FnOnce(&mut SignedForge),
) -> Case {
    case(name, what, refusal, |forge| {
        change(forge);
        forge.fit();
        forge.sign();
    })
}

/// Each member missing, renamed, empty, not UTF-8, with key material.
fn members() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, short) in [
        ("signed.json", "signed-json"),
        ("signed.json.sig", "signature"),
        ("site.yaml", "site"),
        ("hospital-a.crt", "certificate"),
        ("rootCA.pem", "root"),
    ] {
        let mut add = |kind: &str, what: &str, reason, change: &dyn Fn(&mut SignedForge)| {
            let name = format!("member-{short}-{kind}");
            cases.push(case(
                &name,
                &format!("{member} {what}"),
                (InvalidSignedZip, reason),
                change,
            ));
        };
        let altered = match member {
            "signed.json" | "signed.json.sig" => SignatureInvalid,
            "site.yaml" => SiteHashMismatch,
            "rootCA.pem" => RootcaHashMismatch,
            _ => CertificateHashMismatch,
        };
        let unreadable = if member == "rootCA.pem" { PemMalformed } else { altered };
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
        ("member-extra", "there is a sixth member", ZipMemberUnexpected, "notes.txt", "hello"),
        (
            "member-extra-key",
            "a private key is enclosed",
            KeyMaterialInArchive,
            "hospital-a.key",
            KEY,
        ),
        (
            "member-extra-request",
            "request.json is enclosed, too",
            WrongArtifact,
            "request.json",
            "{}",
        ),
    ] {
        cases.push(case(name, what, (InvalidSignedZip, reason), |forge| {
            forge.zip.set(member, content)
        }));
    }
    cases.push(case(
        "request-zip",
        "it is the request zip",
        (InvalidSignedZip, WrongArtifact),
        |forge| {
            let zip = valid(&format!("{SITE}/{SITE}.request.zip"));
            forge.zip = Zip::open(&zip, &["request.json", "site.yaml", "hospital-a.csr"]);
        },
    ));
    cases
}

/// Members of the approvals of others by the same CA.
fn swapped() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, short, reason) in [
        ("signed.json", "signed-json", SignatureInvalid),
        ("signed.json.sig", "signature", SignatureInvalid),
        ("site.yaml", "site", SiteHashMismatch),
        ("hospital-a.crt", "certificate", CertificateHashMismatch),
    ] {
        let name = format!("member-{short}-of-another");
        let what = format!("{member} is of a user's approval");
        cases.push(case(&name, &what, (InvalidSignedZip, reason), |forge| {
            let theirs = SignedForge::of(USER, "");
            forge.zip.set(member, theirs.zip.get(&member.replace(SITE, USER)));
        }));
    }
    cases.push(case(
        "member-root-of-another",
        "rootCA.pem is another CA's",
        (InvalidSignedZip, SignatureInvalid),
        |forge| {
            forge.zip.set("rootCA.pem", other_root());
        },
    ));
    cases.push(case(
        "members-signed-of-another",
        "signed.json and its signature are of a user's approval",
        (InvalidSignedZip, ZipMemberMissing),
        |forge| {
            let theirs = SignedForge::of(USER, "");
            for member in ["signed.json", "signed.json.sig"] {
                forge.zip.set(member, theirs.zip.get(member));
            }
        },
    ));
    cases.push(signed_again(
        "member-site-of-another-signed",
        "site.yaml is a user's, signed by the CA",
        (InvalidSignedZip, SiteIdentityMismatch),
        |forge| {
            forge.zip.set("site.yaml", SignedForge::of(USER, "").zip.get("site.yaml"));
        },
    ));
    cases.push(signed_again(
        "member-certificate-of-another-signed",
        "the certificate is a user's, signed by the CA",
        (SignedZipIdentityConflict, CertificateIdentityMismatch),
        |forge| {
            forge
                .zip
                .set("hospital-a.crt", SignedForge::of(USER, "").zip.get(&format!("{USER}.crt")));
        },
    ));
    cases
}

/// The certificates as text, with the CA's signature.
fn pem_files() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, short) in [("hospital-a.crt", "certificate"), ("rootCA.pem", "root")] {
        for edit in armor::unreadable().into_iter().chain(armor::more()) {
            let name = format!("member-{short}-pem-{}-signed", edit.name);
            let what = format!("{member}, signed by the CA: {}", edit.what);
            cases.push(signed_again(&name, &what, (InvalidSignedZip, edit.reason), |forge| {
                let text = edit.apply(&forge.zip.text(member));
                forge.zip.set(member, text);
            }));
        }
    }
    cases
}

/// Whole approvals by another CA of the same project name.
fn other_cas() -> Vec<Case> {
    fn made_by_another(forge: &mut SignedForge) {
        forge.zip.set("rootCA.pem", other_root());
        let mut root = crate::forge::unpem(&other_root());
        let issuer = root.at(x509::SUBJECT).clone();
        let authority = x509::value(&mut root, x509::SKI)[2..].to_vec();
        forge.leaf_signed(other_ca_key(), |leaf| {
            *leaf.at(x509::ISSUER) = issuer;
            let length = x509::value(leaf, x509::AKI).len();
            x509::value(leaf, x509::AKI)[length - 20..].copy_from_slice(&authority);
        });
        forge.fit();
    }
    let pinned = (RootcaFingerprintMismatch, ExpectedFingerprint);
    vec![
        case(
            "other-ca-made-everything",
            "another CA of the same name made the whole approval",
            pinned,
            |forge| {
                made_by_another(forge);
                forge.fit_fingerprint();
                forge.sign_with(other_ca_key());
            },
        ),
        case(
            "other-ca-without-ca-info",
            "another CA made the whole approval, without ca_info",
            pinned,
            |forge| {
                made_by_another(forge);
                forge.zip.json("signed.json", |json| {
                    json.as_object_mut().unwrap().shift_remove("ca_info");
                });
                forge.sign_with(other_ca_key());
            },
        ),
        case(
            "other-ca-names-the-project-s-root",
            "another CA made the whole approval and names the project's fingerprint",
            (RootcaFingerprintMismatch, SignedFingerprint),
            |forge| {
                made_by_another(forge);
                forge.sign_with(other_ca_key());
            },
        ),
        case(
            "other-ca-kept-the-certificate",
            "another CA's root and signature around the project's certificate",
            pinned,
            |forge| {
                forge.zip.set("rootCA.pem", other_root());
                forge.fit();
                forge.fit_fingerprint();
                forge.sign_with(other_ca_key());
            },
        ),
        case(
            "other-ca-behind-the-project-s-root",
            "the certificate is another CA's, the rest the project's",
            (CertChainInvalid, SignatureInvalid),
            |forge| {
                forge.leaf_signed(other_ca_key(), |_| {});
                forge.fit();
                forge.sign();
            },
        ),
        case(
            "signed-by-its-own-participant",
            "the participant's certificate stands in the root's place",
            (InvalidSignedZip, SignatureInvalid),
            |forge| {
                let leaf = forge.zip.get("hospital-a.crt").to_vec();
                forge.zip.set("rootCA.pem", leaf);
                forge.fit();
                forge.sign();
            },
        ),
        case(
            "participant-as-the-root",
            "the participant signed with its own certificate as the root",
            (SignedZipIdentityConflict, RootProjectMismatch),
            |forge| {
                let leaf = forge.zip.get("hospital-a.crt").to_vec();
                forge.zip.set("rootCA.pem", leaf);
                forge.fit();
                forge.fit_fingerprint();
                forge.sign_with(key_of(SITE));
            },
        ),
    ]
}

/// The enclosed `site.yaml`, with the CA's signature and without.
fn definition() -> Vec<Case> {
    let mut edits = site::malformed();
    edits.extend(traps::yaml());
    edits.extend(traps::yaml_archived());
    let mut edits = one_a_reason(edits);
    edits.extend(site::other_identity());
    let fields = [
        ("connection-security", "connection_security: mtls", FieldNotAccepted),
        ("listening-host", "listening_host: {}", ListeningHost),
        ("server", "server: {}", FieldNotAccepted),
        ("fed-learn-port", "fed_learn_port: 8002", FieldNotAccepted),
        ("admin-port", "admin_port: 8003", FieldNotAccepted),
    ];
    for (name, field, reason) in fields {
        let what = format!("there is the field {field}");
        edits.push(Edit::new(name, what, reason, move |text| format!("{text}  {field}\n")));
    }
    let of = |edit: &Edit| {
        let what = format!("site.yaml, signed by the CA: {}", edit.what);
        let name = format!("site-{}-signed", edit.name);
        signed_again(&name, &what, (InvalidSignedZip, edit.reason), |forge| {
            let text = edit.apply(&forge.zip.text("site.yaml"));
            forge.zip.set("site.yaml", text);
        })
    };
    let unsigned = |edit: &Edit| {
        let what = format!("site.yaml, not signed again: {}", edit.what);
        let name = format!("site-{}-not-signed", edit.name);
        case(&name, &what, (InvalidSignedZip, SiteHashMismatch), |forge| {
            let text = edit.apply(&forge.zip.text("site.yaml"));
            forge.zip.set("site.yaml", text);
        })
    };
    edits.iter().map(of).chain(site::other_identity().iter().map(unsigned)).collect()
}

/// What only a server's or a user's approval can have wrong.
fn servers_and_users() -> Vec<Case> {
    let resigned = |participant,
                    name: &str,
                    what: &str,
                    refusal: (Code, Reason),
                    change: &dyn Fn(&mut SignedForge)| {
        signed_case(participant, name, what, refusal, |forge| {
            change(forge);
            forge.fit();
            forge.sign();
        })
    };
    let profile = (InvalidSignedZip, CertificateProfile);
    vec![
        resigned(
            SERVER,
            "server-host-names-fewer",
            "a server's certificate is for a host that site.yaml does not list",
            profile,
            &|forge| {
                forge.zip.edit("site.yaml", "  - 10.0.1.50\n", "");
            },
        ),
        resigned(
            SERVER,
            "server-host-other",
            "the signed host is not in the server's certificate",
            profile,
            &|forge| {
                forge.zip.json("signed.json", |json| {
                    json["server"]["host"] = "server2.hospital-central.org".into()
                });
            },
        ),
        resigned(
            USER,
            "user-role-higher",
            "signed.json has a higher role than site.yaml",
            (InvalidSignedZip, SiteIdentityMismatch),
            &|forge| {
                forge.zip.json("signed.json", |json| {
                    json["cert_type"] = "org_admin".into();
                    json["cert_role"] = "org_admin".into();
                });
            },
        ),
        resigned(
            USER,
            "user-role-higher-but-in-the-certificate",
            "everything but the certificate has a higher role",
            (SignedZipIdentityConflict, CertificateIdentityMismatch),
            &|forge| {
                forge.zip.edit("site.yaml", "role: lead", "role: org_admin");
                forge.zip.json("signed.json", |json| {
                    json["cert_type"] = "org_admin".into();
                    json["cert_role"] = "org_admin".into();
                });
            },
        ),
        resigned(
            USER,
            "user-role-missing",
            "signed.json has no role of a user",
            (InvalidSignedZip, KindTypeMismatch),
            &|forge| {
                forge.zip.json("signed.json", |json| {
                    json.as_object_mut().unwrap().shift_remove("cert_role");
                });
            },
        ),
        resigned(
            USER,
            "user-certificate-of-a-site",
            "a user's certificate has the extensions of a site",
            profile,
            &|forge| {
                let site = SignedForge::of(SITE, "");
                let mut theirs = crate::forge::unpem(site.zip.get("hospital-a.crt"));
                let (usage, purposes) = (
                    x509::extension(&mut theirs, x509::USAGE).clone(),
                    x509::extension(&mut theirs, x509::EKU).clone(),
                );
                forge.leaf_signed(ca_key(), |leaf| {
                    *x509::extension(leaf, x509::USAGE) = usage;
                    *x509::extension(leaf, x509::EKU) = purposes;
                });
            },
        ),
        resigned(
            SITE,
            "client-named-like-the-server",
            "the signed host is the client's name",
            (InvalidArgs, ServerNameTaken),
            &|forge| {
                forge.zip.json("signed.json", |json| json["server"]["host"] = "hospital-a".into());
            },
        ),
        resigned(
            SITE,
            "client-named-like-the-server-in-capitals",
            "the signed host is the client's name in capitals",
            (InvalidArgs, ServerNameTaken),
            &|forge| {
                forge.zip.json("signed.json", |json| json["server"]["host"] = "HOSPITAL-A".into());
            },
        ),
        resigned(
            SITE,
            "certificate-label",
            "the certificate's PEM label is X509 CERTIFICATE",
            (InvalidSignedZip, PemLabel),
            &|forge| {
                let der = crate::forge::unpem(forge.zip.get("hospital-a.crt")).encode();
                forge.zip.set("hospital-a.crt", pem("X509 CERTIFICATE", &der));
            },
        ),
    ]
}
