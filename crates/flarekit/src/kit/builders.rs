//! The `builders:` block of a definition, as far as it needs no Python.

use crate::error::{Code, Defect, Error, Reason};
use crate::fields;
use crate::names::shown;
use crate::yaml::Node;

/// The standard builders, whose work this program does itself.
const WORKSPACE: &str = "nvflare.lighter.impl.workspace.WorkspaceBuilder";
const STATIC_FILES: &str = "nvflare.lighter.impl.static_file.StaticFileBuilder";
const CERTIFICATES: &str = "nvflare.lighter.impl.cert.CertBuilder";
const SIGNATURES: &str = "nvflare.lighter.impl.signature.SignatureBuilder";

/// Arguments of the static-file builder that change a kit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StaticFileArguments {
    /// The folder of an application that holds its configuration.
    pub config_folder: String,
    /// Whether jobs must be signed; unset leaves it to the runtime.
    pub require_signed_jobs: Option<bool>,
}

impl StaticFileArguments {
    /// Reads the block. Builders that this program cannot run are refused, because a kit without
    /// what they add would not be the kit that was asked for.
    pub fn from_builders(block: Option<&Node>) -> Result<Self, Error> {
        let mut arguments = Self::default();
        let Some(block) = block else { return Ok(arguments) };
        let invalid =
            |defect: Defect| defect.within("builders in site.yaml").code(Code::LocalSiteInvalid);
        let builders = block
            .as_sequence()
            .ok_or_else(|| invalid(fields::wrong(block, "builders", "a list")))?;
        for builder in builders {
            let path = fields::mapping(builder, "builders[]")
                .and_then(|builder| fields::required_text(builder, "path"))
                .map_err(invalid)?;
            match path {
                WORKSPACE | CERTIFICATES | SIGNATURES => {}
                STATIC_FILES => arguments.read(builder)?,
                other => return Err(unsupported(&format!("the builder {}", shown(other)))),
            }
        }
        Ok(arguments)
    }

    fn read(&mut self, builder: &Node) -> Result<(), Error> {
        let invalid = |defect: Defect| {
            defect.within("StaticFileBuilder in site.yaml").code(Code::LocalSiteInvalid)
        };
        let Some(args) = fields::present(builder, "args") else { return Ok(()) };
        let entries = fields::mapping(args, "args").map_err(invalid)?.as_mapping();
        for (key, value) in entries.unwrap_or_default() {
            match key.as_text().unwrap_or_default() {
                // The approved scheme is used; the others leave no trace in a kit.
                "scheme" | "overseer_agent" | "app_validator" | "download_job_url" => {}
                "config_folder" => {
                    self.config_folder =
                        fields::text(value, "config_folder").map_err(invalid)?.to_owned();
                }
                "require_signed_jobs" if value.is_null() => self.require_signed_jobs = None,
                "require_signed_jobs" => {
                    let wanted = fields::boolean(value, "require_signed_jobs").map_err(invalid)?;
                    self.require_signed_jobs = Some(wanted);
                }
                "docker_image" if value.is_null() || value.as_text() == Some("") => {}
                other => {
                    return Err(unsupported(&format!(
                        "the StaticFileBuilder argument {}",
                        shown(other)
                    )));
                }
            }
        }
        Ok(())
    }
}

fn unsupported(what: &str) -> Error {
    Error::because(
        Code::LocalSiteUnsupportedFeature,
        Reason::UnsupportedBuilder,
        format!("site.yaml asks for {what}, which this version cannot run"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Dialect};

    fn read(text: &str) -> Result<StaticFileArguments, Error> {
        let block = yaml::parse(text.as_bytes(), Dialect::Local).unwrap();
        StaticFileArguments::from_builders(Some(&block))
    }

    #[test]
    fn the_standard_builders_are_done_natively() {
        let arguments = read(
            "- {path: nvflare.lighter.impl.workspace.WorkspaceBuilder, args: {template_file: x}}\n\
             - path: nvflare.lighter.impl.static_file.StaticFileBuilder\n\
             \x20 args: {config_folder: config, require_signed_jobs: true, scheme: http}\n\
             - path: nvflare.lighter.impl.cert.CertBuilder\n\
             - path: nvflare.lighter.impl.signature.SignatureBuilder\n",
        )
        .unwrap();
        assert_eq!(arguments.config_folder, "config");
        assert_eq!(arguments.require_signed_jobs, Some(true));
        assert_eq!(
            StaticFileArguments::from_builders(None).unwrap(),
            StaticFileArguments::default()
        );
    }

    #[test]
    fn what_cannot_be_run_is_refused_and_named() {
        for (text, code) in [
            ("- path: nvflare.lighter.impl.he.HEBuilder", Code::LocalSiteUnsupportedFeature),
            (
                "- {path: nvflare.lighter.impl.static_file.StaticFileBuilder, \
                 args: {docker_image: 'x:1'}}",
                Code::LocalSiteUnsupportedFeature,
            ),
            ("path: x", Code::LocalSiteInvalid),
            ("- 1", Code::LocalSiteInvalid),
            (
                "- {path: nvflare.lighter.impl.static_file.StaticFileBuilder, \
                 args: {require_signed_jobs: 'yes'}}",
                Code::LocalSiteInvalid,
            ),
        ] {
            assert_eq!(read(text).unwrap_err().code(), code, "{text}");
        }
    }
}
