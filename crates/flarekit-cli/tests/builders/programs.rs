//! `exec`: programs in any language.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::{Sandbox, by_root, envelope, succeeded, warnings};
use crate::{KIT, PACKAGE, approved, errors, refusal, refused, script};

#[test]
fn a_program_works_in_the_kit_and_is_told_what_it_needs() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./note, two words]\n");
    let note = "echo printed; cat >local/told.json; echo \"$1\" >local/note; pwd >local/pwd; ls startup >local/ls";
    script(&m, "hospital-a/note", note);
    let output = m.flarekit().args(PACKAGE.split(' ')).args(["--format", "json"]).output().unwrap();
    let data = succeeded(PACKAGE, &output);
    assert_eq!(data["builders"], json!(["exec ./note two words"]));
    assert!(errors(&output).contains("printed"));
    assert_eq!(m.read(&format!("{KIT}/local/note")), b"two words\n");
    let startup =
        "client.crt\nclient.key\nfed_client.json\nrootCA.pem\nstart.sh\nstop_fl.sh\nsub_start.sh\n";
    assert_eq!(m.read(&format!("{KIT}/local/ls")), startup.as_bytes());

    let told: Value = m.json(&format!("{KIT}/local/told.json"));
    assert_eq!(told["protocol"], 1);
    assert_eq!(told["project"], "hospital_federation");
    let participant = json!({
        "name": "hospital-a", "type": "client", "org": "hospital_alpha", "role": null,
        "properties": {"team": {"blue": [1, "x"]}},
    });
    assert_eq!(told["participant"], participant);
    let server =
        json!({"host": "server1.hospital-central.org", "fed_learn_port": 8002, "admin_port": 8003});
    assert_eq!(told["server"], server);
    assert_eq!((&told["scheme"], &told["connection_security"]), (&json!("grpc"), &json!("tls")));
    let directory = told["kit"]["directory"].as_str().unwrap();
    let pwd = String::from_utf8(m.read(&format!("{KIT}/local/pwd"))).unwrap();
    assert_eq!(format!("{directory}\n"), pwd);
    assert_eq!(told["kit"]["key"], format!("{directory}/startup/client.key"));
    assert!(!told.to_string().contains("PRIVATE KEY"));
    assert_eq!(m.mode(&format!("{KIT}/startup/client.key")), 0o600);
    assert_eq!(m.names("workspace/hospital_federation"), ["prod_00", "state"]);
    assert_eq!(m.names(KIT), ["local", "readme.txt", "startup", "transfer"]);
}

#[test]
fn programs_run_in_the_order_in_which_they_are_listed() {
    let sandbox = Sandbox::new();
    let certificates = "nvflare.lighter.impl.cert.CertBuilder";
    let static_files = "nvflare.lighter.impl.static_file.StaticFileBuilder";
    let m = approved(
        &sandbox,
        &format!(
            "- exec: [./look, a]\n- path: {certificates}\n- exec: [./look, b]\n\
             - path: {static_files}\n- exec: [./look, c]\n"
        ),
    );
    script(
        &m,
        "hospital-a/look",
        "ls startup | wc -l >\"local/$1\"; echo \"$1\" >startup/start.sh",
    );
    m.ok(PACKAGE);
    let seen = |name: &str| {
        String::from_utf8(m.read(&format!("{KIT}/local/{name}"))).unwrap().trim().to_owned()
    };
    assert_eq!([seen("a"), seen("b"), seen("c")], ["0", "4", "7"]);
    assert_eq!(m.read(&format!("{KIT}/startup/start.sh")), b"c\n");
    assert_eq!(m.mode(&format!("{KIT}/startup/start.sh")), 0o755, "the standard file was there");
}

#[test]
fn a_bare_name_is_looked_for_on_the_path() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [site-builder]\n");
    script(&m, "tools/site-builder", "echo here >local/note");
    let output = m
        .flarekit()
        .env("PATH", format!("{}:/usr/bin:/bin", m.path("tools").display()))
        .args(PACKAGE.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    assert!(m.exists(&format!("{KIT}/local/note")));
}

#[test]
fn a_program_need_not_listen() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./deaf]\n");
    script(&m, "hospital-a/deaf", "exec <&-; true");
    // More than a pipe holds.
    let text = String::from_utf8(m.read("hospital-a/site.yaml")).unwrap();
    m.write("hospital-a/site.yaml", format!("{text}note: '{}'\n", "x".repeat(200_000)));
    m.ok(PACKAGE);
}

#[test]
fn the_passphrase_of_a_ca_is_no_builders_business() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./look]\n");
    script(&m, "hospital-a/look", "echo \"<$FLAREKIT_CA_PASSPHRASE|$SITE>\" >local/note");
    let output = m
        .flarekit()
        .env("FLAREKIT_CA_PASSPHRASE", "secret")
        .env("SITE", "kept")
        .args(PACKAGE.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(m.read(&format!("{KIT}/local/note")), b"<|kept>\n");
}

