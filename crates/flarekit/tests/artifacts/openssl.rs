//! OpenSSL judges what the library makes. Without the program the tests say so and pass, unless
//! `FLAREKIT_REQUIRE_OPENSSL=1`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flarekit::ca::CertAuthority;
use tempfile::TempDir;

use crate::vectors::{PARTICIPANTS, approve, ca, now, path, request_zip};

const PROGRAM: &str = "flarekit-0.1.0";
const SERVER: &str = "server1.hospital-central.org";

/// Runs `openssl`, or says that there is none.
fn openssl(arguments: &[&str]) -> Option<Output> {
    match Command::new("openssl").args(arguments).output() {
        Ok(output) => Some(output),
        Err(_) if std::env::var_os("FLAREKIT_REQUIRE_OPENSSL").is_none_or(|value| value != "1") => {
            // Past the harness, which shows what a test prints only when it fails.
            let _ = writeln!(std::io::stderr(), "skipped: there is no openssl");
            None
        }
        Err(error) => panic!("FLAREKIT_REQUIRE_OPENSSL=1, but openssl does not run: {error}"),
    }
}

/// A folder with a root and the certificates that it issued for the participants' requests.
struct Issued(TempDir);

impl Issued {
    fn under(ca: &CertAuthority) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, pem: &str| fs::write(folder.path().join(name), pem).unwrap();
        write("root.pem", &ca.certificate().to_pem().unwrap());
        for (name, _, _) in PARTICIPANTS {
            let approval = approve(&request_zip(PROGRAM, name), ca, 30, now()).unwrap();
            write(&format!("{name}.pem"), &approval.certificate().to_pem().unwrap());
        }
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("{name}.pem"))
    }

    /// Whether OpenSSL accepts the certificate under the root, strictly, at [`now`].
    fn accepts(&self, name: &str, options: &[&str]) -> Option<Result<(), String>> {
        let (root, leaf) = (self.file("root"), self.file(name));
        let time = now().to_unix().to_string();
        let fixed = ["verify", "-x509_strict", "-attime", &time, "-CAfile", text(&root)];
        let output = openssl(&[&fixed, options, &[text(&leaf)]].concat())?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        Some(if output.status.success() { Ok(()) } else { Err(said) })
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_kind_of_certificate_is_fit_for_its_purpose_and_no_other() {
    for directory in ["ca", "ca-with-org"] {
        let issued = Issued::under(&ca(PROGRAM, directory));
        for (name, _, cert_type) in PARTICIPANTS {
            let serves = matches!(cert_type, "client" | "server");
            for (purpose, fit) in [
                ("sslclient", true),
                ("sslserver", serves),
                ("crlsign", false),
                ("smimesign", false),
            ] {
                let Some(verdict) = issued.accepts(name, &["-purpose", purpose]) else { return };
                assert_eq!(verdict.is_ok(), fit, "{directory} {name} {purpose}: {verdict:?}");
            }
        }
    }
}

#[test]
fn certificates_are_for_their_names_and_no_others() {
    let issued = Issued::under(&ca(PROGRAM, "ca"));
    for (name, option, host, fit) in [
        (SERVER, "-verify_hostname", SERVER, true),
        (SERVER, "-verify_hostname", "fl-server.internal", true),
        (SERVER, "-verify_ip", "10.0.1.50", true),
        (SERVER, "-verify_hostname", "other.hospital-central.org", false),
        (SERVER, "-verify_hostname", "hospital-central.org", false),
        (SERVER, "-verify_ip", "10.0.1.51", false),
        ("hospital-a", "-verify_hostname", "hospital-a", true),
        ("hospital-a", "-verify_hostname", SERVER, false),
        ("alice@hospital-alpha.org", "-verify_hostname", SERVER, false),
    ] {
        let Some(verdict) = issued.accepts(name, &[option, host]) else { return };
        assert_eq!(verdict.is_ok(), fit, "{name} {host}: {verdict:?}");
    }
}

/// The judge is not blind: it refuses another root, and another time.
#[test]
fn what_is_wrong_is_refused() {
    let issued = Issued::under(&ca(PROGRAM, "ca"));
    let other = ca(PROGRAM, "ca-with-org").certificate().to_pem().unwrap();
    let Some(verdict) = issued.accepts("hospital-a", &["-attime", "1"]) else { return };
    assert!(verdict.unwrap_err().contains("not yet valid"));
    fs::write(issued.file("root"), other).unwrap();
    assert!(issued.accepts("hospital-a", &[]).unwrap().is_err());
}

#[test]
fn requests_keys_and_signatures() {
    let issued = Issued::under(&ca(PROGRAM, "ca"));
    for (name, _, cert_type) in PARTICIPANTS {
        let file = |ending: &str| path(&format!("{PROGRAM}/requests/{name}/{name}.{ending}"));
        let arguments = ["req", "-verify", "-noout", "-subject", "-in"];
        let Some(output) = openssl(&[&arguments[..], &[text(&file("csr"))]].concat()) else {
            return;
        };
        let subject = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}: {output:?}");
        assert!(subject.contains(&format!("unstructuredName = {cert_type}")), "{subject}");
        let key = openssl(&["rsa", "-check", "-noout", "-in", text(&file("key"))]).unwrap();
        assert!(key.status.success(), "{name}: {key:?}");
    }

    let zip = approve(&request_zip(PROGRAM, SERVER), &ca(PROGRAM, "ca"), 30, now()).unwrap();
    let members = flarekit::archive::read(zip.zip(), &flarekit::archive::Limits::ARTIFACT).unwrap();
    let signature = flarekit::pki::decode_base64(members.get("signed.json.sig").unwrap()).unwrap();
    let key = openssl(&["x509", "-pubkey", "-noout", "-in", text(&issued.file("root"))]).unwrap();
    let at = |name: &str, bytes: &[u8]| {
        fs::write(issued.file(name), bytes).unwrap();
        issued.file(name)
    };
    let (key, signature) = (at("key", &key.stdout), at("signature", &signature));
    let signed = at("signed", members.get("signed.json").unwrap());
    for (salt, fit) in [("222", true), ("32", false)] {
        let output = openssl(&[
            "dgst",
            "-sha256",
            "-verify",
            text(&key),
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            &format!("rsa_pss_saltlen:{salt}"),
            "-signature",
            text(&signature),
            text(&signed),
        ]);
        assert_eq!(output.unwrap().status.success(), fit, "salt of {salt} bytes");
    }
}
