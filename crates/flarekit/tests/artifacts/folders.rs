//! Request folders: what is stored where, what is refused there, and which one is found again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flarekit::approval::{RootTrust, UnverifiedApproval, VerifiedApproval};
use flarekit::archive::{self, Limits};
use flarekit::audit::{AuditDirectory, AuditOutcome};
use flarekit::definition::Definition;
use flarekit::digest::Digest;
use flarekit::error::{Code, Error, Reason};
use flarekit::identity::CertType;
use flarekit::kit::KitInputs;
use flarekit::names::{ParticipantName, RequestId};
use flarekit::pki::{PrivateKey, Signer};
use flarekit::request::{self, LocalRequest, Request, RequestFolder, Search};
use serde_json::{Value, json};

use crate::vectors::{codes, now, path, read, signed_zip};

const PROGRAM: &str = "flarekit-0.1.0";
const NAME: &str = "hospital-a";

fn approval() -> VerifiedApproval {
    let zip = signed_zip(PROGRAM, NAME);
    UnverifiedApproval::read(&zip, "zip").unwrap().verify(RootTrust::Unpinned, now()).unwrap()
}

/// The vectors' request folder at another place.
pub fn copy_to(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for entry in path(&format!("{PROGRAM}/requests/{NAME}")).read_dir().unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

/// Looks for the folder of the approval that lies at `signed_zip`.
fn find(signed_zip: &Path, audit: &AuditDirectory) -> Result<RequestFolder, Error> {
    let approval = approval();
    RequestFolder::find(&Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: None,
        signed_zip,
        audit,
    })
}

#[test]
fn the_folder_is_found_near_the_signed_zip() {
    let nothing = AuditDirectory::in_home(None);
    for (folder, zip) in [
        ("mail", "mail/x.signed.zip"),
        ("mail/hospital-a", "mail/x.signed.zip"),
        ("hospital-a", "mail/x.signed.zip"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(place.path()).unwrap();
        fs::create_dir(top.join("mail")).unwrap();
        let zip = top.join(zip);
        let error = find(&zip, &nothing).err().unwrap();
        assert_eq!(error.code(), Code::RequestDirNotFound);
        assert!(error.to_string().contains(", and no record of it"), "{error}");
        copy_to(&top.join(folder));
        assert_eq!(find(&zip, &nothing).unwrap().path(), top.join(folder));
    }
}

#[test]
fn what_was_put_aside_is_found_and_files_beside_it_are_not_looked_into() {
    let place = tempfile::tempdir().unwrap();
    let folder = fs::canonicalize(place.path()).unwrap().join(NAME);
    let backups = folder.join(".bak");
    copy_to(&backups.join("20261124T000000Z"));
    fs::write(backups.join("note"), "").unwrap();
    let nothing = AuditDirectory::in_home(None);
    let found = find(&folder.join("x.signed.zip"), &nothing).unwrap();
    assert_eq!(found.path(), backups.join("20261124T000000Z"));
}

fn participant(name: &str) -> ParticipantName {
    ParticipantName::parse(name, CertType::Client).unwrap()
}

/// What is said about another request into this folder, forced or not.
fn refusal(folder: &Path, name: &str) -> Result<(), (Code, Option<Reason>)> {
    request::refuse_occupied(folder, &participant(name), true)
        .map_err(|error| (error.code(), error.reason()))
}

#[test]
fn a_folder_serves_one_participant() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("requests");
    copy_to(&folder);
    let in_use = Err((Code::InvalidArgs, Some(Reason::FolderInUse)));
    assert_eq!(refusal(&folder, NAME), Ok(()));
    assert_eq!(refusal(&folder, "hospital-b"), in_use);
    for file in ["ca.json", "rootCA.key"] {
        let ca = place.path().join(file);
        fs::create_dir(&ca).unwrap();
        fs::write(ca.join(file), "").unwrap();
        assert_eq!(refusal(&ca, NAME), in_use);
    }
    let file = folder.join("site.yaml");
    assert_eq!(refusal(&file, NAME).unwrap_err().0, Code::InvalidArgs);
}

#[test]
fn a_stored_request_holds_its_key_and_nothing_of_it_is_overwritten() {
    let place = tempfile::tempdir().unwrap();
    let folder = fs::canonicalize(place.path()).unwrap().join(NAME);
    let definition = Definition::parse(&read(&format!("{PROGRAM}/requests/{NAME}/site.yaml")));
    let id = RequestId::parse("258c2e63-0a3a-4a0c-9f6a-3d6c2a1b0c9d").unwrap();
    let key = PrivateKey::generate().unwrap();
    let public = key.public_key().clone();
    let request = Request::create(&definition.unwrap(), key, id, now()).unwrap();
    let nothing = AuditDirectory::in_home(None);
    let stored = request::store(&request, &folder, false, &nothing, now()).unwrap();
    let pem = fs::read(&stored.key).unwrap();
    assert_eq!(PrivateKey::from_pem(&pem, None).unwrap().public_key(), &public);
    let error = request::store(&request, &folder, false, &nothing, now()).unwrap_err();
    assert_eq!(error.code(), Code::CertAlreadyExists);
    fs::remove_file(&stored.request_zip).unwrap();
    let error = request::store(&request, &folder, false, &nothing, now()).unwrap_err();
    assert_eq!(error.code(), Code::KeyAlreadyExists);
    fs::remove_file(&stored.key).unwrap();
    let error = request::store(&request, &folder, false, &nothing, now()).unwrap_err();
    assert_eq!(error.code(), Code::CertAlreadyExists);
}

