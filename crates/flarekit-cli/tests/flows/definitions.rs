//! What a definition may say, and where it ends up.

use serde_json::{Value, json};

use crate::common::archives::Members;
use crate::common::{
    INIT, Machine, PROFILE, SERVER, SERVER_NAME, SITE, Sandbox, USER, succeeded, text_of, warnings,
    words,
};

const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";

fn site_with(extra: &str) -> String {
    format!("{SITE}{extra}")
}

fn kit_of(m: &Machine, definition: &str) -> Value {
    m.init();
    m.write("definition.yaml", definition);
    m.kit("definition.yaml", "hospital-a")
}

/// The root's organisation is a text for people, unlike those of the participants.
#[test]
fn the_root_may_have_an_organisation_in_words() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let org = "Hospital \"Central\" S\u{fc}d, Ltd.";
    let mut init = m.flarekit();
    init.args(words(INIT)).args(["--org", org, "--format", "json"]);
    let root = text_of(&succeeded("init", &init.output().unwrap()), "rootca_fingerprint_sha256");
    m.write("site.yaml", SITE);
    let approved = m.approve("site.yaml", "hospital-a");
    assert_eq!(warnings(&approved), [] as [&str; 0]);
    m.ok(&format!("package hospital-a/hospital-a.signed.zip --fingerprint {root}"));
    let verified = m.ok(&format!("verify {KIT}"));
    let subject = "CN=hospital_federation, O=Hospital \\\"Central\\\" S\u{fc}d\\, Ltd.";
    assert_eq!(verified["rootca_subject"], subject);
}

#[test]
fn every_role_in_every_spelling() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for (user, spelling, role) in [
        ("a@x.org", "org_admin", "org_admin"),
        ("b@x.org", "org-admin", "org_admin"),
        ("c@x.org", "lead", "lead"),
        ("d@x.org", "member", "member"),
    ] {
        let definition = USER
            .replace("alice@hospital-alpha.org", user)
            .replace("role: lead", &format!("role: {spelling}"));
        m.write("user.yaml", definition);
        let approved = m.approve("user.yaml", user);
        assert_eq!((&approved["cert_role"], &approved["cert_type"]), (&role.into(), &role.into()));
        assert_eq!(approved["kind"], "user");
        let request = m.json(&format!("{user}/request.json"));
        assert_eq!((&request["cert_role"], &request["cert_type"]), (&role.into(), &role.into()));
        let site = String::from_utf8(m.read(&format!("{user}/site.yaml"))).unwrap();
        assert!(site.contains(&format!("role: {role}\n")), "{site}");
        let data = m.ok(&format!("package {user}/{user}.signed.zip"));
        assert_eq!(data["type"], role);
    }
}

#[test]
fn what_stays_on_the_machine_is_in_neither_zip() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let definition = format!(
        "vault_password: top-secret-1\n{}",
        site_with(
            "    vault_password: top-secret-2\n    capacity: {num_of_gpus: 2}\n    \
             connection_security: tls\n    server: {host: x.org, fed_learn_port: 1, admin_port: 2}\n\
             builders:\n  - path: nvflare.lighter.impl.cert.CertBuilder\n    args: {pin: top-secret-3}\n"
        )
    );
    kit_of(&m, &definition);
    let local = String::from_utf8(m.read("hospital-a/site.yaml")).unwrap();
    for secret in ["top-secret-1", "top-secret-2", "top-secret-3", "num_of_gpus", "x.org"] {
        assert!(local.contains(secret), "{secret}");
    }
    for zip in ["hospital-a/hospital-a.request.zip", "hospital-a/hospital-a.signed.zip"] {
        let members = Members::of(&m.read(zip));
        for name in members.names() {
            let text = String::from_utf8_lossy(&members.0[name]).into_owned();
            for private in ["vault", "top-secret", "capacity", "builders", "x.org"] {
                assert!(!text.contains(private), "{private} is in {name} of {zip}");
            }
        }
        let expected = "name: hospital_federation\ndescription: Site A - Hospital Alpha\n\
                        participants:\n- name: hospital-a\n  type: client\n  org: hospital_alpha\n";
        assert_eq!(members.text("site.yaml"), expected, "{zip}");
    }
}

