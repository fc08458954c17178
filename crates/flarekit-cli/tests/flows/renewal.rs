//! From a certificate to the next one: whose key signs, what is kept, and what the ledger knows.

use std::time::Duration;

use serde_json::Value;

use crate::common::archives::request_again;
use crate::common::disk::{changes, disk};
use crate::common::{Machine, SERVER_NAME, Sandbox, USER_NAME, text_of, warnings};

const OLDER: &str = "OLDER_CERTIFICATE";
const KITS: &str = "workspace/hospital_federation/prod_00";
const PARTICIPANTS: [(&str, &str, &str, &str); 3] = [
    ("hospital-a.yaml", "hospital-a", "client.key", "client.crt"),
    ("alice.yaml", USER_NAME, "client.key", "client.crt"),
    ("server.yaml", SERVER_NAME, "server.key", "server.crt"),
];

fn approve(folder: &str, name: &str) -> String {
    format!("cert approve {folder}/{name}.request.zip -c ca --profile project_profile.yaml")
}

/// Which kinds of entries the ledger has, and how its certificates stand.
fn ledger(m: &Machine) -> (Vec<String>, Vec<String>) {
    let texts = |list: &Value, key: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|entry| text_of(entry, key)).collect()
    };
    m.ok("audit verify -c ca");
    let entries = &m.ok("audit export -c ca")["entries"];
    (texts(entries, "kind"), texts(&m.ok("cert list -c ca --sort end")["certificates"], "state"))
}

/// The whole way round, for every kind of participant: a kit, the site's own settings, the request,
/// its approval without `--replace`, and the kit with the new certificate and the old settings.
#[test]
fn every_participant_renews_from_its_kit() {
    for (definition, name, key_file, certificate_file) in PARTICIPANTS {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded("m");
        let fingerprint = m.init();
        m.kit(definition, name);
        let kit = format!("{KITS}/{name}");
        m.write(&format!("{kit}/local/privacy.json"), "{\"mine\": 1}\n");
        let (key, certificate) =
            (format!("{kit}/startup/{key_file}"), format!("{kit}/startup/{certificate_file}"));
        let (old_key, old_certificate) = (m.read(&key), m.read(&certificate));

        // As on another machine than that of the request.
        std::fs::remove_dir_all(m.home.join(".nvflare/cert_requests")).unwrap();
        let asked = m.ok(&format!("cert request --renew {kit}"));
        assert_eq!(warnings(&asked), ["DEFINITION_FROM_CERTIFICATE"]);
        assert_eq!(asked.get("definition"), None);
        let folder = format!("{name}-renewal");
        assert_eq!(m.mode(&format!("{folder}/{name}.key")), 0o600);
        let new_key = m.read(&format!("{folder}/{name}.key"));
        assert_ne!(new_key, old_key);
        let seen = m.ok(&format!("inspect {folder}/{name}.request.zip"));
        assert_eq!(seen["renews"], asked["renews"]);

        let approved = m.ok(&approve(&folder, name));
        assert_eq!(warnings(&approved), [""; 0], "{name}");
        for field in ["renews", "renews_valid_until"] {
            assert_eq!(approved[field], asked[field], "{field}");
        }
        assert_ne!(approved["serial"], asked["renews"]);
        assert_eq!(ledger(&m).0, ["approval", "renewal", "supersession"]);
        // Server: the further hosts are the certificate's.
        let hosts = approved["subject_alt_names"].as_array().unwrap().len();
        assert_eq!(hosts, if name == SERVER_NAME { 3 } else { 1 });

        let zip = format!("{folder}/{name}.signed.zip");
        let packaged = m.ok(&format!("package {zip} --fingerprint {fingerprint} --force"));
        assert_eq!(packaged["kept_local_files"], serde_json::json!(["local/privacy.json"]));
        assert_eq!(m.read(&key), new_key);
        assert_ne!(m.read(&certificate), old_certificate);
        assert_eq!(m.read(&format!("{kit}/local/privacy.json")), b"{\"mine\": 1}\n");
        m.ok(&format!("verify {kit} --fingerprint {fingerprint}"));
    }
}

/// Its name is an address of its certificate, and no host.
#[test]
fn a_server_that_is_named_by_its_address_renews() {
    const ADDRESS: &str = "10.0.1.51";
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    for file in ["project_profile.yaml", "server.yaml"] {
        let text = String::from_utf8(m.read(file)).unwrap().replace(SERVER_NAME, ADDRESS);
        m.write(file, text.split("    host_names").next().unwrap());
    }
    m.init();
    m.kit("server.yaml", ADDRESS);
    let asked = m.ok(&format!("cert request --renew {KITS}/{ADDRESS}"));
    let approved = m.ok(&approve(&format!("{ADDRESS}-renewal"), ADDRESS));
    assert_eq!(approved["renews"], asked["renews"]);
}

