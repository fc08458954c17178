//! Machines that lack something: a place to print to, a home, a current directory.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::common::disk::disk;
use crate::common::{INIT, Machine, Sandbox, envelope, text_of, warnings, words};

/// Runs the program under a shell line, in which it is `"$@"`.
fn under(m: &Machine, shell: &str, line: &str) -> Output {
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("HOME", &m.home).current_dir(&m.cwd);
    command.args(["-c", shell, "sh"]).arg(assert_cmd::cargo::cargo_bin("flarekit"));
    command.args(words(line)).stdin(Stdio::null()).output().unwrap()
}

/// The program's work is done whether or not somebody listens, and the exit status tells.
#[test]
fn nobody_listens() {
    for (number, shell) in [
        "exec \"$@\" >&-",
        "exec \"$@\" 2>&-",
        "exec \"$@\" <&- >&- 2>&-",
        "{ \"$@\"; echo $? >status; } | true; exit $(cat status)",
        "exec 3>&1; { \"$@\" 2>&1 1>&3; echo $? >status; } | true; exit $(cat status)",
    ]
    .into_iter()
    .enumerate()
    {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded(&number.to_string());
        for line in [
            INIT,
            "cert request -p hospital-a.yaml",
            "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml",
            "package hospital-a/hospital-a.signed.zip --format json",
        ] {
            let output = under(&m, shell, line);
            assert_eq!(output.status.code(), Some(0), "{shell}: {line}: {output:?}");
            let before = disk(&m.path("ca"));
            let refused = under(&m, shell, INIT);
            assert_eq!(refused.status.code(), Some(1), "{shell}: {refused:?}");
            assert_eq!(disk(&m.path("ca")), before, "{shell}: {line}");
        }
        assert!(m.exists("workspace/hospital_federation/prod_00/hospital-a"), "{shell}");
        // What was printed nowhere is in no file either.
        m.ok("audit verify -c ca");
    }
}

/// What tests can do to a program that is built for it does nothing to any other.
#[cfg(not(feature = "test-hooks"))]
#[test]
fn the_variables_of_the_test_hooks_do_nothing() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let trace = m.path("trace");
    for (variable, value) in [
        ("FLAREKIT_TEST_FAULT", "kill:1"),
        ("FLAREKIT_TEST_FAULT", "ENOSPC:1+"),
        ("FLAREKIT_TEST_TRACE", trace.to_str().unwrap()),
        ("FLAREKIT_TEST_NOW", "0"),
    ] {
        let line = format!("{INIT} --format json");
        let output = m.flarekit().env(variable, value).args(words(&line)).output().unwrap();
        let data = crate::common::succeeded(&line, &output);
        // From the year 1970 it would be valid until 1979.
        assert!(text_of(&data, "valid_until").as_str() > "2030", "{variable}: {data}");
        fs::remove_dir_all(m.path("ca")).unwrap();
    }
    assert!(!m.exists("trace"));
}

/// A home that is not one: the records are missing with a warning, and everything else is there.
#[test]
fn a_home_that_is_none() {
    let homes: [fn(&Machine) -> String; 5] = [
        |_| "home".to_owned(),
        |m| m.path("nowhere").display().to_string(),
        |m| m.path("project_profile.yaml").display().to_string(),
        |_| "/proc".to_owned(),
        |_| "/dev/null/home".to_owned(),
    ];
    for (number, home) in homes.into_iter().enumerate() {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded(&number.to_string());
        m.init();
        let home = home(&m);
        let run = |line: &str| {
            let mut command = m.flarekit();
            command.env("HOME", &home).args(words(line)).args(["--format", "json"]);
            crate::common::succeeded(line, &command.output().unwrap())
        };
        for line in [
            "cert request -p hospital-a.yaml",
            "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml",
        ] {
            let data = run(line);
            assert_eq!(warnings(&data), ["AUDIT_NOT_WRITTEN"], "{home}: {line}");
            assert_eq!(data["audit"], "(not written)", "{home}: {line}");
        }
        run("package hospital-a/hospital-a.signed.zip");
        assert!(!m.exists("nowhere") && !m.exists("home"), "{home}");
    }
}

/// In a current directory that was removed, absolute paths work and relative ones are refused.
#[test]
fn a_current_directory_that_was_removed() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    let within = |line: &str| {
        let shell = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
        under(&m, shell, &format!("{line} --format json"))
    };
    let at = |path: &str| m.path(path).display().to_string();
    let relative = within("cert request -p hospital-a.yaml");
    let answer = envelope("relative", &relative);
    assert_eq!((&answer["error_code"], relative.status.code()), (&"INVALID_ARGS".into(), Some(4)));
    for (refused, code) in [
        (format!("cert request -p {}", at("hospital-a.yaml")), "OUTPUT_DIR_NOT_WRITABLE"),
        (
            format!("cert init --profile {} -o ca2", at("project_profile.yaml")),
            "OUTPUT_DIR_NOT_WRITABLE",
        ),
    ] {
        let before = disk(&m.cwd);
        let output = within(&refused);
        assert_eq!(envelope(&refused, &output)["error_code"], code, "{output:?}");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(disk(&m.cwd), before, "{refused}");
    }
    let request = format!("cert request -p {} --out {}", at("hospital-a.yaml"), at("hospital-a"));
    let output = within(&request);
    let data = crate::common::succeeded(&request, &output);
    let approve = format!(
        "cert approve {} -c {} --profile {}",
        text_of(&data, "request_zip"),
        at("ca"),
        at("project_profile.yaml")
    );
    let output = within(&approve);
    let data = crate::common::succeeded(&approve, &output);
    let package = format!("package {} -w {}", text_of(&data, "signed_zip"), at("workspace"));
    let output = within(&package);
    crate::common::succeeded(&package, &output);
    assert!(fs::symlink_metadata(m.path("gone")).is_err());
}

/// Nor does a command wait for a lock that it holds itself.
#[test]
fn too_few_files_may_be_open() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    let began = std::time::Instant::now();
    for line in
        ["cert crl -c ca --format json", "package hospital-a/hospital-a.signed.zip --format json"]
    {
        let reasons: Vec<String> = (5..9)
            .map(|most| envelope(line, &under(&m, &format!("ulimit -n {most}; exec \"$@\""), line)))
            .map(|refusal| text_of(&refusal, "reason"))
            .collect();
        assert!(
            reasons.iter().any(|reason| reason == "TOO_MANY_OPEN_FILES"),
            "{line}: {reasons:?}"
        );
        assert!(reasons.iter().all(|reason| reason != "LOCKED"), "{line}: {reasons:?}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(50));
}
