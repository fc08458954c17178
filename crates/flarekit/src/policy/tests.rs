use super::{MOST_PATTERNS, Policy};
use crate::approval::{CandidateRequest, UnverifiedRequest};
use crate::error::{Code, Reason};
use crate::identity::Kind;
use crate::profile::ProjectProfile;

const EXAMPLE: &str = include_str!("../../../../examples/hospital/policy.yaml");
const PROFILE: &[u8] = include_bytes!("../../../../examples/hospital/project_profile.yaml");

macro_rules! request {
    ($name:literal) => {
        candidate(include_bytes!(concat!(
            "../../tests/vectors/valid/flarekit-0.1.0/requests/",
            $name,
            "/",
            $name,
            ".request.zip"
        )))
    };
}

fn candidate(zip: &[u8]) -> CandidateRequest {
    let request = UnverifiedRequest::read(zip, "a.request.zip").unwrap().verify().unwrap();
    CandidateRequest::fit(request, &ProjectProfile::parse(PROFILE, "p.yaml").unwrap()).unwrap()
}

fn site() -> CandidateRequest {
    request!("hospital-a")
}

fn server() -> CandidateRequest {
    request!("server1.hospital-central.org")
}

fn lead() -> CandidateRequest {
    request!("alice@hospital-alpha.org")
}

fn policy(text: &str) -> Policy {
    Policy::parse(text.as_bytes(), "policy.yaml").unwrap()
}

/// The example with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "{from}");
    EXAMPLE.replacen(from, to, 1)
}

#[test]
fn the_example_allows_the_example() {
    let policy = policy(EXAMPLE);
    for (request, days) in [(site(), 1095), (server(), 1095), (lead(), 365)] {
        assert_eq!(policy.judge(&request, days), Ok(()));
        let kind = request.request().metadata().identity.cert_type.kind();
        assert_eq!(policy.valid_days(kind, 1095), days);
        assert_eq!(policy.valid_days(kind, 30), 30);
    }
}

#[test]
fn each_rule_denies_and_says_where_it_stands() {
    let (site, server, lead) = (site(), server(), lead());
    for (from, to, request, days, expected) in [
        (
            "[hospital_alpha, hospital_beta]",
            "[hospital_beta]",
            &site,
            1,
            "client.orgs (line 6): the organisation 'hospital_alpha' is not among 'hospital_beta'",
        ),
        (
            "hospital-*",
            "Hospital-*",
            &site,
            1,
            "client.names (line 7): the name 'hospital-a' is not among 'Hospital-*'",
        ),
        (
            "[\"hospital-*\"]",
            "[]",
            &site,
            1,
            "client.names (line 7): the name 'hospital-a' is not among an empty list",
        ),
        (
            "",
            "",
            &site,
            1096,
            "client.max_valid_days (line 8): the certificate would be valid for 1096 days, but at \
             most 1095 are allowed",
        ),
        (
            "[hospital_central]",
            "\n    - hospital_east\n    - hospital_west",
            &server,
            1,
            "server.orgs (line 11): the organisation 'hospital_central' is not among \
             'hospital_east', 'hospital_west'",
        ),
        (
            "[server1.hospital-central.org]",
            "['server?.hospital-central.net']",
            &server,
            1,
            "server.names (line 12): the name 'server1.hospital-central.org' is not among \
             'server?.hospital-central.net'",
        ),
        (
            "\"IP:10.0.*\"",
            "\"IP:10.1.*\"",
            &server,
            1,
            "server.sans (line 14): not among 'DNS:*.hospital-central.org', \
             'DNS:fl-server.internal', 'IP:10.1.*': IP:10.0.1.50",
        ),
        (
            "[2048]",
            "[3072, 4096]",
            &server,
            1,
            "server.key_bits (line 15): the key has 2048 bits, which is not among 3072, 4096",
        ),
        (
            "[lead, member]",
            "[org_admin]",
            &lead,
            1,
            "user.roles (line 21): the role 'lead' is not among 'org_admin'",
        ),
        (
            "*@hospital-alpha.org",
            "*@hospital-alpha.com",
            &lead,
            1,
            "user.names (line 20): the name 'alice@hospital-alpha.org' is not among \
             '*@hospital-alpha.com'",
        ),
    ] {
        let denials = policy(&changed(from, to)).denials(request, days);
        let shown: Vec<String> = denials.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [expected]);
    }
}

#[test]
fn letters_of_hosts_count_in_no_case() {
    let policy = policy(&changed("DNS:*.hospital-central.org", "DNS:*.HOSPITAL-Central.org"));
    assert_eq!(policy.judge(&server(), 1), Ok(()));
}

#[test]
fn what_no_section_allows_is_denied() {
    for text in ["{}", "server:\n  orgs: []\n  names: []\n  sans: []\n  max_valid_days: 1\n"] {
        let error = policy(text).judge(&site(), 1).unwrap_err();
        assert_eq!(error.code(), Code::PolicyDenied);
        let expected =
            "policy.yaml denies 'hospital-a' (client): client: the policy has no section 'client'";
        assert_eq!(error.message(), expected);
    }
    assert_eq!(policy("{}").valid_days(Kind::Site, 7), 7);
}

