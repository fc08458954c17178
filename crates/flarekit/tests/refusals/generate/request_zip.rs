//! Request zips: members, hashes, `request.json` and `site.yaml`.

use flarekit::definition::Definition;
use flarekit::error::Code::{self, *};
use flarekit::error::Reason::{self, *};
use flarekit::pki::sha256_hex;
use serde_json::json;

use super::edits::{Edit, one_a_reason};
use super::json::{Field, fields, with};
use super::{request_case, site, traps};
use crate::case::Case;
use crate::forge::RequestForge;
use crate::machine::{SERVER, SITE, USER, valid};

pub fn cases() -> Vec<Case> {
    [members(), swapped(), metadata(), metadata_of_users(), definition()].concat()
}

const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
const MEMBERS: [(&str, &str); 3] =
    [("request.json", "request-json"), ("site.yaml", "site"), ("hospital-a.csr", "csr")];

fn case(
    name: &str,
    what: &str,
    refusal: (Code, Reason),
    change: impl FnOnce(&mut RequestForge),
) -> Case {
    request_case(SITE, name, what, refusal, change)
}

/// Each member missing, renamed, empty, not UTF-8, with key material.
fn members() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, short) in MEMBERS {
        let mut add = |kind: &str, what: &str, refusal, change: &dyn Fn(&mut RequestForge)| {
            let what = format!("{member} {what}");
            cases.push(case(&format!("member-{short}-{kind}"), &what, refusal, change));
        };
        let missing = (InvalidArgs, ZipMemberMissing);
        add("missing", "is not there", missing, &|forge| forge.zip.remove(member));
        add("renamed", "has another name", missing, &|forge| {
            forge.zip.rename(member, &format!("other-{member}"));
        });
        add("renamed-in-capitals", "has its name in capitals", missing, &|forge| {
            forge.zip.rename(member, &member.to_ascii_uppercase());
        });
        let key = (InvalidArgs, KeyMaterialInArchive);
        add("with-a-key", "holds a private key, too", key, &|forge| {
            let content = [forge.zip.get(member), b"\n", KEY.as_bytes()].concat();
            forge.zip.set(member, content);
            if member != "request.json" {
                forge.fit();
            }
        });
        let (empty, not_utf8) = match member {
            "request.json" => ((InvalidArgs, JsonSyntax), (InvalidArgs, JsonNotUtf8)),
            "site.yaml" => ((InvalidArgs, YamlDocuments), (InvalidArgs, YamlNotUtf8)),
            _ => ((InvalidCsr, PemMalformed), (InvalidCsr, PemMalformed)),
        };
        add("empty", "is empty", empty, &|forge| {
            forge.zip.set(member, "");
            if member != "request.json" {
                forge.fit();
            }
        });
        add("not-utf-8", "is not UTF-8", not_utf8, &|forge| {
            let content = [forge.zip.get(member), b"\xff\n"].concat();
            forge.zip.set(member, content);
            if member != "request.json" {
                forge.fit();
            }
        });
        if member != "request.json" {
            let reason = if member == "site.yaml" { SiteHashMismatch } else { CsrHashMismatch };
            let what = "has one more line break than its hash says";
            add("hash-of-other-bytes", what, (InvalidArgs, reason), &|forge| {
                let content = [forge.zip.get(member), b"\n"].concat();
                forge.zip.set(member, content);
            });
        }
    }
    let unexpected = (InvalidArgs, ZipMemberUnexpected);
    cases.push(case("member-extra", "there is a fourth member", unexpected, |forge| {
        forge.zip.set("notes.txt", "hello\n");
    }));
    cases.push(case(
        "member-extra-certificate",
        "a certificate is enclosed",
        unexpected,
        |forge| {
            forge.zip.set("rootCA.pem", valid("ca/rootCA.pem"));
        },
    ));
    let key = (InvalidArgs, KeyMaterialInArchive);
    cases.push(case("member-extra-key", "the private key is enclosed", key, |forge| {
        forge.zip.set("hospital-a.key", KEY);
    }));
    cases.push(case(
        "member-extra-key-named-otherwise",
        "a key is enclosed as text",
        key,
        |forge| {
            forge.zip.set("readme.txt", KEY.replace("RSA", "OPENSSH"));
        },
    ));
    cases.push(case("signed-zip", "it is the signed zip", (InvalidArgs, WrongArtifact), |forge| {
        let file = format!("{SITE}/{SITE}.signed.zip");
        let members =
            ["signed.json", "signed.json.sig", "site.yaml", "hospital-a.crt", "rootCA.pem"];
        forge.zip = crate::forge::zip::Zip::open(&valid(&file), &members);
    }));
    cases
}

