//! What a site changed in its kit's `local` folder survives `package --force` (D15).

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use serde_json::Value;

use crate::common::{Machine, Sandbox, by_root, warnings};

const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";
const RECORD: &str = "workspace/hospital_federation/state/prod_00/hospital-a.json";
const AGAIN: &str = "package hospital-a/hospital-a.signed.zip --force";
const LOG: &str = "local/log_config.json.default";
const PRIVACY: &str = "local/privacy.json.sample";
const RESOURCES: &str = "local/resources.json.default";

fn machine(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    m
}

fn in_kit(file: &str) -> String {
    format!("{KIT}/{file}")
}

fn kept(data: &Value) -> Vec<&str> {
    let list = data["kept_local_files"].as_array().unwrap();
    list.iter().map(|path| path.as_str().unwrap()).collect()
}

/// Makes the kit that is packaged next differ from the one that is there.
fn other_capacity(m: &Machine, gpus: u32) {
    let site = String::from_utf8(m.read("hospital-a/site.yaml")).unwrap();
    let kept = site.lines().filter(|line| !line.contains("num_of_gpus") && !line.contains("capac"));
    let capacity = format!("  capacity:\n    num_of_gpus: {gpus}\n");
    let text: String = kept.map(|line| format!("{line}\n")).collect::<String>() + &capacity;
    m.write("hospital-a/site.yaml", text);
}

fn gpus(m: &Machine) -> i64 {
    let resources = m.json(&in_kit(RESOURCES));
    let components = resources["components"].as_array().unwrap();
    let manager = components.iter().find(|part| part["id"] == "resource_manager").unwrap();
    manager["args"]["num_of_gpus"].as_i64().unwrap()
}

#[test]
fn own_and_edited_files_are_kept_and_listed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let original = m.read(&in_kit(PRIVACY));
    m.write(&in_kit(LOG), "{\"edited\": true}");
    m.write(&in_kit("local/privacy.json"), "{\"own\": true}");
    m.write(&in_kit("local/custom/site.py"), "pass\n");
    fs::set_permissions(m.path(in_kit("local/custom")), fs::Permissions::from_mode(0o710)).unwrap();
    let own = m.path(in_kit("local/custom/site.py"));
    fs::set_permissions(own, fs::Permissions::from_mode(0o750)).unwrap();
    fs::create_dir(m.path(in_kit("local/empty"))).unwrap();
    symlink("privacy.json", m.path(in_kit("local/link"))).unwrap();
    fs::remove_file(m.path(in_kit(PRIVACY))).unwrap();
    m.write(&in_kit("startup/start.sh"), "edited\n");
    other_capacity(&m, 3);

    let data = m.ok(AGAIN);
    let expected = ["local/custom/site.py", "local/link", LOG, "local/privacy.json"];
    assert_eq!(kept(&data), expected);
    assert!(warnings(&data).contains(&"LOCAL_FILES_KEPT"), "{data}");
    assert_eq!(m.read(&in_kit(LOG)), b"{\"edited\": true}");
    assert_eq!(m.read(&in_kit("local/privacy.json")), b"{\"own\": true}");
    assert_eq!(m.mode(&in_kit("local/custom")), 0o710);
    assert_eq!(m.mode(&in_kit("local/custom/site.py")), 0o750);
    assert!(m.exists(&in_kit("local/empty")));
    assert_eq!(fs::read_link(m.path(in_kit("local/link"))).unwrap().to_str(), Some("privacy.json"));
    assert_eq!(m.read(&in_kit(PRIVACY)), original, "what is missing comes back");
    assert_ne!(m.read(&in_kit("startup/start.sh")), b"edited\n", "only local is the site's");
    assert_eq!(gpus(&m), 3, "what the site has not touched is new");
    // And the same once more: what was kept is still the site's own.
    assert_eq!(kept(&m.ok(AGAIN)), expected);
}

#[test]
fn without_a_record_what_differs_from_the_new_kit_is_kept() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write(&in_kit(LOG), "{}");
    other_capacity(&m, 3);
    fs::remove_file(m.path(RECORD)).unwrap();
    assert_eq!(kept(&m.ok(AGAIN)), [LOG, RESOURCES]);
    assert_eq!(gpus(&m), 0);
    // A record that is none counts as none.
    m.write(RECORD, "{}");
    assert_eq!(kept(&m.ok(AGAIN)), [LOG, RESOURCES]);
}