/// The signed zip of the year before is still there.
#[test]
fn an_older_certificate_in_the_place_of_a_newer_one_is_told() {
    for (definition, name, ..) in PARTICIPANTS {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded("m");
        m.init();
        m.kit(definition, name);
        let old = format!("package {name}/{name}.signed.zip --force");
        assert!(!warnings(&m.ok(&old)).contains(&OLDER), "the same one again");
        m.ok(&format!("cert request --renew {name}"));
        // Certificates tell whole seconds.
        std::thread::sleep(Duration::from_millis(1100));
        m.ok(&approve(&format!("{name}-renewal"), name));
        let new = format!("package {name}-renewal/{name}.signed.zip --force");
        assert!(!warnings(&m.ok(&new)).contains(&OLDER));
        assert!(warnings(&m.ok(&old)).contains(&OLDER));
        assert!(!warnings(&m.ok(&new)).contains(&OLDER));
    }
}

/// In the second year, the certificate of the first request folder counts as replaced. A request with
/// it would look like an impostor's.
#[test]
fn the_second_renewal_is_of_the_newer_certificate() {
    for later in [format!("{KITS}/hospital-a"), "hospital-a-renewal".to_owned()] {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded("m");
        m.init();
        m.kit("hospital-a.yaml", "hospital-a");
        let renew = |what: &str| format!("cert request --renew {what} --force");
        let first = renew("hospital-a");
        m.ok(&first);
        // A request that nobody has approved can be made again.
        m.ok(&first);
        std::thread::sleep(Duration::from_millis(1100));
        let package = "package hospital-a-renewal/hospital-a.signed.zip --force";
        m.ok(&approve("hospital-a-renewal", "hospital-a"));
        m.ok(package);

        let before = disk(&m.cwd);
        for line in [first.as_str(), "cert request --renew hospital-a"] {
            let (code, status, reason) = m.refused(line);
            let refusal = (code.as_str(), status, reason.as_deref());
            assert_eq!(refusal, ("CERT_ALREADY_EXISTS", 1, Some("NEWER_CERTIFICATE")), "{line}");
        }
        assert!(changes(&before, &disk(&m.cwd)).is_empty());
        m.ok(&renew(&later));
        // The certificate has moved into the backup; the request tells.
        assert_eq!(m.refused(&first).2.as_deref(), Some("NEWER_CERTIFICATE"));
        m.ok(&approve("hospital-a-renewal", "hospital-a"));
        m.ok(package);
    }
}

/// The definition of a kit is in the request folder that it was made from, which a record names; it
/// says more than the certificate.
#[test]
fn a_kit_renews_with_the_definition_of_its_request() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("server.yaml", SERVER_NAME);
    let kit = format!("cert request --renew {KITS}/{SERVER_NAME}");
    let site = |folder: &str| m.read(&format!("{folder}/site.yaml"));
    let definition = |folder: &str| m.path(format!("{folder}/site.yaml")).display().to_string();

    let renewed = m.ok(&format!("{kit} --keep-key --out next"));
    assert_eq!(warnings(&renewed), [""; 0]);
    assert_eq!(text_of(&renewed, "definition"), definition(SERVER_NAME));
    assert_eq!(site("next"), site(SERVER_NAME));
    m.ok(&approve("next", SERVER_NAME));
    m.ok(&format!("package next/{SERVER_NAME}.signed.zip --force"));
    // Two folders have the kit's key now: the certificate tells which it was made from.
    m.edit("next/site.yaml", "mtls", "tls");
    let renewed = m.ok(&format!("{kit} --out last"));
    assert_eq!(text_of(&renewed, "definition"), definition("next"));
    assert_eq!(site("last"), site("next"));
}

