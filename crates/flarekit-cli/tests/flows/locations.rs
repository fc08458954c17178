//! Where `package` finds the private key, and how the root is pinned.

use std::fs;

use crate::common::archives::{Members, sign_again};
use crate::common::{Machine, Sandbox, USER_NAME, text_of, warnings};

const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";

/// A machine with an approved request in `hospital-a/`; the fingerprint.
fn approved(sandbox: &Sandbox) -> (Machine, String) {
    let m = sandbox.seeded("m");
    m.init();
    let data = m.approve("hospital-a.yaml", "hospital-a");
    (m, text_of(&data, "rootca_fingerprint_sha256"))
}

fn forget(m: &Machine, paths: &[&str]) {
    for path in paths {
        fs::remove_dir_all(m.path(path)).unwrap();
    }
}

#[test]
fn the_fingerprint_in_every_notation_under_both_names() {
    let sandbox = Sandbox::new();
    let (m, told) = approved(&sandbox);
    let bare = told.strip_prefix("SHA256:").unwrap();
    let digits = bare.replace(':', "");
    let notations = [
        told.clone(),
        told.to_lowercase(),
        format!("SHA256={bare}"),
        format!("sha256 Fingerprint={bare}"),
        bare.to_owned(),
        bare.to_lowercase(),
        digits.clone(),
        digits.to_lowercase(),
        format!("  {told}\n"),
    ];
    for (number, notation) in notations.iter().enumerate() {
        for option in ["--fingerprint", "--expected-fingerprint"] {
            let workspace = format!("w{number}{option}");
            let arguments = ["package", "hospital-a/hospital-a.signed.zip", "-w", &workspace];
            let output = m
                .flarekit()
                .args(arguments)
                .args([option, notation, "--format", "json"])
                .output()
                .unwrap();
            let data = crate::common::succeeded(notation, &output);
            assert_eq!(warnings(&data), [""; 0], "{notation}");
            assert_eq!(data["rootca_fingerprint_sha256"], told.as_str());
        }
    }
    let unpinned = m.ok("package hospital-a/hospital-a.signed.zip");
    assert_eq!(warnings(&unpinned), ["FINGERPRINT_NOT_VERIFIED"]);
}

#[test]
fn the_record_in_the_home_leads_to_the_folder() {
    let sandbox = Sandbox::new();
    let (m, _) = approved(&sandbox);
    fs::create_dir_all(m.path("far/away")).unwrap();
    fs::rename(m.path("hospital-a/hospital-a.signed.zip"), m.path("far/away/mail.zip")).unwrap();
    m.ok("package far/away/mail.zip");
    assert!(m.exists(KIT));

    forget(&m, &["workspace"]);
    let record = m.home.join(".nvflare");
    fs::rename(&record, m.home.join("elsewhere")).unwrap();
    // Without it, the folder is still found where 'cert request' puts it: in the current directory.
    m.ok("package far/away/mail.zip");
    forget(&m, &["workspace"]);
    fs::rename(m.path("hospital-a"), m.path("moved")).unwrap();
    let refusal = m.refused("package far/away/mail.zip");
    assert_eq!(refusal, ("REQUEST_DIR_NOT_FOUND".into(), 1, Some("REQUEST_DIR_SEARCHED".into())));
}

#[test]
fn folders_beside_the_signed_zip_are_found_without_a_record() {
    let sandbox = Sandbox::new();
    let (m, _) = approved(&sandbox);
    fs::remove_dir_all(m.home.join(".nvflare")).unwrap();
    fs::create_dir(m.path("inbox")).unwrap();
    fs::rename(m.path("hospital-a/hospital-a.signed.zip"), m.path("s.zip")).unwrap();
    // Its own folder, a folder of the participant's name in it, and one beside it.
    for place in ["hospital-a/s.zip", "s.zip", "inbox/s.zip"] {
        if place != "s.zip" {
            fs::copy(m.path("s.zip"), m.path(place)).unwrap();
        }
        m.ok(&format!("package {place}"));
        assert!(m.exists(KIT), "{place}");
        forget(&m, &["workspace"]);
    }
    // Nothing else is searched.
    fs::rename(m.path("hospital-a"), m.path("moved")).unwrap();
    fs::create_dir(m.path("sub")).unwrap();
    fs::create_dir(m.path("sub/sub")).unwrap();
    fs::copy(m.path("s.zip"), m.path("sub/sub/s.zip")).unwrap();
    assert_eq!(m.refused("package sub/sub/s.zip").0, "REQUEST_DIR_NOT_FOUND");
}

