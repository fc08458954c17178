//! The documentation's quick starts and flows, typed as they stand there.

use std::fs;

use crate::common::archives::Members;
use crate::common::{INIT, SERVER_NAME, Sandbox, USER_NAME, text_of, warnings};

/// What is in `local/` of a site's or a server's kit.
const LOCAL: [&str; 4] = [
    "authorization.json.default",
    "log_config.json.default",
    "privacy.json.sample",
    "resources.json.default",
];

#[test]
fn quick_start_add_a_site() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("site");
    let ca = m.ok(INIT);
    assert_eq!(ca["project"], "hospital_federation");
    assert_eq!(m.names("ca"), ["ca.json", "rootCA.key", "rootCA.pem"]);

    let request = m.ok("cert request --participant hospital-a.yaml");
    assert_eq!(
        m.names("hospital-a"),
        ["hospital-a.csr", "hospital-a.key", "hospital-a.request.zip", "request.json", "site.yaml"]
    );
    let zip = Members::of(&m.read("hospital-a/hospital-a.request.zip"));
    assert_eq!(zip.names(), ["hospital-a.csr", "request.json", "site.yaml"]);
    assert_eq!(zip.0["request.json"], m.read("hospital-a/request.json"));

    let approval = m.ok(
        "cert approve hospital-a/hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml",
    );
    let signed = m.path("hospital-a/hospital-a.signed.zip");
    assert_eq!(approval["signed_zip"], signed.to_str().unwrap());
    assert_eq!(approval["request_id"], request["request_id"]);
    let zip = Members::of(&m.read("hospital-a/hospital-a.signed.zip"));
    assert_eq!(
        zip.names(),
        ["hospital-a.crt", "rootCA.pem", "signed.json", "signed.json.sig", "site.yaml"]
    );
    let signed = zip.json("signed.json");
    assert_eq!(signed["server"]["host"], SERVER_NAME);
    assert_eq!(signed["default_connection_security"], "tls");

    let fingerprint = text_of(&approval, "rootca_fingerprint_sha256");
    assert_eq!(ca["rootca_fingerprint_sha256"], fingerprint.as_str());
    let kit =
        m.ok(&format!("package hospital-a/hospital-a.signed.zip --fingerprint {fingerprint}"));
    assert_eq!(warnings(&kit), [""; 0]);
    let folder = "workspace/hospital_federation/prod_00/hospital-a";
    assert_eq!(kit["output_dir"], m.path(folder).to_str().unwrap());
    assert_eq!(m.names(folder), ["local", "readme.txt", "startup", "transfer"]);
    assert_eq!(
        m.names(&format!("{folder}/startup")),
        [
            "client.crt",
            "client.key",
            "fed_client.json",
            "rootCA.pem",
            "start.sh",
            "stop_fl.sh",
            "sub_start.sh"
        ]
    );
    assert_eq!(m.names(&format!("{folder}/local")), LOCAL);
    assert_eq!(m.names(&format!("{folder}/transfer")), [""; 0]);
    let startup = |name: &str| m.read(&format!("{folder}/startup/{name}"));
    assert_eq!(startup("client.key"), m.read("hospital-a/hospital-a.key"));
    assert_eq!(startup("client.crt"), zip.0["hospital-a.crt"]);
    assert_eq!(startup("rootCA.pem"), m.read("ca/rootCA.pem"));
    assert_eq!(m.read("hospital-a/signed.json"), zip.0["signed.json"]);
    assert_eq!(m.read("hospital-a/hospital-a.crt"), zip.0["hospital-a.crt"]);
    assert_eq!(m.read("hospital-a/rootCA.pem"), m.read("ca/rootCA.pem"));
}

#[test]
fn quick_start_add_a_user() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("user");
    m.init();
    let kit = m.kit("alice.yaml", USER_NAME);
    assert_eq!(kit["type"], "lead");
    let folder = format!("workspace/hospital_federation/prod_00/{USER_NAME}");
    assert_eq!(m.names(&folder), ["local", "startup", "transfer"]);
    assert_eq!(
        m.names(&format!("{folder}/startup")),
        [
            "client.crt",
            "client.key",
            "fed_admin.json",
            "fl_admin.sh",
            "readme.txt",
            "rootCA.pem",
            "system_info.ipynb"
        ]
    );
    assert_eq!(m.names(&format!("{folder}/local")), ["resources.json.default"]);
    let admin = &m.json(&format!("{folder}/startup/fed_admin.json"))["admin"];
    assert_eq!((&admin["username"], &admin["port"]), (&USER_NAME.into(), &8003.into()));
}

