//! Reading the block: what is native, what is run, what is refused.

use super::program::is_in_folder;
use super::steps::Step;
use crate::error::{Code, Defect, Error, Reason, Warning};
use crate::fields;
use crate::names::shown;
use crate::yaml::Node;

/// The standard builders, whose work this program does itself.
const WORKSPACE: &str = "nvflare.lighter.impl.workspace.WorkspaceBuilder";
const STATIC_FILES: &str = "nvflare.lighter.impl.static_file.StaticFileBuilder";
const CERTIFICATES: &str = "nvflare.lighter.impl.cert.CertBuilder";
/// Builders that do nothing here: distributed provisioning signs no kits, and templates are loaded
/// by those who use them.
const IDLE: [&str; 2] = [
    "nvflare.lighter.impl.signature.SignatureBuilder",
    "nvflare.lighter.impl.template.TemplateBuilder",
];

/// Builders that write the kits of several participants so that they fit together.
pub(super) const COORDINATED: [&str; 4] = [
    "nvflare.lighter.impl.he.HEBuilder",
    "nvflare.lighter.impl.docker.DockerBuilder",
    "nvflare.lighter.impl.edge.EdgeBuilder",
    "nvflare.lighter.cc_provision.",
];

/// NVFlare's own template files. The standard files are made of the first.
const TEMPLATES: [&str; 4] =
    ["master_template.yml", "aws_template.yml", "azure_template.yml", "edge_template.yml"];

/// A `builders:` block that can be applied.
#[derive(Debug, Clone)]
pub struct Builders {
    pub(crate) static_files: StaticFileArguments,
    /// What the block lists, in its order.
    pub(super) steps: Vec<Step>,
    /// The entry of the workspace builder, whose template files the others may use.
    pub(super) workspace: Option<usize>,
    own_templates: bool,
    warnings: Vec<Warning>,
}

/// Arguments of the static-file builder that change a kit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StaticFileArguments {
    /// The folder of an application that holds its configuration.
    pub config_folder: String,
    /// Whether jobs must be signed; unset leaves it to the runtime.
    pub require_signed_jobs: Option<bool>,
    /// The image that `docker.sh` runs; without one there is no such script.
    pub docker_image: Option<String>,
}

impl Builders {
    /// Reads the block of a definition; without one, the standard builders.
    pub fn parse(block: Option<&Node>) -> Result<Self, Error> {
        let mut builders = Self {
            static_files: StaticFileArguments::default(),
            steps: Vec::new(),
            workspace: None,
            own_templates: false,
            warnings: Vec::new(),
        };
        if let Some(block) = block {
            let entries = block
                .as_sequence()
                .ok_or_else(|| invalid(fields::wrong(block, "builders", "a list")))?;
            for (index, entry) in entries.iter().enumerate() {
                builders.add(index, entry)?;
            }
        }
        Ok(builders)
    }

    /// Whether anything but this program must run.
    #[must_use]
    pub fn are_hosted(&self) -> bool {
        self.need_python() || self.steps.iter().any(|step| matches!(step, Step::Program { .. }))
    }

