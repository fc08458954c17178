//! What a request and an approval tell about themselves: to the approver, to the requester and in the
//! records.

use std::fs;

use flarekit::approval::{
    AdmittedRequest, RootTrust, SignedApproval, UnverifiedApproval, UnverifiedRequest,
    VerifiedApproval, keep_approval,
};
use flarekit::archive::{self, Limits};
use flarekit::audit::AuditDirectory;
use flarekit::ca::CertAuthority;
use flarekit::definition::Definition;
use flarekit::digest::Digest;
use flarekit::error::WarningCode;
use flarekit::names::RequestId;
use flarekit::pki::PrivateKey;
use flarekit::request::{Request, RequestFolder, Search};
use serde_json::{Value, json};

use crate::folders::copy_to;
use crate::vectors::{approve, ca, codes, now, path, profile, read, request_zip};

const PROGRAM: &str = "flarekit-0.1.0";
const NAME: &str = "hospital-a";
const SERVER: &str = "server1.hospital-central.org";

fn verified(approval: &SignedApproval) -> VerifiedApproval {
    let zip = UnverifiedApproval::read(approval.zip(), "zip").unwrap();
    zip.verify(RootTrust::Unpinned, now()).unwrap()
}

#[test]
fn the_deploy_version_is_the_cas() {
    let place = tempfile::tempdir().unwrap();
    for file in ["rootCA.pem", "rootCA.key"] {
        fs::write(place.path().join(file), read(&format!("{PROGRAM}/ca/{file}"))).unwrap();
    }
    let metadata = String::from_utf8(read(&format!("{PROGRAM}/ca/ca.json"))).unwrap();
    for version in ["00", "07"] {
        let metadata = metadata.replace(
            r#""provision_version": "00""#,
            &format!(r#""provision_version": "{version}""#),
        );
        fs::write(place.path().join("ca.json"), metadata).unwrap();
        let ca = CertAuthority::open(place.path(), &mut || Ok(None)).unwrap().0;
        let approval = approve(&request_zip(PROGRAM, NAME), &ca, 30, now()).unwrap();
        assert_eq!(approval.deploy_version().as_str(), version);
        assert_eq!(verified(&approval).deploy_version().as_str(), version);
    }
}

#[test]
fn a_requester_is_warned_of_a_root_that_does_not_name_itself() {
    for (directory, warned) in
        [("ca", None), ("ca-with-org", Some(WarningCode::RootNamesAnotherIssuer))]
    {
        let ca = ca("reference-2.9.0", directory);
        let approval = approve(&request_zip(PROGRAM, NAME), &ca, 30, now()).unwrap();
        assert_eq!(verified(&approval).warning().map(|warning| warning.code), warned);
    }
}

/// A new request zip for the vectors' server, with these further hosts.
fn server_zip(hosts: &str) -> Vec<u8> {
    let folder = format!("{PROGRAM}/requests/{SERVER}");
    let text = String::from_utf8(read(&format!("{folder}/site.yaml"))).unwrap();
    let start = text.find("  host_names:").unwrap();
    let text = format!("{}  host_names: [{hosts}]\n", &text[..start]);
    let definition = Definition::parse(text.as_bytes()).unwrap();
    let key = PrivateKey::from_pem(&read(&format!("{folder}/{SERVER}.key")), None).unwrap();
    let id = RequestId::parse("bc3d49a453bc491aa9947826e3ed8529").unwrap();
    Request::create(&definition, key, id, now()).unwrap().archive().unwrap()
}

#[test]
fn an_approver_is_warned_of_hosts_without_a_domain() {
    let ca = ca(PROGRAM, "ca");
    for (hosts, warned) in [
        ("fl-server.internal, 10.0.1.50", None),
        ("fl-server, 10.0.1.50, other.internal, gateway", Some("network: fl-server, gateway")),
    ] {
        let approval = approve(&server_zip(hosts), &ca, 30, now()).unwrap();
        let expected = if warned.is_some() { vec!["SINGLE_LABEL_HOST"] } else { vec![] };
        assert_eq!(codes(approval.warnings()), expected, "{hosts}");
        if let Some(end) = warned {
            let message = &approval.warnings()[0].message;
            assert!(message.ends_with(end), "{message}");
        }
    }
}

#[test]
fn an_approval_names_the_hosts_that_it_is_for() {
    let ca = ca(PROGRAM, "ca");
    for (name, expected) in [
        (NAME, &["DNS:hospital-a"][..]),
        (SERVER, &["DNS:server1.hospital-central.org", "IP:10.0.1.50", "DNS:fl-server.internal"]),
    ] {
        let approval = approve(&request_zip(PROGRAM, name), &ca, 30, now()).unwrap();
        let names: Vec<String> = approval.alt_names().iter().map(ToString::to_string).collect();
        assert_eq!(names, expected);
        assert_eq!(approval.alt_names(), approval.certificate().alt_names());
    }
}

#[test]
fn an_approver_is_warned_of_what_is_left_out() {
    let members = archive::read(&request_zip(PROGRAM, NAME), &Limits::ARTIFACT).unwrap();
    let text = |name: &str| String::from_utf8(members.get(name).unwrap().to_vec()).unwrap();
    let site = format!("{}  rack: 7\n", text("site.yaml"));
    let digest = |site: &str| Digest::of(site.as_bytes()).to_string();
    let metadata = text("request.json").replace(&digest(&text("site.yaml")), &digest(&site));
    let csr = text("hospital-a.csr");
    let zip = archive::write(&[
        ("request.json", metadata.as_bytes()),
        ("site.yaml", site.as_bytes()),
        ("hospital-a.csr", csr.as_bytes()),
    ])
    .unwrap();
    let request = UnverifiedRequest::read(&zip, "zip").unwrap().verify().unwrap();
    assert_eq!(codes(request.warnings()), ["FIELD_DROPPED"]);
    assert!(request.warnings()[0].message.ends_with(": participants[0].rack"));
    let ca = ca(PROGRAM, "ca");
    let admitted = AdmittedRequest::admit(request, &ca, &profile()).unwrap();
    assert_eq!(codes(admitted.warnings()), ["FIELD_DROPPED"]);
    assert_eq!(codes(approve(&zip, &ca, 30, now()).unwrap().warnings()), ["FIELD_DROPPED"]);
}

/// The copies are the bytes that were verified.
#[test]
fn copies_of_an_approval_go_into_the_request_folder() {
    let place = tempfile::tempdir().unwrap();
    copy_to(place.path());
    let approval = approve(&request_zip(PROGRAM, NAME), &ca(PROGRAM, "ca"), 30, now()).unwrap();
    let members = archive::read(approval.zip(), &Limits::ARTIFACT).unwrap();
    let approval = verified(&approval);
    let audit = AuditDirectory::in_home(None);
    let folder = RequestFolder::find(&Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: Some(place.path()),
        signed_zip: place.path(),
        audit: &audit,
    })
    .unwrap();
    assert_eq!(keep_approval(&folder, &approval), None);
    for name in ["signed.json", "hospital-a.crt", "rootCA.pem"] {
        let copy = fs::read(place.path().join(name)).unwrap();
        assert_eq!(Some(copy.as_slice()), members.get(name), "{name}");
    }
    // The root certificate beside it would be a CA's.
    let ca = place.path().join("ca.json");
    fs::write(&ca, "").unwrap();
    fs::write(place.path().join("rootCA.pem"), "of the CA").unwrap();
    let warning = keep_approval(&folder, &approval).unwrap();
    assert!(warning.message.ends_with("is a CA directory, too"), "{}", warning.message);
    assert_eq!(fs::read(place.path().join("rootCA.pem")).unwrap(), b"of the CA");
    fs::remove_file(&ca).unwrap();
    // No file can take the place of a directory.
    let taken = place.path().join("hospital-a.crt");
    fs::remove_file(&taken).unwrap();
    fs::create_dir(&taken).unwrap();
    let warning = keep_approval(&folder, &approval).unwrap();
    assert_eq!(warning.code, WarningCode::RequestFolderNotUpdated);
    assert!(warning.message.contains("hospital-a.crt"), "{}", warning.message);
}

