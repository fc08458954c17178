//! The standard builders, which need nothing but the program.

use crate::common::archives::Members;
use crate::common::{SERVER_NAME, Sandbox, USER_NAME, warnings};
use crate::{KIT, PACKAGE, approved};

const STATIC: &str = "nvflare.lighter.impl.static_file.StaticFileBuilder";

#[test]
fn no_python_is_needed() {
    let sandbox = Sandbox::new();
    let block = format!(
        "- path: nvflare.lighter.impl.workspace.WorkspaceBuilder\n  \
         args: {{template_file: master_template.yml}}\n\
         - path: {STATIC}\n  args: {{app_validator: a.B, docker_imgae: x}}\n\
         - path: nvflare.lighter.impl.cert.CertBuilder\n\
         - path: nvflare.lighter.impl.signature.SignatureBuilder\n"
    );
    let m = approved(&sandbox, &block);
    let data = m.ok(&format!("{PACKAGE} --python ./there-is-none"));
    assert_eq!(warnings(&data), ["FINGERPRINT_NOT_VERIFIED", "UNKNOWN_FIELD"]);
    assert!(data.get("builders").is_none(), "{data}");
    assert!(m.exists(&format!("{KIT}/startup/start.sh")));
    assert!(!m.exists(&format!("{KIT}/startup/docker.sh")));
}

#[test]
fn an_image_gives_every_kind_a_script() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for (file, name, words) in [
        ("server.yaml", SERVER_NAME, "server.server_train"),
        ("hospital-a.yaml", "hospital-a", "uid=$NAME"),
        ("alice.yaml", USER_NAME, "--name=fladmin"),
    ] {
        let text = String::from_utf8(m.read(file)).unwrap();
        let image = "registry.hospital.org/flare:2.9";
        let block = format!("builders:\n- path: {STATIC}\n  args: {{docker_image: '{image}'}}\n");
        m.write(file, format!("{text}{block}"));
        m.kit(file, name);
        let path = format!("workspace/hospital_federation/prod_00/{name}/startup/docker.sh");
        let script = String::from_utf8(m.read(&path)).unwrap();
        assert_eq!(m.mode(&path), 0o755);
        assert!(script.contains(&format!("IMAGE='{image}'")) && script.contains(words), "{script}");
        assert!(!script.contains("=@"), "{script}");
    }
}

/// The seed: builders are in neither zip.
#[test]
fn no_builder_travels() {
    let sandbox = Sandbox::new();
    let m = approved(
        &sandbox,
        "- exec: [./secret-program, secret-word]\n\
         - path: secret_module.Secret\n  args: {secret: {secret: secret}}\n",
    );
    let local = String::from_utf8(m.read("hospital-a/site.yaml")).unwrap();
    assert!(local.contains("secret_module") && local.contains("secret-word"), "{local}");
    for zip in ["hospital-a/hospital-a.request.zip", "hospital-a/hospital-a.signed.zip"] {
        for (name, bytes) in Members::of(&m.read(zip)).0 {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for private in ["secret", "builders", "exec", "team"] {
                assert!(!text.contains(private), "{private} is in {name} of {zip}");
            }
        }
    }
}
