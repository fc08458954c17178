//! Doing things again: `--force`, and what it must not touch.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::disk::{changes, disk};
use crate::common::{Machine, SERVER_NAME, Sandbox, text_of, warnings};

const PROD: &str = "workspace/hospital_federation/prod_00";

fn only(mut list: Vec<String>) -> String {
    assert_eq!(list.len(), 1, "{list:?}");
    list.remove(0)
}

fn keys_below(m: &Machine, folder: &str) -> Vec<String> {
    let paths = disk(&m.path(folder)).into_keys();
    let names = paths.filter(|path| path.extension().is_some_and(|end| end == "key"));
    names.map(|path| path.to_str().unwrap().to_owned()).collect()
}

#[test]
fn an_approval_in_flight_survives_a_new_request() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    let first_key = m.read("hospital-a/hospital-a.key");
    fs::copy(m.path("hospital-a/hospital-a.request.zip"), m.path("in-flight.zip")).unwrap();
    let again = m.ok("cert request -p hospital-a.yaml --force");
    assert_eq!(warnings(&again), ["BACKED_UP"]);
    m.ok("cert request -p hospital-a.yaml --force");
    assert_eq!(m.names("hospital-a/.bak").len(), 2, "two within a second keep both");
    assert_eq!(m.mode("hospital-a/.bak"), 0o700);
    assert_ne!(m.read("hospital-a/hospital-a.key"), first_key);

    m.ok("cert approve in-flight.zip -c ca --profile project_profile.yaml --out back.signed.zip");
    let recorded = m.ok("package back.signed.zip");
    let key = |data: &serde_json::Value| fs::read(text_of(data, "key")).unwrap();
    assert_eq!(key(&recorded), first_key);
    fs::remove_dir_all(m.home.join(".nvflare")).unwrap();
    let beside = m.ok("package back.signed.zip -w beside");
    assert_eq!(key(&beside), first_key);
    let given = m.ok("package back.signed.zip -w given --request-dir hospital-a");
    assert_eq!(key(&given), first_key);
}

#[test]
fn package_force_keeps_the_old_kit_and_its_siblings() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    m.kit("server.yaml", SERVER_NAME);
    m.write(&format!("{PROD}/{SERVER_NAME}/local/resources.json"), "{}");
    m.write(&format!("{PROD}/hospital-a/local/custom/site.py"), "pass\n");
    let old = disk(&m.path(format!("{PROD}/hospital-a")));
    let sibling = disk(&m.path(format!("{PROD}/{SERVER_NAME}")));

    let line = "package hospital-a/hospital-a.signed.zip --force";
    let data = m.ok(line);
    assert!(warnings(&data).contains(&"BACKED_UP"), "{data}");
    m.ok(line);
    let project = "workspace/hospital_federation";
    assert_eq!(m.names(project), [".bak", "prod_00", "state"]);
    assert_eq!(m.mode(&format!("{project}/.bak")), 0o700);
    assert_eq!(m.names(PROD), ["hospital-a", SERVER_NAME]);
    assert_eq!(disk(&m.path(format!("{PROD}/{SERVER_NAME}"))), sibling);
    let kept = format!("{project}/.bak/prod_00");
    let names = m.names(&kept);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("hospital-a-")), "{names:?}");
    let same_as_old = |name: &&String| disk(&m.path(&kept).join(name)) == old;
    assert!(names.iter().all(|name| same_as_old(&name)), "each had the site's own file, too");
    assert_eq!(keys_below(&m, &kept).len(), 2);
}

#[test]
fn another_deploy_version_replaces_the_ca_and_keeps_the_old_one() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    let old = disk(&m.path("ca"));
    let data = m.ok("cert init --profile project_profile.yaml -o ca --deploy-version 01 --force");
    assert_eq!(warnings(&data), ["BACKED_UP"]);
    assert_eq!(m.json("ca/ca.json")["provision_version"], "01");
    assert_eq!(m.mode("ca/.bak"), 0o700);
    let backup = format!("ca/.bak/{}", only(m.names("ca/.bak")));
    assert_eq!(changes(&old, &disk(&m.path(&backup))), [""; 0].map(Path::new));

    m.ok("cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml --force");
    m.ok("package hospital-a/hospital-a.signed.zip");
    assert_eq!(m.names("workspace/hospital_federation"), ["prod_00", "prod_01", "state"]);
}

#[test]
fn init_into_a_folder_with_other_things_keeps_them() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.ok("cert init --profile project_profile.yaml -o .");
    let names = m.names("");
    for name in ["ca.json", "rootCA.key", "rootCA.pem", "hospital-a.yaml"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
}