/// A folder that is of another certificate, or without its key, gives no definition: others could
/// have put it there.
#[test]
fn a_folder_that_is_not_the_kits_gives_no_definition() {
    type Damage = (&'static str, fn(&Machine));
    let damages: [Damage; 6] = [
        ("another request", |m| drop(m.ok("cert request -p server.yaml --force"))),
        ("no key", |m| std::fs::remove_file(m.path(key())).unwrap()),
        ("another key", |m| {
            m.ok("cert request -p server.yaml --out other");
            m.write(&key(), m.read(&format!("other/{SERVER_NAME}.key")));
        }),
        ("no certificate", |m| {
            std::fs::remove_file(m.path(format!("{SERVER_NAME}/{SERVER_NAME}.crt"))).unwrap();
        }),
        ("no definition", |m| {
            std::fs::remove_file(m.path(format!("{SERVER_NAME}/site.yaml"))).unwrap();
        }),
        ("a link", |m| {
            std::fs::rename(m.path(SERVER_NAME), m.path("moved")).unwrap();
            std::os::unix::fs::symlink("moved", m.path(SERVER_NAME)).unwrap();
        }),
    ];
    fn key() -> String {
        format!("{SERVER_NAME}/{SERVER_NAME}.key")
    }
    for (what, damage) in damages {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded("m");
        m.init();
        m.kit("server.yaml", SERVER_NAME);
        damage(&m);
        let renewed = m.ok(&format!("cert request --renew {KITS}/{SERVER_NAME}"));
        assert_eq!(warnings(&renewed), ["DEFINITION_FROM_CERTIFICATE"], "{what}");
    }
}

/// A request folder has the definition, so nothing of it is lost, and the key may stay.
#[test]
fn a_request_folder_renews_with_its_whole_definition() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("server.yaml", SERVER_NAME);
    let renewed = m.ok(&format!("cert request --renew {SERVER_NAME} --keep-key --out next"));
    assert_eq!(warnings(&renewed), [""; 0]);
    let file = |folder: &str, file: &str| m.read(&format!("{folder}/{file}"));
    assert_eq!(file("next", "site.yaml"), file(SERVER_NAME, "site.yaml"));
    let key = format!("{SERVER_NAME}.key");
    assert_eq!(file("next", &key), file(SERVER_NAME, &key));
    assert_eq!(m.mode(&format!("next/{key}")), 0o600);
    m.ok(&approve("next", SERVER_NAME));
    m.ok(&format!("package next/{SERVER_NAME}.signed.zip --force"));
    // And again, from the folder of the renewal, into the same folder.
    m.ok("cert request --renew next --out next --force");
    m.ok(&format!("{} --force", approve("next", SERVER_NAME)));
    let (kinds, states) = ledger(&m);
    assert_eq!(kinds, ["approval", "renewal", "supersession", "renewal", "supersession"]);
    assert_eq!(states, ["replaced", "replaced", "valid"]);
}

/// A definition that is given counts, if it is the same participant's.
#[test]
fn a_definition_may_change_what_is_not_identity() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("server.yaml", SERVER_NAME);
    m.edit("server.yaml", "fl-server.internal", "fl2.internal");
    let kit = format!("{KITS}/{SERVER_NAME}");
    assert_eq!(warnings(&m.ok(&format!("cert request --renew {kit} -p server.yaml"))), [""; 0]);
    let approved = m.ok(&approve(&format!("{SERVER_NAME}-renewal"), SERVER_NAME));
    assert!(approved["subject_alt_names"].to_string().contains("fl2.internal"));
    let other = m.refused(&format!("cert request --renew {kit} -p hospital-a.yaml"));
    assert_eq!(other, ("INVALID_ARGS".into(), 4, Some("RENEWAL_IDENTITY".into())));
}

/// The same request gives the same certificate; another one with the replaced certificate none.
#[test]
fn a_certificate_is_renewed_once() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    m.ok("cert request --renew hospital-a --out one");
    m.ok("cert request --renew hospital-a --out two");
    let first = m.ok(&approve("one", "hospital-a"));
    let again = m.ok(&format!("{} --force", approve("one", "hospital-a")));
    assert_eq!(warnings(&again), ["ALREADY_APPROVED"]);
    assert_eq!(first["serial"], again["serial"]);
    for line in [approve("two", "hospital-a"), approve("two", "hospital-a") + " --replace"] {
        let refused = m.refused(&line);
        assert_eq!(refused, ("RENEWAL_INVALID".into(), 4, Some("RENEWAL_REPLACED".into())));
    }
    // Whoever has the request on its way can neither alter it nor take the block out.
    request_again(&m, "two/hospital-a.request.zip", |zip| {
        zip.edit_json("request.json", |json| drop(json.as_object_mut().unwrap().remove("renewal")));
    });
    assert_eq!(m.refused(&approve("two", "hospital-a")).0, "IDENTITY_ALREADY_ISSUED");
}

/// Another valid certificate of the name stands against a renewal as against every request.
#[test]
fn a_certificate_that_the_ledger_does_not_know_renews_unless_another_is_valid() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    // As if another program had approved it on another machine.
    for file in ["ca/ledger.db", "ca/ledger.db-wal", "ca/ledger.db-shm"] {
        drop(std::fs::remove_file(m.path(file)));
    }
    std::fs::remove_dir_all(m.home.join(".nvflare/cert_approves")).unwrap();
    m.ok("cert request --renew hospital-a --out one");
    m.ok("cert request --renew hospital-a --out two");
    assert_eq!(warnings(&m.ok(&approve("one", "hospital-a"))), ["RENEWED_UNKNOWN"]);
    let entry = &m.ok("audit export -c ca")["entries"][0];
    assert_eq!((&entry["kind"], &entry["refers_to"]), (&"renewal".into(), &Value::Null));
    assert_eq!(m.refused(&approve("two", "hospital-a")).0, "IDENTITY_ALREADY_ISSUED");
}