#[test]
fn a_failure_leaves_nothing_and_the_old_kit_in_its_place() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./build]\n");
    script(&m, "hospital-a/build", "echo first >local/note");
    m.ok(PACKAGE);
    script(&m, "hospital-a/build", "echo second >local/note; echo about the failure >&2; exit 3");
    let (found, said) = refused(&m, &format!("{PACKAGE} --force"));
    assert_eq!(found, refusal("BUILD_FAILED", 1, "BUILDER_FAILED"));
    assert!(said.contains("about the failure") && said.contains("exit status: 3"), "{said}");
    assert_eq!(m.read(&format!("{KIT}/local/note")), b"first\n");
    script(&m, "hospital-a/build", "echo third >local/note");
    assert!(warnings(&m.ok(&format!("{PACKAGE} --force"))).contains(&"BACKED_UP"));
    assert_eq!(m.read(&format!("{KIT}/local/note")), b"third\n");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./gone]\n");
    let (found, said) = refused(&m, PACKAGE);
    assert_eq!(found, refusal("LOCAL_SITE_INVALID", 4, "BUILDER_NOT_FOUND"));
    assert!(said.contains(&format!("{}/gone", m.path("hospital-a").display())), "{said}");
    m.write("hospital-a/gone", "not to be run");
    assert_eq!(refused(&m, PACKAGE).0, refusal("LOCAL_SITE_INVALID", 4, "BUILDER_NOT_FOUND"));
}

#[test]
fn a_path_that_json_cannot_carry_is_refused() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./build]\n");
    script(&m, "hospital-a/build", "true");
    let mut command = m.flarekit();
    let output = command
        .args(PACKAGE.split(' '))
        .arg("-w")
        .arg(OsStr::from_bytes(b"workspace-\xff"))
        .output()
        .unwrap();
    assert!(errors(&output).contains("not UTF-8"), "{}", errors(&output));
    assert_eq!(output.status.code(), Some(1));
    assert!(m.names(".").iter().all(|name| !name.starts_with("workspace")));
}

#[test]
fn a_killed_run_is_swept_by_the_next() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./build]\n");
    script(&m, "hospital-a/build", "touch \"$PROBE/begun\"; read -r task; exec sleep 5");
    let program = assert_cmd::cargo::cargo_bin("flarekit");
    let mut first = Command::new(program);
    first.env_clear().env("HOME", &m.home).env("PROBE", &m.cwd).current_dir(&m.cwd);
    first.args(PACKAGE.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    let mut first = first.spawn().unwrap();
    while !m.exists("begun") {
        assert!(first.try_wait().unwrap().is_none(), "it has ended before the builder began");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let left = m.names("workspace/hospital_federation");
    assert!(left.iter().all(|name| name.starts_with(".flarekit-")) && !left.is_empty(), "{left:?}");
    script(&m, "hospital-a/build", "true");
    m.ok(PACKAGE);
    assert_eq!(m.names("workspace/hospital_federation"), ["prod_00", "state"]);
}

/// Both wait for the deployment's directory or not at all; neither is in the way of the other.
#[test]
fn two_at_once_both_make_their_kits() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./slow]\n");
    script(&m, "hospital-a/slow", "sleep 0.3; echo here >local/note");
    m.approve("alice.yaml", "alice@hospital-alpha.org");
    let program = assert_cmd::cargo::cargo_bin("flarekit");
    let start = |line: &str| {
        let mut command = Command::new(&program);
        command.env_clear().env("HOME", &m.home).current_dir(&m.cwd).args(line.split(' '));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let alice =
        "package alice@hospital-alpha.org/alice@hospital-alpha.org.signed.zip --format json";
    let running = [start(&format!("{PACKAGE} --format json")), start(alice)];
    for process in running {
        let output = process.wait_with_output().unwrap();
        assert_eq!(envelope("two at once", &output)["status"], "ok");
    }
    assert_eq!(m.names("workspace/hospital_federation/prod_00").len(), 2);
}

/// A program, a folder on the way to it, and where a link leads.
#[test]
fn a_program_that_others_could_have_written_does_not_run() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, "- exec: [./tools/mine]\n");
    let set_mode = |path: &str, mode| {
        fs::set_permissions(m.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    let open = ("REQUEST_DIR_MISMATCH".to_owned(), 4, Some("FOLDER_OPEN_TO_OTHERS".to_owned()));
    script(&m, "hospital-a/tools/mine", "echo here >local/note");
    set_mode("hospital-a/tools/mine", 0o777);
    assert_eq!(m.refused(PACKAGE), open);
    set_mode("hospital-a/tools/mine", 0o755);
    set_mode("hospital-a/tools", 0o777);
    assert_eq!(m.refused(PACKAGE), open);
    set_mode("hospital-a/tools", 0o755);
    fs::rename(m.path("hospital-a/tools/mine"), m.path("elsewhere")).unwrap();
    symlink(m.path("elsewhere"), m.path("hospital-a/tools/mine")).unwrap();
    set_mode("elsewhere", 0o777);
    assert_eq!(m.refused(PACKAGE), open);
    set_mode("elsewhere", 0o755);
    m.ok(PACKAGE);
    // Whoever is root can give it to somebody else.
    if by_root(chown(m.path("elsewhere"), Some(1), None)) {
        let (_, _, reason) = m.refused(&format!("{PACKAGE} --force"));
        assert_eq!(reason.as_deref(), Some("FOLDER_OF_ANOTHER_USER"));
    }
}
