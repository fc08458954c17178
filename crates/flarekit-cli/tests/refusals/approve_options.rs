//! `cert approve`: what its options refuse, and `policy check`.

use crate::common::{Machine, Sandbox};
use crate::{Row, try_all};

const POLICY: &str = include_str!("../../../../examples/hospital/policy.yaml");
const LINE: &str = "cert approve hospital-a/hospital-a.request.zip -c ca \
                    --profile project_profile.yaml --policy policy.yaml";
const CHECK: &str = "policy check policy.yaml hospital-a/hospital-a.request.zip \
                     --profile project_profile.yaml";
const ARGS: &str = "INVALID_ARGS";
const DENIED: (&str, i32, &str) = ("POLICY_DENIED", 4, "");

const POLICIES: &[Row] = &[
    (
        "no policy file",
        LINE,
        |m| std::fs::remove_file(m.path("policy.yaml")).unwrap(),
        (ARGS, 4, "FILE_NOT_FOUND"),
    ),
    ("a policy that is none", LINE, |m| m.write("policy.yaml", "[]"), (ARGS, 4, "FIELD_TYPE")),
    (
        "a misspelt rule",
        LINE,
        |m| m.edit("policy.yaml", "names: [\"h", "name: [\"h"),
        (ARGS, 4, "FIELD_NOT_ACCEPTED"),
    ),
    (
        "a rule too few",
        LINE,
        |m| m.edit("policy.yaml", "  names: [\"hospital-*\"]\n", ""),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "a regular expression",
        LINE,
        |m| m.edit("policy.yaml", "hospital-*", "^hospital-.*$"),
        (ARGS, 4, "POLICY_PATTERN"),
    ),
    (
        "the policy is too large",
        LINE,
        |m| m.write("policy.yaml", " ".repeat((1 << 20) + 1)),
        (ARGS, 4, "FILE_TOO_LARGE"),
    ),
    ("an empty policy", LINE, |m| m.write("policy.yaml", "{}"), DENIED),
    (
        "another organisation",
        LINE,
        |m| m.edit("policy.yaml", "[hospital_alpha, hospital_beta]", "[hospital_beta]"),
        DENIED,
    ),
    ("another name", LINE, |m| m.edit("policy.yaml", "hospital-*", "clinic-*"), DENIED),
    (
        "too many days",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --policy policy.yaml --valid-days 1096",
        |_| {},
        DENIED,
    ),
    (
        "a policy to try that is none",
        CHECK,
        |m| m.write("policy.yaml", "client:"),
        (ARGS, 4, "FIELD_MISSING"),
    ),
    (
        "no profile to try it with",
        CHECK,
        |m| std::fs::remove_file(m.path("project_profile.yaml")).unwrap(),
        (ARGS, 4, "FILE_NOT_FOUND"),
    ),
];

const DIGESTS: &[Row] = &[
    (
        "another digest",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --expect-digest e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        |_| {},
        ("REQUEST_DIGEST_MISMATCH", 4, ""),
    ),
    (
        "another spoken digest, and a file that is no zip",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --expect-digest e3b0-c442-98fc-1c14-9afb",
        |m| m.write("hospital-a/hospital-a.request.zip", "x"),
        ("REQUEST_DIGEST_MISMATCH", 4, ""),
    ),
    (
        "an empty digest",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --expect-digest ''",
        |_| {},
        (ARGS, 4, "DIGEST_FORMAT"),
    ),
    (
        "the beginning of a digest",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --expect-digest e3b0-c442-98fc",
        |_| {},
        (ARGS, 4, "DIGEST_FORMAT"),
    ),
    (
        "no list of digests",
        "cert approve hospital-a -c ca --profile project_profile.yaml --out-dir out \
         --expect-digests digests.txt",
        |_| {},
        (ARGS, 4, "FILE_NOT_FOUND"),
    ),
    (
        "a list of names",
        "cert approve hospital-a -c ca --profile project_profile.yaml --out-dir out \
         --expect-digests digests.txt",
        |m| m.write("digests.txt", "hospital-a\n"),
        (ARGS, 4, "DIGEST_LIST_LINE"),
    ),
    (
        "an empty list of digests",
        "cert approve hospital-a -c ca --profile project_profile.yaml --out-dir out \
         --expect-digests digests.txt",
        |m| m.write("digests.txt", "# to be filled in\n"),
        (ARGS, 4, "DIGEST_LIST_LINE"),
    ),
    (
        "a list of digests that are nobody's",
        "cert approve hospital-a -c ca --profile project_profile.yaml --out-dir out \
         --expect-digests digests.txt",
        |m| m.write("digests.txt", "e3b0-c442-98fc-1c14-9afb\n"),
        (ARGS, 4, "DIGEST_LIST_LINE"),
    ),
    (
        "a list of digests for one request",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --expect-digests digests.txt",
        |m| m.write("digests.txt", "e3b0-c442-98fc-1c14-9afb  hospital-a\n"),
        (ARGS, 4, "USAGE"),
    ),
    (
        "a review that nobody can see",
        "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml \
         --review",
        |_| {},
        (ARGS, 4, "NO_TERMINAL"),
    ),
];

/// Nothing that could be approved was named: the directory for the signed zips is not made, either.
const NOTHING: &[Row] = &[
    (
        "an empty directory",
        "cert approve empty -c ca --profile project_profile.yaml --out-dir out",
        |m| std::fs::create_dir(m.path("empty")).unwrap(),
        ("REQUEST_ZIP_NOT_FOUND", 1, ""),
    ),
    (
        "only files that are not there",
        "cert approve a.zip b.zip gone -c ca --profile project_profile.yaml --out-dir out",
        |_| {},
        ("REQUEST_ZIP_NOT_FOUND", 1, ""),
    ),
    (
        "a policy for nothing",
        "policy check policy.yaml gone --profile project_profile.yaml",
        |_| {},
        ("REQUEST_ZIP_NOT_FOUND", 1, ""),
    ),
];

fn good(sandbox: &Sandbox) -> Machine {
    let good = sandbox.seeded("good");
    good.write("policy.yaml", POLICY);
    good.init();
    good.ok("cert request -p hospital-a.yaml");
    good.ok(&format!("{LINE} --out proof/hospital-a.signed.zip"));
    good
}

#[test]
fn approve_with_a_policy() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &good(&sandbox), POLICIES);
}

#[test]
fn approve_another_request_than_the_expected_one() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &good(&sandbox), DIGESTS);
}

#[test]
fn approve_nothing() {
    let sandbox = Sandbox::new();
    try_all(&sandbox, &good(&sandbox), NOTHING);
}