/// Members of other participants' requests.
fn swapped() -> Vec<Case> {
    let from = |member: &'static str, other: &'static str| {
        move |forge: &mut RequestForge| {
            let theirs = RequestForge::of(other);
            let name = member.replace(SITE, other);
            let content = theirs.zip.get(&name).to_vec();
            forge.zip.set(member, content);
        }
    };
    let fitted = |member: &'static str, other: &'static str| {
        move |forge: &mut RequestForge| {
            from(member, other)(forge);
            forge.fit();
        }
    };
    vec![
        case(
            "member-request-json-of-another",
            "request.json is a user's",
            (InvalidArgs, ZipMemberMissing),
            from("request.json", USER),
        ),
        case(
            "member-site-of-another",
            "site.yaml is the server's",
            (InvalidArgs, SiteHashMismatch),
            from("site.yaml", SERVER),
        ),
        case(
            "member-site-of-another-fitted",
            "site.yaml is the server's, and its hash",
            (InvalidArgs, SiteIdentityMismatch),
            fitted("site.yaml", SERVER),
        ),
        case(
            "member-csr-of-another",
            "the CSR is a user's",
            (InvalidArgs, CsrHashMismatch),
            from("hospital-a.csr", USER),
        ),
        case(
            "member-csr-of-another-fitted",
            "the CSR is a user's, and its hash",
            (InvalidArgs, CsrIdentityMismatch),
            fitted("hospital-a.csr", USER),
        ),
        case(
            "member-csr-is-the-site",
            "the CSR holds site.yaml",
            (InvalidCsr, PemMalformed),
            |forge| {
                let site = forge.zip.get("site.yaml").to_vec();
                forge.zip.set("hospital-a.csr", site);
                forge.fit();
            },
        ),
        case(
            "member-csr-is-a-certificate",
            "the CSR is a certificate",
            (InvalidCsr, PemLabel),
            |forge| {
                forge.zip.set("hospital-a.csr", valid("ca/rootCA.pem"));
                forge.fit();
            },
        ),
    ]
}

/// The fields of `request.json`, and its traps.
fn metadata() -> Vec<Case> {
    let other = sha256_hex(b"other bytes");
    let digests = ["csr_sha256", "public_key_sha256", "site_yaml_sha256"];
    let list = vec![
        Field("artifact_type", json!("nvflare.cert.signed"), ArtifactUnsupported),
        Field("schema_version", json!("2"), ArtifactUnsupported),
        Field("request_id", json!("not-a-uuid"), RequestId),
        Field("project", json!("other_federation"), SiteIdentityMismatch),
        Field("name", json!("hospital-b"), ZipMemberMissing),
        Field("org", json!("hospital_beta"), SiteIdentityMismatch),
        Field("kind", json!("user"), KindTypeMismatch),
        Field("cert_type", json!("server"), KindTypeMismatch),
        Field("csr_sha256", json!(other), CsrHashMismatch),
        Field("public_key_sha256", json!(other), PublicKeyHashMismatch),
        Field("site_yaml_sha256", json!(other), SiteHashMismatch),
    ];
    let line_breaks = [
        ("artifact_type", ArtifactUnsupported),
        ("schema_version", ArtifactUnsupported),
        ("request_id", RequestId),
        ("project", ProjectName),
        ("name", NameUnsafe),
        ("org", OrgName),
        ("kind", KindTypeMismatch),
        ("cert_type", FieldValue),
        ("csr_sha256", DigestFormat),
        ("public_key_sha256", DigestFormat),
        ("site_yaml_sha256", DigestFormat),
    ];
    let mut edits = fields(list, &line_breaks);
    edits.extend([
        with(
            "schema-version-number",
            "schema_version is the number 1",
            FieldType,
            "schema_version",
            1,
        ),
        with(
            "request-id-short",
            "request_id has 31 digits",
            RequestId,
            "request_id",
            "a".repeat(31),
        ),
        with("cert-type-user", "cert_type is a user's", NameWrongForType, "cert_type", "lead"),
        with("cert-type-admin", "cert_type is admin", FieldValue, "cert_type", "admin"),
        with("cert-role-of-a-client", "a client has a role", KindTypeMismatch, "cert_role", "lead"),
        with("cert-role-number", "cert_role is a number", FieldType, "cert_role", 1),
        with("created-at-number", "created_at is a number", FieldType, "created_at", 1),
        with("created-at-no-time", "created_at is no time", FieldValue, "created_at", "yesterday"),
        with("created-at-empty", "created_at is empty", FieldValue, "created_at", ""),
        with(
            "created-at-line-break",
            "created_at ends with a line break",
            FieldValue,
            "created_at",
            "2026-11-23T06:48:51Z\n",
        ),
        with("name-path", "name is ../hospital-a", NameUnsafe, "name", "../hospital-a"),
        with("name-nul", "name has a zero byte", NameUnsafe, "name", "hospital-a\0"),
        with("name-device", "name is a device of Windows", NameDevice, "name", "CON"),
        with("name-long", "name has 65 characters", NameTooLong, "name", "a".repeat(65)),
        with("name-capital", "name has a capital letter", ZipMemberMissing, "name", "Hospital-a"),
        with("project-path", "project is ../x", ProjectName, "project", "../x"),
    ]);
    for digest in digests {
        let name = digest.replace('_', "-");
        edits.extend([
            with(
                &format!("{name}-short"),
                &format!("{digest} has 63 digits"),
                DigestFormat,
                digest,
                &other[1..],
            ),
            with(
                &format!("{name}-prefixed"),
                &format!("{digest} begins with sha256:"),
                DigestFormat,
                digest,
                format!("sha256:{other}"),
            ),
            Edit::new(
                format!("{name}-in-capitals"),
                format!("{digest} is in capitals"),
                DigestFormat,
                move |text| {
                    let mut json: serde_json::Value = serde_json::from_str(text).unwrap();
                    json[digest] = json[digest].as_str().unwrap().to_uppercase().into();
                    format!("{json:#}")
                },
            ),
        ]);
    }
    edits.extend(traps::json());
    let of = |edit: &Edit| {
        let what = format!("request.json: {}", edit.what);
        let refusal = (Definition::request_code(edit.reason), edit.reason);
        case(&format!("request-json-{}", edit.name), &what, refusal, |forge| {
            let text = edit.apply(&forge.zip.text("request.json"));
            forge.zip.set("request.json", text);
        })
    };
    edits.iter().map(of).collect()
}

