//! The request folder when a kit is made: key, `request.json` and `site.yaml`.

use flarekit::error::Code::*;
use flarekit::error::Reason::{self, *};
use flarekit::pki::sha256_hex;
use serde_json::json;

use super::edits::{Edit, line, one_a_reason};
use super::json::{Field, fields, with};
use super::{armor, package, site, traps};
use crate::case::{Case, Refusal};
use crate::machine::{SERVER, SITE, USER, valid, valid_text, vector};

pub fn cases() -> Vec<Case> {
    [keys(), missing(), metadata(), definition()].concat()
}

fn case(name: &str, what: &str, refusal: impl Into<Refusal>) -> Case {
    Case::new("request-folder", name, what, refusal).command(&package(SITE))
}

fn path(file: &str) -> String {
    format!("{SITE}/{file}")
}

fn missing() -> Vec<Case> {
    let incomplete = (RequestDirIncomplete, RequestDirFilesMissing);
    let site = (LocalSiteInvalid, LocalSiteMissing);
    vec![
        case("key-missing", "the key is not there", incomplete).without(&path("hospital-a.key")),
        case("request-json-missing", "request.json is not there", incomplete)
            .without(&path("request.json")),
        case("site-missing", "site.yaml is not there", site).without(&path("site.yaml")),
        case("folder-of-another", "the folder is another participant's", incomplete).command(&{
            let mut command = package(SITE);
            command[3] = USER.to_owned();
            command
        }),
        case("folder-absent", "the folder does not exist", (RequestDirNotFound, RequestDirGiven))
            .command(&{
                let mut command = package(SITE);
                command[3] = "nowhere".to_owned();
                command
            }),
        case(
            "folder-is-a-file",
            "a file stands in the folder's place",
            (RequestDirNotFound, RequestDirGiven),
        )
        .command(&{
            let mut command = package(SITE);
            command[3] = "hospital-a.yaml".to_owned();
            command
        }),
    ]
}

fn keys() -> Vec<Case> {
    let key = |name: &str, what: &str, refusal: Refusal, bytes: Vec<u8>| {
        case(&format!("key-{name}"), what, refusal).file(&path("hospital-a.key"), bytes)
    };
    let invalid = |reason| Refusal::from((KeyInvalid, reason));
    let pem = valid_text(&path("hospital-a.key"));
    vec![
        key(
            "of-another",
            "the key is another participant's",
            KeyCertMismatch.into(),
            valid(&format!("{USER}/{USER}.key")),
        ),
        key("of-the-ca", "the key is the CA's", KeyCertMismatch.into(), valid("ca/rootCA.key")),
        key("empty", "the key file is empty", invalid(PemMalformed), vec![]),
        key("csr", "the key file holds the CSR", invalid(PemLabel), valid(&path("hospital-a.csr"))),
        key(
            "twice",
            "the key file holds the key twice",
            invalid(PemMalformed),
            pem.repeat(2).into(),
        ),
        key(
            "text-before",
            "text stands before the key",
            invalid(PemMalformed),
            format!("key:\n{pem}").into(),
        ),
        key(
            "byte-order-mark",
            "the key file begins with a byte order mark",
            invalid(PemMalformed),
            format!("\u{feff}{pem}").into(),
        ),
        key("cut", "the key lacks its last lines", invalid(PemMalformed), pem[..800].into()),
        key(
            "blank-line",
            "the key has a blank line inside the PEM block",
            invalid(PemMalformed),
            armor::blank_line().apply(&pem).into(),
        ),
        key(
            "encrypted",
            "the key is encrypted",
            invalid(KeyEncrypted),
            vector("valid/keys/rsa-2048.encrypted.pem"),
        ),
        key(
            "ec",
            "the key is of elliptic curves",
            invalid(KeyNotRsa),
            vector("valid/keys/ec-p256.sec1.pem"),
        ),
        key(
            "rsa-1024",
            "the key has 1024 bits",
            invalid(KeySize),
            vector("valid/keys/rsa-1024.pkcs8.pem"),
        ),
        key(
            "public",
            "the key file says PUBLIC KEY",
            invalid(PemLabel),
            pem.replace("RSA PRIVATE", "PUBLIC").into(),
        ),
    ]
}

/// The local `request.json`. Defects of the folder that was given have reasons of their own.
fn metadata() -> Vec<Case> {
    let other = sha256_hex(b"other bytes");
    let list = vec![
        Field("artifact_type", json!("nvflare.cert.signed"), ArtifactUnsupported),
        Field("schema_version", json!("2"), ArtifactUnsupported),
        Field("request_id", json!("00000000000040008000000000000000"), RequestDirOtherRequest),
        Field("project", json!("other_federation"), SiteIdentityMismatch),
        Field("name", json!("hospital-b"), SiteIdentityMismatch),
        Field("org", json!("hospital_beta"), SiteIdentityMismatch),
        Field("kind", json!("user"), KindTypeMismatch),
        Field("cert_type", json!("server"), KindTypeMismatch),
        Field("csr_sha256", json!(other), SiteIdentityMismatch),
        Field("public_key_sha256", json!(other), SiteIdentityMismatch),
    ];
    let mut edits = fields(list, &[("request_id", RequestId), ("csr_sha256", DigestFormat)]);
    edits.extend([
        with(
            "csr-sha256-in-capitals",
            "csr_sha256 is in capitals",
            DigestFormat,
            "csr_sha256",
            "A".repeat(64),
        ),
        with("cert-role-of-a-client", "a client has a role", KindTypeMismatch, "cert_role", "lead"),
    ]);
    edits.retain(|edit| !edit.name.ends_with("-list") && !edit.name.ends_with("-null"));
    edits.extend(one_a_reason(traps::json()));
    let of = |edit: &Edit| {
        let refusal: Refusal = match edit.reason {
            SiteIdentityMismatch => RequestMetadataMismatch.into(),
            RequestDirOtherRequest => (RequestDirMismatch, RequestDirOtherRequest).into(),
            _ => (RequestDirMismatch, RequestDirMalformed).into(),
        };
        case(
            &format!("request-json-{}", edit.name),
            &format!("request.json: {}", edit.what),
            refusal,
        )
        .file(&path("request.json"), edit.apply(&valid_text(&path("request.json"))))
    };
    let mut cases: Vec<Case> = edits.iter().map(of).collect();
    let malformed = (RequestDirMismatch, RequestDirMalformed);
    cases.push(
        case("request-json-not-utf-8", "request.json is not UTF-8", malformed)
            .file(&path("request.json"), [&valid(&path("request.json"))[..], b"\xff"].concat()),
    );
    cases.push(
        case(
            "request-json-of-another",
            "request.json is another participant's",
            (RequestDirMismatch, RequestDirOtherRequest),
        )
        .file(&path("request.json"), valid(&format!("{USER}/request.json"))),
    );
    cases
}

