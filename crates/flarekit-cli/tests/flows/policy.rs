//! Policies, and digests that are expected.

use crate::common::disk::{changes, disk};
use crate::common::{Machine, SERVER_NAME, SITE, Sandbox, USER_NAME, succeeded, text_of, warnings};

const POLICY: &str = include_str!("../../../../examples/hospital/policy.yaml");
const APPROVE: &str = "cert approve hospital-a/hospital-a.request.zip -c ca \
                       --profile project_profile.yaml";

fn machine(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.write("policy.yaml", POLICY);
    for definition in ["hospital-a", "alice", "server"] {
        m.ok(&format!("cert request -p {definition}.yaml"));
    }
    m.write(
        "clinic.yaml",
        SITE.replace("hospital-a", "clinic").replace("hospital_alpha", "clinic"),
    );
    m.ok("cert request -p clinic.yaml");
    m
}

/// There is no CA on this machine.
#[test]
fn a_policy_is_tried_on_requests() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.write("broken.zip", "x");
    let good = format!(
        "hospital-a/hospital-a.request.zip {USER_NAME}/{USER_NAME}.request.zip \
         {SERVER_NAME}/{SERVER_NAME}.request.zip"
    );
    let check = "policy check policy.yaml --profile project_profile.yaml";
    let before = disk(m.cwd.parent().unwrap());

    let all = m.ok(&format!("{check} {good}"));
    assert_eq!((&all["allowed"], &all["not_allowed"]), (&3.into(), &0.into()));
    let days: Vec<_> =
        all["requests"].as_array().unwrap().iter().map(|r| &r["valid_days"]).collect();
    assert_eq!(days, [1095, 365, 1095]);
    assert_eq!(m.ok(check)["requests"].as_array().unwrap().len(), 0);
    let printed = m.run(check).stdout;
    assert!(printed.starts_with(b"policy.yaml is well-formed; "), "{printed:?}");

    let line = format!(
        "{check} hospital-a/hospital-a.request.zip clinic/clinic.request.zip \
                        broken.zip gone.zip"
    );
    let digest = |name: &str| {
        text_of(&m.ok(&format!("inspect {name}/{name}.request.zip")), "request_digest")
    };
    const GAP: &str = "                                                                ";
    let output = m.run(&line);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!(
            "OUTCOME  NAME        TYPE    ORG             REQUEST DIGEST            REQUEST\n\
             allowed  hospital-a  client  hospital_alpha  {}  hospital-a/hospital-a.request.zip\n\
             denied   clinic      client  clinic          {}  clinic/clinic.request.zip\n\
             refused{GAP}broken.zip\n\
             refused{GAP}gone.zip\n\
             \n",
            digest("hospital-a"),
            digest("clinic"),
        ) + "\
         clinic/clinic.request.zip: policy.yaml says no: client.orgs (line 6): the organisation \
         'clinic' is not among 'hospital_alpha', 'hospital_beta'\n\
         clinic/clinic.request.zip: policy.yaml says no: client.names (line 7): the name 'clinic' \
         is not among 'hospital-*'\n\
         broken.zip: INVALID_ARGS: this is not a zip archive\n\
         REQUEST_ZIP_NOT_FOUND: there is no file gone.zip\n"
    );
    let output = m.run(&format!("{line} --format json"));
    let envelope = crate::common::envelope(&line, &output);
    assert_eq!((&envelope["status"], &envelope["exit_code"]), (&"ok".into(), &2.into()));
    let requests = &envelope["data"]["requests"];
    assert_eq!(requests[0]["denials"].as_array().unwrap().len(), 0);
    assert_eq!(requests[1]["outcome"], "denied");
    assert_eq!(requests[1]["denials"][0]["rule"], "client.orgs");
    assert_eq!(requests[1]["denials"][0]["line"], 6);
    assert_eq!(requests[2]["reason"], "ZIP_MALFORMED");
    assert_eq!(requests[3]["error_code"], "REQUEST_ZIP_NOT_FOUND");

    let output = m.run(&format!("{check} {good} --valid-days 366"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(changes(&before, &disk(m.cwd.parent().unwrap())), Vec::<std::path::PathBuf>::new());
}

/// Of a directory every request zip is tried, as `cert approve --out-dir` would take it.
#[test]
fn a_policy_is_tried_on_directories() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    for (folder, name) in [("clinic", "clinic"), ("hospital-a", "hospital-a")] {
        let zip = m.read(&format!("{folder}/{name}.request.zip"));
        m.write(&format!("requests/{name}.request.zip"), zip);
    }
    m.write("requests/notes.txt", "not a request");
    std::fs::create_dir(m.path("empty")).unwrap();
    let line = "policy check policy.yaml requests empty --profile project_profile.yaml \
                --format json";
    let output = m.run(line);
    assert_eq!(output.status.code(), Some(2));
    let data = crate::common::envelope(line, &output)["data"].clone();
    let found: Vec<_> = data["requests"].as_array().unwrap().iter().collect();
    let texts = |key: &str| found.iter().map(|one| text_of(one, key)).collect::<Vec<_>>();
    assert_eq!(
        texts("request_zip"),
        ["requests/clinic.request.zip", "requests/hospital-a.request.zip", "empty"]
    );
    assert_eq!(texts("outcome"), ["denied", "allowed", "refused"]);
    assert_eq!(found[2]["error_code"], "REQUEST_ZIP_NOT_FOUND");
    let asked = m.ok("inspect hospital-a/hospital-a.request.zip");
    assert_eq!(found[1]["request_digest"], asked["request_digest"]);
}

