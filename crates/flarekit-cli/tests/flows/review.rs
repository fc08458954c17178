//! `cert approve --review`.

use std::path::PathBuf;

use crate::common::disk::{changes, disk};
use crate::common::{Machine, SERVER, SERVER_NAME, SITE, Sandbox, envelope, succeeded, text_of};
use crate::terminal::Session;

const REVIEW: &str = "cert approve hospital-a/hospital-a.request.zip -c ca \
                      --profile project_profile.yaml --review --format json";
const QUESTION: &str = "Sign this? [y/N] ";

fn machine(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    m
}

/// Waits for the question and answers it.
#[track_caller]
fn answer(m: &Machine, line: &str, answer: &str) -> (String, std::process::Output) {
    let mut session = Session::start(m, line);
    assert!(session.wait_for(QUESTION), "{}", session.end().0);
    session.type_in(answer);
    session.end()
}

/// The code with which a command was refused.
#[track_caller]
pub fn code(output: &std::process::Output) -> (String, i32) {
    let envelope = envelope(REVIEW, output);
    (text_of(&envelope, "error_code"), output.status.code().unwrap())
}

#[test]
fn yes_signs_what_was_shown() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let (shown, output) = answer(&m, REVIEW, "y\n");
    let data = succeeded(REVIEW, &output);
    for key in [
        "name",
        "org",
        "cert_type",
        "key_type",
        "public_key_sha256",
        "request_zip_sha256",
        "request_digest",
        "not_before",
        "valid_until",
        "endpoint",
        "connection_security",
        "rootca_fingerprint_sha256",
    ] {
        let line = format!("\n{key}: {}\n", text_of(&data, key));
        assert!(shown.contains(&line), "{line} is not in\n{shown}");
    }
    assert!(shown.contains("\nsubject_alt_names: DNS:hospital-a\n"), "{shown}");
    assert!(!shown.contains("differs"), "{shown}");
    m.ok("package hospital-a/hospital-a.signed.zip");

    // The very same request gets the very same certificate, and that is shown, too.
    let (shown, output) = answer(&m, &format!("{REVIEW} --force"), "yes\n");
    let again = succeeded(REVIEW, &output);
    assert_eq!(again["serial"], data["serial"]);
    assert!(shown.contains(&format!("\nserial: {}\n", text_of(&data, "serial"))), "{shown}");
    assert!(shown.contains("\ndiffers: nothing\n"), "{shown}");
    assert!(shown.contains("Warning: this request is not new"), "{shown}");
}

#[test]
fn anything_but_yes_signs_nothing() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let (_, output) = answer(&m, REVIEW, "y\n");
    succeeded(REVIEW, &output);
    m.ok("cert request -p alice.yaml --out alice");
    let fresh = sandbox.seeded("fresh");
    fresh.init();
    fresh.ok("cert request -p alice.yaml --out alice");
    // With a ledger, and without one. The last one is the end of what is typed (Ctrl-D).
    for m in [&m, &fresh] {
        let line = REVIEW.replace("hospital-a/hospital-a", "alice/alice@hospital-alpha.org");
        let root = m.cwd.parent().unwrap();
        for no in ["\n", "n\n", "ye\n", "yes please\n", "\u{4}"] {
            let before = disk(root);
            let (_, output) = answer(m, &line, no);
            assert_eq!(code(&output), ("REVIEW_DECLINED".to_owned(), 1), "{no:?}");
            assert_eq!(changes(&before, &disk(root)), Vec::<PathBuf>::new(), "{no:?}");
        }
    }
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let mut session = Session::start_late(&m, REVIEW, "y\n");
    assert!(session.wait_for(QUESTION));
    session.type_in("n\n");
    assert_eq!(code(&session.end().1).0, "REVIEW_DECLINED");
}