#[test]
fn the_record_is_private_and_knows_no_key() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    assert_eq!(m.mode(RECORD), 0o600);
    let record = m.json(RECORD);
    let files = record["files"].as_object().unwrap();
    assert!(files.contains_key("startup/client.crt") && files.contains_key(LOG), "{record}");
    assert!(!files.keys().any(|path| path.ends_with(".key")), "{record}");
    assert_eq!(record["before"], serde_json::json!({}));
    m.ok(AGAIN);
    assert_eq!(m.json(RECORD)["before"], record["files"]);
}

/// Runs that were killed between the record and the kit leave a record of the next kit: what the site
/// has not touched is known all the same, however many they were.
#[test]
fn a_record_that_is_ahead_of_its_kit_takes_nothing_for_edited() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write(&in_kit(LOG), "{}");
    let old_kit = m.path("old-kit");
    crate::common::disk::copy(&m.path(KIT), &old_kit);
    for killed in 1..=3 {
        other_capacity(&m, killed);
        m.ok(AGAIN);
        fs::remove_dir_all(m.path(KIT)).unwrap();
        crate::common::disk::copy(&old_kit, &m.path(KIT));
    }
    other_capacity(&m, 4);
    assert_eq!(kept(&m.ok(AGAIN)), [LOG]);
    assert_eq!(gpus(&m), 4);
}

/// In a moved workspace 'startup' is a link. Nothing is looked for behind it.
#[test]
fn a_record_of_files_behind_a_link_is_no_obstacle() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    fs::create_dir(m.path(in_kit("kit"))).unwrap();
    fs::rename(m.path(in_kit("startup")), m.path(in_kit("kit/startup"))).unwrap();
    symlink("kit/startup", m.path(in_kit("startup"))).unwrap();
    let mut record = m.json(RECORD);
    record["before"]["startup/start.sh"] = "0".repeat(64).into();
    m.write(RECORD, record.to_string());
    assert_eq!(kept(&m.ok(AGAIN)), [""; 0]);
}

#[test]
fn a_local_folder_that_is_a_link_is_not_followed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write("elsewhere/secret", "x");
    fs::remove_dir_all(m.path(in_kit("local"))).unwrap();
    symlink(m.path("elsewhere"), m.path(in_kit("local"))).unwrap();
    let data = m.ok(AGAIN);
    assert_eq!(kept(&data), [""; 0]);
    let told = message(&data, "LOCAL_FILES_LEFT");
    assert!(told.contains("local of the old kit was a symbolic link"), "{told}");
    assert_eq!(m.read(backup(told).join("secret").to_str().unwrap()), b"x");
    assert!(!m.exists(&in_kit("local/secret")));
    assert!(m.exists(&in_kit(LOG)));
}

/// Where a warning says that the old files are.
fn backup(told: &str) -> &Path {
    Path::new(told.rsplit(' ').next().unwrap())
}

/// Where two directories cannot be exchanged, a run that is killed between two renames leaves none.
#[test]
fn a_kit_that_is_in_the_backups_only_is_told() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let again = AGAIN.trim_end_matches(" --force");
    let gone = |data: &Value| warnings(data).contains(&"LOCAL_FILES_LEFT");
    let backups = "workspace/hospital_federation/.bak/prod_00";
    m.write(&format!("{backups}/hospital-a-b-20261129T090000Z-0123456789abcdef/local/own"), "");
    fs::remove_dir_all(m.path(KIT)).unwrap();
    assert!(!gone(&m.ok(again)), "there is a backup of another kit only");
    m.write(&in_kit("local/own"), "mine");
    for line in [again, AGAIN] {
        let aside = format!("{backups}/hospital-a-20261129T100000Z-0123456789abcdef");
        fs::rename(m.path(KIT), m.path(&aside)).unwrap();
        m.write(&format!("{backups}/hospital-a-20261129T090000Z-f/local/own"), "older");
        let data = m.ok(line);
        let told = message(&data, "LOCAL_FILES_LEFT");
        assert_eq!(backup(told), m.path(&aside).join("local"), "{told}");
        fs::remove_dir_all(m.path(&aside)).unwrap();
    }
    assert!(!gone(&m.ok(AGAIN)), "the kit is there");
}

