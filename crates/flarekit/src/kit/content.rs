//! The files that are the same in many kits, and what is filled into them.

use serde_json::{Map, Value, json};

use super::KitInputs;
use crate::error::{Code, Error};
use crate::identity::Kind;
use crate::json;

pub(crate) const START: &str = include_str!("files/start.sh");
pub(crate) const STOP: &str = include_str!("files/stop_fl.sh");
pub(crate) const FL_ADMIN: &str = include_str!("files/fl_admin.sh");
pub(super) const README_SERVER: &str = include_str!("files/readme_server.txt");
pub(super) const README_CLIENT: &str = include_str!("files/readme_client.txt");
pub(super) const README_USER: &str = include_str!("files/readme_user.txt");
pub(super) const AUTHORIZATION: &str = include_str!("files/authorization.json.default");
pub(super) const LOG_CONFIG: &str = include_str!("files/log_config.json.default");
pub(super) const PRIVACY: &str = include_str!("files/privacy.json.sample");
pub(super) const RESOURCES_USER: &str = include_str!("files/resources_user.json.default");
const RESOURCES_SERVER: &str = include_str!("files/resources_server.json.default");
const RESOURCES_CLIENT: &str = include_str!("files/resources_client.json.default");
const SUB_START: &str = include_str!("files/sub_start.sh");
const DOCKER_SERVER: &str = include_str!("files/docker_server.sh");
const DOCKER_CLIENT: &str = include_str!("files/docker_client.sh");
const DOCKER_USER: &str = include_str!("files/docker_user.sh");
const NOTEBOOK: &str = include_str!("files/system_info.ipynb");
/// Where `sub_start.sh` gets its configuration folder.
pub(crate) const FOLDER: &str = "@CONFIG_FOLDER@";
const CLASS_ALLOW_LIST: &str = include_str!("files/class_allow_list.json");

/// `sub_start.sh` for this participant.
pub(super) fn sub_start(inputs: &KitInputs) -> String {
    let identity = &inputs.identity;
    let kind = identity.cert_type.kind();
    let folder = shell_word(&inputs.static_files.config_folder);
    sub_start_of(kind, identity.name.as_str(), identity.org.as_str()).replace(FOLDER, &folder)
}

/// `sub_start.sh` with [`FOLDER`] where the configuration folder stands.
pub(crate) fn sub_start_of(kind: Kind, name: &str, org: &str) -> String {
    let (module, config, uid) = match kind {
        Kind::Server => ("nvflare.private.fed.app.server.server_train", "fed_server.json", None),
        _ => (
            "nvflare.private.fed.app.client.client_train",
            "fed_client.json",
            Some(format!("uid={name}")),
        ),
    };
    SUB_START
        .replace("@MODULE@", &shell_word(module))
        .replace("@CONFIG@", &shell_word(config))
        .replace("@UID_ARGUMENT@", &uid.map_or_else(|| "''".to_owned(), |uid| shell_word(&uid)))
        .replace("@ORG@", &shell_word(org))
}

/// `docker.sh` for this participant, where the definition names an image.
pub(super) fn docker(inputs: &KitInputs) -> Option<String> {
    let image = inputs.static_files.docker_image.as_deref()?;
    let script = match inputs.identity.cert_type.kind() {
        Kind::Server => DOCKER_SERVER,
        Kind::Site => DOCKER_CLIENT,
        Kind::User => DOCKER_USER,
    };
    let config_folder = match inputs.static_files.config_folder.as_str() {
        "" => "config",
        folder => folder,
    };
    let filled = script
        .replace("@IMAGE@", &shell_word(image))
        .replace("@NAME@", &shell_word(inputs.identity.name.as_str()))
        .replace("@ORG@", &shell_word(inputs.identity.org.as_str()))
        .replace("@CONFIG_FOLDER@", &shell_word(config_folder));
    Some(filled)
}

/// A word of a POSIX shell, quoted where it needs it (POSIX.1-2017 XCU section 2.2.2).
#[must_use]
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=/@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `system_info.ipynb` for this user.
pub(super) fn notebook(inputs: &KitInputs) -> String {
    NOTEBOOK.replace("@USERNAME@", inputs.identity.name.as_str())
}

/// `resources.json.default` of a server.
pub(super) fn resources_server() -> Result<Map<String, Value>, Error> {
    let mut resources = template(RESOURCES_SERVER)?;
    resources.insert("class_allow_list".to_owned(), class_allow_list()?);
    Ok(resources)
}

/// `resources.json.default` of a client.
pub(super) fn resources_client(inputs: &KitInputs) -> Result<Map<String, Value>, Error> {
    let mut resources = template(RESOURCES_CLIENT)?;
    resources.insert("class_allow_list".to_owned(), class_allow_list()?);
    let streaming = inputs.local.allow_log_streaming.unwrap_or(true);
    resources.insert("allow_log_streaming".to_owned(), json!(streaming));
    let manager = resources
        .get_mut("components")
        .and_then(Value::as_array_mut)
        .and_then(|list| list.iter_mut().find(|part| part["id"] == "resource_manager"))
        .and_then(|manager| manager.get_mut("args"))
        .and_then(Value::as_object_mut)
        .ok_or_else(|| broken("resources_client.json.default has no resource manager"))?;
    let capacity = inputs.local.capacity;
    manager.insert("num_of_gpus".to_owned(), json!(capacity.num_of_gpus));
    manager.insert("mem_per_gpu_in_GiB".to_owned(), json!(capacity.mem_per_gpu_in_gib));
    Ok(resources)
}

/// The classes that the runtime may load, data of the NVFlare version that the kit is for.
fn class_allow_list() -> Result<Value, Error> {
    template(CLASS_ALLOW_LIST)?
        .remove("classes")
        .ok_or_else(|| broken("class_allow_list.json has no classes"))
}

fn template(text: &str) -> Result<Map<String, Value>, Error> {
    json::parse(text.as_bytes()).map_err(|defect| broken(&defect.message))
}

/// A file that is compiled in is wrong: a defect of this program.
fn broken(what: &str) -> Error {
    Error::new(Code::InternalError, what)
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn shell_words() {
        assert_eq!(shell_word("uid=hospital-a"), "uid=hospital-a");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b$(c)"), "'a b$(c)'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