#[test]
fn all_rules_that_deny_are_named() {
    let text = "client:\n  orgs: []\n  names: []\n  key_bits: [1]\n  max_valid_days: 1\n";
    let error = policy(text).judge(&site(), 2).unwrap_err();
    for rule in ["client.orgs (line 2)", "client.names (line 3)", "client.key_bits (line 4)"] {
        assert!(error.message().contains(rule), "{error}");
    }
    assert!(error.message().contains("; client.max_valid_days (line 5)"), "{error}");
}

#[test]
fn one_policy_serves_many_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&policy(EXAMPLE));
}

#[test]
fn each_defect_has_its_reason_and_its_place() {
    let many = format!("orgs: [{}]", "a, ".repeat(MOST_PATTERNS + 1));
    let long = format!("names: [{}]", "a".repeat(261));
    for (from, to, reason, line) in [
        ("client:", "clients:", Reason::FieldNotAccepted, 5),
        ("client:", "admin:", Reason::FieldNotAccepted, 5),
        ("orgs:", "organisations:", Reason::FieldNotAccepted, 6),
        ("names: [\"hospital-*\"]", "name: [\"hospital-*\"]", Reason::FieldNotAccepted, 7),
        ("names: [\"hospital-*\"]", "roles: [lead]", Reason::FieldNotAccepted, 7),
        ("names: [\"hospital-*\"]", "sans: [\"DNS:*\"]", Reason::FieldNotAccepted, 7),
        ("  roles: [lead, member]\n", "  sans: []\n", Reason::FieldNotAccepted, 21),
        ("  roles: [lead, member]\n", "", Reason::FieldMissing, 19),
        ("  names: [\"hospital-*\"]\n", "", Reason::FieldMissing, 6),
        ("  max_valid_days: 1095\n", "", Reason::FieldMissing, 6),
        ("  orgs: [hospital_alpha, hospital_beta]\n", "", Reason::FieldMissing, 6),
        ("[hospital_alpha, hospital_beta]", "", Reason::FieldMissing, 6),
        ("[hospital_alpha, hospital_beta]", "hospital_alpha", Reason::FieldType, 6),
        ("[hospital_alpha, hospital_beta]", "{hospital_alpha: 1}", Reason::FieldType, 6),
        ("[hospital_alpha, hospital_beta]", "[no]", Reason::FieldType, 6),
        ("[hospital_alpha, hospital_beta]", "[hospital-alpha]", Reason::PolicyPattern, 6),
        ("[\"hospital-*\"]", "[*]", Reason::YamlSyntax, 7),
        ("[\"hospital-*\"]", "['hospital-[ab]']", Reason::PolicyPattern, 7),
        ("[\"hospital-*\"]", "['']", Reason::PolicyPattern, 7),
        ("names: [\"hospital-*\"]", &long, Reason::PolicyPattern, 7),
        ("\"IP:10.0.*\"", "10.0.0.0", Reason::PolicyPattern, 14),
        ("\"IP:10.0.*\"", "\"ip:10.0.*\"", Reason::PolicyPattern, 14),
        ("\"IP:10.0.*\"", "\"IP:10.0.0.0/8\"", Reason::PolicyPattern, 14),
        ("\"IP:10.0.*\"", "\"IP:*.internal\"", Reason::PolicyPattern, 14),
        ("\"IP:10.0.*\"", "\"IP:\"", Reason::PolicyPattern, 14),
        ("[lead, member]", "[lead, boss]", Reason::FieldValue, 21),
        ("[lead, member]", "[\"*\"]", Reason::FieldValue, 21),
        ("[2048]", "2048", Reason::FieldType, 15),
        ("[2048]", "['2048']", Reason::FieldType, 15),
        ("[2048]", "", Reason::FieldMissing, 15),
        ("max_valid_days: 365", "max_valid_days: 0", Reason::FieldValue, 22),
        ("max_valid_days: 365", "max_valid_days: -1", Reason::FieldValue, 22),
        ("max_valid_days: 365", "max_valid_days: 4294967296", Reason::FieldValue, 22),
        ("max_valid_days: 365", "max_valid_days: one year", Reason::FieldType, 22),
        ("orgs: [hospital_alpha, hospital_beta]", &many, Reason::FieldValue, 6),
    ] {
        let error = Policy::parse(changed(from, to).as_bytes(), "policy.yaml").unwrap_err();
        assert_eq!(
            (error.code(), error.reason()),
            (Code::InvalidArgs, Some(reason)),
            "{to}: {error}"
        );
        let place = format!("policy.yaml: line {line},");
        assert!(error.message().starts_with(&place), "{to}: {error}");
    }
    for (text, reason) in [
        ("", Reason::YamlDocuments),
        ("[]", Reason::FieldType),
        ("client:\nclient:\n", Reason::YamlDuplicateKey),
        ("client:\n", Reason::FieldMissing),
        ("client: {}\n", Reason::FieldMissing),
        ("client: []\n", Reason::FieldType),
    ] {
        let error = Policy::parse(text.as_bytes(), "policy.yaml").unwrap_err();
        assert_eq!(error.reason(), Some(reason), "{text}: {error}");
    }
}