/// The same request gets the same bytes, so that a signed zip that was lost can be made again. With
/// `--replace` it gets another certificate.
#[test]
fn approving_again_gives_the_same_certificate() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let first = m.approve("hospital-a.yaml", "hospital-a");
    let zip = m.read("hospital-a/hospital-a.signed.zip");
    let ledger = m.read("ca/ledger.db");
    let line = "cert approve hospital-a/hospital-a.request.zip -c ca \
                --profile project_profile.yaml --force";
    let again = m.ok(&format!("{line} --valid-days 7"));
    assert_eq!(warnings(&again), ["ALREADY_APPROVED"]);
    assert_eq!(first["serial"], again["serial"]);
    assert_eq!(m.read("hospital-a/hospital-a.signed.zip"), zip);
    assert_eq!(m.read("ca/ledger.db"), ledger, "nothing was signed, so nothing is recorded");

    let another = m.ok(&format!("{line} --replace"));
    assert_eq!(warnings(&another), ["CERTIFICATE_REPLACED"]);
    assert_eq!(first["audit"], another["audit"]);
    assert_ne!(first["serial"], another["serial"]);
    let record = fs::read(text_of(&another, "audit")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["approval"]["certificate"]["serial"], another["serial"]);
    m.ok("package hospital-a/hospital-a.signed.zip");
}

/// When the server moves, everybody gets the new address signed, for the certificate that they have.
#[test]
fn another_profile_is_signed_for_the_same_certificate() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let first = m.approve("hospital-a.yaml", "hospital-a");
    m.edit("project_profile.yaml", "8002", "9002");
    let line = "cert approve hospital-a/hospital-a.request.zip -c ca \
                --profile project_profile.yaml --force";
    let moved = m.ok(line);
    assert_eq!(first["serial"], moved["serial"]);
    assert_eq!(moved["endpoint"], "grpc://server1.hospital-central.org:9002");
    let zip = m.read("hospital-a/hospital-a.signed.zip");
    m.ok(line);
    assert_eq!(m.read("hospital-a/hospital-a.signed.zip"), zip);
    m.ok("package hospital-a/hospital-a.signed.zip");
}

/// Ends a process with the test.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The loop of a kit that runs would go on in the place of the new one.
#[test]
fn a_kit_that_runs_is_not_replaced() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for (definition, name) in [("hospital-a.yaml", "hospital-a"), ("server.yaml", SERVER_NAME)] {
        m.kit(definition, name);
        let pid_file = format!("{PROD}/{name}/daemon_pid.fl");
        let line = format!("package {name}/{name}.signed.zip --force");
        // In the loop's place, a program that has its name in the command line.
        let start = |script: &str| {
            let mut command = Command::new("bash");
            command.args(["-c", "read -r", script]).stdin(Stdio::piped());
            Ending(command.spawn().unwrap())
        };
        let running = start("startup/sub_start.sh");
        m.write(&pid_file, format!("{}\n", running.0.id()));
        let before = disk(&m.cwd);
        let (code, status, reason) = m.refused(&line);
        assert_eq!(
            (code.as_str(), status, reason.as_deref()),
            ("OUTPUT_DIR_EXISTS", 1, Some("KIT_RUNNING"))
        );
        assert!(changes(&before, &disk(&m.cwd)).is_empty());
        // Ended; and the pid now that of another program.
        drop(running);
        m.ok(&line);
        let other = start("startup/other.sh");
        m.write(&pid_file, format!("{}\n", other.0.id()));
        m.ok(&line);
        m.write(&pid_file, "nonsense\n");
        m.ok(&line);
    }
}

/// Files that somebody puts where the reference builds its kits end up in no kit.
#[test]
fn planted_files_stay_out_of_the_kit() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.write("workspace/hospital_federation/wip/hospital-a/startup/evil.sh", "#!/bin/sh\n");
    m.write("workspace/hospital_federation/wip/other/startup/evil.sh", "#!/bin/sh\n");
    m.write("hospital-a.startup/evil.sh", "#!/bin/sh\n");
    m.kit("hospital-a.yaml", "hospital-a");
    let evil = |path: &std::path::PathBuf| path.ends_with("evil.sh");
    assert!(!disk(&m.path(PROD)).keys().any(evil));
    assert_eq!(m.names(PROD), ["hospital-a"]);
}

/// The request folder need not be writable: what `package` would put into it is a copy. A folder
/// in the place of one of the copies refuses root, too.
#[test]
fn a_request_folder_that_cannot_be_written_is_a_warning() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    fs::create_dir(m.path("hospital-a/signed.json")).unwrap();
    let data = m.ok("package hospital-a/hospital-a.signed.zip");
    assert_eq!(warnings(&data), ["FINGERPRINT_NOT_VERIFIED", "REQUEST_FOLDER_NOT_UPDATED"]);
    assert!(m.exists(&format!("{PROD}/hospital-a/startup/client.key")));
}
