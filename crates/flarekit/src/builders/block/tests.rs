//! Tests of the block.

use super::*;
use crate::yaml::{self, Dialect};

const STATIC: &str = "nvflare.lighter.impl.static_file.StaticFileBuilder";

fn read(text: &str) -> Result<Builders, Error> {
    let block = yaml::parse(text.as_bytes(), Dialect::Local).unwrap();
    Builders::parse(Some(&block))
}

fn with_argument(argument: &str) -> Result<Builders, Error> {
    read(&format!("- {{path: {STATIC}, args: {{{argument}}}}}"))
}

#[test]
fn the_standard_builders_are_done_natively() {
    let builders = read(
        "- {path: nvflare.lighter.impl.workspace.WorkspaceBuilder, \
         args: {template_file: [master_template.yml, aws_template.yml]}}\n\
         - path: nvflare.lighter.impl.template.TemplateBuilder\n\
         - path: nvflare.lighter.impl.static_file.StaticFileBuilder\n\
         \x20 args: {config_folder: config, require_signed_jobs: true, scheme: http}\n\
         - path: nvflare.lighter.impl.cert.CertBuilder\n\
         - path: nvflare.lighter.impl.signature.SignatureBuilder\n",
    )
    .unwrap();
    assert!(!builders.are_hosted() && builders.own().is_empty());
    assert_eq!(builders.static_files.config_folder, "config");
    assert_eq!(builders.static_files.require_signed_jobs, Some(true));
    assert!(builders.warnings().is_empty());
    let without = Builders::parse(None).unwrap();
    assert_eq!(without.static_files, StaticFileArguments::default());
    assert!(!without.are_hosted());
}

#[test]
fn the_static_file_builders_arguments() {
    let image = |text: &str| {
        with_argument(&format!("docker_image: {text}")).unwrap().static_files.docker_image
    };
    assert_eq!(image("nvflare/nvflare:2.9.0"), Some("nvflare/nvflare:2.9.0".to_owned()));
    assert_eq!(image("''"), None);
    assert_eq!(image("null"), None);
    let traceless = "app_validator: a.B, download_job_url: 'http://x', overseer_agent: {a: b}";
    let builders = with_argument(traceless).unwrap();
    assert_eq!(builders.static_files, StaticFileArguments::default());
    assert!(builders.warnings().is_empty());
    let entry = read("- {path: my.Builder, arg: {a: b}}").unwrap();
    assert!(entry.warnings()[0].message.contains("did you mean 'args'"), "{entry:?}");
    let misspelt = with_argument("docker_imgae: x").unwrap();
    assert!(misspelt.warnings()[0].message.contains("docker_image"), "{misspelt:?}");
}

#[test]
fn classes_and_programs_are_hosted() {
    let builders = read("- {path: my.Builder}\n- exec: [./mine, -v]").unwrap();
    assert!(builders.are_hosted() && builders.need_python());
    assert_eq!(builders.own(), ["my.Builder", "exec ./mine -v"]);
    let builders = read("- exec: [mine]").unwrap();
    assert!(builders.are_hosted() && !builders.need_python());
    let own_template = "- {path: nvflare.lighter.impl.workspace.WorkspaceBuilder, \
                        args: {template_file: /home/a/mine.yml}}";
    assert!(read(own_template).unwrap().need_python());
}

#[test]
fn what_cannot_be_run_is_refused_and_named() {
    use Code::{LocalSiteInvalid as Invalid, LocalSiteUnsupportedFeature as Unsupported};
    for (text, code, reason) in [
        ("- path: nvflare.lighter.impl.he.HEBuilder", Unsupported, Reason::UnsupportedBuilder),
        (
            "- path: nvflare.lighter.cc_provision.impl.cc.CCBuilder",
            Unsupported,
            Reason::UnsupportedBuilder,
        ),
        ("path: x", Invalid, Reason::FieldType),
        ("- 1", Invalid, Reason::FieldType),
        ("- {}", Invalid, Reason::FieldMissing),
        ("- exec: []", Invalid, Reason::FieldValue),
        ("- exec: ['']", Invalid, Reason::FieldValue),
        ("- exec: ./mine", Invalid, Reason::FieldType),
        ("- exec: [./mine, 1]", Invalid, Reason::FieldType),
        ("- {exec: [./mine], path: my.Builder}", Invalid, Reason::FieldNotAccepted),
        ("- {exec: [./mine], args: {a: b}}", Invalid, Reason::FieldNotAccepted),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!((error.code(), error.reason()), (code, Some(reason)), "{text}");
    }
    for (argument, reason) in [
        ("require_signed_jobs: 'yes'", Reason::FieldType),
        ("docker_image: 1", Reason::FieldType),
        ("docker_image: --privileged", Reason::FieldValue),
        ("docker_image: a b", Reason::FieldValue),
        ("config_folder: []", Reason::FieldType),
    ] {
        let error = with_argument(argument).unwrap_err();
        assert_eq!(error.reason(), Some(reason), "{argument}");
    }
}