#[test]
fn without_a_home_everything_works_but_the_records() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    for home in [None, Some("")] {
        m.init();
        let run = |line: &str| {
            let mut command = m.flarekit();
            match home {
                None => command.env_remove("HOME"),
                Some(home) => command.env("HOME", home),
            };
            let words = line.split_whitespace().chain(["--format", "json"]);
            crate::common::succeeded(line, &command.args(words).output().unwrap())
        };
        let request = run("cert request -p hospital-a.yaml");
        assert_eq!(request["audit"], "(not written)");
        assert_eq!(warnings(&request), ["AUDIT_NOT_WRITTEN"]);
        let approval = run("cert approve hospital-a/hospital-a.request.zip -c ca \
                            --profile project_profile.yaml");
        assert_eq!(approval["audit"], "(not written)");
        assert_eq!(warnings(&approval), ["AUDIT_NOT_WRITTEN"]);
        run("package hospital-a/hospital-a.signed.zip");
        forget(&m, &["hospital-a", "workspace", "ca"]);
        assert!(!m.exists(".nvflare"));
    }
}

/// The records are best-effort: whatever is in their place, the work is done.
#[test]
fn records_that_cannot_be_written_or_read_are_a_warning() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    fs::write(m.home.join(".nvflare"), "a file").unwrap();
    let request = m.ok("cert request -p hospital-a.yaml");
    assert_eq!(warnings(&request), ["AUDIT_NOT_WRITTEN"]);
    fs::remove_file(m.home.join(".nvflare")).unwrap();

    m.ok("cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml");
    let id = text_of(&request, "request_id");
    let folder = m.home.join(".nvflare/cert_requests").join(id);
    fs::create_dir_all(&folder).unwrap();
    for content in ["[]", "{", "null", r#"{"request_dir": []}"#, r#"{"request_dir": "hospital-a"}"#]
    {
        fs::write(folder.join("audit.json"), content).unwrap();
        m.ok("package hospital-a/hospital-a.signed.zip");
        forget(&m, &["workspace"]);
    }
}

#[test]
fn an_older_signed_zip_without_ca_info_means_version_00() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.ok("cert init --profile project_profile.yaml -o ca --deploy-version 07");
    let told = text_of(&m.approve("hospital-a.yaml", "hospital-a"), "rootca_fingerprint_sha256");
    let zip = "hospital-a/hospital-a.signed.zip";
    assert_eq!(Members::of(&m.read(zip)).json("signed.json")["ca_info"]["provision_version"], "07");
    m.ok(&format!("package {zip} --fingerprint {told}"));
    assert!(m.exists("workspace/hospital_federation/prod_07/hospital-a"));

    sign_again(&m, zip, |members| {
        members.edit_json("signed.json", |json| {
            json.as_object_mut().unwrap().remove("ca_info").unwrap();
        });
    });
    let data = m.ok(&format!("package {zip} --fingerprint {told}"));
    assert_eq!((&data["provision_version"], &warnings(&data)), (&"00".into(), &vec![]));
    assert!(m.exists(KIT));
}

/// As with the reference, only their owner can read the zips, whatever the umask: the answers say what
/// to do about it.
#[test]
fn zips_are_their_owners_and_the_answer_says_so() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let next = |line: &str| text_of(&m.ok(line), "next_step");
    let asked = next("cert request -p hospital-a.yaml");
    assert!(asked.contains("'install -m 644'"), "{asked}");
    next("cert request -p alice.yaml");
    let line = "hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml";
    let approved = next(&format!("cert approve {line}"));
    let denied = next(&format!("cert deny {USER_NAME}/{USER_NAME}.request.zip -c ca --reason no"));
    for answer in [approved, denied] {
        assert!(answer.contains("'chmod 644'"), "{answer}");
    }
    for zip in ["hospital-a/hospital-a.request.zip", "hospital-a/hospital-a.signed.zip"] {
        assert_eq!(m.mode(zip), 0o600, "{zip}");
    }
    assert_eq!(m.mode(&format!("{USER_NAME}/{USER_NAME}.denied.zip")), 0o600);
}