/// Browsers and mail programs rename what they store, and put the answers beside it.
#[test]
fn renamed_requests_in_a_directory_are_named() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.init();
    let zip = m.read("hospital-a/hospital-a.request.zip");
    m.write("inbox/hospital-a.request.zip", &zip);
    let renamed = ["HOSPITAL-X.REQUEST.ZIP", "b.request (2).zip", "c (1).zip"];
    for name in renamed.into_iter().chain(["a.signed.zip", "b.signed (1).zip", "c.DENIED.zip"]) {
        m.write(&format!("inbox/{name}"), &zip);
        m.write(&format!("only/{name}"), &zip);
    }
    let expected = "not taken for a request, because the name does not end in .request.zip: \
                    'HOSPITAL-X.REQUEST.ZIP', 'b.request (2).zip', 'c (1).zip'. If it is one,";
    let approve = "cert approve inbox -c ca --profile project_profile.yaml --out-dir out";
    for line in [approve, "policy check policy.yaml inbox --profile project_profile.yaml"] {
        let data = m.ok(line);
        assert_eq!(warnings(&data), ["REQUESTS_PASSED_OVER"], "{line}");
        let message = text_of(&data["warnings"][0], "message");
        assert!(message.starts_with(&format!("inbox: {expected}")), "{message}");
    }
    assert_eq!(m.names("out"), ["hospital-a.signed.zip"]);

    let output = m.run("policy check policy.yaml only --profile project_profile.yaml");
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains(&format!("*.request.zip in only; {expected}")), "{printed}");
    for number in 0..9 {
        m.write(&format!("only/{number}.zip"), &zip);
    }
    let output = m.run("policy check policy.yaml only --profile project_profile.yaml");
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains("'4.zip' and 7 more. If"), "{printed}");
}

#[test]
fn only_what_the_policy_allows_is_signed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.init();
    m.ok(&format!("{APPROVE} --policy policy.yaml"));
    let user = APPROVE.replace("hospital-a/hospital-a", &format!("{USER_NAME}/{USER_NAME}"));
    // The policy's days are the default, and no more may be asked for.
    let line = format!("{user} --policy policy.yaml --valid-days");
    assert_eq!(m.refused(&format!("{line} 366")).0, "POLICY_DENIED");
    m.ok(&format!("{user} --policy policy.yaml"));
    let ends = |within: &str| {
        let line = format!("cert expiring -c ca --within {within} --format json");
        let output = m.run(&line);
        let envelope = crate::common::envelope(&line, &output);
        envelope["data"]["certificates"].as_array().unwrap().len()
    };
    assert_eq!((ends("364d"), ends("366d")), (0, 1));
    // What was approved before is sent again, however long it is valid.
    let again = m.ok(&format!("{line} 30 --force"));
    assert_eq!(warnings(&again), ["ALREADY_APPROVED"]);
}