#[test]
fn quick_start_add_a_server() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("server");
    m.init();
    let approved = m.approve("server.yaml", SERVER_NAME);
    let names = ["DNS:server1.hospital-central.org", "IP:10.0.1.50", "DNS:fl-server.internal"];
    assert_eq!(approved["subject_alt_names"], serde_json::json!(names));
    let zip = Members::of(&m.read(&format!("{SERVER_NAME}/{SERVER_NAME}.signed.zip")));
    assert!(!zip.text("site.yaml").contains("connection_security"));

    let fingerprint = text_of(&approved, "rootca_fingerprint_sha256");
    let kit = m
        .ok(&format!("package {SERVER_NAME}/{SERVER_NAME}.signed.zip --fingerprint {fingerprint}"));
    assert_eq!(warnings(&kit), ["CONNECTION_SECURITY_MISMATCH"]);
    let folder = format!("workspace/hospital_federation/prod_00/{SERVER_NAME}");
    assert_eq!(
        m.names(&format!("{folder}/startup")),
        [
            "fed_server.json",
            "rootCA.pem",
            "server.crt",
            "server.key",
            "start.sh",
            "stop_fl.sh",
            "sub_start.sh"
        ]
    );
    assert_eq!(m.names(&format!("{folder}/local")), LOCAL);
    let server = &m.json(&format!("{folder}/startup/fed_server.json"))["servers"][0];
    assert_eq!(server["connection_security"], "mtls");
}

#[test]
fn everybody_of_one_ca_is_in_one_package_root() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("all");
    m.init();
    for (definition, name) in
        [("hospital-a.yaml", "hospital-a"), ("alice.yaml", USER_NAME), ("server.yaml", SERVER_NAME)]
    {
        m.kit(definition, name);
    }
    assert_eq!(m.names("workspace"), ["hospital_federation"]);
    assert_eq!(m.names("workspace/hospital_federation"), ["prod_00", "state"]);
    assert_eq!(
        m.names("workspace/hospital_federation/prod_00"),
        [USER_NAME, "hospital-a", SERVER_NAME]
    );
}

/// Three machines: the requester's, the Project Admin's, and another of the requester's to which
/// the request folder has moved since. Only the zips travel.
#[test]
fn remote_transfer_flow() {
    let sandbox = Sandbox::new();
    let requester = sandbox.seeded("requester");
    let admin = sandbox.seeded("admin");
    let later = sandbox.machine("later");
    let told = admin.init();

    requester.ok("cert request --participant hospital-a.yaml");
    let zip = requester.read("hospital-a/hospital-a.request.zip");
    admin.write("hospital-a.request.zip", zip);

    let approved = admin
        .ok("cert approve hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml");
    let signed = admin.path("hospital-a.signed.zip");
    assert_eq!(approved["signed_zip"], signed.to_str().unwrap());

    fs::rename(requester.path("hospital-a"), later.path("hospital-a")).unwrap();
    fs::rename(signed, later.path("hospital-a.signed.zip")).unwrap();
    let kit = later.ok(&format!(
        "package hospital-a.signed.zip --request-dir ./hospital-a --fingerprint {told}"
    ));
    assert_eq!(kit["rootca_fingerprint_sha256"], told.as_str());
    let key = "workspace/hospital_federation/prod_00/hospital-a/startup/client.key";
    assert_eq!(later.read(key), later.read("hospital-a/hospital-a.key"));

    let keys = |root: &std::path::Path| -> Vec<String> {
        let paths = crate::common::disk::disk(root).into_keys();
        let names = paths.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        names.filter(|name| name.ends_with(".key")).collect()
    };
    assert_eq!(keys(&admin.cwd), ["rootCA.key"]);
    assert_eq!(keys(&admin.home), [""; 0]);
    assert_eq!(keys(&requester.cwd), [""; 0]);
    assert_eq!(later.names("").len(), 3, "{:?}", later.names(""));
    assert!(!later.home.join(".nvflare").exists(), "package keeps no record");
}

#[test]
fn local_automation_flow_in_plain_text() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("local");
    let run = |line: &str| {
        let output = m.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(INIT);
    run("cert request --participant hospital-a.yaml");
    let approved = run(
        "cert approve hospital-a/hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml",
    );
    let told =
        approved.lines().find_map(|line| line.strip_prefix("rootca_fingerprint_sha256: ")).unwrap();
    let packaged = run(&format!("package hospital-a/hospital-a.signed.zip --fingerprint {told}"));
    let kit = m.path("workspace/hospital_federation/prod_00/hospital-a");
    assert!(packaged.starts_with(&format!("output_dir: {}\n", kit.display())), "{packaged}");
}

#[test]
fn explicit_locations_flow() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("explicit");
    m.write("defs/hospital-a.yaml", crate::common::SITE);
    let told = m.init();
    m.ok("cert request --participant ./defs/hospital-a.yaml --out ./requests/hospital-a");
    let approved = m.ok("cert approve ./requests/hospital-a/hospital-a.request.zip --ca-dir ./ca \
                         --profile ./project_profile.yaml --out ./signed/hospital-a.signed.zip");
    assert_eq!(warnings(&approved), [""; 0]);
    assert!(!m.exists("requests/hospital-a/hospital-a.signed.zip"));
    m.ok(&format!(
        "package ./signed/hospital-a.signed.zip --request-dir ./requests/hospital-a \
         -w ./kits --fingerprint {told}"
    ));
    assert_eq!(m.names("kits/hospital_federation/prod_00"), ["hospital-a"]);
    assert!(!m.exists("workspace") && !m.exists("hospital-a"));
}
