//! The vectors and what the tests do with them.

use std::fs;
use std::path::PathBuf;

use flarekit::approval::{AdmittedRequest, SignedApproval, UnverifiedRequest};
use flarekit::audit::AuditDirectory;
use flarekit::ca::CertAuthority;
use flarekit::ca::ledger::Ledger;
use flarekit::error::{Error, Warning};
use flarekit::fingerprint::Fingerprint;
use flarekit::profile::ProjectProfile;
use flarekit::time::Timestamp;

/// Who made the vectors: `made-by` in each folder says the same.
pub const PROGRAMS: [(&str, &str); 2] =
    [("reference-2.9.0", "nvflare 2.9.0\n"), ("flarekit-0.1.0", "flarekit 0.1.0\n")];

/// The participants: name, organisation, certificate type.
pub const PARTICIPANTS: [(&str, &str, &str); 5] = [
    ("hospital-a", "hospital_alpha", "client"),
    ("server1.hospital-central.org", "hospital_central", "server"),
    ("alice@hospital-alpha.org", "hospital_alpha", "lead"),
    ("bob@hospital-alpha.org", "hospital_alpha", "org_admin"),
    ("carol@hospital-alpha.org", "hospital_alpha", "member"),
];

/// The federation's profile.
pub const PROFILE: &str = "\
name: hospital_federation
scheme: grpc
connection_security: tls
server:
  host: server1.hospital-central.org
  fed_learn_port: 8002
  admin_port: 8003
";

/// 2026-11-24T06:00:00Z, a day after the vectors were made.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_795_500_000)
}

pub fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/valid").join(relative)
}

pub fn read(relative: &str) -> Vec<u8> {
    fs::read(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

pub fn ca(program: &str, directory: &str) -> CertAuthority {
    let no_passphrase = &mut || Ok(None);
    CertAuthority::open(&path(&format!("{program}/{directory}")), no_passphrase).unwrap().0
}

/// The fingerprint that a CA's `ca.json` records.
pub fn recorded(program: &str) -> Fingerprint {
    let text = String::from_utf8(read(&format!("{program}/ca/ca.json"))).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    Fingerprint::parse(json["rootCA_fingerprint"].as_str().unwrap()).unwrap()
}

pub fn request_zip(program: &str, name: &str) -> Vec<u8> {
    read(&format!("{program}/requests/{name}/{name}.request.zip"))
}

pub fn signed_zip(program: &str, name: &str) -> Vec<u8> {
    read(&format!("{program}/signed/{name}.signed.zip"))
}

/// The federation's profile, parsed.
pub fn profile() -> ProjectProfile {
    ProjectProfile::parse(PROFILE.as_bytes(), "the profile").unwrap()
}

/// A request admitted by a CA, approved for some days at some time, with nothing approved before.
pub fn approve(
    zip: &[u8],
    ca: &CertAuthority,
    days: u32,
    at: Timestamp,
) -> Result<SignedApproval, Error> {
    let request = UnverifiedRequest::read(zip, "the request zip")?.verify()?;
    let admitted = AdmittedRequest::admit(request, ca, &profile())?;
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("rootCA.pem"), ca.certificate().to_pem().unwrap()).unwrap();
    let nothing = AuditDirectory::in_home(None);
    let (mut ledger, _) = Ledger::open(place.path(), ca.fingerprint(), &nothing, at)?;
    let cleared = ledger.begin()?.clear(admitted, false, at)?;
    ca.sign(cleared, days, at)
}

pub fn codes(warnings: &[Warning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn the_vectors_say_who_made_them() {
    for (program, made_by) in PROGRAMS {
        assert_eq!(read(&format!("{program}/made-by")), made_by.as_bytes());
    }
}
