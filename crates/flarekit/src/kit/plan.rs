//! Every file of a kit, in memory.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::inputs::credentials;
use super::{KitInputs, configuration, content};
use crate::builders::Job;
use crate::error::Error;
use crate::identity::Kind;
use crate::json;

const PUBLIC: u32 = 0o644;
const SECRET: u32 = 0o600;
const SCRIPT: u32 = 0o755;

/// The folders of every kit.
const FOLDERS: [&str; 3] = ["startup", "local", "transfer"];

/// One file of a kit. Its content may be a key, so it neither prints nor clones.
pub struct PlannedFile {
    /// Where it goes, relative to the kit.
    pub path: PathBuf,
    /// Its exact mode.
    pub mode: u32,
    /// Its content.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// A whole kit that is not on disk yet.
pub struct KitPlan {
    files: Vec<PlannedFile>,
    script: &'static str,
    credentials: (&'static str, &'static str),
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) server: String,
    /// The builders of the site's own, which run when the files are written.
    pub(super) job: Option<Job>,
}

impl KitPlan {
    /// Plans the kit for the inputs.
    pub fn new(inputs: KitInputs) -> Result<Self, Error> {
        let kind = inputs.identity.cert_type.kind();
        let mut plan = Self {
            files: Vec::new(),
            script: if kind == Kind::User { "fl_admin.sh" } else { "start.sh" },
            credentials: credentials(kind),
            kind,
            name: inputs.identity.name.as_str().to_owned(),
            server: inputs.connection.server.host.as_str().to_owned(),
            job: None,
        };
        match kind {
            Kind::Server => plan.server(&inputs)?,
            Kind::Site => plan.client(&inputs)?,
            Kind::User => plan.user(&inputs),
        }
        let (certificate, key) = plan.credentials;
        plan.add(certificate, PUBLIC, inputs.certificate_pem);
        plan.add("startup/rootCA.pem", PUBLIC, inputs.root_pem);
        if let Some(custom_ca) = inputs.custom_ca {
            plan.add("startup/customRootCA.pem", PUBLIC, custom_ca);
        }
        plan.files.push(PlannedFile { path: key.into(), mode: SECRET, bytes: inputs.key_pem });
        plan.job = inputs.job;
        Ok(plan)
    }

    /// The files, the private key last.
    #[must_use]
    pub fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    /// The folders, which exist even when they are empty.
    pub fn folders(&self) -> impl Iterator<Item = &'static Path> {
        FOLDERS.iter().map(Path::new)
    }

    /// The script in `startup/` that starts the participant.
    #[must_use]
    pub fn start_script(&self) -> &'static str {
        self.script
    }

    /// The builders of the site's own that will run, as the definition names them.
    #[must_use]
    pub fn builders(&self) -> Vec<String> {
        self.job.as_ref().map(Job::own).unwrap_or_default()
    }

    /// The certificate and the key, relative to the kit.
    #[must_use]
    pub fn credentials(&self) -> (&'static str, &'static str) {
        self.credentials
    }

    fn server(&mut self, inputs: &KitInputs) -> Result<(), Error> {
        self.add_json("startup/fed_server.json", &configuration::fed_server(inputs));
        self.add_json("local/resources.json.default", &content::resources_server()?);
        self.add_text("readme.txt", PUBLIC, content::README_SERVER);
        self.site(inputs);
        Ok(())
    }

    fn client(&mut self, inputs: &KitInputs) -> Result<(), Error> {
        self.add_json("startup/fed_client.json", &configuration::fed_client(inputs));
        self.add_json("local/resources.json.default", &content::resources_client(inputs)?);
        self.add_text("readme.txt", PUBLIC, content::README_CLIENT);
        self.site(inputs);
        Ok(())
    }

    /// `docker.sh`, where the definition names an image.
    fn docker(&mut self, script: Option<String>) {
        if let Some(script) = script {
            self.add_text("startup/docker.sh", SCRIPT, &script);
        }
    }

    /// What servers and clients share.
    fn site(&mut self, inputs: &KitInputs) {
        self.docker(content::docker(inputs));
        self.add_text("startup/start.sh", SCRIPT, content::START);
        self.add_text("startup/sub_start.sh", SCRIPT, &content::sub_start(inputs));
        self.add_text("startup/stop_fl.sh", SCRIPT, content::STOP);
        self.add_text("local/authorization.json.default", PUBLIC, content::AUTHORIZATION);
        self.add_text("local/log_config.json.default", PUBLIC, content::LOG_CONFIG);
        self.add_text("local/privacy.json.sample", PUBLIC, content::PRIVACY);
    }

    fn user(&mut self, inputs: &KitInputs) {
        self.add_json("startup/fed_admin.json", &configuration::fed_admin(inputs));
        self.docker(content::docker(inputs));
        self.add_text("startup/fl_admin.sh", SCRIPT, content::FL_ADMIN);
        self.add_text("startup/readme.txt", PUBLIC, content::README_USER);
        self.add_text("startup/system_info.ipynb", PUBLIC, &content::notebook(inputs));
        self.add_text("local/resources.json.default", PUBLIC, content::RESOURCES_USER);
    }

    fn add(&mut self, path: &str, mode: u32, bytes: Vec<u8>) {
        self.files.push(PlannedFile { path: path.into(), mode, bytes: Zeroizing::new(bytes) });
    }

    fn add_text(&mut self, path: &str, mode: u32, text: &str) {
        self.add(path, mode, text.as_bytes().to_vec());
    }

    fn add_json(&mut self, path: &str, object: &Map<String, Value>) {
        self.add(path, PUBLIC, format!("{}\n", json::write(object)).into_bytes());
    }
}
