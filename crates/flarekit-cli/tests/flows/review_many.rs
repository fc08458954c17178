//! `cert approve --review` of many requests, about which the ledger says something.

use crate::common::{Machine, SERVER_NAME, SITE, Sandbox, USER, USER_NAME, envelope, text_of};
use crate::review::code;
use crate::terminal::Session;

/// A machine with a certificate for Alice and one for the hospital, and a directory with requests of
/// both with new keys, one of Bob, and the hospital's first one again.
fn with_earlier_certificates(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    for (definition, name) in [("alice.yaml", USER_NAME), ("hospital-a.yaml", "hospital-a")] {
        m.approve(definition, name);
    }
    let zip = |folder: &str, name: &str| m.read(&format!("{folder}/{name}.request.zip"));
    m.write("requests/d.request.zip", zip("hospital-a", "hospital-a"));
    m.write("bob.yaml", USER.replace("alice@", "bob@"));
    for (file, definition, name) in [
        ("a", "alice.yaml", USER_NAME),
        ("b", "bob.yaml", "bob@hospital-alpha.org"),
        ("c", "hospital-a.yaml", "hospital-a"),
    ] {
        m.ok(&format!("cert request -p {definition} --out new-{file}"));
        m.write(&format!("requests/{file}.request.zip"), zip(&format!("new-{file}"), name));
    }
    m
}

const SEVERAL: &str = "cert approve requests -c ca --profile project_profile.yaml --out-dir out \
                       --review --format json";

/// The row of a request in the table.
fn row<'a>(shown: &'a str, digest: &str) -> &'a str {
    shown.lines().find(|line| line.contains(digest)).unwrap_or_else(|| panic!("{shown}"))
}

/// What the ledger says about each of many stands in the table, before anybody says yes.
#[test]
fn what_many_would_replace_is_shown() {
    let sandbox = Sandbox::new();
    let m = with_earlier_certificates(&sandbox);
    let digest = |file: &str| {
        text_of(&m.ok(&format!("inspect requests/{file}.request.zip")), "request_digest")
    };
    let certificates = m.ok("cert list -c ca")["certificates"].clone();
    let (alice, site) = (text_of(&certificates[0], "serial"), text_of(&certificates[1], "serial"));

    // Without --replace, what stands against a request is told instead of asked.
    let mut session = Session::start(&m, SEVERAL);
    assert!(session.wait_for("Sign these 2? [y/N] "), "{}", session.end().0);
    session.type_in("n\n");
    let shown = session.end().0;
    assert_eq!(shown.matches("IDENTITY_ALREADY_ISSUED").count(), 2, "{shown}");
    assert!(row(&shown, &digest("b")).trim_end().ends_with("  nothing"), "{shown}");
    assert!(row(&shown, &digest("d")).contains(&format!("  sent again: {site}")), "{shown}");

    let mut session = Session::start(&m, &format!("{SEVERAL} --replace"));
    assert!(session.wait_for("Sign these 3? [y/N] "), "{}", session.end().0);
    session.type_in("y\n");
    let (shown, output) = session.end();
    for (file, serial) in [("a", &alice), ("c", &site)] {
        let told = format!("  replaces {serial}, valid until ");
        assert!(row(&shown, &digest(file)).contains(&told), "{told} is not in\n{shown}");
    }
    // The first request of the hospital comes after the one that replaces its certificate.
    assert!(
        shown.contains("  IDENTITY_ALREADY_ISSUED  requests/c.request.zip is of the same name")
    );
    let data = envelope(SEVERAL, &output)["data"].clone();
    assert_eq!((&data["approved"], &data["refused"]), (&3.into(), &1.into()), "{data}");
    assert_eq!(data["items"][3]["reason"], "LATER_REQUEST");
}

/// What a row does not say stands below the table, once.
#[test]
fn of_many_a_profile_with_another_server_is_told() {
    let sandbox = Sandbox::new();
    let m = with_earlier_certificates(&sandbox);
    m.approve("server.yaml", SERVER_NAME);
    m.edit("project_profile.yaml", SERVER_NAME, "serverx.example.org");
    let line = format!("{SEVERAL} --replace");
    let mut session = Session::start(&m, &line);
    assert!(session.wait_for("[y/N] "), "{}", session.end().0);
    session.type_in("n\n");
    let shown = session.end().0;
    let told = "Warning: 3 requests: server.host in the profile is 'serverx.example.org', and no";
    assert_eq!(shown.matches("Warning: ").count(), 1, "{shown}");
    assert!(shown.contains(told), "{shown}");
}