/// Another key, organisation and port: what differs is told, and without `--replace` nobody is asked.
#[test]
fn what_differs_from_before_and_stands_against_it_is_shown() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let first = succeeded(REVIEW, &answer(&m, REVIEW, "y\n").1);
    m.write("hospital-a.yaml", SITE.replace("hospital_alpha", "hospital_omega"));
    m.ok("cert request -p hospital-a.yaml --force");
    m.edit("project_profile.yaml", "8003", "8004");

    let line = format!("{REVIEW} --force");
    let (shown, output) = Session::start(&m, &line).end();
    assert_eq!(code(&output), ("IDENTITY_ALREADY_ISSUED".to_owned(), 4));
    assert!(!shown.contains(QUESTION), "{shown}");
    assert!(shown.contains("differs: org: hospital_alpha before, hospital_omega now\n"), "{shown}");

    let (shown, output) = answer(&m, &format!("{line} --replace"), "y\n");
    let second = succeeded(REVIEW, &output);
    let differs = |key: &str| {
        format!(
            "\ndiffers: {key}: {} before, {} now\n",
            text_of(&first, key),
            text_of(&second, key)
        )
    };
    for line in [
        differs("org"),
        differs("public_key_sha256"),
        "\ndiffers: connection: grpc://server1.hospital-central.org:8002, admin_port 8003, tls \
         before, grpc://server1.hospital-central.org:8002, admin_port 8004, tls now\n"
            .to_owned(),
        format!("\nserial: {}\nstate: valid\n", text_of(&first, "serial")),
        "\nentry: 1, approved on ".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line} is not in\n{shown}");
    }
    for same in ["differs: name", "differs: cert_type", "differs: subject_alt_names"] {
        assert!(!shown.contains(same), "{shown}");
    }
    assert!(shown.contains("counts as replaced"), "{shown}");
}

/// The ledger has the time of the yes, and the certificate the dates that were shown.
#[test]
fn a_question_may_be_open_for_long() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.ok("cert request -p alice.yaml --out many");
    let many = "cert approve many -c ca --profile project_profile.yaml --review --out-dir out \
                --format json";
    for (number, line, question) in [(0, REVIEW, QUESTION), (1, many, "Sign this one? [y/N] ")] {
        let mut session = Session::start(&m, line);
        assert!(session.wait_for(question));
        std::thread::sleep(std::time::Duration::from_secs(2));
        let until = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        session.type_in("y\n");
        let (shown, output) = session.end();
        let data = succeeded(line, &output);
        let entry = m.ok("audit export -c ca")["entries"][number].clone();
        let until = flarekit::time::Timestamp::from_unix(until).to_string();
        assert!(text_of(&entry, "at") >= until, "{entry}");
        if number == 0 {
            let dates = format!("\nvalid_until: {}\n", text_of(&data, "valid_until"));
            assert!(shown.contains(&dates), "{dates} is not in\n{shown}");
        }
    }
}

/// What comes into the signed zip's place while the question is open stays, if it is none itself.
#[test]
fn a_file_that_came_meanwhile_is_not_replaced() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    let many = "cert approve hospital-a -c ca --profile project_profile.yaml --review --out-dir out \
                --force --format json";
    let one = format!("{REVIEW} --force");
    for (line, question, place) in [
        (one.as_str(), QUESTION, "hospital-a/hospital-a.signed.zip"),
        (many, "Sign this one? [y/N] ", "out/hospital-a.signed.zip"),
    ] {
        let mut session = Session::start(&m, line);
        assert!(session.wait_for(question));
        m.write(place, "mine");
        session.type_in("y\n");
        let (_, output) = session.end();
        let answer = envelope(line, &output);
        let answer = answer["data"]["items"].get(0).unwrap_or(&answer);
        assert_eq!(answer["error_code"], "CERT_ALREADY_EXISTS", "{answer}");
        assert_eq!(m.read(place), b"mine");
        std::fs::remove_file(m.path(place)).unwrap();
    }
    assert!(!m.exists("ca/ledger.db"));
}

/// A host name that was put into a server's request is seen.
#[test]
fn host_names_that_are_new_are_shown() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("server.yaml", SERVER_NAME);
    m.write("server.yaml", SERVER.replace("10.0.1.50", "10.0.1.51"));
    m.ok("cert request -p server.yaml --force");
    let zip = format!("{SERVER_NAME}/{SERVER_NAME}");
    let line = format!("{REVIEW} --force --replace").replace("hospital-a/hospital-a", &zip);
    let (shown, output) = answer(&m, &line, "n\n");
    assert_eq!(code(&output).0, "REVIEW_DECLINED");
    let names = |address: &str| {
        format!("DNS:server1.hospital-central.org, IP:{address}, DNS:fl-server.internal")
    };
    let (before, now) = (names("10.0.1.50"), names("10.0.1.51"));
    assert!(shown.contains(&format!("\nsubject_alt_names: {now}\n")), "{shown}");
    let differs = format!("\ndiffers: subject_alt_names: {before} before, {now} now\n");
    assert!(shown.contains(&differs), "{shown}");
}