/// People read one file a line, and nothing if there is none; programs always have the list.
#[test]
fn what_was_kept_is_printed_a_line_each() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let lines = || -> Vec<String> {
        let printed = String::from_utf8(m.run(AGAIN).stdout).unwrap();
        printed.lines().filter(|line| line.starts_with("kept_")).map(str::to_owned).collect()
    };
    assert_eq!(lines(), Vec::<String>::new());
    assert_eq!(kept(&m.ok(AGAIN)), Vec::<&str>::new());
    m.write(&in_kit("local/a"), "");
    m.write(&in_kit("local/b"), "");
    assert_eq!(lines(), ["kept_local_files: local/a", "kept_local_files: local/b"]);
}

fn set_mode(m: &Machine, path: &str, mode: u32) {
    fs::set_permissions(m.path(path), fs::Permissions::from_mode(mode)).unwrap();
}

/// The message of a warning.
fn message<'a>(data: &'a Value, code: &str) -> &'a str {
    let list = data["warnings"].as_array().unwrap();
    let found = list.iter().find(|warning| warning["code"] == code);
    found.unwrap_or_else(|| panic!("no {code}: {data}"))["message"].as_str().unwrap()
}

/// What everybody could have put there stays in the backup.
#[test]
fn what_others_could_have_planted_is_not_taken_over() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for (open, kept_beside) in [(KIT, false), ("local", false), ("local/custom", true)] {
        m.write(&in_kit("local/custom/evil.py"), "pass\n");
        m.write(&in_kit("local/own"), "mine");
        let open = if open == KIT { KIT.to_owned() } else { in_kit(open) };
        set_mode(&m, &open, 0o777);
        let data = m.ok(AGAIN);
        assert!(!m.exists(&in_kit("local/custom/evil.py")), "{open}");
        let expected: &[&str] = if kept_beside { &["local/own"] } else { &[] };
        assert_eq!(kept(&data), expected);
        let told = message(&data, "LOCAL_FILES_LEFT");
        assert!(told.contains("local/custom/evil.py") && told.contains("/.bak/"), "{told}");
        assert_eq!(told.contains("local/own"), !kept_beside, "{told}");
    }
    // A file that everybody may change, in a folder that is safe.
    m.write(&in_kit("local/own"), "mine");
    set_mode(&m, &in_kit("local/own"), 0o666);
    let data = m.ok(AGAIN);
    assert_eq!(kept(&data), [""; 0]);
    assert!(message(&data, "LOCAL_FILES_LEFT").contains("local/own"));
    // A group that may write is told; a link's mode says nothing.
    m.write(&in_kit("local/own"), "mine");
    symlink("own", m.path(in_kit("local/link"))).unwrap();
    set_mode(&m, &in_kit("local"), 0o775);
    let data = m.ok(AGAIN);
    assert_eq!(kept(&data), ["local/link", "local/own"]);
    assert!(message(&data, "FOLDER_WRITABLE_BY_OTHERS").contains("of local: it has mode 0775"));
    // A file that a group may change is what a umask of 002 makes.
    set_mode(&m, &in_kit("local"), 0o755);
    set_mode(&m, &in_kit("local/own"), 0o664);
    assert!(!warnings(&m.ok(AGAIN)).contains(&"FOLDER_WRITABLE_BY_OTHERS"));
}

/// Whoever is root can give files to somebody else.
#[test]
fn what_belongs_to_others_is_not_taken_over() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write(&in_kit("local/planted"), "");
    m.write(&in_kit("local/own"), "");
    if !by_root(chown(m.path(in_kit("local/planted")), Some(1), None)) {
        return;
    }
    let data = m.ok(AGAIN);
    assert_eq!(kept(&data), ["local/own"]);
    assert!(message(&data, "LOCAL_FILES_LEFT").contains("local/planted"));
    // Root takes nobody's word.
    chown(m.path(KIT), Some(1), None).unwrap();
    assert_eq!(kept(&m.ok(AGAIN)), [""; 0]);
}

#[test]
fn where_others_could_exchange_the_kit_is_told() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for folder in ["workspace", "workspace/hospital_federation", KIT.rsplit_once('/').unwrap().0] {
        set_mode(&m, folder, 0o777);
        let data = m.ok(AGAIN);
        let told = message(&data, "FOLDER_WRITABLE_BY_OTHERS");
        assert!(told.contains(&format!("{folder} belongs to")), "{told}");
        // With the sticky bit nobody renames what is not theirs, and a group is often the user's alone.
        for mode in [0o1777, 0o775] {
            set_mode(&m, folder, mode);
            assert!(!warnings(&m.ok(AGAIN)).contains(&"FOLDER_WRITABLE_BY_OTHERS"), "{mode:o}");
        }
        set_mode(&m, folder, 0o755);
    }
}