/// The record names the files that are there, and their digests; of the key, the place only.
#[test]
fn the_record_of_a_request_says_what_was_stored_where() {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = fs::canonicalize(place.path()).unwrap().join(NAME);
    let vectors = format!("{PROGRAM}/requests/{NAME}");
    let definition = Definition::parse(&read(&format!("{vectors}/site.yaml"))).unwrap();
    let key = PrivateKey::from_pem(&read(&format!("{vectors}/{NAME}.key")), None).unwrap();
    let id = RequestId::parse("258c2e63-0a3a-4a0c-9f6a-3d6c2a1b0c9d").unwrap();
    let request = Request::create(&definition, key, id, now()).unwrap();
    let audit = AuditDirectory::in_home(Some(home.path()));
    let stored = request::store(&request, &folder, false, &audit, now()).unwrap();

    let AuditOutcome::Written(record) = stored.audit else { panic!("{:?}", stored.audit) };
    let record: Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    let file = |name: &str| fs::read(folder.join(name)).unwrap();
    let at = |name: &str| folder.join(name).display().to_string();
    let digest = |bytes: &[u8]| Digest::of(bytes).to_string();
    let zip = file("hospital-a.request.zip");
    let members = archive::read(&zip, &Limits::ARTIFACT).unwrap();
    let metadata: Value = serde_json::from_slice(members.get("request.json").unwrap()).unwrap();
    let expected = json!({
        "schema_version": "1",
        "request": metadata,
        "request_dir": folder.display().to_string(),
        "request_zip_path": at("hospital-a.request.zip"),
        "private_key_path": at("hospital-a.key"),
        "csr_path": at("hospital-a.csr"),
        "site_yaml_path": at("site.yaml"),
        "hashes": {
            "request_json_sha256": digest(&file("request.json")),
            "site_yaml_sha256": digest(members.get("site.yaml").unwrap()),
            "local_site_yaml_sha256": digest(&file("site.yaml")),
            "csr_sha256": digest(&file("hospital-a.csr")),
            "request_zip_sha256": digest(&zip),
            "public_key_sha256": metadata["public_key_sha256"],
        },
    });
    assert_eq!(record, expected);
    assert_eq!(members.get("request.json"), Some(file("request.json").as_slice()));
    assert_eq!(members.get("hospital-a.csr"), Some(file("hospital-a.csr").as_slice()));
    assert_eq!(stored.request_zip_sha256, Digest::of(&zip));
}

#[test]
fn a_key_that_others_can_reach_is_worth_a_warning() {
    let approval = approval();
    let nothing = AuditDirectory::in_home(None);
    for (mode, warned) in
        [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o610, true)]
    {
        let place = tempfile::tempdir().unwrap();
        copy_to(place.path());
        let key = place.path().join("hospital-a.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let folder = find(&place.path().join("x.signed.zip"), &nothing).unwrap();
        let local = folder.accept(&approval.approved_request()).unwrap();
        let inputs = KitInputs::new(&approval, local, "python3".as_ref()).unwrap();
        let expected = if warned { vec!["KEY_READABLE_BY_OTHERS"] } else { vec![] };
        assert_eq!(codes(inputs.warnings()), expected, "{mode:o}");
        for warning in inputs.warnings() {
            assert!(warning.message.contains(&format!("{mode:04o}")), "{}", warning.message);
        }
    }
}

/// Who may rename the folder could put another one there, with programs in its definition.
#[test]
fn what_takes_the_place_of_the_folder_that_was_found_is_not_read() {
    let nothing = AuditDirectory::in_home(None);
    for folder in [NAME.to_owned(), format!("{NAME}/.bak/20261124T000000Z")] {
        let place = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(place.path()).unwrap();
        copy_to(&top.join(&folder));
        let found = find(&top.join("x.signed.zip"), &nothing).unwrap();
        fs::rename(top.join(NAME), top.join("away")).unwrap();
        copy_to(&top.join(&folder));
        let site = top.join(&folder).join("site.yaml");
        let other = fs::read_to_string(&site).unwrap().replace("hospital_alpha", "hospital_beta");
        fs::write(site, other).unwrap();
        fs::remove_file(top.join(&folder).join("hospital-a.key")).unwrap();
        found.accept(&approval().approved_request()).unwrap();
    }
}

/// What `package` makes of a folder whose definition names this file as a further CA certificate.
fn accept_with(custom_ca: &[u8]) -> Result<LocalRequest, Error> {
    let place = tempfile::tempdir().unwrap();
    copy_to(place.path());
    let file = place.path().join("proxy.pem");
    fs::write(&file, custom_ca).unwrap();
    let yaml = place.path().join("site.yaml");
    let text = fs::read_to_string(&yaml).unwrap();
    fs::write(&yaml, format!("{text}  custom_ca_cert: {}\n", file.display())).unwrap();
    let folder = find(&place.path().join("x.signed.zip"), &AuditDirectory::in_home(None)).unwrap();
    folder.accept(&approval().approved_request())
}

#[test]
fn a_further_ca_certificate_is_one_and_no_key() {
    let certificate = read(&format!("{PROGRAM}/ca/rootCA.pem"));
    let key = read(&format!("{PROGRAM}/ca/rootCA.key"));
    assert!(accept_with(&certificate).is_ok());
    for other in [b"".to_vec(), b"no certificate".to_vec(), [certificate, key].concat()] {
        let error = accept_with(&other).err().unwrap();
        assert_eq!(error.reason(), Some(Reason::CustomCaCert), "{error}");
    }
}
