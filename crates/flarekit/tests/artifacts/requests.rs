//! Requests of both programs, approved by CAs of both.

use flarekit::approval::{RootTrust, UnverifiedApproval, UnverifiedRequest};
use flarekit::definition::Definition;
use flarekit::error::{Code, Reason};
use flarekit::names::RequestId;
use flarekit::pki::PrivateKey;
use flarekit::request::{HeldCertificate, Request};
use flarekit::time::Timestamp;
use flarekit::yaml::MAX_BYTES;

use crate::vectors::{
    PARTICIPANTS, PROGRAMS, approve, ca, codes, now, read, recorded, request_zip,
};

#[test]
fn requests_of_both_programs_are_believed() {
    for (program, _) in PROGRAMS {
        for (name, org, cert_type) in PARTICIPANTS {
            let zip = request_zip(program, name);
            let request = UnverifiedRequest::read(&zip, "zip").unwrap().verify().unwrap();
            let identity = &request.metadata().identity;
            assert_eq!(identity.project.as_str(), "hospital_federation");
            assert_eq!(identity.name.as_str(), name);
            assert_eq!(identity.org.as_str(), org);
            assert_eq!(identity.cert_type.as_str(), cert_type);
            assert_eq!(codes(request.warnings()), [""; 0], "{program} {name}");
            let hosts: Vec<String> =
                request.site().host_names.iter().map(ToString::to_string).collect();
            let expected: &[&str] =
                if cert_type == "server" { &["10.0.1.50", "fl-server.internal"] } else { &[] };
            assert_eq!(hosts, expected);
        }
    }
}

#[test]
fn cas_of_both_programs_approve_requests_of_both() {
    for (maker, _) in PROGRAMS {
        let ca = ca(maker, "ca");
        assert_eq!(ca.fingerprint(), recorded(maker));
        for (program, _) in PROGRAMS {
            for (name, _, cert_type) in PARTICIPANTS {
                let approval = approve(&request_zip(program, name), &ca, 30, now()).unwrap();
                assert_eq!(codes(approval.warnings()), [""; 0], "{maker} {program} {name}");
                let trust = RootTrust::Pinned(recorded(maker));
                let verified = UnverifiedApproval::read(approval.zip(), "zip")
                    .unwrap()
                    .verify(trust, now())
                    .unwrap();
                assert_eq!(verified.identity().cert_type.as_str(), cert_type);
                assert_eq!(verified.trust(), trust);
            }
        }
    }
}

/// D10: the issuer is the root's subject also under a root with an organisation, even one of the
/// reference, whose own approvals no TLS library accepts.
#[test]
fn a_root_with_an_organisation_issues_what_chains_to_it() {
    for (maker, warned) in
        [("reference-2.9.0", vec!["ROOT_NAMES_ANOTHER_ISSUER"]), ("flarekit-0.1.0", vec![])]
    {
        let ca = ca(maker, "ca-with-org");
        let root = ca.certificate();
        assert_eq!(root.subject().organization.as_deref(), Some("central"));
        let approval = approve(&request_zip(maker, "hospital-a"), &ca, 30, now()).unwrap();
        assert_eq!(codes(approval.warnings()), warned);
        approval.certificate().verify_issued_by(root).unwrap();
        UnverifiedApproval::read(approval.zip(), "zip")
            .unwrap()
            .verify(RootTrust::Unpinned, now())
            .unwrap();
    }
}

/// The same definition, key, id and time make the same bytes, to be compared or put under version
/// control.
#[test]
fn a_request_zip_is_reproducible() {
    let folder = "flarekit-0.1.0/requests/hospital-a";
    let definition = read(&format!("{folder}/site.yaml"));
    let key_pem = read(&format!("{folder}/hospital-a.key"));
    let make = |at| {
        let definition = Definition::parse(&definition).unwrap();
        let key = PrivateKey::from_pem(&key_pem, None).unwrap();
        let id = RequestId::parse("beb8ddfb18454a4294bd0ed60ae2e320").unwrap();
        Request::create(&definition, key, id, at).unwrap().archive().unwrap()
    };
    assert_eq!(make(now()), make(now()));
    assert_ne!(make(now()), make(now().minus_seconds(1)));
}

