//! The files of a kit, each read once: which there are, who may change them, and whether what
//! should be JSON is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::Checks;
use super::configuration::{CONFIGURATIONS, credentials};
use super::scripts;
use crate::error::{Code, Defect, Error, Reason};
use crate::files::{self, FileBytes, FileError, Found};
use crate::identity::Kind;
use crate::json;
use crate::pki::FILE_LIMIT;

/// What the runtime cannot do without, under `local`: each as it is, or with `.default`.
const RESOURCES: &str = "resources.json";
const LOG_CONFIG: &str = "log_config.json";
/// Without this one it runs, and allows everything to everybody.
const AUTHORIZATION: &str = "authorization.json";

/// A kit's folder and what was read of it.
pub(super) struct KitFolder {
    path: PathBuf,
    /// Whose kit it is, as its configuration's name tells.
    pub kind: Kind,
    /// The configuration's name, under `startup`.
    pub configuration: &'static str,
    files: BTreeMap<String, FileBytes>,
    unreadable: Vec<FileError>,
    /// The private key's file and its mode.
    pub key: Option<(Zeroizing<Vec<u8>>, u32)>,
}

impl KitFolder {
    /// Reads what is looked at.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |error: FileError| error.code(Code::InvalidArgs);
        let path = files::resolve(path).map_err(unreadable)?;
        let startup = path.join("startup");
        let mut found = Vec::new();
        for (name, kind) in CONFIGURATIONS {
            if files::look(&startup.join(name)).map_err(unreadable)? != Found::Nothing {
                found.push((name, kind));
            }
        }
        let [(configuration, kind)] = found[..] else {
            let names: Vec<&str> = CONFIGURATIONS.iter().map(|(name, _)| *name).collect();
            let many = if found.is_empty() { "none" } else { "more than one" };
            return Err(Error::because(
                Code::InvalidArgs,
                Reason::UnknownArtifact,
                format!(
                    "{} is not a startup kit: in its startup folder is {many} of {}",
                    path.display(),
                    names.join(", ")
                ),
            ));
        };
        let mut folder = Self {
            path,
            kind,
            configuration,
            files: BTreeMap::new(),
            unreadable: Vec::new(),
            key: None,
        };
        folder.read_all();
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the `startup` folder.
    pub fn startup(&self, name: &str) -> Option<&FileBytes> {
        self.files.get(&format!("startup/{name}"))
    }

    /// Everything that the runtime needs, and what cannot be read.
    pub fn check_files(&self, checks: &mut Checks) {
        let (certificate, key) = credentials(self.kind);
        let mut defects: Vec<Defect> = self
            .unreadable
            .iter()
            .map(|error| Defect::new(error.reason(), error.to_string()))
            .collect();
        let mut missing = |path: String, why: &str| {
            if !self.is_unreadable(&path) {
                let message = format!("there is no {path}{why}");
                defects.push(Defect::new(Reason::KitFileMissing, message));
            }
        };
        for name in [certificate, "rootCA.pem"] {
            if self.startup(name).is_none() {
                missing(format!("startup/{name}"), "");
            }
        }
        if self.key.is_none() {
            missing(format!("startup/{key}"), "");
        }
        if self.kind == Kind::User {
            if !matches!(files::look(&self.path.join("local")), Ok(Found::Directory | Found::Link))
            {
                missing("local".to_owned(), "");
            }
        } else {
            for (name, why) in [
                (RESOURCES, ""),
                (LOG_CONFIG, ""),
                (AUTHORIZATION, ": NVFlare would allow everything to everybody"),
            ] {
                if !self.has_local(name) {
                    missing(format!("local/{name}.default"), why);
                }
            }
        }
        let mut spare = Vec::new();
        for name in scripts::names(self.kind) {
            let path = format!("startup/{name}");
            if self.startup(name).is_none() && !self.is_unreadable(&path) {
                if scripts::starts(name) && !self.has_docker() {
                    missing(path, ": the kit cannot be started");
                } else {
                    spare.push(*name);
                }
            }
        }
        checks.outcome("files", defects, "every file that NVFlare needs is there");
        if !spare.is_empty() {
            let names = spare.join(", ");
            checks.warning("files", format!("there is no {names} to start and stop it with"));
        }
    }

    /// Whether it can be started in a container, which takes none of the scripts; a user's console is
    /// opened in it with the same one.
    fn has_docker(&self) -> bool {
        let script = self.path.join("startup/docker.sh");
        self.kind != Kind::User && matches!(files::look(&script), Ok(Found::File))
    }

