//! `fed_*.json` for every scheme and security.

use serde_json::json;

use crate::common::{PROFILE, SERVER, SERVER_NAME, Sandbox, USER_NAME, warnings};

/// Nine profiles, three kits each. The requests are made once: the connection is the approval's.
#[test]
fn every_scheme_with_every_security() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.write("server.yaml", SERVER.replace("    connection_security: mtls\n", ""));
    m.init();
    let names = [SERVER_NAME, "hospital-a", USER_NAME];
    for definition in ["server.yaml", "hospital-a.yaml", "alice.yaml"] {
        m.ok(&format!("cert request -p {definition}"));
    }
    for scheme in ["grpc", "tcp", "http"] {
        for security in ["clear", "tls", "mtls"] {
            let profile = PROFILE
                .replace("scheme: grpc", &format!("scheme: {scheme}"))
                .replace("security: tls", &format!("security: {security}"));
            m.write("profile.yaml", profile);
            let workspace = format!("{scheme}-{security}");
            for name in names {
                m.ok(&format!(
                    "cert approve {name}/{name}.request.zip -c ca --profile profile.yaml --force"
                ));
                let line = format!("package {name}/{name}.signed.zip -w {workspace}");
                let data = m.ok(&line);
                assert_eq!(warnings(&data), ["FINGERPRINT_NOT_VERIFIED"], "{line}");
            }
            let kit = |name: &str, file: &str| {
                m.json(&format!(
                    "{workspace}/hospital_federation/prod_00/{name}/startup/{file}.json"
                ))
            };
            assert_eq!(kit(SERVER_NAME, "fed_server"), fed_server(scheme, security));
            assert_eq!(kit("hospital-a", "fed_client"), fed_client(scheme, security));
            assert_eq!(kit(USER_NAME, "fed_admin"), fed_admin(scheme, security));
        }
    }
}

fn fed_server(scheme: &str, security: &str) -> serde_json::Value {
    json!({
        "format_version": 2,
        "servers": [{
            "name": "hospital_federation",
            "service": {"target": "server1.hospital-central.org:8002", "scheme": scheme},
            "admin_server": "server1.hospital-central.org",
            "admin_port": 8003,
            "ssl_private_key": "server.key",
            "ssl_cert": "server.crt",
            "ssl_root_cert": "rootCA.pem",
            "connection_security": security,
        }],
    })
}

fn fed_client(scheme: &str, security: &str) -> serde_json::Value {
    json!({
        "format_version": 2,
        "servers": [{
            "name": "hospital_federation",
            "service": {"target": "server1.hospital-central.org:8002", "scheme": scheme},
            "identity": "server1.hospital-central.org",
        }],
        "client": {
            "ssl_private_key": "client.key",
            "ssl_cert": "client.crt",
            "ssl_root_cert": "rootCA.pem",
            "fqsn": "hospital-a",
            "is_leaf": true,
            "connection_security": security,
        },
    })
}

fn fed_admin(scheme: &str, security: &str) -> serde_json::Value {
    json!({
        "format_version": 1,
        "admin": {
            "project_name": "hospital_federation",
            "username": "alice@hospital-alpha.org",
            "server_identity": "server1.hospital-central.org",
            "scheme": scheme,
            "host": "server1.hospital-central.org",
            "port": 8003,
            "connection_security": security,
            "uid_source": "user_input",
            "with_file_transfer": true,
            "upload_dir": "transfer",
            "download_dir": "transfer",
            "client_key": "client.key",
            "client_cert": "client.crt",
            "ca_cert": "rootCA.pem",
        },
    })
}

/// The server's own override is told from the default, and warned about when nobody can meet it.
#[test]
fn the_servers_override_against_the_default() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p server.yaml");
    for (default, own, warned) in [
        ("tls", "mtls", true),
        ("clear", "tls", true),
        ("tls", "clear", true),
        ("mtls", "tls", false),
        ("mtls", " MTLS ", false),
    ] {
        m.write("profile.yaml", PROFILE.replace("security: tls", &format!("security: {default}")));
        m.ok(&format!(
            "cert approve {SERVER_NAME}/{SERVER_NAME}.request.zip -c ca --profile profile.yaml --force"
        ));
        let site = SERVER.replace("security: mtls", &format!("security: '{own}'"));
        m.write(&format!("{SERVER_NAME}/site.yaml"), site);
        let data = m.ok(&format!("package {SERVER_NAME}/{SERVER_NAME}.signed.zip --force"));
        let is_warned = warnings(&data).contains(&"CONNECTION_SECURITY_MISMATCH");
        assert_eq!(is_warned, warned, "{default} {own}");
        let kit = format!("workspace/hospital_federation/prod_00/{SERVER_NAME}");
        let fed = m.json(&format!("{kit}/startup/fed_server.json"));
        assert_eq!(fed["servers"][0]["connection_security"], own.trim().to_lowercase());
    }
}