/// Nobody has certificates yet: of two requests of one name, and of two of one key, the first is shown
/// and signed, and of the other it is said why not.
#[test]
fn of_many_the_second_of_a_name_is_not_signed() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    for file in ["a", "b"] {
        m.ok(&format!("cert request -p hospital-a.yaml --out {file}"));
        let zip = m.read(&format!("{file}/hospital-a.request.zip"));
        m.write(&format!("requests/{file}.request.zip"), zip);
    }
    let key = flarekit::pki::PrivateKey::from_pem(&m.read("a/hospital-a.key"), None).unwrap();
    let text = SITE.replace("hospital-a", "hospital-b");
    let definition = flarekit::definition::Definition::parse(text.as_bytes()).unwrap();
    let id = flarekit::names::RequestId::from_random([7; 16]);
    let now = flarekit::time::Timestamp::from_unix(1_795_500_000);
    let made = flarekit::request::Request::create(&definition, key, id, now).unwrap();
    m.write("requests/c.request.zip", made.archive().unwrap());

    let mut session = Session::start(&m, &format!("{SEVERAL} --replace"));
    assert!(session.wait_for("Sign this one? [y/N] "), "{}", session.end().0);
    session.type_in("y\n");
    let (shown, output) = session.end();
    for told in ["is of the same name, and comes first", "is of the same key, and comes first"] {
        assert!(shown.contains(told), "{told} is not in\n{shown}");
    }
    let items = envelope(SEVERAL, &output)["data"]["items"].clone();
    assert_eq!(items[0]["result"], "approved");
    for (place, code) in [(1, "IDENTITY_ALREADY_ISSUED"), (2, "KEY_ALREADY_ISSUED")] {
        let item = &items[place];
        assert_eq!((&item["error_code"], &item["reason"]), (&code.into(), &"LATER_REQUEST".into()));
    }
}

/// What the ledger says may change while the question is open; then only what is as it was shown is
/// signed.
#[test]
fn of_many_what_changed_meanwhile_is_not_signed() {
    let sandbox = Sandbox::new();
    let m = with_earlier_certificates(&sandbox);
    std::fs::remove_file(m.path("requests/d.request.zip")).unwrap();
    // A file that is there twice is no change.
    m.write("requests/e.request.zip", m.read("requests/b.request.zip"));
    m.ok("cert request -p alice.yaml --out other");
    let mut session = Session::start(&m, &format!("{SEVERAL} --replace"));
    assert!(session.wait_for("Sign these 4? [y/N] "), "{}", session.end().0);
    m.ok(&format!(
        "cert approve other/{USER_NAME}.request.zip -c ca --profile project_profile.yaml --replace"
    ));
    session.type_in("y\n");
    let (_, output) = session.end();
    assert_eq!(output.status.code(), Some(2));
    let data = envelope(SEVERAL, &output)["data"].clone();
    let items = data["items"].as_array().unwrap();
    assert_eq!(items[0]["error_code"], "REVIEW_OUTDATED");
    let results: Vec<_> = items.iter().map(|item| text_of(item, "result")).collect();
    assert_eq!(results, ["refused", "approved", "approved", "already_approved"]);
    assert_eq!(m.names("out"), ["bob@hospital-alpha.org.signed.zip", "hospital-a.signed.zip"]);
}

/// Of two runs into one folder, the one that made it and is declined takes nothing from the other.
#[test]
fn a_folder_that_another_run_removed_is_made_again() {
    let sandbox = Sandbox::new();
    let m = with_earlier_certificates(&sandbox);
    const ASKED: &str = "Sign these 2? [y/N] ";
    let mut declined = Session::start(&m, SEVERAL);
    assert!(declined.wait_for(ASKED), "{}", declined.end().0);
    let mut agreed = Session::start(&m, SEVERAL);
    assert!(agreed.wait_for(ASKED), "{}", agreed.end().0);
    declined.type_in("n\n");
    assert_eq!(code(&declined.end().1).0, "REVIEW_DECLINED");
    assert!(!m.exists("out"));
    agreed.type_in("y\n");
    let data = envelope(SEVERAL, &agreed.end().1)["data"].clone();
    assert_eq!((&data["approved"], &data["sent_again"]), (&1.into(), &1.into()), "{data}");
    assert_eq!(m.names("out"), ["bob@hospital-alpha.org.signed.zip", "hospital-a.signed.zip"]);
    assert_eq!(m.mode("out"), 0o700);
}

/// Whoever is renewed is told from whoever is replaced.
#[test]
fn of_many_a_renewal_is_told() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.kit("hospital-a.yaml", "hospital-a");
    let renewed = text_of(&m.ok("cert request --renew hospital-a --out requests"), "renews");
    let mut session = Session::start(&m, SEVERAL);
    assert!(session.wait_for("Sign this one? [y/N] "), "{}", session.end().0);
    session.type_in("y\n");
    let (shown, output) = session.end();
    assert!(shown.contains(&format!("  renews {renewed}")), "{shown}");
    assert!(!shown.contains("replaces"), "{shown}");
    assert_eq!(envelope(SEVERAL, &output)["data"]["approved"], 1);
}