#[test]
fn settings_that_a_client_makes_at_home() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.write("proxy-ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
    let data = kit_of(
        &m,
        &site_with(
            "    auth_identity: hospital-a-vault\n    \
             capacity: {num_of_gpus: 4, mem_per_gpu_in_GiB: 16}\n    \
             connect_to: {host: proxy.hospital-alpha.org, port: 443}\n    \
             use_aio: true\n    custom_ca_cert: proxy-ca.pem\n    allow_log_streaming: false\n",
        ),
    );
    assert_eq!(warnings(&data), ["CONNECT_TO_UNKNOWN_HOST"]);
    let fed = m.json(&format!("{KIT}/startup/fed_client.json"));
    let service = json!({"target": "proxy.hospital-alpha.org:443", "scheme": "agrpc"});
    assert_eq!(fed["servers"][0]["service"], service);
    assert_eq!(fed["servers"][0]["identity"], SERVER_NAME);
    assert_eq!(fed["client"]["auth_identity"], "hospital-a-vault");
    assert_eq!(fed["client"]["auth_identity_map"], json!({"hospital-a": "hospital-a-vault"}));
    assert_eq!(fed["client"]["fqsn"], "hospital-a");
    assert_eq!(m.read(&format!("{KIT}/startup/customRootCA.pem")), m.read("proxy-ca.pem"));
    let resources = m.json(&format!("{KIT}/local/resources.json.default"));
    assert_eq!(resources["allow_log_streaming"], false);
    let manager = resources["components"]
        .as_array()
        .unwrap()
        .iter()
        .find(|component| component["id"] == "resource_manager")
        .unwrap();
    assert_eq!(manager["args"]["num_of_gpus"], 4);
    assert_eq!(manager["args"]["mem_per_gpu_in_GiB"], 16);
}

#[test]
fn settings_that_are_absent_leave_no_trace() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    kit_of(&m, &site_with("    auth_identity: hospital-a\n    connect_to: 10.0.0.7\n"));
    let fed = m.json(&format!("{KIT}/startup/fed_client.json"));
    assert_eq!(fed["servers"][0]["service"], json!({"target": "10.0.0.7:8002", "scheme": "grpc"}));
    let client = fed["client"].as_object().unwrap();
    assert!(!client.contains_key("auth_identity") && !client.contains_key("auth_identity_map"));
    assert!(!m.exists(&format!("{KIT}/startup/customRootCA.pem")));
    let resources = m.json(&format!("{KIT}/local/resources.json.default"));
    assert_eq!(resources["allow_log_streaming"], true);
}

/// D11: the CN is the first 64 characters, and everything that the runtime compares with it is too.
#[test]
fn a_server_name_of_a_hundred_characters_works_to_the_end() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let long = format!("{}.hospital-central.org", ["abcdefghi"; 8].join("."));
    assert_eq!(long.len(), 100);
    m.write("project_profile.yaml", PROFILE.replace(SERVER_NAME, &long));
    m.write("server.yaml", SERVER.replace(SERVER_NAME, &long));
    m.init();
    m.kit("server.yaml", &long);
    m.kit("hospital-a.yaml", "hospital-a");
    m.kit("alice.yaml", "alice@hospital-alpha.org");
    let file = |path: &str| m.json(&format!("workspace/hospital_federation/prod_00/{path}"));
    let server = &file(&format!("{long}/startup/fed_server.json"))["servers"][0];
    assert_eq!(server["service"]["target"], format!("{long}:8002"));
    assert_eq!(server["admin_server"], long);
    let client = &file("hospital-a/startup/fed_client.json")["servers"][0];
    assert_eq!(client["service"]["target"], format!("{long}:8002"));
    assert_eq!(client["identity"], &long[..64]);
    let admin = &file("alice@hospital-alpha.org/startup/fed_admin.json")["admin"];
    assert_eq!((&admin["host"], &admin["server_identity"]), (&json!(long), &json!(&long[..64])));
    let pem = m.read(&format!("{long}/{long}.crt"));
    let certificate = flarekit::pki::Certificate::from_pem(&pem).unwrap();
    assert_eq!(certificate.subject().common_name, &long[..64]);
    let names: Vec<String> = certificate.alt_names().iter().map(ToString::to_string).collect();
    assert_eq!(names[0], format!("DNS:{long}"));
}

#[test]
fn hosts_of_a_server_in_the_order_given_without_repeats() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let hosts = "      - 2001:db8::1\n      - SERVER1.hospital-central.org\n      - inner\n      \
                 - 10.0.1.50\n      - 2001:0DB8:0::1\n";
    m.write("server.yaml", SERVER.replace("      - 10.0.1.50\n", hosts));
    let approved = m.approve("server.yaml", SERVER_NAME);
    let names = [
        "DNS:server1.hospital-central.org",
        "IP:2001:db8::1",
        "DNS:inner",
        "IP:10.0.1.50",
        "DNS:fl-server.internal",
    ];
    assert_eq!(approved["subject_alt_names"], json!(names));
    assert_eq!(warnings(&approved), ["SINGLE_LABEL_HOST"]);
    m.ok(&format!("package {SERVER_NAME}/{SERVER_NAME}.signed.zip"));

    m.write(
        "one.yaml",
        SERVER.replace(":\n      - 10.0.1.50\n      - fl-server.internal", ": a.b.org"),
    );
    m.ok("cert request -p one.yaml --out one");
    let one = m.ok(&format!(
        "cert approve one/{SERVER_NAME}.request.zip -c ca --profile project_profile.yaml --replace"
    ));
    assert_eq!(
        one["subject_alt_names"],
        json!(["DNS:server1.hospital-central.org", "DNS:a.b.org"])
    );
}

