//! The conversation with Python, whose part a script plays.

use crate::common::{Sandbox, warnings};
use crate::{KIT, PACKAGE, approved, errors, refusal, refused, script};

const BLOCK: &str = "- path: site.First\n- exec: [./note]\n- path: site.Last\n";

/// What Python does after it has read the task, and the refusal, with words of it.
type Row = (&'static str, (&'static str, i32, &'static str), &'static str);

const FAILURES: &[Row] = &[
    ("exit 3", ("BUILD_FAILED", 1, "PYTHON_UNUSABLE"), "it ended at once (exit status: 3)"),
    ("exit 0", ("BUILD_FAILED", 1, "PYTHON_UNUSABLE"), "it ended at once"),
    ("kill -9 $$", ("BUILD_FAILED", 1, "PYTHON_UNUSABLE"), "SIGKILL"),
    ("say '{\"ready\": {}}'; exit 4", ("BUILD_FAILED", 1, "BUILDER_FAILED"), "(exit status: 4)"),
    (
        "say 'Hello'; exec sleep 60",
        ("BUILD_FAILED", 1, "BUILDER_FAILED"),
        "something else than JSON",
    ),
    ("say '[]'; exec sleep 60", ("BUILD_FAILED", 1, "BUILDER_FAILED"), "something else than JSON"),
    (
        "say '{}'; exec sleep 60",
        ("BUILD_FAILED", 1, "BUILDER_FAILED"),
        "something else than an answer",
    ),
    ("say '{\"x\": {}}'; exec sleep 60", ("BUILD_FAILED", 1, "BUILDER_FAILED"), "an unknown kind"),
    ("printf '{\"ready\"'", ("BUILD_FAILED", 1, "BUILDER_FAILED"), "half of one"),
    (
        "head -c 3000000 /dev/zero | tr '\\0' x; exec sleep 60",
        ("BUILD_FAILED", 1, "BUILDER_FAILED"),
        "too long",
    ),
    (
        "ask '{\"program\": {\"step\": 0}}'; exec sleep 60",
        ("BUILD_FAILED", 1, "BUILDER_FAILED"),
        "a program that is not listed",
    ),
    (
        "ask '{\"program\": {}}'; exec sleep 60",
        ("BUILD_FAILED", 1, "BUILDER_FAILED"),
        "a program that is not listed",
    ),
    ("say '{\"done\": {}}'", ("BUILD_FAILED", 1, "BUILDER_RESULT"), "it has no startup/fed_client"),
    ("say '{\"done\": {}}'; exit 1", ("BUILD_FAILED", 1, "BUILDER_FAILED"), "Python then failed"),
    (
        "fail '\"why\": \"no nvflare\", \"error\": \"No module\"'",
        ("BUILD_FAILED", 1, "NVFLARE_NOT_FOUND"),
        "has no NVFlare: No module",
    ),
    (
        "fail '\"why\": \"other nvflare\", \"error\": \"2.7.3\"'",
        ("BUILD_FAILED", 1, "NVFLARE_UNSUPPORTED"),
        "has NVFlare 2.7.3",
    ),
    (
        "fail '\"why\": \"not found\", \"builder\": \"site.First\", \"error\": \"No module\"'",
        ("LOCAL_SITE_INVALID", 4, "BUILDER_NOT_FOUND"),
        "the builder 'site.First' is not found",
    ),
    (
        "fail '\"why\": \"unusable\", \"builder\": \"site.First\", \"error\": \"x\"'",
        ("LOCAL_SITE_INVALID", 4, "BUILDER_UNUSABLE"),
        "the builder 'site.First' cannot be used: x",
    ),
    (
        "fail '\"why\": \"coordinated\", \"builder\": \"site.First\"'",
        ("LOCAL_SITE_UNSUPPORTED_FEATURE", 4, "UNSUPPORTED_BUILDER"),
        "for all participants at once",
    ),
    (
        "fail '\"why\": \"failed\", \"builder\": \"site.First\", \"method\": \"build\", \
         \"error\": \"ValueError: no\", \"trace\": [\"a.py line 2\", \"b.py line 1\"]'",
        ("BUILD_FAILED", 1, "BUILDER_FAILED"),
        "'site.First' failed in build: ValueError: no (a.py line 2, called from b.py line 1)",
    ),
];

/// The part of Python: reads the task, then does what it is told.
fn python(does: &str) -> String {
    format!(
        "read -r task || exit 9
         say() {{ printf '%s\\n' \"$1\"; }}
         ask() {{ say \"$1\"; read -r answer || exit 8; }}
         fail() {{ say \"{{\\\"failed\\\": {{$1}}}}\"; }}
         {does}"
    )
}

#[test]
fn every_failure_has_its_reason_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, BLOCK);
    for (does, (code, exit, reason), words) in FAILURES {
        script(&m, "python", &python(does));
        let (found, said) = refused(&m, &format!("{PACKAGE} --python ./python"));
        assert_eq!(found, refusal(code, *exit, reason), "{does}: {said}");
        assert!(said.contains(words), "{does}: {said}");
    }
}

#[test]
fn a_python_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, BLOCK);
    m.write("python", "not to be run");
    for python in ["python3", "./python", "./gone"] {
        let mut command = m.flarekit();
        command.env("PATH", m.path("empty")).args(PACKAGE.split(' ')).args(["--python", python]);
        let output = command.output().unwrap();
        let said = errors(&output);
        assert!(said.contains("Reason: PYTHON_NOT_FOUND") && said.contains("--python"), "{said}");
        assert_eq!(output.status.code(), Some(1));
        assert!(!m.exists("workspace"));
    }
}

#[test]
fn wishes_are_granted_in_python_s_order() {
    let sandbox = Sandbox::new();
    let m = approved(&sandbox, BLOCK);
    script(&m, "hospital-a/note", "ls startup | wc -l >local/note");
    let does = "say '{\"ready\": {}}'
        printf '%s' \"$2\" >$PROBE/script
        printf '%s' \"$task\" >$PROBE/task
        ask '{\"certificates\": {}}'
        ask '{\"program\": {\"step\": 1}}'
        ask '{\"static_files\": {}}'
        say '{\"done\": {\"messages\": [\"mind the gap\"]}}'";
    script(&m, "python", &python(does));
    let output = m
        .flarekit()
        .env("PROBE", &m.cwd)
        .args(PACKAGE.split(' '))
        .args(["--python", "./python", "--format", "json"])
        .output()
        .unwrap();
    let data = crate::common::succeeded(PACKAGE, &output);
    assert_eq!(data["builders"], serde_json::json!(["site.First", "exec ./note", "site.Last"]));
    assert_eq!(warnings(&data), ["FINGERPRINT_NOT_VERIFIED", "BUILDER_MESSAGE"]);
    assert!(data["warnings"][1]["message"].as_str().unwrap().contains("mind the gap"));
    let seen = String::from_utf8(m.read(&format!("{KIT}/local/note"))).unwrap();
    assert_eq!(seen.trim(), "3", "certificate, key and root");
    let task = m.json("task");
    let steps: Vec<_> =
        task["steps"].as_array().unwrap().iter().map(|step| &step["kind"]).collect();
    assert_eq!(steps, ["python", "program", "python"]);
    assert!(task["site_yaml"].as_str().unwrap().contains("site.First"));
    assert!(!task.to_string().contains("PRIVATE KEY"));
    assert!(String::from_utf8(m.read("script")).unwrap().contains("def require_nvflare"));
}