/// The local `site.yaml`: what no definition may be like, another identity, and what a kit that is
/// made alone cannot have.
fn definition() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |edit: &Edit, refusal: Refusal| {
        let text = edit.apply(&valid_text(&path("site.yaml")));
        cases.push(
            case(&format!("site-{}", edit.name), &format!("site.yaml: {}", edit.what), refusal)
                .file(&path("site.yaml"), text),
        );
    };
    for edit in one_a_reason(
        [site::malformed(), traps::yaml(), traps::yaml_local()].into_iter().flatten().collect(),
    ) {
        add(&edit, (LocalSiteInvalid, edit.reason).into());
    }
    for edit in &site::other_identity() {
        add(edit, LocalSiteMismatch.into());
    }
    let field = |name: &str, what: &str, reason: Reason, lines: &'static str| {
        Edit::new(name, what, reason, move |text| format!("{text}{lines}\n"))
    };
    for edit in &one_a_reason(local_fields()) {
        add(edit, (LocalSiteInvalid, edit.reason).into());
    }
    for edit in [
        field(
            "listening-host",
            "a listener's certificate is needed",
            ListeningHost,
            "  listening_host: {}",
        ),
        field(
            "connect-to-relay",
            "the site connects to a relay",
            UnsupportedParticipant,
            "  connect_to: {name: relay-1}",
        ),
        field("parent", "the site has a parent", UnsupportedParticipant, "  parent: hospital-b"),
        field(
            "builder-of-several",
            "a builder needs all participants at once",
            UnsupportedBuilder,
            "builders:\n- {path: nvflare.lighter.impl.he.HEBuilder}",
        ),
    ] {
        let reason = edit.reason;
        add(&edit, (LocalSiteUnsupportedFeature, reason).into());
    }
    add(
        &field(
            "custom-ca-missing",
            "the further CA certificate does not exist",
            CustomCaCert,
            "  custom_ca_cert: /nonexistent/flarekit/ca.pem",
        ),
        (LocalSiteInvalid, CustomCaCert).into(),
    );
    let server = |text: &str| line(text, "connection_security", "  fed_learn_port: 0\n");
    cases.push(
        Case::new(
            "request-folder",
            "site-server-port-zero",
            "a server's site.yaml has the port 0",
            (LocalSiteInvalid, Port),
        )
        .command(&package(SERVER))
        .file(&format!("{SERVER}/site.yaml"), server(&valid_text(&format!("{SERVER}/site.yaml")))),
    );
    cases
}

/// Settings that stay on the machine, each malformed; also for definitions. They are indented for
/// copies and follow the participant's last field.
pub fn local_fields() -> Vec<Edit> {
    let field = |name: &str, reason: Reason, field: &str| {
        let what = format!("there is the field {field}");
        let field = field.to_owned();
        Edit::new(name, what, reason, move |text| {
            let indent = if text.contains("    type:") { "    " } else { "  " };
            format!("{text}{indent}{field}\n")
        })
    };
    vec![
        field("connection-security-unknown", FieldValue, "connection_security: ssl"),
        field("connection-security-on", FieldType, "connection_security: on"),
        field("connect-to-number", FieldType, "connect_to: 8002"),
        field("connect-to-host-malformed", HostName, "connect_to: a_b"),
        field("connect-to-port-text", FieldType, "connect_to: {port: '8002'}"),
        field("connect-to-port-zero", Port, "connect_to: {port: 0}"),
        field("connect-to-port-yes", FieldType, "connect_to: {port: yes}"),
        field("capacity-number", FieldType, "capacity: 4"),
        field("capacity-negative", FieldType, "capacity: {num_of_gpus: -1}"),
        field("capacity-float", FieldType, "capacity: {num_of_gpus: 1.5}"),
        field("capacity-text", FieldType, "capacity: {mem_per_gpu_in_GiB: '16'}"),
        field("allow-log-streaming-text", FieldType, "allow_log_streaming: 'false'"),
        field("use-aio-number", FieldType, "use_aio: 1"),
        field("custom-ca-cert-list", FieldType, "custom_ca_cert: [ca.pem]"),
        field("auth-identity-number", FieldType, "auth_identity: 1"),
        field("server-text", FieldType, "server: server1.hospital-central.org"),
        field(
            "server-without-host",
            FieldMissing,
            "server: {fed_learn_port: 8002, admin_port: 8003}",
        ),
        field("server-port-missing", FieldMissing, "server: {host: a.b, admin_port: 8003}"),
        field(
            "server-port-high",
            Port,
            "server: {host: a.b, fed_learn_port: 65536, admin_port: 8003}",
        ),
    ]
}