#[test]
fn the_record_of_an_approval_says_what_was_approved_and_where() {
    let ca = ca(PROGRAM, "ca");
    let zip = request_zip(PROGRAM, NAME);
    let approval = approve(&zip, &ca, 30, now()).unwrap();
    let asked = archive::read(&zip, &Limits::ARTIFACT).unwrap();
    let answer = archive::read(approval.zip(), &Limits::ARTIFACT).unwrap();
    let parsed = |bytes: Option<&[u8]>| serde_json::from_slice::<Value>(bytes.unwrap()).unwrap();
    let digest = |bytes: Option<&[u8]>| Digest::of(bytes.unwrap()).to_string();
    let (from, to) = ("/in/hospital-a.request.zip".as_ref(), "/out/a.signed.zip".as_ref());
    let record = parsed(Some(approval.audit_record(from, to, &ca).as_str().as_bytes()));
    let directory = path(&format!("{PROGRAM}/ca"));
    let signed = parsed(answer.get("signed.json"));
    let expected = json!({
        "schema_version": "1",
        "approval": signed,
        "request": parsed(asked.get("request.json")),
        "request_zip_path": "/in/hospital-a.request.zip",
        "signed_zip_path": "/out/a.signed.zip",
        "ca": {
            "ca_dir": directory.display().to_string(),
            "metadata": parsed(Some(&read(&format!("{PROGRAM}/ca/ca.json")))),
            "project_profile": {
                "name": "hospital_federation",
                "scheme": "grpc",
                "default_connection_security": "tls",
                "server": {
                    "host": SERVER,
                    "fed_learn_port": 8002,
                    "admin_port": 8003,
                },
            },
            "rootca_path": directory.join("rootCA.pem").display().to_string(),
        },
        "hashes": {
            "request_zip_sha256": Digest::of(&zip).to_string(),
            "request_json_sha256": digest(asked.get("request.json")),
            "site_yaml_sha256": digest(asked.get("site.yaml")),
            "csr_sha256": digest(asked.get("hospital-a.csr")),
            "certificate_sha256": digest(answer.get("hospital-a.crt")),
            "rootca_sha256": digest(answer.get("rootCA.pem")),
            "signed_zip_sha256": Digest::of(approval.zip()).to_string(),
            "public_key_sha256": signed["hashes"]["public_key_sha256"],
        },
    });
    assert_eq!(record, expected);
}
