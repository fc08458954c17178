//! `fed_server.json`, `fed_client.json`, `fed_admin.json`: what differs between kits.

use serde_json::{Map, Value, json};

use super::KitInputs;
use crate::json;

pub(super) fn fed_server(inputs: &KitInputs) -> Map<String, Value> {
    let name = inputs.identity.name.as_str();
    let endpoint = &inputs.connection.server;
    let mut server = json::object_of(json!({
        "name": inputs.identity.project.as_str(),
        "service": {
            "target": format!("{name}:{}", endpoint.fed_learn_port),
            "scheme": inputs.driver(),
        },
        "admin_server": name,
        "admin_port": endpoint.admin_port.get(),
        "ssl_private_key": "server.key",
        "ssl_cert": "server.crt",
        "ssl_root_cert": "rootCA.pem",
        "connection_security": inputs.security.as_str(),
    }));
    if let Some(identity) = auth_identity(inputs) {
        server.insert("auth_identity".to_owned(), json!(identity));
    }
    let mut top = Map::new();
    top.insert("format_version".to_owned(), json!(2));
    require_signed_jobs(&mut top, inputs);
    top.insert("servers".to_owned(), json!([server]));
    top
}

pub(super) fn fed_client(inputs: &KitInputs) -> Map<String, Value> {
    let name = inputs.identity.name.as_str();
    let (host, port) = inputs.target(inputs.connection.server.fed_learn_port.get());
    let mut client = json::object_of(json!({
        "ssl_private_key": "client.key",
        "ssl_cert": "client.crt",
        "ssl_root_cert": "rootCA.pem",
        "fqsn": name,
        "is_leaf": true,
        "connection_security": inputs.security.as_str(),
    }));
    if let Some(identity) = auth_identity(inputs) {
        client.insert("auth_identity".to_owned(), json!(identity));
        client.insert("auth_identity_map".to_owned(), json!({name: identity}));
    }
    let mut top = Map::new();
    top.insert("format_version".to_owned(), json!(2));
    require_signed_jobs(&mut top, inputs);
    let server = json!({
        "name": inputs.identity.project.as_str(),
        "service": {"target": format!("{host}:{port}"), "scheme": inputs.driver()},
        "identity": inputs.server_identity(),
    });
    top.insert("servers".to_owned(), json!([server]));
    top.insert("client".to_owned(), Value::Object(client));
    top
}

pub(super) fn fed_admin(inputs: &KitInputs) -> Map<String, Value> {
    let (host, port) = inputs.target(inputs.connection.server.admin_port.get());
    json::object_of(json!({
        "format_version": 1,
        "admin": {
            "project_name": inputs.identity.project.as_str(),
            "username": inputs.identity.name.as_str(),
            "server_identity": inputs.server_identity(),
            "scheme": inputs.connection.scheme.as_str(),
            "host": host,
            "port": port,
            "connection_security": inputs.security.as_str(),
            "uid_source": "user_input",
            "with_file_transfer": true,
            "upload_dir": "transfer",
            "download_dir": "transfer",
            "client_key": "client.key",
            "client_cert": "client.crt",
            "ca_cert": "rootCA.pem",
        },
    }))
}

/// The identity to authenticate with, where it is another than the name.
fn auth_identity(inputs: &KitInputs) -> Option<&str> {
    let name = inputs.identity.name.as_str();
    inputs.local.auth_identity.as_deref().filter(|identity| *identity != name)
}

fn require_signed_jobs(top: &mut Map<String, Value>, inputs: &KitInputs) {
    if let Some(required) = inputs.static_files.require_signed_jobs {
        top.insert("require_signed_jobs".to_owned(), json!(required));
    }
}
