//! What is accepted of what builders leave.

use crate::common::Sandbox;
use crate::common::disk::disk;
use crate::common::user::of_a_user;
use crate::{KIT, PACKAGE, approved, refusal, refused, script};

/// What a builder does, and words of the refusal.
const REFUSED: &[(&str, &str)] = &[
    ("rm startup/client.key", "client.key"),
    ("chmod 640 startup/client.key", "startup/client.key has mode 0640"),
    ("cp local/log_config.json.default startup/client.key", "startup/client.key was changed"),
    ("mv startup/client.key k; ln -s ../k startup/client.key", "it is a symbolic link"),
    ("echo >>startup/client.crt", "startup/client.crt was changed"),
    ("rm startup/client.crt; mkdir startup/client.crt", "it is a directory"),
    ("cat startup/client.crt >startup/rootCA.pem", "startup/rootCA.pem was changed"),
    ("rm startup/rootCA.pem", "rootCA.pem"),
    ("rm startup/fed_client.json", "it has no startup/fed_client.json"),
    ("echo '{' >startup/fed_client.json", "startup/fed_client.json"),
    ("rm local/resources.json.default", "it has no local/resources.json"),
    ("rm local/log_config.json.default", "it has no local/log_config.json"),
    ("rm local/authorization.json.default", "it has no local/authorization.json"),
    ("rmdir transfer", "it has no folder transfer"),
    ("mv local l; ln -s l local", "it has no folder local"),
    ("ln -s /etc/passwd local/link", "the link local/link leads out of the kit"),
    ("ln -s ../../x local/link", "the link local/link leads out of the kit"),
    ("mkfifo local/pipe", "local/pipe is no file, folder or link"),
    ("touch local/open; chmod 666 local/open", "everybody may write local/open"),
    ("chmod 777 startup", "everybody may write startup"),
    ("touch local/s; chmod 4755 local/s", "local/s runs as its owner"),
    ("cat startup/client.key >local/copy", "local/copy holds a private key"),
    ("touch ../beside", "'beside' stands beside the kit"),
    ("mkdir ../../prod_00", "'prod_00' stands beside the kit"),
    ("mkdir ../another-site", "'another-site' stands beside the kit"),
];

#[test]
fn a_kit_that_is_not_as_it_must_be_is_refused() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./build]\n");
    for (does, words) in REFUSED {
        script(&m, "hospital-a/build", &format!("umask 022; {does}"));
        let (found, said) = refused(&m, PACKAGE);
        assert_eq!(found, refusal("BUILD_FAILED", 1, "BUILDER_RESULT"), "{does}: {said}");
        assert!(said.contains(words), "{does}: {said}");
    }
}

#[test]
fn what_a_site_may_do_is_kept() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./build]\n");
    script(
        &m,
        "hospital-a/build",
        "umask 022; set -e
         mkdir -p local/custom/site; echo code >local/custom/site/a.py
         ln -s custom/site/a.py local/link; ln -s ../local startup/link; ln -s . local/here
         mv local/resources.json.default local/resources.json
         cp startup/client.key local/copy; chmod 600 local/copy
         echo 'exec true' >startup/start.sh; rm readme.txt; chmod 700 local
         echo note >../../state/note; mkdir ../server1.hospital-central.org",
    );
    m.ok(PACKAGE);
    assert_eq!(m.read(&format!("{KIT}/local/link")), b"code\n");
    assert_eq!(m.read(&format!("{KIT}/startup/link/here/custom/site/a.py")), b"code\n");
    assert_eq!(m.mode(&format!("{KIT}/local")), 0o700);
    assert_eq!(m.mode(KIT), 0o755);
    assert!(!m.exists(&format!("{KIT}/readme.txt")));
    assert_eq!(m.read(&format!("{KIT}/startup/start.sh")), b"exec true\n");
    assert_eq!(m.names("workspace/hospital_federation"), ["prod_00", "state"], "nothing is left");
}

/// What is recorded of so many is more than other JSON may have, and stays known.
#[test]
fn a_kit_of_very_many_files_is_replaced() {
    let sandbox = Sandbox::in_memory();
    let m = approved(&sandbox, "- exec: [./build]\n");
    script(
        &m,
        "hospital-a/build",
        "umask 022; mkdir local/custom
         seq -f 'local/custom/a-file-with-a-long-name-%05.0f.py' 9000 | xargs touch",
    );
    m.ok(PACKAGE);
    m.write(&format!("{KIT}/local/custom/own.py"), "pass\n");
    for _ in 0..2 {
        let data = m.ok(&format!("{PACKAGE} --force"));
        assert_eq!(data["kept_local_files"], serde_json::json!(["local/custom/own.py"]));
    }
    let record = m.read("workspace/hospital_federation/state/prod_00/hospital-a.json");
    assert!(record.len() > 1 << 20, "{}", record.len());
}

/// What a builder closes to its own user is removed all the same.
#[test]
fn nothing_of_a_builder_that_fails_is_left() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./build]\n");
    for closed in ["startup local", "startup/deep/er startup/deep startup", "."] {
        for mode in ["500", "000", "300"] {
            script(
                &m,
                "hospital-a/build",
                &format!(
                    "mkdir -p startup/deep/er; touch startup/deep/er/a; chmod {mode} {closed}; exit 1"
                ),
            );
            let output = of_a_user(&sandbox, &m, PACKAGE).output().unwrap();
            assert!(!output.status.success(), "{output:?}");
            assert!(
                !m.exists("workspace"),
                "{mode} {closed}: {:?}",
                disk(&m.path("workspace")).keys()
            );
        }
    }
}