/// The user's own file may use aliases; they are written out before anything travels.
#[test]
fn aliases_in_a_definition_are_expanded() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let definition = SITE
        .replace("name: hospital-a", "name: &site hospital-a")
        .replace("org: hospital_alpha", "org: hospital_alpha\n    auth_identity: *site");
    kit_of(&m, &definition);
    let local = String::from_utf8(m.read("hospital-a/site.yaml")).unwrap();
    assert!(local.contains("auth_identity: hospital-a\n") && !local.contains('&'), "{local}");
}

/// D17 and D18: what the certificate's dates are, against the root's.
#[test]
fn validity_is_backdated_and_clipped_with_a_warning() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.ok("cert init --profile project_profile.yaml -o ca --valid-days 10");
    let approved = m.approve("hospital-a.yaml", "hospital-a");
    assert_eq!(warnings(&approved), ["VALIDITY_CLIPPED", "CERTIFICATE_ENDS_SOON"]);
    let pem = |path: &str| flarekit::pki::Certificate::from_pem(&m.read(path)).unwrap();
    let root = pem("ca/rootCA.pem");
    let until = root.not_after().to_string();
    assert_eq!(text_of(&approved, "valid_until"), until);
    assert!(approved["warnings"][0]["message"].as_str().unwrap().contains(&until));
    let asked = m
        .ok("cert approve hospital-a/hospital-a.request.zip -c ca --force --valid-days 9 \
                      --profile project_profile.yaml --replace");
    assert_eq!(warnings(&asked), ["CERTIFICATE_REPLACED", "CERTIFICATE_ENDS_SOON"]);
    let packaged = m.ok("package hospital-a/hospital-a.signed.zip");
    assert_eq!(warnings(&packaged), ["FINGERPRINT_NOT_VERIFIED", "CERTIFICATE_ENDS_SOON"]);
    let leaf = pem("hospital-a/hospital-a.crt");
    assert!(leaf.not_before() >= root.not_before());
    let approved_at = text_of(&m.json("hospital-a/signed.json"), "approved_at");
    assert!(leaf.not_before().to_string() < approved_at, "backdated");
    let lasts = leaf.not_after().to_unix() - leaf.not_before().to_unix();
    assert!(lasts <= 9 * 86400 + 300 && lasts > 9 * 86400, "{lasts}");
}

/// The builders of NVFlare's own list are done by the program; of their arguments, those that change
/// a kit are heeded.
#[test]
fn the_standard_builders_and_what_they_may_say() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let lighter = "nvflare.lighter.impl";
    kit_of(
        &m,
        &site_with(&format!(
            "builders:\n\
             - {{path: {lighter}.workspace.WorkspaceBuilder}}\n\
             - path: {lighter}.static_file.StaticFileBuilder\n  \
               args: {{config_folder: config, scheme: http, require_signed_jobs: true}}\n\
             - {{path: {lighter}.cert.CertBuilder}}\n\
             - {{path: {lighter}.signature.SignatureBuilder}}\n"
        )),
    );
    let fed = m.json(&format!("{KIT}/startup/fed_client.json"));
    assert_eq!(fed["require_signed_jobs"], true);
    assert_eq!(fed["servers"][0]["service"]["scheme"], "grpc");
    let script = String::from_utf8(m.read(&format!("{KIT}/startup/sub_start.sh"))).unwrap();
    assert!(script.contains("\nCONFIG_FOLDER=config\n"), "{script}");
    assert!(!m.exists(&format!("{KIT}/signature.json")));
    assert!(!m.exists(&format!("{KIT}/startup/signature.json")));
}

/// A file may be one of many, and the definition may not be the file that was named.
#[test]
fn a_warning_names_the_definitions_file() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let message = |data: &Value| text_of(&data["warnings"][0], "message");
    m.write("lead.yaml", site_with("    role: lead\n"));
    let data = m.ok("cert request -p lead.yaml");
    assert_eq!(warnings(&data), ["UNKNOWN_FIELD"]);
    let expected = "lead.yaml: line 8, column 5: the field 'role' means nothing for a client";
    assert_eq!(message(&data), expected);
    m.init();
    m.ok("cert approve hospital-a/hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml");
    m.ok("package hospital-a/hospital-a.signed.zip");
    let data = m.ok("cert request --renew hospital-a");
    assert!(message(&data).starts_with("hospital-a/site.yaml: line "), "{data}");
    let data = m.ok(&format!("cert request --renew {KIT} --out other"));
    let place = m.path("hospital-a/site.yaml").display().to_string();
    assert!(message(&data).starts_with(&format!("{place}: line ")), "{data}");
}

/// The file system's names have 255 bytes, and a kit has a longer one in the backups.
#[test]
fn a_kit_with_the_longest_name_is_replaced() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let long = format!("{}.example", ["abcdefghi"; 23].join(".") + ".abcde");
    assert_eq!(long.len(), 243);
    m.write("project_profile.yaml", PROFILE.replace(SERVER_NAME, &long));
    m.write("server.yaml", SERVER.replace(SERVER_NAME, &long));
    m.init();
    m.kit("server.yaml", &long);
    for number in 1..3 {
        m.ok(&format!("package {long}/{long}.signed.zip --force"));
        assert_eq!(m.names("workspace/hospital_federation/.bak/prod_00").len(), number);
    }
}
