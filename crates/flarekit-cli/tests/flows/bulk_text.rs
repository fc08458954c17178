//! What people read of many approvals, and of lists without items.

use crate::common::Sandbox;

#[test]
fn a_refusal_among_many_says_of_whom_its_hint_is() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    m.write("broken.zip", "x");
    m.write("torn.zip", "y");
    let line = "cert approve hospital-a/hospital-a.request.zip broken.zip torn.zip gone.zip -c ca \
                --profile project_profile.yaml --out-dir signed";
    let output = m.run(line);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("NAME        TYPE    ORG             RESULT"), "{text}");
    assert!(text.contains("\nhospital-a  client  hospital_alpha  approved"), "{text}");
    assert!(text.contains("\nINVALID_ARGS (broken.zip and 1 more): "), "{text}");
    assert!(text.contains("\nREQUEST_ZIP_NOT_FOUND (gone.zip): "), "{text}");
    assert!(text.contains("\n1 of 4 requests are approved (1 now, "), "{text}");
}

#[test]
fn a_list_without_certificates_says_so_to_people_only() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p hospital-a.yaml");
    m.ok("cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml");
    let said = |line: &str| String::from_utf8(m.run(line).stdout).unwrap();
    assert_eq!(said("cert list -c ca --org nobody"), "There is no such certificate.\n");
    assert_eq!(said("cert list -c ca --org nobody --csv").lines().count(), 1);
    assert_eq!(m.ok("cert list -c ca --org nobody")["certificates"].as_array().unwrap().len(), 0);
    // Nothing ends soon: a scheduled job has nothing to send.
    assert_eq!(said("cert expiring -c ca --within 30d"), "");
}