/// `package` reads the definition that `request` stored: one that would be too long is not stored.
#[test]
fn a_definition_that_would_not_be_read_again_is_refused() {
    let folder = "flarekit-0.1.0/requests/hospital-a";
    let text = String::from_utf8(read(&format!("{folder}/site.yaml"))).unwrap();
    let key_pem = read(&format!("{folder}/hospital-a.key"));
    let create = |text: &str| {
        let definition = Definition::parse(text.as_bytes()).unwrap();
        let key = PrivateKey::from_pem(&key_pem, None).unwrap();
        let id = RequestId::parse("beb8ddfb18454a4294bd0ed60ae2e320").unwrap();
        let created = Request::create(&definition, key, id, now());
        (definition.to_local_yaml().len(), created.map(|_| ()))
    };
    let note = |length: usize| {
        let start = format!("{text}note: ");
        let rest = "x".repeat(length - start.len());
        start + &rest
    };
    let longest = note(MAX_BYTES - 1) + "\n";
    assert_eq!(create(&longest), (MAX_BYTES, Ok(())));
    // Written out, it ends with a line feed.
    let (written, refused) = create(&note(MAX_BYTES));
    assert_eq!(written, MAX_BYTES + 1);
    let refused = refused.unwrap_err();
    assert_eq!((refused.code(), refused.reason()), (Code::InvalidArgs, Some(Reason::YamlTooLarge)));
}

/// The CSR of a key and an identity has one form, which is the reference's.
#[test]
fn the_csr_is_the_references_byte_for_byte() {
    for (program, _) in PROGRAMS {
        for (name, _, _) in PARTICIPANTS {
            let file = |ending: &str| read(&format!("{program}/requests/{name}/{name}.{ending}"));
            let key = PrivateKey::from_pem(&file("key"), None).unwrap();
            let zip = request_zip(program, name);
            let request = UnverifiedRequest::read(&zip, "zip").unwrap().verify().unwrap();
            let subject = request.metadata().identity.subject();
            let csr = flarekit::pki::Csr::create(&subject, &key).unwrap();
            assert_eq!(csr.as_bytes(), file("csr"), "{program} {name}");
        }
    }
}

/// A certificate of either program vouches from its first second to its last.
#[test]
fn a_certificate_vouches_while_it_is_valid() {
    let place = tempfile::tempdir().unwrap();
    for file in ["hospital-a.key", "request.json", "site.yaml"] {
        let bytes = read(&format!("flarekit-0.1.0/requests/hospital-a/{file}"));
        std::fs::write(place.path().join(file), bytes).unwrap();
    }
    let approval = approve(
        &request_zip("flarekit-0.1.0", "hospital-a"),
        &ca("flarekit-0.1.0", "ca"),
        30,
        now(),
    );
    let approval = approval.unwrap();
    let certificate = approval.certificate();
    std::fs::write(place.path().join("hospital-a.crt"), certificate.to_pem().unwrap()).unwrap();
    let (first, last) = (certificate.not_before(), certificate.not_after());
    let after = Timestamp::from_unix(last.to_unix() + 1);
    for (time, expected) in [
        (first.minus_seconds(1), Some((Code::CertNotYetValid, Reason::CertificateNotYetValid))),
        (first, None),
        (last, None),
        (after, Some((Code::CertExpired, Reason::CertificateExpired))),
    ] {
        let opened = HeldCertificate::open(place.path(), time);
        let refused = opened.map(|held| assert_eq!(held.certificate(), certificate));
        let refused = refused.err().map(|error| (error.code(), error.reason().unwrap()));
        assert_eq!(refused, expected, "{time}");
    }
}