    /// Keys are their owner's alone, nobody else may change a kit, and scripts can be run.
    pub fn check_modes(&self, checks: &mut Checks) {
        let mut defects = Vec::new();
        let mut defect = |what: String| defects.push(Defect::new(Reason::KitMode, what));
        let (_, key) = credentials(self.kind);
        if let Some((_, mode)) = &self.key
            && mode & 0o077 != 0
        {
            defect(format!(
                "startup/{key} has mode {mode:04o}: other users of this machine can reach the \
                 private key; it must be 0600"
            ));
        }
        let directories = ["", "startup", "local"]
            .into_iter()
            .filter_map(|name| Some((name, files::mode(&self.path.join(name)).ok()?)));
        let modes = self.files.iter().map(|(name, file)| (name.as_str(), file.mode));
        let mut others = self.other_owners();
        for (name, mode) in directories.chain(modes) {
            let name = if name.is_empty() { "the kit's folder" } else { name };
            if mode & 0o002 != 0 {
                let what = "every user of this machine can change it";
                defect(format!("{name} has mode {mode:04o}: {what}"));
            } else if mode & 0o020 != 0 {
                others.push(format!("{name} has mode {mode:04o}: its group can change it"));
            }
        }
        if let Some(above) = self.path.parent()
            && let Ok(mode) = files::mode(above)
            // With the sticky bit, names are changed by their owners only.
            && mode & 0o1002 == 0o002
        {
            defect(format!(
                "the folder {} has mode {mode:04o}: every user of this machine can exchange the kit",
                above.display()
            ));
        }
        let good = if others.is_empty() {
            "the key is its owner's alone, and nobody else can change the kit"
        } else {
            "the key is its owner's alone"
        };
        checks.outcome("modes", defects, good);
        for what in others {
            checks.warning("modes", what);
        }
        let is_idle = |name: &&str| self.startup(name).is_some_and(|file| file.mode & 0o100 == 0);
        let idle: Vec<&str> = scripts::names(self.kind).iter().copied().filter(is_idle).collect();
        if !idle.is_empty() {
            let names = idle.join(", ");
            let what = "must be made executable (chmod 755), or be called with bash";
            checks.warning("modes", format!("{names} {what}"));
        }
    }

    /// What belongs to neither root nor the owner of the kit, and to whom.
    fn other_owners(&self) -> Vec<String> {
        let Ok(own) = files::owner(&self.path) else { return vec![] };
        let other = |path: &Path| files::owner(path).ok().filter(|&user| user != own && user != 0);
        let above = self.path.parent().and_then(|above| {
            let user = other(above)?;
            let above = above.display();
            Some(format!("the folder {above} belongs to the user {user}, who can exchange the kit"))
        });
        let inside = ["startup", "local"].into_iter().chain(self.files.keys().map(String::as_str));
        let inside = inside.filter_map(|name| {
            let user = other(&self.path.join(name))?;
            Some(format!("{name} belongs to the user {user}, who can change it"))
        });
        above.into_iter().chain(inside).collect()
    }

    /// Every JSON file that the runtime reads, held to one meaning. A site may have long ones.
    pub fn check_json(&self, checks: &mut Checks) {
        let json: Vec<_> = self.files.iter().filter(|(name, _)| is_json(name)).collect();
        let read = |bytes: &[u8]| json::parse_own(bytes, json::MAX_BYTES);
        let defects = json
            .iter()
            .filter_map(|(name, file)| read(&file.bytes).err().map(|d| d.within(name)))
            .collect();
        checks.outcome("json", defects, format!("{} files are well-formed", json.len()));
    }

    /// Whether it is there; if it cannot be read, that is told already.
    fn has_local(&self, name: &str) -> bool {
        [format!("local/{name}"), format!("local/{name}.default")]
            .iter()
            .any(|path| self.files.contains_key(path) || self.is_unreadable(path))
    }

    fn is_unreadable(&self, path: &str) -> bool {
        self.unreadable.iter().any(|error| error.path().ends_with(path))
    }

    /// Whether the runtime reads whatever has this name: then it must be a file.
    fn needs(&self, name: &str, in_startup: bool) -> bool {
        let name_of_default = name.strip_suffix(".default").unwrap_or(name);
        if in_startup {
            name == self.configuration
        } else {
            [RESOURCES, LOG_CONFIG, AUTHORIZATION].contains(&name_of_default)
        }
    }

    fn read_all(&mut self) {
        let (certificate, key) = credentials(self.kind);
        let wanted = [certificate, "rootCA.pem"];
        for folder in ["startup", "local"] {
            let entries = match files::list(&self.path.join(folder)) {
                Ok(entries) => entries,
                // Nothing is there: what is missing is named file by file.
                Err(error) if error.not_found() => continue,
                Err(error) => {
                    self.unreadable.push(error);
                    continue;
                }
            };
            for (name, found) in entries {
                let Some(name) = name.to_str() else { continue };
                let in_startup = folder == "startup";
                let path = self.path.join(folder).join(name);
                if in_startup && name == key {
                    match files::read_secret(&path, FILE_LIMIT) {
                        Ok(read) => self.key = Some(read),
                        Err(error) => self.unreadable.push(error),
                    }
                } else if (is_json(name)
                    && (found != Found::Directory || self.needs(name, in_startup)))
                    || (in_startup
                        && (wanted.contains(&name) || scripts::names(self.kind).contains(&name)))
                {
                    match files::read(&path, json::MAX_BYTES as u64) {
                        Ok(file) => drop(self.files.insert(format!("{folder}/{name}"), file)),
                        Err(error) => self.unreadable.push(error),
                    }
                }
            }
        }
    }
}

/// What the runtime reads as JSON. `privacy.json.sample` is for people.
fn is_json(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".json.default")
}