/// What only a user's or a server's request can have wrong.
fn metadata_of_users() -> Vec<Case> {
    let user = |name: &str, what: &str, reason, path: &'static str, value: serde_json::Value| {
        request_case(USER, name, what, (InvalidArgs, reason), |forge| {
            forge.zip.json("request.json", |json| json[path] = value);
        })
    };
    vec![
        user("user-role-null", "a user's role is null", KindTypeMismatch, "cert_role", json!(null)),
        user(
            "user-role-other",
            "a user's role is not the type",
            KindTypeMismatch,
            "cert_role",
            json!("member"),
        ),
        user(
            "user-type-higher",
            "a user's type is another role than in site.yaml",
            KindTypeMismatch,
            "cert_type",
            json!("org_admin"),
        ),
        user(
            "user-kind-site",
            "a user is said to be a site",
            KindTypeMismatch,
            "kind",
            json!("site"),
        ),
        user(
            "user-name-plain",
            "a user's name is no e-mail address",
            NameWrongForType,
            "name",
            json!("alice"),
        ),
        request_case(
            USER,
            "user-role-higher-everywhere-but-in-the-csr",
            "a user makes itself org_admin",
            (InvalidArgs, CsrIdentityMismatch),
            |forge| {
                forge.zip.edit("site.yaml", "role: lead", "role: org_admin");
                forge.zip.json("request.json", |json| {
                    json["cert_type"] = "org_admin".into();
                    json["cert_role"] = "org_admin".into();
                });
                forge.fit();
            },
        ),
        request_case(
            USER,
            "user-role-higher-in-the-site",
            "site.yaml alone has a higher role",
            (InvalidArgs, SiteIdentityMismatch),
            |forge| {
                forge.zip.edit("site.yaml", "role: lead", "role: org_admin");
                forge.fit();
            },
        ),
        request_case(
            SERVER,
            "server-name-other",
            "a server has another host's name",
            (InvalidArgs, ZipMemberMissing),
            |forge| {
                forge.zip.json("request.json", |json| {
                    json["name"] = "server2.hospital-central.org".into()
                });
            },
        ),
        request_case(
            SERVER,
            "server-host-names-address",
            "a server asks for the address 255.255.255.255",
            (InvalidArgs, HostAddress),
            |forge| {
                forge.zip.edit("site.yaml", "10.0.1.50", "255.255.255.255");
                forge.fit();
            },
        ),
    ]
}

/// The `site.yaml` of the request.
fn definition() -> Vec<Case> {
    let mut edits = one_a_reason(site::malformed());
    edits.extend(site::other_identity());
    edits.extend(traps::yaml());
    edits.extend(traps::yaml_archived());
    let fields = [
        ("connection-security", "connection_security: mtls", FieldNotAccepted),
        ("connection-security-null", "connection_security:", FieldNotAccepted),
        ("listening-host", "listening_host: {}", ListeningHost),
    ];
    for (name, field, reason) in fields {
        let what = format!("there is the field {field}");
        edits.push(Edit::new(name, what, reason, move |text| format!("{text}  {field}\n")));
    }
    let of = |edit: &Edit| {
        let what = format!("site.yaml: {}", edit.what);
        let refusal = (Definition::request_code(edit.reason), edit.reason);
        case(&format!("site-{}", edit.name), &what, refusal, |forge| {
            let text = edit.apply(&forge.zip.text("site.yaml"));
            forge.zip.set("site.yaml", text);
            forge.fit();
        })
    };
    edits.iter().map(of).collect()
}
