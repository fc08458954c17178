//! That the advice helps: it fits what was found, and does not say what was tried already.

use std::os::unix::fs::symlink;

use crate::common::disk::copy;
use crate::common::{Machine, Sandbox, envelope, words};

const APPROVE: &str =
    "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml";
const POLICY: &str = "policy check policy.yaml --profile project_profile.yaml";
const REQUEST: &str = "cert request -p slip.yaml";
const RULES: &str = "client:\n  orgs: [a]\n  names: [x]\n  max_valid_days: 9\n";

/// A command, what is done before, and words of the message and of the hint.
type Case = (String, fn(&Machine), &'static str, &'static str);

/// Writes another participant's definition with a slip in it.
fn slip(m: &Machine, of: &str, from: &str, to: &str) {
    m.write("slip.yaml", m.read(of));
    m.edit("slip.yaml", from, to);
}

/// Slips in a definition or a profile.
fn slips() -> Vec<Case> {
    let request = |before: fn(&Machine), message, hint| (REQUEST.to_owned(), before, message, hint);
    vec![
        request(
            |m| slip(m, "hospital-a.yaml", "- name: hospital-a", "- name: M\u{fc}ller"),
            "has '\u{fc}' as character 2, but a client's name has only the letters A to Z",
            "the letters A to Z and a to z, digits, '_' and '-'",
        ),
        request(
            |m| slip(m, "hospital-a.yaml", "- name: hospital-a", "- name: hospital a"),
            "a space as character 9, but a client's name has only the letters A to Z and a to z, \
             digits, '_' and '-'; 'hospital-a' would be accepted",
            "the letters A to Z and a to z, digits, '_' and '-'",
        ),
        request(
            |m| slip(m, "server.yaml", "central.org\n", "central.org:8002\n"),
            "has ':' as character 29, but a server's name is its host name",
            "without a port: the ports are in the project profile",
        ),
        request(
            |m| slip(m, "server.yaml", "10.0.1.50", "10.0.1.50:8002"),
            "'10.0.1.50:8002' has a port after the host name",
            "the server's ports are fed_learn_port and admin_port in the project profile",
        ),
        request(
            |m| slip(m, "hospital-a.yaml", "org:", "organization:"),
            "the field 'organization' is unknown; did you mean 'org'?",
            "Correct the field that the message names",
        ),
        (
            "cert request -p project_profile.yaml".to_owned(),
            |_| {},
            "project_profile.yaml: this is a project profile, not a participant definition",
            "--profile of 'cert init' and 'cert approve'",
        ),
        (
            APPROVE.replace("project_profile.yaml", "server.yaml"),
            |_| {},
            "server.yaml: this is a participant definition, not a project profile",
            "'cert request --participant'",
        ),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        (
            format!("{APPROVE} --out signed/ --force"),
            |m| std::fs::create_dir(m.path("signed")).unwrap(),
            "is not a file",
            "--out-dir",
        ),
        (
            format!("{APPROVE} --out alice.yaml --force"),
            |_| {},
            "is not a signed zip",
            "Choose another --out",
        ),
        (
            POLICY.to_owned(),
            |m| m.write("policy.yaml", RULES.replace('9', "'9'")),
            "leave out the quotes",
            "as text only with quotes around them",
        ),
        (
            POLICY.to_owned(),
            |m| m.write("policy.yaml", RULES.replace("[x]", "[*]")),
            "line 3, column 11: a value that begins with '*' needs quotes",
            "quotes around a value that begins with '*'",
        ),
        (
            POLICY.to_owned(),
            |m| m.write("policy.yaml", RULES.replace("[x]", "[*x]")),
            "needs quotes around it",
            "needs quotes around it",
        ),
        (
            POLICY.to_owned(),
            |m| m.write("policy.yaml", RULES.replace("client", "admin")),
            "did you mean 'user'?",
            "correct its name",
        ),
        (
            POLICY.to_owned(),
            |m| m.write("policy.yaml", RULES.replace("client", "site")),
            "did you mean 'client'?",
            "correct its name",
        ),
        (
            POLICY.to_owned(),
            |m| m.write("policy.yaml", ""),
            "the YAML is empty",
            "Write what belongs into the file",
        ),
        (
            APPROVE.replace("-c ca", "-c nowhere"),
            |_| {},
            "there is no directory /",
            "a relative path starts in the directory where you run the command",
        ),
        (
            "cert list -c nowhere".to_owned(),
            |_| {},
            "there is no directory /",
            "a relative path starts in the directory where you run the command",
        ),
        (
            APPROVE.replace(".request.zip", ".csr"),
            |_| {},
            "hospital-a.csr: this is not a zip archive",
            "Check that this is the request zip (<name>.request.zip)",
        ),
        (
            "package hospital-a/hospital-a.csr".to_owned(),
            |_| {},
            "hospital-a.csr: this is not a zip archive",
            "Check that this is the signed zip (<name>.signed.zip)",
        ),
        (
            "package hospital-a".to_owned(),
            |_| {},
            "hospital-a: it is a directory",
            "not the folder that it is in",
        ),
        (
            "cert list -c ca/rootCA.pem".to_owned(),
            |_| {},
            "rootCA.pem is not a directory",
            "Give the CA directory itself",
        ),
        (
            "cert crl -c ca/rootCA.pem".to_owned(),
            |_| {},
            "rootCA.pem is not a directory",
            "Give the CA directory itself",
        ),
        (
            "cert init --profile project_profile.yaml -o ca --force".to_owned(),
            |_| {},
            "holds a CA of deploy version 00, made 20",
            "a --deploy-version that was not used before",
        ),
        (
            "cert init --profile project_profile.yaml -o linked".to_owned(),
            |m| symlink("ca", m.path("linked")).unwrap(),
            "linked: it is a symbolic link",
            "not a file or a link",
        ),
        (
            "package hospital-a/hospital-a.signed.zip".to_owned(),
            |m| {
                m.ok(APPROVE);
                std::fs::create_dir_all(m.path("workspace/hospital_federation/real")).unwrap();
                symlink("real", m.path("workspace/hospital_federation/prod_00")).unwrap();
            },
            "prod_00 is a symbolic link",
            "not a file or a link",
        ),
        (
            APPROVE.replace("-c ca", "-c damaged"),
            |m| {
                copy(&m.path("ca"), &m.path("damaged"));
                m.edit("damaged/rootCA.pem", "-----\nMII", "-----\n\nMII");
            },
            "damaged/rootCA.pem: line 2: a blank line inside the PEM block",
            "Correct with a text editor what the message names",
        ),
    ]
}

#[test]
fn the_advice_fits_what_was_found() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    for (line, before, message, hint) in cases().into_iter().chain(slips()) {
        before(&m);
        let output = m.flarekit().args(words(&line)).args(["--format", "json"]).output().unwrap();
        let found = envelope(&line, &output);
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        assert!(text("message").contains(message), "{line}: {found}");
        assert!(text("hint").contains(hint), "{line}: {found}");
    }
}