    /// Whether a program is looked for in the request folder.
    #[must_use]
    pub fn start_from_folder(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Program { words } => words.first().is_some_and(|name| is_in_folder(name)),
            _ => false,
        })
    }

    /// Whether Python must run.
    pub(super) fn need_python(&self) -> bool {
        self.own_templates || self.steps.iter().any(|step| matches!(step, Step::Python { .. }))
    }

    /// The builders of the user's own, as the definition names them.
    #[must_use]
    pub fn own(&self) -> Vec<String> {
        self.steps.iter().filter_map(Step::shown).collect()
    }

    /// What the user should know about the block.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn add(&mut self, index: usize, entry: &Node) -> Result<(), Error> {
        fields::mapping(entry, "builders[]").map_err(invalid)?;
        if let Some(words) = entry.get("exec") {
            self.warn_of_unknown(entry, &["exec"], "builders");
            return self.add_program(entry, words).map_err(invalid);
        }
        self.warn_of_unknown(entry, &["path", "args"], "builders");
        match fields::required_text(entry, "path").map_err(invalid)? {
            WORKSPACE => self.add_workspace(index, entry).map_err(invalid)?,
            CERTIFICATES => self.steps.push(Step::Certificates),
            STATIC_FILES => {
                self.static_files = self.static_file_arguments(entry).map_err(|defect| {
                    invalid(defect.within("the arguments of StaticFileBuilder"))
                })?;
                self.steps.push(Step::StaticFiles { entry: Some(index) });
            }
            idle if IDLE.contains(&idle) => {}
            path if COORDINATED.iter().any(|known| path.starts_with(known)) => {
                return Err(coordinated(path));
            }
            path => self.steps.push(Step::Python { entry: index, path: path.to_owned() }),
        }
        Ok(())
    }

    fn add_program(&mut self, entry: &Node, words: &Node) -> Result<(), Defect> {
        if entry.get("path").is_some() || entry.get("args").is_some() {
            let message = "a builder has 'exec' (a program with its arguments), or 'path' and 'args' (a \
                           Python class)";
            return Err(fields::at(entry, Defect::new(Reason::FieldNotAccepted, message)));
        }
        let wrong = || fields::wrong(words, "exec", "a list: the program and its arguments");
        let nothing = || {
            let message =
                "'exec' names no program: it must be a list of the program and its arguments";
            fields::at(words, Defect::new(Reason::FieldValue, message))
        };
        let list = words.as_sequence().ok_or_else(wrong)?;
        let words = list.iter().map(|word| fields::text(word, "exec[]").map(str::to_owned));
        let words = words.collect::<Result<Vec<_>, _>>()?;
        if words.first().is_none_or(String::is_empty) {
            return Err(nothing());
        }
        self.steps.push(Step::Program { words });
        Ok(())
    }

    /// Its folders are those of every kit; template files of the user's own change the standard
    /// files, which NVFlare must then make.
    fn add_workspace(&mut self, index: usize, entry: &Node) -> Result<(), Defect> {
        if self.workspace.is_some() {
            return Ok(());
        }
        self.workspace = Some(index);
        let files = fields::present(entry, "args")
            .and_then(|args| fields::present(args, "template_file"))
            .map_or(&[][..], |files| files.as_sequence().unwrap_or(std::slice::from_ref(files)));
        for file in files {
            let name = fields::text(file, "template_file")?;
            self.own_templates |= !TEMPLATES.contains(&name);
        }
        Ok(())
    }

    fn static_file_arguments(&mut self, entry: &Node) -> Result<StaticFileArguments, Defect> {
        let mut read = StaticFileArguments::default();
        let Some(args) = fields::present(entry, "args") else { return Ok(read) };
        fields::mapping(args, "args")?;
        if let Some(folder) = fields::present(args, "config_folder") {
            fields::text(folder, "config_folder")?.clone_into(&mut read.config_folder);
        }
        if let Some(required) = fields::present(args, "require_signed_jobs") {
            read.require_signed_jobs = Some(fields::boolean(required, "require_signed_jobs")?);
        }
        if let Some(image) = fields::present(args, "docker_image") {
            read.docker_image = docker_image(image)?;
        }
        self.warn_of_unknown(args, ARGUMENTS, "StaticFileBuilder");
        Ok(read)
    }

    fn warn_of_unknown(&mut self, mapping: &Node, known: &[&'static str], place: &str) {
        self.warnings.extend(fields::unknown(mapping, known).map(|(node, key, meant)| {
            fields::unknown_warning(node, key, meant).within(format_args!("site.yaml, {place}"))
        }));
    }
}

/// The arguments of the static-file builder. The approved scheme is used; `app_validator` and
/// `download_job_url` leave no trace in a kit of NVFlare 2.9.0, and `overseer_agent` is obsolete.
const ARGUMENTS: &[&str] = &[
    "config_folder",
    "require_signed_jobs",
    "docker_image",
    "scheme",
    "app_validator",
    "download_job_url",
    "overseer_agent",
];

/// An image's name, which docker must not take for an option.
fn docker_image(node: &Node) -> Result<Option<String>, Defect> {
    let name = fields::text(node, "docker_image")?;
    if name.starts_with('-') || !name.chars().all(|c| c.is_ascii_graphic()) {
        let message = format!("'docker_image' is {}, which is no image's name", shown(name));
        return Err(fields::at(node, Defect::new(Reason::FieldValue, message)));
    }
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
}

fn invalid(defect: Defect) -> Error {
    defect.within("builders in site.yaml").code(Code::LocalSiteInvalid)
}

/// The refusal of a builder that needs the other participants' kits.
pub(super) fn coordinated(path: &str) -> Error {
    Error::because(
        Code::LocalSiteUnsupportedFeature,
        Reason::UnsupportedBuilder,
        format!(
            "site.yaml asks for the builder {}, which must run for all participants at once",
            shown(path)
        ),
    )
}

#[cfg(test)]
mod tests;