#[test]
fn the_expected_digest_may_be_whole_or_spoken() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.init();
    let zip = m.read("hospital-a/hospital-a.request.zip");
    let digest = flarekit::digest::Digest::of(&zip);
    let spoken = digest.spoken().to_string();
    for text in [digest.to_string(), format!("sha256:{digest}"), spoken.to_uppercase(), spoken] {
        let line = format!("{APPROVE} --force --expect-digest {text}");
        let output = m.flarekit().args(crate::common::words(&line)).arg("--format=json").output();
        let data = succeeded(&line, &output.unwrap());
        assert_eq!(text_of(&data, "request_zip_sha256"), digest.to_string());
    }
}

/// Of many, those that the policy allows are signed, for as long as it allows.
#[test]
fn of_many_only_what_the_policy_allows_is_signed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.init();
    let line = format!(
        "cert approve clinic {USER_NAME} -c ca --profile project_profile.yaml --out-dir out \
         --policy policy.yaml --format json"
    );
    let output = m.run(&line);
    assert_eq!(output.status.code(), Some(2));
    let data = crate::common::envelope(&line, &output)["data"].clone();
    let (denied, signed) = (&data["items"][0], &data["items"][1]);
    assert_eq!(text_of(denied, "error_code"), "POLICY_DENIED");
    assert!(text_of(denied, "message").contains("client.orgs (line 6)"), "{denied}");
    assert_eq!(text_of(signed, "result"), "approved");
    assert_eq!(m.names("out"), [format!("{USER_NAME}.signed.zip")]);
    let shown = m.ok(&format!("inspect out/{USER_NAME}.signed.zip"));
    let year = |key: &str| text_of(&shown, key)[..4].parse::<u32>().unwrap();
    assert_eq!(year("valid_until") - year("not_before"), 1);
}

/// Of many, only those are signed whose digest is in the list, for the participant of its line.
#[test]
fn of_many_only_the_expected_are_signed() {
    let sandbox = Sandbox::new();
    let m = machine(&sandbox);
    m.init();
    let asked =
        |name: &str, key: &str| text_of(&m.ok(&format!("inspect {name}/{name}.request.zip")), key);
    m.write("requests/broken.request.zip", "x");
    let list = [
        format!("{}  /home/alice/{USER_NAME}.request.zip", asked(USER_NAME, "request_zip_sha256")),
        // Whoever may send this digest is not the hospital.
        format!("{}  hospital-a", asked("clinic", "request_digest")),
        "e3b0-c442-98fc-1c14-9afb  hospital-b".to_owned(),
    ];
    m.write("digests.txt", list.join("\n") + "\n");
    let line = format!(
        "cert approve requests clinic hospital-a {USER_NAME} -c ca --profile project_profile.yaml \
         --out-dir out --expect-digests digests.txt --format json"
    );
    let output = m.run(&line);
    assert_eq!(output.status.code(), Some(2));
    let data = crate::common::envelope(&line, &output)["data"].clone();
    let items = data["items"].as_array().unwrap();
    for (item, why) in
        items.iter().zip(["not in digests.txt", "'hospital-a'", "not in digests.txt"])
    {
        assert_eq!(text_of(item, "error_code"), "REQUEST_DIGEST_MISMATCH");
        assert!(text_of(item, "message").contains(why), "{item}");
    }
    // To have it sent again would not help: it came as it was announced, for somebody else.
    assert_eq!(text_of(&items[1], "reason"), "DIGEST_OF_ANOTHER");
    let hint = text_of(&items[1], "hint");
    assert!(hint.contains("gave you the list") && !hint.contains("again"), "{hint}");
    assert_eq!(items[0].get("reason").filter(|reason| !reason.is_null()), None);
    assert_eq!(text_of(&items[3], "result"), "approved");
    assert_eq!(m.names("out"), [format!("{USER_NAME}.signed.zip")]);
    assert_eq!(warnings(&data), ["EXPECTED_REQUEST_MISSING"]);
    let told = data["warnings"].to_string();
    assert!(told.contains("'hospital-a' (line 2), 'hospital-b' (line 3)"), "{told}");
}