/// Others may approve while the question is open; only what is about this request counts.
#[test]
fn what_changed_meanwhile_is_not_signed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.ok("cert request -p hospital-a.yaml --out other");
    let mut session = Session::start(&m, REVIEW);
    assert!(session.wait_for(QUESTION));
    m.approve("alice.yaml", "alice@hospital-alpha.org");
    session.type_in("y\n");
    succeeded(REVIEW, &session.end().1);

    let line = format!("{REVIEW} --force --replace");
    let mut session = Session::start(&m, &line);
    assert!(session.wait_for(QUESTION));
    m.ok(
        "cert approve other/hospital-a.request.zip -c ca --profile project_profile.yaml --replace",
    );
    let before = disk(&m.cwd);
    session.type_in("y\n");
    assert_eq!(code(&session.end().1), ("REVIEW_OUTDATED".to_owned(), 1));
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<PathBuf>::new());
}

/// Many requests are shown in a table, and one answer is for those that were shown.
#[test]
fn many_are_reviewed_at_once() {
    const MANY: &str = "cert approve requests -c ca --profile project_profile.yaml --out-dir out \
                        --review --format json";
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p alice.yaml --out alice");
    std::fs::create_dir(m.cwd.join("requests")).unwrap();
    for (folder, name, place) in
        [("alice", "alice@hospital-alpha.org", "a"), ("hospital-a", "hospital-a", "b")]
    {
        if folder == name {
            m.ok("cert request -p hospital-a.yaml");
        }
        let zip = format!("{folder}/{name}.request.zip");
        let to = m.cwd.join(format!("requests/{place}.request.zip"));
        std::fs::copy(m.cwd.join(zip), to).unwrap();
    }
    m.write("requests/c.request.zip", "no zip");

    const SIGN: &str = "Sign these 2? [y/N] ";
    let before = disk(&m.cwd);
    let mut session = Session::start(&m, MANY);
    assert!(session.wait_for(SIGN), "{}", session.end().0);
    session.type_in("n\n");
    let (shown, output) = session.end();
    assert_eq!(code(&output), ("REVIEW_DECLINED".to_owned(), 1));
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<PathBuf>::new());
    for told in
        ["alice@hospital-alpha.org  lead", "DNS:hospital-a", "c.request.zip", "INVALID_ARGS"]
    {
        assert!(shown.contains(told), "{told} is not in\n{shown}");
    }

    // One that comes, and one that is exchanged while the question is open.
    let mut session = Session::start(&m, MANY);
    assert!(session.wait_for(SIGN));
    m.ok("cert request -p hospital-a.yaml --force");
    let late = m.cwd.join("requests/b.request.zip");
    std::fs::copy(m.cwd.join("hospital-a/hospital-a.request.zip"), late).unwrap();
    session.type_in("y\n");
    let (_, output) = session.end();
    assert_eq!(output.status.code(), Some(2));
    let data = envelope(MANY, &output)["data"].clone();
    let results: Vec<_> =
        data["items"].as_array().unwrap().iter().map(|item| item["error_code"].clone()).collect();
    assert_eq!(results, [serde_json::Value::Null, "REVIEW_OUTDATED".into(), "INVALID_ARGS".into()]);
    assert_eq!(m.names("out"), ["alice@hospital-alpha.org.signed.zip"]);
}

/// Where nothing could be signed there is no question, but what is said of each without a review.
#[test]
fn nothing_is_asked_where_all_would_be_refused() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write("hospital-a/hospital-a.request.zip", "no zip");
    let line = "cert approve hospital-a -c ca --profile project_profile.yaml --review \
                --out-dir out --format json";
    let before = disk(&m.cwd);
    let (shown, output) = Session::start(&m, line).end();
    assert!(!shown.contains("[y/N]"), "{shown}");
    let data = &envelope(line, &output)["data"];
    assert_eq!(data["items"][0]["error_code"], "INVALID_ARGS");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(changes(&before, &disk(&m.cwd)), Vec::<PathBuf>::new());
}

/// What was read for the table is read again for the signature, and must be the same.
#[test]
fn a_file_that_was_exchanged_meanwhile_is_not_signed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.ok("cert request -p hospital-a.yaml --out other");
    let line = "cert approve hospital-a -c ca --profile project_profile.yaml --review \
                --out-dir out --format json";
    let mut session = Session::start(&m, line);
    assert!(session.wait_for("Sign this one? [y/N] "));
    m.write("hospital-a/hospital-a.request.zip", m.read("other/hospital-a.request.zip"));
    session.type_in("y\n");
    let output = session.end().1;
    let data = &envelope(line, &output)["data"];
    assert_eq!(data["items"][0]["error_code"], "REVIEW_OUTDATED");
    assert_eq!((output.status.code(), m.exists("out")), (Some(2), false));
}
